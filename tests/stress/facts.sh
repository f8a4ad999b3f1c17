#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# facts.sh - facts.c in a jail, through each door. Nothing is timed against the clock.
#
# Usage: facts.sh [SRCDIR]      environment: FAKEJAIL, CC, STRESS_ROUNDS (3000), STRESS_UID (4242)
set -eu

srcdir=$(cd "${1:-$(dirname "$0")}" && pwd)
: "${FAKEJAIL=fakejail}" "${CC=cc}" "${STRESS_ROUNDS=3000}" "${STRESS_UID=4242}"
work=$(mktemp -d "${TMPDIR:-/var/tmp}/fakejail-facts.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
passed=0 failed=0

as_user() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid "$STRESS_UID" --regid "$STRESS_UID" --clear-groups "$@"
	else
		"$@"
	fi
}

# One that is dynamic, with the host's own libc beside it, and one that only the trap can see.
mkdir -p "$work/root/tmp"
$CC -O2 -Wall -static -o "$work/root/facts-static" "$srcdir/facts.c"
$CC -O2 -Wall -o "$work/root/facts" "$srcdir/facts.c"
ldd "$work/root/facts" | grep -o '/[^ ]*' | while read -r library; do
	mkdir -p "$work/root$(dirname "$library")"
	cp -L "$library" "$work/root$library"
done
chmod 755 "$work"
[ "$(id -u)" != 0 ] || chown -R "$STRESS_UID:$STRESS_UID" "$work/root"

check() { # NAME OPTION PROGRAM
	rm -rf "$work/root/tmp/x"
	# shellcheck disable=SC2086 # FAKEJAIL may be several words, and the option none
	if as_user timeout 300 $FAKEJAIL --bare $2 "$work/root" "$3" /tmp/x 4 "$STRESS_ROUNDS" >"$work/out" 2>&1; then
		passed=$((passed + 1))
		echo "PASS $1: $(tail -n 1 "$work/out")"
	else
		failed=$((failed + 1))
		echo "FAIL $1"
		sed 's/^/    /' "$work/out" | tail -n 20
	fi
}

check facts-all-doors '' /facts
check facts-trap --no-preload /facts
check facts-wrappers --no-patch /facts
check facts-no-trap --no-trap /facts
check facts-static '' /facts-static
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
