/* Rules of group F: images, capacity, custom resources; the table. */
#include "core/check/check-f.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "core/check/check-asked.h"

/* ---- subjects
 * ------------------------------------------------------------------------------------- */

static bool lists_fargate(const json_t *properties)
{
	const json_t *list = json_list(properties, "RequiresCompatibilities");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (str_eq(json_string_value(json_array_get(list, i)), "FARGATE"))
			return true;
	return false;
}

void check_subjects_read(const struct deployment *d, struct check_subjects *ret)
{
	size_t count, services_count;
	const struct deployment_resource *list = deployment_resources(d, &count);
	const struct deployment_service *const *services = deployment_services(d, &services_count);

	ret->list = mem_new(count + 1, sizeof(*ret->list));
	for (size_t i = 0; i < count; i++) {
		struct check_subject *s = &ret->list[ret->count];

		if (!str_eq(list[i].type, "AWS::ECS::TaskDefinition"))
			continue;
		*s = (struct check_subject){ .task = &list[i], .properties = list[i].properties };
		s->containers = json_list(s->properties, "ContainerDefinitions");
		s->fargate = lists_fargate(s->properties);
		for (size_t k = 0; k < services_count && !s->service; k++)
			if (services[k]->task && services[k]->task->resource == s->task)
				s->service = services[k];
		s->fargate = s->fargate || (s->service && s->service->fargate);
		ret->count++;
	}
}

struct check_finding check_about(const struct check_subject *s, enum check_severity severity,
				 const char *property)
{
	return (struct check_finding){ .severity = severity,
				       .resource = s->task,
				       .property = property,
				       .service = s->service };
}

long check_units(const struct deployment *d, const json_t *value)
{
	const char *text = deployment_text(d, value);
	char *end;
	double number;

	if (json_is_number(value)) {
		number = json_number_value(value);
		return fabs(number) < 1e9 ? (long)number : -1;
	}
	if (!text || (*text != '.' && (*text < '0' || *text > '9')))
		return -1;
	number = strtod(text, &end);
	end += strspn(end, " ");
	if (!strcasecmp(end, "vcpu") || !strcasecmp(end, "gb"))
		number *= 1024;
	else if (*end)
		return -1;
	return number >= 0 && number < 1e9 ? (long)number : -1;
}

/* ---- image references
 * ------------------------------------------------------------------------------ */

/* "[host/]path[:tag][@digest]"; symbols are atoms, see check-rights.h. */
struct image {
	char *text, *shown;
	const char *path, *tag, *digest; /* into text; tag and digest NULL when there are none */
	size_t host_len, path_len, tag_len;
	const json_t *container; /* whose image it is */
	bool known;		 /* false: a part of the path or of the tag is a symbol */
};

static void image_drop(struct image *i)
{
	free(i->text);
	free(i->shown);
}

static inline void own_drop_image(struct image *i)
{
	image_drop(i);
}

static struct image image_of(const struct deployment *d, const struct check_subject *s,
			     size_t index)
{
	struct image i = { 0 };
	const char *slash, *at;

	i.container = json_array_get(s->containers, index);
	i.text = check_rights_text(d, json_object_get(i.container, "Image"));
	i.shown = check_rights_show(i.text);
	slash = strchr(i.text, '/');
	/* The first part is a host when it has a dot or a port, else the image is of Docker Hub. */
	if (slash && (memchr(i.text, '.', (size_t)(slash - i.text)) ||
		      memchr(i.text, ':', (size_t)(slash - i.text))))
		i.host_len = (size_t)(slash - i.text);
	i.path = i.text + i.host_len + (i.host_len ? 1 : 0);
	i.path_len = strcspn(i.path, ":@");
	at = strchr(i.path, '@');
	i.digest = at ? at + 1 : NULL;
	if (i.path[i.path_len] == ':') {
		i.tag = i.path + i.path_len + 1;
		i.tag_len = strcspn(i.tag, "@");
	}
	i.known = *i.path && !strchr(i.path, '\x03');
	return i;
}

static bool has_part(const char *text, size_t len, const char *part)
{
	for (size_t i = 0; i + strlen(part) <= len; i++)
		if (!strncasecmp(text + i, part, strlen(part)))
			return true;
	return false;
}

bool check_is_node(const struct deployment *d, const struct check_subject *s, size_t i)
{
	struct image image;
	bool node;

	if (s->service && s->service->mpc_container >= 0)
		return (size_t)s->service->mpc_container == i;
	image = image_of(d, s, i);
	node = has_part(image.path, image.path_len, "mpc-node");
	image_drop(&image);
	return node;
}

