#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlays.sh - tests overlays from the command line, with the options of bwrap(1): what is seen, where changes go, that
# nothing in the lower layers changes, also not their records, and a layer of an image that is made of the changes.
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=../lib/layers.sh
. "$tests_dir/lib/layers.sh"
need busybox

need_overlays

new_jail jail bin mnt proc
busybox_applets cat chmod chown find head ls mkdir mknod mv rm sh sort stat touch true
give_to_user "$root"

# ---- two layers: the first is the lowest ----

low=$mine/low
top=$mine/top
mkdir -p "$low/dir" "$low/old/deep" "$top/dir"
echo lowest >"$low/f"
echo only >"$low/only"
echo a >"$low/dir/a"
echo x >"$low/old/deep/x"
echo uppermost >"$top/f"
echo b >"$top/dir/b"
chmod 640 "$low/only"
give_to_user "$low" "$top"
# They are roots, with records of what chown and mknod said in them.
cp "$root/bin/busybox" "$low/sh"
cp "$root/bin/busybox" "$low/chown"
cp "$root/bin/busybox" "$low/mknod"
give_to_user "$low"
succeeds 'a lower layer gets records of its own' jail "$low" /sh -c '/chown 3:4 /only; /chown 5 /old/deep; /mknod /null c 1 3'
rm "$low/sh" "$low/chown" "$low/mknod"
# Not the directory of records, nor access times.
state() {
	for layer in "$low" "$top"; do
		find "$layer" ! -path '*/.fakejail*' -printf '%P %y %m %s %U %G %T@ %C@ %n %i %l\n' | sort
		find "$layer" -type f ! -path '*/.fakejail/*.lock' -exec cksum {} + | sort
	done
}
before=$(state)

two="--overlay-src=$low --overlay-src=$top"
# shellcheck disable=SC2086,SC2317 # words; called by prints
over() {
	jail $two "$@"
}
prints 'a merged directory' '/mnt
/mnt/dir
/mnt/dir/a
/mnt/dir/b
/mnt/f
/mnt/null
/mnt/old
/mnt/old/deep
/mnt/old/deep/x
/mnt/only' over --tmp-overlay /mnt "$root" sh -c 'find /mnt | sort'
prints 'what several have is that of the last' uppermost over --tmp-overlay=/mnt "$root" cat /mnt/f
prints 'owners and devices are those of the lower records' '3:4 640
5:0 700
character special file 1 3' over --tmp-overlay=/mnt "$root" sh -c 'stat -c "%u:%g %a" /mnt/only
	chmod 700 /mnt/old/deep; stat -c "%u:%g %a" /mnt/old/deep; stat -c "%F %t %T" /mnt/null'
prints 'a device of a lower layer is one' 0 over --tmp-overlay=/mnt "$root" sh -c 'echo lost >/mnt/null; stat -c %s /mnt/null'

# Without records the user's files are root's, as in ROOTFS, also where the private directory lies below the host's /dev.
mkdir "$mine/plain" "$mine/plain-too" "$mine/plain-rw" "$mine/plain-work"
echo x >"$mine/plain/p"
give_to_user "$mine/plain" "$mine/plain-too" "$mine/plain-rw" "$mine/plain-work"
mkdir "$root/dev"
jail_by='env -u XDG_RUNTIME_DIR'
for kind in '--tmp-overlay /mnt' "--overlay-src=$mine/plain-too --ro-overlay /mnt" \
	"--overlay $mine/plain-rw $mine/plain-work /mnt" '--tmp-overlay /'; do
	# shellcheck disable=SC2086 # words
	prints "files without records: $kind" '0:0' jail --overlay-src="$mine/plain" $kind "$root" \
		sh -c 'for f in /mnt/p /p; do [ ! -e $f ] || stat -c %u:%g $f; done'
done
jail_by=
rmdir "$root/dev"

change='rm /mnt/f; echo more >>/mnt/only; chown 7:8 /mnt/dir/a; rm -r /mnt/old; mkdir /mnt/old; echo y >/mnt/old/y
	mv /mnt/dir/b /mnt/moved; mknod /mnt/new c 1 5; mkdir /mnt/made; chmod 4711 /mnt/moved'
