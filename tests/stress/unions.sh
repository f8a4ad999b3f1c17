#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# unions.sh - random layers, and random calls on the overlay of them (unions.c), on the kernel's overlayfs in a real chroot and
# in the jail, by root and by an ordinary user. The results of the calls, the files after them, the lower layers, and the names
# in the upper layer must be equal. Prints the first difference with its seed. The number of rounds is the limit, not time.
#
# Usage: unions.sh    environment: that of lib.sh, CC, STRESS_ROUNDS (100: how many seeds), STRESS_FIRST (1), STRESS_STEPS (150, of
# each)
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
if [ -z "${UNIONS_NAMESPACE:-}" ] && unshare --mount --propagation private true 2>/dev/null; then
	UNIONS_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
fi
. "$(dirname "$0")/../lib/lib.sh"
need "${CC:=cc}" chroot mount
: "${STRESS_ROUNDS=100}" "${STRESS_FIRST=1}" "${STRESS_STEPS=150}"
if ! is_root || [ -z "${UNIONS_NAMESPACE:-}" ]; then
	skip everything 'only root can mount'
	finish
fi

new_jail jail bin w proc l1 l2 u
$CC -O1 -std=gnu11 -Wall -Wextra -static -o "$root/bin/unions" "$tests_dir/stress/unions.c" "$tests_dir/stress/unions_more.c" "$tests_dir/stress/unions_show.c"
give_to_user "$root"
real=$mine/real
mkdir -p "$real/bin" "$real/w" "$real/proc"
cp "$root/bin/unions" "$real/bin/unions"
mount -t proc proc "$real/proc"
mkdir "$work/try" "$work/try/l" "$work/try/u" "$work/try/w" "$work/try/m"
if ! mount -t overlay -o "lowerdir=$work/try/l,upperdir=$work/try/u,workdir=$work/try/w" overlay "$work/try/m" 2>"$work/why"; then
	umount "$real/proc"
	skip everything "the kernel mounts no overlay here: $(cat "$work/why")"
	finish
fi
umount "$work/try/m"

# The lower layers may not change: names, modes, data, and the jail's records.
state() { # OF-ROOT
	(cd "$1" && find l1 l2 ! -path '*/.fakejail*' -printf '%p %y %m %s %n %T@ %l\n' | sed '/ p /s/[0-9.]* $//' | sort && find l1 l2 -type f ! -name '*.lock' -exec cksum {} + | sort)
}

# The upper layer has copied-up files, new files and whiteouts, and nothing else.
upper() { # OF-ROOT
	(cd "$1/u" && find . ! -path '*/.fakejail*' \( -type d -printf '%p a directory\n' -o -printf '%p\n' \) | LC_ALL=C sort)
}

# Runs one seed as user $2, one side after the other.
round() {
	for side in "$real" "$root"; do
		rm -rf "${side:?}/l1" "$side/l2" "$side/u" "$side/wk"
		mkdir -m 755 "$side/l1" "$side/l2" "$side/u" "$side/wk"
	done
	give_to_user "$root"
	chroot "$real" /bin/unions grow "$1" /l1 /l2 /u
	jail "$root" /bin/unions grow "$1" /l1 /l2 /u
	state "$root" >"$work/below"
	mount -t overlay -o "lowerdir=$real/l1:$real/l2,upperdir=$real/u,workdir=$real/wk" overlay "$real/w"
	limited chroot "$real" /bin/unions call "$1" "$STRESS_STEPS" /w "$2" >"$work/real" 2>&1 || echo "exit $?" >>"$work/real"
	umount "$real/w"
	jail --overlay-src "$root/l2" --overlay-src "$root/l1" --overlay "$root/u" "$root/wk" /w "$root" \
		/bin/unions call "$1" "$STRESS_STEPS" /w "$2" >"$work/jail" 2>&1 || echo "exit $?" >>"$work/jail"
	state "$root" >"$work/below.after"
	tail -n 1 "$work/real" | grep -qx 'the end' || {
		echo "seed $1, user $2: the reference ended early:"
		tail -n 3 "$work/real"
		return 1
	}
	cmp -s "$work/below" "$work/below.after" || {
		echo "seed $1, user $2: a lower layer was changed:"
		diff "$work/below" "$work/below.after"
		return 1
	}
	upper "$real" >>"$work/real"
	upper "$root" >>"$work/jail"
	cmp -s "$work/real" "$work/jail" && return
	echo "seed $1, user $2: - the kernel's overlay, + the jail's"
	diff -U 2 "$work/real" "$work/jail" | sed -n '3,24p'
	return 1
}

for uid in 0 1000; do
	seed=$STRESS_FIRST equal=0
	: >"$work/differs"
	while [ "$seed" -lt $((STRESS_FIRST + STRESS_ROUNDS)) ]; do
		if round "$seed" "$uid" >>"$work/differs"; then equal=$((equal + 1)); fi
		seed=$((seed + 1))
	done
	if [ "$equal" = "$STRESS_ROUNDS" ]; then
		ok "$equal random overlays, by user $uid"
	else
		fail "random overlays, by user $uid" "$((STRESS_ROUNDS - equal)) of $STRESS_ROUNDS differ" "$(head -n "${STRESS_SHOW:-60}" "$work/differs")"
	fi
done
umount "$real/proc"
finish
