/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * call.h - the engine's one entry: a system call in, a kernel result out.
 *
 * A door fills struct fj_call and calls fj_call(), which looks up the call's row in calls.def and
 * runs the row's hook. A hook is an "around": it asks for arguments by kind, calls the kernel when
 * it wants to, and reads top to bottom. Everything is async-signal-safe and runs on a stack of
 * ours. */
#ifndef FJ_CALL_H
#define FJ_CALL_H

#include "path/path.h"

/* What an argument is. A DIRFD belongs to the path on its right; without one the working directory
 * is meant. */
enum fj_kind {
	FJ_NONE,
	FJ_INT,
	FJ_HEX,
	FJ_PTR,
	FJ_SIZE,
	FJ_FD,
	FJ_MODE,
	FJ_TEXT, /* a string that is no path to us: a symlink's target, an attribute's name */
	FJ_DIRFD,
	FJ_PATH,      /* names an object: a final symlink is followed, unless a flags argument says
			 otherwise */
	FJ_LPATH,     /* names an object: a final symlink is itself meant */
	FJ_NEW,	      /* names an entry that the call makes */
	FJ_OLD,	      /* names an entry that the call removes or moves */
	FJ_OFLAGS,    /* O_NOFOLLOW; O_CREAT with O_EXCL */
	FJ_ATFLAGS,   /* AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH */
	FJ_LINKFLAGS, /* AT_SYMLINK_FOLLOW, AT_EMPTY_PATH: nofollow without it */
	FJ_WATCH,     /* IN_DONT_FOLLOW */
	FJ_FANFLAGS,  /* FAN_MARK_DONT_FOLLOW */
	FJ_STAT,      /* the result lies here: struct stat, statx, statfs */
	FJ_ARGV,
	FJ_ADDR,
	FJ_SIGNAL,
	FJ_PID, /* a process, or a thread of one */
	FJ_KIND_COUNT
};

static inline bool fj_kind_is_path(enum fj_kind kind)
{
	return kind == FJ_PATH || kind == FJ_LPATH || kind == FJ_NEW || kind == FJ_OLD;
}

/* When the seccomp filter hands the call to us; else it goes to the kernel untouched. */
enum fj_when {
	FJ_NEVER,
	FJ_ALWAYS,
	FJ_IF_ARG0,
	FJ_IF_ARG1,
	FJ_IF_ARG2,
	FJ_IF_ARG3,
	FJ_IF_ARG4,
	FJ_IF_ARG5,	  /* that argument is not null */
	FJ_IF_OUR_FD,	  /* an argument that is a descriptor is one of ours */
	FJ_IF_MANY_FDS,	  /* select: the sets reach our descriptors */
	FJ_IF_PSELECT,	  /* the same, or the last argument is not null */
	FJ_IF_GUARDED,	  /* prctl: seccomp, no_new_privs, capabilities */
	FJ_IF_PEER,	  /* getsockopt: SO_PEERCRED, SO_PEERGROUPS */
	FJ_IF_NOT_ROOT,	  /* the filter itself says 0 to a process that never was anything but root:
			     identity/hook_id.h */
	FJ_IF_LIMITED,	  /* FJ_IF_OUR_FD; and always in the second filter, which those have who are
			     not    root: hook_id.c */
	FJ_IF_TRACING,	  /* ptrace: traceme, attach, seize, setoptions */
	FJ_IF_NEW_MOUNTS, /* unshare: CLONE_NEWNS, CLONE_NEWUSER */
	FJ_IF_NEW_USERS, /* clone: CLONE_NEWUSER; CLONE_FS without CLONE_VM, but for one that we have
			     let through */
	FJ_IF_AUDIT,	 /* socket: the kernel's audit log */
	FJ_IF_COMPARED,	 /* fcntl: FJ_IF_OUR_FD, or F_DUPFD_QUERY */
	FJ_IF_REQUEST,	 /* ioctl: PROCMAP_QUERY, and what sets flags of files */
	FJ_IF_LAST,	 /* exit_group: status 127, or somebody has to know: call/ending.h */
	FJ_IF_TRACED,	 /* there is a trace, whose descriptor is among those in memory */
};

/* What a call asks of who is not root, before its hook runs (dispatch/may.c): the permission to
 * search the directories on the way of its paths in any case, and this of what it names. */
enum fj_asks {
	FJ_ASKS_NOTHING, /* neither path nor descriptor */
	FJ_ASKS_NOBODY,	 /* ANYONE("why") may make it */
	FJ_ASKS_OPENED,	 /* whoever has the descriptor may: who opened it was asked */
	FJ_ASKS_HOOK,	 /* IN_HOOK("where") it is asked */
	FJ_ASKS_SEARCH,	 /* nothing of the object itself */

