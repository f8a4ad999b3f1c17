/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * credentials.c - finds the user's login at a registry, from the files that docker, podman and
 * skopeo write, and the helpers that these name. Called by registry.c. */
#include "registry.h"

#include <signal.h>
#include <sys/wait.h>

/* base64 of "user:password". */
static bool take_auth(struct registry *r, const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *plain = get(strlen(text) + 4), *to = plain, *colon;
	uint32_t bits = 0;
	unsigned have = 0;

	for (; *text && *text != '='; text++) {
		const char *d = strchr(digits, *text);

		if (!d)
			return false;
		bits = bits << 6 | (uint32_t)(d - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			*to++ = (char)(bits >> have);
		}
	}
	colon = strchr(plain, ':');
	if (!colon)
		return false;
	*colon = 0;
	r->user = plain;
	r->password = colon + 1;
	return true;
}

static void set_user(struct registry *r, const char *user, const char *secret)
{
	/* docker's name for a secret that a token server accepts instead of a password. */
	if (!strcmp(user, "<token>"))
		r->identity = copy_of(secret);
	else
		r->password = copy_of(secret);
	r->user = copy_of(user);
}

static pid_t start_helper(const char *helper, int in[2], int out[2])
{
	pid_t child;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		fail("cannot make a pipe: %s", strerror(errno));
	child = fork();
	if (child < 0)
		fail("cannot start another process: %s", strerror(errno));
	if (!child) {
		char *program = print("docker-credential-%s", helper);

		signal(SIGPIPE, SIG_DFL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execlp(program, program, "get", (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	return child;
}

/* Runs `docker-credential-HELPER get` with the registry on its standard input. */
static void ask_helper(struct registry *r, const char *helper, const char *host)
{
	int in[2], out[2], status;
	char text[16384];
	size_t have = 0;
	ssize_t n;
	pid_t child;
	json_t *j;

	if (strchr(helper, '/'))
		fail("the credential helper '%s' has a '/' in its name", shown(helper));
	child = start_helper(helper, in, out);
	/* A helper may answer without reading its input: errors of the write are ignored. */
	write_all(in[1], host, strlen(host));
	close(in[1]);
	while (have < sizeof(text) && (n = read(out[0], text + have, sizeof(text) - have)) > 0)
		have += (size_t)n;
	close(out[0]);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		warn("there is no docker-credential-%s: going on without a login", shown(helper));
	/* The helper's status is not 0 if it knows no login. */
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return;
	j = json_loadb(text, have, 0, NULL);
	if (json_text(j, "Username") && json_text(j, "Secret"))
		set_user(r, json_text(j, "Username"), json_text(j, "Secret"));
	else
		warn("docker-credential-%s answers what is no login: going on without", helper);
	json_decref(j);
}

/* Does a name in the file match `what`? Names are HOST, HOST/PATH, and docker's older URL. */
static bool is_meant(const char *key, const char *what)
{
	const char *scheme = strstr(key, "://");
	size_t n;

	if (scheme)
		key = scheme + 3;
	n = strlen(key);
	if (scheme)
		while (n && key[n - 1] == '/')
			n--;
	if (scheme && n > 3 && (!strncmp(key + n - 3, "/v1", 3) || !strncmp(key + n - 3, "/v2", 3)))
		n -= 3;
	return strlen(what) == n && !strncmp(key, what, n);
}

/* The entry for the longest part of HOST/NAME that has one. */
static const json_t *find_entry(json_t *list, const struct registry *r)
{
	const bool is_docker = !strcmp(r->host, "docker.io");
	char *what = print("%s/%s", r->host, r->name), *end;
	const json_t *found = NULL;
	const char *key;
	json_t *entry;

	do {
		json_object_foreach(list, key, entry)
		{
			if (is_meant(key, what))
				found = entry;
		}
		end = strrchr(what, '/');
		if (end)
			*end = 0;
	} while (!found && end);
	if (!found && is_docker)
		found = json_object_get(list, "https://index.docker.io/v1/");
	free(what);
	return found;
}

static bool take_entry(struct registry *r, const json_t *entry)
{
	const char *identity = json_text(entry, "identitytoken"), *auth = json_text(entry, "auth"),
		   *token = json_text(entry, "registrytoken"), *user = json_text(entry, "username"),
		   *password = json_text(entry, "password");

	if (token && *token && !strpbrk(token, "\r\n"))
		r->token = copy_of(token);
	if (identity && *identity)
		set_user(r, "<token>", identity);
	else if (auth && *auth) {
		if (!take_auth(r, auth))
			warn("the login for '%s' in the configuration is no base64 of "
			     "USER:PASSWORD",
				r->host);
	} else if (user && *user && password) {
		set_user(r, user, password);
	}
	return r->user || r->token;
}

static void look_in(struct registry *r, const char *path)
{
	const char *host = strcmp(r->host, "docker.io") ? r->host : "https://index.docker.io/v1/",
		   *helper;
	json_t *j;

	if (r->user || r->token || access(path, F_OK))
		return;
	j = json_of_file(path, path);
	helper = json_text(json_object_get(j, "credHelpers"), r->host);
	if (!helper && !take_entry(r, find_entry(json_object_get(j, "auths"), r)))
		helper = json_text(j, "credsStore");
	if (helper && *helper)
		ask_helper(r, helper, host);
	json_decref(j);
}

void registry_credentials(struct registry *r)
{
	const char *where = getenv("REGISTRY_AUTH_FILE"), *docker = getenv("DOCKER_CONFIG"),
		   *home = getenv("HOME");
	char *path;

	if (where && *where) {
		if (access(where, R_OK))
			fail("$REGISTRY_AUTH_FILE: '%s': %s", shown(where), strerror(errno));
		look_in(r, where);
	}
	path = docker && *docker ? print("%s/config.json", docker) :
				   print("%s/.docker/config.json", home ? home : "");
	look_in(r, path);
	free(path);
	if (getenv("XDG_RUNTIME_DIR")) {
		path = print("%s/containers/auth.json", getenv("XDG_RUNTIME_DIR"));
		look_in(r, path);
		free(path);
	}
	/* Podman's place without XDG_RUNTIME_DIR. */
	path = print("%s/.config/containers/auth.json", home ? home : "");
	look_in(r, path);
	free(path);
}
