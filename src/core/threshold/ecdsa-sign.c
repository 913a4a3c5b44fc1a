/* Signing with an ECDSA presignature of either scheme, one round: everybody computes the same R' = delta R,
 * bound to the request, and its share for it; the coordinator makes the signature of the shares. */
#include <secp256k1_recovery.h>
#include <sodium.h>
#include <string.h>

#include "base/keccak.h"
#include "core/threshold/group-secp256k1.h"

#define G (&group_secp256k1)
#define SHARE_MOST 64

struct state {
	struct threshold_signature signature;	     /* first: SESSION_SIGNATURE */
	struct threshold_presignature *presignature; /* until its share is made */
	enum threshold_scheme scheme;
	size_t share_bytes, coordinator;
	uint8_t hash[32], tweak[32], group_key[33];
	uint8_t delta[32], delta_inverse[32], r[32];
	uint8_t big_r[33]; /* rerandomised */
	uint8_t shares[THRESHOLD_PARTIES_MOST][SHARE_MOST];
};

/* ---- delta -------------------------------------------------------------------------------------------- */

static const uint8_t delta_salt[32] = {
	0x32, 0x8a, 0x47, 0xc2, 0xb8, 0x79, 0x44, 0x45, 0x25, 0x5c, 0x16, 0x47, 0x60, 0x8d, 0xf5, 0xdb,
	0x85, 0xc6, 0x8b, 0xb0, 0xe7, 0x17, 0x0a, 0xbe, 0xc5, 0x34, 0xdf, 0x27, 0x64, 0xa4, 0x58, 0x31,
};

static void add_id(struct buf *b, uint32_t id)
{
	for (int shift = 0; shift < 32; shift += 8)
		buf_char(b, (char)(id >> shift));
}

int ecdsa_delta(const struct threshold_key *key, const struct threshold_request *request,
		const uint8_t big_r[33], const uint32_t *parties, size_t count, uint8_t ret[32])
{
	OWN(buf) struct buf info = { 0 };

	buf_char(&info, 0);
	buf_char(&info, 1);
	buf_add(&info, key->public_key, 33);
	buf_add(&info, request->tweak, 32);
	buf_add(&info, request->message, 32);
	buf_add(&info, big_r, 33);
	for (size_t i = 0; i < count; i++)
		add_id(&info, parties[i]);
	for (int counter = 0; counter < 256; counter++) {
		info.data[0] = (char)counter;
		hkdf_sha3_256(delta_salt, sizeof(delta_salt), request->entropy, 32, info.data, info.len, ret);
		if (G->scalar_decode(ret) == 0 && !G->scalar_is_zero(ret))
			return 0;
	}
	return -1;
}

/* ---- our share ------------------------------------------------------------------------------------------ */

/* x of a point, modulo the order; 1 when that made it smaller. */
static int x_scalar(const uint8_t point[33], uint8_t ret[32])
{
	uint8_t wide[64] = { 0 };

	memcpy(wide + 32, point + 1, 32);
	G->scalar_wide(wide, ret);
	return memcmp(ret, point + 1, 32) != 0;
}

static int rerandomise(struct threshold_session *s, const struct threshold_key *key,
		       const struct threshold_request *request)
{
	struct state *state = s->state;
	const struct threshold_presignature *p = state->presignature;
	const uint8_t *big_r = p->scheme == THRESHOLD_CAIT_SITH ? p->cait_sith.big_r : p->damgard.big_r;

	if (ecdsa_delta(key, request, big_r, s->parties, s->count, state->delta) < 0 ||
	    G->point_multiply_public(state->delta, big_r, state->big_r) < 0)
		return session_abort(s, SESSION_NOBODY, "signing: R cannot be rerandomised");
	x_scalar(state->big_r, state->r);
	if (G->scalar_is_zero(state->r))
		return session_abort(s, SESSION_NOBODY, "signing: r is 0");
	return 0;
}

static void make_share(struct state *state, uint8_t ret[SHARE_MOST])
{
	const struct threshold_presignature *p = state->presignature;

	if (state->scheme == THRESHOLD_CAIT_SITH)
		cait_sith_share(p, state->hash, state->tweak, state->delta, state->r, ret);
	else
		damgard_share(p, state->hash, state->tweak, state->delta, state->r, ret);
}

/* r goes with the share: who signs something else (another hash, tweak, entropy, set or presignature) is
 * known by it. */
static void send_share(struct threshold_session *s)
{
	struct state *state = s->state;
	uint8_t message[32 + SHARE_MOST];

	make_share(state, state->shares[s->self]);
	threshold_presignature_free(GIVE(state->presignature));
	if (s->self == state->coordinator)
		return;
	memcpy(message, state->r, 32);
	memcpy(message + 32, state->shares[s->self], state->share_bytes);
	session_send(s, state->coordinator, 1, message, 32 + state->share_bytes);
}

/* While the coordinator waits for shares it does what needs none. */
static int prepare(struct threshold_session *s)
{
	struct state *state = s->state;

	if (s->self != state->coordinator)
		return 0;
	group_secp256k1_invert_public(state->delta, state->delta_inverse);
	if (threshold_derive(THRESHOLD_SECP256K1, state->group_key, state->tweak, state->signature.public_key) < 0)
		return session_abort(s, SESSION_NOBODY, "signing: the derived key is the identity");
	return 0;
}

/* ---- the coordinator ---------------------------------------------------------------------------------- */

