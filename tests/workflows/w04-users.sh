#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w04-users.sh - workflow W4: users other than root, made by the tools of busybox and of shadow, and what they are refused.
. "$(dirname "$0")/../lib/lib.sh"
need busybox

# ---- busybox ----

new_jail busybox bin dev etc home proc root tmp
busybox_applets addgroup adduser cat chmod chown cp grep id ln ls mkdir mv ps rm sh stat su touch
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
printf 'root:x:0:\nwheel:x:10:root\n' >"$root/etc/group"
echo 'root::19000:0:99999:7:::' >"$root/etc/shadow"
give_to_user "$root"

# typed NAME WANT SCRIPT: typed in a shell of the jail, it prints exactly that on both its outputs; its status does not matter.
typed() {
	prints "$1" "$2" jail "$root" /bin/sh -c "exec 2>&1; $3
exit 0"
}
prints 'without --userspec one is root' 0 jail "$root" id -u
prints '--userspec=1000:1000 with bare numbers' '1000 1000' jail --userspec=1000:1000 "$root" sh -c 'echo $(id -u) $(id -g)'
typed 'everything is root'\''s to begin with' '0:0' 'chown -R 0:0 / 2>/dev/null; stat -c %u:%g /etc/passwd'
if busybox --list | grep -qx adduser; then
	typed 'busybox addgroup and adduser' 'me:x:1000:1000:Linux User,,,:/home/me:/bin/sh
me:x:1000:' 'addgroup -g 1000 me && adduser -s /bin/sh -G me -u 1000 -D me && grep -h ^me: /etc/passwd /etc/group'
else
	skip 'busybox addgroup and adduser' 'this busybox is built without them'
	typed 'a user by hand' '' 'echo me:x:1000:1000::/home/me:/bin/sh >>/etc/passwd; echo me:x:1000: >>/etc/group
		mkdir /home/me && chown me:me /home/me'
fi
typed 'the home is the user'\''s' 'me me' 'stat -c "%U %G" /home/me'
typed 'su - me: id' 'uid=1000(me) gid=1000(me) groups=1000(me)' 'su - me -c id'
typed 'su - me: a new file' '-rw-r--r-- me me /home/me/x' 'su - me -c "touch x; stat -c \"%A %U %G %n\" /home/me/x"'
prints 'and outside it is the caller'\''s' "$test_uid" stat -c %u "$root/home/me/x"
typed 'su - me: where one is' '/home/me me me /bin/sh' 'su - me -c "echo \$(pwd) \$USER \$LOGNAME \$SHELL"'
for refused in 'echo x >>/etc/passwd' 'cat /etc/secret' 'touch /etc/new' 'mkdir /new' 'rm -f /etc/passwd' 'mv /etc/group /tmp' \
	'chmod 666 /etc/passwd' 'chown me /etc/passwd' 'ln /etc/passwd /etc/hard' 'ls /root/deep' 'busybox chroot /tmp'; do
	fails "su - me is refused: $refused" 1 '*ermi*' jail "$root" sh -c \
		'echo x >/etc/secret; chmod 600 /etc/secret; chmod 700 /root; mkdir -p /root/deep; exec su - me -c "$1"' sh "$refused"
done
typed 'and nothing came of it' '0:0 644' 'ls /etc/new /new /etc/hard 2>/dev/null; stat -c "%u:%g %a" /etc/passwd'
typed 'su refuses those who are not root' 'su: must be suid to work properly' 'su me -c "su -c id"'
typed 'a set-uid busybox lets them' 'uid=0(root) gid=0(root) groups=0(root),10(wheel)' 'chmod 4755 /bin/busybox; su me -c "su -c id"'

# ---- --userspec, --groups ----

