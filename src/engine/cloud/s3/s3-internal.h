/* What the files of engine/cloud/s3 share. Never leaves the room.
 *
 * Buckets and objects are hub objects:
 *   "s3:bucket" <name>          {"Name", "CreatedMs", "Encryption"?, "Versioning"?, "Ours"?}
 *   "s3:object" <bucket>/<key>  {"Bucket", "Key", "Size", "ETag", "ModifiedMs", "ContentType"?,
 *                                "Meta"?: {..}, and "File" (below the state directory) or "Data"
 *                                (base64, when there is no directory)} */
#pragma once
#include "engine/cloud/s3/s3.h"

#define S3_BUCKETS "s3:bucket"
#define S3_OBJECTS "s3:object"
#define S3_VERSIONS "s3:version" /* <bucket>/<version>/<key>: as an object, or "Marker" */
#define S3_UPLOADS "s3:upload"	  /* <upload id>: members of the object to be, "Parts": {number: ..} */
#define S3_NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"

/* One request, taken apart. */
struct s3_request {
	struct call *call;
	const char *method;
	char *bucket, *key; /* "": none */
	json_t *query;	    /* name -> decoded value */
	const char *body;   /* without aws-chunked framing */
	size_t body_len;
	json_t *headers; /* of the answer */
	struct buf *out;
};

/* ---- s3-data.c: bytes of objects ---------------------------------------------------------------
 */

/* Keeps the bytes and says in `object` where ("File" or "Data"). */
int s3_data_write(struct hub *hub, json_t *object, const void *data, size_t len, struct err *err);
/* 0: the bytes are the caller's. */
int s3_data_read(struct hub *hub, const json_t *object, char **ret, size_t *ret_len,
		 struct err *err);
void s3_data_remove(struct hub *hub, const json_t *object);
/* Removes files that no object names: what a crash between writing and recording leaves. */
int s3_data_start(struct hub *hub, struct err *err);

/* ---- s3-object.c, s3-bucket.c: operations; 0, or -1 after call_fail()
 * ---------------------------- */

int s3_put_object(struct hub *hub, struct s3_request *r);
int s3_get_object(struct hub *hub, struct s3_request *r); /* HEAD too */
int s3_delete_object(struct hub *hub, struct s3_request *r);
json_t *s3_object(struct hub *hub, const char *bucket, const char *key); /* borrowed, or NULL */
char *s3_object_id(const char *bucket, const char *key); /* caller's */
void s3_md5(const void *data, size_t len, uint8_t digest[16]);
char *s3_etag(const uint8_t digest[16], const char *after); /* quoted; caller's */
/* An object of the request's bucket, key, type and x-amz-meta-*; *ret is the caller's. */
int s3_object_new(struct s3_request *r, json_t **ret);
/* Keeps the bytes as the current version, and says so in the answer's headers. */
int s3_object_put(struct hub *hub, struct s3_request *r, json_t *object, const void *data,
		  size_t len);
/* "bytes=a-b", "bytes=a-", "bytes=-n" -> first and length. 1: none or another form, which HTTP says
 * to ignore. -1: nothing of the object is in it. */
int s3_range_parse(const char *range, size_t size, size_t *ret_first, size_t *ret_len);
void s3_object_forget(struct hub *hub, const char *bucket, const char *key);
int s3_no_key(struct call *c);

int s3_list_buckets(struct hub *hub, struct s3_request *r);
int s3_create_bucket(struct hub *hub, struct s3_request *r);
int s3_delete_bucket(struct hub *hub, struct s3_request *r);
int s3_list_objects(struct hub *hub, struct s3_request *r);
int s3_bucket_location(struct hub *hub, struct s3_request *r);
int s3_bucket_policy(struct hub *hub, struct s3_request *r);
int s3_bucket_encryption(struct hub *hub, struct s3_request *r);
/* ---- s3-version.c -------------------------------------------------------------------------------
 */

void s3_version_begin(struct hub *hub, const char *bucket, const char *key, json_t *object);
json_t *s3_version_of(struct hub *hub, struct s3_request *r); /* borrowed; NULL after call_fail() */
int s3_delete_objects(struct hub *hub, struct s3_request *r);
int s3_list_versions(struct hub *hub, struct s3_request *r);
int s3_put_versioning(struct hub *hub, struct s3_request *r);

/* ---- s3-multipart.c -----------------------------------------------------------------------------
 */

int s3_create_upload(struct hub *hub, struct s3_request *r);
int s3_upload_part(struct hub *hub, struct s3_request *r);
int s3_complete_upload(struct hub *hub, struct s3_request *r);
int s3_abort_upload(struct hub *hub, struct s3_request *r);
int s3_list_uploads(struct hub *hub, struct s3_request *r);
int s3_list_parts(struct hub *hub, struct s3_request *r);
int s3_copy_object(struct hub *hub, struct s3_request *r);

/* ---- s3-bucket.c --------------------------------------------------------------------------------
 */

void s3_element(struct buf *b, const char *name, const char *text);
void s3_document(struct buf *b, const char *root);
int s3_bucket_versioning(struct hub *hub, struct s3_request *r);
bool s3_bucket_name_fits(const char *name);
bool s3_bucket_empty(struct hub *hub, const char *bucket);
void s3_bucket_put(struct hub *hub, const char *name, const json_t *encryption, bool ours);

extern const struct resource_kind s3_bucket_kind, s3_policy_kind;
