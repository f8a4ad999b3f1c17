#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# scripts.sh - shellcheck over every shell script of the tree, and what it cannot see: the licence, set -eu, the first line, and
# that every test is run.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

need shellcheck
cd "$srcdir"
# By their first line, or because others read them (then they say so to shellcheck). Not the C sources, nor what autotools made.
scripts=$(find scripts tests .ci -type f ! -path '*/build/*' ! -path '*/corpus/*' -exec awk '
	FNR == 1 && (/^#!\/bin\/(sh|bash)/ || /^# shellcheck shell=/) { print FILENAME }
	FNR == 2 && /^# shellcheck shell=/ { print FILENAME }
	FNR >= 3 && /^# shellcheck shell=/ && FNR < 6 { print FILENAME }' {} + | sort -u)
[ -n "$scripts" ] || complain scripts 'no script was found'
# shellcheck disable=SC2086 # words
shellcheck -x $scripts || complain scripts 'shellcheck has found something, above'
for script in $scripts; do
	head -n 6 "$script" | grep -q 'SPDX-License-Identifier: ' || complain "$script" 'has no SPDX lines'
	case $(head -n 1 "$script") in
	'#!'*)
		grep -qE '^set -eu$|/lib\.sh"?$|^exec ' "$script" || complain "$script" 'does not set -eu'
		[ -x "$script" ] || [ "${script%.in}" != "$script" ] || complain "$script" 'is not executable'
		;;
	esac
done
# A test that nobody runs passes for ever.
for script in tests/workflows/*.sh tests/stress/*.sh; do
	case $(head -n 1 "$script") in '#!'*) ;; *) continue ;; esac # read by tests
	grep -qE "$script( |\$)" scripts/run-tests || complain "$script" 'is not in the queue of scripts/run-tests'
done
finish
