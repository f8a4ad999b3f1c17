/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * export.c - the verbs list and export: print what the files of a tree show, in the formats of
 * other programs. Called by main.c. */
#include "owners.h"

#include <sys/xattr.h>
#include <unistd.h>

static int list_entry(struct entry *e)
{
	if (!e->has_record)
		return FTW_CONTINUE;
	owners_count++;
	fprintf(owners_file, "%-6s %04o %u:%u", owners_type_name(e->owner.mode),
		e->owner.mode & 07777, e->owner.uid, e->owner.gid);
	if (owners_is_device(e->owner.mode))
		fprintf(owners_file, " %u,%u", major(e->owner.rdev), minor(e->owner.rdev));
	fprintf(owners_file, "%s /%s\n", e->owner.flags & FJ_OWNER_ATTRIBUTES ? " +attributes" : "",
		e->path[0] == '.' && !e->path[1] ? "" : e->path);
	return FTW_CONTINUE;
}

/* Prints a name as in mtree(5): special characters as a backslash and three octal digits. */
static void print_name(const char *name)
{
	for (; *name; name++)
		if (*name <= ' ' || *name >= 127 || strchr("\\#*?[=", *name))
			fprintf(owners_file, "\\%03o", (unsigned char)*name);
		else
			fputc(*name, owners_file);
}

static void export_mtree(const struct entry *e)
{
	char target[PATH_MAX];

	fputs(e->path[0] == '.' && !e->path[1] ? "." : "./", owners_file);
	if (strcmp(e->path, "."))
		print_name(e->path);
	fprintf(owners_file, " type=%s uid=%u gid=%u mode=%04o", owners_type_name(e->owner.mode),
		e->owner.uid, e->owner.gid, e->owner.mode & 07777);
	if ((e->owner.mode & S_IFMT) == S_IFREG)
		fprintf(owners_file, " size=%lld nlink=%lu", (long long)e->st.st_size,
			(unsigned long)e->st.st_nlink);
	if (owners_is_device(e->owner.mode))
		fprintf(owners_file, " device=linux,%u,%u", major(e->owner.rdev),
			minor(e->owner.rdev));
	if ((e->owner.mode & S_IFMT) == S_IFLNK) {
		char path[2 * PATH_MAX];
		ssize_t n;

		snprintf(path, sizeof(path), "%s/%s", owners_root, e->path);
		n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = 0;
		fputs(" link=", owners_file);
		print_name(target);
	}
	fputc('\n', owners_file);
}

/* Writes a field of a Protocol Buffers message: its number, and its value as a varint. In a message
 * of user.rootlesscontainers, field 1 is the uid and field 2 the gid. Returns the number of
 * bytes. */
static size_t put_varint(unsigned char *at, unsigned field, uint32_t value)
{
	size_t n = 0;

	at[n++] = (unsigned char)(field << 3);
	for (; value >= 0x80; value >>= 7)
		at[n++] = (unsigned char)(value | 0x80);
	at[n++] = (unsigned char)value;
	return n;
}

static int export_xattr(const struct entry *e, bool is_rootless)
{
	char path[2 * PATH_MAX], text[80];
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/%s", owners_root, e->path);
	if (is_rootless) {
		if (e->owner.uid)
			n += put_varint((unsigned char *)text, 1, e->owner.uid);
		if (e->owner.gid)
			n += put_varint((unsigned char *)text + n, 2, e->owner.gid);
		return n ? lsetxattr(path, "user.rootlesscontainers", text, n, 0) : 0;
	}
	n = (size_t)snprintf(
		text, sizeof(text), "%u:%u:0%o", e->owner.uid, e->owner.gid, e->owner.mode & 07777);
	if (owners_is_device(e->owner.mode))
		n += (size_t)snprintf(text + n, sizeof(text) - n, ":%s-%u-%u",
			owners_type_name(e->owner.mode), major(e->owner.rdev),
			minor(e->owner.rdev));
	return lsetxattr(path, "user.containers.override_stat", text, n, 0);
}

static int export_entry(struct entry *e)
{
	if (!strcmp(owners_format, "mtree")) {
		export_mtree(e);
	} else if (!e->has_record) {
		return FTW_CONTINUE;
	} else if (!strcmp(owners_format, "fakeroot")) {
		fprintf(owners_file,
			"dev=%llx,ino=%llu,mode=%llo,uid=%llu,gid=%llu,nlink=%llu,rdev=%llu\n",
			(unsigned long long)e->st.st_dev, (unsigned long long)e->st.st_ino,
			(unsigned long long)e->owner.mode, (unsigned long long)e->owner.uid,
			(unsigned long long)e->owner.gid, (unsigned long long)e->st.st_nlink,
			(unsigned long long)(owners_is_device(e->owner.mode) ? e->owner.rdev : 0));
	} else if (export_xattr(e, !strcmp(owners_format, "rootlesscontainers"))) {
		/* Symbolic links and fifos cannot have attributes of users: xattr(7). */
		fprintf(stderr, "fakejail owners: /%s: %s\n", e->path, strerror(errno));
		owners_skipped++;
	}
	owners_count++;
	return FTW_CONTINUE;
}

void owners_list(void)
{
	owners_walk(list_entry);
}

void owners_export(void)
{
	static const char *const formats[] = {
		"fakeroot", "mtree", "rootlesscontainers", "override_stat", NULL};
	const char *const *known = formats;

	while (*known && strcmp(*known, owners_format))
		known++;
	if (!*known)
		owners_fail("cannot export %s: the formats are fakeroot, rootlesscontainers, "
			    "override_stat and mtree",
			owners_format);
	if (!strcmp(owners_format, "mtree"))
		fputs("#mtree v2.0\n", owners_file);
	owners_walk(export_entry);
}
