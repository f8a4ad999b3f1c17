#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# owners.sh - stat of an owned file and chown, at 1, 100,000 and 1,000,000 records: in jails, for dynamic and static programs, beside a
# real chroot, fakeroot, pseudo and proot -0 where there are such. The lines of a table: ns a call, and the ratio to the real chroot.
#
# Usage: owners.sh [ROUNDS (5)]      environment: FAKEJAIL, BENCH_UID (4242), BENCH_DIR (/var/tmp)
# Each round runs every one once, in turn; of a quantity the least counts, since a busy machine only adds. Run as root.
set -eu

: "${FAKEJAIL=fakejail}" "${BENCH_UID=4242}" "${BENCH_DIR=/var/tmp}"
rounds=${1:-5}
here=$(cd "$(dirname "$0")" && pwd)
preload=$here/../../preload
work=$(mktemp -d "$BENCH_DIR/owners.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$work"
files=1000 calls=8000

mkdir -p "$work/root/bin" "$work/root/w" "$work/root/lib64" "$work/home" "$work/db"
cc -O2 -o "$work/root/bin/dynamic" "$here/owners.c"
cc -O2 -static -o "$work/root/bin/static" "$here/owners.c"
cc -O2 -std=gnu11 -Wno-unused-result -I"$preload" -o "$work/fill" "$here/../stress/owner_store.c" "$preload"/records/*.c "$preload"/met-roots/*.c \
	"$preload"/ownership/ctime.c "$preload"/ownership/truncated.c "$preload"/ownership/tag.c "$preload"/ownership/key.c "$preload"/ownership/attributes.c "$preload"/ownership/record.c "$preload"/ownership/record_flags.c \
	"$preload"/sys/sys.c "$preload"/bytes/str.c "$preload"/child/child.c "$preload"/sys/arch/x86_64/child.S "$preload"/locking/doing.c "$preload"/locking/lock.c "$preload"/sys/say.c "$preload"/guest/guest.c "$preload"/sys/memory.c "$preload"/sys/process.c "$preload"/guest/x86_64/copy.S "$preload"/sys/thread.c "$preload"/syscall/x86_64/gate.S "$preload"/syscall/x86_64/calls.S
# What the dynamic one needs, at the same places.
ldd "$work/root/bin/dynamic" | grep -o '/[^ ]*' | while read -r library; do
	mkdir -p "$work/root$(dirname "$library")"
	cp -L "$library" "$work/root$library"
done
cp -a "$work/root" "$work/real"
for records in 1 100000 1000000; do
	"$work/fill" size "$work/db/$records" "$records" >"$work/fill.$records"
done
seq 1 1000000 | awk '{ printf "dev=1,ino=%d,mode=100644,uid=5,gid=7,nlink=1,rdev=0\n", $1 }' >"$work/fakeroot.save"
chown -R "$BENCH_UID:$BENCH_UID" "$work/root" "$work/home" "$work/db" "$work/fakeroot.save"
user="setpriv --reuid $BENCH_UID --regid $BENCH_UID --clear-groups env HOME=$work/home"

measure() { # NAME COMMAND...: a line of it, kept
	name=$1
	shift
	rm -rf "$work/root/w" "$work/real/w"
	mkdir "$work/real/w"
	$user mkdir "$work/root/w"
	timeout 120 "$@" >"$work/line" 2>/dev/null || echo "stat - chown -" >"$work/line"
	echo "$name $(cat "$work/line")" >>"$work/lines"
}
has() {
	command -v "$1" >/dev/null 2>&1
}

round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	measure 'real-chroot' chroot "$work/real" /bin/dynamic /w $files $calls
	for records in 1 100000 1000000; do
		# shellcheck disable=SC2086 # words
		for program in dynamic static; do
			measure "fakejail-$program-$records" $user "$FAKEJAIL" --db="$work/db/$records" "$work/root" "/bin/$program" /w $files $calls
		done
	done
	measure 'real-chroot-static' chroot "$work/real" /bin/static /w $files $calls
	# shellcheck disable=SC2086 # words
	! has fakeroot || measure fakeroot-1 $user fakeroot "$work/root/bin/dynamic" "$work/root/w" $files $calls
	# shellcheck disable=SC2086 # words
	! has fakeroot || measure fakeroot-1000000 $user fakeroot -i "$work/fakeroot.save" "$work/root/bin/dynamic" "$work/root/w" $files $calls
	# shellcheck disable=SC2086 # words
	! has pseudo || measure pseudo-1 $user env PSEUDO_PREFIX=/usr PSEUDO_LOCALSTATEDIR="$work/home" pseudo "$work/root/bin/dynamic" "$work/root/w" $files $calls
	# It forgets chown at once: its owners are wrong, and what it costs is told all the same.
	# shellcheck disable=SC2016,SC2086 # for that shell; words
	! has proot || measure proot $user sh -c 'proot -0 -r "$@" || :' sh "$work/root" /bin/dynamic /w $files $calls
done
PSEUDO_PREFIX=/usr PSEUDO_LOCALSTATEDIR="$work/home" pseudo -S >/dev/null 2>&1 || :

awk '{ if ($3 == "-") next
	if (!($1 in look)) { order[++n] = $1; look[$1] = $3; give[$1] = $5 }
	if ($3 < look[$1]) look[$1] = $3
	if ($5 < give[$1]) give[$1] = $5 }
END { printf "%-28s %9s %7s %9s %7s\n", "who, records", "stat ns", "x", "chown ns", "x"
	for (i = 1; i <= n; i++) { name = order[i]
		base = name ~ /static/ ? "real-chroot-static" : "real-chroot"
		printf "%-28s %9d %7.2f %9d %7.2f\n", name, look[name], look[name] / look[base], give[name], give[name] / give[base] } }' "$work/lines"
sed 's/^/the file of records by itself: /' "$work/fill.1000000"
