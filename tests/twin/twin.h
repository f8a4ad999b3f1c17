/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * twin.h - included by every twin case: CASE(), functions that print results, the spellings of a
 * path.
 *
 * A case has no assertions. It makes calls and prints the results. run.sh runs it in a real chroot
 * and in the jail, and both outputs must be the same bytes. So a case must print something that
 * differs if a call does the wrong thing. It must not print what differs between two runs (ids,
 * inode numbers, times).
 *
 * The same sources are built with glibc, with musl, and with -D TWIN_RAW: then twin_raw.h makes
 * each call a syscall instruction in the program's own text.
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

/* A case: run.sh starts the program with the name of the case as argv[1]. The case is in a file
 * case_SUBJECT.c or case_SUBJECT_PART.c, where SUBJECT is the beginning of its name. Its working
 * directory is the empty directory /t, its umask 022, its standard input /dev/null. */
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

/* A tool: a case executes the program again, as `twin_self @NAME ...`. The tool gets the whole
 * argv. */
#define TOOL(n) TWIN_ENTRY(tool, n)

/* ---- printing ---- */

/* Prints a line by one write(2). %s %d %u %x %o %ld %lx %c are as in printf(3). %q is a quoted
 * string: a long one is cut in the middle, with its length. %e is the name of an errno, %g that of
 * a signal. */
void say(const char *format, ...);

/* Makes the call, and prints its source text and its result: `mkdir("a/", 0755) = -1 EEXIST`. If
 * the call succeeded and changed errno, that is printed, too. The value is that of the call. */
#define R(call) twin_ret(#call, (errno = 0, (long)(call)))
/* The same for a call that returns a pointer: prints whether it is NULL. */
#define RP(call) twin_ret_ptr(#call, (errno = 0, (const void *)(call)))
long twin_ret(const char *text, long r);
const void *twin_ret_ptr(const char *text, const void *p);

/* Prints a wait status: `name: exit 3`, `name: signal SIGSYS`. */
void say_status(const char *name, int status);
/* Waits for `pid` and prints how it ended. */
void reap(const char *name, pid_t pid);

/* Prints a stat buffer without fields that differ between runs. The owner is printed as `me` (the
 * caller), `root` or a number. */
void say_stat(const char *name, const struct stat *st);
/* Prints everything below `path`, sorted: type, mode, size, number of links, target of a symlink,
 * the first bytes of small files. */
void tree(const char *path);
/* Returns the names in a directory, sorted, without . and .., by malloc(3), and with NULL at the
 * end. Returns NULL with errno if the directory cannot be read. */
char **names(const char *path);

const char *errno_name(int e);
const char *signal_name(int sig);

/* ---- making things ---- */
void put(const char *path, const char *text); /* a regular file with this content, mode 0644 */
void put_mode(const char *path, const char *text, mode_t mode);
void put_self(const char *path);		    /* this program, mode 0755 */
void copy_self(int to);				    /* the same into a descriptor */
void show(const char *path);			    /* print a file's content */
void show_fd(const char *name, int fd);		    /* print what can be read from fd */
void show_link(const char *path);		    /* print readlink(path) */
int set_handler(int sig, void *handler, int flags); /* sigaction(2), with SIGUSR1 in its mask */
void show_handler(int sig, void (*mine)(int));	    /* print the handler: "mine" if it is `mine` */
/* Execs `tool` with each action of `sig`, `handler` among them, and with it blocked and pending. */
void exec_with_handlers(int sig, void *handler, const char *tool);
char *fill(char *buf, char c, size_t n); /* n times c and a NUL; returns buf */

/* Returns when that thread waits in a call: it was asleep three times, with enough time between for
 * a lock. */
void wait_until_asleep(pid_t tid);
/* Makes a child that sends `sig` to its parent while the parent waits in a call. The caller reaps
 * it. */
pid_t send_soon(int sig);
/* Waits in a read(2) until such a `sig` interrupts it. */
void read_until(int sig);

/* Makes a message of one byte with these descriptors, two at most, to send it or to receive into
 * it. The next call overwrites it. */
struct msghdr *message_with(const int *fds, size_t count);

/* The absolute path of this program in the root, for execve(2). */
extern const char *twin_self;
extern char **environ;
/* An argument vector. It is in parentheses, so that it is one argument of the raw flavour's
 * macros. */
#define ARGV(...) ((char *[]){__VA_ARGS__, NULL})

/* Runs the body in a forked child, which may change its root, close descriptors or be killed.
 * Prints how the child ended. */
#define CHILD(name)                                                                                \
	for (pid_t twin_pid = twin_fork(); twin_pid >= 0;                                          \
		twin_pid = twin_pid ? (reap(name, twin_pid), -1) : (twin_exit(0), -1))             \
		if (!twin_pid)
pid_t twin_fork(void);
_Noreturn void twin_exit(int status);

/* ---- spellings ---- */

/* Runs the body once for each way to spell a path: absolute, relative to the working directory,
 * relative to a dirfd (with another working directory), and through an absolute symlink. Each way
 * has its own empty directory. The x_ functions take names in it. Output lines are marked [abs]
 * [rel] [at] [sym].
 *
 * If a call has no dirfd, [at] uses /proc/self/fd/N/name instead. */
#define SPELLINGS() for (twin_spell_first(); twin_spell_more(); twin_spell_next())
enum twin_spell { SPELL_NONE, SPELL_ABS, SPELL_REL, SPELL_AT, SPELL_SYM, SPELL_END };
extern enum twin_spell twin_spell;
extern int twin_dirfd; /* the directory of the spelling: AT_FDCWD except for [at] */
void twin_spell_first(void);
int twin_spell_more(void);
void twin_spell_next(void);
/* The path for a call without a dirfd. Three more calls do not overwrite it. */
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
void x_say_stat(const char *name);  /* stat(2): follows symlinks */
void x_say_lstat(const char *name); /* lstat(2) */
void x_tree(void);		    /* the spelling's directory */

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#endif
