# shellcheck shell=sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# lib.sh - the functions that the shell tests share. The first command of a test is
#
#	. "$(dirname "$0")/../lib/lib.sh"
#
# and the last one is `finish`. A test prints a line for each check: `ok NAME`, `FAIL NAME: what was expected and got` or
# `SKIP NAME: reason`. Its last line is `N passed, N failed, N skipped`. Its exit status is 0 if nothing failed and
# there was a check.
#
# Jailed commands run as an unprivileged user, with an environment of their own. If root runs the tests, that user is
# uid 4242; else it is the caller. These variables of the environment change the tests:
#
#   FAKEJAIL        the command under test, which may be several words. The default is scripts/fakejail of the build
#                   directory: the current directory (make check), or build/ in the source tree. With
#                   tests/lib/real-chroot, the tests run in a real chroot, to which fakejail must be equal.
#   FAKEJAIL_OPTS   is passed to fakejail (--no-trap, for example)
#   FAKEJAIL_UID    the uid and gid of the unprivileged user, if root runs the tests
#   FAKEJAIL_OVERLAY  not empty: roots are overlays, see overlay.sh
#   FAKEJAIL_LIMIT  a command is killed after this many seconds of CPU time, or of making no progress (lib/limit)
#   FAKEJAIL_KEEP   not empty: the work directory stays
set -eu
umask 022

tests_dir=$(cd "$(dirname "$0")/.." && pwd)
top_srcdir=$(dirname "$tests_dir")
test_name=$(basename "$0" .sh)
test_uid=${FAKEJAIL_UID:-4242}
limit_seconds=${FAKEJAIL_LIMIT:-120}
passed=0
failed=0
skipped=0
finished=

is_root() {
	[ "$(id -u)" = 0 ]
}

is_root || test_uid=$(id -u)

# A command that reads the terminal by mistake must get the end of a file.
exec </dev/null

# /tmp may be a small tmpfs, and a Debian root has half a gigabyte.
work=$(mktemp -d "${TMPDIR:-/var/tmp}/fakejail-$test_name.XXXXXX")
chmod 755 "$work"
# mine: a directory of the unprivileged user. It has the jails, and the home directory of that user.
mine=$work/user
mkdir "$mine" "$mine/home"
! is_root || chown -R "$test_uid:$test_uid" "$mine"
# The output that run() keeps. The user owns these files, since a command may open them by /dev/stdout.
: >"$work/out"
: >"$work/err"
! is_root || chown "$test_uid:$test_uid" "$work/out" "$work/err"

at_exit() {
	status=$?
	trap - EXIT
	if [ -z "$finished" ]; then
		fail 'the script' "it ended early, status $status"
		counts
		status=1
	fi
	if [ -n "${FAKEJAIL_KEEP:-}" ]; then
		echo "# kept: $work"
	else
		is_root || chmod -R u+rwX "$work" 2>/dev/null || :
		rm -rf --one-file-system "$work"
	fi
	exit "$status"
}
trap at_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

counts() {
	echo "$passed passed, $failed failed, $skipped skipped"
}

# Every test calls it at its end.
finish() {
	finished=yes
	[ -z "${FAKEJAIL_OVERLAY:-}" ] || overlay_check
	if [ $((passed + failed + skipped)) = 0 ]; then
		fail 'the script' 'it checked nothing'
	fi
	counts
	if [ "$failed" = 0 ]; then
		exit 0
	fi
	exit 1
}

ok() {
	passed=$((passed + 1))
	echo "ok $test_name: $1"
}

# fail NAME WHAT [MORE...]: counts a failure and prints it. Each MORE, of one or more lines, is printed below, indented.
fail() {
	failed=$((failed + 1))
	echo "FAIL $test_name: $1: $2"
	shift 2
	for more; do
		printf '%s\n' "$more" | sed 's/^/#   /'
	done
}

skip() {
	skipped=$((skipped + 1))
	echo "SKIP $test_name: $1: $2"
}

if [ -n "${FAKEJAIL_OVERLAY:-}" ]; then
	# shellcheck source=tests/lib/overlay.sh
	. "$tests_dir/lib/overlay.sh"
fi

# ---- running things ----

# limited COMMAND [ARG]...: runs the command in a session of its own, in the directory $current, with a small
# environment. At the limit, the command and all its children are killed. Its standard input is that of the caller.
limited() (
	cd "$current"
	exec "$tests_dir/lib/limit" "$limit_seconds" env -i HOME="$mine/home" PATH="$user_path" LC_ALL=C \
		TERM="${TERM:-dumb}" FAKEJAIL_OPTS="${FAKEJAIL_OPTS:-}" FAKEJAIL_UID="$test_uid" "$@"
)
current=$mine
user_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# as_user COMMAND [ARG]...: the same, as the unprivileged user.
as_user() {
	if is_root; then
		set -- setpriv --reuid "$test_uid" --regid "$test_uid" --clear-groups -- "$@"
	fi
	# shellcheck disable=SC2086 # words
	limited $root_by "$@"
}
# A command by which root runs the others, before it becomes the user: one that changes mounts.
root_by=

