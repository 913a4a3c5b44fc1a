/* The endpoint without sockets of AWS's clients: a real HTTP server, requests as the clients send
 * them, services made for the test. */
#include "base/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "core/aws/aws.h"
#include "engine/cloud/api.h"
#include "engine/cloud/hub/hub.h"

static unsigned logged;

static void count_log(const char *line)
{
	if (strstr(line, "not part of the local cloud"))
		logged++;
}

/* ---- services of the test ---------------------------------------------------------------------
 */

/* Answers what came in. */
static int run_echo(struct hub *hub, struct call *c)
{
	OWN(str) char *in = json_canonical(c->in);

	(void)hub;
	json_set_str(c->out, "In", in);
	json_set_str(c->out, "Principal", c->principal);
	json_set_bool(c->out, "On", true);
	json_object_set_new(c->out, "At", json_real(1795546321.843));
	json_object_set_new(c->out, "List", json_pack("[{s:i}]", "N", 1));
	return 0;
}

static int run_refuse(struct hub *hub, struct call *c)
{
	(void)hub;
	return call_fail(c, 404, "ChangeSetNotFound", "ChangeSet [%s] does not exist",
			 json_str_or(c->in, "Name", "x"));
}

static int run_broken(struct hub *hub, struct call *c)
{
	(void)hub;
	(void)c;
	return -1;
}

static int run_nothing(struct hub *hub, struct call *c)
{
	(void)hub;
	(void)c;
	return 0;
}

static const struct action actions[] = {
	{ .name = "Echo", .run = run_echo },
	{ .name = "Refuse", .run = run_refuse },
	{ .name = "Broken", .run = run_broken },
	{ .name = "Nothing", .run = run_nothing },
	{ 0 },
};
static const struct action rest_actions[] = {
	{ .name = "Create", .run = run_echo, .http = "POST 201 /2015-02-01/things" },
	{ .name = "Refuse", .run = run_refuse, .http = "DELETE 204 /2015-02-01/things/bad" },
	{ .name = "Delete", .run = run_nothing, .http = "DELETE 204 /2015-02-01/things/{Id}" },
	{ .name = "Sub", .run = run_echo, .http = "GET 200 /2015-02-01/things/{Id}/sub" },
	{ 0 },
};

static int raw_echo(struct hub *hub, struct call *c, const char *method, const char *path,
		    const char *query, json_t **ret_headers, struct buf *ret_body)
{
	(void)hub;
	if (!strcmp(path, "/no"))
		return call_fail(c, 404, "NoSuchBucket", "none");
	*ret_headers = json_pack("{s:s}", "Content-Type", "text/plain");
	buf_printf(ret_body, "%s %s?%s %zu", method, path, query, c->body_len);
	c->status = 206;
	return 0;
}

static const struct service cfn = { .name = "cloudformation", .actions = actions };
static const struct service ec2 = { .name = "ec2", .actions = actions };
static const struct service ecs = { .name = "ecs", .actions = actions };
static const struct service efs = { .name = "efs", .actions = rest_actions };
static const struct action none[] = { { 0 } };
static const struct service s3 = { .name = "s3", .actions = none, .raw = raw_echo };
static const struct service *const services[] = { &cfn, &ec2, &ecs, &efs, &s3, NULL };

/* ---- bench -------------------------------------------------------------------------------------
 */

struct bench {
	struct event_base *base;
	struct hub *hub;
	struct api *api;
	struct http_server *server;
	bool stopped;
};

static void on_stop(void *ctx)
{
	struct bench *b = ctx;

	b->stopped = true;
}

static void bench_open(struct bench *b)
{
	struct hub_options o = { .services = services, .log = count_log };
	struct err err = { 0 };

	*b = (struct bench){ .base = event_base_new() };
	logged = 0;
	o.events = b->base;
	CHECK_OK(hub_new(&o, &b->hub, &err), err);
	CHECK_OK(hub_start(b->hub, &err), err);
	CHECK_OK(api_new(b->hub, b->base, &b->api, &err), err);
	api_on_stop(b->api, on_stop, b);
	CHECK_OK(http_server_new(b->base, NULL, api_handle, b->api, &b->server, &err), err);
}

static void bench_close(struct bench *b)
{
	http_server_free(b->server);
	api_free(b->api);
	hub_free(b->hub);
	event_base_free(b->base);
}

