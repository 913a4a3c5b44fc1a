/* What Fargate accepts of a task definition, with the service's messages. */
#include "engine/cloud/ecs/ecs-internal.h"

#include <ctype.h>
#include <string.h>

#define NOT_EMULATED(what) "The local cloud does not emulate " what "."
#define NO_FARGATE(what) "Tasks using the Fargate launch type do not support " what "."
#define WORD "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

enum { DEFINITION_SIZE_MOST = 65536, CONTAINERS_MOST = 10 };

static int refuse(struct call *c, const char *text)
{
	return call_fail(c, 400, "ClientException", "%s", text);
}

/* clang-format off */
static const struct ecs_member definition_members[] = {
	{ "family", NULL }, { "taskRoleArn", NULL }, { "executionRoleArn", NULL },
	{ "networkMode", NULL }, { "containerDefinitions", NULL }, { "volumes", NULL },
	{ "placementConstraints", NO_FARGATE("placement constraints") },
	{ "requiresCompatibilities", NULL }, { "cpu", NULL }, { "memory", NULL }, { "tags", NULL },
	{ "pidMode", NOT_EMULATED("pidMode of task definitions") },
	{ "ipcMode", NO_FARGATE("ipcMode") },
	{ "proxyConfiguration", NOT_EMULATED("proxyConfiguration of task definitions") },
	{ "inferenceAccelerators", NO_FARGATE("inference accelerators") },
	{ "ephemeralStorage", NULL }, { "runtimePlatform", NULL },
	{ "enableFaultInjection", NOT_EMULATED("fault injection") }, { NULL, NULL },
};
static const struct ecs_member container_members[] = {
	{ "name", NULL }, { "image", NULL }, { "repositoryCredentials", NULL }, { "cpu", NULL },
	{ "memory", NULL }, { "memoryReservation", NULL }, { "links", NO_FARGATE("links") },
	{ "portMappings", NULL }, { "essential", NULL },
	{ "restartPolicy", NOT_EMULATED("restart policies of containers") },
	{ "entryPoint", NULL }, { "command", NULL }, { "environment", NULL },
	{ "environmentFiles", NOT_EMULATED("environment files") }, { "mountPoints", NULL },
	{ "volumesFrom", NOT_EMULATED("volumesFrom") }, { "linuxParameters", NULL },
	{ "secrets", NULL }, { "dependsOn", NULL }, { "startTimeout", NULL },
	{ "stopTimeout", NULL }, { "versionConsistency", NULL },
	{ "hostname", NO_FARGATE("host names with network mode awsvpc") }, { "user", NULL },
	{ "workingDirectory", NULL },
	{ "disableNetworking", NO_FARGATE("containers without network") },
	{ "privileged", NO_FARGATE("privileged containers") }, { "readonlyRootFilesystem", NULL },
	{ "dnsServers", NO_FARGATE("DNS servers with network mode awsvpc") },
	{ "dnsSearchDomains", NO_FARGATE("DNS search domains with network mode awsvpc") },
	{ "extraHosts", NO_FARGATE("extra hosts with network mode awsvpc") },
	{ "dockerSecurityOptions", NO_FARGATE("Docker security options") },
	{ "interactive", NULL }, { "pseudoTerminal", NULL }, { "dockerLabels", NULL },
	{ "ulimits", NULL }, { "logConfiguration", NULL }, { "healthCheck", NULL },
	{ "systemControls", NOT_EMULATED("system controls") },
	{ "resourceRequirements", NOT_EMULATED("resource requirements (GPUs)") },
	{ "firelensConfiguration", NOT_EMULATED("FireLens") },
	{ "credentialSpecs", NOT_EMULATED("credential specifications") }, { NULL, NULL },
};
static const struct ecs_member linux_members[] = {
	{ "capabilities", NULL }, { "initProcessEnabled", NULL },
	{ "devices", NO_FARGATE("devices") },
	{ "sharedMemorySize", NO_FARGATE("sharedMemorySize") }, { "tmpfs", NO_FARGATE("tmpfs") },
	{ "maxSwap", NO_FARGATE("maxSwap") }, { "swappiness", NO_FARGATE("swappiness") },
	{ NULL, NULL },
};
static const struct ecs_member volume_members[] = {
	{ "name", NULL }, { "host", NULL }, { "efsVolumeConfiguration", NULL },
	{ "dockerVolumeConfiguration", NO_FARGATE("Docker volumes") },
	{ "fsxWindowsFileServerVolumeConfiguration", NO_FARGATE("FSx for Windows volumes") },
	{ "configuredAtLaunch", NOT_EMULATED("volumes that are configured at launch") },
	{ NULL, NULL },
};
static const struct ecs_member efs_members[] = {
	{ "fileSystemId", NULL }, { "rootDirectory", NULL }, { "transitEncryption", NULL },
	{ "transitEncryptionPort", NULL }, { "authorizationConfig", NULL }, { NULL, NULL },
};
static const struct {
	unsigned cpu, least, most, step; /* MiB */
} sizes[] = {
	{ 512, 1024, 4096, 1024 },	 { 1024, 2048, 8192, 1024 },	{ 2048, 4096, 16384, 1024 },
	{ 4096, 8192, 30720, 1024 },	 { 8192, 16384, 61440, 4096 },	{ 16384, 32768, 122880, 8192 },
};
/* clang-format on */

