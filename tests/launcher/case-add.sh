# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154,SC2164 # run.sh and lib.sh set and read the variables, with set -e
#
# fakejail add: places, links, libraries, and that nothing is written outside.

add() {
	status=0
	# shellcheck disable=SC2086 # the shell may be two words
	FAKEJAIL_LAUNCHER=$place/remember $shell "$work/libexec/fakejail-add" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}
# ends STATUS TITLE [STDERR]: but for the hint at a root without /dev, which has a check of its own.
ends() {
	if [ "$status" -eq "$1" ] && [ "$(grep -v '^hint: mkdir ' "$work/err")" = "${3-}" ]; then
		pass
	else
		fail "add: $2" "exit status $status, not $1: $(cat "$work/err")"
	fi
}
holds() {
	title=$1
	shift
	if [ "$@" ]; then pass; else fail "add: $title" "not: [ $* ]"; fi
}
printf '#!/bin/sh\nprintf "<%%s>\\n" "$@" >>"%s/remembered"\n' "$place" >remember
chmod +x remember

# What it refuses.
try="Try 'fakejail add --help' for more information."
add && ends 2 'nothing' "fakejail: missing operand: ROOTFS
$try"
mkdir t
add t && ends 2 'no FILE' "fakejail: missing operand: FILE
$try"
add -x t sh && ends 2 'an unknown option' "fakejail: unknown option '-x'
$try"
add --frobnicate t sh && ends 2 'an unknown long option' "fakejail: unknown option '--frobnicate'
$try"
add '' sh && ends 1 'an empty ROOTFS' 'fakejail: ROOTFS is an empty argument: is a variable not set?'
add nowhere sh && ends 1 'no ROOTFS' 'fakejail: nowhere: no such directory'
add / sh && ends 1 'the host' "fakejail: / is the host's own root: everything is there already"
add t ./nowhere && ends 1 'no such FILE' 'fakejail: ./nowhere: no such file or directory'
add t '' && ends 1 'an empty FILE' 'fakejail: FILE is an empty argument'
add t no-such-program-anywhere &&
	ends 1 'not in PATH' "fakejail: 'no-such-program-anywhere' not found on this host (looked in PATH=$PATH)"
holds 'refusals make nothing' -z "$(ls -A t)"
add --help && ends 0 --help

# A root without /dev is told.
mkdir -p "no dev"
: >plain
add "no dev" ./plain
same 'a root without /dev' ''
holds 'a hint' "$(cat "$work/err")" = "hint: mkdir 'no dev'/dev 'no dev'/proc   shows the host's there, as programs that open /dev/null need it"
add -q "no dev" ./plain
is_silent 'a root without /dev, quietly'
mkdir "no dev/dev"
add "no dev" ./plain
is_silent 'a root with /dev'
rm -r "no dev" plain

# Plain files, names that need quotes, links and chains of links.
mkdir -p host/real "host/it's"
echo one >host/real/file
echo two >"host/it's/a  b"
ln -s real/file host/relative
ln -s "$place/host/relative" host/absolute
ln -s ../real "host/it's/dir"
ln -s "it's" host/odd
add -v t host/absolute "host/odd/a  b" "host/odd/dir/../real/file" && ends 0 'files'
in_jail=t$place/host
holds 'a file' "$(cat "$in_jail/real/file")" = one
holds 'a name with blanks' "$(cat "$in_jail/it's/a  b")" = two
for link in relative absolute odd "it's/dir"; do
	holds "link $link" "$(readlink "$in_jail/$link" || :)" = "$(readlink "host/$link")"
done
if grep -q -x -F "$place/host/relative -> real/file" "$work/out" && grep -q -x -F "$place/host/real/file" "$work/out"; then
	pass
else
	fail 'add -v says what it does' "$(cat "$work/out")"
