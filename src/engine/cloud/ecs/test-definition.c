#include <string.h>

#include "engine/cloud/ecs/test-world.h"

/* ---- registration
 * ----------------------------------------------------------------------------------------- */

/* Registers the definition and expects this refusal. */
static void refused(json_t *definition, const char *message)
{
	char code[96] = "";
	OWN(str) char *text = fake_refused("RegisterTaskDefinition", definition, code);

	CHECK_STR(text, message);
	CHECK_STR(code, "ClientException");
}

/* The definition with a member set (task level). value NULL: removed. */
static json_t *with(const char *member, json_t *value)
{
	json_t *d = fake_definition();

	if (value)
		json_object_set_new(d, member, value);
	else
		json_object_del(d, member);
	return d;
}

static json_t *with_container(const char *member, json_t *value)
{
	json_t *d = fake_definition();

	json_object_set_new(json_path(d, "containerDefinitions.0"), member, value);
	return d;
}

static json_t *sized(const char *cpu, const char *memory)
{
	json_t *d = fake_definition();

	json_set_str(d, "cpu", cpu);
	json_set_str(d, "memory", memory);
	return d;
}

TEST(ecs_definition, families_count_their_revisions)
{
	OWN(json) json_t *first = NULL, *second = NULL, *described = NULL, *third = NULL;

	fake_begin(NULL);
	first = fake_call("RegisterTaskDefinition", fake_definition());
	second = fake_call("RegisterTaskDefinition", fake_definition());
	CHECK_STR(json_string_value(json_path(first, "taskDefinition.taskDefinitionArn")),
		  "arn:aws:ecs:us-east-1:000000000000:task-definition/node:1");
	CHECK_INT(json_integer_value(json_path(second, "taskDefinition.revision")), 2);
	CHECK_INT(json_integer_value(json_path(
			  second, "taskDefinition.containerDefinitions.0.portMappings.0.hostPort")),
		  8080);
	json_decref(fake_call("DeregisterTaskDefinition",
			      json_pack("{s:s}", "taskDefinition", "node:2")));
	described =
		fake_call("DescribeTaskDefinition", json_pack("{s:s}", "taskDefinition", "node"));
	CHECK_INT(json_integer_value(json_path(described, "taskDefinition.revision")), 1);
	third = fake_call("RegisterTaskDefinition", fake_definition());
	CHECK_INT(json_integer_value(json_path(third, "taskDefinition.revision")), 3);
	fake_end();
}

TEST(ecs_definition, sizes_are_those_of_fargate)
{
	static const struct {
		const char *cpu, *memory;
		bool good;
	} cases[] = { { "256", "512", true },	   { "256", "2048", true },
		      { "256", "3072", false },	   { "512", "8192", false },
		      { "1024", "2048", true },	   { "1024", "8192", true },
		      { "1024", "2500", false },   { "4096", "30720", true },
		      { "8192", "20480", true },   { "8192", "18432", false },
		      { "16384", "122880", true }, { "1 vCPU", "4 GB", true },
		      { "0.5 vCPU", "1GB", true }, { "300", "512", false } };

	fake_begin(NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWN(json) json_t *d = sized(cases[i].cpu, cases[i].memory);
		struct err err = { 0 };
		int rc = hub_call(fake.hub, NULL, "ecs", "RegisterTaskDefinition", d, NULL, NULL,
				  &err);

		CHECK_INT(rc, cases[i].good ? 0 : -1);
	}
	refused(sized("512", "8192"), "No Fargate configuration exists for given values: 512 CPU, "
				      "8192 memory. See the Amazon "
				      "ECS documentation for the valid values.");
	refused(sized("many", "512"), "Invalid 'cpu' setting for task. For more information, see "
				      "the Troubleshooting section "
				      "of the Amazon ECS Developer Guide.");
	refused(with("cpu", NULL), "Fargate requires that 'cpu' be defined at the task level.");
	fake_end();
}

