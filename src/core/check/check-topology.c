/* What several rules of network, storage and service discovery ask of a deployment. */
#include <string.h>
#include <strings.h>

#include "core/check/check-topology.h"

const char *check_name(const struct deployment_resource *r)
{
	return r ? r->label : "(outside of the templates)";
}

bool check_is_type(const struct deployment_resource *r, const char *type)
{
	return r && !strcmp(r->type, type);
}

/* Attributes that identify a resource are written one way, so that equal things have equal texts.
 */
static void flat_resource(struct buf *b, const struct deployment_resource *r, const char *attribute)
{
	bool arn = !strcmp(attribute, "Arn");

	if (check_is_type(r, "AWS::EFS::FileSystem") && arn)
		buf_str(b, "arn:${AWS::Partition}:elasticfilesystem:${AWS::Region}:"
			   "${AWS::AccountId}:file-system/");
	else if (check_is_type(r, "AWS::EFS::AccessPoint") && arn)
		buf_str(b, "arn:${AWS::Partition}:elasticfilesystem:${AWS::Region}:"
			   "${AWS::AccountId}:access-point/");
	else if (check_is_type(r, "AWS::IAM::Role"))
		buf_str(b, arn ? "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/" : "");
	else if (*attribute && strcmp(attribute, "Id") && strcmp(attribute, "GroupId") &&
		 strcmp(attribute, "Arn") && strcmp(attribute, "FileSystemId") &&
		 strcmp(attribute, "AccessPointId") && strcmp(attribute, "SubnetId") &&
		 strcmp(attribute, "VpcId")) {
		buf_printf(b, "${%zu/%s.%s}", r->template, r->logical, attribute);
		return;
	}
	buf_printf(b, "${%zu/%s}", r->template, r->logical);
}

static void flat(const struct deployment *d, struct buf *b, const json_t *value, unsigned depth)
{
	const struct deployment_resource *r;
	const char *attribute = "", *text;
	const json_t *parts, *part;
	size_t i;

	if (json_is_string(value)) {
		buf_str(b, json_string_value(value));
	} else if (json_is_integer(value)) {
		buf_printf(b, "%lld", (long long)json_integer_value(value));
	} else if (json_is_boolean(value)) {
		buf_str(b, json_is_true(value) ? "true" : "false");
	} else if (value && (r = deployment_target(d, value, &attribute))) {
		flat_resource(b, r, attribute ? attribute : "");
	} else if (value && (text = deployment_text(d, value))) {
		buf_str(b, text);
	} else if (depth < 16 && (parts = json_list(value, "$parts"))) {
		json_array_foreach(parts, i, part)
			flat(d, b, part, depth + 1);
	} else {
		buf_printf(b, "${%s}", json_str_or(value, "$symbol", "?"));
	}
}

char *check_flat(const struct deployment *d, const json_t *value)
{
	struct buf b = { 0 };

	flat(d, &b, value, 0);
	return buf_take(&b);
}

bool check_settled(const struct deployment *d, const json_t *value)
{
	return value && (deployment_target(d, value, NULL) || deployment_text(d, value));
}

enum verdict check_same(const struct deployment *d, const json_t *a, const json_t *b)
{
	OWN(str) char *left = check_flat(d, a);
	OWN(str) char *right = check_flat(d, b);
	const struct deployment_resource *one = a ? deployment_target(d, a, NULL) : NULL;
	const struct deployment_resource *other = b ? deployment_target(d, b, NULL) : NULL;

	if (!strcmp(left, right) || (one && one == other))
		return VERDICT_PASS;
	if ((one && other) || (!one && !other && check_settled(d, a) && check_settled(d, b)))
		return VERDICT_FAIL;
	return VERDICT_UNKNOWN;
}

bool check_number(const struct deployment *d, const json_t *value, long *ret)
{
	const char *text = value ? deployment_text(d, value) : NULL;
	int64_t number;

	if (json_is_integer(value)) {
		*ret = (long)json_integer_value(value);
		return true;
	}
	if (!text || num_parse_i64(text, INT32_MIN, INT32_MAX, &number) < 0)
		return false;
	*ret = (long)number;
	return true;
}

