/* Network description -> CloudFormation template. Pure and deterministic, byte for byte.
 * Keeps clear of every fault of faults.md that a template can avoid. */
#pragma once
#include "base/err.h"
#include "base/json.h"
#include "core/network/network.h"

enum synth_format { SYNTH_JSON, SYNTH_YAML };

/* Template of the network in its pattern, in one piece or not at all. Keys are NoEcho parameters Node<i>AccountKey and
 * Node<i>PeerKey. 0: *ret_text is the caller's. */
int synth_network(const struct network *n, enum synth_format format, char **ret_text,
		  struct err *err);
/* A network as CloudFormation takes it: one template or, beyond what fits into one (500 resources, 200
 * parameters, 1,000,000 bytes, 10,240 characters of policies in a role), a parent with the shared part
 * and nested stacks Nodes0, Nodes1, ... of some nodes each. The parent finds their templates at
 * <parameter NestedTemplates>/<name>: whoever deploys puts them there in S3. It has their keys as one
 * NoEcho parameter each: account key and P2P key of each node in turn, separated by commas. */
struct synth_nested {
	char *name;		/* of the file: "nodes-0.json" */
	char *keys;		/* parameter of the parent: "Nodes0Keys" */
	size_t first, count;	/* its nodes */
	char *text;
};
struct synth_parts {
	char *text; /* the template; the parent where there are nested ones */
	struct synth_nested *nested;
	size_t nested_count;
};
/* nodes_per_stack 0: split only what does not fit; else split when there are more nodes than that.
 * 0: *ret is the caller's. */
int synth_parts(const struct network *n, enum synth_format format, size_t nodes_per_stack,
		struct synth_parts *ret, struct err *err);
void synth_parts_free(struct synth_parts *p);
static inline void own_drop_synth_parts(struct synth_parts *p)
{
	synth_parts_free(p);
}
/* Template of the NEAR base for the local chain: VPC, subnets, NAT, names, cluster, the localnet
 * service (image mpcup/localnet), and the five exports <stack>-VpcId, -NearRpcUrl, -NearBootNodes,
 * -NearNetworkId, -MpcContractId, plus -PrivateSubnetA and -PrivateSubnetB. The node key is a
 * NoEcho parameter NodeKey (secret) and a parameter NodePublicKey. */
int synth_base(const struct network *n, enum synth_format format, char **ret_text, struct err *err);
/* Template of a chain attached at an address in a VPC that exists (EC2 instance of the built-in
 * localnet image, its own security group). Parameters: VpcId, VpcCidr, Address, KeySecretArn, and
 * SubnetId, or with own_subnet SubnetCidr: no subnet of the VPC holds the address. */
int synth_attached_chain(int own_subnet, char **ret_text, struct err *err);
/* Which value of network.yaml (JSON pointer: "/nodes/0/account") makes what is at this pointer of a
 * template of synth_network() or synth_base(). NULL: nothing there does. Caller frees. */
char *synth_origin(const struct network *n, const char *pointer);
/* The smallest change of that value, as network.yaml text; NULL: none is known, or it is so already.
 * Caller frees. */
char *synth_origin_remedy(const struct network *n, const char *origin);
