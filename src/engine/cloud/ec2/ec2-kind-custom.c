/* What the CDK's ec2.Vpc brings along with restrictDefaultSecurityGroup: a custom resource and the function behind it.
 * No function runs here; its work on the default group is done by this file. */
#include "engine/cloud/ec2/ec2-internal.h"

#include <string.h>

/* ---- Custom::VpcRestrictDefaultSG --------------------------------------------------------------- */

/* The two rules that a default group is born with: all from its own members, all to everywhere. */
static json_t *born_rule(const char *group, bool egress)
{
	json_t *permission = json_pack("{s:s}", "IpProtocol", "-1");

	if (egress)
		json_object_set_new(permission, "IpRanges",
				    json_pack("[{s:s}]", "CidrIp", "0.0.0.0/0"));
	else
		json_object_set_new(permission, "Groups", json_pack("[{s:s}]", "GroupId", group));
	return json_pack("{s:s, s:[o]}", "GroupId", group, "IpPermissions", permission);
}

/* Both rules away, or both back. What is so already is fine. */
static int set_rules(struct hub *hub, struct resource *r, const char *group, bool back,
		     struct err *err)
{
	static const char *const names[2][2] = {
		{ "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress" },
		{ "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress" },
	};

	for (int egress = 0; egress < 2; egress++) {
		OWN(json) json_t *in = born_rule(group, egress);
		struct err why = { 0 };
		char code[96] = "";

		if (hub_call(hub, NULL, "ec2", names[back][egress], in, NULL, code, &why) < 0 &&
		    strcmp(code, "InvalidPermission.NotFound") &&
		    strcmp(code, "InvalidPermission.Duplicate"))
			return ec2_api(hub, r, names[back][egress], in, NULL, err);
	}
	return RESOURCE_DONE;
}

static int create_restriction(struct hub *hub, struct resource *r, struct err *err)
{
	if (!r->physical)
		r->physical = hub_uuid(hub);
	return set_rules(hub, r, json_str_or(r->properties, "DefaultSecurityGroupId", ""), false,
			 err);
}

static int remove_restriction(struct hub *hub, struct resource *r, struct err *err)
{
	const char *group = json_str(r->previous ? r->previous : r->properties,
				     "DefaultSecurityGroupId");

	if (!r->physical || !group || !hub_get(hub, ec2_group.kind, group))
		return RESOURCE_DONE;
	return set_rules(hub, r, group, true, err);
}

const struct resource_kind ec2_kind_restrict_default_group = {
	.type = "Custom::VpcRestrictDefaultSG",
	.create = create_restriction,
	.remove = remove_restriction,
	.replace_on = (const char *const[]){ "DefaultSecurityGroupId", NULL },
	.allowed = (const char *const[]){ "ServiceToken", "DefaultSecurityGroupId", "Account", NULL },
	.required = (const char *const[]){ "ServiceToken", "DefaultSecurityGroupId", NULL },
};

/* ---- AWS::Lambda::Function, that one alone ------------------------------------------------------- */

static int check_function(const json_t *properties, struct err *err)
{
	const char *about = json_str_or(properties, "Description", "");

	if (strstr(about, "rules from the VPC default security group"))
		return 0;
	return err_set(err, ERR_INPUT,
		       "The local cloud runs no Lambda functions (of the CDK's own it does the work of "
		       "Custom::VpcRestrictDefaultSG alone). Leave the function out of the stack, or "
		       "deploy the stack to AWS.");
}

static int create_function(struct hub *hub, struct resource *r, struct err *err)
{
	const char *given = json_str(r->properties, "FunctionName");
	OWN(str) char *resource = NULL, *arn = NULL;

	(void)err;
	r->physical = given ? str_dup(given) : hub_physical_name(hub, r, 64, false);
	resource = str_printf("function:%s", r->physical);
	arn = hub_arn(hub, "lambda", resource);
	ec2_attribute(r, "Arn", arn);
	return RESOURCE_DONE;
}

static int remove_function(struct hub *hub, struct resource *r, struct err *err)
{
	(void)hub;
	(void)r;
	(void)err;
	return RESOURCE_DONE;
}

const struct resource_kind ec2_kind_restricting_function = {
	.type = "AWS::Lambda::Function",
	.check = check_function,
	.create = create_function,
	.remove = remove_function,
	.replace_on = (const char *const[]){ "FunctionName", NULL },
	.allowed = (const char *const[]){ "Architectures", "Code", "Description", "Environment",
					  "FunctionName", "Handler", "LoggingConfig", "MemorySize",
					  "Role", "Runtime", "Tags", "Timeout", NULL },
};
