/* The value that a secret variable of a node gets, followed from ValueFrom into the secret, and
 * what is wrong with it. Values are never part of a message. */
#include "core/check/check-internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "core/near/near.h"

const struct secret_slot secret_slots[] = {
	{ "MPC_P2P_PRIVATE_KEY", SECRET_KEY },
	{ "MPC_ACCOUNT_SK", SECRET_KEY },
	{ "MPC_SECRET_STORE_KEY", SECRET_HEX_32 },
	{ "MPC_BACKUP_ENCRYPTION_KEY_HEX", SECRET_HEX_64 },
	{ NULL, SECRET_KEY },
};

/* ---- following
 * ------------------------------------------------------------------------------------------ */

static void take_text(struct secret_view *v, const char *text)
{
	v->state = SECRET_VALUE;
	v->text = str_dup(text);
}

/* The selected member of an object; values that are no text are what ECS writes out. */
static void take_member(struct secret_view *v, const json_t *object, const char *key)
{
	const json_t *member = json_object_get(object, key);

	if (!member) {
		v->state = SECRET_NO_KEY;
	} else if (json_is_string(member)) {
		take_text(v, json_string_value(member));
	} else {
		OWN(str) char *text = json_text(member);

		take_text(v, text);
	}
}

/* Whether a text with unknown parts may become a JSON object: it begins with {" or {}. */
static bool may_be_object(const char *flat)
{
	flat += strspn(flat, " \t\r\n");
	if (!strncmp(flat, NODE_UNKNOWN, strlen(NODE_UNKNOWN)))
		return true;
	if (*flat != '{')
		return false;
	flat += 1 + strspn(flat + 1, " \t\r\n");
	return *flat == '"' || *flat == '}' || !strncmp(flat, NODE_UNKNOWN, strlen(NODE_UNKNOWN));
}

/* A parameter whose pattern begins with a letter has no JSON object as its value. */
static bool is_patterned_text(const struct check *c, const struct secret_view *v)
{
	size_t count;
	const struct deployment_template *all = check_templates(c, &count);
	const char *symbol = json_str_or(
		json_object_get(v->from.secret->properties, "SecretString"), "$symbol", "");
	const char *pattern;

	if (!str_starts(symbol, "param:") || v->from.secret->template >= count)
		return false;
	pattern = json_str_or(
		json_map(json_map(template_body(all[v->from.secret->template].t), "Parameters"),
			 symbol + strlen("param:")),
		"AllowedPattern", "");
	return pattern[0] == '^' && isalnum((unsigned char)pattern[1]) &&
	       !strchr(pattern, '|');
}

static void select_value(const struct check *c, struct secret_view *v, const char *flat)
{
	OWN(json) json_t *object = json_loads(flat, 0, NULL);

	if (!v->from.json_key[0]) {
		if (json_is_object(object))
			v->state = SECRET_WHOLE;
		else
			take_text(v, flat);
	} else if (json_is_object(object)) {
		take_member(v, object, v->from.json_key);
	} else if (node_has_unknown(flat) && may_be_object(flat) && !is_patterned_text(c, v)) {
		v->state = SECRET_OUTSIDE;
	} else {
		v->state = SECRET_NO_JSON;
	}
}

static void view_generated(const struct check *c, struct secret_view *v)
{
	const json_t *template = json_object_get(v->generate, "SecretStringTemplate");
	const char *key = v->from.json_key,
		   *generated = json_str_or(v->generate, "GenerateStringKey", "");

	v->state = SECRET_GENERATED;
	if (!template) {
		if (key[0])
			v->state = SECRET_NO_JSON;
	} else if (!key[0]) {
		v->state = SECRET_WHOLE;
	} else if (strcmp(key, generated) != 0) {
		OWN(str) char *flat = node_flatten(check_deployment(c), template);

		select_value(c, v, flat);
	}
}

/* A resource that may write the secret's value later: a custom resource, a rotation, an attachment.
 */
