/* Routes and guards. */
#include "face/console/console.h"

#include <openssl/crypto.h>
#include <string.h>
#include <sys/random.h>

#include "face/console/console-internal.h"

/* Nothing from elsewhere, nothing written into the page, no frame around it. */
static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
			     "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
			     "require-trusted-types-for 'script'";

json_t *console_headers(const char *type)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "Content-Type", type, "Content-Security-Policy", policy,
			 "X-Content-Type-Options", "nosniff", "Referrer-Policy", "no-referrer", "Cache-Control",
			 "no-store", "Cross-Origin-Resource-Policy", "same-origin", "Cross-Origin-Opener-Policy",
			 "same-origin");
}

void console_reply_json(struct http_exchange *x, int status, const json_t *body)
{
	OWN(json) json_t *headers = console_headers("application/json");
	OWN(str) char *text = json_text(body);

	http_reply(x, status, headers, text, strlen(text));
}

void console_refuse(struct http_exchange *x, int status, const char *fmt, ...)
{
	OWN(json) json_t *body = json_object();
	OWN(buf) struct buf text = { 0 };
	va_list args;

	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	json_set_str(body, "error", text.data);
	console_reply_json(x, status, body);
}

/* ---- guards --------------------------------------------------------------------------------------- */

/* The endpoint answers to AWS's names too; the page has two names only, with the right port. */
static bool is_our_host(const struct console *c, const struct http_request *r)
{
	static const char *const names[] = { "127.0.0.1", "localhost" };
	const char *port = strrchr(hub_endpoint(c->hub), ':'), *host = json_str(r->headers, "host");

	for (size_t i = 0; i < 2; i++) {
		OWN(str) char *own = str_printf("%s%s", names[i], port);

		if (str_eq(own, host))
			return true;
	}
	return false;
}

/* A page that is not ours can send a form without looking at the answer, but not with this header. */
static bool has_token(const struct console *c, const struct http_request *r)
{
	const char *given = json_str(r->headers, "x-mpcup-token");
	size_t len = strlen(c->token);

	return given && strlen(given) == len && !CRYPTO_memcmp(given, c->token, len);
}

static bool is_from_page(const struct http_request *r)
{
	OWN(str) char *own = str_printf("http://%s", json_str_or(r->headers, "host", ""));
	const char *site = json_str(r->headers, "sec-fetch-site");

	return str_eq(json_str(r->headers, "origin"), own) && (!site || !strcmp(site, "same-origin"));
}

/* ---- routes --------------------------------------------------------------------------------------- */

static const char token_mark[] = "@TOKEN@", run_mark[] = "@RUN@";

/* The page, with the token of this run in it: other sites cannot read it. */
static char *page_of(const struct console *c, const struct console_asset *a)
{
	struct buf b = { 0 };
	const char *at = (const char *)a->data, *end = at + a->len;

	while (at < end) {
		size_t left = (size_t)(end - at);

		if (left >= sizeof(token_mark) && !memcmp(at, token_mark, sizeof(token_mark) - 1)) {
			buf_str(&b, c->token);
			at += sizeof(token_mark) - 1;
		} else if (left >= sizeof(run_mark) && !memcmp(at, run_mark, sizeof(run_mark) - 1)) {
			buf_str(&b, c->run);
			at += sizeof(run_mark) - 1;
		} else {
			buf_char(&b, *at++);
		}
	}
	return buf_take(&b);
}

static void send_asset(const struct console *c, struct http_exchange *x, const struct console_asset *a)
{
	OWN(json) json_t *headers = console_headers(a->type);
	OWN(str) char *page = str_eq(a->name, "index.html") ? page_of(c, a) : NULL;

	http_reply(x, 200, headers, page ? page : (const char *)a->data, page ? strlen(page) : a->len);
}

static bool asset(const struct console *c, struct http_exchange *x, const char *name)
{
	for (const struct console_asset *a = console_assets; a->name; a++)
		if (!strcmp(a->name, *name ? name : "index.html")) {
			send_asset(c, x, a);
			return true;
		}
	return false;
}

static void handle(void *page, struct http_exchange *x, const struct http_request *r)
{
	struct console *c = page;
	const char *path = r->path + strlen(CONSOLE_PATH);
	bool reading = !strcmp(r->method, "GET") || !strcmp(r->method, "HEAD");

	if (hub_verifies(c->hub))
		console_refuse(x, 403, "the console is off while signatures are verified: it would show the "
				       "account to whoever can reach this port");
	else if (!is_our_host(c, r))
		console_refuse(x, 403, "the console answers to 127.0.0.1 and localhost with its port only");
	else if (str_starts(path, "actions/") && strcmp(r->method, "POST") != 0)
		console_refuse(x, 405, "actions are POST requests");
	else if (str_starts(path, "actions/") && (!is_from_page(r) || !has_token(c, r)))
		console_refuse(x, 403, "actions need the token of the page and come from the page");
	else if (str_starts(path, "actions/"))
		console_act(c, x, r);
	else if (!reading)
		console_refuse(x, 405, "this is read with GET");
	else if (!strcmp(path, "events"))
		console_listen(c, x, r);
	else if (!asset(c, x, path))
		console_refuse(x, 404, "no such page");
}

/* ---- life ------------------------------------------------------------------------------------------- */

static void on_change(struct hub *hub, const char *kind, const char *id, void *ctx)
{
	struct console *c = ctx;

	(void)hub;
	(void)id;
	if (c->listeners)
		console_changed(c, kind);
}

static int start(struct hub *hub, void **ret, struct err *err)
{
	uint8_t secret[CONSOLE_TOKEN_BYTES];
	struct console *c;

	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return err_sys(err, "console: no randomness");
	c = NEW(struct console);
	c->hub = hub;
	for (size_t i = 0; i < sizeof(secret); i++)
		for (int k = 0; k < 2; k++)
			c->token[2 * i + (size_t)k] = "0123456789abcdef"[k ? secret[i] & 15 : secret[i] >> 4];
	c->run = hub_uuid(hub);
	c->needs = json_object();
	hub_watch(hub, "", on_change, c);
	*ret = c;
	return 0;
}

static void stop(void *page)
{
	struct console *c = page;

	console_streams_end(c);
	console_jobs_end(c);
	console_commands_end(c);
	OPENSSL_cleanse(c->token, sizeof(c->token));
	json_decref(c->needs);
	free(c->run);
	free(c);
}

const struct cloud_page console_page = { .start = start, .handle = handle, .stop = stop, .path = CONSOLE_PATH };
