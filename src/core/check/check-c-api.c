/* From the tasks to the AWS APIs and the registry: why a way out fails, and which of the faults C03
 * to C11, C24, C25 that is. One connection has one cause, the first to be repaired. */
#include <string.h>

#include "core/check/check-internal.h"
#include "core/check/check-topology.h"

enum { HTTPS_PORT = 443 };

enum cause {
	CAUSE_NONE,
	CAUSE_EGRESS,	      /* C03 */
	CAUSE_NO_PUBLIC,      /* C04 */
	CAUSE_NO_ROUTE,	      /* C05 */
	CAUSE_BROKEN_WAY,     /* C06 */
	CAUSE_NO_ENDPOINT,    /* C07 */
	CAUSE_ENDPOINT_GROUP, /* C08 */
	CAUSE_PRIVATE_DNS,    /* C09 */
	CAUSE_SEALED,	      /* C10 */
	CAUSE_ACL,	      /* C11 */
	CAUSE_NOT_ASSOCIATED, /* C24 */
	CAUSE_PREFIX_LIST,    /* C25 */
	CAUSE_RESOLVER,	      /* D08 says it */
	CAUSE_UNKNOWN
};

/* What fails, from one subnet to one API or to the registry of an image. */
struct failure {
	const struct deployment_service *service;
	const struct deployment_subnet *subnet;
	const char *api; /* NULL: the internet, for an image */
	const struct deployment_endpoint *endpoint;
	struct reach_edge edge;
	enum cause cause;
};

static void need(struct check_apis *n, const char *api)
{
	for (size_t i = 0; i < n->count; i++)
		if (!strcmp(n->apis[i], api))
			return;
	if (n->count < CHECK_APIS_MAX)
		n->apis[n->count++] = api;
}

static bool names_repository(const struct deployment *d, const json_t *image, unsigned depth)
{
	const json_t *parts = json_list(image, "$parts"), *part;
	size_t i;

	if (check_is_type(image ? deployment_target(d, image, NULL) : NULL, "AWS::ECR::Repository"))
		return true;
	json_array_foreach(parts, i, part)
		if (depth < 8 && names_repository(d, part, depth + 1))
			return true;
	return false;
}

static void needs_of_image(const struct deployment *d, const json_t *image, struct check_apis *n)
{
	OWN(str) char *text = check_flat(d, image);

	if (!image)
		return;
	if (names_repository(d, image, 0) || strstr(text, ".dkr.ecr.")) {
		need(n, "ecr.api");
		need(n, "ecr.dkr");
		need(n, "s3");
	} else if (!str_starts(text, "${")) {
		n->other_registry = true;
	}
}

void check_service_needs(const struct deployment *d, const struct deployment_service *s,
		     struct check_apis *n)
{
	const json_t *container, *secret;
	size_t i, k;

	*n = (struct check_apis){ .count = 0 };
	json_array_foreach(s->task->containers, i, container) {
		const json_t *logs = json_map(container, "LogConfiguration");
		json_array_foreach(json_list(container, "Secrets"), k, secret) {
			struct deployment_value_from from;
			deployment_value_from(d, json_object_get(secret, "ValueFrom"), &from);
			if (!from.unknown || from.secret)
				need(n, from.parameter_store ? "ssm" : "secretsmanager");
		}
		needs_of_image(d, json_object_get(container, "Image"), n);
		if (!strcmp(check_text(d, json_object_get(logs, "LogDriver")), "awslogs"))
			need(n, "logs");
	}
}

/* ---- the cause ------------------------------------------------------------------------------- */

static const struct deployment_route *default_route(const struct deployment_subnet *s)
{
	for (size_t i = 0; s->routes && i < s->routes->count; i++)
		if (str_eq(s->routes->routes[i].destination, "0.0.0.0/0"))
			return &s->routes->routes[i];
	return NULL;
}

static bool has_endpoints(const struct deployment *d, const struct deployment_vpc *vpc)
{
	const struct deployment_endpoint *const *list;
	size_t count;

	list = deployment_endpoints(d, &count);
	for (size_t i = 0; i < count; i++)
		if (list[i]->vpc == vpc && !list[i]->gateway)
			return true;
	return false;
}

