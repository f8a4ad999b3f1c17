# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# complete.zsh DIRECTORY WORD... - prints what zsh offers for the last word, one a line, by the function in DIRECTORY.
# For tests/launcher.
#
# zsh completes only at a terminal, so one is made. The shell there reads this file, too, and prints what completion
# adds.
directory=$1
shift

if [[ -n $FAKEJAIL_COMPLETE ]]; then
	PROMPT= PROMPT2= RPROMPT=
	fpath=($directory $fpath)
	autoload -U compinit
	compinit -D -u
	compadd() {
		local -a hits
		local prefix
		[[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] && { builtin compadd "$@"; return }
		[[ ${@[1,(i)(-|--)]} == *-p\ * ]] && prefix=${@[$@[(i)-p] + 1]}
		builtin compadd -A hits "$@"
		[[ -n $hits ]] && print -lr -- '' "<"$IPREFIX$prefix$^hits">"
		builtin compadd "$@"
	}
	finish() { print -r -- $'\n<done>'; exit }
	comppostfuncs=(finish)
	zstyle ':completion:*' insert-tab false
	zstyle ':completion:*:descriptions' format ''
	bindkey '^I' complete-word
	return
fi

zmodload zsh/zpty
export FAKEJAIL_COMPLETE=yes
zpty z zsh -f -i
zpty -w z "source ${(q)0:A} ${(q)directory}; print '<sta''rt>'"
show=
while zpty -r z line; do
	line=${${line%$'\n'}%$'\r'}
	case $line in
	*'<start>'*)
		show=yes
		zpty -n -w z "${(j: :)${(q)@}}"$'\t'
		;;
	*'<done>') break ;;
	'<'*'>') [[ -z $show ]] || print -r -- ${${line#<}%>} ;;
	esac
done | sort -u
zpty -d z
