/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * jail.h - a jail: the memory that all its processes share, their root, the facts that they
 * remember; and (path/) from a path as the jailed program writes it to the host's place for the
 * same file, and back.
 *
 * A jail path is text that the jailed program sees; a host path is text for the kernel. They never
 * mix: what goes to the kernel is a struct fj_place, made here. A translation that fails yields an
 * errno and no place.
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
#define FJ_SUN_PATH 108u /* sizeof(sun_path), linux/un.h */

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
	char path[FJ_SUN_PATH];
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
	uint32_t has_landlock; /* somebody gave up rights to files: file/hook_landlock.c */
	uint32_t has_entries;  /* of FJ_MOUNT_ENTRY, now or before: mount/dev_names.c */
	/* inode/makers.c: the processes that are making a file just now, and how often one has made
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

enum {
	FJ_FOLLOW = 1,	 /* a final symlink is followed */
	FJ_ENTRY = 2,	 /* the name itself is meant (mkdir, unlink, rename): never followed, may be
			    missing */
	FJ_WRITE = 4,	 /* the call changes something: learn whether the mount is read-only */
	FJ_WANT_POS = 8, /* fill place.pos */
	FJ_NO_LINKS = 16, /* -ELOOP at any symlink on the way (openat2(2), RESOLVE_NO_SYMLINKS) */
	FJ_NO_MAGIC = 32, /* -ELOOP at a link of procfs that only the kernel can follow */
	/* As RESOLVE_BENEATH, RESOLVE_IN_ROOT and RESOLVE_NO_XDEV of openat2(2): -EXDEV. */
	FJ_BENEATH = 256,
	FJ_IN_ROOT = 512,
	FJ_NO_XDEV = 1024,
	FJ_BY_TEXT = 2048, /* without a descriptor from the start: the caller needs the last one */
	FJ_CREATE = 128,   /* -EISDIR when a slash ends the name: open(2) with O_CREAT */
	FJ_COPY_UP = 4096, /* what is found is about to be changed: in a union it must be in the
			      upper layer */
	FJ_OPENS = 8192,   /* as open(2) changes it: the content of a regular file, or nothing */
	FJ_NOT_DIRS = 32768, /* with FJ_COPY_UP: a directory will be refused */
	FJ_REMOVES = 16384,  /* what is there is removed, moved or replaced, or only looked at:
				place.layers is wanted, and may say that it is a whiteout */
};

/* May names be looked up in directory `name` of `dirfd` ("": itself)? 1: by everybody, 0: by the
 * caller, or -EACCES. Asked of every directory on the way when the thread's `asks_search` is set.
 * Set before that, by whoever knows owners. */
extern long (*fj_path_may_search)(struct fj_thread *t, int dirfd, const char *name);

/* A walk has come to the directory `below` ("": itself) of `fd`, from where no other leads; `key`
 * is what a fact of it is remembered by at `epoch`, or NULL. Set as the one above, or NULL. */
extern void (*fj_path_reached)(struct fj_thread *t, int fd, const char *below, const char *key,
	size_t key_len, uint64_t epoch);
/* A directory that the program has opened, or its working directory (AT_FDCWD), of which whoever
 * knows roots has yet to ask: before a name is looked up from one of these. inode/reached.c. */
