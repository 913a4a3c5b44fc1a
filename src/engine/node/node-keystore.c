#include "engine/node/node-keystore.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/secret.h"
#include "engine/node/node-sealed.h"
#include "engine/sys/sys.h"

#define FILE_MOST (1u << 20)
#define DIRECTORY "permanent_keys"

struct entry {
	struct keystore_id id;
	bool permanent;
	uint64_t generation; /* in which the file was written */
	char *public_key;    /* hex */
};

struct keystore {
	char *home;
	char *account, *contract, *network;
	uint8_t *key; /* secret */
	struct entry *entries;
	size_t count;
	uint64_t generation; /* 0: nothing was ever stored */
	bool (*interrupt)(void *ctx, const char *step);
	void *ctx;
};

static bool same_id(const struct keystore_id *a, const struct keystore_id *b)
{
	return a->epoch == b->epoch && a->domain == b->domain && a->attempt == b->attempt;
}

static struct entry *find(const struct keystore *k, const struct keystore_id *id)
{
	for (size_t i = 0; i < k->count; i++)
		if (same_id(&k->entries[i].id, id))
			return &k->entries[i];
	return NULL;
}

static int step(const struct keystore *k, const char *name, struct err *err)
{
	if (k->interrupt && k->interrupt(k->ctx, name))
		return err_set(err, ERR_BUG, "interrupted at %s", name);
	return 0;
}

/* ---- names ----------------------------------------------------------------------------------------- */

static char *path_of(const struct keystore *k, const char *name)
{
	return str_printf("%s/%s", k->home, name);
}

static char *share_name(const struct keystore_id *id)
{
	return str_printf(DIRECTORY "/epoch_%" PRIu64 "_domain_%u_attempt_%" PRIu64, id->epoch, id->domain,
			  id->attempt);
}

/* ---- sealed files ------------------------------------------------------------------------------------ */

static json_t *header_new(const struct keystore *k, const char *purpose, uint64_t generation)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:I}", "purpose", purpose, "account", k->account, "contract",
			 k->contract, "network", k->network, "generation", (json_int_t)generation);
}

static json_t *share_header(const struct keystore *k, const struct entry *e)
{
	json_t *j = header_new(k, "share", e->generation);

	json_set_int(j, "epoch", (json_int_t)e->id.epoch);
	json_set_int(j, "domain", (json_int_t)e->id.domain);
	json_set_int(j, "attempt", (json_int_t)e->id.attempt);
	json_set_str(j, "public_key", e->public_key);
	json_set_str(j, "curve", strlen(e->public_key) == 66 ? "secp256k1" : "ed25519");
	return j;
}

static int write_sealed(const struct keystore *k, const char *name, const json_t *header,
			const void *content, size_t len, struct err *err)
{
	OWN(str) char *path = path_of(k, name);
	OWN(buf) struct buf file = { 0 };

	if (sealed_write(k->key, header, content, len, &file, err) < 0)
		return err_in(err, "%s", path);
	return sys_write_atomic(path, file.data, file.len, 0600, err);
}

/* Whose file it is: said by name, because it is what an operator gets wrong. */
static int check_owner(const struct keystore *k, const json_t *header, struct err *err)
{
	static const char *const names[] = { "account", "contract", "network" };
	const char *ours[] = { k->account, k->contract, k->network };

	for (size_t i = 0; i < 3; i++) {
		const char *theirs = json_str_or(header, names[i], "");

		if (strcmp(theirs, ours[i]) != 0)
			return err_set(err, ERR_INPUT, "belongs to %s '%s', this node has '%s'", names[i],
				       theirs, ours[i]);
	}
	return 0;
}

/* 0, KEYSTORE_NONE, -1. *ret in secret memory. */
static int read_sealed(const struct keystore *k, const char *name, json_t **ret_header, uint8_t **ret,
		       size_t *ret_len, struct err *err)
{
	OWN(str) char *path = path_of(k, name);
	OWN(str) char *data = NULL;
	OWN(json) json_t *header = NULL;
	OWN(secret) void *owner = NULL;
	uint8_t *content = NULL;
	size_t len = 0, content_len = 0;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return KEYSTORE_NONE;
	if (sys_read_file(path, FILE_MOST, &data, &len, err) < 0)
		return -1;
	if (sealed_read(k->key, data, len, &header, &content, &content_len, err) < 0)
		return err_in(err, "%s", path);
	owner = content;
	if (check_owner(k, header, err) < 0)
		return err_in(err, "%s", path);
	*ret_header = GIVE(header);
	*ret = GIVE(owner);
	*ret_len = content_len;
	return 0;
}