static bool is_size(int64_t cpu, int64_t memory)
{
	if (cpu == 256)
		return memory == 512 || memory == 1024 || memory == 2048;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		if (cpu == sizes[i].cpu)
			return memory >= sizes[i].least && memory <= sizes[i].most &&
			       (memory - sizes[i].least) % sizes[i].step == 0;
	return false;
}

/* "1024", "1 vCPU", "0.5 vcpu", "2 GB" -> units or MiB; -1: no number. */
static int64_t parse_size(const char *text, const char *unit)
{
	char *end = NULL;
	int64_t number;
	double value;

	if (num_parse_i64(text, 0, INT32_MAX, &number) == 0)
		return number;
	if (!isdigit((unsigned char)text[0]) && text[0] != '.')
		return -1;
	value = strtod(text, &end);
	while (*end == ' ')
		end++;
	if (strcasecmp(end, unit) != 0 || !(value > 0 && value <= 1024))
		return -1;
	return (int64_t)(value * 1024 + 0.5);
}

static int check_size(struct call *c, json_t *d)
{
	const char *cpu = json_str(d, "cpu"), *memory = json_str(d, "memory");
	int64_t units, mib;
	OWN(str) char *units_text = NULL, *mib_text = NULL;

	if (!cpu || !*cpu)
		return refuse(c, "Fargate requires that 'cpu' be defined at the task level.");
	if (!memory || !*memory)
		return refuse(c, "Fargate requires that 'memory' be defined at the task level.");
	units = parse_size(cpu, "vcpu");
	mib = parse_size(memory, "gb");
	if (units < 0)
		return refuse(c, "Invalid 'cpu' setting for task. For more information, see the "
				 "Troubleshooting section of the Amazon ECS Developer Guide.");
	if (mib < 0)
		return refuse(c, "Invalid 'memory' setting for task. For more information, see the "
				 "Troubleshooting section of the Amazon ECS Developer Guide.");
	if (!is_size(units, mib))
		return call_fail(c, 400, "ClientException",
				 "No Fargate configuration exists for given values: %lld CPU, %lld "
				 "memory. See the Amazon ECS documentation for the valid values.",
				 (long long)units, (long long)mib);
	units_text = str_printf("%lld", (long long)units);
	mib_text = str_printf("%lld", (long long)mib);
	json_set_str(d, "cpu", units_text);
	json_set_str(d, "memory", mib_text);
	return 0;
}

