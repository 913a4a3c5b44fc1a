#include "face/cli/sign-flow.h"

#include <string.h>

#include "engine/verify/verify.h"
#include "face/cli/cli-internal.h"
#include "face/cli/contract-view.h"
#include "face/cli/deploy.h"
#include "face/cli/signing-view.h"

enum { PATIENCE_MS = 2000 }; /* then the nodes are asked what it waits for */

struct signing {
	const struct sign_order *order;
	json_t *view;		/* contract_view() */
	const json_t *domain;	/* in it */
	enum threshold_curve curve;
	struct buf payload;
	struct near_public_key key; /* derived here */
	char *transaction;
	json_t *outcome;
	struct sign_result result;
	int64_t began_ms, took_ms;
};

static void own_drop_signing(struct signing *s)
{
	json_decref(s->view);
	json_decref(s->outcome);
	buf_free(&s->payload);
	free(s->transaction);
}

/* ---- before ------------------------------------------------------------------------------------------ */

static int find_domain(struct signing *s, char **ret_why, struct err *err)
{
	OWN(json) json_t *state = NULL;
	const char *curve;
	int rc = chain_call_view(&s->order->client, s->order->contract, "state", NULL, &state, err);

	if (rc) {
		*ret_why = rc > 0 ? str_printf("contract %s: %.300s", s->order->contract, err->text) : NULL;
		return rc;
	}
	if (contract_view(s->order->contract, state, &s->view, err) < 0)
		return -1;
	s->domain = contract_view_domain(s->view, s->order->domain);
	if (!s->domain) {
		OWN(str) char *sentence = contract_view_sentence(s->view);

		*ret_why = str_printf("contract %s has no domain %s (%s, %zu domains)", s->order->contract,
				      s->order->domain, sentence,
				      json_array_size(json_list(s->view, "domains")));
		return 1;
	}
	curve = json_str_or(s->domain, "curve", "");
	if (strcmp(curve, "secp256k1") && strcmp(curve, "ed25519"))
		return err_set(err, ERR_INPUT, "domain %s is %s, which does not sign messages", s->order->domain,
			       json_str_or(s->domain, "protocol", "?"));
	s->curve = !strcmp(curve, "secp256k1") ? THRESHOLD_SECP256K1 : THRESHOLD_ED25519;
	return 0;
}

/* What the nodes say against it; NULL: nothing. The caller's. */
static char *obstacle(const struct signing *s)
{
	OWN(json) json_t *views = NULL;

	if (!s->order->nodes)
		return NULL;
	views = signing_view_nodes(s->order->client.target, s->order->nodes);
	return signing_view_obstacle(views, s->view, json_int_or(s->domain, "id", 0));
}

static int can_sign(const struct signing *s, char **ret_why)
{
	OWN(str) char *sentence = contract_view_sentence(s->view);
	OWN(str) char *against = obstacle(s);

	if (!json_str(s->domain, "publicKey")) {
		*ret_why = str_printf("domain %s has no key yet: %s%s%s", s->order->domain, sentence,
				      against ? "; " : "", against ? against : "");
		return 1;
	}
	*ret_why = GIVE(against);
	return *ret_why ? 1 : 0;
}

/* The key that the signature has to be of: derived here, and told by the contract. */
static int derive(struct signing *s, struct err *err)
{
	const struct sign_order *o = s->order;
	OWN(json) json_t *args = json_pack("{s:s,s:s,s:I}", "path", o->path, "predecessor", o->predecessor,
					   "domain_id", json_int_or(s->domain, "id", 0));
	OWN(json) json_t *theirs = NULL;
	OWN(str) char *ours = NULL;

	if (sign_derive(json_str(s->domain, "publicKey"), o->predecessor, o->path, &s->key, err) < 0 ||
	    chain_call_view(&o->client, o->contract, "derived_public_key", args, &theirs, err) != 0)
		return -1;
	ours = near_public_key_format(&s->key);
	if (!str_eq(json_string_value(theirs), ours))
		return err_set(err, ERR_REMOTE,
			       "the contract derives the key %.120s, and %s comes from its own root key: one of them "
			       "is wrong, nothing was signed",
			       json_is_string(theirs) ? json_string_value(theirs) : "?", ours);
	return 0;
}

