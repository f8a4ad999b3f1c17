# shellcheck shell=sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay.sh - part of run.sh, for --overlay: roots that are overlays, of the jail's and of the kernel's.
#
# Each worker's tree, which is deep.N/jail in other runs, is the lowest layer here, and the jail's own root is the overlay. With two lower layers all directories are in both,
# and of all other files every second one is moved to the upper of the two. The topmost layer is empty when a case begins.
#
# shellcheck disable=SC2154,SC2034 # variables are shared with run.sh

# The layers of worker $1, whose tree is made already; and the same once more for the kernel.
overlay_make() {
	over=$work/over.$1
	mkdir "$over"
	overlay_split "$work/deep.$1$nest/jail" "$over/second"
	if [ "$TWIN_MOUNTS" = yes ]; then
		cp -a "$work/root" "$over/kernel.lower"
		overlay_split "$over/kernel.lower" "$over/kernel.second"
		mkdir "$over/kernel"
	fi
	[ "$am_root" = no ] || chown "$TWIN_UID:$TWIN_UID" "$over"
}

overlay_split() { # FROM TO
	[ "$layers" = 2 ] || return 0
	mkdir "$1/t"
	[ "$am_root" = no ] || chown "$TWIN_UID:$TWIN_UID" "$1/t"
	cp -a "$1" "$2"
	(cd "$1" && find . ! -type d | LC_ALL=C sort | awk 'NR % 2' | xargs rm)
	(cd "$2" && find . ! -type d | LC_ALL=C sort >"$over/names" && while read -r name; do
		if [ -e "$1/$name" ] || [ -h "$1/$name" ]; then rm "$name"; fi
	done <"$over/names")
}

# Before each case. What the last one left may not be searched, so it is moved away as it is.
overlay_fresh() { # WHOSE
	for dir in up work; do
		if [ -e "$over/$1.$dir" ]; then
			trash=$(mktemp -d "$work/trash.$worker/$1.XXXXXX")
			mv "$over/$1.$dir" "$trash"
		fi
		mkdir "$over/$1.$dir"
		[ "$am_root" = no ] || chown "$TWIN_UID:$TWIN_UID" "$over/$1.$dir"
	done
}

# The jail's command, up to the case, into `words`.
overlay_words() { # PROGRAM
	over=$work/over.$worker
	overlay_fresh jail
	words=''
	[ "$layers" = 1 ] || words="--overlay-src $over/second"
	words="$FAKEJAIL $FAKEJAIL_ARGS $words --overlay $over/jail.up $over/jail.work / $work/deep.$worker$nest/jail $1"
}

# A root for the reference, into `where`: the kernel's own overlay. The one of the case before is taken away.
overlay_of_kernel() {
	over=$work/over.$worker
	! mountpoint -q "$over/kernel" || umount -R "$over/kernel" || umount -R -l "$over/kernel"
	overlay_fresh kernel
	trash=$(mktemp -d "$work/trash.$worker/t.XXXXXX")
	[ ! -e "$over/kernel.lower/t" ] || mv "$over/kernel.lower/t" "$trash"
	mkdir "$over/kernel.lower/t"
	[ "$am_root" = no ] || chown "$TWIN_UID:$TWIN_UID" "$over/kernel.lower/t"
	second=''
	[ "$layers" = 1 ] || second=$over/kernel.second:
	mount -t overlay -o "lowerdir=$second$over/kernel.lower,upperdir=$over/kernel.up,workdir=$over/kernel.work" overlay "$over/kernel"
	for dir in proc dev sys; do
		mount --rbind "/$dir" "$over/kernel/$dir"
	done
	where="-r $over/kernel"
}

# Is case $1 to be compared with that?
overlay_is_kernels() {
	[ "${OVERLAY_KERNEL-no}" = no ] || return 0
	awk -F '[ \t]*[|][ \t]*' -v name="$1" '$1 == name && $2 == "kernel" { found = 1 } END { exit !found }' "$srcdir/overlay.list"
}

# Is there no difference between what the jail said, which is that of the kernel's overlay, and a directory?
overlay_line_is_wrong() { # FLAVOUR CASE NEEDS
	[ "${OVERLAY_KERNEL-no}" = no ] && overlay_is_kernels "$2" && reference "$out/plain" "$@" plain && cmp -s "$out/plain" "$out/jail"
}

# Lines of case $1 that differ, and may.
overlay_leave_out() {
	lines=$(awk -F '[ \t]*[|][ \t]*' -v name="$1" '$1 == name { print $4 }' "$srcdir/overlay.list")
	[ -n "$lines" ] || return 0
	for side in reference jail; do
		grep -avE "$lines" "$out/$side" >"$out/left" || :
		mv "$out/left" "$out/$side"
	done
}
