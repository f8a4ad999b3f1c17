#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# differ.sh - the same random calls (differ.c) by real root in a real chroot and in the jail: their results, and the files
# after them, must be equal. Prints the first difference with its seed and step. The number of steps is the limit, not time.
#
# With FAKEJAIL_OVERLAY (lib/overlay.sh) the calls are made twice on each side: first in a plain root, which then becomes the
# lower layer of an overlay, and then, with other random numbers, in that overlay. The real chroot's is the kernel's overlayfs.
#
# Usage: differ.sh [--long]     environment: that of lib.sh, CC, STRESS_SEEDS (6: how many), STRESS_FIRST (1), STRESS_STEPS
# (3000, of each), STRESS_BELOW (400: steps in the plain root before); --long: 40 seeds
# by-chance.sh calls the last functions.
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh disable=SC2317
if [ -n "${FAKEJAIL_OVERLAY:-}" ] && [ -z "${DIFFER_NAMESPACE:-}" ] && unshare --mount --propagation private true 2>/dev/null; then
	DIFFER_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
fi
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=by-chance.sh
. "$tests_dir/stress/by-chance.sh"
[ "${1:-}" != --long ] || : "${STRESS_SEEDS=40}"
: "${STRESS_SEEDS=6}" "${STRESS_FIRST=1}" "${STRESS_STEPS=3000}" "${STRESS_BELOW=400}"
have_both differ w

sticky=sticky overlay=
for setting in fifos regular symlinks; do
	[ "$(cat "/proc/sys/fs/protected_$setting")" = 0 ] || sticky=''
done

is_whole() { # a step is three lines
	[ "$(wc -l <"$work/real")" -eq $((3 * steps)) ]
}

# is_equal_for SEED STEPS: the kernel's protection in sticky directories depends on a file's owner on the disk: fs.protected_*
# of sysctl(8).
is_equal_for() {
	steps=$2
	# shellcheck disable=SC2086 # a word or none
	is_equal 6 "$1" "$2" /w $sticky $overlay
}

# differ SEED: runs both sides one after the other, each in a new empty /w.
differ() {
	rm -rf "$real/w" "$root/w" "$root/.fakejail"
	mkdir -m 755 "$real/w" "$root/w"
	give_to_user "$root/w"
	is_equal_for "$1" "$STRESS_STEPS"
}

# kernels_overlay LOWER: mounts an overlay of this directory and of new ones at $work/merged.
kernels_overlay() {
	rm -rf "$work/upper" "$work/index"
	mkdir -p "$work/upper" "$work/index" "$work/merged"
	mount -t overlay -o "lowerdir=$1,upperdir=$work/upper,workdir=$work/index,redirect_dir=off,index=off,metacopy=off" \
		overlay "$work/merged"
}

# differ_on_overlay SEED: the same with a new root for each seed. finish checks that no lower layer has changed.
differ_on_overlay() {
	kind=$FAKEJAIL_OVERLAY lower=$real/$1
	root=$mine/jail$1
	mkdir "$lower" "$root"
	for side in "$lower" "$root"; do
		mkdir -m 755 "$side/w" "$side/bin"
		cp "$mine/jail/bin/differ" "$side/bin/differ"
	done
	give_to_user "$root"
	plain=$real
	real=$lower FAKEJAIL_OVERLAY=
	below=0
	is_equal_for "$1" "$STRESS_BELOW" || below=1
	FAKEJAIL_OVERLAY=$kind real=$work/merged
	above=$below
	if [ "$below" = 0 ]; then
		kernels_overlay "$lower"
		is_equal_for "$(($1 + 1000000))" "$STRESS_STEPS" || above=1
		umount "$work/merged"
	fi
	real=$plain
	return "$above"
}

if [ -z "${FAKEJAIL_OVERLAY:-}" ]; then
	each_seed "$STRESS_FIRST" "$STRESS_SEEDS" differ
elif [ -z "${DIFFER_NAMESPACE:-}" ] || ! kernels_overlay "$real" 2>"$work/why"; then
	skip everything "the kernel mounts no overlay here: $(cat "$work/why")"
else
	umount "$work/merged"
	overlay=overlay
	each_seed "$STRESS_FIRST" "$STRESS_SEEDS" differ_on_overlay
fi
finish
