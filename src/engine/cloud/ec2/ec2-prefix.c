/* Prefix lists: those that AWS manages, which security groups and gateway endpoints name, and the customer's own. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

static const struct ec2_filter list_filters[] = {
	{ "prefix-list-id", "prefixListId" },
	{ "prefix-list-name", "prefixListName" },
	{ "owner-id", "ownerId" },
	{ 0 },
};
const struct ec2_thing ec2_prefix_list = {
	.kind = "ec2:prefix-list",
	.prefix = "pl-",
	.id_key = "prefixListId",
	.in_key = "PrefixListId",
	.set = "prefixListSet",
	.tag_type = "prefix-list",
	.missing_code = "InvalidPrefixListID.NotFound",
	.missing_head = "The prefix list ID '",
	.missing_tail = "' does not exist",
	.filters = list_filters,
};

/* AWS's own in us-east-1. Of what they stand for only S3 is there: the others match nothing. */
static const struct {
	const char *service, *id, *name;
} managed[] = {
	{ "s3", "pl-63a5400a", "com.amazonaws.us-east-1.s3" },
	{ "dynamodb", "pl-02cd2c6b", "com.amazonaws.us-east-1.dynamodb" },
	{ NULL, "pl-3b927c52", "com.amazonaws.global.cloudfront.origin-facing" },
};
#define MANAGED (sizeof(managed) / sizeof(managed[0]))

const char *ec2_service_prefix_list(const char *service)
{
	for (size_t i = 0; i < MANAGED; i++)
		if (str_eq(managed[i].service, service))
			return managed[i].id;
	return NULL;
}

static bool is_managed(const char *id)
{
	for (size_t i = 0; i < MANAGED; i++)
		if (!strcmp(managed[i].id, id))
			return true;
	return false;
}

bool ec2_prefix_list_known(struct hub *hub, const char *id)
{
	return is_managed(id) || hub_get(hub, ec2_prefix_list.kind, id);
}

const json_t *ec2_prefix_list_entries(struct hub *hub, const char *id)
{
	return json_list(hub_get(hub, ec2_prefix_list.kind, id), "_entries");
}

/* Rules of all VPCs may name the list. */
static void touch_all(struct hub *hub)
{
	const char *id;
	json_t *vpc;

	json_object_foreach(hub_all(hub, ec2_vpc.kind), id, vpc)
		ec2_touch(hub, id);
}

/* ---- description ------------------------------------------------------------------------------ */

static json_t *managed_row(size_t i)
{
	OWN(str) char *arn = str_printf("arn:aws:ec2:us-east-1:aws:prefix-list/%s", managed[i].id);

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[]}", "prefixListId", managed[i].id,
			 "prefixListName", managed[i].name, "ownerId", "AWS", "addressFamily",
			 "IPv4", "prefixListArn", arn, "tagSet");
}

static void add_row(struct call *c, const json_t *ids, json_t *list, json_t *row)
{
	if ((!json_array_size(ids) || ec2_has(ids, ec2_id(&ec2_prefix_list, row))) &&
	    ec2_matches(list_filters, row, json_list(c->in, "Filter")))
		json_array_append(list, row);
	json_decref(row);
}

int ec2_describe_managed_prefix_lists(struct hub *hub, struct call *c)
{
	OWN(json) json_t *ids = ec2_texts(c->in, "PrefixListId");
	json_t *list = json_array(), *o, *wanted;
	const char *id;
	size_t i;

	json_object_set_new(c->out, "prefixListSet", list);
	json_array_foreach(ids, i, wanted)
		if (!is_managed(json_string_value(wanted)) &&
		    !ec2_find(hub, c, &ec2_prefix_list, json_string_value(wanted)))
			return -1;
	for (i = 0; i < MANAGED; i++)
		add_row(c, ids, list, managed_row(i));
	json_object_foreach(hub_all(hub, ec2_prefix_list.kind), id, o)
		add_row(c, ids, list, ec2_show(hub, &ec2_prefix_list, o));
	return 0;
}

/* The older action: services that gateway endpoints lead to. */
int ec2_describe_prefix_lists(struct hub *hub, struct call *c)
{
	OWN(json) json_t *ids = ec2_texts(c->in, "PrefixListId");
	json_t *list = json_array();

	(void)hub;
	json_object_set_new(c->out, "prefixListSet", list);
	for (size_t i = 0; i < MANAGED && managed[i].service; i++)
		add_row(c, ids, list,
			json_pack("{s:s, s:s, s:[]}", "prefixListId", managed[i].id,
				  "prefixListName", managed[i].name, "cidrSet"));
	return 0;
}

int ec2_get_managed_prefix_list_entries(struct hub *hub, struct call *c)
{
	json_t *list = ec2_named(hub, c, &ec2_prefix_list), *set = json_array(), *entry;
	size_t i;

	json_object_set_new(c->out, "entrySet", set);
	if (!list)
		return -1;
	json_array_foreach(json_list(list, "_entries"), i, entry)
		json_array_append_new(set, json_pack("{s:s, s:s*}", "cidr", json_str(entry, "Cidr"),
						     "description", json_str(entry, "Description")));
	return 0;
}

/* ---- the customer's lists --------------------------------------------------------------------- */

