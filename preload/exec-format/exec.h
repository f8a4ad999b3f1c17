/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * exec.h - what kind of program a file is, and what a process passes to the program that replaces
 * it. For exec/, launch/ and the loader, and for rooms with state that is passed (seccomp/, signal/).
 *
 * The readers are pure functions on bytes that anybody may have made: they are fuzzed. */
#ifndef FJ_EXEC_H
#define FJ_EXEC_H

#include "cred/ids_start.h"

#include <linux/elf.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_str;

/* BINPRM_BUF_SIZE, include/uapi/linux/binfmts.h: the most that a #! line may have */
#define FJ_HEAD_SIZE 256
#define FJ_SCRIPTS_MAX                                                                             \
	5 /* scripts whose interpreters are scripts: exec_binprm() of fs/exec.c, then ELOOP */
#define FJ_PHDRS_MAX (65536u / sizeof(Elf64_Phdr)) /* load_elf_phdrs() of fs/binfmt_elf.c */

/* Parses a #! line in `head`, which has FJ_HEAD_SIZE + 1 bytes: the beginning of the file, then
 * zeros. The line is cut apart in place. Returns 0; `*argument` is NULL when there is none,
 * `*interpreter` may be empty. -ENOEXEC: not a script (fs/binfmt_script.c). */
long fj_script_parse(char *head, const char **interpreter, const char **argument);

/* Is `head` a program for this machine? Returns 0, or -ENOEXEC. */
long fj_elf_check(const Elf64_Ehdr *head, size_t size);
/* Is `head` that of an ELF file for this machine, of any type? An interpreter need be no more before
 * it is mapped. */
bool fj_elf_is_ours(const Elf64_Ehdr *head, size_t size);
/* The machine that an ELF header names, or 0 when it is no ELF file. For messages. */
unsigned fj_elf_machine(const void *head, size_t size);

/* Is the ELF program whose first `size` bytes are `head`, and which fj_elf_check() accepts, a
 * loader of fakejail (exec-format/elf_note.h) with our version of the command line? The rest of the
 * file is not looked at. */
bool fj_elf_is_loader(const void *head, size_t size);
/* Is it the `fakejail` command (scripts/front)? The arguments are those of fj_elf_is_loader(). */
bool fj_elf_is_front(const void *head, size_t size);
/* In place of an interpreter's descriptor: the program is such a loader. */
#define FJ_IS_LOADER (-2)

/* The program's own seccomp filters and no_new_privs: seccomp/policy.h. */
struct fj_guard {
	uint32_t policy; /* its last filter; 0: none */
	uint32_t no_new_privs;
	uint32_t seccomp_mode; /* linux/seccomp.h */
};

/* The sections of the process's state that are passed as they are (exec/process_layout.h) fit in so
 * many bytes. */
#define FJ_KEPT_SIZE 32u

/* What is passed through execve(2) to the loader: one string behind the last of the environment.
 * The loader removes it before the program starts. So nothing that a program does to its
 * environment can lose it. */
struct fj_handoff {
	uint64_t gate;
	uint64_t mask; /* signals blocked in the program; during the exec the engine blocks all that
			  may be blocked (exec/hook_exec.c) */
	int32_t root_fd;
	int32_t program_fd, interpreter_fd; /* open descriptors; interpreter_fd -1: none; or
					       FJ_IS_LOADER */
	int32_t held_fd;		    /* the program's file, O_PATH; or -1 */
	int32_t first_pid;		    /* the jail's first process: fj_shared_pid */
	uint32_t is_first; /* the program that the user asked for: its failures are explained */
	uint32_t comm_from_exe;
	uint32_t nested_len, exe_len, execfn_len; /* lengths of the strings that follow, in this
						     order */
	uint32_t version;
	uint32_t ids_len;   /* length of the identity's string, between exe and execfn
			       (cred/ids_start.h); 0: root, as the first process is root */
	uint32_t is_secure; /* AT_SECURE */
	uint32_t sigsys;    /* FJ_SIGSYS_ flags: the program's own view of SIGSYS */
	/* The program's soft limit of descriptors, if it is raised for the start; otherwise 0. */
	uint64_t descriptors;
	int32_t nested_fd; /* the descriptor of the root, when it is not the jail's own */
	unsigned char kept[FJ_KEPT_SIZE];
};
enum {
	FJ_SIGSYS_BLOCKED = 1,
	FJ_SIGSYS_IGNORED = 2,
	FJ_SIGSYS_PENDING = 4,
	FJ_SIGSYS_PENDING_FOR_ALL = 8,
	FJ_SIGSYS_STAND_IN = 16
};
#define FJ_HANDOFF_VERSION 9
#define FJ_HANDOFF_PREFIX "\1fakejail="
#define FJ_HANDOFF_SIZE (32 + 2 * sizeof(struct fj_handoff) + 3 * PATH_MAX + FJ_IDS_TEXT)

/* Writes `h` and its strings into `out`, which has FJ_HANDOFF_SIZE bytes; sets the lengths and the
 * version in `h`. `ids` comes from fj_ids_write(). */
void fj_handoff_write(struct fj_str *out, struct fj_handoff *h, const char *nested, const char *exe,
	const char *execfn, const char *ids);
/* Reads `h` from the environment string `text`. The other strings point into `text`, and only execfn
 * ends with a NUL: the others have the lengths in `h`. The identity's string ends where execfn begins.
 * Returns false if `text` is no handoff of this version. */
bool fj_handoff_read(const char *text, struct fj_handoff *h, const char **nested, const char **exe,
	const char **execfn);

#endif
