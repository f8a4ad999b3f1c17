#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# counts.sh - counts the page faults of a fork, an exec and a spawn, and compares them with a real chroot. Page faults are the
# larger part of the time (docs/PROFILE.md), and their number is the same on a busy machine. The bounds are two or three
# more than the measured numbers: addresses of mappings differ from run to run, and with them what one fault maps.
. "$(dirname "$0")/../lib/lib.sh"
if ! is_root; then
	skip 'everything' 'only real root can make a real chroot to compare with'
	finish
fi
private_root bookworm
cp "$tests_dir/workflows/src/counts.c" "$root/counts.c"
give_to_user "$root"
run jail "$root" gcc -O2 -o /counts /counts.c
succeeds 'the program is built' jail "$root" gcc -O2 -static -o /counts-static /counts.c
sleep 3 # a file's pages are shared when its times are some seconds old

# A chroot has the same environment as the jail: where the stack lies in its pages depends on it, and so what a subshell copies.
environment=$(jail "$root" env)

# middle COMMAND...: the middle one of what five runs of it count.
middle() {
	for _ in 1 2 3 4 5; do
		"$@"
	done | sort -n | sed -n 3p
}

# more PROGRAM BOUND ARG...: it takes at most so many page faults more in a jail than in a chroot.
more() {
	program=$1 bound=$2
	shift 2
	inside=$(middle jail "$root" "$program" "$@")
	# shellcheck disable=SC2086 # words
	outside=$(middle env -i $environment chroot --userspec="$test_uid:$test_uid" "$root" "$program" "$@")
	if [ "$inside" -le $((outside + bound)) ]; then
		ok "$program $*: $inside beside $outside"
	else
		fail "$program $*" "$inside beside $outside, and at most $bound more were to be expected"
	fi
}
more /counts 2 fork
more /counts-static 1 fork
more /counts 10 stat
more /counts 23 exec /counts
more /counts-static 23 exec /counts-static
more /counts 12 spawn /counts
more /counts-static 12 spawn /counts-static
# The start of a shell, and what each subshell costs child and parent.
more /counts 240 exec /bin/bash -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do (:) || exit 1; done'
finish