	/* Of directories and names in them: write and search, and what sticky directories want. */
	FJ_ASKS_OPEN,	   /* by O_ACCMODE and O_TRUNC, of the directory when it makes the file */
	FJ_ASKS_OPEN_HOW,  /* the same by struct open_how */
	FJ_ASKS_ACCESS,	   /* what its MODE says, of the real ids */
	FJ_ASKS_MAKE,	   /* a name */
	FJ_ASKS_MAKE_NODE, /* CAP_MKNOD for a device */
	FJ_ASKS_LINK,	   /* of the old name what protected_hardlinks says */
	FJ_ASKS_REMOVE,
	FJ_ASKS_RENAME,
	FJ_ASKS_BIND, /* a socket's name */

	/* Of the object: its first PATH or LPATH, else the descriptor that is its first argument.
	 */
	FJ_ASKS_CHANGE_MODE,  /* its owner, or CAP_FOWNER */
	FJ_ASKS_CHANGE_OWNER, /* CAP_CHOWN, or the owner within his groups */
	FJ_ASKS_CHANGE_TIMES, /* its owner; to write, for the present time */
	FJ_ASKS_CHANGE_FLAGS, /* its owner, of a file or directory */
	FJ_ASKS_TRUNCATE,     /* to write a file */
	FJ_ASKS_WATCH,	      /* to read */
	FJ_ASKS_EXECUTE,
	FJ_ASKS_ENTER,	    /* to search a directory */
	FJ_ASKS_ENTER_ROOT, /* and CAP_SYS_CHROOT */
	FJ_ASKS_GET_ATTRIBUTE,
	FJ_ASKS_SET_ATTRIBUTE, /* both by the attribute's name */
	FJ_ASKS_SEE_CACHE,     /* to write, or its owner */

	/* Of the process that its last PID, or its first descriptor, leads to. */
	FJ_ASKS_SIGNAL,	  /* one of the caller's ids, or CAP_KILL */
	FJ_ASKS_TRACE,	  /* all of the caller's ids and capabilities, or CAP_SYS_PTRACE */
	FJ_ASKS_LIMIT,	  /* the caller's ids, or CAP_SYS_RESOURCE */
	FJ_ASKS_SCHEDULE, /* one of the caller's ids, or CAP_SYS_NICE */
};
#define FJ_ASKS_ANYONE(why) FJ_ASKS_NOBODY
#define FJ_ASKS_IN_HOOK(where) FJ_ASKS_HOOK

/* Row flags. */
enum {
	FJ_WRITES = 1,	 /* changes what its path names: refused on a read-only mount */
	FJ_RENAMES = 2,	 /* may make a remembered directory a symlink, or change a symlink:
			    jail/facts.c */
	FJ_FREQUENT = 4, /* programs with many files make it often: its calls become jumps
			    (door/sites.c), and those of its older forms */
	FJ_MAPS = 8,	 /* changes mappings, by which the direct door sees texts come and go */
};

enum fj_support { FJ_FULL, FJ_PARTIAL, FJ_REFUSED, FJ_PASSED };

struct fj_call;

/* Without pointers: each page of them would have to be made right, and so copied, in each process
 * that starts. */
struct fj_row {
	uint16_t name; /* row.c knows where; 0: there is no such row */
	uint8_t hook;  /* enum fj_hook of hooks.h; 0: the kernel's own affair */
	uint8_t when;  /* enum fj_when */
	uint8_t flags;
	uint8_t asks;		   /* enum fj_asks */
	uint8_t support;	   /* enum fj_support */
	uint8_t fds;		   /* a bit for each argument that is a descriptor */
	uint8_t kind[FJ_ARGS + 2]; /* a word, FJ_NONE at its end: fj_arg_index() */
	int16_t as; /* the number to issue, when a path argument was replaced by one that must be
		       followed */
	int16_t refusal; /* -errno of a refused call */
	int16_t alias_arg[5];
	uint16_t note;
};
_Static_assert(sizeof(struct fj_row) == 32, "found by its number often, so by a shift");

struct fj_altstack; /* signal/hook_signal.h */

struct fj_call {
	long nr;
	uint64_t arg[FJ_ARGS];
	const struct fj_row *row;
	struct fj_thread *thread;
	size_t path_len; /* of the path that fj_arg_path() returned last */

	/* From the trap: the program's signal mask and signal stack as they will be when it goes
	 * on, its stack and instruction pointers, and the whole frame. NULL, 0: the direct door,
	 * where the call itself is to be made. */
	uint64_t *mask;
	struct fj_altstack *altstack;
	uint64_t sp, ip;
	void *frame;

	/* Set by a hook: leave the engine, and make the call `nr`(`arg`) with the program's own
	 * signal mask. The door stores `tail_data` where it lives until the call ends; arguments
	 * that point at it are relocated. */
	bool leaves_by_tail;
	bool leaves_by_sigreturn; /* the same for rt_sigreturn(2), with the program's own stack
				     pointer */
	uint64_t tail_data[6];
	/* There: the mask that a call waits with, as the program said it; and whether it is so. */
#define FJ_TAIL_MASK 3
#define FJ_TAIL_HAS_MASK 4
};