static bool among(const char *value, const char *const *choices)
{
	for (; value && *choices; choices++)
		if (!strcmp(value, *choices))
			return true;
	return false;
}

static int check_compatibility(struct call *c, json_t *d)
{
	json_t *list = json_list(d, "requiresCompatibilities"), *value;
	size_t i;

	/* Without it AWS registers the definition and the service refuses it (F11). */
	json_array_foreach(
		list, i,
		value) if (!among(json_string_value(value),
				  (const char *const[]){
					  "EC2", "FARGATE", "EXTERNAL",
					  NULL })) return refuse(c,
								 "Invalid requiresCompatibilities: "
								 "valid values are EC2, "
								 "FARGATE, EXTERNAL.");
	return 0;
}

static bool requires_fargate(const json_t *d)
{
	json_t *value;
	size_t i;

	json_array_foreach(json_list(d, "requiresCompatibilities"), i,
			   value) if (str_eq(json_string_value(value), "FARGATE")) return true;
	return false;
}

static int check_platform(struct call *c, const json_t *d)
{
	const json_t *platform = json_map(d, "runtimePlatform");
	const char *cpu = json_str_or(platform, "cpuArchitecture", "X86_64");
	const char *family = json_str_or(platform, "operatingSystemFamily", "LINUX");
	json_int_t disk = json_int_or(json_map(d, "ephemeralStorage"), "sizeInGiB", 21);

	if (strcmp(cpu, "X86_64") != 0 && strcmp(cpu, "ARM64") != 0)
		return call_fail(c, 400, "ClientException", "Invalid cpuArchitecture: %s.", cpu);
	if (strcmp(family, "LINUX") != 0)
		return call_fail(c, 400, "ClientException",
				 NOT_EMULATED("operatingSystemFamily %s"), family);
	if (disk < 21 || disk > 200)
		return refuse(c,
			      "Invalid ephemeral storage size: it must be between 21 and 200 GiB.");
	return 0;
}

/* ---- volumes
 * -------------------------------------------------------------------------------------- */

static const json_t *find_named(const json_t *list, const char *member, const char *name)
{
	for (size_t i = 0; name && i < json_array_size(list); i++)
		if (str_eq(json_str(json_array_get(list, i), member), name))
			return json_array_get(list, i);
	return NULL;
}

static int check_efs(struct call *c, const json_t *d, const char *volume, const json_t *efs)
{
	const json_t *auth = json_map(efs, "authorizationConfig");
	const char *root = json_str_or(efs, "rootDirectory", "/");
	const char *point = json_str_or(auth, "accessPointId", "");
	json_int_t port = json_int_or(efs, "transitEncryptionPort", 20000);

	if (ecs_check_members(c, "/volumes/efsVolumeConfiguration", efs, efs_members) < 0)
		return -1;
	if (!str_starts(json_str(efs, "fileSystemId"), "fs-"))
		return call_fail(c, 400, "ClientException",
				 "Invalid fileSystemId for volume '%s': it must be the id of an "
				 "Amazon EFS file system.",
				 volume);
	if (*point && *root && strcmp(root, "/") != 0)
		return call_fail(
			c, 400, "ClientException",
			"Volume '%s': the root directory must be omitted or set to '/' when "
			"an EFS access point is specified.",
			volume);
	if (str_eq(json_str(auth, "iam"), "ENABLED") && !*json_str_or(d, "taskRoleArn", ""))
		return refuse(c, "EFS IAM authorization requires a task role.");
	if (port < 1 || port > 65535 ||
	    !among(json_str_or(efs, "transitEncryption", "DISABLED"),
		   (const char *const[]){ "ENABLED", "DISABLED", NULL }) ||
	    !among(json_str_or(auth, "iam", "DISABLED"),
		   (const char *const[]){ "ENABLED", "DISABLED", NULL }))
		return call_fail(c, 400, "ClientException",
				 "Invalid EFS volume configuration of volume '%s'.", volume);
	return 0;
}

