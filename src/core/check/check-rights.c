/* Policies of roles prepared for core/iam: for one question each statement is kept, dropped, or put
 * under a condition that nobody can decide, and iam_decide() gives the answer. */
#include "core/check/check-rights.h"
#include "core/check/check-internal.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* A condition key that no question brings along: iam_decide() says IAM_UNKNOWN for it. */
#define UNDECIDABLE "mpcup:undecidable"
#define OWN_ACCOUNT "000000000000" /* stands for the account of the deployment */

struct statement {
	const json_t *source;
	json_t *conditions; /* values as texts, keys in lower case; owned */
	char **patterns;
	json_t *exact; /* the patterns as a set: the usual one is the very ARN */
	size_t count;
	bool deny, unless; /* unless: NotResource */
	bool unclear;	   /* whether it applies is not known */
};
struct policy {
	const char *name;
	struct statement *statements;
	size_t count;
	bool unclear; /* there is more in it than we can read */
};
struct compiled {
	const struct deployment_role *role;
	struct policy *policies;
	size_t count;
	const json_t *limit; /* document of the permissions boundary; NULL: none, or not known */
	struct policy boundary;
};
struct answered; /* a question with its answer */
struct check_rights {
	const struct deployment *d;
	struct compiled *roles;
	size_t count;
	struct answered **answered; /* ANSWER_BUCKETS lists; those without context are kept */
};

/* ---- reading
 * ------------------------------------------------------------------------------------- */

/* A pattern: policy variables are not known either. */
static char *pattern_text(const struct deployment *d, const json_t *value)
{
	OWN(str) char *text = check_rights_text(d, value);
	struct buf b = { 0 };

	for (const char *p = text; *p; p++) {
		const char *end = str_starts(p, "${") ? strchr(p, '}') : NULL;

		if (end && end[-1] != '*' && end[-1] != '?') {
			buf_str(&b, "\x03Pvariable\x03");
			p = end;
		} else {
			buf_char(&b, *p);
		}
	}
	return buf_take(&b);
}

static size_t length(const json_t *list_or_value)
{
	return json_is_array(list_or_value) ? json_array_size(list_or_value)
					    : list_or_value != NULL;
}

static const json_t *element(const json_t *list_or_value, size_t i)
{
	return json_is_array(list_or_value) ? json_array_get(list_or_value, i) : list_or_value;
}

static char *lower(const char *text)
{
	char *copy = str_dup(text);

	for (char *c = copy; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return copy;
}

/* {operator: {key: [text, ...]}} */
static json_t *read_conditions(const struct deployment *d, const json_t *condition)
{
	json_t *result = json_object();
	const char *op, *key;
	json_t *keys, *values;

	json_object_foreach((json_t *)(uintptr_t)condition, op, keys) {
		json_t *texts = json_object();

		json_object_foreach(keys, key, values) {
			OWN(str) char *name = lower(key);
			json_t *list = json_array();

			for (size_t i = 0; i < length(values); i++) {
				OWN(str) char *text = check_rights_text(d, element(values, i));

				json_add_str(list, text);
			}
			json_object_set_new(texts, name, list);
		}
		json_object_set_new(result, op, texts);
	}
	return result;
}

static bool all_texts(const json_t *list_or_value)
{
	for (size_t i = 0; i < length(list_or_value); i++)
		if (!json_is_string(element(list_or_value, i)))
			return false;
	return true;
}

static void read_statement(const struct deployment *d, const json_t *source, struct statement *s)
{
	const json_t *resource = json_object_get(source, "Resource"),
		     *unless = json_object_get(source, "NotResource");
	const json_t *list = resource ? resource : unless;

	s->source = source;
	s->deny = str_eq(json_str(source, "Effect"), "Deny");
	s->unless = !resource && unless;
	s->unclear = template_is_symbol(json_object_get(source, "Condition")) ||
		     !all_texts(json_object_get(source, "Action")) ||
		     !all_texts(json_object_get(source, "NotAction"));
	s->conditions = read_conditions(d, json_object_get(source, "Condition"));
	s->patterns = mem_new(length(list) + 1, sizeof(*s->patterns));
	s->exact = json_object();
	for (size_t i = 0; i < length(list); i++) {
		s->patterns[s->count] = pattern_text(d, element(list, i));
		json_object_set_new(s->exact, s->patterns[s->count++], json_true());
	}
}

static void read_policy(const struct deployment *d, const char *name, const json_t *document,
			struct policy *p)
{
	const json_t *list = json_object_get(document, "Statement");

	p->name = name;
	p->statements = mem_new(length(list) + 1, sizeof(*p->statements));
	p->unclear = !document || template_is_symbol(document) || template_is_symbol(list);
	for (size_t i = 0; i < length(list) && !p->unclear; i++) {
		const json_t *one = element(list, i);

		read_statement(d, one, &p->statements[p->count++]);
		if (template_is_symbol(one))
			p->unclear = true;
	}
}

static void drop_policy(struct policy *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct statement *s = &p->statements[i];

		for (size_t k = 0; k < s->count; k++)
			free(s->patterns[k]);
		free(s->patterns);
		json_decref(s->exact);
		json_decref(s->conditions);
	}
	free(p->statements);
}

