/* mpcup explain */
#include <stdio.h>
#include <string.h>

#include "core/check/check.h"
#include "core/diagnose/diagnose.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"

/* Lines of a text, each indented. */
static void print_indented(const char *text)
{
	(void)fputs("    ", stdout);
	for (const char *c = text; *c; c++)
		(void)printf(*c == '\n' ? "\n    " : "%c", *c);
	(void)putchar('\n');
}

static void print_signs(const struct cli *cli, const json_t *signs)
{
	json_t *one;
	size_t i;

	if (json_array_size(signs))
		(void)printf("\n%smpcup diagnose looks for it behind%s\n", cli_paint(cli, "bold"),
			     cli_paint(cli, "off"));
	json_array_foreach((json_t *)(uintptr_t)signs, i, one)
		(void)printf("    %s: %s\n", json_str_or(one, "source", ""), json_str_or(one, "text", ""));
}

static void explain_row(const struct cli *cli, const struct check_rule *r)
{
	OWN(json) json_t *story = check_story(r), *signs = diagnose_signs(r->id);
	json_t *one;
	size_t i;

	(void)printf("%s%s %s%s  (step: %s)\n", cli_paint(cli, "bold"), r->id, r->name,
		     cli_paint(cli, "off"), r->step);
	json_array_foreach(story, i, one) {
		(void)printf("\n%s%s%s\n", cli_paint(cli, "bold"), json_str_or(one, "label", ""),
			     cli_paint(cli, "off"));
		print_indented(json_str_or(one, "text", ""));
	}
	print_signs(cli, signs);
	(void)printf("\nPage: doc/faults/%s.md\n", r->id);
}

static json_t *rule_json(const struct check_rule *r)
{
	json_t *j = json_object();

	json_set_str(j, "id", r->id);
	json_set_str(j, "name", r->name);
	json_set_str(j, "step", r->step);
	json_set_str(j, "symptom", r->symptom);
	json_set_str(j, "cause", r->cause);
	json_set_str(j, "distance", r->distance);
	json_set_str(j, "remedy", r->remedy);
	json_object_set_new(j, "story", check_story(r));
	json_object_set_new(j, "signs", diagnose_signs(r->id));
	json_object_set_new(j, "page", json_sprintf("doc/faults/%s.md", r->id));
	return j;
}

static int explain_all(const struct cli *cli)
{
	size_t count;
	const struct check_rule *const *all = check_rules(&count);
	OWN(json) json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		if (cli->json)
			json_array_append_new(list, rule_json(all[i]));
		else
			(void)printf("%-4s %-40s %s\n", all[i]->id, all[i]->name, all[i]->step);
	if (cli->json)
		cli_print_json(list);
	return CLI_OK;
}

static int print_markdown(const struct check_rule *r)
{
	OWN(json) json_t *signs = r ? diagnose_signs(r->id) : NULL;
	OWN(str) char *text = r ? check_page(r, signs) : check_reference();

	(void)fputs(text, stdout);
	return CLI_OK;
}

static int no_rule(const char *typed, struct err *err)
{
	unsigned distance = 3;
	const char *near = NULL;
	size_t count;
	const struct check_rule *const *all = check_rules(&count);

	for (size_t i = 0; i < count; i++) {
		unsigned by_id = str_distance(all[i]->id, typed, 1), by_name = str_distance(all[i]->name, typed, 2);

		if (by_id < 2 && by_id < distance) {
			distance = by_id;
			near = all[i]->id;
		}
		if (by_name < distance) {
			distance = by_name;
			near = all[i]->name;
		}
	}
	return err_set(err, ERR_INPUT, "there is no fault '%s'%s%s%s; mpcup explain lists them", typed,
		       near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static int run_explain(struct cli *cli, struct err *err)
{
	const struct check_rule *r = cli->arg_count ? check_rule(cli->args[0]) : NULL;

	if (cli->arg_count && !r)
		return no_rule(cli->args[0], err);
	if (cli_flag(cli, "markdown"))
		return cli->json ? err_set(err, ERR_INPUT, "--markdown and --json: the page is one or the other")
				 : print_markdown(r);
	if (!r)
		return explain_all(cli);
	if (cli->json) {
		OWN(json) json_t *j = rule_json(r);

		cli_print_json(j);
	} else {
		explain_row(cli, r);
	}
	return CLI_OK;
}

static const struct cli_option explain_options[] = {
	{ .name = "markdown", .help = "print the fault's page, doc/faults/ID.md; without ID the list of all, doc/faults.md" },
	{ 0 },
};
const struct command command_explain = {
	.name = "explain",
	.usage = "[ID]",
	.most = 1,
	.help = "tell what a fault is, how it shows, and what mends it",
	.examples = "  mpcup explain\n  mpcup explain B03",
	.options = explain_options,
	.run = run_explain,
};
