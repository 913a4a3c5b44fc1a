/* Evidence travels: what a template or a task definition says in clear that should be a secret is taken out of
 * every text before it is written. The verdicts on the values stay. */
#include <string.h>

#include "core/template/template.h"
#include "face/cli/evidence-internal.h"

#define MASK "****"
enum {
	PRIVATE_LEAST = 60, /* base58 digits of an ed25519 private key: 87 or 88; a public one has 44 */
	LITERAL_LEAST = 4,
};

/* ---- what is secret ------------------------------------------------------------------------------------ */

static void collect(json_t *literals, const char *text)
{
	OWN(json) json_t *object = text ? json_loads(text, 0, NULL) : NULL;
	const char *key;
	json_t *member;

	json_object_foreach(object, key, member)
		collect(literals, json_string_value(member));
	if (!text || json_is_object(object) || strlen(text) < LITERAL_LEAST || strstr(text, "${"))
		return;
	json_set_bool(literals, text, true);
}

static bool is_secret_variable(const char *name)
{
	static const char *const names[] = { "MPC_ACCOUNT_SK", "MPC_P2P_PRIVATE_KEY", "MPC_SECRET_STORE_KEY",
					     "MPC_BACKUP_ENCRYPTION_KEY_HEX" };

	for (size_t i = 0; name && i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* SecretString of a secret, Value or value of an environment variable, Default of a NoEcho parameter. */
static void collect_from(json_t *literals, const json_t *j)
{
	const char *key;
	json_t *member;
	size_t i;

	json_array_foreach(j, i, member)
		collect_from(literals, member);
	json_object_foreach((json_t *)(uintptr_t)j, key, member)
		collect_from(literals, member);
	collect(literals, json_str(j, "SecretString"));
	if (is_secret_variable(json_str(j, "Name")))
		collect(literals, json_str(j, "Value"));
	if (is_secret_variable(json_str(j, "name")))
		collect(literals, json_str(j, "value"));
	if (json_bool_or(j, "NoEcho", false))
		collect(literals, json_str(j, "Default"));
}

static void collect_templates(json_t *literals, const json_t *evidence)
{
	json_t *stack;
	size_t i;

	json_array_foreach(json_list(evidence, "stacks"), i, stack) {
		OWN(template) struct template *t = NULL;
		const char *text = json_str_or(stack, "template", "");

		if (template_parse("template", text, strlen(text), &t, NULL) == 0)
			collect_from(literals, template_body(t));
	}
}

/* ---- out of every text ----------------------------------------------------------------------------------- */

/* The end of a private key that begins here, or NULL. */
static const char *private_key_end(const char *at)
{
	static const char digits[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	size_t len;

	if (!str_starts(at, "ed25519:"))
		return NULL;
	at += strlen("ed25519:");
	len = strspn(at, digits);
	return len >= PRIVATE_LEAST ? at + len : NULL;
}

static const char *literal_end(const json_t *literals, const char *at)
{
	const char *literal;
	json_t *unused;

	json_object_foreach((json_t *)(uintptr_t)literals, literal, unused)
		if (str_starts(at, literal))
			return at + strlen(literal);
	return NULL;
}

/* true: the text had something to mask. */
static bool mask_text(const json_t *literals, json_t *text)
{
	OWN(buf) struct buf masked = { 0 };
	bool found = false;

	for (const char *at = json_string_value(text); *at;) {
		const char *end = private_key_end(at);

		if (!end)
			end = literal_end(literals, at);
		if (end)
			buf_str(&masked, MASK);
		else
			buf_char(&masked, *at);
		found |= end != NULL;
		at = end ? end : at + 1;
	}
	if (found)
		(void)json_string_set(text, masked.data);
	return found;
}

static bool mask_all(const json_t *literals, json_t *j)
{
	bool found = false;
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(j))
		return mask_text(literals, j);
	json_array_foreach(j, i, member)
		found |= mask_all(literals, member);
	json_object_foreach(j, key, member)
		found |= mask_all(literals, member);
	return found;
}

json_t *evidence_masked(const json_t *evidence)
{
	OWN(json) json_t *literals = json_object();
	json_t *copy = json_deep_copy(evidence), *stack;
	size_t i;

	collect_templates(literals, copy);
	collect_from(literals, json_list(copy, "taskDefinitions"));
	json_array_foreach(json_list(copy, "stacks"), i, stack)
		if (mask_all(literals, json_object_get(stack, "template")))
			json_set_bool(stack, "masked", true);
	(void)mask_all(literals, copy);
	return copy;
}

/* A mask is no key: what the rules say of values that were masked is not so. */
bool evidence_is_of_value(const char *fault)
{
	static const char *const faults[] = { "B01", "B03", "B04", "B05", "B06", "B07", "B08", "B09", "B12",
					      "B13", "B14", "B18", "B19", "B23", "B24", "B25", "A12", "A13" };

	for (size_t i = 0; fault && i < sizeof(faults) / sizeof(faults[0]); i++)
		if (!strcmp(fault, faults[i]))
			return true;
	return false;
}
