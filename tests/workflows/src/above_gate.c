/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * above_gate.c - maps a page where the third page of a gate would lie (FJ_GATE_CANDIDATES of preload/sys/gate.h), and says
 * whether /proc/self/maps shows it. The page must be free. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

static int is_shown(uintptr_t at)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long from;
	char line[4096];
	int is = 0;

	while (f && fgets(line, sizeof(line), f))
		is += sscanf(line, "%lx-", &from) == 1 && from == at;
	if (f)
		fclose(f);
	return is;
}

int main(void)
{
	static const uintptr_t gate[] = {0x50000, 0x110000, 0x1f0000, 0x30000000, 0x7000000000};

	for (size_t i = 0; i < sizeof(gate) / sizeof(gate[0]); i++) {
		const uintptr_t at = gate[i] + 2 * 4096;

		if (mmap((void *)at, 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			    0) != (void *)at) {
			perror("mmap");
			return 1;
		}
		if (!is_shown(at)) {
			printf("%#lx is not shown\n", (unsigned long)at);
			return 1;
		}
	}
	puts("all are shown");
	return 0;
}
