/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * pack.c - the verb pack: writes a tree as a tar archive, or as an image of one layer. tree.c
 * writes the tree, in the jail. Called by main.c. */
#include "images.h"

#include <time.h>

static struct {
	const char *user, *workdir;
	json_t *entrypoint, *cmd, *env, *labels;
	char *records; /* the launcher's option */
	bool is_upper; /* only the changes of an overlay */
} settings;

/* `kind` as for tree.c; for an upper layer it is that. */
/* What "-" stands for. It is not opened by this name: others may have written to it, too. */
static const char standard_output[] = "/dev/stdout";

static int open_to_write(const char *file)
{
	const int fd = strcmp(file, standard_output) ?
			       open(file, O_WRONLY | O_CREAT | O_TRUNC, 0666) :
			       dup(1);

	if (fd < 0)
		fail("cannot write '%s': %s", shown(file), strerror(errno));
	return fd;
}

static void write_tree(const char *root, const char *file, const char *filter, const char *kind)
{
	const int fd = open_to_write(file);
	char *words[7] = {copy_of(".tree"), copy_of(root), print("%d", fd), copy_of(filter),
		copy_of(settings.is_upper ? "upper" : kind), copy_of(file), NULL};

	if (!settings.records)
		settings.records = records_of(root, true);
	if (run_jailed(settings.records, words))
		fail("'%s' is not packed", shown(root));
	if (close(fd))
		fail("cannot write '%s': %s", shown(file), strerror(errno));
}

/* Makes a list from a JSON list, or from words with blanks between. */
static json_t *list_of(const char *text)
{
	json_t *list = *text == '[' ? json_loads(text, 0, NULL) : json_array();
	char *copy = copy_of(text), *word;
	bool is_list;

	is_list = json_is_array(list);
	for (size_t n = 0; is_list && n < json_array_size(list); n++)
		is_list = json_is_string(json_array_get(list, n));
	if (!is_list)
		fail("'%s' is no JSON list of words", shown(text));
	while (*text != '[' && (word = strsep(&copy, " ")))
		if (*word)
			json_array_append_new(list, json_string(word));
	return list;
}

static json_t *configuration(const char *diff_id)
{
	const char *slash = strchr(platform, '/'), *epoch = getenv("SOURCE_DATE_EPOCH");
	char *machine = copy_of(slash ? slash + 1 : platform);
	char *variant = strchr(machine, '/');
	char *system = slash ? print("%.*s", (int)(slash - platform), platform) : copy_of("linux");
	json_t *config = json_object(), *all;
	char created[40];
	time_t t = epoch && *epoch ? (time_t)strtoll(epoch, NULL, 10) : 0;

	strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", gmtime(&t));
	if (variant)
		*variant = 0;
	if (settings.entrypoint)
		json_object_set(config, "Entrypoint", settings.entrypoint);
	if (settings.cmd)
		json_object_set(config, "Cmd", settings.cmd);
	if (settings.env)
		json_object_set(config, "Env", settings.env);
	if (settings.labels)
		json_object_set(config, "Labels", settings.labels);
	if (settings.user)
		json_object_set_new(config, "User", json_string(settings.user));
	if (settings.workdir)
		json_object_set_new(config, "WorkingDir", json_string(settings.workdir));
	all = json_pack("{sssssssos{sss[s]}s[{ssss}]}", "created", created, "os", system,
		"architecture", machine, "config", config, "rootfs", "type", "layers", "diff_ids",
		diff_id, "history", "created", created, "created_by", "fakejail pack");
	if (variant)
		json_object_set_new(all, "variant", json_string(variant + 1));
	free(system);
	free(machine);
	return all;
}

