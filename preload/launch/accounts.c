/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * accounts.c - reads /etc/passwd and /etc/group line by line: the jail's, or those of the user who typed
 * the command. Called by user.c, and through loader.h by environment.c. */
#include "launch/accounts.h"

#include "bytes/bytes.h"
#include "bytes/equal.h"
#include "bytes/format.h"
#include "bytes/len.h"
#include "call/call.h"
#include "cred/ids.h"
#include "dispatch/dispatch.h"
#include "launch/launch.h"
#include "launch/loader.h"
#include "sys/hot.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_io.h"

#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/limits.h>

#define LINE_MAX 65536u /* a group may have many members */
#define FIELDS 7

struct file {
	int fd;
	size_t begin, end; /* what was read and is not yet used */
	char text[LINE_MAX];
	char *field[FIELDS];
};

static struct file file FJ_BULKY;
bool fj_accounts_of_caller;

static void open_file(struct fj_thread *t, const char *jail_path)
{
	struct fj_call call = {.nr = __NR_openat,
		.arg = {(uint64_t)AT_FDCWD, (uint64_t)jail_path, O_RDONLY | O_CLOEXEC},
		.thread = t};

	file.fd = (int)(fj_accounts_of_caller ? fj_caller_open(t, jail_path) : fj_call(&call));
	file.begin = file.end = 0;
}

static void close_file(void)
{
	if (file.fd >= 0)
		fj_sys_close(file.fd);
}

/* Read the next line, and split it at the colons. False: there is none. */
static bool next_line(void)
{
	for (;;) {
		for (size_t i = file.begin; i < file.end; i++) {
			char *p = file.text + file.begin;

			if (file.text[i] != '\n')
				continue;
			file.text[i] = 0;
			file.begin = i + 1;
			for (int f = 0; f < FIELDS; f++) {
				file.field[f] = p;
				while (*p && *p != ':')
					p++;
				if (*p && f < FIELDS - 1)
					*p++ = 0;
			}
			return true;
		}
		if (file.fd < 0)
			return false;
		memmove(file.text, file.text + file.begin, file.end - file.begin);
		file.end -= file.begin;
		file.begin = 0;
		if (file.end == LINE_MAX)
			file.end = 0; /* too long for such a file: ignore it */

		const long n = fj_sys_read(file.fd, file.text + file.end, LINE_MAX - file.end);

		if (n > 0) {
			file.end += (size_t)n;
		} else {
			close_file();
			file.fd = -1;
			if (file.end && file.end < LINE_MAX)
				file.text[file.end++] =
					'\n'; /* the last line may lack its newline */
		}
	}
}

/* Skip blanks: strtol(3) accepts them before a number. */
const char *fj_skip_blanks(const char *word)
{
	while (*word == ' ' || (*word >= '\t' && *word <= '\r'))
		word++;
	return word;
}

/* Read a decimal id. False: it is no number, or -1, or too large. */
bool fj_account_id(const char *word, uint32_t *id)
{
	uint64_t value = 0;

	word = fj_skip_blanks(word);
	if (*word == '+')
		word++;
	if (!*word)
		return false;
	for (; *word; word++) {
		if (*word < '0' || *word > '9')
			return false;
		value = value * 10 + (uint64_t)(*word - '0');
		if (value >= FJ_NO_ID)
			return false;
	}
	*id = (uint32_t)value;
	return true;
}

/* Home directory and shell of the line that was found last; "" if it has none. */
static char found_home[PATH_MAX] FJ_BULKY, found_shell[PATH_MAX] FJ_BULKY;

static void keep_text(char *out, const char *text)
{
	fj_format(out, PATH_MAX, "%s", text);
}

/* Find the line of the user `name`, or of `uid` if `name` is NULL. */
bool fj_account_user(struct fj_thread *t, const char *name, uint32_t uid, struct fj_account *user)
{
	uint32_t id, gid;
	bool found = false;

	open_file(t, "/etc/passwd");
	while (!found && next_line()) {
		if (!fj_account_id(file.field[2], &id) || !fj_account_id(file.field[3], &gid))
			continue;
		found = name ? fj_streq(file.field[0], name) : id == uid;
		if (found) {
			*user = (struct fj_account){.is_known = true, .uid = id, .gid = gid};
			fj_format(user->name, sizeof(user->name), "%s", file.field[0]);
			keep_text(found_home, file.field[5]);
			keep_text(found_shell, file.field[6]);
		}
	}
	close_file();
	return found;
}

bool fj_user_is_named(struct fj_thread *t, const char *name)
{
	static struct fj_account user FJ_BULKY;

	return fj_account_user(t, name, 0, &user);
}

struct fj_login fj_user_login(struct fj_thread *t)
{
	static struct fj_account user FJ_BULKY;

	if (!fj_account_user(t, NULL, fj_ids()->ruid, &user))
		return (struct fj_login){NULL, "", ""};
	return (struct fj_login){user.name, found_home, found_shell};
}

bool fj_account_group(struct fj_thread *t, const char *name, uint32_t *gid)
{
	bool found = false;

	open_file(t, "/etc/group");
	while (!found && next_line())
		found = fj_streq(file.field[0], name) && fj_account_id(file.field[2], gid);
	close_file();
	return found;
}

/* Is `name` in the comma-separated list? */
static bool is_listed(const char *list, const char *name)
{
	const size_t len = fj_strlen(name);

	while (*list) {
		size_t n = 0;

		while (list[n] && list[n] != ',')
			n++;
		if (n == len && !memcmp(list, name, n))
			return true;
		list += n + (list[n] == ',');
	}
	return false;
}

void fj_account_groups(struct fj_thread *t, const char *name, void (*found)(uint32_t gid))
{
	uint32_t id;

	open_file(t, "/etc/group");
	while (next_line())
		if (fj_account_id(file.field[2], &id) && is_listed(file.field[3], name))
			found(id);
	close_file();
}
