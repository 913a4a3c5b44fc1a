/* From the arguments of `up` to the stacks to deploy, in order. */
#pragma once
#include "core/near/near.h"
#include "core/network/network.h"
#include "core/template/template.h"
#include "face/cli/cli.h"
#include "face/cli/target.h"

struct plan_stack {
	char *name;
	char *source;	  /* the file it is from, for messages */
	const char *role; /* "network", "base" or "nested" */
	char *nested; /* file name of the template of a nested stack, which its parent looks for; else NULL */
	char *text;
	size_t len;
	struct template *parsed; /* of the text, where it was read; NULL: not yet */
	json_t *parameters; /* array of {"ParameterKey","ParameterValue"} */
};
struct plan {
	struct plan_stack *stacks; /* what exports comes before what imports, what is nested before its parent */
	size_t count;
	char *network; /* name of the stack that is the network */
	json_t *images; /* object pattern -> "node" | "localnet" */
	struct near_key chain_key;
	bool has_chain_key;
	char *key_directory; /* of network.yaml; NULL for templates */
	struct network *made_from; /* the network.yaml; NULL for templates */
	char *made_from_path;
	/* nothing is made; a key that is missing leaves its parameter without a value; a template that
	 * cannot be read stays in the list (unread: there is one) */
	bool preview, unread;
	bool deployed;	  /* all stacks have the names that they are deployed under */
	bool stack_given; /* the last one has the name that --stack gives */
};

/* Reads the template of a stack. given: values that its loops may go over; NULL: the stack's own. */
int plan_parse(const struct plan_stack *s, const char *name, const json_t *given, struct template **ret,
	       struct err *err);
/* -1: err. Keys of a local network.yaml that are missing are made (and said so). */
int plan_make(struct cli *cli, struct plan *ret, struct err *err);
/* The same without any effect: for check. */
int plan_preview(struct cli *cli, struct plan *ret, struct err *err);
/* $MPCUP_SPLIT_NODES: how many nodes a nested stack has at most; 0: only what fits no template is split.
 */
int plan_split_nodes(size_t *ret, struct err *err);
void plan_free(struct plan *p); /* wipes */
static inline void own_drop_plan(struct plan *p)
{
	plan_free(p);
}
