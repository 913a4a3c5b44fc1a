/* Ways out of a VPC: internet gateways, NAT gateways, elastic addresses. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

/* ---- internet gateways ------------------------------------------------------------------------- */

static const struct ec2_filter gateway_filters[] = {
	{ "internet-gateway-id", "internetGatewayId" },
	{ "attachment.vpc-id", "attachmentSet.vpcId" },
	{ "attachment.state", "attachmentSet.state" },
	{ "owner-id", "ownerId" },
	{ 0 },
};
const struct ec2_thing ec2_internet_gateway = {
	.kind = "ec2:internet-gateway",
	.prefix = "igw-",
	.id_key = "internetGatewayId",
	.in_key = "InternetGatewayId",
	.set = "internetGatewaySet",
	.tag_type = "internet-gateway",
	.missing_code = "InvalidInternetGatewayID.NotFound",
	.missing_head = "The internetGateway ID '",
	.missing_tail = "' does not exist",
	.filters = gateway_filters,
};

int ec2_create_internet_gateway(struct hub *hub, struct call *c)
{
	ec2_reply(hub, c, &ec2_internet_gateway, "internetGateway",
		  ec2_new(hub, c, &ec2_internet_gateway, json_pack("{s:[]}", "attachmentSet")));
	return 0;
}

int ec2_delete_internet_gateway(struct hub *hub, struct call *c)
{
	json_t *gateway = ec2_named(hub, c, &ec2_internet_gateway);

	if (!gateway)
		return -1;
	if (json_array_size(json_list(gateway, "attachmentSet")))
		return call_fail(c, 400, "DependencyViolation",
				 "The internetGateway '%s' has dependencies and cannot be deleted.",
				 ec2_id(&ec2_internet_gateway, gateway));
	ec2_remove(hub, &ec2_internet_gateway, ec2_id(&ec2_internet_gateway, gateway));
	ec2_ok(c);
	return 0;
}

int ec2_describe_internet_gateways(struct hub *hub, struct call *c)
{
	return ec2_describe(hub, c, &ec2_internet_gateway);
}

static json_t *gateway_of_vpc(struct hub *hub, const char *vpc)
{
	const char *id;
	json_t *gateway;

	json_object_foreach(hub_all(hub, ec2_internet_gateway.kind), id, gateway)
		if (str_eq(json_str(json_path(gateway, "attachmentSet.0"), "vpcId"), vpc))
			return gateway;
	return NULL;
}

int ec2_attach_internet_gateway(struct hub *hub, struct call *c)
{
	json_t *gateway = ec2_named(hub, c, &ec2_internet_gateway);
	json_t *vpc = gateway ? ec2_named(hub, c, &ec2_vpc) : NULL;
	const char *id;

	if (!vpc)
		return -1;
	id = ec2_id(&ec2_vpc, vpc);
	if (json_array_size(json_list(gateway, "attachmentSet")))
		return call_fail(c, 400, "Resource.AlreadyAssociated",
				 "resource %s is already attached to network %s",
				 ec2_id(&ec2_internet_gateway, gateway),
				 json_str(json_path(gateway, "attachmentSet.0"), "vpcId"));
	if (gateway_of_vpc(hub, id))
		return call_fail(c, 400, "InvalidParameterValue",
				 "Network %s already has an internet gateway attached", id);
	json_array_append_new(json_list(gateway, "attachmentSet"),
			      json_pack("{s:s, s:s}", "vpcId", id, "state", "available"));
	ec2_put(hub, &ec2_internet_gateway, gateway);
	ec2_ok(c);
	return 0;
}

static bool mapped_public_addresses(struct hub *hub, const char *vpc)
{
	const char *id;
	json_t *o;

	json_object_foreach(hub_all(hub, ec2_interface.kind), id, o)
		if (str_eq(json_str(o, "vpcId"), vpc) && json_map(o, "association"))
			return true;
	return false;
}

