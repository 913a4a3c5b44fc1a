/* The built-in NEAR base of the local world: blocks, JSON-RPC on 3030, P2P 24567 that proves its
 * node key, the signer contract's participants. The full ledger comes with a later issue. */
#pragma once

/* `mpcup localnet`: runs until SIGTERM or SIGINT. Returns the exit code. argv[0] is the first
 * argument behind the sub-command:
 *   --data DIR (/var/lib/near)  --rpc-port N (3030)  --p2p-port N (24567)  --block-ms N (600)
 * Environment: NEAR_NODE_KEY (secret key text; absent: kept in DIR, made when new), MPC_CHAIN_ID
 * (mpc-localnet), MPC_CONTRACT_ID (mpc-contract.test.near). Account test.near has the node key as
 * its full-access key: who has it is the operator. The signer contract is native: `init` on any
 * account id, existing or not, makes that account the contract; deploying code is refused. */
int localnet_main(int argc, char **argv);
