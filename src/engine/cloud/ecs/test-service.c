#include <stdio.h>
#include <string.h>

#include "engine/cloud/ecs/test-world.h"

static json_t *on_service(const char *member, json_t *value)
{
	json_t *in = json_pack("{s:s, s:s}", "cluster", "c", "service", "s");

	if (member)
		json_object_set_new(in, member, value);
	return in;
}

static void update(const char *member, json_t *value)
{
	json_decref(fake_call("UpdateService", on_service(member, value)));
}

static size_t count_tasks(const char *status)
{
	json_t *task;
	const char *id;
	size_t count = 0;

	json_object_foreach(hub_all(fake.hub, ECS_TASK), id, task) count +=
		str_eq(json_str(task, "lastStatus"), status);
	return count;
}

static json_t *desired(json_t *service, int count)
{
	json_set_int(service, "desiredCount", count);
	return service;
}

static json_t *percents(json_t *service, int least, int most)
{
	json_t *d = json_map(service, "deploymentConfiguration");

	json_set_int(d, "minimumHealthyPercent", least);
	json_set_int(d, "maximumPercent", most);
	return service;
}

/* ---- reaching and keeping the desired state
 * --------------------------------------------------------------------- */

TEST(ecs_service, steady_state_is_told_in_the_words_of_aws)
{
	OWN(json) json_t *out = NULL;
	const json_t *service, *deployment, *events;
	OWN(str) char *completed = NULL, *reason = NULL;
	const char *id;

	fake_begin(NULL);
	fake_deploy(fake_definition(), desired(fake_service(), 2));
	CHECK(fake_until(fake_is_steady));
	out = fake_call("DescribeServices",
			json_pack("{s:s, s:[s]}", "cluster", "c", "services", "s"));
	service = json_path(out, "services.0");
	deployment = json_path(service, "deployments.0");
	events = json_list(service, "events");
	id = json_str(deployment, "id");
	completed = str_printf("(service s) (deployment %s) deployment completed.", id);
	reason = str_printf("ECS deployment %s completed.", id);
	CHECK_INT(json_int_or(service, "runningCount", 0), 2);
	CHECK_INT(json_int_or(service, "pendingCount", 9), 0);
	CHECK_INT(json_array_size(json_list(service, "deployments")), 1);
	CHECK_STR(json_str(deployment, "rolloutState"), "COMPLETED");
	CHECK_STR(json_str(deployment, "rolloutStateReason"), reason);
	CHECK_STR(json_string_value(json_path(events, "0.message")),
		  "(service s) has reached a steady state.");
	CHECK_STR(json_string_value(json_path(events, "1.message")), completed);
	CHECK(str_starts(json_string_value(json_path(events, "2.message")),
			 "(service s) has started 2 tasks: (task "));
	fake_end();
}

TEST(ecs_service, tasks_spread_over_the_subnets)
{
	json_t *task;
	const char *id;
	size_t in_b = 0;

	fake_begin(NULL);
	fake_deploy(fake_definition(), desired(fake_service(), 4));
	CHECK(fake_until(fake_is_steady));
	json_object_foreach(hub_all(fake.hub, ECS_TASK), id, task) in_b +=
		str_eq(json_str(task, "availabilityZone"), "us-east-1b");
	CHECK_INT(in_b, 2);
	fake_end();
}

TEST(ecs_service, a_stopped_task_is_replaced_and_keeps_its_forwards)
{
	OWN(str) char *first = NULL;
	OWN(json) json_t *stopped = NULL, *described = NULL;

	fake_begin(NULL);
	fake_deploy(fake_definition(), fake_service());
	CHECK(fake_until(fake_is_steady));
	first = str_dup(ecs_task_id(fake_last_task()));
	stopped = fake_call("StopTask", json_pack("{s:s, s:s, s:s}", "cluster", "c", "task", first,
						  "reason", "drill"));
	CHECK_STR(json_string_value(json_path(stopped, "task.desiredStatus")), "STOPPED");
	CHECK(fake_until(fake_has_stopped));
	CHECK(fake_until(fake_is_steady));
	CHECK(strcmp(first, ecs_task_id(fake_last_task())) != 0);
	CHECK_INT(json_integer_value(
			  json_path(fake_last_task(), "containers.0.networkBindings.0.hostPort")),
		  40000);
	described = fake_call("DescribeTasks",
			      json_pack("{s:s, s:[s]}", "cluster", "c", "tasks", first));
	CHECK_STR(json_string_value(json_path(described, "tasks.0.stopCode")), "UserInitiated");
	CHECK_STR(json_string_value(json_path(described, "tasks.0.stoppedReason")), "drill");
	CHECK_INT(json_integer_value(json_path(described, "tasks.0.containers.0.exitCode")), 0);
	CHECK_INT(json_object_size(fake.interfaces), 1);
	CHECK_INT(json_object_size(fake.instances), 1);
	CHECK_INT(json_object_size(fake.forwards), 2);
	fake_end();
}

