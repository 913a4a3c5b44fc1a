/* The built-in MPC node: the start contract of the real image (node-contract.md sections 1 to 4,
 * 10), mutual TLS between all peers, threshold keys and signatures (core/threshold), the HTTP endpoints
 * in the real shapes. Not near/mpc's wire protocol.
 *
 * Where it differs from the real image, on purpose:
 * - SIGTERM ends it with code 0 within 100 ms in both profiles. The real 3.1 image keeps a shell as
 *   pid 1 that does not pass the signal on and is killed after StopTimeout.
 * - The contract's state comes over the chain's P2P connection, like the blocks. NEAR_RPC_URL is
 * not read, because the real node does not read it either.
 * - It joins the mesh of the contract's participants although it holds no key shares; the real one
 *   waits with that for the first key generation.
 * - secrets.json has mode 0600; a real 3.1 script leaves it to the umask.
 * - Presignatures live in memory only and are made anew after a start; the real one keeps them.
 * - A key store that was put back to an older state, or belongs to another node, ends it with code 1.
 * - /debug/domains (JSON) is its own: domains, pools, who can sign and who is missing.
 * - CKD (BLS12-381) domains get no key.
 * - Port 8079 (migration) and 34001 (profiler) are not served; 24567 refuses every chain peer. */
#pragma once

/* `mpcup node`: reads the environment, runs until SIGTERM. Returns the container's exit code.
 * --profile 3.1|current (or MPCUP_NODE_PROFILE; default 3.1); argv as after the sub-command:
 * argv[0] is the first option. --web-port, --rpc-port, --near-port override the ports of the files,
 * for several nodes in one network namespace. Writes to stdout and stderr. */
int node_main(int argc, char **argv);
