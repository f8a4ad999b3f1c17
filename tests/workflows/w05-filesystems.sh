#!/bin/sh
# shellcheck disable=SC2016,SC2086,SC2317 # scripts for the jail; FAKEJAIL and options may be several words; functions that `succeeds` calls
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w05-filesystems.sh - tests owners on file systems where files are identified in other ways than on ext4: overlays, whose
# files get other inode numbers when they are copied up; copies that share their blocks; file systems without birth times. On
# each, a tree gets owners, and is then changed as programs change it. Real root does the same on the same file system. The
# tree is listed again after the kernel has dropped its caches, and after it was mounted again. New files in the place of
# removed ones must not show their owners.
#
# Usage: w05-filesystems.sh [NAME...]: only on those. It needs root for mounts, which it makes in a mount namespace of its
# own.
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
if [ -z "${W05_NAMESPACE:-}" ] && unshare --mount --propagation private true 2>/dev/null; then
	W05_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
fi
. "$(dirname "$0")/../lib/lib.sh"
need busybox setfattr
: "${CC=cc}"
$CC -O1 -static -o "$work/attributes" "$tests_dir/workflows/src/attributes.c"
$CC -O1 -static -o "$work/watched" "$tests_dir/workflows/src/watched.c"
wanted=" $* "

if ! is_root || [ -z "${W05_NAMESPACE:-}" ]; then
	skip 'everything' 'only root can mount'
	finish
fi

# ---- the tree, and what is done to it ----

applets='cat chgrp chmod chown cp echo find ln ls mkdir mkfifo mknod mv rm sed sh sort stat touch'
fill() { # DIRECTORY: what lies in it before anybody gives it owners
	mkdir -p "$1/bin" "$1/w" && (
		cd "$1" && cp "$(command -v busybox)" bin/busybox &&
			for applet in $applets; do ln -s busybox "bin/$applet" || exit 1; done
		cp "$work/attributes" "$work/watched" bin
		cd w && umask 022 && for name in su appended moved removed closed truncated a b; do echo "$name" >"$name"; done
		mkdir -p dir sticky setgid deep/in/there tree/sub && echo x >deep/in/there/file && echo x >tree/sub/file
		ln -s moved link && ln a hard && mkfifo pipe && ln b b2
	)
}
change_all='cd /w; umask 022
	chmod 4755 su
	chown 9:9 appended; echo >>appended
	chown 9:10 moved; mv moved moved2
	chown 11:12 closed; chmod 0 closed; mv closed closed2
	chown 8:8 truncated; chmod 2711 truncated; echo >truncated; chmod 6711 truncated
	chown 7:7 dir; touch dir/new
	chown 3:4 sticky; chmod 1777 sticky; mkdir sticky/sub; echo >sticky/file
	chgrp 50 setgid; chmod 2775 setgid; echo >setgid/file; mkdir setgid/sub
	chown 20:20 deep; chown 21:21 deep/in; chown 22:22 deep/in/there; chown 23:23 deep/in/there/file; echo >>deep/in/there/file
	chown -R 30:31 tree; echo >>tree/sub/file; touch tree/sub/other
	chown -h 5:6 link; mv link link2
	chown 4:4 pipe; mv pipe pipe2
	chown 13:13 a; echo >>hard
	echo >>b2; chown 14:14 b
	chown 15:15 removed; rm removed; echo >removed
	attributes set a security.a 1; attributes set dir security.b 2; :
	mknod null c 1 3; chown 1:2 null; mv null null2
	echo >new; chown 40:41 new; ln new new2; mv new new3; chmod 600 new3'
list_all='cd /w && find . -exec stat -c "%A %u:%g %F %n" {} + | sort -k 4'
list_attributes='; attributes list * */*'

# ---- the file systems ----

# Each is a function that mounts it: mount_NAME DIRECTORY BASE, where BASE has what was made by prepare_NAME.
loop() { # FILE MEGABYTES MKFS...: a file system in a file
	loop_file=$1
	truncate -s "${2}M" "$loop_file"
	shift 2
	"$@" "$loop_file" >/dev/null 2>&1
}
on_loop() { # BASE DIRECTORY
	mount -o loop "$1/image" "$2"
}
overlay() { # BASE DIRECTORY OPTIONS
	mkdir -p "$1/upper/work" "$1/upper/up" "$1/lower" || return 1
	mount -t overlay -o "lowerdir=$1/lower,upperdir=$1/upper/up,workdir=$1/upper/work${3:+,$3}" none "$2"
}

