/* The client against a server in a child process that checks every signature. The server knows no
 * AWS: it plays what the tests ask for by action name. */
#include "base/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <netinet/in.h>

#include "core/aws/aws.h"
#include "engine/awsclient/awsclient.h"

/* ---- a tiny server ------------------------------------------------------------------------------
 */

struct got {
	char *text; /* whole request */
	size_t len;
	char *method, *path, *query, *body;
	struct aws_header headers[32];
	size_t header_count;
};

static unsigned hits; /* of the child: requests so far */

/* Reads head and body; -1: the connection ended. */
static int got_read(int fd, struct got *g)
{
	struct buf in = { 0 };
	size_t need = 0;
	char *end, *line, *save = NULL;

	for (;;) {
		char piece[65536];
		ssize_t n;

		if (in.len && (end = strstr(in.data, "\r\n\r\n"))) {
			const char *length = strcasestr(in.data, "\r\ncontent-length:");

			need = (size_t)(end + 4 - in.data) +
			       (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
			if (in.len >= need)
				break;
		}
		n = recv(fd, piece, sizeof(piece), 0);
		if (n <= 0)
			return -1;
		buf_add(&in, piece, (size_t)n);
	}
	g->text = in.data;
	g->len = in.len;
	g->body = end + 4;
	*end = '\0';
	line = strtok_r(in.data, "\r\n", &save);
	g->method = strsep(&line, " ");
	g->path = strsep(&line, " ");
	g->query = strchr(g->path, '?');
	if (g->query)
		*g->query++ = '\0';
	else
		g->query = g->body + strlen(g->body); /* "" */
	g->header_count = 0;
	while ((line = strtok_r(NULL, "\r\n", &save)) && g->header_count < 32) {
		char *name = strsep(&line, ":");

		g->headers[g->header_count++] =
			(struct aws_header){ name, line + strspn(line, " ") };
	}
	return 0;
}

static const char *got_header(const struct got *g, const char *name)
{
	for (size_t i = 0; i < g->header_count; i++)
		if (!strcasecmp(g->headers[i].name, name))
			return g->headers[i].value;
	return "";
}

static bool signature_fits(const struct got *g)
{
	struct aws_credentials c = { "AKID", "secret/key", "token" };
	struct aws_request r = { g->method,
				 g->path,
				 g->query,
				 g->headers,
				 g->header_count,
				 g->body,
				 g->len - (size_t)(g->body - g->text), false };
	OWN(json) json_t *scope = NULL;
	OWN(str) char *want = NULL;

	if (aws_sigv4_parse(got_header(g, "authorization"), &scope, NULL) < 0)
		return false;
	want = aws_sigv4_authorization(&r, &c, got_header(g, "x-amz-date"),
				       json_str(scope, "Region"), json_str(scope, "Service"),
				       json_str(scope, "SignedHeaders"));
	return str_eq(want, got_header(g, "authorization"));
}

static void answer(int fd, int status, const char *headers, const char *body)
{
	OWN(str)
	char *text = str_printf("HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
				strlen(body), body);

	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* What the request is about decides what is played. */
static bool play(int fd, const struct got *g)
{
	hits++;
	if (!str_starts(g->path, "/plain") && !signature_fits(g)) {
		answer(fd, 403, "", "{\"__type\":\"SignatureDoesNotMatch\",\"message\":\"no\"}");
	} else if (strstr(g->body, "Action=Busy") && hits < 3) {
		answer(fd, 503, "", "busy");
	} else if (strstr(g->body, "Action=Busy") && hits < 4) {
		answer(fd, 400, "",
		       "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded"
		       "</Message></Error></ErrorResponse>");
	} else if (strstr(g->body, "Action=")) {
		OWN(str)
		char *xml = str_printf("<AResponse><AResult><Body>%s</Body></AResult>"
				       "</AResponse>",
				       strstr(g->body, "&Version") + 1);
		char *amp = xml;

		while ((amp = strchr(amp, '&')))
			*amp = '|';
		answer(fd, 200, "", xml);
	} else if (str_ends(got_header(g, "x-amz-target"), ".Fail")) {
		answer(fd, 400, "",
		       "{\"__type\":\"x#ClientException\",\"message\":\"not that way\"}");
	} else if (str_ends(got_header(g, "x-amz-target"), ".CreateDrop")) {
		return false;
	} else if (str_ends(got_header(g, "x-amz-target"), ".DescribeDrop") && hits < 3) {
		return false;
	} else if (str_ends(got_header(g, "x-amz-target"), ".Garbage")) {
		answer(fd, 200, "", "<html>");
	} else if (*got_header(g, "x-amz-target")) {
		OWN(json)
		json_t *out = json_pack("{s:s,s:s,s:i}", "Body", g->body, "Type",
					got_header(g, "content-type"), "Hits", hits);
		OWN(str) char *text = json_text(out);

		answer(fd, 200, "", text);
	} else if (!strcmp(g->method, "DELETE")) {
		answer(fd, 404, "x-amzn-ErrorType: FileSystemNotFound\r\n", "");
	} else if (str_starts(g->path, "/2015") || str_starts(g->path, "/plain")) {
		OWN(json)
		json_t *out = json_pack("{s:s,s:s,s:s,s:s}", "Method", g->method, "Path", g->path,
					"Query", g->query, "Body", g->body);
		OWN(str) char *text = json_text(out);

		answer(fd, 200, "", text);
	} else if (!strcmp(g->path, "/made/a%20b") && hits == 1) {
		answer(fd, 404, "", "<Error><Code>NoSuchBucket</Code><Message>m</Message></Error>");
	} else if (str_starts(g->path, "/owned/")) {
		answer(fd, 200, "", got_header(g, "x-amz-expected-bucket-owner"));
	} else if (!strcmp(g->path, "/owned")) {
		answer(fd, *got_header(g, "x-amz-expected-bucket-owner") ? 400 : 200, "", "");
	} else {
		answer(fd, 200, "", !strcmp(g->method, "GET") ? g->query : "");
	}
	return true;
}

static void serve(int listener)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		struct got g;

		while (got_read(fd, &g) == 0) {
			bool go_on = play(fd, &g);

			free(g.text);
			if (!go_on)
				break;
		}
		close(fd);
	}
}

