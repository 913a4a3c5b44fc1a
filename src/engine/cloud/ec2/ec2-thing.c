/* Objects as the API shows them: finding, storing, describing, tagging. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

static const struct ec2_thing *const things[] = {
	&ec2_vpc,	  &ec2_subnet,	&ec2_route_table, &ec2_internet_gateway,
	&ec2_nat_gateway, &ec2_address, &ec2_group,	  &ec2_rule,
	&ec2_interface,	  &ec2_acl,	&ec2_endpoint,	  &ec2_instance,
	&ec2_prefix_list, &ec2_flow_log,
};

const struct ec2_thing *ec2_thing_of(const char *id)
{
	for (size_t i = 0; id && i < sizeof(things) / sizeof(things[0]); i++)
		if (str_starts(id, things[i]->prefix))
			return things[i];
	return NULL;
}

/* ---- errors ---------------------------------------------------------------------------------- */

const char *ec2_need(struct call *c, const char *key)
{
	const char *value = json_str(c->in, key);

	if (value && *value)
		return value;
	(void)call_fail(c, 400, "MissingParameter", "The request must contain the parameter %s",
			key);
	return NULL;
}

int ec2_invalid(struct call *c, const char *value, const char *parameter, const char *why)
{
	return call_fail(c, 400, "InvalidParameterValue",
			 "Value (%s) for parameter %s is invalid. %s", value ? value : "",
			 parameter, why);
}

json_t *ec2_find(struct hub *hub, struct call *c, const struct ec2_thing *t, const char *id)
{
	json_t *o = hub_get(hub, t->kind, id);

	if (!o)
		(void)call_fail(c, 400, t->missing_code, "%s%s%s", t->missing_head, id ? id : "",
				t->missing_tail);
	return o;
}

json_t *ec2_named(struct hub *hub, struct call *c, const struct ec2_thing *t)
{
	const char *id = ec2_need(c, t->in_key);

	return id ? ec2_find(hub, c, t, id) : NULL;
}

/* ---- storing ----------------------------------------------------------------------------------
 */

const char *ec2_id(const struct ec2_thing *t, const json_t *o)
{
	return json_str(o, t->id_key);
}

/* The VPC whose rules depend on an object; NULL: on this one none do. */
static const char *vpc_of(const json_t *o)
{
	const char *vpc = json_str(o, "vpcId");

	if (!vpc)
		vpc = json_str(o, "_vpcId");
	return vpc ? vpc : json_str(json_path(o, "attachmentSet.0"), "vpcId");
}

void ec2_put(struct hub *hub, const struct ec2_thing *t, json_t *o)
{
	hub_put(hub, t->kind, ec2_id(t, o), o);
	ec2_touch(hub, vpc_of(o));
}

void ec2_remove(struct hub *hub, const struct ec2_thing *t, const char *id)
{
	json_t *o = hub_get(hub, t->kind, id);

	if (!o)
		return;
	ec2_touch(hub, vpc_of(o));
	hub_remove(hub, t->kind, id);
}

static void set_tag(json_t *tags, const char *key, const char *value)
{
	size_t i;
	json_t *tag;

	json_array_foreach(tags, i, tag)
		if (str_eq(json_str(tag, "key"), key)) {
			json_set_str(tag, "value", value);
			return;
		}
	json_array_append_new(tags, json_pack("{s:s, s:s}", "key", key, "value", value));
}

void ec2_set_tags(json_t *o, const json_t *tags)
{
	json_t *set = json_list(o, "tagSet"), *tag;
	size_t i;

	if (!set) {
		set = json_array();
		json_object_set_new(o, "tagSet", set);
	}
	json_array_foreach(tags, i, tag)
		if (json_str(tag, "Key"))
			set_tag(set, json_str(tag, "Key"), json_str_or(tag, "Value", ""));
}

