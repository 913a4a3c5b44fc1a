#include "engine/cloud/ecs/test-world.h"

#include <string.h>

#define AUTH "ResourceInitializationError: unable to pull secrets or registry auth: "
#define ASM                                                                                        \
	AUTH "execution resource retrieval failed: unable to retrieve secret from asm: service "   \
	     "call "                                                                               \
	     "has been retried 1 time(s): "
#define LOGGER "ResourceInitializationError: failed to validate logger args: "
#define EFS                                                                                        \
	"ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: " \
	"stderr: "
#define EFS_NAME "fs-1.efs.us-east-1.amazonaws.com"

TEST(ecs_launch, a_node_comes_up_and_its_service_becomes_steady)
{
	const json_t *task, *container, *started;

	fake_begin(NULL);
	fake_deploy(fake_definition(), fake_service());
	CHECK(fake_until(fake_is_steady));
	task = fake_last_task();
	container = json_path(task, "containers.0");
	CHECK_STR(json_str(task, "lastStatus"), "RUNNING");
	CHECK_STR(json_str(task, "connectivity"), "CONNECTED");
	CHECK_STR(json_str(container, "lastStatus"), "RUNNING");
	CHECK_STR(json_string_value(json_path(container, "networkInterfaces.0.privateIpv4Address")),
		  "10.0.1.1");
	CHECK_STR(json_string_value(json_path(container, "networkBindings.0.bindIP")), "127.0.0.1");
	CHECK_INT(json_integer_value(json_path(container, "networkBindings.0.containerPort")),
		  8080);
	CHECK_INT(json_integer_value(json_path(container, "networkBindings.1.hostPort")), 40001);
	started = json_array_get(fake.starts, 0);
	CHECK_STR(json_string_value(json_path(started, "argv.0")), "mpcup");
	CHECK_STR(json_string_value(json_path(started, "argv.1")), "node");
	CHECK_STR(json_str(started, "directory"), "/app");
	CHECK_STR(json_str(started, "hostname"), "ip-10-0-1-1.ec2.internal");
	CHECK_STR(json_string_value(json_path(started, "environment.MPC_ENV")), "mpc-localnet");
	CHECK_STR(json_string_value(json_path(started, "environment.MPC_ACCOUNT_SK")), "value");
	CHECK_STR(json_string_value(json_path(started, "mounts.0.source")), "/state/efs/fs-1/node");
	CHECK_INT(json_int_or(started, "nofile_soft", 0), 65535);
	CHECK_INT(json_int_or(started, "memory_bytes", 0), 4096LL * 1024 * 1024);
	CHECK(json_bool_or(started, "init", false));
	CHECK_STR(json_string_value(json_path(task, "mpcup:steps.0.step")), "placement");
	CHECK_INT(json_array_size(json_list(task, "mpcup:steps")), LAUNCH_STEADY + 1);
	CHECK(json_object_get(json_array_get(json_list(task, "mpcup:steps"), LAUNCH_STEADY), "ms") != NULL);
	CHECK_INT(json_object_size(fake.instances), 1);
	CHECK_INT(json_array_size(fake.logged), 1);
	fake_end();
}

TEST(ecs_launch, each_step_acts_with_the_identity_of_aws)
{
	fake_begin(NULL);
	fake_deploy(fake_definition(), fake_service());
	CHECK(fake_until(fake_is_steady));
	CHECK(fake_called("secretsmanager GetSecretValue execution"));
	CHECK(fake_called("logs CreateLogStream execution"));
	CHECK(fake_called("logs PutLogEvents execution"));
	CHECK(fake_called("efs mpcup:Mount arn:aws:iam::000000000000:root"));
	CHECK(fake_called("ec2 mpcup:SyncRules arn:aws:iam::000000000000:root"));
	CHECK(!fake_called("logs CreateLogGroup execution"));
	fake_end();
}

TEST(ecs_launch, nothing_of_ours_is_shown)
{
	OWN(json) json_t *tasks = NULL, *services = NULL;
	OWN(str) char *text = NULL, *more = NULL;

	fake_begin(NULL);
	fake_deploy(fake_definition(), fake_service());
	CHECK(fake_until(fake_is_steady));
	tasks = fake_call("DescribeTasks", json_pack("{s:s, s:[s]}", "cluster", "c", "tasks",
						     ecs_task_id(fake_last_task())));
	services = fake_call("DescribeServices",
			     json_pack("{s:s, s:[s]}", "cluster", "c", "services", "s"));
	text = json_text(tasks);
	more = json_text(services);
	CHECK(!strstr(text, "mpcup:"));
	CHECK(!strstr(more, "mpcup:"));
	CHECK(!strstr(text, "value\"}"));
	fake_end();
}

