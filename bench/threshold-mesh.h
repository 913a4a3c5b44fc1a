/* Three processes of a benchmark, each connected with each by TLS (engine/peer), that run threshold sessions.
 * Party 0 starts them and takes the time. */
#pragma once
#include <stdint.h>

#include "core/threshold/threshold.h"

#define MESH_PARTIES 3

enum mesh_kind {
	MESH_NOTHING, /* a frame of 64 bytes to one party and back */
	MESH_GENERATE_ED25519,
	MESH_GENERATE_SECP256K1,
	MESH_PAIR,
	MESH_PRESIGN, /* + enum threshold_scheme */
	MESH_SIGN = MESH_PRESIGN + 3,
	MESH_KINDS = MESH_SIGN + 3
};

struct mesh;

/* Forks the other parties and connects; returns in party 0, or never. Exits with words when that fails. */
struct mesh *mesh_start(void);
/* Runs one session of all its parties; s from the start until it is done here. Signing takes the oldest
 * presignature that is left. A session that aborts ends the program with its reason. */
double mesh_run(struct mesh *m, enum mesh_kind kind);
void mesh_stop(struct mesh *m); /* ends the other processes */