static bool names_secret(const struct deployment *d, const json_t *value,
			 const struct deployment_resource *secret, unsigned depth)
{
	const char *key;
	json_t *one;
	size_t i;

	if (depth > 32)
		return false;
	if (template_is_symbol(value) && deployment_target(d, value, NULL) == secret)
		return true;
	json_array_foreach(value, i, one)
		if (names_secret(d, one, secret, depth + 1))
			return true;
	json_object_foreach((json_t *)(uintptr_t)value, key, one)
		if (names_secret(d, one, secret, depth + 1))
			return true;
	return false;
}

static bool written_elsewhere(const struct deployment *d, const struct deployment_resource *secret)
{
	size_t count;
	const struct deployment_resource *all = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++) {
		const char *type = all[i].type;

		if ((str_starts(type, "Custom::") ||
		     !strcmp(type, "AWS::CloudFormation::CustomResource") ||
		     str_starts(type, "AWS::SecretsManager::")) &&
		    strcmp(type, "AWS::SecretsManager::Secret") != 0 &&
		    strcmp(type, "AWS::SecretsManager::ResourcePolicy") != 0 &&
		    names_secret(d, all[i].properties, secret, 0))
			return true;
	}
	return false;
}

static void view_secret(const struct check *c, struct secret_view *v)
{
	const struct deployment *d = check_deployment(c);
	const json_t *properties = v->from.secret->properties;
	const json_t *string = json_object_get(properties, "SecretString");

	if ((v->from.stage[0] && strcmp(v->from.stage, "AWSCURRENT") != 0) || v->from.version[0]) {
		v->state = SECRET_OUTSIDE; /* an older value; its text is nowhere in the template */
	} else if (string) {
		OWN(str) char *flat = node_flatten(d, string);

		v->property = "SecretString";
		select_value(c, v, flat);
		explicit_bzero(flat, strlen(flat));
	} else if ((v->generate = json_map(properties, "GenerateSecretString"))) {
		v->property = "GenerateSecretString";
		view_generated(c, v);
	} else {
		v->state = written_elsewhere(d, v->from.secret) ? SECRET_OUTSIDE : SECRET_NO_VALUE;
	}
}

/* Whether a key's halves belong together is the most expensive question of all rules. */
struct secret_verdict {
	bool known;
	const char *fault;
	char why[256];
};

static struct secret_verdict *verdict_of(const struct check *c, const struct node *n,
					 const struct secret_slot *slot)
{
	void **at = check_memo(c, slot, n->container, free);

	if (!*at)
		*at = NEW(struct secret_verdict);
	return *at;
}

/* Whether ValueFrom, a name or an ARN, is that of the parameter. */
static bool names_parameter(const struct deployment *d, const struct deployment_resource *r,
			    const char *from)
{
	const char *name = deployment_text(d, json_object_get(r->properties, "Name"));
	const char *arn = strstr(from, ":parameter/");

	if (!name || !*name)
		return false;
	if (!strcmp(name, from))
		return true;
	return arn && !strcmp(arn + strlen(":parameter/"), name + (*name == '/'));
}

/* The parameter of the templates that ValueFrom reads, or NULL. */
static const struct deployment_resource *parameter_of(const struct check *c,
						      const struct secret_view *v)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_resource *r = deployment_target(d, v->variable.value, NULL);
	OWN(str) char *from = node_flatten(d, v->variable.value);
	size_t count;
	const struct deployment_resource *all = deployment_resources(d, &count);

	if (r)
		return !strcmp(r->type, "AWS::SSM::Parameter") ? r : NULL;
	for (size_t i = 0; i < count; i++)
		if (!strcmp(all[i].type, "AWS::SSM::Parameter") && names_parameter(d, &all[i], from))
			return &all[i];
	return NULL;
}

