/* What the templates do not have: state that was changed, silence, and candidates that they rule out. */
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/diagnose/diagnose.h"
#include "core/template/template.h"

#define TASK_ARN "arn:aws:ecs:us-east-1:111122223333:task/c/0123456789abcdef0123456789abcdef"
#define STREAM "ecs/mpc/0123456789abcdef0123456789abcdef"
#define DEFINITION "arn:aws:ecs:us-east-1:111122223333:task-definition/node:1"

/* Apostrophes for quotation marks; the caller's. */
static json_t *json_of(const char *text)
{
	OWN(str) char *quoted = str_dup(text);
	json_t *value;

	for (char *c = quoted; *c; c++)
		if (*c == '\'')
			*c = '"';
	value = json_loads(quoted, 0, NULL);
	CHECK(value != NULL);
	return value;
}

/* One service with one task that runs, in a stack in this status. */
static json_t *running(const char *status)
{
	json_t *evidence = json_of(
		"{'version':1,'takenAt':'2026-01-01T00:10:00.000Z','region':'us-east-1','endpoint':"
		"'http://127.0.0.1:4566','stacks':[{'stack':{'StackName':'Mpc','StackId':'id'},"
		"'template':'{}','events':[],'parameters':[],'resources':[{'LogicalResourceId':'Definition',"
		"'PhysicalResourceId':'" DEFINITION "'}]}],'services':[{'logicalResourceId':'Node0','stack':'Mpc',"
		"'service':{'clusterArn':'c','taskDefinition':'" DEFINITION "','desiredCount':1,'events':[],"
		"'networkConfiguration':{'awsvpcConfiguration':{'subnets':['subnet-1'],'assignPublicIp':'DISABLED'}}},"
		"'tasks':[{'taskArn':'" TASK_ARN "','lastStatus':'RUNNING','startedAt':1767225000}]}],"
		"'taskDefinitions':[{'taskDefinitionArn':'" DEFINITION "','revision':1,'cpu':'256',"
		"'containerDefinitions':[{'name':'mpc','logConfiguration':{'options':{'awslogs-group':'/mpc'}}}],"
		"'volumes':[{'name':'data','efsVolumeConfiguration':{'fileSystemId':'fs-1','authorizationConfig':"
		"{'accessPointId':'fsap-1','iam':'ENABLED'}}}]}],'logs':[],'secrets':[],'unread':[]}");

	json_set_str(json_path(evidence, "stacks.0.stack"), "StackStatus", status);
	return evidence;
}

/* Takes findings. */
static json_t *diagnosed(const json_t *evidence, json_t *findings)
{
	struct err err = { 0 };
	json_t *found = NULL;

	CHECK_OK(diagnose(evidence, findings, NULL, &found, &err), err);
	json_decref(findings);
	return found;
}

static const char *at(const json_t *diagnosis, const char *path)
{
	return json_string_value(json_path(diagnosis, path));
}

static void add_log(json_t *evidence, const char *line)
{
	json_t *events = line ? json_pack("[{s:I,s:s}]", "timestamp", (json_int_t)1767225590000, "message", line)
			      : json_array();

	json_array_append_new(json_list(evidence, "logs"), json_pack("{s:s,s:[{s:s,s:o}]}", "group", "/mpc", "streams",
								     "stream", STREAM, "events", events));
}

/* ---- what runs, as a template ---------------------------------------------------------------------------- */

TEST(diagnose_live, what_runs_is_a_template_with_the_names_of_the_stack)
{
	OWN(json) json_t *evidence = running("UPDATE_COMPLETE"), *body = NULL;
	OWN(str) char *text = diagnose_live(evidence);
	const json_t *definition, *service;

	CHECK(text != NULL);
	body = json_loads(text, 0, NULL);
	definition = json_path(body, "Resources.Definition.Properties");
	service = json_path(body, "Resources.Node0.Properties");
	CHECK_STR(at(service, "TaskDefinition.Ref"), "Definition");
	CHECK_STR(at(service, "NetworkConfiguration.AwsvpcConfiguration.Subnets.0"), "subnet-1");
	CHECK_STR(at(definition, "Volumes.0.EFSVolumeConfiguration.FilesystemId"), "fs-1");
	CHECK_STR(at(definition, "Volumes.0.EFSVolumeConfiguration.AuthorizationConfig.IAM"), "ENABLED");
	/* names of options are not members */
	CHECK_STR(at(definition, "ContainerDefinitions.0.LogConfiguration.Options.awslogs-group"), "/mpc");
	CHECK(json_path(definition, "Revision") == NULL);
}

