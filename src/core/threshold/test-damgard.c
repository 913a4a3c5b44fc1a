#include <sodium.h>
#include <string.h>

#include "base/json.h"
#include "base/test.h"
#include "core/threshold/damgard-internal.h"
#include "core/threshold/test-ecdsa.h"

#define G (&group_secp256k1)
#define PARTIES_MOST 5

/* ---- known answers ------------------------------------------------------------------------------------- */

static void known(const json_t *j, const char *path, uint8_t *ret, size_t len)
{
	const char *hex = json_string_value(json_path(j, path));

	if (!hex || hex_decode(hex, strlen(hex), ret, len) < 0)
		test_fail(__FILE__, __LINE__, "%s is not %zu bytes", path, len);
}

static void check_known(const json_t *j, const char *path, const uint8_t *got, size_t len)
{
	OWN(str) char *hex = hex_encode(got, len);

	CHECK_STR(hex, json_string_value(json_path(j, path)));
}

/* Party i has x = i + 1, and is called so in the file. */
static const char *of_party(const char *what, size_t i, const char *member)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s.%zu%s%s", what, i + 1, *member ? "." : "", member);
	return path;
}

struct known_run {
	const json_t *vector;
	uint32_t ids[PARTIES_MOST];
	size_t count, t;
	struct threshold_key keys[PARTIES_MOST];
	struct world w;
	struct threshold_presignature *presignatures[PARTIES_MOST];
};

static void known_key(struct known_run *k, size_t i)
{
	struct threshold_key *key = &k->keys[i];

	*key = (struct threshold_key){ .self = k->ids[i], .t = k->t, .count = k->count };
	memcpy(key->parties, k->ids, k->count * sizeof(*k->ids));
	known(k->vector, of_party("key_shares", i, ""), key->secret, 32);
	known(k->vector, "master_public", key->public_key, 33);
}

static void known_polynomials(struct known_run *k, size_t i)
{
	uint8_t(*coefficients)[32] = damgard_polynomials(k->w.sessions[i]);
	const json_t *dealer = json_path(k->vector, of_party("dealer_polynomials", i, ""));
	const char *const names[] = { "k", "a", "b", "d", "e" };

	for (size_t which = 0; which < 5; which++) {
		const json_t *list = json_list(dealer, names[which]);
		size_t count = which < 2 ? k->t : 2 * k->t - 1;

		CHECK_INT(json_array_size(list), count);
		for (size_t c = 0; c < count; c++) {
			const char *hex = json_string_value(json_array_get(list, c));
			/* The file leaves out zeros in front of some. */
			OWN(str) char *whole = str_printf("%064d", 0);

			memcpy(whole + 64 - strlen(hex), hex, strlen(hex));
			CHECK_INT(hex_decode(whole, 64, *coefficients++, 32), 0);
		}
	}
}

static void check_shown(const struct known_run *k)
{
	for (size_t m = 0; m < k->w.record_count; m++) {
		const struct world_parcel *p = &k->w.record[m];
		const uint8_t *data = (const uint8_t *)p->data.data;

		if (data[0] == 2) {
			check_known(k->vector, of_party("R_i", p->from, ""), data + 1, 33);
			check_known(k->vector, of_party("w_i", p->from, ""), data + 34, 32);
		}
		if (data[0] == 3)
			check_known(k->vector, of_party("W_i", p->from, ""), data + 1, 33);
	}
}

static void check_presignature(const struct known_run *k, size_t i)
{
	const struct threshold_presignature *p = k->presignatures[i];

	check_known(k->vector, "R", p->damgard.big_r, 33);
	check_known(k->vector, of_party("presignature", i, "c"), p->damgard.c, 32);
	check_known(k->vector, of_party("presignature", i, "alpha"), p->damgard.alpha, 32);
	check_known(k->vector, of_party("presignature", i, "beta"), p->damgard.beta, 32);
	check_known(k->vector, of_party("presignature", i, "e"), p->damgard.e, 32);
}

