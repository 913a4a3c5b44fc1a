/* VPCs, ACLs, route tables, subnets, endpoints. */
#include <string.h>

#include "core/deployment/deployment-internal.h"

/* ---- VPCs ------------------------------------------------------------------------------------ */

static struct deployment_vpc *vpc_new(struct deployment *d, const struct deployment_resource *r)
{
	struct deployment_vpc *vpc = NEW(struct deployment_vpc);

	*vpc = (struct deployment_vpc){ .resource = r,
					.dns_support = VERDICT_UNKNOWN,
					.dns_hostnames = VERDICT_UNKNOWN };
	LIST_ADD(d->vpcs, d->vpc_count, vpc);
	if (!r)
		return vpc;
	view_set(d, r, vpc);
	vpc->known_cidr = cidr_of(d, property(r, "CidrBlock"), &vpc->base, &vpc->bits);
	vpc->dns_support = verdict_of(property(r, "EnableDnsSupport"), VERDICT_PASS);
	vpc->dns_hostnames = verdict_of(property(r, "EnableDnsHostnames"), VERDICT_FAIL);
	return vpc;
}

const struct deployment_vpc *vpc_of(struct deployment *d, const json_t *value)
{
	struct deployment_vpc *vpc = view_of(d, value, "AWS::EC2::VPC");
	size_t index;

	if (vpc || !value)
		return vpc;
	index = outside_index(d, "vpc", value, d->vpc_count);
	return index < d->vpc_count ? d->vpcs[index] : vpc_new(d, NULL);
}

static void vpcs_read(struct deployment *d)
{
	const json_t *all = resources_of(d, "AWS::EC2::VPC");

	for (size_t i = 0; i < json_array_size(all); i++)
		(void)vpc_new(d, resource_at(d, all, i));
}

/* ---- network ACLs ---------------------------------------------------------------------------- */

static struct deployment_acl *acl_new(struct deployment *d, const struct deployment_resource *r)
{
	struct deployment_acl *acl = NEW(struct deployment_acl);

	acl->resource = r;
	LIST_ADD(d->acls, d->acl_count, acl);
	return acl;
}

/* An ACL of which nothing is known: both directions end at an entry that nobody knows. */
static struct deployment_acl *acl_unknown(struct deployment *d,
					  const struct deployment_resource *because)
{
	struct deployment_acl *acl = acl_new(d, NULL);

	for (int egress = 0; egress < 2; egress++)
		LIST_ADD(acl->entries, acl->count,
			 ((struct deployment_acl_entry){ .resource = because,
							 .egress = egress,
							 .protocol = -1,
							 .to = 65535 }));
	return acl;
}

static int acl_protocol(const json_t *value, bool *ret_known)
{
	long number;

	*ret_known = number_of(value, &number) == 0;
	return *ret_known ? (int)number : -1;
}

static void acl_ports(const struct deployment_resource *r, struct deployment_acl_entry *entry)
{
	const json_t *range = property(r, "PortRange");
	long from = 0, to = 65535;

	if ((entry->protocol == 6 || entry->protocol == 17) && range &&
	    (number_of(json_object_get(range, "From"), &from) < 0 ||
	     number_of(json_object_get(range, "To"), &to) < 0))
		entry->known = false;
	entry->from = from < 0 ? 0 : (unsigned)from;
	entry->to = to < 0 ? 65535 : (unsigned)to;
}

static struct deployment_acl_entry acl_entry(struct deployment *d,
					     const struct deployment_resource *r)
{
	enum verdict egress = verdict_of(property(r, "Egress"), VERDICT_FAIL);
	const char *action = deployment_text(d, property(r, "RuleAction"));
	struct deployment_acl_entry entry = { .resource = r, .egress = egress == VERDICT_PASS };
	bool known;
	long number;

	entry.protocol = acl_protocol(property(r, "Protocol"), &known);
	entry.known = known && r->present == 1 && action && egress != VERDICT_UNKNOWN;
	entry.allow = action && !strcmp(action, "allow");
	if (number_of(property(r, "RuleNumber"), &number) == 0 && number >= 0)
		entry.number = (unsigned)number;
	else
		entry.known = false;
	if (!cidr_of(d, property(r, "CidrBlock"), &entry.base, &entry.bits))
		entry.known = false;
	acl_ports(r, &entry);
	return entry;
}

