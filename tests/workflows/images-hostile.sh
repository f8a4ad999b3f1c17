#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# images-hostile.sh - archives and images that are cut, damaged, forged, too large, or made to reach what lies outside the
# tree: one line that names what is wrong, status 125, nothing left, nothing written outside. src/hostile_images.py makes them.
. "$(dirname "$0")/../lib/lib.sh"
need busybox python3 zstd

cp "$(command -v busybox)" "$mine/busybox"
cp "$tests_dir/workflows/src/hostile_images.py" "$mine/make.py"
mkdir "$mine/outside"
echo canary >"$mine/outside/canary"
give_to_user "$mine/outside"
as_user python3 make.py
# shellcheck disable=SC2086,SC2317 # FAKEJAIL may be several words; what the checks below call
verb() { as_user env "FAKEJAIL_STORE=$mine/store" $FAKEJAIL "$@"; }

# What is outside, with modes and owners; nothing of it may change.
outside() {
	find "$mine" ! -path "$mine/store/*" ! -path "$mine/store" ! -path "$mine/root*" -printf '%p %s %m %U %T@ %l\n' | grep -v "^$mine [0-9]" | sort
}
# left NAME: is nothing left of what failed?
left() {
	for kind in tmp copies; do
		[ -z "$(ls -A "$mine/store/$kind" 2>/dev/null)" ] || fail "$1" "something is left in the store's $kind"
	done
	[ ! -e "$mine/root" ] || fail "$1" 'the directory is left'
	now=$(outside)
	[ "$now" = "$before" ] || fail "$1" 'something outside has changed' "$(printf '%s\n%s\n' "$before" "$now" | sort | uniq -u)"
}

before=$(outside)
tab=$(printf '\t')
while IFS=$tab read -r file option pattern; do
	[ "$option" != - ] || option=
	# shellcheck disable=SC2086 # a word or none
	run verb unpack $option "$file" root
	lines=$(printf '%s' "$err" | grep -c '^' || :)
	if [ -z "$pattern" ]; then
		[ "$rc" = 0 ] || fail_run "$file" 'expected exit status 0'
		[ "$rc" != 0 ] || ok "$file is unpacked"
		rm -rf "$mine/root"
	else
		# shellcheck disable=SC2254 # a pattern
		case $rc:$lines:$err in
		125:1:"fakejail: unpack: "$pattern) ok "$file" ;;
		*) fail_run "$file" 'not as expected' "expected status 125 and one line like: fakejail: unpack: $pattern" ;;
		esac
	fi
	left "$file"
	rm -rf "$mine/root"
done <"$mine/table"
finish