prepare_overlay() { mkdir "$1/lower" && fill "$1/lower"; }
mount_overlay() { overlay "$1" "$2" ''; }
prepare_overlay_xino() { prepare_overlay "$1"; }
mount_overlay_xino() { overlay "$1" "$2" xino=on; }
prepare_overlay_metacopy() { prepare_overlay "$1"; }
mount_overlay_metacopy() { overlay "$1" "$2" metacopy=on,redirect_dir=on; }
prepare_overlay_index() { prepare_overlay "$1"; }
mount_overlay_index() { overlay "$1" "$2" index=on; }
prepare_overlay_nfs() { prepare_overlay "$1"; }
mount_overlay_nfs() { overlay "$1" "$2" index=on,nfs_export=on; }
# The layers on file systems of their own. (They have names, which the kernel finds the original of a copy by.)
prepare_overlay_two() {
	mkdir "$1/upper" "$1/lower" && loop "$1/image" 64 mkfs.ext4 -q && on_loop "$1" "$1/upper" && loop "$1/lower.image" 64 mkfs.ext4 -q &&
		mount -o loop "$1/lower.image" "$1/lower" && fill "$1/lower"
}
mount_overlay_two() { overlay "$1" "$2" xino=off; }
prepare_overlay_two_xino() { prepare_overlay_two "$1"; }
mount_overlay_two_xino() { overlay "$1" "$2" xino=on; }
prepare_overlay_on_tmpfs() { prepare_overlay_two "$1" && umount "$1/upper" && mount -t tmpfs none "$1/upper"; }
mount_overlay_on_tmpfs() { overlay "$1" "$2" xino=off; }
prepare_overlay_of_tmpfs() { prepare_overlay_two "$1" && umount "$1/lower" && mount -t tmpfs none "$1/lower" && fill "$1/lower"; }
mount_overlay_of_tmpfs() { overlay "$1" "$2" xino=off; }
# One without a name: what a copied file was copied from is forgotten with it.
prepare_overlay_nameless() {
	mkdir "$1/upper" "$1/lower" && mount -t tmpfs none "$1/upper" && loop "$1/lower.image" 64 mkfs.ext4 -q && tune2fs -U clear "$1/lower.image" &&
		mount -o loop "$1/lower.image" "$1/lower" && fill "$1/lower"
}
mount_overlay_nameless() { overlay "$1" "$2" xino=off; }
plain() { # BASE MKFS...: the tree is in it
	loop "$1/image" 400 "$2" $3 && mkdir "$1/first" && on_loop "$1" "$1/first" && fill "$1/first" && umount "$1/first"
}
prepare_ext4() { plain "$1" mkfs.ext4 -q; }
mount_ext4() { on_loop "$1" "$2"; }
prepare_xfs() { plain "$1" mkfs.xfs -q; }
mount_xfs() { on_loop "$1" "$2"; }
prepare_btrfs() { plain "$1" mkfs.btrfs -q; }
mount_btrfs() { on_loop "$1" "$2"; }
prepare_tmpfs() { :; }
mount_tmpfs() { mount -t tmpfs none "$2" && fill "$2"; }
prepare_ramfs() { :; }
mount_ramfs() { mount -t ramfs none "$2" && fill "$2"; }
prepare_bindfs() { prepare_overlay "$1"; }
# (It knows a file by its name, and for a while believes what it heard of another name.)
mount_bindfs() { bindfs -o allow_other,attr_timeout=0,entry_timeout=0 "$1/lower" "$2"; }

# It fails to copy fifos up, loses one name of a hard link, gives copied links other numbers, and forgets what set-group-id directories
# hand down: the first three are left out there, and its reference is a plain directory.
prepare_fuse_overlayfs() { prepare_overlay "$1"; }
mount_fuse_overlayfs() {
	case $1 in
	*/real) mount --bind "$1/lower" "$2" ;;
	*) mkdir -p "$1/upper" "$1/work" && fuse-overlayfs -o "allow_other,lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" "$2" ;;
	esac
}