enum verdict check_truth(const struct deployment *d, const json_t *value, enum verdict absent)
{
	const char *text;

	if (!value)
		return absent;
	if (json_is_boolean(value))
		return json_is_true(value) ? VERDICT_PASS : VERDICT_FAIL;
	text = deployment_text(d, value);
	if (!text)
		return VERDICT_UNKNOWN;
	return strcasecmp(text, "true") ? VERDICT_FAIL : VERDICT_PASS;
}

const char *check_text(const struct deployment *d, const json_t *value)
{
	const char *text = value ? deployment_text(d, value) : NULL;

	return text ? text : "";
}

/* How far two texts are alike. */
static size_t common(const char *a, const char *b)
{
	size_t len = 0;

	while (a[len] && a[len] == b[len])
		len++;
	return len;
}

static bool is_literal(const char *zone)
{
	return !strpbrk(zone, ":($") && !strchr(zone, '.');
}

/* Members of one list of zones are different zones, as are two letters after one region. */
enum verdict check_same_zone(const char *a, const char *b)
{
	static const char *const select = "Fn::Select(", *const in_region =
								 "Fn::Sub(${AWS::Region}";
	const char *left, *right;

	if (!a || !b)
		return VERDICT_UNKNOWN;
	if (!strcmp(a, b))
		return VERDICT_PASS;
	if (is_literal(a) && is_literal(b))
		return VERDICT_FAIL;
	if (str_starts(a, in_region) && str_starts(b, in_region))
		return common(a, b) >= strlen(in_region) ? VERDICT_FAIL : VERDICT_UNKNOWN;
	left = strchr(a, ',');
	right = strchr(b, ',');
	if (str_starts(a, select) && str_starts(b, select) && left && right && !strcmp(left, right))
		return strstr(left, "GetAZs") ? VERDICT_FAIL : VERDICT_UNKNOWN;
	return VERDICT_UNKNOWN;
}

enum verdict check_same_vpc(const struct deployment_vpc *a, const struct deployment_vpc *b)
{
	if (!a || !b)
		return VERDICT_UNKNOWN;
	if (a == b)
		return VERDICT_PASS;
	return a->resource && b->resource ? VERDICT_FAIL : VERDICT_UNKNOWN;
}

/* A value that stands for something outside, as the template would write it. */
static char *reference_text(const struct deployment *d, const json_t *value)
{
	const char *text = value ? deployment_text(d, value) : NULL;
	const char *symbol = json_str_or(value, "$symbol", "");

	if (text)
		return str_printf("\"%s\"", text);
	if (str_starts(symbol, "import:"))
		return str_printf("{\"Fn::ImportValue\":\"%s\"}", symbol + 7);
	if (str_starts(symbol, "param:"))
		return str_printf("{\"Ref\":\"%s\"}", symbol + 6);
	return str_printf("\"<id of %s>\"", *symbol ? symbol : "the security group");
}

char *check_group_text(const struct deployment *d, const struct deployment_group *g)
{
	if (g && g->resource && g->resource->physical_id)
		return str_printf("\"%s\"", g->resource->physical_id);
	if (g && g->resource)
		return str_printf("{\"Fn::GetAtt\":[\"%s\",\"GroupId\"]}", g->resource->logical);
	return reference_text(d, g ? g->identity : NULL);
}

const char *check_group_name(const struct deployment *d, const struct deployment_group *g)
{
	const char *text;

	if (!g)
		return "(no security group)";
	if (g->resource)
		return g->resource->logical;
	text = g->identity ? deployment_text(d, g->identity) : NULL;
	return text ? text : json_str_or(g->identity, "$symbol", "(a group outside)");
}

const struct deployment_group *check_find_group(const struct deployment *d, const json_t *value)
{
	const struct deployment_resource *r = value ? deployment_target(d, value, NULL) : NULL;
	const struct deployment_group *const *groups;
	size_t count;

	groups = deployment_groups(d, &count);
	for (size_t i = 0; value && i < count; i++) {
		if (r && groups[i]->resource == r)
			return groups[i];
		if (!r && groups[i]->identity &&
		    check_same(d, groups[i]->identity, value) == VERDICT_PASS)
			return groups[i];
	}
	return NULL;
}