/* ---- failures: what is wrong -> AWS's sentence
 * --------------------------------------------------------------- */

static void absent(const char *name)
{
	json_add_str(fake.absent, name);
}

static void closed(const char *address)
{
	json_set_str(fake.connects, address, "timeout");
}

static void denied(const char *action)
{
	json_add_str(fake.denied, action);
}

static void refused(const char *call, const char *text)
{
	json_set_str(fake.codes, call, text);
}

/* Deploys; the first task must stop with exactly this code and reason. */
static void expect(json_t *definition, const char *code, const char *reason)
{
	json_t *task;

	fake_deploy(definition, fake_service());
	CHECK(fake_until(fake_has_stopped));
	CHECK_STR(fake_stopped_reason(), reason);
	task = json_object_iter_value(json_object_iter(hub_all(fake.hub, ECS_TASK)));
	CHECK_STR(json_str(task, "stopCode"), code);
	CHECK_STR(json_str(task, "lastStatus"), "STOPPED");
	CHECK_STR(json_str(task, "desiredStatus"), "STOPPED");
	CHECK(json_number_value(json_object_get(task, "stoppedAt")) > 0);
	fake_end();
}

static void fails_to_start(const char *reason)
{
	expect(fake_definition(), "TaskFailedToStart", reason);
}

/* The definition with another value at the path "containerDefinitions.0.<member>". */
static json_t *with(const char *member, json_t *value)
{
	json_t *d = fake_definition();

	json_object_set_new(json_path(d, "containerDefinitions.0"), member, value);
	return d;
}

static json_t *with_secret(const char *value_from)
{
	return with("secrets", json_pack("[{s:s, s:s}]", "name", "X", "valueFrom", value_from));
}

TEST(ecs_failure, a_subnet_without_free_addresses)
{
	fake_begin(NULL);
	refused("ec2 CreateNetworkInterface", "InsufficientFreeAddressesInSubnet: none left");
	fails_to_start("Timeout waiting for network interface provisioning to complete.");
}

TEST(ecs_failure, roles_that_do_not_trust_ecs_tasks)
{
	fake_begin(NULL);
	fake.untrusted = true;
	fails_to_start(
		"ECS was unable to assume the role '" EXECUTION_ROLE
		"' that was provided for this task. Please verify that the role being passed has "
		"the proper trust relationship and permissions and that your IAM user has "
		"permissions to pass this role.");
}

TEST(ecs_failure, registry_out_of_reach)
{
	fake_begin(NULL);
	closed("198.51.100.5");
	fails_to_start(
		AUTH
		"The task cannot pull registry auth from Amazon ECR: There is a connection issue "
		"between the task and Amazon ECR. Check your task network configuration. "
		"RequestError: send request failed caused by: Post "
		"\"https://api.ecr.us-east-1.amazonaws.com/\": dial tcp 198.51.100.5:443: i/o "
		"timeout");
}

TEST(ecs_failure, registry_name_does_not_resolve)
{
	fake_begin(NULL);
	absent("api.ecr.us-east-1.amazonaws.com");
	fails_to_start(
		AUTH
		"The task cannot pull registry auth from Amazon ECR: There is a connection issue "
		"between the task and Amazon ECR. Check your task network configuration. "
		"RequestError: send request failed caused by: Post "
		"\"https://api.ecr.us-east-1.amazonaws.com/\": dial tcp: lookup failed: i/o "
		"timeout");
}

TEST(ecs_failure, no_right_to_a_registry_token)
{
	fake_begin(NULL);
	denied("ecr:GetAuthorizationToken");
	fails_to_start(
		AUTH "execution resource retrieval failed: unable to retrieve ecr registry auth: "
		     "service "
		     "call has been retried 1 time(s): AccessDeniedException: User: " EXECUTION_ROLE
		     " is not authorized to perform: ecr:GetAuthorizationToken on resource: * "
		     "because no "
		     "identity-based policy allows the action");
}

