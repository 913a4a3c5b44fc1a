/* What the embedded chain client reads from the home directory. */
#include <string.h>

#include "engine/node/node-internal.h"

static int read_json(const struct node_environment *e, const char *name, json_t **ret,
		     struct err *err)
{
	OWN(str) char *path = node_path(e, name);
	char *text = NULL;
	int result;

	if (node_file_read(path, &text, err) < 0)
		return -1;
	if (!text)
		return err_set(err, ERR_INPUT,
			       "failed to read %s: No such file or directory (os error 2)", path);
	result = json_parse_text(path, text, strlen(text), ret, err);
	node_wipe(text);
	return result;
}

static int address_port(const json_t *config, const char *path, uint16_t *ret, struct err *err)
{
	const char *address = json_string_value(json_path(config, path));
	const char *colon = address ? strrchr(address, ':') : NULL;
	uint64_t port;

	if (!colon || num_parse_u64(colon + 1, 1, 65535, &port) < 0)
		return err_set(err, ERR_INPUT, "config.json: %s is no address", path);
	*ret = (uint16_t)port;
	return 0;
}

static int load_config(const struct node_environment *e, struct node_near *n, struct err *err)
{
	OWN(json) json_t *config = NULL;

	if (read_json(e, "config.json", &config, err) < 0)
		return -1;
	if (address_port(config, "rpc.addr", &n->rpc_port, err) < 0 ||
	    address_port(config, "network.addr", &n->p2p_port, err) < 0)
		return -1;
	if (near_boot_parse(json_string_value(json_path(config, "network.boot_nodes")),
			    &n->boot_nodes, &n->boot_node_count, err) < 0)
		return err_in(err, "config.json: failed to parse network.boot_nodes");
	return 0;
}

static int load_genesis(const struct node_environment *e, struct node_near *n, struct err *err)
{
	OWN(str) char *path = node_path(e, "genesis.json");
	OWN(str) char *text = NULL;
	OWN(json) json_t *genesis = NULL;

	if (node_file_read(path, &text, err) < 0)
		return -1;
	if (!text)
		return err_set(err, ERR_INPUT,
			       "failed to read genesis config file %s: No such file or directory "
			       "(os error 2)",
			       path);
	if (json_parse_text(path, text, strlen(text), &genesis, err) < 0)
		return -1;
	if (!json_str(genesis, "chain_id"))
		return err_set(err, ERR_INPUT, "%s: missing field `chain_id`", path);
	n->chain_id = str_dup(json_str(genesis, "chain_id"));
	n->genesis_hash = near_genesis_hash(text);
	return 0;
}

static int load_key(const struct node_environment *e, struct node_near *n, struct err *err)
{
	OWN(json) json_t *key = NULL;

	if (read_json(e, "node_key.json", &key, err) < 0)
		return -1;
	if (near_key_parse(json_str_or(key, "secret_key", ""), &n->key, err) < 0)
		return err_in(err, "node_key.json");
	return 0;
}

int node_near_load(const struct node_environment *e, struct node_near *ret, struct err *err)
{
	struct node_near n = { 0 };

	if (load_config(e, &n, err) < 0 || load_genesis(e, &n, err) < 0 ||
	    load_key(e, &n, err) < 0) {
		node_near_clear(&n);
		return -1;
	}
	*ret = n;
	return 0;
}

void node_near_clear(struct node_near *n)
{
	near_boot_free(n->boot_nodes, n->boot_node_count);
	free(n->chain_id);
	free(n->genesis_hash);
	near_key_wipe(&n->key);
	memset(n, 0, sizeof(*n));
}