static void each_image(struct check *c,
		       void (*look)(struct check *c, const struct check_subject *s,
				    const struct image *i, struct check_finding *f))
{
	OWN(check_subjects) struct check_subjects all = { 0 };

	check_subjects_read(check_deployment(c), &all);
	for (size_t i = 0; i < all.count; i++)
		for (size_t k = 0; k < json_array_size(all.list[i].containers); k++) {
			OWN(image)
			struct image image = image_of(check_deployment(c), &all.list[i], k);
			OWN(str) char *where = str_printf("ContainerDefinitions/%zu/Image", k);
			struct check_finding f = check_about(&all.list[i], CHECK_FAIL, where);

			look(c, &all.list[i], &image, &f);
		}
}

/* The ECR repository of the deployment that a container's image names; NULL: none. */
static const struct deployment_resource *repository_of(const struct deployment *d,
						       const struct image *i)
{
	size_t count;
	const struct deployment_resource *list = deployment_resources(d, &count);
	OWN(str) char *path = str_dup_n(i->path, i->path_len);

	for (size_t k = 0; k < count && i->path_len && strstr(i->text, ".dkr.ecr."); k++) {
		OWN(str) char *name = NULL;

		if (!str_eq(list[k].type, "AWS::ECR::Repository"))
			continue;
		name = check_rights_name(d, &list[k]);
		if (str_eq(name, path))
			return &list[k];
	}
	return NULL;
}

bool check_image_is_ours(const struct deployment *d, const struct check_subject *s, size_t i)
{
	OWN(image) struct image image = image_of(d, s, i);

	return repository_of(d, &image) != NULL;
}

static void image_exists(struct check *c, const struct check_subject *s, const struct image *i,
			 struct check_finding *f)
{
	OWN(str) char *lookup = NULL;

	if (!s->service || repository_of(check_deployment(c), i) || asked_image(c, f, i->container))
		return;
	lookup = strstr(i->text, ".dkr.ecr.")
			 ? str_printf("aws ecr describe-images for %s", i->shown)
			 : str_printf("docker manifest inspect %s", i->shown);
	f->severity = CHECK_UNKNOWN;
	f->lookup = lookup;
	check_add(c, f, "Whether the registry has %s is not in the template.", i->shown);
}

static void exists(struct check *c)
{
	each_image(c, image_exists);
}

/* ---- F03
 * -------------------------------------------------------------------------------------------- */

enum { PULLS_PER_6_HOURS = 100, RESTARTS_WITH_BREAKER = 10, RESTARTS_WITHOUT = 40 };

static void pulls(struct check *c)
{
	OWN(check_subjects) struct check_subjects all = { 0 };
	const struct check_subject *first = NULL;
	unsigned long sum = 0;

	check_subjects_read(check_deployment(c), &all);
	for (size_t i = 0; i < all.count; i++)
		for (size_t k = 0;
		     all.list[i].service && k < json_array_size(all.list[i].containers); k++) {
			OWN(image)
			struct image image = image_of(check_deployment(c), &all.list[i], k);
			const json_t *breaker =
				json_path(all.list[i].service->resource->properties,
					  "DeploymentConfiguration.DeploymentCircuitBreaker");

			if (!image.known ||
			    (image.host_len && !str_starts(image.text, "docker.io/")) ||
			    json_object_get(json_array_get(all.list[i].containers, k),
					    "RepositoryCredentials"))
				continue;
			first = first ? first : &all.list[i];
			sum += json_bool_or(breaker, "Enable", false) ? RESTARTS_WITH_BREAKER
								      : RESTARTS_WITHOUT;
		}
	if (first && sum >= PULLS_PER_6_HOURS) {
		struct check_finding f = check_about(first, CHECK_WARN, "ContainerDefinitions");

		check_add(c, &f,
			  "Tasks that fail and restart may pull from Docker Hub %lu times in six "
			  "hours, without credentials; the limit is about %d.",
			  sum, PULLS_PER_6_HOURS);
	}
}

/* ---- F04
 * --------------------------------------------------------------------------------------------- */

/* A word of the name: "mpc-arm64", "3.2.0_arm64v8", not "charm64". */
static bool has_word(const char *text, size_t len, const char *word)
{
	for (size_t i = 0; i + strlen(word) <= len; i++)
		if (!strncasecmp(text + i, word, strlen(word)) &&
		    (i == 0 || !isalpha((unsigned char)text[i - 1])))
			return true;
	return false;
}

