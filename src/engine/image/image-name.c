/* References as container engines read them: [registry/]repository[:tag][@digest]. */
#include <string.h>

#include "base/str.h"
#include "engine/image/image-internal.h"

enum { NAME_MOST = 255, TAG_MOST = 128 };

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

bool image_is_digest(const char *text)
{
	return text && strlen(text) == IMAGE_DIGEST_LENGTH && str_starts(text, "sha256:") &&
	       strspn(text + 7, DIGITS "abcdef") == 64;
}

static int refuse(const char *reference, const char *why, struct err *err)
{
	return err_set(err, ERR_INPUT, "'%.300s' is not an image reference: %s", reference, why);
}

/* The first part names a registry when it could not be a user's name of Docker Hub. */
static size_t registry_length(const char *text)
{
	size_t len = strcspn(text, "/");

	if (!text[len])
		return 0;
	if (memchr(text, '.', len) || memchr(text, ':', len) ||
	    (len == 9 && !strncmp(text, "localhost", 9)) || strcspn(text, UPPER) < len)
		return len;
	return 0;
}

static bool is_repository(const char *text, size_t len)
{
	if (!len || len > NAME_MOST || strspn(text, LOWER DIGITS "._-/") < len)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool edge = i == 0 || i + 1 == len || text[i - 1] == '/' || text[i + 1] == '/';

		if (edge && strchr("._-/", text[i]) && !(text[i] == '/' && i && i + 1 < len &&
							 text[i - 1] != '/' && text[i + 1] != '/'))
			return false;
	}
	return true;
}

static bool is_registry(const char *text, size_t len)
{
	size_t host = strspn(text, LOWER UPPER DIGITS ".-");

	return host && !strchr(".-", text[0]) &&
	       (host == len || (text[host] == ':' && host + 1 < len &&
				 host + 1 + strspn(text + host + 1, DIGITS) == len));
}

static bool is_tag(const char *text, size_t len)
{
	return len && len <= TAG_MOST && !strchr(".-", text[0]) &&
	       strspn(text, LOWER UPPER DIGITS "._-") >= len;
}

char *image_name(const char *reference, struct err *err)
{
	size_t host = registry_length(reference), name, tag = 0;
	const char *rest = reference + host + (host ? 1 : 0), *digest, *after;
	const char *registry = host ? reference : "docker.io", *library;

	host = host ? host : strlen(registry);
	name = strcspn(rest, ":@");
	after = rest + name;
	if (*after == ':')
		tag = strcspn(after + 1, "@");
	digest = strchr(after, '@');
	if (!is_registry(registry, host))
		(void)refuse(reference, "the registry is no host name", err);
	else if (!is_repository(rest, name))
		(void)refuse(reference, "repositories are lower-case letters, digits and . _ - /", err);
	else if (*after == ':' && !is_tag(after + 1, tag))
		(void)refuse(reference, "the tag has letters that no tag has", err);
	else if (digest && !image_is_digest(digest + 1))
		(void)refuse(reference, "the digest is not sha256: and 64 hexadecimal digits", err);
	else {
		if (host == 15 && !strncmp(registry, "index.docker.io", host)) {
			registry = "docker.io";
			host = strlen(registry);
		}
		library = host == 9 && !strncmp(registry, "docker.io", 9) &&
					  !memchr(rest, '/', name)
				  ? "library/"
				  : "";
		if (digest)
			return str_printf("%.*s/%s%.*s%s", (int)host, registry, library, (int)name,
					  rest, digest);
		return str_printf("%.*s/%s%.*s:%.*s", (int)host, registry, library, (int)name, rest,
				  tag ? (int)tag : 6, tag ? after + 1 : "latest");
	}
	return NULL;
}
