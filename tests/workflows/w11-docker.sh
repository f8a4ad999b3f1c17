#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w11-docker.sh - workflow W11 for users of docker: each option of `docker run` must do what it says, change nothing, or be
# refused by one line that says what a jail does instead. The options are read from the program's own table.
. "$(dirname "$0")/../lib/lib.sh"
need busybox python3

new_jail tree bin etc tmp dev proc data
busybox_applets cat echo env hostname id ls pwd sh touch true tty uname
printf 'root:x:0:0::/root:/bin/sh\nredis:x:999:998::/data:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nredis:x:998:\nvideo:x:44:redis\naudio:x:29:nobody,redis\n' >"$root/etc/group"
echo '#!/bin/nosuch' >"$root/bin/noexec"
give_to_user "$root"
# shellcheck disable=SC2086,SC2317 # FAKEJAIL may be several words; what the checks below call
verb() { as_user env "FAKEJAIL_STORE=$mine/store" FROM_OUTSIDE=out $FAKEJAIL "$@"; }
verb pack --format=docker-archive --name=made:1 --entrypoint='/bin/busybox env I=i' --cmd='/bin/sh -c "echo"' --env=PATH=/bin --workdir=/data tree made.tar
verb pack --format=docker-archive --name=plain:1 --env=PATH=/bin --env=A=image --cmd='["/bin/sh","-c","echo by default"]' tree plain.tar
verb pull -q made.tar made >/dev/null
verb pull -q plain.tar plain >/dev/null
as_user sh -c 'mkdir host && echo from the host >host/file && printf "# a comment\n\nF=1 2\nFROM_OUTSIDE\nNOT_OUTSIDE\n" >envfile'

tested=
# tried OPTION: it has a case here.
tried() {
	tested="$tested $1 "
}
# gives OPTION WANT WORD...: run WORD... prints that.
gives() {
	tried "$1"
	option=$1
	want=$2
	shift 2
	prints "$option: run $*" "$want" verb run "$@"
}
# refused OPTION PATTERN WORD...: run WORD... ends with 125 and that one line.
refused() {
	tried "$1"
	option=$1
	want=$2
	shift 2
	run verb run "$@"
	# shellcheck disable=SC2254 # a pattern
	case $rc:$(printf '%s\n' "$err" | wc -l):$err in
	125:1:"fakejail: run: "$want) ok "$option: run $*" ;;
	*) fail_run "$option: run $*" 'not as expected' "expected 125 and one line like: fakejail: run: $want" ;;
	esac
}

# ---- the command
gives command 'by default' plain
gives command 'one two' plain echo one two
gives command '-v --rm' plain echo -v --rm
gives command 'after' -- plain echo after
run verb run plain nosuch
is 'a command that is not there' 127 "$rc"
run verb run plain /etc/passwd
is 'one that cannot be run' 126 "$rc"
run verb run plain sh -c 'exit 42'
is 'its status' 42 "$rc"
fails 'no image' 125 'fakejail: run: which image?' verb run
fails 'an image that is not there' 125 "fakejail: run: there is no image 'none'
hint: fakejail pull none" verb run none
gives entrypoint 'by hand' --entrypoint=/bin/echo plain by hand
gives entrypoint '' --entrypoint=/bin/true plain
gives entrypoint 'plain echo' --entrypoint '' plain echo plain echo
run verb run made
is 'an entry point has the command behind it' 0 "$rc"
gives entrypoint i made sh -c 'echo $I'

# ---- input and terminal
tried interactive
for word in -i --interactive -i=true; do
	as_user sh -c 'echo typed >typed'
	prints "interactive: $word" typed sh -c 'exec <"$1"; shift; exec "$@"' sh "$mine/typed" "$tests_dir/lib/limit" 60 setpriv --reuid "$test_uid" --regid "$test_uid" --clear-groups env "FAKEJAIL_STORE=$mine/store" "$FAKEJAIL" run "$word" plain cat
done
tried tty
jail_by="env FAKEJAIL_STORE=$mine/store"
at_terminal 'tty: -it is a shell at the terminal' run -it --rm plain sh <<'END'
expect # 
type tty; stty 2>/dev/null; echo st""atus=$?
expect /dev/
expect status=
type exit 3
end 3
END
jail_by=

