# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# images.py - makes the archives of w11-images.sh in the current directory, which has busybox.
import hashlib, io, json, tarfile


def entry(name, data=b"", mode=0o644, uid=0, gid=0, kind=tarfile.REGTYPE, link=""):
    t = tarfile.TarInfo(name)
    t.type, t.mode, t.uid, t.gid, t.size, t.linkname, t.mtime = kind, mode, uid, gid, len(data), link, 1000000000
    return t, data


def tar(*entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as f:
        for t, data in entries:
            f.addfile(t, io.BytesIO(data))
    return out.getvalue()


def write(name, data):
    with open(name, "wb") as f:
        f.write(data)


def save(name, layers, ids):
    config = json.dumps({"architecture": "amd64", "os": "linux",
        "config": {"Env": ["A=b c", "PATH=/bin"], "User": "5:7"}, "rootfs": {"type": "layers", "diff_ids": ids}}).encode()
    names = ["%064x/layer.tar" % (n + 10) for n in range(len(layers))]
    manifest = json.dumps([{"Config": "c.json", "RepoTags": ["made:1"], "Layers": names}]).encode()
    write(name, tar(*[entry(n, l) for n, l in zip(names, layers)], entry("c.json", config), entry("manifest.json", manifest)))


folder = tarfile.DIRTYPE
lower = tar(entry("bin/", mode=0o755, kind=folder), entry("bin/busybox", open("busybox", "rb").read(), 0o755),
    entry("bin/su", b"s", 0o4755), entry("etc/", mode=0o750, uid=5, gid=7, kind=folder), entry("keep/", mode=0o755, kind=folder),
    entry("keep/a", b"1"), entry("keep/sub/b", b"2"), entry("gone/c", b"3"), entry("etc/shadow", b"x"))
upper = tar(entry("keep/new", b"n", 0o640, 3, 4), entry("keep/.wh..wh..opq"), entry("gone/again", b"g"), entry(".wh.gone"),
    entry("etc/.wh.shadow"))
ids = ["sha256:" + hashlib.sha256(l).hexdigest() for l in (lower, upper)]
save("old.tar", [lower, upper], ids)
save("digest.tar", [lower, upper], [ids[0], ids[0]])
write("cut.tar", lower[:300000])
write("absolute.tar", tar(entry("/tmp/x", b"x")))
write("up.tar", tar(entry("a/../../x", b"x")))
write("link.tar", tar(entry("x", kind=tarfile.LNKTYPE, link="../../etc/passwd")))
write("own.tar", tar(entry(".fakejail/owners", b"x")))
