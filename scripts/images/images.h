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

/* "sha256:", 64 digits and a NUL. */
#define DIGEST_MAX 72
#define NAME_MAX_BYTES 4096
/* The largest manifest, configuration or index that is read. */
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

/* ---- names.c: a set of the names of a tree, each with a time ---- */

struct names;
struct names *names_new(void);
/* Adds `name` with its time, or changes its time. */
void names_put(struct names *n, const char *name, int64_t sec, long nsec);
bool names_have(const struct names *n, const char *name);
void names_drop(struct names *n, const char *name);
void names_each(const struct names *n, void (*each)(const char *name, int64_t sec, long nsec));
void names_free(struct names *n);
/* The name with which this was first called for the file, or NULL: this is the first time. */
const char *first_of_links(uint64_t dev, uint64_t ino, const char *name);

/* ---- jailed.c ---- */

/* Runs this tool with the words `argv` (ended by NULL) in a jail on `/`, with the launcher's option
 * `records`, which says where the records of the tree are. The jail inherits descriptors without
 * FD_CLOEXEC. Returns the exit status, or TROUBLE after a message if a signal ended the jail. */
int run_jailed(const char *records, char *const argv[]);
/* Both return an option of the launcher, which the caller frees. records_of_new(): for the tree's
 * own file of records, whose directory it makes. records_of(): for the existing file that has the
 * records of `root`: its own, that of a tree around it if it `may_be_above`, or the host's; if
 * there is none, --no-db. */
char *records_of_new(const char *root);
char *records_of(const char *root, bool may_be_above);

/* ---- apply.c: in the jail ---- */

/* .apply ROOT MAX LAYER...: LAYER is FD=DIGEST=NAME. DIGEST is that of the uncompressed layer. It
 * is empty for the archive of a root file system. Returns the exit status. */
int apply_main(int argc, char **argv);

/* ---- layer.c: in the jail ---- */

/* Applies one layer to the current root. `name` is for messages. `has_whiteouts`: the layer belongs
 * to an image, so that some names in it are whiteouts. */
void layer_apply(struct archive *a, const char *name, bool has_whiteouts);
/* Call when the directory `path` was removed: drops the time that it was to have. */
void layer_forgets(const char *path);
/* Call after the last layer: sets the times of the directories. */
void layers_finish(void);
/* How many bytes of files may still be written, and how many an uncompressed archive may have. */
extern int64_t layer_room, layer_bytes_max;

/* ---- whiteout.c: in the jail ---- */

/* Removes `path` and everything below it that is not in `keep` (names of the tree; NULL keeps
 * nothing). */
void remove_lower(const char *path, const struct names *keep);
/* As remove_lower(), for what is in the directory `path`. Does nothing if that is not a directory. */
void remove_lower_children(const char *path, const struct names *keep);

/* ---- files.c ---- */

/* Raises the limit of descriptors to the hard limit: going down a tree needs some at each step. */
void raise_file_limit(void);
/* Removes the tree `path`, as the user, however deep it is. What cannot be removed stays, without a
 * message. */
void remove_tree(const char *path);
/* Removes everything in the directory, as remove_tree(). */
void empty_directory(const char *path);
/* Makes the directory and those above it. Ends the program when that fails. */
void make_directories(const char *path);
/* As make_directories(), but returns false when it fails. */
bool try_directories(const char *path);
/* Is the directory empty? Ends the program when it cannot be read. */
bool is_empty_directory(const char *path);
/* Opens a regular file to be read, and tells its size. Returns -1 with errno: EISDIR or EMEDIUMTYPE when it
 * is a directory or no regular file. */
int open_regular(const char *path, int64_t *size);
/* Reads a regular file, and adds a NUL. Returns NULL with errno: EFBIG when it is larger than
 * `limit`, or as open_regular(). */
char *read_file(const char *path, size_t limit, size_t *size);
/* Writes a file under another name, syncs it, and renames it. Ends the program when that fails. */
void write_file(const char *path, const void *data, size_t size);

/* ---- store.c ---- */

/* Returns the directory of the store; NULL when it does not exist. With `make`, makes it, and ends
 * the program if that fails. The first call removes what killed commands left. */
const char *store_dir(bool make);
/* Makes a temporary directory in the store's directory `kind` ("tmp" or "copies"), and locks it. It
 * is removed when fail() ends this process. The string stays valid. */
char *store_temporary(const char *kind);
/* Remove a directory that store_temporary() has returned, or all of them. */
void store_discard(char *dir);
void discard_all(void);
/* Releases the lock of such a directory, and forgets it without removing it. */
void store_keep(char *dir);
/* Takes the lock `operation` of flock(2), LOCK_EX or LOCK_SH, on the file `path`, which `fd` is.
 * Ends the program with a message if another process keeps the lock for half a minute. So under
 * an exclusive lock that others wait for, no tree is read, written or removed. */
void store_wait_lock(int fd, int operation, const char *path);
/* Takes the lock for changes of the store. Returns the descriptor, which the caller closes. */
int store_lock(void);
/* Removes what killed commands left. */
void store_sweep(void);
/* Call before (`begins`) and after a change, with the lock. If this process is killed between the
 * calls, the next one prunes the store. */
void store_change(bool begins);
/* Call before the empty directory `target` is filled. If this process is killed, the next one
 * empties `target`, and removes it when it `is_new`. Returns what store_end_target() needs, or NULL
 * without a writable store. */
char *store_begin_target(const char *target, bool is_new);
void store_end_target(char *dir, const char *target);
/* Call in a child before execve(2): it inherits the locks of our temporary directories, so that
 * nobody removes them before the child ends, too. */
