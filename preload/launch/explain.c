/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * explain.c - says why the first program could not be started: which file, which path, what to type next.
 * Called by first_program.c after the failure.
 *
 * Everything is looked up through the engine, so that the message says what the jail sees. */
#include "bytes/format.h"
#include "bytes/len.h"
#include "call/call.h"
#include "command/command.h"
#include "dispatch/dispatch.h"
#include "exec-format/exec.h"
#include "jail/jail.h"
#include "launch/launch.h"
#include "launch/loader.h"
#include "sys/abi.h"
#include "sys/arch.h"
#include "sys/hot.h"
#include "sys/say.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <stddef.h>

#define CANNOT_RUN 126 /* env(1): found but cannot be invoked */
#define NOT_FOUND 127

static long call_engine(
	struct fj_thread *t, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct fj_call call = {.nr = nr, .arg = {a, b, c, d}, .thread = t};

	return fj_call(&call);
}

static bool exists_inside(struct fj_thread *t, const char *jail_path)
{
	struct stat st;

	return call_engine(t, __NR_stat, (uint64_t)jail_path, (uint64_t)&st, 0, 0) == 0;
}

/* Does the host have the program in one of the usual directories? Then it can be added. (The caller's own
 * PATH is not known here: the launcher has replaced it.) */
static bool host_has(struct fj_thread *t, const char *name)
{
	static const char usual[] = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
	static char path[PATH_MAX] FJ_BULKY;

	for (const char *p = name; *p; p++)
		if (*p == '/')
			return name[0] == '/' && fj_caller_can_run(t, name);
	for (const char *p = usual; *p;) {
		const char *end = p;

		while (*end && *end != ':')
			end++;
		fj_format(path, sizeof(path), "%.*s/%s", (int)(end - p), p, name);
		if (fj_caller_can_run(t, path))
			return true;
		p = *end ? end + 1 : end;
	}
	return false;
}

static const char *machine_name(unsigned machine)
{
	switch (machine) {
	case EM_386:
		return "a 32-bit x86";
	case EM_AARCH64:
		return "an aarch64";
	case EM_ARM:
		return "an arm";
	case EM_RISCV:
		return "a riscv";
	case EM_PPC64:
		return "a ppc64";
	case EM_S390:
		return "an s390";
	case EM_MIPS:
		return "a mips";
	case FJ_ELF_MACHINE:
		return FJ_MACHINE_SIBLING;
	default:
		return "a foreign";
	}
}

static int explain_missing(struct fj_thread *t, const char *command, const char *search)
{
	if (search)
		fj_say(2, "fakejail: '%s' not found in %s (looked in PATH=%s)\n", command,
			fj_options.name, search);
	else
		fj_say(2, "fakejail: '%s' not found in %s\n", command, fj_options.name);
	if (*command && host_has(t, command))
		fj_say(2, "hint: fakejail add %s %s\n", fj_options.name, command);
	return NOT_FOUND;
}

/* Say how to add what the program needs: together with the program, if the host has the same one at that
 * path. */
static void hint_needed(struct fj_thread *t, const char *jail_path, long size, const char *needed)
{
	struct stat st = {0};

	if (jail_path[0] == '/' && size >= 0 && !fj_caller_stat(t, jail_path, &st) &&
		(long)st.st_size == size)
		fj_say(2, "hint: fakejail add %s %s\n", fj_options.name, jail_path);
	else if (host_has(t, needed))
		fj_say(2, "hint: fakejail add %s %s\n", fj_options.name, needed);
}

