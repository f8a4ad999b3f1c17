/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs_mounts.c - mounts, mountinfo and mountstats: writes the mounts that mountinfo/mount_list.c
 * finds, as the kernel writes them. Called by procfs.c. */
#include "bytes/str.h"
#include "mountinfo/mount_list.h"
#include "path/proc.h"
#include "procfs/report.h"

#define ESCAPED " \t\n\\" /* show_vfsmnt() of fs/proc_namespace.c */

/* The options behind rw or ro. */
static const char *behind_access(const char *options)
{
	if ((options[0] == 'r') && (options[1] == 'w' || options[1] == 'o'))
		return options + 2;
	return options;
}

static void put_source(struct fj_report *r, const struct fj_mount_line *l)
{
	if (l->is_source_escaped)
		fj_str_put(&r->text, l->source);
	else
		fj_str_escape(&r->text, l->source, ESCAPED "#");
}

static void put_mountinfo(struct fj_report *r, const struct fj_mount_line *l, const char *seen)
{
	fj_str_num(&r->text, l->id, 10);
	fj_str_put(&r->text, " ");
	fj_str_num(&r->text, l->parent, 10);
	fj_str_put(&r->text, " ");
	fj_str_put(&r->text, l->device);
	fj_str_put(&r->text, " ");
	fj_str_escape(&r->text, l->root, ESCAPED);
	fj_str_put(&r->text, " ");
	fj_str_escape(&r->text, seen, ESCAPED);
	fj_str_put(&r->text, " ");
	fj_str_put(&r->text, l->options);
	fj_str_put(&r->text, l->tags);
	fj_str_put(&r->text, " - ");
	fj_str_put(&r->text, l->type);
	fj_str_put(&r->text, " ");
	put_source(r, l);
	fj_str_put(&r->text, " ");
	fj_str_put(&r->text, l->super_options);
}

static void put_mounts(struct fj_report *r, const struct fj_mount_line *l, const char *seen)
{
	put_source(r, l);
	fj_str_put(&r->text, " ");
	fj_str_escape(&r->text, seen, ESCAPED);
	fj_str_put(&r->text, " ");
	fj_str_put(&r->text, l->type);
	fj_str_put(&r->text,
		fj_mount_options_are_ro(l->options) || fj_mount_options_are_ro(l->super_options) ?
			" ro" :
			" rw");
	fj_str_put(&r->text, behind_access(l->options));
	fj_str_put(&r->text, behind_access(l->super_options));
	fj_str_put(&r->text, " 0 0");
}

static void put_mountstats(struct fj_report *r, const struct fj_mount_line *l, const char *seen)
{
	fj_str_put(&r->text, "device ");
	put_source(r, l);
	fj_str_put(&r->text, " mounted on ");
	fj_str_escape(&r->text, seen, ESCAPED);
	fj_str_put(&r->text, " with fstype ");
	fj_str_put(&r->text, l->type);
}

static void put_mount_line(void *about, const struct fj_mount_line *l, const char *seen)
{
	struct fj_report *r = about;

	if (r->place->proc == FJ_PROC_MOUNTINFO)
		put_mountinfo(r, l, seen);
	else if (r->place->proc == FJ_PROC_MOUNTS)
		put_mounts(r, l, seen);
	else
		put_mountstats(r, l, seen);
	fj_str_put(&r->text, "\n");
	fj_report_step(r);
}

void fj_report_mounts(struct fj_report *r)
{
	const long error = fj_mount_list(r->t, put_mount_line, r);

	if (error)
		r->error = error;
}
