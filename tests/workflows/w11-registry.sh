#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w11-registry.sh - workflow W11 with registries: logins, TLS, proxies, platforms, layers, several pulls at once, killed
# pulls, a full disk. A registry that hangs, lies or refuses must give one clear line, and no file may be left.
. "$(dirname "$0")/../lib/lib.sh"
need busybox python3 skopeo umoci docker-registry openssl script

pids=
# shellcheck disable=SC2317 # the trap's
stop_servers() {
	status=$?
	# shellcheck disable=SC2086 # words
	[ -z "$pids" ] || kill $pids 2>/dev/null || :
	! mountpoint -q "$work/small" || umount "$work/small"
	(exit "$status")
	at_exit
}
trap stop_servers EXIT

: >"$work/log"
mkfifo "$work/open"
exec 9<>"$work/open"
python3 "$tests_dir/workflows/src/registry.py" "$work/log" "$(command -v busybox)" <"$work/open" >"$work/ports" 9>&- &
pids=$!
for _ in $(seq 100); do
	[ ! -s "$work/ports" ] || break
	sleep 0.1
done
read -r port other proxy <"$work/ports"
server=127.0.0.1:$port

# Words that the environment of the tool begins with; and after how many seconds a server counts as silent: so many that a busy
# machine's are not taken for that, but where it is.
with=
silence=20
# shellcheck disable=SC2086,SC2317 # FAKEJAIL may be several words; what the checks below call
verb() { as_user env "FAKEJAIL_STORE=$mine/store" FAKEJAIL_HTTP_TIMEOUT=$silence env $with $FAKEJAIL "$@"; }
pull() { verb pull -q "$@"; }
# What the store holds but for its own empty frame.
left() { find "$mine/store" -mindepth 1 \( -type f ! -name lock ! -name oci-layout ! -path "$mine/store/index.json" -o \
	-path "$mine/store/tmp/*" -o -path "$mine/store/trees/*" -o -path "$mine/store/copies/*" \) | sort; }
# shellcheck disable=SC2317
counted() { grep -cE "$1" "$work/log" || :; }
# Has every blob its own digest?
whole() { (cd "$mine/store/blobs/sha256" && sha256sum -- * | awk '$1 != $2 { print $2 }'); }

# ---- what cannot be pulled: one line that names it, and nothing left
# bad NAME PATTERN [WORD...]: the repository NAME of src/registry.py.
bad() {
	bad_name=$1 bad_pattern=$2
	shift 2
	case $bad_name in
	silent* | drip) silence=1 ;;
	*) silence=3 ;;
	esac
	run pull "$@" "$server/$bad_name:1"
	silence=20
	lines=$(printf '%s\n' "$err" | grep -vc '^hint: ' || :)
	# shellcheck disable=SC2254 # a pattern
	case $rc:$lines:$err in
	125:1:"fakejail: pull: "$bad_pattern)
		if [ -z "$(left)" ]; then
			ok "bad: $bad_name"
		else
			fail "bad: $bad_name" 'something is left in the store' "$(left)"
		fi
		;;
	*) fail_run "bad: $bad_name" "expected exit status 125 and one line like: $bad_pattern" ;;
	esac
}
d='sha256:*'
while read -r name pattern; do
	bad "$name" "$pattern"
