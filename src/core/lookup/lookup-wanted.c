/* What to ask: ids, ARNs and names that the templates use and do not declare, and what follows from
 * the answers. */
#include <string.h>

#include "base/str.h"
#include "core/check/check.h"
#include "core/iam/iam.h"
#include "core/lookup/lookup-internal.h"

struct wanted {
	const struct deployment *d;
	const json_t *facts;
	json_t *list, *seen;
};

/* Asks, once. The answer when it is there, else NULL. input: taken. */
static const json_t *want(struct wanted *w, const char *service, const char *action, json_t *input)
{
	OWN(json) json_t *taken = input;
	OWN(str) char *key = check_question_key(service, action, taken);
	const json_t *fact = key ? json_map(w->facts, key) : NULL;

	if (fact || !key || json_object_get(w->seen, key))
		return json_map(fact, "answer");
	json_set_bool(w->seen, key, true);
	json_array_append_new(w->list, json_pack("{s:s,s:s,s:O}", "service", service, "action",
						 action, "input", taken));
	return NULL;
}

/* ---- network --------------------------------------------------------------------------------- */

static void want_vpc(struct wanted *w, const char *id);

static void want_group(struct wanted *w, const char *id)
{
	const json_t *answer = want(w, "ec2", "DescribeSecurityGroups", list_input("GroupIds", id));
	json_t *one;
	size_t i;

	json_array_foreach(json_list(answer, "SecurityGroups"), i, one)
		want_vpc(w, json_str(one, "VpcId"));
}

static void want_endpoints(struct wanted *w, const char *vpc)
{
	const json_t *answer = want(w, "ec2", "DescribeVpcEndpoints",
				    filter_input("Filters", "vpc-id", vpc));
	json_t *endpoint, *group;
	size_t i, k;

	json_array_foreach(json_list(answer, "VpcEndpoints"), i, endpoint)
		json_array_foreach(json_list(endpoint, "Groups"), k, group)
			if (is_id(json_str(group, "GroupId"), "sg-"))
				want_group(w, json_str(group, "GroupId"));
}

static void want_attribute(struct wanted *w, const char *vpc, const char *attribute)
{
	json_t *input = text_input("Attribute", attribute);

	json_set_str(input, "VpcId", vpc);
	(void)want(w, "ec2", "DescribeVpcAttribute", input);
}

/* Groups of endpoints are in the VPC they are asked for: `seen` ends that circle. */
static void want_vpc(struct wanted *w, const char *id)
{
	OWN(str) char *mark = NULL;
	const json_t *answer;

	if (!is_id(id, "vpc-"))
		return;
	mark = str_printf("vpc %s", id);
	answer = want(w, "ec2", "DescribeVpcs", list_input("VpcIds", id));
	if (!answer || json_object_get(w->seen, mark))
		return;
	json_set_bool(w->seen, mark, true);
	want_attribute(w, id, "enableDnsSupport");
	want_attribute(w, id, "enableDnsHostnames");
	(void)want(w, "ec2", "DescribeSubnets", filter_input("Filters", "vpc-id", id));
	(void)want(w, "ec2", "DescribeRouteTables", filter_input("Filters", "vpc-id", id));
	(void)want(w, "ec2", "DescribeNetworkAcls", filter_input("Filters", "vpc-id", id));
	(void)want(w, "ec2", "DescribeInternetGateways",
		   filter_input("Filters", "attachment.vpc-id", id));
	(void)want(w, "ec2", "DescribeNatGateways", filter_input("Filter", "vpc-id", id));
	want_endpoints(w, id);
}

static void want_subnet(struct wanted *w, const char *id)
{
	const json_t *answer = want(w, "ec2", "DescribeSubnets", list_input("SubnetIds", id));

	want_vpc(w, json_str(json_array_get(json_list(answer, "Subnets"), 0), "VpcId"));
}

/* ---- storage --------------------------------------------------------------------------------- */

