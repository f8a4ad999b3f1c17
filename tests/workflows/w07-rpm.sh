#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w07-rpm.sh - workflow W7: an ordinary user runs rpm --root and dnf --installroot into a root whose shell is a static
# busybox.
#
# There are two packages (tests/workflows/src/rpm): a base, and an application with scriptlets, owners, a set-user-id bit, a
# file capability and devices. If root runs the tests, the new roots are compared with those of real root's rpm.
. "$(dirname "$0")/../lib/lib.sh"
need rpm rpmbuild dnf createrepo_c busybox groupadd getcap
if is_reference; then
	skip 'rpm and dnf' 'this test does it as real root by itself'
	finish
fi

home=$mine/home

# ---- packages and a repository, made without any right ----

specs=$mine/specs
cp -R "$tests_dir/workflows/src/rpm" "$specs"
mkdir "$specs/lib"
cp "$tests_dir/lib/add-program" "$specs/lib/"
give_to_user "$specs"
for name in fjbase fjapp; do
	run as_user rpmbuild --quiet -bb --define "_topdir $mine/build" --define "_rpmdir $mine/repo" --define "tests_dir $specs" \
		--define "busybox $(command -v busybox)" --define 'debug_package %{nil}' --define '__os_install_post %{nil}' \
		--define '_build_id_links none' "$specs/$name.spec"
	if [ "$rc" != 0 ]; then
		fail_run "$name.rpm" 'rpmbuild failed'
		finish
	fi
done
# Debian's rpm keeps its database in the caller's home: as on systems that live by rpm, in the root's own place.
echo '%_dbpath /var/lib/rpm' >"$home/.rpmmacros"
give_to_user "$home"

base=$(find "$mine/repo" -name 'fjbase*.rpm')
app=$(find "$mine/repo" -name 'fjapp*.rpm')
run as_user createrepo_c -q "$mine/repo"
[ "$rc" = 0 ] || fail_run 'the repository' 'createrepo_c failed'

cat >"$mine/dnf.conf" <<CONF
[main]
gpgcheck=0
reposdir=/nonexistent
plugins=0
install_weak_deps=0
cachedir=$mine/dnf/cache
persistdir=$mine/dnf/state
logdir=$mine/dnf/log
[packages]
name=packages
baseurl=file://$mine/repo
CONF

# ---- what is there afterwards ----

# Every file's type, mode, owner, links, device, target, capability; but not rpm's database and dnf's working files, which lie in the
# root under their outer names, nor our own.
list='cd "$1" && find . \( -path ./var/lib -o -path "./var/tmp/*" -o -path ./.fakejail \) -prune -o -printf "%M %U:%G %n %p %l\n" |
	sort -k 4; find . -type c -o -type b | sort | xargs stat -c "%n %t,%T"; getcap -r opt'
scripts='pre 1 0 /
post 1 fjapp:fjapp:400'
held='drwxr-x--- 777:777 opt/fjapp
-rwxr-xr-x 0:0 opt/fjapp/bin/ping
-rwsr-xr-x 0:0 opt/fjapp/bin/su
brw-rw---- 0:777 opt/fjapp/dev/disk
crw-rw-rw- 0:0 opt/fjapp/dev/null
-r-------- 777:777 opt/fjapp/key
-rw-r----- 777:1 opt/fjapp/log
-rw-r-S--- 777:1 opt/fjapp/made
drwxrws--- 0:777 opt/fjapp/spool'
stat_held='stat -c "%A %u:%g %n" opt/fjapp opt/fjapp/bin/ping opt/fjapp/bin/su opt/fjapp/dev/disk opt/fjapp/dev/null opt/fjapp/key \
	opt/fjapp/log opt/fjapp/made opt/fjapp/spool'

# installed NAME ROOT: it is as the packages say, from outside and from inside.
installed() {
	prints "$1: the scriptlets ran in the root, as root" "$scripts" jail / cat "$2/root/scripts"
	prints "$1: owners, modes and devices" "$held" jail / sh -c "cd \"\$1\" && $stat_held" sh "$2"
	prints "$1: and in a jail of the root" "$held" jail "$2" sh -c "cd / && $stat_held"
	prints "$1: the capability" "opt/fjapp/bin/ping cap_net_raw=ep
opt/fjapp/bin/ping6 cap_net_raw=ep" jail / sh -c 'cd "$1" && getcap -r opt' sh "$2"
	prints "$1: the device works" '0' jail "$2" sh -c 'echo lost >/opt/fjapp/dev/null; busybox wc -c </opt/fjapp/dev/null'
	prints "$1: rpm -qa" 'fjapp-1-1.x86_64
fjbase-1-1.x86_64' jail / sh -c 'rpm --root "$1" -qa | sort' sh "$2"
	prints "$1: rpm -V" '' jail / rpm --root "$2" -V fjbase fjapp
	owned_by_user "$1: outside all of it is the user's" "$2/opt/fjapp/key" "$2/opt/fjapp/bin/su" "$2/etc/shadow"
	is "$1: no set-id bit is real" '' "$(find "$2" -xdev -perm /6000)"
}

# same_as_root NAME ROOT REAL: real root's listing is the same.  Before the root is entered, which gives it a directory of ours.
same_as_root() {
	if ! is_root; then
		skip "$1: the same as real root's" 'it takes root to make that'
		return
	fi
	sh -c "$list" sh "$3" >"$work/want"
	run jail / sh -c "$list" sh "$2"
	if [ -s "$work/want" ] && diff "$work/want" "$work/out" >"$work/diff"; then
		ok "$1: the same as real root's"
	else
		fail "$1: the same as real root's" 'the listings differ' "$(cat "$work/diff")"
	fi
}
# Every file again, by what the root has itself; and an archive's listing, without its times. (rpm's database and dnf's files: see
# above. Of ours nothing may show.)
seen='cd "$1" && busybox find . \( -path ./var/lib -o -path "./var/tmp/*" \) -prune -o -print | busybox sort | busybox tr "\n" "\0" |
	busybox xargs -0 busybox stat -c "%A %u:%g %h %t,%T %n"'
