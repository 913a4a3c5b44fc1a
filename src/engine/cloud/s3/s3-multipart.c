/* Uploads in parts, and copies: the ways in which clients move what is large. */
#include "engine/cloud/s3/s3-internal.h"

#include <stdio.h>
#include <string.h>

enum { PART_LEAST = 5 << 20, PARTS_MOST = 10000 };

static json_t *upload_of(struct hub *hub, struct s3_request *r)
{
	json_t *upload = hub_get(hub, S3_UPLOADS, json_str_or(r->query, "uploadId", ""));

	if (upload && str_eq(json_str(upload, "Bucket"), r->bucket) &&
	    str_eq(json_str(upload, "Key"), r->key))
		return upload;
	(void)call_fail(r->call, 404, "NoSuchUpload",
			"The specified upload does not exist. The upload ID may be invalid, or the "
			"upload may have been aborted or completed.");
	return NULL;
}

int s3_create_upload(struct hub *hub, struct s3_request *r)
{
	OWN(str) char *id = hub_id(hub, "", 40);
	OWN(json) json_t *upload = NULL;

	if (s3_object_new(r, &upload) < 0)
		return -1;
	json_object_set_new(upload, "Parts", json_object());
	json_set_int(upload, "InitiatedMs", hub_now_ms(hub));
	hub_put(hub, S3_UPLOADS, id, upload);
	s3_document(r->out, "InitiateMultipartUploadResult");
	s3_element(r->out, "Bucket", r->bucket);
	s3_element(r->out, "Key", r->key);
	s3_element(r->out, "UploadId", id);
	buf_str(r->out, "</InitiateMultipartUploadResult>");
	return 0;
}

static void forget_upload(struct hub *hub, const char *id, const json_t *upload)
{
	json_t *part;
	const char *number;

	json_object_foreach(json_map(upload, "Parts"), number, part) s3_data_remove(hub, part);
	hub_remove(hub, S3_UPLOADS, id);
}

/* ---- where a copy comes from
 * ----------------------------------------------------------------------------- */

/* x-amz-copy-source: "/bucket/key?versionId=..", encoded. The object is borrowed; NULL after call_fail(). */
static json_t *copy_source(struct hub *hub, struct s3_request *r)
{
	const char *source = json_str(r->call->headers, "x-amz-copy-source");
	const char *slash, *version;
	OWN(str) char *path = NULL;
	struct s3_request from = { .call = r->call };
	json_t *found = NULL;
	size_t len;

	source += *source == '/';
	version = strstr(source, "?versionId=");
	len = version ? (size_t)(version - source) : strlen(source);
	if (aws_uri_decode(source, len, &path, &len) < 0 || !(slash = strchr(path, '/')) ||
	    !slash[1]) {
		(void)call_fail(r->call, 400, "InvalidArgument",
				"Copy Source must mention the source bucket and key: "
				"sourcebucket/sourcekey");
		return NULL;
	}
	from.bucket = str_dup_n(path, (size_t)(slash - path));
	from.key = str_dup(slash + 1);
	from.query = json_object();
	if (version)
		json_set_str(from.query, "versionId", version + strlen("?versionId="));
	if (!hub_get(hub, S3_BUCKETS, from.bucket))
		(void)call_fail(r->call, 404, "NoSuchBucket", "The specified bucket does not exist");
	else
		found = s3_version_of(hub, &from);
	free(from.bucket);
	free(from.key);
	json_decref(from.query);
	return found;
}

static int read_source(struct hub *hub, struct s3_request *r, const json_t *source, char **ret,
		       size_t *ret_len)
{
	struct err err = { 0 };

	if (s3_data_read(hub, source, ret, ret_len, &err) == 0)
		return 0;
	hub_log(hub, "s3: %s", err.text);
	return call_fail(r->call, 500, "InternalError", "The object cannot be read: %s", err.text);
}

static void copy_answer(struct hub *hub, struct s3_request *r, const char *root, const char *etag)
{
	OWN(str) char *time = aws_time_iso(hub_now_ms(hub));

	s3_document(r->out, root);
	s3_element(r->out, "LastModified", time);
	s3_element(r->out, "ETag", etag);
	buf_printf(r->out, "</%s>", root);
}

int s3_copy_object(struct hub *hub, struct s3_request *r)
{
	OWN(json) json_t *source = json_incref(copy_source(hub, r));
	OWN(json) json_t *object = NULL;
	OWN(str) char *data = NULL;
	size_t len;

	if (!source || s3_object_new(r, &object) < 0 || read_source(hub, r, source, &data, &len) < 0)
		return -1;
	json_object_set(object, "ETag", json_object_get(source, "ETag"));
	if (!str_eq(json_str(r->call->headers, "x-amz-metadata-directive"), "REPLACE")) {
		json_object_set(object, "ContentType", json_object_get(source, "ContentType"));
		json_object_set(object, "Meta", json_object_get(source, "Meta"));
	}
	if (s3_object_put(hub, r, object, data, len) < 0)
		return -1;
	copy_answer(hub, r, "CopyObjectResult", json_str_or(object, "ETag", ""));
	return 0;
}

