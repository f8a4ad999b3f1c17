# shellcheck shell=sh disable=SC2154 # what lib.sh has set
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay.sh - runs the same tests on roots that are overlays. lib.sh sources it when FAKEJAIL_OVERLAY is set.
#
# When a test uses a root for the first time, the root is moved away and becomes the lowest layer. An empty directory in its
# old place becomes the upper layer. So files that the test puts into the root from outside after that, and files that the
# jail makes, are where the test expects them. A test may fail if it reads, changes or removes other files of the root from
# outside: these are in the lower layer.
#
#   FAKEJAIL_OVERLAY=kept   an overlay on /, whose changes the next jail sees
#   FAKEJAIL_OVERLAY=rm     --rm, for tests whose jails need no files of an earlier jail
#
# `finish` checks that no lower layer has changed: data, modes, times, records.

# shellcheck source=tests/lib/layers.sh
. "$tests_dir/lib/layers.sh"

# This file has a line for each lower layer: the name of the root that it was.
overlays=$work/overlays
: >"$overlays"
mkdir "$mine/layers"
! is_root || chown "$test_uid:$test_uid" "$mine/layers"

# overlay_of ARG...: finds the root in fakejail's arguments. Sets over_root to its path, over_word to the argument that names
# it, and over to the directory of its layers. Returns 1 if it is not one of the test's roots, or if the arguments are a verb,
# name the host's root, or make an overlay themselves.
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

# finish calls it.
overlay_check() {
	while read -r over_name; do
		unchanged "$over_name" "$mine/layers/$over_name/lower"
	done <"$overlays"
}
