/* The chain's database: one file, WAL, written in one transaction per commit and synced with it, so
 * that what was answered is there after any crash. */
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/localnet/localnet-internal.h"

enum statement {
	PUT_NAME,
	PUT_ACCOUNT,
	DROP_ACCOUNT,
	PUT_CONTRACT,
	DROP_CONTRACT,
	PUT_CODE,
	DROP_CODE,
	PUT_BLOCK,
	PUT_TRANSACTION,
	PUT_RECEIPT,
	PUT_CHANGES,
	PRUNE_BLOCKS,
	PRUNE_TRANSACTIONS,
	PRUNE_RECEIPTS,
	PRUNE_CHANGES,
	FIND_CODE,
	FIND_BLOCK,
	FIND_BLOCK_BY_HASH,
	FIND_TRANSACTION,
	FIND_BLOCK_TRANSACTIONS,
	FIND_BLOCK_IDS,
	FIND_RECEIPT,
	FIND_CHANGES,
	STATEMENTS
};

static const char *const texts[STATEMENTS] = {
	[PUT_NAME] = "INSERT OR REPLACE INTO chain (name, value) VALUES (?1, ?2)",
	[PUT_ACCOUNT] = "INSERT OR REPLACE INTO account (id, value) VALUES (?1, ?2)",
	[DROP_ACCOUNT] = "DELETE FROM account WHERE id = ?1",
	[PUT_CONTRACT] = "INSERT OR REPLACE INTO contract (id, value) VALUES (?1, ?2)",
	[DROP_CONTRACT] = "DELETE FROM contract WHERE id = ?1",
	[PUT_CODE] = "INSERT OR REPLACE INTO code (id, value) VALUES (?1, ?2)",
	[DROP_CODE] = "DELETE FROM code WHERE id = ?1",
	[PUT_BLOCK] = "INSERT INTO block (height, hash, prev_hash, time_ns, random)"
		      " VALUES (?1, ?2, ?3, ?4, ?5)",
	[PUT_TRANSACTION] = "INSERT INTO transactions (id, height, place, waiting, record)"
			    " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (id) DO UPDATE"
			    " SET waiting = excluded.waiting, record = excluded.record",
	[PUT_RECEIPT] =
		"INSERT OR REPLACE INTO receipt (id, transaction_id, height) VALUES (?1, ?2, ?3)",
	[PUT_CHANGES] = "INSERT INTO changes (height, value) VALUES (?1, ?2)",
	[PRUNE_BLOCKS] = "DELETE FROM block WHERE height < ?1",
	[PRUNE_TRANSACTIONS] = "DELETE FROM transactions WHERE height < ?1 AND NOT waiting",
	[PRUNE_RECEIPTS] = "DELETE FROM receipt WHERE height < ?1",
	[PRUNE_CHANGES] = "DELETE FROM changes WHERE height < ?1",
	[FIND_CODE] = "SELECT value FROM code WHERE id = ?1",
	[FIND_BLOCK] =
		"SELECT height, hash, prev_hash, time_ns, random FROM block WHERE height = ?1",
	[FIND_BLOCK_BY_HASH] = "SELECT height, hash, prev_hash, time_ns, random FROM block"
			       " WHERE hash = ?1",
	[FIND_TRANSACTION] = "SELECT record FROM transactions WHERE id = ?1",
	[FIND_BLOCK_TRANSACTIONS] = "SELECT record FROM transactions WHERE height = ?1"
				    " ORDER BY place",
	[FIND_BLOCK_IDS] = "SELECT id FROM transactions WHERE height = ?1 ORDER BY place",
	[FIND_RECEIPT] = "SELECT transaction_id FROM receipt WHERE id = ?1",
	[FIND_CHANGES] = "SELECT value FROM changes WHERE height = ?1 ORDER BY rowid",
};

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS chain (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT "
	"ROWID;"
	"CREATE TABLE IF NOT EXISTS account (id TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT "
	"ROWID;"
	"CREATE TABLE IF NOT EXISTS contract (id TEXT PRIMARY KEY, value TEXT NOT NULL);"
	"CREATE TABLE IF NOT EXISTS code (id TEXT PRIMARY KEY, value BLOB NOT NULL);"
	"CREATE TABLE IF NOT EXISTS block (height INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE,"
	"  prev_hash TEXT NOT NULL, time_ns INTEGER NOT NULL, random BLOB NOT NULL);"
	"CREATE TABLE IF NOT EXISTS transactions (id TEXT NOT NULL UNIQUE, height INTEGER NOT NULL,"
	"  place INTEGER NOT NULL, waiting INTEGER NOT NULL, record TEXT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS transactions_by_height ON transactions (height, place);"
	"CREATE INDEX IF NOT EXISTS transactions_waiting ON transactions (waiting) WHERE waiting;"
	"CREATE TABLE IF NOT EXISTS receipt (id TEXT PRIMARY KEY, transaction_id TEXT NOT NULL,"
	"  height INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS receipt_by_height ON receipt (height);"
	"CREATE TABLE IF NOT EXISTS changes (height INTEGER NOT NULL, value TEXT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS changes_by_height ON changes (height);"
	"PRAGMA user_version = 2;";

/* Of the schema above and of the records in it; 0: a new file. */
enum { FORM = 2 };

struct ledger_store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	bool open; /* a transaction */
	struct err failed;
};

