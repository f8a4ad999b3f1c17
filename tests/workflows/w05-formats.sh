#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w05-formats.sh - tests owners in other formats, in both directions: fakeroot's save file, the attributes
# user.rootlesscontainers and user.containers.override_stat. Also reads pseudo's database and writes mtree. The programs of
# these formats write and read them.
. "$(dirname "$0")/../lib/lib.sh"
need busybox fakeroot pseudo sqlite3 bsdtar getfattr

owners() {
	# shellcheck disable=SC2086,SC2317 # words; called by succeeds and others
	as_user $FAKEJAIL owners "$@"
}

# Typed as root of whatever pretends it: in a jail, under fakeroot, under pseudo. They all know these.
make_tree='umask 022; mkdir tree && cd tree && mkdir -m 1777 tmp && mkdir var closed && echo x >var/f && chown 33:34 var/f var &&
	echo s >su && chmod 4755 su && ln su su2 && echo g >sg && chown 5:6 sg && chmod 2710 sg && echo 0 >zero && chmod 0 zero &&
	mkfifo pipe && chown 7 pipe && ln -s var/f link && chown -h 8:9 link && mknod null c 1 3 && mknod sda b 8 0 && chgrp 6 sda &&
	echo w >"a b" && chown 4000000000:65534 "a b" && chmod 500 closed && chown 11:12 closed'
# Sizes of directories are the file system's.
list_tree='cd tree && find . -exec stat -c "%A %u:%g %h %t,%T %n" {} + | sort -k 5'

begin() { # NAME: root, an empty jail with a shell
	new_jail "$1" bin
	busybox_applets chgrp chmod chown cp find id ln ls mkdir mkfifo mknod rm sh sort stat touch
	give_to_user "$root"
	as_made "$root" >"$work/made" # from now on all is made in the upper layer, if it is an overlay
}
list_in_jail() {
	jail "$root" sh -c "$list_tree"
}

# ---- fakeroot ----

begin from-fakeroot
save=$mine/fakeroot.save
current=$root
succeeds 'fakeroot makes a tree' as_user fakeroot -s "$save" sh -c "$make_tree"
want=$(as_user fakeroot -i "$save" sh -c "$list_tree")
like 'and shows owners' '*8,0 ./sda*33:34*' "$want"
succeeds 'a first run in the jail, which makes the records' jail "$root" sh -c 'touch x; chown 1:1 x; rm x'
succeeds 'its save file is imported' owners import fakeroot "$root" "$save"
prints 'the jail shows what fakeroot showed' "$want" list_in_jail
prints 'nothing set-id is on the disk' '' find "$root/tree" ! -type l -perm /7000
sed 's/^dev=[0-9a-f]*/dev=1/' "$save" >"$work/moved.save"
chmod 644 "$work/moved.save"
begin other-device
cp -a "$mine/from-fakeroot/tree" "$root/"
succeeds 'a first run there' jail "$root" sh -c 'touch x; chown 1:1 x; rm x'
prints 'of another device nothing is imported' '0 files given owners' owners import fakeroot "$mine/from-fakeroot" "$work/moved.save"
prints_like 'unless one says so' '1[0-9] files given owners' owners import fakeroot --remap-dev "$mine/from-fakeroot" "$work/moved.save"
echo 'dev=1,ino=2,mode=rubbish' >"$work/bad.save"
fails 'a damaged save file' 1 '*line 1 is no line of fakeroot*' owners import fakeroot "$mine/from-fakeroot" "$work/bad.save"
fails 'one that is not there' 1 '*nowhere: No such file or directory' owners import fakeroot "$mine/from-fakeroot" "$work/nowhere"

begin to-fakeroot
succeeds 'the jail makes a tree' jail "$root" sh -c "$make_tree"
want=$(list_in_jail)
succeeds 'it is exported' owners export fakeroot "$root" "$mine/jail.save"
current=$root
prints 'fakeroot shows what the jail showed' "$want" as_user fakeroot -i "$mine/jail.save" sh -c "$list_tree"
prints_like 'by a pipe too' 'dev=*' owners export fakeroot "$root"

# ---- pseudo ----

begin from-pseudo
current=$root
mkdir "$mine/pseudo"
give_to_user "$mine/pseudo"
# It knows no statx(2), which coreutils use; perl uses lstat(3).
list_raw='cd tree && find . -exec stat -c "%f %u:%g %h %t,%T %n" {} + | sort -k 5'
# shellcheck disable=SC2016 # perl's
list_perl='cd tree && find . -print0 | perl -0 -lne '\''@s = lstat; printf "%x %u:%u %u %x,%x %s\n", @s[2, 4, 5, 3], $s[6] >> 8, $s[6] & 255, $_'\'' | sort -k 5'
# Its server outlives the command, and writes the database when it is told to end: all in one.
# shellcheck disable=SC2016 # for that shell
succeeds 'pseudo makes a tree' as_user env PSEUDO_PREFIX=/usr PSEUDO_LOCALSTATEDIR="$mine/pseudo" sh -euc 'pseudo sh -c "$1"
	pseudo sh -c "$2" >"$3/listing"
	server=$(cat "$PSEUDO_LOCALSTATEDIR/pseudo.pid")
	pseudo -S || :
	while kill -0 "$server" 2>/dev/null; do sleep 0.1; done' sh "$make_tree" "$list_perl" "$mine/pseudo"
