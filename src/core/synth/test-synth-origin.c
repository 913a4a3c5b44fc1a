/* From the template back to network.yaml. */
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/synth/synth.h"

#define BOOT "ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF@10.0.2.100:24567"
#define STANDALONE "name: net\npattern: standalone\nboot_nodes: " BOOT "\n"

static struct network *network_of(const char *text)
{
	struct network *n = NULL;
	struct err err = { 0 };

	CHECK_OK(network_parse("n.yaml", text, strlen(text), &n, &err), err);
	return n;
}

static json_t *template_of(const struct network *n, bool base)
{
	OWN(str) char *text = NULL;
	json_t *j = NULL;
	struct err err = { 0 };

	CHECK_OK(base ? synth_base(n, SYNTH_JSON, &text, &err)
		      : synth_network(n, SYNTH_JSON, &text, &err),
		 err);
	CHECK_OK(json_parse_text("t", text ? text : "", text ? strlen(text) : 0, &j, &err), err);
	return j;
}

static void leads_to(const struct network *n, const char *pointer, const char *want)
{
	OWN(str) char *got = synth_origin(n, pointer);

	if (!str_eq(got, want))
		test_fail(__FILE__, __LINE__, "%s: %s, not %s", pointer, got ? got : "nothing",
			  want ? want : "nothing");
}

static const char *wanted(const char *variable, bool imported)
{
	static const struct {
		const char *variable, *given, *imported;
	} table[] = {
		{ "MPC_ENV", "/chain", "/base_stack" },
		{ "MPC_ACCOUNT_ID", "/nodes/1/account", "/nodes/1/account" },
		{ "MPC_RESPONDER_ID", "/nodes/1/account", "/nodes/1/account" },
		{ "MPC_CONTRACT_ID", "/contract", "/base_stack" },
		{ "MPC_LOCAL_ADDRESS", "/nodes/1/host_name", "/nodes/1/host_name" },
		{ "NEAR_BOOT_NODES", "/boot_nodes", "/base_stack" },
		{ "NEAR_RPC_URL", "/boot_nodes", "/base_stack" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i].variable, variable))
			return imported ? table[i].imported : table[i].given;
	return NULL;
}

static void check_variables(const char *text, bool imported)
{
	OWN(network) struct network *n = network_of(text);
	OWN(json) json_t *template = template_of(n, false);
	const char *path = "Resources.Node1Task.Properties.ContainerDefinitions.0.Environment";
	size_t count = json_array_size(json_path(template, path));

	CHECK(count >= 8);
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_array_get(json_path(template, path), i);
		OWN(str)
		char *pointer = str_printf("/Resources/Node1Task/Properties/ContainerDefinitions/0/"
					   "Environment/%zu/Value",
					   i);

		leads_to(n, pointer, wanted(json_str(one, "Name"), imported));
	}
}

TEST(synth_origin, variables_lead_back_to_the_keys_that_made_them)
{
	check_variables(STANDALONE, false);
	check_variables("name: net\n", true);
}

TEST(synth_origin, properties_lead_back_and_what_nobody_chose_does_not)
{
	OWN(network) struct network *n = network_of(STANDALONE);

	leads_to(n, "/Resources/Node0Task/Properties/Memory", "/memory");
	leads_to(n, "/Resources/Node0Task/Properties/Cpu", "/cpu");
	leads_to(n, "/Resources/Node12Task/Properties/Cpu", "/cpu");
	leads_to(n, "/Resources/Node0Task/Properties/ContainerDefinitions/0/Image", "/image");
	leads_to(n, "/Resources/Node2Name/Properties/Name", "/nodes/2/host_name");
	leads_to(n, "/Resources/Node2Log/Properties/RetentionInDays", "/log_retention_days");
	leads_to(n, "/Resources/Node2PeerSecret/Properties/SecretString", "/keys");
	leads_to(n, "/Resources/Names/Properties/Name", "/namespace");
	leads_to(n, "/Resources/Vpc/Properties/CidrBlock", "/vpc/cidr");
	leads_to(n, "/Resources/PrivateSubnetA/Properties/CidrBlock", "/vpc/cidr");
	leads_to(n, "/Resources/NodeFromNodes80/Properties/FromPort", "/peer_port");
	leads_to(n, "/Parameters/Node0AccountKey/Type", "/keys");
	leads_to(n, "/Resources/NodeFromNodes3030/Properties/FromPort", NULL);
	leads_to(n, "/Resources/Node0Task/Properties/NetworkMode", NULL);
	leads_to(n, "/Resources/Node0Task/Properties/CpuX", NULL);
	leads_to(n, "/Resources/Node0/Properties/DesiredCount", NULL);
	leads_to(n, "/Resources/Node0Task", NULL);
	leads_to(n, "/Outputs/VpcId", NULL);
	leads_to(n, "", NULL);
}

