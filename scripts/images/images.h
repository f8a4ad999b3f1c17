/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * images.h - what the files of fakejail-images share: the tool behind `fakejail pull`, `images`,
 * `rmi`, `unpack`, `pack`, `run` and `--rm`.
 *
 * The tool runs outside as the user's own process. What reads or writes a tree with owners is the
 * same program started once more in a jail on `/` with the tree's file of records (jailed.c), where
 * it calls chroot(2) into the tree: so owners, devices and set-id bits are the engine's business,
 * and no name in an archive can lead outside. */
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
/* A manifest, a configuration or an index: more is no such thing. */
#define JSON_MAX (4u << 20)

/* ---- sha256.c ---- */

struct sha256 {
	uint32_t h[8];
	uint64_t size;
	unsigned char rest[64];
};
void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t size);
/* The digest as "sha256:..." with its NUL. */
void sha256_end(struct sha256 *s, char text[DIGEST_MAX]);
/* Is it "sha256:" and 64 small hexadecimal digits? */
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

/* Run this tool with the words `argv` (ended by NULL) in a jail on `/` with the launcher's option
 * `records`, which says where the records of the tree are; descriptors of the parent's without
 * FD_CLOEXEC are there, too. Returns the exit status. */
int run_jailed(const char *records, char *const argv[]);
/* The option for the tree `root`: of its own file, which is made; and of whatever file there is
 * that knows its files, that of a tree around it if it `may_be_above`. To be freed. */
char *records_of_new(const char *root);
char *records_of(const char *root, bool may_be_above);

/* ---- apply.c: in the jail ---- */

/* apply ROOT MAX LAYER...: LAYER is FD=DIGEST=NAME; DIGEST, of the uncompressed layer, may be
 * empty. Returns the exit status. */
int apply_main(int argc, char **argv);

/* ---- layer.c: in the jail ---- */

/* Apply one layer to the working root. `name` is for messages. `has_whiteouts`: it is an image's,
 * where some names mean that something of the layers below is gone. */
void layer_apply(struct archive *a, const char *name, bool has_whiteouts);
/* That directory is removed, and with it the time it was to have. */
void layer_forgets(const char *path);
/* After the last layer: give the directories their times. */
void layers_finish(void);
/* How many bytes of files may still be written, and how many an archive may have in all. */
extern int64_t layer_room, layer_bytes_max;

/* ---- whiteout.c: in the jail ---- */

/* Remove `path` and all below it that is not in `keep` (names of the tree; NULL keeps nothing). */
void remove_lower(const char *path, const struct names *keep);
/* The same for what is in the directory `path`. */
void remove_lower_children(const char *path, const struct names *keep);

/* ---- files.c ---- */

/* As many descriptors as the hard limit allows: whoever goes down a tree holds some at each step.
 */
void raise_file_limit(void);
/* Remove the tree `path`, as the user, however deep it is. Not an error when it is not there. */
void remove_tree(const char *path);
/* Remove all that is in it. */
void empty_directory(const char *path);
/* Make the directory and those above it. */
void make_directories(const char *path);
/* The same; false when it cannot be. */
bool try_directories(const char *path);
bool is_empty_directory(const char *path);
/* The whole file, with a NUL after it; NULL with errno, EFBIG when it is larger than `limit`. */
char *read_file(const char *path, size_t limit, size_t *size);
/* Write a file under another name, sync it, and give it its name. */
void write_file(const char *path, const void *data, size_t size);

/* ---- store.c ---- */

/* Where images are kept; made when `make`, and what killed commands left is swept. NULL when it is
 * not there. */
const char *store_dir(bool make);
/* A new directory in the store's KIND ("tmp", "copies"), which is ours while this process lives and
 * is removed when fail() ends it. */
char *store_temporary(const char *kind);
/* Remove it. */
void store_discard(char *dir);
void discard_all(void);
/* It has been moved away, or is no longer to be removed. */
void store_keep(char *dir);
/* Hold the lock that whoever changes the store holds; the descriptor to close. */
int store_lock(void);
/* Remove what killed commands left. */
void store_sweep(void);
/* Around a change, with the lock held: when the process is killed in between, whoever comes next
 * prunes. */
