# shellcheck shell=sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# lib.sh - what the shell tests share.  A test begins with
#
#	. "$(dirname "$0")/../lib/lib.sh"
#
# and ends with `finish`.  It prints a line a check, `ok NAME`, `FAIL NAME: what was expected and got` or
# `SKIP NAME: reason`, and closes with `N passed, N failed, N skipped`; its exit status is 0 only where nothing failed
# and something was checked.
#
# Jailed commands run as an unprivileged user with an environment of their own: root drops to uid 4242, anybody else
# stays who he is.  What the tests are given from outside:
#
#   FAKEJAIL        the command under test, may be several words; default scripts/fakejail of the build directory,
#                   which is the current directory (make check), else build/ in the source tree.  Set to
#                   tests/lib/real-chroot it runs the tests against what fakejail must equal, a real chroot.
#   FAKEJAIL_OPTS   handed on to fakejail (--no-trap, for example)
#   FAKEJAIL_UID    the uid and gid that root drops to
#   FAKEJAIL_OVERLAY  not empty: roots are overlays, see overlay.sh
#   FAKEJAIL_LIMIT  seconds of CPU time that one command may take, or of standing still (lib/limit), before it is killed
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

# Not /tmp, which may be a small tmpfs: a Debian root has half a gigabyte.
work=$(mktemp -d "${TMPDIR:-/var/tmp}/fakejail-$test_name.XXXXXX")
chmod 755 "$work"
# mine: a directory of the user as whom jailed commands run; jails and that user's home are in it.
mine=$work/user
mkdir "$mine" "$mine/home"
! is_root || chown -R "$test_uid:$test_uid" "$mine"
# The output that run keeps: it is the user's, who may open it again by /dev/stdout.
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

# The last line of every test.
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

# fail NAME WHAT [MORE...]: each MORE, which may have many lines, is printed below, indented.
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

# limited COMMAND [ARG]...: runs it in a session of its own, with the tests' own environment and the user's directory
# as the working directory; killed with all its children when the limit is reached. Stdin is the caller's.
limited() (
	cd "$current"
	exec "$tests_dir/lib/limit" "$limit_seconds" env -i HOME="$mine/home" PATH="$user_path" LC_ALL=C \
		TERM="${TERM:-dumb}" FAKEJAIL_OPTS="${FAKEJAIL_OPTS:-}" FAKEJAIL_UID="$test_uid" "$@"
)
current=$mine
user_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# as_user COMMAND [ARG]...: limited, as the unprivileged user.
as_user() {
	if is_root; then
		set -- setpriv --reuid "$test_uid" --regid "$test_uid" --clear-groups -- "$@"
	fi
	# shellcheck disable=SC2086 # words
	limited $root_by "$@"
}
# A command with which root runs the others, before becoming the user: one that changes mounts.
root_by=

# jail [OPTION]... ROOTFS [COMMAND [ARG]...]: fakejail's command line.
# The words of $jail_by and $FAKEJAIL are meant to be split.
# shellcheck disable=SC2086
jail() {
	if is_reference; then
		# It needs root to enter the jail, and becomes the user itself.
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
# A command with which the user runs fakejail: a tracer, a terminal.
jail_by=

# jail_from DIRECTORY ARG...: jail ARG..., called in that directory.
jail_from() {
	current=$1
	shift
	from_rc=0
	jail "$@" || from_rc=$?
	current=$mine
	return "$from_rc"
}

# at_terminal NAME ARG...: jail ARG... at a terminal; stdin says what is typed and expected (tests/lib/terminal.py).
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

# run COMMAND [ARG]...: sets out, err and rc; never fails itself.
run() {
	rc=0
	"$@" >"$work/out" 2>"$work/err" || rc=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}

# fail_run NAME WHAT [MORE...]: fail, and print what the last `run` has kept.
fail_run() {
	fail "$@" "exit status: $rc" "stdout: $(printf '%s\n' "$out" | tail -n 40)" \
		"stderr: $(printf '%s\n' "$err" | tail -n 40)"
}

# ---- checks ----

# is NAME WANT GOT: the same string.
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		fail "$1" 'not as expected' "expected: $2" "got:      $3"
	fi
}

# like NAME GLOB GOT: a shell pattern, matched against the whole string.
like() {
	# shellcheck disable=SC2254 # a pattern is what it is
	case $3 in
	$2) ok "$1" ;;
	*) fail "$1" 'not as expected' "expected: $2" "got:      $3" ;;
	esac
}

# succeeds NAME COMMAND [ARG]...
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

# prints NAME WANT COMMAND [ARG]...: exit status 0 and exactly that on stdout.
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

# prints_like NAME GLOB COMMAND [ARG]...: exit status 0, and a shell pattern for the whole of stdout.
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

# fails NAME STATUS GLOB COMMAND [ARG]...: that exit status, and a shell pattern for the whole of stderr.
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

# fakejail_fails NAME STATUS MESSAGE COMMAND...: fails with fakejail's own message, which a real chroot does not have.
fakejail_fails() {
	if is_reference; then
		skip "$1" 'a real chroot does not say that'
	else
		fails "$@"
	fi
}

# owned_by_user NAME FILE...: outside of jails the files are the user's own.
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

# need COMMAND...: ends the test with a SKIP if the machine lacks one.
need() {
	for need_command; do
		if ! command -v "$need_command" >/dev/null 2>&1; then
			skip "everything" "$need_command is not installed (scripts/install-deps --tests)"
			finish
		fi
	done
}

# cached_root NAME: sets cached to the place of that root (tests/roots/make-root.sh), which all share: do not write
# there. Ends the test with a SKIP if it cannot be made.
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

# private_root NAME: sets root to a copy of that root, which is the user's, and removed at the end.
private_root() {
	cached_root "$1"
	root=$mine/$1
	cp -a "$cached" "$root"
}

# new_jail NAME [DIRECTORY...]: sets root to an empty directory of the user's, with these directories in it.
new_jail() {
	root=$mine/$1
	shift
	mkdir "$root"
	for new_directory; do
		mkdir -p "$root/$new_directory"
	done
	give_to_user "$root"
}

# busybox_applets APPLET...: puts this machine's static busybox into $root as these commands.
busybox_applets() {
	mkdir -p "$root/bin"
	cp "$(command -v busybox)" "$root/bin/busybox"
	for applet; do
		ln -s /bin/busybox "$root/bin/$applet"
	done
}

# as_made ROOT: prints where the files are that the test has made: ROOT, or for an overlay (FAKEJAIL_OVERLAY) its
# lower layer.
as_made() {
	if [ -n "${FAKEJAIL_OVERLAY:-}" ] && overlay_of "$1"; then
		echo "$over/lower"
	else
		echo "$1"
	fi
}

# give_to_user FILE...: gives the user trees that root has made for a jail.
give_to_user() {
	! is_root || chown -hR "$test_uid:$test_uid" "$@"
}

# ---- the command under test ----

if [ -z "${FAKEJAIL:-}" ]; then
	for FAKEJAIL in "$PWD/scripts/fakejail" "$top_srcdir/build/scripts/fakejail"; do
		[ ! -x "$FAKEJAIL" ] || break
	done
fi
# Readable, not only there: a source tree below /root would fail every check with a message about something else.
# shellcheck disable=SC2016 # the inner shell's $1
if ! is_reference && ! as_user sh -c 'command -v "$1"' sh "${FAKEJAIL%% *}" >/dev/null; then
	fail 'the command under test' "uid $test_uid cannot run ${FAKEJAIL%% *} (not built, or below a closed directory)"
	finish
fi
