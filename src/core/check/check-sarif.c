/* Findings as SARIF 2.1.0, for code scanning and editors.
 *
 * Rules are those that occur: a file of all would be larger than what it says, and doc/faults.md has
 * them. UNKNOWN is a result of kind "fail" (the default) with level "note", not of kind "open": any other
 * kind must have level "none", and code scanning reads levels only, so that it would show no severity. */
#include "core/check/check-internal.h"

#include <string.h>

#include "base/str.h"

#define SCHEMA                                                                                      \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

static json_t *text_of(const char *text)
{
	json_t *message = json_object();

	json_set_str(message, "text", text);
	return message;
}

/* ---- rules ----------------------------------------------------------------------------------------- */

/* Paragraphs of the story, for people; markdown: with bold labels. */
static char *story_text(const struct check_rule *r, bool markdown)
{
	OWN(json) json_t *story = check_story(r);
	struct buf out = { 0 };
	json_t *one;
	size_t i;

	json_array_foreach(story, i, one) {
		const char *label = json_str_or(one, "label", ""), *text = json_str_or(one, "text", "");

		buf_str(&out, i ? "\n\n" : "");
		if (markdown && json_bool_or(one, "code", false))
			buf_printf(&out, "**%s**\n\n```yaml\n%s\n```", label, text);
		else
			buf_printf(&out, markdown ? "**%s:** %s" : "%s: %s", label, text);
	}
	return buf_take(&out);
}

static json_t *rule_entry(const struct check_rule *r)
{
	OWN(str) char *full = str_printf("%s %s", r->symptom, r->cause);
	OWN(str) char *plain = story_text(r, false), *markdown = story_text(r, true);
	json_t *rule = json_object(), *help = text_of(plain);

	json_set_str(help, "markdown", markdown);
	json_set_str(rule, "id", r->id);
	json_set_str(rule, "name", r->name);
	json_object_set_new(rule, "shortDescription", text_of(r->cause));
	json_object_set_new(rule, "fullDescription", text_of(full));
	json_object_set_new(rule, "help", help);
	json_object_set_new(
		rule, "defaultConfiguration",
		json_pack("{s:s}", "level", !strcmp(r->step, "latent") ? "warning" : "error"));
	json_object_set_new(rule, "properties",
			    json_pack("{s:s,s:s}", "step", r->step, "distance", r->distance));
	return rule;
}

/* Index of the rule in `rules`, which gets it when it is new. */
static size_t rule_index(json_t *rules, json_t *indexes, const struct check_rule *r)
{
	if (!json_object_get(indexes, r->id)) {
		json_set_int(indexes, r->id, (json_int_t)json_array_size(rules));
		json_array_append_new(rules, rule_entry(r));
	}
	return (size_t)json_int_or(indexes, r->id, 0);
}

/* ---- places ---------------------------------------------------------------------------------------- */

