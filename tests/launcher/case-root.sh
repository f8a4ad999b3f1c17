# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154,SC2164 # run.sh and lib.sh set and read the variables, with set -e
#
# What the launcher makes of ROOTFS: what it refuses, the default mounts, where the program starts, and with what shell.

mkdir -p R/etc R/bin 'R/a b/c' empty ours/.fakejail
: >R/bin/sh
: >file
: >backup.tar.gz
so=$work/libexec/libfakejail.so

refuses 125 'fakejail: ROOTFS is an empty argument: is a variable not set?' '' rm -rf /
refuses 125 'fakejail: ROOTFS is an empty argument: is a variable not set?' --rootfs= rm -rf /
refuses 125 'fakejail: ROOTFS is an empty argument: is a variable not set?' -r '' rm -rf /
refuses 125 'fakejail: ./nowhere: no such directory' ./nowhere make
refuses 125 'fakejail: file: not a directory' file
refuses 125 'fakejail: backup.tar.gz: not a directory (it looks like a tar archive)
hint: fakejail unpack backup.tar.gz DIR' backup.tar.gz
if command -v tar >/dev/null; then
	tar cf "it's one" R
	refuses 125 "fakejail: it's one: not a directory (it looks like a tar archive)
hint: fakejail unpack 'it'\\''s one' DIR" "it's one"
	rm "it's one"
else
	skip 'no tar'
fi
for root in empty ours; do
	refuses 127 "fakejail: $root is empty
hint: fakejail add $root /bin/sh   or   fakejail / debootstrap stable $root" "$root" make
done
for name in .hidden ..odd '*' ' '; do
	mkdir "empty/$name"
	launch --bare empty true
	same "not empty: $name" "$(words start -r "$place/empty" -N empty -p "$so" -- true)"
	rmdir "empty/$name"
done
ln -s nowhere empty/dangling
launch --bare empty true
same 'not empty: a dangling symlink' "$(words start -r "$place/empty" -N empty -p "$so" -- true)"
rm empty/dangling
launch --bare -b /etc empty true
same 'empty, but something is bound' "$(words start -r "$place/empty" -N empty -p "$so" -b /etc /etc rw -- true)"

ln -s loop-b loop-a
ln -s loop-a loop-b
refuses 125 'fakejail: loop-a: too many levels of symbolic links' loop-a true
ln -s nowhere leads-nowhere
refuses 125 'fakejail: leads-nowhere: no such directory' leads-nowhere true

# In a directory that was removed no name means anything: least of all `/`, which is all that a shell knows then. Nor in one that took its place.
in_removed() {
	said="125::*fakejail: $1: the working directory is gone, or cannot be named"
	case $2 in
	add | doctor) said=1${said#125} ;;
	owners) said="2::*fakejail owners: $1: it is gone, or cannot be entered" ;;
	esac
	shift
	status=0
	mkdir gone
	(cd gone && rmdir "$place/gone" && { [ "$made_anew" = no ] || mkdir "$place/gone"; } &&
		exec $shell "$work/bin/fakejail" "$@") >"$work/out" 2>"$work/err" </dev/null || status=$?
	[ "$made_anew" = no ] || rmdir "$place/gone"
	# shellcheck disable=SC2254 # a pattern
	case $status:$(cat "$work/out"):$(cat "$work/err") in
	$said) pass ;;
	*) fail "in a directory that was removed: $*" "$status: $(cat "$work/out" "$work/err")" ;;
	esac
}
for made_anew in no yes; do
	in_removed . . rm -rf /
	in_removed . --rootfs=. rm -rf /
	in_removed R R rm -rf /
	in_removed ./R --rm ./R rm -rf /
	in_removed .. .. rm -rf /
	in_removed R --proot -r R rm -rf /
	in_removed . -b .:/mnt "$place/R" true
	in_removed f --db=f "$place/R" true
	in_removed f --trace=f "$place/R" true
	in_removed o --overlay-src=o --tmp-overlay=/mnt "$place/R" true
	in_removed . add . /bin/sh
	in_removed . doctor .
	in_removed . owners prune .
	in_removed . owners list .
done

# Without the x bit, a directory cannot be entered. Root may, so he becomes somebody else.
mkdir closed
: >closed/file
chmod 600 closed
[ "$(id -u)" != 0 ] || run_by='setpriv --reuid 4242 --regid 4242 --clear-groups'
refuses 125 'fakejail: closed: permission denied' closed
run_by=
chmod 700 closed

