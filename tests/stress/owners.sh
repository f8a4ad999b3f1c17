#!/bin/sh
# shellcheck disable=SC2016,SC2086,SC2317 # scripts for the jail; FAKEJAIL may be several words; functions that `succeeds` calls
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# owners.sh - tests owner records with killed processes, races, full disks and damaged files. It takes about a minute.
# Nothing is timed against the clock; a limit kills a process that hangs, and the check fails.
#
# Usage: owners.sh [--long]     environment: that of lib.sh, CC, STRESS_KILLS (400), STRESS_SECONDS (2, for each race),
# STRESS_CUTS (40), STRESS_BURSTS (2), STRESS_STOPS (100), STRESS_STRIDE (37: a writer is stopped after each so many
# instructions); --long: 3000, 60, 400, 20, 2000, 1
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
if [ -z "${OWNERS_NAMESPACE:-}" ] && unshare --mount --propagation private true 2>/dev/null; then
	OWNERS_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
fi
. "$(dirname "$0")/../lib/lib.sh"
limit_seconds=${FAKEJAIL_LIMIT:-600}

if [ "${1:-}" = --long ]; then
	: "${STRESS_KILLS=3000}" "${STRESS_SECONDS=60}" "${STRESS_CUTS=400}" "${STRESS_BURSTS=20}" "${STRESS_STOPS=2000}" "${STRESS_STRIDE=1}"
fi
: "${CC=cc}" "${STRESS_KILLS=400}" "${STRESS_SECONDS=2}" "${STRESS_CUTS=40}" "${STRESS_BURSTS=2}" "${STRESS_STOPS=100}" "${STRESS_STRIDE=37}"
preload=$top_srcdir/preload

