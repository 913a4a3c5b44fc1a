#include "face/cli/up-form.h"

#include <string.h>

#include "core/synth/synth.h"
#include "face/cli/cli-internal.h"
#include "face/cli/deploy.h"
#include "face/cli/diagnosis.h"
#include "face/cli/ecs-view.h"
#include "face/cli/evidence.h"
#include "face/cli/network-view.h"
#include "face/cli/operator.h"
#include "face/cli/signing-view.h"

/* ---- the attached chain --------------------------------------------------------------------------- */

static int attach(struct cli *cli, struct target *t, const struct plan *p,
		  const struct operator_gap *gap, struct err *err)
{
	OWN(str) char *name = str_printf("%s-chain", p->network), *text = NULL;
	OWN(str) char *secret = str_printf("mpcup/%s/chain-key", p->network);
	OWN(json) json_t *describe = json_pack("{s:s}", "SecretId", secret), *described = NULL;
	OWN(json) json_t *parameters = NULL, *tags = NULL;
	struct deployment d = { .stack = name };

	if (awsclient_call(t->aws, "secretsmanager", "DescribeSecret", describe, &described, NULL, err) <
		    0 ||
	    synth_attached_chain(gap->subnet == NULL, &text, err) < 0)
		return -1;
	parameters = json_pack("[{s:s,s:s},{s:s,s:s},{s:s,s:s},{s:s,s:s},{s:s,s:s}]", "ParameterKey",
			       "VpcId", "ParameterValue", gap->vpc, "ParameterKey",
			       gap->subnet ? "SubnetId" : "SubnetCidr", "ParameterValue",
			       gap->subnet ? gap->subnet : gap->subnet_cidr, "ParameterKey", "VpcCidr", "ParameterValue",
			       gap->vpc_cidr, "ParameterKey", "Address", "ParameterValue", gap->address,
			       "ParameterKey", "KeySecretArn", "ParameterValue",
			       json_str_or(described, "ARN", ""));
	tags = json_pack("[{s:s,s:s},{s:s,s:s}]", "Key", "mpcup:role", "Value", "chain", "Key",
			 "mpcup:network", "Value", p->network);
	d.template_text = text;
	d.template_len = strlen(text);
	d.parameters = parameters;
	d.tags = tags;
	return deploy_stack(cli, t, &d, NULL, err);
}

/* 0 attached or nothing to attach, 1 a chain is missing and cannot be attached (said), -1 err. */
static int attach_chain(struct cli *cli, struct target *t, const struct plan *p, const json_t *nodes,
			struct err *err)
{
	struct operator_gap gap = { 0 };
	OWN(str) char *expected = NULL, *ours = NULL;
	int rc = operator_chain_gap(t, nodes, &gap, err);

	if (rc)
		return rc < 0 ? -1 : 0;
	if (!p->has_chain_key) {
		(void)fprintf(stderr,
			      "mpcup: the boot nodes name %s, which nothing in the VPC has: that NEAR base is "
			      "not here.\n  With its node key, --chain-key FILE, mpcup runs a built-in localnet "
			      "at that address.\n",
			      gap.address);
		operator_gap_free(&gap);
		return 1;
	}
	expected = near_public_format(gap.public_key);
	ours = near_key_format_public(&p->chain_key);
	if (strcmp(expected, ours))
		(void)fprintf(stderr,
			      "mpcup: the chain key is %s, the boot nodes expect %s: the nodes will refuse "
			      "this chain\n",
			      ours, expected);
	rc = attach(cli, t, p, &gap, err);
	operator_gap_free(&gap);
	return rc;
}

/* ---- the network forms --------------------------------------------------------------------------------- */

