# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Completion of fakejail(1) for bash. Installed as `fakejail` in the directory of bash-completion
# (pkg-config --variable=completionsdir bash-completion). It also works without that package.
# After ROOTFS, the command is completed from the programs in the root file system.

# Does the option $1 take the next word as its value? This is needed to find ROOTFS.
_fakejail_takes_value() {
	case $1 in
	--userspec | --user | -u | --change-id | -i | --groups | --bind | -b | --volume | -v | --mount | -m | --ro-bind | --tmpfs | \
		--overlay-src | --tmp-overlay | --ro-overlay | --overlay | \
		--chdir | -w | --cwd | --pwd | --workdir | --env | -e | --unsetenv | --keep | --db | --rootfs | -r | --kernel-release | \
		-k | --hostname) return 0 ;;
	esac
	return 1
}

_fakejail_options='--userspec= --user= --change-id= --groups= --skip-chdir --root-id --bind= --volume= --mount= --ro-bind= --tmpfs=
	--overlay-src= --tmp-overlay= --ro-overlay= --overlay=
	--bare --no-default-binds --chdir= --cwd= --pwd= --workdir= --env= --unsetenv= --clearenv --rm --ephemeral --copy --keep= --read-only
	--db= --no-db --no-trap --no-preload --no-patch --rootfs= --kill-on-exit --die-with-parent --kernel-release= --hostname= --trace
	--trace= --quiet --verbose --proot --help --version -h -u -i -0 -b -v -m -w -e -r -k -q'

# Prints the names of programs in the root file system $1 that begin with $2.
_fakejail_programs() {
	local directory program
	if [[ $2 == /* ]]; then
		compgen -f -- "${1%/}$2" | while IFS= read -r program; do
			program=/${program#"${1%/}"/}
			[[ -d ${1%/}$program ]] && program=$program/
			printf '%s\n' "$program"
		done
		return
	fi
	for directory in bin sbin usr/bin usr/sbin usr/local/bin usr/local/sbin; do
		for program in "${1%/}/$directory/$2"*; do
			[[ -f $program && -x $program ]] && printf '%s\n' "${program##*/}"
		done
	done | sort -u
}

# Prints names from /etc/$1 of the root file system that a word of the line names; without one, the host's ($2, for compgen).
_fakejail_names() {
	local word file
	for word in "${COMP_WORDS[@]:1}"; do
		file=${word%/}/etc/$1
		if [[ -n $word && -d $word && -r $file ]]; then
			compgen -W "$(cut -d: -f1 <"$file")" -- "$3"
			return
		fi
	done
	compgen "$2" -- "$3"
}

# _fakejail_value OPTION CURRENT [COLONS]: completes a value of which CURRENT follows so many colons.
_fakejail_value() {
	local option=$1 current=$2 colons=${3:-0}
	case $option in
	--bind | -b | --volume | -v | --mount | -m | --ro-bind)
		case $colons:$current in
		0:*:*) ;;
		0:*)
			compopt -o filenames -o nospace 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
			;;
		2:*) mapfile -t COMPREPLY < <(compgen -W 'ro rw idmap ro,idmap' -- "$current") ;;
		esac
		;;
	--rootfs | -r)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		;;
	--keep)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		;;
	--db | --trace)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	--env | -e | --unsetenv)
		mapfile -t COMPREPLY < <(compgen -e -- "$current")
		;;
	--user | --userspec | -u | --change-id | -i)
		if ((colons)); then
			mapfile -t COMPREPLY < <(_fakejail_names group -g "$current")
		else
			mapfile -t COMPREPLY < <(_fakejail_names passwd -u "$current")
		fi
		;;
	--groups)
		mapfile -t COMPREPLY < <(_fakejail_names group -g "$current")
		;;
	esac
}

