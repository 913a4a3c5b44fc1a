#include "engine/cloud/ecr/ecr.h"

#include <stdio.h>
#include <string.h>

/* name -> members of its description, "policyText"?, "tags" */
#define ECR_REPOSITORIES "ecr:repository"

static bool name_fits(const char *name)
{
	size_t len = strlen(name);

	return len >= 2 && len <= 256 && strchr("abcdefghijklmnopqrstuvwxyz0123456789", *name) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._/-") == len;
}

static int no_repository(struct hub *hub, struct call *c, const char *name)
{
	return call_fail(c, 400, "RepositoryNotFoundException",
			 "The repository with name '%s' does not exist in the registry with id '%s'",
			 name, hub_account(hub));
}

static json_t *find(struct hub *hub, struct call *c)
{
	const char *name = json_str_or(c->in, "repositoryName", "");
	json_t *repository = hub_get(hub, ECR_REPOSITORIES, name);

	if (!repository)
		(void)no_repository(hub, c, name);
	return repository;
}

static json_t *new_repository(struct hub *hub, const char *name, const char *mutability)
{
	OWN(str) char *resource = str_printf("repository/%s", name);
	OWN(str) char *arn = hub_arn(hub, "ecr", resource);
	OWN(str) char *uri = str_printf("%s.dkr.ecr.%s.amazonaws.com/%s", hub_account(hub),
					hub_region(hub), name);
	json_t *repository = json_pack(
		"{s:s,s:s,s:s,s:s,s:f,s:s,s:{s:b},s:{s:s}}", "repositoryName", name, "repositoryArn",
		arn, "registryId", hub_account(hub), "repositoryUri", uri, "createdAt",
		(double)hub_now_ms(hub) / 1000, "imageTagMutability", mutability,
		"imageScanningConfiguration", "scanOnPush", 0, "encryptionConfiguration",
		"encryptionType", "AES256");

	return repository;
}

/* Without what is ours. Caller's. */
static json_t *shown(const json_t *repository)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)repository);

	json_object_del(copy, "policyText");
	json_object_del(copy, "tags");
	return copy;
}

static int run_create(struct hub *hub, struct call *c)
{
	const char *name = json_str_or(c->in, "repositoryName", "");
	OWN(json) json_t *repository = NULL;

	if (!name_fits(name))
		return call_fail(c, 400, "InvalidParameterException",
				 "Invalid parameter at 'repositoryName' failed to satisfy constraint: "
				 "'must satisfy regular expression "
				 "'(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''");
	if (hub_get(hub, ECR_REPOSITORIES, name))
		return call_fail(c, 400, "RepositoryAlreadyExistsException",
				 "The repository with name '%s' already exists in the registry with id '%s'",
				 name, hub_account(hub));
	repository = new_repository(hub, name, json_str_or(c->in, "imageTagMutability", "MUTABLE"));
	json_object_set(repository, "tags", json_list(c->in, "tags"));
	hub_put(hub, ECR_REPOSITORIES, name, repository);
	json_object_set_new(c->out, "repository", shown(repository));
	return 0;
}

static int run_describe(struct hub *hub, struct call *c)
{
	json_t *names = json_list(c->in, "repositoryNames"), *list = json_array(), *one;
	const char *name;
	size_t i;

	json_object_set_new(c->out, "repositories", list);
	json_array_foreach(names, i, one)
	{
		const json_t *found = hub_get(hub, ECR_REPOSITORIES, json_string_value(one));

		if (!found)
			return no_repository(hub, c, json_string_value(one));
		json_array_append_new(list, shown(found));
	}
	if (!names)
		json_object_foreach(hub_all(hub, ECR_REPOSITORIES), name, one)
			json_array_append_new(list, shown(one));
	return 0;
}

static int run_delete(struct hub *hub, struct call *c)
{
	json_t *repository = find(hub, c);

	if (!repository)
		return -1;
	json_object_set_new(c->out, "repository", shown(repository));
	hub_remove(hub, ECR_REPOSITORIES, json_str(c->in, "repositoryName"));
	return 0;
}

/* No image is kept: those of a repository are none, and whoever asks for one is told so. */
static int run_list_images(struct hub *hub, struct call *c)
{
	if (!find(hub, c))
		return -1;
	json_object_set_new(c->out, "imageIds", json_array());
	return 0;
}

static int run_describe_images(struct hub *hub, struct call *c)
{
	if (!find(hub, c))
		return -1;
	if (json_array_size(json_list(c->in, "imageIds")))
		return call_fail(c, 400, "ImageNotFoundException",
				 "The image does not exist within the repository with name '%s' in "
				 "the registry with id '%s'",
				 json_str(c->in, "repositoryName"), hub_account(hub));
	json_object_set_new(c->out, "imageDetails", json_array());
	return 0;
}

