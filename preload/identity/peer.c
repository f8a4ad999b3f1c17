/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * peer.c - the identity at the other end of a socket: SO_PEERCRED, SO_PEERGROUPS, SCM_CREDENTIALS
 * (unix(7)). Called through the table, and by the hooks of messages.
 *
 * The kernel reports the ids that it knows, which are the same for all processes of the user. But
 * its process ids are right, and lead to the identity that the process has published in the identity
 * table. That is the present identity, not the one at the time of connect(2). Credentials that a sender set itself are
 * those of its last message.
 *
 * The owner of a process's directories in procfs is told here, too (task_dump_owner() of fs/proc/base.c): ps(1) and
 * start-stop-daemon(8) read it. */
#include "identity/peer.h"

#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/format.h"
#include "call/call.h"
#include "call/condition.h"
#include "cred/identity_table.h"
#include "cred/ids.h"
#include "guest/guest.h"
#include "jail/jail.h"
#include "sys/abi.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/signal.h"
#include "syscall/socket.h"
#include "syscall/stat.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_names.h"

#include <asm/stat.h>

#define SCM_CREDENTIALS_ 2 /* include/linux/socket.h */
#define PARENTS_MAX 32	   /* so many parents are asked for the identity of a forked child */
/* Longer control data is not changed; SCM_RIGHTS has at most 253 descriptors. */
#define CONTROL_MAX 4096u

struct ucred {
	int32_t pid;
	uint32_t uid, gid;
};

struct cmsg {
	uint64_t len;
	int32_t level, type;
};

/* ---- the identity of process `pid` ---- */

long fj_status_value(const char *text, const char *name)
{
	const char *line = text, *p;

	while (!(p = fj_after(line, name))) {
		while (*line && *line != '\n')
			line++;
		if (!*line++)
			return -1;
	}

	long value = 0;

	while (*p == '\t' || *p == ' ')
		p++;
	for (; *p >= '0' && *p <= '9'; p++)
		value = value * 10 + (*p - '0');
	return value;
}

#define STATUS_SIZE 4096u

/* Reads the status of process or thread `pid` into `text` of STATUS_SIZE bytes. Returns false when
 * there is none. */
static bool read_status(int32_t pid, char *text)
{
	const size_t size = STATUS_SIZE;
	long n;

	fj_format(text, size, "/proc/%u/status", (unsigned)pid);
	n = fj_read_file(AT_FDCWD, text, text, size - 1);
	text[n > 0 ? n : 0] = 0;
	return n > 0;
}

/* The parent of `pid`, if `pid` is in a jail: it has our uid and a seccomp filter. Else 0. */
static int32_t parent_in_jail(struct fj_thread *t, int32_t pid)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch(t, STATUS_SIZE);
	int32_t parent = 0;

	if (read_status(pid, text) && fj_status_value(text, "Seccomp:") == 2 &&
		fj_status_value(text, "Uid:") == fj_sys_getuid())
		parent = (int32_t)fj_status_value(text, "PPid:");
	fj_scratch_release(t, mark);
	return parent;
}

bool fj_is_own_thread(int32_t tid)
{
	const long pid = fj_sys_getpid();

	return tid == pid || !fj_sys_tgkill(pid, tid, 0);
}

int32_t fj_process_of(struct fj_thread *t, int32_t tid)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *text = fj_scratch(t, STATUS_SIZE);
	long pid = tid;

	if (fj_is_own_thread(tid))
		pid = fj_sys_getpid();
	else if (read_status(tid, text))
		pid = fj_status_value(text, "Tgid:");
	fj_scratch_release(t, mark);
	return (int32_t)pid;
}

static void describe_root(struct fj_posted *out)
{
	struct fj_ids root;

	fj_ids_root(&root);
	fj_ids_describe(out, &root);
}

bool fj_identity_of(struct fj_thread *t, int32_t pid, struct fj_posted *out)
{
	if (pid == fj_sys_getpid()) {
		struct fj_posted posted;

		fj_ids_describe(out, fj_ids());
		if (fj_ids_posted(pid, &posted)) {
			out->claimed_uid = posted.claimed_uid;
			out->claimed_gid = posted.claimed_gid;
		}
		return true;
	}
	/* A forked child that has not made a call yet has the identity of its parent. */
	for (int i = 0; i < PARENTS_MAX; i++) {
		int32_t parent;

		if (fj_ids_posted(pid, out))
			return true;
		if (pid == fj_jail->first_pid)
			break;
		parent = parent_in_jail(t, pid);
		if (!parent && !i)
			return false;
		if (!parent)
			break;
		pid = parent;
	}
	describe_root(out);
	return true;
}

