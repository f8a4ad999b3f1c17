/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * exec.h - what a file is, and what one process hands to the program that takes its place.
 *
 * The readers are pure functions on bytes that anybody may have made: they are fuzzed. */
#ifndef FJ_EXEC_H
#define FJ_EXEC_H

#include <linux/elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_str;

#define FJ_HEAD_SIZE 256 /* BINPRM_BUF_SIZE, include/uapi/linux/binfmts.h: all that #! may fill */
#define FJ_SCRIPTS_MAX                                                                             \
	5 /* scripts that interpret scripts: exec_binprm() of fs/exec.c, then ELOOP */
#define FJ_PHDRS_MAX (65536u / sizeof(Elf64_Phdr)) /* load_elf_phdrs() of fs/binfmt_elf.c */

/* Parse a #! line in `head`, FJ_HEAD_SIZE + 1 bytes of which the file filled the first ones and the
 * rest is zero. The line is cut apart in place. Returns 0; `*argument` is NULL when there is none,
 * `*interpreter` may be empty. -ENOEXEC: this is no script (fs/binfmt_script.c). */
long fj_script_parse(char *head, const char **interpreter, const char **argument);

/* Is `head` a program for this machine? 0; -ENOEXEC: no ELF program, or none for us. */
long fj_elf_check(const Elf64_Ehdr *head, size_t size);
/* Is it an ELF file for this machine, of whatever type? More is not asked of an interpreter before
 * it is mapped. */
bool fj_elf_is_ours(const Elf64_Ehdr *head, size_t size);
/* The machine an ELF header names, or 0 when it is no ELF. For messages. */
unsigned fj_elf_machine(const void *head, size_t size);

/* Does `head`, the first `size` bytes of an ELF program that fj_elf_check() accepts, say that it is
 * a loader of ours (exec-format/elf_note.h), and one whose command line is ours? What lies beyond
 * says nothing. */
bool fj_elf_is_loader(const void *head, size_t size);
/* The same of the `fakejail` command (scripts/front). */
bool fj_elf_is_front(const void *head, size_t size);
/* In place of an interpreter's descriptor: the program is such a loader. */
#define FJ_IS_LOADER (-2)

/* How the program guards itself: seccomp/policy.h. */
struct fj_guard {
	uint32_t policy; /* its last filter; 0: none */
	uint32_t no_new_privs;
	uint32_t seccomp_mode; /* linux/seccomp.h */
};

/* The sections of the process's state that pass as they are (exec/process_layout.h) have room in so
 * many bytes. */
#define FJ_KEPT_SIZE 32u

/* What passes through execve(2) to the loader: one string behind the last of the environment, which
 * the loader takes away before the program starts. So nothing that the program does to its
 * environment can lose it. */
struct fj_handoff {
	uint64_t gate;
	uint64_t mask; /* signals blocked in the program; the engine execs with all blocked */
	int32_t root_fd;
	int32_t program_fd, interpreter_fd; /* open; interpreter_fd -1: none; or FJ_IS_LOADER */
	int32_t held_fd;		    /* the program once more, O_PATH; or -1 */
	int32_t first_pid;		    /* the jail's first process: fj_shared_pid */
	uint32_t is_first; /* the program that the user asked for: failures are explained */
	uint32_t comm_from_exe;
	uint32_t nested_len, exe_len, execfn_len; /* of the strings that follow, in this order */
	uint32_t version;
	uint32_t ids_len;   /* of the identity, between exe and execfn (cred/ids.h); 0: root as the
				first process is it */
	uint32_t is_secure; /* AT_SECURE */
	uint32_t sigsys;    /* FJ_SIGSYS_ flags: the program's own view of SIGSYS */
	int32_t nested_fd;  /* what holds the root, when that is not the jail's own */
	unsigned char kept[FJ_KEPT_SIZE];
};
enum {
	FJ_SIGSYS_BLOCKED = 1,
	FJ_SIGSYS_IGNORED = 2,
	FJ_SIGSYS_PENDING = 4,
	FJ_SIGSYS_PENDING_FOR_ALL = 8,
	FJ_SIGSYS_STAND_IN = 16
};
#define FJ_HANDOFF_VERSION 8
#define FJ_HANDOFF_PREFIX "\1fakejail="
#define FJ_HANDOFF_SIZE (32 + 2 * sizeof(struct fj_handoff) + 3 * FJ_PATH_MAX + FJ_IDS_TEXT)

/* Write it, with its strings, into `out` (room for FJ_HANDOFF_SIZE bytes). `ids`: from
 * fj_ids_write(). */
void fj_handoff_write(struct fj_str *out, struct fj_handoff *h, const char *nested, const char *exe,
	const char *execfn, const char *ids);
/* Read it from an environment string. The strings point into `text`; only execfn is NUL terminated;
 * the identity's stands before it. False: it is none. */
bool fj_handoff_read(const char *text, struct fj_handoff *h, const char **nested, const char **exe,
	const char **execfn);

#endif
