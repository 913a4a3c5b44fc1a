/* Rules of group F about health checks. */
#include "core/check/check-f.h"

#include <string.h>

#include "base/str.h"
#include "core/check/check-topology.h"

/* What a slim image with python3 and openssl does not have. */
static bool not_in_node_image(const char *word, size_t len)
{
	static const char *const names[] = { "curl",   "wget",	   "nc",      "ncat", "netcat",
					     "telnet", "jq",	   "dig",     "node", "ping",
					     "http",   "nslookup", "grpcurl", "ss" };

	for (size_t i = len; i-- > 0;)
		if (word[i] == '/') {
			word += i + 1;
			len -= i + 1;
			break;
		}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && !strncmp(names[i], word, len))
			return true;
	return false;
}

/* ---- the words of a shell line that are commands
 * ------------------------------------------------- */

struct shell {
	const char *at;
	bool command;	/* a command may begin here */
	bool shell;	/* the words belong to a shell that is called: its -c is a line again */
	bool in_double; /* between double quotes: only $( begins a command */
};

static bool keeps_command(const char *word, size_t len)
{
	static const char *const names[] = { "if",   "then",  "else", "elif",	"while", "until",
					     "do",   "!",     "exec", "time",	"env",	 "timeout",
					     "sudo", "nohup", "nice", "command" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && !strncmp(names[i], word, len))
			return true;
	/* VAR=value, and what timeout and its like take: numbers and options */
	return memchr(word, '=', len) || *word == '-' || (*word >= '0' && *word <= '9');
}

static bool is_shell(const char *word, size_t len)
{
	return len >= 2 && !strncmp(word + len - 2, "sh", 2);
}

/* Steps over what is no word; false: the end. */
static bool to_word(struct shell *s)
{
	for (; *s->at; s->at++) {
		bool substitution = str_starts(s->at, "$(") || *s->at == '`';

		if (substitution || (!s->in_double && strchr(";|&({\n", *s->at))) {
			s->command = true;
			s->shell = false;
			s->at += *s->at == '$';
		} else if (*s->at == '"') {
			s->in_double = !s->in_double;
		} else if (*s->at == '\'' && !s->in_double && !s->command) {
			s->at += strcspn(s->at + 1, "'") + (strchr(s->at + 1, '\'') ? 1 : 0);
		} else if (*s->at == '#' && !s->in_double) {
			s->at += strcspn(s->at, "\n") - 1;
		} else if (!strchr(" \t)}'", *s->at)) {
			return true;
		}
	}
	return false;
}

/* The first command of a line that the node's image lacks. Caller frees. */
static char *missing_tool(const char *line)
{
	struct shell s = { .at = line, .command = true };

	while (to_word(&s)) {
		size_t len = strcspn(s.at, " \t\n;|&(){}`\"'");
		bool quoted_line = s.shell && len >= 2 && *s.at == '-' && s.at[len - 1] == 'c';

		if (s.command && not_in_node_image(s.at, len))
			return str_dup_n(s.at, len);
		if (s.command && is_shell(s.at, len)) {
			s.shell = true;
			s.command = false;
		} else if (quoted_line) {
			s.command = true;
			s.at += len;
			s.at += strspn(s.at, " \t'\"");
			s.shell = false;
			continue;
		} else if (s.command) {
			s.command = keeps_command(s.at, len);
		}
		s.at += len ? len : 1;
	}
	return NULL;
}

/* The same of a command that no shell reads, unless it calls one. Caller frees. */
static char *missing_program(const struct deployment *d, const json_t *command)
{
	for (size_t i = 1; i < json_array_size(command); i++) {
		const char *word = check_text(d, json_array_get(command, i));
		const char *option = check_text(d, json_array_get(command, i + 1));
		size_t len = strlen(word);

		if (not_in_node_image(word, len))
			return str_dup(word);
		if (is_shell(word, len) && *option == '-' && str_ends(option, "c"))
			return missing_tool(check_text(d, json_array_get(command, i + 2)));
		if (!keeps_command(word, len))
			break;
	}
	return NULL;
}

static void health_command(struct check *c, const struct check_subject *s)
{
	const struct deployment *d = check_deployment(c);

	for (size_t i = 0; i < json_array_size(s->containers); i++) {
		const json_t *command = json_list(
			json_map(json_array_get(s->containers, i), "HealthCheck"), "Command");
		const char *kind = deployment_text(d, json_array_get(command, 0));
		const char *line = deployment_text(d, json_array_get(command, 1));
		OWN(str) char *tool = NULL;
		OWN(str) char *text = NULL;

		if (!line || str_eq(kind, "NONE") || !check_is_node(d, s, i))
			continue;
		if (str_eq(kind, "CMD"))
			tool = missing_program(d, command);
		else if (str_eq(kind, "CMD-SHELL"))
			tool = missing_tool(line);
		text = str_printf("its health check runs %s, which the node's image does not have.",
				  tool ? tool : "");
		if (tool)
			check_container_fails(c, s, i, "HealthCheck/Command", text);
	}
}

void check_f_health_command(struct check *c)
{
	check_each_subject(c, health_command);
}

/* No node answers in the first; one that creates its data hardly does in the second. */
enum { NEVER_BOOTED_SECONDS = 15, BOOT_SECONDS = 30 };

/* A command that is always content kills nobody. */
static bool always_healthy(const json_t *check)
{
	const json_t *command = json_list(check, "Command");
	const char *kind = json_string_value(json_array_get(command, 0)),
		   *line = json_string_value(json_array_get(command, 1));

	return str_eq(kind, "NONE") || str_eq(line, "true") || str_eq(line, "exit 0") ||
	       str_eq(line, ":");
}

static void health_times(struct check *c, const struct check_subject *s)
{
	for (size_t i = 0; i < json_array_size(s->containers); i++) {
		const json_t *check = json_map(json_array_get(s->containers, i), "HealthCheck");
		OWN(str) char *where = str_printf("ContainerDefinitions/%zu/HealthCheck", i);
		struct check_finding f = check_about(s, CHECK_WARN, where);
		json_int_t seconds =
			json_int_or(check, "StartPeriod", 0) +
			json_int_or(check, "Interval", 30) * json_int_or(check, "Retries", 3);

		if (seconds <= NEVER_BOOTED_SECONDS)
			f.severity = CHECK_FAIL;
		if (check && seconds < BOOT_SECONDS && check_is_node(check_deployment(c), s, i) &&
		    !always_healthy(check))
			check_add(c, &f,
				  "Container %s is killed when it is not healthy after %lld s; a "
				  "node needs longer to start.",
				  check_container_name(s, i), (long long)seconds);
	}
}

void check_f_health_times(struct check *c)
{
	check_each_subject(c, health_times);
}
