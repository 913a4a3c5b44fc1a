/* start.sh of the real image, step by step (node-contract.md 1.4). Its errexit is masked in the
 * steps written as `function && echo`: those fail aloud and the script goes on. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/node/node-internal.h"
#include "engine/sys/sys.h"

static bool is_set(const char *value)
{
	return value && *value;
}

static bool is_localnet(const struct node_environment *e)
{
	return str_eq(e->env, "mpc-localnet");
}

static bool readable(const char *path)
{
	return access(path, R_OK) == 0;
}

/* Python's last words on a failed open(); they go to standard error as there. */
static void python_error(const char *path, int error)
{
	fprintf(stderr,
		"Traceback (most recent call last):\n  File \"<stdin>\", line 4, in <module>\n"
		"%s: [Errno %d] %s: '%s'\n",
		error == ENOENT ? "FileNotFoundError"
				: (error == EACCES ? "PermissionError" : "OSError"),
		error, strerror(error), path);
}

/* ---- step 1: the chain client -------------------------------------------------------------- */

static json_t *near_config(const struct node_environment *e)
{
	return json_pack("{s:s,s:s,s:s,s:{s:s},s:{s:s,s:s},s:{s:b},s:{s:[]},s:b}", "genesis_file",
			 "genesis.json", "node_key_file", "node_key.json", "validator_key_file",
			 "validator_key.json", "rpc", "addr", "0.0.0.0:3030", "network", "addr",
			 "0.0.0.0:24567", "boot_nodes", e->boot_nodes ? e->boot_nodes : "", "store",
			 "load_mem_tries_for_tracked_shards", 0, "tracked_shards_config",
			 "Accounts", "state_sync_enabled", 1);
}

static int write_json(const char *path, const json_t *j, mode_t mode, struct err *err)
{
	char *text = json_dumps(j, JSON_INDENT(2));
	int result = sys_write_atomic(path, text, strlen(text), mode, err);

	node_wipe(text);
	return result;
}

static int write_node_key(const struct node_environment *e, struct err *err)
{
	OWN(str) char *path = node_path(e, "node_key.json");
	OWN(str) char *public_key = NULL;
	OWN(json) json_t *j = NULL;
	uint8_t seed[NEAR_SEED_BYTES];
	struct near_key key;
	char *secret;
	int result;

	randombytes_buf(seed, sizeof(seed));
	near_key_from_seed(seed, &key);
	sodium_memzero(seed, sizeof(seed));
	public_key = near_key_format_public(&key);
	secret = near_key_format_secret(&key);
	j = json_pack("{s:s,s:s,s:s}", "account_id", "node", "public_key", public_key, "secret_key",
		      secret);
	result = write_json(path, j, 0600, err);
	node_wipe(secret);
	near_key_wipe(&key);
	return result;
}

static int init_localnet(const struct node_environment *e, struct err *err)
{
	OWN(str) char *config_path = node_path(e, "config.json");
	OWN(str) char *genesis_path = node_path(e, "genesis.json");
	OWN(str) char *genesis = near_genesis_text(e->env);
	OWN(json) json_t *config = near_config(e);

	if (*e->home && sys_mkdir_all(e->home, 0755, err) < 0)
		return -1;
	if (write_node_key(e, err) < 0 ||
	    sys_write_atomic(genesis_path, genesis, strlen(genesis), 0644, err) < 0)
		return -1;
	return write_json(config_path, config, 0644, err);
}

static int init_near(const struct node_environment *e, struct err *err)
{
	if (is_localnet(e)) {
		puts("Using embedded localnet genesis file");
		return init_localnet(e, err);
	}
	puts("Downloading genesis file");
	if (!is_set(e->env))
		return err_set(err, ERR_INPUT, "Failed to initialize configs: chain_id is empty");
	return err_set(err, ERR_REMOTE,
		       "Failed to initialize configs: Failed to download the genesis and config of "
		       "chain '%s': nothing outside is reachable from the node that is built into "
		       "mpcup",
		       e->env);
}

