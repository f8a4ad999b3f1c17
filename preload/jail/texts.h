/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * texts.h - what the jail's memory has of the texts that its processes map: their sites, and cached texts.
 * Kept by the room patch (text_cache.c, copies.c). Read by text, door and launch, and by path and procfs,
 * which show a cached text as the file that it replaces. */
#ifndef FJ_TEXTS_H
#define FJ_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A system call in the text of a library or program: patch/sites.c. */
enum fj_site_kind {
	FJ_SITE_STAYS,	/* there is no jump */
	FJ_SITE_BEFORE, /* the jump replaces the instructions right before the call */
	FJ_SITE_BEHIND, /* the jump replaces the call and instructions after it */
	FJ_SITE_NUMBER, /* the jump replaces only an earlier `mov $nr,%eax` */
};
struct fj_site {
	uint32_t at;   /* offset of the syscall instruction in its text */
	int16_t nr;    /* -1: known only at run time */
	uint8_t moved; /* bytes of whole instructions from the jump to the call, or from the call
		        * on */
	uint8_t kind;  /* enum fj_site_kind */
	uint16_t trap_count; /* how often it was trapped, in all processes of the jail */
	uint8_t is_hot;	     /* worth a private copy of its page in each process */
	uint8_t is_copied;   /* the cached text, if there is one, has a jump for it */
};
#define FJ_SITED_TEXTS 490u
#define FJ_SITES 24576u
/* The sites of one text, for the next process that maps it. Written before `state` is 2. */
struct fj_sited_text {
	uint32_t state; /* 0 free, 1 being written, 2 valid */
	uint32_t first, count;
	uint32_t maps;	/* how often it was mapped */
	uint32_t hot;	/* number of hot sites */
	uint32_t calls; /* which calls that change memory are among them: FJ_SITES_ */
	uint64_t dev, ino, offset, len;
	int64_t mtime, mtime_ns, ctime, ctime_ns; /* of the file */
	uint32_t copy_state;			  /* enum fj_copy_state */
	uint32_t copied_hot;			  /* hot sites when it was made */
	uint64_t copy_at;     /* offset in the jail's memory file, or in the kept file */
	uint64_t copy_stubs;  /* bytes of stubs after it, which are mapped before the file; 0: the
			       * stubs are in its last page */
	uint32_t copy_before; /* bytes of the file's other mappings that lie before the text */
	uint32_t copy_kept;   /* 1 + its index in `kept`; 0: it is in the jail's memory */
};
#define FJ_SITES_UNMAP 1u
#define FJ_SITES_PROTECT 2u
/* Files that keep cached texts for all jails of a user: patch/recalled.c. */
#define FJ_COPY_FILES 64u
struct fj_copy_file { /* the file, as this jail has seen it */
	uint64_t dev, ino, size, mtime, mtime_ns;
};
enum fj_copy_state {
	FJ_COPY_NONE,
	FJ_COPY_BEING_MADE,
	FJ_COPY_READY,
	FJ_COPY_NEVER,
	/* made by an earlier jail, and not yet used in this one */
	FJ_COPY_RECALLED,
};

/* What every process reads, from `copies_at` to `sited`, begins 16 pages that one page fault maps. The head
 * of the mount table is at their end (mount_table.h). */
#define FJ_TEXTS_AT (0x1e0000u - FJ_SITES * (unsigned)sizeof(struct fj_site))
struct fj_texts {
	struct fj_site site[FJ_SITES];
	/* Cached texts lie after all else in the memory file: patch/copies.c. */
	uint64_t copies_at, copies_size, copies_used;
	uint32_t no_copies; /* they cannot be mapped */
	uint32_t sites_used;
	struct fj_sited_text sited[FJ_SITED_TEXTS];
	struct fj_copy_file kept[FJ_COPY_FILES];
};
_Static_assert((FJ_TEXTS_AT + offsetof(struct fj_texts, copies_at)) % 0x10000 == 0, "16 pages");
/* The section, in the jail's memory. */
struct fj_texts *fj_texts(void);

/* Is this the host path of a file with cached texts, as a procfs link or a line of maps shows it? */
#define FJ_COPIES_FOLDER "texts"
bool fj_is_copy_file(const char *host_path, size_t len);

#endif
