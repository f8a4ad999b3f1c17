/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * twin.h - what every twin case includes: CASE(), the ways to print what was seen, the spellings of
 * a path.
 *
 * A case asserts nothing. It makes calls and prints what came back; run.sh runs it under a real
 * chroot and in the jail, and the two outputs must be equal byte for byte. So a case must print
 * something that would differ if a call did the wrong thing, and nothing that differs between two
 * runs (ids, inode numbers, times) unless normalised.
 *
 * The same sources are built against glibc, against musl, and with -D TWIN_RAW, where twin_raw.h
 * turns each call into an inline syscall instruction in the program's own text.
 */
#ifndef TWIN_H
#define TWIN_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <utime.h>

#include "twin_abi.h"
#ifdef TWIN_RAW
#include "twin_raw.h"
#endif

/* A case: `run.sh` starts the program with its name as argv[1]. It stands in a file
 * case_SUBJECT.c or case_SUBJECT_PART.c where SUBJECT begins its name. It starts with an empty
 * directory /t as its working directory, umask 022, stdin /dev/null. */
struct twin_entry {
	const char *name;
	void (*run)(int argc, char **argv);
};
#define TWIN_ENTRY(kind, n)                                                                        \
	static void kind##_##n(int argc, char **argv);                                             \
	static struct twin_entry entry_##kind##_##n = {#n, kind##_##n};                            \
	static struct twin_entry *entry_at_##kind##_##n                                            \
		__attribute__((used, section("twin_" #kind))) = &entry_##kind##_##n;               \
	static void kind##_##n(                                                                    \
		__attribute__((unused)) int argc, __attribute__((unused)) char **argv)
#define CASE(n) TWIN_ENTRY(case, n)

/* A tool: the program run again by a case, as `twin_self @NAME ...`; it gets the whole argv. */
#define TOOL(n) TWIN_ENTRY(tool, n)

/* ---- printing ---- */

/* %s %d %u %x %o %ld %lx %c as in printf(3); %q a quoted string, long ones cut in the middle with
 * their length; %e an errno's name; %g a signal's name. One write(2) a call. */
void say(const char *format, ...);

/* Make the call and print its source text and what it returned: `mkdir("a/", 0755) = -1 EEXIST`. An
 * errno that changed although the call succeeded is printed too. The value is handed on. */
#define R(call) twin_ret(#call, (errno = 0, (long)(call)))
/* The same for a call that returns a pointer, of which only NULL or not can be compared. */
#define RP(call) twin_ret_ptr(#call, (errno = 0, (const void *)(call)))
long twin_ret(const char *text, long r);
const void *twin_ret_ptr(const char *text, const void *p);

/* Print how a waited-for child ended: `name: exit 3`, `name: signal SIGSYS`. */
void say_status(const char *name, int status);
/* Wait for `pid` and print how it ended. */
void reap(const char *name, pid_t pid);

/* Print a stat buffer but for what differs between runs; the owner as `me` (the caller), `root` or
 * a number. */
void say_stat(const char *name, const struct stat *st);
/* Print everything below `path`, sorted: type, mode, size, links, symlink text, the first bytes of
 * small files. */
void tree(const char *path);
/* Names in a directory, sorted, without . and ..; malloc'ed, ends in NULL; NULL and errno when it
 * cannot be read. */
char **names(const char *path);

const char *errno_name(int e);
const char *signal_name(int sig);

/* ---- making things ---- */
void put(const char *path, const char *text); /* a regular file with this content, mode 0644 */
void put_mode(const char *path, const char *text, mode_t mode);
void put_self(const char *path);		    /* this program, mode 0755 */
void copy_self(int to);				    /* and into a descriptor */
void show(const char *path);			    /* print a file's content */
void show_fd(const char *name, int fd);		    /* print what can be read from fd */
void show_link(const char *path);		    /* print readlink(path) */
int set_handler(int sig, void *handler, int flags); /* sigaction(2), with SIGUSR1 in its mask */
void show_handler(int sig, void (*mine)(int));	    /* print it: "mine" if it is that one */
char *fill(char *buf, char c, size_t n);	    /* buf = n times c, NUL-terminated */

/* Until that thread waits in a call: it is seen asleep three times, with time between to fall out
 * of a lock. What it does there is the kernel's to know. */
void wait_until_asleep(pid_t tid);
/* A child, to be reaped, that sends `sig` to its parent while the parent waits in a call. */
pid_t send_soon(int sig);
/* Wait in a read(2) that such a `sig` interrupts. */
void read_until(int sig);

/* A message of one byte with these descriptors, two at most, to be sent or to be received into. The
 * next one takes its place. */
struct msghdr *message_with(const int *fds, size_t count);

/* This program, by its absolute path in the root: to exec. */
extern const char *twin_self;
extern char **environ;
/* An argument vector, in parentheses so that the raw flavour's macros take it for one argument. */
#define ARGV(...) ((char *[]){__VA_ARGS__, NULL})

/* Run a body in a forked child (so that it may lose its root, its fds, its life) and print how that
 * ended. */
#define CHILD(name)                                                                                \
	for (pid_t twin_pid = twin_fork(); twin_pid >= 0;                                          \
		twin_pid = twin_pid ? (reap(name, twin_pid), -1) : (twin_exit(0), -1))             \
		if (!twin_pid)
pid_t twin_fork(void);
_Noreturn void twin_exit(int status);

/* ---- spellings ---- */

/* Run the body once for each way to spell a path: absolute, relative to the working directory,
 * relative to a dirfd (the working directory being elsewhere), and through an absolute symlink.
 * Each has its own empty directory, and the x_ calls take names in it. Output lines are marked
 * [abs] [rel] [at] [sym].
 *
 * Where a call has no dirfd form, [at] is spelt /proc/self/fd/N/name instead. */
#define SPELLINGS() for (twin_spell_first(); twin_spell_more(); twin_spell_next())
enum twin_spell { SPELL_NONE, SPELL_ABS, SPELL_REL, SPELL_AT, SPELL_SYM, SPELL_END };
extern enum twin_spell twin_spell;
extern int twin_dirfd; /* the directory of the spelling: AT_FDCWD but for [at] */
void twin_spell_first(void);
int twin_spell_more(void);
void twin_spell_next(void);
/* The path for a call without a dirfd; four of them may be in use at once. */
const char *x(const char *name);
/* The path for a call that takes twin_dirfd. */
const char *xat(const char *name);

int x_open(const char *name, int flags, mode_t mode);
int x_creat(const char *name, mode_t mode);
int x_stat(const char *name, struct stat *st);
int x_lstat(const char *name, struct stat *st);
int x_access(const char *name, int mode);
int x_mkdir(const char *name, mode_t mode);
int x_rmdir(const char *name);
int x_unlink(const char *name);
int x_rename(const char *from, const char *to);
int x_link(const char *from, const char *to);
int x_symlink(const char *text, const char *name);
ssize_t x_readlink(const char *name, char *buf, size_t size);
int x_chmod(const char *name, mode_t mode);
int x_mknod(const char *name, mode_t mode, dev_t dev);
void x_put(const char *name, const char *text);
void x_show(const char *name);
void x_show_link(const char *name);
void x_say_stat(const char *name);  /* stat, follows */
void x_say_lstat(const char *name); /* does not follow */
void x_tree(void);		    /* the spelling's directory */

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#endif
