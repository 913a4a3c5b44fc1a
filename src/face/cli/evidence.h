/* What AWS has to say about a stack that does not do what it should: gathered, saved, read back. */
#pragma once
#include "face/cli/cli.h"
#include "face/cli/target.h"

/* Evidence as core/diagnose takes it. What cannot be read stands in "unread". secret_values: values are read,
 * judged and wiped; verdicts alone stay. 0: *ret is the caller's; 1: there is no such stack; -1: err. */
int evidence_gather(struct target *t, const char *stack, bool secret_values, json_t **ret,
		    struct err *err);
/* Asks AWS for what surrounds the services of settled stacks, read-only, and puts the answers into the evidence
 * ("facts"). What cannot be asked stands in "unread". */
void evidence_live(struct target *t, json_t *evidence);
/* Appends what the facts show and the findings (of the templates) do not have, marked "live". */
void evidence_live_findings(const json_t *evidence, json_t *findings);
/* Puts what a rollback has taken away since back from earlier evidence of the same stack: its services,
 * their logs, secrets and task definitions. */
void evidence_complete(json_t *evidence, const json_t *earlier);
/* Whether a fault is about a value that a mask took the place of. */
bool evidence_is_of_value(const char *fault);
/* Atomically, readable for the user alone, and without values that a template has in clear. */
int evidence_save(const char *path, const json_t *evidence, struct err *err);
/* "-": stdin. 0: *ret is the caller's. -1: no such file, or no evidence. */
int evidence_load(const char *path, json_t **ret, struct err *err);
