/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * main.c - does, in order, what the launcher (fakejail.in) does from its line "in order" on, for
 * the usual command lines. */
#include "front.h"
#include "bytes/equal.h"
#include "bytes/len.h"
#include "bytes/str.h"
#include "sys/gate_code.h"
#include "syscall/mman.h"
#include "syscall/resource.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_process.h"

#include <linux/auxvec.h>
#include <linux/limits.h>

extern const char front_gate[]; /* start.S */

#define FAILED 125 /* chroot(8) */

_Noreturn void front_main(uint64_t *base);

const void *fj_calls_gate = front_gate;
struct front front;

static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static char **room_for_words(unsigned long words)
{
	static char *few[256];
	long at;

	if (words <= sizeof(few) / sizeof(few[0]))
		return few;
	at = fj_sys_mmap(0, words * sizeof(char *), 3 /* PROT_READ | PROT_WRITE */,
		0x22 /* MAP_PRIVATE | MAP_ANONYMOUS */, -1, 0);
	return fj_is_err(at) ? NULL : (char **)at;
}

static void say(const char *text)
{
	fj_sys_write(2, text, fj_strlen(text));
}

/* A script cannot be told the name by which it was called, so a variable tells it. The buffer is
 * static: the usual memory may be used up. */
_Noreturn void front_give_up(void)
{
	static char command[PATH_MAX + 32], script[PATH_MAX];
	struct fj_str s;
	char **envp = room_for_words((unsigned long)front.envc + 2);
	long n = 0;

	fj_str_init(&s, command, sizeof(command));
	fj_str_put(&s, "FAKEJAIL_COMMAND=");
	fj_str_put(&s, front.self);
	for (long i = 0; envp && i < front.envc; i++)
		if (!fj_begins(front.envp[i], "FAKEJAIL_COMMAND="))
			envp[n++] = front.envp[i];
	fj_str_init(&s, script, sizeof(script));
	fj_str_put(&s, front.own ? front.own : front_places.libexec);
	fj_str_put(&s, "/fakejail-sh");
	if (envp) {
		envp[n++] = command;
		envp[n] = NULL;
		front.argv[0] = (char *)front.self;
		fj_sys_execve(script, front.argv, envp);
	}
	say("fakejail: its own launcher '");
	say(script);
	say("' cannot be run: is fakejail installed completely?\n");
	for (;;)
		fj_sys_exit_group(FAILED);
}

/* In a set-id program nothing in the environment may be trusted. A script never is one. */
static void be_who_called(const uint64_t *auxv)
{
	bool is_secure = false;

	for (; auxv[0] != AT_NULL; auxv += 2) {
		if (auxv[0] == AT_SECURE)
			is_secure = auxv[1];
		if (auxv[0] == AT_EXECFN)
			front.self = (const char *)auxv[1];
	}
	if (is_secure) {
		const long gid = fj_sys_getgid(), uid = fj_sys_getuid();

		if (fj_sys_setresgid(gid, gid, gid) || fj_sys_setresuid(uid, uid, uid))
			fj_sys_exit_group(FAILED);
	}
	if (!front.self)
		front.self = "fakejail";
}

static void read_stack(uint64_t *base)
{
	front.argc = (long)base[0];
	front.argv = (char **)(base + 1);
	front.envp = front.argv + front.argc + 1;
	while (front.envp[front.envc])
		front.envc++;
	be_who_called((const uint64_t *)(front.envp + front.envc + 1));
	if (!front.argc) /* before Linux 5.18 */
		fj_sys_exit_group(FAILED);
}

/* Is it a verb, or `help`? As fj_is_verb. */
static bool is_for_launcher(const char *word)
{
	static const char verbs[][8] = {"add", "doctor", "images", "owners", "pack", "pull", "rmi",
		"run", "unpack", "help"};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (fj_streq(word, verbs[i]))
			return true;
	return false;
}

