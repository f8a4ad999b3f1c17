/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * user.c - who the first program is: --userspec and --groups, read as chroot(8) of the GNU
 * coreutils reads them.
 *
 *   USER   USER:   USER:GROUP   :GROUP      each a name or a number; +NUMBER is not looked for
 * among the names, and USER: is USER
 *
 * Names are those of the jail's /etc/passwd and /etc/group. Without --groups the user's
 * supplementary groups are those that /etc/group lists. */
#include "launch/launch.h"

#include "identity/hook_id.h"
#include "own/own.h"
#include "call/call.h"
#include "command/command.h"
#include "cred/ids.h"
#include "launch/loader.h"
#include "sys/sys.h"

#define FAILED 125
#define LINE_MAX 65536u /* a group may have many members */
#define FIELDS 7

struct file {
	int fd;
	size_t begin, end; /* what is read and not used yet */
	char text[LINE_MAX];
	char *field[FIELDS];
};

static struct file file FJ_BULKY;

_Noreturn static void refuse(const char *what, const char *word, const char *where)
{
	fj_say(2, "fakejail: invalid %s '%s'%s%s%s\n", what, word, where ? ": not in " : "",
		where ? fj_options.name : "", where ? where : "");
	for (;;)
		fj_sys1(__NR_exit_group, FAILED);
}

static void open_file(struct fj_thread *t, const char *jail_path)
{
	struct fj_call call = {.nr = __NR_openat,
		.arg = {(uint64_t)AT_FDCWD, (uint64_t)jail_path, O_RDONLY | O_CLOEXEC},
		.thread = t};

	file.fd = (int)fj_call(&call);
	file.begin = file.end = 0;
}

static void close_file(void)
{
	if (file.fd >= 0)
		fj_close(file.fd);
}

/* The next line, cut into its fields at the colons. False: there is none. */
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
			file.end = 0; /* not a line of such a file */

		const long n =
			fj_sys3(__NR_read, file.fd, file.text + file.end, LINE_MAX - file.end);

		if (n > 0) {
			file.end += (size_t)n;
		} else {
			close_file();
			file.fd = -1;
			if (file.end && file.end < LINE_MAX)
				file.text[file.end++] = '\n'; /* the last line may lack its own */
		}
	}
}

/* strtol(3) takes a number with blanks before it. */
static const char *skip_blanks(const char *word)
{
	while (*word == ' ' || (*word >= '\t' && *word <= '\r'))
		word++;
	return word;
}

