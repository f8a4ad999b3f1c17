/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_proc_query.c - tests PROCMAP_QUERY, an ioctl of /proc/PID/maps since Linux 6.11: it must
 * tell the same as the text.
 */
#include "twin.h"

/* linux/fs.h of 6.11 */
struct query {
	uint64_t size, flags, addr, start, end, vma_flags, page_size, offset, inode;
	uint32_t major, minor, name_size, build_id_size;
	uint64_t name, build_id;
};
#define QUERY 0xc0686611u
enum { READABLE = 1, WRITABLE = 2, EXECUTABLE = 4, SHARED = 8, OR_NEXT = 16, FILE_BACKED = 32 };

static char text[65536], name[4096], build_id[64];

static void read_maps(const char *path)
{
	const int fd = open(path, O_RDONLY);
	size_t len = 0;
	long n;

	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = 0;
	close(fd);
}

static long ask(int fd, uint64_t addr, uint64_t flags, struct query *q)
{
	*q = (struct query){.size = sizeof(*q),
		.flags = flags,
		.addr = addr,
		.name = (uint64_t)name,
		.name_size = sizeof(name),
		.build_id = (uint64_t)build_id,
		.build_id_size = sizeof(build_id)};
	name[0] = 0;
	return SYSCALL(SYS_ioctl, fd, QUERY, q);
}

static uint64_t number(char **at, unsigned base)
{
	uint64_t n = 0;

	for (;; (*at)++) {
		const char c = **at;

		if (c >= '0' && c <= '9')
			n = n * base + (uint64_t)(c - '0');
		else if (base == 16 && c >= 'a' && c <= 'f')
			n = n * base + (uint64_t)(c - 'a' + 10);
		else
			return n;
	}
}

/* Is the line what the query says? */
static int agrees(char *line, const struct query *q)
{
	char *at = line;
	const uint64_t start = number(&at, 16), end = (at++, number(&at, 16));
	const char *perms = at + 1;
	uint64_t flags = 0, offset, major, minor, inode;

	flags |= perms[0] == 'r' ? READABLE : 0;
	flags |= perms[1] == 'w' ? WRITABLE : 0;
	flags |= perms[2] == 'x' ? EXECUTABLE : 0;
	flags |= perms[3] == 's' ? SHARED : 0;
	at += 6;
	offset = number(&at, 16);
	at++;
	major = number(&at, 16);
	at++;
	minor = number(&at, 16);
	at++;
	inode = number(&at, 10);
	while (*at == ' ')
		at++;
	/* (Of what has no file the text shows an offset, too, and the query does not.) */
	return start == q->start && end == q->end && flags == (q->vma_flags & 15) &&
	       (offset == q->offset || !inode) && major == q->major && minor == q->minor &&
	       inode == q->inode && strcmp(at, name) == 0 &&
	       q->name_size == (*at ? strlen(at) + 1 : 0);
}

/* Each line by its address, and all in their order. */
static void compare(const char *path)
{
	struct query q;
	const int fd = open(path, O_RDONLY);
	uint64_t next = 0;
	char last[300] = "";

	read_maps(path);
	if (ask(fd, 0, OR_NEXT, &q) < 0 && errno == ENOTTY) {
		say("ENOTTY\n"); /* before Linux 6.11 */
		close(fd);
		return;
	}
	for (char *line = text, *end; *line && (end = strchr(line, '\n')); line = end + 1) {
		char *at = line;
		const uint64_t start = number(&at, 16);

		*end = 0;
		if (strstr(line, "[vsyscall]"))
			continue; /* which is no mapping to the query */
		if (ask(fd, start, 0, &q) < 0 || !agrees(line, &q))
			say("%q, but the query says %q %e\n", line, name, errno);
		if (ask(fd, next, OR_NEXT, &q) < 0 || !agrees(line, &q))
			say("%q, but the next is %q %e\n", line, name, errno);
		next = q.end;
		if (name[0] == '/' && strcmp(name, last) != 0) {
			say("%q\n", name);
			strncpy(last, name, sizeof(last) - 1);
		}
	}
	R(ask(fd, next, OR_NEXT, &q));
	R(ask(fd, next, 0, &q));
	close(fd);
}

CASE(proc_maps_query)
{
	struct query q;

	ask(-1, 0, 0, &q);
	compare("/proc/self/maps");
	chdir("/proc/self");
	compare("maps");
	compare("task/../maps");
}

/* A program that was started often: its texts are others' as well. */
CASE(proc_maps_query_often)
{
	for (int i = 0; i < 16; i++)
		CHILD("starts")
			R(execve(twin_self, ARGV("x", "@maps"), environ));
}

TOOL(maps)
{
	struct query q;
	const int fd = open("/proc/self/maps", O_RDONLY);

	compare("/proc/self/maps");
	/* Each part of a file has the same build id, or none. */
	char first[64], last[300] = "";
	uint32_t size = 0;
	for (uint64_t next = 0; ask(fd, next, OR_NEXT | FILE_BACKED, &q) == 0; next = q.end) {
		if (strcmp(name, last) == 0 &&
			(q.build_id_size != size || memcmp(first, build_id, size)))
			say("%q at offset %lx: another build id\n", name, (long)q.offset);
		strncpy(last, name, sizeof(last) - 1);
		size = q.build_id_size;
		memcpy(first, build_id, size);
	}
}

