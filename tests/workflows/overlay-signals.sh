#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-signals.sh - tests signals while a large file is copied up. A handler interrupts the copy, as in the kernel's overlayfs: the
# call returns EINTR, or begins again with SA_RESTART. Each call gives the same in the kernel's overlay, where root may mount one. A
# handler that leaves by siglongjmp(3) leaves no unfinished file, and neither does a signal that ends the process.
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
$CC -O1 -Wall -Wextra -o "$root/interrupted" "$tests_dir/workflows/src/interrupted.c"
$CC -O1 -Wall -Wextra -static -o "$root/interrupted-static" "$tests_dir/workflows/src/interrupted.c"
give_to_user "$root/large" "$root"/copied* "$root"/interrupted*
remember "$root"

# The signal is sent when the program is seen to have the lower file open. A round counts when the copy had no name yet behind that,
# and has none when the process has ended or left its handler.
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
    more = open_files(pid)
    for f in before:
        if f in more:
            more.remove(f)
    p.kill()
    p.wait()
    # By a jump the directory of the name stays open until several calls have been abandoned (docs/DOORS.md).
    if more == [rw]:
        more = []
    got = said, os.path.exists(up), more
    return True, "" if got == (b"jumped\n", False, []) else f"what was said, is it there, what else is open: {got}"
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
	prints "$program: a handler comes in the middle, and leaves nothing" right \
		as_user python3 "$work/outside.py" "$FAKEJAIL" "$mine" "$root" "/$program" SIGUSR1
	prints "$program: what ends the process does not wait" right \
		as_user python3 "$work/outside.py" "$FAKEJAIL" "$mine" "$root" "/$program" SIGTERM
done

# The program makes CALL on the lower file, and says what came of it. As soon as it has written something (proc_pid_io(5)), the signal
# is sent, once or until the call ends. A copy may have been complete by then: of a call that is to be interrupted, the first of some
# rounds in which that happened decides. Where nothing is ever written, the file system does not count it.
cat >"$work/calls.py" <<'PY'
import os, select, shutil, signal, subprocess, sys
command, base, low, program, call, action, how = sys.argv[1:]
rw, work = base + "/rw", base + "/work"
in_kernel = command == "kernel"
def written(pid):
    with open(f"/proc/{pid}/io") as f:
        return int([line for line in f if line.startswith("write_bytes")][0].split()[1])
def left_over():
    for d in rw, work:
        for at, _, names in os.walk(d):
            for n in names:
                path = os.path.join(at, n)
                if n.startswith(".fakejail-work") or os.lstat(path).st_size > 10000000:
                    yield path
def descriptors(pid):
    return sorted(os.listdir(f"/proc/{pid}/fd"))
def has_ended(p):
    return select.select([p.stdout], [], [], 0)[0]
def begin():
    for d in rw, work:
        shutil.rmtree(d, ignore_errors=True)
        os.mkdir(d)
    if not in_kernel:
        return [*command.split(" "), "--overlay", rw, work, "/", os.path.dirname(low), program, "/large"]
    subprocess.run(["mount", "-t", "overlay", "-o", f"lowerdir={os.path.dirname(low)},upperdir={rw},workdir={work}", "overlay",
                    base + "/mounted"], check=True)
    return [base + "/mounted" + program, base + "/mounted/large"]
too_late = {"handled": ("done, handled", "done, not handled"), "restart": ("done, not handled",)}
for n in range(20):
    start = begin()
    p = subprocess.Popen([*start, call, action], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pid = int(p.stdout.readline())
    held, had = descriptors(pid), written(pid)
    p.stdin.write(b"\n")
    p.stdin.flush()
    is_counted = False
    while not has_ended(p) and not is_counted:
        is_counted = written(pid) > had
    os.kill(pid, signal.SIGUSR1)
    while how == "often" and not has_ended(p):
        os.kill(pid, signal.SIGUSR1)
    said = p.stdout.readline().decode().strip()
    if said.startswith("EINTR"):
        if list(left_over()):
            said += f", {list(left_over())} left over"
        if descriptors(pid) != held:
            said += f", descriptors {descriptors(pid)} and not {held}"
    elif not list(left_over()) and call != "truncate":
        said += ", and not copied"
    p.kill()
    p.wait()
    if in_kernel:
        subprocess.run(["umount", base + "/mounted"], check=True)
    if said not in too_late.get(action, ()):
        break
print(said)
PY
chmod 644 "$work/calls.py"
mkdir -p "$work/kernel/rw" "$work/kernel/work" "$work/kernel/mounted"
has_kernel=
if is_root && unshare -m mount -t overlay -o "lowerdir=$root,upperdir=$work/kernel/rw,workdir=$work/kernel/work" overlay \
	"$work/kernel/mounted" 2>"$work/why"; then
	has_kernel=yes
else
	skip "the kernel's overlay" "it cannot be mounted here: $(head -c 200 "$work/why" 2>/dev/null || :)"
fi
interrupt() { # RESULT CALL ACTION HOW
	want=$1
	shift
	for program in /interrupted /interrupted-static; do
		prints "$program $*" "$want" \
			as_user python3 "$work/calls.py" "$FAKEJAIL" "$mine" "$root/large" "$program" "$@"
	done
	# A signal that comes often restarts the kernel's copy for ever.
	[ -z "$has_kernel" ] || [ "$3" = often ] || prints "the kernel's overlay: $*" "$want" \
		unshare -m --propagation private python3 "$work/calls.py" kernel "$work/kernel" "$root/large" /interrupted "$@"
}
for call in open truncate chmod fchmod chown setxattr utimensat link rename; do
	interrupt 'EINTR, handled' "$call" handled once
	interrupt 'done, handled' "$call" restart once
done
for call in open chmod; do
	interrupt 'done, not handled' "$call" ignored once
	interrupt 'done, not handled' "$call" blocked once
	interrupt 'done, handled' "$call" restart often
done
unchanged 'signals' "$root"
finish
