#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w02-mounts.sh - workflow W2 as typed: mount(8) by root of the jail, and by a shell on the host's root that then runs chroot.
. "$(dirname "$0")/../lib/lib.sh"
need busybox

new_jail jail bin etc home tmp
busybox_applets cat chroot df grep head id ls mkdir mount mountpoint mv ps pwd readlink rm rmdir sh sleep stat touch umount unshare wc
give_to_user "$root"
# A machine's own /etc/mtab or fstab must not matter.
mount_all='mkdir -p proc dev sys
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mkdir -p /dev/shm
mount -t tmpfs shm /dev/shm
mount -t sysfs sys /sys'

# ---- inside ----

prints 'ps after mount -t proc' yes jail "$root" sh -c "$mount_all; ps -o pid | while read -r pid; do [ \"\$pid\" != \$\$ ] || echo yes; done"
prints '/dev/null after mount -t devtmpfs' 0 jail "$root" sh -c "$mount_all; echo lost >/dev/null; wc -c </dev/null"
prints 'a private /dev/shm' '0
x' jail "$root" sh -c "$mount_all; ls /dev/shm | wc -l; echo x >/dev/shm/x; cat /dev/shm/x"
prints 'the mounts are listed' 'proc /proc proc
dev /dev devtmpfs
shm /dev/shm tmpfs
sys /sys sysfs' jail "$root" sh -c "$mount_all; while read -r source at type rest; do
	case \$at in /proc | /dev | /dev/shm | /sys) echo \"\$source \$at \$type\" ;; esac; done </proc/mounts"
prints 'the same script again, with the directories there: the defaults give way' '4' jail "$root" sh -c \
	"set -e; $mount_all; grep -c -e ' /proc ' -e ' /dev ' -e ' /dev/shm ' -e ' /sys ' /proc/mounts"
prints 'mount lists them' 'proc on /proc type proc (rw,relatime)' jail "$root" sh -c "$mount_all; mount | grep ' /proc '"
prints 'umount' '0' jail "$root" sh -c "$mount_all; umount /dev/shm; umount /sys; umount /dev; umount /proc; ls /proc | wc -l"
fails 'umount of what is in use' 1 '*usy*' jail "$root" sh -c 'mount -t tmpfs none /tmp; cd /tmp; umount /tmp'
fails 'an overlay of nothing is refused' 255 '*nvalid argument*' jail "$root" mount -t overlay none /tmp
fails 'an ordinary user may not' 1 '*' jail --userspec=1000:1000 "$root" mount -t tmpfs none /tmp

# ---- seen by all, gone with the jail ----

prints 'a mount is seen by a process that was there before' 'text' jail "$root" sh -c \
	'mkdir -p /tmp/a /tmp/b; echo text >/tmp/a/f
	(until [ -e /tmp/b/f ]; do sleep 0.01; done; cat /tmp/b/f) & mount --bind /tmp/a /tmp/b; wait; rm -r /tmp/a'
prints 'unshare -m has mounts of its own' 'f
none' jail "$root" sh -c 'mkdir -p /tmp/a /tmp/b; echo >/tmp/a/f
	unshare -m sh -c "mount --bind /tmp/a /tmp/b; ls /tmp/b"; ls /tmp/b; echo none; rm -r /tmp/a /tmp/b'
is 'nothing stays in the tree' '' "$(ls -A "$root/tmp")"
private_dirs() {
	for base in "${XDG_RUNTIME_DIR:-}" /dev/shm /tmp; do
		for dir in "$base/fakejail-$test_uid"/*; do
			# ipc is the records of System V IPC, and stays as its objects do
			[ -z "$base" ] || [ ! -e "$dir" ] || [ "${dir##*/}" = ipc ] || echo "${dir##*/}"
		done
	done
}
prints 'a tmpfs is not on the disk' '' jail "$root" sh -c 'mount -t tmpfs none /tmp; echo x >/tmp/x'
is 'and gone at the end' '' "$(ls -A "$root/tmp"; private_dirs)"
# Runs a command and waits until nobody has its standard output open: what the command leaves in the background is
# killed otherwise (tests/lib/limit).
cat >"$mine/and-all" <<'SCRIPT'
#!/bin/sh
text=$("$@"; echo $? >"$0.status")
[ -z "$text" ] || printf '%s\n' "$text"
exit "$(cat "$0.status")"
SCRIPT
chmod +x "$mine/and-all"
# The end of the first process is seen from then on, whatever it is at, but not before (preload/call/ending.c).
jail_by=$mine/and-all
for wait in ':' 'while [ ! -e /tmp/x ]; do read -r _ </dev/null; done' 'exec true' 'exec sh -c "sleep 0.1; :"'; do
	prints "a tmpfs that comes while the first process does: $wait" '' jail "$root" sh -c "(mount -t tmpfs none /tmp; >/tmp/x) & $wait; wait"
	is "and goes: $wait" '' "$(private_dirs)"
