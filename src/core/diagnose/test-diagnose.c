#include "core/diagnose/diagnose.h"

#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/check/check.h"
#include "core/launch/launch.h"

/* ---- canned evidence: one stack, one service, one stopped task -------------------------------------------- */

#define TASK_ARN "arn:aws:ecs:us-east-1:111122223333:task/c/0123456789abcdef0123456789abcdef"
#define STREAM "ecs/mpc/0123456789abcdef0123456789abcdef"

static json_t *evidence_in(const char *status)
{
	json_t *evidence = json_pack(
		"{s:i,s:s,s:s,s:s,s:[{s:{s:s,s:s,s:s},s:[],s:[]}],s:[],s:[],s:[]}", "version", 1, "takenAt",
		"2026-01-01T00:10:00.000Z", "region", "us-east-1", "endpoint", "http://127.0.0.1:4566",
		"stacks", "stack", "StackName", "Mpc", "StackStatus", status, "StackId", "id", "events",
		"resources", "services", "logs", "secrets");

	CHECK(evidence != NULL);
	return evidence;
}

static void add_task(json_t *evidence, const char *service, const char *arn, const char *status,
		     const char *code, const char *reason, double at)
{
	json_t *task = json_pack("{s:s,s:s,s:f,s:s*,s:s*}", "taskArn", arn, "lastStatus", status, "createdAt",
				 at - 5, "stopCode", code, "stoppedReason", reason);
	json_t *list = json_list(evidence, "services"), *one, *found = NULL;
	size_t i;

	if (reason)
		json_object_set_new(task, "stoppedAt", json_real(at));
	json_array_foreach(list, i, one)
		if (str_eq(json_str(one, "logicalResourceId"), service))
			found = one;
	if (!found) {
		found = json_pack("{s:s,s:s,s:{s:[]},s:[]}", "logicalResourceId", service, "stack", "Mpc",
				  "service", "events", "tasks");
		json_array_append_new(list, found);
	}
	json_array_append_new(json_list(found, "tasks"), task);
}

static json_t *stopped(const char *reason)
{
	json_t *evidence = evidence_in("CREATE_IN_PROGRESS");

	add_task(evidence, "Node0", TASK_ARN, "STOPPED",
		 !strcmp(reason, "Essential container in task exited") ? "EssentialContainerExited"
								       : "TaskFailedToStart",
		 reason, 1767225600);
	return evidence;
}

static void add_log(json_t *evidence, const char *const *lines)
{
	json_t *events = json_array();

	for (json_int_t at = 1767225590000; *lines; lines++, at++)
		json_array_append_new(events, json_pack("{s:I,s:s}", "timestamp", at, "message", *lines));
	json_array_append_new(json_list(evidence, "logs"),
			      json_pack("{s:s,s:[{s:s,s:o}]}", "group", "/mpc", "streams", "stream", STREAM,
					"events", events));
}

static void add_event(json_t *evidence, const char *type, const char *logical, const char *status,
		      const char *reason)
{
	/* newest first */
	json_array_insert_new(json_path(evidence, "stacks.0.events"), 0,
			      json_pack("{s:s,s:s,s:s,s:s*,s:s,s:s,s:s}", "ResourceType", type,
					"LogicalResourceId", logical, "ResourceStatus", status,
					"ResourceStatusReason", reason, "Timestamp",
					"2026-01-01T00:01:00.000Z", "StackId", "id", "PhysicalResourceId",
					!strcmp(logical, "Mpc") ? "id" : logical));
}

static json_t *finding(const char *verdict, const char *fault, const char *service, const char *step)
{
	OWN(str) char *path = str_printf("/Resources/Of%s", fault);

	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s*}", "verdict", verdict, "fault", fault, "step", step,
			 "resource", "Thing", "path", path, "message", "what is wrong", "remedy",
			 "what to change", "service", service);
}

/* Takes evidence and findings. */
static json_t *diagnosed(json_t *evidence, json_t *findings)
{
	struct err err = { 0 };
	json_t *found = NULL;

	CHECK_OK(diagnose(evidence, findings, "2026-01-01T00:10:00.000Z", &found, &err), err);
	json_decref(evidence);
	json_decref(findings);
	return found;
}

static const char *at(const json_t *diagnosis, const char *path)
{
	return json_string_value(json_path(diagnosis, path));
}

/* ---- every failure of the launch table ---------------------------------------------------------------------- */

