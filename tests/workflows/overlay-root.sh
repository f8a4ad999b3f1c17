#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-root.sh - tests a Debian whose root is an overlay (--rm, and an overlay on /): packages, accounts, archives, and
# trees that several processes remove and rename at once must show the same as in a real copy. After all that, and after
# processes are killed, the lower layer must be unchanged: data, modes, times, records.
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=../lib/layers.sh
. "$tests_dir/lib/layers.sh"
need python3

need_overlays
private_root bookworm

left() {
	find "$mine/home/.local/share/fakejail/copies" -mindepth 1 -maxdepth 1 | wc -l
}

cat >"$root/make-lower.sh" <<'END'
mkdir -p /srv/data/deep/er /srv/shared
for n in $(seq 60); do echo "$n" >/srv/data/f$n; done
for n in $(seq 20); do mkdir /srv/data/d$n; echo "$n" >/srv/data/d$n/x; done
chown 33:44 /srv/data/f1 /srv/data/d1
chmod 4751 /srv/data/f2
chmod 3770 /srv/shared
ln /srv/data/f3 /srv/data/f3-too
mkfifo /srv/data/fifo
mknod /srv/data/null c 1 3
ln -s f1 /srv/data/link
chown -h 7:8 /srv/data/link
head -c 300000 /dev/urandom >/srv/data/large
truncate -s 1M /srv/data/sparse
mkdir -p /root/pkg/DEBIAN /root/pkg/etc /root/pkg/usr/share/trial /root/pkg/usr/bin
printf 'Package: trial\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: a trial\n' >/root/pkg/DEBIAN/control
echo /etc/trial.conf >/root/pkg/DEBIAN/conffiles
printf '#!/bin/sh\nset -e\n[ "$1" != configure ] || useradd -r -M trial\n[ "$1" != configure ] || chown trial /usr/share/trial\n' >/root/pkg/DEBIAN/postinst
printf '#!/bin/sh\nset -e\n[ "$1" != remove ] || userdel trial\n' >/root/pkg/DEBIAN/prerm
chmod 755 /root/pkg/DEBIAN/postinst /root/pkg/DEBIAN/prerm
echo conf >/root/pkg/etc/trial.conf
for n in $(seq 40); do echo $n >/root/pkg/usr/share/trial/$n; done
printf '#!/bin/sh\necho ours\n' >/root/pkg/usr/bin/arch
chmod 755 /root/pkg/usr/bin/arch
dpkg-deb -b /root/pkg /root/trial.deb >/dev/null
END
succeeds 'a lower layer with records' jail "$root" sh /make-lower.sh

# The same in all kinds of private copies. What is shown of directories is neither their size nor their links, which are a file
# system's own affair; of a file with two names one is copied up, as on the kernel's overlay, so the other is removed.
cat >"$root/session.sh" <<'END'
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
exec 2>&1
echo '== packages'
dpkg-divert --package trial --rename --divert /usr/bin/arch.real --add /usr/bin/arch
dpkg -i /root/trial.deb
arch; id -nu trial; stat -c '%U %n' /usr/share/trial
echo changed >>/etc/trial.conf
dpkg -V trial
dpkg -r trial; ls /etc/trial.conf /usr/share/trial
dpkg -i /root/trial.deb >/dev/null
dpkg -P trial; ls /etc/trial.conf
dpkg-divert --package trial --rename --remove /usr/bin/arch; arch
dpkg -S /bin/ls; dpkg -l | wc -l
echo '== accounts'
useradd -m -s /bin/sh maria; usermod -aG staff maria; groupadd -g 1500 team; gpasswd -a maria team
su maria -c 'id; touch ~/mine; stat -c "%A %U:%G" ~/mine; echo >/etc/passwd'
userdel -r maria; getent passwd maria
echo '== trees'
rm -rf /usr/share/doc; ls -d /usr/share/doc
mkdir /usr/share/doc; echo new >/usr/share/doc/new; ls /usr/share/doc
rm -rf /usr/share/doc; mkdir -p /usr/share/doc/bash; ls -A /usr/share/doc/bash
tar -C /etc -cf /root/etc.tar .; mkdir /root/etc; tar -C /root/etc -xpf /root/etc.tar; diff -r /etc /root/etc && echo same
tar -C / -cf - srv | tar -tvf - | awk '{ print $1, $2, $NF }' | sort | md5sum
cp -a /srv/data /srv/copy; mv /srv/copy /srv/moved; mv /srv/data/d2 /srv/moved/d2-too; mv /srv/shared /srv/other
mv -T /srv/data/d3 /srv/data/d4 2>/dev/null || rm -r /srv/data/d4; mv -T /srv/data/d3 /srv/data/d4; cat /srv/data/d4/x
echo more >>/srv/data/f3; rm /srv/data/f3-too; sed -i s/5/five/ /srv/data/f5; cat /srv/data/f5
rm /srv/data/f6; ls /srv/data/f6; ln /srv/data/f7 /srv/data/f6; echo same >>/srv/data/f6; cat /srv/data/f7
chmod 600 /srv/data/f8; chown 9:9 /srv/data/f9; touch -d @77 /srv/data/f10; truncate -s 3 /srv/data/large
echo y >/srv/data/sparse; rm -r /srv/data/d5; echo file >/srv/data/d5; rm /srv/data/f11; mkdir /srv/data/f11
mkfifo /srv/data/f11/p; echo lost >/srv/data/null; ln -sfn f2 /srv/data/link
echo '== at once'
cd /srv/moved
for w in 1 2 3 4 5 6; do
	(
		for n in $(seq 40); do
			mv f$n g$n && mv g$n f$n
			mv d$((n % 20 + 1)) e$w 2>/dev/null && mv e$w d$((n % 20 + 1))
			echo $w >new.$w; mv new.$w shared
		done
	) 2>/dev/null &
