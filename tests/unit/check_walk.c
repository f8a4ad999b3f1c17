/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_walk.c - jail path to host place and back (path/walk.c, path/back.c, path/jail.c).
 *
 * Two kinds of test: cases with their answer beside them, and random trees where the kernel is
 * asked too. For an absolute name openat2(2) with RESOLVE_IN_ROOT says what a chroot would answer;
 * a relative one is asked as the absolute name of the directory it starts at, a slash, and itself.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <asm/stat.h>
#include <linux/openat2.h>

/* The walk with the kernel's help, as with an old kernel, and from remembered facts where these
 * suffice. */
enum way { LEAPS, STEPS, FACTS, WAYS };
static const char *const way_name[] = {"with openat2", "without openat2", "from facts"};

struct seen {
	long r; /* 0 or -errno */
	uint64_t dev, ino;
};

/* The file behind an O_PATH descriptor, which is closed. */
static struct seen look(long fd)
{
	struct seen seen = {.r = fd};
	struct stat st;

	if (fj_is_err(fd))
		return seen;
	seen.r = fj_sys4(__NR_newfstatat, fd, "", &st, AT_EMPTY_PATH);
	seen.dev = st.st_dev;
	seen.ino = st.st_ino;
	fj_close((int)fd);
	return seen;
}

static long kernel_open(const char *jail_path, uint64_t flags)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC | flags, .resolve = RESOLVE_IN_ROOT};
	long r;

	do
		r = fj_sys4(__NR_openat2, UNIT_FD, jail_path, &how, sizeof(how));
	while (r == -EAGAIN);
	return r;
}

static bool has_openat2(void)
{
	const long fd = kernel_open("/", 0);

	if (fj_is_err(fd))
		return false;
	fj_close((int)fd);
	return true;
}

static long open_place(const struct fj_place *place, int flags)
{
	return fj_open_path(place->dirfd, place->name, flags | (place->is_magic ? 0 : O_NOFOLLOW));
}

static long walk_open(int dirfd, const char *jail_path, unsigned how)
{
	const uint32_t mark = fj_scratch_mark(unit_thread);
	struct fj_place place;
	long r = fj_path_walk(unit_thread, dirfd, jail_path, how, &place);

	if (!r) {
		r = open_place(&place, 0);
		fj_place_done(&place);
	}
	fj_scratch_release(unit_thread, mark);
	return r;
}

/* As fj_open_object() uses facts: what the one call cannot settle goes to the walk. */
static long quick_open(int dirfd, const char *jail_path, unsigned how)
{
	const uint32_t mark = fj_scratch_mark(unit_thread);
	struct fj_quick q;
	long r = -EAGAIN;

	if (fj_quick_begin(&q, unit_thread, dirfd, jail_path, strlen(jail_path)))
		r = fj_openat2(q.place.dirfd, q.place.name, O_PATH | O_CLOEXEC | O_NOFOLLOW, 0,
			RESOLVE_NO_SYMLINKS);
	fj_scratch_release(unit_thread, mark);
	if (!fj_is_err(r)) {
		char byte;

		if (!(how & FJ_FOLLOW) || fj_sys4(__NR_readlinkat, r, "", &byte, 1) < 0)
			return r;
		fj_close((int)r);
	}
	return walk_open(dirfd, jail_path, how);
}

static struct seen engine_look(enum way way, int dirfd, const char *jail_path, unsigned how)
{
	fj_jail->no_openat2 = way == STEPS;
	if (way == FACTS)
		fj_close((int)walk_open(
			dirfd, jail_path, how)); /* so that there is something to remember */
	return look(way == FACTS ? quick_open(dirfd, jail_path, how) :
				   walk_open(dirfd, jail_path, how));
}

/* ---- cases ---- */

