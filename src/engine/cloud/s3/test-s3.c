#include "base/test.h"

#include <dirent.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cloud/s3/s3.h"

static const struct service *const services[] = { &service_s3, NULL };

struct bench {
	struct event_base *base;
	struct hub *hub;
	struct call call; /* the last one */
	struct buf body;  /* of the last answer */
	json_t *headers;
};

static void bench_open(struct bench *b, const char *dir)
{
	struct hub_options o = { .services = services, .state_dir = dir };
	struct err err = { 0 };

	*b = (struct bench){ .base = event_base_new() };
	o.events = b->base;
	CHECK_OK(hub_new(&o, &b->hub, &err), err);
	CHECK_OK(hub_start(b->hub, &err), err);
}

static void bench_close(struct bench *b)
{
	(void)event_base_loop(b->base, EVLOOP_NONBLOCK);
	hub_free(b->hub);
	event_base_free(b->base);
	buf_free(&b->body);
	json_decref(b->headers);
}

/* One request; headers as pairs ended by NULL in an object, or NULL. Returns the status. */
static int ask(struct bench *b, const char *method, const char *path, const char *query,
	       json_t *headers, const char *body)
{
	OWN(json) json_t *all = headers ? headers : json_object();

	buf_free(&b->body);
	json_decref(b->headers);
	b->headers = NULL;
	if (!json_str(all, "host"))
		json_set_str(all, "host", "127.0.0.1:4566");
	b->call = (struct call){ .service = "s3",
				 .principal = "arn:aws:iam::000000000000:root",
				 .body = body,
				 .body_len = strlen(body),
				 .headers = all };
	if (service_s3.raw(b->hub, &b->call, method, path, query, &b->headers, &b->body) < 0) {
		CHECK(b->call.status >= 400 && b->call.code[0]);
		return b->call.status;
	}
	return b->call.status ? b->call.status : 200;
}

#define ASK(method, path, body) ask(&b, method, path, "", NULL, body)

TEST(s3, the_cdk_finds_its_bucket)
{
	struct bench b;

	bench_open(&b, NULL);
	CHECK_INT(ASK("HEAD", "/cdk-hnb659fds-assets-000000000000-us-east-1", ""), 200);
	CHECK_STR(json_str(b.headers, "x-amz-bucket-region"), "us-east-1");
	CHECK_INT(ask(&b, "GET", "/cdk-hnb659fds-assets-000000000000-us-east-1", "encryption", NULL,
		      ""),
		  404);
	CHECK_STR(b.call.code, "ServerSideEncryptionConfigurationNotFoundError");
	CHECK_INT(ASK("GET", "/", ""), 200);
	CHECK(strstr(b.body.data,
		     "<Bucket><Name>cdk-hnb659fds-assets-000000000000-us-east-1</Name>"));
	bench_close(&b);
}

TEST(s3, buckets_come_and_go)
{
	struct bench b;

	bench_open(&b, NULL);
	CHECK_INT(ASK("HEAD", "/bucket", ""), 404);
	CHECK_INT(ASK("PUT", "/Bad_Name", ""), 400);
	CHECK_STR(b.call.code, "InvalidBucketName");
	CHECK_INT(ASK("PUT", "/127.0.0.1", ""), 400);
	CHECK_INT(ASK("PUT", "/bucket", ""), 200);
	CHECK_STR(json_str(b.headers, "Location"), "/bucket");
	CHECK_INT(ASK("PUT", "/bucket/", ""), 200);
	CHECK_INT(
		ASK("PUT", "/other",
		    "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>"
		    "</CreateBucketConfiguration>"),
		400);
	CHECK_INT(ask(&b, "GET", "/bucket", "location=", NULL, ""), 200);
	CHECK(strstr(b.body.data, "\"></LocationConstraint>"));
	CHECK_INT(ASK("PUT", "/bucket/k", "v"), 200);
	CHECK_INT(ASK("DELETE", "/bucket", ""), 409);
	CHECK_STR(b.call.code, "BucketNotEmpty");
	CHECK_INT(ASK("DELETE", "/bucket/k", ""), 204);
	CHECK_INT(ASK("DELETE", "/bucket/k", ""), 204);
	CHECK_INT(ASK("DELETE", "/bucket", ""), 204);
	CHECK_INT(ASK("DELETE", "/bucket", ""), 404);
	bench_close(&b);
}

