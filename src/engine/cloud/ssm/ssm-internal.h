/* What the files of engine/cloud/ssm share. Never leaves the room.
 *
 * A parameter is a hub object under its name:
 * {"Name", "Type", "DataType", "Tier", "Description"?, "AllowedPattern"?, "KeyId"?, "Tags"?: {..},
 *  "Versions": [{"Version", "Value", "Cipher"?, "Type", "ModifiedMs"}, ..] oldest first,
 *  "Ours"?: true while only the cloud itself has written it} */
#pragma once
#include "engine/cloud/ssm/ssm.h"

#define SSM_PARAMETERS "ssm:parameter"

enum { SSM_VERSIONS_MOST = 100, SSM_NAME_MOST = 1011, SSM_LEVELS_MOST = 15 };

/* Checks and writes. in: PutParameter's members. overwrite: an existing one gets a new version.
 * 0: *ret_version. -1: after call_fail(). */
int ssm_put(struct hub *hub, struct call *c, const json_t *in, bool overwrite,
	    json_int_t *ret_version);
/* By name, ARN, or either with ":version". 0: parameter and version, borrowed. -1: after
 * call_fail(). */
int ssm_find(struct hub *hub, struct call *c, const char *name, json_t **ret_parameter,
	     json_t **ret_version);
/* "Parameter" of an answer; caller's. decrypt: SecureString in clear. */
json_t *ssm_parameter_json(struct hub *hub, const json_t *parameter, const json_t *version,
			   const char *asked, bool decrypt);
char *ssm_arn(struct hub *hub, const char *name); /* caller's */
json_t *ssm_latest(const json_t *parameter);	  /* borrowed */

int ssm_get_by_path(struct hub *hub, struct call *c);
int ssm_describe(struct hub *hub, struct call *c);

extern const struct resource_kind ssm_parameter_kind;
