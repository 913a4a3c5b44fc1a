/* Group A: sizes, limits and the process of the node's container. */
#include "core/check/check-a.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

static struct check_finding container_finding(enum check_severity severity, const struct node *n,
					      const char *member, char property[128])
{
	(void)snprintf(property, 128, "ContainerDefinitions/%zu%s%s", n->index, member ? "/" : "",
		       member ? member : "");
	return (struct check_finding){ .severity = severity,
				       .resource = n->task,
				       .property = property,
				       .service = n->service };
}

/* ---- A19
 * ------------------------------------------------------------------------------------------- */

static bool runs_script(const json_t *words)
{
	json_t *one;
	size_t i;

	json_array_foreach(words, i, one)
		if (!json_is_string(one) || strstr(json_string_value(one), "start.sh"))
			return true; /* or cannot be told */
	return json_array_size(words) == 0;
}

/* Some script of the image's own, which may run the start script. */
static bool runs_other_script(const json_t *words)
{
	json_t *one;
	size_t i;

	json_array_foreach(words, i, one)
		if (strstr(json_string_value(one), ".sh") ||
		    strstr(json_string_value(one), "entrypoint"))
			return true;
	return false;
}

void check_a_command(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		const char *directory = json_str(n.container, "WorkingDirectory");
		const json_t *command = json_list(n.container, "Command");
		const json_t *entry = json_list(n.container, "EntryPoint");
		char property[128];
		struct check_finding f =
			container_finding(CHECK_FAIL, &n, "WorkingDirectory", property);

		if (directory && strcmp(directory, "/app") != 0 && strcmp(directory, "/app/") != 0)
			check_add(c, &f,
				  "the start script runs ./mpc-node and works in /app only, not in "
				  "'%.80s'",
				  directory);
		if (json_array_size(entry) && json_array_size(command)
			    ? runs_script(entry) || runs_script(command)
			    : runs_script(entry) && runs_script(command))
			continue;
		f = container_finding(CHECK_FAIL, &n,
				      json_array_size(entry) ? "EntryPoint" : "Command", property);
		/* an entry point alone may be a wrapper such as tini */
		if (!json_array_size(command) || runs_other_script(command) ||
		    runs_other_script(entry))
			f.severity = CHECK_WARN;
		check_add(c, &f, "the image's start script is not run");
	}
}

/* ---- A18
 * ------------------------------------------------------------------------------------------- */

/* "1024", "1 vCPU", ".5 vCPU", "2 GB" in units and MiB; -1 unknown. */
static long amount(const json_t *value, const char *unit)
{
	const char *text = json_string_value(value);
	char *end = NULL;
	double number;

	if (json_is_integer(value))
		return (long)json_integer_value(value);
	if (!text)
		return -1;
	number = strtod(text, &end);
	if (end == text || number < 0 || number > 1e9)
		return -1;
	while (*end == ' ')
		end++;
	if (!*end)
		return (long)number;
	return strcasecmp(end, unit) == 0 ? (long)(number * 1024) : -1;
}

static void see_size(struct check *c, const struct node *n, bool local)
{
	long cpu = amount(json_object_get(n->task->properties, "Cpu"), "vCPU");
	long memory = amount(json_object_get(n->task->properties, "Memory"), "GB");
	long own = amount(json_object_get(n->container, "Memory"), "GB");
	long least = local ? 4096 : 32768;
	char property[128];
	struct check_finding f = container_finding(CHECK_WARN, n, "Memory", property);

	if (own >= 0 && (memory < 0 || own < memory))
		memory = own; /* the container is killed at its own limit */
	else
		f.property = "Memory";

	f.severity = memory < 2048 ? CHECK_FAIL : CHECK_WARN;
	if (memory >= 0 && memory < least)
		check_add(c, &f,
			  "%ld MiB for a node with an embedded NEAR node; %ld are the least on %s "
			  "chain",
			  memory, least, local ? "a local" : "a public");
	f.severity = cpu < 512 ? CHECK_FAIL : CHECK_WARN;
	f.property = "Cpu";
	if (cpu >= 0 && cpu < 1024)
		check_add(c, &f,
			  "%ld CPU units for a node with an embedded NEAR node; 1024 are the least",
			  cpu);
}

void check_a_size(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct variable env __attribute__((cleanup(own_drop_variable))) = { 0 };
		const char *chain;

		node_variable(c, &n, "MPC_ENV", &env);
		chain = node_chain(variable_text(&env));
		see_size(c, &n, !chain || !strcmp(chain, "local"));
	}
}

/* ---- A17
 * ------------------------------------------------------------------------------------------- */

void check_a_files(struct check *c)
{
	struct node n;
	json_t *one;
	size_t k;

	for (size_t i = 0; node_next(c, &i, &n);) {
		const json_t *limits = json_object_get(n.container, "Ulimits"), *nofile = NULL;
		char property[128];
		struct check_finding f =
			container_finding(CHECK_WARN, &n, limits ? "Ulimits" : NULL, property);
		json_int_t hard, soft;

		bool open = template_is_symbol(limits);

		json_array_foreach(limits, k, one) {
			open = open || template_is_symbol(one);
			if (str_eq(json_str(one, "Name"), "nofile"))
				nofile = one;
		}
		if (!nofile && open)
			continue;
		hard = json_int_or(nofile, "HardLimit", 65535);
		soft = json_int_or(nofile, "SoftLimit", 65535);
		if (!nofile)
			check_add(c, &f,
				  "no limit of open files is set; what Fargate gives by default is "
				  "not the "
				  "same everywhere (1024/4096 or 65535)");
		else if (hard < 65535 || soft < 65535)
			check_add(c, &f,
				  "the limit of open files is %lld, hard %lld; 65535 are due",
				  (long long)soft, (long long)hard);
	}
}

/* ---- A14, A16
 * --------------------------------------------------------------------------------------- */

void check_a_health(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		const json_t *check = json_map(n.container, "HealthCheck");
		OWN(str) char *text = check ? json_text(json_object_get(check, "Command")) : NULL;
		char property[128];
		struct check_finding f =
			container_finding(CHECK_WARN, &n, "HealthCheck/Command", property);

		if (!text || !strstr(text, "/health") || strstr(text, "/metrics") ||
		    strstr(text, "/public_data") || strstr(text, "/status"))
			continue;
		check_add(c, &f,
			  "the health check asks only /health, which says nothing about chain and "
			  "peers");
	}
}

/* mpcup's own node is process 1 itself. */
static bool is_own_image(const struct node *n)
{
	return str_starts(json_str_or(n->container, "Image", ""), "mpcup/");
}

void check_a_stop(struct check *c)
{
	struct node n;

	if (!strcmp(check_profile(c), "current"))
		return; /* newer start scripts exec the node */
	for (size_t i = 0; node_next(c, &i, &n);) {
		const json_t *linux_parameters = json_map(n.container, "LinuxParameters");
		char property[128];
		struct check_finding f = container_finding(
			CHECK_WARN, &n, linux_parameters ? "LinuxParameters" : NULL, property);

		if (is_own_image(&n) ||
		    template_is_symbol(json_object_get(linux_parameters, "InitProcessEnabled")) ||
		    json_bool_or(linux_parameters, "InitProcessEnabled", false) ||
		    json_array_size(json_list(n.container, "EntryPoint")))
			continue;
		check_add(c, &f,
			  "no init process: in the published images up to 3.12 the start script is "
			  "process 1 and passes no signal on");
	}
}
