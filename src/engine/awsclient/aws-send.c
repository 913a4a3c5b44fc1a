/* Requests over libcurl. The signature is ours: 7.88's own signs many of these wrongly. */
#include "engine/awsclient/awsclient-internal.h"

#include <string.h>
#include <strings.h>
#include <time.h>

enum { CONNECT_TIMEOUT_MS = 5000, HEADERS_MOST = 8 };

void incoming_free(struct incoming *in)
{
	if (in->body.data)
		explicit_bzero(in->body.data, in->body.len); /* secrets come this way */
	buf_free(&in->body);
	free(in->error_type);
	*in = (struct incoming){ 0 };
}

/* ---- where to ---------------------------------------------------------------------------------
 */

/* First label of AWS's host name, which is not always the name in the signature. */
static const char *host_label(const struct aws_service *s, const char *action)
{
	if (!strcmp(s->name, "servicediscovery") && str_starts(action, "DiscoverInstances"))
		return "data-servicediscovery";
	if (!strcmp(s->name, "logs") && !strcmp(action, "StartLiveTail"))
		return "stream-logs";
	if (!strcmp(s->name, "ecr"))
		return "api.ecr";
	return s->signing_name;
}

/* What differs between the partitions. Source: AWS, "Regions and endpoints"; botocore's partitions. */
struct partition {
	const char *prefix, *suffix, *iam_host, *iam_region;
};
static const struct partition *partition_of(const char *region)
{
	static const struct partition list[] = {
		{ "cn-", "amazonaws.com.cn", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1" },
		{ "us-gov-", "amazonaws.com", "iam.us-gov.amazonaws.com", "us-gov-west-1" },
		{ "us-iso-", "c2s.ic.gov", "iam.us-iso-east-1.c2s.ic.gov", "us-iso-east-1" },
		{ "us-isob-", "sc2s.sgov.gov", "iam.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1" },
		{ "eusc-", "amazonaws.eu", "iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1" },
		{ "", "amazonaws.com", "iam.amazonaws.com", "us-east-1" },
	};
	size_t i = 0;

	while (!str_starts(region, list[i].prefix))
		i++;
	return &list[i];
}

/* IAM has one endpoint per partition, signed for its home region. */
static const char *signing_region(const struct awsclient *c, const struct aws_service *s)
{
	if (strcmp(s->name, "iam") != 0 || c->endpoint_url)
		return c->region;
	return partition_of(c->region)->iam_region;
}

/* AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL: NULL when neither is set or both are to be ignored. */
static char *endpoint_of_environment(const struct aws_service *s)
{
	OWN(str) char *name = str_printf("AWS_ENDPOINT_URL_%s", s->name);
	const char *ignore = getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), *url;
	size_t len;

	for (char *c = name; *c; c++)
		*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
	url = getenv(name);
	if (!url || !*url)
		url = getenv("AWS_ENDPOINT_URL");
	if (!url || !*url || (ignore && !strcasecmp(ignore, "true")))
		return NULL;
	len = strlen(url);
	while (len && url[len - 1] == '/')
		len--;
	return str_dup_n(url, len);
}

void send_place(const struct awsclient *c, const struct aws_service *s, const char *action,
		char **ret_base_url, char **ret_host)
{
	OWN(str) char *own = c->endpoint_url ? str_dup(c->endpoint_url) : endpoint_of_environment(s);

	if (own) {
		const char *host = strstr(own, "://");

		host = host ? host + 3 : own;
		*ret_host = str_dup_n(host, strcspn(host, "/"));
		*ret_base_url = GIVE(own);
		return;
	}
	if (!strcmp(s->name, "iam"))
		*ret_host = str_dup(partition_of(c->region)->iam_host);
	else
		*ret_host = str_printf("%s.%s.%s", host_label(s, action), c->region,
				       partition_of(c->region)->suffix);
	*ret_base_url = str_printf("https://%s", *ret_host);
}

