/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * docker.c - turns the manifest.json of `docker save` into the index and the manifests of an OCI
 * layout. Called by stage.c for an archive without an index.json. */
#include "images.h"

static const json_t *resolve(const json_t *members, const char *name)
{
	for (unsigned i = 0; name && i < 8; i++) {
		const json_t *m = json_object_get(members, name);
		const char *link = json_text(m, "link");

		if (!link)
			return m;
		name = link;
	}
	return NULL;
}

/* How the layer is compressed, by its first bytes. */
static const char *layer_type(const char *dir, const char *digest)
{
	char *path = blob_path(dir, digest);
	unsigned char start[4] = {0};
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	free(path);
	if (fd >= 0 && read(fd, start, 4) < 0)
		start[0] = 0;
	if (fd >= 0)
		close(fd);
	if (start[0] == 0x1f && start[1] == 0x8b)
		return TYPE_LAYER "+gzip";
	return memcmp(start, "\x28\xb5\x2f\xfd", 4) != 0 ? TYPE_LAYER : TYPE_LAYER "+zstd";
}

static json_t *descriptor(const char *dir, const json_t *member, const char *type)
{
	const char *digest = json_text(member, "digest");

	return json_pack("{sssssI}", "mediaType", type ? type : layer_type(dir, digest), "digest",
		digest, "size", (json_int_t)json_number(member, "size"));
}

static json_t *manifest_of(const char *dir, const json_t *item, const json_t *members)
{
	const char *config = json_text(item, "Config");
	const json_t *list = json_object_get(item, "Layers"), *m = resolve(members, config);
	json_t *layers = json_array();

	if (!config || !m)
		fail("manifest.json names the configuration '%s', which is not in the archive",
			shown(config ? config : ""));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		const json_t *layer = resolve(members, name);

		if (!layer)
			fail("manifest.json names the layer '%s', which is not in the archive",
				shown(name ? name : ""));
		json_array_append_new(layers, descriptor(dir, layer, NULL));
	}
	return json_pack("{sisssoso}", "schemaVersion", 2, "mediaType", TYPE_MANIFEST, "config",
		descriptor(dir, m, TYPE_CONFIG), "layers", layers);
}

void stage_docker(const char *dir, json_t *members)
{
	char *path = print("%s/manifest.json", dir), digest[DIGEST_MAX];
	json_t *list = json_of_file(path, "manifest.json"), *out = json_array(), *index;

	free(path);
	if (!json_is_array(list) || !json_array_size(list))
		fail("manifest.json is no list of images");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		json_t *manifest = manifest_of(dir, item, members),
		       *tags = json_object_get(item, "RepoTags");
		char *text = json_dumps(manifest, JSON_COMPACT | JSON_SORT_KEYS);
		size_t tag = 0;

		blob_write(dir, text, strlen(text), digest);
		do {
			const char *name = json_string_value(json_array_get(tags, tag));
			json_t *entry = json_pack("{sssssI}", "mediaType", TYPE_MANIFEST, "digest",
				digest, "size", (json_int_t)strlen(text));

			if (name)
				json_object_set_new(
					entry, "annotations", json_pack("{ss}", REF_NAME, name));
			json_array_append_new(out, entry);
		} while (++tag < json_array_size(tags));
		free(text);
		json_decref(manifest);
	}
	index = json_pack("{siso}", "schemaVersion", 2, "manifests", out);
	layout_write_index(dir, index);
	json_decref(index);
	json_decref(list);
}
