/* A check's result, for people. */
#include <stdio.h>
#include <string.h>

#include "core/check/check.h"
#include "face/cli/check-plan.h"
#include "face/cli/cli-internal.h"

static const char *paint_of(const struct cli *cli, const char *verdict)
{
	return cli_paint(cli, !strcmp(verdict, "FAIL")	 ? "red"
			      : !strcmp(verdict, "PASS") ? "green"
							 : "yellow");
}

static void print_faults(const json_t *faults, const char *intro)
{
	json_t *one;
	size_t i;

	json_array_foreach(faults, i, one)
		(void)printf("%s%s", i ? ", " : intro, json_string_value(one));
}

static void print_task(const struct cli *cli, const json_t *task)
{
	json_t *one;
	size_t i;

	(void)printf("%s%s%s\n", cli_paint(cli, "bold"), json_str_or(task, "service", ""),
		     cli_paint(cli, "off"));
	json_array_foreach(json_list(task, "steps"), i, one) {
		const char *verdict = json_str_or(one, "verdict", "");

		(void)printf("  %s%-7s%s  %-13s", paint_of(cli, verdict), verdict,
			     cli_paint(cli, "off"), json_str_or(one, "step", ""));
		print_faults(json_list(one, "faults"), "  ");
		print_faults(json_list(one, "suppressed"), "  suppressed: ");
		(void)putchar('\n');
	}
	(void)putchar('\n');
}

static void print_place(const json_t *place, const char *intro)
{
	const json_t *at = json_map(place, "location");

	/* the account has no lines */
	if (!json_int_or(at, "line", 0) && *json_str_or(place, "path", "/") != '/') {
		(void)printf("  %s%s  %s\n", intro, json_str_or(at, "file", ""),
			     json_str_or(place, "path", ""));
		return;
	}
	(void)printf("  %s%s:%lld:%lld  %s\n", intro, json_str_or(at, "file", ""),
		     (long long)json_int_or(at, "line", 0), (long long)json_int_or(at, "column", 0),
		     json_str_or(place, "path", ""));
}

/* The place of network.yaml that the property comes from. */
static void print_source(const json_t *source)
{
	(void)printf("  from    %s:%lld:%lld  %s\n", json_str_or(source, "file", ""),
		     (long long)json_int_or(source, "line", 0),
		     (long long)json_int_or(source, "column", 0), json_str_or(source, "path", ""));
}

/* A text of several lines, indented, behind its label. */
static void print_text(const char *label, const char *text)
{
	if (!text)
		return;
	(void)printf("  %s", label);
	for (const char *c = text; *c; c++)
		(void)printf(*c == '\n' ? "\n          " : "%c", *c);
	(void)putchar('\n');
}

static void print_finding(const struct cli *cli, const json_t *f)
{
	const char *verdict = json_str_or(f, "verdict", "");

	(void)printf("%s%s%s %s %s", paint_of(cli, verdict), verdict, cli_paint(cli, "off"),
		     json_str_or(f, "fault", ""), json_str_or(f, "rule", ""));
	if (json_str(f, "service"))
		(void)printf("  (task of %s)", json_str(f, "service"));
	(void)putchar('\n');
	print_place(f, "");
	if (json_map(f, "source"))
		print_source(json_map(f, "source"));
	print_text("cdk:    ", json_str(f, "cdkPath"));
	print_text("", json_str(f, "message"));
	if (json_map(f, "second"))
		print_place(json_map(f, "second"), "see     ");
	print_text("when    ", json_str(f, "assignment"));
	print_text("on AWS: ", json_str(f, "distance"));
	print_text("remedy: ", json_str(f, "remedy"));
	print_text("change: ", json_str(f, "networkRemedy"));
	print_text("ask:    ", json_str(f, "lookup"));
	print_text("refused: ", json_str(f, "refused"));
	(void)putchar('\n');
}

static void print_summary(const json_t *result)
{
	size_t suppressed = check_count(result, NULL);

	(void)printf("%zu tasks: %zu FAIL, %zu WARN, %zu UNKNOWN",
		     json_array_size(json_list(result, "tasks")), check_count(result, "FAIL"),
		     check_count(result, "WARN"), check_count(result, "UNKNOWN"));
	if (suppressed)
		(void)printf(", %zu suppressed", suppressed);
	(void)putchar('\n');
}

static void print_lookups(const json_t *result)
{
	const json_t *made = json_list(result, "lookups");
	size_t open = json_array_size(json_list(result, "questions")), answered = 0, i;
	json_t *one;

	json_array_foreach(made, i, one)
		answered += str_eq(json_str(one, "outcome"), "answered");
	if (made)
		(void)printf("%zu look-up%s: %zu answered, %zu refused\n", json_array_size(made),
			     json_array_size(made) == 1 ? "" : "s", answered,
			     json_array_size(made) - answered);
	else if (open)
		(void)printf("%zu look-up%s would settle more: mpcup check --lookup\n", open,
			     open == 1 ? "" : "s");
}

void check_print(const struct cli *cli, const json_t *result)
{
	json_t *one;
	size_t i;

	if (!cli->quiet)
		json_array_foreach(json_list(result, "tasks"), i, one)
			print_task(cli, one);
	json_array_foreach(json_list(result, "findings"), i, one)
		if (!json_map(one, "suppressed") &&
		    (!cli->quiet || str_eq(json_str(one, "verdict"), "FAIL")))
			print_finding(cli, one);
	if (!cli->quiet) {
		print_summary(result);
		print_lookups(result);
	}
}
