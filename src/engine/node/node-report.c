/* What the threshold part shows: metrics under the real names (node-contract.md 8.1), /debug pages. */
#include <inttypes.h>
#include <string.h>

#include "engine/node/node-mpc.h"

/* ---- metrics ---------------------------------------------------------------------------------------------- */

static void kind(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct buf *b, const char *name, const char *type, const char *help, uint64_t value)
{
	kind(b, name, type, help);
	buf_printf(b, "%s %" PRIu64 "\n", name, value);
}

static void seconds(struct buf *b, const char *name, const char *help, double sum, uint64_t count)
{
	kind(b, name, "summary", help);
	buf_printf(b, "%s_sum %.6f\n%s_count %" PRIu64 "\n", name, sum, name, count);
}

static void presignature_metrics(const struct mpc *m, struct buf *b)
{
	uint64_t available = 0, online = 0;

	for (size_t i = 0; i < m->domain_count; i++) {
		available += pool_count(&m->domains[i], false);
		online += pool_count(&m->domains[i], true);
	}
	one(b, "mpc_owned_num_presignatures_available", "gauge", "presignatures that this node leads", available);
	one(b, "mpc_owned_num_presignatures_online", "gauge", "of them, with all signers connected", online);
	one(b, "mpc_owned_num_presignatures_with_offline_participant", "gauge", "of them, with a signer away",
	    available - online);
	one(b, "mpc_num_presignatures_generated", "counter", "presignatures made by this node as leader",
	    m->counts.presignatures);
	seconds(b, "near_mpc_signature_time_elapsed", "seconds of signing, at the leader",
		m->counts.sign_seconds, m->counts.sign_count);
}

static void request_metrics(const struct mpc *m, struct buf *b)
{
	const struct mpc_counts *c = &m->counts;

	one(b, "mpc_num_signature_requests_indexed", "counter", "requests seen in the contract",
	    c->requests_indexed);
	one(b, "mpc_num_signature_responses_indexed", "counter", "responses seen in the contract",
	    c->responses_indexed);
	kind(b, "mpc_num_signature_computations_led", "counter", "signatures that this node led");
	buf_printf(b,
		   "mpc_num_signature_computations_led{result=\"total\"} %" PRIu64
		   "\nmpc_num_signature_computations_led{result=\"succeeded\"} %" PRIu64
		   "\nmpc_num_signature_computations_led{result=\"failed\"} %" PRIu64 "\n",
		   c->led_total, c->led_succeeded, c->led_failed);
	one(b, "mpc_num_passive_signature_requests_received", "counter", "signatures that others led",
	    c->passive_received);
	one(b, "mpc_num_passive_signature_requests_lookup_succeeded", "counter",
	    "of them, with a request that this node saw too", c->passive_found);
	one(b, "mpc_cluster_failed_signatures_count", "counter", "signatures that failed here",
	    c->led_failed + c->passive_failed);
	one(b, "mpc_pending_signatures_queue_size", "gauge", "requests that wait", m->request_count);
	one(b, "mpc_pending_signatures_queue_attempts_generated", "counter", "attempts at them", c->attempts);
	seconds(b, "mpc_signature_request_response_latency_seconds", "from request to response",
		c->latency_seconds, c->latency_count);
	seconds(b, "mpc_signature_request_response_latency_blocks", "from request to response",
		c->latency_blocks, c->latency_count);
}

static void transaction_metrics(const struct mpc *m, struct buf *b)
{
	static const char *const types[] = { "other", "respond" };

	kind(b, "mpc_outgoing_transaction_outcomes", "counter", "ends of the node's transactions");
	for (int respond = 0; respond < 2; respond++) {
		struct sender_counts c = sender_counts(m->node->sender, respond);

		buf_printf(b,
			   "mpc_outgoing_transaction_outcomes{type=\"%s\",outcome=\"succeeded\"} %" PRIu64
			   "\nmpc_outgoing_transaction_outcomes{type=\"%s\",outcome=\"unknown_err\"} %" PRIu64
			   "\nmpc_outgoing_transaction_outcomes{type=\"%s\",outcome=\"unknown\"} %" PRIu64 "\n",
			   types[respond], c.succeeded, types[respond], c.failed, types[respond], c.unknown);
	}
	one(b, "mpc_access_key_nonce", "gauge", "nonce of the last transaction", sender_nonce(m->node->sender));
}

static void domain_metrics(const struct mpc *m, struct buf *b)
{
	static const char name[] = "mpcup_domain_missing_signers";

	kind(b, name, "gauge", "signers that lack before the domain can sign (0: it can)");
	for (size_t i = 0; i < m->domain_count; i++) {
		const struct domain *d = &m->domains[i];
		size_t up = d->key->count - domain_missing(d, NULL);

		buf_printf(b, "%s{domain=\"%u\",protocol=\"%s\"} %zu\n", name, d->info.id, d->info.protocol,
			   up >= d->signers ? 0 : d->signers - up);
	}
}

