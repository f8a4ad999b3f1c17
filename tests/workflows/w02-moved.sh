#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w02-moved.sh - the root is moved on the host while a jail runs in it, and between two starts. Programs inside must not
# notice it, and no path of the host may be shown.
. "$(dirname "$0")/../lib/lib.sh"
need busybox
if [ -n "${FAKEJAIL_OVERLAY:-}" ]; then
	skip everything "an overlay's layers do not move with the root (LIMITS.md)"
	finish
fi

new_jail jail bin etc home tmp usr/share/deep proc dev sys
busybox_applets cat chroot grep ln ls mkdir mount pwd readlink realpath rm sh sleep stat touch
give_to_user "$root"
away=$root-moved
# What it does before the move stands in $1, what after it in $2; it says that it waits, and goes on when the root is elsewhere.
moved() {
	rm -f "$root/tmp/waits" "$root/tmp/goes"
	(
		until [ -e "$root/tmp/waits" ]; do sleep 0.02; done
		mv "$root" "$away"
		touch "$away/tmp/goes"
	) &
	mover=$!
	run jail "$root" sh -c "$1
touch /tmp/waits
until [ -e /tmp/goes ]; do sleep 0.02; done
$2"
	wait "$mover"
	mv "$away" "$root"
}
shows() { # TITLE WANTED BEFORE AFTER
	moved "$3" "$4"
	is "$1" "$2" "$out$err"
}

shows 'the working directory' '/usr/share
/usr/share
/usr/share
/usr
deep' 'cd /usr/share' '/bin/pwd; readlink /proc/self/cwd; sh -c "exec /bin/pwd"; (cd ..; /bin/pwd); echo *'
shows 'up and no further' '/
/
/usr' 'cd /usr/share/deep' '(cd ../../../..; /bin/pwd); realpath ../../../../..; (cd ../../../usr; /bin/pwd)'
shows 'links of procfs' '/
/bin/busybox
/etc
/tmp/file
/usr/share/deep/gone (deleted)' 'exec 7</etc 8>/tmp/file 9>/usr/share/deep/gone; rm /usr/share/deep/gone' \
	'for l in self/root $$/exe $$/fd/7 $$/fd/8 self/fd/9; do readlink /proc/$l; done'
shows 'maps, mounts and the rest' '0
0' 'cd /usr' 'cat /proc/self/maps /proc/$$/maps /proc/self/smaps /proc/self/mountinfo /proc/mounts /proc/self/mountstats |
	grep -c jail-moved; cat /proc/net/unix | grep -c jail-moved'
shows 'a bind of something inside' '/home/x
text
/usr' 'mkdir -p /home/x; echo text >/usr/share/f; mount --bind /usr/share /home/x; cd /home/x' \
	'(cd /usr; /bin/pwd >/dev/null); /bin/pwd; cat /home/x/f; rm /usr/share/f; cd /usr; /bin/pwd'
shows 'a root inside' '/etc
/' 'mkdir -p /home/r/bin /home/r/etc; ln -f /bin/busybox /home/r/bin/busybox; ln -sf busybox /home/r/bin/sh; ln -sf busybox /home/r/bin/pwd' \
	'chroot /home/r /bin/sh -c "cd /etc; /bin/pwd; cd ../..; /bin/pwd"'
shows 'owners and new files' '5:6 600
0:0 644' 'touch /tmp/owned; chown 5:6 /tmp/owned; chmod 600 /tmp/owned' \
	'stat -c "%u:%g %a" /tmp/owned; touch /tmp/new; stat -c "%u:%g %a" /tmp/new; rm /tmp/new'
mv "$root" "$away"
prints 'and after another start' '5:6 600
/usr/share' jail "$away" sh -c 'stat -c "%u:%g %a" /tmp/owned; cd /usr/share; /bin/pwd'
mv "$away" "$root"
finish