static void want_mount_target(struct wanted *w, const json_t *target)
{
	const char *id = json_str(target, "MountTargetId"), *subnet = json_str(target, "SubnetId");
	const json_t *answer, *one;
	size_t i;

	if (is_id(subnet, "subnet-"))
		want_subnet(w, subnet);
	if (!is_id(id, "fsmt-"))
		return;
	answer = want(w, "efs", "DescribeMountTargetSecurityGroups",
		      text_input("MountTargetId", id));
	json_array_foreach(json_list(answer, "SecurityGroups"), i, one)
		if (is_id(json_string_value(one), "sg-"))
			want_group(w, json_string_value(one));
}

static void want_file_system(struct wanted *w, const char *id)
{
	const json_t *answer, *one;
	size_t i;

	if (!want(w, "efs", "DescribeFileSystems", text_input("FileSystemId", id)))
		return;
	(void)want(w, "efs", "DescribeFileSystemPolicy", text_input("FileSystemId", id));
	answer = want(w, "efs", "DescribeMountTargets", text_input("FileSystemId", id));
	json_array_foreach(json_list(answer, "MountTargets"), i, one)
		want_mount_target(w, one);
}

static void want_access_point(struct wanted *w, const char *id)
{
	(void)want(w, "efs", "DescribeAccessPoints", text_input("AccessPointId", id));
}

/* ---- roles ----------------------------------------------------------------------------------- */

static void want_policy(struct wanted *w, const char *arn)
{
	const json_t *answer;
	json_t *input;

	/* those that AWS manages and we know need no question */
	if (!arn_rest(arn, "iam", "policy/") || iam_managed_policy(arn))
		return;
	answer = want(w, "iam", "GetPolicy", text_input("PolicyArn", arn));
	if (!answer)
		return;
	input = text_input("PolicyArn", arn);
	json_set_str(input, "VersionId", json_str_or(json_map(answer, "Policy"),
						     "DefaultVersionId", "v1"));
	(void)want(w, "iam", "GetPolicyVersion", input);
}

static void want_inline(struct wanted *w, const char *role)
{
	const json_t *answer = want(w, "iam", "ListRolePolicies", text_input("RoleName", role));
	const json_t *one;
	size_t i;

	json_array_foreach(json_list(answer, "PolicyNames"), i, one) {
		json_t *input = text_input("RoleName", role);

		json_set_str(input, "PolicyName", json_string_value(one));
		(void)want(w, "iam", "GetRolePolicy", input);
	}
}

static void want_role(struct wanted *w, const char *role)
{
	const json_t *answer = want(w, "iam", "GetRole", text_input("RoleName", role));
	const char *boundary = json_str(json_path(answer, "Role.PermissionsBoundary"),
					"PermissionsBoundaryArn");
	const json_t *one;
	size_t i;

	if (!answer)
		return;
	if (boundary)
		want_policy(w, boundary);
	want_inline(w, role);
	answer = want(w, "iam", "ListAttachedRolePolicies", text_input("RoleName", role));
	json_array_foreach(json_list(answer, "AttachedPolicies"), i, one)
		if (json_str(one, "PolicyArn"))
			want_policy(w, json_str(one, "PolicyArn"));
}

/* ---- secrets, names -------------------------------------------------------------------------- */

static void want_key(struct wanted *w, const char *key)
{
	json_t *input;

	if (!want(w, "kms", "DescribeKey", text_input("KeyId", key)))
		return;
	input = text_input("KeyId", key);
	json_set_str(input, "PolicyName", "default");
	(void)want(w, "kms", "GetKeyPolicy", input);
}

static void want_secret(struct wanted *w, const char *arn)
{
	const json_t *answer = want(w, "secretsmanager", "DescribeSecret",
				    text_input("SecretId", arn));
	const char *key = json_str(answer, "KmsKeyId");

	if (!answer)
		return;
	(void)want(w, "secretsmanager", "GetSecretValue", text_input("SecretId", arn));
	(void)want(w, "secretsmanager", "GetResourcePolicy", text_input("SecretId", arn));
	if (key && !strstr(key, "alias/aws/"))
		want_key(w, key);
}

