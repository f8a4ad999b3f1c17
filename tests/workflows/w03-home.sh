#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w03-home.sh - workflow W3: the home directory of the host in the jail, other binds, and the host's network.
. "$(dirname "$0")/../lib/lib.sh"
private_root bookworm
home=$mine/home
echo 'my file' >"$home/notes"
mkdir "$home/project"
ln -s "$home/notes" "$home/absolute"
ln -s notes "$home/relative"
# debootstrap leaves this file to the installer.
echo '127.0.0.1 localhost' >"$root/etc/hosts"
give_to_user "$home" "$root/etc/hosts"

# ---- the home ----

prints 'the home has its real numeric owners' "$test_uid $test_uid $home" jail -b "$home" "$root" stat -c '%u %g %n' "$home"
prints 'a file in it too' "$test_uid $test_uid notes" jail -b "$home" -w "$home" "$root" stat -c '%u %g %n' notes
prints '$HOME leads there' 'my file' jail -b "$home" "$root" sh -c 'cat "$HOME/notes"; cd; ls >/dev/null'
prints 'links in it, absolute and relative' 'my file
my file' jail -b "$home" "$root" cat "$home/absolute" "$home/relative"
prints 'pwd and ..' "$home/project
$home
$(dirname "$home")
home" jail -b "$home" -w "$home/project" "$root" sh -c 'pwd; cd ..; pwd; cd ..; pwd; ls'
succeeds 'files are made, renamed and removed in it' jail -b "$home" -w "$home" "$root" sh -c \
	'mkdir d && echo made >d/f && mv d/f d/g && touch gone && rm gone && ln d/g d/h'
is 'they are in the home' "made
g
h" "$(cat "$home/d/g" && ls "$home/d")"
owned_by_user 'they are the user'\''s' "$home/d" "$home/d/g"
is 'nothing of it is in the root' '' "$(ls "$root$home" 2>/dev/null || :)"
prints_like 'a name can be moved to elsewhere in the jail no more than across a mount' '*Invalid cross-device link*' \
	jail -b "$home" "$root" sh -c "ln $home/notes /tmp/notes 2>&1 || :"

# ---- at another place, a file, a file on a file, a mount in a mount, read-only ----

prints 'at another place' 'my file' jail -b "$home:/home/me" "$root" cat /home/me/notes
prints 'the other place'\''s .. is the jail'\''s' "$(cd "$root/home" && pwd | sed "s|^$root||")" \
	jail -b "$home:/home/me" -w /home/me "$root" sh -c 'cd ..; pwd'
prints 'a file' 'my file' jail -b "$home/notes:/mnt/notes" "$root" cat /mnt/notes
prints 'a file on a file' 'my file' jail -b "$home/notes:/etc/motd" "$root" cat /etc/motd
mkdir "$mine/second"
echo second >"$mine/second/two"
give_to_user "$mine/second"
prints 'a mount in a mount, and a symlink into one' 'my file
second
second' jail -b "$home:/mnt" -b "$mine/second:/mnt/project" "$root" sh -c \
	'ln -s /mnt/project/two /tmp/into; cat /mnt/notes /mnt/project/two /tmp/into; rm /tmp/into'
fails 'read-only' 1 '*Read-only file system*' jail -b "$home:/mnt:ro" "$root" touch /mnt/new
prints 'read-only is read' 'my file' jail -b "$home:/mnt:ro" "$root" cat /mnt/notes
is 'nothing was made there' '' "$(ls "$home/new" 2>/dev/null || :)"

# ---- the network ----

if [ -s /etc/resolv.conf ]; then
	prints 'the host'\''s resolver configuration' "$(cat /etc/resolv.conf)" jail "$root" cat /etc/resolv.conf
else
	skip 'the host'\''s resolver configuration' 'this host has no /etc/resolv.conf'
fi
prints_like 'localhost has an address' '*127.0.0.1*' jail "$root" getent ahosts localhost
# A name that only a name server knows; not every machine reaches one.
name=deb.debian.org
if getent ahosts "$name" >/dev/null; then
	prints_like 'a name of the network has an address' '*STREAM*' jail "$root" getent ahosts "$name"
	prints_like 'in Python too' '*[0-9.:]*' jail "$root" python3 -c \
		"import socket; print(socket.getaddrinfo('$name', 80)[0][4][0])"
else
	skip 'a name of the network has an address' 'this host resolves none'
fi
prints 'a connection over loopback' 'hello from outside' jail "$root" python3 -c '
import socket, threading
server = socket.create_server(("127.0.0.1", 0))
def serve():
    connection, _ = server.accept()
    connection.sendall(b"hello from outside")
    connection.close()
threading.Thread(target=serve).start()
with socket.create_connection(server.getsockname()) as client:
    print(client.makefile().read())'
finish
