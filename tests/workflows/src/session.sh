#!/bin/bash
# shellcheck disable=SC2010,SC2012,SC2164 # ls is one of the programs that are looked at
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# session.sh - what tests/workflows/no-trap.sh runs as root in a Debian root: once under a real chroot, once in the jail.
#
# A line `== NAME` begins each section; all that is printed must be the same in both places.
cd /root || exit 1
umask 022
export HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive

section() {
	printf '== %s\n' "$1"
}

section 'bash'
set -- /etc/p*d
echo "$BASH_VERSION $*" "$(cd /usr/share/doc/.. && pwd -P)" "$(readlink -f /bin/awk)" "$(</etc/debian_version)"
diff <(sort /etc/passwd) <(sort /etc/../etc/passwd) && echo 'process substitution'
exec {fd}<>/root/both && echo written >&"$fd" && cat /root/both
cat </dev/tcp/127.0.0.1/1 2>/dev/null || echo 'nobody listens'
kill -l "$(sh -c 'kill -KILL $$' 2>/dev/null; echo $?)"

section 'env, an empty environment, and programs that look for one'
env cat /etc/debian_version
env -i cat /etc/debian_version
env -i /usr/bin/env
LD_PRELOAD='' cat /etc/debian_version
perl -e '%ENV = (); system "/bin/cat", "/etc/debian_version"; print map { "$_\n" } `/usr/bin/env`'
env -i A=1 LD_PRELOAD= /bin/sh -c 'cat /etc/debian_version; tr "\0" "\n" </proc/self/environ; /usr/bin/env | grep -v ^_= | sort'
env | grep -vE '^(_|PWD|SHLVL|OLDPWD|TERM|FAKEJAIL_UID)=' | sort

section 'perl'
perl -MCwd -MFile::Find -MPOSIX -e '
	find(sub { $n++ if -l }, "/etc"); print Cwd::realpath("/bin/../etc/os-release"), " $n links ", getcwd(), "\n";
	symlink "/etc/passwd", "/root/l"; print readlink("/root/l"), " ", -s "/root/l" == -s "/etc/passwd" ? "same" : "other", "\n";
	rename "/root/l", "/root/m"; print join(",", sort glob "/root/*"), "\n"; unlink "/root/m";
	mkfifo("/root/fifo", 0600) or die; if (!fork) { open F, ">", "/root/fifo"; print F "through a fifo\n"; exit } open F, "/root/fifo"; print <F>; wait;
	print join(" ", (getpwnam "root")[0, 2, 7], scalar getgrgid 0), "\n"; print `uname -s`;'

section "perl's syscall"
perl -e '
	my $path = "/etc/debian_version"; my $fd = syscall 257, -100, $path, 0, 0; open my $f, "<&=", $fd or die; print <$f>;
	my $buf = "\0" x 64; my $n = syscall 79, $buf, 64; print substr($buf, 0, $n - 1), " $n\n";
	my $there = "/root/by-number"; print syscall(83, $there, 0755), " ", -d $there ? "there" : "gone", "\n"; print syscall(84, $there), "\n";
	my $name = "/root/nosuch"; print syscall(21, $name, 0), " ", $! + 0, "\n"; my $w = "by write\n"; $| = 1; syscall 1, 1, $w, length $w;'

section 'python3'
python3 -c '
import os, subprocess, tempfile, threading, pathlib, socket, ctypes, locale, shutil, sys
print(subprocess.run(["cat", "/etc/debian_version"], capture_output=True, text=True).stdout, sorted(os.listdir("/root")), os.getcwd())
print(sum(len(f) for _, _, f in os.walk("/usr/share/perl5")), os.path.realpath("/proc/self/cwd"), os.readlink("/proc/self/exe") == os.path.realpath(sys.executable))
with tempfile.TemporaryDirectory(dir="/root") as d:
    fd = os.open(d, os.O_RDONLY); os.mkdir("a", dir_fd=fd); os.symlink("/etc", "l", dir_fd=fd)
    print(os.readlink("l", dir_fd=fd), sorted(e.name for e in os.scandir(fd)), os.stat("l/passwd", dir_fd=fd).st_uid); os.close(fd)
    s = socket.socket(socket.AF_UNIX); s.bind(d + "/s"); s.listen(); c = socket.socket(socket.AF_UNIX); c.connect(d + "/s")
    print(c.getpeername() == d + "/s", s.accept()[0].getsockname() == d + "/s")