TEST(ecs_definition, what_fargate_does_not_take_is_refused)
{
	fake_begin(NULL);
	refused(with("networkMode", json_string("bridge")),
		"Fargate only supports network mode \u2018awsvpc\u2019.");
	refused(with("executionRoleArn", NULL),
		"Fargate requires task definition to have execution role ARN to support log driver "
		"awslogs.");
	refused(with("taskRoleArn", NULL), "EFS IAM authorization requires a task role.");
	refused(with_container("privileged", json_true()),
		"Tasks using the Fargate launch type do not support privileged containers.");
	refused(with_container("portMappings",
			       json_pack("[{s:i, s:i}]", "containerPort", 3030, "hostPort", 30303)),
		"When networkMode=awsvpc, the host ports and container ports in port mappings must "
		"match.");
	refused(with_container("mountPoints", json_pack("[{s:s, s:s}]", "sourceVolume", "other",
							"containerPath", "/data")),
		"Unknown volume 'other'.");
	refused(with_container("ulimits", json_pack("[{s:s, s:i, s:i}]", "name", "nproc",
						    "softLimit", 1, "hardLimit", 1)),
		"Tasks using the Fargate launch type do not support ulimits other than nofile.");
	refused(with_container("stopTimeout", json_integer(121)),
		"Invalid stopTimeout: the maximum on Fargate is 120 seconds.");
	refused(with_container("essential", json_false()),
		"At least one container must be marked as essential.");
	refused(with_container("image", json_string("")),
		"Container.image should not be null or empty.");
	refused(with_container("nonsense", json_true()),
		"#/containerDefinitions: extraneous key [nonsense] is not permitted");
	refused(with_container("firelensConfiguration", json_pack("{s:s}", "type", "fluentbit")),
		"The local cloud does not emulate FireLens.");
	refused(with("containerDefinitions", json_array()), "Container list cannot be empty.");
	fake_end();
}

TEST(ecs_definition, a_secret_shares_its_name_with_no_other_variable)
{
	fake_begin(NULL);
	refused(with_container("environment",
			       json_pack("[{s:s, s:s}]", "name", "MPC_ACCOUNT_SK", "value", "x")),
		"The secret name must be unique and not shared with any new or existing "
		"environment "
		"variables set on the container, such as 'MPC_ACCOUNT_SK'.");
	refused(with_container("secrets",
			       json_pack("[{s:s, s:s}, {s:s, s:s}]", "name", "A", "valueFrom", "/a",
					 "name", "A", "valueFrom", "/b")),
		"The secret name must be unique and not shared with any new or existing "
		"environment "
		"variables set on the container, such as 'A'.");
	fake_end();
}

TEST(ecs_definition, dependencies_name_containers_and_have_no_cycle)
{
	json_t *d, *other;

	fake_begin(NULL);
	refused(with_container("dependsOn", json_pack("[{s:s, s:s}]", "containerName", "x",
						      "condition", "START")),
		"Container 'mpc' depends on unknown container 'x'.");
	d = with_container("dependsOn",
			   json_pack("[{s:s, s:s}]", "containerName", "b", "condition", "START"));
	other = json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "name", "b", "image", "busybox",
			  "dependsOn", "containerName", "mpc", "condition", "START");
	json_array_append_new(json_list(d, "containerDefinitions"), other);
	refused(d, "The dependencies of the containers form a cycle.");
	fake_end();
}

