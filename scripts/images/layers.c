/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * layers.c - fetches the blobs of an image from a registry, several layers at once, each in a
 * process. This process shows how far they are, and prints the message of the first one that fails.
 * Called by registry.c. */
#include "registry.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#define AT_ONCE 4
#define MESSAGE_MAX 2000

struct worker {
	pid_t pid;
	int out; /* its messages */
	struct coming *job;
	char message[MESSAGE_MAX];
	size_t said;
};

bool registry_get_blob(struct registry *r, const char *to, const char *digest, int64_t size)
{
	char *url = print("/v2/%s/blobs/%s", r->name, digest);
	char *path = blob_path(to, digest), *part = print("%s.part", path),
	     *have = blob_path(store_dir(true), digest);
	bool is_new = true;

	if (!access(path, F_OK) || !link(have, path)) {
		/* A blob that the disk has damaged is fetched again. */
		is_new = !blob_is_good(to, digest, size);
		if (is_new)
			unlink(path);
	}
	if (is_new) {
		http_get_file(r, url, part, digest, size);
		if (rename(part, path))
			fail("cannot write '%s': %s", path, strerror(errno));
	}
	free(url);
	free(path);
	free(part);
	free(have);
	return is_new;
}

/* Runs in a process of its own, which ends with its parent. */
_Noreturn static void work(
	struct registry *r, const char *to, struct coming *job, const int out[2], pid_t parent)
{
	forget_all_trouble();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(TROUBLE);
	dup2(out[1], 2);
	r->arrived = &job->have;
	job->state = registry_get_blob(r, to, job->digest, job->size) ? HAS_COME : WAS_THERE;
	_exit(0);
}

static void start(struct worker *w, struct registry *r, const char *to, struct coming *job)
{
	const pid_t parent = getpid();
	int out[2];

	fflush(NULL);
	job->state = COMING;
	if (pipe2(out, O_CLOEXEC))
		fail("cannot make a pipe: %s", strerror(errno));
	*w = (struct worker){.pid = fork(), .out = out[0], .job = job};
	if (w->pid < 0)
		fail("cannot start another process: %s", strerror(errno));
	if (!w->pid)
		work(r, to, job, out, parent);
	close(out[1]);
}

/* Reads the child's messages. Returns true when it has ended; `good` tells how. */
static bool listen_to(struct worker *w, bool *good)
{
	char piece[512];
	const ssize_t n = read(w->out, piece, sizeof(piece));
	int status = 0;

	if (n < 0 && errno == EINTR)
		return false;
	for (ssize_t i = 0; i < n; i++)
		if (w->said < MESSAGE_MAX - 1)
			w->message[w->said++] = piece[i];
	if (n > 0)
		return false;
	close(w->out);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		w->said = (size_t)snprintf(w->message, MESSAGE_MAX,
			"fakejail: %s: the process that got %s was ended by signal %d\n", verb_name,
			w->job->digest, WTERMSIG(status));
	*good = WIFEXITED(status) && !WEXITSTATUS(status);
	w->pid = 0;
	return true;
}

/* One has failed: ends the others. */
_Noreturn static void end_all(struct worker *workers, const struct worker *failed)
{
	for (unsigned i = 0; i < AT_ONCE; i++)
		if (workers[i].pid > 0)
			kill(workers[i].pid, SIGKILL);
	for (unsigned i = 0; i < AT_ONCE; i++)
		if (workers[i].pid > 0)
			waitpid(workers[i].pid, NULL, 0);
	fwrite(failed->message, 1, failed->said, stderr);
	give_up();
}

static void wait_for_some(struct worker *workers, const struct coming *list, size_t count)
{
	const bool bars = !registry_quiet && progress_has_bars();
	struct pollfd fds[AT_ONCE];

	for (unsigned i = 0; i < AT_ONCE; i++)
		fds[i] = (struct pollfd){
			.fd = workers[i].pid > 0 ? workers[i].out : -1, .events = POLLIN};
	if (poll(fds, AT_ONCE, bars ? 100 : -1) < 0 && errno != EINTR)
		fail("poll: %s", strerror(errno));
	for (unsigned i = 0; i < AT_ONCE; i++) {
		bool good = true;

		if (workers[i].pid <= 0 || !fds[i].revents || !listen_to(&workers[i], &good))
			continue;
		if (bars)
			progress_draw(list, count);
		if (!good)
			end_all(workers, &workers[i]);
		fwrite(workers[i].message, 1, workers[i].said, stderr);
		if (!bars && !registry_quiet)
			progress_line(workers[i].job);
	}
	if (bars)
		progress_draw(list, count);
}

/* Lists each layer once, though an image may have it twice. In memory that all processes share. */
static struct coming *list_layers(const struct image *i, size_t *count)
{
	struct coming *list = mmap(NULL, (i->layers + 1) * sizeof(*list), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	json_t *seen = json_object();

	if (list == MAP_FAILED)
		fail("out of memory");
	for (size_t n = 0; n < i->layers; n++) {
		const json_t *before = json_object_get(seen, i->digests[n]);

		if (before && json_integer_value(before) != i->sizes[n])
			fail("%s: layer %zu has another length than before", i->manifest_digest,
				n + 1);
		if (before)
			continue;
		json_object_set_new(seen, i->digests[n], json_integer(i->sizes[n]));
		list[(*count)++] = (struct coming){.digest = i->digests[n], .size = i->sizes[n]};
	}
	json_decref(seen);
	return list;
}

/* Fails now rather than when the disk is full. */
static void check_room(const struct coming *list, size_t count, const char *to)
{
	struct statvfs fs;
	struct stat st;
	uint64_t wanted = 0, room;

	for (size_t n = 0; n < count; n++) {
		char *have = blob_path(store_dir(true), list[n].digest);

		if (stat(have, &st) || st.st_size != list[n].size)
			wanted += (uint64_t)list[n].size;
		free(have);
	}
	if (statvfs(to, &fs))
		return;
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if (wanted > room)
		fail("the layers are %llu bytes, and '%s' has room for %llu",
			(unsigned long long)wanted, store_dir(true), (unsigned long long)room);
}

void registry_get_layers(struct registry *r, const struct image *i, const char *to)
{
	struct worker workers[AT_ONCE] = {0};
	size_t count = 0, next = 0;
	struct coming *list = list_layers(i, &count);

	check_room(list, count, to);
	for (;;) {
		unsigned running = 0;

		for (unsigned k = 0; k < AT_ONCE; k++) {
			if (workers[k].pid <= 0 && next < count)
				start(&workers[k], r, to, &list[next++]);
			running += workers[k].pid > 0;
		}
		if (!running)
			break;
		wait_for_some(workers, list, count);
	}
	munmap(list, (i->layers + 1) * sizeof(*list));
}
