/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * jail.h - a jail: the memory that all its processes share, their root, and the facts that they
 * remember. Called by all rooms to the right.
 *
 * A "position" is a jail path without symlinks, `.`, `..` or a slash at its end: "" is the jail's
 * root,
 * "/usr/lib" a directory. All functions are async-signal-safe. */
#ifndef FJ_JAIL_H
#define FJ_JAIL_H

#include "jail/mounts.h"

#define FJ_FACTS 2048u
#define FJ_FACT_TEXT 464u
#define FJ_BLOOM_WORDS 1024u
#define FJ_SOCKETS 2048u
#define FJ_POLICY_UNITS 32768u /* 256 KiB of seccomp programs: seccomp/policy.c */
#define FJ_CWDS 64u
#define FJ_CWD_TEXT 508u
#define FJ_UNIX_PATH 108u /* sizeof(sun_path), linux/un.h */

/* One remembered fact: the directory that `text` (a key: an absolute jail path as written) names is
 * the real directory that the value (behind the key) names, on the way to which no symlink is met.
 */
struct fj_fact {
	uint32_t turn; /* sys/seq.h */
	uint16_t key_len, value_len;
	uint64_t root; /* which root the key starts at: fj_root.id */
	uint64_t hash;
	uint64_t epoch;
	uint64_t flags; /* FJ_FACT_ */
	uint64_t asker; /* who may search the directory, and all on the way: fj_thread.asker; 0:
			   that is not known of anybody */
	char text[FJ_FACT_TEXT];
};
_Static_assert(sizeof(struct fj_fact) == 512, "facts fill whole cache lines");

/* What one socket was bound to, for the names that getsockname(2) and its kin report. */
struct fj_socket_name {
	uint64_t id;
	uint32_t turn; /* sys/seq.h */
	uint32_t len;  /* of sun_path as the program passed it */
	char path[FJ_UNIX_PATH];
};

#define FJ_MEMORY_NAME "fakejail" /* of the memory file, as /proc/PID/maps shows it */
/* A system call in the text of a library or program: door/sites.c. */
enum fj_site_kind {
	FJ_SITE_STAYS,
	FJ_SITE_BEFORE, /* the jump is in place of the instructions right before it */
	FJ_SITE_BEHIND, /* of itself, and of some behind it */
	FJ_SITE_NUMBER, /* of the `mov $nr,%eax` somewhere before it, and only of that */
};
struct fj_site {
	uint32_t at;	/* offset of the syscall instruction from where its text begins */
	int16_t nr;	/* -1: known at run time only */
	uint8_t moved;	/* bytes of whole instructions from the jump to the call, or from it on */
	uint8_t kind;	/* enum fj_site_kind */
	uint16_t heat;	/* how often it was seen to trap, in all processes of the jail */
	uint8_t is_hot; /* worth a private copy of its page in each process */
	uint8_t is_copied; /* a jump in its text's copy, when that is there */
};
#define FJ_SITED_TEXTS 512u
#define FJ_SITES 24576u
/* The sites of one text, for the next process that maps it. Written before `state` is 2. */
struct fj_sited_text {
	uint32_t state; /* 0 free, 1 being written, 2 valid */
	uint32_t first, count;
	uint32_t maps;	/* how often it was mapped */
	uint32_t hot;	/* how many of the sites are */
	uint32_t calls; /* which changes of memory are among them: FJ_SITES_ */
	uint64_t dev, ino, offset, len;
	int64_t mtime, mtime_ns, ctime, ctime_ns; /* of the file */
	uint32_t copy_state;			  /* enum fj_copy_state */
	uint32_t copied_hot;			  /* sites that were hot when it was made */
	uint64_t copy_at;			  /* offset in the jail's memory file */
	uint64_t copy_stubs;  /* bytes of stubs behind it there, that lie before the file when
				 mapped; 0: they are in its last page */
	uint64_t copy_before; /* bytes of the file's other mappings before the text */
};
#define FJ_SITES_UNMAP 1u
#define FJ_SITES_PROTECT 2u
enum fj_copy_state { FJ_COPY_NONE, FJ_COPY_BEING_MADE, FJ_COPY_READY, FJ_COPY_NEVER };

