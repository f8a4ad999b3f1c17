#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# start.sh - tests what a program is started with, and the messages when it cannot be started.
# shellcheck disable=SC2086,SC2119,SC2120,SC2317 # $FAKEJAIL may be several words; `with` and `start` are called by prints
. "$(dirname "$0")/../lib/lib.sh"
need busybox
new_jail busybox bin dev etc home/me proc root tmp
busybox_applets cat echo env false id ls mount readlink rm sh sleep true
printf '%s\n' root:x:0:0:root:/root:/bin/sh me:x:1000:1000::/home/me:/bin/false nohome:x:1001:1001::: \
	far:x:1002:1002::/home/far:/bin/far >"$root/etc/passwd"
printf '%s\n' root:x:0: me:x:1000: video:x:44:me >"$root/etc/group"
give_to_user "$root"

# ---- the environment ----

# with 'NAME=VALUE...' ARG...: the four variables, as a program of the jail sees them.
with() {
	variables=$1
	shift
	as_user env -u HOME -u USER -u LOGNAME -u SHELL $variables $FAKEJAIL "$@" "$root" /bin/env | grep -E '^(HOME|USER|LOGNAME|SHELL)=' |
		sort | tr '\n' ' '
}
mine_outside='HOME=/home/caller USER=caller LOGNAME=caller SHELL=/usr/bin/fish'
prints 'root gets what login would give' 'HOME=/root LOGNAME=root SHELL=/bin/sh USER=root ' with "$mine_outside"
prints 'a user too' 'HOME=/home/me LOGNAME=me SHELL=/bin/false USER=me ' with "$mine_outside" -u me
prints 'one by number' 'HOME=/home/me LOGNAME=me SHELL=/bin/false USER=me ' with "$mine_outside" -u 1000:5
prints 'one whose home is not there' 'HOME=/home/far LOGNAME=far SHELL=/bin/far USER=far ' with "$mine_outside" -u far
prints 'one whose line says nothing' 'HOME=/ LOGNAME=nohome SHELL=/bin/sh USER=nohome ' with "$mine_outside" -u nohome
prints 'one who has no line' 'HOME=/ LOGNAME=caller SHELL=/bin/sh USER=caller ' with "$mine_outside" -u 77:77
prints 'what means something stays' 'HOME=/tmp LOGNAME=me SHELL=/bin/false USER=me ' \
	with 'HOME=/tmp USER=me LOGNAME=me SHELL=/bin/false'
prints 'each for itself' 'HOME=/root LOGNAME=me SHELL=/bin/sh USER=root ' with 'HOME=/nowhere USER=x LOGNAME=me SHELL=bin/sh'
prints 'a home that is bound' 'HOME=/home/else ' with HOME=/home/else -b "$mine/home:/home/else"
prints 'what is not set stays so' '' with ''
prints 'what is asked for stays' 'HOME=/nowhere LOGNAME=root SHELL=/bin/sh USER=nobody ' \
	with "$mine_outside" -e HOME=/nowhere -e USER=nobody
prints 'what is passed on stays' 'HOME=/home/caller LOGNAME=root SHELL=/bin/sh USER=root ' with "$mine_outside" -e HOME
prints 'what is taken away stays away' 'LOGNAME=root SHELL=/bin/sh USER=root ' with "$mine_outside" --unsetenv HOME
prints 'without any' '' with "$mine_outside" --clearenv
prints 'a root without passwd' 'HOME=/ LOGNAME=caller SHELL=/bin/sh USER=caller ' with "$mine_outside" -b /dev/null:/etc/passwd

# ---- a umask(2) that takes the user's own rights ----

# What the jail makes for itself can be used by the user all the same, at its start and later.
umasked() { # MASK COMMAND...
	as_user sh -c 'umask "$1"; shift; exec "$@"' sh "$@"
}
for mask in 0777 0700 0500 0277; do
	prints "a start with umask $mask" ok umasked $mask $FAKEJAIL "$root" /bin/echo ok
	prints "--rm with umask $mask" ok umasked $mask $FAKEJAIL --rm "$root" /bin/sh -c \
		'cd /tmp; echo a >x; umask 022; echo ok >y; cat y'
	prints "a directory is copied up below umask $mask" ok umasked 022 $FAKEJAIL --rm "$root" /bin/sh -c \
		"cd /tmp; umask $mask; : >x; umask 022; echo ok >y; cat y"
	prints "a tmpfs is mounted below umask $mask" ok umasked 022 $FAKEJAIL "$root" /bin/sh -c \
		"umask $mask; mount -t tmpfs none /tmp; umask 022; echo ok >/tmp/y; cat /tmp/y"
