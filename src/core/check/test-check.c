/* The rules of groups A, B and H: each fault put into a good template, and its nearest benign
 * variant; the run, its order, and assignments. */
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/check/check.h"

/* ---- one run
 * ---------------------------------------------------------------------------------------- */

static json_t *good(void)
{
	size_t len = 0;
	OWN(str) char *text = test_read_file("tests/templates/good/standalone.json", &len);
	struct err err = { 0 };
	json_t *t = NULL;

	CHECK_OK(json_parse_text("good", text ? text : "", len, &t, &err), err);
	return t;
}

static json_t *run(const json_t *document, const char *profile, const json_t *given)
{
	OWN(str) char *text = json_text(document);
	OWN(template) struct template *t = NULL;
	OWN(template_eval) struct template_eval *e = NULL;
	OWN(deployment) struct deployment *d = NULL;
	OWN(json) json_t *parameters = NULL;
	struct template_world world = { 0 };
	struct deployment_template list;
	struct check_options options = { .profile = profile };
	struct err err = { 0 };

	CHECK_OK(template_parse("t.json", text, strlen(text), &t, &err), err);
	CHECK_OK(template_parameters(t, given, NULL, 0, &world, &parameters, &err), err);
	CHECK_OK(template_eval_new(t, parameters, &world, &e, &err), err);
	list = (struct deployment_template){ .t = t, .eval = e };
	CHECK_OK(deployment_read(&list, 1, &d, &err), err);
	return d ? check_run(d, &list, 1, &options) : json_pack("{s:[],s:[]}", "findings", "tasks");
}

/* "FAIL A01" of the first finding that is not UNKNOWN, "" when there is none. Caller frees. Only
 * this file's groups count: a variant may rightly interest another one. */
static char *first_of(const json_t *result)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(result, "findings"), i, one) {
		const char *fault = json_str_or(one, "fault", " ");

		if (strcmp(json_str_or(one, "verdict", ""), "UNKNOWN") != 0 &&
		    strchr("ABH", fault[0]))
			return str_printf("%s %s", json_str(one, "verdict"), fault);
	}
	return str_dup("");
}

/* ---- edits of the first node
 * --------------------------------------------------------------------------- */

static json_t *properties_of_type(json_t *document, const char *type, size_t skip)
{
	const char *logical;
	json_t *one;

	json_object_foreach(json_map(document, "Resources"), logical, one)
		if (!strcmp(json_str_or(one, "Type", ""), type) && !skip--)
			return json_object_get(one, "Properties");
	return NULL;
}

static json_t *container(json_t *document, size_t node)
{
	return json_array_get(
		json_list(properties_of_type(document, "AWS::ECS::TaskDefinition", node),
			  "ContainerDefinitions"),
		0);
}

static json_t *entry(const json_t *list, const char *name, size_t *ret)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (!strcmp(json_str_or(one, "Name", ""), name)) {
			*ret = i;
			return one;
		}
	return NULL;
}

static void put(json_t *object, const char *key, json_t *value)
{
	CHECK(object != NULL);
	if (value)
		json_object_set(object, key, value);
	else
		json_object_del(object, key);
}

static void put_environment(json_t *document, const char *name, json_t *value)
{
	json_t *list = json_list(container(document, 0), "Environment");
	size_t i = 0;
	json_t *have = entry(list, name, &i);

	if (have && value)
		json_object_set(have, "Value", value);
	else if (have)
		json_array_remove(list, i);
	else
		json_array_append_new(list, json_pack("{s:s,s:O}", "Name", name, "Value", value));
}

static json_t *secret_of(json_t *document, const char *variable)
{
	size_t i = 0;
	const json_t *from = entry(json_list(container(document, 0), "Secrets"), variable, &i);
	const json_t *parts = json_array_get(json_path(from, "ValueFrom.Fn::Join"), 1);

	return json_object_get(json_object_get(json_map(document, "Resources"),
					       json_str_or(json_array_get(parts, 0), "Ref", "")),
			       "Properties");
}

/* what: "env NAME", "from NAME", "key NAME" (selector behind the secret), "secret NAME" (an object
 * in place of its value), "rename NAME" (of Environment), "container KEY", "task KEY", "service
 * KEY". */
