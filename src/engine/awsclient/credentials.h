/* Where credentials come from, in the order of AWS's tools. Never leaves the room.
 * Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers". */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "engine/awsclient/awsclient-internal.h"

/* Fills *ret (zeroed before) from the first place that has any:
 *   1. the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (not when a
 *      profile is named by option)
 *   2. the profile: role_arn (with source_profile, credential_source or web_identity_token_file),
 *      sso_*, aws_access_key_id, credential_process; AWS_WEB_IDENTITY_TOKEN_FILE before it
 *   3. a container's AWS_CONTAINER_CREDENTIALS_*
 *   4. the instance's metadata service, version 2
 * 0; 1: no place has any, *ret is empty; -1: the place that should have them fails, err says which. */
int credentials_find(struct awsclient *c, const char *profile, struct credentials *ret,
		     struct err *err);
void credentials_free(struct credentials *k); /* wipes */
static inline void own_drop_credentials(struct credentials *k)
{
	credentials_free(k);
}
/* Out of JSON with these member names; 0, or 1 when the first two are missing. expiration: ISO time. */
int credentials_from(const json_t *j, const char *access, const char *secret, const char *token,
		     const char *expiration, struct credentials *ret);

/* The places beyond files and environment. Same returns. */
int credentials_of_process(const char *command, struct credentials *ret, struct err *err);
int credentials_of_container(struct awsclient *c, struct credentials *ret, struct err *err);
int credentials_of_instance(struct awsclient *c, struct credentials *ret, struct err *err);
int credentials_of_sso(struct awsclient *c, const json_t *settings, const json_t *sessions,
		       struct credentials *ret, struct err *err);
