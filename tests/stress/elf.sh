#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# elf.sh - unusual ELF files, executed by the kernel in a real chroot and by the loader in a jail: programs that are linked to
# the address of the gate page (elf_low.c), and mutants of programs and of an interpreter (elf_mutants.c). The loader must
# refuse or run them as the kernel does, and they must end in the same way. Their number is the limit, not time.
#
# Usage: elf.sh [--long]     environment: that of lib.sh, CC, STRESS_SEED (1), STRESS_MUTANTS (400: of each of five
# files); --long: 4000
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need "${CC:=cc}" chroot mount
[ "${1:-}" != --long ] || : "${STRESS_MUTANTS=4000}"
: "${STRESS_SEED=1}" "${STRESS_MUTANTS=400}"
if ! is_root; then
	skip everything 'there is no root for the real chroot'
	finish
fi

new_jail jail bin good w proc lib64
real=$mine/real
copy_libraries() {
	ldd "$1" | sed -n 's|.*[[:space:]]\(/[^ ]*\) (0x.*|\1|p' |
		while read -r library; do
			mkdir -p "$root$(dirname "$library")"
			cp -L "$library" "$root$library"
		done
}

# low NAME FLAGS...: builds elf_low.c with these flags.
low() {
	name=$1
	shift
	# shellcheck disable=SC2086 # CC may be several words
	$CC -O1 -std=gnu11 -Wall -Wextra -Wl,-z,max-page-size=4096 -o "$root/bin/$name" "$@" "$tests_dir/stress/elf_low.c" -pthread
}
low usual
copy_libraries "$root/bin/usual"
lowest=$(cat /proc/sys/vm/mmap_min_addr)
lowest=$(((lowest + 65535) / 65536 * 65536))
[ "$lowest" -gt 0 ] || lowest=65536
for at in "$lowest" $((0x4f000)) $((0x50000)) $((0x51000)) $((0x52000)); do
	[ "$at" -ge "$lowest" ] || continue
	at=$(printf '0x%x' "$at")
	low "static-$at" -static -no-pie "-Wl,-Ttext-segment=$at"
	low "dynamic-$at" -fno-pie -no-pie "-Wl,-Ttext-segment=$at"
	low "no-pages-$at" -static -no-pie -Wl,-z,noseparate-code "-Wl,-Ttext-segment=$at"
done

# tiny NAME FLAGS...: builds elf_tiny.c with these flags.
tiny() {
	name=$1
	shift
	# shellcheck disable=SC2086
	$CC -O1 -Wall -o "$root/good/$name" "$@" "$tests_dir/stress/elf_tiny.c"
}
tiny static -DALONE -static -nostdlib -fno-pie -no-pie
tiny static-pie -DALONE -static-pie -nostdlib -fPIE
tiny dynamic -fno-pie -no-pie
tiny dynamic-pie -fPIE -pie
tiny by-mutant -fPIE -pie -Wl,--dynamic-linker=/w/mutant
interpreter=$(ldd "$root/bin/usual" | sed -n 's|^[[:space:]]*\(/[^ ]*\) (0x.*|\1|p')
cp -L "$interpreter" "$root/good/interpreter"
# shellcheck disable=SC2086
$CC -O1 -std=gnu11 -Wall -Wextra -static -o "$root/good/elf_mutants" "$tests_dir/stress/elf_mutants.c"
give_to_user "$root"
cp -a "$root" "$real"

# in_chroot COMMAND...: runs it in the chroot, with a /proc that is unmounted with the mount namespace.
in_chroot() {
	# shellcheck disable=SC2016 # the inner shell's
	limited unshare --mount --propagation private sh -c 'mount --bind /proc "$1/proc" && shift && exec chroot "$@"' \
		sh "$real" "$real" "$@"
}