done <<END
none $server: there is no image 'none' with '1'
forbidden $server: the registry wants a login for 'forbidden'*hint: *
teapot $server: the registry answers 418 *
gone $server: the registry answers 410 *
broken $server: the registry answers 500 *
busier $server: *too many requests: try again in 4000 seconds
busiest $server: *too many requests: try later
unavailable $server: the registry answers 503 *
loop $server: the registry wants a login for 'loop' (status 401)*
loopbasic $server: the registry wants a login for 'loopbasic' (status 401)*
basic $server: the registry wants a login for 'basic' (status 401)*hint: docker login *
private $server: 127.0.0.1:$other, *wants a login (status 401)*
unknown $server: the registry wants a login for 'unknown' (status 401)*
badrealm $server: *a token from 'file:///etc/passwd', which is no address
badtokenhtml '$server: the token of http://127.0.0.1:$other/badtokenhtml': it is no JSON*
badtokennone $server: there is no token in the answer of *
badtokennumber $server: there is no token in the answer of *
badtokenline $server: there is no token in the answer of *
badtokenempty $server: an empty answer: *
badtoken5 $server: 127.0.0.1:$other answers 500 *
silent $server: nothing has come for 1 seconds*
drip $server: nothing has come for 1 seconds*
silentblob $server: $d breaks off after * bytes: *
circle $server: the registry redirects in circles*
blobcircle $server: the registry redirects in circles*
file $server: the registry redirects to where we do not follow*
ftp $server: the registry redirects to where we do not follow*
awaytoken $server: 127.0.0.1:$other answers 401 *
away401 $server: 127.0.0.1:$other answers 401 *
endless $server: the answer is longer than it should be *
endlessblob $server: the answer is longer than it should be *
headers $server: *eaders*
bomb $server: the answer is longer than it should be *
notgzip $server: *ncoding*
strange $server: *ncoding*
gzipblob $server: the answer is compressed with gzip, which nobody has asked for: */blobs/$d
closing $server: *
garbage $server: *
half $server: *
huge $server: the answer is longer than it should be (4194304 bytes)*
nested '$server/nested:1': it is no JSON: *
number '$server/number:1': it is no JSON: *
html '$server/html:1': it is no JSON: *
notext '$server/notext:1': it is no JSON: *
empty $server: an empty answer: */empty/*
list '$server/list:1' is no image that can be run: *
null '$server/null:1' is no image that can be run: *
noconfig '$server/noconfig:1' is no image that can be run: *
nolayers $d: the manifest has no list of layers
manyids $d: the manifest has 2 layers, its configuration 3
negative $d: layer 2 has no length
fraction $d: layer 2 has no length
enormous $d: layer 2 says that it has 9000000000000000000 bytes
toolarge the layers are 1000000* bytes, and '*/store' has room for *
nodigest $d: layer 2 has no sha256 digest
sha512 $d: layer 2 has no sha256 digest
sizes $server: $d has 2097* bytes there, and should have 2097*
short $server: $d has * bytes there, and should have *
htmlblob $server: $d has 55 bytes there, and should have *
long $server: the answer is longer than it should be *
missing $server: the registry has 'missing' without its part $d
corrupt $server: the registry's answer for $d is $d
wrongmanifest $server: the registry's answer for $d is $d
cutalways $server: $d breaks off after * bytes: *
wrongrange $server: $d breaks off after * bytes: *
deep $d: an index without end, or without digests
foreign $d has no image for linux/amd64 (see --platform)
machine the image is for linux/s390x, not for linux/amd64 (see --platform)
END
is 'nobody who answers a redirection has been asked for a token' 0 "$(counted '^other .* /private.* Basic')"
silence=3
fails 'a server that is not there' 125 'fakejail: pull: 127.0.0.1:1: *' pull 127.0.0.1:1/x
silence=20
fails 'a file that is not there' 125 "fakejail: pull: nobody.invalid: *hint: there is no file 'nobody.invalid/image.tar', so a registry was asked" \
	pull nobody.invalid/image.tar
fails 'a host that is not there' 125 'fakejail: pull: nobody.invalid: Could not resolve host: nobody.invalid' \
	pull nobody.invalid/x
for name in 'a b' 'A' 'x:' 'x:a b' 'x/../y' 'x//y' 'x/' '-x.y:1/x/%2e' 'x@sha256:12' 'h.x/y:-z'; do
	fails "no name: $name" 125 "fakejail: pull: *'$name'*" pull -- "$name"
done
fails '--tls-verify=flase' 125 "*'flase' is neither true nor false" pull --tls-verify=flase "$server/good"

