/* network.yaml: the operator's description of a network, its defaults and its validation. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "core/threshold/threshold.h"

enum network_pattern { NETWORK_STANDALONE, NETWORK_INTEGRATED, NETWORK_COMPOSED };

/* A finding of mpcup check to live with, and why. */
struct network_suppression {
	char *fault, *reason;
};

struct network_suppressions {
	struct network_suppression *list;
	size_t count;
};

struct network_node {
	char *account;	 /* mpc-node-0.<parent> */
	char *host_name; /* label in the namespace: node-0 */
	struct network_suppressions suppress; /* for the resources of this node */
};

/* A key that the nodes generate together: domain `index` of the signer contract. */
struct network_domain {
	enum threshold_scheme scheme;
	unsigned threshold; /* 0: the network's, also after it changes */
};

struct network {
	char *name; /* stack name */
	enum network_pattern pattern;
	char *chain;	   /* "localnet", "testnet", "mainnet": the one choice */
	char *mpc_env;	   /* derived: mpc-localnet, testnet, mainnet */
	char *contract;	   /* account id of the signer contract */
	char *rpc_url, *boot_nodes; /* explicit values; NULL: imported or derived */
	char *base_stack;  /* stack whose exports are imported (integrated); NULL otherwise */
	char *image;
	char *vpc_cidr;	   /* new VPC */
	char *vpc_id;	   /* given VPC, with private_subnets; NULL: new (standalone, composed) */
	char **private_subnets;
	size_t private_subnet_count;
	char *namespace_name; /* Cloud Map private DNS namespace: mpc.local */
	unsigned threshold;
	struct network_domain *domains; /* default: CaitSith, Frost; none above THRESHOLD_PARTIES_MOST nodes */
	size_t domain_count;
	char *cpu, *memory; /* Fargate pair */
	char *key_directory; /* where `mpcup keys generate` puts files; relative to network.yaml */
	uint16_t peer_port;  /* TCP port of MPC peers: 80 */
	unsigned log_retention_days;
	struct network_node *nodes;
	size_t node_count;
	/* The file says so itself; otherwise the value is a default, which an import wins over. */
	bool chain_given, contract_given;
	struct network_suppressions suppress; /* for all resources */
	json_t *places; /* JSON pointer of each value in the file -> [line, column] */
};

enum { NETWORK_TEXT = 1, NETWORK_NUMBER = 2, NETWORK_MAPPING = 4, NETWORK_TEXTS = 8, NETWORK_MAPPINGS = 16 };

/* A key of network.yaml: the reader, the man page and the schema for editors have it from one table. */
struct network_key {
	const char *name;
	unsigned forms;		/* what its value may be: NETWORK_TEXT and so on, several together */
	bool needed;
	const char *help;	/* what it is; without the full stop */
	const char *standard;	/* what goes without it, or NULL */
	const char *example;	/* a value as in the file, or NULL */
	unsigned least, most;	/* of a number, and of how many items a list has; 0: no bound */
	const char *pattern;	/* of a text: a regular expression of ECMAScript, or NULL */
	const char *const *words;  /* all texts there are, or NULL */
	const unsigned *numbers;   /* all numbers there are; ends with 0, or NULL */
	const struct network_key *below; /* of a mapping */
};
/* Ends with a row whose name is NULL. */
extern const struct network_key network_keys[];
#define NETWORK_TEXT_MOST 8192 /* bytes */
/* JSON schema (draft 7) of a network.yaml: refuses what a single value can be wrong with, never what
 * network_parse() takes. Caller's. */
json_t *network_schema(void);

/* Reads the YAML text. Unknown keys are errors with a suggestion; err says name:line:column. */
int network_parse(const char *name, const char *text, size_t len, struct network **ret,
		  struct err *err);
/* Where the value of a JSON pointer ("/nodes/0/account") stands in the file, or the nearest one around
 * it; both from 1. */
void network_locate(const struct network *n, const char *pointer, unsigned *ret_line,
		    unsigned *ret_column);
void network_free(struct network *n);
OWN_DEFINE(network, struct network *, network_free)

/* "CaitSith,Frost:3": the domains as a stack output carries them; the caller's. Parse: 0, *ret is the
 * caller's (free()); -1: it is no such text. */
char *network_domains_text(const struct network_domain *domains, size_t count);
int network_domains_parse(const char *text, struct network_domain **ret, size_t *ret_count);

/* Names of contracts whose public keys client libraries have built in: they never ask the chain there,
 * so that a local contract of that name seems to have wrong keys. */
bool network_built_in_keys(const char *account);

/* The commented network.yaml that `mpcup init` writes: `nodes` nodes on a local chain. name NULL: the usual
 * one. Caller frees. */
char *network_example(const char *name, unsigned nodes);
/* True when the text is a network.yaml rather than a CloudFormation template: YAML/JSON with a
 * top-level `nodes` key and no `Resources`. */
bool network_recognise(const char *text, size_t len);
