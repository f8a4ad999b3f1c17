#!/bin/sh
# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# run-layer.sh - see run.sh.
set -eu
exec "$(dirname "$0")/run.sh" layer