done

# ---- the host's files for the network ----

as_made "$root" >"$work/made" # from now on all is made in the upper layer, if it is an overlay
mkdir -p "$root/etc" "$root/tmp"
give_to_user "$root"
for file in resolv.conf hosts; do
	if ! [ -s "/etc/$file" ]; then
		skip "$file" "this host has none"
		continue
	fi
	rm -f "$root/etc/$file"
	prints "$file of the host" "$(cat "/etc/$file")" jail "$root" cat "/etc/$file"
	fails "--bare: no $file" 1 '*No such file*' jail --bare "$root" cat "/etc/$file"
	is "$file was not made" no "$([ -e "$root/etc/$file" ] && echo yes || echo no)"
	ln -s "$file" "$root/etc/$file"
	prints "$file is a link to itself" "$(cat "/etc/$file")" jail "$root" cat "/etc/$file"
	ln -sf "../tmp/$file" "$root/etc/$file"
	ln -sf "../etc/$file" "$root/tmp/$file"
	prints "$file is one of two links in a circle" "$(cat "/etc/$file")" jail "$root" cat "/etc/$file"
	rm "$root/etc/$file"
	mkdir "$root/etc/$file"
	succeeds "$file is a directory" jail "$root" true
	rmdir "$root/etc/$file"
	ln -s passwd/below "$root/etc/$file"
	succeeds "$file leads through a file" jail "$root" true
	rm "$root/etc/$file"
	echo 127.1.2.3 >"$root/etc/$file"
	prints "$file of the root" 127.1.2.3 jail "$root" cat "/etc/$file"
done

# ---- what is said ----

r=$(as_made "$root") # which the hints name
fails 'no such working directory' 125 "fakejail: cannot change to directory /missing: No such file or directory
hint: mkdir -p $r/missing" jail -w /missing "$root" true
fails 'one that the host has' 125 "fakejail: cannot change to directory /usr: No such file or directory
hint: --bind=/usr shows the host's, or   mkdir -p $r/usr" jail -w /usr "$root" true
fails 'a working directory that is a file' 125 'fakejail: cannot change to directory /etc/passwd: Not a directory' \
	jail -w /etc/passwd "$root" true
fails 'a place that is a file' 125 "fakejail: cannot make the mount point for /etc: Not a directory" \
	jail -b /etc:/etc/passwd/x "$root" true
fails 'owners that cannot be kept' 125 "fakejail: /nowhere/db: cannot be used: No such file or directory*" jail --db=/nowhere/db "$root" true
fails 'a trace that cannot be written' 125 'fakejail: cannot write the trace to /nowhere/t: No such file or directory' \
	jail --trace=/nowhere/t "$root" true
echo 'no records' >"$mine/db"
give_to_user "$mine/db"
fails 'owners that are none' 125 "fakejail: $mine/db: is no file of owner records
*" jail --db="$mine/db" "$root" true
mkdir -p "$mine/lower/.fakejail" "$mine/lower/bin"
cp "$mine/db" "$mine/lower/.fakejail/owners"
give_to_user "$mine/lower"
fails 'owners of a lower layer that are none' 125 "fakejail: $mine/lower/.fakejail/owners: is no file of owner records
*" jail --rm "$mine/lower" true
mkdir -p "$mine/above/.fakejail" "$mine/rw" "$mine/rw-work"
mv "$mine/lower/.fakejail/owners" "$mine/above/.fakejail/owners"
give_to_user "$mine/above" "$mine/rw" "$mine/rw-work"
fails 'owners that are none, of a lower layer above the root' 125 "fakejail: $mine/above/.fakejail/owners: is no file of owner records
*" jail --overlay-src "$mine/above" --overlay "$mine/rw" "$mine/rw-work" / "$mine/lower" true
true_program=$(readlink -f "$(command -v env)")
mkdir -p "$root/bin" "$root$(dirname "$true_program")"
cp "$true_program" "$root$true_program"
cp "$true_program" "$root/bin/other"
echo more >>"$root/bin/other"
give_to_user "$root"
fails 'an ELF interpreter that is missing' 127 "fakejail: cannot run '$true_program': its ELF interpreter '/lib*' is missing in $r
hint: fakejail add $r $true_program" jail "$root" "$true_program"
fails 'that of a program which the host has not' 127 "fakejail: cannot run '/bin/other': its ELF interpreter '/lib*' is missing in $r
hint: fakejail add $r /lib*" jail "$root" /bin/other
printf '#!/usr/bin/env sh\n' >"$root/bin/script"
printf '#!/no/such/sh\n' >"$root/bin/script2"
chmod 755 "$root/bin/script" "$root/bin/script2"
rm -f "$root/usr/bin/env"
fails 'the interpreter of a script' 127 "fakejail: cannot run '/bin/script': its interpreter '/usr/bin/env' is missing in $r
hint: fakejail add $r /usr/bin/env" jail "$root" /bin/script
fails 'one that nobody has' 127 "fakejail: cannot run '/bin/script2': its interpreter '/no/such/sh' is missing in $r" jail "$root" /bin/script2