static void edit(json_t *document, const char *what, const char *value)
{
	OWN(json) json_t *v = value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
	const char *name = strchr(what, ' ') + 1;
	size_t i = 0;

	CHECK(!value || v);
	if (str_starts(what, "env "))
		put_environment(document, name, v);
	else if (str_starts(what, "rename "))
		put(entry(json_list(container(document, 0), "Environment"), name, &i), "Name", v);
	else if (str_starts(what, "from "))
		put(entry(json_list(container(document, 0), "Secrets"), name, &i), "ValueFrom", v);
	else if (str_starts(what, "key "))
		json_array_set(
			json_array_get(json_path(entry(json_list(container(document, 0), "Secrets"),
						       name, &i),
						 "ValueFrom.Fn::Join"),
				       1),
			1, v);
	else if (str_starts(what, "container "))
		put(container(document, 0), name, v);
	else if (str_starts(what, "task "))
		put(properties_of_type(document, "AWS::ECS::TaskDefinition", 0), name, v);
	else if (str_starts(what, "service "))
		put(properties_of_type(document, "AWS::ECS::Service", 0), name, v);
	else if (str_starts(what, "secret ")) {
		json_t *secret = secret_of(document, name);

		put(secret, "SecretString", NULL);
		put(secret, "GenerateSecretString", NULL);
		json_object_update(secret, v);
	}
}

struct change {
	const char *what, *value; /* value: JSON, NULL: take it out */
};
static void expect_in(const char *file, int line, const char *profile, const struct change *changes,
		      const char *want)
{
	OWN(json) json_t *document = good(), *result = NULL;
	OWN(str) char *first = NULL;

	for (; changes->what; changes++)
		edit(document, changes->what, changes->value);
	result = run(document, profile, NULL);
	first = first_of(result);
	test_check_str(file, line, want, first, want);
}
#define EXPECT_IN(profile, want, ...)                                                              \
	expect_in(__FILE__, __LINE__, profile,                                                     \
		  (const struct change[]){ __VA_ARGS__, { NULL, NULL } }, want)
#define EXPECT(want, ...) EXPECT_IN(NULL, want, __VA_ARGS__)

#define PAIR                                                                                       \
	"ed25519:"                                                                                 \
	"4jxDVvXm42RURP5oSmgMqUjQewVH8oZiA98ens3sebk39Vp29Asw4nokDC8YwZnaDp2zJ5jWfCq622cJR3"       \
	"otZ7Td"
#define PUBLIC "ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF"
#define HEX_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OBJECT(text) "{\"SecretString\": \"{\\\"key\\\":\\\"" text "\\\"}\"}"

/* ---- group A
 * --------------------------------------------------------------------------------------------- */

TEST(check_a, a_word_that_the_start_script_does_not_know_is_a01)
{
	EXPECT("FAIL A01", { "env MPC_ENV", "\"localnet\"" });
	EXPECT("FAIL A01", { "env MPC_ENV", "\"\"" });
	EXPECT("", { "env MPC_ENV", "\"mpc-localnet\"" });
	EXPECT("", { "env MPC_ENV", "{\"Fn::ImportValue\": \"chain\"}" });
}

TEST(check_a, accounts_of_another_chain_are_a02)
{
	EXPECT("FAIL A02", { "env MPC_ENV", "\"testnet\"" });
	EXPECT("FAIL A02", { "env MPC_CONTRACT_ID", "\"v1.signer.testnet\"" });
	EXPECT("FAIL A02", { "env MPC_CONTRACT_ID", "\"v1.signer\"" });
	EXPECT("FAIL H12", { "env MPC_CONTRACT_ID", "\"v1.signer.test.near\"" });
	EXPECT("FAIL H12", { "env MPC_CONTRACT_ID",
		     "\""
		     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		     "\"" });
}