# build NAME OPTION...: builds NAME.c with the engine's code for records.
build() {
	name=$1
	shift
	$CC -O2 "$@" -std=gnu11 -Wall -Wextra -Wno-unused-result -I"$preload" -o "$work/$name" "$tests_dir/stress/$name.c" \
		"$preload"/records/*.c "$preload"/met-roots/*.c "$preload/ownership/ctime.c" "$preload/ownership/tag.c" "$preload/ownership/key.c" "$preload/ownership/truncated.c" "$preload/ownership/attributes.c" "$preload/ownership/record.c" "$preload/ownership/record_flags.c" \
		"$preload/sys/sys.c" "$preload/bytes/str.c" "$preload/child/child.c" "$preload/sys/arch/x86_64/child.S" "$preload/locking/doing.c" "$preload/locking/lock.c" "$preload/sys/say.c" "$preload/guest/guest.c" "$preload/guest/x86_64/copy.S" "$preload/sys/memory.c" "$preload/sys/process.c" "$preload/sys/thread.c" "$preload/syscall/x86_64/gate.S" "$preload/syscall/x86_64/calls.S"
}
build owner_store
build owner_spoilt
build owner_stopped -DFJ_STORE_FIRST_LOG=6u

# records PROGRAM NAME WORD...: runs the program on a file of records, as check NAME.
records() {
	program=$1
	check=$2
	what=$3
	shift 3
	succeeds "$check" as_user "$work/$program" "$what" "$mine/records" "$@"
}
records owner_store 'writers killed' kill "$STRESS_KILLS"
records owner_store 'killed while it claims and grows' claim "$((STRESS_KILLS / 4))"
records owner_spoilt 'disk full' full
records owner_spoilt 'damaged files' damage
records owner_spoilt 'files of an older version' old
records owner_stopped 'stopped at each step of a change' steps "$STRESS_STRIDE"
records owner_stopped 'several stopped at any time' storm "$STRESS_STOPS"
records owner_spoilt 'files spoilt in use' cut "$STRESS_CUTS"
records owner_store 'a million records' size 1000000
rm -f "$mine/records"

# On a file system where other machines may use the file.
mkdir "$mine/below" "$mine/fuse"
give_to_user "$mine/below"
if [ -n "${OWNERS_NAMESPACE:-}" ] && is_root && bindfs -o allow_other "$mine/below" "$mine/fuse" 2>"$work/why"; then
	succeeds 'on FUSE: stopped at each step of a change' as_user "$work/owner_stopped" steps "$mine/fuse/records" "$((STRESS_STRIDE * 2))"
	umount -l "$mine/fuse"
else
	skip 'on FUSE: stopped at each step of a change' "nothing can be mounted: $(cat "$work/why" 2>/dev/null)"
fi

# or_skip CHECK REASON WORD...: runs owner_stopped with these arguments. Its status 77 means that this machine cannot do that.
or_skip() {
	check=$1
	reason=$2
	shift 2
	run "$work/owner_stopped" "$@"
	case $rc in
	77) skip "$check" "$reason" ;;
	*) is "$check" 0 "$rc" ;;
	esac
}
or_skip 'a holder of the lock in another PID namespace' 'there are no namespaces of processes to be had' namespace "$work/records"
# shellcheck disable=SC2013 # words: mount points without spaces
for freezer in $(sed -n 's/^[^ ]* \([^ ]*\) cgroup2 .*/\1/p; s/^[^ ]* \([^ ]*\) cgroup [^ ]*freezer.*/\1/p' /proc/mounts); do
	mkdir "$freezer/fakejail-stress-$$" 2>/dev/null || continue
	or_skip 'a holder of the lock in a cgroup that is frozen' "$freezer freezes nothing" \
		frozen "$work/records" "$freezer/fakejail-stress-$$"
	until rmdir "$freezer/fakejail-stress-$$"; do sleep 0.1; done
	was_frozen=yes
done
[ -n "${was_frozen-}" ] || skip 'a holder of the lock in a cgroup that is frozen' 'it takes root, and a cgroup file system'
rm -f "$work/records"

need busybox
new_jail jail bin dev proc w
busybox_applets sh mv ln rm cat stat ls chown chmod touch mkdir true sleep seq find wc sed sort
$CC -O1 -std=gnu11 -Wall -Wextra -Wno-unused-result -static -pthread -o "$root/bin/owner_jail" "$tests_dir/stress/owner_jail.c"
give_to_user "$root"
owners=$root/.fakejail/owners

# inside WORD...: runs owner_jail in the jail with these arguments.
inside() {
	jail -w /w "$root" owner_jail "$@"
}
# in_w SCRIPT: runs the script by a shell in the jail's /w.
in_w() {
	jail -w /w "$root" sh -c "$1"
}

succeeds 'race of 1' inside race 1 "$STRESS_SECONDS"
succeeds 'race of 4' inside race 4 "$STRESS_SECONDS"
succeeds 'race of 16' inside race 16 "$STRESS_SECONDS"
bursts() {
	for _ in $(seq "$STRESS_BURSTS"); do
		inside burst 3000 || return 1
	done
}
succeeds "$STRESS_BURSTS bursts of 3000" bursts
succeeds 'a storm of forks' inside storm 150
succeeds '64 threads' inside threads 64
succeeds 'in signal handlers' inside handler
succeeds 'renames, links and nameless files' inside rename
succeeds 'files that four make at once' inside makers 4 2000

two_jails() {
	inside race 3 "$STRESS_SECONDS" &
	one=$!
	inside race 3 "$STRESS_SECONDS" && wait "$one"
}
succeeds 'two jails on one root' two_jails

# Four shells rename and link files with owners, many times: at the end, each name has the owner that it was given.
prints 'mv and ln from four shells' '' in_w 'for w in 1 2 3 4; do (
		i=0; while [ $i -lt 100 ]; do
			echo x >m$w; chown $w:$i m$w; mv m$w n$w; ln -sf n$w l$w
			[ "$(stat -L -c %u:%g l$w)" = $w:$i ] || echo "wrong: $w $i $(stat -L -c %u:%g l$w)"; i=$((i + 1)); done) & done; wait'

# Files are removed from outside of the jail, and their inode numbers are used again.
outside() {
	for _ in 1 2 3 4 5 6 7 8; do
		in_w 'touch gone; chown 31:31 gone' || return 1
		rm "$root/w/gone"
		as_user touch "$root/w/gone"
		inside outside gone || return 1
		rm "$root/w/gone"
	done
}
succeeds 'an inode reused from outside' outside

