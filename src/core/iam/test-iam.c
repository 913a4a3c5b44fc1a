#include "core/iam/iam.h"

#include <string.h>

#include "base/str.h"
#include "base/test.h"

#define ROLE "arn:aws:iam::000000000000:role/node"
#define SECRET "arn:aws:secretsmanager:us-east-1:000000000000:secret:a-AbCdEf"

static json_t *parse(const char *text)
{
	OWN(str) char *copy = str_dup(text);
	struct err err = { 0 };
	json_t *j = NULL;

	/* single quotes in the tests' texts stand for double ones */
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	CHECK_OK(json_parse_text("test", copy, strlen(copy), &j, &err), err);
	return j;
}

static json_t *one_policy(const char *statement)
{
	OWN(str)
	char *text = str_printf("[{'Name':'p','Document':{'Version':'2012-10-17',"
				"'Statement':[%s]}}]",
				statement);

	return parse(text);
}

struct setting {
	const char *statement, *resource_statement, *boundary_statement, *context;
	const char *principal, *action, *resource;
	int grants, complete;
};

static enum iam_decision ask(struct setting s, struct iam_answer *ret)
{
	OWN(json) json_t *identity = s.statement ? one_policy(s.statement) : NULL;
	OWN(json) json_t *resource = s.resource_statement ? one_policy(s.resource_statement) : NULL;
	OWN(json) json_t *boundary = s.boundary_statement ? one_policy(s.boundary_statement) : NULL;
	OWN(json) json_t *context = s.context ? parse(s.context) : NULL;
	struct iam_answer answer;
	struct iam_question q = {
		.principal = s.principal ? s.principal : ROLE,
		.action = s.action ? s.action : "secretsmanager:GetSecretValue",
		.resource = s.resource ? s.resource : SECRET,
		.context = context,
		.identity_policies = identity,
		.boundary = json_path(boundary, "0.Document"),
		.resource_policy = json_path(resource, "0.Document"),
		.resource_policy_grants = s.grants,
		.context_complete = s.complete,
	};

	if (s.principal && !*s.principal)
		q.principal = NULL;
	iam_decide(&q, ret ? ret : &answer);
	return ret ? ret->decision : answer.decision;
}
#define ASK(...) ask((struct setting){ __VA_ARGS__ }, NULL)
#define ALLOW_ALL "{'Effect':'Allow','Action':'*','Resource':'*'}"

TEST(iam, actions_match_with_wildcards_whatever_the_case)
{
	CHECK_INT(ASK(.statement = "{'Effect':'Allow','Action':['x:y','SecretsManager:get*'],"
				   "'Resource':'*'}"),
		  IAM_ALLOWED);
	CHECK_INT(ASK(.statement = "{'Effect':'Allow','NotAction':'secretsmanager:*',"
				   "'Resource':'*'}"),
		  IAM_IMPLICIT_DENY);
	CHECK_INT(ASK(.statement = "{'Effect':'Allow','NotAction':'iam:*','Resource':'*'}"),
		  IAM_ALLOWED);
	CHECK_INT(ASK(.statement = NULL), IAM_IMPLICIT_DENY);
}

TEST(iam, resources_match_part_by_part)
{
	CHECK_INT(ASK(.statement = "{'Effect':'Allow','Action':'*','Resource':"
				   "'arn:aws:secretsmanager:*:*:secret:a-??????"
				   "'}"),
		  IAM_ALLOWED);
	CHECK_INT(ASK(.statement = "{'Effect':'Allow','Action':'*','Resource':"
				   "'arn:aws:secretsmanager:*:secret:a-AbCdEf'}"),
		  IAM_IMPLICIT_DENY);
	CHECK_INT(ASK(.statement = "{'Effect':'Allow','Action':'*','Resource':"
				   "'arn:aws:secretsmanager:us-east-1:000000000000:secret:a'}"),
		  IAM_IMPLICIT_DENY);
	CHECK_INT(ASK(.statement = "{'Effect':'Allow','Action':'*','NotResource':'" SECRET "'}"),
		  IAM_IMPLICIT_DENY);
	CHECK_INT(ASK(.statement = "{'Effect':'Allow','Action':'*','Resource':'arn:aws:ecr:::r'}",
		      .action = "ecr:GetAuthorizationToken", .resource = "*"),
		  IAM_IMPLICIT_DENY);
}

TEST(iam, a_denial_wins_and_is_named)
{
	struct iam_answer a;

	CHECK_INT(
		ask((struct setting){ .statement = ALLOW_ALL ",{'Effect':'Deny','Action':"
							     "'secretsmanager:*','Resource':'*'}" },
		    &a),
		IAM_EXPLICIT_DENY);
	CHECK_STR(a.policy, "p");
	CHECK_INT(a.statement, 1);
}