/* ---- curl -------------------------------------------------------------------------------------
 */

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
	struct incoming *in = ctx;

	if (size * count > AWSCLIENT_BODY_MOST - in->body.len) {
		in->too_large = true;
		return 0;
	}
	buf_add(&in->body, data, size * count);
	return size * count;
}

/* The value of header `name` (with its colon) in this line, without blanks; NULL: another header. */
static char *header_value(const char *line, size_t len, const char *name)
{
	size_t skip = strlen(name);

	if (len <= skip || strncasecmp(line, name, skip) != 0)
		return NULL;
	while (skip < len && strchr(" \t", line[skip]))
		skip++;
	while (len > skip && strchr("\r\n", line[len - 1]))
		len--;
	return str_dup_n(line + skip, len - skip);
}

/* RFC 9110 5.6.7, the form that servers must send. Seconds since the epoch, 0: another form. */
static int64_t http_date(const char *text)
{
	struct tm tm = { 0 };

	return strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm) ? (int64_t)timegm(&tm) : 0;
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
	struct incoming *in = ctx;
	size_t len = size * count;
	OWN(str) char *type = header_value(data, len, "x-amzn-errortype:");
	OWN(str) char *date = header_value(data, len, "date:");

	if (type) {
		free(in->error_type);
		in->error_type = GIVE(type);
	}
	if (date)
		in->date = http_date(date);
	return len;
}

static bool loopback(const char *url)
{
	return str_starts(url, "http://127.") || str_starts(url, "http://localhost") ||
	       str_starts(url, "http://[::1]");
}

/* curl_easy_setopt is variadic: longs must be longs. */
static void set_common(CURL *curl, const char *url, unsigned timeout_ms, struct incoming *in)
{
	(void)libcurl.easy_setopt(curl, CURLOPT_URL, url);
	(void)libcurl.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)libcurl.easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	(void)libcurl.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)libcurl.easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	(void)libcurl.easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	(void)libcurl.easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	(void)libcurl.easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	(void)libcurl.easy_setopt(curl, CURLOPT_WRITEDATA, in);
	(void)libcurl.easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	(void)libcurl.easy_setopt(curl, CURLOPT_HEADERDATA, in);
	/* a proxy for the outside cannot reach the own loopback */
	if (loopback(url))
		(void)libcurl.easy_setopt(curl, CURLOPT_NOPROXY, "*");
}

static void set_method(CURL *curl, const char *method, const void *body, size_t len)
{
	if (!strcmp(method, "HEAD")) {
		(void)libcurl.easy_setopt(curl, CURLOPT_NOBODY, 1L);
		return;
	}
	if (!strcmp(method, "POST") || !strcmp(method, "PUT") || len) {
		(void)libcurl.easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
		(void)libcurl.easy_setopt(curl, CURLOPT_POSTFIELDS, len ? body : "");
	}
	(void)libcurl.easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

CURLcode send_plain(struct awsclient *c, const char *method, const char *url,
		    struct curl_slist *headers, const void *body, size_t len, unsigned timeout_ms,
		    struct incoming *ret, struct err *err)
{
	char detail[CURL_ERROR_SIZE] = "";
	CURLcode code;

	/* keeps connections, forgets everything else: nothing of an earlier request leaks in */
	libcurl.easy_reset(c->curl);
	incoming_free(ret);
	set_common(c->curl, url, timeout_ms, ret);
	set_method(c->curl, method, body, len);
	(void)libcurl.easy_setopt(c->curl, CURLOPT_ERRORBUFFER, detail);
	(void)libcurl.easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
	code = libcurl.easy_perform(c->curl);
	(void)libcurl.easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	libcurl.easy_reset(c->curl); /* `detail` and `headers` end here */
	if (ret->too_large)
		(void)err_set(err, ERR_LIMIT, "%.*s: the answer is larger than %d MiB",
			      (int)strcspn(url, "?"), url, AWSCLIENT_BODY_MOST >> 20);
	else if (code != CURLE_OK)
		(void)err_set(err, ERR_REMOTE, "%.*s: %s", (int)strcspn(url, "?"), url,
			      *detail ? detail : libcurl.easy_strerror(code));
	return code;
}

/* ---- signing ----------------------------------------------------------------------------------
 */

struct head {
	struct aws_header headers[HEADERS_MOST];
	size_t count;
	struct buf names; /* "content-type;host;..." */
};

/* In order of the names: AWS wants the signed ones sorted. */
static void head_add(struct head *h, const char *name, const char *value)
{
	if (!value || h->count == HEADERS_MOST)
		return;
	h->headers[h->count++] = (struct aws_header){ name, value };
	buf_printf(&h->names, "%s%s", h->names.len ? ";" : "", name);
}

static char *amz_date(int64_t offset)
{
	time_t now = time(NULL) + (time_t)offset;
	struct tm tm = { 0 };
	char text[32];

	(void)gmtime_r(&now, &tm);
	(void)strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &tm);
	return str_dup(text);
}

