#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# images-equal.sh - compares, line by line, the tree of `unpack` with that of umoci as real root, and the archive of `pack`
# with that of tar as real root. `pack` and then `unpack` must give the same tree. The same tree must give the same bytes.
# Other tools must read every format.
. "$(dirname "$0")/../lib/lib.sh"
need python3 umoci skopeo tar zstd xz truncate
cached_root owners

cp "$tests_dir"/workflows/src/list_tree.py "$tests_dir"/workflows/src/odd_layers.py "$tests_dir"/workflows/src/compare_archives.py "$mine/"
# shellcheck disable=SC2086,SC2317 # words; what the checks below call
verb() { as_user env "FAKEJAIL_STORE=$mine/store" "XDG_STATE_HOME=$mine/state" ${epoch:+"SOURCE_DATE_EPOCH=$epoch"} $FAKEJAIL "$@"; }
epoch=
# listing TREE FILE: by the tree's own records; the listing program is the host's.
listing() {
	verb "--db=$mine/$1/.fakejail/owners" --chdir=/ / /usr/bin/python3 "$mine/list_tree.py" "$mine/$1" >"$work/$2"
}
# same NAME WANT GOT: the same lines.
same() {
	if [ -s "$work/$2" ] && diff "$work/$2" "$work/$3" >"$work/diff"; then
		ok "$1"
	else
		fail "$1" 'they differ' "$(head -n 40 "$work/diff")"
	fi
}

# ---- unpack, beside umoci as real root
as_user python3 odd_layers.py odd
succeeds 'unpack an image with every oddity' verb unpack oci:odd:odd ours
listing ours ours.list
if is_root; then
	touch "$work/begun"
	umoci unpack --image "$mine/odd:odd" "$work/bundle" >/dev/null 2>&1
	python3 "$mine/list_tree.py" "$work/bundle/rootfs" >"$work/umoci.list"
	# The time of a directory that no layer names, or that something was only removed from, is that of the unpacking, or what it
	# was; and umoci takes an attribute without a value for one that is to go.
	python3 - "$work/umoci.list" "$work/ours.list" "$(stat -c %Y "$work/begun")" <<'PY'
import sys
files = [[l.split(" | ") for l in open(f, errors="surrogateescape").read().splitlines()] for f in sys.argv[1:3]]
now = {l[0] for l in files[0] if float(l[3]) >= int(sys.argv[3]) and l[1].startswith("0o4")}
for name, lines in zip(sys.argv[1:3], files):
    with open(name + ".same", "w", errors="surrogateescape") as f:
        for l in lines:
            print(" | ".join("now" if n == 3 and l[0] in now else w for n, w in enumerate(l) if w != "user.empty="), file=f)
PY
	same 'the tree is that of umoci unpack' umoci.list.same ours.list.same
	is 'and it is not a small one' yes "$([ "$(wc -l <"$work/umoci.list")" -gt 80 ] && echo yes)"
else
	skip 'the tree is that of umoci unpack' 'that takes root'
fi
for format in tar tar.gz tar.zst tar.xz; do
	succeeds "pack to $format" verb pack ours "odd.$format"
	succeeds "unpack $format" verb unpack "odd.$format" "from.$format"
	listing "from.$format" again.list
	same "unpack after pack gives the same ($format)" ours.list again.list
done
for format in docker-archive oci-archive oci; do
	succeeds "pack --format=$format" verb pack "--format=$format" --name=odd:1 --cmd=/bin/su --env=A=b --user=5:7 --workdir=/w --label=l=m ours "odd.$format"
	name=
	[ "$format" != oci-archive ] || name=:odd:1
	[ "$format" != oci ] || name=:odd:1
	succeeds "unpack $format" verb unpack "$format:odd.$format$name" "from.$format"
	listing "from.$format" again.list
	same "unpack after pack gives the same ($format)" ours.list again.list
	prints_like "skopeo reads $format" '*"Cmd":*"/bin/su"*' as_user skopeo inspect --config "$format:$mine/odd.$format$name"
	succeeds "skopeo copies $format" as_user skopeo --insecure-policy copy -q "$format:$mine/odd.$format$name" "oci:$mine/copied-$format:x"
	if is_root; then
		umoci unpack --image "$mine/copied-$format:x" "$work/bundle-$format" >/dev/null 2>&1 || :
		python3 "$mine/list_tree.py" "$work/bundle-$format/rootfs" >"$work/umoci.list" || :
		sed 's/ | user.empty=//' "$work/ours.list" >"$work/ours.list.same"
		same "umoci's tree of it is ours ($format)" ours.list.same umoci.list
	fi
