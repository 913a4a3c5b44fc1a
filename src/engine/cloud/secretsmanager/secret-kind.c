/* AWS::SecretsManager::Secret and AWS::SecretsManager::ResourcePolicy: made through the service's
 * own API, as CloudFormation's handlers do. */
#include "engine/cloud/secretsmanager/secretsmanager-internal.h"

#include <stdio.h>
#include <string.h>

static const char *handler_code(const char *code)
{
	if (!strcmp(code, "ResourceExistsException"))
		return "AlreadyExists";
	return !strcmp(code, "ResourceNotFoundException") ? "NotFound" : "InvalidRequest";
}

static int handler_call(struct hub *hub, struct resource *r, const char *action, const json_t *in,
			json_t **ret_out, struct err *err)
{
	char code[96] = "";
	struct err failure = { 0 };
	const char *message;

	if (hub_call(hub, NULL, "secretsmanager", action, in, ret_out, code, &failure) == 0)
		return 0;
	message = strstr(failure.text, ": ");
	(void)snprintf(r->error_code, sizeof(r->error_code), "%s", handler_code(code));
	return err_set(err, ERR_REMOTE, "%s (Service: SecretsManager, Status Code: 400)",
		       message ? message + 2 : failure.text);
}

static int invalid(struct resource *r, struct err *err, const char *text)
{
	(void)snprintf(r->error_code, sizeof(r->error_code), "InvalidRequest");
	return err_set(err, ERR_INPUT, "Invalid request provided: %s", text);
}

/* The template is a JSON object; the password becomes its member `key`. */
static int fill_template(struct resource *r, const char *template, const char *key,
			 const char *password, json_t *in, struct err *err)
{
	OWN(json) json_t *object = NULL;
	char *text;

	if (json_parse_text("SecretStringTemplate", template, strlen(template), &object, NULL) <
		    0 ||
	    !json_is_object(object))
		return invalid(r, err, "SecretStringTemplate is not a valid JSON object.");
	json_set_str(object, key, password);
	text = json_text(object);
	json_set_str(in, "SecretString", text);
	secret_wipe(text);
	return 0;
}

static int generate(struct hub *hub, struct resource *r, const json_t *how, json_t *in,
		    struct err *err)
{
	const char *template = json_str(how, "SecretStringTemplate"),
		   *key = json_str(how, "GenerateStringKey");
	struct err why = { 0 };
	char *password = NULL;
	int rc = 0;

	if (!template != !key)
		return invalid(
			r, err,
			"SecretStringTemplate and GenerateStringKey must be specified together.");
	if (secret_password(hub, how, &password, &why) < 0)
		return invalid(r, err, why.text);
	if (template)
		rc = fill_template(r, template, key, password, in, err);
	else
		json_set_str(in, "SecretString", password);
	secret_wipe(password);
	return rc;
}

static int check_generate(struct resource *r, const json_t *how, struct err *err)
{
	static const char *const known[] = {
		"ExcludeCharacters",	"ExcludeLowercase", "ExcludeNumbers",
		"ExcludePunctuation",	"ExcludeUppercase", "GenerateStringKey",
		"IncludeSpace",		"PasswordLength",   "RequireEachIncludedType",
		"SecretStringTemplate",
	};
	const char *name;
	json_t *unused;

	json_object_foreach((json_t *)(uintptr_t)how, name, unused)
	{
		bool found = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			found |= !strcmp(name, known[i]);
		if (!found) {
			OWN(str)
			char *text = str_printf(
				"#/GenerateSecretString: extraneous key [%s] is not permitted",
				name);

			return invalid(r, err, text);
		}
	}
	return 0;
}

/* Value of the properties into `in`, none when they have none. */
static int value_of(struct hub *hub, struct resource *r, json_t *in, struct err *err)
{
	json_t *text = json_object_get(r->properties, "SecretString");
	const json_t *how = json_map(r->properties, "GenerateSecretString");

	if (text && how)
		return invalid(r, err,
			       "You can't specify both SecretString and GenerateSecretString.");
	if (text && !json_is_string(text))
		return invalid(r, err, "SecretString must be text.");
	if (how && (check_generate(r, how, err) < 0 || generate(hub, r, how, in, err) < 0))
		return -1;
	if (text)
		json_object_set(in, "SecretString", text);
	return 0;
}

static void copy_described(const struct resource *r, json_t *in)
{
	json_set_str(in, "Description", json_str(r->properties, "Description"));
	json_set_str(in, "KmsKeyId", json_str(r->properties, "KmsKeyId"));
}

