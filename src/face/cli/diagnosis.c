#include "face/cli/diagnosis.h"

#include <string.h>
#include <time.h>

#include "core/aws/aws.h"
#include "core/diagnose/diagnose.h"
#include "core/launch/launch.h"
#include "face/cli/check-plan.h"
#include "face/cli/cli-internal.h"
#include "face/cli/deployed.h"
#include "face/cli/evidence.h"
#include "face/cli/plan.h"

/* ---- the check of what is deployed --------------------------------------------------------------------- */

static void add_stack(struct plan *p, const json_t *stack)
{
	const char *name = json_str_or(json_map(stack, "stack"), "StackName", "");
	const char *text = json_str(stack, "template");

	if (text)
		p->stacks[p->count++] = (struct plan_stack){ .name = str_dup(name), .role = "network",
							     .text = str_dup(text), .len = strlen(text),
							     .parameters = deployed_parameters(json_list(stack, "parameters")) };
}

/* What exports before what imports: the evidence has the stack that was asked for first. */
static void plan_of(const json_t *evidence, struct plan *p)
{
	const json_t *stacks = json_list(evidence, "stacks");

	p->stacks = mem_new(json_array_size(stacks) + 1, sizeof(*p->stacks));
	p->preview = true;
	for (size_t i = json_array_size(stacks); i-- > 0;)
		add_stack(p, json_array_get(stacks, i));
}

static bool same_template(const char *path, const char *file, size_t len, const struct plan_stack *s)
{
	OWN(template) struct template *local = NULL, *deployed = NULL;
	OWN(json) json_t *given = template_given(s->parameters), *ours = NULL, *theirs = NULL;
	struct template_inputs inputs = { .given = given };

	if (template_parse_with(path, file, len, &inputs, &local, NULL) < 0 ||
	    template_parse(s->name, s->text, s->len, &deployed, NULL) < 0)
		return false;
	ours = template_processed(local);
	theirs = template_processed(deployed);
	return json_equal(ours, theirs);
}

static int take_file(struct plan *p, const char *path, struct err *err)
{
	OWN(str) char *text = NULL;
	bool taken = false;
	size_t len;

	if (cli_read(path, &text, &len, err) < 0)
		return -1;
	for (size_t i = 0; i < p->count; i++) {
		struct plan_stack *s = &p->stacks[i];

		if (s->source || !same_template(path, text, len, s))
			continue;
		free(s->text);
		s->text = str_dup(text);
		s->len = len;
		s->source = str_dup(path);
		taken = true;
	}
	if (!taken)
		(void)fprintf(stderr, "mpcup: %s is not what is deployed; places are those of the deployed template\n",
			      path);
	return 0;
}

static bool is_file(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (str_eq(p->stacks[i].source, name))
			return true;
	return false;
}

/* Lines of a template that is no file here say nothing. */
static void drop_locations(const struct plan *p, json_t *place)
{
	if (place && !is_file(p, json_str(json_map(place, "location"), "file")))
		json_object_del(place, "location");
}

static bool is_masked(const json_t *evidence)
{
	json_t *stack;
	size_t i;

	json_array_foreach(json_list(evidence, "stacks"), i, stack)
		if (json_bool_or(stack, "masked", false))
			return true;
	return false;
}

static void keep_findings(const struct plan *p, const json_t *result, bool masked, json_t *ret)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(result, "findings"), i, one) {
		/* a value that was masked is neither good nor bad */
		if (masked && evidence_is_of_value(json_str(one, "fault")))
			json_set_str(one, "verdict", "UNKNOWN");
		drop_locations(p, one);
		drop_locations(p, json_map(one, "second"));
		json_array_append(ret, one);
	}
}

int diagnosis_findings(json_t *evidence, const json_t *files, json_t **ret, struct err *err)
{
	struct plan p __attribute__((cleanup(own_drop_plan))) = { 0 };
	OWN(json) json_t *result = NULL, *findings = json_array();
	struct err why = { 0 };
	bool checked;
	json_t *file;
	size_t i;

	plan_of(evidence, &p);
	json_array_foreach(files, i, file)
		if (take_file(&p, json_string_value(file), err) < 0)
			return -1;
	checked = p.count && check_plan(&p, NULL, NULL, &result, &why) == 0;
	if (p.count && !checked && json_list(evidence, "unread"))
		json_array_append_new(json_list(evidence, "unread"),
				      json_pack("{s:s,s:s}", "what", "check of the deployed templates", "why",
						why.text));
	keep_findings(&p, result, is_masked(evidence), findings);
	evidence_live_findings(evidence, findings);
	*ret = checked || json_array_size(findings) ? GIVE(findings) : NULL;
	return 0;
}

int diagnosis_make(const json_t *evidence, const json_t *findings, json_t **ret, struct err *err)
{
	OWN(str) char *now = aws_time_iso((int64_t)time(NULL) * 1000);

	return diagnose(evidence, findings, now, ret, err);
}

/* ---- print ------------------------------------------------------------------------------------------------- */

static const char *step_title(const char *step)
{
	for (int i = 0; i < LAUNCH_STEP_COUNT; i++)
		if (str_eq(launch_rows()[i].name, step))
			return launch_rows()[i].title;
	return NULL;
}

