#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w12-hello.sh - workflow W12: a directory with only a static program, Go programs, and messages that name missing files.
. "$(dirname "$0")/../lib/lib.sh"
need gcc go
cached_root go
go_root=$cached

new_jail testroot
cp "$go_root/hello" "$root/hello"
give_to_user "$root"
# The last part of the directory that messages name.
named=$(as_made "$root")
named=${named#"$mine/"}
prints 'a static program alone' 'Hello from the jail' jail "$root" /hello
prints 'by a relative name' 'Hello from the jail' jail "$root" ./hello
fakejail_fails 'no /bin/sh is said as that' 127 "fakejail: '/bin/sh' not found in *$named*" jail "$root" /bin/sh
fakejail_fails 'the default shell is missed by its name' 127 "fakejail: '/bin/sh' not found in *$named*" jail "$root"
fakejail_fails 'a name is said with the PATH that was searched' 127 \
	"fakejail: 'nosuch' not found in *$named (looked in PATH=*)*" jail "$root" nosuch
long=$(printf '%0300d' 1)
for name in "$long" "/$long" "$long$long$long$long$long$long$long$long$long$long$long$long$long$long"; do
	fakejail_fails "a name of ${#name} bytes" 126 "fakejail: cannot run '$name': File name too long" jail "$root" "$name"
done
prints 'a directory of PATH that has no room for a name' 'Hello from the jail' \
	jail -e "PATH=/$long$long$long$long$long$long$long$long$long$long$long$long$long$long:/" "$root" hello
run jail "$root" ''
is 'no name: 127' 127 "$rc"
is_reference || like 'no name: nothing to add' "fakejail: '' not found in *$named (looked in PATH=*)" "$err"
for option in --hostname --kernel-release; do
	fakejail_fails "$option: what uname(2) has no room for" 125 'fakejail: what --kernel-release and --hostname say is 64 bytes at most*' \
		jail "$option=$long" "$root" /hello
	fakejail_fails "$option: a byte too long" 125 'fakejail: what --kernel-release and --hostname say is 64 bytes at most*' \
		jail "$option=$(printf '%065d' 1)" "$root" /hello
	is_reference || prints "$option: just room" 'Hello from the jail' jail "$option=$(printf '%064d' 1)" "$root" /hello
done
cp "$go_root/hello" "$root/hello"
give_to_user "$root"
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
	"fakejail: cannot run '/dynamic': its ELF interpreter '$interpreter' is missing in *$named*" jail "$root" /dynamic
mkdir -p "$root$(dirname "$interpreter")"
cp -L "$interpreter" "$root$interpreter"
give_to_user "$root"
fakejail_fails 'the missing library is named' 127 "*fakejail: '/dynamic' needs libc.so.6: not in *$named*" \
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
cp "$(as_made "$root")/hello" "$root/inner/hello"
give_to_user "$root/inner"
if is_reference; then
	skip 'a Go program enters a root of its own' 'the reference is not root inside'
	skip 'fakejail / and the same program' 'the reference is not root inside'
else
	prints 'a Go program enters a root of its own' 'Hello from the jail' jail "$root" /enter /inner /hello
	prints 'fakejail / and the same program' 'Hello from the jail' jail / "$(as_made "$root")/enter" "$root/inner" /hello
fi
finish