TEST(iam, a_boundary_intersects)
{
	struct iam_answer a;

	CHECK_INT(ask((struct setting){ .statement = ALLOW_ALL,
					.boundary_statement = "{'Effect':'Allow','Action':'s3:*',"
							      "'Resource':'*'}" },
		      &a),
		  IAM_IMPLICIT_DENY);
	CHECK_STR(a.policy, "boundary");
	CHECK_INT(ASK(.statement = ALLOW_ALL, .boundary_statement = ALLOW_ALL), IAM_ALLOWED);
	CHECK_INT(ASK(.boundary_statement = ALLOW_ALL), IAM_IMPLICIT_DENY);
}

TEST(iam, resource_policies_grant_to_the_named_and_delegate_to_accounts)
{
	const char *root = "{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::000000000000:root'},"
			   "'Action':'*','Resource':'*'}";
	const char *role = "{'Effect':'Allow','Principal':{'AWS':'" ROLE "'},'Action':'*',"
			   "'Resource':'*'}";
	const char *session = "arn:aws:sts::000000000000:assumed-role/node/1";

	CHECK_INT(ASK(.resource_statement = role, .grants = 1), IAM_ALLOWED);
	CHECK_INT(ASK(.resource_statement = role, .grants = 1, .principal = session), IAM_ALLOWED);
	CHECK_INT(ASK(.resource_statement = role, .grants = 0), IAM_IMPLICIT_DENY);
	CHECK_INT(ASK(.resource_statement = root, .grants = 1), IAM_IMPLICIT_DENY);
	CHECK_INT(ASK(.resource_statement = role, .grants = 1,
		      .principal = "arn:aws:iam::000000000000:role/other"),
		  IAM_IMPLICIT_DENY);
	CHECK_INT(ASK(.resource_statement = "{'Effect':'Deny','NotPrincipal':{'AWS':'" ROLE "'},"
					    "'Action':'*'}",
		      .statement = ALLOW_ALL, .principal = "arn:aws:iam::000000000000:role/other"),
		  IAM_EXPLICIT_DENY);
	CHECK_INT(ASK(.resource_statement = "{'Effect':'Allow','Principal':'*','Action':'*'}",
		      .grants = 1, .principal = ""),
		  IAM_ALLOWED);
}

TEST(iam, key_policies_must_admit_the_account)
{
	const char *root = "{'Effect':'Allow','Principal':{'AWS':'000000000000'},"
			   "'Action':'kms:*','Resource':'*'}";
	const char *other = "{'Effect':'Allow','Principal':{'AWS':'111111111111'},"
			    "'Action':'kms:*','Resource':'*'}";

	CHECK_INT(ASK(.statement = ALLOW_ALL, .resource_statement = root, .action = "kms:Decrypt",
		      .grants = IAM_KEY_POLICY),
		  IAM_ALLOWED);
	CHECK_INT(ASK(.statement = ALLOW_ALL, .resource_statement = other, .action = "kms:Decrypt",
		      .grants = IAM_KEY_POLICY),
		  IAM_IMPLICIT_DENY);
	CHECK_INT(
		ASK(.resource_statement = root, .action = "kms:Decrypt", .grants = IAM_KEY_POLICY),
		IAM_IMPLICIT_DENY);
}

static enum iam_decision condition(const char *condition, const char *context, int complete)
{
	OWN(str)
	char *statement = str_printf(
		"{'Effect':'Allow','Action':'*','Resource':'*','Condition':%s}", condition);

	return ASK(.statement = statement, .context = context, .complete = complete);
}

TEST(iam, conditions_compare_texts)
{
	const char *context = "{'aws:sourcearn':'arn:aws:ecs:us-east-1:0:cluster/c','x:y':'Ab'}";

	CHECK_INT(condition("{'StringEquals':{'x:Y':['q','Ab']}}", context, 1), IAM_ALLOWED);
	CHECK_INT(condition("{'StringEquals':{'x:y':'ab'}}", context, 1), IAM_IMPLICIT_DENY);
	CHECK_INT(condition("{'StringEqualsIgnoreCase':{'x:y':'aB'}}", context, 1), IAM_ALLOWED);
	CHECK_INT(condition("{'StringNotEquals':{'x:y':['q','Ab']}}", context, 1),
		  IAM_IMPLICIT_DENY);
	CHECK_INT(condition("{'StringLike':{'x:y':'A?'}}", context, 1), IAM_ALLOWED);
	CHECK_INT(condition("{'StringNotLike':{'x:y':'A*'}}", context, 1), IAM_IMPLICIT_DENY);
	CHECK_INT(
		condition("{'ArnLike':{'aws:SourceArn':'arn:aws:ecs:*:*:cluster/*'}}", context, 1),
		IAM_ALLOWED);
	CHECK_INT(
		condition("{'ArnEquals':{'aws:SourceArn':'arn:aws:ecs:*:cluster/c'}}", context, 1),
		IAM_IMPLICIT_DENY);
}