done
fails 'a format that is none' 125 '*--format: *is none of tar, docker-archive, oci-archive, oci' verb pack --format=zip ours x
if [ -e "$mine/x" ]; then fail 'a format that is none' 'a file is left'; else ok 'and no file'; fi

# ---- the same bytes
before=
for round in 1 2; do
	epoch=1000000000
	for format in tar tar.gz tar.zst tar.xz; do
		succeeds "round $round: $format" verb pack ours "round.$format"
	done
	for format in docker-archive oci-archive; do
		succeeds "round $round: $format" verb pack "--format=$format" --name=odd:1 ours "round.$format"
	done
	sums=$(cd "$mine" && sha256sum round.*)
	[ "$round" != 1 ] || { before=$sums; touch "$mine/ours/empty" "$mine/ours/w"; rm "$mine"/round.*; }
done
is 'SOURCE_DATE_EPOCH: the same bytes, whatever was touched since' "$before" "$sums"
epoch=

# ---- to the standard output
for format in tar docker-archive oci-archive; do
	succeeds "pack --format=$format to a file" verb pack "--format=$format" --name=odd:1 ours "out.$format"
	# shellcheck disable=SC2016 # the inner shell's
	succeeds "pack --format=$format to a pipe" as_user sh -c 'first=$1 && shift && "$@" - | cat >"$first"' sh "pipe.$format" \
		env FAKEJAIL_STORE="$mine/store" "$FAKEJAIL" pack "--format=$format" --name=odd:1 ours
	succeeds 'the same bytes' cmp "$mine/out.$format" "$mine/pipe.$format"
done
is 'and there is no file -' '' "$(ls -d "$mine/-" 2>/dev/null)"
fails 'a layout is no file' 125 "fakejail: pack: --format=oci makes a directory, and '-' is none" verb pack --format=oci ours -
fails 'a full disk' 125 "*cannot write '/dev/stdout': No space left on device*" as_user sh -c "$FAKEJAIL pack ours - >/dev/full"

# ---- holes
as_user sh -c 'mkdir holes && cd holes && truncate -s 20G hole && truncate -s 1G middle && printf x | dd of=middle bs=1 seek=500000000 conv=notrunc 2>/dev/null
	printf begin >end && truncate -s 64M end && : >none && truncate -s 100 short'
succeeds 'pack a tree of 21 GB of holes' verb pack holes holes.tar
is 'the archive is small' yes "$([ "$(stat -c %s "$mine/holes.tar")" -lt 100000 ] && echo yes)"
succeeds 'unpack it' verb unpack holes.tar holes2
is 'so is the tree' yes "$([ "$(du -sk "$mine/holes2" | cut -f1)" -lt 1000 ] && echo yes)"
is 'lengths' "$(cd "$mine/holes" && stat -c '%n %s' ./*)" "$(cd "$mine/holes2" && stat -c '%n %s' ./*)"
succeeds 'data' cmp "$mine/holes/middle" "$mine/holes2/middle"
as_user mkdir holes3
succeeds 'tar reads it' as_user tar -C holes3 -xf holes.tar
succeeds 'the same data' cmp "$mine/holes/middle" "$mine/holes3/middle"

# ---- records that are elsewhere
busybox=$(command -v busybox)
as_user sh -c "mkdir -p outer/bin outer/srv && cp $busybox outer/bin"
succeeds 'a tree in a jail' verb outer /bin/busybox sh -c 'busybox mkdir /srv/in; echo s >/srv/in/s; busybox chown 7:8 /srv/in/s; busybox chmod 4750 /srv/in/s
	busybox mknod /srv/in/null c 1 3; busybox mknod /srv/in/f p'
