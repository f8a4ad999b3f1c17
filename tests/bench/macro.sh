#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# macro.sh - one piece of real work in one tool's jail: what people do in a root, so the figure that matters to them.
#
# `macro.sh WORK TOOL` prints "cpu_ms wall_ms", start-up of the tool included, as one would type it; or `escapes`, or
# `fails (why)`, for a figure counts only when the output or the files show that the work was done inside. Works: start
# find ls tar dpkg subshells together-N git configure make (make wants the configure before it). After prepare.sh; parameters: lib.sh.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/bench/lib.sh
. "$here/lib.sh"

[ $# = 2 ] || {
	echo "usage: macro.sh WORK TOOL" >&2
	exit 2
}
work=$1 tool=$2
out=$BENCH_WORK/macro.out
err=$BENCH_WORK/macro.err
time=$BENCH_WORK/macro.time
build=$root/bench/build

fails() {
	echo "fails ($1)"
	exit 0
}

# run COMMAND [ARG]...: in the jail; its output goes to $out and $err. A failure ends this script.
run() {
	rc=0
	in_jail "$tool" "$@" >"$out" 2>"$err" 3>"$time" || rc=$?
	case $rc in
	0) ;;
	3) # child.c's word for it
		[ "$work" = start ] || fails "exit status 3"
		echo escapes
		exit 0
		;;
	124 | 137) fails "hangs" ;;
	*) fails "exit status $rc" ;;
	esac
}

# shows PATTERN FILE: was the mark seen? The name of a file of the host instead would be an escape.
shows() {
	grep -q -- "$1" "$2" && return
	if grep -q -F -- "$outside" "$2"; then
		echo escapes
		exit 0
	fi
	fails "the mark is not in the output"
}

# What the work leaves is looked for in the root: in an overlay it is not there.
case $tool:$work in
overlay:configure | overlay:make | overlay:git | rm:configure | rm:make | rm:git) fails "not for an overlay" ;;
esac

case $work in
start)
	run /bench/child-dyn /bench/marker "$outside"
	;;
find)
	run find / -xdev
	shows '^/bench/marker$' "$out"
	;;
ls)
	run ls -lR /usr
	shows " $inside_name\$" "$out"
	;;
tar)
	# through a pipe: GNU tar does not read the files when its archive is /dev/null
	run sh -c '{ tar -cvf - --one-file-system /; echo "tar $?" >&2; } | cat >/dev/null'
	shows '^tar 0$' "$err"
	shows '^/bench/marker$' "$err"
	;;
dpkg)
	run dpkg -l
	shows " $inside_name " "$out"
	;;
subshells)
	# shellcheck disable=SC2016 # the jail's shell expands it
	run sh -c 'i=0; while [ $i -lt 1500 ]; do (:) || exit 1; i=$((i + 1)); done; echo "subshells $i"; ls /bench'
	shows '^subshells 1500$' "$out"
	shows '^marker$' "$out"
	;;
together-*)
	# As many rounds however many processes share them.
	run /bench/together "${work#together-}" 16000 /bench/together-work
	shows "^together ${work#together-}\$" "$out"
	;;
git)
	rm -rf "$root/bench/repository"
	# The tool itself copies, so that the files are of who runs git, whatever the tool makes of owners.
	run cp -r /bench/files /bench/repository
	run sh -ec 'cd /bench/repository
		export GIT_CONFIG_GLOBAL=/dev/null
		git init -q
		git -c core.autocrlf=false add .
		git -c user.name=bench -c user.email=bench@example.org -c gc.auto=0 commit -q -m all
		git status --short
		rm -r 1 2 3 4 5 6
		git checkout -q .
		git rm -q -r 7 8 9
		git status --short | wc -l'
	shows '^300$' "$out"
	rm -rf "$root/bench/repository"
	;;
configure)
	rm -rf "$build"
	run sh -c 'mkdir /bench/build && cd /bench/build && exec ../hello/configure'
	[ -s "$build/config.status" ] || fails "no config.status in the root"
	;;
make)
	run make -C /bench/build
	[ -x "$build/hello" ] || fails "no program in the root"
	mv "$time" "$time.make"
	run /bench/build/hello
	mv "$time.make" "$time"
	shows '^Hello, world!$' "$out"
	;;
*)
	echo "macro.sh: no such work: $work" >&2
	exit 2
	;;
esac

awk '{ printf "%.1f %.1f\n", $1 / 1000, $2 / 1000 }' "$time"
