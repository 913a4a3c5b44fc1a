/* The order of the operator's steps. */
#include <string.h>

#include "face/cli/operator-internal.h"

enum { CHAIN_MS = 10000 }; /* a chain that was just started, on a busy machine */

void operator_wish_clear(struct operator_wish *w)
{
	free(w->domains);
	*w = (struct operator_wish){ 0 };
}

static int open_bring_up(struct bring_up *b, struct err *err)
{
	int rc = operator_chain_open(b->target, b->nodes, CHAIN_MS, &b->chain, &b->why, err);

	if (rc == 0)
		rc = operator_step_members(b, err);
	return rc ? rc : operator_look(b, err);
}

static void close_bring_up(struct bring_up *b)
{
	operator_chain_close(&b->chain);
	json_decref(b->members);
	json_decref(b->view);
	free(b->why);
}

static void print_domains(const struct bring_up *b)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(b->view, "domains"), i, one)
		if (b->cli->progress)
			(void)printf("  domain %lld  %-9s  %-11s  %lld of %zu  %s\n",
				     (long long)json_int_or(one, "id", 0), json_str_or(one, "curve", ""),
				     json_str_or(one, "protocol", ""), (long long)json_int_or(one, "threshold", 0),
				     json_array_size(json_list(b->view, "participants")),
				     json_str_or(one, "publicKey", ""));
	(void)fflush(stdout);
}

/* An earlier run may have left the contract between two states: that is waited for first. */
static int go(struct bring_up *b, struct err *err)
{
	json_int_t epoch = json_int_or(b->view, "epochId", 0) + contract_view_is(b->view, "Resharing");
	int rc = operator_step_accounts(b, err);

	if (rc == 0 && !contract_view_is(b->view, "NotInitialized"))
		rc = operator_step_wait(b, epoch, err);
	if (rc == 0)
		rc = operator_step_init(b, err);
	if (rc == 0)
		rc = operator_step_reshare(b, err);
	if (rc == 0)
		rc = operator_step_domains(b, err);
	return rc ? rc : operator_step_wait(b, 0, err);
}

int operator_bring_up(struct cli *cli, struct target *t, const json_t *nodes,
		      const struct operator_wish *wish, int64_t deadline_ms, json_t **ret_view,
		      char **ret_why, struct err *err)
{
	struct bring_up b = { .cli = cli, .target = t, .nodes = nodes, .wish = *wish,
			      .deadline_ms = deadline_ms };
	int rc = open_bring_up(&b, err);

	if (rc == 0)
		rc = go(&b, err);
	if (rc == 0)
		print_domains(&b);
	if (ret_view)
		*ret_view = json_incref(b.view);
	*ret_why = GIVE(b.why);
	close_bring_up(&b);
	if (rc >= 0) /* refusals that were part of looking */
		*err = (struct err){ 0 };
	return rc;
}

/* Those of the nodes that stay; NULL: all do. The caller's. */
static json_t *remaining(const json_t *nodes, const json_t *staying)
{
	OWN(json) json_t *left = json_array();
	json_t *node, *account;
	size_t i, k;

	json_array_foreach((json_t *)(uintptr_t)nodes, i, node)
		json_array_foreach((json_t *)(uintptr_t)staying, k, account)
			if (str_eq(json_str(json_map(node, "environment"), "MPC_ACCOUNT_ID"),
				   json_string_value(account)))
				json_array_append(left, node);
	return json_array_size(left) == json_array_size(nodes) ? NULL : GIVE(left);
}

int operator_shrink(struct cli *cli, struct target *t, const json_t *nodes, const json_t *staying,
		    unsigned threshold, int64_t deadline_ms, char **ret_why, struct err *err)
{
	OWN(json) json_t *left = remaining(nodes, staying);
	size_t count = json_array_size(left);
	struct operator_wish least = { 0 };
	struct bring_up b = { .cli = cli, .target = t, .nodes = left, .deadline_ms = deadline_ms };
	int rc;

	if (!left)
		return 0;
	/* what is new comes with the update: the wanted threshold fits all, perhaps not those that stay */
	b.wish.threshold = threshold <= count && threshold >= operator_threshold(&least, count) ? threshold : 0;
	rc = open_bring_up(&b, err);
	if (rc == 0 && contract_view_is(b.view, "Resharing"))
		rc = operator_step_wait(&b, json_int_or(b.view, "epochId", 0) + 1, err);
	if (rc == 0 && contract_view_is(b.view, "Running"))
		rc = operator_step_reshare(&b, err);
	*ret_why = GIVE(b.why);
	close_bring_up(&b);
	if (rc >= 0) /* refusals that were part of looking */
		*err = (struct err){ 0 };
	return rc;
}
