/* Inside of the signer room. The stored state:
 *
 *   {}                          nobody called init
 *   {"next_request": n,         counter behind the ids of signature requests
 *    "dialect": "sign_pk" | "tls_public_key",   what init used; `version` follows it
 *    "config": {name: integer}, "attestations": [{account_id, tls_public_key, account_public_key}],
 *    "pending": [as signer_pending()],
 *    "protocol": {"Initializing" | "Running" | "Resharing": as in the `state` view, but for
 *        reconstruction_threshold, which is there only when the domain's proposal named one, and for
 *        attempts, which stay until somebody drops them}}
 *
 * A method checks everything before it changes anything: a panic leaves the state as it was. */
#pragma once
#include "core/signer/signer.h"
#include "core/threshold/threshold.h"

#define SIGNER_NOT_INITIALIZED "Calling default not allowed. The contract is not initialized"
#define SIGNER_TERA_GAS 1000000000000ull

/* One call while it runs. */
struct run {
	json_t *state;
	const struct signer_call *call;
	const json_t *args;
	struct signer_outcome *out;
};

enum caller { CALLER_ANYONE, CALLER_SIGNER, CALLER_PARTICIPANT };

struct method {
	const char *name;
	int (*run)(struct run *run, struct err *err); /* -1: err has the panic */
	enum caller caller;
	bool payable;
};
/* Borrowed, static; NULL: the contract has no such method that changes it. */
const struct method *method_find(const char *name);
/* Names of the real contract that are not there, and why; NULL: not one of them. */
const char *method_refusal(const char *name);

/* One view; predecessor NULL: nobody called. */
struct look {
	const json_t *state, *args;
	const char *predecessor;
	uint64_t height;
};
/* As signer_view(). */
int view_run(const char *name, const struct look *look, json_t **ret, struct err *err);
bool view_exists(const char *name);

void run_log(struct run *run, const char *fmt, ...) ERR_FMT(2, 3);
/* Takes `least` of the deposit and gives the rest back. */
int run_take_deposit(struct run *run, near_u128 least, struct err *err);

/* ---- arguments -------------------------------------------------------------------------------- */

/* near-sdk's words for arguments that do not fit. Always -1. */
int arg_missing(struct err *err, const char *field);
int arg_invalid(struct err *err, const char *fmt, ...) ERR_FMT(2, 3);
/* Whole numbers from 0 on. `optional`: absent and null leave *ret. */
int arg_uint(const json_t *args, const char *key, json_int_t *ret, struct err *err);
int arg_uint_optional(const json_t *args, const char *key, json_int_t *ret, struct err *err);
int arg_str(const json_t *args, const char *key, const char **ret, struct err *err);
/* Array of exactly `len` bytes as numbers; 0 or -1. / The same as JSON, new. */
int bytes_parse(const json_t *array, uint8_t *ret, size_t len);
json_t *bytes_json(const uint8_t *data, size_t len);

/* ---- protocol state (borrowed; NULL: not in that phase) --------------------------------------- */

json_t *protocol_phase(const json_t *state, const char *phase);
/* The Running body that signs: Running itself, or the one before a resharing. */
json_t *protocol_serving(const json_t *state);
/* Of those who act now: in Resharing the new participants. */
json_t *protocol_parameters(const json_t *state);
json_t *protocol_key_event(const json_t *state);
/* The attempt of a key event, NULL when there is none or its time is over. */
json_t *event_attempt(const json_t *event, uint64_t height);
json_t *key_event_new(json_int_t epoch, const json_t *domain, const json_t *parameters);
/* A Running body without votes (new); all is shared or copied. votes: add_domains_votes that go on,
 * of those who are still participants; NULL: none. */
json_t *running_new(const json_t *domains, json_int_t epoch, const json_t *keys,
		    const json_t *parameters, const json_t *votes);
/* The contract goes to `phase`; body is taken. */
void protocol_set(struct run *run, const char *phase, json_t *body);

/* ---- participants ----------------------------------------------------------------------------- */

/* {"participants", "threshold"} in either dialect, checked, as we keep it (new). ret_dialect: name of
 * the key field that was used; may be NULL. */
