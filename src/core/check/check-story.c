/* What there is to say about a rule, out of the rules' table and the launch sequence. */
#include "core/check/check-internal.h"

#include <string.h>

#include "base/str.h"
#include "core/launch/launch.h"

static const struct launch_row *row_of(const char *step)
{
	const struct launch_row *rows = launch_rows();

	for (int i = 0; i < LAUNCH_STEP_COUNT; i++)
		if (!strcmp(rows[i].name, step))
			return &rows[i];
	return NULL;
}

static void paragraph(json_t *story, const char *label, const char *text)
{
	if (text)
		json_array_append_new(story, json_pack("{s:s,s:s}", "label", label, "text", text));
}

/* How it comes to light, before and without mpcup check. */
static char *caught(const struct check_rule *r)
{
	const struct launch_row *row = row_of(r->step);

	if (r->id[0] == 'T')
		return str_dup("mpcup check says it of its own input");
	if (row)
		return str_printf("mpcup check judges it at step %s: \"%s\". A start that comes to that "
				  "step shows %s as the task's last status; the step needs %s",
				  row->name, row->title, row->state, row->needs);
	if (!strcmp(r->step, "template"))
		return str_dup("mpcup check reads it in the templates; otherwise CloudFormation or the "
			       "service's API refuses it, at the latest when the resource is created");
	if (!strcmp(r->step, "latent"))
		return str_dup("mpcup check warns of it; no start fails because of it, the day comes "
			       "later");
	return str_dup("mpcup check reads it in the templates; every task runs, what it does is wrong");
}

enum { RELATED_MOST = 8 };

/* Same step, the nearest rows of the table first; some steps have dozens. Returns how many. */
static size_t related(const struct check_rule *r, const struct check_rule *ret[RELATED_MOST])
{
	size_t count, n = 0, at = 0;
	const struct check_rule *const *all = check_rules(&count);

	for (size_t i = 0; i < count; i++)
		if (all[i] == r)
			at = i;
	for (size_t distance = 1; distance < count && n < RELATED_MOST; distance++)
		for (int side = 0; side < 2 && n < RELATED_MOST; side++) {
			size_t i = side ? at + distance : at - distance; /* wraps: out of range */

			if (i < count && !strcmp(all[i]->step, r->step))
				ret[n++] = all[i];
		}
	return n;
}

static char *related_text(const struct check_rule *r)
{
	const struct check_rule *others[RELATED_MOST];
	size_t n = related(r, others);
	struct buf out = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_printf(&out, "%s%s %s", i ? ", " : "", others[i]->id, others[i]->name);
	return n ? buf_take(&out) : NULL;
}

json_t *check_story(const struct check_rule *r)
{
	json_t *story = json_array();
	OWN(str) char *how = caught(r), *others = related_text(r);
	const char *example = check_example(r->id);

	paragraph(story, "Seen", r->symptom);
	paragraph(story, "Cause", r->cause);
	paragraph(story, "Caught", how);
	paragraph(story, "On AWS", r->distance);
	paragraph(story, "Remedy", r->remedy);
	paragraph(story, "Example", example);
	if (example)
		json_set_bool(json_array_get(story, json_array_size(story) - 1), "code", true);
	paragraph(story, "Related", others);
	return story;
}

/* ---- the reference ---------------------------------------------------------------------------------- */

static const struct {
	char letter;
	const char *title;
} groups[] = {
	{ 'A', "The node's contract: environment, command, size" },
	{ 'B', "Keys and secrets" },
	{ 'C', "Network: security groups, routes, endpoints" },
	{ 'D', "Storage: EFS" },
	{ 'E', "Rights: roles and policies" },
	{ 'F', "Images, task definitions, logs" },
	{ 'G', "CloudFormation: stacks, names, order" },
	{ 'H', "The chain and the network of nodes" },
	{ 'I', "Names: Cloud Map and DNS" },
	{ 'J', "Operation" },
	{ 'S', "The resource types' schemas" },
	{ 'T', "The input of mpcup check" },
};

static const char *group_title(const struct check_rule *r)
{
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
		if (groups[g].letter == r->id[0])
			return groups[g].title;
	return "";
}

