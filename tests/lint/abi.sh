#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# abi.sh - a number of the kernel's has one name in the engine: what two files need stands in preload/sys/abi.h.
#
# It looks at the names of the kernel's own families (S_IFDIR, O_TMPFILE, SIG_BLOCK ...), with or without FJ_ before them or
# _ behind; and at types of files that are written as bare numbers.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

cd "$srcdir"
found=$(find preload -name '*.[ch]' -exec grep -HnE '^#define[[:space:]]+(FJ_)?(S_I|DT_|RENAME_|SIG|SA_|ARCH_|ST_|UTIME_|O_|TMPFILE|CLONE_|MS_|MNT_|PR_|F_|AF_|SOL_|SCM_|RESOLVE_|MADV_)[A-Z0-9_]*[[:space:]]+\(?[0-9]' {} + |
	LC_ALL=C sort | awk '
	{
		file = $1
		sub(/:.*/, "", file)
		name = $2
		sub(/^FJ_/, "", name)
		sub(/_$/, "", name)
		if (name in home && home[name] != file)
			print file ": " name " is defined in " home[name] ", too: it belongs in preload/sys/abi.h"
		else
			home[name] = file
	}'
	grep -rnE '[&=] *\(?0(170000|040000|0040000|100000|0100000|120000|0120000)u?\b' preload --include='*.[ch]' |
		sed 's/\(:[0-9]*\):.*/\1: a type of file as a bare number: preload\/sys\/abi.h has its name/')
if [ -n "$found" ]; then
	problems=$(printf '%s\n' "$found" | wc -l)
	printf '%s\n' "$found"
fi
finish
