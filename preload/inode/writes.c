/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * writes.c - write(2), ftruncate(2), fallocate(2) and their kin by somebody who is not root take a
 * file's set-id bits and capabilities away: file_remove_privs() of fs/inode.c.
 *
 * The kernel knows of neither, and to trap every write would cost every write. But a process that
 * opens such a file for writing, or makes one, is very rare: only then does it get a filter that
 * traps its writes. It is told by who judges the open, who has looked at the file anyway. Root
 * keeps set-id bits (CAP_FSETID), and is not watched. Called by may.c, owned_change.c and row.c. */
#include "inode/writes.h"

#include "cred/ids.h"
#include "sys/gate.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

static const uint16_t writing[] = {__NR_write, __NR_pwrite64, __NR_writev, __NR_pwritev,
	__NR_pwritev2, __NR_ftruncate, __NR_fallocate, __NR_sendfile, __NR_splice,
	__NR_copy_file_range};
#define COUNT (sizeof(writing) / sizeof(writing[0]))
#define BEFORE 3 /* instructions before the numbers */
#define BEHIND 9

static bool is_watching; /* all threads of this process */

static void watch(void)
{
	const uint32_t high = (uint32_t)(fj_jail->gate >> 32), low = (uint32_t)fj_jail->gate,
		       other = (uint32_t)((fj_jail->gate + FJ_GATE_APART) >> 32);
	static const uint32_t flags[] = {SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		SECCOMP_FILTER_FLAG_TSYNC, 0};
	struct sock_filter code[BEFORE + COUNT + BEHIND] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0,
			COUNT + 1), /* to the first behind */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	const struct sock_filter behind[BEHIND] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, instruction_pointer) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, high, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, other, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, instruction_pointer)),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(uint32_t)(FJ_PAGE - 1)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP | FJ_TRAP_TAG),
	};
	struct sock_fprog program;
	long r = -EINVAL;

	for (size_t i = 0; i < COUNT; i++)
		code[BEFORE + i] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, writing[i], (uint8_t)(COUNT - i), 0);
	memcpy(code + BEFORE + COUNT, behind, sizeof(behind));
	program = (struct sock_fprog){.len = sizeof(code) / sizeof(code[0]), .filter = code};
	/* Positive: some thread has filters of its own; then for this one alone. */
	for (size_t i = 0; r && i < sizeof(flags) / sizeof(flags[0]); i++)
		r = fj_sys3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags[i], &program);
	if (!r && !fj_is_borrowed_memory())
		is_watching = true;
}

void fj_writes_watch(const struct fj_owner *file)
{
	if (is_watching || !fj_jail->has_trap || (file->mode & FJ_S_IFMT) != FJ_S_IFREG)
		return;
	if (fj_own_mode_after_write(fj_ids(), file) != file->mode ||
		(file->flags & FJ_OWN_ATTRIBUTES))
		watch();
}

long fj_writes_made(struct fj_call *c)
{
	const bool is_second = c->nr == __NR_splice || c->nr == __NR_copy_file_range;
	const int fd = (int)c->arg[is_second ? 2 : 0];
	bool writes = false;
	long r;

	for (size_t i = 0; i < COUNT; i++)
		writes = writes || c->nr == writing[i];
	if (!writes)
		return fj_kernel(c);
	if (c->nr == __NR_ftruncate || c->nr == __NR_fallocate) {
		r = fj_kernel(c);
		writes = !r;
	} else {
		r = fj_kernel_waiting(c, c->nr, c->arg, -1);
		/* Before the first byte is copied: generic_file_write_iter(). */
		writes = r > 0 || r == -EFAULT || r == -ENOSPC;
	}
	if (writes)
		fj_file_written(c, fd, "");
	return r;
}
