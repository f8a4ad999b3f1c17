#!/bin/sh
# shellcheck disable=SC2016 # the scripts that run inside expand their own variables
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# owners.sh - owner records under kills, races, full disks and damage: groups 1 to 8 of what others got wrong, bounded to about
# two minutes. Nothing here is timed against the clock; what is stuck is stopped by a limit and fails.
#
# Usage: owners.sh [SRCDIR]      environment: FAKEJAIL, CC, STRESS_KILLS (600), STRESS_SECONDS (8, of each race), STRESS_UID (4242)
# shellcheck disable=SC2016 # what stands in single quotes is for the jail's shell
set -eu

srcdir=$(cd "${1:-$(dirname "$0")}" && pwd)
: "${FAKEJAIL=fakejail}" "${CC=cc}" "${STRESS_KILLS=600}" "${STRESS_SECONDS=8}" "${STRESS_UID=4242}"
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
	"$preload/own/table.c" "$preload/own/grow.c" "$preload/own/lock.c" "$preload/own/heap.c" "$preload/own/record.c" \
	"$preload/own/rules.c" "$preload/sys/sys.c" "$preload/sys/str.c" "$preload/sys/say.c" "$preload/sys/guest.c" "$preload/sys/gate.S"
$CC -O1 -std=gnu11 -Wall -Wextra -Wno-unused-result -static -pthread -o "$work/owner_jail" "$srcdir/owner_jail.c"

check 'writers killed' "$work/owner_store" kill "$work/records" "$STRESS_KILLS"
check 'disk full' "$work/owner_store" full "$work/records"
check 'damaged files' "$work/owner_store" damage "$work/records"
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
limited 'burst of 3000' inside burst 3000
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
		i=0; while [ $i -lt 60 ]; do
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

many_descriptors() {
	# shellcheck disable=SC3045 # ulimit -n is everywhere
	ulimit -n "$(ulimit -Hn)"
	jail sh -c 'cd /w; touch d; chown 3:3 d; stat -c %u d; rm d'
}
limited 'as many descriptors as there may be' many_descriptors

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
