#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-lower.sh - tests a root that its user can only read: another user's tree without write permission, a read-only
# mount, a squashfs. A jail must start there. With --rm and with an overlay on /, all files can be changed in the upper layer,
# `run` and dpkg work, and the tree may not change.
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=../lib/layers.sh
. "$tests_dir/lib/layers.sh"
need_overlays
if ! is_root; then
	skip everything 'it takes root to make trees of somebody else'
	finish
fi
private_root bookworm
cat >"$root/session.sh" <<'END'
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
exec 2>&1
mkdir -p /root/p/DEBIAN /root/p/usr/share/trial
printf 'Package: trial\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: a trial\n' >/root/p/DEBIAN/control
printf '#!/bin/sh\nset -e\nuseradd -r -M trial\nchown trial /usr/share/trial\n' >/root/p/DEBIAN/postinst
chmod 755 /root/p/DEBIAN/postinst
echo x >/root/p/usr/share/trial/f
dpkg-deb -Znone -b /root/p /root/trial.deb >/dev/null
apt-get -qq -y install /root/trial.deb >/root/log 2>&1 || cat /root/log
dpkg-query -W trial; stat -c '%U %a' /usr/share/trial /usr/share/trial/f; dpkg -V trial
echo more >>/etc/passwd; tail -n 1 /etc/passwd; chown 5:6 /etc/group; chmod 4755 /bin/cat; stat -c '%u:%g %a' /etc/group /bin/cat
rm -rf /usr/share/doc; ls /usr/share/doc; mkdir /usr/share/doc; ls -A /usr/share/doc
mv /etc/hostname /etc/other; mkdir /etc/dpkg/new; ls /etc/dpkg; touch -d @5 /etc/debian_version; stat -c %Y /etc/debian_version
END
expected='trial	1
trial 755
root 644
more
5:6 444
0:0 4755
ls: cannot access '\''/usr/share/doc'\'': No such file or directory
dpkg.cfg
dpkg.cfg.d
new
origins
5'
[ -e "$root/etc/hostname" ] || echo host >"$root/etc/hostname"
# As a site keeps it: root's, readable by all, with no bit to write.
chown -hR 0:0 "$root"
chmod -R a+rX,a-w "$root"

# try NAME ROOT: all of it on that tree.
try() {
	what=$1
	tree=$2
	remember "$tree"
	prints "$what: a jail begins" root jail "$tree" id -un
	fails "$what: and cannot write" 2 '*' jail "$tree" sh -c 'echo >/etc/new'
	prints "$what: --rm" "$expected" jail --rm "$tree" sh /session.sh
	mkdir "$mine/rw" "$mine/work"
	give_to_user "$mine/rw" "$mine/work"
	prints "$what: an overlay on /" "$expected" jail --overlay "$mine/rw" "$mine/work" / "$tree" sh /session.sh
	prints "$what: the next jail has it" 'trial	1' jail --overlay "$mine/rw" "$mine/work" / "$tree" dpkg-query -W trial
	rm -rf "$mine/rw" "$mine/work"
	if [ -x "$(dirname "${FAKEJAIL%% *}")/fakejail-images" ]; then
		prints "$what: run" "$expected" jail run "$tree" sh /session.sh
	else
		skip "$what: run" 'this build is without images'
	fi
	unchanged "$what" "$tree"
}

try 'closed to writing' "$root"

if mount --bind "$root" "$root" 2>/dev/null && mount -o remount,bind,ro "$root" 2>/dev/null; then
	try 'a read-only mount' "$root"
else
	skip 'a read-only mount' 'mount(2) is refused here'
fi
umount "$root" 2>/dev/null || :

mkdir "$mine/squashed"
if ! command -v mksquashfs >/dev/null 2>&1; then
	skip 'squashfs' 'mksquashfs is not installed'
elif mksquashfs "$root" "$work/image" -quiet -no-progress -noD -noF -noI >/dev/null 2>&1 && mount -o loop,ro "$work/image" "$mine/squashed" 2>/dev/null; then
	try 'squashfs' "$mine/squashed"
	umount "$mine/squashed"
else
	skip 'squashfs' 'it cannot be mounted here'
fi
finish
