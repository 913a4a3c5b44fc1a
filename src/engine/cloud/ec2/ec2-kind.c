/* What the kinds of EC2 resources share. They call the API as CloudFormation's handlers do. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <stdio.h>
#include <string.h>

enum { DRAIN_MS = 30000 };

/* The handler's code for a service's error code. */
static const char *handler_code(const char *code)
{
	static const struct {
		const char *part, *handler;
	} table[] = {
		{ "NotFound", "NotFound" },
		{ "Duplicate", "AlreadyExists" },
		{ "AlreadyExists", "AlreadyExists" },
		{ "Conflict", "AlreadyExists" },
		{ "AlreadyAssociated", "AlreadyExists" },
		{ "DependencyViolation", "ResourceConflict" },
		{ "LimitExceeded", "ServiceLimitExceeded" },
		{ "InsufficientFreeAddresses", "ServiceLimitExceeded" },
		{ "InternalError", "ServiceInternalError" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strstr(code, table[i].part))
			return table[i].handler;
	return "InvalidRequest";
}

/* "Code: text" of hub_call() becomes the sentence that AWS's SDK makes of it. */
static int service_error(struct hub *hub, struct resource *r, const char *code, struct err *err)
{
	OWN(str) char *request = hub_uuid(hub);
	size_t skip = strlen(code) + 2;
	OWN(str) char *text = str_dup(strlen(err->text) > skip ? err->text + skip : err->text);

	(void)snprintf(r->error_code, sizeof(r->error_code), "%s", handler_code(code));
	return err_set(err, ERR_REMOTE, "%s (Service: Ec2, Status Code: 400, Request ID: %s)", text,
		       request);
}

int ec2_api(struct hub *hub, struct resource *r, const char *action, const json_t *in,
	    json_t **ret_out, struct err *err)
{
	struct err why = { 0 };
	char code[96] = "";

	if (hub_call(hub, NULL, "ec2", action, in, ret_out, code, &why) == 0)
		return 0;
	(void)service_error(hub, r, code, &why);
	return err_set(err, ERR_REMOTE, "%s", why.text);
}

static void cloudformation_tags(const struct resource *r, json_t *o)
{
	OWN(json)
	json_t *tags = json_pack(
		"[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]", "Key", "aws:cloudformation:stack-name",
		"Value", r->stack_name ? r->stack_name : "", "Key", "aws:cloudformation:stack-id",
		"Value", r->stack_id ? r->stack_id : "", "Key", "aws:cloudformation:logical-id",
		"Value", r->logical ? r->logical : "");

	ec2_set_tags(o, tags);
}

void ec2_tag(struct hub *hub, const struct resource *r, const char *id)
{
	const struct ec2_thing *t = ec2_thing_of(id);
	json_t *o = t ? hub_get(hub, t->kind, id) : NULL, *tag;
	OWN(json) json_t *tags = ec2_as_text(json_list(r->properties, "Tags"));
	size_t i;

	if (!o)
		return;
	json_array_foreach(json_list(r->previous, "Tags"), i, tag) {
		OWN(json) json_t *key = json_pack("{s:s}", "Key", json_str_or(tag, "Key", ""));

		ec2_drop_tag(json_list(o, "tagSet"), key);
	}
	ec2_set_tags(o, r->stack_tags);
	ec2_set_tags(o, tags);
	cloudformation_tags(r, o);
	hub_put(hub, t->kind, id, o);
}

int ec2_drop(struct hub *hub, struct resource *r, const struct ec2_thing *t, const char *action,
	     struct err *err)
{
	json_t *o = r->physical ? hub_get(hub, t->kind, r->physical) : NULL;
	OWN(json) json_t *in = NULL;
	struct err why = { 0 };
	char code[96] = "";

	if (!o)
		return RESOURCE_DONE;
	in = json_pack("{s:s}", t->in_key, r->physical);
	if (hub_call(hub, NULL, "ec2", action, in, NULL, code, &why) == 0)
		return RESOURCE_DONE;
	if (!strcmp(code, "DependencyViolation")) {
		int64_t since = json_int_or(o, "_deleting", hub_now_ms(hub));

		if (hub_now_ms(hub) - since < DRAIN_MS) {
			json_set_int(o, "_deleting", since);
			return RESOURCE_WAIT;
		}
		json_object_del(o, "_deleting");
	}
	(void)service_error(hub, r, code, &why);
	return err_set(err, ERR_REMOTE, "%s", why.text);
}

void ec2_attribute(struct resource *r, const char *name, const char *value)
{
	if (!r->attributes)
		r->attributes = json_object();
	json_set_str(r->attributes, name, value);
}

bool ec2_changed(const struct resource *r, const char *property)
{
	json_t *now = json_object_get(r->properties, property);
	json_t *before = json_object_get(r->previous, property);

	return now != before && !(now && before && json_equal(now, before));
}

json_t *ec2_as_text(const json_t *value)
{
	OWN(json) json_t *copy = NULL;
	json_t *out, *item;
	const char *key;
	size_t i;

	if (json_is_integer(value))
		return json_sprintf("%lld", (long long)json_integer_value(value));
	if (json_is_real(value))
		return json_sprintf("%.0f", json_real_value(value));
	if (json_is_boolean(value))
		return json_string(json_is_true(value) ? "true" : "false");
	if (json_is_array(value)) {
		out = json_array();
		json_array_foreach(value, i, item)
			json_array_append_new(out, ec2_as_text(item));
		return out;
	}
	if (!json_is_object(value))
		return json_deep_copy(value);
	copy = json_deep_copy(value);
	out = json_object();
	json_object_foreach(copy, key, item)
		json_object_set_new(out, key, ec2_as_text(item));
	return out;
}

void ec2_take(const struct resource *r, json_t *in, const char *property, const char *as)
{
	json_t *value = ec2_as_text(json_object_get(r->properties, property));

	if (value)
		json_object_set_new(in, as, value);
}

int ec2_only(const json_t *map, const char *const *known, struct err *err)
{
	OWN(json) json_t *copy = json_deep_copy(map);
	const char *key;
	json_t *unused;

	json_object_foreach(copy, key, unused) {
		size_t i = 0;

		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (!known[i])
			return err_set(err, ERR_INPUT, "extraneous key [%s] is not permitted", key);
	}
	return 0;
}
