#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# statics.sh - what the engine keeps in memory of its own: state of a process is in one structure (preload/sys/process.h), and nothing else
# can be written to but what statics.list names, with a reason.
#
# A child of vfork(2) has its parent's memory, but is a process of its own: in a plain variable it would change its parent. nm(1)
# lists the variables, so none escapes by its spelling. What the linker relocates and then makes read-only is a constant.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

need nm
[ -d preload ] || skip 'there is no build here'
objects=$(loader_objects)
[ -n "$objects" ] || skip 'the loader is not built'

# One line each: ROOM/FILE SYMBOL. A static in a function has a number behind its name.
have=$(for object in $objects; do
	file=${object#preload/}
	file=$(dirname "$file")/$(basename "${file##*fakejail_loader-}" .o)
	nm -f sysv "$object" | awk -F '[|]' -v file="$file" '
		{ gsub(/ /, "") }
		$3 ~ /^[bdBD]$/ && $7 !~ /^[.]data[.]rel[.]ro/ && !(file == "sys/process" && $1 == "fj_process") {
			sub(/[.][0-9]+$/, "", $1)
			print file, $1
		}'
done | sort -u)

found=$(printf '%s\n' "$have" | awk -v list="$srcdir/tests/lint/statics.list" "$read_list"'
	function accept(what, where,  word, i, k)
	{
		k = split(what, word, /[ \t]+/)
		for (i = 2; i <= k; i++) {
			allowed[word[1] " " word[i]] = 1
			at[word[1] " " word[i]] = where
		}
		if (word[1] ~ /[*]$/)
			rooms[substr(word[1], 1, length(word[1]) - 1)] = 1
	}
	BEGIN {
		read_list(list)
	}
	{
		room = $1
		sub(/[^\/]*$/, "", room)
		if ($0 in allowed)
			seen[$0] = 1
		else if (!(room in rooms) && NF)
			print "preload/" $1 ".c: " $2 " can be written to: state of a process is a section of it (sys/process.h), or it has a reason in statics.list"
	}
	END {
		for (one in allowed)
			if (!(one in seen))
				print at[one] ": " one " is not there any more"
	}')
if [ -n "$found" ]; then
	problems=$(printf '%s\n' "$found" | wc -l)
	printf '%s\n' "$found" | LC_ALL=C sort
fi
finish
