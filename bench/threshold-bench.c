/* How long three parties, each a process of its own, take for keys, presignatures and signatures over real
 * TLS, beside what the machine needs at least. Prints JSON for bench/run. usage: threshold-bench [RUNS] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "threshold-floor.h"
#include "threshold-mesh.h"

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct row {
	const char *what;
	enum mesh_kind first;
	int second;   /* NONE; its time is added */
	size_t share; /* of the runs that were asked for: one in so many */
	const char *floor_is;
	double floor;
};
#define NONE (-1)

static void print_row(const struct row *row, double *samples, size_t count, bool last)
{
	qsort(samples, count, sizeof(*samples), compare);
	printf("  {\"what\": \"%s\", \"runs\": %zu, \"min\": %.9f, \"p50\": %.9f, \"p99\": %.9f, \"floor\": %.9f, "
	       "\"floor_is\": \"%s\"}%s\n",
	       row->what, count, samples[0], samples[count / 2], samples[count * 99 / 100], row->floor, row->floor_is,
	       last ? "" : ",");
	fflush(stdout);
}

static void measure(struct mesh *m, const struct row *row, size_t runs, bool last)
{
	size_t count = runs / row->share ? runs / row->share : 1;
	double *samples = mem_new(count, sizeof(*samples));

	for (size_t i = 0; i < count; i++) {
		samples[i] = mesh_run(m, row->first);
		if (row->second != NONE)
			samples[i] += mesh_run(m, (enum mesh_kind)row->second);
	}
	print_row(row, samples, count, last);
	free(samples);
}

/* ---- the table --------------------------------------------------------------------------------------- */

/* The presignatures of a row are used up by a later one. */
enum { NOTHING, DKG_ED, DKG_SECP, FROST_PRESIGN, FROST_ONLINE, FROST_BOTH, DAMGARD_PRESIGN, DAMGARD_ONLINE, PAIR, CAIT_PRESIGN,
       CAIT_ONLINE, ROWS };
#define PRESIGN(scheme) (enum mesh_kind)(MESH_PRESIGN + THRESHOLD_##scheme)
#define SIGN(scheme) (enum mesh_kind)(MESH_SIGN + THRESHOLD_##scheme)

/* clang-format off */
static const struct row table[ROWS] = {
	[NOTHING] = { "a frame and its answer, by engine/peer", MESH_NOTHING, NONE, 1, "2 hops", 0 },
	[DKG_ED] = { "DKG, Ed25519, 3 parties", MESH_GENERATE_ED25519, NONE, 4,
		     "6 hops, 5 base, 6 point checks, 4 sums", 0 },
	[DKG_SECP] = { "DKG, secp256k1, 3 parties", MESH_GENERATE_SECP256K1, NONE, 4,
		       "6 hops, 5 base, 6 decodes, 8 public multiplications", 0 },
	[FROST_PRESIGN] = { "Frost, commitments in advance, 2 signers", PRESIGN(FROST), NONE, 1,
			    "2 hops, 2 base, 2 point checks", 0 },
	[FROST_ONLINE] = { "Frost, online: 1 round, 2 signers", SIGN(FROST), NONE, 1,
			   "2 hops, a sum, verify", 0 },
	[FROST_BOTH] = { "Frost, 2 rounds, 2 signers", PRESIGN(FROST), SIGN(FROST), 1,
			 "both of these", 0 },
	[DAMGARD_PRESIGN] = { "DamgardEtAl, presign, 3 signers", PRESIGN(DAMGARD_ET_AL), NONE, 1,
			      "4 hops, 2 base, 1 secret multiplication, 4 decodes", 0 },
	[DAMGARD_ONLINE] = { "DamgardEtAl, online, 3 signers", SIGN(DAMGARD_ET_AL), NONE, 1,
			     "2 hops, 1 decode, 1 public multiplication, recover", 0 },
	[PAIR] = { "CaitSith, pairing of 2", MESH_PAIR, NONE, 20,
		   "3 hops, 129 base, 257 secret multiplications", 0 },
	[CAIT_PRESIGN] = { "CaitSith, presign, 2 signers", PRESIGN(CAIT_SITH), NONE, 1,
			   "4 hops, 6 base, 2 secret multiplications, 4 decodes; no oblivious transfer", 0 },
	[CAIT_ONLINE] = { "CaitSith, online, 2 signers", SIGN(CAIT_SITH), NONE, 1,
			  "2 hops, 1 decode, 1 public multiplication, recover", 0 },
};
/* clang-format on */

