#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh - measures fakejail and its peers against a real chroot, all in one run, and prints the report.
#
# Only figures that were taken side by side can be compared: the machine is never as quiet tomorrow. So every
# repetition goes through all tools, beginning with another one each time, and the report takes medians over the
# repetitions and says them as ratios to the real chroot. No figure is judged. What is asserted is that each thing
# really ran inside; exit status 1 says that something in a column of *ours* escaped, or failed in the column
# `fakejail` (a door alone may rightly refuse a program), and stderr says what. 77, automake's SKIP, if this is not run
# by root, whom a real chroot needs.
#
# Usage: [NAME=VALUE]... tests/bench/run.sh >table.md      parameters: lib.sh; about 2 minutes with QUICK=1

set -eu
here=$(cd "$(dirname "$0")" && pwd)

if [ "$(id -u)" != 0 ]; then
	echo "SKIP: a real chroot, to compare with, needs root" >&2
	exit 77
fi

# The real chroot gets a /proc of its own, in a mount namespace that ends with us. The jails have theirs.
if [ -z "${BENCH_HAS_NAMESPACE:-}" ] && unshare --mount true 2>/dev/null; then
	BENCH_HAS_NAMESPACE=1 exec unshare --mount --propagation private "$0" "$@"
fi

temporary=
if [ -z "${BENCH_WORK:-}" ]; then
	temporary=$(mktemp -d "${TMPDIR:-/tmp}/fakejail-bench.XXXXXX")
	BENCH_WORK=$temporary
	BENCH_OUT=${BENCH_OUT:-results.tsv}
fi
trap '[ -z "$temporary" ] || rm -rf "$temporary"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$BENCH_WORK"
BENCH_WORK=$(cd "$BENCH_WORK" && pwd)
case ${BENCH_OUT:-/} in
/*) ;;
*) BENCH_OUT=$PWD/$BENCH_OUT ;;
esac
export BENCH_WORK
[ -z "${BENCH_OUT:-}" ] || export BENCH_OUT

# shellcheck source=tests/bench/lib.sh
. "$here/lib.sh"
"$here/prepare.sh" >&2
if [ -n "${BENCH_HAS_NAMESPACE:-}" ]; then
	mount -t proc proc "$root/proc" || echo "bench: no /proc for the real chroot: lines that ask it will fail" >&2
fi

if [ -n "${BENCH_HAS_NAMESPACE:-}" ]; then
	rm -rf "$over"
	mkdir -p "$over/upper" "$over/work" "$over/root"
	if mount -t overlay -o "lowerdir=$root,upperdir=$over/upper,workdir=$over/work" overlay "$over/root" 2>/dev/null; then
		chown "$BENCH_UID:$BENCH_UID" "$over/root"
		mount -t proc proc "$over/root/proc"
	fi
fi

tab=$(printf '\t')
: >"$BENCH_OUT"
# row FIELD...: one line of raw results; report.sh says what the fields are
row() {
	(IFS=$tab && printf '%s\n' "$*") >>"$BENCH_OUT"
}
say() {
	echo "bench: $*" >&2
}

# micro FLAVOUR TOOL REP
micro() {
	rc=0
	in_jail "$2" "/bench/micro-$1" "$(cat "$token_file")" "$outside" \
		"$BENCH_UID" "$BENCH_BATCHES" "$BENCH_BATCH_US" \
		>"$BENCH_WORK/micro.out" 2>"$BENCH_WORK/micro.err" 3>/dev/null || rc=$?
	while IFS=$tab read -r name value; do
		row micro "$1" "$2" "$3" "$name" "$value"
	done <"$BENCH_WORK/micro.out"
	if [ $rc != 0 ]; then
		row micro "$1" "$2" "$3" '*' "fails (exit status $rc)"
	fi
}

# the words of $2 with the first $1 moved to the end
rotate() {
	shift_by=$1
	# shellcheck disable=SC2086 # words
	set -- $2
	shift_by=$((shift_by % $#))
	while [ $shift_by -gt 0 ]; do
		first=$1
		shift
		set -- "$@" "$first"
		shift_by=$((shift_by - 1))
	done
	echo "$*"
}

# the name of the system whose /etc is $1, or $2
system_name() {
	name=$(sed -n 's/^PRETTY_NAME="*\([^"]*\).*/\1/p' "$1/os-release" 2>/dev/null || :)
	echo "${name:-$2}"
}
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sort -u | head -n 1)
commit=$(git -C "$here" describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)
fs=$(df --output=fstype "$root" | tail -n 1)
reps="$BENCH_REPS repetitions ($BENCH_MACRO_REPS of the works, $BENCH_BUILD_REPS of configure and make)"
load=$(cut -d ' ' -f 1-3 /proc/loadavg)

