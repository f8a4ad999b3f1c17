# shellcheck shell=sh disable=SC2034,SC2154 # shared with the scripts that read this one
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# build.sh - from a fresh clone to a launcher that an ordinary user can run; for first-run and run-tests.
#
# Read with `.` by scripts that have set `top` to the source tree. Root's jails run as uid $test_uid, who may not be
# able to enter the directory where root has cloned the source: then the build is made elsewhere, see build_directory.
# A user who must become root sets becomes_root to the command for that.

test_uid=${FAKEJAIL_UID:-4242}

is_root() {
	[ "$(id -u)" = 0 ]
}

becomes_root=
as_test_uid() {
	# shellcheck disable=SC2086 # words
	$becomes_root setpriv --reuid "$test_uid" --regid "$test_uid" --clear-groups -- "$@"
}

# as_ordinary_user COMMAND...: runs it as an ordinary user: the caller if that is not root.
as_ordinary_user() {
	if is_root; then
		as_test_uid "$@"
	else
		"$@"
	fi
}

as_who_runs_jails() {
	if [ -n "$becomes_root" ]; then
		as_test_uid "$@"
	else
		as_ordinary_user "$@"
	fi
}

# Sets build: ./build, or a new directory below /var/tmp if that user cannot reach it; build_is_temporary says which.
build_directory() {
	build=$top/build
	build_is_temporary=
	if ! as_who_runs_jails test -x "$top/."; then
		build=$(mktemp -d /var/tmp/fakejail-build.XXXXXX)
		chmod 755 "$build"
		build_is_temporary=yes
	fi
}

# build_in DIRECTORY CFLAGS [CONFIGURE-ARGUMENT]...: make's output is in DIRECTORY/build.log, and printed if make
# fails.
build_in() {
	into=$1
	flags=$2
	shift 2
	(umask 022 && mkdir -p "$into")
	if ! (
		umask 022
		if [ ! -x "$top/configure" ]; then
			cd "$top" && autoreconf -i
		fi
		cd "$into"
		[ -f Makefile ] || "$top/configure" "$@"
		make -j"$(nproc)" CFLAGS="$flags"
	) >"$into/build.log" 2>&1; then
		echo "the build failed; the end of $into/build.log:" >&2
		tail -n 40 "$into/build.log" >&2
		return 1
	fi
}
