/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_open_sticky.c - tests O_CREAT of another user's file in a directory with the sticky bit:
 * may_create_in_sticky() of fs/namei.c. Regular files and fifos are left out: what holds for them
 * depends on settings of the machine (fs.protected_* of sysctl(8)).
 */
#include "case_perm.h"
#include "twin.h"

static const struct {
	const char *name;
	mode_t mode;
	dev_t device;
} nodes[] = {{"null", S_IFCHR | 0666, 0x103}, {"nobodys", S_IFCHR | 0666, 0x7f03},
	{"disk", S_IFBLK | 0666, 0x7f03}, {"socket", S_IFSOCK | 0777, 0},
	{"dir", S_IFDIR | 0777, 0}, {"link", S_IFLNK | 0777, 0}};

static const unsigned owners[] = {0, 1000, 2000};

static const struct {
	const char *name;
	int flags;
} ways[] = {{"r", O_RDONLY}, {"rw creat", O_RDWR | O_CREAT}, {"r creat", O_RDONLY | O_CREAT},
	{"w creat trunc", O_WRONLY | O_CREAT | O_TRUNC},
	{"w creat nofollow", O_WRONLY | O_CREAT | O_NOFOLLOW},
	{"creat excl", O_WRONLY | O_CREAT | O_EXCL}, {"path creat", O_PATH | O_CREAT}};

static void make_nodes(void)
{
	char name[40];

	for (size_t n = 0; n < COUNT(nodes); n++)
		for (size_t o = 0; o < COUNT(owners); o++) {
			sprintf(name, "%s%u", nodes[n].name, owners[o]);
			if (S_ISDIR(nodes[n].mode))
				mkdir(x(name), 0777);
			else if (S_ISLNK(nodes[n].mode))
				x_symlink("null0", name);
			else
				x_mknod(name, nodes[n].mode, nodes[n].device);
			if (!S_ISLNK(nodes[n].mode))
				chmod(x(name), nodes[n].mode & 07777);
			lchown(x(name), owners[o], owners[o]);
		}
}

static void open_nodes(const char *who)
{
	char name[40];

	for (size_t n = 0; n < COUNT(nodes); n++)
		for (size_t o = 0; o < COUNT(owners); o++)
			for (size_t w = 0; w < COUNT(ways); w++) {
				sprintf(name, "%s%u", nodes[n].name, owners[o]);
				errno = 0;
				const int fd = x_open(name, ways[w].flags | O_NONBLOCK, 0644);

				say("%s %s %s: %s\n", who, name, ways[w].name,
					fd < 0 ? errno_name(errno) : "ok");
				close(fd);
			}
}

static void open_all(mode_t mode, unsigned owner)
{
	R(chown(x("."), owner, 0));
	R(chmod(x("."), mode));
	CHILD("root")
		open_nodes("root");
	CHILD("user") {
		become(1000, 1000);
		open_nodes("user");
	}
	R(chown(x("."), 0, 0));
	R(chmod(x("."), 0755));
}

CASE(open_root_sticky)
{
	SPELLINGS() {
		make_nodes();
		open_all(01777, 0);
		open_all(01777, 2000);
	}
}

CASE(open_root_sticky_modes)
{
	static const mode_t modes[] = {0777, 01775, 01755, 01703, 03777};

	mkdir("d", 0755);
	chdir("d");
	make_nodes();
	for (size_t i = 0; i < COUNT(modes); i++)
		open_all(modes[i], 1000);
}