TEST(s3, objects_are_given_back_as_they_were)
{
	struct bench b;
	OWN(str) char *etag = NULL;

	bench_open(&b, NULL);
	CHECK_INT(ASK("PUT", "/bucket/k", "v"), 404);
	CHECK_STR(b.call.code, "NoSuchBucket");
	(void)ASK("PUT", "/bucket", "");
	CHECK_INT(ask(&b, "PUT", "/bucket/a%20b/%C3%A4:", "",
		      json_pack("{s:s,s:s}", "content-type", "text/x", "x-amz-meta-one", "1"),
		      "hello"),
		  200);
	etag = str_dup(json_str(b.headers, "ETag"));
	CHECK_INT(ASK("GET", "/bucket/a%20b/%c3%a4%3A", ""), 200);
	CHECK_STR(b.body.data, "hello");
	CHECK_STR(json_str(b.headers, "ETag"), etag);
	CHECK_STR(json_str(b.headers, "Content-Type"), "text/x");
	CHECK_STR(json_str(b.headers, "x-amz-meta-one"), "1");
	CHECK(str_ends(json_str(b.headers, "Last-Modified"), " GMT"));
	CHECK_INT(ASK("GET", "/bucket/none", ""), 404);
	CHECK_STR(b.call.code, "NoSuchKey");
	CHECK_INT(ask(&b, "PUT", "/bucket/a%20b/%C3%A4:", "",
		      json_pack("{s:s}", "if-none-match", "*"), "x"),
		  412);
	CHECK_INT(ASK("PUT", "/bucket/a%20b/%C3%A4:", "new"), 200);
	CHECK_INT(ASK("GET", "/bucket/a%20b/%C3%A4:", ""), 200);
	CHECK_STR(b.body.data, "new");
	CHECK_INT(ASK("PUT", "/bucket/%ff", "x"), 400);
	CHECK_INT(ASK("PUT", "/bucket/%0", "x"), 400);
	CHECK_INT(ASK("PUT", "/bucket/a%00b", "x"), 400);
	bench_close(&b);
}

TEST(s3, buckets_in_host_names_are_understood)
{
	static const char *const hosts[] = { "bucket.localhost:4566", "bucket.s3.amazonaws.com",
					     "bucket.s3.us-east-1.amazonaws.com" };
	struct bench b;

	bench_open(&b, NULL);
	(void)ASK("PUT", "/bucket", "");
	(void)ASK("PUT", "/bucket/k", "v");
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		CHECK_INT(ask(&b, "GET", "/k", "", json_pack("{s:s}", "host", hosts[i]), ""), 200);
		CHECK_STR(b.body.data, "v");
	}
	CHECK_INT(ask(&b, "GET", "/bucket/k", "", json_pack("{s:s}", "host", "s3.localhost"), ""),
		  200);
	CHECK_INT(ask(&b, "GET", "/bucket/k", "",
		      json_pack("{s:s}", "host", "s3.us-east-1.amazonaws.com"), ""),
		  200);
	bench_close(&b);
}

TEST(s3, ranges_are_cut)
{
	static const struct {
		const char *range;
		int status;
		const char *body, *content_range;
	} cases[] = {
		{ "bytes=0-1", 206, "01", "bytes 0-1/10" },
		{ "bytes=8-", 206, "89", "bytes 8-9/10" },
		{ "bytes=-3", 206, "789", "bytes 7-9/10" },
		{ "bytes=5-99", 206, "56789", "bytes 5-9/10" },
		{ "bytes=-99", 206, "0123456789", "bytes 0-9/10" },
		{ "bytes=10-", 416, NULL, NULL },
		{ "bytes=-0", 416, NULL, NULL },
		{ "bytes=3-2", 200, "0123456789", NULL },
		{ "lines=1-2", 200, "0123456789", NULL },
		{ "bytes=-", 200, "0123456789", NULL },
		{ "bytes=x-2", 200, "0123456789", NULL },
	};
	struct bench b;

	bench_open(&b, NULL);
	(void)ASK("PUT", "/bucket", "");
	(void)ASK("PUT", "/bucket/k", "0123456789");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_INT(ask(&b, "GET", "/bucket/k", "",
			      json_pack("{s:s}", "range", cases[i].range), ""),
			  cases[i].status);
		CHECK_STR(b.body.data, cases[i].body);
		CHECK_STR(json_str(b.headers, "Content-Range"), cases[i].content_range);
	}
	bench_close(&b);
}