printf 'root:x:0:\nwheel:x:10:root,me\nme:x:1000:\nothers:x:2000:me\n' >"$root/etc/group"
# An old busybox lists the groups in another order.
ids='echo $(id -u):$(id -g):$(id -G | busybox tr " " "\n" | busybox sort -n)'
spec() {
	check=$1
	want=$2
	shift 2
	prints "$check" "$want" jail "$@" "$root" sh -c "$ids"
}
spec 'USER' '1000:1000:10 1000 2000' --userspec=me
spec 'USER:' '1000:1000:10 1000 2000' --userspec=me:
spec 'USER:GROUP' '1000:10:10 2000' --userspec=me:wheel
spec ':GROUP' '0:10:0 10' --userspec=:wheel
spec 'UID, which has a name' '1000:1000:10 1000 2000' --userspec=1000
spec '+UID:+GID' '7:8:8' --userspec=+7:+8
spec 'UID:GID without names' '7:8:8' --userspec=7:8
spec '--groups by name and number' '0:0:0 7 10' --groups=wheel,7
spec '--userspec and --groups' '7:8:3 8 10' --userspec=7:8 --groups=3,wheel
spec 'UID:, which is UID' '1000:1000:10 1000 2000' --userspec=1000:
spec '--groups with blanks and signs' '0:0:0 1 2 10' --groups=' +1,2,	+10'
spec 'blanks before a number' '7:8:8' --userspec=' 7: 8'
spec 'no groups' '1000:1000:1000' --userspec=me --groups=
# chroot(8) reads the caller's users first, and then those of the new root.
host_user=$(awk -F: '$3 > 0 && $3 < 65536 && $4 > 0 && $3 != 1000 && $1 != "me" { print $1 ":" $3 ":" $4; exit }' /etc/passwd)
host_name=${host_user%%:*} host_ids=${host_user#*:}
if [ -n "$host_user" ]; then
	host_uid=${host_ids%:*} host_gid=${host_ids#*:}
	for form in "$host_name" "$host_name:" "$host_uid" "+$host_uid" "$host_uid:"; do
		spec "whom only the host knows: $form" "$host_ids:$host_gid" --userspec="$form"
	done
	spec 'whom only the host knows, with a group' "$host_uid:7:7" --userspec="$host_name:7"
	spec 'whom only the host knows, and groups' "$host_ids:0 $host_gid" --userspec="$host_uid:" --groups=0
	echo "other:x:$host_uid:77::/:/bin/sh" >>"$root/etc/passwd"
	is_reference || spec 'the jail'\''s own users come first' "$host_uid:77:77" --userspec="$host_uid"
else
	skip 'users whom only the host knows' 'the host has none'
fi
host_group=$(awk -F: '$3 > 0 && $3 < 65536 && $3 != 1000 && $3 != 2000 && $1 != "wheel" && $1 != "me" && $1 != "others" { print $1 ":" $3; exit }' /etc/group)
if [ -n "$host_group" ]; then
	spec 'a group that only the host knows' "0:${host_group#*:}:0 ${host_group#*:}" --userspec=":${host_group%:*}"
	spec 'and in --groups' "0:0:0 ${host_group#*:}" --groups="${host_group%:*}"
else
	skip 'groups that only the host knows' 'the host has none'
fi
spec 'nobody, and nothing said' '0:0:0' --userspec=
spec 'colons alone' '0:0:0' --userspec=::
warned() {
	spec "$@"
	like "$1 warns" "*: warning: '.' should be ':'" "$err"
}
warned 'a dot for the colon' '1000:10:10 2000' --userspec=me.wheel
warned 'and numbers' '7:8:8' --userspec=7.8
warned 'and a group alone' '0:8:0 8' --userspec=.8
warned 'and the login group' '1000:1000:10 1000 2000' --userspec=me.
fails 'the login group of a number after a dot' 125 '*invalid user*' jail --userspec=1000. "$root" id
fakejail_fails 'an endless number' 125 'fakejail: a name or a number of a user or a group is too long' \
	jail --userspec="$(printf '%0999d' 5)" "$root" id
fakejail_fails 'a user whom nobody knows' 125 "fakejail: invalid user 'nobody-knows': not in */etc/passwd" \
	jail --userspec=nobody-knows "$root" id
fakejail_fails 'a group that nobody knows' 125 "fakejail: invalid group 'unknown': not in */etc/group" \
	jail --userspec=0:unknown "$root" id
for bad in 4294967296 4294967295 18446744073709551616 0x10 -1; do
	fails "a number that is none: $bad" 125 '*invalid user*' jail --userspec="$bad" "$root" id
	fails "a group's number that is none: $bad" 125 '*invalid group*' jail --userspec="0:$bad" "$root" id
done
fails 'the login group of a number without a name' 125 '*: no group specified for unknown uid: 99' jail --userspec=99: "$root" id
fails 'a number without a name has no group' 125 '*: no group specified for unknown uid: 99' jail --userspec=99 "$root" id
fails 'an unknown group in the list' 125 '*' jail --groups=wheel,unknown "$root" id
is_reference || prints 'HOME is his' /home/me jail --userspec=me "$root" sh -c 'echo "$HOME"'
if ! is_reference; then
	spec '-u' '1000:10:10 2000' -u me:wheel
	spec '-i' '7:8:8' -i 7:8
	spec '-0' '0:0:0 10' -0
fi

# ---- shadow ----

private_root bookworm
typed 'groupadd and useradd' 'you:x:2000:2000::/home/you:/bin/sh
you:x:2000:' 'chown -R 0:0 /etc /root; groupadd -g 2000 you && useradd -u 2000 -g you --no-create-home you; grep -h ^you: /etc/passwd /etc/group'
typed 'they leave owners and modes as they were' '0:0 644 /etc/passwd
0:0 644 /etc/group' 'stat -c "%u:%g %a %n" /etc/passwd /etc/group'
typed 'usermod, groupmod, gpasswd' 'uid=2000(you) gid=2000(you) groups=2000(you),27(sudo),100(users)' \
	'usermod -aG sudo you && gpasswd -a you users >/dev/null && id you'
typed 'su - you: id' 'uid=2000(you) gid=2000(you) groups=2000(you),27(sudo),100(users)' \
	'mkdir -p /home/you; chown you:you /home/you; su - you -c id'
typed 'su - you: a new file' '-rw-r--r-- 1 you you 0 x' 'su - you -c "touch x; ls -l x" | sed "s/ 0 .* x/ 0 x/"'
typed 'su - you: writing /etc/passwd is refused' '-sh: 1: cannot create /etc/passwd: Permission denied' \
	'su - you -c "echo x >>/etc/passwd"'
typed 'the shadow file is read by nobody else' 'cat: /etc/shadow: Permission denied' \
	'chown root:shadow /etc/shadow; chmod 640 /etc/shadow; su you -c "cat /etc/shadow"'
typed 'passwd, chpasswd, passwd -S' 'passwd: password changed.
you P' 'echo you:secret | chpasswd; passwd -d root; passwd -S you | cut -d" " -f1,2'
typed 'su back to root, by its set-uid bit' 'uid=0(root) gid=0(root) groups=0(root)' 'chmod 4755 /bin/su; su you -c "su -c id"'
typed 'and by a password' 'uid=2000(you) gid=2000(you) groups=2000(you),27(sudo),100(users)' \
	'useradd -u 3000 them; su them -c "echo secret | su you -c id 2>&1" | sed "s/^Password: //"'
typed 'newgrp' 27 'chmod 4755 /usr/bin/newgrp; su you -c "echo id -g | newgrp sudo"'
typed 'setpriv drops, and cannot take back' 'uid=2000(you) gid=2000(you) groups=2000(you)
0000000000000000
setpriv: setresuid failed: Operation not permitted' 'setpriv --reuid 2000 --regid 2000 --clear-groups sh -c "
id; grep CapEff /proc/self/status | cut -f2; setpriv --reuid 0 id"'
typed 'find by owner' '/home/you
/home/you/x' 'find /home -user you | sort'
typed 'chown by a user' 'chown: changing ownership of '\''x'\'': Operation not permitted' 'su - you -c "chgrp users x; chown root x"'
typed 'the sticky /tmp' 'rm: cannot remove '\''/tmp/theirs'\'': Operation not permitted' \
	'chown 0:0 /tmp; chmod 1777 /tmp; touch /tmp/theirs; su - you -c "rm -f /tmp/theirs"'
typed 'ps shows the user' 'you' 'su you -c "sleep 1000 & ps -o user= -p \$!; kill \$!"'
typed 'userdel and groupdel' 'no' 'userdel you; userdel them; id you >/dev/null 2>&1 || echo no'
finish