TEST(diagnose_live, a_stack_on_its_way_is_not_held_against_its_surroundings)
{
	static const char *const statuses[] = { "CREATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "CREATE_FAILED",
						"UPDATE_ROLLBACK_FAILED", "DELETE_FAILED" };

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		OWN(json) json_t *evidence = running(statuses[i]);
		OWN(str) char *text = diagnose_live(evidence);

		CHECK(text == NULL);
	}
}

/* ---- findings about it --------------------------------------------------------------------------------------- */

static json_t *changed(const char *fault, const char *step)
{
	return json_pack("{s:b,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "live", 1, "verdict", "FAIL", "fault", fault, "step",
			 step, "resource", "Group", "path", "/Resources/Group", "message", "closed", "remedy", "open",
			 "service", "Node0");
}

TEST(diagnose_live, what_was_changed_is_certain_and_no_template_mends_it)
{
	OWN(json) json_t *evidence = running("CREATE_COMPLETE");
	OWN(json) json_t *found = diagnosed(evidence, json_pack("[o]", changed("C01", "efs-connect")));

	CHECK_STR(at(found, "causes.0.fault"), "C01");
	CHECK_STR(at(found, "causes.0.confidence"), "certain");
	CHECK_STR(at(found, "causes.0.evidence.0.source"), "state");
	CHECK_INT((long long)json_array_size(json_list(found, "advice")), 1);
	CHECK_STR(at(found, "advice.0.action"), "none");
	CHECK(strstr(at(found, "advice.0.text"), "not at fault") != NULL);
}

TEST(diagnose_live, a_log_that_confirms_it_comes_first_and_the_state_stands_beside)
{
	OWN(json) json_t *evidence = running("CREATE_COMPLETE"), *found = NULL;

	add_log(evidence, "WARN p2p: Could not connect to 1 (b): connection timed out");
	found = diagnosed(evidence, json_pack("[o,o]", changed("E02", "secrets"), changed("C18", "quorum")));
	CHECK_STR(at(found, "causes.0.fault"), "C18");
	CHECK_STR(at(found, "causes.0.evidence.0.source"), "log");
	CHECK_STR(at(found, "causes.0.evidence.1.source"), "state");
	CHECK_STR(at(found, "causes.1.fault"), "E02");
}

TEST(diagnose_live, a_service_that_was_scaled_to_nothing_is_the_cause_of_its_silence)
{
	static const char *const templates[] = {
		"Resources: {Node0: {Type: 'AWS::ECS::Service', Properties: {DesiredCount: 1}}}",
		"Resources: {Node0: {Type: 'AWS::ECS::Service', Properties: {DesiredCount: 0}}}",
		("Parameters: {N: {Type: Number}}\n"
		 "Resources: {Node0: {Type: 'AWS::ECS::Service', Properties: {DesiredCount: !Ref N}}}"),
	};

	for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
		OWN(json) json_t *evidence = running("CREATE_COMPLETE"), *found = NULL;

		json_set_str(json_path(evidence, "stacks.0"), "template", templates[i]);
		json_array_append_new(json_path(evidence, "stacks.0.parameters"),
				      json_of("{'ParameterKey':'N','ParameterValue':'0'}"));
		json_set_int(json_path(evidence, "services.0.service"), "desiredCount", 0);
		found = diagnosed(evidence, NULL);
		/* 0 in the template, or in its parameter, is meant */
		CHECK_INT((long long)json_array_size(json_list(found, "causes")), i == 0);
		CHECK_STR(at(found, "causes.0.fault"), i == 0 ? "H12" : NULL);
	}
}

