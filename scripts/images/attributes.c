/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * attributes.c - gives a file the extended attributes and access control lists that the archive has
 * for it. Called by layer.c. */
#include "member.h"

#include <grp.h>
#include <pwd.h>
#include <sys/xattr.h>

static void set(const struct member *m, int fd, const char *name, const void *value, size_t size)
{
	if (!(fd >= 0 ? fsetxattr(fd, name, value, size, 0) :
			lsetxattr(m->path, name, value, size, 0)))
		return;
	/* As tar(1) and umoci(1): the file system has no attributes, or the kind of file has
	 * none. */
	if (errno == ENOTSUP || errno == EPERM)
		warn("%s: member '%s': its attribute '%s' is left out: %s", shown(m->layer),
			shown(m->path), shown(name), strerror(errno));
	else
		fail("%s: member '%s': its attribute '%s': %s", shown(m->layer), shown(m->path),
			shown(name), strerror(errno));
}

void member_forget_attributes(const struct member *m)
{
	char *list = get(65536);
	const ssize_t size = llistxattr(m->path, list, 65536);

	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(list + at) + 1)
		lremovexattr(m->path, list + at);
	free(list);
}

/* The id for an entry of a list that the archive gives by name only; the tree's own passwd and
 * group files know it. */
static uint32_t id_of(const char *name, bool is_group)
{
	FILE *f = fopen(is_group ? "/etc/group" : "/etc/passwd", "re");
	uint32_t id = UINT32_MAX;
	char *end;

	if (!name || !*name)
		name = "-";
	if (f && is_group) {
		for (const struct group *g; id == UINT32_MAX && (g = fgetgrent(f));)
			id = strcmp(g->gr_name, name) ? id : g->gr_gid;
	} else if (f) {
		for (const struct passwd *p; id == UINT32_MAX && (p = fgetpwent(f));)
			id = strcmp(p->pw_name, name) ? id : p->pw_uid;
	}
	if (f)
		fclose(f);
	if (id == UINT32_MAX) {
		const unsigned long n = strtoul(name, &end, 10);

		if (end != name && !*end && n < UINT32_MAX)
			id = (uint32_t)n;
	}
	return id;
}

/* An entry as linux/posix_acl_xattr.h has it. */
struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

static int by_tag(const void *a, const void *b)
{
	const struct acl_entry *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void set_acl(
	const struct member *m, struct archive_entry *e, int fd, int kind, const char *name)
{
	static const struct {
		int ours;
		uint16_t tag;
	} tags[] = {{ARCHIVE_ENTRY_ACL_USER_OBJ, 1}, {ARCHIVE_ENTRY_ACL_USER, 2},
		{ARCHIVE_ENTRY_ACL_GROUP_OBJ, 4}, {ARCHIVE_ENTRY_ACL_GROUP, 8},
		{ARCHIVE_ENTRY_ACL_MASK, 16}, {ARCHIVE_ENTRY_ACL_OTHER, 32}};
	const int count = archive_entry_acl_reset(e, kind);
	int type, perm, tag, id;
	const char *who;
	size_t n = 0;
	struct {
		uint32_t version;
		struct acl_entry entries[];
	} * value;

	if (count <= 0)
		return;
	value = get(sizeof(*value) + (size_t)(count + 4) * sizeof(struct acl_entry));
	value->version = 2;
	while (n < (size_t)count &&
		archive_entry_acl_next(e, kind, &type, &perm, &tag, &id, &who) == ARCHIVE_OK) {
		struct acl_entry *to = &value->entries[n];

		for (unsigned i = 0; i < sizeof(tags) / sizeof(*tags); i++)
			if (tags[i].ours == tag)
				to->tag = tags[i].tag;
		to->perm = (uint16_t)(perm & 7);
		to->id = UINT32_MAX;
		if (to->tag == 2 || to->tag == 8) {
			to->id = id >= 0 ? (uint32_t)id : id_of(who, to->tag == 8);
			if (to->id == UINT32_MAX) {
				warn("%s: member '%s': its access list names '%s', whom the tree "
				     "does not know: left out",
					shown(m->layer), shown(m->path), shown(who ? who : ""));
				continue;
			}
		}
		if (to->tag)
			n++;
	}
	qsort(value->entries, n, sizeof(*value->entries), by_tag);
	set(m, fd, name, value, sizeof(value->version) + n * sizeof(*value->entries));
	free(value);
}

bool member_hands_down(const struct member *m, struct archive_entry *e)
{
	const char *name;
	const void *value;
	size_t size;
	bool has_list = archive_entry_acl_count(e, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT) > 0;

	if (archive_entry_xattr_reset(e))
		while (archive_entry_xattr_next(e, &name, &value, &size) == ARCHIVE_OK)
			has_list |= !strcmp(name, "system.posix_acl_default");
	return has_list || m->mode & 02000;
}

void member_attributes(const struct member *m, struct archive_entry *e, int fd)
{
	const char *name;
	const void *value;
	size_t size;

	if (archive_entry_xattr_reset(e))
		while (archive_entry_xattr_next(e, &name, &value, &size) == ARCHIVE_OK)
			set(m, fd, name, value, size);
	if (S_ISLNK(m->mode))
		return;
	set_acl(m, e, fd, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access");
	if (S_ISDIR(m->mode))
		set_acl(m, e, fd, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default");
}