TEST(synth_origin, a_vpc_that_exists_leads_back_to_its_ids)
{
	OWN(network)
	struct network *n = network_of("name: net\npattern: standalone\nboot_nodes: " BOOT
				       "\nvpc: {id: vpc-01234567, private_subnets: [subnet-01234567]}\n");

	leads_to(n, "/Resources/NodeGroup/Properties/VpcId", "/vpc/id");
	leads_to(n, "/Resources/Names/Properties/Vpc", "/vpc/id");
	leads_to(n, "/Resources/MountTargetA/Properties/SubnetId", "/vpc/private_subnets");
	leads_to(n, "/Resources/Node0/Properties/NetworkConfiguration/AwsvpcConfiguration/Subnets/0",
		 "/vpc/private_subnets");
}

static void remedy_is(const struct network *n, const char *origin, const char *want)
{
	OWN(str) char *got = synth_origin_remedy(n, origin);

	CHECK_STR(got ? got : "none", want);
}

TEST(synth_origin, a_remedy_is_network_yaml_text_and_a_change)
{
	OWN(network)
	struct network *n = network_of(STANDALONE "memory: 8192\nimage: nearone/mpc-node:latest\n"
						  "peer_port: 81\nnodes: [{account: a.test.near, "
						  "host_name: a}, {account: b.test.near}]\n");

	remedy_is(n, "/memory", "memory: 4096");
	remedy_is(n, "/cpu", "none");
	remedy_is(n, "/image", "image: nearone/mpc-node:3.2.0");
	remedy_is(n, "/peer_port", "peer_port: 80");
	remedy_is(n, "/namespace", "none");
	remedy_is(n, "/nodes/0/host_name", "host_name: node-0");
	remedy_is(n, "/nodes/1/host_name", "none");
	remedy_is(n, "/nodes/1/account", "account: mpc-node-1.test.near");
	remedy_is(n, "/nodes/9/account", "none");
	remedy_is(n, "/keys", "none");
}

TEST(synth_suppress, entries_go_to_the_resources_they_may_be_about)
{
	OWN(network)
	struct network *n = network_of("name: net\nsuppress: [{fault: D25, reason: it's \"lost\"}]\n"
				       "nodes:\n  - {account: a.test.near}\n  - account: b.test.near\n"
				       "    suppress: [{fault: F06, reason: x}]\n");
	OWN(json) json_t *template = template_of(n, false), *base = template_of(n, true);
	const char *node = "Resources.Node1Task.Metadata.mpcup.suppress.1.origin";

	CHECK_STR(json_string_value(json_path(template, "Metadata.mpcup.suppress.0.reason")),
		  "it's \"lost\"");
	CHECK_STR(json_string_value(json_path(base, "Resources.Vpc.Metadata.mpcup.suppress.0.fault")),
		  "D25");
	CHECK_STR(json_string_value(json_path(template, node)), "/nodes/1/suppress/0");
	CHECK(!json_path(template, "Resources.Node0Task.Metadata.mpcup.suppress.1"));
	CHECK(!json_path(template, "Resources.NodeGroup.Metadata.mpcup.suppress.1"));
	leads_to(n, "/Resources/Node1Task/Metadata/mpcup/suppress/1", "/nodes/1/suppress/0");
	leads_to(n, "/Resources/Node1Task/Metadata/mpcup/suppress/0", "/suppress/0");
	leads_to(n, "/Metadata/mpcup/suppress/0", "/suppress/0");
}
