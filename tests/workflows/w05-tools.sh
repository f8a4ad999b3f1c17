#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w05-tools.sh - tests tar, cp, rsync, cpio, dpkg, useradd and others with owners. In a jail, their output and the files after
# them must be the same as for real root in a real chroot of the same copy. A tar archive of everything, made inside, must
# have the same bytes.
. "$(dirname "$0")/../lib/lib.sh"
need perl
if ! is_root || ! unshare --mount true 2>/dev/null; then
	skip 'everything' 'it takes root to compare with a real chroot'
	finish
fi

private_root owners
real=$work/real
# A jail has the host's /etc/hosts where the root has none, a real chroot has not.
[ -e "$root/etc/hosts" ] || echo '127.0.0.1 localhost' >"$root/etc/hosts"
! is_root || chown "$test_uid:$test_uid" "$root/etc/hosts"
cp -a "$root" "$real"
chown -hR 0:0 "$real"
for tree in "$root" "$real"; do
	cp "$tests_dir/workflows/src/as-root.sh" "$tree/as-root.sh"
done
give_to_user "$root/as-root.sh"
really() { # as real root, in a real chroot
	FAKEJAIL_UID=0 limited env FAKEJAIL_UID=0 "$tests_dir/lib/real-chroot" "$real" "$@"
}

# section NAME: its lines of stdin.
section() {
	awk -v name="== $1" '/^== / { shown = $0 == name } shown'
}

jail "$root" sh /as-root.sh >"$work/jail.out" || :
really sh /as-root.sh >"$work/real.out" || :
sed -n 's/^== //p' "$work/real.out" >"$work/sections"
while read -r name; do
	section "$name" <"$work/real.out" >"$work/want"
	section "$name" <"$work/jail.out" >"$work/got"
	if [ "$(wc -l <"$work/want")" -lt 3 ]; then
		fail "$name" 'real root printed nothing'
	elif diff -u "$work/want" "$work/got" >"$work/diff"; then
		ok "$name: $(wc -l <"$work/want") lines"
	else
		fail "$name" 'not as real root' "$(head -n 30 "$work/diff")"
	fi
done <"$work/sections"

# The whole tree, but for what is another on each machine or at each run: salts, logs, times of sudo, and places of mounts.
whole='cd / && tar --sort=name --mtime=@0 --numeric-owner --acls --xattrs --xattrs-include="*" --format=posix \
	--pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime,delete=mtime --one-file-system -cf - \
	--exclude=./run/sudo --exclude=./etc/shadow --exclude=./etc/resolv.conf --exclude=./var/log --exclude=./var/cache --exclude=./proc --exclude=./sys --exclude=./dev --exclude=./.fakejail .'
# shellcheck disable=SC2016 # for the shell inside
lists='cd / && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./var/log -o -path ./var/cache -o -path ./.fakejail \) -prune -o \
	\( -type d -printf "%p %u %g %m %y\n" -o -path ./etc/resolv.conf -o -printf "%p %u %g %m %y %s\n" \) | sort'
jail "$root" sh -c "$lists" >"$work/jail.list" || :
really sh -c "$lists" >"$work/real.list" || :
if diff -u "$work/real.list" "$work/jail.list" >"$work/diff"; then
	ok "the whole lists the same: $(wc -l <"$work/real.list") names"
else
	fail 'the whole lists the same' 'it does not' "$(head -n 30 "$work/diff")"
fi
jail "$root" sh -c "$whole" >"$work/jail.tar" || :
really sh -c "$whole" >"$work/real.tar" || :
if cmp "$work/real.tar" "$work/jail.tar" >"$work/diff" 2>&1; then
	ok "the tarball is the same: $(wc -c <"$work/real.tar") bytes"
else
	tar -tvf "$work/real.tar" --numeric-owner >"$work/want" 2>&1 || :
	tar -tvf "$work/jail.tar" --numeric-owner >"$work/got" 2>&1 || :
	fail 'the tarball is the same' "$(cat "$work/diff")" "$(diff "$work/want" "$work/got" | head -n 20)"
fi
finish
