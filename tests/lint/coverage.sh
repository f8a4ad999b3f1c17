#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# coverage.sh - docs/coverage.md is what docs/coverage.c makes of the table now.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

[ -x docs/coverage ] || skip 'docs/coverage is not built here'
if ! ./docs/coverage | diff -u "$srcdir/docs/coverage.md" -; then
	complain docs/coverage.md 'is older than preload/dispatch/calls.def: make docs/coverage.md, and commit it'
fi
finish
