/* Where the services of the local cloud meet: objects, calls, timers, tables. Services never include
 * each other; they register actions and resource kinds here and call each other as API calls.
 * One thread, one event loop. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "core/aws/aws.h"

struct hub;
struct fabric;
struct event_base;

/* ---- calls ------------------------------------------------------------------------------------ */

/* One API request. Filled by the endpoint or by hub_call(); the action fills `out` or fails. */
struct call {
	const char *service;   /* aws_service.name */
	const char *action;    /* "CreateStack" */
	const char *principal; /* ARN of who calls; root of the account for the endpoint's clients */
	bool anonymous;
	const json_t *in; /* members under AWS names as on the wire (EC2: "SecurityGroupId": [..],
			     "Filter": [{"Name","Value":[..]}]); values of query calls are strings */
	json_t *out;	  /* an object; EC2 lower-camel names with "xxxSet" arrays */
	/* rest calls: the body as bytes, request headers (lower-case names) */
	const char *body;
	size_t body_len;
	const json_t *headers;
	/* set by call_fail() */
	int status; /* HTTP status; 0 or 200 good */
	char code[96];
	char message[1024];
};
/* Refuses the call. Always -1. `status` usually 400. */
int call_fail(struct call *c, int status, const char *code, const char *fmt, ...) ERR_FMT(4, 5);

struct action {
	const char *name;
	int (*run)(struct hub *hub, struct call *c); /* 0, or -1 after call_fail() */
	/* ARN the call is about, for IAM; NULL: "*". Caller frees the result. */
	char *(*resource)(struct hub *hub, const struct call *c);
	const char *http; /* rest services: "POST 201 /2015-02-01/file-systems/{FileSystemId}" */
	/* Resource policy that also decides (borrowed JSON document or NULL). */
	const json_t *(*policy)(struct hub *hub, const struct call *c);
};

/* In-process API call. principal NULL: the service itself (no IAM decision, as AWS's service-linked
 * roles); else IAM is evaluated for that role as for a call over the wire: AccessDeniedException.
 * in: borrowed. 0: *ret_out (may be NULL) is the caller's. -1: err text is "Code: message" and
 * *ret_code (may be NULL, 96 bytes) the code. */
int hub_call(struct hub *hub, const char *principal, const char *service, const char *action,
	     const json_t *in, json_t **ret_out, char *ret_code, struct err *err);

/* ---- resource kinds of CloudFormation ---------------------------------------------------------- */

struct resource {
	const char *stack_name, *stack_id, *logical, *type;
	const json_t *properties; /* resolved */
	const json_t *previous;	  /* resolved properties of the last good state (update, remove) or NULL */
	const json_t *stack_tags; /* array of {"Key","Value"} or NULL */
	char *physical;		  /* Ref value; set by create (owned by the resource) */
	json_t *attributes;	  /* GetAtt values by name; an object, filled by create/update/settle */
	char error_code[64];	  /* HandlerErrorCode of a failure; "InvalidRequest" when left empty */
	bool plain_error;	  /* err is shown as it is: CloudFormation fails, no handler does */
};
enum { RESOURCE_DONE = 0, RESOURCE_WAIT = 1 };
struct resource_kind {
	const char *type;
	/* Property names whose change needs a new resource; NULL-terminated; NULL: none. */
	const char *const *replace_on;
	/* Each: RESOURCE_DONE, RESOURCE_WAIT (settle is asked again until done), or -1 with the
	 * service's message in err. create sets physical before anything can fail half-way. */
	int (*create)(struct hub *hub, struct resource *r, struct err *err);
	int (*update)(struct hub *hub, struct resource *r, struct err *err); /* NULL: nothing to do */
	int (*remove)(struct hub *hub, struct resource *r, struct err *err); /* already gone: DONE */
	/* Asked after WAIT, on every change of objects and at least every 50 ms. */
	int (*settle)(struct hub *hub, struct resource *r, struct err *err);
	/* Properties understood, NULL-terminated. Others are refused at validation by name
	 * ("extraneous key [X] is not permitted"), so that nothing is silently accepted. */
	const char *const *allowed;
	const char *const *required;
	/* More to refuse at validation, by the properties as the template has them (functions and all);
	 * may be NULL. -1: err is what the user reads. */
	int (*check)(const json_t *properties, struct err *err);
};

