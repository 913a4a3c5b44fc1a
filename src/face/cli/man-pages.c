/* mpcup man and mpcup schema: the man pages and the schema, from the tables that the program runs by. */
#include <ctype.h>
#include <string.h>

#include "core/check/check.h"
#include "core/network/network.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"

/* roff: a leading dot or quote and every backslash and minus have a meaning of their own. */
static void roff(FILE *to, const char *text)
{
	bool start = true;

	for (; *text; text++) {
		if (start && (*text == '.' || *text == '\''))
			(void)fputs("\\&", to);
		if (*text == '\\')
			(void)fputs("\\e", to);
		else if (*text == '-')
			(void)fputs("\\-", to);
		else
			(void)fputc(*text, to);
		start = *text == '\n';
	}
}

static void heading(FILE *to, const char *name, unsigned section, const char *what)
{
	(void)fprintf(to, ".TH %s %u \"\" \"mpcup %s\" \"%s\"\n", name, section, MPCUP_VERSION, what);
}

/* ---- mpcup.1 ---------------------------------------------------------------------------------------- */

static void man_options(FILE *to, const struct cli_option *o)
{
	for (; o && o->name; o++) {
		(void)fputs(".TP\n\\fB\\-\\-", to);
		roff(to, o->name);
		(void)fputs("\\fR", to);
		if (o->value)
			(void)fprintf(to, " \\fI%s\\fR", o->value);
		(void)fputc('\n', to);
		roff(to, o->help);
		(void)fputc('\n', to);
	}
}

static void man_command(FILE *to, const struct command *c)
{
	(void)fputs(".SS mpcup ", to);
	roff(to, c->name);
	(void)fputc(' ', to);
	roff(to, c->usage ? c->usage : "");
	(void)fputc('\n', to);
	roff(to, c->help);
	(void)fputs(".\n", to);
	if (c->details) {
		(void)fputs(".PP\n", to);
		roff(to, c->details);
		(void)fputc('\n', to);
	}
	man_options(to, c->options);
	if (c->examples) {
		(void)fputs(".PP\n.nf\n", to);
		roff(to, c->examples);
		(void)fputs("\n.fi\n", to);
	}
}

static void man_commands(FILE *to)
{
	heading(to, "MPCUP", 1, "User commands");
	(void)fputs(".SH NAME\nmpcup \\- networks of NEAR MPC nodes, on this machine or on AWS\n.SH SYNOPSIS\n"
		    ".B mpcup\n\\fICOMMAND\\fR [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n.SH COMMANDS\n",
		    to);
	for (size_t i = 0; cli_commands[i]; i++)
		if (!cli_commands[i]->hidden)
			man_command(to, cli_commands[i]);
	(void)fputs(".SH OPTIONS OF ALL COMMANDS\n", to);
	man_options(to, cli_common_options);
	(void)fputs(".SH EXIT STATUS\n0 ok; 1 findings or a failed deployment; 2 wrong usage; 3 the "
		    "machine or the target refused; 4 a bug.\n"
		    ".SH SEE ALSO\n.BR mpcup\\-network (5),\n.BR mpcup\\-faults (7)\n",
		    to);
}

/* ---- mpcup-network.5 -------------------------------------------------------------------------------- */

/* "a number from 2 to 180, or a list of 2 to 180 mappings" */
static void value_forms(struct buf *out, const struct network_key *key)
{
	const char *items = (key->forms & NETWORK_TEXTS) && (key->forms & NETWORK_MAPPINGS) ? "texts or mappings"
			    : key->forms & NETWORK_TEXTS				    ? "texts"
											    : "mappings";

	if (key->forms & NETWORK_NUMBER && !key->numbers)
		buf_printf(out, "a number from %u to %u", key->least, key->most);
	for (const unsigned *n = key->numbers; n && *n; n++)
		buf_printf(out, "%s%u", n == key->numbers ? "" : n[1] ? ", " : " or ", *n);
	if (key->forms & NETWORK_TEXT && !(key->forms & NETWORK_NUMBER) && !key->words)
		buf_str(out, "a text");
	for (size_t i = 0; key->words && key->words[i]; i++)
		buf_printf(out, "%s%s", !i ? "" : key->words[i + 1] ? ", " : " or ", key->words[i]);
	if (key->forms & NETWORK_MAPPING)
		buf_str(out, "a mapping");
	if (!(key->forms & (NETWORK_TEXTS | NETWORK_MAPPINGS)))
		return;
	buf_printf(out, "%sa list of ", out->len ? "; or " : "");
	if (key->least && key->most)
		buf_printf(out, "%u to %u ", key->least, key->most);
	buf_str(out, items);
}

/* "Default: 80."; nothing without a text. */
static void sentence(FILE *to, const char *label, const char *text)
{
	if (!text)
		return;
	(void)fputs(label, to);
	roff(to, text);
	(void)fputs(".\n", to);
}

static void network_example_line(FILE *to, const struct network_key *key)
{
	(void)fputs(".nf\n.B ", to);
	roff(to, key->name);
	(void)fputs(": ", to);
	roff(to, key->example);
	(void)fputs("\n.fi\n", to);
}

