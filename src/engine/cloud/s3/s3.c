/* Requests of S3 taken apart: bucket and key, sub-resources, payload. */
#include "engine/cloud/s3/s3-internal.h"

#include <string.h>
#include <strings.h>

/* ---- payload ----------------------------------------------------------------------------------
 */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One frame "<hex>[;extension]CRLF<data>CRLF"; the last has size 0 and no data. Moves *at behind
 * it. 0, or -1: malformed. */
static int frame_read(const char **at, const char *end, struct buf *out, bool *ret_last)
{
	const char *line = memmem(*at, (size_t)(end - *at), "\r\n", 2), *s = *at;
	size_t size = 0;

	if (!line || hex_digit(*s) < 0)
		return -1;
	for (; s < line && hex_digit(*s) >= 0; s++) {
		if (size > SIZE_MAX >> 5)
			return -1;
		size = size << 4 | (size_t)hex_digit(*s);
	}
	if (s < line && *s != ';')
		return -1;
	s = line + 2;
	*ret_last = size == 0;
	if (!*ret_last) {
		if ((size_t)(end - s) < 2 || size > (size_t)(end - s) - 2 ||
		    memcmp(s + size, "\r\n", 2) != 0)
			return -1;
		buf_add(out, s, size);
		s += size + 2;
	}
	*at = s;
	return 0;
}

/* Takes the framing of aws-chunked away. What follows the last frame are trailers with checksums.
 */
static int unframe(const char *body, size_t len, struct buf *out)
{
	const char *at = body, *end = body + len;
	bool last = false;

	while (!last)
		if (at == end || frame_read(&at, end, out, &last) < 0)
			return -1;
	return 0;
}

static int payload_streamed(struct s3_request *r, struct buf *plain)
{
	const char *length = json_str(r->call->headers, "x-amz-decoded-content-length");
	uint64_t want;

	if (unframe(r->body, r->body_len, plain) < 0)
		return call_fail(r->call, 400, "IncompleteBody",
				 "The request body terminated unexpectedly");
	if (length && (num_parse_u64(length, 0, UINT64_MAX, &want) < 0 || want != plain->len))
		return call_fail(r->call, 400, "IncompleteBody",
				 "You did not provide the number of bytes specified by the "
				 "x-amz-decoded-content-length HTTP header");
	r->body = plain->data ? plain->data : "";
	r->body_len = plain->len;
	return 0;
}

/* The body as it is meant. `plain` keeps what had to be unframed. */
static int payload(struct s3_request *r, struct buf *plain)
{
	const char *hash = json_str_or(r->call->headers, "x-amz-content-sha256", "");
	const char *encoding = json_str_or(r->call->headers, "content-encoding", "");

	if (str_starts(hash, "STREAMING-") || strcasestr(encoding, "aws-chunked"))
		return payload_streamed(r, plain);
	if (strlen(hash) == 64) {
		OWN(str) char *have = aws_sha256_hex(r->body, r->body_len);

		if (strcasecmp(have, hash) != 0)
			return call_fail(
				r->call, 400, "XAmzContentSHA256Mismatch",
				"The provided 'x-amz-content-sha256' header does not match "
				"what was computed.");
	}
	return 0;
}

/* ---- address ----------------------------------------------------------------------------------
 */

/* Bucket in a host name ("b.localhost:4566", "b.s3.us-east-1.amazonaws.com"); NULL: path style. */
static char *host_bucket(const char *host)
{
	static const char *const ends[] = { ".localhost", ".s3.*.amazonaws.com*",
					    ".s3.amazonaws.com" };
	size_t len = host ? strcspn(host, ":") : 0;
	OWN(str) char *name = host ? str_dup_n(host, len) : NULL;

	for (size_t i = 0; name && i < sizeof(ends) / sizeof(ends[0]); i++) {
		OWN(str) char *pattern = str_printf("?*%s", ends[i]);
		const char *tail;

		if (!str_glob(pattern, name, true))
			continue;
		tail = strstr(name, i == 0 ? ".localhost" : ".s3.");
		/* s3.localhost is the service, not a bucket */
		if (!tail || (i == 0 && !strcmp(name, "s3.localhost")))
			return NULL;
		return str_dup_n(name, (size_t)(tail - name));
	}
	return NULL;
}

/* Decoded text, or NULL: malformed, not UTF-8, or with a NUL inside. */
static char *decoded(const char *s, size_t len)
{
	OWN(str) char *text = NULL;
	OWN(json) json_t *utf8 = NULL;
	size_t text_len;

	if (aws_uri_decode(s, len, &text, &text_len) < 0 || strlen(text) != text_len)
		return NULL;
	utf8 = json_string(text);
	return utf8 ? GIVE(text) : NULL;
}

