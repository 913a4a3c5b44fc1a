/* Life of the hub and its objects. Objects live in memory as JSON; what changed in a turn of the loop
 * is written to SQLite in one transaction when the turn ends. */
#include "engine/cloud/hub/hub-internal.h"

#include <stdio.h>
#include <string.h>

#include "engine/store/store.h"

static void make_zones(struct hub *hub)
{
	hub->zones = mem_new(4, sizeof(*hub->zones));
	for (int i = 0; i < 3; i++)
		hub->zones[i] = str_printf("%s%c", hub->region, 'a' + i);
}

int hub_new(const struct hub_options *o, struct hub **ret, struct err *err)
{
	OWN(hub) struct hub *hub = NEW(struct hub);
	OWN(str) char *path = NULL;

	hub->state_dir = str_dup(o->state_dir);
	hub->region = str_dup(o->region ? o->region : "us-east-1");
	hub->account = str_dup(o->account ? o->account : "000000000000");
	hub->endpoint = str_dup(o->endpoint ? o->endpoint : "http://127.0.0.1:4566");
	make_zones(hub);
	hub->services = o->services;
	hub->fabric = o->fabric;
	hub->events = o->events;
	hub->random = o->random;
	hub->log = o->log;
	hub->objects = json_object();
	hub->dirty = json_object();
	path = o->state_dir ? str_printf("%s/state.db", o->state_dir) : str_dup(":memory:");
	if (store_open(path, &hub->store, err) < 0)
		return -1;
	*ret = GIVE(hub);
	return 0;
}

static void load_object(void *ctx, const char *kind, const char *id, json_t *value)
{
	struct hub *hub = ctx;
	json_t *all = json_object_get(hub->objects, kind);

	if (!all) {
		all = json_object();
		json_object_set_new(hub->objects, kind, all);
	}
	json_object_set(all, id, value);
}

int hub_start(struct hub *hub, struct err *err)
{
	if (store_each(hub->store, load_object, hub, err) < 0)
		return -1;
	for (size_t i = 0; hub->services[i]; i++)
		if (hub->services[i]->start && hub->services[i]->start(hub, err) < 0)
			return err_in(err, "start of %s", hub->services[i]->name);
	hub->started = true;
	return 0;
}

static int write_object(struct hub *hub, const char *kind, const char *id, struct err *err)
{
	json_t *value = hub_get(hub, kind, id);

	return value ? store_put(hub->store, kind, id, value, err)
		     : store_remove(hub->store, kind, id, err);
}

static int write_dirty(struct hub *hub, struct err *err)
{
	const char *kind, *id;
	json_t *ids, *unused;

	json_object_foreach(hub->dirty, kind, ids)
		json_object_foreach(ids, id, unused)
			if (write_object(hub, kind, id, err) < 0)
				return -1;
	return store_commit(hub->store, err);
}

static void flush_turn(struct hub *hub, void *ctx);

/* What cannot be written (a full disk) stays dirty and is tried again; meanwhile hub_trouble() keeps new
 * work out. */
static void flush_objects(struct hub *hub)
{
	struct err err = { 0 };

	if (write_dirty(hub, &err) == 0) {
		json_object_clear(hub->dirty);
		if (hub->trouble)
			hub_log(hub, "state is saved again");
		free(hub->trouble);
		hub->trouble = NULL;
		return;
	}
	store_abandon(hub->store);
	if (!hub->trouble)
		hub_log(hub, "state is not saved: %s", err.text);
	free(hub->trouble);
	hub->trouble = str_printf("the local cloud cannot save its state in %s: %s",
				  hub->state_dir ? hub->state_dir : "memory", err.text);
}

static void flush_turn(struct hub *hub, void *ctx)
{
	(void)ctx;
	hub->flush = NULL;
	flush_objects(hub);
	if (hub->trouble)
		hub->flush = hub_timer(hub, 500, flush_turn, NULL);
}

const char *hub_trouble(struct hub *hub)
{
	/* room may have been made since the last try */
	if (hub->trouble)
		flush_objects(hub);
	return hub->trouble;
}