static const struct {
	enum launch_failure failure;
	const char *fault, *step;
} failures[] = {
	{ LAUNCH_FAIL_INTERFACE_TIMEOUT, "C21", "interface" },
	{ LAUNCH_FAIL_ASSUME_ROLE, "E06", "roles" },
	{ LAUNCH_FAIL_REGISTRY_TIMEOUT, "C04", "registry" },
	{ LAUNCH_FAIL_REGISTRY_DENIED, "E08", "registry" },
	{ LAUNCH_FAIL_SECRET_TIMEOUT, "C04", "secrets" },
	{ LAUNCH_FAIL_SECRET_DENIED, "E02", "secrets" },
	{ LAUNCH_FAIL_SECRET_MISSING, "B02", "secrets" },
	{ LAUNCH_FAIL_SECRET_JSON, "B08", "secrets" },
	{ LAUNCH_FAIL_SECRET_JSON_KEY, "B09", "secrets" },
	{ LAUNCH_FAIL_SECRET_SELECTOR, "B10", "secrets" },
	{ LAUNCH_FAIL_KMS_DENIED, "E07", "secrets" },
	{ LAUNCH_FAIL_LOG_GROUP_MISSING, "F27", "log-stream" },
	{ LAUNCH_FAIL_LOG_DENIED, "E05", "log-stream" },
	{ LAUNCH_FAIL_LOG_TIMEOUT, "C07", "log-stream" },
	{ LAUNCH_FAIL_EFS_RESOLVE, "D06", "efs-resolve" },
	{ LAUNCH_FAIL_EFS_TIMEOUT, "C01", "efs-connect" },
	{ LAUNCH_FAIL_EFS_RESET, "D07", "efs-connect" },
	{ LAUNCH_FAIL_EFS_TLS, "D01", "efs-tls" },
	{ LAUNCH_FAIL_EFS_DENIED, "E01", "efs-authorize" },
	{ LAUNCH_FAIL_EFS_NO_DIRECTORY, "D03", "efs-root" },
	{ LAUNCH_FAIL_IMAGE_NOT_FOUND, "F01", "image" },
	{ LAUNCH_FAIL_IMAGE_TIMEOUT, "C10", "image" },
	{ LAUNCH_FAIL_IMAGE_DENIED, "F02", "image" },
	{ LAUNCH_FAIL_IMAGE_PLATFORM, "F04", "image" },
	{ LAUNCH_FAIL_CONTAINER_START, "F17", "container" },
	{ LAUNCH_FAIL_HEALTH, "F15", "health" },
	{ LAUNCH_FAIL_REGISTRY_RESOLVE, "D08", "registry" },
	{ LAUNCH_FAIL_SECRET_ABSENT, "B11", "secrets" },
	{ LAUNCH_FAIL_SECRET_OTHER, "G11", "secrets" },
	{ LAUNCH_FAIL_PARAMETER_TIMEOUT, "C04", "secrets" },
	{ LAUNCH_FAIL_PARAMETER_DENIED, "E02", "secrets" },
	{ LAUNCH_FAIL_PARAMETER_MISSING, "B11", "secrets" },
	{ LAUNCH_FAIL_LOG_OPTIONS, "F26", "log-stream" },
	{ LAUNCH_FAIL_LOG_OTHER, "F27", "log-stream" },
	{ LAUNCH_FAIL_EFS_OTHER, "D09", "efs-authorize" },
	{ LAUNCH_FAIL_IMAGE_RESOLVE, "C10", "image" },
	{ LAUNCH_FAIL_DEPENDENCY, "F31", "container" },
};

static char *failure_text(enum launch_failure f)
{
	const char *args[] = { "alpha", "beta:Gamma", "delta", "epsilon" };

	return launch_failure_text(f, args, 4);
}

TEST(diagnose, every_launch_failure_leads_to_its_step_and_fault)
{
	/* all but the one that is free text, and the one whose log is needed */
	CHECK_INT(sizeof(failures) / sizeof(failures[0]), LAUNCH_FAILURE_COUNT - 2);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		OWN(str) char *text = failure_text(failures[i].failure);
		OWN(json) json_t *found = diagnosed(stopped(text), NULL);

		CHECK_STR(at(found, "causes.0.fault"), failures[i].fault);
		CHECK_STR(at(found, "causes.0.step"), failures[i].step);
		CHECK_STR(at(found, "causes.0.evidence.0.text"), text);
		CHECK_STR(at(found, "causes.0.service"), "Node0");
		CHECK(check_rule(at(found, "causes.0.fault")) != NULL);
		CHECK(*at(found, "causes.0.remedy"));
		CHECK_INT(json_array_size(json_list(found, "unexplained")), 0);
	}
}

TEST(diagnose, a_finding_with_a_candidate_makes_it_certain)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		OWN(str) char *text = failure_text(failures[i].failure);
		OWN(json) json_t *found = diagnosed(
			stopped(text), json_pack("[o,o]", finding("FAIL", "A09", "Node0", "quorum"),
						 finding("FAIL", failures[i].fault, "Node0", failures[i].step)));

		CHECK_STR(at(found, "causes.0.fault"), failures[i].fault);
		CHECK_STR(at(found, "causes.0.confidence"), "certain");
		CHECK_STR(at(found, "causes.0.message"), "what is wrong");
		CHECK_STR(at(found, "causes.0.remedy"), "what to change");
		CHECK_STR(at(found, "causes.1.fault"), "A09");
		CHECK_STR(at(found, "causes.1.confidence"), "possible");
		CHECK_STR(at(found, "causes.1.evidence.0.source"), "template");
	}
}