_fakejail() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} index word root='' verb='' options=yes operands=0 colons
	COMPREPLY=()

	# bash splits words at `=` and `:`. So --bind=host is the words --bind, = and host.
	if [[ $current == = ]]; then
		_fakejail_value "$previous" ''
		return
	fi
	if ((COMP_CWORD > 1)) && [[ $previous == = ]]; then
		_fakejail_value "${COMP_WORDS[COMP_CWORD - 2]}" "$current"
		return
	fi
	# The current word is a colon, or follows one: HOST : JAIL : MODE.
	index=$COMP_CWORD
	colons=0
	[[ $current == : || $current == :: ]] && ((index++))
	while ((index > 2)) && [[ ${COMP_WORDS[index - 1]} == : || ${COMP_WORDS[index - 1]} == :: ]]; do
		((colons += ${#COMP_WORDS[index - 1]}))
		((index -= 2))
	done
	if ((colons)); then
		[[ $current == : || $current == :: ]] && current=
		[[ ${COMP_WORDS[index - 1]} == = ]] && ((index--))
		_fakejail_value "${COMP_WORDS[index - 1]}" "$current" "$colons"
		return
	fi

	for ((index = 1; index < COMP_CWORD; index++)); do
		word=${COMP_WORDS[index]}
		if [[ -n $options && $word == -- ]]; then
			options=
		elif [[ -n $options && $word == -* ]]; then
			if [[ ${COMP_WORDS[index + 1]} == = ]]; then
				[[ $word == --rootfs ]] && root=${COMP_WORDS[index + 2]}
				((index += 2))
			elif _fakejail_takes_value "$word"; then
				[[ $word == --rootfs || $word == -r ]] && root=${COMP_WORDS[index + 1]}
				((index += 1))
			fi
			while [[ ${COMP_WORDS[index + 1]} == : ]] && ((index + 2 < COMP_CWORD)); do
				((index += 2))
			done
		else
			options=
			((operands++))
			if ((operands == 1)) && [[ -z $root ]]; then
				case $word in
				run | pull | images | rmi | unpack | pack | add | owners | doctor) verb=$word ;;
				*) root=$word ;;
				esac
			fi
		fi
	done
	if [[ -n $options ]] && ((index > COMP_CWORD)); then
		_fakejail_value "$previous" "$current"
		return
	fi

	case $verb in
	'')
		if [[ -n $options && $current == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$_fakejail_options" -- "$current")
			[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
		elif [[ -z $root ]]; then
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -d -- "$current")
			((COMP_CWORD > 1)) ||
				mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(
					compgen -W 'run pull images rmi unpack pack add owners doctor' -- "$current"
				)
		elif ((operands <= 1)); then
			mapfile -t COMPREPLY < <(_fakejail_programs "$root" "$current")
		else
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
		fi
		;;
	add)
		if [[ $current == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '-f -n -v -q --force --dry-run --verbose --quiet --help' -- "$current")
		elif ((operands < 2)); then
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -d -- "$current")
		elif [[ $current == */* ]]; then
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
		else
			mapfile -t COMPREPLY < <(compgen -c -- "$current" | sort -u)
		fi
		;;
	owners)
		if ((operands < 2)); then
			mapfile -t COMPREPLY < <(compgen -W 'list check prune copy export import' -- "$current")
		elif ((operands == 2)) && [[ $previous == export ]]; then
			mapfile -t COMPREPLY < <(compgen -W 'fakeroot rootlesscontainers override_stat mtree' -- "$current")
		elif ((operands == 2)) && [[ $previous == import ]]; then
			mapfile -t COMPREPLY < <(compgen -W 'fakeroot rootlesscontainers override_stat pseudo' -- "$current")
		else
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -f -- "$current")
		fi
		;;
	doctor)
		if ((operands < 2)); then
			compopt -o filenames 2>/dev/null
			mapfile -t COMPREPLY < <(compgen -d -- "$current")
		else
			mapfile -t COMPREPLY < <(_fakejail_programs "${COMP_WORDS[COMP_CWORD - 1]}" "$current")
		fi
		;;
	*)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	esac
}

complete -F _fakejail fakejail