/* ---- the owner of a directory in procfs ---- */

static const char proc[] = "/proc/";

/* The process or thread whose number is the first component of `text`; 0: that is no number. */
static int32_t process_at(const char *text)
{
	int32_t number = 0;

	if (fj_begins(text, "self") || fj_begins(text, "thread-self"))
		return (int32_t)fj_sys_getpid();
	for (; *text && *text != '/'; text++) {
		if (*text < '0' || *text > '9' || number > 99999999)
			return 0;
		number = number * 10 + (*text - '0');
	}
	return number;
}

/* The process that the host path of the file begins with; 0: it begins otherwise. */
static int32_t process_of_path(struct fj_thread *t, int dirfd, const char *name)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *const text = fj_scratch_path(t);
	const size_t len = sizeof(proc) - 1;
	int32_t pid = 0;
	long n = 0;

	if (name && name[0] == '/') {
		pid = fj_begins(name, proc) ? process_at(name + len) : 0;
	} else {
		n = dirfd == AT_FDCWD ? fj_sys_getcwd(text, PATH_MAX) - 1 :
					fj_fd_target(dirfd, text);
		text[n > 0 ? n : 0] = 0;
		if (fj_begins(text, proc))
			pid = process_at(text + len);
		else if (n == (long)len - 1 && fj_begins(proc, text) && name)
			pid = process_at(name);
	}
	fj_scratch_release(t, mark);
	return pid;
}

void fj_identity_shown(struct fj_thread *t, uint64_t dev, int dirfd, const char *name,
	uint32_t *uid, uint32_t *gid)
{
	const int32_t pid = process_of_path(t, dirfd, name);
	struct fj_posted who;
	struct stat st;

	/* A symlink of procfs may lead to any directory. */
	if (!pid || fj_sys_newfstatat(AT_FDCWD, "/proc", &st, 0) || st.st_dev != dev)
		return;
	if (!fj_identity_of(t, fj_process_of(t, pid), &who))
		return;
	*uid = who.euid;
	*gid = who.egid;
}

/* ---- getsockopt ---- */

static long peer_credentials(struct fj_call *c)
{
	struct ucred cred;
	struct fj_posted who;
	int room, len = sizeof(cred);
	long r;

	if (fj_guest_read(&room, c->arg[4], sizeof(room)))
		return -EFAULT;
	r = fj_sys_getsockopt(c->arg[0], c->arg[1], c->arg[2], &cred, &len);
	if (r < 0 || room < 0)
		return r < 0 ? r : -EINVAL;
	if (cred.uid == (uint32_t)fj_sys_getuid() && fj_identity_of(c->thread, cred.pid, &who)) {
		cred.uid = who.euid;
		cred.gid = who.egid;
	}
	if (room > len)
		room = len;
	if (fj_guest_write(c->arg[3], &cred, (size_t)room) ||
		fj_guest_write(c->arg[4], &room, sizeof(room)))
		return -EFAULT;
	return 0;
}

/* The kernel's answer only says whether there are groups. Which of them fit is decided here. */
static long peer_groups(struct fj_call *c)
{
	struct ucred cred;
	struct fj_posted who;
	int room, len = sizeof(cred);
	long r;

	if (fj_guest_read(&room, c->arg[4], sizeof(room)))
		return -EFAULT;
	r = fj_sys_getsockopt(c->arg[0], FJ_SOL_SOCKET, FJ_SO_PEERCRED, &cred, &len);
	if (r < 0 || cred.uid != (uint32_t)fj_sys_getuid() ||
		!fj_identity_of(c->thread, cred.pid, &who) || who.group_count > FJ_IDENTITY_GROUPS)
		return fj_kernel(c);
	len = (int)(who.group_count * sizeof(who.group[0]));
	if (fj_guest_write(c->arg[4], &len, sizeof(len)))
		return -EFAULT;
	if (room < len)
		return -ERANGE;
	return fj_guest_write(c->arg[3], who.group, (size_t)len);
}

long fj_hook_peer(struct fj_call *c)
{
	return (int)c->arg[2] == FJ_SO_PEERCRED ? peer_credentials(c) : peer_groups(c);
}

/* ---- messages ---- */

static size_t align_message(uint64_t len)
{
	return (len + 7) & ~7UL; /* CMSG_ALIGN */
}

