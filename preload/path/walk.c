/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * walk.c - from a jail path to the host's place for the same file, one component at a time.
 *
 * The kernel would resolve symlinks and `..` against the host's root, so we resolve them against
 * the jail's. Every step starts from a descriptor of the directory reached so far, never from text:
 * a directory that is renamed while we walk may give the old or the new place, as with the kernel,
 * but never one outside the jail. Beside the descriptor goes the position, which says what is
 * mounted here and where `..` leads; for a walk that starts at a descriptor it is asked of the
 * kernel only when a component needs it.
 *
 * Why `..` cannot escape: it is answered by the position while that is known (and stops at the
 * root), else only after the directory was compared with the root. */
#include "path/path.h"
#include "path/proc.h"

#include <asm/stat.h>
#include <linux/openat2.h>
#include <linux/resource.h>

#define REST_SIZE (2 * FJ_PATH_MAX) /* a symlink's text and what follows it */

long (*fj_path_may_search)(struct fj_thread *t, int dirfd);

struct walk {
	struct fj_thread *t;
	const struct fj_root *root;
	int fd;	      /* directory reached */
	int owned_fd; /* fd when it must be closed, else -1 */
	bool knows_pos;
	bool is_detached; /* the kernel could not say where we are: asked once */
	struct fj_str pos;
	unsigned how, links;
	char *rest; /* what is still to be walked, in `buffer` of REST_SIZE */
	char *buffer;
	bool can_leap; /* no leap failed since the last symlink */
	/* The fact to be kept when the directory that the caller's text names is reached; NULL:
	 * none. A way that led through procfs differs from process to process and makes none. */
	const char *fact_key;
	size_t fact_key_len;
	uint64_t epoch;
	bool is_open; /* whoever it is may search all directories so far */
};

long fj_openat2(int dirfd, const char *name, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
	long r;

	if (fj_jail->no_openat2)
		return -ENOSYS;
	do
		r = fj_sys4(__NR_openat2, dirfd, name, &how, sizeof(how));
	while (r == -EAGAIN); /* "..": a rename raced; openat2(2) says to try again */
	if (r == -ENOSYS || (r == -EPERM && dirfd == -1))
		fj_jail->no_openat2 = 1;
	return r;
}

