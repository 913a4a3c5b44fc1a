/* Values are read, judged, compared by public halves and wiped. Nothing here prints or logs one. */
#include "face/cli/secrets-view.h"

#include <ctype.h>
#include <string.h>

#include "core/check/check.h"
#include "face/cli/deploy.h"
#include "face/cli/ecs-view.h"
#include "face/cli/operator.h"

/* account: the key file's account key, else its P2P key. */
static const struct variable {
	const char *name;
	bool key, account;
} variables[] = {
	{ "MPC_ACCOUNT_SK", true, true },
	{ "MPC_P2P_PRIVATE_KEY", true, false },
	{ "MPC_SECRET_STORE_KEY", false, false },
	{ "MPC_BACKUP_ENCRYPTION_KEY_HEX", false, false },
};
#define VARIABLES (sizeof(variables) / sizeof(variables[0]))

static void say(json_t *entry, const char *state, const char *reason)
{
	json_set_str(entry, "state", state);
	if (reason)
		json_set_str(entry, "reason", reason);
}

/* ---- the key files ---------------------------------------------------------------------------------- */

/* 0; 1: no key file is about it; -1. */
static int file_key(const char *directory, const char *name, bool account, struct near_key *ret,
		    struct err *err)
{
	struct near_key keys[2];
	int rc = directory ? operator_read_node(directory, name, &keys[0], &keys[1], err) : 1;

	if (rc == 0)
		*ret = keys[account ? 0 : 1];
	near_key_wipe(&keys[0]);
	near_key_wipe(&keys[1]);
	return rc;
}

/* ---- the deployed values ------------------------------------------------------------------------------ */

/* The text behind a ValueFrom. 0: *ret is the caller's; 1: there is none (said in entry). */
static int deployed_text(struct target *t, json_t *entry, char **ret)
{
	const char *id = json_str_or(entry, "secretId", ""), *key = json_str(entry, "jsonKey");
	OWN(json) json_t *in = json_pack("{s:s}", "SecretId", id);
	SECRET_JSON out = NULL;
	SECRET_JSON object = NULL;
	struct err why = { 0 };
	char code[96];
	const char *text;

	if (awsclient_call(t->aws, "secretsmanager", "GetSecretValue", in, &out, code, &why) < 0) {
		say(entry, strcmp(code, "ResourceNotFoundException") ? "UNKNOWN" : "MISSING", why.text);
		return 1;
	}
	text = json_str(out, "SecretString");
	if (text && key) {
		if (json_parse_text("secret", text, strlen(text), &object, NULL) < 0 || !json_is_object(object)) {
			json_set_str(entry, "fault", "B09");
			say(entry, "WRONG", "the secret is no JSON object, and ValueFrom names a key of one");
			return 1;
		}
		text = json_str(object, key);
	}
	if (!text) {
		say(entry, "MISSING", key ? "the secret has no text under the key that ValueFrom names"
					  : "the secret has no text");
		return 1;
	}
	*ret = str_dup(text);
	return 0;
}

/* A key of the right form: by its public half against the key file's. */
static int compare_key(const char *text, json_t *entry, struct err *err)
{
	const char *ours = json_str(entry, "publicKey");
	OWN(str) char *theirs = NULL;
	struct near_key deployed;

	if (near_key_parse(text, &deployed, err) < 0)
		return -1;
	theirs = near_key_format_public(&deployed);
	near_key_wipe(&deployed);
	json_set_str(entry, "deployedPublicKey", theirs);
	if (ours && strcmp(ours, theirs) != 0)
		say(entry, "DIFFERS", "another key than the key file's");
	else
		say(entry, ours ? "SAME" : "VALID", NULL);
	return 0;
}

static int note_file_key(const struct variable *v, const char *directory, json_t *entry, struct err *err)
{
	OWN(str) char *public = NULL;
	struct near_key key;
	int rc = v->key ? file_key(directory, json_str_or(entry, "name", ""), v->account, &key, err) : 1;

	if (rc)
		return rc < 0 ? -1 : 0;
	public = near_key_format_public(&key);
	near_key_wipe(&key);
	json_set_str(entry, "publicKey", public);
	return 0;
}

