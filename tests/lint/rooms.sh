#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rooms.sh - the one-way street: a room includes and calls only rooms to its left; docs/ARCHITECTURE.md says what is in each.
#
# The sources show what is included. nm(1) shows, for the objects of the build, what is called: in the sources a declaration in
# another room's header could hide a call. A room calls one to its right only by a pointer which that room sets.
#
# And the engine includes no header of libc: it runs before libc, without it, and inside any function of it. What the
# compiler itself brings (stddef and its kin) and the kernel's own headers have no code behind them.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

# From left to right; rooms in one line lie beside each other, and know nothing of each other.
street='
bytes
syscall
sys
guest locking
jail cred child
mount-table
facts
layers
path private
union-held
walk
fast-path
records
met-roots
ownership nested
exec-format
call
signal
identity
seccomp inode
union landlock
socket
mountinfo devfs
mount ipc
procfs
file xattr exec
open mount-stat
permission
dispatch
trap
text
door
patch
command
setup
launch
loader
'

objects=$(loader_objects)
called=
if [ -n "$objects" ] && command -v nm >/dev/null 2>&1; then
	# shellcheck disable=SC2086 # words
	called=$(nm -A $objects | awk -v street="$street" '
	BEGIN {
		n = split(street, line, "\n")
		for (i = 1; i <= n; i++) {
			k = split(line[i], word, " ")
			for (j = 1; j <= k; j++)
				level[word[j]] = i
		}
	}
	{
		object = $1
		sub(/:.*/, "", object)
		split(object, step, "/")
		room = step[2]
		sub(/.*fakejail_loader-/, "", object)
		if ($(NF - 1) ~ /^[TDBRV]$/) {
			home[$NF] = room
		} else if ($(NF - 1) == "U") {
			uses[++used] = $NF
			user[used] = room
			where[used] = "preload/" room "/" object
		}
	}
	END {
		for (i = 1; i <= used; i++) {
			other = home[uses[i]]
			if (other != "" && other != user[i] && level[other] >= level[user[i]])
				print where[i] ": " user[i] " may not use " uses[i] ": " other " lies to the right, or beside"
		}
	}')
fi
if [ -n "$called" ]; then
	problems=$(printf '%s\n' "$called" | wc -l)
	printf '%s\n' "$called"
fi

cd "$srcdir"
found=$(find preload/*/ \( -name '*.[chS]' -o -name '*.def' \) -exec grep -Hn '^[[:space:]]*#[[:space:]]*include' {} + |
	awk -v street="$street" '
	BEGIN {
		n = split(street, line, "\n")
		for (i = 1; i <= n; i++) {
			k = split(line[i], word, " ")
			for (j = 1; j <= k; j++)
				level[word[j]] = i
		}
	}
	{
		split($0, part, ":")
		where = part[1] ":" part[2]
		split(part[1], step, "/")
		room = step[2]
		if (!(room in level)) {
			if (!told[room]++)
				print where ": the room " room " has no line in tests/lint/rooms.sh"
			next
		}
		if (match($0, /"[^"]*"/)) {
			header = substr($0, RSTART + 1, RLENGTH - 2)
			other = header
			if (!sub(/\/.*/, "", other))
				print where ": \"" header "\" does not name its room: \"" room "/" header "\""
			else if (other != room && !(other in level && level[other] < level[room]))
				print where ": " room " may not include " other " (" header "): it lies to the right, or beside"
		} else if (match($0, /<[^>]*>/)) {
			header = substr($0, RSTART + 1, RLENGTH - 2)
			if (header !~ /^(stddef|stdint|stdbool|stdarg)\.h$/ && header !~ /^(linux|asm)\//)
				print where ": <" header "> is libc'\''s, which the engine must do without"
		}
	}')
if [ -n "$found" ]; then
	problems=$((problems + $(printf '%s\n' "$found" | wc -l)))
	printf '%s\n' "$found"
fi

# A room has one subject, and can be read in a day.
biggest=2600
for room in preload/*/; do
	lines=$(find "$room" \( -name "*.[chS]" -o -name "*.def" \) -exec cat {} + | wc -l)
	[ "$lines" -lt "$biggest" ] ||
		complain "${room%/}" "$lines lines: a room of $biggest or more is several; cut it where no call goes back"
done
finish
