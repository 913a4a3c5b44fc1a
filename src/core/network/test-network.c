#include "core/network/network.h"

#include <string.h>

#include "base/str.h"
#include "base/test.h"

#define BOOT "ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF@10.0.2.100:24567"

static struct network *good(const char *text)
{
	struct network *n = NULL;
	struct err err = { 0 };

	CHECK_OK(network_parse("n.yaml", text, strlen(text), &n, &err), err);
	return n;
}

static void bad(const char *text, const char *want)
{
	struct network *n = NULL;
	struct err err = { 0 };

	CHECK_INT(network_parse("n.yaml", text, strlen(text), &n, &err), -1);
	CHECK_STR(err.text, want);
	network_free(n);
}

static void bad_starts(const char *text, const char *want)
{
	struct network *n = NULL;
	struct err err = { 0 };

	CHECK_INT(network_parse("n.yaml", text, strlen(text), &n, &err), -1);
	if (!str_starts(err.text, want))
		CHECK_STR(err.text, want);
	network_free(n);
}

TEST(network, a_name_is_enough_for_three_nodes_on_a_local_chain)
{
	OWN(network) struct network *n = good("name: net\n");

	CHECK_INT(n->node_count, 3);
	CHECK_INT(n->pattern, NETWORK_INTEGRATED);
	CHECK_STR(n->base_stack, "near-base");
	CHECK_STR(n->chain, "localnet");
	CHECK(!n->chain_given && !n->contract_given);
	CHECK_STR(n->mpc_env, "mpc-localnet");
	CHECK_STR(n->contract, "mpc-contract.test.near");
	CHECK_STR(n->nodes[2].account, "mpc-node-2.test.near");
	CHECK_STR(n->nodes[2].host_name, "node-2");
	CHECK_STR(n->namespace_name, "mpc.local");
	CHECK_STR(n->cpu, "1024");
	CHECK_STR(n->memory, "4096");
	CHECK_INT(n->threshold, 2);
	CHECK_INT(n->peer_port, 80);
	CHECK_INT(n->log_retention_days, 7);
	CHECK_STR(n->key_directory, "keys");
	CHECK_STR(n->vpc_cidr, "10.0.0.0/16");
}

TEST(network, the_example_is_the_default_network)
{
	OWN(str) char *text = network_example("mpc-network", 10);
	OWN(network) struct network *n = good(text);

	CHECK_STR(n->name, "mpc-network");
	CHECK_INT(n->node_count, 10);
	CHECK_INT(n->threshold, 6);
	CHECK(n->chain_given);
	CHECK(strstr(text, "threshold: 6 ") != NULL);
	CHECK(network_recognise(text, strlen(text)));
}

TEST(network, the_example_of_another_name_has_a_chain_of_its_own)
{
	OWN(str) char *usual = network_example(NULL, 3), *text = network_example("second", 3);
	OWN(network) struct network *first = good(usual), *second = good(text);

	CHECK_STR(first->name, "mpc-network");
	CHECK_STR(first->base_stack, "near-base");
	CHECK_STR(second->base_stack, "second-base");
}

TEST(network, every_key_is_read)
{
	OWN(network)
	struct network *n =
		good("name: net\nchain: testnet\npattern: standalone\ncontract: v1.signer.testnet\n"
		     "rpc_url: https://rpc.testnet.near.org\nboot_nodes:\n  - " BOOT "\n"
		     "image: 1.dkr.ecr.us-east-1.amazonaws.com/mpc-node@sha256:00\n"
		     "vpc:\n  id: vpc-0123456789abcdef0\n  private_subnets: [subnet-01234567, "
		     "subnet-01234568]\n"
		     "namespace: mpc.internal\nthreshold: 3\ncpu: 16384\nmemory: 65536\nkeys: /k\n"
		     "peer_port: 80\nlog_retention_days: 30\nnodes:\n"
		     "  - {account: a.testnet, host_name: alpha}\n  - account: b.testnet\n"
		     "  - account: c.testnet\n");

	CHECK_STR(n->mpc_env, "testnet");
	CHECK_STR(n->boot_nodes, BOOT);
	CHECK_STR(n->vpc_id, "vpc-0123456789abcdef0");
	CHECK_INT(n->private_subnet_count, 2);
	CHECK(!n->vpc_cidr);
	CHECK(!n->base_stack);
	CHECK_STR(n->nodes[0].host_name, "alpha");
	CHECK_STR(n->nodes[1].host_name, "node-1");
	CHECK_STR(n->key_directory, "/k");
	CHECK(n->contract_given);
}

