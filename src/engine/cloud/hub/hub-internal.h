/* What the files of the hub share. Never leaves the room. */
#pragma once
#include "engine/cloud/hub/hub.h"

struct hub_watcher {
	char *prefix;
	void (*fn)(struct hub *hub, const char *kind, const char *id, void *ctx);
	void *ctx;
};

struct hub {
	char *state_dir, *region, *account, *endpoint;
	char **zones; /* NULL-terminated */
	const struct service *const *services;
	struct fabric *fabric;
	struct event_base *events;
	int (*random)(void *buf, size_t len);
	void (*log)(const char *line);
	struct store *store;
	json_t *objects; /* kind -> id -> value */
	json_t *dirty;	 /* kind -> id -> true: to be written at the end of this turn */
	struct hub_timer *flush;
	char *trouble; /* why the last write failed; NULL: it did not */
	struct hub_timer *timers; /* all that have not fired */
	struct hub_watcher *watchers;
	size_t watcher_count;
	hub_resolver *resolvers;
	size_t resolver_count;
	hub_authorizer authorizer;
	hub_trust trust;
	bool started;
};

/* Frees the timers that have not fired, without running them. */
void hub_timers_free(struct hub *hub);
