/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unix_name.c - the jail's table of bound socket names. Called by hook_net.c, hook_net_names.c and
 * procfs/.
 *
 * The table is a ring: after FJ_SOCKETS binds the oldest name is lost, and its socket shows the
 * short name. An entry is written before the bind that makes its number visible. */
#include "socket/unix_name.h"

#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/str.h"
#include "jail/jail.h"
#include "jail/memory.h"
#include "layers/place.h"
#include "locking/seq.h"
#include "path/path.h"
#include "sys/abi.h"
#include "sys/scratch_str.h"
#include "syscall/socket.h"
#include "syscall/unistd_names.h"

#include <linux/errno.h>
#include <stdbool.h>

struct fj_socket_names *fj_socket_names(void)
{
	return (struct fj_socket_names *)fj_jail_at(FJ_SOCKET_NAMES_AT);
}

static const char prefix[] = ".fjs";
#define PREFIX_LEN (sizeof(prefix) - 1)
#define ADDRESS_HEAD 2	/* offsetof(struct sockaddr_un, sun_path) */
#define READ_TRIES 1000 /* of a name that is being written */

static uint64_t remember_name(const char *path, size_t len)
{
	const uint32_t n = __atomic_fetch_add(&fj_socket_names()->next, 1, __ATOMIC_RELAXED);
	struct fj_socket_name *s = &fj_socket_names()->socket[n % FJ_SOCKETS];
	/* Jails on one root share its directories, so their numbers must differ. */
	const uint64_t id = ((uint64_t)(uint32_t)fj_jail->first_pid << 32) + n;

	fj_seq_write_at_last(&s->sequence);
	s->id = id;
	memcpy(s->path, path, len);
	s->len = (uint32_t)len;
	fj_seq_written(&s->sequence);
	return id;
}

long fj_unix_name_bind(struct fj_thread *t, int fd, const struct fj_place *place, const char *path,
	size_t len, struct fj_unix_address *address)
{
	struct fj_place short_name = *place;
	const char *name;
	const size_t dir = fj_place_dir_len(place->name);
	struct fj_str s;
	long r;

	fj_scratch_str(t, &s, dir + PREFIX_LEN + 17);
	name = short_name.name = s.at;
	fj_str_add(&s, place->name, dir);
	fj_str_put(&s, prefix);
	fj_str_num(&s, remember_name(path, len), 16);
	fj_str_init(&s, address->path, sizeof(address->path));
	fj_str_put(&s, fj_place_path(t, &short_name));
	if (s.overflowed)
		return -EMFILE; /* the name is so long only when no descriptor was free */
	r = fj_sys_bind(fd, address, ADDRESS_HEAD + s.len + 1);
	if (r < 0)
		return r;
	r = fj_sys_renameat2(place->dirfd, name, place->dirfd, place->name, FJ_RENAME_NOREPLACE);
	if (r == -EINVAL ||
		r == -ENOSYS) { /* the file system or the kernel (3.15) lacks this flag */
		r = fj_sys_linkat(place->dirfd, name, place->dirfd, place->name, 0);
		fj_sys_unlinkat(place->dirfd, name, 0);
	} else if (r < 0) {
		fj_sys_unlinkat(place->dirfd, name, 0);
	}
	return r == -EEXIST ? -EADDRINUSE : r;
}

static bool parse_name_id(const char *name, size_t len, uint64_t *id)
{
	if (len <= PREFIX_LEN || memcmp(name, prefix, PREFIX_LEN))
		return false;
	*id = 0;
	for (size_t i = PREFIX_LEN; i < len; i++) {
		const char c = name[i];

		if (c >= '0' && c <= '9')
			*id = *id * 16 + (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*id = *id * 16 + (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* The name that was bound with the number `id`, if it is still in the table. */
static bool find_bound_name(uint64_t id, struct fj_socket_name *out)
{
	const struct fj_socket_name *s = &fj_socket_names()->socket[id % FJ_SOCKETS];

	for (int tries = 0; tries < READ_TRIES; tries++) {
		const uint32_t seen = fj_seq_begin(&s->sequence);

		if (fj_seq_is_odd(seen))
			continue;
		*out = *s;
		if (!fj_seq_retry(&s->sequence, seen))
			return out->id == id && out->len <= sizeof(out->path);
	}
	return false;
}

int fj_unix_name_as_bound(struct fj_unix_address *address, int len)
{
	struct fj_socket_name s;
	size_t n, leaf;
	uint64_t id;

	if (len <= ADDRESS_HEAD || address->family != 1 /* AF_UNIX */ || !address->path[0])
		return len;
	for (n = 0; n < (size_t)len - ADDRESS_HEAD && n < sizeof(address->path) && address->path[n];
		n++)
		;
	for (leaf = n; leaf && address->path[leaf - 1] != '/'; leaf--)
		;
	if (!parse_name_id(address->path + leaf, n - leaf, &id))
		return len;
	if (!find_bound_name(id, &s))
		return len;
	memset(address->path, 0, sizeof(address->path));
	memcpy(address->path, s.path, s.len);
	/* With its NUL, which for 108 bytes lies behind sun_path: unix_mkname_bsd() of
	 * net/unix/af_unix.c. */
	return (int)(ADDRESS_HEAD + s.len + 1);
}
