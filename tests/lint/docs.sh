#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# docs.sh - mandoc has no complaint about the manual pages, and each link of the other pages leads to a file.
# docs/ARCHITECTURE.md has a row for each room, with files that are in the room. (names.sh checks its other names of files.)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

if command -v mandoc >/dev/null 2>&1; then
	for page in "$srcdir"/docs/*.[1-9]; do
		mandoc -T lint -W warning "$page" || complain "$page" 'mandoc -T lint has found something, above'
	done
else
	echo 'note: mandoc is not installed; the manual pages were not looked at'
fi

for page in "$srcdir"/*.md "$srcdir"/docs/*.md; do
	dir=$(dirname "$page")
	# Links to files of the tree: [text](path) without a scheme, their #fragment left out.
	links=$(grep -o '](\([^)]*\))' "$page" | sed 's/^](//; s/)$//; s/#.*//' | grep -vE '^$|^https?:|^mailto:|[[:space:]]' | sort -u) || :
	for link in $links; do
		[ -e "$dir/$link" ] || complain "$page" "links to $link, which is not there"
	done
done

# The map of the rooms: each one has a row, each row is a room, and the files that a row says to begin with exist.
map=$srcdir/docs/ARCHITECTURE.md
if [ -e "$map" ]; then
	for room in "$srcdir"/preload/*/; do
		room=preload/$(basename "$room")
		grep -q "^| $room |" "$map" || complain "$map" "has no row for the room $room"
	done
	rows=$(sed -n 's/^| \(preload\/[a-z-]*\) |.*| \([^|]*\) |$/\1 \2/p' "$map" | tr -d ',*')
	while read -r room files; do
		[ -n "$room" ] || continue
		[ -d "$srcdir/$room" ] || complain "$map" "has a row for $room, which is not there"
		for file in $files; do
			[ -e "$srcdir/$room/$file" ] || complain "$map" "says to begin in $room with $file, which is not there"
		done
	done <<-ROWS
	$rows
	ROWS
	# Whoever looks for a line by its subject is sent to files that are there, by their paths.
	told=$(sed -n '/^## What stands where/,/^## Where things are/p' "$map" | grep '^|' | grep -oE '(scripts/)?[a-z-]+/[a-z_]+\.(c|h|def)' | sort -u) || :
	for file in $told; do
		[ -e "$srcdir/preload/$file" ] || [ -e "$srcdir/$file" ] || complain "$map" "says that something stands in $file, which is not there"
	done
fi
finish
