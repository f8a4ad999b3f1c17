/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * run.c - the verb run: makes a command line of the launcher with --rm from an image's tree, which
 * is unpacked once, and its configuration. Called by main.c. */
#include "run.h"

void add_word(struct words *w, const char *word)
{
	w->at = grow(w->at, (w->count + 2) * sizeof(*w->at));
	w->at[w->count++] = copy_of(word);
	w->at[w->count] = NULL;
}

/* The tree of the image, made when it does not exist. It appears only when it is complete. */
static char *tree_of(const struct image *i, const char *layout)
{
	char chain[DIGEST_MAX], *tree, *dir, *root;
	int lock;

	image_chain(i, chain);
	tree = print("%s/trees/%s", store_dir(true), chain + 7);
	if (!access(tree, F_OK))
		return tree;
	dir = store_temporary("tmp");
	root = print("%s/root", dir);
	make_directories(root);
	if (unpack_image(i, layout, root)) {
		store_discard(dir);
		exit(TROUBLE);
	}
	lock = store_lock();
	if (access(tree, F_OK) && rename(root, tree))
		fail("cannot write '%s': %s", tree, strerror(errno));
	close(lock);
	store_discard(dir);
	free(root);
	return tree;
}

static char *find_stored(const char *name)
{
	char *digest, *other;
	const char *tag = strrchr(name, ':');

	digest = layout_find(store_dir(true), name);
	if (digest)
		return digest;
	other = tag && !strcmp(tag, ":latest") ? print("%.*s", (int)(tag - name), name) :
						 print("%s:latest", name);
	digest = layout_find(store_dir(true), other);
	free(other);
	return digest;
}

/* An archive that is run is kept under a name that says which file it was, so that it is read
 * once. */
static char *archive_digest(const char *path, enum source kind, const char *inside)
{
	char *name, *digest, *to;
	struct stat st;

	if (stat(path, &st))
		fail("cannot read '%s': %s", shown(path), strerror(errno));
	name = print("file/%llx-%llx-%llx.%lx:%s", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino, (unsigned long long)st.st_ctim.tv_sec,
		st.st_ctim.tv_nsec, *inside ? inside : "latest");
	digest = layout_find(store_dir(true), name);
	if (!digest) {
		struct image *i;

		to = store_temporary("tmp");
		i = pull_file(path, kind, inside, to);
		store_publish(i, to, name);
		digest = copy_of(i->manifest_digest);
		store_discard(to);
	}
	free(name);
	return digest;
}

static void add_strings(struct words *to, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text)
			fail("the image's configuration has a command that is none");
		add_word(to, text);
	}
}

static bool has_variable(const struct words *env, const char *name)
{
	const size_t n = strlen(name);

	for (size_t i = 0; i < env->count; i++)
		if (!strncmp(env->at[i], name, n) && env->at[i][n] == '=')
			return true;
	return false;
}

static void add_environment(struct words *out, const struct run *r, const json_t *config,
	const char *tree, const char *user)
{
	struct words env = {0};

	add_strings(&env, json_object_get(config, "Env"));
	if (!has_variable(&env, "PATH"))
		add_word(&env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	if (!has_variable(&env, "HOME"))
		add_word(&env, print("HOME=%s", account_home(tree, user)));
	if (!has_variable(&env, "TERM") && getenv("TERM") && (r->terminal || isatty(0)))
		add_word(&env, print("TERM=%s", getenv("TERM")));
	for (size_t i = 0; i < r->env.count; i++)
		add_word(&env, r->env.at[i]);
	add_word(out, "--clearenv");
	for (size_t i = 0; i < env.count; i++)
		if (strchr(env.at[i], '=') && env.at[i][0] != '=')
			add_word(out, print("--env=%s", env.at[i]));
}

/* Variables for the parent of the private copy, which is a process of this tool behind the
 * launcher. */
static void tell_parent(const struct run *r, const json_t *config)
{
	const char *stop = r->stop ? r->stop : json_text(config, "StopSignal"), *name;
	const char *dir = r->workdir ? r->workdir : json_text(config, "WorkingDir");
	json_t *volumes = json_object_get(config, "Volumes"), *value;
	char *dirs = copy_of(dir && config ? dir : "");

	if (stop && *stop) {
		if (!signal_number(stop))
			fail("the stop signal '%s' is no signal", shown(stop));
		setenv("FAKEJAIL_STOP_SIGNAL", print("%d", signal_number(stop)), 1);
	} else {
		unsetenv("FAKEJAIL_STOP_SIGNAL");
	}
	json_object_foreach(volumes, name, value) dirs = print("%s\n%s", dirs, name);
	setenv("FAKEJAIL_IMAGE_DIRECTORIES", dirs, 1);
}

static void add_command(struct words *out, const struct run *r, const json_t *config)
{
	const size_t before = out->count;

	if (r->entrypoint) {
		if (*r->entrypoint)
			add_word(out, r->entrypoint);
	} else {
		add_strings(out, json_object_get(config, "Entrypoint"));
	}
	if (r->command.count)
		for (size_t i = 0; i < r->command.count; i++)
			add_word(out, r->command.at[i]);
	else if (!r->entrypoint)
		add_strings(out, json_object_get(config, "Cmd"));
	if (out->count == before && config)
		fail("the image names no command: say one");
}

int run_main(int argc, char **argv)
{
	const char *launcher = getenv("FAKEJAIL_LAUNCHER");
	struct run r = {0};
	struct words out = {0};
	const json_t *config = NULL;
	const char *user;
	char *path, *inside, *tree;
	enum source kind = SOURCE_NONE;

	run_options(&r, argc, argv);
	if (!launcher)
		fail("it is started by the launcher: fakejail run");
	/* A stored image is preferred to a file of its name, which can be written with a slash. */
	path = !strchr(r.image, '/') && store_dir(false) && find_stored(r.image) ?
		       NULL :
		       source_path(r.image, &kind, &inside);
	if (kind == SOURCE_DIRECTORY) {
		tree = path;
	} else {
		const char *layout;
		char *digest;
		struct image *i;

		layout = store_dir(true);
		digest = path ? archive_digest(path, kind, inside) : find_stored(r.image);
		if (!digest)
			fail("there is no image '%s'\nhint: fakejail pull %s", shown(r.image),
				shown(r.image));
		i = image_load(layout, digest);
		config = json_object_get(i->config, "config");
		if (!config)
			config = json_object();
		tree = tree_of(i, layout);
	}
	user = r.user ? r.user : json_text(config, "User");
	add_word(&out, launcher);
	add_word(&out, r.keep ? print("--keep=%s", r.keep) : "--rm");
	if (config)
		add_environment(&out, &r, config, tree, user);
	else
		for (size_t i = 0; i < r.env.count; i++)
			add_word(&out, print("--env=%s", r.env.at[i]));
	if (r.workdir || json_text(config, "WorkingDir"))
		add_word(&out, print("--chdir=%s",
				       r.workdir ? r.workdir : json_text(config, "WorkingDir")));
	else
		add_word(&out, "--chdir=/");
	account_words(&out, tree, user);
	for (size_t i = 0; i < r.pass.count; i++)
		add_word(&out, r.pass.at[i]);
	add_word(&out, "--");
	add_word(&out, tree);
	add_command(&out, &r, config);
	tell_parent(&r, config);
	discard_all();
	execv(launcher, out.at);
	fail("cannot start '%s': %s", shown(launcher), strerror(errno));
}