/* ---- opening ------------------------------------------------------------------------------- */

static int fail(struct ledger_store *s, struct err *err)
{
	return err_set(err, ERR_SYS, "chain database: %s", sqlite3_errmsg(s->db));
}

/* A chain whose records have another form is left as it is. */
static int check_form(struct ledger_store *s, struct err *err)
{
	sqlite3_stmt *q = NULL;
	int form = -1;

	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		form = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	if (form < 0)
		return fail(s, err);
	if (form != 0 && form != FORM)
		return err_set(err, ERR_INPUT,
			       "another version of mpcup made this chain (form %d, not %d): mpcup "
			       "down --purge removes it, "
			       "and mpcup up begins a new one",
			       form, FORM);
	return 0;
}

static int open_all(struct ledger_store *s, const char *path, struct err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

	if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK)
		return fail(s, err);
	if (strcmp(path, ":memory:") != 0 && chmod(path, 0600) < 0)
		return err_sys(err, "%s", path);
	/* One chain, one file: a second process is refused at once. */
	if (sqlite3_exec(s->db,
			 "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
			 "PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;",
			 NULL, NULL, NULL) != SQLITE_OK)
		return fail(s, err);
	if (check_form(s, err) < 0)
		return -1;
	if (sqlite3_exec(s->db, schema, NULL, NULL, NULL) != SQLITE_OK)
		return fail(s, err);
	for (int i = 0; i < STATEMENTS; i++)
		if (sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &s->statements[i], NULL) != SQLITE_OK)
			return fail(s, err);
	return 0;
}

int ledger_store_open(const char *path, struct ledger_store **ret, struct err *err)
{
	struct ledger_store *s = NEW(struct ledger_store);

	if (open_all(s, path, err) < 0) {
		ledger_store_close(s);
		return err_in(err, "%s", path);
	}
	*ret = s;
	return 0;
}

void ledger_store_close(struct ledger_store *s)
{
	if (!s)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db);
	free(s);
}

/* ---- writing ------------------------------------------------------------------------------- */

static sqlite3_stmt *writing(struct ledger_store *s, enum statement which)
{
	if (!s->open && !s->failed.code) {
		if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
			(void)fail(s, &s->failed);
		s->open = true;
	}
	return s->statements[which];
}

static void bind_text(sqlite3_stmt *q, int at, const char *text)
{
	sqlite3_bind_text(q, at, text, -1, SQLITE_STATIC);
}

static void run(struct ledger_store *s, sqlite3_stmt *q)
{
	if (!s->failed.code && sqlite3_step(q) != SQLITE_DONE)
		(void)fail(s, &s->failed);
	(void)sqlite3_reset(q);
	(void)sqlite3_clear_bindings(q);
}

/* value NULL: the row goes. */
static void put_json(struct ledger_store *s, enum statement put, enum statement drop,
		     const char *id, const json_t *value)
{
	OWN(str) char *text = value ? json_text(value) : NULL;
	sqlite3_stmt *q = writing(s, value ? put : drop);

	bind_text(q, 1, id);
	if (value)
		bind_text(q, 2, text);
	run(s, q);
}

void ledger_store_name(struct ledger_store *s, const char *chain_id, const char *genesis_hash)
{
	const char *rows[][2] = { { "chain_id", chain_id }, { "genesis_hash", genesis_hash } };

	for (size_t i = 0; i < 2; i++) {
		sqlite3_stmt *q = writing(s, PUT_NAME);

		bind_text(q, 1, rows[i][0]);
		bind_text(q, 2, rows[i][1]);
		run(s, q);
	}
}

void ledger_store_account(struct ledger_store *s, const char *id, const json_t *account)
{
	put_json(s, PUT_ACCOUNT, DROP_ACCOUNT, id, account);
}

void ledger_store_contract(struct ledger_store *s, const char *id, const json_t *state)
{
	put_json(s, PUT_CONTRACT, DROP_CONTRACT, id, state);
}

