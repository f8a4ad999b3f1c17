#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# start.sh - what a program is started with, and what is said when it cannot be.
# shellcheck disable=SC2086,SC2317 # $FAKEJAIL may be several words; `with` is called by prints
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

# ---- the host's files for the network ----

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
finish
