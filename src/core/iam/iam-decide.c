/* The decision: which statements speak about the question, and what they add up to. */
#include "core/iam/iam-internal.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* How a Principal element names who asks. An account (its root ARN or number) hands the decision to
 * the identity policies of that account; everything else grants by itself. */
enum naming { NAMED_NOT, NAMED_ACCOUNT, NAMED_DIRECTLY };

static bool list_has(const struct iam_question *q, const json_t *list, const char *text,
		     bool (*same)(const struct iam_question *q, const char *element,
				  const char *text))
{
	for (size_t i = 0; i < iam_value_count(list); i++) {
		OWN(str) char *element = iam_value_text(list, i);

		if (element && same(q, element, text))
			return true;
	}
	return false;
}

static bool same_action(const struct iam_question *q, const char *element, const char *text)
{
	(void)q;
	return iam_glob(element, text, true);
}

static bool same_service(const struct iam_question *q, const char *element, const char *text)
{
	(void)q;
	return !strcmp(element, "*") || !strcmp(element, text);
}

/* "arn:aws:iam::1:role/path/name" -> "name", its length in *ret_len; NULL for other ARNs */
static const char *role_name(const char *arn, size_t *ret_len)
{
	const char *at = strstr(arn, ":assumed-role/");

	if (at) {
		at += strlen(":assumed-role/");
		*ret_len = strcspn(at, "/");
		return at;
	}
	if (!strstr(arn, ":role/"))
		return NULL;
	at = strrchr(arn, '/') + 1;
	*ret_len = strlen(at);
	return at;
}

/* The account field, 12 digits, of an ARN */
static const char *account_of(const char *arn)
{
	for (int colons = 0; arn && colons < 4; colons++) {
		arn = strchr(arn, ':');
		if (arn)
			arn++;
	}
	return arn;
}

static bool same_account(const struct iam_question *q, const char *account, size_t len)
{
	const char *own = q->account ? q->account : q->principal ? account_of(q->principal) : NULL;

	return own && strcspn(own, ":") == len && !strncmp(own, account, len);
}

/* A role is named by its ARN whether the role or one of its sessions asks. */
static bool same_role(const char *element, const char *principal)
{
	size_t a_len, b_len;
	const char *a = role_name(element, &a_len), *b = role_name(principal, &b_len);
	const char *a_account = account_of(element), *b_account = account_of(principal);

	return a && b && a_account && b_account && strstr(element, ":role/") &&
	       strstr(principal, ":assumed-role/") && a_len == b_len && !strncmp(a, b, a_len) &&
	       strcspn(a_account, ":") == strcspn(b_account, ":") &&
	       !strncmp(a_account, b_account, strcspn(a_account, ":"));
}

static enum naming aws_naming(const struct iam_question *q, const char *element)
{
	const char *account;
	uint64_t number;

	if (!strcmp(element, "*"))
		return NAMED_DIRECTLY;
	if (!q->principal)
		return NAMED_NOT;
	if (strlen(element) == 12 && num_parse_u64(element, 0, UINT64_MAX, &number) == 0)
		return same_account(q, element, 12) ? NAMED_ACCOUNT : NAMED_NOT;
	account = account_of(element);
	if (account && str_ends(element, ":root"))
		return same_account(q, account, strcspn(account, ":")) ? NAMED_ACCOUNT : NAMED_NOT;
	return !strcmp(element, q->principal) || same_role(element, q->principal) ? NAMED_DIRECTLY
										  : NAMED_NOT;
}

static enum naming naming(const struct iam_question *q, const json_t *principal)
{
	const json_t *aws = json_object_get(principal, "AWS");
	enum naming best = NAMED_NOT;

	if (json_is_string(principal))
		return str_eq(json_string_value(principal), "*") ? NAMED_DIRECTLY : NAMED_NOT;
	if (q->service &&
	    list_has(q, json_object_get(principal, "Service"), q->service, same_service))
		return NAMED_DIRECTLY;
	if (q->service)
		return NAMED_NOT;
	for (size_t i = 0; i < iam_value_count(aws); i++) {
		OWN(str) char *element = iam_value_text(aws, i);
		enum naming n = element ? aws_naming(q, element) : NAMED_NOT;

		if (n > best)
			best = n;
	}
	return best;
}

