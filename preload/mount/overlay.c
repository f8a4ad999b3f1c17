/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * overlay.c - a file system of the type overlay: its options, and the directories of the host that they
 * name. Called by the mount hooks, setup and launch. The kernel's rules are in fs/overlayfs/params.c and
 * fs/overlayfs/super.c. Options that are not supported are refused. */
#include "mount/overlay.h"

#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "jail/hidden.h"
#include "layers/union.h"
#include "mount-table/mount_flags.h"
#include "mount-table/paths.h"
#include "mount/mounting.h"
#include "nested/roots.h"
#include "sys/fd.h"
#include "sys/scratch.h"
#include "sys/scratch_mark.h"
#include "sys/scratch_str.h"
#include "syscall/stat.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_names.h"
#include "union/union.h"

#include <asm/stat.h>

#define WORK_MODE 0700

struct parsed {
	struct fj_thread *t;
	struct fj_str layers, uppers, work, shown;
	uint32_t count; /* number of lower layers */
	char *upper, *workdir;
	bool of_host;	/* the paths are host paths */
	bool is_root;	/* the overlay is the jail's own root, which is the upper directory */
	bool has_roots; /* a lower layer is a root with records of its own */
	bool is_nested; /* a layer is in another union */
	const char *canonical; /* a host path that is as the kernel spells it, or NULL */
};

/* The length of the next option. A comma in it may be escaped. */
static size_t option_len(const char *s)
{
	size_t n = 0;

	while (s[n] && s[n] != ',')
		n += s[n] == '\\' && s[n + 1] ? 2 : 1;
	return n;
}

/* Unescaped copy, in scratch memory, of `text`; if `is_list`, up to an unescaped colon. `*used`: how many bytes. */
static char *unescape_option(
	struct fj_thread *t, const char *text, size_t len, bool is_list, size_t *used)
{
	char *out = fj_scratch(t, len + 1);
	size_t n = 0, i = 0;

	for (; i < len && !(is_list && text[i] == ':'); i++) {
		if (text[i] == '\\' && i + 1 < len)
			i++;
		out[n++] = text[i];
	}
	out[n] = 0;
	*used = i;
	return out;
}

long fj_overlay_add_layers(struct fj_thread *t, const struct fj_layers *l, struct fj_str *out)
{
	const uint32_t mark = fj_scratch_mark(t);
	char *host = fj_scratch_path(t);
	long n, r = 0;

	for (uint32_t i = 0; i < l->count && !r; i++) {
		if (l->fd[i] < 0)
			continue;
		n = fj_fd_target(l->fd[i], host);
		if (n <= 0) {
			r = n ? n : -ENOENT;
			break;
		}
		host[n] = 0;
		fj_str_put(out, out->len ? "/" : "");
		fj_str_put(out, fj_streq(host, "/") ? "/." : host);
		r = out->overflowed ? -EINVAL : 0;
	}
	fj_scratch_release(t, mark);
	return r;
}

/* Append the host directories of `jail_path`: several if it is in another union. */
static long add_dirs_here(struct parsed *q, const char *jail_path, bool is_one, struct fj_str *out)
{
	struct fj_mount_point p;
	struct fj_layers l;
	long r = fj_mount_point_find(q->t, AT_FDCWD, jail_path, true, &p);

	if (r < 0)
		return r;
	if (!p.is_dir)
		return -EINVAL;
	if (!fj_mount_flags()->has_unions || !fj_union_holds(p.pos)) {
		fj_str_put(out, out->len ? "/" : "");
		fj_str_put(out, fj_streq(p.host, "/") ? "/." : p.host);
		return out->overflowed ? -EINVAL : 0;
	}
	q->is_nested = true;
	r = fj_layers_open(q->t, p.pos, &l);
	if (r <= 0)
		return r ? r : -ENOENT;
	r = is_one && fj_layers_having(&l) > 1 ? -EINVAL : fj_overlay_add_layers(q->t, &l, out);
	fj_layers_close(&l);
	return r;
}

static long add_dir_of_host(const struct parsed *p, const char *path, struct fj_str *out)
{
	const char *canonical = p->canonical;

	if (!canonical || !fj_streq(path, canonical)) {
		char *host = fj_scratch_path(p->t);
		const long fd = fj_open_path(AT_FDCWD, path, O_DIRECTORY);
		long n;

		if (fd < 0)
			return fd;
		n = fj_fd_target((int)fd, host);
		fj_sys_close((int)fd);
		if (n <= 0)
			return n ? n : -ENOENT;
		host[n] = 0;
		canonical = host;
	}
	fj_str_put(out, out->len ? "/" : "");
	fj_str_put(out, fj_streq(canonical, "/") ? "/." : canonical);
	return out->overflowed ? -EINVAL : 0;
}

