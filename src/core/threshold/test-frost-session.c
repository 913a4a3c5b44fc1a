/* FROST from key generation to signatures, and with hostile signers. */
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#include "base/test.h"
#include "core/threshold/test-threshold-keys.h"

#define MOST 8

/* Everything about one signature by the first `count` of `signers` (indexes of keys). */
struct crowd {
	struct threshold_key *keys[MOST];
	size_t n, t;
	size_t signers[MOST]; /* t of them, ascending */
	uint32_t ids[MOST];   /* theirs */
	size_t coordinator;   /* index among them */
	const char *message;
	uint8_t tweak[32];
};

static void open_crowd(struct crowd *c, size_t n, size_t t, uint64_t seed)
{
	*c = (struct crowd){ .n = n, .t = t, .message = "what is signed" };
	test_generate(THRESHOLD_ED25519, test_ids, n, t, seed, c->keys);
	for (size_t i = 0; i < t; i++) {
		c->signers[i] = n - t + i;
		c->ids[i] = test_ids[n - t + i];
	}
}

static void close_crowd(struct crowd *c)
{
	test_free_keys(c->keys, c->n);
}

static struct threshold_session *presign(void *data, size_t i, const struct threshold_setting *setting)
{
	const struct crowd *c = data;

	return threshold_presign(THRESHOLD_FROST, c->keys[c->signers[i]], NULL, setting);
}

static struct threshold_request request_of(const struct crowd *c)
{
	struct threshold_request r = { .message = (const uint8_t *)c->message, .message_len = strlen(c->message),
				       .coordinator = c->ids[c->coordinator] };

	memcpy(r.tweak, c->tweak, 32);
	return r;
}

static void presign_all(struct crowd *c, uint64_t seed, struct threshold_presignature **ret)
{
	OWN(world) struct world w;

	world_open(&w, seed, c->ids, c->t);
	for (size_t i = 0; i < c->t; i++) {
		struct threshold_setting setting = world_setting(&w, i);

		w.sessions[i] = presign(c, i, &setting);
	}
	world_run(&w);
	world_done(&w);
	for (size_t i = 0; i < c->t; i++) {
		ret[i] = threshold_take_presignature(w.sessions[i]);
		CHECK(ret[i] != NULL);
		CHECK(threshold_take_presignature(w.sessions[i]) == NULL);
	}
}

static int openssl_verify(const uint8_t *public_key, const char *message, const uint8_t *signature)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, public_key, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		 EVP_DigestVerify(ctx, signature, 64, (const uint8_t *)message, strlen(message)) == 1;

	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return ok ? 0 : -1;
}

/* Three verifiers, and that the key is the one derived from public values alone. */
static void check_signature(const struct crowd *c, const struct threshold_signature *signature)
{
	size_t len = strlen(c->message);
	const uint8_t *message = (const uint8_t *)c->message;
	uint8_t derived[THRESHOLD_POINT_MOST], bad[64];

	CHECK_INT(threshold_derive(THRESHOLD_ED25519, c->keys[0]->public_key, c->tweak, derived), 0);
	CHECK(!memcmp(derived, signature->public_key, 32));
	CHECK_INT(signature->curve, THRESHOLD_ED25519);
	CHECK_INT(crypto_sign_verify_detached(signature->bytes, message, len, derived), 0);
	CHECK_INT(openssl_verify(derived, c->message, signature->bytes), 0);
	CHECK_INT(threshold_verify(THRESHOLD_ED25519, derived, message, len, signature->bytes), 0);
	memcpy(bad, signature->bytes, 64);
	bad[40] ^= 1;
	CHECK(threshold_verify(THRESHOLD_ED25519, derived, message, len, bad) < 0);
	CHECK(openssl_verify(derived, c->message, bad) < 0);
}

static void sign_once(struct crowd *c, uint64_t seed)
{
	struct threshold_presignature *p[MOST];
	struct threshold_request request = request_of(c);
	struct threshold_signature signature;
	OWN(world) struct world w;

	presign_all(c, seed, p);
	world_open(&w, seed + 1, c->ids, c->t);
	for (size_t i = 0; i < c->t; i++) {
		struct threshold_setting setting = world_setting(&w, i);

		w.sessions[i] = threshold_sign(c->keys[c->signers[i]], p[i], &request, &setting);
		if (i != c->coordinator) /* nothing to wait for */
			CHECK_INT(threshold_status(w.sessions[i]), THRESHOLD_DONE);
	}
	world_run(&w);
	CHECK(world_done(&w));
	CHECK_INT(w.delivered, c->t - 1);
	for (size_t i = 0; i < c->t; i++)
		CHECK_INT(threshold_take_signature(w.sessions[i], &signature), i == c->coordinator ? 0 : -1);
	CHECK_INT(threshold_take_signature(w.sessions[c->coordinator], &signature), 0);
	check_signature(c, &signature);
}

