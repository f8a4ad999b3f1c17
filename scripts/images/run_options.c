/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * run_options.c - reads the command line of run, as users of docker type it. Called by run.c. */
#include "run.h"

enum does {
	PASS,
	IGNORE,
	REFUSE,
	ENV,
	ENV_FILE,
	WORKDIR,
	USER,
	ENTRYPOINT,
	VOLUME,
	MOUNT,
	TMPFS,
	PORT,
	NETWORK,
	PLATFORM,
	KEEP,
	STOP,
	MAX,
	TTY
};

static const struct option {
	char letter;
	const char *name;
	bool takes_value;
	enum does does;
	const char *text; /* PASS: the launcher's spelling; REFUSE: what a jail does instead */
} options[] = {
	{'e', "env", true, ENV, NULL},
	{0, "env-file", true, ENV_FILE, NULL},
	{'w', "workdir", true, WORKDIR, NULL},
	{'u', "user", true, USER, NULL},
	{0, "entrypoint", true, ENTRYPOINT, NULL},
	{'v', "volume", true, VOLUME, NULL},
	{'b', "bind", true, VOLUME, NULL},
	{0, "mount", true, MOUNT, NULL},
	{0, "tmpfs", true, TMPFS, NULL},
	{'h', "hostname", true, PASS, "--hostname"},
	{0, "read-only", false, PASS, "--read-only"},
	{0, "no-trap", false, PASS, "--no-trap"},
	{0, "no-preload", false, PASS, "--no-preload"},
	{0, "no-patch", false, PASS, "--no-patch"},
	{0, "verbose", false, PASS, "--verbose"},
	{'q', "quiet", false, PASS, "--quiet"},
	{0, "platform", true, PLATFORM, NULL},
	{0, "keep", true, KEEP, NULL},
	{0, "max-size", true, MAX, NULL},
	{'i', "interactive", false, IGNORE, NULL},
	{'t', "tty", false, TTY, NULL},
	{0, "rm", false, IGNORE, NULL},
	{0, "init", false, IGNORE, NULL},
	{0, "name", true, IGNORE, NULL},
	{'l', "label", true, IGNORE, NULL},
	{0, "pull", true, IGNORE, NULL},
	{0, "log-driver", true, IGNORE, NULL},
	{0, "shm-size", true, IGNORE, NULL},
	{0, "security-opt", true, IGNORE, NULL},
	{0, "cap-drop", true, IGNORE, NULL},
	{0, "sig-proxy", true, IGNORE, NULL},
	{0, "stop-signal", true, STOP, NULL},
	{0, "stop-timeout", true, IGNORE, NULL},
	{'p', "publish", true, PORT, NULL},
	{0, "expose", true, IGNORE, NULL},
	{'P', "publish-all", false, IGNORE, NULL},
	{0, "network", true, NETWORK, NULL},
	{0, "net", true, NETWORK, NULL},
	{'d', "detach", false, REFUSE,
		"a jail runs in the foreground: put it into the background with &"},
	{'m', "memory", true, REFUSE, "a jail has the caller's limits: set them with ulimit -v"},
	{0, "cpus", true, REFUSE, "a jail has the caller's limits: see taskset(1) and nice(1)"},
	{0, "cap-add", true, REFUSE,
		"a jail's root has the caller's real privileges, which are not added to"},
	{0, "privileged", false, REFUSE,
		"a jail's root has the caller's real privileges, which are not added to"},
	{0, "device", true, REFUSE, "a jail sees the host's /dev with the caller's rights"},
	{0, "restart", true, REFUSE, "a jail ends when its command does"},
	{0, "dns", true, REFUSE, "a jail uses the host's /etc/resolv.conf"},
	{0, "add-host", true, REFUSE, "a jail has the image's /etc/hosts: show it another with -v"},
	{0, "volumes-from", true, REFUSE,
		"a jail keeps nothing: show directories of the host with -v"},
	{0, "pid", true, REFUSE, "a jail sees the host's processes"},
};

static void add_variable(struct run *r, const char *text)
{
	if (!*text || *text == '=')
		fail("option '--env' names no variable");
	if (strchr(text, '='))
		add_word(&r->env, text);
	else if (getenv(text))
		add_word(&r->env, print("%s=%s", text, getenv(text)));
}

static void read_variables(struct run *r, const char *path)
{
	size_t size;
	char *text = read_file(path, JSON_MAX, &size), *rest = text, *line;

	if (!text)
		fail("--env-file: cannot read '%s': %s", shown(path), strerror(errno));
	while ((line = strsep(&rest, "\n"))) {
		line += strspn(line, " \t");
		line[strcspn(line, "\r")] = 0;
		if (*line && *line != '#')
			add_variable(r, line);
	}
	free(text);
}

/* HOST:JAIL[:OPTIONS]. A place alone is a volume without a name; in a private copy every place is
 * like that already. */
static void add_volume(struct run *r, const char *text)
{
	char *host = copy_of(text), *jail = strchr(host, ':'), *options_;
	bool is_read_only = false;

	if (!jail) {
		free(host);
		return;
	}
	*jail++ = 0;
	options_ = strchr(jail, ':');
	if (options_)
		*options_++ = 0;
	for (char *o; options_ && (o = strsep(&options_, ","));)
		is_read_only |= !strcmp(o, "ro") || !strcmp(o, "readonly");
	if (!strchr("./~", *host))
		fail("--volume: '%s' is a volume's name, and a jail keeps nothing: give a "
		     "directory of the host",
			shown(host));
	if (access(host, F_OK))
		make_directories(host);
	add_word(&r->pass, print("%s=%s:%s", is_read_only ? "--ro-bind" : "--bind", host, jail));
	free(host);
}