static long add_dirs(struct parsed *p, const char *path, bool is_one, struct fj_str *out)
{
	const uint32_t mark = fj_scratch_mark(p->t);
	const long r =
		p->of_host ? add_dir_of_host(p, path, out) : add_dirs_here(p, path, is_one, out);

	fj_scratch_release(p->t, mark);
	return r;
}

static long add_lowers(struct parsed *p, const char *text, size_t len)
{
	size_t used;
	long r;

	for (;;) {
		const char *path = unescape_option(p->t, text, len, true, &used);

		if (!*path)
			return -EINVAL; /* empty, or data-only layers ("::") */
		r = add_dirs(p, path, false, &p->layers);
		if (r < 0)
			return r;
		p->count++;
		if (used == len)
			return 0;
		text += used + 1;
		len -= used + 1;
	}
}

/* Options for what is done anyway, or is not needed. */
static bool is_harmless(const char *option, size_t len)
{
	static const char known[] =
		"index=off\0redirect_dir=off\0redirect_dir=nofollow\0xino=off\0"
		"xino=on\0xino=auto\0metacopy=off\0nfs_export=off\0volatile\0"
		"userxattr\0uuid=on\0uuid=off\0uuid=null\0uuid=auto\0fsync=auto\0"
		"fsync=volatile\0fsync=strict\0verity=off\0default_permissions\0";

	for (const char *k = known; *k; k += fj_strlen(k) + 1)
		if (fj_is_text(option, len, k))
			return true;
	return false;
}

static const char *option_value(const char *option, size_t len, const char *key)
{
	const size_t n = fj_strlen(key);

	return len > n && fj_begins(option, key) && option[n] == '=' ? option + n + 1 : NULL;
}

static long parse_one(struct parsed *p, const char *option, size_t len)
{
	const char *v;
	size_t used;

	if ((v = option_value(option, len, "lowerdir")))
		return add_lowers(p, v, len - (size_t)(v - option));
	if ((v = option_value(option, len, "lowerdir+"))) {
		p->count++;
		return add_dirs(p,
			unescape_option(p->t, v, len - (size_t)(v - option), false, &used), false,
			&p->layers);
	}
	if ((v = option_value(option, len, "upperdir"))) {
		p->upper = unescape_option(p->t, v, len - (size_t)(v - option), false, &used);
		return 0;
	}
	if ((v = option_value(option, len, "workdir"))) {
		p->workdir = unescape_option(p->t, v, len - (size_t)(v - option), false, &used);
		return 0;
	}
	return is_harmless(option, len) ? 0 : -EINVAL;
}

static long parse_options(struct parsed *p, const char *options)
{
	long r;

	while (*options) {
		const size_t len = option_len(options);

		r = len ? parse_one(p, options, len) : 0;
		if (r < 0)
			return r;
		options += len;
		options += *options == ',';
	}
	/* ovl_fs_params_verify() and ovl_get_lowerstack() of fs/overlayfs/super.c. */
	if (!p->count || (p->upper && !p->workdir) || (!p->upper && p->count == 1 && !p->of_host))
		return -EINVAL;
	return 0;
}

/* Remove what killed processes have left in the work directory. */
static long clean_work(struct parsed *p)
{
	const long fd = fj_open_path(AT_FDCWD, p->work.at, O_DIRECTORY | O_NOFOLLOW);

	if (fd < 0)
		return fd;
	fj_union_clean(p->t, (int)fd);
	fj_sys_close((int)fd);
	return 0;
}

/* The work directory is in the hidden directory, so what is made there belongs to this root. A change makes it. */
static long find_upper_of_root(struct parsed *p)
{
	long r;

	fj_str_put(&p->uppers, fj_root_path());
	fj_str_put(&p->work, fj_root_path());
	fj_str_put(&p->work, "/" FJ_HIDDEN_NAME);
	fj_str_put(&p->work, "/work");
	r = clean_work(p);
	return r == -ENOENT ? 0 : r;
}

