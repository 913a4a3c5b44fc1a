/* Sessions of threshold signatures between three honest parties, and what is sent to the first of them is
 * spoiled as the bytes say; and any bytes as a share of a key. Whoever is done must hold what is right. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/threshold/threshold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PARTIES 3

/* ---- the bytes ---------------------------------------------------------------------------------------- */

struct script {
	const uint8_t *data;
	size_t len;
};

static uint8_t next_byte(struct script *s)
{
	if (!s->len)
		return 0;
	s->len--;
	return *s->data++;
}

static void replace(struct script *s, struct buf *b)
{
	size_t len = next_byte(s);

	if (len > s->len)
		len = s->len;
	b->len = 0;
	buf_add(b, s->data, len);
	s->data += len;
	s->len -= len;
}

/* Returns how often it is delivered. */
static int spoil(struct script *s, struct buf *b, uint32_t *from)
{
	size_t at;

	switch (next_byte(s) % 8) {
	case 1:
		at = next_byte(s) | (size_t)next_byte(s) << 8;
		if (b->len)
			b->data[at % b->len] ^= (char)next_byte(s);
		return 1;
	case 2:
		replace(s, b);
		return 1;
	case 3:
		b->len -= b->len ? 1 + next_byte(s) % b->len : 0;
		return 1;
	case 4:
		return 2;
	case 5:
		return 0;
	case 6:
		*from = next_byte(s) % 8;
		return 1;
	case 7:
		buf_char(b, (char)next_byte(s));
		return 1;
	default:
		return 1;
	}
}

/* ---- sessions ------------------------------------------------------------------------------------------- */

static const uint32_t ids[PARTIES] = { 0, 1, 2 };

static struct threshold_setting setting_of(size_t i, size_t count, uint8_t session)
{
	struct threshold_setting s = { .self = ids[i], .parties = ids, .count = count, .context = { session } };

	memset(s.seed, (int)(1 + i + 10 * session), 32);
	return s;
}

static void deliver(struct threshold_session **sessions, size_t to, uint32_t from, struct buf *b, struct script *script)
{
	int times = to == 0 && script ? spoil(script, b, &from) : 1;

	while (times-- > 0)
		threshold_receive(sessions[to], from, (const uint8_t *)b->data, b->len);
}

static bool pass_on(struct threshold_session **sessions, size_t count, size_t from, struct script *script)
{
	struct threshold_message m;

	if (!threshold_next(sessions[from], &m))
		return false;
	for (size_t to = 0; to < count; to++)
		if (to != from && (m.to == THRESHOLD_ALL || m.to == ids[to])) {
			OWN(buf) struct buf copy = { 0 };

			buf_add(&copy, m.data.data, m.data.len);
			deliver(sessions, to, ids[from], &copy, script);
		}
	buf_free(&m.data);
	return true;
}

static void run(struct threshold_session **sessions, size_t count, struct script *script)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (size_t i = 0; i < count; i++)
			while (pass_on(sessions, count, i, script))
				moved = true;
	}
}

static void close_all(struct threshold_session **sessions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		threshold_session_free(sessions[i]);
}

static void must(bool right)
{
	if (!right)
		abort();
}

/* ---- what the sessions need: keys, pairings --------------------------------------------------------------- */

static struct threshold_key *keys[2][PARTIES]; /* by curve */

static void take_keys(struct threshold_session **sessions, struct threshold_key **ret)
{
	for (size_t i = 0; i < PARTIES; i++)
		ret[i] = threshold_take_key(sessions[i]);
}

static void generate(enum threshold_curve curve, struct script *script, struct threshold_key **ret)
{
	struct threshold_session *sessions[PARTIES];

	for (size_t i = 0; i < PARTIES; i++) {
		struct threshold_setting setting = setting_of(i, PARTIES, 1);

		sessions[i] = threshold_generate(curve, 2, &setting);
	}
	run(sessions, PARTIES, script);
	take_keys(sessions, ret);
	close_all(sessions, PARTIES);
}

static void prepare(void)
{
	static const uint8_t seed[32] = { 1 };

	if (keys[0][0])
		return;
	must(threshold_init(seed, NULL) == 0);
	for (int curve = 0; curve < 2; curve++)
		generate((enum threshold_curve)curve, NULL, keys[curve]);
}

static void pair(struct script *script, struct threshold_pairing **ret)
{
	struct threshold_session *sessions[2];

	for (size_t i = 0; i < 2; i++) {
		struct threshold_setting setting = setting_of(i, 2, 2);

		sessions[i] = threshold_pair(&setting);
	}
	run(sessions, 2, script);
	for (size_t i = 0; i < 2; i++)
		ret[i] = threshold_take_pairing(sessions[i]);
	close_all(sessions, 2);
}

/* ---- targets ------------------------------------------------------------------------------------------- */

