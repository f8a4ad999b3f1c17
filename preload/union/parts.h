/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * parts.h - what the files of this room share: incomplete files, and copying. Private to the room. */
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
/* Make a name for an incomplete file, which no other thread uses. */
void fj_union_temp_name(char name[FJ_UNION_TEMP_SIZE]);

/* An entry as getdents64(2) writes it: fs/readdir.c. */
struct fj_dirent {
	uint64_t ino, offset;
	uint16_t size;
	uint8_t type;
	char name[];
} __attribute__((packed));

/* Find the record of the file (`name` "": of the descriptor). False: there is none. */
bool fj_union_record(int dirfd, const char *name, struct fj_owner *owner);

/* Memory for what is too large for scratch memory. NULL: there is none. */
char *fj_union_room(size_t size);
void fj_union_give_room(char *room, size_t size);

/* Open a directory or regular file for reading, without a change of its times if the user may ask for that.
 * Returns a descriptor or -errno. */
long fj_union_open_lower(int dirfd, const char *name, int flags);

/* Has the kernel told this offset when it listed the directory `dirfd` of the lowest layer alone? No entry of that is ever removed.
 * Any other offset is beyond the end, as it is for the kernel's overlay. `buffer` of `size` bytes is overwritten. */
bool fj_union_told_offset(int dirfd, char *buffer, size_t size, uint64_t offset);

/* A regular file that is being copied while signals are blocked: copy_data.c. `src` and `dst` are open. */
struct fj_union_data {
	int src, dst;
};
/* Copy the data of `d->src` to `d->dst`. Returns 0 or -errno. */
long fj_union_copy_data(struct fj_call *c, const struct fj_union_data *d);

/* What the lower file shows, and where the copy is: a descriptor and "", or a directory and a name. */
struct fj_union_copy {
	struct fj_file file;
	struct statx sx;
	struct fj_owner_key made; /* the copy's key, when it has a record */
	int src, dst;		  /* descriptors to read attributes from, and to set them; or -1 */
	int dirfd;
	const char *name;
	bool is_nested; /* the union is nested */
};
/* Copy the attributes and access lists that are on the disk: copy_shown.c. Returns 0 or -errno. */
long fj_union_copy_attributes(struct fj_union_copy *u);
/* Copy only mode and times. Returns 0 or -errno. */
long fj_union_copy_plain(struct fj_union_copy *u);
/* Copy mode and times, and write the owner record with the origin. Returns 0 or -errno. */
long fj_union_copy_shown(struct fj_call *c, struct fj_union_copy *u);

#endif