/* What one message after the other needs at least. Where three parties compute at the same time they share
 * the processors: `three` is what one's work takes then, and `turns` when it cannot be divided. */
static void fill_floors(struct row *rows, const struct floors *f)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	double hop = f->round_trip / 2, three = processors < 3 ? 3.0 / (double)processors : 1;
	double turns = processors == 1 ? 3 : processors == 2 ? 2 : 1;

	rows[NOTHING].floor = 2 * hop;
	rows[DKG_ED].floor = 6 * hop + three * (5 * f->ed25519_base + 6 * f->ed25519_check + 4 * f->ed25519_verify);
	rows[DKG_SECP].floor =
		6 * hop + three * (5 * f->secp256k1_base + 6 * f->secp256k1_decode + 8 * f->secp256k1_public);
	rows[FROST_PRESIGN].floor = 2 * hop + 2 * f->ed25519_base + 2 * f->ed25519_check;
	rows[FROST_ONLINE].floor = 2 * hop + 2 * f->ed25519_verify;
	rows[FROST_BOTH].floor = rows[FROST_PRESIGN].floor + rows[FROST_ONLINE].floor;
	rows[DAMGARD_PRESIGN].floor =
		4 * hop + three * (2 * f->secp256k1_base + f->secp256k1_secret + 4 * f->secp256k1_decode);
	rows[DAMGARD_ONLINE].floor = 2 * hop + turns * (f->secp256k1_decode + f->secp256k1_public) + f->secp256k1_recover;
	rows[PAIR].floor = 3 * hop + 129 * f->secp256k1_base + 257 * f->secp256k1_secret;
	rows[CAIT_PRESIGN].floor =
		4 * hop + 6 * f->secp256k1_base + 2 * f->secp256k1_secret + 4 * f->secp256k1_decode;
	rows[CAIT_ONLINE].floor = 2 * hop + f->secp256k1_decode + f->secp256k1_public + f->secp256k1_recover;
}

static void print_floors(const struct floors *f)
{
	printf("{\"floors\": {\"a round trip of 64 bytes, TLS 1.3 over loopback\": %.9f,\n"
	       "  \"Ed25519: base point by secret\": %.9f, \"Ed25519: decode and check a point\": %.9f,\n"
	       "  \"Ed25519: verify (a sum of two public products)\": %.9f,\n"
	       "  \"secp256k1: base point by secret\": %.9f, \"secp256k1: point by secret\": %.9f,\n"
	       "  \"secp256k1: point by public\": %.9f, \"secp256k1: decode a point\": %.9f,\n"
	       "  \"secp256k1: recover (and so verify)\": %.9f},\n \"rows\": [\n",
	       f->round_trip, f->ed25519_base, f->ed25519_check, f->ed25519_verify, f->secp256k1_base,
	       f->secp256k1_secret, f->secp256k1_public, f->secp256k1_decode, f->secp256k1_recover);
}

int main(int argc, char **argv)
{
	uint64_t runs = 1000;
	struct row rows[ROWS];
	struct floors floors;
	struct mesh *m;

	if (argc > 2 || (argc == 2 && num_parse_u64(argv[1], 1, 1000000, &runs) < 0)) {
		fprintf(stderr, "usage: threshold-bench [RUNS]\n");
		return 2;
	}
	floors_measure(&floors);
	memcpy(rows, table, sizeof(rows));
	fill_floors(rows, &floors);
	m = mesh_start();
	print_floors(&floors);
	for (size_t i = 0; i < ROWS; i++)
		measure(m, &rows[i], (size_t)runs, i + 1 == ROWS);
	printf("]}\n");
	mesh_stop(m);
	return 0;
}
