#!/bin/sh
# shellcheck disable=SC2016,SC2086,SC2317 # scripts for the jail; the words of a command; functions that `succeeds` calls
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# owners-others.sh - tests a file of owner records that other users may write. They truncate it and write garbage while a
# jail uses it: no process of the jail is killed, and errors are said. They take its lock and name another process as its
# holder: nobody kills that process. On a plain file system, and on FUSE.
#
# Usage: owners-others.sh     environment: that of lib.sh, CC
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
if [ -z "${OWNERS_NAMESPACE:-}" ] && unshare --mount --propagation private true 2>/dev/null; then
	OWNERS_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
fi
. "$(dirname "$0")/../lib/lib.sh"
: "${CC:=cc}"
need busybox perl
if ! is_root || [ -z "${OWNERS_NAMESPACE:-}" ]; then
	skip everything 'it takes root to be two users'
	finish
fi

new_jail jail bin dev proc w
busybox_applets sh touch chown stat true sleep rm
$CC -O1 -std=gnu11 -Wall -Wextra -Wno-unused-result -static -pthread -o "$root/bin/owner_jail" "$tests_dir/stress/owner_jail.c"
give_to_user "$root"
other=$((test_uid + 1))
as_other() {
	setpriv --reuid "$other" --regid "$other" --clear-groups -- "$@"
}

# new_records: makes $owners, which every user may write.
new_records() {
	rm -f "$owners"
	succeeds "$place: new records" jail --db="$owners" -w /w "$root" sh -c 'touch kept; chown 5:5 kept'
	chmod 666 "$owners"
}
use() {
	jail --db="$owners" -w /w "$root" owner_jail use
}

spoil() {
	for how in 'truncate -s 0' 'truncate -s 30000' 'truncate -s 1000000' 'cp /etc/passwd' \
		'dd bs=100k count=1 status=none if=/dev/urandom' 'dd bs=64 count=1000 seek=9 conv=notrunc status=none if=/dev/urandom'; do
		new_records
		use >"$work/use" 2>&1 &
		user_of_it=$!
		until [ -e "$root/w/in-use" ] || ! kill -0 "$user_of_it" 2>/dev/null; do sleep 0.1; done
		case $how in
		dd*) as_other $how of="$spoilt" ;;
		*) as_other $how "$spoilt" ;;
		esac
		sleep 0.5
		rm -f "$root/w/in-use"
		succeeds "$place: spoilt by another user: $how" wait "$user_of_it"
	done
	new_records
	: >"$root/w/waits"
	: >"$work/said"
	jail --db="$owners" -w /w "$root" sh -c 'touch kept; echo; until [ ! -e waits ]; do sleep 0.1; done; chown 6:6 kept; echo "status $?"' >"$work/said" 2>&1 &
	writer=$!
	until [ -s "$work/said" ]; do sleep 0.1; done
	as_other truncate -s 0 "$spoilt"
	rm "$root/w/waits"
	wait "$writer" || :
	like "$place: a change that is lost is said" '*kept: Input/output error*status 1' "$(cat "$work/said")"
	[ "$spoilt" = "$owners" ] || return 0 # FUSE shows the old size for a while
	new_records
	as_other truncate -s 30000 "$spoilt"
	fails "$place: records that another user has cut" 125 '*is damaged or cut off*' jail --db="$owners" "$root" true
}

place='a plain file' owners=$mine/shared/owners spoilt=$mine/shared/owners
mkdir "$mine/shared" "$mine/below" "$mine/fuse"
chmod 777 "$mine/shared" "$mine/below"
give_to_user "$mine/shared" "$mine/below"
spoil

if ! bindfs -o allow_other "$mine/below" "$mine/fuse" 2>"$work/why"; then
	skip 'on FUSE' "nothing can be mounted: $(cat "$work/why")"
	finish
fi
# An early end, too, must leave no mount: bindfs(1) lives in the namespace of the mount, and would keep both.
trap 'status=$?; umount -l "$mine/fuse"; (exit "$status"); at_exit' EXIT
place='on FUSE' owners=$mine/fuse/owners spoilt=$mine/fuse/owners
spoil
place='on FUSE, below' spoilt=$mine/below/owners
spoil

# The lock is a lock of fcntl(2): from LOCK_AT - place to LOCK_AT + the holder's process id (preload/records/shared.c).
cat >"$work/locks.pl" <<'PERL'
use strict;
use warnings;
my ($what, $file, $place, $pid) = @ARGV;
my ($get, $set, $at) = (36, 37, (1 << 40) - 1); # F_OFD_GETLK, F_OFD_SETLK
open(my $fh, '+<', $file) or die "$file: $!";
while ($what eq 'place') { # prints the place that a writer shows
	my $lock = pack('s s x4 q q i x4', 1, 0, $at, 1, 0);
	fcntl($fh, $get, $lock) or die "F_OFD_GETLK: $!";
	my ($type, undef, $start) = unpack('s s x4 q', $lock);
	if ($type != 2) { print $at - $start, "\n"; exit 0; }
}
my $lock = pack('s s x4 q q i x4', 1, 0, $at - $place, $place + 1 + $pid, 0);
until (fcntl($fh, $set, $lock)) { select undef, undef, undef, 0.01; }
$| = 1;
print "locked\n";
sleep 1000;
PERL
new_records
chmod 600 "$owners"
use >"$work/use" 2>&1 &
user_of_it=$!
perl "$work/locks.pl" place "$owners" >"$work/place"
until [ -e "$root/w/in-use" ] || ! kill -0 "$user_of_it" 2>/dev/null; do sleep 0.1; done # it is removed once, and not before it is made
rm -f "$root/w/in-use"
wait "$user_of_it"
like 'the place that writers show of a file of their own' '[1-9]*' "$(cat "$work/place")"
chmod 666 "$owners"
as_user sh -c 'echo $$ >"$0"; exec sleep 1000' "$mine/victim" &
victim=$!
until [ -s "$mine/victim" ]; do sleep 0.1; done
pid=$(cat "$mine/victim")
# (No function: its process would be a shell, and perl would outlive the shell.)
setpriv --reuid "$other" --regid "$other" --clear-groups -- perl "$work/locks.pl" hold "$owners" "$(cat "$work/place")" "$pid" >"$work/held" &
holder=$!
until [ -s "$work/held" ]; do sleep 0.1; done
fails 'a lock that names another process as its holder: changes are refused' 1 '*kept*' jail --db="$owners" -w /w "$root" chown 6:6 kept
is 'a lock that names another process as its holder: nobody kills that process' sleep "$(cat "/proc/$pid/comm" 2>&1)"
kill "$holder" "$pid" || :
wait "$holder" "$victim" 2>/dev/null || :
succeeds 'when the holder has ended, changes are made again' jail --db="$owners" -w /w "$root" chown 6:6 kept
finish
