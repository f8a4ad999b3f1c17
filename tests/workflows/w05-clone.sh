#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w05-clone.sh - workflow W5: in `fakejail /`, a tree of the host is cloned, and keeps its owners in a jail of its own.
#
# Other users own the host's files, and only root can read its devices. So the tree to be cloned is one that `fakejail /` made
# before.
. "$(dirname "$0")/../lib/lib.sh"
need busybox tar

new_jail clone bin home proc
busybox_applets cat chmod chown find id ls sh stat tar
give_to_user "$root"
home=$root/home

succeeds 'make a tree as root would' jail / sh -c 'umask 022; mkdir "$1/from" && cd "$1/from" && mkdir -m 1777 tmp && mkdir var mail &&
	echo x >var/f && chown 33:34 var/f var && chmod 2775 mail && chown 0:8 mail && echo s >su && chmod 4755 su && ln su su2 &&
	mknod null c 1 3 && mknod sda b 8 0 && mkfifo pipe && ln -s var/f link && chown -h 5:6 link && mkdir -m 0 closed' sh "$home"
succeeds 'clone it with tar' jail / sh -c 'cd "$1/from" && mkdir ../to && tar cpf - --one-file-system . | tar xpf - -C ../to' sh "$home"
listing='cd "$1" && find . -exec stat -c "%A %u:%g %h %t,%T %n" {} + | sort -k 5'
want=$(jail / sh -c "$listing" sh "$home/from")
prints 'the clone lists the same' "$want" jail / sh -c "$listing" sh "$home/to"
prints 'and in a jail of the whole' "$want" jail "$root" sh -c "$listing" sh /home/to
prints 'what it lists is what root made' "drwxr-xr-x 0:0 6 0,0 .
d--------- 0:0 2 0,0 ./closed
lrwxrwxrwx 5:6 1 0,0 ./link
drwxrwsr-x 0:8 2 0,0 ./mail
crw-r--r-- 0:0 1 1,3 ./null
prw-r--r-- 0:0 1 0,0 ./pipe
brw-r--r-- 0:0 1 8,0 ./sda
-rwsr-xr-x 0:0 2 0,0 ./su
-rwsr-xr-x 0:0 2 0,0 ./su2
drwxrwxrwt 0:0 2 0,0 ./tmp
drwxr-xr-x 33:34 2 0,0 ./var
-rw-r--r-- 33:34 1 0,0 ./var/f" jail "$root" sh -c 'cd /home/to && find . -exec stat -c "%A %u:%g %h %t,%T %n" {} + | sort -k 5'
prints 'the root is the same inode inside and outside' "$(stat -c %i "$root")" jail "$root" stat -c %i /
prints 'nothing set-id, sticky or writable for others is on the disk' '' find "$(as_made "$root")/home/to" ! -type l -perm /7022
prints 'devices by type' './null
./sda' jail "$root" sh -c 'cd /home/to && find . -type c -o -type b | sort'
prints 'the tarball made in the jail names the owners' '0/0 33/34' jail "$root" sh -c \
	'cd /home/to && tar cf - su var/f | tar tvf - | while read -r mode owner rest; do printf "%s " "$owner"; done | sed "s/ $//"'
succeeds 'a change in the jail' jail "$root" chown 77:77 /home/to/var/f
prints 'is seen from outside' 77:77 jail / stat -c %u:%g "$home/to/var/f"
finish
