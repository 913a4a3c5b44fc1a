/* The JSON documents of an image: which of several to take, and what the configuration says. */
#include <signal.h>
#include <string.h>

#include "base/str.h"
#include "engine/image/image-internal.h"

/* ---- choice
 * ------------------------------------------------------------------------------------------- */

const char *image_own_name(const json_t *descriptor)
{
	static const char *const keys[] = { "io.containerd.image.name",
					    "org.opencontainers.image.ref.name" };
	const json_t *notes = json_map(descriptor, "annotations");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *name = json_str(notes, keys[i]);

		/* a bare tag ("latest") names nothing */
		if (name && (strchr(name, '/') || strchr(name, ':')))
			return name;
	}
	return NULL;
}

static bool same_name(const char *a, const char *b)
{
	OWN(str) char *left = a ? image_name(a, NULL) : NULL;
	OWN(str) char *right = b ? image_name(b, NULL) : NULL;

	return left && right && str_eq(left, right);
}

/* Signatures and provenance travel as manifests for no platform. */
static bool is_image(const json_t *descriptor)
{
	const json_t *platform = json_map(descriptor, "platform");
	const char *type = json_str_or(descriptor, "mediaType", "");

	return (!platform || !str_eq(json_str(platform, "os"), "unknown")) &&
	       (!*type || strstr(type, "manifest") || strstr(type, "index"));
}

static void add_listed(struct buf *text, const char *one)
{
	if (text->len < 400)
		buf_printf(text, "%s%.100s", text->len ? ", " : "", one);
}

/* Among descriptors of platforms: the machine's, else linux/amd64, else the first for Linux. */
static const json_t *by_platform(json_t *list, const char *machine)
{
	const json_t *best = NULL;
	int best_rank = 0;
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		const json_t *platform = json_map(one, "platform");
		const char *architecture = json_str_or(platform, "architecture", "");
		int rank;

		if (!platform || !is_image(one) || !str_eq(json_str(platform, "os"), "linux"))
			continue;
		rank = str_eq(architecture, machine) ? 3 : str_eq(architecture, "amd64") ? 2 : 1;
		if (rank > best_rank) {
			best_rank = rank;
			best = one;
		}
	}
	return best;
}

static const json_t *several(const struct buf *names, const char *wanted, struct err *err)
{
	if (wanted)
		(void)err_set(err, ERR_INPUT, "it holds several images, none of them %s: %s", wanted,
			      names->len ? names->data : "they have no names");
	else
		(void)err_set(err, ERR_INPUT,
			      "it holds several images; choose one with --name: %s",
			      names->len ? names->data : "they have no names");
	return NULL;
}

const json_t *image_choose(const json_t *index, const char *machine, const char *wanted,
			   struct err *err)
{
	json_t *list = json_list(index, "manifests"), *one;
	const json_t *only = NULL;
	OWN(buf) struct buf names = { 0 };
	size_t count = 0, platforms = 0, i;

	json_array_foreach(list, i, one)
	{
		const char *name = image_own_name(one);

		if (!is_image(one))
			continue;
		count++;
		platforms += json_map(one, "platform") && !name;
		only = one;
		if (name && wanted && same_name(name, wanted))
			return one;
		if (name)
			add_listed(&names, name);
	}
	if (count == 1)
		return only;
	if (!count) {
		(void)err_set(err, ERR_INPUT, "the index lists no image");
		return NULL;
	}
	if (platforms < count)
		return several(&names, wanted, err);
	only = by_platform(list, machine);
	if (!only)
		(void)err_set(err, ERR_INPUT, "the index lists no image for Linux");
	return only;
}

const json_t *image_choose_saved(const json_t *manifest, const char *wanted, struct err *err)
{
	OWN(buf) struct buf names = { 0 };
	json_t *one, *tag;
	size_t i, k;

	if (!json_is_array(manifest) || !json_array_size(manifest)) {
		(void)err_set(err, ERR_INPUT, "manifest.json lists no image");
		return NULL;
	}
	if (json_array_size(manifest) == 1)
		return json_array_get(manifest, 0);
	json_array_foreach(manifest, i, one) json_array_foreach(json_list(one, "RepoTags"), k, tag)
	{
		if (wanted && same_name(json_string_value(tag), wanted))
			return one;
		if (json_is_string(tag))
			add_listed(&names, json_string_value(tag));
	}
	return several(&names, wanted, err);
}

/* ---- manifest
 * ------------------------------------------------------------------------------------------ */

static int check_descriptor(const char *what, const json_t *d, struct err *err)
{
	json_int_t size = json_is_integer(json_object_get(d, "size"))
				  ? json_integer_value(json_object_get(d, "size"))
				  : -1;

	if (!image_is_digest(json_str(d, "digest")))
		return err_set(err, ERR_INPUT, "%s has no sha256 digest", what);
	if (size < 0)
		return err_set(err, ERR_INPUT, "%s has no size", what);
	return 0;
}

