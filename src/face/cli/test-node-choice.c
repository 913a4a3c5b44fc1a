#include "face/cli/node-choice.h"

#include <string.h>

#include "base/str.h"
#include "base/test.h"

static json_t *service(const char *name, const char *logical, const char *account)
{
	return json_pack("{s:s,s:s,s:s,s:{s:s*}}", "name", name, "logicalResourceId", logical, "kind",
			 account ? "node" : "chain", "environment", "MPC_ACCOUNT_ID", account);
}

static json_t *network(void)
{
	return json_pack("[o,o,o]", service("node-0", "Node0Service", "a.near"),
			 service("node-1", "Node1Service", "b.near"), service("chain", "ChainService", NULL));
}

/* Names of the chosen ones with commas, or the error; the caller's. */
static char *chosen(char *const *names, size_t count, bool all)
{
	OWN(json) json_t *services = network(), *list = NULL;
	OWN(buf) struct buf text = { 0 };
	struct node_choice c = { .stack = "mpc", .names = names, .count = count, .all = all };
	struct err err = { 0 };
	json_t *one;
	size_t i;

	if (node_choice(services, &c, &list, &err) < 0) {
		CHECK_INT(err.code, ERR_INPUT);
		return str_dup(err.text);
	}
	json_array_foreach(list, i, one)
		buf_printf(&text, "%s%s", i ? "," : "", json_str(one, "name"));
	return buf_take(&text);
}

TEST(node_choice, a_node_goes_by_its_name_its_account_and_its_logical_id)
{
	char *three[] = { (char[]){ "node-1" }, (char[]){ "a.near" }, (char[]){ "ChainService" } };
	OWN(str) char *names = chosen(three, 3, false);

	CHECK_STR(names, "node-1,node-0,chain");
}

TEST(node_choice, who_is_named_twice_is_chosen_once)
{
	char *twice[] = { (char[]){ "node-1" }, (char[]){ "b.near" } };
	OWN(str) char *names = chosen(twice, 2, false);

	CHECK_STR(names, "node-1");
}

TEST(node_choice, all_means_the_nodes_and_not_the_chain)
{
	OWN(str) char *names = chosen(NULL, 0, true);

	CHECK_STR(names, "node-0,node-1");
}

TEST(node_choice, what_is_not_there_is_told_with_the_nearest_or_with_all)
{
	char *near[] = { (char[]){ "nod-1" } }, *far[] = { (char[]){ "elsewhere" } };
	OWN(str) char *meant = chosen(near, 1, false), *listed = chosen(far, 1, false);

	CHECK_STR(meant, "stack mpc has no node nod-1; did you mean node-1?");
	CHECK_STR(listed, "stack mpc has no node elsewhere; it has node-0, node-1, chain");
}

TEST(node_choice, nothing_named_and_too_much_named_are_refused)
{
	char *one[] = { (char[]){ "node-1" } };
	OWN(str) char *none = chosen(NULL, 0, false), *both = chosen(one, 1, true);

	CHECK_STR(none, "which node? Stack mpc has node-0, node-1, chain; --all takes every MPC node");
	CHECK_STR(both, "--all and node-1: name nodes or take all, not both");
}
