#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# full.sh - makes each kind of change in an overlay whose upper layer's file system has only so many pages or inodes left
# (full.c). A change must succeed or answer ENOSPC. If it fails, what is seen does not change, and no unfinished file is left.
# Then each change is killed by SIGKILL at some time: the jail that goes on and the next jail see the old tree or the new one.
# Only the next jail must see the number of links of a file: the unfinished name of a file that was to be linked over a whiteout
# is removed when a jail starts. The lower layer may not change.
#
# Usage: full.sh    environment: that of lib.sh, CC, STRESS_FREE (5: from 0 to so many pages or inodes), STRESS_KILLS (12 a change)
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh
if [ -z "${FULL_NAMESPACE:-}" ] && unshare --mount --propagation private true 2>/dev/null; then
	FULL_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
fi
. "$(dirname "$0")/../lib/lib.sh"
need "${CC:=cc}"
: "${STRESS_FREE=5}" "${STRESS_KILLS=12}"
if ! is_root || [ -z "${FULL_NAMESPACE:-}" ]; then
	skip everything 'only root can mount'
	finish
fi

new_jail jail bin w l
$CC -O1 -std=gnu11 -Wall -Wextra -static -o "$root/bin/full" "$tests_dir/stress/full.c" "$tests_dir/stress/unions_show.c"
give_to_user "$root"
small=$mine/small
mkdir "$small"
jail "$root" /bin/full grow /l
state() {
	(cd "$root/l" && find . -printf '%p %y %m %s %n %T@ %l\n' | sort && find . -type f -exec cksum {} + | sort)
}
state >"$work/below"
changes=$("$root/bin/full" calls)

# An empty upper layer.
fresh() { # OPTIONS
	! mountpoint -q "$small" || umount "$small"
	mount -t tmpfs -o "mode=755,$1" tmpfs "$small"
	mkdir "$small/u" "$small/wk"
	give_to_user "$small"
}
in_jail() {
	jail --overlay-src "$root/l" --overlay "$small/u" "$small/wk" /w -b "$small:/small" "$root" /bin/full "$@"
}
next_jail() { # LINKS
	jail --overlay-src "$root/l" --overlay "$small/u" "$small/wk" /w "$root" /bin/full tree "$1"
}
# To what the jail saw, add what the next jail sees.
trees() { # FILE
	next_jail 1 >>"$1" 2>&1
}
leftovers() {
	find "$small" -name '.fakejail-work*'
}

for kind in blocks inodes; do
	: >"$work/bad"
	full=0 done=0
	free=0
	while [ "$free" -le "$STRESS_FREE" ]; do
		n=0
		while [ "$n" -lt "$changes" ]; do
			fresh size=2m,nr_inodes=200
			in_jail "$kind" "$free" "$n" >"$work/out" 2>&1 || echo "exit $?" >>"$work/out"
			case $(cat "$work/out") in
			"$n ok") done=$((done + 1)) ;;
			"$n ENOSPC") full=$((full + 1)) ;;
			*) echo "$free $kind free: $(cat "$work/out")" >>"$work/bad" ;;
			esac
			leftovers | sed "s/^/$free $kind free, change $n: /" >>"$work/bad"
			n=$((n + 1))
		done
		free=$((free + 1))
	done
	if [ -s "$work/bad" ]; then
		fail "changes with few $kind" "$(head -n 60 "$work/bad")"
	elif [ "$full" = 0 ] || [ "$done" = 0 ]; then
		fail "changes with few $kind" "$full failed, $done were made"
	else
		ok "changes with few $kind"
	fi
done

: >"$work/bad"
n=0
while [ "$n" -lt "$changes" ]; do
	fresh size=8m
	in_jail kill 0 "$changes" >"$work/old" 2>&1
	trees "$work/old"
	fresh size=8m
	in_jail call "$n" >"$work/new" 2>&1 || { echo "change $n:" && cat "$work/new"; } >>"$work/bad"
	next_jail 0 >"$work/new" 2>&1
	trees "$work/new"
	i=0
	while [ "$i" -lt "$STRESS_KILLS" ]; do
		fresh size=8m
		in_jail kill $((i * i * 2500)) "$n" >"$work/out" 2>&1
		trees "$work/out"
		if ! cmp -s "$work/out" "$work/old" && ! cmp -s "$work/out" "$work/new"; then
			{ echo "change $n, killed: - the old tree, + what is there" && diff -U 0 "$work/old" "$work/out" | sed 1,2d; } >>"$work/bad"
		fi
		leftovers | sed "s/^/change $n, killed: /" >>"$work/bad"
		i=$((i + 1))
	done
	n=$((n + 1))
done
if [ -s "$work/bad" ]; then
	fail 'killed changes' "$(head -n 60 "$work/bad")"
else
	ok 'killed changes'
fi
umount "$small"
state >"$work/below.after"
if cmp -s "$work/below" "$work/below.after"; then
	ok 'the lower layer is as it was'
else
	fail 'the lower layer was changed' "$(diff "$work/below" "$work/below.after")"
fi
finish
