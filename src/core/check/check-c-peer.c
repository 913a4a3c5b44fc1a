/* From the nodes to the chain: C11 to C14, C20, C26. */
#include <string.h>
#include <strings.h>

#include "core/check/check-internal.h"
#include "core/check/check-topology.h"

enum { HOSTS_MAX = CHECK_HOSTS_MAX, SIDES_MAX = CHECK_SIDES_MAX };

/* ---- what a node dials ----------------------------------------------------------------------- */

/* The value as text; attributes of resources stand in it as \1 and an index into `list`. */
struct marked {
	struct buf text;
	const struct deployment_resource *list[HOSTS_MAX];
	size_t count;
};

static void mark(const struct deployment *d, struct marked *m, const json_t *value, unsigned depth)
{
	const json_t *parts, *part;
	const struct deployment_resource *r;
	const char *text;
	size_t i;

	if (!value || depth > 8)
		return;
	if ((text = json_string_value(value)) || (text = deployment_text(d, value))) {
		buf_str(&m->text, text);
	} else if ((parts = json_list(value, "$parts"))) {
		json_array_foreach(parts, i, part)
			mark(d, m, part, depth + 1);
	} else if ((r = deployment_owner(d, value, NULL)) && m->count < HOSTS_MAX) {
		buf_printf(&m->text, "\1%zu", m->count);
		m->list[m->count++] = r;
	} else {
		buf_str(&m->text, "\2");
	}
}

/* "key@host:port" or "scheme://host:port/path" at `text` of `len` bytes. */
static bool split_host(const struct marked *m, const char *text, size_t len, struct check_host *ret)
{
	OWN(str) char *copy = str_dup_n(text, len);
	char *host = strchr(copy, '@'), *colon;
	char *scheme = strstr(copy, "://");
	uint64_t port, index;

	host = scheme ? scheme + 3 : host ? host + 1 : copy;
	host[strcspn(host, "/?# \t\r\n")] = '\0';
	colon = strrchr(host, ':');
	if (!colon || strchr(host, '\2') || num_parse_u64(colon + 1, 1, 65535, &port) < 0)
		return false;
	*colon = '\0';
	ret->port = (unsigned)port;
	ret->resource = NULL;
	ret->name[0] = '\0';
	if (*host == '\1') {
		if (num_parse_u64(host + 1, 0, HOSTS_MAX - 1, &index) < 0 || index >= m->count)
			return false;
		ret->resource = m->list[index];
		return true;
	}
	if (!*host || strlen(host) >= sizeof(ret->name))
		return false;
	memcpy(ret->name, host, strlen(host) + 1);
	return true;
}

size_t check_hosts(const struct deployment *d, const struct deployment_service *s,
		       const char *variable, struct check_host *ret, size_t most)
{
	const json_t *node = check_node(s);
	struct marked m = { .count = 0 };
	size_t index = 0, count = 0;
	const json_t *value = node ? deployment_environment(node, variable, &index) : NULL;
	const char *at;

	mark(d, &m, value, 0);
	at = m.text.data;
	while (at && *at && count < most) {
		size_t len = strcspn(at, ",");
		struct check_host *h = &ret[count];
		if (split_host(&m, at, len, h)) {
			h->from = s;
			h->variable = variable;
			h->index = index;
			count++;
		}
		at += len;
		if (*at == ',')
			at++;
	}
	buf_free(&m.text);
	return count;
}

/* ---- who stands behind a host ---------------------------------------------------------------- */

static void add_subnet(const struct deployment *d, struct check_side *s, const json_t *id)
{
	const struct deployment_subnet *subnet = check_find_subnet(d, id);

	if (subnet && s->end.subnet_count < SIDES_MAX)
		s->subnets[s->end.subnet_count++] = subnet;
}

static void add_groups(const struct deployment *d, struct check_side *s, const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const struct deployment_group *g = check_find_group(d, one);
		if (g && s->end.group_count < SIDES_MAX)
			s->groups[s->end.group_count++] = g;
	}
}

static bool side_of_resource(const struct deployment *d, const struct deployment_resource *r,
			     struct check_side *ret)
{
	const json_t *p = r->properties,
		     *nic = json_array_get(json_list(p, "NetworkInterfaces"), 0);