static size_t find_entry(const json_t *entries, const char *cidr)
{
	size_t i = 0;

	while (i < json_array_size(entries) &&
	       !str_eq(json_str(json_array_get(entries, i), "Cidr"), cidr))
		i++;
	return i;
}

/* Puts `added` into entries; each is a block of the list's family and there once. */
static int add_entries(struct call *c, json_t *entries, const json_t *added, bool v6)
{
	json_t *entry;
	uint32_t base;
	unsigned bits;
	size_t i;

	json_array_foreach(added, i, entry) {
		const char *cidr = json_str_or(entry, "Cidr", "");
		size_t at = find_entry(entries, cidr);

		if (v6 ? !strchr(cidr, ':') : ip_parse_cidr(cidr, &base, &bits) < 0)
			return ec2_invalid(c, cidr, "Cidr", "This is not a valid CIDR block.");
		if (at < json_array_size(entries))
			json_array_set(entries, at, entry);
		else
			json_array_append(entries, entry);
	}
	return 0;
}

static int check_count(struct call *c, const json_t *entries, json_int_t most)
{
	if (most < 1 || most > 1000)
		return call_fail(c, 400, "InvalidParameterValue",
				 "A prefix list has a maximum of 1 to 1000 entries.");
	if (json_array_size(entries) > (size_t)most)
		return call_fail(c, 400, "PrefixListMaxEntriesExceeded",
				 "%zu entries exceed the maximum of %lld of the prefix list.",
				 json_array_size(entries), (long long)most);
	return 0;
}

int ec2_create_managed_prefix_list(struct hub *hub, struct call *c)
{
	const char *name = ec2_need(c, "PrefixListName");
	const char *family = name ? ec2_need(c, "AddressFamily") : NULL;
	json_int_t most = json_int_or(c->in, "MaxEntries", 0);
	OWN(json) json_t *entries = json_array();
	json_t *list;

	if (!family)
		return -1;
	if (strcmp(family, "IPv4") && strcmp(family, "IPv6"))
		return ec2_invalid(c, family, "AddressFamily", "Known: IPv4, IPv6.");
	if (str_starts(name, "com.amazonaws"))
		return ec2_invalid(c, name, "PrefixListName", "Names of AWS's own are taken.");
	if (add_entries(c, entries, json_list(c->in, "Entry"), !strcmp(family, "IPv6")) < 0 ||
	    check_count(c, entries, most) < 0)
		return -1;
	list = ec2_new(hub, c, &ec2_prefix_list,
		       json_pack("{s:s, s:s, s:s, s:I, s:i, s:O}", "prefixListName", name,
				 "addressFamily", family, "state", "create-complete", "maxEntries",
				 most, "version", 1, "_entries", entries));
	json_object_set_new(list, "prefixListArn",
			    json_sprintf("arn:aws:ec2:%s:%s:prefix-list/%s", hub_region(hub),
					 hub_account(hub), ec2_id(&ec2_prefix_list, list)));
	ec2_put(hub, &ec2_prefix_list, list);
	ec2_reply(hub, c, &ec2_prefix_list, "prefixList", list);
	return 0;
}

int ec2_modify_managed_prefix_list(struct hub *hub, struct call *c)
{
	json_t *list = ec2_named(hub, c, &ec2_prefix_list), *gone;
	OWN(json) json_t *entries = json_copy(json_list(list, "_entries"));
	json_int_t version = json_int_or(list, "version", 1);
	json_int_t most = json_int_or(c->in, "MaxEntries", json_int_or(list, "maxEntries", 1));
	size_t i;

	if (!list)
		return -1;
	if (json_int_or(c->in, "CurrentVersion", version) != version)
		return call_fail(c, 400, "PrefixListVersionMismatch",
				 "The prefix list has the version %lld.", (long long)version);
	json_array_foreach(json_list(c->in, "RemoveEntry"), i, gone)
		json_array_remove(entries, find_entry(entries, json_str(gone, "Cidr")));
	if (add_entries(c, entries, json_list(c->in, "AddEntry"),
			str_eq(json_str(list, "addressFamily"), "IPv6")) < 0 ||
	    check_count(c, entries, most) < 0)
		return -1;
	json_object_set(list, "_entries", entries);
	json_set_int(list, "maxEntries", most);
	json_set_int(list, "version", version + 1);
	json_set_str(list, "state", "modify-complete");
	json_set_str(list, "prefixListName",
		     json_str_or(c->in, "PrefixListName", json_str(list, "prefixListName")));
	ec2_put(hub, &ec2_prefix_list, list);
	touch_all(hub);
	ec2_reply(hub, c, &ec2_prefix_list, "prefixList", list);
	return 0;
}

int ec2_delete_managed_prefix_list(struct hub *hub, struct call *c)
{
	json_t *list = ec2_named(hub, c, &ec2_prefix_list);
	const char *id = ec2_id(&ec2_prefix_list, list);

	if (!list)
		return -1;
	if (ec2_first(hub, &ec2_rule, "prefixListId", id))
		return call_fail(c, 400, "DependencyViolation",
				 "The prefix list '%s' has a dependent object", id);
	ec2_reply(hub, c, &ec2_prefix_list, "prefixList", list);
	ec2_remove(hub, &ec2_prefix_list, id);
	return 0;
}
