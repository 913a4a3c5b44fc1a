/* The Condition element: operators, set qualifiers, IfExists, keys that are missing. */
#include "core/iam/iam-internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* `want` is the policy's value with variables expanded, `have` the request's. */
typedef bool (*compare)(const char *have, const char *want);

/* A literal wildcard that came out of a variable is just that character for exact comparison. */
static char plain(char c)
{
	if (c == IAM_LITERAL_STAR)
		return '*';
	return c == IAM_LITERAL_MARK ? '?' : c;
}

static bool equals_as(const char *have, const char *want, bool fold)
{
	for (; *have && *want; have++, want++) {
		char a = *have, b = plain(*want);

		if (fold && a >= 'A' && a <= 'Z')
			a = (char)(a - 'A' + 'a');
		if (fold && b >= 'A' && b <= 'Z')
			b = (char)(b - 'A' + 'a');
		if (a != b)
			return false;
	}
	return *have == *want;
}

static bool equals(const char *have, const char *want)
{
	return equals_as(have, want, false);
}

static bool equals_fold(const char *have, const char *want)
{
	return equals_as(have, want, true);
}

static bool like(const char *have, const char *want)
{
	return iam_glob(want, have, false);
}

/* ArnEquals and ArnLike behave identically. */
static bool arn_like(const char *have, const char *want)
{
	return iam_arn_glob(want, have);
}

/* -1, 0, 1; 2 when one of them is no number. */
static int number_order(const char *have, const char *want)
{
	char *have_end, *want_end;
	double a = strtod(have, &have_end), b = strtod(want, &want_end);

	if (have_end == have || *have_end || want_end == want || *want_end)
		return 2;
	return (a > b) - (a < b);
}

static bool digits(const char *s, unsigned count, int *ret)
{
	*ret = 0;
	for (unsigned i = 0; i < count; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		*ret = *ret * 10 + (s[i] - '0');
	}
	return true;
}