static int check_volumes(struct call *c, const json_t *d)
{
	json_t *volumes = json_list(d, "volumes"), *volume;
	size_t i;

	json_array_foreach(volumes, i, volume)
	{
		const char *name = json_str_or(volume, "name", "");
		const json_t *efs = json_map(volume, "efsVolumeConfiguration");

		if (ecs_check_members(c, "/volumes", volume, volume_members) < 0)
			return -1;
		if (!*name || strspn(name, WORD) != strlen(name) || strlen(name) > 255)
			return refuse(c, "Volume name should not be null or empty and may contain "
					 "letters, numbers, hyphens and underscores only.");
		if (find_named(volumes, "name", name) != volume)
			return call_fail(c, 400, "ClientException",
					 "Volume name '%s' is used more than once.", name);
		if (json_str(json_map(volume, "host"), "sourcePath"))
			return refuse(c,
				      "host.sourcePath should not be set for volumes in Fargate.");
		if (efs && check_efs(c, d, name, efs) < 0)
			return -1;
	}
	return 0;
}

/* ---- containers
 * ------------------------------------------------------------------------------------ */

static int check_ports(struct call *c, const json_t *d, const json_t *container, json_t *taken)
{
	json_t *port;
	size_t i;

	json_array_foreach(json_list(container, "portMappings"), i, port)
	{
		json_int_t number = json_int_or(port, "containerPort", 0);
		json_int_t host = json_int_or(port, "hostPort", 0);
		const char *protocol = json_str_or(port, "protocol", "tcp");
		OWN(str) char *key = str_printf("%lld/%s", (long long)number, protocol);

		if (number < 1 || number > 65535 || host < 0 || host > 65535)
			return refuse(c,
				      "Port mappings require a containerPort between 1 and 65535.");
		if (strcmp(protocol, "tcp") != 0 && strcmp(protocol, "udp") != 0)
			return refuse(c, "Invalid protocol in port mappings: valid values are tcp, "
					 "udp.");
		if (str_eq(json_str(d, "networkMode"), "awsvpc") && host && host != number)
			return refuse(c,
				      "When networkMode=awsvpc, the host ports and container ports "
				      "in port mappings must match.");
		if (json_object_get(taken, key))
			return call_fail(c, 400, "ClientException",
					 "Container port %s is used more than once in the task.",
					 key);
		json_object_set_new(taken, key, json_true());
	}
	return 0;
}

static int check_variables(struct call *c, const json_t *container)
{
	json_t *secrets = json_list(container, "secrets"), *secret, *variable;
	size_t i;

	json_array_foreach(
		json_list(container, "environment"), i,
		variable) if (!json_str(variable, "name") ||
			      !*json_str(variable,
					 "name")) return refuse(c, "Environment variable name "
								   "should not be null or empty.");
	json_array_foreach(secrets, i, secret)
	{
		const char *name = json_str_or(secret, "name", "");

		if (!*name || !*json_str_or(secret, "valueFrom", ""))
			return refuse(c, "Container secret requires a name and a valueFrom.");
		if (find_named(secrets, "name", name) != secret ||
		    find_named(json_list(container, "environment"), "name", name))
			return call_fail(
				c, 400, "ClientException",
				"The secret name must be unique and not shared with any new or "
				"existing environment variables set on the container, such as "
				"'%s'.",
				name);
	}
	return 0;
}