static void check_keys(struct threshold_key **got, const struct threshold_key *must_be)
{
	for (size_t i = 0; i < PARTIES; i++) {
		OWN(threshold_key) struct threshold_key *key = got[i], *again = NULL;
		OWN(buf) struct buf b = { 0 };

		if (!key)
			continue;
		must(!must_be || !memcmp(key->public_key, must_be->public_key, THRESHOLD_POINT_MOST));
		threshold_key_encode(key, &b);
		must(threshold_key_decode((const uint8_t *)b.data, b.len, &again, NULL) == 0);
		if (!must_be)
			must_be = keys[key->curve][0]; /* the seeds are those of prepare() */
		must(!memcmp(key->public_key, must_be->public_key, THRESHOLD_POINT_MOST));
	}
}

static void fuzz_generate(struct script *script)
{
	struct threshold_key *got[PARTIES];

	generate((enum threshold_curve)(next_byte(script) % 2), script, got);
	check_keys(got, NULL);
}

/* 0 and 1 deal; 1 and 2 get, or 0 and 2 do: the one that is spoiled leaves or stays. */
static void fuzz_reshare(struct script *script)
{
	enum threshold_curve curve = (enum threshold_curve)(next_byte(script) % 2);
	const uint32_t new_parties[2] = { next_byte(script) % 2, 2 };
	struct threshold_session *sessions[PARTIES];
	struct threshold_key *got[PARTIES];

	for (size_t i = 0; i < PARTIES; i++) {
		struct threshold_setting setting = setting_of(i, PARTIES, 3);
		struct threshold_reshare r = { curve, i < 2 ? keys[curve][i] : NULL, keys[curve][0]->public_key, ids, 2, 2,
					       new_parties, 2, 2 };

		sessions[i] = threshold_reshare(&r, &setting);
	}
	run(sessions, PARTIES, script);
	take_keys(sessions, got);
	close_all(sessions, PARTIES);
	check_keys(got, keys[curve][0]);
}

static void presign(enum threshold_scheme scheme, struct threshold_pairing **pairings, struct script *script,
		    struct threshold_presignature **ret)
{
	size_t count = threshold_scheme_signers(scheme, 2);
	struct threshold_session *sessions[PARTIES];

	for (size_t i = 0; i < count; i++) {
		struct threshold_setting setting = setting_of(i, count, 4);

		sessions[i] = threshold_presign(scheme, keys[threshold_scheme_curve(scheme)][i], pairings + i, &setting);
	}
	run(sessions, count, script);
	for (size_t i = 0; i < count; i++)
		ret[i] = threshold_take_presignature(sessions[i]);
	close_all(sessions, count);
}

/* What is signed verifies; whether the presignatures were spoiled or not. */
static void sign(enum threshold_scheme scheme, struct threshold_presignature **p, struct script *script)
{
	static const uint8_t message[32] = { 7 };
	struct threshold_request request = { message, 32, { 0 }, { 5 }, 0 };
	size_t count = threshold_scheme_signers(scheme, 2);
	struct threshold_session *sessions[PARTIES];
	struct threshold_signature signature;

	for (size_t i = 0; i < count; i++) {
		struct threshold_setting setting = setting_of(i, count, 5);

		sessions[i] = threshold_sign(keys[threshold_scheme_curve(scheme)][i], p[i], &request, &setting);
	}
	run(sessions, count, script);
	if (threshold_take_signature(sessions[0], &signature) == 0)
		must(threshold_verify(signature.curve, signature.public_key, message, 32, signature.bytes) == 0 &&
		     !memcmp(signature.public_key, keys[signature.curve][0]->public_key, THRESHOLD_POINT_MOST));
	close_all(sessions, count);
}

static void fuzz_sign(struct script *script, enum threshold_scheme scheme)
{
	struct threshold_presignature *p[PARTIES] = { 0 };
	struct threshold_pairing *pairings[2] = { 0 };
	uint8_t which = next_byte(script) % 3; /* what is spoiled */

	if (scheme == THRESHOLD_CAIT_SITH)
		pair(which == 0 ? script : NULL, pairings);
	presign(scheme, pairings, which == 1 ? script : NULL, p);
	sign(scheme, p, which == 2 ? script : NULL);
	threshold_pairing_free(pairings[0]);
	threshold_pairing_free(pairings[1]);
}

static void fuzz_key(const struct script *script)
{
	OWN(threshold_key) struct threshold_key *key = NULL;
	OWN(buf) struct buf b = { 0 };
	struct err err = { 0 };

	if (threshold_key_decode(script->data, script->len, &key, &err) < 0) {
		must(err.text[0] != 0);
		return;
	}
	threshold_key_encode(key, &b);
	must(b.len == script->len && !memcmp(b.data, script->data, b.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script script = { data, size };
	uint8_t what;

	prepare();
	what = next_byte(&script) % 6;
	if (what == 0)
		fuzz_key(&script);
	else if (what == 1)
		fuzz_generate(&script);
	else if (what == 2)
		fuzz_reshare(&script);
	else
		fuzz_sign(&script, (enum threshold_scheme)(what - 3));
	return 0;
}
