/* FROST(Ed25519, SHA-512) as sessions: a presignature is everybody's nonce commitments (round one of RFC
 * 9591), signing is round two: every signer's share to the coordinator. */
#include <sodium.h>
#include <string.h>

#include "core/threshold/ed25519-internal.h"
#include "core/threshold/frost-internal.h"

static size_t index_in(const uint32_t *parties, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (parties[i] == id)
			return i;
	return SIZE_MAX;
}

/* ---- presigning -------------------------------------------------------------------------------------- */

struct presign {
	struct threshold_presignature *presignature; /* the result */
	uint8_t secret[32];			     /* hedges the nonces */
};

static bool presign_expects(const struct threshold_session *s, unsigned round, size_t from)
{
	(void)s, (void)round, (void)from;
	return true;
}

static size_t presign_most(const struct threshold_session *s, unsigned round)
{
	(void)s, (void)round;
	return 64;
}

static int make_nonce(struct threshold_session *s, uint8_t nonce[32], uint8_t *commitment)
{
	const struct presign *p = s->state;
	OWN(secret) void *random = secret_new(32);

	session_random(s, random, 32);
	frost_nonce(&frost_ed25519, random, p->secret, nonce);
	return group_ed25519.base_multiply(nonce, commitment);
}

static int presign_begin(struct threshold_session *s)
{
	struct presign *p = s->state;
	struct threshold_presignature *ret = SECRET_NEW(struct threshold_presignature);
	uint8_t *mine;

	p->presignature = ret;
	ret->scheme = THRESHOLD_FROST;
	ret->count = s->count;
	ret->self = s->self;
	memcpy(ret->parties, s->parties, s->count * sizeof(*s->parties));
	ret->frost.commitments = mem_new(s->count, 64);
	mine = ret->frost.commitments[s->self];
	if (make_nonce(s, ret->frost.hiding, mine) < 0 || make_nonce(s, ret->frost.binding, mine + 32) < 0 ||
	    group_lagrange(&group_ed25519, s->parties, s->count, s->self, NULL, ret->frost.lambda) < 0)
		return session_abort(s, SESSION_NOBODY, "a nonce is 0");
	sodium_memzero(p->secret, 32);
	session_send(s, SESSION_EVERYBODY, 1, mine, 64);
	return 0;
}

/* What can be done before there is a message. */
static int prepare_sum(struct threshold_session *s)
{
	struct presign *p = s->state;
	struct threshold_presignature *ret = p->presignature;
	uint8_t hiding[THRESHOLD_PARTIES_MOST][THRESHOLD_POINT_MOST];

	ret->frost.tables = ed25519_public_tables(s->count);
	for (size_t i = 0; i < s->count; i++) {
		memcpy(hiding[i], ret->frost.commitments[i], 32);
		if (ed25519_public_table(ret->frost.commitments[i] + 32, ret->frost.tables, i) < 0)
			return session_abort(s, SESSION_NOBODY, "a nonce commitment is no point");
	}
	if (ed25519_public_sum((const uint8_t(*)[THRESHOLD_POINT_MOST])hiding, s->count, ret->frost.hiding_sum) < 0)
		return session_abort(s, SESSION_NOBODY, "the nonce commitments add up to nothing");
	return 0;
}

static int presign_step(struct threshold_session *s, unsigned round)
{
	const struct presign *p = s->state;

	for (size_t i = 0; i < s->count; i++) {
		const struct session_input *in = session_in(s, round, i);

		if (i == s->self)
			continue;
		if (in->len != 64 || group_ed25519.point_check(in->data) < 0 ||
		    group_ed25519.point_check(in->data + 32) < 0)
			return session_abort(s, i, "%s: party %u: its nonce commitments are not two points of the group",
					     s->kind->name, s->parties[i]);
		memcpy(p->presignature->frost.commitments[i], in->data, 64);
	}
	return prepare_sum(s);
}

static void presign_clear(struct threshold_session *s)
{
	struct presign *p = s->state;

	threshold_presignature_free(p->presignature);
}

