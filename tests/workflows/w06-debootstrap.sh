#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w06-debootstrap.sh - workflow W6: an ordinary user runs an unmodified debootstrap, installs packages inside, and builds a
# program.
#
# debootstrap runs as root of the host's tree and records owners, devices and set-user-id bits. These must be the same when
# its tree is entered as a jail. Real root's debootstrap makes another tree of the same packages. Both must list the same,
# line by line: names, types, modes, owners, numbers of links, link targets, device numbers. Debian packages are downloaded;
# without a mirror, everything is skipped.
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

# Both take the packages from here, so that a mirror that changes meanwhile makes no difference.
packages=$mine/packages
mkdir "$packages"
real=$work/real
if is_root; then
	# Mounts of its own, which go away with it even when it is killed.
	own_mounts=
	! unshare -m true 2>/dev/null || own_mounts='unshare -m'
	# shellcheck disable=SC2086 # empty or two words
	run limited $own_mounts debootstrap --cache-dir="$packages" --variant=minbase bookworm "$real" "$mirror"
	[ "$rc" = 0 ] || rm -rf --one-file-system "$real"
fi
give_to_user "$packages"

run jail / debootstrap --cache-dir="$packages" --variant=minbase bookworm "$root" "$mirror"
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

# Without the default mounts: what debootstrap made in /dev is to be seen. No line may differ; there is none to be explained away.
list='find / -xdev -printf "%M %U:%G %n %p -> %l\n" | sort -k 4; find / -xdev \( -type b -o -type c \) -exec stat -c "%n %t,%T" {} + | sort'
if [ -d "$real" ]; then
	limited chroot "$real" sh -c "$list" >"$work/want"
	run jail --bare "$root" sh -c "$list"
	if [ "$(wc -l <"$work/want")" -gt 5000 ] && diff "$work/want" "$work/out" >"$work/diff"; then
		ok 'the tree lists as the one that real root makes'
	else
		fail 'the tree lists as the one that real root makes' 'the listings differ' "$(head -n 40 "$work/diff")" "$err"
	fi
	rm -rf --one-file-system "$real"
elif is_root; then
	fail 'the tree lists as the one that real root makes' 'real root could not make one'
else
	skip 'the tree lists as the one that real root makes' 'it takes root to make that'
fi

# Whoever looks sees the same owners, modes and devices: from the host's tree, by chroot(8) from there, and in an archive packed there.
seen='find . -xdev -printf "%M %U:%G %n %p -> %l\n" | LC_ALL=C sort; find . -xdev \( -type b -o -type c \) -exec stat -c "%n %t,%T" {} + | LC_ALL=C sort'
packed='LC_ALL=C tar -c --one-file-system --sort=name --numeric-owner . | LC_ALL=C tar -tv --numeric-owner'
jail --bare "$root" sh -c "cd / && $seen" >"$work/direct"
jail --bare "$root" sh -c "cd / && $packed" >"$work/direct.tar"
# seen_alike NAME FILE COMMAND [ARG]...: it prints what FILE has.
seen_alike() {
	name=$1 file=$2
	shift 2
	run "$@"
	if [ "$(wc -l <"$file")" -gt 5000 ] && diff "$file" "$work/out" >"$work/diff"; then
		ok "$name"
	else
		fail "$name" 'the listings differ' "$(head -n 20 "$work/diff")" "$err"
	fi
}
seen_alike 'the same from around' "$work/direct" jail / sh -c "cd '$root' && $seen"
seen_alike 'the same by chroot from around' "$work/direct" jail / chroot "$root" sh -c "cd / && $seen"
seen_alike 'the same in an archive from around' "$work/direct.tar" jail / sh -c "cd '$root' && $packed"

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