static void make_cases(void)
{
	tree_dir("jail/usr");
	tree_dir("jail/usr/bin");
	tree_file("jail/usr/bin/tool", "tool");
	tree_link("jail/bin", "usr/bin");
	tree_link("jail/absolute", "/usr/bin");
	tree_link("jail/usr/up", "..");
	tree_link("jail/usr/out", "../../../../usr");
	tree_link("jail/file", "/usr/bin/tool");
	tree_link("jail/dangling", "/usr/nothing");
	tree_link("jail/slash", "usr/");
	tree_link("jail/file-slash", "usr/bin/tool/");
	tree_link("jail/loop", "loop");
	tree_link("jail/ping", "pong");
	tree_link("jail/pong", "ping");
	tree_link("jail/root", "/");
	tree_link("jail/dot", ".");
	tree_dir("outside");
	tree_file("outside/secret", "secret");
	tree_link("jail/host", tree_path("outside"));
	/* 41 links in a row: the last one that may be followed is the 40th. */
	for (int i = 0; i < 41; i++) {
		char name[32], target[32];

		snprintf(name, sizeof(name), "jail/chain%d", i);
		snprintf(target, sizeof(target), i ? "chain%d" : "usr", i - 1);
		tree_link(name, target);
	}
}

static const struct {
	const char *jail_path;
	unsigned how;
	long r;
	const char *leads_to; /* in the tree */
} cases[] = {
	{"/", FJ_FOLLOW, 0, "jail"},
	{"//", FJ_FOLLOW, 0, "jail"},
	{"//usr", FJ_FOLLOW, 0, "jail/usr"}, /* (the host has one, too) */
	{"//usr//bin", FJ_FOLLOW, 0, "jail/usr/bin"},
	{"/.", FJ_FOLLOW, 0, "jail"},
	{"/..", FJ_FOLLOW, 0, "jail"},
	{"/../../usr", FJ_FOLLOW, 0, "jail/usr"},
	{"/usr/../..//usr/./bin/tool", FJ_FOLLOW, 0, "jail/usr/bin/tool"},
	{"/bin/tool", FJ_FOLLOW, 0, "jail/usr/bin/tool"},
	{"/bin", 0, 0, "jail/bin"},
	{"/bin", FJ_FOLLOW, 0, "jail/usr/bin"},
	{"/bin/", 0, 0, "jail/usr/bin"},
	{"/bin/.", 0, 0, "jail/usr/bin"},
	{"/bin/..", 0, 0, "jail/usr"},
	{"/absolute/tool", FJ_FOLLOW, 0, "jail/usr/bin/tool"},
	{"/usr/up/usr/up/bin/tool", FJ_FOLLOW, 0, "jail/usr/bin/tool"},
	{"/usr/out/bin", FJ_FOLLOW, 0, "jail/usr/bin"},
	{"/file", 0, 0, "jail/file"},
	{"/file", FJ_FOLLOW, 0, "jail/usr/bin/tool"},
	{"/file/", FJ_FOLLOW, -ENOTDIR, NULL},
	{"/file/x", FJ_FOLLOW, -ENOTDIR, NULL},
	{"/usr/bin/tool/.", FJ_FOLLOW, -ENOTDIR, NULL},
	{"/usr/bin/tool/..", FJ_FOLLOW, -ENOTDIR, NULL},
	{"/dangling", 0, 0, "jail/dangling"},
	{"/dangling", FJ_FOLLOW, -ENOENT, NULL},
	{"/dangling/x", FJ_FOLLOW, -ENOENT, NULL},
	{"/nothing", FJ_FOLLOW, -ENOENT, NULL},
	{"/nothing/..", FJ_FOLLOW, -ENOENT, NULL},
	{"/slash", FJ_FOLLOW, 0, "jail/usr"},
	{"/file-slash", FJ_FOLLOW, -ENOTDIR, NULL},
	{"/loop", 0, 0, "jail/loop"},
	{"/loop", FJ_FOLLOW, -ELOOP, NULL},
	{"/loop/", 0, -ELOOP, NULL},
	{"/ping/x", FJ_FOLLOW, -ELOOP, NULL},
	{"/root/root/root/usr", FJ_FOLLOW, 0, "jail/usr"},
	{"/dot/dot/usr", FJ_FOLLOW, 0, "jail/usr"},
	{"/chain39", FJ_FOLLOW, 0, "jail/usr"},
	{"/chain40", FJ_FOLLOW, -ELOOP, NULL},
	{"/chain40", 0, 0, "jail/chain40"},
	{"/chain39/bin", FJ_FOLLOW, 0, "jail/usr/bin"},
	{"/host/secret", FJ_FOLLOW, -ENOENT,
		NULL}, /* the link's text is a path of the host: here it leads nowhere */
	{"/bin", FJ_FOLLOW | FJ_NO_LINKS, -ELOOP, NULL},
	{"/bin", FJ_NO_LINKS, 0, "jail/bin"},
	{"/bin/tool", FJ_NO_LINKS, -ELOOP, NULL},
	{"/usr/bin/tool", FJ_NO_LINKS, 0, "jail/usr/bin/tool"},
};
#define CASES (int)(sizeof(cases) / sizeof(cases[0]))

