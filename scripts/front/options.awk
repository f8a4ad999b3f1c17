# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# options.awk - the table of options, out of fakejail-options.in, for C: options.def.
#
# A line of fj_option such as `--chdir | -w) fj_name=chdir fj_takes=no ;;` becomes NAME(chdir), and SPELLING("-w", chdir, no)
# for each way to spell it.

BEGIN {
	print "/* Made by options.awk from fakejail-options.in. */"
	print "#ifndef NAME\n#define NAME(name)\n#endif"
	print "#ifndef SPELLING\n#define SPELLING(spelling, name, takes)\n#endif"
}
/^fj_option\(\) \{/ { inside = 1 }
/^}/ { inside = 0 }
inside && /\) fj_name=/ {
	name = $0
	sub(/.*fj_name=/, "", name)
	sub(/ .*/, "", name)
	gsub(/'/, "", name)
	gsub(/-/, "_", name)
	takes = "value"
	if (match($0, /fj_takes=[a-z]+/))
		takes = substr($0, RSTART + 9, RLENGTH - 9)
	spellings = $0
	sub(/\).*/, "", spellings)
	print "NAME(" name ")"
	n = split(spellings, spelling, /[ \t|]+/)
	for (i = 1; i <= n; i++)
		if (spelling[i] != "")
			print "SPELLING(\"" spelling[i] "\", " name ", " takes ")"
}
END { print "#undef NAME\n#undef SPELLING" }
