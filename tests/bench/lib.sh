# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# lib.sh - how each tool enters the root, and the parameters; sourced by the other scripts here.
#
# There is one place that knows the tools' command lines, so that all of them meet the same root, the same
# environment and the same unprivileged uid, and so that a new tool is one `case` line.
#
# Parameters, all from the environment (the defaults in brackets are those of a full run, then of QUICK=1):
#   FAKEJAIL         fakejail's command, words split at blanks; may hold options [none: SKIP]
#   FAKEJAIL_CONFIGS more columns for it, `name:option[,option]...` [trap:--no-preload preload:--no-trap
#                    user:--userspec=BENCH_UID:BENCH_UID rm:--rm]; rm is an overlay of the root
#   BENCH_TOOLS      the columns [chroot again overlay fakejail, FAKEJAIL_CONFIGS, fakechroot fakechroot+fakeroot proot bwrap];
#                    overlay is a real chroot in an overlay of the root that the kernel has mounted
#   FAKEJAIL_BEFORE  the command of another build, for the column `before`; compare.sh sets it [none]
#   BENCH_ROOT       a root directory to work on; it is copied, never changed [made by mkroot.sh from this host's files]
#   HELLO_TARBALL    GNU hello's source, for configure and make [none: these are left out]
#   BENCH_WORK       where everything is kept, for the next run too [a temporary directory]
#   BENCH_UID        who runs in the jails [4242]
#   BENCH_FLAVOURS   how micro.c is built [glibc-dynamic glibc-static musl-static]
#   BENCH_WORKS      what macro.sh does [start find ls tar dpkg subshells, together-N for 1, 2, 4, 8 and 16 processes, git
#                    configure make; QUICK: without the last three, and of together-N 1 and 4]
#   BENCH_REPS       repetitions of micro.c [21; 7]
#   BENCH_MACRO_REPS of the light works, not above BENCH_REPS [5; 3]
#   BENCH_BUILD_REPS of configure and make, not above BENCH_REPS [3; 1]
#   BENCH_BATCHES, BENCH_BATCH_US   in micro.c: batches a call, microseconds a batch [10, 300]; more repetitions
#                    help against noise where longer ones do not: what disturbs us lasts for seconds
#   BENCH_GUARD      seconds after which a jail that hangs is killed; it judges nothing [900]
#   BENCH_CC, BENCH_MUSL_CC          compilers [cc, where the root has none of its own; musl-gcc]
#   BENCH_OUT        the file of raw results [results.tsv in BENCH_WORK, or here if that is temporary]

quick=${QUICK:-0}
# by_mode FULL QUICK
by_mode() {
	if [ "$quick" = 1 ]; then echo "$2"; else echo "$1"; fi
}

FAKEJAIL=${FAKEJAIL:-}
BENCH_UID=${BENCH_UID:-4242}
FAKEJAIL_CONFIGS=${FAKEJAIL_CONFIGS-trap:--no-preload preload:--no-trap user:--userspec=$BENCH_UID:$BENCH_UID rm:--rm}
BENCH_GUARD=${BENCH_GUARD:-900}
BENCH_FLAVOURS=${BENCH_FLAVOURS:-glibc-dynamic glibc-static musl-static}
BENCH_WORKS=${BENCH_WORKS:-$(by_mode "start find ls tar dpkg subshells $(printf 'together-%s ' 1 2 4 8 16) git configure make" \
	"start find ls tar dpkg subshells together-1 together-4")}
BENCH_REPS=${BENCH_REPS:-$(by_mode 21 7)}
BENCH_MACRO_REPS=${BENCH_MACRO_REPS:-$(by_mode 5 3)}
BENCH_BUILD_REPS=${BENCH_BUILD_REPS:-$(by_mode 3 1)}
BENCH_BATCHES=${BENCH_BATCHES:-10}
BENCH_BATCH_US=${BENCH_BATCH_US:-300}

config_names=
for config in $FAKEJAIL_CONFIGS; do
	config_names="$config_names ${config%%:*}"
done
BENCH_TOOLS=${BENCH_TOOLS:-chroot again overlay fakejail$config_names fakechroot fakechroot+fakeroot proot bwrap}

BENCH_WORK=${BENCH_WORK:?run.sh sets it}

