#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w10-nothing-kept.sh - workflow W10: each run has a new copy of a directory or of an archive. The copy is removed at the end,
# however the run ends: also after Ctrl-C, a closed terminal, and SIGKILL of each process. All of it is repeated under a
# container's filter.
. "$(dirname "$0")/../lib/lib.sh"
need busybox python3 gcc gzip xz zstd bzip2

new_jail tree bin etc tmp dev proc
busybox_applets sh sleep ls cat
echo 'root:x:0:0::/root:/bin/sh' >"$root/etc/passwd"
give_to_user "$root"
cp "$tests_dir/workflows/src/nothing_kept.py" "$mine/nothing_kept.py"
current=$mine
gcc -O2 -o "$work/without" "$tests_dir/without.c"
by=
# shellcheck disable=SC2086,SC2317 # words; what the checks below call
verb() { as_user env "FAKEJAIL_STORE=$mine/store" $by $FAKEJAIL "$@"; }
# shellcheck disable=SC2086,SC2317
outside() { as_user env "FAKEJAIL_STORE=$mine/store" "FAKEJAIL=$FAKEJAIL" $by python3 nothing_kept.py "$@"; }

# A tree with owners, and the archives of it.
succeeds 'owners' verb tree /bin/busybox sh -c 'echo s >/etc/shadow; busybox chown 0:42 /etc/shadow; busybox chmod 640 /etc/shadow
	busybox chown 7:8 /tmp; busybox mknod /null c 1 3'
succeeds 'pack' verb pack tree tree.tar
for with in gzip xz zstd bzip2; do
	"$with" -qkf "$mine/tree.tar"
done
give_to_user "$mine"/tree.tar*
# One that takes its time.
as_user sh -c 'mkdir many many/bin many/many && cp tree/bin/busybox many/bin && cd many/many && for n in $(seq 400); do
	mkdir $n; for m in 1 2 3 4 5 6 7 8 9 10; do echo $n $m >$n/$m; done; done'
tar -C "$mine/many" -cf "$mine/many.tar" bin many
give_to_user "$mine/many.tar"

nothing_kept() {
	for archive in tree.tar tree.tar.gz tree.tar.xz tree.tar.zst tree.tar.bz2 ./tree; do
		prints "$place$archive: owners, and what the run before wrote is not there" '0:42 640 7:8
shadow
passwd
left' verb run "$archive" /bin/busybox sh -c 'echo $(busybox stat -c "%u:%g %a" /etc/shadow) $(busybox stat -c %u:%g /tmp)
			busybox ls -r /etc; [ -e /left ] && echo again; busybox rm /etc/passwd; echo left >/left; busybox cat /left'
	done
	is "$place nothing is left in the store" '' "$(find "$mine/store/copies" "$mine/store/tmp" -mindepth 1)"
	is "$place nothing is written to the tree" '' "$(ls -d "$mine/tree/left" 2>/dev/null)"
	prints "$place by signals" 'TERM signal 15 0
HUP signal 1 0
INT signal 2 0
QUIT signal 3 0
USR1 signal 10 0' outside signals
	prints "$place a handler may still write" 'status 5 0 False' outside trap
	prints "$place the terminal is closed" 'signal 1 0' outside terminal
	prints "$place the program's own end" 'status 7 0
signal 9 0
signal 11 0
status 3 0' outside ends
	prints "$place SIGKILL of the parent and of the program" 'parent signal 9 True 0
program signal 9 0
other 1 b'"'passwd\nshadow\n'"' status 0 0' outside killed
	prints "$place in the middle of copying and unpacking" 'SIGKILL copy signal 9 0
SIGKILL keep signal 9 0
SIGKILL unpack signal 9 0
SIGKILL run signal 9 0
SIGTERM copy signal 15 0
SIGTERM keep signal 15 0
SIGTERM unpack signal 15 0
SIGTERM run signal 15 0
SIGINT copy signal 2 0
SIGINT keep signal 2 0
SIGINT unpack signal 2 0
SIGINT run signal 2 0
SIGHUP copy signal 1 0
SIGHUP keep signal 1 0
SIGHUP unpack signal 1 0
SIGHUP run signal 1 0' outside half
	prints "$place the process that works is killed" 'copy status 125 0 0
unpack status 125 0 0' outside worker
	prints "$place an empty directory becomes empty again, another is let alone" "[]
['mine']" outside empty
	prints "$place 20 at once" 'True 0 0' outside many
	rm -rf "$mine/store"
}

place=
nothing_kept
jail_by="env FAKEJAIL_STORE=$mine/store"
at_terminal 'Ctrl-C ends the program and the copy is gone' --rm tree /bin/sh -c 'echo rea''dy; while :; do sleep 1000 & wait $!; done' <<'END'
expect ready
key ^C
end -2
END
at_terminal 'Ctrl-C that the program takes' --rm tree /bin/sh -c 'trap "echo got-it; exit 4" INT; echo rea''dy; while :; do sleep 1000 & wait $!; done' <<'END'
expect ready
key ^C
expect got-it
end 4
END
jail_by=
is 'no copy is left' '' "$(ls "$mine/store/copies")"
prints 'who removes a tree does not keep the lock of the store' "status 0 
status 0 [] 0" outside prune
# Somebody keeps the lock of a tree, or that of the store, as a stopped start would: others do not wait for ever.
exec 8<"$mine/store/lock" 9<"$mine/many"
flock 8
flock 9
verb --rm --copy many /bin/busybox true >"$work/copy" 2>&1 &
fails 'an image command does not wait for ever' 125 "*keeps the lock of '*/store/lock'" verb images --prune
status=0
wait "$!" || status=$?
like 'nor does who copies a tree' "125 fakejail: --rm: another process, which may be stopped, keeps the lock of '*/many'" "$status $(cat "$work/copy")"
exec 9<&-
fails 'the lock of the store is never given back' 125 '*keeps the lock of */store/lock' verb --rm tree /bin/sh -c :
exec 8<&-
succeeds 'the lock of the store is given back' verb --rm tree /bin/sh -c :
place="container's filter: "
by="$work/without --container"
nothing_kept
finish
