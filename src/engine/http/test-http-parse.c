#include "base/test.h"

#include <string.h>

#include "engine/http/http-internal.h"

/* Feeds in pieces of `step` bytes. Returns the status (0: fine), *ret_used what was taken. */
static int feed_steps(struct http_message *m, const char *text, size_t len, size_t step,
		      size_t *ret_used)
{
	struct err err = { 0 };

	*ret_used = 0;
	while (*ret_used < len && m->state != HTTP_WHOLE) {
		size_t left = len - *ret_used, used;
		int status = http_message_feed(m, text + *ret_used, left < step ? left : step,
					       &used, &err);

		*ret_used += used;
		if (status) {
			CHECK(err.text[0]);
			return status;
		}
	}
	return 0;
}

/* Whole, refused with a status, or incomplete (1): the same for every size of the pieces. */
static int verdict(const char *text, bool reply)
{
	static const size_t steps[] = { 1, 2, 7, 100000 };
	int first = -1;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		OWN(http_message) struct http_message m;
		size_t used;
		int status;

		http_message_init(&m, reply, 100);
		status = feed_steps(&m, text, strlen(text), steps[i], &used);
		if (!status && m.state != HTTP_WHOLE)
			status = 1;
		CHECK(first < 0 || status == first);
		first = status;
	}
	return first;
}

#define HOST "Host: h\r\n"
#define REQUEST(text) verdict(text, false)

TEST(http_parse, a_request_is_taken_apart)
{
	static const char text[] =
		"\r\nPOST /a%20b//c?x=1&y HTTP/1.1\r\nHost: h:1\r\nX-A:  one \r\n"
		"x-a:two\r\nContent-Length: 5\r\n\r\nhelloGET /next";
	OWN(http_message) struct http_message m;
	size_t used;

	http_message_init(&m, false, 0);
	CHECK_INT(feed_steps(&m, text, strlen(text), 3, &used), 0);
	CHECK_INT(m.state, HTTP_WHOLE);
	CHECK_INT(used, strlen(text) - strlen("GET /next"));
	CHECK_STR(m.method, "POST");
	CHECK_STR(m.target, "/a%20b//c?x=1&y");
	CHECK_STR(m.path, "/a%20b//c");
	CHECK_STR(m.query, "x=1&y");
	CHECK_STR(json_str(m.headers, "x-a"), "one,two");
	CHECK_STR(m.body.data, "hello");
	CHECK(m.keep_alive);
}

TEST(http_parse, absolute_targets_lose_their_host)
{
	static const char text[] = "GET http://h:80?q HTTP/1.0\r\n\r\n";
	OWN(http_message) struct http_message m;
	size_t used;

	http_message_init(&m, false, 0);
	CHECK_INT(feed_steps(&m, text, strlen(text), 100, &used), 0);
	CHECK_STR(m.path, "/");
	CHECK_STR(m.query, "q");
	CHECK(!m.keep_alive);
}

TEST(http_parse, chunked_bodies_are_joined_and_trailers_dropped)
{
	static const char text[] =
		"PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
		"3;x=y\r\nabc\r\n00A\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\nrest";
	OWN(http_message) struct http_message m;
	size_t used;

	for (size_t step = 1; step < 9; step++) {
		http_message_init(&m, false, 13);
		CHECK_INT(feed_steps(&m, text, strlen(text), step, &used), 0);
		CHECK_INT(m.state, HTTP_WHOLE);
		CHECK_STR(m.body.data, "abc0123456789");
		CHECK_INT(used, strlen(text) - 4);
		http_message_free(&m);
	}
	http_message_init(&m, false, 12);
	CHECK_INT(feed_steps(&m, text, strlen(text), 1000, &used), 413);
}

TEST(http_parse, malformed_heads_are_refused)
{
	CHECK_INT(REQUEST("GET / HTTP/1.1\r\n" HOST "\r\n"), 0);
	CHECK_INT(REQUEST("GET / HTTP/1.1\r\n\r\n"), 400);
	CHECK_INT(REQUEST("GET / HTTP/1.1\r\n" HOST HOST "\r\n"), 400);
	CHECK_INT(REQUEST("GET /\r\n\r\n"), 400);
	CHECK_INT(REQUEST("GET / HTTP/2.0\r\n\r\n"), 505);
	CHECK_INT(REQUEST("GET / XTTP/1.1\r\n\r\n"), 400);
	CHECK_INT(REQUEST("G(T / HTTP/1.1\r\n" HOST "\r\n"), 400);
	CHECK_INT(REQUEST("GET /a b HTTP/1.1\r\n" HOST "\r\n"), 400);
	CHECK_INT(REQUEST("GET a HTTP/1.1\r\n" HOST "\r\n"), 400);
	CHECK_INT(REQUEST("GET /\x01 HTTP/1.1\r\n" HOST "\r\n"), 400);
	CHECK_INT(REQUEST("GET / HTTP/1.1\r\n" HOST "X : 1\r\n\r\n"), 400);
	CHECK_INT(REQUEST("GET / HTTP/1.1\r\n" HOST "X: 1\r\n folded\r\n\r\n"), 400);
	CHECK_INT(REQUEST("GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n"), 400);
	CHECK_INT(REQUEST("GET / HTTP/1.1\r\n" HOST "X: \xff\r\n\r\n"), 400);
	CHECK_INT(REQUEST("GET / HTTP/1.1\n" HOST "\n\n"), 400);
	CHECK_INT(REQUEST("GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n"), 400);
}

