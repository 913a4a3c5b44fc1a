/* The shares that we hold, and who can sign with them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/node/node-mpc.h"

/* ---- loading ----------------------------------------------------------------------------------------- */

static int contradicts(const struct mpc *m, const struct contract_key *key, const char *why, struct err *err)
{
	uint64_t newest = 0;

	keystore_newest(m->store, &newest);
	return err_set(err, ERR_INPUT,
		       "the key store in %s does not fit the contract: %s of domain %u in epoch %" PRIu64
		       ", the store's newest epoch is %" PRIu64 " (generation %" PRIu64
		       "). The volume was put back to an older state, or chain and nodes were not wiped together. "
		       "Put the latest volume back, or let the others reshare without this node",
		       m->node->environment.home, why, key->domain, m->node->contract->keyset_epoch, newest,
		       keystore_generation(m->store));
}

/* 0, KEYSTORE_NONE, -1. */
static int load_key(struct mpc *m, const struct contract_key *want, struct threshold_key **ret, struct err *err)
{
	struct keystore_id id = { m->node->contract->keyset_epoch, want->domain, want->attempt };
	OWN(threshold_key) struct threshold_key *key = NULL;
	int result = keystore_get(m->store, &id, &key, err);

	if (result < 0)
		return -1;
	if (result == KEYSTORE_NONE)
		return keystore_count(m->store) ? contradicts(m, want, "it has no share", err) : KEYSTORE_NONE;
	if (key->curve != want->curve || key->self != mpc_self(m) ||
	    memcmp(key->public_key, want->public_key, threshold_point_bytes(key->curve)) != 0)
		return contradicts(m, want, "it has a share of another key", err);
	*ret = GIVE(key);
	return 0;
}

static void halt(struct mpc *m, const char *why)
{
	free(m->halted);
	m->halted = str_dup(why);
	node_log("INFO", MPC_COORDINATOR, "%s", why);
}

static void add(struct mpc *m, const struct contract_domain *info, struct threshold_key *key)
{
	struct domain *d = &m->domains[m->domain_count++];

	*d = (struct domain){ .mpc = m, .info = *info, .key = key };
	d->info.threshold = key->t;
	d->signers = threshold_scheme_signers(info->scheme, key->t);
}

static int load_all(struct mpc *m, struct err *err)
{
	const struct contract_state *c = m->node->contract;

	for (size_t i = 0; i < c->key_count; i++) {
		const struct contract_domain *info = contract_domain(c, c->keys[i].domain);
		struct threshold_key *key = NULL;
		OWN(str) char *why = NULL;
		int result;

		if (!info || !info->known)
			continue;
		result = load_key(m, &c->keys[i], &key, err);
		if (result < 0)
			return -1;
		if (result == KEYSTORE_NONE) {
			why = str_printf("Failed to load keyshares: no share of domain %u in epoch %" PRIu64
					 " (the volume is empty); doing nothing until contract state changes.",
					 info->id, c->keyset_epoch);
			halt(m, why);
			return 1;
		}
		add(m, info, key);
	}
	return 0;
}

static int promote(struct mpc *m, struct err *err)
{
	const struct contract_state *c = m->node->contract;
	struct keystore_id *ids = mem_new(c->key_count, sizeof(*ids));
	int result;

	for (size_t i = 0; i < c->key_count; i++)
		ids[i] = (struct keystore_id){ c->keyset_epoch, c->keys[i].domain, c->keys[i].attempt };
	result = keystore_promote(m->store, ids, c->key_count, err);
	free(ids);
	return result;
}

/* Resharing leaves the shares of two epochs; when the contract runs again, one is history. */
static int forget_others(struct mpc *m, struct err *err)
{
	const struct contract_state *c = m->node->contract;
	size_t before = keystore_count(m->store);

	if (c->kind != CONTRACT_RUNNING)
		return 0;
	if (keystore_keep_epoch(m->store, c->keyset_epoch, err) < 0)
		return -1;
	if (keystore_count(m->store) != before)
		node_log("INFO", MPC_COORDINATOR, "deleted %zu key shares of other epochs than %" PRIu64,
			 before - keystore_count(m->store), c->keyset_epoch);
	return 0;
}

int domains_load(struct mpc *m, struct err *err)
{
	const struct contract_state *c = m->node->contract;
	int result;

	domains_clear(m);
	free(m->halted);
	m->halted = NULL;
	m->epoch = c->keyset_epoch;
	m->domains = mem_new(c->key_count + 1, sizeof(*m->domains));
	if (c->key_count == 0) {
		halt(m, "We have no keyshares. Waiting for Initialization.");
		return 1;
	}
	result = load_all(m, err);
	if (result == 0)
		result = promote(m, err);
	if (result == 0)
		result = forget_others(m, err);
	if (result != 0)
		domains_clear(m);
	return result;
}

void domains_clear(struct mpc *m)
{
	for (size_t i = 0; i < m->domain_count; i++) {
		pool_clear(&m->domains[i]);
		threshold_key_free(m->domains[i].key);
	}
	free(m->domains);
	m->domains = NULL;
	m->domain_count = 0;
}

struct domain *domain_by_id(const struct mpc *m, uint32_t id)
{
	for (size_t i = 0; i < m->domain_count; i++)
		if (m->domains[i].info.id == id)
			return &m->domains[i];
	return NULL;
}

/* ---- who can sign --------------------------------------------------------------------------------------- */

size_t domain_missing(const struct domain *d, struct buf *ret_names)
{
	const struct mpc *m = d->mpc;
	size_t count = 0;

	for (size_t i = 0; i < d->key->count; i++) {
		uint32_t id = d->key->parties[i];

		if (id == mpc_self(m) || mesh_up(m->node->mesh, id))
			continue;
		if (ret_names)
			buf_printf(ret_names, "%s%u %s", count ? ", " : "", id, mpc_account(m, id));
		count++;
	}
	return count;
}

bool domain_can_sign(const struct domain *d)
{
	return d->key->count - domain_missing(d, NULL) >= d->signers;
}

char *domain_missing_text(const struct domain *d)
{
	OWN(buf) struct buf names = { 0 };

	domain_missing(d, &names);
	return str_printf("domain %u (%s) needs %zu of %zu signers; not connected: %s", d->info.id,
			  d->info.protocol, d->signers, d->key->count, names.data ? names.data : "none");
}

void domains_links_changed(struct mpc *m)
{
	for (size_t i = 0; i < m->domain_count; i++) {
		struct domain *d = &m->domains[i];
		bool can = domain_can_sign(d);
		OWN(str) char *text = NULL;

		if (can == !d->told_missing)
			continue;
		d->told_missing = !can;
		if (can) {
			node_log("INFO", MPC_COORDINATOR, "domain %u (%s) can sign: %zu signers are connected",
				 d->info.id, d->info.protocol, d->key->count - domain_missing(d, NULL));
			continue;
		}
		text = domain_missing_text(d);
		node_log("WARN", MPC_COORDINATOR, "cannot sign: %s", text);
	}
}

void domain_record(struct domain *d, const uint8_t id[32], uint32_t leader, int64_t duration_ms,
		   const char *result)
{
	struct signature_record *r = &d->records[d->record_count++ % SIGNATURES_KEPT];

	memcpy(r->id, id, sizeof(r->id));
	r->leader = leader;
	r->duration_ms = (unsigned)duration_ms;
	r->at_ms = node_now_ms();
	snprintf(r->result, sizeof(r->result), "%s", result);
}
