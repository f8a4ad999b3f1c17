#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-used.sh - does the same in a private copy that is an overlay, and in a real copy: installs thirty packages by apt
# and dpkg, with diversions, upgrades and removes them; uses a git repository of 6,000 files, and databases in the lower
# layer; removes a tree; and changes names by sixteen processes at once. Both must show the same, and the lower layer may not
# change.
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=../lib/layers.sh
. "$tests_dir/lib/layers.sh"
need_overlays
private_root bookworm
limit_seconds=${FAKEJAIL_LIMIT:-600}

# ---- the lower layer: a repository of packages, one of git, databases ----

cat >"$root/make-lower.sh" <<'END'
set -e
mkdir -p /srv/repo /srv/build
for v in 1 2; do
	for n in $(seq 30); do
		p=/srv/build/p
		rm -rf $p
		mkdir -p $p/DEBIAN $p/usr/share/pkg$n/sub $p/etc/pkg $p/usr/bin
		{
			printf 'Package: pkg%s\nVersion: %s\nArchitecture: all\nMaintainer: nobody <n@example.org>\n' $n $v
			[ $n = 1 ] || printf 'Depends: pkg%s\n' $((n - 1))
			[ $n != 13 ] || printf 'Replaces: pkg12\n'
			printf 'Description: a trial\n'
		} >$p/DEBIAN/control
		echo /etc/pkg/$n.conf >$p/DEBIAN/conffiles
		echo "setting of $v" >$p/etc/pkg/$n.conf
		for f in $(seq 12); do echo "$n $f $v" >$p/usr/share/pkg$n/$f; done
		ln $p/usr/share/pkg$n/1 $p/usr/share/pkg$n/sub/hard
		ln -s ../1 $p/usr/share/pkg$n/sub/soft
		[ $v = 1 ] || rm $p/usr/share/pkg$n/12
		printf '#!/bin/sh\necho program %s of %s\n' $n $v >$p/usr/bin/prog$n
		chmod 755 $p/usr/bin/prog$n
		[ $n != 1 ] || chmod 4755 $p/usr/bin/prog1
		[ $n != 13 ] || { mkdir -p $p/usr/share/pkg12; echo taken >$p/usr/share/pkg12/3; }
		case $n in
		5) printf '#!/bin/sh\nset -e\n[ "$1" != configure ] || id -u five >/dev/null 2>&1 || useradd -r -M five\nchown -R five /usr/share/pkg5\n' >$p/DEBIAN/postinst ;;
		6 | 7) printf '#!/bin/sh\nset -e\nupdate-alternatives --install /usr/bin/choice choice /usr/bin/prog%s %s\n' $n $n >$p/DEBIAN/postinst
			printf '#!/bin/sh\nset -e\n[ "$1" = upgrade ] || update-alternatives --remove choice /usr/bin/prog%s\n' $n >$p/DEBIAN/prerm ;;
		8) echo 'interest-noawait /usr/share/pkg9' >$p/DEBIAN/triggers
			printf '#!/bin/sh\nset -e\n[ "$1" != triggered ] || echo "$2" >>/var/lib/pkg8\n' >$p/DEBIAN/postinst ;;
		9) printf '#!/bin/sh\nset -e\n[ "$1" = upgrade ] || dpkg-divert --package pkg9 --rename --divert /usr/bin/arch.real --add /usr/bin/arch\n' >$p/DEBIAN/preinst
			printf '#!/bin/sh\nset -e\n[ "$1" = upgrade ] || dpkg-divert --package pkg9 --rename --remove /usr/bin/arch\n' >$p/DEBIAN/postrm
			printf '#!/bin/sh\necho diverted\n' >$p/usr/bin/arch
			chmod 755 $p/usr/bin/arch ;;
		10) printf '#!/bin/sh\nset -e\ndpkg-statoverride --list /usr/bin/prog10 >/dev/null || dpkg-statoverride --update --add mail staff 2755 /usr/bin/prog10\n' >$p/DEBIAN/postinst ;;
		esac
		for script in preinst postinst prerm postrm; do
			[ ! -e $p/DEBIAN/$script ] || chmod 755 $p/DEBIAN/$script
		done
		deb=pkg${n}_${v}_all.deb
		dpkg-deb -Znone -b $p /srv/repo/$deb >/dev/null
		{ dpkg-deb -f /srv/repo/$deb
		printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' $deb $(stat -c %s /srv/repo/$deb) $(sha256sum /srv/repo/$deb | cut -d' ' -f1)
		} >>/srv/repo/Packages
	done