/* A default route to a gateway serves only who has a public address. */
static bool serves(const struct deployment_route_table *t, const struct deployment_service *s)
{
	for (size_t i = 0; i < t->count; i++)
		if (str_eq(t->routes[i].destination, "0.0.0.0/0"))
			return t->routes[i].kind != DEPLOYMENT_TO_INTERNET_GATEWAY ||
			       s->public_address != VERDICT_FAIL;
	return false;
}

/* The table that a neighbour in the VPC uses and that would serve the subnet as well. */
static const struct deployment_resource *shared_table(const struct deployment *d,
						      const struct failure *f)
{
	const struct deployment_subnet *const *subnets;
	size_t count;

	subnets = deployment_subnets(d, &count);
	for (size_t i = 0; f->subnet->vpc && i < count; i++)
		if (subnets[i]->vpc == f->subnet->vpc && subnets[i]->routes &&
		    subnets[i]->routes->resource && serves(subnets[i]->routes, f->service))
			return subnets[i]->routes->resource;
	return NULL;
}

/* A route table of the VPC with a default route that no subnet uses: forgotten association. */
static const struct deployment_resource *idle_table(const struct deployment *d,
						    const struct deployment_vpc *vpc)
{
	const struct deployment_resource *all;
	const struct deployment_subnet *const *subnets;
	size_t count, subnet_count;

	all = deployment_resources(d, &count);
	subnets = deployment_subnets(d, &subnet_count);
	for (size_t i = 0; vpc && i < count; i++) {
		const json_t *table;
		const struct deployment_resource *t;
		bool used = false;

		if (!check_is_type(&all[i], "AWS::EC2::Route") ||
		    strcmp(check_text(d,
				      json_object_get(all[i].properties, "DestinationCidrBlock")),
			   "0.0.0.0/0"))
			continue;
		table = json_object_get(all[i].properties, "RouteTableId");
		t = table ? deployment_target(d, table, NULL) : NULL;
		for (size_t k = 0; t && k < subnet_count; k++)
			used |= subnets[k]->routes && subnets[k]->routes->resource == t;
		if (t && !used &&
		    deployment_target(d, json_object_get(t->properties, "VpcId"), NULL) ==
			    vpc->resource)
			return t;
	}
	return NULL;
}

/* The table that the subnet should have been associated with. */
static const struct deployment_resource *forgotten_table(const struct deployment *d,
							 const struct failure *f)
{
	const struct deployment_resource *idle = idle_table(d, f->subnet->vpc);

	return idle ? idle : shared_table(d, f);
}

static enum cause cause_of_way(const struct deployment *d, const struct failure *f)
{
	const struct deployment_route *route = default_route(f->subnet);

	if (route && route->kind == DEPLOYMENT_TO_INTERNET_GATEWAY)
		return f->service->public_address == VERDICT_FAIL ? CAUSE_NO_PUBLIC
								  : CAUSE_BROKEN_WAY;
	if (route)
		return CAUSE_BROKEN_WAY;
	if (!f->subnet->routes && forgotten_table(d, f))
		return CAUSE_NOT_ASSOCIATED;
	if (has_endpoints(d, f->subnet->vpc))
		return f->api ? CAUSE_NO_ENDPOINT : CAUSE_SEALED;
	return f->service->public_address == VERDICT_PASS ? CAUSE_BROKEN_WAY : CAUSE_NO_ROUTE;
}

static enum cause cause_of(const struct deployment *d, const struct failure *f)
{
	const struct deployment_vpc *vpc = f->subnet->vpc;
	const struct deployment_endpoint *e = f->endpoint;
	bool dns = vpc && (vpc->dns_support == VERDICT_FAIL ||
			   (vpc->dns_hostnames == VERDICT_FAIL && e && !e->gateway));
	bool acl = f->edge.acl_there.verdict == VERDICT_FAIL ||
		   f->edge.acl_back.verdict == VERDICT_FAIL;

	if (f->edge.verdict != VERDICT_FAIL)
		return f->edge.verdict == VERDICT_PASS ? CAUSE_NONE : CAUSE_UNKNOWN;
	if (e && !e->gateway && (e->private_dns == VERDICT_FAIL || dns))
		return CAUSE_PRIVATE_DNS;
	if (dns)
		return CAUSE_RESOLVER;
	if (f->edge.in.verdict == VERDICT_FAIL) {
		if (e && !e->gateway)
			return CAUSE_ENDPOINT_GROUP;
		return e ? CAUSE_NO_ENDPOINT : cause_of_way(d, f);
	}
	if (f->edge.out.verdict == VERDICT_FAIL)
		return e && e->gateway ? CAUSE_PREFIX_LIST : CAUSE_EGRESS;
	return acl ? CAUSE_ACL : CAUSE_NONE;
}