static void network_key(FILE *to, const struct network_key *key, const char *above)
{
	OWN(str) char *name = str_printf("%s%s%s", above, *above ? "." : "", key->name);
	OWN(buf) struct buf forms = { 0 };

	value_forms(&forms, key);
	(void)fputs(".TP\n.B ", to);
	roff(to, name);
	(void)fprintf(to, "\n%c", toupper(key->help[0]));
	sentence(to, "", key->help + 1);
	sentence(to, "Value: ", forms.data);
	(void)fputs(key->needed ? "Must be there.\n" : "", to);
	sentence(to, "Default: ", key->standard);
	if (key->example)
		network_example_line(to, key);
	for (const struct network_key *below = key->below; below && below->name; below++)
		network_key(to, below, name);
}

static void man_network(FILE *to)
{
	heading(to, "MPCUP\\-NETWORK", 5, "File formats");
	(void)fputs(".SH NAME\nmpcup\\-network \\- network.yaml, the description of an MPC network\n"
		    ".SH DESCRIPTION\n"
		    ".BR mpcup (1)\nmakes a CloudFormation template of this YAML file and deploys it.\n"
		    "Only \\fBname\\fR must be there; every other key has a default. Keys that are not listed\n"
		    "here, and keys that are there twice, are refused. A text that YAML would read as a number\n"
		    "or a truth value stands in quotes, a number does not. Of a list of mappings, the keys are\n"
		    "those that follow it here with a dot.\n.PP\n.B mpcup init\nwrites a file with comments;\n"
		    ".B mpcup schema\nprints the JSON schema, by which editors check and complete it;\n"
		    ".B mpcup check\nproves what will become of it.\n.SH KEYS\n",
		    to);
	for (const struct network_key *key = network_keys; key->name; key++)
		network_key(to, key, "");
	(void)fputs(".SH EXAMPLES\nThree nodes on a chain of their own, on this machine:\n.PP\n.nf\n"
		    "  name: mpc\\-network\n.fi\n.PP\nTwo nodes that join the test network:\n.PP\n.nf\n"
		    "  name: mpc\\-testnet\n  chain: testnet\n  contract: v1.signer\\-prod.testnet\n"
		    "  boot_nodes: ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF@203.0.113.7:24567\n"
		    "  nodes:\n  \\- {account: node0.testnet, host_name: node\\-0}\n"
		    "  \\- {account: node1.testnet, host_name: node\\-1}\n.fi\n"
		    ".SH SEE ALSO\n.BR mpcup (1),\n.BR mpcup\\-faults (7)\n",
		    to);
}

/* ---- mpcup-faults.7 --------------------------------------------------------------------------------- */

static void man_fault(FILE *to, const struct check_rule *rule)
{
	OWN(json) json_t *story = check_story(rule);
	json_t *one;
	size_t i;

	(void)fprintf(to, ".SS %s ", rule->id);
	roff(to, rule->name);
	(void)fputs("\nStep: ", to);
	roff(to, rule->step);
	(void)fputs(".\n", to);
	json_array_foreach(story, i, one) {
		bool code = json_bool_or(one, "code", false);

		/* the reader is in the list already */
		if (!strcmp(json_str_or(one, "label", ""), "Related"))
			continue;
		(void)fprintf(to, ".TP\n.B %s\n%s", json_str_or(one, "label", ""), code ? ".nf\n" : "");
		roff(to, json_str_or(one, "text", ""));
		(void)fprintf(to, "\n%s", code ? ".fi\n" : "");
	}
}

static void man_faults(FILE *to)
{
	size_t count;
	const struct check_rule *const *rules = check_rules(&count);

	heading(to, "MPCUP\\-FAULTS", 7, "Miscellaneous");
	(void)fprintf(to,
		      ".SH NAME\nmpcup\\-faults \\- the faults of MPC deployments that mpcup check knows\n"
		      ".SH DESCRIPTION\nThe %zu rules of\n.BR \"mpcup check\" .\n"
		      "A fault fails a step of the launch sequence (FAIL), is a warning of what may break\n"
		      "later (WARN, step latent), or cannot be told from the templates alone (UNKNOWN).\n"
		      ".B mpcup explain\nshows one of them by its id.\n.SH FAULTS\n",
		      count);
	for (size_t i = 0; i < count; i++)
		man_fault(to, rules[i]);
	(void)fputs(".SH SEE ALSO\n.BR mpcup (1),\n.BR mpcup\\-network (5)\n", to);
}

/* ---- the commands ----------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*print)(FILE *to);
} pages[] = { { "mpcup", man_commands }, { "network", man_network }, { "faults", man_faults } };

static int run_man(struct cli *cli, struct err *err)
{
	const char *name = cli->arg_count ? cli->args[0] : "mpcup";

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (!strcmp(pages[i].name, name)) {
			pages[i].print(stdout);
			return CLI_OK;
		}
	}
	return err_set(err, ERR_INPUT, "there is no man page %s: mpcup, network or faults", name);
}
const struct command command_man = {
	.name = "man",
	.text_only = true,
	.usage = "[mpcup|network|faults]",
	.most = 1,
	.help = "print a man page: of the commands, of network.yaml, or of the faults",
	.examples = "  mpcup man | man -l -\n  mpcup man network | man -l -",
	.run = run_man,
};

static int run_schema(struct cli *cli, struct err *err)
{
	OWN(json) json_t *schema = network_schema();

	(void)cli;
	(void)err;
	cli_print_json(schema);
	return CLI_OK;
}
const struct command command_schema = {
	.name = "schema",
	.help = "print the JSON schema of network.yaml, for editors",
	.details = "The same file is installed as share/mpcup/network.schema.json. An editor with the YAML language\n"
		   "server takes it from a first line of network.yaml: # yaml-language-server: $schema=FILE",
	.examples = "  mpcup schema > network.schema.json",
	.run = run_schema,
};
