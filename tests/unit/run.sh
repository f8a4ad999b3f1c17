#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh - runs the tests of the engine, from the build directory. Prints the reason if they were not built.
set -eu

if [ ! -x tests/unit/unit ]; then
	echo 'SKIP unit: built without libcheck (the Debian package is check)'
	exit 77
fi
# The default limit of libcheck is 4 seconds of elapsed time, which may be too short on a busy machine.
CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-1200} exec tests/unit/unit
