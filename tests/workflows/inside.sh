#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# inside.sh - tests fakejail in a jail: each option of the launcher must do the same there as outside.
#
# Each command line runs outside and as root of a jail, on a fresh copy of one root each. Status and output must be the same.
# shellcheck disable=SC2086,SC2016 # $FAKEJAIL and options are words; what $ stands for is the jailed shell's to say
. "$(dirname "$0")/../lib/lib.sh"
need busybox
if is_reference; then
	skip everything 'a real chroot is no fakejail'
	finish
fi

# Dynamic programs of this host, a static busybox, and somebody to be.
new_jail template dev etc home/me mnt proc root sys tmp
template=$root
succeeds 'a root of programs of this host' as_user $FAKEJAIL add "$template" sh ls id cat env stat touch chown chmod mkdir sleep readlink kill
cp "$(command -v busybox)" "$template/bin/busybox-static"
printf '%s\n' root:x:0:0:root:/root:/bin/sh me:x:1000:1000::/home/me:/bin/sh >"$template/etc/passwd"
printf '%s\n' root:x:0: me:x:1000: staff:x:50:me >"$template/etc/group"
echo 127.1.2.3 >"$template/etc/hosts"
mkdir -p "$mine/data/dir" "$mine/empty" "$mine/run" "$mine/keep"
echo data >"$mine/data/file"
chmod 700 "$mine/run"
give_to_user "$template" "$mine/data" "$mine/empty" "$mine/run" "$mine/keep"

# The outer jail is `/`, whose paths are those outside; $outer are its options.
outer=
covered=

fresh() {
	rm -rf --one-file-system "$mine/R"
	cp -a "$template" "$mine/R"
	rm -rf --one-file-system "$mine/keep/kept" "$mine/data/new"
}

# outcome FILE COMMAND...: its status, output and messages, without times. How many processes there are, and which, is another matter: that is how
# many links /proc has, and in the listing that shows it, and in no other, the width of their column. Where the root of a mount of its own lies, the
# outer jail's root may see.
outcome() {
	into=$1
	shift
	run as_user env XDG_RUNTIME_DIR="$mine/run" TIME_STYLE=+ "$@"
	width=
	case $out in *dr-xr-xr-x*' proc'*) width='s,^\([-bcdlps][-rwxsStT]\{9\}\)  *,\1 ,' ;; esac
	printf 'status %s\n%s\n%s\n' "$rc" "$out" "$err" | sed -e "s, $mine/R / , / / ," -e 's,^/proc/[0-9]*$,/proc/PID,' \
		-e 's,^\(dr-xr-xr-x\) *[0-9]* \(.* proc\)$,\1 \2,' -e "$width" >"$into"
}

# alike NAME OPTION... : the same outside and inside.
alike() {
	check="$outer: $1"
	shift
	fresh
	outcome "$work/outside" $FAKEJAIL "$@"
	fresh
	outcome "$work/inside" $FAKEJAIL $outer / $FAKEJAIL "$@"
	if cmp -s "$work/outside" "$work/inside"; then
		ok "$check"
	else
		fail "$check" 'not as outside' "$(diff "$work/outside" "$work/inside")"
	fi
	[ -z "$(ls "$mine/run")" ] || fail "$check" 'something was left behind' "$(ls "$mine/run")"
}

# with 'SPELLING...' ROOT-AND-COMMAND: in the place of @ each spelling.
spelled() {
	spellings=$1
	shift
	for spelling in $spellings; do
		covered="$covered ${spelling%%=*}"
		alike "$spelling" "$spelling" "$@"
	done
}

for outer in '' --no-trap --no-patch --no-preload; do
	alike 'who root is' R id
	alike 'all of root' R sh -c 'ls -ln / /dev/null; cat /proc/mounts; readlink /proc/self/exe /proc/self/cwd /proc/self/root'
	alike 'mountinfo' R sh -c 'while read -r id up rest; do echo "$rest"; done </proc/self/mountinfo'
	alike 'the root is a path with dots' ./R/../R/. sh -c 'echo "$0 $PWD"' x
	alike 'root changes what it likes' R sh -c 'touch /f && chown 5:6 /f && chmod 4711 /f && stat -c "%u:%g %a" /f'
