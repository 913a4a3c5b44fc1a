/* Facts: answers by question, and texts that name what is asked about. */
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "core/check/check.h"
#include "core/lookup/lookup-internal.h"

/* ---- answers --------------------------------------------------------------------------------- */

static const json_t *fact_of(const json_t *facts, const char *service, const char *action,
			     json_t *input)
{
	OWN(json) json_t *taken = input;
	OWN(str) char *key = check_question_key(service, action, taken);

	return key ? json_map(facts, key) : NULL;
}

const json_t *answer_to(const json_t *facts, const char *service, const char *action, json_t *input)
{
	return json_map(fact_of(facts, service, action, input), "answer");
}

const char *refusal_of(const json_t *facts, const char *service, const char *action, json_t *input)
{
	return json_str(fact_of(facts, service, action, input), "error");
}

static bool is_question(const json_t *q, const char *service, const char *action)
{
	return str_eq(json_string_value(json_array_get(q, 0)), service) &&
	       str_eq(json_string_value(json_array_get(q, 1)), action);
}

bool fact_next(const json_t *facts, const char *service, const char *action, struct fact *f)
{
	json_t *whole = (json_t *)(uintptr_t)facts; /* only read */

	f->at = f->at ? json_object_iter_next(whole, f->at) : json_object_iter(whole);
	for (; f->at; f->at = json_object_iter_next(whole, f->at)) {
		json_decref(f->question);
		f->question = json_loads(json_object_iter_key(f->at), 0, NULL);
		f->input = json_array_get(f->question, 2);
		f->answer = json_map(json_object_iter_value(f->at), "answer");
		if (f->answer && is_question(f->question, service, action))
			return true;
	}
	return false;
}

json_t *text_input(const char *member, const char *value)
{
	json_t *input = json_object();

	json_set_str(input, member, value);
	return input;
}

json_t *list_input(const char *member, const char *value)
{
	json_t *list = json_array(), *input = json_object();

	json_add_str(list, value);
	json_object_set_new(input, member, list);
	return input;
}

json_t *filter_input(const char *member, const char *name, const char *value)
{
	json_t *filter = list_input("Values", value), *input = json_object();

	json_set_str(filter, "Name", name);
	json_object_set_new(input, member, json_pack("[o]", filter));
	return input;
}

/* ---- texts ----------------------------------------------------------------------------------- */

bool is_id(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	if (!text || strncmp(text, prefix, len) != 0 || !text[len] || strlen(text) > 64)
		return false;
	for (const char *c = text + len; *c; c++)
		if (!isalnum((unsigned char)*c))
			return false;
	return true;
}

/* Field 5 of "arn:partition:service:region:account:rest". */
static const char *arn_field(const char *text, const char *service)
{
	const char *at = text && str_starts(text, "arn:") ? strchr(text + 4, ':') : NULL;
	size_t len = strlen(service);

	if (!at || strncmp(at + 1, service, len) != 0 || at[1 + len] != ':')
		return NULL;
	at = strchr(at + 2 + len, ':');
	at = at ? strchr(at + 1, ':') : NULL;
	return at ? at + 1 : NULL;
}

const char *arn_rest(const char *text, const char *service, const char *kind)
{
	const char *rest = arn_field(text, service);

	if (!rest || !str_starts(rest, kind) || !rest[strlen(kind)] || strpbrk(text, "*?"))
		return NULL;
	return rest + strlen(kind);
}

char *secret_arn(const char *text)
{
	const char *name = arn_rest(text, "secretsmanager", "secret:");

	return name ? str_dup_n(text, (size_t)(name - text) + strcspn(name, ":")) : NULL;
}
