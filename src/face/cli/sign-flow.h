/* One signature: from the contract's state to a checked result. */
#pragma once
#include "face/cli/chain-client.h"
#include "face/cli/cli.h"
#include "face/cli/sign-request.h"
#include "face/cli/target.h"

/* Who asks whom. The texts are borrowed but for the contract's view. */
struct sign_order {
	struct chain_client client;
	const char *contract, *predecessor, *path, *domain; /* domain: id or curve */
	const struct near_key *key;			    /* of the predecessor */
	const char *payload, *message;
	enum sign_hash hash;
	const json_t *nodes; /* from ecs_view_services; NULL: they cannot be asked */
	unsigned timeout_ms;
};

/* 0: *ret is the result (members as --json shows them), the caller's, checked by OpenSSL; 1: it cannot be
 * signed now, *ret_why (the caller's) says who or what is missing; -1 err. */
int sign_flow(const struct sign_order *o, json_t **ret, char **ret_why, struct err *err);
void sign_print(struct cli *cli, const json_t *result);
