#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# copies.sh - tests texts that are mapped from the jail's memory, since they are mapped often (docs/DOORS.md). A program must
# see them as its file. After a file is replaced or written to, its old contents must not be seen. The output is compared with
# a real chroot.
. "$(dirname "$0")/../lib/lib.sh"
. "$(dirname "$0")/../lib/session.sh"
if ! has_reference; then
	skip 'everything' 'only real root can make a real chroot to compare with'
	finish
fi
private_root bookworm
mkdir "$root/copies"
cp "$tests_dir"/workflows/src/copies-*.c "$root/copies"
cat >"$root/copies/session.sh" <<'SESSION'
cd /copies || exit 1
touch here
often() {
	i=0
	while [ $i -lt 40 ]; do
		"$@"
		i=$((i + 1))
	done | uniq -c
}
# A file's pages are copied when its times are some seconds old.
settle() {
	sleep 3
}
hold() {
	rm -f go
	mkfifo go
	: >held
	"$@" <go >>held &
	exec 7>go
	until [ "$(wc -l <held)" -ge 2 ]; do :; done
}
release() {
	exec 7>&-
	wait
	grep -v '^[0-9]*$' held
}
echo '== build'
for version in 1 2 3; do
	gcc -O2 -fPIC -shared -DVERSION=$version -Wl,-soname,libcopies.so -o $version.so copies-lib.c
done
gcc -O2 -fPIC -shared -nostartfiles -DVERSION=4 -DFULL -Wl,-soname,libcopies.so -o full.so copies-lib.c
cp 1.so libcopies.so
gcc -O2 -o main copies-main.c -L. -lcopies -Wl,-rpath,/copies
gcc -O2 -static -DVERSION=0 -o static copies-main.c copies-lib.c 2>/dev/null
echo $?
settle
echo '== a library'
often ./main
./main maps libcopies libc.so ld-linux | grep -v '^[0-9]*$'
echo '== a static program'
often ./static
./static maps /copies/static | grep -v '^[0-9]*$'
echo '== removed while it is mapped'
hold ./main wait libcopies libc.so
rm libcopies.so
release
echo '== replaced by another'
cp 2.so new.so
mv new.so libcopies.so
./main
settle
often ./main
echo '== written to'
cat 3.so >libcopies.so
./main
settle
often ./main
echo '== its name changed, in a process that has it'
hold ./main wait libcopies
mv libcopies.so libcopies.old
release
mv libcopies.old libcopies.so
echo '== no room for stubs behind the text'
often ./main reopen ./full.so
mv full.so libcopies.so
often ./main
./main maps libcopies libc.so | grep -v '^[0-9]*$'
echo '== a file size limit'
(ulimit -f 8; often ./main)
echo '== few descriptors'
(ulimit -n 20; often ./main)
SESSION
give_to_user "$root/copies"
session_reference "$root" /copies/session.sh
session 'all doors' "$root" /copies/session.sh
for option in --no-preload --no-patch --no-trap; do
	[ $option != --no-trap ] || session_known='a static program'
	session "$option" "$root" /copies/session.sh $option
done

# The jail has room for copies where it may make a file of that size, and does without elsewhere.
is 'a jail that may not make large files' 0 \
	"$( (ulimit -f 20000 && jail "$root" sh -c 'i=0; while [ $i -lt 40 ]; do /copies/main >/dev/null || exit; i=$((i + 1)); done' >/dev/null 2>&1); echo $?)"

# That they are in use, only the host can see: above the gate page, which comes from there, too.
sleep 3
mkfifo "$mine/go"
give_to_user "$mine/go"
kept=$mine/home/.local/state/fakejail/texts