static void check_case(
	enum way way, int dirfd, const char *jail_path, unsigned how, long r, const char *leads_to)
{
	const struct seen got = engine_look(way, dirfd, jail_path, how);

	ck_assert_msg(got.r == r, "%s %s: %s, not %s", way_name[way], jail_path, unit_result(got.r),
		unit_result(r));
	if (!r) {
		const struct seen want =
			look(fj_open_path(AT_FDCWD, tree_path(leads_to), O_NOFOLLOW));

		ck_assert_int_eq(want.r, 0);
		ck_assert_msg(got.ino == want.ino && got.dev == want.dev,
			"%s %s: does not lead to %s", way_name[way], jail_path, leads_to);
	}
}

START_TEST(absolute)
{
	make_cases();
	for (int way = 0; way < WAYS; way++)
		if (way != FACTS || !(cases[_i].how & FJ_NO_LINKS))
			check_case(way, AT_FDCWD, cases[_i].jail_path, cases[_i].how, cases[_i].r,
				cases[_i].leads_to);
}
END_TEST

/* The same names from the root and from below it, by the working directory and by descriptor. */
START_TEST(relative)
{
	char jail_path[64];
	long fd;

	make_cases();
	ck_assert_int_eq(fj_sys1(__NR_chdir, tree_path("jail/usr/bin")), 0);
	fd = fj_open_path(AT_FDCWD, ".", O_DIRECTORY);
	for (int i = 0; i < CASES; i++) {
		if (cases[i].how & FJ_NO_LINKS)
			continue;
		snprintf(jail_path, sizeof(jail_path), "%s%s", i % 2 ? "../.." : "./../../..",
			cases[i].jail_path);
		for (int way = 0; way < WAYS; way++) {
			check_case(way, AT_FDCWD, jail_path, cases[i].how, cases[i].r,
				cases[i].leads_to);
			check_case(way, (int)fd, jail_path, cases[i].how, cases[i].r,
				cases[i].leads_to);
			if (cases[i].jail_path[1] && cases[i].jail_path[1] != '/')
				check_case(way, UNIT_FD, cases[i].jail_path + 1, cases[i].how,
					cases[i].r, cases[i].leads_to);
		}
	}
}
END_TEST

/* Names whose last component is an entry: the place is its parent and its own name, and nothing is
 * followed. */
static const struct {
	const char *jail_path;
	long r;
	const char *parent, *name;
} entries[] = {
	{"/bin", 0, "jail", "bin"},
	{"/bin/new", 0, "jail/usr/bin", "new"},
	{"/usr/up/new", 0, "jail", "new"},
	{"/dangling", 0, "jail", "dangling"},
	{"/dangling/", 0, "jail",
		"dangling/"}, /* mkdir("dangling/") is EEXIST: the kernel is to say so */
	{"/usr/new/", 0, "jail/usr", "new/"},
	{"/usr/new//", 0, "jail/usr", "new//"},
	{"/nothing/new", -ENOENT, NULL, NULL},
	{"/file/new", -ENOTDIR, NULL, NULL},
	{"/loop/new", -ELOOP, NULL, NULL},
	{"/usr/.", 0, "jail/usr", "."},
	{"/usr/..", 0, "jail/usr", ".."},
	{"/", 0, "jail", "/"},
};

START_TEST(entry)
{
	make_cases();
	for (int way = LEAPS; way <= STEPS; way++) {
		const uint32_t mark = fj_scratch_mark(unit_thread);
		struct fj_place place;
		long r;

		fj_jail->no_openat2 = way == STEPS;
		r = fj_path_walk(unit_thread, AT_FDCWD, entries[_i].jail_path, FJ_ENTRY, &place);
		ck_assert_msg(r == entries[_i].r, "%s %s: %s", way_name[way], entries[_i].jail_path,
			unit_result(r));
		if (!r) {
			const struct seen got = look(fj_open_path(place.dirfd, ".", 0));
			const struct seen want =
				look(fj_open_path(AT_FDCWD, tree_path(entries[_i].parent), 0));

			ck_assert_str_eq(place.name, entries[_i].name);
			ck_assert_msg(got.ino == want.ino, "%s: not in %s", entries[_i].jail_path,
				entries[_i].parent);
			fj_place_done(&place);
		}
		fj_scratch_release(unit_thread, mark);
	}
}
END_TEST

