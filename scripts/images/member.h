/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * member.h - one member of an archive, read and checked. For layer.c. */
#ifndef FJ_IMAGES_MEMBER_H
#define FJ_IMAGES_MEMBER_H

#include "images.h"

#include <stdbool.h>
#include <stdint.h>

struct member {
	const char *layer;
	char path[NAME_MAX_BYTES + 1]; /* without . and .. and doubled slashes; "." is the root */
	char *link;		       /* NULL, or the file of which it is another name */
	uid_t uid;
	gid_t gid;
	mode_t mode; /* with S_IFMT */
	dev_t rdev;
	int64_t size;
	struct timespec mtime;
	bool has_time;
	bool is_old; /* a directory that existed before */
};

/* Fills `*m`. If a layer must not have such a member, ends the program with a message that names
 * it. */
void member_read(struct member *m, struct archive_entry *e, const char *layer);
/* Changes the name to the form of `path`. Returns what is wrong with it, or NULL. */
const char *member_name(const char *name, char path[NAME_MAX_BYTES + 1]);
/* Gives the file (`fd`, or by its name) the attributes and lists of the entry. */
void member_attributes(const struct member *m, struct archive_entry *e, int fd);
/* Do new files in the directory inherit its group, or a list? */
bool member_hands_down(const struct member *m, struct archive_entry *e);
/* Removes all extended attributes that the file has. */
void member_forget_attributes(const struct member *m);

#endif