TEST(ecs_failure, secrets_manager_out_of_reach)
{
	fake_begin(NULL);
	closed("198.51.100.2");
	fails_to_start(
		AUTH
		"unable to retrieve secret from asm: There is a connection issue between the task "
		"and AWS Secrets Manager. Check your task network configuration. failed to fetch "
		"secret " SECRET " from secrets manager: RequestCanceled: request context canceled "
		"caused by: context deadline exceeded: Post "
		"\"https://secretsmanager.us-east-1.amazonaws.com/\"");
}

TEST(ecs_failure, execution_role_may_not_read_the_secret)
{
	fake_begin(NULL);
	denied("secretsmanager:GetSecretValue");
	fails_to_start(ASM "AccessDeniedException: User: " EXECUTION_ROLE
			   " is not authorized to perform: secretsmanager:GetSecretValue on "
			   "resource: " SECRET " because no identity-based policy allows the "
			   "secretsmanager:GetSecretValue action");
}

TEST(ecs_failure, key_of_the_secret_may_not_be_used)
{
	fake_begin(NULL);
	refused("secretsmanager GetSecretValue",
		"AccessDeniedException: Access to KMS is not allowed");
	fails_to_start(ASM "AccessDeniedException: Access to KMS is not allowed");
}

TEST(ecs_failure, secret_has_no_value)
{
	fake_begin(NULL);
	refused("secretsmanager GetSecretValue", "ResourceNotFoundException: Secrets Manager can't "
						 "find the specified secret value for "
						 "staging label: AWSCURRENT");
	fails_to_start(ASM
		       "failed to fetch secret " SECRET " from secrets manager: "
		       "ResourceNotFoundException: Secrets Manager can't find the specified secret "
		       "value for staging label: AWSCURRENT");
}

TEST(ecs_failure, secret_does_not_exist)
{
	fake_begin(NULL);
	refused("secretsmanager GetSecretValue",
		"ResourceNotFoundException: Secrets Manager can't find the specified secret.");
	fails_to_start(ASM "failed to fetch secret " SECRET " from secrets manager: "
			   "ResourceNotFoundException: Secrets Manager can't find the specified "
			   "secret.");
}

TEST(ecs_failure, json_key_on_a_plain_secret)
{
	fake_begin(NULL);
	fake.secret = "plain";
	fails_to_start(ASM "invalid character 'p' looking for beginning of value");
}

TEST(ecs_failure, json_key_that_is_not_there)
{
	fake_begin(NULL);
	fake.secret = "{\"other\":\"x\"}";
	fails_to_start(ASM "failed to fetch secret " SECRET
			   " from secrets manager: retrieved secret "
			   "from Secrets Manager did not contain json key key");
}

TEST(ecs_failure, selectors_with_a_wrong_number_of_colons_or_a_short_version)
{
	static const char *const bad[] = { SECRET ":key",
					   SECRET ":key:", SECRET ":key:::", SECRET ":key::short" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fake_begin(NULL);
		expect(with_secret(bad[i]), "TaskFailedToStart",
		       ASM
		       "InvalidParameter: 1 validation error(s) found. - minimum field size of 32, "
		       "GetSecretValueInput.VersionId.");
	}
}

TEST(ecs_failure, parameter_that_does_not_exist)
{
	fake_begin(NULL);
	expect(with_secret("/no/such"), "TaskFailedToStart",
	       AUTH
	       "execution resource retrieval failed: unable to retrieve secrets from ssm: service "
	       "call has been retried 1 time(s): invalid ssm parameters: /no/such");
}

TEST(ecs_failure, log_group_that_does_not_exist)
{
	fake_begin(NULL);
	refused("logs CreateLogStream",
		"ResourceNotFoundException: The specified log group does not exist.");
	fails_to_start(LOGGER
		       "create stream has been retried 1 times: failed to create Cloudwatch log "
		       "stream: ResourceNotFoundException: The specified log group does not "
		       "exist. : exit status 1");
}

TEST(ecs_failure, logs_out_of_reach)
{
	fake_begin(NULL);
	closed("198.51.100.3");
	fails_to_start(
		LOGGER
		"The task cannot find the Amazon CloudWatch log group defined in the task "
		"definition. There is a connection issue between the task and Amazon CloudWatch. "
		"Check your network configuration. : signal: killed");
}

TEST(ecs_failure, execution_role_may_not_create_log_streams)
{
	fake_begin(NULL);
	denied("logs:CreateLogStream");
	fake_deploy(fake_definition(), fake_service());
	CHECK(fake_until(fake_has_stopped));
	CHECK(str_starts(fake_stopped_reason(), LOGGER
			 "create stream has been retried 1 times: failed to create Cloudwatch log "
			 "stream: AccessDeniedException: User: " EXECUTION_ROLE
			 " is not authorized to perform: logs:CreateLogStream on resource: "
			 "arn:aws:logs:us-east-1:000000000000:log-group:g:log-stream:node-0/mpc/"));
	fake_end();
}

