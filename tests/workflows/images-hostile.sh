#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# images-hostile.sh - tests archives and images that are truncated, damaged, forged, too large, or made to write outside of
# the tree. Each must give one line that names what is wrong, and the status 125. No file may be left, or written outside.
# src/hostile_images.py makes them.
. "$(dirname "$0")/../lib/lib.sh"
need busybox python3 zstd

cp "$(command -v busybox)" "$mine/busybox"
cp "$tests_dir/workflows/src/hostile_images.py" "$mine/make.py"
mkdir "$mine/outside"
echo canary >"$mine/outside/canary"
give_to_user "$mine/outside"
as_user python3 make.py
# shellcheck disable=SC2086,SC2317 # FAKEJAIL may be several words; what the checks below call
verb() { as_user env "FAKEJAIL_STORE=$mine/store" $FAKEJAIL "$@"; }

# What is outside, with modes and owners; nothing of it may change. (Jails keep what they found in large texts.)
as_user mkdir -p home/.local/state/fakejail/texts
outside() {
	find "$mine" ! -path "$mine/home/.local/state/fakejail/texts*" ! -path "$mine/store/*" ! -path "$mine/store" ! -path "$mine/root*" -printf '%p %s %m %U %T@ %l\n' | grep -v "^$mine [0-9]" | sort
}
# left NAME: is nothing left of what failed?
left() {
	for kind in tmp copies; do
		[ -z "$(ls -A "$mine/store/$kind" 2>/dev/null)" ] || fail "$1" "something is left in the store's $kind"
	done
	[ ! -e "$mine/root" ] || fail "$1" 'the directory is left'
	now=$(outside)
	[ "$now" = "$before" ] || fail "$1" 'something outside has changed' "$(printf '%s\n%s\n' "$before" "$now" | sort | uniq -u)"
}

before=$(outside)
tab=$(printf '\t')
while IFS=$tab read -r file option pattern; do
	[ "$option" != - ] || option=
	# shellcheck disable=SC2086 # a word or none
	run verb unpack $option "$file" root
	lines=$(printf '%s' "$err" | grep -c '^' || :)
	if [ -z "$pattern" ]; then
		[ "$rc" = 0 ] || fail_run "$file" 'expected exit status 0'
		[ "$rc" != 0 ] || ok "$file is unpacked"
		rm -rf "$mine/root"
	else
		# shellcheck disable=SC2254 # a pattern
		case $rc:$lines:$err in
		125:1:"fakejail: unpack: "$pattern) ok "$file" ;;
		*) fail_run "$file" 'not as expected' "expected status 125 and one line like: fakejail: unpack: $pattern" ;;
		esac
	fi
	left "$file"
	rm -rf "$mine/root"
done <"$mine/table"

# ---- no permission
cp "$mine/image-good.tar" "$mine/secret.tar"
chmod 600 "$mine/secret.tar"
as_user sh -c 'mkdir closed && chmod 555 closed'
before=$(outside)
if is_root; then
	fails 'an archive that may not be read' 125 "fakejail: unpack: cannot read 'secret.tar': Permission denied" verb unpack secret.tar root
	left 'an archive that may not be read'
fi
fails 'a directory that may not be written' 125 "fakejail: unpack: cannot make the directory 'closed/root': Permission denied" verb unpack image-good.tar closed/root
left 'a directory that may not be written'
# shellcheck disable=SC2086 # words
fails 'a store that may not be written' 125 "fakejail: pull: cannot make the directory 'closed/store': Permission denied" as_user env FAKEJAIL_STORE=closed/store $FAKEJAIL \
	pull image-good.tar x
left 'a store that may not be written'
# shellcheck disable=SC2086 # words
fails 'a store in a directory that cannot be made' 125 "fakejail: pull: cannot make the directory 'closed/two/store': Permission denied" \
	as_user env FAKEJAIL_STORE=closed/two/store $FAKEJAIL pull image-good.tar x
fails 'an archive where none may be written' 125 "fakejail: pack: cannot write 'closed/x.tar': Permission denied" verb pack outside closed/x.tar
left 'an archive where none may be written'

