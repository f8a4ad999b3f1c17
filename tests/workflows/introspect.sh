#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# introspect.sh - runs programs that show processes, mounts and their own state: none may show the host path of the jail.
. "$(dirname "$0")/../lib/lib.sh"
private_root tools

# shows NAME GLOB COMMAND...: run in the jail; what comes out must match, and hold neither the root's host path nor the loader's nor
# that of the jail's own memory.
shows() {
	name=$1
	glob=$2
	shift 2
	if ! [ -e "$root/usr/bin/$1" ] && ! [ -e "$root/usr/sbin/$1" ]; then
		skip "$name" "the root has no $1"
		return
	fi
	# Its output is no file of the host's, whose name /proc/self/fd would rightly show. Its status is told if it says nothing: a
	# process that is killed is not named by a shell's pipe.
	run jail --clearenv -e HOME=/root "$root" sh -c '{ "$@" 2>&1; echo "status $?" >&2; } | cat' sh "$@"
	case $out in
	'') fail "$name" 'it said nothing' "$err" ;;
	*"$root"* | *"$work"* | *fakejail*)
		fail "$name" 'it shows the host' "$(printf '%s\n' "$out" | grep -F -e "$root" -e "$work" -e fakejail | head -n 5)" ;;
	*) like "$name" "$glob" "$out" ;;
	esac
}
shows_nothing() {
	name=$1
	shift
	shows "$name" '?*' "$@"
}

shows_nothing 'ls -l /proc/self' ls -l /proc/self /proc/self/fd /proc/self/task /proc/self/map_files
shows_nothing 'ls -lR of threads' sh -c 'ls -lR /proc/self/task/ /proc/$$/task/'
shows_nothing 'every file of /proc/self' sh -c 'for f in /proc/self/* /proc/self/net/unix /proc/self/task/*/*; do
	[ -d "$f" ] || case $f in */mem | */pagemap | */clear_refs) ;; *) echo "== $f"; timeout 2 head -c 300000 "$f" 2>/dev/null | tr "\0" "\n" ;; esac; done'
shows_nothing 'readlink -f and realpath' sh -c 'readlink -f /proc/self/exe /proc/self/cwd /proc/self/root; realpath /proc/self/exe /bin/sh
	cd /tmp; pwd -P; realpath . ..; readlink /proc/$PPID/cwd /proc/$PPID/exe'
# It sleeps when it has started: before, others see what the loader has open.
sleeps='until [ "$(cat /proc/$p/comm)" = sleep ] && grep -q "^State:.S" /proc/$p/status; do :; done;'
shows_nothing 'another process of the jail' sh -c "sleep 1000 & p=\$!; $sleeps"'
	ls -l /proc/$p /proc/$p/fd; cat /proc/$p/maps /proc/$p/mountinfo /proc/$p/smaps; tr "\0" "\n" </proc/$p/environ; tr "\0" " " </proc/$p/cmdline; kill $p'
shows_nothing 'mount' mount
shows_nothing 'df' df -a
shows_nothing 'findmnt' findmnt -A
shows_nothing 'mount inside a mount of the jail' sh -c 'mount --bind /etc /mnt; mount -t tmpfs none /srv; mount; findmnt; umount /mnt /srv'
shows_nothing 'env' env
shows_nothing 'python3' python3 -c '
import os, sys, ctypes.util
print(sys.executable, sys.path, os.getcwd(), os.path.realpath("/proc/self/exe"), os.path.realpath("."), ctypes.util.find_library("c"))
print(open("/proc/self/maps").read(), open("/proc/mounts").read(), os.listdir("/proc/self/fd"), os.environ)
os.chdir("/usr/lib"); print(os.getcwd(), os.readlink("/proc/self/cwd"), [os.readlink("/proc/self/fd/" + n) for n in "012"])'
shows_nothing 'perl' perl -e 'use Cwd; print getcwd, Cwd::abs_path("."), " $^X @INC $0\n"; print for map { readlink } </proc/self/fd/*>;'
shows_nothing 'ldd' ldd /bin/ls
shows_nothing 'ps of the jail'\''s own' sh -c 'ps -o pid,ppid,args -p $$'

# ---- processes: those of the jail; that others of the machine are seen is as in a chroot ----

