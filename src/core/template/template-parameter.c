/* Values of the parameters: given, previous or default; type and constraints checked. The texts of
 * errors never show a value, which may be a secret. */
#include <math.h>
#include <string.h>

#include "core/template/template-internal.h"

static const char ssm_value[] = "AWS::SSM::Parameter::Value<";

bool parameter_is_list(const char *type)
{
	if (str_starts(type, ssm_value))
		type += sizeof(ssm_value) - 1;
	return str_starts(type, "List<") || str_starts(type, "CommaDelimitedList");
}

static json_t *trimmed(const char *text, size_t len)
{
	while (len && memchr(" \t\r\n", *text, 4)) {
		text++;
		len--;
	}
	while (len && memchr(" \t\r\n", text[len - 1], 4))
		len--;
	return json_stringn(text, len);
}

json_t *comma_split(const char *text)
{
	json_t *list = json_array();

	for (;;) {
		size_t len = strcspn(text, ",");

		if (*text || json_array_size(list))
			json_array_append_new(list, trimmed(text, len));
		if (!text[len])
			return list;
		text += len + 1;
	}
}

/* ---- constraints ----------------------------------------------------------------------------- */

struct parameter {
	const char *name, *type;
	const json_t *declaration;
};

static int violated(const struct parameter *p, struct err *err, const char *sentence)
{
	OWN(str)
	char *description = scalar_text(json_object_get(p->declaration, "ConstraintDescription"));

	if (description)
		return err_set(err, ERR_INPUT, "Parameter %s failed to satisfy constraint: %s",
			       p->name, description);
	return err_set(err, ERR_INPUT, "Parameter '%s' %s", p->name, sentence);
}

static bool number_parse(const char *text, double *ret)
{
	char *end;

	if (!*text || strchr(" \t\r\n\v\fxXnNiI", *text) || strpbrk(text, "xXpP"))
		return false;
	*ret = strtod(text, &end);
	return !*end && isfinite(*ret);
}

/* A bound of the declaration as a number; false when it has none. */
static bool bound(const struct parameter *p, const char *key, double *ret, char **ret_text)
{
	*ret_text = scalar_text(json_object_get(p->declaration, key));
	return *ret_text && number_parse(*ret_text, ret);
}

static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static int check_length(const struct parameter *p, const char *value, struct err *err)
{
	OWN(str) char *least_text = NULL;
	OWN(str) char *most_text = NULL;
	OWN(str) char *sentence = NULL;
	double length = (double)characters(value), least, most;

	if (bound(p, "MinLength", &least, &least_text) && length < least)
		sentence = str_printf("must contain at least %s characters", least_text);
	else if (bound(p, "MaxLength", &most, &most_text) && length > most)
		sentence = str_printf("must contain at most %s characters", most_text);
	return sentence ? violated(p, err, sentence) : 0;
}

static int check_number(const struct parameter *p, const char *value, struct err *err)
{
	OWN(str) char *least_text = NULL;
	OWN(str) char *most_text = NULL;
	OWN(str) char *sentence = NULL;
	double number, least, most;

	if (!number_parse(value, &number))
		return err_set(err, ERR_INPUT, "Parameter '%s' must be a number.", p->name);
	if (bound(p, "MinValue", &least, &least_text) && number < least)
		sentence = str_printf("must be a number not less than %s", least_text);
	else if (bound(p, "MaxValue", &most, &most_text) && number > most)
		sentence = str_printf("must be a number not greater than %s", most_text);
	return sentence ? violated(p, err, sentence) : 0;
}

static int check_allowed(const struct parameter *p, const char *value, struct err *err)
{
	const json_t *allowed = json_object_get(p->declaration, "AllowedValues");

	for (size_t i = 0; i < json_array_size(allowed); i++) {
		OWN(str) char *text = scalar_text(json_array_get(allowed, i));

		if (str_eq(text, value))
			return 0;
	}
	return allowed ? violated(p, err, "must be one of AllowedValues") : 0;
}

static int check_pattern(const struct parameter *p, const char *value, struct err *err)
{
	const char *pattern = json_str(p->declaration, "AllowedPattern");
	OWN(str) char *sentence = NULL;
	int matches = pattern ? pattern_match(pattern, value, err) : 1;

	if (matches < 0)
		return err_in(err, "Parameter '%s'", p->name);
	if (matches)
		return 0;
	sentence = str_printf("must match pattern %s", pattern);
	return violated(p, err, sentence);
}

/* One value, or one member of a list. */
static int check_one(const struct parameter *p, const char *value, struct err *err)
{
	bool number = !strcmp(p->type, "Number") || !strcmp(p->type, "List<Number>");

	if (number && check_number(p, value, err) < 0)
		return -1;
	if (!number && check_length(p, value, err) < 0)
		return -1;
	if (check_allowed(p, value, err) < 0)
		return -1;
	return check_pattern(p, value, err);
}

/* Values of AWS-specific types and names in the parameter store are never empty. */
static int check_filled(const struct parameter *p, const char *value, struct err *err)
{
	if (str_starts(p->type, "AWS::") && !*value)
		return err_set(
			err, ERR_INPUT,
			"Parameter validation failed: parameter value for parameter name %s must "
			"not be empty",
			p->name);
	return 0;
}

