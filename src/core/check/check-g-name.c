/* Names that somebody chose, and what they block: G10 to G13, G25, G27. */
#include <string.h>

#include "base/str.h"
#include "core/check/check-asked.h"
#include "core/check/check-g.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Types whose name is unique in an account and region (a service's in its cluster). */
static const struct named {
	const char *type, *property, *scope, *lookup;
} named[] = {
	{ "AWS::ECS::Service", "ServiceName", "Cluster",
	  "aws ecs describe-services --services <name>" },
	{ "AWS::SecretsManager::Secret", "Name", NULL,
	  "aws secretsmanager list-secrets --include-planned-deletion" },
	{ "AWS::ECS::Cluster", "ClusterName", NULL, "aws ecs describe-clusters --clusters <name>" },
	{ "AWS::Logs::LogGroup", "LogGroupName", NULL,
	  "aws logs describe-log-groups --log-group-name-prefix <name>" },
	{ "AWS::ECR::Repository", "RepositoryName", NULL,
	  "aws ecr describe-repositories --repository-names <name>" },
	{ "AWS::IAM::Role", "RoleName", NULL, "aws iam get-role --role-name <name>" },
	{ "AWS::IAM::ManagedPolicy", "ManagedPolicyName", NULL,
	  "aws iam list-policies --scope Local" },
	{ "AWS::IAM::InstanceProfile", "InstanceProfileName", NULL,
	  "aws iam get-instance-profile --instance-profile-name <name>" },
	{ "AWS::IAM::User", "UserName", NULL, "aws iam get-user --user-name <name>" },
	{ "AWS::KMS::Alias", "AliasName", NULL, "aws kms list-aliases" },
	{ "AWS::S3::Bucket", "BucketName", NULL, "aws s3api head-bucket --bucket <name>" },
	{ "AWS::SSM::Parameter", "Name", NULL, "aws ssm get-parameter --name <name>" },
	{ "AWS::EC2::SecurityGroup", "GroupName", "VpcId",
	  "aws ec2 describe-security-groups --filters Name=group-name,Values=<name>" },
	{ "AWS::ElasticLoadBalancingV2::LoadBalancer", "Name", NULL,
	  "aws elbv2 describe-load-balancers --names <name>" },
	{ "AWS::ElasticLoadBalancingV2::TargetGroup", "Name", NULL,
	  "aws elbv2 describe-target-groups --names <name>" },
};

static const struct named *named_of(const char *type)
{
	for (size_t i = 0; i < COUNT(named); i++)
		if (!strcmp(named[i].type, type))
			return &named[i];
	return NULL;
}

/* Whether the stack's name is part of what stands in the template: then another stack's differs. */
static bool by_stack(const json_t *node, unsigned depth)
{
	json_t *whole = (json_t *)(uintptr_t)node, *member;
	const char *text = json_string_value(node), *key;
	size_t i;

	if (text)
		return strstr(text, "AWS::StackName") || strstr(text, "AWS::StackId");
	if (depth > 64)
		return false;
	json_object_foreach(whole, key, member)
		if (by_stack(member, depth + 1))
			return true;
	json_array_foreach(whole, i, member)
		if (by_stack(member, depth + 1))
			return true;
	return false;
}

/* The chosen name of a resource when it is known and does not come from the stack's, else NULL. */
static const char *fixed_name(const struct check *c, const struct deployment_resource *r,
			      const struct named *n)
{
	const json_t *node = json_object_get(json_map(r->body, "Properties"), n->property);

	if (!node || by_stack(node, 0))
		return NULL;
	return deployment_text(check_deployment(c), json_object_get(r->properties, n->property));
}

static bool retained(const struct check *c, const struct deployment_resource *r)
{
	size_t count;
	const struct deployment_template *list = check_templates(c, &count);

	return r->template <count &&str_starts(
		template_deletion_policy(list[r->template].t, r->logical), "Retain");
}

static bool same_scope(const struct check *c, const struct named *n,
		       const struct deployment_resource *a, const struct deployment_resource *b)
{
	const json_t *left, *right;
	const struct deployment_resource *first, *second;
	OWN(str) char *left_text = NULL, *right_text = NULL;

	if (!n->scope)
		return true;
	left = json_object_get(a->properties, n->scope);
	right = json_object_get(b->properties, n->scope);
	first = deployment_target(check_deployment(c), left, NULL);
	second = deployment_target(check_deployment(c), right, NULL);
	if (first || second)
		return first == second;
	left_text = left ? json_canonical(left) : NULL;
	right_text = right ? json_canonical(right) : NULL;
	return a->template == b->template && str_eq(left_text, right_text);
}

/* An earlier resource of the call with the same name, certainly there at the same time. */
static const struct deployment_resource *twin(const struct check *c, const struct named *n,
					      const struct deployment_resource *list, size_t index,
					      const char *name)
{
	if (list[index].present != 1)
		return NULL;
	for (size_t i = 0; i < index; i++)
		if (list[i].present == 1 && !strcmp(list[i].type, n->type) &&
		    str_eq(fixed_name(c, &list[i], n), name) &&
		    same_scope(c, n, &list[i], &list[index]))
			return &list[i];
	return NULL;
}

