/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * images.h - what the files of fakejail-images share: the tool behind `fakejail pull`, `images`,
 * `rmi`, `unpack`, `pack`, `run` and `--rm`.
 *
 * The tool runs outside of jails, as the user's own process. To read or write a tree with owners it
 * starts itself once more in a jail on `/` with the tree's file of records (jailed.c), and there
 * calls chroot(2) into the tree. So the engine handles owners, devices and set-id bits, and no name
 * in an archive can lead outside. */
#ifndef FJ_IMAGES_H
#define FJ_IMAGES_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "say.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "sha256:" and 64 digits. */
#define DIGEST_MAX 72
#define NAME_MAX_BYTES 4096
/* Limit for a manifest, a configuration or an index: anything larger is none. */
#define JSON_MAX (4u << 20)

/* ---- sha256.c ---- */

struct sha256 {
	uint32_t h[8];
	uint64_t size;
	unsigned char rest[64];
};
void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t size);
/* Writes the digest as "sha256:..." with its NUL. */
void sha256_end(struct sha256 *s, char text[DIGEST_MAX]);
/* Is it "sha256:" and 64 lower-case hexadecimal digits? */
bool is_digest(const char *text);

/* ---- names.c: a set of the names of a tree ---- */

struct names;
struct names *names_new(void);
/* Add `name` with `value`, or change its value. */
void names_put(struct names *n, const char *name, int64_t sec, long nsec);
bool names_have(const struct names *n, const char *name);
void names_drop(struct names *n, const char *name);
void names_each(const struct names *n, void (*each)(const char *name, int64_t sec, long nsec));
void names_free(struct names *n);

/* ---- jailed.c ---- */

/* Runs this tool with the words `argv` (ended by NULL) in a jail on `/`, with the launcher's option
 * `records`, which says where the records of the tree are. It inherits descriptors without
 * FD_CLOEXEC. Returns the exit status. */
int run_jailed(const char *records, char *const argv[]);
/* The launcher's option for the tree `root`: for its own file of records, which is made; the
 * second: for the existing file that has its records, or, if it `may_be_above`, those of a tree
 * around it. The caller frees it. */
char *records_of_new(const char *root);
char *records_of(const char *root, bool may_be_above);

/* ---- apply.c: in the jail ---- */

/* apply ROOT MAX LAYER...: LAYER is FD=DIGEST=NAME. DIGEST, of the uncompressed layer, may be
 * empty. Returns the exit status. */
int apply_main(int argc, char **argv);

/* ---- layer.c: in the jail ---- */

/* Applies one layer to the working root. `name` is for messages. `has_whiteouts`: it belongs to an
 * image, in which some names mean that a file of the layers below is removed. */
void layer_apply(struct archive *a, const char *name, bool has_whiteouts);
/* Call when that directory was removed: drops the time that it was to have. */
void layer_forgets(const char *path);
/* Call after the last layer: sets the times of the directories. */
void layers_finish(void);
/* How many bytes of files may still be written, and how many an archive may have in all. */
extern int64_t layer_room, layer_bytes_max;

/* ---- whiteout.c: in the jail ---- */

/* Removes `path` and everything below it that is not in `keep` (names of the tree; NULL keeps
 * nothing). */
void remove_lower(const char *path, const struct names *keep);
/* The same for what is in the directory `path`. */
void remove_lower_children(const char *path, const struct names *keep);

/* ---- files.c ---- */

/* Raises the limit of descriptors to the hard limit: going down a tree needs some at each step. */
void raise_file_limit(void);
/* Removes the tree `path`, as the user, however deep it is. It is no error when it does not
 * exist. */
void remove_tree(const char *path);
/* Removes everything in the directory. */
void empty_directory(const char *path);
/* Makes the directory and those above it. */
void make_directories(const char *path);
/* The same; returns false when it fails. */
bool try_directories(const char *path);
bool is_empty_directory(const char *path);
/* Reads the whole file, and adds a NUL. Returns NULL with errno; EFBIG when it is larger than
 * `limit`. */
char *read_file(const char *path, size_t limit, size_t *size);
/* Writes a file under another name, syncs it, and renames it. */
void write_file(const char *path, const void *data, size_t size);

/* ---- store.c ---- */