const struct deployment_subnet *check_find_subnet(const struct deployment *d, const json_t *value)
{
	const struct deployment_resource *r = value ? deployment_target(d, value, NULL) : NULL;
	const struct deployment_subnet *const *subnets;
	size_t count;

	subnets = deployment_subnets(d, &count);
	for (size_t i = 0; value && i < count; i++) {
		if (r && subnets[i]->resource == r)
			return subnets[i];
		if (!r && subnets[i]->identity &&
		    check_same(d, subnets[i]->identity, value) == VERDICT_PASS)
			return subnets[i];
	}
	return NULL;
}

struct reach_end check_service_end(const struct deployment_service *s)
{
	return (struct reach_end){ s->subnets, s->subnet_count, s->groups, s->group_count,
				   s->public_address };
}

bool check_same_place(const struct deployment_service *a, const struct deployment_service *b)
{
	if (a->subnet_count != b->subnet_count || a->group_count != b->group_count ||
	    a->public_address != b->public_address)
		return false;
	for (size_t i = 0; i < a->subnet_count; i++)
		if (a->subnets[i] != b->subnets[i])
			return false;
	for (size_t i = 0; i < a->group_count; i++)
		if (a->groups[i] != b->groups[i])
			return false;
	return true;
}

struct reach_end check_target_end(const struct deployment_mount_target *m)
{
	return (struct reach_end){ &m->subnet, m->subnet ? 1 : 0, m->groups, m->group_count,
				   VERDICT_FAIL };
}

bool check_rule_covers(const struct deployment_rule *r, unsigned port)
{
	if (r->protocol == -1)
		return true;
	return r->protocol == 6 && r->known_ports && r->from <= port && port <= r->to;
}

char *check_rule_remedy(const struct deployment *d, bool ingress,
			const struct deployment_group *owner, const struct deployment_group *peer,
			unsigned port)
{
	OWN(str) char *own = check_group_text(d, owner);
	OWN(str) char *other = check_group_text(d, peer);

	return str_printf("{\"Type\":\"AWS::EC2::SecurityGroup%s\",\"Properties\":{\"GroupId\":%s,"
			  "\"IpProtocol\":\"tcp\",\"FromPort\":%u,\"ToPort\":%u,\"%s\":%s}}",
			  ingress ? "Ingress" : "Egress", own, port, port,
			  ingress ? "SourceSecurityGroupId" : "DestinationSecurityGroupId", other);
}

const json_t *check_node(const struct deployment_service *s)
{
	const json_t *container = NULL;

	if (s->task && s->mpc_container >= 0)
		container = json_array_get(s->task->containers, (size_t)s->mpc_container);
	return container && check_has_node_variables(container) ? container : NULL;
}

bool check_volume_writable(const struct deployment_service *s, const struct deployment_volume *v)
{
	const json_t *container, *mount;
	size_t i, k;

	if (!s->task)
		return false;
	json_array_foreach(s->task->containers, i, container)
		json_array_foreach(json_list(container, "MountPoints"), k, mount)
			if (v->name && str_eq(json_str(mount, "SourceVolume"), v->name) &&
			    !json_bool_or(mount, "ReadOnly", false))
				return true;
	return false;
}

const json_t *check_efs(const struct deployment_volume *v)
{
	return json_map(v->definition, "EFSVolumeConfiguration");
}

const json_t *check_access_point(const struct deployment_volume *v)
{
	return json_path(check_efs(v), "AuthorizationConfig.AccessPointId");
}

const struct deployment_resource *check_namespace(const struct deployment *d,
						  const struct deployment_resource *service)
{
	const json_t *id = json_object_get(service->properties, "NamespaceId");

	if (!id)
		id = json_path(service->properties, "DnsConfig.NamespaceId");
	return id ? deployment_target(d, id, NULL) : NULL;
}

char *check_cloud_map_name(const struct deployment *d, const struct deployment_resource *service)
{
	const struct deployment_resource *space = check_namespace(d, service);
	const char *name = check_text(d, json_object_get(service->properties, "Name"));
	const char *domain = space ? check_text(d, json_object_get(space->properties, "Name")) : "";

	return *name && *domain ? str_printf("%s.%s", name, domain) : NULL;
}
