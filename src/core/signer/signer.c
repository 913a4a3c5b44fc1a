#include <stdio.h>
#include <string.h>

#include "core/signer/signer-internal.h"

json_t *signer_new(void)
{
	return json_object();
}

void signer_outcome_clear(struct signer_outcome *o)
{
	json_decref(o->value);
	json_decref(o->logs);
	free(o->panic);
	free(o->request);
	for (size_t i = 0; i < o->resumed_count; i++) {
		free(o->resumed[i].request);
		json_decref(o->resumed[i].value);
		free(o->resumed[i].panic);
	}
	free(o->resumed);
	*o = (struct signer_outcome){ 0 };
}

void run_log(struct run *run, const char *fmt, ...)
{
	OWN(buf) struct buf text = { 0 };
	va_list args;

	va_start(args, fmt);
	buf_vprintf(&text, fmt, args);
	va_end(args);
	json_array_append_new(run->out->logs, json_bytes(text.data, text.len));
}

int run_take_deposit(struct run *run, near_u128 least, struct err *err)
{
	OWN(str) char *attached = near_u128_format(run->call->deposit);
	OWN(str) char *required = near_u128_format(least);
	OWN(str) char *back = NULL;

	if (run->call->deposit < least)
		return err_set(err, ERR_INPUT,
			       "Attached deposit is lower than required. Attached: %s, required: %s",
			       attached, required);
	run->out->refund = run->call->deposit - least;
	back = near_u128_format(run->out->refund);
	if (run->out->refund)
		run_log(run, "refund %s yoctoNEAR to %s", back, run->call->predecessor);
	return 0;
}

static int check_caller(const struct run *run, enum caller caller, struct err *err)
{
	const char *signer = run->call->signer;

	if (caller == CALLER_ANYONE)
		return 0;
	if (!str_eq(signer, run->call->predecessor))
		return err_set(err, ERR_INPUT,
			       "Caller must be the signer account (signer: %s, predecessor: %s)", signer,
			       run->call->predecessor);
	if (caller == CALLER_PARTICIPANT && !participant_find(protocol_parameters(run->state), signer))
		return err_set(err, ERR_INPUT, "Caller must be an attested participant");
	return 0;
}

/* No arguments at all are those of a method that takes none. */
static int parse_args(const char *args, size_t len, json_t **ret, struct err *err)
{
	struct err why = { 0 };

	if (!len) {
		*ret = json_object();
		return 0;
	}
	if (json_parse_text("args", args, len, ret, &why) < 0)
		return arg_invalid(err, "%s", why.text);
	return 0;
}

static int run_method(struct run *run, const struct method *method, struct err *err)
{
	if (!json_object_size(run->state) && strcmp(method->name, "init") != 0)
		return err_set(err, ERR_INPUT, SIGNER_NOT_INITIALIZED);
	if (run->call->deposit && !method->payable)
		return err_set(err, ERR_INPUT, "Method %s doesn't accept deposit", method->name);
	if (check_caller(run, method->caller, err) < 0 || method->run(run, err) < 0)
		return -1;
	run->out->changed = true;
	return 0;
}

static int run_refused(const struct run *run, const char *what, struct err *err)
{
	if (!json_object_size(run->state))
		return err_set(err, ERR_INPUT, SIGNER_NOT_INITIALIZED);
	if (!*what)
		return err_set(err, ERR_INPUT, "Method %s is private", run->call->method);
	return err_set(err, ERR_INPUT, "%s: %s is not implemented in this local contract",
		       run->call->method, what);
}

/* 0, -1: the panic; 1: no such method. */
static int run_call(struct run *run, struct err *err)
{
	const struct signer_call *call = run->call;
	const struct method *method = method_find(call->method);
	const char *refusal = method_refusal(call->method);
	OWN(json) json_t *args = NULL;
	struct look look = { .state = run->state, .predecessor = call->predecessor, .height = call->height };

	if (refusal)
		return run_refused(run, refusal, err);
	if (!method && !view_exists(call->method))
		return 1;
	/* Before init the words of the contract come before those about arguments. */
	if (!json_object_size(run->state) && !str_eq(call->method, "init") &&
	    !str_eq(call->method, "version"))
		return err_set(err, ERR_INPUT, SIGNER_NOT_INITIALIZED);
	if (parse_args(call->args, call->args_len, &args, err) < 0)
		return -1;
	run->args = look.args = args;
	if (!method && call->deposit)
		return err_set(err, ERR_INPUT, "Method %s doesn't accept deposit", call->method);
	return method ? run_method(run, method, err)
		      : view_run(call->method, &look, &run->out->value, err);
}

void signer_run(json_t *state, const struct signer_call *call, struct signer_outcome *ret)
{
	struct run run = { .state = state, .call = call, .out = ret };
	struct err err = { 0 };
	int result;

	*ret = (struct signer_outcome){ .logs = json_array() };
	result = run_call(&run, &err);
	if (result == 0)
		return;
	signer_outcome_clear(ret);
	ret->logs = json_array();
	ret->refund = call->deposit;
	ret->result = result < 0 ? SIGNER_PANIC : SIGNER_NO_METHOD;
	ret->panic = result < 0 ? str_dup(err.text) : NULL;
}

int signer_view(const json_t *state, const char *method, const char *args, size_t args_len,
		uint64_t height, json_t **ret, struct err *err)
{
	OWN(json) json_t *parsed = NULL;
	struct look look = { .state = state, .height = height };
	const char *refusal = method_refusal(method);
	struct signer_call call = { .method = method };
	struct run run = { .state = (json_t *)(uintptr_t)state, .call = &call };

	if (refusal)
		return run_refused(&run, refusal, err);
	if (!view_exists(method) && !method_find(method))
		return 1;
	if (!json_object_size(state) && !str_eq(method, "version"))
		return err_set(err, ERR_INPUT, SIGNER_NOT_INITIALIZED);
	if (!view_exists(method))
		return err_set(err, ERR_INPUT, "%s changes the contract: a view cannot call it", method);
	if (parse_args(args, args_len, &parsed, err) < 0)
		return -1;
	look.args = parsed;
	return view_run(method, &look, ret, err);
}

static void expire_requests(json_t *state, uint64_t height, struct signer_outcome *ret)
{
	json_t *pending = json_list(state, "pending");

	for (size_t i = 0; i < json_array_size(pending);) {
		const json_t *one = json_array_get(pending, i);

		if ((uint64_t)json_int_or(one, "height", 0) + SIGNER_TIMEOUT_BLOCKS > height) {
			i++;
			continue;
		}
		outcome_resume(ret, one, NULL, "Request has timed out.");
		json_array_remove(pending, i);
		ret->changed = true;
	}
}

void signer_expire(json_t *state, uint64_t height, struct signer_outcome *ret)
{
	json_t *event = protocol_key_event(state);

	*ret = (struct signer_outcome){ .logs = json_array() };
	expire_requests(state, height, ret);
	if (json_map(event, "instance") && !event_attempt(event, height)) {
		json_object_set_new(event, "instance", json_null());
		ret->changed = true;
	}
}

json_t *signer_pending(const json_t *state)
{
	json_t *pending = json_list(state, "pending");

	return pending ? json_copy(pending) : json_array();
}