/* Headers as libcurl takes them: the signed ones without Host (it writes that itself), the
 * signature, and two that it would add on its own removed. */
static struct curl_slist *header_list(const struct head *h, const char *authorization)
{
	OWN(str) char *line = str_printf("authorization: %s", authorization);
	struct curl_slist *list = libcurl.slist_append(NULL, line);

	for (size_t i = 0; i < h->count; i++) {
		OWN(str) char *text = str_printf("%s: %s", h->headers[i].name, h->headers[i].value);

		list = libcurl.slist_append(list, text);
	}
	list = libcurl.slist_append(list, "Expect:");
	if (strncmp(h->names.data, "content-type", strlen("content-type")) != 0)
		list = libcurl.slist_append(list, "Content-Type:");
	return list;
}

CURLcode send_signed(struct awsclient *c, const struct aws_service *s, const char *action,
		     const struct outgoing *o, struct incoming *ret, struct err *err)
{
	struct aws_credentials credentials = { c->keys.access_key, c->keys.secret_key,
						 c->keys.session_token };
	OWN(str) char *date = amz_date(c->clock_offset);
	OWN(str) char *hash = NULL;
	OWN(str) char *base = NULL;
	OWN(str) char *host = NULL;
	OWN(str) char *authorization = NULL;
	OWN(str) char *url = NULL;
	struct head h = { 0 };
	struct aws_request r;
	struct curl_slist *list;
	CURLcode code;

	send_place(c, s, action, &base, &host);
	if (s->protocol == AWS_REST_XML)
		hash = aws_sha256_hex(o->body, o->body_len);
	head_add(&h, "content-type", o->content_type);
	head_add(&h, "host", host);
	head_add(&h, "x-amz-content-sha256", hash);
	head_add(&h, "x-amz-date", date);
	/* where there is no owner yet, AWS refuses the header */
	if (s->protocol == AWS_REST_XML && strcmp(action, "CreateBucket") != 0)
		head_add(&h, "x-amz-expected-bucket-owner", c->bucket_owner);
	head_add(&h, "x-amz-security-token", c->keys.session_token);
	head_add(&h, "x-amz-target", o->target);
	r = (struct aws_request){ o->method, o->path, o->query,	  h.headers,
				  h.count,   o->body, o->body_len, false };
	authorization = aws_sigv4_authorization(&r, &credentials, date, signing_region(c, s),
						s->signing_name, h.names.data);
	url = str_printf("%s%s%s%s", base, o->path, *o->query ? "?" : "", o->query);
	list = header_list(&h, authorization);
	code = send_plain(c, o->method, url, list, o->body, o->body_len, c->timeout_ms, ret, err);
	libcurl.slist_free_all(list);
	buf_free(&h.names);
	return code;
}
