#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# as-root.sh - what root types about owners in a Debian: run by w05-tools.sh in a jail and in a real chroot; what it
# prints and the trees that it leaves must be equal. Nothing that it prints depends on the time or on chance.
exec 2>&1
umask 022
export LC_ALL=C SOURCE_DATE_EPOCH=1000000000

say() {
	echo "== $*"
}

list() { # DIRECTORY: owners, modes, types, sizes of what has a size of its own, links, devices, names of one file
	(cd "$1" && find . \( -type d -printf '%p %u %g %m %y\n' \) -o -printf '%p %U %G %m %y %s %n %l\n' | sort)
	(cd "$1" && find . \( -type c -o -type b \) -exec stat -c '%n %t,%T' {} + | sort)
	(cd "$1" && getfacl -R -n -p . 2>/dev/null | grep -v '^$')
	(cd "$1" && find . -type f -exec getcap {} + | sort)
	(cd "$1" && getfattr -R -P -d -m 'user|trusted' . 2>/dev/null | grep -v '^$')
}

say 'a tree'
mkdir /w && cd /w || exit
install -d -o www-data -g adm -m 2750 src src/log
install -d -m 1777 src/tmp
install -d -o 1234 -g 4321 -m 0500 src/closed
echo text >plain
install -o daemon -g bin -m 4711 plain src/set-uid
install -o 77777 -g 88888 -m 2755 plain src/set-gid
install -m 0000 plain src/nobody-reads
echo logged >src/log/in-a-set-gid-directory
ln src/set-uid src/second-name
ln -s ../elsewhere src/link
chown -h games:games src/link
mknod -m 660 src/disk b 8 1 && chgrp disk src/disk
mknod -m 666 src/null c 1 3
mkfifo -m 640 src/fifo && chown mail src/fifo
touch src/acl && setfacl -m u:www-data:rw,g:adm:r,m:r src/acl
mkdir src/inherits && setfacl -d -m u:games:rwx,o:- src/inherits && touch src/inherits/f && mkdir src/inherits/d
cp /bin/true src/capable && setcap cap_net_raw,cap_net_admin=ep src/capable
setfattr -n user.note -v 'a note' src/set-gid
setfattr -n trusted.note -v 'root only' src/capable
chown 5:6 src/closed/none
echo 'a file with a  space and "quotes"' >'src/a b "c"' && chown 9:10 'src/a b "c"'
list src

say 'chown and chmod, and what they take'
cp -a src changed
chown -R --from=daemon :nogroup changed
chown 0 changed/set-gid && chgrp -h tape changed/link
chmod -R g+w,o-rwx changed/log && chmod u+s,g-s changed/set-gid
chmod a+x changed/acl && setfacl -x g:adm changed/acl && setfacl -b changed/inherits
chown root changed/capable
echo more >>changed/capable
list changed

say 'cp -a'
cp -a src cp-a && list cp-a
say 'cp -r, cp -p, mv, ln'
mkdir plain-copy && cp src/set-uid src/set-gid plain-copy
cp -p src/set-uid plain-copy/kept && cp --preserve=mode src/set-gid plain-copy/mode && list plain-copy
mv plain-copy moved && ln moved/kept moved/again && list moved

say 'tar'
tar -C src --sort=name --mtime=@0 --acls --xattrs --xattrs-include='*' --pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime -cf tree.tar . && mkdir tar-x &&
	tar -C tar-x --acls --xattrs --xattrs-include='*' -xpf tree.tar && list tar-x
tar -tvf tree.tar --numeric-owner | awk '{ print $1, $2, $3, $6, $7, $8, $9 }'
mkdir tar-mapped && tar -C src -cf - --owner=games:60 --group=staff --mode=go-w . | tar -C tar-mapped -xf - --no-same-permissions && list tar-mapped
mkdir tar-nobody && tar -C tar-nobody -xf tree.tar --no-same-owner && list tar-nobody

say 'bsdtar'
mkdir bsd && bsdtar -C src -cf - . | bsdtar -C bsd -xpf - && list bsd

say 'cpio'
mkdir pass && (cd src && find . -depth -print0 | sort -z | cpio -0 -pdm --quiet ../pass) && list pass
find src -depth -exec touch -h -d @1000000000 {} +
(cd src && find . | sort | cpio -o -H newc --quiet --reproducible >../tree.cpio) && mkdir in && (cd in && cpio -idm --quiet --no-absolute-filenames <../tree.cpio) && list in
cpio -itv --quiet --numeric-uid-gid <tree.cpio | awk '{ print $1, $2, $3, $4, $9, $10, $11 }'

