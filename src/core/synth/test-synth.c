#include "core/synth/synth.h"

#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/str.h"
#include "base/test.h"

#define BOOT "ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF@10.0.2.100:24567"
#define TESTNET                                                                                    \
	"name: mpc-testnet\nchain: testnet\ncontract: signer.mpc.testnet\nboot_nodes: " BOOT       \
	"\nimage: ${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/mpc-node:3.2.0\n"     \
	"vpc: {id: vpc-0123456789abcdef0, private_subnets: [subnet-01234567, subnet-89abcdef]}\n"  \
	"nodes: [{account: a.testnet, host_name: alpha}, {account: b.testnet, host_name: beta}]\n"

static struct network *network_of(const char *text)
{
	struct network *n = NULL;
	struct err err = { 0 };

	CHECK_OK(network_parse("n.yaml", text, strlen(text), &n, &err), err);
	return n;
}

static char *text_of(const char *text, enum synth_format format)
{
	OWN(network) struct network *n = network_of(text);
	char *template = NULL;
	struct err err = { 0 };

	CHECK_OK(synth_network(n, format, &template, &err), err);
	return template ? template : str_dup("{}");
}

static json_t *template_of(const char *text)
{
	OWN(str) char *template = text_of(text, SYNTH_JSON);
	json_t *j = NULL;
	struct err err = { 0 };

	CHECK_OK(json_parse_text("template", template, strlen(template), &j, &err), err);
	return j;
}

/* ---- golden files
 * --------------------------------------------------------------------------------- */

/* MPCUP_UPDATE_GOLDEN=1 writes them anew. */
static void check_golden(const char *name, const char *text)
{
	OWN(str) char *path = str_printf("tests/golden/synth-%s", name);
	OWN(str) char *full = str_printf("%s/%s", test_source_root(), path);
	OWN(str) char *want = NULL;
	FILE *file;

	if (str_eq(getenv("MPCUP_UPDATE_GOLDEN"), "1")) {
		file = fopen(full, "we");
		CHECK(file && fputs(text, file) >= 0);
		if (file)
			(void)fclose(file);
		return;
	}
	want = test_read_file(path, NULL);
	if (want && strcmp(want, text) != 0)
		test_fail(path, 0, "differs; MPCUP_UPDATE_GOLDEN=1 writes it anew");
}

TEST(synth, templates_are_as_they_were)
{
	OWN(str) char *json = text_of("name: mpc-network\n", SYNTH_JSON);
	OWN(str) char *yaml = text_of("name: mpc-network\n", SYNTH_YAML);
	OWN(str) char *standalone = text_of("name: mpc-network\npattern: standalone\n", SYNTH_JSON);
	OWN(str) char *composed = text_of("name: mpc-network\npattern: composed\n", SYNTH_YAML);
	OWN(str) char *testnet = text_of(TESTNET, SYNTH_JSON);

	check_golden("integrated.json", json);
	check_golden("integrated.yaml", yaml);
	check_golden("standalone.json", standalone);
	check_golden("composed.yaml", composed);
	check_golden("testnet.json", testnet);
}

TEST(synth, base_and_attached_chain_are_as_they_were)
{
	OWN(network) struct network *n = network_of("name: mpc-network\n");
	OWN(str) char *base = NULL, *attached = NULL;
	struct err err = { 0 };

	CHECK_OK(synth_base(n, SYNTH_JSON, &base, &err), err);
	CHECK_OK(synth_attached_chain(0, &attached, &err), err);
	check_golden("base.json", base);
	check_golden("attached.json", attached);
}

TEST(synth, the_same_description_gives_the_same_bytes)
{
	OWN(str) char *first = text_of("name: n\nnodes: 7\n", SYNTH_YAML);
	OWN(str) char *second = text_of("name: n\nnodes: 7\n", SYNTH_YAML);

	CHECK_STR(second, first);
}

/* ---- YAML says the same as JSON
 * --------------------------------------------------------------------- */

