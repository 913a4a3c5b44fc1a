/* The contract's signature requests: whose turn each is, until it is answered or its time is over. */
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "core/near/near-derive.h"
#include "engine/node/node-mpc.h"

#define TARGET "mpc_node::signature"
#define TURN_MS 3000	/* then the next in order tries */
#define TURN_PAIR_MS 20 /* more, for each pair of CaitSith's signers: who is first may have much to do */
#define AGAIN_MS 300	/* after a failure of ours */
#define ATTEMPTS_MOST 10
#define HEIGHT_BEHIND_MOST 10 /* of one whose turn it can be */
#define PAYLOAD_MOST 1232

/* ---- whose turn ----------------------------------------------------------------------------------------- */

uint64_t request_rank(const uint8_t id[32], uint32_t participant)
{
	uint8_t input[36], hash[32];
	uint64_t value = 0;

	for (int i = 0; i < 4; i++)
		input[i] = (uint8_t)(participant >> (8 * i));
	memcpy(input + 4, id, 32);
	crypto_hash_sha256(hash, input, sizeof(input));
	for (int i = 7; i >= 0; i--)
		value = value << 8 | hash[i];
	return value;
}

/* Connected, and not behind on the chain. */
static bool eligible(const struct mpc *m, uint32_t id)
{
	struct mesh_link link;

	if (id == mpc_self(m))
		return true;
	if (!mesh_up(m->node->mesh, id) || mesh_find(m->node->mesh, id, &link) != 0)
		return false;
	return link.height + HEIGHT_BEHIND_MOST >= chain_height(m->node->chain);
}

/* How many are before us. */
static size_t turn(const struct mpc *m, const struct domain *d, const uint8_t id[32])
{
	uint64_t ours = request_rank(id, mpc_self(m));
	size_t count = 0;

	for (size_t i = 0; i < d->key->count; i++)
		count += request_rank(id, d->key->parties[i]) < ours && eligible(m, d->key->parties[i]);
	return count;
}

int64_t request_turn_ms(const struct mpc *m, const struct domain *d)
{
	size_t pairs = d->info.scheme == THRESHOLD_CAIT_SITH ? d->signers * d->signers : 0;

	return TURN_MS + (int64_t)((double)(pairs * TURN_PAIR_MS) * m->slowness);
}

/* ---- the list -------------------------------------------------------------------------------------------- */

static void request_free(struct request *r)
{
	json_decref(r->response);
	free(r->payload);
	free(r);
}

struct request *request_find(const struct mpc *m, const uint8_t id[32])
{
	for (struct request *r = m->requests; r; r = r->next)
		if (!memcmp(r->id, id, 32))
			return r;
	return NULL;
}

static int parse_hex(const json_t *j, const char *key, uint8_t ret[32])
{
	const char *text = json_str_or(j, key, "");

	return hex_decode(text, strlen(text), ret, 32);
}

static int parse_payload(const json_t *j, struct request *r)
{
	const json_t *payload = json_map(j, "payload");
	const char *ecdsa = json_str(payload, "Ecdsa"), *text = ecdsa ? ecdsa : json_str(payload, "Eddsa");

	r->payload_len = text ? strlen(text) / 2 : 0;
	if (!text || r->payload_len > PAYLOAD_MOST || (ecdsa && r->payload_len != 32))
		return -1;
	r->payload = mem_new(r->payload_len + 1, 1);
	return hex_decode(text, strlen(text), r->payload, r->payload_len);
}

/* The tweak is worked out here from who asked and for which path, not taken over. */
static int parse(const json_t *j, struct request *r)
{
	const char *predecessor = json_str(j, "predecessor"), *path = json_str(j, "path");
	uint8_t told[32];

	if (!predecessor || !path || parse_hex(j, "request", r->id) < 0 || parse_hex(j, "tweak", told) < 0 ||
	    parse_hex(j, "entropy", r->entropy) < 0 || parse_payload(j, r) < 0)
		return -1;
	r->domain = (uint32_t)json_int_or(j, "domain_id", 0);
	r->height = (uint64_t)json_int_or(j, "height", 0);
	near_derivation_tweak(predecessor, path, r->tweak);
	return memcmp(told, r->tweak, sizeof(told)) == 0 ? 0 : -1;
}

