#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# self-test.sh - the lints can fail: each is shown a small tree with one thing wrong, and must say so.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/fakejail-lint.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

# Makes a tree in which no lint finds anything.
fresh() {
	rm -rf "$work/tree"
	mkdir -p "$work/tree/preload/sys" "$work/tree/preload/path" "$work/tree/preload/ownership" "$work/tree/wrappers" \
		"$work/tree/tests/stress" "$work/tree/tests/workflows" "$work/tree/scripts" "$work/tree/.ci" "$work/tree/docs" "$work/tree/build/docs"
	cat >"$work/tree/preload/path/walk.c" <<'END'
/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * walk.c - an example. */
#include "jail/jail.h"
#include "sys/fd.h"
#include <linux/stat.h>
END
	# shellcheck disable=SC2016 # the other script's
	printf '#!/bin/sh\n# SPDX-License-Identifier: LGPL-2.1-or-later\nset -eu\necho "$1"\n' >"$work/tree/scripts/say"
	for room in workflows stress; do
		cp "$work/tree/scripts/say" "$work/tree/tests/$room/say.sh"
	done
	cat >"$work/tree/scripts/run-tests" <<'END'
#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
set -eu
tests/workflows/say.sh "$1"
tests/stress/say.sh
END
	chmod +x "$work/tree/scripts/say" "$work/tree/scripts/run-tests" "$work/tree"/tests/*/say.sh
	printf 'See [it](page.md).\n' >"$work/tree/docs/page.md"
	printf '.Dd January 1, 2026\n.Dt X 1\n.Os\n.Sh NAME\n.Nm x\n.Nd an example\n' >"$work/tree/docs/x.1"
	echo old >"$work/tree/docs/coverage.md"
	printf '#!/bin/sh\necho old\n' >"$work/tree/build/docs/coverage"
	chmod +x "$work/tree/build/docs/coverage"
}

# says LINT WANT: in the tree, WANT is pass, or a pattern that its complaint must match.
says() {
	rc=0
	out=$(cd "$work/tree/build" && srcdir=.. "$here/$1.sh" 2>&1) || rc=$?
	case $rc:$2 in
	0:pass) return 0 ;;
	77:*)
		echo "note: $1: $out"
		return 0
		;;
	1:pass) ;;
	1:*)
		# shellcheck disable=SC2254 # a pattern
		case $out in
		$2) return 0 ;;
		esac
		;;
	esac
	failed=1
	echo "FAIL self-test: $1, where it should say \"$2\", ended with $rc:"
	printf '%s\n' "$out" | sed 's/^/#   /'
}

source_file=$work/tree/preload/path/walk.c
fresh
for lint in rooms style format scripts docs coverage arch names words functions; do
	says "$lint" pass
done
echo '#include "ownership/ownership.h"' >>"$source_file" && says rooms '*walk.c:8: path may not include ownership*' && fresh
echo '#include "call/call.h"' >>"$source_file" && says rooms '*path may not include call*' && fresh
echo '#include <string.h>' >>"$source_file" && says rooms '*<string.h> is libc*' && fresh
echo '#include "walk.h"' >>"$source_file" && says rooms '*does not name its room*' && fresh
mkdir "$work/tree/preload/new" && echo '#include "sys/fd.h"' >"$work/tree/preload/new/x.c" && says rooms '*room new has no line*' && fresh
sed -i 1,3d "$source_file" && says style '*without the two SPDX lines*' && fresh
sed -i 's/walk.c - /about /' "$source_file" && says style '*does not say at its top*' && fresh
echo 'int x; ' >>"$source_file" && says style '*walk.c:8: blanks*' && fresh
echo '/* TODO: more */' >>"$source_file" && says style '*TODO*' && fresh
echo 'typedef struct x x;' >>"$source_file" && says style '*typedef*' && fresh
printf '#include "path/x.h"\n%.0s' 1 2 >>"$source_file" && says style '*includes path/x.h twice*' && fresh
yes 'int many;' | head -n 400 >>"$source_file" && says style '*over 400 it must be cut*' && fresh
echo '#define FJ_S_IFDIR 0040000u' >"$work/tree/preload/sys/one.h" && echo '#define S_IFDIR_ 0040000' >"$work/tree/preload/sys/two.c" &&
	says abi '*S_IFDIR is defined in preload/sys/one.h, too*' && fresh
echo '/* See path/gone.c. */' >>"$source_file" && says names '*walk.c:8: there is no file path/gone.c*' && fresh
echo '/* As fj_path_gone() says. */' >>"$source_file" && says names '*there is no fj_path_gone()*' && fresh
echo '/* As vfs_gone() says. */' >>"$source_file" && says names '*there is no vfs_gone()*' && fresh
echo '/* As vfs_gone() of fs/namei.c says, and walk.c. */' >>"$source_file" && says names pass && fresh
echo 'See preload/path/gone.c.' >>"$work/tree/docs/page.md" && says names '*page.md:2: there is no file*' && fresh
hooks() { # the list of hooks, and a file that has none but one
	mkdir -p "$work/tree/preload/call"
	printf '%s\n' '#define FJ_HOOKS(X)' '	/* path/walk.c */' '	X(one) /* a call */' '' >"$work/tree/preload/call/hooks.h"
	echo "long fj_hook_$1(struct fj_call *c)" >>"$source_file"
}
hooks one && says names pass && fresh
hooks other && says names '*fj_hook_one() is not in path/walk.c*' && fresh
functions() { # TEXT-OF-LIST FUNCTION-HERE FUNCTION-IN-ANOTHER-FILE WANT [SUPPRESSED-RACE]
	mkdir -p "$work/tree/tests/lint" "$work/tree/tests/unit"
	printf '"race:%s\\n"\n' "${5:-$2}" >"$work/tree/tests/unit/races.c"
	echo "$1" >"$work/tree/tests/lint/functions.list"
	printf '%s\n' "static int $2(int x)" '{' '	return x;' '}' >>"$source_file"
	echo "__attribute__((noinline)) static const char *$3(" >"$work/tree/preload/sys/two.c"
	says functions "$4"
	fresh
}
functions '' open_dir open_file pass
functions '' keep open_file '*walk.c:8: keep() is one word*'
functions '' open_dir open_dir '*two.c:1: open_dir() stands in preload/path/walk.c, too*'
functions 'open_dir | both open a directory' open_dir open_dir pass
functions 'open_dir |' open_dir open_dir '*without a reason*'
functions 'open_dir | both open a directory' open_dir open_file '*open_dir needs no reason*'
functions '' open_dir open_file '*races.c: read_dir: is no longer*' read_dir
private_words() {
	mkdir -p "$work/tree/tests/lint"
	echo 'fj_quick_.*|file quick | fast path' >"$work/tree/tests/lint/words.list"
}
private_words && says words pass && fresh
private_words && echo 'bool fj_quick_begin(void);' >>"$source_file" && says words '*walk.c:8: fj_quick_begin: fast path*' && fresh
private_words && mv "$source_file" "$work/tree/preload/path/quick.c" && says words '*quick.c: a file with this name*' && fresh
private_words && printf '%s\n' '## Glossary' '- **walk**: x' '- **example**: x' '## Why' >"$work/tree/docs/ARCHITECTURE.md" && says words '*out of order*' && fresh
private_words && printf '%s\n' '## Glossary' '- **frobnicator**: x' '## Why' >"$work/tree/docs/ARCHITECTURE.md" && says words '*explains frobnicator*' && fresh
echo 'long f(void) { __asm__("nop"); }' >>"$source_file" && says arch '*walk.c:8: instructions*' && fresh
echo 'static uint64_t ip(struct fj_frame *f) { return f->regs.ip; }' >>"$source_file" && says arch '*a register*' && fresh
echo '#define PAGE 4096' >>"$source_file" && says arch '*the size of a page*' && fresh
echo 'char *end(char *p) { return p + 4096; }' >>"$source_file" && says arch '*may be the size of a page*' && fresh
echo 'long down(long p) { return p & ~0xfff; }' >>"$source_file" && says arch '*may be the size of a page*' && fresh
echo '#define STEPS_MAX 4096' >>"$source_file" && says arch pass && fresh
echo 'int machine = EM_X86_64;' >>"$source_file" && says arch '*a number or name of x86_64*' && fresh
echo '/* rax and EM_X86_64 in a comment */' >>"$source_file" && says arch pass && fresh
for row in 'PASS(fork)' 'OLD(PASS(getpid))'; do
	mkdir "$work/tree/preload/dispatch" && echo "$row" >"$work/tree/preload/dispatch/calls.def" && says arch '*calls.def: *architectures have*' && fresh
done
echo "*(.text.fj_gone .text.fj_gone.*)" >"$work/tree/preload/order.ld" && says order '*fj_gone: is no longer in the engine*' && fresh
echo 'int  x;' >>"$source_file" && says format '*walk.c: 1 lines*' && fresh
# shellcheck disable=SC2016 # the other script's
echo 'echo $1' >>"$work/tree/scripts/say" && says scripts '*SC2086*' && fresh
sed -i /^set/d "$work/tree/scripts/say" && says scripts '*does not set -eu*' && fresh
# For statics.sh: an object of the loader's that has two statics, and a list that names one of them.
if command -v nm >/dev/null 2>&1 && command -v "${CC:-cc}" >/dev/null 2>&1; then
	statics() { # TEXT-OF-LIST WANT
		mkdir -p "$work/tree/build/preload/sys" "$work/tree/tests/lint"
		echo 'static int one, two; int *const table[] = {&one}; int f(void) { return one++ + two++ + (table[0] != 0); }' >"$work/tree/x.c"
		cp "$work/tree/x.c" "$work/tree/preload/sys/x.c"
		"${CC:-cc}" -fPIE -c -o "$work/tree/build/preload/sys/fakejail_loader-x.o" "$work/tree/x.c"
		echo "$1" >"$work/tree/tests/lint/statics.list"
		says statics "$2"
		fresh
	}
	statics 'sys/x one two | both' pass
	statics 'sys/* | the whole room' pass
	statics 'sys/x one | the first' '*preload/sys/x.c: two can be written to*'
	statics 'sys/x one two |' '*without a reason*'
	statics 'sys/x one two three | more' '*three is not there any more*'
fi
# For headers.sh: three objects, of which one or two include x.h.
headers() { # TEXT-OF-LIST OBJECTS-WITH-IT WANT
	mkdir -p "$work/tree/build/preload/sys/.deps" "$work/tree/tests/lint"
	for n in 1 2 3; do
		: >"$work/tree/preload/sys/n$n.c"
		: >"$work/tree/build/preload/sys/fakejail_loader-n$n.o"
		echo "n$n.o: ../preload/sys/n$n.c" >"$work/tree/build/preload/sys/.deps/fakejail_loader-n$n.Po"
	done
	for n in $2; do
		printf 'n%s.o: ../preload/sys/n%s.c \\\n  ../preload/sys/x.h\n../preload/sys/x.h:\n' "$n" "$n" \
			>"$work/tree/build/preload/sys/.deps/fakejail_loader-n$n.Po"
	done
	echo "$1" >"$work/tree/tests/lint/headers.list"
	says headers "$3"
	fresh
}
headers '' 1 pass
headers '' '1 2' '*preload/sys/x.h: in 2 of 3 objects*'
headers 'preload/sys/x.h | because' '1 2' pass
headers 'preload/sys/x.h |' '1 2' '*without a reason*'
headers 'preload/sys/x.h | because' 1 '*needs no reason*'
# For locked.sh: a hot function of the loader's with one locked instruction.
if command -v objdump >/dev/null 2>&1 && command -v "${CC:-cc}" >/dev/null 2>&1; then
	locked() { # TEXT-OF-LIST WANT
		mkdir -p "$work/tree/build/preload/sys" "$work/tree/tests/lint"
		echo 'int word; __attribute__((hot)) int f(void) { return __atomic_fetch_add(&word, 1, __ATOMIC_RELAXED); }' >"$work/tree/preload/sys/x.c"
		"${CC:-cc}" -O2 -fPIE -c -o "$work/tree/build/preload/sys/fakejail_loader-x.o" "$work/tree/preload/sys/x.c"
		echo "$1" >"$work/tree/tests/lint/locked.list"
		says locked "$2"
		fresh
	}
	locked 'sys/x f 1 | of the thread' pass
	locked '' '*> sys/x f 1*'
	locked 'sys/x f 1' '*without a reason*'
	locked 'sys/x f 2 | of the thread' '*< sys/x f 2*'
fi
for room in workflows stress; do
	sed -i "/$room/d" "$work/tree/scripts/run-tests" && says scripts "*tests/$room/say.sh: is not in the queue*" && fresh
done
chmod -x "$work/tree/scripts/say" && says scripts '*not executable*' && fresh
echo '[gone](gone.md)' >>"$work/tree/docs/page.md" && says docs '*links to gone.md*' && fresh
rooms_map() { # ROW...: docs/ARCHITECTURE.md with rows for the rooms of the tree
	printf '%s\n' '| preload/sys | x | |' '| preload/ownership | x | |' "$@" >"$work/tree/docs/ARCHITECTURE.md"
}
rooms_map '| preload/path | x | **walk.c** |' && says docs pass && fresh
rooms_map && says docs '*no row for the room preload/path*' && fresh
rooms_map '| preload/path | x | run.c |' && says docs '*begin in preload/path with run.c*' && fresh
rooms_map '| preload/path | x | |' '## What stands where' '| walking | path/walk.c, path/run.c |' && says docs '*stands in path/run.c, which*' && fresh
if command -v mandoc >/dev/null 2>&1; then
	echo '.Bogus' >>"$work/tree/docs/x.1" && says docs '*mandoc*' && fresh
fi
echo new >"$work/tree/docs/coverage.md" && says coverage '*make docs/coverage.md*' && fresh
exit "$failed"