/* A number in base 10 that is an id: not -1, and not wrapped round. */
static bool parse_id(const char *word, uint32_t *id)
{
	uint64_t value = 0;

	word = skip_blanks(word);
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

struct user {
	bool is_known; /* it has a line */
	uint32_t uid, gid;
	char name[128];
};

/* Of the line that was found last: directory and shell, "" when it has none. */
static char found_home[FJ_PATH_MAX] FJ_BULKY, found_shell[FJ_PATH_MAX] FJ_BULKY;

static void keep(char *out, const char *text)
{
	struct fj_str s;

	fj_str_init(&s, out, FJ_PATH_MAX);
	fj_str_put(&s, text);
}

/* The line of the user called `name`, or when that is NULL of `uid`. */
static bool find_user(struct fj_thread *t, const char *name, uint32_t uid, struct user *user)
{
	uint32_t id, gid;
	bool found = false;

	open_file(t, "/etc/passwd");
	while (!found && next_line()) {
		if (!parse_id(file.field[2], &id) || !parse_id(file.field[3], &gid))
			continue;
		found = name ? fj_streq(file.field[0], name) : id == uid;
		if (found) {
			struct fj_str s;

			*user = (struct user){.is_known = true, .uid = id, .gid = gid};
			fj_str_init(&s, user->name, sizeof(user->name));
			fj_str_put(&s, file.field[0]);
			keep(found_home, file.field[5]);
			keep(found_shell, file.field[6]);
		}
	}
	close_file();
	return found;
}

bool fj_user_is_named(struct fj_thread *t, const char *name)
{
	static struct user user FJ_BULKY;

	return find_user(t, name, 0, &user);
}

struct fj_login fj_user_login(struct fj_thread *t)
{
	static struct user user FJ_BULKY;

	if (!find_user(t, NULL, fj_ids()->ruid, &user))
		return (struct fj_login){NULL, "", ""};
	return (struct fj_login){user.name, found_home, found_shell};
}

static bool find_group(struct fj_thread *t, const char *name, uint32_t *gid)
{
	bool found = false;

	open_file(t, "/etc/group");
	while (!found && next_line())
		found = fj_streq(file.field[0], name) && parse_id(file.field[2], gid);
	close_file();
	return found;
}

/* Is `name` in the list with commas? */
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

static uint32_t chosen[FJ_GROUPS_MAX] FJ_BULKY;
static uint32_t chosen_count;

static void choose_group(uint32_t gid)
{
	for (uint32_t i = 0; i < chosen_count; i++)
		if (chosen[i] == gid)
			return;
	if (chosen_count < FJ_GROUPS_MAX)
		chosen[chosen_count++] = gid;
}

/* getgrouplist(3) */
static void choose_groups_of(struct fj_thread *t, const char *name, uint32_t gid)
{
	uint32_t id;

	choose_group(gid);
	open_file(t, "/etc/group");
	while (next_line())
		if (parse_id(file.field[2], &id) && is_listed(file.field[3], name))
			choose_group(id);
	close_file();
}

/* Cut `text` at the first `at`; returns what follows, or NULL. The piece before is copied to
 * `piece`. */
static const char *cut(const char *text, char at, char *piece, size_t size)
{
	size_t n = 0;
	struct fj_str s;

	while (text[n] && text[n] != at)
		n++;
	fj_str_init(&s, piece, size);
	fj_str_add(&s, text, n);
	return text[n] ? text + n + 1 : NULL;
}

static void choose_listed(struct fj_thread *t, const char *groups)
{
	char word[256];
	const char *rest = groups;

	while (rest) {
		uint32_t gid, named;
		const char *name;
		bool is_number;

		rest = cut(rest, ',', word, sizeof(word));
		if (!*word)
			continue;
		is_number = parse_id(word, &gid);
		name = is_number ? skip_blanks(word) : word;
		if (*name != '+' && find_group(t, name, &named))
			gid = named;
		else if (!is_number)
			refuse("group", word, "/etc/group");
		choose_group(gid);
	}
	if (!chosen_count)
		refuse("group list", groups, NULL);
}

/* Read SPEC. What it does not say stays FJ_NO_ID. A colon at its end says nothing: chroot(8). */
static void parse_spec(struct fj_thread *t, const char *spec, struct user *user)
{
	char word[256];
	const char *group = cut(spec, ':', word, sizeof(word));

	*user = (struct user){.uid = FJ_NO_ID, .gid = FJ_NO_ID};
	if (*word) {
		struct user found;

		if (*word != '+' && find_user(t, word, 0, &found)) {
			*user = found;
			user->gid = FJ_NO_ID;
		} else if (!parse_id(word, &user->uid)) {
			refuse("user", word, "/etc/passwd");
		}
	}
	if (group && *group && (*group == '+' || !find_group(t, group, &user->gid)) &&
		!parse_id(group, &user->gid))
		refuse("group", group, "/etc/group");
}

static void become(const struct fj_ids *next, long r)
{
	if (r < 0)
		refuse("identity", "", NULL);
	fj_id_become(NULL, next);
}

void fj_user_choose(struct fj_thread *t, const char *spec, const char *groups)
{
	static struct user found FJ_BULKY;
	struct user user = {.uid = FJ_NO_ID, .gid = FJ_NO_ID};
	struct fj_ids next = *fj_ids();

	if (spec)
		parse_spec(t, spec, &user);
	if (user.uid != FJ_NO_ID && (!groups || user.gid == FJ_NO_ID)) {
		if (find_user(t, NULL, user.uid, &found)) {
			user.is_known = true;
			memcpy(user.name, found.name, sizeof(found.name));
			if (user.gid == FJ_NO_ID)
				user.gid = found.gid;
		} else if (user.gid == FJ_NO_ID) {
			refuse("user and group", spec,
				NULL); /* a number without a line has no group */
		}
	}
	if (groups && *groups)
		choose_listed(t, groups);
	else if (!groups && user.gid != FJ_NO_ID && user.is_known)
		choose_groups_of(t, user.name, user.gid);

	if (user.uid != FJ_NO_ID || groups)
		become(&next, fj_ids_set_groups(&next, chosen, chosen_count));
	if (user.gid != FJ_NO_ID)
		become(&next, fj_ids_setgid(&next, user.gid));
	/* (Of all of a jail's programs: none that is in another's.) */
	if (user.uid != FJ_NO_ID && user.uid == fj_own_real_uid() && !fj_is_inside())
		fj_ids_be_himself();
	if (user.uid != FJ_NO_ID)
		become(&next, fj_ids_setuid(&next, user.uid));
}
