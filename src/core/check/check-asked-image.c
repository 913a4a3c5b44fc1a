/* What the registry tells about the images: there, readable, for the platform, fit to be pulled. */
#include "core/check/check-asked.h"

#include <string.h>

#include "core/check/check-f.h"

/* One container's image, with the registry's answer about it. */
struct manifest {
	const struct check_subject *subject;
	const json_t *container;
	const char *image;
	struct asked asked;
	struct check_finding where;
};

static struct asked ask_manifest(struct check *c, const char *image)
{
	return ask(c, "registry", "Manifest", json_pack("{s:s}", "image", image));
}

static bool is_ecr(const char *image)
{
	return strstr(image, ".dkr.ecr.") != NULL;
}

static void each_manifest(struct check *c, void (*see)(struct check *c, const struct manifest *m))
{
	const struct deployment *d = check_deployment(c);
	OWN(check_subjects) struct check_subjects all = { 0 };

	check_subjects_read(d, &all);
	for (size_t i = 0; i < all.count; i++)
		for (size_t k = 0;
		     all.list[i].service && k < json_array_size(all.list[i].containers); k++) {
			OWN(str) char *where = str_printf("ContainerDefinitions/%zu/Image", k);
			struct manifest m = { .subject = &all.list[i] };

			m.container = json_array_get(all.list[i].containers, k);
			m.image = deployment_text(d, json_object_get(m.container, "Image"));
			if (!m.image || !*m.image || check_image_is_ours(d, &all.list[i], k))
				continue;
			m.where = check_about(&all.list[i], CHECK_FAIL, where);
			m.asked = ask_manifest(c, m.image);
			see(c, &m);
			own_drop_asked(&m.asked);
		}
}

/* ---- F01, F02
 * ------------------------------------------------------------------------------------ */

static bool has_credentials(const json_t *container)
{
	return json_object_get(container, "RepositoryCredentials") != NULL;
}

bool asked_image(struct check *c, const struct check_finding *where, const json_t *container)
{
	const char *image =
		deployment_text(check_deployment(c), json_object_get(container, "Image"));
	struct check_finding f = *where;
	ASKED a = { 0 };

	if (!image || !*image)
		return false;
	a = ask_manifest(c, image);
	f.severity = CHECK_FAIL;
	if (asked_absent(&a))
		check_add(c, &f, "The registry has no %s.", image);
	else if (asked_denied(&a))
		return !is_ecr(image) && !has_credentials(container); /* F02 says it */
	else
		(void)asked_or_unknown(c, &f, &a, "Whether the registry has the image");
	return a.state != CHECK_NOT_ASKED;
}

static void see_denied(struct check *c, const struct manifest *m)
{
	if (asked_denied(&m->asked) && !is_ecr(m->image) && !has_credentials(m->container))
		check_add(c, &m->where,
			  "The registry gives %s to nobody without credentials (or has no such "
			  "repository), and the container has no RepositoryCredentials.",
			  m->image);
}

void asked_f02(struct check *c)
{
	each_manifest(c, see_denied);
}

/* ---- F04, F05
 * --------------------------------------------------------------------------------------- */

/* Docker's word for what RuntimePlatform asks for, NULL: not known. */
static const char *wanted_by(const struct check *c, const struct check_subject *s)
{
	const json_t *platform = json_object_get(s->properties, "RuntimePlatform");
	const json_t *value = json_object_get(platform, "CpuArchitecture");
	const char *text = value ? deployment_text(check_deployment(c), value) : "X86_64";

	if (!text || template_is_symbol(platform))
		return NULL;
	return !strcmp(text, "ARM64") ? "arm64" : !strcmp(text, "X86_64") ? "amd64" : NULL;
}

/* The index's entry for the architecture, or NULL. */
static const json_t *entry_for(const struct asked *a, const char *architecture)
{
	json_t *one;
	size_t i;

	json_array_foreach(asked_list(a, "manifests", NULL), i, one) {
		const json_t *platform = json_map(one, "platform");

		if (str_eq(json_str(platform, "architecture"), architecture) &&
		    !strcmp(json_str_or(platform, "os", "linux"), "linux"))
			return one;
	}
	return NULL;
}

/* Architecture of an image that is none of several; NULL: the manifest alone does not tell. */
static const char *single_architecture(const struct asked *a)
{
	const char *text = json_str(json_map(a->answer, "config"), "architecture");

	return text ? text : json_str(a->answer, "architecture");
}

