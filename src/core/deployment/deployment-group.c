/* Security groups with their rules, inline and separate. */
#include <string.h>
#include <strings.h>

#include "core/deployment/deployment-internal.h"

/* ---- groups ---------------------------------------------------------------------------------- */

static struct deployment_group *group_new(struct deployment *d, const struct deployment_resource *r)
{
	struct deployment_group *group = NEW(struct deployment_group);

	group->resource = r;
	LIST_ADD(d->groups, d->group_count, group);
	if (!r)
		return group;
	view_set(d, r, group);
	group->identity = identity_new(d, r);
	group->vpc = vpc_of(d, property(r, "VpcId"));
	return group;
}

struct deployment_group *deployment_group_of(struct deployment *d, const json_t *value)
{
	struct deployment_group *group = view_of(d, value, "AWS::EC2::SecurityGroup");
	size_t index;

	if (group || !value)
		return group;
	index = outside_index(d, "group", value, d->group_count);
	if (index < d->group_count)
		return d->groups[index];
	group = group_new(d, NULL);
	group->identity = value;
	return group;
}

size_t groups_of(struct deployment *d, const json_t *list, const struct deployment_group ***ret)
{
	size_t count = 0;

	*ret = NULL;
	for (size_t i = 0; i < member_count(list); i++)
		LIST_ADD(*ret, count, deployment_group_of(d, member_at(list, i)));
	return count;
}

/* Groups of a default VPC may be meant by their name. */
static struct deployment_group *group_named(const struct deployment *d, const char *name)
{
	for (size_t i = 0; name && i < d->group_count; i++) {
		const struct deployment_resource *r = d->groups[i]->resource;

		if (r && str_eq(deployment_text(d, property(r, "GroupName")), name))
			return d->groups[i];
	}
	return NULL;
}

/* ---- one rule -------------------------------------------------------------------------------- */

static int protocol_of(const struct deployment *d, const json_t *value)
{
	static const struct {
		const char *word;
		int number;
	} words[] = { { "tcp", 6 }, { "udp", 17 }, { "icmp", 1 }, { "icmpv6", 58 }, { "all", -1 } };
	const char *text = deployment_text(d, value);
	long number;

	if (number_of(value, &number) == 0)
		return number >= -1 && number <= 255 ? (int)number : -2;
	for (size_t i = 0; text && i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(words[i].word, text))
			return words[i].number;
	return -2;
}

/* EC2 looks at ports for TCP, UDP and ICMP only; every other protocol passes whole. */
static void rule_ports(const json_t *source, struct deployment_rule *rule)
{
	const json_t *from_node = json_object_get(source, "FromPort");
	const json_t *to_node = json_object_get(source, "ToPort");
	bool ports = rule->protocol == 6 || rule->protocol == 17;
	long from = -1, to = -1;

	rule->known_ports = true;
	rule->from = 0;
	rule->to = 65535;
	if (!ports && rule->protocol != 1 && rule->protocol != 58 && rule->protocol != -2)
		return;
	if ((from_node && number_of(from_node, &from) < 0) ||
	    (to_node && number_of(to_node, &to) < 0)) {
		rule->known_ports = false;
		return;
	}
	if (!from_node && !to_node && ports) {
		rule->from = 1; /* refused by EC2: lets nothing through */
		rule->to = 0;
		return;
	}
	rule->from = from < 0 ? 0 : (unsigned)from;
	rule->to = to < 0 ? 65535 : (unsigned)to;
}

static const json_t *peer_member(const json_t *source, bool egress, const char *in, const char *out)
{
	return json_object_get(source, egress ? out : in);
}

static void rule_cidr(const struct deployment *d, const json_t *v4, struct deployment_rule *rule)
{
	rule->peer = DEPLOYMENT_PEER_CIDR;
	if (!v4) {
		/* IPv6 alone: no address that a task or a mount target has here. */
		rule->base = UINT32_MAX;
		rule->bits = 32;
	} else if (!cidr_of(d, v4, &rule->base, &rule->bits)) {
		rule->peer = DEPLOYMENT_PEER_UNKNOWN;
	}
}