static void step_near(const struct node_environment *e)
{
	OWN(str) char *path = node_path(e, "config.json");
	struct err err = { 0 };

	if (readable(path)) {
		puts("Near node is already initialized");
		return;
	}
	puts("Initializing Near node");
	if (init_near(e, &err) < 0)
		fprintf(stderr, "Error: %s\n", err.text);
	else
		puts("Near node initialized");
}

/* ---- step 2: the patch of config.json ------------------------------------------------------ */

/* -1 after Python's words: then nothing of the patch is written. */
static int patch_state_sync(const struct node_environment *e, json_t *config)
{
	json_t *storage;

	if (is_localnet(e)) {
		json_set_bool(config, "state_sync_enabled", false);
		return 0;
	}
	storage = json_map(config, "state_sync");
	if (storage && e->profile == NODE_PROFILE_31)
		storage = json_path(storage, "sync.ExternalStorage");
	if (!storage) {
		fprintf(stderr, "Traceback (most recent call last):\n  File \"<stdin>\", line 20, "
				"in <module>\nKeyError: 'state_sync'\n");
		return -1;
	}
	if (e->profile == NODE_PROFILE_31)
		json_set_int(storage, "external_storage_fallback_threshold", 0);
	else
		json_set_str(storage, "sync", "Peers");
	return 0;
}

static int patch(const struct node_environment *e, const char *path, json_t *config)
{
	json_t *store = json_map(config, "store"), *tracked, *contracts = json_array();
	struct err err = { 0 };

	if (!store) {
		store = json_object();
		json_object_set_new(config, "store", store);
	}
	json_set_bool(store, "load_mem_tries_for_tracked_shards", true);
	json_add_str(contracts, e->contract ? e->contract : "");
	tracked = json_pack("{s:o}", "Accounts", contracts);
	json_object_set_new(config, "tracked_shards_config", tracked);
	if (patch_state_sync(e, config) < 0)
		return -1;
	if (write_json(path, config, 0644, &err) < 0) {
		python_error(path, errno);
		return -1;
	}
	return 0;
}

static void step_near_config(const struct node_environment *e)
{
	OWN(str) char *path = node_path(e, "config.json");
	OWN(str) char *text = NULL;
	OWN(json) json_t *config = NULL;
	struct err err = { 0 };

	if (node_file_read(path, &text, &err) < 0 || !text) {
		python_error(path, errno);
		return;
	}
	config = json_loads(text, 0, NULL);
	if (!json_is_object(config)) {
		fprintf(stderr,
			"Traceback (most recent call last):\njson.decoder.JSONDecodeError: "
			"%s does not hold a JSON object\n",
			path);
		return;
	}
	if (patch(e, path, config) == 0)
		puts("Near node config updated");
}

/* ---- steps 3 and 4: config.yaml ------------------------------------------------------------ */

static const char *responder(const struct node_environment *e)
{
	if (is_set(e->responder))
		return e->responder;
	puts("WARNING: $MPC_RESPONDER_ID is not set, falling back to $MPC_ACCOUNT_ID");
	return e->account;
}

static void step_config(const struct node_environment *e)
{
	OWN(str) char *path = node_path(e, "config.yaml");
	OWN(str) char *text = NULL;
	struct err err = { 0 };

	if (readable(path)) {
		puts("MPC node is already initialized.");
		return;
	}
	puts("Initializing MPC node");
	responder(e);
	text = node_config_template(e->profile, is_localnet(e));
	if (sys_write_atomic(path, text, strlen(text), 0644, &err) < 0)
		fprintf(stderr, "/app/start.sh: %s\n", err.text);
	else
		puts("MPC node initialized");
}

