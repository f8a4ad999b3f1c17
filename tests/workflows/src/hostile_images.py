# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# hostile_images.py - makes the archives of images-hostile.sh in the current directory, which has busybox, and the list of them:
# a line each, "FILE<tab>OPTION<tab>what the one line of the message must be like, as a shell pattern". OPTION is one of
# unpack's, or -. An empty pattern: it is unpacked, and stays inside.
import gzip, hashlib, io, json, lzma, os, subprocess, tarfile

FILE, LINK, SYMLINK, CHAR, BLOCK, DIR, FIFO = b"0", b"1", b"2", b"3", b"4", b"5", b"6"
table = []


def member(name, data=b"", kind=FILE, link="", mode=0o644, uid=0, gid=0, pax=None, dev=(0, 0)):
    t = tarfile.TarInfo(name)
    t.type, t.mode, t.uid, t.gid, t.linkname, t.mtime = kind, mode, uid, gid, link, 1000000000
    t.size, t.pax_headers, (t.devmajor, t.devminor) = len(data), pax or {}, dev
    return t, data


def tar(*members, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, errors="surrogateescape") as f:
        for t, data in members:
            f.addfile(t, io.BytesIO(data))
    return out.getvalue()


def header(name, size=0, kind=FILE, magic=b"ustar\x0000", **field):
    """A header made by hand, for numbers that tarfile does not write."""
    h = bytearray(512)
    parts = {"name": name, "mode": b"0000644\0", "uid": b"0000000\0", "gid": b"0000000\0", "size": b"%011o\0" % size,
             "mtime": b"07346545000\0", "magic": magic, **field}
    at = {"name": 0, "mode": 100, "uid": 108, "gid": 116, "size": 124, "mtime": 136, "link": 157, "magic": 257}
    for key, value in parts.items():
        h[at[key]:at[key] + len(value)] = value
    h[156:157] = kind
    h[148:156] = b" " * 8
    h[148:156] = b"%06o\0 " % sum(h)
    return bytes(h)


def put(name, data, pattern, option="-"):
    with open(name, "wb") as f:
        f.write(data)
    table.append("\t".join((name, option, pattern)))


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def sub(data):
    return [member("d/", kind=DIR, mode=0o755), member("d/x", data)]


busybox = open("busybox", "rb").read()
end = bytes(1024)