TEST(ecs_definition, hostile_input_is_refused_without_harm)
{
	static const char *const texts[] = {
		"{}",
		"{\"family\":1}",
		"{\"family\":\"a\",\"containerDefinitions\":[1,null,[]]}",
		"{\"family\":\"a\",\"containerDefinitions\":{\"name\":\"x\"}}",
		"{\"family\":\"a\",\"containerDefinitions\":[{\"name\":[],\"image\":{}}]}",
		"{\"family\":\"a\",\"cpu\":{},\"memory\":[],\"requiresCompatibilities\":["
		"\"FARGATE\"],"
		"\"networkMode\":\"awsvpc\",\"containerDefinitions\":[{}]}",
		"{\"family\":\"a\",\"volumes\":[7,{\"name\":{}}],\"containerDefinitions\":[{}]}",
		"{\"family\":\"a/b\"}",
	};

	fake_begin(NULL);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(fake_refused("RegisterTaskDefinition", json_loads(texts[i], 0, NULL), NULL));
	fake_end();
}

/* ---- CloudFormation
 * ------------------------------------------------------------------------------------------- */

TEST(ecs_shape, properties_become_members_of_the_api)
{
	OWN(json)
	json_t *properties = json_loads(
		"{\"Cpu\":1024,\"Memory\":4096,\"Volumes\":[{\"Name\":\"d\","
		"\"EFSVolumeConfiguration\":{\"FilesystemId\":\"fs-1\",\"AuthorizationConfig\":"
		"{\"IAM\":\"ENABLED\",\"AccessPointId\":\"fsap-1\"}}}],\"ContainerDefinitions\":["
		"{\"Essential\":\"true\",\"StopTimeout\":\"120\",\"Environment\":[{\"Name\":\"P\","
		"\"Value\":8080}],\"LogConfiguration\":{\"LogDriver\":\"awslogs\",\"Options\":"
		"{\"awslogs-group\":\"g\",\"Odd\":true}},\"DockerLabels\":{\"Upper\":\"x\"}}]}",
		0, NULL);
	OWN(json)
	json_t *wanted = json_loads(
		"{\"cpu\":\"1024\",\"memory\":\"4096\",\"volumes\":[{\"name\":\"d\","
		"\"efsVolumeConfiguration\":{\"fileSystemId\":\"fs-1\",\"authorizationConfig\":"
		"{\"iam\":\"ENABLED\",\"accessPointId\":\"fsap-1\"}}}],\"containerDefinitions\":["
		"{\"essential\":true,\"stopTimeout\":120,\"environment\":[{\"name\":\"P\","
		"\"value\":\"8080\"}],\"logConfiguration\":{\"logDriver\":\"awslogs\",\"options\":"
		"{\"awslogs-group\":\"g\",\"Odd\":\"true\"}},\"dockerLabels\":{\"Upper\":\"x\"}}]}",
		0, NULL);
	OWN(json) json_t *got = ecs_from_properties(properties);
	OWN(str) char *got_text = json_canonical(got), *wanted_text = json_canonical(wanted);

	CHECK_STR(got_text, wanted_text);
}

/* Reads a template of the corpus; calls fn for each resource of a type. */
static void each_resource(const char *path, const char *type,
			  void (*fn)(const char *logical, const json_t *properties))
{
	size_t len;
	OWN(str) char *text = test_read_file(path, &len);
	OWN(json) json_t *t = text ? json_loadb(text, len, 0, NULL) : NULL;
	const char *logical;
	json_t *resource;

	json_object_foreach(json_map(t, "Resources"), logical,
			    resource) if (str_eq(json_str(resource, "Type"), type))
		fn(logical, json_map(resource, "Properties"));
}

/* Intrinsic functions stand for some text here. */
static json_t *plain(const json_t *j)
{
	json_t *copy, *value;
	const char *key;
	size_t i;

	if (json_is_array(j)) {
		copy = json_array();
		json_array_foreach(j, i, value) json_array_append_new(copy, plain(value));
		return copy;
	}
	if (!json_is_object(j))
		return json_deep_copy(j);
	if (json_object_get(j, "Ref") || json_object_get(j, "Fn::GetAtt") ||
	    json_object_get(j, "Fn::Join") || json_object_get(j, "Fn::ImportValue"))
		return json_string("fs-reference");
	copy = json_object();
	json_object_foreach((json_t *)(uintptr_t)j, key, value)
		json_object_set_new(copy, key, plain(value));
	return copy;
}