/* ---- services ---------------------------------------------------------------------------------- */

struct service {
	const char *name; /* aws_service.name */
	const struct action *actions; /* ends with a row whose name is NULL */
	const struct resource_kind *const *kinds; /* NULL-terminated; NULL: none */
	int (*start)(struct hub *hub, struct err *err); /* after all objects are loaded; may be NULL */
	void (*stop)(struct hub *hub);
	/* rest-xml only (S3): the whole request. */
	int (*raw)(struct hub *hub, struct call *c, const char *method, const char *path,
		   const char *query, json_t **ret_headers, struct buf *ret_body);
	json_t *(*raw_names)(void); /* AWS's names of what raw answers; the caller's */
	/* What of AWS's API is there and what is not, one sentence for the documentation. */
	const char *covers;
};
const struct resource_kind *hub_kind(struct hub *hub, const char *type); /* NULL: unsupported */
/* All supported types, sorted, as an array of strings; caller's. */
json_t *hub_kinds(struct hub *hub);
const struct service *hub_service(struct hub *hub, const char *name);
const struct action *hub_action(const struct service *s, const char *name);

/* ---- objects: state of the services, durable ----------------------------------------------------- */

/* kind is "<service>:<thing>", e.g. "ec2:vpc". The value is shared, not copied: after changing an
 * object in place call hub_put() again to make it durable and to tell the watchers. */
void hub_put(struct hub *hub, const char *kind, const char *id, json_t *value);
json_t *hub_get(struct hub *hub, const char *kind, const char *id); /* borrowed, or NULL */
void hub_remove(struct hub *hub, const char *kind, const char *id);
/* Object id -> value of all of a kind, in order of creation. Borrowed, valid until the next put or
 * remove of that kind (take json_object_foreach_safe or a copy to change it while walking). */
json_t *hub_all(struct hub *hub, const char *kind);
/* Tells the watchers of a change that need not be durable. */
void hub_touch(struct hub *hub, const char *kind, const char *id);
/* fn is called right after each put/remove of a kind that starts with `prefix`. Only mark and
 * hub_defer() in it. */
void hub_watch(struct hub *hub, const char *prefix,
	       void (*fn)(struct hub *hub, const char *kind, const char *id, void *ctx), void *ctx);

/* ---- time, ids ------------------------------------------------------------------------------------ */

int64_t hub_now_ms(struct hub *hub); /* wall clock */
/* Runs fn once. 0 ms: at the end of this turn of the loop. Returns a handle for hub_cancel(). */
struct hub_timer;
struct hub_timer *hub_timer(struct hub *hub, unsigned ms, void (*fn)(struct hub *, void *ctx),
			    void *ctx);
void hub_cancel(struct hub *hub, struct hub_timer *t); /* NULL is fine; never after it fired */
/* "vpc-" + `digits` random hex digits; caller frees. */
char *hub_id(struct hub *hub, const char *prefix, unsigned digits);
char *hub_uuid(struct hub *hub);
/* `len` random characters of `alphabet`; caller frees. */
char *hub_random(struct hub *hub, const char *alphabet, unsigned len);
/* CloudFormation's generated name: <stack>-<Logical>-<12 alphanumerics>, cut to `most`. lower: all
 * lower case. Caller frees. (aws-wire.md 7.8) */
char *hub_physical_name(struct hub *hub, const struct resource *r, unsigned most, bool lower);
const char *hub_account(struct hub *hub); /* "000000000000" */
const char *hub_region(struct hub *hub);  /* "us-east-1" */
/* arn:aws:<service>:<region>:<account>:<resource>; IAM: no region. Caller frees. */
char *hub_arn(struct hub *hub, const char *service, const char *resource);
const char *const *hub_zones(struct hub *hub); /* "us-east-1a", ..., NULL */
/* "http://127.0.0.1:4566": where clients on this machine reach the endpoint. */
const char *hub_endpoint(struct hub *hub);
const char *hub_state_dir(struct hub *hub);    /* files of services go below <dir>/<service>/ */

