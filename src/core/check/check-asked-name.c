/* Chosen names that may be in use: one listing per kind of name, where the API has one. */
#include "core/check/check-asked.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* How a kind of name is asked for. `each` NULL: `all` is the whole input. */
static const struct name_row {
	const char *type, *service, *action;
	const char *all;	   /* JSON of the input that lists them */
	const char *each;	   /* member of the input that takes the one name */
	const char *list, *member; /* where names stand in the answer; NULL: an answer is a yes */
} rows[] = {
	{ "AWS::SecretsManager::Secret", "secretsmanager", "ListSecrets",
	  "{\"IncludePlannedDeletion\":true}", NULL, "SecretList", "Name" },
	{ "AWS::Logs::LogGroup", "logs", "DescribeLogGroups", NULL, "logGroupNamePrefix",
	  "logGroups", "logGroupName" },
	{ "AWS::ECS::Cluster", "ecs", "DescribeClusters", NULL, "clusters", "clusters",
	  "clusterName" },
	{ "AWS::IAM::Role", "iam", "GetRole", NULL, "RoleName", NULL, NULL },
	{ "AWS::IAM::InstanceProfile", "iam", "GetInstanceProfile", NULL, "InstanceProfileName",
	  NULL, NULL },
	{ "AWS::IAM::User", "iam", "GetUser", NULL, "UserName", NULL, NULL },
	{ "AWS::IAM::ManagedPolicy", "iam", "ListPolicies", "{\"Scope\":\"Local\"}", NULL,
	  "Policies", "PolicyName" },
	{ "AWS::KMS::Alias", "kms", "ListAliases", "{}", NULL, "Aliases", "AliasName" },
	{ "AWS::SSM::Parameter", "ssm", "GetParameter", NULL, "Name", NULL, NULL },
	{ "AWS::ECR::Repository", "ecr", "DescribeRepositories", NULL, "repositoryNames",
	  "repositories", "repositoryName" },
};

static const struct name_row *row_of(const char *type)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!strcmp(rows[i].type, type))
			return &rows[i];
	return NULL;
}

/* ---- what is asked
 * ----------------------------------------------------------------------------------- */

static const char *name_of(const struct check *c, const struct deployment_resource *r,
			   const char *property)
{
	return deployment_text(check_deployment(c), json_object_get(r->properties, property));
}

/* Beginning that the names of all resources of the type share: one listing answers for all. When
 * they share none, the one name. Caller frees. */
static char *common_prefix(const struct check *c, const struct deployment_resource *r,
			   const char *property, const char *name)
{
	size_t count, len = strlen(name);
	const struct deployment_resource *all = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		const char *other =
			strcmp(all[i].type, r->type) ? NULL : name_of(c, &all[i], property);
		size_t same = 0;

		while (other && same < len && other[same] == name[same])
			same++;
		len = other ? same : len;
	}
	return len > 1 ? str_dup_n(name, len) : str_dup(name);
}

static json_t *input_of(const struct check *c, const struct name_row *row,
			const struct deployment_resource *r, const char *property, const char *name)
{
	OWN(str) char *prefix = NULL;

	if (row->all)
		return json_loads(row->all, 0, NULL);
	if (!strcmp(row->each, "clusters") || !strcmp(row->each, "repositoryNames"))
		return json_pack("{s:[s]}", row->each, name);
	if (strcmp(row->each, "logGroupNamePrefix") != 0)
		return json_pack("{s:s}", row->each, name);
	prefix = common_prefix(c, r, property, name);
	return json_pack("{s:s}", row->each, prefix);
}

/* ---- what is answered
 * ----------------------------------------------------------------------------------- */

/* The entry of that name; a cluster that was deleted is listed for a while. */
static const json_t *entry_of(const struct name_row *row, const struct asked *a, const char *name)
{
	json_t *one;
	size_t i;

	json_array_foreach(asked_list(a, row->list, NULL), i, one)
		if (str_eq(json_str(one, row->member), name) &&
		    !str_eq(json_str(one, "status"), "INACTIVE"))
			return one;
	return NULL;
}

static void say_taken(struct check *c, const struct deployment_resource *r, const char *property,
		      const char *name, enum deployed_state stack, bool deleted)
{
	struct check_finding f = { .severity = CHECK_FAIL, .resource = r, .property = property };

	if (deleted) {
		check_add(
			c, &f,
			"Secret %s is scheduled for deletion; its name cannot be used before that "
			"is over.",
			name);
		return;
	}
	if (stack == DEPLOYED_NOT_KNOWN)
		f.severity = CHECK_WARN;
	check_add(c, &f, "%s %s is in use in the account%s.", property, name,
		  stack == DEPLOYED_NOT_KNOWN ? ", unless by this very stack" : "");
}

/* Services are asked for in their cluster; one that the stack makes has none yet. */
static bool asked_service(struct check *c, const struct deployment_resource *r, const char *name,
			  const struct deployed *d)
{
	const json_t *value = json_object_get(r->properties, "Cluster");
	const struct deployment_resource *cluster =
		value ? deployment_target(check_deployment(c), value, NULL) : NULL;
	const char *id = cluster ? deployed_physical(c, cluster->template, cluster->logical)
			 : value ? deployment_text(check_deployment(c), value)
				 : "default";
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = r,
				   .property = "ServiceName" };
	ASKED a = { 0 };
	const json_t *one;

	if (cluster && d->state == DEPLOYED_NONE)
		return true;
	if (!id)
		return false;
	a = ask(c, "ecs", "DescribeServices",
		json_pack("{s:s,s:[s]}", "cluster", id, "services", name));
	one = json_array_get(asked_list(&a, "services", NULL), 0);
	if (asked_absent(&a) || !asked_or_unknown(c, &f, &a, "Whether a service has this name"))
		return a.state != CHECK_NOT_ASKED;
	if (one && !str_eq(json_str(one, "status"), "INACTIVE"))
		say_taken(c, r, "ServiceName", name, d->state, false);
	return true;
}

bool asked_name(struct check *c, const struct deployment_resource *r, const char *property,
		const char *name)
{
	const struct name_row *row = row_of(r->type);
	struct deployed d = deployed_of(c, r->template);
	struct check_finding f = { .severity = CHECK_FAIL, .resource = r, .property = property };
	const json_t *entry = NULL;
	ASKED a = { 0 };

	if (deployed_has(&d, r) && !deployed_changed(&d, r, property))
		return true; /* it is this stack's own */
	if (!strcmp(r->type, "AWS::ECS::Service"))
		return asked_service(c, r, name, &d);
	if (!row)
		return false;
	a = ask(c, row->service, row->action, input_of(c, row, r, property, name));
	if (asked_absent(&a))
		return true;
	if (!asked_or_unknown(c, &f, &a, "Whether the name is in use"))
		return a.state != CHECK_NOT_ASKED;
	entry = row->list ? entry_of(row, &a, name) : a.answer;
	if (entry)
		say_taken(c, r, property, name, d.state,
			  json_object_get(entry, "DeletedDate") != NULL);
	return entry || !asked_cut(&a);
}
