# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154,SC2164 # run.sh and lib.sh set and read the variables, with set -e
#
# fakejail doctor, with a loader that runs the command on the host.

cat >"$work/libexec/fakejail-loader" <<'STUB'
#!/bin/sh
case $1 in
probe)
	echo 'seccomp-trap: yes'
	echo 'openat2: yes'
	echo 'something: in between'
	exit 0
	;;
esac
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
STUB

doctor() {
	status=0
	# shellcheck disable=SC2086 # the shell may be two words
	FAKEJAIL_LAUNCHER=$work/bin/fakejail $shell "$work/libexec/fakejail-doctor" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}
# says STATUS TITLE LINE...: among others, these lines.
says() {
	wanted=$1
	title=$2
	shift 2
	missing=
	for line do
		grep -q -x -F -e "$line" "$work/out" || missing="$missing
$line"
	done
	if [ "$status" -eq "$wanted" ] && [ -z "$missing" ]; then
		pass
	else
		fail "doctor: $title" "exit status $status, not $wanted; missing:$missing
in: $(cat "$work/out" "$work/err")"
	fi
}

doctor && says 0 'the host' 'This host' '  ok    seccomp may trap system calls: programs of every kind are jailed' '  ok    openat2' \
	'  note  something: in between'
case $(head -n 1 "$work/out") in
'A jail is an abstraction, not a security boundary'*) pass ;;
*) fail 'doctor: what it says first' "$(cat "$work/out")" ;;
esac

doctor nowhere && says 1 'no such root'
if [ "$(cat "$work/err")" = 'fakejail: nowhere: no such directory' ]; then pass; else fail 'doctor: nowhere' "$(cat "$work/err")"; fi
doctor '' && says 1 'an empty argument'
doctor --frobnicate && says 2 'an unknown option'
doctor R a b && says 2 'too many operands'
doctor --help && says 0 --help
mkdir 'R 1'
doctor 'R 1' && says 1 'an empty root' "  no    it is empty" \
	"        hint: fakejail add 'R 1' /bin/sh   or   fakejail / debootstrap stable 'R 1'"

mkdir -p 'R 1/bin' 'R 1/lib' 'R 1/etc'
doctor 'R 1' && says 0 'a bare root' "  note  no directory /dev, so it is not there inside (mkdir 'R 1'/dev)" \
	'  note  no C library: only statically linked programs can run' '  note  no /etc/passwd: users have no names' \
	'  note  no /bin/sh: name the command to run' "  note  no owners are recorded: files of yours show as root's"
echo 'me:x:7:7::/:' >'R 1/etc/passwd'
mkdir 'R 1/.fakejail'
printf '\0\0GNU C Library (Some 1) stable release version 2.31.\0' >'R 1/lib/libc.so.6'
mkdir 'R 1/lib64'
ln -s /lib/ld.so 'R 1/lib64/ld-linux-x86-64.so.2'
: >'R 1/lib/ld.so'
printf '\0\0musl libc\0\0001.2.3\0' >'R 1/lib/ld-musl-x86_64.so.1'
cp "$(command -v sh)" 'R 1/bin/sh'
doctor 'R 1' && says 0 'a root with two C libraries' '  ok    glibc 2.31 (/lib64/ld-linux-x86-64.so.2)' \
	'  ok    musl 1.2.3 (/lib/ld-musl-x86_64.so.1)' '  note  /etc/passwd has no entry for user 0' \
	'  ok    owners are recorded in .fakejail' '  ok    /bin/sh runs in it'

# Commands.
printf '#!/bin/nowhere -x\n' >'R 1/bin/orphan'
printf '#!/bin/sh\r\n' >'R 1/bin/dos'
printf '#!/bin/script\n' >'R 1/bin/script'
printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\267\0' >'R 1/bin/arm'
head -c 44 /dev/zero >>'R 1/bin/arm'
printf 'echo hello\n' >'R 1/bin/text'
chmod +x 'R 1'/bin/*
printf 'x' >'R 1/bin/plain'
saved_path=$PATH
PATH=/bin:/usr/bin
doctor 'R 1' frobnicate && says 1 'no such command' "  no    not found in R 1 (looked in PATH=/bin:/usr/bin)"
doctor 'R 1' /bin/frobnicate && says 1 'no such path' "  no    not found in R 1" \
	"        hint: fakejail add 'R 1' /bin/frobnicate"
doctor 'R 1' orphan && says 1 'a script without interpreter' '  ok    it is /bin/orphan' \
	"  ok    '/bin/orphan' is a script for '/bin/nowhere'" "  no    '/bin/nowhere' is missing in R 1" \
	"        hint: fakejail add 'R 1' /bin/nowhere"
doctor 'R 1' /bin/dos && says 1 'CR LF' "  no    the first line of '/bin/dos' ends in CR LF"
doctor 'R 1' /bin/script && says 1 'a script that runs itself' "  no    '/bin/script': more than five interpreters of interpreters"
doctor 'R 1' /bin && says 1 'a directory' "  no    '/bin' is a directory"
doctor 'R 1' /bin/plain && says 1 'no x' "  no    '/bin/plain' has no execute permission"
doctor 'R 1' text && says 0 'text' "  note  '/bin/text' is neither an ELF program nor begins with #!: shells run it as a script"
if [ "$(uname -m)" != aarch64 ]; then
	# An ELF header whose program headers cannot be there is told as such before its machine.
	doctor 'R 1' arm && says 1 'nonsense' "  no    '/bin/arm' is an ELF file that cannot be read"
fi
# The real thing: this shell, which on most hosts is dynamic.
doctor 'R 1' sh
case $(cat "$work/out") in
*"'/bin/sh' is linked statically"*) says 0 'a static shell' ;;
*"its ELF interpreter '"*"' is missing in R 1"*) says 1 'a shell without its interpreter' ;;
*"'/bin/sh' is linked dynamically"*) pass ;;
*) fail 'doctor: sh' "$(cat "$work/out")" ;;
esac

# A kernel that forbids the trap, and a loader that is not there.
sed 's/trap: yes/trap: no/' "$work/libexec/fakejail-loader" >"$work/kept"
cat "$work/kept" >"$work/libexec/fakejail-loader"
doctor && says 1 'no trap' \
	'  no    seccomp may not trap system calls here: only programs that are linked dynamically can be jailed'
rm "$work/libexec/fakejail-loader"
doctor && says 1 'no loader' "  no    the loader $work/libexec/fakejail-loader is missing: is fakejail installed completely?"
PATH=$saved_path
stub_prints_words