/* ---- authorisation ----------------------------------------------------------------------------------- */

/* Set by the iam service at start. */
struct hub_question {
	const char *principal; /* role ARN; NULL: anonymous */
	const char *action, *resource;
	const json_t *resource_policy; /* or NULL */
	const json_t *context;	       /* or NULL */
};
typedef bool (*hub_authorizer)(struct hub *hub, const struct hub_question *q, struct err *why);
void hub_set_authorizer(struct hub *hub, hub_authorizer fn);
/* False: why->text is AWS's sentence ("User: arn:... is not authorized to perform: X on resource:
 * Y because no identity-based policy allows the X action"). */
bool hub_authorized(struct hub *hub, const struct hub_question *q, struct err *why);
/* IAM in front of an action, as in front of the real API. -1: c has AWS's refusal. */
int hub_authorize(struct hub *hub, const struct action *a, struct call *c);
/* Does the endpoint verify signatures? Then principals are who they say they are, and IAM is asked
 * about sessions of roles. Durable. */
bool hub_verifies(struct hub *hub);
void hub_set_verifies(struct hub *hub, bool on);
/* Can `service` ("ecs-tasks.amazonaws.com") assume the role? Set by iam too. */
typedef bool (*hub_trust)(struct hub *hub, const char *role_arn, const char *service);
void hub_set_trust(struct hub *hub, hub_trust fn);
bool hub_trusted(struct hub *hub, const char *role_arn, const char *service);

/* ---- names inside VPCs: set by servicediscovery, efs, ec2 endpoints ------------------------------------ */

/* Answers a name for a client of a VPC. asker: address of the interface that asks. 0: addresses in
 * *ret (array of dotted strings, caller's) and TTL; HUB_NAME_UNKNOWN: not mine, ask the next;
 * HUB_NAME_ABSENT: mine, does not exist (NXDOMAIN); HUB_NAME_EMPTY: exists without such records. */
enum { HUB_NAME_FOUND = 0, HUB_NAME_UNKNOWN, HUB_NAME_ABSENT, HUB_NAME_EMPTY };
typedef int (*hub_resolver)(struct hub *hub, const char *vpc, uint32_t asker, const char *name,
			    json_t **ret, unsigned *ret_ttl);
void hub_add_resolver(struct hub *hub, hub_resolver fn);
int hub_resolve(struct hub *hub, const char *vpc, uint32_t asker, const char *name, json_t **ret,
		unsigned *ret_ttl);

struct fabric *hub_fabric(struct hub *hub);	  /* NULL in unit tests without a network */
struct event_base *hub_events(struct hub *hub);
struct store;
struct store *hub_store(struct hub *hub);
/* Why state cannot be saved at present (a full disk), or NULL. The endpoint refuses calls that would
 * make more state while it lasts. Borrowed until the next turn. */
const char *hub_trouble(struct hub *hub);
/* One line in the daemon's log. */
void hub_log(struct hub *hub, const char *fmt, ...) ERR_FMT(2, 3);

/* ---- life ---------------------------------------------------------------------------------------------- */

struct hub_options {
	const char *state_dir; /* NULL: in memory (tests) */
	const char *region, *account;
	const char *endpoint; /* NULL: that of the standard port */
	const struct service *const *services; /* NULL-terminated */
	struct fabric *fabric; /* may be NULL */
	struct event_base *events;
	int (*random)(void *buf, size_t len); /* NULL: getrandom */
	void (*log)(const char *line);	      /* NULL: silent */
};
int hub_new(const struct hub_options *o, struct hub **ret, struct err *err);
int hub_start(struct hub *hub, struct err *err); /* loads objects, starts services */
void hub_free(struct hub *hub);
OWN_DEFINE(hub, struct hub *, hub_free)
