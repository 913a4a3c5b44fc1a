/* What this machine needs at least: a round trip by TLS between two processes, and what the libraries take for
 * the operations that a protocol cannot avoid. Seconds; the least of many runs. */
#pragma once

struct floors {
	double round_trip;	 /* TLS 1.3 over loopback, 64 bytes each way, nothing but blocking reads and writes */
	double ed25519_base;	 /* base point by secret */
	double ed25519_check;	 /* decode a point, subgroup check */
	double ed25519_verify;	 /* which is a sum of two public products: they count as it */
	double secp256k1_base;	 /* base point by secret */
	double secp256k1_secret; /* point by secret */
	double secp256k1_public; /* point by public scalar */
	double secp256k1_decode; /* a compressed point */
	double secp256k1_recover;
};
void floors_measure(struct floors *ret);

double bench_now(void); /* seconds, monotonic */
_Noreturn void bench_fail(const char *what); /* says it and ends the program */
