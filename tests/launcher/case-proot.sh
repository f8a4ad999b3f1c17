# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154,SC2164 # run.sh and lib.sh set and read the variables, with set -e
#
# The command line read as proot(1) reads it: by --proot, or under the name proot.

mkdir -p R/bin "R$place"
: >R/bin/sh
mkdir -p other
so=$work/libexec/libfakejail.so
me=$(id -u) group=$(id -g)
ln -sf fakejail "$work/bin/proot"

# reads 'OPTION...' EXPECTED...: both ways, in R, as the caller, from the same place inside.
reads() {
	typed=$1
	shift
	# shellcheck disable=SC2086
	launch --proot -r R $typed true
	same "--proot $typed" "$(words start -r "$place/R" -N R -p "$so" -P "$@" -- true)"
	status=0
	# shellcheck disable=SC2086
	$shell "$work/bin/proot" -r R $typed true >"$work/out" 2>"$work/err" </dev/null || status=$?
	same "proot $typed" "$(words start -r "$place/R" -N R -p "$so" -P "$@" -- true)"
}

there="-w|$place|-u|+$me:+$group"
# shellcheck disable=SC2086
with_here() {
	typed=$1
	shift
	IFS='|'
	set -- "$@" $there
	unset IFS
	reads "$typed" "$@"
}
with_here ''
with_here '-b /etc' -b /etc /etc rw
with_here '-m /etc:/x' -b /etc /x rw
with_here '--mount=/etc:/x --bind /etc:/y!' -b /etc /x rw -b /etc /y 'rw!'
reads '-0' -w "$place" -u 0:0
reads '--root-id' -w "$place" -u 0:0
reads '-i 1:2' -w "$place" -u 1:2
reads '--change-id=1:2' -w "$place" -u 1:2
reads '-0 -w /x' -w /x -u 0:0
reads '-0 -w .' -w "$place" -u 0:0
reads '-0 -w ./x/../y' -w "$place/y" -u 0:0
reads '-0 -w /x -b /etc:/a/b/c -b /etc:/a -b /etc/:/a/b -b /usr:/a/b/c -b /etc:/' -b /etc /a rw -b /etc / rw -b /etc/ /a/b rw \
	-b /etc /a/b/c rw -b /usr /a/b/c rw -w /x -u 0:0
reads '-0 --pwd=/x' -w /x -u 0:0
reads '-0 --cwd /x' -w /x -u 0:0
reads '-0 -v -1' -w "$place" -u 0:0 -q
reads '-0 -v 0' -w "$place" -u 0:0
reads '-0 -v 2' -w "$place" -u 0:0 -v
reads '-0 --verbose=2' -w "$place" -u 0:0 -v
reads '-0 -k 5.4' -k 5.4 -w "$place" -u 0:0
reads '-0 --kill-on-exit' -K -w "$place" -u 0:0
reads '-0 -l --link2symlink -L -H -p --sysvipc' -w "$place" -u 0:0
reads '-0 -q qemu-arm' -w "$place" -u 0:0
if grep -q 'programs of another architecture are not run' "$work/err"; then pass; else fail '-q says that it is left out'; fi
reads '-0 -b /nowhere/at/all' -w "$place" -u 0:0
if [ "$(cat "$work/err")" = "fakejail: warning: cannot bind '/nowhere/at/all': no such file or directory" ]; then
	pass
else
	fail 'a missing bind is a warning'
fi

# -R and -S bring what proot(1) recommends; the root comes with them.
launch --proot -S R true
for wanted in /etc/resolv.conf /etc/hosts /dev /sys /proc /tmp; do
	case $(tr '\n' ' ' <"$work/out") in
	*"<-b> <$wanted> <$wanted> <rw?>"*) pass ;;
	*) fail "-S binds $wanted" ;;
	esac
done
case $(tr '\n' ' ' <"$work/out") in
*'<-u> <0:0>'*) pass ;;
*) fail '-S is root' ;;
esac
launch --proot -R R true
for wanted in /etc/resolv.conf /etc/passwd /etc/group /etc/localtime /etc/mtab /dev; do
	case $(tr '\n' ' ' <"$work/out") in
	*"<-b> <$wanted> <$wanted> <rw?>"*) pass ;;
	*) fail "-R binds $wanted" ;;
	esac
done
case $(tr '\n' ' ' <"$work/out") in
*"<-u> <+$me:+$group>"*) pass ;;
*) fail '-R is the caller' ;;
esac

# The root: `/`, or a directory as first operand. The default COMMAND.
launch --proot -0 true -x
same 'proot without a root' "$(words start -r / -N / -p "$so" -P -w "$place" -u 0:0 -- true -x)"
launch --proot -0 R
same 'proot with a directory' "$(words start -r "$place/R" -N R -p "$so" -P -w "$place" -u 0:0 -- /bin/sh)"
cd other
launch --proot -0 -r ../R add x
cd "$place"
same 'proot knows no verbs' "$(words start -r "$place/other/../R" -N ../R -p "$so" -P -u 0:0 -- add x)"
launch --proot -V
same 'proot -V' 'fakejail 1.2.3'
launch --proot -h
case $(cat "$work/out") in
Usage:*) pass ;;
*) fail 'proot -h' ;;
esac
misused "unknown option '-Z'" --proot -Z
