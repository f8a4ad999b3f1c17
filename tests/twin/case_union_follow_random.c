/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_union_follow_random.c - makes random descriptors of lower files, and random changes of these
 * files by two processes; then prints what each descriptor shows.
 */
#include "case_union_follow.h"

#define FDS 10

static unsigned draw(unsigned n)
{
	static uint64_t state = 20;

	state = state * 6364136223846793005U + 1442695040888963407U;
	return (unsigned)(state >> 33) % n;
}

static void change_some(const char *path, unsigned how)
{
	switch (how) {
	case 0:
		say("chmod %d\n", chmod(path, 0600));
		break;
	case 1:
		say("truncate %d\n", truncate(path, 3));
		break;
	default:
		add_to(path, "more\n");
	}
}

static void change_in_child(const char *path, unsigned how)
{
	struct stat st;
	const pid_t pid = fork();

	if (!pid) {
		change_some(path, how);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	say("stat %d\n", stat("l", &st)); /* a call that the engine sees */
}

/* The numbers from 20 on are descriptors of the files 0 to 5. */
static void one_step(void)
{
	static const int flags[] = {O_RDONLY, O_RDONLY | O_CLOEXEC, O_PATH, O_RDONLY | O_APPEND};
	const int fd = 20 + (int)draw(FDS), other = 20 + (int)draw(FDS);
	char path[20], text[4] = "";
	int new;

	snprintf(path, sizeof(path), "l/%u", draw(6));
	switch (draw(8)) {
	case 0:
	case 1:
		new = open(path, flags[draw(4)]);
		say("%d = %s %d\n", fd, path, dup2(new, fd));
		close(new);
		break;
	case 2:
		say("close %d %d\n", fd, close(fd));
		break;
	case 3:
		say("%d = %d %d\n", fd, other, (int)syscall(SYS_dup3, other, fd, O_CLOEXEC));
		break;
	case 4:
		say("seek %d %d\n", fd, (int)lseek(fd, draw(30), SEEK_SET));
		break;
	case 5:
		say("read %d %d", fd, (int)read(fd, text, 3));
		say(" %q\n", text);
		break;
	case 6:
		say("%s ", path);
		change_some(path, draw(4));
		break;
	default:
		say("%s ", path);
		change_in_child(path, draw(4));
	}
}

/* Random descriptors and duplicates of files that are changed by two processes. */
CASE(union_root_follow_random)
{
	char path[20], text[40];

	for (int round = 0; round < 30; round++) {
		mkdir("l", 0755);
		mkdir("u", 0755);
		mkdir("w", 0755);
		for (int i = 0; i < 6; i++) {
			snprintf(path, sizeof(path), "l/%d", i);
			snprintf(text, sizeof(text), "of %d in round %d\n", i, round);
			put(path, text);
		}
		mount_over();
		for (int i = 0; i < 40; i++)
			one_step();
		for (int fd = 20; fd < 20 + FDS; fd++) {
			snprintf(path, sizeof(path), "%d", fd);
			say_fd(path, fd);
		}
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		R(umount2("/t/l", 0));
		snprintf(path, sizeof(path), "old%d", round);
		R(rename("u", path));
		snprintf(path, sizeof(path), "work%d", round);
		R(rename("w", path));
	}
}
