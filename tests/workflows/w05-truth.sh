#!/bin/sh
# shellcheck disable=SC2016,SC2086,SC2317 # scripts for the jail; FAKEJAIL may be several words; a function that `prints` calls
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w05-truth.sh - tests that a file has one owner, and that one place has its record. A jail around a tree has made it; it is
# entered directly, by chroot, and from two jails at once; packed from inside and from outside; moved, renamed, bound to
# another place, and removed.
. "$(dirname "$0")/../lib/lib.sh"
need busybox

applets='cat chmod chown chroot cp echo find ln ls mkdir mkfifo mknod mount mv rm rmdir setsid sh sleep sort stat tar touch umount'
new_jail outer bin proc dev tmp
busybox_applets $applets
give_to_user "$root"
outer=$root
new_jail direct bin etc var
busybox_applets $applets
give_to_user "$root"
direct=$root
# Roots that are moved here are entered as they are, also with FAKEJAIL_OVERLAY.
elsewhere=$mine/elsewhere
mkdir "$elsewhere"
give_to_user "$elsewhere"
if [ -n "${FAKEJAIL_OVERLAY:-}" ]; then
	# From outside, the upper layer alone is the tree. It gets the same programs and directories.
	for tree in "$outer" "$direct"; do
		jail "$tree" sh -c :
		cp -a "$(as_made "$tree")/." "$tree"
	done
fi

# What any of the tools says of the tree: owners, modes, devices.
make='cd "$1" && mkdir -p etc/d var && echo a >etc/a && echo b >etc/d/b && ln -s a etc/l && mknod etc/null c 1 3 && mkfifo etc/p &&
	chown 5:6 etc/a && chmod 4751 etc/a && chown -h 7:8 etc/l && chown 9:10 etc/d && chmod 2775 etc/d && chown 11:10 etc/d/b &&
	chown 12:13 . && chmod 1777 var'
look='cd "$1" && stat -c "%u:%g %a %F %t,%T %n" . etc/a etc/d etc/d/b etc/l etc/null etc/p var'
made='12:13 755 directory 0,0 .
5:6 4751 regular file 0,0 etc/a
9:10 2775 directory 0,0 etc/d
11:10 644 regular file 0,0 etc/d/b
7:8 777 symbolic link 0,0 etc/l
0:0 644 character special file 1,3 etc/null
0:0 644 fifo 0,0 etc/p
0:0 1777 directory 0,0 var'
packed='12:13 drwxr-xr-x ./
5:6 -rwsr-x--x ./etc/a
9:10 drwxrwsr-x ./etc/d/
11:10 -rw-r--r-- ./etc/d/b
7:8 lrwxrwxrwx ./etc/l
0:0 crw-r--r-- ./etc/null
0:0 prw-r--r-- ./etc/p
0:0 drwxrwxrwt ./var/'
# A listing of `tar tv`, from stdin, as `packed` has it.
listed() {
	sed -e 's/ -> .*//' | awk '{ sub("/", ":", $2); print $2, $1, $NF }' | grep -E '^[^ ]+ [^ ]+ (\./|.*(etc/.+|var/|fakejail.*))$' | sort -k3
}
pack() {
	jail "$@" | tar tvf - --numeric-owner | listed
}
# Of the jail around and the one that was made in it.
check_both() {
	for checked in "$outer" "$elsewhere/renamed"; do
		as_user $FAKEJAIL owners check "$checked"
	done | grep -c ' 0 damaged'
}

# ---- a root's own records, seen from elsewhere ----

