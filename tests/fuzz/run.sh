#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh NAME - a bounded run of one fuzzer, from the build directory, on its corpus.
#
# The same inputs every time: a fixed seed and number of runs, never a time. An input that fails is kept beside the
# fuzzer; `tests/fuzz/fuzz_NAME FILE` repeats it.
set -eu

fuzzer=tests/fuzz/fuzz_$1
corpus=${srcdir:-$(dirname "$0")/../..}/tests/fuzz/corpus/$1
if [ ! -x "$fuzzer" ]; then
	echo "SKIP fuzz_$1: no compiler here makes fuzzers (clang with -fsanitize=fuzzer, the Debian package is clang)"
	exit 77
fi
# Copied, for libFuzzer writes what it finds new into the first directory.
work=$(mktemp -d "${TMPDIR:-/tmp}/fakejail-fuzz.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$corpus"/* "$work"
rc=0
ASAN_OPTIONS=detect_leaks=0 "$fuzzer" -seed=1 -runs="${FUZZ_RUNS:-30000}" -artifact_prefix="$fuzzer-" "$work" \
	>"$fuzzer.out" 2>&1 || rc=$?
tail -n 40 "$fuzzer.out"
[ "$rc" = 0 ] || exit 1 # whatever it said: libFuzzer says 77, which would be a skip
