#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh [CASE.sh...] - the launcher and its tools against a stub of the loader, in every shell that may be /bin/sh somewhere.
#
# Works from any directory, in a source tree that may be read-only. Ends with `N passed, N failed, N skipped`; the exit
# status is 1 when something failed. FAKEJAIL_TEST_SHELLS (names separated by commas) chooses the shells.
set -eu
umask 022

here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
top=$(mktemp -d "${TMPDIR:-/tmp}/fakejail-launcher.XXXXXX")
chmod 711 "$top"
trap 'chmod -R u+rwx "$top" && rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
# Not all shells take words that are no text in the locale, and some cases have words that are text in this one.
LC_ALL=C.UTF-8
export LC_ALL
unset FAKEJAIL_OPTS FAKEJAIL_LIBDIR FAKEJAIL_LAUNCHER CDPATH

work=$top shell=
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

cases=${*:-$(cd "$here" && echo case-*.sh)}

# A function, so that a case may use `set --`.
run_case() {
	cd "$place"
	rm -rf ./* ./.[!.]*
	# shellcheck source=/dev/null
	. "$here/${1##*/}"
}

shells=${FAKEJAIL_TEST_SHELLS:-sh,bash --posix,busybox sh,mksh,yash},
first=yes
while [ -n "$shells" ]; do
	shell=${shells%%,*}
	shells=${shells#*,}
	if ! command -v "${shell%% *}" >/dev/null; then
		skip "no such shell here"
		continue
	fi
	work=$top/$shell
	# A space and a quote in every path: what can go wrong with quoting goes wrong.
	place="$work/it's a place"
	mkdir -p "$place"
	install_scripts
	for case_file in $cases; do
		case $first:$case_file in
		no:*-once.sh) continue ;;
		esac
		run_case "$case_file"
	done
	first=no
done

printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
