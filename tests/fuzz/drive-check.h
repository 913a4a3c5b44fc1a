/* The whole of `mpcup check` behind the command line, over texts: read, given parameters, evaluated, read as
 * a deployment, judged, merged, printed. For the fuzz targets and tests/check/test-mutations. */
#pragma once
#include <string.h>

#include "core/check/check.h"
#include "core/deployment/deployment.h"
#include "core/template/template.h"

enum { DRIVE_MOST = 4 };

struct drive {
	struct template *templates[DRIVE_MOST];
	json_t *parameters[DRIVE_MOST];
	struct template_world worlds[DRIVE_MOST]; /* evaluations borrow them */
	struct deployment_template list[DRIVE_MOST];
	size_t count;
};

static inline void drive_drop(struct drive *d)
{
	for (size_t i = 0; i < d->count; i++) {
		template_eval_free((struct template_eval *)(uintptr_t)d->list[i].eval);
		json_decref(d->parameters[i]);
		d->list[i].eval = NULL;
		d->parameters[i] = NULL;
	}
}

static inline int drive_run(struct drive *d, const json_t *given, json_t **ret, struct err *err)
{
	static const struct check_options options = { .profile = "3.1" };
	struct deployment *deployment = NULL;
	struct template_eval *eval;

	for (size_t i = 0; i < d->count; i++) {
		eval = NULL;
		if (template_parameters(d->templates[i], given, NULL, 0, &d->worlds[i], &d->parameters[i],
					err) < 0 ||
		    template_eval_new(d->templates[i], d->parameters[i], &d->worlds[i], &eval, err) < 0)
			return -1;
		d->list[i] = (struct deployment_template){ .t = d->templates[i], .eval = eval };
	}
	if (deployment_read(d->list, d->count, &deployment, err) < 0)
		return -1;
	*ret = check_run(deployment, d->list, d->count, &options);
	deployment_free(deployment);
	return 0;
}

/* With the first values of AllowedValues that conditions read, and then without any. */
static inline json_t *drive_judge(struct drive *d, struct err *err)
{
	OWN(json) json_t *none = json_object();
	OWN(json) json_t *assignments = check_assignments(d->templates, d->count, none);
	const json_t *results[2] = { 0 };
	const char *const names[2] = { "one", "none" };
	size_t count = 0;
	json_t *merged = NULL;

	for (size_t i = 0; i < 2; i++) {
		json_t *one = NULL;

		if (drive_run(d, i ? none : json_array_get(assignments, 0), &one, err) == 0)
			results[count++] = one;
		drive_drop(d);
	}
	if (count)
		merged = check_merge(results, names, count);
	for (size_t i = 0; i < count; i++)
		json_decref((json_t *)(uintptr_t)results[i]);
	return merged;
}

/* Findings and tasks, or NULL with a sentence in err. Caller's. */
static inline json_t *drive_check(const char *const *texts, const size_t *lens, size_t count, struct err *err)
{
	static const char *const names[DRIVE_MOST] = { "a.json", "b.json", "c.json", "d.json" };
	struct drive d = { .count = 0 };
	json_t *result = NULL;
	int rc = 0;

	for (; rc == 0 && d.count < count; d.count += rc == 0)
		rc = template_parse(names[d.count], texts[d.count], lens[d.count], &d.templates[d.count], err);
	if (rc == 0)
		result = drive_judge(&d, err);
	if (!result)
		json_decref(check_template_error(names[0], err));
	for (size_t i = 0; i < d.count; i++)
		template_free(d.templates[i]);
	return result;
}