static bool is_dots(const char *name, size_t len)
{
	return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

static void go_to(struct walk *w, int fd, bool is_owned)
{
	if (w->owned_fd >= 0)
		fj_close(w->owned_fd);
	w->fd = fd;
	w->owned_fd = is_owned ? fd : -1;
}

static void go_to_root(struct walk *w)
{
	go_to(w, w->root->fd, false);
	fj_str_cut(&w->pos, 0);
	fj_str_put(&w->pos, w->root->pos);
	w->knows_pos = true;
	w->is_detached = false;
}

static bool learn_pos(struct walk *w)
{
	if (w->knows_pos || w->is_detached)
		return w->knows_pos;
	fj_str_cut(&w->pos, 0);
	w->knows_pos = fj_path_of_dir(w->t, w->fd, &w->pos);
	w->is_detached = !w->knows_pos;
	return w->knows_pos;
}

static void push_pos(struct walk *w, const char *name, size_t len)
{
	if (!w->knows_pos)
		return;
	fj_str_put(&w->pos, "/");
	fj_str_add(&w->pos, name, len);
	if (w->pos.overflowed) { /* deeper than PATH_MAX, by relative steps: go on without */
		w->pos.overflowed = false;
		w->knows_pos = false;
		w->is_detached = true;
	}
}

static size_t parent_len(const struct fj_str *pos)
{
	size_t n = pos->len;

	while (n && pos->at[n - 1] != '/')
		n--;
	return n ? n - 1 : 0;
}

long fj_path_open_pos(struct fj_thread *t, const char *pos, int flags)
{
	const uint32_t mark = fj_scratch_mark(t);
	struct fj_mount_found m;
	struct fj_str host;
	long r;

	if (!fj_mount_of(pos, &m, NULL)) {
		r = fj_open_path(FJ_FD_ROOT(fj_jail), pos[0] ? pos + 1 : ".", flags);
	} else {
		fj_str_init(&host, fj_scratch(t, REST_SIZE), REST_SIZE);
		fj_path_host(pos, &host);
		r = fj_open_path(AT_FDCWD, host.at, flags);
	}
	fj_scratch_release(t, mark);
	return r;
}

/* Without a position only the directory itself can tell whether it is the root. */
static bool is_root_dir(const struct walk *w)
{
	struct stat st;
	const char *self = w->fd == AT_FDCWD ? "." : "";

	if (fj_sys4(__NR_newfstatat, w->fd, self, &st, AT_EMPTY_PATH))
		return false;
	return (st.st_ino == w->root->ino && st.st_dev == w->root->dev) ||
	       (st.st_ino == fj_jail->root_ino && st.st_dev == fj_jail->root_dev);
}

static long go_up(struct walk *w)
{
	long fd;

	if (learn_pos(w)) {
		if (w->pos.len == 0 ||
			(w->pos.len == w->root->len && fj_streq(w->pos.at, w->root->pos)))
			return 0;

		struct fj_mount_found m;
		const bool at_mount = fj_mount_at(w->pos.at, &m, NULL);

		if (at_mount) {
			fj_str_cut(&w->pos, parent_len(&w->pos));
			fd = fj_path_open_pos(w->t, w->pos.at, O_DIRECTORY);
		} else {
			fd = fj_open_path(w->fd, "..", O_DIRECTORY);
			fj_str_cut(&w->pos, parent_len(&w->pos));
		}
	} else {
		if (is_root_dir(w))
			return 0;
		fd = fj_open_path(w->fd, "..", O_DIRECTORY);
	}
	if (fj_is_err(fd))
		return fd;
	go_to(w, (int)fd, true);
	return 0;
}

/* Put a symlink's text before what is still to be walked. */
static long follow_text(struct walk *w, const char *text, size_t len, const char *rest)
{
	const size_t rest_len = fj_strlen(rest);

	if (!len)
		return -ENOENT;
	if (len + 1 + rest_len >= REST_SIZE)
		return -ENAMETOOLONG;
	memmove(w->buffer + len + 1, rest, rest_len + 1);
	memcpy(w->buffer, text, len);
	/* An empty rest means that the link itself was last: no slash then, which would demand a
	 * directory. */
	w->buffer[len] = rest_len ? '/' : 0;
	w->rest = w->buffer;
	w->can_leap = true;
	if (text[0] == '/')
		go_to_root(w);
	return 0;
}

static bool is_pathlike_or_object(const char *text)
{
	if (text[0] == '/')
		return true;
	for (; *text; text++)
		if (text[0] == ':')
			return true;
	return false;
}

enum link_kind { NOT_A_LINK, TEXT_LINK, MAGIC_LINK };

/* What is `name` in the directory reached? Text goes to `text` of FJ_PATH_MAX bytes. */
static long read_link(struct walk *w, const char *name, char *text, size_t *len)
{
	const long n = fj_sys4(__NR_readlinkat, w->fd, name, text, FJ_PATH_MAX - 1);

	if (n == -EINVAL)
		return NOT_A_LINK;
	if (fj_is_err(n))
		return n;
	if (++w->links > FJ_MAX_LINKS || (w->how & FJ_NO_LINKS))
		return -ELOOP;
	text[n] = 0;
	*len = (size_t)n;
	/* Only procfs has links that lead elsewhere than their text says (proc(5), /proc/PID/fd).
	 */
	if (is_pathlike_or_object(text) && fj_is_procfs(w->fd)) {
		w->fact_key = NULL;
		return w->how & FJ_NO_MAGIC ? -ELOOP : MAGIC_LINK;
	}
	return TEXT_LINK;
}

static long enter_mount(struct walk *w, const char *host)
{
	const long fd = fj_open_path(AT_FDCWD, host, O_DIRECTORY);

	if (fj_is_err(fd))
		return fd;
	go_to(w, (int)fd, true);
	return 0;
}

static bool is_hidden_name(const char *name, size_t len)
{
	return len == sizeof(FJ_HIDDEN_NAME) - 1 && !memcmp(name, FJ_HIDDEN_NAME, len);
}

/* The jail's own directory in its root is not there. */
static bool is_hidden(struct walk *w, const char *name, size_t len)
{
	return is_hidden_name(name, len) && learn_pos(w) && !w->pos.len;
}

/* The host path of what is mounted on `name` in the directory reached, in scratch memory; NULL when
 * nothing is. */
static const char *mount_below(struct walk *w, const char *name, size_t len)
{
	struct fj_mount_found m;
	struct fj_str host;
	size_t before;
	bool found;

	if (!fj_mount_may_be_named(name, len) || !learn_pos(w))
		return NULL;
	before = w->pos.len;
	fj_str_put(&w->pos, "/");
	fj_str_add(&w->pos, name, len);
	fj_str_init(&host, fj_scratch_path(w->t), FJ_PATH_MAX);
	found = !w->pos.overflowed && fj_mount_at(w->pos.at, &m, &host);
	w->pos.overflowed = false;
	fj_str_cut(&w->pos, before);
	return !found ? NULL : host.len ? host.at : "/";
}

/* /proc/self and /proc/thread-self are plain symlinks, but not the same for every process. */
static void forget_fact_of_self(struct walk *w, const char *name)
{
	if (fj_streq(name, "self") || fj_streq(name, "thread-self"))
		w->fact_key = NULL;
}

static long step_into_link(struct walk *w, const char *name, size_t len, const char *rest)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	char *text = fj_scratch_path(w->t);
	size_t text_len = 0;
	long r = read_link(w, name, text, &text_len);

	switch (r) {
	case NOT_A_LINK:
		r = -ENOTDIR;
		break;
	case TEXT_LINK:
		forget_fact_of_self(w, name);
		r = follow_text(w, text, text_len, *rest ? rest : ".");
		break;
	case MAGIC_LINK:
		w->rest = (char *)rest;
		if (fj_proc_named(name, len) == FJ_PROC_OUR_FD) {
			r = -ENOENT;
			break;
		}
		if (fj_streq(name, "root")) {
			go_to_root(w);
			r = 0;
			break;
		}
		r = fj_open_path(w->fd, name, O_DIRECTORY);
		if (!fj_is_err(r)) {
			go_to(w, (int)r, true);
			w->knows_pos = w->is_detached = false;
			r = 0;
		}
		break;
	}
	fj_scratch_release(w->t, mark);
	return r;
}