/* ---- the index and its generation ------------------------------------------------------------------- */

static json_t *index_json(const struct keystore *k)
{
	json_t *list = json_array();

	for (size_t i = 0; i < k->count; i++) {
		const struct entry *e = &k->entries[i];

		json_array_append_new(list,
				      json_pack("{s:I,s:I,s:I,s:b,s:I,s:s}", "epoch",
						(json_int_t)e->id.epoch, "domain", (json_int_t)e->id.domain,
						"attempt", (json_int_t)e->id.attempt, "permanent", e->permanent,
						"generation", (json_int_t)e->generation, "public_key",
						e->public_key));
	}
	return list;
}

/* First the index, then the number beside it: a kill in between leaves an index that is newer, which is
 * fine; one that is older was put back by somebody. */
static int write_index(struct keystore *k, struct err *err)
{
	OWN(json) json_t *list = index_json(k);
	OWN(str) char *text = json_text(list);
	OWN(json) json_t *header = header_new(k, "index", k->generation);
	OWN(json) json_t *marker = header_new(k, "generation", k->generation);

	if (step(k, "index", err) < 0 ||
	    write_sealed(k, DIRECTORY "/index", header, text, strlen(text), err) < 0 ||
	    step(k, "generation", err) < 0)
		return -1;
	return write_sealed(k, "key_generation", marker, "", 0, err);
}

static void entry_drop(struct keystore *k, struct entry *e)
{
	free(e->public_key);
	*e = k->entries[--k->count];
}

static struct entry *entry_add(struct keystore *k, const struct keystore_id *id, uint64_t generation,
			       const char *public_key)
{
	struct entry *e = find(k, id);

	if (e)
		entry_drop(k, e);
	k->entries = mem_grow(k->entries, k->count + 1, sizeof(*k->entries));
	e = &k->entries[k->count++];
	*e = (struct entry){ .id = *id, .generation = generation, .public_key = str_dup(public_key) };
	return e;
}

static int parse_index(struct keystore *k, const uint8_t *content, size_t len, struct err *err)
{
	OWN(json) json_t *list = NULL;
	json_t *item;
	size_t i;

	if (json_parse_text("index", (const char *)content, len, &list, err) < 0)
		return -1;
	json_array_foreach(list, i, item)
	{
		struct keystore_id id = { (uint64_t)json_int_or(item, "epoch", 0),
					  (uint32_t)json_int_or(item, "domain", 0),
					  (uint64_t)json_int_or(item, "attempt", 0) };
		struct entry *e = entry_add(k, &id, (uint64_t)json_int_or(item, "generation", 0),
					    json_str_or(item, "public_key", ""));

		e->permanent = json_bool_or(item, "permanent", false);
	}
	return 0;
}

/* 0 and the generation of a file of this purpose (0: there is none), and its content. */
static int read_numbered(const struct keystore *k, const char *name, const char *purpose, uint64_t *ret,
			 uint8_t **ret_content, size_t *ret_len, struct err *err)
{
	OWN(json) json_t *header = NULL;
	int result = read_sealed(k, name, &header, ret_content, ret_len, err);

	if (result != 0)
		return result < 0 ? -1 : 0;
	if (!str_eq(json_str(header, "purpose"), purpose)) {
		secret_free(GIVE(*ret_content));
		return err_set(err, ERR_INPUT, "%s/%s: another file was put in its place", k->home, name);
	}
	*ret = (uint64_t)json_int_or(header, "generation", 0);
	return 0;
}