# jail [OPTION]... ROOTFS [COMMAND [ARG]...]: runs fakejail with these arguments.
# The words of $jail_by and $FAKEJAIL are meant to be split.
# shellcheck disable=SC2086
jail() {
	if is_reference; then
		# chroot(2) needs root; the command becomes the user itself.
		limited $root_by $jail_by $FAKEJAIL "$@"
	elif [ -n "${FAKEJAIL_OVERLAY:-}" ] && overlay_of "$@"; then
		over_left=$#
		while [ "$over_left" -gt 0 ]; do
			if [ "$1" = "$over_word" ] && [ -n "$over_root" ]; then
				set -- "$@" "$over/lower"
				over_root=
			else
				set -- "$@" "$1"
			fi
			shift
			over_left=$((over_left - 1))
		done
		if [ "$FAKEJAIL_OVERLAY" = rm ]; then
			as_user $jail_by $FAKEJAIL --rm "$@"
		else
			as_user $jail_by $FAKEJAIL --overlay "$mine/${over##*/}" "$over/work" / "$@"
		fi
	else
		as_user $jail_by $FAKEJAIL "$@"
	fi
}
# A command by which the user runs fakejail: a tracer, a terminal.
jail_by=

# jail_from DIRECTORY ARG...: runs `jail ARG...` in that directory.
jail_from() {
	current=$1
	shift
	from_rc=0
	jail "$@" || from_rc=$?
	current=$mine
	return "$from_rc"
}

# at_terminal NAME ARG...: runs `jail ARG...` at a terminal, by the script on the standard input (tests/lib/terminal.py).
at_terminal() {
	check=$1
	shift
	cat >"$work/conversation"
	# A copy: the user may not be able to reach the source tree.
	cp "$tests_dir/lib/terminal.py" "$work/terminal.py"
	jail_by="python3 $work/terminal.py $work/conversation $jail_by"
	run jail "$@"
	jail_by=
	if [ "$rc" = 0 ]; then
		ok "$check"
	else
		fail_run "$check" 'the conversation went another way'
	fi
}

# True if the tests run against a real chroot, which has no messages of fakejail's.
is_reference() {
	[ "$FAKEJAIL" = "$tests_dir/lib/real-chroot" ]
}

# run COMMAND [ARG]...: runs the command, and sets out, err and rc. Its own status is always 0.
run() {
	rc=0
	"$@" >"$work/out" 2>"$work/err" || rc=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}

# fail_run NAME WHAT [MORE...]: like fail, and prints the output of the last `run`. The FAIL line, too, tells the exit status and
# the first line of the output: some reports show nothing else.
fail_run() {
	fail_name=$1
	fail_what="$2 (status $rc: $(printf '%s\n%s\n' "$out" "$err" | grep -m 1 . | cut -c 1-200))"
	shift 2
	fail "$fail_name" "$fail_what" "$@" "exit status: $rc" "stdout: $(printf '%s\n' "$out" | tail -n 40)" \
		"stderr: $(printf '%s\n' "$err" | tail -n 40)"
}

# ---- checks ----

# is NAME WANT GOT: checks that the strings are the same.
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		fail "$1" 'not as expected' "expected: $2" "got:      $3"
	fi
}

# like NAME GLOB GOT: checks that the shell pattern matches the whole string.
like() {
	# shellcheck disable=SC2254 # a pattern is what it is
	case $3 in
	$2) ok "$1" ;;
	*) fail "$1" 'not as expected' "expected: $2" "got:      $3" ;;
	esac
}

# succeeds NAME COMMAND [ARG]...: checks that the exit status is 0.
succeeds() {
	check=$1
	shift
	run "$@"
	if [ "$rc" = 0 ]; then
		ok "$check"
	else
		fail_run "$check" 'expected exit status 0'
	fi
}

# prints NAME WANT COMMAND [ARG]...: checks that the exit status is 0 and the standard output is WANT.
prints() {
	check=$1
	want=$2
	shift 2
	run "$@"
	if [ "$rc" = 0 ] && [ "$out" = "$want" ]; then
		ok "$check"
	else
		fail_run "$check" 'not as expected' "expected exit status 0 and stdout: $want"
	fi
}

