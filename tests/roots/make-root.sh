#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# make-root.sh - the root file systems that the tests run in, made once and kept.
#
# Debian releases are made with debootstrap by real root, so that what a test finds in them was put there by nobody's
# emulation; then they are given to the uid that the jailed commands run as, because an unprivileged user's jail is a
# tree that he owns.  Each is built beside its final place and renamed into it, under a lock: a tree that exists is
# whole, and two runs at once make it once.  The cache lies outside the source tree, where that uid may go.
#
# Prints the place of each root, a line each, on stdout; what it does, on stderr.  Called by hand, by tests/lib/lib.sh
# and by scripts/run-tests.
#
# Exit: 0 all there; 1 something is broken; 2 usage; 77 (automake's SKIP) this machine cannot make it, the reason is
# the last line of stderr.
set -eu

usage() {
	cat <<'USAGE'
usage: make-root.sh NAME...
       make-root.sh --where
NAME:  bullseye bookworm trixie sid   Debian 11, 12, 13 and unstable: minbase and the tools that the tests call
       tools                          Debian 12 with what looks at processes, files and mounts: gdb, lsof, ltrace, valgrind, a JVM
       preloads                       Debian 12 with libraries that people name in LD_PRELOAD
       owners                         Debian 12 with what shows, copies and changes owners: acl, rsync, cpio, sudo
       musl                           musl's dynamic linker, a static busybox, tests/roots/src/*.c built with musl-gcc
       go                             tests/roots/src/*.go, static, and a static hello
       hello                          not a root: GNU hello's source, a directory with its tar archive
--where prints the cache directory.

FAKEJAIL_CACHE   the cache; default /var/cache/fakejail for root, else $XDG_CACHE_HOME/fakejail or ~/.cache/fakejail
FAKEJAIL_MIRROR  the Debian mirror; default http://deb.debian.org/debian
FAKEJAIL_UID     the uid and gid that shall own the roots; default 4242
USAGE
}

say() {
	printf 'make-root: %s\n' "$*" >&2
}

# The last line of stderr is the reason that a test shows after SKIP.
cannot() {
	say "$*"
	exit 77
}

mirror=${FAKEJAIL_MIRROR:-http://deb.debian.org/debian}
uid=${FAKEJAIL_UID:-4242}

# /root is 0700 on Debian: a cache below it would be out of reach for the uid that the jails run as.
if [ -n "${FAKEJAIL_CACHE:-}" ]; then
	cache=$FAKEJAIL_CACHE
elif [ "$(id -u)" = 0 ]; then
	cache=/var/cache/fakejail
else
	cache=${XDG_CACHE_HOME:-$HOME/.cache}/fakejail
fi
roots=$cache/roots
sources=$(cd "$(dirname "$0")" && pwd)/src

# Beyond minbase: what tests/workflows/debian.sh calls.  perl comes with git.
debian_packages=bash,ca-certificates,file,gcc,git,libc6-dev,make,procps,python3,strace
# tests/workflows/introspect.sh and terminals.sh
tools_packages=default-jre-headless,gdb,libc6-dbg,lsof,ltrace,perl,procps,psmisc,python3-minimal,screen,strace,tmux,valgrind
# gdb needs it by the name of what it provides, which debootstrap does not look up.
tools_packages=$tools_packages,libboost-regex1.74.0
# tests/workflows/w05-tools.sh
owners_packages=acl,attr,bash,cpio,fakeroot,libarchive-tools,libcap2-bin,perl,rsync,sudo
# tests/workflows/preloads.sh
preload_packages=eatmydata,fakeroot,faketime,libjemalloc2,pseudo

# GNU hello 2.10, as long as any release on the mirror has it; the sum is the upstream archive's.
hello_path=pool/main/h/hello/hello_2.10.orig.tar.gz
hello_sha256=31e066137a962676e89f69d1b65382de95a7ef7d914b8cb956f41ea72e0f516b

# One line that changes whenever the result would: a cached tree made by another recipe is made anew.
recipe() {
	case $1 in
	bullseye | bookworm | trixie | sid) echo "3 $uid $debian_packages$(extra_packages "$1")" ;;
	tools) echo "3 $uid $tools_packages" ;;
	owners) echo "1 $uid $owners_packages" ;;
	preloads) echo "3 $uid $debian_packages,$preload_packages" ;;
	hello) echo "1 $hello_sha256" ;;
	musl | go) echo "1 $uid $(cat "$sources"/* | cksum)" ;;
	esac
}

# gdb brings 30 packages with it: the newest stable release has it, for what gdb does inside a jail.
extra_packages() {
	case $1 in
	trixie) echo ,gdb ;;
	esac
}

# Removes a half-made tree.  A killed debootstrap may have left /proc mounted in it where unshare(1) was refused:
# never cross into that.
discard() {
	for half in "$@"; do
		[ -e "$half" ] || continue
		while read -r _ point _; do
			case $point in
			"$half"/*) umount -l "$point" 2>/dev/null || : ;;
			esac
		done </proc/self/mounts
		rm -rf --one-file-system "$half"
	done
}

# make_debian NAME TREE RELEASE PACKAGES
make_debian() {
	tree=$2
	release=$3
	packages=$4
	[ "$(id -u)" = 0 ] || cannot "$release: debootstrap needs root to make a root file system"
	command -v debootstrap >/dev/null 2>&1 ||
		cannot "$release: debootstrap is not installed (scripts/install-deps --tests installs it)"
	[ -e "/usr/share/debootstrap/scripts/$release" ] ||
		cannot "$release: this machine's debootstrap does not know that release"

	# Mounts that the second stage makes go away with it, even when it is killed.
	own_mounts=
	if unshare -m true 2>/dev/null; then
		own_mounts='unshare -m'
	fi

	# In two stages, because only between them can dpkg be told not to fsync every file: minutes on a slow disk.
	log=$roots/$1.log
	if ! debootstrap --foreign --variant=minbase --include="$packages" \
		"$release" "$tree" "$mirror" >"$log" 2>&1; then
		why=$(grep '^E: ' "$log" | tail -n 1 | cut -c4-)
		cannot "$release cannot be fetched from $mirror: ${why:-see $log}"
	fi
	mkdir -p "$tree/etc/dpkg/dpkg.cfg.d"
	echo force-unsafe-io >"$tree/etc/dpkg/dpkg.cfg.d/fakejail-tests"
	# shellcheck disable=SC2086 # empty or two words
	if ! $own_mounts chroot "$tree" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C \
		DEBIAN_FRONTEND=noninteractive /debootstrap/debootstrap --second-stage >>"$log" 2>&1; then
		say "the second stage of $1 failed; the end of $log:"
		tail -n 5 "$log" >&2
		exit 1
	fi

	# What is the machine's or the download's, not the release's.
	rm -f "$tree/etc/dpkg/dpkg.cfg.d/fakejail-tests" "$tree/etc/resolv.conf" "$tree/etc/hostname"
	rm -rf "$tree"/var/cache/apt/*.bin "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/* \
		"$tree"/var/log/bootstrap.log
	# A user can have no device nodes.
	find "$tree" -xdev \( -type b -o -type c \) -delete
	chown -hR "$uid:$uid" "$tree"
}

make_hello() {
	mkdir "$2"
	[ -x /usr/lib/apt/apt-helper ] || cannot "hello: apt-helper is not there to fetch it"
	/usr/lib/apt/apt-helper -o Acquire::Retries=3 download-file "$mirror/$hello_path" "$2/hello_2.10.orig.tar.gz" \
		"SHA256:$hello_sha256" >"$roots/hello.log" 2>&1 ||
		cannot "hello: $mirror/$hello_path cannot be fetched: $(sed -n '/^E: /{s/^E: //;p;q;}' "$roots/hello.log")"
}

need() {
	command -v "$2" >/dev/null 2>&1 || cannot "$1: $2 is not installed (scripts/install-deps --tests installs it)"
}

give() {
	[ "$(id -u)" != 0 ] || chown -hR "$uid:$uid" "$1"
}

# W9's shape: a dynamic libc that is not glibc, and a shell.
make_musl() {
	need musl musl-gcc
	need musl busybox
	mkdir -p "$2/bin" "$2/lib" "$2/dev" "$2/work"
	cp "$(command -v busybox)" "$2/bin/busybox"
	for applet in cat echo id ls mkdir ps pwd rm sh stat su; do
		ln -s /bin/busybox "$2/bin/$applet"
	done
	# musl's libc is its dynamic linker too; programs name it by this path.
	cp -L /lib/ld-musl-*.so.1 "$2/lib/"
	musl-gcc -O2 -Wall -o "$2/bin/hello" "$sources/hello.c"
	musl-gcc -O2 -Wall -o "$2/bin/tour" "$sources/tour.c"
	musl-gcc -O2 -Wall -static -o "$2/bin/tour-static" "$sources/tour.c"
	give "$2"
}

make_go() {
	need go go
	need go gcc
	mkdir -p "$2/dev" "$2/work" "$2/.build"
	for program in tour enter; do
		GOCACHE=$2/.build HOME=$2/.build CGO_ENABLED=0 GO111MODULE=off go build -o "$2/$program" "$sources/$program.go"
	done
	rm -rf "$2/.build"
	gcc -O2 -Wall -static -o "$2/hello" "$sources/hello.c"
	give "$2"
}

make_one() {
	name=$1
	made=$roots/$name
	want=$(recipe "$name")
	[ -n "$want" ] || {
		usage >&2
		exit 2
	}

	# Held until this subshell ends; a second run waits here and then finds the tree.
	exec 9>"$roots/.$name.lock"
	flock 9
	if [ -d "$made" ] && [ "$(cat "$roots/.$name.recipe" 2>/dev/null)" = "$want" ]; then
		echo "$made"
		return
	fi

	say "making $name in $made"
	discard "$roots/.$name".tmp.* "$made"
	rm -f "$roots/.$name.recipe"
	half=$roots/.$name.tmp.$$
	trap 'discard "$half"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	case $name in
	hello) make_hello "$name" "$half" ;;
	musl) make_musl "$name" "$half" ;;
	go) make_go "$name" "$half" ;;
	tools) make_debian "$name" "$half" bookworm "$tools_packages" ;;
	owners) make_debian "$name" "$half" bookworm "$owners_packages" ;;
	preloads) make_debian "$name" "$half" bookworm "$debian_packages,$preload_packages" ;;
	*) make_debian "$name" "$half" "$name" "$debian_packages$(extra_packages "$name")" ;;
	esac
	chmod 755 "$half"
	mv "$half" "$made"
	echo "$want" >"$roots/.$name.recipe"
	echo "$made"
}

case ${1:-} in
--where)
	echo "$cache"
	exit 0
	;;
'' | -*)
	usage >&2
	exit 2
	;;
esac

umask 022
mkdir -p "$roots"
for name; do
	(make_one "$name")
done