static enum match resource_in(const struct iam_question *q, const json_t *list, bool variables)
{
	enum match result = MATCH_NO;

	for (size_t i = 0; i < iam_value_count(list); i++) {
		OWN(str) char *raw = iam_value_text(list, i);
		OWN(str) char *pattern = NULL;
		enum match m = raw ? iam_expand(q, raw, variables, &pattern) : MATCH_NO;

		if (m == MATCH_YES && iam_arn_glob(pattern, q->resource))
			return MATCH_YES;
		if (m == MATCH_UNKNOWN)
			result = MATCH_UNKNOWN;
	}
	return result;
}

static enum match resource_matches(const struct iam_question *q, const json_t *s, bool variables)
{
	const json_t *resource = json_object_get(s, "Resource"),
		     *other = json_object_get(s, "NotResource");
	enum match m;

	if (resource)
		return resource_in(q, resource, variables);
	if (!other)
		return MATCH_YES; /* trust and file system policies speak about one thing */
	m = resource_in(q, other, variables);
	if (m == MATCH_UNKNOWN)
		return m;
	return m == MATCH_YES ? MATCH_NO : MATCH_YES;
}

static bool action_matches(const struct iam_question *q, const json_t *s)
{
	const json_t *action = json_object_get(s, "Action"),
		     *other = json_object_get(s, "NotAction");

	if (action)
		return list_has(q, action, q->action, same_action);
	return other && !list_has(q, other, q->action, same_action);
}

/* What one policy says. Each effect keeps its strongest match and where it was. */
struct verdict {
	enum match deny, allow, allow_account;
	int deny_at, allow_at;
	char condition[256]; /* of an Allow that fails on it alone, or of what is not decidable */
};

static void note_condition(struct verdict *v, const char *evidence)
{
	if (!v->condition[0] && *evidence)
		(void)snprintf(v->condition, sizeof(v->condition), "%s", evidence);
}

static void strengthen(enum match *had, enum match m, int *at, int index)
{
	if (m == MATCH_NO || *had == MATCH_YES || (*had == MATCH_UNKNOWN && m == MATCH_UNKNOWN))
		return;
	*had = m;
	if (at)
		*at = index;
}

static void add_statement(const struct iam_question *q, const json_t *s, bool with_principal,
			  bool variables, int index, struct verdict *v)
{
	bool deny = str_eq(json_str(s, "Effect"), "Deny");
	const json_t *principal = json_object_get(s, "Principal"),
		     *other = json_object_get(s, "NotPrincipal");
	enum naming named = NAMED_DIRECTLY;
	char evidence[256] = "";
	enum match m;

	if (!deny && !str_eq(json_str(s, "Effect"), "Allow"))
		return;
	if (with_principal && principal)
		named = naming(q, principal);
	else if (with_principal)
		named = other && naming(q, other) == NAMED_NOT ? NAMED_DIRECTLY : NAMED_NOT;
	if (named == NAMED_NOT || !action_matches(q, s))
		return;
	m = resource_matches(q, s, variables);
	if (m == MATCH_NO)
		return;
	m = match_and(m, iam_conditions(q, json_object_get(s, "Condition"), variables, evidence));
	if (m == MATCH_UNKNOWN || !deny)
		note_condition(v, evidence);
	if (deny)
		strengthen(&v->deny, m, &v->deny_at, index);
	else if (named == NAMED_ACCOUNT)
		strengthen(&v->allow_account, m, NULL, index);
	else
		strengthen(&v->allow, m, &v->allow_at, index);
}

static struct verdict read_policy(const struct iam_question *q, const json_t *policy,
				  bool with_principal)
{
	struct verdict v = { .deny_at = -1, .allow_at = -1 };
	const json_t *statements = json_object_get(policy, "Statement");
	bool variables = str_eq(json_str(policy, "Version"), "2012-10-17");

	if (json_is_object(statements))
		add_statement(q, statements, with_principal, variables, 0, &v);
	for (size_t i = 0; i < json_array_size(statements); i++)
		add_statement(q, json_array_get(statements, i), with_principal, variables, (int)i,
			      &v);
	return v;
}