static const char *architecture_in(const char *text, size_t len)
{
	bool arm = has_word(text, len, "arm64") || has_word(text, len, "aarch64");
	bool x86 = has_word(text, len, "amd64") || has_word(text, len, "x86_64") ||
		   has_word(text, len, "x86-64");

	/* Both in one name is a list of both. */
	if (arm == x86)
		return NULL;
	return arm ? "ARM64" : "X86_64";
}

static void architecture_of(struct check *c, const struct check_subject *s, const struct image *i,
			    struct check_finding *f)
{
	const json_t *platform = json_object_get(s->properties, "RuntimePlatform");
	const json_t *value = json_object_get(platform, "CpuArchitecture");
	const char *wanted = value ? deployment_text(check_deployment(c), value) : "X86_64";
	const char *says;

	if (!wanted || template_is_symbol(platform))
		return;
	says = i->tag ? architecture_in(i->tag, i->tag_len) : NULL;
	if (!says)
		says = architecture_in(i->path, i->path_len);
	if (!says &&
	    has_part(i->text, i->path_len + (size_t)(i->path - i->text), "nearone/mpc-node"))
		says = "X86_64";
	f->second = s->task;
	f->second_property = platform ? "RuntimePlatform" : "";
	if (s->service && asked_architecture(c, f, s, i->container))
		return;
	if (says && strcmp(says, wanted) != 0) {
		check_add(c, f, "The task runs on %s, the image %s is for %s.", wanted, i->shown,
			  says);
	} else if (!says && !strcmp(wanted, "ARM64")) {
		OWN(str) char *lookup = str_printf("docker manifest inspect %s", i->shown);

		f->severity = CHECK_UNKNOWN;
		f->lookup = lookup;
		check_add(c, f, "Whether %s has a manifest for ARM64 is not in the template.",
			  i->shown);
	}
}

static void architecture(struct check *c)
{
	each_image(c, architecture_of);
}

/* ---- F06, F07
 * ----------------------------------------------------------------------------------------- */

static void mutable_of(struct check *c, const struct check_subject *s, const struct image *i,
		       struct check_finding *f)
{
	static const char *const names[] = {
		"latest",	   "main",	     "master", "dev",
		"develop",	   "nightly",	     "edge",   "stable",
		"testnet-release", "mainnet-release"
	};
	OWN(str) char *tag = i->tag ? str_dup_n(i->tag, i->tag_len) : str_dup("latest");

	(void)s;
	if (i->digest || !i->known)
		return;
	f->severity = CHECK_WARN;
	for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++)
		if (!strcmp(tag, names[k]))
			check_add(c, f, "%s moves: %s%s stands for whatever was pushed last.",
				  i->shown, i->tag ? "its tag " : "no tag means ", tag);
}

static void mutable_tag(struct check *c)
{
	each_image(c, mutable_of);
}

static void variant_of(struct check *c, const struct check_subject *s, const struct image *i,
		       struct check_finding *f)
{
	(void)s;
	f->severity = CHECK_WARN;
	if (has_part(i->path, i->path_len, "-gcp"))
		check_add(c, f, "%s is made for another cloud.", i->shown);
}

static void variant(struct check *c)
{
	each_image(c, variant_of);
}

/* ---- F14
 * -----------------------------------------------------------------------------------------------
 */

/* What gives a cluster its default strategy: an association, else the cluster itself. */
static const struct deployment_resource *association_of(const struct deployment *d,
							const struct deployment_resource *cluster)
{
	size_t count;
	const struct deployment_resource *list = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++)
		if (str_eq(list[i].type, "AWS::ECS::ClusterCapacityProviderAssociations") &&
		    deployment_target(d, json_object_get(list[i].properties, "Cluster"), NULL) ==
			    cluster)
			return &list[i];
	return cluster;
}

static const json_t *strategy_of(const struct deployment *d, const struct deployment_service *s,
				 const struct deployment_resource **ret_where)
{
	const json_t *own = json_list(s->resource->properties, "CapacityProviderStrategy");
	const struct deployment_resource *cluster;

	*ret_where = s->resource;
	if (own || json_object_get(s->resource->properties, "LaunchType"))
		return own;
	cluster = deployment_target(d, json_object_get(s->resource->properties, "Cluster"), NULL);
	*ret_where = cluster ? association_of(d, cluster) : NULL;
	return cluster ? json_list((*ret_where)->properties, "DefaultCapacityProviderStrategy")
		       : NULL;
}