succeeds 'made directly' jail "$direct" sh -c "$make" sh /
prints 'seen directly' "$made" jail "$direct" sh -c "$look" sh /
prints 'from fakejail /' "$made" jail / busybox sh -c "$look" sh "$direct"
prints 'with one path each' '5:6
9:10
11:10' jail / busybox stat -c %u:%g "$direct/etc/a" "$direct/etc/d" "$direct/etc/d/b"
prints 'by chroot from there' "$made" jail / busybox chroot "$direct" sh -c "$look" sh /
prints 'packed from inside' "$packed" pack "$direct" tar c -C / .
prints 'packed from fakejail /' "$packed" pack / busybox tar c -C "$direct" .
prints 'by chroot, packed' "$packed" pack / busybox chroot "$direct" tar c -C / .
for by in 'find .' 'ls -A' 'tar c .'; do
	prints "$by shows nothing of ours" 0 jail / busybox sh -c 'cd "$1"; busybox '"$by"' | grep -c fakejail || :' sh "$direct"
done
succeeds 'chown from fakejail /' jail / busybox sh -c 'cd "$1" && chown 70:71 etc/a && chmod 600 etc/d/b && mknod etc/zero c 1 5 && mkdir -m 1770 etc/n && chown 1:2 etc/n' sh "$direct"
changed='70:71 751 regular file 0,0 etc/a
11:10 600 regular file 0,0 etc/d/b
0:0 644 character special file 1,5 etc/zero
1:2 1770 directory 0,0 etc/n'
look_changed='cd "$1"; stat -c "%u:%g %a %F %t,%T %n" etc/a etc/d/b etc/zero etc/n'
prints 'is seen directly' "$changed" jail "$direct" sh -c "$look_changed" sh /
prints 'and changes directly from there' "$changed" jail / busybox sh -c "$look_changed" sh "$direct"
succeeds 'changed back directly' jail "$direct" sh -c 'chown 5:6 /etc/a; chmod 4751 /etc/a; chmod 644 /etc/d/b; rm -r /etc/zero /etc/n'
prints 'is seen from fakejail /' "$made" jail / busybox sh -c "$look" sh "$direct"
prints 'bound elsewhere' "$made" jail -b "$direct:/tmp" "$outer" sh -c "$look" sh /tmp
prints 'a part of it bound' '5:6 etc/a
11:10 etc/d/b' jail -b "$direct/etc:/tmp" "$outer" sh -c 'cd tmp; stat -c "%u:%g etc/%n" a d/b'
prints 'mounted elsewhere' "$made" jail / busybox sh -c "mkdir -p \"\$2\"; mount --bind \"\$1\" \"\$2\"; shift; $look" sh "$direct" "$mine/there"
succeeds 'changed by a bind' jail -b "$direct:/tmp" "$outer" sh -c 'chown 20:21 /tmp/etc/d/b; echo >/tmp/etc/new; chown 22 /tmp/etc/new'
prints 'is seen directly' '20:21
22:0' jail "$direct" sh -c 'stat -c %u:%g /etc/d/b /etc/new; chown 11:10 /etc/d/b; rm /etc/new'

# ---- two jails at once ----

prints 'two jails at once see each change' '30:31
32:33
34:35' jail / busybox sh -c 'busybox stat -c %u:%g "$1/etc/a" >/dev/null; shift 1; cd "$1"; shift
	chown 30:31 etc/a; env -i "$@" "$PWD" busybox true 2>/dev/null; stat -c %u:%g etc/a
	chown 32:33 etc/a; stat -c %u:%g etc/a; chown 34:35 etc/a; stat -c %u:%g etc/a' sh "$direct" "$direct" false
# until_told PID FILE: the jail PID has made FILE, or has ended.
until_told() {
	while kill -0 "$1" 2>/dev/null && ! [ -e "$2" ]; do
		sleep 0.05
	done
}
wait_inside='until [ -e "$go" ]; do sleep 0.05; done'
jail / busybox sh -c "cd \"\$1\"; go=\$2.go; stat -c %u:%g etc/a; chown 36:37 etc/a; echo >\"\$2\"; $wait_inside; stat -c %u:%g etc/a" \
	sh "$direct" "$mine/told" >"$work/two" &
until_told $! "$mine/told"
prints 'one jail sees what the other has done' 36:37 jail "$direct" sh -c 'stat -c %u:%g /etc/a; chown 5:6 /etc/a'
touch "$mine/told.go"
wait
is 'and the other sees it changed' '34:35
5:6' "$(cat "$work/two")"