static char *lookup_of(const struct named *n, const char *name)
{
	const char *mark = strstr(n->lookup, "<name>");

	return mark ? str_printf("%.*s%s%s", (int)(mark - n->lookup), n->lookup, name,
				 mark + strlen("<name>"))
		    : str_dup(n->lookup);
}

/* Which rule asks about a resource's name: each name is asked about once. */
enum asker { ASKER_TAKEN, ASKER_SECRET, ASKER_RETAINED, ASKER_SERVICE };

static enum asker asker_of(const struct check *c, const struct deployment_resource *r)
{
	if (!strcmp(r->type, "AWS::ECS::Service"))
		return ASKER_SERVICE;
	if (retained(c, r))
		return ASKER_RETAINED;
	return strcmp(r->type, "AWS::SecretsManager::Secret") ? ASKER_TAKEN : ASKER_SECRET;
}

/* A kept resource blocks the next stack for certain. Groups of logs are kept on purpose, for what
 * they tell of a stack that failed. */
static enum check_severity severity_of(const struct deployment_resource *r, enum asker asker)
{
	return asker == ASKER_RETAINED && strcmp(r->type, "AWS::Logs::LogGroup") != 0
		       ? CHECK_WARN
		       : CHECK_UNKNOWN;
}

static void ask_name(struct check *c, const struct deployment_resource *r, const struct named *n,
		     const char *name, enum asker asker, const char *why)
{
	OWN(str) char *lookup = lookup_of(n, name);

	check_add(c,
		  &(struct check_finding){ .severity = severity_of(r, asker),
					   .resource = r,
					   .property = n->property,
					   .lookup = lookup },
		  "%s %s is a fixed name: %s", n->property, name, why);
}

static void ask_names(struct check *c, enum asker asker, const char *why)
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		const struct named *n = named_of(r[i].type);
		const char *name = n ? fixed_name(c, &r[i], n) : NULL;

		if (name && asker_of(c, &r[i]) == asker && !asked_name(c, &r[i], n->property, name))
			ask_name(c, &r[i], n, name, asker, why);
	}
}

void check_name_taken(struct check *c)
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		const struct named *n = named_of(r[i].type);
		const char *name = n ? fixed_name(c, &r[i], n) : NULL;
		const struct deployment_resource *other = name ? twin(c, n, r, i, name) : NULL;

		if (other)
			check_add(c,
				  &(struct check_finding){ .severity = CHECK_FAIL,
							   .resource = &r[i],
							   .property = n->property,
							   .second = other,
							   .second_property = n->property },
				  "%s %s is also the name of %s.", n->property, name,
				  other->logical);
	}
	ask_names(c, ASKER_TAKEN, "the stack cannot be created where the name is in use.");
}

void check_secret_deleted(struct check *c)
{
	ask_names(c, ASKER_SECRET,
		  "a deleted secret keeps its name for 7 to 30 days, and the stack cannot be "
		  "created again before that.");
}

void check_name_retained(struct check *c)
{
	ask_names(c, ASKER_RETAINED,
		  "the resource stays when the stack is deleted, and the next stack then finds the "
		  "name in use.");
}

void check_service_exists(struct check *c)
{
	ask_names(c, ASKER_SERVICE,
		  "a service of that name with other settings, left by hand or by a failed "
		  "rollback, stops the creation.");
}

/* ---- replacement ----------------------------------------------------------------------------- */

void check_service_replaced(struct check *c)
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(r[i].type, "AWS::ECS::Service") != 0 ||
		    !json_object_get(r[i].properties, "ServiceName") ||
		    asked_replaced_service(c, &r[i]))
			continue;
		check_add(
			c,
			&(struct check_finding){
				.severity = CHECK_UNKNOWN,
				.resource = &r[i],
				.property = "ServiceName",
				.lookup = "aws cloudformation get-template --stack-name <stack>" },
			"A named service cannot be replaced: an update that changes Cluster, "
			"LaunchType, Role or SchedulingStrategy is refused.");
	}
}

/* One question per template: the deployed template answers it for everything in it. */
void check_replacement(struct check *c)
{
	static const char *const types[] = { "AWS::ServiceDiscovery::PrivateDnsNamespace",
					     "AWS::EC2::VPC", "AWS::EFS::FileSystem" };
	size_t count, asked = 0;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		bool matters = false;

		for (size_t t = 0; t < COUNT(types); t++)
			matters = matters || !strcmp(r[i].type, types[t]);
		if (!matters || r[i].template <asked)
			continue;
		asked = r[i].template + 1;
		if (asked_replacement(c, r[i].template) || !check_looks_up(c))
			continue;
		check_add(
			c,
			&(struct check_finding){
				.severity = CHECK_UNKNOWN,
				.resource = &r[i],
				.lookup = "aws cloudformation get-template --stack-name <stack>" },
			"An update must not change what replaces a namespace (Name, Vpc), a VPC or "
			"subnet (CidrBlock, zone), a file system (Encrypted, KmsKeyId, "
			"PerformanceMode) or an access point: %s and all that depends on it would "
			"be made anew.",
			r[i].logical);
	}
}