	*ret = (struct check_side){ .resource = r };
	if (!check_is_type(r, "AWS::EC2::Instance") &&
	    !check_is_type(r, "AWS::EC2::NetworkInterface"))
		return false;
	if (check_is_type(r, "AWS::EC2::NetworkInterface")) {
		add_subnet(d, ret, json_object_get(p, "SubnetId"));
		add_groups(d, ret, json_list(p, "GroupSet"));
	} else if (nic) {
		add_subnet(d, ret, json_object_get(nic, "SubnetId"));
		add_groups(d, ret, json_list(nic, "GroupSet"));
	} else {
		add_subnet(d, ret, json_object_get(p, "SubnetId"));
		add_groups(d, ret, json_list(p, "SecurityGroupIds"));
	}
	ret->end.subnets = ret->subnets;
	ret->end.groups = ret->groups;
	ret->end.public_address = VERDICT_UNKNOWN;
	return ret->end.subnet_count && ret->end.group_count;
}

static bool side_of_registry(const struct deployment *d, const struct deployment_resource *registry,
			     struct check_side *ret)
{
	const struct deployment_service *const *services;
	const struct deployment_resource *all;
	size_t count;

	services = deployment_services(d, &count);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < services[i]->registry_count; k++)
			if (services[i]->registries[k] == registry) {
				*ret = (struct check_side){ .resource = services[i]->resource,
						      .end = check_service_end(services[i]) };
				return ret->end.subnet_count && !services[i]->groups_default;
			}
	all = deployment_resources(d, &count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_resource *r;
		const json_t *id, *ip;

		if (!check_is_type(&all[i], "AWS::ServiceDiscovery::Instance"))
			continue;
		id = json_object_get(all[i].properties, "ServiceId");
		ip = json_path(all[i].properties, "InstanceAttributes.AWS_INSTANCE_IPV4");
		r = ip ? deployment_owner(d, ip, NULL) : NULL;
		if (id && r &&
		    deployment_target(d, id, NULL) == registry)
			return side_of_resource(d, r, ret);
	}
	return false;
}

/* Records of Route 53 and private addresses written out lead to a resource, too. */
static const struct deployment_resource *resource_of_name(const struct deployment *d,
							  const char *name)
{
	const struct deployment_resource *all;
	size_t count;

	all = deployment_resources(d, &count);
	for (size_t i = 0; i < count; i++) {
		bool instance = check_is_type(&all[i], "AWS::EC2::Instance");
		const json_t *p = all[i].properties;
		size_t len = strlen(name);
		const char *record;

		if (!instance && !check_is_type(&all[i], "AWS::Route53::RecordSet"))
			continue;
		record = check_text(d, json_object_get(p, "Name"));
		if (instance &&
		    (!strcmp(check_text(d, json_object_get(p, "PrivateIpAddress")), name) ||
		     !strcmp(check_text(d, json_path(p, "NetworkInterfaces.0.PrivateIpAddress")),
			     name)))
			return &all[i];
		if (!instance &&
		    !strncasecmp(record, name, len) &&
		    (!record[len] || !strcmp(record + len, "."))) {
			const json_t *to = json_path(p, "ResourceRecords.0");
			return to ? deployment_owner(d, to, NULL) : NULL;
		}
	}
	return NULL;
}

/* The Cloud Map service with the name. */
static const struct deployment_resource *registry_of_name(const struct deployment *d,
							  const char *host)
{
	const struct deployment_resource *all;
	size_t count;

	all = deployment_resources(d, &count);
	for (size_t i = 0; i < count; i++) {
		OWN(str) char *name = NULL;
		if (!check_is_type(&all[i], "AWS::ServiceDiscovery::Service"))
			continue;
		name = check_cloud_map_name(d, &all[i]);
		if (name && !strcasecmp(name, host))
			return &all[i];
	}
	return NULL;
}

static void drop_names(void *value)
{
	json_decref(value);
}

/* All nodes dial the same few names: each is looked up once. NULL: it leads out. */
static const struct deployment_resource *named(const struct check *c, const char *host)
{
	static const char owner;
	void **slot = check_memo(c, &owner, NULL, drop_names);
	const struct deployment_resource *r, *all;
	const json_t *known;
	size_t count;

	all = deployment_resources(check_deployment(c), &count);
	if (!*slot)
		*slot = json_object();
	known = json_object_get(*slot, host);
	if (json_is_integer(known))
		return &all[json_integer_value(known)];
	if (known)
		return NULL;
	r = resource_of_name(check_deployment(c), host);
	if (!r)
		r = registry_of_name(check_deployment(c), host);
	json_object_set_new(*slot, host, r ? json_integer(r - all) : json_null());
	return r;
}

