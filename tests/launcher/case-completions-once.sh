# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154,SC2164 # run.sh and lib.sh set and read the variables, with set -e
#
# What the shells offer. bash and fish are asked; zsh can only be asked at a terminal, so its file is only parsed.

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

if command -v bash >/dev/null; then
	offers bash '--read-only' fakejail --rea
	offers bash '--ro-bind= --root-id --rootfs=' fakejail --ro
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
	mkdir -p R/etc
	echo inside:x:7:7::/: >R/etc/passwd
	echo insiders:x:7: >R/etc/group
	offers bash 'inside' fakejail -r R -u i
	offers bash 'insiders' fakejail --rootfs = R --groups = insi
	rm -r R/etc
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
else
	skip 'no fish'
fi
if command -v zsh >/dev/null; then
	if zsh -n "$source/scripts/completions/_fakejail"; then pass; else fail 'zsh cannot read _fakejail'; fi
else
	skip 'no zsh'
fi
