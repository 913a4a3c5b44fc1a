/* Reading what is common to many requests: names, the template's text, pages. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

#define BODY_LIMIT 51200
#define URL_LIMIT 1000000
#define NAME_PATTERN "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"

int stack_no_such(struct call *c, const char *fmt, const char *name)
{
	OWN(str) char *text = NULL;
	const char *hole = strstr(fmt, "%s");

	text = str_printf("%.*s%s%s", (int)(hole - fmt), fmt, name, hole + 2);
	return call_fail(c, 400, "ValidationError", "%s", text);
}

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-';
}

static bool name_fits(const char *name)
{
	bool arn = str_starts(name, "arn:");

	if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z')))
		return false;
	for (const char *c = name; *c; c++)
		if (!name_char(*c) && !(arn && strchr(":/._+", *c)))
			return false;
	return true;
}

const char *stack_request_name(struct call *c)
{
	const char *name = json_str_or(c->in, "StackName", "");

	if (!*name) {
		(void)call_fail(c, 400, "ValidationError",
				"1 validation error detected: Value null at 'stackName' failed to "
				"satisfy constraint: Member must not be null");
		return NULL;
	}
	if (!name_fits(name)) {
		(void)call_fail(c, 400, "ValidationError",
				"1 validation error detected: Value '%s' at 'stackName' failed to "
				"satisfy constraint: Member must satisfy regular expression "
				"pattern: " NAME_PATTERN,
				name);
		return NULL;
	}
	if (!str_starts(name, "arn:") && strlen(name) > 128) {
		(void)call_fail(c, 400, "ValidationError",
				"1 validation error detected: Value '%s' at 'stackName' failed to "
				"satisfy constraint: Member must have length less than or equal to "
				"128",
				name);
		return NULL;
	}
	return name;
}

int stack_page(struct call *c, json_t *list, const char *member)
{
	const char *token = json_str(c->in, "NextToken");
	uint64_t from = 0;
	json_t *page;

	if (token && *token && num_parse_u64(token, 0, json_array_size(list), &from) < 0) {
		json_decref(list);
		return call_fail(c, 400, "ValidationError", "Invalid NextToken");
	}
	page = json_array();
	for (size_t i = from; i < json_array_size(list) && i < from + STACK_PAGE; i++)
		json_array_append(page, json_array_get(list, i));
	json_object_set_new(c->out, member, page);
	if (json_array_size(list) > from + STACK_PAGE) {
		OWN(str) char *next = str_printf("%u", (unsigned)(from + STACK_PAGE));

		json_set_str(c->out, "NextToken", next);
	}
	json_decref(list);
	return 0;
}

void stack_set_time(json_t *out, const char *key, int64_t ms)
{
	OWN(str) char *text = ms ? aws_time_iso(ms) : NULL;

	json_set_str(out, key, text);
}

/* ---- the template's text ----------------------------------------------------------------------
 */

/* Bucket in front of the host's name: <bucket>.s3.<region>.amazonaws.com, <bucket>.localhost. */
static size_t bucket_in_host(const char *host, size_t len)
{
	OWN(str) char *name = str_dup_n(host, len);
	char *colon = strchr(name, ':'), *end;

	if (colon)
		*colon = '\0';
	if (str_ends(name, ".localhost"))
		return strlen(name) - strlen(".localhost");
	if (!strstr(name, ".amazonaws.com"))
		return 0;
	end = strstr(name, ".s3.");
	if (!end)
		end = strstr(name, ".s3-");
	return end ? (size_t)(end - name) : 0;
}

/* 0: *ret_bucket and *ret_key are the caller's. -1: not a URL of an object. */
static int split_url(const char *url, char **ret_bucket, char **ret_key)
{
	const char *host = strstr(url, "://"), *path, *end;
	OWN(str) char *key = NULL;
	size_t bucket_len, key_len;

	if (!host || (!str_starts(url, "http://") && !str_starts(url, "https://")))
		return -1;
	host += 3;
	path = strchr(host, '/');
	if (!path)
		return -1;
	bucket_len = bucket_in_host(host, (size_t)(path - host));
	path++;
	if (!bucket_len) {
		host = path;
		path = strchr(path, '/');
		if (!path)
			return -1;
		bucket_len = (size_t)(path - host);
		path++;
	}
	end = path + strcspn(path, "?#");
	if (!bucket_len || end == path ||
	    aws_uri_decode(path, (size_t)(end - path), &key, &key_len) < 0)
		return -1;
	*ret_bucket = str_dup_n(host, bucket_len);
	*ret_key = GIVE(key);
	return 0;
}

static char *fetch(struct hub *hub, struct call *c, const char *url)
{
	OWN(str) char *bucket = NULL;
	OWN(str) char *key = NULL;
	OWN(json) json_t *in = json_object();
	OWN(json) json_t *out = NULL;
	struct err err = { 0 };
	const char *body;

	if (split_url(url, &bucket, &key) < 0) {
		(void)call_fail(c, 400, "ValidationError", "TemplateURL must be a supported URL.");
		return NULL;
	}
	json_set_str(in, "Bucket", bucket);
	stack_set_text(in, "Key", key);
	if (hub_call(hub, NULL, "s3", "GetObject", in, &out, NULL, &err) < 0) {
		(void)call_fail(c, 400, "ValidationError", "S3 error: %s", err.text);
		return NULL;
	}
	body = json_str_or(out, "Body", "");
	if (strlen(body) > URL_LIMIT) {
		(void)call_fail(c, 400, "ValidationError",
				"Template may not exceed 1000000 bytes in size.");
		return NULL;
	}
	return str_dup(body);
}

static char *given_body(struct call *c, const char *body)
{
	if (strlen(body) > BODY_LIMIT) {
		(void)call_fail(c, 400, "ValidationError",
				"1 validation error detected: Value at 'templateBody' failed to "
				"satisfy constraint: Member must have length less than or equal to "
				"51200");
		return NULL;
	}
	return str_dup(body);
}

char *stack_request_template(struct hub *hub, struct call *c, const json_t *stack)
{
	const char *body = json_str(c->in, "TemplateBody"), *url = json_str(c->in, "TemplateURL");
	const char *text;

	if (body && url) {
		(void)call_fail(c, 400, "ValidationError",
				"You cannot specify both Template Body and Template URL");
		return NULL;
	}
	if (body)
		return given_body(c, body);
	if (url)
		return fetch(hub, c, url);
	if (stack && json_bool_or(c->in, "UsePreviousTemplate", false)) {
		text = stack_template_text(hub, json_map(stack, "Settings"));
		if (text)
			return str_dup(text);
	}
	(void)call_fail(c, 400, "ValidationError",
			"Either Template URL or Template Body must be specified.");
	return NULL;
}

int stack_parse(struct call *c, const char *text, const struct template_inputs *inputs,
		struct template **ret_t)
{
	struct err err = { 0 };

	if (template_parse_with(NULL, text, strlen(text), inputs, ret_t, &err) < 0)
		return call_fail(c, 400, "ValidationError", "%s", err.text);
	return 0;
}
