/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * clients.c - changes owners in a jail, is killed meanwhile, and logs which changes were
 * acknowledged. Called by clients.sh, once on each of two mounts of one directory.
 *
 *	clients kill N DIRECTORY LOG	runs N writers one after the other and kills each; then
 *					runs one writer to its end
 *	clients check DIRECTORY LOG	checks that each file shows the last acknowledged change,
 *					or the change that was tried after it
 *
 * LOG is on another file system than the records. It gets a line for each attempt and for each
 * acknowledged change. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES 400
#define ATTEMPT 1u
#define DONE 2u
#define REFUSED 4u
#define OWNER 7

struct line {
	unsigned what, file, group;
};

static struct {
	unsigned tried, done;
} last[FILES];
static unsigned long done_count, refused_count;

static void name_of(char *name, size_t size, const char *dir, unsigned file)
{
	snprintf(name, size, "%s/%u", dir, file);
}

static void read_log(const char *log)
{
	const int fd = open(log, O_RDONLY);
	struct line l;

	memset(last, 0, sizeof(last));
	done_count = refused_count = 0;
	while (read(fd, &l, sizeof(l)) == sizeof(l)) {
		if (l.file >= FILES)
			abort();
		if (l.what == ATTEMPT)
			last[l.file].tried = l.group;
		if (l.what == DONE)
			last[l.file].done = l.group;
		done_count += l.what == DONE;
		refused_count += l.what == REFUSED;
	}
	close(fd);
}

static void say(int log, unsigned what, unsigned file, unsigned group)
{
	const struct line l = {what, file, group};

	if (write(log, &l, sizeof(l)) != sizeof(l))
		_exit(9);
}

/* Makes `count` changes, beginning with the file after the one that was tried last. */
static void change(const char *dir, const char *log_name, unsigned long count)
{
	const int log = open(log_name, O_WRONLY | O_APPEND);
	unsigned first = 0;
	char name[256];

	read_log(log_name);
	for (unsigned i = 0; i < FILES; i++)
		if (last[i].tried > last[first].tried)
			first = i;
	for (unsigned group = last[first].tried + 1; count--; group++) {
		const unsigned file = (first + group) % FILES;

		name_of(name, sizeof(name), dir, file);
		say(log, ATTEMPT, file, group);
		if (!chown(name, OWNER, group))
			say(log, DONE, file, group);
		else if (errno == EBUSY)
			say(log, REFUSED, file, group);
		else
			perror(name), _exit(3);
	}
	_exit(0);
}

static int run(int kills, const char *dir, const char *log)
{
	char name[256];

	for (unsigned i = 0; i < FILES; i++) {
		name_of(name, sizeof(name), dir, i);
		close(open(name, O_CREAT | O_WRONLY, 0644));
	}
	srand((unsigned)getpid());
	for (int i = 0; i <= kills; i++) {
		const pid_t child = fork();
		struct stat before, now;
		int status;

		if (!child)
			change(dir, log, i < kills ? 1000000 : FILES);
		if (i < kills) {
			/* It is killed after it has made some changes. */
			stat(log, &before);
			do {
				usleep(1000);
				stat(log, &now);
			} while (now.st_size < before.st_size + (long)sizeof(struct line) * 4 &&
				 !waitpid(child, &status, WNOHANG));
			usleep((unsigned)rand() % 5000);
			kill(child, SIGKILL);
		}
		if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status))
			return 1;
	}
	return 0;
}

static int check(const char *dir, const char *log)
{
	int bad = 0;

	read_log(log);
	for (unsigned i = 0; i < FILES; i++) {
		char name[256];
		struct stat st;

		name_of(name, sizeof(name), dir, i);
		if (stat(name, &st)) {
			perror(name);
			bad++;
		} else if (last[i].done && (st.st_uid != OWNER || st.st_gid < last[i].done ||
						   st.st_gid > last[i].tried)) {
			if (bad++ < 10)
				printf("%s: acknowledged %u, tried %u, shows %u:%u\n", name,
					last[i].done, last[i].tried, st.st_uid, st.st_gid);
		}
	}
	printf("%lu changes, %lu refused, %d lost\n", done_count, refused_count, bad);
	return bad || !done_count;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "kill"))
		return run(atoi(argv[2]), argv[3], argv[4]);
	if (argc == 4 && !strcmp(argv[1], "check"))
		return check(argv[2], argv[3]);
	return 2;
}
