/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union.h - an overlay to begin with, for case_union.c and its kin: mounted by mount(2), so
 * that the reference has the kernel's own. Each case ends with take_away(), which also shows that
 * nothing has changed the layers below.
 */
#ifndef CASE_UNION_H
#define CASE_UNION_H

#include "twin.h"

#define OVERLAY "lowerdir=/t/l1:/t/l2,upperdir=/t/u,workdir=/t/w"

/* What is below `path`, but for what differs between file systems (sizes and links of directories).
 */
static inline void show_tree(const char *path)
{
	char name[400];
	struct stat st;

	for (char **n = names(path); n && *n; n++) {
		snprintf(name, sizeof(name), "%s/%s", path, *n);
		if (lstat(name, &st)) {
			say("%s: %e\n", name, errno);
			continue;
		}
		say("%s: %o %u:%u", name, (int)st.st_mode, (unsigned)st.st_uid,
			(unsigned)st.st_gid);
		/* (The kernel makes one whiteout, and links it.) */
		if (S_ISCHR(st.st_mode) && !st.st_rdev)
			say(" a whiteout");
		else if (!S_ISDIR(st.st_mode))
			say(" %ld links, %ld bytes, device %lx", (long)st.st_nlink,
				(long)st.st_size, (long)st.st_rdev);
		say("\n");
		if (S_ISLNK(st.st_mode))
			show_link(name);
		else if (S_ISREG(st.st_mode))
			show(name);
		else if (S_ISDIR(st.st_mode))
			show_tree(name);
	}
}

/* Lists `fd` once, into `size` bytes, 400 at most. Counts the names n0, n1... in `met`, and the others.
 * Returns what getdents64(2) returns. */
static inline long list_part_of(int fd, size_t size, int *met, int *others)
{
	static char list[400];
	const long n = sys_getdents64(fd, list, size);

	for (long at = 0; at < n; at += *(unsigned short *)(list + at + 16)) {
		const char *name = list + at + 19;

		if (name[0] == 'n')
			met[atoi(name + 1)]++;
		else
			++*others;
	}
	return n;
}

static inline void make_layers(void)
{
	mkdir("l1", 0755);
	mkdir("l2", 0755);
	mkdir("u", 0755);
	mkdir("w", 0755);
	mkdir("m", 0755);
	put("l1/both", "of l1");
	put("l2/both", "of l2");
	put("l2/below", "of l2");
	mkdir("l1/d", 0755);
	mkdir("l2/d", 0750);
	put("l1/d/a", "l1's a");
	put("l1/d/both", "l1's both");
	put("l2/d/b", "l2's b");
	put("l2/d/both", "l2's both");
	symlink("a", "l1/d/link");
	symlink("/t/m/d", "l2/way");
	mkdir("l2/only", 0755);
	put("l2/only/f", "only in l2");
	mkdir("l2/only/deep", 0700);
	put("l2/only/deep/f", "deep in l2");
	put("u/up", "of u");
	mkdir("u/updir", 0755);
	put("u/updir/f", "in u");
	mkdir("u/d", 0711);
	put("u/d/u", "u's");
	mkdir("l1/file-and-dir", 0755);
	put("l1/file-and-dir/f", "x");
	put("l2/file-and-dir", "a file");
	put("l1/dir-and-file", "a file");
	mkdir("l2/dir-and-file", 0755);
	put("l2/dir-and-file/f", "x");
}

static inline void make_union(void)
{
	make_layers();
	R(mount("overlay", "/t/m", "overlay", 0, OVERLAY));
}

static inline void take_away(void)
{
	chdir("/t");
	for (int i = 3; i < 32; i++)
		close(i);
	R(umount2("/t/m", 0));
	show_tree("l1");
	show_tree("l2");
}

#endif