TEST(http_parse, lengths_that_do_not_agree_are_refused)
{
	CHECK_INT(REQUEST("PUT / HTTP/1.1\r\n" HOST
			  "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx"),
		  0);
	CHECK_INT(
		REQUEST("PUT / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"),
		400);
	CHECK_INT(REQUEST("PUT / HTTP/1.1\r\n" HOST
			  "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
		  400);
	CHECK_INT(REQUEST("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
	CHECK_INT(REQUEST("PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n"), 501);
	CHECK_INT(REQUEST("PUT / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n"), 400);
	CHECK_INT(REQUEST("PUT / HTTP/1.1\r\n" HOST "Content-Length: 101\r\n\r\n"), 413);
	CHECK_INT(REQUEST("PUT / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n"), 417);
	CHECK_INT(REQUEST("PUT / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nab"), 1);
}

#define CHUNKED "PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"

TEST(http_parse, malformed_chunks_are_refused)
{
	CHECK_INT(REQUEST(CHUNKED "x\r\n"), 400);
	CHECK_INT(REQUEST(CHUNKED "\r\n"), 400);
	CHECK_INT(REQUEST(CHUNKED "1\n"), 400);
	CHECK_INT(REQUEST(CHUNKED "1\r\nab\r\n"), 400);
	CHECK_INT(REQUEST(CHUNKED "-1\r\n"), 400);
	CHECK_INT(REQUEST(CHUNKED "1g\r\n"), 400);
	CHECK_INT(REQUEST(CHUNKED "ffffffffffffffff\r\n"), 413);
	CHECK_INT(REQUEST(CHUNKED "65\r\n"), 413);
	CHECK_INT(REQUEST(CHUNKED "0\r\n"), 1);
}

TEST(http_parse, endless_parts_are_cut_off)
{
	OWN(buf) struct buf line = { 0 };
	OWN(buf) struct buf headers = { 0 };
	OWN(buf) struct buf extension = { 0 };
	OWN(buf) struct buf trailers = { 0 };

	buf_str(&line, "GET /");
	buf_str(&headers, "GET / HTTP/1.1\r\n" HOST);
	buf_str(&extension, CHUNKED "1;");
	buf_str(&trailers, CHUNKED "0\r\n");
	for (unsigned i = 0; i < 70000; i++)
		buf_char(&line, 'a');
	for (unsigned i = 0; i < 200; i++)
		buf_printf(&headers, "X%u: 1\r\n", i);
	buf_str(&headers, "\r\n");
	for (unsigned i = 0; i < 5000; i++) {
		buf_char(&extension, 'a');
		buf_str(&trailers, "T: 1\r\n");
	}
	CHECK_INT(REQUEST(line.data), 431);
	CHECK_INT(REQUEST(headers.data), 431);
	CHECK_INT(REQUEST(extension.data), 400);
	CHECK_INT(REQUEST(trailers.data), 431);
}

TEST(http_parse, replies_end_by_length_or_with_the_connection)
{
	static const char text[] = "HTTP/1.1 404 Not Found\r\n\r\nuntil the end";
	OWN(http_message) struct http_message m;
	struct err err = { 0 };
	size_t used;

	http_message_init(&m, true, 0);
	CHECK_INT(feed_steps(&m, text, strlen(text), 5, &used), 0);
	CHECK_INT(m.state, HTTP_IN_REST);
	CHECK_INT(http_message_end(&m, &err), 0);
	CHECK_INT(m.status, 404);
	CHECK_STR(m.body.data, "until the end");
	CHECK_INT(verdict("HTTP/1.1 204\r\n\r\n", true), 0);
	CHECK_INT(verdict("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", true), 1);
	CHECK_INT(verdict("HTTP/1.1 2x0 OK\r\n\r\n", true), 400);
	CHECK_INT(verdict("ICY\r\n\r\n", true), 400);
}