# ---- what can
good() {
	good_name=$1
	shift
	prints_like "pull: $good_name" "$server/$good_name:1 sha256:*" pull "$@" "$server/$good_name:1"
	is "whole: $good_name" '' "$(whole)"
	verb rmi "$server/$good_name:1" || fail "rmi: $good_name" 'status'
	is "nothing is left of $good_name" '' "$(left)"
}
for name in good token unquoted expiring busy busydate flaky gzip twice many platforms away cut cutnorange cut416 cutflaky together; do
	good "$name"
done
like 'the rest of a blob is asked for' '*[1-9]*' "$(counted '^registry GET /v2/cut/blobs/.* bytes=[1-9][0-9]*- ')"
is 'the token is nothing for whom a blob is redirected to' 0 "$(counted '^other GET /blob/.* [^-]$|^other GET /blob/.*Bearer')"
like 'the blob came from there' '[1-9]*' "$(counted '^other GET /blob/')"
for word in linux/arm64 arm64 aarch64 linux/arm64/v8; do
	good platforms "--platform=$word"
done
succeeds 'by digest' pull "$server/good@$(verb pull -q "$server/good:1" | awk '{ print $2 }')" again
prints 'run it' amd64 verb run again
prints 'skopeo reads it' sha256: sh -c "skopeo inspect 'oci:$mine/store:again' | grep -om1 sha256:"

# ---- the store
succeeds 'pull another with a layer in common' pull "$server/overlap:1" other
prints_like 'images' 'NAME*127.0.0.1:*/good:1 *MB *again *other *' verb images
prints 'images --format=json' '3 again other' sh -c "env FAKEJAIL_STORE=$mine/store $FAKEJAIL images --format=json |
	python3 -c 'import json, sys