TEST(iam, conditions_compare_other_kinds)
{
	const char *context = "{'aws:securetransport':'true','n:n':'5','aws:sourceip':'10.1.2.3',"
			      "'aws:currenttime':'2026-11-24T00:00:00Z'}";

	CHECK_INT(condition("{'Bool':{'aws:SecureTransport':true}}", context, 1), IAM_ALLOWED);
	CHECK_INT(condition("{'Bool':{'aws:SecureTransport':'false'}}", context, 1),
		  IAM_IMPLICIT_DENY);
	CHECK_INT(condition("{'NumericLessThan':{'n:n':6}}", context, 1), IAM_ALLOWED);
	CHECK_INT(condition("{'NumericGreaterThanEquals':{'n:n':'6'}}", context, 1),
		  IAM_IMPLICIT_DENY);
	CHECK_INT(condition("{'IpAddress':{'aws:SourceIp':['192.168.0.0/16','10.1.0.0/16']}}",
			    context, 1),
		  IAM_ALLOWED);
	CHECK_INT(condition("{'NotIpAddress':{'aws:SourceIp':'10.1.2.3'}}", context, 1),
		  IAM_IMPLICIT_DENY);
	CHECK_INT(condition("{'DateGreaterThan':{'aws:CurrentTime':'2026-11-23T23:59:59Z'}}",
			    context, 1),
		  IAM_ALLOWED);
	CHECK_INT(condition("{'DateLessThan':{'aws:CurrentTime':'1000000000'}}", context, 1),
		  IAM_IMPLICIT_DENY);
}

TEST(iam, missing_keys_follow_awss_rules_where_the_context_is_complete)
{
	CHECK_INT(condition("{'StringEquals':{'x:y':'a'}}", NULL, 1), IAM_IMPLICIT_DENY);
	CHECK_INT(condition("{'StringNotEquals':{'x:y':'a'}}", NULL, 1), IAM_ALLOWED);
	CHECK_INT(condition("{'StringEqualsIfExists':{'x:y':'a'}}", NULL, 1), IAM_ALLOWED);
	CHECK_INT(condition("{'Null':{'x:y':'true'}}", NULL, 1), IAM_ALLOWED);
	CHECK_INT(condition("{'Null':{'x:y':'false'}}", NULL, 1), IAM_IMPLICIT_DENY);
	CHECK_INT(condition("{'ForAllValues:StringEquals':{'x:y':'a'}}", NULL, 1), IAM_ALLOWED);
	CHECK_INT(condition("{'ForAnyValue:StringEquals':{'x:y':'a'}}", NULL, 1),
		  IAM_IMPLICIT_DENY);
}

TEST(iam, sets_of_values_need_all_or_any)
{
	const char *context = "{'x:y':['a','b']}";

	CHECK_INT(condition("{'ForAllValues:StringEquals':{'x:y':['a','b','c']}}", context, 1),
		  IAM_ALLOWED);
	CHECK_INT(condition("{'ForAllValues:StringEquals':{'x:y':['a']}}", context, 1),
		  IAM_IMPLICIT_DENY);
	CHECK_INT(condition("{'ForAnyValue:StringEquals':{'x:y':['b']}}", context, 1), IAM_ALLOWED);
	CHECK_INT(condition("{'ForAnyValue:StringNotEquals':{'x:y':['a','b']}}", context, 1),
		  IAM_IMPLICIT_DENY);
}

TEST(iam, what_the_context_does_not_tell_stays_unknown)
{
	struct iam_answer a;
	const char *statement = "{'Effect':'Allow','Action':'*','Resource':'*','Condition':"
				"{'StringEquals':{'aws:SourceVpc':'vpc-1'}}}";

	CHECK_INT(ask((struct setting){ .statement = statement }, &a), IAM_UNKNOWN);
	CHECK_STR(a.condition, "StringEquals aws:SourceVpc");
	CHECK_STR(a.policy, "p");
	CHECK_INT(ASK(.statement = statement, .context = "{'aws:sourcevpc':null}"),
		  IAM_IMPLICIT_DENY);
	CHECK_INT(ASK(.statement = ALLOW_ALL ",{'Effect':'Deny','Action':'*','Resource':'*',"
					     "'Condition':{'Bool':{'aws:MultiFactorAuthPresent':"
					     "'false'}}}"),
		  IAM_UNKNOWN);
}