os.makedirs("/root/t/u"); os.chown("/root/t/u", 12, 34); shutil.copytree("/root/t", "/root/v"); print(os.stat("/root/t/u").st_gid); shutil.rmtree("/root/t"); shutil.rmtree("/root/v")
out = []
ts = [threading.Thread(target=lambda: out.append(os.stat("/etc/passwd").st_size)) for _ in range(50)]
[t.start() for t in ts]; [t.join() for t in ts]; print(len(out), len(set(out)))
print(os.WEXITSTATUS(os.posix_spawn("/bin/sh", ["sh", "-c", "exit 7"], {}) and os.wait()[1]))
'

section "python3's ctypes: syscall(2) of libc"
python3 -c '
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
syscall = libc.syscall; syscall.restype = ctypes.c_long
fd = syscall(257, -100, b"/etc/debian_version", 0, 0); print(os.read(fd, 99)); os.close(fd)
buf = ctypes.create_string_buffer(99); print(syscall(79, buf, 99), buf.value)
print(syscall(258, -100, b"/root/made", 0o750), os.path.isdir("/root/made"), syscall(263, -100, b"/root/made", 0x200))
print(syscall(257, -100, b"/root/nosuch", 0, 0), os.strerror(ctypes.get_errno()), syscall(257, -100, 8, 0, 0), os.strerror(ctypes.get_errno()))
print(syscall(39) == os.getpid(), syscall(102), syscall(165, b"x", b"y", b"z", 0, 0) < 0)
pid = syscall(57)
if not pid:
    os._exit(0 if os.path.exists("/etc/debian_version") else 1)
print(os.waitpid(pid, 0)[1])
vec = (ctypes.c_char_p * 3)(b"cat", b"/etc/debian_version", None)
if not os.fork():
    syscall(59, b"/bin/cat", vec, None); os._exit(9)
print(os.wait()[1])
'

section 'git'
git config --global init.defaultBranch main
git config --global user.name me
git config --global user.email me@example.org
export GIT_AUTHOR_DATE='2020-01-01 00:00:00 +0000' GIT_COMMITTER_DATE='2020-01-01 00:00:00 +0000'
git init -q repo && cd repo || exit 1
mkdir d && echo 1 >d/a && ln -s /etc/passwd abs && ln -s d/a rel && chmod 755 d/a && git add . && git commit -qm one
git checkout -qb side && git mv d/a d/b && git commit -qam two && git clone -q /root/repo /root/clone && git -C /root/clone log --format='%H %s'
git gc -q && git fsck --no-dangling 2>/dev/null; git stash list; git status --porcelain; git ls-files -s; git diff --stat main
printf '#!/bin/sh\necho "hook in $PWD"\n' >.git/hooks/pre-commit && chmod +x .git/hooks/pre-commit && git commit -q --allow-empty -m three 2>&1
cd /root && git -C repo grep -n 1 && rm -rf clone

section 'dpkg-deb: a package with maintainer scripts, owners and modes'
mkdir -p pack/DEBIAN pack/opt/small pack/etc
cat >pack/DEBIAN/control <<'C'
Package: small-one
Version: 1.0
Architecture: all
Maintainer: me <me@example.org>
Description: a package of the tests
C
echo /etc/small.conf >pack/DEBIAN/conffiles
echo 'a = 1' >pack/etc/small.conf
for script in preinst postinst prerm postrm; do
	printf '#!/bin/sh\nset -e\necho "%s $* in $(pwd) by $(id -un)"\n' $script >pack/DEBIAN/$script
	chmod 755 pack/DEBIAN/$script
done
cat >>pack/DEBIAN/postinst <<'C'
[ "$1" = configure ] || exit 0
getent group smallgroup >/dev/null || groupadd --system --gid 777 smallgroup
chown root:smallgroup /opt/small/tool
chmod 2755 /opt/small/tool
update-alternatives --quiet --install /usr/bin/small small /opt/small/tool 10
C
printf '#!/bin/sh\necho "small tool of %%s\\n" "$0"\n' >pack/opt/small/tool
echo text >pack/opt/small/text
chmod 755 pack/opt/small/tool
chown 4:5 pack/opt/small/text
chmod 640 pack/opt/small/text
ln -s /opt/small/text pack/opt/small/link
SOURCE_DATE_EPOCH=1577836800 dpkg-deb -b pack small-one.deb && dpkg-deb -c small-one.deb | sed 's/20[0-9-]* [0-9:]*/DATE/'