TEST(ecs_service, a_container_that_ignores_sigterm_is_killed_after_its_stop_timeout)
{
	int64_t from;

	fake_begin(NULL);
	fake.deaf = true;
	fake_deploy(fake_definition(), fake_service());
	CHECK(fake_until(fake_is_steady));
	from = hub_now_ms(fake.hub);
	update("desiredCount", json_integer(0));
	CHECK(fake_until(fake_has_stopped));
	CHECK(hub_now_ms(fake.hub) - from >= 2000);
	CHECK_INT(json_integer_value(json_path(fake_last_task(), "containers.0.exitCode")), 137);
	CHECK(str_starts(fake_stopped_reason(),
			 "Scaling activity initiated by (deployment ecs-svc/"));
	CHECK(fake_has_event("has stopped 1 running tasks: (task "));
	fake_end();
}

static bool scaled_to_one(void)
{
	return fake_is_steady() && count_tasks("RUNNING") == 1;
}

TEST(ecs_service, scaling_in_stops_what_is_too_much)
{
	fake_begin(NULL);
	fake_deploy(fake_definition(), desired(fake_service(), 3));
	CHECK(fake_until(fake_is_steady));
	update("desiredCount", json_integer(1));
	fake_run_ms(1);
	CHECK(fake_until(scaled_to_one));
	CHECK_INT(count_tasks("STOPPED"), 2);
	fake_end();
}

/* ---- deployments
 * --------------------------------------------------------------------------------------------------
 */

static bool second_revision_is_steady(void)
{
	return fake_is_steady() &&
	       str_ends(json_str(ecs_primary(fake_the_service()), "taskDefinition"), ":2") &&
	       json_array_size(json_list(fake_the_service(), "deployments")) == 1;
}

TEST(ecs_deployment, with_zero_and_a_hundred_percent_the_old_task_ends_first)
{
	fake_begin(NULL);
	fake_deploy(fake_definition(), fake_service());
	CHECK(fake_until(fake_is_steady));
	json_decref(fake_call("RegisterTaskDefinition", fake_definition()));
	update("taskDefinition", json_string("node"));
	CHECK(fake_until(second_revision_is_steady));
	CHECK_INT(fake.most_live, 1);
	fake_end();
}

TEST(ecs_deployment, with_a_hundred_and_two_hundred_percent_the_new_task_comes_first)
{
	fake_begin(NULL);
	fake_deploy(fake_definition(), percents(fake_service(), 100, 200));
	CHECK(fake_until(fake_is_steady));
	json_decref(fake_call("RegisterTaskDefinition", fake_definition()));
	update("taskDefinition", json_string("node"));
	CHECK(fake_until(second_revision_is_steady));
	CHECK_INT(fake.most_live, 2);
	fake_end();
}

static bool is_stuck(void)
{
	return fake_has_event(
		"was unable to stop or start tasks during a deployment because of the "
		"service deployment configuration.");
}

TEST(ecs_deployment, percentages_without_a_legal_move_are_told)
{
	fake_begin(NULL);
	fake_deploy(fake_definition(), percents(fake_service(), 100, 100));
	CHECK(fake_until(fake_is_steady));
	update("forceNewDeployment", json_true());
	CHECK(fake_until(is_stuck));
	CHECK_INT(count_tasks("RUNNING"), 1);
	fake_end();
}

TEST(ecs_deployment, the_breaker_trips_after_three_failures)
{
	const json_t *deployment;

	fake_begin(NULL);
	fake.nfs = "timeout";
	fake_deploy(fake_definition(), fake_service());
	CHECK(fake_until(fake_has_failed));
	deployment = ecs_primary(fake_the_service());
	CHECK_INT(json_int_or(deployment, "failedTasks", 0), 3);
	CHECK_STR(json_str(deployment, "rolloutState"), "FAILED");
	CHECK_STR(json_str(deployment, "rolloutStateReason"),
		  "ECS deployment circuit breaker: tasks failed to start.");
	CHECK(fake_has_event("deployment failed: tasks failed to start."));
	CHECK(fake_has_event("is unable to consistently start tasks successfully."));
	fake_run_ms(500);
	CHECK_INT(count_tasks("STOPPED"), 3);
	CHECK_INT(json_object_size(fake.interfaces), 0);
	fake_end();
}

