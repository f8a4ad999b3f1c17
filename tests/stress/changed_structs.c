/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * changed_structs.c - like changed.c, for what else a call reads from the program's memory: addresses of sockets, messages,
 * the environment of an exec, names of attributes, and memory that can be read only now and then. For changed_structs.sh,
 * which runs it in a jail.
 *
 * One thread makes calls. Another thread changes one byte of what they read, or whether a page may be read, all the time. No
 * call may find a file of the host, none may do what the identity forbids that the process pretends to have, and the process
 * must not be killed.
 *
 * argv[1]: how often each call is made. argv[2]: the path of a directory on the host, which has the file "there" and the
 * socket "socket". Prints how many calls did what they must not do.
 * "bind PATH" makes such a socket. "inside" is what the program runs itself as. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PAGE 4096
#define IS_INSIDE 42 /* status of "inside" */
#define USER 1000

static atomic_int is_over;
static char unused_byte;
/* The byte that is changed, and what it is in turn; or a page that may be read in turn. */
static volatile char *_Atomic at = &unused_byte;
static atomic_char value[2];
static atomic_bool hides;
static atomic_uint turns;
static char *memory; /* one page, and one behind it that can never be read */
static char *hidden; /* the page that may be read in turn */

static char host[96];
static struct sockaddr_un address;
static struct msghdr message;
static struct mmsghdr messages[1];
static int sock;
static const char *self;

static void *changes(void *unused)
{
	while (!is_over) {
		*at = value[0];
		*at = value[1];
		if (hides) {
			mprotect(hidden, PAGE, PROT_NONE);
			mprotect(hidden, PAGE, PROT_READ | PROT_WRITE);
		}
		turns++;
	}
	return unused;
}

/* Nothing is changed any more when this returns. */
static void change_nothing(void)
{
	unsigned before;

	at = &unused_byte;
	hides = false;
	before = turns;
	while (turns - before < 2)
		;
}

static void change(void *byte, char one, char other)
{
	value[0] = one;
	value[1] = other;
	at = byte;
}

/* The address of NAME in the host's directory. Its family is changed, and so is no address of a socket of AF_UNIX. */
static void aim(const char *name)
{
	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", host, name);
	change(&address.sun_family, AF_INET, AF_UNIX);
}

/* In the jail no such path exists. */
static int was_found(long r)
{
	return r >= 0 || (errno != ENOENT && errno != EINVAL && errno != EFAULT);
}

static void aims_at_new(void)
{
	aim("bound");
}

static void aims_at_socket(void)
{
	aim("socket");
	message = (struct msghdr){.msg_name = &address, .msg_namelen = sizeof(address)};
	messages[0].msg_hdr = message;
}

static int binds(void)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	const int found = was_found(bind(fd, (struct sockaddr *)&address, sizeof(address)));

	close(fd);
	return found;
}

static int connects(void)
{
	return was_found(connect(sock, (struct sockaddr *)&address, sizeof(address)));
}

static int sends_to(void)
{
	return was_found(sendto(sock, "", 1, 0, (struct sockaddr *)&address, sizeof(address)));
}

static int sends_message(void)
{
	return was_found(sendmsg(sock, &message, 0));
}

static int sends_messages(void)
{
	return was_found(sendmmsg(sock, messages, 1, 0));
}

/* The name's length is what changes. An address of one byte has no family. */
static void aims_by_length(void)
{
	aims_at_socket();
	change_nothing();
	address.sun_family = AF_UNIX;
	change(&message.msg_namelen, 1, sizeof(address));
}

/* The kernel looks only at the lower half of a length. */
static void aims_steadily(void)
{
	aims_at_socket();
	change_nothing();
	address.sun_family = AF_UNIX;
}

static int connects_with_long_length(void)
{
	return was_found(syscall(SYS_connect, sock, &address, 1UL << 32 | sizeof(address)));
}

static int binds_with_long_length(void)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	const int found = was_found(syscall(SYS_bind, fd, &address, 1UL << 32 | sizeof(address)));

	close(fd);
	return found;
}

static int sends_with_long_length(void)
{
	return was_found(
		syscall(SYS_sendto, sock, "", 1, 0, &address, 1UL << 32 | sizeof(address)));
}

static void hides_message(void)
{
	aims_steadily();
	memcpy(hidden, &message, sizeof(message));
	hides = true;
}

static int sends_hidden_message(void)
{
	return was_found(sendmsg(sock, (struct msghdr *)hidden, 0));
}

static void hides_how(void)
{
	const struct open_how how = {.flags = O_RDONLY};

	memcpy(hidden, &how, sizeof(how));
	hides = true;
}

static int opens_hidden(void)
{
	char path[PATH_MAX];
	long fd;

	snprintf(path, sizeof(path), "%s/there", host);
	fd = syscall(SYS_openat2, AT_FDCWD, path, hidden, sizeof(struct open_how));
	if (fd >= 0)
		close((int)fd);
	return fd >= 0;
}

/* The environment ends earlier or later. */
static char *environment[] = {(char *)"A=1", (char *)"B=2", (char *)"C=3", NULL};
static uintptr_t whole;