TEST(check_b, a_stored_value_is_judged_by_its_variable_without_being_told)
{
	char why[256] = "";

	CHECK(!check_secret_value("MPC_SECRET_STORE_KEY", "0123456789abcdef0123456789abcdef", NULL, why, sizeof(why)));
	CHECK(check_secret_value("MPC_SECRET_STORE_KEY", "REPLACE_ME", NULL, why, sizeof(why)) != NULL);
	CHECK(why[0] && !strstr(why, "REPLACE_ME"));
	CHECK(check_secret_value("MPC_P2P_PRIVATE_KEY", "0123456789abcdef0123456789abcdef", NULL, why, sizeof(why)) !=
	      NULL);
	CHECK(check_secret_value("MPC_ACCOUNT_SK", "", NULL, why, sizeof(why)) != NULL);
	CHECK(!check_secret_value("SOMETHING_ELSE", "x", NULL, why, sizeof(why)));
}

TEST(check_a, no_boot_nodes_are_a03)
{
	EXPECT("FAIL A03", { "env NEAR_BOOT_NODES", "\"\"" });
	EXPECT("FAIL A03", { "env NEAR_BOOT_NODES", NULL });
	EXPECT("", { "env NEAR_BOOT_NODES", "{\"Fn::ImportValue\": \"boot\"}" });
}

TEST(check_a, boot_nodes_against_the_grammar_are_a04)
{
	EXPECT("FAIL A04", { "env NEAR_BOOT_NODES", "\"10.0.2.100:24567\"" });
	EXPECT("FAIL A04", { "env NEAR_BOOT_NODES", "\"" PUBLIC "@10.0.2.100\"" });
	EXPECT("FAIL A04", { "env NEAR_BOOT_NODES", "\"" PUBLIC "@h:24567, " PUBLIC "@g:24567\"" });
	EXPECT("FAIL A04", { "env NEAR_BOOT_NODES", "\"ed25519:0OIl@10.0.2.100:24567\"" });
	EXPECT("FAIL A04", { "env NEAR_BOOT_NODES", "\"" PUBLIC "@10.0.2.100:3030\"" });
	EXPECT("", { "env NEAR_BOOT_NODES", "\"" PUBLIC "@near.mpc.local:24567\"" });
	EXPECT("", { "env NEAR_BOOT_NODES", "{\"Fn::Join\": [\"\", [\"" PUBLIC
					    "@\", {\"Fn::ImportValue\": \"h\"}, \":24567\"]]}" });
}

TEST(check_a, a_variable_that_is_missing_or_misspelt_is_a05)
{
	EXPECT("FAIL A05", { "env MPC_HOME_DIR", NULL });
	EXPECT("FAIL A05", { "rename MPC_CONTRACT_ID", "\"MPC_CONTRACT\"" });
	EXPECT("", { "env MPC_HOME_DIR", NULL },
	       { "container EnvironmentFiles",
		 "[{\"Type\": \"s3\", \"Value\": \"arn:aws:s3:::b/e.env\"}]" });
	EXPECT("", { "env MPC_RESPONDER_ID", NULL });
}

TEST(check_a, near_rpc_url_is_due_for_the_built_in_node_only)
{
	EXPECT("FAIL A05", { "env NEAR_RPC_URL", NULL });
	EXPECT_IN("3.1", "", { "env NEAR_RPC_URL", NULL });
	EXPECT_IN("current", "", { "env NEAR_RPC_URL", NULL });
}

TEST(check_a, a_home_beside_the_volume_is_a06)
{
	EXPECT("FAIL A06", { "env MPC_HOME_DIR", "\"/database\"" });
	EXPECT("FAIL A06", { "env MPC_HOME_DIR", "\"\"" });
	EXPECT("", { "env MPC_HOME_DIR", "\"/data/node\"" });
}

TEST(check_a, an_account_id_against_the_grammar_is_a07)
{
	EXPECT("FAIL A07", { "env MPC_ACCOUNT_ID", "\"Node.0\"" });
	EXPECT("FAIL A07", { "env MPC_CONTRACT_ID", "\"\"" });
	EXPECT("", { "env MPC_ACCOUNT_ID", "\"other_node-0.node0\"" });
}

TEST(check_a, a_variable_that_nobody_reads_is_a08)
{
	EXPECT("WARN A08", { "env MPC_CONTRCT", "\"x\"" });
	EXPECT("", { "env AWS_EC2_METADATA_DISABLED", "\"true\"" },
	       { "env RUST_MIN_STACK", "\"1\"" });
}

