# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154,SC2164 # run.sh and lib.sh set and read the variables, with set -e
#
# What COMMAND finds in its environment, seen from a loader that prints it.

mkdir -p R/usr/bin R/bin
: >R/bin/sh
stub_prints_environment
default=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# environment TITLE EXPECTED: the variables (one a line, sorted) that the loader was given. bash always sets `_`, and busybox
# counts itself in SHLVL: neither is ours to prevent.
environment() {
	if [ "$status" -ne 0 ]; then
		fail "$1" "exit status $status: $(cat "$work/err")"
		return
	fi
	grep -v -e '^_=' -e '^SHLVL=' "$work/out" | LC_ALL=C sort >"$work/variables" || :
	if [ "$(cat "$work/variables")" = "$2" ]; then
		pass
	else
		printf '%s\n' "$2" >"$work/expected"
		fail "$1" "$(diff "$work/expected" "$work/variables" || :)"
	fi
}

# env(1) is given the shell by its place, as PATH may be what is to be unset.
first_word=${shell%% *}
interpreter=$(command -v "$first_word" | tr -d '\n')$(printf '%s' "${shell#"$first_word"}" | tr ' ' '|')

# given 'NAME=VALUE|...' WORD...: launch with exactly this environment.
given() {
	variables=$1
	shift
	status=0
	(
		IFS='|'
		# shellcheck disable=SC2086 # split at the bars
		exec env -i $variables $interpreter "$work/bin/fakejail" "$@"
	) >"$work/out" 2>"$work/err" </dev/null || status=$?
}

given "A=1|PATH=/usr/bin|SHLVL=2|PWD=$place" R true
environment 'passed on' "A=1
PATH=/usr/bin
PWD=$place"
given "PATH=/bin|FAKEJAIL_OPTS=--bare|SHLVL=2|PWD=$place" -e B= R true
environment 'FAKEJAIL_OPTS is for us' "B=
PATH=/bin
PWD=$place"
given "fj_root=1|fj_rest=2|root=3|name=4|PATH=/bin|SHLVL=2" R true
case $(cat "$work/out") in
*root=3*) pass ;;
*) fail 'a variable of a common name' ;;
esac

# PATH gets a default where the jail has none of its directories.
path_is() {
	expected=$1
	title=$2
	shift 2
	given "$@"
	found=$(sed -n 's/^PATH=//p' "$work/out")
	if [ "$found" = "$expected" ]; then pass; else fail "PATH: $title" "$found, not $expected: $(cat "$work/err")"; fi
}
path_is /nowhere:/usr/bin 'one directory is there' 'PATH=/nowhere:/usr/bin' R true
path_is "$default" 'no directory is there' 'PATH=/nowhere:/neither' R true
path_is "$default" 'only relative ones' 'PATH=usr/bin:.:' R true
path_is "$default" 'empty' 'PATH=' R true
case $shell in
*busybox*) skip 'busybox makes a PATH of its own' ;;
*) path_is "$default" 'unset' '' R true ;;
esac
given SHLVL=2 R true
case $(cat "$work/out") in
*PATH=*/bin*) pass ;;
*) fail 'PATH: unset below an interactive shell' "$(cat "$work/out")" ;;
esac
path_is /nowhere 'asked for' 'PATH=/bin' -e PATH=/nowhere R true
path_is "$default" 'the caller'"'"'s, of no use' 'PATH=/nowhere' -e PATH R true
path_is "$default" 'taken away' 'PATH=/bin' --unsetenv PATH R true
path_is "$default" 'cleared' 'PATH=/bin' --clearenv R true
path_is /x 'cleared and set' 'PATH=/bin' --clearenv -e PATH=/x R true
path_is /x:/nowhere 'a bound directory' 'PATH=/x:/nowhere' -b /usr/bin:/x R true
path_is /x/bin 'below a bound directory' 'PATH=/x/bin' -b /usr:/x R true
path_is "$default" 'not below a bound directory' 'PATH=/x/bang' -b /usr:/x R true
ln -s /usr/bin R/local
path_is /local 'a symlink' 'PATH=/local' R true

# -e, --unsetenv, --clearenv, in order.
base="PATH=/bin|SHLVL=2|A=1|B=2|PWD=$place"
changed() {
	title=$1
	expected=$2
	shift 2
	given "$base" "$@" R true
	environment "$title" "$expected"
}
pwd_line="PATH=/bin
PWD=$place"
for option in '-e C=3' '-eC=3' '--env C=3' '--env=C=3'; do
	# shellcheck disable=SC2086
	changed "$option" "A=1
B=2
C=3
$pwd_line" $option
done
changed 'a new value' "A=9
B=2
$pwd_line" -e A=9
changed 'an awkward value' "A=it's \"9\" \$HOME \\ * =
B=2
$pwd_line" -e "A=it's \"9\" \$HOME \\ * ="
changed 'taken away' "B=2
$pwd_line" --unsetenv A
changed 'taken away and back' "A=1
B=2
$pwd_line" --unsetenv=A -e A
changed 'set, then taken away' "A=1
$pwd_line" -e B=3 --unsetenv=B
changed 'nothing to pass on' "A=1
B=2
$pwd_line" -e NOTHING -e IFS -e OPTIND -e PS1
changed 'cleared' "C=3
PATH=$default" --clearenv -e C=3
changed 'set before it is cleared' "PATH=$default" -e C=3 --clearenv
changed 'cleared, one passed on' "B=2
PATH=$default" --clearenv -e B
changed 'names that are no identifiers' "B=2
$pwd_line
a.b=1
x-y=z z" -e a.b=1 -e 'x-y=z z' --unsetenv A
changed "names that are a shell's own" "A=1
B=2
EUID=5
IFS=x
PATH=/bin
PPID=7
PWD=$place
UID=5" -e UID=5 -e EUID=5 -e PPID=7 -e IFS=x
changed 'the order, with env(1)' "A=1
$pwd_line
a.b=2" -e B=3 --unsetenv B -e a.b=1 --unsetenv a.b -e a.b=2
changed 'names of ours' "A=1
B=2
$pwd_line
fj_root=x
fj_x=y" -e fj_root=x -e fj_x=y
changed 'PWD' "A=1
B=2
PATH=/bin
PWD=/other" -e PWD=/other

# Nothing where there was nothing, but a PATH. (busybox cannot be kept from it.)
case $shell in
*busybox*) skip 'busybox adds to an empty environment' ;;
*)
	given '' R true
	environment 'from an empty environment' "PATH=$default"
	given 'X=1' --bare R true
	environment 'from a small environment' "PATH=$default
X=1"
	;;
esac

stub_prints_words