static void read_role(const struct deployment *d, const struct deployment_role *role,
		      struct compiled *c)
{
	c->role = role;
	c->policies = mem_new(role->policy_count + 1, sizeof(*c->policies));
	for (size_t i = 0; i < role->policy_count; i++) {
		const struct deployment_policy *from = &role->policies[i];
		struct policy *p = &c->policies[c->count++];

		read_policy(d, from->name ? from->name : "policy",
			    from->document ? from->document : iam_managed_policy(from->name), p);
		/* Under an unknown condition its statements may be there or not. */
		for (size_t k = 0; k < p->count && from->resource && from->resource->present == 2;
		     k++)
			p->statements[k].unclear = true;
	}
	c->limit = role->boundary;
	if (!c->limit && role->boundary_unknown && role->resource) {
		OWN(str)
		char *arn = check_rights_text(
			d, json_object_get(role->resource->properties, "PermissionsBoundary"));

		c->limit = iam_managed_policy(arn);
	}
	if (c->limit)
		read_policy(d, "boundary", c->limit, &c->boundary);
}

/* ---- answers that are kept ------------------------------------------------------------------- */

enum { ANSWER_BUCKETS = 1024 };
struct answered {
	struct answered *next;
	struct check_rights_question q;
	char *resource, *action;
	struct iam_answer answer;
};

static struct answered **answers_like(const struct check_rights *r,
				      const struct check_rights_question *q)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (const char *p = q->resource; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3ULL;
	return &r->answered[(h ^ h >> 32) % ANSWER_BUCKETS];
}

static bool same_question(const struct check_rights_question *a,
			  const struct check_rights_question *b)
{
	return a->role == b->role && a->resource_policy == b->resource_policy &&
	       a->resource_policy_grants == b->resource_policy_grants &&
	       a->without_conditions == b->without_conditions &&
	       a->without_denials == b->without_denials && a->every_right == b->every_right &&
	       a->any_place == b->any_place && !strcmp(a->resource, b->resource) &&
	       !strcmp(a->action, b->action);
}

static void keep_answer(struct answered **list, const struct check_rights_question *q,
			const struct iam_answer *answer)
{
	struct answered *a = NEW(struct answered);

	a->next = *list;
	a->q = *q;
	a->q.resource = a->resource = str_dup(q->resource);
	a->q.action = a->action = str_dup(q->action);
	a->answer = *answer;
	*list = a;
}

static void drop_answers(struct check_rights *r)
{
	for (size_t i = 0; i < ANSWER_BUCKETS; i++)
		for (struct answered *a = r->answered[i], *next; a; a = next) {
			next = a->next;
			free(a->resource);
			free(a->action);
			free(a);
		}
	free(r->answered);
}

/* ---- roles ----------------------------------------------------------------------------------- */

struct check_rights *check_rights_new(const struct deployment *d)
{
	struct check_rights *r = NEW(struct check_rights);
	size_t count;
	const struct deployment_role *const *roles = deployment_roles(d, &count);

	r->d = d;
	r->answered = mem_new(ANSWER_BUCKETS, sizeof(struct answered *));
	r->roles = mem_new(count + 1, sizeof(*r->roles));
	for (size_t i = 0; i < count; i++)
		read_role(d, roles[i], &r->roles[r->count++]);
	return r;
}

void check_rights_free(struct check_rights *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		for (size_t k = 0; k < r->roles[i].count; k++)
			drop_policy(&r->roles[i].policies[k]);
		free(r->roles[i].policies);
		drop_policy(&r->roles[i].boundary);
	}
	free(r->roles);
	drop_answers(r);
	free(r);
}

