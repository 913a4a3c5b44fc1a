#include "engine/cloud/iam/iam-service.h"

#include <event2/event.h>
#include <string.h>

#include "base/test.h"

struct world {
	struct event_base *base;
	struct hub *hub;
};

static const struct service *const services[] = { &service_iam, NULL };

static struct world open_world(void)
{
	struct world w = { .base = event_base_new() };
	struct hub_options o = { .services = services, .events = w.base };
	struct err err = { 0 };

	CHECK_OK(hub_new(&o, &w.hub, &err), err);
	CHECK_OK(hub_start(w.hub, &err), err);
	return w;
}

static void close_world(struct world *w)
{
	hub_free(w->hub);
	event_base_free(w->base);
}

static json_t *parse(const char *text)
{
	OWN(str) char *copy = str_dup(text);
	struct err err = { 0 };
	json_t *j = NULL;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	CHECK_OK(json_parse_text("test", copy, strlen(copy), &j, &err), err);
	return j;
}

/* NULL: the call failed; then code has the reason. */
static json_t *call(struct hub *hub, const char *action, const char *in, char *code)
{
	OWN(json) json_t *input = parse(in);
	json_t *out = NULL;
	char unused[96];

	(void)hub_call(hub, NULL, "iam", action, input, &out, code ? code : unused, NULL);
	return out;
}

#define TRUST                                                                                      \
	"{'Version':'2012-10-17','Statement':[{'Effect':'Allow','Action':'sts:AssumeRole',"        \
	"'Principal':{'Service':'ecs-tasks.amazonaws.com'}}]}"
#define ALLOW(action)                                                                              \
	"{'Version':'2012-10-17','Statement':[{'Effect':'Allow','Action':'" action                 \
	"','Resource':'*'}]}"

struct kept {
	struct resource r;
	json_t *properties, *previous;
};

static struct kept make(struct hub *hub, const char *type, const char *logical,
			const char *properties, struct err *err, int *ret)
{
	struct kept k = { .properties = parse(properties) };

	k.r = (struct resource){ .stack_name = "net",
				 .stack_id = "arn",
				 .logical = logical,
				 .type = type,
				 .properties = k.properties,
				 .attributes = json_object() };
	*ret = hub_kind(hub, type)->create(hub, &k.r, err);
	return k;
}

static int change(struct hub *hub, struct kept *k, const char *properties, struct err *err)
{
	json_decref(k->previous);
	k->previous = k->properties;
	k->properties = parse(properties);
	k->r.previous = k->previous;
	k->r.properties = k->properties;
	return hub_kind(hub, k->r.type)->update(hub, &k->r, err);
}

static int drop(struct hub *hub, struct kept *k, struct err *err)
{
	int rc;

	json_decref(k->previous);
	k->previous = json_incref(k->properties);
	k->r.previous = k->previous;
	rc = hub_kind(hub, k->r.type)->remove(hub, &k->r, err);
	json_decref(k->properties);
	json_decref(k->previous);
	json_decref(k->r.attributes);
	free(k->r.physical);
	return rc;
}

static bool may(struct hub *hub, const char *principal, const char *action, struct err *why)
{
	struct hub_question q = { .principal = principal, .action = action, .resource = "*" };

	return hub_authorized(hub, &q, why);
}