fi
add -v t host/absolute && ends 0 'again'
holds 'nothing to do again' ! -s "$work/out"
ln -s loop host/loop
add t host/loop && ends 1 'a loop' "fakejail: $place/host/loop: too many levels of symbolic links"
ln -s nowhere host/dangling
add t host/dangling && ends 1 'a dangling link' "fakejail: $place/host/dangling: no such file or directory"

# Files that differ stay, unless forced; a dry run does nothing.
echo other >"$in_jail/real/file"
add t host/relative && ends 1 'a file that differs' \
	"fakejail: $place/host/real/file in t differs from the host's and was left as it is (--force replaces it)"
holds 'it stays' "$(cat "$in_jail/real/file")" = other
add -nf t host/relative && ends 0 'a dry run'
holds 'a dry run says' "$(cat "$work/out")" = "$place/host/real/file"
holds 'a dry run does nothing' "$(cat "$in_jail/real/file")" = other
add --force t host/relative && ends 0 '--force'
holds 'it is replaced' "$(cat "$in_jail/real/file")" = one
mkdir dry
add --dry-run dry host/absolute && ends 0 'a dry run in an empty directory'
holds 'a dry run makes nothing' -z "$(ls -A dry)"
holds 'a dry run lists links' -n "$(grep ' -> real/file' "$work/out")"
ln -sf elsewhere "$in_jail/relative"
add t host/relative && ends 1 'another link' \
	"fakejail: $place/host/relative in t differs from the host's and was left as it is (--force replaces it)"
add -f t host/relative && ends 0 'another link, forced'
holds 'the link is replaced' "$(readlink "$in_jail/relative")" = real/file
rm "$in_jail/relative" && cp host/real/file "$in_jail/relative"
add t host/relative && ends 0 'a file with the same content instead of a link'
holds 'a file with the same content stays' ! -h "$in_jail/relative"
holds 'no temporary files stay' -z "$(find t -name '.fakejail*')"

# Never outside: links in the root file system are followed in it.
mkdir outside evil
mkdir -p "evil${place%/*}" "$work/outside"
ln -s "$work/outside" "evil$place"
add evil host/real/file && ends 0 'through an absolute link'
holds 'nothing outside' -z "$(ls -A "$work/outside")"
holds 'but inside, where the link leads there' "$(cat "evil$work/outside/host/real/file")" = one
rm -rf evil && mkdir -p "evil$place"
ln -s ../../../../../../../../../../../../../../../../../../.."$place/outside" "evil$place/host"
add evil host/real/file && ends 0 'through a relative link that climbs'
holds 'nothing outside by climbing' -z "$(ls -A outside)"
holds 'but inside' "$(cat "evil$place/outside/real/file")" = one
rm -rf evil && mkdir -p "evil$place/host/real"
ln -s "$place/outside/victim" "evil$place/host/real/file"
echo safe >outside/victim
add -f evil host/real/file && ends 0 'over a link'
holds 'the link is replaced, not followed' "$(cat outside/victim)" = safe
rm -rf evil && mkdir -p "evil$place"
ln -s host "evil$place/host"
add evil host/real/file && ends 1 'into a loop' "fakejail: $place/host in evil: too many levels of symbolic links"
rm -rf evil && mkdir -p "evil$place"
: >"evil$place/host"
add evil host/real/file && ends 1 'below a file' "fakejail: $place/host in evil is not a directory"
rm -rf evil outside

# Where the host has a link to a directory, the root file system may have a directory of its own.
mkdir -p host/usr/bin own
: >host/usr/bin/tool
ln -s usr/bin host/bin
mkdir -p "own$place/host/bin"
add own host/bin/tool && ends 0 'a directory where the host has a link'
holds 'the directory is used' -f "own$place/host/bin/tool"
holds 'nothing else is made' ! -e "own$place/host/usr"

