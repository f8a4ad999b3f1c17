#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# preloads.sh - tests that a program's own LD_PRELOAD libraries work with each door, and that the environment shows nothing of
# fakejail.
#
# Real root runs src/preloads.sh in a real chroot, and an ordinary user runs it in the jail.
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/session.sh"
if ! has_reference; then
	skip 'everything' 'only real root can make a real chroot to compare with'
	finish
fi
private_root preloads
cp "$tests_dir/workflows/src/preloads.sh" "$root/root/preloads.sh"
give_to_user "$root/root/preloads.sh"
session_reference "$root" /root/preloads.sh
session 'all doors' "$root" /root/preloads.sh
for option in --no-preload --no-patch --no-trap; do
	session "$option" "$root" /root/preloads.sh $option
done
finish
