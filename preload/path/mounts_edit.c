/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mounts_edit.c - changing the mounts of a jail: one writer at a time, on a copy.
 *
 * Covered: a mount that can no longer be walked to, since a later one lies on a directory above its
 * point. Each mount knows the one that its point lies in (`parent`); it is covered when a walk to
 * its point comes by another. */
#include "path/path.h"

#include <asm/stat.h>

#define SIG_SETMASK 2 /* asm-generic/signal.h */
#define WAIT_NS 200000

static bool is_gone(int32_t tid)
{
	return fj_sys2(__NR_tkill, tid, 0) == -ESRCH;
}

/* A lock in shared memory that dies with its holder: its word names the thread. */
static void lock(struct fj_namespace *ns)
{
	const int32_t mine = (int32_t)fj_sys0(__NR_gettid);

	for (;;) {
		const int64_t wait[2] = {0, WAIT_NS};
		int32_t holder = 0;

		if (__atomic_compare_exchange_n(
			    &ns->writer, &holder, mine, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return;
		if (is_gone(holder) && __atomic_compare_exchange_n(&ns->writer, &holder, mine,
					       false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return;
		fj_sys2(__NR_nanosleep, wait, 0);
	}
}

static uint32_t keep_text(struct fj_mounts *v, const char *text, size_t len)
{
	const uint32_t at = v->text_used;

	memcpy(v->text + at, text, len);
	v->text[at + len] = 0;
	v->text_used += (uint32_t)len + 1;
	return at;
}

/* Entry by entry, so that text that is no longer used falls away. */
static void copy_version(struct fj_mounts *to, const struct fj_mounts *from)
{
	to->count = from->count;
	to->root_flags = from->root_flags;
	to->text_used = 0;
	memcpy(to->leaves, from->leaves, sizeof(to->leaves));
	memcpy(to->on_the_way, from->on_the_way, sizeof(to->on_the_way));
	for (uint32_t i = 0; i < from->count; i++) {
		struct fj_mount *m = &to->mount[i];

		*m = from->mount[i];
		m->jail = keep_text(to, from->text + m->jail, m->jail_len);
		m->host = keep_text(to, from->text + m->host, m->host_len);
		m->type = keep_text(to, from->text + m->type, fj_strlen(from->text + m->type));
		m->source =
			keep_text(to, from->text + m->source, fj_strlen(from->text + m->source));
		if (m->options)
			m->options = keep_text(
				to, from->text + m->options, fj_strlen(from->text + m->options));
	}
}

void fj_edit_begin(struct fj_edit *e)
{
	const uint64_t all = ~0UL;

	fj_sys4(__NR_rt_sigprocmask, SIG_SETMASK, &all, &e->mask, sizeof(all));
	e->ns = fj_namespace();
	lock(e->ns);

	const uint64_t done = e->ns->done;

	__atomic_store_n(&e->ns->begun, done + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	e->v = &e->ns->version[(done + 1) & 1];
	copy_version(e->v, &e->ns->version[done & 1]);
}

static void add_to(uint64_t *set, const char *name, size_t len)
{
	const uint64_t hash = fj_hash_quick(name, len);

	set[(hash >> 6) & 3] |= 1UL << (hash & 63);
}

static void note_names(struct fj_mounts *v, const char *pos)
{
	while (*pos) {
		const char *name = ++pos; /* a position begins with its slash */

		while (*pos && *pos != '/')
			pos++;
		add_to(*pos ? v->on_the_way : v->leaves, name, (size_t)(pos - name));
	}
}

/* Walk to the point of entry `i`, from mount to mount: does the way come by it? */
static bool is_reached(const struct fj_mounts *v, uint32_t i)
{
	const char *pos = v->text + v->mount[i].jail;
	uint32_t here = 0;

	for (;;) {
		const struct fj_mount *next = NULL;

		for (uint32_t k = 0; k < v->count; k++) {
			const struct fj_mount *m = &v->mount[k];

			if (m->parent == here && !(m->flags & FJ_MOUNT_HIDDEN) &&
				fj_path_has_prefix(pos, v->text + m->jail) &&
				(!next || m->jail_len < next->jail_len))
				next = m;
		}
		if (!next)
			return false;
		if (next == &v->mount[i])
			return true;
		here = next->id;
	}
}

static void note_limits(uint32_t flags)
{
	if (flags & FJ_MOUNT_LIMITS)
		__atomic_fetch_or(
			&fj_jail->has_mount_limits, flags & FJ_MOUNT_LIMITS, __ATOMIC_RELAXED);
}

static void derive(struct fj_mounts *v)
{
	memset(v->leaves, 0, sizeof(v->leaves));
	memset(v->on_the_way, 0, sizeof(v->on_the_way));
	for (uint32_t i = 0; i < v->count; i++) {
		struct fj_mount *m = &v->mount[i];

		if (m->flags & FJ_MOUNT_HIDDEN)
			continue;
		note_names(v, v->text + m->jail);
		note_limits(m->flags);
		m->flags = is_reached(v, i) ? m->flags & ~(uint32_t)FJ_MOUNT_COVERED :
					      m->flags | FJ_MOUNT_COVERED;
		/* A file needs no note: its name is the mount point's, which always sends a call to
		 * the walk. */
		if ((m->flags & FJ_MOUNT_READ_ONLY) && !(m->flags & FJ_MOUNT_FILE))
			__atomic_store_n(&fj_jail->has_read_only, 1, __ATOMIC_RELAXED);
	}
	note_limits(v->root_flags);
	if (v->root_flags & FJ_MOUNT_READ_ONLY)
		__atomic_store_n(&fj_jail->has_read_only, 1, __ATOMIC_RELAXED);
}

void fj_edit_end(struct fj_edit *e, bool is_wanted)
{
	if (is_wanted) {
		derive(e->v);
		/* A fact says that no mount point is met on its way: path/facts.c. */
		__atomic_fetch_add(&fj_jail->changers, 1, __ATOMIC_SEQ_CST);
		__atomic_store_n(&e->ns->done, e->ns->done + 1, __ATOMIC_RELEASE);
		__atomic_fetch_add(&fj_jail->epoch, 1, __ATOMIC_SEQ_CST);
		__atomic_fetch_sub(&fj_jail->changers, 1, __ATOMIC_SEQ_CST);
	}
	__atomic_store_n(&e->ns->writer, 0, __ATOMIC_RELEASE);
	fj_sys4(__NR_rt_sigprocmask, SIG_SETMASK, &e->mask, 0, sizeof(e->mask));
}

/* Can `host`, or what is below it, be reached already, or does it hold what can? */
static void note_aliases(const struct fj_mounts *v, const char *host)
{
	bool is = fj_path_has_prefix(host, fj_root_path()) ||
		  fj_path_has_prefix(fj_root_path(), host);

	for (uint32_t i = 0; i < v->count && !is; i++)
		is = fj_path_has_prefix(host, v->text + v->mount[i].host) ||
		     fj_path_has_prefix(v->text + v->mount[i].host, host);
	if (is)
		__atomic_store_n(&fj_jail->has_aliases, 1, __ATOMIC_RELAXED);
}

static uint64_t device_of(const char *host, bool *is_file)
{
	struct stat st = {0};

	fj_sys4(__NR_newfstatat, AT_FDCWD, *host ? host : "/", &st, 0);
	*is_file = st.st_ino && (st.st_mode & 0170000) != 0040000; /* S_IFDIR, inode(7) */
	return st.st_dev;
}

/* Is the directory `host` where its file system is mounted on the host? */
static bool is_whole_device(const char *host, uint64_t dev)
{
	const long fd = fj_open_path(AT_FDCWD, host, O_DIRECTORY);
	struct stat above = {0};
	bool is = false;

	if (!fj_is_err(fd)) {
		is = !fj_sys4(__NR_newfstatat, fd, "..", &above, 0) && above.st_dev != dev;
		fj_close((int)fd);
	}
	return is;
}

/* Must each file on the device of the directory `host` be asked where it lies, to know whose it is?
 * Not when all of that device is seen by one mount, and by nothing else that can be reached from
 * the root of who mounts it, as the launcher's mounts of a jail inside a jail. */
static bool mixes_device(const struct fj_mounts *v, const char *host, uint64_t dev, uint32_t flags)
{
	const struct fj_root *root = fj_root();
	bool is_file,
		mixes = dev == fj_jail->root_dev || dev == root->dev ||
			(flags & FJ_MOUNT_PRIVATE) ||
			(!fj_jail->root_path[0] && (!root->id || !is_whole_device(host, dev)));

	for (uint32_t i = 0; i < v->count && !mixes; i++)
		mixes = fj_path_has_prefix(v->text + v->mount[i].jail, root->pos) &&
			device_of(v->text + v->mount[i].host, &is_file) == dev;
	return mixes;
}

/* Where two mounts lie on one device of the host only we know that a rename from one to the other
 * must fail, and whose files are the jail's own. Returns whether `host` is no directory. */
static bool note_device(const struct fj_mounts *v, const char *host, uint32_t flags)
{
	bool is_file, other_is_file;
	const uint64_t dev = device_of(host, &is_file);
	/* (On the host's own root whatever is mounted can be reached without the mount, too.) */
	bool shares =
		dev == fj_jail->root_dev || (flags & FJ_MOUNT_PRIVATE) || !fj_jail->root_path[0];

	for (uint32_t i = 0; i < v->count && !shares; i++)
		shares = device_of(v->text + v->mount[i].host, &other_is_file) == dev;
	if (shares && !is_file && mixes_device(v, host, dev, flags))
		__atomic_store_n(&fj_jail->dirs_share_device, 1, __ATOMIC_RELAXED);
	if (shares)
		__atomic_store_n(&fj_jail->mounts_share_device, 1, __ATOMIC_RELAXED);
	return is_file;
}

long fj_edit_add(struct fj_edit *e, const char *host, const char *pos, uint32_t flags,
	const char *type, const char *source)
{
	struct fj_mounts *v = e->v;
	const size_t jail_len = fj_strlen(pos),
		     host_len = fj_streq(host, "/") ? 0 : fj_strlen(host);
	const size_t type_len = fj_strlen(type), source_len = fj_strlen(source);
	const struct fj_mount *parent;

	if (v->count == FJ_MOUNTS_MAX ||
		v->text_used + jail_len + host_len + type_len + source_len + 4 >= FJ_MOUNT_TEXT)
		return -ENOSPC;
	derive(v);
	if (note_device(v, host_len ? host : "", flags))
		flags |= FJ_MOUNT_FILE;
	if (!(flags & (FJ_MOUNT_PRIVATE | FJ_MOUNT_HIDDEN)))
		note_aliases(v, host_len ? host : "");
	parent = fj_mounts_of(v, pos);
	v->mount[v->count] = (struct fj_mount){
		.id = ++e->ns->next_mount,
		.parent = parent ? parent->id : 0,
		.flags = flags,
		.jail = keep_text(v, pos, jail_len),
		.jail_len = (uint32_t)jail_len,
		.host = keep_text(v, host, host_len),
		.host_len = (uint32_t)host_len,
		.type = keep_text(v, type, type_len),
		.source = keep_text(v, source, source_len),
	};
	return v->mount[v->count++].id;
}

long fj_edit_options(struct fj_edit *e, uint32_t id, const char *text)
{
	struct fj_mounts *v = e->v;
	const size_t len = fj_strlen(text);

	if (v->text_used + len + 1 >= FJ_MOUNT_TEXT)
		return -ENOSPC;
	for (uint32_t i = 0; i < v->count; i++)
		if (v->mount[i].id == id) {
			v->mount[i].options = len ? keep_text(v, text, len) : 0;
			return 0;
		}
	return -EINVAL;
}

void fj_edit_remove(struct fj_edit *e, uint32_t i)
{
	memmove(&e->v->mount[i], &e->v->mount[i + 1],
		(e->v->count - i - 1) * sizeof(struct fj_mount));
	e->v->count--;
}

/* The position `to` followed by `rest`, which may lie in the text of the version itself. */
static long keep_pos(struct fj_mounts *v, const char *to, const char *rest, struct fj_mount *m)
{
	const size_t to_len = fj_strlen(to), rest_len = fj_strlen(rest);

	if (v->text_used + to_len + rest_len + 1 >= FJ_MOUNT_TEXT)
		return -ENOSPC;
	m->jail = v->text_used;
	m->jail_len = (uint32_t)(to_len + rest_len);
	memcpy(v->text + m->jail, to, to_len);
	memcpy(v->text + m->jail + to_len, rest, rest_len + 1);
	v->text_used += m->jail_len + 1;
	return 0;
}

long fj_edit_copy(struct fj_edit *e, uint32_t i, const char *to, const char *rest)
{
	struct fj_mounts *v = e->v;
	struct fj_mount m = v->mount[i];
	const struct fj_mount *parent;
	long r = v->count == FJ_MOUNTS_MAX ? -ENOSPC : keep_pos(v, to, rest, &m);

	if (r < 0)
		return r;
	derive(v);
	parent = fj_mounts_of(v, v->text + m.jail);
	m.id = ++e->ns->next_mount;
	m.parent = parent ? parent->id : 0;
	m.flags &= ~(uint32_t)(FJ_MOUNT_PRIVATE | FJ_MOUNT_DEFAULT);
	m.options = 0; /* what shows a tmpfs a second time finds them at the first */
	v->mount[v->count++] = m;
	return m.id;
}

long fj_edit_move(struct fj_edit *e, const bool *in, uint32_t top, uint32_t parent, const char *to)
{
	struct fj_mounts *v = e->v;
	const size_t from_len = v->mount[top].jail_len;
	const uint32_t count = v->count;
	uint32_t kept = 0;
	long r;

	v->mount[top].parent = parent;
	for (uint32_t i = 0; i < count; i++) {
		if (!in[i])
			continue;
		r = keep_pos(v, to, v->text + v->mount[i].jail + from_len, &v->mount[i]);
		if (r < 0)
			return r;
		v->mount[i].flags &= ~(uint32_t)FJ_MOUNT_DEFAULT;
	}
	/* To the end: of mounts at one point the last is on top. Turned around once for each that
	 * moves. */
	for (uint32_t i = 0; i < count; i++) {
		const struct fj_mount m = v->mount[kept];

		if (!in[i]) {
			kept++;
			continue;
		}
		memmove(&v->mount[kept], &v->mount[kept + 1], (count - kept - 1) * sizeof(m));
		v->mount[count - 1] = m;
	}
	return 0;
}

long fj_mount_add(const char *host, const char *pos, uint32_t flags, const char *type)
{
	struct fj_edit e;
	long r;

	fj_edit_begin(&e);
	r = fj_edit_add(&e, host, pos, flags, type, type);
	fj_edit_end(&e, r >= 0);
	return r < 0 ? r : 0;
}

void fj_mounts_renamed(const char *from, const char *to)
{
	const size_t from_len = fj_strlen(from);
	struct fj_edit e;
	bool is_changed = false;
	long r = 0;

	fj_edit_begin(&e);
	for (uint32_t i = 0; i < e.v->count && !r; i++) {
		struct fj_mount *m = &e.v->mount[i];

		if (m->jail_len > from_len && fj_path_has_prefix(e.v->text + m->jail, from)) {
			r = keep_pos(e.v, to, e.v->text + m->jail + from_len, m);
			is_changed = true;
		}
	}
	fj_edit_end(&e, is_changed && !r);
}

/* (In an edit of this very thread the texts stay: it has found its places already.) */
void fj_mounts_root_moved(const char *from, const char *to)
{
	const size_t from_len = fj_strlen(from), to_len = fj_strlen(to);
	struct fj_edit e;
	bool is_changed = false;

	if (__atomic_load_n(&fj_namespace()->writer, __ATOMIC_RELAXED) == fj_sys0(__NR_gettid))
		return;
	fj_edit_begin(&e);
	for (uint32_t i = 0; i < e.v->count; i++) {
		struct fj_mount *m = &e.v->mount[i];
		const char *rest = e.v->text + m->host + from_len;
		const size_t rest_len = m->host_len - from_len;

		if (!fj_path_has_prefix(e.v->text + m->host, from) ||
			e.v->text_used + to_len + rest_len + 1 >= FJ_MOUNT_TEXT)
			continue;
		m->host = e.v->text_used;
		m->host_len = (uint32_t)(to_len + rest_len);
		memcpy(e.v->text + m->host, to, to_len);
		memcpy(e.v->text + m->host + to_len, rest, rest_len + 1);
		e.v->text_used += m->host_len + 1;
		is_changed = true;
	}
	fj_edit_end(&e, is_changed);
}
