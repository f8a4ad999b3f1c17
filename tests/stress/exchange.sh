#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# exchange.sh - runs exchange.c in jails, by each door, and in a real chroot: while a directory or a file and a symlink are
# exchanged, no call by their names fails. Nothing is timed against the clock.
#
# environment: that of lib.sh, CC, STRESS_ROUNDS (200)
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
limit_seconds=${FAKEJAIL_LIMIT:-600}
need "${CC:=cc}"
rounds=${STRESS_ROUNDS:-200}

new_jail jail bin
$CC -O2 -Wall -static -o "$root/bin/exchange-static" "$tests_dir/stress/exchange.c"
$CC -O2 -Wall -o "$work/exchange" "$tests_dir/stress/exchange.c"
"$tests_dir/lib/add-program" "$root" "$work/exchange"
give_to_user "$root"

# exchange NAME PROGRAM [OPTION...]: runs PROGRAM in a jail with these options, as check NAME.
exchange() {
	name=$1
	program=$2
	shift 2
	for before in '' /x/; do
		rm -rf "$root/x" && mkdir "$root/x" && chmod 777 "$root/x" && give_to_user "$root/x"
		prints "$name, symlinks to '${before}e'" '0 calls failed' jail --bare "$@" "$root" "$program" "$rounds" "$before"
	done
}
if is_root; then
	rm -rf "$root/x"
	prints 'a real chroot' '0 calls failed' chroot "$root" "$work/exchange" "$rounds" ''
fi
exchange 'all doors' "$work/exchange"
exchange 'the trap' "$work/exchange" --no-preload --no-patch
exchange 'no trap' "$work/exchange" --no-trap
exchange 'static' /bin/exchange-static
exchange 'static, of a user' /bin/exchange-static --userspec=1000:1000
exchange 'an overlay' "$work/exchange" --rm
exchange 'an overlay, static' /bin/exchange-static --rm
# On one processor the kernel may end a process's turn between any two system calls, and another one makes hundreds of exchanges.
if command -v taskset >/dev/null 2>&1; then
	jail_by="taskset -c $(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')"
	exchange 'one processor' "$work/exchange"
	exchange 'one processor, static' /bin/exchange-static
	exchange 'one processor, an overlay' "$work/exchange" --rm
	jail_by=
else
	skip 'one processor' 'taskset is not installed'
fi
finish