# ---- the standard output
fails 'a list for a full disk' 125 'fakejail: images: cannot write to standard output: No space left on device' \
	as_user sh -c "FAKEJAIL_STORE=$mine/store $FAKEJAIL images >/dev/full"
succeeds 'pull with all standard descriptors closed' as_user sh -c "exec <&- >&- 2>&-; FAKEJAIL_STORE=$mine/store $FAKEJAIL pull image-good.tar unheard"
is 'and what it would print is in no file' '' "$(grep -rl 'unheard sha256' "$mine/store" || :)"
# Who reads may go away: no word then, and the end of tar(1). The left side waits until nobody can read what it writes.
as_user sh -c "mkdir owned && cp busybox owned && $FAKEJAIL owned /busybox chown 5:6 busybox && mkfifo gone"
unread() {
	run as_user env --default-signal=PIPE "FAKEJAIL_STORE=$mine/store" "FAKEJAIL=$FAKEJAIL" sh -c '
		{ read -r go <gone; $FAKEJAIL "$@"; echo "$?" >&2; } | { exec <&-; echo go >gone; }' sh "$@"
	is "nobody reads what '$*' prints" 141 "$err"
}
unread pack owned -
unread pack --format=oci-archive owned -
unread images
unread doctor
unread --version
for what in list check prune 'export mtree'; do
	# shellcheck disable=SC2086 # words
	unread owners $what owned
done
is 'and nothing is left in the store' '' "$(ls -A "$mine/store/tmp")"
fails 'an archive for a closed standard output' 125 "fakejail: pack: cannot write '/dev/stdout': Bad file descriptor*" \
	as_user sh -c "$FAKEJAIL pack owned - >&-"
fails 'a list for a closed standard output' 1 'fakejail owners: standard output: Bad file descriptor' \
	as_user sh -c "$FAKEJAIL owners list owned >&-"
for what in check prune; do
	succeeds "owners $what with a closed standard output" as_user sh -c "$FAKEJAIL owners $what owned >&-"
	fails "owners $what for a full disk" 1 'fakejail owners: standard output: No space left on device' \
		as_user sh -c "$FAKEJAIL owners $what owned >/dev/full"
done
prints 'and the records are as before' 'file   0755 5:6 /busybox' verb owners list owned
fails 'help for a full disk' 1 '*No space left on device' as_user sh -c "$FAKEJAIL owners --help >/dev/full"
for what in doctor --version; do
	fails "$what for a full disk" 125 'fakejail: cannot write to standard output' as_user sh -c "$FAKEJAIL $what >/dev/full"
done

# ---- words that are wrong, missing or empty: nothing is done or written
unset="is an empty argument: is a variable not set?"
before=$(outside)
fails 'owners list and a FILE' 2 "fakejail owners: list: too many words: 'canary' (see fakejail owners --help)" verb owners list owned canary
fails 'owners prune and a FILE' 2 "fakejail owners: prune: too many words: 'canary' (see fakejail owners --help)" verb owners prune owned canary
fails 'owners export and two FILEs' 2 "fakejail owners: export: too many words: 'x' (see fakejail owners --help)" verb owners export mtree owned canary x
fails 'owners list of nothing' 2 "fakejail owners: ROOTFS $unset" verb owners list ''
fails 'owners copy to nothing' 2 "fakejail owners: COPY $unset" verb owners copy owned ''
fails 'owners export to nothing' 2 "fakejail owners: FILE $unset" verb owners export mtree owned ''
fails 'owners --db without a file' 2 'fakejail owners: --db wants a file' verb owners list --db= owned
fails 'owners import of another format' 1 'fakejail owners: cannot import mtree: the formats are *, override_stat and pseudo' verb owners import mtree owned
fails 'unpack of nothing' 125 "fakejail: unpack: IMAGE $unset" verb unpack '' root
fails 'unpack to nothing' 125 "fakejail: unpack: ROOTFS $unset" verb unpack image-good.tar ''
fails 'run of nothing' 125 "fakejail: run: IMAGE $unset" verb run ''
fails 'pack of nothing' 125 "fakejail: pack: ROOTFS $unset" verb pack '' x.tar
fails 'pack to nothing' 125 "fakejail: pack: FILE $unset" verb pack owned ''
fails 'pack of an entry point of numbers' 125 "fakejail: pack: '\[1\]' is no JSON list of words" verb pack --entrypoint='[1]' --format=oci owned x
fails 'pack of a variable without a value' 125 "fakejail: pack: --env: 'A' is not NAME=VALUE" verb pack --env=A --format=oci owned x
fails 'images in two ways' 125 'fakejail: images: --format and --prune exclude each other' verb images --format=json --prune
fails 'a copy in no directory' 125 "fakejail: --rm: --keep: cannot make the directory '$mine/nosuch/x': No such file or directory" verb --keep=nosuch/x owned /busybox true
fails 'a copy over another' 125 "fakejail: --rm: --keep: '$mine/outside' is there, and is no empty directory" verb --keep=outside owned /busybox true
left 'wrong words'
verb pack --platform=linux/arm/v7 --format=oci owned layout
like 'a platform with a variant' '*"architecture":"arm"*"variant":"v7"*' "$(cat "$mine"/layout/blobs/sha256/*)"
before=$(outside)
for verb in images pack pull rmi run unpack; do
	prints_like "$verb --help" "Usage: fakejail $verb *" verb "$verb" --help
