#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# debian.sh RELEASE - tests usual programs in a whole Debian root that is older than the host, of the same age, or newer.
#
# RELEASE is bullseye, bookworm, trixie or sid (glibc 2.31 to that of unstable). Real root looks at the files from outside,
# where it sees them as they are on the disk.
case ${1:-} in
bullseye | bookworm | trixie | sid) release=$1 ;;
*)
	echo 'usage: debian.sh bullseye|bookworm|trixie|sid' >&2
	exit 2
	;;
esac
. "$(dirname "$0")/../lib/lib.sh"
test_name=debian-$release
private_root "$release"
tree=$(as_made "$root")
# GNU hello's configure alone makes a thousand processes.
limit_seconds=${FAKEJAIL_LIMIT:-600}

# inside NAME WANT SCRIPT: a bash script in the jail prints exactly that.
inside() {
	prints "$1" "$2" jail "$root" /bin/bash -c "set -e; export HOME=/tmp; $3"
}
inside_like() {
	prints_like "$1" "$2" jail "$root" /bin/bash -c "set -e; export HOME=/tmp; $3"
}

# ---- names and places ----

# Not below what the jail has mounts on; .fakejail is not seen from inside.
run sh -c 'cd "$1" && find . -xdev | LC_ALL=C sort' sh "$tree"
printf '%s\n' "$out" | grep -Ev '^\./(dev|proc|sys|\.fakejail)(/|$)|^\./etc/(resolv\.conf|hosts)$' >"$work/names-outside"
run jail "$root" /bin/bash -c 'cd / && find . -xdev | LC_ALL=C sort'
printf '%s\n' "$out" | grep -Ev '^\./(dev|proc|sys)(/|$)|^\./etc/(resolv\.conf|hosts)$' >"$work/names-inside"
if [ "$(wc -l <"$work/names-outside")" -gt 10000 ] && cmp -s "$work/names-outside" "$work/names-inside"; then
	ok 'find / -xdev lists the names that are there'
else
	fail_run 'find / -xdev lists the names that are there' 'not the same names' \
		"$(diff "$work/names-outside" "$work/names-inside" | head -n 20)"
fi
inside 'find with absolute names, and fts with fchdir' same \
	'[ "$(find /usr -xdev | wc -l)" = "$(cd /usr && find . -xdev | wc -l)" ] && [ "$(find /usr/share -type d | wc -l)" -gt 100 ] && echo same'
