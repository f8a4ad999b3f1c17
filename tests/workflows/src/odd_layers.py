# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# odd_layers.py LAYOUT - makes an OCI layout with the image `odd`, which has every oddity of layers that the image
# specification names and images have, in plain, gzip and zstd layers.
import gzip, hashlib, io, json, os, struct, subprocess, sys, tarfile

FILE, LINK, SYMLINK, CHAR, BLOCK, DIR, FIFO = b"0", b"1", b"2", b"3", b"4", b"5", b"6"


def m(name, data=b"", kind=FILE, link="", mode=0o644, uid=0, gid=0, pax=None, dev=(0, 0), time=1000000000):
    t = tarfile.TarInfo(name)
    t.type, t.mode, t.uid, t.gid, t.linkname, t.mtime = kind, mode, uid, gid, link, time
    t.size, t.pax_headers, (t.devmajor, t.devminor) = len(data), pax or {}, dev
    return t, data


def d(name, mode=0o755, **more):
    return m(name, kind=DIR, mode=mode, **more)


def tar(members, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, errors="surrogateescape") as f:
        for t, data in members:
            f.addfile(t, io.BytesIO(data))
    return out.getvalue()


def text(raw):
    """Bytes as tarfile wants them in a header."""
    return raw.decode("utf-8", "surrogateescape")


capability = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)  # cap_net_bind_service=ep
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in ((1, 6, 0xffffffff), (2, 4, 1234), (4, 4, 0xffffffff), (16, 6, 0xffffffff), (32, 0, 0xffffffff)))
default = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in ((1, 7, 0xffffffff), (4, 5, 0xffffffff), (8, 7, 55), (16, 7, 0xffffffff), (32, 5, 0xffffffff)))
x = lambda name, value: {"SCHILY.xattr." + name: text(value)}

