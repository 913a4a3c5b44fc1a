/* Any JSON as evidence: refused, or diagnosed the same way twice, each cause with a fault, evidence and a step.
 * What it says of services that run becomes a template, which is checked or refused with a sentence. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/diagnose/diagnose.h"
#include "drive-check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_causes(const json_t *found)
{
	json_t *cause;
	size_t i;

	json_array_foreach(json_list(found, "causes"), i, cause)
		if (!check_rule(json_str_or(cause, "fault", "")) ||
		    !json_array_size(json_list(cause, "evidence")) || !json_str(cause, "step"))
			abort();
}

static void check_live(const json_t *evidence)
{
	OWN(str) char *text = diagnose_live(evidence), *again = diagnose_live(evidence);
	OWN(json) json_t *body = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	OWN(json) json_t *result = NULL;
	struct err err = { 0 };

	if (!text != !again || (text && strcmp(text, again)))
		abort();
	if (!text)
		return;
	if (body && !json_object_size(json_object_get(body, "Resources")))
		abort();
	result = drive_check((const char *const[]){ text }, (const size_t[]){ strlen(text) }, 1, &err);
	if (!result && !*err.text)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	OWN(json) json_t *evidence = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, NULL);
	OWN(json) json_t *first = NULL, *second = NULL;
	struct err err = { 0 };
	/* findings come from the same place as everything else */
	const json_t *findings = json_list(evidence, "findings");
	int rc;

	if (!evidence)
		return 0;
	check_live(evidence);
	rc = diagnose(evidence, findings, "2026-01-01T00:00:00.000Z", &first, &err);
	if (diagnose(evidence, findings, "2026-01-01T00:00:00.000Z", &second, &err) != rc)
		abort();
	if (rc < 0 ? first != NULL || !*err.text : !json_equal(first, second))
		abort();
	if (!findings)
		check_causes(first);
	return 0;
}
