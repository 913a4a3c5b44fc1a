/* Step: images. What an image reference runs on this machine is a table of patterns; the stack can
 * add its own in the parameter /mpcup/<stack>/images. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <string.h>

/* "native" is an emulation: plain shell commands of busybox and alpine images run on the minimal
 * root, with the shell of this machine. */
static const struct {
	const char *pattern;
	enum ecs_image image;
} standard[] = {
	{ "*mpc-node*", IMAGE_NODE },
	{ "*mpcup/localnet*", IMAGE_LOCALNET },
	{ "*busybox*", IMAGE_NATIVE },
	{ "*alpine*", IMAGE_NATIVE },
};

static enum ecs_image image_by_word(const char *word)
{
	return str_eq(word, "node")	  ? IMAGE_NODE
	       : str_eq(word, "localnet") ? IMAGE_LOCALNET
	       : str_eq(word, "native")	  ? IMAGE_NATIVE
					  : IMAGE_NONE;
}

/* The stack's own patterns, or NULL. The caller's. */
static json_t *mapping_of(struct hub *hub, const char *stack)
{
	OWN(str) char *name = str_printf("/mpcup/%s/images", stack);
	OWN(json) json_t *in = json_pack("{s:s}", "Name", name), *out = NULL;
	const char *text;
	json_t *mapping = NULL;

	if (hub_call(hub, NULL, "ssm", "GetParameter", in, &out, NULL, NULL) < 0)
		return NULL;
	text = json_str_or(json_map(out, "Parameter"), "Value", "");
	if (json_parse_text(name, text, strlen(text), &mapping, NULL) < 0)
		hub_log(hub, "%s is not a JSON object", name);
	return mapping;
}

/* Name of the stack that this one is nested in, at the top; NULL: it is none of that kind. The caller's. */
static char *root_of(struct hub *hub, const char *stack)
{
	OWN(json) json_t *in = json_pack("{s:s}", "StackName", stack), *out = NULL;
	const char *root;

	if (hub_call(hub, NULL, "cloudformation", "DescribeStacks", in, &out, NULL, NULL) < 0)
		return NULL;
	root = json_str(json_path(out, "Stacks.0"), "RootId");
	root = root ? strchr(root, '/') : NULL;
	return root ? str_dup_n(root + 1, strcspn(root + 1, "/")) : NULL;
}

/* That of the root counts for the whole tree: it is what a user names. */
static json_t *mapping_for(struct hub *hub, const char *stack)
{
	json_t *mapping = mapping_of(hub, stack);
	OWN(str) char *root = mapping ? NULL : root_of(hub, stack);

	return root ? mapping_of(hub, root) : mapping;
}

static enum ecs_image mapped(struct hub *hub, const char *stack, const char *image)
{
	OWN(json) json_t *mapping = stack ? mapping_for(hub, stack) : NULL;
	const char *pattern;
	json_t *word;

	json_object_foreach(
		mapping, pattern,
		word) if (str_glob(pattern, image, false) &&
			  image_by_word(json_string_value(word)) !=
				  IMAGE_NONE) return image_by_word(json_string_value(word));
	return IMAGE_NONE;
}

static enum ecs_image stand_in(const char *image)
{
	for (size_t i = 0; i < sizeof(standard) / sizeof(standard[0]); i++)
		if (str_glob(standard[i].pattern, image, false))
			return standard[i].image;
	return IMAGE_NONE;
}

/* ---- references
 * -------------------------------------------------------------------------------------------- */

bool ecs_is_ecr(const char *image)
{
	const char *at = strstr(image, ".dkr.ecr."), *slash = strchr(image, '/');

	return at && slash && at < slash && strspn(image, "0123456789") == (size_t)(at - image);
}

char *ecs_image_registry(const char *image)
{
	const char *slash = strchr(image, '/');
	size_t len = slash ? (size_t)(slash - image) : 0;

	for (size_t i = 0; i < len; i++)
		if (image[i] == '.' || image[i] == ':')
			return str_dup_n(image, len);
	return str_dup("registry-1.docker.io");
}

char *ecs_image_region(const char *image)
{
	const char *region = strstr(image, ".dkr.ecr.");

	region = region ? region + strlen(".dkr.ecr.") : "";
	return str_dup_n(region, strcspn(region, "./"));
}

char *ecs_image_repository(const char *image)
{
	OWN(str) char *region = ecs_image_region(image);
	const char *slash = strchr(image, '/'), *name = slash ? slash + 1 : "";

	return str_printf("arn:aws:ecr:%s:%.*s:repository/%.*s", region, (int)strcspn(image, "."),
			  image, (int)strcspn(name, ":@"), name);
}

/* ---- pull
 * ------------------------------------------------------------------------------------------------------
 */

