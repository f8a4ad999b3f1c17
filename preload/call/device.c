/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * device.c - opening a pretended device node: the host's device for those that every program may
 * open, else what the kernel says of a device without a driver. */
#include "call/device.h"
#include "call/owned.h"

/* Documentation/admin-guide/devices.txt of the kernel */
#define PTS_FIRST 136u /* eight majors of 256 minors each */
#define PTS_LAST 143u

static const struct {
	uint32_t rdev;
	const char *host_path;
} devices[] = {
	{1 << 8 | 3, "/dev/null"},
	{1 << 8 | 5, "/dev/zero"},
	{1 << 8 | 7, "/dev/full"},
	{1 << 8 | 8, "/dev/random"},
	{1 << 8 | 9, "/dev/urandom"},
	{5 << 8 | 0, "/dev/tty"},
	{5 << 8 | 1, "/dev/console"},
	{5 << 8 | 2, "/dev/ptmx"},
};

static bool find_device(uint32_t rdev, struct fj_str *host_path)
{
	const uint32_t major = rdev >> 8 & 0xfff, minor = (rdev & 0xff) | (rdev >> 12 & 0xfff00);

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (devices[i].rdev == rdev) {
			fj_str_put(host_path, devices[i].host_path);
			return true;
		}
	if (major < PTS_FIRST || major > PTS_LAST)
		return false;
	fj_str_put(host_path, "/dev/pts/");
	fj_str_num(host_path, (major - PTS_FIRST) * 256 + minor, 10);
	return true;
}

long fj_device_open(struct fj_call *c, int fd, uint64_t flags)
{
	const uint64_t kept = flags & ~(uint64_t)(O_CREAT | O_EXCL | O_TRUNC | O_NOFOLLOW);
	char text[32];
	struct fj_str host_path;
	struct fj_file file;
	long r;

	if (fj_file_look(c, fd, "", AT_EMPTY_PATH, &file) || !(file.owner.flags & FJ_OWN_DEVICE))
		return fd;
	fj_close(fd);
	fj_str_init(&host_path, text, sizeof(text));
	if ((file.owner.mode & FJ_S_IFMT) != FJ_S_IFCHR ||
		!find_device(file.owner.rdev, &host_path))
		return -ENXIO;
	r = fj_sys4(__NR_openat, AT_FDCWD, text, kept, 0);
	/* The console is the machine's, and the user's terminal stands for it. */
	return r == -EACCES && file.owner.rdev == (5 << 8 | 1) ?
		       fj_sys4(__NR_openat, AT_FDCWD, "/dev/tty", kept, 0) :
		       r;
}
