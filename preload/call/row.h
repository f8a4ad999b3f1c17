/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * row.h - what calls.def says of a system call. Called by the rooms that read the table: the filter,
 * permissions, jumps, the tracer; and by args.h. */
#ifndef FJ_ROW_H
#define FJ_ROW_H

#include "sys/sys.h"

#include <stdbool.h>
#include <stdint.h>

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
enum fj_condition {
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
	FJ_IF_NEW_USERS, /* clone: CLONE_NEWUSER; CLONE_FS without CLONE_THREAD, but for one that we
			     have let through */
	FJ_IF_AUDIT,	 /* socket: the kernel's audit log */
	FJ_IF_COMPARED,	 /* fcntl: FJ_IF_OUR_FD, or F_DUPFD_QUERY */
	FJ_IF_REQUEST,	 /* ioctl: PROCMAP_QUERY, and what sets flags of files */
	FJ_IF_LAST,	 /* exit_group: status 127, or somebody has to know: call/ending.h */
	FJ_IF_TRACED,	 /* there is a trace, whose descriptor is among those in memory */
};

/* What a call asks of who is not root, before its hook runs (permission/may.c): the permission to
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
			    (patch/sites.c), and those of its older forms */
	FJ_MAPS = 8,	 /* changes mappings, by which the direct door sees texts come and go */
};

enum fj_support { FJ_FULL, FJ_PARTIAL, FJ_REFUSED, FJ_PASSED };

/* Without pointers: each page of them would have to be made right, and so copied, in each process
 * that starts. */
struct fj_row {
	uint16_t name; /* dispatch.c knows where; 0: there is no such row */
	uint8_t hook;  /* enum fj_hook of hooks.h; 0: the kernel's own affair */
	uint8_t when;  /* enum fj_condition */
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

/* The row of a number, or NULL when the table has none. */
const struct fj_row *fj_row(long nr);
const char *fj_row_name(const struct fj_row *row);
/* What users should know of it, in docs/coverage.md; may be empty. */
const char *fj_row_note(const struct fj_row *row);
extern const long fj_row_count;

#endif