static json_t *scalar_value(const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;
	int64_t number;

	if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return json_string(text);
	if (!strcmp(text, "true") || !strcmp(text, "false"))
		return json_boolean(*text == 't');
	if (num_parse_i64(text, INT64_MIN + 1, INT64_MAX, &number) == 0)
		return json_integer(number);
	return json_string(text);
}

static json_t *node_value(yaml_document_t *d, const yaml_node_t *node)
{
	json_t *value;

	if (node->type == YAML_SCALAR_NODE)
		return scalar_value(node);
	value = node->type == YAML_MAPPING_NODE ? json_object() : json_array();
	if (node->type == YAML_SEQUENCE_NODE)
		for (yaml_node_item_t *i = node->data.sequence.items.start;
		     i < node->data.sequence.items.top; i++)
			json_array_append_new(value, node_value(d, yaml_document_get_node(d, *i)));
	else
		for (yaml_node_pair_t *p = node->data.mapping.pairs.start;
		     p < node->data.mapping.pairs.top; p++)
			json_object_set_new(
				value,
				(const char *)yaml_document_get_node(d, p->key)->data.scalar.value,
				node_value(d, yaml_document_get_node(d, p->value)));
	return value;
}

static void check_yaml(const char *text)
{
	OWN(str) char *yaml = text_of(text, SYNTH_YAML);
	OWN(json) json_t *want = template_of(text);
	OWN(json) json_t *got = NULL;
	yaml_parser_t parser;
	yaml_document_t document;

	CHECK(yaml_parser_initialize(&parser));
	yaml_parser_set_input_string(&parser, (const unsigned char *)yaml, strlen(yaml));
	if (!yaml_parser_load(&parser, &document)) {
		test_fail(__FILE__, __LINE__, "line %zu: %s", parser.problem_mark.line + 1,
			  parser.problem);
	} else {
		got = node_value(&document, yaml_document_get_root_node(&document));
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	CHECK(json_equal(got, want));
}

TEST(synth, yaml_and_json_say_the_same)
{
	check_yaml("name: mpc-network\n");
	check_yaml("name: mpc-network\npattern: composed\n");
	check_yaml(TESTNET);
}

/* ---- references
 * ---------------------------------------------------------------------------------------- */

static void check_name(const json_t *template, const char *name, const char *where)
{
	if (!str_starts(name, "AWS::") && !json_path(json_map(template, "Resources"), name) &&
	    !json_object_get(json_map(template, "Parameters"), name))
		test_fail(__FILE__, __LINE__, "%s refers to %s, which is not there", where, name);
}

static void check_sub(const json_t *template, const char *text, const char *where)
{
	for (const char *at = strstr(text, "${"); at; at = strstr(at + 2, "${")) {
		OWN(str) char *name = str_dup_n(at + 2, strcspn(at + 2, "}"));

		check_name(template, name, where);
	}
}

static void check_references(const json_t *template, const json_t *value, const char *where)
{
	const char *key, *text;
	json_t *member;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)value, i, member)
		check_references(template, member, where);
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		text = json_string_value(member);
		if (!strcmp(key, "Ref"))
			check_name(template, text, where);
		else if (!strcmp(key, "Fn::GetAtt"))
			check_name(template, json_string_value(json_array_get(member, 0)), where);
		else if (!strcmp(key, "Fn::Sub"))
			check_sub(template, text, where);
		else
			check_references(template, member, where);
	}
}

static void check_template(const char *text)
{
	OWN(json) json_t *template = template_of(text);
	const char *logical, *parameter;
	json_t *resource, *unused;
	OWN(str) char *all = json_text(template);

	json_object_foreach(json_map(template, "Resources"), logical, resource)
	{
		json_t *names = json_list(resource, "DependsOn");

		check_references(template, json_map(resource, "Properties"), logical);
		for (size_t i = 0; i < json_array_size(names); i++)
			check_name(template, json_string_value(json_array_get(names, i)), logical);
	}
	check_references(template, json_map(template, "Outputs"), "Outputs");
	json_object_foreach(json_map(template, "Parameters"), parameter, unused)
	{
		OWN(str) char *ref = str_printf("\"Ref\":\"%s\"", parameter);
		OWN(str) char *sub = str_printf("${%s}", parameter);

		if (!strstr(all, ref) && !strstr(all, sub))
			test_fail(__FILE__, __LINE__, "parameter %s is not used", parameter);
	}
}