void ledger_store_code(struct ledger_store *s, const char *id, const void *code, size_t len)
{
	sqlite3_stmt *q = writing(s, code ? PUT_CODE : DROP_CODE);

	bind_text(q, 1, id);
	if (code)
		sqlite3_bind_blob64(q, 2, code, len, SQLITE_STATIC);
	run(s, q);
}

void ledger_store_block(struct ledger_store *s, const struct ledger_block *b)
{
	sqlite3_stmt *q = writing(s, PUT_BLOCK);

	sqlite3_bind_int64(q, 1, (sqlite3_int64)b->height);
	bind_text(q, 2, b->hash);
	bind_text(q, 3, b->prev_hash);
	sqlite3_bind_int64(q, 4, b->time_ns);
	sqlite3_bind_blob(q, 5, b->random, sizeof(b->random), SQLITE_STATIC);
	run(s, q);
}

void ledger_store_transaction(struct ledger_store *s, const char *id, uint64_t height,
			      unsigned place, bool waiting, const json_t *record)
{
	OWN(str) char *text = json_text(record);
	sqlite3_stmt *q = writing(s, PUT_TRANSACTION);

	bind_text(q, 1, id);
	sqlite3_bind_int64(q, 2, (sqlite3_int64)height);
	sqlite3_bind_int64(q, 3, place);
	sqlite3_bind_int(q, 4, waiting);
	bind_text(q, 5, text);
	run(s, q);
}

void ledger_store_receipt(struct ledger_store *s, const char *id, const char *transaction,
			  uint64_t height)
{
	sqlite3_stmt *q = writing(s, PUT_RECEIPT);

	bind_text(q, 1, id);
	bind_text(q, 2, transaction);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)height);
	run(s, q);
}

void ledger_store_changes(struct ledger_store *s, uint64_t height, const json_t *changes)
{
	OWN(str) char *text = json_text(changes);
	sqlite3_stmt *q = writing(s, PUT_CHANGES);

	sqlite3_bind_int64(q, 1, (sqlite3_int64)height);
	bind_text(q, 2, text);
	run(s, q);
}

void ledger_store_prune(struct ledger_store *s, uint64_t below)
{
	static const enum statement all[] = { PRUNE_BLOCKS, PRUNE_TRANSACTIONS, PRUNE_RECEIPTS,
					      PRUNE_CHANGES };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		sqlite3_stmt *q = writing(s, all[i]);

		sqlite3_bind_int64(q, 1, (sqlite3_int64)below);
		run(s, q);
	}
}

int ledger_store_commit(struct ledger_store *s, struct err *err)
{
	if (s->open && !s->failed.code &&
	    sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		(void)fail(s, &s->failed);
	s->open = false;
	if (!s->failed.code)
		return 0;
	*err = s->failed;
	return -1;
}

/* ---- reading ------------------------------------------------------------------------------- */

static const char *column(sqlite3_stmt *q, int at)
{
	const unsigned char *text = sqlite3_column_text(q, at);

	return text ? (const char *)text : "";
}

static int read_block(sqlite3_stmt *q, struct ledger_block *ret)
{
	const void *random = sqlite3_column_blob(q, 4);

	if (!random || sqlite3_column_bytes(q, 4) != sizeof(ret->random) ||
	    strlen(column(q, 1)) >= sizeof(ret->hash) ||
	    strlen(column(q, 2)) >= sizeof(ret->prev_hash))
		return -1;
	*ret = (struct ledger_block){ .height = (uint64_t)sqlite3_column_int64(q, 0),
				      .time_ns = sqlite3_column_int64(q, 3) };
	strcpy(ret->hash, column(q, 1));
	strcpy(ret->prev_hash, column(q, 2));
	memcpy(ret->random, random, sizeof(ret->random));
	return 0;
}

int ledger_store_find_block(struct ledger_store *s, const char *hash, uint64_t height,
			    struct ledger_block *ret)
{
	sqlite3_stmt *q = s->statements[hash ? FIND_BLOCK_BY_HASH : FIND_BLOCK];
	int result = -1;

	if (hash)
		bind_text(q, 1, hash);
	else
		sqlite3_bind_int64(q, 1, (sqlite3_int64)height);
	if (sqlite3_step(q) == SQLITE_ROW)
		result = read_block(q, ret);
	(void)sqlite3_reset(q);
	return result;
}

int ledger_store_find_code(struct ledger_store *s, const char *id, uint8_t **ret, size_t *ret_len)
{
	sqlite3_stmt *q = s->statements[FIND_CODE];
	int result = -1;

	bind_text(q, 1, id);
	if (sqlite3_step(q) == SQLITE_ROW) {
		*ret_len = (size_t)sqlite3_column_bytes(q, 0);
		*ret = mem_new(*ret_len + 1, 1);
		if (*ret_len)
			memcpy(*ret, sqlite3_column_blob(q, 0), *ret_len);
		result = 0;
	}
	(void)sqlite3_reset(q);
	return result;
}

json_t *ledger_store_find_transaction(struct ledger_store *s, const char *id)
{
	sqlite3_stmt *q = s->statements[FIND_TRANSACTION];
	json_t *record = NULL;

	bind_text(q, 1, id);
	if (sqlite3_step(q) == SQLITE_ROW)
		record = json_loads(column(q, 0), JSON_DECODE_ANY, NULL);
	(void)sqlite3_reset(q);
	return record;
}

char *ledger_store_receipt_transaction(struct ledger_store *s, const char *id)
{
	sqlite3_stmt *q = s->statements[FIND_RECEIPT];
	char *transaction = NULL;

	bind_text(q, 1, id);
	if (sqlite3_step(q) == SQLITE_ROW)
		transaction = str_dup(column(q, 0));
	(void)sqlite3_reset(q);
	return transaction;
}

/* The statement's rows of a block as JSON (`json` false: as texts) in an array. */
static json_t *of_block(struct ledger_store *s, enum statement which, uint64_t height, bool json)
{
	sqlite3_stmt *q = s->statements[which];
	json_t *list = json_array();

	sqlite3_bind_int64(q, 1, (sqlite3_int64)height);
	while (sqlite3_step(q) == SQLITE_ROW)
		json_array_append_new(list, json ? json_loads(column(q, 0), JSON_DECODE_ANY, NULL)
						 : json_string(column(q, 0)));
	(void)sqlite3_reset(q);
	return list;
}

json_t *ledger_store_block_transactions(struct ledger_store *s, uint64_t height)
{
	return of_block(s, FIND_BLOCK_TRANSACTIONS, height, true);
}

json_t *ledger_store_block_ids(struct ledger_store *s, uint64_t height)
{
	return of_block(s, FIND_BLOCK_IDS, height, false);
}

json_t *ledger_store_find_changes(struct ledger_store *s, uint64_t height)
{
	OWN(json) json_t *rows = of_block(s, FIND_CHANGES, height, true);
	json_t *all = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row)
		json_array_extend(all, row);
	return all;
}

