/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * list.c - lists merged directories. Called by the hooks of getdents(2) and rmdir(2).
 *
 * Nothing is stored between calls except the position, which is the file offset of the program's own
 * descriptor; its own entries are not read. The layers are listed from the bottom to the top. A name is
 * shown when its lowest layer is listed, if the highest layer that has it shows it. So a file that is
 * copied up or gets a whiteout during the listing moves no other file, and is not shown twice. For each
 * name of a layer, every other layer is asked once: the time grows with names times layers, the memory does
 * not. cursor.h explains the position. */
#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/hash.h"
#include "bytes/len.h"
#include "facts/facts.h"
#include "guest/guest.h"
#include "jail/hidden.h"
#include "layers/union.h"
#include "nested/roots.h"
#include "ownership/ownership.h"
#include "records/disk.h"
#include "records/records.h"
#include "sys/abi.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "syscall/dirent.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"
#include "union-held/held.h"
#include "union/cursor.h"
#include "union/parts.h"
#include "union/union.h"

#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#define IN 8192u
#define OUT (32u * 1024)

#define NAME offsetof(struct fj_dirent, type) /* in the old struct, whose last byte is the type */

static bool is_same_file(int a, int b)
{
	struct stat of_a, of_b;

	return !fj_sys_fstat(a, &of_a) && !fj_sys_fstat(b, &of_b) && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

bool fj_union_lists_alone(int fd, const struct fj_union_layers *layers, uint64_t at)
{
	const uint32_t last = layers->count - 1;

	return !last || (at && !is_cursor(layers, at) && is_same_file(fd, layers->layer[last].fd));
}

struct listing {
	struct fj_thread *t;
	const struct fj_union_layers *layers;
	uint32_t at;	 /* the layer that is being listed */
	uint64_t dev;	 /* its device */
	int fd;		 /* its descriptor for listing; -1: not open */
	uint64_t cursor; /* the position after the last entry taken */
	bool is_old;
	char *in, *out; /* out NULL: only find out whether there is a name */
	size_t used, size;
	bool has_name, is_full;
};

/* One name, and what is shown of it. */
struct entry {
	uint64_t dev, ino;
	uint8_t type;
	const char *name;
};

/* Find the highest layer from `above` down to `end` that has the name. False: none. */
static bool is_in_layers(const struct fj_union_layers *l, const char *name, uint32_t above,
	uint32_t end, uint32_t *where, struct stat *st)
{
	for (uint32_t i = above; i < end; i++)
		if (!fj_sys_newfstatat(l->layer[i].fd, name, st, AT_SYMLINK_NOFOLLOW)) {
			*where = i;
			return true;
		}
	return false;
}

static uint8_t type_of(uint32_t mode)
{
	return (uint8_t)(mode >> 12 & 15); /* IFTODT of linux/fs_types.h */
}

/* Can a record say something else about any file? */
static bool have_such_records(void)
{
	return fj_owner_has_devices() || fj_owner_has_attributes();
}

/* May the record of file `e` say something else than the disk? Only few files have such a record. */
static bool may_have_record(const struct entry *e)
{
	struct fj_owner owner;

	return fj_owner_is_scattered ||
	       (fj_owner_find_ino(e->dev, e->ino, &owner) &&
		       (owner.flags & (FJ_OWNER_DEVICE | FJ_OWNER_ATTRIBUTES)));
}

/* `e` is the file in the layer's directory `fd` as it is on the disk. Change `e` to what is shown. `has_record`:
 * may_have_record() says so. */
static void show_in(int fd, uint64_t dir_device, bool has_record, struct entry *e)
{
	struct fj_union_origin origin;
	struct fj_owner owner;

	if (has_record && fj_union_record(fd, e->name, &owner)) {
		if (owner.flags & FJ_OWNER_DEVICE)
			e->type = type_of(owner.mode);
		if (fj_union_origin(&owner, e->dev, &origin)) {
			e->dev = origin.dev;
			e->ino = origin.ino;
		}
	}
	if (e->type == FJ_DT_DIR)
		e->ino = fj_union_dir_number(dir_device, e->dev, e->ino);
}

static void show_entry(const struct fj_union_layers *l, uint32_t i, struct entry *e)
{
	show_in(l->layer[i].fd, l->dir_device, have_such_records() && may_have_record(e), e);
}

/* "." and ".." are those of the top layer. */
static void show_dots(const struct fj_union_layers *l, struct entry *e)
{
	struct stat st;

	if (fj_sys_newfstatat(l->layer[0].fd, e->name, &st, 0))
		return;
	e->dev = st.st_dev;
	e->ino = st.st_ino;
	show_entry(l, 0, e);
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Is it a name that no lookup finds (is_layer_hidden() of walk/union_walk.c), or a directory of records? */
static bool is_kept_back(const struct listing *l, const char *name)
{
	const int fd = l->layers->layer[l->at].fd;

	if (name[0] != '.' || name[1] != 'f')
		return false;
	return fj_begins(name, FJ_UNION_TEMP) ||
	       (fj_streq(name, FJ_HIDDEN_NAME) &&
		       (l->layers->is_root || !fj_sys_faccessat(fd, FJ_HIDDEN_NAME "/owners", 0) ||
			       !fj_sys_faccessat(fd, FJ_HIDDEN_NAME "/work", 0)));
}

static bool is_union_root(const struct fj_union_alone *dir)
{
	struct fj_mount_found m;

	return fj_mount_of(dir->pos, &m, NULL) && m.jail_len == fj_strlen(dir->pos);
}

static bool is_nested(const struct fj_union_alone *dir)
{
	struct fj_mount_found m;

	return fj_mount_of(dir->pos, &m, NULL) && (m.flags & FJ_MOUNT_NESTED);
}

bool fj_union_lists(struct fj_thread *t, const struct fj_union_alone *dir, const char *name,
	uint64_t *ino, uint8_t *type)
{
	struct entry e = {.dev = dir->dev, .ino = *ino, .type = *type, .name = name};
	const int fd = dir->fd;
	bool has_record;

	if (name[0] == '.' && name[1] == 'f' &&
		(fj_begins(name, FJ_UNION_TEMP) ||
			(fj_streq(name, FJ_HIDDEN_NAME) &&
				(is_union_root(dir) ||
					!fj_sys_faccessat(fd, FJ_HIDDEN_NAME "/work", 0)))))
		return false;
	has_record = dir->has_records && may_have_record(&e);
	if ((e.type == FJ_DT_CHR || e.type == FJ_DT_REG || e.type == FJ_DT_UNKNOWN) &&
		(e.type != FJ_DT_REG || has_record) &&
		fj_union_hides(t, fd, name, NULL, is_nested(dir)))
		return false;
	/* It will probably be looked at and opened: then its position can be remembered at the first look. */
	if (e.type == FJ_DT_DIR && !is_dots(name)) {
		fj_facts_saw_name(name, fj_strlen(name));
		if (dir->token)
			fj_dir_recent_listed(dir->token, name, e.ino);
	} else if (dir->token && e.type != FJ_DT_DIR && fj_dir_recent_finds()) {
		fj_dir_recent_listed(dir->token, name, e.ino);
	}
	show_in(fd, dir->dir_device, has_record, &e);
	*ino = e.ino;
	*type = e.type;
	return true;
}

/* Is the name shown at this place in the listing? Then `e` says how. */
static bool judge_entry(struct listing *l, struct entry *e)
{
	const struct fj_union_layers *all = l->layers;
	uint32_t where = l->at;
	struct stat st;

	if (is_dots(e->name)) {
		if (l->at + 1 < all->count)
			return false;
		show_dots(all, e);
		return true;
	}
	if (is_kept_back(l, e->name) ||
		is_in_layers(all, e->name, l->at + 1, all->count, &where, &st))
		return false;
	if (is_in_layers(all, e->name, 0, l->at, &where, &st)) {
		e->dev = st.st_dev;
		e->ino = st.st_ino;
		e->type = type_of(st.st_mode);
	}
	if ((e->type == FJ_DT_CHR || e->type == FJ_DT_REG || e->type == FJ_DT_UNKNOWN) &&
		(e->type != FJ_DT_REG || (have_such_records() && may_have_record(e))) &&
		fj_union_hides(l->t, all->layer[where].fd, e->name, NULL, all->is_nested))
		return false;
	show_entry(all, where, e);
	return true;
}

/* Append the entry to the program's buffer; `next` is its d_off. False: no room. */
static bool put_entry(struct listing *l, const struct entry *e, uint64_t next)
{
	const size_t len = fj_strlen(e->name) + 1;
	const size_t head = l->is_old ? NAME : sizeof(struct fj_dirent);
	const size_t size = (head + len + l->is_old + 7) & ~(size_t)7;
	struct fj_dirent d = {
		.ino = e->ino, .offset = next, .size = (uint16_t)size, .type = e->type};
	char *to = l->out + l->used;

	if (size > l->size - l->used)
		return false;
	memset(to + head, 0, size - head);
	memcpy(to, &d, head);
	memcpy(to + head, e->name, len);
	if (l->is_old)
		to[size - 1] = (char)e->type;
	l->used += size;
	return true;
}

/* Handle the `n` bytes that the kernel has listed. False: stop. */
static bool take_entries(struct listing *l, long n)
{
	const uint32_t number = l->layers->layer[l->at].number;

	for (long at = 0; at < n;) {
		const struct fj_dirent *d = (const struct fj_dirent *)(l->in + at);
		struct entry e = {.dev = l->dev, .ino = d->ino, .type = d->type, .name = d->name};
		const uint64_t next = cursor_of(number, d->offset);

		if (judge_entry(l, &e)) {
			if (!l->out) {
				l->has_name = !is_dots(e.name);
				if (l->has_name)
					return false;
			} else if (!put_entry(l, &e, next)) {
				l->is_full = true;
				return false;
			}
		}
		l->cursor = next;
		at += d->size;
	}
	return true;
}

static void close_layer(struct listing *l)
{
	if (l->fd >= 0)
		fj_sys_close(l->fd);
	l->fd = -1;
}

/* Open the layer of the cursor. Returns 1, 0 at the end, or -errno. */
static long open_layer(struct listing *l)
{
	const struct fj_union_layers *all = l->layers;
	const uint32_t number = number_of(l->cursor);
	struct stat st;
	long fd, r;

	l->at = all->count;
	while (l->at && all->layer[l->at - 1].number < number)
		l->at--;
	if (!l->at)
		return 0;
	l->at--;
	if (all->layer[l->at].number != number)
		l->cursor = cursor_of(all->layer[l->at].number, 0);
	fj_roots_see_fd(l->t, all->layer[l->at].fd, true);
	fd = fj_union_open_lower(all->layer[l->at].fd, ".", O_DIRECTORY);
	if (fd < 0)
		return fd;
	l->fd = (int)fd;
	r = fj_sys_fstat(fd, &st);
	l->dev = st.st_dev;
	if (!r && offset_of(l->cursor))
		r = fj_sys_lseek(fd, offset_of(l->cursor), SEEK_SET);
	return r < 0 ? r : 1;
}

/* List until the buffer is full. Returns 0 or -errno. */
static long list_layers(struct listing *l)
{
	long r, n;

	while ((r = open_layer(l)) > 0) {
		do
			n = fj_sys_getdents64(l->fd, l->in, IN);
		while (n > 0 && take_entries(l, n));
		close_layer(l);
		if (n)
			return n < 0 ? n : 0;
		if (!l->at) /* files that are made later may still be shown */
			return 0;
		l->cursor = cursor_of(l->layers->layer[l->at - 1].number, 0);
	}
	close_layer(l);
	return r;
}

long fj_union_list(struct fj_thread *t, int fd, const struct fj_union_layers *layers,
	uint64_t buffer, size_t size, bool is_old)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct listing l = {.t = t,
		.layers = layers,
		.fd = -1,
		.is_old = is_old,
		.size = size < OUT ? size : OUT};
	const long at = fj_sys_lseek(fd, 0, SEEK_CUR);
	long r;

	if (at < 0)
		return at;
	l.in = fj_scratch(t, IN);
	l.out = fj_scratch(t, OUT);
	if (at && is_cursor(layers, (uint64_t)at)) {
		l.cursor = (uint64_t)at;
	} else if (!at ||
		   (at != FJ_DIR_END && fj_union_told_offset(layers->layer[layers->count - 1].fd,
						l.in, IN, (uint64_t)at))) {
		l.cursor = cursor_of(layers->layer[layers->count - 1].number, (uint64_t)at);
	} else {
		fj_scratch_release(t, mark);
		return 0;
	}
	r = list_layers(&l);
	if (!r && !l.used && l.is_full)
		r = -EINVAL;
	fj_scratch_release(t, mark);
	if (r < 0 && !l.used)
		return r;
	if (l.used && fj_guest_write(buffer, l.out, l.used))
		return -EFAULT;
	r = l.cursor == (uint64_t)at ? 0 : fj_sys_lseek(fd, l.cursor, SEEK_SET);
	return r < 0 ? r : (long)l.used;
}

long fj_union_is_empty(struct fj_thread *t, const struct fj_union_layers *layers)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct listing l = {.t = t, .layers = layers, .fd = -1, .cursor = cursor_of(0, 0)};
	long r;

	l.in = fj_scratch(t, IN);
	r = list_layers(&l);
	fj_scratch_release(t, mark);
	return r < 0 ? r : !l.has_name;
}
