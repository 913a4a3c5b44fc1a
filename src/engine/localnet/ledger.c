#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "engine/localnet/localnet-internal.h"
#include "engine/sys/sys.h"

#define GENESIS_AMOUNT "1000000000000000000000000000000000"
/* Waiting for the disk at each block would be half of the work. */
#define SAVE_EVERY 16
#define STATE_MOST (64u << 20)

const struct ledger_block *ledger_block_at(const struct ledger *l, uint64_t height)
{
	const struct ledger_block *b = &l->blocks[height % LOCALNET_BLOCKS_KEPT];

	return b->hash[0] && b->height == height ? b : NULL;
}

const struct ledger_block *ledger_block_by_hash(const struct ledger *l, const char *hash)
{
	for (size_t i = 0; i < LOCALNET_BLOCKS_KEPT; i++)
		if (l->blocks[i].hash[0] && !strcmp(l->blocks[i].hash, hash))
			return &l->blocks[i];
	return NULL;
}

json_t *ledger_account(const struct ledger *l, const char *id)
{
	return json_object_get(l->accounts, id);
}

static void set_head(struct ledger *l, const struct ledger_block *b)
{
	l->head = *b;
	l->blocks[b->height % LOCALNET_BLOCKS_KEPT] = *b;
}

static void next_block(struct ledger *l, int64_t now_ns)
{
	struct ledger_block b = { .height = l->head.height + 1, .time_ns = now_ns };
	OWN(str)
	char *text = str_printf("%s %s %" PRIu64 " %" PRId64, l->genesis_hash, l->head.hash,
				b.height, now_ns);
	OWN(str) char *hash = near_genesis_hash(text);

	snprintf(b.hash, sizeof(b.hash), "%s", hash);
	snprintf(b.prev_hash, sizeof(b.prev_hash), "%s", l->head.hash);
	set_head(l, &b);
}

/* ---- durability ---------------------------------------------------------------------------- */

static json_t *block_json(const struct ledger_block *b)
{
	return json_pack("{s:I,s:I,s:s,s:s}", "height", (json_int_t)b->height, "time_ns",
			 (json_int_t)b->time_ns, "hash", b->hash, "prev_hash", b->prev_hash);
}

static int block_parse(const json_t *j, struct ledger_block *ret)
{
	const char *hash = json_str(j, "hash"), *prev = json_str(j, "prev_hash");

	if (!hash || !prev || !*hash || strlen(hash) >= sizeof(ret->hash) ||
	    strlen(prev) >= sizeof(ret->prev_hash))
		return -1;
	ret->height = (uint64_t)json_int_or(j, "height", 0);
	ret->time_ns = json_int_or(j, "time_ns", 0);
	strcpy(ret->hash, hash);
	strcpy(ret->prev_hash, prev);
	return 0;
}

int ledger_save(struct ledger *l, struct err *err)
{
	OWN(json) json_t *j = NULL;
	OWN(str) char *text = NULL;

	if (!l->path)
		return 0;
	j = json_pack("{s:s,s:s,s:o,s:o,s:O}", "chain_id", l->chain_id, "genesis_hash",
		      l->genesis_hash, "head", block_json(&l->head), "first", block_json(&l->first),
		      "accounts", l->accounts);
	text = json_text(j);
	return sys_write_atomic(l->path, text, strlen(text), 0600, err);
}

int ledger_advance(struct ledger *l, int64_t now_ns, struct err *err)
{
	next_block(l, now_ns);
	return l->head.height % SAVE_EVERY ? 0 : ledger_save(l, err);
}

/* 0 and NULL when there is no such file. */
static int read_state(const char *path, char **ret, size_t *ret_len, struct err *err)
{
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	return sys_read_file(path, STATE_MOST, ret, ret_len, err);
}

/* 0 and false: no file yet. */
static int load(struct ledger *l, bool *ret_found, struct err *err)
{
	OWN(str) char *text = NULL;
	OWN(json) json_t *j = NULL;
	size_t len = 0;

	if (!l->path || read_state(l->path, &text, &len, err) < 0)
		return l->path ? -1 : 0;
	if (!text)
		return 0;
	if (json_parse_text(l->path, text, len, &j, err) < 0)
		return -1;
	if (!str_eq(json_str(j, "genesis_hash"), l->genesis_hash))
		return err_set(err, ERR_INPUT,
			       "%s is of another chain (%s); remove the data directory or set "
			       "MPC_CHAIN_ID to it",
			       l->path, json_str_or(j, "chain_id", "unnamed"));
	if (!json_map(j, "accounts") || block_parse(json_object_get(j, "head"), &l->head) < 0 ||
	    block_parse(json_object_get(j, "first"), &l->first) < 0)
		return err_set(err, ERR_INPUT, "%s is damaged; remove the data directory", l->path);
	/* What was not written before an end without notice: no height comes twice. */
	l->head.height += SAVE_EVERY;
	set_head(l, &l->head);
	l->accounts = json_incref(json_map(j, "accounts"));
	*ret_found = true;
	return 0;
}

/* ---- a new chain --------------------------------------------------------------------------- */

static json_t *account_new(const char *amount, const char *full_access_key)
{
	json_t *account = json_pack("{s:s,s:{}}", "amount", amount, "keys");

	if (full_access_key)
		json_object_set_new(json_map(account, "keys"), full_access_key,
				    json_pack("{s:i,s:s}", "nonce", 0, "permission", "FullAccess"));
	return account;
}

static void begin(struct ledger *l, const struct ledger_start *start)
{
	json_t *contract = account_new("100000000000000000000000000", NULL);

	l->accounts = json_object();
	json_object_set_new(l->accounts, start->root_account,
			    account_new(GENESIS_AMOUNT, start->root_key));
	json_object_set_new(l->accounts, "near", account_new(GENESIS_AMOUNT, NULL));
	json_object_set_new(contract, "contract", contract_new());
	json_object_set_new(l->accounts, start->contract_id, contract);
	snprintf(l->head.hash, sizeof(l->head.hash), "%s", l->genesis_hash);
	next_block(l, start->now_ns);
	l->first = l->head;
}

int ledger_open(const struct ledger_start *start, struct ledger **ret, struct err *err)
{
	OWN(ledger) struct ledger *l = NEW(struct ledger);
	OWN(str) char *genesis = near_genesis_text(start->chain_id);
	bool found = false;

	l->chain_id = str_dup(start->chain_id);
	l->genesis_hash = near_genesis_hash(genesis);
	l->outcomes = json_object();
	if (start->directory)
		l->path = str_printf("%s/chain.json", start->directory);
	if (load(l, &found, err) < 0)
		return -1;
	if (!found) {
		begin(l, start);
		if (ledger_save(l, err) < 0)
			return -1;
	}
	*ret = GIVE(l);
	return 0;
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	json_decref(l->accounts);
	json_decref(l->outcomes);
	free(l->chain_id);
	free(l->genesis_hash);
	free(l->path);
	free(l);
}