static bool four_have_stopped(void)
{
	return count_tasks("STOPPED") == 4;
}

TEST(ecs_deployment, without_a_breaker_it_goes_on_with_back_off)
{
	int64_t from;
	json_t *service = fake_service();

	json_object_del(json_map(service, "deploymentConfiguration"), "deploymentCircuitBreaker");
	fake_begin(NULL);
	fake.exit_at_start = 1;
	from = hub_now_ms(fake.hub);
	fake_deploy(fake_definition(), service);
	CHECK(fake_until(four_have_stopped));
	/* at 0, 0.1, 0.3 and 0.7 s, and a little for each start */
	CHECK(hub_now_ms(fake.hub) - from >= 700);
	CHECK_STR(json_str(ecs_primary(fake_the_service()), "rolloutState"), "IN_PROGRESS");
	fake_end();
}

static bool rolled_back(void)
{
	return fake_has_failed() && fake_is_steady();
}

TEST(ecs_deployment, the_breaker_rolls_back_to_the_last_good_one)
{
	json_t *service = fake_service();

	json_object_set_new(json_path(service, "deploymentConfiguration.deploymentCircuitBreaker"),
			    "rollback", json_true());
	fake_begin(NULL);
	fake_deploy(fake_definition(), service);
	CHECK(fake_until(fake_is_steady));
	json_decref(fake_call("RegisterTaskDefinition", fake_definition()));
	fake.exit_at_start = 1;
	update("taskDefinition", json_string("node"));
	CHECK(fake_until(fake_has_failed));
	fake.exit_at_start = 0;
	CHECK(fake_until(rolled_back));
	CHECK(str_ends(json_str(fake_the_service(), "taskDefinition"), ":1"));
	CHECK(fake_has_event("rolling back to deployment ecs-svc/"));
	fake_end();
}

/* ---- health
 * ---------------------------------------------------------------------------------------------------------
 */

static json_t *with_check(void)
{
	json_t *d = fake_definition();

	json_object_set_new(json_path(d, "containerDefinitions.0"), "healthCheck",
			    json_pack("{s:[s, s], s:i, s:i}", "command", "CMD-SHELL", "true",
				      "interval", 5, "retries", 1));
	return d;
}

TEST(ecs_health, a_passing_check_makes_the_task_healthy)
{
	fake_begin(NULL);
	fake_deploy(with_check(), fake_service());
	CHECK(fake_until(fake_is_steady));
	CHECK_STR(json_str(fake_last_task(), "healthStatus"), "HEALTHY");
	CHECK_STR(json_string_value(json_path(fake_last_task(), "containers.0.healthStatus")),
		  "HEALTHY");
	fake_end();
}

TEST(ecs_health, a_failing_check_ends_the_task)
{
	fake_begin(NULL);
	fake.exec_exit = 1;
	fake_deploy(with_check(), fake_service());
	CHECK(fake_until(fake_has_failed));
	CHECK_STR(fake_stopped_reason(), "Task failed container health checks");
	CHECK(fake_has_event(") failed container health checks."));
	CHECK(fake_has_event("Amazon ECS replaced 1 tasks due to an unhealthy status."));
	fake_end();
}

/* ---- refusals
 * ---------------------------------------------------------------------------------------------------------
 */

static void refused(json_t *service, const char *code, const char *message)
{
	char got[96] = "";
	OWN(str) char *text = fake_refused("CreateService", service, got);

	CHECK_STR(got, code);
	CHECK_STR(text, message);
}

static json_t *with(const char *path, const char *member, json_t *value)
{
	json_t *service = fake_service();

	json_object_set_new(path ? json_path(service, path) : service, member, value);
	return service;
}

