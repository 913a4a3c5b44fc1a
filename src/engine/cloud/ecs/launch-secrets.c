/* Steps: registry authorisation and secrets, as the execution role, over the task's own interface.
 */
#include "engine/cloud/ecs/ecs-internal.h"

#include <string.h>

char *ecs_denied_user(const char *text, const char *role)
{
	const char *user = strstr(text, "User: ");
	const char *end = user ? strstr(user, " is not authorized") : NULL;

	return end ? str_dup_n(user + 6, (size_t)(end - user - 6)) : str_dup(role ? role : "");
}

static const char *reason_of(const char *text)
{
	const char *because = strstr(text, " because ");

	return because ? because + strlen(" because ")
		       : "no identity-based policy allows the action";
}

static bool has_answer(const struct launch *l, const char *host, const json_t **ret)
{
	*ret = ecs_launch_reach((struct launch *)(uintptr_t)l, host);
	return *ret != NULL;
}

static bool is_reached(const json_t *answer)
{
	return str_eq(json_str(answer, "result"), "ok");
}

/* ---- registry
 * -------------------------------------------------------------------------------------------- */

static enum ecs_step authorise_registry(struct launch *l, const struct container *c)
{
	const char *image = json_str_or(c->definition, "image", "");
	OWN(str) char *region = ecs_image_region(image);
	OWN(str) char *host = str_printf("api.ecr.%s.amazonaws.com", region);
	const json_t *answer;
	struct hub_question q = { .principal = l->execution_role,
				  .action = "ecr:GetAuthorizationToken",
				  .resource = "*" };
	struct err why = { 0 };

	if (!has_answer(l, host, &answer))
		return STEP_WAIT;
	if (str_eq(json_str(answer, "result"), "unresolved"))
		return FAIL(l, c, LAUNCH_FAIL_REGISTRY_RESOLVE, host);
	if (!is_reached(answer))
		return FAIL(l, c, LAUNCH_FAIL_REGISTRY_TIMEOUT, host,
			    json_str_or(answer, "address", ""));
	if (!hub_authorized(l->ecs->hub, &q, &why)) {
		OWN(str) char *user = ecs_denied_user(why.text, l->execution_role);

		return FAIL(l, c, LAUNCH_FAIL_REGISTRY_DENIED, user, q.action, "*");
	}
	return STEP_NEXT;
}

enum ecs_step ecs_step_registry(struct launch *l)
{
	for (size_t i = 0; i < l->container_count; i++) {
		const struct container *c = &l->containers[i];
		enum ecs_step rc = STEP_NEXT;

		if (ecs_is_ecr(json_str_or(c->definition, "image", "")))
			rc = authorise_registry(l, c);
		if (rc != STEP_NEXT)
			return rc;
	}
	return STEP_NEXT;
}

/* ---- secrets
 * -----------------------------------------------------------------------------------------------
 */

/* arn:aws:secretsmanager:<region>:<account>:secret:<name>[:<json-key>:<stage>:<version id>] */
struct selector {
	char *arn, *key, *stage, *version;
	bool malformed;
};

static void selector_free(struct selector *s)
{
	free(s->arn);
	free(s->key);
	free(s->stage);
	free(s->version);
}

static bool is_secret_arn(const char *value_from)
{
	return str_starts(value_from, "arn:") && strstr(value_from, ":secretsmanager:");
}

static void parse_selector(const char *value_from, struct selector *s)
{
	const char *at = value_from, *parts[4];
	size_t count = 0;

	for (unsigned colons = 0; at && colons < 7; colons++) {
		at = strchr(at, ':');
		at = at ? at + 1 : NULL;
	}
	s->arn = str_dup_n(value_from, at ? (size_t)(at - 1 - value_from) : strlen(value_from));
	while (at && count < 4) {
		parts[count++] = at;
		at = strchr(at, ':');
		at = at ? at + 1 : NULL;
	}
	if (!count)
		return;
	s->malformed = count != 3 || at;
	if (s->malformed)
		return;
	s->key = str_dup_n(parts[0], (size_t)(parts[1] - 1 - parts[0]));
	s->stage = str_dup_n(parts[1], (size_t)(parts[2] - 1 - parts[1]));
	s->version = str_dup(parts[2]);
	s->malformed = (*s->version && strlen(s->version) < 32) || (*s->version && *s->stage);
}

static enum ecs_step fail_secret(struct launch *l, const struct container *c,
				 const struct selector *s, const char *code, const char *text)
{
	const char *stage = s->stage && *s->stage ? s->stage : "AWSCURRENT";

	if (strstr(text, "KMS"))
		return FAIL(l, c, LAUNCH_FAIL_KMS_DENIED, l->execution_role, "");
	if (strstr(code, "AccessDenied")) {
		OWN(str) char *user = ecs_denied_user(text, l->execution_role);

		return FAIL(l, c, LAUNCH_FAIL_SECRET_DENIED, user, "secretsmanager:GetSecretValue",
			    s->arn, reason_of(text));
	}
	if (strstr(code, "ResourceNotFound") && strstr(text, "staging label"))
		return FAIL(l, c, LAUNCH_FAIL_SECRET_MISSING, s->arn, stage);
	if (strstr(code, "ResourceNotFound"))
		return FAIL(l, c, LAUNCH_FAIL_SECRET_ABSENT, s->arn);
	return FAIL(l, c, LAUNCH_FAIL_SECRET_OTHER, s->arn, text);
}

static void wipe_text(json_t *text)
{
	const char *value = json_string_value(text);

	if (value)
		explicit_bzero((char *)(uintptr_t)value, json_string_length(text));
}

