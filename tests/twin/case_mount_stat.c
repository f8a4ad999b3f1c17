/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_mount_stat.c - tests that listmount and statmount tell the mounts of mountinfo, by the
 * same ids.
 */
#include "twin.h"

#define NR_STATMOUNT 457
#define NR_LISTMOUNT 458
#define ALL_MOUNTS (~0ULL)

struct request {
	unsigned size, spare;
	unsigned long long id, param, ns;
};

/* struct statmount, up to the strings */
union told {
	struct {
		unsigned size, opts;
		unsigned long long mask;
		unsigned major, minor;
		unsigned long long magic;
		unsigned sb_flags, type;
		unsigned long long id, parent;
		unsigned id_old, parent_old;
		unsigned long long attr, propagation, group, master, from;
		unsigned root, point;
		unsigned long long ns;
		unsigned subtype, source;
	} s;
	char room[8192];
};

static long list(unsigned long long of, unsigned long long after, unsigned long long *ids, long nr,
	int flags)
{
	struct request q = {24, 0, of, after, 0};

	return SYSCALL(NR_LISTMOUNT, &q, ids, nr, flags);
}

static long ask(unsigned long long id, unsigned long long what, union told *t, long size)
{
	struct request q = {24, 0, id, what, 0};

	memset(t, 0, sizeof(*t));
	return SYSCALL(NR_STATMOUNT, &q, t, size, 0);
}

static const char *text(const union told *t, unsigned at)
{
	return t->room + 512 + at;
}

/* Its line of mountinfo, compared with it. */
static void compare(const union told *t)
{
	char *line = NULL, root[400], point[400], options[400], type[80], source[400];
	const char *how = " is not listed";
	unsigned parent, major, minor;
	size_t size = 0;
	FILE *f = fopen("/proc/self/mountinfo", "r");

	while (f && getline(&line, &size, f) > 0) {
		const char *dash = strstr(line, " - ");

		if (strtoul(line, NULL, 10) != t->s.id_old || !dash ||
			sscanf(line, "%*u %u %u:%u %399s %399s %399s", &parent, &major, &minor,
				root, point, options) != 6 ||
			sscanf(dash + 3, "%79s %399s", type, source) != 2)
			continue;
		how = parent != t->s.parent_old			 ? " differs in parent" :
		      major != t->s.major || minor != t->s.minor ? " differs in device" :
		      strcmp(root, text(t, t->s.root))		 ? " differs in root" :
		      strcmp(point, text(t, t->s.point))	 ? " differs in point" :
		      strcmp(type, text(t, t->s.type))		 ? " differs in type" :
		      strcmp(source, text(t, t->s.source))	 ? " differs in source" :
								   " as in mountinfo";
	}
	if (f)
		fclose(f);
	free(line);
	say("%s %s magic %lx attr %lx mask %lx%s\n", text(t, t->s.point), text(t, t->s.type),
		(long)t->s.magic, (long)t->s.attr, (long)t->s.mask, how);
}

static unsigned long long id_of(const char *path)
{
	char sx[256] = "";
	unsigned long long id = 0;

	SYSCALL(SYS_statx, AT_FDCWD, path, 0, 0x4000, sx);
	memcpy(&id, sx + 0x90, sizeof(id));
	return id;
}

static int by_point(const void *a, const void *b)
{
	static union told x, y;

	ask(*(const unsigned long long *)a, 0x10, &x, sizeof(x));
	ask(*(const unsigned long long *)b, 0x10, &y, sizeof(y));
	return strcmp(text(&x, x.s.point), text(&y, y.s.point));
}

static void show_below(unsigned long long of, const char *only)
{
	static unsigned long long ids[500];
	static union told t;
	long n = list(of, 0, ids, COUNT(ids), 0);

	if (n < 0)
		say("list: %e\n", errno);
	qsort(ids, n < 0 ? 0 : (size_t)n, sizeof(ids[0]), by_point);
	for (long i = 0; i < n; i++)
		if (ask(ids[i], 0x23f, &t, sizeof(t)) < 0)
			say("%e\n", errno);
		else if (!strncmp(text(&t, t.s.point), only, strlen(only)))
			compare(&t);
}

static int is_there(void)
{
	if (list(ALL_MOUNTS, 0, NULL, 0, 0) < 0 && errno == ENOSYS) {
		say("this kernel has no listmount\n");
		return 0;
	}
	return 1;
}