static int read_index(struct keystore *k, struct err *err)
{
	OWN(secret) void *content_owner = NULL;
	OWN(secret) void *empty_owner = NULL;
	uint8_t *content = NULL, *empty = NULL;
	uint64_t marker = 0;
	size_t len = 0, none = 0;

	if (read_numbered(k, DIRECTORY "/index", "index", &k->generation, &content, &len, err) < 0)
		return -1;
	content_owner = content;
	if (read_numbered(k, "key_generation", "generation", &marker, &empty, &none, err) < 0)
		return -1;
	empty_owner = empty;
	if (k->generation < marker || (marker == 0 && k->generation > 1))
		return err_set(err, ERR_INPUT,
			       "the key store in %s is rolled back or incomplete: " DIRECTORY
			       "/index is of generation %" PRIu64 ", key_generation says %" PRIu64
			       " (0: not there). Put the whole volume back as it last was; signing with old "
			       "shares is refused",
			       k->home, k->generation, marker);
	return content ? parse_index(k, content, len, err) : 0;
}

/* ---- shares ------------------------------------------------------------------------------------------ */

/* 0, KEYSTORE_NONE, -1. */
static int read_share(const struct keystore *k, const struct entry *e, struct threshold_key **ret,
		      struct err *err)
{
	OWN(str) char *name = share_name(&e->id);
	OWN(json) json_t *header = NULL;
	OWN(json) json_t *expected = share_header(k, e);
	OWN(secret) void *owner = NULL;
	uint8_t *content = NULL;
	size_t len = 0;
	int result = read_sealed(k, name, &header, &content, &len, err);

	owner = content;
	if (result != 0)
		return result;
	if (!json_equal(header, expected))
		return err_set(err, ERR_INPUT, "%s/%s: an older or another file was put in its place", k->home,
			       name);
	if (threshold_key_decode(content, len, ret, err) < 0)
		return err_in(err, "%s/%s", k->home, name);
	return 0;
}

static int write_share(const struct keystore *k, const struct entry *e, const struct threshold_key *key,
		       struct err *err)
{
	OWN(str) char *name = share_name(&e->id);
	OWN(json) json_t *header = share_header(k, e);
	OWN(buf) struct buf plain = { 0 };
	int result;

	threshold_key_encode(key, &plain);
	result = write_sealed(k, name, header, plain.data, plain.len, err);
	sodium_memzero(plain.data, plain.cap);
	return result;
}

static int check_shares(struct keystore *k, struct err *err)
{
	for (size_t i = 0; i < k->count; i++) {
		OWN(threshold_key) struct threshold_key *key = NULL;
		OWN(str) char *name = share_name(&k->entries[i].id);
		int result = read_share(k, &k->entries[i], &key, err);

		if (result < 0)
			return -1;
		if (result == KEYSTORE_NONE)
			return err_set(err, ERR_INPUT, "%s/%s is missing, although the index names it", k->home,
				       name);
	}
	return 0;
}

static bool is_named(const struct keystore *k, const char *name)
{
	for (size_t i = 0; i < k->count; i++) {
		OWN(str) char *own = share_name(&k->entries[i].id);

		if (!strcmp(own, name))
			return true;
	}
	return false;
}

/* What a kill between two steps left: files that the index does not name (or no longer). Marks of attempts
 * in epochs that are over go, too. */
static bool is_over(const char *started, uint64_t newest)
{
	uint64_t epoch;

	return sscanf(started, "started_%" SCNu64 "_", &epoch) == 1 && epoch < newest;
}

static void sweep(const struct keystore *k)
{
	OWN(str) char *path = path_of(k, DIRECTORY);
	DIR *d = opendir(path);
	struct dirent *file;
	uint64_t newest = 0;

	keystore_newest(k, &newest);
	while (d && (file = readdir(d))) {
		OWN(str) char *name = str_printf(DIRECTORY "/%s", file->d_name);
		OWN(str) char *full = path_of(k, name);

		if ((str_starts(file->d_name, "epoch_") && !is_named(k, name)) ||
		    is_over(file->d_name, newest))
			(void)unlink(full);
	}
	if (d)
		closedir(d);
}

/* ---- the room's side --------------------------------------------------------------------------------- */

