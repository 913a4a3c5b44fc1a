/* The diagnosis of a stack as people and programs get it: evidence, the check of what is deployed, the
 * causes. Shared by diagnose and up. */
#pragma once
#include "face/cli/cli.h"
#include "face/cli/target.h"

/* The check over the templates and parameters in the evidence. files: paths of local templates (array of text,
 * or NULL); one that is the same as a deployed one gives its findings file and line. Array, the caller's; NULL
 * when nothing can be checked, the reason is then in "unread" of the evidence. -1: a file cannot be read. */
int diagnosis_findings(json_t *evidence, const json_t *files, json_t **ret, struct err *err);
/* diagnose() as of now. */
int diagnosis_make(const json_t *evidence, const json_t *findings, json_t **ret, struct err *err);
void diagnosis_print(const struct cli *cli, FILE *to, const json_t *diagnosis, const json_t *evidence);
/* Causes with evidence that are not in `told` (fault -> true) in a line each; they are put there. */
void diagnosis_tell(const struct cli *cli, const json_t *diagnosis, json_t *told);
