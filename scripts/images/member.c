/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * member.c - reads from an archive what it says about one member: its name, which must stay in the
 * tree, and its numbers. Called by layer.c. */
#include "member.h"

#include <sys/sysmacros.h>

static const char is_ours[] =
	"'.fakejail' is where fakejail keeps owners: archives by fakejail pack lack it";

const char *member_name(const char *name, char path[NAME_MAX_BYTES + 1])
{
	size_t have = 0;

	if (*name == '/')
		return "its name is absolute";
	while (*name) {
		const size_t n = strcspn(name, "/");

		if (n == 2 && !strncmp(name, "..", 2))
			return "its name has a '..'";
		if (n == 9 && !strncmp(name, ".fakejail", 9))
			return is_ours;
		if (n && !(n == 1 && *name == '.')) {
			if (have + n + 2 > NAME_MAX_BYTES)
				return "its name is longer than 4096 bytes";
			if (have)
				path[have++] = '/';
			memcpy(path + have, name, n);
			have += n;
		}
		name += n;
		while (*name == '/')
			name++;
	}
	if (!have)
		path[have++] = '.';
	path[have] = 0;
	return NULL;
}

/* Has the link's text a component '.fakejail'? Without one no name leads there. */
static bool leads_to_records(const char *link)
{
	const char *at = link;

	while ((at = strstr(at, ".fakejail"))) {
		if ((at == link || at[-1] == '/') && (!at[9] || at[9] == '/'))
			return true;
		at += 9;
	}
	return false;
}

/* Ends the program with a message, unless the entry is of a kind that can be made. */
static void check_kind(const struct member *m, struct archive_entry *e)
{
	const char *text = archive_entry_symlink(e);

	if (!strcmp(m->path, ".") && (m->link || !S_ISDIR(m->mode)))
		fail("%s: member '.': it is no directory, and the root of the tree is one",
			shown(m->layer));
	if (m->link)
		return;
	switch (m->mode & S_IFMT) {
	case S_IFLNK:
		if (!text || !*text)
			fail("%s: member '%s': a symbolic link to nothing", shown(m->layer),
				shown(m->path));
		if (leads_to_records(text))
			fail("%s: member '%s' is a link to '%s': %s", shown(m->layer),
				shown(m->path), shown(text), is_ours);
		break;
	case S_IFREG:
	case S_IFDIR:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	default:
		fail("%s: member '%s': it is of no known kind", shown(m->layer), shown(m->path));
	}
}

void member_read(struct member *m, struct archive_entry *e, const char *layer)
{
	const char *name = archive_entry_pathname(e), *link = archive_entry_hardlink(e), *wrong;
	const int64_t uid = archive_entry_uid(e), gid = archive_entry_gid(e);

	if (!name || !*name)
		fail("%s: a member without a name", shown(layer));
	memset(m, 0, offsetof(struct member, path));
	memset(&m->link, 0, sizeof(*m) - offsetof(struct member, link));
	m->layer = layer;
	if ((wrong = member_name(name, m->path)))
		fail("%s: member '%s': %s", shown(layer), shown(name), wrong);
	if (link) {
		m->link = get(NAME_MAX_BYTES + 1);
		if ((wrong = member_name(link, m->link)))
			fail("%s: member '%s' is a link to '%s': %s", shown(layer), shown(name),
				shown(link), wrong);
	}
	if (uid < 0 || gid < 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
		fail("%s: member '%s': its owner %lld:%lld is none", shown(layer), shown(name),
			(long long)uid, (long long)gid);
	m->uid = (uid_t)uid;
	m->gid = (gid_t)gid;
	m->mode = archive_entry_mode(e);
	m->size = archive_entry_size(e);
	if (m->size < 0)
		fail("%s: member '%s': its length is negative", shown(layer), shown(name));
	m->rdev =
		makedev((unsigned)archive_entry_rdevmajor(e), (unsigned)archive_entry_rdevminor(e));
	m->has_time = archive_entry_mtime_is_set(e);
	m->mtime = (struct timespec){archive_entry_mtime(e), archive_entry_mtime_nsec(e)};
	check_kind(m, e);
}
