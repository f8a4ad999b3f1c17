#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-options.sh - tests the launcher's options for overlays, in all right and wrong forms. A wrong form must give one
# line that names the directory and the error, and nothing may be made.
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=../lib/layers.sh
. "$tests_dir/lib/layers.sh"
need busybox

need_overlays

new_jail jail bin mnt proc
busybox_applets cat ln ls mkdir mkfifo mv rm sh sleep touch true
give_to_user "$root"
low=$mine/low
mkdir -p "$low/dir/deep"
echo low >"$low/f"
mkdir "$mine/rw" "$mine/work" "$mine/closed" "$mine/theirs"
echo file >"$mine/file"
ln -s rw "$mine/link"
for odd in 'with spaces' 'a,b' 'c:d' 'e\f' "g'h" 'i"j$k'; do
	mkdir "$mine/$odd" "$mine/$odd.up" "$mine/$odd.work"
	printf '%s\n' "$odd" >"$mine/$odd/f"
done
give_to_user "$mine"
chmod 0 "$mine/closed"
! is_root || chown 0:0 "$mine/theirs"
elsewhere=
for dir in /dev/shm /tmp /run; do
	[ "$(stat -c %d "$dir")" != "$(stat -c %d "$mine")" ] || continue
	elsewhere=$(mktemp -d "$dir/fakejail-$test_name.XXXXXX")
	give_to_user "$elsewhere"
	break
done
everything() {
	find "$mine" ! -path "$mine/home*" -printf '%P %y %m %l\n' | LC_ALL=C sort
}
before=$(everything)

# ---- wrong forms ----

# refused MESSAGE OPTION...: by the launcher, with that line.
refused() {
	message=$1
	shift
	fails "$*" 125 "fakejail: $message" jail "$@" "$root" true
}
wrong="
Try 'fakejail --help' for more information."
for option in --overlay-src --tmp-overlay --ro-overlay; do
	refused "option '$option' needs a value that is not empty$wrong" "$option="
	fails "$option at the end" 125 "fakejail: option '$option' needs a value$wrong" jail "$option"
done
fails '--overlay with two words' 125 "fakejail: option '--overlay' needs three values: RW WORK DEST$wrong" jail --overlay rw work
fails '--overlay with an empty word' 125 "fakejail: option '--overlay' needs a value that is not empty$wrong" jail --overlay rw '' /mnt "$root"
refused "option '--overlay-src': no such directory: '$mine/nowhere'" --overlay-src "$mine/nowhere" --tmp-overlay /mnt
refused "option '--overlay-src': no such directory: '$mine/nowhere'" --overlay-src nowhere --tmp-overlay /mnt
refused "option '--overlay-src': not a directory: '$mine/file'" --overlay-src file --tmp-overlay /mnt
refused "option '--overlay-src' is for an overlay option behind it$wrong" --overlay-src low
refused "option '--overlay-src' is for an overlay option behind it$wrong" --overlay-src low --tmp-overlay /mnt --overlay-src low
refused "option '--tmp-overlay' wants 1 or more --overlay-src before it$wrong" --tmp-overlay /mnt
refused "option '--overlay' wants 1 or more --overlay-src before it$wrong" --overlay rw work /mnt
refused "option '--ro-overlay' wants 2 or more --overlay-src before it$wrong" --overlay-src low --ro-overlay /mnt
refused "option '--ro-overlay' is not for /, but --read-only is$wrong" --overlay-src low --ro-overlay /
for place in /mnt /; do
	on="--overlay-src low --overlay"
	# shellcheck disable=SC2086 # words
	{
		refused "option '--overlay': no such directory: '$mine/nowhere'" $on nowhere work $place
		refused "option '--overlay': no such directory: '$mine/nowhere'" $on rw nowhere $place
		refused "option '--overlay': not a directory: '$mine/file'" $on file work $place
		refused "option '--overlay': not a directory: '$mine/file'" $on rw file $place
		refused "a lower layer is the upper one, or lies in it: $mine/low" $on low work $place
		refused "a lower layer is the upper one, or lies in it: $mine/low" --overlay-src low/dir --overlay low work $place
		refused "a lower layer is the upper one, or lies in it: $mine/rw" --overlay-src link --overlay rw work $place
		if is_root; then
			refused "option '--overlay': permission denied: '$mine/closed'" $on closed work $place
			refused "cannot write the upper layer $mine/theirs: *" $on theirs work $place
		fi
	}