/* ---- findings -------------------------------------------------------------------------------- */

/* The failures of one service that have the same cause. */
struct failures {
	struct failure first;
	struct buf apis, subnets;
};

static void word(struct buf *b, const char *text)
{
	if (b->data && strstr(b->data, text))
		return;
	buf_printf(b, "%s%s", b->len ? ", " : "", text);
}

static void collect(struct failures *all, const struct failure *f)
{
	if (!all->first.service)
		all->first = *f;
	word(&all->apis, f->api ? f->api : "the image's registry");
	word(&all->subnets,
	     f->subnet->resource ? f->subnet->resource->logical : "a subnet outside");
}

/* ---- classes: services with the same needs in the same place fail alike ----------------------- */

struct class {
	const struct deployment_service *first;
	struct check_apis needs;
	struct failure *failures; /* service: `first` */
	size_t count;
};
struct classes {
	struct class *list;
	size_t count;
	size_t *of; /* of each service; SIZE_MAX: none */
};

static void add_failure(const struct deployment *d, struct class *k, struct failure *f)
{
	f->cause = cause_of(d, f);
	if (f->cause == CAUSE_NONE)
		return;
	k->failures = mem_grow(k->failures, k->count + 1, sizeof(*k->failures));
	k->failures[k->count++] = *f;
}

static void examine(const struct deployment *d, struct class *k)
{
	const struct deployment_service *s = k->first;

	for (size_t i = 0; i < s->subnet_count; i++) {
		struct reach_end from = check_service_end(s);
		struct failure f = { .service = s, .subnet = s->subnets[i] };

		from.subnets = &f.subnet;
		from.subnet_count = 1;
		for (size_t n = 0; n < k->needs.count; n++) {
			f.api = k->needs.apis[n];
			f.endpoint = NULL;
			reach_api(d, &from, f.api, &f.edge, &f.endpoint);
			add_failure(d, k, &f);
		}
		if (!k->needs.other_registry)
			continue;
		f.api = NULL;
		f.endpoint = NULL;
		reach_internet(d, &from, HTTPS_PORT, &f.edge);
		add_failure(d, k, &f);
	}
}

static bool same_needs(const struct check_apis *a, const struct check_apis *b)
{
	if (a->count != b->count || a->other_registry != b->other_registry)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->apis[i], b->apis[i]) != 0)
			return false;
	return true;
}

static size_t class_of(const struct deployment *d, struct classes *all,
		       const struct deployment_service *s)
{
	struct class new = { .first = s };

	if (!s->task || !s->subnet_count)
		return SIZE_MAX;
	check_service_needs(d, s, &new.needs);
	for (size_t i = 0; i < all->count; i++)
		if (check_same_place(all->list[i].first, s) &&
		    same_needs(&all->list[i].needs, &new.needs))
			return i;
	examine(d, &new);
	all->list = mem_grow(all->list, all->count + 1, sizeof(*all->list));
	all->list[all->count++] = new;
	return all->count - 1;
}

static void drop_classes(void *value)
{
	struct classes *all = value;

	for (size_t i = 0; i < all->count; i++)
		free(all->list[i].failures);
	free(all->list);
	free(all->of);
	free(all);
}

static const struct classes *classes(const struct check *c)
{
	static const char owner;
	void **slot = check_memo(c, &owner, NULL, drop_classes);
	const struct deployment_service *const *services;
	struct classes *all;
	size_t count;

	if (*slot)
		return *slot;
	services = deployment_services(check_deployment(c), &count);
	*slot = all = NEW(struct classes);
	all->of = mem_new(count + 1, sizeof(size_t));
	for (size_t i = 0; i < count; i++)
		all->of[i] = class_of(check_deployment(c), all, services[i]);
	return all;
}

typedef void say(struct check *c, const struct failures *all);