/* ---- loading ------------------------------------------------------------------------------- */

/* Two columns, name and JSON (`json` false: text), into the object. */
static int load_rows(struct ledger_store *s, const char *sql, bool json, json_t *into,
		     struct err *err)
{
	sqlite3_stmt *q = NULL;
	int rc;

	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		return fail(s, err);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		const char *id = column(q, 0), *text = column(q, 1);
		json_t *value = NULL;

		if (json && json_parse_text(id, text, strlen(text), &value, err) < 0)
			break;
		json_object_set_new(into, id, json ? value : json_string(text));
	}
	sqlite3_finalize(q);
	if (rc == SQLITE_ROW)
		return -1;
	return rc == SQLITE_DONE ? 0 : fail(s, err);
}

static int load_block(struct ledger_store *s, const char *sql, struct ledger_block *ret,
		      struct err *err)
{
	sqlite3_stmt *q = NULL;
	int result = -1;

	if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK)
		return fail(s, err);
	if (sqlite3_step(q) == SQLITE_ROW)
		result = read_block(q, ret);
	sqlite3_finalize(q);
	return result < 0 ? err_set(err, ERR_INPUT, "chain database: no readable block") : 0;
}

#define BLOCKS "SELECT height, hash, prev_hash, time_ns, random FROM block ORDER BY height "

static int load_all(struct ledger_store *s, struct ledger *l, struct err *err)
{
	if (load_rows(s, "SELECT id, value FROM account", true, l->accounts, err) < 0 ||
	    load_rows(s, "SELECT id, value FROM contract", true, l->contracts, err) < 0)
		return -1;
	if (load_rows(s, "SELECT id, record FROM transactions WHERE waiting", true, l->waiting,
		      err) < 0)
		return -1;
	if (load_block(s, BLOCKS "DESC LIMIT 1", &l->head, err) < 0)
		return -1;
	return load_block(s, BLOCKS "LIMIT 1", &l->first, err);
}

int ledger_store_load(struct ledger_store *s, struct ledger *l, bool *ret_found, struct err *err)
{
	OWN(json) json_t *names = json_object();

	if (load_rows(s, "SELECT name, value FROM chain", false, names, err) < 0)
		return -1;
	*ret_found = json_object_size(names) > 0;
	if (!*ret_found)
		return 0;
	if (!str_eq(json_str(names, "genesis_hash"), l->genesis_hash))
		return err_set(err, ERR_INPUT,
			       "is of another chain (%s); remove the data directory or set "
			       "MPC_CHAIN_ID to it",
			       json_str_or(names, "chain_id", "unnamed"));
	return load_all(s, l, err);
}
