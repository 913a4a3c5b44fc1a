/* Presigning and signing: what is asked for is checked here, then the scheme's own file does it. */
#include <sodium.h>
#include <string.h>

#include "core/threshold/threshold-internal.h"

/* ---- sessions that never began ---------------------------------------------------------------------- */

static const struct session_kind refused_kind = { .name = "signing", .rounds = 1 };

static struct threshold_session *refused(const struct threshold_setting *setting, const struct err *err)
{
	struct threshold_session *s = session_new(&refused_kind, setting);

	if (s->status != THRESHOLD_ABORTED)
		session_abort(s, SESSION_NOBODY, "%s", err->text);
	return s;
}

/* ---- presigning -------------------------------------------------------------------------------------- */

static int check_signers(enum threshold_scheme scheme, const struct threshold_key *key,
			 const struct threshold_setting *setting, struct err *err)
{
	size_t wanted = threshold_scheme_signers(scheme, key->t);

	if (threshold_scheme_curve(scheme) != key->curve)
		return err_set(err, ERR_INPUT, "%s: the key is of the other curve", threshold_scheme_name(scheme));
	if (setting->self != key->self)
		return err_set(err, ERR_INPUT, "the share is party %u's, not party %u's", key->self, setting->self);
	if (setting->count != wanted)
		return err_set(err, ERR_INPUT, "%s: %zu parties sign with threshold %zu, not %zu",
			       threshold_scheme_name(scheme), wanted, key->t, setting->count);
	for (size_t i = 0, k = 0; i < setting->count; i++) {
		while (k < key->count && key->parties[k] != setting->parties[i])
			k++;
		if (k == key->count)
			return err_set(err, ERR_INPUT, "party %u has no share of the key, or is out of order",
				       setting->parties[i]);
	}
	return 0;
}

static int check_pairings(struct threshold_pairing *const *pairings, const struct threshold_setting *setting,
			  struct err *err)
{
	for (size_t i = 0, k = 0; i < setting->count; i++) {
		if (setting->parties[i] == setting->self)
			continue;
		if (!pairings || !pairings[k] || threshold_pairing_peer(pairings[k]) != setting->parties[i])
			return err_set(err, ERR_INPUT, "CaitSith: there is no pairing with party %u in its place",
				       setting->parties[i]);
		if (threshold_pairing_retired(pairings[k++]))
			return err_set(err, ERR_INPUT, "CaitSith: the pairing with party %u is retired: pair again",
				       setting->parties[i]);
	}
	return 0;
}

struct threshold_session *threshold_presign(enum threshold_scheme scheme, const struct threshold_key *key,
					    struct threshold_pairing *const *pairings,
					    const struct threshold_setting *setting)
{
	struct err err = { 0 };

	if (check_signers(scheme, key, setting, &err) < 0 ||
	    (scheme == THRESHOLD_CAIT_SITH && check_pairings(pairings, setting, &err) < 0))
		return refused(setting, &err);
	if (scheme == THRESHOLD_FROST)
		return frost_presign(key, setting);
	if (scheme == THRESHOLD_DAMGARD_ET_AL)
		return damgard_presign(key, setting);
	return cait_sith_presign(key, pairings, setting);
}

struct threshold_presignature *threshold_take_presignature(struct threshold_session *s)
{
	return session_take(s, SESSION_PRESIGNATURE);
}

void threshold_presignature_free(struct threshold_presignature *p)
{
	if (p && p->scheme == THRESHOLD_FROST) {
		free(p->frost.commitments);
		free(p->frost.tables);
	}
	secret_free(p);
}

/* ---- signing ------------------------------------------------------------------------------------------ */

static int check_request(const struct threshold_key *key, const struct threshold_request *request, struct err *err)
{
	uint8_t unused[32];

	if (group_tweak(group_of(key->curve), request->tweak, unused) < 0)
		return err_set(err, ERR_INPUT, "the tweak is not below the order of the group");
	if (key->curve == THRESHOLD_ED25519)
		return 0;
	if (request->message_len != 32)
		return err_set(err, ERR_INPUT, "ECDSA signs a hash of 32 bytes, not %zu bytes", request->message_len);
	if (group_secp256k1.scalar_decode(request->message) < 0 || sodium_is_zero(request->message, 32))
		return err_set(err, ERR_INPUT, "ECDSA signs a hash that is below the order of the group and not 0");
	return 0;
}

static int check_presignature(const struct threshold_key *key, const struct threshold_presignature *p,
			      const struct threshold_request *request, const struct threshold_setting *setting,
			      struct err *err)
{
	bool coordinator = false;

	if (!p)
		return err_set(err, ERR_INPUT, "there is no presignature");
	if (check_signers(p->scheme, key, setting, err) < 0)
		return -1;
	if (setting->count != p->count ||
	    memcmp(setting->parties, p->parties, p->count * sizeof(*p->parties)) != 0 ||
	    setting->self != p->parties[p->self])
		return err_set(err, ERR_INPUT, "the presignature is for other signers");
	for (size_t i = 0; i < p->count; i++)
		coordinator |= p->parties[i] == request->coordinator;
	return coordinator ? 0 :
			     err_set(err, ERR_INPUT, "the coordinator, party %u, is not one of the signers",
				     request->coordinator);
}

struct threshold_session *threshold_sign(const struct threshold_key *key,
					 struct threshold_presignature *presignature,
					 const struct threshold_request *request,
					 const struct threshold_setting *setting)
{
	OWN(threshold_presignature) struct threshold_presignature *p = presignature;
	struct err err = { 0 };

	if (check_presignature(key, p, request, setting, &err) < 0 || check_request(key, request, &err) < 0)
		return refused(setting, &err);
	if (p->scheme == THRESHOLD_FROST)
		return frost_sign(key, GIVE(p), request, setting);
	return ecdsa_sign(key, GIVE(p), request, setting);
}

int threshold_take_signature(const struct threshold_session *s, struct threshold_signature *ret)
{
	const struct threshold_signature *held = s->state;

	if (s->status != THRESHOLD_DONE || s->kind->result != SESSION_SIGNATURE ||
	    sodium_is_zero(held->bytes, sizeof(held->bytes)))
		return -1;
	*ret = *held;
	return 0;
}
