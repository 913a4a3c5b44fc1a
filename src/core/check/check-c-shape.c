/* Faults that the shape of the network shows without asking who reaches whom: C15 to C17, C21 to
 * C23, C27, C28. */
#include <string.h>

#include "core/check/check-mount.h"

static void rules_c15(struct check *c, const struct deployment_group *g, bool ingress)
{
	size_t count = ingress ? g->ingress_count : g->egress_count;

	for (size_t i = 0; i < count; i++) {
		const struct deployment_rule *r = ingress ? &g->ingress[i] : &g->egress[i];
		struct check_finding f = { .severity = CHECK_FAIL,
					   .resource = r->resource,
					   .second = g->resource };
		const char *rest = r->pointer ? strstr(r->pointer, "/Properties/") : NULL;

		if (r->peer != DEPLOYMENT_PEER_NONE || !r->resource)
			continue;
		f.property = rest ? rest + strlen("/Properties/") : NULL;
		f.remedy = ingress ? "\"SourceSecurityGroupId\": {\"Fn::GetAtt\":[\"<group of the "
				     "tasks>\",\"GroupId\"]}"
				   : "\"CidrIp\": \"0.0.0.0/0\"";
		check_add(
			c, &f,
			"a rule of security group %s for ports %u to %u names no %s, so it admits "
			"nobody",
			check_name(g->resource), r->from, r->to,
			ingress ? "source" : "destination");
	}
}

void check_c15(struct check *c)
{
	const struct deployment_group *const *groups;
	size_t count;

	groups = deployment_groups(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++) {
		rules_c15(c, groups[i], true);
		rules_c15(c, groups[i], false);
	}
}

/* ---- C16 ------------------------------------------------------------------------------------- */

static bool mentions(const struct deployment *d, const json_t *value,
		     const struct deployment_resource *r, unsigned depth)
{
	const json_t *member;
	const char *key;
	size_t i;

	if (depth > 24 || !value)
		return false;
	if (template_is_symbol(value) && deployment_target(d, value, NULL) == r)
		return true;
	if (json_is_array(value))
		json_array_foreach(value, i, member)
			if (mentions(d, member, r, depth + 1))
				return true;
	if (json_is_object(value)) {
		void *it = json_object_iter((json_t *)(uintptr_t)value);
		for (; it; it = json_object_iter_next((json_t *)(uintptr_t)value, it)) {
			key = json_object_iter_key(it);
			if (strcmp(key, "$symbol") &&
			    mentions(d, json_object_iter_value(it), r, depth + 1))
				return true;
		}
	}
	return false;
}

static bool is_group_resource(const struct deployment_resource *r)
{
	return str_starts(r->type, "AWS::EC2::SecurityGroup");
}

bool check_group_attached(const struct deployment *d, const struct deployment_resource *group)
{
	const struct deployment_resource *all;
	size_t count;

	all = deployment_resources(d, &count);
	for (size_t i = 0; i < count; i++)
		if (!is_group_resource(&all[i]) && mentions(d, all[i].properties, group, 0))
			return true;
	return false;
}

/* Does source text of a template name the logical id? */
static bool text_names(const json_t *node, const char *logical, unsigned depth)
{
	const char *text = json_string_value(node), *at;
	size_t len = strlen(logical), i;
	const json_t *member;

	if (text && !strncmp(text, logical, len) && (!text[len] || text[len] == '.'))
		return true;
	for (at = text; at && (at = strstr(at, "${")); at += 2)
		if (!strncmp(at + 2, logical, len) && (at[2 + len] == '}' || at[2 + len] == '.'))
			return true;
	if (depth > 24)
		return false;
	json_array_foreach(node, i, member)
		if (text_names(member, logical, depth + 1))
			return true;
	for (void *it = json_object_iter((json_t *)(uintptr_t)node); it;
	     it = json_object_iter_next((json_t *)(uintptr_t)node, it))
		if (text_names(json_object_iter_value(it), logical, depth + 1))
			return true;
	return false;
}

/* An output hands the group to somebody else, or a resource has it that a condition leaves out. */
static bool is_for_others(const struct check *c, const struct deployment_resource *group)
{
	size_t count;
	const struct deployment_template *templates = check_templates(c, &count);
	const json_t *body =
		group->template <count ? template_body(templates[group->template].t) : NULL;
	json_t *resources = json_map(body, "Resources"), *resource;
	const char *name;

	if (text_names(json_map(body, "Outputs"), group->logical, 0))
		return true;
	json_object_foreach(resources, name, resource) {
		const json_t *properties = json_object_get(resource, "Properties");
		if (!str_starts(json_str_or(resource, "Type", ""), "AWS::EC2::SecurityGroup") &&
		    text_names(properties, group->logical, 0))
			return true;
	}
	return false;
}

