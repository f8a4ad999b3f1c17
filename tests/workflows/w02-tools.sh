#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w02-tools.sh - compares, line by line, what tools of util-linux and busybox print of mounts with real root in a real chroot.
# Also tests programs that make terminals.
. "$(dirname "$0")/../lib/lib.sh"
if is_reference; then
	skip 'everything' 'this test does it as real root by itself'
	finish
fi

# Each line is a command; what it prints on both outputs is compared, without numbers that are the machine's.
cat >"$work/tools" <<'SCRIPT'
say() { echo "--- $*"; "$@" 2>&1 | sed 's/[0-9]\{5,\}/N/g'; }
cd /; mkdir -p /m /n /m2; echo x >/n/f
say mount -t tmpfs -o size=1m,mode=755,nr_inodes=50 tm /m
say findmnt -n -o TARGET,SOURCE,FSTYPE,SIZE,USED /m
say sh -c 'findmnt -n -o OPTIONS /m | sed s/,inode64//'
say mountpoint /m
say mountpoint /n
say df -k /m
say df -i /m
say df --output=source,fstype,target /m
say stat -f -c '%T %b %f %s %S %l' /m
cd /m; say umount /m; cd /
exec 7>/m/held; say umount /m; exec 7>&-
say mount -o remount,ro /m
say touch /m/y
say findmnt -n -o VFS-OPTIONS /m
say mount -o remount,rw,size=2m /m
say findmnt -n -o SIZE /m
say mount --bind /n /m2
say cat /m2/f
say umount -l /m2
say umount /m2
say mount --bind -o ro /n /m2
say touch /m2/y
say sh -c 'findmnt -n -o OPTIONS /m2 | cut -d, -f1'
say umount /m2
say mount --make-shared /m
say findmnt -n -o PROPAGATION /m
say mount --make-private /m
say findmnt -n -o PROPAGATION /m
say mount -t tmpfs x /m/missing
say mount --move /m /m2
say findmnt -n -o TARGET,SOURCE /m2
say umount -R /m2
say umount nosuch
say mount -t proc proc /m
say ls -d /m/self
say umount /m
say mount -t tmpfs -o nonsense=1 x /m
say hostname
say hostname other.example
say uname -n
say sh -c 'setpriv --reuid=1000 --clear-groups mount -t tmpfs x /m; echo $?'
say sh -c 'setpriv --reuid=1000 --clear-groups hostname mine; echo $?'
rm -rf /n /m /m2
SCRIPT
cat >"$work/busybox" <<'SCRIPT'
say() { echo "--- $*"; "$@" 2>&1 | busybox sed 's/[0-9]\{5,\}/N/g; s/,inode64//'; }
cd /; busybox mkdir -p /m /n /m2; echo x >/n/f
say busybox mount -t tmpfs -o size=1m,mode=755 tm /m
say busybox stat -f -c '%t %b %f %s %S %l' /m
say busybox umount /n
cd /m; say busybox umount /m; cd /
say busybox mount -o remount,ro /m
say busybox touch /m/y
say busybox grep ' /m ' /proc/mounts
say busybox mount -o remount,rw,size=2m /m
say busybox grep ' /m ' /proc/mounts
say busybox mount -o bind /n /m2
say busybox umount -l /m2
say busybox umount /m2
say busybox mount -t nosuch x /m2
say busybox umount /m
say busybox umount nosuch
say busybox hostname
say busybox hostname other
say busybox hostname
say busybox pivot_root /n /n
busybox rm -rf /n /m /m2
SCRIPT

# same NAME ROOT SHELL: the script of that name, in a real chroot with mounts and a host name of its own, and in the jail.
same() {
	if ! is_root || ! unshare -m -u true 2>/dev/null; then
		skip "$1" 'it takes root to make the real mounts'
		return
	fi
	real=$work/real-$1
	cp -a "$2" "$real"
	chown -hR 0:0 "$real"
	limited unshare -m -u --propagation private sh -c 'hostname host.example; mount --bind "$1" "$1"; mount -t proc proc "$1/proc"
		mount --rbind /sys "$1/sys"; mount --rbind /dev "$1/dev"; exec chroot "$1" "$2" -s' sh "$real" "$3" \
		<"$work/$1" >"$work/want" 2>&1 || :
	rm -rf --one-file-system "$real"
	jail --hostname host.example "$2" "$3" -s <"$work/$1" >"$work/got" 2>&1 || :
	if [ "$(wc -l <"$work/want")" -gt 20 ] && diff "$work/want" "$work/got" >"$work/diff"; then
		ok "$1: the same as in a real chroot"
	else
		fail "$1: the same as in a real chroot" 'the outputs differ' "$(cat "$work/diff")" "$(head -n 20 "$work/want")"
	fi
}

private_root musl
mkdir -p "$root/proc" "$root/sys"
give_to_user "$root/proc" "$root/sys"
same busybox "$root" /bin/sh

private_root tools
same tools "$root" /bin/sh

# ---- terminals ----

prints_like 'script' '/dev/pts/[0-9]*in script*' jail "$root" sh -c \
	'cd /tmp; script -qec "tty; echo in script" /tmp/typescript </dev/null >/dev/null; sed -e /^Script/d typescript'
waits='i=0; until [ -s /tmp/out ] || [ $i = 1000 ]; do sleep 0.1; i=$((i + 1)); done'
prints_like 'screen' 'in screen
/dev/pts/[0-9]*' jail -e TERM=vt100 "$root" sh -c \
	"screen -dmS s sh -c 'echo in screen >/tmp/o; tty >>/tmp/o; mv /tmp/o /tmp/out; sleep 1000'; $waits; cat /tmp/out; rm /tmp/out; screen -S s -X quit"
prints_like 'tmux' 'in tmux
/dev/pts/[0-9]*typed line
typed line*' jail -e TERM=vt100 "$root" sh -c \
	"tmux -f /dev/null new-session -d -s t 'stty -echo; echo in tmux >/tmp/o; tty >>/tmp/o; mv /tmp/o /tmp/out; tee /tmp/line'; $waits
	cat /tmp/out; rm /tmp/out; tmux send-keys -t t 'typed line' Enter
	i=0; until [ -s /tmp/line ] || [ \$i = 1000 ]; do sleep 0.1; i=\$((i + 1)); done
	cat /tmp/line; until tmux capture-pane -p -t t | grep 'typed line' || [ \$i = 2000 ]; do sleep 0.1; i=\$((i + 1)); done; tmux kill-server"
finish
