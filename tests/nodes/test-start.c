/* The start contract of the image, row by row (node-contract.md 1.1 to 1.4), from outside. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/str.h"
#include "base/test.h"
#include "engine/node/node.h"
#include "process.h"

/* Worthless keys of the public vectors. */
#define P2P_KEY                                                                                    \
	"ed25519:"                                                                                 \
	"4jMSudNWeD5iyz2c8tKYuyGJF7Hperu4NqDQp3H9L7mqvzWei8xBJ8cTc4VUEAqNL3fJfXuHPN2CPanXUD"       \
	"Mimts4"
#define ACCOUNT_KEY                                                                                \
	"ed25519:"                                                                                 \
	"4jxDVvXm42RURP5oSmgMqUjQewVH8oZiA98ens3sebk39Vp29Asw4nokDC8YwZnaDp2zJ5jWfCq622cJR3"       \
	"otZ7Td"
#define STORE_KEY "0123456789abcdefABCDEF0123456789"
#define BOOT_KEY "ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF"

struct start {
	char *home, *web;
	uint16_t web_port;
	struct process process;
};

static const char *const defaults[] = {
	"MPC_ENV=mpc-localnet",
	"NEAR_BOOT_NODES=" BOOT_KEY "@127.0.0.1:1",
	"MPC_ACCOUNT_ID=mpc-node-0.node0",
	"MPC_CONTRACT_ID=v1.signer.node0",
	"MPC_RESPONDER_ID=mpc-node-0.node0",
	"MPC_P2P_PRIVATE_KEY=" P2P_KEY,
	"MPC_ACCOUNT_SK=" ACCOUNT_KEY,
	"MPC_SECRET_STORE_KEY=" STORE_KEY,
	NULL,
};

static size_t name_len(const char *variable)
{
	return strcspn(variable, "=");
}

/* changes: "NAME=value" replaces or adds, "NAME" removes. */
static void start(struct start *s, const char *const *changes, const char *profile)
{
	OWN(str) char *home = NULL;
	OWN(str) char *web = NULL;
	OWN(str) char *rpc = str_printf("%u", test_free_port());
	OWN(str) char *near = str_printf("%u", test_free_port());
	OWN(str) char *profile_text = str_dup(profile ? profile : "3.1");
	char options[4][16] = { "--profile", "--web-port", "--rpc-port", "--near-port" };
	char *argv[9] = { options[0], profile_text, options[1], NULL, options[2],
			  rpc,	      options[3],   near,	NULL };
	const char *environment[32];
	size_t count = 0;

	if (!s->home)
		s->home = test_directory();
	home = str_printf("MPC_HOME_DIR=%s", s->home);
	if (!s->web_port)
		s->web_port = test_free_port();
	web = str_printf("%u", s->web_port);
	argv[3] = web;
	environment[count++] = home;
	for (size_t i = 0; defaults[i]; i++) {
		bool changed = false;

		for (size_t j = 0; changes && changes[j]; j++)
			changed |= name_len(changes[j]) == name_len(defaults[i]) &&
				   !strncmp(changes[j], defaults[i], name_len(changes[j]));
		if (!changed)
			environment[count++] = defaults[i];
	}
	for (size_t j = 0; changes && changes[j]; j++)
		if (strchr(changes[j], '='))
			environment[count++] = changes[j];
	environment[count] = NULL;
	process_start(&s->process, node_main, argv, environment);
}

static void says(struct start *s, const char *words)
{
	if (!process_says(&s->process, words, PATIENCE_MS))
		test_fail(__FILE__, __LINE__, "no '%s' in:\n%s", words,
			  s->process.text ? s->process.text : "");
}

static void says_not(struct start *s, const char *words)
{
	if (s->process.text && strstr(s->process.text, words))
		test_fail(__FILE__, __LINE__, "'%s' in:\n%s", words, s->process.text);
}

static void ends(struct start *s, int code)
{
	int got = process_wait(&s->process, PATIENCE_MS);

	if (got != code)
		test_fail(__FILE__, __LINE__, "exit code %d, not %d:\n%s", got, code,
			  s->process.text ? s->process.text : "");
}

