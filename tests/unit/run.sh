#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh - the engine's tests, from the build directory; says why when there are none.
set -eu

if [ ! -x tests/unit/unit ]; then
	echo 'SKIP unit: built without libcheck (the Debian package is check)'
	exit 77
fi
# check's own limit is 4 seconds of the clock, which a busy machine may take for anything.
CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-1200} exec tests/unit/unit
