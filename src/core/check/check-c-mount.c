/* From the tasks to the mount targets of their file systems: C01, C02, C11, C19 and the default
 * group on a mount target (C16). Tasks of a zone use the mount target of that zone. */
#include <string.h>

#include "core/check/check-mount.h"

/* Subnets of the service in the zone of the target; all whose zone is not known count as well. */
size_t check_mount_subnets(const struct deployment_service *s,
			   const struct deployment_mount_target *m,
			   const struct deployment_subnet **ret, size_t most)
{
	const char *zone = m->subnet ? m->subnet->zone : NULL;
	size_t count = 0;

	for (size_t i = 0; i < s->subnet_count && count < most; i++)
		if (s->subnets[i] == m->subnet ||
		    (zone && s->subnets[i]->zone && !strcmp(zone, s->subnets[i]->zone)))
			ret[count++] = s->subnets[i];
	for (size_t i = 0; !count && i < s->subnet_count && i < most; i++)
		if (!zone || !s->subnets[i]->zone)
			ret[i] = s->subnets[i], count++;
	return count;
}

bool check_mount_default_group(const struct deployment_mount_target *m)
{
	return !m->group_count;
}

void check_mounts(struct check *c, check_mount_visit *visit)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(d, &count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_service *s = services[i];
		for (size_t v = 0; s->task && v < s->task->volume_count; v++) {
			const struct deployment_file_system *fs = s->task->volumes[v].system;
			bool seen = !fs;
			for (size_t k = 0; k < v; k++)
				seen |= s->task->volumes[k].system == fs;
			for (size_t k = 0; !seen && k < fs->target_count; k++) {
				const struct deployment_subnet *subnets[16];
				struct check_mount m = { .service = s,
							 .volume = &s->task->volumes[v],
							 .target = &fs->targets[k] };
				struct reach_end from = check_service_end(s);
				struct reach_end to = check_target_end(m.target);
				from.subnets = subnets;
				from.subnet_count = check_mount_subnets(s, m.target, subnets, 16);
				if (!from.subnet_count || !m.target->subnet)
					continue;
				m.from = from;
				reach_tcp(d, &from, &to, 2049, &m.edge);
				visit(c, &m);
			}
		}
	}
}

/* The first rule of the target's groups that is about the port but does not admit the tasks. */
static const struct deployment_rule *near_miss(const struct deployment_group *const *groups,
					       size_t count, bool ingress, unsigned port)
{
	for (size_t i = 0; i < count; i++) {
		const struct deployment_group *g = groups[i];
		size_t rules = ingress ? g->ingress_count : g->egress_count;
		for (size_t k = 0; k < rules; k++) {
			const struct deployment_rule *r = ingress ? &g->ingress[k] : &g->egress[k];
			if (check_rule_covers(r, port))
				return r;
		}
	}
	return NULL;
}

/* A CIDR that holds some subnet of the service, though not this one: C19. */
static const struct deployment_rule *partial_cidr(const struct check_mount *m)
{
	for (size_t i = 0; i < m->target->group_count; i++) {
		const struct deployment_group *g = m->target->groups[i];
		for (size_t k = 0; k < g->ingress_count; k++) {
			const struct deployment_rule *r = &g->ingress[k];
			if (r->peer != DEPLOYMENT_PEER_CIDR || !check_rule_covers(r, 2049))
				continue;
			for (size_t n = 0; n < m->service->subnet_count; n++)
				if (m->service->subnets[n]->known_cidr &&
				    m->service->subnets[n]->bits >= r->bits &&
				    ip_in_cidr(m->service->subnets[n]->base, r->base, r->bits))
					return r;
		}
	}
	return NULL;
}

static const char *first_group(const struct deployment *d,
			       const struct deployment_group *const *groups, size_t count)
{
	return count ? check_group_name(d, groups[0]) : "(no group)";
}

static bool among(const struct deployment_group *const *groups, size_t count,
		  const struct deployment_group *g)
{
	for (size_t i = 0; i < count; i++)
		if (groups[i] == g)
			return true;
	return false;
}

/* Would the group let the service in, were it attached to the target? */
static bool would_admit(const struct deployment_group *g, const struct check_mount *m)
{
	for (size_t i = 0; i < g->ingress_count; i++) {
		const struct deployment_rule *r = &g->ingress[i];
		if (check_rule_covers(r, 2049) && r->peer == DEPLOYMENT_PEER_GROUP &&
		    among(m->service->groups, m->service->group_count, r->group))
			return true;
	}
	return false;
}