static int run_get_policy(struct hub *hub, struct call *c)
{
	const json_t *repository = find(hub, c);

	if (!repository)
		return -1;
	if (!json_str(repository, "policyText"))
		return call_fail(c, 400, "RepositoryPolicyNotFoundException",
				 "Repository policy does not exist for the repository with name '%s' "
				 "in the registry with id '%s'",
				 json_str(repository, "repositoryName"), hub_account(hub));
	json_set_str(c->out, "registryId", hub_account(hub));
	json_set_str(c->out, "repositoryName", json_str(repository, "repositoryName"));
	json_set_str(c->out, "policyText", json_str(repository, "policyText"));
	return 0;
}

static int run_list_tags(struct hub *hub, struct call *c)
{
	const char *arn = json_str_or(c->in, "resourceArn", ""),
		   *name = strstr(arn, ":repository/");
	const json_t *repository =
		name ? hub_get(hub, ECR_REPOSITORIES, name + strlen(":repository/")) : NULL;
	json_t *tags = json_list(repository, "tags");

	if (!repository)
		return no_repository(hub, c, arn);
	json_object_set_new(c->out, "tags", tags ? json_incref(tags) : json_array());
	return 0;
}

/* ---- AWS::ECR::Repository
 * -------------------------------------------------------------------------------- */

static void take_properties(struct hub *hub, struct resource *r, json_t *repository)
{
	const json_t *policy = json_object_get(r->properties, "RepositoryPolicyText");
	OWN(str) char *text = policy ? json_text(policy) : NULL;

	json_object_del(repository, "policyText");
	json_set_str(repository, "policyText", text);
	json_set_str(repository, "imageTagMutability",
		     json_str_or(r->properties, "ImageTagMutability", "MUTABLE"));
	if (json_list(r->properties, "Tags"))
		json_object_set(repository, "tags", json_list(r->properties, "Tags"));
	hub_put(hub, ECR_REPOSITORIES, r->physical, repository);
	json_set_str(r->attributes, "Arn", json_str(repository, "repositoryArn"));
	json_set_str(r->attributes, "RepositoryUri", json_str(repository, "repositoryUri"));
}

static int create(struct hub *hub, struct resource *r, struct err *err)
{
	const char *given = json_str(r->properties, "RepositoryName");
	OWN(str) char *name = given ? str_dup(given) : hub_physical_name(hub, r, 256, true);
	OWN(json) json_t *repository = NULL;

	if (!name_fits(name))
		return err_set(err, ERR_INPUT, "Repository name %s is not valid", name);
	if (hub_get(hub, ECR_REPOSITORIES, name)) {
		(void)snprintf(r->error_code, sizeof(r->error_code), "AlreadyExists");
		return err_set(err, ERR_INPUT,
			       "Resource of type '%s' with identifier '%s' already exists.", r->type,
			       name);
	}
	repository = new_repository(hub, name, "MUTABLE");
	r->physical = GIVE(name);
	take_properties(hub, r, repository);
	return RESOURCE_DONE;
}

static int update(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *repository = hub_get(hub, ECR_REPOSITORIES, r->physical);

	if (!repository) {
		(void)snprintf(r->error_code, sizeof(r->error_code), "NotFound");
		return err_set(err, ERR_INPUT, "The repository with name '%s' does not exist",
			       r->physical);
	}
	take_properties(hub, r, repository);
	return RESOURCE_DONE;
}

static int remove_it(struct hub *hub, struct resource *r, struct err *err)
{
	(void)err;
	hub_remove(hub, ECR_REPOSITORIES, r->physical);
	return RESOURCE_DONE;
}

static const char *const replace_on[] = { "RepositoryName", "EncryptionConfiguration", NULL };
static const char *const allowed[] = { "RepositoryName",  "ImageTagMutability",
				       "LifecyclePolicy", "RepositoryPolicyText",
				       "Tags",		  "ImageScanningConfiguration",
				       "EmptyOnDelete",	  "EncryptionConfiguration",
				       NULL };

static const struct resource_kind repository_kind = {
	.type = "AWS::ECR::Repository",
	.replace_on = replace_on,
	.create = create,
	.update = update,
	.remove = remove_it,
	.allowed = allowed,
};
static const struct resource_kind *const kinds[] = { &repository_kind, NULL };

/* clang-format off */
static const struct action actions[] = {
	{ .name = "CreateRepository", .run = run_create },
	{ .name = "DescribeRepositories", .run = run_describe },
	{ .name = "DeleteRepository", .run = run_delete },
	{ .name = "ListImages", .run = run_list_images },
	{ .name = "DescribeImages", .run = run_describe_images },
	{ .name = "GetRepositoryPolicy", .run = run_get_policy },
	{ .name = "ListTagsForResource", .run = run_list_tags },
	{ .name = NULL },
};
/* clang-format on */

const struct service service_ecr = {
	.name = "ecr",
	.actions = actions,
	.kinds = kinds,
	.covers = "Repositories as names with settings, which is what `cdk bootstrap` needs. No images: "
		  "nothing can be pushed or pulled, life-cycle policies and scans have nothing to act "
		  "on, and policies are kept and not applied.",
};
