#!/bin/sh
# shellcheck disable=SC2016,SC2086,SC2317 # scripts for the jail; FAKEJAIL may be several words; a function that `prints` calls
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w05-seen.sh - tests that a file shows one owner to all: in the jail, in `fakejail /`, in a jail around it, below a bind, and
# by `fakejail owners`. Also tests roots that are not writable.
. "$(dirname "$0")/../lib/lib.sh"
need busybox

new_jail inner bin proc dev tmp
busybox_applets cat chmod chown chroot cp echo find ln ls mkdir mkfifo mknod mount mv rm rmdir sh stat tar touch umount
give_to_user "$root"
inner=$root

# ---- the host's own root, listed ----

# The paths of our file in the listing. (The walk meets directories that are closed to the user, and says so.)
list_host() {
	as_user $FAKEJAIL owners list / 2>/dev/null | grep -o '[^ ]*seen-file' || :
}

# (There procfs is no mount of the jail's.)
program=$(readlink -f /bin/sh)
# shellcheck disable=SC2016 # for the shell inside
prints 'in fakejail / another process shows its program' "$program
$program
$program" jail / sh -c 'sh -c "readlink /proc/\$PPID/exe; readlink /proc/\$PPID/exe /proc/\$PPID/exe"; :'
# shellcheck disable=SC2016 # for the shell inside
succeeds 'in fakejail / names below a process are found from there' jail / sh -c 'cd "/proc/$$" && cat ns/mnt >/dev/null 2>&1; test -e ns/mnt && test -e "/proc/$$/ns/pid"'
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
2' jail -b "$mine/one:/bound/a" -b "$mine/two:/bound/b" "$inner" cat /bound/a/f /bound/b/f
prints 'and a third, deeper, in another order' '2
1
2' jail -b "$mine/two:/bound/deep/b" -b "$mine/one:/bound/a" -b "$mine/two:/bound/c" "$inner" \
	cat /bound/deep/b/f /bound/a/f /bound/c/f
prints 'a file bound to a missing name' 1 jail -b "$mine/one/f:/file" "$inner" cat /file
prints 'a file bound to a missing name in a missing directory' '1
2' jail -b "$mine/one/f:/bound/file" -b "$mine/two/f:/bound/other" "$inner" cat /bound/file /bound/other
prints 'root makes what he likes in it, which keeps its mode' '555
555' jail "$inner" sh -c 'stat -c %a / && mkdir /data && chown 5:6 /data && stat -c %a /'
prints 'and its owners' '555 5:6' jail "$inner" sh -c 'echo "$(stat -c %a /) $(stat -c %u:%g /data)"; rmdir /data'
fails 'others are refused' 1 '*ermission denied*' jail --userspec=5:6 "$inner" mkdir /data

# ---- below a bind ----

chmod 755 "$inner"
src=$mine/src
mkdir "$src"
echo there >"$src/there"
mkdir -m 777 "$mine/shared"
give_to_user "$src" "$mine/shared"
prints 'what root makes below a bind is his' "0:0 600 f
0:0 755 d
0:0 644 d/f
0:0 777 d/l
0:0 644 d/p
0:0 644 c
$test_uid:$test_uid 644 there" jail -b "$src:/src" -w /src "$inner" sh -c '
	umask 077; echo a >f; umask 022; mkdir d; echo b >d/f; ln -s f d/l; mkfifo d/p; cp there c
	for f in f d d/f d/l d/p c; do stat -c "%u:%g %a %n" $f; done
	stat -c "%u:%g %a %n" there'
prints 'another bind of it, by its whole path, by the next jail' '0:0 /again/f
0:0 /again/d/f' jail -b "$src:/again" "$inner" stat -c '%u:%g %n' /again/f /again/d/f
prints 'and another maker' '7:8 g
7:8 e' jail --userspec=7:8 -b "$mine/shared:/src" -w /src "$inner" sh -c 'echo a >g; mkdir e; stat -c "%u:%g %n" g e'
prints 'on the host it is the user'"'"'s' "$test_uid:$test_uid" stat -c %u:%g "$src/f"
prints 'without capabilities, root reads what he made in /dev/shm' a \
	jail -b /usr -b /lib -b /lib64 "$inner" /usr/bin/setpriv --bounding-set=-all --inh-caps=-all -- /bin/sh -c 'umask 077; f=/dev/shm/fakejail-q$$; echo a >$f; cat $f; rm $f'
prints 'what is there can be written on' 'there
more' jail -b "$src:/src" -w /src "$inner" sh -c 'echo more >>there; cat /src/there; echo there >there'
succeeds 'chmod of what was made' jail -b "$src:/src" "$inner" chmod 664 /src/f
is 'keeps them on the host' 664 "$(stat -c %a "$src/f")"