static void keep(struct launch *l, const struct container *c, const char *name, const char *value)
{
	json_t *values = json_object_get(l->secrets, c->name);

	if (!name)
		return; /* read only to see that it can be read */
	if (!values) {
		values = json_object();
		json_object_set_new(l->secrets, c->name, values);
	}
	json_set_str(values, name, value);
}

/* Picks the member of a JSON secret. */
static enum ecs_step keep_member(struct launch *l, const struct container *c, const char *name,
				 const struct selector *s, const char *text)
{
	OWN(json) json_t *parsed = json_loads(text, JSON_DECODE_ANY, NULL);
	json_t *member = json_object_get(parsed, s->key);
	char first[2] = { text[strspn(text, " \t\r\n")], '\0' };

	if (!json_is_object(parsed))
		return FAIL(l, c, LAUNCH_FAIL_SECRET_JSON, first);
	if (!member)
		return FAIL(l, c, LAUNCH_FAIL_SECRET_JSON_KEY, s->arn, s->key);
	if (json_is_string(member)) {
		keep(l, c, name, json_string_value(member));
		wipe_text(member);
	} else {
		OWN(str) char *encoded = json_text(member);

		keep(l, c, name, encoded);
		explicit_bzero(encoded, strlen(encoded));
	}
	return STEP_NEXT;
}

static enum ecs_step read_secret(struct launch *l, const struct container *c, const char *name,
				 const char *value_from)
{
	__attribute__((cleanup(selector_free))) struct selector s = { 0 };
	OWN(json) json_t *in = json_object(), *out = NULL;
	struct err err = { 0 };
	char code[96] = "";
	const char *text;
	enum ecs_step rc = STEP_NEXT;

	parse_selector(value_from, &s);
	if (s.malformed)
		return FAIL(l, c, LAUNCH_FAIL_SECRET_SELECTOR, s.version ? s.version : "");
	json_set_str(in, "SecretId", s.arn);
	if (s.stage && *s.stage)
		json_set_str(in, "VersionStage", s.stage);
	if (s.version && *s.version)
		json_set_str(in, "VersionId", s.version);
	if (hub_call(l->ecs->hub, l->execution_role, "secretsmanager", "GetSecretValue", in, &out,
		     code, &err) < 0)
		return fail_secret(l, c, &s, code, err.text);
	text = json_str_or(out, "SecretString", "");
	if (s.key && *s.key)
		rc = keep_member(l, c, name, &s, text);
	else
		keep(l, c, name, text);
	return rc;
}

static enum ecs_step read_parameter(struct launch *l, const struct container *c, const char *name,
				    const char *value_from)
{
	OWN(json) json_t *in = json_pack("{s:[s], s:b}", "Names", value_from, "WithDecryption", 1);
	OWN(json) json_t *out = NULL;
	struct err err = { 0 };
	char code[96] = "";
	const json_t *value;

	if (hub_call(l->ecs->hub, l->execution_role, "ssm", "GetParameters", in, &out, code, &err) <
	    0) {
		OWN(str) char *user = ecs_denied_user(err.text, l->execution_role);

		return FAIL(l, c, LAUNCH_FAIL_PARAMETER_DENIED, user, "ssm:GetParameters",
			    value_from,
			    strstr(code, "AccessDenied") ? reason_of(err.text) : err.text);
	}
	value = json_path(out, "Parameters.0.Value");
	if (!value)
		return FAIL(l, c, LAUNCH_FAIL_PARAMETER_MISSING, value_from);
	keep(l, c, name, json_string_value(value));
	return STEP_NEXT;
}

static enum ecs_step read_one(struct launch *l, const struct container *c, const char *name,
			      const char *value_from)
{
	bool secret = is_secret_arn(value_from);
	OWN(str)
	char *host = str_printf("%s.%s.amazonaws.com", secret ? "secretsmanager" : "ssm",
				hub_region(l->ecs->hub));
	const json_t *answer;

	if (!has_answer(l, host, &answer))
		return STEP_WAIT;
	if (secret) {
		__attribute__((cleanup(selector_free))) struct selector s = { 0 };

		parse_selector(value_from, &s);
		if (!is_reached(answer))
			return FAIL(l, c, LAUNCH_FAIL_SECRET_TIMEOUT, s.arn, host);
		return read_secret(l, c, name, value_from);
	}
	if (!is_reached(answer))
		return FAIL(l, c, LAUNCH_FAIL_PARAMETER_TIMEOUT, NULL);
	return read_parameter(l, c, name, value_from);
}

static enum ecs_step read_of_container(struct launch *l, const struct container *c)
{
	const char *login =
		json_str(json_map(c->definition, "repositoryCredentials"), "credentialsParameter");
	json_t *secret;
	size_t i;

	if (login) {
		enum ecs_step rc = read_one(l, c, NULL, login);

		if (rc != STEP_NEXT)
			return rc;
	}
	json_array_foreach(json_list(c->definition, "secrets"), i, secret)
	{
		const char *name = json_str(secret, "name");
		enum ecs_step rc;

		if (json_object_get(json_object_get(l->secrets, c->name), name))
			continue; /* read before this step had to wait */
		rc = read_one(l, c, name, json_str_or(secret, "valueFrom", ""));
		if (rc != STEP_NEXT)
			return rc;
	}
	return STEP_NEXT;
}

enum ecs_step ecs_step_secrets(struct launch *l)
{
	for (size_t i = 0; i < l->container_count; i++) {
		enum ecs_step rc = read_of_container(l, &l->containers[i]);

		if (rc != STEP_NEXT)
			return rc;
	}
	return STEP_NEXT;
}

void ecs_secrets_wipe(struct launch *l)
{
	const char *container, *name;
	json_t *values, *value;

	json_object_foreach(l->secrets, container, values) json_object_foreach(values, name, value)
		wipe_text(value);
	json_object_clear(l->secrets);
}