static bool is_credentials(const struct cmsg *m)
{
	return m->level == FJ_SOL_SOCKET && m->type == SCM_CREDENTIALS_ &&
	       m->len >= sizeof(*m) + sizeof(struct ucred);
}

/* scm_check_creds() of net/core/scm.c; the kernel checks the process id. */
static long check_credentials(const struct fj_ids *ids, const struct ucred *cred)
{
	if (cred->uid != ids->ruid && cred->uid != ids->euid && cred->uid != ids->suid &&
		!fj_ids_can(ids, FJ_CAP_SETUID))
		return -EPERM;
	if (cred->gid != ids->rgid && cred->gid != ids->egid && cred->gid != ids->sgid &&
		!fj_ids_can(ids, FJ_CAP_SETGID))
		return -EPERM;
	return 0;
}

/* Checks and replaces the credentials in `copy`, control data of `len` bytes. */
static long send_credentials(char *copy, uint64_t len)
{
	struct cmsg m;

	for (uint64_t at = 0; at + sizeof(m) <= len; at += align_message(m.len)) {
		struct ucred cred;
		long r;

		memcpy(&m, copy + at, sizeof(m));
		if (m.len < sizeof(m) || m.len > len - at)
			return 0; /* malformed: the kernel gives the error */
		if (!is_credentials(&m))
			continue;
		memcpy(&cred, copy + at + sizeof(m), sizeof(cred));
		r = check_credentials(fj_ids(), &cred);
		if (r < 0)
			return r;
		fj_ids_claim(cred.uid, cred.gid);
		cred.uid = (uint32_t)fj_sys_getuid();
		cred.gid = (uint32_t)fj_sys_getgid();
		memcpy(copy + at + sizeof(m), &cred, sizeof(cred));
		return 0;
	}
	return 0;
}

/* Returns -EBADF when one of the descriptors in the control data is the jail's own, which does not exist for the program;
 * else 0. Only the first SCM_MAX_FD descriptors are looked at: the kernel refuses more. */
static long send_rights(uint64_t control, uint64_t len)
{
	enum { SCM_RIGHTS_ = 1, SCM_MAX_FD_ = 253 }; /* include/linux/socket.h, include/net/scm.h */
	struct cmsg m;

	for (uint64_t at = 0; at + sizeof(m) <= len; at += align_message(m.len)) {
		if (fj_guest_read(&m, control + at, sizeof(m)) || m.len < sizeof(m) ||
			m.len > len - at)
			return 0;
		if (m.level != FJ_SOL_SOCKET || m.type != SCM_RIGHTS_)
			continue;
		for (uint64_t i = 0; i < (m.len - sizeof(m)) / 4 && i < SCM_MAX_FD_; i++) {
			uint32_t fd;

			if (fj_guest_read(&fd, control + at + sizeof(m) + 4 * i, sizeof(fd)))
				return 0;
			if (fj_is_our_fd(fd))
				return -EBADF;
		}
	}
	return 0;
}

long fj_control_sent(struct fj_call *c, uint64_t *control, uint64_t len)
{
	char *copy;
	long r;

	if (!*control || !len)
		return 0;
	if (len > CONTROL_MAX)
		return send_rights(*control, len);
	copy = fj_scratch(c->thread, len);
	if (fj_guest_read(copy, *control, len)) {
		*control = UINT64_MAX; /* EFAULT, or an error of the socket */
		return 0;
	}
	*control = (uint64_t)copy;
	r = send_rights(*control, len);
	return r ? r : send_credentials(copy, len);
}

void fj_credentials_received(struct fj_call *c, uint64_t control, uint64_t len)
{
	struct cmsg m;

	for (uint64_t at = 0; at + sizeof(m) <= len; at += align_message(m.len)) {
		const uint64_t cred_at = control + at + sizeof(m);
		struct ucred cred;
		struct fj_posted who;

		if (fj_guest_read(&m, control + at, sizeof(m)) || m.len < sizeof(m) ||
			m.len > len - at)
			return;
		if (!is_credentials(&m) || fj_guest_read(&cred, cred_at, sizeof(cred)) ||
			cred.uid != (uint32_t)fj_sys_getuid() ||
			!fj_identity_of(c->thread, cred.pid, &who))
			continue;
		cred.uid = who.claimed_uid == FJ_NO_ID ? who.ruid : who.claimed_uid;
		cred.gid = who.claimed_gid == FJ_NO_ID ? who.rgid : who.claimed_gid;
		fj_guest_write(cred_at, &cred, sizeof(cred));
	}
}