TEST(frost, any_t_sign_with_any_coordinator_and_any_tweak)
{
	static const size_t sizes[][2] = { { 2, 2 }, { 3, 2 }, { 5, 3 }, { 7, 5 } };

	for (size_t k = 0; k < 4; k++) {
		struct crowd c;

		open_crowd(&c, sizes[k][0], sizes[k][1], 50 + k);
		for (c.coordinator = 0; c.coordinator < c.t; c.coordinator++) {
			memset(c.tweak, c.coordinator ? 0xff - (int)c.coordinator : 0, 32); /* also above the order */
			sign_once(&c, 500 + 10 * k + c.coordinator);
		}
		c.coordinator = 0;
		c.message = "";
		sign_once(&c, 600 + k);
		close_crowd(&c);
	}
}

/* ---- hostile signers ------------------------------------------------------------------------------------ */

static void check_presign(void *data, struct world *w, const struct world_attack *a)
{
	(void)data;
	for (size_t i = 0; i < w->count; i++) {
		OWN(threshold_presignature) struct threshold_presignature *p = NULL;

		if (i == a->evil || threshold_status(w->sessions[i]) != THRESHOLD_DONE)
			continue;
		p = threshold_take_presignature(w->sessions[i]);
		for (size_t k = 0; k < p->count; k++) {
			CHECK_INT(group_ed25519.point_check(p->frost.commitments[k]), 0);
			CHECK_INT(group_ed25519.point_check(p->frost.commitments[k] + 32), 0);
		}
	}
}

TEST(frost, hostile_presigner)
{
	struct crowd c;

	open_crowd(&c, 5, 3, 60);
	const struct world_protocol p = { "presign", c.ids, 3, &c, presign, check_presign, NULL, 32 };
	CHECK(world_hostile(&p, 1, 61) > 30);
	close_crowd(&c);
}

/* A session that presigns in a world of its own and signs in the one that is attacked. */
static struct threshold_session *make_sign(void *data, size_t i, const struct threshold_setting *setting)
{
	struct crowd *c = data;
	struct threshold_request request = request_of(c);
	static struct threshold_presignature *p[MOST];

	if (i == 0) /* context: other sessions have other presignatures */
		presign_all(c, 70 + setting->context[0], p);
	return threshold_sign(c->keys[c->signers[i]], p[i], &request, setting);
}

static void check_sign(void *data, struct world *w, const struct world_attack *a)
{
	const struct crowd *c = data;
	struct threshold_signature signature;
	uint32_t culprit;

	if (threshold_take_signature(w->sessions[c->coordinator], &signature) == 0) {
		check_signature(c, &signature);
		/* A twin has the same nonces, as it has the same presignature. */
		CHECK(a->mutation == WORLD_TWICE || a->mutation == WORLD_TWIN);
	} else if (threshold_status(w->sessions[c->coordinator]) == THRESHOLD_ABORTED) {
		/* A digest of another's commitments that is flipped may be that one's doing. */
		CHECK(threshold_culprit(w->sessions[c->coordinator], &culprit) || a->mutation == WORLD_FLIP);
	}
}

static bool sign_nameable(const struct world_attack *a)
{
	return a->mutation != WORLD_FLIP || a->bit < 8 * 64;
}

TEST(frost, hostile_signer)
{
	struct crowd c;

	open_crowd(&c, 5, 3, 62);
	const struct world_protocol p = { "sign", c.ids, 3, &c, make_sign, check_sign, sign_nameable, 64 };
	for (c.coordinator = 0; c.coordinator < 3; c.coordinator++)
		CHECK(world_hostile(&p, (c.coordinator + 1) % 3, 63) > 60);
	close_crowd(&c);
}

/* A signer that tells others of other commitments makes shares that do not fit: nobody honest is blamed. */
TEST(frost, equivocation_with_commitments_is_found_by_the_coordinator)
{
	struct threshold_presignature *p[MOST], *others[MOST];
	struct threshold_request request;
	OWN(world) struct world w;
	struct crowd c;
	uint32_t culprit;

	open_crowd(&c, 5, 3, 64);
	request = request_of(&c);
	presign_all(&c, 65, p);
	presign_all(&c, 66, others);
	/* Party 2 sent its commitments of another run to party 1. */
	memcpy(p[1]->frost.commitments[2], others[2]->frost.commitments[2], 64);
	world_open(&w, 67, c.ids, 3);
	for (size_t i = 0; i < 3; i++) {
		struct threshold_setting setting = world_setting(&w, i);

		w.sessions[i] = threshold_sign(c.keys[c.signers[i]], p[i], &request, &setting);
		threshold_presignature_free(others[i]);
	}
	world_run(&w);
	CHECK_INT(threshold_status(w.sessions[0]), THRESHOLD_ABORTED);
	CHECK(!threshold_culprit(w.sessions[0], &culprit));
	CHECK(strstr(threshold_reason(w.sessions[0]), "under suspicion are party 9 and party 11") != NULL);
	close_crowd(&c);
}