held='exec 5>/tmp/held; sleep 1000 & p=$!; '$sleeps' cd /tmp;'
shows 'lsof' '*cwd*/tmp*txt*/bin/*mem*libc.so.6*5w*/tmp/held*' sh -c "$held lsof -p \$\$,\$p; lsof /tmp/held; lsof +D /tmp; kill \$p"
shows 'fuser' '*/tmp/held:*' sh -c "$held fuser -v /tmp/held; fuser /tmp/held; kill \$p"
shows 'ps' '*/tmp*sleep 1000*' sh -c "$held ps -o pid,ppid,user,comm,wchan,args -p \$\$,\$p; pwdx \$p; kill \$p"
shows 'ps with the environment' '*HOME=/root*' sh -c 'ps eww -p $$'
shows 'top -b' '*PID*sleep*' sh -c "$held top -b -n 1 -c -p \$p; kill \$p"
shows 'pidof and pgrep' '*[0-9]*' sh -c "$held pidof -s sleep; pgrep -a -P \$\$; kill \$p"
shows 'pstree' 'sh,*sleep,*' sh -c "$held pstree -a -p \$\$; kill \$p"
shows 'pmap' '*libc.so.6*total*' sh -c 'pmap -x $$; pmap -XX $$; pmap -p $$'

# ---- programs that read of themselves ----

# (One after the other: the log's threads write into the middle of the settings' lines.)
shows 'java' '*java.home = /usr/lib/jvm*user.dir = /usr*' sh -c 'cd /usr; java -XshowSettings:all -version; java -Xlog:all=info -version'
if command -v go >/dev/null 2>&1; then
	GOCACHE=$work/go HOME=$work GO111MODULE=off CGO_ENABLED=0 go build -o "$root/usr/bin/introspect" "$tests_dir/workflows/src/introspect.go"
	shows 'a Go program' '*executable: /usr/bin/introspect directory: /*exe /usr/bin/introspect*statfs: <nil> lines of maps: true' introspect
else
	skip 'a Go program' 'go is not installed (scripts/install-deps --tests)'
fi

# ---- debuggers ----

# A debugger that waits for what does not come would wait for ever.
limit_seconds=${FAKEJAIL_LIMIT:-60}
# Its debug information names its source, which may lie below a directory with one of the names that are looked for.
gcc -g -O1 -ffile-prefix-map="$tests_dir=/src" -static -o "$root/usr/bin/debuggee" "$tests_dir/workflows/src/debuggee.c"
asks="-ex 'info proc all' -ex 'info files' -ex 'info sharedlibrary' -ex 'info auxv' -ex 'show args'"
shows 'gdb: breakpoints and backtraces' '*Breakpoint 1, deepest*#0  deepest*#1 *deep (*#2 *main*exe = ?/usr/bin/debuggee*Breakpoint 2, deep (*#1 *main*count 4*exited normally*' \
	sh -c "gdb -nx -batch -ex 'handle SIGSYS nostop noprint pass' -ex 'break deepest' -ex run -ex bt $asks -ex 'break deep' -ex continue \
		-ex bt -ex delete -ex continue --args debuggee 2"
if [ "$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)" = 0 ]; then
	shows 'gdb: it attaches, breaks, and lets go' '*Breakpoint 1, deepest*#0  deepest*#1 *deep (*#2 *main*exe = ?/usr/bin/debuggee*Breakpoint 2, deep (*#1 *main*etached*' \
		sh -c "debuggee 6000 & gdb -nx -batch -p \$! -ex 'break deepest' -ex continue -ex bt $asks -ex delete -ex 'break deep' -ex continue -ex bt -ex delete -ex detach; kill \$!"
	shows 'gdb: it attaches to a dynamic program' '*#0 *nanosleep*exe = ?/usr/bin/sleep*/lib*/libc.so.6*etached*went on' \
		sh -c "sleep 1000 & gdb -nx -batch -p \$! -ex bt $asks -ex detach; kill -0 \$! && echo went on; kill \$!"
else
	skip 'gdb: it attaches' 'Yama allows that to no ordinary user here'
fi

# ---- valgrind: it has all signals of its program, and asserts what rt_sigaction(2) reports of them ----

