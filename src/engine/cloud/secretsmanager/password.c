/* GetRandomPassword and GenerateSecretString. */
#include "engine/cloud/secretsmanager/secretsmanager-internal.h"

#include <string.h>

struct class
{
	const char *exclude; /* the member that leaves it out */
	const char *characters;
};
static const struct class classes[] = {
	{ "ExcludeLowercase", "abcdefghijklmnopqrstuvwxyz" },
	{ "ExcludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
	{ "ExcludeNumbers", "0123456789" },
	{ "ExcludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" },
};
#define CLASSES (sizeof(classes) / sizeof(classes[0]))

void secret_wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* The characters of each included type that are not excluded one by one; "" when none is left. */
static void collect(const json_t *in, char *alphabets[CLASSES + 1])
{
	const char *excluded = json_str_or(in, "ExcludeCharacters", "");

	for (size_t i = 0; i <= CLASSES; i++) {
		bool in_use = i < CLASSES ? !json_bool_or(in, classes[i].exclude, false)
					  : json_bool_or(in, "IncludeSpace", false);
		struct buf left = { 0 };

		for (const char *c = i < CLASSES ? classes[i].characters : " "; in_use && *c; c++)
			if (!strchr(excluded, *c))
				buf_char(&left, *c);
		alphabets[i] = buf_take(&left);
	}
}

/* Fisher and Yates; the places come from the hub's random source. */
static void shuffle(struct hub *hub, char *text, size_t len)
{
	OWN(str) char *digits = hub_random(hub, "0123456789abcdef", (unsigned)(len * 8));

	for (size_t i = len; i > 1; i--) {
		uint8_t raw[4];
		size_t j;
		char kept;

		(void)hex_decode(digits + (i - 1) * 8, 8, raw, sizeof(raw));
		j = ((size_t)raw[0] << 24 | (size_t)raw[1] << 16 | (size_t)raw[2] << 8 | raw[3]) %
		    i;
		kept = text[i - 1];
		text[i - 1] = text[j];
		text[j] = kept;
	}
}

static char *draw(struct hub *hub, char *const alphabets[CLASSES + 1], bool each, size_t len)
{
	OWN(buf) struct buf all = { 0 };
	char *text = mem_new(len + 1, 1), *rest;
	size_t at = 0;

	for (size_t i = 0; i <= CLASSES; i++) {
		buf_str(&all, alphabets[i]);
		if (each && *alphabets[i]) {
			char *one = hub_random(hub, alphabets[i], 1);

			text[at++] = *one;
			secret_wipe(one);
		}
	}
	rest = hub_random(hub, all.data, (unsigned)(len - at));
	memcpy(text + at, rest, len - at);
	secret_wipe(rest);
	shuffle(hub, text, len);
	return text;
}

int secret_password(struct hub *hub, const json_t *in, char **ret, struct err *err)
{
	json_int_t len =
		json_int_or(in, "PasswordLength", json_object_get(in, "PasswordLength") ? -1 : 32);
	bool each = json_bool_or(in, "RequireEachIncludedType", true);
	char *alphabets[CLASSES + 1];
	size_t types = 0;
	int rc = 0;

	if (len < 1 || len > 4096)
		return err_set(err, ERR_INPUT,
			       "PasswordLength must be a number between 1 and 4096.");
	collect(in, alphabets);
	for (size_t i = 0; i <= CLASSES; i++)
		types += *alphabets[i] != '\0';
	if (!types)
		rc = err_set(err, ERR_INPUT,
			     "All characters are excluded; at least one must be left.");
	else if (each && (size_t)len < types)
		rc = err_set(err, ERR_INPUT,
			     "The password length %lld is too short based on the required types.",
			     (long long)len);
	else
		*ret = draw(hub, alphabets, each, (size_t)len);
	for (size_t i = 0; i <= CLASSES; i++)
		free(alphabets[i]);
	return rc;
}

int secret_run_password(struct hub *hub, struct call *c)
{
	struct err err = { 0 };
	char *password = NULL;

	if (secret_password(hub, c->in, &password, &err) < 0)
		return call_fail(c, 400, "InvalidParameterException", "%s", err.text);
	json_set_str(c->out, "RandomPassword", password);
	secret_wipe(password);
	return 0;
}
