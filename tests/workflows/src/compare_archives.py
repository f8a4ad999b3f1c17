# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# compare_archives.py ONE OTHER - prints what differs between two tar archives: the members, in their order, with all that is
# said of each and the sum of the data. What one writer spells otherwise and means the same is the same.
import hashlib, re, sys, tarfile


def entries(name):
    result = []
    with tarfile.open(name, errors="surrogateescape") as archive:
        for t in archive:
            facts = {"kind": t.type if t.type not in (tarfile.GNUTYPE_SPARSE, tarfile.CONTTYPE) else tarfile.REGTYPE, "mode": oct(t.mode),
                     "owner": (t.uid, t.gid), "time": round(t.mtime, 6), "link": t.linkname.removeprefix("./") if t.islnk() else t.linkname,
                     "device": (t.devmajor, t.devminor) if t.ischr() or t.isblk() else ()}
            if not t.islnk():
                for key, value in t.pax_headers.items():
                    if key.startswith("SCHILY.xattr."):
                        facts[key] = value
                    if key.startswith("SCHILY.acl."):
                        facts[key] = sorted(re.sub(r"^(user|group):(\d+):(...):\d+$", r"\1:\2:\3", e) for e in re.split("[,\n]", value) if e)
                if len(facts.get("SCHILY.acl.access", range(4))) < 4:
                    del facts["SCHILY.acl.access"]  # no more than the mode
                if "SCHILY.acl.access" in facts:
                    # libarchive writes the owning group's own bits where tar writes the mask; the list has both.
                    facts["mode"] = oct(t.mode & ~0o070)
            if t.isreg():
                sum_, f = hashlib.sha256(), archive.extractfile(t)
                for piece in iter(lambda: f.read(1 << 20), b""):
                    sum_.update(piece)
                facts["data"] = (t.size, sum_.hexdigest()[:12])
            result.append((t.name.removeprefix("./").rstrip("/") or ".", facts))
    return result


one, other = entries(sys.argv[1]), entries(sys.argv[2])
if [n for n, _ in one] != [n for n, _ in other]:
    names = set(n for n, _ in one), set(n for n, _ in other)
    print("only in one:", sorted(names[0] - names[1])[:20], "only in the other:", sorted(names[1] - names[0])[:20])
    if names[0] == names[1]:
        print("another order:", next((a[0], b[0]) for a, b in zip(one, other) if a[0] != b[0]))
facts = dict(other)
for name, a in one:
    b = facts.get(name, a)
    if a != b:
        print(name, {k: (a.get(k), b.get(k)) for k in a.keys() | b.keys() if a.get(k) != b.get(k)})
print(len(one), "members")
