#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w11-run.sh - workflow W11: a redis server and its client use two private copies of an image from a registry. Also images
# with users, volumes, a working directory, an entry point script, a stop signal, and one that has only a static program. Then
# the same under a container's filter.
. "$(dirname "$0")/../lib/lib.sh"
need busybox python3 skopeo umoci docker-registry gcc ldd setpriv

gcc -O2 -o "$work/without" "$tests_dir/without.c"
by=
# shellcheck disable=SC2086,SC2317 # words; what the checks below call
verb() { as_user env "FAKEJAIL_STORE=$mine/store" $by $FAKEJAIL "$@"; }
# shellcheck disable=SC2317
umo() { as_user umoci "$@"; }

# ---- an image with what official images have
new_jail tree bin etc tmp dev proc usr/local/bin
busybox_applets cat chown echo env find id kill ls mkdir pwd sh sleep stat touch true
"$tests_dir/lib/add-program" "$root" /usr/bin/setpriv
printf 'root:x:0:0::/root:/bin/sh\nredis:x:999:998::/data:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nredis:x:998:\nvideo:x:44:redis\n' >"$root/etc/group"
cat >"$root/usr/local/bin/docker-entrypoint.sh" <<'END'
#!/bin/sh
set -e
if [ "$1" = redis-server -a "$(id -u)" = 0 ]; then
	find . ! -user redis -exec chown redis '{}' +
	exec /usr/bin/setpriv --reuid redis --regid redis --init-groups "$0" "$@"
fi
exec "$@"
END
chmod 755 "$root/usr/local/bin/docker-entrypoint.sh"