# Scripts bring what runs them.
printf '#! %s  -x \necho\n' "$place/host/runner" >host/script
printf '#!/usr/bin/env -S A=1 runner2 -x\n' >host/script2
printf '#!%s\n' "$place/nowhere/python9" >host/script3
printf '#!/bin/sh\r\n' >host/script4
cp host/real/file host/runner
cp host/real/file host/runner2
chmod +x host/script* host/runner*
mkdir s
add s host/script && ends 1 'a script whose name for its interpreter has blanks' \
	"fakejail: '$place/host/script' is a script whose interpreter '${place%% *}' is missing on this host"
ln -s "$place/host" "$work/plain"
printf '#! %s/plain/runner  -x \necho\n' "$work" >host/script1
case $work in
*' '*) skip "a #! line cannot hold the blanks in the name of this shell's directory" ;;
*)
	add s host/script1 && ends 0 'a script'
	holds 'its interpreter' -f "s$place/host/runner"
	;;
esac
PATH=$place/host:$PATH add s host/script2 && ends 0 'a script for env'
holds 'the program that env runs' -f "s$place/host/runner2"
holds 'env itself' -e s/usr/bin/env
add s host/script3 && ends 1 'a script without interpreter' \
	"fakejail: '$place/host/script3' is a script whose interpreter '${place%% *}' is missing on this host"
add s host/script4 && ends 0 'CR LF' "fakejail: warning: '$place/host/script4' is a script whose first line ends in CR LF"
add -q s host/script4 && ends 0 'CR LF, quiet'
rm -f "$work/plain"

# Directories.
mkdir -p host/tree/.hidden host/tree/sub
echo x >host/tree/.hidden/x
echo y >host/tree/sub/y
ln -s sub/y host/tree/link
ln -s nowhere host/tree/broken
mkdir d
add d host/tree && ends 0 'a directory'
(cd host/tree && find . | LC_ALL=C sort) >expected
(cd "d$place/host/tree" && find . | LC_ALL=C sort) >found
holds 'all of it' "$(cat found)" = "$(cat expected)"
holds 'its links as they are' "$(readlink "d$place/host/tree/broken")" = nowhere

# Setuid bits are not made on the host, but told to the launcher.
cp host/real/file host/su
chmod 4755 host/su
add d host/su && ends 0 'a setuid program'
holds 'no setuid bit' ! -u "d$place/host/su"
holds 'the rest of its mode' "$(stat -c %a "d$place/host/su")" = 755
echo private >host/private
chmod 640 host/private
(umask 077 && add d host/private)
holds 'a mode whatever the umask' "$(stat -c %a "d$place/host/private")" = 640
holds 'it is remembered' "$(cat remembered)" = "$(words -q / chmod u+s "$place/d$place/host/su")"

# A real program, with what its interpreter finds for it.
real=$(command -v make || command -v ls)
if command -v ldd >/dev/null && ldd "$real" >libraries 2>/dev/null; then
	mkdir p
	add p "${real##*/}" && ends 0 'a program'
	fj_loud=
	# shellcheck source=/dev/null
	. "$work/libexec/fakejail-lib"
	missing=
	for library in "$real" $(sed -n 's/^[^/]*\(\/.*\) (0x.*/\1/p' libraries); do
		if ! fj_resolve "$place/p" "$library" || ! cmp -s "$library" "$place/p$fj_jail"; then
			missing="$missing $library"
		fi
	done
	holds 'all libraries, byte for byte' -z "$missing"
	holds 'at least an interpreter and a library' "$(sed -n 's/^[^/]*\(\/.*\) (0x.*/\1/p' libraries | wc -l)" -ge 2
	if [ -h /bin ]; then
		holds '/bin leads to the same' "$(readlink p/bin)" = "$(readlink /bin)"
	fi
	# As chroot(8) sees it, where that is allowed.
	if [ "$(id -u)" -eq 0 ]; then
		if [ "$(chroot p "$real" --version)" = "$("$real" --version)" ]; then pass; else fail 'add: it runs in a chroot'; fi
	else
		skip 'chroot(8) needs root'
	fi
else
	skip 'no dynamic program, or no ldd, here'
fi
chmod -R u+rwx .
