#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# report.sh - raw results of run.sh as the Markdown that docs/BENCHMARKS.md keeps.
#
# `report.sh [--paired] FILE`. A cell is the ratio of two medians, or, if --paired, the median of the ratios within each
# repetition: where the machine changes its pace from minute to minute this is steadier, for what a repetition compares
# was measured seconds apart (in one run of 21 repetitions, the greatest error of `again` was 17 % against 40 %).
#
# The lines of FILE, fields separated by tabs, are
#	meta NAME TEXT    skip WHAT REASON
#	micro FLAVOUR TOOL REPETITION CALL RESULT     RESULT: ns
#	macro WORK TOOL REPETITION RESULT             RESULT: "cpu_ms wall_ms"
# where RESULT may also be `escapes` or `fails (why)`, and CALL `*` for all of them. One bad repetition makes a cell
# bad: a tool that is inside only most of the time is not inside.

set -eu
paired=0
if [ "${1:-}" = --paired ]; then
	paired=1
	shift
fi
[ $# = 1 ] || {
	echo "usage: report.sh [--paired] FILE" >&2
	exit 2
}

awk -F '\t' -v paired=$paired '
function number(s) {
	return s ~ /^[0-9.]+$/
}

# keep the result of repetition rep for cell (table, row, tool)
function keep(table, row, tool, rep, value,    key) {
	key = table SUBSEP row SUBSEP tool
	if (!number(value)) {
		if (!(key in bad) || value == "escapes") bad[key] = value
		return
	}
	values[key, ++count[key]] = value
	by_rep[key, rep] = value
	if (rep > reps) reps = rep
}

function median_ratio(key, ref,    i, both) {
	if (!paired) return median(key) / median(ref)
	both = key SUBSEP "paired"
	count[both] = 0
	for (i = 1; i <= reps; i++)
		if ((key, i) in by_rep && (ref, i) in by_rep)
			values[both, ++count[both]] = by_rep[key, i] / by_rep[ref, i]
	return median(both)
}

function median(key,    n, i, j, t, v) {
	n = count[key]
	for (i = 1; i <= n; i++) v[i] = values[key, i] + 0
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j - 1] > v[j]; j--) {
			t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
		}
	return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}

# a row or tool seen for the first time goes to the end of its list
function note_row(table, row) {
	if (row != "*" && !((table, row) in row_seen)) {
		row_seen[table, row] = 1
		rows[table, ++row_count[table]] = row
	}
}
function note_tool(tool) {
	if (!(tool in tool_seen)) {
		tool_seen[tool] = 1
		tools[++tool_count] = tool
	}
}

function cell(table, row, tool,    key, all, ref) {
	key = table SUBSEP row SUBSEP tool
	all = table SUBSEP "*" SUBSEP tool
	ref = table SUBSEP row SUBSEP "chroot"
	if (key in bad) return bad[key]
	if (count[key] && count[ref]) return sprintf("%.2f", median_ratio(key, ref))
	if (all in bad) return bad[all]
	return "-"
}

function print_table(table, title, unit, decimals,    i, j, line, ref) {
	if (!row_count[table]) return
	line = sprintf("| %s | chroot, %s |", title, unit)
	for (j = 1; j <= tool_count; j++)
		if (tools[j] != "chroot") line = line " " tools[j] " |"
	print "\n" line
	line = "|---|---:|"
	for (j = 1; j <= tool_count; j++)
		if (tools[j] != "chroot") line = line "---:|"
	print line
	for (i = 1; i <= row_count[table]; i++) {
		ref = table SUBSEP rows[table, i] SUBSEP "chroot"
		line = "| " rows[table, i] " | "
		line = line ((ref in bad) || !count[ref] ? cell(table, rows[table, i], "chroot") : \
			sprintf("%.*f", decimals, median(ref))) " |"
		for (j = 1; j <= tool_count; j++)
			if (tools[j] != "chroot") line = line " " cell(table, rows[table, i], tools[j]) " |"
		print line
	}
}

$1 == "meta" { meta[$2] = $3 }
$1 == "skip" { skips[++skip_count] = "- SKIP " $2 ": " $3 }
$1 == "micro" {
	note_tool($3)
	if (!($2 in flavour_seen)) {
		flavour_seen[$2] = 1
		flavours[++flavour_count] = $2
	}
	note_row($2, $5)
	keep($2, $5, $3, $4 + 0, $6)
}
$1 == "macro" {
	note_tool($3)
	note_row("cpu", $2)
	note_row("wall", $2)
	n = split($5, times, " ")
	good = n == 2 && number(times[1]) && number(times[2])
	keep("cpu", $2, $3, $4 + 0, good ? times[1] : $5)
	keep("wall", $2, $3, $4 + 0, good ? times[2] : $5)
}

END {
	# The first repetition goes through the tools in the order they were asked for.
	print "- date: " meta["date"]
	print "- commit: " meta["commit"]
	print "- kernel: " meta["kernel"]
	print "- CPU: " meta["cpu"]
	print "- system: " meta["system"]
	print "- run: " meta["run"]
	for (i = 1; i <= skip_count; i++) print skips[i]
	what = paired ? "medians of paired ratios" : "ratios of medians"
	print "\nCells are " what " to the real chroot, smaller is better. `again` is the chroot once more: its"
	print "distance from 1.00 is the noise of this run. `escapes`: it ran, but outside; `fails`: it did not run."
	for (i = 1; i <= flavour_count; i++)
		print_table(flavours[i], flavours[i] " program", "ns", 0)
	print_table("cpu", "CPU time of", "ms", 1)
	print_table("wall", "wall time of", "ms", 1)
}' "$1"
