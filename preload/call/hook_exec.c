/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hook_exec.c - every exec of the jail becomes an exec of the loader, with the program open on a
 * descriptor.
 *
 * A real execve, so that all the kernel does for a new program is done by the kernel. Everything
 * that may fail is tried before it: afterwards the caller is gone. The order of the checks is the
 * kernel's (fs/exec.c, fs/binfmt_elf.c). Descriptors opened here have no CLOEXEC: they are to
 * arrive; the loader closes them. */
#include "call/exe.h"
#include "call/hook_guard.h"
#include "call/hook_id.h"
#include "call/hook_signal.h"
#include "call/hooks.h"
#include "call/owned.h"
#include "call/policy.h"
#include "exec/exec.h"
#include "sys/guest.h"

#include <asm/stat.h>
#include <linux/mman.h>

#define S_IFMT_ 0170000u /* inode(7) */
#define S_IFREG_ 0100000u
#define S_IFLNK_ 0120000u
#define AT_EXECVE_CHECK_                                                                           \
	0x10000u /* linux/fcntl.h, since 6.14: as is the naming of comm, by which we know the      \
		    kernel */
#define ARGV_ON_SCRATCH 1024u /* pointers; longer arrays are mapped */

struct program {
	int fd, interpreter_fd;
	char *exe;  /* what /proc/self/exe shall read */
	char *head; /* FJ_HEAD_SIZE + 1 bytes */
	long head_len;
	const char *script_arg[2 * FJ_SCRIPTS_MAX +
			       1]; /* words that #! lines put before the script's arguments */
	int script_args;
	bool is_nameless;   /* run by its descriptor alone */
	const char *script; /* the path that replaces argv[0] behind them, or NULL */
};

static bool is_owner_only(const struct stat *st)
{
	return st->st_uid == (uint32_t)fj_sys0(__NR_geteuid);
}

/* Open a program for reading; one that may be run but not read is made readable for a moment when
 * it is the caller's own. */
static long open_readable(const struct fj_place *place, const struct stat *st)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (place->is_magic ? 0 : O_NOFOLLOW);
	long fd = fj_sys4(__NR_openat, place->dirfd, place->name, flags, 0);

	if (fd != -EACCES || !is_owner_only(st) || place->is_magic)
		return fd;
	if (fj_sys3(__NR_fchmodat, place->dirfd, place->name, (st->st_mode & 07777) | 0400) < 0)
		return fd;
	fd = fj_sys4(__NR_openat, place->dirfd, place->name, flags, 0);
	fj_sys3(__NR_fchmodat, place->dirfd, place->name, st->st_mode & 07777);
	return fd;
}

/* A file that somebody has open for writing cannot be run: ETXTBSY. Only the kernel knows; a read
 * lease asks it (fcntl(2), F_SETLEASE: EAGAIN; EACCES when the file is not ours, and then it is let
 * be). */
static bool is_being_written(long fd)
{
	const long r = fj_sys3(__NR_fcntl, fd, 1024 /* F_SETLEASE */, 0 /* F_RDLCK */);

	if (r == 0)
		fj_sys3(__NR_fcntl, fd, 1024, 2 /* F_UNLCK */);
	return r == -EAGAIN;
}

/* Open what `place` names, if it may be run. */
static long open_runnable(const struct fj_place *place)
{
	const bool is_self = !place->name[0];
	const int nofollow = place->is_magic ? 0 : AT_SYMLINK_NOFOLLOW;
	struct stat st;
	char text[32];
	struct fj_str link;
	struct fj_place self = *place;
	long fd, r = fj_sys4(__NR_newfstatat, place->dirfd, place->name, &st,
			 is_self ? AT_EMPTY_PATH : nofollow);

	if (r < 0)
		return r;
	if ((st.st_mode & S_IFMT_) == S_IFLNK_)
		return -ELOOP; /* a descriptor of a symlink itself */
	if ((st.st_mode & S_IFMT_) != S_IFREG_)
		return -EACCES;
	if (is_self) {
		/* A descriptor itself (fexecve, memfd): through its link, for one may not open "".
		 */
		fj_str_init(&link, text, sizeof(text));
		fj_fd_path(&link, place->dirfd, NULL);
		self = (struct fj_place){
			.dirfd = AT_FDCWD, .name = text, .is_magic = true, .owned_fd = -1};
	}
	r = fj_sys3(__NR_faccessat, self.dirfd, self.name, 1 /* X_OK */);
	if (r < 0)
		return r;
	fd = open_readable(&self, &st);
	if (!fj_is_err(fd) && is_being_written(fd)) {
		fj_close((int)fd);
		return -ETXTBSY;
	}
	return fd;
}

