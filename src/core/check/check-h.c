/* Group H: what a template tells about the chain the nodes join. */
#include "core/check/check-internal.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/near/near.h"

/* ---- H21
 * ---------------------------------------------------------------------------------------------- */

/* Bytes of a value, at least: unknown parts count nothing. */
static size_t size_of(const struct deployment *d, const json_t *value)
{
	OWN(str) char *flat = value ? node_flatten(d, value) : NULL;

	return flat ? strlen(flat) : 0;
}

static void see_size(struct check *c, const struct deployment_resource *r, const char *property,
		     size_t size, size_t most, const char *channel)
{
	struct check_finding f = { .severity = CHECK_FAIL, .resource = r, .property = property };

	if (size > most)
		check_add(c, &f, "%zu bytes through %s, which takes %zu", size, channel, most);
}

static void see_resource(struct check *c, const struct deployment_resource *r)
{
	const struct deployment *d = check_deployment(c);
	const json_t *p = r->properties;

	if (!strcmp(r->type, "AWS::SecretsManager::Secret")) {
		see_size(c, r, "SecretString", size_of(d, json_object_get(p, "SecretString")),
			 65536, "a secret");
	} else if (!strcmp(r->type, "AWS::SSM::Parameter")) {
		bool standard = str_eq(json_str_or(p, "Tier", "Standard"), "Standard");

		see_size(c, r, "Value", size_of(d, json_object_get(p, "Value")),
			 standard ? 4096 : 8192,
			 standard ? "a standard parameter" : "an advanced parameter");
	} else if (!strcmp(r->type, "AWS::ECS::TaskDefinition")) {
		OWN(str) char *text = json_text(p);

		see_size(c, r, "", strlen(text), 65536, "a task definition");
	} else if (!strcmp(r->type, "AWS::EC2::Instance")) {
		const char *text = deployment_text(d, json_object_get(p, "UserData"));

		see_size(c, r, "UserData", text ? strlen(text) / 4 * 3 : 0, 16386, "user data");
	}
}

static void run_channel(struct check *c)
{
	size_t count;
	const struct deployment_resource *all = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++)
		see_resource(c, &all[i]);
}

/* ---- H22
 * ---------------------------------------------------------------------------------------------- */

static bool has_pair(const char *entry, size_t len)
{
	OWN(str) char *key = str_dup_n(entry, len);
	struct near_key pair;

	if (near_key_parse(key, &pair, NULL) < 0)
		return false;
	near_key_wipe(&pair);
	return true;
}

static void run_length(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };
		struct check_finding f;

		node_variable(c, &n, "NEAR_BOOT_NODES", &v);
		f = node_finding(CHECK_FAIL, &n, &v);
		for (const char *e = v.flat; e && *e;
		     e += strcspn(e, ",") + (e[strcspn(e, ",")] == ','))
			if (has_pair(e, strcspn(e, "@,")))
				check_add(c, &f,
					  "NEAR_BOOT_NODES has a private key where the chain's "
					  "public node key belongs");
	}
}

/* ---- H12
 * ---------------------------------------------------------------------------------------------- */

/* The chain and the contract on it that a node follows. */
struct followed {
	struct variable chain, contract;
};

static void own_drop_followed(struct followed *f)
{
	own_drop_variable(&f->chain);
	own_drop_variable(&f->contract);
}

static void follow(const struct check *c, const struct node *n, struct followed *ret)
{
	node_variable(c, n, "MPC_ENV", &ret->chain);
	node_variable(c, n, "MPC_CONTRACT_ID", &ret->contract);
}

/* Whether both are known and the same. */
static bool same_text(const struct variable *a, const struct variable *b)
{
	return variable_text(a) && variable_text(b) && !strcmp(variable_text(a), variable_text(b));
}

/* How many nodes of the same chain follow the same contract; *ret_other: how many another one. */
static size_t followers(const struct check *c, const struct followed *f, size_t *ret_other)
{
	size_t same = 0;
	struct node n;

	*ret_other = 0;
	for (size_t i = 0; node_next(c, &i, &n);) {
		struct followed one __attribute__((cleanup(own_drop_followed))) = { 0 };

		follow(c, &n, &one);
		if (!variable_text(&one.contract) || !same_text(&one.chain, &f->chain))
			continue;
		if (same_text(&one.contract, &f->contract))
			same++;
		else
			++*ret_other;
	}
	return same;
}

/* One node alone among several: two networks side by side have two nodes each at least. On a
 * public chain the rest of a network may be elsewhere, so that one against one is no fault. */
static void run_contract(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct followed own __attribute__((cleanup(own_drop_followed))) = { 0 };
		struct check_finding f;
		size_t others, least;

		follow(c, &n, &own);
		if (!variable_text(&own.contract) || !variable_text(&own.chain))
			continue;
		least = !strcmp(variable_text(&own.chain), "mpc-localnet") ? 1 : 2;
		if (followers(c, &own, &others) > 1 || others < least)
			continue;
		f = node_finding(CHECK_FAIL, &n, &own.contract);
		check_add(c, &f, "the node follows contract '%.64s', which no other node follows",
			  node_shown(variable_text(&own.contract)));
	}
}

const struct check_rule check_rules_h[] = {
	{ "H21", "genesis-too-large-for-channel", "template",
	  "The resource is refused for its size, or the file arrives cut off",
	  "A file goes through a channel that takes less",
	  "Bring it with the image, from S3, or on the file system",
	  "1 to 5 minutes into the deployment, and the rollback", run_channel },
	{ "H22", "pubkey-length-confusion", "chain",
	  "The NEAR node refuses the boot node and has no peers",
	  "A private key (64 bytes) stands where a public one (32 bytes) belongs",
	  "Put the public half there, and replace the key: it is known", "seconds to minutes",
	  run_length },
	{ "H12", "participant-set-differs-from-services", "participant",
	  "The other nodes never see this one, and fewer than the threshold may be connected",
	  "The nodes do not all follow one contract", "One MPC_CONTRACT_ID for all nodes",
	  "30 minutes: after the contract is set up", run_contract },
	{ .id = NULL },
};
