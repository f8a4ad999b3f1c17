#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rooms.sh - the one-way street: a room includes only rooms to its left.
#
#   sys < { path, own } < exec < call < { trap, door } < { loader, shim.c, wrappers }
#
# And the engine includes no header of libc: it runs before libc, without it, and inside any function of it. What the
# compiler itself brings (stddef and its kin) and the kernel's own headers have no code behind them.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# A line a room: what it may include besides itself.
street='
sys:
path: sys
own: sys
exec: sys path own
call: sys path own exec
trap: sys path own exec call
door: sys path own exec call
loader: sys path own exec call trap door
'

cd "$srcdir"
found=$(find preload/*/ \( -name '*.[chS]' -o -name '*.def' \) -exec grep -Hn '^[[:space:]]*#[[:space:]]*include' {} + |
	awk -v street="$street" '
	BEGIN {
		n = split(street, line, "\n")
		for (i = 1; i <= n; i++) {
			k = split(line[i], word, /:? +|:/)
			for (j = 2; j <= k; j++)
				may[word[1], word[j]] = 1
			if (word[1] != "")
				known[word[1]] = 1
		}
	}
	{
		split($0, part, ":")
		where = part[1] ":" part[2]
		split(part[1], step, "/")
		room = step[2]
		if (!(room in known)) {
			if (!told[room]++)
				print where ": the room " room " has no line in tests/lint/rooms.sh"
			next
		}
		if (match($0, /"[^"]*"/)) {
			header = substr($0, RSTART + 1, RLENGTH - 2)
			other = header
			if (!sub(/\/.*/, "", other))
				print where ": \"" header "\" does not name its room: \"" room "/" header "\""
			else if (other != room && !may[room, other])
				print where ": " room " may not include " other " (" header "): it lies to the right, or beside"
		} else if (match($0, /<[^>]*>/)) {
			header = substr($0, RSTART + 1, RLENGTH - 2)
			if (header !~ /^(stddef|stdint|stdbool|stdarg)\.h$/ && header !~ /^(linux|asm)\//)
				print where ": <" header "> is libc'\''s, which the engine must do without"
		}
	}')
if [ -n "$found" ]; then
	problems=$(printf '%s\n' "$found" | wc -l)
	printf '%s\n' "$found"
fi
finish
