/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tour.c - what an ordinary C program asks of the file system and of exec, one line each.
 *
 * Built against musl, dynamic and static: a libc that no glibc object can be preloaded into without
 * care, whose posix_spawn runs on a 5 KB stack and whose threads have small ones. Usage: tour
 * DIRECTORY, an absolute path; it works there.  Exit: 0, or 1 with the call that failed. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void must(int is_right, const char *what)
{
	if (is_right)
		return;
	printf("failed: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *directory)
{
	char *names[64];
	size_t count = 0;
	struct dirent *entry;
	DIR *stream = opendir(directory);

	must(stream != NULL, "opendir");
	while ((entry = readdir(stream)) && count < 64)
		if (entry->d_name[0] != '.')
			names[count++] = strdup(entry->d_name);
	closedir(stream);
	qsort(names, count, sizeof(names[0]), by_name);
	printf("%s:", directory);
	for (size_t i = 0; i < count; i++)
		printf(" %s", names[i]);
	printf("\n");
}

/* Every thread looks at the same file many times, so that some meet in the engine. */
static void *look(void *name)
{
	struct stat status;
	long found = 0;

	for (int i = 0; i < 500; i++)
		found += stat(name, &status) == 0;
	return (void *)found;
}

static void threads(char *name)
{
	pthread_t thread[8];
	long found = 0;

	for (int i = 0; i < 8; i++)
		must(pthread_create(&thread[i], NULL, look, name) == 0, "pthread_create");
	for (int i = 0; i < 8; i++) {
		void *result;

		must(pthread_join(thread[i], &result) == 0, "pthread_join");
		found += (long)result;
	}
	printf("threads: %ld\n", found);
}

static void spawn(char *program)
{
	char *arguments[] = {program, NULL};
	pid_t pid;
	int status;

	fflush(stdout);
	must((errno = posix_spawn(&pid, program, NULL, NULL, arguments, environ)) == 0,
		"posix_spawn");
	must(waitpid(pid, &status, 0) == pid && status == 0, "waitpid");
	must(posix_spawn(&pid, "/nosuch", NULL, NULL, arguments, environ) == ENOENT,
		"posix_spawn of nothing");
	errno = 0;
	must(system("exec /bin/hello") == 0, "system");
}

static void unix_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
	socklen_t size = sizeof(address);
	int server = socket(AF_UNIX, SOCK_STREAM, 0);
	int client = socket(AF_UNIX, SOCK_STREAM, 0);

	must(bind(server, (struct sockaddr *)&address, sizeof(address)) == 0, "bind");
	must(listen(server, 1) == 0, "listen");
	must(connect(client, (struct sockaddr *)&address, sizeof(address)) == 0, "connect");
	memset(&address, 0, sizeof(address));
	must(getpeername(client, (struct sockaddr *)&address, &size) == 0, "getpeername");
	printf("peer: %s\n", address.sun_path);
	close(server);
	close(client);
}

int main(int argc, char **argv)
{
	char text[PATH_MAX];
	FILE *file;

	must(argc == 2, "usage: tour DIRECTORY");
	must(getcwd(text, sizeof(text)) != NULL, "getcwd");
	printf("getcwd: %s\n", text);
	list("/");
	list("/..");
	must(chdir(argv[1]) == 0 && getcwd(text, sizeof(text)), "chdir");
	printf("getcwd: %s\n", text);

	must((file = fopen("a", "w")) && fputs("text\n", file) >= 0 && fclose(file) == 0, "fopen");
	snprintf(text, sizeof(text), "%s/a", argv[1]);
	must(symlink(text, "link") == 0, "symlink");
	must(rename("a", "b") == 0 && access("link", F_OK) == -1 && errno == ENOENT, "rename");
	must(rename("b", "a") == 0 && access("link", F_OK) == 0, "rename back");
	must(realpath("../..//bin/.././../", text) != NULL, "realpath");
	printf("realpath: %s\n", text);
	must(realpath("link", text) != NULL, "realpath of a link");
	printf("realpath: %s\n", text);
	list(".");
	threads(text);
	unix_socket();
	spawn("/bin/hello");
	must(unlink("a") == 0 && unlink("link") == 0 && unlink("socket") == 0, "unlink");
	list(argv[1]);
	return 0;
}