static const struct session_kind presign_kind = {
	.name = "FROST presigning",
	.rounds = 1,
	.state_bytes = sizeof(struct presign),
	.expects = presign_expects,
	.most = presign_most,
	.begin = presign_begin,
	.step = presign_step,
	.clear = presign_clear,
	.result = SESSION_PRESIGNATURE,
};

struct threshold_session *frost_presign(const struct threshold_key *key, const struct threshold_setting *setting)
{
	struct threshold_session *s = session_new(&presign_kind, setting);

	memcpy(((struct presign *)s->state)->secret, key->secret, 32);
	return session_start(s);
}

/* ---- signing ------------------------------------------------------------------------------------------ */

struct sign {
	struct threshold_signature signature; /* the result */
	uint8_t share[32];
	size_t coordinator, most_corrupt;
	uint8_t tweak[32]; /* as a scalar */
	/* Public, ours, in ordinary memory. */
	struct frost_package *package;
	uint8_t *message;
	uint8_t (*public_shares)[THRESHOLD_POINT_MOST]; /* of the signers, without the tweak */
	uint8_t (*digests)[32];				/* of what each signer committed to */
	uint8_t request[32];				/* hash of message and derived key */
};

/* A share, the digest of the request it is for, digests of the commitments of all signers. */
static size_t sign_most(const struct threshold_session *s, unsigned round)
{
	(void)round;
	return 64 + 32 * s->count;
}

static bool sign_expects(const struct threshold_session *s, unsigned round, size_t from)
{
	(void)round, (void)from;
	return ((struct sign *)s->state)->coordinator == s->self;
}

static void make_digests(struct threshold_session *s)
{
	struct sign *g = s->state;
	const struct frost_package *p = g->package;
	const struct session_part request[] = { { p->public_key, 32 }, { p->message, p->message_len } };

	session_hash(s, "request", request, 2, g->request);
	for (size_t i = 0; i < s->count; i++) {
		const struct session_part parts[] = { { p->hiding[i], 32 }, { p->binding[i], 32 } };

		session_hash(s, "nonce commitments", parts, 2, g->digests[i]);
	}
}

static void send_share(struct threshold_session *s)
{
	struct sign *g = s->state;
	OWN(buf) struct buf b = { 0 };

	buf_add(&b, g->share, 32);
	buf_add(&b, g->request, 32);
	buf_add(&b, g->digests, 32 * s->count);
	session_send(s, g->coordinator, 1, b.data, b.len);
}

static int sign_begin(struct threshold_session *s)
{
	const struct sign *g = s->state;

	make_digests(s);
	if (g->coordinator != s->self)
		send_share(s);
	return 0;
}

static const uint8_t *share_of(const struct threshold_session *s, size_t i)
{
	const struct sign *g = s->state;

	return i == s->self ? g->share : session_in(s, 1, i)->data;
}

static int check_form(struct threshold_session *s)
{
	const struct sign *g = s->state;
	const struct session_echo echo = { 1, 64, (const uint8_t(*)[32])g->digests, g->most_corrupt };

	for (size_t i = 0; i < s->count; i++) {
		const struct session_input *in = session_in(s, 1, i);

		if (i == s->self)
			continue;
		if (in->len != sign_most(s, 1) || group_ed25519.scalar_decode(in->data) < 0)
			return session_abort(s, i, "%s: party %u did not send a share", s->kind->name, s->parties[i]);
		if (memcmp(in->data + 32, g->request, 32) != 0)
			return session_abort(s, i, "%s: party %u signs another request", s->kind->name, s->parties[i]);
	}
	return session_check_echo(s, &echo);
}

/* The signature is wrong: whose share is? */
static int find_culprit(struct threshold_session *s)
{
	const struct sign *g = s->state;
	uint8_t public_share[THRESHOLD_POINT_MOST];

	for (size_t i = 0; i < s->count; i++)
		if (i != s->self &&
		    (group_add_tweak(&group_ed25519, g->public_shares[i], g->tweak, public_share) < 0 ||
		     frost_share_check(g->package, i, public_share, share_of(s, i)) < 0))
			return session_abort(s, i, "%s: the share of party %u is wrong", s->kind->name, s->parties[i]);
	return session_abort(s, SESSION_NOBODY, "%s: the signature is wrong though every share is right", s->kind->name);
}

