#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# changed.sh - runs changed.c in jails, by each door. No call may follow a path to the host that another thread puts into the
# memory of an empty one while the call is made. Nothing is timed against the clock.
#
# environment: that of lib.sh, CC, STRESS_ROUNDS (2000)
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
limit_seconds=${FAKEJAIL_LIMIT:-600}
need "${CC:=cc}"
rounds=${STRESS_ROUNDS:-2000}

new_jail jail bin
$CC -O2 -Wall -pthread -static -o "$root/bin/changed-static" "$tests_dir/stress/changed.c"
$CC -O2 -Wall -pthread -o "$work/changed" "$tests_dir/stress/changed.c"
"$tests_dir/lib/add-program" "$root" "$work/changed"
echo inside >"$root/file"
give_to_user "$root"
kinds=$(grep -c '^	*{"' "$tests_dir/stress/changed.c")

# What a call may find, change and remove on the host.
make_host() {
	rm -rf "$mine/host"
	mkdir "$mine/host" "$mine/host/sub" "$mine/host/gone"
	echo outside >"$mine/host/there"
	echo outside >"$mine/host/removed"
	echo outside >"$mine/host/moved"
	chmod 755 "$mine/host/there"
	give_to_user "$mine/host"
}
show_host() {
	(cd "$mine/host" && find . -printf '%p %m %u %s %t\n' | sort)
}

# changed NAME PROGRAM [OPTION...]: runs PROGRAM in a jail with these options, as check NAME.
changed() {
	name=$1
	program=$2
	shift 2
	make_host
	before=$(show_host)
	prints "$name" "$((rounds * kinds)) calls of $kinds kinds, 0 found something of the host" \
		jail --bare "$@" "$root" "$program" "$rounds" "$mine/host"
	is "$name: the host is as it was" "$before" "$(show_host)"
}
changed 'all doors' "$work/changed"
changed 'the trap' "$work/changed" --no-preload --no-patch
changed 'no trap' "$work/changed" --no-trap
changed 'static' /bin/changed-static
changed 'static, of a user' /bin/changed-static --userspec=1000:1000
changed 'an overlay' "$work/changed" --rm
finish