done
rm -rf /srv/build
echo 'deb [trusted=yes] file:/srv/repo ./' >/etc/apt/sources.list
rm -rf /etc/apt/sources.list.d/*

mkdir -p /srv/git && cd /srv/git
export HOME=/root
git config --global user.name me
git config --global user.email me@example.org
git config --global gc.auto 0
git init -q -b main .
for d in $(seq 30); do
	mkdir d$d
	for f in $(seq 40); do echo "$d $f" >d$d/$f; done
done
git add . && git commit -qm 'twelve hundred'

mkdir -p /srv/db && cd /srv/db
cat >make.py <<'PY'
import sqlite3, dbm, mmap
for name in "delete", "wal", "truncate", "persist":
    c = sqlite3.connect(f"/srv/db/{name}.db")
    c.execute(f"pragma journal_mode={name}")
    c.execute("create table t(id integer primary key, worker int, value text)")
    c.executemany("insert into t(worker, value) values(?, ?)", ((n % 7, "row %d" % n * 5) for n in range(4000)))
    c.execute("create index i on t(value)")
    c.commit()
    c.close()
d = dbm.open("/srv/db/dbm", "n")
for n in range(2000):
    d[str(n)] = "value %d" % n
d.close()
open("/srv/db/mapped", "wb").write(bytes(1 << 20))
PY
python3 make.py
cat >use.py <<'PY'
import os, sqlite3, dbm, mmap, sys
def worker(w):
    for name in "delete", "wal", "truncate", "persist":
        c = sqlite3.connect(f"/srv/db/{name}.db", timeout=100, isolation_level=None)
        for n in range(25):
            c.execute("begin immediate")
            c.execute("update t set value = value || ? where id = ?", (str(w), w * 100 + n + 1))
            c.execute("insert into t(worker, value) values(?, 'new')", (100 + w,))
            c.execute("delete from t where id = ?", (3000 + w * 100 + n,))
            c.execute("commit")
        c.close()
    with open("/srv/db/mapped", "r+b") as f:
        m = mmap.mmap(f.fileno(), 0)
        for n in range(w, len(m), 4 * 997):
            m[n] = w + 1
        m.flush()
# Both are there before the first change: what is open goes on, on the copy.
reader = sqlite3.connect("/srv/db/delete.db", timeout=100)
print(reader.execute("select count(*) from t").fetchone())
for w in range(4):
    if not os.fork():
        worker(w)
        os._exit(0)
for w in range(4):
    print(os.wait()[1])
print(reader.execute("select count(*) from t where worker >= 100").fetchone())
for name in "delete", "wal", "truncate", "persist":
    c = sqlite3.connect(f"/srv/db/{name}.db")
    print(name, c.execute("pragma integrity_check").fetchone(), c.execute("select count(*), sum(id), sum(length(value)) from t").fetchone(),
        c.execute("pragma journal_mode").fetchone())
    c.execute("vacuum")
    c.close()
d = dbm.open("/srv/db/dbm", "w")
for n in range(0, 2000, 3):
    del d[str(n)]
for n in range(500):
    d[str(n)] = "changed"
print(len(d.keys()), d["1"], d["1999"])
d.close()
PY

mkdir -p /srv/storm && cd /srv/storm
for n in $(seq 64); do echo "file $n" >f$n; done
for n in $(seq 16); do mkdir d$n; echo "in $n" >d$n/x; done
cat >storm.py <<'PY'
import os, random
os.chdir("/srv/storm")
def worker(w):
    r = random.Random(w)
    made = 0
    for n in range(250):
        a, b = r.choice("fgh") + str(r.randint(1, 64)), r.choice("fgh") + str(r.randint(1, 64))
        what = r.random()
        try:
            if what < .6:
                # No file is lost: a name that is taken stays.
                os.link(a, b + ".t%d" % w)
                os.unlink(b + ".t%d" % w)
                rename(a, b)
            elif what < .8:
                d = "d%d" % r.randint(1, 16)
                os.mkdir("new.%d" % w)
                os.rename("new.%d" % w, d + ".%d.%d" % (w, n))
                os.rmdir(d + ".%d.%d" % (w, n))
            else:
                t = "d%d/y%d" % (r.randint(1, 16), w)
                with open(t, "w") as f:
                    f.write("made")
                os.rename(t, "d%d/z%d" % (r.randint(1, 16), w))
        except OSError as e:
            if e.errno not in (2, 17, 39, 20, 21):
                print(w, e)
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def rename(a, b):
    if libc.renameat2(-100, a.encode(), -100, b.encode(), 1):
        raise OSError(ctypes.get_errno(), "rename")
for w in range(16):
    if not os.fork():
        worker(w)
        os._exit(0)
for w in range(16):
    os.wait()
files = sorted(open(n).read() for n in os.listdir(".") if n[0] in "fgh" and os.path.isfile(n))
print(len(files), len(set(files)), sorted(n for n in os.listdir(".") if n[0] not in "fgh"))
print(sorted(open("d%d/x" % n).read().strip() for n in range(1, 17)))
PY
END
succeeds 'a lower layer with records, repositories and databases' jail "$root" sh /make-lower.sh

cat >"$root/session.sh" <<'END'
export DEBIAN_FRONTEND=noninteractive LC_ALL=C HOME=/root
exec 2>&1
packages() {
	echo ii $(dpkg-query -W -f '${Status}\n' 'pkg*' | grep -c '^install ok installed')
}
echo '== apt'
apt-get -qq update && apt-get -qq -y install pkg30=1 $(seq -f 'pkg%g=1' 29) >/root/log || tail -n 30 /root/log
packages; arch; stat -c '%U %G %a %n' /usr/bin/prog1 /usr/bin/prog10 /usr/share/pkg5 /usr/share/pkg5/1 /usr/share/pkg12/sub/hard; readlink -f /usr/bin/choice
cat /usr/share/pkg12/3 /var/lib/pkg8; dpkg -V 'pkg*'; dpkg-divert --list pkg9; dpkg-query -S /usr/share/pkg12/3
echo changed >/etc/pkg/4.conf; rm /etc/pkg/5.conf
apt-get -qq -y -o Dpkg::Options::=--force-confold dist-upgrade >/root/log || tail -n 30 /root/log
packages | sed 's/^/upgraded /'; cat /etc/pkg/4.conf /etc/pkg/6.conf; ls /etc/pkg; prog20; arch | grep -c diverted
apt-get -qq -y remove pkg16 >/root/log || tail -n 30 /root/log
packages; ls /etc/pkg /usr/share | grep -c 'pkg\|conf'
apt-get -qq -y purge pkg9 >/root/log || tail -n 30 /root/log
packages; arch | grep -c diverted
apt-get -qq -y purge 'pkg*' >/root/log || tail -n 30 /root/log
packages; ls -d /etc/pkg /usr/share/pkg* /usr/bin/prog* /usr/bin/arch*; apt-get -qq check; dpkg --audit
echo '== git'
cd /srv/git
git status --porcelain | wc -l
git checkout -q -b side
for d in $(seq 60); do
	mkdir e$d
	for f in $(seq 100); do echo "$d $f more" >e$d/$f; done
done
git add . && git commit -qm 'and six thousand'; git ls-files | wc -l
git rm -rq d1 d2; mkdir moved; git mv d3/* moved; echo more >>d4/1; git commit -qam 'changes'; git show --stat --format=%s -M | tail -n 1
git checkout -q main; git ls-files | wc -l; ls | wc -l; git status --porcelain | wc -l
git gc -q; git fsck --full; git count-objects; git log side --format='%s %T'
git checkout -q side; git status --porcelain | wc -l
echo '== databases'
cd /
python3 /srv/db/use.py; ls /srv/db; md5sum /srv/db/mapped
echo '== a tree'
rm -rf /usr/share/doc; ls /usr/share/doc; mkdir -p /usr/share/doc/a; find /usr/share/doc
echo '== at once'
python3 /srv/storm/storm.py
echo '== all'
find / -xdev ! -path '/proc/*' ! -path '/sys/*' ! -path '/dev/*' ! -path '/srv/storm/*' ! -path '*/.git/*' ! -type d -printf '%p %y %m %U %G %l\n' |
	grep -v '^/var/log\|^/etc/[a-z]*-\|^/var/cache\|^/var/lib/apt' | sort
find / -xdev ! -path '/proc/*' ! -path '/sys/*' ! -path '/dev/*' ! -path '*/.git/*' -type d -printf '%p %y %m %U %G\n' | sort
find /srv /usr/share /etc /var/lib/dpkg -type f ! -name '*-' ! -name '*-old' ! -name shadow ! -path '/srv/storm/*' ! -path '*/.git/*' ! -path '/srv/db/*' | sort | xargs md5sum
END
give_to_user "$root/session.sh"
remember "$root"

run jail --rm --copy "$root" sh /session.sh
printf '%s\n' "$out" >"$work/copy"
for line in 'ii 30' diverted 'and six thousand [0-9a-f]*' "wal ('ok',) .*" '64 64 .*'; do
	is "the session in a copy: $line" 1 "$(grep -cx -- "$line" "$work/copy")"
done
unchanged 'a copy' "$root"
mkdir "$mine/rw" "$mine/work"
give_to_user "$mine/rw" "$mine/work"
kept="--overlay $mine/rw $mine/work /"
# shellcheck disable=SC2086 # words
run jail $kept "$root" sh /session.sh
printf '%s\n' "$out" >"$work/overlay"
if cmp -s "$work/copy" "$work/overlay"; then
	ok 'the session on an overlay shows the same'
else
	fail 'the session on an overlay' 'it shows something else' "$(diff "$work/copy" "$work/overlay" | head -n 60)"
fi
unchanged 'an overlay' "$root"
# shellcheck disable=SC2086 # words
prints 'the next jail with the same upper layer' "$(sed '1,/^== all/d' "$work/overlay")" \
	jail $kept "$root" sh -c "export LC_ALL=C; $(sed '1,/^echo .== all/d' "$root/session.sh")"
finish
