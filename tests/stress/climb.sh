#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# climb.sh - runs climb.c in jails, by each door. No name with `..` may lead above the root, or into a read-only mount, while
# another thread replaces the directory where the name begins; nor may a name from a directory that is removed or too deep.
# Nothing is timed against the clock.
#
# environment: that of lib.sh, CC, STRESS_ROUNDS (4000)
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
limit_seconds=${FAKEJAIL_LIMIT:-600}
need "${CC:=cc}"
rounds=${STRESS_ROUNDS:-4000}

new_jail jail bin a/b/c/d b/d d rw ro bound
$CC -O2 -Wall -pthread -static -o "$root/bin/climb-static" "$tests_dir/stress/climb.c"
$CC -O2 -Wall -pthread -o "$work/climb" "$tests_dir/stress/climb.c"
"$tests_dir/lib/add-program" "$root" "$work/climb"
ln -s .. "$root/up"
ln -s .. "$root/a/b/c/up"
ln -s ../.. "$root/d/up"
ln -s ../.. "$root/a/b/c/d/up"
echo outside >"$mine/outside"
mkdir "$mine/ro" "$mine/bound"
chmod 777 "$mine/ro" "$mine/bound"
give_to_user "$mine/bound"
chmod 777 "$root" "$root/b" # for a user
give_to_user "$root"
is 'the file outside is beside the root' "$mine" "$(dirname "$root")"

# climb NAME PROGRAM [OPTION...]: runs PROGRAM in a jail with these options, as check NAME.
climb() {
	name=$1
	program=$2
	shift 2
	prints "$name" "$((rounds * 3)) names, 0 by the working directory and 0 by a descriptor led out
/: 0 ways up led out
/b: 0 ways up led out
/bound: 0 ways up led out" \
		jail --bare --ro-bind "$mine/ro:/ro" -b "$mine/bound:/bound" "$@" "$root" "$program" "$rounds" / /b /bound
	is "$name: nothing was made in the read-only mount" '' "$(ls "$mine/ro")"
	rm -rf "$root/rw" && mkdir "$root/rw" && give_to_user "$root/rw"
}
# The same with no descriptor free, and with one.
climb_without() {
	name=$1
	program=$2
	shift 2
	for free in full few; do
		prints "$name, a table that is $free" "$((rounds * 3)) names, 0 by the working directory and 0 by a descriptor led out" \
			jail --bare --ro-bind "$mine/ro:/ro" -b "$mine/bound:/bound" "$@" "$root" "$program" "$rounds" "$free"
		is "$name, a table that is $free: nothing was made in the read-only mount" '' "$(ls "$mine/ro")"
		rm -rf "$root/rw" && mkdir "$root/rw" && give_to_user "$root/rw"
	done
}
climb_without 'all doors' "$work/climb"
climb_without 'the trap' "$work/climb" --no-preload --no-patch
climb_without 'static, of a user' /bin/climb-static --userspec=1000:1000
climb_without 'a directory that is mounted twice' "$work/climb" -b "$root/a:/d"
climb_without 'an overlay' "$work/climb" --rm
climb 'all doors' "$work/climb"
climb 'the trap' "$work/climb" --no-preload --no-patch
climb 'no trap' "$work/climb" --no-trap
climb 'static' /bin/climb-static
climb 'static, of a user' /bin/climb-static --userspec=1000:1000
climb 'a directory that is mounted twice' "$work/climb" -b "$root/a:/d"
climb 'an overlay' "$work/climb" --rm
mkdir "$mine/gone"
give_to_user "$mine/gone" "$mine"
prints 'what was mounted is gone' "0 names, 0 by the working directory and 0 by a descriptor led out
/bound: 0 ways up led out" \
	jail --bare --ro-bind "$mine/ro:/ro" -b "$mine/gone:/bound" -b "$mine:/d" "$root" "$work/climb" 0 /bound -/d/gone
finish
