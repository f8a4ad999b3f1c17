/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * user.c - the identity of the first program: reads --userspec and --groups as chroot(8) of the GNU
 * coreutils does. Called by launch.c.
 *
 *  USER  USER:  USER:GROUP  :GROUP
 *      each is a name or a number; +NUMBER is not looked up as a name, and USER: is USER;
 *      a dot may stand for the colon, with a warning
 *
 * Names are looked up in the jail's /etc/passwd and /etc/group, then in the caller's. Without --groups the
 * supplementary groups are those that the jail's /etc/group lists for the user. (chroot(8) prefers the
 * caller's login group to the jail's. Then one command line would mean different groups on different hosts,
 * so this code does not.) */
#include "bytes/copy.h"
#include "bytes/format.h"
#include "command/command.h"
#include "cred/ids.h"
#include "cred/ids_change.h"
#include "cred/ids_start.h"
#include "identity/hook_id.h"
#include "launch/accounts.h"
#include "launch/launch.h"
#include "launch/loader.h"
#include "ownership/ownership.h"
#include "sys/hot.h"
#include "sys/say.h"
#include "syscall/unistd_process.h"

#define FAILED 125
/* Why a specification cannot be used. */
struct wrong {
	const char *what, *where; /* `where`: the file; or NULL */
	char word[256];
};

_Noreturn static void refuse_word(const char *what, const char *word, const char *where)
{
	fj_say(2, "fakejail: invalid %s '%s'%s%s%s\n", what, word, where ? ": not in " : "",
		where ? fj_options.name : "", where ? where : "");
	for (;;)
		fj_sys_exit_group(FAILED);
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
	choose_group(gid);
	fj_account_groups(t, name, choose_group);
}

/* Copy the part of `text` before the first `at` to `piece`. Returns the part after it, or NULL. */
static const char *cut_piece(const char *text, char at, char *piece, size_t size)
{
	size_t n = 0;

	while (text[n] && text[n] != at)
		n++;
	if (fj_format(piece, size, "%.*s", (int)n, text) >= size)
		fj_launch_fail("a name or a number of a user or a group is too long", "", 0);
	return text[n] ? text + n + 1 : NULL;
}

static bool is_wrong(struct wrong *wrong, const char *what, const char *word, const char *where)
{
	wrong->what = what;
	wrong->where = where;
	fj_format(wrong->word, sizeof(wrong->word), "%s", word);
	return false;
}

static bool choose_listed(struct fj_thread *t, const char *groups, struct wrong *wrong)
{
	char word[256];
	const char *rest = groups;

	chosen_count = 0;
	while (rest) {
		uint32_t gid, named;
		const char *name;
		bool is_number;

		rest = cut_piece(rest, ',', word, sizeof(word));
		if (!*word)
			continue;
		is_number = fj_account_id(word, &gid);
		name = is_number ? fj_skip_blanks(word) : word;
		if (*name != '+' && fj_account_group(t, name, &named))
			gid = named;
		else if (!is_number)
			return is_wrong(wrong, "group", word, "/etc/group");
		choose_group(gid);
	}
	return chosen_count || is_wrong(wrong, "group list", groups, NULL);
}

/* Read SPEC, with `separator` between its parts. What it does not say stays FJ_NO_ID. */
static bool parse_parts(struct fj_thread *t, const char *spec, char separator,
	struct fj_account *user, struct wrong *wrong)
{
	char word[256];
	const char *group = cut_piece(spec, separator, word, sizeof(word));
	const bool wants_login_group = group && !*group;

	*user = (struct fj_account){.uid = FJ_NO_ID, .gid = FJ_NO_ID};
	if (*word) {
		if (*word != '+' && fj_account_user(t, word, 0, user)) {
			if (!wants_login_group)
				user->gid = FJ_NO_ID;
		} else if (wants_login_group || !fj_account_id(word, &user->uid)) {
			return is_wrong(wrong, "user", word, "/etc/passwd");
		}
	}
	if (group && *group && (*group == '+' || !fj_account_group(t, group, &user->gid)) &&
		!fj_account_id(group, &user->gid))
		return is_wrong(wrong, "group", group, "/etc/group");
	return true;
}

