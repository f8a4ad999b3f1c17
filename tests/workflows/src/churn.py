# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# churn.py DIR STOP - changes what is in the directory until there is a file STOP: files come, go, grow, shrink, and become directories, symlinks and
# fifos. images-hostile.sh copies and packs it meanwhile.
import os, random, shutil, sys

stop = os.path.abspath(sys.argv[2])
os.chdir(sys.argv[1])
choose = random.Random(1)


def remove(name):
    if os.path.isdir(name) and not os.path.islink(name):
        shutil.rmtree(name)
    elif os.path.lexists(name):
        os.unlink(name)


while not os.path.exists(stop):
    name = "f%d" % choose.randrange(40)
    new = "new-" + name
    what = choose.randrange(7)
    if what == 0:
        remove(name)
        continue
    if what == 1 and os.path.isfile(name) and not os.path.islink(name):
        os.truncate(name, choose.choice((0, 100, 300000)))
        continue
    if what == 2:
        os.mkfifo(new)
    elif what == 3:
        os.symlink("../steady", new)
    elif what == 4:
        os.mkdir(new)
        for inner in "abc":
            open(new + "/" + inner, "w").write(inner * 9000)
    else:
        open(new, "w").write(name * choose.choice((1, 1000, 90000)))
    if os.path.isdir(new) or (os.path.isdir(name) and not os.path.islink(name)):
        remove(name)
    os.rename(new, name)
