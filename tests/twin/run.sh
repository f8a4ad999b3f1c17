#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run.sh - the twin suite: runs each case in a real chroot and in the jail. The outputs must be equal.
#
# Usage: run.sh [OPTION]... [SRCDIR [BUILDDIR]]     (default: the directory of this script; SRCDIR/build)
#   -c GLOB      run only cases whose names match (may be repeated)
#   -f FLAVOUR   run only this one: glibc-dynamic glibc-static musl-dynamic musl-static raw (may be repeated)
#   -j N         workers (default 2)
#   --self       compare two runs of the reference: is the suite deterministic?
#   --without CALLS   these calls fail with ENOSYS on both sides (see ../without.c)
#   --prefix CMD      put these words before the jail's command only, e.g. "without --container"
#   --reference  only print the outputs of the reference
#   --memcheck   no jail: run the reference under valgrind; a case must not print uninitialised bytes (glibc-dynamic)
#   --overlay N  the jail's root is an overlay, of N (1 or 2) lower layers and an empty upper one (see overlay.sh, overlay.list)
#   --kernel     (with --overlay) the reference's root is an overlay of the kernel's
#   --deep       the host path of the jail's root has some 900 bytes: nothing inside may show that
#   --list       print the names of the cases
#   --keep       do not remove the work directory, and print its path
#   -v           print the cases that pass, too, and complete differences instead of their first 30 lines
#
# Environment: FAKEJAIL (the command: `$FAKEJAIL $FAKEJAIL_ARGS ROOT CMD ARG...`), FAKEJAIL_ARGS, TWIN_UID (4242),
# TWIN_LIMIT (60: seconds for a test), CC, MUSL_CC, MAKE.
#
# Ends with `N passed, N failed, N skipped`; exit 0, or 1 if anything failed, 2 for a usage error, 77 if nothing could run.
set -eu

flavours_known='glibc-dynamic glibc-static musl-dynamic musl-static raw'

usage() {
	sed -n '/^# Usage/,/^# Ends/s/^# \{0,1\}//p' "$0"
	exit "$1"
}

globs='' flavours='' jobs=2 self=no without='' prefix='' reference_only=no memcheck=no keep=no verbose=no deep=no list=no
layers=0 srcdir='' builddir='' wants=''
# This loop does not shift, since the second run of this script, below, gets "$@" again.
for arg; do
	if [ -n "$wants" ]; then
		case $wants in
		-c) globs="$globs $arg" ;;
		-f) flavours="$flavours $arg" ;;
		-j) jobs=$arg ;;
		--without) without=$arg ;;
		--prefix) prefix=$arg ;;
		--overlay) layers=$arg ;;
		esac
		wants=''
		continue
	fi
	case $arg in
	-c | -f | -j | --without | --prefix | --overlay) wants=$arg ;;
	--kernel) export OVERLAY_KERNEL=yes ;;
	--self) self=yes ;;
	--reference) reference_only=yes ;;
	--memcheck) memcheck=yes flavours=glibc-dynamic ;;
	--keep) keep=yes ;;
	--deep) deep=yes ;;
	--list) list=yes ;;
	-v) verbose=yes ;;
	-h | --help) usage 0 ;;
	-*) usage 2 >&2 ;;
	*) if [ -z "$srcdir" ]; then srcdir=$arg; else builddir=$arg; fi ;;
	esac
done
[ -z "$wants" ] || usage 2 >&2
[ -n "$srcdir" ] || srcdir=$(dirname "$0")
srcdir=$(cd "$srcdir" && pwd)
[ -n "$builddir" ] || builddir=$srcdir/build
mkdir -p "$builddir"
builddir=$(cd "$builddir" && pwd)
: "${CC:=cc}" "${MUSL_CC:=musl-gcc}" "${FAKEJAIL:=}" "${FAKEJAIL_ARGS=}" "${TWIN_UID:=4242}" "${TWIN_LIMIT:=60}"
[ -n "$flavours" ] || flavours=$flavours_known

if [ "$self$reference_only$memcheck$list" = nononono ] && [ -z "$FAKEJAIL" ]; then
	echo 'run.sh: FAKEJAIL is not set; give it, or --self' >&2
	exit 2
