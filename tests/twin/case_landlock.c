/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_landlock.c - tests programs that restrict their own file access by Landlock, and then go
 * on and execute others.
 */
#include "twin.h"

#define ALL_FILES ((1UL << 13) - 1) /* linux/landlock.h: what the first version handles */
#define EXECUTE 1UL
#define WRITE_FILE 2UL
#define READ_FILE 4UL
#define READ_DIR 8UL

static long new_set(void)
{
	const uint64_t handled = ALL_FILES;

	return SYSCALL(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
}

static long allow(long set, const char *path, uint64_t access)
{
	struct {
		uint64_t access;
		int32_t fd;
	} __attribute__((packed)) rule = {access, open(path, O_PATH | O_CLOEXEC)};
	const long r = SYSCALL(SYS_landlock_add_rule, set, 1, &rule, 0);
	const int error = errno;

	close(rule.fd);
	errno = error;
	return r;
}

static void restrict_to(long set)
{
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	R(SYSCALL(SYS_landlock_restrict_self, set, 0));
	close((int)set);
}

static void try_files(void)
{
	static const char *const names[] = {
		"/t/f", "/etc/passwd", "/proc/self/comm", "/dev/null", "/t/d", "/"};

	for (size_t i = 0; i < COUNT(names); i++) {
		say("%s\n", names[i]);
		close(R(open(names[i], O_RDONLY)));
		close(R(open(names[i], O_WRONLY)));
	}
	R(open("new", O_WRONLY | O_CREAT, 0644) >= 0);
	R(chown("f", 12, 34));
	R(chmod("f", 0600));
	R(mkdir("d2", 0755));
	R(rename("d2", "d3"));
	R(symlink("x", "l"));
}

static void run_again(void)
{
	CHILD("exec")
		R(execve(twin_self, ARGV("x", "@say", "ran"), environ));
}

static int has_landlock(void)
{
	const long set = new_set();

	if (set < 0) {
		say("none: %e\n", errno);
		return 0;
	}
	close((int)set);
	return 1;
}

CASE(landlock_root)
{
	put("f", "x");
	mkdir("d", 0755);
	if (!has_landlock())
		return;
	CHILD("all") {
		long set = new_set();
		R(allow(set, "/", ALL_FILES));
		restrict_to(set);
		try_files();
		run_again();
	}
	tree(".");
}

CASE(landlock_parts)
{
	static const char *const needed[] = {"/bin", "/lib", "/lib64", "/usr"};

	put("f", "x");
	mkdir("d", 0755);
	if (!has_landlock())
		return;
	CHILD("run only") {
		long set = new_set();
		for (size_t i = 0; i < COUNT(needed); i++)
			R(allow(set, needed[i], EXECUTE | READ_FILE | READ_DIR));
		restrict_to(set);
		try_files();
		run_again();
	}
	CHILD("read only") {
		long set = new_set();
		R(allow(set, "/", READ_FILE | READ_DIR));
		restrict_to(set);
		try_files();
	}
	CHILD("nothing") {
		restrict_to(new_set());
		try_files();
		run_again();
	}
	CHILD("twice") {
		long set = new_set();
		R(allow(set, "/", ALL_FILES));
		restrict_to(set);
		set = new_set();
		R(allow(set, "/dev", ALL_FILES));
		for (size_t i = 0; i < COUNT(needed); i++)
			R(allow(set, needed[i], EXECUTE | READ_FILE | READ_DIR));
		restrict_to(set);
		try_files();
		run_again();
	}
	CHILD("a file") {
		long set = new_set();
		R(allow(set, "/t/f", READ_FILE | WRITE_FILE));
		R(allow(set, "/t/f", READ_FILE | READ_DIR));
		R(allow(set, "/proc", READ_FILE));
		restrict_to(set);
		try_files();
	}
}