/* A file name as a URI reference: relative ones stay relative. */
static char *uri_of(const char *path)
{
	struct buf out = { 0 };

	while (str_starts(path, "./"))
		path += 2;
	if (*path == '/')
		buf_str(&out, "file://");
	for (const char *c = path; *c; c++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/", *c))
			buf_char(&out, *c);
		else
			buf_printf(&out, "%%%02X", (unsigned char)*c);
	return buf_take(&out);
}

static json_t *physical(const char *file, json_int_t line, json_int_t column)
{
	OWN(str) char *uri = uri_of(file);
	json_t *place = json_pack("{s:{s:s}}", "artifactLocation", "uri", uri);
	json_t *region;

	if (line < 1)
		return place;
	region = json_pack("{s:I}", "startLine", line);
	if (column > 0)
		json_set_int(region, "startColumn", column);
	json_object_set_new(place, "region", region);
	return place;
}

/* Lines of a template that was made from the artifact are nowhere on disk: the artifact then. */
static json_t *physical_of(const json_t *place, const char *artifact)
{
	const json_t *at = json_map(place, "source");
	const char *file;

	if (!at)
		at = json_map(place, "location");
	file = json_str_or(at, "file", "");
	if (!json_map(place, "source") && artifact && str_starts(file, artifact) &&
	    str_starts(file + strlen(artifact), ": "))
		return physical(artifact, 0, 0);
	return *file ? physical(file, json_int_or(at, "line", 0), json_int_or(at, "column", 0)) : NULL;
}

static json_t *location_of(const json_t *place, const char *artifact)
{
	const char *resource = json_str_or(place, "resource", "");
	json_t *location = json_object(), *where = physical_of(place, artifact), *logical;

	if (where)
		json_object_set_new(location, "physicalLocation", where);
	if (!*resource)
		return location;
	logical = json_pack("{s:s,s:s,s:s}", "name", resource, "fullyQualifiedName", resource, "kind",
			    "resource");
	json_set_str(logical, "decoratedName", json_str(place, "cdkPath"));
	json_object_set_new(location, "logicalLocations", json_pack("[o]", logical));
	return location;
}

/* ---- results --------------------------------------------------------------------------------------- */

static const char *level_of(const json_t *f)
{
	const char *verdict = json_str_or(f, "verdict", "");

	return !strcmp(verdict, "FAIL") ? "error" : !strcmp(verdict, "WARN") ? "warning" : "note";
}

static json_t *message_of(const json_t *f)
{
	OWN(buf) struct buf text = { 0 };
	static const struct {
		const char *member, *label;
	} parts[] = { { "assignment", "When" },
		      { "distance", "On AWS" },
		      { "remedy", "Remedy" },
		      { "networkRemedy", "In network.yaml" },
		      { "lookup", "Not decided by the template; ask" } };

	buf_str(&text, json_str_or(f, "message", ""));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (json_str(f, parts[i].member))
			buf_printf(&text, "\n%s: %s", parts[i].label, json_str(f, parts[i].member));
	return text_of(text.data);
}

static void put_suppression(json_t *result, const json_t *suppressed)
{
	bool is_inline = str_eq(json_str(suppressed, "kind"), "inline");

	if (suppressed)
		json_object_set_new(result, "suppressions",
				    json_pack("[{s:s,s:s}]", "kind",
					      is_inline ? "inSource" : "external", "justification",
					      json_str_or(suppressed, "reason", "")));
}

static json_t *related_of(const json_t *second, const char *artifact)
{
	json_t *location = location_of(second, artifact);

	json_set_int(location, "id", 1);
	json_object_set_new(location, "message", text_of("the other place that is involved"));
	return json_pack("[o]", location);
}

static json_t *result_of(const json_t *f, size_t index, const char *artifact)
{
	static const char *const members[] = { "verdict", "service", "step", "path", "assignment", NULL };
	json_t *result = json_object(), *properties = json_object();

	json_set_str(result, "ruleId", json_str(f, "fault"));
	json_set_int(result, "ruleIndex", (json_int_t)index);
	json_set_str(result, "level", level_of(f));
	json_object_set_new(result, "message", message_of(f));
	json_object_set_new(result, "locations", json_pack("[o]", location_of(f, artifact)));
	if (json_map(f, "second"))
		json_object_set_new(result, "relatedLocations",
				    related_of(json_map(f, "second"), artifact));
	json_object_set_new(result, "partialFingerprints",
			    json_pack("{s:s}", "mpcupFinding/v1", json_str_or(f, "fingerprint", "")));
	put_suppression(result, json_map(f, "suppressed"));
	for (size_t i = 0; members[i]; i++)
		json_set_str(properties, members[i], json_str(f, members[i]));
	json_object_set_new(result, "properties", properties);
	return result;
}

json_t *check_sarif(const json_t *result, const struct check_report *report)
{
	json_t *rules = json_array(), *results = json_array(), *one, *driver, *invocation;
	OWN(json) json_t *indexes = json_object();
	size_t i;

	json_array_foreach(json_list(result, "findings"), i, one) {
		const struct check_rule *r = check_rule(json_str_or(one, "fault", ""));

		if (r)
			json_array_append_new(results, result_of(one, rule_index(rules, indexes, r),
								 report->artifact));
	}
	driver = json_pack("{s:s,s:s,s:s,s:o}", "name", "mpcup", "version", report->version,
			   "semanticVersion", report->version, "rules", rules);
	invocation = json_pack("{s:b,s:i,s:s}", "executionSuccessful", 1, "exitCode",
			       report->exit_code, "exitCodeDescription",
			       report->exit_code ? "there are findings of level error"
						 : "no finding of level error");
	return json_pack("{s:s,s:s,s:[{s:{s:o},s:[o],s:s,s:o}]}", "$schema", SCHEMA, "version", "2.1.0",
			 "runs", "tool", "driver", driver, "invocations", invocation, "columnKind",
			 "unicodeCodePoints", "results", results);
}