static void say_missing(const json_t *view)
{
	json_t *node;
	size_t i;

	json_array_foreach(json_list(view, "nodes"), i, node) {
		const char *name = json_str_or(node, "name", "?");
		const json_t *chain = json_map(node, "chain"), *peers = json_map(node, "peers");

		if (network_view_is_stopped(node))
			(void)fprintf(stderr, "  %s is stopped, with a desired count of 0: mpcup restart %s brings it back\n", name,
				      name);
		else if (strcmp(json_str_or(node, "healthStatus", ""), "HEALTHY"))
			(void)fprintf(stderr, "  %s is %s, %s\n", name, json_str_or(node, "lastStatus", "?"),
				      json_str_or(node, "healthStatus", "?"));
		else if (json_map(node, "probe"))
			continue;
		else if (json_int_or(chain, "peers", 0) == 0)
			(void)fprintf(stderr, "  %s has no chain peer: see mpcup logs %s\n", name, name);
		else if (!json_bool_or(node, "participant", false))
			(void)fprintf(stderr, "  %s is not a participant of the contract: see mpcup logs %s\n",
				      name, name);
		else if (json_int_or(peers, "connected", 0) < json_int_or(peers, "expected", 0))
			(void)fprintf(stderr, "  %s is connected to %lld of %lld peers: see mpcup logs %s\n",
				      name, (long long)json_int_or(peers, "connected", 0),
				      (long long)json_int_or(peers, "expected", 0), name);
	}
}

static void print_task_line(struct cli *cli, const json_t *node)
{
	const char *at = json_str(json_map(node, "endpoints"), "8080");

	(void)printf("  %s%-9s %-9s%s %-12s %-15s %-24s %s%s\n", cli_paint(cli, "green"),
		     json_str_or(node, "lastStatus", ""), json_str_or(node, "healthStatus", ""),
		     cli_paint(cli, "off"), json_str_or(node, "name", ""),
		     json_str_or(node, "privateIpv4Address", ""), json_str_or(node, "dnsName", ""),
		     at ? "http://" : "", at ? at : "");
	(void)fflush(stdout);
}

/* One that is stopped does not come however long one waits; the others have until they are healthy. */
static bool is_all_there_will_be(const json_t *view)
{
	size_t i, stopped = 0;
	json_t *node;

	json_array_foreach(json_list(view, "nodes"), i, node) {
		if (network_view_is_stopped(node))
			stopped++;
		else if (strcmp(json_str_or(node, "healthStatus", ""), "HEALTHY"))
			return false;
	}
	return stopped > 0;
}

/* Waits until the network has formed; each node gets its line when it is healthy. */
static int wait_formed(struct cli *cli, struct target *t, const char *stack, int64_t deadline,
		       json_t **ret_view, struct err *err)
{
	OWN(json) json_t *told = json_object();

	for (;;) {
		OWN(json) json_t *view = NULL;
		json_t *node;
		size_t i;
		int rc = network_view(t, stack, &view, err);

		if (rc)
			return rc < 0 ? -1 : err_set(err, ERR_REMOTE, "stack %s is gone", stack);
		json_array_foreach(json_list(view, "nodes"), i, node) {
			const char *name = json_str_or(node, "name", "");

			if (strcmp(json_str_or(node, "healthStatus", ""), "HEALTHY") ||
			    json_object_get(told, name))
				continue;
			json_set_bool(told, name, true);
			if (cli->progress)
				print_task_line(cli, node);
		}
		if (network_view_formed(view) || is_all_there_will_be(view) || deploy_now_ms() > deadline) {
			rc = network_view_formed(view) ? 0 : 1;
			*ret_view = GIVE(view);
			return rc;
		}
		target_pause(t);
	}
}