done
verb rmi unheard

# ---- inputs without an end, and files that are none
mkdir "$mine/layouts"
give_to_user "$mine/layouts"
as_user env "FAKEJAIL_STORE=$mine/store" "FAKEJAIL=$FAKEJAIL" sh -c '$FAKEJAIL unpack image-good.tar for-layouts && mkfifo fifo
	$FAKEJAIL pack --format=oci for-layouts layouts/good && rm -rf for-layouts
	cd layouts
	for name in index manifest layer manifest-zero layer-zero manifest-huge; do cp -R good "$name"; done
	blob_of() { grep -o "sha256:[0-9a-f]*" "$1" | sed -n "s/^sha256://;$2p"; }
	manifest=$(blob_of good/index.json 1)
	layer=$(blob_of "good/blobs/sha256/$manifest" 2)
	put() { rm "$1"; shift; "$@"; }
	put index/index.json mkfifo index/index.json
	put "manifest/blobs/sha256/$manifest" mkfifo "manifest/blobs/sha256/$manifest"
	put "layer/blobs/sha256/$layer" mkfifo "layer/blobs/sha256/$layer"
	put "manifest-zero/blobs/sha256/$manifest" ln -s /dev/zero "manifest-zero/blobs/sha256/$manifest"
	put "layer-zero/blobs/sha256/$layer" ln -s /dev/zero "layer-zero/blobs/sha256/$layer"
	truncate -s 1T "manifest-huge/blobs/sha256/$manifest"'
before=$(outside)
# shellcheck disable=SC2317
endless() { yes | verb "$@"; }
for file in /dev/zero /dev/urandom docker-archive:/dev/zero oci-archive:/dev/zero oci:/dev/zero; do
	fails "unpack $file" 125 "fakejail: unpack: '/dev/*': it is no archive" verb unpack "$file" root
	fails "pull $file" 125 "fakejail: pull: '/dev/*': it is no archive" verb pull "$file" x
	fails "run $file" 125 "fakejail: run: '*/dev/*': it is no archive" verb run "${file%%/*}/${file#*/}" true
	left "$file"
done
for verb in 'unpack - root' 'pull - x' 'run - true'; do
	# shellcheck disable=SC2086 # words
	fails "$verb, of an input without an end" 125 "fakejail: ${verb%% *}: '-': it is no archive" endless $verb
	left "$verb"
done
# shellcheck disable=SC2317
from_fifo() { (as_user sh -c 'yes >fifo' 2>/dev/null &) && verb "$@"; }
fails 'a fifo without an end' 125 "fakejail: unpack: 'fifo': it is no archive" from_fifo unpack fifo root
before=$(outside) # the fifo was written to
left 'a fifo without an end'
fails 'a directory' 125 "fakejail: pull: 'outside' is a directory, and no OCI layout" verb pull outside x
while read -r name pattern; do
	fails "layout $name" 125 "fakejail: unpack: $pattern" verb unpack "layouts/$name" root
	left "unpack layout $name"
	fails "pull of layout $name" 125 "fakejail: pull: $pattern" verb pull "layouts/$name" x
	left "pull layout $name"