int ec2_detach_internet_gateway(struct hub *hub, struct call *c)
{
	json_t *gateway = ec2_named(hub, c, &ec2_internet_gateway);
	const char *vpc = gateway ? ec2_need(c, "VpcId") : NULL;

	if (!vpc)
		return -1;
	if (!str_eq(json_str(json_path(gateway, "attachmentSet.0"), "vpcId"), vpc))
		return call_fail(c, 400, "Gateway.NotAttached",
				 "resource %s is not attached to network %s",
				 ec2_id(&ec2_internet_gateway, gateway), vpc);
	if (mapped_public_addresses(hub, vpc))
		return call_fail(c, 400, "DependencyViolation",
				 "Network %s has some mapped public address(es). Please unmap those "
				 "public address(es) before detaching the gateway.",
				 vpc);
	json_array_clear(json_list(gateway, "attachmentSet"));
	ec2_put(hub, &ec2_internet_gateway, gateway);
	ec2_touch(hub, vpc);
	ec2_ok(c);
	return 0;
}

/* ---- elastic addresses ----------------------------------------------------------------------------- */

static const struct ec2_filter address_filters[] = {
	{ "allocation-id", "allocationId" },
	{ "association-id", "associationId" },
	{ "domain", "domain" },
	{ "network-interface-id", "networkInterfaceId" },
	{ "private-ip-address", "privateIpAddress" },
	{ "public-ip", "publicIp" },
	{ 0 },
};
const struct ec2_thing ec2_address = {
	.kind = "ec2:address",
	.prefix = "eipalloc-",
	.id_key = "allocationId",
	.in_key = "AllocationId",
	.set = "addressesSet",
	.tag_type = "elastic-ip",
	.missing_code = "InvalidAllocationID.NotFound",
	.missing_head = "The allocation ID '",
	.missing_tail = "' does not exist",
	.filters = address_filters,
};

int ec2_allocate_address(struct hub *hub, struct call *c)
{
	const char *domain = json_str_or(c->in, "Domain", "vpc");
	OWN(str) char *public = NULL;
	json_t *address;

	if (strcmp(domain, "vpc") != 0)
		return ec2_invalid(c, domain, "domain", "The domain is always vpc.");
	public = ec2_public_address(hub);
	address = ec2_new(hub, c, &ec2_address,
			  json_pack("{s:s, s:s, s:s, s:s}", "publicIp", public, "domain", "vpc",
				    "publicIpv4Pool", "amazon", "networkBorderGroup",
				    hub_region(hub)));
	json_object_update(c->out, address);
	json_object_del(c->out, "tagSet");
	json_object_del(c->out, "ownerId");
	return 0;
}

int ec2_release_address(struct hub *hub, struct call *c)
{
	json_t *address = ec2_named(hub, c, &ec2_address);

	if (!address)
		return -1;
	if (json_str(address, "associationId"))
		return call_fail(c, 400, "InvalidIPAddress.InUse", "Address %s is in use.",
				 json_str(address, "publicIp"));
	ec2_remove(hub, &ec2_address, ec2_id(&ec2_address, address));
	ec2_ok(c);
	return 0;
}

int ec2_describe_addresses(struct hub *hub, struct call *c)
{
	return ec2_describe(hub, c, &ec2_address);
}

/* Ties an elastic address to an interface; the interface shows it as its public address. */
static void tie(struct hub *hub, json_t *address, json_t *interface)
{
	OWN(str) char *association = hub_id(hub, "eipassoc-", 17);

	json_set_str(address, "associationId", association);
	json_set_str(address, "networkInterfaceId", ec2_id(&ec2_interface, interface));
	json_set_str(address, "networkInterfaceOwnerId", hub_account(hub));
	json_set_str(address, "privateIpAddress", json_str(interface, "privateIpAddress"));
	json_object_set_new(interface, "association",
			    json_pack("{s:s, s:s, s:s, s:s}", "publicIp",
				      json_str(address, "publicIp"), "ipOwnerId", hub_account(hub),
				      "allocationId", ec2_id(&ec2_address, address),
				      "associationId", association));
	ec2_put(hub, &ec2_address, address);
	ec2_put(hub, &ec2_interface, interface);
}

