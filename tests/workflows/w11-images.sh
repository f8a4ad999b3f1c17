#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w11-images.sh - workflows W10 and W11: images from files and from a registry are unpacked as by real root's tools, run in
# private copies, and packed again. Bad images give a message that names the error, and leave no file.
. "$(dirname "$0")/../lib/lib.sh"
need busybox python3 skopeo umoci docker-registry

cp "$(command -v busybox)" "$mine/busybox"
cp "$tests_dir/workflows/src/images.py" "$mine/images.py"
current=$mine
as_user python3 images.py
# shellcheck disable=SC2086,SC2317 # FAKEJAIL may be several words; what the checks below call
verb() { as_user env "FAKEJAIL_STORE=$mine/store" $FAKEJAIL "$@"; }

# ---- files
succeeds 'unpack a docker save archive' verb unpack old.tar tree
prints 'whiteouts, opaque directories, owners and set-id bits' '/
/bin 0:0 755
/bin/busybox 0:0 755
/bin/su 0:0 4755
/etc 5:7 750
/gone 0:0 755
/gone/again 0:0 644
/keep 0:0 755
/keep/new 3:4 640' jail --bare tree /bin/busybox sh -c 'echo /; for f in /bin /bin/* /etc /gone /gone/* /keep /keep/*; do
	echo "$f $(busybox stat -c "%u:%g %a" "$f")"; done'
succeeds 'pack it' verb pack tree one.tar
succeeds 'unpack what was packed' verb unpack one.tar tree2
succeeds 'pack that' verb pack tree2 two.tar
succeeds 'the same bytes' cmp "$mine/one.tar" "$mine/two.tar"
succeeds 'pack an OCI layout' verb pack --format=oci --cmd=/bin/busybox tree layout
succeeds 'umoci takes it' umoci unpack --rootless --image "$mine/layout:latest" "$work/umoci"

# ---- bad input
fails 'a ROOTFS that is not empty' 125 "fakejail: unpack: 'tree' is not empty" verb unpack old.tar tree
for bad in absolute up link own cut digest; do
	fails "bad input: $bad" 125 'fakejail: unpack: *' verb unpack "$bad.tar" "bad-$bad"
	if [ -e "$mine/bad-$bad" ]; then fail "bad input: $bad" 'something is left'; else ok "nothing left of $bad"; fi
done
fails 'more than is allowed' 125 "*member 'bin/busybox'*--max-size*" verb unpack --max-size=1k one.tar large

# ---- a registry
cat >"$work/registry.yml" <<END
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: 127.0.0.1:15077}
END
docker-registry serve "$work/registry.yml" >"$work/registry.log" 2>&1 &
registry=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	skopeo --insecure-policy copy -q --dest-tls-verify=false "docker-archive:$mine/old.tar" \
		docker://127.0.0.1:15077/made:1 >/dev/null 2>&1 && break
	sleep 0.5
done
succeeds 'pull from the registry' verb pull -q 127.0.0.1:15077/made:1 made
fails 'an image that is not there' 125 "*there is no image 'none'*" verb pull 127.0.0.1:15077/none
kill "$registry"
prints_like 'images lists it' '*made *' verb images
succeeds 'skopeo reads the store' skopeo inspect "oci:$mine/store:made"
prints 'run: environment, user and entry point are the image'\''s' 'b c 5 7' verb run made \
	/bin/busybox sh -c 'echo "$A $(busybox id -u) $(busybox id -g)"'
fails 'run: the exit status' 7 '' verb run made /bin/busybox sh -c 'exit 7'
fails 'run: another port' 125 '*the host*network*' verb run -p 80:81 made

# ---- private copies
prints '--rm leaves the tree as it was' '' verb --rm tree /bin/busybox sh -c 'echo x >/left'
if [ -e "$mine/tree/left" ]; then fail '--rm' 'the tree was written to'; else ok 'nothing written'; fi
is 'no copy is left' '' "$(ls "$mine/store/copies")"
succeeds 'rmi' verb rmi made
is 'no blob is left' '' "$(ls "$mine/store/blobs/sha256")"
finish
