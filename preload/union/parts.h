/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * parts.h - what the files of this room share: half-made files, and copying what a file has. */
#ifndef FJ_UNION_PARTS_H
#define FJ_UNION_PARTS_H

#include "inode/owned.h"
#include "records/records.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fj_call;
struct fj_thread;

#define FJ_UNION_TEMP_SIZE 64u
/* A name that no other thread uses, for something half-made. */
void fj_union_temp_name(char name[FJ_UNION_TEMP_SIZE]);
/* The directory that `name` in `dirfd` is in, as a name in `dirfd`, in scratch memory. */
char *fj_union_parent(struct fj_thread *t, const char *name);

/* What getdents64(2) writes: fs/readdir.c. */
struct fj_dirent {
	uint64_t ino, offset;
	uint16_t size;
	uint8_t type;
	char name[];
} __attribute__((packed));

/* The record of what lies there ("": the descriptor itself), when it has one. */
bool fj_union_record(int dirfd, const char *name, struct fj_owner *owner);

/* Memory that is too large for the scratch memory. NULL: there is none. */
char *fj_union_room(size_t size);
void fj_union_give_room(char *room, size_t size);

/* A directory or a regular file, to be read, without a trace in its times where the user may ask
 * for that. A descriptor or -errno. */
long fj_union_open_lower(int dirfd, const char *name, int flags);

/* A regular file that is being copied: copy_data.c. `src` and `dst` are open; what `src` is may
 * change, -1 when it is closed. */
struct fj_union_data {
	int from_dirfd, src, dst;
	const char *from;
};
long fj_union_copy_data(struct fj_call *c, struct fj_union_data *d);

/* What the lower file shows, and the place of the copy: a descriptor and "", or a directory and a
 * name. */
struct fj_union_copy {
	struct fj_file file;
	struct statx sx;
	struct fj_owner_key made; /* the copy's, once it has a record */
	int src, dst;		  /* to read attributes from, and to give them to; or -1 */
	int dirfd;
	const char *name;
	bool is_nested; /* the union that it is copied up in */
};
/* Attributes and access lists that the disk has: copy_shown.c. */
long fj_union_copy_attributes(struct fj_union_copy *u);
/* Mode and times alone. */
long fj_union_copy_plain(struct fj_union_copy *u);
/* Mode, times, and the owner record with the origin. */
long fj_union_copy_shown(struct fj_call *c, struct fj_union_copy *u);

#endif