/* The file exists, but the kernel says ENOENT: something that it needs does not exist. */
static int explain_needs(struct fj_thread *t, const char *jail_path, char *head, size_t len)
{
	struct stat st = {0};
	const long size = call_engine(t, __NR_stat, (uint64_t)jail_path, (uint64_t)&st, 0, 0) ?
				  -1 :
				  (long)st.st_size;

	const char *interpreter, *argument;
	static Elf64_Phdr ph[FJ_PHDRS_MAX] FJ_BULKY;
	static char path[PATH_MAX + 1] FJ_BULKY;
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)head;
	long fd;

	if (!fj_script_parse(head, &interpreter, &argument)) {
		const size_t n = fj_strlen(interpreter);

		if (n && interpreter[n - 1] == '\r')
			fj_say(2,
				"fakejail: cannot run '%s': its first line ends in CR LF\nhint: "
				"sed -i 's/\\r$//' %s%s\n",
				jail_path, fj_options.name, jail_path);
		else {
			fj_say(2,
				"fakejail: cannot run '%s': its interpreter '%s' is missing in "
				"%s\n",
				jail_path, interpreter, fj_options.name);
			hint_needed(t, jail_path, size, interpreter);
		}
		return NOT_FOUND;
	}
	fd = call_engine(t, __NR_open, (uint64_t)jail_path, O_RDONLY | O_CLOEXEC, 0, 0);
	if (fd >= 0 && !fj_elf_check(eh, len) &&
		fj_sys_pread64(fd, ph, eh->e_phnum * sizeof(*ph), eh->e_phoff) > 0)
		for (int i = 0; i < eh->e_phnum; i++)
			if (ph[i].p_type == PT_INTERP && ph[i].p_filesz <= PATH_MAX &&
				fj_sys_pread64(fd, path, ph[i].p_filesz, ph[i].p_offset) > 0) {
				fj_say(2,
					"fakejail: cannot run '%s': its ELF interpreter '%s' is "
					"missing in %s\n",
					jail_path, path, fj_options.name);
				hint_needed(t, jail_path, size, path);
			}
	return NOT_FOUND;
}

static bool is_static(struct fj_thread *t, const char *jail_path, const char *head)
{
	static Elf64_Phdr ph[FJ_PHDRS_MAX] FJ_BULKY;
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)head;
	const long fd = call_engine(t, __NR_open, (uint64_t)jail_path, O_RDONLY | O_CLOEXEC, 0, 0);
	bool found = false;

	if (fd < 0)
		return false;
	if (fj_sys_pread64(fd, ph, eh->e_phnum * sizeof(*ph), eh->e_phoff) > 0)
		for (int i = 0; i < eh->e_phnum; i++)
			found = found || ph[i].p_type == PT_INTERP;
	fj_sys_close((int)fd);
	return !found;
}

int fj_explain(struct fj_thread *t, const char *command, const char *jail_path, const char *search,
	long error)
{
	static char head[FJ_HEAD_SIZE + 1] FJ_BULKY;
	struct stat st;
	struct statfs fs;
	size_t len = 0;
	long fd;

	if ((error == -ENOENT || error == -ENOTDIR) && !exists_inside(t, jail_path))
		return explain_missing(t, command, search);
	fd = call_engine(
		t, __NR_open, (uint64_t)jail_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0, 0);
	if (fd >= 0) {
		const long n = fj_sys_read(fd, head, FJ_HEAD_SIZE);

		len = n > 0 ? (size_t)n : 0;
		fj_sys_close((int)fd);
	}
	if (error == -ENOENT || error == -ELIBBAD)
		return explain_needs(t, jail_path, head, len);
	if (error == -EACCES && !fj_jail->has_trap &&
		!fj_elf_check((const Elf64_Ehdr *)head, len) && is_static(t, jail_path, head)) {
		fj_say(2,
			"fakejail: cannot run '%s': it is a static program, which only the seccomp "
			"trap can jail\n",
			jail_path);
		return CANNOT_RUN;
	}
	if (error == -EACCES &&
		!call_engine(t, __NR_stat, (uint64_t)jail_path, (uint64_t)&st, 0, 0)) {
		const char *why = "no execute permission";

		if ((st.st_mode & FJ_S_IFMT) == FJ_S_IFDIR)
			why = "it is a directory";
		else if ((st.st_mode & FJ_S_IFMT) != FJ_S_IFREG)
			why = "it is no regular file";
		else if (!call_engine(t, __NR_statfs, (uint64_t)jail_path, (uint64_t)&fs, 0, 0) &&
			 (fs.f_flags & FJ_ST_NOEXEC))
			why = "its file system is mounted noexec";
		else if (st.st_mode & 0111)
			why = "its interpreter, or a directory on the way, may not be entered or "
			      "run";
		fj_say(2, "fakejail: cannot run '%s': %s\n", jail_path, why);
		return CANNOT_RUN;
	}
	if (error == -EADDRINUSE) {
		fj_say(2,
			"fakejail: cannot run '%s': it lies at both addresses that the jail's own "
			"page may have\n",
			jail_path);
		return CANNOT_RUN;
	}
	if (error == -ENOEXEC && fj_elf_machine(head, len)) {
		fj_say(2,
			"fakejail: cannot run '%s': it is %s program; this machine "
			"is " FJ_MACHINE_NAME "\n",
			jail_path, machine_name(fj_elf_machine(head, len)));
		return CANNOT_RUN;
	}
	fj_say(2, "fakejail: cannot run '%s': %s\n", jail_path, fj_error(error));
	return CANNOT_RUN;
}