void mpc_metrics(const struct mpc *m, struct buf *b)
{
	one(b, "mpc_current_epoch_id", "gauge", "epoch of the key set",
	    m->node->contract ? m->node->contract->keyset_epoch : 0);
	presignature_metrics(m, b);
	request_metrics(m, b);
	transaction_metrics(m, b);
	domain_metrics(m, b);
}

/* ---- /debug/signatures ------------------------------------------------------------------------------------- */

static void records_text(const struct domain *d, struct buf *b)
{
	for (size_t i = 0; i < SIGNATURES_KEPT && i < d->record_count; i++) {
		const struct signature_record *r = &d->records[(d->record_count - 1 - i) % SIGNATURES_KEPT];
		OWN(str) char *id = hex_encode(r->id, sizeof(r->id));

		buf_printf(b, "  id: %s domain: %u leader: %u ms: %u result: %s\n", id, d->info.id, r->leader,
			   r->duration_ms, r->result);
	}
}

char *mpc_signatures_text(const struct mpc *m)
{
	struct buf b = { 0 };

	if (!m->serving)
		return NULL;
	for (size_t i = 0; i < m->domain_count; i++) {
		OWN(str) char *text = NULL;

		if (domain_can_sign(&m->domains[i]))
			continue;
		text = domain_missing_text(&m->domains[i]);
		buf_printf(&b, "Cannot sign: %s\n", text);
	}
	buf_str(&b, "Recent signatures:\n");
	for (size_t i = 0; i < m->domain_count; i++)
		records_text(&m->domains[i], &b);
	return buf_take(&b);
}

/* ---- /debug/domains ------------------------------------------------------------------------------------------ */

static json_t *missing_json(const struct domain *d)
{
	const struct mpc *m = d->mpc;
	json_t *list = json_array();

	for (size_t i = 0; i < d->key->count; i++) {
		uint32_t id = d->key->parties[i];
		OWN(str) char *text = NULL;

		if (id == mpc_self(m) || mesh_up(m->node->mesh, id))
			continue;
		text = str_printf("%u %s", id, mpc_account(m, id));
		json_add_str(list, text);
	}
	return list;
}

static json_t *records_json(const struct domain *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < SIGNATURES_KEPT && i < d->record_count; i++) {
		const struct signature_record *r = &d->records[(d->record_count - 1 - i) % SIGNATURES_KEPT];
		OWN(str) char *id = hex_encode(r->id, sizeof(r->id));

		json_array_append_new(list, json_pack("{s:s,s:i,s:i,s:I,s:s}", "id", id, "leader",
						      (int)r->leader, "duration_ms", (int)r->duration_ms,
						      "ago_ms", (json_int_t)(node_now_ms() - r->at_ms), "result",
						      r->result));
	}
	return list;
}

static json_t *domain_json(const struct domain *d)
{
	OWN(str) char *key = contract_key_text(d->key->curve, d->key->public_key);
	OWN(str) char *reason = domain_can_sign(d) ? NULL : domain_missing_text(d);
	json_t *j = json_pack("{s:I,s:s,s:s,s:I,s:I,s:I,s:{s:I,s:I,s:I},s:b,s:o,s:o}", "id",
			      (json_int_t)d->info.id, "protocol", d->info.protocol, "public_key", key,
			      "threshold", (json_int_t)d->key->t, "signers_needed", (json_int_t)d->signers,
			      "participants", (json_int_t)d->key->count, "presignatures", "available",
			      (json_int_t)pool_count(d, false), "online", (json_int_t)pool_count(d, true), "made",
			      (json_int_t)d->made, "can_sign", domain_can_sign(d), "missing", missing_json(d),
			      "last_signatures", records_json(d));

	json_set_str(j, "reason", reason);
	return j;
}

json_t *mpc_domains_json(const struct mpc *m)
{
	const struct contract_state *c = m->node->contract;
	json_t *domains = json_array();
	json_t *j = json_pack("{s:s,s:I,s:b,s:o}", "state",
			      contract_kind_name(c ? c->kind : CONTRACT_UNKNOWN), "epoch",
			      (json_int_t)(c ? c->keyset_epoch : 0), "serving", m->serving, "domains", domains);

	if (m->node->self)
		json_set_int(j, "participant_id", (json_int_t)mpc_self(m));
	json_set_str(j, "account", m->node->config.account);
	json_set_str(j, "halted", m->serving ? NULL : m->halted);
	json_set_int(j, "pending_requests", (json_int_t)m->request_count);
	for (size_t i = 0; i < m->domain_count; i++)
		json_array_append_new(domains, domain_json(&m->domains[i]));
	return j;
}
