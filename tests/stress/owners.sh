#!/bin/sh
# shellcheck disable=SC2016 # the scripts that run inside expand their own variables
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# owners.sh - owner records under kills, races, full disks and damage: groups 1 to 8 of what others got wrong, bounded to a
# minute. Nothing here is timed against the clock; what is stuck is stopped by a limit and fails.
#
# Usage: owners.sh [--long] [SRCDIR]     environment: FAKEJAIL, CC, STRESS_UID (4242), and how much of each: STRESS_KILLS (400),
# STRESS_SECONDS (2, of each race), STRESS_CUTS (40), STRESS_BURSTS (2); --long: 3000, 60, 400, 20
# shellcheck disable=SC2016 # what stands in single quotes is for the jail's shell
set -eu

if [ "${1:-}" = --long ]; then
	: "${STRESS_KILLS=3000}" "${STRESS_SECONDS=60}" "${STRESS_CUTS=400}" "${STRESS_BURSTS=20}"
	shift
fi
srcdir=$(cd "${1:-$(dirname "$0")}" && pwd)
: "${FAKEJAIL=fakejail}" "${CC=cc}" "${STRESS_KILLS=400}" "${STRESS_SECONDS=2}" "${STRESS_CUTS=40}" "${STRESS_BURSTS=2}" "${STRESS_UID=4242}"
preload=$srcdir/../../preload
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
passed=0 failed=0 skipped=0

check() { # NAME COMMAND...
	name=$1
	shift
	if timeout 150 "$@" >"$work/out" 2>&1; then
		passed=$((passed + 1))
		echo "PASS $name: $(tail -n 1 "$work/out")"
	else
		failed=$((failed + 1))
		echo "FAIL $name"
		sed 's/^/    /' "$work/out"
	fi
}

skip() {
	skipped=$((skipped + 1))
	echo "SKIP $1: $2"
}

$CC -O2 -std=gnu11 -Wall -Wextra -Wno-unused-result -I"$preload" -o "$work/owner_store" "$srcdir/owner_store.c" \
	"$preload/own/table.c" "$preload/own/grow.c" "$preload/own/ctime.c" "$preload/own/lock.c" "$preload/own/lost.c" "$preload/own/heap.c" "$preload/own/record.c" \
	"$preload/sys/sys.c" "$preload/sys/str.c" "$preload/sys/say.c" "$preload/sys/guest.c" "$preload/sys/copy.S" "$preload/sys/thread.c" "$preload/sys/gate.S"
$CC -O1 -std=gnu11 -Wall -Wextra -Wno-unused-result -static -pthread -o "$work/owner_jail" "$srcdir/owner_jail.c"

check 'writers killed' "$work/owner_store" kill "$work/records" "$STRESS_KILLS"
check 'killed while it claims and grows' "$work/owner_store" claim "$work/records" "$((STRESS_KILLS / 4))"
check 'disk full' "$work/owner_store" full "$work/records"
check 'damaged files' "$work/owner_store" damage "$work/records"
check 'files spoilt in use' "$work/owner_store" cut "$work/records" "$STRESS_CUTS"
check 'a million records' "$work/owner_store" size "$work/records" 1000000
rm -f "$work/records"

if ! busybox=$(command -v busybox) || ldd "$busybox" >/dev/null 2>&1; then
	skip 'inside a jail' 'no static busybox'
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ]
	exit
fi
root=$work/root
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/w" "$work/home"
cp "$busybox" "$root/bin/busybox"
for name in sh mv ln rm cat stat ls chown chmod touch mkdir true sleep; do ln -s busybox "$root/bin/$name"; done
cp "$work/owner_jail" "$root/bin/"
chmod 755 "$work"
if [ "$(id -u)" = 0 ]; then
	chown -hR "$STRESS_UID:$STRESS_UID" "$root" "$work/home"
	user="setpriv --reuid $STRESS_UID --regid $STRESS_UID --clear-groups"
else
	user=''
fi
jail() {
	# shellcheck disable=SC2086 # words
	HOME=$work/home $user "$FAKEJAIL" "$root" "$@"
}
inside() { # WORDS for owner_jail
	jail sh -c 'cd /w && owner_jail "$@"' sh "$@"
}
# A function in a subshell, for timeout.
limited() { # NAME FUNCTION WORD...
	name=$1
	shift
	("$@") >"$work/out2" 2>&1 &
	pid=$!
	(sleep 150 && kill "$pid") 2>/dev/null &
	guard=$!
	if wait "$pid"; then status=0; else status=1; fi
	kill "$guard" 2>/dev/null || :
	check "$name" sh -c 'cat "$1"; exit "$2"' sh "$work/out2" "$status"
}

