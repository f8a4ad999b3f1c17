#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w13-distroless.sh - workflow W13: a root with only bash and its libraries, copied by hand.
#
# It is a dynamic program of the host's own release, in a jail without a distribution. So a file may be missing in the jail
# that the host has, and fakejail has to name it.
. "$(dirname "$0")/../lib/lib.sh"
need ldd bash

new_jail t
"$tests_dir/lib/add-program" "$root" /bin/bash
give_to_user "$root"
top_level=$(cd "$root" && echo ./* | sed 's|\./||g')

prints 'pwd is /' / jail "$root" /bin/bash -c pwd
prints 'echo * lists the jail' "$top_level" jail "$root" /bin/bash -c 'echo *'
fails 'ls is not found' 127 '*ls: command not found' jail "$root" /bin/bash -c ls
prints 'bash by its name' hello jail "$root" bash -c 'echo hello'
prints 'a here-document, a subshell, a pipe' 'doc
9' jail "$root" /bin/bash -c 'while read -r l; do echo "$l"; done <<X
doc
X
(echo 3; echo 3) | { read -r a; read -r b; echo $((a * b)); }'
prints 'files by globs, tests and redirections' 'yes text' jail "$root" /bin/bash -c \
	'echo text >/f; [[ -f /f && ! -e /usr/bin/env && ! -x /f ]] && echo "yes $(</f)"'
is 'the file is outside where it should be' text "$(cat "$root/f")"
owned_by_user 'it is the user'\''s' "$root/f"

jail_by='env SHELL=/bin/bash'
at_terminal 'without a command, $SHELL' "$root" <<'SCRIPT'
expect bash-[0-9.]+[$#] $
type pwd; echo $((6 * 7))
expect ^/\r\n42\r
type ls
expect ls: command not found
type exit 5
end 5
SCRIPT

# make by hand too: its library list is another, and it starts /bin/sh.
"$tests_dir/lib/add-program" "$root" "$(command -v make)" /bin/sh
printf 'all:\n\t@echo "make in $$(pwd)"\n' >"$root/Makefile"
give_to_user "$root"
prints 'make by hand' 'make in /' jail "$root" make

# The host's own copies of what a jail lacks must not help out.
interpreter=$(find "$root" -name 'ld-linux*' -printf '/%P\n')
libc=$(find "$root" -name 'libc.so.6')
mv "$libc" "$mine/libc.so.6"
fakejail_fails 'a missing library is named' 127 "*fakejail: '/bin/bash' needs libc.so.6: not in *" \
	jail "$root" /bin/bash -c :
mv "$mine/libc.so.6" "$libc"
mv "$root$interpreter" "$mine/interpreter"
fakejail_fails 'a missing interpreter is named' 127 \
	"fakejail: cannot run '/bin/bash': its ELF interpreter '$interpreter' is missing in *" jail "$root" /bin/bash -c :
mv "$mine/interpreter" "$root$interpreter"
rm "$root/bin/sh"
printf '#!/bin/sh\necho script\n' >"$root/script"
chmod 755 "$root/script"
fakejail_fails 'a missing script interpreter is named' 127 "fakejail: *'/script'*'/bin/sh'*" jail "$root" /script
printf '#!/bin/bash\r\necho script\r\n' >"$root/script"
fakejail_fails 'a script with carriage returns is explained' 127 "fakejail: *'/script'*CR LF*" jail "$root" /script
fakejail_fails 'a missing program is named, with the hint to add it' 127 \
	"fakejail: 'ls' not found in *hint: fakejail add *" jail "$root" ls

mkdir "$root/empty"
fakejail_fails 'an empty root is explained' 127 "fakejail: *empty*hint: *" jail "$root/empty" /bin/sh
run jail "$root" /bin/bash -c '/empty'
is 'a directory cannot be run' 126 "$rc"
finish