/* One request on a connection of its own; the whole answer. */
static char *ask_raw(struct bench *b, const char *text)
{
	struct buf got = { 0 };
	int pair[2];
	OWN(fd) int fd = -1;

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fd = pair[0];
	http_server_accept(b->server, pair[1]);
	CHECK_INT(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	(void)shutdown(fd, SHUT_WR);
	for (unsigned i = 0; i < 1000; i++) {
		char piece[4096];
		ssize_t n;

		(void)event_base_loop(b->base, EVLOOP_NONBLOCK);
		n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT);
		if (n > 0)
			buf_add(&got, piece, (size_t)n);
		else if (n == 0 || errno != EAGAIN)
			break;
	}
	buf_str(&got, "");
	return buf_take(&got);
}

/* Service, content type, target: NULL leaves the header out. */
static char *ask(struct bench *b, const char *line, const char *service, const char *type,
		 const char *target, const char *body)
{
	OWN(buf) struct buf text = { 0 };

	buf_printf(&text, "%s HTTP/1.1\r\nHost: 127.0.0.1:4566\r\n", line);
	if (service)
		buf_printf(&text,
			   "Authorization: AWS4-HMAC-SHA256 Credential=k/20261124/us-east-1/%s/"
			   "aws4_request, SignedHeaders=host, Signature=00\r\n",
			   service);
	if (type)
		buf_printf(&text, "Content-Type: %s\r\n", type);
	if (target)
		buf_printf(&text, "X-Amz-Target: %s\r\n", target);
	buf_printf(&text, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
	return ask_raw(b, text.data);
}

static bool has_status(const char *answer, int status)
{
	OWN(str) char *line = str_printf("HTTP/1.1 %d ", status);

	return str_starts(answer, line);
}

#define FORM "application/x-www-form-urlencoded; charset=utf-8"
#define JSON11 "application/x-amz-json-1.1"
#define CONTAINS(text, part) CHECK(strstr(text, part))

/* ---- routing and shapes
 * -------------------------------------------------------------------------- */

TEST(api, form_actions_go_by_version_and_answer_in_xml)
{
	struct bench b;
	OWN(str) char *got = NULL;

	bench_open(&b);
	got = ask(&b, "POST /", "cloudformation", FORM, NULL,
		  "Action=Echo&Version=2010-05-15&Tags.member.1.Key=a");
	CHECK(has_status(got, 200));
	CONTAINS(got, "Content-Type: text/xml");
	CONTAINS(got, "x-amzn-RequestId: ");
	CONTAINS(got, "<EchoResult><In>{\"Tags\":[{\"Key\":\"a\"}]}</In>");
	CONTAINS(got, "<Principal>arn:aws:iam::000000000000:root</Principal><On>true</On>"
		      "<At>1795546321.843</At><List><member><N>1</N></member></List>");
	bench_close(&b);
}

TEST(api, ec2_answers_without_result_and_errors_in_its_own_shape)
{
	struct bench b;
	OWN(str) char *good = NULL;
	OWN(str) char *bad = NULL;

	bench_open(&b);
	good = ask(&b, "POST /", "ec2", FORM, NULL, "Action=Echo&Version=2016-11-15&A.1=x&A.2=y");
	CONTAINS(good, "</requestId><In>{\"A\":[\"x\",\"y\"]}</In>");
	CONTAINS(good, "<List><item><N>1</N></item></List>");
	bad = ask(&b, "POST /", "ec2", FORM, NULL, "Action=Nope&Version=2016-11-15");
	CHECK(has_status(bad, 400));
	CONTAINS(bad, "<Response><Errors><Error><Code>InvalidAction</Code>");
	bench_close(&b);
}

TEST(api, query_errors_keep_status_code_and_text)
{
	struct bench b;
	OWN(str) char *got = NULL;
	OWN(str) char *broken = NULL;

	bench_open(&b);
	got = ask(&b, "POST /", NULL, FORM, NULL, "Action=Refuse&Version=2010-05-15&Name=%3Cs%3E");
	CHECK(has_status(got, 404));
	CONTAINS(got, "<Type>Sender</Type><Code>ChangeSetNotFound</Code>"
		      "<Message>ChangeSet [&lt;s&gt;] does not exist</Message>");
	broken = ask(&b, "POST /", NULL, FORM, NULL, "Action=Broken&Version=2010-05-15");
	CHECK(has_status(broken, 500));
	CONTAINS(broken, "<Type>Receiver</Type><Code>InternalFailure</Code>");
	bench_close(&b);
}

TEST(api, json_actions_go_by_target)
{
	struct bench b;
	OWN(str) char *got = NULL;
	OWN(str) char *empty = NULL;
	OWN(str) char *bad = NULL;
	OWN(str) char *list = NULL;
	OWN(str) char *refused = NULL;

	bench_open(&b);
	got = ask(&b, "POST /", NULL, JSON11, "AmazonEC2ContainerServiceV20141113.Echo",
		  "{\"a\":[1]}");
	CHECK(has_status(got, 200));
	CONTAINS(got, "Content-Type: application/x-amz-json-1.1");
	CONTAINS(got, "{\"In\":\"{\\\"a\\\":[1]}\",");
	CONTAINS(got, "\"On\":true,\"At\":1795546321.843,");
	empty = ask(&b, "POST /", NULL, JSON11, "AmazonEC2ContainerServiceV20141113.Nothing", "");
	CHECK(str_ends(empty, "\r\n\r\n{}"));
	bad = ask(&b, "POST /", NULL, JSON11, "AmazonEC2ContainerServiceV20141113.Echo", "{");
	CHECK(has_status(bad, 400));
	CONTAINS(bad, "\"__type\":\"SerializationException\"");
	list = ask(&b, "POST /", NULL, JSON11, "AmazonEC2ContainerServiceV20141113.Echo", "[]");
	CONTAINS(list, "SerializationException");
	refused =
		ask(&b, "POST /", NULL, JSON11, "AmazonEC2ContainerServiceV20141113.Refuse", "{}");
	CHECK(has_status(refused, 404));
	CONTAINS(refused,
		 "{\"__type\":\"ChangeSetNotFound\",\"message\":\"ChangeSet [x] does not exist\"}");
	bench_close(&b);
}

TEST(api, unknown_actions_and_services_are_refused_and_logged_once)
{
	struct bench b;

	bench_open(&b);
	for (unsigned i = 0; i < 3; i++) {
		OWN(str)
		char *json = ask(&b, "POST /", NULL, JSON11,
				 "AmazonEC2ContainerServiceV20141113.Nope", "{}");
		OWN(str) char *service = ask(&b, "POST /", NULL, JSON11, "Lambda_2.Invoke", "{}");
		OWN(str)
		char *here = ask(&b, "POST /", NULL, JSON11, "AmazonSSM.GetParameter", "{}");
		OWN(str)
		char *query = ask(&b, "POST /", NULL, FORM, NULL, "Action=Nope&Version=2010-05-15");
		OWN(str)
		char *version =
			ask(&b, "POST /", NULL, FORM, NULL, "Action=Nope&Version=1999-01-01");

		CHECK(has_status(json, 400));
		CONTAINS(json, "\"__type\":\"UnknownOperationException\"");
		CONTAINS(service, "UnknownOperationException");
		CONTAINS(service, "The service Lambda_2.Invoke is not part of the local cloud.");
		CONTAINS(here, "The service ssm is not part of the local cloud.");
		CHECK(has_status(query, 400));
		CONTAINS(query, "<Code>InvalidAction</Code>");
		CONTAINS(version, "<Code>InvalidAction</Code>");
	}
	CHECK_INT(logged, 5);
	bench_close(&b);
}

TEST(api, rest_json_merges_path_query_and_body)
{
	struct bench b;
	OWN(str) char *made = NULL;
	OWN(str) char *sub = NULL;
	OWN(str) char *gone = NULL;
	OWN(str) char *bad = NULL;
	OWN(str) char *unknown = NULL;

	bench_open(&b);
	made = ask(&b, "POST /2015-02-01/things", "elasticfilesystem", "application/json", NULL,
		   "{\"Tags\":[]}");
	CHECK(has_status(made, 201));
	CONTAINS(made, "{\"In\":\"{\\\"Tags\\\":[]}\"");
	sub = ask(&b, "GET /2015-02-01/things/fs%2D1/sub?Max=5&k=a&k=b%20c", "elasticfilesystem",
		  NULL, NULL, "");
	CHECK(has_status(sub, 200));
	CONTAINS(sub, "{\\\"Id\\\":\\\"fs-1\\\",\\\"Max\\\":\\\"5\\\",\\\"k\\\":[\\\"a\\\","
		      "\\\"b c\\\"]}");
	gone = ask(&b, "DELETE /2015-02-01/things/x", "elasticfilesystem", NULL, NULL, "");
	CHECK(has_status(gone, 204));
	CHECK(str_ends(gone, "\r\n\r\n"));
	bad = ask(&b, "DELETE /2015-02-01/things/bad", "elasticfilesystem", NULL, NULL, "");
	CHECK(has_status(bad, 404));
	CONTAINS(bad, "x-amzn-ErrorType: ChangeSetNotFound\r\n");
	CONTAINS(bad, "{\"ErrorCode\":\"ChangeSetNotFound\",\"Message\":");
	unknown = ask(&b, "PATCH /2015-02-01/things/x", "elasticfilesystem", NULL, NULL, "");
	CHECK(has_status(unknown, 400));
	CONTAINS(unknown, "UnknownOperationException");
	bench_close(&b);
}

TEST(api, s3_gets_the_whole_request)
{
	struct bench b;
	OWN(str) char *got = NULL;
	OWN(str) char *url = NULL;
	OWN(str) char *old = NULL;
	OWN(str) char *bad = NULL;
	OWN(str) char *head = NULL;

	bench_open(&b);
	got = ask(&b, "PUT /b/k%20:?x=1", "s3", NULL, NULL, "data");
	CHECK(has_status(got, 206));
	CONTAINS(got, "Content-Type: text/plain");
	CONTAINS(got, "x-amz-request-id: ");
	CHECK(str_ends(got, "PUT /b/k%20:?x=1 4"));
	url = ask(&b, "GET /b/k?X-Amz-Algorithm=A&X-Amz-Signature=1", NULL, NULL, NULL, "");
	CHECK(has_status(url, 206));
	old = ask(&b, "GET /b/k?AWSAccessKeyId=A&Signature=1&Expires=2", NULL, NULL, NULL, "");
	CHECK(has_status(old, 206));
	bad = ask(&b, "GET /no", "s3", NULL, NULL, "");
	CHECK(has_status(bad, 404));
	CONTAINS(bad, "<Error><Code>NoSuchBucket</Code><Message>none</Message><RequestId>");
	head = ask(&b, "HEAD /no", "s3", NULL, NULL, "");
	CHECK(has_status(head, 404));
	CHECK(str_ends(head, "\r\n\r\n"));
	bench_close(&b);
}

TEST(api, requests_that_name_no_service_are_told_so)
{
	struct bench b;
	OWN(str) char *got = NULL;
	OWN(str) char *lambda = NULL;
	OWN(str) char *action = NULL;
	OWN(str) char *in_query = NULL;

	bench_open(&b);
	got = ask(&b, "GET /", NULL, NULL, NULL, "");
	CHECK(has_status(got, 403));
	CONTAINS(got, "<Code>MissingAuthenticationToken</Code>");
	lambda = ask(&b, "GET /2015-03-31/functions/", "lambda", NULL, NULL, "");
	CHECK(has_status(lambda, 400));
	CONTAINS(lambda, "x-amzn-ErrorType: UnknownOperationException\r\n");
	CONTAINS(lambda, "The service lambda is not part of the local cloud.");
	action = ask(&b, "POST /", "cloudformation", FORM, NULL, "Version=2010-05-15");
	CONTAINS(action, "<Code>MissingAction</Code>");
	in_query = ask(&b, "GET /?Action=Nothing&Version=2010-05-15", NULL, NULL, NULL, "");
	CONTAINS(in_query, "<NothingResult></NothingResult>");
	bench_close(&b);
}

TEST(api, foreign_hosts_and_origins_are_refused)
{
	static const struct {
		const char *headers;
		int status;
	} cases[] = {
		{ "Host: 127.0.0.1:4566\r\n", 200 },
		{ "Host: LOCALHOST\r\n", 200 },
		{ "Host: bucket.localhost:4566\r\n", 200 },
		{ "Host: [::1]:4566\r\n", 200 },
		{ "Host: ecs.us-east-1.amazonaws.com\r\n", 200 },
		{ "Host: evil.example\r\n", 403 },
		{ "Host: evil-localhost\r\n", 403 },
		{ "Host: localhost.evil.example\r\n", 403 },
		{ "Host: amazonaws.com.evil.example\r\n", 403 },
		{ "Host: 127.0.0.1.evil.example:4566\r\n", 403 },
		{ "Host: \r\n", 403 },
		{ "Host: 127.0.0.1:4566\r\nOrigin: http://127.0.0.1:4566\r\n", 200 },
		{ "Host: 127.0.0.1:4566\r\nOrigin: http://127.0.0.1:8080\r\n", 403 },
		{ "Host: 127.0.0.1:4566\r\nOrigin: https://evil.example\r\n", 403 },
		{ "Host: 127.0.0.1:4566\r\nOrigin: null\r\n", 403 },
		{ "Host: rebound.example:4566\r\nOrigin: http://rebound.example:4566\r\n", 403 },
		{ "Host: 127.0.0.1:4566\r\nSec-Fetch-Site: cross-site\r\n", 403 },
		{ "Host: 127.0.0.1:4566\r\nSec-Fetch-Site: same-site\r\n", 403 },
		{ "Host: 127.0.0.1:4566\r\nSec-Fetch-Site: none\r\n", 200 },
		{ "Host: 127.0.0.1:4566\r\nSec-Fetch-Site: same-origin\r\n", 200 },
		{ "Host: 127.0.0.1:4566\r\nReferer: https://evil.example/page\r\n", 403 },
		{ "Host: 127.0.0.1:4566\r\nReferer: http://127.0.0.1:45660/\r\n", 403 },
		{ "Host: 127.0.0.1:4566\r\nReferer: http://127.0.0.1:4566.evil.example/\r\n", 403 },
		{ "Host: 127.0.0.1:4566\r\nReferer: http://127.0.0.1:4566/x\r\n", 200 },
	};
	struct bench b;

	bench_open(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWN(str)
		char *text = str_printf("GET /_mpcup/health HTTP/1.1\r\n%s\r\n", cases[i].headers);
		OWN(str) char *got = ask_raw(&b, text);

		if (!has_status(got, cases[i].status))
			test_fail(__FILE__, __LINE__, "%s gave %.20s", cases[i].headers, got);
	}
	bench_close(&b);
}

TEST(api, pages_of_other_sites_can_neither_ask_first_nor_post_forms)
{
	struct bench b;
	OWN(str) char *preflight = NULL;
	OWN(str) char *form = NULL;

	bench_open(&b);
	preflight = ask_raw(&b, "OPTIONS / HTTP/1.1\r\nHost: 127.0.0.1:4566\r\n"
				"Origin: https://evil.example\r\nAccess-Control-Request-Method: POST\r\n"
				"Access-Control-Request-Headers: x-amz-target\r\n\r\n");
	CHECK(has_status(preflight, 403));
	CHECK(!strstr(preflight, "Access-Control-Allow"));
	form = ask_raw(&b, "POST /?Action=Echo&Version=2010-05-15 HTTP/1.1\r\nHost: 127.0.0.1:4566\r\n"
			   "Content-Type: text/plain\r\nReferer: https://evil.example/\r\n"
			   "Content-Length: 3\r\n\r\na=b");
	CHECK(has_status(form, 403));
	CHECK(!strstr(form, "EchoResult"));
	bench_close(&b);
}

TEST(api, health_lists_the_services_and_stop_stops)
{
	struct bench b;
	struct timespec pause = { .tv_nsec = 60000000 };
	OWN(str) char *health = NULL;
	OWN(str) char *wrong = NULL;
	OWN(str) char *stop = NULL;

	bench_open(&b);
	health = ask(&b, "GET /_mpcup/health", NULL, NULL, NULL, "");
	CONTAINS(health, "{\"status\":\"running\",\"version\":\"" MPCUP_VERSION
			 "\",\"verifySignatures\":false,\"services\":[\"cloudformation\",\"ec2\",\"ecs\",\"efs\",\"s3\"]}");
	wrong = ask(&b, "GET /_mpcup/stop", NULL, NULL, NULL, "");
	CHECK(has_status(wrong, 405));
	stop = ask(&b, "POST /_mpcup/stop", NULL, NULL, NULL, "");
	CHECK(has_status(stop, 200));
	CHECK(!b.stopped);
	(void)nanosleep(&pause, NULL);
	(void)event_base_loop(b.base, EVLOOP_NONBLOCK);
	CHECK(b.stopped);
	bench_close(&b);
}
