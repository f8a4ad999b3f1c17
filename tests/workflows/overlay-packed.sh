#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-packed.sh - tests `pack --upper`, which writes the changes of an overlay as a layer of an image. A random tree is
# changed at random in an overlay. The packed lower tree and the packed layer, unpacked, must be the tree that the overlay
# showed: names, types, contents, modes, owners, times, devices, hard links, attributes.
#
# FAKEJAIL_ROUNDS is the number of such trees; the default is 1. FAKEJAIL_SEED is a printed seed, to get its tree again.
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=../lib/layers.sh
. "$tests_dir/lib/layers.sh"
need python3

need_overlays
if [ ! -x "$(dirname "${FAKEJAIL%% *}")/fakejail-images" ]; then
	skip everything 'this build is without images'
	finish
fi
private_root bookworm
rounds=${FAKEJAIL_ROUNDS:-1}

cat >"$mine/change.py" <<'PY'
import os, random, shutil, stat, sys
r = random.Random(int(sys.argv[1]))
base = sys.argv[2] == "base"
top = "/t"
os.makedirs(top, exist_ok=True)
NAMES = ["a", "b", "c", "long name with blanks", "\u00e4", "new\nline", ".wh", ".hidden", "x" * 120, "e\\f", "d,e:f"]
def some(kind=None):
    found = []
    for d, ds, fs in os.walk(top):
        if kind != "file":
            found.append(d)
            found += [os.path.join(d, n) for n in ds]
        if kind != "dir":
            found += [os.path.join(d, n) for n in fs]
    found = [f for f in found if kind != "dir" or not os.path.islink(f)]
    return r.choice(found) if found else top
def new():
    return os.path.join(some("dir"), r.choice(NAMES) + str(r.randrange(4)))
def plain(p):
    return os.path.isfile(p) and not os.path.islink(p)
def step():
    what = r.randrange(18 if not base else 11)
    p = some()
    if what == 0:
        os.mkdir(new())
    elif what in (1, 2):
        with open(new(), "xb") as f:
            f.write(b"%d" % r.randrange(1000) * r.choice([0, 1, 50, 20000]))
    elif what == 3:
        os.symlink(r.choice(["a0", "/etc/passwd", "nowhere", "x" * 150]), new())
    elif what == 4:
        # Devices that no machine has: a directory that is moved may be copied, and /dev/zero has no end.
        os.mknod(new(), r.choice([stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK]) | 0o640, os.makedev(60, r.randrange(1, 9)))
    elif what == 5:
        os.link(some("file"), new(), follow_symlinks=False)
    elif what == 6:
        os.lchown(p, r.randrange(3000), r.randrange(3000))
    elif what == 7 and not os.path.islink(p):
        os.chmod(p, r.choice([0o755, 0o600, 0o4711, 0o2775, 0o1777, 0o444, 0o0]))
    elif what == 8:
        os.utime(p, (r.randrange(1 << 30), r.randrange(1 << 30)), follow_symlinks=False)
    elif what == 9 and (plain(p) or os.path.isdir(p)) and not os.path.islink(p):
        os.setxattr(p, "user.%d" % r.randrange(3), b"v" * r.randrange(40))
    elif what == 10 and plain(p):
        with open(p, "ab") as f:
            f.write(b"more")
    elif what == 11 and p != top:
        os.remove(p) if not os.path.isdir(p) or os.path.islink(p) else shutil.rmtree(p)
    elif what == 12 and p != top and os.path.isdir(p) and not os.path.islink(p):
        # Another of the same name: opaque.
        shutil.rmtree(p)
        os.mkdir(p)
        open(os.path.join(p, "in the new one"), "w").close()
    elif what == 13:
        q = some("file")
        if q != top and not os.path.isdir(q):
            os.rename(q, new())
    elif what == 14 and p != top:
        shutil.move(p, new())
    elif what == 15 and plain(p):
        os.truncate(p, r.randrange(100))
    elif what == 16 and p != top and not os.path.isdir(p):
        os.remove(p)
        os.mkdir(p)
    elif what == 17 and plain(p):
        q = some("file")
        if plain(q) and q != p:
            os.replace(p, q)
for _ in range(220 if base else 120):
    try:
        step()
    except (OSError, shutil.Error):
        pass
