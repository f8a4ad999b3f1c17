#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-signals.sh - tests signals while a large file is copied up. A handler runs after the copy is complete: so a handler
# that leaves by siglongjmp(3) leaves no unfinished file. (In the kernel's overlayfs, it interrupts the copy: docs/LIMITS.md.) A
# signal that ends the process ends it in the middle of the copy, and no part of the copy stays.
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=../lib/layers.sh
. "$tests_dir/lib/layers.sh"
need python3 "${CC:=cc}"

need_overlays
head -c 200000000 /dev/zero >"$work/large"
if cp --reflink=always "$work/large" "$work/cloned" 2>/dev/null; then
	skip everything 'no copy takes long on this file system'
	finish
fi
private_root bookworm
mv "$work/large" "$root/large"
$CC -O1 -Wall -Wextra -o "$root/copied" "$tests_dir/workflows/src/copied.c"
$CC -O1 -Wall -Wextra -static -o "$root/copied-static" "$tests_dir/workflows/src/copied.c"
give_to_user "$root/large" "$root/copied" "$root/copied-static"
remember "$root"

# The signal is sent when the program is seen to have the lower file open. A round counts when the copy had no name yet behind that,
# and, of a signal that ends the process, has none when that has ended.
cat >"$work/outside.py" <<'PY'
import os, shutil, signal, subprocess, sys
fakejail, mine, root, program, sig = sys.argv[1].split(" "), *sys.argv[2:]
low, rw, work = root + "/large", mine + "/rw", mine + "/work"
up = rw + "/large"
command = [*fakejail, "--overlay", rw, work, "/", root]
def open_files(pid):
    found = []
    for n in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{n}"))
        except OSError:
            pass
    return found
def is_whole():
    return os.path.exists(up) and os.stat(up).st_size == os.stat(low).st_size
def jumped(p, pid):
    said = p.stdout.readline()
    # (The call's own descriptor, which the program never heard of, is left in the kernel's overlay as well.)
    more = [f for f in open_files(pid) if f != up]
    for f in before:
        if f in more:
            more.remove(f)
    p.kill()
    p.wait()
    # By a jump the directory of the name stays open until several calls have been abandoned (docs/DOORS.md).
    if more == [rw]:
        more = []
    got = said, is_whole(), more
    return True, "" if got == (b"jumped\n", True, []) else f"what was said, is it whole, what else is open: {got}"
def ended(p, pid):
    status = p.wait()
    if os.path.exists(up):
        return False, "" if is_whole() else "it is not whole"
    subprocess.run([*command, "/bin/true"], check=True)
    left = [n for d in (rw, work) for _, ds, fs in os.walk(d) for n in ds + fs if n.startswith(".fakejail-work")]
    return True, "" if status == -signal.SIGTERM and not left else f"status {status}, left over: {left}"
for n in range(40):
    for d in rw, work:
        shutil.rmtree(d, ignore_errors=True)
        os.mkdir(d)
    p = subprocess.Popen([*command, program, "/large"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pid = int(p.stdout.readline())
    before = open_files(pid)
    p.stdin.write(b"\n")
    p.stdin.flush()
    while not os.path.exists(up) and low not in open_files(pid):
        pass
    os.kill(pid, getattr(signal, sig))
    if os.path.exists(up):
        p.kill()
        p.wait()
        continue
    counts, wrong = (jumped if sig == "SIGUSR1" else ended)(p, pid)
    if wrong or counts:
        print(wrong or "right")
        sys.exit()
print("no round counted")
PY
chmod 644 "$work/outside.py"
for program in copied copied-static; do
	prints "$program: a handler waits, and what it leaves is complete" right \
		as_user python3 "$work/outside.py" "$FAKEJAIL" "$mine" "$root" "/$program" SIGUSR1
	prints "$program: what ends the process does not wait" right \
		as_user python3 "$work/outside.py" "$FAKEJAIL" "$mine" "$root" "/$program" SIGTERM
done
unchanged 'signals' "$root"
finish
