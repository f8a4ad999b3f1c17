/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * program.h - a program that is about to be run: its open file, and what its first bytes ask for.
 */
#ifndef FJ_PROGRAM_H
#define FJ_PROGRAM_H

#include "exec-format/exec.h"
#include "sys/thread_area.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_call;
struct fj_place;
struct fj_str;
struct fj_thread;

/* Pointer arrays of an execve too long for scratch memory; kept for the next time. exec_args.c */
#define FJ_EXEC_ROOM_AT 0xd0u
struct fj_exec_room {
	uintptr_t at;
	size_t size, used;
};
static inline struct fj_exec_room *fj_exec_room(const struct fj_thread *t)
{
	return (struct fj_exec_room *)fj_thread_area_at(t, FJ_EXEC_ROOM_AT);
}

/* Enough for the program headers and the interpreter's name of what ld(1) makes; more than all that
 * #! may fill. */
#define FJ_PROGRAM_HEAD 1024

/* AT_EXECVE_CHECK of linux/fcntl.h, since 6.14: as is the naming of comm, by which we know the
 * kernel. */
#define FJ_EXECVE_CHECK 0x10000u

struct fj_program {
	int fd, interpreter_fd;
	int held_fd; /* the same file as fd by an O_PATH descriptor, or -1: the loader makes one */
	char *exe;   /* what /proc/self/exe shall read */
	char *head;  /* FJ_PROGRAM_HEAD bytes */
	long head_len; /* as many were read; the rest is zero */
	const char *script_arg[2 * FJ_SCRIPTS_MAX +
			       1]; /* words that #! lines put before the script's arguments */
	int script_args;
	uint64_t gate;	    /* where its process has the gate page */
	uint32_t limits;    /* of the mount that it lies in: FJ_MOUNT_LIMITS */
	bool is_nameless;   /* run by its descriptor alone */
	const char *script; /* the path that replaces argv[0] behind them, or NULL */
};

/* program.c */
/* Open what `jail_path` names, if it may be run. Returns a descriptor or -errno; -EACCES is said of
 * a file on a noexec mount. Unless `p` is NULL its exe (in scratch memory), limits and held_fd tell
 * of that file; its fd is left alone. */
long fj_program_open(
	struct fj_call *c, int dirfd, const char *jail_path, bool follows, struct fj_program *p);
/* Close p->fd and p->held_fd. */
void fj_program_close(struct fj_program *p);
/* The FJ_MOUNT_LIMITS of what descriptor `fd` leads to. */
uint32_t fj_program_limits_of_fd(struct fj_call *c, int fd);
/* Open what `place` names, if it may be run; an empty name means the descriptor itself. */
long fj_program_open_fd(const struct fj_place *place);
/* What /proc/self/exe shall read for a program run by its descriptor alone; in scratch memory. */
char *fj_program_name_of_fd(struct fj_call *c, int fd);
/* Read the first bytes of `p->fd` into `p->head`, in scratch memory. */
long fj_program_read_head(struct fj_call *c, struct fj_program *p);

/* program_parts.c */
/* Follow #! lines until there is an ELF program. `name` is what the script's interpreter is to be
 * given as its path. */
long fj_program_resolve_scripts(
	struct fj_call *c, struct fj_program *p, const char *name, bool is_closed_on_exec);
/* The program's interpreter (PT_INTERP): found, opened and checked as load_elf_binary() does. */
long fj_program_open_interpreter(struct fj_call *c, struct fj_program *p);
/* Is the program a shared object with a name (DT_SONAME), like ld.so when ldd(1) runs it? Its calls
 * are changed like those of any library, and it loads others as it always does. */
bool fj_program_is_library(struct fj_call *c, const struct fj_program *p);

/* exec_args.c: the arrays of pointers that execve(2) takes. */
/* How many pointers before the NULL at the program's `array`? Or -EFAULT. */
long fj_exec_count_pointers(uint64_t array);
/* Can all strings of the program's `array` be read? 0 or -EFAULT. */
long fj_exec_check_strings(uint64_t array);
/* argv as the kernel makes it for a script: interpreter, its argument, the script's path,
 * argv[1]... Returns 0, -EFAULT or -ENOMEM. */
long fj_exec_script_argv(struct fj_call *c, const struct fj_program *p, uint64_t *argv);
/* The environment at `*envp` with one string more. */
long fj_exec_env_with(struct fj_call *c, uint64_t *envp, const char *handoff);

/* hook_exec.c: this process is about to run the first program of a jail inside the jail. */
extern bool fj_exec_is_first;

/* exec_identity.c */
/* The new program's identity: set-id bits and capabilities of its file count, unless the program
 * renounced them. */
long fj_exec_identity(struct fj_call *c, const struct fj_program *p, struct fj_handoff *h,
	struct fj_str *ids_text);

#endif
