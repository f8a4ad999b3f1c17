/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sys.h - the kernel without libc: system calls, memory and string functions, messages. For all rooms.
 *
 * This is the lowest room: it knows nothing of jails. Everything here may be called in a signal
 * handler, before libc and without it. Results are the kernel's: a value, or -errno. */
#ifndef FJ_SYS_H
#define FJ_SYS_H

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FJ_PATH_MAX 4096 /* linux/limits.h: bytes of a path with its NUL */
#define FJ_NAME_MAX 255	 /* linux/limits.h: bytes of one component */

/* MAXSYMLINKS of include/linux/namei.h: how many symlinks one lookup follows. */
#define FJ_MAX_LINKS 40

/* How often a call that lost a race with another process is repeated, before its error is
 * returned. */
#define FJ_RACES 100u

/* For large static buffers that most processes never touch. The linker sorts by the name of the
 * section: what every start writes to lies before these, in few pages. */
#define FJ_BULKY __attribute__((section(".bss.zz")))

/* For functions in the most frequent calls: the linker puts them together. After a system call
 * little of the engine is left in the processor's caches, so each cache line of text costs a call
 * some nanoseconds. */
#define FJ_HOT __attribute__((hot))

#define FJ_ARGS 6 /* arguments of a system call */

typedef long (*fj_gate_fn)(long nr, long a0, long a1, long a2, long a3, long a4, long a5);

/* The function that enters the kernel: gate.S where it was linked, later its copy on the gate
 * page. */
extern fj_gate_fn fj_gate;
/* The address of that page, or of the block that will be it, in this process. */
static inline uint64_t fj_gate_address(void)
{
	return (uint64_t)fj_gate;
}
extern const char fj_gate_begin[], fj_gate_made[], fj_gate_wait[], fj_gate_waited[],
	fj_gate_deferred[], fj_gate_deferred_made[], fj_gate_sigreturn[], fj_gate_end[];
/* Moves that page from where it was linked to `address`, and replaces what is there. Returns the
 * result of mremap(2). Call once. */
long fj_gate_move(uint64_t address);

#define fj_sys6(nr, a, b, c, d, e, f)                                                              \
	fj_gate(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define fj_sys5(nr, a, b, c, d, e) fj_sys6(nr, a, b, c, d, e, 0)
#define fj_sys4(nr, a, b, c, d) fj_sys6(nr, a, b, c, d, 0, 0)
#define fj_sys3(nr, a, b, c) fj_sys6(nr, a, b, c, 0, 0, 0)
#define fj_sys2(nr, a, b) fj_sys6(nr, a, b, 0, 0, 0, 0)
#define fj_sys1(nr, a) fj_sys6(nr, a, 0, 0, 0, 0, 0)
#define fj_sys0(nr) fj_sys6(nr, 0, 0, 0, 0, 0, 0)

#include "sys/arch.h"

/* An address or a size, rounded down or up to a multiple of the page size. (Near 2^64 the second is 0.) */
static inline uint64_t fj_page_down(uint64_t at)
{
	return at & ~(uint64_t)(FJ_PAGE - 1);
}
static inline uint64_t fj_page_up(uint64_t at)
{
	return fj_page_down(at + FJ_PAGE - 1);
}

/* The values -4095..-1 are errors, as in the kernel's IS_ERR_VALUE. */
static inline bool fj_is_err(long r)
{
	return (unsigned long)r >= (unsigned long)-4095L;
}

/* openat(2) with O_CLOEXEC and O_PATH added: a descriptor that needs no permission for the file.
 * Returns it or -errno. */
long fj_open_path(int dirfd, const char *name, int flags);
void fj_close(int fd);
/* May this process make a file `size` bytes long? Ask before: beyond the program's RLIMIT_FSIZE the
 * kernel sends SIGXFSZ. The limit holds for memory files, too. */
bool fj_may_grow_to(uint64_t size);
uint64_t fj_file_limit(void); /* the limit in bytes */

/* The compiler itself calls these four; freestanding code must have them (GCC manual,
 * Standards). */
void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
/* With -ffreestanding the compiler does not know these functions. The built-in ones turn a small
 * copy of known size into a few moves. */
#define memcpy(dst, src, n) __builtin_memcpy(dst, src, n)
#define memset(dst, byte, n) __builtin_memset(dst, byte, n)
#define memcmp(a, b, n) __builtin_memcmp(a, b, n)

static inline size_t fj_strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}
bool fj_streq(const char *a, const char *b);
bool fj_begins(const char *s, const char *with);
/* Is `s` equal to, or a path below, `dir` ("" is the root: everything is below it)? */
bool fj_path_has_prefix(const char *s, const char *dir);
/* A hash of `n` bytes, beginning with `seed`: similar to FNV-1a, eight bytes at a time. Not for
 * keys that somebody could choose to collide. Files contain it, so it must not change. */
#define FJ_HASH_SEED 0xcbf29ce484222325UL
uint64_t fj_hash(const char *s, size_t n, uint64_t seed);

/* Eight bytes; the second: the last bytes when there are fewer, as two overlapping halves, so that
 * no loop is needed. */