#define RUNS "#        0"

static void stop(struct start *s)
{
	CHECK_INT(process_stop(&s->process, SIGTERM), 0);
	process_free(&s->process);
}

static void finish(struct start *s)
{
	process_free(&s->process);
	test_remove_directory(s->home);
	free(s->home);
	s->home = NULL;
}

static char *file(const struct start *s, const char *name)
{
	OWN(str) char *path = str_printf("%s/%s", s->home, name);
	OWN(buf) struct buf b = { 0 };
	char chunk[4096];
	FILE *f = fopen(path, "re");
	size_t got;

	if (!f)
		return NULL;
	while ((got = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, got);
	fclose(f);
	return buf_take(&b);
}

static void write_file(const struct start *s, const char *name, const char *text)
{
	OWN(str) char *path = str_printf("%s/%s", s->home, name);
	FILE *f = fopen(path, "we");

	CHECK(f != NULL);
	if (!f)
		return;
	fputs(text, f);
	fclose(f);
}

static bool exists(const struct start *s, const char *name)
{
	OWN(str) char *path = str_printf("%s/%s", s->home, name);

	return access(path, F_OK) == 0;
}

/* ---- a good start -------------------------------------------------------------------------- */

TEST(start, milestones_come_in_order_and_files_are_there)
{
	static const char *const milestones[] = {
		"built-in node",
		"Initializing Near node",
		"Using embedded localnet genesis file",
		"Near node initialized",
		"Near node config updated",
		"Initializing MPC node",
		"MPC node initialized",
		"MPC node config updated",
		"Using provided MPC_P2P_PRIVATE_KEY from environment",
		"Using provided MPC_ACCOUNT_SK from environment",
		"Generating secrets.json from provided keys...",
		"Using provided MPC_SECRET_STORE_KEY from environment",
		"Starting mpc node...",
	};
	static const char *const files[] = { "config.json",   "genesis.json",
					     "node_key.json", "config.yaml",
					     "secrets.json",  "backup_encryption_key.hex",
					     "data/LOCK" };
	struct start s = { 0 };
	OWN(str) char *secrets = NULL;
	OWN(str) char *path = NULL;
	const char *at;
	struct stat st;

	start(&s, NULL, NULL);
	says(&s, RUNS);
	at = s.process.text;
	for (size_t i = 0; i < sizeof(milestones) / sizeof(milestones[0]); i++) {
		const char *found = strstr(at, milestones[i]);

		if (!found)
			test_fail(__FILE__, __LINE__, "'%s' not there or not in order",
				  milestones[i]);
		else
			at = found;
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		CHECK(exists(&s, files[i]));
	CHECK(!exists(&s, "validator_key.json"));
	secrets = file(&s, "secrets.json");
	CHECK(strstr(secrets, P2P_KEY) && strstr(secrets, ACCOUNT_KEY));
	path = str_printf("%s/secrets.json", s.home);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	says(&s, "Number of responder keys in secrets.json does not match");
	stop(&s);
	finish(&s);
}

TEST(start, secrets_are_in_no_line_of_the_log)
{
	struct start s = { 0 };

	start(&s, NULL, NULL);
	says(&s, RUNS);
	says_not(&s, P2P_KEY);
	says_not(&s, ACCOUNT_KEY);
	says_not(&s, STORE_KEY);
	stop(&s);
	finish(&s);
}

TEST(start, current_profile_writes_its_own_config)
{
	static const char *const no_responder[] = { "MPC_RESPONDER_ID", NULL };
	struct start s = { 0 };
	OWN(str) char *config = NULL;

	start(&s, no_responder, "current");
	says(&s, "WARNING: $MPC_RESPONDER_ID is not set, falling back to $MPC_ACCOUNT_ID");
	says(&s, RUNS);
	config = file(&s, "config.yaml");
	CHECK(strstr(config, "web_ui: 0.0.0.0:8080"));
	CHECK(strstr(config, "pprof_bind_address: 0.0.0.0:34001"));
	CHECK(strstr(config, "near_responder_account_id: mpc-node-0.node0"));
	stop(&s);
	finish(&s);
}

TEST(start, config_of_the_newer_release_is_refused_by_the_older_one)
{
	struct start s = { 0 };

	start(&s, NULL, "current");
	says(&s, RUNS);
	stop(&s);
	start(&s, NULL, "3.1");
	ends(&s, 1);
	says(&s, "Error: Load config.yaml");
	says(&s, "web_ui: invalid type: string");
	finish(&s);
}

/* ---- MPC_ENV ------------------------------------------------------------------------------- */

/* A01: the two milestones that are missing are the diagnosis. */
TEST(start, unknown_network_fails_to_download_and_goes_on_to_a_panic)
{
	static const char *const rows[][2] = { { "MPC_ENV=localnet", NULL },
					       { "MPC_ENV=testnet", NULL },
					       { "MPC_ENV=", NULL },
					       { "MPC_ENV", NULL } };

	for (size_t i = 0; i < 4; i++) {
		struct start s = { 0 };
		OWN(str) char *config = NULL;

		start(&s, rows[i], NULL);
		ends(&s, 101);
		says(&s, "Downloading genesis file");
		says(&s, "FileNotFoundError: [Errno 2] No such file or directory: '");
		says(&s, "config.json'");
		says(&s, "Starting mpc node...");
		says_not(&s, "Near node initialized");
		says_not(&s, "Near node config updated");
		config = file(&s, "config.yaml");
		CHECK(strstr(config, "port_override: 80"));
		CHECK(exists(&s, "secrets.json"));
		finish(&s);
	}
}

TEST(start, other_network_on_an_initialised_volume_loses_the_config_patch)
{
	static const char *const other[] = { "MPC_ENV=testnet", NULL };
	struct start s = { 0 };

	start(&s, NULL, NULL);
	says(&s, RUNS);
	stop(&s);
	start(&s, other, NULL);
	says(&s, "KeyError: 'state_sync'");
	says(&s, "the volume wins");
	says_not(&s, "Near node config updated");
	stop(&s);
	finish(&s);
}

/* ---- keys ---------------------------------------------------------------------------------- */

TEST(start, store_key_is_checked_as_the_real_one)
{
	static const struct {
		const char *change;
		int code;
		const char *words;
	} rows[] = {
		{ "MPC_SECRET_STORE_KEY", 127, "gcloud: command not found" },
		{ "MPC_SECRET_STORE_KEY=", 127,
		  "MPC_SECRET_STORE_KEY not provided in environment, will fetch from GCP Secret "
		  "Manager..." },
		{ "MPC_SECRET_STORE_KEY=abcdefghijklmnopqrstuvwxyz012345", 1,
		  "invalid local storage aes key hex" },
		{ "MPC_SECRET_STORE_KEY=abcdefghijklmnopqrstuvwxyz012345", 1,
		  "Encryption key must be 32 hex characters" },
		{ "MPC_SECRET_STORE_KEY=" STORE_KEY STORE_KEY, 1,
		  "Encryption key must be 16 bytes (32 hex characters)" },
		{ "MPC_SECRET_STORE_KEY=" STORE_KEY "\n", 1,
		  "Encryption key must be 32 hex characters" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const changes[] = { rows[i].change, NULL };
		struct start s = { 0 };

		start(&s, changes, NULL);
		ends(&s, rows[i].code);
		says(&s, rows[i].words);
		if (rows[i].code == 127)
			says_not(&s, "Starting mpc node...");
		finish(&s);
	}
}

TEST(start, keys_that_break_the_python_literal_end_with_code_1)
{
	static const char *const rows[][2] = {
		{ "MPC_P2P_PRIVATE_KEY={\"key\":\"" P2P_KEY "\"}", "SyntaxError: invalid syntax" },
		{ "MPC_ACCOUNT_SK=" ACCOUNT_KEY "\n", "SyntaxError: unterminated string literal" },
	};

	for (size_t i = 0; i < 2; i++) {
		const char *const changes[] = { rows[i][0], NULL };
		struct start s = { 0 };

		start(&s, changes, NULL);
		ends(&s, 1);
		says(&s, rows[i][1]);
		says(&s, "Failed to generate secrets.json");
		says_not(&s, P2P_KEY);
		says_not(&s, "Starting mpc node...");
		CHECK(!exists(&s, "secrets.json"));
		finish(&s);
	}
}

TEST(start, keys_that_the_loader_refuses_end_with_its_words)
{
	static const char *const rows[][2] = {
		{ "MPC_P2P_PRIVATE_KEY=REPLACE_WITH_REAL_KEY",
		  "p2p_private_key: Key must start with 'ed25519:' prefix" },
		{ "MPC_ACCOUNT_SK=ed25519:4zvwRjXUKGfvwnParsHAS3HuSVzV5cA4McphgmoCtajS",
		  "near_signer_key: Key pair bytes must be 64 bytes." },
		{ "MPC_ACCOUNT_SK=ed25519:00ff", "invalid character" },
		{ "MPC_P2P_PRIVATE_KEY="
		  "ed25519:111111111111111111111111111111114zvwRjXUKGfvwnParsHAS3HuSVzV5cA4McphgmoC"
		  "tajT",
		  "Mismatched Keypair detected" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const changes[] = { rows[i][0], NULL };
		struct start s = { 0 };

		start(&s, changes, NULL);
		ends(&s, 1);
		says(&s, "Starting mpc node...");
		says(&s, "Error: Load secrets.json");
		says(&s, rows[i][1]);
		finish(&s);
	}
}

TEST(start, missing_keys_give_a_random_identity_and_a_warning)
{
	static const char *const changes[] = { "MPC_ACCOUNT_SK=", NULL };
	struct start s = { 0 };
	OWN(str) char *before = NULL;
	OWN(str) char *after = NULL;

	start(&s, changes, NULL);
	says(&s, "Skipping secrets.json generation - MPC_P2P_PRIVATE_KEY and/or MPC_ACCOUNT_SK not "
		 "available");
	says(&s, "generated new random keys");
	says(&s, RUNS);
	stop(&s);
	before = file(&s, "secrets.json");
	CHECK(!strstr(before, P2P_KEY));
	start(&s, NULL, NULL); /* now with both: too late */
	says(&s, "secrets.json already exists, skipping generation");
	says(&s, RUNS);
	after = file(&s, "secrets.json");
	CHECK_STR(after, before);
	stop(&s);
	finish(&s);
}

TEST(start, google_secret_names_need_a_command_that_is_not_in_the_image)
{
	static const char *const changes[] = { "MPC_P2P_PRIVATE_KEY",
					       "GCP_P2P_PRIVATE_KEY_SECRET_ID=x", NULL };
	static const char *const keyshare[] = { "GCP_KEYSHARE_SECRET_ID=x", NULL };
	struct start s = { 0 };

	start(&s, changes, NULL);
	ends(&s, 127);
	says(&s, "gcloud: command not found");
	finish(&s);
	start(&s, keyshare, NULL);
	ends(&s, 1);
	says(&s, "GCP_PROJECT_ID must be specified to use GCP_KEYSHARE_SECRET_ID");
	finish(&s);
}

TEST(start, backup_key_is_kept_when_given_and_new_at_each_start_when_not)
{
	static const char *const given[] = { "MPC_BACKUP_ENCRYPTION_KEY_HEX=" STORE_KEY STORE_KEY,
					     NULL };
	static const char *const wrong[] = { "MPC_BACKUP_ENCRYPTION_KEY_HEX=" STORE_KEY, NULL };
	struct start s = { 0 };
	OWN(str) char *first = NULL;
	OWN(str) char *second = NULL;
	OWN(str) char *third = NULL;

	start(&s, given, NULL);
	says(&s, RUNS);
	stop(&s);
	first = file(&s, "backup_encryption_key.hex");
	CHECK_STR(first, STORE_KEY STORE_KEY);
	start(&s, NULL, NULL);
	says(&s, RUNS);
	stop(&s);
	second = file(&s, "backup_encryption_key.hex");
	CHECK_INT(strlen(second), 64);
	CHECK(strcmp(first, second) != 0);
	start(&s, NULL, NULL);
	says(&s, RUNS);
	stop(&s);
	third = file(&s, "backup_encryption_key.hex");
	CHECK(strcmp(second, third) != 0);
	start(&s, wrong, NULL);
	ends(&s, 1);
	says(&s, "64 hex characters");
	finish(&s);
}

/* ---- account ids --------------------------------------------------------------------------- */

TEST(start, account_ids_that_do_not_load_end_with_code_1)
{
	static const char *const rows[][2] = {
		{ "MPC_ACCOUNT_ID=", "my_near_account_id: invalid type: unit value" },
		{ "MPC_CONTRACT_ID=", "indexer.mpc_contract_id: invalid type: unit value" },
		{ "MPC_ACCOUNT_ID=Mpc-Node-0.node0", "my_near_account_id: the Account ID" },
	};

	for (size_t i = 0; i < 3; i++) {
		const char *const changes[] = { rows[i][0], NULL };
		struct start s = { 0 };

		start(&s, changes, NULL);
		ends(&s, 1);
		says(&s, "Error: Load config.yaml");
		says(&s, rows[i][1]);
		finish(&s);
	}
}

TEST(start, account_ids_are_applied_again_and_boot_nodes_only_at_first)
{
	static const char *const changes[] = { "MPC_ACCOUNT_ID=other.node0",
					       "NEAR_BOOT_NODES=" BOOT_KEY "@127.0.0.1:2", NULL };
	struct start s = { 0 };
	OWN(str) char *yaml = NULL;
	OWN(str) char *json = NULL;

	start(&s, NULL, NULL);
	says(&s, RUNS);
	stop(&s);
	start(&s, changes, NULL);
	says(&s, "Near node is already initialized");
	says(&s, "MPC node is already initialized.");
	says(&s, "MPC node config updated");
	says(&s, RUNS);
	stop(&s);
	yaml = file(&s, "config.yaml");
	CHECK(strstr(yaml, "my_near_account_id: other.node0\n"));
	json = file(&s, "config.json");
	CHECK(strstr(json, "@127.0.0.1:1\""));
	CHECK(strstr(json, "v1.signer.node0"));
	finish(&s);
}

/* ---- boot nodes ---------------------------------------------------------------------------- */

TEST(start, boot_nodes_that_do_not_parse_end_the_node)
{
	static const char *const rows[][2] = {
		{ "NEAR_BOOT_NODES=ed25519:00000000@127.0.0.1:24567", "boot_nodes" },
		{ "NEAR_BOOT_NODES=127.0.0.1:24567", "boot_nodes" },
		{ "NEAR_BOOT_NODES=" BOOT_KEY "@a:1," BOOT_KEY "@b:1", "duplicate peer id" },
	};

	for (size_t i = 0; i < 3; i++) {
		const char *const changes[] = { rows[i][0], NULL };
		struct start s = { 0 };

		start(&s, changes, NULL);
		ends(&s, 101);
		says(&s, rows[i][1]);
		finish(&s);
	}
}

TEST(start, without_boot_nodes_it_is_healthy_and_follows_nothing)
{
	static const char *const changes[] = { "NEAR_BOOT_NODES=", NULL };
	struct start s = { 0 };
	OWN(str) char *health = NULL;
	OWN(str) char *metrics = NULL;
	int status = 0;

	start(&s, changes, NULL);
	says(&s, "#        0 Waiting for peers 0 peers");
	says(&s, "Account v1.signer.node0 does not exist while viewing at block #0");
	health = test_get(s.web_port, "/health", &status);
	CHECK_STR(health, "OK");
	CHECK_INT(status, 200);
	metrics = test_get(s.web_port, "/metrics", NULL);
	CHECK(metrics && strstr(metrics, "near_sync_status 1\n"));
	CHECK(metrics && !strstr(metrics, "mpc_current_job_state{"));
	stop(&s);
	finish(&s);
}

TEST(start, unreachable_boot_node_is_told_with_the_systems_words)
{
	struct start s = { 0 };

	start(&s, NULL, NULL);
	says(&s, "Connection refused (os error 111)");
	stop(&s);
	finish(&s);
}

/* ---- volumes ------------------------------------------------------------------------------- */

TEST(start, half_initialised_volume_stays_half_initialised)
{
	struct start s = { .home = test_directory() };

	write_file(&s, "config.json",
		   "{\"rpc\":{\"addr\":\"0.0.0.0:3030\"},\"network\":{\"addr\":\"0.0.0.0:24567\","
		   "\"boot_nodes\":\"\"}}");
	start(&s, NULL, NULL);
	ends(&s, 101);
	says(&s, "Near node is already initialized");
	says(&s, "failed to read genesis config file");
	finish(&s);
}

TEST(start, volume_that_is_missing_or_not_writable_ends_with_code_1)
{
	static const char *const changes[] = { "MPC_HOME_DIR=/proc/nowhere", NULL };
	struct start s = { 0 };

	start(&s, changes, NULL);
	ends(&s, 1);
	says(&s, "Failed to generate secrets.json");
	finish(&s);
}

TEST(start, second_process_on_one_volume_does_not_get_the_database)
{
	struct start first = { 0 }, second = { 0 };

	start(&first, NULL, NULL);
	says(&first, RUNS);
	second.home = str_dup(first.home);
	start(&second, NULL, NULL);
	ends(&second, 101);
	says(&second, "LOCK: Resource temporarily unavailable");
	process_free(&second.process);
	free(second.home);
	stop(&first);
	finish(&first);
}

/* ---- endpoints ----------------------------------------------------------------------------- */

TEST(start, endpoints_have_the_real_shapes)
{
	struct start s = { 0 };
	OWN(str) char *data = NULL;
	OWN(str) char *tasks = NULL;
	OWN(str) char *blocks = NULL;
	OWN(str) char *contract = NULL;
	OWN(str) char *migrations = NULL;
	OWN(str) char *missing = NULL;
	OWN(json) json_t *j = NULL;
	int status = 0;

	start(&s, NULL, NULL);
	says(&s, RUNS);
	data = test_get(s.web_port, "/public_data", NULL);
	j = json_loads(data ? data : "", 0, NULL);
	CHECK(str_starts(json_str_or(j, "near_signer_public_key", ""), "ed25519:"));
	CHECK(str_starts(json_str_or(j, "near_p2p_public_key", ""), "ed25519:"));
	CHECK_INT(json_array_size(json_list(j, "near_responder_public_keys")), 1);
	CHECK(json_is_null(json_object_get(j, "tee_participant_info")));
	CHECK_INT(json_object_size(j), 4);
	tasks = test_get(s.web_port, "/debug/tasks", NULL);
	CHECK(tasks && str_starts(tasks, "root:"));
	blocks = test_get(s.web_port, "/debug/blocks", &status);
	CHECK_INT(status, 500);
	CHECK_STR(blocks, "Error: node not in the Running state");
	contract = test_get(s.web_port, "/debug/contract", &status);
	CHECK_INT(status, 200);
	CHECK_STR(contract, "Contract is not initialized\n");
	migrations = test_get(s.web_port, "/debug/migrations", NULL);
	CHECK_STR(migrations, "[0,{}]");
	missing = test_get(s.web_port, "/debug/recent_transactions", &status);
	CHECK_INT(status, 404);
	stop(&s);
	finish(&s);
}

TEST(start, port_in_use_is_told_and_ends_with_code_1)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	struct start s = { .web_port = test_free_port() };
	OWN(fd) int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_port = htons(s.web_port);
	CHECK_INT(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	CHECK_INT(listen(fd, 1), 0);
	start(&s, NULL, NULL);
	ends(&s, 1);
	says(&s, "Failed to create web server.");
	says(&s, "ddress already in use");
	finish(&s);
}

TEST(start, wrong_usage_has_code_2)
{
	static const char *const environment[] = { NULL };
	char profile[] = "--profile", value[] = "9.9";
	char *argv[] = { profile, value, NULL };
	struct process p;

	process_start(&p, node_main, argv, environment);
	CHECK_INT(process_wait(&p, PATIENCE_MS), 2);
	CHECK(p.text && strstr(p.text, "usage: mpcup node"));
	process_free(&p);
}
