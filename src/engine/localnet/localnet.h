/* The built-in NEAR base of the local world: a ledger of one node without wasm
 * (doc/ARCHITECTURE.md, "The built-in chain"), JSON-RPC on 3030, P2P 24567 that proves its node
 * key, the signer contract. */
#pragma once
#include <jansson.h>

/* `mpcup localnet`: runs until SIGTERM or SIGINT. Returns the exit code. argv[0] is the first
 * argument behind the sub-command:
 *   --data DIR (/var/lib/near)  --rpc-port N (3030)  --p2p-port N (24567)  --block-ms N (600)
 * Environment: NEAR_NODE_KEY (secret key text; absent: kept in DIR, made when new), MPC_CHAIN_ID
 * (mpc-localnet), MPC_CONTRACT_ID (mpc-contract.test.near). The node key is the full-access key of
 * all genesis accounts (test.near, near, localnet, mpc-localnet, registrar, the contract): who has
 * it is the operator. The signer contract is native: MPC_CONTRACT_ID has it; `init` by test.near
 * makes any account id it, existing or not, and by anybody an account with code. State:
 * DIR/chain.db; when it cannot be written the chain stops. */
int localnet_main(int argc, char **argv);
json_t *localnet_methods(void); /* names of the JSON-RPC methods that it answers; new array */
