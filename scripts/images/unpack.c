/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unpack.c - the verb unpack: makes a directory with owners from an image, or from the archive of a
 * root file system. Called by main.c, and by run.c for images. */
#include "images.h"

/* Starts apply.c in a jail with the records of `root`. Returns its exit status. */
static int apply(const char *root, int64_t max, size_t count, char **layers)
{
	char **words = get((count + 4) * sizeof(*words)), *records = records_of_new(root);
	int status;

	words[0] = copy_of(".apply");
	words[1] = copy_of(root);
	words[2] = print("%lld", (long long)max);
	memcpy(words + 3, layers, count * sizeof(*words));
	status = run_jailed(records, words);
	free(records);
	return status;
}

static int open_layer(const char *path)
{
	const int fd = open(path, O_RDONLY);

	if (fd < 0)
		fail("cannot read '%s': %s", shown(path), strerror(errno));
	return fd;
}

int unpack_image(const struct image *i, const char *layout, const char *root)
{
	char **layers = get((i->layers + 1) * sizeof(*layers));
	int *fds = get((i->layers + 1) * sizeof(*fds)), status;

	if (!i->layers) {
		char *own = print("%s/.fakejail", root);

		make_directories(own);
		return 0;
	}
	for (size_t n = 0; n < i->layers; n++) {
		char *path = blob_path(layout, i->digests[n]);

		fds[n] = open_layer(path);
		layers[n] = print("%d=%s=%s", fds[n], i->diff_ids[n], i->digests[n]);
		free(path);
	}
	status = apply(root, room_for(i->size), i->layers, layers);
	for (size_t n = 0; n < i->layers; n++)
		close(fds[n]);
	return status;
}

int unpack_tree(const char *path, const char *name, const char *root)
{
	const int fd = open_layer(path);
	char *layer = print("%d==%s", fd, name);
	struct stat st;
	int status;

	if (fstat(fd, &st))
		fail("cannot read '%s': %s", shown(path), strerror(errno));
	status = apply(root, room_for(st.st_size), 1, &layer);
	close(fd);
	free(layer);
	return status;
}

/* The directory that was asked for. If unpacking fails, it is removed if it is new, else
 * emptied. */
static struct {
	char *path, *dir;
	bool is_new;
} target;

static void undo(void *unused)
{
	(void)unused;
	if (target.is_new)
		remove_tree(target.path);
	else
		empty_directory(target.path);
}

static void prepare_target(const char *path)
{
	struct stat st;

	if (!*path)
		fail("the ROOTFS is an empty word");
	target.is_new = !mkdir(path, 0777);
	if (!target.is_new && errno != EEXIST)
		fail("cannot make the directory '%s': %s", shown(path), strerror(errno));
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		fail("'%s' is not a directory", shown(path));
	if (!is_empty_directory(path))
		fail("'%s' is not empty", shown(path));
	target.path = realpath(path, NULL);
	if (!target.path)
		fail("'%s': %s", shown(path), strerror(errno));
	on_trouble(undo, NULL);
	target.dir = store_begin_target(target.path, target.is_new);
}

static int unpack_from(const char *what, const char *root)
{
	char *name, *path, *digest, *layout = NULL;
	enum source kind;
	int status;

	path = source_path(what, &kind, &name);
	if (!path) {
		if (!store_dir(false) || !(digest = layout_find(store_dir(false), what)))
			fail("there is no file and no stored image '%s'", shown(what));
		prepare_target(root);
		layout = copy_of(store_dir(false));
		status = unpack_image(image_load(layout, digest), layout, target.path);
		return status;
	}
	prepare_target(root);
	switch (kind) {
	case SOURCE_TREE:
		return unpack_tree(path, what, target.path);
	case SOURCE_ARCHIVE:
		layout = store_temporary("tmp");
		stage_archive(path, layout);
		break;
	case SOURCE_LAYOUT:
		layout = path;
		break;
	default:
		fail("'%s' is a directory, and no OCI layout", shown(what));
	}
	digest = layout_find(layout, name);
	if (!digest)
		fail("there is no image '%s' in '%s'", shown(name), shown(what));
	struct image *i = image_load(layout, digest);

	/* stage_archive() has computed the digests of an archive's blobs. */
	for (size_t n = 0; n < i->layers; n++)
		if (kind == SOURCE_LAYOUT)
			blob_check(layout, i->digests[n], i->sizes[n]);
		else
			blob_check_length(layout, i->digests[n], i->sizes[n]);
	status = unpack_image(i, layout, target.path);
	if (kind == SOURCE_ARCHIVE)
		store_discard(layout);
	return status;
}

int unpack_main(int argc, char **argv)
{
	const char *words[2];
	int count = 0, status;

	for (int i = 1; i < argc; i++) {
		const char *value;

		if ((value = option_value(argv, &i, "--max-size"))) {
			size_limit = size_of(value);
			if (size_limit <= 0)
				fail("--max-size: '%s' is no size", shown(value));
		} else if ((value = option_value(argv, &i, "--platform"))) {
			platform = operand(value, "--platform");
		} else if (argv[i][0] == '-' && argv[i][1]) {
			fail("unknown option '%s'", shown(argv[i]));
		} else if (count == 2) {
			fail("too many words: IMAGE ROOTFS");
		} else {
			words[count++] = argv[i];
		}
	}
	if (count < 2)
		fail("which IMAGE, into which ROOTFS?");
	status = unpack_from(operand(words[0], "IMAGE"), operand(words[1], "ROOTFS"));
	if (status)
		undo(NULL);
	if (target.dir)
		store_end_target(target.dir, target.path);
	discard_all();
	return status;
}