int parameters_parse(const json_t *given, json_t **ret, const char **ret_dialect, struct err *err);
json_t *parameters_list(const json_t *parameters); /* [[account, id, info]], borrowed */
json_int_t parameters_threshold(const json_t *parameters);
size_t parameters_count(const json_t *parameters);
/* [account, id, info] or NULL. */
json_t *participant_find(const json_t *parameters, const char *account);
json_int_t participant_id(const json_t *participant);
bool participant_has_id(const json_t *parameters, json_int_t id);
/* The rules for going from one set to the next. */
int parameters_check_change(const json_t *from, const json_t *to, struct err *err);
int not_participant(struct err *err, const char *account);

/* ---- domains ---------------------------------------------------------------------------------- */

/* Any of the four shapes, as we keep it (new). */
int domain_parse(const json_t *given, json_t **ret, struct err *err);
json_int_t domain_id(const json_t *domain);
enum threshold_scheme domain_scheme(const json_t *domain);
/* updates: {"<id>": threshold} or NULL. */
json_int_t domain_threshold(const json_t *domain, const json_t *parameters, const json_t *updates);
int domain_check_threshold(const json_t *domain, const json_t *parameters, const json_t *updates,
			   struct err *err);
/* By id in {"domains": [...]}; NULL: none. */
json_t *signer_domain_find(const json_t *domains, json_int_t id);
/* Whether `name` (a scheme or curve in any dialect) means this domain. */
bool domain_is(const json_t *domain, const char *name);
bool domain_name_known(const char *name);

/* ---- keys ------------------------------------------------------------------------------------- */

extern const uint8_t secp256k1_order[32];
/* "secp256k1:..." / "ed25519:..." of that curve to KEY (new). */
int key_parse(const char *text, enum threshold_curve curve, json_t **ret, struct err *err);
const char *key_text(const json_t *key); /* back, borrowed; NULL: not a KEY */
/* 0 and the compressed point, or -1. */
int key_point(const json_t *key, enum threshold_curve *ret_curve, uint8_t ret[THRESHOLD_POINT_MOST]);
/* The key of a domain that can sign (borrowed), or -1 with the panic. */
int key_find(const json_t *state, json_int_t domain, json_t **ret, struct err *err);
/* KEY moved by a tweak, as near's text; the caller's. */
int key_derive(const json_t *key, const uint8_t tweak[32], enum threshold_curve *ret_curve,
	       uint8_t ret[THRESHOLD_POINT_MOST], struct err *err);
char *point_text(enum threshold_curve curve, const uint8_t *point); /* NULL: not a point */

/* ---- signature requests ----------------------------------------------------------------------- */

/* {"Ecdsa": hex} or {"Eddsa": hex}, lower case (new). */
int payload_parse(const json_t *given, json_t **ret, struct err *err);
/* What respond and get_pending_request name: {"tweak": [...], "payload", "domain_id"}. */
struct request_name {
	char tweak[65]; /* hex */
	uint8_t tweak_bytes[32];
	json_t *payload; /* owned */
	json_int_t domain_id;
};
int request_name_parse(const json_t *given, struct request_name *ret, struct err *err);
static inline void own_drop_request_name(struct request_name *n)
{
	json_decref(n->payload);
}
bool request_matches(const json_t *pending, const struct request_name *name);
void outcome_resume(struct signer_outcome *o, const json_t *pending, json_t *value, const char *panic);
/* A response in near's JSON against the derived key of the request: 0 and what the waiting calls get
 * (new), or -1 with the panic. */
int response_check(const json_t *response, const struct request_name *name, const json_t *key,
		   json_t **ret, struct err *err);

/* ---- methods ---------------------------------------------------------------------------------- */

int method_init(struct run *run, struct err *err);
int config_parse(const json_t *given, json_t **ret, struct err *err);
int method_vote_add_domains(struct run *run, struct err *err);
int method_vote_new_parameters(struct run *run, struct err *err);
int method_vote_cancel_keygen(struct run *run, struct err *err);
int method_vote_cancel_resharing(struct run *run, struct err *err);
int method_start_keygen_instance(struct run *run, struct err *err);
int method_start_reshare_instance(struct run *run, struct err *err);
int method_vote_pk(struct run *run, struct err *err);
int method_vote_reshared(struct run *run, struct err *err);
int method_vote_abort(struct run *run, struct err *err);
int method_sign(struct run *run, struct err *err);
int method_respond(struct run *run, struct err *err);
int method_submit_participant_info(struct run *run, struct err *err);
int method_verify_tee(struct run *run, struct err *err);
int method_update_participant_url(struct run *run, struct err *err);