static int take_share(struct threshold_session *s, size_t from)
{
	struct state *state = s->state;
	const struct session_input *in = session_in(s, 1, from);

	if (in->len != 32 + state->share_bytes)
		return session_abort(s, from, "signing: a share of %zu bytes", in->len);
	if (memcmp(in->data, state->r, 32) != 0)
		return session_abort(s, from, "signing: %u signs another request, or with another presignature",
				     s->parties[from]);
	for (size_t at = 32; at < in->len; at += 32)
		if (G->scalar_decode(in->data + at) < 0)
			return session_abort(s, from, "signing: a share that is not below the order");
	memcpy(state->shares[from], in->data + 32, state->share_bytes);
	return 0;
}

static int combine(struct state *state, size_t count, uint8_t ret_s[32])
{
	if (state->scheme == THRESHOLD_CAIT_SITH)
		return cait_sith_combine((const void *)state->shares, count, state->delta, ret_s);
	memset(ret_s, 0, 32);
	for (size_t i = 0; i < count; i++)
		G->scalar_add(ret_s, state->shares[i], ret_s);
	G->scalar_multiply(ret_s, state->delta_inverse, ret_s);
	return 0;
}

/* s or n - s, whichever is lower: NEAR and Ethereum refuse the other. Returns whether it was changed. */
static bool make_low(uint8_t s[32])
{
	static const uint8_t zero[32];
	uint8_t negative[32];

	G->scalar_subtract(zero, s, negative);
	if (memcmp(s, negative, 32) <= 0)
		return false;
	memcpy(s, negative, 32);
	return true;
}

/* Recovering the key is verifying the signature, and checks the recovery id as well. */
static int verify(const struct threshold_signature *signature, const uint8_t hash[32])
{
	const secp256k1_context *context = secp256k1_context_static;
	secp256k1_ecdsa_recoverable_signature parsed;
	secp256k1_pubkey key;
	uint8_t bytes[33];
	size_t len = sizeof(bytes);

	if (!secp256k1_ecdsa_recoverable_signature_parse_compact(context, &parsed, signature->bytes,
								 signature->recovery_id) ||
	    !secp256k1_ecdsa_recover(context, &key, &parsed, hash))
		return -1;
	secp256k1_ec_pubkey_serialize(context, bytes, &len, &key, SECP256K1_EC_COMPRESSED);
	return memcmp(bytes, signature->public_key, 33) ? -1 : 0;
}

static int finish(struct threshold_session *s)
{
	struct state *state = s->state;
	struct threshold_signature *signature = &state->signature;
	uint8_t *number = signature->bytes + 32;
	bool odd = state->big_r[0] & 1, changed;

	for (size_t i = 0; i < s->count; i++)
		if (i != s->self && take_share(s, i) < 0)
			return -1;
	if (combine(state, s->count, number) < 0 || G->scalar_is_zero(number))
		return session_abort(s, SESSION_NOBODY, "signing: the shares give no signature");
	changed = make_low(number);
	memcpy(signature->bytes, state->r, 32);
	memcpy(signature->big_r, state->big_r, 33);
	signature->recovery_id = (uint8_t)((odd ^ changed) | x_scalar(state->big_r, state->r) << 1);
	if (verify(signature, state->hash) < 0)
		return session_abort(s, SESSION_NOBODY, "signing: the signature is wrong: a share was, or the "
							"presignature");
	return 0;
}

/* ---- the session --------------------------------------------------------------------------------------- */

static bool expects(const struct threshold_session *s, unsigned round, size_t from)
{
	(void)round, (void)from;
	return ((const struct state *)s->state)->coordinator == s->self;
}

static size_t most(const struct threshold_session *s, unsigned round)
{
	(void)round;
	return 32 + ((const struct state *)s->state)->share_bytes;
}

static int begin(struct threshold_session *s)
{
	send_share(s);
	return prepare(s);
}

static int step(struct threshold_session *s, unsigned round)
{
	(void)round;
	return s->self == ((struct state *)s->state)->coordinator ? finish(s) : 0;
}

static void clear(struct threshold_session *s)
{
	threshold_presignature_free(((struct state *)s->state)->presignature);
}

static const struct session_kind kind = {
	.name = "ECDSA signing",
	.rounds = 1,
	.state_bytes = sizeof(struct state),
	.expects = expects,
	.most = most,
	.begin = begin,
	.step = step,
	.clear = clear,
	.result = SESSION_SIGNATURE,
};

static int fill(struct threshold_session *s, const struct threshold_key *key, const struct threshold_request *request)
{
	struct state *state = s->state;

	state->scheme = state->presignature->scheme;
	state->share_bytes = state->scheme == THRESHOLD_CAIT_SITH ? 64 : 32;
	state->coordinator = session_index(s, request->coordinator);
	memcpy(state->hash, request->message, 32);
	memcpy(state->tweak, request->tweak, 32);
	memcpy(state->group_key, key->public_key, 33);
	state->signature.curve = THRESHOLD_SECP256K1;
	return rerandomise(s, key, request);
}

struct threshold_session *ecdsa_sign(const struct threshold_key *key, struct threshold_presignature *presignature,
				     const struct threshold_request *request, const struct threshold_setting *setting)
{
	struct threshold_session *s = session_new(&kind, setting);

	((struct state *)s->state)->presignature = presignature;
	if (s->status == THRESHOLD_RUNNING)
		fill(s, key, request);
	return session_start(s);
}