# ---- variables
gives env '1 2' -e A=1 -e 'B=2' plain sh -c 'echo $A $B'
gives env '1' --env A=1 plain sh -c 'echo $A'
gives env 'image' plain sh -c 'echo $A'
gives env 'out -' -e FROM_OUTSIDE -e NOT_OUTSIDE plain sh -c 'echo $FROM_OUTSIDE ${NOT_OUTSIDE-"-"}'
gives env '-' plain sh -c 'echo ${FROM_OUTSIDE-"-"}'
gives env 'a
b = "c"' -e 'A=a
b = "c"' plain sh -c 'echo "$A"'
refused env "option '--env' names no variable" -e =x plain true
gives env-file '1 2 out -' --env-file envfile plain sh -c 'echo $F $FROM_OUTSIDE ${NOT_OUTSIDE-"-"}'
refused env-file "--env-file: cannot read 'nosuch'*" --env-file=nosuch plain true

# ---- place and user
gives workdir /data made pwd
gives workdir / plain pwd
gives workdir /tmp -w /tmp made pwd
gives workdir /new/deep --workdir=/new/deep plain pwd
who='echo $(id -u) $(id -g) $(id -G) $HOME'
# shellcheck disable=SC2016 # for the inner shell
{
	gives user '0 0 0 /root' plain sh -c "$who"
	gives user '999 998 998 29 44 /data' -u redis plain sh -c "$who"
	gives user '999 998 998 29 44 /data' --user=999 plain sh -c "$who"
	gives user '1234 0 0 /' -u 1234 plain sh -c "$who"
	gives user '1234 5 5 /' -u1234:5 plain sh -c "$who"
	gives user '999 44 44 /data' -u redis:video plain sh -c "$who"
	gives user '0 7 7 /root' -u 0:7 plain sh -c "$who"
}
run verb run -u nosuch plain true
like 'user: one that is not there' "125:*'nosuch'*" "$rc:$err"

# ---- directories of the host
gives volume 'from the host' -v "$mine/host:/mnt" plain cat /mnt/file
gives volume 'from the host' --volume=./host:/mnt/deep/er plain cat /mnt/deep/er/file
gives volume 'from the host' -v "$mine/host/file:/etc/passwd" plain cat /etc/passwd
run verb run -v "$mine/host:/mnt:ro" plain touch /mnt/new
like 'volume: read-only' '[1-9]*Read-only file system' "$rc:$err"
succeeds 'volume: written to' verb run -v "$mine/host:/mnt:rw,z" plain touch /mnt/new
is 'and there on the host' "$mine/host/new" "$(ls "$mine/host/new")"
succeeds 'volume: the directory is made' verb run -v "$mine/host/made/deep:/mnt" plain touch /mnt/x
is 'and there' x "$(ls "$mine/host/made/deep")"
gives volume 'anon' -v /anonymous plain echo anon
refused volume "--volume: 'name' is a volume's name, and a jail keeps nothing*" -v name:/data plain true
gives bind 'from the host' -b "$mine/host:/mnt" plain cat /mnt/file
gives mount 'from the host' --mount "type=bind,source=$mine/host,target=/mnt" plain cat /mnt/file
gives mount 'from the host' --mount="type=bind,src=$mine/host,dst=/mnt,readonly" plain cat /mnt/file
run verb run --mount "type=bind,src=$mine/host,destination=/mnt,ro" plain touch /mnt/new2
like 'mount: readonly' '[1-9]*Read-only file system' "$rc:$err"
gives mount 'x' --mount type=tmpfs,target=/t plain sh -c 'echo x >/t/x; cat /t/x'
refused mount "--mount 'type=bind,source=/x' names no target" --mount type=bind,source=/x plain true
refused mount "--mount 'source=name,target=/x': a jail has type=bind*" --mount source=name,target=/x plain true
refused mount "--mount: '*/nosuch' is not on the host" --mount "type=bind,source=$mine/nosuch,target=/mnt" plain true
gives tmpfs 'x' --tmpfs /t plain sh -c 'echo x >/t/x; cat /t/x'
gives tmpfs 'x' --tmpfs /t:rw,size=64m plain sh -c 'echo x >/t/x; cat /t/x'
gives read-only 'refused' --read-only plain sh -c '(echo x >/x) 2>/dev/null || echo refused'
gives read-only 'x' --read-only --tmpfs=/tmp plain sh -c 'echo x >/tmp/x; cat /tmp/x'
gives hostname 'box' --hostname box plain uname -n
gives hostname 'box' -h box plain hostname

