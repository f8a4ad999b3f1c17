#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w09-musl.sh - the file system half of workflow W9: a root of musl programs, dynamic and static, and a shell.
. "$(dirname "$0")/../lib/lib.sh"
need musl-gcc busybox
private_root musl

tour='getcwd: /
/: bin dev lib work
/..: bin dev lib work
getcwd: /work
realpath: /
realpath: /work/a
.: a link
threads: 4000
peer: socket
Hello from the jail
Hello from the jail
/work:'
prints 'a dynamic musl program: files, threads, sockets, programs' "$tour" jail "$root" /bin/tour /work
prints 'a static musl program: the same' "$tour" jail "$root" /bin/tour-static /work
prints 'a dynamic musl program from the shell, by its name' 'Hello from the jail' jail "$root" /bin/sh -c 'cd /work && hello'
prints 'an empty environment' "$tour" jail "$root" /bin/busybox env -i /bin/tour /work
prints 'a login shell has a PATH' 'Hello from the jail' jail "$root" /bin/sh -l -c hello
jail "$root" /bin/sh -c 'rm /lib/ld-musl-*'
fakejail_fails 'the missing interpreter is named' 127 \
	"fakejail: cannot run '/bin/tour': its ELF interpreter '/lib/ld-musl-*' is missing in *" jail "$root" /bin/tour /work

# ---- an init script, run repeatedly ----

new_jail init bin etc
busybox_applets cat chown grep id ls mkdir mount sh su touch
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
cat >"$root/init" <<'INIT'
#!/bin/sh
set -e
grep -q '^mygroup:' /etc/group || echo 'mygroup:x:2000:' >>/etc/group
grep -q '^myuser:' /etc/passwd || echo 'myuser:x:2000:2000::/home/myuser:/bin/sh' >>/etc/passwd
mkdir -p /home/myuser /proc /dev /sys
chown -R 2000:2000 /home/myuser
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mount -t sysfs sys /sys
exec su - myuser
INIT
chmod 755 "$root/init"
give_to_user "$root"
cat >"$work/typed" <<'TYPED'
touch x; id -un; ls -l x | { read -r mode links user group rest; echo $user $group; }; cat /proc/self/comm
test -c /dev/null && echo device
TYPED
chmod 644 "$work/typed"
for time in first second; do
	prints "the init script, the $time time" 'myuser
myuser mygroup
cat
device' jail "$root" /bin/sh -c '/init' <"$work/typed"
done
finish
