/* PutObject, GetObject, HeadObject, DeleteObject. */
#include "engine/cloud/s3/s3-internal.h"

#include <string.h>
#include <strings.h>
#include <time.h>

enum { KEY_MOST = 1024, META_MOST = 2048 };

static char *object_id(const char *bucket, const char *key)
{
	return str_printf("%s/%s", bucket, key); /* bucket names have no slash */
}

json_t *s3_object(struct hub *hub, const char *bucket, const char *key)
{
	OWN(str) char *id = object_id(bucket, key);

	return hub_get(hub, S3_OBJECTS, id);
}

void s3_object_forget(struct hub *hub, const char *bucket, const char *key)
{
	OWN(str) char *id = object_id(bucket, key);
	json_t *object = hub_get(hub, S3_OBJECTS, id);

	if (!object)
		return;
	s3_data_remove(hub, object);
	hub_remove(hub, S3_OBJECTS, id);
}

int s3_no_key(struct call *c)
{
	return call_fail(c, 404, "NoSuchKey", "The specified key does not exist.");
}

/* ---- writing ----------------------------------------------------------------------------------
 */

/* x-amz-meta-* of the request. -1: more than S3 takes. */
static int take_meta(const json_t *headers, json_t *object)
{
	json_t *meta = json_object(), *value;
	const char *name;
	size_t size = 0;

	json_object_set_new(object, "Meta", meta);
	json_object_foreach((json_t *)(uintptr_t)headers, name,
			    value) if (str_starts(name, "x-amz-meta-"))
	{
		size += strlen(name) + json_string_length(value);
		json_object_set(meta, name, value);
	}
	return size > META_MOST ? -1 : 0;
}

static int put_check(struct hub *hub, struct s3_request *r)
{
	const json_t *headers = r->call->headers;

	if (strlen(r->key) > KEY_MOST)
		return call_fail(r->call, 400, "KeyTooLongError", "Your key is too long");
	if (json_str(headers, "x-amz-copy-source"))
		return call_fail(r->call, 400, "NotImplemented",
				 "The local cloud does not copy objects.");
	if (json_str(headers, "if-match"))
		return call_fail(r->call, 400, "NotImplemented",
				 "The local cloud does not write on the condition If-Match.");
	if (str_eq(json_str(headers, "if-none-match"), "*") && s3_object(hub, r->bucket, r->key))
		return call_fail(r->call, 412, "PreconditionFailed",
				 "At least one of the pre-conditions you specified did not hold");
	return 0;
}

int s3_put_object(struct hub *hub, struct s3_request *r)
{
	OWN(json) json_t *object = json_object();
	OWN(str) char *id = object_id(r->bucket, r->key);
	OWN(str) char *hash = aws_sha256_hex(r->body, r->body_len);
	OWN(str) char *etag = str_printf("\"%.32s\"", hash);
	OWN(json) json_t *before = json_incref(hub_get(hub, S3_OBJECTS, id));
	struct err err = { 0 };

	if (put_check(hub, r) < 0)
		return -1;
	json_set_str(object, "Bucket", r->bucket);
	json_set_str(object, "Key", r->key);
	json_set_int(object, "Size", (json_int_t)r->body_len);
	json_set_str(object, "ETag", etag);
	json_set_int(object, "ModifiedMs", hub_now_ms(hub));
	json_set_str(object, "ContentType",
		     json_str_or(r->call->headers, "content-type", "binary/octet-stream"));
	if (take_meta(r->call->headers, object) < 0)
		return call_fail(r->call, 400, "MetadataTooLarge",
				 "Your metadata headers exceed the maximum allowed metadata size");
	if (s3_data_write(hub, object, r->body, r->body_len, &err) < 0) {
		hub_log(hub, "s3: %s", err.text);
		return call_fail(r->call, 500, "InternalError", "The object cannot be stored: %s",
				 err.text);
	}
	hub_put(hub, S3_OBJECTS, id, object);
	if (before)
		s3_data_remove(hub, before);
	json_set_str(r->headers, "ETag", etag);
	return 0;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

/* "Wed, 21 Oct 2015 07:28:00 GMT" */
static void set_modified(json_t *headers, int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	char text[64];

	if (gmtime_r(&seconds, &tm) &&
	    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm))
		json_set_str(headers, "Last-Modified", text);
}

/* "bytes=a-b", "bytes=a-", "bytes=-n" -> first and length. 1: none or another form, which HTTP says
 * to ignore. -1: nothing of the object is in it. */
static int range_parse(const char *range, size_t size, size_t *ret_first, size_t *ret_len)
{
	OWN(str) char *text = str_starts(range, "bytes=") ? str_dup(range + 6) : NULL;
	char *dash = text ? strchr(text, '-') : NULL;
	uint64_t first, last = UINT64_MAX;

	if (!dash || strchr(text, ','))
		return 1;
	*dash = '\0';
	if (dash[1] && num_parse_u64(dash + 1, 0, UINT64_MAX, &last) < 0)
		return 1;
	if (!*text) {
		if (!dash[1])
			return 1;
		first = last < size ? size - last : 0;
		last = last ? UINT64_MAX : 0;
		if (!last)
			return -1;
	} else if (num_parse_u64(text, 0, UINT64_MAX, &first) < 0 || last < first) {
		return 1;
	}
	if (first >= size)
		return -1;
	*ret_first = (size_t)first;
	*ret_len = (last < size ? (size_t)last + 1 : size) - (size_t)first;
	return 0;
}

static void describe(const json_t *object, json_t *headers)
{
	json_t *value;
	const char *name;

	json_set_str(headers, "ETag", json_str(object, "ETag"));
	json_set_str(headers, "Content-Type", json_str(object, "ContentType"));
	json_set_str(headers, "Accept-Ranges", "bytes");
	set_modified(headers, json_int_or(object, "ModifiedMs", 0));
	json_object_foreach(json_map(object, "Meta"), name, value)
		json_object_set(headers, name, value);
}

int s3_get_object(struct hub *hub, struct s3_request *r)
{
	json_t *object = s3_object(hub, r->bucket, r->key);
	OWN(str) char *data = NULL;
	OWN(str) char *content_range = NULL;
	struct err err = { 0 };
	size_t size, first = 0, len;
	int range;

	if (!object)
		return s3_no_key(r->call);
	if (json_str(r->query, "versionId") && strcmp(json_str(r->query, "versionId"), "null") != 0)
		return call_fail(r->call, 404, "NoSuchVersion",
				 "The specified version does not exist.");
	if (s3_data_read(hub, object, &data, &size, &err) < 0) {
		hub_log(hub, "s3: %s", err.text);
		return call_fail(r->call, 500, "InternalError", "The object cannot be read: %s",
				 err.text);
	}
	len = size;
	range = range_parse(json_str(r->call->headers, "range"), size, &first, &len);
	if (range < 0)
		return call_fail(r->call, 416, "InvalidRange",
				 "The requested range is not satisfiable");
	if (range == 0) {
		r->call->status = 206;
		content_range = str_printf("bytes %zu-%zu/%zu", first, first + len - 1, size);
		json_set_str(r->headers, "Content-Range", content_range);
	}
	describe(object, r->headers);
	buf_add(r->out, data + first, len);
	return 0;
}

int s3_delete_object(struct hub *hub, struct s3_request *r)
{
	s3_object_forget(hub, r->bucket, r->key); /* what is not there is deleted already */
	r->call->status = 204;
	return 0;
}