static enum match match_or(enum match a, enum match b)
{
	if (a == MATCH_YES || b == MATCH_YES)
		return MATCH_YES;
	return a == MATCH_UNKNOWN || b == MATCH_UNKNOWN ? MATCH_UNKNOWN : MATCH_NO;
}

/* Everything that was read, with the names for the evidence. */
struct reading {
	enum match deny, allow;
	const char *deny_policy, *allow_policy;
	int deny_at, allow_at;
	char condition[256];
};

static void take(struct reading *r, const struct verdict *v, const char *policy)
{
	enum match before = r->deny;

	r->deny = match_or(r->deny, v->deny);
	if (r->deny != before) {
		r->deny_policy = policy;
		r->deny_at = v->deny_at;
	}
	before = r->allow;
	r->allow = match_or(r->allow, v->allow);
	if (r->allow != before) {
		r->allow_policy = policy;
		r->allow_at = v->allow_at;
	}
	if (!r->condition[0])
		(void)snprintf(r->condition, sizeof(r->condition), "%s", v->condition);
}

static void read_identity(const struct iam_question *q, struct reading *r)
{
	for (size_t i = 0; i < json_array_size(q->identity_policies); i++) {
		const json_t *named = json_array_get(q->identity_policies, i);
		struct verdict v = read_policy(q, json_object_get(named, "Document"), false);

		take(r, &v, json_str_or(named, "Name", "identity policy"));
	}
}

/* The boundary only limits: its Allow becomes a condition of everyone else's. */
static void apply_boundary(const struct iam_question *q, struct reading *r)
{
	struct verdict v;

	if (!q->boundary)
		return;
	v = read_policy(q, q->boundary, false);
	if (match_and(r->allow, v.allow) != r->allow) {
		r->allow_policy = "boundary";
		r->allow_at = v.allow_at;
		if (v.condition[0])
			(void)snprintf(r->condition, sizeof(r->condition), "%s", v.condition);
	}
	r->allow = match_and(r->allow, v.allow);
	v.allow = MATCH_NO;
	take(r, &v, "boundary");
}

static void read_resource(const struct iam_question *q, struct reading *r)
{
	struct verdict v;

	if (!q->resource_policy)
		return;
	v = read_policy(q, q->resource_policy, true);
	if (q->resource_policy_grants == IAM_KEY_POLICY)
		r->allow = match_and(r->allow, match_or(v.allow, v.allow_account));
	else if (!q->resource_policy_grants)
		v.allow = MATCH_NO;
	take(r, &v, "resource policy");
}

static void answer(struct iam_answer *a, enum iam_decision decision, const char *policy,
		   int statement, const char *condition)
{
	a->decision = decision;
	a->statement = policy ? statement : -1;
	(void)snprintf(a->policy, sizeof(a->policy), "%s", policy ? policy : "");
	(void)snprintf(a->condition, sizeof(a->condition), "%s", condition);
}

void iam_decide(const struct iam_question *q, struct iam_answer *ret)
{
	struct reading r = { .deny_at = -1, .allow_at = -1 };

	read_identity(q, &r);
	/* A grant by the resource's policy to a role is limited by the boundary too. */
	read_resource(q, &r);
	apply_boundary(q, &r);
	if (r.deny == MATCH_YES)
		answer(ret, IAM_EXPLICIT_DENY, r.deny_policy, r.deny_at, "");
	else if (r.allow == MATCH_NO)
		answer(ret, IAM_IMPLICIT_DENY,
		       r.allow_policy && !strcmp(r.allow_policy, "boundary") ? "boundary" : NULL,
		       -1, r.condition);
	else if (r.deny == MATCH_UNKNOWN)
		answer(ret, IAM_UNKNOWN, r.deny_policy, r.deny_at, r.condition);
	else if (r.allow == MATCH_UNKNOWN)
		answer(ret, IAM_UNKNOWN, r.allow_policy, r.allow_at, r.condition);
	else
		answer(ret, IAM_ALLOWED, r.allow_policy, r.allow_at, "");
}

const char *iam_decision_name(enum iam_decision d)
{
	static const char *const names[] = { [IAM_ALLOWED] = "allowed",
					     [IAM_IMPLICIT_DENY] = "implicitDeny",
					     [IAM_EXPLICIT_DENY] = "explicitDeny",
					     [IAM_UNKNOWN] = "unknown" };

	return names[d];
}
