/* mpcup keys generate|show|verify */
#include <string.h>
#include <sys/stat.h>

#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/operator.h"

/* network.yaml and the directory of its keys. */
static int open_network(struct cli *cli, struct network **ret_network, char **ret_directory,
			struct err *err)
{
	const char *path = cli->arg_count ? cli->args[0] : "network.yaml";
	const char *slash = strrchr(path, '/');
	OWN(str) char *text = NULL;
	OWN(network) struct network *n = NULL;
	size_t len;

	if (cli_read(path, &text, &len, err) < 0 || network_parse(path, text, len, &n, err) < 0)
		return -1;
	if (cli_option(cli, "directory"))
		*ret_directory = str_dup(cli_option(cli, "directory"));
	else if (n->key_directory[0] == '/' || !slash)
		*ret_directory = str_dup(n->key_directory);
	else
		*ret_directory = str_printf("%.*s/%s", (int)(slash - path), path, n->key_directory);
	*ret_network = GIVE(n);
	return 0;
}

static int run_generate(struct cli *cli, struct err *err)
{
	OWN(network) struct network *n = NULL;
	OWN(str) char *directory = NULL;
	unsigned made = 0;

	if (open_network(cli, &n, &directory, err) < 0 ||
	    operator_make_keys(directory, n, &made, err) < 0)
		return -1;
	if (cli->json) {
		OWN(json) json_t *result =
			json_pack("{s:s,s:i}", "directory", directory, "made", (int)made);

		cli_print_json(result);
	} else if (!cli->quiet) {
		(void)printf("%u key files made in %s, mode 0600; files that were there are untouched.\n",
			     made, directory);
	}
	return CLI_OK;
}

/* Public halves of a node's pair; NULL with err when the file is bad or missing. */
static json_t *public_halves(const char *directory, const struct network_node *node,
			     struct err *err)
{
	struct near_key account, p2p;
	OWN(str) char *account_public = NULL, *p2p_public = NULL;
	int rc = operator_read_node(directory, node->host_name, &account, &p2p, err);

	if (rc > 0)
		(void)err_set(err, ERR_INPUT, "%s/%s.json is missing; mpcup keys generate makes it",
			      directory, node->host_name);
	if (rc)
		return NULL;
	account_public = near_key_format_public(&account);
	p2p_public = near_key_format_public(&p2p);
	near_key_wipe(&account);
	near_key_wipe(&p2p);
	return json_pack("{s:s,s:s,s:s,s:s}", "name", node->host_name, "account_id", node->account,
			 "account_public_key", account_public, "p2p_public_key", p2p_public);
}

static int run_show(struct cli *cli, struct err *err)
{
	OWN(network) struct network *n = NULL;
	OWN(str) char *directory = NULL;
	OWN(json) json_t *all = json_array();
	json_t *one;
	size_t i;

	if (open_network(cli, &n, &directory, err) < 0)
		return -1;
	for (i = 0; i < n->node_count; i++) {
		one = public_halves(directory, &n->nodes[i], err);
		if (!one)
			return -1;
		json_array_append_new(all, one);
	}
	if (cli->json) {
		cli_print_json(all);
		return CLI_OK;
	}
	json_array_foreach(all, i, one)
		(void)printf("%s  %s\n  account %s\n  p2p     %s\n", json_str_or(one, "name", ""),
			     json_str_or(one, "account_id", ""), json_str_or(one, "account_public_key", ""),
			     json_str_or(one, "p2p_public_key", ""));
	return CLI_OK;
}

static void add_problem(json_t *problems, const char *path, const char *text)
{
	json_array_append_new(problems, json_pack("{s:s,s:s}", "file", path, "problem", text));
}

/* Format and halves (by reading), file mode, and that no two files share a key. */
static void verify_node(const char *directory, const struct network_node *node, json_t *seen,
			json_t *problems)
{
	OWN(str) char *path = str_printf("%s/%s.json", directory, node->host_name);
	static const char *const members[] = { "account_public_key", "p2p_public_key" };
	struct err err = { 0 };
	OWN(json) json_t *halves = public_halves(directory, node, &err);
	struct stat st;

	if (!halves) {
		add_problem(problems, path, err.text);
		return;
	}
	if (stat(path, &st) == 0 && (st.st_mode & 077))
		add_problem(problems, path, "others can read it; chmod 600");
	for (size_t i = 0; i < 2; i++) {
		const char *key = json_str_or(halves, members[i], "");
		const char *other = json_str(seen, key);

		if (other) {
			OWN(str) char *text = str_printf("its %s is used in %s too", members[i], other);

			add_problem(problems, path, text);
		}
		json_set_str(seen, key, path);
	}
}

static int run_verify(struct cli *cli, struct err *err)
{
	OWN(network) struct network *n = NULL;
	OWN(str) char *directory = NULL;
	OWN(json) json_t *problems = json_array(), *seen = json_object();
	json_t *one;
	size_t i;

	if (open_network(cli, &n, &directory, err) < 0)
		return -1;
	for (i = 0; i < n->node_count; i++)
		verify_node(directory, &n->nodes[i], seen, problems);
	if (cli->json)
		cli_print_json(problems);
	else
		json_array_foreach(problems, i, one)
			(void)printf("%s: %s\n", json_str_or(one, "file", ""),
				     json_str_or(one, "problem", ""));
	if (!json_array_size(problems) && !cli->json && !cli->quiet)
		(void)printf("The keys of %zu nodes in %s are good.\n", n->node_count, directory);
	return json_array_size(problems) ? CLI_FAILED : CLI_OK;
}

static const struct cli_option keys_options[] = {
	{ .name = "directory", .value = "DIR", .help = "where the key files are (default: network.yaml's keys)" },
	{ 0 },
};
const struct command command_keys_generate = {
	.name = "keys generate",
	.usage = "[network.yaml]",
	.most = 1,
	.help = "make the key files of a network that are missing",
	.details = "One file per node, <host name>.json: account_key and p2p_key as ed25519 pairs in NEAR form\n"
		   "(base58 of seed and public half). On a local chain also chain.json, the chain's node key.",
	.examples = "  mpcup keys generate\n  mpcup keys generate prod/network.yaml --directory ~/mpc-keys",
	.options = keys_options,
	.run = run_generate,
};
const struct command command_keys_show = {
	.name = "keys show",
	.usage = "[network.yaml]",
	.most = 1,
	.help = "print the public halves of the keys of a network",
	.examples = "  mpcup keys show\n  mpcup keys show --json",
	.options = keys_options,
	.run = run_show,
};
const struct command command_keys_verify = {
	.name = "keys verify",
	.usage = "[network.yaml]",
	.most = 1,
	.help = "check form, halves, file modes and uniqueness of the keys of a network",
	.examples = "  mpcup keys verify",
	.options = keys_options,
	.run = run_verify,
};
