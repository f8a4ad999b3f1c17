/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_random_calls.c - compares random calls with the kernel's (call/run.c and the hooks on
 * files).
 *
 * There are two trees. The engine makes each call in one, and the kernel makes it in the other, the
 * shadow, by openat2(2) with RESOLVE_IN_ROOT. Both results must be the same, so facts must never
 * make a difference. */
#include "call/hooks.h"
#include "jail/epoch.h"
#include "sys/fd.h"
#include "syscall/fcntl.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"

#include "unit.h"
#include "facts/facts.h"
#include "jail/kernel_lacks.h"

#include <asm/unistd.h>
#include <stdio.h>
#include <string.h>

#include <asm/stat.h>
#include <linux/openat2.h>

#define S_IFMT_ 0170000u
#define EXCHANGE 2u /* RENAME_EXCHANGE, linux/fs.h */

static int shadow_fd;

static long shadow_open(const char *jail_path, uint64_t flags, uint64_t mode)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC, .mode = mode, .resolve = RESOLVE_IN_ROOT};
	long r;

	do
		r = fj_sys_openat2(shadow_fd, jail_path, &how, sizeof(how));
	while (r == -EAGAIN);
	return r;
}

/* Opens the directory of the last component. `*name` is that component, with the slashes at its
 * end. */
static long shadow_parent(const char *jail_path, const char **name)
{
	static char parent[2 * TREE_PATH];
	size_t end = strlen(jail_path);

	while (end && jail_path[end - 1] == '/')
		end--;
	while (end && jail_path[end - 1] != '/')
		end--;
	snprintf(parent, sizeof(parent), "%.*s", (int)end, jail_path);
	*name = jail_path + end;
	if (!**name)
		*name = "/";
	return shadow_open(*parent ? parent : "/", O_PATH | O_DIRECTORY, 0);
}

/* Identifies a file in both trees: directories by their modes, files by their sizes, which are
 * nearly unique. */
struct shape {
	long r;
	uint32_t mode;
	uint64_t size, links;
	char text[64];
};

static struct shape shape_of(long r, const struct stat *st)
{
	struct shape s = {.r = r};

	if (!r) {
		s.mode = st->st_mode;
		s.links = st->st_nlink;
		if ((st->st_mode & S_IFMT_) != 0040000)
			s.size = st->st_size;
	}
	return s;
}

enum operation {
	STAT,
	LSTAT,
	OPEN,
	CREATE,
	MKDIR,
	RMDIR,
	UNLINK,
	RENAME,
	SWAP,
	SYMLINK,
	LINK,
	CHMOD,
	READLINK,
	ACCESS,
	OPERATIONS
};
static const char *const operation_name[] = {"stat", "lstat", "open", "create", "mkdir", "rmdir",
	"unlink", "rename", "swap", "symlink", "link", "chmod", "readlink", "access"};

struct step {
	enum operation what;
	char a[64], b[64];			     /* the paths of the call */
	char whole_a[TREE_PATH], whole_b[TREE_PATH]; /* the same as absolute paths */
	unsigned unique;
};

static struct shape engine_step(const struct step *s)
{
	struct shape shape = {0};
	struct stat st;
	long fd;