/* The group whose rules name g as the other side, or NULL. */
static const struct deployment_group *names_as_peer(const struct deployment *d,
						    const struct deployment_group *g)
{
	const struct deployment_group *const *groups;
	size_t count;

	groups = deployment_groups(d, &count);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < groups[i]->ingress_count; k++)
			if (groups[i] != g && groups[i]->ingress[k].group == g)
				return groups[i];
		for (size_t k = 0; k < groups[i]->egress_count; k++)
			if (groups[i] != g && groups[i]->egress[k].group == g)
				return groups[i];
	}
	return NULL;
}

/* A rule for the VPC's default group somewhere: then the default group may let tasks in. */
static bool default_group_has_rules(const struct deployment *d)
{
	const struct deployment_resource *all;
	const char *attribute;
	size_t count;

	all = deployment_resources(d, &count);
	for (size_t i = 0; i < count; i++) {
		const json_t *id = json_object_get(all[i].properties, "GroupId");
		attribute = "";
		if (check_is_type(&all[i], "AWS::EC2::SecurityGroupIngress") && id &&
		    check_is_type(deployment_target(d, id, &attribute), "AWS::EC2::VPC"))
			return true;
	}
	return false;
}

static bool has_default_group(const struct deployment *d, const struct deployment_service *s)
{
	for (size_t i = 0; i < s->group_count; i++)
		if (!s->groups[i]->resource && s->groups[i]->identity &&
		    check_is_type(deployment_target(d, s->groups[i]->identity, NULL),
				  "AWS::EC2::VPC"))
			return true;
	return s->groups_default;
}

static bool forgotten_c16(struct check *c, const struct check_mount *m)
{
	const struct deployment_group *g = check_mount_forgotten(check_deployment(c), m);
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = g ? g->resource : NULL,
				   .second = m->service->resource,
				   .service = m->service };

	if (!g)
		return false;
	f.remedy = "the group that has the rules in SecurityGroups of the service or mount target";
	check_add(c, &f,
		  "the rules that would let service %s to mount target %s are about security group "
		  "%s, which nothing is attached to",
		  check_name(m->service->resource), check_name(m->target->resource),
		  check_name(g->resource));
	return true;
}

static bool lists_no_groups(const struct deployment_resource *r)
{
	return check_is_type(r, "AWS::EFS::MountTarget") &&
	       !json_object_get(r->properties, "SecurityGroups");
}

static void targets_c16(struct check *c)
{
	size_t count;
	const struct deployment_resource *all = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		struct check_finding f = {
			.severity = CHECK_FAIL,
			.resource = &all[i],
			.remedy = "\"SecurityGroups\": [{\"Fn::GetAtt\":[\"<group with TCP 2049 from the "
				  "tasks>\",\"GroupId\"]}]"
		};

		if (lists_no_groups(&all[i]))
			check_add(c, &f,
				  "mount target %s lists no security groups: CloudFormation requires them, "
				  "and the VPC's default group would admit its own members only",
				  check_name(&all[i]));
	}
}

static void mount_c16(struct check *c, const struct check_mount *m)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_subnet *s = m->target->subnet;
	bool own = s->vpc && s->vpc->resource && !default_group_has_rules(d);
	struct check_finding f = { .severity = own ? CHECK_FAIL : CHECK_UNKNOWN,
				   .resource = m->target->resource,
				   .second = m->service->resource,
				   .service = m->service };
	OWN(str) char *remedy = NULL;

	if (forgotten_c16(c, m) || !check_mount_default_group(m->target) ||
	    has_default_group(d, m->service) || lists_no_groups(m->target->resource))
		return;
	remedy = str_printf(
		"\"SecurityGroups\": [{\"Fn::GetAtt\":[\"<group with TCP 2049 from %s>\","
		"\"GroupId\"]}]",
		m->service->group_count ? check_group_name(d, m->service->groups[0]) : "the tasks");
	f.remedy = remedy;
	f.lookup =
		own ? NULL
		    : "aws ec2 describe-security-group-rules of the VPC's default security group";
	check_add(c, &f,
		  "mount target %s lists no security groups, so it has the VPC's default group, "
		  "which admits its own members only; service %s is none",
		  check_name(m->target->resource), check_name(m->service->resource));
}

