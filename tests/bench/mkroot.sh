#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# mkroot.sh - a root of this host's own packages, for a bench where no better root is at hand.
#
# `mkroot.sh DIR PACKAGE...` copies the files of the packages and of all they depend on, by dpkg's lists: no network,
# no maintainer scripts, done in seconds. What scripts would have made and the bench needs (links for awk and cc) is
# made by hand. It is good for measuring, and for nothing else. Debian and its kin only, merged /usr.

set -eu

[ $# -ge 2 ] || {
	echo "usage: mkroot.sh DIR PACKAGE..." >&2
	exit 2
}
dir=$1
shift
command -v dpkg-query >/dev/null || {
	echo "mkroot.sh: this host has no dpkg: set BENCH_ROOT" >&2
	exit 1
}

# Installed packages reached from "$@" over Depends and Pre-Depends; of alternatives, whatever is installed.
packages=$(
	# shellcheck disable=SC2016 # dpkg's variables, not ours
	dpkg-query -W -f '${db:Status-Abbrev}|${Package}|${Provides}|${Pre-Depends},${Depends}\n' |
		awk -F '|' -v want="$*" '
		function names(list, out, n, i) {
			gsub(/\([^)]*\)/, "", list)
			gsub(/:any|:[a-z0-9]+/, "", list)
			gsub(/\[[^]]*\]/, "", list)
			n = split(list, out, /[ ,|]+/)
			return n
		}
		$1 ~ /^ii/ {
			needs[$2] = $4
			for (i = 5; i <= NF; i++)	# alternatives use our separator
				needs[$2] = needs[$2] "|" $i
			n = names($3, p)
			for (i = 1; i <= n; i++)
				if (p[i] != "") by[p[i]] = $2
		}
		END {
			n = split(want, todo, " ")
			for (i = 1; i <= n; i++) {
				x = todo[i]
				if (!(x in needs) && x in by) x = by[x]
				if (!(x in needs) || x in seen) continue
				seen[x] = 1
				print x
				m = names(needs[x], dep)
				for (j = 1; j <= m; j++)
					if (dep[j] != "") todo[++n] = dep[j]
			}
		}'
)

mkdir -p "$dir"
for d in bin sbin lib lib64; do
	mkdir -p "$dir/usr/$d"
	ln -sf "usr/$d" "$dir/$d"
done
mkdir -p "$dir/dev" "$dir/proc" "$dir/sys" "$dir/tmp" "$dir/etc" "$dir/root" "$dir/var/lib/dpkg/info"

# Documentation in other languages is most of the files and none of the interest. Names below /bin, /lib are
# spelled below /usr, where they are.
# shellcheck disable=SC2086 # one package a word
dpkg-query -L $packages 2>/dev/null |
	sed -n 's,^/\(bin\|sbin\|lib\|lib64\)/,/usr/\1/,; /^\/[^.]/p' |
	grep -v '^/usr/share/\(locale\|man\|doc\|info\)/' | sort -u |
	while IFS= read -r file; do
		if [ -L "$file" ] || [ -f "$file" ]; then printf '%s\n' "${file#/}"; fi
	done |
	tar -C / -cf - --no-recursion -T - 2>/dev/null | tar -C "$dir" -xpf -

cp /var/lib/dpkg/status "$dir/var/lib/dpkg/"
for file in passwd group nsswitch.conf; do
	[ ! -e "$dir/etc/$file" ] && cp "/etc/$file" "$dir/etc/$file"
done
[ -e "$dir/usr/bin/awk" ] || ln -s mawk "$dir/usr/bin/awk"
[ -e "$dir/usr/bin/sh" ] || ln -s dash "$dir/usr/bin/sh"
if [ -e "$dir/usr/bin/gcc" ]; then
	[ -e "$dir/usr/bin/cc" ] || ln -s gcc "$dir/usr/bin/cc"
fi
ldconfig -r "$dir"