static void untie(struct hub *hub, json_t *address)
{
	json_t *interface =
		hub_get(hub, ec2_interface.kind, json_str(address, "networkInterfaceId"));

	if (interface) {
		json_object_del(interface, "association");
		ec2_put(hub, &ec2_interface, interface);
	}
	json_object_del(address, "associationId");
	json_object_del(address, "networkInterfaceId");
	json_object_del(address, "networkInterfaceOwnerId");
	json_object_del(address, "privateIpAddress");
	ec2_put(hub, &ec2_address, address);
}

/* Public addresses need a gateway on the VPC at the moment of the call. */
static int check_attached(struct hub *hub, struct call *c, const char *vpc)
{
	if (gateway_of_vpc(hub, vpc))
		return 0;
	return call_fail(c, 400, "Gateway.NotAttached",
			 "Network %s is not attached to any internet gateway", vpc);
}

int ec2_associate_address(struct hub *hub, struct call *c)
{
	json_t *address = ec2_named(hub, c, &ec2_address);
	json_t *interface = address ? ec2_named(hub, c, &ec2_interface) : NULL;

	if (!interface || check_attached(hub, c, json_str(interface, "vpcId")) < 0)
		return -1;
	if (json_str(address, "associationId")) {
		if (!json_bool_or(c->in, "AllowReassociation", true))
			return call_fail(c, 400, "Resource.AlreadyAssociated",
					 "resource %s is already associated with associate-id %s",
					 ec2_id(&ec2_address, address),
					 json_str(address, "associationId"));
		untie(hub, address);
	}
	tie(hub, address, interface);
	ec2_ok(c);
	json_set_str(c->out, "associationId", json_str(address, "associationId"));
	return 0;
}

int ec2_disassociate_address(struct hub *hub, struct call *c)
{
	const char *id = ec2_need(c, "AssociationId");
	json_t *address = id ? ec2_first(hub, &ec2_address, "associationId", id) : NULL;

	if (!id)
		return -1;
	if (!address)
		return call_fail(c, 400, "InvalidAssociationID.NotFound",
				 "The association ID '%s' does not exist", id);
	if (ec2_first(hub, &ec2_nat_gateway, "_allocation", ec2_id(&ec2_address, address)))
		return call_fail(c, 400, "AuthFailure",
				 "You do not have permission to access the specified resource: the "
				 "address belongs to a NAT gateway.");
	untie(hub, address);
	ec2_ok(c);
	return 0;
}

/* ---- NAT gateways ------------------------------------------------------------------------------------ */

static const struct ec2_filter nat_filters[] = {
	{ "nat-gateway-id", "natGatewayId" },
	{ "vpc-id", "vpcId" },
	{ "subnet-id", "subnetId" },
	{ "state", "state" },
	{ 0 },
};
const struct ec2_thing ec2_nat_gateway = {
	.kind = "ec2:nat-gateway",
	.prefix = "nat-",
	.id_key = "natGatewayId",
	.in_key = "NatGatewayId",
	.set = "natGatewaySet",
	.tag_type = "natgateway",
	.missing_code = "NatGatewayNotFound",
	.missing_head = "The Nat Gateway ",
	.missing_tail = " was not found",
	.filters = nat_filters,
};

/* The gateway's own interface: an address of the subnet that nobody else gets. */
static json_t *nat_interface(struct hub *hub, struct call *c)
{
	OWN(json) json_t *in =
		json_pack("{s:s, s:s, s:s, s:s*}", "SubnetId", json_str(c->in, "SubnetId"),
			  "Description", "Interface for NAT Gateway", "mpcup:kind", "nat",
			  "PrivateIpAddress", json_str(c->in, "PrivateIpAddress"));
	OWN(json) json_t *out = json_object();
	struct call made = { .service = c->service, .in = in, .out = out };

	if (ec2_create_network_interface(hub, &made) < 0) {
		(void)call_fail(c, made.status, made.code, "%s", made.message);
		return NULL;
	}
	return hub_get(hub, ec2_interface.kind,
		       json_str(json_map(out, "networkInterface"), "networkInterfaceId"));
}