/* ECS decrypts what it injects. */
static void want_parameter(struct wanted *w, const char *arn)
{
	json_t *input = text_input("Name", arn);

	json_set_bool(input, "WithDecryption", true);
	(void)want(w, "ssm", "GetParameter", input);
}

static void want_namespace(struct wanted *w, const char *id)
{
	(void)want(w, "servicediscovery", "GetNamespace", text_input("Id", id));
}

static void want_cloud_map(struct wanted *w, const char *id)
{
	const json_t *answer = want(w, "servicediscovery", "GetService", text_input("Id", id));
	const char *space = json_str(json_map(answer, "Service"), "NamespaceId");

	if (is_id(space, "ns-"))
		want_namespace(w, space);
}

static bool log_group_declared(const struct deployment *d, const char *name)
{
	size_t count;
	const struct deployment_resource *all = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++)
		if (!all[i].physical_id && !strcmp(all[i].type, "AWS::Logs::LogGroup") &&
		    str_eq(deployment_text(d, json_object_get(all[i].properties, "LogGroupName")),
			   name))
			return true;
	return false;
}

static void want_log_group(struct wanted *w, const json_t *container)
{
	const json_t *options = json_path(container, "LogConfiguration.Options");
	const char *name = json_str(options, "awslogs-group");

	if (!name || json_bool_or(options, "awslogs-create-group", false) ||
	    log_group_declared(w->d, name))
		return;
	(void)want(w, "logs", "DescribeLogGroups", text_input("logGroupNamePrefix", name));
}

/* ---- walking --------------------------------------------------------------------------------- */

static const struct {
	const char *prefix;
	void (*want)(struct wanted *w, const char *id);
} ids[] = {
	{ "sg-", want_group },	       { "subnet-", want_subnet }, { "vpc-", want_vpc },
	{ "fs-", want_file_system },   { "fsap-", want_access_point }, { "ns-", want_namespace },
	{ "srv-", want_cloud_map },
};
static const struct {
	const char *service, *kind;
	void (*want)(struct wanted *w, const char *rest);
	bool whole; /* asked with the whole ARN */
} arns[] = {
	{ "iam", "policy/", want_policy, true },
	{ "elasticfilesystem", "file-system/", want_file_system, false },
	{ "elasticfilesystem", "access-point/", want_access_point, false },
	{ "servicediscovery", "service/", want_cloud_map, false },
};

static bool is_declared(const struct wanted *w, const json_t *value)
{
	const struct deployment_resource *r = deployment_target(w->d, value, NULL);

	return r && !r->physical_id;
}

static void look_text(struct wanted *w, const json_t *value)
{
	const char *text = json_string_value(value);

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (is_id(text, ids[i].prefix))
			ids[i].want(w, text);
	for (size_t i = 0; i < sizeof(arns) / sizeof(arns[0]); i++) {
		const char *rest = arn_rest(text, arns[i].service, arns[i].kind);

		if (rest && !is_declared(w, value))
			arns[i].want(w, arns[i].whole ? text : rest);
	}
}

/* Policies name what they are about: no task hangs on it. */
static bool is_policy(const char *key)
{
	return strstr(key, "PolicyDocument") || !strcmp(key, "FileSystemPolicy") ||
	       !strcmp(key, "ResourcePolicy") || !strcmp(key, "KeyPolicy");
}

static void look(struct wanted *w, const json_t *value, unsigned depth)
{
	json_t *whole = (json_t *)(uintptr_t)value, *one; /* only read */
	const char *key;
	size_t i;

	if (depth > 64 || template_is_symbol(value))
		return;
	if (json_is_string(value))
		look_text(w, value);
	json_array_foreach(whole, i, one)
		look(w, one, depth + 1);
	json_object_foreach(whole, key, one)
		if (!is_policy(key))
			look(w, one, depth + 1);
}

