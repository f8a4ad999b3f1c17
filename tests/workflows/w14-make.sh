#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# w14-make.sh - workflow W14, the make of the title: `fakejail ./rootfs make`, whose output the user owns.
#
# The jail is Debian 12 with a C project in /src, as in a clean checkout: many small files, generated headers, a recursive
# make, a test suite and an install. make uses -j4.
. "$(dirname "$0")/../lib/lib.sh"
private_root bookworm

# ---- as the title says ----

printf 'all:\n\t@echo "make in $(CURDIR)" | tee made\n' >"$root/Makefile"
give_to_user "$root/Makefile"
prints 'fakejail ./rootfs make' 'make in /' jail ./bookworm make
owned_by_user 'its output is the user'\''s' "$root/made"

# ---- a project ----

mkdir -p "$root/src/lib" "$root/src/tests"
cd "$root/src"
cat >Makefile <<'MAKE'
CFLAGS = -O1 -Wall -Werror
prefix = /usr/local
modules := $(basename $(notdir $(wildcard lib/*.c)))
objects := $(modules:%=obj/%.o)

all: program
program: main.c obj/libparts.a
	$(CC) $(CFLAGS) -Iobj -o $@ main.c obj/libparts.a
obj/libparts.a: $(objects)
	$(AR) rcs $@ $^
obj/%.o: lib/%.c obj/version.h | obj
	$(CC) $(CFLAGS) -Iobj -MMD -c -o $@ $<
obj/version.h: Makefile | obj
	echo '#define VERSION "$(shell echo 1.$$((40 + 2)))"' >$@.new
	mv $@.new $@
obj:
	mkdir -p $@
check: program
	$(MAKE) -C tests
install: program
	install -D -m 755 program $(DESTDIR)$(prefix)/bin/program
clean:
	rm -rf obj program tests/log
-include $(objects:.o=.d)
.PHONY: all check install clean
MAKE
cat >tests/Makefile <<'MAKE'
check:
	../program >log
	test "$$(cat log)" = "version 1.42, sum 820"
	@echo all is well
MAKE
{
	echo '#include <stdio.h>'
	echo '#include "version.h"'
	i=1
	while [ $i -le 40 ]; do
		printf '#include "version.h"\nint part_%s(void)\n{\n\treturn %s;\n}\n' $i $i >"lib/part_$i.c"
		echo "int part_$i(void);"
		i=$((i + 1))
	done
	printf 'int main(void)\n{\n\tint sum = 0;\n\n'
	i=1
	while [ $i -le 40 ]; do
		printf '\tsum += part_%s();\n' $i
		i=$((i + 1))
	done
	printf '\tprintf("version %%s, sum %%d\\n", VERSION, sum);\n\treturn 0;\n}\n'
} >main.c
cd "$mine"
give_to_user "$root/src"

succeeds 'make -j4' jail -w /src "$root" make -j4
prints 'the program runs in the jail' 'version 1.42, sum 820' jail "$root" /src/program
owned_by_user 'everything it made is the user'\''s' \
	"$root/src/program" "$root/src/obj" "$root/src/obj/libparts.a" "$root/src/obj/part_1.o"
prints 'a second make finds nothing to do' "make: Nothing to be done for 'all'." jail -w /src "$root" make
prints_like 'after a change it does only what it must' 'cc -O1 -Wall -Werror -Iobj -MMD -c -o obj/part_7.o lib/part_7.c
ar rcs obj/libparts.a obj/*.o
cc -O1 -Wall -Werror -Iobj -o program main.c obj/libparts.a' jail -w /src "$root" sh -c 'touch lib/part_7.c; make'
prints_like 'make check, a make in a make' '*all is well*' jail -w /src "$root" make check
succeeds 'make install' jail -w /src "$root" make install
prints 'what is installed is found' 'version 1.42, sum 820' jail "$root" program
prints 'from a place in the jail, make runs there' "make: Nothing to be done for 'all'." \
	jail_from "$(as_made "$root")/src" "$root" make
run jail -w /src "$root" make nosuch
is 'make'\''s exit status' 2 "$rc"
like 'make'\''s message' "*No rule to make target 'nosuch'*" "$err"
succeeds 'a source is changed inside' jail -w /src "$root" sh -c 'echo "#error broken" >>lib/part_3.c'
run jail -w /src "$root" make -k -j4
is 'a broken source: exit status' 2 "$rc"
like 'a broken source: gcc names it' '*lib/part_3.c:6:2: error: #error broken*' "$err"
succeeds 'make clean' jail -w /src "$root" make clean
prints 'nothing is left' "$(printf 'Makefile\nlib\nmain.c\ntests')" jail -w /src "$root" ls
finish
