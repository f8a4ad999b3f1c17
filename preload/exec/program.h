/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * program.h - a program that is about to be executed: its open file, and what its first bytes need.
 * For the files of this room, and for launch/inside.c. */
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

/* Memory for pointer arrays of an execve that are too long for scratch memory; kept for the next
 * time (exec_args.c). */
#define FJ_EXEC_ROOM_AT 0xd8u
struct fj_exec_room {
	uintptr_t at;
	size_t size, used;
};
static inline struct fj_exec_room *fj_exec_room(const struct fj_thread *t)
{
	return (struct fj_exec_room *)fj_thread_area_at(t, FJ_EXEC_ROOM_AT);
}

/* Enough for the program headers and the interpreter's name as ld(1) writes them; more than a #!
 * line may have. */
#define FJ_PROGRAM_HEAD 1024

/* AT_EXECVE_CHECK of linux/fcntl.h, since 6.14. Since then the kernel also names comm by the file,
 * which shows that it is such a kernel. */
#define FJ_EXECVE_CHECK 0x10000u

struct fj_program {
	int fd, interpreter_fd;
	int held_fd; /* the same file as `fd`, by an O_PATH descriptor; -1: the loader makes one */
	char *exe;   /* what /proc/self/exe must read */
	char *head;  /* FJ_PROGRAM_HEAD bytes */
	long head_len; /* so many were read; the rest is zero */
	const char *script_arg[2 * FJ_SCRIPTS_MAX +
			       1]; /* words from #! lines, which come before the script's
				      arguments */
	int script_args;
	uint64_t gate;	    /* where the process will have the gate page */
	uint32_t limits;    /* FJ_MOUNT_LIMITS of the mount that the file lies in */
	bool is_nameless;   /* executed by its descriptor alone */
	const char *script; /* the path that replaces argv[0], behind those words, or NULL */
};

/* program.c */
/* Opens the file that `jail_path` names, if it may be executed. Returns a descriptor or -errno;
 * -EACCES for a file on a noexec mount. Unless `p` is NULL, sets its exe (in scratch memory),
 * limits and held_fd, but not its fd. */
long fj_program_open(
	struct fj_thread *t, int dirfd, const char *jail_path, bool follows, struct fj_program *p);
/* Closes p->fd and p->held_fd. */
void fj_program_close(struct fj_program *p);
/* The FJ_MOUNT_LIMITS of the file behind descriptor `fd`. */
uint32_t fj_program_limits_of_fd(struct fj_thread *t, int fd);
/* What /proc/self/exe must read for a program that is executed by its descriptor alone; in scratch
 * memory. */
char *fj_program_name_of_fd(struct fj_thread *t, int fd);
/* Reads the first bytes of `p->fd` into `p->head`, in scratch memory. Returns 0 or -errno. */
long fj_program_read_head(struct fj_thread *t, struct fj_program *p);

/* program_file.c */
/* Opens the file that `place` names, if it may be executed; an empty name means the descriptor
 * itself. Returns a descriptor or -errno. */
long fj_program_open_fd(const struct fj_place *place);
/* Opens the program's file `fd`, which was found at `place`, once more: as the O_PATH descriptor that the next program keeps.
 * Returns -1 if that cannot be done here, also if `fd` is an error. */
int fj_program_open_again(const struct fj_place *place, long fd);

/* program_parts.c */
/* Follows #! lines until there is an ELF program. `name` is the path that the script's interpreter
 * gets. Returns 0 or -errno. */
long fj_program_resolve_scripts(
	struct fj_thread *t, struct fj_program *p, const char *name, bool is_closed_on_exec);
/* Finds, opens and checks the program's interpreter (PT_INTERP), as load_elf_binary() does. Returns
 * 0 or -errno. */
long fj_program_open_interpreter(struct fj_thread *t, struct fj_program *p);
/* Is the program a shared object with a name (DT_SONAME), like ld.so when ldd(1) executes it? Its
 * calls are changed like those of any library, and it loads others as usual. */
bool fj_program_is_library(struct fj_thread *t, const struct fj_program *p);

/* exec_args.c: the arrays of pointers that execve(2) takes. */
/* Call before the arrays of an exec are made: what the last one has left, when it failed, may be used
 * again. */
void fj_exec_room_begin(const struct fj_thread *t);
/* How many pointers there are before the NULL in the program's `array`; or -EFAULT. */
long fj_exec_count_pointers(uint64_t array);
/* Can all strings of the program's `array` be read? Returns 0 or -EFAULT. */
long fj_exec_check_strings(uint64_t array);
/* Makes argv as the kernel makes it for a script: interpreter, its argument, the script's path,
 * argv[1]... Returns 0, -EFAULT or -ENOMEM. */
long fj_exec_script_argv(struct fj_thread *t, const struct fj_program *p, uint64_t *argv);
/* Adds one string to the environment at `*envp`. Returns 0, -EFAULT or -ENOMEM. */
long fj_exec_env_with(struct fj_thread *t, uint64_t *envp, const char *handoff);

/* hook_exec.c: this process is about to execute the first program of a jail inside the jail. */
extern bool fj_exec_is_first;

/* exec_identity.c */
/* Finds the new program's identity, and writes it to `ids_text` (FJ_IDS_TEXT bytes) and
 * h->is_secure. Set-id bits and capabilities of its file count, unless the process has set
 * no_new_privs. Returns 0 or -errno. */
long fj_exec_identity(struct fj_call *c, const struct fj_program *p, struct fj_handoff *h,
	struct fj_str *ids_text);

#endif
