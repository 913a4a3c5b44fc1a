/* Questions by kind, and those to AWS. */
#include "engine/lookup/lookup-internal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/aws/aws.h"

enum { PAGES_MAX = 50 };

/* ---- life ------------------------------------------------------------------------------------ */

static int start(struct lookup *l, struct err *err)
{
	if (awsclient_credentials(l->aws, err) < 0)
		return -1;
	l->curl = libcurl.easy_init();
	return l->curl ? 0 : err_set(err, ERR_SYS, "libcurl cannot start");
}

int lookup_over(struct awsclient *aws, struct lookup **ret, struct err *err)
{
	OWN(lookup) struct lookup *l = NEW(struct lookup);

	l->aws = aws;
	l->borrowed = true;
	if (start(l, err) < 0)
		return -1;
	*ret = GIVE(l);
	return 0;
}

int lookup_new(const struct awsclient_options *o, struct lookup **ret, struct err *err)
{
	OWN(lookup) struct lookup *l = NEW(struct lookup);
	struct awsclient_options bounded = *o;

	/* two halves: what the first one does not answer is tried once more at most */
	bounded.timeout_ms = bounded.retry_ms = LOOKUP_TIMEOUT_MS / 2;
	if (awsclient_new(&bounded, &l->aws, err) < 0 || start(l, err) < 0)
		return -1;
	*ret = GIVE(l);
	return 0;
}

const char *lookup_region(const struct lookup *l)
{
	return awsclient_region(l->aws);
}

void lookup_free(struct lookup *l)
{
	if (!l)
		return;
	if (l->curl)
		libcurl.easy_cleanup(l->curl);
	if (!l->borrowed)
		awsclient_free(l->aws);
	free(l->down);
	free(l);
}

int64_t lookup_now(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

json_t *refusal(const char *code, const char *fmt, ...)
{
	OWN(buf) struct buf text = { 0 };
	json_t *fact = json_object();
	va_list args;

	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	json_set_str(fact, "error", code);
	json_set_str(fact, "message", text.data ? text.data : "");
	return fact;
}

/* ---- pages ----------------------------------------------------------------------------------- */

/* Where a long answer goes on: the member of the next request, the member of this answer. */
static const struct {
	const char *service, *in, *out;
} tokens[] = {
	{ "ec2", "NextToken", "NextToken" },	  { "efs", "Marker", "NextMarker" },
	{ "iam", "Marker", "Marker" },		  { "cloudformation", "NextToken", "NextToken" },
	{ "logs", "nextToken", "nextToken" },	  { "ecs", "nextToken", "nextToken" },
	{ "ecr", "nextToken", "nextToken" },	  { "ssm", "NextToken", "NextToken" },
	{ "secretsmanager", "NextToken", "NextToken" },
	{ "servicediscovery", "NextToken", "NextToken" },
	{ "kms", "Marker", "NextMarker" },
};

/* Lists of the next page go behind those of the first ones. */
static void append_lists(json_t *whole, const json_t *page)
{
	json_t *list, *members = (json_t *)(uintptr_t)page; /* only read */
	const char *key;

	json_object_foreach(members, key, list)
		if (json_is_array(list) && json_list(whole, key))
			json_array_extend(json_list(whole, key), list);
		else if (json_is_array(list))
			json_object_set(whole, key, list);
}

/* Prepares `input` for the page behind this one. False: there is none. */
static bool next_page(const char *service, const json_t *page, json_t *input)
{
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		const char *token = json_str(page, tokens[i].out);

		if (strcmp(tokens[i].service, service) != 0 || !token || !*token)
			continue;
		json_set_str(input, tokens[i].in, token);
		return true;
	}
	return false;
}

/* ---- AWS ------------------------------------------------------------------------------------- */

static bool reads_only(const char *action)
{
	static const char *const verbs[] = { "Describe", "Get", "List", "Head", "BatchGet", "Simulate",
					     "Lookup" };

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (str_starts(action, verbs[i]))
			return true;
	return false;
}