CASE(mount_stat)
{
	static unsigned long long all[500], some[500];
	union told t;
	long n, m = 0, sorted = 1, k;

	if (!is_there())
		return;
	show_below(ALL_MOUNTS, "/proc");
	show_below(ALL_MOUNTS, "/dev");
	show_below(id_of("/dev"), "");
	n = list(ALL_MOUNTS, 0, all, COUNT(all), 0);
	for (long i = 1; i < n; i++)
		sorted &= all[i - 1] < all[i];
	for (unsigned long long last = 0; (k = list(ALL_MOUNTS, last, some + m, 2, 0)) > 0; m += k)
		last = some[m + k - 1];
	say("in order %d, by two the same %d\n", (int)sorted,
		n == m && !memcmp(all, some, (size_t)n * 8));
	k = list(ALL_MOUNTS, 0, some, COUNT(some), 1);
	say("and backwards %d\n", k == n && some[0] == all[n - 1] && some[n - 1] == all[0]);
	say("the namespace %d\n", ask(id_of("/proc"), 0x40, &t, sizeof(t)) == 0 && t.s.ns != 0);
	R(ask(id_of("/proc"), 0x3f, &t, 512));
	R(ask(id_of("/proc"), 3, &t, 512));
	say("size %u mask %lx\n", t.s.size, (long)t.s.mask);
	R(ask(id_of("/proc"), 3, &t, 16));
	say("size %u mask %lx\n", t.s.size, (long)t.s.mask);
	R(ask(id_of("/proc"), 0, &t, sizeof(t)));
	say("size %u mask %lx\n", t.s.size, (long)t.s.mask);
	R(ask(0x800fffff, 3, &t, sizeof(t)));
	R(ask(5, 3, &t, sizeof(t)));
	R(list(0x800fffff, 0, all, 10, 0));
	R(list(5, 0, all, 10, 0));
	R(list(ALL_MOUNTS, 5, all, 10, 0));
	R(list(ALL_MOUNTS, 0, all, 10, 4));
	R(list(ALL_MOUNTS, 0, all, 2000000, 0));
	R(list(ALL_MOUNTS, 0, (void *)8, 10, 0));
	R(list(ALL_MOUNTS, 0, all, 0, 0));
	R(SYSCALL(NR_LISTMOUNT, 8, all, 10, 0));
	R(SYSCALL(NR_STATMOUNT, 8, &t, sizeof(t), 0));
	R(SYSCALL(NR_STATMOUNT, (&(struct request){24, 0, ALL_MOUNTS, 1, 0}), &t, sizeof(t), 7));
	R(SYSCALL(NR_STATMOUNT, (&(struct request){8, 0, ALL_MOUNTS, 1, 0}), &t, sizeof(t), 0));
	R(SYSCALL(NR_STATMOUNT, (&(struct request){5000, 0, ALL_MOUNTS, 1, 0}), &t, sizeof(t), 0));
	R(SYSCALL(NR_STATMOUNT, (&(struct request){24, 1, ALL_MOUNTS, 1, 0}), &t, sizeof(t), 0));
}

CASE(mount_root_stat)
{
	if (!is_there())
		return;
	mkdir("m", 0755);
	mkdir("d", 0755);
	mkdir("b", 0755);
	R(mount("source", "/t/m", "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,mode=700"));
	mkdir("/t/m/sub", 0755);
	R(mount("/t/d", "/t/m/sub", NULL, MS_BIND, NULL));
	R(mount(NULL, "/t/m/sub", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOATIME, NULL));
	show_below(ALL_MOUNTS, "/t");
	show_below(id_of("/t/m"), "");
	show_below(id_of("/t/m/sub"), "");
	CHILD("another root") {
		R(chroot("/t/m"));
		static unsigned long long ids[500];
		static union told t;

		say("%ld\n", list(ALL_MOUNTS, 0, ids, COUNT(ids), 0));
		for (int i = 0; i < 2; i++)
			if (ids[i] && !ask(ids[i], 0x30, &t, sizeof(t)))
				say("%s %s\n", text(&t, t.s.point), text(&t, t.s.type));
	}
	R(umount("/t/m/sub"));
	R(umount("/t/m"));
	show_below(ALL_MOUNTS, "/t");
}
