/* Buckets and what is in them. */
#include "engine/cloud/s3/s3-internal.h"

#include <string.h>

enum { KEYS_MOST = 1000 };

bool s3_bucket_name_fits(const char *name)
{
	size_t len = strlen(name);
	uint32_t ip;

	if (len < 3 || len > 63 || strstr(name, "..") || ip_parse(name, &ip) == 0)
		return false;
	for (const char *s = name; *s; s++) {
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9');
		bool edge = s == name || !s[1];

		if (!plain && (edge || (*s != '-' && *s != '.')))
			return false;
	}
	return true;
}

void s3_bucket_put(struct hub *hub, const char *name, const json_t *encryption, bool ours)
{
	OWN(json) json_t *bucket = json_object();

	json_set_str(bucket, "Name", name);
	json_set_int(bucket, "CreatedMs", hub_now_ms(hub));
	if (encryption)
		json_object_set_new(bucket, "Encryption", json_deep_copy(encryption));
	if (ours)
		json_set_bool(bucket, "Ours", true);
	hub_put(hub, S3_BUCKETS, name, bucket);
}

static bool has_any(json_t *all, const char *bucket)
{
	json_t *object;
	const char *id;

	json_object_foreach(all, id,
			    object) if (str_eq(json_str(object, "Bucket"), bucket)) return true;
	return false;
}

bool s3_bucket_empty(struct hub *hub, const char *bucket)
{
	return !has_any(hub_all(hub, S3_OBJECTS), bucket) &&
	       !has_any(hub_all(hub, S3_VERSIONS), bucket);
}

/* ---- XML --------------------------------------------------------------------------------------
 */

void s3_element(struct buf *b, const char *name, const char *text)
{
	buf_printf(b, "<%s>", name);
	aws_xml_escape(b, text);
	buf_printf(b, "</%s>", name);
}

static void element_time(struct buf *b, const char *name, int64_t ms)
{
	OWN(str) char *text = aws_time_iso(ms);

	s3_element(b, name, text);
}

void s3_document(struct buf *b, const char *root)
{
	buf_printf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s xmlns=\"%s\">", root,
		   S3_NAMESPACE);
}

/* ---- buckets ----------------------------------------------------------------------------------
 */

int s3_list_buckets(struct hub *hub, struct s3_request *r)
{
	json_t *bucket;
	const char *name;

	s3_document(r->out, "ListAllMyBucketsResult");
	buf_printf(r->out, "<Owner><ID>%s</ID></Owner><Buckets>", hub_account(hub));
	json_object_foreach(hub_all(hub, S3_BUCKETS), name, bucket)
	{
		buf_str(r->out, "<Bucket>");
		s3_element(r->out, "Name", name);
		element_time(r->out, "CreationDate", json_int_or(bucket, "CreatedMs", 0));
		buf_str(r->out, "</Bucket>");
	}
	buf_str(r->out, "</Buckets></ListAllMyBucketsResult>");
	return 0;
}

int s3_create_bucket(struct hub *hub, struct s3_request *r)
{
	OWN(str) char *location = str_printf("/%s", r->bucket);
	OWN(json) json_t *where = NULL;
	struct err err = { 0 };

	if (!s3_bucket_name_fits(r->bucket))
		return call_fail(r->call, 400, "InvalidBucketName",
				 "The specified bucket is not valid.");
	if (r->body_len && aws_xml_decode(r->body, r->body_len, &where, &err) < 0)
		return call_fail(r->call, 400, "MalformedXML", "%s", err.text);
	if (json_str(where, "LocationConstraint") &&
	    strcmp(json_str(where, "LocationConstraint"), hub_region(hub)) != 0)
		return call_fail(
			r->call, 400, "IllegalLocationConstraintException",
			"The %s location constraint is incompatible for the region specific "
			"endpoint this request was sent to.",
			json_str(where, "LocationConstraint"));
	if (hub_get(hub, S3_BUCKETS, r->bucket)) {
		/* the first region never refused this, and still does not */
		if (strcmp(hub_region(hub), "us-east-1") != 0)
			return call_fail(r->call, 409, "BucketAlreadyOwnedByYou",
					 "Your previous request to create the named bucket "
					 "succeeded and you already own it.");
	} else {
		s3_bucket_put(hub, r->bucket, NULL, false);
	}
	json_set_str(r->headers, "Location", location);
	return 0;
}

