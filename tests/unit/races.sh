#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# races.sh - what processes share, under ThreadSanitizer (races.c), from the build directory; says why when it cannot run.
set -eu

if [ ! -x tests/unit/races ]; then
	echo 'SKIP races: the compiler has no ThreadSanitizer'
	exit 77
fi
# It wants its memory where the kernel may have put something: setarch(8) asks for the usual places.
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