static void cuts_environment(void)
{
	/* One byte of the pointer decides: it is the pointer, or the pointer is NULL. */
	environment[1] = (char *)mmap((void *)0x7f0000, PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	whole = (uintptr_t)environment[1];
	if (whole != 0x7f0000)
		exit(2);
	/* 0x7f0000: the byte 0x7f is the only one that is not 0. */
	change((char *)&environment[1] + 2, 0, 0x7f);
}

static int executes(void)
{
	char *argv[] = {(char *)"changed", (char *)"inside", NULL};
	int status = 0;
	/* The child has the parent's memory, in which the other thread goes on. */
	const pid_t pid = vfork();

	if (!pid) {
		execve(self, argv, environment);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	return !WIFEXITED(status) || WEXITSTATUS(status) != IS_INSIDE;
}

/* The list of attributes is at the end of what can be read. */
static void lists(void)
{
	if (setxattr("/file", "trusted.x", "y", 1, 0) || setxattr("/file", "user.x", "y", 1, 0))
		exit(2);
	change(memory + PAGE - 1, 'x', '\0');
}

static int lists_attributes(void)
{
	const ssize_t whole_list = listxattr("/file", NULL, 0);

	return whole_list > 0 && listxattr("/file", memory + PAGE - 7, 7) > whole_list;
}

/* ---- by a user who may not do it ---- */

static char name[] = "/a";

static void becomes_user(void)
{
	if (setresgid(USER, USER, USER) || setresuid(USER, USER, USER))
		exit(2);
}

static void may_read_one(void)
{
	change(&name[1], 'a', 'b');
}

static int reads_other(void)
{
	const int fd = open(name, O_RDONLY);
	char first = 0;

	if (fd >= 0 && read(fd, &first, 1) < 1)
		first = 0;
	if (fd >= 0)
		close(fd);
	return first == 'b';
}

static int changes_other(void)
{
	struct stat st;

	return !chmod(name, 0644) && !lstat("/b", &st) && (st.st_mode & 077);
}

static int semaphores;
static struct sembuf operation = {.sem_flg = IPC_NOWAIT};

static void may_wait(void)
{
	change(&operation.sem_op, 0, 1);
}

static int adds(void)
{
	semop(semaphores, &operation, 1);
	return semctl(semaphores, 0, GETVAL) > 0;
}

struct call {
	const char *what;
	void (*prepare)(void);
	int (*make)(void);
};

/* clang-format off */
static const struct call calls[] = {
	{"bind", aims_at_new, binds},
	{"connect", aims_at_socket, connects},
	{"sendto", aims_at_socket, sends_to},
	{"sendmsg", aims_at_socket, sends_message},
	{"sendmmsg", aims_at_socket, sends_messages},
	{"sendmsg, length", aims_by_length, sends_message},
	{"bind, long length", aims_steadily, binds_with_long_length},
	{"connect, long length", aims_steadily, connects_with_long_length},
	{"sendto, long length", aims_steadily, sends_with_long_length},
	{"sendmsg, hidden", hides_message, sends_hidden_message},
	{"openat2, hidden", hides_how, opens_hidden},
	{"listxattr", lists, lists_attributes},
	{"execve", cuts_environment, executes},
	{"open by a user", may_read_one, reads_other},
	{"chmod by a user", may_read_one, changes_other},
	{"semop by a user", may_wait, adds},
};
/* clang-format on */

static int binds_socket(const char *path)
{
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un new = {.sun_family = AF_UNIX};

	snprintf(new.sun_path, sizeof(new.sun_path), "%s", path);
	return fd < 0 || bind(fd, (struct sockaddr *)&new, sizeof(new));
}

static void makes_file(const char *path, uid_t owner, mode_t mode)
{
	const int fd = open(path, O_WRONLY | O_CREAT, 0600);

	if (fd < 0 || write(fd, path + 1, 1) != 1 || fchown(fd, owner, owner) || fchmod(fd, mode))
		exit(2);
	close(fd);
}

int main(int argc, char **argv)
{
	const int rounds = argc > 2 ? atoi(argv[1]) : 0;
	const int kinds = sizeof(calls) / sizeof(*calls);
	pthread_t other;
	int found = 0;

	self = argv[0];
	if (argc > 1 && !strcmp(argv[1], "inside"))
		return IS_INSIDE;
	if (argc > 2 && !strcmp(argv[1], "bind"))
		return binds_socket(argv[2]);
	hidden = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sock = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (rounds < 1 || chdir("/") || memory == MAP_FAILED || hidden == MAP_FAILED || sock < 0)
		return 2;
	mprotect(memory + PAGE, PAGE, PROT_NONE);
	snprintf(host, sizeof(host), "%s", argv[2]);
	makes_file("/a", USER, 0644);
	makes_file("/b", 0, 0600);
	semaphores = semget(IPC_PRIVATE, 1, 0444);
	if (semaphores < 0 || pthread_create(&other, NULL, changes, NULL))
		return 2;
	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 0; i < kinds; i++) {
		int now = 0;

		if (strstr(calls[i].what, "by a user") && getuid() == 0)
			becomes_user();
		change_nothing();
		calls[i].prepare();
		for (int n = 0; n < rounds; n++)
			now += calls[i].make();
		if (now)
			printf("%s: %d\n", calls[i].what, now);
		found += now;
	}
	is_over = 1;
	pthread_join(other, NULL);
	semctl(semaphores, 0, IPC_RMID);
	printf("%d kinds of calls, %d did what they must not\n", kinds, found);
	return 0;
}