	switch (s->what) {
	case STAT:
		return shape_of(unit_call2(__NR_stat, s->a, &st), &st);
	case LSTAT:
		return shape_of(unit_call2(__NR_lstat, s->a, &st), &st);
	case OPEN:
	case CREATE:
		fd = unit_call3(
			__NR_open, s->a, s->what == OPEN ? O_RDONLY : O_CREAT | O_WRONLY, 0644);
		if (fd < 0)
			return (struct shape){.r = fd};
		if (s->what == CREATE)
			fj_sys_ftruncate(fd, s->unique);
		shape = shape_of(unit_call2(__NR_fstat, fd, &st), &st);
		fj_sys_close((int)fd);
		return shape;
	case MKDIR:
		shape.r = unit_call2(__NR_mkdir, s->a, 0700 | s->unique % 64);
		break;
	case RMDIR:
		shape.r = unit_call1(__NR_rmdir, s->a);
		break;
	case UNLINK:
		shape.r = unit_call1(__NR_unlink, s->a);
		break;
	case RENAME:
		shape.r = unit_call2(__NR_rename, s->a, s->b);
		break;
	case SWAP:
		shape.r = unit_call5(__NR_renameat2, AT_FDCWD, s->a, AT_FDCWD, s->b, EXCHANGE);
		break;
	case SYMLINK:
		shape.r = unit_call2(__NR_symlink, s->b, s->a);
		break;
	case LINK:
		shape.r = unit_call2(__NR_link, s->b, s->a);
		break;
	case CHMOD:
		shape.r = unit_call2(__NR_chmod, s->a, 0700 | s->unique % 64);
		break;
	case READLINK:
		shape.r = unit_call3(__NR_readlink, s->a, shape.text, sizeof(shape.text) - 1);
		break;
	case ACCESS:
		shape.r = unit_call2(__NR_access, s->a, 0);
		break;
	case OPERATIONS:
		break;
	}
	return shape;
}

static struct shape shadow_step(const struct step *s)
{
	struct shape shape = {0};
	struct stat st;
	const char *name = "", *other_name = "";
	char link[40];
	long fd, other;

	switch (s->what) {
	case STAT:
	case LSTAT:
	case CHMOD:
	case ACCESS:
		fd = shadow_open(s->whole_a, O_PATH | (s->what == LSTAT ? O_NOFOLLOW : 0), 0);
		if (fd < 0)
			return (struct shape){.r = fd};
		snprintf(link, sizeof(link), "/proc/self/fd/%ld", fd);
		if (s->what == CHMOD)
			shape.r = fj_sys_fchmodat(AT_FDCWD, link, 0700 | s->unique % 64);
		else if (s->what != ACCESS)
			shape = shape_of(fj_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH), &st);
		fj_sys_close((int)fd);
		return shape;
	case OPEN:
	case CREATE:
		fd = shadow_open(s->whole_a, s->what == OPEN ? O_RDONLY : O_CREAT | O_WRONLY,
			s->what == OPEN ? 0 : 0644);
		if (fd < 0)
			return (struct shape){.r = fd};
		if (s->what == CREATE)
			fj_sys_ftruncate(fd, s->unique);
		shape = shape_of(fj_sys_fstat(fd, &st), &st);
		fj_sys_close((int)fd);
		return shape;
	case MKDIR:
	case RMDIR:
	case UNLINK:
	case SYMLINK:
		fd = shadow_parent(s->whole_a, &name);
		if (fd < 0)
			return (struct shape){.r = fd};
		if (s->what == MKDIR)
			shape.r = fj_sys_mkdirat(fd, name, 0700 | s->unique % 64);
		else if (s->what == SYMLINK)
			shape.r = fj_sys_symlinkat(s->b, fd, name);
		else
			shape.r = fj_sys_unlinkat(fd, name, s->what == RMDIR ? AT_REMOVEDIR : 0);
		fj_sys_close((int)fd);
		return shape;
	case RENAME:
	case SWAP:
		fd = shadow_parent(s->whole_a, &name);
		if (fd < 0)
			return (struct shape){.r = fd};
		other = shadow_parent(s->whole_b, &other_name);
		shape.r = other < 0 ? other :
				      fj_sys_renameat2(fd, name, other, other_name,
					      s->what == SWAP ? EXCHANGE : 0);
		fj_sys_close((int)fd);
		if (other >= 0)
			fj_sys_close((int)other);
		return shape;
	case LINK:
		other = shadow_open(s->whole_b, O_PATH | O_NOFOLLOW, 0);
		if (other < 0)
			return (struct shape){.r = other};
		fd = shadow_parent(s->whole_a, &name);
		snprintf(link, sizeof(link), "/proc/self/fd/%ld", other);
		shape.r = fd < 0 ? fd : fj_sys_linkat(AT_FDCWD, link, fd, name, AT_SYMLINK_FOLLOW);
		fj_sys_close((int)other);
		if (fd >= 0)
			fj_sys_close((int)fd);
		return shape;
	case READLINK:
		fd = shadow_open(s->whole_a, O_PATH | O_NOFOLLOW, 0);
		if (fd < 0)
			return (struct shape){.r = fd};
		shape.r = fj_sys_readlinkat(fd, "", shape.text, sizeof(shape.text) - 1);
		if (shape.r == -ENOENT)
			shape.r = -EINVAL; /* readlinkat(2): "" of a file that is no symlink */
		fj_sys_close((int)fd);
		return shape;
	case OPERATIONS:
		break;
	}
	return shape;
}

