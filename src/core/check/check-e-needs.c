/* What the start of each task needs rights for. */
#include "core/check/check-e.h"
#include "core/check/check-internal.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

struct adding {
	const struct deployment *d;
	struct check_needs *needs;
	const struct deployment_service *service;
	size_t container;
};

/* resource is taken over; what: property below the container */
static void add(struct adding *a, const char *kind, const char *action, char *resource,
		const char *what, const struct deployment_resource *thing)
{
	struct check_needs *n = a->needs;

	n->list = mem_grow(n->list, n->count + 1, sizeof(*n->list));
	n->list[n->count++] = (struct check_need){
		.service = a->service,
		.role = a->service->task->execution_role,
		.kind = kind,
		.action = action,
		.resource = resource,
		.property = str_printf("ContainerDefinitions/%zu/%s", a->container, what),
		.thing = thing,
	};
}

/* "arn:aws:secretsmanager:r:a:secret:name:key:stage:id" -> the ARN in front of the selectors */
static char *without_selectors(const char *text)
{
	size_t colons = 0, len = 0;

	for (; text[len]; len++)
		if (text[len] == ':' && ++colons == 7)
			break;
	return str_dup_n(text, len);
}

/* What IAM is asked about is the whole ARN. Where the template names a secret without the six random characters at its
 * end, they stand for themselves: "name-??????" and "name-*" in a policy match, "name" does not. */
static char *whole_secret(const char *text)
{
	OWN(str) char *arn = without_selectors(text);
	const char *name = strstr(arn, ":secret:");
	size_t len = name ? strlen(name) : 0, plain = 0;

	while (plain < 6 && plain < len && isalnum((unsigned char)name[len - 1 - plain]))
		plain++;
	if (!name || strchr(name, '\x03') || (plain == 6 && name[len - 7] == '-'))
		return GIVE(arn);
	return str_printf("%s-??????", arn);
}

static void add_secret(struct adding *a, const char *kind, const json_t *value, const char *what)
{
	struct deployment_value_from from = { 0 };
	OWN(str) char *text = check_rights_text(a->d, value);

	deployment_value_from(a->d, value, &from);
	if (from.malformed)
		return; /* B10 */
	if (from.secret && str_eq(from.secret->type, "AWS::SecretsManager::Secret")) {
		add(a, kind, "secretsmanager:GetSecretValue", check_rights_arn(a->d, from.secret),
		    what, from.secret);
		return;
	}
	if (from.unknown && !str_starts(text, "arn:"))
		return; /* what it names is not known: B11 asks */
	if (str_glob("arn:*:secretsmanager:*", text, false))
		add(a, kind, "secretsmanager:GetSecretValue", whole_secret(text), what, NULL);
	else if (str_glob("arn:*:ssm:*", text, false))
		add(a, "parameter", "ssm:GetParameters", str_dup(text), what, from.secret);
	else if (from.parameter_store)
		add(a, "parameter", "ssm:GetParameters",
		    str_printf("arn:aws:ssm:\x03"
			       "AAWS..Region\x03:\x03"
			       "AAWS..AccountId\x03:parameter/%s",
			       *text == '/' ? text + 1 : text),
		    what, from.secret);
}

static void add_logs(struct adding *a, const json_t *container)
{
	const json_t *log = json_map(container, "LogConfiguration"),
		     *options = json_map(log, "Options");
	const json_t *group = json_object_get(options, "awslogs-group");
	static const char what[] = "LogConfiguration/Options/awslogs-group";
	const char *head = "arn:aws:logs:\x03"
			   "AAWS..Region\x03:\x03"
			   "AAWS..AccountId\x03:log-group:";
	OWN(str) char *name = NULL;
	const struct deployment_resource *thing;

	if (!str_eq(json_str(log, "LogDriver"), "awslogs") || !group)
		return;
	name = check_rights_text(a->d, group);
	thing = deployment_target(a->d, group, NULL);
	if (json_bool_or(options, "awslogs-create-group", false))
		add(a, "log-group", "logs:CreateLogGroup",
		    str_printf("%s%s:log-stream:", head, name), what, thing);
	add(a, "log-stream", "logs:CreateLogStream",
	    str_printf("%s%s:log-stream:\x03Pstream\x03", head, name), what, thing);
	add(a, "log-stream", "logs:PutLogEvents",
	    str_printf("%s%s:log-stream:\x03Pstream\x03", head, name), what, thing);
}

/* "<account>.dkr.ecr.<region>.<suffix>/<repository>[:tag][@digest]" */
static void add_image(struct adding *a, const json_t *container)
{
	static const char *const actions[] = { "ecr:BatchCheckLayerAvailability",
					       "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer" };
	const json_t *credentials = json_object_get(
		json_object_get(container, "RepositoryCredentials"), "CredentialsParameter");
	OWN(str) char *image = check_rights_text(a->d, json_object_get(container, "Image"));
	const char *host = strstr(image, ".dkr.ecr."), *slash = host ? strchr(host, '/') : NULL;
	OWN(str) char *account = NULL;
	OWN(str) char *region = NULL;
	OWN(str) char *repository = NULL;

	if (credentials)
		add_secret(a, "credentials", credentials,
			   "RepositoryCredentials/CredentialsParameter");
	if (!slash || !slash[1])
		return;
	account = str_dup_n(image, (size_t)(host - image));
	host += strlen(".dkr.ecr.");
	/* The region's own dots are inside its atom, if at all. */
	region = *host == '\x03' && strchr(host + 1, '\x03')
			 ? str_dup_n(host, (size_t)(strchr(host + 1, '\x03') - host) + 1)
			 : str_dup_n(host, strcspn(host, "."));
	repository = str_dup_n(slash + 1, strcspn(slash + 1, ":@"));
	add(a, "registry", "ecr:GetAuthorizationToken", str_dup("*"), "Image", NULL);
	for (size_t i = 0; i < 3; i++)
		add(a, "image", actions[i],
		    str_printf("arn:aws:ecr:%s:%s:repository/%s", region, account, repository),
		    "Image", NULL);
}

