/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * elf_low.c - a program that elf.sh links to the address of the gate page. It uses a little of
 * everything that the engine does for programs, and prints the results. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILLING (6 << 20)
static const char filled[FILLING] = {1, 2, 3};
static char cleared[1 << 20];
#ifdef FAR /* data in another segment */
__attribute__((section(".far"), used)) static char far[4096] = {1};
#endif
extern char **environ;
extern const char __executable_start[];

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	struct stat st;

	(void)sig;
	alarms += stat("/bin/../bin", &st) == 0;
}

static void *look(void *arg)
{
	struct stat st;

	for (int i = 0; i < 100; i++)
		if (stat("/w/file", &st) || st.st_uid != 12)
			return "wrong";
	return arg;
}

/* Prints the mappings of files that begin below 16 MiB. Neighbours with the same protection are
 * printed as one mapping, since a text whose system calls have become jumps is in parts. Also
 * prints a mapping at one of the two addresses of the gate page (sys/gate.h). */
static void say_low_mappings(const char *maps)
{
	FILE *f = fopen(maps, "r");
	char line[512], path[256], perms[8], last[300] = "";
	unsigned long from, to;

	if (!f) {
		printf("%s: errno %d\n", maps, errno);
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		char now[300];

		path[0] = 0;
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &from, &to, perms, path) < 3)
			continue;
		snprintf(now, sizeof(now), "%s %s", perms, path);
		if ((from < 0x1000000 && path[0] == '/' && strcmp(now, last)) ||
			(uint32_t)from - 0x50000 < 0x2000)
			printf("%lx %s\n", from, now);
		strcpy(last, now);
	}
	fclose(f);
}

static void say_child(const char *what, char *const argv[])
{
	int status = -1;
	pid_t pid;
	const int r = posix_spawn(&pid, argv[0], NULL, NULL, argv, environ);

	if (!r)
		waitpid(pid, &status, 0);
	printf("%s: %d, status %#x\n", what, r, (unsigned)status);
}

/* Makes calls with two filters: the program's own, which must not apply to the engine's calls, and
 * that of a jailed process that is no longer root. */
static void say_filtered(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
	int r, fd;

	r = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	fd = open("/w/file", O_RDONLY);
	printf("filtered %d, open %d", r, fd >= 0);
	close(fd);
	r = setresuid(5, 5, 5);
	printf(", setresuid %d, uid %d, open %d", r, (int)getuid(), open("/w/file", O_RDWR) >= 0);
	printf(" errno %d\n", errno);
}

int main(int argc, char **argv)
{
	char *again[] = {argv[0], (char *)"again", NULL},
	     *other[] = {(char *)"/bin/usual", (char *)"again", NULL};
	char path[300], text[64];
	unsigned long sum = 0;
	pthread_t thread;
	void *result = NULL;
	struct stat st;
	pid_t pid;
	int fd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < FILLING; i += 512)
		sum += (unsigned long)filled[i] + (unsigned long)cleared[i % sizeof(cleared)];
	printf("%s at %lx, sum %lu\n", argc > 1 ? argv[1] : "first",
		(unsigned long)__executable_start < 0x1000000 ? (unsigned long)__executable_start :
								0,
		sum);
	fd = open("/w/file", O_CREAT | O_RDWR | O_TRUNC, 0640);
	printf("chown %d\n", fchown(fd, 12, 34));
	close(fd);
	stat("/w/file", &st);
	printf("file %o %u:%u\n", st.st_mode, st.st_uid, st.st_gid);
	printf("missing %d %d\n", stat("/w/missing", &st), errno);
	printf("bad pointer %d %d\n", stat((const char *)8, &st), errno);
	memset(path, 0, sizeof(path));
	printf("exe %s\n", readlink("/proc/self/exe", path, sizeof(path) - 1) > 0 ? path : "?");
	signal(SIGALRM, on_alarm);
	raise(SIGALRM);
	raise(SIGALRM);
	printf("alarms %d\n", (int)alarms);
	pthread_create(&thread, NULL, look, (void *)"right");
	pthread_join(thread, &result);
	printf("thread %s\n", (const char *)result);
	say_low_mappings("/proc/self/maps");
	pid = getpid();
	fflush(stdout);
	if (!fork()) { /* as another process sees it */
		snprintf(text, sizeof(text), "/proc/%d/maps", (int)pid);
		say_low_mappings(text);
		say_filtered();
		exit(0);
	}
	wait(NULL);
	fflush(stdout);
	if (argc > 1)
		return 7;
	say_child("again", again);
	say_child("other", other);
	execv(again[0], again);
	return 1;
}