inside 'ls -lR and du go everywhere' yes 'ls -lR /usr /etc >/dev/null; du -sx /usr >/dev/null; echo yes'
awk_there=$(readlink "$tree/etc/alternatives/awk")
inside '/etc/alternatives, a link at a time' "/etc/alternatives/awk
$awk_there
$awk_there" 'readlink /usr/bin/awk; readlink /etc/alternatives/awk; readlink -f /usr/bin/awk'
inside 'through an absolute link' 42 "awk 'BEGIN { print 6 * 7 }'"
inside '/bin is a link' /usr/bin/ls 'readlink -f /bin/ls'
inside 'getcwd, bash and the program agree' '/usr/share/doc
/usr/share/doc
/usr/share
/' 'cd /usr/share/doc; pwd; /bin/pwd; cd ..; /bin/pwd; cd ../../../..; /bin/pwd'
inside 'getcwd through a link' '/tmp/link
/var/tmp' 'ln -sfn /var/tmp /tmp/link; cd /tmp/link; pwd; /bin/pwd; rm /tmp/link'
inside 'the current directory is removed' 'getcwd: No such file or directory
mkdir: No such file or directory' 'mkdir /tmp/gone; cd /tmp/gone; rmdir /tmp/gone; ls . >/dev/null; python3 -c "
import os
for call in (os.getcwd, lambda: os.mkdir(\"new\")):
    try: call(); print(\"it worked\")
    except FileNotFoundError as e: print(\"getcwd:\" if call == os.getcwd else \"mkdir:\", e.strerror)"'
inside 'realpath, stat and test' '/usr/bin
directory
symbolic link' 'realpath /usr/../bin; stat -c %F /usr; stat -c %F /bin; test -L /bin; test ! -e /nosuch; [ -x /bin/sh ]'
inside '/proc/self/exe' /usr/bin/readlink 'readlink /proc/self/exe'

# ---- the interpreters ----

inside_like 'bash: the release'\''s own' '*-gnu' 'echo "$BASH_VERSION $HOSTTYPE-$OSTYPE"'
inside 'bash: arrays, here-strings, process substitution, coprocesses, globs' '3 hello b:a 2' \
	'a=(1 2 3); read -r h <<<hello; mapfile -t l < <(printf "a\nb\n"); coproc cat; echo x >&${COPROC[1]}; read -r x <&${COPROC[0]}
	shopt -s nullglob; g=(/etc/debian_* /nosuch*); echo "${#a[@]} $h ${l[1]}:${l[0]} $((${#g[@]} + (${#x} == 1)))"'
inside 'a script, by its own #! line and by env' 'one two
three' 'printf "#!/bin/sh -e\necho \$1 two\n" >/tmp/s; printf "#!/usr/bin/env bash\necho three\n" >/tmp/t
	chmod +x /tmp/s /tmp/t; /tmp/s one; /tmp/t; rm /tmp/s /tmp/t'
inside 'perl: files, directories, programs' '/etc/passwd 1 5 hello' \
	'perl -MCwd -MFile::Find -MFile::Temp -e '\''
	my $real = Cwd::realpath("/etc/../etc/passwd"); my $n = 0; find(sub { $n = 1 if $_ eq "group" }, "/etc");
	my $d = File::Temp->newdir; open my $f, ">", "$d/f" or die; print $f "12345"; close $f;
	printf "%s %d %d %s", $real, $n, -s "$d/f", `echo hello`'\'
inside 'python3: subprocess, tempfile, os.walk' 'hello
True True
/etc/passwd /
threads 800' 'python3 -c '\''
import os, subprocess, tempfile, threading, pathlib, sys
print(subprocess.run(["cat"], input="hello", capture_output=True, text=True, check=True).stdout)
walked = sum(len(d) + len(f) for _, d, f in os.walk("/usr/lib")) + 1
found = int(subprocess.check_output("find /usr/lib | wc -l", shell=True))
with tempfile.TemporaryDirectory() as d:
    path = pathlib.Path(d, "f"); path.write_text("x"); there = path.exists()
print(walked == found, there and not path.exists())
print(os.path.realpath("/etc/../etc/passwd"), os.getcwd())
count = []
def look():
    for _ in range(100):
        os.stat("/etc/passwd"); count.append(1)
ts = [threading.Thread(target=look) for _ in range(8)]
[t.start() for t in ts]; [t.join() for t in ts]
print("threads", len(count))'\'
inside 'python3: multiprocessing with semaphores' '[0, 1, 4, 9, 16]' \
	'printf "import multiprocessing as m\ndef f(x): return x * x\nif __name__ == \"__main__\":\n    with m.Pool(3) as p: print(p.map(f, range(5)))\n" >/tmp/p.py
	python3 /tmp/p.py; rm /tmp/p.py'

# ---- git, dpkg, apt ----

inside 'git: init, commit, clone, branch, merge' 'two
one
clean
a
b' 'cd /tmp; rm -rf repo clone; git init -q repo; cd repo; git config user.name me; git config user.email me@example.org
	echo a >a; git add a; git commit -qm one; git checkout -qb side; echo b >b; git add b; git commit -qm two
	git clone -q /tmp/repo /tmp/clone; cd /tmp/clone; git log --format=%s; git fsck 2>/dev/null; [ -z "$(git status --porcelain)" ] && echo clean
	git gc -q; git ls-files; rm -rf /tmp/repo /tmp/clone'
inside 'dpkg -l lists what is installed' "$(grep -c '^Status: install ok installed' "$tree/var/lib/dpkg/status")" \
	'dpkg -l | grep -c ^ii'
inside 'dpkg --audit has nothing to say' '' 'dpkg --audit'
inside 'dpkg -S and -L know their files' 'bash: /bin/bash' 'dpkg -S "*bin/bash" | sed "s|/usr/bin|/bin|"; dpkg -L bash >/dev/null'
inside_like 'apt-get --version' 'apt *' 'apt-get --version | head -n 1'
inside_like 'apt-cache knows what is installed' 'bash:*Installed: *' 'apt-cache policy bash | tr "\n" " "'

# ---- compilers ----

inside 'gcc compiles, links and the program runs' 'hello from C 3
hello from C 3' 'cd /tmp; printf "#include <stdio.h>\n#include <math.h>\nint main(int c, char **v) { printf(\"hello from C %%g\\\\n\", sqrt(8.0 + c)); return 0; }\n" >h.c
	gcc -O2 -Wall -o h h.c -lm; ./h; gcc -static -o hs h.c -lm; ./hs; rm h h.c hs'
inside 'ldd names the jail'\''s libraries' yes 'ldd /bin/bash | grep -q "=> /[^ ]*/libc.so.6" && echo yes'
inside 'make with a parallel shell' 'a b c' 'cd /tmp; printf "all: a b c\n\t@cat a b c | xargs\n%%:\n\t@echo \$@ >\$@\n.PHONY: all\n" >mk
	make -s -j3 -f mk; rm a b c mk'

cached_root hello
mkdir "$root/src"
tar -xzf "$cached/hello_2.10.orig.tar.gz" -C "$root/src"
give_to_user "$root/src"
run jail -w /src/hello-2.10 "$root" ./configure
if [ "$rc" = 0 ]; then
	ok 'GNU hello: ./configure'
	succeeds 'GNU hello: make' jail -w /src/hello-2.10 "$root" make -j2
	prints 'GNU hello: it greets' 'Hello, world!' jail "$root" /src/hello-2.10/hello
	run jail -w /src/hello-2.10 "$root" make check
	like 'GNU hello: make check' '*# PASS:  [1-9]*# FAIL:  0*# ERROR: 0*' "$out"
	is 'GNU hello: make check succeeds' 0 "$rc"
	prints_like 'GNU hello: make install' '*/opt/bin/hello*' jail -w /src/hello-2.10 "$root" sh -c \
		'make install prefix=/opt >/dev/null 2>&1; find /opt -type f'
	owned_by_user 'GNU hello: what it made is the user'\''s' "$root/src/hello-2.10/hello" "$root/opt/bin/hello"
else
	fail_run 'GNU hello: ./configure' 'expected exit status 0'
fi

# ---- looking at programs, from inside and from outside ----

inside_like 'file /bin/ls' '/bin/ls: ELF 64-bit LSB pie executable,*interpreter /lib64/*' 'file /bin/ls'
# What strace shows of paths is what the kernel is asked in the end, by whichever door; it must follow, and see the end.
inside_like 'strace -f inside' '*execve(*"/bin/sh"*execve(*"cat"*exited with 0*exited with 0*' \
	'strace -f -e trace=execve -o /tmp/trace /bin/sh -c "cat /etc/debian_version; :" >/tmp/out
	cmp /tmp/out /etc/debian_version; cat /tmp/trace; rm /tmp/trace /tmp/out'
# A debugger that waits for what does not come would wait for ever.
limit_seconds=${FAKEJAIL_LIMIT:-60}
# As the user, who may look at his own processes; where Yama forbids that, as root.
attach=as_user
if [ "$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)" != 0 ]; then
	attach=limited
fi
if [ -x "$tree/usr/bin/gdb" ]; then
	# (From 14 on gdb starts its program from vfork(2), and waits there for its exec.)
	inside_like 'gdb inside: breakpoint, backtrace, finish, watchpoint' \
		'*Breakpoint 1, deep*#0  deep*#1 *main*Value returned*Hardware watchpoint*New value = 2*exited with code 03*' \
		'cd /tmp; printf "#include <stdio.h>\nint seen;\nint deep(int n)\n{\n\tseen += n;\n\treturn puts(\"hello\");\n}\nint main(void)\n{\n\tdeep(1);\n\tdeep(1);\n\treturn seen + 1;\n}\n" >g.c
		gcc -g -O0 -o g g.c; gdb -nx -batch -ex "handle SIGSYS nostop noprint pass" -ex "break deep" -ex run -ex bt -ex finish -ex "watch seen" \
			-ex continue -ex continue -ex "delete" -ex continue ./g 2>&1; rm g g.c'
	inside_like 'gdb inside: without a shell between' '*exited with code 01*' \
		'cd /tmp; gdb -nx -batch -ex "handle SIGSYS nostop noprint pass" -ex "set startup-with-shell off" -ex run --args /bin/false 2>&1'
	if [ "$attach" = as_user ]; then
		inside_like 'gdb inside: it attaches, and lets go' '*#0 *detached*went on' \
			'cat <(sleep 1000) & gdb -nx -batch -ex bt -ex detach -p $! 2>&1; kill -0 $! && echo went on; kill $!'
	else
		skip 'gdb inside: it attaches, and lets go' 'Yama allows that to no ordinary user here'
	fi
fi

need strace gdb
jail_by="strace -f -o $mine/trace"
prints 'strace -f of fakejail from outside' hello jail "$root" /bin/bash -c '/bin/echo hello'
jail_by=
like 'its trace shows the end of the program' '*exited with 0*' "$(cat "$mine/trace")"

# wait_for COMMAND...: until it succeeds; the check that follows says what was missing.
wait_for() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 3000 ] || return 0
		sleep 0.1
	done
}

# start_program: a jailed program that looks at files until /tmp/stop is there; sets pid.
start_program() {
	rm -f "$root/tmp/pid" "$root/tmp/stop"
	jail "$root" /bin/bash -c 'echo $$ >/tmp/pid.new; mv /tmp/pid.new /tmp/pid
		until [ -e /tmp/stop ]; do /bin/true; done; echo went on; exit 7' >"$work/attached" 2>&1 &
	jailed=$!
	wait_for test -e "$root/tmp/pid"
	pid=$(cat "$root/tmp/pid" 2>/dev/null || echo none)
}

# stop_program NAME: checks that it is well.
stop_program() {
	as_user touch "$root/tmp/stop"
	jailed_rc=0
	wait "$jailed" || jailed_rc=$?
	is "$1" 'went on 7' "$(cat "$work/attached") $jailed_rc"
}

start_program
prints_like 'gdb -batch attaches from outside' '*#0 *detached*' \
	"$attach" gdb -nx -batch -ex bt -ex detach -p "$pid"
stop_program 'after gdb, the program goes on'

start_program
"$attach" strace -f -o "$mine/attached-trace" -p "$pid" 2>"$work/strace" &
strace=$!
wait_for grep -qs 'execve(.*/bin/true' "$mine/attached-trace"
stop_program 'under strace, the program goes on'
wait "$strace" || :
like 'strace attaches from outside and sees calls' '*execve(*/bin/true*exited with 7*' \
	"$(cat "$work/strace" "$mine/attached-trace" | grep -E 'strace:|/bin/true|exited with 7')"
finish
