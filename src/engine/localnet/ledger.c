/* The chain: opening it, its genesis, its blocks, its commits. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "engine/localnet/localnet-internal.h"

#define GENESIS_AMOUNT "1000000000000000000000000000000000"
#define CONTRACT_AMOUNT "100000000000000000000000000"
#define PRUNE_EVERY 1000

/* ---- blocks -------------------------------------------------------------------------------- */

/* Blocks begin at height 1; what came before them is the genesis, which nobody made. */
static struct ledger_block genesis_block(const struct ledger *l)
{
	struct ledger_block b = { .time_ns = LOCALNET_GENESIS_NS };

	snprintf(b.hash, sizeof(b.hash), "%s", l->genesis_hash);
	strcpy(b.prev_hash, LOCALNET_NO_HASH);
	return b;
}

int ledger_block_at(const struct ledger *l, uint64_t height, struct ledger_block *ret)
{
	if (height == 0)
		return *ret = genesis_block(l), 0;
	if (height > l->head.height)
		return -1;
	return ledger_store_find_block(l->store, NULL, height, ret);
}

int ledger_block_by_hash(const struct ledger *l, const char *hash, struct ledger_block *ret)
{
	if (!strcmp(hash, l->head.hash))
		return *ret = l->head, 0;
	if (!strcmp(hash, l->genesis_hash))
		return *ret = genesis_block(l), 0;
	return ledger_store_find_block(l->store, hash, 0, ret);
}

char *ledger_block_root(const struct ledger *l, uint64_t height)
{
	OWN(json) json_t *ids = ledger_store_block_ids(l->store, height);
	OWN(buf) struct buf b = { 0 };
	json_t *id;
	size_t i;

	json_array_foreach(ids, i, id)
		buf_printf(&b, "%s\n", json_string_value(id));
	return b.len ? near_genesis_hash(b.data) : str_dup(LOCALNET_NO_HASH);
}

static void epoch_id(const struct ledger *l, uint64_t number, char ret[48])
{
	struct ledger_block b = { .hash = LOCALNET_NO_HASH };

	if (number == 1)
		snprintf(b.hash, sizeof(b.hash), "%s", l->genesis_hash);
	else if (number > 1)
		(void)ledger_block_at(l, (number - 1) * LOCALNET_EPOCH_BLOCKS - 1, &b);
	memcpy(ret, b.hash, sizeof(b.hash));
}

void ledger_epoch_at(const struct ledger *l, uint64_t height, struct ledger_epoch *ret)
{
	ret->number = height / LOCALNET_EPOCH_BLOCKS;
	ret->start = ret->number * LOCALNET_EPOCH_BLOCKS;
	epoch_id(l, ret->number, ret->id);
	epoch_id(l, ret->number + 1, ret->next_id);
}

static void next_block(struct ledger *l, int64_t now_ns, const uint8_t random[32])
{
	struct ledger_block b = { .height = l->head.height + 1, .time_ns = now_ns };
	OWN(str) char *entropy = hex_encode(random, sizeof(b.random));
	OWN(str) char *root = ledger_block_root(l, l->head.height);
	OWN(str)
	char *text = str_printf("%s %s %" PRIu64 " %" PRId64 " %s %s", l->genesis_hash, l->head.hash,
				b.height, now_ns, entropy, root);
	OWN(str) char *hash = near_genesis_hash(text);

	snprintf(b.hash, sizeof(b.hash), "%s", hash);
	snprintf(b.prev_hash, sizeof(b.prev_hash), "%s", l->head.hash);
	memcpy(b.random, random, sizeof(b.random));
	ledger_store_block(l->store, &b);
	l->head = b;
	l->place = 0;
	l->dirty = true;
}

static void expire(struct ledger *l)
{
	const char *id;
	json_t *state;

	json_object_foreach(l->contracts, id, state) {
		struct signer_outcome o = { 0 };
		OWN(json) json_t *resumed = NULL;

		signer_expire(state, l->head.height, &o);
		if (o.changed)
			json_object_set_new(l->dirty_contracts, id, json_true());
		resumed = ledger_resumed_list(id, &o);
		ledger_resume(l, resumed);
		signer_outcome_clear(&o);
	}
}

void ledger_advance(struct ledger *l, int64_t now_ns, const uint8_t random[32])
{
	next_block(l, now_ns, random);
	expire(l);
	if (l->head.height % PRUNE_EVERY || l->head.height <= LOCALNET_BLOCKS_KEPT)
		return;
	ledger_store_prune(l->store, l->head.height - LOCALNET_BLOCKS_KEPT);
	(void)ledger_block_at(l, l->head.height - LOCALNET_BLOCKS_KEPT, &l->first);
}

/* ---- durability ---------------------------------------------------------------------------- */

static void mark_change(struct ledger *l, const char *id)
{
	json_t *account = json_object_get(l->accounts, id);

	if (account)
		json_set_int(account, "changed_at", (json_int_t)l->head.height);
}