static void spot(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	size_t count;
	const struct deployment_service *const *services = deployment_services(d, &count);

	for (size_t i = 0; i < count; i++) {
		const struct deployment_resource *where;
		const json_t *list = strategy_of(d, services[i], &where);
		struct check_finding f = { .severity = CHECK_WARN,
					   .resource = where,
					   .property = where == services[i]->resource
							       ? "CapacityProviderStrategy"
							       : "DefaultCapacityProviderStrategy",
					   .service = services[i] };

		for (size_t k = 0; services[i]->mpc_container >= 0 && k < json_array_size(list);
		     k++) {
			const json_t *one = json_array_get(list, k);

			if (str_eq(json_str(one, "CapacityProvider"), "FARGATE_SPOT") &&
			    (json_int_or(one, "Weight", 0) > 0 || json_int_or(one, "Base", 0) > 0))
				check_add(c, &f,
					  "Node %s runs on spot capacity, which AWS takes back at "
					  "two minutes' notice.",
					  services[i]->resource->logical);
		}
	}
}

/* ---- F17, F19
 * ------------------------------------------------------------------------------------------- */

static void entry(struct check *c)
{
	OWN(check_subjects) struct check_subjects all = { 0 };

	check_subjects_read(check_deployment(c), &all);
	for (size_t i = 0; i < all.count; i++)
		for (size_t k = 0; k < json_array_size(all.list[i].containers); k++) {
			const json_t *one = json_array_get(all.list[i].containers, k);
			const char *word =
				deployment_text(check_deployment(c),
						json_array_get(json_list(one, "EntryPoint"), 0));
			OWN(str) char *where = str_printf("ContainerDefinitions/%zu/EntryPoint", k);
			struct check_finding f = check_about(&all.list[i], CHECK_UNKNOWN, where);

			f.lookup =
				"docker run --entrypoint sh <image> -c 'command -v <entry point>'";
			if (word)
				check_add(c, &f,
					  "Whether the image of container %s has %s is not in the "
					  "template.",
					  json_str_or(one, "Name", "?"), word);
		}
}

enum { USUAL_VCPUS = 6 }; /* what no account needs to ask for */

static void quota(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	size_t count;
	const struct deployment_service *const *services = deployment_services(d, &count);
	struct check_finding f = {
		.severity = CHECK_UNKNOWN,
		.lookup = "aws service-quotas get-service-quota --service-code fargate "
			  "--quota-code L-3032A538"
	};
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		const struct deployment_task *t = services[i]->task;
		long cpu = t && t->resource && services[i]->fargate
				   ? check_units(d, json_object_get(t->resource->properties, "Cpu"))
				   : -1;
		const json_t *percents = json_object_get(services[i]->resource->properties,
							 "DeploymentConfiguration");

		if (cpu > 0)
			sum += (double)cpu / 1024 *
			       (double)json_int_or(services[i]->resource->properties,
						   "DesiredCount", 1) *
			       (double)json_int_or(percents, "MaximumPercent", 200) / 100;
	}
	if (sum > 0 && !asked_vcpus(c, &f, sum) && (sum > USUAL_VCPUS || check_looks_up(c)))
		check_add(c, &f,
			  "The services may use %.2f vCPU at once; new accounts are allowed six at "
			  "most.",
			  sum);
}

/* ---- F23, F24, F25
 * ----------------------------------------------------------------------------------------- */

static bool is_custom(const char *type)
{
	return str_starts(type, "Custom::") || str_eq(type, "AWS::CloudFormation::CustomResource");
}

/* Something that may push an image before the service is made. */
static bool filled_before(const struct deployment *d, const struct deployment_service *s)
{
	OWN(json) json_t *edges = json_object();
	OWN(json) json_t *before = check_created_before(d, s->resource, edges);
	size_t count;
	const struct deployment_resource *list = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++)
		if ((is_custom(list[i].type) ||
		     str_eq(list[i].type, "AWS::CloudFormation::WaitCondition")) &&
		    list[i].template == s->resource->template &&
		    json_object_get(before, list[i].logical))
			return true;
	return false;
}

static void empty_of(struct check *c, const struct check_subject *s, const struct image *i,
		     struct check_finding *f)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_resource *repository = repository_of(d, i);

	if (!repository || !s->service || repository->template != s->task->template ||
	    json_int_or(s->service->resource->properties, "DesiredCount", 1) == 0 ||
	    filled_before(d, s->service))
		return;
	f->second = repository;
	check_add(c, f,
		  "The image comes from repository %s, which this template creates, and nothing "
		  "fills it before the service starts.",
		  repository->logical);
}

