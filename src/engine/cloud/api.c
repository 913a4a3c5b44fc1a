#include "engine/cloud/api.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/aws/aws.h"
#include "engine/cloud/hold.h"
#include "engine/cloud/hub/hub.h"
#include "engine/cloud/verify.h"

enum {
	LOGGED_MOST = 1000, /* unknown actions remembered, so that each is logged once */
	STOP_AFTER_MS = 20, /* time for the answer to leave */
};

struct api {
	struct hub *hub;
	json_t *logged; /* "service:action" -> true */
	struct hold *hold;
	json_t *health; /* members of GET /_mpcup/health beside our own */
	struct event *stopping;
	void (*stop)(void *ctx);
	void *stop_ctx;
	http_handler page; /* NULL: none */
	void *page_ctx;
};

/* One request on its way. */
struct visit {
	struct api *api;
	struct http_exchange *exchange; /* NULL once answered */
	const struct http_request *request;
	const struct aws_service *aws; /* NULL: not found out yet */
	enum aws_protocol protocol;    /* how the answer is written */
	char *request_id;
	char *action; /* owned */
	json_t *in;   /* owned */
	char *principal; /* owned; who asks */
	int good;     /* status of success; 0: 200 */
	char *stack;  /* owned; not NULL: the answer is held back until work on that stack is done */
};

static const char *header(const struct visit *v, const char *name)
{
	return json_str(v->request->headers, name);
}

/* ---- answers ----------------------------------------------------------------------------------
 */

static void reply(struct visit *v, int status, json_t *headers, const char *content_type,
		  const char *body, size_t len)
{
	OWN(json) json_t *all = headers ? headers : json_object();

	json_set_str(all, "x-amzn-RequestId", v->request_id);
	if (v->protocol == AWS_REST_XML)
		json_set_str(all, "x-amz-request-id", v->request_id);
	if (content_type && (len || v->protocol != AWS_REST_JSON))
		json_set_str(all, "Content-Type", content_type);
	if (v->stack)
		hold_reply(v->api->hold, GIVE(v->stack), GIVE(v->exchange), status, GIVE(all),
			   str_dup_n(body, len));
	else
		http_reply(GIVE(v->exchange), status, all, body, len);
}

static const char *content_type(enum aws_protocol protocol)
{
	switch (protocol) {
	case AWS_QUERY:
	case AWS_EC2:
		return "text/xml;charset=UTF-8";
	case AWS_JSON10:
		return "application/x-amz-json-1.0";
	case AWS_JSON11:
		return "application/x-amz-json-1.1";
	case AWS_REST_JSON:
		return "application/json";
	case AWS_REST_XML:
		return "application/xml";
	}
	return "text/plain";
}