row meta date "$(date -u '+%Y-%m-%d')"
# without a vendor's suffix, which says nothing about speed
row meta kernel "${BENCH_KERNEL:-$(uname -s) $(uname -r | sed 's/-.*//') $(uname -m)}"
row meta cpu "$cpu, $(getconf _NPROCESSORS_ONLN) cores"
row meta commit "${BENCH_COMMIT:-$commit}"
row meta system "$(system_name /etc unknown); the root: $(system_name "$root/etc" 'files of the same'), on $fs"
row meta run "$reps; load average $load at the start"

tools=
for tool in $BENCH_TOOLS; do
	why=$(why_not "$tool")
	if [ -n "$why" ]; then
		row skip "$tool" "$why"
		say "SKIP $tool: $why"
	else
		tools="$tools $tool"
	fi
done
case " $tools " in
*" chroot "*) ;;
*)
	say "nothing to compare with: chroot cannot run"
	exit 77
	;;
esac

flavours=
for flavour in $BENCH_FLAVOURS; do
	if [ -x "$root/bench/micro-$flavour" ]; then
		flavours="$flavours $flavour"
	else
		row skip "micro $flavour" "could not be built"
	fi
done

works=
for work in $BENCH_WORKS; do
	why=
	case $work in
	dpkg) [ -x "$root/usr/bin/dpkg" ] || why="no dpkg in the root" ;;
	git)
		if [ ! -x "$root/usr/bin/git" ]; then
			why="no git in the root"
		elif [ ! -c "$root/dev/null" ]; then
			why="no device nodes can be made here, for the real chroot"
		fi
		;;
	configure | make)
		if [ ! -e "$root/bench/hello/configure" ]; then
			why="HELLO_TARBALL is not set"
		elif [ ! -e "$root/usr/bin/cc" ] || [ ! -e "$root/usr/bin/make" ]; then
			why="no cc and make in the root"
		elif [ ! -c "$root/dev/null" ]; then
			why="no device nodes can be made here, for the real chroot"
		fi
		;;
	esac
	if [ -n "$why" ]; then
		row skip "$work" "$why"
		say "SKIP $work: $why"
	else
		works="$works $work"
	fi
done

# Everything once before it counts, so that no tool pays for the others' cold files.
# shellcheck disable=SC2086 # words
for work in $works; do
	case $work in
	configure | make) ;;
	*) "$here/macro.sh" "$work" chroot >/dev/null ;;
	esac
done

rep=0
while [ $rep -lt "$BENCH_REPS" ]; do
	order=$(rotate $rep "$tools")
	rep=$((rep + 1))
	say "repetition $rep of $BENCH_REPS"
	for flavour in $flavours; do
		for tool in $order; do
			micro "$flavour" "$tool" $rep
		done
	done
	builds=
	for work in $works; do
		case $work in
		configure | make)
			builds="$builds $work"
			continue
			;;
		esac
		[ $rep -le "$BENCH_MACRO_REPS" ] || continue
		# Whoever comes first finds the caches as something else has left them: so it comes twice.
		"$here/macro.sh" "$work" "${order%% *}" >/dev/null
		for tool in $order; do
			row macro "$work" "$tool" $rep "$("$here/macro.sh" "$work" "$tool")"
		done
	done
	# make needs the tree that configure has just made in the same tool
	[ $rep -le "$BENCH_BUILD_REPS" ] || continue
	for tool in $order; do
		for work in $builds; do
			row macro "$work" "$tool" $rep "$("$here/macro.sh" "$work" "$tool")"
		done
		rm -rf "$root/bench/build"
	done
done

"$here/report.sh" "$BENCH_OUT"

bad=$(awk -F '\t' '
	($1 == "micro" || $1 == "macro") && $3 !~ /^(chroot|again|overlay|fakechroot.*|proot|bwrap)$/ &&
	($NF ~ /^escapes/ || $NF ~ /^fails/ && $3 == "fakejail") {
		print "FAIL: " $3 ": " $1 " " $2 ($1 == "micro" ? " " $5 : "") ": " $NF
	}' "$BENCH_OUT" | sort -u)
if [ -n "$bad" ]; then
	printf '%s\n' "$bad" >&2
	exit 1
fi