# What stands in the engine's own memory is none of the program's errors: it must find the one that is there, and no other.
if [ -e "$root/usr/bin/valgrind" ]; then
	gcc -g -O1 -ffile-prefix-map="$tests_dir=/src" -o "$root/usr/bin/leaky" "$tests_dir/workflows/src/leaky.c"
	shows 'valgrind: a sound program, its handlers, its child' '*Command: leaky*Command: /bin/true*seen 2 status 0*ERROR SUMMARY: 0 errors*' \
		valgrind --trace-children=yes --leak-check=full leaky
	shows 'valgrind: an invalid read' '*Invalid read of size 1*leaky.c*seen 2 status 0*ERROR SUMMARY: 1 errors*' \
		valgrind --leak-check=full leaky wrong
	shows 'callgrind' '*seen 2 status 0*Collected : [0-9]*' valgrind --tool=callgrind --callgrind-out-file=/dev/null leaky
	shows 'helgrind' '*seen 2 status 0*ERROR SUMMARY: 0 errors*' valgrind --tool=helgrind leaky
else
	for name in 'a sound program' 'an invalid read' callgrind helgrind; do
		skip "valgrind: $name" 'the root has no valgrind (make-root.sh puts it into a new one)'
	done
fi

# ---- ltrace: it sets breakpoints in the program, and again in what a child of the program executes ----

if [ -e "$root/usr/bin/ltrace" ]; then
	gcc -g -O1 -ffile-prefix-map="$tests_dir=/src" -o "$root/usr/bin/leaky" "$tests_dir/workflows/src/leaky.c"
	shows 'ltrace -f: it survives the exec of a child' '*leaky->sigaction(*--- Called exec() ---*+++ exited (status 0) +++*seen 2 status 0*+++ exited (status 0) +++*' \
		ltrace -f -e sigaction+printf leaky
else
	skip 'ltrace -f: it survives the exec of a child' 'the root has no ltrace (make-root.sh puts it into a new one)'
fi

# ---- tracers that look at system calls: they see those of the program, and may change them ----

shows 'strace -y: each call, and no other' 'execve("/*ls", ?"ls", "/usr/lib"?, *openat(AT_FDCWD</usr/lib>, "/etc/ld.so.cache", *</usr/lib>*+++ exited with 0 +++*' \
	sh -c 'cd /usr/lib; strace -f -y ls /usr/lib 2>&1'
# A shell whose children end while it waits: which calls it makes is known.
shows 'strace: a shell, its handler, its children' '*chdir("/etc") * = 0
kill(PID, SIGUSR1) * = 0
--- SIGUSR1 *
rt_sigreturn({mask=\[]}) * = 0
chdir("/missing") * = -1 ENOENT *
execve("/*bin/true", *) = 0
exit_group(0) *' sh -c 'strace -e trace=chdir,clone,vfork,execve,exit_group,kill,rt_sigreturn,tgkill dash -c "
		trap \"cd /missing\" USR1; cd /etc; kill -USR1 \$\$; exec true" 2>&1 | sed "s/^kill([0-9]*/kill(PID/" | grep -v "cannot cd"'
shows 'strace: a thread executes a program' '*execve("/bin/sh", *superseded by execve*execve resumed>) *= 0*chdir("/etc") *= 0*+++ exited with 0 +++*' \
	strace -f -e trace=execve,chdir python3 -c '
import os, threading, time
threading.Thread(target=lambda: os.execv("/bin/sh", ["sh", "-c", "cd /etc"])).start()
time.sleep(1000)'
# A shell that waits for its next line while the tracer comes and goes: then it makes its calls by jumps again, without a trap.
# (FJ_GATE_CANDIDATES and FJ_GATE_SHOWN_AT of preload/sys/gate.h.)
cat >"$root/usr/bin/leave" <<'EOF'
import os, signal, subprocess

def is_marked(pid):
    memory = os.open("/proc/%d/mem" % pid, os.O_RDONLY)
    found = b""
    for gate in 0x50000, 0x110000, 0x1f0000, 0x30000000, 0x7000000000:
        for apart in 0, 0x555000000000:
            try:
                found += os.pread(memory, 4, gate + apart + 4096 + 128)
            except OSError:
                pass
    os.close(memory)
    return any(found)

