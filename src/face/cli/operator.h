/* What an operator does around a network: keys on disk, the node key of a chain, participants in the
 * contract. Secrets come from files and Secrets Manager and go nowhere else. */
#pragma once
#include <string.h>

#include "core/near/near.h"
#include "core/network/network.h"
#include "face/cli/chain-client.h"
#include "face/cli/cli.h"
#include "face/cli/target.h"

/* Texts and JSON that hold secrets: wiped when they go. */
static inline void own_drop_secret_text(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}
#define SECRET_TEXT __attribute__((cleanup(own_drop_secret_text))) char *
static inline void own_drop_secret_json(json_t **j)
{
	json_wipe(*j);
	json_decref(*j);
}
#define SECRET_JSON __attribute__((cleanup(own_drop_secret_json))) json_t *

/* ---- key files: <directory>/<host name>.json {"account_id","account_key","p2p_key"}, chain.json --- */

/* Keys of one node / of the chain from their file. 0, 1: there is no such file, -1: err. */
int operator_read_node(const char *directory, const char *host_name, struct near_key *ret_account,
		       struct near_key *ret_p2p, struct err *err);
int operator_read_chain(const char *path, struct near_key *ret, struct err *err);
/* An account's key file as NEAR's tools write it: {"account_id", "private_key" or "secret_key"}. 0, 1, -1. */
int operator_read_account(const char *path, char **ret_account, struct near_key *ret, struct err *err);
/* Makes the files that are missing, mode 0600, directory 0700. ret_made: how many. */
int operator_make_keys(const char *directory, const struct network *n, unsigned *ret_made,
		       struct err *err);

/* ---- the chain's node key of a stack: secret mpcup/<stack>/chain-key ------------------------------- */
int operator_put_chain_key(struct target *t, const char *stack, const struct near_key *key,
			   struct err *err);
/* The key whose public half is `public_key`, among all secrets mpcup/.../chain-key. 0 or 1 none, -1. */
int operator_find_chain_key(struct target *t, const uint8_t public_key[NEAR_PUBLIC_BYTES],
			    struct near_key *ret, struct err *err);
/* Deletes the stack's secret and parameters of ours. */
void operator_forget(struct target *t, const char *stack);

/* ValueFrom of a secret variable of a container (ECS's definition); NULL: it has none such. Borrowed. */
const char *operator_value_from(const json_t *container, const char *variable);
/* The id in a ValueFrom of Secrets Manager, and its JSON key ("" or NULL: none); both the caller's. */
char *operator_secret_id(const char *value_from, char **ret_json_key);

/* ---- from a chain to keys ------------------------------------------------------------------------------ */

#define OPERATOR_ROOT "test.near" /* the genesis account that acts where no other has to */

/* What the network's contract should have. */
struct operator_wish {
	unsigned threshold; /* 0: the least the contract takes (60 percent, at least 2) */
	struct network_domain *domains;
	size_t domain_count;
};
void operator_wish_clear(struct operator_wish *w);

/* Brings the contract of the nodes of a stack (from ecs_view_services) to Running with the wanted
 * participants, threshold and domains: accounts with their keys, init, resharing where participants or
 * threshold are others, votes for domains, until all keys are there. Every step looks at the chain first,
 * does what is missing and says so (cli->progress). 0: *ret_view (may be NULL) is contract_view()'s, the
 * caller's; 1: not possible, *ret_why (the caller's) says what is missing; -1 err. */
int operator_bring_up(struct cli *cli, struct target *t, const json_t *nodes,
		      const struct operator_wish *wish, int64_t deadline_ms, json_t **ret_view,
		      char **ret_why, struct err *err);
/* Before an update of the stack that takes nodes away: hands the keys over to those of `nodes` whose
 * accounts are in `staying` (array of texts), while all are there. 0: done, or nothing to do; 1, -1 as
 * above. */
int operator_shrink(struct cli *cli, struct target *t, const json_t *nodes, const json_t *staying,
		    unsigned threshold, int64_t deadline_ms, char **ret_why, struct err *err);

/* The chain of the nodes, and the key of its genesis accounts (the operator's). Waits until the
 * chain answers. Borrows t and nodes. 0, 1 with *ret_why, -1. */
struct operator_chain {
	struct chain_client client;
	struct near_key root;
	const char *contract; /* of the nodes; borrowed */
};
int operator_chain_open(struct target *t, const json_t *nodes, unsigned timeout_ms,
			struct operator_chain *ret, char **ret_why, struct err *err);
/* The same without the key: to look only. */
int operator_chain_look(struct target *t, const json_t *nodes, unsigned timeout_ms,
			struct operator_chain *ret, char **ret_why, struct err *err);
void operator_chain_close(struct operator_chain *c); /* wipes */
/* The account, with these full-access keys (array of texts; NULL: the operator's alone) and that of the
 * operator, and its parents where they are missing. ret_made (may be NULL): it was made now. 0 or -1. */
int operator_account(const struct operator_chain *c, const char *account, const json_t *keys,
		     bool *ret_made, struct err *err);
/* The contract's state now, as contract_view() has it; NotInitialized also where there is no such account
 * yet. 0; 1: the account is no signer contract (*ret_why); -1. */
int operator_contract(const struct operator_chain *c, json_t **ret, char **ret_why, struct err *err);

/* When the nodes' boot node is an address inside their VPC that no interface has: 0 with the VPC, the
 * subnet that holds the address (NULL: none does, subnet_cidr is free for one), the address and the key
 * that is expected there; 1: nothing to attach; -1 err. */
struct operator_gap {
	char *vpc, *vpc_cidr, *subnet, *subnet_cidr, *address;
	uint8_t public_key[NEAR_PUBLIC_BYTES];
};
int operator_chain_gap(struct target *t, const json_t *nodes, struct operator_gap *ret,
		       struct err *err);
void operator_gap_free(struct operator_gap *g);