#define FJ_ROOT_MOVES 16u
/* Whose root moved where: jail/root_moves.c. */
struct fj_root_move {
	uint32_t turn;	 /* sys/seq.h */
	int32_t mover;	 /* process, or -1: not to be followed */
	int32_t parent;	 /* of it, when that shares its root; else -1 */
	uint32_t number; /* of the move, + 1 */
	uint64_t dev, ino;
	char pos[FJ_CWD_TEXT];
};
struct fj_root_moves {
	uint32_t next, count;
	struct fj_root_move move[FJ_ROOT_MOVES];
};

#define FJ_MAKERS 64u
#define FJ_NAMELESS 3u
#define FJ_JAIL_MAGIC 0x314c49414a4a46UL /* "FJJAIL1" */

/* A jail: shared by all its processes through one memory file, whose descriptor is inherited. */
struct fj_jail {
	uint64_t magic;
	uint32_t size;	 /* of this struct: two builds may meet in one jail */
	int32_t root_fd; /* O_PATH on the root; +1: this memory file; +2: the nested root, if any */
	uint64_t gate;	 /* address of the gate page, or with FJ_GATE_APART added: sys/gate.h */
	uint64_t root_dev, root_ino;
	uint64_t nameless_dev[FJ_NAMELESS]; /* of pipes, sockets, and files of memory: they show as
					       whoever looks at them */
	int32_t first_pid;
	uint32_t has_trap;
	uint32_t trace_fd_plus_1;
	uint32_t no_openat2; /* the kernel has none, or a policy refuses it */
	uint32_t no_faccessat2;
	uint32_t has_read_only;	   /* some mounted directory, or the root, refuses writes, or did */
	uint32_t has_mount_limits; /* FJ_MOUNT_LIMITS of all mounts, now or before */
	uint32_t has_aliases;	   /* some directory can be reached by two positions, or could */
	uint32_t is_starting;	   /* until the first program runs */
	uint32_t dirs_share_device;   /* the same, and it is a directory */
	uint32_t mounts_share_device; /* some mount lies on the device of another, or of the root */
	uint32_t has_hidden;   /* FJ_HIDDEN_NAME is in the root, which shows one directory less than
				  the disk has */
	uint32_t has_tracers;  /* somebody in the jail traced, or was: exec/hook_ptrace.c */
	uint32_t has_elder;    /* FJ_FD_ELDER is open */
	uint32_t follows_tags; /* fj_own_follows_tags */
	uint32_t owners_shared; /* fj_own_shared */
	uint32_t is_forgetful; /* the root's file system tells neither births nor lasting handles */
	uint32_t is_scattered; /* the root is on an overlay whose numbers change: records/disk.c */
	uint32_t names_comm_by_file; /* execveat of a bare descriptor: since Linux 6.14 */
	uint32_t has_unions;	     /* some mount has several layers, or had: layers/union.h */

	/* Texts with jumps in them, behind all else in the memory file: door/copies.c. */
	uint32_t no_copies; /* they may not be mapped */
	uint64_t copies_at, copies_size, copies_used;