/* Runs at the end: the node is there, and does not get on. */
static const char *what_fails(const char *step, bool several)
{
	int at = 0;

	while (at < LAUNCH_STEP_COUNT && !str_eq(launch_rows()[at].name, step))
		at++;
	if (at == LAUNCH_STEP_COUNT)
		return several ? "are not created" : "is not created";
	if (at >= LAUNCH_CHAIN)
		return several ? "do not get on" : "does not get on";
	if (at >= LAUNCH_ENTRY)
		return several ? "do not stay up" : "does not stay up";
	return several ? "do not start" : "does not start";
}

static void print_names(FILE *to, const json_t *names)
{
	json_t *one;
	size_t i, count = json_array_size(names);

	json_array_foreach(names, i, one) {
		if (i == 3 && count > 4) {
			(void)fprintf(to, " and %zu more", count - i);
			break;
		}
		(void)fprintf(to, "%s%s", i == 0 ? "" : i + 1 == count ? " and " : ", ", json_string_value(one));
	}
}

static void print_place(FILE *to, const char *label, const json_t *place)
{
	const json_t *at = json_map(place, "source"), *location = json_map(place, "location");

	if (!at)
		at = location;
	if (!json_str(place, "path") && !json_str(place, "resource"))
		return;
	(void)fprintf(to, "  %-9s ", label);
	if (at)
		(void)fprintf(to, "%s:%lld: ", json_str_or(at, "file", ""), (long long)json_int_or(at, "line", 0));
	(void)fprintf(to, "%s\n", json_str_or(place, "path", json_str_or(place, "resource", "")));
}

/* "10:52:40" of an ISO time */
static void print_evidence(FILE *to, const struct cli *cli, const json_t *one)
{
	const char *time = json_str_or(one, "time", ""), *t = strchr(time, 'T');
	json_int_t times = json_int_or(one, "times", 1);

	(void)fprintf(to, "    %s%-8.8s%s %-8s", cli_paint(cli, "dim"), t ? t + 1 : "", cli_paint(cli, "off"),
		      json_str_or(one, "source", ""));
	if (json_str(one, "service"))
		(void)fprintf(to, " %s", json_str(one, "service"));
	if (times > 1)
		(void)fprintf(to, " (%lld times)", (long long)times);
	(void)fprintf(to, "%s %s\n", json_str(one, "service") ? ":" : "", json_str_or(one, "text", ""));
}

/* One service is enough to see it; the others are counted. */
static void print_all_evidence(FILE *to, const struct cli *cli, const json_t *cause)
{
	const json_t *list = json_list(cause, "evidence");
	const char *service = NULL;
	size_t shown = 0, i;
	json_t *one;

	(void)fprintf(to, "  Evidence\n");
	json_array_foreach(list, i, one) {
		const char *its = json_str(one, "service");

		if (!service)
			service = its;
		if (its && service && strcmp(its, service) != 0)
			continue;
		print_evidence(to, cli, one);
		shown++;
	}
	if (shown < json_array_size(list))
		(void)fprintf(to, "             and %zu more of the other services\n", json_array_size(list) - shown);
}

static void print_consequences(FILE *to, const json_t *cause)
{
	const json_t *list = json_list(cause, "consequences");
	json_t *one;
	size_t i;

	if (!json_array_size(list))
		return;
	(void)fprintf(to, "  Follows\n");
	json_array_foreach(list, i, one) {
		if (i == 6 && json_array_size(list) > 7) {
			(void)fprintf(to, "    and %zu more\n", json_array_size(list) - i);
			break;
		}
		(void)fprintf(to, "    %s: %s\n", json_str_or(one, "resource", ""), json_str_or(one, "text", ""));
	}
}

static void print_others(FILE *to, const json_t *cause)
{
	const json_t *others = json_list(cause, "otherFaults");

	if (!json_array_size(others))
		return;
	(void)fprintf(to, "  Or        ");
	print_names(to, others);
	(void)fprintf(to, " (mpcup explain ID): the evidence does not tell them apart\n");
}

static void print_cause(FILE *to, const struct cli *cli, const json_t *cause)
{
	const char *step = json_str_or(cause, "step", ""), *title = step_title(step);
	const json_t *services = json_list(cause, "services");
	size_t places = json_array_size(json_list(cause, "places"));

	(void)fprintf(to, "%s%s %s%s (%s)\n  ", cli_paint(cli, "red"), json_str_or(cause, "fault", ""),
		      json_str_or(cause, "rule", ""), cli_paint(cli, "off"), json_str_or(cause, "confidence", ""));
	if (json_array_size(services))
		print_names(to, services);
	else
		(void)fprintf(to, "%s", json_str_or(cause, "resource", "The stack"));
	(void)fprintf(to, " %s: %s\n", what_fails(step, json_array_size(services) > 1),
		      json_str_or(cause, "message", ""));
	if (title)
		(void)fprintf(to, "  Step      %s: %s\n", step, title);
	print_all_evidence(to, cli, cause);
	print_place(to, "Place", cause);
	if (places)
		(void)fprintf(to, "            and %zu more like it\n", places);
	if (json_map(cause, "second"))
		print_place(to, "See also", json_map(cause, "second"));
	(void)fprintf(to, "  Change    %s\n", json_str_or(cause, "networkRemedy", json_str_or(cause, "remedy", "")));
	print_others(to, cause);
	print_consequences(to, cause);
	(void)fputc('\n', to);
}

