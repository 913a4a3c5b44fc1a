#include "engine/cloud/sts/sts.h"

#include <string.h>

/* Sessions by access key: who they are, and what their signatures are verified with. */
#define SESSIONS "sts:session"

enum { DURATION_LEAST = 900, DURATION_USUAL = 3600, DURATION_MOST = 43200 };
enum { REMEMBERED_MS = 24 * 3600 * 1000 }; /* that a key has expired, not that it is unknown */

static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char mixed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

/* arn:<partition>:iam::<account>:role/<path and name>: partition, account and name without path;
 * all caller's. */
static int role_arn_parse(const char *arn, char **ret_partition, char **ret_account,
			  char **ret_name)
{
	const char *partition = str_starts(arn, "arn:") ? arn + 4 : NULL;
	const char *rest = partition ? strchr(partition, ':') : NULL;
	const char *account, *name;

	if (!rest || rest == partition || !str_starts(rest, ":iam::"))
		return -1;
	account = rest + strlen(":iam::");
	if (strlen(account) < 12 || !digits(account, 12) || !str_starts(account + 12, ":role/"))
		return -1;
	name = strrchr(account, '/') + 1;
	if (!*name)
		return -1;
	*ret_partition = str_dup_n(partition, (size_t)(rest - partition));
	*ret_account = str_dup_n(account, 12);
	*ret_name = str_dup(name);
	return 0;
}

static bool session_name_fits(const char *name)
{
	size_t len = name ? strlen(name) : 0;

	if (len < 2 || len > 64)
		return false;
	for (; *name; name++)
		if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
		      (*name >= '0' && *name <= '9') || strchr("_+=,.@-", *name)))
			return false;
	return true;
}

/* The role's id when the local IAM has just this role, else NULL. */
static char *role_id(struct hub *hub, const char *name, const char *arn)
{
	OWN(json) json_t *in = json_pack("{s:s}", "RoleName", name);
	OWN(json) json_t *out = NULL;

	if (hub_call(hub, NULL, "iam", "GetRole", in, &out, NULL, NULL) < 0 ||
	    !str_eq(json_string_value(json_path(out, "Role.Arn")), arn))
		return NULL;
	return str_dup(json_string_value(json_path(out, "Role.RoleId")));
}

static char *any_role_id(struct hub *hub)
{
	OWN(str) char *random = hub_random(hub, upper, 17);

	return str_printf("AROA%s", random);
}

/* Secrets go when they have expired, the rest a day later. */
static void forget_expired(struct hub *hub)
{
	OWN(json) json_t *all = json_copy(hub_all(hub, SESSIONS));
	json_t *session;
	const char *key;

	json_object_foreach(all, key, session)
	{
		int64_t expired = hub_now_ms(hub) - json_int_or(session, "ExpiresMs", 0);

		if (expired >= REMEMBERED_MS) {
			hub_remove(hub, SESSIONS, key);
		} else if (expired >= 0 && json_object_get(session, "SecretAccessKey")) {
			json_object_del(session, "SecretAccessKey");
			json_object_del(session, "SessionToken");
			hub_put(hub, SESSIONS, key, session);
		}
	}
}

const json_t *sts_session(struct hub *hub, const char *access_key)
{
	forget_expired(hub);
	return hub_get(hub, SESSIONS, access_key);
}

static void answer_session(struct hub *hub, struct call *c, const char *arn, const char *id,
			   int64_t expires_ms)
{
	OWN(str) char *random = hub_random(hub, upper, 16);
	OWN(str) char *key = str_printf("ASIA%s", random);
	OWN(str) char *secret = hub_random(hub, mixed, 40);
	OWN(str) char *token = hub_random(hub, mixed, 240);
	OWN(str) char *expiration = aws_time_iso(expires_ms);
	json_t *session = json_object();

	json_set_str(session, "Arn", arn);
	json_set_str(session, "UserId", id);
	json_set_int(session, "ExpiresMs", expires_ms);
	json_set_str(session, "SecretAccessKey", secret);
	json_set_str(session, "SessionToken", token);
	hub_put(hub, SESSIONS, key, session);
	json_decref(session);
	json_object_set_new(c->out, "Credentials",
			    json_pack("{s:s,s:s,s:s,s:s}", "AccessKeyId", key, "SecretAccessKey",
				      secret, "SessionToken", token, "Expiration", expiration));
	json_object_set_new(c->out, "AssumedRoleUser",
			    json_pack("{s:s,s:s}", "AssumedRoleId", id, "Arn", arn));
}

