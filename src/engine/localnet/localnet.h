/* The built-in NEAR base of the local world: blocks, JSON-RPC on 3030, P2P 24567 that proves its node
 * key, the signer contract's participants. The full ledger comes with a later issue. */
#pragma once

/* `mpcup localnet`: options by environment and argv; runs until SIGTERM. Returns the exit code. */
int localnet_main(int argc, char **argv);