TEST(ecs_service, what_cannot_work_is_refused_at_creation)
{
	json_t *d = fake_definition();

	fake_begin(NULL);
	json_decref(fake_call("CreateCluster", json_pack("{s:s}", "clusterName", "c")));
	refused(fake_service(), "ClientException", "TaskDefinition not found.");
	json_object_del(d, "requiresCompatibilities");
	json_decref(fake_call("RegisterTaskDefinition", d));
	refused(fake_service(), "InvalidParameterException",
		"Task definition does not support launch_type FARGATE.");
	json_decref(fake_call("RegisterTaskDefinition", fake_definition()));
	refused(with("networkConfiguration.awsvpcConfiguration", "subnets", json_array()),
		"InvalidParameterException", "subnets can not be empty.");
	refused(with("networkConfiguration.awsvpcConfiguration", "subnets", json_pack("[s]", "no")),
		"InvalidParameterException",
		"Error retrieving subnet information: The subnet ID 'no' does not exist "
		"(ErrorCode: "
		"InvalidSubnetID.NotFound)");
	refused(with("networkConfiguration.awsvpcConfiguration", "securityGroups",
		     json_pack("[s]", "sg-other")),
		"InvalidParameterException",
		"Security group sg-other does not appear to belong to the same VPC as the input "
		"subnets.");
	refused(with("serviceRegistries.0", "registryArn",
		     json_string("arn:aws:servicediscovery:us-east-1:0:namespace/ns-1")),
		"InvalidParameterException",
		"Invalid service registry ARN: arn:aws:servicediscovery:us-east-1:0:namespace/ns-1 "
		"is "
		"not a Cloud Map service.");
	refused(with(NULL, "availabilityZoneRebalancing", json_string("ENABLED")),
		"InvalidParameterException",
		"availabilityZoneRebalancing requires a maximumPercent above 100.");
	refused(with(NULL, "cluster", json_string("none")), "ClusterNotFoundException",
		"Cluster not found.");
	json_decref(fake_call("CreateService", fake_service()));
	refused(fake_service(), "InvalidParameterException",
		"Creation of service was not idempotent.");
	fake_end();
}

static void providers(const char *const *names, json_t *strategy, const char *code)
{
	json_t *list = json_array();
	char got[96] = "";

	for (; *names; names++)
		json_add_str(list, *names);
	strategy = json_pack("{s:s, s:o, s:o}", "cluster", "c", "capacityProviders", list,
			     "defaultCapacityProviderStrategy", strategy);
	if (!code)
		json_decref(fake_call("PutClusterCapacityProviders", strategy));
	else
		free(fake_refused("PutClusterCapacityProviders", strategy, got));
	CHECK_STR(got, code ? code : "");
}

static json_t *on(const char *provider)
{
	json_t *in = fake_service();

	json_object_del(in, "launchType");
	json_object_set_new(in, "capacityProviderStrategy",
			    json_pack("[{s:s, s:i}]", "capacityProvider", provider, "weight", 1));
	return in;
}

TEST(ecs_service, a_strategy_names_providers_of_its_cluster_only)
{
	static const char *const none[] = { NULL }, *const spot[] = { "FARGATE_SPOT", NULL },
				 *const wrong[] = { "MINE", NULL };

	fake_begin(NULL);
	json_decref(fake_call("CreateCluster", json_pack("{s:s}", "clusterName", "c")));
	json_decref(fake_call("RegisterTaskDefinition", fake_definition()));
	refused(on("FARGATE_SPOT"), "InvalidParameterException",
		"The specified capacity provider strategy cannot contain a capacity provider that is "
		"not associated with the cluster. Associate the capacity provider with the cluster or "
		"specify a valid capacity provider and try again.");
	providers(wrong, json_array(), "InvalidParameterException");
	providers(none, json_pack("[{s:s}]", "capacityProvider", "FARGATE"),
		  "InvalidParameterException");
	providers(spot, json_array(), NULL);
	json_decref(fake_call("CreateService", on("FARGATE_SPOT")));
	CHECK_STR(json_string_value(json_path(fake_the_service(),
					      "capacityProviderStrategy.0.capacityProvider")),
		  "FARGATE_SPOT");
	CHECK(fake_until(fake_is_steady));
	providers(none, json_array(), "ResourceInUseException");
	fake_end();
}

TEST(ecs_service, without_launch_type_and_strategy_it_takes_those_of_the_cluster)
{
	static const char *const fargate[] = { "FARGATE", NULL };
	json_t *in = fake_service();

	fake_begin(NULL);
	json_decref(fake_call("CreateCluster", json_pack("{s:s}", "clusterName", "c")));
	json_decref(fake_call("RegisterTaskDefinition", fake_definition()));
	providers(fargate, json_pack("[{s:s}]", "capacityProvider", "FARGATE"), NULL);
	json_object_del(in, "launchType");
	json_decref(fake_call("CreateService", in));
	CHECK(json_str(fake_the_service(), "launchType") == NULL);
	CHECK_INT(json_array_size(json_list(fake_the_service(), "capacityProviderStrategy")), 1);
	fake_end();
}