	uint64_t epoch;	   /* advances when a remembered fact may have become wrong */
	uint32_t changers; /* calls under way that may make one wrong */
	uint32_t last_namespace;
	uint32_t next_socket;
	struct {
		uint32_t turn; /* sys/seq.h */
		int32_t pid;   /* 0: free */
		char pos[FJ_CWD_TEXT];
	} cwd[FJ_CWDS]; /* of processes that are about to exec: fj_cwd_keep() */
	uint32_t
		private_base; /* where directories for tmpfs are made: private/private.c; 0: none was
				*/
	uint32_t last_private;
	uint32_t traps_ends;	  /* its first process traps its exit_group(2), or was told to:
				  call/ending.h */
	uint32_t has_shared_cwds; /* some process shares its working directory, but not its memory,
				     or did: path/stand.c */
	uint32_t has_landlock;	  /* somebody gave up rights to files: file/hook_landlock.c */
	uint32_t has_entries;	  /* of FJ_MOUNT_ENTRY, now or before: mount/dev_names.c */
	/* inode/creators.c: the processes that are making a file just now, and how often one has made
	 * one. */
	int32_t maker[FJ_MAKERS];
	uint64_t made;
	char runtime_dir[256];	     /* the caller's $XDG_RUNTIME_DIR, or "" */
	char root_path[FJ_PATH_MAX]; /* host path of the root at the start: fj_root_path() */
	char name[FJ_PATH_MAX];	     /* the root as the user typed it, for messages */
	char loader[FJ_PATH_MAX];    /* host path of the loader */
	uint32_t no_sites;	     /* system calls of libraries stay as they are: door/sites.c */
	char preload[FJ_PATH_MAX];   /* host path of libfakejail.so; empty: none */
	uint64_t door_bits[8];	     /* a bit for each call that door/door.c wants to see */
	/* door/recalled.c: the folder of what earlier jails have found, or ""; and a hash of all that
	 * it hangs on but the text. */
	char recalled[256];
	uint64_t recalled_build;
	/* What uname(2) says (sizes: linux/utsname.h): the release when not empty. */
	char release[65], hostname[65], domainname[65];
	uint32_t has_hostname, has_domainname;
	struct fj_root_moves root_moves;
	struct fj_namespace mounts;
	uint64_t bloom[FJ_BLOOM_WORDS]; /* names of components that facts depend on; bits are only
					   ever set */
	struct fj_socket_name socket[FJ_SOCKETS];
	uint32_t policy_used, policy_unused;
	uint64_t policy[FJ_POLICY_UNITS];
	struct fj_fact fact[FJ_FACTS];
	uint32_t sites_used;
	struct fj_sited_text sited[FJ_SITED_TEXTS];
	struct fj_site site[FJ_SITES];
};
#define FJ_FD_ROOT(jail) ((jail)->root_fd)
#define FJ_FD_JAIL(jail) ((jail)->root_fd + 1)
#define FJ_FD_NESTED(jail) ((jail)->root_fd + 2)
#define FJ_FD_TRACE(jail) ((jail)->root_fd + 3)
#define FJ_FD_OWNERS(jail) ((jail)->root_fd + 4)
#define FJ_FD_ELDER(jail)                                                                          \
	((jail)->root_fd + 5) /* owners recorded from outside the jail, by `fakejail /` */
#define FJ_FD_MOUNTS(jail)                                                                         \
	((jail)->root_fd + 6) /* another namespace of mounts than the jail's; usually closed */
#define FJ_FD_EXE(jail)                                                                            \
	((jail)->root_fd + 7) /* the program's file: it may be removed while it runs */
#define FJ_FD_COUNT 8

#define FJ_HIDDEN_NAME                                                                             \
	".fakejail" /* in the root: what the jail keeps for itself, not to be seen from inside */

extern struct fj_jail *fj_jail;

/* A number that is never open, and (unlike -1) says nothing else to any call. */
#define FJ_CLOSED_FD (-2)

/* Is it one of the jail's own? Narrowed as the kernel does: an int. */
static inline bool fj_is_our_fd(uint64_t fd)
{
	return (uint32_t)fd - (uint32_t)FJ_FD_ROOT(fj_jail) < FJ_FD_COUNT;
}

/* From this number on the engine keeps short-lived descriptors. */
static inline int fj_high_fd(void)
{
	return FJ_FD_ROOT(fj_jail) > 64 ? FJ_FD_ROOT(fj_jail) - 64 : 0;
}

/* The process's root directory: the jail's, or one entered by chroot(2). */
struct fj_root {
	int fd;		   /* -1: it is gone, and nothing is found in it */
	uint64_t id;	   /* tells roots apart: 0 for the jail's own */
	uint64_t dev, ino; /* of the directory */
	uint32_t len;
	const char *pos; /* its position, in the jail's own tree */
};
/* The root of the calling process. */
const struct fj_root *fj_root(void);
/* Make the directory behind `fd` (O_PATH, consumed), at position `pos`, the root. Returns 0 or
 * -errno. */
long fj_root_enter(int fd, const char *pos);
/* How a position is opened: fj_path_open_pos(). */
typedef long fj_open_pos(struct fj_thread *t, const char *pos, int flags);
/* At process start: the jail's own root, or the nested one that was handed over, on `fd`, and of
 * how many moves the process knew; `open_pos` is for the roots to which it is taken along. */