json_t *ec2_new(struct hub *hub, const struct call *c, const struct ec2_thing *t, json_t *fields)
{
	OWN(str) char *id = hub_id(hub, t->prefix, 17);
	json_t *o = json_object(), *specification;
	size_t i;

	json_set_str(o, t->id_key, id);
	json_object_update(o, fields);
	json_decref(fields);
	json_set_str(o, "ownerId", hub_account(hub));
	json_object_set_new(o, "tagSet", json_array());
	json_array_foreach(json_list(c->in, "TagSpecification"), i, specification)
		if (str_eq(json_str(specification, "ResourceType"), t->tag_type))
			ec2_set_tags(o, json_list(specification, "Tag"));
	ec2_put(hub, t, o);
	json_decref(o);
	return hub_get(hub, t->kind, id);
}

/* ---- showing ----------------------------------------------------------------------------------
 */

json_t *ec2_show(struct hub *hub, const struct ec2_thing *t, const json_t *o)
{
	json_t *shown = t->render ? t->render(hub, o) : json_deep_copy(o), *value;
	const char *key;
	void *next;

	json_object_foreach_safe(shown, next, key, value)
		if (*key == '_')
			json_object_del(shown, key);
	return shown;
}

void ec2_reply(struct hub *hub, struct call *c, const struct ec2_thing *t, const char *key,
	       const json_t *o)
{
	json_object_set_new(c->out, key, ec2_show(hub, t, o));
}

void ec2_ok(struct call *c)
{
	json_set_bool(c->out, "return", true);
}

json_t *ec2_texts(const json_t *in, const char *key)
{
	json_t *all = json_array(), *member = json_object_get(in, key), *item;
	size_t i;

	if (json_is_string(member) && *json_string_value(member))
		json_array_append(all, member);
	json_array_foreach(member, i, item)
		if (json_is_string(item))
			json_array_append(all, item);
	return all;
}

bool ec2_has(const json_t *array, const char *text)
{
	return text && json_has_text(array, text);
}

json_t *ec2_first(struct hub *hub, const struct ec2_thing *t, const char *key, const char *value)
{
	const char *id;
	json_t *o;

	json_object_foreach(hub_all(hub, t->kind), id, o)
		if (value && str_eq(json_str(o, key), value))
			return o;
	return NULL;
}

/* ---- filters ----------------------------------------------------------------------------------
 */

static bool value_matches(const json_t *value, const json_t *wanted)
{
	OWN(str) char *number = NULL;
	const char *text = json_string_value(value);
	size_t i;
	json_t *pattern;

	if (json_is_boolean(value))
		text = json_is_true(value) ? "true" : "false";
	if (json_is_integer(value))
		text = number = str_printf("%lld", (long long)json_integer_value(value));
	json_array_foreach(wanted, i, pattern)
		if (text && json_is_string(pattern) &&
		    str_glob(json_string_value(pattern), text, false))
			return true;
	return false;
}

static bool path_matches(const json_t *o, const char *path, const json_t *wanted)
{
	const char *dot = strchr(path, '.');
	OWN(str) char *key = dot ? str_dup_n(path, (size_t)(dot - path)) : str_dup(path);
	size_t i;
	json_t *item, *value;

	if (json_is_array(o)) {
		json_array_foreach(o, i, item)
			if (path_matches(item, path, wanted))
				return true;
		return false;
	}
	value = json_object_get(o, key);
	if (dot)
		return value && path_matches(value, dot + 1, wanted);
	if (json_is_array(value)) {
		json_array_foreach(value, i, item)
			if (value_matches(item, wanted))
				return true;
		return false;
	}
	return value_matches(value, wanted);
}

static bool tag_matches(const json_t *o, const char *name, const json_t *wanted)
{
	size_t i;
	json_t *tag;

	json_array_foreach(json_list(o, "tagSet"), i, tag) {
		if (!strcmp(name, "tag-key")) {
			if (value_matches(json_object_get(tag, "key"), wanted))
				return true;
		} else if (str_eq(json_str(tag, "key"), name + 4) &&
			   value_matches(json_object_get(tag, "value"), wanted)) {
			return true;
		}
	}
	return false;
}

