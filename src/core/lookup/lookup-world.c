/* What an evaluation may know of the account. */
#include <string.h>

#include "base/str.h"
#include "core/lookup/lookup-internal.h"

static void ask(struct lookup_world *w, const char *service, const char *action, const json_t *input)
{
	json_array_append_new(w->asked,
			      json_pack("{s:s,s:s,s:O}", "service", service, "action", action,
					"input", input));
}

/* A parameter of the store as text; what is encrypted is no value for a template. */
static int parameter(struct lookup_world *w, const char *name, json_t **ret)
{
	OWN(json) json_t *input = text_input("Name", name);
	const json_t *answer =
		answer_to(w->facts, "ssm", "GetParameter", json_incref(input));
	const json_t *found = json_map(answer, "Parameter");
	const char *value = json_str(found, "Value");

	if (!answer && !refusal_of(w->facts, "ssm", "GetParameter", json_incref(input)))
		ask(w, "ssm", "GetParameter", input);
	if (!value || str_eq(json_str(found, "Type"), "SecureString") || strstr(value, "{{resolve:"))
		return TEMPLATE_UNKNOWN;
	*ret = json_string(value);
	return 0;
}

static int world_ssm(void *ctx, const char *name, json_t **ret, struct err *err)
{
	(void)err;
	return parameter(ctx, name, ret);
}

/* Secrets stay what they are referred to by: their values have no place in an evaluation. */
static int world_dynamic(void *ctx, const char *service, const char *rest, json_t **ret,
			 struct err *err)
{
	(void)err;
	return strcmp(service, "ssm") != 0 ? TEMPLATE_UNKNOWN : parameter(ctx, rest, ret);
}

static const char *partition_of(const char *arn)
{
	return str_starts(arn, "arn:aws-cn:")	    ? "aws-cn"
	       : str_starts(arn, "arn:aws-us-gov:") ? "aws-us-gov"
						    : "aws";
}

const char *lookup_account(const json_t *facts)
{
	return json_str(answer_to(facts, "sts", "GetCallerIdentity", json_object()), "Account");
}

void lookup_world_set(struct lookup_world *w, const char *region, struct template_world *ret)
{
	const json_t *identity = answer_to(w->facts, "sts", "GetCallerIdentity", json_object());

	ret->ctx = w;
	ret->ssm = world_ssm;
	ret->dynamic = world_dynamic;
	if (!json_str(identity, "Account") || !region)
		return;
	ret->account = json_str(identity, "Account");
	ret->region = region;
	ret->partition = partition_of(json_str_or(identity, "Arn", ""));
	ret->url_suffix = !strcmp(ret->partition, "aws-cn") ? "amazonaws.com.cn" : "amazonaws.com";
}
