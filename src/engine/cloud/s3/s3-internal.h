/* What the files of engine/cloud/s3 share. Never leaves the room.
 *
 * Buckets and objects are hub objects:
 *   "s3:bucket" <name>          {"Name", "CreatedMs", "Encryption"?, "Ours"?}
 *   "s3:object" <bucket>/<key>  {"Bucket", "Key", "Size", "ETag", "ModifiedMs", "ContentType"?,
 *                                "Meta"?: {..}, and "File" (below the state directory) or "Data"
 *                                (base64, when there is no directory)} */
#pragma once
#include "engine/cloud/s3/s3.h"

#define S3_BUCKETS "s3:bucket"
#define S3_OBJECTS "s3:object"
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
void s3_object_forget(struct hub *hub, const char *bucket, const char *key);
int s3_no_key(struct call *c);

int s3_list_buckets(struct hub *hub, struct s3_request *r);
int s3_create_bucket(struct hub *hub, struct s3_request *r);
int s3_delete_bucket(struct hub *hub, struct s3_request *r);
int s3_list_objects(struct hub *hub, struct s3_request *r);
int s3_bucket_location(struct hub *hub, struct s3_request *r);
int s3_bucket_encryption(struct hub *hub, struct s3_request *r);
int s3_bucket_versioning(struct hub *hub, struct s3_request *r);
bool s3_bucket_name_fits(const char *name);
bool s3_bucket_empty(struct hub *hub, const char *bucket);
void s3_bucket_put(struct hub *hub, const char *name, const json_t *encryption, bool ours);

extern const struct resource_kind s3_bucket_kind;
