#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# text.sh - tests libraries whose text differs from what a compiler makes of C: their system calls become jumps
# (docs/DOORS.md), and nothing else in them may change. Each door is tested, in a Debian root with a compiler. The output is
# compared with a real chroot.
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/session.sh"
if ! has_reference; then
	skip 'everything' 'only real root can make a real chroot to compare with'
	finish
fi
private_root bookworm
mkdir "$root/text"
cp "$tests_dir"/workflows/src/text-*.c "$tests_dir"/workflows/src/text-*.S "$root/text"
cat >"$root/text/session.sh" <<'SESSION'
cd /text || exit 1
crypto=/usr/lib/x86_64-linux-gnu/libcrypto.so.3
echo '== build'
gcc -O2 -fPIC -shared -o odd.so text-odd.S && gcc -O2 -fPIC -shared -Wl,-z,noseparate-code -o data.so text-data.S && gcc -O2 -o main text-main.c -ldl; echo $?
echo '== system calls in odd forms'
./main odd
echo '== system calls without room, or that are jumped to'
./main no-room
echo '== data in the text'
./main data ./data.so "$crypto"
echo '== text that is made writable and back, copied, and run elsewhere'
./main protect
echo '== loaded again and again'
./main again
SESSION
give_to_user "$root/text"
session_reference "$root" /text/session.sh
session 'all doors' "$root" /text/session.sh
for option in --no-preload --no-patch --no-trap; do
	[ $option != --no-trap ] || session_known='system calls without room, or that are jumped to'
	session "$option" "$root" /text/session.sh $option
done
finish
