/* A real server on the loopback, and clients that behave badly. The client side is a blocking
 * socket that is served between its steps by turning the loop. */
#include "base/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "engine/http/http.h"

struct bench {
	struct event_base *base;
	struct http_server *server;
	struct http_exchange *kept; /* "/later" is answered by the test */
	uint16_t port;
	unsigned requests;
};

static void handle(void *ctx, struct http_exchange *x, const struct http_request *r)
{
	struct bench *b = ctx;
	OWN(json) json_t *headers = json_pack("{s:s}", "X-Split", "a\r\nX-Evil: 1");
	OWN(str) char *text = NULL;

	b->requests++;
	if (!strcmp(r->path, "/later")) {
		b->kept = x;
		return;
	}
	if (!strcmp(r->path, "/big")) {
		text = mem_new(300001, 1);
		memset(text, 'b', 300000);
		http_reply(x, 200, NULL, text, 300000);
		return;
	}
	text = str_printf("%s %s [%.20s] %zu %s", r->method, r->target, r->body, r->body_len,
			  r->remote);
	http_reply(x, 200, headers, text, strlen(text));
}

static void bench_open(struct bench *b, const struct http_limits *limits)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	struct err err = { 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*b = (struct bench){ .base = event_base_new() };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_INT(listen(fd, 16), 0);
	CHECK_INT(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	b->port = ntohs(address.sin_port);
	CHECK_OK(http_server_new(b->base, limits, handle, b, &b->server, &err), err);
	CHECK_OK(http_server_listen(b->server, fd, &err), err);
}

static void bench_close(struct bench *b)
{
	http_server_free(b->server);
	event_base_free(b->base);
}

static int client(const struct bench *b)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(b->port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_INT(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static double now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void turn(struct bench *b)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	(void)event_base_loop(b->base, EVLOOP_NONBLOCK);
	(void)nanosleep(&pause, NULL);
	(void)event_base_loop(b->base, EVLOOP_NONBLOCK);
}

static void send_all(struct bench *b, int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
		(void)event_base_loop(b->base, EVLOOP_NONBLOCK);
	}
}

static void send_text(struct bench *b, int fd, const char *text)
{
	send_all(b, fd, text, strlen(text));
}

/* What comes until `stop` was seen (NULL: until the connection ends), at most 5 s. */
static char *receive(struct bench *b, int fd, const char *stop)
{
	struct buf got = { 0 };
	double end = now_s() + 5;

	while (now_s() < end) {
		char piece[65536];
		ssize_t n;

		turn(b);
		n = recv(fd, piece, sizeof(piece), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			buf_str(&got, n == 0 ? "<end>" : "<reset>");
			break;
		}
		if (n > 0)
			buf_add(&got, piece, (size_t)n);
		if (stop && got.len && strstr(got.data, stop))
			break;
	}
	buf_str(&got, "");
	return buf_take(&got);
}

static char *ask(struct bench *b, int fd, const char *text, const char *stop)
{
	send_text(b, fd, text);
	return receive(b, fd, stop);
}

static unsigned occurrences(const char *text, const char *word)
{
	unsigned count = 0;

	while ((text = strstr(text, word))) {
		count++;
		text += strlen(word);
	}
	return count;
}

TEST(http_server, keeps_a_connection_and_the_raw_target)
{
	struct bench b;
	OWN(fd) int fd = -1;
	OWN(str) char *first = NULL;
	OWN(str) char *second = NULL;

	bench_open(&b, NULL);
	fd = client(&b);
	first = ask(&b, fd, "GET /a%20b//./c?x=%2f HTTP/1.1\r\nHost: h\r\n\r\n", "127.0.0.1");
	CHECK(strstr(first, "HTTP/1.1 200 OK\r\n"));
	CHECK(strstr(first, "\r\n\r\nGET /a%20b//./c?x=%2f [] 0 127.0.0.1"));
	CHECK(strstr(first, "\r\nConnection: keep-alive\r\n"));
	CHECK(!strstr(first, "\nX-Evil"));
	second = ask(&b, fd, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi",
		     "127.0.0.1");
	CHECK(strstr(second, "PUT / [hi] 2 127.0.0.1"));
	bench_close(&b);
}

TEST(http_server, takes_a_request_byte_by_byte)
{
	static const char text[] =
		"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
		"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
	struct bench b;
	OWN(fd) int fd = -1;
	OWN(str) char *got = NULL;

	bench_open(&b, NULL);
	fd = client(&b);
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		send_all(&b, fd, text + i, 1);
		(void)event_base_loop(b.base, EVLOOP_NONBLOCK);
	}
	got = receive(&b, fd, "127.0.0.1");
	CHECK(strstr(got, "POST /p [hello] 5 "));
	bench_close(&b);
}

