/* mpcup secrets status, push: the keys of the key files and those of the deployed network. */
#include <string.h>
#include <unistd.h>

#include "core/network/network.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/network-view.h"
#include "face/cli/operator.h"
#include "face/cli/rollout.h"
#include "face/cli/secrets-view.h"
#include "face/cli/target.h"

struct secrets {
	struct target target;
	char *stack, *directory; /* directory NULL: no key files are known */
	json_t *entries;
};
static void own_drop_secrets(struct secrets *s)
{
	target_close(&s->target);
	free(s->stack);
	free(s->directory);
	json_decref(s->entries);
}
#define SECRETS __attribute__((cleanup(own_drop_secrets))) struct secrets

/* Stack name and key directory of the network.yaml that is named, or of the one here. */
static int take_network(const struct cli *cli, struct secrets *s, struct err *err)
{
	const char *path = cli->arg_count ? cli->args[0] : "network.yaml";
	const char *slash = strrchr(path, '/');
	OWN(network) struct network *n = NULL;
	OWN(str) char *text = NULL;
	size_t len;

	s->directory = str_dup(cli_option(cli, "directory"));
	s->stack = str_dup(cli_option(cli, "stack"));
	if (!cli->arg_count && access(path, R_OK) < 0)
		return 0;
	if (cli_read(path, &text, &len, err) < 0 || network_parse(path, text, len, &n, err) < 0)
		return -1;
	if (!s->directory && n->key_directory[0] != '/' && slash)
		s->directory = str_printf("%.*s/%s", (int)(slash - path), path, n->key_directory);
	else if (!s->directory)
		s->directory = str_dup(n->key_directory);
	if (!s->stack)
		s->stack = str_dup(n->name);
	return 0;
}

static int open_secrets(struct cli *cli, struct secrets *s, struct err *err)
{
	if (target_check(cli, err) < 0 || take_network(cli, s, err) < 0 ||
	    target_open(cli, false, &s->target, err) < 0 ||
	    (!s->stack && network_view_stack(cli, &s->target, &s->stack, err) < 0) ||
	    secrets_view(&s->target, s->stack, s->directory, &s->entries, err) < 0)
		return -1;
	if (!json_array_size(s->entries))
		return err_set(err, ERR_SYS, "stack %s has no MPC nodes with secrets", s->stack);
	return 0;
}

/* ---- output --------------------------------------------------------------------------------------- */

static bool good(const json_t *entry)
{
	const char *state = json_str_or(entry, "state", "");

	return !strcmp(state, "SAME") || !strcmp(state, "VALID");
}

static void print_entry(const struct cli *cli, const json_t *e)
{
	const char *state = json_str_or(e, "state", ""), *reason = json_str(e, "reason");
	const char *fault = json_str(e, "fault");
	const char *paint = good(e) ? "green" : !strcmp(state, "UNKNOWN") ? "yellow" : "red";

	(void)printf("%-14s %-30s %s%-8s%s %s%s\n", json_str_or(e, "name", ""),
		     json_str_or(e, "variable", ""), cli_paint(cli, paint), state, cli_paint(cli, "off"),
		     json_str_or(e, "deployedPublicKey", "-"), json_bool_or(e, "pushed", false) ? "  pushed" : "");
	if (reason)
		(void)printf("  %s%s%s\n", fault ? fault : "", fault ? ": " : "", reason);
	if (json_str(e, "publicKey") && !good(e))
		(void)printf("  key file: %s\n", json_str(e, "publicKey"));
}

/* Names of the nodes whose tasks have old values: array of {"name","serviceArn"}; the caller's. */
static json_t *to_restart(const json_t *entries)
{
	json_t *list = json_array(), *entry;
	const char *last = "";
	size_t i;

	json_array_foreach(entries, i, entry) {
		const char *arn = json_str_or(entry, "serviceArn", "");

		if (!json_bool_or(entry, "restart", false) || !strcmp(arn, last))
			continue;
		last = arn; /* the entries of a node lie together */
		json_array_append_new(list, json_pack("{s:s,s:s}", "name", json_str_or(entry, "name", ""),
						      "serviceArn", arn));
	}
	return list;
}

static void print_all(const struct cli *cli, const struct secrets *s, const json_t *restarts, bool restarted)
{
	OWN(json) json_t *result = NULL;
	json_t *entry;
	size_t i;

	if (cli->json) {
		result = json_pack("{s:s,s:O,s:O,s:b}", "stackName", s->stack, "secrets", s->entries, "restart",
				   restarts, "restarted", restarted);
		cli_print_json(result);
		return;
	}
	(void)printf("%-14s %-30s %-8s %s\n", "NAME", "SECRET", "STATE", "DEPLOYED PUBLIC KEY");
	json_array_foreach(s->entries, i, entry)
		print_entry(cli, entry);
	if (!json_array_size(restarts))
		return;
	(void)printf(restarted ? "\nRestarting:" : "\nTo restart, their tasks have older values:");
	json_array_foreach(restarts, i, entry)
		(void)printf(" %s", json_str_or(entry, "name", ""));
	(void)puts(restarted ? "" : " (mpcup secrets push --restart)");
}

