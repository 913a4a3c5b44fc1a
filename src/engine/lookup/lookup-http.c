/* Requests to registries and chains: no signature, bounded time and size. */
#include <string.h>
#include <strings.h>

#include "engine/lookup/lookup-internal.h"

enum { CONNECT_MS = 5000, REDIRECTS_MAX = 5 };

void reply_free(struct reply *r)
{
	if (r->body.data)
		explicit_bzero(r->body.data, r->body.len);
	buf_free(&r->body);
	free(r->challenge);
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
	struct reply *r = context;

	if (size * count > LOOKUP_BODY_MAX - r->body.len)
		return 0;
	buf_add(&r->body, data, size * count);
	return size * count;
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
	static const char name[] = "www-authenticate:";
	struct reply *r = context;
	size_t len = size * count, skip = sizeof(name) - 1;

	if (len <= skip || strncasecmp(data, name, skip) != 0)
		return len;
	while (skip < len && data[skip] == ' ')
		skip++;
	free(r->challenge);
	r->challenge = str_dup_n(data + skip, len - skip);
	r->challenge[strcspn(r->challenge, "\r\n")] = '\0';
	return len;
}

static struct curl_slist *header(struct curl_slist *list, const char *name, const char *value)
{
	OWN(str) char *line = value ? str_printf("%s: %s", name, value) : NULL;

	return line ? libcurl.slist_append(list, line) : list;
}

/* A proxy for the outside cannot reach the own loopback. curl keeps Authorization from other hosts
 * when it is redirected. */
static void set_up(CURL *curl, const char *url, int64_t left, struct reply *r)
{
	bool plain = str_starts(url, "http://");
	bool own = strstr(url, "://127.") || strstr(url, "://localhost") || strstr(url, "://[::1]");

	libcurl.easy_reset(curl);
	(void)libcurl.easy_setopt(curl, CURLOPT_URL, url);
	(void)libcurl.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)libcurl.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)libcurl.easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, plain ? "http,https" : "https");
	(void)libcurl.easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	(void)libcurl.easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
	(void)libcurl.easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(left > 1 ? left : 1));
	(void)libcurl.easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	(void)libcurl.easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	(void)libcurl.easy_setopt(curl, CURLOPT_WRITEDATA, r);
	(void)libcurl.easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	(void)libcurl.easy_setopt(curl, CURLOPT_HEADERDATA, r);
	(void)libcurl.easy_setopt(curl, CURLOPT_ERRORBUFFER, r->why);
	(void)libcurl.easy_setopt(curl, CURLOPT_USERAGENT, "mpcup");
	if (own)
		(void)libcurl.easy_setopt(curl, CURLOPT_NOPROXY, "*");
}

void lookup_http(struct lookup *l, const char *url, const char *authorization, const char *accept,
		 const char *body, struct reply *ret)
{
	struct curl_slist *list = header(NULL, "Authorization", authorization);
	CURLcode code;

	*ret = (struct reply){ 0 };
	set_up(l->curl, url, l->deadline - lookup_now(), ret);
	list = header(list, "Accept", accept);
	if (body) {
		list = header(list, "Content-Type", "application/json");
		(void)libcurl.easy_setopt(l->curl, CURLOPT_POSTFIELDS, body);
	}
	(void)libcurl.easy_setopt(l->curl, CURLOPT_HTTPHEADER, list);
	code = libcurl.easy_perform(l->curl);
	if (code == CURLE_OK)
		(void)libcurl.easy_getinfo(l->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	else if (!ret->why[0])
		strncat(ret->why, libcurl.easy_strerror(code), sizeof(ret->why) - 1);
	(void)libcurl.easy_setopt(l->curl, CURLOPT_ERRORBUFFER, NULL);
	libcurl.slist_free_all(list);
	buf_str(&ret->body, ""); /* text, even when nothing came */
}