static const char *wanted_message;

static void create_definition(const char *logical, const json_t *properties)
{
	OWN(json) json_t *given = plain(properties), *attributes = json_object();
	struct resource r = { .stack_name = "st",
			      .stack_id = "arn:st",
			      .logical = logical,
			      .properties = given,
			      .attributes = attributes };
	struct err err = { 0 };
	int rc = ecs_definition_kind.create(fake.hub, &r, &err);

	CHECK_INT(rc, wanted_message ? -1 : RESOURCE_DONE);
	if (wanted_message) {
		CHECK_STR(err.text, wanted_message);
		CHECK_STR(r.error_code, "InvalidRequest");
	} else {
		CHECK(strstr(r.physical, ":task-definition/"));
	}
	free(r.physical);
}

TEST(ecs_kind, task_definitions_of_the_corpus_register)
{
	static const char *const good[] = {
		"good/standalone.json",		"good/composed.json",
		"good/import.near-runner.json", "benign/sidecar.json",
		"benign/arm64-multiarch.json",	"scale/standalone-30.json"
	};

	fake_begin(NULL);
	wanted_message = NULL;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		OWN(str) char *path = str_printf("tests/templates/%s", good[i]);

		each_resource(path, "AWS::ECS::TaskDefinition", create_definition);
	}
	fake_end();
}

TEST(ecs_kind, faulty_task_definitions_of_the_corpus_are_refused)
{
	static const struct {
		const char *file, *message;
	} cases[] = {
		{ "fargate-bad-size",
		  "No Fargate configuration exists for given values: 512 CPU, 8192 memory. See the "
		  "Amazon ECS documentation for the valid values." },
		{ "privileged",
		  "Tasks using the Fargate launch type do not support privileged containers." },
		{ "host-port-differs", "When networkMode=awsvpc, the host ports and container "
				       "ports in port mappings must "
				       "match." },
		{ "fargate-bridge-network",
		  "Fargate only supports network mode \u2018awsvpc\u2019." },
	};

	fake_begin(NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWN(str) char *path = str_printf("tests/templates/faulty/%s.json", cases[i].file);
		OWN(str)
		char *message = str_printf("Invalid request provided: Create TaskDefinition: %s",
					   cases[i].message);

		wanted_message = message;
		each_resource(path, "AWS::ECS::TaskDefinition", create_definition);
	}
	fake_end();
}

static struct resource *emptying;
static bool cluster_goes(void)
{
	struct err err = { 0 };

	return ecs_cluster_kind.remove(fake.hub, emptying, &err) == RESOURCE_DONE;
}

TEST(ecs_kind, clusters_come_and_go_and_keep_while_services_are_there)
{
	OWN(json) json_t *properties = json_pack("{s:s}", "ClusterName", "c");
	OWN(json) json_t *attributes = json_object();
	struct resource r = { .stack_name = "st",
			      .logical = "Cluster",
			      .properties = properties,
			      .attributes = attributes };
	struct err err = { 0 };

	fake_begin(NULL);
	CHECK_OK(ecs_cluster_kind.create(fake.hub, &r, &err), err);
	CHECK_STR(r.physical, "c");
	CHECK_STR(json_str(attributes, "Arn"), "arn:aws:ecs:us-east-1:000000000000:cluster/c");
	fake_deploy(fake_definition(), fake_service());
	CHECK_INT(ecs_cluster_kind.remove(fake.hub, &r, &err), -1);
	CHECK_STR(err.text, "The Cluster cannot be deleted while Services are active.");
	json_decref(fake_call("DeleteService", json_pack("{s:s, s:s, s:b}", "cluster", "c",
							 "service", "s", "force", 1)));
	emptying = &r;
	CHECK(fake_until(cluster_goes));
	CHECK_INT(ecs_cluster_kind.remove(fake.hub, &r, &err), RESOURCE_DONE);
	free(r.physical);
	fake_end();
}