/* Messages are cut to a size somewhere on their way, perhaps within a character. */
static char *clean_utf8(const char *text)
{
	OWN(json) json_t *fine = json_string(text);
	char *copy = str_dup(text);

	for (char *c = copy; !fine && *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	return copy;
}

static void reply_error_json(struct visit *v, int status, const char *code, const char *message)
{
	OWN(json) json_t *body = json_object();
	OWN(str) char *text = NULL;
	json_t *headers = json_object();

	if (v->protocol == AWS_REST_JSON) {
		json_set_str(headers, "x-amzn-ErrorType", code);
		json_set_str(body, "ErrorCode", code);
		json_set_str(body, "Message", message);
	} else {
		json_set_str(body, "__type", code);
		json_set_str(body, "message", message);
	}
	text = json_text(body);
	reply(v, status, headers, content_type(v->protocol), text, strlen(text));
}

static void reply_error(struct visit *v, int status, const char *code, const char *fmt, ...)
	ERR_FMT(4, 5);

static void reply_error(struct visit *v, int status, const char *code, const char *fmt, ...)
{
	OWN(buf) struct buf text = { 0 };
	OWN(str) char *message = NULL;
	OWN(str) char *clean_code = clean_utf8(code);
	OWN(str) char *xml = NULL;
	struct aws_service shape = { .protocol = v->protocol };
	va_list args;

	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	message = clean_utf8(text.data ? text.data : "");
	switch (v->protocol) {
	case AWS_JSON10:
	case AWS_JSON11:
	case AWS_REST_JSON:
		reply_error_json(v, status, clean_code, message);
		return;
	case AWS_QUERY:
	case AWS_EC2:
	case AWS_REST_XML:
		break;
	}
	xml = aws_xml_error(v->aws ? v->aws : &shape, clean_code, message, v->request_id);
	reply(v, status, NULL, content_type(v->protocol), xml, strlen(xml));
}

static void reply_plain(struct visit *v, int status, const char *text)
{
	http_reply(GIVE(v->exchange), status, NULL, text, strlen(text));
}

/* 15 digits: times with milliseconds come out as they are meant, not as 1795546321.8429999. */
static char *json_body_text(const json_t *out)
{
	char *text = json_dumps(out, JSON_COMPACT | JSON_REAL_PRECISION(15));

	return text ? text : json_text(out);
}

static void reply_out(struct visit *v, const json_t *out)
{
	OWN(str) char *text = NULL;
	int status = v->good ? v->good : 200;

	if (v->protocol == AWS_QUERY || v->protocol == AWS_EC2)
		text = aws_xml_reply(v->aws, v->action, out, v->request_id);
	else if (v->protocol == AWS_REST_JSON && !json_object_size(out))
		text = str_dup("");
	else
		text = json_body_text(out);
	reply(v, status, NULL, content_type(v->protocol), text, strlen(text));
}

/* ---- who may ask ------------------------------------------------------------------------------
 */

/* False: refused and answered. */
static bool caller_allowed(struct visit *v)
{
	const char *why = foreign_caller(v->request);

	if (why)
		reply_plain(v, 403, why);
	return !why;
}

/* ---- our own paths ----------------------------------------------------------------------------
 */

static void health(struct visit *v)
{
	OWN(json) json_t *body = json_copy(v->api->health);
	OWN(json) json_t *headers = json_object();
	OWN(str) char *text = NULL;
	json_t *names = json_array();
	size_t count;
	const struct aws_service *const *all = aws_services(&count);

	for (size_t i = 0; i < count; i++)
		if (hub_service(v->api->hub, all[i]->name))
			json_add_str(names, all[i]->name);
	json_set_str(body, "status", "running");
	json_set_str(body, "version", MPCUP_VERSION);
	json_set_bool(body, "verifySignatures", hub_verifies(v->api->hub));
	json_object_set_new(body, "services", names);
	json_set_str(body, "trouble", hub_trouble(v->api->hub));
	json_set_str(headers, "Content-Type", "application/json");
	text = json_text(body);
	http_reply(GIVE(v->exchange), 200, headers, text, strlen(text));
}

static void stop(struct visit *v)
{
	struct timeval tv = { .tv_usec = STOP_AFTER_MS * 1000 };

	reply_plain(v, 200, "{\"status\":\"stopping\"}");
	(void)event_add(v->api->stopping, &tv);
}

static void on_stopping(evutil_socket_t fd, short what, void *ctx)
{
	struct api *api = ctx;

	(void)fd;
	(void)what;
	if (api->stop)
		api->stop(api->stop_ctx);
}

/* What stands behind the URL of a wait condition handle. */
static void signal_wait(struct visit *v)
{
	OWN(json) json_t *in = json_object();
	struct err err = { 0 };

	json_set_str(in, "Url", v->request->path);
	json_object_set_new(in, "Signal", json_stringn(v->request->body, v->request->body_len));
	if (hub_call(v->api->hub, NULL, "cloudformation", "mpcup:Signal", in, NULL, NULL, &err) < 0)
		reply_error(v, 400, "InvalidRequest", "%s", err.text);
	else
		reply_plain(v, 200, "");
}

static void own_path(struct visit *v)
{
	const char *path = v->request->path + strlen("/_mpcup/");
	const char *method = v->request->method;
	bool reading = !strcmp(method, "GET") || !strcmp(method, "HEAD");

	if (!strcmp(path, "health") && reading)
		health(v);
	else if (!strcmp(path, "stop") && !strcmp(method, "POST"))
		stop(v);
	else if (str_starts(path, "signal/") && !strcmp(method, "PUT"))
		signal_wait(v);
	else if (!strcmp(path, "health") || !strcmp(path, "stop"))
		reply_plain(v, 405, "mpcup: wrong method; GET /_mpcup/health, POST /_mpcup/stop\n");
	else if (v->api->page)
		v->api->page(v->api->page_ctx, GIVE(v->exchange), v->request);
	else
		reply_plain(v, 404, "mpcup: no such path\n");
}

/* ---- running ----------------------------------------------------------------------------------
 */

static void log_once(struct visit *v, const char *what)
{
	json_t *logged = v->api->logged;

	if (json_object_get(logged, what) || json_object_size(logged) >= LOGGED_MOST)
		return;
	json_set_bool(logged, what, true);
	hub_log(v->api->hub, "not part of the local cloud: %s", what);
}

static void unknown_action(struct visit *v)
{
	OWN(str) char *what = str_printf("%s %.128s", v->aws->name, v->action);
	OWN(str) char *clean = clean_utf8(what);
	bool query = v->protocol == AWS_QUERY || v->protocol == AWS_EC2;

	log_once(v, clean);
	reply_error(v, 400, query ? "InvalidAction" : "UnknownOperationException",
		    "The action %.128s of %s is not part of the local cloud.", v->action,
		    v->aws->name);
}

static void unknown_service(struct visit *v, const char *what)
{
	OWN(str) char *line = str_printf("service %.128s", what);
	OWN(str) char *clean = clean_utf8(line);
	bool query = v->protocol == AWS_QUERY || v->protocol == AWS_EC2;

	log_once(v, clean);
	reply_error(v, 400, query ? "InvalidAction" : "UnknownOperationException",
		    "The service %.128s is not part of the local cloud.", what);
}

static const struct service *service_of(struct visit *v)
{
	const struct service *s = hub_service(v->api->hub, v->aws->name);

	if (!s)
		unknown_service(v, v->aws->name);
	return s;
}

static void fail(struct visit *v, struct call *c)
{
	if (c->status < 400 || !*c->code) {
		hub_log(v->api->hub, "%s %s failed without an error code", c->service, c->action);
		reply_error(v, 500, "InternalFailure", "The request failed for an unknown reason.");
		return;
	}
	reply_error(v, c->status, c->code, "%s", c->message);
}

static struct call call_of(struct visit *v)
{
	return (struct call){
		.service = v->aws->name,
		.action = v->action,
		.principal = v->principal,
		.in = v->in,
		.body = v->request->body,
		.body_len = v->request->body_len,
		.headers = v->request->headers,
	};
}

/* While state cannot be saved (a full disk), only what looks or makes room goes on. */
static bool makes_state(const char *action)
{
	static const char *const harmless[] = { "Describe", "List", "Get", "Delete", "Validate", "Stop",
						"Filter",   "Head", "Discover" };

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (str_starts(action, harmless[i]))
			return false;
	return true;
}

/* Who asks; without verification that is the account's root, whatever the key. False: refused and
 * answered. */
static bool identified(struct visit *v)
{
	struct refusal why;

	if (!hub_verifies(v->api->hub)) {
		v->principal = hub_arn(v->api->hub, "iam", "root");
		return true;
	}
	if (verify_request(v->api->hub, v->request, v->aws, &v->principal, &why) == 0)
		return true;
	reply_error(v, why.status, why.code, "%s", why.text);
	return false;
}

/* IAM for sessions of roles; root may do all, and everyone may ask who they are. False: refused and
 * answered. */
static bool permitted(struct visit *v, const struct action *a, struct call *c)
{
	if (!strstr(c->principal, ":assumed-role/") || !strcmp(a->name, "GetCallerIdentity") ||
	    hub_authorize(v->api->hub, a, c) == 0)
		return true;
	if (v->protocol == AWS_QUERY)
		reply_error(v, 403, "AccessDenied", "%s", c->message);
	else if (v->protocol == AWS_EC2)
		reply_error(v, 403, "UnauthorizedOperation", "%s", c->message);
	else
		reply_error(v, v->protocol == AWS_REST_JSON ? 403 : 400, "AccessDeniedException", "%s",
			    c->message);
	return false;
}

static void run(struct visit *v, const struct action *a)
{
	const char *trouble = hub_trouble(v->api->hub);
	OWN(json) json_t *out = json_object();
	struct call c;

	if (!identified(v))
		return;
	c = call_of(v);
	c.out = out;
	if (!permitted(v, a, &c))
		return;
	if (trouble && makes_state(a->name)) {
		reply_error(v, 400, "InsufficientStorageException", "%s", trouble);
	} else if (a->run(v->api->hub, &c) < 0) {
		fail(v, &c);
	} else {
		v->stack = hold_stack(v->api->hub, &c);
		reply_out(v, c.out);
	}
}

static void run_named(struct visit *v)
{
	const struct service *s = service_of(v);
	const struct action *a = s ? hub_action(s, v->action) : NULL;

	if (a)
		run(v, a);
	else if (s)
		unknown_action(v);
}

/* ---- JSON services ----------------------------------------------------------------------------
 */

/* The body as an object; empty counts as {}. -1: answered. */
static int json_body(struct visit *v, json_t **ret)
{
	const struct http_request *r = v->request;
	OWN(json) json_t *in = NULL;
	struct err err = { 0 };

	if (r->body_len && json_parse_text("body", r->body, r->body_len, &in, &err) < 0) {
		reply_error(v, 400, "SerializationException", "%s", err.text);
		return -1;
	}
	if (!in)
		in = json_object();
	if (!json_is_object(in)) {
		reply_error(v, 400, "SerializationException", "The body is not a JSON object.");
		return -1;
	}
	*ret = GIVE(in);
	return 0;
}

static void by_target(struct visit *v, const char *target)
{
	const char *type = header(v, "content-type"), *dot = strrchr(target, '.');

	v->aws = aws_service_by_target(target);
	v->protocol = str_starts(type, "application/x-amz-json-1.0") ? AWS_JSON10 : AWS_JSON11;
	if (!v->aws) {
		unknown_service(v, target);
		return;
	}
	v->action = str_dup(dot ? dot + 1 : target);
	if (json_body(v, &v->in) == 0)
		run_named(v);
}

/* ---- query services ---------------------------------------------------------------------------
 */

/* Signing name in the credential scope, or NULL. Caller's. */
static char *scope_name(const struct visit *v)
{
	const char *authorization = header(v, "authorization");
	OWN(json) json_t *parsed = NULL;
	int rc = authorization ? aws_sigv4_parse(authorization, &parsed, NULL)
			       : aws_sigv4_parse_query(v->request->query, &parsed, NULL);

	if (rc < 0)
		return NULL;
	return str_dup(json_str(parsed, "Service"));
}

static const struct aws_service *by_scope(const struct visit *v)
{
	OWN(str) char *name = scope_name(v);

	return name ? aws_service_by_signing_name(name) : NULL;
}

/* A presigned query's own members are not the action's. */
static void forget_signature(json_t *in)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(in, next, name, value)
		if (str_starts(name, "X-Amz-"))
			json_object_del(in, name);
}

