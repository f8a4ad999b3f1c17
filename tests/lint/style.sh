#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# style.sh - what review would miss: licence lines, a head that says what the file is, blanks at line ends, a header that
# is included twice.
#
# A file of more than 400 lines needs a reason in long.list. Long lines are listed, for a reader to judge, and do not fail.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

LINES_MAX=400
cd "$srcdir"

sources=$(find preload wrappers tests \( -name '*.[chS]' -o -name '*.def' \) ! -path '*/build/*' | sort)
for file in $sources; do
	head=$(head -n 6 "$file")
	case $head in
	*'SPDX-FileCopyrightText: '*'SPDX-License-Identifier: '*) ;;
	*) complain "$file" 'begins without the two SPDX lines' ;;
	esac
	case $head in
	*"$(basename "$file") - "*) ;;
	*) complain "$file" "does not say at its top what it is: \" * $(basename "$file") - ...\"" ;;
	esac
	if grep -nE '[[:blank:]]+$' "$file" | head -n 1 | grep -q .; then
		complain "$file:$(grep -nE '[[:blank:]]+$' "$file" | head -n 1 | cut -d: -f1)" 'blanks at the end of the line'
	fi
	if grep -nE '(/\*|^ \*).*\b(TODO|FIXME|XXX)\b' "$file" | grep -vE '#[0-9]+' | grep -q .; then
		complain "$file" 'a TODO without the number of an issue'
	fi
	for twice in $(sed -n 's/^#include [<"]\(.*\.h\)[>"]$/\1/p' "$file" | sort | uniq -d); do
		complain "$file" "includes $twice twice"
	done
	if grep -nE '^[[:blank:]]*typedef[[:blank:]]+struct' "$file" | grep -q .; then
		complain "$file" 'typedef of a struct: types are struct fj_x'
	fi
done

reasons=$(cat tests/lint/long.list 2>/dev/null || :)
for file in $sources; do
	lines=$(wc -l <"$file")
	if [ "$lines" -le "$LINES_MAX" ]; then
		case $reasons in
		*"$file |"*) complain "$file" 'is not long any more: take it out of tests/lint/long.list' ;;
		esac
		continue
	fi
	case $reasons in
	*"$file | "[!\ ]*) ;;
	*) complain "$file" "has $lines lines: over $LINES_MAX it must be cut by its meaning, or have a reason in tests/lint/long.list" ;;
	esac
done

for file in $(find preload wrappers -name '*.[ch]' | sort); do
	long=$(awk 'length > 140' "$file" | wc -l)
	[ "$long" = 0 ] || echo "note: $file has $long lines of more than 140 columns"
done
finish
