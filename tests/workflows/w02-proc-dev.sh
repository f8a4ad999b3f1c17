#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w02-proc-dev.sh - workflow W2 by default mounts: a jail with directories /proc, /dev and /sys has those of the host.
#
# w02-mounts.sh has the half of W2 in which mount(8) is typed inside.
. "$(dirname "$0")/../lib/lib.sh"
need busybox gcc ldd bash

new_jail jail bin proc dev sys etc tmp
busybox_applets cat cmp dd head id ls ps readlink rm sh sleep stty test tty wc
gcc -O2 -Wall -static -o "$root/bin/ipc-static" "$tests_dir/workflows/src/ipc.c" -pthread
gcc -O2 -Wall -o "$work/ipc-dynamic" "$tests_dir/workflows/src/ipc.c" -pthread
"$tests_dir/lib/add-program" "$root" "$work/ipc-dynamic" /bin/bash
mv "$root$work/ipc-dynamic" "$root/bin/"
give_to_user "$root"
host_dev=$(LC_ALL=C ls /dev)

# ---- /proc ----

prints_like 'ps lists this process' '*PID*ps -o pid,args*' jail "$root" ps -o pid,args
prints 'ps lists the shell by its pid' yes jail "$root" sh -c \
	'ps -o pid | { while read -r pid; do [ "$pid" != $$ ] || echo yes; done; }'
prints '/proc/self/exe is the jail'\''s name' /bin/busybox jail "$root" readlink /proc/self/exe
prints '/proc/self/root is /' / jail "$root" readlink /proc/self/root
prints '/proc/self/cwd is the jail'\''s name' /bin jail "$root" sh -c 'cd /bin && readlink /proc/self/cwd'
prints 'a file by /proc/self/cwd' yes jail "$root" sh -c 'cd /bin && test -x /proc/self/cwd/busybox && echo yes'
prints 'a file by /proc/self/root' bin jail "$root" sh -c 'ls -d /proc/self/root/bin | { read -r a; echo "${a##*/}"; }'
prints 'an open file'\''s name in /proc/self/fd' /tmp/open jail "$root" sh -c 'exec 5>/tmp/open; readlink /proc/self/fd/5'
prints 'an open file by /proc/self/fd' text jail "$root" sh -c 'echo text >/tmp/f; exec 5</tmp/f; rm /tmp/f; cat /proc/self/fd/5'
prints 'cmdline is what was typed' 'cat /proc/self/cmdline ' jail "$root" sh -c \
	'cat /proc/self/cmdline | busybox tr "\\000" " "'
prints 'comm is the program'\''s' cat jail "$root" cat /proc/self/comm
prints_like 'status of another process' '*Name:*sleep*' jail "$root" sh -c \
	'sleep 1000 & while [ "$(cat /proc/$!/comm)" != sleep ]; do :; done; cat /proc/$!/status; kill $!'
prints '.. of /proc is /' "$(cd "$(as_made "$root")" && LC_ALL=C ls)" jail "$root" ls /proc/..
prints '.. of a directory in /dev is the jail'\''s' "$(cd "$(as_made "$root")" && LC_ALL=C ls)" jail "$root" ls /dev/shm/../..
run jail "$root" cat /proc/self/maps
like 'maps shows the program by its jail path' '*/bin/busybox*' "$out"
case $out in
*"$root"*) fail 'maps shows no host path' "it has $root" "$out" ;;
*) ok 'maps shows no host path' ;;
esac
run jail "$root" /bin/ipc-dynamic
like 'a usage message, from a dynamic program' '*usage: ipc*' "$err"

# ---- /dev ----

prints '/dev is the host'\''s' "$host_dev" jail "$root" ls /dev
prints '/dev/null takes and gives nothing' 0 jail "$root" sh -c 'echo lost >/dev/null; wc -c </dev/null'
prints '/dev/zero' 4096 jail "$root" sh -c 'head -c 4096 /dev/zero | wc -c'
prints '/dev/urandom' 16 jail "$root" sh -c 'head -c 16 /dev/urandom | wc -c'
fails '/dev/full' 1 '*No space left on device*' jail "$root" dd if=/dev/zero of=/dev/full bs=1 count=1
prints 'a background job reads from /dev/null' '0 done' jail "$root" sh -c 'wc -c >/tmp/n & wait; echo "$(cat /tmp/n) done"'
prints '/dev/stdin and /dev/fd' 'one
two' jail "$root" bash -c 'echo one | cat /dev/stdin; cat <(echo two)'
at_terminal '/dev/tty and the terminal'\''s name' "$root" sh <<'SCRIPT'
expect / [$#] $
type tty
expect ^/dev/pts/[0-9]+\r
type echo to''tty >/dev/tty
expect ^totty\r
type test -t 0 && test -c /dev/tty && echo ye''s
expect ^yes\r
size 33 77
type stty size </dev/tty
expect ^33 77\r
type exit
end 0
SCRIPT

# ---- POSIX shared memory and semaphores ----

if [ -d /dev/shm ]; then
	prints 'shared memory and semaphores, static' 'sum: 5050' jail "$root" ipc-static "fakejail-$$"
	prints 'shared memory and semaphores, dynamic' 'sum: 5050' jail "$root" ipc-dynamic "fakejail-$$"
	prints 'what is made in /dev/shm is there' text jail "$root" sh -c \
		"echo text >/dev/shm/fakejail-$$ && cat /dev/shm/fakejail-$$"
	is 'it is in the host'\''s /dev/shm' text "$(cat "/dev/shm/fakejail-$$")"
	owned_by_user 'it is the user'\''s' "/dev/shm/fakejail-$$"
	rm -f "/dev/shm/fakejail-$$"
else
	skip 'shared memory and semaphores' 'this host has no /dev/shm'
fi

# ---- /sys, and without the defaults ----

prints '/sys is the host'\''s' "$(LC_ALL=C ls /sys)" jail "$root" ls /sys
prints '--bare leaves /proc, /dev and /sys empty' '' jail --bare "$root" sh -c 'ls /proc; ls /dev; ls /sys'
fails '--bare leaves out /dev/null' 1 '*No such file or directory' jail --bare "$root" cat /dev/null
is 'nothing is left in the jail'\''s own directories' '' "$(ls "$root/proc"; ls "$root/dev"; ls "$root/sys")"
finish
