#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# packages.sh - `dpkg -i` of many Debian packages, without the network: a jail beside real root in a chroot, `--rm`, and
# fakechroot with fakeroot. The lines of a table: CPU and wall milliseconds, and the ratio of the CPU times to the chroot's.
#
# Usage: packages.sh ROOT [ROUNDS (3)]      ROOT: a Debian root without these packages; it is copied, never changed
# environment: FAKEJAIL, BENCH_UID (4242), BENCH_DIR (/var/tmp), BENCH_PACKAGES (what apt-get downloads first)
# Each round installs once with every tool, in turn, each time in a new copy of ROOT. Medians count. Run as root.
set -eu

: "${FAKEJAIL=fakejail}" "${BENCH_UID=4242}" "${BENCH_DIR=/var/tmp}"
: "${BENCH_PACKAGES=openssh-server nginx-light man-db postgresql}"
[ $# -ge 1 ] || {
	echo 'usage: packages.sh ROOT [ROUNDS]' >&2
	exit 2
}
from=$1 rounds=${2:-3}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "$BENCH_DIR/packages.XXXXXX")
trap 'chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$work"
mkdir "$work/user"
chown "$BENCH_UID:$BENCH_UID" "$work/user"
cc -O2 -o "$work/cpu_time" "$here/cpu_time.c"
user="setpriv --reuid $BENCH_UID --regid $BENCH_UID --clear-groups env HOME=$work/user FAKEJAIL_STORE=$work/user/store"

# copy DIRECTORY OWNER: a new copy of the root there, with the packages
copy() {
	rm -rf "${work:?}/$1"
	mkdir "$work/$1"
	tar -C "$from" --one-file-system --exclude='./proc/*' --exclude='./sys/*' --exclude='./dev/*' -cf - . | tar -C "$work/$1" -xpf -
	[ ! -d "$work/debs" ] || cp -r "$work/debs" "$work/$1/debs"
	# A package's scripts must not start services.
	printf '#!/bin/sh\nexit 101\n' >"$work/$1/usr/sbin/policy-rc.d"
	chmod 755 "$work/$1/usr/sbin/policy-rc.d"
	chown -hR "$2" "$work/$1"
}

copy user/jail "$BENCH_UID:$BENCH_UID"
# shellcheck disable=SC2086,SC2016 # words; for the inner shell
$user $FAKEJAIL "$work/user/jail" sh -ec 'apt-get -qq update; apt-get -qq -y --no-install-recommends --download-only install "$@"' \
	sh $BENCH_PACKAGES >"$work/download.log" 2>&1 || {
	tail -n 5 "$work/download.log" >&2
	exit 1
}
mkdir "$work/debs"
cp "$work"/user/jail/var/cache/apt/archives/*.deb "$work/debs"
set -- "$work"/debs/*.deb
echo "# $# packages"
install='export DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
dpkg --force-unsafe-io -i /debs/*.deb && dpkg -s man-db | grep -q "^Status: install ok installed"'

measure() { # NAME COMMAND...
	name=$1
	shift
	rc=0
	"$work/cpu_time" "$@" sh -c "$install" >"$work/out" 2>&1 3>"$work/time" </dev/null || rc=$?
	if [ "$rc" = 0 ]; then
		echo "$name $(cat "$work/time")" >>"$work/lines"
	else
		echo "# $name: exit status $rc: $(tail -n 1 "$work/out")" >&2
	fi
}

round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	copy real 0:0
	mkdir -p "$work/real/dev"
	for node in null:3 zero:5 random:8 urandom:9; do
		[ -c "$work/real/dev/${node%:*}" ] || mknod -m 666 "$work/real/dev/${node%:*}" c 1 "${node#*:}"
	done
	mount -t proc proc "$work/real/proc"
	measure chroot chroot "$work/real"
	umount "$work/real/proc"
	copy user/jail "$BENCH_UID:$BENCH_UID"
	# shellcheck disable=SC2086 # words
	measure fakejail $user $FAKEJAIL "$work/user/jail"
	copy user/jail "$BENCH_UID:$BENCH_UID"
	# shellcheck disable=SC2086 # words
	measure fakejail--rm $user $FAKEJAIL --rm "$work/user/jail"
	if command -v fakechroot >/dev/null && command -v fakeroot >/dev/null; then
		copy user/jail "$BENCH_UID:$BENCH_UID"
		# shellcheck disable=SC2086 # words
		measure fakechroot+fakeroot $user fakechroot -- fakeroot -- chroot "$work/user/jail"
	fi
done

sort -k 1,1 -k 2,2n "$work/lines" | awk '
	{
		cpu[$1, ++n[$1]] = $2 / 1000
		wall[$1] = wall[$1] " " $3 / 1000
	}
	function median_wall(name,    w, count, i, j, t) {
		count = split(wall[name], w, " ")
		for (i = 2; i <= count; i++)
			for (j = i; j > 1 && w[j - 1] + 0 > w[j] + 0; j--) {
				t = w[j]; w[j] = w[j - 1]; w[j - 1] = t
			}
		return w[int((count + 1) / 2)]
	}
	END {
		# In each group the least comes first.
		base = cpu["chroot", int((n["chroot"] + 1) / 2)]
		print "| `dpkg -i` | CPU, ms | x | wall, ms |\n|---|---:|---:|---:|"
		count = split("chroot fakejail fakejail--rm fakechroot+fakeroot", names, " ")
		for (i = 1; i <= count; i++) {
			name = names[i]
			if (!(name in n))
				continue
			c = cpu[name, int((n[name] + 1) / 2)]
			printf "| %s | %.0f | %.2f | %.0f |\n", name, c, base ? c / base : 0, median_wall(name)
		}
	}'