static bool view_parameter(const struct check *c, struct secret_view *v)
{
	const struct deployment_resource *r = parameter_of(c, v);
	const json_t *value = r ? json_object_get(r->properties, "Value") : NULL;
	OWN(str) char *flat = value ? node_flatten(check_deployment(c), value) : NULL;

	if (!flat)
		return false;
	v->from.secret = r;
	v->from.json_key[0] = '\0'; /* the Parameter Store has no such selectors */
	v->property = "Value";
	select_value(c, v, flat);
	explicit_bzero(flat, strlen(flat));
	return true;
}

void secret_view(const struct check *c, const struct node *n, const struct secret_slot *slot,
		 struct secret_view *ret)
{
	*ret = (struct secret_view){ 0 };
	ret->verdict = verdict_of(c, n, slot);
	node_variable(c, n, slot->variable, &ret->variable);
	if (ret->variable.place == VARIABLE_ABSENT)
		return;
	if (ret->variable.place == VARIABLE_ENVIRONMENT) {
		take_text(ret, ret->variable.flat);
		return;
	}
	deployment_value_from(check_deployment(c), ret->variable.value, &ret->from);
	if (view_parameter(c, ret))
		return;
	if (ret->from.malformed)
		ret->state = SECRET_SELECTOR;
	else if (!ret->from.secret || ret->from.unknown || ret->from.parameter_store ||
		 strcmp(ret->from.secret->type, "AWS::SecretsManager::Secret") != 0)
		ret->state = SECRET_OUTSIDE;
	else
		view_secret(c, ret);
}

void secret_view_free(struct secret_view *v)
{
	if (v->text)
		explicit_bzero(v->text, strlen(v->text));
	free(v->text);
	own_drop_variable(&v->variable);
}

/* ---- judging
 * ------------------------------------------------------------------------------------------- */

static bool all_of(const char *text, int (*test)(int))
{
	for (const char *c = text; *c; c++)
		if (!test((unsigned char)*c))
			return false;
	return *text != '\0';
}

static bool is_placeholder(const char *text)
{
	static const char *const words[] = {
		"replace", "placeholder", "changeme", "change_me", "change-me", "change me",
		"todo",	   "to-do",	  "to-be",    "to_be",	   "to be",	"tobe",
		"xxx",	   "example",	  "your_",    "your-",	   "your ",	"dummy",
		"fixme",   "insert",	  "set-me",   "set_me",	   "setme",	"fill-",
		"fill_",   "fill ",	  "fillme",   "pending",   "sample",	"not-a-real",
		"fake",	   "undefined",	  "put-",     "put_",	   "put "
	};
	static const char *const wholes[] = { "tbd", "none", "null", "n/a", "unset", "empty", "default",
					      "secret", "key", "value", "...", "***" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(text, words[i]))
			return true;
	if (str_starts(text, "ed25519:"))
		text += strlen("ed25519:");
	for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++)
		if (!strcasecmp(text, wholes[i]))
			return true;
	/* <PUT KEY HERE> */
	return text[0] == '<' && text[strlen(text) - 1] == '>';
}

/* Words around a key, or signs that tools print: blanks inside, or what is no ASCII. */
static bool is_output(const char *text)
{
	for (const char *c = text; *c; c++)
		if ((unsigned char)*c >= 0x80)
			return true;
	text += strspn(text, " \t\r\n");
	text += strcspn(text, " \t\r\n");
	return text[strspn(text, " \t\r\n")] != '\0';
}

/* Words and nothing that could be a key: a note to whoever is to fill the secret. */
static bool is_note(const char *text)
{
	if (strstr(text, "ed25519:"))
		return false;
	for (const char *c = text; *c; c += *c != '\0') {
		size_t run = strcspn(c, " \t\r\n");

		for (size_t i = 0; i < run; i++)
			if ((unsigned char)c[i] >= 0x80)
				return false;
		if (run > 24)
			return false;
		c += run;
	}
	return is_output(text);
}

