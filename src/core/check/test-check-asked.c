#include "core/check/test-check-asked.h"

#include <string.h>

#include "base/test.h"
#include "core/check/check-internal.h"
#include "core/near/near.h"

/* ---- the template
 * --------------------------------------------------------------------------------- */

json_t *asked_resource(json_t *document, const char *type, size_t skip)
{
	return json_object_get(json_map(document, "Resources"),
			       asked_logical(document, type, skip));
}

const char *asked_logical(json_t *document, const char *type, size_t skip)
{
	const char *logical;
	json_t *one;

	json_object_foreach(json_map(document, "Resources"), logical, one)
		if (!strcmp(json_str_or(one, "Type", ""), type) && !skip--)
			return logical;
	return "";
}

json_t *asked_properties(json_t *document, const char *type, size_t skip)
{
	json_t *resource = asked_resource(document, type, skip);

	CHECK(resource != NULL);
	if (resource && !json_object_get(resource, "Properties"))
		json_object_set_new(resource, "Properties", json_object());
	return json_object_get(resource, "Properties");
}

void asked_set(json_t *document, int node, const char *name, const char *value)
{
	for (int n = 0; n < 3; n++) {
		json_t *task = asked_resource(document, "AWS::ECS::TaskDefinition", (size_t)n);
		json_t *list = json_path(task, "Properties.ContainerDefinitions.0.Environment");
		json_t *one;
		size_t i;

		json_array_foreach(list, i, one)
			if (str_eq(json_str(one, "Name"), name) && (node == n || node < 0))
				json_set_str(one, "Value", value);
	}
}

json_t *asked_document(void)
{
	size_t len = 0;
	OWN(str) char *text = test_read_file("tests/templates/good/standalone.json", &len);
	struct err err = { 0 };
	json_t *document = NULL;

	CHECK_OK(json_parse_text("good", text ? text : "", len, &document, &err), err);
	asked_set(document, -1, "NEAR_RPC_URL", "http://chain.example.org:3030");
	asked_set(document, -1, "NEAR_BOOT_NODES",
		  "ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF@chain.example.org:24567");
	for (size_t n = 0; n < 3; n++)
		json_set_str(json_path(asked_resource(document, "AWS::ECS::TaskDefinition", n),
				       "Properties.ContainerDefinitions.0"),
			     "Image", "docker.io/nearone/mpc-node:3.2.0");
	return document;
}

/* ---- keys
 * --------------------------------------------------------------------------------------------- */

static void key_of(int node, bool peer, struct near_key *ret)
{
	uint8_t seed[NEAR_SEED_BYTES] = { 0 };

	seed[0] = (uint8_t)(node + 1);
	seed[1] = peer;
	near_key_from_seed(seed, ret);
}

char *asked_public(int node, bool peer)
{
	struct near_key key;

	key_of(node, peer, &key);
	return near_key_format_public(&key);
}

char *asked_secret(void)
{
	struct near_key key;

	key_of(0, false, &key);
	return near_key_format_secret(&key);
}

static json_t *given_keys(void)
{
	json_t *given = json_object();

	for (int n = 0; n < 3; n++)
		for (int peer = 0; peer < 2; peer++) {
			OWN(str)
			char *name = str_printf("Node%d%s", n, peer ? "P2pKey" : "AccountSk");
			OWN(str) char *text = NULL;
			struct near_key key;

			key_of(n, peer, &key);
			text = near_key_format_secret(&key);
			json_set_str(given, name, text);
		}
	return given;
}

/* ---- the healthy world
 * ----------------------------------------------------------------------------------- */

char *asked_state(const char *json)
{
	OWN(json) json_t *bytes = json_array();
	OWN(json) json_t *whole = NULL;

	for (; *json; json++)
		json_array_append_new(bytes, json_integer(*json == '\'' ? '"' : *json));
	whole = json_pack("{s:{s:O,s:[]}}", "answer", "result", bytes, "logs");
	return json_text(whole);
}

char *asked_participants(void)
{
	OWN(buf) struct buf b = { 0 };

	for (int n = 0; n < 3; n++) {
		OWN(str) char *key = asked_public(n, true);

		buf_printf(&b,
			   "%s['mpc-node-%d.node0',%d,{'url':'http://node-%d.mpc.local:80',"
			   "'sign_pk':'%s'}]",
			   n ? "," : "", n, n, n, key);
	}
	return buf_take(&b);
}

