/* What becomes of findings: suppressed, kept in a baseline, told as SARIF. */
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/check/check-internal.h"

/* A template with two resources; `own` and `of_a` go into the Metadata of the template and of A. */
static struct template *template_of(const char *own, const char *of_a)
{
	OWN(str)
	char *text = str_printf("{\"Metadata\":{\"mpcup\":{\"suppress\":%s}},\n\"Resources\":{\n"
				"\"A\":{\"Type\":\"AWS::SNS::Topic\",\n"
				"\"Metadata\":{\"mpcup\":{\"suppress\":%s}}},\n"
				"\"B\":{\"Type\":\"AWS::SNS::Topic\"}}}",
				own, of_a);
	struct template *t = NULL;
	struct err err = { 0 };

	CHECK_OK(template_parse("dir/t.json", text, strlen(text), &t, &err), err);
	return t;
}

static json_t *finding(const char *verdict, const char *fault, const char *resource, int line)
{
	OWN(str) char *path = str_printf("%s%s", *resource ? "/Resources/" : "/Outputs/X", resource);

	return json_pack("{s:s,s:s,s:s,s:s,s:{s:s,s:i,s:i},s:s,s:s,s:s,s:s}", "verdict", verdict,
			 "fault", fault, "resource", resource, "path", path, "location", "file",
			 "dir/t.json", "line", line, "column", 3, "message", "it is so", "remedy",
			 "do", "step", "efs-connect", "service", "S");
}

static json_t *result_of(json_t *findings)
{
	return json_pack("{s:o,s:[{s:s,s:[{s:s,s:s,s:[s]}]}]}", "findings", findings, "tasks",
			 "service", "S", "steps", "step", "efs-connect", "verdict", "FAIL", "faults",
			 "C01");
}

static json_t *usual(void)
{
	return result_of(json_pack("[o,o,o]", finding("FAIL", "C01", "A", 5),
				   finding("FAIL", "C02", "B", 9),
				   finding("FAIL", "G09", "", 20)));
}

static json_t *suppressed(const char *own, const char *of_a)
{
	OWN(template) struct template *t = template_of(own, of_a);
	json_t *result = usual();

	check_suppress(result, &t, 1);
	return result;
}

/* The first finding of this fault. */
static const json_t *find(const json_t *result, const char *fault)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(result, "findings"), i, one)
		if (str_eq(json_str(one, "fault"), fault))
			return one;
	return NULL;
}

TEST(check_suppress, an_entry_with_a_reason_takes_the_findings_of_its_resource)
{
	OWN(json) json_t *result = suppressed("[]", "[{\"fault\":\"c01\",\"reason\":\"known\"}]");
	const json_t *step = json_path(result, "tasks.0.steps.0");

	CHECK_INT(json_array_size(json_list(result, "findings")), 3);
	CHECK_INT(check_count(result, "FAIL"), 2);
	CHECK_INT(check_count(result, NULL), 1);
	CHECK_STR(json_str(json_map(find(result, "C01"), "suppressed"), "kind"), "inline");
	CHECK_STR(json_str(json_map(find(result, "C01"), "suppressed"), "reason"), "known");
	/* C02 fails the step still, and G09, of the same step here */
	CHECK_STR(json_str(step, "verdict"), "FAIL");
	CHECK_STR(json_string_value(json_path(step, "suppressed.0")), "C01");
	CHECK_STR(json_string_value(json_path(step, "faults.0")), "C02");
}

TEST(check_suppress, a_finding_without_a_resource_is_suppressed_by_the_template)
{
	OWN(json)
	json_t *result = suppressed("[{\"fault\":\"G09\",\"reason\":\"r\"}]",
				    "[{\"fault\":\"G09\",\"reason\":\"r\"}]");

	CHECK(json_map(find(result, "G09"), "suppressed"));
	CHECK_STR(json_str(find(result, "T02"), "path"), "/Resources/A/Metadata/mpcup/suppress/0");
}

TEST(check_suppress, an_entry_without_a_reason_is_a_failure_and_suppresses_nothing)
{
	static const char *const entries[] = {
		"[{\"fault\":\"C01\"}]", "[{\"fault\":\"C01\",\"reason\":\" \\t\"}]",
		"[{\"reason\":\"r\"}]", "[\"C01\"]", "{\"fault\":\"C01\",\"reason\":\"r\"}", NULL,
	};

	for (size_t i = 0; entries[i]; i++) {
		OWN(json) json_t *result = suppressed("[]", entries[i]);

		CHECK_STR(json_str_or(find(result, "T01"), "verdict", entries[i]), "FAIL");
		CHECK_INT(json_int_or(json_map(find(result, "T01"), "location"), "line", 0), 4);
		CHECK_INT(check_count(result, NULL), 0);
		CHECK_INT(check_count(result, "FAIL"), 4);
	}
}