/* r: what the host's name leads to; NULL: out. */
static bool side_behind(const struct deployment *d, const struct check_host *h,
			const struct deployment_resource *r, struct check_side *ret)
{
	if (r && !h->resource && check_is_type(r, "AWS::ServiceDiscovery::Service"))
		return side_of_registry(d, r, ret);
	return r && side_of_resource(d, r, ret);
}

static bool side_of(const struct check *c, const struct check_host *h, struct check_side *ret)
{
	return side_behind(check_deployment(c), h, h->resource ? h->resource : named(c, h->name),
			   ret);
}

bool check_host_side(const struct deployment *d, const struct check_host *h, struct check_side *ret)
{
	const struct deployment_resource *r = h->resource;

	if (!r)
		r = resource_of_name(d, h->name);
	if (!r)
		r = registry_of_name(d, h->name);
	return side_behind(d, h, r, ret);
}

static const char *host_name(const struct check_host *h)
{
	return h->resource ? h->resource->logical : h->name;
}

typedef void host_visit(struct check *c, const struct check_host *h);

static void each_host(struct check *c, const char *variable, host_visit *visit)
{
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++) {
		struct check_host hosts[HOSTS_MAX];
		size_t n = check_hosts(check_deployment(c), services[i], variable, hosts, HOSTS_MAX);
		for (size_t k = 0; k < n; k++)
			visit(c, &hosts[k]);
	}
}

/* ---- C12 ------------------------------------------------------------------------------------- */

static void admits(struct check *c, const struct check_host *h, const struct check_side *to,
		   enum check_severity severity)
{
	const struct deployment *d = check_deployment(c);
	struct reach_end from = check_service_end(h->from);
	const struct deployment_group *g;
	struct reach_edge e;
	OWN(str) char *remedy = NULL;
	struct check_finding f = { .severity = severity,
				   .second = h->from->resource,
				   .service = h->from };

	reach_tcp(d, &from, &to->end, h->port, &e);
	g = e.in.group ? e.in.group : to->end.group_count ? to->end.groups[0] : NULL;
	f.resource = g && g->resource ? g->resource : to->resource;
	if (e.in.verdict == VERDICT_FAIL) {
		remedy = check_rule_remedy(
			d, true, g, h->from->group_count ? h->from->groups[0] : NULL, h->port);
		f.remedy = remedy;
		check_add(c, &f,
			  "%s is told to use %s:%u (%s), but security group %s admits no TCP %u "
			  "from %s",
			  check_name(h->from->resource), host_name(h), h->port, h->variable,
			  check_group_name(d, g), h->port,
			  check_group_name(d, h->from->group_count ? h->from->groups[0] : NULL));
	} else if (e.in.verdict == VERDICT_UNKNOWN) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = *e.in.unknown
				   ? e.in.unknown
				   : "aws ec2 describe-security-group-rules of the chain's group";
		check_add(c, &f, "whether %s admits TCP %u from %s is not in the templates",
			  host_name(h), h->port, check_name(h->from->resource));
	}
}

/* The chain is elsewhere: one line for each host, whoever dials it. */
static void elsewhere(struct check *c, const struct check_host *h)
{
	struct check_finding f = { .severity = CHECK_UNKNOWN };
	OWN(str) char *lookup = NULL;
	uint32_t ip;

	lookup =
		h->name[0] && ip_parse(h->name, &ip) == 0
			? str_printf("aws ec2 describe-network-interfaces --filters "
				     "Name=addresses.private-ip-address,Values=%s, then "
				     "describe-security-group-rules of its groups",
				     h->name)
			: str_printf(
				  "the address of %s, then aws ec2 describe-network-interfaces and "
				  "describe-security-group-rules of its groups",
				  host_name(h));
	f.lookup = lookup;
	f.resource = h->resource;
	check_add(
		c, &f,
		"the chain's host %s is not in the templates, nor is whether it admits TCP %u from "
		"the nodes",
		host_name(h), h->port);
}