int image_check_manifest(const json_t *manifest, struct err *err)
{
	static const char *const types[] = {
		"application/vnd.oci.image.layer.v1.tar",
		"application/vnd.oci.image.layer.v1.tar+gzip",
		"application/vnd.oci.image.layer.v1.tar+zstd",
		"application/vnd.docker.image.rootfs.diff.tar",
		"application/vnd.docker.image.rootfs.diff.tar.gzip",
		"application/vnd.docker.image.rootfs.diff.tar.zstd",
	};
	json_t *layers = json_list(manifest, "layers"), *layer;
	size_t i;

	if (!json_map(manifest, "config") || !layers)
		return err_set(err, ERR_INPUT, "the manifest is not that of an image");
	if (json_array_size(layers) > IMAGE_MOST_LAYERS)
		return err_set(err, ERR_LIMIT, "the image has %zu layers; %d are the most",
			       json_array_size(layers), IMAGE_MOST_LAYERS);
	json_array_foreach(layers, i, layer)
	{
		const char *type = json_str_or(layer, "mediaType", "");
		bool known = false;

		for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++)
			known = known || str_eq(type, types[k]);
		if (!known)
			return err_set(err, ERR_INPUT,
				       "layer %zu is of type '%.100s'; tar layers, plain or with gzip or "
				       "zstd, can be read",
				       i + 1, type);
		if (check_descriptor("a layer", layer, err) < 0)
			return -1;
	}
	return check_descriptor("the configuration", json_map(manifest, "config"), err);
}

/* ---- configuration
 * -------------------------------------------------------------------------------------- */

int image_signal(const char *text)
{
	uint64_t number;

	if (num_parse_u64(text, 1, 64, &number) == 0)
		return (int)number;
	text += str_starts(text, "SIG") ? 3 : 0;
	if (str_starts(text, "RTMIN+") && num_parse_u64(text + 6, 0, 30, &number) == 0)
		return SIGRTMIN + (int)number;
	for (int i = 1; i < NSIG; i++) {
		const char *name = sigabbrev_np(i);

		if (name && str_eq(name, text))
			return i;
	}
	return 0;
}

/* An array of texts, or an empty one. */
static json_t *texts(const json_t *from, const char *key)
{
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(json_list(from, key), i, one) if (json_is_string(one))
		json_array_append(list, one);
	return list;
}

static json_t *keys_of(json_t *map)
{
	json_t *list = json_array(), *value;
	const char *key;

	json_object_foreach(map, key, value) json_add_str(list, key);
	return list;
}

int image_read_config(const json_t *config, size_t layers, json_t **ret_record,
		      const json_t **ret_diff_ids, struct err *err)
{
	const json_t *c = json_map(config, "config");
	json_t *diff_ids = json_list(json_map(config, "rootfs"), "diff_ids"), *one, *record;
	const char *os = json_str_or(config, "os", ""), *signal = json_str_or(c, "StopSignal", "");
	size_t i;

	if (!str_eq(os, "linux") || !json_str(config, "architecture"))
		return err_set(err, ERR_INPUT, "the image is for '%.60s', not for Linux", os);
	if (json_array_size(diff_ids) != layers)
		return err_set(err, ERR_INPUT,
			       "number of layers and diffIDs don't match (%zu and %zu)", layers,
			       json_array_size(diff_ids));
	json_array_foreach(diff_ids, i, one) if (!image_is_digest(json_string_value(one)))
		return err_set(err, ERR_INPUT, "a digest of an unpacked layer is no sha256");
	if (*signal && !image_signal(signal))
		return err_set(err, ERR_INPUT, "there is no stop signal '%.60s'", signal);
	record = json_object();
	json_set_str(record, "os", os);
	json_set_str(record, "architecture", json_str(config, "architecture"));
	json_object_set_new(record, "entryPoint", texts(c, "Entrypoint"));
	json_object_set_new(record, "command", texts(c, "Cmd"));
	json_object_set_new(record, "environment", texts(c, "Env"));
	json_set_str(record, "workingDirectory", json_str_or(c, "WorkingDir", ""));
	json_set_str(record, "user", json_str_or(c, "User", ""));
	json_set_int(record, "stopSignal", *signal ? image_signal(signal) : SIGTERM);
	json_object_set_new(record, "exposedPorts", keys_of(json_map(c, "ExposedPorts")));
	json_set_int(record, "layers", (json_int_t)layers);
	*ret_record = record;
	*ret_diff_ids = diff_ids;
	return 0;
}