static bool parse_spec(
	struct fj_thread *t, const char *spec, struct fj_account *user, struct wrong *wrong)
{
	static struct wrong with_dot FJ_BULKY;

	if (parse_parts(t, spec, ':', user, wrong))
		return true;
	for (const char *p = spec; *p; p++)
		if (*p == ':')
			return false;
	if (!parse_parts(t, spec, '.', user, &with_dot))
		return false;
	fj_say(2, "fakejail: warning: '.' should be ':'\n");
	return true;
}

/* A colon at the end has no effect: chroot(8). */
static void read_spec(struct fj_thread *t, const char *spec, struct fj_account *user)
{
	static char text[600] FJ_BULKY;
	static struct wrong wrong FJ_BULKY, there FJ_BULKY;
	const size_t len = fj_format(text, sizeof(text), "%s", spec);

	if (len >= sizeof(text))
		fj_launch_fail("a name or a number of a user or a group is too long", "", 0);
	if (len && text[len - 1] == ':')
		text[len - 1] = 0;
	if (parse_spec(t, text, user, &wrong))
		return;
	fj_accounts_of_caller = true;
	if (!parse_spec(t, text, user, &there))
		refuse_word(wrong.what, wrong.word, wrong.where);
	fj_accounts_of_caller = false;
}

static void read_groups(struct fj_thread *t, const char *groups)
{
	static struct wrong wrong FJ_BULKY, there FJ_BULKY;

	if (choose_listed(t, groups, &wrong))
		return;
	fj_accounts_of_caller = true;
	if (!choose_listed(t, groups, &there))
		refuse_word(wrong.what, wrong.word, wrong.where);
	fj_accounts_of_caller = false;
}

/* Find the line of `uid` in the jail's file, or else in the caller's. */
static bool find_somewhere(struct fj_thread *t, uint32_t uid, struct fj_account *user)
{
	bool found = fj_account_user(t, NULL, uid, user);

	if (found)
		return true;
	fj_accounts_of_caller = true;
	found = fj_account_user(t, NULL, uid, user);
	fj_accounts_of_caller = false;
	return found;
}

static void become_ids(const struct fj_ids *next, long r)
{
	if (r < 0)
		refuse_word("identity", "", NULL);
	fj_id_become(NULL, next);
}

void fj_user_choose(struct fj_thread *t, const char *spec, const char *groups)
{
	static struct fj_account found FJ_BULKY;
	struct fj_account user = {.uid = FJ_NO_ID, .gid = FJ_NO_ID};
	struct fj_ids next = *fj_ids();

	if (spec)
		read_spec(t, spec, &user);
	if (user.uid != FJ_NO_ID && (!groups || user.gid == FJ_NO_ID)) {
		if (find_somewhere(t, user.uid, &found)) {
			user.is_known = true;
			memcpy(user.name, found.name, sizeof(found.name));
			if (user.gid == FJ_NO_ID)
				user.gid = found.gid;
		} else if (user.gid == FJ_NO_ID) {
			fj_say(2, "fakejail: no group specified for unknown uid: %d\n",
				(int)user.uid);
			for (;;)
				fj_sys_exit_group(FAILED);
		}
	}
	if (groups && *groups)
		read_groups(t, groups);
	else if (!groups && user.gid != FJ_NO_ID && user.is_known)
		choose_groups_of(t, user.name, user.gid);

	if (user.uid != FJ_NO_ID || groups)
		become_ids(&next, fj_ids_set_groups(&next, chosen, chosen_count));
	if (user.gid != FJ_NO_ID)
		become_ids(&next, fj_ids_setgid(&next, user.gid));
	/* (This is set for all programs of the outermost jail. A jail inside it does not change it.) */
	if (user.uid != FJ_NO_ID && user.uid == fj_owner_real_uid() && !fj_is_inside())
		fj_ids_be_himself();
	if (user.uid != FJ_NO_ID)
		become_ids(&next, fj_ids_setuid(&next, user.uid));
}