# Options, and the root.
entered=$(entered "$root")

# ---- little memory ----

if [ -n "${FAKEJAIL_OVERLAY:-}" ]; then
	skip 'little memory' 'the shell that starts such an overlay is too large itself'
else
	# Whatever does not fit, the user is told. Below the least limit that is enough, first the program fails, as it pleases. Then the loader
	# does behind its own exec, where nobody else is left to say so.
	little() {
		as_user sh -c 'ulimit -v "$1"; shift; exec "$@"' sh "$1" $FAKEJAIL "$root" true
	}
	least=4000
	while run little "$least" && [ "$rc" != 0 ] && [ "$least" -lt 100000 ]; do
		least=$((least + 500))
	done
	silent='' told=0
	for below in $(seq 0 25 2000); do
		run little $((least - below))
		case $rc:$err in
		125:*'cannot start the command: '*) told=$((told + 1)) ;;
		125:fakejail:*) ;;
		*) [ "$told" = 0 ] || silent="$silent $((least - below)):$rc" ;;
		esac
	done
	is 'no lack of memory is silent' '' "$silent"
	if [ "$told" -gt 0 ]; then
		ok 'the loader says why the command does not start'
	else
		fail 'the loader says why the command does not start' "at no limit below $least KiB"
	fi

	# The kernel kills who cannot hold a program at all: so the launcher, which is small, does not let it come to that.
	killed=''
	for limit in v d; do
		for least in 600 1000 2000 3000 4000 5000 6000 6100 6200 6500 7000 7167 7168 8000 8191 8192 9000; do
			run as_user sh -c 'ulimit -$1 $2; shift 2; exec "$@"' sh "$limit" "$least" $FAKEJAIL "$root" true
			case $rc:$err in
			125:fakejail:* | 0:) ;;
			*) killed="$killed -$limit $least:$rc" ;;
			esac
		done
		fails "too little memory: ulimit -$limit" 125 "fakejail: too little memory: raise \`ulimit -$limit\`" \
			as_user sh -c 'ulimit -$1 1000; shift; exec "$@"' sh "$limit" $FAKEJAIL "$root" true
	done
	is 'nor does a program that no limit holds' '' "$killed"
fi

# ---- few descriptors ----

# few ULIMIT-OPTION NUMBER COMMAND...: with that limit, and none open but the first three.
few() {
	as_user perl -MPOSIX -e 'POSIX::close($_) for 3 .. 1023; exec @ARGV' sh -c 'ulimit "$1" "$2"; shift 2; exec "$@"' sh "$@"
}
# A shell that cannot read the script says so itself.
for number in 3 4 5 6 7 8 9 10; do
	run few -n "$number" $FAKEJAIL $entered true
	case $rc:$err in
	0:* | *: | *:*errno*) fail_run "ulimit -n $number" 'neither does it work nor is it said' ;;
	*) ok "ulimit -n $number" ;;
	esac
done
for number in 11 12 13 14 15; do
	fails "ulimit -n $number" 125 '*fakejail: *file descriptors*ulimit -n*' few -n "$number" $FAKEJAIL $entered true