TEST(check_a, a_peer_port_with_another_use_is_a10)
{
	EXPECT("FAIL A10", { "env MPC_LOCAL_ADDRESS", "\"node-0.mpc.local:8080\"" });
	EXPECT("", { "env MPC_LOCAL_ADDRESS", "\"node-0.mpc.local:80\"" });
}

TEST(check_a, a_peer_port_that_no_group_opens_is_a09)
{
	EXPECT("FAIL A09", { "env MPC_LOCAL_ADDRESS", "\"node-0.mpc.local:3999\"" });
}

TEST(check_a, two_tasks_under_one_account_are_a12)
{
	EXPECT("FAIL A12", { "service DesiredCount", "2" });
	EXPECT("FAIL A12", { "env MPC_ACCOUNT_ID", "\"mpc-node-1.node0\"" });
	EXPECT("", { "service DesiredCount", NULL });
}

TEST(check_a, a_health_check_of_health_alone_is_a14)
{
	EXPECT("WARN A14", { "container HealthCheck",
			     "{\"Command\": [\"CMD-SHELL\", \"curl -f localhost:8080/health\"]}" });
	EXPECT("", { "container HealthCheck",
		     "{\"Command\": [\"CMD-SHELL\", \"curl -f localhost:8080/metrics\"]}" });
}

TEST(check_a, no_init_process_is_a16_for_the_image_whose_shell_is_process_1)
{
	EXPECT("WARN A16", { "container LinuxParameters", NULL });
	EXPECT_IN("3.1", "WARN A16", { "container LinuxParameters", NULL });
	EXPECT_IN("current", "", { "container LinuxParameters", NULL });
	EXPECT_IN("3.1", "", { "container StopTimeout", "60" });
}

TEST(check_a, few_open_files_are_a17)
{
	EXPECT("WARN A17",
	       { "container Ulimits",
		 "[{\"Name\": \"nofile\", \"SoftLimit\": 1024, \"HardLimit\": 4096}]" });
	EXPECT("", { "container Ulimits",
		     "[{\"Name\": \"nofile\", \"SoftLimit\": 65536, \"HardLimit\": 100000}]" });
}

TEST(check_a, a_small_task_is_a18)
{
	EXPECT("FAIL A18", { "task Cpu", "\"256\"" }, { "task Memory", "\"512\"" });
	EXPECT("WARN A18", { "task Memory", "\"2048\"" });
	EXPECT("", { "task Cpu", "\"1 vCPU\"" }, { "task Memory", "\"4 GB\"" });
}

TEST(check_a, another_command_or_directory_is_a19)
{
	EXPECT("FAIL A19", { "container WorkingDirectory", "\"/data\"" });
	EXPECT("FAIL A19", { "container Command", "[\"/app/mpc-node\", \"start\"]" });
	EXPECT("", { "container WorkingDirectory", "\"/app\"" },
	       { "container Command", "[\"/app/start.sh\"]" });
}

TEST(check_a, a_variable_in_both_lists_is_a21)
{
	EXPECT("FAIL A21", { "env MPC_ACCOUNT_SK", "\"x\"" });
}

TEST(check_a, a_name_that_no_shell_reads_is_a22)
{
	EXPECT("FAIL A22", { "rename MPC_ENV", "\"1MPC_ENV\"" });
	EXPECT("WARN A22", { "env my-label", "\"x\"" });
}

/* ---- group B
 * ------------------------------------------------------------------------------------------------
 */

TEST(check_b, a_placeholder_is_b01)
{
	EXPECT("FAIL B01", { "secret MPC_ACCOUNT_SK", OBJECT("REPLACE_WITH_REAL_KEY") });
	EXPECT("FAIL B01",
	       { "secret MPC_ACCOUNT_SK", "{\"GenerateSecretString\": {\"SecretStringTemplate\": "
					  "\"{\\\"key\\\":\\\"ed25519:PLACEHOLDER\\\"}\", "
					  "\"GenerateStringKey\": \"nonce\"}}" });
	EXPECT("", { "secret MPC_ACCOUNT_SK", OBJECT("REPLACE_WITH_REAL_KEY") },
	       { "service DesiredCount", "0" });
}