limited 'race of 1' inside race 1 "$STRESS_SECONDS"
limited 'race of 4' inside race 4 "$STRESS_SECONDS"
limited 'race of 16' inside race 16 "$STRESS_SECONDS"
bursts() {
	i=0
	while [ "$i" -lt "$STRESS_BURSTS" ]; do
		inside burst 3000
		i=$((i + 1))
	done
}
limited "$STRESS_BURSTS bursts of 3000" bursts
limited 'a storm of forks' inside storm 150
limited '64 threads' inside threads 64
limited 'in signal handlers' inside handler
limited 'renames, links and nameless files' inside rename

two_jails() {
	inside race 3 "$STRESS_SECONDS" &
	one=$!
	inside race 3 "$STRESS_SECONDS" && wait "$one"
}
limited 'two jails on one root' two_jails

# Four shells that move and link over and over, with owners: each name ends with the owner it was given.
moves() {
	jail sh -c 'cd /w; for w in 1 2 3 4; do (
		i=0; while [ $i -lt 100 ]; do
			echo x >m$w; chown $w:$i m$w; mv m$w n$w; ln -sf n$w l$w
			[ "$(stat -L -c %u:%g l$w)" = $w:$i ] || echo "wrong: $w $i $(stat -L -c %u:%g l$w)"; i=$((i + 1)); done) & done; wait' >"$work/moves"
	cat "$work/moves"
	! grep -q wrong "$work/moves"
}
limited 'mv and ln from four shells' moves

# Files that go, and whose inodes come back, behind our back.
outside() {
	for _ in 1 2 3 4 5 6 7 8; do
		jail sh -c 'cd /w; touch gone; chown 31:31 gone'
		rm "$root/w/gone"
		# shellcheck disable=SC2086 # words
		$user touch "$root/w/gone"
		inside outside gone
		rm "$root/w/gone"
	done
}
limited 'an inode reused from outside' outside

# The first process of the jail is killed while another writes; the next jail finds all.
killed() {
	jail sh -c 'cd /w; touch k going; (i=0; while [ -e going ]; do i=$((i + 1)); chown $i:7 k; done) & sleep 1; kill -9 $$' || :
	rm "$root/w/going"
	sleep 2
	jail sh -c 'cd /w; stat -c %g k; chown 8:8 k; stat -c %g k; rm k' >"$work/killed"
	cat "$work/killed"
	[ "$(tr '\n' ' ' <"$work/killed")" = '7 8 ' ]
}
limited 'killed while it wrote' killed

refused() {
	cp "$root/.fakejail/owners" "$work/kept"
	for bytes in 0 10 100 5000; do
		head -c "$bytes" "$work/kept" >"$root/.fakejail/owners"
		if jail true 2>"$work/message"; then return 1; else [ $? = 125 ] || return 1; fi
		[ -s "$work/message" ] && [ "$(wc -c <"$root/.fakejail/owners")" = "$bytes" ] || return 1
	done
	cp "$work/kept" "$root/.fakejail/owners"
	cat "$work/message"
	jail true
}
limited 'a cut file is refused and kept' refused

# What even root may not change on the host, root of a jail may not.
immutable() {
	jail sh -c 'cd /w; touch i; chown 4:4 i'
	chattr +i "$root/w/i"
	if jail sh -c 'chown 5:5 /w/i' 2>"$work/message"; then status=1; else status=0; fi
	chattr -i "$root/w/i"
	cat "$work/message"
	grep -q 'not permitted' "$work/message" && jail sh -c 'stat -c %u:%g /w/i; rm /w/i' >"$work/immutable" || return 1
	[ "$status" = 0 ] && [ "$(cat "$work/immutable")" = 4:4 ]
}
touch "$work/attributes"
if chattr +i "$work/attributes" 2>/dev/null && chattr -i "$work/attributes"; then
	limited 'an immutable file' immutable
else
	skip 'an immutable file' 'it takes root, and a filesystem that has them'
fi

