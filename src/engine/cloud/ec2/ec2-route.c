/* Route tables: routes and associations. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

/* A route whose gateway is gone drops what it matches. */
static bool target_lives(struct hub *hub, const json_t *table, const json_t *route)
{
	const char *gateway = json_str(route, "gatewayId"), *nat = json_str(route, "natGatewayId");
	const json_t *o;

	if (nat)
		return hub_get(hub, ec2_nat_gateway.kind, nat) != NULL;
	if (!gateway || !strcmp(gateway, "local"))
		return gateway != NULL;
	if (str_starts(gateway, "vpce-"))
		return hub_get(hub, ec2_endpoint.kind, gateway) != NULL;
	o = hub_get(hub, ec2_internet_gateway.kind, gateway);
	return str_eq(json_str(json_path(o, "attachmentSet.0"), "vpcId"), json_str(table, "vpcId"));
}

static json_t *show_table(struct hub *hub, const json_t *o)
{
	json_t *shown = json_deep_copy(o), *route;
	size_t i;

	json_array_foreach(json_list(shown, "routeSet"), i, route)
		json_set_str(route, "state", target_lives(hub, o, route) ? "active" : "blackhole");
	return shown;
}

static const struct ec2_filter table_filters[] = {
	{ "route-table-id", "routeTableId" },
	{ "vpc-id", "vpcId" },
	{ "association.main", "associationSet.main" },
	{ "association.subnet-id", "associationSet.subnetId" },
	{ "association.route-table-id", "associationSet.routeTableId" },
	{ "association.route-table-association-id", "associationSet.routeTableAssociationId" },
	{ "route.destination-cidr-block", "routeSet.destinationCidrBlock" },
	{ "route.gateway-id", "routeSet.gatewayId" },
	{ "route.nat-gateway-id", "routeSet.natGatewayId" },
	{ "route.state", "routeSet.state" },
	{ "owner-id", "ownerId" },
	{ 0 },
};
const struct ec2_thing ec2_route_table = {
	.kind = "ec2:route-table",
	.prefix = "rtb-",
	.id_key = "routeTableId",
	.in_key = "RouteTableId",
	.set = "routeTableSet",
	.tag_type = "route-table",
	.missing_code = "InvalidRouteTableID.NotFound",
	.missing_head = "The routeTable ID '",
	.missing_tail = "' does not exist",
	.filters = table_filters,
	.render = show_table,
};

static json_t *fresh_table(const json_t *vpc, bool is_main)
{
	return json_pack("{s:s, s:b, s:[{s:s, s:s, s:s, s:s}], s:[], s:[]}", "vpcId",
			 ec2_id(&ec2_vpc, vpc), "_main", is_main, "routeSet",
			 "destinationCidrBlock", json_str(vpc, "cidrBlock"), "gatewayId", "local",
			 "state", "active", "origin", "CreateRouteTable", "associationSet",
			 "propagatingVgwSet");
}

static json_t *associate(struct hub *hub, json_t *table, const char *subnet)
{
	OWN(str) char *id = hub_id(hub, "rtbassoc-", 17);
	json_t *association = json_pack("{s:s, s:s, s:b, s:{s:s}}", "routeTableAssociationId", id,
					"routeTableId", ec2_id(&ec2_route_table, table), "main",
					subnet == NULL, "associationState", "state", "associated");

	json_set_str(association, "subnetId", subnet);
	json_array_append_new(json_list(table, "associationSet"), association);
	ec2_put(hub, &ec2_route_table, table);
	return association;
}

void ec2_main_table_new(struct hub *hub, const json_t *vpc)
{
	OWN(json) json_t *nothing = json_object();
	struct call none = { .in = nothing };

	(void)associate(hub, ec2_new(hub, &none, &ec2_route_table, fresh_table(vpc, true)), NULL);
}

int ec2_create_route_table(struct hub *hub, struct call *c)
{
	json_t *vpc = ec2_named(hub, c, &ec2_vpc);

	if (!vpc)
		return -1;
	ec2_reply(hub, c, &ec2_route_table, "routeTable",
		  ec2_new(hub, c, &ec2_route_table, fresh_table(vpc, false)));
	return 0;
}

int ec2_delete_route_table(struct hub *hub, struct call *c)
{
	json_t *table = ec2_named(hub, c, &ec2_route_table);

	if (!table)
		return -1;
	if (json_array_size(json_list(table, "associationSet")) ||
	    json_bool_or(table, "_main", false))
		return call_fail(c, 400, "DependencyViolation",
				 "The routeTable '%s' has dependencies and cannot be deleted.",
				 ec2_id(&ec2_route_table, table));
	ec2_remove(hub, &ec2_route_table, ec2_id(&ec2_route_table, table));
	ec2_ok(c);
	return 0;
}

int ec2_describe_route_tables(struct hub *hub, struct call *c)
{
	return ec2_describe(hub, c, &ec2_route_table);
}

/* ---- associations -----------------------------------------------------------------------------
 */