void store_change(bool begins);
/* The empty directory `target` is going to be filled: should this process be killed, whoever comes
 * next empties it, and removes it when it `is_new`. What store_end_target() wants, or NULL where
 * there is no store. */
char *store_begin_target(const char *target, bool is_new);
void store_end_target(char *dir, const char *target);
/* In a child that works for us: our directories are its, too, until it ends. */
void store_hand_down(void);

/* ---- interrupted.c ---- */

/* At a signal that ends us, sweep first. The child that store_worker_is() names is killed then (0:
 * no more), and the file that store_writes() names goes (NULL: no more). */
void store_sweeps_at_signals(void);
void store_worker_is(pid_t pid);
void store_writes(const char *path);
/* .sweep [SIGNAL]: the launcher has seen what may be a killed command's; or that signal is to end
 * us when all is swept. */
int sweep_main(int argc, char **argv);

/* ---- inside.c ---- */

/* A file of the tree, by its name there. NULL when it has none, or one of more than `limit` bytes.
 * To be freed. */
char *read_inside(const char *tree, const char *path, size_t limit);
/* Make that directory of the tree, and those above it. Nothing is said where it cannot be. */
void make_inside(const char *tree, const char *path);

/* ---- copy.c, private.c ---- */

/* Copy the tree, with what its files pretend, into the empty directory `to`. All signals are
 * blocked and come to the signalfd(2) `signals`. Returns 0, -1 after a message, or the signal that
 * is to end us. */
int copy_tree(const char *from, const char *to, int signals);
/* Would this signal end a process that does nothing about it? */
bool is_ending(int number);
/* End by a signal; the status in case that we cannot. */
int end_by(int number);
int private_main(int argc, char **argv);

/* ---- json.c ---- */

/* A JSON object from a file, or the end with a message that names it `what`. */
json_t *json_of_file(const char *path, const char *what);
json_t *json_of_text(const char *text, size_t size, const char *what);
/* Strings and numbers of an object; NULL and -1 when it has none. */
const char *json_text(const json_t *object, const char *name);
int64_t json_number(const json_t *object, const char *name);

/* ---- oci.c: OCI image layouts ---- */

#define TYPE_INDEX "application/vnd.oci.image.index.v1+json"
#define TYPE_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define TYPE_CONFIG "application/vnd.oci.image.config.v1+json"
#define TYPE_LAYER "application/vnd.oci.image.layer.v1.tar"
#define REF_NAME "org.opencontainers.image.ref.name"

struct image {
	char *manifest_digest; /* of the manifest itself, not of an index above */
	char *type;
	char *config_digest;
	json_t *manifest, *config;
	size_t layers;
	char **digests;	 /* of the blobs */
	char **diff_ids; /* of the layers without compression */
	int64_t *sizes;
	int64_t size; /* of all blobs */
};
/* What runs here: "linux/amd64", or what --platform said. */
extern const char *platform;
char *blob_path(const char *layout, const char *digest);
/* Does the blob have its digest and length? Ends the program when not; -1 for any length. */
void blob_check(const char *layout, const char *digest, int64_t size);
/* The same, without a word. */
bool blob_is_good(const char *layout, const char *digest, int64_t size);
/* Is it there, of that length? The same for a blob whose digest is known to be right. */
void blob_check_length(const char *layout, const char *digest, int64_t size);
/* The digest of what `name` names in the layout; an empty name means its only image. NULL when
 * there is none. Both to be freed. */
char *layout_find(const char *layout, const char *name);
/* Read the image whose manifest, or index of manifests, is `digest`. All parts but the layers are
 * checked. */
struct image *image_load(const char *layout, const char *digest);
/* Make the manifest one of OCI, as an OCI layout must hold, when it is docker's (schema 2): the
 * same blobs, under another manifest, which is written into `layout`. Its digest becomes the
 * image's. */
