/* A world for tests of threshold sessions: parties in memory, messages delivered in a random but seeded
 * order, and a hostile driver that replays a protocol once per way of spoiling each message of a party. */
#pragma once
#include "core/threshold/threshold-internal.h"

struct world_parcel {
	size_t from, to; /* indexes */
	struct buf data;
};

/* What is done to one message of the evil party, on its way. */
enum world_mutation {
	WORLD_FLIP,	   /* one bit of the payload */
	WORLD_TRUNCATE,	   /* the last byte is missing */
	WORLD_EXTEND,	   /* one byte more */
	WORLD_EMPTY,	   /* no byte at all */
	WORLD_OVERSIZED,   /* a megabyte more */
	WORLD_NO_ROUND,	   /* a round that no protocol has */
	WORLD_NEXT_ROUND,  /* said to be of the next round */
	WORLD_TWICE,	   /* sent twice */
	WORLD_FOREIGN,	   /* the message of another session: other context, other seeds */
	WORLD_TWIN,	   /* same session and context, made by a party with another seed */
	WORLD_IMPERSONATE, /* what another party sent in that round */
	WORLD_DROP,	   /* never arrives */
	WORLD_MUTATIONS
};
struct world_attack {
	size_t evil;	/* index */
	size_t message; /* which of its messages, from 0 */
	enum world_mutation mutation;
	size_t bit;	    /* WORLD_FLIP: of the payload */
	bool one_receiver;  /* of a message to all, only the first receiver gets the spoiled one */
	uint8_t round;	    /* of that message; the driver fills it in */
	struct buf instead; /* FOREIGN, TWIN, IMPERSONATE; the driver's */
};

struct world {
	const uint32_t *ids;
	size_t count;
	uint64_t seed, random;
	uint8_t context[32];
	struct threshold_session *sessions[THRESHOLD_PARTIES_MOST];
	size_t twin; /* this party's seed is another one; SIZE_MAX: nobody's */
	struct world_parcel *parcels;
	size_t parcel_count, delivered;
	size_t sent[THRESHOLD_PARTIES_MOST];
	const struct world_attack *attack;
	struct world_parcel *record; /* when recording: all that was sent, to: SIZE_MAX for all */
	size_t record_count;
	bool recording;
};

/* `ids` ascending, must outlive w. Context and seeds of the parties follow from `seed`. */
void world_open(struct world *w, uint64_t seed, const uint32_t *ids, size_t count);
/* The setting for party i: give it to threshold_*() and put the session into w->sessions[i]. NULL there:
 * that party is not taking part. */
struct threshold_setting world_setting(const struct world *w, size_t i);
uint64_t world_random(struct world *w);
/* Delivers until nothing is on its way. */
void world_run(struct world *w);
/* All sessions are DONE; fails the test with the reason where one is not. */
bool world_done(const struct world *w);
void world_close(struct world *w); /* frees the sessions */
static inline void own_drop_world(struct world *w)
{
	world_close(w);
}

/* A protocol for the hostile driver. */
struct world_protocol {
	const char *name;
	const uint32_t *ids;
	size_t count;
	void *data; /* handed to the functions */
	/* The session of party i (NULL: it has none). Called for each i of each run, i ascending. */
	struct threshold_session *(*make)(void *data, size_t i, const struct threshold_setting *setting);
	/* After a run: what the honest parties (all but attack->evil) that are DONE hold must be right and
	 * the same at all. */
	void (*check)(void *data, struct world *w, const struct world_attack *attack);
	/* Whether some honest party must have named the evil one after FLIP, FOREIGN, TWIN or IMPERSONATE
	 * of attack->round when an honest party aborted. NULL: always. (Messages of bad form are always named.) */
	bool (*nameable)(const struct world_attack *attack);
	size_t flips; /* bits to try for each message */
};
/* Every message of party `evil` in every way. Returns how many runs that were. */
size_t world_hostile(const struct world_protocol *p, size_t evil, uint64_t seed);