# ---- a root made by a jail around it ----

succeeds 'a tarball of the tree' jail "$direct" chmod 4751 /etc/a
prints 'is as it was' "$made" jail "$direct" sh -c "$look" sh /
jail "$direct" tar c -C / . >"$outer/tmp/t.tar"
succeeds 'unpacked by a jail around' jail "$outer" sh -c 'mkdir /new && tar x -C /new -f /tmp/t.tar && chown 12:13 /new && chown -h 7:8 /new/etc/l'
prints 'seen by it' "$made" jail "$outer" sh -c "$look" sh /new
prints 'entered directly' "$made" jail "$outer/new" sh -c "$look" sh /
prints 'seen by the jail around' "$made" jail "$outer" sh -c "$look" sh /new
prints 'by chroot in it' "$made" jail "$outer" chroot /new sh -c "$look" sh /
prints 'from fakejail /' "$made" jail / busybox sh -c "$look" sh "$outer/new"
prints 'by chroot from there' "$made" jail / busybox chroot "$outer/new" sh -c "$look" sh /
prints 'by two' "$made" jail / busybox chroot "$outer" chroot /new sh -c "$look" sh /
prints 'packed by the jail around' "$packed" pack "$outer" tar c -C /new .
prints 'packed from fakejail /' "$packed" pack / busybox tar c -C "$outer/new" .
succeeds 'changed directly' jail "$outer/new" chown 40:41 /etc/d
prints 'seen by the jail around' 40:41 jail "$outer" stat -c %u:%g /new/etc/d
succeeds 'changed by the jail around' jail "$outer" sh -c 'chown 42:43 /new/etc/d; chown 44 /new/etc/d/b'
prints 'seen directly' '42:43
44:10' jail "$outer/new" stat -c %u:%g /etc/d /etc/d/b
succeeds 'changed from fakejail /' jail / busybox chown 9:10 "$outer/new/etc/d"
prints 'seen directly' 9:10 jail "$outer/new" stat -c %u:%g /etc/d
prints 'seen by the jail around' 9:10 jail "$outer" sh -c 'stat -c %u:%g /new/etc/d; chown 11:10 /new/etc/d/b'

# A root that is entered for the first time while the jail around runs.
jail "$outer" sh -c 'mkdir /late && tar x -C /late -f /tmp/t.tar && chown 12:13 /late'
jail "$outer" sh -c "go=/tmp/told.go; stat -c %u:%g /late/etc/a; echo >/tmp/told; $wait_inside; stat -c %u:%g /late/etc/a; chown 61:62 /late/etc/a" >"$work/late" &
until_told $! "$outer/tmp/told"
prints 'a root that becomes one late' 5:6 jail "$outer/late" sh -c 'stat -c %u:%g /etc/a; chown 60:61 /etc/a'
touch "$outer/tmp/told.go"
wait
is 'the jail around sees what it says' '5:6
60:61' "$(cat "$work/late")"
prints 'and tells it' 61:62 jail "$outer/late" stat -c %u:%g /etc/a

# Each process of the jail around sees it, also one that stands there and names files in no longer way.
jail "$outer" sh -c 'mkdir /late2 && tar x -C /late2 -f /tmp/t.tar'
jail "$outer" sh -c "cd /late2/etc; go=/tmp/go2; [ -u a ] && echo set
	(cd /; echo >/tmp/told2; $wait_inside; stat -c %F /tmp; echo >/tmp/seen2) &
	until [ -e /tmp/seen2 ]; do sleep 0.05; done
	[ -u a ] || echo unset; stat -c %u:%g a; chown 62:63 a" >"$work/late" &
until_told $! "$outer/tmp/told2"
succeeds 'another root that becomes one late' jail "$outer/late2" sh -c 'chmod 751 /etc/a; chown 60:61 /etc/a'
touch "$outer/tmp/go2"
wait
is 'each process of the jail around sees what it says' 'set
directory
unset
60:61' "$(cat "$work/late")"
prints 'and tells it' 62:63 jail "$outer/late2" stat -c %u:%g /etc/a