TEST(check_b, a_secret_that_nothing_fills_is_b02)
{
	EXPECT("FAIL B02", { "secret MPC_ACCOUNT_SK", "{}" });
}

TEST(check_b, a_store_key_of_other_letters_is_b03)
{
	EXPECT("FAIL B03",
	       { "secret MPC_SECRET_STORE_KEY",
		 "{\"GenerateSecretString\": {\"PasswordLength\": 32}}" },
	       { "key MPC_SECRET_STORE_KEY", "\"\"" });
	EXPECT("FAIL B03",
	       { "secret MPC_SECRET_STORE_KEY", OBJECT("any-text-with-32-characters-in-it") });
	EXPECT("",
	       { "secret MPC_SECRET_STORE_KEY",
		 "{\"GenerateSecretString\": {\"PasswordLength\": 32, \"ExcludePunctuation\": "
		 "true, "
		 "\"RequireEachIncludedType\": false, \"ExcludeCharacters\": "
		 "\"ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ\"}}" },
	       { "key MPC_SECRET_STORE_KEY", "\"\"" });
}

TEST(check_b, a_store_key_of_another_length_is_b04)
{
	EXPECT("FAIL B04", { "secret MPC_SECRET_STORE_KEY", OBJECT(HEX_64) });
	EXPECT("WARN B21", { "secret MPC_SECRET_STORE_KEY", OBJECT("0123456789abcdef0123456789ABCDEF") });
}

TEST(check_b, hexadecimal_for_base58_is_b05)
{
	EXPECT("FAIL B05", { "secret MPC_ACCOUNT_SK", OBJECT("ed25519:" HEX_64) });
	EXPECT("FAIL B05", { "secret MPC_ACCOUNT_SK", OBJECT(HEX_64) });
}

TEST(check_b, a_key_without_prefix_or_half_a_key_is_b06)
{
	EXPECT("FAIL B06",
	       { "secret MPC_ACCOUNT_SK", OBJECT("GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF") });
	EXPECT("FAIL B06", { "secret MPC_ACCOUNT_SK", OBJECT(PUBLIC) });
}

TEST(check_b, a_right_pair_is_no_fault_but_in_clear)
{
	EXPECT("WARN B21", { "secret MPC_ACCOUNT_SK", OBJECT(PAIR) });
}

TEST(check_b, an_object_without_a_key_is_b07_and_a_key_without_an_object_b08)
{
	EXPECT("FAIL B07", { "key MPC_ACCOUNT_SK", "\"\"" });
	EXPECT("FAIL B08", { "secret MPC_SECRET_STORE_KEY",
			     "{\"SecretString\": \"0123456789abcdef0123456789abcdef\"}" });
	EXPECT("WARN B21",
	       { "secret MPC_SECRET_STORE_KEY",
		 "{\"SecretString\": \"0123456789abcdef0123456789abcdef\"}" },
	       { "key MPC_SECRET_STORE_KEY", "\"\"" });
}

TEST(check_b, a_key_that_the_object_lacks_is_b09)
{
	EXPECT("FAIL B09", { "key MPC_ACCOUNT_SK", "\":kye::\"" });
}

TEST(check_b, a_selector_with_missing_colons_is_b10)
{
	EXPECT("FAIL B10", { "key MPC_ACCOUNT_SK", "\":key\"" });
	EXPECT("FAIL B10",
	       { "key MPC_ACCOUNT_SK", "\":key:AWSCURRENT:0123456789abcdef0123456789abcdef\"" });
	EXPECT("", { "key MPC_ACCOUNT_SK", "\":key:AWSCURRENT:\"" });
}

TEST(check_b, an_arn_without_its_suffix_is_b11)
{
	/* the role may read the secret that was meant, and not this one */
	EXPECT("FAIL B11",
	       { "from MPC_ACCOUNT_SK",
		 "\"arn:aws:secretsmanager:eu-central-1:111122223333:secret:mpc/account\"" });
	EXPECT("", { "from MPC_ACCOUNT_SK", "\"arn:aws:secretsmanager:eu-central-1:111122223333:"
					    "secret:mpc/one-a1B2c3:key::\"" });
}