# The first process of the jail is killed while another one writes, which goes on. The next jail finds all records.
as_user sh -c '"$@"; rm "$0/w/going"; until [ -e "$0/w/gone" ]; do sleep 0.1; done' "$root" $FAKEJAIL -w /w "$root" sh -c '
	touch k going; (i=0; while [ -e going ]; do i=$((i + 1)); chown $i:7 k; [ $i != 20 ] || touch well; done; touch gone) &
	until [ -e well ]; do sleep 0.1; done; kill -9 $$' >"$work/killed" 2>&1 || cat "$work/killed"
prints 'killed while it wrote' '7
8' in_w 'stat -c %g k; chown 8:8 k; stat -c %g k; rm k'

# keep_owners, take_owners_back: save the records, and restore them.
keep_owners() {
	as_user cp "$owners" "$mine/kept"
}
take_owners_back() {
	rm -f "$owners"
	as_user cp "$mine/kept" "$owners"
}

keep_owners
for bytes in 0 10 100 5000; do
	head -c "$bytes" "$mine/kept" >"$owners"
	fails "records cut to $bytes bytes are refused" 125 '?*' jail "$root" true
	is "records cut to $bytes bytes are left as they are" "$bytes" "$(wc -c <"$owners")"
done
take_owners_back
succeeds 'records taken back' jail "$root" true

# With each umask(2) of the first run, the next run can open the records.
for mask in 777 700 400 277 077 0; do
	rm -r "$root/.fakejail"
	first_run() (
		umask "$mask"
		in_w 'touch u && chown 7:8 u && umask'
	)
	prints "a first run with umask $mask" "$(printf %04o "0$mask")" first_run
	is "what umask $mask leaves of the records" '700 600' "$(stat -c %a "$root/.fakejail" "$owners" | xargs)"
	prints "the run after umask $mask" 7:8 in_w 'stat -c %u:%g u; rm -f u'
done
# Records that cannot be opened give a message.
chmod 0 "$owners"
fails 'records that may not be opened' 125 '*.fakejail/owners: may not be read*' jail "$root" true
chmod 600 "$owners"
chmod 0 "$root/.fakejail"
fails 'records in a directory that may not be searched' 125 '*.fakejail/owners: may not be read*' jail "$root" true
chmod 700 "$root/.fakejail"
as_user mkdir -p "$mine/unwritable" "$mine/home/.local"
as_user cp -r "$root/bin" "$mine/unwritable"
chmod 555 "$mine/unwritable"
! is_root || chown 0:0 "$mine/unwritable" # a root of the user's own takes records whatever its mode is
chmod 0 "$mine/home/.local"
prints 'no place for records' 0 jail "$mine/unwritable" sh -c 'echo 0'
is 'no place for records, is said' yes "$(grep -q 'kept for this jail only' "$work/err" && echo yes)"
chmod 700 "$mine/home/.local"
take_owners_back

# If even root may not change a file on the host, root of a jail may not change it.
touch "$work/attributes"
if chattr +i "$work/attributes" 2>/dev/null && chattr -i "$work/attributes"; then
	in_w 'touch i; chown 4:4 i'
	chattr +i "$root/w/i"
	fails 'an immutable file' 1 '*not permitted*' in_w 'chown 5:5 i'
	chattr -i "$root/w/i"
	prints 'an immutable file keeps its owner' 4:4 in_w 'stat -c %u:%g i; rm i'
else
	skip 'an immutable file' 'it takes root, and a filesystem that has them'
fi

# Byte 8 is the version. A file of an older version is used, and gets the new version with the first record that needs it.
of_version() {
	printf '%b' "\\0$1" | dd of="$owners" bs=1 seek=8 conv=notrunc status=none
}
in_w 'touch v; chown 6:6 v'
keep_owners
of_version 1
prints 'records of an older version' '6:6
7:7' in_w 'stat -c %u:%g v; chown 7:7 v; stat -c %u:%g v; rm v'
is 'records of an older version are of the new one then' 3 "$(od -An -tu1 -j8 -N1 "$owners" | tr -d ' ')"
of_version 4
fails 'records of a newer version' 125 '*another version*' jail "$root" true