static bool is_padded(const char *text)
{
	size_t len = strlen(text);

	if (isspace((unsigned char)text[0]) || isspace((unsigned char)text[len - 1]))
		return true;
	for (const char *c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			return true;
	return false;
}

#define WHY(...) ((void)snprintf(why, why_size, __VA_ARGS__))

static const char *judge_key(const char *text, char *why, size_t why_size)
{
	const char *body = str_starts(text, "ed25519:") ? text + 8 : text;
	uint8_t bytes[128];
	size_t len = 0;
	struct near_key key;
	struct err err = { 0 };

	if (near_key_parse(text, &key, &err) == 0) {
		near_key_wipe(&key);
		return NULL;
	}
	if (all_of(body, isxdigit) && strlen(body) >= 32 && strlen(body) % 2 == 0 &&
	    (strlen(body) == 64 || strlen(body) == 128 || strchr(body, '0'))) {
		WHY("is hexadecimal; a NEAR key is base58");
		return "B05";
	}
	if (body == text) {
		WHY("does not start with 'ed25519:'");
		return "B06";
	}
	if (near_base58_decode(body, strlen(body), bytes, sizeof(bytes), &len) < 0) {
		WHY("is not base58 behind 'ed25519:'");
		return "B05";
	}
	explicit_bzero(bytes, sizeof(bytes));
	if (len != NEAR_SECRET_BYTES) {
		WHY("decodes to %zu bytes; a private key pair has 64%s", len,
		    len == 32 ? " (32 are a public key or a bare seed)" : "");
		return "B06";
	}
	WHY("has a public half that does not belong to its private half");
	return "B23";
}

static const char *judge_hex(const char *text, size_t digits, char *why, size_t why_size)
{
	if (all_of(text, isxdigit)) {
		if (strlen(text) == digits)
			return NULL;
		WHY("has %zu hexadecimal digits, %zu are due", strlen(text), digits);
		return "B04";
	}
	WHY("is not hexadecimal; %zu hexadecimal digits are due", digits);
	return "B03";
}

static const char *judge_text(const char *text, enum secret_kind kind, char *why, size_t why_size)
{
	const char *fault;

	if (!*text) {
		WHY("is empty");
		return "B25";
	}
	if (node_has_unknown(text)) {
		if (is_placeholder(text)) {
			WHY("has a placeholder in it");
			return "B01";
		}
		if (strcmp(text, NODE_UNKNOWN) != 0 && is_padded(text)) {
			WHY("has white space or a control character in it");
			return "B12";
		}
		return "";
	}
	fault = kind == SECRET_KEY
			? judge_key(text, why, why_size)
			: judge_hex(text, kind == SECRET_HEX_32 ? 32 : 64, why, why_size);
	if (fault && (is_placeholder(text) || is_note(text))) {
		WHY("is a placeholder, not a key");
		return "B01";
	}
	if (fault && is_output(text)) {
		WHY("has words or signs of something else around the key, as what a tool prints");
		return "B13";
	}
	if (fault && is_padded(text)) {
		WHY("begins or ends with white space, or has a control character in it");
		return "B12";
	}
	return fault;
}

/* The characters a generated value may have beyond hexadecimal digits: "" when there are none. */
static void add_class(struct buf *to, const char *class, const char *excluded)
{
	for (const char *c = class; *c; c++)
		if (!isxdigit((unsigned char)*c) && !strchr(excluded, *c))
			buf_char(to, *c);
}

static const char *judge_generated(const json_t *g, enum secret_kind kind, char *why,
				   size_t why_size)
{
	OWN(buf) struct buf foreign = { 0 };
	const char *excluded = json_str_or(g, "ExcludeCharacters", "");
	json_int_t length = json_int_or(g, "PasswordLength", 32),
		   due = kind == SECRET_HEX_32 ? 32 : 64;

	if (kind == SECRET_KEY) {
		WHY("is generated at random and never an ed25519 key pair");
		return "B06";
	}
	if (template_is_symbol(json_object_get(g, "ExcludeCharacters")) ||
	    template_is_symbol(json_object_get(g, "PasswordLength")))
		return "";
	if (!json_bool_or(g, "ExcludeLowercase", false))
		add_class(&foreign, "abcdefghijklmnopqrstuvwxyz", excluded);
	if (!json_bool_or(g, "ExcludeUppercase", false))
		add_class(&foreign, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", excluded);
	if (!json_bool_or(g, "ExcludePunctuation", false))
		add_class(&foreign, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", excluded);
	if (json_bool_or(g, "IncludeSpace", false))
		add_class(&foreign, " ", excluded);
	if (foreign.len) {
		WHY("is generated from characters that are no hexadecimal digits (%.20s%s)",
		    foreign.data, foreign.len > 20 ? "..." : "");
		return "B03";
	}
	if (length != due) {
		WHY("is generated with %lld characters, %lld are due", (long long)length,
		    (long long)due);
		return "B04";
	}
	return NULL;
}

static const char *judge(const struct secret_view *v, const struct secret_slot *slot, char *why,
			 size_t why_size)
{
	switch (v->state) {
	case SECRET_ABSENT:
		return NULL;
	case SECRET_OUTSIDE:
		return "";
	case SECRET_VALUE:
		return judge_text(v->text, slot->kind, why, why_size);
	case SECRET_GENERATED:
		return judge_generated(v->generate, slot->kind, why, why_size);
	case SECRET_NO_VALUE:
		WHY("has no value: the secret has neither SecretString nor GenerateSecretString");
		return "B02";
	case SECRET_SELECTOR:
		WHY("has a ValueFrom whose selector is neither absent nor :json-key:stage:version");
		return "B10";
	case SECRET_WHOLE:
		WHY("gets the secret's whole JSON object, because ValueFrom names no key");
		return "B07";
	case SECRET_NO_JSON:
		WHY("asks for JSON key '%.60s', but the secret is no JSON object",
		    v->from.json_key);
		return "B08";
	case SECRET_NO_KEY:
		WHY("asks for JSON key '%.60s', which the secret does not have%s", v->from.json_key,
		    strchr(v->from.json_key, '.') ? " (nested keys are not supported)" : "");
		return "B09";
	}
	return NULL;
}

const char *secret_judge(const struct secret_view *v, const struct secret_slot *slot, char *why,
			 size_t why_size)
{
	struct secret_verdict *known = v->verdict;

	if (!known)
		return judge(v, slot, why, why_size);
	if (!known->known) {
		known->fault = judge(v, slot, known->why, sizeof(known->why));
		known->known = true;
	}
	if (known->why[0])
		WHY("%s", known->why);
	return known->fault;
}

/* ---- values that are read where they lie --------------------------------------------------------------- */

const char *check_secret_value(const char *variable, const char *text, const char *json_key, char *why,
			       size_t why_size)
{
	const struct secret_slot *slot = secret_slots;
	json_t *object = NULL;
	const char *fault = NULL;

	while (slot->variable && strcmp(slot->variable, variable) != 0)
		slot++;
	if (!slot->variable)
		return NULL;
	object = json_loads(text, 0, NULL);
	if (json_key && *json_key && !json_is_object(object)) {
		WHY("is no JSON object, and ValueFrom asks for its key '%.60s'", json_key);
		fault = "B08";
	} else if (json_key && *json_key && !json_str(object, json_key)) {
		WHY("has no JSON key '%.60s' with a text", json_key);
		fault = "B09";
	} else if (json_key && *json_key) {
		fault = judge_text(json_str(object, json_key), slot->kind, why, why_size);
	} else if (json_is_object(object)) {
		WHY("is a JSON object, and ValueFrom names no key of it");
		fault = "B07";
	} else {
		fault = judge_text(text, slot->kind, why, why_size);
	}
	json_wipe(object);
	json_decref(object);
	return fault && *fault ? fault : NULL;
}