/* A source that nothing has and that has no rules itself is a wrong source, not a group that was
 * meant to be attached. */
const struct deployment_group *check_mount_forgotten(const struct deployment *d,
						     const struct check_mount *m)
{
	const struct deployment_group *const *groups;
	size_t count;

	if (m->edge.in.verdict != VERDICT_FAIL || m->service->groups_default)
		return NULL;
	for (size_t i = 0; i < m->target->group_count; i++)
		for (size_t k = 0; k < m->target->groups[i]->ingress_count; k++) {
			const struct deployment_rule *r = &m->target->groups[i]->ingress[k];
			if (check_rule_covers(r, 2049) && r->peer == DEPLOYMENT_PEER_GROUP &&
			    r->group->resource && r->group->ingress_count &&
			    !check_group_attached(d, r->group->resource))
				return r->group;
		}
	groups = deployment_groups(d, &count);
	for (size_t i = 0; i < count; i++)
		if (groups[i]->resource && would_admit(groups[i], m) &&
		    !check_group_attached(d, groups[i]->resource))
			return groups[i];
	return NULL;
}

static void mount_c01(struct check *c, const struct check_mount *m)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_group *own = m->edge.in.group;
	const struct deployment_rule *miss;
	OWN(str) char *remedy = NULL;
	struct check_finding f = { .severity = CHECK_FAIL, .service = m->service };

	if (m->edge.in.verdict == VERDICT_PASS || check_mount_default_group(m->target) ||
	    partial_cidr(m) || check_mount_forgotten(d, m) ||
	    (m->edge.in.verdict == VERDICT_FAIL && m->service->groups_default))
		return;
	if (!own && m->target->group_count)
		own = m->target->groups[0];
	f.resource = own && own->resource ? own->resource : m->target->resource;
	f.second = m->target->resource;
	f.second_property = "SecurityGroups";
	if (m->edge.in.verdict == VERDICT_UNKNOWN) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = *m->edge.in.unknown
				   ? m->edge.in.unknown
				   : "aws ec2 describe-security-group-rules of the mount "
				     "target's groups";
		check_add(c, &f,
			  "whether mount target %s admits TCP 2049 from service %s depends on "
			  "security group %s, which is outside of the templates",
			  check_name(m->target->resource), check_name(m->service->resource),
			  check_group_name(d, own));
		return;
	}
	miss = near_miss(m->target->groups, m->target->group_count, true, 2049);
	remedy = check_rule_remedy(d, true, own,
				   m->service->group_count ? m->service->groups[0] : NULL, 2049);
	f.remedy = remedy;
	if (miss && miss->resource)
		f.second = miss->resource, f.second_property = NULL;
	check_add(c, &f,
		  "mount target %s does not let service %s in: security group %s has %s TCP 2049 "
		  "from %s",
		  check_name(m->target->resource), check_name(m->service->resource),
		  first_group(d, m->target->groups, m->target->group_count),
		  miss ? "a rule for another source than the task's group, none for"
		       : "no ingress rule for",
		  first_group(d, m->service->groups, m->service->group_count));
}

/* The task may send to the group that the mount target was to have: C16. */
static bool sends_to_forgotten(const struct deployment *d, const struct check_mount *m)
{
	const struct deployment_group *forgotten = check_mount_forgotten(d, m);

	for (size_t i = 0; forgotten && i < m->service->group_count; i++) {
		const struct deployment_group *g = m->service->groups[i];
		for (size_t k = 0; k < g->egress_count; k++)
			if (g->egress[k].group == forgotten && check_rule_covers(&g->egress[k], 2049))
				return true;
	}
	return false;
}

