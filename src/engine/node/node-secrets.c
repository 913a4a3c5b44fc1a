/* secrets.json: loaded, or made anew when it is not there. */
#include <sodium.h>
#include <string.h>

#include "engine/node/node-internal.h"
#include "engine/sys/sys.h"

#define TARGET "mpc_node::config"
#define STORE_KEY_BYTES 16
#define BACKUP_KEY_BYTES 32

static void random_key(struct near_key *ret)
{
	uint8_t seed[NEAR_SEED_BYTES];

	randombytes_buf(seed, sizeof(seed));
	near_key_from_seed(seed, ret);
	sodium_memzero(seed, sizeof(seed));
}

static void add_secret(json_t *list, const struct near_key *key)
{
	char *text = near_key_format_secret(key);

	json_add_str(list, text);
	node_wipe(text);
}

/* A healthy-looking node with an identity that nobody registered: the real one does it too. */
static int generate(const char *path, unsigned responder_keys, struct err *err)
{
	OWN(json) json_t *secrets = json_array();
	OWN(json) json_t *responders = json_array();
	OWN(json) json_t *j = NULL;
	struct near_key key;
	char *text;
	int result;

	for (unsigned i = 0; i < 2 + responder_keys; i++) {
		random_key(&key);
		add_secret(i < 2 ? secrets : responders, &key);
	}
	near_key_wipe(&key);
	j = json_pack("{s:O,s:O,s:O}", "p2p_private_key", json_array_get(secrets, 0),
		      "near_signer_key", json_array_get(secrets, 1), "near_responder_keys",
		      responders);
	text = json_dumps(j, JSON_INDENT(2));
	result = sys_write_atomic(path, text, strlen(text), 0600, err);
	node_wipe(text);
	if (result == 0)
		node_log("WARN", TARGET,
			 "secrets.json not found: generated new random keys; this identity is "
			 "registered nowhere until an operator adds it to the contract");
	return result;
}

static int parse_key(const json_t *j, const char *name, struct near_key *ret, struct err *err)
{
	const char *text = json_str(j, name);

	if (!text)
		return err_set(err, ERR_INPUT, "missing field `%s`", name);
	if (near_key_parse(text, ret, err) < 0)
		return err_in(err, "%s", name);
	return 0;
}

static int parse_responders(const json_t *j, struct node_secrets *s, struct err *err)
{
	json_t *list = json_list(j, "near_responder_keys"), *item;
	struct near_key key;
	size_t i;

	if (!list)
		return err_set(err, ERR_INPUT, "missing field `near_responder_keys`");
	s->responder_public = mem_new(json_array_size(list) + 1, NEAR_PUBLIC_BYTES);
	json_array_foreach(list, i, item)
	{
		if (near_key_parse(json_string_value(item), &key, err) < 0)
			return err_in(err, "near_responder_keys[%zu]", i);
		memcpy(s->responder_public[s->responder_count++], near_key_public(&key),
		       NEAR_PUBLIC_BYTES);
		near_key_wipe(&key);
	}
	return 0;
}

static int read_or_generate(const char *path, unsigned responder_keys, char **ret, struct err *err)
{
	if (node_file_read(path, ret, err) < 0)
		return -1;
	if (*ret)
		return 0;
	if (generate(path, responder_keys, err) < 0)
		return -1;
	return node_file_read(path, ret, err);
}

int node_secrets_load(const struct node_environment *e, unsigned responder_keys,
		      struct node_secrets **ret, struct err *err)
{
	OWN(str) char *path = node_path(e, "secrets.json");
	struct node_secrets *s;
	OWN(json) json_t *j = NULL;
	char *text = NULL;
	int result;

	if (read_or_generate(path, responder_keys, &text, err) < 0)
		return -1;
	result = json_parse_text(path, text ? text : "", text ? strlen(text) : 0, &j, err);
	node_wipe(text);
	if (result < 0)
		return -1;
	s = sodium_malloc(sizeof(*s)); /* locked, not in core files, guarded */
	if (!s)
		return err_set(err, ERR_SYS, "out of locked memory");
	memset(s, 0, sizeof(*s));
	if (parse_key(j, "p2p_private_key", &s->p2p, err) < 0 ||
	    parse_key(j, "near_signer_key", &s->signer, err) < 0 ||
	    parse_responders(j, s, err) < 0) {
		node_secrets_free(s);
		return -1;
	}
	if (s->responder_count != responder_keys)
		node_log("WARN", TARGET,
			 "Number of responder keys in secrets.json does not match number of "
			 "responder keys specified.");
	*ret = s;
	return 0;
}

void node_secrets_free(struct node_secrets *s)
{
	if (!s)
		return;
	free(s->responder_public);
	sodium_free(s);
}

static int check_hex(const char *text, size_t bytes)
{
	size_t len = strlen(text);

	if (len % 2 || strspn(text, "0123456789abcdefABCDEF") != len)
		return -1;
	return len == bytes * 2 ? 0 : 1;
}

int node_store_key_check(const char *text, struct err *err)
{
	switch (check_hex(text ? text : "", STORE_KEY_BYTES)) {
	case 0:
		return 0;
	case 1:
		return err_set(err, ERR_INPUT,
			       "Encryption key must be 16 bytes (32 hex characters)");
	default:
		return err_set(err, ERR_INPUT, "Encryption key must be 32 hex characters");
	}
}

int node_backup_key_keep(const struct node_environment *e, struct err *err)
{
	OWN(str) char *path = node_path(e, "backup_encryption_key.hex");
	uint8_t key[BACKUP_KEY_BYTES];
	char *text;
	int result;

	if (e->backup_key && *e->backup_key) {
		if (check_hex(e->backup_key, BACKUP_KEY_BYTES) != 0)
			return err_set(err, ERR_INPUT,
				       "Backup encryption key must be 32 bytes (64 hex "
				       "characters)");
		return sys_write_atomic(path, e->backup_key, strlen(e->backup_key), 0600, err);
	}
	/* As the real node: a new one at every start, so earlier backups cannot be read. */
	randombytes_buf(key, sizeof(key));
	text = hex_encode(key, sizeof(key));
	sodium_memzero(key, sizeof(key));
	result = sys_write_atomic(path, text, strlen(text), 0600, err);
	node_wipe(text);
	return result;
}
