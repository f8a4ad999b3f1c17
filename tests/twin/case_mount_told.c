/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_mount_told.c - tests what the kernel tells of mounts: lines in /proc, statfs(2), options
 * and figures of tmpfs.
 */
#include "case_mount.h"

/* Lines about what lies below /t, without numbers. */
static void show_table(const char *path, int mountinfo)
{
	static char text[65536];
	size_t len = 0;
	long n;
	int fd = open(path, O_RDONLY);

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = 0;
	close(fd);
	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			break;
		*end = 0;
		char *at = strstr(line, " /t/");
		if (!at)
			continue;
		if (mountinfo) {
			char *type = strstr(at, " - ");
			char *options = strchr(at + 1, ' ');
			if (options && type) {
				*options = 0;
				say("info%s |%c%c |%c%c%c%c\n", at, options[1], options[2], type[3],
					type[4], type[5], type[6]);
			}
		} else {
			char *options = strchr(strchr(at + 1, ' ') + 1, ' ');
			options[3] = 0;
			say("%s\n", line);
		}
	}
}

CASE(mount_root_table)
{
	make_dirs();
	mkdir("with blank", 0755);
	R(mount("my source", "with blank", "tmpfs", 0, NULL));
	R(mount("other", "b", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
	R(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	show_table("/proc/self/mounts", 0);
	show_table("/proc/mounts", 0);
	show_table("/proc/self/mountinfo", 1);
	CHILD("in a nested root") {
		chroot("/t/b");
		say("%ld\n", (long)open("/proc/self/mounts", O_RDONLY) < 0);
	}
	R(umount2("with blank", 0));
	R(umount2("b", 0));
	show_table("/proc/self/mounts", 0);
}

static void figures(const char *what, const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0) {
		say("%s: %e\n", what, errno);
		return;
	}
	say("%s: type %lx, size %ld/%ld, blocks %ld %ld %ld, inodes %ld %ld, name %ld, flags %lx\n",
		what, (unsigned long)fs.f_type, (long)fs.f_bsize, (long)fs.f_frsize,
		(long)fs.f_blocks, (long)fs.f_bfree, (long)fs.f_bavail, (long)fs.f_files,
		(long)fs.f_ffree, (long)fs.f_namelen, (unsigned long)fs.f_flags & 0xf);
}

/* As /proc/mounts has it, without what kernels differ in. */
static void options_of(const char *path)
{
	static char text[65536];
	int fd = open("/proc/self/mounts", O_RDONLY);
	long n = 0, more;
	char *line, *end;

	while ((more = read(fd, text + n, sizeof(text) - 1 - (size_t)n)) > 0)
		n += more;
	close(fd);
	text[n] = 0;
	line = strstr(text, path);
	end = line ? strchr(line, '\n') : NULL;
	if (end)
		*end = 0;
	if (line && (end = strstr(line, ",inode64")))
		memmove(end, end + 8, strlen(end + 8) + 1);
	say("%s\n", line ? line : "not mounted");
}

CASE(mount_root_tmpfs_size)
{
	struct stat st;
	char page[5000] = "";
	int fd;

	make_dirs();
	TMPFS("/t/a", "size=1m,nr_inodes=100");
	options_of(" /t/a ");
	figures("empty", "a");
	fd = open("a/f", O_CREAT | O_RDWR, 0644);
	write(fd, page, sizeof(page));
	link("a/f", "a/g");
	symlink("f", "a/l");
	mkdir("a/d", 0755);
	mkdir("a/d/e", 0755);
	put("a/d/e/x", "x");
	figures("some files", "a");
	figures("from below", "a/d/e/x");
	struct statfs fs;
	R(fstatfs(fd, &fs));
	say("by descriptor: %lx %ld %ld\n", (unsigned long)fs.f_type, (long)fs.f_blocks,
		(long)fs.f_ffree);
	close(fd);
	R(mount(NULL, "a", NULL, MS_REMOUNT, "size=2m,nr_inodes=1k"));
	figures("remounted", "a");
	options_of(" /t/a ");
	R(mount(NULL, "a", NULL, MS_REMOUNT, "size=4k"));
	R(mount(NULL, "a", NULL, MS_REMOUNT, "nr_inodes=3"));
	R(mount(NULL, "a", NULL, MS_REMOUNT, "nonsense=3"));
	R(mount(NULL, "a", NULL, MS_REMOUNT, "size=0"));
	figures("without a limit", "a");
	options_of(" /t/a ");
	R(mount(NULL, "a", NULL, MS_REMOUNT, "size=1m"));
	BIND("a/d", "b");
	figures("bound", "b");
	options_of(" /t/b ");
	R(umount2("b", 0));
	R(umount2("a", 0));
	TMPFS("/t/a", "mode=0150,uid=7,gid=8,size=16K,nr_blocks=3");
	options_of(" /t/a ");
	R(stat("a", &st));
	say_stat("root", &st);
	figures("blocks", "a");
	R(umount2("a", 0));
	TMPFS("/t/a", "mode=1777,uid=0,size=0x10g,nr_inodes=0");
	options_of(" /t/a ");
	figures("many", "a");
	R(umount2("a", 0));
	TMPFS("a", "size=1x");
	TMPFS("a", "size=");
	TMPFS("a", "size");
	TMPFS("a", "mode=8");
	TMPFS("a", "nr_inodes=1%");
	TMPFS("a", "uid=-1");
	TMPFS("a", "size=1%,,nr_inodes=7");
	figures("in percent", "a");
	R(umount2("a", 0));
}

CASE(mount_root_statfs_flags)
{
	make_dirs();
	figures("before", "a/missing");
	BIND("a", "b");
	R(mount(NULL, "b", NULL,
		MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
	struct statfs fs;
	R(statfs("b/f", &fs));
	say("flags %lx\n", (unsigned long)fs.f_flags & 0xf);
	int fd = open("b", O_RDONLY | O_DIRECTORY);
	R(fstatfs(fd, &fs));
	say("flags %lx\n", (unsigned long)fs.f_flags & 0xf);
	close(fd);
	R(mount(NULL, "b", NULL, MS_REMOUNT | MS_BIND | MS_NODEV, NULL));
	R(statfs("b", &fs));
	say("flags %lx\n", (unsigned long)fs.f_flags & 0xf);
	R(umount2("b", 0));
	TMPFS("a", "size=1m");
	R(mount(NULL, "a", NULL, MS_REMOUNT | MS_RDONLY, "size=1m"));
	figures("read-only", "a");
	R(umount2("a", 0));
}
