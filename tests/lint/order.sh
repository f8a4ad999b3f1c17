#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# order.sh - each name that preload/order.ld puts together is in the engine. The linker does not complain of a name that is
# gone, but then each start of a program costs one more page fault.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

cd "$srcdir"
[ -e preload/order.ld ] || skip 'preload/order.ld is not in this tree'
# Functions as they are defined or, in assembler, named; variables are static ones or the engine's own.
# shellcheck disable=SC2013 # a part has no blanks
for part in $(sed -n 's/^[[:space:]]*\*(\.\(text\|bss\)\.\([a-z_0-9]*\)[ )].*/\1:\2/p' preload/order.ld); do
	case $part in
	text:hot | text:gate | text:entry | bss:zz) continue ;;
	text:*) pattern="^([^[:space:]#*/].*[^[:alnum:]_])?${part#*:}(\(|:)" ;;
	bss:*) pattern="(^|[[:space:]*])${part#*:}(\[| FJ_|;)" ;;
	esac
	grep -rqE "$pattern" preload --include='*.[chS]' || complain "preload/order.ld: ${part#*:}" 'is no longer in the engine: name what took its place'
done
finish