/* ---- deletion, restart
 * -----------------------------------------------------------------------------------------------
 */

static bool is_inactive(void)
{
	return str_eq(json_str(fake_the_service(), "status"), "INACTIVE");
}

TEST(ecs_service, deletion_drains_and_leaves_nothing)
{
	char code[96] = "";
	OWN(str) char *text = NULL;

	fake_begin(NULL);
	fake_deploy(fake_definition(), fake_service());
	CHECK(fake_until(fake_is_steady));
	text = fake_refused("DeleteService", on_service(NULL, NULL), code);
	CHECK_STR(text, "The service cannot be stopped while it is scaled above 0.");
	json_decref(fake_call("DeleteService", on_service("force", json_true())));
	CHECK_STR(json_str(fake_the_service(), "status"), "DRAINING");
	CHECK(fake_until(is_inactive));
	CHECK_INT(json_object_size(fake.interfaces), 0);
	CHECK_INT(json_object_size(fake.instances), 0);
	CHECK_INT(json_object_size(fake.forwards), 0);
	CHECK_INT(fake.live, 0);
	json_decref(fake_call("CreateService", fake_service()));
	fake_end();
}

static const char *earlier_task;
static bool another_is_steady(void)
{
	return fake_is_steady() && !str_eq(earlier_task, ecs_task_id(fake_last_task()));
}

TEST(ecs_service, tasks_of_an_earlier_daemon_are_replaced)
{
	char dir[] = "/tmp/mpcup-ecs-XXXXXX";
	OWN(str) char *clean = NULL, *first = NULL;
	const json_t *old;

	CHECK(mkdtemp(dir) != NULL);
	fake_begin(dir);
	fake_deploy(fake_definition(), fake_service());
	CHECK(fake_until(fake_is_steady));
	first = str_dup(ecs_task_id(fake_last_task()));
	fake_restart(dir);
	old = hub_get(fake.hub, ECS_TASK, first);
	CHECK_STR(json_str(old, "lastStatus"), "STOPPED");
	CHECK_STR(json_str(old, "stoppedReason"), "ECS is performing maintenance on the underlying "
						  "infrastructure hosting the task");
	earlier_task = first;
	CHECK(fake_until(another_is_steady));
	CHECK_INT(json_object_size(fake.interfaces), 1);
	CHECK_INT(json_object_size(fake.instances), 1);
	CHECK_INT(json_integer_value(
			  json_path(fake_last_task(), "containers.0.networkBindings.0.hostPort")),
		  40000);
	fake_end();
	clean = str_printf("rm -rf '%s'", dir);
	CHECK_INT(system(clean), 0);
}

TEST(ecs_service, a_new_daemon_forgets_what_was_deleted_and_goes_on_counting)
{
	char dir[] = "/tmp/mpcup-ecs-XXXXXX";
	OWN(str) char *clean = NULL;
	OWN(json) json_t *third = NULL;

	CHECK(mkdtemp(dir) != NULL);
	fake_begin(dir);
	fake_deploy(fake_definition(), desired(fake_service(), 0));
	json_decref(fake_call("RegisterTaskDefinition", fake_definition()));
	json_decref(fake_call("DeleteService", on_service(NULL, NULL)));
	CHECK(fake_until(is_inactive));
	json_decref(fake_call("DeleteCluster", json_pack("{s:s}", "cluster", "c")));
	for (int i = 1; i <= 2; i++) {
		OWN(str) char *name = str_printf("node:%d", i);

		json_decref(fake_call("DeregisterTaskDefinition",
				      json_pack("{s:s}", "taskDefinition", name)));
	}
	fake_restart(dir);
	CHECK_INT(json_object_size(hub_all(fake.hub, ECS_CLUSTER)), 0);
	CHECK_INT(json_object_size(hub_all(fake.hub, ECS_SERVICE)), 0);
	CHECK_INT(json_object_size(hub_all(fake.hub, ECS_DEFINITION)), 1);
	third = fake_call("RegisterTaskDefinition", fake_definition());
	CHECK_INT(json_integer_value(json_path(third, "taskDefinition.revision")), 3);
	fake_end();
	clean = str_printf("rm -rf '%s'", dir);
	CHECK_INT(system(clean), 0);
}