# The low half of byte 25 says how many neighbours are together in the array: none in version 1.
rm "$owners"
succeeds 'a new file of records' jail "$root" true
of_version 1
printf '\040' | dd of="$owners" bs=1 seek=25 conv=notrunc status=none
prints 'an array of version 1 grows' 3001 in_w 'mkdir many && cd many && touch $(seq 3000) && chown -R 6:6 . && find . -user 6 -group 6 | wc -l'
prints 'an array of version 1, next time' 3001 in_w 'find many -user 6 | wc -l; rm -r many'
is 'an array of version 1 becomes one of the new version' 6 "$(od -An -tx1 -j25 -N1 "$owners" | cut -c 3)"
take_owners_back

many_descriptors() (
	# shellcheck disable=SC3045 # ulimit -n is everywhere
	ulimit -n "$(ulimit -Hn)"
	in_w 'touch d; chown 3:3 d; stat -c %u d; rm d'
)
prints 'as many descriptors as there may be' 3 many_descriptors

# The limit of file sizes is the program's: if the file of records exceeds it, there is an error and no SIGXFSZ.
limited_files() {
	(
		# shellcheck disable=SC3045 # ulimit -S is everywhere
		ulimit "$1" "$2"
		shift 2
		jail -w /w "$root" "$@" 2>&1
	) | cat
}
prints 'no file may be any longer' 'fakejail: the limit of file sizes is too low: raise `ulimit -f` to 4288: File too large' limited_files -f 0 true
prints 'no file may be longer than 100 blocks' 'fakejail: the limit of file sizes is too low: raise `ulimit -f` to 4288: File too large' limited_files -f 100 true
prints 'a soft limit of file sizes' '3
0' limited_files -Sf 0 sh -c 'touch s; chown 3:3 s; stat -c %u s; rm s; ulimit -f'
prints 'records that may not grow' 'chown:: File too large
alive' limited_files -Sf 8 sh -c 'mkdir many && cd many && touch $(seq 9000); chown 5:5 * 2>&1 | sed "s/ [0-9]*:/:/" | sort -u; cd ..; rm -r many; echo alive'
prints 'procfs where no file may be any longer' "cat: can't open '/proc/self/mounts': File too large
alive" limited_files -Sf 0 sh -c 'cat /proc/self/mounts; echo alive'

# The file is truncated or overwritten while programs of the jail work.
keep_owners
for how in 'truncate -s 0' 'truncate -s 30000' 'cp /etc/passwd' 'dd bs=100k count=1 status=none if=/dev/urandom'; do
	inside use >"$work/use" 2>&1 &
	user_of_it=$!
	until [ -e "$root/w/in-use" ] || ! kill -0 "$user_of_it" 2>/dev/null; do sleep 0.1; done
	case $how in
	dd*) $how of="$owners" ;;
	*) $how "$owners" ;;
	esac
	sleep 0.5
	rm -f "$root/w/in-use"
	succeeds "records spoilt under a running jail: $how" wait "$user_of_it"
	take_owners_back
done
succeeds 'records spoilt, and taken back' jail "$root" true

# A full disk, no System V IPC, no network, and a read-only /dev/shm: root is needed to make these.
if is_root && unshare --mount --ipc --net true 2>/dev/null; then
	mkdir "$mine/small"
	cat >"$work/barren" <<'BARREN'
small=$1
shift
mount -t tmpfs -o size=400k,mode=777 none "$small"
mount -t tmpfs -o ro none /dev/shm
exec "$@"
BARREN
	root_by="unshare --mount --ipc --net sh -eu $work/barren $mine/small"
	succeeds 'full disk, no IPC, no network' jail --db="$mine/small/owners" "$root" \
		sh -c 'mkdir -p /w/full && cd /w/full && owner_jail fill; s=$?; rm -rf /w/full; exit $s'
	root_by=
else
	skip 'full disk, no IPC, no network' 'it takes root, and namespaces'
fi

