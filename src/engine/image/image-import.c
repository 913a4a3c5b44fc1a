/* An image out of a file: found in an OCI layout or a tar of docker save, checked, unpacked beside the
 * others and put among them with a rename. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "engine/image/image-internal.h"
#include "engine/sys/sys.h"

struct import {
	const struct image_source *s;
	int directory;	     /* of all images, locked */
	char *temporary;     /* name in it */
	int work;	     /* that directory, open */
	int source;	     /* where the documents and layers lie */
	char *machine;	     /* "amd64" */
	char *own_name;	     /* what the file calls it, or NULL */
	json_t *digests;     /* by which it may be named */
	json_t *record;
	unsigned layer, layers; /* for progress */
};

/* ---- documents
 * --------------------------------------------------------------------------------------------- */

static int open_file(const struct import *m, const char *path, struct err *err)
{
	OWN(fd) int fd = sys_open_beneath(m->source, path, O_RDONLY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return err_sys(err, "cannot open %.200s in it", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "%.200s in it is no file", path);
	return GIVE_FD(fd);
}

static bool has_file(const struct import *m, const char *path)
{
	OWN(fd) int fd = sys_open_beneath(m->source, path, O_PATH);

	return fd >= 0;
}

/* Reads a JSON document; digest NULL: it is not known. */
static int read_document(const struct import *m, const char *path, const char *digest, json_t **ret,
			 char **ret_digest, struct err *err)
{
	OWN(fd) int fd = open_file(m, path, err);
	OWN(str) char *link = str_printf("/proc/self/fd/%d", fd);
	OWN(str) char *text = NULL;
	OWN(str) char *real = NULL;
	size_t len;

	if (fd < 0 || sys_read_file(link, IMAGE_MOST_JSON, &text, &len, err) < 0)
		return fd < 0 ? -1 : err_in(err, "%.200s", path);
	real = image_digest(text, len);
	if (digest && !str_eq(digest, real))
		return err_set(err, ERR_INPUT, "%.200s has the digest %s where %s is expected", path,
			       real, digest);
	if (json_parse_text(path, text, len, ret, err) < 0)
		return -1;
	if (ret_digest)
		*ret_digest = GIVE(real);
	return 0;
}

static char *blob_path(const char *digest)
{
	return str_printf("blobs/sha256/%s", digest + strlen("sha256:"));
}

static int read_blob(const struct import *m, const json_t *descriptor, json_t **ret, struct err *err)
{
	const char *digest = json_str(descriptor, "digest");
	OWN(str) char *path = image_is_digest(digest) ? blob_path(digest) : NULL;

	if (!path)
		return err_set(err, ERR_INPUT, "a descriptor has no sha256 digest");
	return read_document(m, path, digest, ret, NULL, err);
}

/* ---- layers
 * ------------------------------------------------------------------------------------------------ */

static void layer_progress(void *ctx, uint64_t bytes)
{
	const struct import *m = ctx;

	if (m->s->progress)
		m->s->progress(m->s->ctx, m->layer, m->layers, bytes);
}

static int unpack_layer(struct import *m, struct image_unpack *u, const char *path,
			const char *digest, const char *diff_id, int64_t size, struct err *err)
{
	OWN(fd) int fd = open_file(m, path, err);
	struct image_blob blob = { .fd = fd,
				   .digest = digest,
				   .diff_id = diff_id,
				   .size = size,
				   .progress = layer_progress,
				   .ctx = m };

	m->layer++;
	if (fd < 0)
		return -1;
	if (image_layer(u, &blob, err) < 0)
		return err_in(err, "layer %u of %u", m->layer, m->layers);
	return 0;
}

static int begin_root(const struct import *m, struct image_unpack *u, struct err *err)
{
	if (mkdirat(m->work, "image", 0700) < 0 || mkdirat(m->work, "image/root", 0755) < 0)
		return err_sys(err, "cannot make a directory");
	*u = (struct image_unpack){ .root = openat(m->work, "image/root",
						   O_RDONLY | O_DIRECTORY | O_CLOEXEC),
				    .owners = json_object() };
	return u->root < 0 ? err_sys(err, "cannot open a directory") : 0;
}

/* Everything on disk before the image gets its place. */
static int end_root(struct import *m, struct image_unpack *u, struct err *err)
{
	OWN(str) char *path = str_printf("/proc/self/fd/%d/image/image.json", m->work);
	OWN(str) char *text = NULL;

	json_set_int(m->record, "bytes", (json_int_t)u->bytes);
	json_set_int(m->record, "entries", (json_int_t)u->entries);
	json_set_int(m->record, "skipped", (json_int_t)u->skipped);
	json_set_int(m->record, "imported", (json_int_t)time(NULL));
	json_object_set(m->record, "owners", u->owners);
	text = json_canonical(m->record);
	if (sys_write_atomic(path, text, strlen(text), 0600, err) < 0)
		return -1;
	return syncfs(u->root) < 0 ? err_sys(err, "cannot write the image to disk") : 0;
}

/* Where the layers lie: an OCI manifest or an entry of manifest.json, and their digests. */
static int unpack_layers(struct import *m, struct image_unpack *u, json_t *layers,
			 const json_t *diff_ids, struct err *err)
{
	json_t *layer;
	size_t i;

	json_array_foreach(layers, i, layer)
	{
		const char *digest = json_str(layer, "digest");
		const char *diff_id = json_string_value(json_array_get(diff_ids, i));
		OWN(str) char *path = digest ? blob_path(digest)
					     : str_dup(json_string_value(layer));

		if (!path)
			return err_set(err, ERR_INPUT, "manifest.json: a layer is no file name");
		if (unpack_layer(m, u, path, digest, diff_id, json_int_or(layer, "size", -1), err) < 0)
			return -1;
	}
	return 0;
}

/* id: of the image; what is there already is not unpacked again. */
static int unpack_image(struct import *m, const char *id, const json_t *config, json_t *layers,
			struct err *err)
{
	OWN(str) char *there = str_printf("%s/image.json", id + strlen("sha256:"));
	struct image_unpack u = { .root = -1 };
	const json_t *diff_ids;
	int rc;

	m->layers = (unsigned)json_array_size(layers);
	if (image_read_config(config, m->layers, &m->record, &diff_ids, err) < 0)
		return -1;
	json_set_str(m->record, "id", id);
	json_object_set(m->record, "digests", m->digests);
	if (faccessat(m->directory, there, F_OK, 0) == 0)
		return 0;
	rc = begin_root(m, &u, err);
	rc = rc < 0 ? rc : unpack_layers(m, &u, layers, diff_ids, err);
	rc = rc < 0 ? rc : end_root(m, &u, err);
	if (u.root >= 0)
		close(u.root);
	json_decref(u.owners);
	return rc;
}

/* ---- the two forms
 * ----------------------------------------------------------------------------------------- */

static int import_layout(struct import *m, struct err *err)
{
	OWN(json) json_t *document = NULL, *config = NULL;
	const json_t *descriptor;

	if (read_document(m, "index.json", NULL, &document, NULL, err) < 0)
		return -1;
	for (unsigned depth = 0; json_list(document, "manifests"); depth++) {
		json_t *next = NULL;

		descriptor = depth < IMAGE_MOST_NESTED
				     ? image_choose(document, m->machine, m->s->name, err)
				     : NULL;
		if (!descriptor)
			return depth < IMAGE_MOST_NESTED
				       ? -1
				       : err_set(err, ERR_INPUT, "indexes are nested too deep");
		if (!m->own_name)
			m->own_name = str_dup(image_own_name(descriptor));
		json_add_str(m->digests, json_str(descriptor, "digest"));
		if (read_blob(m, descriptor, &next, err) < 0)
			return -1;
		json_decref(document);
		document = next;
	}
	if (image_check_manifest(document, err) < 0 ||
	    read_blob(m, json_map(document, "config"), &config, err) < 0)
		return -1;
	if (!json_array_size(m->digests))
		return err_set(err, ERR_INPUT, "index.json lists nothing");
	return unpack_image(m,
			    json_string_value(json_array_get(m->digests,
							     json_array_size(m->digests) - 1)),
			    config, json_list(document, "layers"), err);
}

/* "<digest>.json" or "blobs/sha256/<digest>" promise what is in the file. The caller's, or NULL. */
static char *promised_digest(const char *path)
{
	const char *slash = strrchr(path, '/');
	OWN(str) char *digest = str_printf("sha256:%.64s", slash ? slash + 1 : path);

	return image_is_digest(digest) ? GIVE(digest) : NULL;
}

static int import_saved(struct import *m, struct err *err)
{
	OWN(json) json_t *manifest = NULL, *config = NULL;
	OWN(str) char *promised = NULL;
	OWN(str) char *id = NULL;
	const json_t *entry;
	const char *path;

	if (read_document(m, "manifest.json", NULL, &manifest, NULL, err) < 0)
		return -1;
	entry = image_choose_saved(manifest, m->s->name, err);
	if (!entry)
		return -1;
	path = json_str(entry, "Config");
	if (!path || !json_list(entry, "Layers") ||
	    json_array_size(json_list(entry, "Layers")) > IMAGE_MOST_LAYERS)
		return err_set(err, ERR_INPUT,
			       "manifest.json has no configuration, or no layers, or more than %d",
			       IMAGE_MOST_LAYERS);
	promised = promised_digest(path);
	if (read_document(m, path, promised, &config, &id, err) < 0)
		return -1;
	m->own_name = str_dup(
		json_string_value(json_array_get(json_list(entry, "RepoTags"), 0)));
	json_add_str(m->digests, id);
	return unpack_image(m, id, config, json_list(entry, "Layers"), err);
}

/* ---- begin and end
 * ------------------------------------------------------------------------------------------ */

static char *machine_architecture(void)
{
	struct utsname name;

	if (uname(&name) < 0)
		return str_dup("amd64");
	return str_dup(str_eq(name.machine, "x86_64")	 ? "amd64"
		       : str_eq(name.machine, "aarch64") ? "arm64"
							 : name.machine);
}

static int make_work(struct import *m, struct err *err)
{
	OWN(str) char *path = str_printf("/proc/self/fd/%d/.import-XXXXXX", m->directory);

	if (!mkdtemp(path))
		return err_sys(err, "cannot make a directory in %s/images", m->s->state_dir);
	m->temporary = str_dup(strrchr(path, '/') + 1);
	m->work = openat(m->directory, m->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return m->work < 0 ? err_sys(err, "cannot open a directory of ours") : 0;
}

/* A directory is read where it is; a tar is unpacked first. */
static int open_source(struct import *m, struct err *err)
{
	OWN(fd) int fd = open(m->s->path, O_RDONLY | O_CLOEXEC);
	struct image_unpack u = { .plain = true };
	struct image_blob blob = { .size = -1, .progress = layer_progress, .ctx = m };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, "cannot open it");
	if (S_ISDIR(st.st_mode)) {
		m->source = GIVE_FD(fd);
		return 0;
	}
	if (mkdirat(m->work, "source", 0700) < 0)
		return err_sys(err, "cannot make a directory");
	m->source = openat(m->work, "source", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->source < 0)
		return err_sys(err, "cannot open a directory of ours");
	u.root = m->source;
	blob.fd = fd;
	return image_layer(&u, &blob, err);
}

/* The name to keep it under. A digest in it must be one of the image's own. */
static int full_name(const struct import *m, char **ret, struct err *err)
{
	const char *asked = m->s->name ? m->s->name : m->own_name, *digest;
	OWN(str) char *name = NULL;
	json_t *one;
	size_t i;

	if (!asked)
		return err_set(err, ERR_INPUT, "the image has no name; give it one with --name");
	name = image_name(asked, err);
	if (!name)
		return -1;
	digest = strchr(name, '@');
	json_array_foreach(m->digests, i, one) if (digest &&
						   str_eq(digest + 1, json_string_value(one)))
		digest = NULL;
	if (digest)
		return err_set(err, ERR_INPUT, "the image has not the digest %s that its name says",
			       digest + 1);
	*ret = GIVE(name);
	return 0;
}

/* Puts the unpacked image among the others, unless it is there. */
static int place(const struct import *m, struct err *err)
{
	const char *name = json_str_or(m->record, "id", "") + strlen("sha256:");

	if (faccessat(m->work, "image/image.json", F_OK, 0) < 0)
		return 0;
	/* without image.json: what a removal left */
	if (image_tree_remove(m->directory, name, err) < 0)
		return -1;
	if (renameat(m->work, "image", m->directory, name) < 0 || fsync(m->directory) < 0)
		return err_sys(err, "cannot put the image in its place");
	return 0;
}

static int run(struct import *m, json_t **ret, struct err *err)
{
	OWN(str) char *name = NULL;

	if (image_store_lock(m->s->state_dir, &m->directory, err) < 0 || make_work(m, err) < 0 ||
	    open_source(m, err) < 0)
		return -1;
	if (has_file(m, "index.json") ? import_layout(m, err) < 0
	    : has_file(m, "manifest.json")
		    ? import_saved(m, err) < 0
		    : err_set(err, ERR_INPUT,
			      "it is neither an OCI image layout (index.json) nor a tar of docker save "
			      "(manifest.json)"))
		return -1;
	if (full_name(m, &name, err) < 0 || place(m, err) < 0 ||
	    image_store_name(m->directory, name, json_str(m->record, "id"), err) < 0)
		return -1;
	*ret = json_pack("{s:s, s:O}", "name", name, "image", m->record);
	return 0;
}

int image_import(const struct image_source *s, json_t **ret, struct err *err)
{
	struct import m = { .s = s,
			    .directory = -1,
			    .work = -1,
			    .source = -1,
			    .machine = machine_architecture(),
			    .digests = json_array() };
	int rc = 0;

	if (s->name) {
		OWN(str) char *name = image_name(s->name, err);

		rc = name ? 0 : -1;
	}
	if (rc == 0 && run(&m, ret, err) < 0)
		rc = err_in(err, "%s", s->path);
	if (m.temporary)
		(void)image_tree_remove(m.directory, m.temporary, NULL);
	for (size_t i = 0; i < 3; i++) {
		int fd = i == 0 ? m.source : i == 1 ? m.work : m.directory;

		if (fd >= 0)
			close(fd);
	}
	free(m.temporary);
	free(m.machine);
	free(m.own_name);
	json_decref(m.digests);
	json_decref(m.record);
	return rc;
}