static json_t *streaming(const char *length)
{
	return json_pack("{s:s,s:s,s:s,s:s}", "x-amz-content-sha256",
			 "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "content-encoding", "aws-chunked",
			 "x-amz-decoded-content-length", length, "x-amz-trailer",
			 "x-amz-checksum-crc32");
}

TEST(s3, streamed_payloads_lose_their_frames)
{
	struct bench b;

	bench_open(&b, NULL);
	(void)ASK("PUT", "/bucket", "");
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "", streaming("8"),
		      "5\r\nhello\r\n3;chunk-signature=ab\r\n\r\nx\r\n0\r\n"
		      "x-amz-checksum-crc32:AAAA\r\n\r\n"),
		  200);
	CHECK_INT(ASK("GET", "/bucket/k", ""), 200);
	CHECK_STR(b.body.data, "hello\r\nx");
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "", streaming("0"), "0\r\n\r\n"), 200);
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "", streaming("9"), "5\r\nhello\r\n0\r\n\r\n"), 400);
	CHECK_STR(b.call.code, "IncompleteBody");
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "", streaming("5"), "5\r\nhel"), 400);
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "", streaming("5"), "5\r\nhelloX\r\n0\r\n\r\n"), 400);
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "", streaming("5"), "5\r\nhello\r\n"), 400);
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "", streaming("5"), "ffffffffffffffff\r\nx"), 400);
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "", streaming("5"), "zz\r\n"), 400);
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "", streaming("0"), ""), 400);
	bench_close(&b);
}

TEST(s3, a_wrong_payload_hash_is_refused)
{
	struct bench b;
	OWN(str) char *good = aws_sha256_hex("data", 4);

	bench_open(&b, NULL);
	(void)ASK("PUT", "/bucket", "");
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "", json_pack("{s:s}", "x-amz-content-sha256", good),
		      "data"),
		  200);
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "", json_pack("{s:s}", "x-amz-content-sha256", good),
		      "Data"),
		  400);
	CHECK_STR(b.call.code, "XAmzContentSHA256Mismatch");
	bench_close(&b);
}

/* Keys and common prefixes of the listing, in order, then the token. */
static char *listed(struct bench *b, const char *query)
{
	OWN(json) json_t *j = NULL;
	struct buf got = { 0 };
	struct err err = { 0 };
	static const char *const lists[][2] = { { "Contents", "Key" },
						{ "CommonPrefixes", "Prefix" } };

	CHECK_INT(ask(b, "GET", "/bucket", query, NULL, ""), 200);
	CHECK_OK(aws_xml_decode(b->body.data, b->body.len, &j, &err), err);
	for (size_t l = 0; l < 2; l++) {
		json_t *list = json_object_get(j, lists[l][0]), *entry;
		size_t i;

		if (json_is_object(list))
			buf_printf(&got, "%s ", json_str(list, lists[l][1]));
		json_array_foreach(list, i, entry)
			buf_printf(&got, "%s ", json_str(entry, lists[l][1]));
	}
	buf_printf(&got, "%s%s", json_str_or(j, "KeyCount", "-"),
		   str_eq(json_str(j, "IsTruncated"), "true") ? " more " : "");
	buf_str(&got, json_str_or(j, "NextContinuationToken", json_str_or(j, "NextMarker", "")));
	return buf_take(&got);
}

#define LISTS(query, want)                                                                         \
	do {                                                                                       \
		OWN(str) char *got_ = listed(&b, query);                                           \
		CHECK_STR(got_, want);                                                             \
	} while (0)

