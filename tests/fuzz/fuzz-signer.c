/* The signer contract: any calls, on a new contract or on a stored state that is part of the input.
 *
 * Lines. The first may be a state as JSON. Others: a digit (account n<digit>.near calls), a digit (blocks
 * since the last call, times 13), the method, a blank, its arguments. "expire" is the chain's own call;
 * "answer" takes the oldest request's name and appends the arguments as response. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/signer/signer.h"
#include "core/threshold/threshold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct chain {
	json_t *state;
	uint64_t height;
};

/* The state is fine after each step, also when it is written and read. */
static void check(struct chain *c)
{
	OWN(str) char *text = json_text(c->state);
	OWN(json) json_t *shown = signer_state(c->state, c->height);
	OWN(json) json_t *pending = signer_pending(c->state);
	struct err err = { 0 };
	json_t *again = NULL;

	if (signer_validate(c->state, &err) < 0)
		__builtin_trap();
	if (!shown || !json_is_array(pending) || json_array_size(pending) > SIGNER_REQUESTS_MOST)
		__builtin_trap();
	if (json_parse_text("state", text, strlen(text), &again, &err) < 0 || !json_equal(again, c->state))
		__builtin_trap();
	json_decref(again);
}

static void view(const struct chain *c, const char *method, const char *args, size_t args_len)
{
	struct err err = { 0 };
	json_t *value = NULL;
	int result = signer_view(c->state, method, args, args_len, c->height, &value, &err);

	if ((result == 0) != (value != NULL) || (result < 0 && !err.text[0]))
		__builtin_trap();
	json_decref(value);
}

static void call(struct chain *c, char account, const char *method, const char *args, size_t args_len)
{
	OWN(json) json_t *before = json_deep_copy(c->state);
	const char name[] = { 'n', account, '.', 'n', 'e', 'a', 'r', 0 };
	struct signer_call one = { .contract = "c.near", .predecessor = name, .signer = name,
				   .signer_key = "ed25519:4YYLXref6itvEupdmKotTdDFJFyXWGUP71UzUyYBqn4a",
				   .method = method, .args = args, .args_len = args_len,
				   .deposit = !strcmp(method, "sign") || !strcmp(method, "update_participant_url"),
				   .gas = 300000000000000, .height = c->height };
	struct signer_outcome o = { 0 };
	bool failed;

	signer_run(c->state, &one, &o);
	failed = o.result == SIGNER_PANIC || o.result == SIGNER_NO_METHOD;
	if ((failed || !o.changed) && !json_equal(before, c->state))
		__builtin_trap(); /* a failed call leaves everything as it was */
	if ((o.result == SIGNER_PANIC) != (o.panic != NULL) || (o.result == SIGNER_YIELD) != (o.request != NULL) ||
	    !o.logs || o.refund > one.deposit)
		__builtin_trap();
	signer_outcome_clear(&o);
	view(c, method, args, args_len);
	check(c);
}

static void answer(struct chain *c, char account, const char *response)
{
	OWN(json) json_t *pending = signer_pending(c->state);
	const json_t *first = json_array_get(pending, 0);
	OWN(buf) struct buf args = { 0 };
	OWN(str) char *payload = NULL;
	uint8_t tweak[32] = { 0 };

	if (!first)
		return;
	payload = json_text(json_object_get(first, "payload"));
	hex_decode(json_str_or(first, "tweak", ""), 64, tweak, sizeof(tweak));
	buf_str(&args, "{\"request\":{\"tweak\":[");
	for (size_t i = 0; i < sizeof(tweak); i++)
		buf_printf(&args, "%s%u", i ? "," : "", tweak[i]);
	buf_printf(&args, "],\"payload\":%s,\"domain_id\":%lld},\"response\":%s}", payload,
		   (long long)json_int_or(first, "domain_id", 0), response);
	call(c, account, "respond", args.data, args.len);
}

static void expire(struct chain *c)
{
	struct signer_outcome o = { 0 };

	signer_expire(c->state, c->height, &o);
	for (size_t i = 0; i < o.resumed_count; i++)
		if (!o.resumed[i].panic || !o.resumed[i].request)
			__builtin_trap();
	signer_outcome_clear(&o);
	check(c);
}

static void line(struct chain *c, char *text)
{
	char *args;

	if (strlen(text) < 3)
		return;
	c->height += 13 * (uint64_t)(text[1] & 15);
	args = strchr(text + 2, ' ');
	if (args)
		*args++ = 0;
	if (!strcmp(text + 2, "expire"))
		expire(c);
	else if (!strcmp(text + 2, "answer"))
		answer(c, (char)('0' + (text[0] & 7)), args ? args : "null");
	else
		call(c, (char)('0' + (text[0] & 7)), text + 2, args ? args : "", args ? strlen(args) : 0);
}

static json_t *first_state(const char *text)
{
	struct err err = { 0 };
	json_t *state = NULL;

	if (json_parse_text("state", text, strlen(text), &state, &err) < 0)
		return NULL;
	if (signer_validate(state, &err) == 0)
		return state;
	json_decref(state);
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t seed[32] = { 1 };
	static bool initialised;
	OWN(str) char *text = str_dup_n((const char *)data, len);
	struct chain c = { .height = 100 };
	struct err err = { 0 };
	char *rest = text, *one = strsep(&rest, "\n");

	if (!initialised && threshold_init(seed, &err) < 0)
		__builtin_trap();
	initialised = true;
	c.state = first_state(one);
	if (!c.state)
		c.state = signer_new();
	for (unsigned i = 0; i < 200 && one; i++, one = strsep(&rest, "\n"))
		line(&c, one);
	json_decref(c.state);
	return 0;
}
