#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# engine-is-alone.sh - what the compiler made of the engine: it calls nobody else, and enters the kernel in one place.
#
# The loader is linked without libc, so a call that the compiler invented (memcpy, __stack_chk_fail) would be a link error; in a
# build with other flags it might not. And the seccomp filter knows our system calls by the address of the gate page: a
# syscall instruction anywhere else is trapped, or worse, judged by the program's own filters.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

need nm objdump readelf
[ -d preload ] || skip 'there is no build here'
objects=$(loader_objects)
[ -n "$objects" ] || skip 'the loader is not built'

# The linker's own names. Everything else must be defined by one of us.
# shellcheck disable=SC2086 # words
strangers=$({
	nm --defined-only $objects | awk 'NF == 3 { print "defined", $3 }'
	nm -u $objects | awk 'NF == 2 { print "wanted", $2 }'
} | awk '
	$1 == "defined" || $2 ~ /^(_DYNAMIC|_GLOBAL_OFFSET_TABLE_|__ehdr_start|__executable_start|etext)$/ { have[$2] = 1; next }
	{ want[$2] = 1 }
	END { for (s in want) if (!(s in have)) print s }' | sort)
for symbol in $strangers; do
	# shellcheck disable=SC2086
	users=$(for o in $objects; do nm -u "$o" | grep -qw "$symbol" && echo "$o"; done | tr '\n' ' ')
	complain "$users" "needs $symbol, which is not ours: the engine has no libc"
done

# Thread-local data needs a thread pointer, which is the program's.
for object in $objects; do
	if readelf -SW "$object" | grep -qE '\.(tdata|tbss)'; then
		complain "$object" 'has thread-local data; the thread pointer is the program'\''s'
	fi
done

# Two places beside the gate, each with its reason.
for object in $objects; do
	# shellcheck disable=SC2016 # an immediate operand
	count=$(objdump -d --no-show-raw-insn "$object" | grep -cE '[[:space:]](syscall|sysenter|int +\$0x80)\b' || :)
	case $object in
	*/syscall/*/fakejail_loader-gate.o) allowed=5 ;; # fj_gate_begin, _wait, _deferred, _sigreturn; and the call that moves the gate
	*/door/fakejail_loader-door.o) # plain_call, perhaps inlined twice: the program's own filters are to judge it
		allowed=1
		[ "$count" != 2 ] || allowed=2
		;;
	*/mount/x86_64/fakejail_loader-clone.o) allowed=2 ;; # the program's own clone(2), and an unshare(2) that is to be trapped
	*/door/fakejail_loader-entry.o) allowed=2 ;; # the program's own call: fj_door_maybe_here, and what is left to the trap
	*) allowed=0 ;;
	esac
	[ "$count" = "$allowed" ] ||
		complain "$object" "has $count syscall instructions, not $allowed: kernel entries go through fj_gate (syscall/x86_64/gate.S)"
done

# Vector registers are the program's, and are not saved.
for object in $objects; do
	if objdump -d --no-show-raw-insn "$object" | grep -qE '%[xyz]mm[0-9]'; then
		complain "$object" 'uses vector registers, which are the program'\''s'
	fi
done

if [ -x fakejail-loader ]; then
	if readelf -lW fakejail-loader | grep -q INTERP; then
		complain fakejail-loader 'asks for an ELF interpreter: it is what finds the jail'\''s'
	fi
	if readelf -dW fakejail-loader | grep -q NEEDED; then
		complain fakejail-loader 'needs a shared library'
	fi
	if readelf -lW fakejail-loader | grep -E 'GNU_STACK' | grep -q E; then
		complain fakejail-loader 'has an executable stack'
	fi
fi
finish