TEST(diagnose, the_template_tells_faults_apart_that_look_the_same)
{
	OWN(str) char *text = failure_text(LAUNCH_FAIL_EFS_TIMEOUT);
	OWN(json) json_t *found =
		diagnosed(stopped(text), json_pack("[o]", finding("FAIL", "C11", "Node0", "efs-connect")));

	CHECK_STR(at(found, "causes.0.fault"), "C11");
	CHECK_STR(at(found, "causes.0.confidence"), "certain");
	CHECK_INT(json_array_size(json_list(found, "causes")), 1);
}

TEST(diagnose, without_a_finding_one_of_several_is_only_possible_and_the_others_are_named)
{
	OWN(str) char *text = failure_text(LAUNCH_FAIL_EFS_TIMEOUT), *role = failure_text(LAUNCH_FAIL_ASSUME_ROLE);
	OWN(json) json_t *several = diagnosed(stopped(text), NULL), *one = diagnosed(stopped(role), NULL);

	CHECK_STR(at(several, "causes.0.confidence"), "possible");
	CHECK_STR(at(several, "causes.0.otherFaults.0"), "C02");
	CHECK_STR(at(one, "causes.0.confidence"), "likely");
	CHECK(!json_path(one, "causes.0.otherFaults"));
}

/* Sentences of other releases of the agent, that no row of the table has. */
TEST(diagnose, other_wordings_lead_to_the_same_faults)
{
	static const struct {
		const char *text, *fault;
	} others[] = {
		{ "ResourceInitializationError: unable to pull secrets or registry auth: pull command failed: : "
		  "signal: killed; service call has been retried 3 time(s): RequestError: send request failed; "
		  "dial tcp 1.2.3.4:443: i/o timeout",
		  "C04" },
		{ "unable to retrieve secret from asm: service call has been retried 3 time(s): failed to fetch "
		  "secret x: ResourceNotFoundException",
		  "B02" },
		{ "CannotPullContainerError: toomanyrequests: 429 pull", "F03" },
		{ "CannotPullContainerError: pull access denied: insufficient_scope: authorization failed", "F02" },
		{ "ResourceInitializationError: EFS utils: mount.nfs4: mount system call failed", "C01" },
		{ "OutOfMemoryError: Container killed due to memory usage", "A18" },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		OWN(json) json_t *found = diagnosed(stopped(others[i].text), NULL);

		CHECK_STR(at(found, "causes.0.fault"), others[i].fault);
	}
}

TEST(diagnose, what_nobody_knows_is_left_unexplained)
{
	OWN(json) json_t *found = diagnosed(stopped("Hull breach"), NULL);

	CHECK_INT(json_array_size(json_list(found, "causes")), 0);
	CHECK_STR(at(found, "unexplained.0.text"), "Hull breach");
	CHECK_STR(at(found, "advice.0.action"), "delete");
}

/* ---- logs ---------------------------------------------------------------------------------------------------- */

#define EXITED "Essential container in task exited"