# redis and the libraries that this machine lacks, from Debian.
redis=
mkdir "$work/debs" "$work/redis"
if (cd "$work/debs" && command -v apt-get >/dev/null && apt-get -qq download redis-server redis-tools libjemalloc2 liblzf1) >"$work/apt.log" 2>&1; then
	for deb in "$work"/debs/*.deb; do
		dpkg-deb -x "$deb" "$work/redis"
	done
	for program in redis-server redis-cli; do
		cp -L "$work/redis/usr/bin/$program" "$root/usr/local/bin/"
		LD_LIBRARY_PATH=$work/redis/usr/lib/x86_64-linux-gnu ldd "$root/usr/local/bin/$program" >"$work/libraries"
		! grep -q 'not found' "$work/libraries" || break
		sed -n 's|^[^/]*\(/[^ ]*\) (0x.*|\1|p' "$work/libraries" | while read -r library; do
			inside=${library#"$work/redis"}
			mkdir -p "$root$(dirname "$inside")"
			cp -L "$library" "$root$inside"
		done
	done
	if grep -q 'not found' "$work/libraries"; then
		skip 'redis' 'it needs libraries that this machine has not'
	else
		redis=yes
	fi
else
	skip 'redis' "its Debian package cannot be fetched: $(tail -n 1 "$work/apt.log")"
fi
give_to_user "$root"

succeeds 'a layout' verb pack --format=oci --name=base --env=PATH=/usr/local/bin:/usr/bin:/bin tree layout
# variant NAME OPTION...: an image of the same layer with another configuration.
variant() {
	variant_name=$1
	shift
	umo config --image "$mine/layout:base" --tag "$variant_name" "$@"
	verb pull -q "oci:layout:$variant_name" "$variant_name" >/dev/null
}
variant redis --config.volume /data --config.workingdir /data --config.entrypoint docker-entrypoint.sh --config.exposedports 6379/tcp \
	--config.cmd redis-server --config.cmd --port --config.cmd 15090 --config.cmd --bind --config.cmd 127.0.0.1
variant user --config.user redis
variant number --config.user 999
variant pair --config.user 1234:44
variant stranger --config.user 4321
variant nobody --config.user nosuch
variant volumes --config.volume /vol/deep --config.volume /bin --config.volume /tmp/v --config.workingdir /srv/here
variant stop --config.stopsignal SIGQUIT --config.entrypoint sh --config.entrypoint -c \
	--config.entrypoint 'trap "echo asked to quit; exit 4" QUIT; echo ready; while :; do sleep 1000 & wait $!; done'
variant badstop --config.stopsignal SIGNONE --config.cmd true
variant script --config.entrypoint docker-entrypoint.sh --config.cmd echo --config.cmd 'by default'

# A static program and nothing else: no shell, no /etc.
cat >"$work/app.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char here[100];
	FILE *f = fopen("/written", "w");
	printf("%d %d %s %s %d %s %s\n", getuid(), getgid(), getcwd(here, sizeof(here)), getenv("HOME"), argc, argv[argc - 1],
		f && fprintf(f, "x") == 1 ? "writes" : "does not write");
	return argc;
}
END
as_user mkdir app
gcc -static -O2 -o "$mine/app/app" "$work/app.c"
give_to_user "$mine/app/app"
for user in '' 65532; do
	succeeds "an image of one program (${user:-root})" verb pack --format=docker-archive --name=app:1 --entrypoint=/app ${user:+"--user=$user"} app "app$user.tar"
	verb pull -q "app$user.tar" "app$user" >/dev/null
done

cat >"$work/redis.py" <<'END'
import os, subprocess, sys
run = [*sys.argv[1].split(), "run", "redis"]
store = os.environ["FAKEJAIL_STORE"] + "/copies/"
def client(*words):
    return subprocess.run([*run, "redis-cli", "-p", "15090", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout.strip()
server = subprocess.Popen(run, stdout=subprocess.DEVNULL)
while client("ping") != "PONG" and server.poll() is None:
    pass
print(client("ping"), client("set", "key", "a value"), client("get", "key"), client("config", "get", "dir").split()[-1], client("save"))
mine = [c for c in os.listdir(store) if os.path.exists(store + c + "/root/data/dump.rdb")]
print("its own copy:", len(mine), "keys:", client("dbsize"))
server.terminate()
print(server.wait(), len(os.listdir(store)))
END
cat >"$work/stop.py" <<'END'
import subprocess, sys
p = subprocess.Popen([*sys.argv[1].split(), "run", "stop"], stdout=subprocess.PIPE)
p.stdout.readline()
p.terminate()
print(p.stdout.readline().decode().strip(), p.wait())
END
# shellcheck disable=SC2086,SC2317
outside() { as_user env "FAKEJAIL_STORE=$mine/store" $by python3 "$work/$1" "$FAKEJAIL"; }

from_registry() {
	cat >"$work/registry.yml" <<END
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: 127.0.0.1:15091}
END
	docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
	registry=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		skopeo --insecure-policy copy -q --dest-tls-verify=false "oci:$mine/layout:redis" docker://127.0.0.1:15091/redis:7 >/dev/null 2>&1 && break
		sleep 0.5
	done
	succeeds 'pull redis from a registry' verb pull -q 127.0.0.1:15091/redis:7 redis
	kill "$registry"
}

images_run() {
	if [ -n "$redis" ]; then
		prints "${place}redis: server and client in two copies" 'PONG OK a value /data OK
its own copy: 1 keys: 1
0 0' outside redis.py
	fi
	prints "${place}USER name: groups, home, files" '999 998 44 998 /data' verb run user sh -c 'echo $(id -u) $(id -g) $(id -G | busybox tr " " "\n" | busybox sort -n) $HOME'
	prints "${place}USER number of an account" '999 998 44 998 /data' verb run number sh -c 'echo $(id -u) $(id -g) $(id -G | busybox tr " " "\n" | busybox sort -n) $HOME'
	prints "${place}USER uid:gid" '1234 44 44 /' verb run pair sh -c 'echo $(id -u) $(id -g) $(id -G) $HOME'
	prints "${place}USER number without an account" '4321 0 0 /' verb run stranger sh -c 'echo $(id -u) $(id -g) $(id -G) $HOME'
	run verb run nobody true
	like "${place}USER that is not there" "125:*'nosuch'*" "$rc:$err"
	prints "${place}volumes and the working directory are there" '/srv/here
0:0 /vol/deep
0:0 /tmp/v
written' verb run volumes sh -c 'pwd; stat -c "%u:%g %n" /vol/deep /tmp/v; echo written >/vol/deep/x; cat /vol/deep/x'
	prints "${place}the entry point script" 'by default' verb run script
	prints "${place}the entry point script with a command" '/' verb run script pwd
	prints "${place}StopSignal takes the place of TERM" 'asked to quit 4' outside stop.py
	fails "${place}a StopSignal that is none" 125 "fakejail: run: the stop signal 'SIGNONE' is no signal" verb run badstop
	# There is a directory of that name, too.
	run verb run app
	is "${place}one static program as root" '1:0 0 / /root 1 /app writes' "$rc:$out"
	run verb run app65532 a b
	is "${place}one static program as somebody, with a command" '3:65532 0 / / 3 b does not write' "$rc:$out"
	fails "${place}it has no shell" 127 "*'sh' not found*" verb run --entrypoint= app sh
	for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		verb run app "$n" >"$work/out.$n" 2>&1 || :
	done &
	for n in 1 2 3 4 5 6 7 8 9 10; do
		verb run app65532 "$n" >"$work/out2.$n" 2>&1 || :
	done
	wait $!
	is "${place}thirty of two images" 30 "$(cat "$work"/out.* "$work"/out2.* | grep -c write)"
	is "${place}no copy is left" '' "$(ls "$mine/store/copies")"
}

[ -z "$redis" ] || from_registry
place=
images_run
place="container's filter: "
by="$work/without --container"
images_run
finish
