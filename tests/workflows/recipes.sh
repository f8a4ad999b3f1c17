#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# recipes.sh - tests the commands that README.md, HACKING.md and docs/ADDING-A-CALL.md tell a developer to type.
#
# It reads the lines from the pages, and runs them in a fresh copy of the tree, as an ordinary user. An unknown line is a
# failure: the author of a recipe must add here how it is run. For commands that another test runs, it only checks that they
# are there.
# shellcheck disable=SC2016 # recipes are compared as they are printed
. "$(dirname "$0")/../lib/lib.sh"
limit_seconds=1800

if is_reference; then
	skip recipes 'they are about the source tree, and a real chroot has none'
	finish
fi
need git make autoreconf libtoolize
if ! git -c safe.directory="$top_srcdir" -C "$top_srcdir" ls-files >"$work/files" 2>/dev/null; then
	skip recipes 'the tree is no clone'
	finish
fi

# What is tracked, as it is in the tree now.
tree=$mine/fakejail
mkdir "$tree"
tar -C "$top_srcdir" -cf - -T "$work/files" 2>/dev/null | tar -C "$tree" -xf -
! is_root || chown -R "$test_uid:$test_uid" "$tree"

# The commands of a page, one a line: its blocks of sh, without the comments behind them; and of HACKING's table of them what
# stands in `...` (an option of the compiler is no command).
recipes_of() {
	awk -v has_table="$([ "$1" = HACKING.md ] && echo 1)" '
		/^```sh$/ { is_block = 1; next }
		/^```/ { is_block = 0 }
		is_block { sub(/[ \t]+# .*/, ""); if ($0 != "") print; next }
		has_table && /^\| .*\| `[^-]|^\| .*\| `--/ {
			sub(/^\| [^|]*\| /, "")
			while (match($0, /`[^`]*`/)) {
				print substr($0, RSTART + 1, RLENGTH - 2)
				$0 = substr($0, RSTART + RLENGTH)
			}
		}' "$tree/$1"
}

# ccache keeps objects of the same sources: from the build that is tested, if that had ccache, and from one recipe to the
# next. (-Werror makes no other object of a source that compiles.) Without ccache all is compiled each time.
compiling=
if [ -d /usr/lib/ccache ]; then
	compiling="export PATH=/usr/lib/ccache:\$PATH CCACHE_DIR=$mine/ccache
		export CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=$tree CCACHE_IGNOREOPTIONS=-Werror;"
	kept=$(dirname "$(dirname "${FAKEJAIL%% *}")")/ccache
	! [ -d "$kept" ] || cp -r "$kept" "$mine/ccache"
	! is_root || ! [ -d "$mine/ccache" ] || chown -R "$test_uid:$test_uid" "$mine/ccache"
fi

# sh_in DIRECTORY COMMAND: as the user would type it there.
sh_in() {
	current=$1
	run as_user sh -ec "export MAKEFLAGS=-j2; $compiling $2"
	current=$mine
}

# tried DIRECTORY RECIPE [AS]: it ends with 0; AS is typed in its place, where a recipe has words to be replaced.
tried() {
	sh_in "$1" "${3:-$2}"
	if [ "$rc" = 0 ]; then
		ok "$2"
	else
		fail_run "$2" 'expected exit status 0'
	fi
}

# elsewhere RECIPE FILE WORDS: FILE, which runs in scripts/run-tests, does that.
elsewhere() {
	if grep -qe "$3" "$tree/$2"; then
		ok "$1: $2"
	else
		fail "$1" "$2 was said to try it, and does not say \"$3\""
	fi
}

build=$tree/build root=$mine/rootfs installed=$mine/home/fakejail
twin="FAKEJAIL=\$PWD/scripts/fakejail ../tests/twin/run.sh -c 'rename*' -f glibc-dynamic ../tests/twin twin"
needs() { # COMMAND RECIPE
	command -v "$1" >/dev/null 2>&1 || {
		skip "$2" "$1 is not installed"
		return 1
	}
}

try() { # RECIPE
	recipe=$1
	case $recipe in
	# README.md
	'./scripts/first-run') tried "$tree" "$recipe" ;;
	'autoreconf -i && mkdir -p build && cd build && ../configure && make && make install')
		tried "$tree" "$recipe" 'autoreconf -i && mkdir -p build && cd build && ../configure && make && make install prefix="$HOME/fakejail"'
		;;
	'./scripts/run-tests' | '../scripts/run-tests') elsewhere "$recipe" .ci/run scripts/run-tests ;;
	'fakejail ./rootfs' | 'fakejail ./rootfs make -C /src' | 'fakejail -b "$HOME/src:/src" ./rootfs make -C /src' | 'fakejail add ./rootfs make' | \
		'fakejail --userspec=1000:1000 ./rootfs id' | 'fakejail owners list ./rootfs' | 'fakejail doctor ./rootfs make' | 'fakejail images' | \
		'fakejail pack ./rootfs rootfs.tar.gz' | 'fakejail --rm ./rootfs sh')
		if [ -x "$installed/bin/fakejail" ]; then
			tried "$mine" "$recipe" "PATH=\$HOME/fakejail/bin:\$PATH; $recipe"
		else
			fail "$recipe" 'nothing was installed'
		fi
		;;
	'fakejail pull redis') elsewhere "$recipe" tests/workflows/w11-registry.sh 'pull' ;;
	'fakejail run redis redis-server' | 'fakejail run redis redis-cli') elsewhere "$recipe" tests/workflows/w11-run.sh ' run ' ;;
	'fakejail unpack redis ./rootfs') elsewhere "$recipe" tests/workflows/w11-images.sh 'unpack' ;;

	# HACKING.md
	'autoreconf -i && mkdir -p build && cd build && ../configure && make -j2') tried "$tree" "$recipe" ;;
	'make check') elsewhere "$recipe" scripts/run-tests 'part check make_check' ;;
	'CK_RUN_SUITE=walk CK_FORK=no gdb tests/unit/unit')
		needs gdb "$recipe" || return 0
		sh_in "$build" 'make -s tests/unit/unit && CK_RUN_SUITE=walk CK_FORK=no gdb -batch -ex run tests/unit/unit'
		like "$recipe" '*100%: Checks: [1-9]*exited normally*' "$out"
		;;
	'FJ_UNIT_SEED=7 tests/unit/unit') tried "$build" "$recipe" "CK_RUN_SUITE=random_walks $recipe" ;;
	'make fuzz')
		needs clang "$recipe" || return 0
		tried "$build" "$recipe" 'make fuzz FUZZ_SECONDS=1 fuzzers=tests/fuzz/fuzz_walk'
		;;
	'tests/fuzz/fuzz_walk FILE')
		needs clang "$recipe" || return 0
		tried "$build" "$recipe" 'cp "$(ls ../tests/fuzz/corpus/walk/* | head -n 1)" one && tests/fuzz/fuzz_walk one'
		;;
	"$twin") tried "$build" "$recipe" ;;
	'--overlay 1' | '--overlay 2' | '--without openat2,statx')
		tried "$build" "$recipe" "$(printf '%s\n' "$twin" | sed "s/run.sh/& $recipe/")"
		;;
	'../tests/twin/run.sh --memcheck ../tests/twin twin')
		sh_in "$build" "../tests/twin/run.sh --memcheck -c 'rename*' ../tests/twin twin"
		case $rc in
		0) ok "$recipe" ;;
		77) skip "$recipe" "$out" ;;
		*) fail_run "$recipe" 'expected exit status 0' ;;
		esac
		;;
	'scripts/fakejail --trace ROOT CMD')
		tried "$build" "$recipe" "scripts/fakejail --trace $root sh -c : 2>&1 | grep -q execve"
		;;
	'FAKEJAIL_LIBDIR=$PWD/scripts fakejail ROOT CMD')
		tried "$build" "$recipe" "PATH=\$HOME/fakejail/bin:\$PATH; FAKEJAIL_LIBDIR=\$PWD/scripts fakejail $root sh -c :"
		;;
	'make distcheck') elsewhere "$recipe" tests/workflows/dist.sh 'make .*distcheck' ;;
	'make compile_commands')
		needs bear "$recipe" || return 0
		# The loader in a build of its own: all of it once more would take a minute, and says nothing more about bear.
		tried "$tree" "$recipe" 'mkdir few && cd few && ../configure && make compile_commands compiled=fakejail-loader &&
			grep -q "\"file\":.*preload/walk/walk.c\"" ../compile_commands.json && [ -x fakejail-loader ]'
		;;

	# docs/ADDING-A-CALL.md
	"FAKEJAIL=\$PWD/build/scripts/fakejail tests/twin/run.sh -c 'frobnicate*' -c 'table*' tests/twin build/twin")
		tried "$tree" "$recipe" "FAKEJAIL=\$PWD/build/scripts/fakejail tests/twin/run.sh -c 'rename*' -f glibc-dynamic tests/twin build/twin"
		;;
	*) fail "$recipe" 'nobody says in tests/workflows/recipes.sh how this recipe is tried' ;;
	esac
}

# The commands of README run in a root that has a shell, a program that builds, and something to be built.
mkdir -p "$root/src" "$root/etc" "$root/tmp" "$root/dev" "$root/proc" "$mine/home/src"
"$tests_dir/lib/add-program" "$root" /bin/sh /bin/echo "$(command -v id)" "$(command -v make)"
printf 'all:\n\t@echo made\n' | tee "$root/src/Makefile" >"$mine/home/src/Makefile"
! is_root || chown -R "$test_uid:$test_uid" "$root" "$mine/home"

for page in README.md HACKING.md docs/ADDING-A-CALL.md; do
	recipes_of "$page" >"$work/recipes"
	[ -s "$work/recipes" ] || fail "$page" 'no recipe was found in it'
	while read -r line <&3; do
		try "$line"
	done 3<"$work/recipes"
done
finish
