/* Rules of group J: operation and cost. */
#include <string.h>

#include "base/str.h"
#include "core/check/check-topology.h"

/* ---- J09 ------------------------------------------------------------------------------------- */

static void run_retention(struct check *c)
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(r[i].type, "AWS::Logs::LogGroup") &&
		    !json_object_get(r[i].properties, "RetentionInDays"))
			check_add(c,
				  &(struct check_finding){ .severity = CHECK_WARN,
							   .resource = &r[i] },
				  "%s keeps its logs for ever, and their cost grows.",
				  r[i].logical);
}

/* ---- J10 ------------------------------------------------------------------------------------- */

/* Equal for equal groups, however they are named; NULL when a log stream's name is not known. */
static char *stream_of(const struct deployment *d, const json_t *container)
{
	const json_t *options = json_path(container, "LogConfiguration.Options");
	const json_t *group = json_object_get(options, "awslogs-group");
	const struct deployment_resource *target = deployment_target(d, group, NULL);
	const char *prefix = deployment_text(d, json_object_get(options, "awslogs-stream-prefix"));
	const char *name = json_str(container, "Name"), *text = deployment_text(d, group);

	if (!prefix || !name || (!target && !text))
		return NULL;
	if (target)
		return str_printf("%zu %s\n%s\n%s", target->template, target->logical, prefix,
				  name);
	return str_printf("%s\n%s\n%s", text, prefix, name);
}

/* A task definition whose container writes the same streams, as remembered in `seen`. */
static void look_container(struct check *c, const struct deployment_service *s, size_t index,
			   json_t *seen)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_resource *task = s->task->resource, *other = NULL;
	OWN(str) char *stream = stream_of(d, json_array_get(s->task->containers, index));
	OWN(str)
	char *property = str_printf("ContainerDefinitions/%zu/LogConfiguration/Options", index);
	const json_t *first = stream ? json_object_get(seen, stream) : NULL;

	if (!stream)
		return;
	if (!first) {
		json_object_set_new(seen, stream,
				    json_pack("{s:i,s:s}", "template", (int)task->template,
					      "logical", task->logical));
		return;
	}
	other = deployment_find(d, (size_t)json_int_or(first, "template", 0),
				json_str_or(first, "logical", ""));
	if (other && other != task)
		check_add(c,
			  &(struct check_finding){ .severity = CHECK_WARN,
						   .resource = task,
						   .property = property,
						   .second = other,
						   .service = s },
			  "%s and %s write log streams of one group under the same prefix and "
			  "container name: the nodes' logs cannot be told apart.",
			  task->logical, other->logical);
}

static void run_streams(struct check *c)
{
	OWN(json) json_t *seen = json_object();
	size_t count;
	const struct deployment_service *const *all =
		deployment_services(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++)
		for (size_t n = 0; all[i]->resource && all[i]->task && all[i]->task->resource &&
				   n < json_array_size(all[i]->task->containers);
		     n++)
			look_container(c, all[i], n, seen);
}

/* ---- J08 ------------------------------------------------------------------------------------- */

/* An address of a VPC, also as "http://10.0.0.1:80". */
static bool is_private_address(const char *text)
{
	const char *scheme = text ? strstr(text, "://") : NULL;
	const char *host = scheme ? scheme + 3 : text;
	OWN(str) char *address = host ? str_dup_n(host, strcspn(host, ":/")) : NULL;
	uint32_t ip;

	return address && ip_parse(address, &ip) == 0 &&
	       (ip >> 24 == 10 || ip >> 20 == 0xac1 || ip >> 16 == 0xc0a8 || ip >> 22 == 0x191);
}

/* A task of Fargate gets another address each time, and the first cannot be chosen either; before a
 * load balancer it may have a lasting one. */
static void see_addresses(struct check *c, enum check_severity severity, const char *what)
{
	size_t count;
	const struct deployment_service *const *all =
		deployment_services(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		size_t index = 0;
		const json_t *node = check_node(all[i]);
		const json_t *value =
			node ? deployment_environment(node, "MPC_LOCAL_ADDRESS", &index) : NULL;
		const char *address = value ? deployment_text(check_deployment(c), value) : NULL;
		OWN(str) char *property = NULL;

		if (!all[i]->fargate || !is_private_address(address) || !all[i]->task->resource ||
		    !all[i]->resource ||
		    json_object_get(all[i]->resource->properties, "LoadBalancers"))
			continue;
		property = str_printf("ContainerDefinitions/%d/Environment/%zu",
				      all[i]->mpc_container, index);
		check_add(c,
			  &(struct check_finding){ .severity = severity,
						   .resource = all[i]->task->resource,
						   .property = property,
						   .service = all[i] },
			  "The node of %s is said to be at %s; %s.", check_name(all[i]->resource),
			  address, what);
	}
}

static void run_address(struct check *c)
{
	see_addresses(c, CHECK_WARN, "its tasks have another address after each start");
}

void check_task_addresses(struct check *c)
{
	see_addresses(c, CHECK_FAIL,
		      "nobody chooses the address of a task of Fargate, so peers look for it where "
		      "it is not");
}

const struct check_rule check_rules_j[] = {
	{ "J08", "task-replaced-by-maintenance", "latent",
	  "After AWS replaced a task its peers no longer find the node.",
	  "The node is known by the address of a task, which lasts as long as the task.",
	  "Give the node a name: ServiceRegistries, and MPC_LOCAL_ADDRESS of that name.",
	  "at the next replacement of the task, days to weeks", run_address },
	{ "J09", "log-group-unbounded", "latent", "A CloudWatch bill that grows every month.",
	  "A log group without RetentionInDays keeps everything.", "RetentionInDays: 30",
	  "weeks to months", run_retention },
	{ "J10", "stream-prefix-collision", "latent",
	  "The streams of several nodes look alike in one log group.",
	  "Containers of different nodes share group, stream prefix and container name.",
	  "awslogs-stream-prefix: one of its own for each node", "when logs are read",
	  run_streams },
	{ .id = NULL },
};