static void step_config_ids(const struct node_environment *e)
{
	OWN(str) char *path = node_path(e, "config.yaml");
	const char *responder_id = responder(e);
	OWN(str) char *text = NULL;
	OWN(str) char *patched = NULL;
	struct err err = { 0 };

	if (node_file_read(path, &text, &err) < 0 || !text) {
		fprintf(stderr, "sed: can't read %s: %s\n", path, strerror(errno));
		return;
	}
	patched = node_config_apply(text, e->account, responder_id, e->contract);
	if (sys_write_atomic(path, patched, strlen(patched), 0644, &err) < 0)
		fprintf(stderr, "sed: %s\n", err.text);
	else
		puts("MPC node config updated");
}

/* ---- step 5: secrets.json ------------------------------------------------------------------ */

/* The script pastes the value into a Python literal. What breaks the literal ends the container;
 * the line itself, which Python would show, holds the secret and stays untold. */
static bool breaks_literal(const char *name, const char *value)
{
	if (strchr(value, '\n') || (*value && value[strlen(value) - 1] == '\\')) {
		fprintf(stderr,
			"  File \"<stdin>\", line 4\n    \"%s\": \"...\nSyntaxError: unterminated "
			"string literal (detected at line 4)\n",
			name);
		return true;
	}
	if (strchr(value, '"')) {
		fprintf(stderr,
			"  File \"<stdin>\", line 4\n    \"%s\": \"...\nSyntaxError: invalid "
			"syntax\n",
			name);
		return true;
	}
	return false;
}

static int write_secrets(const struct node_environment *e, const char *path)
{
	struct err err = { 0 };
	json_t *j;
	int result;

	if (breaks_literal("p2p_private_key", e->p2p_key) ||
	    breaks_literal("near_signer_key", e->account_key))
		return -1;
	j = json_pack("{s:s,s:s,s:[s]}", "p2p_private_key", e->p2p_key, "near_signer_key",
		      e->account_key, "near_responder_keys", e->account_key);
	if (!j) { /* jansson takes UTF-8 only, like Python's source text */
		fprintf(stderr, "SyntaxError: (unicode error) 'utf-8' codec can't decode\n");
		return -1;
	}
	result = write_json(path, j, 0600, &err);
	if (result < 0)
		python_error(path, errno);
	json_decref(j);
	return result;
}

static int step_secrets(const struct node_environment *e)
{
	OWN(str) char *path = node_path(e, "secrets.json");

	if (access(path, F_OK) == 0) {
		puts("secrets.json already exists, skipping generation");
		return 0;
	}
	if (e->gcp_keys && (!is_set(e->p2p_key) || !is_set(e->account_key))) {
		fprintf(stderr, "/app/start.sh: gcloud: command not found\n");
		return NODE_EXIT_NO_COMMAND;
	}
	if (is_set(e->p2p_key))
		puts("Using provided MPC_P2P_PRIVATE_KEY from environment");
	if (is_set(e->account_key))
		puts("Using provided MPC_ACCOUNT_SK from environment");
	if (!is_set(e->p2p_key) || !is_set(e->account_key)) {
		puts("Skipping secrets.json generation - MPC_P2P_PRIVATE_KEY and/or "
		     "MPC_ACCOUNT_SK not available");
		return 0;
	}
	puts("Generating secrets.json from provided keys...");
	if (write_secrets(e, path) < 0) {
		puts("Failed to generate secrets.json");
		return NODE_EXIT_ERROR;
	}
	puts("secrets.json generated successfully");
	return 0;
}

/* ---- step 6: the store key ----------------------------------------------------------------- */

static int step_store_key(const struct node_environment *e)
{
	if (is_set(e->store_key)) {
		puts("Using provided MPC_SECRET_STORE_KEY from environment");
		return 0;
	}
	puts("MPC_SECRET_STORE_KEY not provided in environment, will fetch from GCP Secret "
	     "Manager...");
	fprintf(stderr, "/app/start.sh: gcloud: command not found\n");
	return NODE_EXIT_NO_COMMAND;
}

int node_start_script(const struct node_environment *e)
{
	int code;

	step_near(e);
	step_near_config(e);
	step_config(e);
	step_config_ids(e);
	code = step_secrets(e);
	if (code == 0)
		code = step_store_key(e);
	if (code == 0)
		puts("Starting mpc node...");
	return code;
}