TEST(ecs_task, stopped_tasks_stay_until_there_are_too_many)
{
	fake_begin(NULL);
	for (int i = 0; i < 130; i++) {
		OWN(str) char *id = str_printf("%032d", i);
		OWN(json)
		json_t *task = json_pack("{s:s, s:s, s:f}", "lastStatus", "STOPPED", "group",
					 "service:s", "stoppedAt",
					 (double)hub_now_ms(fake.hub) / 1000.0 -
						 (i == 129 ? 4000.0 : 10.0));

		hub_put(fake.hub, ECS_TASK, id, task);
	}
	ecs_tasks_prune(fake.hub, "service:other");
	CHECK_INT(json_object_size(hub_all(fake.hub, ECS_TASK)), 130);
	ecs_tasks_prune(fake.hub, "service:s");
	CHECK_INT(json_object_size(hub_all(fake.hub, ECS_TASK)), 99);
	CHECK(!hub_get(fake.hub, ECS_TASK, "00000000000000000000000000000000"));
	fake_end();
}

static bool runs_alone(void)
{
	return count_tasks("RUNNING") == 1;
}

TEST(ecs_task, run_task_starts_one_that_nobody_replaces)
{
	OWN(json) json_t *out = NULL, *listed = NULL;
	json_t *in = fake_service();

	fake_begin(NULL);
	json_decref(fake_call("CreateCluster", json_pack("{s:s}", "clusterName", "c")));
	json_decref(fake_call("RegisterTaskDefinition", fake_definition()));
	json_object_set_new(in, "overrides",
			    json_pack("{s:[{s:s, s:[{s:s, s:s}]}]}", "containerOverrides", "name",
				      "mpc", "environment", "name", "MPC_ENV", "value", "testnet"));
	out = fake_call("RunTask", in);
	CHECK_STR(json_string_value(json_path(out, "tasks.0.lastStatus")), "PROVISIONING");
	CHECK_STR(json_string_value(json_path(out, "tasks.0.group")), "family:node");
	CHECK(fake_until(runs_alone));
	CHECK_STR(
		json_string_value(json_path(json_array_get(fake.starts, 0), "environment.MPC_ENV")),
		"testnet");
	listed = fake_call("ListTasks", json_pack("{s:s, s:s}", "cluster", "c", "family", "node"));
	CHECK_INT(json_array_size(json_list(listed, "taskArns")), 1);
	json_decref(fake_call("StopTask", json_pack("{s:s, s:s}", "cluster", "c", "task",
						    ecs_task_id(fake_last_task()))));
	CHECK(fake_until(fake_has_stopped));
	CHECK_STR(fake_stopped_reason(), "Task stopped by user");
	fake_run_ms(100);
	CHECK_INT(json_object_size(hub_all(fake.hub, ECS_TASK)), 1);
	fake_end();
}

static bool is_pending(void)
{
	return str_eq(json_str_or(fake_last_task(), "lastStatus", ""), "PENDING");
}

TEST(ecs_task, a_task_can_be_stopped_in_the_middle_of_its_launch)
{
	fake_begin(NULL);
	fake.never_answers = true;
	fake_deploy(fake_definition(), desired(fake_service(), 1));
	CHECK(fake_until(is_pending));
	update("desiredCount", json_integer(0));
	CHECK(fake_until(fake_has_stopped));
	CHECK(fake_has_event("stopped 1 pending tasks."));
	CHECK_INT(json_object_size(fake.interfaces), 0);
	fake_end();
}

/* ---- CloudFormation
 * ---------------------------------------------------------------------------------------------------
 */

static json_t *properties(void)
{
	return json_loads(
		"{\"Cluster\":\"c\",\"ServiceName\":\"s\",\"TaskDefinition\":\"node\","
		"\"DesiredCount\":"
		"\"1\",\"LaunchType\":\"FARGATE\",\"DeploymentConfiguration\":{\"MaximumPercent\":"
		"100,"
		"\"MinimumHealthyPercent\":\"0\",\"DeploymentCircuitBreaker\":{\"Enable\":\"true\","
		"\"Rollback\":false}},\"NetworkConfiguration\":{\"AwsvpcConfiguration\":{"
		"\"Subnets\":["
		"\"subnet-a\"],\"SecurityGroups\":[\"sg-1\"]}}}",
		0, NULL);
}