static char *healthy_state(void)
{
	OWN(str) char *participants = asked_participants();
	OWN(str)
	char *text = str_printf(
		"{'Running':{'keyset':{'domains':[{'domain_id':0}]},'parameters':{'threshold':2,"
		"'participants':{'next_id':3,'participants':[%s]}}}}",
		participants);

	return asked_state(text);
}

static char *healthy_status(void)
{
	OWN(str) char *genesis = near_genesis_text("mpc-localnet");
	OWN(str) char *hash = near_genesis_hash(genesis);

	return str_printf("{\"answer\":{\"chain_id\":\"mpc-localnet\",\"genesis_hash\":\"%s\","
			  "\"protocol_version\":81,\"node_public_key\":"
			  "\"ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF\",\"sync_info\":{"
			  "\"syncing\":"
			  "false,\"latest_block_height\":500,\"earliest_block_height\":1,"
			  "\"earliest_block_time\":\"2026-01-01T00:00:00.000000000Z\"}}}",
			  hash);
}

static char *healthy_keys(const char *command)
{
	OWN(json) json_t *keys = json_array(), *whole = NULL;

	for (int n = 0; n < 3; n++) {
		OWN(str) char *account = str_printf("mpc-node-%d.node0", n);
		OWN(str) char *key = asked_public(n, false);

		if (strstr(command, account))
			json_array_append_new(keys, json_pack("{s:s}", "public_key", key));
	}
	whole = json_pack("{s:{s:O}}", "answer", "keys", keys);
	return json_text(whole);
}

static char *healthy_near(const char *action, const char *command)
{
	if (!strcmp(action, "status"))
		return healthy_status();
	if (!strcmp(action, "network_info"))
		return str_dup("{\"answer\":{\"active_peers\":[]}}");
	if (strstr(command, "view_access_key_list"))
		return healthy_keys(command);
	if (strstr(command, "call_function"))
		return healthy_state();
	return str_dup(
		"{\"answer\":{\"amount\":\"50000000000000000000000000\",\"code_hash\":\"abc\"}}");
}

static json_t *hidden_parameters(const json_t *deployed)
{
	json_t *list = json_array(), *declaration;
	const char *name;

	json_object_foreach(json_map(deployed, "Parameters"), name, declaration)
		if (json_bool_or(declaration, "NoEcho", false))
			json_array_append_new(list, json_pack("{s:s,s:s}", "ParameterKey", name,
							      "ParameterValue", "****"));
	return list;
}

static char *healthy_stack(const struct asked_world *w, const char *action)
{
	OWN(json) json_t *whole = NULL;

	if (!w->deployed)
		return str_dup(
			"{\"error\":\"ValidationError\",\"message\":\"Stack with id mpc does not "
			"exist\"}");
	if (!strcmp(action, "DescribeStacks")) {
		whole = json_pack("{s:{s:[{s:s,s:s,s:o}]}}", "answer", "Stacks", "StackStatus",
				  "CREATE_COMPLETE", "CreationTime", "2026-02-01T00:00:00Z",
				  "Parameters", hidden_parameters(w->deployed));
		return json_text(whole);
	}
	if (!strcmp(action, "ListStackResources"))
		return str_dup("{\"answer\":{\"StackResourceSummaries\":[]}}");
	whole = json_pack("{s:{s:O}}", "answer", "TemplateBody", w->deployed);
	return json_text(whole);
}