/* A cell of a table: no line may end in it, no bar divide it. */
static void add_cell(struct buf *out, const char *text)
{
	for (const char *c = text; *c; c++)
		if (*c == '|')
			buf_str(out, "\\|");
		else
			buf_char(out, *c == '\n' ? ' ' : *c);
}

static void add_row(struct buf *out, const struct check_rule *r)
{
	buf_printf(out, "| [%s](faults/%s.md) | %s | %s | ", r->id, r->id, r->name, r->step);
	add_cell(out, r->symptom);
	buf_str(out, " |\n");
}

char *check_reference(void)
{
	size_t count;
	const struct check_rule *const *all = check_rules(&count);
	struct buf out = { 0 };

	buf_printf(&out,
		   "# Faults that mpcup knows\n\n"
		   "Written by `mpcup explain --markdown` from the table of rules (`tools/check-docs "
		   "build/mpcup --write`): %zu rules, each with a\npage. A fault fails a step of the launch "
		   "sequence (FAIL), is a warning (WARN, step `latent`), or cannot be told from the templates\n"
		   "alone (UNKNOWN, with the look-up that settles it). To live with one: `Metadata: "
		   "{mpcup: {suppress: [{fault, reason}]}}` at the\nresource, `suppress` in "
		   "network.yaml, or a baseline (`mpcup check --help`).\n\n",
		   count);
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		buf_printf(&out, "## %c. %s\n\n| Fault | Name | Step | Seen |\n|---|---|---|---|\n",
			   groups[g].letter, groups[g].title);
		for (size_t i = 0; i < count; i++)
			if (all[i]->id[0] == groups[g].letter)
				add_row(&out, all[i]);
		buf_char(&out, '\n');
	}
	out.len--; /* one newline ends the file */
	out.data[out.len] = '\0';
	return buf_take(&out);
}

/* ---- one page ---------------------------------------------------------------------------------------- */

static void add_signs(struct buf *out, const json_t *signs)
{
	json_t *one;
	size_t i;

	if (!json_array_size(signs)) {
		buf_str(out, "- `mpcup diagnose` finds it in the deployed template; no message of AWS or of the "
			     "node is its own.\n");
		return;
	}
	buf_str(out, "- `mpcup diagnose` looks for it behind any of:\n");
	json_array_foreach((json_t *)(uintptr_t)signs, i, one)
		buf_printf(out, "  - %s: `%s`\n", json_str_or(one, "source", ""), json_str_or(one, "text", ""));
}

static void add_related(struct buf *out, const struct check_rule *r)
{
	const struct check_rule *others[RELATED_MOST];
	size_t n = related(r, others);

	if (n)
		buf_str(out, "\n## At the same step\n\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "- [%s %s](%s.md)\n", others[i]->id, others[i]->name, others[i]->id);
}

/* The tables' texts are sentences or parts of one; here all end as sentences. */
static void add_sentence(struct buf *out, const char *lead, const char *text)
{
	size_t len = strlen(text);

	buf_printf(out, "%s%s%s\n", lead, text, len && strchr(".:?!", text[len - 1]) ? "" : ".");
}

char *check_page(const struct check_rule *r, const json_t *signs)
{
	OWN(str) char *how = caught(r);
	const char *example = check_example(r->id);
	struct buf out = { 0 };

	buf_printf(&out,
		   "# %s %s\n\nStep `%s`; group %c, %s. [All faults](../faults.md)\n\n", r->id, r->name,
		   r->step, r->id[0], group_title(r));
	add_sentence(&out, "## Symptom\n\n", r->symptom);
	add_sentence(&out, "\nOn AWS: ", r->distance);
	add_sentence(&out, "\n## Cause\n\n", r->cause);
	add_sentence(&out, "\n## Remedy\n\n", r->remedy);
	if (example)
		buf_printf(&out, "\n```yaml\n%s\n```\n", example);
	add_sentence(&out, "\n## How mpcup shows it\n\n- ", how);
	if (r->id[0] != 'T')
		add_signs(&out, signs);
	buf_printf(&out, "- `mpcup explain %s` prints the same.\n", r->id);
	add_related(&out, r);
	return buf_take(&out);
}
