/* Versions: what a versioned bucket keeps when objects are overwritten or deleted. The current version is the object
 * itself; older ones and delete markers lie beside it. Version "null" is what was written before versioning. */
#include "engine/cloud/s3/s3-internal.h"

#include <string.h>

enum { VERSIONS_MOST = 1000 };

static bool versioned(struct hub *hub, const char *bucket)
{
	return str_eq(json_str(hub_get(hub, S3_BUCKETS, bucket), "Versioning"), "Enabled");
}

static const char *id_of(const json_t *object)
{
	return json_str_or(object, "VersionId", "null");
}

static char *kept_id(const json_t *object)
{
	return str_printf("%s/%s/%s", json_str(object, "Bucket"), id_of(object),
			  json_str(object, "Key"));
}

static void keep(struct hub *hub, json_t *object)
{
	OWN(str) char *id = kept_id(object);

	hub_put(hub, S3_VERSIONS, id, object);
}

static bool is_of(const json_t *object, const char *bucket, const char *key)
{
	return str_eq(json_str(object, "Bucket"), bucket) && str_eq(json_str(object, "Key"), key);
}

/* Makes room for a new current version, which gets its id. */
void s3_version_begin(struct hub *hub, const char *bucket, const char *key, json_t *object)
{
	OWN(json) json_t *before = json_incref(s3_object(hub, bucket, key));
	OWN(str) char *version = hub_id(hub, "", 32);

	if (!versioned(hub, bucket)) {
		if (before)
			s3_data_remove(hub, before);
		return;
	}
	if (object)
		json_set_str(object, "VersionId", version);
	if (before)
		keep(hub, before);
}

/* The kept version with that id (borrowed), or the latest (id NULL). */
static json_t *kept(struct hub *hub, const char *bucket, const char *key, const char *version)
{
	json_t *object, *found = NULL;
	const char *id;

	json_object_foreach(hub_all(hub, S3_VERSIONS), id, object)
	{
		if (!is_of(object, bucket, key) || (version && strcmp(version, id_of(object)) != 0))
			continue;
		if (!found ||
		    json_int_or(object, "ModifiedMs", 0) >= json_int_or(found, "ModifiedMs", 0))
			found = object;
	}
	return found;
}

json_t *s3_version_of(struct hub *hub, struct s3_request *r)
{
	const char *version = json_str(r->query, "versionId");
	json_t *object = s3_object(hub, r->bucket, r->key);

	if (version && (!object || strcmp(version, id_of(object)) != 0)) {
		object = kept(hub, r->bucket, r->key, version);
		if (!object)
			(void)call_fail(r->call, 404, "NoSuchVersion",
					"The specified version does not exist.");
	} else if (!object) {
		(void)s3_no_key(r->call);
	}
	if (object && json_bool_or(object, "Marker", false)) {
		(void)call_fail(r->call, 405, "MethodNotAllowed",
				"The specified method is not allowed against this resource.");
		return NULL;
	}
	return object;
}

/* ---- deleting
 * -------------------------------------------------------------------------------------------- */

/* The latest version that is left is the current one, unless it is a delete marker. */
static void promote(struct hub *hub, const char *bucket, const char *key)
{
	OWN(json) json_t *latest = json_incref(kept(hub, bucket, key, NULL));
	OWN(str) char *id = latest ? kept_id(latest) : NULL;
	OWN(str) char *current = s3_object_id(bucket, key);

	if (!latest || json_bool_or(latest, "Marker", false))
		return;
	hub_remove(hub, S3_VERSIONS, id);
	hub_put(hub, S3_OBJECTS, current, latest);
}

static bool delete_version(struct hub *hub, const char *bucket, const char *key,
			   const char *version)
{
	json_t *object = s3_object(hub, bucket, key);
	OWN(str) char *id = NULL;
	bool marker;

	if (object && !strcmp(version, id_of(object))) {
		s3_object_forget(hub, bucket, key);
		promote(hub, bucket, key);
		return false;
	}
	object = kept(hub, bucket, key, version);
	if (!object)
		return false;
	marker = json_bool_or(object, "Marker", false);
	id = kept_id(object);
	s3_data_remove(hub, object);
	hub_remove(hub, S3_VERSIONS, id);
	if (!s3_object(hub, bucket, key))
		promote(hub, bucket, key);
	return marker;
}

