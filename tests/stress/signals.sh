#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# signals.sh - random calls about signals (signals.c), SIGSYS among them, in a real chroot and in the jail: the outputs must
# be equal. Prints the first difference with its seed and step. The number of steps is the limit, not time.
#
# Usage: signals.sh     environment: that of lib.sh, CC, SIGNALS_SEEDS (20: how many), SIGNALS_FIRST (1), SIGNALS_STEPS (500)
# by-chance.sh calls the last functions.
# shellcheck source-path=SCRIPTDIR source=../lib/lib.sh disable=SC2317
. "$(dirname "$0")/../lib/lib.sh"
# shellcheck source=by-chance.sh
. "$tests_dir/stress/by-chance.sh"
: "${SIGNALS_SEEDS=20}" "${SIGNALS_FIRST=1}" "${SIGNALS_STEPS=500}"
have_both signals

is_whole() {
	[ "$(tail -n 1 "$work/real")" = "$SIGNALS_STEPS: end" ]
}

# signals SEED: runs both sides and compares their outputs.
signals() {
	is_equal 12 "$1" "$SIGNALS_STEPS"
}
each_seed "$SIGNALS_FIRST" "$SIGNALS_SEEDS" signals
finish