/* Step into directory `name` (NUL terminated); `rest` is what follows, without slash before it. */
static long step_into(struct walk *w, const char *name, size_t len, char *rest)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	const char *m = mount_below(w, name, len);
	long r;

	fj_facts_saw_name(name, len);
	if (m) {
		r = enter_mount(w, m);
		fj_scratch_release(w->t, mark);
	} else {
		fj_scratch_release(w->t, mark);
		r = fj_open_path(w->fd, name, O_NOFOLLOW | O_DIRECTORY);
		if (r == -ENOTDIR || r == -ELOOP)
			return step_into_link(w, name, len, rest);
		if (!fj_is_err(r))
			go_to(w, (int)r, true);
	}
	if (fj_is_err(r))
		return r;
	push_pos(w, name, len);
	w->rest = rest;
	return 0;
}

/* Many steps in one call: all directories of `rest` but the last component, when no symlink, mount
 * or `..` is among them. Returns 1 when taken, 0 when it must go step by step, or an errno that the
 * steps would meet too. */
static long leap(struct walk *w)
{
	char *last = NULL, *c = w->rest;
	long fd;

	if (!w->can_leap || fj_jail->no_openat2 || w->t->asks_search)
		return 0;
	w->can_leap = false;
	for (char *start = c; *c; start = c) {
		while (*c && *c != '/')
			c++;

		const size_t len = (size_t)(c - start);

		if (*c != '/')
			break;
		if (!len || is_dots(start, len) || len > FJ_NAME_MAX ||
			fj_mount_may_be_named(start, len) || is_hidden_name(start, len))
			return 0; /* step by step knows better */
		fj_facts_saw_name(start, len);
		last = c;
		while (*c == '/')
			c++;
		if (!*c)
			return 0; /* a trailing slash belongs to the last component */
	}
	if (!last)
		return 0;
	*last = 0;
	fd = fj_openat2(w->fd, w->rest, O_PATH | O_CLOEXEC | O_DIRECTORY, 0,
		RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
	if (fj_is_err(fd)) {
		*last = '/';
		/* ENOTDIR: perhaps the last one is a symlink to a directory. */
		return fd == -ENOENT || fd == -EACCES ? fd : 0;
	}
	go_to(w, (int)fd, true);
	for (char *name = w->rest, *end; *name; name = end) {
		while (*name == '/')
			name++;
		for (end = name; *end && *end != '/'; end++)
			;
		push_pos(w, name, (size_t)(end - name));
	}
	for (w->rest = last + 1; *w->rest == '/'; w->rest++)
		;
	return 1;
}

/* The directory that the caller's text names is reached: remember it. */
static void keep_fact(struct walk *w)
{
	const char *key = w->fact_key;
	struct fj_mount_found m;
	struct fj_str value;
	bool is_mounted;

	w->fact_key = NULL; /* what a final symlink leads to is another directory */
	if (!key || !w->knows_pos || !w->epoch)
		return;

	const uint32_t mark = fj_scratch_mark(w->t);

	fj_str_init(&value, fj_scratch_path(w->t), FJ_PATH_MAX);
	is_mounted = fj_mount_of(w->pos.at, &m, &value);
	if (is_mounted && fj_streq(value.at, "/proc"))
		goto out;
	fj_str_cut(&value, 0);
	if (is_mounted)
		fj_path_host(w->pos.at, &value);
	else if (w->pos.len > w->root->len)
		fj_str_put(&value, w->pos.at + w->root->len + 1);
	if (!value.overflowed && (is_mounted || fj_path_has_prefix(w->pos.at, w->root->pos)))
		fj_facts_add(w->root, key, w->fact_key_len, value.at,
			(is_mounted ? FJ_FACT_HOST : 0) | (w->is_open ? FJ_FACT_OPEN : 0),
			w->epoch);
out:
	fj_scratch_release(w->t, mark);
}

/* Is this an entry of procfs behind which the host would show? A descriptor of ours is none at all:
 * -ENOENT. */
static long note_proc(struct walk *w, const char *name, size_t len, struct fj_place *place)
{
	const enum fj_proc is = fj_proc_named(name, len);

	if (is == FJ_PROC_PLAIN || !fj_is_procfs(w->fd))
		return 0;
	place->proc = (uint8_t)is;
	return is == FJ_PROC_OUR_FD ? -ENOENT : 0;
}

/* The last component. `end` is where its trailing slashes begin (or the NUL). Returns 0 with the
 * place filled, 1 when a symlink was followed and the walk goes on, or -errno. */
static long finish(struct walk *w, char *name, char *end, unsigned how, struct fj_place *place)
{
	const bool has_slash = *end == '/';
	const size_t len = (size_t)(end - name);
	const char *m = mount_below(w, name, len);
	size_t text_len = 0;
	long r = NOT_A_LINK;

	keep_fact(w);
	if (has_slash && (how & FJ_CREATE))
		return -EISDIR; /* before a symlink is followed: open_last_lookups() of fs/namei.c
				 */
	place->dirfd = w->fd;
	place->name = name;
	if (!m && note_proc(w, name, len, place))
		return -ENOENT;
	if (m) {
		place->is_mount = true;
		if (!(how & FJ_ENTRY)) {
			place->dirfd = AT_FDCWD;
			place->name = m;
			if (has_slash) { /* of a file: ENOTDIR */
				struct fj_str slashed;

				fj_str_init(&slashed, fj_scratch_path(w->t), FJ_PATH_MAX + 8);
				fj_str_put(&slashed, m);
				fj_str_put(&slashed, "/");
				place->name = slashed.at;
			}
		}
	} else if (!(how & FJ_ENTRY) && ((how & FJ_FOLLOW) || has_slash)) {
		const uint32_t mark = fj_scratch_mark(w->t);
		char *text = fj_scratch_path(w->t);

		*end = 0;
		r = read_link(w, name, text, &text_len);
		if (has_slash)
			*end = '/';
		if (r == TEXT_LINK) {
			r = follow_text(w, text, text_len, has_slash ? "." : "");
			fj_scratch_release(w->t, mark);
			return r < 0 ? r : 1;
		}
		fj_scratch_release(w->t, mark);
		if (r < 0 && r != -ENOENT)
			return r;
		if (r == MAGIC_LINK) {
			if (len == 4 && !memcmp(name, "root", 4)) {
				go_to_root(w);
				place->dirfd = w->fd;
				place->name = ".";
			} else {
				place->is_magic = true;
				place->is_exe = len == 3 && !memcmp(name, "exe", 3);
			}
		}
	}
	if (how & (FJ_WANT_POS | FJ_WRITE))
		learn_pos(w);
	if (r != MAGIC_LINK)
		push_pos(w, name, len);
	return 0;
}

/* One component. Returns 0 when the place is filled, 1 when there is more, or -errno. */
static long walk_component(struct walk *w, unsigned how, struct fj_place *place)
{
	char *name = w->rest, *end, *next;
	long r = 0;

	if (w->t->asks_search && *name) {
		r = fj_path_may_search(w->t, w->fd);
		if (r < 0)
			return r;
		w->is_open = w->is_open && r;
	}
	for (end = name; *end && *end != '/'; end++)
		;
	for (next = end; *next == '/'; next++)
		;

	const size_t len = (size_t)(end - name);
	const bool is_last = !*next;

	if (len > FJ_NAME_MAX)
		return -ENAMETOOLONG;
	if (is_hidden(w, name, len))
		return -ENOENT;
	if (is_last && (how & FJ_ENTRY) && (!len || is_dots(name, len))) {
		/* The kernel refuses each such entry with an errno of the call's own, whatever it
		 * leads to. */
		place->dirfd = w->fd;
		place->name = len ? name : "/";
		return 0;
	}
	if (is_last && (!len || is_dots(name, len))) {
		if (len == 2 && (r = go_up(w)) < 0)
			return r;
		place->dirfd = w->fd;
		place->name = ".";
		if (how & (FJ_WANT_POS | FJ_WRITE))
			learn_pos(w);
		return 0;
	}
	if (is_last)
		return finish(w, name, end, how, place);
	*end = 0;
	if (!is_dots(name, len)) {
		r = step_into(w, name, len, next);
	} else {
		if (len == 2)
			r = go_up(w);
		w->rest = next;
	}
	return r < 0 ? r : 1;
}

static long walk_all(struct walk *w, unsigned how, struct fj_place *place)
{
	long r;

	do {
		while (*w->rest == '/')
			w->rest++;
		r = leap(w);
		if (!fj_is_err(r))
			r = walk_component(w, how, place);
	} while (r == 1);
	return r;
}

static size_t dir_len(const char *path)
{
	size_t last = 0;

	for (size_t i = 0; path[i]; i++)
		if (path[i] == '/')
			last = i;
	return last;
}

/* A fact's key that begins with the working directory hangs on the names above it too. They are
 * marked like those that a walk meets, before they are asked for: so ask again when a mark was new.
 */
static bool learn_marked_pos(struct walk *w)
{
	bool is_new = false;

	if (!learn_pos(w))
		return false;
	for (const char *name = w->pos.at, *end; *name; name = end) {
		for (end = ++name; *end && *end != '/'; end++)
			;
		is_new = fj_facts_saw_name(name, (size_t)(end - name)) || is_new;
	}
	if (!is_new)
		return true;

	const uint64_t before = fj_hash(w->pos.at, w->pos.len, FJ_HASH_SEED);

	w->knows_pos = false;
	return learn_pos(w) && fj_hash(w->pos.at, w->pos.len, FJ_HASH_SEED) == before;
}

/* Are the working directory, whose path is the first `len` bytes of `key`, and all above it open to
 * everybody? */
static bool is_cwd_open(struct walk *w, const char *key, size_t len)
{
	const uint32_t mark = fj_scratch_mark(w->t);
	const size_t key_len = len > 1 ? len - 1 : 0; /* without the slash that follows */
	struct fj_str path, value;
	struct fj_place place;
	unsigned flags = 0;

	fj_str_init(&path, fj_scratch(w->t, REST_SIZE), REST_SIZE);
	fj_str_init(&value, fj_scratch(w->t, REST_SIZE), REST_SIZE);
	if (key_len && !(fj_facts_find(w->root, key, key_len, &value, &flags, w->epoch) &&
			       (flags & FJ_FACT_OPEN))) {
		/* By its absolute path: that keeps the fact. The name matters not. */
		fj_str_add(&path, key, key_len);
		fj_str_put(&path, "/+");
		if (!fj_path_walk(w->t, AT_FDCWD, path.at, FJ_ENTRY, &place))
			fj_place_done(&place);
		fj_str_cut(&value, 0);
		flags = 0;
		fj_facts_find(w->root, key, key_len, &value, &flags, w->epoch);
	}
	fj_scratch_release(w->t, mark);
	return !key_len ? fj_path_may_search(w->t, w->root->fd) > 0 : flags & FJ_FACT_OPEN;
}

/* Prepare to remember the directory part of the caller's text. */
static void plan_fact(struct walk *w, const char *jail_path)
{
	const size_t len = dir_len(jail_path);
	struct fj_str key;

	w->epoch = fj_facts_epoch();
	if (!w->epoch || !len || !jail_path[len + 1])
		return; /* (behind a trailing slash there is no name: the directory would be the
			   last one's parent) */
	if (jail_path[0] != '/' && (w->fd != AT_FDCWD || !learn_marked_pos(w)))
		return;
	fj_str_init(&key, fj_scratch(w->t, REST_SIZE), REST_SIZE);
	if (jail_path[0] != '/') {
		if (!fj_path_seen(w->pos.at, &key))
			return;
		if (key.len > 1)
			fj_str_put(&key, "/");
	}
	fj_str_add(&key, jail_path, len);
	if (key.len >= FJ_FACT_TEXT)
		return;
	w->fact_key = key.at;
	w->fact_key_len = key.len;
	w->is_open =
		w->t->asks_search && (jail_path[0] == '/' || is_cwd_open(w, key.at, key.len - len));
}

/* A mount point as an entry lies in the mount around it. */
static bool is_read_only(struct walk *w, unsigned how)
{
	bool is;

	if (!(how & FJ_ENTRY))
		return fj_mount_is_read_only(w->pos.at);

	const size_t above = parent_len(&w->pos);
	const char kept = w->pos.at[above];

	w->pos.at[above] = 0;
	is = fj_mount_is_read_only(w->pos.at);
	w->pos.at[above] = kept;
	return is;
}

long fj_path_walk(
	struct fj_thread *t, int dirfd, const char *jail_path, unsigned how, struct fj_place *place)
{
	struct walk w = {
		.t = t,
		.how = how,
		.root = fj_root(),
		.fd = dirfd,
		.owned_fd = -1,
		.buffer = fj_scratch(t, REST_SIZE),
		.can_leap = true,
	};
	long r;

	*place = (struct fj_place){.owned_fd = -1};
	fj_str_init(&w.pos, fj_scratch_path(t), FJ_PATH_MAX);
	if (jail_path[0] == '/')
		go_to_root(&w);
	w.rest = w.buffer;
	memcpy(w.buffer, jail_path, fj_strlen(jail_path) + 1);
	plan_fact(&w, jail_path);

	r = walk_all(&w, how, place);
	if (r < 0) {
		go_to(&w, AT_FDCWD, false);
		return r;
	}
	place->owned_fd = w.owned_fd;
	if (w.knows_pos) {
		place->pos = w.pos.at;
		place->is_read_only =
			(fj_jail->has_read_only || place->is_mount) && is_read_only(&w, how);
	}
	return 0;
}

void fj_place_done(struct fj_place *place)
{
	if (place->owned_fd >= 0)
		fj_close(place->owned_fd);
	place->owned_fd = -1;
}

void fj_place_move_up(struct fj_place *place)
{
	long fd;

	if (place->owned_fd < 0)
		return;
	fd = fj_sys3(__NR_fcntl, place->owned_fd, F_DUPFD_CLOEXEC, FJ_FD_ROOT(fj_jail) - 64);
	if (fd == -EINVAL) { /* a lower RLIMIT_NOFILE */
		struct rlimit64 limit = {0};

		fj_sys4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &limit);
		fd = fj_sys3(__NR_fcntl, place->owned_fd, F_DUPFD_CLOEXEC, limit.rlim_cur - 1);
	}
	if (fj_is_err(fd))
		return;
	fj_close(place->owned_fd);
	place->owned_fd = place->dirfd = (int)fd;
}