START_TEST(lengths)
{
	static char path[FJ_PATH_MAX + 16];
	struct seen seen;

	make_cases();
	/* PATH_MAX counts the jail path alone: slashes and dots that fill it up do not matter. */
	memset(path, '/', sizeof(path));
	for (int i = 1; i < FJ_PATH_MAX - 5; i += 2)
		path[i] = '.';
	strcpy(path + FJ_PATH_MAX - 5, "/usr");
	ck_assert_uint_eq(strlen(path), FJ_PATH_MAX - 1);
	for (int way = 0; way < WAYS; way++) {
		seen = engine_look(way, AT_FDCWD, path, FJ_FOLLOW);
		unit_assert_result(seen.r, 0);
	}
	/* A component has 255 bytes at most, wherever it stands. */
	for (int n = FJ_NAME_MAX; n <= FJ_NAME_MAX + 1; n++)
		for (int place = 0; place < 3; place++) {
			memset(path, 'x', (size_t)n + 1);
			path[0] = '/';
			strcpy(path + n + 1, place == 0 ? "" : place == 1 ? "/" : "/y");
			for (int way = 0; way < WAYS; way++) {
				seen = engine_look(way, AT_FDCWD, path, FJ_FOLLOW);
				unit_assert_result(
					seen.r, n > FJ_NAME_MAX ? -ENAMETOOLONG : -ENOENT);
			}
		}
}
END_TEST

/* A tree deeper than PATH_MAX, reached by relative steps, as in the kernel. */
START_TEST(deep)
{
	char name[201];

	memset(name, 'd', 200);
	name[200] = 0;
	ck_assert_int_eq(fj_sys1(__NR_chdir, tree_path("jail")), 0);
	for (int i = 0; i < 30; i++) {
		unit_assert_result(fj_sys3(__NR_mkdirat, AT_FDCWD, name, 0755), 0);
		ck_assert_int_eq(fj_sys1(__NR_chdir, name), 0);
	}
	for (int way = 0; way < WAYS; way++) {
		ck_assert_int_eq(engine_look(way, AT_FDCWD, ".", FJ_FOLLOW).r, 0);
		ck_assert_int_eq(engine_look(way, AT_FDCWD, "..", FJ_FOLLOW).r, 0);
		ck_assert_int_eq(engine_look(way, AT_FDCWD, "../../..", FJ_FOLLOW).r, 0);
		unit_assert_result(engine_look(way, AT_FDCWD, "x", FJ_FOLLOW).r, -ENOENT);
	}
	/* `..` as often as there are directories and more: stops at the root. */
	char up[3 * 40 + 1] = "";

	for (int i = 0; i < 40; i++)
		strcat(up, "../");
	for (int way = 0; way < WAYS; way++) {
		const struct seen seen = engine_look(way, AT_FDCWD, up, FJ_FOLLOW);

		unit_assert_result(seen.r, 0);
		ck_assert_uint_eq(seen.ino, fj_jail->root_ino);
	}
}
END_TEST

/* The working directory has been removed: `.` is there, its parent only as the kernel remembers it.
 */
START_TEST(deleted_directory)
{
	tree_dir("jail/a");
	ck_assert_int_eq(fj_sys1(__NR_chdir, tree_path("jail/a")), 0);
	ck_assert_int_eq(fj_sys3(__NR_unlinkat, AT_FDCWD, tree_path("jail/a"), AT_REMOVEDIR), 0);
	for (int way = 0; way < WAYS; way++) {
		ck_assert_int_eq(engine_look(way, AT_FDCWD, ".", FJ_FOLLOW).r, 0);
		unit_assert_result(engine_look(way, AT_FDCWD, "x", FJ_FOLLOW).r, -ENOENT);
		ck_assert_uint_eq(
			engine_look(way, AT_FDCWD, "..", FJ_FOLLOW).ino, fj_jail->root_ino);
		ck_assert_uint_eq(
			engine_look(way, AT_FDCWD, "../../..", FJ_FOLLOW).ino, fj_jail->root_ino);
	}
}
END_TEST

/* ---- mounts ---- */