static void by_form(struct visit *v, const char *form, size_t len)
{
	const struct aws_service *scope = by_scope(v);
	struct err err = { 0 };

	v->protocol = scope && scope->protocol == AWS_EC2 ? AWS_EC2 : AWS_QUERY;
	if (aws_form_decode(form, len, &v->in, &err) < 0) {
		reply_error(v, 400, "MalformedQueryString", "%s", err.text);
		return;
	}
	v->action = str_dup(json_str(v->in, "Action"));
	v->aws = aws_service_by_version(json_str(v->in, "Version"));
	if (!v->aws && scope && scope->version)
		v->aws = scope;
	if (!v->action) {
		reply_error(v, 400, "MissingAction", "The request has no Action.");
		return;
	}
	if (!v->aws) {
		unknown_service(v, json_str_or(v->in, "Version", "without Version"));
		return;
	}
	v->protocol = v->aws->protocol;
	json_object_del(v->in, "Action");
	json_object_del(v->in, "Version");
	forget_signature(v->in);
	run_named(v);
}

/* ---- rest-json services ------------------------------------------------------------------------
 */

/* Adds a decoded value under `name`; a name that comes again makes a list. */
static void rest_add(json_t *in, const char *name, const char *value, size_t len)
{
	json_t *before = json_object_get(in, name), *text;
	OWN(str) char *plain = NULL;
	size_t plain_len;

	if (aws_uri_decode(value, len, &plain, &plain_len) < 0)
		text = json_stringn(value, len);
	else
		text = json_stringn(plain, plain_len);
	if (!text)
		return; /* not UTF-8: no member of AWS's can hold it */
	if (!before) {
		json_object_set_new(in, name, text);
		return;
	}
	if (!json_is_array(before)) {
		json_t *list = json_array();

		json_array_append(list, before);
		json_object_set_new(in, name, list);
		before = list;
	}
	json_array_append_new(before, text);
}

