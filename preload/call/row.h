/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * row.h - the row of a system call in calls.def. For the rooms that read the table: the filter,
 * permissions, jumps, the tracer; and for args.h. */
#ifndef FJ_ROW_H
#define FJ_ROW_H

#include <stdbool.h>
#include <stdint.h>

/* The kind of an argument. A DIRFD belongs to the path on its right; a path without one starts at
 * the working directory. */
enum fj_kind {
	FJ_NONE,
	FJ_INT,
	FJ_HEX,
	FJ_PTR,
	FJ_SIZE,
	FJ_FD,
	FJ_MODE,
	FJ_TEXT, /* a string that is no path here: a symlink's target, an attribute's name */
	FJ_DIRFD,
	FJ_PATH,      /* names an object: a symlink at the end is followed, unless a flags
			 argument says otherwise */
	FJ_LPATH,     /* names an object: a symlink at the end is not followed */
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

/* When the seccomp filter hands the call to the engine; otherwise the kernel gets it unchanged. */
enum fj_condition {
	FJ_NEVER,
	FJ_ALWAYS,
	FJ_IF_ARG0,
	FJ_IF_ARG1,
	FJ_IF_ARG2,
	FJ_IF_ARG3,
	FJ_IF_ARG4,
	FJ_IF_ARG5,	  /* that argument is not 0 */
	FJ_IF_OUR_FD,	  /* an argument that is a descriptor is one of the jail's own */
	FJ_IF_MANY_FDS,	  /* select: the sets reach the jail's descriptors */
	FJ_IF_PSELECT,	  /* FJ_IF_MANY_FDS, or the last argument is not null */
	FJ_IF_GUARDED,	  /* prctl: seccomp, no_new_privs, capabilities */
	FJ_IF_PEER,	  /* getsockopt: SO_PEERCRED, SO_PEERGROUPS */
	FJ_IF_NOT_ROOT,	  /* the filter itself returns 0 to a process that has always been root:
			     identity/hook_id.h */
	FJ_IF_LIMITED,	  /* FJ_IF_OUR_FD; and always in the second filter, for processes that
			     are not root: hook_id.c */
	FJ_IF_TRACING,	  /* ptrace: traceme, attach, seize, setoptions */
	FJ_IF_NEW_MOUNTS, /* unshare: CLONE_NEWNS, CLONE_NEWUSER */
	FJ_IF_NEW_USERS, /* clone: CLONE_NEWUSER, CLONE_NEWNS; CLONE_FS without CLONE_THREAD, unless the
			     engine has seen the call */
	FJ_IF_AUDIT,	 /* socket: the kernel's audit log */
	FJ_IF_COMPARED, /* fcntl: FJ_IF_OUR_FD, or F_DUPFD_QUERY */
	FJ_IF_REQUEST,	/* ioctl: PROCMAP_QUERY, and requests that set flags of files */
	FJ_IF_LAST,	/* exit_group: status 127, or the jail must do something at the end:
			     call/ending.h */
	FJ_IF_TRACED,	/* a trace exists, and its descriptor is one of those in memory */
};

/* The permission that a caller who is not root needs, asked before the hook runs
 * (permission/may.c). Search permission for the directories on the way of the paths is asked for in
 * any case. */
enum fj_asks {
	FJ_ASKS_NOTHING, /* neither path nor descriptor */
	FJ_ASKS_NOBODY,	 /* ANYONE("why"): every caller may make it */
	FJ_ASKS_OPENED,	 /* a caller with the descriptor may: permission was asked at its open */
	FJ_ASKS_HOOK,	 /* IN_HOOK("where"): the hook asks */
	FJ_ASKS_SEARCH,	 /* no permission for the object itself */

	/* About directories and names in them: write and search, and the rules of sticky
	 * directories. */
	FJ_ASKS_OPEN,	   /* by O_ACCMODE and O_TRUNC; of the directory if the file is made */
	FJ_ASKS_OPEN_HOW,  /* FJ_ASKS_OPEN, by the flags in struct open_how */
	FJ_ASKS_ACCESS,	   /* what its MODE says, for the real ids */
	FJ_ASKS_MAKE,	   /* a name */
	FJ_ASKS_MAKE_NODE, /* CAP_MKNOD for a device */
	FJ_ASKS_LINK,	   /* for the old name the rule of protected_hardlinks */
	FJ_ASKS_REMOVE,
	FJ_ASKS_RENAME,
	FJ_ASKS_BIND, /* a socket's name */