done
for number in 16 17 18 20 24 32 64 1000; do
	prints "ulimit -n $number" "it works
$number" few -n "$number" $FAKEJAIL $entered sh -c 'echo it works | cat; ulimit -n'
done
for number in 11 12 13 14 15 16 17 20 32 63 64 65; do
	prints "a soft limit of $number is the program's" "it works
$number" few -Sn "$number" $FAKEJAIL $entered sh -c 'echo it works | cat; ulimit -n'
done
# What the jail keeps for itself stands above such a limit, also when it comes later.
prints 'chroot below a soft limit' it few -Sn 16 $FAKEJAIL -b "$r/bin:/root/bin" $entered /bin/busybox chroot /root /bin/echo it
prints 'a namespace of mounts below one' it few -Sn 16 $FAKEJAIL $entered /bin/busybox unshare -m sh -c 'mount -t tmpfs x /tmp && echo it >/tmp/f && cat /tmp/f'
prints_like 'a trace below one' '*execve("/sbin/true"*readlinkat(*' few -Sn 16 $FAKEJAIL --trace=/dev/stdout $entered true
# Beside the first three and the jail's eight, all numbers are the program's; above a low soft limit the jail's take none.
if command -v gcc >/dev/null && cat >"$work/open.c" <<'C' && gcc -static -o "$root/bin/open" "$work/open.c"
#include <fcntl.h>
#include <stdio.h>
int main(void)
{
	int n = 0, fd, last = -1;
	while ((fd = open("/etc/passwd", O_RDONLY)) >= 0) {
		n++;
		last = fd;
	}
	printf("%d %d\n", n, last);
	return 0;
}
C
then
	for number in 16 24 64 256 1024; do
		prints "as many as ulimit -n $number leaves" "$((number - 11)) $((number - 9))" few -n "$number" $FAKEJAIL $entered open
	done
	prints 'all of a low soft limit' '13 15' few -Sn 16 $FAKEJAIL $entered open
	prints 'all but the jail'\''s below a high one' '4085 4095' few -Sn 4096 $FAKEJAIL $entered open
else
	skip 'as many files as a limit leaves' 'there is no compiler for static programs'
fi
exec 3<"$r/etc/passwd" 4<&3 5<&3 6<&3 7<&3
fails 'a limit that others have used up' 125 '*fakejail: *file descriptors*ulimit -n*' as_user sh -c 'ulimit -n 18; exec "$@"' sh $FAKEJAIL $entered true
exec 3<&- 4<&- 5<&- 6<&- 7<&-

# ---- a caller's PATH of no use ----

for path in PATH= PATH=/nowhere; do
	prints "$path: a command" 'it works' as_user env "$path" $FAKEJAIL $entered sh -c 'echo it works'
	prints "$path: the links of a root" 'it works' as_user env "$path" $FAKEJAIL $entered echo 'it works'
	[ -n "${FAKEJAIL_OVERLAY:-}" ] || prints "$path: proot's identity" "$test_uid" as_user env "$path" $FAKEJAIL --proot -r "$root" id -u
	prints_like "$path: help" 'Usage:*' as_user env "$path" $FAKEJAIL --help
	ln -sf "$(command -v "${FAKEJAIL%% *}")" "$mine/link"
	prints "$path: by a link" 'it works' as_user env "$path" "$mine/link" $entered sh -c 'echo it works'
done

# ---- the trace ----

if [ -n "${FAKEJAIL_OVERLAY:-}" ]; then
	skip 'traces, the command line of proot, texts' 'these are started in other ways'
	finish
fi

ln -sf passwd "$root/etc/link"
jail --trace="$mine/trace" -b "$mine/home:/mnt" "$root" sh -c 'cat /etc/link; ls -ld /etc/link /; cd /mnt; echo >new; rm new; cat /nowhere/x' \
	>/dev/null 2>&1 || :
for want in "\"/etc/link\" -> \"$r/etc/passwd\"" "\"/etc/link\" -> \"$r/etc/link\"" "\"new\" -> \"$mine/home/new\"" "\"/\" -> \"$r\""; do
	like "the trace shows $want" "*$want*" "$(cat "$mine/trace")"
