/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * places.c - where the `fakejail` command of the launcher's tests finds its other files: as lib.sh
 * and (PREFIX) case-moved.sh install them. */
#include "front.h"

const struct front_places front_places = {
	.libexec = "/nonexistent/libexec/fakejail",
	.lib = "/nonexistent/lib/fakejail",
#ifdef PREFIX
	.bin_to_libexec = "../libexec/fakejail",
	.libexec_to_bin = "../../bin",
	.libexec_to_lib = "../../lib/fakejail",
#else
	.bin_to_libexec = "../libexec",
	.libexec_to_bin = "../bin",
	.libexec_to_lib = ".",
#endif
};