static int sign_step(struct threshold_session *s, unsigned round)
{
	struct sign *g = s->state;
	struct threshold_signature ret = { .curve = THRESHOLD_ED25519 };

	(void)round;
	if (g->coordinator != s->self)
		return 0;
	if (check_form(s) < 0)
		return -1;
	for (size_t i = 0; i < s->count; i++)
		group_ed25519.scalar_add(ret.bytes + 32, share_of(s, i), ret.bytes + 32);
	memcpy(ret.bytes, g->package->big_r, 32);
	memcpy(ret.public_key, g->package->public_key, 32);
	if (threshold_verify(THRESHOLD_ED25519, ret.public_key, g->message, g->package->message_len, ret.bytes) < 0)
		return find_culprit(s);
	g->signature = ret;
	return 0;
}

static void sign_clear(struct threshold_session *s)
{
	struct sign *g = s->state;

	free(g->package);
	free(g->message);
	free(g->public_shares);
	free(g->digests);
}

static const struct session_kind sign_kind = {
	.name = "FROST signing",
	.rounds = 1,
	.state_bytes = sizeof(struct sign),
	.expects = sign_expects,
	.most = sign_most,
	.begin = sign_begin,
	.step = sign_step,
	.clear = sign_clear,
	.result = SESSION_SIGNATURE,
};

/* What is public about the signature. */
static int fill_package(struct threshold_session *s, const struct threshold_key *key,
			const struct threshold_presignature *presignature, const struct threshold_request *request)
{
	struct sign *g = s->state;
	struct frost_package *p = NEW(struct frost_package);

	g->package = p;
	g->message = mem_new(1, request->message_len + 1);
	memcpy(g->message, request->message, request->message_len);
	g->public_shares = mem_new(s->count, sizeof(*g->public_shares));
	g->digests = mem_new(s->count, 32);
	p->suite = &frost_ed25519;
	p->tables = presignature->frost.tables;
	p->hiding_sum = presignature->frost.hiding_sum;
	p->message = g->message;
	p->message_len = request->message_len;
	p->count = s->count;
	memcpy(p->parties, s->parties, s->count * sizeof(*p->parties));
	for (size_t i = 0; i < s->count; i++) {
		memcpy(p->hiding[i], presignature->frost.commitments[i], 32);
		memcpy(p->binding[i], presignature->frost.commitments[i] + 32, 32);
		memcpy(g->public_shares[i], key->public_shares[index_in(key->parties, key->count, s->parties[i])], 32);
	}
	if (group_tweak(&group_ed25519, request->tweak, g->tweak) < 0 ||
	    group_add_tweak(&group_ed25519, key->public_key, g->tweak, p->public_key) < 0)
		return session_abort(s, SESSION_NOBODY, "the derived key is the identity");
	if (frost_prepare(p) < 0)
		return session_abort(s, SESSION_NOBODY, "the nonce commitments add up to nothing");
	p->tables = NULL; /* they end with the presignature */
	p->hiding_sum = NULL;
	return 0;
}

struct threshold_session *frost_sign(const struct threshold_key *key, struct threshold_presignature *presignature,
				     const struct threshold_request *request,
				     const struct threshold_setting *setting)
{
	OWN(threshold_presignature) struct threshold_presignature *burnt = presignature;
	OWN(secret) void *secret = secret_new(32);
	struct threshold_session *s = session_new(&sign_kind, setting);
	struct sign *g = s->state;

	if (s->status == THRESHOLD_ABORTED || fill_package(s, key, burnt, request) < 0)
		return s;
	g->coordinator = session_index(s, request->coordinator);
	g->most_corrupt = key->t - 1;
	group_ed25519.scalar_add(key->secret, g->tweak, secret);
	frost_share(g->package, s->self, burnt->frost.lambda, secret, burnt->frost.hiding, burnt->frost.binding,
		    g->share);
	return session_start(s);
}
