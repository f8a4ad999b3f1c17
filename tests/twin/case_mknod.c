/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_mknod.c - tests mknod, mknodat and mkfifo: fifos and files for every user, devices for
 * root.
 */
#include "case_perm.h"
#include "twin.h"

CASE(mknod)
{
	SPELLINGS() {
		R(x_mknod("fifo", S_IFIFO | 0640, 0));
		R(x_mknod("fifo", S_IFIFO | 0640, 0));
		R(x_mknod("reg", S_IFREG | 0604, 0));
		R(x_mknod("zero", 0600, 0));
		R(x_mknod("sock", S_IFSOCK | 0755, 0));
		R(x_mknod("dir", S_IFDIR | 0755, 0));
		R(x_mknod("lnk", S_IFLNK | 0755, 0));
		R(x_mknod("bad", 0150000 | 0755, 0));
		R(x_mknod("slash/", S_IFIFO | 0640, 0));
		R(x_mknod("missing/x", S_IFIFO | 0640, 0));
		R(x_mknod("reg/x", S_IFIFO | 0640, 0));
		R(mkfifo(x("fifo2"), 0606));
		R(mkfifoat(twin_dirfd, xat("fifo3"), 06777));
		umask(077);
		R(mkfifo(x("fifo4"), 0777));
		umask(022);
		x_tree();
	}
}

CASE(mknod_root_devices)
{
	SPELLINGS() {
		R(x_mknod("null", S_IFCHR | 0666, 0x103));
		R(x_mknod("tty", S_IFCHR | 0620, 0x500));
		R(x_mknod("sda", S_IFBLK | 0660, 0x800));
		R(x_mknod("whiteout", S_IFCHR, 0));
		R(x_mknod("big", S_IFCHR | 0600, 0xfff00 | 0x12));
		x_tree();
		R(x_rename("null", "null2"));
		R(x_link("sda", "sdb"));
		R(x_chmod("sda", 0600));
		x_say_stat("sdb");
		R(x_unlink("whiteout"));
		x_tree();
	}
	int fd = (int)R(open("/t/abs/null2", O_RDWR));
	char buf[4];
	R(write(fd, "x", 1));
	R(read(fd, buf, 4));
}

/* What an open descriptor of a node tells and changes is the node's, not that of the device behind.
 */
CASE(mknod_root_device_fd)
{
	const struct timespec ts[2] = {{1000, 1}, {2000, 2}};
	struct stat st, named;
	char buf[8];

	R(x_mknod("null", S_IFCHR | 0666, 0x103));
	R(x_mknod("zero", S_IFCHR | 0600, 0x105));
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "zero" : "null";
		const int fd = open(x(name), O_RDONLY);

		say("opened %d\n", fd >= 0);
		R(fchown(fd, 7, 8));
		R(fchmod(fd, 0604));
		R(futimens(fd, ts));
		R(fstat(fd, &st));
		say_stat("descriptor", &st);
		x_lstat(name, &named);
		say("the same inode %d, device %d, times %ld.%ld %ld.%ld\n",
			st.st_ino == named.st_ino, st.st_dev == named.st_dev,
			(long)st.st_atim.tv_sec, st.st_atim.tv_nsec, (long)named.st_mtim.tv_sec,
			named.st_mtim.tv_nsec);
		R(read(fd, buf, 4));
		R(x_rename(name, "moved"));
		R(fchown(fd, 9, 10));
		x_say_stat("moved");
		R(fstat(fd, &st));
		say_stat("descriptor", &st);
		R(x_rename("moved", name));
		R(close(fd));
	}
	x_tree();
}

CASE(mknod_user_devices)
{
	SPELLINGS() {
		R(x_mknod("null", S_IFCHR | 0666, 0x103));
		R(x_mknod("sda", S_IFBLK | 0666, 0x800));
		R(x_mknod("whiteout", S_IFCHR | 0666, 0));
		x_tree();
	}
}

static void open_node(const char *who, const char *name)
{
	for (int flags = O_RDONLY; flags <= O_RDWR; flags++) {
		errno = 0;
		const int fd = open(name, flags | O_NONBLOCK);

		say("%s opens %s by %d: %s\n", who, name, flags, fd < 0 ? errno_name(errno) : "ok");
		close(fd);
	}
}

/* The umask may take from the owner what he needs to open the file. */
CASE(mknod_root_umask)
{
	static const mode_t masks[] = {0777, 0600, 0400, 0200, 022};
	static const char *const nodes[] = {"null", "nobodys", "disk", "fifo", "whiteout"};
	char name[40];

	for (size_t i = 0; i < COUNT(masks); i++) {
		umask(masks[i]);
		R(x_mknod("null", S_IFCHR | 0666, 0x103));
		R(x_mknod("nobodys", S_IFCHR | 0666, 0x7f03));
		R(x_mknod("disk", S_IFBLK | 0666, 0x7f03));
		R(x_mknod("fifo", S_IFIFO | 0666, 0));
		x_mknod("whiteout", S_IFREG, 0);
		R(sys_renameat2(AT_FDCWD, "whiteout", AT_FDCWD, "moved", 4));
		for (size_t n = 0; n < COUNT(nodes); n++) {
			x_say_lstat(nodes[n]);
			CHILD("nobody") {
				become(1000, 1000);
				open_node("user", nodes[n]);
			}
			R(chmod(nodes[n], 0646));
			CHILD("user") {
				become(1000, 1000);
				open_node("user", nodes[n]);
			}
			open_node("root", nodes[n]);
			sprintf(name, "%s%u", nodes[n], (unsigned)i);
			R(rename(nodes[n], name));
		}
	}
}
