/* edwards25519 in variable time, for public points and public scalars only; several times faster than
 * libsodium, which has no multi-exponentiation. What is secret goes through group-ed25519.c's libsodium. */
#pragma once
#include "core/threshold/threshold-internal.h"

/* Sum of scalars[i] * points[i]. Points may be of any order here; scalars are reduced. -1: it is the
 * identity, or an encoding is not canonical or not on the curve. */
int ed25519_public_multiply_sum(const uint8_t (*scalars)[32], const uint8_t (*points)[THRESHOLD_POINT_MOST],
				size_t count, uint8_t ret[32]);
int ed25519_public_sum(const uint8_t (*points)[THRESHOLD_POINT_MOST], size_t count, uint8_t ret[32]);

/* For points that are known before their scalars: what is made of them once saves most of a later sum.
 * Public, in ordinary memory: free(). */
struct ed25519_table;
struct ed25519_table *ed25519_public_tables(size_t count);
/* Fills tables[at]. -1: no point. */
int ed25519_public_table(const uint8_t point[32], struct ed25519_table *tables, size_t at);
/* point + sum of scalars[i] * the point of tables[i]. -1: it is the identity, or point is none. */
int ed25519_public_table_sum(const uint8_t (*scalars)[32], const struct ed25519_table *tables, size_t count,
			     const uint8_t point[32], uint8_t ret[32]);
