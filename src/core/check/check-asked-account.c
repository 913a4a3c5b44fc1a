/* What the account allows: rights of who deploys, service-linked role, keys, quotas, zones. */
#include "core/check/check-asked.h"

#include <string.h>

/* ---- E13
 * ------------------------------------------------------------------------------------------- */

/* Identity whose policies count: a session is one of a role. Caller frees. */
static char *principal_of(const char *arn)
{
	const char *role = strstr(arn, ":assumed-role/");
	const char *account = strstr(arn, ":sts::");
	size_t partition = account ? (size_t)(account - arn) : 0, len;

	if (!role || !account)
		return str_dup(arn);
	role += strlen(":assumed-role/");
	len = strcspn(role, "/");
	return str_printf("%.*s:iam::%.*s:role/%.*s", (int)partition, arn,
			  (int)(role - strlen(":assumed-role/") - (account + 6)), account + 6,
			  (int)len, role);
}

/* The name the role has or will have; CloudFormation makes it from the stack's. Caller frees. */
static char *role_name(struct check *c, const struct deployment_resource *r)
{
	const json_t *value = json_object_get(r->properties, "RoleName");
	const char *physical = value ? NULL : deployed_physical(c, r->template, r->logical);
	const char *name = value ? deployment_text(check_deployment(c), value) : physical;

	if (name)
		return str_dup(name);
	return !value && check_stack_name(c, r->template)
		       ? str_printf("%.24s-%.26s-XXXXXXXXXXXX", check_stack_name(c, r->template),
				    r->logical)
		       : NULL;
}

static char *role_arn(struct check *c, const struct deployment_role *role, const json_t *value,
		      const char *caller)
{
	const char *start = strstr(caller, "::"), *path;
	OWN(str) char *name = role && role->resource ? role_name(c, role->resource) : NULL;

	if (!role || !role->resource) {
		const char *text = value ? deployment_text(check_deployment(c), value) : NULL;

		return text && str_starts(text, "arn:") ? str_dup(text) : NULL;
	}
	if (!name || !start)
		return NULL;
	path = json_str_or(role->resource->properties, "Path", "/");
	return str_printf("arn:%.*s:iam::%.*s:role%s%s", (int)strcspn(caller + 4, ":"), caller + 4,
			  (int)strcspn(start + 2, ":"), start + 2, path, name);
}

/* ARN -> the task definition that hands the role over. */
static json_t *roles_handed_over(struct check *c, const char *caller)
{
	json_t *all = json_object();
	size_t count;
	const struct deployment_service *const *services =
		deployment_services(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		const struct deployment_task *t = services[i]->task;

		for (int k = 0; t && t->resource && k < 2; k++) {
			OWN(str)
			char *arn =
				role_arn(c, k ? t->task_role : t->execution_role,
					 json_object_get(t->resource->properties,
							 k ? "TaskRoleArn" : "ExecutionRoleArn"),
					 caller);

			if (arn && !json_object_get(all, arn))
				json_object_set_new(all, arn,
						    json_pack("{s:i,s:s}", "template",
							      (int)t->resource->template, "logical",
							      t->resource->logical));
		}
	}
	return all;
}

static json_t *keys_of(const json_t *object)
{
	json_t *list = json_array(), *value;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
		json_add_str(list, key);
	return list;
}

/* Templates of the CDK are deployed through a role of its own, which passes roles. */
static bool has_own_deployer(struct check *c)
{
	size_t count;
	const struct deployment_template *list = check_templates(c, &count);

	for (size_t i = 0; i < count; i++)
		if (json_path(template_body(list[i].t), "Parameters.BootstrapVersion"))
			return true;
	return false;
}

static void see_decision(struct check *c, const json_t *result, const json_t *roles,
			 const char *principal)
{
	const char *decision = json_str_or(result, "EvalDecision", "allowed");
	const char *arn = json_str_or(result, "EvalResourceName", "");
	const json_t *of = json_object_get(roles, arn);
	struct check_finding f = { .severity = has_own_deployer(c) ? CHECK_WARN : CHECK_FAIL };

	if (!strcmp(decision, "allowed") ||
	    json_array_size(json_list(result, "MissingContextValues")))
		return;
	if (of)
		f.resource =
			deployment_find(check_deployment(c), (size_t)json_int_or(of, "template", 0),
					json_str(of, "logical"));
	check_add(c, &f, "%s may not pass %s to ECS tasks (%s)", principal, arn, decision);
}

