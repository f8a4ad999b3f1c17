#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run-manifest.sh - see run.sh.
set -eu
# Each input is some files: fewer of them.
FUZZ_RUNS=${FUZZ_RUNS:-4000} exec "$(dirname "$0")/run.sh" manifest