static int take_path(struct s3_request *r, const char *path)
{
	const char *at = path + (*path == '/');
	size_t len;

	r->bucket = host_bucket(json_str(r->call->headers, "host"));
	if (!r->bucket) {
		len = strcspn(at, "/");
		r->bucket = decoded(at, len);
		at += len + (at[len] == '/');
	}
	r->key = decoded(at, strlen(at));
	if (!r->bucket || !r->key)
		return call_fail(r->call, 400, "InvalidURI", "Couldn't parse the specified URI.");
	return 0;
}

static int take_query(struct s3_request *r, const char *query)
{
	r->query = json_object();
	while (*query) {
		size_t len = strcspn(query, "&");
		const char *equals = memchr(query, '=', len);
		size_t name_len = equals ? (size_t)(equals - query) : len;
		OWN(str) char *name = decoded(query, name_len);
		OWN(str)
		char *value = equals ? decoded(equals + 1, len - name_len - 1) : str_dup("");

		if (!name || !value)
			return call_fail(r->call, 400, "InvalidURI",
					 "Couldn't parse the specified URI.");
		json_set_str(r->query, name, value);
		query += len + (query[len] == '&');
	}
	return 0;
}

/* ---- operations -------------------------------------------------------------------------------
 */

enum level { SERVICE, BUCKET, OBJECT };

static int head_bucket(struct hub *hub, struct s3_request *r)
{
	json_set_str(r->headers, "x-amz-bucket-region", hub_region(hub));
	return 0;
}

