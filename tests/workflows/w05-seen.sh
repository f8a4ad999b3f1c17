#!/bin/sh
# shellcheck disable=SC2016 # scripts for the jail
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w05-seen.sh - one file, one owner, whoever looks: from the jail, from `fakejail /`, from a jail around it, below a bind,
# and by `fakejail owners`; and roots that may not be written.
. "$(dirname "$0")/../lib/lib.sh"
need busybox

new_jail inner bin proc dev tmp
busybox_applets cat chmod chown chroot cp echo find ln ls mkdir mknod mv rm rmdir sh stat tar touch umask
give_to_user "$root"
inner=$root

# ---- the host's own root, listed ----

# The paths of our file in the listing. (The walk meets directories that are closed to the user, and says so.)
list_host() {
	as_user $FAKEJAIL owners list / 2>/dev/null | grep -o '[^ ]*seen-file' || :
}

succeeds 'fakejail / chown' jail / sh -c 'touch "$1" && chown 7:8 "$1"' sh "$mine/seen-file"
prints 'owners list / has whole paths' "$mine/seen-file" \
	list_host
rm "$mine/seen-file"

# ---- a root that may not be written ----

mkdir "$mine/one" "$mine/two"
echo 1 >"$mine/one/f"
echo 2 >"$mine/two/f"
give_to_user "$mine/one" "$mine/two"
chmod 555 "$inner"
prints 'two binds into one missing directory' '1
2' jail -b "$mine/one:/work/a" -b "$mine/two:/work/b" "$inner" cat /work/a/f /work/b/f
prints 'and a third, deeper, in another order' '2
1
2' jail -b "$mine/two:/work/deep/b" -b "$mine/one:/work/a" -b "$mine/two:/work/c" "$inner" \
	cat /work/deep/b/f /work/a/f /work/c/f
prints 'a file bound to a missing name' 1 jail -b "$mine/one/f:/file" "$inner" cat /file
prints 'a file bound to a missing name in a missing directory' '1
2' jail -b "$mine/one/f:/work/file" -b "$mine/two/f:/work/other" "$inner" cat /work/file /work/other
prints 'root makes what he likes in it, which keeps its mode' '555
555' jail "$inner" sh -c 'stat -c %a / && mkdir /data && chown 5:6 /data && stat -c %a /'
prints 'and its owners' '555 5:6' jail "$inner" sh -c 'echo "$(stat -c %a /) $(stat -c %u:%g /data)"; rmdir /data'
fails 'others are refused' 1 '*ermission denied*' jail --userspec=5:6 "$inner" mkdir /data
finish