done
# What static programs do under an outer trap they do inside; where the outer one has none they are refused as outside.
for outer in '' --no-patch --no-preload; do
	alike 'a static program' R /bin/busybox-static sh -c 'id; ls /; cat /etc/passwd; /bin/busybox-static true'
done
outer=
outcome "$work/inside" $FAKEJAIL --no-trap / $FAKEJAIL R /bin/busybox-static true
like 'a static program where the outer jail has no trap' \
	"status 126*fakejail: cannot run '/bin/busybox-static': it is a static program, which only the seccomp trap can jail*" "$(cat "$work/inside")"

# ---- each option ----

spelled '--userspec=me --user=me:staff --userspec=:staff --user=1000: --change-id=+7:+8 --userspec=nobody --user=77 -u1000 -ime:50' R id
spelled "--user=$test_uid:$test_uid" R id
spelled '-u1000' R sh -c 'touch /no; echo >/tmp/yes; ls -ln /tmp; kill -0 $$'
spelled '--userspec=daemon --userspec=+1: --userspec=1.2 --groups=daemon,5 --userspec=daemon:nix' R id
spelled '--groups=50,+9 --groups= --groups=nix' R id
alike 'user and groups' --user=me --groups=7,8 R id
spelled '-0 --root-id' R id
spelled "-b$mine/data:/mnt --bind=$mine/data:/mnt -v$mine/data:/mnt:ro --volume=$mine/data:/a/b/c -m$mine/data --mount=$mine/data
	--bind=$mine/data:/mnt:idmap --bind=$mine/data:/mnt:ro,idmap --ro-bind=$mine/data:/mnt --bind=$mine/data/file:/mnt/deep/file
	--bind=$mine/data/file:/etc/passwd --bind=$mine/nix:/mnt --bind=$mine/data:/etc/passwd --bind=$mine/data:/ --bind=$mine/data:/etc/passwd/x" \
	R sh -c 'ls -ln /mnt /a '"$mine/data"'; ls /etc; cat /mnt/file /etc/passwd; touch /mnt/new && ls -ln /mnt; cat /proc/mounts'
alike 'binds on binds' -b "$mine/data:/mnt" -b /etc:/mnt/dir --tmpfs=/mnt/dir/X -b "$mine/data:/mnt/dir/X/y" R sh -c 'ls -a /mnt /mnt/dir/X /mnt/dir/X/y'
mkdir "$template/at"
ln -s /at "$template/link"
alike 'a bind at a link' -b "$mine/data:/link/" R ls /at
spelled '--tmpfs=/t --tmpfs=/mnt/a/b' R sh -c 'touch /t/x /mnt/a/b/x; ls -la /t /mnt/a/b; cat /proc/mounts'
spelled '--bare --no-default-binds' R sh -c 'ls /dev /proc /sys; ls /etc'
rm "$template/etc/hosts"
alike 'the host'\''s files for the network' R sh -c 'cat /etc/hosts /etc/resolv.conf; ls /etc'
spelled '-w/mnt --chdir=mnt --cwd=/proc/self --pwd=/nix --workdir=/etc --chdir=/usr/share/nix --chdir=/etc/passwd' R sh -c 'readlink /proc/self/cwd'
current=$mine/R/etc
fresh
alike 'from within the root' "$mine/R" sh -c 'readlink /proc/self/cwd'
current=$mine
spelled --skip-chdir / sh -c 'readlink /proc/self/cwd'
spelled --skip-chdir R true
spelled '-eA=b --env=A.b=c --env=HOME --env=HOME=/x --unsetenv=LC_ALL --unsetenv=PATH --clearenv' R env
# (A merged directory of an overlay has one link.)
shows='touch /new; echo >>/etc/passwd; stat -c "%n %A %U:%G" /* /etc/*; exit 3'
spelled '--rm --ephemeral' R sh -c "$shows"
alike '--rm --copy' --rm --copy R sh -c "$shows"
covered="$covered --copy"
is '--rm: the root is as it was' no "$([ -e "$mine/R/new" ] && echo yes || echo no)"
spelled "--keep=$mine/keep/kept" R sh -c 'echo x >/new; ls -l /; exit 4'
is '--keep: the copy stays' x "$(cat "$mine/keep/kept/new")"
# An overlay, whatever that lies on: nothing below changes, and nothing is left of it, however it ended.
state() {
	find "$mine/R" ! -path '*/.fakejail*' -printf '%P %y %m %s %U %G %T@ %C@ %n %i %l\n' | LC_ALL=C sort
	find "$mine/R" -type f ! -path '*/.fakejail*' -exec cksum {} + | LC_ALL=C sort
}
before=$(state)
changes='echo x:x:9:9::/:/x >>/etc/passwd; rm -r /etc/group; chown 5:6 /etc; mv /etc/passwd /new; mkdir /d; stat -c %u:%g /etc
	ls /etc/passwd /new 2>/dev/null; :'
