#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# format.sh - how far the sources are from what clang-format would make of them.
#
# Says only how far, until the tree has been formatted once (make format): a gate before that would stop every change.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

need clang-format
cd "$srcdir"
files=$(find preload wrappers tests -name '*.[ch]' ! -path '*/build/*' | sort)
changed=0
of=0
all=0
for file in $files; do
	lines=$(clang-format "$file" | diff "$file" - | grep -c '^>' || :)
	all=$((all + 1))
	[ "$lines" = 0 ] || of=$((of + 1))
	changed=$((changed + lines))
done
[ "$changed" != 0 ] || exit 0
skip "clang-format would rewrite $changed lines in $of of $all files; make format does it"