/* type=bind,source=S,target=T[,readonly] or type=tmpfs,target=T */
static void add_mount(struct run *r, const char *text)
{
	char *rest = copy_of(text), *word, *from = NULL, *to = NULL;
	const char *type = "volume";
	bool is_read_only = false;

	while ((word = strsep(&rest, ","))) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = 0;
		if (!strcmp(word, "type") && value)
			type = value;
		else if (!strcmp(word, "source") || !strcmp(word, "src"))
			from = value;
		else if (!strcmp(word, "target") || !strcmp(word, "destination") ||
			 !strcmp(word, "dst"))
			to = value;
		else if (!strcmp(word, "readonly") || !strcmp(word, "ro"))
			is_read_only = !value || strcmp(value, "false") != 0;
	}
	if (!to)
		fail("--mount '%s' names no target", shown(text));
	if (!strcmp(type, "tmpfs")) {
		add_word(&r->pass, print("--tmpfs=%s", to));
		return;
	}
	if (!strcmp(type, "bind") && from && access(from, F_OK))
		fail("--mount: '%s' is not on the host", shown(from));
	if (strcmp(type, "bind") != 0 || !from)
		fail("--mount '%s': a jail has type=bind,source=...,target=... and type=tmpfs",
			shown(text));
	add_word(&r->pass, print("%s=%s:%s", is_read_only ? "--ro-bind" : "--bind", from, to));
}

/* [IP:]HOST:JAIL[/tcp]: the jail uses the host's network, so the same port on both sides needs
 * nothing. */
static void look_at_port(const char *text)
{
	char *word = copy_of(text), *jail, *host;

	word[strcspn(word, "/")] = 0;
	jail = strrchr(word, ':');
	if (!jail)
		return;
	*jail++ = 0;
	host = strrchr(word, ':') ? strrchr(word, ':') + 1 : word;
	if (strcmp(host, jail) != 0)
		fail("--publish %s: the host's network is the jail's, so the program's port %s "
		     "is the host's, too: let it listen where you want it",
			shown(text), shown(jail));
	free(word);
}

static void obey(struct run *r, const struct option *o, const char *value)
{
	switch (o->does) {
	case PASS:
		add_word(&r->pass, value ? print("%s=%s", o->text, value) : o->text);
		break;
	case IGNORE:
		break;
	case REFUSE:
		fail("--%s is not possible: %s", o->name, o->text);
	case ENV:
		add_variable(r, value);
		break;
	case ENV_FILE:
		read_variables(r, value);
		break;
	case WORKDIR:
		r->workdir = value;
		break;
	case USER:
		r->user = value;
		break;
	case ENTRYPOINT:
		r->entrypoint = value;
		break;
	case VOLUME:
		add_volume(r, value);
		break;
	case MOUNT:
		add_mount(r, value);
		break;
	case TMPFS:
		/* Its size and the like are the host's. */
		add_word(&r->pass, print("--tmpfs=%.*s", (int)strcspn(value, ":"), value));
		break;
	case PORT:
		look_at_port(value);
		break;
	case NETWORK:
		if (strcmp(value, "host") != 0)
			fail("--network %s is not possible: the host's network is the jail's",
				shown(value));
		break;
	case PLATFORM:
		platform = operand(value, "--platform");
		break;
	case KEEP:
		r->keep = value;
		break;
	case STOP:
		r->stop = value;
		break;
	case MAX:
		size_limit = size_of(value);
		if (size_limit <= 0)
			fail("--max-size: '%s' is no size", shown(value));
		break;
	case TTY:
		r->terminal = true;
		break;
	}
}

static const struct option *find(char letter, const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (letter ? options[i].letter == letter :
			     strlen(options[i].name) == length &&
					!strncmp(options[i].name, name, length))
			return &options[i];
	if (letter)
		fail("unknown option '-%c'", letter);
	fail("unknown option '--%.*s'", (int)length, name);
}

static const char *value_after(char **argv, int *i, const char *spelled)
{
	if (!argv[*i + 1])
		fail("option '%s' wants a value", spelled);
	return argv[++*i];
}

void run_options(struct run *r, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		char *word = argv[i];

		if (!strcmp(word, "--")) {
			i++;
			break;
		}
		if (word[1] == '-') {
			const size_t n = strcspn(word + 2, "=");
			const struct option *o = find(0, word + 2, n);
			const char *value = word[2 + n] ? word + 3 + n : NULL;

			if (!o->takes_value && value && !strcmp(value, "false"))
				continue;
			if (o->takes_value && !value)
				value = value_after(argv, &i, word);
			obey(r, o, o->takes_value ? value : NULL);
			continue;
		}
		for (const char *at = word + 1; *at; at++) {
			const struct option *o = find(*at, NULL, 0);

			if (!o->takes_value) {
				if (strcmp(at + 1, "=false") != 0)
					obey(r, o, NULL);
				if (at[1] == '=')
					break;
				continue;
			}
			obey(r, o,
				at[1] == '=' ? at + 2 :
				at[1]	     ? at + 1 :
					       value_after(argv, &i, word));
			break;
		}
	}
	if (i >= argc)
		fail("which image?");
	r->image = operand(argv[i++], "IMAGE");
	for (; i < argc; i++)
		add_word(&r->command, argv[i]);
}