/* The descriptor must outlive the exec, and not stand where 0, 1 or 2 should be free: the kernel's
 * own exec leaves those alone, and so does the loader, which closes what it was given. */
static long open_by_path(
	struct fj_call *c, int dirfd, const char *jail_path, bool follows, char *exe)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	const unsigned how = (follows ? FJ_FOLLOW : 0) | FJ_WANT_POS;
	struct fj_place place;
	long fd, r = fj_path_walk(c->thread, dirfd, jail_path, how, &place);

	if (!r && place.is_exe)
		r = fj_exe_find(c->thread, how, &place);
	if (r < 0)
		return r;
	if (!follows) {
		char byte;

		if (fj_sys4(__NR_readlinkat, place.dirfd, place.name, &byte, 1) >= 0) {
			fj_place_done(&place);
			return -ELOOP;
		}
	}
	fd = open_runnable(&place);
	if (!fj_is_err(fd) && exe) {
		struct fj_str s;

		fj_str_init(&s, exe, FJ_PATH_MAX);
		if (!place.pos || place.is_magic || !fj_path_seen(place.pos, &s))
			fj_str_put(&s, jail_path);
	}
	fj_place_done(&place);
	fj_scratch_release(c->thread, mark);
	return fd;
}

static void name_of_fd(struct fj_call *c, int fd, char *exe)
{
	const uint32_t mark = fj_scratch_mark(c->thread);
	char *text = fj_scratch_path(c->thread);
	char link[32];
	struct fj_str s;
	long n;

	fj_str_init(&s, link, sizeof(link));
	fj_fd_path(&s, fd, NULL);
	n = fj_sys4(__NR_readlinkat, AT_FDCWD, link, text, FJ_PATH_MAX - 1);
	fj_str_init(&s, exe, FJ_PATH_MAX);
	if (n > 0) {
		text[n] = 0;
		fj_path_back_link(c->thread, text, (size_t)n, &s);
	}
	fj_scratch_release(c->thread, mark);
}

static long read_head(struct program *p)
{
	memset(p->head, 0, FJ_HEAD_SIZE + 1);
	p->head_len = fj_sys4(__NR_pread64, p->fd, p->head, FJ_HEAD_SIZE, 0);
	return p->head_len < 0 ? p->head_len : 0;
}

/* The program's interpreter (PT_INTERP): found, opened and checked as load_elf_binary() does. */
static long open_interpreter(struct fj_call *c, struct program *p)
{
	Elf64_Ehdr head;
	const uint32_t mark = fj_scratch_mark(c->thread);
	Elf64_Phdr *ph = (Elf64_Phdr *)fj_scratch(c->thread, FJ_PHDRS_MAX * sizeof(*ph));
	char *path = fj_scratch_path(c->thread);
	size_t size;
	long r;

	memcpy(&head, p->head, sizeof(head));
	size = head.e_phnum * sizeof(*ph);
	if (fj_sys4(__NR_pread64, p->fd, ph, size, head.e_phoff) != (long)size)
		return -ENOEXEC;
	for (int i = 0; i < head.e_phnum; i++) {
		if (ph[i].p_type != PT_INTERP)
			continue;
		if (ph[i].p_filesz < 2 || ph[i].p_filesz > FJ_PATH_MAX)
			return -ENOEXEC;
		if (fj_sys4(__NR_pread64, p->fd, path, ph[i].p_filesz, ph[i].p_offset) !=
			(long)ph[i].p_filesz)
			return -EIO;
		if (path[ph[i].p_filesz - 1])
			return -ENOEXEC;
		r = open_by_path(c, AT_FDCWD, path, true, NULL);
		if (fj_is_err(r))
			return r;
		p->interpreter_fd = (int)r;
		r = fj_sys4(__NR_pread64, p->interpreter_fd, &head, sizeof(head), 0);
		if (r != sizeof(head))
			return r < 0 ? r : -EIO;
		if (fj_elf_check(&head, sizeof(head)))
			return -ELIBBAD;
		break;
	}
	fj_scratch_release(c->thread, mark);
	return 0;
}

/* Is the program a shared object with a name (DT_SONAME), like ld.so when ldd(1) runs it? Its calls
 * are changed like those of any library, and it loads others as it always does. */
