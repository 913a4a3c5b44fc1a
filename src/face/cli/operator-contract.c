/* The signer contract: what it says, and its init with the deployed nodes as participants. */
#include <string.h>

#include "face/cli/ecs-view.h"
#include "face/cli/operator-internal.h"

#define MEMBERS_FEW 8
#define BLOCKS_OWN 30 /* that the contract gives a key event by itself */
#define PEER_PORT 80 /* port of the MPC peers where the private name carries none */

/* ---- the chain ---------------------------------------------------------------------------------------- */

static int find_root_key(struct target *t, const json_t *nodes, struct near_key *ret, char **ret_why,
			 struct err *err)
{
	const json_t *environment = json_map(json_array_get(nodes, 0), "environment");
	struct near_boot_node *list = NULL;
	size_t count = 0;
	int rc;

	if (near_boot_parse(json_str_or(environment, "NEAR_BOOT_NODES", ""), &list, &count, err) < 0)
		return -1;
	rc = count ? operator_find_chain_key(t, list[0].public_key, ret, err) : 1;
	near_boot_free(list, count);
	if (rc > 0)
		*ret_why = str_dup("the chain's key is not known here, so nobody can sign for its accounts; give "
				   "it with --chain-key FILE");
	return rc;
}

int operator_chain_look(struct target *t, const json_t *nodes, unsigned timeout_ms,
			struct operator_chain *ret, char **ret_why, struct err *err)
{
	const json_t *environment = json_map(json_array_get(nodes, 0), "environment");

	*ret = (struct operator_chain){ .contract = json_str_or(environment, "MPC_CONTRACT_ID", "") };
	return chain_client_find(t, nodes, timeout_ms, &ret->client, ret_why, err);
}

int operator_chain_open(struct target *t, const json_t *nodes, unsigned timeout_ms,
			struct operator_chain *ret, char **ret_why, struct err *err)
{
	int rc = operator_chain_look(t, nodes, timeout_ms, ret, ret_why, err);

	if (rc)
		return rc;
	if (network_built_in_keys(ret->contract)) {
		*ret_why = str_printf("the contract's account is %s: client libraries have the public keys of the "
				      "real one built in and would use them on a local chain; set MPC_CONTRACT_ID to "
				      "another name, such as v1.signer.localnet",
				      ret->contract);
		return 1;
	}
	return find_root_key(t, nodes, &ret->root, ret_why, err);
}

void operator_chain_close(struct operator_chain *c)
{
	near_key_wipe(&c->root);
	chain_client_close(&c->client);
}

/* Nobody has called init yet, which makes an account of the local chain a signer contract. */
static bool is_not_there(const char *words)
{
	return strstr(words, "not initialized") || strstr(words, "does not exist while viewing") ||
	       strstr(words, "CodeDoesNotExist");
}

int operator_contract(const struct operator_chain *c, json_t **ret, char **ret_why, struct err *err)
{
	OWN(json) json_t *state = NULL;
	int rc = chain_call_view(&c->client, c->contract, "state", NULL, &state, err);

	if (rc < 0)
		return -1;
	if (rc > 0 && !is_not_there(err->text)) {
		*ret_why = str_printf("the chain has no signer contract at %s, where the nodes expect it "
				      "(MPC_CONTRACT_ID): %.200s",
				      c->contract, err->text);
		return 1;
	}
	*err = (struct err){ 0 };
	return contract_view(c->contract, state, ret, err);
}

int operator_look(struct bring_up *b, struct err *err)
{
	json_t *view = NULL;
	int rc = operator_contract(&b->chain, &view, &b->why, err);

	if (rc)
		return rc;
	json_decref(b->view);
	b->view = view;
	return 0;
}

/* ---- the participants --------------------------------------------------------------------------------- */

static char *participant_url(const json_t *node)
{
	const char *local = json_str(json_map(node, "environment"), "MPC_LOCAL_ADDRESS");

	if (!local || !*local)
		return NULL;
	return strchr(local, ':') ? str_printf("http://%s", local)
				  : str_printf("http://%s:%d", local, PEER_PORT);
}

static int add_member(struct bring_up *b, const json_t *node, struct err *err)
{
	const char *account = json_str_or(json_map(node, "environment"), "MPC_ACCOUNT_ID", "");
	OWN(str) char *url = participant_url(node), *public = NULL;
	struct near_key key;

	if (!url)
		return err_set(err, ERR_INPUT, "%s has no MPC_LOCAL_ADDRESS: peers cannot be told where it is",
			       json_str_or(node, "name", "?"));
	if (operator_deployed_key(b->target, node, "MPC_P2P_PRIVATE_KEY", &key, err) < 0)
		return -1;
	public = near_key_format_public(&key);
	near_key_wipe(&key);
	json_array_append_new(b->members,
			      json_pack("[s,i,{s:s,s:s}]", account, (int)json_array_size(b->members), "url",
					url, "sign_pk", public));
	return 0;
}

int operator_step_members(struct bring_up *b, struct err *err)
{
	json_t *node;
	size_t i;

	b->members = json_array();
	json_array_foreach((json_t *)(uintptr_t)b->nodes, i, node)
		if (add_member(b, node, err) < 0)
			return -1;
	return 0;
}

unsigned operator_threshold(const struct operator_wish *wish, size_t members)
{
	unsigned least = (unsigned)(members * 6 + 9) / 10;

	return wish->threshold ? wish->threshold : least < 2 ? 2 : least;
}

int operator_step_init(struct bring_up *b, struct err *err)
{
	struct chain_signer root = { .account = OPERATOR_ROOT, .key = &b->chain.root };
	size_t count = json_array_size(b->members);
	unsigned threshold = operator_threshold(&b->wish, count);
	OWN(json) json_t *args = NULL;
	int rc;

	if (!contract_view_is(b->view, "NotInitialized"))
		return 0;
	rc = chain_account(&b->chain.client, b->chain.contract, NULL, err);
	if (rc < 0 || (rc > 0 && operator_account(&b->chain, b->chain.contract, NULL, NULL, err) < 0))
		return -1;
	args = json_pack("{s:{s:I,s:{s:I,s:O}}}", "parameters", "threshold", (json_int_t)threshold,
			 "participants", "next_id", (json_int_t)count, "participants", b->members);
	/* many nodes on one machine take longer over a key */
	if (count > MEMBERS_FEW)
		json_object_set_new(args, "init_config",
				    json_pack("{s:I}", "key_event_timeout_blocks",
					      BLOCKS_OWN + 8 * (json_int_t)count));
	if (chain_call(&b->chain.client, &root, b->chain.contract, "init", args, err) < 0)
		return strstr(err->text, "already been initialized") ? operator_look(b, err) : -1;
	if (b->cli->progress)
		(void)printf("Contract %s: initialised with %zu participants, threshold %u.\n",
			     b->chain.contract, count, threshold);
	return operator_look(b, err);
}