static void acl_entries_read(struct deployment *d)
{
	const json_t *all = resources_of(d, "AWS::EC2::NetworkAclEntry");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const struct deployment_resource *r = resource_at(d, all, i);
		struct deployment_acl *acl =
			view_of(d, property(r, "NetworkAclId"), "AWS::EC2::NetworkAcl");

		/* Addresses here are IPv4: an entry of IPv6 alone decides nothing. */
		if (acl && (property(r, "CidrBlock") || !property(r, "Ipv6CidrBlock")))
			LIST_ADD(acl->entries, acl->count, acl_entry(d, r));
	}
}

static int acl_compare(const void *a, const void *b)
{
	const struct deployment_acl_entry *x = a, *y = b;

	if (x->egress != y->egress)
		return x->egress - y->egress;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void acls_read(struct deployment *d)
{
	const json_t *all = resources_of(d, "AWS::EC2::NetworkAcl");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const struct deployment_resource *r = resource_at(d, all, i);

		view_set(d, r, acl_new(d, r));
	}
	acl_entries_read(d);
	for (size_t i = 0; i < d->acl_count; i++)
		if (d->acls[i]->count)
			qsort(d->acls[i]->entries, d->acls[i]->count, sizeof(*d->acls[i]->entries),
			      acl_compare);
}

/* ---- route tables ---------------------------------------------------------------------------- */

static struct deployment_route_table *table_new(struct deployment *d,
						const struct deployment_resource *r)
{
	struct deployment_route_table *table = NEW(struct deployment_route_table);

	table->resource = r;
	LIST_ADD(d->tables, d->table_count, table);
	return table;
}

/* A table of which nothing is known has one route, to nobody knows where. */
static struct deployment_route_table *table_unknown(struct deployment *d,
						    const struct deployment_resource *because)
{
	struct deployment_route_table *table = table_new(d, NULL);

	LIST_ADD(table->routes, table->count,
		 ((struct deployment_route){ .resource = because, .kind = DEPLOYMENT_TO_OTHER }));
	return table;
}

static void route_target(struct deployment *d, const struct deployment_resource *r,
			 struct deployment_route *route)
{
	const json_t *gateway = property(r, "GatewayId"), *nat = property(r, "NatGatewayId");
	const char *id = deployment_text(d, gateway);

	route->kind = DEPLOYMENT_TO_OTHER;
	route->target = deployment_target(d, gateway ? gateway : nat, NULL);
	if (nat && !gateway)
		route->kind = DEPLOYMENT_TO_NAT;
	else if ((id && str_starts(id, "igw-")) ||
		 target_of_type(d, gateway, "AWS::EC2::InternetGateway"))
		route->kind = DEPLOYMENT_TO_INTERNET_GATEWAY;
}

static struct deployment_route route_read(struct deployment *d, const struct deployment_resource *r)
{
	static const char *const keys[] = { "DestinationCidrBlock", "DestinationIpv6CidrBlock",
					    "DestinationPrefixListId" };
	struct deployment_route route = { .resource = r };

	/* A route that may not exist stands there without its destination. */
	for (size_t i = 0; r->present == 1 && i < 3 && !route.destination; i++)
		route.destination = deployment_text(d, property(r, keys[i]));
	route_target(d, r, &route);
	return route;
}

static void tables_read(struct deployment *d)
{
	const json_t *all = resources_of(d, "AWS::EC2::RouteTable");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const struct deployment_resource *r = resource_at(d, all, i);

		view_set(d, r, table_new(d, r));
	}
	all = resources_of(d, "AWS::EC2::Route");
	for (size_t i = 0; i < json_array_size(all); i++) {
		const struct deployment_resource *r = resource_at(d, all, i);
		struct deployment_route_table *table =
			view_of(d, property(r, "RouteTableId"), "AWS::EC2::RouteTable");

		if (table)
			LIST_ADD(table->routes, table->count, route_read(d, r));
	}
}

