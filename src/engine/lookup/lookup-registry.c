/* Image registries: the OCI distribution API, with the token that a registry asks for. */
#include <string.h>
#include <strings.h>

#include "core/aws/aws.h"
#include "engine/lookup/lookup-internal.h"

#define INDEX "application/vnd.oci.image.index.v1+json"
#define MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define DOCKER_INDEX "application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"

/* One registry during one question. */
struct session {
	struct lookup *l;
	const struct image *image;
	char *authorization;
	json_t *refused; /* why it ended; owned until taken */
};

static void own_drop_session(struct session *s)
{
	if (s->authorization)
		explicit_bzero(s->authorization, strlen(s->authorization));
	free(s->authorization);
	json_decref(s->refused);
}
#define OWN_SESSION __attribute__((cleanup(own_drop_session)))

/* ---- who we are ------------------------------------------------------------------------------ */

/* ECR takes a password that its API gives. Without the right to it the registry says what it thinks. */
static void ecr_login(struct session *s)
{
	OWN(str) char *region = image_ecr_region(s->image->host);
	OWN(json) json_t *none = json_object(), *fact = NULL;
	const char *token;

	if (!region)
		return;
	fact = ask_aws(s->l, "ecr", "GetAuthorizationToken", none, NULL);
	token = json_str(json_path(fact, "answer.authorizationData.0"), "authorizationToken");
	if (token)
		s->authorization = str_printf("Basic %s", token);
}

/* Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="..." */
static char *token_url(const struct image *image, const char *challenge)
{
	OWN(str) char *realm = challenge_value(challenge, "realm");
	OWN(str) char *service = challenge_value(challenge, "service");
	OWN(str) char *scope = challenge_value(challenge, "scope");
	OWN(str) char *own = str_printf("repository:%s:pull", image->path);
	OWN(str) char *name = service ? aws_uri_encode(service, 0) : NULL;
	OWN(str) char *what = aws_uri_encode(scope ? scope : own, 0);

	if (!realm || !(str_starts(realm, "https://") ||
			(image->plain && str_starts(realm, "http://"))))
		return NULL;
	return str_printf("%s%c%s%s%sscope=%s", realm, strchr(realm, '?') ? '&' : '?',
			  name ? "service=" : "", name ? name : "", name ? "&" : "", what);
}

/* True: the session has a token now. */
static bool log_in(struct session *s, const char *challenge)
{
	OWN(str) char *url = NULL;
	OWN_REPLY struct reply r = { 0 };
	OWN(json) json_t *answer = NULL;
	const char *token;

	if (s->authorization || !challenge || strncasecmp(challenge, "Bearer ", 7) != 0)
		return false;
	url = token_url(s->image, challenge + 7);
	if (!url)
		return false;
	lookup_http(s->l, url, NULL, NULL, NULL, &r);
	if (r.status != 200 || json_parse_text("token", r.body.data, r.body.len, &answer, NULL) < 0)
		return false;
	token = json_str(answer, "token");
	if (!token)
		token = json_str(answer, "access_token");
	/* it becomes a header line */
	if (!token || strpbrk(token, "\r\n"))
		return false;
	s->authorization = str_printf("Bearer %s", token);
	return true;
}

/* ---- documents ------------------------------------------------------------------------------- */

static json_t *status_refusal(const struct session *s, const struct reply *r, const char *what)
{
	const char *host = s->image->host;

	switch (r->status) {
	case 0:
		return refusal("Unreachable", "%s: %s", host, r->why);
	case 401:
	case 403:
		return refusal("Unauthorized", "%s does not let us read %s (HTTP %ld)", host,
			       s->image->path, r->status);
	case 404:
		return refusal("NotFound", "%s has no %s of %s", host, what, s->image->path);
	case 429:
		return refusal("TooManyRequests", "%s allows no more requests for now", host);
	default:
		return refusal("Unreachable", "%s answered with HTTP %ld", host, r->status);
	}
}