static void make_mounts(void)
{
	make_cases();
	tree_dir("jail/mnt");
	tree_file("jail/mnt/hidden", "");
	tree_dir("jail/mnt/sub");
	tree_link("jail/way", "/mnt/secret");
	tree_link("outside/back", "/usr/bin");
	tree_link("outside/up", "../usr");
	tree_dir("outside/sub");
	tree_dir("other");
	tree_file("other/thing", "");
	tree_file("jail/usr/point", "");
	ck_assert_int_eq(unit_mount(tree_path("outside"), "/mnt", 0), 0);
	ck_assert_int_eq(unit_mount(tree_path("other"), "/mnt/sub", FJ_MOUNT_READ_ONLY), 0);
	ck_assert_int_eq(unit_mount(tree_path("outside/secret"), "/usr/point", 0), 0);
}

static const struct {
	const char *jail_path;
	long r;
	const char *leads_to;
	bool is_read_only;
} mounted[] = {
	{"/mnt", 0, "outside", false},
	{"/mnt/", 0, "outside", false},
	{"/mnt/.", 0, "outside", false},
	{"/mnt/secret", 0, "outside/secret", false},
	{"/mnt/hidden", -ENOENT, NULL, false},
	{"/mnt/..", 0, "jail", false},
	{"/mnt/../usr", 0, "jail/usr", false},
	{"/mnt/sub", 0, "other", true},
	{"/mnt/sub/thing", 0, "other/thing", true},
	{"/mnt/sub/..", 0, "outside", false},
	{"/mnt/sub/../secret", 0, "outside/secret", false},
	{"/mnt/sub/../..", 0, "jail", false},
	{"/mnt/sub/../../..", 0, "jail", false},
	{"/way", 0, "outside/secret", false},
	{"/mnt/back/tool", 0, "jail/usr/bin/tool",
		false}, /* the link's text is resolved in the jail */
	{"/mnt/up/bin", 0, "jail/usr/bin", false},
	{"/usr/point", 0, "outside/secret", false},
	{"/usr/point/", -ENOTDIR, NULL, false},
	{"/bin/../point", 0, "outside/secret", false},
};

START_TEST(mount)
{
	make_mounts();
	for (int way = 0; way < WAYS; way++) {
		const uint32_t mark = fj_scratch_mark(unit_thread);
		struct fj_place place;

		check_case(way, AT_FDCWD, mounted[_i].jail_path, FJ_FOLLOW, mounted[_i].r,
			mounted[_i].leads_to);
		if (mounted[_i].r)
			continue;
		ck_assert_int_eq(fj_path_walk(unit_thread, AT_FDCWD, mounted[_i].jail_path,
					 FJ_FOLLOW | FJ_WRITE, &place),
			0);
		ck_assert_msg(place.is_read_only == mounted[_i].is_read_only, "%s",
			mounted[_i].jail_path);
		fj_place_done(&place);
		fj_scratch_release(unit_thread, mark);
	}
}
END_TEST

START_TEST(mount_from_inside)
{
	make_mounts();
	for (int way = 0; way < WAYS; way++) {
		ck_assert_int_eq(fj_sys1(__NR_chdir, tree_path("outside")), 0);
		check_case(way, AT_FDCWD, "..", FJ_FOLLOW, 0, "jail");
		check_case(way, AT_FDCWD, "../usr/point", FJ_FOLLOW, 0, "outside/secret");
		check_case(way, AT_FDCWD, "sub/thing", FJ_FOLLOW, 0, "other/thing");
		check_case(way, AT_FDCWD, "up", FJ_FOLLOW, 0, "jail/usr");
		ck_assert_int_eq(fj_sys1(__NR_chdir, tree_path("other")), 0);
		check_case(way, AT_FDCWD, "..", FJ_FOLLOW, 0, "outside");
		check_case(way, AT_FDCWD, "../..", FJ_FOLLOW, 0, "jail");
		check_case(way, AT_FDCWD, "../sub", FJ_FOLLOW, 0, "other");
	}
}
END_TEST

/* An entry that is a mount point is told as such: it cannot be made, removed or renamed. */
START_TEST(mount_point_as_entry)
{
	static const char *const points[] = {
		"/mnt", "/mnt/", "/mnt/sub", "/usr/point", "/usr/up/mnt"};

	make_mounts();
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		const uint32_t mark = fj_scratch_mark(unit_thread);
		struct fj_place place;

		ck_assert_int_eq(
			fj_path_walk(unit_thread, AT_FDCWD, points[i], FJ_ENTRY, &place), 0);
		ck_assert_msg(place.is_mount, "%s", points[i]);
		fj_place_done(&place);
		fj_scratch_release(unit_thread, mark);
	}
}
END_TEST