static json_t *find_association(struct hub *hub, const char *key, const char *value,
				json_t **ret_table, size_t *ret_index)
{
	const char *id;
	json_t *table, *association;
	size_t i;

	json_object_foreach(hub_all(hub, ec2_route_table.kind), id, table)
		json_array_foreach(json_list(table, "associationSet"), i, association)
			if (value && str_eq(json_str(association, key), value)) {
				*ret_table = table;
				*ret_index = i;
				return association;
			}
	return NULL;
}

json_t *ec2_table_of_subnet(struct hub *hub, const json_t *subnet)
{
	const char *vpc = json_str(subnet, "vpcId"), *id;
	json_t *table;
	size_t index;

	if (find_association(hub, "subnetId", ec2_id(&ec2_subnet, subnet), &table, &index))
		return table;
	json_object_foreach(hub_all(hub, ec2_route_table.kind), id, table)
		if (json_bool_or(table, "_main", false) && str_eq(json_str(table, "vpcId"), vpc))
			return table;
	return NULL;
}

int ec2_associate_route_table(struct hub *hub, struct call *c)
{
	json_t *table = ec2_named(hub, c, &ec2_route_table);
	json_t *subnet = table ? ec2_named(hub, c, &ec2_subnet) : NULL;
	json_t *other, *association;
	size_t index;

	if (!subnet)
		return -1;
	if (!str_eq(json_str(table, "vpcId"), json_str(subnet, "vpcId")))
		return call_fail(c, 400, "InvalidParameterValue",
				 "Route table %s and subnet %s belong to different networks",
				 ec2_id(&ec2_route_table, table), ec2_id(&ec2_subnet, subnet));
	if (find_association(hub, "subnetId", ec2_id(&ec2_subnet, subnet), &other, &index))
		return call_fail(c, 400, "Resource.AlreadyAssociated",
				 "the specified association for route table %s conflicts with an "
				 "existing association",
				 ec2_id(&ec2_route_table, table));
	association = associate(hub, table, ec2_id(&ec2_subnet, subnet));
	json_set_str(c->out, "associationId", json_str(association, "routeTableAssociationId"));
	json_object_set_new(c->out, "associationState", json_pack("{s:s}", "state", "associated"));
	return 0;
}

static json_t *named_association(struct hub *hub, struct call *c, json_t **ret_table,
				 size_t *ret_index)
{
	const char *id = ec2_need(c, "AssociationId");
	json_t *found =
		id ? find_association(hub, "routeTableAssociationId", id, ret_table, ret_index)
		   : NULL;

	if (id && !found)
		(void)call_fail(c, 400, "InvalidAssociationID.NotFound",
				"The association ID '%s' does not exist", id);
	return found;
}

int ec2_disassociate_route_table(struct hub *hub, struct call *c)
{
	json_t *table;
	size_t index;
	json_t *association = named_association(hub, c, &table, &index);

	if (!association)
		return -1;
	if (json_bool_or(association, "main", false))
		return call_fail(c, 400, "InvalidParameterValue",
				 "cannot disassociate the main route table association %s",
				 json_str(association, "routeTableAssociationId"));
	json_array_remove(json_list(table, "associationSet"), index);
	ec2_put(hub, &ec2_route_table, table);
	ec2_ok(c);
	return 0;
}

int ec2_replace_route_table_association(struct hub *hub, struct call *c)
{
	json_t *table = ec2_named(hub, c, &ec2_route_table), *old, *association;
	OWN(str) char *subnet = NULL;
	bool is_main;
	size_t index;

	if (!table || !(association = named_association(hub, c, &old, &index)))
		return -1;
	if (!str_eq(json_str(table, "vpcId"), json_str(old, "vpcId")))
		return call_fail(c, 400, "InvalidParameterValue",
				 "The route tables belong to different networks");
	subnet = str_dup(json_str(association, "subnetId"));
	is_main = json_bool_or(association, "main", false);
	json_array_remove(json_list(old, "associationSet"), index);
	if (is_main) {
		json_set_bool(old, "_main", false);
		json_set_bool(table, "_main", true);
	}
	ec2_put(hub, &ec2_route_table, old);
	association = associate(hub, table, subnet);
	json_set_str(c->out, "newAssociationId", json_str(association, "routeTableAssociationId"));
	json_object_set_new(c->out, "associationState", json_pack("{s:s}", "state", "associated"));
	return 0;
}

/* ---- routes
 * -------------------------------------------------------------------------------------- */

static json_t *find_route(json_t *table, const char *destination, size_t *ret_index)
{
	json_t *route;
	size_t i;

	json_array_foreach(json_list(table, "routeSet"), i, route)
		if (str_eq(json_str(route, "destinationCidrBlock"), destination)) {
			*ret_index = i;
			return route;
		}
	return NULL;
}

