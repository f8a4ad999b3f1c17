# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154,SC2164 # run.sh and lib.sh set and read the variables, with set -e
#
# The verbs, the loader's absence, and where our own files are looked for.

mkdir -p R/bin
: >R/bin/sh

for verb in add doctor owners; do
	mv "$work/libexec/fakejail-$verb" "$work/kept" 2>/dev/null || :
	refuses 125 "fakejail: '$verb' is not available in this build" "$verb" x
	cat >"$work/libexec/fakejail-$verb" <<'TOOL'
#!/bin/sh
printf '<%s>\n' "${0##*/}" "$@"
TOOL
	chmod +x "$work/libexec/fakejail-$verb"
	launch "$verb" 'a  b' '' -x --help
	same "$verb" "$(words "fakejail-$verb" 'a  b' '' -x --help)"
	launch -q --env="it's=1" "$verb" 'a  b'
	same "$verb after options" "$(words "fakejail-$verb" -q "--env=it's=1" 'a  b')"
	rm "$work/libexec/fakejail-$verb"
	mv "$work/kept" "$work/libexec/fakejail-$verb" 2>/dev/null || :
done

# One program for all that is about images.
for verb in images pack pull rmi run unpack; do
	refuses 125 "fakejail: '$verb' is not in this build: it was made without images" "$verb" x
	cat >"$work/libexec/fakejail-images" <<'TOOL'
#!/bin/sh
printf '<%s>\n' "${0##*/}" "$@"
TOOL
	chmod +x "$work/libexec/fakejail-images"
	launch "$verb" 'a  b' '' -x --help
	same "$verb" "$(words fakejail-images "$verb" 'a  b' '' -x --help)"
	launch -q "$verb" 'a  b'
	same "$verb after options" "$(words fakejail-images "$verb" -q 'a  b')"
	rm "$work/libexec/fakejail-images"
done

mv "$work/libexec/fakejail-loader" "$work/kept"
refuses 125 "fakejail: its own loader '$work/libexec/fakejail-loader' is missing: is fakejail installed completely?" R true
mv "$work/kept" "$work/libexec/fakejail-loader"

# In the build tree: FAKEJAIL_LIBDIR says where the loader and the shared object are, the scripts lie together.
mkdir -p build/.libs tree
cp "$work/libexec/fakejail-loader" build/
for script in "$work"/bin/fakejail "$work"/libexec/fakejail-*; do
	case $script in
	*-loader) ;;
	*) sed "s|$work/libexec|/nowhere|g" "$script" >"tree/${script##*/}" ;;
	esac
done
chmod +x tree/*
status=0
FAKEJAIL_LIBDIR=$place/build $shell tree/fakejail --bare R true >"$work/out" 2>"$work/err" || status=$?
same 'FAKEJAIL_LIBDIR' "$(words start -r "$place/R" -N R -- true)"
: >build/.libs/libfakejail.so
FAKEJAIL_LIBDIR=build $shell tree/fakejail --bare R true >"$work/out" 2>"$work/err" || status=$?
same "FAKEJAIL_LIBDIR, libtool's place" "$(words start -r "$place/R" -N R -p "$place/build/.libs/libfakejail.so" -- true)"
: >build/libfakejail.so
FAKEJAIL_LIBDIR=$place/build $shell tree/fakejail --bare R true >"$work/out" 2>"$work/err" || status=$?
same 'FAKEJAIL_LIBDIR, beside the loader' "$(words start -r "$place/R" -N R -p "$place/build/libfakejail.so" -- true)"

cp build/fakejail-loader tree/
status=0
$shell tree/fakejail --bare R true >"$work/out" 2>"$work/err" || status=$?
same 'a loader beside the scripts' "$(words start -r "$place/R" -N R -- true)"

# Through PATH and through a symlink.
mkdir -p bin
ln -s "$work/bin/fakejail" bin/fj
status=0
PATH=$place/bin:$PATH fj --bare R true >"$work/out" 2>"$work/err" || status=$?
same 'through a symlink in PATH' "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" -- true)"

launch --version
same --version 'fakejail 1.2.3'

# A loader that cannot say anything more: the exit status is the program's own.
for wanted in 0 1 7 126 127 255; do
	printf '#!/bin/sh\nexit %s\n' "$wanted" >"$work/libexec/fakejail-loader"
	launch R true
	if [ "$status" -eq "$wanted" ]; then pass; else fail "exit status $wanted" "$status"; fi
done
# shellcheck disable=SC2016
printf '#!/bin/sh\nkill -TERM $$\n' >"$work/libexec/fakejail-loader"
launch R true
if [ "$status" -eq 143 ]; then pass; else fail 'killed by TERM' "$status"; fi
# shellcheck disable=SC2016
printf '#!/bin/sh\necho $$\n' >"$work/libexec/fakejail-loader"
# shellcheck disable=SC2016,SC2086
pids=$(sh -c 'echo $$; exec "$@"' sh $shell "$work/bin/fakejail" R true)
case $pids in
*"
"*)
	if [ "${pids%%
*}" = "${pids##*
}" ]; then pass; else fail 'the process stays the same' "$pids"; fi
	;;
*) fail 'the process stays the same' "$pids" ;;
esac
stub_prints_words

# help, as an option, as a word, and what is nearly a verb.
for typed in --help -h help 'help add'; do
	# shellcheck disable=SC2086 # words
	launch $typed
	case $status:$(cat "$work/out") in
	0:Usage:*) pass ;;
	*) fail "$typed" "$status: $(cat "$work/out" "$work/err")" ;;
	esac
done
mkdir -p help/bin
launch --bare help true
same 'a directory called help' "$(words start -r "$place/help" -N help -p "$work/libexec/libfakejail.so" -- true)"
for typed in doctr doctro dctor doctorr doktor; do
	refuses 125 "fakejail: $typed: no such directory
hint: fakejail doctor" $typed
done
refuses 125 "fakejail: ad: no such directory
hint: fakejail add" ad R true
refuses 125 "fakejail: hlep: no such directory
hint: fakejail help" hlep
for typed in dctr rotfs xadd/y 'do' '*' '?ad'; do
	refuses 125 "fakejail: $typed: no such directory" "$typed"
done

# The shell leaves ~ alone in the middle of a word.
mkdir -p R/bin
for typed in '-b ~:/x' '--bind=~/y:/x' '--ro-bind ~'; do
	# shellcheck disable=SC2086 # words
	launch $typed R true
	case $status:$(cat "$work/err") in
	125:*"/~"*": no such file or directory
hint: "*"\"\$HOME\""*) pass ;;
	*) fail "$typed" "$(cat "$work/err")" ;;
	esac
done

# A lone mount.
for typed in 'mount -t tmpfs x /mnt' 'mount -a' '/bin/mount --bind /a /b' 'mount dir/x y'; do
	# shellcheck disable=SC2086 # words
	launch R $typed
	case $status:$(cat "$work/err") in
	0:"fakejail: warning: what 'mount' mounts is gone when it ends, with its jail
hint: "*) pass ;;
	*) fail "$typed" "$(cat "$work/err")" ;;
	esac
	# shellcheck disable=SC2086 # words
	launch -q R $typed
	is_silent "-q $typed"
done
for typed in mount 'mount -l' 'mount --help' 'sh -c mount' 'amount /x' 'mount -t tmpfs'; do
	# shellcheck disable=SC2086 # words
	launch R $typed
	is_silent "$typed"
done
