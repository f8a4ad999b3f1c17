# shellcheck shell=sh disable=SC2154 # what lib.sh has set
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# session.sh - one script, run by real root in a real chroot and by the user in the jail; both must print the same.
#
# Sourced after lib.sh. The script begins each section with a line `== NAME`, and each section is one check.

# in_chroot ROOT COMMAND [ARG]...: run it as real root.
in_chroot() {
	limited env FAKEJAIL_UID=0 "$tests_dir/lib/real-chroot" "$@"
}

# True if there can be a reference.
has_reference() {
	is_root && ! is_reference && in_chroot / true 2>/dev/null
}

# session_reference ROOT SCRIPT: keeps what SCRIPT, a jail path, prints in a copy of ROOT that is root's own. Sets no
# variable.
session_reference() {
	cp -a "$1" "$work/chroot"
	chown -hR 0:0 "$work/chroot"
	in_chroot "$work/chroot" bash "$2" >"$work/session" 2>&1 || :
	rm -rf --one-file-system "$work/chroot"
}

# session NAME ROOT SCRIPT [OPTION]...: runs it in the jail, and compares.
session() {
	session_name=$1
	session_root=$2
	session_script=$3
	shift 3
	jail "$@" "$session_root" bash "$session_script" >"$work/jail" 2>&1 || :
	session_sections "$work/session"
	session_sections "$work/jail"
	number=1
	while [ -e "$work/session.$number" ]; do
		name=$(sed -n '1s/^== //p' "$work/session.$number")
		if [ "$name" = "$session_known" ]; then
			skip "$session_name: $name" "known difference (docs/LIMITS.md)"
		elif [ -e "$work/jail.$number" ] && cmp -s "$work/session.$number" "$work/jail.$number"; then
			ok "$session_name: $name"
		else
			fail "$session_name: $name" '- real chroot, + jail' \
				"$(diff -U 1 "$work/session.$number" "$work/jail.$number" 2>&1 | tail -n +3)"
		fi
		number=$((number + 1))
	done
	is "$session_name: as many sections" $((number - 1)) "$(grep -c '^== ' "$work/jail")"
	rm -f "$work"/session.[0-9]* "$work"/jail.[0-9]*
}

# A section that is known to differ: it is skipped and counted.
session_known=

# Writes each section to a file: FILE.1, FILE.2, ...
session_sections() {
	awk -v file="$1" 'BEGIN { name = file ".0" } /^== / { close(name); name = file "." ++n } { print >name }' "$1"
}