TEST(diagnose, last_words_of_a_node_lead_to_their_faults)
{
	static const struct {
		const char *line, *fault;
	} words[] = {
		{ "    p2p_private_key: Key must start with 'ed25519:' prefix", "B01" },
		{ "    p2p_private_key: Key pair bytes must be 64 bytes.", "B06" },
		{ "    Encryption key must be 32 hex characters", "B03" },
		{ "    Encryption key must be 16 bytes (32 hex characters)", "B04" },
		{ "SyntaxError: invalid syntax", "B07" },
		{ "SyntaxError: unterminated string literal (detected at line 4)", "B12" },
		{ "/app/start.sh: gcloud: command not found", "A05" },
		{ "OSError: [Errno 30] Read-only file system: '/data/secrets.json'", "D19" },
		{ "PermissionError: [Errno 13] Permission denied: '/data/config.json'", "D05" },
		{ "IO error: While lock file: /data/data/LOCK: Resource temporarily unavailable", "D15" },
		{ "Hard limit for the number of open files (NOFILE) is too low (1024).", "A17" },
		{ "my_near_account_id: the Account ID 'A B' is not valid", "A07" },
		{ "config.json: failed to parse network.boot_nodes: boot node 1", "A04" },
		{ "exec /app/start.sh: exec format error", "F05" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *lines[] = { "Near node initialized", "Starting mpc node...", words[i].line, NULL };
		json_t *evidence = stopped(EXITED);
		OWN(json) json_t *found = NULL;

		add_log(evidence, lines);
		found = diagnosed(evidence, NULL);
		CHECK_STR(at(found, "causes.0.fault"), words[i].fault);
		CHECK_STR(at(found, "causes.0.evidence.0.source"), "log");
		CHECK_STR(at(found, "causes.0.evidence.1.text"), EXITED);
		CHECK_INT(json_array_size(json_list(found, "causes")), 1);
	}
}

TEST(diagnose, a_milestone_that_is_missing_is_evidence)
{
	static const char *const lines[] = { "Downloading genesis file", "Starting mpc node...",
					     "thread 'main' panicked", NULL };
	json_t *evidence = stopped(EXITED);
	OWN(json) json_t *found = NULL;

	add_log(evidence, lines);
	found = diagnosed(evidence, json_pack("[o]", finding("FAIL", "A01", "Node0", "entry")));
	CHECK_STR(at(found, "causes.0.fault"), "A01");
	CHECK_STR(at(found, "causes.0.confidence"), "certain");
	CHECK(strstr(at(found, "causes.0.evidence.0.text"), "no 'Near node initialized'") != NULL);
}

TEST(diagnose, an_exit_without_words_takes_the_finding_that_can_end_a_container)
{
	OWN(json) json_t *none = diagnosed(stopped(EXITED), NULL);
	OWN(json) json_t *found =
		diagnosed(stopped(EXITED), json_pack("[o,o]", finding("FAIL", "A09", "Node0", "quorum"),
						     finding("FAIL", "A19", "Node0", "container")));

	CHECK_STR(at(none, "unexplained.0.text"), EXITED);
	CHECK_STR(at(found, "causes.0.fault"), "A19");
	CHECK_STR(at(found, "causes.0.confidence"), "likely");
	CHECK_STR(at(found, "causes.0.step"), "container");
}

TEST(diagnose, no_log_line_at_all_is_evidence_of_a_step_before_the_container)
{
	OWN(str) char *text = failure_text(LAUNCH_FAIL_EFS_TIMEOUT);
	json_t *evidence = stopped(text);
	OWN(json) json_t *found = NULL, *unread = diagnosed(stopped(text), NULL);

	json_array_append_new(json_list(evidence, "logs"), json_pack("{s:s,s:[]}", "group", "/mpc", "streams"));
	found = diagnosed(evidence, NULL);
	CHECK_STR(at(found, "causes.0.evidence.1.source"), "absence");
	/* logs that were not read are no evidence */
	CHECK_INT(json_array_size(json_path(unread, "causes.0.evidence")), 1);
}

static json_t *running(const char *const *lines)
{
	json_t *evidence = evidence_in("CREATE_COMPLETE");

	add_task(evidence, "Node0", TASK_ARN, "RUNNING", NULL, NULL, 1767225600);
	add_log(evidence, lines);
	return evidence;
}

TEST(diagnose, a_node_that_runs_and_gets_nowhere_is_explained_by_its_log)
{
	static const struct {
		const char *line, *fault, *step;
	} words[] = {
		{ "stats: #        0 Waiting for peers 0 peers", "A03", "chain" },
		{ "different genesis block. Our genesis: a, their genesis: b", "H01", "chain" },
		{ "boot node x@10.0.0.1:24567: Connection refused (os error 111), retrying", "C14", "chain" },
		{ "boot node x@10.0.0.1:24567: timed out, retrying", "C12", "chain" },
		{ "We are not a participant in the current epoch", "A13", "participant" },
		{ "InvalidAccessKeyError(AccessKeyNotFound)", "B17", "participant" },
		{ "Could not connect to 1 (b), retrying: timed out", "A09", "quorum" },
		{ "Could not connect to 1 (b), retrying: failed to lookup address", "I01", "quorum" },
		{ "secrets.json not found: generated new random keys", "A05", "entry" },
		{ "No such domain", "H09", "signature" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *lines[] = { "Starting mpc node...", words[i].line, NULL };
		OWN(json) json_t *found = diagnosed(running(lines), NULL);

		CHECK_STR(at(found, "causes.0.fault"), words[i].fault);
		CHECK_STR(at(found, "causes.0.step"), words[i].step);
		CHECK_STR(at(found, "advice.0.action"), "update");
	}
}

TEST(diagnose, why_a_stack_goes_back_as_a_whole_is_not_lost)
{
	static const char reason[] = "Cannot update export base-Boot as it is in use by net";
	json_t *evidence = evidence_in("UPDATE_ROLLBACK_COMPLETE");
	json_t *events = json_list(json_array_get(json_list(evidence, "stacks"), 0), "events");
	OWN(json) json_t *found = NULL;

	json_array_append_new(events, json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "StackId", "id", "PhysicalResourceId",
						"id", "LogicalResourceId", "Mpc", "ResourceType",
						"AWS::CloudFormation::Stack", "ResourceStatus",
						"UPDATE_ROLLBACK_IN_PROGRESS", "ResourceStatusReason", reason));
	json_array_append_new(events, json_pack("{s:s,s:s,s:s,s:s,s:s}", "StackId", "id", "PhysicalResourceId", "id",
						"LogicalResourceId", "Mpc", "ResourceType",
						"AWS::CloudFormation::Stack", "ResourceStatus",
						"UPDATE_IN_PROGRESS"));
	found = diagnosed(evidence, NULL);
	CHECK_STR(at(found, "unexplained.0.text"), reason);
}

TEST(diagnose, that_a_node_is_missed_which_somebody_wants_stopped_is_no_fault_of_its_name)
{
	static const char *const lines[] = { "Could not connect to 1 (b.near), retrying: failed to lookup address",
					     NULL };
	json_t *missed = running(lines), *kept = running(lines);
	OWN(json) json_t *found = NULL, *none = NULL;

	json_array_append_new(json_list(kept, "services"),
			      json_pack("{s:s,s:s,s:{s:i,s:s},s:[]}", "logicalResourceId", "Node1", "stack", "Mpc",
					"service", "desiredCount", 0, "taskDefinition", "definition:1", "tasks"));
	json_object_set_new(kept, "taskDefinitions",
			    json_pack("[{s:s,s:[{s:[{s:s,s:s}]}]}]", "taskDefinitionArn", "definition:1",
				      "containerDefinitions", "environment", "name", "MPC_ACCOUNT_ID", "value",
				      "b.near"));
	found = diagnosed(missed, NULL);
	CHECK_STR(at(found, "causes.0.fault"), "I01");
	CHECK_INT(json_array_size(json_list(found, "stopped")), 0);
	none = diagnosed(kept, NULL);
	CHECK_INT(json_array_size(json_list(none, "causes")), 1);
	CHECK_STR(at(none, "causes.0.fault"), "H12");
	CHECK_STR(at(none, "stopped.0"), "Node1");
}

TEST(diagnose, a_later_line_takes_an_earlier_one_back)
{
	static const char *const lines[] = {
		"stats: #  0 Waiting for peers 0 peers",
		"WARN boot node x: Connection refused, retrying",
		"error reading config from chain: Account c does not exist",
		"INFO network: connected to boot node x",
		"synced, streaming blocks from height 2",
		"We are not a participant in the current epoch",
		"Contract state changed: Running with 3 participants",
		"We have no keyshares. Waiting for Initialization.",
		NULL,
	};
	OWN(json) json_t *found = diagnosed(running(lines), NULL);

	CHECK_INT(json_array_size(json_list(found, "causes")), 0);
	CHECK_STR(at(found, "advice.0.action"), "none");
}

TEST(diagnose, the_first_seconds_of_a_node_mean_nothing_without_a_finding)
{
	static const char *const lines[] = { "stats: #  0 Waiting for peers 0 peers", NULL };
	json_t *young = running(lines), *faulty = running(lines);
	OWN(json) json_t *found = NULL, *certain = NULL;

	json_set_str(young, "takenAt", "2025-12-31T23:59:55.000Z");
	json_set_str(faulty, "takenAt", "2025-12-31T23:59:55.000Z");
	found = diagnosed(young, NULL);
	CHECK_INT(json_array_size(json_list(found, "causes")), 0);
	certain = diagnosed(faulty, json_pack("[o]", finding("FAIL", "A03", "Node0", "chain")));
	CHECK_STR(at(certain, "causes.0.confidence"), "certain");
}

/* ---- causes and consequences ----------------------------------------------------------------------------------- */

TEST(diagnose, what_follows_stands_under_its_cause)
{
	OWN(str) char *text = failure_text(LAUNCH_FAIL_SECRET_DENIED);
	json_t *evidence = stopped(text);
	OWN(json) json_t *found = NULL;

	add_task(evidence, "Node0", TASK_ARN "1", "STOPPED", "TaskFailedToStart", text, 1767225610);
	add_event(evidence, "AWS::CloudFormation::Stack", "Mpc", "CREATE_IN_PROGRESS", NULL);
	add_event(evidence, "AWS::ECS::Service", "Node0", "CREATE_FAILED",
		  "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'.");
	add_event(evidence, "AWS::ECS::Service", "Node1", "CREATE_FAILED", "Resource creation cancelled");
	add_event(evidence, "AWS::CloudFormation::Stack", "Mpc", "ROLLBACK_IN_PROGRESS", NULL);
	found = diagnosed(evidence, NULL);
	CHECK_INT(json_array_size(json_list(found, "causes")), 1);
	CHECK_STR(at(found, "causes.0.fault"), "E02");
	CHECK_INT(json_integer_value(json_path(found, "causes.0.evidence.0.times")), 2);
	CHECK_STR(at(found, "causes.0.since"), "2026-01-01T00:00:00.000Z");
	CHECK_INT(json_integer_value(json_path(found, "causes.0.sinceMs")), 600000);
	CHECK_STR(at(found, "causes.0.consequences.0.resource"), "Node0");
	CHECK_STR(at(found, "causes.0.consequences.1.resource"), "Node1");
	CHECK_STR(at(found, "causes.0.consequences.2.resource"), "Mpc");
	CHECK_INT(json_array_size(json_list(found, "unexplained")), 0);
}

TEST(diagnose, peers_that_miss_a_node_follow_from_why_it_does_not_start)
{
	static const char *const lines[] = { "Could not connect to 1 (b), retrying: failed to lookup address", NULL };
	OWN(str) char *text = failure_text(LAUNCH_FAIL_EFS_DENIED);
	json_t *evidence = running(lines);
	OWN(json) json_t *found = NULL;

	add_task(evidence, "Node1", "arn/task/other", "STOPPED", "TaskFailedToStart", text, 1767225600);
	found = diagnosed(evidence, NULL);
	CHECK_INT(json_array_size(json_list(found, "causes")), 1);
	CHECK_STR(at(found, "causes.0.fault"), "E01");
	CHECK_STR(at(found, "causes.0.consequences.0.resource"), "Node0");
}

TEST(diagnose, one_fault_of_many_services_is_one_cause)
{
	OWN(str) char *text = failure_text(LAUNCH_FAIL_EFS_TIMEOUT);
	json_t *evidence = stopped(text);
	OWN(json) json_t *found = NULL;

	add_task(evidence, "Node1", "arn/task/other", "STOPPED", "TaskFailedToStart", text, 1767225601);
	found = diagnosed(evidence, json_pack("[o,o]", finding("FAIL", "C01", "Node0", "efs-connect"),
					      finding("FAIL", "C01", "Node1", "efs-connect")));
	CHECK_INT(json_array_size(json_list(found, "causes")), 1);
	CHECK_INT(json_array_size(json_path(found, "causes.0.services")), 2);
}

TEST(diagnose, a_task_that_was_replaced_by_a_running_one_is_past)
{
	OWN(str) char *text = failure_text(LAUNCH_FAIL_EFS_RESET);
	json_t *evidence = stopped(text);
	OWN(json) json_t *found = NULL;

	add_task(evidence, "Node0", "arn/task/new", "RUNNING", NULL, NULL, 1767225620);
	found = diagnosed(evidence, NULL);
	CHECK_INT(json_array_size(json_list(found, "causes")), 0);
}

TEST(diagnose, after_a_rollback_the_old_task_runs_and_the_failed_ones_still_count)
{
	OWN(str) char *text = failure_text(LAUNCH_FAIL_SECRET_SELECTOR), *old = failure_text(LAUNCH_FAIL_EFS_RESET);
	json_t *evidence = evidence_in("UPDATE_ROLLBACK_COMPLETE");
	OWN(json) json_t *found = NULL;

	add_event(evidence, "AWS::CloudFormation::Stack", "Mpc", "UPDATE_IN_PROGRESS", NULL);
	add_task(evidence, "Node0", "arn/task/before", "STOPPED", "TaskFailedToStart", old, 1767225600);
	add_task(evidence, "Node0", TASK_ARN, "STOPPED", "TaskFailedToStart", text, 1767225700);
	add_task(evidence, "Node0", "arn/task/restored", "RUNNING", NULL, NULL, 1767225900);
	found = diagnosed(evidence, NULL);
	CHECK_INT(json_array_size(json_list(found, "causes")), 1);
	CHECK_STR(at(found, "causes.0.fault"), "B10");
}

TEST(diagnose, tasks_that_somebody_stopped_are_no_failures)
{
	json_t *evidence = evidence_in("CREATE_COMPLETE");
	OWN(json) json_t *found = NULL;

	add_task(evidence, "Node0", TASK_ARN, "STOPPED", "UserInitiated", "a drill", 1767225600);
	add_task(evidence, "Node0", TASK_ARN "1", "STOPPED", "ServiceSchedulerInitiated",
		 "Scaling activity initiated by (deployment ecs-svc/1)", 1767225600);
	found = diagnosed(evidence, NULL);
	CHECK_INT(json_array_size(json_list(found, "causes")), 0);
	CHECK_INT(json_array_size(json_list(found, "unexplained")), 0);
}

TEST(diagnose, events_of_an_earlier_operation_are_another_story)
{
	json_t *evidence = evidence_in("UPDATE_COMPLETE");
	OWN(json) json_t *found = NULL;

	add_event(evidence, "AWS::CloudFormation::Stack", "Mpc", "CREATE_IN_PROGRESS", NULL);
	add_event(evidence, "AWS::ECS::TaskDefinition", "Task", "CREATE_FAILED",
		  "No Fargate configuration exists for given values");
	add_event(evidence, "AWS::CloudFormation::Stack", "Mpc", "UPDATE_IN_PROGRESS", NULL);
	found = diagnosed(evidence, NULL);
	CHECK_INT(json_array_size(json_list(found, "causes")), 0);
}

TEST(diagnose, a_resource_that_is_not_created_is_explained_by_its_event)
{
	static const struct {
		const char *reason, *fault;
	} events[] = {
		{ "No Fargate configuration exists for given values", "F08" },
		{ "No export named base-Vpc found", "G08" },
		{ "mpc-secret already exists in stack arn", "G10" },
		{ "the host ports and container ports in port mappings must match", "F12" },
		{ "You can't create this secret because a secret with this name is already scheduled for deletion.",
		  "G11" },
		{ "User: x is not authorized to perform: iam:PassRole on resource: y", "E13" },
		{ "mount target already exists in this AZ", "D22" },
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		json_t *evidence = evidence_in("ROLLBACK_COMPLETE");
		OWN(json) json_t *found = NULL;

		add_event(evidence, "AWS::CloudFormation::Stack", "Mpc", "CREATE_IN_PROGRESS", NULL);
		add_event(evidence, "AWS::Some::Thing", "Thing", "CREATE_FAILED", events[i].reason);
		found = diagnosed(evidence, NULL);
		CHECK_STR(at(found, "causes.0.fault"), events[i].fault);
		CHECK_STR(at(found, "causes.0.resource"), "Thing");
		CHECK_STR(at(found, "causes.0.step"), "template");
	}
}

TEST(diagnose, a_verdict_on_a_secret_names_the_secret_and_never_its_value)
{
	static const char *const lines[] = { "Starting mpc node...", "Near node initialized",
					     "near_signer_key: Key must start with 'ed25519:' prefix", NULL };
	json_t *evidence = stopped(EXITED);
	OWN(json) json_t *found = NULL;

	add_log(evidence, lines);
	json_array_append_new(json_list(evidence, "secrets"),
			      json_pack("{s:s,s:s,s:b,s:s,s:s,s:s,s:s}", "arn", "arn:secret", "name", "n0/sk",
					"hasValue", 1, "variable", "MPC_ACCOUNT_SK", "service", "Node0",
					"verdict", "B05", "why", "is hex, not base58"));
	json_array_append_new(json_path(evidence, "stacks.0.resources"),
			      json_pack("{s:s,s:s}", "LogicalResourceId", "Secret0", "PhysicalResourceId",
					"arn:secret"));
	found = diagnosed(evidence, NULL);
	CHECK_STR(at(found, "causes.0.fault"), "B05");
	CHECK_STR(at(found, "causes.0.confidence"), "certain");
	CHECK_STR(at(found, "causes.0.resource"), "Secret0");
	CHECK_STR(at(found, "causes.0.message"),
		  "secret n0/sk, read as MPC_ACCOUNT_SK, is hex, not base58");
}

TEST(diagnose, a_secret_value_is_judged_for_its_variable)
{
	static const struct {
		const char *variable, *text, *key, *fault;
	} values[] = {
		{ "MPC_ACCOUNT_SK", "REPLACE_ME", NULL, "B01" },
		{ "MPC_ACCOUNT_SK", "{\"sk\":\"REPLACE_ME\"}", "sk", "B01" },
		{ "MPC_ACCOUNT_SK", "{\"sk\":\"x\"}", NULL, "B07" },
		{ "MPC_ACCOUNT_SK", "{\"sk\":\"x\"}", "other", "B09" },
		{ "MPC_ACCOUNT_SK", "plain", "sk", "B08" },
		{ "MPC_ACCOUNT_SK", "", NULL, "B25" },
		{ "MPC_SECRET_STORE_KEY", "0123456789abcdef0123456789abcdef", NULL, NULL },
		{ "MPC_SECRET_STORE_KEY", "0123456789abcdef", NULL, "B04" },
		{ "SOMETHING_ELSE", "REPLACE_ME", NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char why[256] = "";

		CHECK_STR(check_secret_value(values[i].variable, values[i].text, values[i].key, why, sizeof(why)),
			  values[i].fault);
		CHECK(!values[i].fault || *why);
	}
}

/* ---- advice ------------------------------------------------------------------------------------------------------- */

TEST(diagnose, each_status_has_its_moves)
{
	static const struct {
		const char *status, *action;
		bool safe;
	} moves[] = {
		{ "CREATE_IN_PROGRESS", "delete", true },
		{ "CREATE_FAILED", "update", false },
		{ "CREATE_COMPLETE", "update", false },
		{ "ROLLBACK_IN_PROGRESS", "wait", true },
		{ "ROLLBACK_COMPLETE", "delete", true },
		{ "ROLLBACK_FAILED", "delete", true },
		{ "UPDATE_IN_PROGRESS", "cancel-update", true },
		{ "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "wait", true },
		{ "UPDATE_FAILED", "update", false },
		{ "UPDATE_ROLLBACK_IN_PROGRESS", "wait", true },
		{ "UPDATE_ROLLBACK_FAILED", "continue-rollback", true },
		{ "UPDATE_ROLLBACK_COMPLETE", "update", false },
		{ "DELETE_IN_PROGRESS", "wait", true },
		{ "DELETE_FAILED", "delete", true },
		{ "REVIEW_IN_PROGRESS", "none", true },
		{ "DELETE_COMPLETE", "update", false },
		{ "IMPORT_ROLLBACK_FAILED", "delete", false },
	};

	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		OWN(json) json_t *evidence = evidence_in(moves[i].status);
		OWN(json) json_t *advice = diagnose_advice("Mpc", moves[i].status, evidence, DIAGNOSE_ILL);

		CHECK_STR(at(advice, "0.action"), moves[i].action);
		CHECK_INT(json_bool_or(json_array_get(advice, 0), "safe", !moves[i].safe), moves[i].safe);
	}
}

TEST(diagnose, deleting_is_not_safe_while_a_task_runs)
{
	OWN(json) json_t *evidence = evidence_in("CREATE_IN_PROGRESS"), *advice = NULL;

	add_task(evidence, "Node0", TASK_ARN, "RUNNING", NULL, NULL, 1767225600);
	advice = diagnose_advice("Mpc", "CREATE_IN_PROGRESS", evidence, DIAGNOSE_ILL);
	CHECK_STR(at(advice, "0.action"), "delete");
	CHECK_INT(json_bool_or(json_array_get(advice, 0), "safe", true), false);
}

TEST(diagnose, a_stuck_rollback_names_what_can_be_skipped)
{
	OWN(json) json_t *evidence = evidence_in("UPDATE_ROLLBACK_FAILED"), *advice = NULL;

	json_array_append_new(json_path(evidence, "stacks.0.resources"),
			      json_pack("{s:s,s:s}", "LogicalResourceId", "Node0", "ResourceStatus",
					"UPDATE_FAILED"));
	advice = diagnose_advice("Mpc", "UPDATE_ROLLBACK_FAILED", evidence, DIAGNOSE_ILL);
	CHECK_STR(at(advice, "1.command"),
		  "aws --endpoint-url http://127.0.0.1:4566 --region us-east-1 cloudformation "
		  "continue-update-rollback --stack-name Mpc --resources-to-skip Node0");
	CHECK_INT(json_bool_or(json_array_get(advice, 1), "safe", true), false);
}

/* ---- what is no evidence --------------------------------------------------------------------------------------------- */

TEST(diagnose, what_is_no_evidence_is_refused_with_the_member)
{
	static const struct {
		const char *text, *where;
	} bad[] = {
		{ "[]", "not an object" },
		{ "{}", "version" },
		{ "{\"version\":2}", "version" },
		{ "{\"version\":1}", "stacks: there is none" },
		{ "{\"version\":1,\"stacks\":[1]}", "stacks[0]: expected an object" },
		{ "{\"version\":1,\"stacks\":[{\"stack\":{}}],\"services\":[{\"tasks\":{}}]}",
		  "services[0].tasks: expected a list" },
		{ "{\"version\":1,\"stacks\":[{\"stack\":{}}],\"logs\":5}", "logs: expected a list" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		OWN(json) json_t *evidence = json_loads(bad[i].text, 0, NULL), *found = NULL;
		struct err err = { 0 };

		CHECK_INT(diagnose(evidence, NULL, NULL, &found, &err), -1);
		CHECK_INT(err.code, ERR_INPUT);
		CHECK(strstr(err.text, bad[i].where) != NULL);
		CHECK(found == NULL);
	}
}

TEST(diagnose, a_stack_alone_is_enough)
{
	OWN(json) json_t *found = diagnosed(json_pack("{s:i,s:[{}]}", "version", 1, "stacks"), NULL);

	CHECK_INT(json_array_size(json_list(found, "causes")), 0);
	CHECK_STR(at(found, "status"), "");
}

TEST(diagnose, signs_of_a_fault_are_the_texts_it_is_looked_for_behind)
{
	OWN(json) json_t *mount = diagnose_signs("C01"), *script = diagnose_signs("A01"), *none = diagnose_signs("G26");
	OWN(str) char *all = json_text(script);

	CHECK_STR(json_str(json_array_get(mount, 0), "source"), "reason of a stopped task");
	CHECK(strstr(json_str_or(json_array_get(mount, 0), "text", ""), "mount.nfs4") != NULL);
	CHECK(strstr(all, "downloading genesis ... localnet") != NULL);
	CHECK_INT(json_array_size(none), 0);
}