/* ---- tags, clusters
 * ------------------------------------------------------------------------------------------------
 */

TEST(ecs_tags, tags_of_all_things_are_set_listed_and_removed)
{
	static const char *const arns[] = {
		"arn:aws:ecs:us-east-1:000000000000:cluster/c",
		"arn:aws:ecs:us-east-1:000000000000:service/c/s",
		"arn:aws:ecs:us-east-1:000000000000:task-definition/node:1",
	};

	fake_begin(NULL);
	fake_deploy(fake_definition(), fake_service());
	for (size_t i = 0; i < 3; i++) {
		OWN(json) json_t *tags = NULL, *none = NULL;

		json_decref(fake_call("TagResource",
				      json_pack("{s:s, s:[{s:s, s:s}]}", "resourceArn", arns[i],
						"tags", "key", "k", "value", "v")));
		tags = fake_call("ListTagsForResource", json_pack("{s:s}", "resourceArn", arns[i]));
		CHECK_STR(json_string_value(json_path(tags, "tags.0.value")), "v");
		json_decref(fake_call("UntagResource", json_pack("{s:s, s:[s]}", "resourceArn",
								 arns[i], "tagKeys", "k")));
		none = fake_call("ListTagsForResource", json_pack("{s:s}", "resourceArn", arns[i]));
		CHECK_INT(json_array_size(json_list(none, "tags")), 0);
	}
	fake_end();
}

TEST(ecs_lookup, what_is_missing_is_a_failure_entry_and_not_an_error)
{
	OWN(json) json_t *clusters = NULL, *services = NULL, *tasks = NULL;
	OWN(str) char *text = NULL;
	char code[96] = "";

	fake_begin(NULL);
	clusters = fake_call("DescribeClusters", json_pack("{s:[s]}", "clusters", "none"));
	CHECK_STR(json_string_value(json_path(clusters, "failures.0.reason")), "MISSING");
	text = fake_refused("DescribeServices",
			    json_pack("{s:s, s:[s]}", "cluster", "none", "services", "s"), code);
	CHECK_STR(code, "ClusterNotFoundException");
	json_decref(fake_call("CreateCluster", json_pack("{s:s}", "clusterName", "c")));
	services = fake_call("DescribeServices",
			     json_pack("{s:s, s:[s]}", "cluster", "c", "services", "s"));
	CHECK_STR(json_string_value(json_path(services, "failures.0.arn")),
		  "arn:aws:ecs:us-east-1:000000000000:service/c/s");
	tasks = fake_call("DescribeTasks",
			  json_pack("{s:s, s:[s]}", "cluster", "c", "tasks", "abc"));
	CHECK_STR(json_string_value(json_path(tasks, "failures.0.reason")), "MISSING");
	fake_end();
}

TEST(ecs_lookup, lists_come_in_pages)
{
	OWN(json) json_t *first = NULL, *second = NULL;

	fake_begin(NULL);
	for (int i = 0; i < 3; i++)
		json_decref(fake_call("RegisterTaskDefinition", fake_definition()));
	first = fake_call("ListTaskDefinitions", json_pack("{s:i}", "maxResults", 2));
	CHECK_INT(json_array_size(json_list(first, "taskDefinitionArns")), 2);
	second = fake_call("ListTaskDefinitions",
			   json_pack("{s:i, s:s}", "maxResults", 2, "nextToken",
				     json_str_or(first, "nextToken", "")));
	CHECK_INT(json_array_size(json_list(second, "taskDefinitionArns")), 1);
	CHECK(!json_str(second, "nextToken"));
	free(fake_refused("ListTaskDefinitions", json_pack("{s:s}", "nextToken", "x"), NULL));
	fake_end();
}
