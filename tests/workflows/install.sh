#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# install.sh - tests what `make install` installs: in a prefix of the user, staged by DESTDIR, moved to another directory, and
# reached by a symlink. `make uninstall` must remove all of it.
. "$(dirname "$0")/../lib/lib.sh"
build=$(dirname "$(dirname "${FAKEJAIL%% *}")")
if is_reference || ! [ -f "$build/Makefile" ]; then
	skip 'make install' "$FAKEJAIL lies in no build directory"
	finish
fi
need busybox make

new_jail jail bin
busybox_applets sh
for place in own staged/opt moved; do
	mkdir -p "$mine/$place"
done

# installs NAME VARIABLE...: make install with these, as whoever has built.
installs() {
	check=$1
	shift
	run make -s -C "$build" "$@"
	if [ "$rc" = 0 ]; then
		ok "$check"
	else
		fail_run "$check" 'make failed'
	fi
}

# runs NAME LAUNCHER LIBRARIES: a jail from there, whose loader and shared object are those in the prefix.
runs() {
	prints "$1: a command" 'in the jail: 0' as_user "$2" "$root" sh -c 'echo "in the jail: $(busybox id -u)"'
	prints "$1: a verb" "ok" as_user sh -c '"$1" doctor "$2" sh >/dev/null && echo ok' sh "$2" "$root"
	prints "$1: records" 'file   0644 7:7 /file' as_user sh -c 'rm -f "$2/file"; : >"$2/file"; "$1" "$2" busybox chown 7:7 /file
		"$1" owners list "$2"' sh "$2" "$root"
	# Which files it uses, as a loader in its place is told: by the command, and by the launcher that stands behind it.
	loader=$3/libexec/fakejail/fakejail-loader
	mv "$loader" "$mine/loader"
	# shellcheck disable=SC2016 # for the stub
	printf '#!/bin/sh\necho "$0" "$@"\n' >"$loader"
	chmod 755 "$loader"
	for options in --bare --proot; do
		run as_user "$2" "$options" "$root" busybox true
		case $rc:$out in
		0:"$loader start "*" -p $3/lib/fakejail/libfakejail.so "*) ok "$1: its own files, $options" ;;
		*) fail "$1: its own files, $options" "those of $3 were expected" "$out$err" ;;
		esac
	done
	mv "$mine/loader" "$loader"
}

installs 'make install prefix=' install prefix="$mine/own"
runs 'a prefix of the user'\''s' "$mine/own/bin/fakejail" "$mine/own"
for file in README.md docs/LIMITS.md; do
	succeeds "$file is installed" as_user test -s "$mine/own/share/doc/fakejail/$file"
done
installs 'make install DESTDIR=' install prefix=/opt DESTDIR="$mine/staged"
runs 'staged' "$mine/staged/opt/bin/fakejail" "$mine/staged/opt"
mv "$mine/staged/opt" "$mine/moved/here"
runs 'moved' "$mine/moved/here/bin/fakejail" "$mine/moved/here"
as_user ln -s "$mine/moved/here/bin/fakejail" "$mine/home/fakejail"
runs 'by a symlink' "$mine/home/fakejail" "$mine/moved/here"

installs 'make uninstall' uninstall prefix="$mine/own"
is 'nothing is left' '' "$(find "$mine/own" ! -type d)"
finish
