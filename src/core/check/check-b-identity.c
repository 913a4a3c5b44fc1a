/* Group B, and A13: which key is whose, as far as values, parameters and names tell. */
#include "core/check/check-a.h"
#include "core/check/check-b.h"
#include "core/check/check-topology.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* ---- what a slot is filled from
 * ----------------------------------------------------------------------------- */

/* The value as far as the templates tell, symbols in it by their identity: "${param:Node0Key}".
 * NULL: it is not in the templates. */
static char *value_of(const struct check *c, const struct secret_view *v)
{
	const json_t *string;
	OWN(str) char *flat = NULL;
	OWN(json) json_t *object = NULL;
	const char *member;

	if (v->state != SECRET_VALUE)
		return NULL;
	if (!v->from.secret)
		return check_flat(check_deployment(c), v->variable.value);
	string = json_object_get(v->from.secret->properties, v->property);
	flat = string ? check_flat(check_deployment(c), string) : NULL;
	if (!flat || !v->from.json_key[0])
		return GIVE(flat);
	object = json_loads(flat, 0, NULL);
	member = json_str(object, v->from.json_key);
	explicit_bzero(flat, strlen(flat));
	return member ? str_dup(member) : NULL;
}

/* Equal texts are the same key. NULL: cannot be told. Values that are no keys are not compared: a
 * placeholder is another fault. */
static char *source_of(const struct check *c, const struct secret_view *v,
		       const struct secret_slot *slot)
{
	char why[256];
	OWN(str) char *value = NULL;
	const char *fault;

	if (v->variable.place == VARIABLE_ABSENT)
		return NULL;
	fault = secret_judge(v, slot, why, sizeof(why));
	value = !fault || !*fault ? value_of(c, v) : NULL;
	if (value) {
		/* parameters of two templates may have one name */
		size_t scope = strstr(value, "${") && v->from.secret ? v->from.secret->template + 1
								     : 0;
		char *source = str_printf("value %zu %s", scope, value);

		explicit_bzero(value, strlen(value));
		return source;
	}
	if (v->from.secret)
		return str_printf("secret %zu %s %s %s %s", v->from.secret->template,
				  v->from.secret->logical, v->from.json_key, v->from.stage,
				  v->from.version);
	return json_canonical(v->variable.value);
}

static void drop_secret_text(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
}

/* ---- B18
 * ---------------------------------------------------------------------------------------------------
 */

/* Where a name may tell what a key is for, the nearest to the value first. */
enum layer { LAYER_VALUE, LAYER_JSON_KEY, LAYER_SECRET, LAYER_COUNT };

/* Lower case letters and digits only, so that account-sk, AccountSk and ACCOUNT_SK are one. */
static void add_plain(struct buf *to, const char *text)
{
	for (const char *p = text ? text : ""; *p; p++)
		if (isalnum((unsigned char)*p))
			buf_char(to, (char)tolower((unsigned char)*p));
	buf_char(to, ' ');
}

static char *words_of(const struct check *c, const struct secret_view *v, enum layer layer)
{
	OWN(buf) struct buf words = { 0 };
	const struct deployment_resource *r = v->from.secret;
	const struct deployment *d = check_deployment(c);

	if (layer == LAYER_VALUE) {
		char *value __attribute__((cleanup(drop_secret_text))) = value_of(c, v);

		/* a name that is known only; the letters of a key say nothing */
		add_plain(&words, value && (strstr(value, "${") || strstr(value, "{{")) ? value
											: "");
	} else if (layer == LAYER_JSON_KEY) {
		add_plain(&words, v->from.json_key);
	} else if (r) {
		add_plain(&words, r->logical);
		add_plain(&words, check_text(d, json_object_get(r->properties, "Name")));
		add_plain(&words, check_text(d, json_object_get(r->properties, "Description")));
	} else {
		OWN(str) char *flat = check_flat(d, v->variable.value);

		add_plain(&words, flat);
	}
	return buf_take(&words);
}

static int count_of(const char *words, const char *const *names)
{
	int count = 0;

	for (; *names; names++)
		for (const char *at = words; (at = strstr(at, *names)); at += strlen(*names))
			count++;
	return count;
}

static int sign(int number)
{
	return (number > 0) - (number < 0);
}

/* Above 0: the names agree with the variables; below: they are crosswise; 2 and -2: both sides say
 * so. What both names have in common says nothing. */
static int agreement(const char *of_p2p, const char *of_account)
{
	static const char *const p2p[] = { "p2p", "peer", "tlskey", NULL };
	static const char *const account[] = { "account", "acct", "signer", NULL };

	return sign(count_of(of_p2p, p2p) - count_of(of_account, p2p)) +
	       sign(count_of(of_account, account) - count_of(of_p2p, account));
}

