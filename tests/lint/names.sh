#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# names.sh - comments and pages name functions and files that are there.
#
# A file is named by its path in the tree or in preload/, or by its last component alone. Paths of the kernel and of C libraries
# begin with what the variable `foreign` has. A function of ours, fj_x, or a word followed by (), is in the code. One of the
# kernel's or of a library's is not, so its comment names the file that it is in, a manual page, or whose it is.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

cd "$srcdir"
tree=$(find . -type f ! -path './build/*' ! -path './.git/*' ! -path './autom4te.cache/*' ! -path '*/corpus/*' -name '*.*' | sed 's,^\./,,')
sources=$(find preload wrappers scripts \( -name '*.[chS]' -o -name '*.def' \) | LC_ALL=C sort)
# What make writes, by its makefiles; and the names of the launcher's functions.
generated=$(cat ./*/module.am ./*/*/module.am 2>/dev/null | grep -oE '[a-z_]+\.(c|h|def|inc)' | sort -u)
launcher=$(cat scripts/*.in 2>/dev/null | grep -oE '^fj_[a-z_]+\(\)' | sort -u)
pages=$(find . -maxdepth 2 -name '*.md' ! -path './build/*' ! -name NEWS.md | sed 's,^\./,,' | LC_ALL=C sort)
# shellcheck disable=SC2086 # words
found=$(printf '%s\n' "$tree" "$generated" "$launcher" | awk '
	function base(path)
	{
		sub(/.*\//, "", path)
		return path
	}
	# Comments go to text, the rest to code; a page is all text.
	function split_line(line)
	{
		code = text = ""
		if (FILENAME ~ /\.md$/) {
			text = line
			return
		}
		while (line != "") {
			if (is_comment) {
				if (match(line, /\*\//)) {
					text = text " " substr(line, 1, RSTART - 1)
					line = substr(line, RSTART + 2)
					is_comment = 0
				} else {
					text = text " " line
					line = ""
				}
			} else if (match(line, /\/\*/)) {
				code = code " " substr(line, 1, RSTART - 1)
				line = substr(line, RSTART + 2)
				is_comment = 1
			} else {
				code = code " " line
				line = ""
			}
		}
	}
	function complain(what)
	{
		print FILENAME ":" FNR ": " what
	}
	function check_files(text,  name)
	{
		while (match(text, /[A-Za-z0-9_.\/*{},-]*[A-Za-z0-9_]\.(c|h|S|def)([^A-Za-z0-9_.(]|\.?$|\. )/)) {
			name = substr(text, RSTART, RLENGTH)
			text = substr(text, RSTART + RLENGTH)
			sub(/[^chSdef]*$/, "", name)
			sub(/^[.\/]*/, "", name)
			if (name ~ /[*{]/ || name ~ foreign || name in have || (name !~ /\// && name in have_base) || name ~ /case_frobnicate/ || (FILENAME ~ /^docs/ && ("docs/" name) in have))
				continue
			complain("there is no file " name)
		}
	}
	function check_functions(text,  name)
	{
		while (match(text, /[a-z_][a-z0-9_]*\(\)|(^|[^A-Za-z0-9_])fj_[a-z0-9_]+/)) {
			name = substr(text, RSTART, RLENGTH)
			text = substr(text, RSTART + RLENGTH)
			sub(/^[^a-z_]/, "", name)
			if (name !~ /\(\)$/ && (text ~ /^[A-Z<*{_-]/ || name ~ /_$/))
				continue
			sub(/\(\)$/, "", name)
			if (name in words || name ~ /^fj_(x|hook_x|may_x|hook_frobnicate|hook_name)$/)
				continue
			if (name !~ /^fj_/ && about ~ /[a-z]\/[a-z0-9_-]+\.[chS]|\([0-9]\)|kernel|libc|musl|Linux/)
				continue
			complain("there is no " name "() in the code")
		}
	}
	BEGIN {
		foreign = "^(linux|asm|asm-generic|kernel|fs|mm|net|security|include|arch|block|drivers|lib|sysdeps|posix|elf|nptl|malloc|sys|bits|uapi|ipc|src|ldso)/|" \
			"^(elf|libio|errno|stdio|string|signal|unistd|fcntl|xattr|audit|frobnicate|case_frobnicate|stddef|wait|ucontext|link|features|dirent|binfmt_elf|af_unix)\\.[ch]$"
	}
	FILENAME == "-" && /\(\)$/ {
		sub(/\(\)$/, "")
		words[$0] = 1
		next
	}
	FILENAME == "-" {
		have[$0] = have_base[base($0)] = 1
		inside = $0
		if (sub(/^(preload|scripts)\//, "", inside))
			have[inside] = 1
		next
	}
	FNR == 1 {
		is_comment = 0
		pass[FILENAME]++
	}
	{
		split_line($0)
	}
	pass[FILENAME] == 1 {
		n = split(code, word, /[^A-Za-z0-9_]+/)
		for (i = 1; i <= n; i++)
			words[word[i]] = 1
		if (text != "")
			comment[FILENAME, FNR] = text
		next
	}
	text != "" {
		# What a comment says of a name may stand some lines away.
		about = ""
		for (i = FNR - 4; i <= FNR + 4; i++)
			about = about " " comment[FILENAME, i]
		check_files(text)
		check_functions(text)
	}' - $sources $pages $sources $pages)

# The list of hooks has each hook below the name of its file. From calls.def a reader finds the file by this list only.
while read -r file hook; do
	[ -n "$hook" ] || continue
	grep -qE "^([A-Z_]+ )?long fj_hook_$hook\(struct fj_call \*[a-z]+\)\$" "preload/$file" 2>/dev/null ||
		found="$found${found:+
}preload/call/hooks.h: fj_hook_$hook() is not in $file"
done <<HOOKS
$(sed -n '/define FJ_HOOKS(X)/,/^$/p' preload/call/hooks.h 2>/dev/null | awk '
	match($0, /\/\* [a-z-]+\/[a-z_]+\.c \*\//) { file = substr($0, RSTART + 3, RLENGTH - 6) }
	match($0, /X\([a-z0-9_]+\)/) && !/define/ { print file, substr($0, RSTART + 2, RLENGTH - 3) }')
HOOKS

if [ -n "$found" ]; then
	problems=$(printf '%s\n' "$found" | wc -l)
	printf '%s\n' "$found"
fi
finish