void request_add(struct mpc *m, const json_t *j)
{
	struct request *r = NEW(struct request), **at = &m->requests;
	const char *wrong = NULL;

	if (parse(j, r) < 0)
		wrong = "it does not parse, or its tweak is not that of its predecessor and path";
	else if (m->request_count == REQUESTS_MOST)
		wrong = "too many wait already";
	if (wrong)
		node_log("WARN", TARGET, "signature request %s is ignored: %s", json_str_or(j, "request", "?"),
			 wrong);
	if (wrong || request_find(m, r->id)) {
		request_free(r);
		return;
	}
	r->mpc = m;
	r->arrived_ms = node_now_ms();
	while (*at)
		at = &(*at)->next;
	*at = r;
	m->request_count++;
	m->counts.requests_indexed++;
	node_log("INFO", TARGET, "signature request %.16s... of domain %u at height %" PRIu64,
		 json_str_or(j, "request", ""), r->domain, r->height);
	signs_request_arrived(m);
	requests_drive(m);
}

/* A transaction or a session may still refer to it by its id: they look it up again. */
static void drop(struct mpc *m, struct request *r)
{
	for (struct request **at = &m->requests; *at; at = &(*at)->next)
		if (*at == r) {
			*at = r->next;
			break;
		}
	m->request_count--;
	request_free(r);
}

void request_remove(struct mpc *m, const char *hex, bool answered)
{
	struct request *r;
	uint8_t id[32];

	if (hex_decode(hex, strlen(hex), id, sizeof(id)) < 0 || !(r = request_find(m, id)))
		return;
	if (answered) {
		m->counts.responses_indexed++;
		m->counts.latency_count++;
		m->counts.latency_seconds += (double)(node_now_ms() - r->arrived_ms) / 1000;
		m->counts.latency_blocks += (double)(chain_height(m->node->chain) - r->height);
	} else {
		node_log("WARN", TARGET, "signature request %s timed out in the contract", hex);
	}
	drop(m, r);
}

void requests_clear(struct mpc *m)
{
	while (m->requests)
		drop(m, m->requests);
}

/* ---- answering ---------------------------------------------------------------------------------------------- */

static char *upper_hex(const uint8_t *data, size_t len)
{
	char *text = hex_encode(data, len);

	for (char *c = text; *c; c++)
		if (*c >= 'a' && *c <= 'f')
			*c = (char)(*c - 'a' + 'A');
	return text;
}

static json_t *byte_array(const uint8_t *data, size_t len)
{
	json_t *list = json_array();

	for (size_t i = 0; i < len; i++)
		json_array_append_new(list, json_integer(data[i]));
	return list;
}

static json_t *signature_json(const struct threshold_signature *s)
{
	OWN(str) char *big_r = upper_hex(s->big_r, sizeof(s->big_r));
	OWN(str) char *scalar = upper_hex(s->bytes + 32, 32);

	if (s->curve == THRESHOLD_ED25519)
		return json_pack("{s:s,s:o}", "scheme", "Ed25519", "signature",
				 byte_array(s->bytes, sizeof(s->bytes)));
	return json_pack("{s:s,s:{s:s},s:{s:s},s:i}", "scheme", "Secp256k1", "big_r", "affine_point", big_r, "s",
			 "scalar", scalar, "recovery_id", (int)s->recovery_id);
}