/* A JSON document below the image's path. NULL: s->refused says why. */
static json_t *fetch(struct session *s, const char *kind, const char *reference, const char *accept,
		     char **ret_digest)
{
	OWN(str) char *url = str_printf("%s://%s/v2/%s/%s/%s", s->image->plain ? "http" : "https",
					s->image->host, s->image->path, kind, reference);
	json_t *document = NULL;

	for (int tries = 0; tries < 2; tries++) {
		OWN_REPLY struct reply r = { 0 };
		OWN(str) char *hash = NULL;

		lookup_http(s->l, url, s->authorization, accept, NULL, &r);
		if (r.status == 401 && tries == 0 && log_in(s, r.challenge))
			continue;
		if (r.status != 200) {
			s->refused = status_refusal(s, &r, reference);
			return NULL;
		}
		if (json_parse_text(reference, r.body.data, r.body.len, &document, NULL) < 0) {
			s->refused = refusal("Unreachable", "%s answered with something that is no "
							    "manifest", s->image->host);
			return NULL;
		}
		hash = aws_sha256_hex(r.body.data, r.body.len);
		if (ret_digest)
			*ret_digest = str_printf("sha256:%s", hash);
		return document;
	}
	return NULL;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static json_t *platforms_of(const json_t *index)
{
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(json_list(index, "manifests"), i, one) {
		const json_t *platform = json_map(one, "platform");
		json_t *entry;

		/* attestations stand there with an unknown platform */
		if (!json_str(platform, "architecture") ||
		    str_eq(json_str(platform, "architecture"), "unknown"))
			continue;
		entry = json_object();
		json_set_str(entry, "os", json_str(platform, "os"));
		json_set_str(entry, "architecture", json_str(platform, "architecture"));
		json_set_str(entry, "variant", json_str(platform, "variant"));
		json_array_append_new(list, entry);
	}
	return list;
}

/* The manifest of an index that Fargate takes by default, else the first with a platform. */
static const char *choose(const json_t *index)
{
	const char *first = NULL;
	json_t *one;
	size_t i;

	json_array_foreach(json_list(index, "manifests"), i, one) {
		const char *architecture = json_str(json_map(one, "platform"), "architecture");

		if (!architecture || !strcmp(architecture, "unknown") || !json_str(one, "digest"))
			continue;
		if (!strcmp(architecture, "amd64"))
			return json_str(one, "digest");
		first = first ? first : json_str(one, "digest");
	}
	return first;
}

static void put_layers(json_t *answer, const json_t *manifest)
{
	json_t *types = json_array(), *one;
	json_int_t size = 0;
	size_t i;

	json_array_foreach(json_list(manifest, "layers"), i, one) {
		json_int_t bytes = json_int_or(one, "size", 0);

		if (bytes > 0 && size < (json_int_t)1 << 50)
			size += bytes;
		json_add_str(types, json_str_or(one, "mediaType", ""));
	}
	json_set_int(answer, "size", size);
	json_object_set_new(answer, "layers", types);
}

static void put_config(json_t *answer, const json_t *config)
{
	static const char *const members[] = { "Entrypoint", "Cmd", "User", "WorkingDir" };
	json_t *to = json_object();

	json_set_str(to, "os", json_str(config, "os"));
	json_set_str(to, "architecture", json_str(config, "architecture"));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		json_object_set(to, members[i], json_object_get(json_map(config, "config"), members[i]));
	json_object_set_new(answer, "config", to);
	if (json_list(answer, "platforms") || !json_str(config, "architecture"))
		return;
	json_object_set_new(answer, "platforms",
			    json_pack("[{s:s,s:s}]", "os", json_str_or(config, "os", "linux"),
				      "architecture", json_str(config, "architecture")));
}

/* Follows an index to one manifest, and that to the image's configuration. */
static json_t *describe(struct session *s)
{
	static const char accept[] = INDEX ", " DOCKER_INDEX ", " MANIFEST ", " DOCKER_MANIFEST;
	OWN(str) char *digest = NULL;
	OWN(json) json_t *manifest = fetch(s, "manifests", s->image->reference, accept, &digest);
	OWN(json) json_t *answer = json_object(), *config = NULL;

	if (!manifest)
		return NULL;
	json_set_str(answer, "digest", digest);
	json_set_str(answer, "mediaType", json_str(manifest, "mediaType"));
	if (json_list(manifest, "manifests")) {
		OWN(json) json_t *index = manifest;
		const char *chosen = choose(index);

		json_object_set_new(answer, "platforms", platforms_of(index));
		manifest = chosen ? fetch(s, "manifests", chosen, accept, NULL) : NULL;
		if (!manifest)
			return chosen ? NULL : GIVE(answer);
	}
	put_layers(answer, manifest);
	digest = (free(digest), str_dup(json_str(json_map(manifest, "config"), "digest")));
	config = digest && !strpbrk(digest, "/?#") ? fetch(s, "blobs", digest, NULL, NULL) : NULL;
	if (!config && s->refused)
		return NULL;
	if (config)
		put_config(answer, config);
	return GIVE(answer);
}

json_t *ask_registry(struct lookup *l, const char *action, const json_t *input, struct err *err)
{
	OWN_IMAGE struct image image = { 0 };
	OWN_SESSION struct session s = { .l = l, .image = &image };
	OWN(json) json_t *answer = NULL;
	struct err why = { 0 };

	if (strcmp(action, "Manifest") != 0) {
		(void)err_set(err, ERR_BUG, "registry %s is no look-up", action);
		return NULL;
	}
	if (image_parse(json_str_or(input, "image", ""), &image, &why) < 0)
		return refusal("NotFound", "%s", why.text);
	ecr_login(&s);
	answer = describe(&s);
	return answer ? json_pack("{s:O}", "answer", answer) : GIVE(s.refused);
}