static void known_presign(struct known_run *k)
{
	world_open(&k->w, 1, k->ids, k->count);
	k->w.recording = true;
	for (size_t i = 0; i < k->count; i++) {
		struct threshold_setting setting = world_setting(&k->w, i);

		k->w.sessions[i] = damgard_new(&k->keys[i], &setting);
		known_polynomials(k, i);
		session_start(k->w.sessions[i]);
	}
	world_run(&k->w);
	CHECK(world_done(&k->w));
	check_shown(k);
	for (size_t i = 0; i < k->count; i++) {
		k->presignatures[i] = threshold_take_presignature(k->w.sessions[i]);
		check_presignature(k, i);
	}
	world_close(&k->w);
}

/* What is sent is delta times near's share, and behind r. */
static void check_shares(const struct known_run *k, const json_t *signature, const uint8_t delta[32])
{
	uint8_t share[32], want[32];

	for (size_t m = 0; m < k->w.record_count; m++) {
		const struct world_parcel *p = &k->w.record[m];

		known(signature, of_party("s_shares_linearised", p->from, ""), share, 32);
		G->scalar_multiply(share, delta, want);
		CHECK(p->data.len == 65 && !memcmp(p->data.data + 33, want, 32));
		check_known(signature, "r", (const uint8_t *)p->data.data + 1, 32);
	}
}

static void known_sign(struct known_run *k, const json_t *signature)
{
	struct threshold_request request = { .message_len = 32, .coordinator = k->ids[0] };
	struct threshold_signature got;
	uint8_t hash[32], delta[32];

	known(signature, "msg_hash", hash, 32);
	known(signature, "epsilon", request.tweak, 32);
	known(signature, "entropy", request.entropy, 32);
	request.message = hash;
	CHECK_INT(ecdsa_delta(&k->keys[0], &request, k->presignatures[0]->damgard.big_r, k->ids, k->count, delta), 0);
	check_known(signature, "delta", delta, 32);
	world_open(&k->w, 2, k->ids, k->count);
	k->w.recording = true;
	for (size_t i = 0; i < k->count; i++) {
		struct threshold_setting setting = world_setting(&k->w, i);

		k->w.sessions[i] = threshold_sign(&k->keys[i], GIVE(k->presignatures[i]), &request, &setting);
	}
	world_run(&k->w);
	CHECK(world_done(&k->w));
	check_shares(k, signature, delta);
	CHECK_INT(threshold_take_signature(k->w.sessions[0], &got), 0);
	check_known(signature, "R_rerandomised", got.big_r, 33);
	check_known(signature, "r", got.bytes, 32);
	check_known(signature, "s", got.bytes + 32, 32);
	check_known(signature, "derived_public", got.public_key, 33);
	CHECK_INT(got.recovery_id, json_int_or(signature, "recovery_id", -1));
	world_close(&k->w);
}

TEST(damgard, known_answers)
{
	OWN(json) json_t *file = NULL;
	size_t len, i;
	OWN(str) char *text = test_read_file("tests/vectors/damgard-et-al.json", &len);
	struct err err = { 0 };
	json_t *vector;

	if (!text)
		return;
	CHECK_OK(json_parse_text("damgard-et-al.json", text, len, &file, &err), err);
	CHECK_INT(group_secp256k1_init((const uint8_t[32]){ 7 }), 0);
	CHECK_INT(json_array_size(json_list(file, "vectors")), 2);
	json_array_foreach(json_list(file, "vectors"), i, vector) {
		struct known_run k = { .vector = vector, .count = (size_t)json_int_or(vector, "n", 0) };

		k.t = (size_t)json_int_or(vector, "t", 0) + 1; /* theirs is how many may be malicious */
		for (size_t p = 0; p < k.count; p++)
			k.ids[p] = (uint32_t)p;
		for (size_t p = 0; p < k.count; p++)
			known_key(&k, p);
		known_presign(&k);
		known_sign(&k, json_path(vector, "signatures.0"));
	}
}

