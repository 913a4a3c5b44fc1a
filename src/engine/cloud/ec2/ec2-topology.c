/* From objects to the plain topology of a VPC, and from there to the packet filter. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

/* ---- pieces ---------------------------------------------------------------------------------- */

static bool gateway_attached(struct hub *hub, const char *gateway, const char *vpc)
{
	const json_t *o = hub_get(hub, ec2_internet_gateway.kind, gateway);

	return o && str_eq(json_str(json_path(o, "attachmentSet.0"), "vpcId"), vpc);
}

static const json_t *default_route(struct hub *hub, const json_t *subnet)
{
	size_t i;
	json_t *route;

	json_array_foreach(json_list(ec2_table_of_subnet(hub, subnet), "routeSet"), i, route)
		if (str_eq(json_str(route, "destinationCidrBlock"), "0.0.0.0/0"))
			return route;
	return NULL;
}

static bool to_internet_gateway(struct hub *hub, const json_t *subnet)
{
	return gateway_attached(hub, json_str(default_route(hub, subnet), "gatewayId"),
				json_str(subnet, "vpcId"));
}

/* A NAT gateway leads out when it has a public address and its own subnet reaches the internet. */
static bool nat_works(struct hub *hub, const char *nat)
{
	const json_t *o = hub_get(hub, ec2_nat_gateway.kind, nat);
	const json_t *subnet = hub_get(hub, ec2_subnet.kind, json_str(o, "subnetId"));

	return subnet && hub_get(hub, ec2_address.kind, json_str(o, "_allocation")) &&
	       to_internet_gateway(hub, subnet);
}

static enum topology_way way_out(struct hub *hub, const json_t *subnet)
{
	const json_t *route = default_route(hub, subnet);

	if (to_internet_gateway(hub, subnet))
		return TOPOLOGY_WAY_INTERNET_GATEWAY;
	if (nat_works(hub, json_str(route, "natGatewayId")))
		return TOPOLOGY_WAY_NAT;
	return TOPOLOGY_WAY_NONE;
}

static bool has_s3_gateway(struct hub *hub, const json_t *subnet)
{
	const char *s3 = ec2_service_prefix_list("s3");
	size_t i;
	json_t *route;

	json_array_foreach(json_list(ec2_table_of_subnet(hub, subnet), "routeSet"), i, route)
		if (str_eq(json_str(route, "destinationPrefixListId"), s3) &&
		    hub_get(hub, ec2_endpoint.kind, json_str(route, "gatewayId")))
			return true;
	return false;
}

/* The default ACL as it is born: allow all in front on both sides. It costs the filter nothing. */
static bool passes_all(const json_t *acl)
{
	bool allows[2] = { false, false }, seen[2] = { false, false };
	size_t i;
	json_t *entry;

	json_array_foreach(json_list(acl, "entrySet"), i, entry) {
		bool egress = json_bool_or(entry, "egress", false);

		if (seen[egress])
			continue;
		seen[egress] = true;
		allows[egress] = str_eq(json_str(entry, "ruleAction"), "allow") &&
				 str_eq(json_str(entry, "protocol"), "-1") &&
				 str_eq(json_str(entry, "cidrBlock"), "0.0.0.0/0");
	}
	return allows[0] && allows[1];
}

static char *acl_of(struct hub *hub, const char *subnet)
{
	const char *id;
	json_t *acl, *row;
	size_t i;

	json_object_foreach(hub_all(hub, ec2_acl.kind), id, acl)
		json_array_foreach(json_list(acl, "associationSet"), i, row)
			if (str_eq(json_str(row, "subnetId"), subnet))
				return passes_all(acl) ? NULL : str_dup(id);
	return NULL;
}

