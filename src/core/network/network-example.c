/* What `mpcup init` writes. */
#include "core/network/network.h"

#include <string.h>

#include "base/str.h"

#define NAME_USUAL "mpc-network"

char *network_example(const char *given, unsigned nodes)
{
	const char *name = given ? given : NAME_USUAL;

	/* networks beside each other have a chain each */
	OWN(str) char *base = strcmp(name, NAME_USUAL) ? str_printf("%s-base", name) : str_dup("near-base");

	return str_printf(
		"# An MPC network. `mpcup up` deploys it, `mpcup synth` prints its CloudFormation "
		"template.\n"
		"\n"
		"name: %s            # the stack's name\n"
		"\n"
		"# The one choice that accounts, MPC_ENV and sizes follow: localnet, testnet or "
		"mainnet.\n"
		"chain: localnet\n"
		"\n"
		"# How the network meets its chain:\n"
		"#   integrated   imports VPC, boot nodes and contract from the exports of "
		"base_stack\n"
		"#   standalone   brings a VPC of its own (or vpc.id); boot_nodes says which chain "
		"to join\n"
		"#   composed     has the local chain in the same template\n"
		"pattern: integrated\n"
		"base_stack: %s\n"
		"\n"
		"# A number, or a list: [{account: mpc-node-0.test.near, host_name: node-0}, ...]\n"
		"nodes: %u\n"
		"\n"
		"# Everything below is a default; take away the # to change it.\n"
		"# threshold: %u              # nodes that sign together: at least 60 percent, at "
		"least 2\n"
		"# domains: [CaitSith, Frost]  # the keys: CaitSith or DamgardEtAl for ECDSA, Frost for "
		"Ed25519;\n"
		"#                             # or {protocol: Frost, threshold: 3}\n"
		"# contract: mpc-contract.test.near\n"
		"# boot_nodes: ed25519:...@10.0.2.100:24567\n"
		"# rpc_url: http://10.0.2.100:3030\n"
		"# image: nearone/mpc-node:3.2.0\n"
		"# vpc: {cidr: 10.0.0.0/16}  # or {id: vpc-..., private_subnets: [subnet-..., "
		"subnet-...]}\n"
		"# namespace: mpc.local      # nodes are node-0.mpc.local, ...\n"
		"# peer_port: 80             # TCP port between the nodes\n"
		"# cpu: 1024                 # CPU units and MiB of each task, a pair that Fargate "
		"has\n"
		"# memory: 4096\n"
		"# log_retention_days: 7\n"
		"# keys: keys                # directory of the key files, beside this file\n"
		"# suppress:                 # findings of mpcup check to live with; also per node\n"
		"#   - {fault: D25, reason: the local chain may be lost}\n",
		name, base, nodes, (nodes * 6 + 9) / 10 < 2 ? 2 : (nodes * 6 + 9) / 10);
}