static int check_text(const struct parameter *p, const char *value, json_t **ret, struct err *err)
{
	json_t *member;
	size_t i;

	if (strlen(value) > LIMIT_PARAMETER_VALUE)
		return err_set(err, ERR_INPUT,
			       "1 validation error detected: Value at "
			       "'parameters.%s.member.parameterValue' "
			       "failed to satisfy constraint: Member must have length less than or "
			       "equal to "
			       "%d",
			       p->name, LIMIT_PARAMETER_VALUE);
	if (str_starts(p->type, ssm_value) || !parameter_is_list(p->type)) {
		*ret = json_string(value);
		return check_filled(p, value, err) < 0 ? -1 : check_one(p, value, err);
	}
	*ret = comma_split(value);
	json_array_foreach(*ret, i,
			   member) if (check_one(p, json_string_value(member), err) < 0) return -1;
	return 0;
}

/* ---- where a value comes from ---------------------------------------------------------------- */

/* As the API carries it, or as template_parameters() gave it before. */
static char *carried_text(const json_t *value)
{
	OWN(buf) struct buf text = { 0 };

	if (json_is_object(value))
		value = json_object_get(value, "Value");
	if (!json_is_array(value))
		return scalar_text(value);
	for (size_t i = 0; i < json_array_size(value); i++) {
		OWN(str) char *member = scalar_text(json_array_get(value, i));

		buf_printf(&text, "%s%s", i ? "," : "", member ? member : "");
	}
	return buf_take(&text);
}

static char *value_text(const struct parameter *p, const json_t *given, const json_t *previous)
{
	char *text = carried_text(json_object_get(given, p->name));

	if (!text)
		text = carried_text(json_object_get(previous, p->name));
	return text ? text : scalar_text(json_object_get(p->declaration, "Default"));
}

/* *ret_text stays NULL when it is not known. */
static int look_up(const char *key, const struct template_world *world, char **ret_text,
		   struct err *err)
{
	OWN(json) json_t *value = NULL;
	int known = TEMPLATE_UNKNOWN;

	if (world && world->ssm)
		known = world->ssm(world->ctx, key, &value, err);
	if (known < 0)
		return -1;
	*ret_text = known == 0 ? carried_text(value) : NULL;
	return 0;
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* Names that a sentence of CloudFormation lists. */
struct names {
	struct buf missing, unfetched;
};
static void own_drop_names(struct names *n)
{
	buf_free(&n->missing);
	buf_free(&n->unfetched);
}

static void name_add(struct buf *b, const char *name)
{
	if (b->len < 700)
		buf_printf(b, "%s%s", b->len ? ", " : "", name);
}

static json_t *unknown_value(const char *name)
{
	OWN(str) char *identity = str_printf("param:%s", name);

	return symbol_new(identity);
}

static int resolve(const struct parameter *p, const char *key, int strict,
		   const struct template_world *world, json_t *entry, struct names *names,
		   struct err *err)
{
	OWN(str) char *resolved = NULL;

	if (!str_starts(p->type, ssm_value))
		return 0;
	if (look_up(key, world, &resolved, err) < 0)
		return -1;
	json_set_str(entry, "ResolvedValue", resolved);
	if (!resolved && strict)
		name_add(&names->unfetched, key);
	return 0;
}

static int take_parameter(const struct parameter *p, const char *text, int strict,
			  const struct template_world *world, json_t *result, struct names *names,
			  struct err *err)
{
	json_t *entry = json_object(), *value = NULL;

	json_object_set_new(result, p->name, entry);
	if (!text)
		value = unknown_value(p->name);
	else if (check_text(p, text, &value, err) < 0) {
		json_decref(value);
		return -1;
	}
	json_object_set_new(entry, "Value", value);
	json_set_bool(entry, "NoEcho", json_bool_or(p->declaration, "NoEcho", false));
	if (!text && strict)
		name_add(&names->missing, p->name);
	return text ? resolve(p, text, strict, world, entry, names, err) : 0;
}

static int check_given(const struct template *t, const json_t *given, struct err *err)
{
	OWN(buf) struct buf unknown = { 0 };
	json_t *names = (json_t *)(uintptr_t)given; /* only read; iterators take it without const */
	const char *name;
	json_t *unused;

	json_object_foreach(names, name, unused) if (!json_object_get(t->parameters, name))
		name_add(&unknown, name);
	if (!unknown.len)
		return 0;
	return err_set(err, ERR_INPUT, "Parameters: [%s] do not exist in the template",
		       unknown.data);
}

static int check_names(const struct names *names, struct err *err)
{
	if (names->missing.len)
		return err_set(err, ERR_INPUT, "Parameters: [%s] must have values",
			       names->missing.data);
	if (names->unfetched.len)
		return err_set(
			err, ERR_INPUT,
			"Unable to fetch parameters [%s] from parameter store for this account.",
			names->unfetched.data);
	return 0;
}

json_t *template_given(const json_t *list)
{
	json_t *given = json_object();

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		json_set_str(given, json_str_or(one, "ParameterKey", ""), json_str(one, "ParameterValue"));
	}
	return given;
}

int template_parameters(const struct template *t, const json_t *given, const json_t *previous,
			int strict, const struct template_world *world, json_t **ret,
			struct err *err)
{
	OWN(json) json_t *result = json_object();
	OWN(names) struct names names = { 0 };
	const char *name;
	json_t *declaration;

	if (check_given(t, given, err) < 0)
		return -1;
	json_object_foreach(t->parameters, name, declaration)
	{
		const struct parameter p = { name, json_str_or(declaration, "Type", "String"),
					     declaration };
		OWN(str) char *text = value_text(&p, given, previous);

		if (take_parameter(&p, text, strict, world, result, &names, err) < 0)
			return -1;
	}
	if (check_names(&names, err) < 0)
		return -1;
	*ret = GIVE(result);
	return 0;
}
