#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# front.sh - the `fakejail` command in C (scripts/front) does as the launcher in sh does; from the build directory.
#
# All cases of the launcher's tests are run with it. Then both are given the same command lines: each option of the table, and
# generated ones (lines.awk). What they say, their exit status, and the words and the environment that the loader is given are
# compared. And the usual lines must not need the launcher at all.
set -eu
umask 022

build=$PWD
source=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
[ -x tests/launcher/front ] || {
	echo 'SKIP the command is not built'
	exit 77
}
work=$(mktemp -d "${TMPDIR:-/tmp}/fakejail-front.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
	failed=$((failed + 1))
	printf 'FAIL %s\n' "$1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/    /'
}

FAKEJAIL_TEST_FRONT=$build/tests/launcher/front FAKEJAIL_TEST_SHELLS=env "$source/tests/launcher/run.sh" || fail 'cases of run.sh, above'

# A directory like the build's. That the launcher was needed is told by a file `needed` in it.
home=$work/home
mkdir -p "$home" "$work/place/R/bin" "$work/place/R/etc" "$work/place/R/data" "$work/place/R/usr/bin" "$work/place/empty" \
	"$work/place/data" "$work/place/a b/etc" "$work/place/run/x"
cp scripts/fakejail scripts/fakejail-lib scripts/fakejail-options "$home"
cp scripts/fakejail-sh "$home/launcher"
cp tests/launcher/stub "$home/fakejail-loader"
: >"$home/libfakejail.so"
cp tests/launcher/stub "$home/fakejail-sh"
cd "$work/place"
: >file
: >R/bin/sh
: >R/etc/hosts
echo x >"a b/etc/hosts"
ln -s nothing dangling
ln -s R link
ln -s ../../bin/sh R/usr/bin/tool
ln -s ../run/resolv.conf R/etc/resolv.conf

# both NAME=VALUE... -- WORD...: the two, with this environment, where we are.
both() {
	variables=
	while [ "$1" != -- ]; do
		variables="$variables '$(printf %s "$1" | sed "s/'/'\\\\''/g")'"
		shift
	done
	shift
	rm -f "$home/needed"
	status=0
	eval "env -i $variables \"\$home/fakejail\" \"\$@\"" >"$work/c" 2>"$work/c.err" </dev/null || status=$?
	echo "$status" >>"$work/c.err"
	status=0
	eval "env -i $variables \"FAKEJAIL_COMMAND=\$home/fakejail\" \"\$home/launcher\" \"\$@\"" >"$work/sh" 2>"$work/sh.err" </dev/null || status=$?
	echo "$status" >>"$work/sh.err"
}

# compare TITLE: what they said.
compare() {
	if ! cmp -s "$work/c" "$work/sh" || ! cmp -s "$work/c.err" "$work/sh.err"; then
		fail "$1" "$(diff "$work/sh" "$work/c" || :; diff "$work/sh.err" "$work/c.err" || :)"
	fi
}

# Each option of the table, with a value where it takes one, joined and not.
options=0
while read -r spelling takes; do
	options=$((options + 1))
	value=/data
	case $spelling in
	--env | -e | --unsetenv) value=A ;;
	esac
	case $takes in
	no) both PATH=/bin -- "$spelling" R true ;;
	*)
		both PATH=/bin A=1 -- "$spelling" "$value" R true
		compare "$spelling $value"
		case $spelling in
		--*) both PATH=/bin A=1 -- "$spelling=$value" R true ;;
		*) both PATH=/bin A=1 -- "$spelling$value" R true ;;
		esac
		;;
	esac
	compare "$spelling"
done <<TABLE
$(sed -n 's/^SPELLING("\(.*\)", .*, \(.*\))/\1 \2/p' "$build/scripts/front/options.def")
TABLE
[ "$options" -gt 40 ] || fail "there are only $options options in the table"

lines=0
good=0
alone=0
awk -v count="${FRONT_LINES:-300}" -f "$source/tests/launcher/lines.awk" >"$work/lines"
while IFS= read -r line; do
	lines=$((lines + 1))
	rest=${line#in }
	cd "${rest%% *}"
	eval "both ${rest#* }"
	cd "$work/place"
	[ "$status" != 0 ] || good=$((good + 1))
	[ -e "$home/needed" ] || alone=$((alone + 1))
	compare "$line"
done <"$work/lines"

# What is usual must not need it.
# usual DIRECTORY NAME=VALUE... -- WORD...
usual() {
	cd "$1"
	shift
	both "$@"
	cd "$work/place"
	compare "$*"
	[ ! -e "$home/needed" ] || fail "the launcher was needed: $*"
}
p=PATH=/usr/bin:/bin
usual . $p -- R true
usual . $p "HOME=$work/place" TERM=dumb "PWD=$work/place" SHLVL=1 -- R sh -c 'exit 0'
usual . $p SHELL=/bin/sh -- R
usual . $p -- ./R/ /bin/sh -c 'x'
usual . $p -- "$work/place/R" true
usual . $p -- / true
usual R $p -- . true
usual R/data $p -- .. true
usual . -- R true
usual . $p -- -b /etc -b data:/data:ro --ro-bind=/etc:/x --tmpfs=/tmp -w /data -e A=b -e HOME=/x --unsetenv=B R true
usual . $p -- -0 --user=me --groups=a --bare --read-only --no-db --kill-on-exit --hostname=h -k 9 -q R make
usual . $p -- -r R true

# Is it set-id it still is who calls, as a script would be.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$work"
	chmod 4755 "$home/fakejail"
	printf '#!/bin/sh\nid -u\n' >"$home/fakejail-loader"
	[ "$(setpriv --reuid 4242 --regid 4242 --clear-groups "$home/fakejail" R true)" = 4242 ] || fail 'set-id'
else
	echo 'SKIP set-id: needs root'
fi

echo "$options options and $lines lines, $good of them good, $alone without the launcher; $failed failed"
[ "$((alone * 2))" -gt "$good" ] || fail 'most good lines needed the launcher'
[ "$failed" -eq 0 ]
