/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_exec.c - the hook of execve(2) and execveat(2): every exec of the jail becomes an exec of
 * the loader, with the program open on a descriptor. Called through the table.
 *
 * It is a real execve, so the kernel does everything that it does for a new program. Everything
 * that can fail is tried before it, because afterwards the caller is gone. The order of the checks
 * is the kernel's (fs/exec.c, fs/binfmt_elf.c). */
#include "bytes/str.h"
#include "call/args.h"
#include "call/call.h"
#include "call/hooks.h"
#include "call/row.h"
#include "cred/ids_start.h"
#include "exec/hook_ptrace.h"
#include "exec/process_layout.h"
#include "exec/program.h"
#include "jail/fds.h"
#include "jail/jail.h"
#include "jail/root.h"
#include "layers/place.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "path/path.h"
#include "signal/faults.h"
#include "signal/hook_signal.h"
#include "sys/abi_signal.h"
#include "sys/memory.h"
#include "sys/scratch.h"
#include "sys/scratch_str.h"
#include "sys/thread.h"
#include "syscall/fcntl.h"
#include "syscall/sched.h"
#include "syscall/signal.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_process.h"
#include "walk/walk.h"

#include <linux/kcmp.h>
#include <linux/sched.h>

bool fj_exec_is_first;

static long start_blocked(struct fj_call *c, const struct fj_program *p, uint64_t argv,
	uint64_t envp, const char *execfn, uint64_t mask)
{
	struct fj_handoff h = {
		.mask = mask,
		.gate = p->gate,
		.root_fd = fj_fds_of(fj_jail)->root,
		.first_pid = fj_jail->first_pid,
		.program_fd = p->fd,
		.interpreter_fd = p->interpreter_fd,
		.held_fd = p->held_fd,
		.descriptors = c->thread->descriptors,
		.is_first = fj_jail->is_starting || fj_exec_is_first,
		.comm_from_exe = p->is_nameless && !p->script_args && fj_jail->names_comm_by_file,
	};
	struct fj_str s, ids_text;
	long r;

	h.sigsys = fj_sigsys_save(c);
	h.nested_fd = fj_root()->fd;
	fj_scratch_str(c->thread, &ids_text, FJ_IDS_TEXT);
	r = fj_exec_identity(c, p, &h, &ids_text);
	if (r)
		return r;
	fj_process_keep(h.kept);
	fj_scratch_trim(c->thread, ids_text.at, ids_text.len + 1);
	fj_scratch_str(c->thread, &s, FJ_HANDOFF_SIZE);
	fj_handoff_write(&s, &h, fj_root()->pos, p->exe, execfn, ids_text.at);
	fj_scratch_trim(c->thread, s.at, s.len + 1);
	r = p->script_args ? fj_exec_script_argv(c->thread, p, &argv) : 0;
	if (!r)
		r = fj_exec_env_with(c->thread, &envp, s.at);
	if (r)
		return r;
	c->thread->busy = FJ_EXECS;
	fj_dir_ask_noted(c->thread);
	fj_cwd_keep();
	fj_trace_before_exec(c);
	r = fj_sys_execve(fj_jail_paths()->loader, (void *)argv, (void *)envp);
	fj_trace_after_failed_exec(c, h.mask);
	c->thread->busy = FJ_BUSY;
	return r;
}

/* Blocks all signals but SIGBUS and SIGSEGV until the loader has restored the program's mask: a
 * SIGSYS that call/ending.c sends must find its handler. In the trap's handler all signals are
 * blocked anyway. */
static long start_loader(struct fj_call *c, const struct fj_program *p, uint64_t argv,
	uint64_t envp, const char *execfn)
{
	static const uint64_t blocked = ~(FJ_SIGBUS_BIT | FJ_SIGSEGV_BIT);
	uint64_t mask;
	long r;

	if (c->mask)
		return start_blocked(c, p, argv, envp, execfn, *c->mask);
	fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &blocked, &mask, sizeof(mask));
	r = start_blocked(c, p, argv, envp, execfn, mask);
	fj_sys_rt_sigprocmask(FJ_SIG_SETMASK, &mask, 0, sizeof(mask));
	return r;
}

/* The file name that the new program gets (AT_EXECFN). For execveat(2) it names the descriptor. */
static const char *file_name(struct fj_call *c, int dirfd, const char *jail_path)
{
	struct fj_str s;

	if (dirfd == AT_FDCWD || jail_path[0] == '/')
		return jail_path;
	fj_scratch_str(c->thread, &s, PATH_MAX + 24);
	fj_str_put(&s, "/dev/fd/");
	fj_str_num(&s, (uint32_t)dirfd, 10);
	if (jail_path[0]) {
		fj_str_put(&s, "/");
		fj_str_put(&s, jail_path);
	}
	return s.at;
}

