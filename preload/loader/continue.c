/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * continue.c - continues an exec inside the jail: takes over the state of the process, maps the program,
 * and jumps to it. Called by main.c.
 *
 * The seccomp filter is already installed: before the gate page exists, only calls that the filter lets
 * through may be made. A failure here ends the process, as an exec that fails past its point of no return
 * does in the kernel (fs/exec.c). For the program of the command line, the user is told why. */
#include "bytes/bytes.h"
#include "bytes/format.h"
#include "child/descriptors.h"
#include "cred/ids.h"
#include "cred/ids_start.h"
#include "dispatch/missing_libraries.h"
#include "door/door.h"
#include "exec/process_layout.h"
#include "guest/guest.h"
#include "inode/exe.h"
#include "inode/writes.h"
#include "jail/jail.h"
#include "launch/loader.h"
#include "nested/roots.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "records/disk.h"
#include "records/jail_records.h"
#include "records/start.h"
#include "setup/layout.h"
#include "signal/faults.h"
#include "signal/hook_signal.h"
#include "sys/abi_signal.h"
#include "sys/arch.h"
#include "sys/fd.h"
#include "sys/frame.h"
#include "sys/gate.h"
#include "sys/gate_code.h"
#include "sys/hot.h"
#include "sys/memory.h"
#include "sys/page.h"
#include "sys/say.h"
#include "sys/thread.h"
#include "syscall/mman.h"
#include "syscall/prctl.h"
#include "syscall/signal.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_process.h"
#include "text/sites.h"
#include "trap/trap.h"
#include "union/change.h"

#include <linux/auxvec.h>
#include <linux/mman.h>
#include <linux/prctl.h>

_Noreturn void fj_loader_jump(uint64_t *stack, uint64_t entry);
_Noreturn void fj_loader_return(const struct fj_frame *frame, uint64_t sigreturn);

/* `is_first`: the program is the one of the launcher's command line. Only this code can then say why it
 * does not run, for the launcher is gone. Other programs die by SIGSEGV without a message, as in the
 * kernel: their stderr may be anything. A privileged instruction raises the signal while it is blocked, so
 * that neither the program nor the engine's handler gets it. */
_Noreturn static void fail_start(bool is_first, const char *what, long error)
{
	const uint64_t all = ~0UL;
	const bool has_gate = fj_gate_address() != (uint64_t)fj_gate_begin;

	if (is_first)
		fj_say(2, "fakejail: cannot start the command: %s: %s\n", what, fj_error(error));
	if (is_first && has_gate)
		fj_sys_exit_group(FJ_FAILED);
	if (has_gate)
		fj_sys_rt_sigprocmask(0 /* SIG_BLOCK */, &all, 0, sizeof(all));
	for (;;)
		fj_arch_fault();
}

/* Where the jail's memory should lie: below the loader, at the beginning of a page of page tables, which maps
 * 2 MB. Its sections that a start reads are then in one such page, and a fault maps the 16 pages for which they are
 * arranged (setup/layout.h). If something lies there, the kernel chooses another address. */
static uint64_t place_for_jail(void)
{
	const uint64_t table = 2u << 20, size = (FJ_JAIL_MEMORY + table - 1) & ~(table - 1);

	return ((uint64_t)fj_gate_begin & ~(table - 1)) - size;
}

/* Map the jail's memory. Returns a descriptor of it, from which texts can be mapped (patch/copies.c), or
 * -errno. */
static long map_jail(const struct fj_handoff *h)
{
	const long fd = fj_open_shared(h->root_fd + 1, O_RDWR, NULL);
	long at;

	if (fd < 0)
		return fd;
	at = fj_sys_mmap((void *)place_for_jail(), FJ_JAIL_MEMORY, PROT_READ | PROT_WRITE,
		MAP_SHARED, fd, 0);
	if (fj_is_err(at))
		return at;
	fj_jail = (struct fj_jail *)at;
	return fj_jail->magic == FJ_JAIL_MAGIC && fj_jail->layout == FJ_JAIL_LAYOUT ? fd : -EINVAL;
}

/* comm is the file name without its directories: begin_new_exec() of fs/exec.c. */
static void set_comm(const char *execfn)
{
	const char *name = execfn;

	for (const char *p = execfn; *p; p++)
		if (*p == '/')
			name = p + 1;
	fj_sys_prctl(PR_SET_NAME, (unsigned long)name, 0, 0, 0);
}

/* Set what ps, gdb and /proc/PID read from the kernel's data about a program. Needs a kernel with
 * CONFIG_CHECKPOINT_RESTORE; without it they show the loader's. */