static void empty(struct check *c)
{
	each_image(c, empty_of);
}

/* require("aws-sdk"), from "aws-sdk/clients/s3", import('aws-sdk'): the name as a quoted word. */
static bool loads_old_sdk(const char *code)
{
	for (const char *p = strstr(code, "aws-sdk"); p; p = strstr(p + 1, "aws-sdk")) {
		char before = p > code ? p[-1] : ' ', after = p[strlen("aws-sdk")];

		if (before && strchr("'\"`", before) && (after == before || after == '/'))
			return true;
	}
	return false;
}

static void old_sdk(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	size_t count;
	const struct deployment_resource *list = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++) {
		const char *runtime = json_str_or(list[i].properties, "Runtime", "");
		const json_t *code = json_object_get(list[i].properties, "Code");
		OWN(str) char *text = NULL;
		struct check_finding f = { .severity = CHECK_FAIL,
					   .resource = &list[i],
					   .property = "Code/ZipFile" };
		int version;

		if (!str_eq(list[i].type, "AWS::Lambda::Function") ||
		    sscanf(runtime, "nodejs%d", &version) != 1 || version < 18 ||
		    !json_object_get(code, "ZipFile"))
			continue;
		text = check_rights_text(d, json_object_get(code, "ZipFile"));
		if (loads_old_sdk(text))
			check_add(
				c, &f,
				"The function needs version 2 of the SDK, which %s does not bring.",
				runtime);
	}
}

/* The functions that the CDK writes itself: their entry point answers also when the work fails. */
static bool always_answers(const struct deployment *d, const struct deployment_resource *r)
{
	const json_t *token = json_object_get(r->properties, "ServiceToken");
	const struct deployment_resource *handler = token ? deployment_target(d, token, NULL) : NULL;

	return handler && str_eq(handler->type, "AWS::Lambda::Function") &&
	       str_eq(json_str(handler->properties, "Handler"), "__entrypoint__.handler");
}

static void custom(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	size_t count;
	const struct deployment_resource *list = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++) {
		struct check_finding f = { .severity = CHECK_WARN, .resource = &list[i] };

		if (is_custom(list[i].type) && !always_answers(d, &list[i]))
			check_add(c, &f,
				  "%s is a custom resource: when its handler does not answer, the "
				  "stack waits for an hour.",
				  list[i].logical);
	}
}

#define REGISTERING "one to five minutes into the stack, which then rolls back"
#define MINUTES "the task stops one to two minutes after its start, again and again"