/* clang-format off */
static const struct operation {
	const char *name; /* AWS's, for the documentation */
	const char *method;
	enum level level;
	const char *sub; /* the sub-resource, or NULL: none */
	bool makes;	 /* the bucket need not be there */
	int (*run)(struct hub *hub, struct s3_request *r);
} operations[] = {
	{ "ListBuckets", "GET", SERVICE, NULL, true, s3_list_buckets },
	{ "CreateBucket", "PUT", BUCKET, NULL, true, s3_create_bucket },
	{ "HeadBucket", "HEAD", BUCKET, NULL, false, head_bucket },
	{ "DeleteBucket", "DELETE", BUCKET, NULL, false, s3_delete_bucket },
	{ "ListObjectsV2", "GET", BUCKET, NULL, false, s3_list_objects },
	{ "GetBucketLocation", "GET", BUCKET, "location", false, s3_bucket_location },
	{ "GetBucketEncryption", "GET", BUCKET, "encryption", false, s3_bucket_encryption },
	{ "GetBucketVersioning", "GET", BUCKET, "versioning", false, s3_bucket_versioning },
	{ "PutBucketVersioning", "PUT", BUCKET, "versioning", false, s3_put_versioning },
	{ "ListObjectVersions", "GET", BUCKET, "versions", false, s3_list_versions },
	{ "GetBucketPolicy", "GET", BUCKET, "policy", false, s3_bucket_policy },
	{ "ListMultipartUploads", "GET", BUCKET, "uploads", false, s3_list_uploads },
	{ "DeleteObjects", "POST", BUCKET, "delete", false, s3_delete_objects },
	{ "PutObject", "PUT", OBJECT, NULL, false, s3_put_object },
	{ "GetObject", "GET", OBJECT, NULL, false, s3_get_object },
	{ "HeadObject", "HEAD", OBJECT, NULL, false, s3_get_object },
	{ "DeleteObject", "DELETE", OBJECT, NULL, false, s3_delete_object },
	{ "CreateMultipartUpload", "POST", OBJECT, "uploads", false, s3_create_upload },
	{ "UploadPart", "PUT", OBJECT, "partNumber", false, s3_upload_part },
	{ "CompleteMultipartUpload", "POST", OBJECT, "uploadId", false, s3_complete_upload },
	{ "ListParts", "GET", OBJECT, "uploadId", false, s3_list_parts },
	{ "AbortMultipartUpload", "DELETE", OBJECT, "uploadId", false, s3_abort_upload },
};
/* What makes a request another operation when it is in the query. */
static const char *const sub_resources[] = {
	"accelerate", "acl", "analytics", "attributes", "cors", "delete", "encryption",
	"intelligent-tiering", "inventory", "legal-hold", "lifecycle", "location", "logging",
	"metrics", "notification", "object-lock", "ownershipControls", "partNumber", "policy",
	"policyStatus", "publicAccessBlock", "replication", "requestPayment", "restore",
	"retention", "select", "tagging", "torrent", "uploadId", "uploads", "versioning",
	"versions", "website",
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct operation *operation_of(const struct s3_request *r, const char **ret_sub)
{
	enum level level = !*r->bucket ? SERVICE : !*r->key ? BUCKET : OBJECT;

	*ret_sub = NULL;
	for (size_t i = 0; i < COUNT(sub_resources) && !*ret_sub; i++)
		if (json_object_get(r->query, sub_resources[i]))
			*ret_sub = sub_resources[i];
	for (size_t i = 0; i < COUNT(operations); i++)
		if (operations[i].level == level && !strcmp(operations[i].method, r->method) &&
		    str_eq(operations[i].sub, *ret_sub))
			return &operations[i];
	return NULL;
}

static json_t *operation_names(void)
{
	json_t *names = json_array();

	for (size_t i = 0; i < COUNT(operations); i++)
		json_add_str(names, operations[i].name);
	return names;
}

static int run(struct hub *hub, struct s3_request *r)
{
	const char *sub;
	const struct operation *op = operation_of(r, &sub);

	if (!op)
		return call_fail(r->call, 400, "NotImplemented",
				 "%s of %s%s%s is not part of the local cloud.", r->method,
				 *r->key      ? "an object"
				 : *r->bucket ? "a bucket"
					      : "the service",
				 sub ? " with ?" : "", sub ? sub : "");
	if (!op->makes && !hub_get(hub, S3_BUCKETS, r->bucket))
		return call_fail(r->call, 404, "NoSuchBucket",
				 "The specified bucket does not exist");
	return op->run(hub, r);
}

static int raw(struct hub *hub, struct call *c, const char *method, const char *path,
	       const char *query, json_t **ret_headers, struct buf *ret_body)
{
	OWN(buf) struct buf plain = { 0 };
	struct s3_request r = { .call = c,
				.method = method,
				.body = c->body,
				.body_len = c->body_len,
				.headers = json_object(),
				.out = ret_body };
	int status = -1;

	if (take_path(&r, path) == 0 && take_query(&r, query) == 0 && payload(&r, &plain) == 0)
		status = run(hub, &r);
	if (status == 0)
		*ret_headers = json_incref(r.headers);
	json_decref(r.headers);
	json_decref(r.query);
	free(r.bucket);
	free(r.key);
	return status;
}

/* ---- calls of other services --------------------------------------------------------------------
 */

/* In: Bucket, Key. Out: Body. For templates: text only. */
static int get_object(struct hub *hub, struct call *c)
{
	const char *bucket = json_str(c->in, "Bucket"), *key = json_str(c->in, "Key");
	OWN(str) char *data = NULL;
	struct err err = { 0 };
	json_t *object, *text;
	size_t len;

	if (!bucket || !key)
		return call_fail(c, 400, "InvalidArgument", "Bucket and Key are needed.");
	if (!hub_get(hub, S3_BUCKETS, bucket))
		return call_fail(c, 404, "NoSuchBucket", "The specified bucket does not exist");
	object = s3_object(hub, bucket, key);
	if (!object)
		return s3_no_key(c);
	if (s3_data_read(hub, object, &data, &len, &err) < 0)
		return call_fail(c, 500, "InternalError", "%s", err.text);
	text = json_stringn(data, len);
	if (!text)
		return call_fail(c, 400, "InvalidRequest", "The object is not UTF-8 text.");
	json_object_set_new(c->out, "Body", text);
	return 0;
}

static char *object_resource(struct hub *hub, const struct call *c)
{
	(void)hub;
	return str_printf("arn:aws:s3:::%s/%s", json_str_or(c->in, "Bucket", ""),
			  json_str_or(c->in, "Key", ""));
}

/* The bucket that the CDK's synthesizers upload to. */
static int start(struct hub *hub, struct err *err)
{
	OWN(str)
	char *name = str_printf("cdk-hnb659fds-assets-%s-%s", hub_account(hub), hub_region(hub));

	if (s3_data_start(hub, err) < 0)
		return -1;
	if (!hub_get(hub, S3_BUCKETS, name))
		s3_bucket_put(hub, name, NULL, true);
	return 0;
}

static const struct action actions[] = {
	{ .name = "GetObject", .run = get_object, .resource = object_resource },
	{ 0 },
};
static const struct resource_kind *const kinds[] = { &s3_bucket_kind, &s3_policy_kind, NULL };

const struct service service_s3 = {
	.name = "s3",
	.actions = actions,
	.kinds = kinds,
	.start = start,
	.raw = raw,
	.raw_names = operation_names,
	.covers = "Buckets and objects: put also streamed, in parts and as a copy, get also by range and "
		  "version, versioning. Bucket policies and life-cycle rules of resources "
		  "are kept and not applied: nobody but the account gets in, nothing expires.",
};
