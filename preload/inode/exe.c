/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * exe.c - which program a jailed process really runs. Called by file/, open/, exec/ and the loader.
 *
 * The process's own program is known. Another process's program is the file that is mapped at the
 * address of the program headers in its auxiliary vector (the loader sets that vector with prctl(2)
 * PR_SET_MM_MAP). */
#include "inode/exe.h"

#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "fast-path/fast.h"
#include "jail/jail.h"
#include "layers/place.h"
#include "mount-table/paths.h"
#include "path/path.h"
#include "sys/fd.h"
#include "sys/process.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"
#include "walk/walk.h"

#include <asm/stat.h>
#include <linux/auxvec.h>
#include <stdint.h>

/* A vfork(2) child needs no copy: it gets another program only by an exec, and then has its own
 * memory. */
static struct fj_exe *own_exe(void)
{
	return fj_process_section(FJ_EXE_AT);
}

void fj_exe_start(const char *jail_path, size_t len, int fd)
{
	struct stat st = {0};
	struct fj_str s;

	fj_sys_fstat(fd, &st);
	own_exe()->dev = st.st_dev;
	own_exe()->ino = st.st_ino;

	fj_str_init(&s, own_exe()->path, sizeof(own_exe()->path));
	fj_str_add(&s, jail_path, len < PATH_MAX ? len : PATH_MAX - 1);
}

const char *fj_exe_path(void)
{
	return own_exe()->path;
}

static bool is_own(const struct stat *st)
{
	return st->st_ino == own_exe()->ino && st->st_dev == own_exe()->dev;
}

static long look_at_exe(struct fj_fast *q, void *own)
{
	return fj_sys_newfstatat(q->place.dirfd, q->place.name, own, AT_SYMLINK_NOFOLLOW);
}

static enum fj_fast_seen see_exe(struct fj_fast *q, void *own, long *r)
{
	(void)q;
	return !*r && is_own(own) ? FJ_SEEN_ANSWER : FJ_SEEN_UNSURE;
}

bool fj_exe_is_known(struct fj_thread *t)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_place place;
	struct stat st = {0};
	struct fj_fast q;
	long r;

	if (own_exe()->path[0] == '/' &&
		fj_fast_begin(&q, t, AT_FDCWD, own_exe()->path, fj_strlen(own_exe()->path)) &&
		fj_fast_ask(&q, false, look_at_exe, see_exe, FJ_SURE_DONE, &st, &r)) {
		fj_fast_end(&q);
		return true;
	}
	st = (struct stat){0};
	if (own_exe()->path[0] == '/' &&
		!fj_path_walk(t, AT_FDCWD, own_exe()->path, FJ_FOLLOW, &place)) {
		fj_sys_newfstatat(place.dirfd, place.name, &st, AT_SYMLINK_NOFOLLOW);
		fj_place_done(&place);
	}
	fj_scratch_release(t, mark);
	return is_own(&st);
}

/* The process whose directory in procfs is `dirfd`, or that has the thread whose directory it is; 0
 * if unknown. */
static long pid_of_dir(struct fj_thread *t, int dirfd)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch_path(t);
	long n, pid = 0;

	n = fj_fd_target(dirfd, text);
	if (n > 6 && !memcmp(text, "/proc/", 6)) {
		text[n] = 0;
		for (const char *p = text + 6; *p >= '0' && *p <= '9'; p++)
			pid = pid * 10 + (*p - '0');
	}
	fj_scratch_release(t, mark);
	return pid;
}

static uint64_t headers_address(int proc_dir)
{
	uint64_t entry[2], at = 0;
	const long fd = fj_sys_openat(proc_dir, "auxv", O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return 0;
	while (fj_sys_read(fd, entry, sizeof(entry)) == sizeof(entry) && entry[0])
		if (entry[0] == AT_PHDR)
			at = entry[1];
	fj_sys_close((int)fd);
	return at;
}

static const char *read_hex(const char *p, uint64_t *value)
{
	for (*value = 0;; p++) {
		if (*p >= '0' && *p <= '9')
			*value = *value * 16 + (uint64_t)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			*value = *value * 16 + (uint64_t)(*p - 'a' + 10);
		else
			return p;
	}
}

/* Looks for the mapping of `at` in the whole lines of `text`, and puts its path into `out`. Returns
 * how many bytes were used. */
static size_t search_maps(char *text, size_t len, uint64_t at, struct fj_str *out)
{
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		uint64_t from, to;
		const char *p, *path;

		if (text[i] != '\n')
			continue;
		text[i] = 0;
		p = read_hex(text + used, &from);
		read_hex(p + 1, &to);
		for (path = p; *path && *path != '/'; path++)
			;
		if (at >= from && at < to)
			fj_str_put(out, path);
		used = i + 1;
	}
	return used;
}

