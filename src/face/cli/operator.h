/* What an operator does around a network: keys on disk, the node key of a chain, participants in the
 * contract. Secrets come from files and Secrets Manager and go nowhere else. */
#pragma once
#include <string.h>

#include "core/near/near.h"
#include "core/network/network.h"
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

/* ---- participants ------------------------------------------------------------------------------------ */

/* Registers the nodes of a stack (from ecs_view_services) in the contract on their chain: accounts,
 * URLs from their private names, sign and P2P public keys from the deployed secrets. Waits until the
 * chain answers. threshold: 0 for the least the contract takes (60 percent, at least 2). 0 done or
 * already so, 1 not possible: `why` says what is missing, -1 err. */
int operator_register(struct target *t, const json_t *nodes, unsigned threshold,
		      unsigned timeout_ms, char **ret_why, struct err *err);

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