/* ---- weights -------------------------------------------------------------------------------------------- */

static void check_weights(const uint32_t *ids, size_t t)
{
	size_t count = 2 * t - 1;
	struct damgard_weights w;
	uint8_t want[32];

	damgard_weights_new(ids, t, &w);
	CHECK_INT(w.checks, t - 1);
	for (size_t i = 0; i < count; i++) {
		CHECK_INT(group_lagrange(G, ids, count, i, NULL, want), 0);
		CHECK(!memcmp(w.all[i], want, 32));
	}
	for (size_t i = 0; i < t; i++) {
		CHECK_INT(group_lagrange(G, ids, t, i, NULL, want), 0);
		CHECK(!memcmp(w.few[i], want, 32));
	}
	free(w.all);
}

TEST(damgard, weights_are_lagranges)
{
	check_weights((const uint32_t[]){ 0, 1, 2 }, 2);
	check_weights((const uint32_t[]){ 3, 9, 4000000000 }, 2);
	check_weights((const uint32_t[]){ 0, 1, 2, 3, 5, 6, 9 }, 4);
}

/* ---- hostile parties -------------------------------------------------------------------------------------- */

static struct threshold_session *make(void *data, size_t i, const struct threshold_setting *setting)
{
	return threshold_presign(THRESHOLD_DAMGARD_ET_AL, ((struct ecdsa_keys *)data)->keys[i], NULL, setting);
}

/* The honest hold the same R. When all are there, what they sign is right or refused. */
static void check(void *data, struct world *w, const struct world_attack *attack)
{
	OWN(ecdsa_presignatures) struct ecdsa_presignatures p = { 0 };
	const struct threshold_presignature *first = NULL;
	OWN(world) struct world signing;
	struct threshold_request request;
	struct threshold_signature signature;
	uint8_t hash[32];
	bool whole = true;

	world_open(&signing, 3, w->ids, w->count);
	for (size_t i = 0; i < w->count; i++) {
		p.of[i] = threshold_take_presignature(w->sessions[i]);
		whole = whole && p.of[i];
		if (!p.of[i] || i == attack->evil)
			continue;
		CHECK(!first || !memcmp(first->damgard.big_r, p.of[i]->damgard.big_r, 33));
		first = p.of[i];
	}
	if (!whole)
		return;
	request = ecdsa_request(attack->message, true, w->ids[(attack->evil + 1) % w->count], hash);
	ecdsa_sign_start(&signing, data, &p, &request);
	world_run(&signing);
	for (size_t i = 0; i < w->count; i++)
		if (w->ids[i] == request.coordinator && threshold_status(signing.sessions[i]) == THRESHOLD_DONE &&
		    threshold_take_signature(signing.sessions[i], &signature) == 0)
			ecdsa_check_signature(data, &request, &signature);
}

/* A wrong value of the right form: mostly, who is to blame cannot be known (damgard.c). What can be is in lies[]. */
static bool nameable(const struct world_attack *attack)
{
	(void)attack;
	return false;
}

static size_t hostile(const uint32_t *ids, size_t count, size_t t, size_t flips)
{
	OWN(ecdsa_keys) struct ecdsa_keys keys;
	struct world_protocol protocol = { .name = "DamgardEtAl presigning", .ids = ids, .count = count, .data = &keys,
					   .make = make, .check = check, .nameable = nameable, .flips = flips };
	size_t runs = 0;

	ecdsa_keys_make(&keys, ids, count, t, 5);
	for (size_t evil = 0; evil < count; evil += count - 1)
		runs += world_hostile(&protocol, evil, 11 + evil);
	return runs;
}

TEST(damgard, hostile_parties_get_no_wrong_signature)
{
	CHECK(hostile((const uint32_t[]){ 0, 1, 2 }, 3, 2, 12) > 150);
	CHECK(hostile((const uint32_t[]){ 2, 3, 5, 8, 13 }, 5, 3, 2) > 200);
}

/* ---- wrong values, one by one ------------------------------------------------------------------------------ */