static void see_swap(struct check *c, const struct node *n)
{
	struct secret_view p2p __attribute__((cleanup(own_drop_secret_view))) = { 0 };
	struct secret_view account __attribute__((cleanup(own_drop_secret_view))) = { 0 };
	struct check_finding f;
	int verdict = 0, against = 0;

	secret_view(c, n, &secret_slots[0], &p2p);
	secret_view(c, n, &secret_slots[1], &account);
	if (p2p.variable.place != VARIABLE_SECRET || account.variable.place != VARIABLE_SECRET)
		return;
	for (enum layer layer = LAYER_VALUE; layer < LAYER_COUNT; layer++) {
		OWN(str) char *of_p2p = words_of(c, &p2p, layer);
		OWN(str) char *of_account = words_of(c, &account, layer);
		int says = agreement(of_p2p, of_account);

		if (!verdict)
			verdict = says;
		else if (sign(says) == -sign(verdict))
			against = says;
	}
	if (verdict >= 0)
		return;
	f = node_finding(verdict == -2 || !against ? CHECK_FAIL : CHECK_WARN, n, &p2p.variable);
	f.second = n->task;
	f.second_property = account.variable.property;
	check_add(c, &f,
		  "MPC_P2P_PRIVATE_KEY and MPC_ACCOUNT_SK read each other's key, going by what "
		  "the secrets, their JSON keys or their parameters are called");
}

void check_b_swapped(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);)
		see_swap(c, &n);
}

/* ---- B19
 * ---------------------------------------------------------------------------------------------------
 */

/* A store key that stands in the templates for everybody to read is B21's or B22's. */
static bool is_in_clear(const struct secret_view *v)
{
	return v->variable.place == VARIABLE_ENVIRONMENT ||
	       (v->state == SECRET_VALUE && v->property && !node_has_unknown(v->text) &&
		json_is_string(json_object_get(json_map(v->from.secret->body, "Properties"),
					       v->property)));
}

static void see_shared(struct check *c, const struct secret_slot *s)
{
	OWN(json) json_t *first = json_object();
	struct node n, other;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct secret_view v __attribute__((cleanup(own_drop_secret_view))) = { 0 };
		char *source __attribute__((cleanup(drop_secret_text))) = NULL;
		struct check_finding f;
		size_t before;

		secret_view(c, &n, s, &v);
		source = source_of(c, &v, s);
		if (!source || node_desired(&n) == 0 || (s->kind != SECRET_KEY && is_in_clear(&v)))
			continue;
		if (!json_object_get(first, source)) {
			json_object_set_new(first, source, json_integer((json_int_t)i - 1));
			continue;
		}
		before = (size_t)json_integer_value(json_object_get(first, source));
		if (!node_next(c, &before, &other) || other.task == n.task)
			continue; /* one task definition for two services is A12's */
		f = node_finding(s->kind == SECRET_KEY ? CHECK_FAIL : CHECK_WARN, &n, &v.variable);
		f.second = other.task;
		check_add(c, &f, "%s is the same secret as that of %s", s->variable,
			  other.service->resource->logical);
	}
}

void check_b_shared(struct check *c)
{
	for (const struct secret_slot *s = secret_slots; s->variable; s++)
		see_shared(c, s);
}

/* ---- A13
 * ---------------------------------------------------------------------------------------------------
 */

static bool is_unfit(const struct secret_view *v, const struct secret_slot *slot)
{
	char why[256];
	const char *fault = secret_judge(v, slot, why, sizeof(why));

	return fault && *fault;
}

/* Two slots of one node that are filled from one source. */
static void see_same(struct check *c, const struct node *n, const struct secret_slot *a,
		     const struct secret_slot *b)
{
	struct secret_view left __attribute__((cleanup(own_drop_secret_view))) = { 0 };
	struct secret_view right __attribute__((cleanup(own_drop_secret_view))) = { 0 };
	char *one __attribute__((cleanup(drop_secret_text))) = NULL;
	char *other __attribute__((cleanup(drop_secret_text))) = NULL;
	struct check_finding f;

	secret_view(c, n, a, &left);
	secret_view(c, n, b, &right);
	if (is_unfit(&left, a) || is_unfit(&right, b))
		return; /* the value's own fault */
	one = source_of(c, &left, a);
	other = source_of(c, &right, b);
	if (!one || !other || strcmp(one, other) != 0)
		return;
	f = node_finding(CHECK_FAIL, n, &left.variable);
	f.second = n->task;
	f.second_property = right.variable.property;
	check_add(c, &f, "%s and %s are one and the same value", a->variable, b->variable);
}