# prints_like NAME GLOB COMMAND [ARG]...: the same; a shell pattern must match the whole standard output.
prints_like() {
	check=$1
	want=$2
	shift 2
	run "$@"
	# shellcheck disable=SC2254
	case $rc:$out in
	0:$want) ok "$check" ;;
	*) fail_run "$check" 'not as expected' "expected exit status 0 and stdout like: $want" ;;
	esac
}

# fails NAME STATUS GLOB COMMAND [ARG]...: checks the exit status; a shell pattern must match the whole standard error.
fails() {
	check=$1
	want_rc=$2
	want=$3
	shift 3
	run "$@"
	# shellcheck disable=SC2254
	case $rc:$err in
	"$want_rc":$want) ok "$check" ;;
	*) fail_run "$check" 'not as expected' "expected exit status $want_rc and stderr like: $want" ;;
	esac
}

# fakejail_fails NAME STATUS MESSAGE COMMAND...: like fails, for a message of fakejail's, which a real chroot does not print.
fakejail_fails() {
	if is_reference; then
		skip "$1" 'a real chroot does not say that'
	else
		fails "$@"
	fi
}

# owned_by_user NAME FILE...: checks that the user owns the files outside of jails.
owned_by_user() {
	check=$1
	shift
	run stat -c '%u:%g %n' "$@"
	if [ "$rc" = 0 ] && ! printf '%s\n' "$out" | grep -qv "^$test_uid:"; then
		ok "$check"
	else
		fail_run "$check" "expected files of uid $test_uid"
	fi
}

# ---- roots ----

# need COMMAND...: ends the test with a SKIP if the machine lacks one of the commands.
need() {
	for need_command; do
		if ! command -v "$need_command" >/dev/null 2>&1; then
			skip "everything" "$need_command is not installed (scripts/install-deps --tests)"
			finish
		fi
	done
}

# cached_root NAME: sets cached to the path of that root (tests/roots/make-root.sh). Tests may not write there: they
# share it. Ends the test with a SKIP if the root cannot be made.
cached_root() {
	run "$tests_dir/roots/make-root.sh" "$1"
	case $rc in
	0)
		cached=$out
		;;
	77)
		skip "everything" "$(printf '%s\n' "$err" | tail -n 1)"
		finish
		;;
	*)
		fail_run "root $1" 'it could not be made'
		finish
		;;
	esac
}

# private_root NAME: sets root to a copy of that root. The user owns the copy, and it is removed at the end. It has no records,
# even if somebody has begun a jail on the cached root.
private_root() {
	cached_root "$1"
	root=$mine/$1
	cp -a "$cached" "$root"
	rm -rf "${root:?}/.fakejail"
}

# new_jail NAME [DIRECTORY...]: sets root to a new directory of the user's, which has these directories.
new_jail() {
	root=$mine/$1
	shift
	mkdir "$root"
	for new_directory; do
		mkdir -p "$root/$new_directory"
	done
	give_to_user "$root"
}

# busybox_applets APPLET...: copies this machine's static busybox into $root, with links by the names of these applets.
busybox_applets() {
	mkdir -p "$root/bin"
	cp "$(command -v busybox)" "$root/bin/busybox"
	for applet; do
		ln -s /bin/busybox "$root/bin/$applet"
	done
}

# as_made ROOT: prints the directory of the files that the test has made: ROOT, or the lower layer if ROOT is an overlay
# (FAKEJAIL_OVERLAY).
as_made() {
	if [ -n "${FAKEJAIL_OVERLAY:-}" ] && overlay_of "$1"; then
		echo "$over/lower"
	else
		echo "$1"
	fi
}

# entered ROOT: prints the options and the directory with which a program that starts fakejail itself enters ROOT as jail()
# does, one word a line.
entered() {
	if [ -n "${FAKEJAIL_OVERLAY:-}" ] && overlay_of "$1"; then
		printf '%s\n' --overlay "$over_root" "$over/work" / "$over/lower"
	else
		echo "$1"
	fi
}

# give_to_user FILE...: makes the user the owner of trees that root has made for a jail.
give_to_user() {
	! is_root || chown -hR "$test_uid:$test_uid" "$@"
}

# ---- the command under test ----

if [ -z "${FAKEJAIL:-}" ]; then
	for FAKEJAIL in "$PWD/scripts/fakejail" "$top_srcdir/build/scripts/fakejail"; do
		[ ! -x "$FAKEJAIL" ] || break
	done
fi
# The user must be able to read it: a source tree below /root would fail every check with a misleading message.
# shellcheck disable=SC2016 # the inner shell's $1
if ! is_reference && ! as_user sh -c 'command -v "$1"' sh "${FAKEJAIL%% *}" >/dev/null; then
	fail 'the command under test' "uid $test_uid cannot run ${FAKEJAIL%% *} (not built, or below a closed directory)"
	finish
fi
