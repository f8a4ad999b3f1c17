#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# races.sh - runs races.c under ThreadSanitizer, from the build directory. Prints the reason if it cannot run.
set -eu

if [ ! -x tests/unit/races ]; then
	echo 'SKIP races: the compiler has no ThreadSanitizer'
	exit 77
fi
# ThreadSanitizer needs fixed address ranges, where the kernel may have mapped something: setarch(8) turns randomisation off.
tests/unit/races >tests/unit/races.out 2>&1 && status=0 || status=$?
if grep -q 'unexpected memory mapping' tests/unit/races.out && command -v setarch >/dev/null 2>&1; then
	setarch -R tests/unit/races >tests/unit/races.out 2>&1 && status=0 || status=$?
fi
cat tests/unit/races.out
if grep -q 'unexpected memory mapping' tests/unit/races.out; then
	echo 'SKIP races: ThreadSanitizer cannot have its memory on this kernel'
	exit 77
fi
exit "$status"