# ---- cut and damaged, in every compression
good = tar(member("bin/", kind=DIR, mode=0o755), member("bin/busybox", busybox, mode=0o755), member("bin/last", os.urandom(70000)))
for suffix, packed in (("tar", good), ("tar.gz", gzip.compress(good, 6, mtime=0)), ("tar.zst", zstd(good)), ("tar.xz", lzma.compress(good, preset=1))):
    for part in (1, 50, 99):
        put("cut-%d.%s" % (part, suffix), packed[:len(packed) * part // 100], "*cut-%d.%s*truncated or corrupt*" % (part, suffix))
    put("cut-head." + suffix, packed[:300] if suffix == "tar" else packed[:9], "*cut-head.%s*" % suffix)
    if suffix != "tar":
        hurt = bytearray(packed)
        for at in range(len(hurt) // 2, len(hurt) // 2 + 64):
            hurt[at] ^= 0x55
        put("hurt." + suffix, bytes(hurt), "*hurt.%s*" % suffix)
put("hurt.tar", tar(*sub(b"x" * 600)) [:1024] + b"\xff" * 2048 + end, "*hurt.tar*corrupt*")
put("noise.tar", bytes(range(256)) * 40, "*noise.tar*no archive*")
put("text.tar", b"#!/bin/sh\necho this is no archive\n" * 100, "*text.tar*no archive*")
put("empty.tar", b"", "*empty.tar*no archive*")
put("gzip-of-nothing.tar", gzip.compress(b"", mtime=0), "*gzip-of-nothing.tar*no archive*")

# ---- names
for name, path in (("absolute", "/tmp/x"), ("absolute-slashes", "//x")):
    put(name + ".tar", tar(member(path, b"x")), "*member '%s': its name is absolute" % path)
for name, path in (("up", "../x"), ("up-middle", "a/../../x"), ("up-end", "a/.."), ("up-only", "..")):
    put(name + ".tar", tar(member("a/", kind=DIR, mode=0o755), member(path, b"x", mode=0o755)), "*member '%s': its name has a '..'" % path)
for n, path in enumerate((".fakejail", ".fakejail/owners", "./.fakejail/owners", "a//.fakejail/x")):
    put("own-%d.tar" % n, tar(member(path, b"x")), "*member '%s': '.fakejail' is where*" % path)
put("own-directory.tar", tar(member(".fakejail/", kind=DIR, mode=0)), "*member '.fakejail*': '.fakejail' is where*")
put("own-symlink.tar", tar(member(".fakejail", kind=SYMLINK, link="x")), "*member '.fakejail': '.fakejail' is where*")
put("own-hardlink.tar", tar(member("x", kind=LINK, link=".fakejail/owners")), "*member 'x' is a link to '.fakejail/owners': '.fakejail' is where*")
for n, link in enumerate((".fakejail", "/.fakejail", "./a/../.fakejail/owners")):
    put("own-by-symlink-%d.tar" % n, tar(member("a/", kind=DIR, mode=0o755), member("x", kind=SYMLINK, link=link), member("x/owners", b"x")),
        "*member 'x'*'%s'*'.fakejail' is where*" % link)
put("long-name.tar", tar(member("a/" * 2100 + "x", b"x")), "*member 'a/a/a/*...': its name is longer than 4096 bytes")
put("long-part.tar", tar(member("a" * 300, b"x")), "*member 'aaaa*...': cannot make it: File name too long")
put("long-link.tar", tar(member("x", kind=SYMLINK, link="a/" * 2100)), "*member 'x': cannot make it: File name too long")
put("long-hardlink.tar", tar(member("y", b"y"), member("x", kind=LINK, link="a/" * 2100)), "*member 'x' is a link to 'a/a*...': its name is longer*")
put("deep.tar", tar(member("a/" * 2040 + "x", b"x")), "")
put("control.tar", tar(member("a\x1b[2J\nb/../x", b"x")), r"*member 'a\\033?2J\\012b/../x': its name has a '..'")
put("no-name.tar", header(b"") + end, "*a member without a name")
put("root-is-a-file.tar", header(b".") + end, "*member '.*': *the root of the tree*")
put("root-is-a-link.tar", tar(member(".", kind=SYMLINK, link="/")), "*member '.': *the root of the tree*")
put("root-is-a-hardlink.tar", tar(member("a", b"a"), member(".", kind=LINK, link="a")), "*member '.': *the root of the tree*")

# ---- links out: what is there is the tree's, whatever it is called on the host
here = os.getcwd()
for name, link in (("absolute", here + "/outside"), ("relative", "../" * 40 + here[1:] + "/outside"), ("proc", "/proc/self/root" + here + "/outside"),
                   ("cwd", "/proc/self/cwd"), ("fd", "/proc/self/fd/3")):
    put("through-%s.tar" % name, tar(member("l", kind=SYMLINK, link=link), member("l/written", b"x")), "*member 'l/written': cannot make*")
    put("through-%s-link.tar" % name, tar(member("l", kind=SYMLINK, link=link), member("x", kind=LINK, link="l/canary")), "*member 'x' is a link to 'l/canary', which is not there")
put("through-inside.tar", tar(member("t/", kind=DIR, mode=0o755), member("l", kind=SYMLINK, link="/t"), member("l/written", b"x")), "")
put("instead-of-link.tar", tar(member("l", kind=SYMLINK, link=here + "/outside/canary"), member("l", b"written")), "")
put("hardlink-of-link.tar", tar(member("l", kind=SYMLINK, link=here + "/outside/canary"), member("m", kind=LINK, link="l"), member("m", b"written")), "")
put("owner-of-link.tar", tar(member("l", kind=SYMLINK, link=here + "/outside/canary", uid=7, gid=8, mode=0o600)), "")
put("link-up.tar", tar(member("x", kind=LINK, link="../outside/canary")), "*member 'x' is a link to '../outside/canary': its name has a '..'")
put("link-absolute.tar", tar(member("x", kind=LINK, link=here + "/outside/canary")), "*member 'x' is a link to '/*': its name is absolute")
put("link-nowhere.tar", tar(member("x", kind=LINK, link="nosuch")), "*member 'x' is a link to 'nosuch', which is not there")
put("link-directory.tar", tar(member("d/", kind=DIR, mode=0o755), member("x", kind=LINK, link="d")), "*member 'x': cannot make it: Operation not permitted")
put("symlink-nothing.tar", header(b"x", kind=SYMLINK) + end, "*member 'x': a symbolic link to nothing")
put("link-loop.tar", tar(member("a", kind=SYMLINK, link="b"), member("b", kind=SYMLINK, link="a"), member("a/x", b"x")), "*member 'a/x': cannot make*")
put("file-below-file.tar", tar(member("a", b"a"), member("a/x", b"x")), "*member 'a/x': cannot make*")
put("device-then-file.tar", tar(member("n", kind=CHAR, dev=(1, 3)), member("n", b"x")), "")

# ---- numbers
put("owner-huge.tar", header(b"x", uid=b"\x80\0\0\1\0\0\0\0") + end, "*member 'x': its owner*")
put("owner-none.tar", header(b"x", gid=b"\x80\0\0\0\xff\xff\xff\xff") + end, "*member 'x': its owner*")
put("owner-negative.tar", tar(member("x", pax={"uid": "-5"})), "*member 'x': its owner*")
put("size-negative.tar", header(b"x", size=0, kind=FILE)[:124] + b"\xff" * 12 + header(b"x")[136:] + end, "*size-negative.tar*")
put("size-huge.tar", tar(member("y", b"y"))[:1024] + header(b"x", size=0o77777777777) + end, "*member 'x': *")
put("kind-odd.tar", header(b"w") + header(b"x", kind=b"\x01") + end, "")
put("name-not-utf8.tar", tar(member("caf\udce9"), member("\u00fc/\u4e2d"), form=tarfile.GNU_FORMAT), "")
put("name-utf8.tar", tar(member("\u00fc/\u4e2d"), member("l", kind=SYMLINK, link="\u00fc" * 120), member("k", kind=LINK, link="\u00fc/\u4e2d")), "")
put("pax-broken.tar", header(b"p", size=20, kind=b"x") + b"99999999 path=x\n".ljust(512, b"\0") + header(b"x") + end, "*pax-broken.tar*")
put("pax-endless.tar", header(b"p", size=1 << 30, kind=b"x") + b"30 path=".ljust(512, b"x") + end, "*pax-endless.tar*")
put("attribute-huge.tar", tar(member("x", pax={"SCHILY.xattr.user.big": "v" * 70000})), "*member 'x': its attribute 'user.big': *")
put("attribute-name.tar", tar(member("x", pax={"SCHILY.xattr.user." + "n" * 300: "v"})), "*member 'x': its attribute 'user.nnn*")

# ---- too much: members of zeros, and data that unpacks to them
zeros = gzip.compress(header(b"zeros", size=10 << 30)[:512] + bytes(64 << 20), 1, mtime=0)
put("zeros-cut.tar.gz", zeros, "*member 'zeros': *")


def streamed(name, size, pattern):
    """A member of SIZE zeros that is really there, compressed as it is written."""
    z = subprocess.Popen(["zstd", "-qc", "-1"], stdin=subprocess.PIPE, stdout=open(name, "wb"))
    z.stdin.write(header(b"before") + header(b"zeros", size=size))
    for _ in range(size >> 20):
        z.stdin.write(bytes(1 << 20))
    z.stdin.write(end)
    z.stdin.close()
    z.wait()
    table.append(name + "\t-\t" + pattern)


streamed("zeros.tar.zst", 1100 << 20, "*member 'zeros': the tree gets larger than is allowed (see --max-size)")
many = io.BytesIO()
with gzip.GzipFile(fileobj=many, mode="wb", compresslevel=1, mtime=0) as f:
    block = b"".join(header(b"f%04d" % n) for n in range(2048))
    for _ in range(24):
        f.write(block)
    f.write(end)
put("many.tar.gz", many.getvalue(), "*member 'f*': the tree gets larger than is allowed (see --max-size)", "--max-size=1M")


# ---- images
def image(layers, ids=None, config=None, manifest=None, first=(), names=None):
    ids = [digest(l) for l in layers] if ids is None else ids
    if config is None:
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/busybox", "true"]},
                             "rootfs": {"type": "layers", "diff_ids": ids}}).encode()
    names = names or ["%064x/layer.tar" % (n + 10) for n in range(len(layers))]
    if manifest is None:
        manifest = json.dumps([{"Config": "c.json", "RepoTags": ["bad:1"], "Layers": names}]).encode()
    return tar(*first, *[member(n, l) for n, l in zip(names, layers)], member("c.json", config), member("manifest.json", manifest))


def oci(name, layer, pattern, config=None, media="application/vnd.oci.image.layer.v1.tar", sizes=0, wrong=None, index=None, layers=1, diff=None, platform=None, option="-"):
    """An OCI layout in an archive; WRONG: the part whose bytes are other than its digest says."""
    diff = diff or digest(layer)
    config = config or json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["/bin/busybox", "true"]},
                                   "rootfs": {"type": "layers", "diff_ids": [diff] * layers}}).encode()
    d = {"mediaType": media, "digest": digest(layer), "size": len(layer) + sizes}
    manifest = json.dumps({"schemaVersion": 2, "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(config),
                           "size": len(config)}, "layers": [d] * layers}).encode()
    entry = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest(manifest), "size": len(manifest)}
    if platform:
        entry["platform"] = platform
    index = index or json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    parts = [member("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), member("index.json", index)]
    for key, data in (("layer", layer), ("config", config), ("manifest", manifest)):
        if wrong == "no " + key:
            continue
        parts.append(member("blobs/sha256/" + digest(data)[7:], data[:-1] + b"?" if wrong == key else data))
    put(name, tar(*parts), pattern, option)


plain = tar(member("bin/", kind=DIR, mode=0o755), member("bin/busybox", busybox, mode=0o755))
link_out = tar(member("l", kind=SYMLINK, link=here + "/outside"), member("t/", kind=DIR, mode=0o755), member("t/canary", b"t"))
put("image-good.tar", image([plain]), "")
put("image-digest.tar", image([plain], ids=["sha256:" + "0" * 64]), "*the layer is sha256:*, and should be sha256:0000*")
put("image-ids.tar", image([plain], ids=[digest(plain)] * 2), "*1 layers, its configuration 2")
put("image-no-digest.tar", image([plain], ids=["md5:abc"]), "*layer 1 has no sha256 digest")
put("image-cut-layer.tar", image([plain[:300000]]), "*member 'bin/busybox': it is truncated or corrupt*")
put("image-cut.tar", image([plain])[:400000], "*member '0000*/layer.tar'*truncated or corrupt*")
put("image-layer-noise.tar", image([b"noise" * 1000]), "*no archive*")
put("image-layer-missing.tar", image([plain], manifest=b'[{"Config":"c.json","Layers":["nosuch"]}]'), "*the layer 'nosuch', which is not in the archive")
put("image-config-missing.tar", image([plain], manifest=b'[{"Config":"nosuch","Layers":[]}]'), "*the configuration 'nosuch', which is not in the archive")
put("image-layer-loop.tar", image([], ids=[digest(plain)], manifest=b'[{"Config":"c.json","Layers":["%064x"]}]' % 1,
    first=[member("%064x" % 1, kind=SYMLINK, link="%064x" % 2), member("%064x" % 2, kind=SYMLINK, link="%064x" % 1)]), "*the layer '0000*', which is not in the archive")
put("image-manifest-none.tar", tar(member("repositories", b"{}")), "*an image without manifest.json and index.json")
for name, text in (("text", b"no json"), ("cut", b'[{"Config":'), ("deep", b"[" * 100000), ("number", b"1"), ("empty", b""), ("zero", bytes(100))):
    put("image-manifest-%s.tar" % name, image([plain], manifest=text), "*manifest.json*no JSON*")
for name, text in (("object", b"{}"), ("list", b"[]")):
    put("image-manifest-%s.tar" % name, image([plain], manifest=text), "*manifest.json is no list of images")
for name, text in (("odd", b'[1,"x",null]'), ("kinds", b'[{"Config":{},"Layers":{}}]'), ("layers", b'[{"Config":"c.json","Layers":[1]}]')):
    put("image-manifest-%s.tar" % name, image([plain], manifest=text), "*manifest.json names the*")
put("image-manifest-large.tar", image([plain], manifest=b"[" + b" " * (5 << 20) + b"]"), "*member 'manifest.json' is larger than any manifest")
put("image-config-deep.tar", image([plain], config=b'{"a":' * 50000), "*it is no JSON: *depth*")
put("image-config-large.tar", image([plain], config=b'{"a":"' + b"x" * (5 << 20) + b'"}'), "*more than any manifest")
put("image-config-list.tar", image([plain], config=b"[]"), "*1 layers, its configuration 0")
put("image-arm.tar", image([plain], config=json.dumps({"architecture": "arm64", "os": "linux", "rootfs": {"diff_ids": [digest(plain)]}}).encode()),
    "*the image is for linux/arm64, not for linux/amd64 (see --platform)")
put("image-windows.tar", image([plain], config=json.dumps({"architecture": "amd64", "os": "windows", "rootfs": {"diff_ids": [digest(plain)]}}).encode()),
    "*the image is for windows/amd64*")
# across layers
put("image-through.tar", image([link_out, tar(member("l/written", b"x"))]), "*member 'l/written': cannot make*")
put("image-hardlink-out.tar", image([link_out, tar(member("x", kind=LINK, link="l/canary"))]), "*member 'x' is a link to 'l/canary', which is not there")
put("image-whiteout-out.tar", image([link_out, tar(member("l/.wh.canary"))]), "")
put("image-opaque-out.tar", image([link_out, tar(member("l/.wh..wh..opq"))]), "")
put("image-whiteout-dots.tar", image([link_out, tar(member("t/.wh..."))]), "*member 't/.wh...' is a whiteout of something that no layer can hold")
put("image-whiteout-own.tar", image([link_out, tar(member(".wh..fakejail"))]), "*member '.wh..fakejail' is a whiteout of something that no layer can hold")
put("image-whiteout-root.tar", image([link_out, tar(member(".wh.."))]), "*member '.wh..' is a whiteout of something that no layer can hold")
put("image-own-across.tar", image([tar(member("l", kind=SYMLINK, link=".")), tar(member("l/.fakejail/owners", b"x"))]), "*'.fakejail' is where*")
put("image-empty-layer.tar", image([plain, b""]), "")
put("image-no-layers.tar", image([]), "")
oci("oci-good.tar", plain, "")
for key in ("layer", "config", "manifest"):
    oci("oci-wrong-%s.tar" % key, plain, "*member 'blobs/sha256/*' is corrupt: what is there is sha256:*", wrong=key)
    oci("oci-no-%s.tar" % key, plain, "*the blob sha256:* is missing: No such file or directory", wrong="no " + key)
oci("oci-length.tar", plain, "*the blob sha256:* has * bytes, and should have *", sizes=1)
oci("oci-negative.tar", plain, "*layer 1 has no length", sizes=-len(plain) - 5)
oci("oci-gzip-cut.tar", gzip.compress(plain, 6, mtime=0)[:200000], "*truncated or corrupt*", media="application/vnd.oci.image.layer.v1.tar+gzip", diff=digest(plain))
oci("oci-diff.tar", gzip.compress(plain, 6, mtime=0), "*the layer is sha256:*, and should be*", media="application/vnd.oci.image.layer.v1.tar+gzip", diff=digest(b"x"))
late = tar(member("x", b"x")) + bytes(32 << 20)
oci("oci-bomb-after-end.tar", gzip.compress(late, mtime=0), "*behind the last member: the layer gets larger than is allowed (see --max-size)", diff=digest(late), option="--max-size=1M")
oci("oci-after-end.tar", gzip.compress(late, mtime=0), "", diff=digest(late))
put("image-bomb.tar.gz", gzip.compress(image([bytes(32 << 20)]), mtime=0), "*member '*/layer.tar': the image gets larger than is allowed (see --max-size)", "--max-size=1M")
oci("oci-many.tar", plain, "*list of layers*", layers=10001)
oci("oci-index-list.tar", plain, "*list of manifests*", index=b"{}")
oci("oci-index-odd.tar", plain, "*", index=b'{"manifests":[{"digest":"sha256:../../../../etc/passwd"}]}')
oci("oci-index-digest.tar", plain, "*is no sha256 digest", index=b'{"manifests":[{"digest":"sha256:' + b"z" * 64 + b'"}]}')
oci("oci-index-two.tar", plain, "*there are 2 images in it*", index=b'{"manifests":[{},{}]}')
oci("oci-index-deep.tar", plain, "*no JSON*depth*", index=b'{"manifests":' + b"[" * 5000)
put("oci-not-a-manifest.tar", tar(member("oci-layout", b"{}"), member("index.json", b'{"manifests":[{"digest":"%s","size":2}]}' % digest(b"{}").encode()),
    member("blobs/sha256/" + digest(b"{}")[7:], b"{}")), "*is no manifest of an image*")

with open("table", "w") as f:
    f.write("\n".join(table) + "\n")