# listed FILE: kind, mode and owner of an archive's members.
listed() {
	tar --numeric-owner -tvf "$mine/$1" | awk '{ print $1, $2, $NF }'
}
want='drwxr-xr-x 0/0 ./
prw-r--r-- 0/0 ./f
crw-r--r-- 0/0 ./null
-rwsr-x--- 7/8 ./s'
succeeds 'pack it from outside' verb pack outer/srv/in in.tar
is 'with the owners of the jail that made it' "$want" "$(listed in.tar)"
is 'and nothing is written to it' '' "$(ls -d "$mine/outer/srv/in/.fakejail" 2>/dev/null)"
succeeds 'a copy of that jail' verb "--keep=$mine/copy" outer /bin/busybox true
succeeds 'pack it' verb pack outer one.tar
succeeds 'pack the copy' verb pack copy two.tar
succeeds 'the same bytes' cmp "$mine/one.tar" "$mine/two.tar"
as_user mv outer/srv/in moved
succeeds 'pack --db' verb pack --db=outer/.fakejail/owners moved in2.tar
is 'with those owners' "$want" "$(listed in2.tar)"
fails 'pack --db without the file' 125 "*--db: cannot read 'nosuch'*" verb pack --db=nosuch moved x.tar
as_user sh -c "mkdir -p sealed/bin && cp $busybox sealed/bin && chmod 555 sealed"
succeeds 'a tree that may not be written' verb sealed /bin/busybox chown 5:6 /bin/busybox
succeeds 'pack it' verb pack sealed sealed.tar
like 'with its owners' '*-rwxr-xr-x 5/6 ./bin/busybox' "$(listed sealed.tar)"
succeeds 'run a copy of it' verb --rm sealed /bin/busybox sh -c 'test "$(/bin/busybox stat -c %u:%g /bin/busybox)" = 5:6'
as_user mkdir host host/d
succeeds 'fakejail / records owners of a tree' verb / chown 9:10 "$mine/host/d"
succeeds 'pack it' verb pack host host.tar
is 'with its owners' 'drwxr-xr-x 0/0 ./
drwxr-xr-x 9/10 ./d/' "$(listed host.tar)"
as_user mkdir inner inner/r inner/r/.fakejail
succeeds 'a tree with the records of another in it' verb pack inner inner.tar
succeeds 'can be unpacked' verb unpack inner.tar inner2

# ---- pack, beside tar as real root
if is_root; then
	# No device has two names: tar writes two devices then, and pack a link.
	cat >"$work/change" <<'CHANGE'
set -e
touch /marker
chown 0:42 /etc/shadow; chmod 640 /etc/shadow
chmod 4755 /usr/bin/passwd /bin/su; chgrp 50 /usr/bin/wall; chmod 2755 /usr/bin/wall
chown -R 6:12 /var/cache /var/mail; chmod 1777 /tmp /var/tmp; chmod 2775 /var/local; chgrp 50 /var/local
mknod /srv/null c 1 3; mknod /srv/sda b 8 0; chmod 660 /srv/sda; mkfifo /srv/fifo; chmod 600 /srv/fifo; chown 1:6 /srv/sda;
ln /bin/cat /srv/cat; ln -s nowhere /srv/dangling; chown -h 3:4 /srv/dangling; ln /srv/dangling /srv/dangling2
setcap cap_net_raw+ep /bin/ping 2>/dev/null || setcap cap_net_raw+ep /bin/ls
setfacl -m u:1234:r,g:5678:rw /etc/issue; mkdir /srv/acl; setfacl -d -m g:99:rwx /srv/acl
setfattr -n user.note -v 'a note' /etc/passwd; setfattr -n user.dir -v d /srv
mkdir -m 0 /srv/closed; mkdir -p "/srv/$(printf '%0100d' 1)/$(printf '%0120d' 2)"; echo x >"/srv/with blank
and line"; echo u >/srv/ü
truncate -s 1M /srv/hole; echo end >>/srv/hole
chown 70000:80000 /srv/hole; chown 3000000:1 /srv/cat
rm -rf /var/lib/apt/lists /run/*
find / -xdev ! -name .fakejail \( -newer /marker -o -name marker \) -exec touch -h -d @1500000000.250 {} +
touch -d @1500000000 / /change
CHANGE
	# Without what is large and like the rest.
	mkdir "$work/real" "$mine/jail"
	tar -C "$cached" --exclude=./.fakejail --exclude=./usr/share --exclude=./usr/lib/x86_64-linux-gnu/perl* -cf "$work/root.tar" .
	tar -C "$work/real" -xpf "$work/root.tar"
	tar -C "$mine/jail" -xpf "$work/root.tar"
	chown -hR 0:0 "$work/real"
	cp "$work/change" "$work/real/change"
	cp "$work/change" "$mine/jail/change"
	give_to_user "$mine/jail/change"
	succeeds 'real root makes changes' chroot "$work/real" /bin/sh /change
	succeeds 'so does the jail'\''s' verb --bare jail /bin/sh /change
	tar -C "$work/real" --format=posix --pax-option=delete=atime,delete=ctime --xattrs --xattrs-include='user.*' --xattrs-include='security.*' --acls --sparse --numeric-owner --sort=name \
		-cf "$work/want.tar" .
	succeeds 'pack it' verb pack jail got.tar
	run python3 "$mine/compare_archives.py" "$work/want.tar" "$mine/got.tar"
	like 'the archive of a debootstrapped root is that of tar' '[1-9][0-9][0-9][0-9]* members' "$out"
else
	skip 'the archive of a debootstrapped root is that of tar' 'that takes root'
fi
finish
