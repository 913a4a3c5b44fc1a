/* mpcup graph */
#include <string.h>

#include "core/graph/graph.h"
#include "face/cli/check-plan.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/deployed.h"
#include "face/cli/target.h"

/* The picture of the run with the most failures: another one would hide them. */
struct drawing {
	json_t *model;
	char *title;
	size_t failures;
};

static size_t count_failures(const json_t *result)
{
	size_t i, n = 0;
	json_t *one;

	json_array_foreach(json_list(result, "findings"), i, one)
		n += str_eq(json_str(one, "verdict"), "FAIL");
	return n;
}

static void draw_run(void *ctx, const struct check_plan_run *run)
{
	struct drawing *d = ctx;
	size_t failures = count_failures(run->result);

	if (!run->deployment || (d->model && failures <= d->failures))
		return;
	json_decref(d->model);
	d->failures = failures;
	d->model = graph_build(&(struct graph_input){ .deployment = run->deployment,
						      .templates = run->templates,
						      .template_count = run->count,
						      .result = run->result,
						      .assignment = run->assignment,
						      .title = d->title });
}

static char *title_of(const struct plan *p)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < p->count; i++)
		buf_printf(&b, "%s%s", i ? ", " : "",
			   p->stacks[i].source ? p->stacks[i].source : p->stacks[i].name);
	return buf_take(&b);
}

static const char *const formats[] = { "svg", "html", "json", "compact", NULL };

/* --format, else the ending of --output, else --json, else SVG. */
static int take_format(const struct cli *cli, const char **ret, struct err *err)
{
	const char *output = cli_option(cli, "output"), *given = cli_option(cli, "format");
	const char *dot = output ? strrchr(output, '.') : NULL;
	const char *wanted = given ? given : cli->json ? "json" : dot ? dot + 1 : "svg";

	for (size_t i = 0; formats[i]; i++)
		if (!strcasecmp(formats[i], wanted)) {
			*ret = formats[i];
			return 0;
		}
	return err_set(err, ERR_INPUT,
		       given ? "--format %s: the formats are svg, html, json and compact"
			     : "--output %s: the ending tells no format; use .svg, .html or .json, or "
			       "--format",
		       given ? given : output);
}

static char *print_of(const json_t *model, const char *format)
{
	OWN(json) json_t *compact = !strcmp(format, "compact") ? deployed_compact(model) : NULL;
	OWN(str) char *json = NULL;

	if (!strcmp(format, "svg"))
		return graph_svg(model);
	if (!strcmp(format, "html"))
		return graph_html(model);
	json = json_text(compact ? compact : model);
	return str_printf("%s\n", json);
}

static int write_out(const struct cli *cli, const char *text, struct err *err)
{
	const char *output = cli_option(cli, "output");

	if (output && strcmp(output, "-") != 0)
		return cli_write(output, text, strlen(text), 0644, err) < 0 ? -1 : CLI_OK;
	if (fputs(text, stdout) < 0 || fflush(stdout) < 0)
		return err_sys(err, "standard output");
	return CLI_OK;
}

/* What is deployed under --stack, as it is now; else what the arguments name. */
static int take_plan(struct cli *cli, struct plan *p, json_t **ret_names, struct err *err)
{
	const char *stack = cli_option(cli, "stack");
	struct target t __attribute__((cleanup(own_drop_target))) = { 0 };
	int rc;

	if (!stack)
		return plan_preview(cli, p, err);
	if (cli->arg_count)
		return err_set(err, ERR_INPUT, "--stack %s is deployed, %s is a file: one of them", stack,
			       cli->args[0]);
	if (target_open(cli, false, &t, err) < 0)
		return -1;
	rc = deployed_plan(&t, stack, p, ret_names, err);
	return rc > 0 ? err_set(err, ERR_SYS, "Stack with id %s does not exist", stack) : rc;
}

static int run_graph(struct cli *cli, struct err *err)
{
	struct plan p __attribute__((cleanup(own_drop_plan))) = { 0 };
	OWN(json) json_t *names = NULL;
	struct drawing d = { .model = NULL };
	const char *format = NULL, *name = NULL;
	OWN(str) char *text = NULL, *title = NULL;
	OWN(json) json_t *model = NULL;

	if (take_format(cli, &format, err) < 0)
		return -1;
	if (take_plan(cli, &p, &names, err) < 0 ||
	    !(d.title = title = title_of(&p)) ||
	    check_plan_runs(&p, NULL, NULL, draw_run, &d, &name, err) < 0) {
		if (cli_option(cli, "stack"))
			return -1;
		/* as with check: what cannot be read is the input's fault */
		if (err->code == ERR_SYS || err->code == ERR_LIMIT)
			err->code = ERR_INPUT;
		return -1;
	}
	model = d.model;
	if (names)
		deployed_name(model, names);
	text = print_of(model, format);
	return write_out(cli, text, err);
}

static const struct cli_option options[] = {
	{ .name = "output", .value = "FILE", .help = "write there, in the format its ending tells" },
	{ .name = "format", .value = "NAME", .help = "svg (default), html, json, or compact: json by proof" },
	{ .name = "params",
	  .value = "FILE",
	  .many = true,
	  .help = "parameter values in the aws CLI's form" },
	{ .name = "param", .value = "K=V", .many = true, .help = "one parameter value" },
	{ .name = "stack", .value = "NAME",
	  .help = "draw what is deployed, with the rules of its security groups as they are now" },
	TARGET_OPTIONS,
	{ 0 },
};
const struct command command_graph = {
	.name = "graph",
	.usage = "[network.yaml | TEMPLATE...]",
	.most = 64,
	.help = "draw the topology: what reaches what, and what blocks it",
	.details = "VPCs, subnets, tasks, file systems, ways to AWS's APIs and the chain, with the\n"
		   "connections a network needs: green is proven to work, red is blocked, grey and\n"
		   "dashed is not proven by the templates alone. Pointing at a line, a box or a cell of\n"
		   "the peers' matrix shows the rule that lets through, or the fault with its place and\n"
		   "remedy. Connections that behave alike are one line. Where conditions depend on\n"
		   "parameters, the values with the most failures are drawn, and named. The HTML page\n"
		   "is one file that loads nothing.",
	.examples = "  mpcup graph > network.svg\n"
		    "  mpcup graph template.json --params keys.json --output network.html\n"
		    "  mpcup graph import.json near-runner.json --json\n"
		    "  mpcup graph --stack mpc --output deployed.html",
	.options = options,
	.run = run_graph,
};
