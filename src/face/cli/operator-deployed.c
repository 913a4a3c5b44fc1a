/* The secrets that were deployed with the nodes: where they are, and their keys. */
#include <string.h>

#include "face/cli/operator-internal.h"

static void wipe_json_string(json_t *j)
{
	if (json_is_string(j))
		explicit_bzero((char *)(uintptr_t)json_string_value(j), json_string_length(j));
}

const char *operator_value_from(const json_t *container, const char *variable)
{
	json_t *secret;
	size_t i;

	json_array_foreach(json_list(container, "secrets"), i, secret)
		if (str_eq(json_str(secret, "name"), variable))
			return json_str(secret, "valueFrom");
	return NULL;
}

/* "arn:aws:secretsmanager:R:A:secret:name-xxxxxx:json-key:stage:version" */
char *operator_secret_id(const char *value_from, char **ret_json_key)
{
	const char *at = value_from;
	const char *key;

	*ret_json_key = NULL;
	for (int colons = 0; colons < 6 && at; colons++) {
		at = strchr(at, ':');
		at = at ? at + 1 : NULL;
	}
	key = at ? strchr(at, ':') : NULL;
	if (!key)
		return str_dup(value_from);
	*ret_json_key = str_dup_n(key + 1, strcspn(key + 1, ":"));
	return str_dup_n(value_from, (size_t)(key - value_from));
}

static int parse_key_text(const char *text, const char *json_key, struct near_key *ret,
			  struct err *err)
{
	json_t *object = NULL, *member;
	int rc;

	if (!json_key || !*json_key)
		return near_key_parse(text, ret, err);
	if (json_parse_text("secret", text, strlen(text), &object, NULL) < 0)
		return err_set(err, ERR_INPUT, "the secret is not JSON");
	member = json_object_get(object, json_key);
	rc = json_is_string(member) ? near_key_parse(json_string_value(member), ret, err)
				    : err_set(err, ERR_INPUT, "the secret has no member %s", json_key);
	wipe_json_string(member);
	json_decref(object);
	return rc;
}

int operator_deployed_key(struct target *t, const json_t *node, const char *variable,
			  struct near_key *ret, struct err *err)
{
	const char *from = operator_value_from(json_object_get(node, "container"), variable);
	OWN(str) char *json_key = NULL, *id = NULL;
	OWN(json) json_t *in = NULL, *out = NULL;
	json_t *text;
	int rc;

	if (!from)
		return err_set(err, ERR_INPUT, "%s: %s is not among its secrets",
			       json_str_or(node, "name", "?"), variable);
	id = operator_secret_id(from, &json_key);
	in = json_pack("{s:s}", "SecretId", id);
	if (awsclient_call(t->aws, "secretsmanager", "GetSecretValue", in, &out, NULL, err) < 0)
		return err_in(err, "%s: %s", json_str_or(node, "name", "?"), variable);
	text = json_object_get(out, "SecretString");
	rc = json_is_string(text) ? parse_key_text(json_string_value(text), json_key, ret, err)
				  : err_set(err, ERR_INPUT, "the secret has no value");
	wipe_json_string(text);
	return rc < 0 ? err_in(err, "%s: %s", json_str_or(node, "name", "?"), variable) : 0;
}