changed='5:6
/new'
prints '--rm: changes in a jail' "$changed" jail / $FAKEJAIL --rm R /bin/busybox-static sh -c "$changes"
mkdir "$mine/above"
echo above >"$mine/above/passed"
give_to_user "$mine/above"
prints '--tmp-overlay / in a jail' "above
$changed" jail / $FAKEJAIL --overlay-src above --tmp-overlay / R /bin/busybox-static sh -c "cat /passed; $changes"
prints '--rm in a jail with --rm' "$changed
gone" jail --rm -b "$top_srcdir" -b "$(dirname "${FAKEJAIL%% *}")" -b /usr -b /lib64 "$mine/R" /bin/busybox sh -c \
	"export HOME=/root; mkdir -p /sub/bin /sub/dev /sub/proc; cp -r /etc /sub; cp /bin/busybox /sub/bin/busybox-static; ${FAKEJAIL%% *} --rm /sub /bin/busybox-static sh -c '$changes'; [ -e /sub/new ] || echo gone"
prints 'three at once' '1
2
3' jail / sh -c "for n in 1 2 3; do $FAKEJAIL --rm R /bin/busybox-static sh -c \"echo \$n >/etc/passwd; cat /etc/passwd\" & done | sort"
prints 'killed' 137 jail / sh -c "$FAKEJAIL --rm R /bin/busybox-static sh -c '$changes; kill -9 \$PPID; sleep 1000' >/dev/null 2>&1; echo \$?"
prints 'and then the next' "$changed" jail / $FAKEJAIL --rm R /bin/busybox-static sh -c "$changes"
is 'nothing is left of those' '' "$(find "$mine/home/.local/share/fakejail/copies" -mindepth 1 -maxdepth 1)"
is 'the root is as it was' "$before" "$(state)"

# The copies have what was recorded, by jails on the root or by the one around.
pretends='stat -c "%n %u:%g %a %t:%T %F %h" /f /f2 /g /s /dev0 /p /l /d /d/x'
makes='touch /f /g /s; ln /f /f2; mkdir /d; ln -s f /l; mknod /p p; mknod /dev0 c 5 1; echo >/d/x; chown 5:6 /f; chmod 640 /f; chown 33:44 /s /d
	chmod 6755 /s; chmod 4711 /g; chown -h 9:9 /l; chown 3 /p; chmod 3770 /d'
if as_user $FAKEJAIL add "$template" setcap getcap setfacl getfacl >/dev/null 2>&1; then
	makes="$makes; setcap cap_net_raw+ep /g; setfacl -m u:77:r /f; setfacl -d -m u:78:rw /d"
	pretends="$pretends; getcap /g; getfacl /f /d"
else
	skip 'copies of capabilities and access lists' 'the host has no setcap, getcap, setfacl or getfacl'
fi
for by in 'a jail on the root' 'the jail around'; do
	fresh
	case $by in
	'a jail on the root') as_user $FAKEJAIL R /bin/busybox-static sh -c "$makes" ;;
	*) as_user $FAKEJAIL / chroot "$mine/R" /bin/busybox-static sh -c "$makes" ;;
	esac
	expected=$(jail / $FAKEJAIL R /bin/busybox-static sh -c "$pretends" 2>&1)
	like "recorded by $by: it is there" '/f 5:6 6[46]0 *' "$expected"
	for option in --rm "--keep=$mine/keep/kept"; do
		is "recorded by $by: ${option%=*} in a jail" "$expected" "$(jail / $FAKEJAIL "$option" R /bin/busybox-static sh -c "$pretends" 2>&1)"
	done
	is "recorded by $by: what was kept, outside" "$expected" "$(jail "$mine/keep/kept" /bin/busybox-static sh -c "$pretends" 2>&1)"