/* Checks the target and writes it into `route`. */
static int set_target(struct hub *hub, struct call *c, const json_t *table, json_t *route)
{
	const char *gateway = json_str(c->in, "GatewayId"), *nat = json_str(c->in, "NatGatewayId");
	const char *vpc = json_str(table, "vpcId");
	json_t *o;

	if (!gateway == !nat)
		return call_fail(c, 400, "InvalidParameterCombination",
				 "Exactly one of GatewayId and NatGatewayId is needed; other route "
				 "targets are not part of the local cloud.");
	o = gateway ? ec2_find(hub, c, &ec2_internet_gateway, gateway)
		    : ec2_find(hub, c, &ec2_nat_gateway, nat);
	if (!o)
		return -1;
	if (!str_eq(gateway ? json_str(json_path(o, "attachmentSet.0"), "vpcId")
			    : json_str(o, "vpcId"),
		    vpc))
		return call_fail(
			c, 400, "InvalidParameterValue",
			"route table %s and network gateway %s belong to different networks",
			ec2_id(&ec2_route_table, table), gateway ? gateway : nat);
	json_object_del(route, "gatewayId");
	json_object_del(route, "natGatewayId");
	json_set_str(route, "gatewayId", gateway);
	json_set_str(route, "natGatewayId", nat);
	return 0;
}

static const char *destination(struct call *c)
{
	const char *block = ec2_need(c, "DestinationCidrBlock");
	uint32_t base;
	unsigned bits;

	if (block && ip_parse_cidr(block, &base, &bits) < 0) {
		(void)ec2_invalid(c, block, "destinationCidrBlock",
				  "This is not a valid CIDR block.");
		return NULL;
	}
	return block;
}

int ec2_create_route(struct hub *hub, struct call *c)
{
	json_t *table = ec2_named(hub, c, &ec2_route_table);
	const char *block = table ? destination(c) : NULL;
	OWN(json) json_t *route = json_object();
	size_t index;

	if (!block)
		return -1;
	if (find_route(table, block, &index))
		return call_fail(c, 400, "RouteAlreadyExists",
				 "The route identified by %s already exists.", block);
	json_set_str(route, "destinationCidrBlock", block);
	if (set_target(hub, c, table, route) < 0)
		return -1;
	json_set_str(route, "state", "active");
	json_set_str(route, "origin", "CreateRoute");
	json_array_append(json_list(table, "routeSet"), route);
	ec2_put(hub, &ec2_route_table, table);
	ec2_ok(c);
	return 0;
}

static json_t *named_route(struct call *c, json_t *table, size_t *ret_index)
{
	const char *block = table ? destination(c) : NULL;
	json_t *route = block ? find_route(table, block, ret_index) : NULL;

	if (block && !route)
		(void)call_fail(c, 400, "InvalidRoute.NotFound",
				"no route with destination-cidr-block %s in route table %s", block,
				ec2_id(&ec2_route_table, table));
	if (route && str_eq(json_str(route, "gatewayId"), "local")) {
		(void)call_fail(c, 400, "InvalidParameterValue",
				"cannot change or remove local route %s in route table %s", block,
				ec2_id(&ec2_route_table, table));
		return NULL;
	}
	return route;
}

int ec2_replace_route(struct hub *hub, struct call *c)
{
	size_t index;
	json_t *table = ec2_named(hub, c, &ec2_route_table);
	json_t *route = named_route(c, table, &index);

	if (!route || set_target(hub, c, table, route) < 0)
		return -1;
	ec2_put(hub, &ec2_route_table, table);
	ec2_ok(c);
	return 0;
}

int ec2_delete_route(struct hub *hub, struct call *c)
{
	size_t index;
	json_t *table = ec2_named(hub, c, &ec2_route_table);

	if (!named_route(c, table, &index))
		return -1;
	json_array_remove(json_list(table, "routeSet"), index);
	ec2_put(hub, &ec2_route_table, table);
	ec2_ok(c);
	return 0;
}

/* ---- routes of gateway endpoints
 * ------------------------------------------------------------------ */

static bool drop_endpoint_route(json_t *table, const char *endpoint)
{
	json_t *set = json_list(table, "routeSet");
	bool dropped = false;

	for (size_t i = json_array_size(set); i-- > 0;)
		if (str_eq(json_str(json_array_get(set, i), "gatewayId"), endpoint)) {
			json_array_remove(set, i);
			dropped = true;
		}
	return dropped;
}

void ec2_gateway_routes(struct hub *hub, const json_t *endpoint)
{
	const char *id = ec2_id(&ec2_endpoint, endpoint), *table_id;
	const char *list = ec2_service_prefix_list(json_str(endpoint, "_service"));
	const json_t *wanted = json_list(endpoint, "routeTableIdSet");
	json_t *table;

	json_object_foreach(hub_all(hub, ec2_route_table.kind), table_id, table) {
		bool changed = drop_endpoint_route(table, id);

		if (list && ec2_has(wanted, table_id)) {
			json_array_append_new(
				json_list(table, "routeSet"),
				json_pack("{s:s, s:s, s:s, s:s}", "destinationPrefixListId",
					  list, "gatewayId", id, "state", "active",
					  "origin", "CreateRoute"));
			changed = true;
		}
		if (changed)
			ec2_put(hub, &ec2_route_table, table);
	}
}
