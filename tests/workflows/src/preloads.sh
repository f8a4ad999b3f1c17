#!/bin/bash
# shellcheck disable=SC2002 # cat is what is looked at
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# preloads.sh - what tests/workflows/preloads.sh runs, as root, in a Debian root that has these libraries.
exec 2>&1
export HOME=/root LC_ALL=C
cd /tmp || exit 1
libs=/usr/lib/x86_64-linux-gnu

section() {
	printf '== %s\n' "$1"
}

# libfaketime names its semaphore after the process, and a process that executes another program leaves the semaphore in
# /dev/shm. A later process that gets the same number would fail.
forget_faketime() {
	rm -f /dev/shm/sem.faketime_sem_* /dev/shm/faketime_shm_*
}

section 'the environment is as it was given'
env -i /usr/bin/env
env -i cat /proc/self/environ
env -i A=b LD_PRELOAD='' /usr/bin/env
A=b perl -e '%ENV = (); print `/usr/bin/env`, `cat /proc/self/environ`; exec "/usr/bin/env"'
cat /proc/self/environ | tr '\0' '\n' | grep -v -e '^_=' -e '^PWD=' -e '^SHLVL=' -e '^OLDPWD=' -e '^TERM=' -e '^FAKEJAIL_UID=' | sort
python3 -c 'import os; print(sorted(k for k in os.environ if "LD_" in k or "fake" in k.lower() and k != "FAKEJAIL_UID"))'

for library in libjemalloc.so.2 libeatmydata.so faketime/libfaketime.so.1 libfakeroot/libfakeroot-sysv.so; do
	section "LD_PRELOAD=$library"
	export LD_PRELOAD=$libs/$library
	/bin/sh -c 'echo "$LD_PRELOAD"; cat /proc/self/environ | tr "\0" "\n" | grep LD_; cat /etc/debian_version; env | grep ^LD_; ls /usr/share | wc -l'
	perl -e 'print join(q( ), map { defined $_ ? $_ : q(-) } (getpwnam(q(daemon)))[0, 2]), -s q(/etc/passwd) > 0, qq(\n)'
	python3 -c 'import os, subprocess, sys; print(len(os.listdir("/usr/bin")), subprocess.check_output(["cat", "/etc/debian_version"]), os.environ["LD_PRELOAD"], os.path.realpath("/proc/self/exe") == os.path.realpath(sys.executable))'
	# It is there, and nothing of ours is before it.
	grep -c "/$(basename "$(readlink -f "$LD_PRELOAD")")" /proc/self/maps | grep -vx 0 >/dev/null && echo loaded
	LD_PRELOAD='' cat /etc/debian_version
	env -i cat /etc/debian_version
	LD_PRELOAD="$LD_PRELOAD $libs/libm.so.6" env | grep ^LD_
	LD_PRELOAD="$libs/libm.so.6:$LD_PRELOAD" cat /proc/self/environ | tr '\0' '\n' | grep ^LD_
	unset LD_PRELOAD
	forget_faketime
done

section 'two of them, and a compiler'
LD_PRELOAD="$libs/libjemalloc.so.2 $libs/libeatmydata.so" bash -c 'find /usr/share/perl5 | sort | cksum
	gcc -x c - -o /tmp/a.out <<<"int main(void) { return 3; }"; /tmp/a.out; echo $?; rm /tmp/a.out'
LD_PRELOAD=$libs/libjemalloc.so.2 MALLOC_CONF=stats_print:true perl -e 1 2>&1 | grep -c '^___ Begin jemalloc'

section 'one that is not there'
LD_PRELOAD=/nosuch.so cat /etc/debian_version 2>&1

section 'eatmydata'
eatmydata /bin/sh -c 'echo "$LD_PRELOAD"'
eatmydata perl -MIO::Handle -e 'open F, ">", "/tmp/f"; print F->sync ? "synced\n" : "$!\n"; open G, ">", "/tmp/g" or die; print -e "/tmp/g" ? "made\n" : "lost\n"'

section 'faketime'
faketime '2001-02-03 04:05:06' date -u +%Y-%m-%d
forget_faketime
faketime '2001-02-03 04:05:06' perl -e 'print scalar gmtime, "\n"' | cut -c 1-10
forget_faketime
faketime -f '@2005-06-07 08:09:10' python3 -c 'import time, os; print(time.gmtime().tm_year, os.stat("/etc/passwd").st_size > 0)'
touch -d 2020-01-01 /tmp/old
forget_faketime
faketime -f -1y stat -c %n /tmp/old
forget_faketime

for fakeroot in fakeroot-sysv fakeroot-tcp; do
	section "$fakeroot"
	$fakeroot /bin/sh -c 'rm -rf fr; mkdir fr; touch fr/a; chown 12:34 fr/a; mknod fr/dev c 1 3; chmod 4755 fr/a; stat -c "%n %u:%g %a %F %t:%T" fr/*
		tar -cf - fr | tar -tvf - | cut -c 1-24; cd fr; mv a b; ln b c; stat -c "%n %u:%g" b c; id -u; cat /etc/debian_version; readlink /proc/self/exe'
done

section 'pseudo'
mkdir -p /tmp/state
export PSEUDO_LOCALSTATEDIR=/tmp/state PSEUDO_PREFIX=/usr
pseudo /bin/sh -c 'rm -rf pr; mkdir pr; touch pr/a; chown 12:34 pr/a; mknod pr/dev c 1 3; chmod 4755 pr/a; stat -c "%n %u:%g %a %F %t:%T" pr/*; id -u
	cat /etc/debian_version'
pseudo /bin/sh -c 'stat -c "%n %u:%g" /tmp/pr/a; readlink -f /tmp/pr/../state; cd pr; pwd; mv a b; chmod 600 b; stat -c "%n %u:%g %a" b; find . | sort'
pseudo -S
rm -rf fr pr state f g old
