#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# introspect.sh - programs that look at processes, mounts and themselves: none shows where the jail lies on the host.
. "$(dirname "$0")/../lib/lib.sh"
private_root bookworm

# shows_nothing NAME COMMAND...: run in the jail; whatever comes out must not hold the root's host path, the loader's, or
# that of the jail's own memory.
shows_nothing() {
	name=$1
	shift
	if ! [ -e "$root/usr/bin/$1" ] && ! [ -e "$root/usr/sbin/$1" ]; then
		skip "$name" "the root has no $1"
		return
	fi
	# Its output is no file of the host's, whose name /proc/self/fd would rightly show.
	run jail --clearenv -e HOME=/root "$root" sh -c '"$@" 2>&1 | cat' sh "$@"
	case $out in
	'') fail "$name" 'it said nothing' "$err" ;;
	*"$root"* | *"$work"* | *fakejail*)
		fail "$name" 'it shows the host' "$(printf '%s\n' "$out" | grep -F -e "$root" -e "$work" -e fakejail | head -n 5)" ;;
	*) ok "$name" ;;
	esac
}

shows_nothing 'ls -l /proc/self' ls -l /proc/self /proc/self/fd /proc/self/task /proc/self/map_files
shows_nothing 'ls -lR of threads' sh -c 'ls -lR /proc/self/task/ /proc/$$/task/'
shows_nothing 'every file of /proc/self' sh -c 'for f in /proc/self/* /proc/self/net/unix /proc/self/task/*/*; do
	[ -d "$f" ] || case $f in */mem | */pagemap | */clear_refs) ;; *) echo "== $f"; timeout 2 head -c 300000 "$f" 2>/dev/null | tr "\0" "\n" ;; esac; done'
shows_nothing 'readlink -f and realpath' sh -c 'readlink -f /proc/self/exe /proc/self/cwd /proc/self/root; realpath /proc/self/exe /bin/sh
	cd /tmp; pwd -P; realpath . ..; readlink /proc/$PPID/cwd /proc/$PPID/exe'
shows_nothing 'another process of the jail' sh -c 'sleep 60 & p=$!; until [ "$(cat /proc/$p/comm)" = sleep ]; do :; done
	ls -l /proc/$p /proc/$p/fd; cat /proc/$p/maps /proc/$p/mountinfo /proc/$p/smaps; tr "\0" "\n" </proc/$p/environ; tr "\0" " " </proc/$p/cmdline; kill $p'
shows_nothing 'mount' mount
shows_nothing 'df' df -a
shows_nothing 'findmnt' findmnt -A
shows_nothing 'mount inside a mount of the jail' sh -c 'mount --bind /etc /mnt; mount -t tmpfs none /srv; mount; findmnt; umount /mnt /srv'
shows_nothing 'env' env
shows_nothing 'python3' python3 -c '
import os, sys, ctypes.util
print(sys.executable, sys.path, os.getcwd(), os.path.realpath("/proc/self/exe"), os.path.realpath("."), ctypes.util.find_library("c"))
print(open("/proc/self/maps").read(), open("/proc/mounts").read(), os.listdir("/proc/self/fd"), os.environ)
os.chdir("/usr/lib"); print(os.getcwd(), os.readlink("/proc/self/cwd"), [os.readlink("/proc/self/fd/" + n) for n in "012"])'
shows_nothing 'perl' perl -e 'use Cwd; print getcwd, Cwd::abs_path("."), " $^X @INC $0\n"; print for map { readlink } </proc/self/fd/*>;'
shows_nothing 'ldd' ldd /bin/ls
shows_nothing 'lsof' lsof -p 1 -p self
shows_nothing 'gdb' gdb -batch -ex 'info proc all' -p 1
shows_nothing 'ps of the jail'\''s own' sh -c 'ps -o pid,ppid,args -p $$'
finish