/* In the upper half of clone(2)'s flags, at which the kernel does not look: we have seen it. */
#define FJ_CLONE_SEEN 0x40000000u

/* Travels in the low 16 bits of SECCOMP_RET_TRAP and arrives as si_errno: tells our traps from
 * those of another policy, or of a filter of the program's own. */
#define FJ_TRAP_TAG 0x464a
#define FJ_STRICT_TAG                                                                              \
	0x464b /* the program is in strict mode, and is to be killed: hook_guard.c                 \
		*/

/* Run a call. Returns the kernel's result. */
long fj_call(struct fj_call *c);
/* The same when `row` is that of the number, or NULL. */
long fj_call_row(struct fj_call *c);

/* The row of a number, or NULL when the table has none. */
const struct fj_row *fj_row(long nr);
const char *fj_row_name(const struct fj_row *row);
/* What users should know of it, in docs/coverage.md; may be empty. */
const char *fj_row_note(const struct fj_row *row);
extern const long fj_row_count;

/* Call the kernel with the arguments as they stand. */
static inline long fj_kernel(const struct fj_call *c)
{
	return fj_sys6(c->nr, c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4], c->arg[5]);
}
/* The same for a call that may wait: signals of the program are let in meanwhile. `held_fd`: a
 * descriptor to be closed if a handler never comes back, or -1. */
long fj_kernel_waiting(struct fj_call *c, long nr, const uint64_t arg[FJ_ARGS], int held_fd);

/* What that returns when nothing was done and the program is to make its call anew, once a signal
 * has been delivered to it: call/libc_signals.h. No errno; the kernel's ERESTARTSYS. */
#define FJ_RESTART 512

/* The index of the first argument of `kind`, or -1. */
static inline int fj_arg_index(const struct fj_call *c, enum fj_kind kind)
{
	const uint64_t one_each = 0x0101010101010101UL;
	const uint64_t differs = fj_load8((const char *)c->row->kind) ^ one_each * kind;
	const uint64_t zeros = (differs - one_each) & ~differs & one_each << 7;

	return zeros ? __builtin_ctzll(zeros) / 8 : -1;
}
/* Its value, or `otherwise` when the row has none. */
static inline uint64_t fj_arg(const struct fj_call *c, enum fj_kind kind, uint64_t otherwise)
{
	const int i = fj_arg_index(c, kind);

	return i < 0 ? otherwise : c->arg[i];
}
/* The descriptor that belongs to path argument `i`, or AT_FDCWD. Narrowed here, once: a libc may
 * leave rubbish in the upper half of an int argument. */
static inline int fj_arg_dirfd(const struct fj_call *c, int i)
{
	return i > 0 && c->row->kind[i - 1] == FJ_DIRFD ? (int)c->arg[i - 1] : AT_FDCWD;
}

/* Copy path argument `i` out of the program. Returns the copy in scratch memory, which ends with
 * it; or NULL with the errno in `*error`, or with 0 there when the argument is null or empty and
 * the kernel is to judge the call as it stands. */
char *fj_arg_path(struct fj_call *c, int i, long *error);

/* Replace each path of the call by its place, then let `around` make it; it gets the places in the
 * order of the arguments (`count` of them: a null or empty path has none). An object's is a
 * descriptor and the name "". */
typedef long (*fj_around)(struct fj_call *c, const struct fj_place *const *place, int count);
long fj_translate(struct fj_call *c, fj_around around);

/* The call, with its arguments as the program made them, was refused by `refusal`: what the kernel
 * would have said before it looked at the file, or `refusal`. */
long fj_early_complaint(const struct fj_call *c, long refusal);

/* The process's umask(2), which only asking by changing would tell. */
uint32_t fj_umask(void);
void fj_umask_start(uint32_t mask);

/* Root was refused a path of the call by mode bits of the disk: give the user what root needs on
 * each part of it. True when something was changed, so that the call is to be made again
 * (repair.c). */
bool fj_repair(struct fj_call *c);

/* Find the object that `jail_path` names: opened with O_PATH and `flags` (O_DIRECTORY), its
 * descriptor and the name "" in *object. Where no descriptor is free, a place as the walk finds it:
 * its last component is no symlink that is to be followed. Returns 0, and *object holds until
 * fj_place_done(); or -errno. */
long fj_find_object(struct fj_call *c, int dirfd, const char *jail_path, unsigned how, int flags,
	struct fj_place *object);

/* Trace one finished call, when the jail traces. */
void fj_trace(const struct fj_call *c, const uint64_t arg[FJ_ARGS], long result);

#endif
