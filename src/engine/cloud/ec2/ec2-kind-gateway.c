/* Kinds: InternetGateway, VPCGatewayAttachment, NatGateway, EIP, VPCEndpoint. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

static int update_tags(struct hub *hub, struct resource *r, struct err *err)
{
	(void)err;
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

/* ---- AWS::EC2::InternetGateway
 * ------------------------------------------------------------------------ */

static int create_gateway(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *out = NULL;

	if (ec2_api(hub, r, "CreateInternetGateway", NULL, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(json_map(out, "internetGateway"), "internetGatewayId"));
	ec2_attribute(r, "InternetGatewayId", r->physical);
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

static int remove_gateway(struct hub *hub, struct resource *r, struct err *err)
{
	return ec2_drop(hub, r, &ec2_internet_gateway, "DeleteInternetGateway", err);
}

static const char *const only_tags[] = { "Tags", NULL };
const struct resource_kind ec2_kind_internet_gateway = {
	.type = "AWS::EC2::InternetGateway",
	.create = create_gateway,
	.update = update_tags,
	.remove = remove_gateway,
	.settle = remove_gateway,
	.allowed = only_tags,
};

/* ---- AWS::EC2::VPCGatewayAttachment
 * -------------------------------------------------------------------- */

static int attach(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_object();

	ec2_take(r, in, "VpcId", "VpcId");
	ec2_take(r, in, "InternetGatewayId", "InternetGatewayId");
	return ec2_api(hub, r, "AttachInternetGateway", in, NULL, err);
}

static int create_attachment(struct hub *hub, struct resource *r, struct err *err)
{
	if (attach(hub, r, err) < 0)
		return -1;
	r->physical = str_printf("IGW|%s", json_str_or(r->properties, "VpcId", ""));
	ec2_attribute(r, "AttachmentType", "IGW");
	return RESOURCE_DONE;
}

static json_t *attached_gateway(struct hub *hub, const char *vpc)
{
	const char *id;
	json_t *o;

	json_object_foreach(hub_all(hub, ec2_internet_gateway.kind), id, o)
		if (str_eq(json_str(json_path(o, "attachmentSet.0"), "vpcId"), vpc))
			return o;
	return NULL;
}

/* Public addresses of stopping tasks go a little later: then the detachment waits for them. */
static int remove_attachment(struct hub *hub, struct resource *r, struct err *err)
{
	const char *vpc = r->physical && str_starts(r->physical, "IGW|") ? r->physical + 4 : NULL;
	json_t *gateway = vpc ? attached_gateway(hub, vpc) : NULL;
	OWN(json) json_t *in = NULL;
	int64_t since;

	if (!gateway)
		return RESOURCE_DONE;
	in = json_pack("{s:s, s:s}", "VpcId", vpc, "InternetGatewayId",
		       ec2_id(&ec2_internet_gateway, gateway));
	if (ec2_api(hub, r, "DetachInternetGateway", in, NULL, err) == 0) {
		json_object_del(gateway, "_detaching");
		return RESOURCE_DONE;
	}
	since = json_int_or(gateway, "_detaching", hub_now_ms(hub));
	json_set_int(gateway, "_detaching", since);
	if (!strcmp(r->error_code, "ResourceConflict") && hub_now_ms(hub) - since < 30000) {
		r->error_code[0] = 0;
		return RESOURCE_WAIT;
	}
	json_object_del(gateway, "_detaching");
	return -1;
}

static int update_attachment(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = NULL;
	const char *old = json_str(r->previous, "InternetGatewayId");

	if (!ec2_changed(r, "InternetGatewayId"))
		return RESOURCE_DONE;
	in = json_pack("{s:s, s:s*}", "VpcId", json_str_or(r->properties, "VpcId", ""),
		       "InternetGatewayId", old);
	if (old && ec2_api(hub, r, "DetachInternetGateway", in, NULL, err) < 0)
		return -1;
	return attach(hub, r, err);
}

static const char *const only_vpc[] = { "VpcId", NULL };
static const char *const attachment_properties[] = { "VpcId", "InternetGatewayId", NULL };
const struct resource_kind ec2_kind_gateway_attachment = {
	.type = "AWS::EC2::VPCGatewayAttachment",
	.create = create_attachment,
	.update = update_attachment,
	.remove = remove_attachment,
	.settle = remove_attachment,
	.replace_on = only_vpc,
	.allowed = attachment_properties,
	.required = attachment_properties,
};

/* ---- AWS::EC2::EIP
 * ---------------------------------------------------------------------------------------- */

static int create_eip(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_object(), *out = NULL;

	ec2_take(r, in, "Domain", "Domain");
	if (ec2_api(hub, r, "AllocateAddress", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(out, "publicIp"));
	ec2_attribute(r, "PublicIp", r->physical);
	ec2_attribute(r, "AllocationId", json_str(out, "allocationId"));
	ec2_tag(hub, r, json_str(out, "allocationId"));
	return RESOURCE_DONE;
}

static int update_eip(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *o = ec2_first(hub, &ec2_address, "publicIp", r->physical);

	(void)err;
	ec2_tag(hub, r, ec2_id(&ec2_address, o));
	return RESOURCE_DONE;
}

static int remove_eip(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *o = ec2_first(hub, &ec2_address, "publicIp", r->physical);
	OWN(json) json_t *in = NULL;

	if (!o)
		return RESOURCE_DONE;
	in = json_pack("{s:s}", "AllocationId", ec2_id(&ec2_address, o));
	return ec2_api(hub, r, "ReleaseAddress", in, NULL, err);
}

static const char *const eip_allowed[] = { "Domain", "Tags", NULL };
const struct resource_kind ec2_kind_eip = {
	.type = "AWS::EC2::EIP",
	.create = create_eip,
	.update = update_eip,
	.remove = remove_eip,
	.allowed = eip_allowed,
};

/* ---- AWS::EC2::NatGateway
 * ------------------------------------------------------------------------------------ */

static int create_nat(struct hub *hub, struct resource *r, struct err *err)
{
	static const char *const taken[] = { "SubnetId", "AllocationId", "ConnectivityType",
					     "PrivateIpAddress" };
	OWN(json) json_t *in = json_object(), *out = NULL;

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		ec2_take(r, in, taken[i], taken[i]);
	if (ec2_api(hub, r, "CreateNatGateway", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(json_map(out, "natGateway"), "natGatewayId"));
	ec2_attribute(r, "NatGatewayId", r->physical);
	ec2_attribute(r, "EniId",
		      json_str(json_path(out, "natGateway.natGatewayAddressSet.0"),
			       "networkInterfaceId"));
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

static int remove_nat(struct hub *hub, struct resource *r, struct err *err)
{
	return ec2_drop(hub, r, &ec2_nat_gateway, "DeleteNatGateway", err);
}

static const char *const nat_replace[] = { "SubnetId", "AllocationId", "ConnectivityType",
					   "PrivateIpAddress", NULL };
static const char *const nat_allowed[] = { "SubnetId",	       "AllocationId", "ConnectivityType",
					   "PrivateIpAddress", "Tags",	       NULL };
static const char *const nat_required[] = { "SubnetId", NULL };
const struct resource_kind ec2_kind_nat_gateway = {
	.type = "AWS::EC2::NatGateway",
	.create = create_nat,
	.update = update_tags,
	.remove = remove_nat,
	.settle = remove_nat,
	.replace_on = nat_replace,
	.allowed = nat_allowed,
	.required = nat_required,
};

/* ---- AWS::EC2::VPCEndpoint
 * ---------------------------------------------------------------------------------------- */

static void endpoint_attributes(struct hub *hub, struct resource *r)
{
	const json_t *o = hub_get(hub, ec2_endpoint.kind, r->physical);
	json_t *names = json_array(), *entry;
	size_t i;

	ec2_attribute(r, "Id", r->physical);
	ec2_attribute(r, "CreationTimestamp", json_str(o, "creationTimestamp"));
	json_object_set_new(r->attributes, "NetworkInterfaceIds",
			    json_deep_copy(json_list(o, "networkInterfaceIdSet")));
	json_array_foreach(json_list(o, "dnsEntrySet"), i, entry)
		json_array_append_new(names,
				      json_sprintf("%s:%s", json_str_or(entry, "hostedZoneId", ""),
						   json_str_or(entry, "dnsName", "")));
	json_object_set_new(r->attributes, "DnsEntries", names);
}

static void take_policy(const struct resource *r, json_t *in)
{
	json_t *policy = json_object_get(r->properties, "PolicyDocument");
	OWN(str)
	char *text =
		json_is_object(policy) ? json_text(policy) : str_dup(json_string_value(policy));

	json_set_str(in, "PolicyDocument", text);
}

static int create_endpoint(struct hub *hub, struct resource *r, struct err *err)
{
	static const char *const taken[][2] = {
		{ "VpcId", "VpcId" },
		{ "ServiceName", "ServiceName" },
		{ "SubnetIds", "SubnetId" },
		{ "VpcEndpointType", "VpcEndpointType" },
		{ "IpAddressType", "IpAddressType" },
		{ "DnsOptions", "DnsOptions" },
		{ "RouteTableIds", "RouteTableId" },
		{ "SecurityGroupIds", "SecurityGroupId" },
	};
	OWN(json) json_t *in = json_object(), *out = NULL;

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		ec2_take(r, in, taken[i][0], taken[i][1]);
	/* CloudFormation's default differs from the API's */
	json_set_bool(in, "PrivateDnsEnabled",
		      json_bool_or(r->properties, "PrivateDnsEnabled", false));
	take_policy(r, in);
	if (ec2_api(hub, r, "CreateVpcEndpoint", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(json_map(out, "vpcEndpoint"), "vpcEndpointId"));
	endpoint_attributes(hub, r);
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

/* What is in list `from` and not in `other`, under `key` of the request. */
static void take_difference(const struct resource *r, const char *property, const char *suffix,
			    json_t *in)
{
	json_t *now = json_list(r->properties, property),
	       *before = json_list(r->previous, property);
	OWN(str) char *add = str_printf("Add%s", suffix);
	OWN(str) char *drop = str_printf("Remove%s", suffix);
	json_t *added = json_array(), *dropped = json_array(), *id;
	size_t i;

	json_array_foreach(now, i, id)
		if (!ec2_has(before, json_string_value(id)))
			json_array_append(added, id);
	json_array_foreach(before, i, id)
		if (!ec2_has(now, json_string_value(id)))
			json_array_append(dropped, id);
	json_object_set_new(in, add, added);
	json_object_set_new(in, drop, dropped);
}

static int update_endpoint(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s}", "VpcEndpointId", r->physical);

	take_difference(r, "SubnetIds", "SubnetId", in);
	take_difference(r, "SecurityGroupIds", "SecurityGroupId", in);
	take_difference(r, "RouteTableIds", "RouteTableId", in);
	if (ec2_changed(r, "PrivateDnsEnabled"))
		json_set_bool(in, "PrivateDnsEnabled",
			      json_bool_or(r->properties, "PrivateDnsEnabled", false));
	take_policy(r, in);
	if (ec2_api(hub, r, "ModifyVpcEndpoint", in, NULL, err) < 0)
		return -1;
	endpoint_attributes(hub, r);
	ec2_tag(hub, r, r->physical);
	return RESOURCE_DONE;
}

static int remove_endpoint(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = NULL;

	if (!r->physical)
		return RESOURCE_DONE;
	in = json_pack("{s:[s]}", "VpcEndpointId", r->physical);
	return ec2_api(hub, r, "DeleteVpcEndpoints", in, NULL, err);
}

static const char *const endpoint_replace[] = { "VpcId", "ServiceName", "VpcEndpointType", NULL };
static const char *const endpoint_required[] = { "VpcId", "ServiceName", NULL };
static const char *const endpoint_allowed[] = {
	"VpcId",	  "ServiceName",   "VpcEndpointType",	"SubnetIds",	 "SecurityGroupIds",
	"RouteTableIds",  "PolicyDocument", "PrivateDnsEnabled", "IpAddressType", "DnsOptions",
	"Tags",		  NULL
};
const struct resource_kind ec2_kind_endpoint = {
	.type = "AWS::EC2::VPCEndpoint",
	.create = create_endpoint,
	.update = update_endpoint,
	.remove = remove_endpoint,
	.replace_on = endpoint_replace,
	.allowed = endpoint_allowed,
	.required = endpoint_required,
};
