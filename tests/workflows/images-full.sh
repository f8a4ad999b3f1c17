#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# images-full.sh - runs out of space and of inodes at each step of pull, unpack, run, --rm, --keep and pack: on a file system of every
# small size that is not enough. Each failure must name the cause, and leave nothing but the store's own frame. The same command
# must work as soon as there is room, and give what it gives with room from the beginning.
if [ "$(id -u)" = 0 ] && [ -z "${FAKEJAIL_OWN_MOUNTS:-}" ] && unshare -m true 2>/dev/null; then
	FAKEJAIL_OWN_MOUNTS=yes exec unshare -m --propagation private -- "$0" "$@"
fi
. "$(dirname "$0")/../lib/lib.sh"
if ! is_root || [ -z "${FAKEJAIL_OWN_MOUNTS:-}" ]; then
	skip everything 'that takes root and a mount namespace'
	finish
fi
need gcc

# ---- an image of two layers, in all forms
mkdir "$work/tree" "$work/tree/bin" "$work/tree/d"
printf '%s\n' '#include <stdio.h>' 'int main(void) { puts("it runs"); return 0; }' | gcc -Os -s -static -x c -o "$work/tree/bin/hello" - 2>"$work/gcc" ||
	fail 'the program of the image' 'it cannot be made' "$(cat "$work/gcc")"
seq 3000 >"$work/tree/d/lines"
ln "$work/tree/d/lines" "$work/tree/d/again"
cp -a "$work/tree" "$mine/tree"
give_to_user "$mine/tree"
(cd "$work/tree" && tar -cf "$mine/tree.tar" --owner=3 --group=4 .)
# shellcheck disable=SC2086,SC2317 # FAKEJAIL may be several words; what the checks below call
verb() { as_user env "FAKEJAIL_STORE=$store" $FAKEJAIL "$@"; }
store=$mine/store
succeeds 'a tree with owners' verb --userspec=0:0 tree /bin/hello
succeeds 'an image in an archive' verb pack --format=docker-archive --cmd=/bin/hello tree image.tar
succeeds 'an image in a layout' verb pack --format=oci --cmd=/bin/hello tree layout

small=$mine/small
mkdir "$small"
# room OPTIONS: an empty file system with so much room.
room() {
	! mountpoint -q "$small" || umount "$small"
	mount -t tmpfs -o "mode=1777,$1" none "$small"
}
# What is there: names, sizes and modes, without what differs between two runs.
held() {
	(cd "$small" && find . -mindepth 1 \( -path ./store/index.json -o -path './store/lock' -o -path '*/owners' \) -prune -o -printf '%p %y %m %s\n' | grep -v ' d ' | sort)
}
# left: what a failed command must not leave.
left() {
	(cd "$small" && find . -mindepth 1 \( ! -path './store*' -o -path './store/tmp/*' -o -path './store/copies/*' \
		-o -name '*.new-*' -o -name '.part*' \) | sort)
	# The tree of a stored image may stay, if it is whole.
	trees=$(held | grep '^./store/trees/' || :)
	[ -z "$trees" ] || [ "$trees" = "$(printf '%s\n' "$want" | grep '^./store/trees/')" ] || printf '%s\n' "$trees"
	# An index that names what is not whole.
	[ ! -e "$small/store/index.json" ] || find "$small/store/blobs" -type f | while read -r blob; do
		[ "$(sha256sum <"$blob")" = "${blob##*/}  -" ] || echo "$blob"
	done
}

# sweep NAME COMMAND...: until there is room.
sweep() {
	name=$1
	shift
	room size=64m
	run "$@"
	[ "$rc" = 0 ] || fail_run "$name" 'it fails with room'
	want_out=$out
	want=$(held)
	good=0
	bad=0
	for limit in size=4k size=8k size=12k size=16k size=20k size=24k size=28k size=32k size=40k size=48k size=64k size=96k size=128k \
		size=192k size=256k size=384k size=512k size=768k size=1024k size=1536k size=2m size=3m size=5m size=12m \
		$(seq -f 'size=64m,nr_inodes=%g' 2 60); do
		room "$limit"
		run "$@"
		if [ "$rc" = 0 ]; then
			if [ "$out" != "$want_out" ] || [ "$(held)" != "$want" ]; then
				fail_run "$name, $limit" 'it succeeds, but not as with room' "$(printf '%s\n%s\n' "$want" "$(held)" | sort | uniq -u)"
				bad=$((bad + 1))
			fi
			continue
		fi
		good=$((good + 1))
		lines=$(printf '%s\n' "$err" | grep -vc '^hint: ' || :)
		case $rc:$err in
		125:fakejail:*["'/"]*'No space left on device'* | 125:fakejail:*sha256:*'No space left on device'* | 125:*'has room for'*) ;;
		*)
			fail_run "$name, $limit" 'the failure has another message'
			bad=$((bad + 1))
			;;
		esac
		[ "$lines" -le 2 ] || fail_run "$name, $limit" "$lines lines"
		rest=$(left)
		[ -z "$rest" ] || {
			fail "$name, $limit" 'something is left' "$err" "$rest"
			bad=$((bad + 1))
		}
		mount -o remount,size=64m,nr_inodes=0 "$small"
		run "$@"
		if [ "$rc" != 0 ] || [ "$out" != "$want_out" ]; then
			fail_run "$name, $limit" 'it does not work afterwards'
			bad=$((bad + 1))
		elif [ "$(held)" != "$want" ]; then
			fail "$name, $limit" 'afterwards something else is there' "$(printf '%s\n%s\n' "$want" "$(held)" | sort | uniq -u)"
			bad=$((bad + 1))
		fi
	done
	if [ "$good" -lt 3 ]; then
		fail "$name" "it failed only $good times"
	elif [ "$bad" = 0 ]; then
		ok "$name: $good failures"
	fi
}

store=$small/store
sweep 'pull of an archive' verb pull image.tar x
sweep 'pull of a layout' verb pull layout x
sweep 'pull of a tree' verb pull tree.tar x
# shellcheck disable=SC2317
piped() { verb pull - x <"$mine/image.tar"; }
sweep 'pull of a pipe' piped
sweep 'run of an archive' verb run ./image.tar
sweep 'run of a tree' verb run ./tree.tar /bin/hello
sweep '--rm' verb --rm tree /bin/hello
sweep '--copy' verb --rm --copy tree /bin/hello
sweep 'unpack, all in one place' verb unpack image.tar small/root
store=$mine/store
sweep 'unpack of an archive' verb unpack image.tar small/root
sweep 'unpack of a layout' verb unpack layout small/root
sweep 'unpack of a tree' verb unpack tree.tar small/root
sweep '--keep' verb --keep=small/kept tree /bin/hello
sweep 'pack' verb pack tree small/out.tar.gz
sweep 'pack --format=oci-archive' verb pack --format=oci-archive tree small/out.tar
sweep 'pack --format=oci' verb pack --format=oci tree small/out
store=$small/store
sweep 'pack, the store' verb pack --format=docker-archive tree out.tar
umount "$small"
finish