static void expect_culprit(struct crowd *c, size_t wrong, const struct threshold_request *other, const char *reason)
{
	struct threshold_request request = request_of(c);
	struct threshold_presignature *p[MOST];
	OWN(world) struct world w;
	uint32_t culprit = 0;

	presign_all(c, 80, p);
	world_open(&w, 81, c->ids, c->t);
	for (size_t i = 0; i < c->t; i++) {
		struct threshold_setting setting = world_setting(&w, i);

		w.sessions[i] = threshold_sign(c->keys[c->signers[i]], p[i], i == wrong ? other : &request, &setting);
	}
	world_run(&w);
	CHECK_INT(threshold_status(w.sessions[0]), THRESHOLD_ABORTED);
	CHECK(threshold_culprit(w.sessions[0], &culprit));
	CHECK_INT(culprit, c->ids[wrong]);
	CHECK(strstr(threshold_reason(w.sessions[0]), reason) != NULL);
}

TEST(frost, who_signs_something_else_or_with_another_share_is_named)
{
	struct threshold_request other;
	struct crowd c;

	open_crowd(&c, 4, 3, 68);
	other = request_of(&c);
	other.message_len--;
	expect_culprit(&c, 1, &other, "signs another request");
	other = request_of(&c);
	other.tweak[3] = 1;
	expect_culprit(&c, 2, &other, "signs another request");
	other = request_of(&c);
	memset(c.tweak, 5, 32);
	memset(other.tweak, 5, 32);
	c.keys[c.signers[1]]->secret[3] ^= 1;
	expect_culprit(&c, 1, &other, "share of party 4 is wrong");
	close_crowd(&c);
}

/* ---- what is refused ------------------------------------------------------------------------------------ */

static void expect_refusal(struct threshold_session *s, const char *reason)
{
	OWN(threshold_session) struct threshold_session *owned = s;
	struct threshold_signature signature;

	CHECK_INT(threshold_status(owned), THRESHOLD_ABORTED);
	if (!strstr(threshold_reason(owned), reason))
		test_fail(__FILE__, __LINE__, "\"%s\" is not in \"%s\"", reason, threshold_reason(owned));
	CHECK(threshold_take_presignature(owned) == NULL);
	CHECK_INT(threshold_take_signature(owned, &signature), -1);
}

TEST(frost, presigning_wants_t_parties_of_the_key)
{
	struct threshold_setting setting = { .self = 3, .parties = test_ids, .count = 3 };
	static const uint32_t strangers[] = { 3, 5 };
	struct crowd c;

	open_crowd(&c, 3, 2, 69);
	expect_refusal(threshold_presign(THRESHOLD_FROST, c.keys[1], NULL, &setting), "2 parties sign with threshold 2, not 3");
	setting.count = 2;
	expect_refusal(threshold_presign(THRESHOLD_FROST, c.keys[2], NULL, &setting), "the share is party 4's");
	expect_refusal(threshold_presign(THRESHOLD_CAIT_SITH, c.keys[1], NULL, &setting), "the other curve");
	setting.parties = strangers;
	expect_refusal(threshold_presign(THRESHOLD_FROST, c.keys[1], NULL, &setting), "party 5 has no share");
	close_crowd(&c);
}

TEST(frost, signing_wants_the_set_that_presigned)
{
	struct threshold_setting setting = { .parties = test_ids, .count = 2 };
	struct threshold_presignature *p[MOST];
	struct threshold_request request;
	struct crowd c;

	open_crowd(&c, 3, 2, 69); /* parties 3 and 4 presign */
	request = request_of(&c);
	presign_all(&c, 70, p);
	setting.self = 3;
	expect_refusal(threshold_sign(c.keys[1], p[0], &request, &setting), "for other signers");
	request.coordinator = 0;
	setting.self = 4;
	setting.parties = c.ids;
	expect_refusal(threshold_sign(c.keys[2], p[1], &request, &setting), "coordinator, party 0, is not one");
	expect_refusal(threshold_sign(c.keys[2], NULL, &request, &setting), "no presignature");
	close_crowd(&c);
}