TEST(diagnose_live, letters_of_a_key_are_no_word)
{
	OWN(json) json_t *evidence = running("CREATE_COMPLETE"), *found = NULL;

	add_log(evidence, "built-in chain, block 1, boot node ed25519:7RS4KeyMNzheC267h1RJ97bnuA3q9VAZKD@near:24567");
	found = diagnosed(evidence, NULL);
	CHECK_INT((long long)json_array_size(json_list(found, "causes")), 0);
}

/* ---- silence -------------------------------------------------------------------------------------------------- */

TEST(diagnose_live, a_container_that_runs_and_says_nothing_confirms_that_it_may_not)
{
	OWN(json) json_t *evidence = running("CREATE_COMPLETE"), *found = NULL, *quiet = NULL;
	json_t *finding = changed("E05", "log-stream");

	json_object_del(finding, "live");
	add_log(evidence, NULL);
	found = diagnosed(evidence, json_pack("[o]", finding));
	CHECK_STR(at(found, "causes.0.fault"), "E05");
	CHECK_STR(at(found, "causes.0.confidence"), "certain");
	/* many containers have nothing to say */
	quiet = diagnosed(evidence, NULL);
	CHECK_INT((long long)json_array_size(json_list(quiet, "causes")), 0);
}

/* ---- what the templates rule out ------------------------------------------------------------------------------ */

static json_t *refused(void)
{
	json_t *evidence = running("CREATE_IN_PROGRESS");
	json_t *task = json_path(evidence, "services.0.tasks.0");

	json_set_str(task, "lastStatus", "STOPPED");
	json_set_str(task, "stopCode", "TaskFailedToStart");
	json_set_str(task, "stoppedReason", "CannotPullContainerError: failed to resolve ref docker.io/a/b:1: not found");
	return evidence;
}

TEST(diagnose_live, a_candidate_that_the_templates_rule_out_is_not_named)
{
	OWN(json) json_t *evidence = refused(), *unchecked = diagnosed(evidence, NULL);
	/* what only the registry tells stays open */
	OWN(json) json_t *checked = diagnosed(evidence, json_of("[{'verdict':'UNKNOWN','fault':'F01'}]"));

	CHECK_STR(at(unchecked, "causes.0.fault"), "F01");
	CHECK_STR(at(unchecked, "causes.0.confidence"), "possible");
	/* an empty repository of ECR would have been found */
	CHECK_STR(at(checked, "causes.0.fault"), "F01");
	CHECK_STR(at(checked, "causes.0.confidence"), "likely");
	CHECK(json_path(checked, "causes.0.otherFaults") == NULL);
}

/* ---- of two findings, the root --------------------------------------------------------------------------------- */

TEST(diagnose_live, of_two_findings_the_one_that_brings_the_other_is_named)
{
	OWN(json) json_t *evidence = refused(), *found = NULL;
	json_t *rights = changed("E02", "secrets"), *name = changed("B11", "secrets");

	json_set_str(json_path(evidence, "services.0.tasks.0"), "stoppedReason",
		     "ResourceInitializationError: unable to pull secrets or registry auth: execution resource "
		     "retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): "
		     "AccessDeniedException");
	json_object_del(rights, "live");
	json_object_del(name, "live");
	found = diagnosed(evidence, json_pack("[o,o]", rights, name));
	CHECK_STR(at(found, "causes.0.fault"), "B11");
}

TEST(diagnose_live, a_resource_that_was_not_made_is_not_pinned_on_what_runs)
{
	OWN(json) json_t *evidence = running("CREATE_FAILED"), *found = NULL;
	json_t *rights = changed("E02", "secrets");

	json_object_del(rights, "live");
	json_array_append_new(json_path(evidence, "stacks.0.events"),
			      json_of("{'ResourceType':'AWS::EC2::VPCEndpoint','LogicalResourceId':'Door','StackId':'id',"
				      "'ResourceStatus':'CREATE_FAILED','ResourceStatusReason':'nobody knows this',"
				      "'Timestamp':'2026-01-01T00:01:00.000Z','PhysicalResourceId':''}"));
	found = diagnosed(evidence, json_pack("[o]", rights));
	CHECK_STR(at(found, "causes.0.fault"), "E02");
	CHECK_STR(at(found, "causes.0.confidence"), "possible");
	CHECK_STR(at(found, "unexplained.0.resource"), "Door");
}