void asked_e13(struct check *c)
{
	struct check_finding f = { .severity = CHECK_FAIL };
	ASKED identity = ask(c, "sts", "GetCallerIdentity", json_object());
	ASKED a = { 0 };
	OWN(json) json_t *roles = NULL;
	OWN(str) char *principal = NULL;
	const char *deployer = json_str(deployed_of(c, 0).stack, "RoleARN"), *caller;
	json_t *one;
	size_t i;

	if (!asked_or_unknown(c, &f, &identity, "whether the deployer may pass the tasks' roles"))
		return;
	caller = json_str_or(identity.answer, "Arn", "");
	principal = principal_of(deployer ? deployer : caller);
	roles = roles_handed_over(c, caller);
	if (!json_object_size(roles) || str_ends(principal, ":root"))
		return; /* the root user may */
	a = ask(c, "iam", "SimulatePrincipalPolicy",
		json_pack("{s:s,s:[s],s:o,s:[{s:s,s:s,s:[s]}]}", "PolicySourceArn", principal,
			  "ActionNames", "iam:PassRole", "ResourceArns", keys_of(roles),
			  "ContextEntries", "ContextKeyName", "iam:PassedToService",
			  "ContextKeyType", "string", "ContextKeyValues",
			  "ecs-tasks.amazonaws.com"));
	if (!asked_or_unknown(c, &f, &a, "whether the deployer may pass the tasks' roles"))
		return;
	json_array_foreach(asked_list(&a, "EvaluationResults", NULL), i, one)
		see_decision(c, one, roles, principal);
}

/* ---- E14
 * ---------------------------------------------------------------------------------------------- */

void asked_e14(struct check *c)
{
	size_t count;
	const struct deployment_service *const *services =
		deployment_services(check_deployment(c), &count);
	struct check_finding f = { .severity = CHECK_WARN };
	ASKED a = { 0 };

	for (size_t i = 0; i < count && !f.resource; i++)
		f.resource = services[i]->resource;
	if (!f.resource)
		return;
	a = ask(c, "iam", "GetRole", json_pack("{s:s}", "RoleName", "AWSServiceRoleForECS"));
	if (asked_absent(&a))
		check_add(c, &f,
			  "the account has no AWSServiceRoleForECS: ECS was never used in it");
	else
		(void)asked_or_unknown(c, &f, &a, "whether the account has ECS's own role");
}

/* ---- D28
 * -----------------------------------------------------------------------------------------------
 */

bool asked_key(struct check *c, const struct deployment_resource *r)
{
	struct check_finding f = { .severity = CHECK_FAIL, .resource = r, .property = "KmsKeyId" };
	const char *id =
		deployment_text(check_deployment(c), json_object_get(r->properties, "KmsKeyId"));
	const char *state;
	ASKED a = { 0 };

	if (!id)
		return false;
	a = ask(c, "kms", "DescribeKey", json_pack("{s:s}", "KeyId", id));
	if (asked_absent(&a)) {
		check_add(c, &f, "there is no key %s", id);
		return true;
	}
	if (!asked_or_unknown(c, &f, &a, "the state of the file system's key"))
		return a.state == CHECK_REFUSED;
	state = json_str_or(json_map(a.answer, "KeyMetadata"), "KeyState", "Enabled");
	if (strcmp(state, "Enabled") != 0)
		check_add(c, &f, "key %s is %s: the file system can be neither made nor read", id,
			  state);
	return true;
}

/* ---- F18, F20: zones
 * -------------------------------------------------------------------------------------- */

/* Zones in which Fargate runs where it does not run in all (by their ids, AWS's list of 2023). */
static const char *const partly[][5] = { { "usw1-", "usw1-az1", "usw1-az3", NULL },
					 { "apne1-", "apne1-az1", "apne1-az2", "apne1-az4", NULL },
					 { "cac1-", "cac1-az1", "cac1-az2", NULL },
					 { "cnn1-", "cnn1-az1", "cnn1-az2", NULL } };

static bool is_unsupported(const char *id)
{
	for (size_t i = 0; i < sizeof(partly) / sizeof(partly[0]); i++) {
		if (!str_starts(id, partly[i][0]))
			continue;
		for (size_t k = 1; partly[i][k]; k++)
			if (!strcmp(partly[i][k], id))
				return false;
		return true;
	}
	return false;
}

/* The zone of a subnet: by its name or id, or by its place in Fn::GetAZs, which are the names in
 * order. */
static const json_t *zone_of(const struct check *c, const struct asked *a,
			     const struct deployment_subnet *s)
{
	const json_t *list = asked_list(a, "availabilityZoneInfo", "AvailabilityZones");
	const json_t *select = json_path(s->resource ? s->resource->body : NULL,
					 "Properties.AvailabilityZone.Fn::Select");
	json_t *one;
	size_t i;

	(void)c;
	if (json_object_get(json_array_get(select, 1), "Fn::GetAZs"))
		return json_array_get(list, (size_t)json_integer_value(json_array_get(select, 0)));
	json_array_foreach(list, i, one)
		if (s->zone && (str_eq(asked_text(one, "zoneName", "ZoneName"), s->zone) ||
				str_eq(asked_text(one, "zoneId", "ZoneId"), s->zone)))
			return one;
	return NULL;
}

