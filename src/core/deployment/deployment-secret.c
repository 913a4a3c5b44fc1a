/* ValueFrom of a container's secret: the secret or parameter, and the selectors behind it. */
#include <string.h>

#include "core/deployment/deployment-internal.h"

#define SYMBOL '\001' /* stands for a value that is not known; in no ARN */

/* ":key:stage:version" -> its three parts; all colons must be there. */
static int selectors_read(const char *text, struct deployment_value_from *ret)
{
	char *const into[] = { ret->json_key, ret->stage, ret->version };

	for (size_t i = 0; i < 3; i++) {
		size_t len;

		if (*text != ':')
			return -1;
		text++;
		len = strcspn(text, ":");
		if (len >= sizeof(ret->json_key))
			return -1;
		memcpy(into[i], text, len);
		into[i][len] = '\0';
		text += len;
	}
	/* A stage and a version at once are refused by ECS. */
	return *text || (*ret->stage && *ret->version) ? -1 : 0;
}

static void selectors(const char *text, struct deployment_value_from *ret)
{
	struct deployment_value_from read = *ret;

	if (!*text)
		return;
	if (strchr(text, SYMBOL))
		ret->unknown = true;
	else if (selectors_read(text, &read) < 0)
		ret->malformed = true;
	else
		*ret = read;
}

/* The resource that the first `len` bytes of an ARN name; what is not known in it stays unknown. */
static const struct deployment_resource *arn_resource(const struct deployment *d, const char *arn,
						      size_t len)
{
	OWN(buf) struct buf text = { 0 };
	OWN(json) json_t *value = NULL;

	for (size_t i = 0; i < len; i++)
		buf_char(&text, arn[i] == SYMBOL ? '?' : arn[i]);
	value = json_string(text.data);
	return deployment_target(d, value, NULL);
}

static const struct deployment_resource *parameter_named(const struct deployment *d,
							 const char *name)
{
	OWN(str) char *key = str_printf("ssm:parameter/%s", name[0] == '/' ? name + 1 : name);
	const json_t *index = json_object_get(d->arns, key);

	return index ? &d->resources[json_integer_value(index)] : NULL;
}

/* A text with SYMBOL in place of what is not known. */
static void from_text(const struct deployment *d, const char *text,
		      struct deployment_value_from *ret)
{
	const char *field[7] = { text };

	if (!str_starts(text, "arn:")) {
		/* A name alone is one of the parameter store, whatever it is the name of. */
		ret->unknown = strchr(text, SYMBOL) != NULL;
		ret->parameter_store = !ret->unknown;
		ret->secret = ret->unknown ? NULL : parameter_named(d, text);
		return;
	}
	/* arn:partition:service:region:account:secret:name */
	for (size_t i = 1; i < 7; i++) {
		field[i] = field[i - 1] ? strchr(field[i - 1], ':') : NULL;
		field[i] = field[i] ? field[i] + 1 : NULL;
	}
	if (!field[3] || *field[2] == SYMBOL) {
		ret->malformed = !field[3];
		ret->unknown = field[3] != NULL;
		return;
	}
	ret->parameter_store = !str_starts(field[2], "secretsmanager:");
	if (ret->parameter_store) {
		ret->secret = arn_resource(d, text, strlen(text));
	} else if (!field[6]) {
		ret->malformed = true;
	} else {
		size_t len = (size_t)(field[6] - text) + strcspn(field[6], ":");

		ret->secret = arn_resource(d, text, len);
		selectors(text + len, ret);
	}
}

/* The symbol that stands for all in front of the selectors: the value itself or its first part. */
static void from_symbol(const struct deployment *d, const json_t *symbol, const char *rest,
			struct deployment_value_from *ret)
{
	const struct deployment_resource *r = deployment_target(d, symbol, NULL);

	if (r && !strcmp(r->type, "AWS::SSM::Parameter")) {
		ret->secret = r;
		ret->parameter_store = true;
		ret->malformed = *rest != '\0';
		return;
	}
	if (r && !strcmp(r->type, "AWS::SecretsManager::Secret"))
		ret->secret = r;
	/* Nobody knows whether it is a secret; selectors tell that it is meant to be one. */
	else if (*rest != ':')
		ret->unknown = true;
	if (*rest == ':')
		selectors(rest, ret);
	else if (*rest && ret->secret)
		ret->malformed = true; /* something is glued to the ARN */
}

void deployment_value_from(const struct deployment *d, const json_t *value,
			   struct deployment_value_from *ret)
{
	const json_t *first = json_array_get(json_object_get(value, "$parts"), 0);
	OWN(str) char *text = text_flatten(d, value, SYMBOL);

	*ret = (struct deployment_value_from){ 0 };
	if (!text || json_object_get(value, "$if"))
		ret->unknown = true;
	else if (text[0] == SYMBOL)
		from_symbol(d, first ? first : value, text + 1, ret);
	else
		from_text(d, text, ret);
}