/* The new marker's id (caller's), or NULL: the bucket has no versions and the object is gone. */
static char *delete_current(struct hub *hub, const char *bucket, const char *key)
{
	OWN(str) char *id = s3_object_id(bucket, key);
	OWN(json) json_t *marker = NULL;

	if (!versioned(hub, bucket)) {
		s3_object_forget(hub, bucket, key);
		return NULL;
	}
	marker = json_object();
	json_set_str(marker, "Bucket", bucket);
	json_set_str(marker, "Key", key);
	json_set_bool(marker, "Marker", true);
	json_set_int(marker, "ModifiedMs", hub_now_ms(hub));
	s3_version_begin(hub, bucket, key, marker);
	hub_remove(hub, S3_OBJECTS, id);
	keep(hub, marker);
	return str_dup(id_of(marker));
}

int s3_delete_object(struct hub *hub, struct s3_request *r)
{
	const char *version = json_str(r->query, "versionId");
	OWN(str) char *marker = NULL;
	bool was_marker = false;

	/* what is not there is deleted already */
	if (version)
		was_marker = delete_version(hub, r->bucket, r->key, version);
	else
		marker = delete_current(hub, r->bucket, r->key);
	json_set_str(r->headers, "x-amz-version-id", version ? version : marker);
	if (marker || was_marker)
		json_set_str(r->headers, "x-amz-delete-marker", "true");
	r->call->status = 204;
	return 0;
}

static void delete_one(struct hub *hub, struct s3_request *r, const json_t *entry, bool quiet)
{
	const char *key = json_str_or(entry, "Key", ""), *version = json_str(entry, "VersionId");
	OWN(str) char *marker = NULL;

	if (version)
		(void)delete_version(hub, r->bucket, key, version);
	else
		marker = delete_current(hub, r->bucket, key);
	if (quiet)
		return;
	buf_str(r->out, "<Deleted>");
	s3_element(r->out, "Key", key);
	if (version)
		s3_element(r->out, "VersionId", version);
	if (marker) {
		s3_element(r->out, "DeleteMarker", "true");
		s3_element(r->out, "DeleteMarkerVersionId", marker);
	}
	buf_str(r->out, "</Deleted>");
}

int s3_delete_objects(struct hub *hub, struct s3_request *r)
{
	OWN(json) json_t *in = NULL;
	OWN(json) json_t *one = NULL;
	struct err err = { 0 };
	json_t *objects, *entry;
	size_t i;

	if (aws_xml_decode(r->body, r->body_len, &in, &err) < 0)
		return call_fail(r->call, 400, "MalformedXML", "%s", err.text);
	objects = json_object_get(in, "Object");
	if (json_is_object(objects)) {
		one = json_array();
		json_array_append(one, objects);
		objects = one;
	}
	if (!json_array_size(objects) || json_array_size(objects) > VERSIONS_MOST)
		return call_fail(r->call, 400, "MalformedXML",
				 "The XML you provided was not well-formed or did not validate "
				 "against our published schema");
	s3_document(r->out, "DeleteResult");
	json_array_foreach(objects, i, entry)
		delete_one(hub, r, entry, json_bool_or(in, "Quiet", false));
	buf_str(r->out, "</DeleteResult>");
	return 0;
}

/* ---- listing
 * --------------------------------------------------------------------------------------------- */

/* By key, the latest first. */
static int by_key(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	int order = strcmp(json_str_or(*x, "Key", ""), json_str_or(*y, "Key", ""));
	json_int_t s = json_int_or(*x, "ModifiedMs", 0), t = json_int_or(*y, "ModifiedMs", 0);

	return order ? order : s < t ? 1 : -(s > t);
}

static size_t collect(json_t *all, const struct s3_request *r, json_t **list, size_t count)
{
	const char *prefix = json_str_or(r->query, "prefix", ""), *id;
	json_t *object;

	json_object_foreach(all, id, object) if (str_eq(json_str(object, "Bucket"), r->bucket) &&
						 str_starts(json_str(object, "Key"), prefix))
		list[count++] = object;
	return count;
}

