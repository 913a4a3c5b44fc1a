/* Short names for people; the full ones are in the texts. */
#include <ctype.h>
#include <string.h>

#include "core/graph/graph-internal.h"

/* Parts of a CDK path that the framework adds. */
static bool is_filler(const char *part, size_t len)
{
	static const char *const fillers[] = { "Resource", "Default", "Service", "Subnet" };

	for (size_t i = 0; i < sizeof(fillers) / sizeof(fillers[0]); i++)
		if (strlen(fillers[i]) == len && !strncmp(part, fillers[i], len))
			return true;
	return false;
}

/* The last part of "Stack/Mpc/FileSystem/Resource" that says something; NULL: none does. */
static char *end_of_path(const char *path)
{
	const char *first = strchr(path, '/');
	size_t end = strlen(path);

	while (first && end > (size_t)(first - path)) {
		size_t start = end;

		while (start > 0 && path[start - 1] != '/')
			start--;
		if (start > (size_t)(first - path) && !is_filler(path + start, end - start))
			return str_dup_n(path + start, end - start);
		if (start == 0)
			break;
		end = start - 1;
	}
	return NULL;
}

/* Length without the eight hexadecimal digits that the CDK puts behind an id. */
static size_t without_hash(const char *id)
{
	size_t len = strlen(id), digits = 0;

	if (len <= 8)
		return len;
	for (size_t i = len - 8; i < len; i++) {
		if (!isdigit((unsigned char)id[i]) && !(id[i] >= 'A' && id[i] <= 'F'))
			return len;
		digits += isdigit((unsigned char)id[i]) != 0;
	}
	return digits ? len - 8 : len;
}

char *graph_resource_label(const struct deployment_resource *r)
{
	const char *path = r ? json_str(json_map(r->body, "Metadata"), "aws:cdk:path") : NULL;
	char *label = path ? end_of_path(path) : NULL;

	if (label)
		return label;
	return r ? str_dup_n(r->logical, without_hash(r->logical)) : str_dup("(outside)");
}

char *graph_task_label(const struct deployment *d, const struct deployment_service *s)
{
	const char *family;

	for (size_t i = 0; i < s->registry_count; i++) {
		OWN(str) char *name = s->registries[i] ? check_cloud_map_name(d, s->registries[i])
						       : NULL;

		if (name)
			return str_dup_n(name, strcspn(name, "."));
	}
	family = s->task && s->task->resource
			 ? check_text(d, json_object_get(s->task->resource->properties, "Family"))
			 : "";
	return *family ? str_dup(family) : graph_resource_label(s->resource);
}

char *graph_identity_label(const struct deployment *d, const struct deployment_resource *r,
			   const json_t *identity)
{
	const char *text = identity ? deployment_text(d, identity) : NULL;
	const char *symbol = json_str(identity, "$symbol"), *colon;

	if (r)
		return graph_resource_label(r);
	if (text)
		return str_dup(text);
	colon = symbol ? strchr(symbol, ':') : NULL;
	return str_dup(colon ? colon + 1 : symbol ? symbol : "(outside)");
}

char *graph_subnet_label(const struct deployment *d, const struct deployment_subnet *s)
{
	return graph_identity_label(d, s->resource, s->identity);
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t graph_length(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += !continues(*text);
	return n;
}

/* Byte offset of character `n`. */
static size_t offset_of(const char *text, size_t n)
{
	size_t i = 0;

	for (; n && text[i]; n--)
		for (i++; continues(text[i]);)
			i++;
	return i;
}

char *graph_shorten(const char *text, size_t most)
{
	size_t len = graph_length(text), head = (most - 1) / 2, tail = most - 1 - head;
	OWN(str) char *start = NULL;

	if (len <= most || most < 2)
		return str_dup(text);
	start = str_dup_n(text, offset_of(text, head));
	return str_printf("%s\xE2\x80\xA6%s", start, text + offset_of(text, len - tail));
}