static void print_next(const struct cli *cli, const json_t *view, const struct plan *p)
{
	OWN(str) char *words = target_words(cli);
	const json_t *first = json_array_get(json_list(view, "nodes"), 0);
	const char *at = json_str(json_map(first, "endpoints"), "8080");
	const char *name = json_str_or(first, "name", "node-0");

	(void)printf("\nTry:\n");
	if (at)
		(void)printf("  curl http://%s/public_data\n", at);
	(void)printf("  mpcup sign --path ethereum,1 --keccak --message hello --stack %s%s\n", p->network, words);
	(void)printf("  mpcup status --stack %s%s\n  mpcup logs %s --follow --stack %s%s\n  mpcup down --stack "
		     "%s%s\n",
		     p->network, words, name, p->network, words, p->network, words);
}

static int finish(struct cli *cli, const struct plan *p, const json_t *view, int formed,
		  const char *why, int64_t began)
{
	if (cli->json) {
		json_set_bool((json_t *)(uintptr_t)view, "formed", formed == 0);
		json_set_str((json_t *)(uintptr_t)view, "reason", why);
		cli_print_json(view);
	} else if (!cli->quiet) {
		(void)putchar('\n');
		network_view_print(cli, view);
		signing_view_print(cli, view);
		if (formed == 0)
			(void)printf("%sUp in %.2f s.%s\n", cli_paint(cli, "green"),
				     (double)(deploy_now_ms() - began) / 1000, cli_paint(cli, "off"));
		print_next(cli, view, p);
	}
	(void)fflush(stdout);
	if (formed == 0)
		return CLI_OK;
	(void)fprintf(stderr, "mpcup: the stack is up, and the network has not formed%s%s\n",
		      why ? ": " : "", why ? why : "");
	say_missing(view);
	return CLI_FAILED;
}

/* Why the network does not form: printed, or in the view for --json. */
static int explain(struct cli *cli, struct target *t, const struct plan *p, const json_t *findings,
		   json_t *view, struct err *err)
{
	OWN(json) json_t *evidence = NULL, *diagnosis = NULL, *all = findings ? json_copy((json_t *)(uintptr_t)findings)
									     : json_array();
	int rc = evidence_gather(t, p->network, true, &evidence, err);

	if (rc)
		return rc < 0 ? -1 : 0; /* deleted meanwhile */
	evidence_live(t, evidence);
	evidence_live_findings(evidence, all);
	if (diagnosis_make(evidence, all, &diagnosis, err) < 0)
		return -1;
	if (cli->json) {
		json_object_set(view, "diagnosis", diagnosis);
		return 0;
	}
	(void)fputc('\n', stderr);
	diagnosis_print(cli, stderr, diagnosis, evidence);
	return 0;
}

/* What the stack's outputs say of the contract (synth writes them); a template of others gets the defaults. */
static void take_wish(struct target *t, const char *stack, size_t nodes, struct operator_wish *ret)
{
	OWN(json) json_t *described = NULL;
	const char *domains = nodes <= THRESHOLD_PARTIES_MOST ? "CaitSith,Frost" : NULL;
	json_t *output;
	uint64_t value;
	size_t i;

	*ret = (struct operator_wish){ 0 };
	if (deploy_describe(t, stack, &described, NULL) != 0)
		return;
	json_array_foreach(json_list(described, "Outputs"), i, output) {
		const char *key = json_str_or(output, "OutputKey", ""),
			   *text = json_str_or(output, "OutputValue", "");

		if (!strcmp(key, "Threshold") && num_parse_u64(text, 1, 1000, &value) == 0)
			ret->threshold = (unsigned)value;
		if (!strcmp(key, "Domains"))
			domains = text;
	}
	if (domains && network_domains_parse(domains, &ret->domains, &ret->domain_count) < 0)
		(void)network_domains_parse("CaitSith,Frost", &ret->domains, &ret->domain_count);
}

/* On AWS the chain is there before, its contract's owner admits participants, and the mesh cannot be seen
 * from here: what ECS says of the tasks is all that can be waited for. */
static int see_tasks(struct cli *cli, struct target *t, const struct plan *p, int64_t began,
		     int64_t deadline, struct err *err)
{
	OWN(json) json_t *view = NULL;
	int rc = wait_formed(cli, t, p->network, deadline, &view, err);

	return rc < 0 ? -1 : finish(cli, p, view, rc, NULL, began);
}

