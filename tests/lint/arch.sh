#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# arch.sh - what belongs to one processor stands in folders of its name, so that another one is a folder and no search.
#
# Such folders are preload/sys/arch/PROCESSOR and PROCESSOR in other rooms; the rooms text, door and patch change instructions and belong
# to x86_64 as a whole (preload/sys/arch.h). It looks at code, not at comments.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

cd "$srcdir"
found=$(find preload \( -name '*.[chS]' -o -name '*.def' \) ! -path '*/x86_64/*' ! -path 'preload/text/*' ! -path 'preload/door/*' ! -path 'preload/patch/*' -exec awk '
	function complain(what)
	{
		print FILENAME ":" FNR ": " what
	}
	FNR == 1 { is_comment = 0 }
	{
		line = $0
		# Comments and strings that are only said to users are left out.
		if (is_comment) {
			if (!match(line, /\*\//))
				next
			line = substr(line, RSTART + 2)
			is_comment = 0
		}
		while (match(line, /\/\*/)) {
			head = substr(line, 1, RSTART - 1)
			rest = substr(line, RSTART + 2)
			if (match(rest, /\*\//)) {
				line = head " " substr(rest, RSTART + 2)
			} else {
				line = head
				is_comment = 1
			}
		}
		if (line ~ /__asm__|(^|[^a-z_])asm[ \t]*(volatile)?[ \t]*\(/)
			complain("instructions: they belong in preload/sys/arch")
		if (line ~ /(EM|AUDIT_ARCH|R)_X86_64|x86_64-linux-gnu|"x86_64"|__x86_64__/ && FILENAME !~ /^preload\/(sys\/(arch|frame|page)\.h|dispatch\/calls\.def)$/)
			complain("a number or name of x86_64: preload/sys/arch.h has it for all")
		if (line ~ /(^|[^a-z0-9_])[re](ax|bx|cx|dx|si|di|sp|bp|ip)([^a-z0-9_]|$)|REG_R[A-Z0-9]|regs(\.|->)|sigcontext/)
			complain("a register: preload/sys/frame.h has accessors")
		if (line ~ /0x0f05|0x050f|ARCH_[GS]ET_|__NR_arch_prctl|fsbase/)
			complain("an instruction or call of x86_64")
		if (line ~ /PAGE[A-Z_]*[ \t]+(4096|0x1000)/ || (line ~ /[^0-9](4095|4096)[^0-9]/ && line ~ /mmap|munmap|mprotect|mincore|mremap|madvise/))
			complain("the size of a page as a number: FJ_PAGE")
		# Any other 4096 has a name that says what it is; a mask of 12 bits is a major number of a device.
		else if (line ~ /(^|[^0-9A-Za-z_])(4096|0xfff)[uUlL]*([^0-9A-Za-z]|$)|PAGE_(SIZE|MASK|SHIFT)/ &&
		    line !~ /#define [A-Z_]+ 4096|[A-Z_]+ = 4096[ ,}]|dev[a-z()]* >> 8\)?\)? & 0xfff|>> 8\)? & 0xfff/ && FILENAME != "preload/dispatch/in_child.c")
			complain("a number that may be the size of a page: FJ_PAGE, or a name of its own")
	}' {} +)
if [ -n "$found" ]; then
	problems=$(printf '%s\n' "$found" | wc -l)
	printf '%s\n' "$found"
fi

# The rows of calls that only old architectures have are marked. Which calls the others have, a header of the kernel says, which
# arm64 and riscv include with these words defined; from 424 on the numbers are all architectures'.
table=preload/dispatch/calls.def
generic='#define __ARCH_WANT_RENAMEAT
#define __ARCH_WANT_NEW_STAT
#define __ARCH_WANT_SET_GET_RLIMIT
#define __ARCH_WANT_SYS_CLONE3
#define __BITS_PER_LONG 64
#include <asm-generic/unistd.h>'
if [ -e "$table" ] && everywhere=$(printf '%s\n' "$generic" | "${CC:-cc}" -E -dM - 2>/dev/null) &&
	here=$(echo '#include <asm/unistd.h>' | "${CC:-cc}" -E -dM - 2>/dev/null); then
	marks=$({
		printf '%s\n' "$everywhere" | sed -n 's/^#define __NR_\([a-z0-9_]*\) .*/everywhere \1/p'
		printf '%s\n' "$here" | sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/here \1 \2/p'
		sed -n 's/^OLD([A-Z_]*(\([a-z0-9_]*\).*/old \1/p; s/^[A-Z_]*(\([a-z0-9_]*\)[,)].*/row \1/p' "$table"
	} | awk '
		$1 == "everywhere" { everywhere[$2] = 1 }
		$1 == "here" { number[$2] = $3 }
		$1 == "old" && ($2 in everywhere || number[$2] >= 424) { print "OLD(" $2 "): all architectures have it" }
		$1 == "row" && $2 in number && !($2 in everywhere) && number[$2] < 424 { print $2 ": newer architectures have no such call: OLD()" }')
	if [ -n "$marks" ]; then
		problems=$((problems + $(printf '%s\n' "$marks" | wc -l)))
		printf '%s\n' "$marks" | sed "s|^|$table: |"
	fi
else
	echo 'note: there is no compiler or no header of the kernel; the marks in calls.def were not looked at'
fi
finish