/* ---- parts
 * ----------------------------------------------------------------------------------------------- */

/* Bytes of a part: the body, or a piece of another object (kept in *ret_hold). */
static int part_data(struct hub *hub, struct s3_request *r, char **ret_hold, const char **ret_data,
		     size_t *ret_len)
{
	const char *range = json_str(r->call->headers, "x-amz-copy-source-range");
	json_t *source;
	size_t first = 0;

	*ret_data = r->body;
	*ret_len = r->body_len;
	if (!json_str(r->call->headers, "x-amz-copy-source"))
		return 0;
	source = copy_source(hub, r);
	if (!source || read_source(hub, r, source, ret_hold, ret_len) < 0)
		return -1;
	if (range && s3_range_parse(range, *ret_len, &first, ret_len) != 0)
		return call_fail(r->call, 416, "InvalidRange",
				 "The requested range is not satisfiable");
	*ret_data = *ret_hold + first;
	return 0;
}

int s3_upload_part(struct hub *hub, struct s3_request *r)
{
	json_t *upload = upload_of(hub, r), *before;
	const char *number = json_str_or(r->query, "partNumber", ""), *data;
	OWN(json) json_t *part = json_object();
	OWN(str) char *hold = NULL;
	OWN(str) char *etag = NULL;
	struct err err = { 0 };
	uint8_t digest[16];
	uint64_t n;
	size_t len;

	if (!upload)
		return -1;
	if (num_parse_u64(number, 1, PARTS_MOST, &n) < 0)
		return call_fail(r->call, 400, "InvalidArgument",
				 "Part number must be an integer between 1 and 10000, inclusive");
	if (part_data(hub, r, &hold, &data, &len) < 0)
		return -1;
	s3_md5(data, len, digest);
	etag = s3_etag(digest, "");
	if (s3_data_write(hub, part, data, len, &err) < 0)
		return call_fail(r->call, 500, "InternalError", "The part cannot be stored: %s",
				 err.text);
	json_set_int(part, "Size", (json_int_t)len);
	json_set_str(part, "ETag", etag);
	json_set_int(part, "ModifiedMs", hub_now_ms(hub));
	before = json_map(json_map(upload, "Parts"), number);
	if (before)
		s3_data_remove(hub, before);
	json_object_set(json_map(upload, "Parts"), number, part);
	hub_put(hub, S3_UPLOADS, json_str(r->query, "uploadId"), upload);
	json_set_str(r->headers, "ETag", etag);
	if (hold)
		copy_answer(hub, r, "CopyPartResult", etag);
	return 0;
}

/* ---- the end
 * ----------------------------------------------------------------------------------------------- */

/* The parts of the request as an array (caller's) in rising order; NULL after call_fail(). */
static json_t *wanted_parts(struct s3_request *r)
{
	OWN(json) json_t *in = NULL;
	struct err err = { 0 };
	json_t *parts, *list;

	if (aws_xml_decode(r->body, r->body_len, &in, &err) < 0) {
		(void)call_fail(r->call, 400, "MalformedXML", "%s", err.text);
		return NULL;
	}
	parts = json_object_get(in, "Part");
	if (json_is_array(parts))
		return json_incref(parts);
	if (!json_is_object(parts)) {
		(void)call_fail(r->call, 400, "MalformedXML",
				"The XML you provided was not well-formed or did not validate "
				"against our published schema");
		return NULL;
	}
	list = json_array();
	json_array_append(list, parts);
	return list;
}

static bool etag_fits(const char *given, const char *etag)
{
	OWN(str) char *bare = str_dup_n(etag + 1, strlen(etag) - 2);

	return str_eq(given, etag) || str_eq(given, bare);
}

/* Appends one part to the whole and its digest to the digests. */
static int add_part(struct hub *hub, struct s3_request *r, const json_t *upload,
		    const json_t *wanted, bool last, struct buf *whole, struct buf *digests)
{
	const char *number = json_str_or(wanted, "PartNumber", "");
	const json_t *part = json_map(json_map(upload, "Parts"), number);
	OWN(str) char *data = NULL;
	uint8_t digest[16];
	size_t len;

	if (!part || !etag_fits(json_str_or(wanted, "ETag", ""), json_str(part, "ETag")))
		return call_fail(r->call, 400, "InvalidPart",
				 "One or more of the specified parts could not be found. The part "
				 "may not have been uploaded, or the specified entity tag may not "
				 "match the part's entity tag.");
	if (!last && json_int_or(part, "Size", 0) < PART_LEAST)
		return call_fail(r->call, 400, "EntityTooSmall",
				 "Your proposed upload is smaller than the minimum allowed size");
	if (read_source(hub, r, part, &data, &len) < 0)
		return -1;
	s3_md5(data, len, digest);
	buf_add(whole, data, len);
	buf_add(digests, digest, sizeof(digest));
	return 0;
}