/* The work directory must be on the file system of the upper layer, and neither may be inside the other. */
static long find_upper(struct parsed *p)
{
	struct stat up = {0}, work = {0};
	long r = add_dirs(p, p->upper, true, &p->uppers);

	if (!r)
		r = add_dirs(p, p->workdir, true, &p->work);
	if (r < 0)
		return r;
	if (fj_path_has_prefix(p->work.at, p->uppers.at) ||
		fj_path_has_prefix(p->uppers.at, p->work.at))
		return -EINVAL;
	if (fj_sys_newfstatat(AT_FDCWD, p->uppers.at, &up, 0) ||
		fj_sys_newfstatat(AT_FDCWD, p->work.at, &work, 0) || up.st_dev != work.st_dev)
		return -EINVAL;
	if (fj_union_is_lower(p->uppers.at) || fj_union_is_lower(p->work.at))
		return -EINVAL;
	r = fj_sys_faccessat(AT_FDCWD, p->uppers.at, 2 /* W_OK */);
	if (r < 0)
		return r == -EROFS ? -EINVAL : r;
	fj_str_put(&p->work, "/work");
	r = fj_sys_mkdirat(AT_FDCWD, p->work.at, WORK_MODE);
	return r < 0 && r != -EEXIST ? r : clean_work(p);
}

static void see_upper(struct parsed *p)
{
	const long upper = fj_open_path(AT_FDCWD, p->uppers.at, O_DIRECTORY),
		   work = fj_open_path(AT_FDCWD, p->work.at, O_DIRECTORY);

	if (upper >= 0 && work >= 0)
		fj_roots_see_work(p->t, (int)work, (int)upper);
	if (upper >= 0)
		fj_sys_close((int)upper);
	if (work >= 0)
		fj_sys_close((int)work);
}

static uint32_t count_layers(const char *text)
{
	uint32_t n = 1;

	for (; *text; text++)
		n += text[0] == '/' && text[1] == '/';
	return n;
}

static long make_overlay(struct parsed *parsed, const char *options, struct fj_filesystem *fs)
{
	struct parsed p = *parsed;
	struct fj_str all, host;
	size_t len = 0;
	long r;

	fj_scratch_str(p.t, &p.layers, FJ_LAYERS_TEXT);
	fj_scratch_str(p.t, &p.uppers, PATH_MAX);
	fj_scratch_str(p.t, &p.work, PATH_MAX);
	r = parse_options(&p, options);
	if (!r && p.is_root)
		r = find_upper_of_root(&p);
	else if (!r && p.upper)
		r = find_upper(&p);
	if (r < 0)
		return r;
	fj_scratch_str(p.t, &all, FJ_LAYERS_TEXT);
	/* The records of each lower layer are valid for its files, and are not changed. */
	p.has_roots = fj_roots_see_lowers(p.t, p.layers.at, p.of_host);
	if (p.upper)
		see_upper(&p);
	if (p.uppers.len) {
		fj_str_put(&all, p.uppers.at);
		fj_str_put(&all, "/");
	}
	fj_str_put(&all, p.layers.at);
	/* The first layer, for code that knows nothing about layers. */
	while (all.at[len] && !(all.at[len] == '/' && all.at[len + 1] == '/'))
		len++;
	fj_str_init(&host, fs->host, PATH_MAX);
	fj_str_add(&host, all.at, len);
	if (all.overflowed || host.overflowed || p.work.overflowed ||
		count_layers(all.at) > FJ_LAYERS_MAX)
		return -EINVAL;
	fs->layers = all.at;
	fs->work = p.work.at;
	fs->flags |= (p.is_nested ? FJ_MOUNT_NESTED : 0) | (p.work.len ? 0 : FJ_MOUNT_READ_ONLY);
	/* An overlay of the launcher's options belongs to the jail, wherever its upper layer is: that of a
	 * --tmp-overlay may be in /dev/shm, and so below the mount of the host's /dev. */
	fs->flags |=
		!p.has_roots && !p.of_host && fj_path_host_is_foreign(fs->host) ? 0 : FJ_MOUNT_OWN;
	fj_scratch_str(p.t, &all, FJ_LAYERS_TEXT);
	fj_str_put(&all, p.work.len ? "rw" : "ro");
	if (!p.of_host) {
		fj_str_put(&all, ",");
		fj_str_put(&all, options);
	}
	fs->options = all.at;
	return 0;
}

long fj_overlay_make(struct fj_thread *t, const char *options, struct fj_filesystem *fs)
{
	return make_overlay(&(struct parsed){.t = t}, options, fs);
}

long fj_overlay_make_of_host(struct fj_thread *t, const char *options, struct fj_filesystem *fs)
{
	return make_overlay(&(struct parsed){.t = t, .of_host = true}, options, fs);
}

long fj_overlay_make_root(
	struct fj_thread *t, const char *options, const char *canonical, struct fj_filesystem *fs)
{
	return make_overlay(
		&(struct parsed){.t = t, .of_host = true, .is_root = true, .canonical = canonical},
		options, fs);
}
