/* Names of images and of what registries demand. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "engine/lookup/lookup-internal.h"

void image_free(struct image *i)
{
	free(i->host);
	free(i->path);
	free(i->reference);
	*i = (struct image){ 0 };
}

/* The first part is a host when it looks like one: that is how Docker tells. */
static bool is_host(const char *text, size_t len)
{
	return memchr(text, '.', len) || memchr(text, ':', len) ||
	       (len == 9 && !memcmp(text, "localhost", 9));
}

static bool all_of(const char *text, const char *extra)
{
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr(extra, *c))
			return false;
	return *text != '\0';
}

static void split_reference(char *path, struct image *i)
{
	char *at = strchr(path, '@'), *colon;

	if (at)
		*at++ = '\0';
	colon = strrchr(path, ':');
	if (colon && !strchr(colon, '/'))
		*colon++ = '\0';
	else
		colon = NULL;
	i->reference = str_dup(at ? at : colon ? colon : "latest");
}

int image_parse(const char *text, struct image *ret, struct err *err)
{
	OWN_IMAGE struct image i = { 0 };
	size_t first = strcspn(text, "/");
	bool named = text[first] == '/' && is_host(text, first);
	OWN(str) char *rest = str_dup(named ? text + first + 1 : text);

	i.host = named ? str_dup_n(text, first) : str_dup("docker.io");
	split_reference(rest, &i);
	if (!strcmp(i.host, "docker.io") || !strcmp(i.host, "index.docker.io")) {
		free(i.host);
		i.host = str_dup("registry-1.docker.io");
	}
	i.path = !strcmp(i.host, "registry-1.docker.io") && !strchr(rest, '/')
			 ? str_printf("library/%s", rest)
			 : str_dup(rest);
	i.plain = str_starts(i.host, "localhost") || str_starts(i.host, "127.");
	if (!all_of(i.host, ".-:") || !all_of(i.path, "._-/") || strstr(i.path, "..") ||
	    !all_of(i.reference, "._-:"))
		return err_set(err, ERR_INPUT, "'%.200s' is not the name of an image", text);
	*ret = i;
	i = (struct image){ 0 };
	return 0;
}

char *image_ecr_region(const char *host)
{
	static const char middle[] = ".dkr.ecr.";
	const char *at = strstr(host, middle), *region;
	size_t len;

	if (at != host + 12 || strspn(host, "0123456789") != 12)
		return NULL;
	region = at + sizeof(middle) - 1;
	len = strcspn(region, ".");
	if (strcmp(region + len, ".amazonaws.com") != 0 && strcmp(region + len, ".amazonaws.com.cn") != 0)
		return NULL;
	return str_dup_n(region, len);
}

char *challenge_value(const char *challenge, const char *key)
{
	OWN(str) char *wanted = str_printf("%s=\"", key);
	const char *at = challenge;
	size_t len = strlen(wanted);

	for (; at && *at; at++) {
		bool start = at == challenge || at[-1] == ' ' || at[-1] == ',';

		if (start && !strncasecmp(at, wanted, len))
			return str_dup_n(at + len, strcspn(at + len, "\""));
	}
	return NULL;
}
