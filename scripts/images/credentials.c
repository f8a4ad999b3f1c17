/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * credentials.c - who the user is at a registry, by the files that docker, podman and skopeo write
 * and the helpers that they name. For registry.c. */
#include "registry.h"

#include <sys/wait.h>

/* base64 of "user:password". */
static void take_auth(struct registry *r, const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *plain = get(strlen(text) + 4), *to = plain, *colon;
	uint32_t bits = 0;
	unsigned have = 0;

	for (; *text && *text != '='; text++) {
		const char *d = strchr(digits, *text);

		if (!d)
			return;
		bits = bits << 6 | (uint32_t)(d - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			*to++ = (char)(bits >> have);
		}
	}
	colon = strchr(plain, ':');
	if (!colon)
		return;
	*colon = 0;
	r->user = plain;
	r->password = colon + 1;
}

/* docker-credential-HELPER get, with the host on its standard input. */
static void ask_helper(struct registry *r, const char *helper, const char *host)
{
	int in[2], out[2], status;
	char text[8192];
	size_t have = 0;
	ssize_t n;
	pid_t child;
	json_t *j;

	if (strchr(helper, '/') || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return;
	child = fork();
	if (!child) {
		char *program = print("docker-credential-%s", helper);

		dup2(in[0], 0);
		dup2(out[1], 1);
		execlp(program, program, "get", (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	write_all(in[1], host, strlen(host));
	close(in[1]);
	while (have < sizeof(text) && (n = read(out[0], text + have, sizeof(text) - have)) > 0)
		have += (size_t)n;
	close(out[0]);
	if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status) ||
		WEXITSTATUS(status))
		return;
	j = json_loadb(text, have, 0, NULL);
	if (json_text(j, "Username") && json_text(j, "Secret")) {
		r->user = copy_of(json_text(j, "Username"));
		r->password = copy_of(json_text(j, "Secret"));
	}
	json_decref(j);
}

static void look_in(struct registry *r, const char *path)
{
	const char *host = strcmp(r->host, "docker.io") ? r->host : "https://index.docker.io/v1/",
		   *helper;
	const json_t *entry;
	json_t *j;

	if (r->user || access(path, R_OK))
		return;
	j = json_of_file(path, path);
	helper = json_text(json_object_get(j, "credHelpers"), r->host);
	if (!helper)
		helper = json_text(j, "credsStore");
	entry = json_object_get(json_object_get(j, "auths"), host);
	if (!entry)
		entry = json_object_get(json_object_get(j, "auths"), r->host);
	if (json_text(entry, "auth") && *json_text(entry, "auth"))
		take_auth(r, json_text(entry, "auth"));
	else if (helper)
		ask_helper(r, helper, host);
	json_decref(j);
}

void registry_credentials(struct registry *r)
{
	const char *where = getenv("REGISTRY_AUTH_FILE"), *docker = getenv("DOCKER_CONFIG"),
		   *home = getenv("HOME");
	char *path;

	if (where && *where)
		look_in(r, where);
	path = docker && *docker ? print("%s/config.json", docker) :
				   print("%s/.docker/config.json", home ? home : "");
	look_in(r, path);
	free(path);
	if (getenv("XDG_RUNTIME_DIR")) {
		path = print("%s/containers/auth.json", getenv("XDG_RUNTIME_DIR"));
		look_in(r, path);
		free(path);
	}
}