/* What the evil party adds to a part of a message (of everybody's or of one's), and when it is found. */
struct lie {
	const char *what;
	unsigned round;
	size_t offset; /* in the payload: a scalar that 1 is added to, or a point that the base point is added to */
	bool point, to_one;
	const char *reason; /* found in presigning; NULL: only in signing */
	bool named;	    /* by one honest party at least */
};

static const struct lie lies[] = {
	{ "k dealt to one", 1, 0, false, true, "R do not fit", false },
	{ "a dealt to one", 1, 32, false, true, "W do not fit", false },
	{ "b dealt to one", 1, 64, false, true, "W is not w", false },
	{ "d dealt to one", 1, 96, false, true, NULL, false },
	{ "e dealt to one", 1, 128, false, true, NULL, false },
	{ "R to all", 2, 0, true, false, "R do not fit", false },
	{ "w to all", 2, 33, false, false, "says another", true }, /* its own digest is of what it had */
	{ "w to one", 2, 33, false, true, "", true },
	{ "W to all", 3, 0, true, false, "W do not fit", false },
	{ "W to one", 3, 0, true, true, "W do not fit", false },
};

static void tell_lie(const struct lie *lie, uint8_t *payload)
{
	uint8_t one[32], points[2][THRESHOLD_POINT_MOST];

	G->scalar_small(1, one);
	if (!lie->point) {
		G->scalar_add(payload + lie->offset, one, payload + lie->offset);
		return;
	}
	memcpy(points[0], payload + lie->offset, 33);
	CHECK_INT(G->base_multiply(one, points[1]), 0);
	CHECK_INT(G->point_sum((const void *)points, 2, payload + lie->offset), 0);
}

#define LIAR 1

/* A liar does not give up: what it had to send is sent. */
static void run_with_liar(struct world *w)
{
	world_run(w);
	if (threshold_status(w->sessions[LIAR]) == THRESHOLD_ABORTED)
		w->sessions[LIAR]->status = THRESHOLD_RUNNING;
	world_run(w);
}

static void presign_in(struct world *w, const struct ecdsa_keys *keys)
{
	for (size_t i = 0; i < w->count; i++) {
		struct threshold_setting setting = world_setting(w, i);

		w->sessions[i] = make((void *)(uintptr_t)keys, i, &setting);
	}
	run_with_liar(w);
}

/* The liar's first message of that round in an honest run, and its number. */
static void first_message(const struct ecdsa_keys *keys, const uint32_t *ids, size_t count, struct world_attack *a)
{
	OWN(world) struct world w;

	world_open(&w, 21, ids, count);
	w.recording = true;
	presign_in(&w, keys);
	for (size_t i = 0; i < w.record_count; i++) {
		if (w.record[i].from != a->evil)
			continue;
		if ((uint8_t)w.record[i].data.data[0] == a->round) {
			buf_add(&a->instead, w.record[i].data.data, w.record[i].data.len);
			return;
		}
		a->message++;
	}
	CHECK(false);
}

static void check_found(const struct world *w, const struct lie *lie)
{
	bool first_only = lie->round == 3 && lie->to_one; /* the others see nothing wrong, and have the same W */
	bool named = false;

	for (size_t i = 0; i < w->count; i++) {
		const struct threshold_session *s = w->sessions[i];
		uint32_t culprit;

		if (i == LIAR || (first_only && i))
			continue;
		if (threshold_status(s) != THRESHOLD_ABORTED || !strstr(threshold_reason(s), lie->reason))
			test_fail(__FILE__, __LINE__, "%s: party %u, status %d: %s", lie->what, w->ids[i],
				  threshold_status(s), threshold_reason(s));
		if (!threshold_culprit(s, &culprit))
			continue;
		CHECK_INT(culprit, w->ids[LIAR]);
		named = true;
	}
	CHECK_INT(named, lie->named);
}