done
! is_root || refused "option '--overlay-src': permission denied: '$mine/closed'" --overlay-src closed --tmp-overlay /mnt
apart='neither the work directory nor the upper layer may lie in the other'
refused "$apart: $mine/rw" --overlay-src low --overlay rw rw /mnt
refused "$apart: $mine/low/dir/deep" --overlay-src rw --overlay low/dir low/dir/deep /mnt
refused "$apart: $mine/low/dir" --overlay-src rw --overlay low/dir/deep low/dir /mnt
if [ -n "$elsewhere" ]; then
	refused "the work directory must be on the file system of the upper layer: $elsewhere" --overlay-src low --overlay rw "$elsewhere" /mnt
else
	skip 'another file system' 'this machine has one alone'
fi
refused 'cannot mount an overlay on /bin/sh: Not a directory' --overlay-src low --tmp-overlay /bin/sh
refused 'cannot mount /bin/sh: Not a directory' --tmpfs /bin/sh
refused "the upper layer lies in ROOTFS, of which nothing changes: $root" --overlay jail work /
refused "the upper layer lies in ROOTFS, of which nothing changes: $root/mnt" --overlay jail/mnt work /
refused "ROOTFS lies in the upper layer: $mine" --overlay . work /
refused "ROOTFS lies in the upper layer: /" --overlay / work /
fails 'the whole host as the lower layer' 125 'fakejail: the whole host cannot be a layer of an overlay' jail --overlay rw work / / true
refused "an overlay on / and a private copy do not go together$wrong" --rm --tmp-overlay /
refused "an overlay on / and a private copy do not go together$wrong" --keep=kept --overlay rw work /
refused "option '--copy' is for --rm$wrong" --copy
# shellcheck disable=SC2086,SC2317 # words; called below
stored() { as_user env FAKEJAIL_STORE="$1" $FAKEJAIL --rm "$root" true; }
fails 'the store in the lower layer' 125 "fakejail: the private directory would lie in ROOTFS, in $root/store
hint: FAKEJAIL_STORE=DIR says where it is made" stored "$root/store"
is 'nothing is left of that' '' "$(find "$root/store/copies" -mindepth 1)"
rm -rf "$root/store"
is 'nothing has been made by all these' "$before" "$(everything | grep -v '/\.fakejail')"

# ---- right forms ----

writes='cat /mnt/f; echo new >/mnt/new; cat /mnt/new'
for form in '--overlay-src=low --tmp-overlay=/mnt' '--overlay-src low --tmp-overlay mnt' '--overlay-src ./low --tmp-overlay /mnt/' \
	'--overlay-src low --tmp-overlay //mnt/../mnt/.' '--overlay-src low --overlay rw work /mnt' '--overlay-src low --overlay=rw work mnt' \
	'--overlay-src low --overlay link work /mnt' '--overlay-src low --overlay low/dir work /mnt' '--overlay-src low --overlay rw low/dir /mnt'; do
	# shellcheck disable=SC2086 # words
	prints "$form" 'low
new' jail $form "$root" sh -c "$writes"
	rm -rf "$mine/rw/new" "$low/dir/new"
done
prints 'a place that is not there yet' low jail --overlay-src low --tmp-overlay /a/b/c "$root" cat /a/b/c/f
rm -rf "$root/a"
# The layers of one mount lie on two devices.
prints 'a user may not change names of root' 'no link
no rename
dir
f' jail --userspec 1000:1000 --overlay-src low --tmp-overlay /mnt "$root" sh -c 'ln /mnt/f /mnt/g 2>/dev/null || echo no link
	mv /mnt/f /mnt/dir/f 2>/dev/null || echo no rename; ls /mnt'

# The host's file for names is mounted where the jail has none: the topmost layer that has it decides.
if [ -s /etc/hosts ]; then
	mkdir "$mine/named" "$mine/named/etc" "$mine/rw/etc" "$root/etc"
	give_to_user "$mine/named" "$mine/rw" "$root/etc"
	host=$(cat /etc/hosts)
	prints 'hosts: the jail has none' "$host" jail --overlay-src named --overlay rw work / "$root" cat /etc/hosts
	echo of the layer >"$mine/named/etc/hosts"
	prints 'hosts: that of a layer' 'of the layer' jail --overlay-src low --overlay-src named --tmp-overlay / "$root" cat /etc/hosts
	prints 'hosts: that of a layer below' 'of the layer' jail --overlay-src named --overlay rw work / "$root" cat /etc/hosts
	echo of the upper >"$mine/rw/etc/hosts"
	prints 'hosts: that of the upper layer' 'of the upper' jail --overlay-src named --overlay rw work / "$root" cat /etc/hosts
	: >"$mine/rw/etc/hosts"
	prints 'hosts: an empty one' "$host" jail --overlay-src named --overlay rw work / "$root" cat /etc/hosts
	ln -sf ../etc/hosts.2 "$mine/rw/etc/hosts"
	echo by a link >"$root/etc/hosts.2"
	prints 'hosts: by a link to another layer' 'by a link' jail --overlay-src named --overlay rw work / "$root" cat /etc/hosts
	rm -r "$mine/named" "$mine/rw/etc" "${root:?}/etc"