/* The host path of the file that is mapped at `at` in the process of `proc_dir`. */
static void mapped_file(struct fj_thread *t, int proc_dir, uint64_t at, struct fj_str *out)
{
	const size_t size = 2 * PATH_MAX;
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch(t, size);
	const long fd = fj_sys_openat(proc_dir, "maps", O_RDONLY | O_CLOEXEC, 0);
	size_t have = 0;
	long n;

	while (fd >= 0 && !out->len && have < size &&
		(n = fj_sys_read(fd, text + have, size - have)) > 0) {
		have += (size_t)n;

		const size_t used = search_maps(text, have, at, out);

		memmove(text, text + used, have - used);
		have -= used;
	}
	if (fd >= 0)
		fj_sys_close((int)fd);
	fj_scratch_release(t, mark);
}

bool fj_exe_seen(
	struct fj_thread *t, const struct fj_place *place, const char *text, struct fj_str *out)
{
	struct fj_str host;

	if (!fj_streq(text, fj_jail_paths()->loader))
		return false;
	if (pid_of_dir(t, place->dirfd) == fj_sys_getpid() && fj_exe_is_known(t)) {
		fj_str_put(out, own_exe()->path);
		return true;
	}
	fj_str_init(&host, fj_scratch_path(t), PATH_MAX);
	mapped_file(t, place->dirfd, headers_address(place->dirfd), &host);
	if (!host.len)
		return false;
	fj_path_back_link(t, host.at, host.len, out);
	return true;
}

/* The program was removed: its process still has it open. */
static long find_held(struct fj_thread *t, long pid, struct fj_place *place)
{
	char byte;
	struct fj_str s;
	long r;

	fj_str_init(&s, fj_scratch(t, 48), 48);
	fj_str_put(&s, "/proc/");
	fj_str_num(&s, (uint64_t)pid, 10);
	fj_str_put(&s, "/fd/");
	fj_str_num(&s, (uint32_t)FJ_FD_EXE(fj_jail), 10);
	r = fj_sys_readlinkat(AT_FDCWD, s.at, &byte, 1);
	*place = (struct fj_place){
		.dirfd = AT_FDCWD, .owned_fd = -1, .name = s.at, .is_magic = true};
	return r < 0 ? -ENOENT : 0;
}

long fj_exe_find(struct fj_thread *t, unsigned how, struct fj_place *place)
{
	char *text = fj_scratch_path(t);
	struct fj_str seen;
	const long n = fj_sys_readlinkat(place->dirfd, place->name, text, PATH_MAX - 1);
	struct stat st;
	long pid, r;

	if (n < 0)
		return n;
	text[n] = 0;
	fj_str_init(&seen, fj_scratch_path(t), PATH_MAX);
	if (!fj_exe_seen(t, place, text, &seen))
		return 0; /* not one of our programs: the kernel follows the link */
	pid = pid_of_dir(t, place->dirfd);
	fj_place_done(place);
	r = fj_path_walk(t, AT_FDCWD, seen.at, how, place);
	if (!r && fj_sys_newfstatat(place->dirfd, place->name, &st, AT_SYMLINK_NOFOLLOW)) {
		fj_place_done(place);
		r = -ENOENT;
	}
	return r == -ENOENT ? find_held(t, pid, place) : r;
}

long fj_exe_walk(
	struct fj_thread *t, int dirfd, const char *jail_path, unsigned how, struct fj_place *place)
{
	const long r = fj_path_walk(t, dirfd, jail_path, how, place);

	return !r && place->is_exe ? fj_exe_find(t, how, place) : r;
}
