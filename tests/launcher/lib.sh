# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154 # shared with the files that read this one
#
# lib.sh - what the launcher's tests share: the scripts made runnable beside a stub of the loader, and the checks.
#
# Read with `.` by run.sh, which has set `source` to the top of the source tree, `work` to a directory of its own, `place`
# to an empty one in it where the cases run, and `shell` to the shell that runs the scripts. Nothing here needs a compiler, privilege or the built fakejail.

passed=0
failed=0
skipped=0

pass() { passed=$((passed + 1)); }

fail() {
	failed=$((failed + 1))
	printf 'FAIL [%s] %s\n' "$shell" "$1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | sed 's/^/    /'
}

skip() {
	skipped=$((skipped + 1))
	printf 'SKIP [%s] %s\n' "$shell" "$1"
}

# The command in C, as built for these tests, or '' where the scripts alone are tested: with the layout of install_scripts, and
# with that of case-moved.sh.
front=${FAKEJAIL_TEST_FRONT-}
front_prefix=${front:+$front-prefix}

# where_to_install SCRIPT BIN LIBEXEC: set `to`. With a command in C that is the one in BIN, and the launcher lies with the others.
where_to_install() {
	to=$3/$1
	[ "$1" = fakejail ] || return 0
	if [ -n "$front" ]; then to=$3/fakejail-sh; else to=$2/fakejail; fi
}

# Make the scripts of the source tree runnable in $work/bin and $work/libexec.
install_scripts() {
	mkdir -p "$work/bin" "$work/libexec"
	[ -z "$front" ] || cp "$front" "$work/bin/fakejail"
	for in_file in "$source"/scripts/fakejail*.in; do
		name=${in_file##*/}
		where_to_install "${name%.in}" "$work/bin" "$work/libexec"
		sed -e "s|@VERSION@|1.2.3|g" -e "s|@pkglibexecdir@|$work/libexec|g" \
			-e 's|@bin_to_libexec@|../libexec|' -e 's|@libexec_to_bin@|../bin|' -e 's|@libexec_to_lib@|.|' \
			-e "s|@loader@|$work/libexec/fakejail-loader|g" \
			-e "s|@preload@|$work/libexec/libfakejail.so|g" "$in_file" >"$to"
		chmod +x "$to"
	done
	: >"$work/libexec/libfakejail.so"
	stub_prints_words
}

# The loader prints its words, each in brackets on a line of its own.
stub_prints_words() {
	cat >"$work/libexec/fakejail-loader" <<'STUB'
#!/bin/sh
printf '<%s>\n' "$@"
STUB
	chmod +x "$work/libexec/fakejail-loader"
}

# The loader prints the environment that it is given. In awk: a shell would add to it.
stub_prints_environment() {
	cat >"$work/libexec/fakejail-loader" <<STUB
#!$(command -v awk) -f
BEGIN { for (name in ENVIRON) print name "=" ENVIRON[name]; exit }
STUB
	chmod +x "$work/libexec/fakejail-loader"
}

# A command that runs the launcher.
run_by=

# launch WORD...: run the launcher; sets $status and leaves $work/out and $work/err.
launch() {
	status=0
	# shellcheck disable=SC2086 # either may be more words
	$run_by $shell "$work/bin/fakejail" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}

# is_silent TITLE: it succeeded, and nothing was said.
is_silent() {
	if [ "$status" -eq 0 ] && ! [ -s "$work/err" ]; then pass; else fail "$1" "$status: $(cat "$work/err")"; fi
}

# words WORD...: as the stub prints them.
words() {
	[ $# -eq 0 ] || printf '<%s>\n' "$@"
}

# same TITLE EXPECTED: what the launcher printed, and success.
same() {
	if [ "$status" -ne 0 ]; then
		fail "$1" "exit status $status: $(cat "$work/err")"
	elif [ "$(cat "$work/out")" != "$2" ]; then
		printf '%s\n' "$2" >"$work/expected"
		fail "$1" "$(diff "$work/expected" "$work/out" || :)"
	else
		pass
	fi
}

# passes_on 'OPTION...' EXPECTED...: with these options (split at blanks) the loader is given these words, no default mounts.
passes_on() {
	typed=$1
	shift
	# shellcheck disable=SC2086 # that is the point
	launch --bare $typed R true
	same "options: $typed" "$(words start -r "$place/R" -N R -p "$work/libexec/libfakejail.so" "$@" -- true)"
}

# refuses STATUS MESSAGE WORD...: the launcher ends with STATUS, prints MESSAGE (lines) on stderr, and nothing on stdout.
refuses() {
	wanted=$1
	text=$2
	shift 2
	launch "$@"
	if [ "$status" -ne "$wanted" ]; then
		fail "fakejail $*" "exit status $status, not $wanted: $(cat "$work/err")"
	elif [ "$(cat "$work/err")" != "$text" ]; then
		printf '%s\n' "$text" >"$work/expected"
		fail "fakejail $*" "$(diff "$work/expected" "$work/err" || :)"
	elif [ -s "$work/out" ]; then
		fail "fakejail $*" "printed on stdout: $(cat "$work/out")"
	else
		pass
	fi
}

# Usage errors end in the line that chroot(8) and all of coreutils end in.
misused() {
	text="fakejail: $1
Try 'fakejail --help' for more information."
	shift
	refuses 125 "$text" "$@"
}