done
spelled --read-only R sh -c 'touch /new; echo >/etc/passwd; mkdir /tmp/x; cat /proc/mounts; while read -r id up rest; do echo "$rest"; done </proc/self/mountinfo'
alike 'read-only, with binds' --read-only -b "$mine/data:/mnt" --tmpfs=/t R sh -c 'touch /new /t/x && echo >/mnt/file; cat /proc/mounts'
alike 'read-only /' --read-only / sh -c 'touch /new; mkdir /tmp/nix-$$ 2>/dev/null || echo no'
spelled '--no-trap --no-preload --no-patch' R sh -c 'id; /bin/ls -l /etc; cat /proc/mounts'
spelled '-rR --rootfs=R' id
spelled --kill-on-exit R sh -c 'sleep 100000 & sleep 100000 >/dev/null & exit 7'
alike '--kill-on-exit, a signal' --kill-on-exit R sh -c 'kill -9 $$'
alike '--kill-on-exit, a tmpfs' --kill-on-exit --tmpfs=/t R sh -c 'echo >/t/x; ls /t'
spelled --die-with-parent R sh -c 'id; exit 9'
covered="$covered --quiet --verbose -q"
for spelling in -q --quiet --verbose; do
	alike "$spelling" $spelling R id
done
covered="$covered --proot"
alike --proot --proot -0 -r R -w /nix sh -c 'id; readlink /proc/self/cwd; echo $PWD'
alike '--proot with binds' --proot -0 -r R -b "$mine/data:/link!" -b "$mine/data:/mnt" -m /proc sh -c 'ls -l / /mnt /link'
alike '--proot -R' --proot -0 -R R sh -c 'id; cat /proc/mounts'
spelled '-h --help --version' R

# What all processes of the outer jail share, and what is the outer jail's alone to do.
for option in '-k9.9' '--kernel-release=9.9' '--hostname=box'; do
	covered="$covered ${option%%=*}"
	fails "$option" 125 'fakejail: --hostname and --kernel-release are for the outermost jail: all inside have one name' jail / $FAKEJAIL "$option" R true
done
for option in "--db=$mine/db" --no-db; do
	covered="$covered ${option%%=*}"
	fails "$option" 125 'fakejail: --db and --no-db are for the outermost jail, which keeps the owners of all inside' jail / $FAKEJAIL "$option" R true
done
mkdir "$mine/rw" "$mine/work"
give_to_user "$mine/rw" "$mine/work"
for option in '--overlay-src=/tmp --overlay-src=/etc --ro-overlay' "--overlay-src=/tmp --overlay $mine/rw $mine/work" '--overlay-src=/tmp --tmp-overlay'; do
	covered="$covered $option"
	# shellcheck disable=SC2086 # words
	fails "$option" 125 'fakejail: overlays are for the outermost jail; inside, mount(8) makes them' jail / $FAKEJAIL $option /mnt R true
done
for option in --trace "--trace=$mine/trace"; do
	covered="$covered ${option%%=*}"
	fails "$option" 125 'fakejail: --trace is for the outermost jail, and shows what is inside, too' jail / $FAKEJAIL "$option" R true
done
like 'the outer jail'\''s trace shows what is inside' '*chroot("'"$mine"'/R")*execve("*bin/id"*' "$(jail --trace / $FAKEJAIL R id 2>&1)"
fails 'somebody who is not root' 125 'fakejail: only root may make a jail inside a jail: Operation not permitted' jail -u 7:7 / $FAKEJAIL R true

for name in $(sed -n '/^fj_option() {/,/^}/s/^	\(-.*\)).*/\1/p' "$top_srcdir/scripts/fakejail-options.in" | tr -d '|'); do
	case " $covered " in
	*" $name "* | *" $name"[!-\ ]*) ok "$name is among those that were tried" ;;
	*) fail "$name" 'it was not tried inside' ;;
	esac
done

# ---- what is said ----

for line in 'R nosuch' 'R nosuch/x' 'R gcc' 'R /etc/passwd' 'R /etc' 'nix true' 'empty sh' '--nonsense R' 'R' '' 'R/etc/passwd x'; do
	alike "fakejail $line" $line
done
alike 'an empty root' '' true
alike 'a shell that reads commands' R sh -s
printf '#!/no/such\n' >"$template/bin/script"
cp "$(command -v env)" "$template/bin/broken"
printf '\0\0' >>"$template/bin/broken"
chmod 755 "$template/bin/script"
alike 'a script without its interpreter' R script
for status in 0 1 124 125 126 127 255; do
	alike "status $status" R sh -c "exit $status"