fi
# The runner starts fakejail in the root directory.
case $FAKEJAIL in
/*) ;;
*/*) FAKEJAIL=$PWD/$FAKEJAIL ;;
esac

# Memcheck prints lines of the cases, so the programs need symbols.
if [ "$memcheck" = yes ]; then
	for needed in /usr/bin/valgrind.bin /usr/libexec/valgrind/memcheck-amd64-linux; do
		[ -e "$needed" ] || { echo "SKIP --memcheck: there is no $needed"; exit 77; }
	done
	builddir=$builddir/memcheck
	TWIN_LIMIT=$((TWIN_LIMIT * 10))
	export TWIN_DEBUG=-g
fi
# The flags of a make that runs this script name its jobserver: they are removed.
MAKEFLAGS='' "${MAKE:-make}" -s -j "$jobs" -f "$srcdir/twin.mk" "SRCDIR=$srcdir" "BUILDDIR=$builddir" "CC=$CC" "MUSL_CC=$MUSL_CC" all

if [ "$list" = yes ]; then
	"$builddir/twin.glibc-static" --list | sort
	exit 0
fi

am_root=no uid=-1
[ "$(id -u)" != 0 ] || { am_root=yes; uid=$TWIN_UID; }
runner=$builddir/runner

# The work directory is not below the build directory, since the unprivileged user must be able to reach it. /proc, /dev and
# /sys are bound into the roots of the reference. The shell that does this is in a mount namespace, and one outside of it
# removes the files: so `rm` never goes into a mount of the machine's /dev.
if [ -z "${TWIN_WORK:-}" ]; then
	TWIN_WORK=$(mktemp -d "${TMPDIR:-/tmp}/twin.XXXXXX")
	export TWIN_WORK
	chmod 711 "$TWIN_WORK"
	# shellcheck disable=SC2317 # called by the trap
	cleanup() {
		[ "$keep" = no ] || { echo "run.sh: kept $TWIN_WORK" >&2; return 0; }
		# Cases leave directories without permissions, which an ordinary user must set before.
		rm -rf --one-file-system "$TWIN_WORK" 2>/dev/null || {
			chmod -R u+rwx "$TWIN_WORK" 2>/dev/null || :
			rm -rf --one-file-system "$TWIN_WORK"
		}
	}
	trap cleanup EXIT
	trap 'exit 1' HUP INT TERM
	status=0
	if [ "$am_root" = yes ] && unshare -m true 2>/dev/null; then
		TWIN_MOUNTS=yes unshare -m "$0" "$@" || status=$?
	else
		TWIN_MOUNTS=no "$0" "$@" || status=$?
	fi
	exit "$status"
fi
work=$TWIN_WORK

