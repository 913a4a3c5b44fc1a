/* Shared by the files of this room only.
 * Objects: "iam:role" by name, "iam:policy" by ARN, "iam:instance-profile" by name, as IAM
 * describes them; a role also has "Inline" (policy name -> document), "Attached" (ARNs) and
 * "Boundary" (ARN). Documents are kept as objects. */
#pragma once
#include "core/iam/iam.h"
#include "engine/cloud/iam/iam-service.h"

#define IAM_ROLE "iam:role"
#define IAM_POLICY "iam:policy"
#define IAM_PROFILE "iam:instance-profile"

/* What went wrong in IAM's words; the action turns it into its reply, the resource kind into its
 * event. */
struct iam_fault {
	int status;
	const char *code; /* "NoSuchEntity", ... */
	char text[768];
};
int iam_fail(struct iam_fault *f, int status, const char *code, const char *fmt, ...)
	ERR_FMT(4, 5); /* always -1 */
int iam_fail_call(struct call *c, const struct iam_fault *f);
/* Leaves the page of c->out[member] that Marker and MaxItems name. */
int iam_page(struct call *c, const char *member);
/* Sets HandlerErrorCode too. */
int iam_fail_resource(struct resource *r, const struct iam_fault *f, struct err *err);

/* A document given as an object or as JSON text, checked. 0: *ret is the caller's. trust: it says
 * who may assume a role. */
int iam_document(const json_t *given, bool trust, json_t **ret, struct iam_fault *f);
/* URL-encoded JSON text, as the query API returns documents. */
char *iam_document_encode(const json_t *document);
char *iam_new_id(struct hub *hub, const char *prefix); /* "AROA" + 17 */
char *iam_now(struct hub *hub);
/* Name and path rules. */
int iam_check_name(const char *name, const char *member, size_t most, struct iam_fault *f);
int iam_check_path(const char *path, struct iam_fault *f);

/* Borrowed role object. */
json_t *iam_role_find(struct hub *hub, const char *name, struct iam_fault *f);
/* want: RoleName, AssumeRolePolicyDocument, Path, Description, MaxSessionDuration,
 * PermissionsBoundary, Tags. 0: *ret_role is borrowed. */
int iam_role_create(struct hub *hub, const json_t *want, json_t **ret_role, struct iam_fault *f);
int iam_role_delete(struct hub *hub, const char *name, struct iam_fault *f);
int iam_role_set_trust(struct hub *hub, json_t *role, const json_t *given, struct iam_fault *f);
int iam_role_set_boundary(struct hub *hub, json_t *role, const char *arn, struct iam_fault *f);
int iam_role_set_duration(struct hub *hub, json_t *role, const json_t *given, struct iam_fault *f);
int iam_role_put_policy(struct hub *hub, const char *role, const char *policy, const json_t *given,
			struct iam_fault *f);
int iam_role_attach(struct hub *hub, const char *role, const char *arn, struct iam_fault *f);
int iam_role_detach(struct hub *hub, const char *role, const char *arn, struct iam_fault *f);

/* Document of a customer's or AWS's managed policy; borrowed, NULL: no such policy. */
const json_t *iam_policy_document(struct hub *hub, const char *arn);
/* want: PolicyName, Path, Description, PolicyDocument. */
int iam_policy_create(struct hub *hub, const json_t *want, json_t **ret_policy,
		      struct iam_fault *f);
int iam_policy_delete(struct hub *hub, const char *arn, struct iam_fault *f);
size_t iam_policy_attachments(struct hub *hub, const char *arn);

/* Identity policies of a role as iam_decide() takes them; caller's. */
json_t *iam_role_policies(struct hub *hub, const json_t *role);
bool iam_authorize(struct hub *hub, const struct hub_question *q, struct err *why);
bool iam_trust(struct hub *hub, const char *role_arn, const char *service);

int iam_run_simulate(struct hub *hub, struct call *c);
int iam_run_get_role(struct hub *hub, struct call *c);
int iam_run_list_roles(struct hub *hub, struct call *c);
int iam_run_create_role(struct hub *hub, struct call *c);
int iam_run_delete_role(struct hub *hub, struct call *c);
int iam_run_update_trust(struct hub *hub, struct call *c);
int iam_run_list_attached(struct hub *hub, struct call *c);
int iam_run_list_inline(struct hub *hub, struct call *c);
int iam_run_get_inline(struct hub *hub, struct call *c);
int iam_run_put_inline(struct hub *hub, struct call *c);
int iam_run_delete_inline(struct hub *hub, struct call *c);
int iam_run_attach(struct hub *hub, struct call *c);
int iam_run_detach(struct hub *hub, struct call *c);
int iam_run_list_profiles_of_role(struct hub *hub, struct call *c);
int iam_run_create_policy(struct hub *hub, struct call *c);
int iam_run_get_policy(struct hub *hub, struct call *c);
int iam_run_get_policy_version(struct hub *hub, struct call *c);
int iam_run_list_policies(struct hub *hub, struct call *c);
int iam_run_delete_policy(struct hub *hub, struct call *c);
int iam_run_get_profile(struct hub *hub, struct call *c);
int iam_run_get_user(struct hub *hub, struct call *c);

extern const struct resource_kind iam_kind_role, iam_kind_policy, iam_kind_role_policy,
	iam_kind_managed_policy, iam_kind_instance_profile;
