/* STS of the local cloud: who is asking, and temporary credentials for a role. */
#pragma once
#include "engine/cloud/hub/hub.h"

/* Temporary credentials by access key: {"Arn","UserId","ExpiresMs","SecretAccessKey","SessionToken"},
 * without the secrets when they have expired. Borrowed until the next turn, or NULL. */
const json_t *sts_session(struct hub *hub, const char *access_key);

extern const struct service service_sts;