/* Days since 1970-01-01 of the Gregorian calendar (Hinnant's era arithmetic). */
static int64_t days_from_date(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = y / 400, of_era = y - era * 400;
	int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return (int64_t)era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* "2026-11-24", "2026-11-24T17:45:33Z" (fractions are dropped) or seconds since 1970. */
static bool parse_date(const char *s, int64_t *ret)
{
	int year, month, day, hour = 0, minute = 0, second = 0;

	if (num_parse_i64(s, -4000000000000, 4000000000000, ret) == 0 && !strchr(s + 1, '-'))
		return true;
	if (strlen(s) < 10 || !digits(s, 4, &year) || s[4] != '-' || !digits(s + 5, 2, &month) ||
	    s[7] != '-' || !digits(s + 8, 2, &day))
		return false;
	if (s[10] == 'T' && (strlen(s) < 20 || !digits(s + 11, 2, &hour) || s[13] != ':' ||
			     !digits(s + 14, 2, &minute) || s[16] != ':' ||
			     !digits(s + 17, 2, &second) || !str_ends(s, "Z")))
		return false;
	if ((s[10] && s[10] != 'T') || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*ret = days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
	return true;
}

static int date_order(const char *have, const char *want)
{
	int64_t a, b;

	if (!parse_date(have, &a) || !parse_date(want, &b))
		return 2;
	return (a > b) - (a < b);
}

/* clang-format off */
static bool number_equals(const char *h, const char *w) { return number_order(h, w) == 0; }
static bool number_less(const char *h, const char *w) { return number_order(h, w) == -1; }
static bool number_most(const char *h, const char *w) { return number_order(h, w) <= 0; }
static bool number_more(const char *h, const char *w) { return number_order(h, w) == 1; }
static bool number_least(const char *h, const char *w)
{
	int order = number_order(h, w);
	return order == 0 || order == 1;
}
static bool date_equals(const char *h, const char *w) { return date_order(h, w) == 0; }
static bool date_less(const char *h, const char *w) { return date_order(h, w) == -1; }
static bool date_most(const char *h, const char *w) { return date_order(h, w) <= 0; }
static bool date_more(const char *h, const char *w) { return date_order(h, w) == 1; }
static bool date_least(const char *h, const char *w)
{
	int order = date_order(h, w);
	return order == 0 || order == 1;
}
/* clang-format on */

/* IPv4 only: an IPv6 range never holds an IPv4 address, nor the other way round. */
static bool in_range(const char *have, const char *want)
{
	const char *slash = strchr(want, '/');
	OWN(str) char *base = str_dup_n(want, slash ? (size_t)(slash - want) : strlen(want));
	uint32_t address, range;
	uint64_t bits = 32;

	if (ip_parse(have, &address) < 0 || ip_parse(base, &range) < 0 ||
	    (slash && num_parse_u64(slash + 1, 0, 32, &bits) < 0))
		return false;
	return ip_in_cidr(address, range, (unsigned)bits);
}

struct operator
{
	const char *name;
	compare holds;
	bool negated;
};
/* clang-format off */
static const struct operator operators[] = {
	{ "StringEquals", equals, false },
	{ "StringNotEquals", equals, true },
	{ "StringEqualsIgnoreCase", equals_fold, false },
	{ "StringNotEqualsIgnoreCase", equals_fold, true },
	{ "StringLike", like, false },
	{ "StringNotLike", like, true },
	{ "ArnEquals", arn_like, false },
	{ "ArnNotEquals", arn_like, true },
	{ "ArnLike", arn_like, false },
	{ "ArnNotLike", arn_like, true },
	{ "Bool", equals_fold, false },
	{ "BinaryEquals", equals, false },
	{ "NumericEquals", number_equals, false },
	{ "NumericNotEquals", number_equals, true },
	{ "NumericLessThan", number_less, false },
	{ "NumericLessThanEquals", number_most, false },
	{ "NumericGreaterThan", number_more, false },
	{ "NumericGreaterThanEquals", number_least, false },
	{ "DateEquals", date_equals, false },
	{ "DateNotEquals", date_equals, true },
	{ "DateLessThan", date_less, false },
	{ "DateLessThanEquals", date_most, false },
	{ "DateGreaterThan", date_more, false },
	{ "DateGreaterThanEquals", date_least, false },
	{ "IpAddress", in_range, false },
	{ "NotIpAddress", in_range, true },
	{ "Null", NULL, false },
};
/* clang-format on */

enum set { SET_NONE, SET_ALL, SET_ANY };
struct parsed {
	const struct operator* op;
	enum set set;
	bool if_exists;
};

static bool parse_operator(const char *name, struct parsed *ret)
{
	size_t len;

	*ret = (struct parsed){ 0 };
	if (str_starts(name, "ForAllValues:"))
		ret->set = SET_ALL;
	else if (str_starts(name, "ForAnyValue:"))
		ret->set = SET_ANY;
	if (ret->set != SET_NONE)
		name = strchr(name, ':') + 1;
	ret->if_exists = str_ends(name, "IfExists");
	len = strlen(name) - (ret->if_exists ? strlen("IfExists") : 0);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		const struct operator* op = & operators[i];

		if (strlen(op->name) == len && !strncmp(op->name, name, len)) {
			ret->op = op;
			return op->holds || !ret->if_exists; /* there is no NullIfExists */
		}
	}
	return false;
}

bool iam_operator_known(const char *name)
{
	struct parsed parsed;

	return parse_operator(name, &parsed);
}

/* Does one value of the request meet one of the policy's values? */
static enum match meets_one(const struct iam_question *q, const struct operator* op,
			    const char *have, const json_t *wants, bool variables)
{
	enum match result = MATCH_NO;

	for (size_t i = 0; i < iam_value_count(wants); i++) {
		OWN(str) char *raw = iam_value_text(wants, i);
		OWN(str) char *want = NULL;
		enum match m = raw ? iam_expand(q, raw, variables, &want) : MATCH_NO;

		if (m == MATCH_YES && op->holds(have, want))
			return MATCH_YES;
		if (m == MATCH_UNKNOWN)
			result = MATCH_UNKNOWN;
	}
	return result;
}

static enum match invert(enum match m)
{
	if (m == MATCH_UNKNOWN)
		return m;
	return m == MATCH_YES ? MATCH_NO : MATCH_YES;
}

/* Without a set qualifier a positive operator needs one value that meets, a negated one needs all
 * values to stay clear of all of the policy's. */
static enum match meets(const struct iam_question *q, const struct parsed *p, const json_t *have,
			const json_t *wants, bool variables)
{
	bool all = p->set == SET_ALL || (p->set == SET_NONE && p->op->negated);
	enum match result = all ? MATCH_YES : MATCH_NO;

	for (size_t i = 0; i < iam_value_count(have); i++) {
		OWN(str) char *text = iam_value_text(have, i);
		enum match m = meets_one(q, p->op, text ? text : "", wants, variables);

		if (p->op->negated)
			m = invert(m);
		if (all)
			result = match_and(result, m);
		else if (m == MATCH_YES || result == MATCH_NO)
			result = m;
		if (!all && result == MATCH_YES)
			break;
	}
	return result;
}

static enum match null_holds(const json_t *have, bool known, const json_t *wants)
{
	OWN(str) char *want = iam_value_text(wants, 0);

	if (!have && !known)
		return MATCH_UNKNOWN;
	if (!want)
		return MATCH_NO;
	return equals_fold("true", want) == !have ? MATCH_YES : MATCH_NO;
}

static enum match key_holds(const struct iam_question *q, const char *operator_name,
			    const char *key, const json_t *wants, bool variables)
{
	OWN(json) json_t *have = NULL;
	struct parsed p;
	bool known;

	if (!parse_operator(operator_name, &p))
		return MATCH_UNKNOWN;
	have = iam_context_values(q, key, &known);
	if (!p.op->holds)
		return null_holds(have, known, wants);
	if (have)
		return meets(q, &p, have, wants, variables);
	if (!known && !p.if_exists)
		return MATCH_UNKNOWN;
	/* Unknown with IfExists may exist and differ: only certain absence satisfies it. */
	if (!known)
		return MATCH_UNKNOWN;
	if (p.if_exists || p.set == SET_ALL)
		return MATCH_YES;
	return p.op->negated && p.set == SET_NONE ? MATCH_YES : MATCH_NO;
}

enum match iam_conditions(const struct iam_question *q, const json_t *condition, bool variables,
			  char *ret_evidence)
{
	enum match result = MATCH_YES;
	const char *operator_name, *key;
	json_t *keys, *wants;

	json_object_foreach((json_t *)(uintptr_t)condition, operator_name, keys)
	{
		json_object_foreach(keys, key, wants)
		{
			enum match m = key_holds(q, operator_name, key, wants, variables);

			if (m != MATCH_YES && (result == MATCH_YES || m == MATCH_NO))
				(void)snprintf(ret_evidence, 256, "%s %s", operator_name, key);
			result = match_and(result, m);
		}
	}
	return result;
}