# What prepare.sh makes below BENCH_WORK.
# shellcheck disable=SC2034 # the scripts that source us use them
{
	root=$BENCH_WORK/root
	bin=$BENCH_WORK/bin
	token_file=$BENCH_WORK/token
	outside=$BENCH_WORK/outside
	over=$BENCH_WORK/over
	store=$BENCH_WORK/store
	state=$BENCH_WORK/state
	BENCH_OUT=${BENCH_OUT:-$BENCH_WORK/results.tsv}
}

# A name that exists inside the root and nowhere else: a file in /usr/share, and a package for dpkg.
# shellcheck disable=SC2034
inside_name=fakejail-bench-inside

# The options that FAKEJAIL_CONFIGS gives for column $1, one a line; status 1 if it is no such column.
config_options() {
	for config in $FAKEJAIL_CONFIGS; do
		[ "${config%%:*}" = "$1" ] || continue
		echo "${config#*:}" | tr ',' '\n'
		return 0
	done
	return 1
}

# in_jail TOOL COMMAND [ARG]...: run COMMAND in the root by way of TOOL, exit as it does. CPU and wall time go to fd 3.
#
# The environment is emptied, and privilege dropped, before the clock starts. The guard goes around everything. BENCH_UID
# has no home here. So XDG_STATE_HOME names the directory in which fakejail keeps the texts that earlier jails have changed
# (docs/DOORS.md), as it does for every user: otherwise each measured jail would be a user's first one.
in_jail() {
	tool=$1
	shift
	drop="setpriv --reuid $BENCH_UID --regid $BENCH_UID --clear-groups"
	case $tool in
	chroot | again)
		set -- chroot "--userspec=$BENCH_UID:$BENCH_UID" "$root" "$@"
		drop=
		;;
	overlay)
		set -- chroot "--userspec=$BENCH_UID:$BENCH_UID" "$over/root" "$@"
		drop=
		;;
	fakechroot) set -- fakechroot -- chroot "$root" "$@" ;;
	fakechroot+fakeroot) set -- fakechroot -- fakeroot -- chroot "$root" "$@" ;;
	proot) set -- proot -r "$root" -b /dev -b /proc -w / "$@" ;;
	bwrap) set -- bwrap --bind "$root" / --dev-bind /dev /dev --ro-bind /proc /proc --chdir / "$@" ;;
	before)
		# shellcheck disable=SC2086 # words, as documented
		set -- ${FAKEJAIL_BEFORE:-} "$root" "$@"
		;;
	fakejail)
		# shellcheck disable=SC2086 # words, as documented
		set -- $FAKEJAIL "$root" "$@"
		;;
	*)
		options=$(config_options "$tool") || {
			echo "no such tool: $tool" >&2
			return 2
		}
		# shellcheck disable=SC2086 # words, as documented
		set -- $FAKEJAIL $options "$root" "$@"
		;;
	esac
	# shellcheck disable=SC2086 # drop is words
	(cd / && exec timeout -k 5 "$BENCH_GUARD" env -i \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/ LC_ALL=C TERM=dumb FAKEJAIL_STORE="$store" XDG_STATE_HOME="$state" \
		$drop "$bin/cpu_time" "$@") </dev/null
}

# Why TOOL cannot run here, on stdout; nothing if it can. It can if any program, dynamic or static, starts in it.
why_not() {
	case $1 in
	chroot | again) needs=chroot ;;
	overlay)
		needs=chroot
		if ! mountpoint -q "$over/root"; then
			echo "the kernel mounts no overlay here"
			return
		fi
		;;
	fakechroot+fakeroot) needs='fakechroot fakeroot' ;;
	fakechroot | proot | bwrap) needs=$1 ;;
	*)
		needs=
		if [ -z "$FAKEJAIL" ]; then
			echo "FAKEJAIL is not set"
			return
		fi
		;;
	esac
	for need in $needs; do
		if ! command -v "$need" >/dev/null; then
			echo "$need is not installed"
			return
		fi
	done
	for child in child-dyn child-static; do
		rc=0
		in_jail "$1" "/bench/$child" /bench/marker "$outside" 3>/dev/null 2>"$BENCH_WORK/why" || rc=$?
		case $rc in 0 | 3) return ;; esac
	done
	echo "exit status $rc: $(head -n 1 "$BENCH_WORK/why" | cut -c 1-100)"
}