/* The host path that the mount of `pos` leads to, or "(none)". */
static const char *mounted_from(const char *pos, bool exactly)
{
	static char text[4][FJ_PATH_MAX];
	static unsigned turn;
	struct fj_mount_found found;
	struct fj_str s;

	fj_str_init(&s, text[turn++ % 4], FJ_PATH_MAX);
	return (exactly ? fj_mount_at : fj_mount_of)(pos, &found, &s) ? s.at : "(none)";
}

START_TEST(mount_table)
{
	char point[16];

	make_mounts();
	ck_assert_str_eq(mounted_from("/mnt", true), tree_path("outside"));
	ck_assert_str_eq(mounted_from("/mn", true), "(none)");
	ck_assert_str_eq(mounted_from("", true), "(none)");
	ck_assert_str_eq(mounted_from("/mnt/secret", true), "(none)");
	ck_assert_str_eq(mounted_from("/mnt/secret", false), tree_path("outside"));
	ck_assert_str_eq(mounted_from("/mnt/sub", false), tree_path("other"));
	ck_assert_str_eq(mounted_from("/mnt/sub/a/b", false), tree_path("other"));
	ck_assert_str_eq(mounted_from("/mnt/subway", false), tree_path("outside"));
	ck_assert_str_eq(mounted_from("/mntx", false), "(none)");
	ck_assert(fj_mount_may_be_named("mnt", 3));
	ck_assert(fj_mount_may_be_named("sub", 3));
	ck_assert(fj_mount_may_be_below("mnt", 3)); /* sub is in it */
	ck_assert(!fj_mount_is_read_only("/mnt/secret"));
	ck_assert(fj_mount_is_read_only("/mnt/sub/thing"));
	/* A later mount on the same point covers the earlier, and what lies in it. */
	ck_assert_int_eq(unit_mount(tree_path("other"), "/mnt", 0), 0);
	ck_assert_str_eq(mounted_from("/mnt", true), tree_path("other"));
	ck_assert_str_eq(mounted_from("/mnt/sub", false), tree_path("other"));
	ck_assert(!fj_mount_is_read_only("/mnt/sub"));
	for (unsigned i = 0; i < FJ_MOUNTS_MAX - 4; i++) {
		snprintf(point, sizeof(point), "/p%u", i);
		ck_assert_int_eq(unit_mount("/", point, 0), 0);
	}
	unit_assert_result(unit_mount("/", "/more", 0), -ENOSPC);
	ck_assert_str_eq(mounted_from("/more", true), "(none)");
	ck_assert_str_eq(mounted_from("/mnt", true), tree_path("other"));
}
END_TEST

/* A mount made later is met by names whose directories were remembered before. */
START_TEST(mount_forgets_facts)
{
	make_cases();
	tree_dir("other");
	tree_file("other/tool", "");
	check_case(FACTS, AT_FDCWD, "/usr/bin/tool", FJ_FOLLOW, 0, "jail/usr/bin/tool");
	check_case(FACTS, AT_FDCWD, "/bin/tool", FJ_FOLLOW, 0, "jail/usr/bin/tool");
	ck_assert_int_eq(unit_mount(tree_path("other"), "/usr/bin", 0), 0);
	check_case(FACTS, AT_FDCWD, "/usr/bin/tool", FJ_FOLLOW, 0, "other/tool");
	check_case(FACTS, AT_FDCWD, "/bin/tool", FJ_FOLLOW, 0, "other/tool");
}
END_TEST

/* ---- and back ---- */

static const char *back(const char *host_path)
{
	static char text[FJ_PATH_MAX];
	struct fj_str s;

	fj_str_init(&s, text, sizeof(text));
	return fj_path_back(host_path, &s) ? text : "(outside)";
}

static const char *host_of(const char *pos)
{
	static char text[FJ_PATH_MAX];
	struct fj_str s;

	fj_str_init(&s, text, sizeof(text));
	fj_path_host(pos, &s);
	return text;
}

static const char *link_text(const char *text)
{
	static char seen[2 * FJ_PATH_MAX];
	struct fj_str s;

	fj_str_init(&s, seen, sizeof(seen));
	fj_path_back_link(unit_thread, text, strlen(text), &s);
	return seen;
}

