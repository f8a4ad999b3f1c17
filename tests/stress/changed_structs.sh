#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# changed_structs.sh - runs changed_structs.c and changed_fd.c in jails, by each door. No call may do what it must not while
# another thread changes what it reads. Nothing is timed against the clock.
#
# environment: that of lib.sh, CC, STRESS_ROUNDS (2000)
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
limit_seconds=${FAKEJAIL_LIMIT:-600}
need "${CC:=cc}"
rounds=${STRESS_ROUNDS:-2000}

new_jail jail bin
$CC -O2 -Wall -pthread -static -o "$root/bin/changed-static" "$tests_dir/stress/changed_structs.c"
$CC -O2 -Wall -pthread -o "$work/changed" "$tests_dir/stress/changed_structs.c"
"$tests_dir/lib/add-program" "$root" "$work/changed"
$CC -O2 -Wall -pthread -static -o "$root/bin/changed-fd" "$tests_dir/stress/changed_fd.c"
give_to_user "$root"
kinds=$(grep -c '^	*{"' "$tests_dir/stress/changed_structs.c")

# What a call may find and change on the host.
make_host() {
	rm -rf "$mine/host"
	mkdir "$mine/host"
	echo outside >"$mine/host/there"
	"$work/changed" bind "$mine/host/socket"
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
	echo inside >"$root/file"
	give_to_user "$root/file"
	prints "$name" "$kinds kinds of calls, 0 did what they must not" \
		jail --bare "$@" "$root" "$program" "$rounds" "$mine/host"
	is "$name: the host is as it was" "$before" "$(show_host)"
}
# exchanged NAME [OPTION...]: runs changed_fd.c in a jail with these options, as check NAME.
exchanged() {
	name=$1
	shift
	rm -f "$mine/host/socket"
	"$root/bin/changed-fd" bind "$mine/host/socket" &
	bound=$!
	until [ -S "$mine/host/socket" ]; do sleep 0.1; done
	give_to_user "$mine/host"
	prints "$name" '0 calls found something of the host' \
		jail --bare "$@" "$root" /bin/changed-fd "$rounds" "$mine/host"
	kill "$bound"
}
changed 'all doors' "$work/changed"
changed 'the trap' "$work/changed" --no-preload --no-patch
changed 'no trap' "$work/changed" --no-trap
changed 'static' /bin/changed-static
changed 'an overlay' "$work/changed" --rm
exchanged 'another socket'
exchanged 'another socket, the trap' --no-preload --no-patch
finish