/* Writes an OCI layout of one image in `dir`, and returns the digests of its parts. */
static void write_layout(const char *root, const char *dir, const char *name,
	char config[DIGEST_MAX], char layer[DIGEST_MAX])
{
	char *part = print("%s/blobs/sha256/.part", dir), *path = print("%s/blobs/sha256", dir),
	     *blob, *text;
	char digest[DIGEST_MAX];
	json_t *j, *k;
	struct stat st;

	make_directories(path);
	free(path);
	path = print("%s.tar", part);
	write_tree(root, path, "", "image");
	copy_plain_file(path, part, layer);
	unlink(path);
	blob = blob_path(dir, layer);
	if (rename(part, blob) || stat(blob, &st))
		fail("cannot write '%s': %s", blob, strerror(errno));
	j = configuration(layer);
	text = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
	blob_write(dir, text, strlen(text), config);
	k = json_pack("{sisss{sssssI}s[{sssssI}]}", "schemaVersion", 2, "mediaType", TYPE_MANIFEST,
		"config", "mediaType", TYPE_CONFIG, "digest", config, "size",
		(json_int_t)strlen(text), "layers", "mediaType", TYPE_LAYER, "digest", layer,
		"size", (json_int_t)st.st_size);
	free(text);
	text = json_dumps(k, JSON_COMPACT | JSON_SORT_KEYS);
	blob_write(dir, text, strlen(text), digest);
	j = json_pack("{sis[{sssssIs{ss}}]}", "schemaVersion", 2, "manifests", "mediaType",
		TYPE_MANIFEST, "digest", digest, "size", (json_int_t)strlen(text), "annotations",
		REF_NAME, name);
	layout_write_index(dir, j);
	path = print("%s/oci-layout", dir);
	write_file(path, "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
}

static void forget_layout(void *dir)
{
	remove_tree(dir);
}

static void forget_parts(void *dir)
{
	char *part = print("%s/blobs/sha256/.part", (char *)dir), *tar = print("%s.tar", part);

	unlink(part);
	unlink(tar);
}

/* Before the layout `dir` is written: what is to be removed if that fails. A layout that exists keeps its
 * other files. */
static void begin_layout(const char *dir)
{
	on_trouble(mkdir(dir, 0777) ? forget_parts : forget_layout, copy_of(dir));
}

static void add_file(struct archive *a, const char *file, const char *from, const char *name)
{
	struct archive_entry *e = archive_entry_new();
	char *piece = get(1 << 18);
	const int fd = open(from, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st))
		fail("'%s': %s", from, strerror(errno));
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, st.st_size);
	archive_entry_set_mtime(e, 0, 0);
	if (archive_write_header(a, e) != ARCHIVE_OK)
		fail("cannot write '%s': %s", shown(file), archive_failure(a));
	while ((n = read(fd, piece, 1 << 18)) > 0)
		if (archive_write_data(a, piece, (size_t)n) < 0)
			fail("cannot write '%s': %s", shown(file), archive_failure(a));
	if (n < 0)
		fail("'%s': %s", from, strerror(errno));
	close(fd);
	free(piece);
	archive_entry_free(e);
}

static void add_folder(struct archive *a, const char *file, const char *name)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFDIR);
	archive_entry_set_perm(e, 0755);
	archive_entry_set_mtime(e, 0, 0);
	if (archive_write_header(a, e) != ARCHIVE_OK)
		fail("cannot write '%s': %s", shown(file), archive_failure(a));
	archive_entry_free(e);
}

static void forget_file(void *path)
{
	unlink(path);
}

/* The name under which `path` is written until it is complete. A fifo or a device is written itself, and
 * never replaced. */
static char *begin_file(const char *path)
{
	char *file = print("%s.new-%d", path, getpid());
	struct stat st;
	int fd;

	if (path == standard_output || (!stat(path, &st) && !S_ISREG(st.st_mode)))
		return copy_of(path);
	on_trouble(forget_file, file);
	store_writes(file);
	/* (A message names the file that the user has named.) */
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		fail("cannot write '%s': %s", shown(path), strerror(errno));
	close(fd);
	return file;
}

static void end_file(const char *file, const char *path)
{
	if (strcmp(file, path) != 0 && rename(file, path))
		fail("cannot write '%s': %s", shown(path), strerror(errno));
	store_writes(NULL);
}

static void write_archive(const char *dir, const char *file, bool is_docker, const char *name,
	const char *config, const char *layer)
{
	struct archive *a = archive_write_new();
	char *path, *text;
	json_t *j, *index;

	archive_write_set_format_pax_restricted(a);
	archive_write_set_bytes_in_last_block(a, 1);
	if (archive_write_open_fd(a, open_to_write(file)) != ARCHIVE_OK)
		fail("cannot write '%s': %s", shown(file), archive_failure(a));
	if (is_docker) {
		char *layer_name = print("%s.tar", layer + 7),
		     *config_name = print("%s.json", config + 7);

		j = json_pack("[{sss[s]s[s]}]", "Config", config_name, "RepoTags", name, "Layers",
			layer_name);
		text = json_dumps(j, JSON_COMPACT);
		path = print("%s/manifest.json", dir);
		write_file(path, text, strlen(text));
		add_file(a, file, blob_path(dir, layer), layer_name);
		add_file(a, file, blob_path(dir, config), config_name);
		add_file(a, file, path, "manifest.json");
	} else {
		path = print("%s/index.json", dir);
		index = json_of_file(path, path);
		/* Without these entries some readers make them, and want to give them to root. */
		add_folder(a, file, "blobs/");
		add_folder(a, file, "blobs/sha256/");
		add_file(a, file, print("%s/oci-layout", dir), "oci-layout");
		add_file(a, file, path, "index.json");
		text = copy_of(json_text(
			json_array_get(json_object_get(index, "manifests"), 0), "digest"));
		for (unsigned i = 0; i < 3; i++) {
			const char *digest = i == 0 ? text : i == 1 ? config : layer;

			add_file(a, file, blob_path(dir, digest),
				print("blobs/sha256/%s", digest + 7));
		}
	}
	if (archive_write_close(a) != ARCHIVE_OK)
		fail("cannot write '%s': %s", shown(file), archive_failure(a));
}