int s3_delete_bucket(struct hub *hub, struct s3_request *r)
{
	if (!s3_bucket_empty(hub, r->bucket))
		return call_fail(r->call, 409, "BucketNotEmpty",
				 "The bucket you tried to delete is not empty");
	hub_remove(hub, S3_BUCKETS, r->bucket);
	r->call->status = 204;
	return 0;
}

int s3_bucket_location(struct hub *hub, struct s3_request *r)
{
	const char *region = hub_region(hub);

	s3_document(r->out, "LocationConstraint");
	aws_xml_escape(r->out, strcmp(region, "us-east-1") == 0 ? "" : region);
	buf_str(r->out, "</LocationConstraint>");
	return 0;
}

int s3_bucket_policy(struct hub *hub, struct s3_request *r)
{
	const json_t *policy = json_map(hub_get(hub, S3_BUCKETS, r->bucket), "Policy");
	OWN(str) char *text = policy ? json_text(policy) : NULL;

	if (!policy)
		return call_fail(r->call, 404, "NoSuchBucketPolicy",
				 "The bucket policy does not exist");
	json_set_str(r->headers, "Content-Type", "application/json");
	buf_str(r->out, text);
	return 0;
}

int s3_bucket_encryption(struct hub *hub, struct s3_request *r)
{
	const json_t *encryption = json_map(hub_get(hub, S3_BUCKETS, r->bucket), "Encryption");
	json_t *rule;
	size_t i;

	if (!encryption)
		return call_fail(r->call, 404, "ServerSideEncryptionConfigurationNotFoundError",
				 "The server side encryption configuration was not found");
	s3_document(r->out, "ServerSideEncryptionConfiguration");
	json_array_foreach(json_list(encryption, "ServerSideEncryptionConfiguration"), i, rule)
	{
		const json_t *defaults = json_map(rule, "ServerSideEncryptionByDefault");

		buf_str(r->out, "<Rule><ApplyServerSideEncryptionByDefault>");
		s3_element(r->out, "SSEAlgorithm", json_str_or(defaults, "SSEAlgorithm", "AES256"));
		if (json_str(defaults, "KMSMasterKeyID"))
			s3_element(r->out, "KMSMasterKeyID", json_str(defaults, "KMSMasterKeyID"));
		buf_str(r->out, "</ApplyServerSideEncryptionByDefault></Rule>");
	}
	buf_str(r->out, "</ServerSideEncryptionConfiguration>");
	return 0;
}

/* ---- listing ----------------------------------------------------------------------------------
 */

struct listing {
	const char *prefix, *delimiter, *after;
	uint64_t most;
	struct buf contents, prefixes;
	uint64_t count;
	char *last;   /* last key or common prefix given out */
	char *common; /* last common prefix given out */
	bool truncated;
};

static int by_key(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;

	return strcmp(json_str_or(*x, "Key", ""), json_str_or(*y, "Key", ""));
}

/* Objects of the bucket sorted by key; the array is the caller's. */
static json_t **sorted(struct hub *hub, const char *bucket, size_t *ret_count)
{
	json_t *all = hub_all(hub, S3_OBJECTS), *object;
	json_t **list = mem_new(json_object_size(all), sizeof(json_t *));
	const char *id;
	size_t count = 0;

	json_object_foreach(all, id, object) if (str_eq(json_str(object, "Bucket"), bucket))
		list[count++] = object;
	qsort(list, count, sizeof(json_t *), by_key);
	*ret_count = count;
	return list;
}

static void set_text(char **at, char *text)
{
	free(*at);
	*at = text;
}