prints 'with idmap the caller'"'"'s own files are root'"'"'s' '0:0 there
0:0 new' jail -b "$src:/src:idmap" -w /src "$inner" sh -c 'echo n >new; stat -c "%u:%g %n" there new; rm new'
fails 'idmap and ro' 1 '*Read-only file system*' jail -b "$src:/src:ro,idmap" "$inner" touch /src/new
prints 'idmap on the same device as another bind' "0:0 /a/there
$test_uid:$test_uid /b/f" jail -b "$src:/a:idmap" -b "$mine/one:/b" "$inner" stat -c '%u:%g %n' /a/there /b/f

# ---- a bind in `fakejail /` ----

# chroot(8) enters no overlay of the caller's.
entered=$inner
if [ -n "${FAKEJAIL_OVERLAY:-}" ]; then
	entered=$mine/entered
	cp -a "$(as_made "$inner")" "$entered"
fi

prints 'in fakejail / a bind shows the host'"'"'s ids, before and in a chroot' "$test_uid:$test_uid $entered/tmp/there
$test_uid:$test_uid tmp/there
$test_uid:$test_uid /tmp/there
0:0 $src/there
0:0 /tmp/new" jail / busybox sh -c 'r=$1 s=$2
	mount --bind $s $r/tmp; stat -c "%u:%g %n" $r/tmp/there; cd $r; stat -c "%u:%g %n" tmp/there
	chroot $r stat -c "%u:%g %n" /tmp/there; stat -c "%u:%g %n" $s/there
	chroot $r sh -c "echo a >/tmp/new; stat -c \"%u:%g %n\" /tmp/new"' sh "$entered" "$src"
rm -f "$src/new"
prints 'but not what a jail shows of its own' '0:0' jail / busybox chroot "$entered" sh -c \
	'mkdir /tmp/a /tmp/b; echo >/tmp/a/f; mount --bind /tmp/a /tmp/b; stat -c %u:%g /tmp/b/f; umount /tmp/b; rm -r /tmp/a /tmp/b'

# ---- a copy from outside ----

if [ -n "${FAKEJAIL_OVERLAY:-}" ]; then
	skip 'a copy from outside' 'what is copied is a layer'
	finish
fi

new_jail from bin dev t
cp "$inner/bin/"* "$root/bin" 2>/dev/null || cp -a "$inner/bin" "$root"
give_to_user "$root"
shows='cd /t; stat -c "%u:%g %a %n" f d d/s l; stat -c "%F %t,%T %n" c'
jail "$root" sh -c 'cd /t; echo a >f; mkdir d; echo b >d/s; ln -s f l; mknod c c 5 77
	chown 5:6 f; chmod 4751 f; chown -h 7:8 l; chmod 1777 d; chown 9 d/s'
prints 'as it was made' '5:6 4751 f
0:0 1777 d
9:0 644 d/s
7:8 777 l
character special file 5,4d c' jail "$root" sh -c "$shows"
was=$out
as_user cp -a "$root" "$mine/copy"
prints_like 'owners copy' '* files given owners' as_user $FAKEJAIL owners copy "$root" "$mine/copy"
prints 'the copy shows the same' "$was" jail "$mine/copy" sh -c "$shows"
prints_like 'its records are sound' '* 0 damaged' as_user $FAKEJAIL owners check "$mine/copy"
# Who did not know is told, once.
says() {
	jail "$@" sh -c : 2>&1
}
as_user cp -a "$root" "$mine/told"
as_user cp -a "$root" "$mine/told '2'"
prints 'a copy that is entered says so' "fakejail: warning: $mine/told: the owner records are of other files: a copy made from outside leaves owners behind
hint: fakejail owners copy $root $mine/told" says "$mine/told"
prints 'only once' '' says "$mine/told"
prints_like 'and names a path as a shell wants it' "*
hint: fakejail owners copy $root '$mine/told '\\\\''2'\\\\'''" says "$mine/told '2'"
as_user cp -a "$root" "$mine/told-3"
prints 'not when it is to be quiet' '' says -q "$mine/told-3"
mv "$root" "$mine/elsewhere"
prints 'nor of what was moved' '' says "$mine/elsewhere"
mv "$mine/elsewhere" "$root"
prints 'nor of a copy that was given them' '' says "$mine/copy"
as_user cp -a "$root" "$mine/bare"
rm -r "$mine/bare/.fakejail"
prints_like 'owners copy, to one that has no records' '* files given owners' as_user $FAKEJAIL owners copy "$root" "$mine/bare"
prints 'that shows the same' "$was" jail "$mine/bare" sh -c "$shows"
fails 'onto itself' 2 '*is that root itself' as_user $FAKEJAIL owners copy "$root" "$root/"
finish