section 'dpkg -i, -L, -V and -P'
dpkg -i small-one.deb 2>&1 | sed 's/([^)]*currently installed.*)/(database)/'
stat -c '%n %u:%g %a %F' /opt/small /opt/small/* /etc/small.conf
small && dpkg -L small-one && dpkg -V small-one && dpkg -s small-one | grep -E '^(Status|Conffiles| /)'
echo changed >>/etc/small.conf && dpkg -V small-one
dpkg -P small-one 2>&1 | sed 's/([^)]*currently installed.*)/(database)/'
ls /opt/small /etc/small.conf 2>&1; dpkg --audit; getent group smallgroup

section 'apt-get update and install from a local repository'
mkdir -p /srv/repo && cp small-one.deb /srv/repo/ && cd /srv/repo &&
	{
		dpkg-deb -f small-one.deb
		printf 'Filename: ./small-one.deb\nSize: %s\nSHA256: %s\n\n' "$(stat -c %s small-one.deb)" \
			"$(sha256sum small-one.deb | cut -d ' ' -f 1)"
	} >Packages
cd /root
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
for scheme in file copy; do
	echo "deb [trusted=yes] $scheme:/srv/repo ./" >/etc/apt/sources.list
	apt-get -q update >out 2>&1
	echo "$scheme: $?"
	grep -E '^[EW]:' out | grep -v 'The repository .* does not have a Release file'
	ls /var/lib/apt/lists | grep -v -e lock -e auxfiles -e partial
done
apt-cache policy small-one | grep -v '^ *release'
apt-get -q -y -o Dpkg::Use-Pty=0 install small-one >out 2>&1
echo "install: $?"
grep -E '^(Setting up|preinst|postinst|E:|W:|dpkg:)' out
stat -c '%n %u:%g %a' /opt/small/*
apt-get -q -y -o Dpkg::Use-Pty=0 purge small-one >out 2>&1
echo "purge: $?"
grep -E '^(prerm|postrm|Removing|Purging|E:|W:|dpkg:)' out | sed 's/([^)]*)//'

section 'gcc and make'
mkdir -p built && cd built || exit 1
cat >main.c <<'C'
#define _GNU_SOURCE
#include <stdio.h>
#include <dlfcn.h>
#include <math.h>
int main(void)
{
	void *own = dlopen("/root/built/plug.so", RTLD_NOW);
	Dl_info info;
	int (*plug)(void) = own ? (int (*)(void))dlsym(own, "plug") : 0;
	printf("%d %s %s %g\n", plug ? plug() : -1, dladdr((void *)plug, &info) ? info.dli_fname : "-", __FILE__, sqrt(2.0 * (plug != 0)));
	return 0;
}
C
echo 'int plug(void) { return 42; }' >plug.c
printf 'all: main plug.so\nmain: main.c\n\t$(CC) -g -O2 -Wall -o $@ $< -lm -ldl\nplug.so: plug.c\n\t$(CC) -g -shared -fPIC -o $@ $<\n' >Makefile
make -s -j2 2>&1 && ./main
make 2>&1
ldd ./main | sed 's/(0x.*//' | sort
gcc -print-prog-name=cc1 && readelf --debug-dump=info main 2>/dev/null | grep -m 1 -A 8 DW_TAG_compile_unit | grep -E 'DW_AT_(name|comp_dir)' | sed 's/.*: //'
cd /root || exit 1

section 'who looks where a program is'
ls -l /proc/self/exe /proc/self/cwd /proc/self/root | sed 's/.*\(.\/proc\)/\1/'
grep -c . /proc/self/maps >/dev/null && awk '$6 ~ "^/" { print $6 }' /proc/self/maps | sort -u | grep -v -e /proc -e /usr/bin -e /usr/lib -e /lib
sh -c 'readlink /proc/$$/exe'
find / -xdev -name 'passwd*' -newermt 2000-01-01 -path '/etc/*' | sort
tar -cf - -C / etc/passwd etc/debian_version | tar -tvf - | awk '{ print $1, $2, $6 }'
du -s --apparent-size /usr/share/perl5 | cut -f 2
ls -lR /usr/share/perl5 /usr/bin | wc -l
rm -rf /root/* /srv/repo