void hub_free(struct hub *hub)
{
	if (!hub)
		return;
	for (size_t i = 0; hub->started && hub->services[i]; i++)
		if (hub->services[i]->stop)
			hub->services[i]->stop(hub);
	if (hub->store)
		flush_objects(hub);
	hub_timers_free(hub);
	store_close(hub->store);
	json_decref(hub->objects);
	json_decref(hub->dirty);
	for (size_t i = 0; i < hub->watcher_count; i++)
		free(hub->watchers[i].prefix);
	free(hub->watchers);
	free(hub->resolvers);
	for (size_t i = 0; hub->zones && hub->zones[i]; i++)
		free(hub->zones[i]);
	free(hub->zones);
	free(hub->trouble);
	free(hub->state_dir);
	free(hub->region);
	free(hub->account);
	free(hub->endpoint);
	free(hub);
}

static void tell(struct hub *hub, const char *kind, const char *id)
{
	for (size_t i = 0; i < hub->watcher_count; i++)
		if (str_starts(kind, hub->watchers[i].prefix))
			hub->watchers[i].fn(hub, kind, id, hub->watchers[i].ctx);
}

static void changed(struct hub *hub, const char *kind, const char *id)
{
	json_t *ids = json_object_get(hub->dirty, kind);

	if (!ids) {
		ids = json_object();
		json_object_set_new(hub->dirty, kind, ids);
	}
	json_object_set_new(ids, id, json_true());
	if (!hub->flush)
		hub->flush = hub_timer(hub, 0, flush_turn, NULL);
	tell(hub, kind, id);
}

void hub_put(struct hub *hub, const char *kind, const char *id, json_t *value)
{
	load_object(hub, kind, id, value);
	changed(hub, kind, id);
}

json_t *hub_get(struct hub *hub, const char *kind, const char *id)
{
	return id ? json_object_get(json_object_get(hub->objects, kind), id) : NULL;
}

void hub_remove(struct hub *hub, const char *kind, const char *id)
{
	/* the id may belong to the value that goes away */
	OWN(str) char *copy = str_dup(id);

	if (json_object_del(json_object_get(hub->objects, kind), copy) == 0)
		changed(hub, kind, copy);
}

json_t *hub_all(struct hub *hub, const char *kind)
{
	json_t *all = json_object_get(hub->objects, kind);

	if (!all) {
		all = json_object();
		json_object_set_new(hub->objects, kind, all);
	}
	return all;
}

void hub_touch(struct hub *hub, const char *kind, const char *id)
{
	tell(hub, kind, id);
}

void hub_watch(struct hub *hub, const char *prefix,
	       void (*fn)(struct hub *hub, const char *kind, const char *id, void *ctx), void *ctx)
{
	hub->watchers =
		mem_grow(hub->watchers, hub->watcher_count + 1, sizeof(*hub->watchers));
	hub->watchers[hub->watcher_count++] =
		(struct hub_watcher){ .prefix = str_dup(prefix), .fn = fn, .ctx = ctx };
}

const char *hub_account(struct hub *hub)
{
	return hub->account;
}

const char *hub_region(struct hub *hub)
{
	return hub->region;
}

const char *const *hub_zones(struct hub *hub)
{
	return (const char *const *)hub->zones;
}

const char *hub_endpoint(struct hub *hub)
{
	return hub->endpoint;
}

const char *hub_state_dir(struct hub *hub)
{
	return hub->state_dir;
}

struct fabric *hub_fabric(struct hub *hub)
{
	return hub->fabric;
}

struct event_base *hub_events(struct hub *hub)
{
	return hub->events;
}

struct store *hub_store(struct hub *hub)
{
	/* writes that go past the objects (log events) belong to this turn's transaction too */
	if (!hub->flush)
		hub->flush = hub_timer(hub, 0, flush_turn, NULL);
	return hub->store;
}

void hub_log(struct hub *hub, const char *fmt, ...)
{
	OWN(buf) struct buf line = { 0 };
	va_list args;

	if (!hub->log)
		return;
	va_start(args, fmt);
	buf_vprintf(&line, fmt, args);
	va_end(args);
	hub->log(line.data);
}
