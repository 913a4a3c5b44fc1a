/* SQLite: objects by kind and id, log events, stack events. WAL mode, one writer.
 * Every mutation is durable when the transaction of the current event-loop turn commits
 * (store_commit(), called by the hub); a crash loses at most that turn. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

struct store;
int store_open(const char *path, struct store **ret, struct err *err);
void store_close(struct store *s);
int store_put(struct store *s, const char *kind, const char *id, const json_t *value,
	      struct err *err);
int store_remove(struct store *s, const char *kind, const char *id, struct err *err);
/* Calls fn for each object; `value` is borrowed. */
int store_each(struct store *s,
	       void (*fn)(void *ctx, const char *kind, const char *id, json_t *value), void *ctx,
	       struct err *err);
int store_commit(struct store *s, struct err *err);
/* Gives up the open transaction (after a failed write); the next change opens a new one. */
void store_abandon(struct store *s);

/* Log events (CloudWatch Logs). Sequence numbers rise without end. */
int store_log_add(struct store *s, const char *group, const char *stream, int64_t time_ms,
		  int64_t ingested_ms, const char *message, size_t len, struct err *err);
/* Rows in (time, sequence) order with sequence > after: {"sequence","logStreamName","timestamp",
 * "ingestionTime","message"}. stream NULL: all. at most `limit`. newest: the last `limit` rows
 * instead of the first. Caller's array. */
int store_log_read(struct store *s, const char *group, const char *stream, int64_t from_ms,
		   int64_t to_ms, int64_t after, size_t limit, int newest, json_t **ret,
		   struct err *err);
int store_log_drop(struct store *s, const char *group, const char *stream, struct err *err);
