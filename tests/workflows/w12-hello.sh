#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w12-hello.sh - workflow W12: a static program alone in a directory, Go programs, and what is missing is named.
. "$(dirname "$0")/../lib/lib.sh"
need gcc go
cached_root go
go_root=$cached

new_jail testroot
cp "$go_root/hello" "$root/hello"
give_to_user "$root"
prints 'a static program alone' 'Hello from the jail' jail "$root" /hello
prints 'by a relative name' 'Hello from the jail' jail "$root" ./hello
fakejail_fails 'no /bin/sh is said as that' 127 "fakejail: '/bin/sh' not found in *testroot*" jail "$root" /bin/sh
fakejail_fails 'the default shell is missed by its name' 127 "fakejail: '/bin/sh' not found in *testroot*" jail "$root"
fakejail_fails 'a name is said with the PATH that was searched' 127 \
	"fakejail: 'nosuch' not found in *testroot (looked in PATH=*)*" jail "$root" nosuch
chmod 644 "$root/hello"
run jail "$root" /hello
is 'no execute permission: 126' 126 "$rc"
run jail "$root" /
is 'a directory: 126' 126 "$rc"

# A dynamic program of the host, first without its interpreter, then without its libraries.
cp "$(command -v env)" "$root/dynamic"
give_to_user "$root"
interpreter=$(ldd "$root/dynamic" | sed -n 's|^[^/]*\(/[^ ]*/ld-linux[^ ]*\) .*|\1|p')
fakejail_fails 'the missing interpreter is named' 127 \
	"fakejail: cannot run '/dynamic': its ELF interpreter '$interpreter' is missing in *testroot*" jail "$root" /dynamic
mkdir -p "$root$(dirname "$interpreter")"
cp -L "$interpreter" "$root$interpreter"
give_to_user "$root"
fakejail_fails 'the missing library is named' 127 "*fakejail: '/dynamic' needs libc.so.6: not in *testroot*" \
	jail "$root" /dynamic

# ---- Go ----

private_root go
prints 'a Go program: files, goroutines, sockets, programs' 'getwd: /
/: dev enter hello tour work
/..: dev enter hello tour work
link: "text\n"
real: /work/a
error: stat /nosuch: no such file or directory
goroutines: 5000
small stacks: 4000
listener: /work/socket
peer: /work/socket
programs: 10 times "Hello from the jail\n<nil>"
/work:' jail "$root" /tour /work

mkdir "$root/inner"
cp "$root/hello" "$root/inner/hello"
give_to_user "$root/inner"
if is_reference; then
	skip 'a Go program enters a root of its own' 'the reference is not root inside'
	skip 'fakejail / and the same program' 'the reference is not root inside'
else
	prints 'a Go program enters a root of its own' 'Hello from the jail' jail "$root" /enter /inner /hello
	prints 'fakejail / and the same program' 'Hello from the jail' jail / "$root/enter" "$root/inner" /hello
fi
finish
