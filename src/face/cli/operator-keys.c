/* Key files and the chain's node key. Every buffer that held a secret is wiped before it is freed. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "face/cli/operator.h"

static int read_secret_file(const char *path, json_t **ret, struct err *err)
{
	SECRET_TEXT text = NULL;
	struct stat st;
	size_t len;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 1 : err_sys(err, "%s", path);
	if (cli_read(path, &text, &len, err) < 0)
		return -1;
	return json_parse_text(path, text, len, ret, err);
}

static int read_key(const json_t *j, const char *path, const char *member, struct near_key *ret,
		    struct err *err)
{
	const char *secret = json_str(json_map(j, member), "secret_key");
	const char *stated = json_str(json_map(j, member), "public_key");
	OWN(str) char *public = NULL;

	if (!secret)
		secret = json_str(j, member);
	if (!secret)
		return err_set(err, ERR_INPUT, "%s: there is no %s.secret_key", path, member);
	if (near_key_parse(secret, ret, err) < 0)
		return err_in(err, "%s: %s", path, member);
	public = near_key_format_public(ret);
	if (stated && strcmp(stated, public))
		return err_set(err, ERR_INPUT, "%s: %s.public_key is not the public half of the secret key",
			       path, member);
	return 0;
}

int operator_read_node(const char *directory, const char *host_name, struct near_key *ret_account,
		       struct near_key *ret_p2p, struct err *err)
{
	OWN(str) char *path = str_printf("%s/%s.json", directory, host_name);
	SECRET_JSON j = NULL;
	int rc = read_secret_file(path, &j, err);

	if (rc)
		return rc;
	if (read_key(j, path, "account_key", ret_account, err) < 0 ||
	    read_key(j, path, "p2p_key", ret_p2p, err) < 0)
		return -1;
	return 0;
}

int operator_read_chain(const char *path, struct near_key *ret, struct err *err)
{
	SECRET_JSON j = NULL;
	OWN(str) char *public = NULL;
	int rc = read_secret_file(path, &j, err);

	if (rc)
		return rc;
	if (read_key(j, path, "secret_key", ret, err) < 0)
		return -1;
	public = near_key_format_public(ret);
	if (json_str(j, "public_key") && strcmp(json_str(j, "public_key"), public))
		return err_set(err, ERR_INPUT,
			       "%s: public_key is not the public half of secret_key; mpcup keys verify "
			       "tells which file is right",
			       path);
	return 0;
}

int operator_read_account(const char *path, char **ret_account, struct near_key *ret, struct err *err)
{
	SECRET_JSON j = NULL;
	int rc = read_secret_file(path, &j, err);

	if (rc)
		return rc;
	if (!json_str(j, "account_id"))
		return err_set(err, ERR_INPUT, "%s: there is no account_id", path);
	if (read_key(j, path, json_str(j, "private_key") ? "private_key" : "secret_key", ret, err) < 0)
		return -1;
	*ret_account = str_dup(json_str(j, "account_id"));
	return 0;
}

static void random_key(struct near_key *ret)
{
	uint8_t seed[NEAR_SEED_BYTES];

	while (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		continue;
	near_key_from_seed(seed, ret);
	explicit_bzero(seed, sizeof(seed));
}

static json_t *pair_json(const struct near_key *key)
{
	SECRET_TEXT secret = near_key_format_secret(key);
	OWN(str) char *public = near_key_format_public(key);

	return json_pack("{s:s,s:s}", "public_key", public, "secret_key", secret);
}

static int write_secret_file(const char *path, const json_t *j, struct err *err)
{
	char *text = json_dumps(j, JSON_INDENT(2));
	SECRET_TEXT line = text ? str_printf("%s\n", text) : NULL;
	/* whoever makes the same file at the same time: the first one counts */
	int rc = line ? cli_create(path, line, strlen(line), 0600, err)
		      : err_set(err, ERR_BUG, "%s: no text", path);

	own_drop_secret_text(&text);
	return rc < 0 ? -1 : 0;
}

static int make_node(const char *directory, const struct network_node *node, unsigned *made,
		     struct err *err)
{
	OWN(str) char *path = str_printf("%s/%s.json", directory, node->host_name);
	struct near_key account, p2p;
	struct stat st;
	int rc;