# ---- how it ends, and what ours are called
gives platform 'by default' --platform linux/amd64 plain
refused platform '*the image is for linux/amd64, not for linux/arm64 (see --platform)' --platform=linux/arm64 plain
gives keep 'kept' "--keep=$mine/kept" plain sh -c 'echo kept >/kept; cat /kept'
is 'keep: the copy is there' kept "$(cat "$mine/kept/kept")"
refused max-size "--max-size: 'much' is no size" --max-size=much plain true
gives max-size 'by default' --max-size=1G plain
tried stop-signal
cat >"$work/stop.py" <<'PY'
import subprocess, sys
for words in ([], ["--stop-signal=QUIT"], ["--stop-signal", "10"], ["--stop-signal=SIGRTMIN+2"]):
    p = subprocess.Popen([*sys.argv[1].split(), "run", *words, "plain", "sh", "-c",
        "for s in TERM QUIT USR1 36; do trap \"echo $s; exit 3\" $s; done; echo ready; while :; do busybox sleep 1000 & wait $!; done"], stdout=subprocess.PIPE)
    p.stdout.readline()
    p.terminate()
    print(p.stdout.readline().decode().strip(), p.wait())
PY
prints 'stop-signal: takes the place of TERM' 'TERM 3
QUIT 3
USR1 3
36 3' as_user env "FAKEJAIL_STORE=$mine/store" python3 "$work/stop.py" "$FAKEJAIL"
refused stop-signal "the stop signal 'SIGNONE' is no signal" --stop-signal=SIGNONE plain true
for option in no-trap no-preload no-patch verbose quiet; do
	tried "$option"
	run verb run "--$option" plain
	case $option in
	no-trap) like "$option" "126:*only the seccomp trap can jail" "$rc:$err" ;; # the image's programs are static
	*) is "$option" "0 by default" "$rc $out" ;;
	esac
done
prints 'HOME is the image'"'"'s, and nothing is said of it' '/root' verb run plain sh -c 'echo $HOME'
is 'on stderr' '' "$err"

# ---- what changes nothing, and what is refused
for word in --rm -it --init --name=n --label=a=b --pull=always --log-driver=none --shm-size=1g --security-opt=seccomp=unconfined --cap-drop=ALL --sig-proxy=true \
	--stop-timeout=5 --expose=80 -P --publish-all --network=host --net=host -p=80:80 --publish=127.0.0.1:80:80/tcp --publish=80 \
	--publish=1000-1010:1000-1010 --rm=true --privileged=false --detach=false; do
	name=${word%%=*}
	gives "${name##*-}" 'by default' "$word" plain
	tried "$(printf '%s' "${name#--}")"
done
gives name 'by default' --name n -l a plain
refused publish "--publish 8080:80: the host's network is the jail's*port 80*" -p 8080:80 plain
refused publish "--publish 127.0.0.1:8080:80/tcp: the host's network is the jail's*" --publish=127.0.0.1:8080:80/tcp plain
for value in none bridge container:x; do
	refused network "--network $value is not possible: the host's network is the jail's" --network "$value" plain
	refused net "--network $value is not possible: *" "--net=$value" plain
done
for word in memory=1g cpus=2 cap-add=NET_ADMIN device=/dev/kvm restart=always dns=1.1.1.1 add-host=a:1.2.3.4 volumes-from=c pid=host; do
	refused "${word%%=*}" "--${word%%=*} is not possible: a jail*" "--$word" plain
	refused "${word%%=*}" "--${word%%=*} is not possible: a jail*" "--${word%%=*}" "${word#*=}" plain
done
refused memory '--memory is not possible: a jail has the caller*ulimit*' -m 1g plain
for word in privileged detach; do
	refused "$word" "--$word is not possible: a jail*" "--$word" plain
done
refused detach '--detach is not possible: a jail runs in the foreground: put it into the background with &' -d plain
refused unknown "unknown option '--nosuch'" --nosuch plain
refused unknown "unknown option '-Z'" -Z plain
refused unknown "option '--name' wants a value" --name
refused unknown "option '-e' wants a value" -e

# Every option of the table has been here.
sed -n 's/^\t{.*, "\([a-z-]*\)", \(true\|false\),.*/\1/p' "$top_srcdir/scripts/images/run_options.c" >"$work/names"
is 'the table is read' yes "$([ "$(wc -l <"$work/names")" -gt 40 ] && echo yes)"
while read -r name; do
	case $tested in
	*" $name "*) ;;
	*) fail "option --$name" 'it has no case here' ;;
	esac
done <"$work/names"
is 'no copy is left' '' "$(ls "$mine/store/copies")"
finish
