/* Wait conditions: a resource that is there once enough signals came to the URL of its handle. On AWS the URL is a presigned
 * one of S3; here it is the endpoint's, and its last part is the secret. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <string.h>

#define HANDLE_KIND "cloudformation:handle" /* token -> {unique id -> {"Status","Reason","Data"}} */
#define WAIT_KIND "cloudformation:wait"	    /* physical id of a condition -> {"Token","Count","Until"} */
#define WAIT_MOST_SECONDS 43200

static const char *token_of(const char *url)
{
	const char *slash = url ? strrchr(url, '/') : NULL;

	return slash ? slash + 1 : "";
}

/* ---- the handle
 * ------------------------------------------------------------------------------------------- */

static int create_handle(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(str) char *token = hub_id(hub, "", 32);
	OWN(json) json_t *signals = json_object();

	(void)err;
	r->physical = str_printf("%s/_mpcup/signal/%s/%s", hub_endpoint(hub), r->logical, token);
	json_set_str(r->attributes, "Id", r->physical);
	hub_put(hub, HANDLE_KIND, token, signals);
	return RESOURCE_DONE;
}

static int remove_handle(struct hub *hub, struct resource *r, struct err *err)
{
	(void)err;
	hub_remove(hub, HANDLE_KIND, token_of(r->physical));
	return RESOURCE_DONE;
}

/* In: Url, Signal (text of {"Status","UniqueId","Data","Reason"}). From the endpoint. */
int action_signal(struct hub *hub, struct call *c)
{
	const char *token = token_of(json_str(c->in, "Url")), *text = json_str_or(c->in, "Signal", "");
	json_t *signals = hub_get(hub, HANDLE_KIND, token);
	OWN(json) json_t *signal = NULL;
	struct err err = { 0 };

	if (!signals)
		return call_fail(c, 404, "NoSuchKey", "There is no such wait condition handle.");
	if (json_parse_text("signal", text, strlen(text), &signal, &err) < 0)
		return call_fail(c, 400, "InvalidRequest", "%s", err.text);
	if (!json_str(signal, "UniqueId") || !json_str(signal, "Status") ||
	    (strcmp(json_str(signal, "Status"), "SUCCESS") != 0 &&
	     strcmp(json_str(signal, "Status"), "FAILURE") != 0))
		return call_fail(c, 400, "InvalidRequest",
				 "A signal is a JSON object with Status (SUCCESS or FAILURE), UniqueId, Data and Reason.");
	if (!json_object_get(signals, json_str(signal, "UniqueId")))
		json_object_set(signals, json_str(signal, "UniqueId"), signal);
	hub_put(hub, HANDLE_KIND, token, signals);
	return 0;
}

/* ---- the condition
 * ---------------------------------------------------------------------------------------- */

static int ask(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *wait = hub_get(hub, WAIT_KIND, r->physical);
	json_t *signals = hub_get(hub, HANDLE_KIND, json_str_or(wait, "Token", "")), *signal;
	json_int_t count = json_int_or(wait, "Count", 1), good = 0;
	OWN(json) json_t *data = json_object();
	OWN(str) char *text = NULL;
	const char *unique;

	r->plain_error = true;
	json_object_foreach(signals, unique, signal)
	{
		if (str_eq(json_str(signal, "Status"), "FAILURE"))
			return err_set(err, ERR_INPUT,
				       "WaitCondition received failed message: '%s' for uniqueId: %s",
				       json_str_or(signal, "Reason", ""), unique);
		json_set_str(data, unique, json_str_or(signal, "Data", ""));
		good++;
	}
	text = json_text(data);
	json_set_str(r->attributes, "Data", text);
	if (good >= count)
		return RESOURCE_DONE;
	if (hub_now_ms(hub) < json_int_or(wait, "Until", 0))
		return RESOURCE_WAIT;
	return err_set(err, ERR_INPUT,
		       "WaitCondition timed out. Received %lld conditions when expecting %lld",
		       (long long)good, (long long)count);
}

static int create_condition(struct hub *hub, struct resource *r, struct err *err)
{
	json_int_t seconds = json_int_or(r->properties, "Timeout", 0);
	json_int_t count = json_int_or(r->properties, "Count", 1);
	const char *token = token_of(json_str(r->properties, "Handle"));
	OWN(json) json_t *wait = NULL;

	r->plain_error = true;
	if (!hub_get(hub, HANDLE_KIND, token))
		return err_set(err, ERR_INPUT, "Invalid wait condition handle: %s",
			       json_str_or(r->properties, "Handle", ""));
	if (seconds < 1 || seconds > WAIT_MOST_SECONDS || count < 1)
		return err_set(err, ERR_INPUT,
			       "Timeout must be between 1 and %d seconds, Count at least 1",
			       WAIT_MOST_SECONDS);
	r->physical = hub_physical_name(hub, r, 255, false);
	json_set_str(r->attributes, "Id", r->physical);
	wait = json_pack("{s:s,s:I,s:I}", "Token", token, "Count", count, "Until",
			 hub_now_ms(hub) + seconds * 1000);
	hub_put(hub, WAIT_KIND, r->physical, wait);
	return ask(hub, r, err);
}

static int update_condition(struct hub *hub, struct resource *r, struct err *err)
{
	(void)hub;
	r->plain_error = true;
	return err_set(err, ERR_INPUT, "Update to resource type %s is not supported.", r->type);
}

static int remove_condition(struct hub *hub, struct resource *r, struct err *err)
{
	(void)err;
	hub_remove(hub, WAIT_KIND, r->physical);
	return RESOURCE_DONE;
}

static const char *const no_properties[] = { NULL };
static const char *const condition_allowed[] = { "Count", "Handle", "Timeout", NULL };
static const char *const condition_required[] = { "Handle", "Timeout", NULL };

const struct resource_kind kind_wait_handle = {
	.type = "AWS::CloudFormation::WaitConditionHandle",
	.create = create_handle,
	.remove = remove_handle,
	.allowed = no_properties,
};
const struct resource_kind kind_wait_condition = {
	.type = "AWS::CloudFormation::WaitCondition",
	.create = create_condition,
	.update = update_condition,
	.settle = ask,
	.remove = remove_condition,
	.allowed = condition_allowed,
	.required = condition_required,
};
