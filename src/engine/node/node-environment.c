#include <sodium.h>
#include <string.h>

#include "engine/node/node-internal.h"

static bool given(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

void node_environment_read(enum node_profile profile, struct node_environment *ret)
{
	const char *home = getenv("MPC_HOME_DIR");

	*ret = (struct node_environment){
		.profile = profile,
		.home = home ? home : "", /* unset: the script then works in / */
		.env = getenv("MPC_ENV"),
		.boot_nodes = getenv("NEAR_BOOT_NODES"),
		.account = getenv("MPC_ACCOUNT_ID"),
		.contract = getenv("MPC_CONTRACT_ID"),
		.responder = getenv("MPC_RESPONDER_ID"),
		.p2p_key = getenv("MPC_P2P_PRIVATE_KEY"),
		.account_key = getenv("MPC_ACCOUNT_SK"),
		.store_key = getenv("MPC_SECRET_STORE_KEY"),
		.backup_key = getenv("MPC_BACKUP_ENCRYPTION_KEY_HEX"),
		.gcp_keys =
			given("GCP_P2P_PRIVATE_KEY_SECRET_ID") || given("GCP_ACCOUNT_SK_SECRET_ID"),
		.gcp_project = given("GCP_PROJECT_ID"),
		.gcp_keyshare = given("GCP_KEYSHARE_SECRET_ID"),
	};
}

static void forget(const char *name)
{
	char *value = getenv(name);

	if (!value)
		return;
	sodium_memzero(value, strlen(value));
	unsetenv(name);
}

void node_environment_forget(struct node_environment *e)
{
	forget("MPC_P2P_PRIVATE_KEY");
	forget("MPC_ACCOUNT_SK");
	forget("MPC_SECRET_STORE_KEY");
	forget("MPC_BACKUP_ENCRYPTION_KEY_HEX");
	e->p2p_key = e->account_key = e->store_key = e->backup_key = NULL;
}

char *node_path(const struct node_environment *e, const char *name)
{
	return str_printf("%s/%s", e->home, name);
}