static void check_signing_refuses(const struct world *w, const struct ecdsa_keys *keys, const struct lie *lie)
{
	OWN(ecdsa_presignatures) struct ecdsa_presignatures p = { 0 };
	OWN(world) struct world signing;
	struct threshold_request request;
	struct threshold_signature signature;
	uint8_t hash[32];

	CHECK(world_done(w));
	for (size_t i = 0; i < w->count; i++)
		p.of[i] = threshold_take_presignature(w->sessions[i]);
	world_open(&signing, 22, w->ids, w->count);
	request = ecdsa_request(1, false, w->ids[0], hash);
	ecdsa_sign_start(&signing, keys, &p, &request);
	world_run(&signing);
	if (!strstr(threshold_reason(signing.sessions[0]), "the signature is wrong"))
		test_fail(__FILE__, __LINE__, "%s: %s", lie->what, threshold_reason(signing.sessions[0]));
	CHECK_INT(threshold_take_signature(signing.sessions[0], &signature), -1);
}

static void lie_once(const struct lie *lie, const uint32_t *ids, size_t count, size_t t)
{
	struct world_attack attack = { .evil = LIAR, .mutation = WORLD_FOREIGN, .one_receiver = lie->to_one,
				       .round = (uint8_t)lie->round };
	OWN(ecdsa_keys) struct ecdsa_keys keys;
	OWN(world) struct world w;

	ecdsa_keys_make(&keys, ids, count, t, 5);
	first_message(&keys, ids, count, &attack);
	tell_lie(lie, (uint8_t *)attack.instead.data + 1);
	world_open(&w, 21, ids, count);
	w.attack = &attack;
	presign_in(&w, &keys);
	if (lie->reason)
		check_found(&w, lie);
	else
		check_signing_refuses(&w, &keys, lie);
	buf_free(&attack.instead);
}

TEST(damgard, each_wrong_value_is_found)
{
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		lie_once(&lies[i], (const uint32_t[]){ 0, 1, 2 }, 3, 2);
		lie_once(&lies[i], (const uint32_t[]){ 0, 1, 2, 4, 6, 7, 8 }, 7, 4);
	}
}

/* b, d and e are to share 0. */
static void not_zero(size_t which, const struct lie *lie)
{
	OWN(ecdsa_keys) struct ecdsa_keys keys;
	OWN(world) struct world w;
	size_t constants[] = { 4, 7, 10 }; /* behind k and a of two coefficients each, b and d of three */

	ecdsa_keys_make(&keys, (const uint32_t[]){ 0, 1, 2 }, 3, 2, 5);
	world_open(&w, 23, keys.keys[0]->parties, 3);
	for (size_t i = 0; i < 3; i++) {
		struct threshold_setting setting = world_setting(&w, i);

		w.sessions[i] = damgard_new(keys.keys[i], &setting);
		if (i == LIAR)
			G->scalar_small(1, damgard_polynomials(w.sessions[i])[constants[which]]);
		session_start(w.sessions[i]);
	}
	run_with_liar(&w);
	if (lie->reason)
		check_found(&w, lie);
	else
		check_signing_refuses(&w, &keys, lie);
}

TEST(damgard, sharings_of_something_else_than_zero_are_found)
{
	not_zero(0, &(struct lie){ .what = "b", .reason = "W is not w" });
	not_zero(1, &(struct lie){ .what = "d" });
	not_zero(2, &(struct lie){ .what = "e" });
}

TEST(damgard, it_needs_exactly_two_t_minus_one)
{
	static const uint32_t ids[] = { 0, 1, 2, 3 };
	OWN(ecdsa_keys) struct ecdsa_keys keys;

	ecdsa_keys_make(&keys, ids, 4, 2, 5);
	for (size_t count = 2; count <= 4; count += 2) {
		struct threshold_setting setting = { .self = 0, .parties = ids, .count = count };
		OWN(threshold_session) struct threshold_session *s =
			threshold_presign(THRESHOLD_DAMGARD_ET_AL, keys.keys[0], NULL, &setting);

		CHECK_INT(threshold_status(s), THRESHOLD_ABORTED);
	}
}
