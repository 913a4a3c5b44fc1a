/* Shares of keys as bytes. */
#include <sodium.h>
#include <string.h>

#include "core/threshold/threshold-internal.h"

/* magic, curve, t (2), count (2), self (4), parties (4 each), public key, public shares, secret; little-endian */
static const char magic[] = "mpcup key share 1";
#define HEAD_BYTES (sizeof(magic) + 1 + 2 + 2 + 4)

void threshold_key_free(struct threshold_key *key)
{
	secret_free(key);
}

struct threshold_key *threshold_take_key(struct threshold_session *s)
{
	return session_take(s, SESSION_KEY);
}

/* ---- writing ----------------------------------------------------------------------------------------- */

static void add_number(struct buf *b, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		buf_char(b, (char)(value >> (8 * i)));
}

void threshold_key_encode(const struct threshold_key *key, struct buf *ret)
{
	size_t point_bytes = threshold_point_bytes(key->curve);

	buf_add(ret, magic, sizeof(magic));
	add_number(ret, key->curve == THRESHOLD_ED25519, 1);
	add_number(ret, (uint32_t)key->t, 2);
	add_number(ret, (uint32_t)key->count, 2);
	add_number(ret, key->self, 4);
	for (size_t i = 0; i < key->count; i++)
		add_number(ret, key->parties[i], 4);
	buf_add(ret, key->public_key, point_bytes);
	for (size_t i = 0; i < key->count; i++)
		buf_add(ret, key->public_shares[i], point_bytes);
	buf_add(ret, key->secret, 32); /* last: no growth leaves a copy of it behind */
}

/* ---- reading ----------------------------------------------------------------------------------------- */

static uint32_t number(const uint8_t **at, int bytes)
{
	uint32_t value = 0;

	for (int i = 0; i < bytes; i++)
		value |= (uint32_t)*(*at)++ << (8 * i);
	return value;
}

static int bad(struct err *err, const char *what)
{
	return err_set(err, ERR_INPUT, "key share: %s", what);
}

static int read_head(struct threshold_key *key, const uint8_t *data, size_t len, struct err *err)
{
	const uint8_t *at = data + sizeof(magic);
	uint32_t curve;
	size_t point_bytes;

	if (len < HEAD_BYTES || memcmp(data, magic, sizeof(magic)) != 0)
		return bad(err, "these bytes are none");
	curve = number(&at, 1);
	key->t = number(&at, 2);
	key->count = number(&at, 2);
	key->self = number(&at, 4);
	if (curve > 1)
		return bad(err, "of a curve that is not known");
	key->curve = curve ? THRESHOLD_ED25519 : THRESHOLD_SECP256K1;
	point_bytes = threshold_point_bytes(key->curve);
	if (key->count > THRESHOLD_PARTIES_MOST || key->t < 2 || key->t > key->count)
		return bad(err, "its threshold and number of parties cannot be");
	if (len != HEAD_BYTES + 4 * key->count + (key->count + 1) * point_bytes + 32)
		return bad(err, "it is cut off, or something follows it");
	return 0;
}

static size_t read_parties(struct threshold_key *key, const uint8_t **at)
{
	size_t self = SIZE_MAX;

	for (size_t i = 0; i < key->count; i++) {
		key->parties[i] = number(at, 4);
		if (key->parties[i] >= THRESHOLD_ALL - 1 || (i && key->parties[i] <= key->parties[i - 1]))
			return SIZE_MAX;
		if (key->parties[i] == key->self)
			self = i;
	}
	return self;
}

/* Value at `at` (NULL: 0) of the polynomial through the first t public shares. */
static int interpolate(const struct threshold_key *key, const uint8_t *at, uint8_t *ret)
{
	const struct group *g = group_of(key->curve);
	uint8_t lambdas[THRESHOLD_PARTIES_MOST][32];

	for (size_t i = 0; i < key->t; i++)
		if (group_lagrange(g, key->parties, key->t, i, at, lambdas[i]) < 0)
			return -1;
	return g->multiply_sum_public((const uint8_t(*)[32])lambdas, key->public_shares, key->t, ret);
}

static int check_points(const struct threshold_key *key, struct err *err)
{
	const struct group *g = group_of(key->curve);
	uint8_t x[32], point[THRESHOLD_POINT_MOST];

	if (g->point_check(key->public_key) < 0)
		return bad(err, "its public key is no point of the group");
	for (size_t i = 0; i < key->count; i++)
		if (g->point_check(key->public_shares[i]) < 0)
			return bad(err, "a public share is no point of the group");
	if (interpolate(key, NULL, point) < 0 || memcmp(point, key->public_key, g->point_bytes) != 0)
		return bad(err, "the public shares are not those of the public key");
	for (size_t i = key->t; i < key->count; i++) {
		group_x(g, key->parties[i], x);
		if (interpolate(key, x, point) < 0 || memcmp(point, key->public_shares[i], g->point_bytes) != 0)
			return bad(err, "the public shares do not lie on one polynomial");
	}
	return 0;
}

static int check_secret(const struct threshold_key *key, size_t self, struct err *err)
{
	const struct group *g = group_of(key->curve);
	uint8_t point[THRESHOLD_POINT_MOST];

	if (g->scalar_decode(key->secret) < 0 || g->base_multiply(key->secret, point) < 0)
		return bad(err, "its secret is no scalar of the group");
	if (memcmp(point, key->public_shares[self], g->point_bytes) != 0)
		return bad(err, "its secret is not that of its public share");
	return 0;
}

int threshold_key_decode(const uint8_t *data, size_t len, struct threshold_key **ret, struct err *err)
{
	OWN(threshold_key) struct threshold_key *key = SECRET_NEW(struct threshold_key);
	const uint8_t *at = data + HEAD_BYTES;
	size_t self, point_bytes;

	if (read_head(key, data, len, err) < 0)
		return -1;
	point_bytes = threshold_point_bytes(key->curve);
	self = read_parties(key, &at);
	if (self == SIZE_MAX)
		return bad(err, "its parties are not ascending, or its owner is not one of them");
	memcpy(key->public_key, at, point_bytes);
	at += point_bytes;
	for (size_t i = 0; i < key->count; i++, at += point_bytes)
		memcpy(key->public_shares[i], at, point_bytes);
	memcpy(key->secret, at, 32);
	if (check_points(key, err) < 0 || check_secret(key, self, err) < 0)
		return -1;
	*ret = GIVE(key);
	return 0;
}