static void tell_kernel(const struct fj_stack *s, const struct fj_mapped *m, uint64_t brk,
	const char *env, const char *handoff)
{
	struct prctl_mm_map map = {
		.start_code = m->code_start,
		.end_code = m->code_end,
		.start_data = m->data_start,
		.end_data = m->data_end,
		.start_stack = (uint64_t)s->base,
		.auxv = (void *)s->auxv,
		.auxv_size = (uint32_t)(s->auxv_pairs * 16),
		.exe_fd = (uint32_t)-1,
	};

	map.start_brk = map.brk = brk;
	map.arg_start = s->argc ? (uint64_t)s->argv[0] : (uint64_t)env;
	map.arg_end = (uint64_t)env;
	map.env_start = map.arg_end;
	map.env_end =
		(uint64_t)handoff; /* the handoff is the last string, so the environment ends before
				    * it */
	fj_sys_prctl(PR_SET_MM, PR_SET_MM_MAP, (unsigned long)&map, sizeof(map), 0);
}

/* Keep the program's file open as FJ_FD_EXE. If the limit of descriptors has fallen below this number, it
 * is not kept. */
static void keep_program(int fd, int held_fd)
{
	const long held = held_fd >= 0 ? held_fd : fj_open_anew(fd, O_PATH);

	if (held >= 0) {
		fj_sys_dup3(held, FJ_FD_EXE(fj_jail), O_CLOEXEC);
		fj_sys_close((int)held);
	}
	fj_sys_close(fd);
}

/* The exec found no free descriptor, and raised the program's limit. */
static void put_limit_back(const struct fj_handoff *h)
{
	if (h->descriptors)
		fj_descriptors_lower(h->descriptors);
}

/* The first bytes at `pos`, as many as the handoff says, are the position of the process's root. None: the
 * jail's root. */
static void start_root(const char *pos, const struct fj_handoff *h)
{
	static char nested[PATH_MAX] FJ_BULKY;
	static const char of_jail[] = ""; /* (beside what a start reads: order.ld) */
	const uint32_t len = h->nested_len;

	if (len)
		fj_format(nested, sizeof(nested), "%.*s",
			(int)(len < PATH_MAX ? len : PATH_MAX - 1), pos);
	fj_root_start(len ? nested : of_jail, h->nested_fd, fj_path_open_pos);
}

/* Jumps as a signal handler returns. So the loader's last call ends where the program begins, with the
 * program's signal mask. This is what a tracer expects of the end of execve(2). */
_Noreturn static void jump_by_return(uint64_t *stack, uint64_t entry, uint64_t mask)
{
	static struct fj_frame frame FJ_BULKY;

	fj_frame_begin(&frame);
	fj_frame_go_to(&frame, entry);
	fj_frame_set_sp(&frame, (uint64_t)stack);
	frame.mask = mask;
	fj_loader_return(&frame, fj_gate_address() + (uint64_t)(fj_gate_sigreturn - fj_gate_begin));
}

static void close_copies_memory(void)
{
	if (fj_copies_memory >= 0)
		fj_sys_close(fj_copies_memory);
	fj_copies_memory = -1;
}

static long start_owners(void)
{
	return fj_owner_start(FJ_FD_OWNERS(fj_jail),
		fj_jail_records()->has_host_owners ? FJ_FD_HOST_OWNERS(fj_jail) : -1);
}