static int check_allocation(struct hub *hub, struct call *c, const json_t *subnet, json_t **ret)
{
	json_t *address = ec2_named(hub, c, &ec2_address);

	if (!address || check_attached(hub, c, json_str(subnet, "vpcId")) < 0)
		return -1;
	if (json_str(address, "associationId"))
		return call_fail(c, 400, "Resource.AlreadyAssociated",
				 "Elastic IP address [%s] is already associated",
				 ec2_id(&ec2_address, address));
	*ret = address;
	return 0;
}

static json_t *nat_addresses(const json_t *interface, const json_t *address)
{
	json_t *row = json_pack("{s:s, s:s, s:b, s:s}", "networkInterfaceId",
				ec2_id(&ec2_interface, interface), "privateIp",
				json_str(interface, "privateIpAddress"), "isPrimary", 1, "status",
				"succeeded");

	if (address) {
		json_set_str(row, "allocationId", ec2_id(&ec2_address, address));
		json_set_str(row, "publicIp", json_str(address, "publicIp"));
		json_set_str(row, "associationId", json_str(address, "associationId"));
	}
	return json_pack("[o]", row);
}

int ec2_create_nat_gateway(struct hub *hub, struct call *c)
{
	json_t *subnet = ec2_named(hub, c, &ec2_subnet), *address = NULL, *interface, *nat;
	const char *type = json_str_or(c->in, "ConnectivityType", "public");
	OWN(str) char *now = aws_time_iso(hub_now_ms(hub));

	if (!subnet)
		return -1;
	if (strcmp(type, "public") != 0 && strcmp(type, "private") != 0)
		return ec2_invalid(c, type, "connectivityType", "Known: public, private.");
	if (!strcmp(type, "public") && check_allocation(hub, c, subnet, &address) < 0)
		return -1;
	interface = nat_interface(hub, c);
	if (!interface)
		return -1;
	if (address)
		tie(hub, address, interface);
	nat = ec2_new(hub, c, &ec2_nat_gateway,
		      json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s*}", "subnetId",
				ec2_id(&ec2_subnet, subnet), "vpcId", json_str(subnet, "vpcId"),
				"state", "available", "connectivityType", type, "createTime", now,
				"_interface", ec2_id(&ec2_interface, interface),
				"natGatewayAddressSet", nat_addresses(interface, address),
				"_allocation", address ? ec2_id(&ec2_address, address) : NULL));
	ec2_reply(hub, c, &ec2_nat_gateway, "natGateway", nat);
	return 0;
}

int ec2_delete_nat_gateway(struct hub *hub, struct call *c)
{
	json_t *nat = ec2_named(hub, c, &ec2_nat_gateway), *address, *interface;

	if (!nat)
		return -1;
	address = hub_get(hub, ec2_address.kind, json_str(nat, "_allocation"));
	if (address)
		untie(hub, address);
	interface = hub_get(hub, ec2_interface.kind, json_str(nat, "_interface"));
	if (interface) {
		uint32_t at;

		if (ip_parse(json_str(interface, "privateIpAddress"), &at) == 0)
			ec2_address_release(hub, json_str(interface, "subnetId"), at);
		ec2_remove(hub, &ec2_interface, ec2_id(&ec2_interface, interface));
	}
	json_set_str(c->out, "natGatewayId", ec2_id(&ec2_nat_gateway, nat));
	ec2_remove(hub, &ec2_nat_gateway, ec2_id(&ec2_nat_gateway, nat));
	return 0;
}

int ec2_describe_nat_gateways(struct hub *hub, struct call *c)
{
	return ec2_describe(hub, c, &ec2_nat_gateway);
}