done <<EOF
index *index.json': cannot read it: Wrong medium type
manifest the blob sha256:* cannot read it: Wrong medium type
layer the blob sha256:* cannot read it: Wrong medium type
manifest-zero the blob sha256:* cannot read it: Wrong medium type
layer-zero the blob sha256:* cannot read it: Wrong medium type
manifest-huge sha256:* has 1099511627776 bytes, more than any manifest
EOF
rm -rf "$mine/layouts" "$mine/fifo"

# ---- a copy of a tree into itself
before=$(outside)
succeeds 'a tree to copy' verb unpack image-good.tar root
fails '--keep in the tree' 125 "fakejail: --rm: --keep: '$mine/root/kept' lies in the tree that is copied*" verb --keep=root/kept root /bin/busybox true
is 'it is not left' '' "$(ls -d "$mine/root/kept" 2>/dev/null)"
# shellcheck disable=SC2086 # words
fails 'the store in the tree' 125 "fakejail: --rm: the store '$mine/root/store' lies in the tree that is copied*" \
	as_user env "FAKEJAIL_STORE=$mine/root/store" $FAKEJAIL --rm --copy root /bin/busybox true
rm -rf "$mine/root"
left 'a copy of a tree into itself'

# ---- pack to what is no regular file: it is written, and not replaced
succeeds 'a tree to pack' verb unpack image-good.tar root
as_user mkfifo fifo
as_user sh -c 'tar -tf - <fifo >list' &
for format in tar docker-archive; do
	fails "pack --format=$format to a full device" 125 "fakejail: pack: cannot write '/dev/full': No space left on device*" \
		verb pack --format=$format root /dev/full
done
fails 'pack to a directory' 125 "fakejail: pack: cannot write 'outside': Is a directory*" verb pack root outside
succeeds 'pack to a fifo' verb pack root fifo
wait
like 'what has come out of it' '*./bin/busybox*' "$(cat "$mine/list")"
like 'it is a fifo' 'p*' "$(ls -l "$mine/fifo")"
rm -rf "$mine/root" "$mine/fifo" "$mine/list"