layers = [
    # what kinds there are
    [d("./", 0o755, time=900000000), d("etc/", 0o750, uid=5, gid=7), m("etc/shadow", b"x", mode=0o640, gid=42),
     m("etc/passwd", b"root:x:0:0::/root:/bin/sh\n"),
     d("bin/"), m("bin/su", b"su", mode=0o4755), m("bin/wall", b"w", mode=0o2755, gid=5), m("bin/both", b"b", mode=0o6711, uid=3, gid=4),
     m("bin/ping", b"p", mode=0o755, pax=x("security.capability", capability)),
     m("bin/hard", kind=LINK, link="bin/su", mode=0o4755),
     d("tmp/", 0o1777), d("closed/", 0o000, uid=9), m("closed/in", b"c", mode=0), d("sticky/", 0o3777, gid=50), m("sticky/in", b"s", gid=50),
     d("dev/"), m("dev/null", kind=CHAR, dev=(1, 3), mode=0o666), m("dev/sda", kind=BLOCK, dev=(8, 0), mode=0o660, gid=6),
     m("dev/big", kind=CHAR, dev=(300, 70000), mode=0o600), m("dev/fifo", kind=FIFO, mode=0o622, uid=1),
     m("dev/null2", kind=LINK, link="dev/null"),
     m("dev/link", kind=SYMLINK, link="/etc/passwd", mode=0o777, uid=11, gid=12), m("dev/dangling", kind=SYMLINK, link="../../nosuch", mode=0o777),
     m("dev/hardlink-of-link", kind=LINK, link="dev/dangling"),
     m("ids", uid=65534, gid=65534), m("ids-large", uid=3000000000, gid=4000000000), m("ids-octal", uid=2097151, gid=2097152),
     m("time-old", time=-86400), m("time-zero", time=0), m("time-fraction", pax={"mtime": "1234567890.123456789"}), m("time-far", time=5000000000),
     m("attributes", b"a", pax={**x("user.one", b"1"), **x("user.empty", b""), **x("user.binary", b"a=b\nc"), **x("trusted.t", b"t")}),
     d("attributes.d/", pax={**x("user.two", b"2")}),
     m("access", b"l", mode=0o660, pax=x("system.posix_acl_access", acl)), d("access.d/", 0o775, pax=x("system.posix_acl_default", default)),
     m("access.d/new", b"n", mode=0o640),
     m("long/" + "n" * 150 + "/" + "m" * 200, b"l"), m("long/link", kind=SYMLINK, link="t" * 300, mode=0o777),
     m("\u00fc/\u4e2d", b"u"), m("\u00fc/l", kind=SYMLINK, link="\u4e2d", mode=0o777), m("with\nnewline and space", b"n"), m("-dash", b"d"),
     m("implied/above/it", b"i"), m("empty", b""), m("same", b"1"), m("same", b"22", mode=0o600), m("large", os.urandom(3) + bytes(300000)),
     ],
    # below what the next ones change
    [d("k/", 0o700, uid=21, time=800000000), m("k/a", b"a"), m("k/b", b"b"), m("k/sub/c", b"c"), d("w/"), m("w/one", b"1"), m("w/two", b"2"), m("w/.hidden", b"h"),
     d("w/dir/"), m("w/dir/in", b"i"), d("o/", 0o711, time=700000000), m("o/old", b"o"), d("o/kept/", 0o700), m("o/kept/old", b"o"), d("o/deep/er/"), m("o/deep/er/x", b"x"),
     m("file-to-dir", b"f"), d("dir-to-file/"), m("dir-to-file/in", b"i"), m("file-to-link", b"f"), m("link-to-file", kind=SYMLINK, link="empty", mode=0o777),
     m("link-to-dir", kind=SYMLINK, link="w", mode=0o777), d("dir-to-link/"), m("dir-to-link/in", b"i"), m("file-to-device", b"f"), m("device-to-file", kind=CHAR, dev=(1, 5)),
     m("pair-a", b"pair"), m("pair-b", kind=LINK, link="pair-a"), m("pair-c", kind=LINK, link="pair-a"),
     m("suid", b"s", mode=0o4755), m("cap", b"c", mode=0o755, pax=x("security.capability", capability)), d("attr.d/", pax=x("user.lower", b"l")),
     d("usr/"), d("usr/lib/"), m("lib", kind=SYMLINK, link="usr/lib", mode=0o777), d("gone/"), m("gone/in", b"i"), d("times/", time=600000000), m("times/a", b"a"),
     m("link-abs", kind=SYMLINK, link="/usr", mode=0o777)],
    # whiteouts before and behind what the layer brings
    [m("w/.wh.one"), m("w/one", b"1 again", mode=0o600), m("w/two", b"2 again"), m("w/.wh.two"), m("w/.wh..hidden"), m("w/.wh.dir"), m("w/.wh.nosuch"),
     m("o/new", b"n"), m("o/kept/new", b"n"), m("o/.wh..wh..opq"), m("o/after", b"a"), m(".wh.gone"), m("gone/back", b"b"),
     m("k/.wh..wh..opq"), m("k/sub/d", b"d"), m(".wh..wh.aufs"), m("times/.wh.a")],
    # one kind in another's place
    [m("file-to-dir/in", b"now a directory") if False else d("file-to-dir/", 0o751, uid=2), m("file-to-dir/in", b"i"), m("dir-to-file", b"f", mode=0o604), m("file-to-link", kind=SYMLINK, link="w", mode=0o777),
     m("link-to-file", b"f"), d("link-to-dir/", 0o700), m("link-to-dir/in", b"i"), m("dir-to-link", kind=SYMLINK, link="w", mode=0o777),
     m("file-to-device", kind=BLOCK, dev=(7, 1), mode=0o640), m("device-to-file", b"f"), m("pair-b", b"no pair"), m("pair-d", kind=LINK, link="pair-c"),
     m("suid", b"s", mode=0o755), m("cap", b"c", mode=0o755), d("attr.d/", pax=x("user.upper", b"u")),
     m("lib/through", b"t"), m("link-abs/lib/absolute", b"a"), m("across", kind=LINK, link="bin/su"), m("across-link", kind=LINK, link="dev/dangling"),
     d("closed/", 0o000, uid=9), m("closed/more", b"m"), d("k/", 0o705, uid=22, gid=23, time=850000000), m("ids", b"now", uid=1, gid=2)],
]
layout = sys.argv[1]
os.makedirs(layout + "/blobs/sha256")


def blob(data):
    digest = hashlib.sha256(data).hexdigest()
    with open(layout + "/blobs/sha256/" + digest, "wb") as f:
        f.write(data)
    return {"digest": "sha256:" + digest, "size": len(data)}


plain = [tar(l, tarfile.GNU_FORMAT if n == 2 else tarfile.PAX_FORMAT) for n, l in enumerate(layers)]
kinds = ["", "+gzip", "+gzip", ""]
packed = [gzip.compress(p, 6, mtime=0) if k == "+gzip" else p for p, k in zip(plain, kinds)]
media = "application/vnd.oci.image."
config = blob(json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "history": [{"created_by": "odd"}] * len(plain),
                          "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(p).hexdigest() for p in plain]}}).encode())
manifest = blob(json.dumps({"schemaVersion": 2, "mediaType": media + "manifest.v1+json", "config": {"mediaType": media + "config.v1+json", **config},
                            "layers": [{"mediaType": media + "layer.v1.tar" + k, **blob(p)} for p, k in zip(packed, kinds)]}).encode())
with open(layout + "/index.json", "w") as f:
    json.dump({"schemaVersion": 2, "manifests": [{"mediaType": media + "manifest.v1+json", **manifest, "annotations": {"org.opencontainers.image.ref.name": "odd"}}]}, f)
with open(layout + "/oci-layout", "w") as f:
    f.write('{"imageLayoutVersion":"1.0.0"}')
