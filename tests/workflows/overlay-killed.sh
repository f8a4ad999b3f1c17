#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-killed.sh - kills processes by SIGKILL at random times while they copy up files and directories. After that, each
# file must be the old one or the complete new one, under one name, with its old or new owner. No listing may show unfinished
# files. The next jail must start and remove them. The lower layer may not change.
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=../lib/layers.sh
. "$tests_dir/lib/layers.sh"
need python3

need_overlays
private_root bookworm
rounds=${FAKEJAIL_ROUNDS:-25}

# What is below: 120 files in directories three deep, each with contents that its name tells; every third one larger than a
# copy can be in one piece.
cat >"$root/lower.py" <<'PY'
import os
for n in range(120):
    d = "/srv/t/a%d/b%d" % (n % 6, n % 30)
    os.makedirs(d, exist_ok=True)
    with open("%s/f%d" % (d, n), "wb") as f:
        f.write(b"%d\n" % n * (1 if n % 3 else 700000))
    os.chown("%s/f%d" % (d, n), n, n + 1)
    os.utime("%s/f%d" % (d, n), (1000 + n, 1000 + n))
    os.setxattr("%s/f%d" % (d, n), "user.n", b"%d" % n)
PY
cat >"$root/write.py" <<'PY'
import os, random, sys
def worker(w):
    r = random.Random(int(sys.argv[1]) * 100 + w)
    # To which file it is writing: look.py.
    note = os.open("/srv/now.%d" % w, os.O_WRONLY | os.O_CREAT, 0o644)
    os.pwrite(note, b"    ", 0)
    while True:
        n = r.randrange(120)
        a = "/srv/t/a%d/b%d/f%d" % (n % 6, n % 30, n)
        b = a + ".moved"
        try:
            what = r.randrange(8)
            if what == 0:
                os.chmod(a, 0o600)
            elif what == 1:
                os.chown(a, n + 1000, n + 1001)
            elif what == 2:
                fd = os.open(a, os.O_WRONLY | os.O_APPEND)
                os.pwrite(note, b"%4d" % n, 0)
                os.write(fd, b"x")
                os.pwrite(note, b"    ", 0)
                os.close(fd)
            elif what == 3:
                os.rename(a, b)
            elif what == 4:
                os.rename(b, a)
            elif what == 5:
                with open(b + ".new", "wb") as f:
                    f.write(b"new")
                os.rename(b + ".new", a + ".new")
                # Where others make and remove it, too.
                os.close(os.open(a + ".new", os.O_WRONLY | os.O_CREAT, 0o644))
            elif what == 6:
                os.unlink(a + ".new")
            elif what == 7:
                os.utime(a, (7, 7))
        except FileNotFoundError:
            pass
        except OSError as e:
            print("writer:", what, e, flush=True)
            os._exit(1)
print("ready", flush=True)
for w in range(6):
    if not os.fork():
        worker(w)
while True:
    os.wait()
PY
cat >"$root/look.py" <<'PY'
import os, re
for top, dirs, files in os.walk("/srv/t"):
    for name in dirs + files:
        if not re.fullmatch(r"[ab]\d+|f\d+(\.moved)?(\.new)?", name):
            print("left over:", top, name)
# A write that is killed may have set the time and written nothing, in every file system: generic_perform_write() of mm/filemap.c
# looks for SIGKILL behind file_update_time(). So these files may have another time from now on.
with open("/srv/cut", "a+") as f:
    for w in range(6):
        if os.path.exists("/srv/now.%d" % w):
            f.write(open("/srv/now.%d" % w).read() + " ")
    f.seek(0)
    cut = f.read().split()
for n in range(120):
    a = "/srv/t/a%d/b%d/f%d" % (n % 6, n % 30, n)
    there = [p for p in (a, a + ".moved") if os.path.lexists(p)]
    if len(there) != 1:
        print("not one name:", a, there)
        continue
    old = b"%d\n" % n * (1 if n % 3 else 700000)
    data = open(there[0], "rb").read()
    st = os.stat(there[0])
    if not data.startswith(old) or data[len(old):].strip(b"x"):
        print("contents:", there[0], len(old), len(data))
    if (st.st_uid, st.st_gid) not in ((n, n + 1), (n + 1000, n + 1001)):
        print("owner:", there[0], st.st_uid, st.st_gid)
    if st.st_mode & 0o7777 not in (0o644, 0o600):
        print("mode:", there[0], oct(st.st_mode))
    if len(data) == len(old) and st.st_mtime not in (7, 1000 + n) and str(n) not in cut:
        print("time:", there[0], st.st_mtime)
    if os.getxattr(there[0], "user.n") != b"%d" % n:
        print("attribute:", there[0])
    if os.path.lexists(a + ".new") and open(a + ".new", "rb").read() not in (b"new", b""):
        print("new file:", a)
PY
give_to_user "$root"/*.py
succeeds 'a lower layer' jail "$root" python3 /lower.py
mkdir "$mine/rw" "$mine/work"
give_to_user "$mine/rw" "$mine/work"
remember "$root"

# The outside kills all of the jail at once, or one after the other, when it has done so many things of its own.
cat >"$work/outside.py" <<'PY'
import os, random, signal, subprocess, sys
command, rounds = sys.argv[1].split("\n"), int(sys.argv[2])
def children(pid):
    try:
        return [int(c) for c in open(f"/proc/{pid}/task/{pid}/children").read().split()]
    except OSError:
        return []
bad = 0
for n in range(rounds):
    seed = random.randrange(1 << 30)
    # A group of processes of its own: so one call kills those, too, that are made while the others are being killed.
    p = subprocess.Popen([*command, "python3", "/write.py", str(seed)], stdout=subprocess.PIPE, start_new_session=True)
    if p.stdout.readline() != b"ready\n":
        print("round", n, "the jail does not begin")
        sys.exit(1)
    for _ in range(random.randrange(1, 4000)):
        os.sched_yield()
    for _ in range(random.randrange(0, 60)):
        subprocess.run(["true"])
    workers = children(p.pid)
    random.shuffle(workers)
    for pid in [*workers, p.pid]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    # Those made since. Before p.wait(): until then the number of the group is nobody else's.
    os.killpg(p.pid, signal.SIGKILL)
    p.wait()
    # Until nobody is left who holds the pipe.
    said = p.stdout.read()
    look = subprocess.run([*command, "python3", "/look.py"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if said or look.returncode or look.stdout:
        print("round", n, "seed", seed, "status", look.returncode, said.decode()[:1000])
        print(look.stdout.decode()[:2000])
        bad += 1
print("bad rounds:", bad)
PY
chmod 644 "$work/outside.py"
# shellcheck disable=SC2086 # words
command=$(printf '%s\n' $FAKEJAIL --overlay "$mine/rw" "$mine/work" / "$root")
prints "$rounds rounds of SIGKILL" 'bad rounds: 0' as_user python3 "$work/outside.py" "$command" "$rounds"
is 'the work directory has nothing left' '' "$(find "$mine/rw/.fakejail/work" -mindepth 1 2>/dev/null)"
is 'the upper layer has no names but those' '' "$(find "$mine/rw/srv" -mindepth 2 ! -type d | grep -vE '/f[0-9]+(\.moved)?(\.new)?$')"
more=$(find "$mine/rw/srv/t" -type f | wc -l)
if [ "$more" -gt 20 ]; then
	ok 'files have been copied up'
else
	fail 'files have been copied up' "only $more"
fi
unchanged 'those that were killed' "$root"
finish
