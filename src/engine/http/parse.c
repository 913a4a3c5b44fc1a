#include "engine/http/http-internal.h"

#include <string.h>
#include <strings.h>

void http_message_init(struct http_message *m, bool reply, size_t body_most)
{
	*m = (struct http_message){ .reply = reply,
				    .body_most = body_most ? body_most : HTTP_BODY_MOST };
}

void http_message_free(struct http_message *m)
{
	free(m->method);
	free(m->target);
	free(m->path);
	free(m->query);
	json_decref(m->headers);
	buf_free(&m->body);
	buf_free(&m->line);
	*m = (struct http_message){ 0 };
}

static int refuse(int status, struct err *err, const char *what)
{
	(void)err_set(err, ERR_INPUT, "%s", what);
	return status;
}

/* ---- head -------------------------------------------------------------------------------------
 */

static bool token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool token(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!token_char(s[i]))
			return false;
	return len > 0;
}

/* Path and query of a target in origin form, absolute form or `*`. */
static int target_split(struct http_message *m, struct err *err)
{
	const char *at = m->target;
	size_t path_len;

	for (const char *c = at; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f || *c == '#')
			return refuse(400, err, "the request target has a forbidden character");
	if (!strncasecmp(at, "http://", 7) || !strncasecmp(at, "https://", 8)) {
		at = strstr(at, "://") + 3;
		at += strcspn(at, "/?");
	} else if (*at != '/' && strcmp(at, "*") != 0) {
		return refuse(400, err, "the request target is neither a path nor a URL");
	}
	path_len = strcspn(at, "?");
	m->path = path_len ? str_dup_n(at, path_len) : str_dup("/");
	m->query = str_dup(at[path_len] ? at + path_len + 1 : "");
	return 0;
}

