# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154,SC2164 # run.sh and lib.sh set and read the variables, with set -e
#
# Every spelling of every option, and what the loader is told.

mkdir -p R/bin data
: >R/bin/sh
: >file

# with_value 'SPELLING...' VALUE EXPECTED...: long as --o=V and --o V, short as -oV and -o V.
with_value() {
	spellings=$1
	value=$2
	shift 2
	for spelling in $spellings; do
		passes_on "$spelling $value" "$@"
		case $spelling in
		--*) passes_on "$spelling=$value" "$@" ;;
		*) passes_on "$spelling$value" "$@" ;;
		esac
	done
}

passes_on ''
with_value '--userspec --user --change-id -u -i' me:us -u me:us
with_value '--userspec' +1:+2 -u +1:+2
with_value '--groups' a,b -g a,b
passes_on --groups= -g ''
passes_on -0 -u 0:0
passes_on --root-id -u 0:0
passes_on '--user=me -0' -u 0:0
passes_on '-0 --user=me' -u me

with_value '-b --bind -v --volume -m --mount' /etc -b /etc /etc rw
with_value '-b --bind -v --volume -m --mount' /etc:/there -b /etc /there rw
with_value '-b --bind -v --volume -m --mount' /etc:/there:ro -b /etc /there ro
with_value --ro-bind /etc -b /etc /etc ro
with_value --ro-bind /etc:/there -b /etc /there ro
passes_on --bind=/etc:/there:rw -b /etc /there rw
passes_on --bind=/etc::ro -b /etc /etc ro
passes_on --bind=/etc:ro -b /etc /etc ro
passes_on --bind=/etc:there -b /etc /there rw
passes_on --bind=/etc/:/there/ -b /etc/ /there rw
passes_on --bind=data//./../data:/a//./b/ -b "$place/data//./../data" /a/b rw
passes_on --bind=data/../data -b "$place/data/../data" "$place/data" rw
passes_on --bind=/etc:/a/../b -b /etc /a/../b rw
passes_on --bind=file:/f -b "$place/file" /f rw
passes_on --bind=./data -b "$place/./data" "$place/data" rw
passes_on --bind=. -b "$place/." "$place" rw
passes_on '-b /etc:/1 --tmpfs=/2 -b /etc:/3 --ro-bind=/etc:/4' -b /etc /1 rw -t /2 -b /etc /3 rw -b /etc /4 ro
with_value --tmpfs /tmp -t /tmp
with_value --tmpfs tmp -t /tmp

mkdir -p "$place/low" "$place/a,b" "$place/c:d" "$place/e\\f"
passes_on '--overlay-src=low --tmp-overlay=/mnt' -o /mnt tmp "lowerdir=$place/low"
passes_on '--overlay-src low --overlay-src data --tmp-overlay mnt' -o /mnt tmp "lowerdir=$place/data:$place/low"
passes_on '--overlay-src low --overlay-src data --ro-overlay /mnt' -o /mnt ro "lowerdir=$place/data:$place/low"
passes_on '--overlay-src low --overlay data low /mnt --tmpfs /x' -o /mnt "$place/data" \
	"lowerdir=$place/low,upperdir=$place/data,workdir=$place/low" -t /x
passes_on '--overlay-src low --overlay=data low /mnt' -o /mnt "$place/data" \
	"lowerdir=$place/low,upperdir=$place/data,workdir=$place/low"
passes_on '--overlay-src low --tmp-overlay /1 --overlay-src data --tmp-overlay /2' -o /1 tmp "lowerdir=$place/low" \
	-o /2 tmp "lowerdir=$place/data"
passes_on '--overlay-src=a,b --overlay-src=c:d --overlay-src=e\f --tmp-overlay=/mnt' \
	-o /mnt tmp "lowerdir=$place/e\\\\f:$place/c\\:d:$place/a\\,b"

with_value '-w --chdir --cwd --pwd --workdir' /there -w /there
with_value '-w --chdir --cwd --pwd --workdir' there -w /there
passes_on '-w /a -w /b' -w /b
# Variables that the loader would change.
for variable in HOME USER LOGNAME SHELL; do
	with_value '-e --env --unsetenv' $variable -e $variable
	with_value '-e --env' $variable=x -e $variable