	if (stat(path, &st) == 0)
		return 0;
	random_key(&account);
	random_key(&p2p);
	{
		SECRET_JSON j = json_pack("{s:s,s:o,s:o}", "account_id", node->account, "account_key",
					  pair_json(&account), "p2p_key", pair_json(&p2p));

		rc = write_secret_file(path, j, err);
	}
	near_key_wipe(&account);
	near_key_wipe(&p2p);
	(*made)++;
	return rc;
}

int operator_make_keys(const char *directory, const struct network *n, unsigned *ret_made,
		       struct err *err)
{
	OWN(str) char *chain = str_printf("%s/chain.json", directory);
	struct stat st;

	*ret_made = 0;
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return err_sys(err, "%s", directory);
	for (size_t i = 0; i < n->node_count; i++)
		if (make_node(directory, &n->nodes[i], ret_made, err) < 0)
			return -1;
	if (!strcmp(n->chain, "localnet") && stat(chain, &st) < 0) {
		struct near_key key;
		int rc;

		random_key(&key);
		{
			SECRET_JSON j = pair_json(&key);

			rc = write_secret_file(chain, j, err);
		}
		near_key_wipe(&key);
		(*ret_made)++;
		return rc;
	}
	return 0;
}

int operator_put_chain_key(struct target *t, const char *stack, const struct near_key *key,
			   struct err *err)
{
	OWN(str) char *name = str_printf("mpcup/%s/chain-key", stack);
	SECRET_JSON value = pair_json(key);
	SECRET_TEXT text = json_text(value);
	SECRET_JSON create = json_pack("{s:s,s:s}", "Name", name, "SecretString", text);
	SECRET_JSON put = json_pack("{s:s,s:s}", "SecretId", name, "SecretString", text);
	char code[96];

	if (awsclient_call(t->aws, "secretsmanager", "CreateSecret", create, NULL, code, err) == 0)
		return 0;
	if (strcmp(code, "ResourceExistsException"))
		return err_in(err, "secret %s", name);
	if (awsclient_call(t->aws, "secretsmanager", "PutSecretValue", put, NULL, NULL, err) < 0)
		return err_in(err, "secret %s", name);
	*err = (struct err){ 0 };
	return 0;
}

static int chain_key_of(struct target *t, const char *name, struct near_key *ret, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:s}", "SecretId", name);
	SECRET_JSON out = NULL;
	SECRET_JSON value = NULL;
	const char *text;

	if (awsclient_call(t->aws, "secretsmanager", "GetSecretValue", in, &out, NULL, err) < 0)
		return -1;
	text = json_str_or(out, "SecretString", "");
	if (json_parse_text(name, text, strlen(text), &value, err) < 0)
		return -1;
	return read_key(value, name, "secret_key", ret, err);
}

int operator_find_chain_key(struct target *t, const uint8_t public_key[NEAR_PUBLIC_BYTES],
			    struct near_key *ret, struct err *err)
{
	OWN(json) json_t *in = json_pack("{s:[{s:s,s:[s]}]}", "Filters", "Key", "name", "Values",
					 "mpcup/");
	OWN(json) json_t *out = NULL;
	json_t *secret;
	size_t i;

	if (awsclient_call(t->aws, "secretsmanager", "ListSecrets", in, &out, NULL, err) < 0)
		return -1;
	json_array_foreach(json_list(out, "SecretList"), i, secret) {
		const char *name = json_str_or(secret, "Name", "");

		if (!str_ends(name, "/chain-key") || chain_key_of(t, name, ret, NULL) < 0)
			continue;
		if (!memcmp(near_key_public(ret), public_key, NEAR_PUBLIC_BYTES))
			return 0;
		near_key_wipe(ret);
	}
	return 1;
}

void operator_forget(struct target *t, const char *stack)
{
	OWN(str) char *secret = str_printf("mpcup/%s/chain-key", stack);
	OWN(str) char *images = str_printf("/mpcup/%s/images", stack);
	OWN(json) json_t *drop_secret =
		json_pack("{s:s,s:b}", "SecretId", secret, "ForceDeleteWithoutRecovery", 1);
	OWN(json) json_t *drop_images = json_pack("{s:s}", "Name", images);

	(void)awsclient_call(t->aws, "secretsmanager", "DeleteSecret", drop_secret, NULL, NULL, NULL);
	(void)awsclient_call(t->aws, "ssm", "DeleteParameter", drop_images, NULL, NULL, NULL);
}