static void each_service(struct check *c, enum cause want, say *tell)
{
	const struct classes *known = classes(c);
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++) {
		struct failures all = { .first = { .service = NULL } };
		const struct class *k = known->of[i] < SIZE_MAX ? &known->list[known->of[i]] : NULL;

		for (size_t n = 0; k && n < k->count; n++)
			if (k->failures[n].cause == want)
				collect(&all, &k->failures[n]);
		if (all.first.service) {
			all.first.service = services[i];
			tell(c, &all);
		}
		buf_free(&all.apis);
		buf_free(&all.subnets);
	}
}

static struct check_finding finding(const struct failures *all)
{
	return (struct check_finding){ .severity = CHECK_FAIL,
				       .resource = all->first.service->resource,
				       .property = "NetworkConfiguration/AwsvpcConfiguration",
				       .second = all->first.subnet->resource,
				       .service = all->first.service };
}

static void say_egress(struct check *c, const struct failures *all)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_group *g = all->first.edge.out.group;
	struct check_finding f = finding(all);

	if (g && g->resource) {
		f.resource = g->resource;
		f.property = "SecurityGroupEgress";
		f.second = all->first.service->resource;
	}
	f.remedy = "{\"IpProtocol\":\"tcp\",\"FromPort\":443,\"ToPort\":443,"
		   "\"CidrIp\":\"0.0.0.0/0\"} in SecurityGroupEgress";
	check_add(c, &f, "service %s may not send to TCP 443 (%s): no egress rule of %s covers it",
		  check_name(all->first.service->resource), all->apis.data, check_group_name(d, g));
}

static void say_unknown(struct check *c, const struct failures *all)
{
	const struct reach_edge *e = &all->first.edge;
	const struct reach_evidence *sides[] = { &e->in, &e->out, &e->acl_there, &e->acl_back };
	const char *lookup =
		"aws ec2 describe-route-tables and describe-vpc-endpoints of the subnets";
	struct check_finding f = finding(all);

	f.severity = CHECK_UNKNOWN;
	for (size_t i = 4; i-- > 0;)
		if (sides[i]->verdict == VERDICT_UNKNOWN && *sides[i]->unknown)
			lookup = sides[i]->unknown;
	f.lookup = lookup;
	check_add(c, &f, "whether service %s reaches %s from %s is not in the templates",
		  check_name(all->first.service->resource), all->apis.data, all->subnets.data);
}

static void say_no_public(struct check *c, const struct failures *all)
{
	struct check_finding f = finding(all);

	f.property = "NetworkConfiguration/AwsvpcConfiguration/AssignPublicIp";
	if (!json_path(f.resource->properties,
		       "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp"))
		f.property = "NetworkConfiguration/AwsvpcConfiguration";
	f.remedy = "\"AssignPublicIp\": \"ENABLED\"";
	check_add(c, &f,
		  "tasks of %s in %s have an internet gateway as their way out but no public "
		  "address, so they cannot reach %s",
		  check_name(f.resource), all->subnets.data, all->apis.data);
}

static void say_no_route(struct check *c, const struct failures *all)
{
	struct check_finding f = finding(all);

	f.remedy = "{\"Type\":\"AWS::EC2::Route\",\"Properties\":{\"RouteTableId\":{\"Ref\":"
		   "\"<route table of the subnet>\"},\"DestinationCidrBlock\":\"0.0.0.0/0\","
		   "\"NatGatewayId\":{\"Ref\":\"<NAT gateway>\"}}}";
	check_add(c, &f,
		  "tasks of %s may be placed in %s, which has no default route and no VPC "
		  "endpoints: no way to %s",
		  check_name(f.resource), all->subnets.data, all->apis.data);
}