# A program that covers both addresses is refused.
low both -static -no-pie "-Wl,-Ttext-segment=0x50000" -DFAR -Wl,--section-start=.far=0x555000050000
mv "$root/bin/both" "$root/good/both"
refused="fakejail: cannot run '/good/both': it lies at both addresses*"
run jail "$root" /good/both
is 'linked to lie at both addresses: status' 126 "$rc"
like 'linked to lie at both addresses: what is said' "$refused" "$err"

for program in "$root"/bin/*; do
	name=${program##*/}
	in_chroot "/bin/$name" >"$work/real" 2>&1 || echo "exit $?" >>"$work/real"
	jail "$root" "/bin/$name" >"$work/jail" 2>&1 || echo "exit $?" >>"$work/jail"
	if ! grep -q '^exit 7$' "$work/real"; then
		fail "$name" 'the reference ended early' "$(tail -n 3 "$work/real")"
	elif cmp -s "$work/real" "$work/jail"; then
		ok "linked low: $name"
	else
		fail "linked low: $name" 'not as in the chroot' "$(diff "$work/real" "$work/jail")"
	fi
done

# Not as root, who may map at addresses where other users may not.
# shellcheck disable=SC2086 # words
mutants_in() {
	case $1 in
	chroot) limited chroot "--userspec=$test_uid:$test_uid" "$real" /good/elf_mutants $2 ;;
	jail) jail "$root" /good/elf_mutants $2 ;;
	esac
}

# Does mutant number $2 of $1 end in the jail in a way in which it never ends in the chroot? Some mutants depend on chance:
# on the address of the stack, or on other processes that send signals.
differs() {
	rounds=0
	while [ "$rounds" -lt 5 ]; do
		rounds=$((rounds + 1))
		mutants_in chroot "$1 $2 1" >>"$work/again" 2>&1
		mutants_in jail "$1 $2 1" >"$work/again-jail" 2>&1
		! grep -qxF -f "$work/again-jail" "$work/again" || return 1
	done
}

# mutants NAME PROGRAM: makes mutants of /good/NAME as /w/mutant, and runs PROGRAM for each.
mutants() {
	of="/good/$1 $2 $STRESS_SEED"
	mutants_in chroot "$of 0 $STRESS_MUTANTS" >"$work/real" 2>&1 || echo "exit $?" >>"$work/real"
	mutants_in jail "$of 0 $STRESS_MUTANTS" >"$work/jail" 2>&1 || echo "exit $?" >>"$work/jail"
	if [ "$(wc -l <"$work/real")" != "$STRESS_MUTANTS" ] || [ "$(wc -l <"$work/jail")" != "$STRESS_MUTANTS" ]; then
		fail "mutants of $1" 'it ended early' "$(tail -n 3 "$work/real")" "$(tail -n 3 "$work/jail")"
		return
	fi
	: >"$work/wrong"
	diff "$work/real" "$work/jail" | sed -n 's/^> \([0-9]*\):.*/\1/p' >"$work/numbers"
	while read -r number; do
		grep "^$number: " "$work/real" >"$work/again"
		! differs "$of" "$number" || sed 's/^/chroot /' "$work/again" | sort -u |
			sed "\$s|\$|\njail $(grep "^$number: " "$work/jail")|" >>"$work/wrong"
	done <"$work/numbers"
	if [ -s "$work/wrong" ]; then
		fail "mutants of $1" 'not as in the chroot' "$(head -n 40 "$work/wrong")"
	else
		ok "$STRESS_MUTANTS mutants of $1: $(sed 's/^[^:]*: \([^,]*\),.*/\1/' "$work/real" | sort | uniq -c | sort -rn |
			head -n 4 | sed 's/^ *\([0-9]*\) \(.*\)/\1 \2/' | paste -sd ,)"
	fi
}
mutants static /w/mutant
mutants static-pie /w/mutant
mutants dynamic /w/mutant
mutants dynamic-pie /w/mutant
mutants interpreter /good/by-mutant
finish
