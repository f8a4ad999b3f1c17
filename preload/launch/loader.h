/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * loader.h - the static program that starts every jailed process.
 *
 * Started with a handoff (exec-format/exec.h) it takes up the state of the process, maps the
 * program and the jail's own ELF interpreter, and jumps. Started by the launcher it makes the jail
 * first. Everything is done before the program's first instruction. */
#ifndef FJ_LOADER_H
#define FJ_LOADER_H

#include "command/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_thread;

/* What the kernel put on the stack of a new process, in place. */
struct fj_stack {
	uint64_t *base; /* argc */
	long argc;
	char **argv, **envp;
	long envc;
	uint64_t *auxv;	   /* pairs, ended by AT_NULL */
	size_t auxv_pairs; /* with AT_NULL */
};

/* stack.c */
void fj_stack_read(struct fj_stack *s, uint64_t *base);
/* Take the last environment string away; returns it, or NULL when there is none. */
char *fj_stack_pop_env(struct fj_stack *s);
/* The value of an auxiliary vector entry; 0 when there is none. */
uint64_t fj_stack_aux(const struct fj_stack *s, uint64_t type);
void fj_stack_set_aux(struct fj_stack *s, uint64_t type, uint64_t value);

/* user.c: the identity that --userspec=SPEC and --groups=GROUPS (either may be NULL) give the first
 * program, as chroot(8). Names are looked up in the jail, and what is not there in the caller's
 * files; ends with 125 and a message when there is no such user or group. */
void fj_user_choose(struct fj_thread *t, const char *spec, const char *groups);
/* Does the jail's /etc/passwd know that name? */
bool fj_user_is_named(struct fj_thread *t, const char *name);
/* The line of who the first program is. `name` is NULL when there is none; the others are "" where
 * it says nothing. Good until one of these is called again. */
struct fj_login {
	const char *name, *home, *shell;
};
struct fj_login fj_user_login(struct fj_thread *t);

/* environment.c: give HOME, USER, LOGNAME and SHELL in `envp` a meaning where the caller's have
 * none in the jail, but not the `kept` ones, of which the command line has said what they are. To
 * be called by who the first program is. */
void fj_environment_choose(struct fj_thread *t, char **envp, const bool kept[FJ_VARIABLES]);
/* Let PWD, where it is set, say where the first program starts. */
void fj_environment_set_pwd(struct fj_thread *t, char **envp);

/* map.c: an ELF file in memory. */
struct fj_mapped {
	uint64_t base; /* what was added to its addresses */
	uint64_t entry;
	uint64_t size; /* from its first page to its last; 0: it has none */
	uint64_t phdr; /* where its program headers are in memory; 0: nowhere */
	uint16_t phnum;
	uint64_t code_start, code_end, data_start, data_end;
	bool wants_exec_stack;
};
/* Map the ELF file `fd`. Returns 0 or -errno; then it may be there in part. */
struct fj_mapping {
	uint64_t before;      /* if it has no addresses of its own, right before there where that is
				 free, or (0) anywhere */
	bool has_interpreter; /* it is a program that has one */
	bool has_jumps;	      /* its system calls are made jumps: text/sites.h */
};
long fj_map_elf(int fd, const struct fj_mapping *how, struct fj_mapped *m);
/* preload.c: have ld.so load libfakejail.so, which takes that out of the environment again. To be
 * called in place of fj_stack_pop_env(): it puts the variable in place of the last string. Returns
 * whether it did. */
bool fj_preload_announce(struct fj_stack *s);

/* place_gate.c: copy the gate to its page at `address` (0: choose one). Returns the address or
 * -errno. */
long fj_gate_place(uint64_t address);

/* continue.c: a process whose exec handed over `text`. */
_Noreturn void fj_continue(struct fj_stack *s, const char *text);

/* launch.c: the launcher's command line. */
_Noreturn void fj_launch(struct fj_stack *s);
/* inside.c: the same, of a launcher in a jail; at the end of what every process of the jail begins
 * with. `mask`: the signals that its program blocks. */
_Noreturn void fj_inside(struct fj_stack *s, uint64_t mask);

/* explain.c: say why the first program could not be started. Returns the exit status: 126 or 127.
 */
int fj_explain(struct fj_thread *t, const char *command, const char *jail_path, const char *search,
	long error);

#endif
