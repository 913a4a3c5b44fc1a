/* After the stacks: the chain that is missing, the contract's participants and keys, the mesh. Before an
 * update that takes nodes away: their shares' handing over. */
#pragma once
#include "face/cli/cli.h"
#include "face/cli/plan.h"
#include "face/cli/target.h"

/* The network's stack stands: brings it to where it can sign and prints it. began_ms, deadline_ms: of
 * deploy_now_ms(). The exit code, or -1 err. */
int up_form(struct cli *cli, struct target *t, const struct plan *p, const json_t *findings,
	    int64_t began_ms, int64_t deadline_ms, struct err *err);
/* Nodes that network.yaml does not have any more hand over before the stack loses them. 0 go on, 1 it
 * cannot be done (said), -1 err. */
int up_hand_over(struct cli *cli, struct target *t, const struct plan *p, int64_t deadline_ms,
		 struct err *err);
