#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# prepare.sh - builds the programs and the root that run.sh measures with, below BENCH_WORK.
#
# The root is a copy that belongs to BENCH_UID, as a user's own tree would; what it came from stays untouched. Into it
# go /bench, with the files that micro.c names, and marks that exist nowhere else, by which every run shows that it
# was inside. A root that is already there is used again, so BENCH_WORK saves the copying. Needs root; parameters:
# lib.sh.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/bench/lib.sh
. "$here/lib.sh"

umask 022
mkdir -p "$bin" "$store" "$state"
chown "$BENCH_UID:$BENCH_UID" "$store" "$state"
chmod 711 "$BENCH_WORK"

if [ ! -e "$root/bench/marker" ]; then
	rm -rf "$root"
	mkdir "$root"
	if [ -n "${BENCH_ROOT:-}" ]; then
		# without what may be mounted there
		tar -C "$BENCH_ROOT" -cf - --one-file-system --exclude='./proc/*' --exclude='./sys/*' --exclude='./dev/*' . |
			tar -C "$root" -xpf -
	else
		# shellcheck disable=SC2046 # words
		"$here/mkroot.sh" "$root" dash bash coreutils findutils tar dpkg grep sed mawk diffutils perl-base \
			$(by_mode "gcc libc6-dev binutils make git" "")
	fi
	rm -rf "$root/bench" # whatever the copied root has by that name
	mkdir -p "$root/dev" "$root/proc" "$root/tmp" "$root/usr/share" "$root/bench/changed" "$root/bench/d2/d3/d4/d5/d6/d7"

	# The token ties the marker to this copy.
	od -An -N 8 -t x1 /dev/urandom | tr -d ' ' >"$token_file"
	cp "$token_file" "$outside"
	cp "$token_file" "$root/bench/marker"
	cp "$token_file" "$root/usr/share/$inside_name"
	if [ -e "$root/var/lib/dpkg/status" ]; then
		printf 'Package: %s\nStatus: install ok installed\nMaintainer: nobody\nArchitecture: all\nVersion: 1\n%s\n\n' \
			"$inside_name" 'Description: shows that dpkg -l read this root' >>"$root/var/lib/dpkg/status"
	fi

	for file in file d2/file d2/d3/d4/d5/d6/d7/file changed/a changed/c changed/l; do
		echo x >"$root/bench/$file"
	done
	ln -s file "$root/bench/link"
	ln -s d2 "$root/bench/dirlink"
	ln -s /bench/d2 "$root/bench/absdirlink"
	chmod -R u+rwX "$root"
	chown -R "$BENCH_UID:$BENCH_UID" "$root"
fi

# What git is given: 6,000 small files, each with its own content.
if [ ! -e "$root/bench/files" ]; then
	for dir in $(seq 60); do
		mkdir -p "$root/bench/files/$dir"
		for file in $(seq 100); do
			echo "file $file of $dir" >"$root/bench/files/$dir/$file"
		done
	done
	chown -R "$BENCH_UID:$BENCH_UID" "$root/bench/files"
fi

# A real chroot has no binds: what configure needs of /dev, it gets as nodes. Not every host lets us make them.
for node in null:3 zero:5 full:7 random:8 urandom:9; do
	if [ ! -c "$root/dev/${node%:*}" ]; then
		mknod -m 666 "$root/dev/${node%:*}" c 1 "${node#*:}" || :
	fi
done

if [ -n "${HELLO_TARBALL:-}" ]; then
	rm -rf "$root/bench/hello"
	mkdir "$root/bench/hello"
	tar -C "$root/bench/hello" --strip-components=1 --no-same-owner -xf "$HELLO_TARBALL"
	chown -R "$BENCH_UID:$BENCH_UID" "$root/bench/hello"
fi

cc=${BENCH_CC:-cc}
musl_cc=${BENCH_MUSL_CC:-musl-gcc}
"$cc" -O2 -o "$bin/cpu_time" "$here/cpu_time.c"

# The root's own compiler, if it has one, for its libc may be older than the host's.
cp "$here/micro.c" "$here/ops.c" "$here/ops.h" "$here/child.c" "$here/together.c" "$root/bench/"
chroot_cc=no
if chroot "$root" sh -c 'command -v cc' >/dev/null 2>&1; then
	chroot_cc=yes
fi

# build NAME "SOURCE..." [FLAG]...: a program that cannot be built is missing in the root, and run.sh says so.
build() {
	name=$1 sources=$2
	shift 2
	rm -f "$root/bench/$name"
	# shellcheck disable=SC2086 # sources are words
	if [ $chroot_cc = yes ] &&
		chroot "$root" sh -c 'cd /bench && exec cc -O2 "$@"' cc "$@" -o "$name" $sources 2>/dev/null; then
		return
	fi
	# shellcheck disable=SC2086 # sources are words
	(cd "$root/bench" && exec "$cc" -O2 "$@" -o "$name" $sources) 2>"$BENCH_WORK/build.log" ||
		echo "bench: cannot build $name: $(head -n 1 "$BENCH_WORK/build.log")" >&2
}
build micro-glibc-dynamic "micro.c ops.c"
build micro-glibc-static "micro.c ops.c" -static
build child-dyn child.c
build child-static child.c -static
build together together.c
rm -rf "$root/bench/together-work"
mkdir "$root/bench/together-work"
chown "$BENCH_UID:$BENCH_UID" "$root/bench/together-work"
chroot_cc=no
cc=$musl_cc
build micro-musl-static "micro.c ops.c" -static

# In the real chroot /bench belongs to who runs there. In the jail it is root's, until it is given away: then a column
# with --userspec works on its own files, as the real chroot does.
if [ -n "$FAKEJAIL" ]; then
	in_jail fakejail chown -R "$BENCH_UID:$BENCH_UID" /bench 3>/dev/null ||
		echo "bench: /bench could not be given away: columns with --userspec will fail" >&2
fi