# One that is moved away before it is entered at all.
jail "$outer" sh -c 'mkdir /away && tar x -C /away -f /tmp/t.tar && chown 12:13 /away && chown -h 7:8 /away/etc/l'
mv "$outer/away" "$elsewhere/away"
prints 'moved away, then entered' "$made" jail "$elsewhere/away" sh -c "$look" sh /
prints 'and seen from fakejail /' "$made" jail / busybox sh -c "$look" sh "$elsewhere/away"

# Two jails change files of one root at the same time: no change is lost, nor a record damaged.
mkdir "$outer/late/many"
for n in $(seq 40); do
	: >"$outer/late/many/$n"
done
give_to_user "$outer/late/many"
chowns='for turn in 1 2 3 4 5; do n=$2; while [ $n -le 40 ]; do chown $((turn * 1000 + n)):$2 "$1/$n"; n=$((n + 2)); done; done'
jail "$outer" sh -c "$chowns" sh /late/many 1 &
jail "$outer/late" sh -c "$chowns" sh /many 2 &
wait
wanted=$(for n in $(seq 40); do echo "$((5000 + n)):$((2 - n % 2))"; done)
every='cd "$1"; n=1; while [ $n -le 40 ]; do stat -c %u:%g $n; n=$((n + 1)); done'
prints 'two jails at work in one root, seen directly' "$wanted" jail "$outer/late" sh -c "$every" sh /many
prints 'and by the jail around' "$wanted" jail "$outer" sh -c "$every" sh /late/many
prints_like 'its records are sound' '* 0 damaged' as_user $FAKEJAIL owners check "$outer/late"

# Writers of the jail around are killed while they write: nobody waits for them, and what they said is there.
prints 'writers are killed' 12 jail "$outer" sh -c 'cd /late/many; n=0
	while [ $n -lt 12 ]; do
		n=$((n + 1))
		setsid sh -c "chown $((7000 + n)) 1; while :; do for f in 2 3 4 5 6 7 8; do chown \$f:$n \$f; done; done" &
		while [ "$(stat -c %u 1)" != $((7000 + n)) ] && kill -0 $!; do :; done
		chown $n 2 3 4 5 6 7 8
		kill -9 -$!
		wait $! 2>/dev/null
	done
	echo $n' 2>/dev/null
prints 'what a killed writer said is there' 7012 jail "$outer/late" stat -c %u /many/1
prints 'and others write on' 8:9 jail "$outer/late" sh -c 'cd /many; for n in 1 2 3 4 5 6 7 8; do chown 8:9 $n; done; stat -c %u:%g 8'
prints_like 'its records are sound still' '* 0 damaged' as_user $FAKEJAIL owners check "$outer/late"

# Capabilities and access lists are told as well.
if command -v setcap >/dev/null; then
	succeeds 'setcap from fakejail /' jail / setcap cap_net_raw+ep "$outer/late/bin/busybox"
	prints 'getcap directly' '/bin/busybox cap_net_raw=ep' jail -b /usr -b /lib -b /lib64 "$outer/late" /usr/bin/env PATH=/usr/sbin:/sbin getcap /bin/busybox
	prints 'getcap from fakejail /' "$outer/late/bin/busybox cap_net_raw=ep" jail / getcap "$outer/late/bin/busybox"
	succeeds 'taken away directly' jail -b /usr -b /lib -b /lib64 "$outer/late" /usr/bin/env PATH=/usr/sbin:/sbin setcap -r /bin/busybox
	prints 'gone from fakejail /' '' jail / getcap "$outer/late/bin/busybox"
else
	skip 'capabilities' 'no setcap(8) here'
fi

