#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w01-busybox.sh - workflow W1: a directory that has only a static busybox and absolute symlinks to it.
#
# No program is dynamically linked, so every call goes through the trap. Nothing is bound, as there is no /dev or /proc. The
# second half types commands at a terminal.
. "$(dirname "$0")/../lib/lib.sh"
need busybox python3

new_jail Simple-Busybox bin
busybox_applets sh ls cat mkdir stty sleep ln readlink
echo 'the host' >"$mine/outside.txt"
give_to_user "$mine"

prints 'pwd is /' / jail "$root" /bin/sh -c pwd
prints 'ls / shows bin alone' bin jail "$root" /bin/sh -c 'ls /'
prints 'cd ..; pwd is still /' / jail "$root" /bin/sh -c 'cd /; cd ..; pwd'
prints 'ls /bin lists the jail' "$(LC_ALL=C ls "$(as_made "$root")/bin")" jail "$root" /bin/sh -c 'ls /bin'
prints 'ls ../../../.. lists the jail' bin jail "$root" /bin/sh -c 'cd /bin; ls ../../../..'
prints 'the command is found by its name' bin jail "$root" ls
prints 'a relative root' bin jail "$(basename "$root")" /bin/ls
prints 'a root with a slash behind' bin jail "$root/" /bin/ls /
prints 'busybox by its own name' hello jail "$root" /bin/busybox echo hello
prints 'the target of an absolute symlink is as it was made' /bin/busybox jail "$root" /bin/readlink /bin/sh
fails 'no way up and out' 1 '*No such file or directory*' jail "$root" /bin/cat ../../../../../outside.txt
fails 'the host path of a file outside is nothing' 1 '*No such file or directory*' \
	jail "$root" /bin/cat "$mine/outside.txt"

run jail "$root" /bin/sh -c 'exit 42'
is 'the exit status is the command'\''s' 42 "$rc"
run jail "$root" /bin/sh -c 'kill -TERM $$'
is 'the signal is the command'\''s' 143 "$rc"
run jail "$root" /bin/cat <<'IN'
in by stdin
IN
is 'stdin is handed on' 'in by stdin' "$out"

prints 'a subshell, a pipe and a substitution' 'a
b
bin' jail "$root" /bin/sh -c '(echo a; echo b) | cat; echo "$(cd /; ls)"'
# As in any directory without /dev: an unattended shell gives /dev/null to what it runs in the background.
fails 'there is no /dev/null' 1 "*can't open '/dev/null'*ls: /dev/null: No such file or directory" \
	jail "$root" /bin/sh -c 'ls / & wait; ls /dev/null'
succeeds 'a directory, a file and a link are made' jail "$root" /bin/sh -c \
	'mkdir /d && echo text >/d/f && ln -s /d/f /l && ln /d/f /d/g'
is 'the file is outside where it should be' text "$(cat "$root/d/f")"
is 'the link keeps its target' /d/f "$(readlink "$root/l")"
is 'the hard link is one' 2 "$(stat -c %h "$root/d/g")"
owned_by_user 'what was made is the user'\''s' "$root/d" "$root/d/f"
prints 'the link is followed inside' text jail "$root" /bin/cat /l

# A link out of the jail by its host path leads nowhere, and so does one with many dots.
ln -s "$mine/outside.txt" "$root/absolute"
ln -s ../../../../../../../../../../../.."$mine/outside.txt" "$root/dots"
fails 'an absolute symlink to a host path' 1 '*No such file or directory*' jail "$root" /bin/cat /absolute
fails 'a symlink with many dots' 1 '*No such file or directory*' jail "$root" /bin/cat /dots

# In a jail without /bin/sh a script cannot be run by execvp(3)'s fallback either.
fakejail_fails 'a missing program is named' 127 "fakejail: '/bin/nosuch' not found in *" jail "$root" /bin/nosuch
fakejail_fails 'an empty ROOTFS is refused' 125 'fakejail: *' jail '' /bin/ls

# ---- at a terminal ----

at_terminal 'a prompt, and an exit status' "$root" /bin/sh <<'SCRIPT'
expect / [$#] $
type pwd
expect ^/\r
type cd bin; pwd
expect ^/bin\r
expect /bin [$#] $
type exit 3
end 3
SCRIPT

at_terminal 'without a command, a shell' "$root" <<'SCRIPT'
expect / [$#] $
type echo $((6 * 7))
expect ^42\r
expect / [$#] $
key ^D
end 0
SCRIPT

at_terminal 'Ctrl-C ends the command and not the shell' "$root" /bin/sh <<'SCRIPT'
expect / [$#] $
type sh -c 'echo rea""dy; sleep 1000'
expect ^ready\r
key ^C
expect / [$#] $
type echo status $?
expect ^status 130\r
type exit
end 0
SCRIPT

# Only the foreground may read from the terminal: its answer shows that it is there before a key is pressed.
at_terminal 'job control: stop, list, foreground, interrupt, background, kill' "$root" /bin/sh <<'SCRIPT'
expect / [$#] $
type sh -c 'while read line; do echo "got $line"; done'
type first
expect ^got first\r
key ^Z
expect \[1\]\+  Stopped
expect / [$#] $
type jobs
expect \[1\]\+  Stopped
type fg
type second
expect ^got second\r
key ^C
expect / [$#] $
type sleep 1000 &
expect / [$#] $
type jobs
expect \[1\]\+  Running
type kill %1; wait; jobs; echo a''lone
expect ^alone\r
type exit 0
end 0
SCRIPT

at_terminal 'the window size, and its change' "$root" /bin/sh <<'SCRIPT'
expect / [$#] $
size 33 77
type stty size
expect ^33 77\r
size 44 111
type stty size
expect ^44 111\r
type exit
end 0
SCRIPT

finish