else
	skip 'hosts' 'this host has none'
fi
prints 'two places, each with layers of its own' 'low
with spaces' jail --overlay-src low --tmp-overlay /mnt --overlay-src 'with spaces' --tmp-overlay /proc "$root" cat /mnt/f /proc/f
prints 'one on another: the later is seen' 'with spaces' \
	jail --overlay-src low --tmp-overlay /mnt --overlay-src 'with spaces' --tmp-overlay /mnt "$root" cat /mnt/f
for odd in 'with spaces' 'a,b' 'c:d' 'e\f' "g'h" 'i"j$k'; do
	for place in /mnt "/$odd"; do
		prints "a layer $odd on $place" "$odd
new" jail --overlay-src low --overlay-src "$odd" --overlay "$odd.up" "$odd.work" "$place" "$root" sh -c 'cd "$1"; cat f; echo new >new; cat new' sh "$place"
		is "a layer $odd: the change is above" new "$(cat "$mine/$odd.up/new")"
		rm -f "$mine/$odd.up/new"
	done
	prints "a root under $odd" 'new' jail --overlay "$odd.up" "$odd.work" / "$root" sh -c 'echo new >/new; cat /new'
	is "a root under $odd: the change is above" new "$(cat "$mine/$odd.up/new")"
	is "a root under $odd: and not below" no "$([ -e "$root/new" ] && echo yes || echo no)"
	mv "$root" "$mine/$odd.root"
	prints "a root called $odd" 'new' jail --overlay-src "$odd" --tmp-overlay / "$mine/$odd.root" sh -c 'cat /f >/dev/null; echo new >/new; cat /new'
	prints "--rm of $odd" 'new' jail --rm "$mine/$odd.root" sh -c 'echo new >/new; cat /new'
	mv "$mine/$odd.root" "$root"
	rm -rf "$root/${odd:?}"
done
prints '--copy' 'new' jail --rm --copy "$root" sh -c 'echo new >/new; cat /new'
is '--copy leaves nothing' no "$([ -e "$root/new" ] && echo yes || echo no)"

# The launcher holds locks while the copy is used. They must have numbers that its caller does not use.
echo text >"$mine/text"
for number in 3 4 5 6 7 8; do
	eval "exec $number<\"\$mine/text\""
	prints "--rm keeps descriptor $number" text jail --rm "$root" sh -c "cat <&$number"
	eval "exec $number<&-"
done

# ---- one upper layer, one jail ----

# in_use NAME OPTION...: while a jail with these options lives, another one with them is refused; and is not when that has ended.
in_use() {
	check=$1
	shift
	rm -f "$mine/ready" "$mine/go"
	jail --bind "$mine:/outside" "$@" "$root" sh -c '>/outside/ready; until [ -e /outside/go ]; do sleep 0.1; done' >"$work/holder" 2>&1 &
	holder=$!
	until [ -e "$mine/ready" ] || ! kill -0 "$holder" 2>/dev/null; do sleep 0.1; done
	fails "$check: two at once" 125 "fakejail: the upper layer $mine/rw is in use by another jail
hint: run both commands in one jail, or give each an upper layer of its own" jail --bind "$mine:/outside" "$@" "$root" true
	touch "$mine/go"
	wait "$holder" || fail "$check" 'the first failed' "$(cat "$work/holder")"
	prints "$check: when the last process has ended" yes jail --bind "$mine:/outside" "$@" "$root" sh -c 'echo yes'
}
in_use 'on a directory' --overlay-src low --overlay rw work /mnt
in_use 'on the root' --overlay rw work /
fails 'twice in one jail' 125 "fakejail: the upper layer $mine/link is in use *" \
	jail --overlay-src low --overlay rw work /mnt --overlay-src low --overlay link work /proc "$root" true

[ -z "$elsewhere" ] || rm -rf "$elsewhere"
finish