const struct deployment *check_rights_deployment(const struct check_rights *r)
{
	return r->d;
}

static void drop_rights(void *value)
{
	check_rights_free(value);
}

const struct check_rights *check_rights_of(const struct check *c)
{
	static const char owner;
	void **slot = check_memo(c, &owner, NULL, drop_rights);

	if (!*slot)
		*slot = check_rights_new(check_deployment(c));
	return *slot;
}

static const struct compiled *find(const struct check_rights *r, const struct deployment_role *role)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->roles[i].role == role)
			return &r->roles[i];
	return NULL;
}

/* ---- one question
 * -------------------------------------------------------------------------------- */

static bool action_in(const json_t *list, const char *action)
{
	for (size_t i = 0; i < length(list); i++)
		if (json_is_string(element(list, i)) &&
		    str_glob(json_string_value(element(list, i)), action, true))
			return true;
	return false;
}

static bool action_matches(const struct statement *s, const char *action)
{
	const json_t *list = json_object_get(s->source, "Action");

	if (list)
		return s->unclear || action_in(list, action);
	list = json_object_get(s->source, "NotAction");
	return list && (s->unclear || !action_in(list, action));
}

static enum verdict resource_matches(const struct statement *s,
				     const struct check_rights_question *q)
{
	enum verdict best = s->count || s->unless ? VERDICT_FAIL : VERDICT_PASS;

	if (json_object_get(s->exact, q->resource))
		best = VERDICT_PASS;
	for (size_t i = 0; i < s->count && best != VERDICT_PASS; i++) {
		OWN(str) char *moved = q->any_place ? check_rights_anywhere(s->patterns[i]) : NULL;
		enum verdict v =
			check_rights_match(moved ? moved : s->patterns[i], q->resource, true);

		if (v != VERDICT_FAIL)
			best = v;
	}
	if (!s->unless || best == VERDICT_UNKNOWN)
		return best;
	return best == VERDICT_PASS ? VERDICT_FAIL : VERDICT_PASS;
}

/* A wanted value that may or may not equal what the request has becomes an unknown variable. */
static json_t *wanted(const char *text, const json_t *have, bool wild)
{
	bool maybe = false;

	for (size_t i = 0; i < length(have); i++) {
		const char *one = json_string_value(element(have, i));
		enum verdict v = one ? check_rights_match(text, one, wild) : VERDICT_FAIL;

		if (v == VERDICT_PASS)
			return json_string(text);
		maybe = maybe || v == VERDICT_UNKNOWN;
	}
	return json_string(maybe ? "${" UNDECIDABLE "}" : text);
}

static json_t *conditions_for(const struct statement *s, const struct check_rights_question *q)
{
	json_t *result = json_object();
	const char *op, *key;
	json_t *keys, *values;

	json_object_foreach(s->conditions, op, keys) {
		bool wild = strstr(op, "Like") || strstr(op, "Arn");
		json_t *texts = json_object();

		json_object_foreach(keys, key, values) {
			const json_t *have = json_object_get(q->context, key);
			json_t *list = json_array();

			for (size_t i = 0; i < json_array_size(values); i++) {
				const char *text = json_string_value(json_array_get(values, i));
				OWN(str)
				char *moved = q->any_place ? check_rights_anywhere(text) : NULL;

				json_array_append_new(list,
						      wanted(moved ? moved : text, have, wild));
			}
			json_object_set_new(texts, key, list);
		}
		json_object_set_new(result, op, texts);
	}
	return result;
}

static void add_undecidable(json_t *conditions)
{
	json_t *keys = json_object_get(conditions, "StringEquals");

	if (!keys)
		json_object_set_new(conditions, "StringEquals", keys = json_object());
	json_set_str(keys, UNDECIDABLE, "x");
}

/* The statement as this question sees it; an empty one when it does not speak about it. */
static json_t *statement_for(const struct statement *s, const struct check_rights_question *q)
{
	json_t *result = json_object(), *conditions;
	enum verdict v = VERDICT_FAIL;

	if ((!s->deny || !q->without_denials) && action_matches(s, q->action))
		v = resource_matches(s, q);
	if (v == VERDICT_FAIL)
		return result;
	json_set_str(result, "Effect", json_str(s->source, "Effect"));
	json_set_str(result, "Action", "*");
	json_set_str(result, "Resource", "*");
	conditions = q->without_conditions && !s->deny ? json_object() : conditions_for(s, q);
	if (v == VERDICT_UNKNOWN || s->unclear)
		add_undecidable(conditions);
	json_object_set_new(result, "Condition", conditions);
	return result;
}