l = json.load(sys.stdin)
assert all(len(i[\"id\"]) == 71 and i[\"size\"] > 1e6 and i[\"pulled\"][-1] == \"Z\" for i in l)
print(len(l), *[i[\"name\"] for i in l if \":\" not in i[\"name\"]])'"
give_to_user "$mine/store"
mv "$mine/store/blobs/sha256" "$mine/store/blobs/away"
as_user mkdir "$mine/store/blobs/sha256"
run verb images
like 'images, of which nothing is there' "0:NAME*/good:1 *broken*again *broken*other *broken*" "$rc:$out"
rmdir "$mine/store/blobs/sha256"
mv "$mine/store/blobs/away" "$mine/store/blobs/sha256"
fails 'rmi: one of several is not there' 125 "fakejail: rmi: there is no image 'nobody'" verb rmi nobody again
prints 'the other is gone' 0 sh -c "grep -c '\"again\"' $mine/store/index.json || :"
fails 'rmi: what every id begins with' 125 "fakejail: rmi: there is no image 'sha256'" verb rmi sha256
fails 'rmi: too short an id' 125 "*'sha256:0'*" verb rmi sha256:0
is 'all others are there' 2 "$(grep -c ref.name "$mine/store/index.json")"
id=$(grep -B3 '"other"' "$mine/store/index.json" | grep -o 'sha256:[0-9a-f]*' | head -n 1)
[ -n "$id" ] || id=$(grep -A3 '"other"' "$mine/store/index.json" | grep -o 'sha256:[0-9a-f]*' | head -n 1)
succeeds 'rmi by id' verb rmi "$(echo "$id" | cut -c8-20)"
is 'one image is left' 1 "$(grep -c ref.name "$mine/store/index.json")"
succeeds 'pull a foreign one' pull --platform=linux/s390x "$server/foreign:1" foreign
blob=$(find "$mine/store/blobs/sha256" -type f -size +1500k)
for name in "$mine/store/blobs/sha256/$(printf '%064d' 0)" "$mine/store/trees/$(printf '%064d' 0)/x"; do
	as_user mkdir -p "${name%/*}"
	as_user touch "$name"
done
as_user touch "$mine/store/index.json.new-1"
succeeds 'images --prune, with a foreign image there' verb images --prune
is 'what nobody needs is gone' '' "$(find "$mine/store" -name '*0000000000000000*' -o -name '*.new-*')"
printf x | dd of="$blob" conv=notrunc status=none
succeeds 'a blob that the disk has spoiled is fetched again' pull "$server/good:1"
is 'and whole' '' "$(whole)"
succeeds 'rmi of several' verb rmi "$server/good:1" foreign
is 'nothing is left' '' "$(left)"

# ---- logins
as_user mkdir -p "$mine/home/.docker" "$mine/bin"
config=$mine/home/.docker/config.json
auth=$(printf user:secret | base64)
wrong=$(printf user:wrong | base64)
login() { printf '%s\n' "$1" | as_user tee "$config" >/dev/null; }
login "{\"auths\":{\"$server\":{\"auth\":\"$auth\"}}}"
: >"$work/log"
good private
good basic
good awaybasic
is 'the password is nothing for whom a blob is redirected to' 0 "$(counted '^other GET /blob/.*Basic')"
login "{\"auths\":{\"http://$server/v1/\":{\"auth\":\"$auth\"}}}"
good basic
login "{\"auths\":{\"$server\":{\"auth\":\"$wrong\"},\"$server/basic\":{\"username\":\"user\",\"password\":\"secret\"}}}"
good basic
bad private "*127.0.0.1:$other, *does not know 'user' with this password"
bad awaybasic "$server: the registry does not let 'user' have 'awaybasic' (status 401)*"
login '{"auths":'
bad basic "'$config': it is no JSON: *"
echo "{\"auths\":{\"$server\":{\"auth\":\"$auth\"}}}" | as_user tee "$mine/auth.json" >/dev/null
login '{}'
with="REGISTRY_AUTH_FILE=$mine/auth.json"
good basic
with="REGISTRY_AUTH_FILE=$mine/nothing.json"
bad basic "\$REGISTRY_AUTH_FILE: '$mine/nothing.json': *"
with="PATH=$mine/bin:$user_path"
# helper NAME BODY
helper() {
	printf '#!/bin/sh\n%s\n' "$2" | as_user tee "$mine/bin/docker-credential-$1" >/dev/null
	as_user chmod +x "$mine/bin/docker-credential-$1"
}
helper one "[ \"\$1 \$(cat)\" = 'get $server' ] && echo '{\"Username\":\"user\",\"Secret\":\"secret\"}'"
login "{\"credHelpers\":{\"$server\":\"one\"}}"
good private
login '{"credsStore":"one"}'
good basic
helper one 'echo "{\"Username\":\"<token>\",\"Secret\":\"identity\"}"'
good identity
login "{\"auths\":{\"$server\":{\"identitytoken\":\"identity\"}}}"
good identity
login '{"credsStore":"one"}'
helper one 'echo "credentials not found in native keychain"; exit 1'
bad basic "$server: the registry wants a login *"
helper one 'exec <&-; echo hello'
run pull "$server/basic:1"
like 'a helper that answers nonsense' '125:*docker-credential-one answers what is no login*wants a login*' "$rc:$err"
login '{"credsStore":"two"}'
run pull "$server/basic:1"
like 'a helper that is not there' '125:*there is no docker-credential-two*wants a login*' "$rc:$err"
login '{"credsStore":"../../one"}'
bad basic "the credential helper '../../one' has a '/' in its name"
with=

# ---- TLS: Debian's registry, with a certificate of our own authority, and passwords
(
	cd "$work"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=ours -days 2
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.csr -subj /CN=registry.test
	echo 'subjectAltName=IP:127.0.0.1,DNS:registry.test' >tls.ext
	openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile tls.ext -out tls.pem
) >"$work/openssl.log" 2>&1
cp "$work/ca.pem" "$mine/ca.pem"
# bcrypt's of "secret".
# shellcheck disable=SC2016 # no variables
echo 'user:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a' >"$work/htpasswd"
tls_port=$((port < 40000 ? port + 9001 : port - 9001))
cat >"$work/tls.yml" <<END
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $work/registry}}
auth: {htpasswd: {realm: ours, path: $work/htpasswd}}
http: {addr: 127.0.0.1:$tls_port, tls: {certificate: $work/tls.pem, key: $work/tls.key}}
END
docker-registry serve "$work/tls.yml" >"$work/tls.log" 2>&1 9>&- &
pids="$pids $!"
(
	cd "$work"
	umoci init --layout image
	umoci new --image image:made
	mkdir tree
	cp "$(command -v busybox)" tree/busybox
	umoci insert --image image:made tree/busybox /busybox
	umoci config --image image:made --config.cmd /busybox --config.cmd echo --config.cmd hello
) >"$work/umoci.log" 2>&1
for _ in $(seq 40); do
	! skopeo --insecure-policy copy -q --dest-tls-verify=false --dest-creds user:secret "oci:$work/image:made" \
		"docker://127.0.0.1:$tls_port/made:1" >"$work/skopeo.log" 2>&1 || break
	sleep 0.25
done
tls=127.0.0.1:$tls_port
login "{\"auths\":{\"$tls\":{\"auth\":\"$auth\"},\"registry.test:$tls_port\":{\"auth\":\"$auth\"}}}"
fails 'TLS: an authority that nobody knows' 125 "fakejail: pull: $tls: *certificate*hint: \$SSL_CERT_FILE, or --tls-verify=false" \
	pull "$tls/made:1"
succeeds 'TLS: --tls-verify=false' pull --tls-verify=false "$tls/made:1" unsafe
with="SSL_CERT_FILE=$mine/ca.pem"
succeeds 'TLS: $SSL_CERT_FILE' pull "$tls/made:1" made
prints 'TLS: run it' hello verb run made
fails 'TLS: a certificate for another name' 125 "fakejail: pull: localhost:$tls_port: *hint: *" pull "localhost:$tls_port/made:1"
# docker's own kind of manifest, which becomes one of OCI, and two layers.
(
	cd "$work"
	umoci insert --image image:made --opaque tree /more
	skopeo --insecure-policy copy -q --format v2s2 --dest-tls-verify=false --dest-creds user:secret oci:image:made "docker://$tls/made:docker"
) >>"$work/skopeo.log" 2>&1 || fail 'an image as docker has it' 'it could not be made' "$(cat "$work/skopeo.log")"
succeeds 'a manifest of docker'\''s' pull "$tls/made:docker" docker
prints 'run it' hello verb run docker
prints 'skopeo reads it as one of OCI' 2 sh -c "skopeo inspect --raw 'oci:$mine/store:docker' | grep -o oci.image.layer | wc -l"
succeeds 'rmi' verb rmi docker
with="SSL_CERT_FILE=$mine/nothing.pem"
fails 'TLS: no such file' 125 "fakejail: pull: $tls: *hint: \$SSL_CERT_FILE*" pull "$tls/made:1"
login '{}'
with="SSL_CERT_FILE=$mine/ca.pem"
fails 'TLS: without a login' 125 "fakejail: pull: $tls: the registry wants a login for 'made' (status 401)*" pull "$tls/made:1"

# ---- proxies, which alone know names in .test
login "{\"auths\":{\"registry.test:$tls_port\":{\"auth\":\"$auth\"}}}"
: >"$work/log"
with="SSL_CERT_FILE=$mine/ca.pem https_proxy=http://127.0.0.1:$proxy"
succeeds 'https_proxy' pull "registry.test:$tls_port/made:1" by-proxy
like 'a tunnel through it, without the password' '[1-9]*' "$(counted "^proxy CONNECT registry.test:$tls_port - -\$")"
silence=3
fails 'the proxy knows no such name' 125 'fakejail: pull: registry.nowhere: *' pull registry.nowhere/made
silence=20
with="$with no_proxy=registry.test"
fails 'no_proxy' 125 'fakejail: pull: registry.test:*: Could not resolve host: registry.test' pull "registry.test:$tls_port/made:1"
with="http_proxy=http://127.0.0.1:$proxy https_proxy=http://127.0.0.1:$proxy"
silence=3
fails 'no TLS where TLS is wanted' 125 "fakejail: pull: plain.test:$port: *" pull "plain.test:$port/good:1"
silence=20
succeeds 'http_proxy' pull --tls-verify=false "plain.test:$port/good:1" by-proxy
like 'it was asked' '[1-9]*' "$(counted "^proxy GET http://plain.test:$port/v2/good/")"
: >"$work/log"
succeeds 'a proxy is not asked for this machine' pull "$server/good:1"
is 'it was not asked' 0 "$(counted '^proxy')"
with="http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1"
silence=3
fails 'a proxy that is not there' 125 'fakejail: pull: registry.test: *' pull registry.test/x
silence=20
with=

# ---- progress
# shellcheck disable=SC2086,SC2317 # words
at_tty() { as_user env "FAKEJAIL_STORE=$mine/store" "TERM=$1" NO_COLOR=1 script -qec "$FAKEJAIL pull $2" /dev/null; }
succeeds 'an empty store' verb rmi "$server/good:1" unsafe made by-proxy
escape=$(printf '\033')
run at_tty xterm "$server/slow:1"
like 'a bar for each layer on a terminal' "*:*[[]=*>*] * of 2.1 MB*${escape}[[]3A*021ca4c8d9f7: 2.1 MB*" "$out"
is 'no colours' 0 "$(printf '%s' "$out" | grep -c "${escape}\[[0-9;]*m" || :)"
run at_tty dumb "$server/good:1"
like 'lines on a terminal that can nothing else' '*bytes, was there*bytes, was there*bytes, was there*' "$out"
is 'no escapes there' 0 "$(printf '%s' "$out" | grep -c "$escape" || :)"
verb rmi "$server/good:1" "$server/slow:1"
run verb pull "$server/good:1"
is 'a line for each layer elsewhere' '3 3' "$(printf '%s\n' "$err" | grep -c '^[0-9a-f]\{12\}: [0-9]* bytes$') $(printf '%s\n' "$err" | wc -l)"
run pull "$server/good:1"
is '--quiet' '' "$err"
verb rmi "$server/good:1"

# ---- at once
for n in 1 2 3 4 5 6; do
	(
		case $n in
		[12]) name=slow ;;
		[34]) name=overlap ;;
		*) name=good ;;
		esac
		pull "$server/$name:1" "at-once-$n" >"$work/at-once.$n" 2>&1
		echo $? >>"$work/at-once.$n"
	) &
	waited="${waited:-} $!"
done
# shellcheck disable=SC2086 # words
wait $waited
is 'six pulls at once' '0 0 0 0 0 0' "$(tail -qn 1 "$work"/at-once.? | xargs)"
is 'all six are there' 6 "$(grep -c at-once "$mine/store/index.json")"
is 'and whole' '' "$(whole)"
prints 'and run' amd64 verb run at-once-3
succeeds 'rmi of all' verb rmi at-once-1 at-once-2 at-once-3 at-once-4 at-once-5 at-once-6
is 'nothing is left of them' '' "$(left)"

# ---- killed
# kill_in SECONDS WORD...: a verb killed after that time.
kill_in() {
	seconds=$1
	shift
	# shellcheck disable=SC2016 # the inner shell's
	verb_by_pid='echo $$ >"$0"; exec "$@"'
	rm -f "$mine/pid"
	# shellcheck disable=SC2086 # words
	as_user env "FAKEJAIL_STORE=$mine/store" sh -c "$verb_by_pid" "$mine/pid" $FAKEJAIL "$@" >"$work/killed" 2>&1 &
	killed=$!
	while [ ! -s "$mine/pid" ]; do sleep 0.01; done
	sleep "$seconds"
	kill -9 "$(cat "$mine/pid")" 2>/dev/null || :
	wait "$killed" 2>/dev/null || :
}
succeeds 'an image that is to stay' pull "$server/overlap:1" stays
before=$(left)
for n in 05 1 2 3 5 7 9; do
	kill_in "0.$n" pull "$server/slow:1" killed
	verb images >"$work/images"
	if grep -q '^killed' "$work/images"; then
		verb rmi killed
	fi
	is "killed after 0.$n s: nothing is left" "$before" "$(left)"
	is "killed after 0.$n s: what is there is whole" '' "$(whole)"
done
for n in 00 01 02 03 04 05 07; do
	pull "$server/good:1" killed >"$work/killed"
	kill_in "0.$n" rmi killed
	verb images >"$work/images"
	if grep -q '^killed' "$work/images"; then
		verb rmi killed
	fi
	is "rmi killed after 0.$n s: nothing is left" "$before" "$(left)"
done
# Where the store is between two states.
pull "$server/good:1" killed >"$work/killed"
as_user touch "$mine/store/changing" "$mine/store/blobs/sha256/$(printf '%064d' 1)"
verb images >"$work/images"
is 'a change that was cut short is swept' 0 "$(left | grep -c '00000001\|changing' || :)"
succeeds 'rmi' verb rmi killed
prints 'what was there runs' amd64 verb run stays

# ---- a store that cannot be written
as_user chmod 500 "$mine/store" "$mine/store/tmp" "$mine/store/blobs/sha256"
fails 'a store that cannot be written' 125 'fakejail: pull: cannot *store*: Permission denied' pull "$server/good:1"
as_user chmod 700 "$mine/store" "$mine/store/tmp" "$mine/store/blobs/sha256"
with=FAKEJAIL_STORE=/dev/null/x
fails 'a store that cannot be made' 125 "fakejail: pull: cannot make the directory '/dev/null/x': Not a directory" pull "$server/good:1"
with="-u HOME -u FAKEJAIL_STORE"
fails 'no place for a store' 125 'fakejail: pull: there is no place for images: *HOME *' pull "$server/good:1"
with=

# ---- a full disk
if is_root && mkdir "$work/small" && mount -t tmpfs -o size=5m tmpfs "$work/small" 2>/dev/null; then
	chmod 1777 "$work/small"
	store=$mine/store
	mv "$mine/store" "$mine/store.old"
	as_user mkdir "$work/small/store"
	ln -s "$work/small/store" "$mine/store"
	succeeds 'full disk: an image before' pull "$server/platforms:1" --platform=arm64 stays
	before=$(left)
	# It gets full while the layers come.
	(
		while ! grep -q 'slow/blobs' "$work/log"; do sleep 0.05; done
		dd if=/dev/zero of="$work/small/filler" bs=64k status=none 2>/dev/null || :
	) &
	filler=$!
	: >"$work/log"
	fails 'full disk: in a layer' 125 'fakejail: pull: *No space left on device' pull "$server/slow:1"
	wait "$filler" || :
	is 'full disk: nothing is left' "$before" "$(left)"
	fails 'full disk: from the beginning' 125 'fakejail: pull: *' pull "$server/good:1"
	dd if=/dev/zero of="$work/small/filler2" bs=4k status=none 2>/dev/null || :
	fails 'full disk: a name more' 125 'fakejail: pull: *No space left on device' pull "$server/platforms:1" --platform=arm64 more
	rm "$work/small/filler" "$work/small/filler2"
	prints_like 'full disk: what was there is there' '*stays *' verb images
	is 'full disk: nothing more' "$before" "$(left)"
	is 'full disk: it is whole' '' "$(whole)"
	fails 'too large for the disk' 125 "fakejail: pull: the layers are * bytes, and '*' has room for *" sh -c \
		"dd if=/dev/zero of=$work/small/filler bs=1M count=3 status=none; exec $tests_dir/lib/limit 60 env -i HOME=$mine/home \
			PATH=$user_path FAKEJAIL_STORE=$store setpriv --reuid $test_uid --regid $test_uid --clear-groups $FAKEJAIL pull -q $server/good:1"
	umount "$work/small"
	rm "$mine/store"
	mv "$mine/store.old" "$mine/store"
else
	skip 'a full disk' 'no file system can be mounted here'
fi
finish