TEST(iam_service, roles_of_a_stack_get_their_rights_and_lose_them)
{
	struct world w = open_world();
	struct err err = { 0 };
	int rc;
	struct kept role =
		make(w.hub, "AWS::IAM::Role", "TaskRole",
		     "{'AssumeRolePolicyDocument':" TRUST ",'Policies':[{'PolicyName':'p',"
		     "'PolicyDocument':" ALLOW("ecr:Get*") "}]}",
		     &err, &rc);
	OWN(str) char *arn = str_dup(json_str(role.r.attributes, "Arn"));
	OWN(str)
	char *policy_text = str_printf("{'PolicyName':'efs','PolicyDocument':" ALLOW(
					       "elasticfilesystem:*") ",'Roles':['%s']}",
				       role.r.physical);
	struct kept policy;

	CHECK_INT(rc, RESOURCE_DONE);
	CHECK(str_starts(role.r.physical, "net-TaskRole-"));
	CHECK(str_starts(arn, "arn:aws:iam::000000000000:role/net-TaskRole-"));
	CHECK(may(w.hub, arn, "ecr:GetAuthorizationToken", NULL));
	CHECK(!may(w.hub, arn, "elasticfilesystem:ClientMount", &err));
	policy = make(w.hub, "AWS::IAM::Policy", "Policy", policy_text, &err, &rc);
	CHECK_INT(rc, RESOURCE_DONE);
	CHECK(may(w.hub, arn, "elasticfilesystem:ClientMount", NULL));
	CHECK_INT(change(w.hub, &role, "{'AssumeRolePolicyDocument':" TRUST "}", &err), 0);
	CHECK(!may(w.hub, arn, "ecr:GetAuthorizationToken", NULL));
	CHECK(may(w.hub, arn, "elasticfilesystem:ClientMount", NULL));
	CHECK_INT(drop(w.hub, &policy, &err), 0);
	CHECK(!may(w.hub, arn, "elasticfilesystem:ClientMount", NULL));
	CHECK_INT(drop(w.hub, &role, &err), 0);
	CHECK_INT(json_object_size(hub_all(w.hub, "iam:role")), 1); /* ECS has its own */
	close_world(&w);
}

TEST(iam_service, a_refusal_is_awss_sentence)
{
	struct world w = open_world();
	OWN(json)
	json_t *role = call(w.hub, "CreateRole",
			    "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST "}", NULL);
	struct err why = { 0 };

	CHECK(role != NULL);
	CHECK(!may(w.hub, "arn:aws:sts::000000000000:assumed-role/r/0123", "logs:PutLogEvents",
		   &why));
	CHECK_STR(why.text,
		  "User: arn:aws:sts::000000000000:assumed-role/r/0123 is not authorized to "
		  "perform: logs:PutLogEvents on resource: * because no identity-based policy "
		  "allows the logs:PutLogEvents action");
	CHECK(may(w.hub, "arn:aws:iam::000000000000:root", "logs:PutLogEvents", NULL));
	CHECK(!may(w.hub, "arn:aws:iam::000000000000:role/gone", "logs:PutLogEvents", NULL));
	CHECK(!may(w.hub, NULL, "logs:PutLogEvents", NULL));
	close_world(&w);
}

TEST(iam_service, boundaries_and_denials_are_named)
{
	struct world w = open_world();
	OWN(json)
	json_t *limit = call(w.hub, "CreatePolicy",
			     "{'PolicyName':'limit','PolicyDocument':" ALLOW("s3:*") "}", NULL);
	OWN(json)
	json_t *role =
		call(w.hub, "CreateRole",
		     "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST ",'PermissionsBoundary':"
		     "'arn:aws:iam::000000000000:policy/limit'}",
		     NULL);
	OWN(json)
	json_t *put =
		call(w.hub, "PutRolePolicy",
		     "{'RoleName':'r','PolicyName':'a','PolicyDocument':" ALLOW("*") "}", NULL);
	struct err why = { 0 };

	CHECK(limit && role && put);
	CHECK(!may(w.hub, "arn:aws:iam::000000000000:role/r", "logs:PutLogEvents", &why));
	CHECK(str_ends(why.text,
		       "because no permissions boundary allows the logs:PutLogEvents action"));
	CHECK(may(w.hub, "arn:aws:iam::000000000000:role/r", "s3:GetObject", NULL));
	close_world(&w);
}