TEST(network, texts_that_yaml_takes_for_something_else_need_quotes_and_numbers_have_none)
{
	static const char *const numbers[] = { "1234", "-1",  "+1.5", "1.",  ".5",   "1e5", "1.5E-3",
					       "0x1f", "0o17", ".inf", "-.Inf", ".NaN", "true", "False" };
	static const char *const texts[] = { "1a", "1e", "1e5x", "0x", "0xg", ".", "-a", "1.2.3", "inf", "truth", "0o8" };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		OWN(str) char *plain = str_printf("name: net\nkeys: %s\n", numbers[i]);
		OWN(str) char *quoted = str_printf("name: net\nkeys: '%s'\n", numbers[i]);
		OWN(network) struct network *n = good(quoted);

		CHECK_STR(n->key_directory, numbers[i]);
		bad_starts(plain, "n.yaml:2:7: keys must be a text; YAML reads ");
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		OWN(str) char *plain = str_printf("name: net\nkeys: %s\n", texts[i]);

		network_free(good(plain));
	}
	bad("name: net\nthreshold: '2'\n", "n.yaml:2:12: threshold must be a number between 2 and 180");
	network_free(good("name: net\ncpu: '1024'\nmemory: 4096\n"));
}

TEST(network, the_schema_has_each_key_with_what_it_is_and_what_goes_without_it)
{
	OWN(json) json_t *schema = network_schema();
	json_t *properties = json_object_get(schema, "properties");

	for (const struct network_key *key = network_keys; key->name; key++) {
		const char *text = json_str(json_object_get(properties, key->name), "description");

		CHECK(text && str_starts(text, key->help));
		CHECK(!key->standard || strstr(text, key->standard) != NULL);
	}
	CHECK_STR(json_string_value(json_array_get(json_object_get(schema, "required"), 0)), "name");
	CHECK(json_is_false(json_object_get(schema, "additionalProperties")));
}

TEST(network, mistakes_in_writing_are_shown_with_their_place)
{
	bad("name: net\nnodse: 3\n",
	    "n.yaml:2:1: the network has no key nodse; did you mean nodes?");
	bad("name: net\nname: x\n", "n.yaml:2:1: name is there twice");
	bad("name: net\nvpc: {cdir: 10.0.0.0/16}\n",
	    "n.yaml:2:7: vpc has no key cdir; did you mean cidr?");
	bad("name: net\nnodes:\n  - acount: a\n  - account: bb\n",
	    "n.yaml:3:5: a node has no key acount; did you mean account?");
	bad("- a\n", "n.yaml:1:1: the network must be a mapping of keys and values");
	bad("", "n.yaml:1:1: the network must be a mapping of keys and values");
	bad("nodes: 3\n", "n.yaml:1:1: name is missing: it becomes the stack's name");
	bad("name:\n", "n.yaml:1:6: name must be a text");
	bad("name: net\nnodes: many\n", "n.yaml:2:8: nodes must be a number between 2 and 180");
	bad("name: net\nchain: betanet\n",
	    "n.yaml:2:8: chain betanet is not one of localnet, testnet or mainnet");
	bad("name: [net\n", "n.yaml:2:1: did not find expected ',' or ']'");
}

