# shellcheck shell=sh disable=SC2154 # read by scripts that have read lib.sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# by-chance.sh - compares the output of random calls in a real chroot and in the jail. differ.sh and signals.sh source it.

# have_both NAME DIRECTORY...: makes a jail ($root) and a directory for the real chroot ($real), each with the program NAME.c
# of this folder in /bin. Ends the script with a SKIP if root is missing for the chroot.
have_both() {
	need "${CC:=cc}" chroot
	if ! is_root; then
		skip everything 'there is no root for the real chroot'
		finish
	fi
	program=$1
	shift
	new_jail jail bin "$@"
	$CC -O1 -std=gnu11 -Wall -Wextra -static -o "$root/bin/$program" "$tests_dir/stress/$program.c"
	give_to_user "$root"
	real=$mine/real
	mkdir -p "$real/bin"
	cp "$root/bin/$program" "$real/bin/$program"
}

# is_equal CONTEXT ARGUMENT...: runs the program with these arguments on both sides. Prints the first difference, with CONTEXT
# lines before it, and fails. The script's function is_whole checks whether the reference, $work/real, is complete.
is_equal() {
	context=$1
	shift
	limited chroot "$real" "/bin/$program" "$@" >"$work/real" 2>&1 || echo "exit $?" >>"$work/real"
	jail "$root" "/bin/$program" "$@" >"$work/jail" 2>&1 || echo "exit $?" >>"$work/jail"
	is_whole || {
		echo "the reference ended early:"
		tail -n 3 "$work/real"
		return 1
	}
	cmp -s "$work/real" "$work/jail" && return
	line=$(cmp "$work/real" "$work/jail" | sed -n 's/.*line //p')
	: "${line:=$(($(wc -l <"$work/jail") + 1))}" # the jail's ended early
	echo "$*, line $line: the chroot"
	sed -n "$((line > context ? line - context : 1)),${line}p" "$work/real"
	echo 'the jail'
	sed -n "${line}p" "$work/jail"
	return 1
}

# each_seed FIRST COUNT COMMAND...: runs COMMAND SEED for each of these seeds. Each is a check. Shows the output of failed ones.
each_seed() {
	seed=$1 end=$(($1 + $2))
	shift 2
	while [ "$seed" -lt "$end" ]; do
		if "$@" "$seed" >"$work/differs"; then
			ok "seed $seed"
		else
			fail "seed $seed" "$(cat "$work/differs")"
		fi
		seed=$((seed + 1))
	done
}