static bool all_good(const json_t *entries)
{
	json_t *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
		if (!good(entry))
			return false;
	return true;
}

/* ---- status ------------------------------------------------------------------------------------------ */

static int run_status(struct cli *cli, struct err *err)
{
	SECRETS s = { .stack = NULL };
	OWN(json) json_t *restarts = NULL;

	if (open_secrets(cli, &s, err) < 0)
		return -1;
	restarts = to_restart(s.entries);
	print_all(cli, &s, restarts, false);
	return all_good(s.entries) && !json_array_size(restarts) ? CLI_OK : CLI_FAILED;
}

/* ---- push -------------------------------------------------------------------------------------------- */

/* A valid key that somebody put there may be the only copy. 0 go on, 1 not to be (said). */
static int ask_first(const struct cli *cli, const struct secrets *s)
{
	OWN(buf) struct buf question = { 0 };
	json_t *entry;
	size_t i, count = 0;

	json_array_foreach(s->entries, i, entry)
		if (!strcmp(json_str_or(entry, "state", ""), "DIFFERS")) {
			(void)fprintf(stderr, "%s %s: %s is deployed, the key file has %s\n",
				      json_str_or(entry, "name", ""), json_str_or(entry, "variable", ""),
				      json_str_or(entry, "deployedPublicKey", ""),
				      json_str_or(entry, "publicKey", ""));
			count++;
		}
	buf_printf(&question, "Overwrite %zu valid key%s with the key files'?", count, count == 1 ? "" : "s");
	return count && !cli_confirm(cli, question.data);
}

static int push_all(struct secrets *s, struct err *err)
{
	json_t *entry;
	size_t i;

	json_array_foreach(s->entries, i, entry)
		if (secrets_view_pushable(entry) && secrets_put(&s->target, s->directory, entry, err) < 0)
			return -1;
	return 0;
}

static int restart_all(struct target *t, const json_t *restarts, struct err *err)
{
	json_t *one;
	size_t i;

	json_array_foreach(restarts, i, one)
		if (rollout_update(t, json_str_or(one, "serviceArn", ""), json_pack("{s:b}", "forceNewDeployment", 1),
				   NULL, err) < 0)
			return err_in(err, "restart of %s", json_str_or(one, "name", ""));
	return 0;
}

static int run_push(struct cli *cli, struct err *err)
{
	SECRETS s = { .stack = NULL };
	OWN(json) json_t *restarts = NULL;
	bool restart = cli_flag(cli, "restart");

	if (open_secrets(cli, &s, err) < 0)
		return -1;
	if (!s.directory)
		return err_set(err, ERR_INPUT, "no key files: name a network.yaml, or their --directory");
	target_say(cli, &s.target);
	if (ask_first(cli, &s))
		return CLI_FAILED;
	if (push_all(&s, err) < 0)
		return -1;
	restarts = to_restart(s.entries);
	if (restart && restart_all(&s.target, restarts, err) < 0)
		return -1;
	print_all(cli, &s, restarts, restart && json_array_size(restarts));
	return all_good(s.entries) ? CLI_OK : CLI_FAILED;
}

/* ---- rows -------------------------------------------------------------------------------------------- */

#define PLACES                                                                                         \
	{ .name = "stack", .value = "NAME", .help = "the stack (default: network.yaml's, or the only one)" }, \
	{ .name = "directory", .value = "DIR", .help = "where the key files are (default: network.yaml's)" }

static const struct cli_option status_options[] = { PLACES, TARGET_OPTIONS, { 0 } };
static const struct cli_option push_options[] = {
	PLACES,
	{ .name = "yes", .help = "overwrite other valid keys without asking" },
	{ .name = "restart", .help = "start new tasks for the nodes that run with older values" },
	TARGET_OPTIONS,
	{ 0 },
};

const struct command command_secrets_status = {
	.name = "secrets status",
	.usage = "[network.yaml]",
	.most = 1,
	.help = "compare the keys in Secrets Manager with the key files, by their public halves",
	.details = "SAME, or VALID where no key file is about it; DIFFERS: another valid key; WRONG: a placeholder, or\n"
		   "not of the form the node takes; MISSING; UNKNOWN: it may not be read. Names the nodes whose tasks\n"
		   "started before the value changed: they need a restart. Values are never shown. Exit code 1 when\n"
		   "something differs or is to be restarted.",
	.examples = "  mpcup secrets status\n  mpcup secrets status prod/network.yaml --target aws --region eu-central-1",
	.options = status_options,
	.run = run_status,
};
const struct command command_secrets_push = {
	.name = "secrets push",
	.usage = "[network.yaml]",
	.most = 1,
	.help = "put the keys of the key files into Secrets Manager where they are missing or wrong",
	.details = "Placeholders and missing values are filled; another valid key is overwritten after a question, or\n"
		   "with --yes. Running tasks keep the old values: --restart starts new ones. Keys go from file to\n"
		   "AWS, never through arguments or the terminal.",
	.examples = "  mpcup secrets push --restart\n  mpcup secrets push prod/network.yaml --target aws --profile prod",
	.options = push_options,
	.run = run_push,
};