TEST(check_b, white_space_around_a_key_is_b12)
{
	EXPECT("FAIL B12",
	       { "secret MPC_SECRET_STORE_KEY", OBJECT("0123456789abcdef0123456789abcdef\\\\n") });
}

TEST(check_b, an_empty_value_is_b25)
{
	EXPECT("FAIL B25", { "secret MPC_ACCOUNT_SK", OBJECT("") });
}

TEST(check_b, halves_of_two_pairs_are_b23)
{
	/* one character of the private half is another; the last 32 bytes stay */
	OWN(json) json_t *document = good(), *result = NULL;
	OWN(str) char *changed = str_dup(OBJECT(PAIR)), *first = NULL;

	strstr(changed, "4jxDVv")[1] = 'k';
	edit(document, "secret MPC_ACCOUNT_SK", changed);
	result = run(document, NULL, NULL);
	first = first_of(result);
	CHECK_STR(first, "FAIL B23");
}

TEST(check_b, secrets_that_are_called_the_other_way_round_are_b18)
{
	OWN(json) json_t *document = good(), *result = NULL, *kept = NULL;
	json_t *list = json_list(container(document, 0), "Secrets");
	OWN(str) char *first = NULL;

	kept = json_deep_copy(json_object_get(json_array_get(list, 0), "ValueFrom"));
	json_object_set(json_array_get(list, 0), "ValueFrom",
			json_object_get(json_array_get(list, 1), "ValueFrom"));
	json_object_set(json_array_get(list, 1), "ValueFrom", kept);
	result = run(document, NULL, NULL);
	first = first_of(result);
	CHECK_STR(first, "FAIL B18");
}

TEST(check_b, one_secret_for_two_nodes_is_b19)
{
	OWN(json) json_t *document = good(), *result = NULL;
	OWN(str) char *first = NULL;

	json_object_set(
		json_array_get(json_list(container(document, 0), "Secrets"), 0), "ValueFrom",
		json_object_get(json_array_get(json_list(container(document, 1), "Secrets"), 0),
				"ValueFrom"));
	result = run(document, NULL, NULL);
	first = first_of(result);
	CHECK_STR(first, "FAIL B19");
}

TEST(check_b, no_backup_key_on_a_public_chain_is_b24)
{
	OWN(json) json_t *document = good(), *result = NULL;
	json_t *one;
	size_t i;
	bool found = false;

	edit(document, "env MPC_ENV", "\"testnet\"");
	result = run(document, NULL, NULL);
	json_array_foreach(json_list(result, "findings"), i, one)
		found = found || str_eq(json_str(one, "fault"), "B24");
	CHECK(found);
}

/* ---- group H
 * -----------------------------------------------------------------------------------------------------
 */

TEST(check_h, a_private_key_among_the_boot_nodes_is_h22)
{
	OWN(json) json_t *document = good(), *result = NULL;
	json_t *one;
	size_t i;
	bool found = false;

	edit(document, "env NEAR_BOOT_NODES", "\"" PAIR "@10.0.2.100:24567\"");
	result = run(document, NULL, NULL);
	json_array_foreach(json_list(result, "findings"), i, one)
		found = found || str_eq(json_str(one, "fault"), "H22");
	CHECK(found);
}

TEST(check_h, more_bytes_than_a_secret_takes_are_h21)
{
	OWN(str) char *many = mem_new(70001, 1);
	OWN(str) char *value = NULL;

	memset(many, 'a', 70000);
	value = str_printf("{\"SecretString\": \"%s\"}", many);
	EXPECT("FAIL H21", { "secret MPC_ACCOUNT_SK", value });
}

/* ---- the run
 * ---------------------------------------------------------------------------------------------------------
 */

TEST(check_run, the_good_template_has_nothing_wrong_in_any_profile)
{
	static const char *const profiles[] = { "built-in", "3.1", "current" };

	for (size_t i = 0; i < 3; i++)
		EXPECT_IN(profiles[i], "", { "service DesiredCount", "1" });
}