done
passes_on '-e HOME=/x --clearenv' -e HOME
with_value '-k --kernel-release' 9.9 -k 9.9
with_value --hostname box -n box
with_value --db /some/where -d /some/where
passes_on --db=here -d "$place/here"
passes_on --db=none -d "$place/none"
passes_on --no-db -d none
passes_on --read-only -R
passes_on --kill-on-exit -K
passes_on --die-with-parent -D $$
passes_on --trace -T -
passes_on --trace=- -T -
passes_on --trace=/t/log -T /t/log
passes_on --trace=log -T "$place/log"
passes_on -q -q
passes_on --quiet -q
passes_on --verbose -v
passes_on '-q --verbose' -v
passes_on --no-default-binds
passes_on -- # the end of the options
passes_on '-0q' -u 0:0 -q
passes_on '-0qb/etc:/x' -b /etc /x rw -u 0:0 -q
passes_on '-qw /x' -w /x -q

# The doors.
launch --bare --no-trap R true
same --no-trap "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -x trap -- true)"
launch --bare --no-patch R true
same --no-patch "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -x patch -- true)"
launch --bare --no-preload R true
same --no-preload "$(words start -r "$place/R" -N R -x preload -- true)"
misused "options '--no-trap' and '--no-preload' together leave nothing that could jail" --no-trap --no-preload R
misused "options '--no-trap' and '--no-patch' together leave nothing that could jail" --no-trap --no-patch R

# A colon in a name.
mkdir 'a:b'
launch --bare -b 'a\:b:/c\:d:ro' R true
same 'a colon in a name' "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -b "$place/a:b" /c:d ro -- true)"

# The root as an option: everything that is no option is COMMAND.
for typed in '-r R' '-rR' '--rootfs R' '--rootfs=R'; do
	# shellcheck disable=SC2086
	launch --bare $typed true -x --help
	same "$typed" "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -- true -x --help)"
done

# Options end at the first operand, and at `--`.
launch --bare R -b --help -- -q
same 'options after ROOTFS are COMMAND' "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -- -b --help -- -q)"
mkdir -p ./-odd/bin add/bin
launch --bare -- -odd true
same 'ROOTFS with a dash' "$(words start -r "$place/-odd" -N -odd -p "$work/libexec/libfakejail.so" -- true)"
launch --bare ./add true
same 'ROOTFS with the name of a verb' "$(words start -r "$place/./add" -N ./add -p "$work/libexec/libfakejail.so" -- true)"
launch --bare -- add true
same 'ROOTFS with the name of a verb after --' "$(words start -r "$place/add" -N add -p "$work/libexec/libfakejail.so" -- true)"

# --skip-chdir, as in chroot(8).
launch --skip-chdir / true
same '--skip-chdir /' "$(words start -r / -N / -p "$work/libexec/libfakejail.so" -s -- true)"
misused "option '--skip-chdir' is only permitted if ROOTFS is '/'" --skip-chdir R

# Wrong use.
misused 'missing operand: ROOTFS'
misused 'missing operand: ROOTFS' -q --bare
misused "unknown option '--nonsense'" --nonsense R
misused "unknown option '--nonsense'" --nonsense=x R
misused "unknown option '-Z'" -Z R
misused "unknown option '-Z'" -qZb R
misused "option '--bare' takes no value" --bare=yes R
for option in --userspec --user -u --change-id -i --groups -b --bind -v --volume -m --mount --ro-bind --tmpfs --overlay-src --tmp-overlay --ro-overlay --chdir -w --cwd \
	--pwd --workdir --env -e --unsetenv --db --rootfs -r --kernel-release -k --hostname; do
	misused "option '$option' needs a value" "$option"
done
for option in --bind --ro-bind --tmpfs --overlay-src --tmp-overlay --ro-overlay --chdir --env --unsetenv --db --kernel-release --hostname --trace; do
	misused "option '$option' needs a value that is not empty" "$option=" R
done
for words in '' a 'a b'; do
	# shellcheck disable=SC2086 # words
	misused "option '--overlay' needs three values: RW WORK DEST" --overlay $words
done
misused "option '--overlay' needs a value that is not empty" --overlay= low /mnt R
misused "option '--tmp-overlay' wants 1 or more --overlay-src before it" --tmp-overlay /mnt R
misused "option '--overlay' wants 1 or more --overlay-src before it" --overlay data low /mnt R
misused "option '--ro-overlay' wants 2 or more --overlay-src before it" --overlay-src=low --ro-overlay=/mnt R
misused "option '--overlay-src' is for an overlay option behind it" --overlay-src=low R
refuses 125 "fakejail: option '--overlay-src': no such directory: '$place/nowhere'" --overlay-src nowhere --tmp-overlay /mnt R
misused "option '-b' needs a value that is not empty" -b '' R
misused "option '--bind' names no host path: ':/x'" --bind=:/x R
misused "option '-b' /etc:/x:wild: 'wild' is none of ro, rw, idmap" -b /etc:/x:wild R
misused "option '-b' /etc:/x:ro:more: 'ro:more' is none of ro, rw, idmap" -b /etc:/x:ro:more R
misused "option '-e' names no variable" -e =x R
misused "option '--unsetenv' names no variable" --unsetenv a=b R
refuses 125 "fakejail: cannot bind '$place/nowhere': no such file or directory" -b nowhere R
refuses 125 "fakejail: '--copy' and '--keep' are not in this build: it was made without images" --rm --copy R
cat >"$work/libexec/fakejail-images" <<'TOOL'
#!/bin/sh
[ "$1" = .rm ] || exit 1
printf '<%s>\n' "$1" "$2" "$3"
shift 3
while [ "$1" != start ]; do shift; done
printf '<%s>\n' "$@"
TOOL
chmod +x "$work/libexec/fakejail-images"
for option in --rm --ephemeral --tmp-overlay=/; do
	FAKEJAIL_STORE=store launch --bare "$option" R true 'a  b'
	same "$option: an overlay" "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -E "$place/store" "$work/libexec/fakejail-images" '' -- true 'a  b')"