TEST(check_suppress, an_entry_that_suppresses_nothing_is_a_warning)
{
	static const char *const ids[] = { "C02", "Z99", "T02", "", NULL };

	for (size_t i = 0; ids[i]; i++) {
		OWN(str) char *list = str_printf("[{\"fault\":\"%s\",\"reason\":\"r\"}]", ids[i]);
		OWN(json) json_t *result = suppressed("[]", list);

		CHECK_STR(json_str_or(find(result, "T02"), "verdict", ids[i]), "WARN");
		CHECK_INT(check_count(result, "FAIL"), 3);
	}
}

TEST(check_suppress, copies_of_one_entry_are_used_when_one_of_them_is)
{
	const char *copy = "[{\"fault\":\"C01\",\"reason\":\"r\",\"origin\":\"/suppress/0\"}]";
	OWN(json) json_t *used = suppressed(copy, copy);
	OWN(json) json_t *unused = suppressed(copy, "[]");

	CHECK(find(used, "T02") == NULL);
	CHECK_INT(check_count(used, NULL), 1);
	CHECK(find(unused, "T02") != NULL);
}

TEST(check_fingerprints, a_moved_line_changes_nothing_and_another_place_does)
{
	OWN(json)
	json_t *result = result_of(json_pack("[o,o,o]", finding("FAIL", "C01", "A", 5),
					     finding("FAIL", "C01", "A", 50),
					     finding("FAIL", "C01", "B", 5)));
	const json_t *list = json_list(result, "findings");

	check_fingerprints(result);
	CHECK_STR(json_str(json_array_get(list, 0), "fingerprint"),
		  json_str(json_array_get(list, 1), "fingerprint"));
	CHECK(!str_eq(json_str(json_array_get(list, 0), "fingerprint"),
		      json_str(json_array_get(list, 2), "fingerprint")));
	CHECK_INT(strlen(json_str_or(json_array_get(list, 0), "fingerprint", "")), 32);
}

/* ---- baselines -------------------------------------------------------------------------------------- */

static void baseline_is_refused(const char *text, const char *want)
{
	struct err err = { 0 };
	json_t *baseline = NULL;

	CHECK_INT(check_baseline_read("b.json", text, strlen(text), &baseline, &err), -1);
	CHECK_STR(err.text, want);
	CHECK(baseline == NULL);
}

TEST(check_baseline, what_it_has_does_not_count_and_what_it_had_is_stale)
{
	OWN(json) json_t *before = usual(), *after = usual(), *baseline = NULL;
	OWN(str) char *text = NULL;
	struct err err = { 0 };

	check_fingerprints(before);
	text = check_baseline_make(before, "as it was");
	CHECK_OK(check_baseline_read("b.json", text, strlen(text), &baseline, &err), err);
	CHECK_INT(json_array_size(json_list(baseline, "findings")), 3);
	json_array_remove(json_list(after, "findings"), 0);
	json_array_append_new(json_list(after, "findings"), finding("FAIL", "C03", "A", 1));
	check_fingerprints(after);
	check_baseline_apply(after, baseline, "b.json");
	CHECK_INT(check_count(after, "FAIL"), 1);
	CHECK_INT(check_count(after, NULL), 2);
	CHECK_STR(json_str(json_map(find(after, "C02"), "suppressed"), "kind"), "baseline");
	CHECK_STR(json_str(json_map(find(after, "C02"), "suppressed"), "reason"), "as it was");
	CHECK_STR(json_str(json_map(find(after, "T03"), "location"), "file"), "b.json");
	CHECK_INT(json_int_or(json_map(find(after, "T03"), "location"), "line", 0), 4);
}

TEST(check_baseline, writing_anew_keeps_reasons_and_leaves_out_what_is_inline_or_unknown)
{
	OWN(json) json_t *result = suppressed("[]", "[{\"fault\":\"C01\",\"reason\":\"known\"}]");
	OWN(json) json_t *baseline = NULL, *again = NULL;
	OWN(str) char *text = NULL, *more = NULL;
	struct err err = { 0 };

	json_array_append_new(json_list(result, "findings"), finding("UNKNOWN", "C12", "B", 1));
	text = check_baseline_make(result, "first");
	CHECK_OK(check_baseline_read("b", text, strlen(text), &baseline, &err), err);
	CHECK_INT(json_array_size(json_list(baseline, "findings")), 2);
	check_baseline_apply(result, baseline, "b");
	json_array_append_new(json_list(result, "findings"), finding("WARN", "A08", "B", 1));
	check_fingerprints(result);
	more = check_baseline_make(result, "second");
	CHECK_OK(check_baseline_read("b", more, strlen(more), &again, &err), err);
	CHECK_STR(json_string_value(json_path(again, "findings.0.fault")), "A08");
	CHECK_STR(json_string_value(json_path(again, "findings.0.reason")), "second");
	CHECK_STR(json_string_value(json_path(again, "findings.1.fault")), "C02");
	CHECK_STR(json_string_value(json_path(again, "findings.1.reason")), "first");
}

