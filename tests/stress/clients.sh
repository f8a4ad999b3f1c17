#!/bin/sh
# shellcheck disable=SC2086,SC2317 # FAKEJAIL may be several words; functions that `succeeds` calls
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# clients.sh - one root on two machines. Two FUSE mounts of one directory, each with its own cache, are like two clients of
# a server. Jails on both mounts change owners at once, and their writers are killed. No record may be damaged, and no
# acknowledged change may be lost.
#
# Usage: clients.sh    environment: that of lib.sh, CC, STRESS_KILLS (40, on each). Needs root, to mount.
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
if [ -z "${CLIENTS_NAMESPACE:-}" ] && unshare --mount --propagation private true 2>/dev/null; then
	CLIENTS_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
fi
. "$(dirname "$0")/../lib/lib.sh"
limit_seconds=${FAKEJAIL_LIMIT:-600}
: "${CC=cc}" "${STRESS_KILLS=40}"
need busybox bindfs
if ! is_root || [ -z "${CLIENTS_NAMESPACE:-}" ]; then
	skip 'everything' 'only root can mount'
	finish
fi

unmount_all() {
	awk -v work="$work/" 'index($2, work) == 1 { print $2 }' /proc/mounts | sort -r | while read -r point; do umount -l "$point"; done
}

on_client() { # A-OR-B WHAT...
	if [ "$1$around" = aaround ]; then # by a jail that the first mount is bound into: there it is a root within its tree
		jail -b "$mine/log:/log" -b "$base/a:/mnt" "$outer" clients "$2" ${3:+"$3"} "/mnt/w/$1" "/log/$1"
	else
		jail -b "$mine/log:/log" "$base/$1" clients "$2" ${3:+"$3"} "/w/$1" "/log/$1"
	fi
}
at_once() {
	on_client a kill "$STRESS_KILLS" &
	one=$!
	on_client b kill "$STRESS_KILLS" || return 1
	wait "$one"
}

# A program waits for the lock of another machine, and is killed. Its change must not be made when the lock is free again.
killed_while_it_waits() {
	mkfifo "$mine/log/waits"
	: >"$mine/log/pid" # to make a file would wait for the lock, too
	give_to_user "$mine/log/waits" "$mine/log/pid"
	ln -s '00000000-0000-0000-0000-000000000000 1 elsewhere' "$root/.fakejail/owners.lock"
	chown -h "$test_uid:$test_uid" "$root/.fakejail/owners.lock"
	jail -b "$mine/log:/log" "$base/a" sh -c 'sh -c "echo \$\$ >/log/pid; exec chown 5:5 /w/a/1"; echo $? >/log/waits' &
	until [ "$(cut -d ' ' -f 2 "/proc/$(cat "$mine/log/pid")/stat" 2>/dev/null)" = '(chown)' ]; do sleep 0.01; done
	sleep 0.5 # it waits for ten seconds
	kill -KILL "$(cat "$mine/log/pid")"
	prints "$name: a change waits for another machine, and is killed" 137 cat "$mine/log/waits"
	rm "$root/.fakejail/owners.lock"
	wait $!
	sleep 0.5 # a process that was left would look each 2 ms
	prints "$name: and is not made later" 9:9 jail "$base/b" stat -c %u:%g /w/a/1
	rm "$mine/log/waits" "$mine/log/pid"
}

# two_clients NAME AROUND OPTION...: tests two mounts with these options of bindfs(1). AROUND is `around` or empty.
two_clients() {
	name=$1 around=$2
	shift 2
	base=$work/$name
	mkdir -p "$base/root/bin" "$base/root/w/a" "$base/root/w/b" "$base/root/log" "$base/a" "$base/b"
	rm -rf "$mine/log"
	mkdir "$mine/log"
	: >"$mine/log/a"
	: >"$mine/log/b"
	root=$base/root
	busybox_applets sh stat chown
	$CC -O1 -std=gnu11 -Wall -Wextra -Wno-unused-result -static -o "$root/bin/clients" "$tests_dir/stress/clients.c"
	give_to_user "$root" "$mine/log"
	if ! bindfs -o allow_other "$@" "$root" "$base/a" 2>"$work/why" || ! bindfs -o allow_other "$@" "$root" "$base/b" 2>"$work/why"; then
		skip "$name" "cannot be mounted here: $(tail -n 1 "$work/why")"
		unmount_all
		return 0
	fi
	if [ -n "$around" ]; then
		outer=$base/outer
		mkdir -p "$outer"
		cp -a "$root/bin" "$outer/bin"
		mkdir "$outer/mnt" "$outer/log"
		give_to_user "$outer"
		succeeds "$name: it is a root" jail "$base/a" sh -c 'chown 3:4 /w/a; chown 0:0 /w/a'
	fi
	succeeds "$name: writers on both are killed" at_once
	for seen_by in a b; do
		for whose in a b; do
			succeeds "$name: $seen_by sees what $whose changed" jail -b "$mine/log:/log" "$base/$seen_by" clients check "/w/$whose" "/log/$whose"
			echo "# $out"
		done
	done
	prints_like "$name: the records are sound" '*, 0 damaged' as_user $FAKEJAIL owners check "$root"
	# A machine fails in the middle of a change.
	ln -s '00000000-0000-0000-0000-000000000000 1 elsewhere' "$root/.fakejail/owners.lock"
	chown -h "$test_uid:$test_uid" "$root/.fakejail/owners.lock"
	fails "$name: a change while another machine has the lock" 1 '*another machine*Device or resource busy*' jail "$base/a" sh -c 'chown 9:9 /w/a/1'
	rm "$root/.fakejail/owners.lock"
	succeeds "$name: and when it is gone" jail "$base/a" sh -c 'chown 9:9 /w/a/1'
	prints "$name: which the other sees" 9:9 jail "$base/b" stat -c %u:%g /w/a/1
	killed_while_it_waits
	unmount_all
}

two_clients local-locks ''
two_clients forwarded-locks '' --enable-lock-forwarding --multithreaded
two_clients from-around around
finish
