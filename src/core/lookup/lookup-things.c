/* File systems, roles, secrets and what else has a name in the account. */
#include <string.h>

#include "base/str.h"
#include "core/lookup/lookup-internal.h"

/* ---- file systems ---------------------------------------------------------------------------- */

static void add_mount_target(struct picture *p, const json_t *target)
{
	const char *id = json_str(target, "MountTargetId");
	json_t *properties = json_object();
	const json_t *groups = json_list(answer_to(p->facts, "efs",
						   "DescribeMountTargetSecurityGroups",
						   text_input("MountTargetId", id)),
					 "SecurityGroups");

	put(properties, "FileSystemId", json_object_get(target, "FileSystemId"));
	put(properties, "SubnetId", json_object_get(target, "SubnetId"));
	put(properties, "IpAddress", json_object_get(target, "IpAddress"));
	if (groups)
		put(properties, "SecurityGroups", groups);
	else
		json_object_set_new(properties, "SecurityGroups", unknown());
	(void)picture_add(p, "AWS::EFS::MountTarget", id, NULL, properties);
}

/* That there is no policy is an answer too. */
static void put_policy(const struct picture *p, json_t *properties, const char *id)
{
	const char *document = json_str(answer_to(p->facts, "efs", "DescribeFileSystemPolicy",
						  text_input("FileSystemId", id)),
					"Policy");
	const char *refusal = refusal_of(p->facts, "efs", "DescribeFileSystemPolicy",
					 text_input("FileSystemId", id));

	if (document)
		put_document(properties, "FileSystemPolicy", document);
	else if (!refusal || strcmp(refusal, "PolicyNotFound") != 0)
		json_object_set_new(properties, "FileSystemPolicy", unknown());
}

/* Without its mount targets a file system would seem to have none: then it is not drawn. */
static void add_file_system(struct picture *p, const json_t *system)
{
	const char *id = json_str(system, "FileSystemId");
	const json_t *answer = id ? answer_to(p->facts, "efs", "DescribeMountTargets",
					      text_input("FileSystemId", id))
				  : NULL;
	json_t *properties, *one;
	size_t i;

	if (!answer)
		return;
	properties = json_object();
	json_set_bool(properties, "Encrypted", json_bool_or(system, "Encrypted", false));
	put(properties, "AvailabilityZoneName", json_object_get(system, "AvailabilityZoneName"));
	put(properties, "ThroughputMode", json_object_get(system, "ThroughputMode"));
	put(properties, "PerformanceMode", json_object_get(system, "PerformanceMode"));
	put_policy(p, properties, id);
	if (!picture_add(p, "AWS::EFS::FileSystem", id, json_str(system, "FileSystemArn"),
			 properties))
		return;
	json_array_foreach(json_list(answer, "MountTargets"), i, one)
		add_mount_target(p, one);
}

static void add_access_point(struct picture *p, const json_t *point)
{
	json_t *properties = json_object();

	put(properties, "FileSystemId", json_object_get(point, "FileSystemId"));
	put(properties, "PosixUser", json_map(point, "PosixUser"));
	put(properties, "RootDirectory", json_map(point, "RootDirectory"));
	(void)picture_add(p, "AWS::EFS::AccessPoint", json_str(point, "AccessPointId"),
			  json_str(point, "AccessPointArn"), properties);
}

void picture_storage(struct picture *p)
{
	OWN_FACT struct fact f = { 0 };
	OWN_FACT struct fact a = { 0 };
	json_t *one;
	size_t i;

	while (fact_next(p->facts, "efs", "DescribeFileSystems", &f))
		json_array_foreach(json_list(f.answer, "FileSystems"), i, one)
			add_file_system(p, one);
	while (fact_next(p->facts, "efs", "DescribeAccessPoints", &a))
		json_array_foreach(json_list(a.answer, "AccessPoints"), i, one)
			add_access_point(p, one);
}

/* ---- roles ----------------------------------------------------------------------------------- */

static json_t *inline_policies(const struct picture *p, const char *role)
{
	const json_t *names = json_list(answer_to(p->facts, "iam", "ListRolePolicies",
						  text_input("RoleName", role)),
					"PolicyNames"),
		     *one;
	json_t *list = json_array();
	size_t i;

	json_array_foreach(names, i, one) {
		json_t *input = text_input("RoleName", role), *policy = json_object();
		const json_t *answer;

		json_set_str(input, "PolicyName", json_string_value(one));
		answer = answer_to(p->facts, "iam", "GetRolePolicy", input);
		put(policy, "PolicyName", one);
		if (json_str(answer, "PolicyDocument"))
			put_document(policy, "PolicyDocument", json_str(answer, "PolicyDocument"));
		else
			json_object_set_new(policy, "PolicyDocument", unknown());
		json_array_append_new(list, policy);
	}
	return list;
}