bool asked_architecture(struct check *c, const struct check_finding *where,
			const struct check_subject *s, const json_t *container)
{
	const char *image =
		deployment_text(check_deployment(c), json_object_get(container, "Image"));
	const char *wanted = wanted_by(c, s);
	struct check_finding f = *where;
	ASKED a = { 0 };

	if (!image || !*image || !wanted)
		return false;
	a = ask_manifest(c, image);
	if (a.state != CHECK_ANSWERED)
		return false;
	if (!asked_list(&a, "manifests", NULL))
		return single_architecture(&a) != NULL; /* F05 says it */
	f.severity = CHECK_FAIL;
	if (!entry_for(&a, wanted))
		check_add(c, &f, "None of the %zu manifests of %s is for linux/%s.",
			  json_array_size(asked_list(&a, "manifests", NULL)), image, wanted);
	return true;
}

static void see_architecture(struct check *c, const struct manifest *m)
{
	const char *wanted = wanted_by(c, m->subject), *built = single_architecture(&m->asked);
	OWN(str) char *lookup = str_printf("docker manifest inspect --verbose %s", m->image);
	struct check_finding f = m->where;

	if (!wanted || m->asked.state != CHECK_ANSWERED || asked_list(&m->asked, "manifests", NULL))
		return;
	if (built && strcmp(built, wanted) != 0) {
		check_add(c, &f, "%s is built for %s, the task runs on %s.", m->image, built,
			  wanted);
	} else if (!built) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = lookup;
		check_add(c, &f,
			  "%s is one image for one platform; which one is not in its manifest.",
			  m->image);
	}
}

void asked_f05(struct check *c)
{
	each_manifest(c, see_architecture);
}

/* ---- F21, F22: the layers
 * ---------------------------------------------------------------------------- */

/* "registry/path:tag" -> "registry/path@digest". Caller frees. */
static char *by_digest(const char *image, const char *digest)
{
	size_t len = strcspn(image, "@");
	const char *slash = memrchr(image, '/', len);
	const char *start = slash ? slash : image;
	const char *colon = memchr(start, ':', len - (size_t)(start - image));

	return str_printf("%.*s@%s", (int)(colon ? (size_t)(colon - image) : len), image, digest);
}

/* The question about the manifest with the layers: the image's own, or the platform's. */
static struct asked ask_layers(struct check *c, const struct manifest *m)
{
	const char *wanted = wanted_by(c, m->subject);
	const json_t *entry = wanted ? entry_for(&m->asked, wanted) : NULL;
	OWN(str) char *image = NULL;

	if (!asked_list(&m->asked, "manifests", NULL) || !json_str(entry, "digest"))
		return ask_manifest(c, m->image);
	image = by_digest(m->image, json_str(entry, "digest"));
	return ask_manifest(c, image);
}

static bool is_zstd(const json_t *layer)
{
	return strstr(json_str_or(layer, "mediaType", ""), "zstd") != NULL;
}

static bool is_old_platform(const struct check *c, const struct check_subject *s)
{
	const json_t *value = json_object_get(s->service->resource->properties, "PlatformVersion");
	const char *version = value ? deployment_text(check_deployment(c), value) : NULL;

	return version && str_starts(version, "1.") && strcmp(version, "1.4.0") < 0;
}

static void see_layers(struct check *c, const struct manifest *m)
{
	ASKED a = { 0 };
	const json_t *layers;
	json_t *one;
	size_t i, zstd = 0;

	if (m->asked.state != CHECK_ANSWERED)
		return;
	a = ask_layers(c, m);
	if (!asked_or_unknown(c, &m->where, &a, "How the layers of the image are packed"))
		return;
	layers = asked_list(&a, "layers", NULL);
	json_array_foreach(layers, i, one)
		zstd += is_zstd(one);
	if (zstd && zstd < json_array_size(layers))
		check_add(c, &m->where,
			  "%zu of the %zu layers of %s are packed with zstd, the others "
			  "are not.",
			  zstd, json_array_size(layers), m->image);
	else if (zstd && is_old_platform(c, m->subject))
		check_add(c, &m->where,
			  "The layers of %s are packed with zstd, which the service's platform "
			  "version does not unpack.",
			  m->image);
}

void asked_f21(struct check *c)
{
	each_manifest(c, see_layers);
}

static const double much = 2e9;

static void see_size(struct check *c, const struct manifest *m)
{
	ASKED a = { 0 };
	struct check_finding f = m->where;
	double sum = 0;
	json_t *one;
	size_t i;

	if (m->asked.state != CHECK_ANSWERED)
		return;
	a = ask_layers(c, m);
	f.severity = CHECK_WARN;
	if (!asked_or_unknown(c, &f, &a, "How large the image is"))
		return;
	json_array_foreach(asked_list(&a, "layers", NULL), i, one)
		sum += (double)json_int_or(one, "size", 0);
	if (sum > much)
		check_add(c, &f, "%s is %.1f GB to pull at each start of a task.", m->image,
			  sum / 1e9);
}

void asked_f22(struct check *c)
{
	each_manifest(c, see_size);
}