TEST(iam_service, trust_follows_the_document)
{
	struct world w = open_world();
	OWN(json)
	json_t *role = call(w.hub, "CreateRole",
			    "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST "}", NULL);
	const char *arn = "arn:aws:iam::000000000000:role/r";
	OWN(json) json_t *updated = NULL;

	CHECK(role && hub_trusted(w.hub, arn, "ecs-tasks.amazonaws.com"));
	CHECK(!hub_trusted(w.hub, arn, "ec2.amazonaws.com"));
	CHECK(!hub_trusted(w.hub, "arn:aws:iam::000000000000:role/x/r", "ecs-tasks.amazonaws.com"));
	updated = call(
		w.hub, "UpdateAssumeRolePolicy",
		"{'RoleName':'r','PolicyDocument':{'Statement':[{'Effect':'Allow','Action':"
		"'sts:AssumeRole','Principal':{'Service':'ecs-tasks.amazonaws.com'},'Condition':"
		"{'StringEquals':{'aws:SourceAccount':'111111111111'}}}]}}",
		NULL);
	CHECK(updated && !hub_trusted(w.hub, arn, "ecs-tasks.amazonaws.com"));
	close_world(&w);
}

TEST(iam_service, roles_are_described_as_on_the_wire)
{
	struct world w = open_world();
	char code[96];
	OWN(json)
	json_t *created = call(w.hub, "CreateRole",
			       "{'RoleName':'r','AssumeRolePolicyDocument':'{\\\"Version\\\":"
			       "\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Effect\\\":"
			       "\\\"Allow\\\",\\\"Action\\\":\\\"sts:AssumeRole\\\","
			       "\\\"Principal\\\":\\\"*\\\"}]}'}",
			       NULL);
	OWN(json) json_t *got = call(w.hub, "GetRole", "{'RoleName':'r'}", NULL);

	CHECK(created != NULL);
	CHECK(str_starts(json_str(json_map(got, "Role"), "AssumeRolePolicyDocument"),
			 "%7B%22Version%22%3A%222012-10-17%22"));
	CHECK(!json_object_get(json_map(got, "Role"), "Inline"));
	CHECK(!call(w.hub, "GetRole", "{'RoleName':'q'}", code));
	CHECK_STR(code, "NoSuchEntity");
	CHECK(!call(w.hub, "CreateRole", "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST "}",
		    code));
	CHECK_STR(code, "EntityAlreadyExists");
	CHECK(!call(w.hub, "CreateRole", "{'RoleName':'s','AssumeRolePolicyDocument':'{'}", code));
	CHECK_STR(code, "MalformedPolicyDocument");
	close_world(&w);
}

TEST(iam_service, attached_policies_are_listed_and_block_deletion)
{
	struct world w = open_world();
	char code[96];
	const char *attach = "{'RoleName':'r','PolicyArn':'arn:aws:iam::aws:policy/service-role/"
			     "AmazonECSTaskExecutionRolePolicy'}";
	OWN(json)
	json_t *role = call(w.hub, "CreateRole",
			    "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST "}", NULL);
	OWN(json) json_t *attached = call(w.hub, "AttachRolePolicy", attach, NULL);
	OWN(json) json_t *list = call(w.hub, "ListAttachedRolePolicies", "{'RoleName':'r'}", NULL);
	OWN(json) json_t *detached = NULL, *gone = NULL;

	CHECK(role && attached);
	CHECK_STR(json_str(json_path(list, "AttachedPolicies.0"), "PolicyName"),
		  "AmazonECSTaskExecutionRolePolicy");
	CHECK(may(w.hub, "arn:aws:iam::000000000000:role/r", "ecr:GetAuthorizationToken", NULL));
	CHECK(!call(w.hub, "DeleteRole", "{'RoleName':'r'}", code));
	CHECK_STR(code, "DeleteConflict");
	detached = call(w.hub, "DetachRolePolicy", attach, NULL);
	gone = call(w.hub, "DeleteRole", "{'RoleName':'r'}", NULL);
	CHECK(detached && gone);
	CHECK(!call(w.hub, "AttachRolePolicy", attach, code));
	CHECK_STR(code, "NoSuchEntity");
	close_world(&w);
}