static bool is_library(struct fj_call *c, const struct program *p)
{
	enum { ENTRIES = 64 }; /* DT_SONAME is among the first: ld(1) */
	const uint32_t mark = fj_scratch_mark(c->thread);
	Elf64_Phdr *ph = (Elf64_Phdr *)fj_scratch(c->thread, FJ_PHDRS_MAX * sizeof(*ph));
	Elf64_Dyn *dynamic = (Elf64_Dyn *)fj_scratch(c->thread, ENTRIES * sizeof(*dynamic));
	bool has_name = false;
	Elf64_Ehdr head;

	memcpy(&head, p->head, sizeof(head));
	if (head.e_phnum > FJ_PHDRS_MAX ||
		fj_sys4(__NR_pread64, p->fd, ph, head.e_phnum * sizeof(*ph), head.e_phoff) <= 0)
		head.e_phnum = 0;
	for (int i = 0; i < head.e_phnum; i++) {
		long n;

		if (ph[i].p_type != PT_DYNAMIC)
			continue;
		n = fj_sys4(__NR_pread64, p->fd, dynamic, ENTRIES * sizeof(*dynamic),
			    ph[i].p_offset) /
		    (long)sizeof(*dynamic);
		for (long d = 0; d < n && dynamic[d].d_tag; d++)
			has_name = has_name || dynamic[d].d_tag == DT_SONAME;
	}
	fj_scratch_release(c->thread, mark);
	return has_name;
}

/* Follow #! lines until there is an ELF program. `name` is what the script's interpreter is to be
 * given as its path. */
static long resolve_scripts(
	struct fj_call *c, struct program *p, const char *name, bool is_closed_on_exec)
{
	for (int depth = 0;; depth++) {
		const char *interpreter, *argument;
		long r = fj_script_parse(p->head, &interpreter, &argument);

		if (r < 0)
			return fj_elf_check((const Elf64_Ehdr *)p->head, (size_t)p->head_len);
		if (is_closed_on_exec && !depth)
			return -ENOENT; /* the interpreter could not open it: execveat(2), BUGS */
		if (depth == FJ_SCRIPTS_MAX)
			return -ELOOP;
		/* Kept back to front: each level goes before what the last one made. */
		if (argument)
			p->script_arg[p->script_args++] = argument;
		p->script_arg[p->script_args++] = interpreter;
		if (!depth)
			p->script = name;
		fj_close(p->fd);
		p->fd = -1;
		p->head = fj_scratch(c->thread, FJ_HEAD_SIZE + 1);
		if (!*interpreter)
			return -EACCES; /* for the kernel "" is the working directory here, which is
					   no program */
		r = open_by_path(c, AT_FDCWD, interpreter, true, p->exe);
		if (fj_is_err(r))
			return r;
		p->fd = (int)r;
		r = read_head(p);
		if (r < 0)
			return r;
	}
}

/* How many pointers before the NULL at the program's `array`? */
static long count_pointers(uint64_t array)
{
	uint64_t part[64];
	long n = 0;

	if (!array)
		return 0;
	for (;;) {
		/* Not beyond a page that may be the last: read up to its end. */
		const size_t room = (FJ_PAGE - ((array + (uint64_t)n * 8) & (FJ_PAGE - 1))) / 8;
		const size_t want = room && room < 64 ? room : room ? 64 : 1;

		if (fj_guest_read(part, array + (uint64_t)n * 8, want * 8))
			return -EFAULT;
		for (size_t i = 0; i < want; i++, n++)
			if (!part[i])
				return n;
	}
}

/* Room for `n` pointers. A mapping made here is freed by the exec; when that fails, by the caller
 * (`*mapped`). In a vfork child it would stay behind in the parent, so the thread's slot keeps it
 * for the next time. */
static uint64_t *pointer_room(struct fj_call *c, size_t n)
{
	struct fj_thread *t = c->thread;
	long at;

	if (n <= ARGV_ON_SCRATCH)
		return (uint64_t *)fj_scratch(t, n * 8);
	if (t->exec_room_used + n * 8 <= t->exec_room_size) {
		uint64_t *room = (uint64_t *)(t->exec_room + t->exec_room_used);

		t->exec_room_used += n * 8;
		return room;
	}
	at = fj_sys6(__NR_mmap, 0, n * 16 + FJ_PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fj_is_err(at))
		return NULL;
	t->exec_room = (uintptr_t)at;
	t->exec_room_size = n * 16 + FJ_PAGE;
	t->exec_room_used = n * 8;
	return (uint64_t *)at;
}