static int judge_value(struct target *t, const struct variable *v, const char *directory, json_t *entry,
		       struct err *err)
{
	SECRET_TEXT text = NULL;
	char why[256] = "";
	const char *fault;

	if (note_file_key(v, directory, entry, err) < 0)
		return -1;
	if (deployed_text(t, entry, &text))
		return 0;
	fault = check_secret_value(v->name, text, NULL, why, sizeof(why));
	if (!fault && v->key)
		return compare_key(text, entry, err);
	if (fault)
		json_set_str(entry, "fault", fault);
	say(entry, fault ? "WRONG" : "VALID", fault ? why : NULL);
	return 0;
}

/* ---- which tasks have it -------------------------------------------------------------------------------- */

/* Secrets reach a container at its start alone. */
static bool started_before_change(struct target *t, const json_t *node, const json_t *entry)
{
	OWN(json) json_t *in = json_pack("{s:s}", "SecretId", json_str_or(entry, "secretId", "")), *out = NULL;
	const json_t *task = json_map(node, "task");

	if (!strcmp(json_str_or(entry, "state", ""), "MISSING") || json_str(node, "taskUnknown") ||
	    awsclient_call(t->aws, "secretsmanager", "DescribeSecret", in, &out, NULL, NULL) < 0)
		return false;
	if (!task)
		return json_int_or(json_map(node, "service"), "desiredCount", 0) > 0;
	return json_object_get(task, "startedAt") &&
	       json_number_value(json_object_get(task, "startedAt")) <
		       json_number_value(json_object_get(out, "LastChangedDate"));
}

/* ---- the view --------------------------------------------------------------------------------------------- */

/* ":json-key:stage:version" behind the ARN: whether it holds one version fast. */
static bool pinned(const char *from, const char *id)
{
	const char *rest = from + strlen(id);
	const char *stage = *rest ? strchr(rest + 1, ':') : NULL;

	return stage && stage[strspn(stage, ":")] && strcmp(stage, ":AWSCURRENT:") != 0;
}

static int add_entry(struct target *t, const json_t *node, const struct variable *v, const char *directory,
		     json_t *all, struct err *err)
{
	const char *from = operator_value_from(json_object_get(node, "container"), v->name);
	OWN(str) char *key = NULL, *id = from ? operator_secret_id(from, &key) : NULL;
	OWN(json) json_t *entry = NULL;

	if (!from)
		return 0;
	entry = json_pack("{s:s,s:s,s:s,s:s}", "name", json_str_or(node, "name", ""), "variable", v->name,
			  "serviceArn", json_str_or(node, "serviceArn", ""), "secretId", id);
	if (key && *key)
		json_set_str(entry, "jsonKey", key);
	if (!strstr(from, ":secretsmanager:"))
		say(entry, "UNKNOWN", "it comes from SSM Parameter Store, which is not looked at");
	else if (pinned(from, id))
		say(entry, "UNKNOWN", "ValueFrom holds one version of the secret fast");
	else if (judge_value(t, v, directory, entry, err) < 0)
		return err_in(err, "%s: %s", json_str_or(node, "name", ""), v->name);
	json_set_bool(entry, "restart", started_before_change(t, node, entry));
	json_array_append(all, entry);
	return 0;
}

int secrets_view(struct target *t, const char *stack, const char *directory, json_t **ret,
		 struct err *err)
{
	OWN(json) json_t *services = NULL, *all = json_array();
	json_t *node;
	size_t i;

	if (ecs_view_services(t, stack, &services, err) < 0)
		return -1;
	json_array_foreach(services, i, node) {
		if (strcmp(json_str_or(node, "kind", ""), "node") != 0)
			continue;
		for (size_t k = 0; k < VARIABLES; k++)
			if (add_entry(t, node, &variables[k], directory, all, err) < 0)
				return -1;
	}
	*ret = GIVE(all);
	return 0;
}

bool secrets_view_pushable(const json_t *entry)
{
	const char *state = json_str_or(entry, "state", "");

	return json_str(entry, "publicKey") &&
	       (!strcmp(state, "DIFFERS") || !strcmp(state, "WRONG") || !strcmp(state, "MISSING"));
}

/* ---- putting ------------------------------------------------------------------------------------------------ */

