#include "face/cli/check-lookup.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/check/check.h"
#include "engine/lookup/lookup.h"
#include "face/cli/check-plan.h"
#include "face/cli/cli-internal.h"

enum { ROUNDS_MAX = 12 };

/* ---- the world of one round ------------------------------------------------------------------ */

static int read_account(struct check_world *w, struct err *err)
{
	OWN(str) char *picture = w->facts ? lookup_picture(w->facts) : NULL;
	OWN(str) char *name = NULL;
	const char *account = lookup_account(w->facts);
	int rc;

	if (!picture)
		return 0;
	name = str_printf("AWS account %s, %s", account ? account : "(unknown)",
			  w->region ? w->region : "(unknown region)");
	rc = template_parse(name, picture, strlen(picture), &w->account, err);
	explicit_bzero(picture, strlen(picture));
	if (rc == 0)
		rc = template_parameters(w->account, NULL, NULL, 0, &w->no_world, &w->parameters, err);
	if (rc == 0)
		rc = template_eval_new(w->account, w->parameters, &w->no_world, &w->eval, err);
	return rc;
}

int check_world_open(struct check_world *w, const json_t *facts, const char *region, struct err *err)
{
	*w = (struct check_world){ .facts = facts, .region = region, .asked = json_array() };
	w->lookup = (struct lookup_world){ .facts = facts, .asked = w->asked };
	return read_account(w, err) < 0 ? err_in(err, "the answers of the look-ups") : 0;
}

void check_world_close(struct check_world *w)
{
	template_eval_free(w->eval);
	json_decref(w->parameters);
	template_free(w->account);
	json_decref(w->asked);
	*w = (struct check_world){ 0 };
}

size_t check_world_add(const struct check_world *w, struct deployment_template *list, size_t count)
{
	if (!w->account)
		return count;
	list[count] = (struct deployment_template){ .t = w->account, .eval = w->eval };
	return count + 1;
}

/* ---- questions ------------------------------------------------------------------------------- */

static char *key_of(const json_t *question)
{
	return check_question_key(json_str_or(question, "service", ""),
				  json_str_or(question, "action", ""), json_map(question, "input"));
}

static void add_questions(json_t *to, json_t *seen, const json_t *from)
{
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)from, i, one) {
		OWN(str) char *key = key_of(one);
		OWN(str) char *command =
			check_question_command(json_str_or(one, "service", ""),
					       json_str_or(one, "action", ""),
					       json_map(one, "input"));

		if (!key || json_object_get(seen, key))
			continue;
		json_set_bool(seen, key, true);
		json_set_str(one, "command", command);
		json_array_append(to, one);
	}
}

void check_world_ask(struct check_world *w, const struct deployment *d,
		     const struct deployment_template *list, size_t count, json_t *result)
{
	OWN(json) json_t *wanted = lookup_wanted(d, list, count, w->facts);
	OWN(json) json_t *all = json_array(), *seen = json_object();

	add_questions(all, seen, w->asked);
	add_questions(all, seen, wanted);
	add_questions(all, seen, json_list(result, "questions"));
	json_object_set(result, "questions", all);
}

/* ---- what came of it ------------------------------------------------------------------------- */

static char *command_of(const char *key)
{
	OWN(json) json_t *question = json_loads(key, 0, NULL);

	return check_question_command(json_string_value(json_array_get(question, 0)),
				      json_string_value(json_array_get(question, 1)),
				      json_array_get(question, 2));
}

static void put_lookups(const json_t *facts, json_t *result)
{
	json_t *list = json_array(), *fact;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)facts, key, fact) {
		OWN(str) char *command = command_of(key);
		json_t *one = json_object();

		json_set_str(one, "command", command);
		json_set_str(one, "outcome", json_str_or(fact, "error", "answered"));
		json_array_append_new(list, one);
	}
	json_object_set_new(result, "lookups", list);
}

/* Does the text speak of something that the question names? Short words name nothing. */
static bool mentions(const char *text, const json_t *input)
{
	json_t *whole = (json_t *)(uintptr_t)input, *one; /* only read */
	const char *key, *value = json_string_value(input);
	size_t i;

	if (value && strlen(value) > 6 && strstr(text, value))
		return true;
	json_array_foreach(whole, i, one)
		if (mentions(text, one))
			return true;
	json_object_foreach(whole, key, one)
		if (mentions(text, one))
			return true;
	return false;
}

static bool about(const json_t *finding, const char *key)
{
	OWN(json) json_t *question = json_loads(key, 0, NULL);
	OWN(str) char *command = command_of(key);
	const char *lookup = json_str_or(finding, "lookup", "");
	const char *message = json_str_or(finding, "message", "");

	return str_eq(lookup, command) || mentions(lookup, json_array_get(question, 2)) ||
	       mentions(message, json_array_get(question, 2));
}