/* ARNs of what is attached; an unknown one when it, or the role's own policies, may not be listed. */
static json_t *attached_policies(const struct picture *p, const char *role)
{
	const json_t *answer = answer_to(p->facts, "iam", "ListAttachedRolePolicies",
					 text_input("RoleName", role));
	json_t *list = json_array(), *one;
	size_t i;

	json_array_foreach(json_list(answer, "AttachedPolicies"), i, one)
		if (json_str(one, "PolicyArn"))
			json_add_str(list, json_str(one, "PolicyArn"));
	if (!answer ||
	    !answer_to(p->facts, "iam", "ListRolePolicies", text_input("RoleName", role)))
		json_array_append_new(list, unknown());
	return list;
}

static void add_role(struct picture *p, const json_t *role)
{
	const char *name = json_str(role, "RoleName"), *arn = json_str(role, "Arn");
	const char *boundary = json_str(json_map(role, "PermissionsBoundary"),
					"PermissionsBoundaryArn");
	json_t *properties;

	if (!name || !arn)
		return;
	properties = json_object();
	put_str(properties, "RoleName", name);
	put_str(properties, "Path", json_str(role, "Path"));
	put_str(properties, "PermissionsBoundary", boundary);
	put_document(properties, "AssumeRolePolicyDocument",
		     json_str_or(role, "AssumeRolePolicyDocument", ""));
	json_object_set_new(properties, "Policies", inline_policies(p, name));
	json_object_set_new(properties, "ManagedPolicyArns", attached_policies(p, name));
	(void)picture_add(p, "AWS::IAM::Role", arn, NULL, properties);
}

static void add_managed_policy(struct picture *p, const json_t *input, const json_t *answer)
{
	const char *arn = json_str(input, "PolicyArn");
	const char *document = json_str(json_map(answer, "PolicyVersion"), "Document");
	json_t *properties;

	if (!arn || !document)
		return;
	properties = json_object();
	put_document(properties, "PolicyDocument", document);
	(void)picture_add(p, "AWS::IAM::ManagedPolicy", arn, NULL, properties);
}

void picture_roles(struct picture *p)
{
	OWN_FACT struct fact r = { 0 };
	OWN_FACT struct fact m = { 0 };

	while (fact_next(p->facts, "iam", "GetRole", &r))
		add_role(p, json_map(r.answer, "Role"));
	while (fact_next(p->facts, "iam", "GetPolicyVersion", &m))
		add_managed_policy(p, m.input, m.answer);
}

/* ---- secrets --------------------------------------------------------------------------------- */

/* A secret without a value answers that it has none. Two values that are not known are not one. */
static void put_value(struct picture *p, json_t *properties, const char *asked)
{
	const json_t *answer = answer_to(p->facts, "secretsmanager", "GetSecretValue",
					 text_input("SecretId", asked));
	const char *refusal = refusal_of(p->facts, "secretsmanager", "GetSecretValue",
					 text_input("SecretId", asked));

	if (json_str(answer, "SecretString"))
		put(properties, "SecretString", json_object_get(answer, "SecretString"));
	else if (!refusal || strcmp(refusal, "ResourceNotFoundException") != 0)
		json_object_set_new(properties, "SecretString", picture_unknown(p));
}

static void add_secret(struct picture *p, const char *asked, const json_t *secret)
{
	const char *arn = json_str(secret, "ARN");
	const char *policy = json_str(answer_to(p->facts, "secretsmanager", "GetResourcePolicy",
						text_input("SecretId", asked)),
				      "ResourcePolicy");
	OWN(str) char *name = arn && policy ? str_printf("%s/policy", arn) : NULL;
	json_t *properties;

	if (!arn || !asked)
		return;
	properties = json_object();
	put(properties, "Name", json_object_get(secret, "Name"));
	put(properties, "KmsKeyId", json_object_get(secret, "KmsKeyId"));
	put_value(p, properties, asked);
	/* an ARN without the six characters at its end is taken by ECS as well */
	(void)picture_add(p, "AWS::SecretsManager::Secret", arn, asked, properties);
	if (!name)
		return;
	properties = text_input("SecretId", arn);
	put_document(properties, "ResourcePolicy", policy);
	(void)picture_add(p, "AWS::SecretsManager::ResourcePolicy", name, NULL, properties);
}

