#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# locked.sh - locked instructions on the ways that most calls take: the functions that are FJ_HOT, and the direct door's entry.
# Such an instruction costs as much as fifty others, and if processes share the word, each processor waits for the one that had it
# last. locked.list names those that are allowed, each with a reason.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

need objdump
[ -d preload ] || skip 'there is no build here'
objects=$(loader_objects)
[ -n "$objects" ] || skip 'the loader is not built'
list=$srcdir/tests/lint/locked.list

# One line for each: ROOM/FILE FUNCTION. (An xchg with memory is locked without saying so.)
have=$(for object in $objects; do
	file=${object#preload/}
	file=$(dirname "$file")/$(basename "${file##*fakejail_loader-}" .o)
	objdump --no-show-raw-insn -d "$object" 2>/dev/null | awk -v file="$file" '
		/^Disassembly of section/ { is_hot = file == "door/entry" || /[.]text[.]hot/ }
		/>:$/ { function_ = substr($2, 2, length($2) - 3) }
		is_hot && (/[ \t]lock / || /[ \t]xchg .*[(]/) { print file, function_ }'
done | LC_ALL=C sort | uniq -c | awk '{ print $2, $3, $1 }')

wanted=$(sed 's/[[:space:]]*|.*//; /^#/d; /^$/d' "$list" | LC_ALL=C sort)
bare=$(grep -v '^#' "$list" | grep -v '^[[:space:]]*$' | grep -v '|[[:space:]]*[^[:space:]]' || :)
if [ -n "$bare" ]; then
	complain tests/lint/locked.list "\"$bare\" is without a reason"
fi
if [ "$have" != "$wanted" ]; then
	found=$({
		[ -z "$have" ] || printf '%s\n' "$have" | sed 's/^/> /'
		printf '%s\n' "$wanted" | sed 's/^/< /'
	} | LC_ALL=C sort -k 2 | LC_ALL=C uniq -u -f 1)
	complain tests/lint/locked.list "these (function, locked instructions in it) are otherwise in the loader (<: in the list, >: in the loader):"
	printf '%s\n' "$found"
fi
finish