static const char *random_name(void)
{
	static const char *const names[] = {"a", "b", "c"};

	return names[unit_random(3)];
}

static void random_path(char *path)
{
	*path = 0;
	if (unit_random(3))
		strcat(path, "/");
	for (unsigned n = 1 + unit_random(3); n--;) {
		strcat(path, unit_random(9) ? random_name() : unit_random(2) ? ".." : ".");
		if (n)
			strcat(path, "/");
	}
	if (!unit_random(10))
		strcat(path, "/");
}

static void random_cwd(char *pos)
{
	ck_assert_int_eq(fj_sys_fchdir(UNIT_FD), 0);
	*pos = 0;
	for (unsigned n = unit_random(3); n--;) {
		const char *name = random_name();
		const long fd = fj_open_path(AT_FDCWD, name, O_NOFOLLOW | O_DIRECTORY);

		if (fd < 0)
			continue;
		fj_sys_fchdir(fd);
		fj_sys_close((int)fd);
		strcat(pos, "/");
		strcat(pos, name);
	}
}

/* Most operations look up names, so that facts are used. More operations make files than remove
 * them, so that the tree is not empty. */
static enum operation random_operation(void)
{
	static const enum operation often[] = {STAT, STAT, LSTAT, OPEN, ACCESS, READLINK, STAT,
		CREATE, MKDIR, MKDIR, SYMLINK, SYMLINK};

	return unit_random(2) ? often[unit_random(sizeof(often) / sizeof(often[0]))] :
				unit_random(OPERATIONS);
}

static void whole(char *into, const char *pos, const char *jail_path)
{
	snprintf(into, TREE_PATH, "%s%s%s", *jail_path == '/' ? "" : pos,
		*jail_path == '/' ? "" : "/", jail_path);
}

START_TEST(random_calls)
{
	const unsigned seed = unit_seed((unsigned)_i);

	tree_dir("shadow");
	shadow_fd = (int)fj_open_path(AT_FDCWD, tree_path("shadow"), O_DIRECTORY);
	if (shadow_open("/", O_PATH, 0) < 0)
		return; /* this kernel has no openat2(2) */
	fj_lacks()->openat2 = _i % 3 == 2;
	for (unsigned i = 0; i < 3000; i++) {
		struct step s = {.what = random_operation(), .unique = i + 1};
		char pos[TREE_PATH];
		struct shape got, want;

		random_cwd(pos);
		random_path(s.a);
		random_path(s.b);
		whole(s.whole_a, pos, s.a);
		whole(s.whole_b, pos, s.b);
		got = engine_step(&s);
		want = shadow_step(&s);
		ck_assert_msg(got.r == want.r && got.mode == want.mode && got.size == want.size &&
				      got.links == want.links && !strcmp(got.text, want.text),
			"seed %u, step %u: %s %s (%s) in %s: %s %o %lu %lu %s, not %s %o %lu %lu "
			"%s",
			seed, i, operation_name[s.what], s.a, s.b, pos, unit_result(got.r),
			got.mode, got.size, got.links, got.text, unit_result(want.r), want.mode,
			want.size, want.links, want.text);
	}
	ck_assert_uint_eq(fj_facts_state()->changers, 0);
}
END_TEST

Suite *unit_suite_random_calls(void)
{
	Suite *s = suite_create("random_calls");
	TCase *c = tcase_create("cases");

	tcase_set_timeout(c, 0); /* no limit: the machine may be slow */
	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_loop_test(c, random_calls, 0, 9);
	suite_add_tcase(s, c);
	return s;
}
