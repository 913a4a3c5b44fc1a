/* The baseline: findings that were there when somebody decided to go on, with the reason, in a file. */
#include "core/check/check-internal.h"

#include <string.h>

#include "base/str.h"

enum { ENTRY_DEPTH = 2 }; /* {"findings": [ */

/* ---- reading ------------------------------------------------------------------------------------- */

/* Line of the entry with this index: the text is JSON already, so braces and quotes are enough. */
static unsigned line_of_entry(const char *text, size_t len, size_t index)
{
	unsigned line = 1, depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			line++;
		else if (quoted && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
		else if (!quoted && (text[i] == ']' || text[i] == '}'))
			depth--;
		else if (!quoted && (text[i] == '[' || text[i] == '{') && depth++ == ENTRY_DEPTH &&
			 index-- == 0)
			return line;
	}
	return line;
}

static const char *entry_problem(const json_t *entry)
{
	if (!json_str(entry, "fingerprint") || !json_str(entry, "fault"))
		return "an entry has a fingerprint, a fault and a reason";
	if (check_blank(json_str(entry, "reason")))
		return "this entry has no reason: say why the finding may stay, or take it away";
	return NULL;
}

static int check_entries(const char *name, const char *text, size_t len, json_t *baseline,
			 struct err *err)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_list(baseline, "findings"), i, entry) {
		const char *problem = entry_problem(entry);
		unsigned line = line_of_entry(text, len, i);

		if (problem)
			return err_set(err, ERR_INPUT, "%s:%u: %s", name, line, problem);
		json_set_int(entry, "line", line); /* for T03 */
	}
	return 0;
}

int check_baseline_read(const char *name, const char *text, size_t len, json_t **ret,
			struct err *err)
{
	OWN(json) json_t *baseline = NULL;

	if (json_parse_text(name, text, len, &baseline, err) < 0)
		return -1;
	if (json_int_or(baseline, "version", 0) != 1 || !json_list(baseline, "findings") ||
	    json_object_size(baseline) != 2)
		return err_set(err, ERR_INPUT,
			       "%s:1: this is no baseline: {\"version\": 1, \"findings\": [...]}, as "
			       "mpcup check --write-baseline writes it",
			       name);
	if (check_entries(name, text, len, baseline, err) < 0)
		return -1;
	*ret = GIVE(baseline);
	return 0;
}

/* ---- applying -------------------------------------------------------------------------------------- */

static bool suppress_like(const json_t *findings, const json_t *entry)
{
	bool found = false;
	json_t *one;
	size_t i;

	json_array_foreach(findings, i, one) {
		if (!str_eq(json_str(one, "fingerprint"), json_str(entry, "fingerprint")))
			continue;
		check_put_suppressed(one, "baseline", json_str(entry, "reason"));
		found = true;
	}
	return found;
}

void check_baseline_apply(json_t *result, const json_t *baseline, const char *name)
{
	json_t *findings = json_incref(json_list(result, "findings")), *entry;
	size_t i;

	json_array_foreach(json_list(baseline, "findings"), i, entry) {
		struct template_location at = { (unsigned)json_int_or(entry, "line", 1), 1 };
		OWN(str) char *path = str_printf("/findings/%zu", i);
		OWN(str) char *message = NULL;

		if (suppress_like(findings, entry))
			continue;
		message = str_printf("%s at %s is no longer found: this entry is stale",
				     json_str(entry, "fault"), json_str_or(entry, "path", "?"));
		json_array_append_new(findings,
				      check_outside("T03", "WARN", "", path, name, at, message));
	}
	check_sort(&findings);
	json_object_set_new(result, "findings", findings);
	check_fingerprints(result);
	check_rejudge(result);
}

/* ---- writing --------------------------------------------------------------------------------------- */

static json_t *entry_of(const json_t *f, const char *reason)
{
	static const char *const members[] = { "fingerprint", "fault", "resource", "path",
					       "message", NULL };
	const json_t *suppressed = json_map(f, "suppressed");
	json_t *entry = json_object();

	for (size_t i = 0; members[i]; i++)
		json_set_str(entry, members[i], json_str_or(f, members[i], ""));
	json_set_str(entry, "reason", json_str_or(suppressed, "reason", reason));
	return entry;
}

static bool belongs(const json_t *f)
{
	const char *verdict = json_str_or(f, "verdict", "");

	return strcmp(verdict, "UNKNOWN") != 0 && json_str_or(f, "fault", "")[0] != 'T' &&
	       !str_eq(json_str(json_map(f, "suppressed"), "kind"), "inline");
}

/* Sorting by key: an object whose keys begin with fault and path. */
char *check_baseline_make(const json_t *result, const char *reason)
{
	OWN(json) json_t *by_key = json_object(), *list = json_array(), *file = NULL;
	OWN(str) char *sorted = NULL, *text = NULL;
	OWN(json) json_t *ordered = NULL;
	const char *key;
	json_t *one;
	size_t i;

	json_array_foreach(json_list(result, "findings"), i, one) {
		OWN(str)
		char *name = str_printf("%s %s %s", json_str_or(one, "fault", ""),
					json_str_or(one, "path", ""),
					json_str_or(one, "fingerprint", ""));

		if (belongs(one))
			json_object_set_new(by_key, name, entry_of(one, reason));
	}
	sorted = json_canonical(by_key);
	ordered = json_loads(sorted, 0, NULL);
	json_object_foreach(ordered, key, one)
		json_array_append(list, one);
	file = json_pack("{s:i,s:O}", "version", 1, "findings", list);
	text = json_dumps(file, JSON_INDENT(2));
	if (!text)
		abort();
	return str_printf("%s\n", text);
}
