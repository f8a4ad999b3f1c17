# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154,SC2164 # run.sh and lib.sh set and read the variables, with set -e
#
# What the shells offer.

mkdir -p R/usr/bin
: >R/usr/bin/maker
: >R/usr/bin/makers
: >R/usr/bin/data
chmod +x R/usr/bin/make*

# offers SHELL 'EXPECTED (sorted, one blank between)' WORD...: the last word is the one to complete.
offers() {
	asked=$1
	wanted=$2
	shift 2
	found=$("ask_$asked" "$@" 2>&1 | LC_ALL=C sort | tr '\n' ' ')
	if [ "$found" = "$wanted${wanted:+ }" ]; then pass; else fail "$asked completes: $*" "$found, not $wanted"; fi
}

# shellcheck disable=SC2016 # for bash
ask_bash() {
	bash --norc -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fakejail 2>/dev/null
		[ ${#COMPREPLY[@]} -eq 0 ] || printf "%s\n" "${COMPREPLY[@]}"' "$source/scripts/completions/fakejail.bash" "$@"
}

ask_fish() {
	HOME=$place fish --no-config -c "source '$source/scripts/completions/fakejail.fish'; complete -C '$*'" | sed 's/	.*//'
}

# At a terminal of its own.
ask_zsh() {
	limited=$(command -v timeout >/dev/null && echo timeout 100)
	$limited zsh -f "$source/tests/lib/complete.zsh" "$source/scripts/completions" "$@"
}

mkdir -p R/etc
printf '%s\n' inside:x:7:7::/: insane:x:8:8::/: me:x:9:9::/: >R/etc/passwd
printf '%s\n' insiders:x:7: mine:x:8: >R/etc/group
# offers_all SHELL: what all shells know of the values of options. What bash is told is what it makes of a line: in pieces.
offers_all() {
	offers "$1" 'insane inside' fakejail -r R -u ins
	offers "$1" 'insane inside' fakejail -r R -i ins
	offers "$1" 'maker makers' fakejail --keep R R ma
	case $1 in
	bash)
		offers bash 'me' fakejail --rootfs = R --userspec = m
		offers bash 'insiders' fakejail --rootfs = R --groups = insi
		offers bash 'mine' fakejail -r R -u me : m
		offers bash 'insiders mine' fakejail -r R -u me :
		offers bash 'mine' fakejail -r R --user = me : m
		for option in -b -v -m; do
			offers bash 'idmap' fakejail "$option" /etc : /x : i
		done
		offers bash 'idmap ro ro,idmap rw' fakejail --bind = /etc : /x :
		offers bash 'idmap ro ro,idmap rw' fakejail --volume = /etc ::
		offers bash 'ro ro,idmap rw' fakejail --mount = /etc :: r
		offers bash 'idmap' fakejail --ro-bind = /etc : /x : i
		offers bash '' fakejail -b /etc : r
		;;
	*)
		offers "$1" --userspec=me fakejail --rootfs=R --userspec=m
		offers "$1" '--groups=insiders' fakejail --rootfs=R --groups=insi
		offers "$1" 'me:mine' fakejail -r R -u me:m
		offers "$1" '--user=me:mine' fakejail -r R --user=me:m
		offers "$1" '--change-id=me:insiders --change-id=me:mine' fakejail -r R --change-id=me:
		for option in -b -v -m; do
			offers "$1" '/etc:/x:idmap' fakejail "$option" /etc:/x:i
		done
		for option in --bind --volume --mount --ro-bind; do
			offers "$1" "$option=/etc:/x:idmap" fakejail "$option=/etc:/x:i"
		done
		offers "$1" '/etc:/x:ro /etc:/x:ro,idmap' fakejail -b /etc:/x:ro
		;;
	esac
}

if command -v bash >/dev/null; then
	offers bash '--read-only' fakejail --rea
	offers bash '--ro-bind= --ro-overlay= --root-id --rootfs=' fakejail --ro
	offers bash 'R' fakejail R
	offers bash 'doctor' fakejail 'do'
	offers bash 'maker makers' fakejail R ma
	offers bash '/usr/bin/maker /usr/bin/makers' fakejail R /usr/bin/ma
	offers bash 'maker makers' fakejail -q --env A=1 R ma
	offers bash 'maker makers' fakejail --bind = /etc : /x R ma
	offers bash 'maker makers' fakejail -b /etc : /x : ro R ma
	offers bash 'maker makers' fakejail --rootfs = R ma
	offers bash 'maker makers' fakejail -r R ma
	offers bash 'maker makers' fakejail doctor R ma
	offers bash '--force' fakejail add --f
	offers bash 'check' fakejail owners ch
	offers bash 'R' fakejail R maker R
	offers bash 'fakeroot mtree override_stat rootlesscontainers' fakejail owners export ''
	offers bash 'fakeroot override_stat pseudo rootlesscontainers' fakejail owners import ''
	offers bash 'pseudo' fakejail owners import p
	offers_all bash
else
	skip 'no bash'
fi
if command -v fish >/dev/null; then
	offers fish '--read-only' fakejail --rea
	offers fish 'R/' fakejail R
	offers fish 'doctor' fakejail 'do'
	offers fish 'maker makers' fakejail R ma
	offers fish 'maker makers' fakejail -q --env A=1 -b /etc:/x R ma
	offers fish 'maker makers' fakejail doctor R ma
	offers fish '--force' fakejail add --f
	offers fish 'check' fakejail owners ch
	offers fish 'R/' fakejail R maker R
	offers fish 'pseudo' fakejail owners import p
	offers fish 'mtree' fakejail owners export m
	offers_all fish
else
	skip 'no fish'
fi
if command -v zsh >/dev/null; then
	if zsh -n "$source/scripts/completions/_fakejail"; then pass; else fail 'zsh cannot read _fakejail'; fi
	offers zsh '--read-only' fakejail --rea
	offers zsh 'maker makers' fakejail R ma
	offers zsh 'maker makers' fakejail -q --env A=1 -b /etc:/x R ma
	offers zsh 'mtree' fakejail owners export m
	offers zsh 'pseudo' fakejail owners import p
	offers_all zsh
else
	skip 'no zsh'
fi
rm -r R/etc