static int version_parse(struct http_message *m, const char *s, size_t len, struct err *err)
{
	if (len != 8 || strncmp(s, "HTTP/", 5) != 0 || s[6] != '.')
		return refuse(400, err, "not an HTTP message");
	if (s[5] != '1' || (s[7] != '0' && s[7] != '1'))
		return refuse(505, err, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	m->http10 = s[7] == '0';
	m->keep_alive = !m->http10;
	return 0;
}

static int request_line(struct http_message *m, const char *line, size_t len, struct err *err)
{
	const char *first = memchr(line, ' ', len);
	const char *last = memrchr(line, ' ', len);
	int status;

	if (!first || first == last)
		return refuse(400, err, "not an HTTP request line");
	status = version_parse(m, last + 1, len - (size_t)(last + 1 - line), err);
	if (status)
		return status;
	if (!token(line, (size_t)(first - line)) || first - line > 32)
		return refuse(400, err, "the method is not a token");
	if (memchr(first + 1, '\0', (size_t)(last - first - 1)))
		return refuse(400, err, "the request target has a forbidden character");
	m->method = str_dup_n(line, (size_t)(first - line));
	m->target = str_dup_n(first + 1, (size_t)(last - first - 1));
	return target_split(m, err);
}

static int status_line(struct http_message *m, const char *line, size_t len, struct err *err)
{
	int status = len < 12 ? 400 : version_parse(m, line, 8, err);
	unsigned code = 0;

	if (len < 12)
		return refuse(400, err, "not an HTTP status line");
	if (status)
		return status;
	for (size_t i = 9; i < 12; i++) {
		if (line[i] < '0' || line[i] > '9')
			return refuse(400, err, "not an HTTP status line");
		code = code * 10 + (unsigned)(line[i] - '0');
	}
	if (line[8] != ' ' || (len > 12 && line[12] != ' ') || code < 100)
		return refuse(400, err, "not an HTTP status line");
	m->status = (int)code;
	return 0;
}

/* Adds to a header that came before with "," between (as SigV4 joins them); Host may come once only and Content-Length
 * only with one value. */
static int header_add(struct http_message *m, const char *name, const char *value, struct err *err)
{
	const char *before = json_str(m->headers, name);
	OWN(str) char *joined = before ? str_printf("%s,%s", before, value) : str_dup(value);
	json_t *text;

	if (before && !strcmp(name, "host"))
		return refuse(400, err, "Host came twice");
	if (before && !strcmp(name, "content-length"))
		return strcmp(before, value) == 0
			       ? 0
			       : refuse(400, err,
					"Content-Length came twice with different values");
	text = json_string(joined);
	if (!text)
		return refuse(400, err, "the value of a header is not UTF-8");
	json_object_set_new(m->headers, name, text);
	return 0;
}

static int header_line(struct http_message *m, const char *line, size_t len, struct err *err)
{
	const char *colon = memchr(line, ':', len);
	OWN(str) char *name = NULL;
	OWN(str) char *value = NULL;
	size_t start, end = len;

	if (!colon || !token(line, (size_t)(colon - line)))
		return refuse(400, err, "a header line is malformed");
	for (size_t i = (size_t)(colon - line) + 1; i < len; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\t') || line[i] == 0x7f)
			return refuse(400, err, "a header has a control character");
	start = (size_t)(colon - line) + 1;
	while (start < end && (line[start] == ' ' || line[start] == '\t'))
		start++;
	while (end > start && (line[end - 1] == ' ' || line[end - 1] == '\t'))
		end--;
	name = str_dup_n(line, (size_t)(colon - line));
	for (char *c = name; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	value = str_dup_n(line + start, end - start);
	return header_add(m, name, value, err);
}

/* Is `word` one of the comma-separated words of the header? */
static bool header_has(const struct http_message *m, const char *name, const char *word)
{
	const char *s = json_str_or(m->headers, name, "");

	while (*s) {
		size_t len;

		s += strspn(s, ", \t");
		len = strcspn(s, ", \t");
		if (len == strlen(word) && !strncasecmp(s, word, len))
			return true;
		s += len;
	}
	return false;
}

/* What follows the head of a message with these headers. */
static int body_start(struct http_message *m, struct err *err)
{
	const char *coding = json_str(m->headers, "transfer-encoding");
	const char *length = json_str(m->headers, "content-length");

	m->state = HTTP_WHOLE;
	if (m->reply && (m->bodiless || m->status < 200 || m->status == 204 || m->status == 304))
		return 0;
	/* two lengths are how requests are smuggled past a proxy */
	if (coding && (length || m->http10))
		return refuse(400, err,
			      "Transfer-Encoding does not go with what else the head says");
	if (coding && strcasecmp(coding, "chunked") != 0)
		return refuse(501, err, "the only transfer coding here is chunked");
	if (coding) {
		m->state = HTTP_IN_CHUNK_SIZE;
	} else if (length) {
		if (num_parse_u64(length, 0, UINT64_MAX, &m->left) < 0)
			return refuse(400, err, "Content-Length is not a number");
		if (m->left > m->body_most)
			return refuse(413, err, "the body is too large");
		if (m->left)
			m->state = HTTP_IN_BODY;
	} else if (m->reply) {
		m->state = HTTP_IN_REST;
		m->keep_alive = false;
	}
	return 0;
}

static int head_rules(struct http_message *m, struct err *err)
{
	const char *expect = json_str(m->headers, "expect");

	if (header_has(m, "connection", "close"))
		m->keep_alive = false;
	else if (header_has(m, "connection", "keep-alive"))
		m->keep_alive = true;
	if (!m->reply && !m->http10 && !json_str(m->headers, "host"))
		return refuse(400, err, "a request needs a Host header");
	if (!m->reply && expect && !m->http10) {
		if (strcasecmp(expect, "100-continue") != 0)
			return refuse(417, err, "the only expectation met here is 100-continue");
		m->expects = true;
	}
	return body_start(m, err);
}

/* `head` ends with the CRLF of the last header; lines end with CRLF and nothing else. */
static int head_parse(struct http_message *m, const char *head, size_t len, struct err *err)
{
	unsigned count = 0;

	json_decref(m->headers);
	m->headers = json_object();
	while (head && len) {
		const char *end = memmem(head, len, "\r\n", 2);
		size_t line = end ? (size_t)(end - head) : 0;
		int status;

		if (!end || memchr(head, '\n', line) || memchr(head, '\r', line))
			return refuse(400, err, "a line does not end with CR LF");
		if (!count)
			status = m->reply ? status_line(m, head, line, err)
					  : request_line(m, head, line, err);
		else if (count > HTTP_HEADERS_MOST)
			status = refuse(431, err, "too many headers");
		else
			status = header_line(m, head, line, err);
		if (status)
			return status;
		count++;
		head += line + 2;
		len -= line + 2;
	}
	return head_rules(m, err);
}

/* Collects the head in `body` until its empty line is there. */
static int feed_head(struct http_message *m, const char *data, size_t len, size_t *used,
		     struct err *err)
{
	size_t old = m->body.len, from = old > 3 ? old - 3 : 0;
	OWN(buf) struct buf head = { 0 };
	const char *end, *bare;

	/* an empty line in front of a request is allowed and skipped */
	while (!m->reply && !old && *used < len && (data[*used] == '\r' || data[*used] == '\n'))
		++*used;
	if (*used == len)
		return 0;
	data += *used;
	len -= *used;
	if (len > HTTP_HEAD_MOST + 4 - old)
		len = HTTP_HEAD_MOST + 4 - old;
	buf_add(&m->body, data, len);
	end = memmem(m->body.data + from, m->body.len - from, "\r\n\r\n", 4);
	bare = memmem(m->body.data + from, m->body.len - from, "\n\n", 2);
	/* bare LFs alone would never end the head */
	if (bare && (!end || bare < end)) {
		*used += len;
		return refuse(400, err, "a line does not end with CR LF");
	}
	if (!end) {
		*used += len;
		return m->body.len < HTTP_HEAD_MOST + 4 ? 0
							: refuse(431, err, "the head is too large");
	}
	*used += (size_t)(end + 4 - m->body.data) - old;
	head = m->body;
	m->body = (struct buf){ 0 };
	return head_parse(m, head.data, (size_t)(end + 2 - head.data), err);
}

/* ---- body -------------------------------------------------------------------------------------
 */

static void feed_counted(struct http_message *m, const char *data, size_t len, size_t *used)
{
	size_t take = len - *used;

	if (take > m->left)
		take = (size_t)m->left;
	buf_add(&m->body, data + *used, take);
	m->left -= take;
	*used += take;
	if (!m->left)
		m->state = m->state == HTTP_IN_BODY ? HTTP_WHOLE : HTTP_IN_CHUNK_END;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Collects a line in m->line. 1: whole (without CR LF), 0: more to come, else a status. */
static int feed_line(struct http_message *m, const char *data, size_t len, size_t *used,
		     struct err *err)
{
	const char *end = memchr(data + *used, '\n', len - *used);
	size_t take = end ? (size_t)(end + 1 - (data + *used)) : len - *used;

	if (m->line.len + take > HTTP_LINE_MOST) {
		*used += take;
		return refuse(400, err, "a line of the chunked body is too long");
	}
	buf_add(&m->line, data + *used, take);
	*used += take;
	if (!end)
		return 0;
	if (m->line.len < 2 || m->line.data[m->line.len - 2] != '\r' ||
	    memchr(m->line.data, '\r', m->line.len - 2))
		return refuse(400, err, "a line does not end with CR LF");
	m->line.len -= 2;
	m->line.data[m->line.len] = '\0';
	return 1;
}

/* "1f" or "1f;extension" (skipped). */
static int chunk_size(struct http_message *m, struct err *err)
{
	const struct buf *line = &m->line;
	uint64_t size = 0;
	size_t at = 0;

	for (; at < line->len && hex_value(line->data[at]) >= 0; at++) {
		if (at == 15)
			return refuse(413, err, "a chunk is too large");
		size = size << 4 | (uint64_t)hex_value(line->data[at]);
	}
	if (!at || (at < line->len && !strchr("; \t", line->data[at])))
		return refuse(400, err, "the size of a chunk is not a number");
	if (size > m->body_most - m->body.len)
		return refuse(413, err, "the body is too large");
	m->left = size;
	m->state = size ? HTTP_IN_CHUNK_DATA : HTTP_IN_TRAILER;
	return 0;
}

/* Trailers are read and dropped: nobody here has signed or asked for them. */
static int trailer(struct http_message *m, struct err *err)
{
	m->trailer_len += m->line.len;
	if (m->trailer_len > HTTP_LINE_MOST)
		return refuse(431, err, "the trailers are too large");
	if (!m->line.len)
		m->state = HTTP_WHOLE;
	return 0;
}

static int feed_chunk_line(struct http_message *m, const char *data, size_t len, size_t *used,
			   struct err *err)
{
	int status = feed_line(m, data, len, used, err);

	if (status != 1)
		return status;
	status = 0;
	if (m->state == HTTP_IN_CHUNK_SIZE)
		status = chunk_size(m, err);
	else if (m->state == HTTP_IN_TRAILER)
		status = trailer(m, err);
	else if (m->line.len)
		status = refuse(400, err, "a chunk is longer than its size");
	else
		m->state = HTTP_IN_CHUNK_SIZE;
	m->line.len = 0;
	return status;
}

static int feed_rest(struct http_message *m, const char *data, size_t len, size_t *used,
		     struct err *err)
{
	size_t take = len - *used;

	*used = len;
	if (take > m->body_most - m->body.len)
		return refuse(413, err, "the body is too large");
	buf_add(&m->body, data + len - take, take);
	return 0;
}

int http_message_feed(struct http_message *m, const char *data, size_t len, size_t *ret_used,
		      struct err *err)
{
	int status = 0;

	*ret_used = 0;
	while (!status && *ret_used < len && m->state != HTTP_WHOLE) {
		switch (m->state) {
		case HTTP_IN_HEAD:
			status = feed_head(m, data, len, ret_used, err);
			break;
		case HTTP_IN_BODY:
		case HTTP_IN_CHUNK_DATA:
			feed_counted(m, data, len, ret_used);
			break;
		case HTTP_IN_CHUNK_SIZE:
		case HTTP_IN_CHUNK_END:
		case HTTP_IN_TRAILER:
			status = feed_chunk_line(m, data, len, ret_used, err);
			break;
		case HTTP_IN_REST:
			status = feed_rest(m, data, len, ret_used, err);
			break;
		case HTTP_WHOLE:
			break;
		}
	}
	return status;
}

int http_message_end(struct http_message *m, struct err *err)
{
	if (m->state == HTTP_IN_REST)
		m->state = HTTP_WHOLE;
	if (m->state == HTTP_WHOLE)
		return 0;
	return refuse(400, err, "the connection ended within a message");
}

const char *http_reason(int status)
{
	/* clang-format off */
	static const struct { int status; const char *reason; } reasons[] = {
		{ 100, "Continue" }, { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" },
		{ 204, "No Content" }, { 206, "Partial Content" }, { 301, "Moved Permanently" }, { 304, "Not Modified" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" }, { 408, "Request Timeout" },
		{ 409, "Conflict" }, { 411, "Length Required" }, { 412, "Precondition Failed" },
		{ 413, "Content Too Large" }, { 416, "Range Not Satisfiable" }, { 417, "Expectation Failed" },
		{ 429, "Too Many Requests" }, { 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" },
		{ 502, "Bad Gateway" }, { 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Status";
}
