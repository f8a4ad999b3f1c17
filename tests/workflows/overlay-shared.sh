#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-shared.sh - tests that a copy-up shares the blocks of the lower file if the file system can (FICLONE). It needs root
# for mounts, which it makes in a mount namespace of its own.
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
if [ -z "${SHARED_NAMESPACE:-}" ] && unshare --mount --propagation private true 2>/dev/null; then
	SHARED_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
fi
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=../lib/layers.sh
. "$tests_dir/lib/layers.sh"
need busybox filefrag
need_overlays
if ! is_root || [ -z "${SHARED_NAMESPACE:-}" ]; then
	skip 'everything' 'only root can mount'
	finish
fi

# shared FILE: how many of its stretches are shared with another file.
shared() {
	filefrag -v "$1" | grep -cE '^ *[0-9]+:.*shared' || :
}

for fs in xfs btrfs; do
	if ! command -v "mkfs.$fs" >/dev/null 2>&1; then
		skip "$fs" "mkfs.$fs is not installed"
		continue
	fi
	disk=$mine/$fs
	mkdir "$disk"
	truncate -s 400M "$work/$fs.image"
	if ! "mkfs.$fs" -q "$work/$fs.image" >/dev/null 2>&1 || ! mount -o loop "$work/$fs.image" "$disk" 2>/dev/null; then
		skip "$fs" 'this kernel does not mount one in a file'
		continue
	fi
	mkdir "$disk/low" "$disk/rw" "$disk/work"
	root=$disk/low
	busybox_applets chmod chown sh stat
	head -c 30000000 /dev/urandom >"$root/large"
	head -c 30000000 /dev/urandom >"$root/mode"
	give_to_user "$disk/low" "$disk/rw" "$disk/work"
	sync -f "$disk"
	remember "$root"
	is "$fs: nothing is shared before" '0 0' "$(shared "$root/large") $(shared "$root/mode")"
	prints "$fs: files are changed" '30000005 0:0
30000000 7:8' jail --overlay "$disk/rw" "$disk/work" / "$root" sh -c \
		'echo more >>/large; chown 7:8 /mode; stat -c "%s %u:%g" /large /mode'
	sync -f "$disk"
	for file in large mode; do
		if [ "$(shared "$disk/rw/$file")" -gt 0 ]; then
			ok "$fs: $file: the copy shares its blocks"
		else
			fail "$fs: $file" 'the copy shares no block' "$(filefrag -v "$disk/rw/$file")"
		fi
	done
	if { cat "$root/large" && echo more; } | cmp -s - "$disk/rw/large" && cmp -s "$root/mode" "$disk/rw/mode"; then
		ok "$fs: the contents are the same"
	else
		fail "$fs" 'the copies have other contents'
	fi
	unchanged "$fs" "$root"
	umount "$disk"
done
finish