static int check_log(struct call *c, const json_t *container)
{
	const json_t *log = json_map(container, "logConfiguration");
	const json_t *options = json_map(log, "options");
	const char *driver = json_str_or(log, "logDriver", ""), *name;
	static const char *const known[] = { "awslogs-group",
					     "awslogs-region",
					     "awslogs-stream-prefix",
					     "awslogs-create-group",
					     "mode",
					     "max-buffer-size",
					     NULL };
	static const char *const later[] = { "awslogs-multiline-pattern", "awslogs-datetime-format",
					     NULL };
	json_t *value;

	if (!log)
		return 0;
	if (!among(driver, (const char *const[]){ "awslogs", "splunk", "awsfirelens", NULL }))
		return call_fail(
			c, 400, "ClientException",
			"Log driver '%s' is not supported by Fargate. Supported drivers are "
			"awslogs, splunk and awsfirelens.",
			driver);
	if (strcmp(driver, "awslogs") != 0)
		return call_fail(c, 400, "ClientException", NOT_EMULATED("log driver %s"), driver);
	json_object_foreach((json_t *)(uintptr_t)options, name, value)
	{
		if (among(name, later))
			return call_fail(c, 400, "ClientException",
					 NOT_EMULATED("the option %s of log driver awslogs (each line "
						      "is an event)"),
					 name);
		if (!among(name, known))
			return call_fail(c, 400, "ClientException",
					 "Log driver awslogs disallows options: %s", name);
	}
	if (!json_str(options, "awslogs-group"))
		return refuse(c, "Log driver awslogs requires options: awslogs-group");
	if (!json_str(options, "awslogs-stream-prefix"))
		return refuse(c, "Log driver awslogs requires options: awslogs-stream-prefix");
	return 0;
}

static int check_limits(struct call *c, const json_t *container)
{
	const json_t *linux_parameters = json_map(container, "linuxParameters");
	json_t *add = json_list(json_map(linux_parameters, "capabilities"), "add"), *limit, *value;
	json_int_t stop = json_int_or(container, "stopTimeout", 30);
	size_t i;

	if (linux_parameters && ecs_check_members(c, "/containerDefinitions/linuxParameters",
						  linux_parameters, linux_members) < 0)
		return -1;
	json_array_foreach(
		add, i,
		value) if (!str_eq(json_string_value(value),
				   "SYS_PTRACE")) return refuse(c,
								NO_FARGATE(
									"adding capabilities other "
									"than SYS_PTRACE"));
	json_array_foreach(json_list(container, "ulimits"), i, limit)
	{
		json_int_t soft = json_int_or(limit, "softLimit", -1);
		json_int_t hard = json_int_or(limit, "hardLimit", -1);

		if (!str_eq(json_str(limit, "name"), "nofile"))
			return refuse(c, NO_FARGATE("ulimits other than nofile"));
		if (soft < 0 || hard < soft || hard > 1048576)
			return refuse(
				c,
				"Invalid ulimit: the soft limit must not exceed the hard limit.");
	}
	if (stop < 0 || stop > 120)
		return refuse(c, "Invalid stopTimeout: the maximum on Fargate is 120 seconds.");
	return 0;
}

static int check_health(struct call *c, const json_t *container)
{
	const json_t *health = json_map(container, "healthCheck");
	json_t *command = json_list(health, "command");
	static const struct {
		const char *name;
		json_int_t standard, least, most;
	} ranges[] = { { "interval", 30, 5, 300 },
		       { "timeout", 5, 2, 60 },
		       { "retries", 3, 1, 10 },
		       { "startPeriod", 0, 0, 300 } };

	if (!health)
		return 0;
	if (json_array_size(command) < 2 ||
	    !among(json_string_value(json_array_get(command, 0)),
		   (const char *const[]){ "CMD", "CMD-SHELL", NULL }))
		return refuse(c,
			      "Container health check command must start with CMD or CMD-SHELL and "
			      "name a command.");
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		json_int_t value = json_int_or(health, ranges[i].name, ranges[i].standard);

		if (value < ranges[i].least || value > ranges[i].most)
			return call_fail(c, 400, "ClientException",
					 "Container health check %s must be between %lld and %lld.",
					 ranges[i].name, (long long)ranges[i].least,
					 (long long)ranges[i].most);
	}
	return 0;
}

