/* Whether the network can sign, as the nodes tell it: their pools, who is missing, what was signed last. */
#pragma once
#include "face/cli/cli.h"
#include "face/cli/target.h"

/* Asks the nodes (from ecs_view_services): array of {"name","accountId","answers":bool,
 * "domains"?:[..],"halted"?} with the members of their /debug/domains; the caller's. */
json_t *signing_view_nodes(struct target *t, const json_t *nodes);
/* Why the domain of the contract (contract_view) cannot sign now, by the names of the nodes; NULL: it can,
 * or no node tells. The caller's. */
char *signing_view_obstacle(const json_t *views, const json_t *contract, json_int_t domain);
/* Puts the contract ("contract": contract_view(), or "contractReason") and what the nodes tell ("domains" and
 * "halted" of each) into a network_view(). */
void signing_view_add(struct target *t, const json_t *nodes, json_t *view);
void signing_view_print(struct cli *cli, const json_t *view);