/* An ARN without the six random characters that AWS appends to a secret's name. */
static char *without_suffix(char *arn)
{
	char *name = strstr(arn, ":secret:"), *end;

	if (!name)
		return arn;
	name += strlen(":secret:");
	end = name + strcspn(name, ":");
	if (end - name > 7 && end[-7] == '-')
		memmove(end - 7, end, strlen(end) + 1);
	return arn;
}

/* What the source of a key is called, as far as it tells whose it is: the parameter or import in
 * its value, else the secret. */
static char *owner_of(const struct check *c, const struct node *n, const struct secret_slot *s)
{
	struct secret_view v __attribute__((cleanup(own_drop_secret_view))) = { 0 };
	char *value __attribute__((cleanup(drop_secret_text))) = NULL;

	secret_view(c, n, s, &v);
	if (v.variable.place != VARIABLE_SECRET)
		return str_dup("");
	value = value_of(c, &v);
	if (value && (strstr(value, "${") || strstr(value, "{{")))
		return str_dup(value);
	return v.from.secret ? str_dup(v.from.secret->logical)
			     : without_suffix(check_flat(check_deployment(c), v.variable.value));
}

/* Where two names begin to differ; numbers are taken whole. */
static size_t fork_of(const char *a, const char *b)
{
	size_t at = 0;

	while (a[at] && a[at] == b[at])
		at++;
	while (at && isdigit((unsigned char)a[at - 1]) &&
	       (isdigit((unsigned char)a[at]) || isdigit((unsigned char)b[at])))
		at--;
	return at;
}

static size_t word_length(const char *text)
{
	size_t len = *text != '\0';

	if (isdigit((unsigned char)*text))
		while (isdigit((unsigned char)text[len]))
			len++;
	else
		while (islower((unsigned char)text[len]))
			len++;
	return len;
}

/* The word or number that tells two names apart which are otherwise made alike; "" when they are
 * not. Caller frees. */
static char *token_of(const char *name, const char *other)
{
	size_t at = fork_of(name, other), len = word_length(name + at), same = 0;
	const char *rest = name + at + len, *beyond = other + at + word_length(other + at);

	while (rest[same] && rest[same] == beyond[same])
		same++;
	return str_dup_n(name + at, same >= 3 || !strcmp(rest, beyond) ? len : 0);
}

struct owner {
	struct node node;
	char *p2p, *account;
	bool swapped; /* B18 */
};

static bool is_swapped(const char *p2p, const char *account)
{
	OWN(buf) struct buf left = { 0 }, right = { 0 };

	add_plain(&left, p2p);
	add_plain(&right, account);
	return agreement(left.data, right.data) < 0;
}

/* Each of two nodes has a P2P key that is named after the other's account key. */
static void see_crossed(struct check *c, const struct owner *a, const struct owner *b)
{
	struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };
	OWN(str) char *p2p = token_of(a->p2p, b->p2p), *other_p2p = token_of(b->p2p, a->p2p);
	OWN(str) char *account = token_of(a->account, b->account);
	OWN(str) char *other_account = token_of(b->account, a->account);
	struct check_finding f;

	if (!*p2p || !*other_p2p || strcmp(p2p, other_account) || strcmp(other_p2p, account) ||
	    a->swapped || b->swapped)
		return;
	node_variable(c, &a->node, "MPC_P2P_PRIVATE_KEY", &v);
	f = node_finding(CHECK_FAIL, &a->node, &v);
	f.second = b->node.task;
	check_add(c, &f,
		  "MPC_P2P_PRIVATE_KEY and MPC_ACCOUNT_SK are of two nodes, going by what their "
		  "secrets or parameters are called: they are exchanged with those of %s",
		  b->node.service->resource->logical);
}

void check_a_keys(struct check *c)
{
	struct owner *list = NULL;
	size_t count = 0;
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		see_same(c, &n, &secret_slots[0], &secret_slots[1]);
		list = mem_grow(list, count + 1, sizeof(*list));
		list[count] = (struct owner){ .node = n,
					      .p2p = owner_of(c, &n, &secret_slots[0]),
					      .account = owner_of(c, &n, &secret_slots[1]) };
		list[count].swapped = is_swapped(list[count].p2p, list[count].account);
		count++;
	}
	for (size_t a = 0; a < count; a++)
		for (size_t b = a + 1; b < count; b++)
			see_crossed(c, &list[a], &list[b]);
	for (size_t a = 0; a < count; a++) {
		free(list[a].p2p);
		free(list[a].account);
	}
	free(list);
}

/* A store key that is a NEAR key at the same time is not hexadecimal. */
void check_b_store_key(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);)
		for (size_t k = 0; k < 2; k++)
			see_same(c, &n, &secret_slots[2], &secret_slots[k]);
}
