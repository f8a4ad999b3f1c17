# shellcheck shell=sh disable=SC2154 # what lib.sh has set
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay.sh - the same tests on roots that are overlays.  Sourced by lib.sh when FAKEJAIL_OVERLAY is set.
#
# At its first jail a root moves away and becomes the lowest layer, and its own place the upper one: so what a test puts into
# the root from outside later, and what it looks for there after the jail has made it, is where the test expects it.  What
# can differ is what it looks for, changes or removes from outside that it has not made in between.
#
#   FAKEJAIL_OVERLAY=kept   an overlay on /, whose changes the next jail sees
#   FAKEJAIL_OVERLAY=rm     `--rm`, for tests each of whose jails stands for itself
#
# `finish` checks that no lower layer has changed: data, modes, times, records.

# shellcheck source=tests/lib/layers.sh
. "$tests_dir/lib/layers.sh"

# The lower layers, a line for each: the root that it was.
overlays=$work/overlays
: >"$overlays"
mkdir "$mine/layers"
! is_root || chown "$test_uid:$test_uid" "$mine/layers"

# overlay_of ARG...: sets over_root to the root that fakejail must enter, over_word to the word that names it, and over to the
# directory with its layers. Fails if it is none of the test's roots, or is used in another way (a verb, an overlay of the
# test's own, the host's tree).
overlay_of() {
	over_root=
	case ${1:-} in
	add | doctor | images | owners | pack | pull | rmi | run | unpack) return 1 ;;
	esac
	for over_word; do
		case $over_word in
		/ | --rm | --keep* | --overlay* | --tmp-overlay* | --proot) return 1 ;;
		"$mine"/*) over_path=${over_word%/} ;;
		*) over_path=$current/$over_word ;;
		esac
		! [ -d "$over_path" ] || [ -h "$over_path" ] || case $over_path in
		"$mine"/*/* | "$mine/home" | "$mine/layers" | "$mine/" | "$mine/.") ;;
		"$mine"/*)
			over_root=$over_path
			break
			;;
		esac
	done
	[ -n "$over_root" ] || return 1
	over=$mine/layers/${over_root##*/}
	if ! [ -d "$over" ]; then
		mkdir "$over" "$over/work"
		mv "$over_root" "$over/lower"
		mkdir "$over_root"
		! is_root || chown "$test_uid:$test_uid" "$over" "$over/work" "$over_root"
		echo "${over_root##*/}" >>"$overlays"
		remember "$over/lower"
	fi
}

# Called by finish.
overlay_check() {
	while read -r over_name; do
		unchanged "$over_name" "$mine/layers/$over_name/lower"
	done <"$overlays"
}
