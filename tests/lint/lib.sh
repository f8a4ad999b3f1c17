# shellcheck shell=sh disable=SC2034 # shared with the scripts that read this one
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# lib.sh - what the lints share. A lint looks at files of the source tree or of the build, prints a line that says what is
# wrong, where and why it matters for each thing it finds, and ends with `finish`. It is run by make check in the build
# directory; alone it is called from there, or from anywhere when it needs no build.
#
#   srcdir   the top of the source tree; make check sets it
set -eu

name=$(basename "$0" .sh)
srcdir=${srcdir:-$(dirname "$0")/../..}
problems=0

# complain WHERE WHAT: one finding.
complain() {
	problems=$((problems + 1))
	printf '%s: %s\n' "$1" "$2"
}

# skip WHY: nothing can be looked at.
skip() {
	printf 'SKIP %s: %s\n' "$name" "$1"
	exit 77
}

# need COMMAND...
need() {
	for need_command; do
		command -v "$need_command" >/dev/null 2>&1 || skip "$need_command is not installed"
	done
}

# For awk: read_list(LIST) calls accept(FIRST-COLUMN, WHERE) for each line `what | reason` of a file of exceptions. WHERE is its
# place, as FILE:LINE. A line without a reason is a finding.
read_list='
	function read_list(list,  line, n, column) {
		while ((getline line <list) > 0) {
			n++
			if (line ~ /^(#|[ \t]*$)/)
				continue
			split(line, column, /[ \t]*[|][ \t]*/)
			if (column[2] == "")
				print list ":" n ": without a reason"
			accept(column[1], list ":" n)
		}
	}'

# The loader's objects in the build whose sources are (still) in the tree.
loader_objects() {
	find preload -name 'fakejail_loader-*.o' 2>/dev/null | LC_ALL=C sort | while read -r object; do
		source=$(printf '%s\n' "$object" | sed 's,fakejail_loader-\([^/]*\)\.o$,\1,')
		if [ -e "$srcdir/$source.c" ] || [ -e "$srcdir/$source.S" ]; then
			printf '%s\n' "$object"
		fi
	done
}

finish() {
	if [ "$problems" != 0 ]; then
		printf 'FAIL %s: %s to be mended\n' "$name" "$problems"
		exit 1
	fi
	exit 0
}
