# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# lines.awk - command lines for front.sh, as shell text: `-v count=N`, the same ones each time.
#
# About half of them are wrong: the command in C leaves these to the launcher.

# A number below n, by the constants of POSIX's example for rand(): awks have generators of their own.
function below(n) {
	state = (state * 1103515245 + 12345) % 2147483648
	return int(state / 65536) % n
}
function any(words,    list, n) {
	n = split(words, list, "|")
	return list[below(n) + 1]
}
function option(    which) {
	which = below(24)
	if (which == 0) return any("-0|--root-id|-q|--quiet|--verbose|--bare|--no-default-binds|--read-only|--kill-on-exit|--die-with-parent")
	if (which == 1) return any("--userspec=|--user |-u |-u|--change-id=|-i ") any("me|me:us|+1:+2|''|:us|1000")
	if (which == 2) return "--groups" any("=| ") any("a,b|1|''")
	if (which <= 5) return any("-b|-b |--bind=|--bind |-v |-m |--volume=|--mount=|--ro-bind |--ro-bind=") bind()
	if (which == 6) return "--tmpfs" any("=| ") any("/tmp|tmp|/a/../b|/usr/|//x")
	if (which == 7) return any("-w |-w|--chdir=|--cwd |--pwd=|--workdir ") any("/|/data|data|a/../b|'a b'|.")
	if (which <= 10) return any("-e |-e|--env=|--env ") any("A=b|PATH=/x|PATH|HOME|HOME=/h|SHELL|A|B|NOT|'C=it'\\''s'|D=|PWD=/q|a.b=1|UID=3|LANG=C|FAKEJAIL_OPTS=x|_=x")
	if (which == 11) return "--unsetenv" any("=| ") any("A|B|PATH|HOME|a.b|NOT|LOGNAME")
	if (which == 12) return "--clearenv"
	if (which == 13) return any("--no-trap|--no-preload|--no-patch")
	if (which == 14) return any("--kernel-release=|-k |-k") any("9.9|'a b'")
	if (which == 15) return "--hostname" any("=| ") any("box|'*'")
	if (which == 16) return any("--db=|--db ") any("/some/where|here")
	if (which == 17) return "--no-db"
	if (which == 18) return any("--trace|--trace=-|--trace=log|--trace=/t/log")
	if (which == 19) return any("-0q|-qb/etc:/x|-0w/data|-q0|-q-|-qe A=1")
	if (which == 20) return any("-r |-r|--rootfs=|--rootfs ") root()
	if (which == 21) return any("--skip-chdir|--rm|--ephemeral")
	if (which == 22) return any("--copy|--rm --copy|--keep=k|--proot|--bare=x|-Z|--nonsense|--help|--version|--trace=|-b|--chdir=|--env==x")
	return "--"
}
function bind() {
	return any("/etc|data|/nowhere|file|./data/|'a b'|/etc/../etc|dangling") any("||:/there|:/mnt/x|:there|:/a/../b|:/usr/bin") \
		any("|||||||||:ro|:rw|:wild|:idmap|:ro:x|\\:")
}
function root() {
	return any("R|./R|R/|R//data|R/data/..|'a b'|link|/|$work/place/R|R|R|R|R|R|R|R|empty|file|nowhere|''|run|./run|help")
}
function command() {
	return any("||true|true|tool x y|sh -c 'echo \"$1\"' x|/bin/true -b --|'' ''|'it'\\''s' '*'|mount /x|/bin/mount|-x")
}
function environment(    text, i) {
	text = any("PATH=/usr/bin:/bin|PATH=/bin|PATH=/nowhere|PATH=bin:.|PATH=/there|PATH=|PATH=/usr/bin PATH_=x|")
	text = text " " any("SHLVL=1 PWD=\"$PWD\"|PWD=\"$PWD\"|PWD=\"$PWD\"|PWD=\"$PWD\"|SHLVL=1 PWD=\"$PWD\"|PWD=/usr|SHLVL=1 PWD=/usr|")
	if (text !~ /PATH=/) text = any("PWD=\"$PWD\"|") # without both an interactive shell's words would be guessed
	for (i = below(4); i; i--)
		text = text " " any("A=1|B='x y'|HOME=/root|HOME=|SHELL=/bin/sh|SHELL=/nowhere|SHELL=/usr/bin/tool|SHELL=sh|USER=u|XDG_STATE_HOME=\"$PWD/state\"|XDG_DATA_HOME=\"$PWD/share\"|FAKEJAIL_STORE=\"$PWD/store\"|FAKEJAIL_OPTS=|FAKEJAIL_OPTS=--bare|FAKEJAIL_LAUNCHER=y|TERM=dumb|LC_ALL=C")
	return text
}
BEGIN {
	state = 1
	for (line = 0; line < count; line++) {
		text = ""
		for (n = below(4); n; n--)
			text = text " " option()
		print any("in .|in .|in .|in .|in .|in .|in R|in R/data") " " environment() " -- " text " " root() " " command()
	}
}