void image_make_oci(struct image *i, const char *layout);
/* The chain id of all layers, which names the tree. */
void image_chain(const struct image *i, char chain[DIGEST_MAX]);
/* The same by the list in a configuration, of which nothing is known. */
void chain_of(const json_t *diff_ids, char chain[DIGEST_MAX]);
/* The entry of an index that is for our platform; ends the program when there is none. */
const json_t *platform_entry(const json_t *index, const char *digest);
/* Add a small blob; its digest goes to `digest`. */
void blob_write(const char *layout, const void *data, size_t size, char digest[DIGEST_MAX]);
void layout_write_index(const char *layout, const json_t *index);
/* Does a media type name a manifest, or an index? */
bool is_index_type(const char *type);

/* ---- stage.c ---- */

/* What kind of archive or directory `path` is. */
enum source {
	SOURCE_NONE,
	SOURCE_TREE,	/* the archive of a root file system */
	SOURCE_ARCHIVE, /* docker save, or an OCI layout in an archive */
	SOURCE_LAYOUT,	/* an OCI layout */
	SOURCE_DIRECTORY,
};
enum source source_kind(const char *path);
/* Let the reader decompress what archives and layers are compressed with, by libraries alone: all
 * of libarchive's filters would start programs for what a stranger's file asks for. */
void support_filters(struct archive *a);
/* Did archive_read_next_header() answer `r` for a member that is whole? libarchive goes on behind a
 * damaged header, and reads what is malformed as if it were not there; but not knowing a character
 * is no damage, for names are bytes. */
bool header_is_good(struct archive *a, int r);
/* What something of `packed` bytes may grow to: `--max-size`, else much more than any honest
 * archive does. */
extern int64_t size_limit;
int64_t room_for(int64_t packed);
/* Copy the parts of the archive into the layout `dir`, each checked. */
void stage_archive(const char *path, const char *dir);
/* Give the layout `dir` an index and manifests for docker's manifest.json; `names` and `files` are
 * its members. */
void stage_docker(const char *dir, json_t *members);

/* Copy a file into the store; its digest goes to `digest`. */
void copy_plain_file(const char *path, const char *to, char digest[DIGEST_MAX]);

/* ---- list.c ---- */

/* Remove what no image of the store's index needs. With the lock held. */
void store_prune(void);

/* ---- pull.c ---- */

/* The store's index.json, or a new one. */
json_t *store_index(void);
/* The blobs of `i` move from the layout `from` into the store, and then it has the name. */
void store_publish(struct image *i, const char *from, const char *name);
/* Bring an image from a file into the layout `to`, all of it checked. */
struct image *pull_file(const char *path, enum source kind, const char *name, const char *to);

/* ---- registry.c ---- */

extern bool registry_verify, registry_quiet;
/* Bring the image that `ref` names in a registry into the layout `to`, all of it checked. */
struct image *registry_pull(const char *ref, const char *to);

/* ---- verbs ---- */

/* .tree: in the jail. */
int tree_main(int argc, char **argv);
int pack_main(int argc, char **argv);
int pull_main(int argc, char **argv);
int images_main(int argc, char **argv);
int rmi_main(int argc, char **argv);
int run_main(int argc, char **argv);

/* Unpack `i`, whose blobs are in `layout`, into the empty directory `root`. Returns the exit
 * status. */
int unpack_image(const struct image *i, const char *layout, const char *root);
/* "docker-archive:x", "oci:x:tag", "x", "-": the path, with the kind and the name in it; NULL when
 * `text` names no file. */
char *source_path(const char *text, enum source *kind, char **name);

int unpack_tree(const char *path, const char *name, const char *root);
/* The value of option `name` when word `*i` is it, "NAME=VALUE" or two words; NULL when it is
 * another word. */
const char *option_value(char **argv, int *i, const char *name);
int unpack_main(int argc, char **argv);

#endif