static void say_broken(struct check *c, const struct failures *all)
{
	static const char attach[] =
		"{\"Type\":\"AWS::EC2::VPCGatewayAttachment\",\"Properties\":{\"VpcId\":"
		"{\"Ref\":\"<VPC>\"},\"InternetGatewayId\":{\"Ref\":\"<gateway>\"}}}";
	const struct deployment_route *route = default_route(all->first.subnet);
	struct check_finding f = finding(all);

	if (all->first.edge.in.resource)
		f.second = all->first.edge.in.resource;
	if (route && route->kind == DEPLOYMENT_TO_NAT &&
	    check_is_type(f.second, "AWS::EC2::InternetGateway")) {
		f.remedy = attach;
		check_add(c, &f,
			  "the way out of %s is NAT gateway %s, and internet gateway %s behind it is "
			  "not attached to the VPC: %s cannot reach %s",
			  all->subnets.data, check_name(route->target), check_name(f.second),
			  check_name(f.resource), all->apis.data);
	} else if (route && route->kind == DEPLOYMENT_TO_NAT) {
		f.remedy =
			"put the NAT gateway into a subnet whose route table has 0.0.0.0/0 to an "
			"attached internet gateway";
		check_add(c, &f,
			  "the way out of %s is NAT gateway %s, which has no way to the internet "
			  "itself: %s cannot reach %s",
			  all->subnets.data, check_name(f.second), check_name(f.resource),
			  all->apis.data);
	} else if (route) {
		f.remedy = attach;
		check_add(c, &f,
			  "the default route of %s leads to a gateway that is not attached to the "
			  "VPC: %s cannot reach %s",
			  all->subnets.data, check_name(f.resource), all->apis.data);
	} else {
		f.remedy = "a subnet whose route table has 0.0.0.0/0 to an internet gateway";
		check_add(c, &f,
			  "service %s asks for a public address, but %s has no route to an "
			  "internet gateway: it cannot reach %s",
			  check_name(f.resource), all->subnets.data, all->apis.data);
	}
}

static void say_no_endpoint(struct check *c, const struct failures *all)
{
	struct check_finding f = finding(all);
	OWN(str) char *remedy = NULL;

	if (all->first.endpoint && all->first.endpoint->resource) {
		f.second = all->first.endpoint->resource;
		f.second_property = "RouteTableIds";
		remedy = str_printf("the subnet's route table in RouteTableIds of %s",
				    f.second->logical);
	} else {
		remedy = str_printf(
			"{\"Type\":\"AWS::EC2::VPCEndpoint\",\"Properties\":{\"VpcId\":"
			"{\"Ref\":\"<VPC>\"},\"ServiceName\":{\"Fn::Sub\":"
			"\"com.amazonaws.${AWS::Region}.%s\"},\"VpcEndpointType\":\"%s\"}}",
			all->first.api, !strcmp(all->first.api, "s3") ? "Gateway" : "Interface");
	}
	f.remedy = remedy;
	check_add(c, &f,
		  "the VPC has endpoints but none that serves %s for %s, and no other way out: "
		  "service %s does not start",
		  all->apis.data, all->subnets.data, check_name(f.resource));
}

static void say_endpoint_group(struct check *c, const struct failures *all)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_endpoint *e = all->first.endpoint;
	const struct deployment_group *g = e->group_count ? e->groups[0] : NULL;
	const struct deployment_service *s = all->first.service;
	OWN(str)
	char *remedy =
		check_rule_remedy(d, true, g, s->group_count ? s->groups[0] : NULL, HTTPS_PORT);
	struct check_finding f = finding(all);

	f.second = e->resource;
	f.second_property = "SecurityGroupIds";
	f.property = NULL;
	f.resource = g && g->resource ? g->resource : e->resource;
	f.remedy = remedy;
	check_add(c, &f,
		  "the endpoints for %s do not let service %s in: security group %s admits no "
		  "TCP 443 from %s",
		  all->apis.data, check_name(s->resource), check_group_name(d, g),
		  check_group_name(d, s->group_count ? s->groups[0] : NULL));
}

static void say_private_dns(struct check *c, const struct failures *all)
{
	const struct deployment_endpoint *e = all->first.endpoint;
	const struct deployment_resource *vpc = e->vpc ? e->vpc->resource : NULL;
	bool own = e->private_dns == VERDICT_FAIL;
	struct check_finding f = finding(all);

	f.resource = own ? e->resource : vpc;
	f.property = own && json_object_get(e->resource->properties, "PrivateDnsEnabled")
			     ? "PrivateDnsEnabled"
			     : NULL;
	f.second = all->first.service->resource;
	f.remedy = own ? "\"PrivateDnsEnabled\": true"
		       : "\"EnableDnsSupport\": true, \"EnableDnsHostnames\": true";
	check_add(c, &f, "names of %s resolve to public addresses that %s has no way to: %s",
		  all->apis.data, all->subnets.data,
		  own ? "the endpoint has private DNS off"
		      : "the VPC's DNS attributes are not both on");
}