/* What nothing has shown yet is one line each. */
static bool is_only_found(const json_t *cause)
{
	return str_eq(json_str(json_array_get(json_list(cause, "evidence"), 0), "source"), "template");
}

static void print_stopped(FILE *to, const json_t *diagnosis)
{
	const json_t *stopped = json_list(diagnosis, "stopped");
	bool several = json_array_size(stopped) > 1;

	if (!json_array_size(stopped))
		return;
	print_names(to, stopped);
	(void)fprintf(to, " %s stopped: the desired count is 0. To bring %s back: mpcup restart %s --stack %s\n\n",
		      several ? "are" : "is", several ? "them" : "it",
		      several ? "NODE..." : json_string_value(json_array_get(stopped, 0)),
		      json_str_or(diagnosis, "stack", ""));
}

static void print_advice(FILE *to, const struct cli *cli, const json_t *advice)
{
	json_t *one;
	size_t i;

	(void)fprintf(to, "What can be done with the stack now\n");
	json_array_foreach(advice, i, one) {
		const char *command = json_str_or(one, "command", "");

		(void)fprintf(to, "  %s\n", json_str_or(one, "text", ""));
		if (*command)
			(void)fprintf(to, "      %s%s%s\n", cli_paint(cli, "bold"), command, cli_paint(cli, "off"));
	}
}

static void print_found(FILE *to, const struct cli *cli, const json_t *causes)
{
	bool first = true;
	json_t *one;
	size_t i;

	json_array_foreach(causes, i, one) {
		if (!is_only_found(one) || i == 0)
			continue;
		if (first)
			(void)fprintf(to, "Found in the template beside, and not seen to fail so far\n");
		first = false;
		(void)fprintf(to, "  %s%s %s%s: %s\n", cli_paint(cli, "bold"), json_str_or(one, "fault", ""),
			      json_str_or(one, "rule", ""), cli_paint(cli, "off"), json_str_or(one, "message", ""));
	}
	if (!first)
		(void)fputc('\n', to);
}

static void print_rest(FILE *to, const struct cli *cli, const json_t *diagnosis, const json_t *evidence)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(diagnosis, "unexplained"), i, one) {
		if (i == 0)
			(void)fprintf(to, "Not explained\n");
		(void)fprintf(to, "    %s %s: %s\n", json_str_or(one, "source", ""),
			      json_str_or(one, "resource", ""), json_str_or(one, "text", ""));
	}
	json_array_foreach(json_list(evidence, "unread"), i, one) {
		if (i == 0)
			(void)fprintf(to, "%sNot read, so not looked at%s\n", cli_paint(cli, "dim"),
				      cli_paint(cli, "off"));
		(void)fprintf(to, "    %s: %s\n", json_str_or(one, "what", ""), json_str_or(one, "why", ""));
	}
	if (i)
		(void)fputc('\n', to);
}

void diagnosis_print(const struct cli *cli, FILE *to, const json_t *diagnosis, const json_t *evidence)
{
	const json_t *causes = json_list(diagnosis, "causes");
	json_t *one;
	size_t i;

	(void)fprintf(to, "Stack %s%s%s is in %s.\n\n", cli_paint(cli, "bold"), json_str_or(diagnosis, "stack", ""),
		      cli_paint(cli, "off"), json_str_or(diagnosis, "status", ""));
	print_stopped(to, diagnosis);
	if (!json_array_size(causes) && !json_array_size(json_list(diagnosis, "unexplained")))
		(void)fprintf(to, "%sNothing %sis wrong%s as far as the evidence goes.\n\n", cli_paint(cli, "green"),
			      json_array_size(json_list(diagnosis, "stopped")) ? "else " : "", cli_paint(cli, "off"));
	json_array_foreach(causes, i, one)
		if (i == 0 || !is_only_found(one))
			print_cause(to, cli, one);
	print_found(to, cli, causes);
	print_rest(to, cli, diagnosis, evidence);
	print_advice(to, cli, json_list(diagnosis, "advice"));
	(void)fflush(to);
}

void diagnosis_tell(const struct cli *cli, const json_t *diagnosis, json_t *told)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(diagnosis, "causes"), i, one) {
		const char *fault = json_str_or(one, "fault", "");

		if (is_only_found(one) || json_object_get(told, fault))
			continue;
		json_set_bool(told, fault, true);
		(void)printf("  %sCAUSE%s            %s %s (%s): %s\n", cli_paint(cli, "bold"), cli_paint(cli, "off"),
			     fault, json_str_or(one, "rule", ""), json_str_or(one, "confidence", ""),
			     json_str_or(one, "message", ""));
		print_place(stdout, "    place", one);
	}
	(void)fflush(stdout);
}