done
wait
rm shared
cd /
echo '== all'
find / -xdev ! -path '/proc/*' ! -path '/sys/*' ! -path '/dev/*' ! -type d -printf '%p %y %m %U %G %s %l\n' | grep -v ' /root/etc.tar\|-$\|^/var/log\|^/etc/[a-z]*-\|^/var/cache/ldconfig' | sort
find / -xdev ! -path '/proc/*' ! -path '/sys/*' ! -path '/dev/*' -type d -printf '%p %y %m %U %G\n' | sort
find /srv /usr/share /etc -type f ! -name '*-' ! -name shadow | sort | xargs md5sum
ls -A /
END
give_to_user "$root/session.sh"
# The first jail has made the records, so nobody will.
remember "$root"

run jail --rm --copy "$root" sh /session.sh
expected=$out
is 'the session in a copy' 'ours
trial
3' "$(printf '%s\n' "$expected" | grep -x 'ours\|trial\|3')"
unchanged 'a copy' "$root"
run jail --rm "$root" sh /session.sh
if [ "$out" = "$expected" ]; then
	ok 'the session on an overlay shows the same'
else
	printf '%s\n' "$expected" >"$work/expected"
	fail 'the session on an overlay' 'it shows something else' "$(printf '%s\n' "$out" | diff "$work/expected" - | head -n 40)"
fi
unchanged 'an overlay' "$root"
is 'nothing is left of it' 0 "$(left)"

# ---- killed in the middle ----
cat >"$work/killed.py" <<'END'
import os, signal, subprocess, sys
command, root = sys.argv[1].split(), sys.argv[2]
script = "echo ready; (cd /srv/data; while :; do for f in f*; do mv $f x.$f && mv x.$f $f; done; done) & " \
    "(while :; do cp -a /etc /srv/new; rm -rf /srv/new; done) & (while :; do chown -R 5:6 /usr/share/perl5; chown -R 0:0 /usr/share/perl5; done) & " \
    "rm -rf /usr/share/man; while :; do useradd u; userdel u; done"
def children(pid):
    return [int(c) for c in open(f"/proc/{pid}/task/{pid}/children").read().split()]
