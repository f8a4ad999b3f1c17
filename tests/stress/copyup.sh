#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# copyup.sh - compares copied-up files with those of the kernel's overlayfs (copyup.c): holes, times to the nanosecond,
# attributes, access control lists, capabilities, modes, several names. If a copy fails, by ENOSPC or a limit of file sizes,
# nothing may change.
#
# Usage: copyup.sh    environment: that of lib.sh, CC, STRESS_FILES (700)
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
if [ -z "${COPYUP_NAMESPACE:-}" ] && unshare --mount --propagation private true 2>/dev/null; then
	COPYUP_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
fi
. "$(dirname "$0")/../lib/lib.sh"
need "${CC:=cc}" chroot mount
: "${STRESS_FILES=700}"
if ! is_root || [ -z "${COPYUP_NAMESPACE:-}" ]; then
	skip everything 'only root can mount'
	finish
fi

new_jail jail bin w l u small
$CC -O1 -std=gnu11 -Wall -Wextra -static -o "$root/bin/copyup" "$tests_dir/stress/copyup.c"
give_to_user "$root"
real=$mine/real
mkdir -p "$real/bin" "$real/w" "$real/l" "$real/u" "$real/wk"
cp "$root/bin/copyup" "$real/bin/copyup"
if ! chroot "$real" /bin/copyup grow /l "$STRESS_FILES" >"$work/real.grown" ||
	! mount -t overlay -o "lowerdir=$real/l,upperdir=$real/u,workdir=$real/wk" overlay "$real/w" 2>"$work/why"; then
	skip everything "the kernel mounts no overlay here: $(cat "$work/why")"
	finish
fi
chroot "$real" /bin/copyup change /w "$STRESS_FILES" >"$work/real.all"
umount "$real/w"

in_jail() { # UPPER COMMAND [ARG]...
	upper=$1
	shift
	jail --overlay-src "$root/l" --overlay "$upper" "$upper.wk" /w "$root" "$@"
}
mkdir "$root/u.wk"
give_to_user "$root/u.wk"
jail "$root" /bin/copyup grow /l "$STRESS_FILES" >"$work/jail.grown"
same() { # NAME FILE
	if tail -n 1 "$work/real.$2" | grep -qx 'the end' && cmp -s "$work/real.$2" "$work/jail.$2"; then
		ok "$1"
	else
		fail "$1" "- the kernel's, + the jail's" "$(diff -U 0 "$work/real.$2" "$work/jail.$2" | sed -n '3,30p')"
	fi
}
same "$STRESS_FILES lower files" grown
in_jail "$root/u" /bin/copyup change /w "$STRESS_FILES" >"$work/jail.all" 2>&1 || :
same "$STRESS_FILES copies of them" all

# A file system without space for the copy, and a limit of file sizes.
mkdir "$root/small" 2>/dev/null || :
mount -t tmpfs -o size=2m,mode=755 tmpfs "$root/small"
mkdir "$root/small/u" "$root/small/u.wk"
head -c 4000000 /dev/urandom >"$root/l/large"
echo small >"$root/l/little"
give_to_user "$root/small" "$root/l/large" "$root/l/little"
refuses() { # NAME EXPECTED LIMIT
	in_jail "$root/small/u" /bin/copyup one /w/large "$3" >"$work/out" 2>&1 || :
	if grep -qx "$2" "$work/out" && ! find "$root/small" -name 'large*' -o -name '.fakejail-work*' | grep -q .; then
		ok "$1"
	else
		fail "$1" "expected $2 and nothing left" "$(cat "$work/out")" "$(find "$root/small")"
	fi
}
refuses 'no room for the copy' ENOSPC 0
refuses 'a copy beyond the limit of file sizes' EFBIG 100000
in_jail "$root/small/u" /bin/copyup one /w/little 0 >"$work/out" 2>&1 || :
if grep -qx ok "$work/out" && [ -e "$root/small/u/little" ]; then
	ok 'there is room for a small one'
else
	fail 'there is room for a small one' 'expected ok' "$(cat "$work/out")"
fi
umount "$root/small"
finish