static void look_role(struct wanted *w, const json_t *value)
{
	const char *rest = arn_rest(deployment_text(w->d, value), "iam", "role/");
	const char *name = rest ? strrchr(rest, '/') : NULL;

	if (rest && !is_declared(w, value))
		want_role(w, name ? name + 1 : rest);
}

/* By its ARN, or by its name alone. */
static bool is_parameter(const char *text)
{
	return arn_rest(text, "ssm", "parameter/") || (*text && !strchr(text, ':'));
}

static bool is_declared_parameter(const struct wanted *w, const json_t *value)
{
	struct deployment_value_from from;

	deployment_value_from(w->d, value, &from);
	return from.secret && !from.secret->physical_id;
}

static void look_secret(struct wanted *w, const json_t *value)
{
	const char *text = deployment_text(w->d, value);
	OWN(str) char *arn = secret_arn(text);
	OWN(json) json_t *named = arn ? json_string(arn) : NULL;

	if (arn && !is_declared(w, named))
		want_secret(w, arn);
	else if (!arn && text && is_parameter(text) && !is_declared_parameter(w, value))
		want_parameter(w, text);
}

static void look_task(struct wanted *w, const struct deployment_resource *r)
{
	const json_t *containers = json_list(r->properties, "ContainerDefinitions");
	json_t *container, *one;
	size_t i, k;

	look_role(w, json_object_get(r->properties, "ExecutionRoleArn"));
	look_role(w, json_object_get(r->properties, "TaskRoleArn"));
	json_array_foreach(containers, i, container) {
		json_array_foreach(json_list(container, "Secrets"), k, one)
			look_secret(w, json_object_get(one, "ValueFrom"));
		look_secret(w, json_path(container, "RepositoryCredentials.CredentialsParameter"));
		want_log_group(w, container);
	}
}

static void look_resource(struct wanted *w, const struct deployment_resource *r)
{
	look(w, r->properties, 0);
	if (!strcmp(r->type, "AWS::ECS::TaskDefinition"))
		look_task(w, r);
	if (!strcmp(r->type, "AWS::SecretsManager::Secret")) {
		const json_t *key = json_object_get(r->properties, "KmsKeyId");

		if (json_is_string(key) && !is_declared(w, key) &&
		    !strstr(json_string_value(key), "alias/aws/"))
			want_key(w, json_string_value(key));
	}
}

/* ---- imports --------------------------------------------------------------------------------- */

static void add_exports(const struct deployment_template *from, json_t *names)
{
	json_t *outputs = json_map(template_body(from->t), "Outputs"), *output;
	const char *key;

	json_object_foreach(outputs, key, output) {
		OWN(json) json_t *name = NULL;

		if (template_value(from->eval, json_path(output, "Export.Name"), &name, NULL) == 0 &&
		    json_is_string(name))
			json_set_bool(names, json_string_value(name), true);
	}
}

static void look_imports(struct wanted *w, const struct deployment_template *list, size_t count)
{
	OWN(json) json_t *exported = json_object();

	for (size_t i = 0; i < count; i++)
		add_exports(&list[i], exported);
	for (size_t i = 0; i < count; i++) {
		OWN(json) json_t *imports = NULL;
		const json_t *one;
		size_t k;

		if (template_imports(list[i].eval, &imports, NULL) < 0)
			continue;
		json_array_foreach(imports, k, one)
			if (!json_object_get(exported, json_string_value(one)))
				(void)want(w, "cloudformation", "ListExports", json_object());
	}
}

json_t *lookup_wanted(const struct deployment *d, const struct deployment_template *list,
		      size_t count, const json_t *facts)
{
	OWN(json) json_t *seen = json_object();
	struct wanted w = { .d = d, .facts = facts, .list = json_array(), .seen = seen };
	size_t resources;
	const struct deployment_resource *all = deployment_resources(d, &resources);

	look_imports(&w, list, count);
	for (size_t i = 0; i < resources; i++)
		if (!all[i].physical_id)
			look_resource(&w, &all[i]);
	return w.list;
}