/* ---- subnets --------------------------------------------------------------------------------- */

static const char *zone_of(const struct deployment *d, const struct deployment_resource *r)
{
	const json_t *zone = property(r, "AvailabilityZone");
	const char *text;

	if (!zone)
		zone = property(r, "AvailabilityZoneId");
	text = deployment_text(d, zone);
	return text ? text : json_str(zone, "$symbol");
}

static struct deployment_subnet *subnet_new(struct deployment *d,
					    const struct deployment_resource *r)
{
	struct deployment_subnet *subnet = NEW(struct deployment_subnet);

	subnet->resource = r;
	subnet->public_on_launch = VERDICT_UNKNOWN;
	LIST_ADD(d->subnets, d->subnet_count, subnet);
	if (!r)
		return subnet;
	view_set(d, r, subnet);
	subnet->vpc = vpc_of(d, property(r, "VpcId"));
	subnet->known_cidr = cidr_of(d, property(r, "CidrBlock"), &subnet->base, &subnet->bits);
	subnet->zone = zone_of(d, r);
	subnet->public_on_launch = verdict_of(property(r, "MapPublicIpOnLaunch"), VERDICT_FAIL);
	return subnet;
}

struct deployment_subnet *subnet_of(struct deployment *d, const json_t *value)
{
	struct deployment_subnet *subnet = view_of(d, value, "AWS::EC2::Subnet");
	size_t index;

	if (subnet || !value)
		return subnet;
	index = outside_index(d, "subnet", value, d->subnet_count);
	if (index < d->subnet_count)
		return d->subnets[index];
	subnet = subnet_new(d, NULL);
	subnet->identity = value;
	return subnet;
}

size_t subnets_of(struct deployment *d, const json_t *list, const struct deployment_subnet ***ret)
{
	size_t count = 0;

	*ret = NULL;
	for (size_t i = 0; i < member_count(list); i++)
		LIST_ADD(*ret, count, subnet_of(d, member_at(list, i)));
	return count;
}

static void route_association(struct deployment *d, const struct deployment_resource *r)
{
	struct deployment_subnet *subnet = subnet_of(d, property(r, "SubnetId"));
	struct deployment_route_table *table =
		view_of(d, property(r, "RouteTableId"), "AWS::EC2::RouteTable");

	if (!subnet)
		return;
	subnet->routes = table && r->present == 1 ? table : table_unknown(d, r);
	subnet->route_association = r;
}

static void acl_association(struct deployment *d, const struct deployment_resource *r)
{
	struct deployment_subnet *subnet = subnet_of(d, property(r, "SubnetId"));
	struct deployment_acl *acl =
		view_of(d, property(r, "NetworkAclId"), "AWS::EC2::NetworkAcl");

	if (subnet)
		subnet->acl = acl && r->present == 1 ? acl : acl_unknown(d, r);
}

/* In a VPC of the account: the main route table and the default ACL, which are as somebody made
 * them. */
static void account_defaults(struct deployment *d, struct deployment_subnet *subnet)
{
	const struct deployment_resource *vpc = subnet->vpc ? subnet->vpc->resource : NULL;
	const json_t *metadata = vpc && vpc->physical_id ? json_path(vpc->body, "Metadata.mpcup") : NULL;

	if (!metadata)
		return;
	if (!subnet->routes)
		subnet->routes = view_of(d, json_object_get(metadata, "mainRouteTable"),
					 "AWS::EC2::RouteTable");
	if (!subnet->routes)
		subnet->routes = table_unknown(d, vpc);
	if (!subnet->acl)
		subnet->acl = view_of(d, json_object_get(metadata, "defaultAcl"),
				      "AWS::EC2::NetworkAcl");
	if (!subnet->acl)
		subnet->acl = acl_unknown(d, vpc);
}