/* Up to and with the first delimiter behind the prefix, or NULL. Caller's. */
static char *common_prefix(const struct listing *l, const char *key)
{
	size_t skip = strlen(l->prefix);
	const char *end = *l->delimiter ? strstr(key + skip, l->delimiter) : NULL;

	return end ? str_dup_n(key, (size_t)(end - key) + strlen(l->delimiter)) : NULL;
}

static void list_one(struct listing *l, const json_t *object)
{
	const char *key = json_str_or(object, "Key", "");
	OWN(str) char *common = NULL;
	OWN(str) char *size = NULL;

	if (!str_starts(key, l->prefix) || strcmp(key, l->after) <= 0)
		return;
	common = common_prefix(l, key);
	/* all below a common prefix count as one, also across pages */
	if (common && (str_eq(common, l->common) || strcmp(common, l->after) <= 0))
		return;
	if (l->count == l->most) {
		l->truncated = true;
		return;
	}
	l->count++;
	set_text(&l->last, str_dup(common ? common : key));
	if (common) {
		buf_str(&l->prefixes, "<CommonPrefixes>");
		s3_element(&l->prefixes, "Prefix", common);
		buf_str(&l->prefixes, "</CommonPrefixes>");
		set_text(&l->common, GIVE(common));
		return;
	}
	size = str_printf("%lld", (long long)json_int_or(object, "Size", 0));
	buf_str(&l->contents, "<Contents>");
	s3_element(&l->contents, "Key", key);
	element_time(&l->contents, "LastModified", json_int_or(object, "ModifiedMs", 0));
	s3_element(&l->contents, "ETag", json_str_or(object, "ETag", ""));
	s3_element(&l->contents, "Size", size);
	buf_str(&l->contents, "<StorageClass>STANDARD</StorageClass></Contents>");
}

static void list_write(struct s3_request *r, struct listing *l, bool second)
{
	s3_document(r->out, "ListBucketResult");
	s3_element(r->out, "Name", r->bucket);
	s3_element(r->out, "Prefix", l->prefix);
	if (*l->delimiter)
		s3_element(r->out, "Delimiter", l->delimiter);
	buf_printf(r->out, "<MaxKeys>%llu</MaxKeys>", (unsigned long long)l->most);
	if (second)
		buf_printf(r->out, "<KeyCount>%llu</KeyCount>", (unsigned long long)l->count);
	else
		s3_element(r->out, "Marker", l->after);
	s3_element(r->out, "IsTruncated", l->truncated ? "true" : "false");
	if (l->truncated && l->last)
		s3_element(r->out, second ? "NextContinuationToken" : "NextMarker", l->last);
	buf_add(r->out, l->contents.data ? l->contents.data : "", l->contents.len);
	buf_add(r->out, l->prefixes.data ? l->prefixes.data : "", l->prefixes.len);
	buf_str(r->out, "</ListBucketResult>");
}

int s3_list_objects(struct hub *hub, struct s3_request *r)
{
	const char *type = json_str(r->query, "list-type"), *most = json_str(r->query, "max-keys");
	bool second = str_eq(type, "2");
	struct listing l = { .prefix = json_str_or(r->query, "prefix", ""),
			     .delimiter = json_str_or(r->query, "delimiter", ""),
			     .most = KEYS_MOST };
	json_t **objects;
	size_t count;

	l.after = second ? json_str(r->query, "continuation-token") : json_str(r->query, "marker");
	if (!l.after)
		l.after = second ? json_str_or(r->query, "start-after", "") : "";
	if (most && num_parse_u64(most, 0, INT32_MAX, &l.most) < 0)
		return call_fail(r->call, 400, "InvalidArgument",
				 "Provided max-keys not an integer or within integer range");
	if (l.most > KEYS_MOST)
		l.most = KEYS_MOST;
	objects = sorted(hub, r->bucket, &count);
	for (size_t i = 0; i < count && !l.truncated; i++)
		list_one(&l, objects[i]);
	list_write(r, &l, second);
	free(objects);
	free(l.last);
	free(l.common);
	buf_free(&l.contents);
	buf_free(&l.prefixes);
	return 0;
}
