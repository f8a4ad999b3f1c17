#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# compare.sh A B - builds the commits A and B, measures both beside a real chroot in one run, and says what has changed.
#
# Each line of the output has five fields with tabs between: the part (a flavour of micro.c, or `work`), the line, the ratio to
# the chroot of A and of B, and their difference.  A ratio is the median over the repetitions of the ratio within each one,
# so that a machine that changes its pace disturbs little.  Nothing is judged: `awk -F '\t' '$5 > 0.03'` shows what has
# become slower.  Parameters: lib.sh; needs root, as run.sh does.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)

[ $# = 2 ] || {
	echo 'usage: compare.sh COMMIT-BEFORE COMMIT-AFTER' >&2
	exit 2
}
# An ordinary user has to reach both builds.
work=$(mktemp -d "${TMPDIR:-/var/tmp}/fakejail-compare.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
chmod 755 "$work"

# build COMMIT DIRECTORY: the tree of COMMIT, without its history, made as the README says.
build() {
	git -C "$top" rev-parse --verify --quiet "$1^{commit}" >/dev/null || {
		echo "compare.sh: no such commit: $1" >&2
		exit 2
	}
	mkdir "$2"
	git -C "$top" archive "$1" | tar -xf - -C "$2"
	if ! (cd "$2" && autoreconf -i && mkdir build && cd build && ../configure && make -j"$(nproc)") >"$work/log" 2>&1; then
		echo "compare.sh: $1 does not build; the end of what make said:" >&2
		tail -n 20 "$work/log" >&2
		exit 1
	fi
}

umask 022
build "$1" "$work/before"
build "$2" "$work/after"
BENCH_OUT=$work/results.tsv
export BENCH_OUT
FAKEJAIL_BEFORE=$work/before/build/scripts/fakejail FAKEJAIL=$work/after/build/scripts/fakejail \
	BENCH_TOOLS='chroot before fakejail' "$here/run.sh" >/dev/null

# A macro result is "cpu_ms wall_ms": the CPU time counts.
awk -F '\t' '
$1 == "micro" && $6 ~ /^[0-9.]+$/ { keep($2 "\t" $5, $3, $4, $6) }
$1 == "macro" && $5 ~ /^[0-9]/ { split($5, times, " "); keep("work\t" $2, $3, $4, times[1]) }
function keep(line, tool, rep, value) {
	if (!(line in seen)) { seen[line] = 1; order[++lines] = line }
	value_of[line, tool, rep] = value
	if (rep + 0 > reps) reps = rep + 0
}
# The median over the repetitions of tool / chroot; "" where there is none.
function ratio(line, tool,    i, j, n, t, v) {
	n = 0
	for (i = 1; i <= reps; i++)
		if (value_of[line, tool, i] > 0 && value_of[line, "chroot", i] > 0)
			v[++n] = value_of[line, tool, i] / value_of[line, "chroot", i]
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j - 1] > v[j]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
	return n ? (n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2) : ""
}
END {
	for (i = 1; i <= lines; i++) {
		a = ratio(order[i], "before")
		b = ratio(order[i], "fakejail")
		if (a == "" || b == "") printf "%s\t%s\t%s\t-\n", order[i], a == "" ? "-" : a, b == "" ? "-" : b
		else printf "%s\t%.2f\t%.2f\t%+.2f\n", order[i], a, b, b - a
	}
}' "$BENCH_OUT"
