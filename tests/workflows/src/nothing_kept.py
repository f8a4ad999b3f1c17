# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# nothing_kept.py WHAT - what w10-nothing-kept.sh does to private copies and to half unpacked trees: it waits for what can be
# seen and never for time to pass. FAKEJAIL is the command, FAKEJAIL_STORE the store; `tree` is a small root file system,
# `many` one with files enough to be met half copied, many.tar its archive.
import glob, os, pty, shutil, signal, subprocess, sys, time

fakejail, store = os.environ["FAKEJAIL"].split(), os.environ["FAKEJAIL_STORE"]
LOOP = "echo ready; while :; do sleep 1000 & wait $!; done"


def fresh():
    for name in ("root", "kept"):
        shutil.rmtree(name, ignore_errors=True)


def left():
    """What is left in the store and of the directory that was to be made."""
    found = [k + "/" + n for k in ("copies", "tmp") for n in (os.listdir(store + "/" + k) if os.path.isdir(store + "/" + k) else [])]
    return len(found) + os.path.exists("root") + os.path.exists("kept")


def start(*words, **more):
    p = subprocess.Popen([*fakejail, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    return p


def end(p):
    r = p.wait()
    return f"signal {-r}" if r < 0 else f"status {r}"


def swept():
    """The next command of any jail."""
    subprocess.run([*fakejail, "tree", "/bin/busybox", "true"], check=True)
    return left()


def children(pid):
    try:
        return [int(c) for c in open(f"/proc/{pid}/task/{pid}/children").read().split()]
    except OSError:
        return []


def gone(pids):
    """Wait until these have ended: whose parent was killed ends a moment later, and holds his locks until then. One that does
    not end at all is a failure, and says so."""
    for pid in pids:
        looks = 0
        try:
            while open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] not in "ZX":
                looks += 1
                if looks > 5000:
                    sys.exit(f"process {pid} goes on, though it or its parent was killed: {open(f'/proc/{pid}/cmdline').read()!r}")
                time.sleep(.01)
        except OSError:
            pass


def kill(p):
    workers = children(p.pid)
    p.kill(), p.wait()
    gone(workers)


def half(p, path, whole):
    """Wait until `path` (a pattern's only match) has something in it; True when it is not whole then."""
    while p.poll() is None:
        at = glob.glob(path)
        if at and len(os.listdir(at[0])) > 2:
            return True
    return False


def in_half(words, path, whom, number):
    """Start, meet it half done, and send the signal to the tool ("tool"), to the process that does its work ("worker"), or both."""
    for _ in range(20):
        fresh()
        p = start(*words)
        if not half(p, path, 0):
            p.wait()
            continue
        workers = children(p.pid)
        os.kill(p.pid if whom == "tool" else workers[0] if workers else p.pid, number)
        result = end(p)
        gone(workers)
        if result == "status 0":
            continue
        return result, p.stderr.read().decode().strip()
    return "never met", ""


what = sys.argv[1]
if what == "signals":
    for name in ("TERM", "HUP", "INT", "QUIT", "USR1"):
        p = start("--rm", "tree", "/bin/busybox", "yes")  # until the pipe is full
        p.stdout.readline()
        os.kill(p.pid, getattr(signal, "SIG" + name))
        print(name, end(p), left(), flush=True)
elif what == "trap":
    p = start("--rm", "tree", "sh", "-c", "trap 'echo x >/late; exit 5' TERM; " + LOOP)
    p.stdout.readline()
    p.terminate()
    print(end(p), left(), os.path.exists("tree/late"))
elif what == "terminal":
    # The terminal is closed; who made it sees the parent go.
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(fakejail[0], [*fakejail, "--rm", "tree", "sh", "-c", LOOP])
    while b"ready" not in os.read(fd, 4096):
        pass
    os.close(fd)
    _, status = os.waitpid(pid, 0)
    print("signal", os.WTERMSIG(status), left())
elif what == "ends":
    for script in ("exit 7", "kill -KILL $$", "kill -SEGV $$", "(sleep 1000 &) ; exit 3"):
        p = start("--rm", "tree", "sh", "-c", script, stdin=subprocess.DEVNULL)
        print(end(p), left())
elif what == "killed":
    # The parent is killed: its child goes with it, the copy with the next command.
    p = start("--rm", "tree", "sh", "-c", LOOP)
    p.stdout.readline()
    child = children(p.pid)[0]
    kill(p)
    print("parent", end(p), left() > 0, swept())
    p = start("--rm", "tree", "sh", "-c", LOOP)
    p.stdout.readline()
    os.kill(children(p.pid)[0], signal.SIGKILL)
    print("program", end(p), left())
    # Whoever is not killed keeps his copy when others sweep.
    p = start("--rm", "tree", "sh", "-c", "echo ready; read x; busybox ls /etc", stdin=subprocess.PIPE)
    q = start("--rm", "tree", "sh", "-c", LOOP)
    p.stdout.readline(), q.stdout.readline()
    q.kill(), q.wait()
    print("other", swept(), p.communicate(b"\n")[0], end(p), left())
elif what == "half":
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        for verb, words, path in (
            ("copy", ["--rm", "--copy", "many", "/bin/busybox", "true"], store + "/copies/*/root/many"),
            ("keep", ["--keep=kept", "many", "/bin/busybox", "true"], "kept/many"),
            ("unpack", ["unpack", "many.tar", "root"], "root/many"),
            ("run", ["run", "many.tar", "/bin/busybox", "true"], store + "/tmp/*/root/many"),
        ):
            result, text = in_half(words, path, "tool", number)
            if verb == "keep" and number == signal.SIGKILL:
                fresh()  # the caller asked for it, and has it
            # What a signal ends has swept itself.
            print(number.name, verb, result, left() if number != signal.SIGKILL else swept())
elif what == "worker":
    for verb, words, path in (
        ("copy", ["--rm", "--copy", "many", "/bin/busybox", "true"], store + "/copies/*/root/many"),
        ("unpack", ["unpack", "many.tar", "root"], "root/many"),
    ):
        result, text = in_half(words, path, "worker", signal.SIGKILL)
        print(verb, result, text.count("\n"), left())
elif what == "empty":
    # A directory that was there stays, and is empty again; one that holds something else by now is let alone.
    fresh()
    os.mkdir("root")
    p = start("unpack", "many.tar", "root")
    half(p, "root/many", 0)
    kill(p)
    subprocess.run([*fakejail, "tree", "/bin/busybox", "true"])
    print(os.listdir("root"))
    p = start("unpack", "many.tar", "root")
    half(p, "root/many", 0)
    kill(p)
    os.rename("root", "moved")
    os.mkdir("root"), open("root/mine", "w").close()
    subprocess.run([*fakejail, "tree", "/bin/busybox", "true"])
    print(os.listdir("root"))
    shutil.rmtree("moved")
    fresh()
elif what == "many":
    all_ = [start("run", "tree.tar.gz", "/bin/busybox", "sh", "-c", f"echo {n} >/mine; busybox ls / | busybox grep -c mine; busybox cat /mine") for n in range(20)]
    print(sorted(int(p.communicate()[0].split()[1]) for p in all_) == list(range(20)), sum(p.returncode for p in all_), left())
elif what == "prune":
    # A tree of half a million files takes minutes. Who is met in the middle of that does not keep the store's lock.
    tree, all_ = store + "/trees/none", 30000
    os.makedirs(tree)
    for n in range(all_):
        os.link(tree + "/0", f"{tree}/{n}") if n else open(tree + "/0", "w").close()
    p = start("images", "--prune")
    while p.poll() is None:
        found = glob.glob(store + "/tmp/gone-*") or [tree]
        try:
            if len(os.listdir(found[0])) < all_:
                os.kill(p.pid, signal.SIGSTOP)
                break
        except OSError:
            pass
    other = start("images", "--prune")
    print(end(other), other.stderr.read().decode())
    p.send_signal(signal.SIGCONT)
    print(end(p), os.listdir(store + "/trees"), left())