static void rule_peer(struct deployment *d, const json_t *source, bool egress,
		      struct deployment_rule *rule)
{
	const json_t *group =
		peer_member(source, egress, "SourceSecurityGroupId", "DestinationSecurityGroupId");
	const json_t *v4 = json_object_get(source, "CidrIp");
	const json_t *name = egress ? NULL : json_object_get(source, "SourceSecurityGroupName");

	rule->peer = DEPLOYMENT_PEER_NONE;
	if (group && json_object_get(group, "$if")) {
		rule->peer = DEPLOYMENT_PEER_UNKNOWN;
	} else if (group) {
		rule->peer = DEPLOYMENT_PEER_GROUP;
		rule->group = deployment_group_of(d, group);
	} else if (v4 || json_object_get(source, "CidrIpv6")) {
		rule_cidr(d, v4, rule);
	} else if (peer_member(source, egress, "SourcePrefixListId", "DestinationPrefixListId")) {
		rule->peer = DEPLOYMENT_PEER_PREFIX_LIST;
	} else if (name) {
		rule->group = group_named(d, deployment_text(d, name));
		rule->peer = rule->group ? DEPLOYMENT_PEER_GROUP : DEPLOYMENT_PEER_UNKNOWN;
	}
}

static struct deployment_rule rule_read(struct deployment *d, const struct deployment_resource *r,
					const json_t *source, bool egress, char *pointer)
{
	struct deployment_rule rule = { .resource = r,
					.pointer = pointer,
					.protocol = -2,
					.to = 65535,
					.peer = DEPLOYMENT_PEER_UNKNOWN };

	if (!json_is_object(source) || template_is_symbol(source))
		return rule;
	rule.protocol = protocol_of(d, json_object_get(source, "IpProtocol"));
	rule_ports(source, &rule);
	rule_peer(d, source, egress, &rule);
	/* A rule that may not exist lets through nobody knows whom. */
	if (r->present != 1 && rule.peer != DEPLOYMENT_PEER_NONE)
		rule.peer = DEPLOYMENT_PEER_UNKNOWN;
	return rule;
}

static void rule_add(struct deployment_group *group, bool egress, struct deployment_rule rule)
{
	if (egress)
		LIST_ADD(group->egress, group->egress_count, rule);
	else
		LIST_ADD(group->ingress, group->ingress_count, rule);
}

/* What a prefix list of the templates holds, all of it known; NULL: it is another list. */
static const json_t *prefix_entries(const struct deployment *d, const json_t *source, bool egress)
{
	const json_t *id =
		peer_member(source, egress, "SourcePrefixListId", "DestinationPrefixListId");
	const struct deployment_resource *r =
		id ? target_of_type(d, id, "AWS::EC2::PrefixList") : NULL;
	const json_t *entries = r && r->present == 1 ? json_list(r->properties, "Entries") : NULL;
	unsigned bits;
	uint32_t base;

	for (size_t i = 0; i < json_array_size(entries); i++)
		if (!cidr_of(d, json_object_get(json_array_get(entries, i), "Cidr"), &base, &bits))
			return NULL;
	return entries;
}

/* One rule, or one for each range of the prefix list that it names. */
static void source_add(struct deployment *d, struct deployment_group *group,
		       const struct deployment_resource *r, const json_t *source, bool egress,
		       const char *rest)
{
	struct deployment_rule rule =
		rule_read(d, r, source, egress, deployment_pointer(r, rest));
	const json_t *entries = rule.peer == DEPLOYMENT_PEER_PREFIX_LIST
					? prefix_entries(d, source, egress)
					: NULL;

	for (size_t i = 0; i < json_array_size(entries); i++) {
		const json_t *cidr = json_object_get(json_array_get(entries, i), "Cidr");

		rule.peer = DEPLOYMENT_PEER_CIDR;
		(void)cidr_of(d, cidr, &rule.base, &rule.bits);
		rule.pointer = i ? str_dup(rule.pointer) : rule.pointer;
		rule_add(group, egress, rule);
	}
	if (!json_array_size(entries))
		rule_add(group, egress, rule);
}

