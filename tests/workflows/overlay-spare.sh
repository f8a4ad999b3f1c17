#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-spare.sh - the empty upper layer that a private copy (--rm) leaves for the next one: it is used again, it differs in
# nothing from a new one, and what somebody has put there is neither shown nor lost. Several jails at once, and killed ones.
. "$(dirname "$0")/../lib/lib.sh"
need python3 busybox
new_jail root bin dev etc proc sys tmp
busybox_applets cat chmod chown ls rm sh true
store=$mine/home/.local/share/fakejail
spare=$store/spare

# The inode number of the spare directory, and what is in it and in the directory of copies.
# shellcheck disable=SC2317 # called below
number() { stat -c %i "$spare/root" 2>/dev/null || echo none; }
# shellcheck disable=SC2317
inside() { find "$spare/root" "$store/copies" -mindepth 1 2>/dev/null | sed "s|^$store/||"; }
# Without the number of processes that the machine has just now.
names() { grep -v 'proc$'; }
# shellcheck disable=SC2317
private() { jail --rm "$root" "$@"; }
# What a directory is, besides its name and times.
# shellcheck disable=SC2317
looks() {
	as_user python3 -c '
import fcntl, os, struct, sys
d = os.open(sys.argv[1], os.O_RDONLY)
try:
    flags = struct.unpack("l", fcntl.ioctl(d, 0x80086601, bytes(8)))[0]
except OSError:
    flags = 0
s = os.fstat(d)
print(s.st_size, s.st_nlink, s.st_uid, s.st_gid, hex(flags), os.listxattr(d))' "$1"
}

succeeds 'the first private copy' private true
is 'an empty directory is left for the next one' '' "$(inside)"
first=$(number)
expected=$(looks "$spare/root")
as_user mkdir "$mine/new"
is 'it is like a new one' "$(looks "$mine/new")" "$expected"
succeeds 'the second one' private true
is 'the second one has used it' "$first" "$(number)"

# again NAME COMMAND...: after the command a copy is as after the first.
again() {
	name=$1
	shift
	run private "$@"
	is "$name: the next one shows what the root shows" "$(private ls -lA / | names)" "$(jail "$root" ls -lA / | names)"
	is "$name: nothing is left" '' "$(inside)"
	is "$name: nothing differs" "$expected" "$(looks "$spare/root")"
}
again 'a file that stays' sh -c 'echo x >/made'
again 'a removed file' sh -c 'echo x >/made; rm /made'
again 'a mode' chmod 700 /
again 'an owner' chown 5:6 /
again 'many names' sh -c 'i=0; while [ $i -lt 1200 ]; do : >/a-name-that-is-rather-long-$i; i=$((i + 1)); done; rm /a-name-*'

# changed NAME STATEMENT: python changes the upper layer from outside, while the jail runs.
changed() {
	cat >"$work/changed.py" <<-END
		import fcntl, glob, os, struct, subprocess, sys
		p = subprocess.Popen([*sys.argv[1].split(), "--rm", sys.argv[2], "sh", "-c", "echo; read x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
		p.stdout.readline()
		top, = glob.glob(sys.argv[3] + "/copies/*/root")
		try:
		    $2
		except OSError as e:
		    print(e, file=sys.stderr)
		p.stdin.close()
		p.wait()
	END
	chmod 644 "$work/changed.py"
	succeeds "$1 from outside" as_user python3 "$work/changed.py" "$FAKEJAIL" "$root" "$store"
	again "$1 from outside" true
}
changed 'an attribute' 'os.setxattr(top, "user.x", b"y")'
changed 'a flag' 'fcntl.ioctl(os.open(top, os.O_RDONLY), 0x40086602, struct.pack("l", 0x40))'
changed 'a file' 'open(top + "/made", "w").close()'

# What somebody else has put there.
succeeds 'a spare one is there' private true
as_user sh -c 'echo x >"$1/root/put"' sh "$spare"
is 'a file that was put there is not shown' "$(jail "$root" ls -A /)" "$(private ls -A /)"
is '... and not lost' x "$(cat "$spare/root/put")"
as_user rm "$spare/root/put"
as_user chmod 755 "$spare"
number=$(number)
succeeds 'one that others could read' private sh -c 'echo x >/made'
is '... is not used' "$number 0" "$(number) $(find "$spare/root" -mindepth 1 | wc -l)"
as_user rm -r "$spare"
as_user ln -s "$mine/new" "$spare"
succeeds 'a symlink' private true
is '... is not followed' "$mine/new" "$(readlink "$spare")"
as_user rm "$spare"
if [ "$(id -u)" = 0 ]; then
	mkdir -p "$spare/root"
	chmod 700 "$spare"
	succeeds 'one of another user' private true
	is '... is not used' '0 0' "$(stat -c '%u %g' "$spare")"
	rm -r "$spare"
fi

# Several at once, of which one takes it, and killed ones.
cat >"$work/many.py" <<'END'
import os, signal, subprocess, sys
command, root = sys.argv[1].split(), sys.argv[2]
def begin(script):
    return subprocess.Popen([*command, "--rm", root, "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
wrong = 0
for n in range(6):
    jails = [begin(f"echo; read x; [ {n + i} = {2 * n} ] || echo {i} >/mine; ls /mine* | cat; cat /mine") for i in range(6)]
    for p in jails:
        p.stdout.readline()
    killed = jails.pop(n)
    killed.kill()
    killed.wait()
    for i, p in enumerate(jails):
        number = i + (i >= n)
        said = p.communicate("\n")[0].split()
        wrong += said != ["/mine", str(number)]
print("wrong:", wrong)
subprocess.run([*command, "--rm", root, "true"], check=True)
END
chmod 644 "$work/many.py"
prints 'six at once, and one killed, six times' 'wrong: 0' as_user python3 "$work/many.py" "$FAKEJAIL" "$root"
is 'nothing is left of them' '' "$(inside)"
finish
