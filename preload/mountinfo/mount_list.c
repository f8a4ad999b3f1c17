/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * mount_list.c - lists the jail's mounts, and the host's mounts that are in them. Called by procfs_mounts.c
 * and hook_statmount.c.
 *
 * As in a real chroot, only what the caller's root contains is listed, and the root itself only if it is a
 * mount point. A bind is described as the host describes the mount that contains its source. */
#include "mountinfo/mount_list.h"

#include "bytes/copy.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "mount-table/mount_table.h"
#include "mount-table/mounts.h"
#include "mount-table/paths.h"
#include "mountinfo/hostmounts.h"
#include "mountinfo/mount_ids.h"
#include "path/path.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/mman.h"
#include "syscall/stat.h"

#include <asm/stat.h>
#include <linux/fcntl.h>

#define ROOT_ID FJ_MOUNT_ROOT_ID
#define OWN_IDS FJ_MOUNT_OWN_IDS
#define HOST_IDS FJ_MOUNT_HOST_IDS

struct listing {
	struct fj_thread *t;
	fj_mount_teller tell;
	void *about;
	struct fj_hostmounts host;
	struct fj_mounts *v; /* a copy */
	uint32_t root_id;
	bool has_inode64; /* this kernel shows this option for tmpfs */
};

static void tell_line(struct listing *list, const struct fj_mount_line *l)
{
	const uint32_t mark = fj_scratch_mark(list->t);
	struct fj_str seen;

	fj_scratch_str(list->t, &seen, PATH_MAX);
	if (fj_path_seen(l->pos, &seen))
		list->tell(list->about, l, seen.at);
	fj_scratch_release(list->t, mark);
}

static bool is_mount_hidden(const struct fj_mounts *v, const char *pos)
{
	for (uint32_t i = 0; i < v->count; i++)
		if ((v->mount[i].flags & FJ_MOUNT_HIDDEN) &&
			fj_streq(v->text + v->mount[i].jail, pos))
			return true;
	return false;
}

/* A device or a word may be shown, but no path of the host. */
static const char *source_of(const struct fj_hostmount *m)
{
	return m->source[0] != '/' || fj_path_has_prefix(m->source, "/dev") ? m->source : m->type;
}

/* List the host's mounts below `host` (for the root's tree, also at it). `host` is at `pos` through mount
 * `m`. */
static void list_host(struct listing *list, const struct fj_mount *m, const char *host,
	const char *pos, uint32_t id)
{
	const uint32_t mark = fj_scratch_mark(list->t);
	struct fj_str at;

	fj_scratch_str(list->t, &at, PATH_MAX);
	for (uint32_t i = 0; i < list->host.count; i++) {
		const struct fj_hostmount *h = &list->host.mount[i], *parent;
		const char *point = fj_streq(h->point, "/") ? "" : h->point;
		struct fj_mount_line l;

		if (!fj_path_has_prefix(point, host) || (m && fj_streq(point, host)))
			continue;
		fj_str_cut(&at, 0);
		fj_str_put(&at, pos);
		fj_str_put(&at, point + fj_strlen(host));
		if (fj_mounts_of(list->v, at.at) != m || is_mount_hidden(list->v, at.at))
			continue;
		parent = fj_hostmounts_by_id(&list->host, h->parent);
		l = (struct fj_mount_line){
			.id = h->id + HOST_IDS,
			.parent = id,
			.device = h->device,
			.root = fj_path_has_prefix(h->root, fj_root_path()) &&
						fj_jail_paths()->root[0] ?
					"/" :
					h->root,
			.pos = at.at,
			.host = h->point,
			.options = h->options,
			.tags = "",
			.type = h->type,
			.source = source_of(h),
			.super_options = h->super_options,
			.is_source_escaped = true,
		};
		if (!fj_jail_paths()->root[0] && !m)
			l.root = h->root;
		if (parent &&
			fj_path_has_prefix(
				fj_streq(parent->point, "/") ? "" : parent->point, host) &&
			!(m && fj_streq(parent->point, host)))
			l.parent = parent->id + HOST_IDS;
		tell_line(list, &l);
	}
	fj_scratch_release(list->t, mark);
}