for n, whom in enumerate(["program", "parent", "program", "parent", "all"]):
    p = subprocess.Popen([*command, "--rm", root, "sh", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    p.stdout.readline()
    child = children(p.pid)[0]
    # What the jail has written says how far it is.
    upper = os.path.dirname(os.path.realpath(f"/proc/{child}/cwd"))
    while len(children(child)) < 3:
        pass
    for _ in range(30 * (n + 1)):
        os.sched_yield()
        subprocess.run(["true"])
    if whom == "all":
        for c in children(child):
            try:
                os.kill(c, signal.SIGKILL)
            except ProcessLookupError: # useradd, which has ended
                pass
    os.kill(p.pid if whom == "parent" else child, signal.SIGKILL)
    print(whom, p.wait())
subprocess.run([*command, "--rm", root, "true"], check=True)
END
chmod 644 "$work/killed.py"
prints 'SIGKILL of the program and of its parent' 'program -9
parent -9
program -9
parent -9
all -9' as_user python3 "$work/killed.py" "$FAKEJAIL" "$root"
is 'the next one removes what was left' 0 "$(left)"
unchanged 'those that were killed' "$root"

# ---- at once, and beside a jail that changes nothing ----
for n in 1 2 3 4; do
	jail --rm "$root" sh -c "echo $n >/etc/hostname; rm -r /srv/data; echo \$(cat /etc/hostname) \$(ls /srv)" >"$work/out.$n" 2>&1 &
done
wait
is 'four at once' '1 shared
2 shared
3 shared
4 shared' "$(cat "$work"/out.[1-4])"
unchanged 'four at once' "$root"

# ---- changes that are kept ----
mkdir "$mine/rw" "$mine/work" "$mine/above"
echo above >"$mine/above/above"
give_to_user "$mine/rw" "$mine/work" "$mine/above"
# shellcheck disable=SC2317 # called below
kept() {
	jail --overlay-src "$mine/above" --overlay "$mine/rw" "$mine/work" / "$root" "$@"
}
succeeds 'an overlay on /' kept sh -c 'chown 5:6 /srv/data/f4; rm -r /srv/shared; mkdir /srv/shared; rm /srv/data/f5; echo x >/new; mkdir /made'
prints 'the next jail sees what was changed' '5:6 /srv/data/f4
x
above
0 /srv/shared' kept sh -c 'stat -c "%u:%g %n" /srv/data/f4; cat /new /above; ls /srv/data/f5 2>/dev/null; echo $(ls -A /srv/shared | wc -l) /srv/shared'
prints 'no listing shows what the jail keeps for itself' '' kept sh -c 'ls -A / | grep fakejail; ls -d /.fakejail 2>/dev/null; find / -xdev -name ".fakejail*"'
mkdir -m 0 "$mine/above/.fakejail" # another user's jail may have made it
prints 'nor does one of a layer whose records cannot be read' 'above' jail --overlay-src "$mine/above" --tmp-overlay /mnt "$root" \
	sh -c 'ls -A /mnt; ls -d /mnt/.fakejail 2>/dev/null; find /mnt -name ".fakejail*"'
rmdir "$mine/above/.fakejail"
fails 'a mount point is made above' 0 '' kept sh -c 'mkdir /mnt/a; mount -t tmpfs x /mnt/a; touch /mnt/a/y; umount /mnt/a; rmdir /mnt/a'
succeeds 'a bind makes its mount point above' jail --overlay "$mine/rw" "$mine/work" / --bind "$mine/above:/nowhere/before" "$root" cat /nowhere/before/above
is 'and not in the lower layer' no "$([ -e "$root/nowhere" ] && echo yes || echo no)"
prints 'chroot(2) by who is not root' '1' jail -u 5:5 --rm "$root" sh -c 'perl -e "exit(chroot(q(/)) ? 0 : \$! + 0)"; echo $?'
prints 'read-only' 'no' jail --read-only --rm "$root" sh -c 'touch /x 2>/dev/null || echo no'
if [ -x "$(dirname "${FAKEJAIL%% *}")/fakejail-images" ]; then
	succeeds 'pack --upper' jail pack --upper "$mine/rw" "$mine/layer.tar"
	is 'the changes, and what is no more' './
./made/
./new
./nowhere/
./nowhere/before/
./srv/
./srv/data/
./srv/data/.wh.f5
./srv/data/f4
./srv/shared/
./srv/shared/.wh..wh..opq' "$(tar -tf "$mine/layer.tar" | grep -v '^./mnt/' | LC_ALL=C sort)"
else
	skip 'pack --upper' 'this build is without images'
fi
unchanged 'changes that are kept' "$root"

# ---- where there can be none ----
fails 'the whole host' 125 'fakejail: the whole host cannot be a layer of an overlay' jail --rm / true
chmod 555 "$mine/above"
# shellcheck disable=SC2086,SC2317 # words
nowhere() { as_user env FAKEJAIL_STORE="$mine/above/store" $FAKEJAIL "$@"; }
fails 'a store that may not be written' 125 'fakejail: cannot make a private directory in */above/store: *
hint: FAKEJAIL_STORE=DIR says where it is made' nowhere --rm "$root" true
# shellcheck disable=SC2086 # words
fails 'a store in a directory that cannot be made' 125 'fakejail: cannot make a private directory in */above/two/store: Permission denied
hint: *' as_user env FAKEJAIL_STORE="$mine/above/two/store" $FAKEJAIL --rm "$root" true
unchanged 'all' "$root"

finish
