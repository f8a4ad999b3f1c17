#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# images.sh - pull of an image from a registry on loopback beside skopeo, unpack beside umoci and beside GNU tar as real root, and
# `run IMAGE true` beside `fakejail ROOT true`, proot(1) and podman(1), on one root file system. The lines of a table: CPU and wall milliseconds, and the
# ratio of the CPU times to the first line of the group.
#
# Usage: images.sh ROOT [ROUNDS (5)]      environment: FAKEJAIL, BENCH_UID (4242), BENCH_DIR (/var/tmp; a tmpfs leaves the disk out)
# Each round runs every one once, in turn; of a quantity the least counts, since a busy machine only adds. Run as root.
set -eu

: "${FAKEJAIL=fakejail}" "${BENCH_UID=4242}" "${BENCH_DIR=/var/tmp}"
[ $# -ge 1 ] || {
	echo 'usage: images.sh ROOT [ROUNDS]' >&2
	exit 2
}
from=$1 rounds=${2:-5}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "$BENCH_DIR/images.XXXXXX")
server=
trap '[ -z "$server" ] || kill $server; chmod -R u+rwX "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$work"
mkdir "$work/user"
chown "$BENCH_UID:$BENCH_UID" "$work/user"
cc -O2 -o "$work/cpu_time" "$here/cpu_time.c"
user="setpriv --reuid $BENCH_UID --regid $BENCH_UID --clear-groups env HOME=$work/user FAKEJAIL_STORE=$work/user/store"

# The root as an archive, and as an image of one layer, which a registry has.
tar -C "$from" --numeric-owner --one-file-system -cf "$work/root.tar" .
gzip -1 -k "$work/root.tar"
# shellcheck disable=SC2086 # words
$user $FAKEJAIL pull -q "$work/root.tar.gz" made >/dev/null
port=15079
cat >"$work/registry.yml" <<END
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: 127.0.0.1:$port}
END
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	! skopeo --insecure-policy copy -q --dest-tls-verify=false "oci:$work/user/store:made" \
		"docker://127.0.0.1:$port/made:1" >"$work/skopeo.log" 2>&1 || break
	sleep 0.5
done

measure() { # GROUP NAME COMMAND...: after it, what it made is removed
	group=$1 name=$2
	shift 2
	rc=0
	"$work/cpu_time" "$@" >"$work/out" 2>&1 3>"$work/time" || rc=$?
	if [ "$rc" = 0 ]; then
		echo "$group $name $(cat "$work/time")" >>"$work/lines"
	else
		echo "# $group $name: exit status $rc: $(tail -n 1 "$work/out")" >&2
	fi
	chmod -R u+rwX "$work/user/made" "$work/made" 2>/dev/null || :
	rm -rf "$work/user/made" "$work/made"
}

round=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	# shellcheck disable=SC2086 # words
	{
		measure pull skopeo $user skopeo --insecure-policy copy -q --src-tls-verify=false "docker://127.0.0.1:$port/made:1" \
			"oci:$work/user/made:made"
		measure pull fakejail $user env "FAKEJAIL_STORE=$work/user/made" $FAKEJAIL pull -q "127.0.0.1:$port/made:1" made
		for kind in tar tar.gz; do
			mkdir "$work/made"
			measure "unpack-$kind" root-tar tar -C "$work/made" --numeric-owner -xpf "$work/root.$kind"
			measure "unpack-$kind" fakejail $user $FAKEJAIL unpack "$work/root.$kind" "$work/user/made"
		done
		mkdir "$work/made"
		measure unpack-image root-tar tar -C "$work/made" --numeric-owner -xpf "$work/root.tar.gz"
		# So slow that once will do.
		[ "$round" != 1 ] || measure unpack-image root-umoci umoci raw unpack --image "$work/user/store:made" "$work/made"
		[ "$round" != 1 ] || measure unpack-image umoci-rootless $user umoci raw unpack --rootless --image "$work/user/store:made" \
			"$work/user/made"
		measure unpack-image fakejail $user $FAKEJAIL unpack made "$work/user/made"
		if [ "$round" = 1 ]; then
			$user $FAKEJAIL unpack made "$work/user/root"
			$user $FAKEJAIL run made true
		fi
		measure run fakejail-ROOT $user $FAKEJAIL "$work/user/root" true
		measure run fakejail-run-IMAGE $user $FAKEJAIL run made true
		measure run fakejail-run--copy-IMAGE $user $FAKEJAIL run --copy made true
		# What udocker does where nobody has privileges, with the tree that is there already; and podman, where it can.
		! command -v proot >/dev/null || measure run proot $user proot -r "$work/user/root" -b /dev -b /proc -w / /bin/true
		! command -v podman >/dev/null || measure run podman $user podman run --rm --rootfs "$work/user/root" true
	}
done

awk '{ key = $1 " " $2
	if (!(key in cpu)) { order[++n] = key; cpu[key] = $3; wall[key] = $4 }
	if ($3 < cpu[key]) cpu[key] = $3
	if ($4 < wall[key]) wall[key] = $4 }
END { printf "%-14s %-20s %9s %7s %9s %7s\n", "what", "who", "CPU ms", "x", "wall ms", "x"
	for (i = 1; i <= n; i++) { key = order[i]
		split(key, part, " ")
		if (part[1] != group) { group = part[1]; base = key }
		printf "%-14s %-20s %9.0f %7.2f %9.0f %7.2f\n", part[1], part[2], cpu[key] / 1000, cpu[key] / cpu[base],
			wall[key] / 1000, wall[key] / wall[base] } }' "$work/lines"