# The caller never waits for its children, and the jail's first process ends before its own child: that one works all the same.
as_user sh -c '"$@" & exec perl -e "select undef, undef, undef, 0.1 until -e \$ARGV[0]" "$0"' "$root/w/done" $FAKEJAIL -w /w "$root" \
	sh -c 'touch nr; chown 4:4 nr; (sleep 0.3; chown 5:5 nr; touch done) & exit 0'
prints 'nobody waits for them' 5:5 in_w 'stat -c %u:%g nr; rm nr done'

# Records are pruned while the jail makes, renames and removes files: no existing file loses its record.
prune() {
	as_user $FAKEJAIL owners prune "$root"
}
in_w 'mkdir from to' && rm -f "$root/w/pruned"
as_user $FAKEJAIL -w /w "$root" sh -c 'i=0; until [ -e pruned ]; do i=$((i + 1)); : >from/$i; chown 9:9 from/$i; mv from/$i to/$i
	: >gone; chown 9:9 gone; rm gone; done' &
pruned_jail=$!
until [ -e "$root/w/to/50" ]; do sleep 0.1; done
prune_often() {
	for _ in 1 2 3; do
		prune >"$work/prune" 2>&1 || grep -q 'made and renamed' "$work/prune" || { cat "$work/prune"; return 1; }
	done
}
succeeds 'records pruned in use' prune_often
: >"$root/w/pruned"
wait "$pruned_jail" || :
prints 'records pruned in use are all there' 0 in_w 'find from to -type f ! -user 9 | wc -l'
in_w 'touch to/held && chown 9:9 to/held && rm pruned'
as_user $FAKEJAIL -w /w "$root" sh -c 'exec 5<to/held; rm to/held; : >holds; until [ -e pruned ]; do sleep 0.1; done
	stat -L -c %u /proc/self/fd/5' >"$work/held" &
pruned_jail=$!
until [ -e "$root/w/holds" ]; do sleep 0.1; done
rm -r "$root/w/from" "$root/w/to"
prints_like 'records pruned at rest' '[1-9]*[0-9] records dropped' prune
: >"$root/w/pruned"
wait "$pruned_jail" || :
is 'a file without a name keeps its owner' 9 "$(cat "$work/held")"
rm -f "$root/w/pruned" "$root/w/holds"

# An unknown format leaves no file. Records with offsets far behind the end give a message.
fails 'an export to no format' 1 '*cannot export*' as_user $FAKEJAIL owners export nothing "$root" "$mine/home/nothing"
is 'an export to no format leaves nothing' '' "$(find "$mine/home" -name 'nothing*')"
keep_owners
rm "$owners"
in_w 'mkdir far; cd far; touch $(seq 300); chown 6:6 *; cd ..; rm -r far'
# Changes flags and attributes of both copies of all slots except the first 64, which are read at a start: docs/OWNERS.md.
# shellcheck disable=SC2016 # perl's
perl -0777 -pi -e 'for ($at = 12288; $at + 64 <= length; $at += 64) { for $copy (24, 44) {
	substr($_, $at + $copy + 10, 1) |= " "; substr($_, $at + $copy + 16, 4) = "\xff\xff\xff\x7f" } }' "$owners"
for verb in check list 'export fakeroot' prune; do
	run as_user $FAKEJAIL owners $verb "$root"
	is "owners $verb of damaged records ends by itself" yes "$([ "$rc" -lt 2 ] && echo yes || echo "status $rc: $err")"
done
take_owners_back

# If an export is killed, there is the old file, no file, or the complete new one.
in_w 'mkdir many; cd many; i=0; while [ $i -lt 400 ]; do : >$i; i=$((i + 1)); done; chown 3:4 *'
save=$mine/home/save
succeeds 'an export' as_user $FAKEJAIL owners export fakeroot "$root" "$save"
lines=$(wc -l <"$save")
is 'an export has all' yes "$([ "$lines" -ge 400 ] && echo yes || echo "only $lines lines")"
for delay in 0.0001 0.001 0.002 0.003 0.004 0.005 0.006 0.007 0.008 0.01; do
	as_user timeout -s KILL "$delay" $FAKEJAIL owners export fakeroot "$root" "$save" || :
	is "an export that is killed after $delay s" "$lines" "$(wc -l <"$save")"
done
finish