is_gone_when_unmounted() {
	case $1 in
	tmpfs | ramfs) true ;;
	*) false ;;
	esac
}

tool_of() { # NAME: the command that it needs
	case $1 in
	xfs) echo mkfs.xfs ;;
	btrfs) echo mkfs.btrfs ;;
	ext4 | overlay_two* | overlay_*tmpfs | overlay_nameless) echo mkfs.ext4 ;;
	bindfs) echo bindfs ;;
	fuse_overlayfs) echo fuse-overlayfs ;;
	*) echo mount ;;
	esac
}

forget() { # what the kernel remembers of files that nobody has open
	sync
	echo 3 >/proc/sys/vm/drop_caches
}

# ---- on each ----

test_on() { # NAME
	name=$1
	list=$list_all
	change=$change_all
	base=$work/$name
	mkdir "$base" "$base/real" "$base/jail" "$base/root" "$base/real_root"
	if ! command -v "$(tool_of "$name")" >/dev/null 2>&1; then
		skip "$name" "$(tool_of "$name") is not installed (scripts/install-deps --tests)"
		return 0
	fi
	for whose in real jail; do
		if ! "prepare_$name" "$base/$whose" >"$work/why" 2>&1; then
			skip "$name" "cannot be made here: $(tail -n 1 "$work/why")"
			unmount_all
			return 0
		fi
	done
	root=$base/root
	real_root=$base/real_root
	case $name in
	ramfs) ;; # it has no attributes under a real root
	fuse_overlayfs)
		change=$(printf '%s\n' "$change_all" | grep -v 'pipe\|hard\|b2\|link\|attributes')
		list=$(printf '%s' "$list_all" | sed 's/find \./find . ! -name "pipe*" ! -name "hard*" ! -name "b2*" ! -name "link*"/')
		;;
	overlay_nameless) # what can have no tag is lost then
		list=$(printf '%s' "$list_all" | sed 's/find \./find . ! -name "pipe*" ! -name "link*"/')$list_attributes
		;;
	*) list="$list_all$list_attributes" ;;
	esac
	# Its tree is the user's, as he would have unpacked it.
	if ! mount_of "$name" real "$real_root" || ! mount_of "$name" jail "$root"; then
		skip "$name" "cannot be mounted here: $(tail -n 1 "$work/why")"
		unmount_all
		return 0
	fi
	succeeds "$name: real root changes a tree" chroot "$real_root" sh -c "$change"
	expected=$(chroot "$real_root" sh -c "$list")
	like "$name: and lists it" '*9:9*-rwsr-xr-x 0:0*' "$expected"
	succeeds "$name: so does the jail's" jail "$root" sh -c "$change"
	prints "$name: with the same owners" "$expected" jail "$root" sh -c "$list"
	prints "$name: who watches is told, and has no descriptor of the jail's" 'told, 0 calls of descriptors that are not open' jail "$root" watched
	prints "$name: and all is as it was" "$expected" jail "$root" sh -c "$list"
	forget
	prints "$name: when the kernel has forgotten the files" "$expected" jail "$root" sh -c "$list"
	if ! is_gone_when_unmounted "$name"; then
		umount "$root"
		mount_of "$name" jail "$root"
		prints "$name: mounted anew" "$expected" jail "$root" sh -c "$list"
		succeeds "$name: they are changed again" jail "$root" sh -c 'cd /w; for f in *; do
				[ ! -d $f ] || { echo >$f/x; rm $f/x; continue; }
				[ ! -f $f ] || echo >>$f
				mv $f x; mv x $f
			done'
		prints "$name: and stay" "$expected" jail "$root" sh -c "$list"
	fi
	case $name in
	xfs | btrfs)
		run as_user cp --reflink=always -p "$root/w/moved2" "$root/w/clone"
		is "$name: blocks that are shared" '' "$err"
		prints "$name: a copy is another file" '0:0 /w/clone