/* argv as the kernel makes it for a script: interpreter, its argument, the script's path,
 * argv[1]... */
static long script_argv(struct fj_call *c, const struct program *p, uint64_t *argv)
{
	const long n = count_pointers(*argv);
	const size_t skipped = n > 0;
	uint64_t *room;
	size_t at = 0;

	if (n < 0)
		return n;
	room = pointer_room(c, (size_t)n + (size_t)p->script_args + 2);
	if (!room)
		return -ENOMEM;
	for (int i = p->script_args; i--;)
		room[at++] = (uint64_t)p->script_arg[i];
	room[at++] = (uint64_t)p->script;
	if (fj_guest_read(room + at, *argv + skipped * 8, ((size_t)n - skipped) * 8))
		return -EFAULT;
	at += (size_t)n - skipped;
	room[at] = 0;
	*argv = (uint64_t)room;
	return 0;
}

static long env_with(struct fj_call *c, uint64_t *envp, const char *handoff)
{
	const long n = count_pointers(*envp);
	uint64_t *room;

	if (n < 0)
		return n;
	room = pointer_room(c, (size_t)n + 2);
	if (!room)
		return -ENOMEM;
	if (fj_guest_read(room, *envp, (size_t)n * 8))
		return -EFAULT;
	room[n] = (uint64_t)handoff;
	room[n + 1] = 0;
	*envp = (uint64_t)room;
	return 0;
}

/* security.capability: struct vfs_ns_cap_data of linux/capability.h, without the root id of its
 * third version. */
static void read_capabilities(const struct fj_file *found, struct fj_exec_file *file)
{
	uint32_t data[6];
	const long n = !(found->owner.flags & FJ_OWN_ATTRIBUTES) ?
			       0 :
			       fj_own_get_attribute(
				       &found->key, "security.capability", data, sizeof(data));

	if (n != 20 && n != 24 && n != 12)
		return;
	file->has_caps = true;
	file->caps_effective = data[0] & 1; /* VFS_CAP_FLAGS_EFFECTIVE */
	file->caps_permitted = data[1];
	file->caps_inheritable = data[2];
	if (n > 12) {
		file->caps_permitted |= (uint64_t)data[3] << 32;
		file->caps_inheritable |= (uint64_t)data[4] << 32;
	}
}

/* bprm_fill_uid() of fs/exec.c: setgid without x for the group does not count. */
static long look_at_program(struct fj_call *c, int fd, struct fj_exec_file *file)
{
	struct fj_file found;
	const long r = fj_file_look(c, fd, "", AT_EMPTY_PATH, &found);

	if (r < 0)
		return r;
	file->is_setuid = found.owner.mode & FJ_S_ISUID;
	file->is_setgid = (found.owner.mode & (FJ_S_ISGID | 0010)) == (FJ_S_ISGID | 0010);
	file->uid = found.owner.uid;
	file->gid = found.owner.gid;
	read_capabilities(&found, file);
	return 0;
}

/* The new program's identity: set-id bits and capabilities of its file count, unless the program
 * renounced them. */
static long identity_after(
	struct fj_call *c, const struct program *p, struct fj_handoff *h, struct fj_str *ids_text)
{
	struct fj_exec_file file = {0};
	struct fj_ids next = *fj_ids();
	bool is_secure;
	long r;

	if (!h->no_new_privs && (r = look_at_program(c, p->fd, &file)) < 0)
		return r;
	r = fj_ids_exec(&next, &file, &is_secure);
	if (r < 0)
		return r;
	h->is_secure = is_secure;
	h->is_watched = fj_id_before_exec(&next);
	fj_ids_write(&next, ids_text);
	return 0;
}

