/* The built-in MPC node: the start contract of the real image (node-contract.md sections 1 to 4, 10),
 * mutual TLS between all peers, the HTTP endpoints in the real shapes. Not near/mpc's wire protocol. */
#pragma once

/* `mpcup node`: reads the environment, runs until SIGTERM. Returns the container's exit code.
 * --profile 3.1|current; argv as after the sub-command. Writes to stdout and stderr. */
int node_main(int argc, char **argv);