int ledger_commit(struct ledger *l, struct err *err)
{
	const char *id;
	json_t *mark;

	if (!l->dirty)
		return 0;
	json_object_foreach(l->dirty_contracts, id, mark)
		json_object_set_new(l->dirty_accounts, id, json_true());
	json_object_foreach(l->dirty_accounts, id, mark)
		mark_change(l, id);
	json_object_foreach(l->dirty_accounts, id, mark)
		ledger_store_account(l->store, id, json_object_get(l->accounts, id));
	json_object_foreach(l->dirty_contracts, id, mark)
		ledger_store_contract(l->store, id, json_object_get(l->contracts, id));
	if (ledger_store_commit(l->store, err) < 0)
		return -1;
	l->dirty = false;
	return 0;
}

void ledger_news_clear(struct ledger *l)
{
	json_object_clear(l->dirty_accounts);
	json_object_clear(l->dirty_contracts);
	json_object_clear(l->done);
	json_object_clear(l->yielded);
	json_object_clear(l->resumed);
}

/* ---- a new chain --------------------------------------------------------------------------- */

static void genesis_account(struct ledger *l, const char *id, const char *amount, const char *key)
{
	json_t *account = ledger_account_add(l, id);

	json_set_str(account, "amount", amount);
	ledger_key_add(account, key, 0, json_string("FullAccess"));
}

static void begin(struct ledger *l, const struct ledger_start *start)
{
	static const char *const names[] = { LOCALNET_ROOT, "near", "localnet", "mpc-localnet",
					     LOCALNET_REGISTRAR };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		genesis_account(l, names[i], GENESIS_AMOUNT, start->root_key);
	if (!ledger_account(l, start->contract_id))
		genesis_account(l, start->contract_id, CONTRACT_AMOUNT, start->root_key);
	ledger_contract_put(l, start->contract_id, signer_new());
	ledger_store_name(l->store, l->chain_id, l->genesis_hash);
	snprintf(l->head.hash, sizeof(l->head.hash), "%s", l->genesis_hash);
	next_block(l, start->now_ns, start->random);
	l->first = l->head;
}

/* ---- opening ------------------------------------------------------------------------------- */

static int check_contracts(const struct ledger *l, struct err *err)
{
	const char *id;
	json_t *state;

	json_object_foreach(l->contracts, id, state)
		if (signer_validate(state, err) < 0)
			return err_in(err, "contract %s", id);
	return 0;
}

/* The requests that the waiting transactions wait for. */
static void index_requests(struct ledger *l)
{
	const char *id;
	json_t *record, *yield;
	size_t i;

	json_object_foreach(l->waiting, id, record)
		json_array_foreach(json_list(record, "yields"), i, yield) {
			OWN(str)
			char *key = str_printf("%s %s", json_str_or(yield, "contract", ""),
					       json_str_or(yield, "request", ""));

			json_object_set_new(l->requests, key, json_string(id));
		}
}

static int check_old_state(const char *directory, struct err *err)
{
	OWN(str) char *path = str_printf("%s/chain.json", directory);

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	return err_set(err, ERR_INPUT,
		       "%s is the state of an older mpcup, whose chain had no keys and no history; "
		       "remove it and the chain begins anew in chain.db",
		       path);
}

static int open_database(struct ledger *l, const struct ledger_start *start, struct err *err)
{
	OWN(str) char *path = NULL;
	bool found = false;

	if (start->directory && check_old_state(start->directory, err) < 0)
		return -1;
	path = start->directory ? str_printf("%s/chain.db", start->directory) : str_dup(":memory:");
	if (ledger_store_open(path, &l->store, err) < 0)
		return -1;
	if (ledger_store_load(l->store, l, &found, err) < 0 || check_contracts(l, err) < 0)
		return err_in(err, "%s", path);
	index_requests(l);
	if (!found)
		begin(l, start);
	return ledger_commit(l, err);
}

int ledger_open(const struct ledger_start *start, struct ledger **ret, struct err *err)
{
	OWN(ledger) struct ledger *l = NEW(struct ledger);
	OWN(str) char *genesis = near_genesis_text(start->chain_id);

	l->chain_id = str_dup(start->chain_id);
	l->genesis_hash = near_genesis_hash(genesis);
	l->accounts = json_object();
	l->contracts = json_object();
	l->waiting = json_object();
	l->requests = json_object();
	l->dirty_accounts = json_object();
	l->dirty_contracts = json_object();
	l->done = json_object();
	l->yielded = json_object();
	l->resumed = json_object();
	if (open_database(l, start, err) < 0)
		return -1;
	ledger_news_clear(l);
	*ret = GIVE(l);
	return 0;
}

void ledger_free(struct ledger *l)
{
	json_t *all[] = { l ? l->accounts : NULL,	l ? l->contracts : NULL,
			  l ? l->waiting : NULL,	l ? l->requests : NULL,
			  l ? l->dirty_accounts : NULL, l ? l->dirty_contracts : NULL,
			  l ? l->done : NULL,		l ? l->yielded : NULL,
			  l ? l->resumed : NULL };

	if (!l)
		return;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		json_decref(all[i]);
	ledger_store_close(l->store);
	free(l->chain_id);
	free(l->genesis_hash);
	free(l);
}