done
alike 'a signal' R sh -c 'kill -TERM $$; sleep 100000'
# A library that is missing: its name, and the root by its path.
fresh
lib=$(as_user $FAKEJAIL R sh -c 'ls -d /lib/*/libselinux* /lib/libselinux* /usr/lib/*/libselinux* /usr/lib64/libselinux* 2>/dev/null' | head -n 1) || :
if [ -n "$lib" ]; then
	rm -f "$mine/R$lib"
	fails 'a library that is missing' 127 "*fakejail: '/usr/bin/ls' needs ${lib##*/}: not in $mine/R
hint: fakejail add $mine/R /usr/bin/ls" jail / $FAKEJAIL R /bin/ls
else
	skip 'a library that is missing' 'ls needs none that can be taken away'
fi

for limit in -Sn12 -Sn16 -Sn63 -n20 -n64; do
	prints "ulimit $limit" 'it works' as_user perl -MPOSIX -e 'POSIX::close($_) for 3 .. 1023; exec @ARGV' sh -c 'ulimit "${1%%n*}n" "${1#*n}"; shift; exec "$@"' sh \
		"$limit" $FAKEJAIL / $FAKEJAIL -b /etc:/mnt --tmpfs=/t R sh -c 'echo it works'
done

# ---- three deep, and a fakejail of the root's own ----

fresh
f=$FAKEJAIL
for a in '' --no-trap --no-patch; do
	for b in '' --no-trap --no-preload; do
		prints "three deep: $a, $b" 'uid=5 gid=6 groups=6 /mnt' jail $a / $f $b / $f --read-only / $f -u 5:6 -w /mnt R sh -c 'echo "$(id) $(readlink /proc/self/cwd)"'
	done
done
mkdir -p "$mine/R/opt/f" "$mine/R/srv"
for file in "$(dirname "${FAKEJAIL%% *}")"/fakejail*; do
	case $file in
	*.o | *-images) ;;
	*) cp "$file" "$mine/R/opt/f/" ;;
	esac
done
cp -a "$mine/R" "$work/S"
cp -a "$work/S" "$mine/R/srv/S"
cp -a "$template" "$mine/R/srv/S/srv/T"
give_to_user "$mine/R"
for a in '' --no-trap --no-patch; do
	prints "a fakejail of the root's own, three deep: $a" 'T U' jail $a R /opt/f/fakejail -b /tmp:/mnt srv/S /opt/f/fakejail --tmpfs=/t srv/T sh -c 'echo T >/t/x; cat /t/x >/f; readlink /proc/self/root >/dev/null; echo "$(cat /f)" U'
	is 'it is in the innermost tree' T "$(cat "$mine/R/srv/S/srv/T/f")"
	rm "$mine/R/srv/S/srv/T/f"
done
prints 'what lies above is out of reach' '/ no' jail R /opt/f/fakejail srv/S sh -c 'cd /../..; echo "$(readlink /proc/self/cwd) $([ -e /srv/S ] || echo no)"'

# ---- the outer jail ----

fresh
prints 'mounts of the inner jail are its own' '' jail / sh -c "$FAKEJAIL --tmpfs=/t -b $mine/data:/mnt R true; grep -e $mine/R /proc/mounts; :"
prints 'a root and a directory of the outer one are where they were' / jail / sh -c "cd /; $FAKEJAIL $mine/R true; readlink /proc/self/root"
prints 'owners of the inner jail show in the outer one' '5:6 700' jail / sh -c "$FAKEJAIL $mine/R sh -c 'touch /f; chown 5:6 /f; chmod 700 /f'; stat -c '%u:%g %a' $mine/R/f"
prints 'later, too' 5:6 jail / stat -c %u:%g "$mine/R/f"
prints 'and in the root'\''s own jail' 5:6 jail R stat -c %u:%g /f
prints 'in the next inner one' 5:6 jail / $FAKEJAIL R stat -c %u:%g /f
is 'on the disk it is the caller'\''s' "$test_uid" "$(stat -c %u "$mine/R/f")"
prints 'many at once' 20 jail / sh -c "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do $FAKEJAIL --tmpfs=/t R sh -c 'echo >/t/x; [ \$(ls /t) = x ] && echo y' & done | grep -c y; wait"
finish