/* Why what would settle a finding was not told. */
static void put_refusals(const json_t *facts, json_t *result)
{
	json_t *finding, *fact;
	const char *key;
	size_t i;

	json_array_foreach(json_list(result, "findings"), i, finding) {
		if (!str_eq(json_str(finding, "verdict"), "UNKNOWN"))
			continue;
		json_object_foreach((json_t *)(uintptr_t)facts, key, fact) {
			OWN(str) char *why = NULL;

			if (!json_str(fact, "error") || json_str(finding, "refused") ||
			    !about(finding, key))
				continue;
			why = str_printf("%s: %s", json_str(fact, "error"),
					 json_str_or(fact, "message", ""));
			json_set_str(finding, "refused", why);
		}
	}
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int open_lookup(const struct cli *cli, struct lookup **ret, struct err *err)
{
	const char *target = cli_option(cli, "target"), *url = cli_option(cli, "endpoint-url");
	OWN(str) char *local = str_printf("http://127.0.0.1:%u", target_port());
	struct awsclient_options o = { .region = cli_option(cli, "region"), .endpoint_url = url,
				       .profile = cli_option(cli, "profile") };

	if (target && strcmp(target, "aws") != 0 && strcmp(target, "local") != 0)
		return err_set(err, ERR_INPUT, "--target %s: look-ups go to aws or to local", target);
	/* an endpoint on this machine is taken for the local cloud unless somebody says otherwise */
	o.local = target ? !strcmp(target, "local") : url && str_starts(url, "http://127.");
	if (o.local && !url)
		o.endpoint_url = local;
	return lookup_new(&o, ret, err);
}

static void say(void *context, const char *what)
{
	(void)context;
	(void)fprintf(stderr, "\r\033[Kasking %s", what);
}

static json_t *wanted_of(const struct check_asker *a, const json_t *questions)
{
	json_t *wanted = json_array(), *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)questions, i, one)
		if (!a->wanted || a->wanted(one))
			json_array_append(wanted, one);
	return wanted;
}

static int answer(const struct check_asker *a, const json_t *questions, json_t *facts, struct err *err)
{
	OWN(json) json_t *wanted = wanted_of(a, questions);
	bool shown = a->cli && a->cli->progress && isatty(STDERR_FILENO);
	int rc = lookup_answer(a->lookup, wanted, facts, shown ? say : NULL, NULL, err);

	if (shown)
		(void)fprintf(stderr, "\r\033[K");
	return rc;
}

int check_known(const struct plan *p, const char *profile, const json_t *facts,
		       const char *region, json_t **ret, struct err *err)
{
	struct check_world w __attribute__((cleanup(own_drop_check_world))) = { 0 };

	if (check_world_open(&w, facts, region, err) < 0)
		return -1;
	return check_plan(p, profile, &w, ret, err);
}

int check_rounds(const struct check_asker *a, const struct plan *p, const char *profile, json_t *facts,
		 json_t **ret, struct err *err)
{
	OWN(json) json_t *who = json_pack("[{s:s,s:s,s:{}}]", "service", "sts", "action",
					  "GetCallerIdentity", "input");
	OWN(json) json_t *result = NULL;

	if (answer(a, who, facts, err) < 0)
		return -1;
	for (int round = 0; round < ROUNDS_MAX; round++) {
		size_t known = json_object_size(facts);

		json_decref(result);
		result = NULL;
		if (check_known(p, profile, facts, lookup_region(a->lookup), &result, err) < 0 ||
		    answer(a, json_list(result, "questions"), facts, err) < 0)
			return -1;
		if (json_object_size(facts) == known)
			break;
	}
	*ret = GIVE(result);
	return 0;
}

/* Answers may hold secrets: whatever JSON was made of them is wiped when it goes. */
static void wiping_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

int check_asking(struct cli *cli, const struct plan *p, const char *profile, bool ask,
		 json_t **ret, struct err *err)
{
	OWN(lookup) struct lookup *l = NULL;
	OWN(json) json_t *facts = NULL;

	if (!ask)
		return check_known(p, profile, NULL, NULL, ret, err);
	json_set_alloc_funcs(malloc, wiping_free);
	facts = json_object();
	if (open_lookup(cli, &l, err) < 0 ||
	    check_rounds(&(struct check_asker){ .cli = cli, .lookup = l }, p, profile, facts, ret, err) < 0)
		return -1;
	put_lookups(facts, *ret);
	put_refusals(facts, *ret);
	return 0;
}
