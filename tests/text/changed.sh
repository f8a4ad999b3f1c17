#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# changed.sh [RELEASE|DIRECTORY]... - what the door changes in texts begins and ends where instructions do, says objdump(1).
#
# For all ELF files of a root of tests/roots, or of a directory (a name with a slash), that hold what looks like a system call; without any, for this machine's libc and
# dynamic linker, and for texts made here that hold constants which look like system calls.  Says how many places are
# changed and how many are left to the trap.
#
# Environment: CC, MUSL_CC.
# Ends with `N passed, N failed, N skipped`.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

text=$here/../../preload/text
changed=$work/changed
${CC:-cc} -O1 -std=gnu11 -D_GNU_SOURCE -I"$text/.." -o "$changed" "$here/changed.c" "$text/find_numbers.c" "$text/decode.c" \
	"$text/frames.c" "$text/functions.c" "$text/flow.c" "$text/certain.c"

fail() {
	echo "FAIL $*"
	failed=$((failed + 1))
}

# Each address that must begin an instruction and does not, of one file.
check_file() {
	"$changed" "$1" >"$work/out"
	objdump -d "$1" >"$work/listing" 2>"$work/err" || {
		fail "objdump of $1: $(head -n 1 "$work/err")"
		return 0
	}
	wrong=$(awk 'NR == FNR { if ($1 ~ /^[0-9a-f]+:$/) begins[substr($1, 1, length($1) - 1)] = 1; next }
		$1 != "file" && !($2 in begins) { print "#   " $1, $2 }' "$work/listing" "$work/out")
	if [ -n "$wrong" ]; then
		fail "$1: no instruction begins there"
		echo "$wrong"
	else
		passed=$((passed + 1))
	fi
}

# Files of the list $work/files.
check_files() {
	tr '\n' '\0' <"$work/files" | xargs -0 -r "$changed" | awk '$1 == "file"' >"$work/counts"
	awk '{ found += $2; certain += $3 } END {
		printf "%d ELF files: %d places found, %d certain, %d left to the trap\n", NR, found, certain, found - certain }' \
		"$work/counts"
	awk '$3 { sub(/^file [0-9]+ [0-9]+ /, ""); print }' "$work/counts" >"$work/with-sites"
	while read -r file; do
		check_file "$file"
	done <"$work/with-sites"
}

# expect NAME FOUND CERTAIN-AT-LEAST CERTAIN-AT-MOST: of the file $work/NAME.
expect() {
	"$changed" "$work/$1" | awk -v found="$2" -v low="$3" -v high="$4" '
		$1 == "file" { seen = 1; if ($2 < found || $3 < low || $3 > high) { print "#   " $2, $3; exit 1 } }
		END { if (!seen) exit 1 }' >"$work/told" || {
		fail "$1: $2 found, $3 to $4 certain expected"
		cat "$work/told"
		return 0
	}
	check_file "$work/$1"
}

# Constants that look like open(2) and stat(2), a table that does, and one real call.
make_texts() {
	cat >"$work/constants.c" <<'END'
unsigned long constants(void)
{
	unsigned long a, b;

	__asm__ volatile("movabs $0xc3050f00000002b8,%0" : "=r"(a));
	__asm__ volatile("movabs $0xc3050f00000004b8,%0" : "=r"(b));
	return a + b;
}
__asm__(".globl table\ntable: .byte 0xb8,2,0,0,0,0xf,5,0xc3\n.balign 16");
long call(void)
{
	long r;

	__asm__ volatile("mov $4,%%eax\n\tsyscall" : "=a"(r) : : "rcx", "r11", "memory");
	return r;
}
__attribute__((weak)) int main(void)
{
	return (int)constants() + (int)call();
}
END
	${CC:-cc} -O2 -shared -fPIC -o "$work/library" "$work/constants.c"
	expect library 4 1 1
	strip "$work/library"
	expect library 4 1 1
	${CC:-cc} -O2 -o "$work/dynamic" "$work/constants.c"
	expect dynamic 4 1 2
	${CC:-cc} -O2 -static -o "$work/static" "$work/constants.c"
	expect static 64 60 999
	if command -v "${MUSL_CC:-musl-gcc}" >/dev/null; then
		"${MUSL_CC:-musl-gcc}" -O2 -static -s -fno-asynchronous-unwind-tables -o "$work/musl-stripped" "$work/constants.c"
		expect musl-stripped 4 1 999
	else
		echo 'SKIP a static program of musl: there is no musl-gcc'
		skipped=$((skipped + 1))
	fi
}

if [ $# = 0 ]; then
	make_texts
	for file in /lib64/ld-linux-x86-64.so.2 /lib/x86_64-linux-gnu/libc.so.6 /usr/lib64/libc.so.6; do
		[ ! -e "$file" ] || readlink -f "$file"
	done | sort -u >"$work/files"
	check_files
else
	for release; do
		root=$("$here/../roots/make-root.sh" --where)/roots/$release
		case $release in */*) root=$release ;; esac
		if [ ! -d "$root" ] && ! "$here/../roots/make-root.sh" "$release" >"$work/made" 2>&1; then
			echo "SKIP $release: $(tail -n 1 "$work/made")"
			skipped=$((skipped + 1))
			continue
		fi
		echo "$release:"
		find "$root" -xdev -type f \( -perm -100 -o -name '*.so*' \) >"$work/files"
		[ -s "$work/files" ] || fail "$root: no files"
		check_files
	done
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