TEST(iam_service, simulation_answers_per_action_and_resource)
{
	struct world w = open_world();
	OWN(json)
	json_t *role = call(w.hub, "CreateRole",
			    "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST "}", NULL);
	OWN(json)
	json_t *put = call(
		w.hub, "PutRolePolicy",
		"{'RoleName':'r','PolicyName':'a','PolicyDocument':{'Version':'2012-10-17',"
		"'Statement':[{'Effect':'Allow','Action':'s3:*','Resource':'*'},{'Effect':'Deny',"
		"'Action':'s3:Put*','Resource':'*'},{'Effect':'Allow','Action':'ec2:*','Resource':"
		"'*','Condition':{'StringEquals':{'ec2:Region':'x'}}}]}}",
		NULL);
	OWN(json)
	json_t *out = call(w.hub, "SimulatePrincipalPolicy",
			   "{'PolicySourceArn':'arn:aws:iam::000000000000:role/r',"
			   "'ActionNames':['s3:GetObject','s3:PutObject','iam:GetRole',"
			   "'ec2:RunInstances']}",
			   NULL);

	CHECK(role && put);
	CHECK_STR(json_str(json_path(out, "EvaluationResults.0"), "EvalDecision"), "allowed");
	CHECK_STR(json_str(json_path(out, "EvaluationResults.1"), "EvalDecision"), "explicitDeny");
	CHECK_STR(json_str(json_path(out, "EvaluationResults.2"), "EvalDecision"), "implicitDeny");
	CHECK_STR(json_string_value(json_path(out, "EvaluationResults.3.MissingContextValues.0")),
		  "ec2:Region");
	close_world(&w);
}

TEST(iam_service, managed_policies_and_profiles_of_a_stack_live_and_die)
{
	struct world w = open_world();
	struct err err = { 0 };
	int rc;
	OWN(json)
	json_t *role = call(w.hub, "CreateRole",
			    "{'RoleName':'r','AssumeRolePolicyDocument':" TRUST "}", NULL);
	struct kept policy =
		make(w.hub, "AWS::IAM::ManagedPolicy", "Extra",
		     "{'Roles':['r'],'Path':'/','PolicyDocument':" ALLOW("logs:*") "}", &err, &rc);
	struct kept profile;

	CHECK(role != NULL);
	CHECK_INT(rc, RESOURCE_DONE);
	CHECK(str_starts(policy.r.physical, "arn:aws:iam::000000000000:policy/net-Extra-"));
	CHECK(may(w.hub, "arn:aws:iam::000000000000:role/r", "logs:PutLogEvents", NULL));
	CHECK_INT(change(w.hub, &policy, "{'Path':'/','PolicyDocument':" ALLOW("logs:*") "}", &err),
		  0);
	CHECK(!may(w.hub, "arn:aws:iam::000000000000:role/r", "logs:PutLogEvents", NULL));
	profile = make(w.hub, "AWS::IAM::InstanceProfile", "Profile", "{'Roles':['r']}", &err, &rc);
	CHECK_INT(rc, RESOURCE_DONE);
	CHECK(!call(w.hub, "DeleteRole", "{'RoleName':'r'}", NULL));
	CHECK_INT(drop(w.hub, &profile, &err), 0);
	CHECK_INT(drop(w.hub, &policy, &err), 0);
	close_world(&w);
}

TEST(iam_service, a_stacks_mistakes_are_said_in_iams_words)
{
	struct world w = open_world();
	struct err err = { 0 };
	int rc;
	struct kept k = make(w.hub, "AWS::IAM::Role", "R",
			     "{'AssumeRolePolicyDocument':" TRUST ",'ManagedPolicyArns':"
			     "['arn:aws:iam::aws:policy/Nope']}",
			     &err, &rc);

	CHECK_INT(rc, -1);
	CHECK_STR(err.text,
		  "Policy arn:aws:iam::aws:policy/Nope does not exist or is not attachable. "
		  "(Service: Iam, Status Code: 404)");
	CHECK_STR(k.r.error_code, "NotFound");
	CHECK_INT(drop(w.hub, &k, &err), 0);
	k = make(w.hub, "AWS::IAM::Policy", "P",
		 "{'PolicyName':'p','Roles':[],'PolicyDocument':" ALLOW("logs:*") "}", &err, &rc);
	CHECK_INT(rc, -1);
	CHECK(str_starts(err.text, "At least one of [Groups,Roles,Users] must be non-empty."));
	CHECK_INT(drop(w.hub, &k, &err), 0);
	close_world(&w);
}