void check_c16(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_group *const *groups;
	size_t count;

	check_mounts(c, mount_c16);
	targets_c16(c);
	groups = deployment_groups(d, &count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_group *peer;
		struct check_finding f = { .severity = CHECK_WARN,
					   .resource = groups[i]->resource };

		if (!groups[i]->resource || check_group_attached(d, groups[i]->resource) ||
		    is_for_others(c, groups[i]->resource) || !(peer = names_as_peer(d, groups[i])))
			continue;
		f.second = peer->resource;
		check_add(c, &f,
			  "rules of %s admit security group %s, which nothing is attached to",
			  check_name(peer->resource), check_name(groups[i]->resource));
	}
}

/* ---- C17 ------------------------------------------------------------------------------------- */

static void other_vpc(struct check *c, const struct deployment_service *s,
		      const struct deployment_resource *one, const struct deployment_vpc *a,
		      const struct deployment_resource *other, const struct deployment_vpc *b)
{
	struct check_finding f = {
		.severity = CHECK_FAIL, .resource = one, .second = other, .service = s
	};
	enum verdict same = check_same_vpc(a, b);

	if (same == VERDICT_PASS || !one || !other || (!a && !b))
		return;
	if (same == VERDICT_UNKNOWN) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = "aws ec2 describe-subnets / describe-security-groups: the VpcId of both";
		check_add(c, &f,
			  "%s and %s have to be in one VPC; the templates do not say whether they "
			  "are",
			  check_name(one), check_name(other));
		return;
	}
	f.property = "VpcId";
	f.second_property = "VpcId";
	if (!s)
		check_add(c, &f, "%s is in VPC %s and %s in VPC %s; the one is made in the other's",
			  check_name(one), check_name(a->resource), check_name(other),
			  check_name(b->resource));
	else
		check_add(c, &f, "%s is in VPC %s and %s in VPC %s, but service %s needs both",
			  check_name(one), check_name(a->resource), check_name(other),
			  check_name(b->resource), check_name(s->resource));
}

static void endpoints_c17(struct check *c)
{
	const struct deployment_endpoint *const *all;
	size_t count;

	all = deployment_endpoints(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_endpoint *e = all[i];
		for (size_t k = 0; e->vpc && k < e->group_count; k++)
			other_vpc(c, NULL, e->groups[k]->resource, e->groups[k]->vpc, e->resource, e->vpc);
		for (size_t k = 0; e->vpc && k < e->subnet_count; k++)
			other_vpc(c, NULL, e->subnets[k]->resource, e->subnets[k]->vpc, e->resource,
				  e->vpc);
	}
}

static void mount_c17(struct check *c, const struct check_mount *m)
{
	other_vpc(c, m->service, m->target->subnet->resource, m->target->subnet->vpc,
		  m->from.subnets[0]->resource, m->from.subnets[0]->vpc);
	for (size_t i = 0; i < m->target->group_count; i++)
		other_vpc(c, m->service, m->target->groups[i]->resource, m->target->groups[i]->vpc,
			  m->target->subnet->resource, m->target->subnet->vpc);
}

void check_c17(struct check *c)
{
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_service *s = services[i];
		for (size_t k = 0; k < s->group_count && s->subnet_count; k++)
			other_vpc(c, s, s->groups[k]->resource, s->groups[k]->vpc,
				  s->subnets[0]->resource, s->subnets[0]->vpc);
		for (size_t k = 1; k < s->subnet_count; k++)
			other_vpc(c, s, s->subnets[k]->resource, s->subnets[k]->vpc,
				  s->subnets[0]->resource, s->subnets[0]->vpc);
	}
	check_mounts(c, mount_c17);
	endpoints_c17(c);
}

/* ---- C21 ------------------------------------------------------------------------------------- */

static long desired(const struct deployment *d, const struct deployment_service *s, bool rolling)
{
	long count = 1, most = 200;

	check_number(d, json_object_get(s->resource->properties, "DesiredCount"), &count);
	if (!rolling)
		return count;
	check_number(d,
		     json_path(s->resource->properties, "DeploymentConfiguration.MaximumPercent"),
		     &most);
	return count * (most < 100 ? 100 : most) / 100;
}

