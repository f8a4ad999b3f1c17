# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154,SC2164 # run.sh and lib.sh set and read the variables, with set -e
#
# An installation that is not where it was configured to be: staged by DESTDIR, copied, reached by symlinks as in stow's
# and spack's views; and what is not taken for a part of one.

mkdir -p R/bin
: >R/bin/sh
rm -rf "$work/configured"

# new_prefix DIRECTORY: an installation there that was configured for elsewhere and whose loader says where it is.
new_prefix() {
	mkdir -p "$1/bin" "$1/libexec/fakejail" "$1/lib/fakejail"
	[ -z "$front" ] || cp "$front_prefix" "$1/bin/fakejail"
	for in_file in "$source"/scripts/fakejail*.in; do
		name=${in_file##*/}
		where_to_install "${name%.in}" "$1/bin" "$1/libexec/fakejail"
		sed -e 's|@VERSION@|1.2.3|g' -e "s|@pkglibexecdir@|$work/configured/libexec/fakejail|g" \
			-e 's|@bin_to_libexec@|../libexec/fakejail|' -e 's|@libexec_to_bin@|../../bin|' \
			-e 's|@libexec_to_lib@|../../lib/fakejail|' \
			-e "s|@loader@|$work/configured/libexec/fakejail/fakejail-loader|g" \
			-e "s|@preload@|$work/configured/lib/fakejail/libfakejail.so|g" "$in_file" >"$to"
		chmod +x "$to"
	done
	: >"$1/lib/fakejail/libfakejail.so"
	# shellcheck disable=SC2016 # for the stub's shell
	printf '#!/bin/sh\nprintf "<%%s>\\n" "$0" "$@"\n' >"$1/libexec/fakejail/fakejail-loader"
	chmod +x "$1/libexec/fakejail/fakejail-loader"
}

# from TITLE PREFIX LAUNCHER [WORD...]: run so, this shell's launcher is of the installation in PREFIX.
from() {
	title=$1
	prefix=$2
	shift 2
	status=0
	# shellcheck disable=SC2086 # the shell may be two words
	$shell "$@" --bare "$place/R" true >"$work/out" 2>"$work/err" </dev/null || status=$?
	same "$title" "$(words "$prefix/libexec/fakejail/fakejail-loader" start -r "$place/R" -N "$place/R" \
		-p "$prefix/lib/fakejail/libfakejail.so" -- true)"
}

new_prefix "$place/stage/opt"
opt=$place/stage/opt
from 'staged' "$opt" "$opt/bin/fakejail"
from 'staged, by a relative name' "$opt" stage/opt/bin/fakejail
cd stage/opt/bin
from 'staged, from its directory' "$opt" ./fakejail
[ -n "$front" ] || from 'staged, a name without a slash' "$opt" fakejail
cd "$place"
# bash alone looks for its script in PATH; and PATH is what a #! line is found by.
case $shell in
bash*) PATH=$opt/bin:$PATH from 'by PATH, as a script of bash' "$opt" fakejail ;;
esac
status=0
PATH=$opt/bin:$PATH fakejail --bare "$place/R" true >"$work/out" 2>"$work/err" || status=$?
same 'by PATH' "$(words "$opt/libexec/fakejail/fakejail-loader" start -r "$place/R" -N "$place/R" \
	-p "$opt/lib/fakejail/libfakejail.so" -- true)"

# The verbs are there as well, and are told how to call the launcher.
cat >"$opt/libexec/fakejail/fakejail-doctor" <<'TOOL'
#!/bin/sh
printf '<%s>\n' "$0" "$FAKEJAIL_LAUNCHER" "$@"
TOOL
status=0
# shellcheck disable=SC2086
$shell "$opt/bin/fakejail" doctor x >"$work/out" 2>"$work/err" || status=$?
same 'a verb' "$(words "$opt/libexec/fakejail/fakejail-doctor" "$opt/bin/fakejail" x)"
cd stage/opt/bin
status=0
# shellcheck disable=SC2086
[ -n "$front" ] || $shell fakejail doctor x >"$work/out" 2>"$work/err" || status=$?
[ -n "$front" ] || same 'a verb, the launcher without a slash' "$(words "$opt/libexec/fakejail/fakejail-doctor" ./fakejail x)"
cd "$place"

# Symlinks to the launcher: absolute, relative, through each other, and to the directory that it is in.
mkdir links
ln -s "$opt/bin/fakejail" links/absolute
ln -s ../stage/opt/bin/fakejail links/relative
ln -s relative links/again
ln -s ../stage/opt/bin links/bin
for link in absolute relative again; do
	from "a symlink: $link" "$opt" "$place/links/$link"
	from "a symlink, by a relative name: $link" "$opt" "links/$link"
done
status=0
# shellcheck disable=SC2086
$shell links/bin/fakejail --bare "$place/R" true >"$work/out" 2>"$work/err" || status=$?
same 'the directory is a symlink' "$(words "$place/links/bin/../libexec/fakejail/fakejail-loader" start -r "$place/R" \
	-N "$place/R" -p "$place/links/bin/../libexec/fakejail/../../lib/fakejail/libfakejail.so" -- true)"

# A view of symlinks, one a file; and one whose directories are symlinks where they can be.
mkdir -p view/bin view/libexec/fakejail view/lib/fakejail folded/bin folded/lib folded/libexec
for file in bin/fakejail lib/fakejail/libfakejail.so; do
	ln -s "$opt/$file" "view/$file"
done
ln -s "$opt"/libexec/fakejail/* view/libexec/fakejail/
from 'a view' "$place/view" view/bin/fakejail
ln -s "$opt/bin/fakejail" folded/bin/fakejail
ln -s "$opt/libexec/fakejail" folded/libexec/fakejail
ln -s "$opt/lib/fakejail" folded/lib/fakejail
from 'a folded view' "$opt" folded/bin/fakejail

# The command in C knows no directory that these tests could make.
[ -z "$front" ] || return 0

# A copy of the launcher alone is of the installation that it was configured for, whoever has put a libexec beside its directory.
new_prefix "$work/configured"
mkdir alone
cp stage/opt/bin/fakejail alone/fakejail
from 'a copy alone' "$work/configured" "$place/alone/fakejail"
mkdir -p libexec/fakejail
cp "$opt"/libexec/fakejail/* libexec/fakejail/
from 'a libexec that does not belong to it' "$work/configured" "$place/alone/fakejail"
mkdir bin
from 'nor does one with a bin of its own' "$work/configured" "$place/alone/fakejail"
mkdir -p lib/fakejail
: >lib/fakejail/libfakejail.so
ln -s ../alone/fakejail bin/fakejail
from 'a symlink to the copy, in that bin' "$place" bin/fakejail
# Moved without its loader, it says which one it has looked for.
rm "$opt/libexec/fakejail/fakejail-loader"
status=0
# shellcheck disable=SC2086
$shell "$opt/bin/fakejail" R true >"$work/out" 2>"$work/err" || status=$?
if [ "$status" = 125 ] && [ "$(cat "$work/err")" = \
	"fakejail: its own loader '$opt/libexec/fakejail/fakejail-loader' is missing: is fakejail installed completely?" ]; then
	pass
else
	fail 'moved, without a loader' "$status: $(cat "$work/err")"
fi