/* Registries of others have no names on this machine: for an image that was imported from one, any
 * registry shows whether the task has a way to the internet. */
static enum ecs_step reach(struct launch *l, struct container *c, const char *image, const char *host)
{
	OWN(str) char *name = str_dup_n(host, strcspn(host, ":"));
	const json_t *answer = ecs_launch_reach(l, name);

	if (answer && str_eq(json_str(answer, "result"), "unresolved") &&
	    ecs_imported_find(l, c, image))
		answer = ecs_launch_reach(l, "registry-1.docker.io");
	if (!answer)
		return STEP_WAIT;
	if (str_eq(json_str(answer, "result"), "unresolved"))
		return FAIL(l, c, LAUNCH_FAIL_IMAGE_RESOLVE, image, host);
	if (!str_eq(json_str(answer, "result"), "ok"))
		return FAIL(l, c, LAUNCH_FAIL_IMAGE_TIMEOUT, image, host,
			    json_str_or(answer, "address", ""));
	return STEP_NEXT;
}

static enum ecs_step authorise_pull(struct launch *l, const struct container *c, const char *image)
{
	static const char *const actions[] = { "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" };
	OWN(str) char *repository = ecs_image_repository(image);

	for (size_t i = 0; i < 2; i++) {
		struct hub_question q = { .principal = l->execution_role,
					  .action = actions[i],
					  .resource = repository };
		struct err why = { 0 };

		if (!hub_authorized(l->ecs->hub, &q, &why)) {
			OWN(str) char *user = ecs_denied_user(why.text, l->execution_role);

			return FAIL(l, c, LAUNCH_FAIL_IMAGE_DENIED, image, user, actions[i]);
		}
	}
	return STEP_NEXT;
}

/* ECR keeps the layers in S3. */
static enum ecs_step pull_from_ecr(struct launch *l, struct container *c, const char *image)
{
	OWN(str) char *region = ecs_image_region(image);
	OWN(str)
	char *bucket =
		str_printf("prod-%s-starport-layer-bucket.s3.%s.amazonaws.com", region, region);
	enum ecs_step rc = authorise_pull(l, c, image);

	return rc == STEP_NEXT ? reach(l, c, image, bucket) : rc;
}

/* An image whose tag names an architecture exists for that one only. */
static bool fits_platform(const struct launch *l, const char *image, const char **ret_platform)
{
	const char *slash = strrchr(image, '/'), *tag = strchr(slash ? slash : image, ':');
	bool arm = str_eq(json_str(json_map(l->definition, "runtimePlatform"), "cpuArchitecture"),
			  "ARM64");

	*ret_platform = arm ? "linux/arm64" : "linux/amd64";
	if (!tag)
		return true;
	if (strstr(tag, "amd64") || strstr(tag, "x86_64"))
		return !arm;
	return !(strstr(tag, "arm64") || strstr(tag, "aarch64")) || arm;
}

/* The stack's mapping, then what was imported under this very name, then the stand-ins. */
static enum ecs_step choose(struct launch *l, struct container *c, const char *image)
{
	const char *platform;

	c->image = mapped(l->ecs->hub, json_str(l->task, "mpcup:stack"), image);
	if (c->image == IMAGE_NONE && ecs_imported_pull(l, c, image) == STEP_FAILED)
		return STEP_FAILED;
	if (c->image == IMAGE_IMPORTED)
		return STEP_NEXT;
	if (c->image == IMAGE_NONE)
		c->image = stand_in(image);
	if (c->image == IMAGE_NONE) {
		hub_log(l->ecs->hub,
			"task %s: image %s is not on this machine; bring it with: mpcup image import FILE "
			"--name %s",
			l->id, image, image);
		return FAIL(l, c, LAUNCH_FAIL_IMAGE_NOT_FOUND, image);
	}
	if (!fits_platform(l, image, &platform))
		return FAIL(l, c, LAUNCH_FAIL_IMAGE_PLATFORM, image, platform);
	return STEP_NEXT;
}

static enum ecs_step pull(struct launch *l, struct container *c)
{
	const char *image = json_str_or(c->definition, "image", "");
	OWN(str) char *host = ecs_image_registry(image);
	enum ecs_step rc = reach(l, c, image, host);

	if (rc == STEP_NEXT && ecs_is_ecr(image))
		rc = pull_from_ecr(l, c, image);
	if (rc != STEP_NEXT)
		return rc;
	return choose(l, c, image);
}

enum ecs_step ecs_step_image(struct launch *l)
{
	for (size_t i = 0; i < l->container_count; i++) {
		enum ecs_step rc = pull(l, &l->containers[i]);

		if (rc != STEP_NEXT)
			return rc;
	}
	json_object_set_new(l->task, "pullStoppedAt", ecs_time(l->ecs->hub));
	return STEP_NEXT;
}
