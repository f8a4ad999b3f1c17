/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * copies-main.c - uses copies-lib.c, and tells how it is mapped: its pages as in its file, with all
 * that /proc knows of them; tests/workflows/copies.sh.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

long seen(const char *path);
long where(char *path, long size);
int version(void);

static void show_maps(const char *which)
{
	char line[600], name[300], link[300];
	unsigned long from, to, offset, inode;
	FILE *f = fopen("/proc/self/maps", "r");
	char mode[8], device[16];

	while (fgets(line, sizeof(line), f)) {
		struct stat st = {0};
		char *path = strchr(line, '/');
		unsigned char resident = 0;

		if (!path || !strstr(path, which))
			continue;
		sscanf(line, "%lx-%lx %7s %lx %15s %lu", &from, &to, mode, &offset, device, &inode);
		path[strcspn(path, "\n")] = 0;
		snprintf(name, sizeof(name), "/proc/self/map_files/%lx-%lx", from, to);
		const ssize_t len = readlink(name, link, sizeof(link) - 1);

		if (len < 0)
			snprintf(link, sizeof(link), "%s", strerror(errno));
		else
			link[len] = 0;
		stat(path, &st);
		printf("%lu pages %s %lx %d %s; %s; %d\n", (to - from) / 4096, mode, offset,
			(ino_t)inode == st.st_ino, path, link,
			mincore((void *)from, 4096, &resident));
	}
	fclose(f);
}

/* Where it was, something of the jail's may still lie when it comes again. */
static void reopen(const char *library)
{
	for (int i = 0; i < 3; i++) {
		void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
		long (*other_seen)(const char *path) =
			(long (*)(const char *))dlsym(handle, "seen");

		printf("%ld %ld %d\n", other_seen("/copies/here"), other_seen("/copies/missing"),
			other_seen == seen);
		dlclose(handle);
	}
}

int main(int argc, char **argv)
{
	char path[100] = "";
	Dl_info info = {0};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 2 && !strcmp(argv[1], "reopen")) {
		reopen(argv[2]);
		return 0;
	}
	dladdr((void *)seen, &info);
	printf("version %d, %ld %ld %ld %s, %s in %s\n", version(), seen("/copies/here"),
		seen("/copies/missing"), where(path, sizeof(path)), path, info.dli_sname,
		info.dli_fname);
	if (argc > 1) {
		printf("%ld\n", (long)getpid());
		if (!strcmp(argv[1], "wait"))
			getchar();
		for (int i = 2; i < argc; i++)
			show_maps(argv[i]);
	}
	return 0;
}