static bool ends_in(const char *text, const char *end)
{
	const size_t n = strlen(text), k = strlen(end);

	return n > k && !strcmp(text + n - k, end);
}

static const char *filter_of(const char *file)
{
	if (ends_in(file, ".gz") || ends_in(file, ".tgz"))
		return "gzip";
	if (ends_in(file, ".zst"))
		return "zstd";
	return ends_in(file, ".xz") ? "xz" : "";
}

static bool setting(char **argv, int *i)
{
	const char *value, *equals;

	if ((value = option_value(argv, i, "--entrypoint"))) {
		settings.entrypoint = list_of(value);
	} else if ((value = option_value(argv, i, "--cmd"))) {
		settings.cmd = list_of(value);
	} else if ((value = option_value(argv, i, "--workdir"))) {
		settings.workdir = value;
	} else if ((value = option_value(argv, i, "--db"))) {
		if (access(value, R_OK))
			fail("--db: cannot read '%s': %s", shown(value), strerror(errno));
		settings.records = print("--db=%s", realpath(value, NULL));
	} else if ((value = option_value(argv, i, "--user"))) {
		settings.user = value;
	} else if ((value = option_value(argv, i, "--env"))) {
		if (!strchr(value, '=') || *value == '=')
			fail("--env: '%s' is not NAME=VALUE", shown(value));
		if (!settings.env)
			settings.env = json_array();
		json_array_append_new(settings.env, json_string(value));
	} else if ((value = option_value(argv, i, "--label"))) {
		equals = strchr(value, '=');
		if (!*value || equals == value)
			fail("--label: '%s' names no label", shown(value));
		if (!settings.labels)
			settings.labels = json_object();
		json_object_set_new(settings.labels, print("%.*s", (int)strcspn(value, "="), value),
			json_string(equals ? equals + 1 : ""));
	} else {
		return false;
	}
	return true;
}

int pack_main(int argc, char **argv)
{
	const char *words[2], *format = "tar", *name = NULL, *base;
	char *root, *dir, *file, config[DIGEST_MAX], layer[DIGEST_MAX];
	int count = 0;
	bool is_docker;

	for (int i = 1; i < argc; i++) {
		const char *value;

		if ((value = option_value(argv, &i, "--format")))
			format = value;
		else if ((value = option_value(argv, &i, "--name")))
			name = operand(value, "--name");
		else if ((value = option_value(argv, &i, "--platform")))
			platform = operand(value, "--platform");
		else if (!strcmp(argv[i], "--upper"))
			settings.is_upper = true;
		else if (setting(argv, &i))
			continue;
		else if (argv[i][0] == '-' && argv[i][1])
			fail("unknown option '%s'", shown(argv[i]));
		else if (count == 2)
			fail("too many words: ROOTFS FILE");
		else
			words[count++] = argv[i];
	}
	if (count < 2)
		fail("which ROOTFS, into which FILE?");
	if (!strcmp(words[1], "-"))
		words[1] = standard_output;
	root = realpath(operand(words[0], "ROOTFS"), NULL);
	operand(words[1], "FILE");
	if (words[1] == standard_output && !strcmp(format, "oci"))
		fail("--format=oci makes a directory, and '-' is none");
	if (!root)
		fail("'%s': %s", shown(words[0]), strerror(errno));
	if (!strcmp(format, "tar")) {
		file = begin_file(words[1]);
		write_tree(root, file, filter_of(words[1]), "");
		end_file(file, words[1]);
		return 0;
	}
	is_docker = !strcmp(format, "docker-archive");
	base = strrchr(words[1], '/') ? strrchr(words[1], '/') + 1 : words[1];
	if (!name)
		name = is_docker ? print("%.*s:latest", (int)strcspn(base, "."), base) : "latest";
	if (!strcmp(format, "oci")) {
		begin_layout(words[1]);
		write_layout(root, words[1], name, config, layer);
		return 0;
	}
	if (!is_docker && strcmp(format, "oci-archive") != 0)
		fail("--format: '%s' is none of tar, docker-archive, oci-archive, oci",
			shown(format));
	store_dir(true);
	dir = store_temporary("tmp");
	write_layout(root, dir, name, config, layer);
	file = begin_file(words[1]);
	write_archive(dir, file, is_docker, name, config, layer);
	end_file(file, words[1]);
	store_discard(dir);
	return 0;
}
