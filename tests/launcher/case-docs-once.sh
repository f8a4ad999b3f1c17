# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154,SC2164 # run.sh and lib.sh set and read the variables, with set -e
#
# One list of options: the table in fakejail-options, --help, the man page and the completions name the same ones.

launch --help
cp "$work/out" help
if [ "$status" -eq 0 ] && [ ! -s "$work/err" ]; then pass; else fail '--help' "$(cat "$work/err")"; fi
lines=$(wc -l <help)
if [ "$lines" -le 24 ]; then pass; else fail '--help fits one screen' "$lines lines"; fi
if awk 'length > 80 { exit 1 }' help; then pass; else fail '--help fits 80 columns'; fi

# spellings FILE: the options in it, one a line.
spellings() {
	tr -c 'A-Za-z0-9-' '\n' <"$1" | grep -e '^--[a-z]' -e '^-[a-zA-Z0-9]$' | sort -u
}
sed -n '/^fj_option() {/,/^}/p' "$source/scripts/fakejail-options.in" | grep ') fj_name=' | sed 's/).*//' >table.text
spellings table.text >table
spellings help >in_help
# Not the options of the verbs, nor proot's.
sed -e '/^\.Ss The command line of proot/,/^\.Sh/d' -e '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/d' \
	-e '/^\.It Cm run/,/^\.It Cm doctor/d' \
	-e 's/Fl -\{0,1\}[A-Za-z0-9]/\
&/g' "$source/docs/fakejail.1" | sed -n 's/^Fl \(-\{0,1\}[A-Za-z0-9][a-z-]*\).*/ -\1 /p' >man.text
spellings man.text >in_man

equal() {
	if diff "$2" "$3" >difference; then
		pass
	else
		fail "$1" "$(cat difference)"
	fi
}
if [ "$(wc -l <table)" -gt 40 ]; then pass; else fail 'the table was read' "$(cat table)"; fi
equal 'the options in --help are those of the table' table in_help
equal 'the options in fakejail(1) are those of the table' table in_man

for file in "$source"/scripts/completions/*; do
	missing=
	# -l bind in fish, --bind elsewhere
	while read -r option; do
		case $option in
		--*) grep -q -e "$option" -e "-l ${option#--}\\b" "$file" || missing="$missing $option" ;;
		esac
	done <table
	if [ -z "$missing" ]; then pass; else fail "${file##*/} completes every option" "$missing"; fi
done

if command -v mandoc >/dev/null; then
	if mandoc -T lint -W warning "$source/docs/fakejail.1" >problems 2>/dev/null; then
		pass
	else
		fail 'mandoc -T lint' "$(cat problems)"
	fi
else
	skip 'no mandoc'
fi
if command -v shellcheck >/dev/null; then
	if (cd "$source/scripts" && shellcheck -x fakejail*.in) >problems; then pass; else fail 'shellcheck scripts' "$(cat problems)"; fi
	if (cd "$source/tests/launcher" && shellcheck -x ./*.sh) >problems; then pass; else fail 'shellcheck tests' "$(cat problems)"; fi
else
	skip 'no shellcheck'
fi
