#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# style.sh - what a reviewer may miss: a file without licence lines, or without a head that says what it is; blanks at
# line ends; a header that is included twice.
#
# A file of more than 400 lines needs a reason in long.list. Long lines are listed, for a reader to judge, and do not fail.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

LINES_MAX=400
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$srcdir"

find preload wrappers tests \( -name '*.[chS]' -o -name '*.def' \) ! -path '*/build/*' | sort >"$work/sources"

# One awk reads all files: WHERE, a tab, WHAT. (It does not see an empty file.)
while read -r file; do
	[ -s "$file" ] || printf '%s\tis empty\n' "$file"
done <"$work/sources" >"$work/found"
# shellcheck disable=SC2016 # awk's
xargs awk -v LINES_MAX="$LINES_MAX" -v list=tests/lint/long.list '
	function found(where, what) { printf "%s\t%s\n", where, what }
	function end_of_file(    name) {
		name = file
		sub(".*/", "", name)
		if (!index(head, "SPDX-FileCopyrightText: ") || !index(head, "SPDX-License-Identifier: "))
			found(file, "begins without the two SPDX lines")
		if (!index(head, name " - "))
			found(file, "does not say at its top what it is: \" * " name " - ...\"")
		if (blanks)
			found(file ":" blanks, "blanks at the end of the line")
		if (todo)
			found(file ":" todo, "a TODO without the number of an issue")
		if (typedef)
			found(file ":" typedef, "typedef of a struct: types are struct fj_x")
		if (lines <= LINES_MAX && file in reasons)
			found(file, "is not long any more: take it out of " list)
		if (lines > LINES_MAX && reasons[file] == "")
			found(file, "has " lines " lines: over " LINES_MAX " it must be cut by its meaning, or have a reason in " list)
		if (long)
			print "note: " file " has " long " lines of more than 140 columns" >"/dev/stderr"
	}
	BEGIN {
		while ((getline line <list) > 0)
			if (split(line, part, / \| ?/) >= 1 && line ~ / \|/)
				reasons[part[1]] = part[2]
	}
	FNR == 1 {
		if (file)
			end_of_file()
		file = FILENAME
		head = ""
		lines = blanks = todo = typedef = long = 0
		for (name in included)
			delete included[name]
	}
	{ lines = FNR }
	FNR <= 6 { head = head "\n" $0 }
	/[ \t]$/ && !blanks { blanks = FNR }
	/(\/\*|^ \*).*(^|[^A-Za-z0-9_])(TODO|FIXME|XXX)([^A-Za-z0-9_]|$)/ && !/#[0-9]/ && !todo { todo = FNR }
	/^[ \t]*typedef[ \t]+struct/ && !typedef { typedef = FNR }
	/^#include [<"].*\.h[>"]$/ {
		if (included[$2]++ == 1)
			found(file, "includes " substr($2, 2, length($2) - 2) " twice")
	}
	length > 140 && file ~ /^(preload|wrappers).*\.[ch]$/ { long++ }
	END { if (file) end_of_file() }' <"$work/sources" >>"$work/found"

while IFS='	' read -r where what; do
	complain "$where" "$what"
done <"$work/found"
finish