TEST(network, accounts_belong_to_the_chain_and_are_different)
{
	bad("name: net\nnodes: [{account: A.test.near}, {account: b.test.near}]\n",
	    "n.yaml:2:19: A.test.near is not a NEAR account id (2 to 64 of a-z 0-9 - _ .)");
	bad("name: net\nnodes: [{account: a.testnet}, {account: b.test.near}]\n",
	    "n.yaml:2:8: account a.testnet is on testnet, the chain of this network is localnet");
	bad("name: net\nnodes: [{account: a.test.near}, {account: a.test.near}]\n",
	    "n.yaml:2:8: two nodes have the account a.test.near");
	bad("name: net\nnodes: [{account: a.test.near}, {account: b.test.n0or}]\n",
	    "n.yaml:2:8: account b.test.n0or is below another root than the contract mpc-contract.test.near: give it a name that ends in .near");
	bad("name: net\nnodes: [{account: a.localnet}, {account: b.localnet}]\n",
	    "n.yaml:2:8: account b.localnet is below another root than the contract mpc-contract.test.near: give it "
	    "a name that ends in .near");
	bad("name: net\nnodes: [{host_name: a}, {host_name: a}]\n",
	    "n.yaml:2:8: two nodes have the host name a");
	bad("name: net\nnodes: [{host_name: A_}, {host_name: a}]\n",
	    "n.yaml:2:21: A_ is not a host name: one label of a-z 0-9 and -, at most 63");
	bad("name: net\nchain: mainnet\ncontract: v1.signer\nboot_nodes: " BOOT "\nnodes: 3\n",
	    "n.yaml:5:8: node 0 has no account: on mainnet list every node with its account");
	bad("name: net\nchain: testnet\nnodes: 3\n",
	    "n.yaml:1:1: contract is missing: on testnet name the account of the signer contract");
}

TEST(network, numbers_fit_the_contract_fargate_and_the_ports)
{
	bad("name: net\nnodes: 4\nthreshold: 2\n", "n.yaml:3:12: threshold 2: the contract wants 3 "
						   "to 4 of 4 nodes (at least 60 percent and "
						   "2)");
	bad("name: net\nthreshold: 4\n", "n.yaml:2:12: threshold 4: the contract wants 2 to 3 of 3 "
					 "nodes (at least 60 percent and 2)");
	bad("name: net\nmemory: 9216\n",
	    "n.yaml:2:9: Fargate has no task of cpu 1024 and memory 9216: with that cpu, memory is "
	    "2048 to 8192 in steps of 1024");
	bad("name: net\ncpu: 1000\n",
	    "n.yaml:2:6: Fargate has no task of cpu 1000: 256, 512, 1024, "
	    "2048, 4096, 8192 or 16384");
	bad("name: net\ncpu: 256\nmemory: 512\n", "n.yaml:3:9: a node on localnet needs at least "
						  "cpu 1024 and memory 2048: it embeds a NEAR "
						  "node");
	bad("name: net\npeer_port: 8080\n",
	    "n.yaml:2:12: peer_port 8080 belongs to the web server");
	bad("name: net\nlog_retention_days: 8\n", "n.yaml:2:21: log_retention_days 8: CloudWatch "
						  "has 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, "
						  "180, 365, 400, 545, 731 and some years more");
	bad("name: net\nvpc: {cidr: 10.0.0.0/26}\nnodes: 10\n",
	    "n.yaml:2:6: vpc.cidr 10.0.0.0/26 has too few addresses for 10 nodes: its subnets are "
	    "/28");
}

