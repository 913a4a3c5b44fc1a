/* PutObject, GetObject, HeadObject, DeleteObject. */
#include "engine/cloud/s3/s3-internal.h"

#include <string.h>
#include <openssl/evp.h>
#include <strings.h>
#include <time.h>

enum { KEY_MOST = 1024, META_MOST = 2048 };

char *s3_object_id(const char *bucket, const char *key)
{
	return str_printf("%s/%s", bucket, key); /* bucket names have no slash */
}

void s3_md5(const void *data, size_t len, uint8_t digest[16])
{
	unsigned size = 16;

	if (!EVP_Digest(data, len, digest, &size, EVP_md5(), NULL))
		memset(digest, 0, 16); /* a library that refuses MD5 by policy: an ETag is no checksum then */
}

char *s3_etag(const uint8_t digest[16], const char *after)
{
	OWN(str) char *hex = hex_encode(digest, 16);

	return str_printf("\"%s%s\"", hex, after);
}

json_t *s3_object(struct hub *hub, const char *bucket, const char *key)
{
	OWN(str) char *id = s3_object_id(bucket, key);

	return hub_get(hub, S3_OBJECTS, id);
}

void s3_object_forget(struct hub *hub, const char *bucket, const char *key)
{
	OWN(str) char *id = s3_object_id(bucket, key);
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

int s3_object_new(struct s3_request *r, json_t **ret)
{
	OWN(json) json_t *object = json_object();

	if (strlen(r->key) > KEY_MOST)
		return call_fail(r->call, 400, "KeyTooLongError", "Your key is too long");
	json_set_str(object, "Bucket", r->bucket);
	json_set_str(object, "Key", r->key);
	json_set_str(object, "ContentType",
		     json_str_or(r->call->headers, "content-type", "binary/octet-stream"));
	if (take_meta(r->call->headers, object) < 0)
		return call_fail(r->call, 400, "MetadataTooLarge",
				 "Your metadata headers exceed the maximum allowed metadata size");
	*ret = GIVE(object);
	return 0;
}

int s3_object_put(struct hub *hub, struct s3_request *r, json_t *object, const void *data,
		  size_t len)
{
	OWN(str) char *id = s3_object_id(r->bucket, r->key);
	struct err err = { 0 };

	if (s3_data_write(hub, object, data, len, &err) < 0) {
		hub_log(hub, "s3: %s", err.text);
		return call_fail(r->call, 500, "InternalError", "The object cannot be stored: %s",
				 err.text);
	}
	json_set_int(object, "Size", (json_int_t)len);
	json_set_int(object, "ModifiedMs", hub_now_ms(hub));
	s3_version_begin(hub, r->bucket, r->key, object);
	hub_put(hub, S3_OBJECTS, id, object);
	json_set_str(r->headers, "ETag", json_str(object, "ETag"));
	json_set_str(r->headers, "x-amz-version-id", json_str(object, "VersionId"));
	return 0;
}

static int put_check(struct hub *hub, struct s3_request *r)
{
	const json_t *headers = r->call->headers;

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
	OWN(json) json_t *object = NULL;
	OWN(str) char *etag = NULL;
	uint8_t digest[16];

	if (json_str(r->call->headers, "x-amz-copy-source"))
		return s3_copy_object(hub, r);
	if (put_check(hub, r) < 0 || s3_object_new(r, &object) < 0)
		return -1;
	s3_md5(r->body, r->body_len, digest);
	etag = s3_etag(digest, "");
	json_set_str(object, "ETag", etag);
	return s3_object_put(hub, r, object, r->body, r->body_len);
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

int s3_range_parse(const char *range, size_t size, size_t *ret_first, size_t *ret_len)
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
	json_set_str(headers, "x-amz-version-id", json_str(object, "VersionId"));
	set_modified(headers, json_int_or(object, "ModifiedMs", 0));
	json_object_foreach(json_map(object, "Meta"), name, value)
		json_object_set(headers, name, value);
}

int s3_get_object(struct hub *hub, struct s3_request *r)
{
	json_t *object = s3_version_of(hub, r);
	OWN(str) char *data = NULL;
	OWN(str) char *content_range = NULL;
	struct err err = { 0 };
	size_t size, first = 0, len;
	int range;

	if (!object)
		return -1;
	if (s3_data_read(hub, object, &data, &size, &err) < 0) {
		hub_log(hub, "s3: %s", err.text);
		return call_fail(r->call, 500, "InternalError", "The object cannot be read: %s",
				 err.text);
	}
	len = size;
	range = s3_range_parse(json_str(r->call->headers, "range"), size, &first, &len);
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