TEST(check_run, a_value_never_stands_in_a_finding)
{
	OWN(json) json_t *document = good(), *result = NULL;
	OWN(str) char *text = NULL;

	edit(document, "secret MPC_ACCOUNT_SK", OBJECT("REPLACE_ME_hunter2"));
	edit(document, "env MPC_P2P_PRIVATE_KEY", "\"" PAIR "\"");
	result = run(document, NULL, NULL);
	text = json_text(result);
	CHECK(!strstr(text, "hunter2"));
	CHECK(!strstr(text, "4jxDVvXm"));
}

TEST(check_run, rules_have_ids_names_and_texts_of_their_own)
{
	size_t count;
	const struct check_rule *const *all = check_rules(&count);

	CHECK(count >= 40);
	for (size_t i = 0; i < count; i++) {
		CHECK(check_rule(all[i]->id) == all[i]);
		CHECK(check_rule(all[i]->name) == all[i]);
		CHECK(all[i]->step && all[i]->symptom && all[i]->cause && all[i]->remedy);
		CHECK(all[i]->distance);
		CHECK(all[i]->run || all[i]->id[0] == 'T'); /* T: of the input, not of a run */
	}
	CHECK(check_rule("Z99") == NULL);
}

TEST(check_run, assignments_are_the_allowed_values_that_conditions_read)
{
	static const char text[] =
		"{\"Parameters\":{\"Stage\":{\"Type\":\"String\",\"AllowedValues\":[\"a\",\"b\"]},"
		"\"Other\":{\"Type\":\"String\",\"AllowedValues\":[\"x\",\"y\"]}},"
		"\"Conditions\":{\"IsA\":{\"Fn::Equals\":[{\"Ref\":\"Stage\"},\"a\"]}},"
		"\"Resources\":{\"T\":{\"Type\":\"AWS::SNS::Topic\",\"Condition\":\"IsA\"}}}";
	struct template *list[1] = { NULL };
	OWN(json) json_t *all = NULL, *given = json_pack("{s:s}", "Stage", "b"), *one = NULL;
	struct err err = { 0 };

	CHECK_OK(template_parse("t", text, strlen(text), &list[0], &err), err);
	all = check_assignments(list, 1, NULL);
	CHECK_INT(json_array_size(all), 2);
	CHECK_STR(json_str(json_array_get(all, 1), "Stage"), "b");
	one = check_assignments(list, 1, given);
	CHECK_INT(json_array_size(one), 1);
	template_free(list[0]);
}

TEST(check_run, merged_findings_name_the_assignment_that_not_all_share)
{
	OWN(json)
	json_t *a = json_loads("{\"findings\":[{\"verdict\":\"WARN\",\"step\":\"latent\"},"
			       "{\"verdict\":\"FAIL\",\"step\":\"entry\",\"fault\":\"A01\"}],"
			       "\"tasks\":[{\"service\":\"S\",\"steps\":[{\"step\":\"entry\","
			       "\"verdict\":\"FAIL\",\"faults\":[\"A01\"]}]}]}",
			       0, NULL);
	OWN(json)
	json_t *b = json_loads("{\"findings\":[{\"verdict\":\"WARN\",\"step\":\"latent\"}],"
			       "\"tasks\":[{\"service\":\"S\",\"steps\":[{\"step\":\"entry\","
			       "\"verdict\":\"PASS\",\"faults\":[]}]}]}",
			       0, NULL);
	OWN(json)
	json_t *merged = check_merge((const json_t *const[]){ b, a },
				     (const char *const[]){ "one", "two" }, 2);
	const json_t *findings = json_list(merged, "findings");

	CHECK_INT(json_array_size(findings), 2);
	CHECK_STR(json_str(json_array_get(findings, 0), "fault"), "A01");
	CHECK_STR(json_str(json_array_get(findings, 0), "assignment"), "two");
	CHECK(json_str(json_array_get(findings, 1), "assignment") == NULL);
	CHECK_STR(json_string_value(json_path(merged, "tasks.0.steps.0.verdict")), "FAIL");
}