static int check_mounts(struct call *c, const json_t *d, const json_t *container)
{
	json_t *mount;
	size_t i;

	json_array_foreach(json_list(container, "mountPoints"), i, mount)
	{
		const char *source = json_str_or(mount, "sourceVolume", "");

		if (!find_named(json_list(d, "volumes"), "name", source))
			return call_fail(c, 400, "ClientException", "Unknown volume '%s'.", source);
		if (json_str_or(mount, "containerPath", "")[0] != '/')
			return refuse(c, "Mount points require an absolute containerPath.");
	}
	return 0;
}

/* Follows the dependencies of a container; -1 when they come back to it or go too deep. */
static int follow(const json_t *containers, const char *name, unsigned depth)
{
	const json_t *container = find_named(containers, "name", name);
	json_t *dependency;
	size_t i;

	if (depth > CONTAINERS_MOST)
		return -1;
	json_array_foreach(json_list(container, "dependsOn"), i,
			   dependency) if (follow(containers, json_str(dependency, "containerName"),
						  depth + 1) < 0) return -1;
	return 0;
}

static int check_dependencies(struct call *c, const json_t *d, const json_t *container)
{
	json_t *containers = json_list(d, "containerDefinitions"), *dependency;
	const char *name = json_str(container, "name");
	size_t i;

	json_array_foreach(json_list(container, "dependsOn"), i, dependency)
	{
		const char *on = json_str_or(dependency, "containerName", "");
		const char *condition = json_str_or(dependency, "condition", "");
		const json_t *other = find_named(containers, "name", on);

		if (!other)
			return call_fail(c, 400, "ClientException",
					 "Container '%s' depends on unknown container '%s'.", name,
					 on);
		if (!among(condition, (const char *const[]){ "START", "COMPLETE", "SUCCESS",
							     "HEALTHY", NULL }))
			return call_fail(c, 400, "ClientException",
					 "Invalid dependency condition '%s'.", condition);
		if (!strcmp(condition, "HEALTHY") && !json_map(other, "healthCheck"))
			return call_fail(
				c, 400, "ClientException",
				"Container '%s' depends on container '%s' to be HEALTHY, which "
				"has no health check.",
				name, on);
		if ((!strcmp(condition, "COMPLETE") || !strcmp(condition, "SUCCESS")) &&
		    json_bool_or(other, "essential", true))
			return call_fail(
				c, 400, "ClientException",
				"Container '%s' cannot depend on essential container '%s' with "
				"condition %s.",
				name, on, condition);
	}
	if (follow(containers, name, 0) < 0)
		return refuse(c, "The dependencies of the containers form a cycle.");
	return 0;
}

static int check_resources(struct call *c, const json_t *d, const json_t *container)
{
	json_int_t task_memory = json_int_or(d, "memory", 0);
	json_int_t memory = json_int_or(container, "memory", 0);
	json_int_t reservation = json_int_or(container, "memoryReservation", 0);
	const char *name = json_str(container, "name");

	if (memory > task_memory || reservation > task_memory)
		return call_fail(
			c, 400, "ClientException",
			"Invalid setting for container '%s'. The container's memory must not "
			"be above the memory of the task.",
			name);
	if (memory && reservation > memory)
		return call_fail(
			c, 400, "ClientException",
			"Invalid setting for container '%s'. memoryReservation must not be "
			"above memory.",
			name);
	if (memory < 0 || reservation < 0 || json_int_or(container, "cpu", 0) < 0)
		return call_fail(c, 400, "ClientException",
				 "Invalid setting for container '%s'. Sizes must not be negative.",
				 name);
	return 0;
}

