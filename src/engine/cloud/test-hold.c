#include "base/test.h"

#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/cloud/api.h"
#include "engine/cloud/hub/hub.h"

static unsigned looks, busy_looks; /* how often the stack was asked for; for how long it is in progress */

static int run_create(struct hub *hub, struct call *c)
{
	(void)hub;
	json_set_str(c->out, "StackId", "arn:stack");
	return 0;
}

static int run_describe(struct hub *hub, struct call *c)
{
	(void)hub;
	json_object_set_new(c->out, "Stacks",
			    json_pack("[{s:s}]", "StackStatus",
				      looks++ < busy_looks ? "CREATE_IN_PROGRESS" : "CREATE_COMPLETE"));
	return 0;
}

static const struct action actions[] = {
	{ .name = "CreateStack", .run = run_create },
	{ .name = "DescribeStacks", .run = run_describe },
	{ 0 },
};
static const struct service cfn = { .name = "cloudformation", .actions = actions };
static const struct service *const services[] = { &cfn, NULL };

struct bench {
	struct event_base *base;
	struct hub *hub;
	struct api *api;
	struct http_server *server;
};

static void bench_open(struct bench *b, unsigned busy)
{
	struct hub_options o = { .services = services };
	struct err err = { 0 };

	looks = 0;
	busy_looks = busy;
	*b = (struct bench){ .base = event_base_new() };
	o.events = b->base;
	CHECK_OK(hub_new(&o, &b->hub, &err), err);
	CHECK_OK(hub_start(b->hub, &err), err);
	CHECK_OK(api_new(b->hub, b->base, &b->api, &err), err);
	CHECK_OK(http_server_new(b->base, NULL, api_handle, b->api, &b->server, &err), err);
}

static void bench_close(struct bench *b)
{
	http_server_free(b->server);
	api_free(b->api);
	hub_free(b->hub);
	event_base_free(b->base);
}

/* Sends CreateStack; the client's end of the connection. */
static int begin(struct bench *b, const char *agent)
{
	static const char body[] = "Action=CreateStack&Version=2010-05-15&StackName=s";
	OWN(str) char *text = str_printf("POST / HTTP/1.1\r\nHost: 127.0.0.1:4566\r\n%s"
					 "Content-Type: application/x-www-form-urlencoded\r\n"
					 "Content-Length: %zu\r\n\r\n%s",
					 agent, strlen(body), body);
	int pair[2];

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	http_server_accept(b->server, pair[1]);
	CHECK_INT(send(pair[0], text, strlen(text), MSG_NOSIGNAL), strlen(text));
	return pair[0];
}

/* Runs the loop until the answer is there. */
static void wait_answer(struct bench *b, int fd)
{
	char text[4096];
	ssize_t n = -1;

	while (n < 0) {
		(void)event_base_loop(b->base, EVLOOP_ONCE);
		n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	}
	text[n] = '\0';
	CHECK(str_starts(text, "HTTP/1.1 200 "));
	CHECK(strstr(text, "<StackId>arn:stack</StackId>"));
}

TEST(hold, the_answer_waits_until_the_stack_is_done)
{
	struct bench b;
	OWN(fd) int fd = -1;

	bench_open(&b, 3);
	fd = begin(&b, "User-Agent: aws-cli/2.9.19\r\n");
	wait_answer(&b, fd);
	CHECK_INT(looks, 4);
	bench_close(&b);
}

TEST(hold, a_client_without_a_name_is_answered_at_once)
{
	struct bench b;
	OWN(fd) int fd = -1;

	bench_open(&b, 3);
	fd = begin(&b, "");
	wait_answer(&b, fd);
	CHECK_INT(looks, 0);
	bench_close(&b);
}

TEST(hold, a_stack_that_takes_longer_is_not_waited_for)
{
	struct bench b;
	OWN(fd) int fd = -1;

	bench_open(&b, UINT32_MAX);
	fd = begin(&b, "User-Agent: aws-cli/2.9.19\r\n");
	wait_answer(&b, fd);
	CHECK(looks > 1);
	bench_close(&b);
}

TEST(hold, what_is_held_at_the_end_is_given_back)
{
	struct bench b;
	OWN(fd) int fd = -1;

	bench_open(&b, UINT32_MAX);
	fd = begin(&b, "User-Agent: aws-cli/2.9.19\r\n");
	while (!looks)
		(void)event_base_loop(b.base, EVLOOP_ONCE);
	bench_close(&b); /* the sanitizers would tell */
}