TEST(ecs_failure, region_option_of_the_log_driver_is_left_out)
{
	json_t *d;

	fake_begin(NULL);
	d = fake_definition();
	json_object_del(json_path(d, "containerDefinitions.0.logConfiguration.options"),
			"awslogs-region");
	expect(d, "TaskFailedToStart",
	       LOGGER
	       "unable to get awslogs driver arguments: awslogs-region is required : exit status "
	       "1");
}

TEST(ecs_failure, no_mount_target_in_the_zone)
{
	fake_begin(NULL);
	absent(EFS_NAME);
	fails_to_start(EFS
		       "Failed to resolve \"" EFS_NAME
		       "\" - check that your file system ID is correct, and "
		       "ensure that the VPC has an EFS mount target for this file system ID. See "
		       "https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail. : "
		       "unsuccessful EFS utils command execution; code: 1");
}

TEST(ecs_failure, packets_to_the_mount_target_are_dropped)
{
	fake_begin(NULL);
	fake.nfs = "timeout";
	fails_to_start(EFS "b'mount.nfs4: Connection timed out' : unsuccessful EFS utils command "
			   "execution; code: 32");
}

TEST(ecs_failure, mount_target_is_not_ready_yet)
{
	fake_begin(NULL);
	fake.nfs = "refused";
	fails_to_start(EFS
		       "b'mount.nfs4: Connection reset by peer' : unsuccessful EFS utils command "
		       "execution; code: 32");
}

TEST(ecs_failure, access_point_and_iam_without_transit_encryption)
{
	json_t *d, *efs;

	fake_begin(NULL);
	d = fake_definition();
	json_object_del(json_path(d, "volumes.0.efsVolumeConfiguration"), "transitEncryption");
	expect(d, "TaskFailedToStart",
	       EFS "The \"tls\" option is required when mounting via \"accesspoint\" : "
		   "unsuccessful EFS "
		   "utils command execution; code: 1");
	fake_begin(NULL);
	d = fake_definition();
	efs = json_path(d, "volumes.0.efsVolumeConfiguration");
	json_object_del(efs, "transitEncryption");
	json_object_del(json_map(efs, "authorizationConfig"), "accessPointId");
	expect(d, "TaskFailedToStart",
	       EFS
	       "The \"tls\" option is required when mounting via \"iam\" : unsuccessful EFS utils "
	       "command execution; code: 1");
}

TEST(ecs_failure, task_role_may_not_mount)
{
	fake_begin(NULL);
	refused("efs mpcup:Mount", "AccessDenied: no ClientMount");
	fails_to_start(EFS "b'mount.nfs4: access denied by server while mounting " EFS_NAME
			   ":/' : unsuccessful EFS utils command execution; code: 32");
}

TEST(ecs_failure, root_directory_that_does_not_exist)
{
	json_t *d, *efs;

	fake_begin(NULL);
	refused("efs mpcup:Mount", "NoSuchDirectory: /x");
	d = fake_definition();
	efs = json_path(d, "volumes.0.efsVolumeConfiguration");
	json_object_del(efs, "authorizationConfig");
	json_set_str(efs, "rootDirectory", "/x");
	expect(d, "TaskFailedToStart",
	       EFS "b'mount.nfs4: mounting " EFS_NAME
		   ":/x failed, reason given by server: No such file "
		   "or directory' : unsuccessful EFS utils command execution; code: 32");
}

TEST(ecs_failure, image_that_nothing_stands_for)
{
	fake_begin(NULL);
	expect(with("image", json_string("nginx:1")), "TaskFailedToStart",
	       "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed "
	       "to "
	       "resolve ref nginx:1: not found");
}

TEST(ecs_failure, registry_of_the_image_out_of_reach)
{
	fake_begin(NULL);
	closed("198.51.100.1");
	expect(with("image", json_string("nearone/mpc-node:3")), "TaskFailedToStart",
	       "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed "
	       "to "
	       "resolve ref nearone/mpc-node:3: failed to do request: Head "
	       "\"https://registry-1.docker.io/v2/\": dial tcp 198.51.100.1:443: i/o timeout");
}