TEST(s3, listings_are_sorted_filtered_and_paged)
{
	struct bench b;

	bench_open(&b, NULL);
	(void)ASK("PUT", "/bucket", "");
	(void)ASK("PUT", "/bucket2", "");
	LISTS("list-type=2", "0");
	(void)ASK("PUT", "/bucket/d/2", "v");
	(void)ASK("PUT", "/bucket/z", "v");
	(void)ASK("PUT", "/bucket/a", "v");
	(void)ASK("PUT", "/bucket/d/1", "v");
	(void)ASK("PUT", "/bucket/e/1", "v");
	(void)ASK("PUT", "/bucket2/b", "v");
	LISTS("list-type=2", "a d/1 d/2 e/1 z 5");
	LISTS("list-type=2&prefix=d%2F", "d/1 d/2 2");
	LISTS("list-type=2&max-keys=1&prefix=d", "d/1 1 more d/1");
	LISTS("list-type=2&max-keys=1&prefix=d&continuation-token=d%2F1", "d/2 1");
	LISTS("list-type=2&delimiter=/", "a z d/ e/ 4");
	LISTS("list-type=2&delimiter=/&max-keys=2", "a d/ 2 more d/");
	LISTS("list-type=2&delimiter=/&max-keys=2&continuation-token=d/", "z e/ 2");
	LISTS("list-type=2&start-after=d/2", "e/1 z 2");
	LISTS("list-type=2&max-keys=0", "0 more ");
	LISTS("marker=d/2", "e/1 z -");
	CHECK_INT(ask(&b, "GET", "/bucket", "list-type=2&max-keys=x", NULL, ""), 400);
	bench_close(&b);
}

TEST(s3, what_is_not_there_is_refused_by_name)
{
	struct bench b;

	bench_open(&b, NULL);
	(void)ASK("PUT", "/bucket", "");
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "tagging", NULL, ""), 400);
	CHECK_STR(b.call.code, "NotImplemented");
	CHECK_STR(b.call.message,
		  "PUT of an object with ?tagging is not part of the local cloud.");
	CHECK_INT(ask(&b, "PUT", "/bucket", "policy", NULL, "{}"), 400);
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "partNumber=1&uploadId=x", NULL, "v"), 404);
	CHECK_STR(b.call.code, "NoSuchUpload");
	CHECK_INT(ask(&b, "PUT", "/bucket/k", "", json_pack("{s:s}", "x-amz-copy-source", "/a/b"),
		      ""),
		  404);
	CHECK_STR(b.call.code, "NoSuchBucket");
	CHECK_INT(ASK("POST", "/", ""), 400);
	bench_close(&b);
}

TEST(s3, other_services_fetch_text)
{
	struct bench b;
	OWN(json) json_t *in = json_pack("{s:s,s:s}", "Bucket", "bucket", "Key", "t.json");
	OWN(json) json_t *out = NULL;
	struct err err = { 0 };
	char code[96];

	bench_open(&b, NULL);
	CHECK_INT(hub_call(b.hub, NULL, "s3", "GetObject", in, NULL, code, &err), -1);
	CHECK_STR(code, "NoSuchBucket");
	(void)ASK("PUT", "/bucket", "");
	CHECK_INT(hub_call(b.hub, NULL, "s3", "GetObject", in, NULL, code, &err), -1);
	CHECK_STR(code, "NoSuchKey");
	(void)ASK("PUT", "/bucket/t.json", "{}");
	CHECK_OK(hub_call(b.hub, NULL, "s3", "GetObject", in, &out, code, &err), err);
	CHECK_STR(json_str(out, "Body"), "{}");
	(void)ASK("PUT", "/bucket/t.json", "\xff");
	CHECK_INT(hub_call(b.hub, NULL, "s3", "GetObject", in, NULL, code, &err), -1);
	CHECK_STR(code, "InvalidRequest");
	bench_close(&b);
}

/* ---- files
 * ---------------------------------------------------------------------------------------- */

static unsigned files_in(const char *dir)
{
	DIR *listing = opendir(dir);
	struct dirent *entry;
	unsigned count = 0;

	while (listing && (entry = readdir(listing)))
		count += entry->d_name[0] != '.';
	if (listing)
		(void)closedir(listing);
	return count;
}

