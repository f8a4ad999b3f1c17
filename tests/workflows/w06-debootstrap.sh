#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w06-debootstrap.sh - workflow W6: debootstrap, unmodified, as an ordinary user; packages installed inside; a real build.
#
# What debootstrap recorded as root of the host's tree (owners, devices, set-uid bits) must hold when its tree is entered as a jail.
# Debian packages are fetched; without a mirror all of it is skipped.
FAKEJAIL_LIMIT=${FAKEJAIL_LIMIT:-900}
. "$(dirname "$0")/../lib/lib.sh"

mirror=${FAKEJAIL_MIRROR:-http://deb.debian.org/debian}
root=$mine/home/rootfs
current=$mine/home
need debootstrap
if is_reference; then
	skip 'debootstrap' 'as root it is nothing new'
	finish
fi

run jail / debootstrap --variant=minbase bookworm "$root" "$mirror"
case $out in
*'Failed getting release'* | *"Couldn't download"*)
	skip 'debootstrap' "no packages from $mirror"
	finish
	;;
esac
if [ "$rc" = 0 ]; then
	ok 'fakejail / debootstrap'
else
	fail_run 'fakejail / debootstrap' 'expected exit status 0' "$(tail -n 5 "$root/debootstrap/debootstrap.log" 2>/dev/null)"
	finish
fi
owned_by_user 'all of it is the user'\''s, outside' "$root/etc/shadow" "$root/usr/bin/passwd"
is 'no set-uid bit is real' '' "$(find "$root" -xdev -perm /6000)"
prints 'owners and set-uid bits hold' '4755 root:root /usr/bin/passwd
2755 root:shadow /usr/bin/expiry
640 root:shadow /etc/shadow
1777 root:root /tmp' jail "$root" stat -c '%a %U:%G %n' /usr/bin/passwd /usr/bin/expiry /etc/shadow /tmp
prints 'dpkg is content' '' jail "$root" dpkg --audit

run jail "$root" sh -c 'export DEBIAN_FRONTEND=noninteractive; apt-get -q update && apt-get -q -y --no-install-recommends install gcc libc6-dev make git adduser man-db'
if [ "$rc" = 0 ]; then
	ok 'apt-get install gcc make git adduser man-db'
else
	fail_run 'apt-get install gcc make git adduser man-db' 'expected exit status 0'
fi
prints 'still content' '' jail "$root" dpkg --audit

cached_root hello
mkdir "$root/src"
tar -xzf "$cached"/hello_*.orig.tar.gz -C "$root/src" --strip-components=1
give_to_user "$root/src"
succeeds 'GNU hello is configured and built' jail "$root" sh -c 'cd /src && ./configure -q && make -s'
prints 'and runs' 'Hello, world!' jail "$root" /src/hello
finish
