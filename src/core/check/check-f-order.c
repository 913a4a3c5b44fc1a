/* F31: what a container waits for must be able to happen. */
#include "core/check/check-f.h"

#include <string.h>

#include "base/str.h"

/* ---- how a command ends ------------------------------------------------------------------------
 */

enum ending { ENDS_SOMEHOW, ENDS_BADLY, ENDS_NEVER };

static enum ending ending_of_command(const char *command)
{
	uint64_t status;

	command += strspn(command, " \t");
	if (!strcmp(command, "false") || !strcmp(command, "/bin/false") ||
	    (str_starts(command, "exit ") && num_parse_u64(command + 5, 1, 255, &status) == 0))
		return ENDS_BADLY;
	if (!strcmp(command, "sleep infinity") || !strcmp(command, "tail -f /dev/null"))
		return ENDS_NEVER;
	return ENDS_SOMEHOW;
}

/* Only what a script does in any case counts: its last command, when no other way leads out. */
static enum ending ending_of_script(const char *script)
{
	OWN(str) char *text = str_dup(script);
	size_t len = strlen(text), from;
	enum ending end;

	while (len && strchr(" \t\r\n;", text[len - 1]))
		text[--len] = 0;
	for (from = len; from && !strchr(";\n", text[from - 1]); from--)
		;
	end = ending_of_command(text + from);
	text[from] = 0; /* what comes before the last command */
	/* "exec" and "kill" leave as well as "exit" does; set -e may end earlier, in failure. */
	if (strstr(text, "exit") || strstr(text, "exec") || strstr(text, "kill") ||
	    (strstr(text, "set -") && end == ENDS_NEVER))
		return ENDS_SOMEHOW;
	return end;
}

static enum ending ends(const struct check_subject *s, size_t i)
{
	const json_t *container = json_array_get(s->containers, i);
	const json_t *command = json_list(container, "Command");
	const char *first = json_string_value(json_array_get(command, 0)),
		   *option = json_string_value(json_array_get(command, 1)),
		   *script = json_string_value(json_array_get(command, 2));
	OWN(buf) struct buf words = { 0 };

	/* With an entry point of its own or of its image the command may be an argument. */
	if (!first || json_array_size(json_list(container, "EntryPoint")))
		return ENDS_SOMEHOW;
	if (script && (str_ends(first, "sh") || str_ends(first, "bash")) && option &&
	    option[0] == '-' && str_ends(option, "c"))
		return ending_of_script(script);
	for (size_t k = 0; k < json_array_size(command); k++)
		buf_printf(&words, "%s%s", k ? " " : "",
			   json_string_value(json_array_get(command, k))
				   ? json_string_value(json_array_get(command, k))
				   : "?");
	return ending_of_command(words.data);
}

/* ---- the order ---------------------------------------------------------------------------------
 */

static size_t container_at(const struct check_subject *s, const char *name)
{
	size_t i = 0;

	while (i < json_array_size(s->containers) && !str_eq(check_container_name(s, i), name))
		i++;
	return i;
}

/* Does `from` wait for `to`, directly or through others? seen: bits of who was asked already. */
static bool waits_for(const struct check_subject *s, size_t from, size_t to, unsigned *seen)
{
	const json_t *list = json_list(json_array_get(s->containers, from), "DependsOn");

	*seen |= 1u << from;
	for (size_t i = 0; i < json_array_size(list); i++) {
		size_t next =
			container_at(s, json_str_or(json_array_get(list, i), "ContainerName", ""));

		if (next == to)
			return true;
		if (next < json_array_size(s->containers) && !(*seen & (1u << next)) &&
		    waits_for(s, next, to, seen))
			return true;
	}
	return false;
}

static void dependency(struct check *c, const struct check_subject *s, size_t i, const json_t *one)
{
	const char *name = json_str(one, "ContainerName"),
		   *state = json_str_or(one, "Condition", "");
	const json_t *target;
	size_t at;
	OWN(str) char *text = NULL;

	if (!name)
		return;
	at = container_at(s, name);
	target = json_array_get(s->containers, at);
	if (!target)
		text = str_printf("it waits for %s, which is no container of the task.", name);
	else if (!strcmp(state, "HEALTHY") && !json_object_get(target, "HealthCheck"))
		text = str_printf("it waits until %s is healthy, but that has no health check.",
				  name);
	else if ((!strcmp(state, "SUCCESS") || !strcmp(state, "COMPLETE")) &&
		 json_bool_or(target, "Essential", true))
		text = str_printf(
			"it waits until %s ends, but that is essential: its end stops the "
			"task.",
			name);
	else if (*state && strcmp(state, "START") && strcmp(state, "HEALTHY") &&
		 strcmp(state, "SUCCESS") && strcmp(state, "COMPLETE"))
		text = str_printf("it waits for condition %s of %s; there are START, COMPLETE, "
				  "SUCCESS and HEALTHY.",
				  state, name);
	else if (!strcmp(state, "SUCCESS") && ends(s, at) == ENDS_BADLY)
		text = str_printf("it waits until %s succeeds, but its command ends in failure.",
				  name);
	else if ((!strcmp(state, "SUCCESS") || !strcmp(state, "COMPLETE")) &&
		 ends(s, at) == ENDS_NEVER)
		text = str_printf("it waits until %s ends, but its command never does.", name);
	if (text)
		check_container_fails(c, s, i, "DependsOn", text);
}

static void dependencies(struct check *c, const struct check_subject *s)
{
	size_t count = json_array_size(s->containers);

	/* ECS takes ten containers at most; more would only make the search long. */
	for (size_t i = 0; i < count && count <= 10; i++) {
		const json_t *list = json_list(json_array_get(s->containers, i), "DependsOn");
		unsigned seen = 0;

		for (size_t k = 0; k < json_array_size(list); k++)
			dependency(c, s, i, json_array_get(list, k));
		if (waits_for(s, i, i, &seen))
			check_container_fails(c, s, i, "DependsOn",
					      "it waits for itself through other containers.");
	}
}

void check_f_dependencies(struct check *c)
{
	check_each_subject(c, dependencies);
}