TEST(network, boot_nodes_are_what_nearcore_reads)
{
	bad("name: net\nboot_nodes: ''\n", "n.yaml:2:13: boot_nodes is empty");
	bad("name: net\nboot_nodes: ed25519:abc@h:24567\n",
	    "n.yaml:2:13: boot node 1 (@h:24567): the public key is too short");
	bad("name: net\nboot_nodes: GzEU8@h:1\n",
	    "n.yaml:2:13: boot node 1 (@h:1): the key must start with ed25519:");
	bad("name: net\nboot_nodes: ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF@h\n",
	    "n.yaml:2:13: boot node 1 (@h): "
	    "@host:port is missing behind the key");
	bad("name: net\nboot_nodes: [" BOOT ", " BOOT "]\n",
	    "n.yaml:2:13: boot node 2 (@10.0.2.100:24567): its key or address is there twice");
	bad("name: net\nboot_nodes: "
	    "ed25519:5XtyywLpQ4E6CzK2jw4QK6foHuVCNEtE7dq8QspgJTuQhZv1iK8tgBzgg7JFm"
	    "nsmDh1KT6ZhxQc7uYwo7hYkXYDV@h:24567\n",
	    "n.yaml:2:13: boot node 1 (@h:24567): this is a secret key's length; a boot node has "
	    "the "
	    "public key");
	bad("name: net\npattern: standalone\nvpc: {cidr: 10.9.0.0/16}\nboot_nodes: " BOOT "\n",
	    "n.yaml:4:13: boot node 10.0.2.100 is a private address outside the network's VPC "
	    "10.9.0.0/16");
}

TEST(network, patterns_do_not_mix)
{
	bad("name: net\npattern: standalone\nbase_stack: b\n",
	    "n.yaml:3:13: base_stack is for the integrated pattern only");
	bad("name: net\nbase_stack: net\n",
	    "n.yaml:2:13: base_stack is the network's own name; it is another stack");
	bad("name: net\npattern: composed\nboot_nodes: " BOOT "\n",
	    "n.yaml:3:13: the composed pattern has its own chain: no boot_nodes and no rpc_url");
	bad("name: net\nvpc: {id: vpc-01234567}\n",
	    "n.yaml:2:6: vpc.id needs vpc.private_subnets, where the nodes run");
	bad("name: net\nrpc_url: http://127.0.0.1:3030\n",
	    "n.yaml:2:10: rpc_url http://127.0.0.1:3030 is the node's own loopback, not the chain");
	bad("name: net\nimage: nearone/mpc-node\n",
	    "n.yaml:2:8: image nearone/mpc-node has neither tag nor digest: name the version that "
	    "fits "
	    "the chain");
	bad("name: net_1\n", "n.yaml:1:7: name net_1 is not a stack name: a letter, then letters, "
			     "digits and -, at most 128");
}

TEST(network, a_template_is_not_taken_for_a_network)
{
	const char *template = "Resources: {}\nnodes: 3\n",
		   *json = "{\"name\": \"a\", \"nodes\": 3}";

	CHECK(!network_recognise(template, strlen(template)));
	CHECK(!network_recognise("a: [", 4));
	CHECK(!network_recognise("", 0));
	CHECK(network_recognise(json, strlen(json)));
}

TEST(network, findings_to_live_with_are_named_with_a_reason)
{
	OWN(network)
	struct network *n = good("name: net\nsuppress:\n  - {fault: D25, reason: it may be lost}\n"
				 "nodes:\n  - {account: a.test.near}\n"
				 "  - account: b.test.near\n    suppress: [{fault: F06, reason: x}]\n");

	CHECK_INT(n->suppress.count, 1);
	CHECK_STR(n->suppress.list[0].reason, "it may be lost");
	CHECK_INT(n->nodes[0].suppress.count, 0);
	CHECK_INT(n->nodes[1].suppress.count, 1);
	CHECK_STR(n->nodes[1].suppress.list[0].fault, "F06");
	bad("name: net\nsuppress:\n  - {fault: D25}\n",
	    "n.yaml:3:5: a suppression needs a reason: why D25 may stay");
	bad("name: net\nsuppress:\n  - {fault: D25, reason: '  '}\n",
	    "n.yaml:3:5: a suppression needs a reason: why D25 may stay");
	bad("name: net\nsuppress: [{reason: because}]\n",
	    "n.yaml:2:12: a suppression names the fault that may stay");
	bad("name: net\nsuppress: D25\n", "n.yaml:2:11: suppress must be a list of {fault, reason}");
	bad("name: net\nsuppress: [{falt: D25, reason: x}]\n",
	    "n.yaml:2:13: a suppression has no key falt; did you mean fault?");
}