START_TEST(there_and_back)
{
	make_mounts();
	ck_assert_str_eq(back(tree_path("jail")), "");
	ck_assert_str_eq(back(tree_path("jail/usr/bin")), "/usr/bin");
	ck_assert_str_eq(back(tree_path("jailer")), "(outside)");
	ck_assert_str_eq(back(tree_path("")), "(outside)");
	ck_assert_str_eq(back("/"), "(outside)");
	ck_assert_str_eq(back(tree_path("outside")), "/mnt");
	ck_assert_str_eq(back(tree_path("outside/deep/er")), "/mnt/deep/er");
	ck_assert_str_eq(back(tree_path("outsides")), "(outside)");
	ck_assert_str_eq(back(tree_path("other/thing")), "/mnt/sub/thing");
	ck_assert_str_eq(back(tree_path("outside/secret")),
		"/mnt/secret"); /* two mounts lead there: the older */
	ck_assert_str_eq(host_of(""), tree_path("jail"));
	ck_assert_str_eq(host_of("/usr"), tree_path("jail/usr"));
	ck_assert_str_eq(host_of("/mnt"), tree_path("outside"));
	ck_assert_str_eq(host_of("/mnt/sub/thing"), tree_path("other/thing"));
	ck_assert_str_eq(link_text(tree_path("jail/usr")), "/usr");
	ck_assert_str_eq(link_text(tree_path("jail")), "/");
	ck_assert_str_eq(link_text("socket:[123]"), "socket:[123]");
	ck_assert_str_eq(link_text(tree_path("jail/gone (deleted)")), "/gone (deleted)");
}
END_TEST

/* `fakejail /`: the root is the host's. */
START_TEST(root_is_host_root)
{
	unit_jail_on("/");
	fj_jail->root_path[0] = 0;
	ck_assert_str_eq(back("/"), "");
	ck_assert_str_eq(back("/etc"), "/etc");
	ck_assert_str_eq(host_of(""), "/");
	ck_assert_str_eq(host_of("/etc"), "/etc");
	for (int way = 0; way < WAYS; way++) {
		check_case(way, AT_FDCWD, "/", FJ_FOLLOW, 0, "/");
		check_case(way, AT_FDCWD, "/../etc", FJ_FOLLOW, 0, "/etc");
	}
}
END_TEST

/* ---- random trees ---- */

#define RANDOM_TREES 12
#define RANDOM_NAMES 250

static const char *random_name(void)
{
	static const char *const names[] = {"a", "b", "c", "d"};

	return names[unit_random(4)];
}

/* A path of up to five components: names, dots, runs of slashes, at times a slash at its end. */
static void random_path(char *path, bool may_be_absolute)
{
	*path = 0;
	if (may_be_absolute && unit_random(2))
		strcat(path, unit_random(8) ? "/" : "//");
	for (unsigned n = 1 + unit_random(5); n--;) {
		const unsigned kind = unit_random(8);

		strcat(path, kind == 0 ? ".." : kind == 1 ? "." : random_name());
		if (n)
			strcat(path, unit_random(8) ? "/" : "//");
	}
	if (!unit_random(6))
		strcat(path, unit_random(2) ? "/" : "/.");
}

static void random_tree(const char *dir, unsigned depth)
{
	char name[TREE_PATH], target[64];

	for (unsigned i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "%s/%c", dir, 'a' + (int)i);
		switch (unit_random(5)) {
		case 0:
			break;
		case 1:
			tree_file(name, "x");
			break;
		case 2:
			random_path(target, true);
			tree_link(name, target);
			break;
		default:
			tree_dir(name);
			if (depth)
				random_tree(name, depth - 1);
		}
	}
}

/* Go to some directory of the jail; its position goes to `pos`. */
static void random_cwd(char *pos)
{
	ck_assert_int_eq(fj_sys1(__NR_chdir, tree_path("jail")), 0);
	*pos = 0;
	for (unsigned n = unit_random(4); n--;) {
		const char *name = random_name();
		const long fd = fj_open_path(AT_FDCWD, name, O_NOFOLLOW | O_DIRECTORY);

		if (fj_is_err(fd))
			continue;
		fj_sys1(__NR_fchdir, fd);
		fj_close((int)fd);
		strcat(pos, "/");
		strcat(pos, name);
	}
}

