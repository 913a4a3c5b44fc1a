/* A world that answers the rules' questions: all is well in it but for what a test changes. */
#pragma once
#include "base/json.h"
#include "base/str.h"

/* The answer to a question; the first row that fits counts. */
struct canned {
	const char *service, *action;
	const char *input; /* part of the question's command, NULL: any */
	const char *
		answer; /* JSON: {"answer": ...} or {"error", "message"}; NULL: healthy() answers */
};
struct asked_world {
	json_t *document;	   /* template that is checked */
	json_t *deployed;	   /* template of the stack, NULL: there is no stack */
	const struct canned *rows; /* ends with service NULL; may be NULL */
	const char *stack;	   /* NULL: "mpc" */
	json_t *questions;	   /* that nobody answered; the caller's after asked_run() */
};
/* Three nodes on a chain with a public address. The caller's. */
json_t *asked_document(void);
/* Sets a variable of each node, or of node `node` when it is not -1. */
void asked_set(json_t *document, int node, const char *name, const char *value);
/* A resource of the type, counted from 0. Borrowed. */
json_t *asked_resource(json_t *document, const char *type, size_t skip);
/* Its properties, made when there are none. Borrowed. */
json_t *asked_properties(json_t *document, const char *type, size_t skip);
const char *asked_logical(json_t *document, const char *type, size_t skip);
/* Runs and answers until no new question comes. Findings, the caller's. */
json_t *asked_run(struct asked_world *w);
/* "FAIL", "WARN", "UNKNOWN": the worst verdict of a fault; "" none. */
const char *asked_verdict(const json_t *findings, const char *fault);
/* Runs with these rows and gives that. */
const char *asked_of(json_t *document, json_t *deployed, const struct canned *rows,
		     const char *fault);
/* Keys as the healthy contract and accounts have them; caller frees. */
char *asked_public(int node, bool peer);
/* A good key pair; caller frees. */
char *asked_secret(void);
/* The contract's state as the RPC gives it ({"answer": ...}), from JSON with ' for ". Caller frees.
 */
char *asked_state(const char *json);
/* Participants with their keys and names, as in the healthy contract; caller frees. */
char *asked_participants(void);