/* ---- all rules ------------------------------------------------------------------------------- */

/* The place in the source of each evaluated member: members that AWS::NoValue removes are counted
 * too. `at` is where the search goes on. */
static size_t source_index(const struct deployment *d, const struct deployment_resource *r,
			   const json_t *source, size_t at)
{
	for (; at < json_array_size(source); at++) {
		OWN(json) json_t *value = NULL;
		struct err ignored = { 0 }; /* the properties were evaluated as a whole */

		if (template_value(d->templates[r->template].eval, json_array_get(source, at),
				   &value, &ignored) < 0 ||
		    value)
			break;
	}
	return at;
}

static void inline_read(struct deployment *d, struct deployment_group *group, const char *key,
			bool egress)
{
	const struct deployment_resource *r = group->resource;
	const json_t *list = property(r, key);
	const json_t *source = json_object_get(json_object_get(r->body, "Properties"), key);
	bool removed = json_is_array(source) && json_array_size(source) != member_count(list);

	for (size_t i = 0, at = 0; i < member_count(list); i++, at++) {
		OWN(str) char *rest = NULL;

		if (removed)
			at = source_index(d, r, source, at);
		rest = json_is_array(list) ? str_printf("%s/%zu", key, at) : str_dup(key);
		source_add(d, group, r, member_at(list, i), egress, rest);
	}
	if (egress && member_count(list))
		group->egress_declared = true;
}

static struct deployment_group *rule_group(struct deployment *d,
					   const struct deployment_resource *r)
{
	const json_t *id = property(r, "GroupId");

	return id ? deployment_group_of(d, id) : group_named(d, deployment_text(d, property(r, "GroupName")));
}

static void separate_read(struct deployment *d, const char *type, bool egress)
{
	const json_t *all = resources_of(d, type);

	for (size_t i = 0; i < json_array_size(all); i++) {
		const struct deployment_resource *r = resource_at(d, all, i);
		struct deployment_group *group = rule_group(d, r);

		if (group)
			source_add(d, group, r, r->properties, egress, NULL);
	}
}

/* Without any rule of its own a group lets out everything. When all of them may be absent, both
 * may be so: then one rule of everything to nobody knows whom stands beside them. */
static void egress_decide(struct deployment_group *group)
{
	struct deployment_rule all = {
		.protocol = -1, .to = 65535, .known_ports = true, .peer = DEPLOYMENT_PEER_UNKNOWN
	};

	if (group->egress_declared || !group->egress_count)
		return;
	group->egress_declared = true;
	for (size_t i = 0; i < group->egress_count; i++)
		if (group->egress[i].resource->present == 1)
			return;
	all.resource = group->egress[0].resource;
	all.pointer = str_dup(group->egress[0].pointer);
	rule_add(group, true, all);
}

void groups_read(struct deployment *d)
{
	const json_t *all = resources_of(d, "AWS::EC2::SecurityGroup");
	size_t declared = json_array_size(all);

	for (size_t i = 0; i < declared; i++)
		(void)group_new(d, resource_at(d, all, i));
	for (size_t i = 0; i < declared; i++) {
		inline_read(d, d->groups[i], "SecurityGroupIngress", false);
		inline_read(d, d->groups[i], "SecurityGroupEgress", true);
	}
	separate_read(d, "AWS::EC2::SecurityGroupIngress", false);
	separate_read(d, "AWS::EC2::SecurityGroupEgress", true);
	for (size_t i = 0; i < d->group_count; i++)
		egress_decide(d->groups[i]);
}

void groups_free(struct deployment *d)
{
	for (size_t i = 0; i < d->group_count; i++) {
		struct deployment_group *group = d->groups[i];

		for (size_t k = 0; k < group->ingress_count; k++)
			free(group->ingress[k].pointer);
		for (size_t k = 0; k < group->egress_count; k++)
			free(group->egress[k].pointer);
		free(group->ingress);
		free(group->egress);
		free(group);
	}
	free(d->groups);
}
