/* The contract's methods by name. */
#include <string.h>

#include "core/signer/signer-internal.h"

/* clang-format off */
static const struct method methods[] = {
	/* name                          run                             caller              payable */
	{ "init",                          method_init,                    CALLER_ANYONE,      false },
	{ "vote_add_domains",              method_vote_add_domains,        CALLER_SIGNER,      false },
	{ "vote_new_parameters",           method_vote_new_parameters,     CALLER_SIGNER,      false },
	{ "vote_cancel_keygen",            method_vote_cancel_keygen,      CALLER_SIGNER,      false },
	{ "vote_cancel_resharing",         method_vote_cancel_resharing,   CALLER_SIGNER,      false },
	{ "start_keygen_instance",         method_start_keygen_instance,   CALLER_PARTICIPANT, false },
	{ "start_reshare_instance",        method_start_reshare_instance,  CALLER_PARTICIPANT, false },
	{ "vote_pk",                       method_vote_pk,                 CALLER_PARTICIPANT, false },
	{ "vote_reshared",                 method_vote_reshared,           CALLER_PARTICIPANT, false },
	{ "vote_abort_key_event_instance", method_vote_abort,              CALLER_PARTICIPANT, false },
	{ "sign",                          method_sign,                    CALLER_ANYONE,      true },
	{ "respond",                       method_respond,                 CALLER_SIGNER,      false },
	{ "submit_participant_info",       method_submit_participant_info, CALLER_SIGNER,      true },
	{ "verify_tee",                    method_verify_tee,              CALLER_SIGNER,      false },
	{ "update_participant_url",        method_update_participant_url,  CALLER_SIGNER,      true },
};

#define CKD "key derivation on BLS12-381"
#define FOREIGN "checking transactions of other chains"
#define UPDATE "updating the contract's code"
#define TEE "measuring enclaves"
#define MIGRATION "moving a node between machines"

static const struct { const char *name, *what; } refused[] = {
	{ "request_app_private_key", CKD },
	{ "respond_ckd", CKD },
	{ "get_pending_ckd_request", CKD },
	{ "verify_foreign_transaction", FOREIGN },
	{ "respond_verify_foreign_tx", FOREIGN },
	{ "get_pending_verify_foreign_tx_request", FOREIGN },
	{ "register_foreign_chains_config", FOREIGN },
	{ "propose_update", UPDATE },
	{ "vote_update", UPDATE },
	{ "remove_update_vote", UPDATE },
	{ "proposed_updates", UPDATE },
	{ "migrate", UPDATE },
	{ "vote_code_hash", TEE },
	{ "vote_add_launcher_hash", TEE },
	{ "vote_remove_launcher_hash", TEE },
	{ "prepay_attestation_storage", TEE },
	{ "available_attestation_grants", TEE },
	{ "clean_tee_status", TEE },
	{ "register_backup_service", MIGRATION },
	{ "start_node_migration", MIGRATION },
	{ "cancel_node_migration", MIGRATION },
	{ "conclude_node_migration", MIGRATION },
	{ "migration_info", MIGRATION },
	{ "cleanup_orphaned_node_migrations", MIGRATION },
	{ "init_running", "starting with keys made elsewhere" },
	/* Callbacks of the contract to itself; here the chain does their work. */
	{ "return_signature_and_clean_state_on_success", "" },
	{ "return_ck_and_clean_state_on_success", "" },
	{ "fail_on_timeout", "" },
};
/* clang-format on */

const struct method *method_find(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (!strcmp(methods[i].name, name))
			return &methods[i];
	return NULL;
}

const char *method_refusal(const char *name)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (!strcmp(refused[i].name, name))
			return refused[i].what;
	return NULL;
}