/* The directory where images are kept. With `make` it is made, and what killed commands left is
 * removed. NULL when it does not exist. */
const char *store_dir(bool make);
/* Makes a directory in the store's `kind` ("tmp", "copies"). It belongs to this process, and is
 * removed when fail() ends it. */
char *store_temporary(const char *kind);
/* Remove it. */
void store_discard(char *dir);
void discard_all(void);
/* It was moved away, or must not be removed any more. */
void store_keep(char *dir);
/* Takes the lock for changes of the store. Returns the descriptor, which the caller closes. */
int store_lock(void);
/* Removes what killed commands left. */
void store_sweep(void);
/* Call around a change, with the lock: if the process is killed meanwhile, the next process prunes
 * the store. */
void store_change(bool begins);
/* Call before the empty directory `target` is filled. If this process is killed, the next one
 * empties `target`, and removes it when it `is_new`. Returns what store_end_target() needs, or NULL
 * without a store. */
char *store_begin_target(const char *target, bool is_new);
void store_end_target(char *dir, const char *target);
/* Call in a child that works for this process: our directories are its, too, until it ends. */
void store_hand_down(void);

/* ---- interrupted.c ---- */

/* From now on a signal that ends this process removes first what is left. It kills the child that
 * store_worker_is() names (0: none), and removes the file that store_writes() names (NULL:
 * none). */
void store_sweeps_at_signals(void);
void store_worker_is(pid_t pid);
void store_writes(const char *path);
/* .sweep [SIGNAL]: the launcher has seen what may be left by a killed command; or SIGNAL must end
 * this process after everything was removed. */
int sweep_main(int argc, char **argv);

/* ---- inside.c ---- */

/* Reads a file of the tree, by its name there. Returns NULL when there is none, or when it has more
 * than `limit` bytes. The caller frees it. */
char *read_inside(const char *tree, const char *path, size_t limit);
/* Makes that directory of the tree, and those above it. Prints nothing when it fails. */
void make_inside(const char *tree, const char *path);

/* ---- copy.c, private.c ---- */

/* Copies the tree, with what its files pretend, into the empty directory `to`. All signals are
 * blocked and come to the signalfd(2) `signals`. Returns 0, -1 after a message, or the signal that
 * must end this process. */
int copy_tree(const char *from, const char *to, int signals);
/* Does this signal end a process that has no handler for it? */
bool is_ending(int number);
/* Ends this process by a signal; returns a status if that fails. */
int end_by(int number);
int private_main(int argc, char **argv);

/* ---- json.c ---- */

/* Reads a JSON object from a file; ends the program with a message that calls it `what`, if it is
 * none. */
json_t *json_of_file(const char *path, const char *what);
json_t *json_of_text(const char *text, size_t size, const char *what);
/* Strings and numbers of an object; NULL and -1 when it has none of that name. */
const char *json_text(const json_t *object, const char *name);
int64_t json_number(const json_t *object, const char *name);

/* ---- oci.c: OCI image layouts ---- */

#define TYPE_INDEX "application/vnd.oci.image.index.v1+json"
#define TYPE_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define TYPE_CONFIG "application/vnd.oci.image.config.v1+json"
#define TYPE_LAYER "application/vnd.oci.image.layer.v1.tar"
#define REF_NAME "org.opencontainers.image.ref.name"

struct image {
	char *manifest_digest; /* of the manifest itself, not of an index above it */
	char *type;
	char *config_digest;
	json_t *manifest, *config;
	size_t layers;
	char **digests;	 /* of the blobs */
	char **diff_ids; /* of the layers without compression */
	int64_t *sizes;
	int64_t size; /* of all blobs */
};
/* The platform: "linux/amd64", or what --platform said. */
extern const char *platform;
char *blob_path(const char *layout, const char *digest);
/* Has the blob its digest and length? Ends the program if not; -1 for any length. */
void blob_check(const char *layout, const char *digest, int64_t size);
/* The same, without a message. */
bool blob_is_good(const char *layout, const char *digest, int64_t size);
/* Does it exist with that length? For a blob whose digest was checked before. */
void blob_check_length(const char *layout, const char *digest, int64_t size);
/* The digest of the image `name` in the layout; an empty name means its only image. NULL when there
 * is none. The caller frees it. */