TEST(ecs_failure, layers_of_an_ecr_image_out_of_reach)
{
	fake_begin(NULL);
	closed("198.51.100.6");
	fails_to_start("CannotPullContainerError: pull image manifest has been retried 1 time(s): "
		       "failed to "
		       "resolve ref " ECR "/mpc-node:localnet-amd64: failed to do request: Head "
		       "\"https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/"
		       "v2/\": dial "
		       "tcp 198.51.100.6:443: i/o timeout");
}

TEST(ecs_failure, execution_role_may_not_pull)
{
	fake_begin(NULL);
	denied("ecr:BatchGetImage");
	fails_to_start(
		"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed "
		"to resolve ref " ECR "/mpc-node:localnet-amd64: unexpected status from HEAD "
		"request: 403 Forbidden: User: " EXECUTION_ROLE
		" is not authorized to perform: ecr:BatchGetImage");
}

TEST(ecs_failure, image_for_another_architecture)
{
	json_t *d;

	fake_begin(NULL);
	d = fake_definition();
	json_object_set_new(d, "runtimePlatform", json_pack("{s:s}", "cpuArchitecture", "ARM64"));
	expect(d, "TaskFailedToStart",
	       "CannotPullContainerError: pull image manifest of " ECR
	       "/mpc-node:localnet-amd64 has been retried 7 time(s): image Manifest does not "
	       "contain "
	       "descriptor matching platform 'linux/arm64'");
}

TEST(ecs_failure, entry_point_that_cannot_be_run)
{
	fake_begin(NULL);
	fake.start_error = "exec: \"nope\": executable file not found in $PATH";
	fails_to_start(
		"CannotStartContainerError: exec: \"nope\": executable file not found in $PATH");
}

TEST(ecs_failure, container_that_exits)
{
	const json_t *task;

	fake_begin(NULL);
	fake.exit_at_start = 101;
	fake_deploy(fake_definition(), fake_service());
	CHECK(fake_until(fake_has_stopped));
	task = json_object_iter_value(json_object_iter(hub_all(fake.hub, ECS_TASK)));
	CHECK_STR(fake_stopped_reason(), "Essential container in task exited");
	CHECK_STR(json_str(task, "stopCode"), "EssentialContainerExited");
	CHECK_INT(json_integer_value(json_path(task, "containers.0.exitCode")), 101);
	CHECK_INT(json_array_size(fake.logged), 1);
	fake_end();
}

TEST(ecs_failure, the_container_that_failed_says_why)
{
	const json_t *task;

	fake_begin(NULL);
	fake_deploy(with("image", json_string("nginx:1")), fake_service());
	CHECK(fake_until(fake_has_stopped));
	task = json_object_iter_value(json_object_iter(hub_all(fake.hub, ECS_TASK)));
	CHECK(str_starts(json_string_value(json_path(task, "containers.0.reason")),
			 "CannotPullContainerError"));
	CHECK(fake_has_event("was unable to place a task. Reason: CannotPullContainerError"));
	CHECK_INT(json_object_size(fake.forwards), 0);
	fake_end();
}

/* ---- secrets, images, several containers
 * ------------------------------------------------------------------------ */

TEST(ecs_launch, secrets_of_all_forms_reach_the_container)
{
	json_t *d, *env;

	fake_begin(NULL);
	fake.secret = "{\"key\":\"value\",\"number\":7}";
	json_set_str(fake.parameters, "/p", "parameter");
	d = with("secrets",
		 json_pack("[{s:s,s:s},{s:s,s:s},{s:s,s:s},{s:s,s:s}]", "name", "A", "valueFrom",
			   SECRET ":key::", "name", "B", "valueFrom", SECRET, "name", "C",
			   "valueFrom", SECRET ":number:AWSCURRENT:", "name", "D", "valueFrom",
			   "/p"));
	fake_deploy(d, fake_service());
	CHECK(fake_until(fake_is_steady));
	env = json_path(json_array_get(fake.starts, 0), "environment");
	CHECK_STR(json_str(env, "A"), "value");
	CHECK_STR(json_str(env, "B"), fake.secret);
	CHECK_STR(json_str(env, "C"), "7");
	CHECK_STR(json_str(env, "D"), "parameter");
	fake_end();
}

static const char *chain_data;
static bool chain_data_is_gone(void)
{
	return access(chain_data, F_OK) != 0;
}

