# shellcheck shell=sh disable=SC2154 # read by scripts that have read lib.sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# layers.sh - for tests of overlays: checks that no lower layer changes. Read by these after lib.sh, and by
# overlay.sh.

# need_overlays: ends the test if it runs in a real chroot.
need_overlays() {
	! is_reference || {
		skip everything 'chroot(8) has no such options'
		finish
	}
}

# state_of TREE: print everything that must not change; access times may.
state_of() (
	cd "$1" || exit
	find . -printf '%P %y %m %s %U %G %T@ %C@ %n %i %l\n' | LC_ALL=C sort
	find . -type f -exec cksum {} + | LC_ALL=C sort
)

# remember TREE: note its present state.
remember() {
	before=$work/before$(printf '%s' "$1" | tr / _)
	state_of "$1" >"$before"
	[ -s "$before" ] || fail "$1" 'it has no state'
}

# unchanged NAME TREE: check that the state is as noted.
unchanged() {
	before=$work/before$(printf '%s' "$2" | tr / _)
	state_of "$2" >"$work/after"
	if cmp -s "$before" "$work/after"; then
		ok "$1: the lower layer is as it was"
	else
		fail "$1" 'the lower layer has changed' "$(diff "$before" "$work/after" | head -n 20)"
	fi
}
