# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# list_tree.py ROOT - all that can be seen of a tree, a line a name: kind, mode, owners, device, length, time, link, other
# names of the same file, attributes (with capabilities and access lists), and the sum of the data. Run by real root on a
# real tree and in a jail on one of ours, the same comes out. ROOT/.fakejail is left out.
import hashlib, os, stat, sys

root = os.fsencode(sys.argv[1])
first = {}


def show(path):
    st = os.lstat(path)
    name = os.fsdecode(os.path.relpath(path, root)).encode("unicode_escape", "surrogateescape").decode()
    words = [name, oct(st.st_mode), "%d:%d" % (st.st_uid, st.st_gid), "%d.%09d" % divmod(st.st_mtime_ns, 10**9)]
    if stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
        words.append("device %d,%d" % (os.major(st.st_rdev), os.minor(st.st_rdev)))
    if stat.S_ISLNK(st.st_mode):
        words.append("-> " + os.fsdecode(os.readlink(path)))
    if stat.S_ISREG(st.st_mode):
        with open(path, "rb") as f:
            words.append("%d %s" % (st.st_size, hashlib.sha256(f.read()).hexdigest()[:12]))
    if not stat.S_ISDIR(st.st_mode) and st.st_nlink > 1:
        words.append("one of %d, as %s" % (st.st_nlink, first.setdefault((st.st_dev, st.st_ino), name)))
    for attribute in sorted(os.listxattr(path, follow_symlinks=False)):
        words.append(attribute + "=" + os.getxattr(path, attribute, follow_symlinks=False).hex())
    print(" | ".join(words))
    if stat.S_ISDIR(st.st_mode):
        for entry in sorted(os.listdir(path)):
            if path != root or entry != b".fakejail":
                show(os.path.join(path, entry))


sys.setrecursionlimit(100000)
show(root)