static long start_loader(struct fj_call *c, const struct program *p, uint64_t argv, uint64_t envp,
	const char *execfn)
{
	struct fj_handoff h = {
		.gate = fj_jail->gate,
		.root_fd = fj_jail->root_fd,
		.program_fd = p->fd,
		.interpreter_fd = p->interpreter_fd,
		.is_first = fj_jail->is_starting,
		.comm_from_exe = p->is_nameless && !p->script_args && fj_jail->names_comm_by_file,
	};
	struct fj_str s, ids_text;
	long r;

	if (c->mask)
		h.mask = *c->mask;
	else
		fj_sys4(__NR_rt_sigprocmask, 0, 0, &h.mask, sizeof(h.mask));
	h.policy = fj_policy_save();
	h.sigsys = fj_sigsys_save(c->thread);
	h.umask = fj_umask();
	fj_guard_save(&h.no_new_privs, &h.seccomp_mode);
	fj_str_init(&s, fj_scratch(c->thread, FJ_HANDOFF_SIZE), FJ_HANDOFF_SIZE);
	fj_str_init(&ids_text, fj_scratch(c->thread, FJ_IDS_TEXT), FJ_IDS_TEXT);
	r = identity_after(c, p, &h, &ids_text);
	if (r)
		return r;
	fj_handoff_write(&s, &h, fj_root()->pos, p->exe, execfn, ids_text.at);
	r = p->script_args ? script_argv(c, p, &argv) : 0;
	if (!r)
		r = env_with(c, &envp, s.at);
	if (r)
		return r;
	c->thread->busy = FJ_EXECS;
	fj_cwd_keep();
	r = fj_sys3(__NR_execve, fj_jail->loader, argv, envp);
	c->thread->busy = FJ_BUSY;
	return r;
}

/* What the new program is told of its own file name (AT_EXECFN), which for execveat names the
 * descriptor. */
static const char *file_name(struct fj_call *c, int dirfd, const char *jail_path)
{
	struct fj_str s;

	if (dirfd == AT_FDCWD || jail_path[0] == '/')
		return jail_path;
	fj_str_init(&s, fj_scratch(c->thread, FJ_PATH_MAX + 24), FJ_PATH_MAX + 24);
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
	return fj_sys3(__NR_fcntl, fd, 1 /* F_GETFD */, 0) & 1 /* FD_CLOEXEC */;
}

long fj_hook_exec(struct fj_call *c)
{
	const int i = fj_arg_index(c, FJ_PATH);
	const int dirfd = fj_arg_dirfd(c, i);
	const uint32_t flags = (uint32_t)fj_arg(c, FJ_ATFLAGS, 0);
	struct program p = {.fd = -1, .interpreter_fd = -1};
	const char *execfn;
	long r;
	char *jail_path = fj_arg_path(c, i, &r);

	c->thread->exec_room_used = 0;
	if (flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH |
				(fj_jail->names_comm_by_file ? AT_EXECVE_CHECK_ : 0)))
		return -EINVAL;
	if (r)
		return r;
	p.exe = fj_scratch_path(c->thread);
	if (jail_path) {
		r = open_by_path(c, dirfd, jail_path, !(flags & AT_SYMLINK_NOFOLLOW), p.exe);
	} else if (!c->arg[i]) {
		return -EFAULT;
	} else if (!(flags & AT_EMPTY_PATH)) {
		return -ENOENT;
	} else {
		const struct fj_place self = {.dirfd = dirfd, .name = "", .owned_fd = -1};

		jail_path = "";
		p.is_nameless = true;
		name_of_fd(c, dirfd, p.exe);
		r = open_runnable(&self);
	}
	if (fj_is_err(r))
		return r;
	p.fd = (int)r;
	if (flags & AT_EXECVE_CHECK_) { /* would it be allowed? Not: is it a program */
		fj_close(p.fd);
		return 0;
	}
	if (count_pointers(c->arg[i + 1]) < 0 || count_pointers(c->arg[i + 2]) < 0) {
		fj_close(p.fd);
		return -EFAULT; /* before the file is looked into: do_execveat_common() of fs/exec.c
				 */
	}
	p.head = fj_scratch(c->thread, FJ_HEAD_SIZE + 1);
	execfn = file_name(c, dirfd, jail_path);
	r = read_head(&p);
	if (!r)
		r = resolve_scripts(c, &p, execfn, execfn != jail_path && closes_on_exec(dirfd));
	if (!r)
		r = open_interpreter(c, &p);
	/* A static program makes its calls itself, and nothing would see them. */
	if (!r && !fj_jail->has_trap && p.interpreter_fd < 0 && !is_library(c, &p))
		r = -EACCES;
	if (!r)
		r = start_loader(c, &p, c->arg[i + 1], c->arg[i + 2], execfn);
	if (p.fd >= 0)
		fj_close(p.fd);
	if (p.interpreter_fd >= 0)
		fj_close(p.interpreter_fd);
	return r;
}
