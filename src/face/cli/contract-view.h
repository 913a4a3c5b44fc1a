/* The signer contract's `state` in one form, whatever state it is in: for status, up and sign. Pure.
 *
 *   {"accountId","state":"NotInitialized"|"Initializing"|"Running"|"Resharing","epochId","threshold",
 *    "participants":[{"accountId","id","url","publicKey"}],
 *    "domains":[{"id","protocol","curve","threshold","publicKey"|null}],
 *    "nextParticipantId","nextDomainId",
 *    "keyEvent"?:{"domainId","attempt","started":bool,"completed":[participant ids]},
 *    "proposed"?:{"threshold","participants"} while Resharing, "epochId" is the one before then} */
#pragma once
#include "base/err.h"
#include "base/json.h"

/* 0: *ret is the caller's. -1: it is no state of a signer contract. state NULL: not initialised. */
int contract_view(const char *account, const json_t *state, json_t **ret, struct err *err);
bool contract_view_is(const json_t *view, const char *state);
/* Running, and every domain has its key (without domains: false). */
bool contract_view_complete(const json_t *view);
/* Domain by its id, or the first of a curve ("secp256k1", "ed25519"); NULL: none. Borrowed. */
const json_t *contract_view_domain(const json_t *view, const char *id_or_curve);
/* Participant of an account / with an id; NULL: none. Borrowed. */
const json_t *contract_view_participant(const json_t *view, const char *account);
const char *contract_view_account(const json_t *view, json_int_t id);
/* "Initializing, epoch 0, domain 1 (Frost), attempt 2, done by node accounts a, b": the caller's. */
char *contract_view_sentence(const json_t *view);