static void each_zone(struct check *c, const char *what,
		      void (*see)(struct check *c, struct check_finding *f, const json_t *zone))
{
	ASKED a = { 0 };
	struct check_finding f = { .severity = CHECK_WARN };
	size_t count;
	const struct deployment_service *const *services =
		deployment_services(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		if (!services[i]->fargate || !services[i]->resource)
			continue;
		f.resource = services[i]->resource;
		f.service = services[i];
		f.property = "NetworkConfiguration/AwsvpcConfiguration/Subnets";
		if (!a.input)
			a = ask(c, "ec2", "DescribeAvailabilityZones", json_object());
		if (!asked_or_unknown(c, &f, &a, what))
			return;
		for (size_t k = 0; k < services[i]->subnet_count; k++) {
			const json_t *zone = zone_of(c, &a, services[i]->subnets[k]);

			f.second = services[i]->subnets[k]->resource;
			if (zone)
				see(c, &f, zone);
		}
	}
}

static void see_state(struct check *c, struct check_finding *f, const json_t *zone)
{
	const char *state = asked_text(zone, "zoneState", "State");

	if (state && strcmp(state, "available") != 0)
		check_add(c, f, "zone %s is %s: there may be no capacity in it",
			  asked_text(zone, "zoneName", "ZoneName"), state);
}

void asked_f18(struct check *c)
{
	each_zone(c, "the state of the zones", see_state);
}

static void see_id(struct check *c, struct check_finding *f, const json_t *zone)
{
	const char *id = asked_text(zone, "zoneId", "ZoneId");

	if (id && is_unsupported(id))
		check_add(c, f, "zone %s of this account is %s, in which Fargate does not run",
			  asked_text(zone, "zoneName", "ZoneName"), id);
}

void asked_f20(struct check *c)
{
	each_zone(c, "which zones the names stand for", see_id);
}

/* ---- quotas: F19, G28
 * -------------------------------------------------------------------------------------- */

static struct asked ask_quota(struct check *c, const char *service, const char *code)
{
	return ask(c, "service-quotas", "GetServiceQuota",
		   json_pack("{s:s,s:s}", "ServiceCode", service, "QuotaCode", code));
}

static double quota_of(const struct asked *a, double otherwise)
{
	const json_t *value = json_object_get(json_map(a->answer, "Quota"), "Value");

	return a->state == CHECK_ANSWERED && json_is_number(value) ? json_number_value(value)
								   : otherwise;
}

bool asked_vcpus(struct check *c, const struct check_finding *where, double sum)
{
	ASKED a = ask_quota(c, "fargate", "L-3032A538");
	struct check_finding f = *where;
	double quota = quota_of(&a, -1);

	f.severity = CHECK_FAIL;
	f.lookup = NULL;
	if (!asked_or_unknown(c, &f, &a, "The quota of Fargate vCPUs"))
		return a.state == CHECK_REFUSED;
	if (quota >= 0 && sum > quota)
		check_add(
			c, &f,
			"A deployment of all services takes %.2f vCPU, the account may have %.2f.",
			sum, quota);
	return quota >= 0;
}

bool asked_addresses(struct check *c, const char *type, long most)
{
	bool address = !strcmp(type, "AWS::EC2::EIP");
	struct check_finding f = { .severity = CHECK_FAIL };
	size_t count, new = 0, used;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);
	ASKED a = { 0 };
	ASKED quota = { 0 };
	double limit;

	for (size_t i = 0; i < count; i++) {
		struct deployed d = { .state = DEPLOYED_NOT_KNOWN };

		if (strcmp(r[i].type, type) != 0)
			continue;
		d = deployed_of(c, r[i].template);
		new += !deployed_has(&d, &r[i]);
		f.resource = &r[i];
	}
	if (!new)
		return true;
	a = ask(c, "ec2", address ? "DescribeAddresses" : "DescribeVpcs", json_object());
	if (!asked_or_unknown(c, &f, &a, "How many are in use"))
		return a.state == CHECK_REFUSED;
	quota = ask_quota(c, address ? "ec2" : "vpc", address ? "L-0263D0A3" : "L-F678F1CE");
	if (quota.state == CHECK_NOT_ASKED)
		return false;
	used = json_array_size(asked_list(&a, address ? "addressesSet" : "vpcSet",
					  address ? "Addresses" : "Vpcs"));
	limit = quota_of(&quota, (double)most);
	f.severity = quota.state == CHECK_ANSWERED ? CHECK_FAIL : CHECK_WARN;
	if ((double)(used + new) > limit)
		check_add(c, &f,
			  "%zu %s are in use and the stack makes %zu more; the account may have "
			  "%.0f%s.",
			  used, address ? "elastic addresses" : "VPCs", new, limit,
			  quota.state == CHECK_ANSWERED ? "" : " unless its quota was raised");
	return true;
}
