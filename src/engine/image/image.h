/* Container images of others on this machine: read from a file, checked, unpacked once, found again by
 * the reference of a task definition. Below <state dir>/images:
 *   names.json     name -> id
 *   <id>/image.json, <id>/root/   the record and the root file system with all layers applied
 * An image is there as a whole or not at all; imports exclude each other. Everything blocks. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

/* The full name that container engines give a reference: "nginx" is docker.io/library/nginx:latest; a
 * digest makes the tag meaningless. The caller's; NULL: not a reference, err says why. */
char *image_name(const char *reference, struct err *err);

/* The record of an image (image.json):
 *   "id"            digest of its manifest (docker save: of its configuration), "sha256:..."
 *   "digests"       all by which a reference may name it: index, manifest
 *   "os", "architecture"   "linux", "amd64"
 *   "entryPoint", "command"   arrays; "environment"  "NAME=value" texts; "workingDirectory"; "user"
 *   "stopSignal"    a number; "exposedPorts"  "80/tcp" texts
 *   "layers", "entries", "bytes", "imported"   counts and seconds since 1970
 *   "owners"        "uid:gid" -> number of files that belong to others than 0:0 in the image
 *   "skipped"       number of device nodes and sockets that were left out */

struct image_source {
	const char *state_dir;
	const char *path; /* OCI layout (directory or tar) or a tar of docker save */
	const char *name; /* reference to keep it under; NULL: the one that the file gives */
	/* Told about every megabyte; NULL: nobody. */
	void (*progress)(void *ctx, unsigned layer, unsigned layers, uint64_t bytes);
	void *ctx;
};
/* 0: *ret is the caller's {"name", "image": record}. -1: nothing of it is left behind. */
int image_import(const struct image_source *s, json_t **ret, struct err *err);

/* Array of {"name", "image": record}, by name; an image that lost its name has its id as name. */
int image_list(const char *state_dir, json_t **ret, struct err *err);

/* Removes a name (or an id), and the image when it was the last one. */
int image_remove(const char *state_dir, const char *reference, struct err *err);

enum { IMAGE_ABSENT = 1 };
/* 0: *ret_record is the caller's, and *ret_hold a descriptor that keeps the image from being removed
 * until it is closed. IMAGE_ABSENT: it was not imported. */
int image_find(const char *state_dir, const char *reference, json_t **ret_record, int *ret_hold,
	       struct err *err);
/* Directory of its root file system; the caller's. */
char *image_root(const char *state_dir, const json_t *record);

/* "user[:group]" by name or number as the root's /etc/passwd and /etc/group have it; "": 0:0.
 * root NULL: only root and numbers. *ret_home is the caller's. */
struct image_user {
	uint32_t uid, gid;
	char *home;
};
int image_user(const char *root, const char *user, struct image_user *ret, struct err *err);