/* One descriptor must be free beside those that the handoff names: exec/hook_exec.c sees to that. */
_Noreturn void fj_continue(struct fj_stack *s, struct fj_handoff *h, const char *nested,
	const char *exe, const char *execfn)
{
	struct fj_mapped program, interpreter;
	struct fj_thread *t;
	const char *env = s->envp[0];
	char *handoff = s->envp[s->envc - 1];
	uint64_t entry, brk;
	long memory, r;

	r = fj_gate_place(h->gate);
	fj_shared_pid = h->first_pid;
	memory = r < 0 ? r : map_jail(h);
	if (memory == -EMFILE && h->held_fd >= 0) {
		fj_sys_close(h->held_fd);
		h->held_fd = -1;
		memory = map_jail(h);
	}
	if (memory < 0)
		fail_start(h->is_first, "the jail's memory cannot be mapped", memory);
	if (fj_has_spare_numbers((int)memory))
		fj_copies_memory = (int)memory;
	else
		fj_sys_close((int)memory);
	fj_door_map = fj_sites_map;
	fj_door_start(fj_stack_aux(s, 26 /* AT_HWCAP2 */) & 2 /* HWCAP2_FSGSBASE, asm/hwcap2.h */);
	fj_thread_start(fj_gate_address() + FJ_PAGE);
	fj_process_take_up(h->kept);
	t = fj_thread_first();
	if (!t)
		fail_start(h->is_first, "no memory for the engine's stack", -ENOMEM);
	fj_faults_arm();
	fj_faults_let_in(FJ_SIGSEGV_BIT);
	fj_owner_shared = fj_jail_records()->owners_shared;
	fj_owner_is_scattered = fj_jail_records()->is_scattered;
	fj_owner_follows_tags = fj_jail_records()->follows_tags;
	fj_owner_is_forgetful = fj_jail_records()->is_forgetful;
	r = start_owners();
	if (r == -EMFILE && fj_copies_memory >= 0) { /* copies of texts are not needed */
		close_copies_memory();
		r = start_owners();
	}
	if (r < 0)
		fail_start(h->is_first, "the owner records cannot be mapped", r);
	fj_owner_still_watches();
	fj_writes_start();
	fj_roots_start(fj_jail_roots(), fj_jail_roots_state());
	fj_union_start();
	fj_namespace_start();
	fj_cwd_start();
	start_root(nested, h);
	fj_exe_start(exe, h->exe_len, h->program_fd);
	fj_sigsys_start(t, h->sigsys);
	fj_ids_start(fj_jail_identities(), fj_jail_posted(), execfn - h->ids_len, h->ids_len);
	if (fj_jail->has_trap) {
		fj_trap_watcher = fj_sites_trapped;
		fj_trap_arm(t);
	}

	if (h->interpreter_fd < 0 || !fj_preload_announce(s))
		fj_stack_pop_env(s);
	if (h->interpreter_fd == FJ_IS_LOADER) {
		keep_program(h->program_fd, h->held_fd);
		close_copies_memory();
		put_limit_back(h);
		fj_inside(s, h->mask);
	}
	brk = (uint64_t)fj_sys_brk(0); /* nothing moves it before the program runs */
	r = fj_map_elf(h->program_fd,
		&(const struct fj_mapping){.before = brk,
			.has_interpreter = h->interpreter_fd >= 0,
			.has_jumps = h->interpreter_fd < 0 || !fj_jail->has_trap},
		&program);
	if (r < 0)
		fail_start(h->is_first, fj_exe_path(), r);
	entry = program.entry;
	if (h->interpreter_fd < 0) /* it may make any call anywhere, in more than one way */
		fj_guest_watched(false);
	keep_program(h->program_fd, h->held_fd);
	fj_stack_set_aux(s, AT_BASE, 0);
	if (h->interpreter_fd >= 0) {
		r = fj_map_elf(h->interpreter_fd, &(const struct fj_mapping){.has_jumps = true},
			&interpreter);
		if (r < 0 || !interpreter.size)
			fail_start(h->is_first, "its ELF interpreter cannot be mapped", r);
		fj_sys_close(h->interpreter_fd);
		fj_stack_set_aux(s, AT_BASE, interpreter.base);
		if (h->is_first && program.phdr)
			fj_missing_watch(interpreter.code_start, interpreter.code_end, program.base,
				(const Elf64_Phdr *)program.phdr, program.phnum);
		entry = interpreter.entry;
	}
	close_copies_memory();
	put_limit_back(h);
	fj_jail->is_starting = 0;
	fj_stack_set_aux(s, AT_PHDR, program.phdr ? program.phdr : program.base);
	fj_stack_set_aux(s, AT_PHNUM, program.phnum);
	fj_stack_set_aux(s, AT_ENTRY, program.entry);
	/* The program's name goes after the environment, where the kernel puts it. The rest of the handoff is not needed
	 * any more. */
	memmove(handoff, execfn, h->execfn_len + 1);
	execfn = handoff;
	fj_stack_set_aux(s, AT_EXECFN, (uint64_t)execfn);
	fj_stack_set_aux(s, AT_UID, fj_ids()->ruid);
	fj_stack_set_aux(s, AT_EUID, fj_ids()->euid);
	fj_stack_set_aux(s, AT_GID, fj_ids()->rgid);
	fj_stack_set_aux(s, AT_EGID, fj_ids()->egid);
	fj_stack_set_aux(s, AT_SECURE, h->is_secure);
	if (program.wants_exec_stack)
		fj_sys_mprotect((void *)(fj_page_down((uint64_t)s->base)), FJ_PAGE,
			PROT_READ | PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN);
	/* A program that is run by its descriptor alone has only its file's name: since Linux 6.14 that is
	 * its comm. */
	set_comm(h->comm_from_exe ? fj_exe_path() : execfn);
	tell_kernel(s, &program, brk, env, handoff);
	if (fj_jail->has_trap)
		h->mask &=
			~(1UL << 30); /* SIGSYS: the trap needs it, whatever the launcher's caller
					 * had blocked */
	fj_faults_mask_changes(FJ_SIG_SETMASK, h->mask);
	if (fj_jail->has_tracers)
		jump_by_return(s->base, entry, h->mask);
	fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &h->mask, 0, sizeof(h->mask));
	fj_loader_jump(s->base, entry);
}