/* Addresses other than those of tasks that the subnet gives away. */
static long fixed_addresses(const struct deployment *d, const struct deployment_subnet *s)
{
	const struct deployment_resource *all;
	size_t count;
	long sum = 0;

	all = deployment_resources(d, &count);
	for (size_t i = 0; i < count; i++) {
		const char *type = all[i].type;
		if (strcmp(type, "AWS::EFS::MountTarget") && strcmp(type, "AWS::EC2::NatGateway") &&
		    strcmp(type, "AWS::EC2::Instance") && strcmp(type, "AWS::EC2::VPCEndpoint"))
			continue;
		sum += mentions(d, all[i].properties, s->resource, 0);
	}
	return sum;
}

/* Tasks spread over the subnets of their service: each gets its share, rounded up. */
void check_c21(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_subnet *const *subnets;
	const struct deployment_service *const *services;
	size_t count, service_count;

	subnets = deployment_subnets(d, &count);
	services = deployment_services(d, &service_count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_subnet *s = subnets[i];
		struct check_finding f = { .severity = CHECK_WARN,
					   .resource = s->resource,
					   .property = "CidrBlock" };
		long usable, steady = 0, rolling = 0, shares = 0;

		if (!s->resource || !s->known_cidr || s->bits > 30 || s->bits < 16)
			continue;
		usable = (1L << (32 - s->bits)) - 5;
		for (size_t k = 0; k < service_count; k++)
			for (size_t n = 0; n < services[k]->subnet_count; n++)
				if (services[k]->subnets[n] == s) {
					long of = (long)services[k]->subnet_count;
					shares = of > shares ? of : shares;
					steady += desired(d, services[k], false) * 100 / of;
					rolling += desired(d, services[k], true) * 100 / of;
					f.second = services[k]->resource;
				}
		if (!steady)
			continue;
		steady = (steady + 99) / 100 + fixed_addresses(d, s);
		rolling = (rolling + 99) / 100 + fixed_addresses(d, s);
		if (rolling <= usable)
			continue;
		f.severity = steady > usable ? CHECK_FAIL : CHECK_WARN;
		check_add(c, &f,
			  "subnet %s has %ld addresses to give; its share of tasks, mount targets "
			  "and "
			  "endpoints is %ld, and %ld while a deployment replaces them",
			  check_name(s->resource), usable, steady, rolling);
	}
}

/* ---- C22, C23 -------------------------------------------------------------------------------- */

/* With the default group of a VPC that is in the templates, what is closed is known. */
static void mount_c22(struct check *c, const struct check_mount *m)
{
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = m->service->resource,
				   .property = "NetworkConfiguration/AwsvpcConfiguration",
				   .second = m->target->resource,
				   .service = m->service };

	if (!m->service->groups_default || m->edge.in.verdict != VERDICT_FAIL ||
	    check_mount_default_group(m->target))
		return;
	f.remedy = "\"SecurityGroups\": [{\"Fn::GetAtt\":[\"<group of the tasks>\",\"GroupId\"]}]";
	check_add(c, &f,
		  "service %s lists no security groups, so its tasks get the default group of the "
		  "VPC, which mount target %s does not let in",
		  check_name(m->service->resource), check_name(m->target->resource));
}

void check_c22(struct check *c)
{
	const struct deployment_service *const *services;
	size_t count;

	check_mounts(c, mount_c22);
	services = deployment_services(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_service *s = services[i];
		struct check_finding f = { .severity = CHECK_WARN,
					   .resource = s->resource,
					   .property = "NetworkConfiguration/AwsvpcConfiguration",
					   .service = s };

		if (s->groups_default && s->resource && s->subnet_count)
			check_add(c, &f,
				  "service %s lists no security groups, so its tasks get the "
				  "default group of the VPC: everything goes out, only members "
				  "come in",
				  check_name(s->resource));
	}
}

static void too_many(struct check *c, const struct deployment_resource *r,
		     const struct deployment_service *s, const json_t *list, const char *property,
		     size_t most, const char *what)
{
	struct check_finding f = {
		.severity = CHECK_FAIL, .resource = r, .property = property, .service = s
	};

	if (json_array_size(list) > most)
		check_add(c, &f, "%s lists %zu %s, the API takes %zu at most", check_name(r),
			  json_array_size(list), what, most);
}