static json_t *document_for(const struct policy *p, const struct check_rights_question *q)
{
	json_t *statements = json_array(), *document = json_object();

	for (size_t i = 0; i < p->count; i++)
		json_array_append_new(statements, statement_for(&p->statements[i], q));
	json_set_str(document, "Version", "2012-10-17");
	json_object_set_new(document, "Statement", statements);
	return document;
}

static bool is_account(const char *text)
{
	uint64_t number;

	if (str_starts(text, "arn:") && str_ends(text, ":root"))
		return true;
	return str_eq(text, "\x03"
			    "AAWS..AccountId\x03") ||
	       (strlen(text) == 12 && num_parse_u64(text, 0, UINT64_MAX, &number) == 0);
}

/* Who a policy names, against the one who asks. *ret_unclear: it may be him. */
static json_t *principal_for(const struct deployment *d, const json_t *principal, const char *me,
			     const char *service, bool *ret_unclear)
{
	const char *kind;
	json_t *result, *values;

	if (!json_is_object(principal) || template_is_symbol(principal))
		return json_incref((json_t *)(uintptr_t)principal);
	result = json_object();
	json_object_foreach((json_t *)(uintptr_t)principal, kind, values) {
		json_t *list = json_array();

		for (size_t i = 0; i < length(values); i++) {
			OWN(str) char *text = check_rights_text(d, element(values, i));
			bool aws = str_eq(kind, "AWS");

			if (aws && is_account(text))
				json_add_str(list, OWN_ACCOUNT);
			else
				json_add_str(list, text);
			if (aws && me && strcmp(text, "*") != 0 && !is_account(text) &&
			    check_rights_match(text, me, false) == VERDICT_UNKNOWN)
				*ret_unclear = true;
			if (!aws && service && str_eq(kind, "Service") &&
			    check_rights_match(text, service, false) == VERDICT_UNKNOWN)
				*ret_unclear = true;
		}
		json_object_set_new(result, kind, list);
	}
	return result;
}

/* A policy of a resource: as above, with its principals. */
static json_t *resource_document(const struct deployment *d, const struct policy *p,
				 const struct check_rights_question *q, const char *me,
				 const char *service)
{
	json_t *document = document_for(p, q);

	for (size_t i = 0; i < p->count; i++) {
		json_t *s = json_array_get(json_object_get(document, "Statement"), i);
		static const char *const names[] = { "Principal", "NotPrincipal" };

		for (size_t k = 0; k < 2 && json_object_size(s); k++) {
			const json_t *from = json_object_get(p->statements[i].source, names[k]);
			bool unclear = template_is_symbol(from);
			json_t *principal =
				from ? principal_for(d, from, me, service, &unclear) : NULL;

			if (unclear) {
				json_decref(principal);
				principal = k ? NULL : json_string("*");
				add_undecidable(json_object_get(s, "Condition"));
			}
			if (principal)
				json_object_set_new(s, names[k], principal);
		}
	}
	return document;
}

static void unknown(struct iam_answer *ret, const char *policy)
{
	ret->decision = IAM_UNKNOWN;
	ret->statement = -1;
	(void)snprintf(ret->policy, sizeof(ret->policy), "%s", policy);
}

/* What we could not read may allow or limit. */
static void doubt(const struct compiled *c, const struct check_rights_question *q,
		  struct iam_answer *ret)
{
	if (ret->decision == IAM_EXPLICIT_DENY || ret->decision == IAM_UNKNOWN)
		return;
	if (ret->decision == IAM_ALLOWED && !q->without_denials &&
	    ((c->role->boundary_unknown && !c->limit) || c->boundary.unclear)) {
		unknown(ret, "boundary");
		return;
	}
	for (size_t i = 0; i < c->count && ret->decision == IAM_IMPLICIT_DENY; i++)
		if (c->policies[i].unclear && !str_eq(ret->policy, "boundary"))
			unknown(ret, c->policies[i].name);
}

static json_t *identity_for(const struct compiled *c, const struct check_rights_question *q)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->count; i++) {
		json_t *one = json_object();

		json_set_str(one, "Name", c->policies[i].name);
		json_object_set_new(one, "Document", document_for(&c->policies[i], q));
		json_array_append_new(list, one);
	}
	return list;
}