#define FJ_NO_DIR (-1)
extern int fj_dir_unasked;
extern void (*fj_dir_ask)(struct fj_thread *t);
static inline void fj_dir_ask_noted(struct fj_thread *t)
{
	if (__builtin_expect(__atomic_load_n(&fj_dir_unasked, __ATOMIC_RELAXED) != FJ_NO_DIR, 0))
		fj_dir_ask(t);
}
static inline void fj_dir_is_asked(int fd)
{
	__atomic_compare_exchange_n(
		&fj_dir_unasked, &fd, FJ_NO_DIR, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* Where the kernel finds it: `name` relative to `dirfd` (or an absolute host path with AT_FDCWD).
 * No symlink is met on the way, and the last component is none that the caller wanted followed. */
struct fj_layers;
struct fj_place {
	int dirfd;
	int owned_fd; /* to be closed by fj_place_done(), or -1 */
	const char *name;
	bool is_magic;	   /* a procfs link that only the kernel can follow: it is to be followed */
	bool is_exe;	   /* and it is /proc/PID/exe */
	bool is_mount;	   /* the name is a mount point */
	bool is_direct;	   /* fj_find_object() met no link on the way */
	bool is_read_only; /* on a mount that refuses writes */
	uint8_t proc;	   /* enum fj_proc: an entry of procfs that would show the host */
	const char *pos;   /* position, when asked for and known; else NULL */
	bool is_merged;	   /* a directory of several layers of a union: it has one link, as in the
			      kernel's */
	bool is_lower;	   /* in a lower layer of a union: never to be changed */
	/* The directory that the name is in, when it lies in a union and an entry is made where a
	 * whiteout is (then `dirfd` is another directory, from where the result is to be put
	 * there), or removed. */
	struct fj_layers *layers;
};

/* Translate `jail_path`, relative to `dirfd` (a descriptor of the program, or AT_FDCWD) when not
 * absolute.
 *
 * jail_path  a copy in our memory, not empty; FJ_PATH_MAX bytes at most
 * how        FJ_ flags
 * Returns 0, or
 *   -ENOENT, -ENOTDIR, -EACCES ...  what the kernel says of a component
 *   -ELOOP         more than 40 symlinks
 *   -EXDEV         what FJ_BENEATH and its kin forbid
 *   -ENAMETOOLONG  a component over 255 bytes, or a symlink that makes the rest over 8191
 * The place holds until fj_place_done(); its strings lie in scratch memory of `t`. */
long fj_path_walk(struct fj_thread *t, int dirfd, const char *jail_path, unsigned how,
	struct fj_place *place);
void fj_place_done(struct fj_place *place);
/* How much of a place's name names the directory that its last component is in: "dir/", or nothing
 * when that is `dirfd` itself. */
size_t fj_place_dir_len(const char *name);
/* A host path for the place, for calls that take no descriptor, in scratch memory. */
char *fj_place_path(struct fj_thread *t, const struct fj_place *place);
/* `jail_path` names an entry, as `first_path` does, which was found to be `first`; both begin at
 * the same descriptor. When its text says that it is in the same directory, its place is there:
 * true. It holds as long as the first. */
bool fj_place_beside(struct fj_thread *t, const struct fj_place *first, const char *first_path,
	const char *jail_path, struct fj_place *place);
/* Does it lie in a procfs? Its name may have several components when it was found by text. */
bool fj_place_is_in_procfs(struct fj_thread *t, const struct fj_place *place);
/* Move the place's descriptor out of the way of one that the program is about to get: that must be
 * the lowest (open(2)). */
void fj_place_move_up(struct fj_place *place);

/* A place without a walk, from remembered facts. The last component may turn out to be a symlink:
 * the call must be made such that this is noticed. `epoch` is what fj_facts_hold() wants after it.
 *
 * if (fj_quick_begin(&q, ...))
 *         do ... the call, on q.place; return when it is conclusive
 *         while (fj_quick_beyond(&q));
 * ... only the walk can tell; nothing of scratch memory is kept */
struct fj_quick {
	struct fj_thread *t;
	int dirfd;
	const char *path; /* that led to the place: the caller's, or what symlinks made of it */
	size_t len;
	struct fj_place place;
	uint64_t epoch;
	char *beyond; /* room for another path; NULL: none is needed yet */
	uint32_t outer, mark;
	unsigned links;
	bool takes_layers;  /* the caller knows of them */
	bool is_layered;    /* the place is in a union: what is found may be a whiteout */
	bool needs_no_note; /* by what leads there it is known which position it has: back.c */
	uint32_t left;	    /* layers that have the directory, too, below the place's */
	const char *dir;    /* position of the directory, when a descriptor in a union led there */
};
/* Find `jail_path`, of `len` bytes. Without any system call. */
bool fj_quick_begin(
	struct fj_quick *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len);
/* The same also where the directory lies in a union. Then what is there may be a whiteout, and
 * where nothing is the next layer may have it. */
bool fj_quick_begin_layered(
	struct fj_quick *q, struct fj_thread *t, int dirfd, const char *jail_path, size_t len);
/* A name in a layer is absolute, or lies in the jail's own root. */
static inline void fj_quick_aim(struct fj_quick *q)
{
	q->place.dirfd = q->place.name[0] == '/' ? AT_FDCWD : FJ_FD_ROOT(fj_jail);
}
/* Nothing is there: let the place lead to the next layer. False: that was the last. */
static inline bool fj_quick_below(struct fj_quick *q)
{
	if (__builtin_expect(!q->left, 1))
		return false;
	q->left--;
	q->place.name += fj_strlen(q->place.name) + 1;
	fj_quick_aim(q);
	return true;
}
/* The place is a directory. Is it merged of several layers? -1: that is not known. */
int fj_quick_is_merged(const struct fj_quick *q);
/* The place is a symlink that is to be followed: find what it leads to. */
bool fj_quick_beyond(struct fj_quick *q);
/* Give up: give scratch memory back. False. */
bool fj_quick_end(struct fj_quick *q);

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

/* Append the host path. */
void fj_path_host(const char *pos, struct fj_str *out);
/* Open position `pos` with O_PATH and `flags`. Returns a descriptor or -errno. */
long fj_path_open_pos(struct fj_thread *t, const char *pos, int flags);

/* Append the position that `host_path` (the kernel's spelling) has in the jail's own tree; false
 * when it is outside. Where a directory can be reached by several, `hint` (a position, or NULL) is
 * preferred, then what the caller's root can see. */
bool fj_path_back_hinted(const char *host_path, const char *hint, struct fj_str *out);
bool fj_path_back(const char *host_path, struct fj_str *out);
/* Append what the calling process would see for position `pos`: relative to its own root; false
 * when that cannot see it. */
bool fj_path_seen(const char *pos, struct fj_str *out);
/* The position of the working directory, or of directory `dirfd`; false when it is deleted or
 * outside. */
bool fj_path_of_dir(struct fj_thread *t, int dirfd, struct fj_str *out);
/* The working directory was reached by `pos`; what was noted, or "". A hint: fchdir(2) moves it. */
void fj_cwd_note(const char *pos);
const char *fj_cwd_noted(void);
/* What was noted of a descriptor, or AT_FDCWD; NULL for nothing. */
const char *fj_dir_noted(int fd);
/* It is another directory by now, of which nothing need be noted. */
void fj_dir_unnote(int fd);
/* The same for a directory opened as `fd`, when its host path would be read back as another
 * position. */
void fj_dir_note(struct fj_thread *t, int fd, const char *pos);
/* Before an exec, and after it: the note outlives the program, unless 64 others exec at the same
 * time. */
void fj_cwd_keep(void);
void fj_cwd_start(void);
/* Replace the host path in `text` of length `len` (a magic link's: may end in " (deleted)") by what
 * the program may see, into `out`; text that is no path stays as it is. */
void fj_path_back_link(struct fj_thread *t, const char *text, size_t len, struct fj_str *out);
/* Is the directory behind `fd` in a procfs? */
bool fj_is_procfs(int fd);
#define FJ_PROC_SUPER_MAGIC 0x9fa0 /* linux/magic.h */
/* statfs(2) of `name` in `dirfd` ("": itself). */
struct statfs;
long fj_path_statfs(struct fj_thread *t, int dirfd, const char *name, struct statfs *fs);

/* openat2(2), or -ENOSYS when this jail does without it. `resolve`: RESOLVE_ flags of
 * linux/openat2.h. */
long fj_openat2(int dirfd, const char *name, uint64_t flags, uint64_t mode, uint64_t resolve);

#endif