say 'rsync'
rsync -aHAX --numeric-ids src/ rsync-a && list rsync-a
chown 33 rsync-a/plain rsync-a/set-uid && rsync -aHAXi --numeric-ids src/ rsync-a && list rsync-a
rsync -a --chown=games:mail --chmod=D2755,F644 src/log/ rsync-mapped && list rsync-mapped

say 'who may what'
for who in www-data games nobody; do
	for f in src/acl src/log/in-a-set-gid-directory src/set-gid src/nobody-reads src/closed src/inherits/f src/inherits/d; do
		for what in r w x; do
			setpriv --reuid "$who" --regid "$who" --clear-groups test "-$what" "$f" && echo "$who $what $f"
		done
	done
	setpriv --reuid "$who" --regid "$who" --clear-groups sh -c 'echo x >src/acl; touch src/tmp/of-$0 src/inherits/d/of-$0; rm -f src/set-uid' "$who"
done
list src/tmp && list src/inherits

say 'packages'
mkdir -p package/DEBIAN package/usr/lib/fjtest package/var/lib/fjtest package/etc
printf 'Package: fjtest\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: owners\n' >package/DEBIAN/control
echo /etc/fjtest.conf >package/DEBIAN/conffiles
cat >package/DEBIAN/postinst <<'END'
#!/bin/sh
set -e
adduser --system --group --quiet --home /var/lib/fjtest --no-create-home fjtest
chown fjtest:fjtest /var/lib/fjtest
dpkg-statoverride --update --add fjtest adm 02710 /usr/lib/fjtest/private
END
command -v adduser >/dev/null || sed -i 's/^adduser.*/useradd -r -d \/var\/lib\/fjtest fjtest/' package/DEBIAN/postinst
chmod 755 package/DEBIAN/postinst
echo a >package/etc/fjtest.conf
install -g mail -m 2755 plain package/usr/lib/fjtest/mailer
install -o games -m 4755 plain package/usr/lib/fjtest/player
install plain package/usr/lib/fjtest/private
dpkg-deb --build package fjtest.deb >/dev/null && dpkg-deb -c fjtest.deb | awk '{ print $1, $2, $6 }'
dpkg -i fjtest.deb 2>&1 | grep -v '^(Reading\|^Selecting'
stat -c '%A %h %U %G %n' /etc/fjtest.conf /usr/lib/fjtest /usr/lib/fjtest/* /var/lib/fjtest
dpkg -V fjtest && dpkg-statoverride --list | grep fjtest
getent passwd fjtest
dpkg -P fjtest 2>&1 | grep -v '^(Reading'
ls -d /usr/lib/fjtest /var/lib/fjtest

say 'users'
groupadd -g 2000 crew
useradd -m -u 2000 -g crew -G games -s /bin/sh -c 'A User' ann
useradd -m -k /etc/skel -K UMASK=027 bob
echo 'ann:secret' | chpasswd
printf 'secret2\nsecret2\n' | passwd bob
passwd -S ann | cut -d' ' -f1,2 && passwd -S bob | cut -d' ' -f1,2
usermod -aG adm,mail ann && gpasswd -d ann mail && chage -M 90 ann && chfn -r 12 ann && chsh -s /bin/bash bob
getent passwd ann bob && getent group crew games adm mail bob
id ann
su - ann -c 'id; pwd; umask; touch made; stat -c "%U %G %a" made . ; cat /etc/shadow; chown bob made; echo $HOME $USER $SHELL'
chmod 4755 /usr/bin/sudo /bin/su /usr/bin/passwd && chmod 0440 /etc/sudoers
echo 'ann ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ann && chmod 440 /etc/sudoers.d/ann
su - ann -c 'sudo -n id; sudo -n -u bob id; sudo -n -u bob -g mail touch /tmp/by-bob; sudo -n chown ann:crew /tmp/by-bob; stat -c "%U %G" /tmp/by-bob'
su - bob -c 'sudo -n id'
echo secret | su -s /bin/sh bob -c 'su ann -c id' | sed 's/^Password: //'
chmod 640 /etc/shadow && chgrp shadow /etc/shadow && chgrp shadow /usr/bin/chage && chmod 2755 /usr/bin/chage
su - ann -c 'chage -l ann | head -n 1 | cut -d: -f1; stat -c %a /etc/shadow'
stat -c '%A %h %U %G %n' /etc/passwd /etc/shadow /etc/group /etc/gshadow /home/ann /home/ann/made /home/bob /home/bob/.profile /var/mail/*
userdel -r bob
ls -d /home/bob
rm -f /etc/*- /etc/.pwd.lock