/* ECS reads the files itself, before the container is there. */
static void add_environment_files(struct adding *a, const json_t *container)
{
	const json_t *files = json_list(container, "EnvironmentFiles");

	for (size_t i = 0; i < json_array_size(files); i++) {
		OWN(str)
		char *arn =
			check_rights_text(a->d, json_object_get(json_array_get(files, i), "Value"));
		OWN(str) char *what = str_printf("EnvironmentFiles/%zu/Value", i);

		if (str_starts(arn, "arn:"))
			add(a, "environment-file", "s3:GetObject", str_dup(arn), what, NULL);
	}
}

static void add_container(struct adding *a, const json_t *container)
{
	const json_t *secrets = json_list(container, "Secrets");
	const json_t *options = json_list(json_map(container, "LogConfiguration"), "SecretOptions");

	add_image(a, container);
	for (size_t i = 0; i < json_array_size(secrets); i++) {
		OWN(str) char *what = str_printf("Secrets/%zu/ValueFrom", i);

		add_secret(a, "secret", json_object_get(json_array_get(secrets, i), "ValueFrom"),
			   what);
	}
	for (size_t i = 0; i < json_array_size(options); i++)
		add_secret(a, "secret", json_object_get(json_array_get(options, i), "ValueFrom"),
			   "LogConfiguration/SecretOptions");
	add_logs(a, container);
	add_environment_files(a, container);
}

static void read_needs(const struct deployment *d, struct check_needs *ret)
{
	size_t count;
	const struct deployment_service *const *services = deployment_services(d, &count);

	for (size_t i = 0; i < count; i++) {
		struct adding a = { .d = d, .needs = ret, .service = services[i] };
		const struct deployment_task *t = services[i]->task;

		for (; t && t->resource && a.container < json_array_size(t->containers);
		     a.container++)
			add_container(&a, json_array_get(t->containers, a.container));
	}
}

static void drop_needs(void *value)
{
	struct check_needs *n = value;

	for (size_t i = 0; i < n->count; i++) {
		free(n->list[i].resource);
		free(n->list[i].property);
	}
	free(n->list);
	free(n);
}

const struct check_needs *check_needs_of(const struct check *c)
{
	static const char owner;
	void **slot = check_memo(c, &owner, NULL, drop_needs);

	if (!*slot) {
		struct check_needs *needs = NEW(struct check_needs);

		read_needs(check_deployment(c), needs);
		*slot = needs;
	}
	return *slot;
}

const json_t *check_secret_policy(const struct deployment *d,
				  const struct deployment_resource *secret)
{
	size_t count;
	const struct deployment_resource *list = deployment_resources(d, &count);

	for (size_t i = 0; secret && i < count; i++)
		if (str_eq(list[i].type, "AWS::SecretsManager::ResourcePolicy") &&
		    deployment_target(d, json_object_get(list[i].properties, "SecretId"), NULL) ==
			    secret)
			return json_object_get(list[i].properties, "ResourcePolicy");
	return NULL;
}

/* The tags that the template gives a secret; the stack may give it more. NULL: none. */
static json_t *tags_of(const struct deployment *d, const struct deployment_resource *secret)
{
	const json_t *tags = json_list(secret->properties, "Tags");
	json_t *context = json_array_size(tags) ? json_object() : NULL;

	for (size_t i = 0; i < json_array_size(tags); i++) {
		const json_t *one = json_array_get(tags, i);
		OWN(str) char *value = check_rights_text(d, json_object_get(one, "Value"));
		static const char *const names[] = { "aws", "secretsmanager" };

		for (size_t k = 0; k < 2; k++) {
			OWN(str)
			char *key = str_printf("%s:resourcetag/%s", names[k],
					       json_str_or(one, "Key", ""));

			for (char *p = key; *p; p++)
				if (*p >= 'A' && *p <= 'Z')
					*p = (char)(*p - 'A' + 'a');
			json_set_str(context, key, value);
		}
	}
	return context;
}

void check_need_ask(const struct deployment *d, const struct check_rights *r,
		    const struct check_need *n, bool any_place, struct iam_answer *ret)
{
	OWN(json) json_t *tags = NULL;
	struct check_rights_question q = { .role = n->role,
					   .action = n->action,
					   .resource = n->resource,
					   .resource_policy_grants = 1,
					   .any_place = any_place };

	if (n->thing && str_eq(n->thing->type, "AWS::SecretsManager::Secret")) {
		q.resource_policy = check_secret_policy(d, n->thing);
		q.context = tags = tags_of(d, n->thing);
	}
	check_rights_ask(r, &q, ret);
}

struct check_finding check_need_finding(const struct check_need *n)
{
	return (struct check_finding){ .severity = CHECK_FAIL,
				       .resource = n->thing,
				       .second = n->service->task->resource,
				       .second_property = n->property,
				       .service = n->service };
}