void check_c23(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_service *const *services;
	const struct deployment_file_system *const *systems;
	size_t count;

	services = deployment_services(d, &count);
	for (size_t i = 0; i < count; i++) {
		const json_t *p = services[i]->resource
					  ? json_path(services[i]->resource->properties,
						      "NetworkConfiguration.AwsvpcConfiguration")
					  : NULL;
		too_many(c, services[i]->resource, services[i], json_list(p, "SecurityGroups"),
			 "NetworkConfiguration/AwsvpcConfiguration/SecurityGroups", 5,
			 "security groups");
		too_many(c, services[i]->resource, services[i], json_list(p, "Subnets"),
			 "NetworkConfiguration/AwsvpcConfiguration/Subnets", 16, "subnets");
	}
	systems = deployment_file_systems(d, &count);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < systems[i]->target_count; k++) {
			const struct deployment_resource *r = systems[i]->targets[k].resource;
			too_many(c, r, NULL, json_list(r->properties, "SecurityGroups"),
				 "SecurityGroups", 5, "security groups");
		}
}

/* ---- C27, C28 -------------------------------------------------------------------------------- */

static bool more_blocks(const struct deployment *d, const struct deployment_vpc *vpc)
{
	const struct deployment_resource *all;
	size_t count;

	all = deployment_resources(d, &count);
	for (size_t i = 0; i < count; i++)
		if (check_is_type(&all[i], "AWS::EC2::VPCCidrBlock") &&
		    mentions(d, all[i].properties, vpc->resource, 0))
			return true;
	return false;
}

static bool overlap(const struct deployment_subnet *a, const struct deployment_subnet *b)
{
	unsigned bits = a->bits < b->bits ? a->bits : b->bits;

	return ip_in_cidr(a->base, b->base, bits);
}

static void block_c27(struct check *c, const struct deployment_vpc *v)
{
	struct check_finding f = { .severity = CHECK_FAIL, .property = "CidrBlock" };

	if (!v || !v->resource || !v->known_cidr || (v->bits >= 16 && v->bits <= 28))
		return;
	f.resource = v->resource;
	check_add(c, &f, "VPC %s has a /%u, allowed are /16 to /28", check_name(v->resource), v->bits);
}

void check_c27(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_subnet *const *all;
	size_t count;

	all = deployment_subnets(d, &count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_subnet *s = all[i];
		struct check_finding f = { .severity = CHECK_FAIL,
					   .resource = s->resource,
					   .property = "CidrBlock" };

		if (!s->resource || !s->known_cidr)
			continue;
		if (s->bits < 16 || s->bits > 28)
			check_add(c, &f, "subnet %s has a /%u, allowed are /16 to /28",
				  check_name(s->resource), s->bits);
		block_c27(c, s->vpc);
		f.second = s->vpc ? s->vpc->resource : NULL;
		f.second_property = "CidrBlock";
		if (f.second && s->vpc->known_cidr && !more_blocks(d, s->vpc) &&
		    (s->bits < s->vpc->bits || !ip_in_cidr(s->base, s->vpc->base, s->vpc->bits)))
			check_add(c, &f, "the CIDR of subnet %s is not inside that of VPC %s",
				  check_name(s->resource), check_name(f.second));
		for (size_t k = 0; k < i; k++) {
			if (!all[k]->resource || !all[k]->known_cidr || !s->vpc ||
			    all[k]->vpc != s->vpc || !overlap(s, all[k]))
				continue;
			f.second = all[k]->resource;
			check_add(c, &f, "subnets %s and %s of one VPC overlap",
				  check_name(s->resource), check_name(all[k]->resource));
		}
	}
}

void check_c28(struct check *c)
{
	const struct deployment_endpoint *const *all;
	size_t count;

	all = deployment_endpoints(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++) {
			struct check_finding f = { .severity = CHECK_FAIL,
						   .resource = all[i]->resource,
						   .second = all[k]->resource };

			if (all[i]->gateway || all[k]->gateway || !all[i]->service ||
			    !str_eq(all[i]->service, all[k]->service) || !all[i]->vpc ||
			    all[i]->vpc != all[k]->vpc || all[i]->private_dns != VERDICT_PASS ||
			    all[k]->private_dns != VERDICT_PASS)
				continue;
			check_add(c, &f,
				  "%s and %s are both private endpoints for %s in one VPC: the "
				  "second "
				  "cannot be created with private DNS on",
				  check_name(all[k]->resource), check_name(all[i]->resource),
				  all[i]->service);
		}
}