/* The stack stands: chain, contract, keys, mesh. 0; 1: the contract is not as wanted, *ret_why. */
static int make_keys(struct cli *cli, struct target *t, const struct plan *p, const json_t *nodes,
		     int64_t deadline, char **ret_why, struct err *err)
{
	struct operator_wish wish;
	int rc = attach_chain(cli, t, p, nodes, err);

	/* without a chain there is nobody to vote with: show the nodes and say so */
	if (rc)
		return rc;
	if (json_array_size(nodes) < 2) {
		if (cli->progress)
			(void)puts("One node alone has nobody to share a key with: no contract, no signatures.");
		return 0;
	}
	take_wish(t, p->network, json_array_size(nodes), &wish);
	rc = operator_bring_up(cli, t, nodes, &wish, deadline, NULL, ret_why, err);
	operator_wish_clear(&wish);
	if (rc < 0) {
		*ret_why = str_dup(err->text);
		*err = (struct err){ 0 };
	}
	return rc ? 1 : 0;
}

/* A stack without MPC nodes (a base) is done. */
static int form_local(struct cli *cli, struct target *t, const struct plan *p,
		      const json_t *findings, int64_t began, int64_t deadline, struct err *err)
{
	OWN(json) json_t *nodes = NULL, *view = NULL;
	OWN(str) char *why = NULL;
	int rc, keys, code;

	if (ecs_view_nodes(t, p->network, &nodes, err) < 0)
		return -1;
	if (json_array_size(nodes) == 0) {
		if (network_view(t, p->network, &view, err) < 0)
			return -1;
		return finish(cli, p, view, 0, NULL, began);
	}
	keys = make_keys(cli, t, p, nodes, deadline, &why, err);
	if (keys < 0)
		return -1;
	rc = wait_formed(cli, t, p->network, keys ? deploy_now_ms() + 2000 : deadline, &view, err);
	if (rc < 0)
		return -1;
	signing_view_add(t, nodes, view);
	rc = rc || keys;
	/* JSON carries it, people read it after what is missing */
	if (rc > 0 && cli->json && explain(cli, t, p, findings, view, err) < 0)
		return -1;
	code = finish(cli, p, view, rc, why, began);
	return rc > 0 && !cli->json && explain(cli, t, p, findings, view, err) < 0 ? -1 : code;
}

int up_form(struct cli *cli, struct target *t, const struct plan *p, const json_t *findings,
	    int64_t began_ms, int64_t deadline_ms, struct err *err)
{
	return t->local ? form_local(cli, t, p, findings, began_ms, deadline_ms, err)
			: see_tasks(cli, t, p, began_ms, deadline_ms, err);
}

/* ---- before nodes go ------------------------------------------------------------------------------------- */

static json_t *accounts_of(const struct network *n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n->node_count; i++)
		json_add_str(list, n->nodes[i].account);
	return list;
}

int up_hand_over(struct cli *cli, struct target *t, const struct plan *p, int64_t deadline_ms,
		 struct err *err)
{
	OWN(json) json_t *nodes = NULL, *stack = NULL, *staying = NULL;
	OWN(str) char *why = NULL;
	int rc;

	/* what a template of others takes away is not known before: what is left reshares afterwards */
	if (!t->local || !p->made_from || deploy_describe(t, p->network, &stack, NULL) != 0 ||
	    ecs_view_nodes(t, p->network, &nodes, NULL) < 0)
		return 0;
	staying = accounts_of(p->made_from);
	rc = operator_shrink(cli, t, nodes, staying, p->made_from->threshold, deadline_ms, &why, err);
	if (rc > 0)
		(void)fprintf(stderr,
			      "mpcup: nothing was deployed: nodes would go before they have handed over: %s\n", why);
	return rc;
}
