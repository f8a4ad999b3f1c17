#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# two-jails.sh - tests that a program sees changes of another jail on the same root, and of a process outside, also if it has
# looked there before: symlinks to directories, directories that become symlinks, directories that are closed to a user.
. "$(dirname "$0")/../lib/lib.sh"
need busybox
if is_reference; then
	skip everything 'two real chroots see one tree at once'
	finish
fi
new_jail jail bin etc tmp dev proc
busybox_applets cat chmod echo ln mkdir mv rm sh usleep
give_to_user "$root"

# watch NAME OPTIONS FILE OLD NEW COMMAND...: a shell in a jail has read OLD in FILE several times when COMMAND runs, and then reads
# NEW, within a minute; each look is by one process.
watch() {
	name=$1 options=$2 file=$3 old=$4 new=$5
	shift 5
	rm -f "$root/tmp/ready" "$root/tmp/last"
	# shellcheck disable=SC2086,SC2016 # options are words; a script for the jail
	jail $options "$root" sh -c '
		n=0 seen=
		while [ $n -lt 600 ] && [ "$seen" != "$3" ]; do
			read -r seen <"$1" || seen=none
			[ "$seen" = "$2" ] || [ "$seen" = "$3" ] || [ "$seen" = none ] || break
			n=$((n + 1))
			[ $n != 4 ] || : >/tmp/ready
			usleep 100000
		done
		echo "$seen" >/tmp/last' sh "$file" "$old" "$new" 2>"$work/watch.err" &
	waited=0
	while ! [ -e "$root/tmp/ready" ] && [ $waited -lt 600 ]; do
		sleep 0.1
		waited=$((waited + 1))
	done
	succeeds "$name: changed" "$@"
	wait $! || :
	is "$name" "$new" "$(cat "$root/tmp/last" 2>&1)"
}

mkdir "$root/tmp/1" "$root/tmp/2" "$root/etc/there"
echo one >"$root/tmp/1/f"
echo two >"$root/tmp/2/f"
echo three >"$root/etc/there/f"
chmod 1777 "$root/tmp"
give_to_user "$root"

ln -s 1 "$root/tmp/now"
! is_root || chown -h "$test_uid:$test_uid" "$root/tmp/now"
watch 'a link that another jail makes anew' '' /tmp/now/f one two jail "$root" ln -sfn 2 /tmp/now
watch 'a link that is made anew from outside' '' /tmp/now/f two one as_user ln -sfn 1 "$root/tmp/now"
watch 'a directory that another jail makes a link' '' /tmp/1/f one three \
	jail "$root" sh -c 'mv /tmp/1 /tmp/old && ln -s /etc/there /tmp/1'
watch 'a directory that becomes a link from outside' '' /tmp/2/f two three \
	as_user sh -c "mv '$root/tmp/2' '$root/tmp/old-2' && ln -s /etc/there '$root/tmp/2'"
watch 'a directory that another jail closes' --userspec=1000:1000 /etc/there/f three none jail "$root" chmod 700 /etc/there
finish