shell = subprocess.Popen(["sh", "-c", "while read line; do cd /etc; echo $line; done"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
for how in signal.SIGINT, signal.SIGKILL:
    strace = subprocess.Popen(["strace", "-qq", "-o", "/tmp/trace", "-p", str(shell.pid)])
    while not os.path.exists("/tmp/trace") or "seen" not in open("/tmp/trace").read():
        shell.stdin.write(b"seen\n")
        shell.stdin.flush()
        shell.stdout.readline()
    while "State:\tS" not in open("/proc/%d/status" % shell.pid).read():
        pass
    strace.send_signal(how)
    strace.wait()
    shell.stdin.write(b"line\n" * 100)
    shell.stdin.flush()
    lines = [shell.stdout.readline() for i in range(100)]
    print(how.name, lines.count(b"line\n"), "marked" if is_marked(shell.pid) else "as before")
    os.unlink("/tmp/trace")
shell.stdin.close()
print("status", shell.wait())
EOF
shows 'strace -p: the program goes on as before' '*SIGINT 100 as before
SIGKILL 100 as before
status 0' python3 /usr/bin/leave
rm "$root/usr/bin/leave"
# It tries out whether its filter works. Here it does not.
shows 'strace --seccomp-bpf: it looks at all calls' '*chdir("/etc") * = 0*+++ exited with 0 +++*' \
	strace --seccomp-bpf -f -e trace=chdir sh -c 'cd /etc'
shows 'gdb: it catches a call, and need not be told of SIGSYS' \
	'*(call to syscall newfstatat)*#0 *fstat*#1 *_IO_*(returned from syscall newfstatat)*#0 *fstat*#1 *_IO_*count 4*exited normally*' \
	sh -c "gdb -nx -batch -ex 'break main' -ex run -ex 'catch syscall newfstatat' -ex continue -ex bt -ex continue -ex bt -ex delete -ex continue \
		--args debuggee 2"

# Behind the gate's two pages the address space is the program's.
gcc -O1 -static -o "$root/usr/bin/above_gate" "$tests_dir/workflows/src/above_gate.c"
case ${FAKEJAIL_OPTS:-} in
*--no-patch*) ;; # libfakejail.so has a page there
*) prints 'what a program maps behind the gate is shown' 'all are shown' jail "$root" above_gate ;;
esac
# The tracee calls the gate page, where the tracer sees nothing.
gcc -O1 -static -o "$root/usr/bin/gate_loop" "$tests_dir/workflows/src/gate_loop.c"
prints 'a tracee that calls the gate page for ever: its tracer gets its signals' 'Interrupted system call' jail "$root" gate_loop

# PRoot gives its program another root, by other paths in the program's calls.
if command -v proot >/dev/null 2>&1 && command -v busybox >/dev/null 2>&1; then
	tools=$root
	root=$tools/tree
	mkdir -p "$root/etc"
	busybox_applets sh ls cat pwd
	echo 'of the tree' >"$root/etc/motd"
	root=$tools
	give_to_user "$root/tree"
	cp "$(command -v proot)" "$root/usr/bin/proot"
	ldd "$root/usr/bin/proot" | sed -n 's/.* => \(.*libtalloc[^ ]*\) .*/\1/p' | while read -r library; do cp -L "$library" "$root/usr/lib/"; done
	if jail "$root" proot --version >/dev/null 2>&1; then
		shows 'proot: another root' '/bin bin*etc*of the tree*in /etc*status 3*' sh -c 'proot -r /tree -w /bin sh -c "
			echo \$(pwd) \$(ls /); cat /etc/motd; (cd /etc; echo in \$(pwd)); exit 3"; echo status $?'
		shows 'proot: the same root, dynamic programs, a directory that is bound' '/mnt/motd*of the tree*0*' \
			sh -c 'proot -r / -b /tree/etc:/mnt python3 -c "
import os, subprocess, threading
threads = [threading.Thread(target=lambda: os.stat(\"/mnt/motd\")) for i in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(os.path.realpath(\"/mnt/motd\"))
print(subprocess.run([\"cat\", \"/mnt/motd\"], capture_output=True).stdout.decode(), os.system(\"exec true\"))"'
		# Without the trap it would see the engine's calls, and paths of the host: that it changes these is refused, and said.
		run jail --no-trap --clearenv -e HOME=/root "$root" proot -r / ls /tree
		like 'proot, without the trap: it says why not' 'fakejail: process [0-9]* is traced by a program that changes system calls*hint: without --no-trap *' "$err"
		is 'proot, without the trap: nothing runs' '1 ' "$rc $out"
	else
		skip 'proot' "this machine's does not run in the root"
	fi
else
	skip 'proot' 'this machine has no proot, or no busybox'
fi
finish