static inline uint64_t fj_load8(const char *s)
{
	uint64_t word;

	memcpy(&word, s, sizeof(word));
	return word;
}
static inline uint64_t fj_load_tail(const char *s, size_t n)
{
	uint32_t first, last;

	if (n >= 4) {
		memcpy(&first, s, sizeof(first));
		memcpy(&last, s + n - sizeof(last), sizeof(last));
		return first | (uint64_t)last << 32;
	}
	return n ? (uint64_t)(unsigned char)s[0] | (uint64_t)(unsigned char)s[n / 2] << 8 |
			       (uint64_t)(unsigned char)s[n - 1] << 16 :
		   0;
}
/* A hash for tables in memory. Names are short, and each lookup makes some hashes. */
static inline uint64_t fj_hash_quick(const char *s, size_t n)
{
	uint64_t h = n;

	for (; n > 8; s += 8, n -= 8) {
		h = (h ^ fj_load8(s)) * 0x9e3779b97f4a7c15UL;
		h ^= h >> 32;
	}
	h = (h ^ (n == 8 ? fj_load8(s) : fj_load_tail(s, n))) * 0x9e3779b97f4a7c15UL;
	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15UL; /* similar names differ in their last bytes */
	return h ^ h >> 32;
}
/* `hash` with one more number mixed in. */
static inline uint64_t fj_mix(uint64_t hash, uint64_t number)
{
	hash = (hash ^ hash >> 32 ^ number) * 0x9e3779b97f4a7c15UL;
	return hash ^ hash >> 32;
}
static inline bool fj_same(const char *a, const char *b, size_t n)
{
	for (; n > 8; a += 8, b += 8, n -= 8)
		if (fj_load8(a) != fj_load8(b))
			return false;
	return n == 8 ? fj_load8(a) == fj_load8(b) : fj_load_tail(a, n) == fj_load_tail(b, n);
}

/* A string in a buffer of fixed size, always NUL terminated. It remembers that it has
 * overflowed. */
struct fj_str {
	char *at;
	size_t len, size;
	bool overflowed;
};
static inline void fj_str_init(struct fj_str *s, char *buf, size_t size)
{
	*s = (struct fj_str){.at = buf, .size = size};
	buf[0] = 0;
}
static inline void fj_str_add(struct fj_str *s, const char *text, size_t n)
{
	if (s->len + n >= s->size) {
		s->overflowed = true;
		return;
	}
	memcpy(s->at + s->len, text, n);
	s->len += n;
	s->at[s->len] = 0;
}
static inline void fj_str_put(struct fj_str *s, const char *text)
{
	fj_str_add(s, text, fj_strlen(text));
}
/* Appends a number in base 8, 10 or 16, without prefix. */
void fj_str_num(struct fj_str *s, uint64_t value, unsigned base);
/* Shortens the string to `len` bytes. */
void fj_str_cut(struct fj_str *s, size_t len);

/* Writes a message to `fd`. The format knows %s, %d, %x, %ld, %lx and %%. A short message is one
 * write(2). */
void fj_say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends "/proc/self/fd/<fd>" to `out`, followed by "/name" when `name` is not NULL. */
void fj_fd_path(struct fj_str *out, int fd, const char *name);
/* Reads that link: the host path of the file behind `fd`, or for AT_FDCWD of the working directory
 * (proc(5)), into `out` of FJ_PATH_MAX bytes, with a NUL. Returns its length or -errno. */
long fj_fd_target(int fd, char *out);
/* Opens the file behind descriptor `fd` anew, with `flags` and O_CLOEXEC. So an O_PATH descriptor
 * gives one that can read, write and map, and the other way round. Returns a descriptor or
 * -errno. */
long fj_open_anew(int fd, int flags);
/* The same for a descriptor that all processes of the jail have: opened through process
 * fj_shared_pid, if that still runs. Then all look at one directory of /proc, which the kernel keeps. For its own
 * directory each process would make the kernel create one: a fifth of the time of a fork (measured, Linux 6.18). */
long fj_open_shared(int fd, int flags);
/* dup3(2) to a number that the jail keeps for itself. It may lie above a soft limit that was
 * lowered: then the limit is raised meanwhile. */
long fj_dup_to(int fd, int number, int flags);
/* Are there enough free descriptor numbers beside `fd`, the lowest free one, for what a start opens
 * for a moment? Called before keeping a descriptor that could be made again. */
bool fj_has_spare_numbers(int fd);
extern int fj_shared_pid; /* 0: none; set as the loader starts */

/* For what cannot happen: prints the place, then kills the process. Continuing would be an
 * escape. */
#define fj_assert(claim)                                                                           \
	do {                                                                                       \
		if (!(claim))                                                                      \
			fj_die(__FILE__, __LINE__, #claim);                                        \
	} while (0)
_Noreturn void fj_die(const char *file, int line, const char *claim);

/* doing.c: what a process does, as far as its threads tell. If threads differ, the later value
 * counts. */
enum fj_doing {
	FJ_IS_GONE, /* or a zombie */
	FJ_SLEEPS,
	FJ_WAITS_FOR_DISK,
	FJ_RUNS,       /* or unknown */
	FJ_IS_STOPPED, /* at least one thread: by a signal or a debugger */
};
enum fj_doing fj_doing(int32_t pid);

#endif