static void host_c12(struct check *c, const struct check_host *h)
{
	struct check_side to;

	if (side_of(c, h, &to))
		admits(c, h, &to, CHECK_FAIL);
	else
		elsewhere(c, h);
}

void check_c12(struct check *c)
{
	each_host(c, "NEAR_BOOT_NODES", host_c12);
}

/* ---- C13, C14, C11 --------------------------------------------------------------------------- */

/* Nodes follow the chain without it; those of the built-in profile ask it, and so do tools. */
static void host_c13(struct check *c, const struct check_host *h)
{
	struct check_side to;

	if (side_of(c, h, &to))
		admits(c, h, &to, strcmp(check_profile(c), "built-in") ? CHECK_WARN : CHECK_FAIL);
}

void check_c13(struct check *c)
{
	each_host(c, "NEAR_RPC_URL", host_c13);
}

/* Does some text of the source say `address`, other than as somebody's ("key@address")? */
static bool says(const json_t *source, const char *address, unsigned depth)
{
	json_t *self = (json_t *)(uintptr_t)source; /* jansson's iterators take no const */
	const char *at = json_string_value(source);
	const json_t *member;
	size_t len = strlen(address), i;

	for (; at && (at = strstr(at, address)); at++)
		if ((at[len] < '0' || at[len] > '9') &&
		    (at == json_string_value(source) ||
		     (at[-1] != '@' && at[-1] != '/' && (at[-1] < '0' || at[-1] > '9'))))
			return true;
	if (depth > 32)
		return false;
	json_array_foreach(source, i, member)
		if (says(member, address, depth + 1))
			return true;
	for (void *it = json_object_iter(self); it; it = json_object_iter_next(self, it))
		if (says(json_object_iter_value(it), address, depth + 1))
			return true;
	return false;
}

/* What starts the chain on the host: the instance's user data or the service's task definition. */
static const struct deployment_resource *starter_of(const struct deployment *d,
						    const struct deployment_resource *host)
{
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(d, &count);
	for (size_t i = 0; i < count; i++)
		if (services[i]->resource == host)
			return services[i]->task ? services[i]->task->resource : NULL;
	return host;
}

static void host_c14(struct check *c, const struct check_host *h)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_resource *starter;
	char own[32], all[32];
	struct check_side to;
	struct check_finding f = { .severity = CHECK_FAIL,
				   .second = h->from->resource,
				   .service = h->from };

	starter = side_of(c, h, &to) ? starter_of(d, to.resource) : NULL;
	(void)snprintf(own, sizeof(own), "127.0.0.1:%u", h->port);
	(void)snprintf(all, sizeof(all), "0.0.0.0:%u", h->port);
	if (!starter || !says(starter->body, own, 0) || says(starter->body, all, 0))
		return;
	f.resource = starter;
	f.remedy = "network.addr 0.0.0.0:<port> in the configuration of the chain's node";
	check_add(c, &f, "%s lets the chain listen at %s only, where %s cannot reach it (%s)",
		  check_name(starter), own, check_name(h->from->resource), h->variable);
}

void check_c14(struct check *c)
{
	each_host(c, "NEAR_BOOT_NODES", host_c14);
}

static void host_c11(struct check *c, const struct check_host *h)
{
	const struct deployment *d = check_deployment(c);
	struct reach_end from = check_service_end(h->from);
	const struct deployment_resource *acl;
	struct check_side to;
	struct reach_edge e;
	bool there;
	struct check_finding f = { .severity = CHECK_FAIL,
				   .second = h->from->resource,
				   .service = h->from };

	if (!side_of(c, h, &to))
		return;
	reach_tcp(d, &from, &to.end, h->port, &e);
	there = e.acl_there.verdict == VERDICT_FAIL;
	if (!there && e.acl_back.verdict != VERDICT_FAIL)
		return;
	acl = there ? e.acl_there.resource : e.acl_back.resource;
	f.resource = acl ? acl : h->from->resource;
	check_add(c, &f, "network ACL %s drops %s between %s and the chain's host %s",
		  check_name(f.resource),
		  there ? "the port of the chain"
			: "the answers (ports 1024 to 65535) of the chain",
		  check_name(h->from->resource), host_name(h));
}

void check_c11_chain(struct check *c)
{
	each_host(c, "NEAR_BOOT_NODES", host_c11);
}

/* ---- C26 ------------------------------------------------------------------------------------- */