TEST(synth, everything_that_is_named_is_there_and_every_parameter_is_used)
{
	check_template("name: mpc-network\n");
	check_template("name: mpc-network\npattern: standalone\n");
	check_template("name: mpc-network\npattern: standalone\nboot_nodes: " BOOT "\n");
	check_template("name: mpc-network\npattern: composed\n");
	check_template(TESTNET);
}

/* ---- what the parts must say
 * ----------------------------------------------------------------------------- */

static const json_t *variable(const json_t *template, const char *name)
{
	const json_t *list = json_path(
		template, "Resources.Node0Task.Properties.ContainerDefinitions.0.Environment");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (str_eq(json_str(json_array_get(list, i), "Name"), name))
			return json_object_get(json_array_get(list, i), "Value");
	return NULL;
}

static void check_variable(const json_t *template, const char *name, const char *want)
{
	OWN(str) char *got = json_text(variable(template, name));

	CHECK_STR(got, want);
}

TEST(synth, an_explicit_value_wins_over_an_import_and_an_import_over_a_default)
{
	OWN(json) json_t *imported = template_of("name: n\n");
	OWN(json)
	json_t *given = template_of("name: n\nchain: localnet\ncontract: c.test.near\n"
				    "boot_nodes: " BOOT "\nrpc_url: http://rpc:3030\n");

	check_variable(imported, "MPC_ENV",
		       "{\"Fn::ImportValue\":{\"Fn::Sub\":\"${NearStack}-NearNetworkId\"}}");
	check_variable(imported, "MPC_CONTRACT_ID",
		       "{\"Fn::ImportValue\":{\"Fn::Sub\":\"${NearStack}-MpcContractId\"}}");
	check_variable(imported, "NEAR_BOOT_NODES",
		       "{\"Fn::ImportValue\":{\"Fn::Sub\":\"${NearStack}-NearBootNodes\"}}");
	check_variable(imported, "NEAR_RPC_URL",
		       "{\"Fn::ImportValue\":{\"Fn::Sub\":\"${NearStack}-NearRpcUrl\"}}");
	CHECK_STR(json_str(json_path(imported, "Parameters.NearStack"), "Default"), "near-base");
	check_variable(given, "MPC_ENV", "\"mpc-localnet\"");
	check_variable(given, "MPC_CONTRACT_ID", "\"c.test.near\"");
	check_variable(given, "NEAR_BOOT_NODES", "\"" BOOT "\"");
	check_variable(given, "NEAR_RPC_URL", "\"http://rpc:3030\"");
}

TEST(synth, a_standalone_network_asks_for_the_chain_it_is_not_told)
{
	OWN(json) json_t *asks = template_of("name: n\npattern: standalone\n");
	OWN(json)
	json_t *told = template_of("name: n\npattern: standalone\nboot_nodes: " BOOT "\n");

	check_variable(asks, "NEAR_BOOT_NODES", "{\"Ref\":\"NearBootNodes\"}");
	CHECK(!json_object_get(json_path(asks, "Parameters.NearBootNodes"), "Default"));
	check_variable(told, "NEAR_RPC_URL", "\"http://10.0.2.100:3030\"");
	CHECK(!json_path(told, "Parameters.NearBootNodes"));
	CHECK_STR(json_str(json_path(told, "Resources.PrivateSubnetA.Properties"), "CidrBlock"),
		  "10.0.2.0/24");
}