done
# shellcheck disable=SC2016 # for the inner shell
prints 'who is older than a tmpfs stays when the first process ends' '' jail "$root" sh -c '
	(mount -t tmpfs none /tmp; >/tmp/x; while kill -0 $$ 2>/dev/null; do read -r _ </dev/null; done) &
	while [ ! -e /tmp/x ]; do read -r _ </dev/null; done; :'
is 'and removes it' '' "$(private_dirs)"
jail_by=
# The first process has ended, but nobody has waited for it.
# shellcheck disable=SC2016 # for the inner shell
run as_user sh -c '"$@" & exec sleep 2' sh "$FAKEJAIL" "$root" sh -c '(sleep 0.2; mount -t tmpfs none /tmp; sleep 0.1) & exec true'
is 'a tmpfs goes beside a zombie' '' "$(private_dirs)"
# That it becomes another program just then does not kill it.
i=0
while [ $i -lt 60 ]; do
	jail "$root" sh -c 'mount -t tmpfs none /tmp & exec sh -c "exec sh -c \"exec true\""' || break
	i=$((i + 1))
done
is 'and starts of the first process meanwhile' 60 "$i"
prints 'the next jail' '' jail "$root" sh -c :
run jail "$root" sh -c 'mount -t tmpfs none /tmp; mkdir -p /tmp/deep/er; echo x >/tmp/deep/er/x; kill -9 $$'
prints 'also after SIGKILL, when the next jail starts' '' jail "$root" sh -c :
is 'nothing is left of it' '' "$(private_dirs)"

# ---- read-only ----

fails '-b ...:ro' 1 '*Read-only file system*' jail -b "$(as_made "$root")/etc:/home:ro" "$root" touch /home/x
fails '--read-only' 1 '*Read-only file system*' jail --read-only "$root" touch /x
prints '--read-only with a tmpfs' x jail --read-only --tmpfs=/tmp "$root" sh -c 'echo x >/tmp/x; cat /tmp/x'
prints 'a remount' 'no
yes' jail "$root" sh -c 'mount --bind /tmp /home; mount -o remount,bind,ro /home
	touch /home/x 2>/dev/null && echo yes || echo no; mount -o remount,bind,rw /home; touch /home/x && echo yes; rm /tmp/x'
chmod a-w "$root"
prints 'a mount point in a root that cannot be written' yes jail -b "$(as_made "$root")/etc:/srv/a/etc" "$root" sh -c \
	'[ -d /srv/a/etc ] && cd /srv/a/etc && [ "$(pwd -P)" = /srv/a/etc ] && echo yes'
chmod u+w "$root"

# ---- from outside, followed by chroot ----

# (An overlay is one inside alone, so there this is another tree.)
if [ -n "${FAKEJAIL_OVERLAY:-}" ]; then
	cp -a "$(as_made "$root")" "$mine/outside"
	J=$mine/outside
	mkdir -p "$J/proc" "$J/dev" "$J/sys"
	give_to_user "$J/proc" "$J/dev" "$J/sys"
else
	J=$root
fi
mkdir -p "$J/home/me" "$mine/home/me"
echo 'my file' >"$mine/home/me/notes"
echo 'nameserver 192.0.2.1' >"$mine/resolv.conf"
: >"$J/etc/resolv.conf"
give_to_user "$J/home/me" "$J/etc/resolv.conf" "$mine/home/me" "$mine/resolv.conf"
run jail / sh -c "set -e
	mount -t proc proc '$J/proc'; mount -t devtmpfs dev '$J/dev'; mount -t sysfs sys '$J/sys'
	mount --bind '$mine/home/me' '$J/home/me'; mount --bind '$mine/resolv.conf' '$J/etc/resolv.conf'
	cd '$J/home/me'; pwd; readlink /proc/self/cwd; cd '$mine/home/me'; pwd; readlink /proc/self/cwd
	chroot '$J' sh -c 'cat /home/me/notes /etc/resolv.conf; echo >/dev/null; cd /home/me; pwd; readlink /proc/self/cwd; ps >/dev/null
		grep -c \" /home/me \" /proc/mounts; ls /proc/self/exe; readlink /proc/self/exe'
	umount '$J/etc/resolv.conf'; cat '$J/etc/resolv.conf'; umount '$J/home/me' '$J/sys' '$J/dev' '$J/proc'; ls '$J/proc'"
is 'mount and chroot from a shell on the host'\''s root' "$J/home/me
$J/home/me
$mine/home/me
$mine/home/me
my file
nameserver 192.0.2.1
/home/me
/home/me
1
/proc/self/exe
/bin/busybox" "$out"
is 'without a word' '' "$err"

# ---- a new root ----

if [ -n "${FAKEJAIL_OVERLAY:-}" ]; then
	skip 'pivot_root' 'not where the root is an overlay (LIMITS.md)'
	finish
fi
prints 'pivot_root' 'bin
etc
home
old
tmp' jail "$root" sh -c 'rm -rf /dev /proc /sys 2>/dev/null; mkdir -p /tmp/new; mount -t tmpfs none /tmp/new; cd /tmp/new
	mkdir old etc home tmp; mkdir bin; cp /bin/busybox bin; unshare -m busybox pivot_root . old || exit 1
	ls | while read -r n; do echo "$n"; done'
finish