# The root in which cases run has the programs, their libraries, and a few files. The unprivileged user owns everything, as in
# a tree that this user has unpacked.
make_root() {
	root=$1
	mkdir -p "$root/bin" "$root/dev" "$root/etc" "$root/lib64" "$root/lib" "$root/proc" "$root/sys" "$root/tmp" \
		"$root/usr/lib"
	chmod 1777 "$root/tmp"
	for flavour in $flavours_known; do
		[ ! -e "$builddir/twin.$flavour" ] || cp "$builddir/twin.$flavour" "$root/bin/twin.$flavour"
	done
	cp "$builddir/without" "$root/bin/without"
	ldd "$builddir/twin.glibc-dynamic" | sed -n 's|.*[[:space:]]\(/[^ ]*\) (0x.*|\1|p' |
		while read -r lib; do
			mkdir -p "$root$(dirname "$lib")"
			cp -L "$lib" "$root$lib"
		done
	for lib in /lib/ld-musl-*.so.1; do
		[ ! -e "$lib" ] || cp -L "$lib" "$root/lib/${lib##*/}"
	done
	if [ "$memcheck" = yes ]; then
		mkdir -m 1777 "$root/log"
		mkdir -p "$root/usr/bin" "$root/usr/libexec"
		cp /usr/bin/valgrind.bin "$root/usr/bin"
		cp -r /usr/libexec/valgrind "$root/usr/libexec"
		cp "$srcdir/memcheck.supp" "$root/usr/libexec/valgrind"
		# valgrind needs the symbols of ld.so.
		[ ! -d /usr/lib/debug/.build-id ] || { mkdir -p "$root/usr/lib/debug" && cp -r /usr/lib/debug/.build-id "$root/usr/lib/debug"; }
	fi
	printf 'root:x:0:0:root:/:/bin/sh\nme:x:%s:%s:me:/:/bin/sh\n' "$TWIN_UID" "$TWIN_UID" >"$root/etc/passwd"
	printf 'root:x:0:\nme:x:%s:\n' "$TWIN_UID" >"$root/etc/group"
	ln -s /etc/passwd "$root/etc/absolute"
	ln -s passwd "$root/etc/relative"
	ln -s ../../../../etc/passwd "$root/etc/above"
	ln -s /nowhere "$root/etc/dangling"
	ln -s /etc "$root/link-to-etc"
	ln -s usr/lib "$root/link-to-lib"
	[ "$am_root" = no ] || chown -hR "$TWIN_UID:$TWIN_UID" "$root"
}
# shellcheck source=overlay.sh disable=SC1091
[ "$layers" = 0 ] || . "$srcdir/overlay.sh"
# The roots of all workers are copies of one root.
make_root "$work/root"
have_chroot=no have_mounts=no
! "$runner" -q chroot -r "$work/root" -u "$uid" || have_chroot=yes
if [ "$am_root" = yes ]; then
	have_mounts=$TWIN_MOUNTS
elif "$runner" -q mounts -r "$work/root" -u "$uid"; then
	have_mounts=yes
fi
nest=''
if [ "$deep" = yes ]; then
	for part in a b c d; do nest=$nest/$(printf "%0220d" 0 | tr 0 "$part"); done
fi
worker=1
while [ "$worker" -le "$jobs" ]; do
	mkdir "$work/trash.$worker" "$work/out.$worker"
	[ "$am_root" = no ] || chown "$TWIN_UID" "$work/trash.$worker"
	mkdir -p "$work/deep.$worker$nest"
	cp -a "$work/root" "$work/deep.$worker$nest/jail"
	cp -a "$work/root" "$work/reference.$worker"
	[ "$layers" = 0 ] || overlay_make "$worker"
	if [ "$TWIN_MOUNTS" = yes ]; then
		mount --rbind /proc "$work/reference.$worker/proc"
		mount --rbind /dev "$work/reference.$worker/dev"
		mount --rbind /sys "$work/reference.$worker/sys"
	fi
	worker=$((worker + 1))
done