TEST(ecs_launch, a_stack_maps_images_and_the_chain_gets_its_key)
{
	char dir[] = "/tmp/mpcup-ecs-XXXXXX";
	OWN(str) char *clean = NULL, *source = NULL;
	const json_t *started;

	CHECK(mkdtemp(dir) != NULL);
	fake_begin(dir);
	json_set_str(fake.parameters, "/mpcup/st/images", "{\"*busybox*\":\"localnet\"}");
	fake_deploy(with("image", json_string("public.ecr.aws/docker/library/busybox:1.36")),
		    fake_service());
	CHECK(fake_until(fake_is_steady));
	started = json_array_get(fake.starts, 0);
	CHECK_STR(json_string_value(json_path(started, "argv.1")), "localnet");
	CHECK_STR(json_string_value(json_path(started, "environment.NEAR_NODE_KEY")),
		  "ed25519:chain");
	source = str_printf("%s/ecs/localnet/st-s", dir);
	CHECK_STR(json_string_value(json_path(started, "mounts.1.source")), source);
	CHECK_STR(json_string_value(json_path(started, "mounts.1.target")), "/var/lib/near");
	CHECK_INT(access(source, F_OK), 0);
	json_decref(fake_call("DeleteService", json_pack("{s:s, s:s, s:b}", "cluster", "c",
							 "service", "s", "force", 1)));
	chain_data = source;
	CHECK(fake_until(chain_data_is_gone));
	fake_end();
	clean = str_printf("rm -rf '%s'", dir);
	CHECK_INT(system(clean), 0);
}

TEST(ecs_launch, a_sidecar_of_busybox_runs_its_command_natively)
{
	json_t *d, *sidecar;

	fake_begin(NULL);
	d = fake_definition();
	sidecar = json_pack("{s:s, s:s, s:b, s:[s, s, s], s:[{s:s, s:s}]}", "name", "probe",
			    "image", "public.ecr.aws/docker/library/busybox:1.36", "essential", 0,
			    "command", "sh", "-c", "sleep infinity", "dependsOn", "containerName",
			    "mpc", "condition", "START");
	json_array_insert_new(json_list(d, "containerDefinitions"), 0, sidecar);
	fake_deploy(d, fake_service());
	CHECK(fake_until(fake_is_steady));
	CHECK_STR(json_str(json_array_get(fake.starts, 0), "name"), "mpc");
	CHECK_STR(json_str(json_array_get(fake.starts, 1), "name"), "probe");
	CHECK_STR(json_string_value(json_path(json_array_get(fake.starts, 1), "argv.0")),
		  "/bin/sh");
	CHECK_STR(json_string_value(json_path(json_array_get(fake.starts, 1), "argv.2")),
		  "sleep infinity");
	fake_end();
}

TEST(ecs_launch, a_helper_that_fails_keeps_the_dependent_container_from_starting)
{
	json_t *d, *helper;

	fake_begin(NULL);
	fake.exit_at_start = 1;
	fake.exits = "seed";
	d = with("dependsOn",
		 json_pack("[{s:s, s:s}]", "containerName", "seed", "condition", "SUCCESS"));
	helper = json_pack("{s:s, s:s, s:b, s:[s]}", "name", "seed", "image", "busybox",
			   "essential", 0, "command", "false");
	json_array_append_new(json_list(d, "containerDefinitions"), helper);
	expect(d, "TaskFailedToStart", "Task failed to start");
}

static bool four_are_logged(void)
{
	return json_array_size(fake.logged) >= 4;
}

TEST(ecs_launch, log_lines_of_any_bytes_are_text)
{
	char line[40000];
	struct launch *l;

	fake_begin(NULL);
	fake_deploy(fake_definition(), fake_service());
	CHECK(fake_until(fake_is_steady));
	l = ecs_launch(ecs_of(fake.hub), ecs_task_id(fake_last_task()));
	json_array_clear(fake.logged);
	ecs_container_line(l, "mpc", "a\xff\0b", 4);
	memset(line, 'x', sizeof(line));
	ecs_container_line(l, "mpc", line, sizeof(line));
	ecs_container_line(l, "nobody", "x", 1);
	CHECK(fake_until(four_are_logged));
	CHECK_INT(json_array_size(fake.logged), 4);
	CHECK_STR(json_string_value(json_array_get(fake.logged, 0)), "a\xef\xbf\xbd b");
	CHECK_INT(json_string_length(json_array_get(fake.logged, 1)), 16384);
	fake_end();
}