TEST(http_server, answers_pipelined_requests_in_order)
{
	struct bench b;
	OWN(buf) struct buf many = { 0 };
	OWN(fd) int fd = -1;
	OWN(str) char *got = NULL;

	bench_open(&b, NULL);
	fd = client(&b);
	for (unsigned i = 0; i < 100; i++)
		buf_printf(&many, "GET /%u HTTP/1.1\r\nHost: h\r\n\r\n", i);
	buf_str(&many, "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
		       "GET /ignored HTTP/1.1\r\nHost: h\r\n\r\n");
	got = ask(&b, fd, many.data, NULL);
	CHECK_INT(occurrences(got, "HTTP/1.1 200 OK"), 101);
	CHECK(strstr(got, "GET /41 ") < strstr(got, "GET /42 "));
	CHECK(!strstr(got, "/ignored"));
	CHECK(str_ends(got, "<end>"));
	CHECK_INT(b.requests, 101);
	bench_close(&b);
}

TEST(http_server, says_continue_before_the_body)
{
	struct bench b;
	OWN(fd) int fd = -1;
	OWN(str) char *first = NULL;
	OWN(str) char *second = NULL;

	bench_open(&b, NULL);
	fd = client(&b);
	first = ask(
		&b, fd,
		"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
		"\r\n\r\n");
	CHECK_STR(first, "HTTP/1.1 100 Continue\r\n\r\n");
	second = ask(&b, fd, "ok", "127.0.0.1");
	CHECK(str_starts(second, "HTTP/1.1 200 OK"));
	CHECK(strstr(second, "[ok] 2"));
	bench_close(&b);
}

TEST(http_server, refuses_too_large_a_body_before_it_comes)
{
	struct http_limits limits = { .body_most = 1000 };
	struct bench b;
	OWN(fd) int fd = -1;
	OWN(str) char *got = NULL;

	bench_open(&b, &limits);
	fd = client(&b);
	got = ask(
		&b, fd,
		"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n",
		"large\n");
	CHECK(str_starts(got, "HTTP/1.1 413 "));
	CHECK_INT(b.requests, 0);
	bench_close(&b);
}

TEST(http_server, a_refused_client_that_goes_on_sending_still_reads_why)
{
	struct http_limits limits = { .body_most = 1000 };
	struct bench b;
	OWN(fd) int fd = -1;
	OWN(str) char *body = mem_new(500001, 1);
	OWN(str) char *got = NULL;

	bench_open(&b, &limits);
	fd = client(&b);
	memset(body, 'x', 500000);
	send_text(&b, fd, "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n");
	send_all(&b, fd, body, 500000);
	got = receive(&b, fd, NULL);
	CHECK(str_starts(got, "HTTP/1.1 413 "));
	CHECK(str_ends(got, "<end>"));
	bench_close(&b);
}

TEST(http_server, refuses_garbage_and_closes)
{
	struct bench b;
	OWN(fd) int fd = -1;
	OWN(str) char *got = NULL;

	bench_open(&b, NULL);
	fd = client(&b);
	got = ask(&b, fd, "\x16\x03\x01 nonsense\r\n\r\n", NULL);
	CHECK(str_starts(got, "HTTP/1.1 400 "));
	CHECK(strstr(got, "Connection: close\r\n"));
	CHECK(str_ends(got, "<end>"));
	bench_close(&b);
}

TEST(http_server, head_has_a_length_and_no_body)
{
	struct bench b;
	OWN(fd) int fd = -1;
	OWN(str) char *got = NULL;

	bench_open(&b, NULL);
	fd = client(&b);
	got = ask(&b, fd, "HEAD /big HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", NULL);
	CHECK(strstr(got, "Content-Length: 300000\r\n"));
	CHECK(str_ends(got, "\r\n\r\n<end>"));
	bench_close(&b);
}

TEST(http_server, sends_large_answers_whole_to_a_client_that_ended_its_side)
{
	struct bench b;
	OWN(fd) int fd = -1;
	OWN(str) char *got = NULL;

	bench_open(&b, NULL);
	fd = client(&b);
	send_text(&b, fd,
		  "GET /big HTTP/1.1\r\nHost: h\r\n\r\nGET /big HTTP/1.1\r\nHost: h\r\n\r\n");
	(void)shutdown(fd, SHUT_WR);
	got = receive(&b, fd, NULL);
	CHECK(strlen(got) > 600000);
	CHECK(str_ends(got, "bbb<end>"));
	bench_close(&b);
}

