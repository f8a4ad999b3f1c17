#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# format.sh - the sources are as clang-format makes them: `make format` does it.
#
# Only version 14 counts, that of Debian 12. Another version breaks lines elsewhere, so each would undo what the other made.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

need clang-format
case $(clang-format --version) in
*'version 14.'*) ;;
*) skip "$(clang-format --version), and the sources are as version 14 makes them" ;;
esac

files=$(mktemp)
trap 'rm -f "$files"' EXIT
cd "$srcdir"
find preload wrappers tests scripts -name '*.[ch]' ! -path '*/build/*' | sort >"$files"
# One process looks at all files. Only if it complains, each file is looked at by itself.
! xargs clang-format --dry-run -Werror <"$files" 2>/dev/null || finish
while read -r file; do
	lines=$(clang-format "$file" | diff "$file" - | grep -c '^>' || :)
	[ "$lines" = 0 ] || complain "$file" "$lines lines that clang-format writes differently (make format)"
done <"$files"
finish