/* The root of a bind in its file system: a path of the jail or of a tmpfs, but never its path on the
 * host. */
static const char *root_of(const struct listing *list, const struct fj_mount *m)
{
	const char *host = list->v->text + m->host;

	if (m->flags & FJ_MOUNT_PRIVATE)
		return "/";
	for (uint32_t i = 0; i < list->v->count; i++) {
		const struct fj_mount *k = &list->v->mount[i];
		const char *k_host = list->v->text + k->host;

		if (k != m && (k->flags & FJ_MOUNT_PRIVATE) && fj_path_has_prefix(host, k_host))
			return host[k->host_len] ? host + k->host_len : "/";
	}
	if (!list->v->text[m->type] && fj_path_has_prefix(host, fj_root_path())) {
		const struct fj_hostmount *h = fj_hostmounts_of(&list->host, host);
		const bool has_own =
			h && h->point[1] && fj_path_has_prefix(h->point, fj_root_path());

		host += fj_strlen(has_own ? h->point : fj_root_path());
		return *host ? host : "/";
	}
	return "/";
}

static void put_options(struct fj_str *s, uint32_t flags, const char *host_options)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {{FJ_MOUNT_NOSUID, ",nosuid"}, {FJ_MOUNT_NODEV, ",nodev"},
		{FJ_MOUNT_NOEXEC, ",noexec"}, {FJ_MOUNT_NOATIME, ",noatime"},
		{FJ_MOUNT_NODIRATIME, ",nodiratime"}};

	fj_str_put(s, (flags & FJ_MOUNT_READ_ONLY) ||
				      (host_options && fj_mount_options_are_ro(host_options)) ?
			      "ro" :
			      "rw");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].flag)
			fj_str_put(s, names[i].name);
	if (!(flags & (FJ_MOUNT_NOATIME | FJ_MOUNT_STRICTATIME)))
		fj_str_put(s, ",relatime");
}

static void put_tags(struct fj_str *s, const struct fj_mount *m)
{
	if (m->flags & FJ_MOUNT_SHARED) {
		fj_str_put(s, " shared:");
		fj_str_num(s, m->id, 10);
	}
	if (m->flags & FJ_MOUNT_UNBINDABLE)
		fj_str_put(s, " unbindable");
}

static void put_device(struct fj_str *s, const char *host)
{
	struct stat st = {0};
	const uint64_t dev =
		fj_sys_newfstatat(AT_FDCWD, *host ? host : "/", &st, 0) ? 0 : st.st_dev;

	/* new_decode_dev() of include/linux/kdev_t.h, with the wider major of struct stat */
	fj_str_num(s, (dev >> 8) & 0xfff, 10);
	fj_str_put(s, ":");
	fj_str_num(s, (dev & 0xff) | ((dev >> 12) & 0xfff00), 10);
}

static bool says_inode64(const char *options)
{
	static const char word[] = ",inode64";

	for (; *options; options++) {
		size_t n = 0;

		while (word[n] && options[n] == word[n])
			n++;
		if (!word[n])
			return true;
	}
	return false;
}

static void list_own(struct listing *list, const struct fj_mount *m)
{
	const char *host = list->v->text + m->host, *type = list->v->text + m->type,
		   *source = list->v->text + m->source;
	const struct fj_hostmount *h = fj_hostmounts_of(&list->host, host);
	const struct fj_mount *tmpfs = fj_mounts_private(list->v, host);
	char device[24], options[96], super_options[FJ_TMPFS_TEXT + 16], tags[40];
	struct fj_str s;
	struct fj_mount_line l = {
		.id = m->id + OWN_IDS,
		.parent = m->parent   ? m->parent + OWN_IDS :
			  m->jail_len ? list->root_id :
					0,
		.root = root_of(list, m),
		.pos = list->v->text + m->jail,
		.host = host,
		.type = *type ? type :
			h     ? h->type :
				"none",
		.source = *source     ? source :
			  *type || !h ? "none" :
					source_of(h),
		.super_options =
			h && (!*type || fj_streq(type, h->type)) && !fj_streq(type, "tmpfs") ?
				h->super_options :
				"rw",
		.device = device,
		.options = options,
		.tags = tags,
		.is_source_escaped = !*source,
	};

	fj_str_init(&s, device, sizeof(device));
	put_device(&s, host);
	fj_str_init(&s, options, sizeof(options));
	put_options(&s, m->flags, h ? h->options : NULL);
	fj_str_init(&s, tags, sizeof(tags));
	put_tags(&s, m);
	if (tmpfs) {
		fj_str_init(&s, super_options, sizeof(super_options));
		fj_str_put(&s, "rw");
		fj_str_put(&s, fj_mounts_options(list->v, tmpfs));
		if (list->has_inode64)
			fj_str_put(&s, ",inode64");
		l.super_options = super_options;
	}
	if (m->flags & FJ_MOUNT_UNION)
		l.super_options = fj_mounts_options(list->v, m);
	tell_line(list, &l);
}