# in_view VIEW COMMAND...: with the host's programs. place VIEW: where the root is there.
in_view() {
	view=$1
	shift
	tools='-b /usr -b /lib -b /lib64'
	path='/usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin'
	case $view in
	around) jail / "$@" ;;
	directly) jail $tools "$outer/late" $path "$@" ;;
	in-its-jail) jail $tools "$outer" $path "$@" ;;
	bound) jail $tools -b "$outer/late:/tmp" "$direct" $path "$@" ;;
	esac
}
place() {
	case $1 in
	around) echo "$outer/late" ;;
	directly) echo ;;
	in-its-jail) echo /late ;;
	bound) echo /tmp ;;
	esac
}
views='around directly in-its-jail bound'
if command -v setfacl >/dev/null && command -v setcap >/dev/null; then
	id=100 caps='cap_chown cap_kill cap_setuid cap_setgid'
	for by in $views; do
		id=$((id + 1)) cap=${caps%% *} caps=${caps#* }
		at=$(place $by)
		succeeds "lists and a capability, set $by" in_view $by sh -c 'setfacl -b "$1/etc/a" && setfacl -m "u:$2:rw" "$1/etc/a" && setfacl -k "$1/etc/d" &&
			setfacl -d -m "u:$2:rx" "$1/etc/d" && setcap "$3+ep" "$1/bin/busybox"' sh "$at" $id $cap
		for seen in $views; do
			at=$(place $seen)
			prints_like "set $by, seen $seen: the access list" "*user:$id:rw-*" in_view $seen getfacl -cpn "$at/etc/a"
			prints_like "set $by, seen $seen: the default list" "*default:user:$id:r-x*" in_view $seen getfacl -cpn "$at/etc/d"
			prints "set $by, seen $seen: the capability" "$at/bin/busybox $cap=ep" in_view $seen getcap "$at/bin/busybox"
		done
	done
	for by in $views; do
		at=$(place $by)
		in_view around setcap cap_kill+ep "$outer/late/bin/busybox"
		succeeds "taken away $by" in_view $by sh -c 'setfacl -b -k "$1/etc/a" "$1/etc/d" && setcap -r "$1/bin/busybox"' sh "$at"
		for seen in $views; do
			at=$(place $seen)
			prints "taken away $by, seen $seen" '' in_view $seen sh -c 'getfacl -cpsn "$1/etc/a" "$1/etc/d"; getcap "$1/bin/busybox"' sh "$at"
		done
	done
else
	skip 'access lists and capabilities in each view' 'no setfacl(1) or setcap(8) here'
fi

# ---- in whatever way the directory is reached ----

if gcc -static -o "$mine/reach" "$tests_dir/workflows/src/reach.c" 2>/dev/null; then
	# Its last directory has none in it; the root itself has. Each in a jail of its own, which knows nothing yet.
	for way in path open open-path opendir two entered entered-two chdir step step-open exec exec-entered; do
		prints "$way" 11:10 jail / "$mine/reach" $way "$direct/etc/d" b
		prints "$way, the root" 9:10 jail / "$mine/reach" $way "$direct/etc" d
	done
	for way in 'open inherited' 'socket received' "process another's" "process another's-chdir"; do
		what=${way% *} way=${way#* }
		prints "$way" 11:10 as_user "$mine/reach" give $what "$direct/etc/d" $FAKEJAIL / "$mine/reach" "$way" . b
		prints "$way, the root" 9:10 as_user "$mine/reach" give $what "$direct/etc" $FAKEJAIL / "$mine/reach" "$way" . d
	done
	for way in path open opendir entered chdir; do
		prints "$way, bound" 11:10 jail -b "$direct/etc/d:/tmp" -b "$mine/reach:/bin/reach" "$outer" reach $way /tmp b
	done
else
	skip 'ways to a directory' 'no gcc with a static libc here'
fi

# ---- more roots than a jail can know ----

# (A copied file of records is of other files, but it is one.)
mkdir "$mine/crowd"
for n in $(seq 129); do
	mkdir -p "$mine/crowd/$n/.fakejail"
	cp "$outer/late/.fakejail/owners" "$mine/crowd/$n/.fakejail/owners"
	: >"$mine/crowd/$n/f"
done
give_to_user "$mine/crowd"
visit='set -e; stat -c %u:%g "$1/etc/d/b"; cd "$2"; shift 2; for n; do stat -c %u $n/f >/dev/null; done'
run jail / busybox sh -c "$visit" sh "$direct" "$mine/crowd" $(seq 127)
is '128 roots are known' '0:11:10:' "$rc:$out:$err"
run jail / busybox sh -c "$visit; stat -c %u:%g \"\$0/etc/d/b\"" "$direct" "$direct" "$mine/crowd" $(seq 129)
is 'with more, those that were known are' '0:11:10
11:10' "$rc:$out"
like 'and of the first that is not, one line says so' "fakejail: warning: $mine/crowd/128 has owner records, but this jail has met 128 *are not known
hint: *" "$err"
is 'once' 1 "$(printf '%s\n' "$err" | grep -c warning)"

# ---- what real root makes of it ----

if is_root; then
	mkdir "$work/real"
	jail / busybox tar c -C "$direct" . >"$work/direct.tar"
	tar x --numeric-owner -p -C "$work/real" -f "$work/direct.tar"
	prints 'real root unpacks the same' "$made" busybox sh -c "$look" sh "$work/real"
	jail / tar c --numeric-owner -C "$direct" . >"$work/gnu.tar"
	tar x --numeric-owner -p -C "$work/real" -f "$work/gnu.tar"
	prints 'of GNU tar as well' "$made" busybox sh -c "$look" sh "$work/real"
else
	skip 'real root unpacks it' 'only root can'
fi

# ---- moved and renamed ----

mv "$outer/new" "$elsewhere/moved"
prints 'from outside, moved' "$made" jail "$elsewhere/moved" sh -c "$look" sh /
prints 'and from fakejail /' "$made" jail / busybox sh -c "$look" sh "$elsewhere/moved"
prints 'renamed in fakejail /' "$made" jail / busybox sh -c "cd \"\$1\"; stat moved/etc/a >/dev/null; mv moved renamed; chown 50 renamed/etc/a; stat -c %u renamed/etc/a >&2; chown 5:6 renamed/etc/a; chmod 4751 renamed/etc/a; shift; $look" \
	sh "$elsewhere" "$elsewhere/renamed"
prints 'and seen directly' "$made" jail "$elsewhere/renamed" sh -c "$look" sh /
prints 'a file moved out of it keeps its owner' '5:6 4751
5:6 4751' jail / busybox sh -c 'cd "$1"; stat renamed/etc/a >/dev/null; mv renamed/etc/a "$2/tmp/a"; stat -c "%u:%g %a" "$2/tmp/a"; chroot "$2" stat -c "%u:%g %a" /tmp/a' \
	sh "$elsewhere" "$outer"
prints 'and is known to the jail that it is in' '5:6 4751' jail "$outer" stat -c '%u:%g %a' /tmp/a
prints 'and back' '5:6 4751' jail / busybox sh -c 'cd "$1"; mv "$2/tmp/a" renamed/etc/a; stat -c "%u:%g %a" renamed/etc/a' sh "$elsewhere" "$outer"
prints 'so is a directory' '9:10 2775
11:10 644' jail / busybox sh -c 'cd "$1"; mv renamed/etc/d "$2/tmp/d"; stat -c "%u:%g %a" "$2/tmp/d" "$2/tmp/d/b"' sh "$elsewhere" "$outer"
prints 'to that jail too' '9:10 2775
11:10 644' jail "$outer" stat -c '%u:%g %a' /tmp/d /tmp/d/b
prints 'records of both are sound' 2 check_both
mkdir "$mine/only" "$mine/next"
give_to_user "$mine/only" "$mine/next"
jail --bind=/bin/busybox:/busybox "$mine/only" /busybox true
succeeds 'a directory takes the place of an empty one that was a root' jail / busybox sh -c 'cd "$1" && rm only/busybox && mv -T next only' sh "$mine"
succeeds 'a root is removed like any tree' jail / busybox rm -r "$elsewhere/renamed"
is 'and gone' '' "$(ls -d "$elsewhere/renamed" 2>/dev/null)"
finish