TEST(diagnose_live, a_finding_on_a_running_nodes_way_comes_before_a_guess)
{
	OWN(json) json_t *evidence = running("CREATE_COMPLETE"), *found = NULL;
	json_t *finding = changed("I02", "name");

	json_object_del(finding, "live");
	add_log(evidence, "WARN indexer: error reading config from chain: Account a does not exist while viewing");
	found = diagnosed(evidence, json_pack("[o]", finding));
	CHECK_STR(at(found, "causes.0.fault"), "I02");
	CHECK_STR(at(found, "causes.0.confidence"), "likely");
	CHECK_STR(at(found, "causes.0.evidence.0.source"), "log");
}

/* A task stopped, and another has taken its place this long before the evidence was taken. */
static json_t *replaced(int seconds)
{
	json_t *evidence = refused(), *tasks = json_path(evidence, "services.0.tasks");
	double taken = 1767226200; /* 2026-01-01T00:10:00Z */

	json_object_set_new(json_array_get(tasks, 0), "stoppedAt", json_real(taken - seconds - 1));
	json_array_append_new(tasks, json_pack("{s:s,s:s,s:f,s:f}", "taskArn", TASK_ARN "2", "lastStatus", "RUNNING",
					       "createdAt", taken - seconds, "startedAt", taken - seconds));
	return evidence;
}

TEST(diagnose_live, a_task_that_has_just_begun_does_not_make_an_end_past)
{
	OWN(json) json_t *now = replaced(1), *later = replaced(60);
	OWN(json) json_t *looping = diagnosed(now, NULL), *over = diagnosed(later, NULL), *again = NULL;
	json_t *finding = changed("F01", "image");

	CHECK_STR(at(looping, "causes.0.fault"), "F01");
	CHECK_INT((long long)json_array_size(json_list(over, "causes")), 0);
	/* what is over still confirms what the template has */
	json_object_del(finding, "live");
	again = diagnosed(later, json_pack("[o]", finding));
	CHECK_STR(at(again, "causes.0.confidence"), "certain");
}

/* ---- advice ------------------------------------------------------------------------------------------------------ */

TEST(diagnose_live, commands_lead_to_the_target_that_the_evidence_is_from)
{
	OWN(json) json_t *evidence = running("ROLLBACK_COMPLETE"), *here = NULL, *there = NULL;

	here = diagnose_advice("Mpc", "ROLLBACK_COMPLETE", evidence, DIAGNOSE_ILL);
	CHECK_STR(at(here, "0.command"), "mpcup down --stack Mpc");
	json_object_set_new(evidence, "endpoint", json_null());
	there = diagnose_advice("Mpc", "ROLLBACK_COMPLETE", evidence, DIAGNOSE_ILL);
	CHECK_STR(at(there, "0.command"), "mpcup down --stack Mpc --target aws --region us-east-1");
}

TEST(diagnose_live, resources_are_left_behind_only_where_cloudformation_takes_that)
{
	static const char *const statuses[] = { "DELETE_FAILED", "ROLLBACK_FAILED" };

	for (size_t i = 0; i < 2; i++) {
		OWN(json) json_t *evidence = running(statuses[i]), *advice = NULL;

		json_set_str(json_path(evidence, "stacks.0.resources.0"), "ResourceStatus", "DELETE_FAILED");
		advice = diagnose_advice("Mpc", statuses[i], evidence, DIAGNOSE_ILL);
		CHECK_STR(at(advice, "0.action"), "delete");
		CHECK_INT((long long)json_array_size(advice), i == 0 ? 2 : 1);
	}
}
