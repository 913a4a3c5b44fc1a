/* Network description -> CloudFormation template. Pure and deterministic, byte for byte.
 * Keeps clear of every fault of faults.md that a template can avoid. */
#pragma once
#include "base/err.h"
#include "base/json.h"
#include "core/network/network.h"

enum synth_format { SYNTH_JSON, SYNTH_YAML };

/* Template of the network in its pattern. Keys are NoEcho parameters Node<i>AccountKey and
 * Node<i>PeerKey. 0: *ret_text is the caller's. */
int synth_network(const struct network *n, enum synth_format format, char **ret_text,
		  struct err *err);
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