/* The secret's new text: the key, or the object it has with one member changed. */
static int new_text(struct target *t, const json_t *entry, const char *key_text, char **ret, struct err *err)
{
	const char *key = json_str(entry, "jsonKey"), *text;
	OWN(json) json_t *in = json_pack("{s:s}", "SecretId", json_str_or(entry, "secretId", ""));
	SECRET_JSON out = NULL;
	SECRET_JSON object = NULL;
	char code[96];

	if (!key) {
		*ret = str_dup(key_text);
		return 0;
	}
	if (awsclient_call(t->aws, "secretsmanager", "GetSecretValue", in, &out, code, err) < 0) {
		if (strcmp(code, "ResourceNotFoundException") != 0)
			return -1;
		*err = (struct err){ 0 };
	}
	text = json_str(out, "SecretString");
	if (text)
		(void)json_parse_text("secret", text, strlen(text), &object, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		object = json_object();
	}
	json_set_str(object, key, key_text);
	*ret = json_text(object);
	return 0;
}

/* The name in an ARN that the secret would have if it were made now: AWS puts six characters of its own
 * behind a name, so one that ends like that can only be had from the stack. */
static const char *name_to_make(const char *id)
{
	const char *name = strstr(id, ":secret:");
	size_t len, i;

	if (!name)
		return NULL;
	name += strlen(":secret:");
	len = strlen(name);
	for (i = 0; len > 7 && i < 6 && isalnum((unsigned char)name[len - 1 - i]); i++)
		continue;
	return *name && !(i == 6 && name[len - 7] == '-') ? name : NULL;
}

/* However often it is sent, there is one new version: the token is the same. */
static int put_value(struct target *t, const json_t *put, char code[96], struct err *err)
{
	for (int tries = 1;; tries++) {
		if (awsclient_call(t->aws, "secretsmanager", "PutSecretValue", put, NULL, code, err) == 0)
			return 0;
		if (*code || err->code != ERR_REMOTE || tries == 3)
			return -1;
		*err = (struct err){ 0 };
		target_pause(t);
	}
}

static int send(struct target *t, const char *id, const char *text, struct err *err)
{
	OWN(str) char *token = deploy_token();
	SECRET_JSON put = json_pack("{s:s,s:s,s:s}", "SecretId", id, "SecretString", text,
				    "ClientRequestToken", token);
	SECRET_JSON create = NULL;
	const char *name = name_to_make(id);
	char code[96];

	if (put_value(t, put, code, err) == 0)
		return 0;
	if (strcmp(code, "ResourceNotFoundException") != 0)
		return -1;
	if (!name)
		return err_set(err, ERR_REMOTE,
			       "there is no secret %s, and one with this ARN can only be made by its stack", id);
	*err = (struct err){ 0 };
	create = json_pack("{s:s,s:s,s:s}", "Name", name, "SecretString", text, "ClientRequestToken", token);
	return awsclient_call(t->aws, "secretsmanager", "CreateSecret", create, NULL, NULL, err);
}

int secrets_put(struct target *t, const char *directory, json_t *entry, struct err *err)
{
	bool account = !strcmp(json_str_or(entry, "variable", ""), "MPC_ACCOUNT_SK");
	const char *name = json_str_or(entry, "name", "");
	struct near_key key;
	SECRET_TEXT key_text = NULL;
	SECRET_TEXT text = NULL;
	int rc = file_key(directory, name, account, &key, err);

	if (rc)
		return rc < 0 ? -1 : err_set(err, ERR_INPUT, "%s/%s.json is gone", directory, name);
	key_text = near_key_format_secret(&key);
	near_key_wipe(&key);
	if (new_text(t, entry, key_text, &text, err) < 0 ||
	    send(t, json_str_or(entry, "secretId", ""), text, err) < 0)
		return err_in(err, "%s: %s", name, json_str_or(entry, "variable", ""));
	json_object_del(entry, "reason");
	json_object_del(entry, "fault");
	json_set_bool(entry, "pushed", true);
	json_set_str(entry, "deployedPublicKey", json_str(entry, "publicKey"));
	json_set_bool(entry, "restart", true);
	say(entry, "SAME", NULL);
	return 0;
}