static void add_parameter(struct picture *p, const char *asked, const json_t *parameter)
{
	const char *arn = json_str(parameter, "ARN");
	json_t *properties;

	if (!asked || !json_str(parameter, "Name"))
		return;
	properties = json_object();
	put(properties, "Name", json_object_get(parameter, "Name"));
	put(properties, "Type", json_object_get(parameter, "Type"));
	put(properties, "Value", json_object_get(parameter, "Value"));
	(void)picture_add(p, "AWS::SSM::Parameter", arn ? arn : asked, asked, properties);
}

/* Only what a container's ValueFrom names, which is asked for decrypted: parameters of templates are
 * values already. */
void picture_secrets(struct picture *p)
{
	OWN_FACT struct fact s = { 0 };
	OWN_FACT struct fact m = { 0 };

	while (fact_next(p->facts, "secretsmanager", "DescribeSecret", &s))
		add_secret(p, json_str(s.input, "SecretId"), s.answer);
	while (fact_next(p->facts, "ssm", "GetParameter", &m))
		if (json_bool_or(m.input, "WithDecryption", false))
			add_parameter(p, json_str(m.input, "Name"), json_map(m.answer, "Parameter"));
}

/* ---- names ----------------------------------------------------------------------------------- */

static void add_namespace(struct picture *p, const json_t *space)
{
	const char *type = json_str_or(space, "Type", "");
	json_t *properties = json_object();

	put(properties, "Name", json_object_get(space, "Name"));
	/* which VPC the zone is for is the hosted zone's to tell */
	if (!strcmp(type, "DNS_PRIVATE"))
		json_object_set_new(properties, "Vpc", unknown());
	(void)picture_add(p,
			  !strcmp(type, "DNS_PRIVATE") ? "AWS::ServiceDiscovery::PrivateDnsNamespace"
			  : !strcmp(type, "DNS_PUBLIC")
				  ? "AWS::ServiceDiscovery::PublicDnsNamespace"
				  : "AWS::ServiceDiscovery::HttpNamespace",
			  json_str(space, "Id"), json_str(space, "Arn"), properties);
}

static void add_cloud_map(struct picture *p, const json_t *service)
{
	json_t *properties = json_object();

	put(properties, "Name", json_object_get(service, "Name"));
	put(properties, "NamespaceId", json_object_get(service, "NamespaceId"));
	put(properties, "DnsConfig", json_map(service, "DnsConfig"));
	(void)picture_add(p, "AWS::ServiceDiscovery::Service", json_str(service, "Id"),
			  json_str(service, "Arn"), properties);
}

static void add_log_group(struct picture *p, const char *asked, const json_t *group)
{
	json_t *properties;

	if (!str_eq(json_str(group, "logGroupName"), asked))
		return;
	properties = json_object();
	put(properties, "LogGroupName", json_object_get(group, "logGroupName"));
	put(properties, "RetentionInDays", json_object_get(group, "retentionInDays"));
	(void)picture_add(p, "AWS::Logs::LogGroup", json_str_or(group, "arn", asked), NULL,
			  properties);
}

static void add_key(struct picture *p, const char *asked, const json_t *key)
{
	json_t *input = text_input("KeyId", asked), *properties;
	const char *policy;

	json_set_str(input, "PolicyName", "default");
	policy = json_str(answer_to(p->facts, "kms", "GetKeyPolicy", input), "Policy");
	/* without its policy a key says nothing about who may use it */
	if (!policy)
		return;
	properties = json_object();
	put_document(properties, "KeyPolicy", policy);
	(void)picture_add(p, "AWS::KMS::Key", json_str(key, "Arn"), asked, properties);
}

void picture_names(struct picture *p)
{
	OWN_FACT struct fact n = { 0 };
	OWN_FACT struct fact s = { 0 };
	OWN_FACT struct fact l = { 0 };
	OWN_FACT struct fact k = { 0 };
	json_t *one;
	size_t i;

	while (fact_next(p->facts, "servicediscovery", "GetNamespace", &n))
		add_namespace(p, json_map(n.answer, "Namespace"));
	while (fact_next(p->facts, "servicediscovery", "GetService", &s))
		add_cloud_map(p, json_map(s.answer, "Service"));
	while (fact_next(p->facts, "logs", "DescribeLogGroups", &l))
		json_array_foreach(json_list(l.answer, "logGroups"), i, one)
			add_log_group(p, json_str(l.input, "logGroupNamePrefix"), one);
	while (fact_next(p->facts, "kms", "DescribeKey", &k))
		add_key(p, json_str(k.input, "KeyId"), json_map(k.answer, "KeyMetadata"));
}
