#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w09-musl.sh - the file system half of workflow W9: a root of musl programs, dynamic and static, and a shell.
. "$(dirname "$0")/../lib/lib.sh"
need musl-gcc busybox
private_root musl

tour='getcwd: /
/: bin dev lib work
/..: bin dev lib work
getcwd: /work
realpath: /
realpath: /work/a
.: a link
threads: 4000
peer: socket
Hello from the jail
Hello from the jail
/work:'
prints 'a dynamic musl program: files, threads, sockets, programs' "$tour" jail "$root" /bin/tour /work
prints 'a static musl program: the same' "$tour" jail "$root" /bin/tour-static /work
prints 'a dynamic musl program from the shell, by its name' 'Hello from the jail' jail "$root" /bin/sh -c 'cd /work && hello'
prints 'an empty environment' "$tour" jail "$root" /bin/busybox env -i /bin/tour /work
prints 'a login shell has a PATH' 'Hello from the jail' jail "$root" /bin/sh -l -c hello
mv "$root"/lib/ld-musl-* "$mine"
fakejail_fails 'the missing interpreter is named' 127 \
	"fakejail: cannot run '/bin/tour': its ELF interpreter '/lib/ld-musl-*' is missing in *" jail "$root" /bin/tour /work
finish