/* Objects of a thing inside the VPC, as an array of borrowed references; caller's. */
static json_t *inside(struct hub *hub, const struct ec2_thing *t, const char *vpc)
{
	json_t *list = json_array(), *o;
	const char *id;

	json_object_foreach(hub_all(hub, t->kind), id, o)
		if (str_eq(json_str(o, "vpcId"), vpc) || str_eq(json_str(o, "_vpcId"), vpc))
			json_array_append(list, o);
	return list;
}

/* ---- subnets, groups, ACLs, interfaces
 * ----------------------------------------------------------- */

static void fill_subnets(struct hub *hub, struct topology_vpc *out)
{
	OWN(json) json_t *list = inside(hub, &ec2_subnet, out->id);
	size_t i;
	json_t *o;

	out->subnets = mem_new(json_array_size(list) + 1, sizeof(*out->subnets));
	json_array_foreach(list, i, o) {
		struct topology_subnet *s = &out->subnets[out->subnet_count];

		if (ip_parse_cidr(json_str(o, "cidrBlock"), &s->base, &s->bits) < 0)
			continue;
		s->id = str_dup(ec2_id(&ec2_subnet, o));
		s->zone = str_dup(json_str(o, "availabilityZone"));
		s->acl = acl_of(hub, s->id);
		s->way = way_out(hub, o);
		s->s3_gateway = has_s3_gateway(hub, o);
		out->subnet_count++;
	}
}

/* False: the rule matches nothing here (IPv6, a prefix list of a service that is not here). */
static bool read_rule(const json_t *o, struct topology_rule *r)
{
	const char *group = json_str(json_map(o, "referencedGroupInfo"), "groupId");
	json_int_t from = json_int_or(o, "fromPort", -1), to = json_int_or(o, "toPort", -1);

	*r = (struct topology_rule){ .protocol = ec2_protocol(json_str(o, "ipProtocol")),
				     .to = 65535 };
	if (r->protocol == 6 || r->protocol == 17) {
		r->from = (uint16_t)from;
		r->to = (uint16_t)to;
	}
	if (group) {
		r->peer = TOPOLOGY_PEER_GROUP;
		r->group = str_dup(group);
		return true;
	}
	if (str_eq(json_str(o, "prefixListId"), ec2_service_prefix_list("s3"))) {
		r->peer = TOPOLOGY_PEER_S3;
		return true;
	}
	r->peer = TOPOLOGY_PEER_CIDR;
	return json_str(o, "cidrIpv4") &&
	       ip_parse_cidr(json_str(o, "cidrIpv4"), &r->base, &r->bits) == 0;
}