static const char *filter_path(const struct ec2_filter *known, const char *name)
{
	for (; known && known->name; known++)
		if (!strcmp(known->name, name))
			return known->path;
	return NULL;
}

static bool is_tag_filter(const char *name)
{
	return str_starts(name, "tag:") || !strcmp(name, "tag-key");
}

bool ec2_matches(const struct ec2_filter *known, const json_t *o, const json_t *filters)
{
	size_t i;
	json_t *filter;

	json_array_foreach(filters, i, filter) {
		const char *name = json_str_or(filter, "Name", "");
		OWN(json) json_t *wanted = ec2_texts(filter, "Value");
		const char *path = filter_path(known, name);

		if (is_tag_filter(name) ? !tag_matches(o, name, wanted)
					: !path || !path_matches(o, path, wanted))
			return false;
	}
	return true;
}

static int check_filters(struct call *c, const struct ec2_filter *known, const json_t *filters)
{
	size_t i;
	json_t *filter;

	json_array_foreach(filters, i, filter) {
		const char *name = json_str_or(filter, "Name", "");

		if (!is_tag_filter(name) && !filter_path(known, name))
			return call_fail(c, 400, "InvalidParameterValue",
					 "The filter '%s' is invalid", name);
	}
	return 0;
}

/* Cuts the list to the page that the request asks for; the token is the offset. */
static int cut_page(struct call *c, json_t *list)
{
	json_int_t most = json_int_or(c->in, "MaxResults", 0);
	json_int_t from = json_int_or(c->in, "NextToken", 0);
	size_t size = json_array_size(list);

	if (json_str(c->in, "NextToken") && (from <= 0 || (size_t)from > size))
		return call_fail(c, 400, "InvalidNextToken", "The token is not valid");
	if (most <= 0 && from == 0)
		return 0;
	for (json_int_t i = 0; i < from; i++)
		json_array_remove(list, 0);
	if (most <= 0 || json_array_size(list) <= (size_t)most)
		return 0;
	while (json_array_size(list) > (size_t)most)
		json_array_remove(list, json_array_size(list) - 1);
	json_object_set_new(c->out, "nextToken", json_sprintf("%lld", (long long)(from + most)));
	return 0;
}

int ec2_describe(struct hub *hub, struct call *c, const struct ec2_thing *t)
{
	OWN(json) json_t *ids = ec2_texts(c->in, t->in_key);
	const json_t *filters = json_list(c->in, "Filter");
	json_t *list = json_array(), *o;
	const char *id;
	size_t i;

	json_object_set_new(c->out, t->set, list);
	if (check_filters(c, t->filters, filters) < 0)
		return -1;
	json_array_foreach(ids, i, o)
		if (!ec2_find(hub, c, t, json_string_value(o)))
			return -1;
	json_object_foreach(hub_all(hub, t->kind), id, o) {
		/* what is shown as it is stored need not be copied to be passed over */
		OWN(json) json_t *shown = t->render ? NULL : json_incref(o);

		if (json_array_size(ids) && !ec2_has(ids, id))
			continue;
		if (!shown)
			shown = ec2_show(hub, t, o);
		if (ec2_matches(t->filters, shown, filters))
			json_array_append_new(list,
					      t->render ? json_incref(shown) : ec2_show(hub, t, o));
	}
	return cut_page(c, list);
}

/* ---- tags --------------------------------------------------------------------------------------
 */