# Default mounts.
# Two files of the host's, each for itself.
mounts='-b /dev /dev rw? -b /proc /proc rw? -b /sys /sys rw?'
defaults() {
	title=$1
	shift
	# shellcheck disable=SC2086 # the lists above
	launch $typed R true
	# shellcheck disable=SC2068,SC2086
	same "$title" "$(words start -r "$place/R" -N R -p "$so" $@ -- true)"
}
typed=
hosts='-b /etc/hosts /etc/hosts ro?'
resolver='-b /etc/resolv.conf /etc/resolv.conf ro?'
echo 127.0.0.1 localhost >R/etc/hosts
defaults 'an /etc without resolv.conf' "$mounts" "$resolver"
echo 'nameserver 127.0.0.1' >R/etc/resolv.conf
defaults 'an /etc with resolv.conf' "$mounts"
: >R/etc/resolv.conf
defaults 'an empty resolv.conf' "$mounts" "$resolver"
rm R/etc/resolv.conf
ln -s ../run/resolv.conf R/etc/resolv.conf
defaults 'a dangling resolv.conf' "$mounts" "$resolver"
mkdir R/run
echo 'nameserver 127.0.0.1' >R/run/resolv.conf
defaults 'a symlink to a resolv.conf' "$mounts"
ln -sf /run/resolv.conf R/etc/resolv.conf
defaults 'an absolute symlink to a resolv.conf' "$mounts"
ln -sf /etc/passwd R/etc/resolv.conf
defaults 'a symlink that only the host can follow' "$mounts" "$resolver"
rm -r R/run
ln -sf resolv.conf R/etc/resolv.conf
defaults 'a loop' "$mounts" "$resolver"
rm R/etc/hosts R/etc/resolv.conf
defaults 'neither' "$mounts" "$resolver" "$hosts"
ln -s hosts R/etc/hosts
defaults 'a loop of hosts' "$mounts" "$resolver" "$hosts"
: >R/etc/hosts.2
ln -sf hosts.2 R/etc/hosts
defaults 'a symlink to empty hosts' "$mounts" "$resolver" "$hosts"
echo 127.0.0.1 localhost >R/etc/hosts.2
echo 'nameserver 127.0.0.1' >R/etc/resolv.conf
defaults 'hosts by a symlink' "$mounts"
rm -r R/etc
defaults 'no /etc' "$mounts"
mkdir R/etc
typed='-b /etc:/dev --tmpfs=/etc'
defaults "the caller's own come instead" '-b /proc /proc rw? -b /sys /sys rw? -b /etc /dev rw -t /etc'
typed='-b /etc:/etc/resolv.conf'
defaults "the caller's own resolver" "$mounts" "$hosts" '-b /etc /etc/resolv.conf rw'
typed='-b /etc:/etc/hosts'
defaults "the caller's own hosts" "$mounts" "$resolver" '-b /etc /etc/hosts rw'

# The host's own root has everything.
for root in / // /. /./; do
	launch "$root" true
	same "ROOTFS $root" "$(words start -r "$root" -N "$root" -p "$so" -w "$place" -- true)"
done
ln -s / host
launch host true
same 'ROOTFS leads to /' "$(words start -r "$place/host" -N host -p "$so" -w "$place" -- true)"
rm host

# Where the program starts: where the caller stands, if that is inside.
starts() {
	title=$1
	at=$2
	shift 2
	cd "$at"
	launch --bare "$@" true
	cd "$place"
	case $wanted in
	'') same "$title" "$(words start -r "$root" -N "$name" -p "$so" -- true)" ;;
	*) same "$title" "$(words start -r "$root" -N "$name" -p "$so" -w "$wanted" -- true)" ;;
	esac
}
wanted='' root=$place/R name=$place/R
starts 'outside' . "$place/R"
wanted=/ root=$place/R/. name=.
starts 'in the root' R .
wanted='/a b' root="$place/R/a b/.." name=..
starts 'one below' 'R/a b' ..
wanted='/a b/c' root=$place/R name=$place/R
starts 'two below' 'R/a b/c' "$place/R"
ln -s "R/a b" short
starts 'two below, through a symlink' short/c "$place/R"
rm short
ln -s R other
wanted='/a b' root=$place/other name=$place/other
starts 'the root is a symlink' 'R/a b' "$place/other"
rm other
wanted=/elsewhere root=$place/R name=$place/R
starts 'inside, with -w' 'R/a b' -w /elsewhere "$place/R"
wanted='/a b/c' root=$place/R name=$place/R
starts 'inside, with a relative -w' 'R/a b' -w c "$place/R"
mkdir -p R2
wanted='' root=$place/R name=$place/R
starts 'a name that begins alike is not inside' R2 "$place/R"
rmdir R2
mkdir gone
cd gone
rmdir "$place/gone"
launch --bare "$place/R" true
cd "$place"
same 'from a removed directory' "$(words start -r "$place/R" -N "$place/R" -p "$so" -- true)"

# The default COMMAND.
shell_is() {
	launch --bare R
	same "SHELL=${SHELL-unset}" "$(words start -r "$place/R" -N R -p "$so" -- "$1" -i)"
}
saved_shell=${SHELL-}
mkdir -p R/usr/bin
: >R/usr/bin/zsh
ln -s /usr/bin/zsh R/bin/linked
ln -s /nowhere/zsh R/bin/dangling
ln -s /usr/bin R/sbin
export SHELL
SHELL=/usr/bin/zsh && shell_is /usr/bin/zsh
SHELL=/bin/linked && shell_is /bin/linked
SHELL=/sbin/zsh && shell_is /sbin/zsh
SHELL=/sbin/../bin/zsh && shell_is /sbin/../bin/zsh
SHELL=/bin/dangling && shell_is /bin/sh
SHELL=/usr/bin/fish && shell_is /bin/sh
SHELL='' && shell_is /bin/sh
SHELL=bin/sh && shell_is /bin/sh
unset SHELL && shell_is /bin/sh
SHELL=/x/file && export SHELL
launch --bare -b .:/x R
same 'a SHELL that is bound' "$(words start -r "$place/R" -N R -p "$so" -b "$place/." /x rw -- /x/file -i)"
SHELL=$saved_shell
