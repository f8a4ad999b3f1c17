/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * member.h - one member of an archive, read and found to be in order: for layer.c. */
#ifndef FJ_IMAGES_MEMBER_H
#define FJ_IMAGES_MEMBER_H

#include "images.h"

struct member {
	const char *layer;
	char path[NAME_MAX_BYTES + 1]; /* without . and .. and doubled slashes; "." is the root */
	char *link;		       /* NULL, or the file that it is another name of */
	uid_t uid;
	gid_t gid;
	mode_t mode; /* with S_IFMT */
	dev_t rdev;
	int64_t size;
	struct timespec mtime;
	bool has_time;
	bool is_old; /* a directory that was there */
};

/* Fill in `*m`. Whatever a layer may not hold ends the program with a message that names it. */
void member_read(struct member *m, struct archive_entry *e, const char *layer);
/* Put the name into the form of `path`. Returns what is wrong with it, or NULL. */
const char *member_name(const char *name, char path[NAME_MAX_BYTES + 1]);
/* Give the file (`fd`, or by its name) the attributes and lists of the entry. */
void member_attributes(const struct member *m, struct archive_entry *e, int fd);
/* Does the directory hand down its group, or a list? */
bool member_hands_down(const struct member *m, struct archive_entry *e);
/* Take all attributes from a directory that was there. */
void member_forget_attributes(const struct member *m);

#endif
