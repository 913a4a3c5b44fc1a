/* Kind: Instance, for the built-in localnet image. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

static void set_attributes(struct resource *r, const json_t *o)
{
	ec2_attribute(r, "InstanceId", r->physical);
	ec2_attribute(r, "PrivateIp", json_str(o, "privateIpAddress"));
	ec2_attribute(r, "PrivateDnsName", json_str(o, "privateDnsName"));
	ec2_attribute(r, "PublicIp", json_str_or(o, "ipAddress", ""));
	ec2_attribute(r, "PublicDnsName", "");
	ec2_attribute(r, "VpcId", json_str(o, "vpcId"));
	ec2_attribute(r, "AvailabilityZone",
		      json_str(json_map(o, "placement"), "availabilityZone"));
	json_object_set_new(r->attributes, "State", json_deep_copy(json_map(o, "instanceState")));
}

static int settle(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *o = hub_get(hub, ec2_instance.kind, r->physical);
	const char *failure = json_str(o, "_failure");

	if (!o)
		return RESOURCE_DONE;
	if (failure) {
		(void)strcpy(r->error_code, "NotStabilized");
		return err_set(err, ERR_REMOTE, "Instance %s did not start: %s", r->physical,
			       failure);
	}
	if (!str_eq(json_str(json_map(o, "instanceState"), "name"), "running"))
		return RESOURCE_WAIT;
	set_attributes(r, o);
	return RESOURCE_DONE;
}

static int create(struct hub *hub, struct resource *r, struct err *err)
{
	static const char *const taken[][2] = {
		{ "ImageId", "ImageId" },
		{ "InstanceType", "InstanceType" },
		{ "SubnetId", "SubnetId" },
		{ "SecurityGroupIds", "SecurityGroupId" },
		{ "PrivateIpAddress", "PrivateIpAddress" },
		{ "UserData", "UserData" },
	};
	OWN(json) json_t *in = json_object(), *out = NULL;

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		ec2_take(r, in, taken[i][0], taken[i][1]);
	if (ec2_api(hub, r, "RunInstances", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(json_path(out, "instancesSet.0"), "instanceId"));
	set_attributes(r, hub_get(hub, ec2_instance.kind, r->physical));
	ec2_tag(hub, r, r->physical);
	return settle(hub, r, err);
}

static int update(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *o = hub_get(hub, ec2_instance.kind, r->physical);
	OWN(json) json_t *in = json_object();

	ec2_tag(hub, r, r->physical);
	if (!ec2_changed(r, "SecurityGroupIds"))
		return RESOURCE_DONE;
	json_set_str(in, "NetworkInterfaceId", json_str(o, "_interface"));
	ec2_take(r, in, "SecurityGroupIds", "SecurityGroupId");
	return ec2_api(hub, r, "ModifyNetworkInterfaceAttribute", in, NULL, err);
}

static int remove_instance(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = NULL;

	if (!r->physical || !hub_get(hub, ec2_instance.kind, r->physical))
		return RESOURCE_DONE;
	in = json_pack("{s:[s]}", "InstanceId", r->physical);
	return ec2_api(hub, r, "TerminateInstances", in, NULL, err);
}

static const char *const allowed[] = {
	"ImageId",	    "InstanceType", "SubnetId", "SecurityGroupIds",
	"PrivateIpAddress", "UserData",	    "Tags",	NULL
};
static const char *const replace_on[] = { "ImageId",	      "InstanceType", "SubnetId",
					  "PrivateIpAddress", "UserData",     NULL };
static const char *const required[] = { "ImageId", "SubnetId", NULL };
const struct resource_kind ec2_kind_instance = {
	.type = "AWS::EC2::Instance",
	.create = create,
	.update = update,
	.remove = remove_instance,
	.settle = settle,
	.replace_on = replace_on,
	.allowed = allowed,
	.required = required,
};