TEST(synth, a_service_waits_for_what_its_task_needs)
{
	OWN(json) json_t *composed = template_of("name: n\npattern: composed\n");
	OWN(str) char *waits = json_text(json_path(composed, "Resources.Node0.DependsOn"));
	const json_t *deployment =
		json_path(composed, "Resources.Node0.Properties.DeploymentConfiguration");

	CHECK_STR(waits, "[\"MountTargetA\",\"MountTargetB\",\"PrivateDefault\",\"PrivateRoutesA\","
			 "\"PrivateRoutesB\",\"NodeFromNodes80\",\"NodeFromNodes3030\","
			 "\"NodeFromNodes8080\",\"NodeFromNodes24567\",\"Near\"]");
	CHECK_INT(json_int_or(deployment, "MinimumHealthyPercent", -1), 0);
	CHECK_INT(json_int_or(deployment, "MaximumPercent", -1), 100);
	CHECK_STR(json_str(json_path(composed, "Resources.Node0.Properties"),
			   "AvailabilityZoneRebalancing"),
		  "DISABLED");
}

TEST(synth, public_chains_get_a_backup_key_and_keep_what_holds_key_shares)
{
	OWN(json) json_t *local = template_of("name: n\n");
	OWN(json) json_t *testnet = template_of(TESTNET);

	CHECK(!json_path(local, "Resources.Node0BackupSecret"));
	CHECK_STR(json_str(json_path(local, "Resources.Storage"), "DeletionPolicy"), "Delete");
	CHECK(json_path(testnet, "Resources.Node1BackupSecret") != NULL);
	CHECK_STR(json_str(json_path(testnet, "Resources.Storage"), "DeletionPolicy"), "Retain");
	CHECK_STR(json_str(json_path(testnet, "Resources.Node0StoreSecret"), "DeletionPolicy"),
		  "Retain");
	check_variable(testnet, "MPC_ENV", "\"testnet\"");
	check_variable(testnet, "MPC_LOCAL_ADDRESS", "\"alpha.mpc.local\"");
	CHECK_STR(json_str(json_path(testnet, "Resources.MountTargetB.Properties"), "SubnetId"),
		  "subnet-89abcdef");
	CHECK(json_path(testnet, "Resources.Node0Task.Properties.ContainerDefinitions.0.Image") !=
	      NULL);
}

TEST(synth, another_peer_port_is_in_every_place)
{
	OWN(json) json_t *t = template_of("name: n\npeer_port: 3001\n");

	check_variable(t, "MPC_LOCAL_ADDRESS", "\"node-0.mpc.local:3001\"");
	CHECK(json_path(t, "Resources.NodeFromNodes3001") != NULL);
	CHECK_INT(json_int_or(json_path(t, "Resources.Node0Task.Properties.ContainerDefinitions.0."
					   "PortMappings.0"),
			      "ContainerPort", 0),
		  3001);
}

TEST(synth, no_key_is_in_a_template_and_key_parameters_do_not_echo)
{
	OWN(json) json_t *t = template_of("name: n\npattern: composed\n");
	static const char *const names[] = { "Node0AccountKey", "Node2PeerKey", "NodeKey" };

	for (size_t i = 0; i < 3; i++) {
		const json_t *p = json_object_get(json_map(t, "Parameters"), names[i]);

		CHECK(json_bool_or(p, "NoEcho", false));
		CHECK(json_str(p, "AllowedPattern") && !json_object_get(p, "Default"));
	}
}

TEST(synth, a_template_that_aws_would_refuse_for_its_size_is_not_written)
{
	OWN(network) struct network *large = network_of("name: n\nnodes: 100\n");
	OWN(network) struct network *fits = network_of("name: n\nnodes: 55\n");
	OWN(str) char *text = NULL;
	struct err err = { 0 };

	CHECK_INT(synth_network(large, SYNTH_JSON, &text, &err), -1);
	CHECK(strstr(err.text, "a CloudFormation template has at most 500") != NULL);
	CHECK(!text);
	CHECK_OK(synth_network(fits, SYNTH_JSON, &text, &err), err);
	CHECK(text && strlen(text) < 1000000);
}