PY
# Times of directories are those of the last change in them, and unpacking is none that a layer tells of for those it has not.
cat >"$mine/show.py" <<'PY'
import hashlib, os, stat, sys
inodes = {}
def show(p):
    st = os.lstat(p)
    kind = stat.S_IFMT(st.st_mode)
    more = ""
    if kind == stat.S_IFREG:
        more = hashlib.md5(open(p, "rb").read()).hexdigest()
    elif kind == stat.S_IFLNK:
        more = os.readlink(p)
    elif kind in (stat.S_IFCHR, stat.S_IFBLK):
        more = str(st.st_rdev)
    links = "" if kind == stat.S_IFDIR else inodes.setdefault((st.st_dev, st.st_ino), p)
    time = "" if kind == stat.S_IFDIR else st.st_mtime_ns // 10**9
    attributes = sorted((n, os.getxattr(p, n, follow_symlinks=False)) for n in os.listxattr(p, follow_symlinks=False))
    print(ascii(p), oct(st.st_mode), st.st_uid, st.st_gid, time, ascii(links), ascii(more), attributes)
def walk(p):
    show(p)
    if stat.S_ISDIR(os.lstat(p).st_mode):
        for n in sorted(os.listdir(p)):
            walk(os.path.join(p, n))
walk("/t")
PY
mkdir "$root/tools"
cp "$mine/change.py" "$mine/show.py" "$root/tools"
give_to_user "$root/tools"

# make_tree ROUND SEED: the tree, its changes in an overlay, and what that shows; count: how many names.
make_tree() {
	low=$mine/low.$1
	rm -rf "$low" "$mine/rw.$1" "$mine/work"
	mkdir "$low" "$mine/rw.$1" "$mine/work"
	give_to_user "$low" "$mine/rw.$1" "$mine/work"
	# The tree lies in a root of its own, so the whole of it is packed, and shown by this one's programs: they are bound there.
	in_tree="--bind $root/usr:/usr:ro --bind $root/tools:/tools:ro"
	mkdir "$low/usr" "$low/tools"
	ln -s usr/bin "$low/bin"
	ln -s usr/lib "$low/lib"
	ln -s usr/lib64 "$low/lib64"
	give_to_user "$low"
	over="--overlay $mine/rw.$1 $mine/work / $in_tree"
	# shellcheck disable=SC2086 # words
	{
		succeeds "round $1, seed $2: a tree" jail $in_tree "$low" python3 /tools/change.py "$2" base
		succeeds "round $1, seed $2: its changes" jail $over "$low" python3 /tools/change.py "$2" above
		run jail $over "$low" python3 /tools/show.py
	}
	printf '%s\n' "$out" >"$work/shown"
	count=$(wc -l <"$work/shown")
}

for round in $(seq "$rounds"); do
	seed=${FAKEJAIL_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
	make_tree "$round" "$seed"
	# Some changes remove nearly all names. Such a tree tests little, so another one is made.
	for _ in 1 2 3 4; do
		[ "$count" -le 20 ] || break
		echo "# seed $seed leaves $count names"
		seed=$((seed + 1))
		make_tree "$round" "$seed"
	done
	run jail pack "$low" "$mine/base.tar"
	run jail pack --upper "$mine/rw.$round" "$mine/layer.tar"
	cat >"$work/image.py" <<'IMAGE'
import hashlib, io, json, sys, tarfile
out, names = sys.argv[1], sys.argv[2:]
ids = ["sha256:" + hashlib.sha256(open(n, "rb").read()).hexdigest() for n in names]
config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": ids}}).encode()
with tarfile.open(out, "w") as t:
    def add(name, data):
        i = tarfile.TarInfo(name)
        i.size = len(data)
        t.addfile(i, io.BytesIO(data))
    settings = hashlib.sha256(config).hexdigest() + ".json"
    layers = [i[7:] + "/layer.tar" for i in ids]
    add("manifest.json", json.dumps([{"Config": settings, "RepoTags": ["made:1"], "Layers": layers}]).encode())
    add(settings, config)
    for layer, name in zip(layers, names):
        add(layer, open(name, "rb").read())
IMAGE
	python3 "$work/image.py" "$mine/image.tar" "$mine/base.tar" "$mine/layer.tar"
	succeeds "round $round, seed $seed: unpack" jail unpack "$mine/image.tar" "$mine/both.$round"
	# shellcheck disable=SC2086 # words
	run jail $in_tree "$mine/both.$round" python3 /tools/show.py
	printf '%s\n' "$out" >"$work/unpacked"
	if [ "$count" -gt 20 ] && cmp -s "$work/shown" "$work/unpacked"; then
		ok "round $round, seed $seed: $count names, the same"
	else
		fail "round $round, seed $seed" 'not the same: < the overlay, > base and layer' "$(diff "$work/shown" "$work/unpacked" | head -n 30)" "$err"
	fi
	rm -rf "$mine/work" "$mine/image.tar" "$mine/base.tar" "$mine/layer.tar"
done
finish