by_pseudo=$(cat "$mine/pseudo/listing")
like 'and shows owners' '*8,0 ./sda*33:34*' "$by_pseudo"
prints_like 'its database has them' '[1-9]*' as_user sqlite3 "$mine/pseudo/files.db" 'select count(*) from files where uid=33'
succeeds 'a first run in the jail' jail "$root" sh -c 'touch x; chown 1:1 x; rm x'
succeeds 'its database is imported' owners import pseudo "$root" "$mine/pseudo/files.db"
prints 'the jail shows what pseudo showed' "$by_pseudo" jail "$root" sh -c "$list_raw"
fails 'a database that is none' 1 '*' owners import pseudo "$root" "$root/bin/busybox"

# ---- attributes ----

# What a link, a fifo or a file of other types cannot carry stays out of these.
plain='cd tree && find . \( -type f -o -type d \) ! -name null ! -name sda -exec stat -c "%u:%g %n" {} + | sort -k 2'
modes='cd tree && find . \( -type f -o -type d -o -type c -o -type b \) -exec stat -c "%A %u:%g %t,%T %n" {} + | sort -k 4'
root=$mine/to-fakeroot
current=$mine
# The link and the fifo.
run owners export rootlesscontainers "$root"
like 'what cannot carry attributes is told' '*/tree/link: *' "$err"
attribute() { # NAME FILE
	getfattr --absolute-names --only-values -h -n "$1" "$2" | od -An -tx1 | tr -d ' \n'
}
is 'user.rootlesscontainers: two varints' 08211022 "$(attribute user.rootlesscontainers "$root/tree/var/f")"
is 'uid above 2^31' 0880d0acf30e10feff03 "$(attribute user.rootlesscontainers "$root/tree/a b")"
is 'none for 0:0' '' "$(attribute user.rootlesscontainers "$root/tree/tmp" 2>/dev/null)"
run owners export override_stat "$root"
is 'user.containers.override_stat' 5:6:02710 "$(getfattr --absolute-names --only-values -n user.containers.override_stat "$root/tree/sg")"
is 'of a device' 0:6:0644:block-8-0 "$(getfattr --absolute-names --only-values -n user.containers.override_stat "$root/tree/sda")"
want_plain=$(jail "$root" sh -c "$plain")
want_modes=$(jail "$root" sh -c "$modes")
rm -rf "$root/.fakejail"
succeeds 'without the records' jail "$root" sh -c 'touch x; chown 1:1 x; rm x'
succeeds 'user.rootlesscontainers is imported' owners import rootlesscontainers "$root"
prints 'owners of files and directories are back' "$want_plain" jail "$root" sh -c "$plain"
rm -rf "$root/.fakejail"
succeeds 'without them again' jail "$root" sh -c 'touch x; chown 1:1 x; rm x'
succeeds 'user.containers.override_stat is imported' owners import override_stat "$root"
prints 'and modes and devices with it' "$want_modes" jail "$root" sh -c "$modes"
# As others write them: fuse-overlayfs without a type, umoci with a uid alone and "unchanged".
setfattr -n user.containers.override_stat -v 21:22:100755 "$root/tree/su"
setfattr -n user.rootlesscontainers -v 0x081710ffffffff0f "$root/tree/sg"
succeeds 'as fuse-overlayfs writes it' owners import override_stat "$root"
prints 'with the type of the file' '-rwxr-xr-x 21:22' jail "$root" stat -c '%A %u:%g' /tree/su
succeeds 'as umoci writes it' owners import rootlesscontainers "$root"
prints 'an unchanged gid stays' 23:6 jail "$root" stat -c %u:%g /tree/sg

# ---- mtree ----

root=$mine/from-fakeroot
succeeds 'mtree' owners export mtree "$root" "$mine/tree.mtree"
# bsdtar reads it without the tree; a line of its listing begins with mode, links, uid and gid.
as_listed() {
	sed -n 's/^\(.\)\([^ ]*\) *[0-9]* *\([0-9]*\) *\([0-9]*\) .* \.\/tree\/\([a-z 02]*\)\( -> .*\)*$/\1\2 \3:\4 \5/p' | sort -k 3
}
bsdtar --numeric-owner -tvf "$mine/tree.mtree" | as_listed >"$work/got"
jail "$root" sh -c 'cd tree && find . ! -name . -prune ! -name closed ! -name var ! -name tmp -exec stat -c "%A %u:%g %n" {} + | sort -k 3' |
	sed 's/ \.\// /; s/ ".\/\(.*\)"/ \1/' | sort -k 3 >"$work/want"
is 'libarchive reads owners, modes and types' "$(cat "$work/want")" "$(grep -vE ' (closed|var|tmp)$' "$work/got")"
prints_like 'and devices' '*8,0*' bsdtar --numeric-owner -tvf "$mine/tree.mtree" './tree/sda'
finish
