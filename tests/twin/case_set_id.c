/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_set_id.c - tests which changes clear the set-id bits and capabilities of a file: chown,
 * writing, truncating; by different users, and by descriptors that were open before. */
#include "twin.h"

#define NONE ((unsigned)-1)

static void become(unsigned uid, unsigned gid, unsigned count, const unsigned *groups)
{
	SYSCALL(SYS_setgroups, count, groups);
	SYSCALL(SYS_setresgid, gid, gid, gid);
	SYSCALL(SYS_setresuid, uid, uid, uid);
}

static void set_all(const char *f, unsigned mode)
{
	put(f, "some text");
	chown(f, 1000, 7);
	chmod(f, mode);
	setxattr(f, "security.capability", "\0\0\0\2\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20, 0);
}

static void show_mode(const char *what, const char *f)
{
	struct stat st;

	lstat(f, &st);
	say("%s: %o caps %d\n", what, st.st_mode, (int)getxattr(f, "security.capability", NULL, 0));
}

/* What takes set-id bits and capabilities away, and from whom. */
CASE(acl_root_set_id_lost)
{
	static const unsigned modes[] = {06755, 02745, 04644};

	for (size_t i = 0; i < COUNT(modes); i++) {
		say("%o\n", modes[i]);
		for (int root = 1; root >= 0; root--) {
			set_all("f", modes[i]);
			show_mode("before", "f");
			CHILD("truncate") {
				if (!root)
					become(1000, 1000, 0, NULL);
				R(truncate("f", 1));
				show_mode("truncate", "f");
			}
			set_all("f", modes[i]);
			CHILD("O_TRUNC") {
				if (!root)
					become(1000, 1000, 0, NULL);
				close(open("f", O_WRONLY | O_TRUNC));
				show_mode("O_TRUNC", "f");
			}
			set_all("f", modes[i]);
			CHILD("creat") {
				if (!root)
					become(1000, 1000, 0, NULL);
				close(open("f", O_WRONLY | O_TRUNC | O_CREAT, 0600));
				show_mode("creat", "f");
			}
			set_all("f", modes[i]);
			CHILD("chown, to nobody") {
				if (!root)
					become(1000, 1000, 0, NULL);
				R(chown("f", NONE, NONE));
				show_mode("chown", "f");
			}
			set_all("f", modes[i]);
			CHILD("opened and read only") {
				if (!root)
					become(1000, 1000, 0, NULL);
				close(open("f", O_WRONLY | O_APPEND));
				close(open("f", O_RDWR));
				R(chmod("f", modes[i]));
				show_mode("open", "f");
			}
			unlink("f");
		}
	}
	/* A member of the group may hand it a set-group-id bit. */
	R(mkdir("d", 0777));
	R(chown("d", 0, 7));
	R(chmod("d", 02777));
	CHILD("member") {
		static const unsigned group[] = {7};

		become(1000, 1000, 1, group);
		close(open("d/member", O_CREAT | O_WRONLY, 02755));
		show_mode("member", "d/member");
	}
	CHILD("not a member") {
		become(1000, 1000, 0, NULL);
		close(open("d/other", O_CREAT | O_WRONLY, 02755));
		show_mode("other", "d/other");
		close(open("d/noexec", O_CREAT | O_WRONLY, 02745));
		show_mode("noexec", "d/noexec");
		R(mkdir("d/sub", 0755));
		show_mode("directory", "d/sub");
	}
}

static long write_by(int way, int fd, int from, int pipe_end)
{
	static char text[] = "abc";
	struct iovec v = {text, 3};
	long long at = 0, to = 1;

	switch (way) {
	case 0:
		return write(fd, text, 3);
	case 1:
		return SYSCALL(SYS_pwrite64, fd, text, 3, 1);
	case 2:
		return SYSCALL(SYS_writev, fd, &v, 1);
	case 3:
		return SYSCALL(SYS_pwritev, fd, &v, 1, 0, 0);
	case 4:
		return SYSCALL(SYS_pwritev2, fd, &v, 1, 0, 0, 0);
	case 5:
		return SYSCALL(SYS_ftruncate, fd, 2);
	case 6:
		return SYSCALL(SYS_fallocate, fd, 0, 0, 4096);
	case 7:
		return SYSCALL(SYS_sendfile, fd, from, &at, 2);
	case 8:
		return SYSCALL(SYS_copy_file_range, from, &at, fd, &to, 2, 0);
	case 9:
		return SYSCALL(SYS_splice, pipe_end, NULL, fd, NULL, 2, 0);
	case 10:
		return write(fd, text, 0);
	case 11:
		return write(fd, (void *)8, 3);
	case 12:
		return SYSCALL(SYS_ftruncate, fd, -1);
	default:
		return 0; /* opened for writing, and nothing more */
	}
}

/* What writing takes away, by whatever call, and from whom: from root capabilities alone. */
CASE(acl_root_set_id_written)
{
	static const unsigned modes[] = {06755, 02745, 04666, 0666};

	put("from", "other text");
	for (size_t i = 0; i < COUNT(modes); i++)
		for (int way = 0; way < 14; way++)
			for (int who = 0; who < 3; who++) {
				static const unsigned uid[] = {0, 1000, 1001};
				int ends[2], from, fd;

				unlink("f");
				set_all("f", modes[i]);
				say("%o way %d uid %u\n", modes[i], way, uid[who]);
				CHILD("writes") {
					pipe(ends);
					write(ends[1], "piped", 5);
					if (who)
						become(uid[who], uid[who], 0, NULL);
					from = open("from", O_RDONLY);
					fd = open("f", O_RDWR);
					if (fd < 0) {
						say("%e\n", errno);
						continue;
					}
					const long r = write_by(way, fd, from, ends[0]);

					say("%ld %s\n", r, r < 0 ? errno_name(errno) : "");
					show_mode("then", "f");
				}
			}
}

/* Root's process did not give the file its capability: it opens it, in each way, or did before; or
 * it did, and writes on. */
CASE(acl_root_capability_written)
{
	static const int flags[] = {O_RDWR, O_WRONLY, O_WRONLY | O_APPEND, O_RDWR | O_CREAT,
		O_WRONLY | O_CREAT, O_RDONLY};

	for (size_t i = 0; i < COUNT(flags); i++) {
		CHILD("sets") {
			set_all("f", 04755);
		}
		say("flags %o\n", flags[i]);
		CHILD("opens") {
			const int fd = open("f", flags[i], 0600);

			show_mode("opened", "f");
			R(write(fd, "x", 1));
			show_mode("written", "f");
		}
		CHILD("executes") {
			const int fd = open("f", flags[i], 0600);

			set_all("f", 0755);
			dup2(fd, 5);
			CHILD("a child's") {
				R(write(5, "y", 1));
			}
			show_mode("by a child", "f");
		}
	}
	CHILD("sets and writes") {
		const int fd = open("g", O_RDWR | O_CREAT | O_EXCL, 0755);

		R(fsetxattr(fd, "security.capability", "\0\0\0\2\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
			20, 0));
		show_mode("set", "g");
		R(write(fd, "x", 1));
		show_mode("written", "g");
	}
	CHILD("truncates") {
		set_all("h", 02755);
		R(truncate("h", 1));
		show_mode("truncated", "h");
	}
}

/* The file was open before it had the bits, or is handed on. */
CASE(acl_root_set_id_open_before)
{
	R(chmod(".", 0777));
	CHILD("opened first") {
		become(1000, 1000, 0, NULL);
		const int fd = open("a", O_RDWR | O_CREAT, 0644);

		R(write(fd, "x", 1));
		R(fchmod(fd, 06755));
		show_mode("set", "a");
		R(write(fd, "x", 1));
		show_mode("written", "a");
		R(chmod("a", 04755));
		CHILD("a child's") {
			R(write(fd, "x", 1));
		}
		show_mode("by a child", "a");
	}
	CHILD("made so") {
		become(1000, 1000, 0, NULL);
		const int fd = open("b", O_WRONLY | O_CREAT | O_EXCL, 06755);

		show_mode("made", "b");
		R(write(fd, "x", 1));
		show_mode("written", "b");
	}
	CHILD("mapped") {
		become(1000, 1000, 0, NULL);
		put("c", "text");
		R(chmod("c", 04755));
		const int fd = open("c", O_RDWR);
		char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		p[0] = 'x';
		show_mode("mapped", "c");
		int ends[2];

		pipe(ends);
		R(write(ends[1], "to a pipe", 9));
		show_fd("pipe", (close(ends[1]), ends[0]));
		R(write(fd, "x", 1));
		show_mode("written", "c");
	}
	set_all("d", 06755);
	CHILD("root") {
		const int fd = open("d", O_RDWR);

		R(write(fd, "x", 1));
		show_mode("by root", "d");
		become(1001, 1001, 0, NULL);
		R(lseek(fd, 0, SEEK_SET));
	}
}

/* Root has opened it, and then is less than root, however. */
CASE(acl_root_set_id_opened_by_more)
{
	struct {
		uint32_t version;
		int pid;
	} head = {0x20080522, 0};
	struct {
		uint32_t effective, permitted, inheritable;
	} data[2];

	put("from", "other text");
	for (int how = 0; how < 5; how++)
		for (int way = 0; way < 14; way++) {
			int ends[2];

			unlink("f");
			/* By another: who has made it so himself knows of it. */
			CHILD("sets")
				set_all("f", way % 2 ? 06755 : 02755);
			say("how %d way %d\n", how, way);
			const int from = open("from", O_RDONLY), fd = open("f", O_RDWR);

			pipe(ends);
			write(ends[1], "piped", 5);
			CHILD("writes") {
				switch (how) {
				case 0:
					become(1000, 1000, 0, NULL);
					break;
				case 1:
					become(1001, 7, 0, NULL);
					break;
				case 2:
					SYSCALL(SYS_setfsuid, 1001);
					break;
				case 3:
					SYSCALL(SYS_capget, &head, data);
					data[0].effective &= ~(1u << 4); /* CAP_FSETID */
					R(SYSCALL(SYS_capset, &head, data));
					break;
				}
				const long r = write_by(way, fd, from, ends[0]);

				say("%ld %s\n", r, r < 0 ? errno_name(errno) : "");
				show_mode("then", "f");
			}
			close(from);
			close(fd);
			close(ends[0]);
			close(ends[1]);
		}
}