static int check_execution_role(struct call *c, const json_t *d, const json_t *container)
{
	const char *what = json_map(container, "logConfiguration")	      ? "log driver awslogs"
			   : json_array_size(json_list(container, "secrets")) ? "container secrets"
			   : json_map(container, "repositoryCredentials") ? "repository credentials"
			   : ecs_is_ecr(json_str_or(container, "image", "")) ? "ECR images"
									     : NULL;

	if (what && requires_fargate(d) && !*json_str_or(d, "executionRoleArn", ""))
		return call_fail(c, 400, "ClientException",
				 "Fargate requires task definition to have execution role ARN to "
				 "support %s.",
				 what);
	return 0;
}

static int check_container(struct call *c, const json_t *d, const json_t *container, json_t *taken)
{
	json_t *containers = json_list(d, "containerDefinitions");
	const char *name = json_str_or(container, "name", "");

	if (!*name)
		return refuse(c, "Container.name should not be null or empty.");
	if (strspn(name, WORD) != strlen(name) || strlen(name) > 255)
		return call_fail(c, 400, "ClientException", "Invalid container name: %s.", name);
	if (find_named(containers, "name", name) != container)
		return call_fail(c, 400, "ClientException",
				 "Container name '%s' is used more than once.", name);
	if (!*json_str_or(container, "image", ""))
		return refuse(c, "Container.image should not be null or empty.");
	if (ecs_check_members(c, "/containerDefinitions", container, container_members) < 0 ||
	    check_ports(c, d, container, taken) < 0 || check_variables(c, container) < 0 ||
	    check_log(c, container) < 0 || check_limits(c, container) < 0 ||
	    check_health(c, container) < 0 || check_mounts(c, d, container) < 0 ||
	    check_dependencies(c, d, container) < 0 || check_resources(c, d, container) < 0)
		return -1;
	return check_execution_role(c, d, container);
}

static int check_containers(struct call *c, const json_t *d)
{
	json_t *containers = json_list(d, "containerDefinitions"), *container;
	OWN(json) json_t *taken = json_object();
	json_int_t cpu = 0;
	bool essential = false;
	size_t i;

	if (!json_array_size(containers))
		return refuse(c, "Container list cannot be empty.");
	if (json_array_size(containers) > CONTAINERS_MOST)
		return refuse(c, "Too many containers: a task definition has at most 10.");
	json_array_foreach(containers, i, container)
	{
		if (!json_is_object(container))
			return refuse(c, "Container definitions must be structures.");
		if (check_container(c, d, container, taken) < 0)
			return -1;
		essential = essential || json_bool_or(container, "essential", true);
		cpu += json_int_or(container, "cpu", 0);
	}
	if (!essential)
		return refuse(c, "At least one container must be marked as essential.");
	if (requires_fargate(d) && cpu > json_int_or(d, "cpu", 0))
		return refuse(c, "The total cpu of the containers must not be above the cpu of the "
				 "task.");
	return 0;
}

int ecs_definition_check(struct hub *hub, struct call *c, json_t *d)
{
	const char *family = json_str_or(d, "family", "");
	OWN(str) char *text = json_text(d);

	(void)hub;
	if (!*family || strlen(family) > 255 || strspn(family, WORD) != strlen(family))
		return refuse(c, "Family should not be null or empty and contain only letters, "
				 "numbers, hyphens and underscores, up to 255 characters.");
	if (strlen(text) > DEFINITION_SIZE_MOST)
		return refuse(c, "Task definition is too large: its size must not be above 65536 "
				 "bytes.");
	if (ecs_check_members(c, "", d, definition_members) < 0 || check_compatibility(c, d) < 0)
		return -1;
	if (requires_fargate(d)) {
		if (!str_eq(json_str(d, "networkMode"), "awsvpc"))
			return refuse(c, "Fargate only supports network mode \u2018awsvpc\u2019.");
		if (check_size(c, d) < 0)
			return -1;
	}
	if (check_platform(c, d) < 0 || check_volumes(c, d) < 0)
		return -1;
	return check_containers(c, d);
}
