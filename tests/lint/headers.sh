#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# headers.sh - what a change of a header costs: no header of preload/ is in more than a third of the loader's objects, but those
# that headers.list names, with a reason.
#
# After a change of such a header everything is built anew. And a file that includes one does not show by this what it needs.
# The compiler notes in .deps/*.Po what an object includes, directly or by another header, when it builds the object.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

[ -d preload ] || skip 'there is no build here'
objects=$(loader_objects)
[ -n "$objects" ] || skip 'the loader is not built'

notes=$(for object in $objects; do
	note=${object%/*}/.deps/${object##*/}
	note=${note%.o}.Po
	if [ -s "$note" ] && ! grep -qx '# dummy' "$note"; then
		printf '%s\n' "$note"
	fi
done)
[ -n "$notes" ] || skip 'the compiler notes no dependencies'

# shellcheck disable=SC2086 # words
found=$(awk -v list="$srcdir/tests/lint/headers.list" "$read_list"'
	function accept(what, where)
	{
		at[what] = where
	}
	BEGIN {
		read_list(list)
	}
	FNR == 1 {
		objects++
		split("", seen)
	}
	{
		for (i = 1; i <= NF; i++) {
			name = $i
			# The line that has a header for a target only lets make(1) go on without it.
			if (name !~ /preload\/.*[.]h$/)
				continue
			sub(/^.*preload\//, "preload/", name)
			if (!(name in seen))
				count[name]++
			seen[name] = 1
		}
	}
	END {
		for (name in count)
			if (count[name] * 3 > objects && !(name in at))
				print name ": in " count[name] " of " objects " objects: to be cut, or it has a reason in headers.list"
		for (name in at)
			if (count[name] * 3 <= objects)
				print at[name] ": " name " is in " count[name] + 0 " of " objects " objects, and needs no reason"
	}' $notes)
if [ -n "$found" ]; then
	problems=$(printf '%s\n' "$found" | wc -l)
	printf '%s\n' "$found" | LC_ALL=C sort
fi
finish
