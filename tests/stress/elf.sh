#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# elf.sh - ELF files that no linker makes by itself, by the kernel in a real chroot and by the loader in a jail: programs
# that are linked to lie low, where the gate page is (elf_low.c).
#
# Usage: elf.sh     environment: that of lib.sh, CC
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
. "$(dirname "$0")/../lib/lib.sh"
need "${CC:=cc}" chroot mount
if ! is_root; then
	skip everything 'there is no root for the real chroot'
	finish
fi

new_jail jail bin w proc lib64
real=$mine/real
copy_libraries() {
	ldd "$1" | sed -n 's|.*[[:space:]]\(/[^ ]*\) (0x.*|\1|p' |
		while read -r library; do
			mkdir -p "$root$(dirname "$library")"
			cp -L "$library" "$root$library"
		done
}

# low NAME FLAGS...: a program that these make.
low() {
	name=$1
	shift
	# shellcheck disable=SC2086 # CC may be several words
	$CC -O1 -std=gnu11 -Wall -Wextra -Wl,-z,max-page-size=4096 -o "$root/bin/$name" "$@" "$tests_dir/stress/elf_low.c" -pthread
}
low usual
copy_libraries "$root/bin/usual"
lowest=$(cat /proc/sys/vm/mmap_min_addr)
lowest=$(((lowest + 65535) / 65536 * 65536))
[ "$lowest" -gt 0 ] || lowest=65536
for at in "$lowest" $((0x4f000)) $((0x50000)) $((0x51000)) $((0x52000)); do
	[ "$at" -ge "$lowest" ] || continue
	at=$(printf '0x%x' "$at")
	low "static-$at" -static -no-pie "-Wl,-Ttext-segment=$at"
	low "dynamic-$at" -fno-pie -no-pie "-Wl,-Ttext-segment=$at"
	low "no-pages-$at" -static -no-pie -Wl,-z,noseparate-code "-Wl,-Ttext-segment=$at"
done
give_to_user "$root"
cp -a "$root" "$real"

# in_chroot COMMAND...: with /proc, which goes with the mount namespace.
in_chroot() {
	# shellcheck disable=SC2016 # the inner shell's
	limited unshare --mount --propagation private sh -c 'mount --bind /proc "$1/proc" && shift && exec chroot "$@"' \
		sh "$real" "$real" "$@"
}

for program in "$root"/bin/*; do
	name=${program##*/}
	in_chroot "/bin/$name" >"$work/real" 2>&1 || echo "exit $?" >>"$work/real"
	jail "$root" "/bin/$name" >"$work/jail" 2>&1 || echo "exit $?" >>"$work/jail"
	if ! grep -q '^exit 7$' "$work/real"; then
		fail "$name" 'the reference ended early' "$(tail -n 3 "$work/real")"
	elif cmp -s "$work/real" "$work/jail"; then
		ok "linked low: $name"
	else
		fail "linked low: $name" 'not as in the chroot' "$(diff "$work/real" "$work/jail")"
	fi
done
finish