/* Caller frees; NULL: such a question is none of this world. */
static char *healthy(const struct asked_world *w, const char *service, const char *action,
		     const char *command)
{
	static const struct canned rows[] = {
		{ "registry", "Manifest", NULL,
		  "{\"answer\":{\"config\":{\"architecture\":\"amd64\"},\"layers\":[{\"mediaType\":"
		  "\"application/vnd.oci.image.layer.v1.tar+gzip\",\"size\":1000}]}}" },
		{ "sts", "GetCallerIdentity", NULL,
		  "{\"answer\":{\"Arn\":\"arn:aws:sts::123456789012:assumed-role/deployer/me\"}}" },
		{ "iam", "SimulatePrincipalPolicy", NULL,
		  "{\"answer\":{\"EvaluationResults\":[]}}" },
		{ "iam", "GetRole", "AWSServiceRoleForECS", "{\"answer\":{\"Role\":{}}}" },
		{ "iam", "GetRole", NULL, "{\"error\":\"NoSuchEntity\",\"message\":\"-\"}" },
		{ "ec2", "DescribeAvailabilityZones", NULL,
		  "{\"answer\":{\"availabilityZoneInfo\":[{\"zoneName\":\"us-east-1a\",\"zoneId\":"
		  "\"use1-az1\",\"zoneState\":\"available\"},{\"zoneName\":\"us-east-1b\","
		  "\"zoneId\":"
		  "\"use1-az2\",\"zoneState\":\"available\"}]}}" },
		{ "ec2", "DescribeAddresses", NULL, "{\"answer\":{\"addressesSet\":\"\"}}" },
		{ "ec2", "DescribeVpcs", NULL, "{\"answer\":{\"vpcSet\":[{}]}}" },
		{ "service-quotas", "GetServiceQuota", "fargate",
		  "{\"answer\":{\"Quota\":{\"Value\":20}}}" },
		{ "service-quotas", "GetServiceQuota", NULL,
		  "{\"answer\":{\"Quota\":{\"Value\":5}}}" },
		{ "efs", "DescribeFileSystems", NULL, "{\"answer\":{\"FileSystems\":[]}}" },
		{ NULL, NULL, NULL, NULL },
	};

	if (!strcmp(service, "near"))
		return healthy_near(action, command);
	if (!strcmp(service, "cloudformation") && strcmp(action, "ListImports") != 0)
		return healthy_stack(w, action);
	for (const struct canned *r = rows; r->service; r++)
		if (!strcmp(r->service, service) && !strcmp(r->action, action) &&
		    (!r->input || strstr(command, r->input)))
			return str_dup(r->answer);
	return NULL;
}

static char *answer_to(const struct asked_world *w, const json_t *question)
{
	const char *service = json_str(question, "service"), *action = json_str(question, "action");
	const char *command = json_str(question, "command");

	for (const struct canned *r = w->rows; r && r->service; r++)
		if (!strcmp(r->service, service) && !strcmp(r->action, action) &&
		    (!r->input || strstr(command, r->input)))
			return str_dup(r->answer);
	return healthy(w, service, action, command);
}

/* ---- a run
 * ----------------------------------------------------------------------------------------------------
 */

static json_t *one_round(const struct asked_world *w, const json_t *facts)
{
	OWN(str) char *text = json_text(w->document);
	OWN(template) struct template *t = NULL;
	OWN(template_eval) struct template_eval *e = NULL;
	OWN(deployment) struct deployment *d = NULL;
	OWN(json) json_t *parameters = NULL, *given = given_keys();
	const char *const names[] = { w->stack ? w->stack : "mpc" };
	struct template_world world = { .stack_name = names[0] };
	struct deployment_template list;
	struct check_options options = { .facts = facts,
					 .stack_names = names,
					 .region = "us-east-1" };
	struct err err = { 0 };

	CHECK_OK(template_parse("t.json", text, strlen(text), &t, &err), err);
	CHECK_OK(template_parameters(t, given, NULL, 0, &world, &parameters, &err), err);
	CHECK_OK(template_eval_new(t, parameters, &world, &e, &err), err);
	list = (struct deployment_template){ .t = t, .eval = e };
	CHECK_OK(deployment_read(&list, 1, &d, &err), err);
	return d ? check_run(d, &list, 1, &options) : json_object();
}

/* How many questions were answered. */
static size_t answer_all(const struct asked_world *w, const json_t *questions, json_t *facts)
{
	size_t before = json_object_size(facts), i;
	json_t *one;

	json_array_foreach(questions, i, one) {
		OWN(str) char *text = answer_to(w, one);
		OWN(str)
		char *key = check_question_key(json_str(one, "service"), json_str(one, "action"),
					       json_object_get(one, "input"));

		if (text)
			json_object_set_new(facts, key, json_loads(text, 0, NULL));
	}
	return json_object_size(facts) - before;
}

json_t *asked_run(struct asked_world *w)
{
	OWN(json) json_t *facts = json_object();
	enum { ROUNDS_MOST = 12 };

	for (int round = 0;; round++) {
		OWN(json) json_t *result = one_round(w, facts);
		const json_t *questions = json_list(result, "questions");

		CHECK(round < ROUNDS_MOST);
		if (round < ROUNDS_MOST && answer_all(w, questions, facts))
			continue;
		w->questions = json_incref(json_list(result, "questions"));
		return json_incref(json_list(result, "findings"));
	}
}