TEST(network, a_value_is_found_again_in_the_file_or_what_is_around_it)
{
	OWN(network)
	struct network *n = good("name: net\nmemory: 8192\nnodes:\n  - {account: a.test.near}\n"
				 "  - account: b.test.near\n");
	unsigned line = 0, column = 0;

	network_locate(n, "/memory", &line, &column);
	CHECK_INT(line, 2);
	CHECK_INT(column, 9);
	network_locate(n, "/nodes/1/account", &line, &column);
	CHECK_INT(line, 5);
	CHECK_INT(column, 14);
	network_locate(n, "/nodes/1/host_name", &line, &column);
	CHECK_INT(line, 5);
	CHECK_INT(column, 5);
	network_locate(n, "/cpu", &line, &column);
	CHECK_INT(line, 1);
}

TEST(network, domains_are_protocols_with_or_without_a_threshold)
{
	OWN(network) struct network *n = NULL;
	OWN(str) char *given = NULL, *usual = NULL;
	struct network_domain *again = NULL;
	size_t count = 0;

	n = good("name: net\nnodes: 5\ndomains: [Frost, {protocol: DamgardEtAl, threshold: 3}]\n");
	given = network_domains_text(n->domains, n->domain_count);
	CHECK_STR(given, "Frost,DamgardEtAl:3");
	CHECK_INT(network_domains_parse(given, &again, &count), 0);
	CHECK_INT(count, 2);
	CHECK_INT(again[1].scheme, THRESHOLD_DAMGARD_ET_AL);
	CHECK_INT(again[1].threshold, 3);
	free(again);
	network_free(GIVE(n));
	n = good("name: net\n");
	usual = network_domains_text(n->domains, n->domain_count);
	CHECK_STR(usual, "CaitSith,Frost");
	network_free(GIVE(n));
	n = good("name: net\nnodes: 129\nvpc: {id: vpc-0123456789abcdef0, private_subnets: [subnet-0123456789abcdef0]}\n");
	CHECK_INT(n->domain_count, 0);
	CHECK_INT(network_domains_parse("Frost,", &again, &count), -1);
	CHECK_INT(network_domains_parse("Frost:1", &again, &count), -1);
}

TEST(network, domains_that_so_many_nodes_cannot_have_are_refused_at_their_place)
{
	bad_starts("name: net\nnodes: 4\ndomains: [CaitSith, DamgardEtAl]\n", "n.yaml:3:21: domain 1: ");
	bad_starts("name: net\ndomains:\n  - {protocol: Frost, threshold: 4}\n", "n.yaml:3:5: domain 0: ");
	bad("name: net\ndomains: [Schnorr]\n", "n.yaml:2:11: protocol Schnorr is not one of CaitSith, DamgardEtAl "
						 "(ECDSA) or Frost (Ed25519)");
	bad("name: net\ndomains: []\n", "n.yaml:2:10: a network has 1 to 8 domains");
	bad("name: net\ndomains: [{threshold: 2}]\n", "n.yaml:2:11: a domain needs a protocol");
	bad("name: net\ndomains: Frost\n",
	    "n.yaml:2:10: domains must be a list of protocols or {protocol, threshold}");
}

TEST(network, a_local_contract_is_not_named_as_one_that_clients_know)
{
	bad_starts("name: net\ncontract: v1.signer\n", "n.yaml:2:11: account v1.signer: client libraries");
}
