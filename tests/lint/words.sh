#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# words.sh - names are in the field's words: words.list has private ones that are refused, with what is said instead. The glossary
# of docs/ARCHITECTURE.md explains the others; it is in alphabetical order, and each of its words is used.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

cd "$srcdir"
found=$(find preload wrappers scripts \( -name '*.[chS]' -o -name '*.def' \) -exec awk '
	BEGIN {
		list = "tests/lint/words.list"
		while ((getline line <list) > 0) {
			if (line ~ /^(#|[ \t]*$)/)
				continue
			split(line, column, /[ \t]+[|][ \t]+/)
			if (column[2] == "")
				print list ": without what is said instead: " line
			pattern[++n] = "^(" column[1] ")$"
			instead[n] = column[2]
		}
	}
	FNR == 1 {
		name = FILENAME
		sub(/.*\//, "", name)
		sub(/\.[a-zA-Z]*$/, "", name)
		for (i = 1; i <= n; i++)
			if (("file " name) ~ pattern[i])
				print FILENAME ": a file with this name: " instead[i]
	}
	{
		k = split($0, word, /[^A-Za-z0-9_]+/)
		for (j = 1; j <= k; j++)
			for (i = 1; i <= n; i++)
				if (word[j] ~ pattern[i])
					print FILENAME ":" FNR ": " word[j] ": " instead[i]
	}' {} + | LC_ALL=C sort)
if [ -n "$found" ]; then
	problems=$(printf '%s\n' "$found" | wc -l)
	printf '%s\n' "$found"
fi

pages=docs/ARCHITECTURE.md
if [ -e "$pages" ]; then
	glossary=$(sed -n '/^## Glossary/,/^## Why/s/^- \*\*\([^*]*\)\*\*.*/\1/p' "$pages")
	printf '%s\n' "$glossary" | LC_ALL=C sort -c 2>/dev/null || complain "$pages" "the glossary is out of order: $(printf '%s\n' "$glossary" | LC_ALL=C sort -c 2>&1 | sed 's/.*: //')"
	for word in $(printf '%s\n' "$glossary" | grep -oE '[a-z]{4,}' | sort -u); do
		grep -rqi --include='*.[chS]' --include='*.def' --include='*.c' -e "$word" preload wrappers || complain "$pages" "the glossary explains $word, which no source says"
	done
fi
finish