9:10 /w/moved2' jail "$root" stat -c '%u:%g %n' /w/clone /w/moved2
		prints "$name: and one made inside has what it was given" '9:10' jail "$root" sh -c 'cp -p /w/moved2 /w/clone; stat -c %u:%g /w/clone; rm /w/clone'
		;;
	esac
	succeeds "$name: records of removed files are left out" as_user $FAKEJAIL owners prune "$root"
	prints "$name: and no others" "$expected" jail "$root" sh -c "$list"
	prints_like "$name: the records are sound" '*' as_user $FAKEJAIL owners check "$root"
	# By others, who know nothing of records.
	(cd "$root/w" && find . -type f -delete -fprint "$work/gone" && while read -r file; do : >"$file"; done <"$work/gone")
	give_to_user "$root/w"
	prints "$name: files that others put in their place are root's" '' jail "$root" find /w -type f ! -user 0
	unmount_all
}

unmount_all() {
	awk -v base="$base/" 'index($2, base) == 1 { print $2 }' /proc/mounts | sort -r | while read -r point; do umount "$point"; done
}

mount_of() { # NAME WHOSE DIRECTORY
	"mount_$1" "$base/$2" "$3" >"$work/why" 2>&1 || return 1
	[ "$2" = real ] || [ -e "$base/given" ] || give_tree
}
# Before the first mount of an overlay that is the lower layer's; else by the mount.
give_tree() {
	: >"$base/given"
	case $name in
	*overlay*)
		umount "$root"
		give_to_user "$base/jail/lower" "$base/jail/upper"
		[ ! -d "$base/jail/upper/work" ] || chown root "$base/jail/upper/work"
		"mount_$name" "$base/jail" "$root" >"$work/why" 2>&1
		;;
	*) give_to_user "$root" ;;
	esac
}

# ---- more about overlays ----

# What was a container is the image of the next: its upper layer is a lower one there.
next_layer() {
	name=overlay
	base=$work/next_layer
	root=$base/root
	mkdir "$base" "$base/jail" "$root"
	prepare_overlay "$base/jail"
	if ! mount_of overlay jail "$root"; then
		skip next_layer "cannot be mounted here: $(tail -n 1 "$work/why")"
		return 0
	fi
	succeeds 'an image is made in a jail' jail "$root" sh -c 'cd /w; echo >made; chown 40:41 made; mkdir made.d; chown 42:42 made.d; chown 9:9 su'
	umount "$root"
	mkdir "$base/up" "$base/work"
	give_to_user "$base/up"
	mount -t overlay -o "lowerdir=$base/jail/upper/up:$base/jail/lower,upperdir=$base/up,workdir=$base/work" none "$root"
	shown='stat -c "%u:%g %n" made made.d'
	prints 'its files have their owners in the next container' '40:41 made
42:42 made.d' jail -w /w "$root" sh -c "$shown"
	prints 'and keep them when they are changed there' '40:41 made
42:42 made.d' jail -w /w "$root" sh -c "echo >>made; mv made x; mv x made; touch made.d/new; $shown"
	prints 'and when others are given' '40:43 made
44:42 made.d' jail -w /w "$root" sh -c "chgrp 43 made; chown 44 made.d; echo >>made; mv made x; mv x made; touch made.d/new; $shown"
	# The tool writes records, too.
	setfattr -n user.rootlesscontainers -v 0x08211022 "$root/w/appended" "$root/w/dir"
	umount "$root"
	mkdir "$base/up2" "$base/work2"
	give_to_user "$base/up2"
	mount -t overlay -o "lowerdir=$base/up:$base/jail/upper/up:$base/jail/lower,upperdir=$base/up2,workdir=$base/work2" none "$root"
	succeeds 'owners are imported for files of a lower layer' as_user $FAKEJAIL owners import rootlesscontainers "$root"
	prints 'and stay when these change' '33:34 appended
33:34 dir' jail -w /w "$root" sh -c 'echo >>appended; touch dir/new; stat -c "%u:%g %n" appended dir'
	unmount_all
}

for each in overlay overlay_xino overlay_metacopy overlay_index overlay_nfs overlay_two overlay_two_xino overlay_on_tmpfs overlay_of_tmpfs \
	overlay_nameless ext4 xfs btrfs tmpfs ramfs bindfs fuse_overlayfs; do
	case $wanted in
	'  ' | *" $each "*) test_on $each ;;
	esac
done
case $wanted in
'  ' | *' next_layer '*) next_layer ;;
esac
finish