# Reads cases.list (`case | needs | flavours left out | known difference`), and prints one line for each test:
# FLAVOUR CASE NEEDS REASON-TO-SKIP
tests() {
	for flavour in $flavours; do
		if [ ! -e "$builddir/twin.$flavour" ]; then
			echo "$flavour (all) - not built: no compiler for it"
			continue
		fi
		"$builddir/twin.glibc-static" --list | sort | awk -F '[ \t]*[|][ \t]*' -v flavour="$flavour" \
			-v globs="$globs" -v have_chroot="$have_chroot" -v have_mounts="$have_mounts" -v memcheck="$memcheck" \
			-v am_root="$am_root" -v srcdir="$srcdir" -v args=" $FAKEJAIL_ARGS " -v layers="$layers" -v mounts="$TWIN_MOUNTS" '
			function matches(name, n, g, i, re) {
				n = split(globs, g, " ")
				if (n == 0)
					return 1
				for (i = 1; i <= n; i++) {
					re = g[i]
					gsub(/[.]/, "[.]", re)
					gsub(/[*]/, ".*", re)
					gsub(/[?]/, ".", re)
					if (name ~ ("^" re "$"))
						return 1
				}
				return 0
			}
			FILENAME ~ /doors[.]list$/ {
				if ($0 !~ /^(#|[ \t]*$)/ && index(args, " " $1 " ") && ($3 == "" || $3 ~ ("(^|[ ,])" flavour "([ ,]|$)")))
					of_door[$2] = $1 ": " $4
				next
			}
			FILENAME ~ /overlay[.]list$/ {
				if (layers && ($2 == "two" ? layers == 2 : mounts == "no"))
					of_overlay[$1] = $2 == "two" ? "known difference of overlays: " $3 : "needs real root for the kernel" "\47s overlay"
				next
			}
			FILENAME ~ /cases[.]list$/ {
				if ($0 !~ /^(#|[ \t]*$)/) {
					needs[$1] = $2
					out[$1] = $3
					known[$1] = $4
				}
				next
			}
			!matches($1) { next }
			{
				why = ""
				n = needs[$1] == "" ? "-" : needs[$1]
				if (out[$1] ~ ("(^|[ ,(])" flavour "([ ,:)]|$)"))
					why = "left out: " out[$1]
				else if (known[$1] != "" && (getline line <(srcdir "/known/" $1)) < 0)
					why = "known difference: " known[$1]
				else if (memcheck == "yes" && ($1 == "altstack_left" || $1 == "segv_sent"))
					why = "valgrind itself does not end it: it keeps signal stacks and SIGSEGV otherwise than the kernel"
				else if (of_door[$1] != "")
					why = "known difference of " of_door[$1]
				else if (of_overlay[$1] != "")
					why = of_overlay[$1]
				else if (have_chroot == "no")
					why = "no chroot(2) and no user namespaces here"
				else if (n ~ /proc|dev/ && have_mounts == "no")
					why = "no bind mounts here for /proc and /dev"
				else if (n ~ /real-root/ && am_root == "no")
					why = "needs real root for the reference"
				gsub(/[ \t]+/, ",", n)
				print flavour, $1, n, why
			}' "$srcdir/doors.list" "$srcdir/overlay.list" "$srcdir/cases.list" -
	done
}

# Runs one test in the worker's two roots. Prints PASS, FAIL or SKIP, and the details.
reference() { # OUT-FILE FLAVOUR CASE NEEDS [plain]
	as=$uid bare='' wrap='' where="-r $work/reference.$worker -s $work/reference.$worker/t -k $work/trash.$worker"
	[ "$am_root" = yes ] || as=$TWIN_UID
	case $4 in *root*) as=0 ;; esac
	# If root runs this, the binds exist already. Else the runner makes them in its user namespace.
	if [ "$am_root" = yes ] || [ "$have_mounts" = no ]; then bare=-p; fi
	[ -z "$without" ] || wrap="/bin/without $without"
	[ "$memcheck" = no ] || wrap="/usr/bin/valgrind.bin -q --vgdb=no --trace-children=yes --track-origins=yes --log-file=/log/%p \
		--suppressions=/usr/libexec/valgrind/memcheck.supp"
	[ "$layers" = 0 ] || [ -n "${5:-}" ] || ! overlay_is_kernels "$3" || overlay_of_kernel
	# shellcheck disable=SC2086 # words
	"$runner" $where -u "$as" $bare -l "$TWIN_LIMIT" -o "$1" $wrap "/bin/twin.$2" "$3"
}

# Prints only memcheck's reports about uses of uninitialised bytes. Bad pointers are the subject of many cases.
unwritten() { # OUT-FILE
	cat "$work/reference.$worker"/log/* 2>/dev/null | sed 's/^[=*]*[0-9]*[=*]* //' | awk -v RS='' '/uninitialised/ { print $0 "\n" }' >"$1"
	rm -f "$work/reference.$worker"/log/*
	! [ -s "$1" ]
}

jail() {
	as='' before=$prefix
	case $4 in *user*) as="@as $TWIN_UID" ;; esac
	[ -z "$without" ] || before="$builddir/without $without $before"
	case $before in without\ *) before="$builddir/$before" ;; esac
	words="$FAKEJAIL $FAKEJAIL_ARGS $work/deep.$worker$nest/jail /bin/twin.$2"
	[ "$layers" = 0 ] || overlay_words "/bin/twin.$2"
	# shellcheck disable=SC2086 # words
	"$runner" -s "$work/deep.$worker$nest/jail/t" -k "$work/trash.$worker" -u "$uid" -l "$TWIN_LIMIT" -o "$1" $before $words $as "$3"
}

work_off() { # WORKER
	worker=$1
	out=$work/out.$worker
	while read -r flavour name needs why; do
		if [ -n "$why" ]; then
			echo "SKIP $name ($flavour): $why"
			continue
		fi
		reference "$out/reference" "$flavour" "$name" "$needs" || {
			echo "FAIL $name ($flavour): not even the reference ran to its end"
			sed 's/^/    /' "$out/reference"
			continue
		}
		if [ "$reference_only" = yes ]; then
			echo "== $name ($flavour)"
			cat "$out/reference"
			continue
		fi
		if [ "$memcheck" = yes ]; then
			if unwritten "$out/jail"; then
				[ "$verbose" = no ] || echo "PASS $name ($flavour)"
				echo >>"$out/passed"
			else
				echo "FAIL $name ($flavour): a byte that nobody wrote"
				sed 's/^/    /' "$out/jail"
			fi
			continue
		fi
		if [ "$self" = yes ]; then
			reference "$out/jail" "$flavour" "$name" "$needs" || :
		else
			jail "$out/jail" "$flavour" "$name" "$needs" || :
			[ ! -e "$srcdir/known/$name" ] || cp "$srcdir/known/$name" "$out/reference"
			[ "$layers" = 0 ] || overlay_leave_out "$name"
		fi
		if [ "$layers" != 0 ] && overlay_line_is_wrong "$flavour" "$name" "$needs"; then
			echo "FAIL $name ($flavour): overlay.list is wrong: the kernel's overlay does not differ"
		elif cmp -s "$out/reference" "$out/jail"; then
			[ "$verbose" = no ] || echo "PASS $name ($flavour)"
			echo >>"$out/passed"
		else
			echo "FAIL $name ($flavour): - chroot, + jail"
			diff -a -U 1 "$out/reference" "$out/jail" | awk -v all="$verbose" '
				NR > 2 && (all == "yes" || NR <= 32) { print "    " $0 }
				END { if (all != "yes" && NR > 32) print "    (" NR - 32 " more lines: -v)" }'
		fi
	done
}

tests >"$work/tests"

# If the jail does not start at all, this prints one error instead of a thousand.
if [ "$self$reference_only$memcheck" = nonono ]; then
	worker=1
	flavour=$(echo "$flavours" | awk '{ print $1 }')
	jail "$work/out.1/probe" "$flavour" --list - || :
	if ! grep -aqx mkdir "$work/out.1/probe"; then
		echo "run.sh: the jail does not start ($FAKEJAIL $FAKEJAIL_ARGS ROOT /bin/twin.$flavour --list):" >&2
		sed 's/^/    /' "$work/out.1/probe" >&2
		exit 1
	fi
fi

worker=1
workers=''
while [ "$worker" -le "$jobs" ]; do
	awk -v n="$jobs" -v k="$worker" 'NR % n == k % n' "$work/tests" >"$work/tests.$worker"
	work_off "$worker" <"$work/tests.$worker" >"$work/result.$worker" 2>&1 &
	workers="$workers $!"
	worker=$((worker + 1))
done
for pid in $workers; do
	wait "$pid"
done

[ "$reference_only" = no ] || { cat "$work"/result.*; exit 0; }
# Prints skips with the same reason as one line.
cat "$work"/result.* | grep -av '^SKIP' || :
cat "$work"/result.* | sed -n 's/^SKIP //p' | sort | awk -F ' [(]' '
	{
		flavour = substr($2, 1, index($2, ")") - 1)
		why = substr($0, index($0, "): ") + 3)
		key = $1 ": " why
		if (!(key in seen))
			order[++n] = key
		seen[key] = seen[key] " " flavour
	}
	END { for (i = 1; i <= n; i++) print "SKIP " order[i] " (" substr(seen[order[i]], 2) ")" }'
passed=$(cat "$work"/out.*/passed 2>/dev/null | grep -c '' || :)
failed=$(cat "$work"/result.* | grep -ac '^FAIL' || :)
skipped=$(cat "$work"/result.* | grep -ac '^SKIP' || :)
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] || exit 1
[ "$passed" != 0 ] || exit 77