static void say_sealed(struct check *c, const struct failures *all)
{
	struct check_finding f = finding(all);

	f.resource = all->first.service->task->resource;
	f.property = "ContainerDefinitions";
	f.remedy = "an image of <account>.dkr.ecr.<region>.amazonaws.com (copy it there), or a NAT "
		   "gateway";
	check_add(c, &f,
		  "the image of service %s is in a registry outside of AWS's private ones, and %s "
		  "has VPC endpoints only",
		  check_name(all->first.service->resource), all->subnets.data);
}

static void say_acl(struct check *c, const struct failures *all)
{
	const struct reach_edge *e = &all->first.edge;
	bool there = e->acl_there.verdict == VERDICT_FAIL;
	struct check_finding f = finding(all);

	if ((there ? &e->acl_there : &e->acl_back)->resource) {
		f.resource = (there ? &e->acl_there : &e->acl_back)->resource;
		f.property = NULL;
	}
	f.remedy = there ? "an entry that allows TCP 443 out (and in at the other subnet)"
			 : "an entry that allows TCP 1024-65535 for the answers";
	check_add(c, &f, "network ACL %s drops %s between service %s and %s",
		  check_name(f.resource),
		  there ? "TCP 443" : "the answers (ports 1024 to 65535) of TCP 443",
		  check_name(all->first.service->resource), all->apis.data);
}

static void say_not_associated(struct check *c, const struct failures *all)
{
	const struct deployment_resource *t = forgotten_table(check_deployment(c), &all->first);
	OWN(str) char *remedy = NULL;
	struct check_finding f = finding(all);

	f.resource = all->first.subnet->resource;
	f.property = NULL;
	f.second = t;
	remedy = str_printf("{\"Type\":\"AWS::EC2::SubnetRouteTableAssociation\",\"Properties\":{"
			    "\"SubnetId\":{\"Ref\":\"%s\"},\"RouteTableId\":{\"Ref\":\"%s\"}}}",
			    check_name(f.resource), check_name(t));
	f.remedy = remedy;
	check_add(c, &f,
		  "%s falls to the main route table, which has no default route; table %s has one, "
		  "but no association ties the two: service %s cannot reach %s",
		  all->subnets.data, check_name(t), check_name(all->first.service->resource),
		  all->apis.data);
}

static void say_prefix_list(struct check *c, const struct failures *all)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_group *g = all->first.edge.out.group;
	struct check_finding f = finding(all);

	if (g && g->resource) {
		f.resource = g->resource;
		f.property = "SecurityGroupEgress";
	}
	f.second = all->first.endpoint->resource;
	f.remedy = "{\"IpProtocol\":\"tcp\",\"FromPort\":443,\"ToPort\":443,"
		   "\"DestinationPrefixListId\":\"<prefix list of S3>\"} in SecurityGroupEgress";
	check_add(c, &f,
		  "image layers come from S3's public addresses by gateway endpoint %s, and no "
		  "egress rule of %s (service %s) covers them at TCP 443",
		  check_name(f.second), check_group_name(d, g),
		  check_name(all->first.service->resource));
}

void check_c03(struct check *c)
{
	each_service(c, CAUSE_EGRESS, say_egress);
}

void check_c04(struct check *c)
{
	each_service(c, CAUSE_NO_PUBLIC, say_no_public);
}

void check_c05(struct check *c)
{
	each_service(c, CAUSE_NO_ROUTE, say_no_route);
	each_service(c, CAUSE_UNKNOWN, say_unknown);
}

void check_c06(struct check *c)
{
	each_service(c, CAUSE_BROKEN_WAY, say_broken);
}

void check_c07(struct check *c)
{
	each_service(c, CAUSE_NO_ENDPOINT, say_no_endpoint);
}

void check_c08(struct check *c)
{
	each_service(c, CAUSE_ENDPOINT_GROUP, say_endpoint_group);
}

void check_c09(struct check *c)
{
	each_service(c, CAUSE_PRIVATE_DNS, say_private_dns);
}

void check_c10(struct check *c)
{
	each_service(c, CAUSE_SEALED, say_sealed);
}

void check_c11_api(struct check *c)
{
	each_service(c, CAUSE_ACL, say_acl);
}

void check_c24(struct check *c)
{
	each_service(c, CAUSE_NOT_ASSOCIATED, say_not_associated);
}

void check_c25(struct check *c)
{
	each_service(c, CAUSE_PREFIX_LIST, say_prefix_list);
}
