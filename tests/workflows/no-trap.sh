#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# no-trap.sh [RELEASE]... - tests Debian roots where seccomp is forbidden, so that only jumps are used.
#
# Real root runs src/session.sh in a real chroot, and an ordinary user runs it in the jail (bash, perl, python3, git, dpkg,
# apt-get, gcc, make, syscall(2)). The outputs must be the same. This is repeated with the wrappers of libfakejail.so instead
# of changed text, which need the trap. Then node, GNU hello, and refused options are tested.
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/session.sh"
[ $# -gt 0 ] || set -- bullseye bookworm trixie sid
limit_seconds=${FAKEJAIL_LIMIT:-300}
need busybox gcc

for release; do
	private_root "$release"
	cp "$tests_dir/workflows/src/session.sh" "$root/root/session.sh"
	give_to_user "$root/root/session.sh"
	if has_reference; then
		session_reference "$root" /root/session.sh
		cp -a "$root" "$root-wrappers"
		session "$release: --no-trap" "$root" /root/session.sh --no-trap
		session "$release: --no-patch" "$root-wrappers" /root/session.sh --no-patch
		rm -rf --one-file-system "$root-wrappers"
	else
		skip "$release: the session" 'only real root can make a real chroot to compare with'
	fi

	# What the door alone cannot hold is not run, and the reason is said.
	cp "$(command -v busybox)" "$root/tmp/static"
	give_to_user "$root/tmp/static"
	fails "$release: a static program is refused, with the reason" 126 "*'/tmp/static'*static*" jail --no-trap "$root" /tmp/static true
	prints "$release: a static program started by another is refused" 126 jail --no-trap "$root" sh -c '/tmp/static true 2>/dev/null; echo $?'
	rm "$root/tmp/static"
	fakejail_fails "$release: wrappers alone, which would miss what libc calls itself, are refused" 125 '*leave nothing that could jail*' \
		jail --no-trap --no-patch "$root" true

	# node makes the calls that its libc has no name for by syscall(2): statx above all.
	node=$(command -v node || :)
	[ -z "$node" ] || node=$(readlink -f "$node")
	# Debian's node reads some of its own modules from there.
	if [ -d /usr/share/nodejs ]; then
		cp -RL /usr/share/nodejs "$root/usr/share/"
		give_to_user "$root/usr/share/nodejs"
	fi
	if [ -n "$node" ] && as_user "$FAKEJAIL" add "$root" "$node" >/dev/null 2>&1 && jail "$root" "$node" -e 0 2>/dev/null; then
		cat >"$root/tmp/s.js" <<'JS'
const fs = require('fs'), path = require('path'), child = require('child_process');
console.log(__filename, process.cwd(), fs.realpathSync('/etc/../etc/passwd'), fs.statSync('/etc/passwd').uid);
fs.mkdirSync('/tmp/n/o', { recursive: true }); fs.writeFileSync('/tmp/n/o/f', 'x'); fs.symlinkSync('/tmp/n/o', '/tmp/n/l');
console.log(fs.readlinkSync('/tmp/n/l'), fs.readdirSync('/tmp/n/l'), fs.lstatSync('/tmp/n/l').isSymbolicLink());
fs.rmSync('/tmp/n', { recursive: true }); console.log(fs.existsSync('/tmp/n'), child.execFileSync('cat', ['/etc/debian_version']).toString().trim());
fs.promises.stat('/etc/passwd').then((s) => console.log(s.isFile()));
fs.promises.readFile('/nosuch').catch((e) => console.log(e.message));
JS
		prints "$release: node" "/tmp/s.js / /etc/passwd 0
/tmp/n/o [ 'f' ] true
false $(cat "$(as_made "$root")/etc/debian_version")
true
ENOENT: no such file or directory, open '/nosuch'" jail --no-trap "$root" "$node" /tmp/s.js
	else
		skip "$release: node" "there is none, or it needs newer libraries than that release's"
	fi

	# A thousand processes, and a compiler.
	cached_root hello
	tar -xzf "$cached/hello_2.10.orig.tar.gz" -C "$root/usr/src"
	give_to_user "$root/usr/src"
	succeeds "$release: GNU hello: ./configure" jail --no-trap -w /usr/src/hello-2.10 "$root" ./configure
	succeeds "$release: GNU hello: make" jail --no-trap -w /usr/src/hello-2.10 "$root" make -j2
	prints "$release: GNU hello: it greets" 'Hello, world!' jail --no-trap "$root" /usr/src/hello-2.10/hello
	succeeds "$release: GNU hello: make install" jail --no-trap -w /usr/src/hello-2.10 "$root" make install prefix=/opt
	prints "$release: GNU hello: installed" 'Hello, world!' jail --no-trap "$root" /opt/bin/hello
	rm -rf --one-file-system "$root"
done
finish
