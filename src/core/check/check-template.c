/* Templates that cannot be read: CloudFormation's sentence becomes a finding with a place. */
#include <string.h>

#include "base/str.h"
#include "core/check/check-internal.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Sentences as core/template words them; the first row that occurs decides. */
static const struct sentence {
	const char *part, *fault;
} sentences[] = {
	{ "Circular dependenc", "G14" },
	{ "Unresolved resource dependenc", "G15" },
	{ "Unresolved dependenc", "G15" },
	{ "Unresolved condition dependency", "G15" },
	{ "unresolved condition dependency", "G15" },
	{ "references undefined resource", "G15" },
	{ "references invalid resource attribute", "G15" },
	{ "is not present in the 'Mappings'", "G15" },
	{ "Unable to get mapping", "G15" },
	{ "is greater than maximum allowed", "G16" },
	{ "Template may not exceed", "G16" },
	{ "length is greater than", "G16" },
	{ "is longer than", "G16" },
	{ "duplicate Export names", "G09" },
};

static const char *fault_of(const char *sentence)
{
	for (size_t i = 0; i < COUNT(sentences); i++)
		if (strstr(sentence, sentences[i].part))
			return sentences[i].fault;
	return "T00";
}

/* Digits and the colon behind them; NULL when something else stands there. */
static const char *number_then_colon(const char *at, unsigned *ret)
{
	size_t digits = strspn(at, "0123456789");
	OWN(str) char *text = str_dup_n(at, digits);
	uint64_t value;

	if (at[digits] != ':' || num_parse_u64(text, 1, 1u << 30, &value) < 0)
		return NULL;
	*ret = (unsigned)value;
	return at + digits + 1;
}

/* What follows "name:line:column: " or "name: ", wherever that stands: callers add where they were.
 */
static const char *after_place(const char *name, const char *text, struct template_location *ret)
{
	size_t len = name ? strlen(name) : 0;
	const char *at = len ? strstr(text, name) : NULL, *next;
	struct template_location place = { 0, 0 };

	for (; at; at = strstr(at + 1, name)) {
		if (str_starts(at + len, ": "))
			return at + len + 2;
		if (at[len] != ':' || !(next = number_then_colon(at + len + 1, &place.line)) ||
		    !(next = number_then_colon(next, &place.column)))
			continue;
		*ret = place;
		return next + (*next == ' ');
	}
	return text;
}

static const char dependencies[] = "Unresolved resource dependencies [";

/* "[A, B]" behind "between resources: " names a resource. What dependencies are unresolved is in
 * the template only when it is `removed`: the evaluation then did not find it, and no place. */
static char *resource_of(const char *sentence, bool removed)
{
	const char *before = removed ? dependencies : "between resources: [";
	const char *at = strstr(sentence, before);

	if (!at)
		return str_dup("");
	at += strlen(before);
	return str_dup_n(at, strcspn(at, ",]"));
}

static char *path_of(const char *sentence, const char *resource)
{
	static const char *const blocks[] = { "Resources", "Outputs", "Conditions", "Rules" };

	if (*resource)
		return str_printf("/Resources/%s", resource);
	if (strstr(sentence, "Outputs section"))
		return str_dup("/Outputs");
	for (size_t i = 0; i < COUNT(blocks); i++) {
		OWN(str) char *words = str_printf("in the %s block", blocks[i]);

		if (strstr(sentence, words))
			return str_printf("/%s", blocks[i]);
	}
	return str_dup("");
}

json_t *check_template_error(const char *name, const struct err *err)
{
	struct template_location at = { 0, 0 };
	const char *sentence = after_place(name, err->text, &at);
	const char *fault = fault_of(sentence);
	bool removed = name && *name && !at.line && strstr(sentence, dependencies);
	OWN(str) char *resource = resource_of(sentence, removed);
	OWN(str) char *path = path_of(sentence, resource);

	return check_outside(removed ? "G31" : fault, "FAIL", resource, path, name ? name : "", at,
			     sentence);
}