/* Does the path fit "/a/{Name}/b"? Fills `in` with the named parts when not NULL. */
static bool path_fits(const char *pattern, const char *path, json_t *in)
{
	for (;;) {
		size_t want, have;

		pattern += strspn(pattern, "/");
		path += strspn(path, "/");
		want = strcspn(pattern, "/");
		have = strcspn(path, "/");
		if (!want || !have)
			return !want && !have;
		if (*pattern == '{' && pattern[want - 1] == '}') {
			OWN(str) char *name = str_dup_n(pattern + 1, want - 2);

			if (in) {
				json_object_del(in, name);
				rest_add(in, name, path, have);
			}
		} else if (want != have || strncmp(pattern, path, want) != 0) {
			return false;
		}
		pattern += want;
		path += have;
	}
}

/* "POST 201 /2015-02-01/file-systems" -> method, status, pattern. */
static bool action_fits(const struct action *a, const struct http_request *r, int *ret_status,
			const char **ret_pattern)
{
	char method[16];
	int status = 0, at = 0;

	if (!a->http || sscanf(a->http, "%15s %d %n", method, &status, &at) != 2 || !at)
		return false;
	if (strcmp(method, r->method) != 0 || !path_fits(a->http + at, r->path, NULL))
		return false;
	*ret_status = status;
	*ret_pattern = a->http + at;
	return true;
}