static int create_secret(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_object();
	OWN(json) json_t *out = NULL;
	const char *given = json_str(r->properties, "Name");
	OWN(str)
	char *suffix = hub_random(
		hub, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 12);
	OWN(str) char *name = given ? str_dup(given) : str_printf("%s-%s", r->logical, suffix);

	json_set_str(in, "Name", name);
	copy_described(r, in);
	if (json_list(r->properties, "Tags"))
		json_object_set(in, "Tags", json_list(r->properties, "Tags"));
	if (value_of(hub, r, in, err) < 0 ||
	    handler_call(hub, r, "CreateSecret", in, &out, err) < 0)
		return -1;
	r->physical = str_dup(json_str(out, "ARN"));
	json_set_str(r->attributes, "Id", r->physical);
	return RESOURCE_DONE;
}

static bool differs(const struct resource *r, const char *property)
{
	const json_t *now = json_object_get(r->properties, property),
		     *before = json_object_get(r->previous, property);

	return now && !(before && json_equal(now, before));
}

/* A changed SecretString or GenerateSecretString makes a new version over whatever was put in
 * since; an unchanged one leaves it alone. */
static int update_secret(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_object();
	json_t *secret = secret_lookup(hub, r->physical);

	json_set_str(in, "SecretId", r->physical);
	copy_described(r, in);
	if ((differs(r, "SecretString") || differs(r, "GenerateSecretString")) &&
	    value_of(hub, r, in, err) < 0)
		return -1;
	if (handler_call(hub, r, "UpdateSecret", in, NULL, err) < 0)
		return -1;
	if (!json_str(r->properties, "KmsKeyId"))
		json_object_del(secret, "KmsKeyId");
	if (!json_str(r->properties, "Description"))
		json_object_del(secret, "Description");
	json_object_del(secret, "Tags");
	if (json_list(r->properties, "Tags"))
		json_object_set(secret, "Tags", json_list(r->properties, "Tags"));
	hub_put(hub, SECRET, r->physical, secret);
	json_set_str(r->attributes, "Id", r->physical);
	return RESOURCE_DONE;
}

/* CloudFormation deletes without a recovery window. One that waits for its end already is gone. */
static int remove_secret(struct hub *hub, struct resource *r, struct err *err)
{
	(void)err;
	if (secret_lookup(hub, r->physical))
		hub_remove(hub, SECRET, r->physical);
	return RESOURCE_DONE;
}

const struct resource_kind secret_kind = {
	.type = "AWS::SecretsManager::Secret",
	.replace_on = (const char *const[]){ "Name", NULL },
	.create = create_secret,
	.update = update_secret,
	.remove = remove_secret,
	.allowed = (const char *const[]){ "Description", "GenerateSecretString", "KmsKeyId", "Name",
					  "SecretString", "Tags", NULL },
};

/* ---- resource policy
 * --------------------------------------------------------------------------------- */

static int put_policy(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *policy = json_object_get(r->properties, "ResourcePolicy");
	OWN(json) json_t *in = json_object();
	OWN(json) json_t *out = NULL;
	OWN(str)
	char *text =
		json_is_string(policy) ? str_dup(json_string_value(policy)) : json_text(policy);

	json_set_str(in, "SecretId", json_str(r->properties, "SecretId"));
	json_set_str(in, "ResourcePolicy", text);
	if (handler_call(hub, r, "PutResourcePolicy", in, &out, err) < 0)
		return -1;
	if (!r->physical)
		r->physical = str_dup(json_str(out, "ARN"));
	json_set_str(r->attributes, "Id", r->physical);
	return RESOURCE_DONE;
}

static int remove_policy(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *secret = secret_lookup(hub, r->physical);

	(void)err;
	if (!secret)
		return RESOURCE_DONE;
	json_object_del(secret, "Policy");
	hub_put(hub, SECRET, json_str(secret, "ARN"), secret);
	return RESOURCE_DONE;
}

const struct resource_kind secret_kind_policy = {
	.type = "AWS::SecretsManager::ResourcePolicy",
	.replace_on = (const char *const[]){ "SecretId", NULL },
	.create = put_policy,
	.update = put_policy,
	.remove = remove_policy,
	.allowed = (const char *const[]){ "ResourcePolicy", "SecretId", NULL },
	.required = (const char *const[]){ "ResourcePolicy", "SecretId", NULL },
};
