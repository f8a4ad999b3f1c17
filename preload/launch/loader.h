/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * loader.h - the static program that starts every jailed process. Declares what the rooms launch and loader
 * use of each other.
 *
 * Started with a handoff (exec-format/exec.h), it takes over the state of the process, maps the program and
 * the jail's own ELF interpreter, and jumps. Started by the launcher, it makes the jail first. All of this
 * happens before the program's first instruction. */
#ifndef FJ_LOADER_H
#define FJ_LOADER_H

#include "command/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_handoff;
struct fj_thread;

/* The kernel's initial stack of a new process, changed in place. */
struct fj_stack {
	uint64_t *base; /* argc */
	long argc;
	char **argv, **envp;
	long envc;
	uint64_t *auxv;	   /* pairs, ended by AT_NULL */
	size_t auxv_pairs; /* with AT_NULL */
};

/* stack.c: read the stack of a new process, which begins with argc at `base`, into `s`. */
void fj_stack_read(struct fj_stack *s, uint64_t *base);
/* Remove the last environment string. Returns it, or NULL if there is none. */
char *fj_stack_pop_env(struct fj_stack *s);
/* The value of an entry of the auxiliary vector; 0 if there is none. */
uint64_t fj_stack_aux(const struct fj_stack *s, uint64_t type);
/* Set the value of an entry of the auxiliary vector, if the entry exists. */
void fj_stack_set_aux(struct fj_stack *s, uint64_t type, uint64_t value);

/* user.c: set the identity of the first program from --userspec=SPEC and --groups=GROUPS, as chroot(8)
 * does. Either may be NULL. Names are looked up in the jail, then in the caller's files. If there is no
 * such user or group, ends the process with a message and status 125. */
void fj_user_choose(struct fj_thread *t, const char *spec, const char *groups);
/* accounts.c: does /etc/passwd have a line for the user `name`? */
bool fj_user_is_named(struct fj_thread *t, const char *name);
/* accounts.c: the line of the first program's user in /etc/passwd. `name` is NULL if there is none; `home` and `shell`
 * are then "". Valid until one of these functions is called again. */
struct fj_login {
	const char *name, *home, *shell;
};
struct fj_login fj_user_login(struct fj_thread *t);

/* environment.c: correct HOME, USER, LOGNAME and SHELL in `envp` where the caller's value has no meaning in
 * the jail. Those in `kept` were set on the command line, and stay. Called with the first program's
 * identity. */
void fj_environment_choose(struct fj_thread *t, char **envp, const bool kept[FJ_VARIABLES]);
/* If PWD is set, set it to the first program's working directory. */
void fj_environment_set_pwd(struct fj_thread *t, char **envp);

/* map.c: a mapped ELF file. */
struct fj_mapped {
	uint64_t base; /* what was added to its addresses */
	uint64_t entry;
	uint64_t size; /* from its first page to its last; 0: no segments */
	uint64_t phdr; /* address of its program headers; 0: not in memory */
	uint16_t phnum;
	uint64_t code_start, code_end, data_start, data_end;
	bool wants_exec_stack;
};
/* Map the ELF file `fd`. Returns 0, or -errno; parts may then be mapped. */
struct fj_mapping {
	uint64_t before;      /* if it has no addresses of its own: map it right before this address
			       * if possible; 0: anywhere */
	bool has_interpreter; /* it is a program with an interpreter */
	bool has_jumps;	      /* make its system calls jumps: text/sites.h */
};
long fj_map_elf(int fd, const struct fj_mapping *how, struct fj_mapped *m);
/* preload.c: let ld.so load libfakejail.so, which later removes the variable from the environment. Called
 * in place of fj_stack_pop_env(): the variable replaces the last string. Returns whether it did so. */
bool fj_preload_announce(struct fj_stack *s);

/* place_gate.c: copy the gate to its page at `address` (0: choose one). Returns the address or -errno. */
long fj_gate_place(uint64_t address);

/* continue.c: start the program of an exec, whose handoff is the last variable of the environment. The other
 * arguments are what fj_handoff_read() has found in it. */
_Noreturn void fj_continue(struct fj_stack *s, struct fj_handoff *h, const char *nested,
	const char *exe, const char *execfn);

/* launch.c: execute the launcher's command line. */
_Noreturn void fj_launch(struct fj_stack *s);
/* inside.c: execute the command line of a launcher that runs in a jail. Called at the end of fj_continue().
 * `mask`: the signals that the launcher blocks. */
_Noreturn void fj_inside(struct fj_stack *s, uint64_t mask);

/* explain.c: say why the first program could not be started. Returns the exit status: 126 or 127. */
int fj_explain(struct fj_thread *t, const char *command, const char *jail_path, const char *search,
	long error);

#endif