	/* About the object: the first PATH or LPATH, else the descriptor that is the first
	 * argument. */
	FJ_ASKS_CHANGE_MODE,  /* its owner, or CAP_FOWNER */
	FJ_ASKS_CHANGE_OWNER, /* CAP_CHOWN, or the owner within the owner's groups */
	FJ_ASKS_CHANGE_TIMES, /* its owner; for the present time, write permission */
	FJ_ASKS_CHANGE_FLAGS, /* its owner, for a file or directory */
	FJ_ASKS_TRUNCATE,     /* to write to a file */
	FJ_ASKS_WATCH,	      /* to read */
	FJ_ASKS_EXECUTE,
	FJ_ASKS_ENTER,	    /* to search a directory */
	FJ_ASKS_ENTER_ROOT, /* and CAP_SYS_CHROOT */
	FJ_ASKS_GET_ATTRIBUTE,
	FJ_ASKS_SET_ATTRIBUTE, /* both depend on the attribute's name */
	FJ_ASKS_SEE_CACHE,     /* to write, or the owner */

	/* About the process of the last PID, or of the first descriptor. */
	FJ_ASKS_SIGNAL,	  /* one of the caller's ids, or CAP_KILL */
	FJ_ASKS_TRACE,	  /* all of the caller's ids and capabilities, or CAP_SYS_PTRACE */
	FJ_ASKS_LIMIT,	  /* the caller's ids, or CAP_SYS_RESOURCE */
	FJ_ASKS_SCHEDULE, /* one of the caller's ids, or CAP_SYS_NICE */
};
#define FJ_ASKS_ANYONE(why) FJ_ASKS_NOBODY
#define FJ_ASKS_IN_HOOK(where) FJ_ASKS_HOOK

/* Row flags. */
enum {
	FJ_WRITES = 1,	 /* changes the file that its path names: refused on a read-only mount */
	FJ_RENAMES = 2,	 /* may turn a remembered directory into a symlink, or change a symlink:
			    facts/facts.c */
	FJ_FREQUENT = 4, /* programs with many files make it often: its calls, and those of its
			    older forms, become jumps (patch/sites.c) */
	FJ_MAPS = 8,	 /* changes mappings: the direct door sees by it that texts come and go */
};

/* What docs/coverage.md says of a call. FJ_PASSED: the kernel makes it unchanged. */
enum fj_support { FJ_FULL, FJ_PARTIAL, FJ_REFUSED, FJ_PASSED };

/* Has no pointers: each page of them would be relocated, and so copied, in each process that
 * starts. */
struct fj_row {
	uint16_t name; /* dispatch.c finds the name by it; 0: there is no such row */
	uint8_t hook;  /* enum fj_hook of hooks.h; 0: no hook, the kernel does the call */
	uint8_t when;  /* enum fj_condition */
	uint8_t flags;
	uint8_t asks;	 /* enum fj_asks */
	uint8_t support; /* enum fj_support */
	uint8_t fds;	 /* a bit for each argument that is a descriptor */
	uint8_t kind[8]; /* eight bytes, the last FJ_NONE: fj_arg_index() reads them as
				      a word */
	int16_t as;	 /* the number to use when a path argument was replaced by one that must be
			    followed */
	int16_t refusal; /* -errno of a refused call */
	int16_t alias_arg[5]; /* of an ALIAS: the arguments for the call `as`, see dispatch.c */
	uint16_t note;	      /* dispatch.c finds the note by it */
};
_Static_assert(sizeof(struct fj_row) == 32, "found by its number often, so by a shift");

/* The row of a number, or NULL when the table has none. */
const struct fj_row *fj_row(long nr);
/* The name of the row's call, as in the manual. */
const char *fj_row_name(const struct fj_row *row);
/* A note for users, in docs/coverage.md; may be empty. */
const char *fj_row_note(const struct fj_row *row);
/* The highest number that has a row, + 1. */
extern const long fj_row_count;

#endif
