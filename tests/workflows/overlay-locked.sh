#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-locked.sh - tests what a rename in an overlay does while another process holds the lock of the overlay's names
# (preload/layers/union_lock.c). It waits for a process that works, as one does that copies a large file up: without the lock,
# files could be lost. It does not wait for ever for one that is stopped or sleeps. And a directory that is made without the lock
# at the new name, while the file is copied up, is not lost.
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=../lib/layers.sh
. "$tests_dir/lib/layers.sh"
need python3 busybox

need_overlays
new_jail jail bin dev srv
busybox_applets mv mkdir cat sh
for n in 0 1 2 3; do
	echo "$n" >"$root/srv/$n"
done
give_to_user "$root"
mkdir "$mine/rw" "$mine/work"
give_to_user "$mine/rw" "$mine/work"

# Holds the lock while a jail moves a file. Says whether the jail has ended before the lock was given back.
cat >"$work/outside.py" <<'PY'
import fcntl, os, signal, subprocess, sys, time
command, work, how, n = sys.argv[1].split("\n"), *sys.argv[2:]
def take():
    lock = os.open(work, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock
def move():
    return subprocess.Popen([*command, "mv", f"/srv/{n}", f"/srv/{n}.moved"])
if how == "works":
    lock = take()
    p = move()
    while time.process_time() < 3:
        pass
    print("the jail waits" if p.poll() is None else "the jail has ended")
    os.close(lock)
    p.wait()
elif how == "sleeps":
    lock = take()
    p = move()
    p.wait()
    print("the jail has ended")
elif how == "is stopped":
    holder = os.fork()
    if not holder:
        lock = take()
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
    os.waitpid(holder, os.WUNTRACED)
    p = move()
    p.wait()
    print("the jail has ended")
    os.kill(holder, signal.SIGKILL)
print("status", p.returncode)
PY
chmod 644 "$work/outside.py"
# shellcheck disable=SC2086 # words
command=$(printf '%s\n' $FAKEJAIL --overlay "$mine/rw" "$mine/work" / "$root")
succeeds 'a rename that makes the directory of the lock' jail --overlay "$mine/rw" "$mine/work" / "$root" mv /srv/0 /srv/0.moved

# holder HOW FILE WANT: checks what the jail does.
holder() {
	prints "the holder of the lock $1" "$3
status 0" as_user python3 "$work/outside.py" "$command" "$mine/rw/.fakejail/work" "$1" "$2"
	is "the file is moved: the holder $1" "$2" "$(cat "$mine/rw/srv/$2.moved")"
}
# While a rename copies a file up under the lock, a directory is made at the new name, for which no lock is needed. As in the
# kernel, the rename then fails, and the directory keeps what is in it. If the directory is not made, the rename succeeds.
head -c 300000000 /dev/zero >"$root/srv/large"
give_to_user "$root/srv/large"
cat >"$work/meanwhile.py" <<'PY'
import os, subprocess, sys
command, low, new = sys.argv[1].split("\n"), *sys.argv[2:]
script = """
exec 3<&0
mv -T /srv/large /srv/d 2>/dev/null &
read -r line <&3
mkdir /srv/d 2>/dev/null && echo x >/srv/d/x && echo made || echo not made
wait $!
echo mv $?
cat /srv/d/x 2>/dev/null
"""
def is_open(name):
    try:
        pids = open(f"/proc/{p.pid}/task/{p.pid}/children").read().split()
        return any(os.readlink(f"/proc/{pid}/fd/{fd}") == name for pid in pids for fd in os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return False
p = subprocess.Popen([*command, "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
while not is_open(low) and not os.path.exists(new) and p.poll() is None:
    pass
print(p.communicate(b"go\n")[0].decode(), end="")
PY
chmod 644 "$work/meanwhile.py"
run as_user python3 "$work/meanwhile.py" "$command" "$root/srv/large" "$mine/rw/srv/d"
case $out in
"made
mv 1
x" | 'not made
mv 0') ok 'a directory that is made at the name to which a file is copied up' ;;
*) fail_run 'a directory that is made at the name to which a file is copied up' 'it is lost' ;;
esac

holder works 1 'the jail waits'
holder sleeps 2 'the jail has ended'
holder 'is stopped' 3 'the jail has ended'
finish
