#include "base/test.h"

#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include "engine/http/http.h"

struct answer {
	struct event_base *base;
	int status;
	char *body, *error;
};

static void on_answer(void *ctx, int status, const char *body, size_t len, const char *error)
{
	struct answer *a = ctx;

	a->status = status;
	a->body = str_dup_n(body, len);
	a->error = str_dup(error);
	(void)event_base_loopbreak(a->base);
}

static void answer_clear(struct answer *a)
{
	free(a->body);
	free(a->error);
	a->body = a->error = NULL;
	a->status = -1;
}

static void echo(void *ctx, struct http_exchange *x, const struct http_request *r)
{
	(void)ctx;
	if (!strcmp(r->path, "/never")) {
		struct http_exchange **kept = ctx;

		*kept = x;
		return;
	}
	http_reply(x, 202, NULL, r->body_len ? r->body : r->target,
		   r->body_len ? r->body_len : strlen(r->target));
}

/* A listening socket on a free port of the loopback. */
static int listening(uint16_t *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_INT(listen(fd, 4), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

TEST(http_client, gets_and_posts)
{
	struct answer a = { .base = event_base_new() };
	struct http_server *server = NULL;
	struct err err = { 0 };
	uint16_t port;
	int fd = listening(&port);

	CHECK_OK(http_server_new(a.base, NULL, echo, NULL, &server, &err), err);
	CHECK_OK(http_server_listen(server, fd, &err), err);
	http_get(a.base, "127.0.0.1", port, "/x?y=1", 3000, on_answer, &a);
	(void)event_base_dispatch(a.base);
	CHECK_INT(a.status, 202);
	CHECK_STR(a.body, "/x?y=1");
	CHECK_STR(a.error, NULL);
	answer_clear(&a);
	http_post(a.base, "localhost", port, "/", "text/plain", "hello", 5, 3000, on_answer, &a);
	(void)event_base_dispatch(a.base);
	CHECK_INT(a.status, 202);
	CHECK_STR(a.body, "hello");
	answer_clear(&a);
	http_server_free(server);
	event_base_free(a.base);
}

TEST(http_client, says_what_failed)
{
	struct answer a = { .base = event_base_new() };
	struct http_exchange *kept = NULL;
	struct http_server *server = NULL;
	struct err err = { 0 };
	uint16_t port, closed;
	int fd = listening(&port);

	close(listening(&closed));
	CHECK_OK(http_server_new(a.base, NULL, echo, &kept, &server, &err), err);
	CHECK_OK(http_server_listen(server, fd, &err), err);
	http_get(a.base, "127.0.0.1", closed, "/", 3000, on_answer, &a);
	CHECK_INT(a.status, 0);
	CHECK_STR(a.error, NULL);
	(void)event_base_dispatch(a.base);
	CHECK(a.error && strstr(a.error, "Connection refused"));
	answer_clear(&a);
	http_get(a.base, "127.0.0.1", port, "/never", 50, on_answer, &a);
	(void)event_base_dispatch(a.base);
	CHECK(a.error && strstr(a.error, "no answer within 50 ms"));
	answer_clear(&a);
	http_get(a.base, "127.0.0.1", port, "/x HTTP/1.1\r\nX: y", 3000, on_answer, &a);
	(void)event_base_dispatch(a.base);
	CHECK(a.error && strstr(a.error, "malformed"));
	answer_clear(&a);
	http_server_free(server);
	if (kept)
		http_reply(kept, 200, NULL, "", 0);
	event_base_free(a.base);
}

TEST(http_client, gives_up_on_a_name_in_time)
{
	struct answer a = { .base = event_base_new() };

	http_get(a.base, "no-such-name.invalid", 80, "/", 200, on_answer, &a);
	(void)event_base_dispatch(a.base);
	CHECK_INT(a.status, 0);
	CHECK(a.error != NULL);
	/* the cancelled look-up winds up in the loop */
	(void)event_base_loop(a.base, EVLOOP_NONBLOCK);
	(void)event_base_loop(a.base, EVLOOP_NONBLOCK);
	answer_clear(&a);
	event_base_free(a.base);
}