const char *asked_verdict(const json_t *findings, const char *fault)
{
	static const char *const words[] = { "FAIL", "WARN", "UNKNOWN" };
	json_t *one;
	size_t i;

	for (size_t v = 0; v < 3; v++)
		json_array_foreach((json_t *)(uintptr_t)findings, i, one)
			if (str_eq(json_str(one, "fault"), fault) &&
			    str_eq(json_str(one, "verdict"), words[v]))
				return words[v];
	return "";
}

const char *asked_of(json_t *document, json_t *deployed, const struct canned *rows,
		     const char *fault)
{
	struct asked_world w = { .document = document, .deployed = deployed, .rows = rows };
	OWN(json) json_t *findings = asked_run(&w);

	json_decref(w.questions);
	return asked_verdict(findings, fault);
}

/* ---- the whole
 * ------------------------------------------------------------------------------------------------
 */

static void expect_quiet(const json_t *findings)
{
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)findings, i, one)
		for (const struct check_rule *r = check_rules_asked; r->id; r++)
			if (str_eq(json_str(one, "fault"), r->id))
				test_fail(__FILE__, __LINE__, "%s %s: %s", json_str(one, "verdict"),
					  r->id, json_str(one, "message"));
}

static void expect_answered(const json_t *questions)
{
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)questions, i, one)
		test_fail(__FILE__, __LINE__, "open: %s", json_str(one, "command"));
}

TEST(check_asked, a_healthy_world_is_quiet_before_the_first_deployment)
{
	OWN(json) json_t *document = asked_document();
	struct asked_world w = { .document = document };
	OWN(json) json_t *findings = asked_run(&w);

	expect_quiet(findings);
	expect_answered(w.questions);
	json_decref(w.questions);
}

TEST(check_asked, a_healthy_world_is_quiet_when_nothing_changes)
{
	OWN(json) json_t *document = asked_document();
	struct asked_world w = { .document = document, .deployed = document };
	OWN(json) json_t *findings = asked_run(&w);

	expect_quiet(findings);
	expect_answered(w.questions);
	json_decref(w.questions);
}

TEST(check_asked, what_a_look_up_settles_is_not_said_to_be_unknown)
{
	OWN(json) json_t *document = asked_document();
	static const char *const faults[] = { "F01", "F19", "G07", "G25" };
	struct asked_world w = { .document = document, .deployed = document };
	OWN(json) json_t *findings = asked_run(&w);

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		CHECK_STR(asked_verdict(findings, faults[i]), "");
	json_decref(w.questions);
}

TEST(check_asked, without_look_ups_no_rule_of_theirs_says_anything)
{
	OWN(json) json_t *document = asked_document();
	struct asked_world w = { .document = document };
	OWN(json) json_t *result = one_round(&w, NULL);

	expect_quiet(json_list(result, "findings"));
	CHECK(json_array_size(json_list(result, "questions")) > 5);
}

/* Whatever is refused, some rule says that it does not know, and none takes it for a fault. */
TEST(check_asked, where_everything_is_denied_nothing_fails)
{
	OWN(json) json_t *document = asked_document();
	OWN(json) json_t *facts = json_object(), *result = NULL;
	json_t *one;
	struct asked_world w = { .document = document };
	size_t i;

	result = one_round(&w, facts);
	json_array_foreach(json_list(result, "questions"), i, one) {
		OWN(str)
		char *key = check_question_key(json_str(one, "service"), json_str(one, "action"),
					       json_object_get(one, "input"));

		json_object_set_new(facts, key,
				    json_pack("{s:s,s:s}", "error", "Timeout", "message", "-"));
	}
	json_decref(result);
	result = one_round(&w, facts);
	CHECK_STR(asked_verdict(json_list(result, "findings"), "E14"), "UNKNOWN");
	json_array_foreach(json_list(result, "findings"), i, one)
		for (const struct check_rule *r = check_rules_asked; r->id; r++)
			if (str_eq(json_str(one, "fault"), r->id))
				CHECK_STR(json_str(one, "verdict"), "UNKNOWN");
}