static void add_doors(const char *preload)
{
	const struct front_options *o = &front_options;

	if (o->no_trap && (o->no_preload || o->no_patch))
		front_give_up();
	if (!o->no_preload && (o->no_trap || o->no_patch || front_is_there(preload))) {
		front_add("-p");
		front_add(preload);
	}
	if (!o->no_trap && !o->no_preload && !o->no_patch)
		return;
	front_add("-x");
	front_add(o->no_preload ? "preload" : o->no_patch ? "patch" : "trap");
}

static void add_bind(const char *path, const char *mode)
{
	front_add("-b");
	front_add(path);
	front_add(path);
	front_add(mode);
}

static void add_default_mounts(const char *root)
{
	static const char *const directories[] = {"/dev", "/proc", "/sys"};
	static const char *const files[] = {"/etc/resolv.conf", "/etc/hosts"};

	for (int i = 0; i < 3; i++)
		if (!front_mounted_on(directories[i]))
			add_bind(directories[i], "rw?");
	for (int i = 0; i < 2; i++)
		if (front_wants_host_file(root, files[i]))
			add_bind(files[i], "ro?");
}

static void add_directory(const char *root, bool is_host)
{
	const char *inside, *chdir = front_options.chdir;

	if (front_options.skips_chdir) {
		if (!is_host)
			front_give_up();
		front_add("-s");
		return;
	}
	inside = front_inside(root);
	if (chdir && *chdir == '/')
		inside = chdir;
	else if (chdir)
		inside = front_below(inside ? inside : "", chdir);
	if (inside) {
		front_add("-w");
		front_add(inside);
	}
}

static void choose_path(const char *root)
{
	static char assignment[sizeof(default_path) + 8];
	struct fj_str s;

	if (front_options.path_is_chosen ||
		(front_options.path_is_callers &&
			front_path_is_usable(root, front_variable_or_empty("PATH"))))
		return;
	fj_str_init(&s, assignment, sizeof(assignment));
	fj_str_put(&s, "PATH=");
	fj_str_put(&s, default_path);
	front_environment_set(assignment);
}

/* The root that was typed, found as fj_find_root finds it. */
static const char *find_root(const char *rootfs, bool *is_host)
{
	const char *root;

	if (!*rootfs)
		front_give_up();
	root = front_absolute(rootfs);
	if (!front_is_directory(root) || !front_may_run(root))
		front_give_up();
	*is_host = front_is_same(root, "/");
	if (!*is_host && !front_mount_count && !front_has_entries(root, ".fakejail", true))
		front_give_up();
	return root;
}

/* --rm: the root becomes an overlay, with a private directory of the store as its upper layer. */
static void add_overlay(void)
{
	const char *store = front_store();

	if (fj_begins(store, "/.local/"))
		front_give_up();
	front_add("-E");
	front_add(front_absolute(store));
	front_add(front_sibling("fakejail-images"));
	front_add("");
}

/* Without a COMMAND it is a shell: the caller's, if the jail has that. */
static void choose_shell(const char *root, const char *command[3])
{
	const char *shell = front_variable_or_empty("SHELL");

	command[0] = *shell == '/' && front_resolves(root, shell) ? shell : "/bin/sh";
	command[1] = "-i";
	command[2] = NULL;
}

static char **put(char **at, const char *word)
{
	*at = (char *)word;
	return at + 1;
}

static char **put_all(char **at, uint32_t from, uint32_t to)
{
	for (; from < to; from++)
		at = put(at, front_options.word[from]);
	return at;
}

struct start {
	const char *loader, *root, *rootfs;
	char **command;
	uint32_t given, ours; /* how many words were typed, and how many there are with ours */
};

/* The loader has 6 MiB of memory of its own, and half a MiB of text. If a limit does not allow
 * that, the kernel kills the process, and nobody could say why. */
