#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# parent.sh - tests the parent process that stays with --kill-on-exit and --die-with-parent: statuses, signals, stops, and
# which processes are left behind.
# shellcheck disable=SC2086 # $FAKEJAIL may be several words
. "$(dirname "$0")/../lib/lib.sh"
need busybox python3
new_jail busybox bin dev proc tmp
busybox_applets cat echo false kill ls mkfifo nohup ps rm setsid sh sleep true
give_to_user "$root"

# What plays the outside is a program: it waits for what happens and never for time to pass.
cat >"$work/outside.py" <<'PY'
import os, signal, subprocess, sys

fakejail, files, what = sys.argv[1].split(), sys.argv[2], sys.argv[3]
entered = sys.argv[4:]  # options, and the root

def start(script, **more):
    """The jail's shell runs script; returns it when that has printed its first line."""
    p = subprocess.Popen([*fakejail, *entered, "sh", "-c", script], stdout=subprocess.PIPE, **more)
    p.line = p.stdout.readline().decode().strip()
    return p

def rest(p):
    """All that is printed until nobody is left who could: whoever is left behind holds the pipe."""
    return p.stdout.read().decode().strip()

def end(p):
    r = p.wait()
    return f"signal {-r}" if r < 0 else f"status {r}"

def clear(p):
    """Ends those of its group who are left behind: the next jail may need the upper layer that they use."""
    try:
        os.killpg(p.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    rest(p)

def wait_for(p, option):
    return os.waitid(os.P_PID, p.pid, option | os.WNOWAIT)

LOOP = "while :; do sleep 1000 & wait $!; done"

if what == "left":
    # A daemon, in a session of its own, two forks away, that ignores what it can, and one that it has made.
    p = start("(setsid sh -c 'trap \"\" HUP TERM INT QUIT; sh -c \"echo ready; exec sleep 100000\" & wait' &) ; "
              "read x </proc/self/stat; cat /tmp/fifo; exit 7")
    open(files + "/tmp/fifo", "w").close()
    print(end(p), rest(p))
elif what == "forks":
    # Ones that make new ones all the time.
    p = start("f() { sh -c 'trap \"\" HUP; while :; do (:) & wait $!; done' & }; f; f; f; f; echo ready; exit 3")
    print(end(p), rest(p))
elif what == "signals":
    for name in ["TERM", "HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "VTALRM", "RTMIN"]:
        number = getattr(signal, "SIG" + name)
        p = start(f"trap 'echo got; exit 5' {int(number)}; echo ready; " + LOOP, process_group=0)
        p.send_signal(number)
        got = p.stdout.readline().decode().strip()
        print(name, got, end(p))
        clear(p)
elif what == "dies":
    for name in ["TERM", "KILL", "SEGV", "ABRT", "USR1", "PIPE"]:
        p = start(f"echo ready; kill -{name} $$; exit 1")
        print(name, end(p))
elif what == "killed":
    # The parent itself is killed in a way that it cannot see: the program ends too.
    p = start("echo ready; exec sleep 100000")
    p.kill()
    print(end(p), rest(p))
elif what == "stops":
    for name in ["STOP", "TSTP", "TTIN", "TTOU"]:
        p = start(f"echo ready; kill -{name} $$; echo went on", start_new_session=False, process_group=0)
        seen = wait_for(p, os.WSTOPPED | os.WEXITED)
        print(name, seen.si_code == os.CLD_STOPPED, signal.Signals(seen.si_status).name, end="; ")
        os.waitid(os.P_PID, p.pid, os.WSTOPPED)
        p.send_signal(signal.SIGCONT)
        print(rest(p), end(p))
elif what == "asked":
    # Somebody else stops the parent, and lets it go on: so does the program.
    p = start("trap 'echo went on; exit 4' CONT; echo ready; " + LOOP, process_group=0)
    p.send_signal(signal.SIGTSTP)
    seen = wait_for(p, os.WSTOPPED | os.WEXITED)
    print(seen.si_code == os.CLD_STOPPED, end=" ")
    os.waitid(os.P_PID, p.pid, os.WSTOPPED)
    p.send_signal(signal.SIGCONT)
    print(p.stdout.readline().decode().strip(), end(p))
    clear(p)
elif what == "once":
    # What the program itself sends to its group comes once. A parent takes the lower number first.
    p = start("n=0; trap 'n=$((n + 1))' USR1; trap 'echo $n; exit 0' USR2; kill -USR1 0; echo ready; " + LOOP,
              process_group=0)
    p.send_signal(signal.SIGUSR2)
    print(p.stdout.readline().decode().strip(), end(p))
    clear(p)
elif what == "orphan":
    # The process that has started fakejail ends, and leaves the jail running.
    r, w = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(r)
        os.dup2(w, 1)
        os.close(w)
        sub = subprocess.Popen([*fakejail, *entered, "sh", "-c",
            "(setsid sleep 100000 &); echo ready; exec sleep 100000"], stdout=subprocess.PIPE)
        sub.stdout.readline()
        # Only the jail still holds the pipe: it reads as ended when all of it is gone.
        os._exit(0)
    os.close(w)
    os.waitpid(pid, 0)
    print("gone" if os.read(r, 100) == b"" else "?")
elif what == "ignored":
    # nohup, and a parent that ignores its children's ends.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    r, w = os.pipe()
    p = subprocess.Popen(["sh", "-c", 'trap "" HUP; "$@"; echo $?', "sh", *fakejail, *entered, "sh", "-c",
        "echo ready; kill -HUP $PPID; kill -HUP $$; exit 6"], stdout=w)
    os.close(w)
    print(os.fdopen(r).read().replace("\n", " "))
elif what == "mask":
    p = subprocess.run([*fakejail, *entered, "cat", "/proc/self/status"], stdout=subprocess.PIPE)
    print(*[l for l in p.stdout.decode().splitlines() if l[:6] in ("SigBlk", "SigIgn")], sep="; ")
elif what == "closed":
    # A program that closes its output is seen to have done so, while it goes on.
    p = start("echo ready; exec >&-; cat /tmp/fifo; exit 8")
    print(rest(p) == "", end=" ")
    open(files + "/tmp/fifo", "w").close()
    print(end(p))
PY
chmod 755 "$work/outside.py"
mkfifo "$root/tmp/fifo"
give_to_user "$root"
entered=$(entered "$root")
outside() { # WHAT [OPTION]...
	as_user python3 "$work/outside.py" "$FAKEJAIL" "$(as_made "$root")" "$@" $entered
}

for option in --kill-on-exit --die-with-parent; do
	prints "$option: the status" 'status 0' as_user sh -c '"$@"; echo "status $?"' sh $FAKEJAIL $option $entered true
	prints "$option: another status" 'status 41' as_user sh -c '"$@"; echo "status $?"' sh $FAKEJAIL $option $entered sh -c 'exit 41'
	fails "$option: a program that is not there" 127 "*'nothing' not found in *" jail $option "$root" nothing
	fails "$option: an error of its own" 125 "*cannot change to directory /nowhere: No such file or directory
hint: mkdir -p */nowhere" \
		jail $option -w /nowhere "$root" true
	prints "$option: signals are handed on" 'TERM got status 5
HUP got status 5
INT got status 5
QUIT got status 5
USR1 got status 5
USR2 got status 5
ALRM got status 5
VTALRM got status 5
RTMIN got status 5' outside signals $option
	prints "$option: it ends by the program's signal" 'TERM signal 15
KILL signal 9
SEGV signal 11
ABRT signal 6
USR1 signal 10
PIPE signal 13' outside dies $option
	prints "$option: it stops as the program does" 'STOP True SIGSTOP; went on status 0
TSTP True SIGTSTP; went on status 0
TTIN True SIGTTIN; went on status 0
TTOU True SIGTTOU; went on status 0' outside stops $option
	prints "$option: the program stops and goes on with it" 'True went on status 4' outside asked $option
	prints "$option: a signal to the group comes once" '1 status 0' outside once $option
	prints "$option: killed, it takes the program along" 'signal 9 ' outside killed $option
	prints "$option: signals that the caller ignores" 'ready 6 ' outside ignored $option
	prints "$option: the program begins with the caller's signals" "$(outside mask)" outside mask $option
	prints "$option: it holds no output open" 'True status 8' outside closed $option
	at_terminal "$option: at a terminal" $option "$root" sh <<'SCRIPT'
expect / [$#] $
type sh -c 'echo rea""dy; sleep 1000'
expect ^ready\r
key ^C
expect / [$#] $
type echo status $?
expect ^status 130\r
type exit 3
end 3
SCRIPT
done
prints '--kill-on-exit: who is left behind ends' 'status 7 ' outside left --kill-on-exit
prints '--kill-on-exit: those who go on forking' 'status 3 ' outside forks --kill-on-exit
prints '--die-with-parent: all of it ends' gone outside orphan --die-with-parent
prints 'both: all of it ends' gone outside orphan --die-with-parent --kill-on-exit
prints 'both, without the trap' gone outside orphan --die-with-parent --kill-on-exit

# Without them there is no parent.
prints 'by default the program is the process that was started' same as_user sh -c 'pid=$(sh -c "echo \$PPID; exec \"\$@\"" "$@")
	set -- $pid; [ "$1" -gt 1 ] && [ "$2" = "$3" ] && echo same' sh sh -c 'echo $$; exec "$@"' sh $FAKEJAIL $entered sh -c 'echo $$'

# ---- the loader's `stay`, for commands of the launcher that have something to do at the end ----

loader=$(dirname "${FAKEJAIL%% *}")/fakejail-loader
if [ -x "$loader" ]; then
	prints 'stay: a command at the end, and the status before' 'one two
three 9' as_user sh -c '"$@"; echo "$?"' sh "$loader" stay -a "$(command -v env)" -a printf -a 'three ' -- "$(command -v sh)" -c \
		'echo one two; exit 9'
	fails 'stay: a command that is not there' 125 "fakejail: cannot run /nowhere: No such file or directory" \
		as_user "$loader" stay -- /nowhere
else
	skip 'stay' 'the loader does not lie beside the launcher'
fi
finish