void fj_root_start(const char *nested_pos, int fd, uint32_t seen_moves, fj_open_pos *open_pos);
uint32_t fj_root_seen_moves(void);

/* Are facts that were read at `epoch` still right? (0: no fact was used.) */
bool fj_facts_hold(uint64_t epoch);
/* 0: facts may not be used just now. */
static inline uint64_t fj_facts_epoch(void)
{
	return __builtin_expect(__atomic_load_n(&fj_jail->changers, __ATOMIC_SEQ_CST) != 0, 0) ?
		       0 :
		       __atomic_load_n(&fj_jail->epoch, __ATOMIC_SEQ_CST);
}
/* Say that facts may hang on `name`; before it is looked up. Returns whether nobody had said so. */
bool fj_facts_saw_name(const char *name, size_t len);
enum {
	FJ_FACT_HOST = 1, /* the value is an absolute host path; else it is relative to the root */
	FJ_FACT_OPEN = 2, /* whoever it is may search the directory, and all on the way */
	FJ_FACT_LITERAL = 4,	/* the value is the key without the slash that it begins with */
	FJ_FACT_PLAIN = 8,	/* it is not the root, and nothing is mounted on a name in it */
	FJ_FACT_UNION = 16,	/* it lies in a union, and the values are all its directories, from
				   the top, with a slash between two: union_facts.c */
	FJ_FACT_MERGED = 32,	/* and these are several */
	FJ_FACT_HAS_UPPER = 64, /* and the union has an upper layer */
	FJ_FACT_MINE = 128,	/* never stored: it says so of who asks now */
	FJ_FACT_LETS = FJ_FACT_OPEN | FJ_FACT_MINE,
};
/* A directory has become closed to somebody: what was said to be open, to everybody or to one, may
 * no more be so. */
void fj_facts_forget(void);
void fj_facts_add(const struct fj_root *root, const char *key, size_t key_len, const char *value,
	uint64_t flags, uint64_t asker, uint64_t epoch);
/* The fact for `key`, or NULL. What was read of it is right when fj_fact_held() says so afterwards.
 */
const struct fj_fact *fj_facts_look(const struct fj_root *root, const char *key, size_t key_len,
	uint64_t epoch, uint32_t *turn);
static inline bool fj_fact_held(const struct fj_fact *f, uint32_t turn)
{
	return !fj_seq_retry(&f->turn, turn);
}
/* What it says to `t`. */
static inline unsigned fj_fact_flags(const struct fj_fact *f, const struct fj_thread *t)
{
	return (unsigned)f->flags | (t->asker && f->asker == t->asker ? FJ_FACT_MINE : 0);
}
/* (The length that fj_facts_look() saw may have changed: nothing is read beyond the text.) */
static inline void fj_fact_value(const struct fj_fact *f, size_t key_len, struct fj_str *out)
{
	const size_t len = __atomic_load_n(&f->value_len, __ATOMIC_RELAXED);

	if (key_len + len < FJ_FACT_TEXT)
		fj_str_add(out, f->text + key_len, len);
}
/* Copies the value for `key` into `out`, unless it is FJ_FACT_LITERAL; false when there is none. */
bool fj_facts_find(const struct fj_thread *t, const struct fj_root *root, const char *key,
	size_t key_len, struct fj_str *out, unsigned *flags, uint64_t epoch);
/* Around a call that may replace a directory or change a symlink called `name`. `at_once`: it makes
 * a symlink of a directory in one step (RENAME_EXCHANGE), so it is announced whether or not a fact
 * hangs on it yet. */
bool fj_facts_before_change(const char *name, bool at_once);
void fj_facts_after_change(const char *name, bool was_announced);

/* Is what lies at `pos`, or at a host path that a mount led to, not the jail's own? */
bool fj_path_is_foreign(const char *pos);
bool fj_path_host_is_foreign(const char *host_path);

/* The host path of the jail's root, the kernel's spelling; "" is the host's own. */
const char *fj_root_path(void);
/* Was the root moved? Then that has changed: true. */
bool fj_root_path_look(void);

#endif