struct bench {
	pid_t child;
	struct awsclient *client;
	char url[64];
};

static void bench_open(struct bench *b)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	struct awsclient_options o = { .region = "eu-central-1",
				       .access_key = "AKID",
				       .secret_key = "secret/key",
				       .session_token = "token",
				       .timeout_ms = 5000 };
	struct err err = { 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_INT(listen(fd, 4), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	(void)snprintf(b->url, sizeof(b->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
	b->child = fork();
	if (!b->child) {
		alarm(60);
		serve(fd);
	}
	close(fd);
	o.endpoint_url = b->url;
	b->client = NULL;
	CHECK_OK(awsclient_new(&o, &b->client, &err), err);
}

static void bench_close(struct bench *b)
{
	awsclient_free(b->client);
	(void)kill(b->child, SIGKILL);
	(void)waitpid(b->child, NULL, 0);
}

/* ---- calls --------------------------------------------------------------------------------------
 */

TEST(awsclient, query_and_ec2_calls_are_signed_and_read)
{
	struct bench b;
	OWN(json) json_t *in = json_pack("{s:[s,s]}", "Names", "a b", "c");
	OWN(json) json_t *query = NULL;
	OWN(json) json_t *ec2 = NULL;
	struct err err = { 0 };

	bench_open(&b);
	CHECK_OK(awsclient_call(b.client, "cloudformation", "A", in, &query, NULL, &err), err);
	CHECK_STR(json_str(query, "Body"),
		  "Version=2010-05-15|Names.member.1=a%20b|Names.member.2=c");
	CHECK_OK(awsclient_call(b.client, "ec2", "A", in, &ec2, NULL, &err), err);
	CHECK_STR(json_str(ec2, "Body"), "Version=2016-11-15|Names.1=a%20b|Names.2=c");
	CHECK_OK(awsclient_call(b.client, "sts", "A", NULL, NULL, NULL, &err), err);
	bench_close(&b);
}

TEST(awsclient, json_calls_are_signed_and_read)
{
	struct bench b;
	OWN(json) json_t *in = json_pack("{s:[s]}", "clusters", "\xc3\xa4");
	OWN(json) json_t *out = NULL;
	struct err err = { 0 };

	bench_open(&b);
	CHECK_OK(awsclient_call(b.client, "ecs", "DescribeClusters", in, &out, NULL, &err), err);
	CHECK_STR(json_str(out, "Body"), "{\"clusters\":[\"\xc3\xa4\"]}");
	CHECK_STR(json_str(out, "Type"), "application/x-amz-json-1.1");
	bench_close(&b);
}

TEST(awsclient, rest_calls_put_members_where_they_belong)
{
	struct bench b;
	OWN(json)
	json_t *describe = json_pack("{s:s,s:i}", "FileSystemId", "fs:1/x", "MaxItems", 5);
	OWN(json)
	json_t *modify =
		json_pack("{s:s,s:[s]}", "MountTargetId", "fsmt-1", "SecurityGroups", "sg-1");
	OWN(json) json_t *got = NULL;
	OWN(json) json_t *put = NULL;
	OWN(json) json_t *policy = NULL;
	struct err err = { 0 };
	char code[96];

	bench_open(&b);
	CHECK_OK(
		awsclient_call(b.client, "efs", "DescribeMountTargets", describe, &got, NULL, &err),
		err);
	CHECK_STR(json_str(got, "Method"), "GET");
	CHECK_STR(json_str(got, "Query"), "FileSystemId=fs%3A1%2Fx&MaxItems=5");
	CHECK_OK(awsclient_call(b.client, "efs", "DescribeFileSystemPolicy", describe, &policy,
				NULL, &err),
		 err);
	CHECK_STR(json_str(policy, "Path"), "/2015-02-01/file-systems/fs%3A1%2Fx/policy");
	CHECK_STR(json_str(policy, "Query"), "MaxItems=5");
	CHECK_OK(awsclient_call(b.client, "efs", "ModifyMountTargetSecurityGroups", modify, &put,
				NULL, &err),
		 err);
	CHECK_STR(json_str(put, "Method"), "PUT");
	CHECK_STR(json_str(put, "Path"), "/2015-02-01/mount-targets/fsmt-1/security-groups");
	CHECK_STR(json_str(put, "Body"), "{\"SecurityGroups\":[\"sg-1\"]}");
	CHECK_INT(awsclient_call(b.client, "efs", "DeleteFileSystem", describe, NULL, code, &err),
		  -1);
	CHECK_STR(code, "FileSystemNotFound");
	CHECK_INT(awsclient_call(b.client, "efs", "DeleteFileSystem", NULL, NULL, code, &err), -1);
	CHECK_STR(err.text, "DeleteFileSystem needs FileSystemId");
	CHECK_INT(awsclient_call(b.client, "efs", "Dance", NULL, NULL, code, &err), -1);
	CHECK(strstr(err.text, "not known"));
	bench_close(&b);
}

TEST(awsclient, errors_give_code_and_message)
{
	struct bench b;
	struct err err = { 0 };
	char code[96];

	bench_open(&b);
	CHECK_INT(awsclient_call(b.client, "ecs", "Fail", NULL, NULL, code, &err), -1);
	CHECK_STR(code, "ClientException");
	CHECK_STR(err.text, "not that way");
	CHECK_INT(awsclient_call(b.client, "ecs", "Garbage", NULL, NULL, code, &err), -1);
	CHECK_STR(code, "");
	CHECK(strstr(err.text, "ecs Garbage: "));
	bench_close(&b);
}

TEST(awsclient, busy_services_are_asked_again)
{
	struct bench b;
	OWN(json) json_t *out = NULL;
	struct err err = { 0 };

	bench_open(&b);
	CHECK_OK(awsclient_call(b.client, "sts", "Busy", NULL, &out, NULL, &err), err);
	CHECK_STR(json_str(out, "Body"), "Version=2011-06-15");
	bench_close(&b);
}

TEST(awsclient, what_may_have_arrived_is_repeated_only_when_it_reads)
{
	struct bench b;
	OWN(json) json_t *out = NULL;
	struct err err = { 0 };
	char code[96];

	bench_open(&b);
	CHECK_OK(awsclient_call(b.client, "ecs", "DescribeDrop", NULL, &out, NULL, &err), err);
	CHECK_INT(json_int_or(out, "Hits", 0), 3);
	CHECK_INT(awsclient_call(b.client, "ecs", "CreateDrop", NULL, NULL, code, &err), -1);
	CHECK_STR(code, "");
	CHECK_INT(err.code, ERR_REMOTE);
	bench_close(&b);
}

TEST(awsclient, s3_put_makes_the_bucket_when_it_is_missing)
{
	struct bench b;
	OWN(json) json_t *key = json_pack("{s:s,s:s}", "Bucket", "made", "Key", "x");
	OWN(json) json_t *out = NULL;
	OWN(str) char *url = NULL;
	OWN(str) char *want = NULL;
	struct err err = { 0 };

	bench_open(&b);
	CHECK_OK(awsclient_s3_put(b.client, "made", "a b", "da\0ta", 5, &url, &err), err);
	want = str_printf("%s/made/a%%20b", b.url);
	CHECK_STR(url, want);
	CHECK_OK(awsclient_call(b.client, "s3", "GetObject", key, &out, NULL, &err), err);
	CHECK_STR(json_str(out, "Body"), "");
	bench_close(&b);
}

TEST(awsclient, buckets_of_the_own_account_are_asked_for_with_their_owner)
{
	struct bench b;
	OWN(json) json_t *key = json_pack("{s:s,s:s}", "Bucket", "owned", "Key", "x");
	OWN(json) json_t *bucket = json_pack("{s:s}", "Bucket", "owned");
	OWN(json) json_t *before = NULL, *after = NULL;
	struct err err = { 0 };

	bench_open(&b);
	CHECK(awsclient_region_chosen(b.client));
	CHECK_OK(awsclient_call(b.client, "s3", "GetObject", key, &before, NULL, &err), err);
	CHECK_STR(json_str(before, "Body"), "");
	awsclient_own_buckets(b.client, "123456789012");
	CHECK_OK(awsclient_call(b.client, "s3", "GetObject", key, &after, NULL, &err), err);
	CHECK_STR(json_str(after, "Body"), "123456789012");
	/* what has no owner yet */
	CHECK_OK(awsclient_call(b.client, "s3", "CreateBucket", bucket, NULL, NULL, &err), err);
	bench_close(&b);
}

TEST(awsclient, plain_requests_reuse_the_handle_without_leftovers)
{
	struct bench b;
	OWN(str) char *post_url = NULL;
	OWN(str) char *post = NULL;
	OWN(str) char *get = NULL;
	struct err err = { 0 };
	int status = 0;
	size_t len = 0;

	bench_open(&b);
	post_url = str_printf("%s/plain/a//./b?q", b.url);
	CHECK_OK(awsclient_http(b.client, "POST", post_url, "application/json", "{}", 2, 2000,
				&status, &post, &len, &err),
		 err);
	CHECK_INT(status, 200);
	CHECK(post && strstr(post, "\"Path\":\"/plain/a//./b\",\"Query\":\"q\",\"Body\":\"{}\""));
	CHECK_OK(awsclient_http(b.client, "GET", post_url, NULL, NULL, 0, 0, &status, &get, &len,
				&err),
		 err);
	CHECK(get && strstr(get, "\"Method\":\"GET\"") && strstr(get, "\"Body\":\"\""));
	bench_close(&b);
}

TEST(awsclient, an_endpoint_that_is_not_there_fails_at_once)
{
	struct awsclient_options o = { .endpoint_url = "http://127.0.0.1:1", .local = true };
	OWN(awsclient) struct awsclient *c = NULL;
	struct err err = { 0 };
	char code[96];

	CHECK_OK(awsclient_new(&o, &c, &err), err);
	CHECK_INT(awsclient_call(c, "sts", "GetCallerIdentity", NULL, NULL, code, &err), -1);
	CHECK_STR(code, "");
	CHECK_INT(err.code, ERR_REMOTE);
	CHECK(strstr(err.text, "127.0.0.1"));
}

TEST(awsclient, bad_options_are_refused)
{
	struct awsclient_options scheme = { .endpoint_url = "ftp://x" };
	struct awsclient_options path = { .endpoint_url = "http://x/y" };
	struct awsclient_options region = { .endpoint_url = "http://x", .region = "a.b/c" };
	struct awsclient *c = NULL;
	struct err err = { 0 };

	CHECK_INT(awsclient_new(&scheme, &c, &err), -1);
	CHECK_INT(awsclient_new(&path, &c, &err), -1);
	CHECK_INT(awsclient_new(&region, &c, &err), -1);
	CHECK(!c);
}