TEST(http_server, an_answer_may_come_later_or_too_late)
{
	struct bench b;
	OWN(fd) int fd = -1;
	OWN(fd) int gone = -1;
	OWN(str) char *got = NULL;

	bench_open(&b, NULL);
	fd = client(&b);
	send_text(&b, fd,
		  "GET /later HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
	for (unsigned i = 0; i < 20; i++)
		turn(&b);
	CHECK_INT(b.requests, 1);
	CHECK(b.kept != NULL);
	if (b.kept)
		http_reply(GIVE(b.kept), 201, NULL, "made", 4);
	got = receive(&b, fd, "GET /2 ");
	CHECK(str_starts(got, "HTTP/1.1 201 Created"));
	CHECK(strstr(got, "made") < strstr(got, "GET /2 "));

	gone = client(&b);
	send_text(&b, gone, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
	for (unsigned i = 0; i < 20; i++)
		turn(&b);
	CHECK(b.kept != NULL);
	http_server_free(GIVE(b.server));
	if (b.kept)
		http_reply(GIVE(b.kept), 200, NULL, "x", 1);
	bench_close(&b);
}

TEST(http_server, closes_idle_connections)
{
	struct http_limits limits = { .idle_s = 1 };
	struct bench b;
	OWN(fd) int fd = -1;
	OWN(str) char *got = NULL;
	double start = now_s();

	bench_open(&b, &limits);
	fd = client(&b);
	got = ask(&b, fd, "GET / HT", NULL);
	CHECK_STR(got, "<end>");
	CHECK(now_s() - start < 3);
	bench_close(&b);
}

TEST(http_server, serves_a_single_accepted_socket)
{
	struct bench b;
	int pair[2];
	OWN(fd) int fd = -1;
	OWN(str) char *got = NULL;

	bench_open(&b, NULL);
	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fd = pair[0];
	http_server_accept(b.server, pair[1]);
	got = ask(&b, fd, "GET /s HTTP/1.0\r\n\r\n", NULL);
	CHECK(strstr(got, "GET /s [] 0 local<end>"));
	bench_close(&b);
}

/* ---- answers that grow ------------------------------------------------------------------------- */

static unsigned streams_gone;

static void note_gone(void *ctx)
{
	(void)ctx;
	streams_gone++;
}

/* Turns the loop until the client has read `wanted`, or for two seconds. */
static bool read_until(struct bench *b, int fd, const char *wanted)
{
	char text[4096] = "";
	size_t len = 0;

	for (double end = now_s() + 2; now_s() < end && len < sizeof(text) - 1;) {
		ssize_t got = recv(fd, text + len, sizeof(text) - 1 - len, MSG_DONTWAIT);

		len += got > 0 ? (size_t)got : 0;
		text[len] = '\0';
		if (strstr(text, wanted))
			return true;
		turn(b);
	}
	return false;
}

static struct http_exchange *open_stream(struct bench *b, int fd)
{
	static const char request[] = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n";
	struct http_exchange *x;

	CHECK_INT(send(fd, request, strlen(request), 0), (ssize_t)strlen(request));
	for (double end = now_s() + 2; now_s() < end && !b->kept;)
		turn(b);
	x = b->kept;
	b->kept = NULL;
	streams_gone = 0;
	http_stream_begin(x, NULL, note_gone, b);
	return x;
}

TEST(http_stream, what_is_written_arrives_as_it_comes_and_the_end_is_the_end_of_the_connection)
{
	struct bench b;
	struct http_exchange *x;
	int fd;
	char byte;

	bench_open(&b, NULL);
	fd = client(&b);
	x = open_stream(&b, fd);
	CHECK(http_stream_write(x, "one", 3));
	CHECK(read_until(&b, fd, "\r\n\r\none"));
	CHECK(http_stream_write(x, "two", 3));
	CHECK(read_until(&b, fd, "two"));
	http_stream_end(x);
	for (double end = now_s() + 2; now_s() < end && recv(fd, &byte, 1, MSG_DONTWAIT) != 0;)
		turn(&b);
	CHECK_INT(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
	CHECK_INT(streams_gone, 0);
	close(fd);
	bench_close(&b);
}

TEST(http_stream, a_client_that_leaves_is_told_once)
{
	struct bench b;
	int fd;

	bench_open(&b, NULL);
	fd = client(&b);
	(void)open_stream(&b, fd);
	close(fd);
	for (double end = now_s() + 2; now_s() < end && !streams_gone;)
		turn(&b);
	CHECK_INT(streams_gone, 1);
	bench_close(&b);
	CHECK_INT(streams_gone, 1);
}

TEST(http_stream, a_client_that_does_not_read_is_dropped)
{
	OWN(str) char *block = mem_new(1 << 20, 1);
	struct bench b;
	struct http_exchange *x;
	bool taken = true;
	int fd;

	bench_open(&b, NULL);
	fd = client(&b);
	x = open_stream(&b, fd);
	for (int i = 0; i < 64 && taken; i++)
		taken = http_stream_write(x, block, 1 << 20);
	CHECK(!taken);
	for (double end = now_s() + 2; now_s() < end && !streams_gone;)
		turn(&b);
	CHECK_INT(streams_gone, 1);
	close(fd);
	bench_close(&b);
}

TEST(http_stream, a_server_that_ends_tells_of_its_streams)
{
	struct bench b;
	int fd;

	bench_open(&b, NULL);
	fd = client(&b);
	(void)open_stream(&b, fd);
	bench_close(&b);
	CHECK_INT(streams_gone, 1);
	close(fd);
}