static int check_tags(struct call *c, const json_t *tags)
{
	size_t i;
	json_t *tag;

	json_array_foreach(tags, i, tag) {
		const char *key = json_str_or(tag, "Key", "");

		if (str_starts(key, "aws:"))
			return call_fail(c, 400, "InvalidParameterValue",
					 "Tag keys starting with 'aws:' are reserved for internal "
					 "use");
		if (!*key || strlen(key) > 127 || strlen(json_str_or(tag, "Value", "")) > 255)
			return call_fail(c, 400, "InvalidParameterValue",
					 "Tag key or value exceeds the maximum length, or the key "
					 "is empty");
	}
	return 0;
}

static json_t *tagged(struct hub *hub, struct call *c, const char *id)
{
	const struct ec2_thing *t = ec2_thing_of(id);

	if (t)
		return ec2_find(hub, c, t, id);
	(void)call_fail(c, 400, "InvalidID", "The ID '%s' is not valid", id ? id : "");
	return NULL;
}

int ec2_create_tags(struct hub *hub, struct call *c)
{
	OWN(json) json_t *ids = ec2_texts(c->in, "ResourceId");
	const json_t *tags = json_list(c->in, "Tag");
	size_t i;
	json_t *id;

	if (check_tags(c, tags) < 0)
		return -1;
	json_array_foreach(ids, i, id)
		if (!tagged(hub, c, json_string_value(id)))
			return -1;
	json_array_foreach(ids, i, id) {
		json_t *o = tagged(hub, c, json_string_value(id));

		ec2_set_tags(o, tags);
		hub_put(hub, ec2_thing_of(json_string_value(id))->kind, json_string_value(id), o);
	}
	ec2_ok(c);
	return 0;
}

void ec2_drop_tag(json_t *set, const json_t *tag)
{
	const char *value = json_str(tag, "Value");

	for (size_t i = json_array_size(set); i-- > 0;) {
		const json_t *have = json_array_get(set, i);

		if (str_eq(json_str(have, "key"), json_str(tag, "Key")) &&
		    (!value || str_eq(json_str(have, "value"), value)))
			json_array_remove(set, i);
	}
}

int ec2_delete_tags(struct hub *hub, struct call *c)
{
	OWN(json) json_t *ids = ec2_texts(c->in, "ResourceId");
	size_t i, k;
	json_t *id, *tag;

	json_array_foreach(ids, i, id) {
		json_t *o = tagged(hub, c, json_string_value(id));

		if (!o)
			return -1;
		if (!json_list(c->in, "Tag"))
			json_array_clear(json_list(o, "tagSet"));
		json_array_foreach(json_list(c->in, "Tag"), k, tag)
			ec2_drop_tag(json_list(o, "tagSet"), tag);
		hub_put(hub, ec2_thing_of(json_string_value(id))->kind, json_string_value(id), o);
	}
	ec2_ok(c);
	return 0;
}

static const struct ec2_filter tag_filters[] = {
	{ "resource-id", "resourceId" },
	{ "resource-type", "resourceType" },
	{ "key", "key" },
	{ "value", "value" },
	{ 0 },
};

static void list_tags(json_t *list, const struct ec2_thing *t, const json_t *o,
		      const json_t *filters)
{
	size_t i;
	json_t *tag;

	json_array_foreach(json_list(o, "tagSet"), i, tag) {
		OWN(json)
		json_t *row = json_pack("{s:s, s:s, s:s, s:s}", "resourceId", ec2_id(t, o),
					"resourceType", t->tag_type, "key", json_str(tag, "key"),
					"value", json_str_or(tag, "value", ""));

		if (ec2_matches(tag_filters, row, filters))
			json_array_append(list, row);
	}
}

int ec2_describe_tags(struct hub *hub, struct call *c)
{
	const json_t *filters = json_list(c->in, "Filter");
	json_t *list = json_array(), *o;
	const char *id;

	json_object_set_new(c->out, "tagSet", list);
	if (check_filters(c, tag_filters, filters) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++)
		json_object_foreach(hub_all(hub, things[i]->kind), id, o)
			list_tags(list, things[i], o, filters);
	return cut_page(c, list);
}