static int join_parts(struct hub *hub, struct s3_request *r, const json_t *upload,
		      const json_t *wanted, struct buf *whole, struct buf *digests)
{
	json_int_t before = 0;
	json_t *part;
	size_t i;

	json_array_foreach(wanted, i, part)
	{
		json_int_t number = json_int_or(part, "PartNumber", 0);

		if (number <= before)
			return call_fail(r->call, 400, "InvalidPartOrder",
					 "The list of parts was not in ascending order. Parts must "
					 "be ordered by part number.");
		before = number;
		if (add_part(hub, r, upload, part, i + 1 == json_array_size(wanted), whole,
			     digests) < 0)
			return -1;
	}
	return 0;
}

int s3_complete_upload(struct hub *hub, struct s3_request *r)
{
	OWN(json) json_t *upload = json_incref(upload_of(hub, r));
	OWN(json) json_t *wanted = upload ? wanted_parts(r) : NULL;
	OWN(json) json_t *object = NULL;
	OWN(buf) struct buf whole = { 0 };
	OWN(buf) struct buf digests = { 0 };
	OWN(str) char *count = NULL;
	OWN(str) char *etag = NULL;
	uint8_t digest[16];

	if (!wanted || join_parts(hub, r, upload, wanted, &whole, &digests) < 0)
		return -1;
	s3_md5(digests.data, digests.len, digest);
	count = str_printf("-%zu", json_array_size(wanted));
	etag = s3_etag(digest, count);
	object = json_copy(upload);
	json_object_del(object, "Parts");
	json_object_del(object, "InitiatedMs");
	json_set_str(object, "ETag", etag);
	if (s3_object_put(hub, r, object, whole.data ? whole.data : "", whole.len) < 0)
		return -1;
	forget_upload(hub, json_str(r->query, "uploadId"), upload);
	s3_document(r->out, "CompleteMultipartUploadResult");
	s3_element(r->out, "Bucket", r->bucket);
	s3_element(r->out, "Key", r->key);
	s3_element(r->out, "ETag", etag);
	buf_str(r->out, "</CompleteMultipartUploadResult>");
	return 0;
}

int s3_abort_upload(struct hub *hub, struct s3_request *r)
{
	OWN(json) json_t *upload = json_incref(upload_of(hub, r));

	if (!upload)
		return -1;
	forget_upload(hub, json_str(r->query, "uploadId"), upload);
	r->call->status = 204;
	return 0;
}

int s3_list_uploads(struct hub *hub, struct s3_request *r)
{
	json_t *upload;
	const char *id;

	s3_document(r->out, "ListMultipartUploadsResult");
	s3_element(r->out, "Bucket", r->bucket);
	json_object_foreach(hub_all(hub, S3_UPLOADS), id, upload)
	{
		OWN(str) char *time = aws_time_iso(json_int_or(upload, "InitiatedMs", 0));

		if (!str_eq(json_str(upload, "Bucket"), r->bucket))
			continue;
		buf_str(r->out, "<Upload>");
		s3_element(r->out, "Key", json_str_or(upload, "Key", ""));
		s3_element(r->out, "UploadId", id);
		s3_element(r->out, "Initiated", time);
		buf_str(r->out, "</Upload>");
	}
	buf_str(r->out, "<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>");
	return 0;
}

int s3_list_parts(struct hub *hub, struct s3_request *r)
{
	const json_t *upload = upload_of(hub, r);

	if (!upload)
		return -1;
	s3_document(r->out, "ListPartsResult");
	s3_element(r->out, "Bucket", r->bucket);
	s3_element(r->out, "Key", r->key);
	s3_element(r->out, "UploadId", json_str(r->query, "uploadId"));
	for (int i = 1; i <= PARTS_MOST; i++) {
		char name[16];
		const json_t *part;

		(void)snprintf(name, sizeof(name), "%d", i);
		part = json_map(json_map(upload, "Parts"), name);
		if (!part)
			continue;
		buf_str(r->out, "<Part>");
		s3_element(r->out, "PartNumber", name);
		s3_element(r->out, "ETag", json_str(part, "ETag"));
		buf_printf(r->out, "<Size>%lld</Size></Part>",
			   (long long)json_int_or(part, "Size", 0));
	}
	buf_str(r->out, "<IsTruncated>false</IsTruncated></ListPartsResult>");
	return 0;
}
