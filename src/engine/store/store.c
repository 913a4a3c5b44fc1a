/* SQLite behind four statements for objects and three for logs. All changes of one event-loop turn
 * are one transaction: it is opened by the first change and closed by store_commit(). */
#include "engine/store/store.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"

struct store {
	sqlite3 *db;
	sqlite3_stmt *put, *drop, *log_add;
	bool in_transaction;
};

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS object (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
	"  id TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (kind, id));"
	"CREATE TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY AUTOINCREMENT, grp TEXT NOT NULL,"
	"  stream TEXT NOT NULL, time INTEGER NOT NULL, ingested INTEGER NOT NULL, message BLOB NOT NULL);"
	"CREATE INDEX IF NOT EXISTS log_by_time ON log (grp, time, seq);"
	"PRAGMA user_version = 1;";

static int fail(struct store *s, struct err *err, const char *doing)
{
	return err_set(err, ERR_SYS, "%s: %s", doing, sqlite3_errmsg(s->db));
}

static int run(struct store *s, const char *sql, struct err *err)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail(s, err, "state database");
	return 0;
}

static int prepare(struct store *s, const char *sql, sqlite3_stmt **ret, struct err *err)
{
	if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL) != SQLITE_OK)
		return fail(s, err, "state database");
	return 0;
}

static int open_all(struct store *s, const char *path, struct err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;

	if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK) {
		(void)err_set(err, ERR_SYS, "%s: %s", path,
			      s->db ? sqlite3_errmsg(s->db) : "out of memory");
		return -1;
	}
	if (strcmp(path, ":memory:") && chmod(path, 0600) < 0)
		return err_sys(err, "%s", path);
	if (run(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", err) < 0 ||
	    run(s, schema, err) < 0)
		return err_in(err, "%s", path);
	if (prepare(s,
		    "INSERT INTO object (kind, id, value) VALUES (?1, ?2, ?3)"
		    " ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value",
		    &s->put, err) < 0 ||
	    prepare(s, "DELETE FROM object WHERE kind = ?1 AND id = ?2", &s->drop, err) < 0 ||
	    prepare(s,
		    "INSERT INTO log (grp, stream, time, ingested, message)"
		    " VALUES (?1, ?2, ?3, ?4, ?5)",
		    &s->log_add, err) < 0)
		return -1;
	return 0;
}

int store_open(const char *path, struct store **ret, struct err *err)
{
	struct store *s = NEW(struct store);

	if (open_all(s, path, err) < 0) {
		store_close(s);
		return -1;
	}
	*ret = s;
	return 0;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	(void)store_commit(s, NULL);
	sqlite3_finalize(s->put);
	sqlite3_finalize(s->drop);
	sqlite3_finalize(s->log_add);
	sqlite3_close(s->db);
	free(s);
}

static int begin(struct store *s, struct err *err)
{
	if (s->in_transaction)
		return 0;
	if (run(s, "BEGIN", err) < 0)
		return -1;
	s->in_transaction = true;
	return 0;
}

static int step(struct store *s, sqlite3_stmt *statement, struct err *err)
{
	int rc = sqlite3_step(statement);

	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	return rc == SQLITE_DONE ? 0 : fail(s, err, "state database");
}

int store_put(struct store *s, const char *kind, const char *id, const json_t *value,
	      struct err *err)
{
	OWN(str) char *text = json_text(value);

