/* Shared by the operator-*.c files. */
#pragma once
#include "face/cli/contract-view.h"
#include "face/cli/operator.h"

/* Key behind a secret variable of a node's container. */
int operator_deployed_key(struct target *t, const json_t *node, const char *variable,
			  struct near_key *ret, struct err *err);

/* One run towards Running. */
struct bring_up {
	struct cli *cli;
	struct target *target;
	const json_t *nodes;
	struct operator_chain chain;
	struct operator_wish wish; /* borrowed */
	int64_t deadline_ms;
	json_t *members; /* [account, id, {"url", "sign_pk"}] of the nodes, in order; ids of a new contract */
	json_t *view;	 /* the contract as it was seen last */
	char *why;	 /* of a 1 */
};

/* Steps: 0 done, 1 not possible (b->why), -1 err. */
int operator_step_accounts(struct bring_up *b, struct err *err);
int operator_step_members(struct bring_up *b, struct err *err); /* fills members */
int operator_step_init(struct bring_up *b, struct err *err);
int operator_step_reshare(struct bring_up *b, struct err *err);
int operator_step_domains(struct bring_up *b, struct err *err);
/* Until the contract is Running with a key for each of its domains, at least in `epoch`. */
int operator_step_wait(struct bring_up *b, json_int_t epoch, struct err *err);
/* Reads the state again. */
int operator_look(struct bring_up *b, struct err *err);
/* All members vote with the operator's key; those that are participants already first. */
int operator_vote(struct bring_up *b, const json_t *members, const char *method, const json_t *args,
		  struct err *err);
unsigned operator_threshold(const struct operator_wish *wish, size_t members);