static void mount_c02(struct check *c, const struct check_mount *m)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_service *s = m->service;
	const struct deployment_group *own = m->edge.out.group;
	OWN(str) char *remedy = NULL;
	struct check_finding f = { .severity = CHECK_FAIL, .service = s };

	if (m->edge.out.verdict == VERDICT_PASS || s->groups_default || sends_to_forgotten(d, m))
		return;
	if (!own && s->group_count)
		own = s->groups[0];
	f.resource = own && own->resource ? own->resource : s->resource;
	f.property = own && own->resource ? "SecurityGroupEgress" : NULL;
	f.second = m->target->resource;
	if (m->edge.out.verdict == VERDICT_UNKNOWN) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = *m->edge.out.unknown
				   ? m->edge.out.unknown
				   : "aws ec2 describe-security-group-rules of the task's groups";
		check_add(c, &f,
			  "whether service %s may send to TCP 2049 of mount target %s is not in "
			  "the templates",
			  check_name(s->resource), check_name(m->target->resource));
		return;
	}
	remedy = check_rule_remedy(d, false, own,
				   m->target->group_count ? m->target->groups[0] : NULL, 2049);
	f.remedy = remedy;
	check_add(c, &f,
		  "service %s cannot send to TCP 2049 of mount target %s: the egress list of %s "
		  "has no rule that covers it",
		  check_name(s->resource), check_name(m->target->resource),
		  check_group_name(d, own));
}

static void mount_c11(struct check *c, const struct check_mount *m)
{
	const struct reach_evidence *there = &m->edge.acl_there, *back = &m->edge.acl_back;
	bool outward = there->verdict == VERDICT_FAIL;
	struct check_finding f = { .severity = CHECK_FAIL, .service = m->service };

	if (there->verdict == VERDICT_PASS && back->verdict == VERDICT_PASS)
		return;
	f.resource = (outward || !back->resource ? there : back)->resource;
	if (!f.resource)
		f.resource = back->resource ? back->resource : m->service->resource;
	f.second = m->target->resource;
	if (there->verdict != VERDICT_FAIL && back->verdict != VERDICT_FAIL) {
		f.severity = CHECK_UNKNOWN;
		f.lookup = *there->unknown  ? there->unknown
			   : *back->unknown ? back->unknown
					    : "aws ec2 describe-network-acls of both subnets";
		check_add(c, &f,
			  "whether the network ACLs pass TCP 2049 between service %s and mount "
			  "target %s is not known",
			  check_name(m->service->resource), check_name(m->target->resource));
		return;
	}
	f.remedy =
		outward ? "{\"Type\":\"AWS::EC2::NetworkAclEntry\",\"Properties\":{\"RuleNumber\":"
			  "90,"
			  "\"Protocol\":6,\"RuleAction\":\"allow\",\"CidrBlock\":\"<CIDR of the "
			  "other "
			  "subnet>\",\"PortRange\":{\"From\":2049,\"To\":2049}}} in both "
			  "directions' "
			  "ACLs"
			: "{\"Type\":\"AWS::EC2::NetworkAclEntry\",\"Properties\":{\"RuleNumber\":"
			  "90,"
			  "\"Protocol\":6,\"RuleAction\":\"allow\",\"CidrBlock\":\"<CIDR of the "
			  "other "
			  "subnet>\",\"PortRange\":{\"From\":1024,\"To\":65535}}} for the answers";
	check_add(c, &f, "network ACL %s drops %s between service %s and mount target %s",
		  check_name(f.resource),
		  outward ? "TCP 2049" : "the answers (ports 1024 to 65535) of TCP 2049",
		  check_name(m->service->resource), check_name(m->target->resource));
}

static void mount_c19(struct check *c, const struct check_mount *m)
{
	const struct deployment_rule *r;
	OWN(str) char *remedy = NULL;
	struct check_finding f = { .severity = CHECK_FAIL, .service = m->service };

	if (m->edge.in.verdict != VERDICT_FAIL || !(r = partial_cidr(m)))
		return;
	f.resource = r->resource;
	f.second = m->from.subnets[0]->resource;
	f.second_property = "CidrBlock";
	remedy = check_rule_remedy(check_deployment(c), true, m->target->groups[0],
				   m->service->group_count ? m->service->groups[0] : NULL, 2049);
	f.remedy = remedy;
	check_add(c, &f,
		  "the CIDR of the rule covers some subnets of service %s but not %s, whose tasks "
		  "cannot reach mount target %s",
		  check_name(m->service->resource), check_name(m->from.subnets[0]->resource),
		  check_name(m->target->resource));
}

void check_c01(struct check *c)
{
	check_mounts(c, mount_c01);
}

void check_c02(struct check *c)
{
	check_mounts(c, mount_c02);
}

void check_c11(struct check *c)
{
	check_mounts(c, mount_c11);
	check_c11_api(c);
	check_c11_chain(c);
}

void check_c19(struct check *c)
{
	check_mounts(c, mount_c19);
	check_c19_peers(c);
}
