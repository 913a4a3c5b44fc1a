/* Kind: PrefixList. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

static void attributes(struct hub *hub, struct resource *r)
{
	const json_t *o = hub_get(hub, ec2_prefix_list.kind, r->physical);

	ec2_attribute(r, "PrefixListId", r->physical);
	ec2_attribute(r, "Arn", json_str(o, "prefixListArn"));
	ec2_attribute(r, "OwnerId", json_str(o, "ownerId"));
	json_object_set_new(r->attributes, "Version", json_integer(json_int_or(o, "version", 1)));
}

static int create_list(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_object(), *out = NULL;

	ec2_take(r, in, "PrefixListName", "PrefixListName");
	ec2_take(r, in, "AddressFamily", "AddressFamily");
	ec2_take(r, in, "Entries", "Entry");
	ec2_take(r, in, "MaxEntries", "MaxEntries");
	if (!json_str(in, "MaxEntries")) /* as many as there are */
		json_object_set_new(in, "MaxEntries",
				    json_sprintf("%zu", json_array_size(json_list(in, "Entry"))));
	if (ec2_api(hub, r, "CreateManagedPrefixList", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(json_map(out, "prefixList"), "prefixListId"));
	attributes(hub, r);
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

static int update_list(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s}", "PrefixListId", r->physical ? r->physical : "");
	json_t *before = json_list(r->previous, "Entries");

	ec2_take(r, in, "PrefixListName", "PrefixListName");
	ec2_take(r, in, "MaxEntries", "MaxEntries");
	ec2_take(r, in, "Entries", "AddEntry");
	if (before)
		json_object_set(in, "RemoveEntry", before);
	if (ec2_api(hub, r, "ModifyManagedPrefixList", in, NULL, err) < 0)
		return -1;
	attributes(hub, r);
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

static int remove_list(struct hub *hub, struct resource *r, struct err *err)
{
	return ec2_drop(hub, r, &ec2_prefix_list, "DeleteManagedPrefixList", err);
}

const struct resource_kind ec2_kind_prefix_list = {
	.type = "AWS::EC2::PrefixList",
	.create = create_list,
	.update = update_list,
	.remove = remove_list,
	.settle = remove_list,
	.replace_on = (const char *const[]){ "AddressFamily", NULL },
	.allowed = (const char *const[]){ "PrefixListName", "AddressFamily", "MaxEntries", "Entries",
					  "Tags", NULL },
	.required = (const char *const[]){ "PrefixListName", "AddressFamily", NULL },
};