static void remove_dir(const char *dir)
{
	static const char *const names[] = { "state.db", "state.db-wal", "state.db-shm" };
	OWN(str) char *inner = str_printf("%s/s3", dir);
	DIR *listing = opendir(inner);
	struct dirent *entry;

	while (listing && (entry = readdir(listing)))
		(void)unlinkat(dirfd(listing), entry->d_name, 0);
	if (listing)
		(void)closedir(listing);
	(void)rmdir(inner);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		OWN(str) char *path = str_printf("%s/%s", dir, names[i]);

		(void)unlink(path);
	}
	CHECK_INT(rmdir(dir), 0);
}

TEST(s3, objects_survive_a_restart_and_leave_no_files_behind)
{
	char dir[] = "/tmp/mpcup-test-s3-XXXXXX";
	OWN(str) char *inner = NULL;
	OWN(str) char *stray = NULL;
	struct bench b;
	FILE *file;

	CHECK(mkdtemp(dir) != NULL);
	inner = str_printf("%s/s3", dir);
	stray = str_printf("%s/object-stray", inner);
	bench_open(&b, dir);
	(void)ASK("PUT", "/bucket", "");
	(void)ASK("PUT", "/bucket/k", "first");
	(void)ASK("PUT", "/bucket/k", "second");
	(void)ASK("PUT", "/bucket/gone", "x");
	(void)ASK("DELETE", "/bucket/gone", "");
	CHECK_INT(files_in(inner), 1);
	bench_close(&b);
	file = fopen(stray, "w");
	if (file)
		(void)fclose(file);
	CHECK_INT(files_in(inner), 2);
	bench_open(&b, dir);
	CHECK_INT(files_in(inner), 1);
	CHECK_INT(ASK("GET", "/bucket/k", ""), 200);
	CHECK_STR(b.body.data, "second");
	bench_close(&b);
	remove_dir(dir);
}

/* ---- the resource
 * ------------------------------------------------------------------------------------ */

TEST(s3, the_bucket_resource_is_created_and_removed)
{
	struct bench b;
	OWN(json) json_t *none = json_object();
	OWN(json)
	json_t *encrypted = json_pack("{s:{s:[{s:{s:s}}]}}", "BucketEncryption",
				      "ServerSideEncryptionConfiguration",
				      "ServerSideEncryptionByDefault", "SSEAlgorithm", "aws:kms");
	OWN(json) json_t *named = json_pack("{s:s}", "BucketName", "taken");
	struct resource r = { .stack_name = "Stack",
			      .logical = "Bucket",
			      .properties = none,
			      .attributes = json_object() };
	struct resource taken = { .stack_name = "Stack",
				  .logical = "Bucket",
				  .properties = named,
				  .attributes = json_object() };
	const struct resource_kind *kind;
	OWN(str) char *path = NULL;
	OWN(str) char *key = NULL;
	struct err err = { 0 };

	bench_open(&b, NULL);
	kind = hub_kind(b.hub, "AWS::S3::Bucket");
	CHECK_INT(kind->create(b.hub, &r, &err), RESOURCE_DONE);
	CHECK(str_starts(r.physical, "stack-bucket-"));
	CHECK(str_starts(json_str(r.attributes, "Arn"), "arn:aws:s3:::stack-bucket-"));
	path = str_printf("/%s", r.physical);
	key = str_printf("/%s/k", r.physical);
	r.properties = encrypted;
	CHECK_INT(kind->update(b.hub, &r, &err), RESOURCE_DONE);
	CHECK_INT(ask(&b, "GET", path, "encryption", NULL, ""), 200);
	CHECK(strstr(b.body.data, "<SSEAlgorithm>aws:kms</SSEAlgorithm>"));
	CHECK_INT(ASK("PUT", key, "v"), 200);
	CHECK_INT(kind->remove(b.hub, &r, &err), -1);
	CHECK_INT(ASK("DELETE", key, ""), 204);
	CHECK_INT(kind->remove(b.hub, &r, &err), RESOURCE_DONE);
	CHECK_INT(kind->remove(b.hub, &r, &err), RESOURCE_DONE);
	(void)ASK("PUT", "/taken", "");
	CHECK_INT(kind->create(b.hub, &taken, &err), -1);
	CHECK_STR(taken.error_code, "AlreadyExists");
	CHECK(!taken.physical);
	free(r.physical);
	json_decref(r.attributes);
	json_decref(taken.attributes);
	bench_close(&b);
}