static void subnets_read(struct deployment *d)
{
	const json_t *all = resources_of(d, "AWS::EC2::Subnet");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const struct deployment_resource *r = resource_at(d, all, i);

		subnet_new(d, r)->identity = identity_new(d, r);
	}
	all = resources_of(d, "AWS::EC2::SubnetRouteTableAssociation");
	for (size_t i = 0; i < json_array_size(all); i++)
		route_association(d, resource_at(d, all, i));
	all = resources_of(d, "AWS::EC2::SubnetNetworkAclAssociation");
	for (size_t i = 0; i < json_array_size(all); i++)
		acl_association(d, resource_at(d, all, i));
	for (size_t i = 0; i < d->subnet_count; i++)
		account_defaults(d, d->subnets[i]);
}

void deployment_network_read(struct deployment *d)
{
	vpcs_read(d);
	acls_read(d);
	tables_read(d);
	subnets_read(d);
}

/* ---- endpoints ------------------------------------------------------------------------------- */

/* "com.amazonaws.<region>.<service>": the service, out of a text or the parts of one. */
static const char *service_name(const struct deployment *d, const json_t *value)
{
	const char *text = deployment_text(d, value), *at;
	const json_t *parts = json_object_get(value, "$parts");
	size_t count = json_array_size(parts);

	if (text) {
		at = strstr(text, "com.amazonaws.");
		at = at ? strchr(at + strlen("com.amazonaws."), '.') : NULL;
		return at ? at + 1 : NULL;
	}
	text = json_string_value(json_array_get(parts, 0));
	at = count ? json_string_value(json_array_get(parts, count - 1)) : NULL;
	if (count != 3 || !text || !str_ends(text, "com.amazonaws.") || !at || at[0] != '.')
		return NULL;
	return at + 1;
}

static void endpoint_tables(struct deployment *d, const json_t *list,
			    struct deployment_endpoint *endpoint)
{
	for (size_t i = 0; i < member_count(list); i++) {
		const struct deployment_route_table *table =
			view_of(d, member_at(list, i), "AWS::EC2::RouteTable");

		if (table)
			LIST_ADD(endpoint->tables, endpoint->table_count, table);
	}
}

static void endpoint_read(struct deployment *d, const struct deployment_resource *r)
{
	struct deployment_endpoint *endpoint = NEW(struct deployment_endpoint);
	const char *type = json_str_or(r->properties, "VpcEndpointType", "Gateway");

	endpoint->resource = r;
	endpoint->vpc = vpc_of(d, property(r, "VpcId"));
	endpoint->service = service_name(d, property(r, "ServiceName"));
	endpoint->gateway = !strcmp(type, "Gateway");
	endpoint->private_dns = verdict_of(property(r, "PrivateDnsEnabled"), VERDICT_FAIL);
	endpoint->subnet_count = subnets_of(d, property(r, "SubnetIds"), &endpoint->subnets);
	endpoint->group_count = groups_of(d, property(r, "SecurityGroupIds"), &endpoint->groups);
	endpoint_tables(d, property(r, "RouteTableIds"), endpoint);
	view_set(d, r, endpoint);
	LIST_ADD(d->endpoints, d->endpoint_count, endpoint);
}

void endpoints_read(struct deployment *d)
{
	const json_t *all = resources_of(d, "AWS::EC2::VPCEndpoint");

	for (size_t i = 0; i < json_array_size(all); i++)
		endpoint_read(d, resource_at(d, all, i));
}

void deployment_network_free(struct deployment *d)
{
	for (size_t i = 0; i < d->endpoint_count; i++) {
		free(d->endpoints[i]->subnets);
		free(d->endpoints[i]->groups);
		free(d->endpoints[i]->tables);
		free(d->endpoints[i]);
	}
	for (size_t i = 0; i < d->subnet_count; i++)
		free(d->subnets[i]);
	for (size_t i = 0; i < d->table_count; i++) {
		free(d->tables[i]->routes);
		free(d->tables[i]);
	}
	for (size_t i = 0; i < d->acl_count; i++) {
		free(d->acls[i]->entries);
		free(d->acls[i]);
	}
	for (size_t i = 0; i < d->vpc_count; i++)
		free(d->vpcs[i]);
	free(d->endpoints);
	free(d->subnets);
	free(d->tables);
	free(d->acls);
	free(d->vpcs);
}