/* A host outside of the templates may be a member of a group, if that is not there for others. */
static bool has_its_members(const struct deployment *d, const struct deployment_group *g)
{
	return g && g->resource && check_group_attached(d, g->resource);
}

/* May the groups send to the port of an address (0: any of the internet)? */
static enum verdict egress_to(const struct deployment *d, const struct deployment_service *s,
			      uint32_t ip, bool anywhere, unsigned port)
{
	enum verdict v = VERDICT_FAIL;

	if (s->groups_default)
		return VERDICT_PASS;
	for (size_t i = 0; i < s->group_count; i++) {
		const struct deployment_group *g = s->groups[i];
		if (!g->resource)
			v = VERDICT_UNKNOWN;
		else if (!g->egress_declared)
			return VERDICT_PASS;
		for (size_t k = 0; k < g->egress_count; k++) {
			const struct deployment_rule *r = &g->egress[k];
			if (!check_rule_covers(r, port)) {
				if (r->protocol == -2 || (r->protocol == 6 && !r->known_ports))
					v = VERDICT_UNKNOWN;
				continue;
			}
			if (r->peer == DEPLOYMENT_PEER_CIDR &&
			    (anywhere ? r->bits == 0 : ip_in_cidr(ip, r->base, r->bits)))
				return VERDICT_PASS;
			if (r->peer != DEPLOYMENT_PEER_CIDR && r->peer != DEPLOYMENT_PEER_NONE &&
			    !(r->peer == DEPLOYMENT_PEER_GROUP && has_its_members(d, r->group)))
				v = VERDICT_UNKNOWN;
		}
	}
	return s->group_count ? v : VERDICT_UNKNOWN;
}

/* Is there any rule by which TCP at the port may go to some address that is not known? */
static bool leads_somewhere(const struct deployment *d, const struct deployment_service *s,
			    unsigned port)
{
	for (size_t i = 0; i < s->group_count; i++) {
		const struct deployment_group *g = s->groups[i];
		if (!g->resource || !g->egress_declared)
			return true;
		for (size_t k = 0; k < g->egress_count; k++) {
			const struct deployment_rule *r = &g->egress[k];
			bool maybe = r->protocol == -2 || (r->protocol == 6 && !r->known_ports);
			if ((maybe || check_rule_covers(r, port)) &&
			    r->peer != DEPLOYMENT_PEER_NONE &&
			    !(r->peer == DEPLOYMENT_PEER_GROUP && has_its_members(d, r->group)))
				return true;
		}
	}
	return !s->group_count;
}

static void closed(struct check *c, const struct check_host *h, enum verdict v, const char *unknown)
{
	const struct deployment_group *g = h->from->group_count ? h->from->groups[0] : NULL;
	OWN(str) char *remedy = NULL;
	struct check_finding f = { .severity = CHECK_FAIL,
				   .second = h->from->resource,
				   .service = h->from };

	if (v == VERDICT_PASS)
		return;
	f.resource = g && g->resource ? g->resource : h->from->resource;
	remedy = str_printf("{\"IpProtocol\":\"tcp\",\"FromPort\":%u,\"ToPort\":%u,\"CidrIp\":"
			    "\"<CIDR of %s>\"} in SecurityGroupEgress",
			    h->port, h->port, host_name(h));
	f.remedy = remedy;
	if (v == VERDICT_UNKNOWN) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = unknown && *unknown
				   ? unknown
				   : "aws ec2 describe-security-group-rules of the task's groups";
		check_add(c, &f, "whether %s may send to %s:%u is not in the templates",
			  check_name(h->from->resource), host_name(h), h->port);
		return;
	}
	check_add(c, &f,
		  "%s is told to follow the chain at %s:%u, but no egress rule of %s covers TCP %u",
		  check_name(h->from->resource), host_name(h), h->port,
		  check_group_name(check_deployment(c), g), h->port);
}

static void host_c26(struct check *c, const struct check_host *h)
{
	const struct deployment *d = check_deployment(c);
	struct reach_end from = check_service_end(h->from);
	struct check_side to;
	struct reach_edge e;
	uint32_t ip = 0;

	if (side_of(c, h, &to)) {
		reach_tcp(d, &from, &to.end, h->port, &e);
		closed(c, h, e.out.verdict, e.out.unknown);
	} else if (h->name[0] && ip_parse(h->name, &ip) == 0) {
		closed(c, h, egress_to(d, h->from, ip, false, h->port), NULL);
	} else if (egress_to(d, h->from, 0, true, h->port) != VERDICT_PASS) {
		closed(c, h, leads_somewhere(d, h->from, h->port) ? VERDICT_UNKNOWN : VERDICT_FAIL,
		       "the address of the chain's host");
	}
}