# ---- a tree that somebody else changes: an error that names a file, or a whole result
cp "$tests_dir/workflows/src/churn.py" "$mine/churn.py"
succeeds 'a tree to change' verb unpack image-good.tar root
as_user mkdir root/changing root/steady
as_user sh -c 'seq 3000 >root/steady/lines; for i in $(seq 40); do seq $i 999 >root/changing/f$i; done'
as_user python3 churn.py root/changing stop &
churn=$!
good=0
bad=
# changing NAME COMMAND...: what the command makes when it succeeds is looked at by whole().
changing() {
	changing_name=$1
	shift
	good=0
	bad=0
	for _ in $(seq 12); do
		rm -rf "$mine/kept" "$mine/out.tar"
		run "$@"
		lines=$(printf '%s' "$err" | grep -vc ' is a socket\|^hint: ' || :)
		if [ "$rc" = 0 ] && whole; then
			good=$((good + 1))
			continue
		fi
		bad=$((bad + 1))
		# shellcheck disable=SC2254
		case $rc:$lines:$err in
		125:[12]:fakejail:*"'"*changing*"'"*) ;;
		*) fail_run "$changing_name" 'neither an error that names a file nor a whole result' ;;
		esac
		if [ -e "$mine/kept" ] || [ -e "$mine/out.tar" ]; then fail "$changing_name" 'something is left'; fi
	done
	ok "$changing_name: $good whole, $bad refused"
}
# shellcheck disable=SC2317
whole() { python3 -c '
import sys, tarfile
t = tarfile.open(sys.argv[1])
for m in t: m.isreg() and len(t.extractfile(m).read()) == m.size or m.isreg() and sys.exit("short: " + m.name)
sys.exit(t.extractfile("./steady/lines").read() != open(sys.argv[2], "rb").read())' "$mine/out.tar" "$mine/root/steady/lines"; }
changing 'pack of a tree that changes' verb pack root out.tar
# shellcheck disable=SC2317
whole() { cmp "$mine/kept/steady/lines" "$mine/root/steady/lines" && ! grep -q 'changing.*No such file' "$work/err"; }
changing '--keep of a tree that changes' verb --keep=kept root /bin/busybox true
# shellcheck disable=SC2317
whole() { :; }
changing '--copy of a tree that changes' verb --rm --copy root /bin/busybox true
touch "$mine/stop"
wait "$churn"
rm "$mine/stop"
rm -rf "$mine/root" "$mine/kept" "$mine/out.tar"

# ---- no space
if is_root && unshare -m true 2>/dev/null; then
	mkdir "$mine/small"
	printf '#!/bin/sh\nmount -t tmpfs -o size=1m,mode=777 none "%s/small" && exec "$@"\n' "$mine" >"$work/mounted"
	chmod 755 "$work/mounted"
	root_by="unshare -m $work/mounted"
	# What is left is looked at in there, where it can be seen.
	for archive in image-good.tar oci-good.tar cut-50.tar; do
		# shellcheck disable=SC2016 # for the inner shell
		run as_user env "FAKEJAIL_STORE=$mine/store" "FAKEJAIL=$FAKEJAIL" sh -c '$FAKEJAIL unpack "$1" small/root; echo "$? $(ls -A small)"' sh "$archive"
		like "no space for the tree of $archive" "125 :fakejail: unpack: *member 'bin/busybox': cannot write it: No space left on device" "$out:$err"
	done
	# shellcheck disable=SC2016
	run as_user env FAKEJAIL_STORE=small/store "FAKEJAIL=$FAKEJAIL" sh -c '$FAKEJAIL pull image-good.tar x; echo "$? $(ls small/store/tmp small/store/blobs/sha256 | sed "/:\$/d")"'
	like 'no space in the store' "125 :fakejail: pull: *: No space left on device" "$out:$err"
	succeeds 'a tree that is larger' verb unpack image-good.tar tree
	for name in out.tar out.tar.zst; do
		# shellcheck disable=SC2016
		run as_user env "FAKEJAIL_STORE=$mine/store" "FAKEJAIL=$FAKEJAIL" sh -c 'dd if=/dev/zero of=small/fill bs=1k count=1000 2>/dev/null
			$FAKEJAIL pack tree "small/$1"; echo "$? $(ls -A small)"' sh "$name"
		like "no space for $name" "125 fill:fakejail: pack: cannot write 'small/$name*': No space left on device*" "$out:$err"
	done
	# shellcheck disable=SC2016
	run as_user env "FAKEJAIL_STORE=$mine/store" "FAKEJAIL=$FAKEJAIL" sh -c '$FAKEJAIL --keep=small/kept tree /bin/busybox true; echo "$? $(ls -A small)"'
	like 'no space for a copy' "125 :fakejail: --rm: cannot copy 'bin/busybox': No space left on device*" "$out:$err"
	# shellcheck disable=SC2016
	run as_user env "FAKEJAIL=$FAKEJAIL" sh -c '$FAKEJAIL --db=small/db tree /bin/busybox true && dd if=/dev/zero of=small/fill bs=1k 2>/dev/null
		cd tree && seq -f many%g 2000 | xargs touch && stat -c dev=%D,ino=%i,mode=100644,uid=7,gid=8,nlink=1,rdev=0 many* >../lines && cd ..
		$FAKEJAIL owners import --db=small/db fakeroot tree lines; echo $?; $FAKEJAIL owners export --db=small/db fakeroot tree small/out; echo $?
		$FAKEJAIL owners export --db=small/db fakeroot tree >/dev/full; echo "$? $(ls -A small)"
		$FAKEJAIL owners import --db=small/db fakeroot tree tree'
	like 'no space for owners' "1
1
1 db
fill:fakejail owners: small/db: /many* cannot be recorded: No space left on device
fakejail owners: small/out: No space left on device
fakejail owners: standard output: No space left on device
fakejail owners: tree: Is a directory" "$out:$err"
	root_by=
else
	skip 'no space' 'that takes root and a mount namespace'
fi
finish