char *layout_find(const char *layout, const char *name);
/* Reads the image whose manifest, or index of manifests, is `digest`. All parts but the layers are
 * checked. */
struct image *image_load(const char *layout, const char *digest);
/* If the manifest is docker's (schema 2), writes an OCI manifest with the same blobs into `layout`,
 * as an OCI layout must have. The image gets its digest. */
void image_make_oci(struct image *i, const char *layout);
/* The chain id of all layers, which is the name of the tree. */
void image_chain(const struct image *i, char chain[DIGEST_MAX]);
/* The same from the list in a configuration, which was not checked. */
void chain_of(const json_t *diff_ids, char chain[DIGEST_MAX]);
/* The entry of an index for our platform; ends the program when there is none. */
const json_t *platform_entry(const json_t *index, const char *digest);
/* Adds a small blob; `digest` gets its digest. */
void blob_write(const char *layout, const void *data, size_t size, char digest[DIGEST_MAX]);
void layout_write_index(const char *layout, const json_t *index);
/* Does a media type name a manifest, or an index? */
bool is_index_type(const char *type);

/* ---- stage.c ---- */

/* What kind of archive or directory `path` is. */
enum source {
	SOURCE_NONE,
	SOURCE_TREE,	/* an archive of a root file system */
	SOURCE_ARCHIVE, /* docker save, or an OCI layout in an archive */
	SOURCE_LAYOUT,	/* an OCI layout */
	SOURCE_DIRECTORY,
};
enum source source_kind(const char *path);
/* Lets the reader decompress archives and layers, by libraries alone: some of libarchive's filters
 * would start programs because a stranger's file asks for it. */
void support_filters(struct archive *a);
/* Is `r`, the result of archive_read_next_header(), that of a complete member? libarchive continues
 * after a damaged header, and reads malformed data as if they were not there. An unknown character
 * is no damage, since names are bytes. */
bool header_is_good(struct archive *a, int r);
/* How many bytes something of `packed` bytes may become: `--max-size`, else much more than any
 * honest archive needs. */
extern int64_t size_limit;
int64_t room_for(int64_t packed);
/* Copies the parts of the archive into the layout `dir`, and checks each. */
void stage_archive(const char *path, const char *dir);
/* Makes an index and manifests in the layout `dir` from docker's manifest.json; `members` are its
 * members. */
void stage_docker(const char *dir, json_t *members);

/* Copies a file into the store; `digest` gets its digest. */
void copy_plain_file(const char *path, const char *to, char digest[DIGEST_MAX]);

/* ---- list.c ---- */

/* Removes what no image of the store's index needs. Call with the lock. */
void store_prune(void);

/* ---- pull.c ---- */

/* The store's index.json, or a new one. */
json_t *store_index(void);
/* Moves the blobs of `i` from the layout `from` into the store, and then adds the name. */
void store_publish(struct image *i, const char *from, const char *name);
/* Copies an image from a file into the layout `to`, and checks all of it. */
struct image *pull_file(const char *path, enum source kind, const char *name, const char *to);

/* ---- registry.c ---- */

extern bool registry_verify, registry_quiet;
/* Fetches the image that `ref` names in a registry into the layout `to`, and checks all of it. */
struct image *registry_pull(const char *ref, const char *to);

/* ---- verbs ---- */

/* .tree: runs in the jail. */
int tree_main(int argc, char **argv);
int pack_main(int argc, char **argv);
int pull_main(int argc, char **argv);
int images_main(int argc, char **argv);
int rmi_main(int argc, char **argv);
int run_main(int argc, char **argv);

/* Unpacks `i`, whose blobs are in `layout`, into the empty directory `root`. Returns the exit
 * status. */
int unpack_image(const struct image *i, const char *layout, const char *root);
/* Reads "docker-archive:x", "oci:x:tag", "x" or "-". Returns the path, and the kind and the name in
 * it; NULL when `text` names no file. */
char *source_path(const char *text, enum source *kind, char **name);

int unpack_tree(const char *path, const char *name, const char *root);
/* The value of option `name` if word `*i` is that option, as "NAME=VALUE" or two words; NULL for
 * another word. */
const char *option_value(char **argv, int *i, const char *name);
int unpack_main(int argc, char **argv);

#endif
