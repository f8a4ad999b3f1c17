/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_segv_given_back.c - tests that pointers to memory that was unmapped give EFAULT.
 */
#include "twin.h"

#define PAGE 4096

static const char *const ways[] = {"munmap", "mprotect", "map over", "mremap", "brk", "cut off"};
#define CUT_OFF 5

static void give_back(char *p, int way, int fd)
{
	switch (way) {
	case 0:
		munmap(p, PAGE);
		break;
	case 1:
		mprotect(p, PAGE, PROT_NONE);
		break;
	case 2:
		mmap(p, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		break;
	case 3:
		mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			(char *)mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
		break;
	case 4:
		SYSCALL(SYS_brk, p);
		break;
	case CUT_OFF:
		ftruncate(fd, 0);
		break;
	}
}

static void use_and_give_back(int way, int blocked)
{
	int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct stat st;
	sigset_t s;
	char *p;

	ftruncate(fd, PAGE);
	if (way == 4) {
		p = (char *)((SYSCALL(SYS_brk, 0) + PAGE - 1) & -(long)PAGE);
		SYSCALL(SYS_brk, p + PAGE);
	} else {
		p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	}
	CHILD(ways[way]) {
		strcpy(p, "/etc/passwd");
		if (blocked) {
			sigfillset(&s);
			sigprocmask(SIG_BLOCK, &s, NULL);
		}
		for (int k = 0; k < 3; k++)
			say("%d %d\n", (int)SYSCALL(SYS_access, p, F_OK),
				(int)SYSCALL(SYS_stat, "/etc/passwd", p + 16));
		give_back(p, way, fd);
		R(SYSCALL(SYS_access, p, F_OK));
		R(SYSCALL(SYS_stat, p, &st));
		R(SYSCALL(SYS_stat, "/etc/passwd", p + 16));
		R(SYSCALL(SYS_getcwd, p, 100));
	}
	close(fd);
}

CASE(segv_given_back)
{
	for (int way = 0; way < CUT_OFF; way++) {
		use_and_give_back(way, 0);
		use_and_give_back(way, 1);
	}
	use_and_give_back(CUT_OFF, 0);
}

CASE(segv_cut_off_while_blocked)
{
	use_and_give_back(CUT_OFF, 1);
}