static void add_one_rule(struct topology_group *g, const json_t *o)
{
	bool egress = json_bool_or(o, "isEgress", false);
	struct topology_rule **list = egress ? &g->egress : &g->ingress;
	size_t *count = egress ? &g->egress_count : &g->ingress_count;
	struct topology_rule rule;

	if (!read_rule(o, &rule))
		return;
	if (json_str(o, "securityGroupRuleId"))
		rule.id = str_dup(json_str(o, "securityGroupRuleId"));
	*list = mem_grow(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = rule;
}

/* A rule that names a customer's prefix list is one for each of its blocks. */
static void add_rule(struct hub *hub, struct topology_group *g, const json_t *o)
{
	const char *list = json_str(o, "prefixListId");
	json_t *entry;
	size_t i;

	add_one_rule(g, o);
	json_array_foreach(list ? ec2_prefix_list_entries(hub, list) : NULL, i, entry) {
		OWN(json) json_t *one = json_copy((json_t *)(uintptr_t)o);

		json_set_str(one, "cidrIpv4", json_str(entry, "Cidr"));
		add_one_rule(g, one);
	}
}

static void fill_groups(struct hub *hub, struct topology_vpc *out)
{
	OWN(json) json_t *list = inside(hub, &ec2_group, out->id);
	OWN(json) json_t *rules = inside(hub, &ec2_rule, out->id);
	OWN(json) json_t *index = json_object();
	size_t i;
	json_t *o;

	out->groups = mem_new(json_array_size(list) + 1, sizeof(*out->groups));
	json_array_foreach(list, i, o) {
		json_set_int(index, ec2_id(&ec2_group, o), (json_int_t)out->group_count);
		out->groups[out->group_count++].id = str_dup(ec2_id(&ec2_group, o));
	}
	json_array_foreach(rules, i, o) {
		json_int_t at = json_int_or(index, json_str_or(o, "groupId", ""), -1);

		if (at >= 0)
			add_rule(hub, &out->groups[at], o);
	}
}

static bool read_entry(const json_t *o, struct topology_acl_entry *e)
{
	const json_t *range = json_map(o, "portRange");

	*e = (struct topology_acl_entry){
		.protocol = ec2_protocol(json_str(o, "protocol")),
		.from = (uint16_t)json_int_or(range, "from", 0),
		.to = (uint16_t)json_int_or(range, "to", 65535),
		.egress = json_bool_or(o, "egress", false),
		.allow = str_eq(json_str(o, "ruleAction"), "allow"),
	};
	return ip_parse_cidr(json_str(o, "cidrBlock"), &e->base, &e->bits) == 0;
}

/* Entries are stored egress first, each side by rising number: both sides stay in order. */
static void fill_acls(struct hub *hub, struct topology_vpc *out)
{
	OWN(json) json_t *list = inside(hub, &ec2_acl, out->id);
	size_t i, k;
	json_t *o, *entry;

	out->acls = mem_new(json_array_size(list) + 1, sizeof(*out->acls));
	json_array_foreach(list, i, o) {
		struct topology_acl *acl = &out->acls[out->acl_count++];
		json_t *entries = json_list(o, "entrySet");

		acl->id = str_dup(ec2_id(&ec2_acl, o));
		acl->entries = mem_new(json_array_size(entries) + 1, sizeof(*acl->entries));
		json_array_foreach(entries, k, entry)
			if (read_entry(entry, &acl->entries[acl->count]))
				acl->count++;
	}
}

static enum topology_interface_kind kind_of(const json_t *o)
{
	const char *kind = json_str_or(o, "_kind", "task");

	if (!strcmp(kind, "mount-target"))
		return TOPOLOGY_INTERFACE_MOUNT_TARGET;
	if (!strcmp(kind, "endpoint"))
		return TOPOLOGY_INTERFACE_ENDPOINT;
	return strcmp(kind, "instance") ? TOPOLOGY_INTERFACE_TASK : TOPOLOGY_INTERFACE_INSTANCE;
}

static void fill_interface(struct topology_interface *i, const json_t *o)
{
	json_t *groups = json_list(o, "groupSet"), *group;
	size_t k;

	i->id = str_dup(ec2_id(&ec2_interface, o));
	i->subnet = str_dup(json_str(o, "subnetId"));
	i->public_address = json_map(o, "association") != NULL;
	i->kind = kind_of(o);
	i->groups = mem_new(json_array_size(groups) + 1, sizeof(*i->groups));
	json_array_foreach(groups, k, group)
		i->groups[i->group_count++] = str_dup(json_str(group, "groupId"));
}

static void fill_interfaces(struct hub *hub, struct topology_vpc *out)
{
	OWN(json) json_t *list = inside(hub, &ec2_interface, out->id);
	size_t k;
	json_t *o;

	out->interfaces = mem_new(json_array_size(list) + 1, sizeof(*out->interfaces));
	json_array_foreach(list, k, o) {
		struct topology_interface *i = &out->interfaces[out->interface_count];

		/* a NAT gateway is a way out of subnets, not a place that answers */
		if (str_eq(json_str(o, "_kind"), "nat") ||
		    ip_parse(json_str(o, "privateIpAddress"), &i->address) < 0)
			continue;
		fill_interface(i, o);
		out->interface_count++;
	}
}

struct topology_vpc *ec2_topology(struct hub *hub, const char *vpc)
{
	const json_t *o = hub_get(hub, ec2_vpc.kind, vpc);
	struct topology_vpc *out;

	if (!o)
		return NULL;
	out = NEW(struct topology_vpc);
	out->id = str_dup(vpc);
	if (ip_parse_cidr(json_str(o, "cidrBlock"), &out->base, &out->bits) < 0)
		hub_log(hub, "%s has no valid CIDR block", vpc);
	out->dns_support = json_bool_or(o, "_dnsSupport", true);
	out->dns_hostnames = json_bool_or(o, "_dnsHostnames", false);
	fill_subnets(hub, out);
	fill_groups(hub, out);
	fill_acls(hub, out);
	fill_interfaces(hub, out);
	return out;
}

/* ---- pushing
 * ---------------------------------------------------------------------------------------- */

static int push(struct hub *hub, const char *vpc, struct err *err)
{
	struct topology_vpc *out = ec2_topology(hub, vpc);
	int rc;

	if (!out)
		return 0;
	rc = fabric_vpc_rules(hub_fabric(hub), out, err);
	topology_vpc_free(out);
	return rc < 0 ? err_in(err, "rules of %s", vpc) : 0;
}

int ec2_sync(struct hub *hub, const char *vpc, struct err *err)
{
	struct ec2_state *s = ec2_state(hub);
	OWN(str) char *id = str_dup(vpc);

	if (!id || json_object_del(s->dirty, id) < 0 || !hub_fabric(hub))
		return 0;
	return push(hub, id, err);
}

static void sync_all(struct hub *hub, void *ctx)
{
	struct ec2_state *s = ctx;
	OWN(json) json_t *due = json_copy(s->dirty);
	const char *vpc;
	json_t *unused;

	s->timer = NULL;
	json_object_foreach(due, vpc, unused) {
		struct err err = { 0 };

		if (ec2_sync(hub, vpc, &err) < 0)
			hub_log(hub, "%s", err.text);
	}
}

void ec2_touch(struct hub *hub, const char *vpc)
{
	struct ec2_state *s = ec2_state(hub);

	if (!vpc)
		return;
	json_object_set_new(s->dirty, vpc, json_true());
	if (!s->timer)
		s->timer = hub_timer(hub, 0, sync_all, s);
}

int ec2_sync_rules(struct hub *hub, struct call *c)
{
	const char *vpc = ec2_need(c, "VpcId");
	struct err err = { 0 };

	if (!vpc)
		return -1;
	if (ec2_sync(hub, vpc, &err) < 0)
		return call_fail(c, 500, "InternalError", "%s", err.text);
	ec2_ok(c);
	return 0;
}

static int restore_vpc(struct hub *hub, const char *id, const json_t *vpc, struct err *err)
{
	uint32_t base;
	unsigned bits;

	if (ip_parse_cidr(json_str(vpc, "cidrBlock"), &base, &bits) < 0)
		return err_set(err, ERR_INPUT, "%s has no valid CIDR block", id);
	return fabric_vpc_add(hub_fabric(hub), id, base, bits, err);
}

int ec2_fabric_restore(struct hub *hub, struct err *err)
{
	const char *id;
	json_t *o;

	if (!hub_fabric(hub))
		return 0;
	json_object_foreach(hub_all(hub, ec2_vpc.kind), id, o) {
		if (restore_vpc(hub, id, o, err) < 0)
			return err_in(err, "network of %s", id);
		ec2_touch(hub, id);
	}
	json_object_foreach(hub_all(hub, ec2_interface.kind), id, o)
		if (ec2_interface_attach(hub, o, err) < 0)
			return err_in(err, "interface %s", id);
	json_object_foreach(hub_all(hub, ec2_endpoint.kind), id, o)
		if (ec2_endpoint_serve(hub, o, err) < 0)
			return err_in(err, "endpoint %s", id);
	return 0;
}
