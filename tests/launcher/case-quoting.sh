# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154,SC2164 # run.sh and lib.sh set and read the variables, with set -e
#
# What is typed arrives byte for byte: in COMMAND, in names and in values.

mkdir -p R/bin
: >R/bin/sh

nl='
'
# shellcheck disable=SC1003,SC2016 # nothing may be expanded, nothing is escaped
set -- '' ' ' '  two  ' "it's" '"' '\' '\\' '\n' '*' '?' '[a-z]*' '$HOME' '$(id)' '`id`' '~' '#' ';' '&' '|' '<' '>' '(' ')' '!' \
	'%s' '%%' '-' '--' '-n' '-e' '=' 'a=b' "a${nl}b" "$nl" "trailing$nl" '	tab' "'" "''" "'\\''" "''''" 'ä' '{}' '\047' ':' '+'
launch --bare R true "$@"
same 'every awkward word' "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -- true "$@")"

# The same as an option's value (not the empty one) and as a name in the environment's place.
for word do
	[ -n "$word" ] || continue
	launch --bare --hostname "$word" R true
	same "as a value: $word" "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -n "$word" -- true)"
done
for word do
	case $word in
	'') continue ;;
	esac
	mkdir -p "roots/$word/bin"
	launch --bare -- "roots/$word" true
	same "as ROOTFS: $word" "$(words start -r "$place/roots/$word" -N "roots/$word" -p "$work/libexec/libfakejail.so" -- true)"
done
rm -rf roots

# All bytes but NUL, as one word and each alone.
all=
octal=1
while [ "$octal" -le 255 ]; do
	all="$all\\$(printf %03o "$octal")"
	octal=$((octal + 1))
done
case $shell in
yash) skip 'yash takes words that are no text in the locale for an error' ;;
*)
	# shellcheck disable=SC2059 # a format made of octal escapes
	all=$(printf "$all")
	launch --bare --hostname="$all" R true "$all" "'$all"
	words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -n "$all" -- true "$all" "'$all" >expected
	if [ "$status" -eq 0 ] && cmp -s expected "$work/out"; then pass; else fail 'all 255 bytes' "$(cat "$work/err")"; fi
	;;
esac

# 50,000 words, without anything that takes a time that grows with their square: bash did, when it read a file of ours.
awk 'BEGIN { for (i = 0; i < 50000; i++) print "word" i }' >many
status=0
# shellcheck disable=SC2086 # the shell may be two words
xargs -n 60000 -s 1000000 $shell "$work/bin/fakejail" --bare R true <many >"$work/out" 2>"$work/err" || status=$?
{ words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -- true && sed 's/.*/<&>/' many; } >expected
if [ "$status" -eq 0 ] && cmp -s expected "$work/out"; then pass; else fail '50,000 words' "$(cat "$work/err")"; fi

# Nothing of a root's name is taken for a pattern.
mkdir -p 'P[a-z]*/x' Pa
launch --bare 'P[a-z]*' true
same 'a pattern as ROOTFS' "$(words start -r "$place/P[a-z]*" -N 'P[a-z]*' -p "$work/libexec/libfakejail.so" -- true)"
rm -rf ./P*
