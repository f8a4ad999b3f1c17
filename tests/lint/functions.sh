#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# functions.sh - the name of a static function says what it does to what: it has a verb and a noun, and stands in one file.
#
# A name of one word (`keep`), or one that stands in two files (`open_dir`), leads a reader, grep(1), a debugger and
# preload/order.ld to the wrong function. functions.list has the exceptions, with a reason. Static functions are read from
# the engine's files: clang-format puts the beginning of a definition into the first column, and its name into the same line.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

cd "$srcdir"
# shellcheck disable=SC2046 # words
found=$(awk -v list=tests/lint/functions.list "$read_list"'
	function accept(what, where)
	{
		at[what] = where
	}
	BEGIN {
		read_list(list)
	}
	function complain(name, what)
	{
		if (name in at)
			used[name] = 1
		else
			print FILENAME ":" FNR ": " what
	}
	/^[_a-zA-Z]/ && /(^|[ )])static / {
		line = $0
		gsub(/__attribute__\(\([a-z_]+\)\)/, "", line)
		if (!match(line, /[a-z_][a-z0-9_]*\(/) || index(substr(line, 1, RSTART), "=") || index(substr(line, 1, RSTART), "["))
			next
		name = substr(line, RSTART, RLENGTH - 1)
		if (name ~ /^fj_/ || ((FILENAME, name) in seen))
			next
		seen[FILENAME, name] = 1
		if (name !~ /[a-z0-9]_[a-z0-9]/)
			complain(name, name "() is one word: its name says what it does to what")
		if (name in first)
			complain(name, name "() stands in " first[name] ", too")
		else
			first[name] = FILENAME
	}
	END {
		for (name in at)
			if (!(name in used))
				print at[name] ": " name " needs no reason"
	}' /dev/null $(find preload -name '*.c' | LC_ALL=C sort))
# The linker keeps a system call that nobody makes any more, and no compiler tells.
# shellcheck disable=SC2013 # a name has no blanks
for call in $(sed -n 's/^	CALL	\([a-z0-9_]*\),.*/\1/p' preload/syscall/*/calls.S 2>/dev/null); do
	grep -rhE "(^|[^[:alnum:]_])fj_sys_$call\(" preload scripts --include='*.[ch]' | grep -qvE '^(long|_Noreturn void) ' ||
		complain preload/syscall "fj_sys_$call() has no caller"
done
# ThreadSanitizer hears of functions by name.
# shellcheck disable=SC2013 # a name has no blanks
for reader in $(sed -n 's/.*"race[_a-z]*:\([a-z_0-9]*\).*/\1/p' tests/unit/races.c); do
	grep -rqE "^([^[:space:]#*/].*[^[:alnum:]_])?$reader\(" preload || complain "tests/unit/races.c: $reader" 'is no longer in the engine: name what took its place'
done
if [ -n "$found" ]; then
	problems=$((problems + $(printf '%s\n' "$found" | wc -l)))
	printf '%s\n' "$found" | LC_ALL=C sort
fi
finish