# texts_of WHICH COMMAND: how many texts of the last program that it makes of /copies/main come from there.
texts_of() {
	: >"$work/held"
	jail "$root" sh -c "$2" <"$mine/go" >>"$work/held" &
	exec 7>"$mine/go"
	until [ "$(wc -l <"$work/held")" -ge 2 ] || ! kill -0 $! 2>/dev/null; do sleep 0.1; done
	grep -c "^[57].* r-xp .*$1" "/proc/$(sed -n 2p "$work/held")/maps"
	exec 7>&-
	wait
}
often='i=0; while [ $i -lt 40 ]; do /copies/main >/dev/null; i=$((i + 1)); done; exec /copies/main wait'
once='exec /copies/main wait'
rm -rf "$kept"
is 'texts that come from memory: of the library, with its stubs before it, libc and ld.so' 4 "$(texts_of /memfd:fakejail "$often")"
is 'in the next jail libc and ld.so come from files that it makes' 2 "$(texts_of "/fakejail/texts/c" "$often")"
is '... and the library from memory' 2 "$(texts_of /memfd:fakejail "$often")"
is 'a later one has them from its first program on' 2 "$(texts_of "/fakejail/texts/c" "$once")"
is 'they are whole: none is being written' '' "$(find "$kept" -name '*.new')"

# Each text has its file: none replaces another's for ever. The program's own ld.so is another text in each round, whose file's
# place comes from its inode number.
cp "$root"/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 "$work/ld.so"
for i in $(seq 64); do
	cp "$work/ld.so" "$root/copies/ld-$i"
done
give_to_user "$root/copies"
sleep 3
kept_together=0
for i in $(seq 64); do
	rm -rf "$kept"
	for _ in 1 2; do
		jail "$root" "/copies/ld-$i" /copies/main >/dev/null
	done
	[ "$(find "$kept" -name 'c*' -size +100k | wc -l)" != 2 ] || kept_together=$((kept_together + 1))
done
is 'rounds in which two texts have a file each' 64 "$kept_together"

# A limit of the file size above that of any such file changes nothing. A lower one prevents them.
file_size=$(prlimit --pid $$ --fsize --output SOFT --noheadings | tr -d ' ')
for case in 1073741824:2 4194304:0; do
	rm -rf "$kept"
	prlimit --pid $$ --fsize="${case%:*}:"
	for _ in 1 2; do
		jail "$root" /copies/main >/dev/null
	done
	prlimit --pid $$ --fsize="$file_size:"
	is "after two jails with a limit of ${case%:*} bytes" "${case#*:}" "$(texts_of "/fakejail/texts/c" "$once")"
done
rm -rf "$kept"
for _ in 1 2; do
	jail "$root" /copies/main >/dev/null
done
is 'a limit that is too low is said, with one that suffices' \
	'fakejail: the limit of file sizes is too low: raise `ulimit -f` to 4288: File too large' \
	"$( (ulimit -f $((4287 * 2)) && jail "$root" true) 2>&1)"
is '... and it does' 0 "$( (ulimit -f $((4288 * 2)) && jail "$root" true) >/dev/null 2>&1; echo $?)"

# What is not whole any more is not believed, and made anew by the jails after that.
for damage in 'its jumps are lost' 'it was cut off' 'it was empty'; do
	for file in "$kept"/c*; do
		size=$(stat -c %s "$file")
		case $damage in
		*lost) dd if=/dev/zero of="$file" bs=4096 seek=1 count=$((size / 4096 - 1)) conv=notrunc status=none ;;
		*off) truncate -s $((size - 4096)) "$file" ;;
		*empty) truncate -s 0 "$file" ;;
		esac
	done
	succeeds "$damage: programs run" jail "$root" /copies/main
	succeeds '... in the next jail' jail "$root" /copies/main
	is '... and later there are files again' 2 "$(texts_of "/fakejail/texts/c" "$once")"
done
# Another jail's file takes its place while this one runs, and is not taken for it.
is 'a file that was replaced is another' 0 "$(texts_of "/fakejail/texts/c" \
	'/copies/main >/dev/null; echo >/copies/first; until [ -e /copies/second ]; do :; done; exec /copies/main wait' &
	until [ -e "$root/copies/first" ]; do sleep 0.1; done
	for file in "$kept"/c*; do
		cp -p "$file" "$file.new"
		mv "$file.new" "$file"
	done
	: >"$root/copies/second"
	wait)"
finish