/* clang-format off */
const struct check_rule check_rules_f[] = {
	{ "F01", "image-does-not-exist", "image",
	  "The pull fails: the reference is not found.", "The tag was never pushed, or is misspelt.",
	  "Push the image first, and refer to it by its digest.", MINUTES, exists },
	{ "F03", "registry-pull-rate-limit", "latent",
	  "Pulls are refused with 429 Too Many Requests.",
	  "Docker Hub counts anonymous pulls per address, and every restart of a task pulls again.",
	  "Mirror the image into ECR, or give RepositoryCredentials.", "after hours of restarts", pulls },
	{ "F04", "image-architecture-mismatch", "image",
	  "The image has no manifest for the platform of the task.",
	  "The image is built for one architecture, RuntimePlatform asks for the other.",
	  "Set RuntimePlatform.CpuArchitecture to what the image is built for.", MINUTES, architecture },
	{ "F06", "mutable-tag", "latent",
	  "Nodes of one network run different builds; a restart months later brings another version.",
	  "The tag is moved to every new build.", "Refer to the image by its digest.",
	  "weeks later, at the next start of a task", mutable_tag },
	{ "F07", "cloud-variant-image", "latent",
	  "A missing secret leads to a call to the other cloud's secret manager.",
	  "The image is the variant for another cloud.", "Use the plain image.",
	  "seconds after the container starts, when a secret is missing", variant },
	{ "F08", "fargate-size-pair-invalid", "template",
	  "No Fargate configuration exists for given values.",
	  "Fargate has fixed pairs of CPU and memory.", "Choose a pair of Fargate's table.", REGISTERING,
	  check_f_size },
	{ "F09", "network-mode-not-awsvpc", "template",
	  "The service or task definition is refused.", "Fargate has network mode awsvpc only.",
	  "NetworkMode: awsvpc", REGISTERING, check_f_network_mode },
	{ "F10", "unsupported-fargate-parameters", "template",
	  "The task definition is refused with a ClientException.",
	  "The definition uses what only tasks on instances have.", "Remove the parameter.", REGISTERING,
	  check_f_unsupported },
	{ "F11", "requires-compatibilities-absent", "template",
	  "The service is refused: its task definition is not compatible with FARGATE.",
	  "RequiresCompatibilities does not name FARGATE.", "RequiresCompatibilities: [FARGATE]", REGISTERING,
	  check_f_compatibilities },
	{ "F12", "host-port-differs", "template",
	  "The task definition is refused.", "In awsvpc mode there is no mapping of ports.",
	  "Leave HostPort out.", REGISTERING, check_f_host_port },
	{ "F13", "container-exceeds-task-size", "template",
	  "The task definition is refused.", "The containers' limits do not fit into the task's size.",
	  "Leave the containers' limits out, or make the task larger.", REGISTERING, check_f_container_size },
	{ "F14", "spot-capacity-for-stateful-node", "latent",
	  "A node disappears with SpotInterruption and comes back with another address.",
	  "The service asks for FARGATE_SPOT.", "Use FARGATE.", "hours to weeks", spot },
	{ "F15", "health-check-command-not-in-image", "health",
	  "The task is killed because its health checks fail.",
	  "The health check runs a program that the image does not have.",
	  "Use python3 for the check, or leave it out.", "as long as StartPeriod and all retries take",
	  check_f_health_command },
	{ "F16", "health-check-too-eager", "latent",
	  "The node is killed while it still starts.", "The health check gives up before the node is up.",
	  "StartPeriod: 300", "seconds after the start", check_f_health_times },
	{ "F17", "entry-point-not-found", "container",
	  "The container cannot start: executable file not found.",
	  "EntryPoint names a program that the image does not have.", "Remove EntryPoint.", MINUTES, entry },
	{ "F19", "vcpu-quota", "placement",
	  "The account has reached its limit of vCPUs.", "The services need more than the quota allows.",
	  "Ask for a higher quota.", "minutes", quota },
	{ "F23", "ecr-repository-empty-at-first-deploy", "image",
	  "The pull fails: the reference is not found.",
	  "The repository is created together with the service, so it is empty when the task starts.",
	  "Create the repository and push the image in a stack before this one.", MINUTES, empty },
	{ "F24", "build-custom-resource-uses-missing-sdk", "template",
	  "The function fails: Cannot find module 'aws-sdk'.",
	  "Runtimes from nodejs18.x on bring version 3 of the SDK only.", "Import from @aws-sdk/client-...",
	  "up to the custom resource's time-out, an hour or two", old_sdk },
	{ "F25", "custom-resource-never-answers", "latent",
	  "The stack waits for a custom resource and then rolls back.",
	  "The handler ends without sending its answer.", "Do the work outside of the template.", "one hour",
	  custom },
	{ "F26", "log-configuration-incomplete", "log-stream",
	  "The log driver's options are refused, or the task stops while the logger is prepared.",
	  "An option is missing.", "Give awslogs-group, awslogs-region and awslogs-stream-prefix.", MINUTES,
	  check_f_log_options },
	{ "F27", "log-group-missing", "log-stream",
	  "The task stops while the logger is prepared: the log group does not exist.",
	  "The name of the group is written down, but nothing creates it.",
	  "Declare an AWS::Logs::LogGroup and refer to it by Ref.", MINUTES, check_f_log_group },
	{ "F28", "log-mode-blocking", "latent",
	  "The node stands still while CloudWatch is slow.",
	  "In blocking mode a write to standard output waits for the log service.",
	  "mode: non-blocking, with max-buffer-size", "when CloudWatch is slow", check_f_log_mode },
	{ "F29", "task-definition-too-large", "template",
	  "The task definition is refused with a ClientException.",
	  "A large value is written into the definition.", "Ship large files by volume or image.", REGISTERING,
	  check_f_too_large },
	{ "F30", "platform-version-too-old", "template",
	  "The service is refused, or its volumes or secrets are not supported.",
	  "PlatformVersion is pinned to an old one.", "PlatformVersion: LATEST", REGISTERING,
	  check_f_platform_version },
	{ "F31", "container-dependency-never-satisfied", "container",
	  "The task stays PENDING for hours and is then stopped; the main container has no log.",
	  "A container waits for a state that another one never reaches.",
	  "Mend the condition, and make the helper not essential.", "up to three hours per task",
	  check_f_dependencies },
	{ .id = NULL },
};
/* clang-format on */