int keystore_open(const struct keystore_setting *setting, struct keystore **ret, struct err *err)
{
	OWN(keystore) struct keystore *k = NEW(struct keystore);
	OWN(str) char *directory = NULL;

	k->home = str_dup(setting->home);
	k->account = str_dup(setting->account);
	k->contract = str_dup(setting->contract);
	k->network = str_dup(setting->network);
	k->interrupt = setting->interrupt;
	k->ctx = setting->ctx;
	k->key = secret_new(KEYSTORE_KEY_BYTES);
	memcpy(k->key, setting->key, KEYSTORE_KEY_BYTES);
	directory = path_of(k, DIRECTORY);
	if (sys_mkdir_all(directory, 0700, err) < 0 || read_index(k, err) < 0 || check_shares(k, err) < 0)
		return -1;
	sweep(k);
	*ret = GIVE(k);
	return 0;
}

void keystore_free(struct keystore *k)
{
	if (!k)
		return;
	while (k->count)
		entry_drop(k, &k->entries[0]);
	free(k->entries);
	free(k->home);
	free(k->account);
	free(k->contract);
	free(k->network);
	secret_free(k->key);
	free(k);
}

int keystore_put(struct keystore *k, const struct keystore_id *id, const struct threshold_key *key,
		 struct err *err)
{
	OWN(str) char *public_key = hex_encode(key->public_key, threshold_point_bytes(key->curve));
	struct entry *e = entry_add(k, id, ++k->generation, public_key);

	if (step(k, "share", err) < 0 || write_share(k, e, key, err) < 0)
		return -1;
	return write_index(k, err);
}

int keystore_get(struct keystore *k, const struct keystore_id *id, struct threshold_key **ret,
		 struct err *err)
{
	const struct entry *e = find(k, id);

	return e ? read_share(k, e, ret, err) : KEYSTORE_NONE;
}

/* Other attempts at the same key: nobody will ask for them. */
/* What the index says now counts; then what it no longer names goes. */
static int next_generation(struct keystore *k, struct err *err)
{
	k->generation++;
	if (write_index(k, err) < 0 || step(k, "sweep", err) < 0)
		return -1;
	sweep(k);
	return 0;
}

static void drop_attempts(struct keystore *k, const struct keystore_id *id)
{
	for (size_t i = 0; i < k->count; i++) {
		struct entry *e = &k->entries[i];

		if (e->id.epoch == id->epoch && e->id.domain == id->domain && e->id.attempt != id->attempt)
			entry_drop(k, &k->entries[i--]);
	}
}

int keystore_promote(struct keystore *k, const struct keystore_id *ids, size_t count, struct err *err)
{
	bool changed = false;

	for (size_t i = 0; i < count; i++) {
		struct entry *e = find(k, &ids[i]);

		if (!e || e->permanent)
			continue;
		e->permanent = changed = true;
		drop_attempts(k, &ids[i]);
	}
	if (!changed)
		return 0;
	return next_generation(k, err);
}

int keystore_keep_epoch(struct keystore *k, uint64_t epoch, struct err *err)
{
	size_t before = k->count;

	for (size_t i = 0; i < k->count; i++)
		if (k->entries[i].id.epoch != epoch)
			entry_drop(k, &k->entries[i--]);
	if (k->count == before)
		return 0;
	return next_generation(k, err);
}

int keystore_begin(struct keystore *k, const struct keystore_id *id, struct err *err)
{
	OWN(str)
	char *name = str_printf(DIRECTORY "/started_%" PRIu64 "_%u_%" PRIu64, id->epoch, id->domain, id->attempt);
	OWN(str) char *path = path_of(k, name);
	OWN(fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		return KEYSTORE_BEGUN;
	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, "cannot create %s", path);
	return 0;
}

bool keystore_has(const struct keystore *k, uint64_t epoch, uint32_t domain)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->entries[i].permanent && k->entries[i].id.epoch == epoch &&
		    k->entries[i].id.domain == domain)
			return true;
	return false;
}

size_t keystore_count(const struct keystore *k)
{
	return k->count;
}

bool keystore_newest(const struct keystore *k, uint64_t *ret_epoch)
{
	for (size_t i = 0; i < k->count; i++)
		if (i == 0 || k->entries[i].id.epoch > *ret_epoch)
			*ret_epoch = k->entries[i].id.epoch;
	return k->count > 0;
}

uint64_t keystore_generation(const struct keystore *k)
{
	return k->generation;
}