static void query_members(json_t *in, const char *query)
{
	while (*query) {
		size_t len = strcspn(query, "&");
		const char *equals = memchr(query, '=', len);
		OWN(str) char *name = NULL;
		size_t name_len = equals ? (size_t)(equals - query) : len, got;

		if (name_len && aws_uri_decode(query, name_len, &name, &got) == 0 && got &&
		    strlen(name) == got)
			rest_add(in, name, equals ? equals + 1 : "",
				 equals ? len - name_len - 1 : 0);
		query += len + (query[len] == '&');
	}
}

static void by_path(struct visit *v)
{
	const struct service *s = service_of(v);
	const struct action *a = s ? s->actions : NULL;
	const char *pattern = NULL;

	if (!s)
		return;
	while (a && a->name && !action_fits(a, v->request, &v->good, &pattern))
		a++;
	if (!a || !a->name) {
		v->action = str_printf("%s %s", v->request->method, v->request->path);
		unknown_action(v);
		return;
	}
	v->action = str_dup(a->name);
	if (json_body(v, &v->in) < 0)
		return;
	query_members(v->in, v->request->query);
	forget_signature(v->in);
	(void)path_fits(pattern, v->request->path, v->in);
	run(v, a);
}

/* ---- S3 ----------------------------------------------------------------------------------------
 */

static void by_raw(struct visit *v)
{
	const struct service *s = service_of(v);
	OWN(buf) struct buf body = { 0 };
	OWN(json) json_t *out = json_object();
	OWN(json) json_t *headers = NULL;
	const char *type = content_type(v->protocol);
	struct call c;

	if (!s || !identified(v))
		return;
	v->action = str_printf("%s %s", v->request->method, v->request->path);
	v->in = json_object();
	if (!s->raw) {
		unknown_action(v);
		return;
	}
	c = call_of(v);
	c.out = out;
	if (s->raw(v->api->hub, &c, v->request->method, v->request->path, v->request->query,
		   &headers, &body) < 0) {
		fail(v, &c);
		return;
	}
	if (json_object_get(headers, "Content-Type"))
		type = NULL;
	reply(v, c.status ? c.status : 200, GIVE(headers), type, body.data ? body.data : "",
	      body.len);
}