static void decide(const struct check_rights *r, const struct check_rights_question *q,
		   struct iam_answer *ret)
{
	const struct compiled *c = q->role ? find(r, q->role) : NULL;
	OWN(str) char *me = NULL;
	OWN(json) json_t *identity = NULL;
	OWN(json) json_t *boundary = NULL;
	OWN(json) json_t *document = NULL;
	OWN(json) json_t *context = NULL;
	struct policy resource = { 0 };
	struct check_rights_question full = *q;
	struct iam_question question = { .action = q->action, .resource = q->resource };

	*ret = (struct iam_answer){ .statement = -1 };
	if (q->role && (!c || !q->role->resource)) {
		unknown(ret, "the role stands outside of the templates");
		return;
	}
	if (c)
		me = check_rights_arn(r->d, c->role->resource);
	full.context = context = check_rights_context(me, q->resource, q->context);
	if (c && !q->every_right) {
		identity = identity_for(c, &full);
		if (c->limit && !c->boundary.unclear && !q->without_denials)
			boundary = document_for(&c->boundary, &full);
	}
	if (q->every_right)
		identity = json_pack("[{s:s, s:{s:[{s:s, s:s, s:s}]}}]", "Name", "everything",
				     "Document", "Statement", "Effect", "Allow", "Action", "*",
				     "Resource", "*");
	if (q->resource_policy) {
		read_policy(r->d, "resource policy", q->resource_policy, &resource);
		document = resource_document(r->d, &resource, &full, me, NULL);
	}
	question.principal = me;
	question.account = OWN_ACCOUNT;
	question.context = context;
	question.identity_policies = identity;
	question.boundary = boundary;
	question.resource_policy = document;
	question.resource_policy_grants = q->resource_policy_grants;
	iam_decide(&question, ret);
	if (resource.unclear && ret->decision != IAM_EXPLICIT_DENY)
		unknown(ret, "resource policy");
	if (c && !q->every_right)
		doubt(c, q, ret);
	drop_policy(&resource);
}

/* Rules ask the same of the same role and resource; a context is one volume's own. */
void check_rights_ask(const struct check_rights *r, const struct check_rights_question *q,
		      struct iam_answer *ret)
{
	struct answered **list = answers_like(r, q);

	if (q->context) {
		decide(r, q, ret);
		return;
	}
	for (const struct answered *a = *list; a; a = a->next)
		if (same_question(&a->q, q)) {
			*ret = a->answer;
			return;
		}
	decide(r, q, ret);
	keep_answer(list, q, ret);
}

void check_rights_service(const struct deployment *d, const struct check_rights_question *q,
			  const char *service, struct iam_answer *ret)
{
	OWN(json) json_t *document = NULL;
	struct policy read = { 0 };
	struct iam_question question = { .service = service,
					 .action = q->action,
					 .resource = q->resource,
					 .context = q->context,
					 .resource_policy_grants = 1 };

	*ret = (struct iam_answer){ .statement = -1 };
	read_policy(d, "policy", q->resource_policy, &read);
	document = resource_document(d, &read, q, NULL, service);
	question.resource_policy = document;
	iam_decide(&question, ret);
	if (read.unclear && q->resource_policy && ret->decision == IAM_IMPLICIT_DENY)
		unknown(ret, "policy");
	drop_policy(&read);
}

void check_rights_trust(const struct check_rights *r, const struct deployment_role *role,
			const char *service, bool any_place, struct iam_answer *ret)
{
	OWN(json) json_t *context = json_object();
	struct check_rights_question q = { .action = "sts:AssumeRole",
					   .resource = "*",
					   .context = context,
					   .resource_policy = role->trust,
					   .any_place = any_place };

	*ret = (struct iam_answer){ .statement = -1 };
	if (!role->resource) {
		unknown(ret, "the role stands outside of the templates");
		return;
	}
	json_set_str(context, "aws:sourceaccount",
		     "\x03"
		     "AAWS..AccountId\x03");
	/* ECS names the task here; a cluster's ARN never matches. */
	json_set_str(context, "aws:sourcearn",
		     "arn:aws:ecs:\x03"
		     "AAWS..Region\x03:\x03"
		     "AAWS..AccountId\x03:task/\x03Ptask\x03");
	json_set_str(context, "aws:securetransport", "true");
	/* services give no such proofs */
	json_object_set_new(context, "sts:externalid", json_null());
	json_object_set_new(context, "aws:multifactorauthpresent", json_null());
	check_rights_service(r->d, &q, service, ret);
}