done
launch --bare --overlay-src=low --overlay-src=data --overlay data low / R true
same 'an overlay on /' "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -O "$place/data" "$place/data:$place/low" -- true)"
FAKEJAIL_STORE=/s FAKEJAIL_STOP_SIGNAL=3 FAKEJAIL_IMAGE_DIRECTORIES='/a b
/c' launch --bare --rm R true
same 'what an image says' "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -E /s "$work/libexec/fakejail-images" '' -S 3 -m '/a b' -m /c -- true)"
HOME='' XDG_DATA_HOME='' FAKEJAIL_STORE='' refuses 125 "fakejail: there is no place for a private directory: neither FAKEJAIL_STORE, XDG_DATA_HOME nor HOME is set" --rm R
misused "option '--ro-overlay' is not for /, but --read-only is" --overlay-src=low --overlay-src=data --ro-overlay=/ R
misused "option '--copy' is for --rm" --copy R
misused "an overlay on / and a private copy do not go together" --tmp-overlay=/ --keep=x R
launch --bare --rm --copy R true 'a  b'
same '--rm --copy starts a parent' "$(words .rm '' "$place/R" start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -- true 'a  b')"
launch --bare --keep="it's" R true
same '--keep' "$(words .rm "$place/it's" "$place/R" start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -- true)"
refuses 125 "fakejail: '--rm' makes no copy of the whole host" --rm --copy / true
refuses 125 "fakejail: the whole host cannot be a layer of an overlay" --rm / true
rm "$work/libexec/fakejail-images"
FAKEJAIL_STORE=/s launch --bare --rm R true
same '--rm without images' "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -E /s '' '' -- true)"
refuses 125 "fakejail: '--copy' and '--keep' are not in this build: it was made without images" --keep=x R

# FAKEJAIL_OPTS, split as a shell would.
with_opts() {
	FAKEJAIL_OPTS=$1
	export FAKEJAIL_OPTS
	shift
	launch "$@"
	unset FAKEJAIL_OPTS
}
with_opts '--bare -q' R true
same 'FAKEJAIL_OPTS' "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -q -- true)"
with_opts "  --bare
	--hostname='a  b'\"c'\\\"\\\\\\d\"\\ e" -k 1 R true
same 'FAKEJAIL_OPTS is split and unquoted' \
	"$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -n "a  bc'\"\\\\d e" -k 1 -- true)"
# shellcheck disable=SC2016 # nothing may be expanded
text='$(touch${IFS}gone)`id`$HOME*~;&|<>'
with_opts "--bare --hostname=$text" R true
same 'FAKEJAIL_OPTS expands nothing' \
	"$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -n "$text" -- true)"
[ ! -e gone ] || fail 'FAKEJAIL_OPTS ran a command'
with_opts '--bare --hostname=first' --hostname=second R true
same 'the command line comes after FAKEJAIL_OPTS' \
	"$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -n first -n second -- true)"
with_opts '--rootfs=R --bare' true -x
same 'FAKEJAIL_OPTS may name the root' "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -- true -x)"
# shellcheck disable=SC1003 # a lone backslash
FAKEJAIL_OPTS='--bare R'
export FAKEJAIL_OPTS
misused "FAKEJAIL_OPTS holds more than options: '--bare R'" R true
FAKEJAIL_OPTS="--bare 'x"
misused "FAKEJAIL_OPTS has an unclosed '" R true
FAKEJAIL_OPTS='--bare "x'
misused 'FAKEJAIL_OPTS has an unclosed "' R true
# shellcheck disable=SC1003 # a lone backslash
FAKEJAIL_OPTS='--bare \'
misused 'FAKEJAIL_OPTS ends in a backslash' R true
unset FAKEJAIL_OPTS