/* ---- the request --------------------------------------------------------------------------------------- */

static int prepare(struct signing *s, struct err *err)
{
	const struct sign_order *o = s->order;
	struct chain_signer signer = { .account = o->predecessor, .key = o->key };
	OWN(json) json_t *args =
		sign_arguments(json_int_or(s->domain, "id", 0), s->curve, &s->payload, o->path);
	struct near_action action = chain_function_call("sign", args, 1);
	int rc;

	free(s->transaction);
	s->transaction = NULL;
	rc = chain_prepare(&o->client, &signer, o->contract, &action, 1, &s->transaction, err);
	chain_action_clear(&action);
	if (rc > 0) {
		OWN(str) char *public = near_key_format_public(o->key);

		return err_set(err, ERR_REMOTE, "account %s does not have the access key %s, which is the one "
						"known here: name an account that has it, or its key file (--key)",
			       o->predecessor, public);
	}
	return rc;
}

/* Waits for the outcome; who stands in its way is asked for in between. */
static int await_outcome(struct signing *s, char **ret_why, struct err *err)
{
	int64_t deadline = s->began_ms + s->order->timeout_ms;

	for (;;) {
		int64_t left = deadline - deploy_now_ms();
		int rc = chain_send(&s->order->client, s->transaction,
				    left < PATIENCE_MS ? (unsigned)(left > 1 ? left : 1) : PATIENCE_MS, &s->outcome, err);

		if (rc == CHAIN_NONCE_TAKEN)
			rc = prepare(s, err) < 0 ? -1 : CHAIN_RUNNING;
		if (rc != CHAIN_RUNNING)
			return rc;
		*ret_why = obstacle(s);
		if (*ret_why)
			return 1;
		if (deploy_now_ms() >= deadline) {
			*ret_why = str_printf("no answer within %u s, and the nodes name no obstacle: mpcup logs shows "
					      "what they do",
					      s->order->timeout_ms / 1000);
			return 1;
		}
	}
}

static int take_result(struct signing *s, char **ret_why, struct err *err)
{
	OWN(str) char *failure = chain_failure(s->outcome);

	s->took_ms = deploy_now_ms() - s->began_ms;
	if (failure) {
		*ret_why = str_printf("contract %s: %.400s", s->order->contract, failure);
		return 1;
	}
	return sign_result_parse(json_str_or(json_map(s->outcome, "status"), "SuccessValue", ""), s->curve,
				 &s->result, err);
}

static int verify(const struct signing *s, struct err *err)
{
	int rc = s->curve == THRESHOLD_SECP256K1
			 ? verify_ecdsa(s->key.bytes, (const uint8_t *)s->payload.data, s->result.bytes,
					s->result.recovery_id, err)
			 : verify_ed25519(s->key.bytes, s->payload.data, s->payload.len, s->result.bytes, err);

	return rc < 0 ? err_in(err, "the contract accepted a signature that is none") : 0;
}

/* ---- the result ---------------------------------------------------------------------------------------- */

static json_t *signature_json(const struct signing *s)
{
	OWN(str) char *hex = hex_encode(s->result.bytes, 64), *text = base64_encode(s->result.bytes, 64);
	OWN(str) char *r = hex_encode(s->result.bytes, 32), *last = hex_encode(s->result.bytes + 32, 32);
	OWN(str) char *base58 = near_base58_encode(s->result.bytes, 64);

	if (s->curve == THRESHOLD_ED25519)
		return json_pack("{s:s,s:s,s:s}", "hex", hex, "base64", text, "base58", base58);
	return json_pack("{s:s,s:s,s:i,s:i,s:s}", "r", r, "s", last, "v", (int)s->result.recovery_id + 27,
			 "recoveryId", (int)s->result.recovery_id, "hex", hex);
}