# shellcheck disable=SC2016 # the shell inside
show='for f in $(find /mnt | sort); do stat -c "%n %F %u:%g %a" "$f"; done; cat /mnt/only /mnt/old/y'
changed='/mnt directory 0:0 755
/mnt/dir directory 0:0 755
/mnt/dir/a regular file 7:8 644
/mnt/made directory 0:0 755
/mnt/moved regular file 0:0 4711
/mnt/new character special file 0:0 644
/mnt/null character special file 0:0 644
/mnt/old directory 0:0 755
/mnt/old/y regular file 0:0 644
/mnt/only regular file 3:4 640
only
more
y'
prints 'changes' "$changed" over --tmp-overlay /mnt "$root" sh -c "$change; $show"
prints 'and nothing is left of them' '/mnt/f' over --tmp-overlay /mnt "$root" sh -c 'ls -d /mnt/f'
is 'not on the host either' '' "$(for dir in "${XDG_RUNTIME_DIR:-/nowhere}" /dev/shm /tmp; do
	find "$dir/fakejail-$test_uid" -mindepth 2 -name up 2>/dev/null; done)"
is 'the lower layers and their records are as they were' "$before" "$(state)"

# ---- changes that are kept ----

mkdir "$mine/rw" "$mine/work"
give_to_user "$mine/rw" "$mine/work"
# shellcheck disable=SC2317 # called by succeeds and prints
keep() {
	over --overlay "$mine/rw" "$mine/work" /mnt "$@"
}
succeeds 'changes in a directory of the host' keep "$root" sh -c "$change"
prints 'the next jail sees them' "$changed" keep "$root" sh -c "$show"
is 'with records there, and none in the root' '1 0' "$(as_user test -e "$mine/rw/.fakejail/owners" && echo 1) $(
	jail owners list "$root" | wc -l)"
is 'the lower layers and their records are as they were, again' "$before" "$(state)"
mv "$mine/rw" "$mine/elsewhere"
new_jail other bin mnt
busybox_applets cat find sh sort stat
give_to_user "$root"
prints 'moved, and in another jail, it says the same' "$changed" \
	over --overlay "$mine/elsewhere" "$mine/work" /mnt "$root" sh -c "$show"

# ---- read-only ----

fails 'a read-only one' 1 '*ead-only file system*' over --ro-overlay /mnt "$root" sh -c 'echo >/mnt/f'
prints 'is a union as well' '/mnt/dir/a /mnt/dir/b' over --ro-overlay /mnt "$root" sh -c 'echo /mnt/dir/*'
prints 'an upper layer can be a lower one' "y
more" jail --overlay-src "$low" --overlay-src "$mine/elsewhere" --tmp-overlay /mnt "$root" sh -c 'cat /mnt/old/*; stat /mnt/f 2>/dev/null
	cat /mnt/only | sort -r | { read -r x; read -r y; echo "$y"; }'

# ---- names ----

mkdir "$mine/a,b" "$mine/c:d" "$mine/e\\f"
echo one >"$mine/a,b/1"
echo two >"$mine/c:d/2"
echo three >"$mine/e\\f/3"
give_to_user "$mine/a,b" "$mine/c:d" "$mine/e\\f"
prints 'commas, colons and backslashes in the names of layers' 'one
two
three' jail --overlay-src "$mine/a,b" --overlay-src "$mine/c:d" --overlay-src "$mine/e\\f" --tmp-overlay /new/place "$root" \
	cat /new/place/1 /new/place/2 /new/place/3
fails 'no overlay without layers' 125 '*wants 1 or more --overlay-src*' jail --tmp-overlay /mnt "$root" sh -c :
fails 'a work directory in the upper layer' 125 '*neither the work directory nor the upper layer may lie in the other*' \
	jail --overlay-src "$low" --overlay "$mine/elsewhere" "$mine/elsewhere/made" /mnt "$root" sh -c :

# ---- an image's layer ----

if ! as_user sh -c "$FAKEJAIL pack --help" >/dev/null 2>&1 && [ ! -x "$(dirname "${FAKEJAIL%% *}")/fakejail-images" ]; then
	skip 'pack --upper' 'this build is without images'
	finish
fi
succeeds 'pack --upper' jail pack --upper "$mine/elsewhere" "$mine/layer.tar.gz"
is 'changes, whiteouts and opaque directories' './ 0/0
./.wh.f 0/0
./dir/ 0/0
./dir/.wh.b 0/0
./dir/a 7/8
./made/ 0/0
./moved 0/0
./new 0/0
./old/ 0/0
./old/.wh..wh..opq 0/0
./old/y 0/0
./only 3/4' "$(tar --numeric-owner -tvzf "$mine/layer.tar.gz" | awk '{ print $NF, $2 }' | LC_ALL=C sort)"
succeeds 'the same tree gives the same bytes' jail pack --upper "$mine/elsewhere" "$mine/layer2.tar.gz"
is 'byte for byte' "$(cksum <"$mine/layer.tar.gz")" "$(cksum <"$mine/layer2.tar.gz")"
is 'nothing of the overlay is told' '' "$(gzip -dc "$mine/layer.tar.gz" | grep -ac 'overlay' | grep -v '^0$')"
is 'the lower layers and their records are as they were, at last' "$before" "$(state)"

finish