packed() {
	"$@" | tar -tv --numeric-owner | grep -vE ' \./var/(lib|tmp)/' | awk '{ $4 = $5 = ""; print }' | sort -k 6
}
# alike NAME FILE COMMAND [ARG]...: it prints what FILE has.
alike() {
	name=$1 file=$2
	shift 2
	"$@" >"$work/seen" 2>"$work/err"
	if [ "$(wc -l <"$file")" -gt 30 ] && diff "$file" "$work/seen" >"$work/diff"; then
		ok "$name"
	else
		fail "$name" 'the listings differ' "$(head -n 20 "$work/diff")" "$(cat "$work/err")"
	fi
}
# the_same_everywhere NAME ROOT REAL: whoever looks at the tree, and wherever from, sees what real root's has.
the_same_everywhere() {
	if is_root; then
		limited chroot "$3" busybox sh -c "$seen" sh / >"$work/want"
		packed chroot "$3" busybox tar c -C / . >"$work/want.tar"
	else
		jail --bare "$2" sh -c "$seen" sh / >"$work/want"
		packed jail --bare "$2" busybox tar c -C / . >"$work/want.tar"
		skip "$1: the same from everywhere as real root's" 'it takes root to make that; one way is compared with another'
	fi
	alike "$1: seen from around" "$work/want" jail / busybox sh -c "$seen" sh "$2"
	alike "$1: seen directly" "$work/want" jail --bare "$2" sh -c "$seen" sh /
	alike "$1: seen by chroot from around" "$work/want" jail / chroot "$2" busybox sh -c "$seen" sh /
	alike "$1: packed inside" "$work/want.tar" packed jail --bare "$2" busybox tar c -C / .
	alike "$1: packed from around" "$work/want.tar" packed jail / busybox tar c -C "$2" .
	alike "$1: packed by chroot from around" "$work/want.tar" packed jail / chroot "$2" busybox tar c -C / .
}
# The command as real root; its scriptlets enter the new root with chroot(2), and nothing is mounted.
as_root() {
	! is_root || limited "$@"
}

# ---- rpm ----

root=$home/rpm
real=$work/real-rpm
as_user mkdir "$root"
mkdir "$real"
as_root rpm --root "$real" --initdb
as_root rpm --root "$real" -i "$base" "$app" 2>"$work/rpm.err" || fail 'real root' 'rpm -i' "$(cat "$work/rpm.err")"
succeeds 'rpm --initdb' jail / rpm --root "$root" --initdb
succeeds 'rpm -i' jail / rpm --root "$root" -i "$base"
succeeds 'rpm -i of what needs it' jail / rpm --root "$root" -i "$app"
same_as_root rpm "$root" "$real"
the_same_everywhere rpm "$root" "$real"
installed rpm "$root"

prints 'rpm -V sees a changed owner and mode' '.M.......    /opt/fjapp/bin/su
.....U...    /opt/fjapp/key' jail / sh -c 'chown 5 "$1/opt/fjapp/key"; chmod u-s "$1/opt/fjapp/bin/su"; rpm --root "$1" -V fjapp | sort -k 2
	chown 777 "$1/opt/fjapp/key"; chmod u+s "$1/opt/fjapp/bin/su"' sh "$root"

# ---- dnf ----

root=$home/dnf
real=$work/real-dnf
as_user mkdir "$root"
mkdir "$real"
sed "s|$mine/dnf|$work/dnf|" "$mine/dnf.conf" >"$work/dnf.conf"
as_root dnf -q -y -c "$work/dnf.conf" --releasever=1 --installroot="$real" install fjapp >"$work/dnf.out" 2>&1 ||
	fail 'real root' 'dnf install' "$(cat "$work/dnf.out")"
succeeds 'dnf --installroot install' jail / dnf -q -y -c "$mine/dnf.conf" --releasever=1 --installroot="$root" install fjapp
same_as_root dnf "$root" "$real"
the_same_everywhere dnf "$root" "$real"
installed dnf "$root"

# ---- the root's own rpm ----

succeeds 'fakejail add of rpm' as_user "$FAKEJAIL" add "$root" /usr/bin/rpm /usr/lib/rpm
prints 'inside: rpm -qa' 'fjapp-1-1.x86_64
fjbase-1-1.x86_64' jail "$root" sh -c '/usr/bin/rpm --dbpath /var/lib/rpm -qa | busybox sort'
prints 'inside: rpm -V' '' jail "$root" /usr/bin/rpm --dbpath /var/lib/rpm -V fjbase fjapp
succeeds 'inside: rpm -e' jail "$root" /usr/bin/rpm --dbpath /var/lib/rpm -e fjapp
prints 'inside: it is gone, and its last scriptlet ran' "$scripts
preun 0
postun 0 0" jail "$root" sh -c 'cat /root/scripts; [ ! -e /opt/fjapp ]'
succeeds 'dnf installs it again and removes it' jail / sh -c 'dnf -q -y -c "$1" --releasever=1 --installroot="$2" install fjapp &&
	dnf -q -y -c "$1" --releasever=1 --installroot="$2" remove fjapp' sh "$mine/dnf.conf" "$root"
finish