static void show(struct hub *hub, struct s3_request *r, const json_t *object)
{
	bool marker = json_bool_or(object, "Marker", false);
	const char *key = json_str(object, "Key"), *tag = marker ? "DeleteMarker" : "Version";
	OWN(str) char *time = aws_time_iso(json_int_or(object, "ModifiedMs", 0));
	bool latest = object == s3_object(hub, r->bucket, key) ||
		      (!s3_object(hub, r->bucket, key) &&
		       object == kept(hub, r->bucket, key, NULL));

	buf_printf(r->out, "<%s>", tag);
	s3_element(r->out, "Key", key);
	s3_element(r->out, "VersionId", id_of(object));
	s3_element(r->out, "IsLatest", latest ? "true" : "false");
	s3_element(r->out, "LastModified", time);
	if (!marker) {
		s3_element(r->out, "ETag", json_str_or(object, "ETag", ""));
		buf_printf(r->out, "<Size>%lld</Size><StorageClass>STANDARD</StorageClass>",
			   (long long)json_int_or(object, "Size", 0));
	}
	buf_printf(r->out, "</%s>", tag);
}

/* Behind the key and version that the page before ended with. */
static size_t first_of_page(const struct s3_request *r, json_t *const *list, size_t count)
{
	const char *key = json_str(r->query, "key-marker");
	const char *version = json_str(r->query, "version-id-marker");
	size_t i = 0;

	while (key && i < count) {
		int order = strcmp(json_str(list[i], "Key"), key);

		if (order > 0 || (!order && version && i && !strcmp(id_of(list[i - 1]), version)))
			break;
		i++;
	}
	return i;
}

int s3_list_versions(struct hub *hub, struct s3_request *r)
{
	json_t *objects = hub_all(hub, S3_OBJECTS), *versions = hub_all(hub, S3_VERSIONS);
	json_t **list = mem_new(json_object_size(objects) + json_object_size(versions) + 1,
				sizeof(json_t *));
	size_t count = collect(versions, r, list, collect(objects, r, list, 0)), i, from;
	uint64_t most = VERSIONS_MOST;

	(void)num_parse_u64(json_str_or(r->query, "max-keys", "1000"), 1, VERSIONS_MOST, &most);
	qsort(list, count, sizeof(json_t *), by_key);
	s3_document(r->out, "ListVersionsResult");
	s3_element(r->out, "Name", r->bucket);
	s3_element(r->out, "Prefix", json_str_or(r->query, "prefix", ""));
	from = first_of_page(r, list, count);
	for (i = from; i < count && i < from + most; i++)
		show(hub, r, list[i]);
	s3_element(r->out, "IsTruncated", i < count ? "true" : "false");
	if (i < count) {
		s3_element(r->out, "NextKeyMarker", json_str(list[i - 1], "Key"));
		s3_element(r->out, "NextVersionIdMarker", id_of(list[i - 1]));
	}
	buf_str(r->out, "</ListVersionsResult>");
	free(list);
	return 0;
}

/* ---- the bucket's setting
 * -------------------------------------------------------------------------------- */

int s3_bucket_versioning(struct hub *hub, struct s3_request *r)
{
	const char *status = json_str(hub_get(hub, S3_BUCKETS, r->bucket), "Versioning");

	s3_document(r->out, "VersioningConfiguration");
	if (status)
		s3_element(r->out, "Status", status);
	buf_str(r->out, "</VersioningConfiguration>");
	return 0;
}

int s3_put_versioning(struct hub *hub, struct s3_request *r)
{
	OWN(json) json_t *in = NULL;
	json_t *bucket = hub_get(hub, S3_BUCKETS, r->bucket);
	struct err err = { 0 };

	if (aws_xml_decode(r->body, r->body_len, &in, &err) < 0)
		return call_fail(r->call, 400, "MalformedXML", "%s", err.text);
	if (!str_eq(json_str(in, "Status"), "Enabled"))
		return call_fail(r->call, 400, "NotImplemented",
				 "The local cloud does not suspend versioning.");
	json_set_str(bucket, "Versioning", "Enabled");
	hub_put(hub, S3_BUCKETS, r->bucket, bucket);
	return 0;
}
