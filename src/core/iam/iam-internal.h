/* Shared by the files of this room only. */
#pragma once
#include <stdbool.h>

#include "core/iam/iam.h"

/* Three-valued: a condition on a key that nobody told us about cannot be decided. */
enum match { MATCH_NO, MATCH_YES, MATCH_UNKNOWN };
static inline enum match match_and(enum match a, enum match b)
{
	if (a == MATCH_NO || b == MATCH_NO)
		return MATCH_NO;
	return a == MATCH_UNKNOWN || b == MATCH_UNKNOWN ? MATCH_UNKNOWN : MATCH_YES;
}

/* Policy elements are a value or a list of values; true and 1 are as good as "true" and "1". */
size_t iam_value_count(const json_t *v);
/* Text of value i; NULL when it is an object, a list or null. Caller frees. */
char *iam_value_text(const json_t *v, size_t i);

/* Values of a condition key in the request. Caller's reference. NULL: *ret_known tells absence
 * (true) from ignorance (false). */
json_t *iam_context_values(const struct iam_question *q, const char *key, bool *ret_known);

/* Replaces policy variables in `text`. Wildcards that come out of a variable become the two
 * control characters below, so that they match themselves only. MATCH_NO: a variable has no value.
 */
#define IAM_LITERAL_STAR '\x01'
#define IAM_LITERAL_MARK '\x02'
enum match iam_expand(const struct iam_question *q, const char *text, bool variables, char **ret);
/* `*` and `?` over text; the literal characters above stand for themselves. */
bool iam_glob(const char *pattern, const char *text, bool fold);
/* The same, part by part between the first five colons, as AWS compares ARNs. */
bool iam_arn_glob(const char *pattern, const char *arn);

/* All operators and keys of a Condition element hold. `ret_evidence` (256 bytes) names the first
 * one that does not. variables: the document's Version knows policy variables. */
enum match iam_conditions(const struct iam_question *q, const json_t *condition, bool variables,
			  char *ret_evidence);
/* "StringEquals", "ForAnyValue:ArnLikeIfExists", ...: is it one? */
bool iam_operator_known(const char *name);