bool fj_path_quick(struct fj_thread *t, int dirfd, const char *jail_path, struct fj_place *place,
	uint64_t *epoch)
{
	const size_t len = dir_len(jail_path);
	const char *name = jail_path + len + (jail_path[len] == '/');
	const size_t name_len = fj_strlen(name);
	const struct fj_root *root;
	struct fj_str key, value;
	unsigned flags = 0;

	*epoch = 0;
	*place = (struct fj_place){.dirfd = dirfd, .owned_fd = -1, .name = jail_path};
	if (!name_len || is_dots(name, name_len) || fj_mount_may_be_named(name, name_len) ||
		is_hidden_name(name, name_len) || fj_proc_named(name, name_len) != FJ_PROC_PLAIN)
		return false;
	if (!len && jail_path[0] != '/') /* one name in the caller's own directory */
		return !t->asks_search || fj_path_may_search(t, dirfd) >= 0;

	*epoch = fj_facts_epoch();
	if (!*epoch)
		return false;
	fj_str_init(&value, fj_scratch(t, REST_SIZE), REST_SIZE);
	fj_str_init(&key, value.at, REST_SIZE);
	root = fj_root();
	if (jail_path[0] != '/') {
		char *pos_text = fj_scratch_path(t);
		struct fj_str pos;

		fj_str_init(&pos, pos_text, FJ_PATH_MAX);
		fj_str_init(&key, fj_scratch(t, REST_SIZE), REST_SIZE);
		if (dirfd != AT_FDCWD || !fj_path_of_dir(t, dirfd, &pos) ||
			!fj_path_seen(pos.at, &key))
			return false;
		if (key.len > 1)
			fj_str_put(&key, "/");
		fj_str_add(&key, jail_path, len);
		if (!fj_facts_find(root, key.at, key.len, &value, &flags, *epoch))
			return false;
	} else if (len && !fj_facts_find(root, jail_path, len, &value, &flags, *epoch)) {
		return false;
	}
	if (t->asks_search &&
		!(len ? (flags & FJ_FACT_OPEN) != 0 : fj_path_may_search(t, root->fd) >= 0))
		return false;
	if (value.len)
		fj_str_put(&value, "/");
	fj_str_add(&value, name, name_len);
	place->dirfd = flags & FJ_FACT_HOST ? AT_FDCWD : root->fd;
	place->name = value.at;
	return true;
}

bool fj_path_past_link(struct fj_thread *t, const char *jail_path, const struct fj_place *place,
	uint64_t epoch, char *out)
{
	const uint32_t mark = fj_scratch_mark(t);
	size_t dir = dir_len(jail_path);
	char *text = fj_scratch_path(t);
	bool done = false;
	long n;

	/* Without a fact the directory may be procfs, whose links are more than their text. */
	n = epoch ? fj_sys4(__NR_readlinkat, place->dirfd, place->name, text, FJ_PATH_MAX) : 0;
	if (jail_path[dir] == '/')
		dir++;
	if (n > 0 && text[0] == '/')
		dir = 0;
	if (n > 0 && dir + (size_t)n < FJ_PATH_MAX) {
		if (out != jail_path)
			memcpy(out, jail_path, dir);
		memcpy(out + dir, text, (size_t)n);
		out[dir + (size_t)n] = 0;
		done = true;
	}
	fj_scratch_release(t, mark);
	return done;
}
