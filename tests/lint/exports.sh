#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# exports.sh - every function of every libc is wrapped or needs no wrapper, and libfakejail.so loads into all of them.
#
# Usage: exports.sh [SRCDIR [LIBFAKEJAIL.SO]]
#
# The libcs are the installed one, musl's, and those of the root file systems below $FAKEJAIL_CACHE/roots as far as they are there.
# Exit 0; 1 when a name is unclassified, twice or stale, when the shared object exports another set than its WRAP lines, or when it
# needs a library, a version, or a symbol that some libc lacks; 77 (skipped) without nm.
set -eu

srcdir=${1:-$(dirname "$0")/../..}
shared=${2:-libfakejail.so}
cache=${FAKEJAIL_CACHE:-/var/cache/fakejail}
if ! { command -v nm && command -v readelf; } >/dev/null; then
	echo 'SKIP exports: no nm and readelf (binutils)'
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

complain() {
	echo "FAIL exports: $1"
	failed=1
}
# Each line of standard input is a failure of kind $1.
each() {
	while read -r name; do
		echo "FAIL exports: $name $1"
		: >"$work/failed"
	done
}

# The functions that file $1 defines. Data count as functions, too: that does no harm.
functions() {
	nm -D --defined-only "$1" 2>/dev/null | awk '$2 ~ /^[TWiVu]$/ { sub(/@.*/, "", $3); print $3 }'
}

libcs() {
	${CC:-cc} -print-file-name=libc.so.6 2>/dev/null || :
	ls /lib/ld-musl-*.so.1 "$cache"/roots/*/lib/ld-musl-*.so.1 2>/dev/null || :
	for root in "$cache"/roots/*/lib/*-linux-gnu "$cache"/roots/*/usr/lib/*-linux-gnu; do
		for name in libc.so.6 libpthread.so.0 libdl.so.2 librt.so.1 libutil.so.1; do
			[ ! -e "$root/$name" ] || echo "$root/$name"
		done
	done
}

awk '!/^#/ && !/^NEEDS_NONE/ { for (i = 1; i <= NF; i++) print $i }' "$srcdir/wrappers/libc.def" | LC_ALL=C sort >"$work/listed"
functions "$shared" | LC_ALL=C sort >"$work/exported"
cat "$srcdir"/wrappers/*.c | awk '
	/^#define|^	/ { next }
	match($0, /^WRAP_OPEN(AT)?\(/) { sub(/^[A-Z_]*\(/, ""); sub(/\).*/, ""); print; next }
	match($0, /^WRAP[A-Z_]*\(/) { split($0, part, ", *"); print part[2]; next }
	# A function by hand: not static, not declared only.
	/^[a-z_].*\(.*\)$/ && !/^static|^_Static|^extern/ { sub(/\(.*/, ""); sub(/.*[ *]/, ""); print; next }
	/^__asm__|^"/ { next }' | grep -v '^fj_' | LC_ALL=C sort -u >"$work/by_hand"
# syscall() is written in assembly.
printf '%s\n' syscall | LC_ALL=C sort -u - "$work/by_hand" >"$work/written"

libcs | LC_ALL=C sort -u >"$work/libcs"
while read -r libc; do
	functions "$libc"
done <"$work/libcs" | LC_ALL=C sort -u >"$work/all"
[ -s "$work/all" ] || {
	echo 'SKIP exports: no libc found'
	exit 77
}

LC_ALL=C sort -u "$work/listed" "$work/exported" >"$work/known"
LC_ALL=C comm -23 "$work/all" "$work/known" | each 'is exported by a libc and neither wrapped nor in wrappers/libc.def'
LC_ALL=C uniq -d "$work/listed" | each 'is twice in wrappers/libc.def'
LC_ALL=C comm -12 "$work/listed" "$work/exported" | each 'is in wrappers/libc.def and wrapped'
LC_ALL=C comm -23 "$work/exported" "$work/written" | each 'is exported without a line in wrappers/*.c'
LC_ALL=C comm -13 "$work/exported" "$work/written" | each 'has a line in wrappers/*.c and is not exported'
[ ! -e "$work/failed" ] || failed=1

# It must load everywhere: no library, no version, and nothing open but what every libc has or what may be absent (weak).
! readelf -dW "$shared" | grep -q NEEDED || complain "$shared needs another library"
! readelf -VW "$shared" | grep -q 'GLIBC' || complain "$shared needs a version of a symbol"
nm -D --undefined-only "$shared" | awk '$1 == "U" { print $2 }' >"$work/open"
while read -r libc; do
	case $libc in
	*/libc.so.6 | */ld-musl-*)
		functions "$libc" | LC_ALL=C sort -u >"$work/has"
		nm -D --defined-only "$libc" | awk '{ sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort -u >>"$work/has"
		while read -r name; do
			grep -qx "$name" "$work/has" || complain "$libc has no $name"
		done <"$work/open"
		;;
	esac
done <"$work/libcs"

echo "exports: $(wc -l <"$work/all") functions of $(wc -l <"$work/libcs") libraries, $(wc -l <"$work/exported") wrapped"
exit "$failed"