done
like 'a path that leads nowhere has no place' '*"/nowhere/x", *= -2*' "$(cat "$mine/trace")"
like 'the host path of / itself' '*"/etc/passwd" -> "/etc/passwd"*' "$(jail --trace / cat /etc/passwd 2>&1)"

# ---- the command line of proot ----

mkdir "$mine/shallow" "$mine/deep"
echo shallow >"$mine/shallow/file"
echo deep >"$mine/deep/file"
mkdir "$root/at"
ln -s /at "$root/link"
give_to_user "$mine/shallow" "$mine/deep" "$root/at" "$root/link"
fails '-w of a missing directory is a warning' 0 'fakejail: warning: cannot change to directory /missing: No such file or directory; / is taken' \
	jail --proot -r "$root" -w /missing true
prints 'and / is taken' '/ /' jail --proot -r "$root" -w /missing sh -c 'echo "$(/bin/busybox pwd)" "$PWD"'
prints '-w . is the host'\''s directory' "$mine/home $mine/home" jail_from "$mine/home" --proot -r "$root" -b "$mine/home" -w . sh -c \
	'echo "$(/bin/busybox pwd)" "$PWD"'
prints 'PWD where there was none' PWD=/etc as_user sh -c 'env -u PWD "$@" | grep ^PWD' sh $FAKEJAIL --proot -r "$root" -w /etc /bin/env
prints 'a deeper bind lies on a shallower one' deep jail --proot -r "$root" -b "$mine/deep:/tmp/deep" -b "$mine/shallow:/tmp" cat /tmp/deep/file
prints 'a bind at a link' shallow jail --proot -r "$root" -b "$mine/shallow:/link" cat /at/file
fails 'with ! on the link itself' 1 '*No such file*' jail --proot -r "$root" -b "$mine/shallow:/link!" cat /at/file
prints 'there it is' shallow jail --proot -r "$root" -b "$mine/shallow:/link!" cat /link/file
prints '! at a place that is no link' shallow jail --proot -r "$root" -b "$mine/shallow:/at!" cat /at/file
# ---- what earlier jails have found of large texts ----

if is_reference; then
	skip 'texts of earlier jails' 'a real chroot changes no texts'
	finish
fi
state=$mine/state
texts=$state/fakejail/texts
start() {
	as_user env XDG_STATE_HOME="$state" "$@" $FAKEJAIL $start_options "$root" /bin/echo started
}
start_options=--no-db
prints 'a start that keeps nothing' started start
is 'it leaves nothing' no "$([ -e "$state" ] && echo yes || echo no)"
start_options=
# Files that have just changed are not kept.
tries=0
while start >/dev/null && [ -z "$(ls "$texts")" ] && [ "$tries" -lt 100 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
is 'the program is kept' 1 "$(find "$texts" -type f | wc -l)"
text=$texts/$(ls "$texts")
prints 'a second start' started start # which keeps a copy with its jumps, too
cp "$text" "$work/text"
number=$(stat -c %i "$text")
prints 'a later start' started start
is 'it has used what was kept' "$number" "$(stat -c %i "$text")"
size=$(stat -c %s "$text")
for harm in 'truncate -s 50' 'truncate -s -1' 'truncate -s +1' 'truncate -s 0' 'dd conv=notrunc status=none if=/dev/urandom bs=64 count=1 of=' \
	"dd conv=notrunc status=none if=/dev/zero bs=1 count=8 seek=$((size - 9)) of=" "dd conv=notrunc status=none if=/dev/urandom bs=$size count=1 of=" 'touch'; do
	case $harm in
	*=) $harm"$text" ;;
	*) $harm "$text" ;;
	esac
	prints "spoilt by $harm" started start
	start >/dev/null
	is "and made anew after $harm" '' "$(cmp "$text" "$work/text" 2>&1)"
done
chmod 622 "$text"
number=$(stat -c %i "$text")
prints 'what others may write' started start
is 'it is not used' no "$([ "$(stat -c %i "$text")" = "$number" ] && echo yes || echo no)"
chmod 600 "$text"
rm "$text"
prints 'below a limit of file sizes' started start prlimit --fsize=4194304:
is 'it keeps no text' '' "$(ls "$texts")"
mkdir "$text"
prints 'a directory in its place' started start
rmdir "$text"
chmod 0 "$texts"
prints 'a folder that is closed' started start
chmod 700 "$texts"
finish