static int settled(struct resource *r, struct err *err)
{
	int rc = RESOURCE_WAIT;

	for (int i = 0; i < 1000 && rc == RESOURCE_WAIT; i++) {
		fake_run_ms(5);
		rc = ecs_service_kind.settle(fake.hub, r, err);
	}
	return rc;
}

TEST(ecs_kind, a_service_settles_when_it_is_steady_and_goes_when_it_is_drained)
{
	OWN(json) json_t *given = properties(), *attributes = json_object();
	struct resource r = { .stack_name = "st",
			      .stack_id = "arn:st",
			      .logical = "Node0",
			      .properties = given,
			      .attributes = attributes };
	struct err err = { 0 };

	fake_begin(NULL);
	json_decref(fake_call("CreateCluster", json_pack("{s:s}", "clusterName", "c")));
	json_decref(fake_call("RegisterTaskDefinition", fake_definition()));
	CHECK_INT(ecs_service_kind.create(fake.hub, &r, &err), RESOURCE_WAIT);
	CHECK_STR(r.physical, "arn:aws:ecs:us-east-1:000000000000:service/c/s");
	CHECK_STR(json_str(attributes, "Name"), "s");
	CHECK_INT(settled(&r, &err), RESOURCE_DONE);
	CHECK_INT(json_int_or(fake_the_service(), "runningCount", 0), 1);
	json_decref(fake_call("RegisterTaskDefinition", fake_definition()));
	CHECK_INT(ecs_service_kind.update(fake.hub, &r, &err), RESOURCE_WAIT);
	CHECK_INT(settled(&r, &err), RESOURCE_DONE);
	CHECK(str_ends(json_str(fake_the_service(), "taskDefinition"), ":2"));
	CHECK_INT(ecs_service_kind.remove(fake.hub, &r, &err), RESOURCE_WAIT);
	CHECK_INT(settled(&r, &err), RESOURCE_DONE);
	CHECK_INT(ecs_service_kind.remove(fake.hub, &r, &err), RESOURCE_DONE);
	free(r.physical);
	fake_end();
}

TEST(ecs_kind, a_service_whose_breaker_trips_fails_as_on_aws)
{
	OWN(json) json_t *given = properties(), *attributes = json_object();
	struct resource r = { .stack_name = "st",
			      .stack_id = "arn:st",
			      .logical = "Node0",
			      .properties = given,
			      .attributes = attributes };
	struct err err = { 0 };

	fake_begin(NULL);
	fake.exit_at_start = 101;
	json_decref(fake_call("CreateCluster", json_pack("{s:s}", "clusterName", "c")));
	json_decref(fake_call("RegisterTaskDefinition", fake_definition()));
	CHECK_INT(ecs_service_kind.create(fake.hub, &r, &err), RESOURCE_WAIT);
	CHECK_INT(settled(&r, &err), -1);
	CHECK_STR(
		err.text,
		"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.");
	CHECK_STR(r.error_code, "GeneralServiceException");
	CHECK_INT(ecs_service_kind.remove(fake.hub, &r, &err), RESOURCE_WAIT);
	CHECK_INT(settled(&r, &err), RESOURCE_DONE);
	free(r.physical);
	fake_end();
}

static size_t steady_services(void)
{
	json_t *service;
	const char *key;
	size_t count = 0;

	json_object_foreach(hub_all(fake.hub, ECS_SERVICE), key, service) count +=
		json_bool_or(service, "mpcup:steady", false);
	return count;
}

static bool thirty_are_steady(void)
{
	return steady_services() == 30;
}

TEST(ecs_service, thirty_services_are_steady_in_well_under_three_seconds)
{
	int64_t from;

	fake_begin(NULL);
	json_decref(fake_call("CreateCluster", json_pack("{s:s}", "clusterName", "c")));
	json_decref(fake_call("RegisterTaskDefinition", fake_definition()));
	from = hub_now_ms(fake.hub);
	for (int i = 0; i < 30; i++) {
		json_t *service = fake_service();
		OWN(str) char *name = str_printf("s%d", i);

		json_set_str(service, "serviceName", name);
		json_decref(fake_call("CreateService", service));
	}
	CHECK(fake_until(thirty_are_steady));
	printf("# 30 services steady after %lld ms\n", (long long)(hub_now_ms(fake.hub) - from));
	fake_end();
}