CASE(proc_maps_query_other)
{
	int ends[2];
	char path[40];
	struct query q;

	pipe(ends);
	const pid_t child = fork();

	if (!child) {
		close(ends[1]);
		read(ends[0], path, 1);
		_exit(0);
	}
	sprintf(path, "/proc/%d/maps", (int)child);
	compare(path);
	const int fd = open(path, O_RDONLY);

	R(ask(fd, 0, OR_NEXT | FILE_BACKED, &q));
	say("%q\n", name);
	close(ends[1]);
	waitpid(child, NULL, 0);
	R(ask(fd, 0, OR_NEXT, &q));
	close(fd);
	/* A descriptor that was copied, and one that is inherited. */
	const int again = dup(open("/proc/self/maps", O_RDONLY));

	R(ask(again, 0, OR_NEXT | FILE_BACKED, &q));
	CHILD("inherits")
		R(ask(again, 0, OR_NEXT | FILE_BACKED, &q));
}

CASE(proc_maps_query_mapped)
{
	const int fd = open("/proc/self/maps", O_RDONLY);
	struct query q;

	/* What is mapped after the open. */
	put("a\nfile", "text");
	const int file = open("a\nfile", O_RDWR);
	char *at = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 4096 * 5);

	R(ask(fd, (uint64_t)at + 5000, 0, &q));
	say("%q from %ld to %ld flags %lx offset %lx page %ld\n", name,
		(long)(q.start - (uint64_t)at), (long)(q.end - (uint64_t)at), (long)q.vma_flags,
		(long)q.offset, (long)q.page_size);
	R(unlink("a\nfile"));
	R(ask(fd, (uint64_t)at, 0, &q));
	say("%q build id %d\n", name, (int)q.build_id_size);
	R(ask(fd, (uint64_t)at, EXECUTABLE, &q));
	R(ask(fd, (uint64_t)at, WRITABLE | SHARED | FILE_BACKED | READABLE, &q));
	R(munmap(at, 3 * 4096));
	R(ask(fd, (uint64_t)at, 0, &q));
	R(ask(fd, 0, OR_NEXT | EXECUTABLE | FILE_BACKED, &q));
	say("%q flags %lx\n", name, (long)q.vma_flags);
	R(ask(fd, 0, OR_NEXT | SHARED, &q));
}

CASE(proc_maps_query_errors)
{
	const int fd = open("/proc/self/maps", O_RDONLY),
		  other = open("/proc/self/smaps", O_RDONLY), file = open("/etc/passwd", O_RDONLY);
	struct {
		struct query q;
		char more[8192];
	} big;
	struct query q;

	R(ask(-1, 0, 0, &q));
	R(ask(other, 0, OR_NEXT, &q));
	R(ask(file, 0, OR_NEXT, &q));
	R(ask(fd, 0, 0, &q));
	R(ask(fd, 0, 64, &q));
	R(SYSCALL(SYS_ioctl, fd, QUERY, 8));
	R(SYSCALL(SYS_ioctl, fd, QUERY, NULL));
	R(SYSCALL(SYS_ioctl, fd, QUERY + 1, &q));
	for (uint64_t size = 0; size <= 128; size += 4) {
		memset(&big, 0, sizeof(big));
		big.q.size = size;
		big.q.flags = OR_NEXT;
		say("%ld ", (long)size);
		R(SYSCALL(SYS_ioctl, fd, QUERY, &big));
		say("start %d end %d page %ld\n", big.q.start != 0, big.q.end != 0,
			(long)big.q.page_size);
	}
	big.q = (struct query){.size = 4096, .flags = OR_NEXT};
	R(SYSCALL(SYS_ioctl, fd, QUERY, &big));
	big.q.size = 4097;
	R(SYSCALL(SYS_ioctl, fd, QUERY, &big));
	big.q.size = 200;
	big.more[20] = 1;
	R(SYSCALL(SYS_ioctl, fd, QUERY, &big));
	for (int i = 0; i < 10; i++) {
		static char room[4096];
		q = (struct query){.size = sizeof(q), .flags = OR_NEXT | FILE_BACKED};
		q.name_size = i == 1 || i == 2 ? 3 :
			      i == 3 || i == 5 ? 4096 :
			      i == 4	       ? 1u << 31 :
						 0;
		q.name = i == 0		 ? (uint64_t)room :
			 i == 3		 ? 8 :
			 i == 2 || i > 3 ? (uint64_t)room :
					   0;
		q.build_id_size = i == 6 ? 20 : i == 8 ? 4 : 0;
		q.build_id = i == 7 || i == 8 ? (uint64_t)room : 0;
		if (i > 5)
			q.name = q.name_size = 0;
		say("%d ", i);
		R(SYSCALL(SYS_ioctl, fd, QUERY, &q));
		say("size %d\n", q.name_size && i != 1 && i != 2 ? (int)q.name_size : 0);
	}
}