static int one_page(struct lookup *l, const char *service, const char *action, const json_t *input,
		    json_t **ret, char *code, struct err *err)
{
	bool ec2 = !strcmp(service, "ec2");
	OWN(json) json_t *wire = ec2 ? ec2_input(input) : json_incref((json_t *)(uintptr_t)input);
	OWN(json) json_t *answer = NULL;

	if (awsclient_call(l->aws, service, action, wire, &answer, code, err) < 0)
		return -1;
	*ret = ec2 ? ec2_answer(answer) : json_incref(answer);
	return 0;
}

/* "AccessDeniedException" and its kin are one thing to who reads it; all else keeps AWS's name. */
static json_t *refused(struct lookup *l, const char *code, const struct err *err)
{
	if (!*code && err->code == ERR_REMOTE) {
		free(l->down);
		l->down = str_dup(err->text);
		return refusal("Unreachable", "%s", err->text);
	}
	if (!*code)
		return refusal("Unsupported", "%s", err->text);
	if (strstr(code, "AccessDenied") || !strcmp(code, "UnauthorizedOperation"))
		return refusal("AccessDenied", "%s", err->text);
	return refusal(code, "%s", err->text);
}

json_t *ask_aws(struct lookup *l, const char *service, const char *action, const json_t *input,
		struct err *err)
{
	OWN(json) json_t *whole = NULL, *next = json_deep_copy(input);
	struct err why = { 0 };
	char code[96] = "";
	bool more = true;

	if (!reads_only(action)) {
		(void)err_set(err, ERR_BUG, "%s %s is no look-up", service, action);
		return NULL;
	}
	if (!aws_service_by_name(service))
		return refusal("Unsupported", "mpcup cannot ask %s", service);
	if (l->down)
		return refusal("Unreachable", "%s", l->down);
	for (unsigned pages = 0; more && pages < PAGES_MAX; pages++) {
		OWN(json) json_t *page = NULL;

		if (lookup_now() >= l->deadline)
			return refusal("TooSlow", "no whole answer within %d s",
				       LOOKUP_TIMEOUT_MS / 1000);
		if (one_page(l, service, action, next, &page, code, &why) < 0)
			return refused(l, code, &why);
		more = next_page(service, page, next);
		if (whole)
			append_lists(whole, page);
		else
			whole = json_incref(page);
	}
	/* half an answer would be taken for a whole one */
	if (more)
		return refusal("TooMany", "the answer has more than %d pages", PAGES_MAX);
	return json_pack("{s:O}", "answer", whole);
}

/* ---- all ------------------------------------------------------------------------------------- */

static json_t *ask(struct lookup *l, const char *service, const char *action, const json_t *input,
		   struct err *err)
{
	if (!strcmp(service, "registry"))
		return ask_registry(l, action, input, err);
	if (!strcmp(service, "near"))
		return ask_near(l, action, input, err);
	return ask_aws(l, service, action, input, err);
}

int lookup_answer(struct lookup *l, const json_t *questions, json_t *facts,
		  void (*progress)(void *context, const char *what), void *context, struct err *err)
{
	json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)questions, i, one) {
		const char *service = json_str_or(one, "service", "");
		const char *action = json_str_or(one, "action", "");
		json_t *input = json_map(one, "input"), *fact;
		OWN(json) json_t *question = json_pack("[s,s,O]", service, action, input);
		OWN(str) char *key = question ? json_canonical(question) : NULL;
		OWN(str) char *what = str_printf("%s %s", service, action);

		if (!key)
			return err_set(err, ERR_BUG, "a question is {service, action, input}");
		if (json_object_get(facts, key))
			continue;
		if (progress)
			progress(context, what);
		l->deadline = lookup_now() + LOOKUP_TIMEOUT_MS;
		fact = ask(l, service, action, input, err);
		if (!fact)
			return -1;
		json_object_set_new(facts, key, fact);
	}
	return 0;
}
