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

/* Same step, the nearest rows of the table first; some steps have dozens. */
static char *related(const struct check_rule *r)
{
	enum { RELATED_MOST = 8 };
	size_t count, n = 0, at = 0;
	const struct check_rule *const *all = check_rules(&count);
	struct buf out = { 0 };

	for (size_t i = 0; i < count; i++)
		if (all[i] == r)
			at = i;
	for (size_t distance = 1; distance < count && n < RELATED_MOST; distance++)
		for (int side = 0; side < 2 && n < RELATED_MOST; side++) {
			size_t i = side ? at + distance : at - distance; /* wraps: out of range */

			if (i >= count || strcmp(all[i]->step, r->step) != 0)
				continue;
			buf_printf(&out, "%s%s %s", n++ ? ", " : "", all[i]->id, all[i]->name);
		}
	return n ? buf_take(&out) : NULL;
}

json_t *check_story(const struct check_rule *r)
{
	json_t *story = json_array();
	OWN(str) char *how = caught(r), *others = related(r);
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

static void add_rule(struct buf *out, const struct check_rule *r)
{
	OWN(json) json_t *story = check_story(r);
	json_t *one;
	size_t i;

	buf_printf(out, "### %s %s\n\n", r->id, r->name);
	json_array_foreach(story, i, one) {
		const char *label = json_str_or(one, "label", ""), *text = json_str_or(one, "text", "");

		/* the reader is in the list already */
		if (!strcmp(label, "Related"))
			continue;
		if (json_bool_or(one, "code", false))
			buf_printf(out, "- %s:\n\n```yaml\n%s\n```\n", label, text);
		else
			buf_printf(out, "- %s: %s\n", label, text);
	}
	buf_char(out, '\n');
}

char *check_reference(void)
{
	size_t count;
	const struct check_rule *const *all = check_rules(&count);
	struct buf out = { 0 };

	buf_printf(&out,
		   "# Faults that mpcup check knows\n\n"
		   "Written by `mpcup explain --markdown` from the table of rules (`tools/check-docs "
		   "build/mpcup --write`); %zu rules. A fault\nfails a step of the launch sequence "
		   "(FAIL), is a warning (WARN, step `latent`), or cannot be told from the templates\n"
		   "alone (UNKNOWN, with the look-up that settles it). To live with one: `Metadata: "
		   "{mpcup: {suppress: [{fault, reason}]}}` at the\nresource, `suppress` in "
		   "network.yaml, or a baseline (`mpcup check --help`).\n\n",
		   count);
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		buf_printf(&out, "## %c. %s\n\n", groups[g].letter, groups[g].title);
		for (size_t i = 0; i < count; i++)
			if (all[i]->id[0] == groups[g].letter)
				add_rule(&out, all[i]);
	}
	return buf_take(&out);
}
