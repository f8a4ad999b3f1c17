/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * text-main.c - loads libraries with odd text, and looks what became of it;
 * tests/workflows/text.sh.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef long (*odd_fn)(const char *path);

static void call_all(void *lib, const char *which)
{
	for (; *which; which++) {
		char name[16];

		snprintf(name, sizeof(name), "odd_%c", *which);
		odd_fn f = (odd_fn)dlsym(lib, name);
		/* In the jail, not outside; there and not there. */
		printf("%s: %ld %ld\n", name, f("/text/text-main.c"), f("/text/missing"));
	}
}

/* Bytes of the file's executable mappings that differ in memory. */
static long changed(const char *path)
{
	char line[600], real[600];
	long differ = 0;
	FILE *maps = fopen("/proc/self/maps", "r"), *file = fopen(path, "r");

	if (!realpath(path, real))
		return -1;
	while (fgets(line, sizeof(line), maps)) {
		unsigned long from, to, offset;
		char mode[8], *name = strchr(line, '/');

		if (!name || strncmp(name, real, strlen(real)) || name[strlen(real)] != '\n' ||
			sscanf(line, "%lx-%lx %7s %lx", &from, &to, mode, &offset) != 4 ||
			mode[2] != 'x')
			continue;
		fseek(file, (long)offset, SEEK_SET);
		for (unsigned char *p = (unsigned char *)from; p < (unsigned char *)to; p++) {
			const int c = fgetc(file);

			differ += c != EOF && c != *p;
		}
	}
	fclose(maps);
	fclose(file);
	return differ;
}

int main(int argc, char **argv)
{
	void *lib;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (!strcmp(argv[1], "odd")) {
		call_all(dlopen("./odd.so", RTLD_NOW), "1356789");
	} else if (!strcmp(argv[1], "no-room")) {
		call_all(dlopen("./odd.so", RTLD_NOW), "24");
	} else if (!strcmp(argv[1], "data")) {
		for (int i = 2; i < argc; i++) {
			lib = dlopen(argv[i], RTLD_NOW);
			printf("%s: loaded %d, changed %ld\n", argv[i], lib != NULL,
				changed(argv[i]));
		}
	} else if (!strcmp(argv[1], "protect")) {
		lib = dlopen("./odd.so", RTLD_NOW);
		char *text = (char *)((unsigned long)dlsym(lib, "odd_1") & ~4095UL);
		static char copy[4096];

		memcpy(copy, text, sizeof(copy));
		printf("%d", mprotect(text, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
		memcpy(text, copy, sizeof(copy));
		printf(" %d\n", mprotect(text, 4096, PROT_READ | PROT_EXEC));
		call_all(lib, "1356789");
	} else {
		for (int i = 0; i < 300; i++) {
			lib = dlopen("./odd.so", RTLD_NOW);
			odd_fn f = (odd_fn)dlsym(lib, "odd_1");
			if (f("/text/text-main.c") || f("/text/missing") != -ENOENT)
				printf("wrong at %d\n", i);
			dlclose(lib);
		}
		printf("done\n");
	}
	return argc < 2;
}
