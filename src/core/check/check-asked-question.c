/* Questions of the rules that only a look-up settles, and how their answers are read. */
#include "core/check/check-asked.h"

#include <string.h>

struct asked ask(struct check *c, const char *service, const char *action, json_t *input)
{
	struct asked a = { .service = service, .action = action, .input = input };

	a.state = check_ask(c, service, action, json_incref(input), &a.answer);
	return a;
}

static bool says(const struct asked *a, const char *const *words)
{
	const char *code = json_str_or(a->answer, "error", "");
	const char *message = json_str_or(a->answer, "message", "");

	for (; a->state == CHECK_REFUSED && *words; words++)
		if (strcasestr(code, *words) || strcasestr(message, *words))
			return true;
	return false;
}

bool asked_denied(const struct asked *a)
{
	static const char *const words[] = { "AccessDenied",  "Unauthorized", "not authorized",
					     "DENIED",	      "Forbidden",    "insufficient_scope",
					     "OptInRequired", "AuthFailure",  NULL };

	return says(a, words);
}

bool asked_absent(const struct asked *a)
{
	static const char *const words[] = { "NotFound",     "NoSuchEntity",	"does not exist",
					     "not found",    "cannot be found", "MANIFEST_UNKNOWN",
					     "NAME_UNKNOWN", "UNKNOWN_ACCOUNT", NULL };

	return !asked_denied(a) && says(a, words);
}

bool asked_or_unknown(struct check *c, const struct check_finding *where, const struct asked *a,
		      const char *what)
{
	OWN(str) char *lookup = NULL;
	struct check_finding f = *where;

	if (a->state != CHECK_REFUSED)
		return a->state == CHECK_ANSWERED;
	lookup = check_question_command(a->service, a->action, a->input);
	f.severity = CHECK_UNKNOWN;
	f.lookup = lookup;
	check_add(c, &f, "%s is not known: the look-up was answered with %.64s", what,
		  json_str_or(a->answer, "error", "an error"));
	return false;
}

const json_t *asked_list(const struct asked *a, const char *name, const char *other)
{
	const json_t *list = json_list(a->answer, name);

	return list || !other ? list : json_list(a->answer, other);
}

const char *asked_text(const json_t *j, const char *name, const char *other)
{
	const char *text = json_str(j, name);

	return text || !other ? text : json_str(j, other);
}

bool asked_cut(const struct asked *a)
{
	const char *next = asked_text(a->answer, "nextToken", "NextToken");

	return (next && *next) || json_bool_or(a->answer, "IsTruncated", false);
}