TEST(iam, variables_are_replaced_and_their_wildcards_are_literal)
{
	CHECK_INT(ASK(.statement = "{'Effect':'Allow','Action':'*','Resource':"
				   "'arn:aws:secretsmanager:*:${aws:PrincipalAccount}:secret:*'}"),
		  IAM_ALLOWED);
	CHECK_INT(ASK(.statement = "{'Effect':'Allow','Action':'*','Resource':"
				   "'arn:aws:secretsmanager:*:*:secret:${x:y}'}",
		      .context = "{'x:y':'*'}", .complete = 1),
		  IAM_IMPLICIT_DENY);
	CHECK_INT(ASK(.statement = "{'Effect':'Allow','Action':'*','Resource':"
				   "'arn:aws:secretsmanager:*:*:secret:${x:y, \\u0027a\\u0027}-*'}",
		      .complete = 1),
		  IAM_ALLOWED);
}

TEST(iam, trust_is_a_question_about_a_service)
{
	OWN(json)
	json_t *trust = parse("{'Statement':{'Effect':'Allow','Principal':{'Service':"
			      "['ecs-tasks.amazonaws.com']},'Action':'sts:AssumeRole'}}");
	struct iam_question q = { .service = "ecs-tasks.amazonaws.com",
				  .action = "sts:AssumeRole",
				  .resource = ROLE,
				  .resource_policy = trust,
				  .resource_policy_grants = 1 };
	struct iam_answer a;

	iam_decide(&q, &a);
	CHECK_INT(a.decision, IAM_ALLOWED);
	q.service = "ec2.amazonaws.com";
	iam_decide(&q, &a);
	CHECK_INT(a.decision, IAM_IMPLICIT_DENY);
}

static void refuse(const char *policy, int resource_policy, const char *want)
{
	OWN(json) json_t *document = parse(policy);
	struct err err = { 0 };

	CHECK_INT(iam_policy_check(document, resource_policy, &err), want ? -1 : 0);
	CHECK_STR(err.text, want ? want : "");
}

TEST(iam, documents_are_checked_in_awss_words)
{
	refuse("{'Version':'2012-10-17','Statement':" ALLOW_ALL "}", 0, NULL);
	refuse("{'Statement':[]}", 0, "Syntax errors in policy.");
	refuse("{'Version':'2012-10-18','Statement':" ALLOW_ALL "}", 0,
	       "Policy document must be version 2012-10-17 or greater.");
	refuse("{'Statement':{'Effect':'Allow','Resource':'*'}}", 0,
	       "Policy statement must contain actions.");
	refuse("{'Statement':{'Effect':'Allow','Action':'s3:*'}}", 0,
	       "Policy statement must contain resources.");
	refuse("{'Statement':{'Effect':'Allow','Action':'s3:*','Resource':'bucket'}}", 0,
	       "Resource bucket must be in ARN format or \"*\".");
	refuse("{'Statement':{'Effect':'Allow','Action':'Get','Resource':'*'}}", 0,
	       "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
	refuse("{'Statement':{'Effect':'Allow','Action':'a:b','Resource':'*','Condition':"
	       "{'StringIs':{'a:b':'c'}}}}",
	       0, "Invalid Condition type : StringIs.");
	refuse("{'Statement':{'Effect':'Allow','Action':'a:b','Resource':'*','Principal':'*'}}", 0,
	       "Policy document should not specify a principal.");
	refuse("{'Statement':{'Effect':'Allow','Action':'a:b'}}", 1,
	       "Missing required field Principal");
	refuse("{'Statement':{'Effect':'Allow','Action':'a:b','Principal':{'Role':'x'}}}", 1,
	       "Invalid principal in policy: \"Role\"");
	refuse("{'Statement':[{'Sid':'a','Effect':'Allow','Action':'a:b','Resource':'*'},"
	       "{'Sid':'a','Effect':'Allow','Action':'a:b','Resource':'*'}]}",
	       0, "Statement IDs (SID) in a single policy must be unique.");
	refuse("'text'", 0, "Syntax errors in policy.");
}

TEST(iam, managed_policies_are_wellformed_and_known_in_every_partition)
{
	const json_t *p = iam_managed_policy(
		"arn:aws-cn:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy");
	struct err err = { 0 };

	CHECK(p != NULL);
	CHECK_OK(iam_policy_check(p, 0, &err), err);
	p = iam_managed_policy("arn:aws:iam::aws:policy/SecretsManagerReadWrite");
	CHECK_OK(iam_policy_check(p, 0, &err), err);
	p = iam_managed_policy("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore");
	CHECK_OK(iam_policy_check(p, 0, &err), err);
	CHECK(!iam_managed_policy("arn:aws:iam::aws:policy/Nope"));
	CHECK(!iam_managed_policy("arn:aws:iam::000000000000:policy/AdministratorAccess"));
	CHECK(!iam_managed_policy(NULL));
}