/* Peers of the public chains listen on any port. */
static void public_chain(struct check *c, const struct deployment_service *s)
{
	const json_t *node = check_node(s);
	const char *env = node ? check_text(check_deployment(c),
					    deployment_environment(node, "MPC_ENV", NULL))
			       : "";
	struct check_finding f = { .severity = CHECK_WARN, .second = s->resource, .service = s };

	if (strcmp(env, "testnet") && strcmp(env, "mainnet"))
		return;
	f.resource =
		s->group_count && s->groups[0]->resource ? s->groups[0]->resource : s->resource;
	if (egress_to(check_deployment(c), s, 0, true, 30333) == VERDICT_FAIL)
		check_add(c, &f,
			  "peers of %s listen on any port, but the groups of %s let only some out",
			  env, check_name(s->resource));
}

void check_c26(struct check *c)
{
	const struct deployment_service *const *services;
	size_t count;

	each_host(c, "NEAR_BOOT_NODES", host_c26);
	services = deployment_services(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++)
		public_chain(c, services[i]);
}

/* ---- C20 ------------------------------------------------------------------------------------- */

static bool is_private(uint32_t ip)
{
	return ip_in_cidr(ip, 0x0a000000, 8) || ip_in_cidr(ip, 0xac100000, 12) ||
	       ip_in_cidr(ip, 0xc0a80000, 16);
}

/* Some route of the subnet other than the default one covers the address, or may. */
static bool routed(const struct deployment_subnet *s, uint32_t ip)
{
	for (size_t i = 0; s->routes && i < s->routes->count; i++) {
		const char *to = s->routes->routes[i].destination;
		uint32_t base;
		unsigned bits;
		if (!to)
			return true;
		if (ip_parse_cidr(to, &base, &bits) == 0 && ip_in_cidr(ip, base, bits) &&
		    (bits || s->routes->routes[i].kind == DEPLOYMENT_TO_OTHER))
			return true;
	}
	return !s->resource || (s->routes && !s->routes->resource);
}

static bool has_blocks(const struct deployment *d)
{
	const struct deployment_resource *all;
	size_t count;

	all = deployment_resources(d, &count);
	for (size_t i = 0; i < count; i++)
		if (check_is_type(&all[i], "AWS::EC2::VPCCidrBlock"))
			return true;
	return false;
}

static void host_c20(struct check *c, const struct check_host *h)
{
	struct check_finding f = { .severity = CHECK_FAIL, .service = h->from };
	const struct deployment_vpc *vpc = h->from->subnet_count ? h->from->subnets[0]->vpc : NULL;
	char place[96];
	uint32_t ip;

	if (!h->name[0] || ip_parse(h->name, &ip) < 0 || !is_private(ip))
		return;
	(void)snprintf(place, sizeof(place), "ContainerDefinitions/%d/Environment/%zu",
		       h->from->mpc_container, h->index);
	f.resource = h->from->task->resource;
	f.property = place;
	f.second = vpc ? vpc->resource : NULL;
	f.second_property = "CidrBlock";
	if (!vpc || !vpc->known_cidr) {
		f.second_property = NULL;
		f.severity = CHECK_UNKNOWN;
		f.lookup = "aws ec2 describe-vpcs: the CIDR blocks of the VPC, and its peerings";
		check_add(c, &f,
			  "whether the chain's host %s is in the VPC of %s is not in the templates",
			  h->name, check_name(h->from->resource));
		return;
	}
	if (ip_in_cidr(ip, vpc->base, vpc->bits) || has_blocks(check_deployment(c)))
		return;
	for (size_t i = 0; i < h->from->subnet_count; i++)
		if (routed(h->from->subnets[i], ip))
			return;
	check_add(c, &f,
		  "the chain's host %s is a private address outside of VPC %s, and no route leads "
		  "there",
		  h->name, check_name(vpc->resource));
}

void check_c20(struct check *c)
{
	each_host(c, "NEAR_BOOT_NODES", host_c20);
}