TEST(check_baseline, an_entry_without_a_reason_is_refused_with_its_line)
{
	baseline_is_refused("{\"version\": 1, \"findings\": [\n{\"fingerprint\": \"}[\\\"\", \"fault\": "
			    "\"C01\", \"reason\": \"r\"},\n\n{\"fingerprint\": \"b\", \"fault\": \"C01\", "
			    "\"reason\": \" \"}]}",
			    "b.json:4: this entry has no reason: say why the finding may stay, or take "
			    "it away");
	baseline_is_refused("{\"findings\": [1], \"version\": 1}",
			    "b.json:1: an entry has a fingerprint, a fault and a reason");
	baseline_is_refused("[]", "b.json:1: this is no baseline: {\"version\": 1, \"findings\": "
				  "[...]}, as mpcup check --write-baseline writes it");
}

/* ---- SARIF ------------------------------------------------------------------------------------------ */

TEST(check_sarif, levels_places_and_suppressions)
{
	OWN(json) json_t *result = suppressed("[]", "[{\"fault\":\"C01\",\"reason\":\"known\"}]");
	struct check_report report = { .version = "1.2.3", .exit_code = 1 };
	OWN(json) json_t *sarif = NULL;
	const json_t *first;

	json_array_append_new(json_list(result, "findings"), finding("UNKNOWN", "C12", "B", 0));
	sarif = check_sarif(result, &report);
	first = json_path(sarif, "runs.0.results.0");
	CHECK_STR(json_string_value(json_path(sarif, "runs.0.tool.driver.version")), "1.2.3");
	CHECK_INT(json_int_or(json_path(sarif, "runs.0.invocations.0"), "exitCode", 0), 1);
	CHECK_STR(json_str(json_path(first, "suppressions.0"), "kind"), "inSource");
	CHECK_STR(json_str(json_path(first, "suppressions.0"), "justification"), "known");
	CHECK_STR(json_str(first, "level"), "error");
	CHECK_INT(json_int_or(json_path(first, "locations.0.physicalLocation.region"), "startLine", 0),
		  5);
	first = json_path(sarif, "runs.0.results.3");
	CHECK_STR(json_str(first, "level"), "note");
	CHECK(!json_path(first, "locations.0.physicalLocation.region"));
	CHECK_STR(json_str(json_path(sarif, "runs.0.tool.driver.rules.3"), "id"), "C12");
	CHECK_INT(json_int_or(first, "ruleIndex", 0), 3);
}

TEST(check_sarif, lines_of_a_template_that_is_no_file_are_not_given)
{
	OWN(json) json_t *result = usual(), *sarif = NULL;
	struct check_report report = { .version = "1", .artifact = "./a b/network.yaml" };
	json_t *one = json_array_get(json_list(result, "findings"), 0);

	json_set_str(json_map(one, "location"), "file", "./a b/network.yaml: stack x");
	sarif = check_sarif(result, &report);
	one = json_path(sarif, "runs.0.results.0.locations.0.physicalLocation");
	CHECK_STR(json_string_value(json_path(one, "artifactLocation.uri")), "a%20b/network.yaml");
	CHECK(!json_map(one, "region"));
}

/* ---- stories ---------------------------------------------------------------------------------------- */

TEST(check_story, every_rule_has_one_and_examples_belong_to_rules)
{
	size_t count, examples = 0, i, k;
	const struct check_rule *const *all = check_rules(&count);
	OWN(str) char *reference = check_reference();
	json_t *one;

	for (i = 0; i < count; i++) {
		OWN(json) json_t *story = check_story(all[i]);
		OWN(str) char *row = str_printf("| [%s](faults/%s.md) | %s |", all[i]->id, all[i]->id, all[i]->name);
		OWN(str) char *heading = str_printf("# %s %s\n", all[i]->id, all[i]->name);
		OWN(str) char *page = check_page(all[i], NULL);

		CHECK(json_array_size(story) >= 5);
		CHECK(strstr(reference, row) != NULL);
		CHECK(str_starts(page, heading));
		CHECK(strstr(page, all[i]->symptom) && strstr(page, all[i]->cause) && strstr(page, all[i]->remedy));
		json_array_foreach(story, k, one) {
			CHECK(*json_str_or(one, "text", ""));
			examples += json_bool_or(one, "code", false);
		}
	}
	CHECK_INT(examples, check_example_count());
}
