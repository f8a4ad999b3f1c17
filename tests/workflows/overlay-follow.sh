#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# overlay-follow.sh - reads a file of a lower layer while it is changed: loops of a shell whose body appends to their input, tail -f
# that asks by fstat(2) and one that is told by inotify(7), a program that changes what it reads
# and one with locks. What is expected is what the kernel's overlay does, except where docs/LIMITS.md says otherwise.
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=../lib/layers.sh
. "$tests_dir/lib/layers.sh"
need_overlays
need busybox
private_root bookworm
cp "$(command -v busybox)" "$root/bin/busybox"
for name in a b c d e f g h; do
	printf 'one\ntwo\n' >"$root/srv/$name"
done
give_to_user "$root"
remember "$root"

# In each loop, the first three lines that are read add one line each.
for shell in dash bash 'busybox sh'; do
	# shellcheck disable=SC2086 # a word or two
	prints "$shell: a loop that appends to its input" 5 jail --rm "$root" $shell -c \
		'n=0; while read -r l; do n=$((n + 1)); [ $n -gt 3 ] || echo more >>/srv/a; done </srv/a; echo $n'
	# shellcheck disable=SC2086
	prints "$shell: a loop whose command appends" 5 jail --rm "$root" $shell -c \
		'n=0; while read -r l; do n=$((n + 1)); [ $n -gt 3 ] || /bin/echo more >>/srv/b; done </srv/b; echo $n'
done

# follow COMMAND...: it follows /srv/c, to which another process appends. The end is what it prints, not a time.
cat >"$root/follow.sh" <<'END'
mkfifo /tmp/seen
"$@" -n 1 -f /srv/c >/tmp/seen &
exec 3</tmp/seen
read -r line <&3; echo "$line"
sh -c 'echo three >>/srv/c'
read -r line <&3; echo "$line"
sh -c 'echo four >>/srv/c'
read -r line <&3; echo "$line"
kill $!
END
remember "$root"
for program in 'tail' 'tail ---disable-inotify' 'busybox tail'; do
	# shellcheck disable=SC2086
	prints "$program -f" 'two
three
four' jail --rm "$root" sh /follow.sh $program
done

prints 'a program that changes what it reads' 'two
three
14' jail --rm "$root" perl -e 'open(R, "<", "/srv/d"); $_ = <R>; open(W, ">>", "/srv/d"); print W "three\n"; close(W);
	seek(R, tell(R), 0); print while <R>; print -s R, "\n"'
cat >"$root/lock.pl" <<'END'
use Fcntl;
open(R, "<", "/srv/e");
my $lock = pack("s s l! l! l!", F_RDLCK, 0, 0, 0, 0);
my $none = pack("s s l! l! l!", F_UNLCK, 0, 0, 0, 0);
fcntl(R, F_SETLK, $lock) or die;
system("echo three >>/srv/e");
stat("/srv/e");
# It has its lock, so it reads what it has locked.
open(L, "<", "/proc/self/fdinfo/" . fileno(R));
print scalar(grep(/^lock:/, <L>)), " lock, ", -s R, " bytes\n";
fcntl(R, F_SETLK, $none) or die;
system("echo four >>/srv/f");
print -s R, " bytes\n";
END
remember "$root"
prints 'a lock remains, and afterwards the change is seen' '1 lock, 8 bytes
14 bytes' jail --rm "$root" perl /lock.pl

# An inherited descriptor has one offset in all processes, also when the child changes the file.
prints 'a child that reads from its parent'\''s input' 'one two three' jail --rm "$root" bash -c \
	'{ read -r a; b=$(/bin/echo three >>/srv/g; read -r b; echo "$b"); echo more >/dev/null; read -r c; echo "$a $b $c"; } </srv/g'
prints 'the file is also in the jail by its own path' 8 jail --rm -b "$root:/mnt" "$root" bash -c \
	'exec 3</mnt/srv/h; echo three >>/srv/h; wc -c <&3'
unchanged 'the tree' "$root"
finish