static int assume_role(struct hub *hub, struct call *c)
{
	const char *role = json_str(c->in, "RoleArn"), *name = json_str(c->in, "RoleSessionName");
	json_int_t seconds = json_int_or(c->in, "DurationSeconds", DURATION_USUAL);
	OWN(str) char *partition = NULL;
	OWN(str) char *account = NULL;
	OWN(str) char *role_name = NULL;
	OWN(str) char *arn = NULL;
	OWN(str) char *id = NULL;
	OWN(str) char *unique = NULL;

	if (!role || role_arn_parse(role, &partition, &account, &role_name) < 0)
		return call_fail(c, 400, "ValidationError", "%s is invalid",
				 role ? role : "RoleArn");
	if (!session_name_fits(name))
		return call_fail(
			c, 400, "ValidationError",
			"1 validation error detected: Value '%s' at 'roleSessionName' failed "
			"to satisfy constraint: Member must satisfy regular expression "
			"pattern: [\\w+=,.@-]* and have length between 2 and 64",
			name ? name : "");
	if (seconds < DURATION_LEAST || seconds > DURATION_MOST)
		return call_fail(
			c, 400, "ValidationError",
			"1 validation error detected: Value at 'durationSeconds' failed to "
			"satisfy constraint: Member must be between %d and %d",
			DURATION_LEAST, DURATION_MOST);
	forget_expired(hub);
	unique = role_id(hub, role_name, role);
	if (!unique && hub_verifies(hub))
		return call_fail(c, 403, "AccessDenied",
				 "User: %s is not authorized to perform: sts:AssumeRole on resource: %s",
				 c->principal, role);
	/* roles of a bootstrap (the CDK's) need not exist */
	if (!unique)
		unique = any_role_id(hub);
	id = str_printf("%s:%s", unique, name);
	arn = str_printf("arn:%s:sts::%s:assumed-role/%s/%s", partition, account, role_name, name);
	answer_session(hub, c, arn, id, hub_now_ms(hub) + seconds * 1000);
	json_set_int(c->out, "PackedPolicySize", 0);
	return 0;
}

/* The live session that the request's access key belongs to, or NULL. Borrowed. */
static json_t *session_of(struct hub *hub, const struct call *c)
{
	const char *authorization = json_str(c->headers, "authorization");
	OWN(json) json_t *parsed = NULL;
	json_t *session;

	if (!authorization || aws_sigv4_parse(authorization, &parsed, NULL) < 0)
		return NULL;
	session = hub_get(hub, SESSIONS, json_str(parsed, "AccessKey"));
	return json_int_or(session, "ExpiresMs", 0) > hub_now_ms(hub) ? session : NULL;
}

/* A verified session whose signature is in the URL. */
static json_t *session_by_arn(struct hub *hub, const char *arn)
{
	json_t *session;
	const char *key;

	json_object_foreach(hub_all(hub, SESSIONS), key, session)
		if (str_eq(json_str(session, "Arn"), arn))
			return session;
	return NULL;
}

static int get_caller_identity(struct hub *hub, struct call *c)
{
	const json_t *found = session_of(hub, c);
	const json_t *session = found ? found : session_by_arn(hub, c->principal);
	const char *arn = session ? json_str(session, "Arn") : c->principal;
	const char *account = hub_account(hub);
	/* arn:aws:sts::<account>:... */
	OWN(str) char *own = session ? str_dup_n(strstr(arn, "::") + 2, 12) : str_dup(account);

	json_set_str(c->out, "UserId", session ? json_str(session, "UserId") : account);
	json_set_str(c->out, "Account", own);
	json_set_str(c->out, "Arn", arn);
	return 0;
}

static char *assume_role_resource(struct hub *hub, const struct call *c)
{
	(void)hub;
	return str_dup(json_str(c->in, "RoleArn"));
}

static const struct action actions[] = {
	{ .name = "AssumeRole", .run = assume_role, .resource = assume_role_resource },
	{ .name = "GetCallerIdentity", .run = get_caller_identity },
	{ 0 },
};

const struct service service_sts = {
	.name = "sts",
	.actions = actions,
	.covers =
		"GetCallerIdentity and AssumeRole. Any role can be assumed by the account's root, "
		"also one that does not exist; session policies, tags and the role's trust policy are not "
		"looked at. While signatures are verified (`mpcup cloud start --verify-signatures`) the role "
		"must exist, and IAM is evaluated for what its session asks of every service but S3.",
};
