/* Accounts on the local chain: made by their parents, with the keys that nodes and operator need. */
#include <string.h>

#include "face/cli/operator-internal.h"

/* Nodes pay for their transactions; what is left below LEAST is filled up. */
#define NEAR_IN_YOCTO ((near_u128)1000000000000ull * 1000000000000ull)
enum { NODE_NEAR = 1000, PARENT_NEAR = 10000, LEAST_NEAR = 100 };
enum { KEYS_MOST = 4, PARENTS_MOST = 32 };

/* Who may create it: the account behind its first dot, or the chain's registrar. */
static const char *parent_of(const char *account)
{
	const char *dot = strchr(account, '.');

	return dot ? dot + 1 : "registrar";
}

static struct near_action add_key(const char *public_key)
{
	return (struct near_action){ .kind = NEAR_ADD_KEY, .public_key = str_dup(public_key),
				     .permission = { .full_access = true } };
}

static int run_and_clear(const struct operator_chain *c, const struct chain_signer *signer,
			 const char *account, struct near_action *actions, size_t count,
			 struct err *err)
{
	int rc = chain_run(&c->client, signer, account, actions, count, NULL, err);

	for (size_t i = 0; i < count; i++)
		chain_action_clear(&actions[i]);
	return rc < 0 ? err_in(err, "account %s, by %s", account, signer->account) : 0;
}

/* 0 it has the key, 1 not, -1. */
static int has_key(const struct operator_chain *c, const char *account, const char *key,
		   struct err *err)
{
	uint8_t block[32];
	uint64_t nonce;

	return chain_access_key(&c->client, account, key, &nonce, block, err);
}

/* An account that is there: the keys it lacks, signed for by the operator's. */
static int complete(const struct operator_chain *c, const char *account, const json_t *keys,
		    struct err *err)
{
	struct chain_signer self = { .account = account, .key = &c->root };
	OWN(str) char *own = near_key_format_public(&c->root);
	struct near_action actions[KEYS_MOST];
	size_t count = 0, i;
	json_t *key;
	int rc = has_key(c, account, own, err);

	if (rc)
		return rc < 0 ? -1 : err_set(err, ERR_REMOTE,
					     "account %s is there and does not know the operator's key %s: somebody "
					     "else made it; add that key to it, or choose other accounts",
					     account, own);
	json_array_foreach((json_t *)(uintptr_t)keys, i, key) {
		rc = has_key(c, account, json_string_value(key), err);
		if (rc < 0)
			return -1;
		if (rc > 0 && count < KEYS_MOST)
			actions[count++] = add_key(json_string_value(key));
	}
	if (count && run_and_clear(c, &self, account, actions, count, err) < 0)
		return strstr(err->text, "AddKeyAlreadyExists") ? 0 : -1; /* by another mpcup up */
	return 0;
}

/* An account that is about to spend has that much and some more. */
static int afford(const struct operator_chain *c, const char *account, unsigned amount,
		  struct err *err)
{
	struct chain_signer root = { .account = OPERATOR_ROOT, .key = &c->root };
	struct near_action transfer = { .kind = NEAR_TRANSFER,
					.amount = (amount + LEAST_NEAR) * NEAR_IN_YOCTO };
	near_u128 there = 0;

	if (chain_account(&c->client, account, &there, err) < 0)
		return -1;
	return there < transfer.amount ? run_and_clear(c, &root, account, &transfer, 1, err) : 0;
}

static int create(const struct operator_chain *c, const char *account, const json_t *keys,
		  unsigned amount, struct err *err)
{
	struct chain_signer parent = { .account = parent_of(account), .key = &c->root };
	OWN(str) char *own = near_key_format_public(&c->root);
	struct near_action actions[KEYS_MOST + 3] = {
		{ .kind = NEAR_CREATE_ACCOUNT },
		{ .kind = NEAR_TRANSFER, .amount = amount * NEAR_IN_YOCTO },
		add_key(own),
	};
	size_t count = 3, i;
	json_t *key;

	json_array_foreach((json_t *)(uintptr_t)keys, i, key)
		if (count < KEYS_MOST + 3 && strcmp(json_string_value(key), own))
			actions[count++] = add_key(json_string_value(key));
	if (afford(c, parent.account, amount, err) < 0 ||
	    run_and_clear(c, &parent, account, actions, count, err) < 0)
		/* somebody may bring the same network up at this moment */
		return chain_account(&c->client, account, NULL, NULL) == 0 ? complete(c, account, keys, err) : -1;
	return 0;
}

/* Its ancestors that are missing, the topmost first. Genesis accounts end the walk. */
static int parents(const struct operator_chain *c, const char *account, struct err *err)
{
	const char *missing[PARENTS_MOST], *at = account;
	size_t count = 0;

	while (strchr(at, '.') && count < PARENTS_MOST) {
		int rc;

		at = parent_of(at);
		rc = chain_account(&c->client, at, NULL, err);
		if (rc < 0)
			return -1;
		if (rc == 0)
			break;
		missing[count++] = at;
	}
	while (count-- > 0)
		if (create(c, missing[count], NULL, PARENT_NEAR, err) < 0)
			return -1;
	return 0;
}

int operator_account(const struct operator_chain *c, const char *account, const json_t *keys,
		     bool *ret_made, struct err *err)
{
	int rc = chain_account(&c->client, account, NULL, err);

	if (rc < 0)
		return -1;
	if (ret_made)
		*ret_made = rc > 0;
	if (rc > 0)
		return parents(c, account, err) < 0 || create(c, account, keys, NODE_NEAR, err) < 0 ? -1 : 0;
	return complete(c, account, keys, err) < 0 || afford(c, account, 0, err) < 0 ? -1 : 0;
}

static int account_of_node(struct bring_up *b, const json_t *node, bool *ret_made, struct err *err)
{
	const char *account = json_str_or(json_map(node, "environment"), "MPC_ACCOUNT_ID", "");
	OWN(json) json_t *keys = NULL;
	OWN(str) char *public = NULL;
	struct near_key key;

	if (operator_deployed_key(b->target, node, "MPC_ACCOUNT_SK", &key, err) < 0)
		return -1;
	public = near_key_format_public(&key);
	near_key_wipe(&key);
	keys = json_pack("[s]", public);
	return operator_account(&b->chain, account, keys, ret_made, err);
}

int operator_step_accounts(struct bring_up *b, struct err *err)
{
	size_t made = 0, i;
	json_t *node;

	json_array_foreach((json_t *)(uintptr_t)b->nodes, i, node) {
		bool new = false;

		if (account_of_node(b, node, &new, err) < 0)
			return -1;
		made += new;
	}
	if (b->cli->progress && made)
		(void)printf("Accounts: %zu of %zu made, each with its node's key and the operator's.\n", made,
			     json_array_size(b->nodes));
	return 0;
}