static void refuse_little_memory(void)
{
	static const struct {
		uint64_t limit, least;
		const char *message;
	} wanted[] = {
		{9 /* RLIMIT_AS */, 8 << 20, "fakejail: too little memory: raise `ulimit -v`\n"},
		{2 /* RLIMIT_DATA */, 7 << 20, "fakejail: too little memory: raise `ulimit -d`\n"},
	};
	uint64_t now[2]; /* struct rlimit64 */

	for (int i = 0; i < 2; i++)
		if (!fj_sys_prlimit64(0, wanted[i].limit, 0, now) && now[0] < wanted[i].least) {
			say(wanted[i].message);
			for (;;)
				fj_sys_exit_group(FAILED);
		}
}

_Noreturn static void become_loader(const struct start *s)
{
	char **argv, **at;
	long n = 0;

	while (s->command[n])
		n++;
	argv = room_for_words((unsigned long)n + front_options.count + 16);
	if (!argv)
		front_give_up();
	at = put(put(argv, s->loader), "start");
	at = put(put(at, "-r"), s->root);
	at = put(put(at, "-N"), s->rootfs);
	/* Mounts that everybody wants come first, so that the caller's mounts may cover them. */
	at = put_all(at, s->given, s->ours);
	at = put_all(at, 0, s->given);
	at = put_all(at, s->ours, front_options.count);
	at = put(at, "--");
	for (long i = 0; i <= n; i++)
		at = put(at, s->command[i]);
	refuse_little_memory();
	fj_sys_execve(s->loader, argv, front_environment());
	front_give_up();
}

/* Variables for fakejail itself are not passed to COMMAND, unless an option says so. */
static void begin_environment(void)
{
	front_environment_begin();
	front_environment_unset("FAKEJAIL_OPTS");
	front_environment_unset("FAKEJAIL_LIBDIR");
	front_environment_unset("FAKEJAIL_LAUNCHER");
	front_environment_unset("FAKEJAIL_COMMAND");
}

/* Options with which the launcher must always do it. */
static bool is_unusual(void)
{
	return fj_streq(front_last_name(front.self), "proot") ||
	       (front.argc > 1 && is_for_launcher(front.argv[1])) ||
	       *front_variable_or_empty("FAKEJAIL_OPTS");
}

_Noreturn void front_main(uint64_t *base)
{
	struct front_options *o = &front_options;
	const char *preload, *shell[3];
	struct start s;
	bool is_host;

	read_stack(base);
	front_find_home();
	if (is_unusual())
		front_give_up();
	if (front_variable("PWD"))
		front_pwd();
	begin_environment();
	s.command = front_parse(front.argv + 1);
	s.rootfs = o->rootfs;
	if (!s.rootfs) {
		s.rootfs = *s.command;
		if (!s.rootfs || (!o->is_ended && is_for_launcher(s.rootfs)))
			front_give_up();
		s.command++;
	}
	/* The launcher has a message about `mount`. */
	if (*s.command && fj_streq(front_last_name(*s.command), "mount"))
		front_give_up();
	s.root = find_root(s.rootfs, &is_host);
	if ((is_host && o->is_overlay) || *front_variable_or_empty("FAKEJAIL_STOP_SIGNAL") ||
		*front_variable_or_empty("FAKEJAIL_IMAGE_DIRECTORIES"))
		front_give_up();
	if (front_has_left_copies() ||
		(!is_host && !o->has_db && !o->is_overlay && front_may_be_recorded(s.root)))
		front_give_up();
	s.loader = front_loader(&preload);
	s.given = o->count;
	add_doors(preload);
	if (!o->is_bare && !is_host)
		add_default_mounts(s.root);
	s.ours = o->count;
	add_directory(s.root, is_host);
	if (o->is_overlay)
		add_overlay();
	if (o->userspec && *o->userspec) {
		front_add("-u");
		front_add(o->userspec);
	}
	if (o->loud)
		front_add(o->loud == 'q' ? "-q" : "-v");
	if (!*s.command) {
		choose_shell(s.root, shell);
		s.command = (char **)shell;
	}
	choose_path(s.root);
	become_loader(&s);
}