/* List the root, if its flags make it a mount of its own. */
static void list_root_mount(struct listing *list)
{
	const struct fj_mount root = {.flags = list->v->root_flags, .host = FJ_MOUNT_TEXT - 1};
	const struct fj_hostmount *h = fj_hostmounts_of(&list->host, fj_root_path());
	char device[24], options[96];
	struct fj_str s;
	struct fj_mount_line l = {.id = ROOT_ID,
		.parent = 0,
		.device = device,
		.root = "/",
		.pos = "",
		.host = fj_root_path(),
		.options = options,
		.tags = "",
		.type = h ? h->type : "none",
		.source = h ? source_of(h) : "none",
		.super_options = h ? h->super_options : "rw",
		.is_source_escaped = true};

	fj_str_init(&s, device, sizeof(device));
	put_device(&s, fj_root_path());
	fj_str_init(&s, options, sizeof(options));
	put_options(&s, root.flags, NULL);
	tell_line(list, &l);
}

long fj_mount_list(struct fj_thread *t, fj_mount_teller tell, void *about)
{
	struct listing list = {.t = t, .tell = tell, .about = about, .root_id = fj_mount_root_id()};
	const struct fj_mounts *current;
	struct fj_mounts_seen seen;
	long at;

	fj_root_path_look();
	at = fj_hostmounts_read(&list.host);

	if (at >= 0) {
		at = fj_sys_mmap(0, sizeof(*list.v), 3 /* PROT_READ | PROT_WRITE */,
			0x22 /* private, anonymous */, -1, 0);
		if (fj_is_err(at))
			fj_hostmounts_done(&list.host);
	}
	if (fj_is_err(at))
		return at;
	list.v = (struct fj_mounts *)at;
	for (uint32_t i = 0; i < list.host.count; i++)
		list.has_inode64 |= fj_streq(list.host.mount[i].type, "tmpfs") &&
				    says_inode64(list.host.mount[i].super_options);
	do {
		current = fj_mounts_look(&seen);
		memcpy(list.v, current, sizeof(*current));
	} while (!fj_mounts_held(&seen));
	if (list.v->root_flags && list.root_id == ROOT_ID)
		list_root_mount(&list);
	if (!fj_mounts_at(list.v, "")) /* (otherwise the root is an overlay, and only that) */
		list_host(&list, NULL, fj_root_path(), "", ROOT_ID);
	for (uint32_t i = 0; i < list.v->count; i++) {
		const struct fj_mount *m = &list.v->mount[i];

		/* The host's resolv.conf is mounted without an option. A chroot has no such mount, and
		 * nobody would unmount it. */
		if ((m->flags & (FJ_MOUNT_HIDDEN | FJ_MOUNT_ENTRY)) ||
			(m->flags & (FJ_MOUNT_DEFAULT | FJ_MOUNT_FILE)) ==
				(FJ_MOUNT_DEFAULT | FJ_MOUNT_FILE))
			continue;
		list_own(&list, m);
		if (m->flags & FJ_MOUNT_WITH_SUBMOUNTS)
			list_host(&list, m, list.v->text + m->host, list.v->text + m->jail,
				m->id + OWN_IDS);
	}
	fj_sys_munmap(list.v, sizeof(*list.v));
	fj_hostmounts_done(&list.host);
	return 0;
}