static json_t *result_json(const struct signing *s)
{
	const struct sign_order *o = s->order;
	OWN(str) char *payload = hex_encode(s->payload.data, s->payload.len);
	OWN(str) char *key = near_public_key_format(&s->key), *hex = sign_key_hex(&s->key);
	json_t *j = json_pack("{s:s,s:O,s:O,s:O,s:s,s:s,s:s,s:s,s:s}", "contractId", o->contract, "domainId",
			      json_object_get(s->domain, "id"), "protocol", json_object_get(s->domain, "protocol"),
			      "curve", json_object_get(s->domain, "curve"), "predecessor", o->predecessor, "path",
			      o->path, "payload", payload, "publicKey", key, "publicKeyHex", hex);

	json_object_set_new(j, "addresses", sign_addresses(&s->key));
	json_object_set_new(j, "signature", signature_json(s));
	json_object_set_new(j, "seconds", json_real((double)s->took_ms / 1000));
	json_set_str(j, "verifiedBy", verify_name());
	json_set_str(j, "transactionHash", json_str(json_map(s->outcome, "transaction"), "hash"));
	return j;
}

int sign_flow(const struct sign_order *o, json_t **ret, char **ret_why, struct err *err)
{
	struct signing s __attribute__((cleanup(own_drop_signing))) = { .order = o };
	int rc = find_domain(&s, ret_why, err);

	if (rc)
		return rc;
	if (sign_payload(s.curve, o->payload, o->message, o->hash, &s.payload, err) < 0)
		return -1;
	rc = can_sign(&s, ret_why);
	if (rc)
		return rc;
	if (derive(&s, err) < 0 || prepare(&s, err) < 0)
		return -1;
	s.began_ms = deploy_now_ms();
	rc = await_outcome(&s, ret_why, err);
	if (rc == 0)
		rc = take_result(&s, ret_why, err);
	if (rc || verify(&s, err) < 0)
		return rc ? rc : -1;
	*ret = result_json(&s);
	return 0;
}

/* ---- print --------------------------------------------------------------------------------------------- */

static void line(const char *name, const char *value)
{
	if (value)
		(void)printf("  %-14s %s\n", name, value);
}

void sign_print(struct cli *cli, const json_t *result)
{
	const json_t *signature = json_map(result, "signature");
	const char *chain;
	json_t *address;

	(void)printf("%sSigned in %.3f s%s by %s, domain %lld (%s, %s)\n", cli_paint(cli, "green"),
		     json_real_value(json_object_get(result, "seconds")), cli_paint(cli, "off"),
		     json_str_or(result, "contractId", ""), (long long)json_int_or(result, "domainId", 0),
		     json_str_or(result, "curve", ""), json_str_or(result, "protocol", ""));
	(void)printf("  %-14s %s (the key is derived from this account and the path)\n", "predecessor",
		     json_str_or(result, "predecessor", ""));
	(void)printf("  %-14s \"%s\"\n", "path", json_str_or(result, "path", ""));
	line("payload", json_str(result, "payload"));
	line("public key", json_str(result, "publicKey"));
	line("", json_str(result, "publicKeyHex"));
	json_object_foreach(json_map(result, "addresses"), chain, address)
		line(chain, json_string_value(address));
	line("r", json_str(signature, "r"));
	line("s", json_str(signature, "s"));
	if (json_object_get(signature, "v"))
		(void)printf("  %-14s %lld\n", "v", (long long)json_int_or(signature, "v", 0));
	else
		line("signature", json_str(signature, "hex"));
	line("base64", json_str(signature, "base64"));
	(void)printf("  %sverified by %s%s against the key derived here; the contract derives the same one\n",
		     cli_paint(cli, "green"), json_str_or(result, "verifiedBy", ""), cli_paint(cli, "off"));
}