void store_hand_down(void);

/* ---- interrupted.c ---- */

/* From now on, a signal such as SIGINT kills the child that store_worker_is() names (0: none),
 * removes the file that store_writes() names (NULL: none), and then what this process has in the
 * store, before it ends this process. */
void store_sweeps_at_signals(void);
void store_worker_is(pid_t pid);
void store_writes(const char *path);
/* .sweep [SIGNAL]: removes what killed commands have left in the store. Then SIGNAL, if there is
 * one, ends this process. */
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

/* Reads a JSON object or array. If it is neither, ends the program with a message that calls it
 * `what`. */
json_t *json_of_file(const char *path, const char *what);
json_t *json_of_text(const char *text, size_t size, const char *what);
/* A string of an object; NULL if it has none of that name. A number; -1 if it has none, or a
 * negative one. */
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
/* Ends the program unless the blob has its digest and length (`size`; -1: any). */
void blob_check(const char *layout, const char *digest, int64_t size);
/* Has the blob its digest and length? */
bool blob_is_good(const char *layout, const char *digest, int64_t size);
/* Ends the program unless the blob has that length. For a blob whose digest was checked before. */
void blob_check_length(const char *layout, const char *digest, int64_t size);
/* The digest of the image `name` in the layout; an empty name means its only image. NULL when there
 * is none; ends the program if there are several without a name. The caller frees it. */
char *layout_find(const char *layout, const char *name);
/* Reads the image whose manifest, or index of manifests, is `digest`. All parts but the layers are
 * checked. */
struct image *image_load(const char *layout, const char *digest);
/* If the manifest is docker's (schema 2), writes an OCI manifest with the same blobs into `layout`,
 * as an OCI layout must have. The image gets its digest. */
void image_make_oci(struct image *i, const char *layout);
/* The chain id of all layers, which is the name of the tree. */
void image_chain(const struct image *i, char chain[DIGEST_MAX]);
/* The chain id from a configuration's list of digests, which need not have been checked. */
void chain_of(const json_t *diff_ids, char chain[DIGEST_MAX]);
/* The entry of an index for our platform, or its only one if that names no platform. Ends the
 * program when there is none. */
const json_t *platform_entry(const json_t *index, const char *digest);
/* Adds a small blob; `digest` gets its digest. */
void blob_write(const char *layout, const void *data, size_t size, char digest[DIGEST_MAX]);
void layout_write_index(const char *layout, const json_t *index);
/* Does a media type name a manifest, or an index? */
bool is_index_type(const char *type);

/* ---- stage.c ---- */

/* What a path names. */
enum source {
	SOURCE_NONE,	/* nothing: errno says why */
	SOURCE_TREE,	/* an archive of a root file system */
	SOURCE_ARCHIVE, /* docker save, or an OCI layout in an archive */
	SOURCE_LAYOUT,	/* an OCI layout */
	SOURCE_DIRECTORY,
};
/* Ends the program when the file cannot be read. */
enum source source_kind(const char *path);
/* Lets the reader decompress archives and layers by libraries. libarchive's other filters start
 * programs, which no file of a stranger may do. */
void support_filters(struct archive *a);
/* Why writing has failed: libarchive's text, or the errno's where libarchive only says "Write
 * error", as when the disk is full. */
const char *archive_failure(struct archive *a);
/* Is `r`, the result of archive_read_next_header(), that of a complete member? libarchive continues
 * after a damaged header, and reads malformed data as if they were not there. An unknown character
 * is no damage, since names are bytes. */
bool header_is_good(struct archive *a, int r);
/* How many bytes a compressed file of `packed` bytes may become: --max-size (`size_limit`; 0: not
 * given), else much more than usual archives need. */
extern int64_t size_limit;
int64_t room_for(int64_t packed);
/* Makes the OCI layout `dir` from the archive. Checks the blobs whose names are digests. Ends the
 * program if it is not the archive of an image. */
void stage_archive(const char *path, const char *dir);
/* Makes an index and manifests in the layout `dir` from docker's manifest.json. `members` has the
 * members of the archive, each with its blob or the member that it links to. Ends the program if
 * one that is needed is missing. */
void stage_docker(const char *dir, json_t *members);

/* Copies the file `path` to `to`; `digest` gets its digest. */
void copy_plain_file(const char *path, const char *to, char digest[DIGEST_MAX]);

/* ---- list.c ---- */

/* Removes what no image of the store's index needs. Call with the lock, and store_sweep() without
 * it afterwards: this removes the trees. */
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
/* Reads "docker-archive:x", "oci-archive:x", "oci:x:tag", "x" or "-". Returns the path, its kind,
 * and the `name` of the image in it ("": not given). Returns NULL when `text` names no file, so
 * that it may name an image. */
char *source_path(const char *text, enum source *kind, char **name);

/* Unpacks the archive `path` of a root file system into the empty directory `root`. `name` is for
 * messages. Returns the exit status. */
int unpack_tree(const char *path, const char *name, const char *root);
/* The value of option `name` if word `*i` is that option, as "NAME=VALUE" or two words (then `*i`
 * is advanced); NULL for another word. Ends the program if there is no value. (main.c) */
const char *option_value(char **argv, int *i, const char *name);
/* Returns the operand `word`. Ends the program if it is empty: mostly a variable of the caller's was not set. `what` is its
 * name in the usage. (main.c) */
const char *operand(const char *word, const char *what);
int unpack_main(int argc, char **argv);

#endif