	if (begin(s, err) < 0)
		return -1;
	sqlite3_bind_text(s->put, 1, kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(s->put, 2, id, -1, SQLITE_STATIC);
	sqlite3_bind_text(s->put, 3, text, -1, SQLITE_STATIC);
	return step(s, s->put, err);
}

int store_remove(struct store *s, const char *kind, const char *id, struct err *err)
{
	if (begin(s, err) < 0)
		return -1;
	sqlite3_bind_text(s->drop, 1, kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(s->drop, 2, id, -1, SQLITE_STATIC);
	return step(s, s->drop, err);
}

int store_each(struct store *s,
	       void (*fn)(void *ctx, const char *kind, const char *id, json_t *value), void *ctx,
	       struct err *err)
{
	sqlite3_stmt *all = NULL;
	int rc, result = 0;

	if (prepare(s, "SELECT kind, id, value FROM object ORDER BY seq", &all, err) < 0)
		return -1;
	while ((rc = sqlite3_step(all)) == SQLITE_ROW) {
		const char *kind = (const char *)sqlite3_column_text(all, 0);
		const char *id = (const char *)sqlite3_column_text(all, 1);
		const char *text = (const char *)sqlite3_column_text(all, 2);
		OWN(json) json_t *value = NULL;

		if (json_parse_text(id, text, strlen(text), &value, err) < 0) {
			result = err_in(err, "state database, %s", kind);
			break;
		}
		fn(ctx, kind, id, value);
	}
	if (!result && rc != SQLITE_DONE)
		result = fail(s, err, "state database");
	sqlite3_finalize(all);
	return result;
}

int store_commit(struct store *s, struct err *err)
{
	if (!s->in_transaction)
		return 0;
	if (run(s, "COMMIT", err) < 0) {
		store_abandon(s);
		return -1;
	}
	s->in_transaction = false;
	return 0;
}

void store_abandon(struct store *s)
{
	/* a full disk ends the transaction by itself */
	if (!sqlite3_get_autocommit(s->db))
		(void)run(s, "ROLLBACK", NULL);
	s->in_transaction = false;
}

int store_log_add(struct store *s, const char *group, const char *stream, int64_t time_ms,
		  int64_t ingested_ms, const char *message, size_t len, struct err *err)
{
	if (begin(s, err) < 0)
		return -1;
	sqlite3_bind_text(s->log_add, 1, group, -1, SQLITE_STATIC);
	sqlite3_bind_text(s->log_add, 2, stream, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s->log_add, 3, time_ms);
	sqlite3_bind_int64(s->log_add, 4, ingested_ms);
	sqlite3_bind_blob64(s->log_add, 5, message, len, SQLITE_STATIC);
	return step(s, s->log_add, err);
}

static json_t *log_row(sqlite3_stmt *row)
{
	json_t *event = json_object();
	const void *message = sqlite3_column_blob(row, 4);

	json_set_int(event, "sequence", sqlite3_column_int64(row, 0));
	json_set_str(event, "logStreamName", (const char *)sqlite3_column_text(row, 1));
	json_set_int(event, "timestamp", sqlite3_column_int64(row, 2));
	json_set_int(event, "ingestionTime", sqlite3_column_int64(row, 3));
	json_object_set_new(event, "message",
			    json_bytes(message ? message : "",
				       (size_t)sqlite3_column_bytes(row, 4)));
	return event;
}

int store_log_read(struct store *s, const char *group, const char *stream, int64_t from_ms,
		   int64_t to_ms, int64_t after, size_t limit, int newest, json_t **ret,
		   struct err *err)
{
	sqlite3_stmt *rows = NULL;
	json_t *events = json_array();
	int rc;

	if (prepare(s,
		    newest ? "SELECT seq, stream, time, ingested, message FROM log WHERE grp = ?1"
			     " AND (?2 IS NULL OR stream = ?2) AND time >= ?3 AND time < ?4"
			     " AND seq > ?5 ORDER BY time DESC, seq DESC LIMIT ?6"
			   : "SELECT seq, stream, time, ingested, message FROM log WHERE grp = ?1"
			     " AND (?2 IS NULL OR stream = ?2) AND time >= ?3 AND time < ?4"
			     " AND seq > ?5 ORDER BY time, seq LIMIT ?6",
		    &rows, err) < 0) {
		json_decref(events);
		return -1;
	}
	sqlite3_bind_text(rows, 1, group, -1, SQLITE_STATIC);
	if (stream)
		sqlite3_bind_text(rows, 2, stream, -1, SQLITE_STATIC);
	sqlite3_bind_int64(rows, 3, from_ms);
	sqlite3_bind_int64(rows, 4, to_ms);
	sqlite3_bind_int64(rows, 5, after);
	sqlite3_bind_int64(rows, 6, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
	while ((rc = sqlite3_step(rows)) == SQLITE_ROW) {
		if (newest)
			json_array_insert_new(events, 0, log_row(rows));
		else
			json_array_append_new(events, log_row(rows));
	}
	sqlite3_finalize(rows);
	if (rc != SQLITE_DONE) {
		json_decref(events);
		return fail(s, err, "state database");
	}
	*ret = events;
	return 0;
}

int store_log_drop(struct store *s, const char *group, const char *stream, struct err *err)
{
	sqlite3_stmt *drop = NULL;
	int result;

	if (begin(s, err) < 0 ||
	    prepare(s, "DELETE FROM log WHERE grp = ?1 AND (?2 IS NULL OR stream = ?2)", &drop,
		    err) < 0)
		return -1;
	sqlite3_bind_text(drop, 1, group, -1, SQLITE_STATIC);
	if (stream)
		sqlite3_bind_text(drop, 2, stream, -1, SQLITE_STATIC);
	result = step(s, drop, err);
	sqlite3_finalize(drop);
	return result;
}