static void compare(enum way way, int dirfd, const char *jail_path, const char *asked, unsigned how,
	unsigned seed)
{
	const struct seen want = look(kernel_open(asked, how & FJ_FOLLOW ? 0 : O_NOFOLLOW));
	const struct seen got = engine_look(way, dirfd, jail_path, how);

	ck_assert_msg(got.r == want.r && got.ino == want.ino && got.dev == want.dev,
		"seed %u, %s, %s%s (%s): %s inode %lu, not %s inode %lu", seed, way_name[way],
		how & FJ_FOLLOW ? "" : "nofollow ", jail_path, asked, unit_result(got.r),
		(unsigned long)got.ino, unit_result(want.r), (unsigned long)want.ino);
}

START_TEST(random_trees)
{
	const unsigned seed = unit_seed((unsigned)_i);

	if (!has_openat2())
		return;
	random_tree("jail", 2);
	for (int i = 0; i < RANDOM_NAMES; i++) {
		char jail_path[64], pos[TREE_PATH], asked[2 * TREE_PATH];
		const unsigned how = unit_random(2) ? FJ_FOLLOW : 0;
		long fd;

		random_cwd(pos);
		fd = fj_open_path(AT_FDCWD, ".", O_DIRECTORY);
		random_path(jail_path, true);
		snprintf(asked, sizeof(asked), "%s%s%s", *jail_path == '/' ? "" : pos,
			*jail_path == '/' ? "" : "/", jail_path);
		for (int way = 0; way < WAYS; way++) {
			compare(way, AT_FDCWD, jail_path, asked, how, seed);
			compare(way, (int)fd, jail_path, asked, how, seed);
		}
		fj_close((int)fd);
	}
	ck_assert_uint_eq(fj_jail->changers, 0);
}
END_TEST

/* The position that a walk reports is where the kernel finds the file. */
START_TEST(random_positions)
{
	const unsigned seed = unit_seed((unsigned)_i);

	random_tree("jail", 2);
	for (int i = 0; i < RANDOM_NAMES; i++) {
		const uint32_t mark = fj_scratch_mark(unit_thread);
		char jail_path[64], pos[TREE_PATH];
		struct fj_place place;

		random_cwd(pos);
		random_path(jail_path, true);
		fj_jail->no_openat2 = unit_random(2);
		if (!fj_path_walk(
			    unit_thread, AT_FDCWD, jail_path, FJ_FOLLOW | FJ_WANT_POS, &place)) {
			const struct seen got = look(open_place(&place, 0));
			const struct seen want =
				look(fj_open_path(AT_FDCWD, host_of(place.pos), O_NOFOLLOW));

			ck_assert_ptr_nonnull(place.pos);
			/* (`file/`: the walk leaves ENOTDIR to the kernel.) */
			ck_assert_msg(got.r == -ENOTDIR || (got.r == want.r && got.ino == want.ino),
				"seed %u, %s from %s: position %s", seed, jail_path, pos,
				place.pos);
			fj_place_done(&place);
		}
		fj_scratch_release(unit_thread, mark);
	}
}
END_TEST

Suite *unit_suite_walk(void)
{
	Suite *s = suite_create("walk");
	TCase *c = tcase_create("cases");

	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_loop_test(c, absolute, 0, CASES);
	tcase_add_test(c, relative);
	tcase_add_loop_test(c, entry, 0, sizeof(entries) / sizeof(entries[0]));
	tcase_add_test(c, lengths);
	tcase_add_test(c, deep);
	tcase_add_test(c, deleted_directory);
	tcase_add_loop_test(c, mount, 0, sizeof(mounted) / sizeof(mounted[0]));
	tcase_add_test(c, mount_from_inside);
	tcase_add_test(c, mount_point_as_entry);
	tcase_add_test(c, mount_table);
	tcase_add_test(c, mount_forgets_facts);
	tcase_add_test(c, there_and_back);
	tcase_add_test(c, root_is_host_root);
	suite_add_tcase(s, c);
	c = tcase_create("random");
	tcase_add_checked_fixture(c, unit_jail_setup, unit_jail_teardown);
	tcase_add_loop_test(c, random_trees, 0, RANDOM_TREES);
	tcase_add_loop_test(c, random_positions, 0, RANDOM_TREES / 2);
	suite_add_tcase(s, c);
	return s;
}