# Byte 8 is the version's. An older file is used, and gets the new one's number with the first record that needs it.
of_other_versions() {
	jail sh -c 'cd /w; touch v; chown 6:6 v'
	cp "$root/.fakejail/owners" "$work/kept"
	printf '\001' | dd of="$root/.fakejail/owners" bs=1 seek=8 conv=notrunc status=none
	jail sh -c 'cd /w; stat -c %u:%g v; chown 7:7 v; stat -c %u:%g v; rm v' >"$work/older" || return 1
	cat "$work/older"
	[ "$(tr '\n' ' ' <"$work/older")" = '6:6 7:7 ' ] || return 1
	[ "$(od -An -tu1 -j8 -N1 "$root/.fakejail/owners" | tr -d ' ')" = 2 ] || return 1
	printf '\003' | dd of="$root/.fakejail/owners" bs=1 seek=8 conv=notrunc status=none
	if jail true 2>"$work/message"; then return 1; else [ $? = 125 ] || return 1; fi
	grep 'another version' "$work/message" || return 1
	cp "$work/kept" "$root/.fakejail/owners"
}
limited 'records of other versions' of_other_versions

many_descriptors() {
	# shellcheck disable=SC3045 # ulimit -n is everywhere
	ulimit -n "$(ulimit -Hn)"
	jail sh -c 'cd /w; touch d; chown 3:3 d; stat -c %u d; rm d'
}
limited 'as many descriptors as there may be' many_descriptors

# Somebody cuts the file off, or writes something else into it, while programs of the jail are at work.
spoilt() {
	cp "$root/.fakejail/owners" "$work/kept"
	for how in 'truncate -s 0' 'truncate -s 30000' 'cp /etc/passwd' 'dd bs=100k count=1 status=none if=/dev/urandom'; do
		inside use 2 >"$work/use" &
		user_of_it=$!
		sleep 1
		case $how in
		dd*) $how of="$root/.fakejail/owners" ;;
		*) $how "$root/.fakejail/owners" ;;
		esac
		wait "$user_of_it" || return 1
		cat "$work/use"
		rm "$root/.fakejail/owners"
		cp "$work/kept" "$root/.fakejail/owners"
		[ "$(id -u)" != 0 ] || chown "$STRESS_UID:$STRESS_UID" "$root/.fakejail/owners"
	done
	jail true
}
limited 'records spoilt under a running jail' spoilt

# A disk that is full, no System V IPC, no network, and /dev/shm that cannot be written: it takes root to make all that.
barren() {
	mkdir -p "$work/small"
	# shellcheck disable=SC2016,SC2086 # for that shell; words
	unshare --mount --ipc --net sh -euc 'mount -t tmpfs -o size=400k,mode=777 none "$1"
		mount -t tmpfs -o ro none /dev/shm
		shift
		exec "$@"' sh "$work/small" env HOME="$work/home" $user "$FAKEJAIL" --db="$work/small/owners" "$root" \
		sh -c 'mkdir -p /w/full && cd /w/full && owner_jail fill; s=$?; rm -rf /w/full; exit $s'
}
if [ "$(id -u)" = 0 ] && unshare --mount --ipc --net true 2>/dev/null; then
	limited 'full disk, no IPC, no network' barren
else
	skip 'full disk, no IPC, no network' 'not root'
fi

# Nobody waits for those who end: there is nothing that would have to be waited for.
nobody_reaps() {
	# shellcheck disable=SC2086 # words
	(HOME=$work/home $user "$FAKEJAIL" "$root" sh -c 'cd /w; touch nr; chown 4:4 nr; (sleep 0.3; chown 5:5 nr) & exit 0' &
		exec sleep 1)
	jail sh -c 'cd /w; stat -c %u:%g nr; rm nr' >"$work/reaped"
	[ "$(cat "$work/reaped")" = 5:5 ]
}
limited 'nobody waits for them' nobody_reaps

# An export that is killed leaves the old file, or none, or the whole new one.
killed_export() {
	jail sh -c 'mkdir -p /w/many; cd /w/many; i=0; while [ $i -lt 400 ]; do : >$i; i=$((i + 1)); done; chown 3:4 *'
	# shellcheck disable=SC2086 # words
	HOME=$work/home $user "$FAKEJAIL" owners export fakeroot "$root" "$work/home/save"
	lines=$(wc -l <"$work/home/save")
	[ "$lines" -ge 400 ] || return 1
	for delay in 0 0.001 0.002 0.003 0.004 0.005 0.006 0.007 0.008 0.01; do
		# shellcheck disable=SC2086 # words
		HOME=$work/home timeout -s KILL "0$delay" $user "$FAKEJAIL" owners export fakeroot "$root" "$work/home/save" || :
		[ "$(wc -l <"$work/home/save")" = "$lines" ] || return 1
	done
	jail rm -rf /w/many
	echo "$lines lines, each time"
}
limited 'an export that is killed' killed_export

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
