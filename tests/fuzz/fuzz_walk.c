/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * fuzz_walk.c - any path, in a fixed tree of every kind of symlink: the walk leads where the kernel
 * leads with openat2(2) RESOLVE_IN_ROOT, and never out of the jail (walk/walk.c).
 *
 * The input's first byte chooses the way: bit 0 follows a final symlink, bit 1 goes without
 * openat2, bit 2 starts in a directory below, bit 3 asks twice, so that the second time facts are
 * there. */
#include "path/path.h"
#include "jail/epoch.h"
#include "sys/scratch_mark.h"
#include "sys/memory.h"
#include "sys/fd.h"
#include "syscall/fcntl.h"
#include "syscall/mman.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"
#include "walk/walk.h"

#include "fuzz.h"
#include "tree.h"
#include "facts/facts.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "jail/kernel_lacks.h"
#include "mount-table/mount_table.h"
#include "mount-table/paths.h"
#include "jail/root.h"
#include "layers/place.h"
#include "fast-path/fast.h"
#include "setup/layout.h"
#include "sys/thread.h"

#include <string.h>
#include <unistd.h>

#include <asm/stat.h>
#include <linux/mman.h>
#include <linux/openat2.h>

#define ROOT_FD 900

static struct fj_thread *thread;

static void clean_up(void)
{
	if (chdir("/") == 0)
		tree_end();
}

/* Each input has a working directory of its own, and libFuzzer reads its arguments later: files that they
 * name are named from the root. */
static char *from_root(char *argument)
{
	static const char prefix[] = "-artifact_prefix=";
	const bool is_option = strncmp(argument, prefix, strlen(prefix)) == 0;
	const char *path = is_option ? argument + strlen(prefix) : argument;
	char *cwd, *full;

	if (*path == '/' || (*path == '-' && !is_option))
		return argument;
	cwd = getcwd(NULL, 0);
	fuzz_claim(cwd && asprintf(&full, "%s%s/%s", is_option ? prefix : "", cwd, path) > 0);
	free(cwd);
	return full;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct stat st;
	long fd;

	for (int i = 1; i < *argc; i++)
		(*argv)[i] = from_root((*argv)[i]);
	tree_begin();
	atexit(clean_up);
	tree_dir("outside");
	tree_file("outside/secret", "");
	tree_dir("jail");
	tree_dir("jail/a");
	tree_dir("jail/a/b");
	tree_dir("jail/a/b/c");
	tree_file("jail/a/f", "");
	tree_link("jail/l", "a/b");
	tree_link("jail/s", "/a/b/");
	tree_link("jail/a/u", "..");
	tree_link("jail/a/b/r", "/");
	tree_link("jail/a/b/x", "../../../../../outside/secret");
	tree_link("jail/d", "/nothing");
	tree_link("jail/o", "o");
	tree_link("jail/p", "a/f/");
	tree_link("jail/q", "/l/../u/./s/c/../r/a");
	tree_link("jail/h", tree_path("outside"));

	fd = fj_open_path(AT_FDCWD, tree_path("jail"), O_DIRECTORY);
	fuzz_claim(fj_sys_dup3(fd, ROOT_FD, O_CLOEXEC) == ROOT_FD);
	fj_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	fj_jail = (struct fj_jail *)fj_sys_mmap(
		0, FJ_JAIL_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fj_fds_of(fj_jail)->root = ROOT_FD;
	fj_jail->root_dev = st.st_dev;
	fj_jail->root_ino = st.st_ino;
	fj_facts_state()->epoch = 1;
	strcpy(fj_jail_paths()->root, tree_path("jail"));
	fj_thread_start(0);
	thread = fj_thread_mine();
	fj_namespace_start();
	fj_root_start("", -1, fj_path_open_pos);
	return 0;
}

/* The inode behind an O_PATH descriptor, which is closed; or the error, negative. */
static long look(long fd)
{
	struct stat st;
	long r = fd;

	if (fd >= 0) {
		r = fj_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
		if (!r)
			r = (long)st.st_ino;
		fj_sys_close((int)fd);
	}
	return r;
}

static long ask_kernel(const char *jail_path, bool follows)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW),
		.resolve = RESOLVE_IN_ROOT};
	long r;

	do
		r = fj_sys_openat2(ROOT_FD, jail_path, &how, sizeof(how));
	while (r == -EAGAIN);
	return look(r);
}

static long ask_walk(const char *jail_path, unsigned how)
{
	const uint32_t mark = fj_scratch_mark(thread);
	struct fj_place place;
	long r = fj_path_walk(thread, AT_FDCWD, jail_path, how, &place);

	if (!r) {
		r = look(fj_open_path(place.dirfd, place.name, place.is_magic ? 0 : O_NOFOLLOW));
		fj_place_done(&place);
	}
	fj_scratch_release(thread, mark);
	return r;
}

/* One call on remembered facts; 0 when these do not suffice. */
static long ask_facts(const char *jail_path, bool follows)
{
	const uint32_t mark = fj_scratch_mark(thread);
	struct fj_fast q;
	long fd = -EAGAIN;
	char byte;

	if (fj_fast_begin(&q, thread, AT_FDCWD, jail_path, strlen(jail_path)))
		fd = fj_openat2(q.place.dirfd, q.place.name, O_PATH | O_CLOEXEC | O_NOFOLLOW, 0,
			RESOLVE_NO_SYMLINKS);
	fj_scratch_release(thread, mark);
	if (fd < 0)
		return 0;
	if (follows && fj_sys_readlinkat(fd, "", &byte, 1) >= 0) {
		fj_sys_close((int)fd);
		return 0;
	}
	return look(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char jail_path[PATH_MAX], asked[2 * PATH_MAX];
	bool follows, is_below;
	long want, got;

	if (size < 2 || size > PATH_MAX || memchr(data, 0, size) == data + 1)
		return 0;
	follows = data[0] & 1;
	is_below = data[0] & 4;
	fj_lacks()->openat2 = (data[0] & 2) != 0;
	memcpy(jail_path, data + 1, size - 1);
	jail_path[size - 1] = 0;
	fuzz_claim(chdir(tree_path(is_below ? "jail/a/b" : "jail")) == 0);
	if (jail_path[0] != '/' && strlen(jail_path) + 6 > PATH_MAX - 1)
		return 0; /* the question would be too long for the kernel */
	snprintf(asked, sizeof(asked), "%s%s",
		jail_path[0] == '/' ? "" :
		is_below	    ? "/a/b/" :
				      "/",
		jail_path);
	want = ask_kernel(asked, follows);
	if (want == -ENOSYS || want == -EPERM)
		return 0; /* it cannot be asked */
	got = ask_walk(jail_path, follows ? FJ_FOLLOW : 0);
	if (got != want)
		fprintf(stderr, "\"%s\": %ld, not %ld\n", jail_path, got, want);
	fuzz_claim(got == want);
	if (data[0] & 8) {
		fj_lacks()->openat2 = 0;
		got = ask_facts(jail_path, follows);
		fuzz_claim(!got || got == want);
	}
	return 0;
}
