/* What the files of the image room share. Never leaves the room. */
#pragma once
#include <archive.h>
#include <archive_entry.h>

#include "engine/image/image.h"

enum {
	IMAGE_MOST_LAYERS = 127,	    /* as the engines */
	IMAGE_MOST_ENTRIES = 1000000,
	IMAGE_MOST_JSON = 4 << 20,	    /* a manifest, an index, a configuration */
	IMAGE_MOST_DEPTH = 128,		    /* directories in a path */
	IMAGE_MOST_NESTED = 4,		    /* indexes in indexes */
};
#define IMAGE_MOST_BYTES (20ULL << 30) /* the storage of a Fargate task */
#define IMAGE_DIGEST_LENGTH 71	       /* "sha256:" and 64 hexadecimal digits */

/* ---- libarchive, opened when it is needed (image-libarchive.c) -------------------------------- */
#define LIBARCHIVE_FUNCTION(name) __typeof__(&archive_##name) name
struct libarchive {
	LIBARCHIVE_FUNCTION(entry_filetype);
	LIBARCHIVE_FUNCTION(entry_gid);
	LIBARCHIVE_FUNCTION(entry_hardlink);
	LIBARCHIVE_FUNCTION(entry_hardlink_utf8);
	LIBARCHIVE_FUNCTION(entry_pathname);
	LIBARCHIVE_FUNCTION(entry_pathname_utf8);
	LIBARCHIVE_FUNCTION(entry_perm);
	LIBARCHIVE_FUNCTION(entry_size);
	LIBARCHIVE_FUNCTION(entry_symlink);
	LIBARCHIVE_FUNCTION(entry_symlink_utf8);
	LIBARCHIVE_FUNCTION(entry_uid);
	LIBARCHIVE_FUNCTION(error_string);
	LIBARCHIVE_FUNCTION(read_data_block);
	LIBARCHIVE_FUNCTION(read_free);
	LIBARCHIVE_FUNCTION(read_new);
	LIBARCHIVE_FUNCTION(read_next_header);
	LIBARCHIVE_FUNCTION(read_open);
	LIBARCHIVE_FUNCTION(read_support_filter_gzip);
	LIBARCHIVE_FUNCTION(read_support_filter_zstd);
	LIBARCHIVE_FUNCTION(read_support_format_empty);
	LIBARCHIVE_FUNCTION(read_support_format_raw);
	LIBARCHIVE_FUNCTION(read_support_format_tar);
};
extern struct libarchive libarchive;
int libarchive_load(struct err *err);

/* ---- what is inside the file (image-manifest.c): pure -------------------------------------------- */
bool image_is_digest(const char *text);
/* A descriptor of an index: which of them to take. machine: "amd64". The index is borrowed; the
 * result too. wanted: name of --name, or NULL. NULL result: err says what is there. */
const json_t *image_choose(const json_t *index, const char *machine, const char *wanted,
			   struct err *err);
/* The entry of manifest.json of docker save for `wanted` (or the only one). Borrowed. */
const json_t *image_choose_saved(const json_t *manifest, const char *wanted, struct err *err);
/* Checks an image manifest: its config and layers have digests, sizes and known types. */
int image_check_manifest(const json_t *manifest, struct err *err);
/* The record's part that comes from the configuration, and the digests of the unpacked layers
 * (borrowed from config). */
int image_read_config(const json_t *config, size_t layers, json_t **ret_record,
		      const json_t **ret_diff_ids, struct err *err);
/* Name that a descriptor gives itself, or NULL. Borrowed. */
const char *image_own_name(const json_t *descriptor);
int image_signal(const char *text); /* "SIGQUIT", "QUIT" or "3"; 0: none such */

/* ---- one layer (image-layer.c, image-unpack.c) ------------------------------------------------- */
struct image_unpack {
	int root;	  /* directory that nothing leaves */
	bool plain;	  /* no whiteouts: the outer tar */
	uint64_t bytes;	  /* written so far, all layers */
	uint64_t entries; /* so far, all layers */
	uint64_t skipped;
	json_t *owners; /* "uid:gid" -> count, or NULL */
	json_t *here;	/* paths of the present layer: what an opaque directory keeps */
};
/* Unpacks one tar stream; the archive is open. */
int image_unpack(struct image_unpack *u, struct archive *tar, struct err *err);

struct image_blob {
	int fd;
	const char *digest;  /* of its bytes; NULL: none is known */
	const char *diff_id; /* of the tar inside; NULL: none is known */
	int64_t size;	     /* -1: not known */
	void (*progress)(void *ctx, uint64_t bytes);
	void *ctx;
};
/* Reads a compressed or plain tar to its end into u and checks its digests. */
int image_layer(struct image_unpack *u, const struct image_blob *b, struct err *err);
/* sha256 of data as "sha256:..."; the caller's. */
char *image_digest(const void *data, size_t len);

/* ---- files (image-tree.c) ------------------------------------------------------------------------- */
/* Removes `name` of the directory with all below; what is not there is fine. */
int image_tree_remove(int directory, const char *name, struct err *err);

/* ---- the store (image-store.c) --------------------------------------------------------------------- */
/* Directory of the images, made and locked against others that change it; both are the caller's.
 * Left-overs of interrupted imports are gone. */
int image_store_lock(const char *state_dir, int *ret_directory, struct err *err);
/* Gives a whole image a name; what lost its last name is removed unless a task runs it. */
int image_store_name(int directory, const char *name, const char *id, struct err *err);
