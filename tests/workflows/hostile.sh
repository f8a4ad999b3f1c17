#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# hostile.sh - runs the same two programs, a static and a dynamic one, where unprivileged tools often fail: under a
# container's filter, with few descriptors or processes, without /proc, with no open descriptor, with unusual names, on a
# read-only or noexec file system.
. "$(dirname "$0")/../lib/lib.sh"
need busybox bash ldd gcc

new_jail jail bin dev proc tmp
busybox_applets cat grep ls pwd sh sleep touch tr
"$tests_dir/lib/add-program" "$root" /bin/bash
give_to_user "$root"

# by NAME SCRIPT: from now on fakejail is called by that shell script, which ends in `exec "$@"`.
by() {
	printf '#!/bin/sh\n%s\n' "$2" >"$work/by"
	chmod 755 "$work/by"
	jail_by=$work/by
	place=$1
}

# Each makes a directory entry, a process and an error of both kinds of program.
both_work() {
	prints "$place: a static program" 'tmp
2 1' jail "$root" /bin/sh -c 'ls -d tmp; (echo 1; cat /bin/../tmp/../etc/nosuch 2>/dev/null || echo 2) | tr "\n" " " | { read -r a b; echo "$b $a"; }'
	prints "$place: a dynamic program" '/ /tmp
from the shell
127' jail "$root" /bin/bash -c 'cd /tmp; echo "$(cd /; pwd) $PWD"; /bin/sh -c "echo from the shell"; /nosuch 2>/dev/null; echo $?'
}

# ---- what the caller may have taken away ----

by 'no HOME' 'unset HOME; exec "$@"'
both_work
by 'an empty environment' 'exec env -i "$@"'
both_work
by 'stdin closed' 'exec "$@" <&-'
both_work
by '24 descriptors' 'exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; exec prlimit --nofile=24:24 "$@"'
both_work
by '256 KB of stack' 'exec prlimit --stack=262144:262144 "$@"'
both_work
by '512 MB of address space' 'exec prlimit --as=536870912:536870912 "$@"'
both_work
by '40 processes' 'exec prlimit --nproc=40:40 "$@"'
both_work
by 'no core files and no real-time limits' 'exec prlimit --core=0:0 --rtprio=0:0 --memlock=0:0 "$@"'
both_work
by 'from a directory that is gone' 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
both_work

by 'everything closed' 'exec "$@" <&- >&- 2>&-'
run jail "$root" /bin/sh -c 'echo lost; ls -d /tmp >/tmp/closed'
is "$place: a static program" /tmp "$(cat "$root/tmp/closed")"
run jail "$root" /bin/bash -c 'echo lost; pwd >/tmp/closed'
is "$place: a dynamic program" / "$(cat "$root/tmp/closed")"

by 'umask 077' 'umask 077; exec "$@"'
succeeds "$place: a file is made" jail "$root" /bin/touch /tmp/private
is "$place: its mode" 600 "$(stat -c %a "$root/tmp/private")"

# What is ignored and blocked is inherited, and nothing else is.
# shellcheck disable=SC2086 # words
{
signals='-E ^Sig(Blk|Ign): /proc/self/status'
	by 'signals ignored and blocked' 'exec env --ignore-signal=USR1,TERM --block-signal=USR2,HUP "$@"'
	prints "$place" "$(as_user "$work/by" grep $signals)" jail "$root" /bin/grep $signals
	by 'signals as they are by default' 'exec env --default-signal "$@"'
	prints "$place" "$(as_user "$work/by" grep $signals)" jail "$root" /bin/grep $signals
}

# ---- policies ----

if is_reference; then
	skip 'a container'\''s filter' 'a real chroot needs what it forbids'
elif [ -e "$tests_dir/without.c" ]; then
	gcc -O2 -o "$work/without" "$tests_dir/without.c"
	by 'a container'\''s filter' "exec $work/without --container \"\$@\""
	both_work
	by 'an old kernel' "exec $work/without openat2,faccessat2,statx,close_range,clone3 \"\$@\""
	both_work
else
	skip 'a container'\''s filter' 'tests/without.c is not there'
fi
by 'no_new_privs' 'exec setpriv --no-new-privs "$@"'
if is_reference; then
	skip "$place" 'the reference is about to change its uid'
else
	both_work
fi

# ---- what root can take away from the host ----

tree=$(as_made "$root")
# mounted NAME SCRIPT: from now on root runs that shell script in a mount namespace of its own, before the rest.
mounted() {
	place=$1
	printf '#!/bin/sh\nset -e\n%s\nexec "$@"\n' "$2" >"$work/mounted"
	chmod 755 "$work/mounted"
	jail_by=
	root_by="unshare -m $work/mounted"
}

if is_root && unshare -m true 2>/dev/null; then
	mounted 'no /proc on the host' 'mount -t tmpfs none /proc'
	fakejail_fails "$place" 125 '*needs /proc on the host*' jail "$root" /bin/sh -c :
	mounted 'no /dev/shm' 'mount -t tmpfs -o ro none /dev/shm'
	both_work
	case $FAKEJAIL in
	/tmp/*) skip 'noexec /tmp and /dev/shm' 'fakejail itself lies in /tmp' ;;
	*)
		mounted 'noexec /tmp and /dev/shm' \
			'mount -t tmpfs -o noexec none /tmp; mount -t tmpfs -o noexec none /dev/shm'
		both_work
		;;
	esac
	mounted 'a read-only root' "mount --bind $root $root; mount -o remount,bind,ro $root"
	both_work
	fails "$place: nothing is written" 1 '*Read-only file system' jail "$root" /bin/touch /tmp/written
	mounted 'a noexec root' "mount --bind $tree $tree; mount -o remount,bind,noexec $tree"
	run jail "$root" /bin/sh -c :
	is "$place: 126" 126 "$rc"
	mounted 'process 1 of its namespace' 'exec unshare -p -f --mount-proc "$@"'
	both_work
	prints "$place: its children are its own" 1 jail "$root" /bin/sh -c 'echo $$'
	# Some of them have a number that is also one of the jail's descriptors.
	# shellcheck disable=SC2016 # the jail's shell expands it
	prints "$place: each is in /proc" 'all' jail "$root" /bin/sh -c 'i=0
		while [ $((i += 1)) -lt 1100 ]; do
			(read -r pid rest </proc/self/stat; [ -d "/proc/$pid" ] || echo "$pid is missing")
		done
		echo all'
else
	skip 'mounts of the host' 'to change them takes root and a mount namespace'
fi

jail_by=
root_by=

# ---- names ----

if [ -n "${FAKEJAIL_OVERLAY:-}" ]; then
	skip 'names of the root, many arguments' 'layers cannot be moved away, and the functions of the test are slow with many arguments'
	finish
fi
place='an odd name'
plain=$root
odd="$mine/a b'c\"d\$e\\f
g*"
mv "$plain" "$odd"
root=$odd
both_work
long=$mine
while [ ${#long} -lt 3000 ]; do
	long=$long/$(printf '%0200d' 0)
done
as_user mkdir -p "$long"
mv "$odd" "$long/root"
place='a root 3000 bytes down'
root=$long/root
both_work
ln -s "$long/root" "$mine/link"
place='a root by a symlink'
root=$mine/link
both_work
prints 'the last arguments of 100,000' '100000 100000' jail "$root" /bin/sh -c 'shift 99999; echo "$((99999 + $#)) $1"' sh $(seq 100000)
finish