/* Signed in the URL, in the new way or the old one. */
static bool presigned(const char *query)
{
	return strstr(query, "X-Amz-Signature=") ||
	       (strstr(query, "AWSAccessKeyId=") && strstr(query, "Signature="));
}

/* ---- dispatch ----------------------------------------------------------------------------------
 */

static void by_signature(struct visit *v)
{
	OWN(str) char *name = scope_name(v);

	v->aws = presigned(v->request->query) ? aws_service_by_name("s3") : by_scope(v);
	if (!v->aws && name) {
		v->protocol = AWS_REST_JSON; /* what most services without a target speak */
		unknown_service(v, name);
		return;
	}
	if (!v->aws) {
		v->protocol = AWS_REST_XML;
		reply_error(v, 403, "MissingAuthenticationToken",
			    "This is the local AWS of mpcup. The request names no service: it has "
			    "no X-Amz-Target, no form Action and no signature.");
		return;
	}
	v->protocol = v->aws->protocol;
	switch (v->protocol) {
	case AWS_REST_JSON:
		by_path(v);
		return;
	case AWS_REST_XML:
		by_raw(v);
		return;
	case AWS_QUERY:
	case AWS_EC2:
		reply_error(v, 400, "MissingAction", "The request has no Action.");
		return;
	case AWS_JSON10:
	case AWS_JSON11:
		reply_error(v, 400, "UnknownOperationException",
			    "The request has no X-Amz-Target.");
		return;
	}
}

static void dispatch(struct visit *v)
{
	const struct http_request *r = v->request;
	const char *target = header(v, "x-amz-target"), *type = header(v, "content-type");
	static const char form[] = "application/x-www-form-urlencoded";

	if (!caller_allowed(v))
		return;
	if (str_starts(r->path, "/_mpcup/"))
		own_path(v);
	else if (target)
		by_target(v, target);
	else if (type && !strncasecmp(type, form, strlen(form)) && !strcmp(r->method, "POST"))
		by_form(v, r->body, r->body_len);
	else if (str_starts(r->query, "Action=") || strstr(r->query, "&Action="))
		by_form(v, r->query, strlen(r->query));
	else
		by_signature(v);
}

void api_handle(void *ctx, struct http_exchange *x, const struct http_request *r)
{
	struct api *api = ctx;
	struct visit v = { .api = api,
			   .exchange = x,
			   .request = r,
			   .protocol = AWS_REST_XML,
			   .request_id = hub_uuid(api->hub) };

	dispatch(&v);
	free(v.request_id);
	free(v.action);
	free(v.stack);
	free(v.principal);
	json_decref(v.in);
}

int api_new(struct hub *hub, struct event_base *base, struct api **ret, struct err *err)
{
	struct api *api = NEW(struct api);

	api->hub = hub;
	api->hold = hold_new(hub);
	api->logged = json_object();
	api->health = json_object();
	api->stopping = event_new(base, -1, 0, on_stopping, api);
	if (!api->stopping) {
		api_free(api);
		return err_set(err, ERR_SYS, "api: cannot make an event");
	}
	*ret = api;
	return 0;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	if (api->stopping)
		event_free(api->stopping);
	hold_free(api->hold);
	json_decref(api->logged);
	json_decref(api->health);
	free(api);
}

void api_health_add(struct api *api, const char *name, json_t *value)
{
	(void)json_object_set_new(api->health, name, value);
}

void api_page(struct api *api, http_handler fn, void *ctx)
{
	api->page = fn;
	api->page_ctx = ctx;
}

void api_on_stop(struct api *api, void (*fn)(void *ctx), void *ctx)
{
	api->stop = fn;
	api->stop_ctx = ctx;
}