json_t *respond_arguments(const struct request *r, const struct threshold_signature *signature)
{
	OWN(str) char *payload = hex_encode(r->payload, r->payload_len);
	const char *kind = signature->curve == THRESHOLD_ED25519 ? "Eddsa" : "Ecdsa";

	return json_pack("{s:{s:o,s:{s:s},s:I},s:o}", "request", "tweak", byte_array(r->tweak, 32), "payload",
			 kind, payload, "domain_id", (json_int_t)r->domain, "response",
			 signature_json(signature));
}

struct response {
	struct mpc *mpc;
	uint8_t id[32];
};

static void on_responded(void *ctx, const char *error)
{
	struct response *response = ctx;
	struct request *r = request_find(response->mpc, response->id);

	if (error)
		node_log("WARN", TARGET, "respond failed: %s", error);
	if (r) {
		r->responding = false;
		r->answered = !error;
		r->not_before_ms = node_now_ms() + AGAIN_MS;
		r->attempts += error != NULL;
	}
	free(response);
}

static void respond(struct mpc *m, struct request *r)
{
	struct response *response = NEW(struct response);

	response->mpc = m;
	memcpy(response->id, r->id, sizeof(response->id));
	r->responding = true;
	sender_call(m->node->sender, "respond", json_incref(r->response), on_responded, response);
}

void request_signed(struct mpc *m, struct request *r, const struct threshold_signature *signature)
{
	r->signing = false;
	m->counts.led_succeeded++;
	r->response = respond_arguments(r, signature);
	respond(m, r);
}

void request_failed(struct mpc *m, struct request *r, const char *why)
{
	OWN(str) char *id = hex_encode(r->id, 8);

	node_log("WARN", TARGET, "signature for request %s... failed (attempt %u): %s", id, r->attempts, why);
	r->signing = false;
	r->not_before_ms = node_now_ms() + AGAIN_MS;
	m->counts.led_failed++;
}

/* ---- driving ------------------------------------------------------------------------------------------------ */

/* Says at once, by name, why it will not be signed now. */
static bool signable(struct domain *d, struct request *r)
{
	OWN(str) char *text = NULL;
	OWN(str) char *id = hex_encode(r->id, 8);

	if (domain_can_sign(d)) {
		r->unsignable = false;
		return true;
	}
	if (!r->unsignable) {
		text = domain_missing_text(d);
		node_log("WARN", TARGET, "signature request %s... waits: %s", id, text);
		domain_record(d, r->id, mpc_self(d->mpc), 0, text);
	}
	r->unsignable = true;
	return false;
}

static void drive(struct mpc *m, struct request *r)
{
	struct domain *d = domain_by_id(m, r->domain);
	int64_t now = node_now_ms();
	struct presignature *p;

	if (!d || r->signing || r->responding || r->answered || now < r->not_before_ms ||
	    r->attempts >= ATTEMPTS_MOST || !signable(d, r))
		return;
	if (r->response) { /* signed, but the chain did not get it */
		respond(m, r);
		return;
	}
	if (now < r->arrived_ms + (int64_t)turn(m, d, r->id) * request_turn_ms(m, d))
		return;
	p = pool_take(d);
	if (!p) { /* pools_fill() makes one for it */
		r->due_ms = r->due_ms ? r->due_ms : now;
		return;
	}
	r->due_ms = 0;
	r->signing = true;
	r->attempts++;
	m->counts.attempts++;
	m->counts.led_total++;
	sign_lead(m, d, r, p);
}

void requests_drive(struct mpc *m)
{
	struct request *next;

	if (!m->serving || m->driving)
		return;
	m->driving = true; /* a signature that is made at once must not begin it again */
	for (struct request *r = m->requests; r; r = next) {
		next = r->next;
		drive(m, r);
	}
	m->driving = false;
	pools_fill(m);
}

void requests_tick(struct mpc *m)
{
	uint64_t height = chain_height(m->node->chain);
	struct request *next;

	for (struct request *r = m->requests; r; r = next) {
		next = r->next;
		if (height > r->height + REQUEST_BLOCKS + 10) /* the contract forgot to say so */
			drop(m, r);
	}
	requests_drive(m);
}