static bool closes_on_exec(int fd)
{
	return fj_sys_fcntl(fd, F_GETFD, 0) & FD_CLOEXEC;
}

/* The kernel gives a program its own copy of the table of descriptors: begin_new_exec() of
 * fs/exec.c. Descriptors opened here for the program would stay open in a parent that shares its
 * memory and the table. So the copy is made before. */
static bool shares_descriptors(void)
{
	return fj_is_borrowed_memory() &&
	       !fj_sys_kcmp(fj_sys_getpid(), fj_memory_owner(), KCMP_FILES, 0, 0);
}

/* The loader opens the jail's memory, and then the records: it needs one free descriptor. If there is none,
 * it closes held_fd. Returns 0, or -EMFILE if there will be none. */
static long leaves_one_free(const struct fj_program *p)
{
	long r;

	if (p->held_fd >= 0)
		return 0;
	r = fj_sys_fcntl(p->fd, F_DUPFD_CLOEXEC, 0);
	if (r < 0)
		return r;
	fj_sys_close((int)r);
	return 0;
}

long fj_hook_exec(struct fj_call *c)
{
	const int i = fj_arg_index(c, FJ_PATH);
	const int dirfd = fj_arg_dirfd(c, i);
	const uint32_t flags = (uint32_t)fj_arg(c, FJ_ATFLAGS, 0);
	struct fj_program p = {.fd = -1, .interpreter_fd = -1, .held_fd = -1};
	const char *execfn;
	long r;
	char *jail_path = fj_arg_path(c, i, &r);

	fj_exec_room_begin(c->thread);
	if (r)
		return r;
	if (!c->arg[i])
		return -EFAULT;
	if (!jail_path && !(flags & AT_EMPTY_PATH))
		return -ENOENT;
	if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH |
				(fj_jail->names_comm_by_file ? FJ_EXECVE_CHECK : 0)))
		return -EINVAL;
	if (jail_path) {
		r = fj_program_open(
			c->thread, dirfd, jail_path, !(flags & AT_SYMLINK_NOFOLLOW), &p);
	} else {
		const struct fj_place self = {.dirfd = dirfd, .name = "", .owned_fd = -1};

		jail_path = "";
		p.is_nameless = true;
		p.exe = fj_program_name_of_fd(c->thread, dirfd);
		p.limits = fj_program_limits_of_fd(c->thread, dirfd);
		r = p.limits & FJ_MOUNT_NOEXEC ? -EACCES : fj_program_open_fd(&self);
	}
	if (r < 0)
		return r;
	p.fd = (int)r;
	if (flags & FJ_EXECVE_CHECK) { /* only asks whether the exec would be allowed, not
					  whether it is a program */
		fj_program_close(&p);
		return 0;
	}
	if (fj_exec_count_pointers(c->arg[i + 1]) < 0 ||
		fj_exec_count_pointers(c->arg[i + 2]) < 0) {
		fj_program_close(&p);
		return -EFAULT; /* before the file is read: do_execveat_common() of fs/exec.c */
	}
	execfn = file_name(c, dirfd, jail_path);
	r = fj_program_read_head(c->thread, &p);
	if (!r)
		r = fj_program_resolve_scripts(
			c->thread, &p, execfn, execfn != jail_path && closes_on_exec(dirfd));
	if (!r)
		r = fj_program_open_interpreter(c->thread, &p);
	if (!r && p.interpreter_fd < 0 && fj_elf_is_loader(p.head, (size_t)p.head_len))
		p.interpreter_fd = FJ_IS_LOADER; /* launch/inside.c */
	/* Without the trap nothing would see the calls of a static program. The static programs of
	 * fakejail are allowed: they make all calls at one place, which becomes a jump. */
	if (!r && !fj_jail->has_trap && p.interpreter_fd == -1 &&
		!fj_program_is_library(c->thread, &p) &&
		!fj_elf_is_front(p.head, (size_t)p.head_len))
		r = -EACCES;
	if (!r && shares_descriptors()) {
		fj_program_close(&p);
		if (p.interpreter_fd >= 0)
			fj_sys_close(p.interpreter_fd);
		r = fj_sys_unshare(CLONE_FILES);
		return r ? r : fj_hook_exec(c);
	}
	/* The head is not needed any more. What follows should not touch a further page. */
	fj_scratch_trim(c->thread, p.head, 0);
	if (!r)
		r = leaves_one_free(&p);
	if (!r)
		r = start_loader(c, &p, c->arg[i + 1], c->arg[i + 2], execfn);
	/* The kernel copies the strings before it looks into the file. */
	else if (fj_exec_check_strings(c->arg[i + 1]) || fj_exec_check_strings(c->arg[i + 2]))
		r = -EFAULT;
	fj_program_close(&p);
	if (p.interpreter_fd >= 0)
		fj_sys_close(p.interpreter_fd);
	return r;
}
