/* Shared by the files of this room only.
 * Object "secretsmanager:secret" by ARN: ARN, Name, Description, KmsKeyId, Tags, Policy (document),
 * CreatedDate, LastChangedDate, LastAccessedDate, DeletedDate (milliseconds; the last one: when the
 * recovery window ends), Versions: id -> {CreatedDate, Stages, SecretString or SecretBinary}. */
#pragma once
#include "engine/cloud/secretsmanager/secretsmanager.h"

#define SECRET "secretsmanager:secret"
#define CURRENT "AWSCURRENT"
#define PREVIOUS "AWSPREVIOUS"

/* By ARN, partial ARN (without the six characters) or name; borrowed, NULL: there is none. Secrets
 * whose recovery window is over go away here. */
json_t *secret_lookup(struct hub *hub, const char *id);
/* The secret that SecretId names, not scheduled for deletion; NULL after call_fail(). */
json_t *secret_find(struct hub *hub, struct call *c);
/* Same, but one scheduled for deletion is good too. */
json_t *secret_find_any(struct hub *hub, struct call *c);
/* Takes the value in SecretString or SecretBinary of c->in as a new version with `stages` (NULL:
 * AWSCURRENT), and the version's id from ClientRequestToken. 0: *ret_version (borrowed by the
 * secret) or NULL when there is no value in the call. */
int secret_put(struct hub *hub, struct call *c, json_t *secret, const json_t *stages,
	       const char **ret_version);
/* The version with a stage, or NULL. */
json_t *secret_version_at(const json_t *secret, const char *stage, const char **ret_id);
bool secret_has_stage(const json_t *version, const char *stage);
/* Milliseconds -> seconds as the JSON protocol has them; nothing when absent. */
void secret_set_time(json_t *out, const char *key, const json_t *from, const char *from_key);
/* May the caller use the customer's key of the secret? -1 after call_fail(). */
int secret_check_key(struct hub *hub, struct call *c, const json_t *secret);
/* Does the key exist and can it be used? -1 after call_fail(). */
int secret_check_key_usable(struct hub *hub, struct call *c, const char *key);
void secret_wipe(char *text);

/* GetRandomPassword's members in `in`. 0: *ret is the caller's (wipe it). -1: err says why, and the
 * code is InvalidParameterException. */
int secret_password(struct hub *hub, const json_t *in, char **ret, struct err *err);

int secret_run_create(struct hub *hub, struct call *c);
int secret_run_put_value(struct hub *hub, struct call *c);
int secret_run_update(struct hub *hub, struct call *c);
int secret_run_delete(struct hub *hub, struct call *c);
int secret_run_restore(struct hub *hub, struct call *c);
int secret_run_tag(struct hub *hub, struct call *c);
int secret_run_untag(struct hub *hub, struct call *c);
int secret_run_put_policy(struct hub *hub, struct call *c);
int secret_run_get_policy(struct hub *hub, struct call *c);
int secret_run_delete_policy(struct hub *hub, struct call *c);
int secret_run_get_value(struct hub *hub, struct call *c);
int secret_run_batch_get(struct hub *hub, struct call *c);
int secret_run_describe(struct hub *hub, struct call *c);
int secret_run_list(struct hub *hub, struct call *c);
int secret_run_list_versions(struct hub *hub, struct call *c);
int secret_run_password(struct hub *hub, struct call *c);

extern const struct resource_kind secret_kind, secret_kind_policy;
