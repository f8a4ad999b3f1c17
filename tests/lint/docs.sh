#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# docs.sh - manual pages without a complaint of mandoc, pages whose links lead somewhere, and a coverage page that is what the
# table says.
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
finish
