#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# dist.sh - tests the release: `make distcheck` packs the tree, builds it from a read-only directory, installs and uninstalls
# it, and cleans up. The archive must have every file that git has.
#
# The tests in the archive are not compiled or run here: the same tests run beside this one.
. "$(dirname "$0")/../lib/lib.sh"
build=$(dirname "$(dirname "${FAKEJAIL%% *}")")
top=$(cd "$(dirname "$0")/../.." && pwd)
if is_reference || ! [ -f "$build/Makefile" ]; then
	skip 'make distcheck' "$FAKEJAIL lies in no build directory"
	finish
fi
need make git

# A build directory of its own, for the other one is in use.
mkdir "$work/build"
cd "$work/build"
run "$top/configure" -q
[ "$rc" = 0 ] || fail_run 'configure' 'expected exit status 0'
# (What is read-only in there is made writable by make itself.) With flags as distributions give them: what has no libc has nobody
# to be called by such code.
run make -s -j2 distcheck TESTS= check_PROGRAMS= check_LIBRARIES= check_SCRIPTS= \
	CFLAGS='-O1 -fstack-protector-strong -D_FORTIFY_SOURCE=2'
if [ "$rc" = 0 ]; then
	ok 'make distcheck'
else
	fail_run 'make distcheck' 'make failed'
fi

archive=$(ls fakejail-*.tar.gz 2>/dev/null || :)
if [ -z "$archive" ]; then
	fail 'an archive' 'there is none'
elif ! git -c safe.directory="$top" -C "$top" ls-files >"$work/tracked" 2>/dev/null; then
	skip 'the archive has all files' 'the tree is no clone'
else
	tar -tzf "$archive" | sed 's|^[^/]*/||' | LC_ALL=C sort >"$work/packed"
	LC_ALL=C sort "$work/tracked" | LC_ALL=C comm -23 - "$work/packed" >"$work/missing"
	if [ "$(wc -l <"$work/packed")" -gt 500 ] && ! [ -s "$work/missing" ]; then
		ok 'the archive has all files'
	else
		fail 'the archive has all files' 'these are missing' "$(cat "$work/missing")"
	fi
fi
finish
