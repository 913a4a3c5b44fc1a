/* Symptoms and findings together: which fault is behind a symptom, and what only follows from it. */
#include <string.h>

#include "base/str.h"
#include "core/aws/aws.h"
#include "core/check/check.h"
#include "core/diagnose/diagnose-internal.h"

int causes_step_order(const char *step)
{
	if (str_eq(step, "template"))
		return -1;
	for (int i = 0; i < LAUNCH_STEP_COUNT; i++)
		if (str_eq(launch_rows()[i].name, step))
			return i;
	return str_eq(step, "runtime") ? LAUNCH_CHAIN : LAUNCH_STEP_COUNT;
}

static bool is_fail(const json_t *finding)
{
	return str_eq(json_str(finding, "verdict"), "FAIL");
}

static bool same_service(const struct symptom *s, const json_t *finding)
{
	const char *service = json_str(finding, "service");

	return !service || !s->service || str_eq(service, s->service);
}

static const json_t *find_fault(const struct symptom *s, const json_t *findings, const char *fault, bool own,
				bool live)
{
	json_t *one;
	size_t i;

	json_array_foreach(findings, i, one)
		if (str_eq(json_str(one, "fault"), fault) && (!own || same_service(s, one)) &&
		    json_bool_or(one, "live", false) == live)
			return one;
	return NULL;
}

/* Found together, the first only follows from the second: rights to a secret's name in place of its ARN, the VPC's
 * default group in place of any, one task definition for two nodes. */
static const char *const follows_from[][2] = { { "E02", "B11" }, { "C01", "C22" }, { "C16", "C22" },
					       { "C18", "C22" }, { "D14", "A12" }, { "D15", "A12" } };

static const json_t *find_root(const struct symptom *s, const json_t *findings, const json_t *found)
{
	for (size_t i = 0; i < sizeof(follows_from) / sizeof(follows_from[0]); i++) {
		const json_t *root = str_eq(json_str(found, "fault"), follows_from[i][0])
					     ? find_fault(s, findings, follows_from[i][1], true,
							  json_bool_or(found, "live", false))
					     : NULL;

		if (root)
			return root;
	}
	return found;
}

/* A finding with one of the candidates: the templates' before what was changed, the service's own before that of
 * one that shares the resource. */
static const json_t *find_candidate(const struct symptom *s, const json_t *findings)
{
	for (int pass = 0; pass < 4; pass++)
		for (const char *const *fault = s->faults; *fault; fault++) {
			const json_t *found = find_fault(s, findings, *fault, pass % 2 == 0, pass >= 2);

			if (found)
				return find_root(s, findings, found);
		}
	return NULL;
}

static const json_t *find_resource(const struct symptom *s, const json_t *findings)
{
	json_t *one;
	size_t i;

	json_array_foreach(findings, i, one)
		if (s->resource && is_fail(one) && str_eq(json_str(one, "resource"), s->resource) &&
		    causes_step_order(json_str(one, "step")) < 0)
			return one;
	return NULL;
}

/* Of a resource that could not be made, whatever was said: a FAIL at it. */
static const json_t *find_at(const struct symptom *s, const json_t *findings)
{
	json_t *one;
	size_t i;

	json_array_foreach(findings, i, one)
		if (s->resource && !s->service && is_fail(one) &&
		    (str_eq(json_str(one, "resource"), s->resource) ||
		     str_eq(json_str(json_map(one, "second"), "resource"), s->resource)))
			return one;
	return NULL;
}

/* A FAIL of the same service between two steps. */
static const json_t *find_step(const struct symptom *s, const json_t *findings, int least, int most)
{
	json_t *one;
	size_t i;

	json_array_foreach(findings, i, one) {
		int order = causes_step_order(json_str(one, "step"));

		if (is_fail(one) && same_service(s, one) && order >= least && order <= most)
			return one;
	}
	return NULL;
}

/* "An essential container exited" can be all that a container does by itself; "did not get steady" can be
 * any step before. */
static const json_t *find_vague(const struct symptom *s, const json_t *findings)
{
	bool task = !strcmp(s->source, "task");

	return find_step(s, findings, task ? LAUNCH_CONTAINER : LAUNCH_PLACEMENT, LAUNCH_CHAIN);
}

/* ---- a cause ------------------------------------------------------------------------------------------------ */

static void copy(json_t *to, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value)
		json_object_set(to, key, value);
}

static json_t *cause_new(const char *fault, const json_t *finding, const char *step,
			 const char *confidence)
{
	static const char *const copied[] = { "resource", "path", "location", "cdkPath", "second", "source",
					      "networkRemedy", "live" };
	const struct check_rule *rule = check_rule(fault);
	json_t *cause = json_object();

	json_set_str(cause, "fault", fault);
	json_set_str(cause, "rule", rule ? rule->name : "");
	json_set_str(cause, "confidence", confidence);
	json_set_str(cause, "step", step);
	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		copy(cause, finding, copied[i]);
	json_set_str(cause, "message", json_str_or(finding, "message", rule ? rule->cause : ""));
	json_set_str(cause, "remedy", json_str_or(finding, "remedy", rule ? rule->remedy : ""));
	json_object_set_new(cause, "services", json_array());
	json_object_set_new(cause, "evidence", json_array());
	json_object_set_new(cause, "consequences", json_array());
	return cause;
}

static json_t *cause_find(const json_t *causes, const char *fault)
{
	json_t *one;
	size_t i;

	json_array_foreach(causes, i, one)
		if (str_eq(json_str(one, "fault"), fault))
			return one;
	return NULL;
}

static void add_service(json_t *cause, const char *service)
{
	json_t *services = json_list(cause, "services");

	if (!service || json_has_text(services, service))
		return;
	if (!json_array_size(services))
		json_set_str(cause, "service", service);
	json_add_str(services, service);
}

/* Places beside the first: the same fault at the other nodes. */
static void add_place(json_t *cause, const json_t *finding)
{
	const char *path = json_str(finding, "path");
	json_t *places = json_list(cause, "places"), *one;
	size_t i;

	if (!path || str_eq(path, json_str(cause, "path")))
		return;
	if (!places) {
		places = json_array();
		json_object_set_new(cause, "places", places);
	}
	json_array_foreach(places, i, one)
		if (str_eq(json_str(one, "path"), path))
			return;
	one = json_object();
	copy(one, finding, "resource");
	copy(one, finding, "path");
	copy(one, finding, "location");
	json_array_append_new(places, one);
}

/* Retries of one service are one line with a count: of tasks the text has ids in it. */
static json_t *same_evidence(const json_t *list, const struct symptom *s)
{
	bool task = !strcmp(s->source, "task");
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (str_eq(json_str(one, "source"), s->source) && str_eq(json_str(one, "service"), s->service) &&
		    (task ? str_eq(json_str(one, "step"), s->step)
			  : str_eq(json_str(one, "text"), s->text)))
			return one;
	return NULL;
}

static void put_time(json_t *entry, int64_t at_ms)
{
	OWN(str) char *time = at_ms >= 0 ? aws_time_iso(at_ms) : NULL;

	json_set_str(entry, "time", time);
}

static void add_evidence(json_t *cause, const struct symptom *s)
{
	json_t *list = json_list(cause, "evidence"), *entry = same_evidence(list, s);
	const char *before = json_str(entry, "time");

	if (entry) {
		json_set_int(entry, "times", json_int_or(entry, "times", 1) + 1);
		if (before && s->at_ms >= 0 && s->at_ms < aws_time_parse(before))
			put_time(entry, s->at_ms);
		return;
	}
	entry = json_object();
	json_set_str(entry, "source", s->source);
	put_time(entry, s->at_ms);
	json_set_str(entry, "text", s->text);
	json_set_str(entry, "service", s->service);
	json_set_str(entry, "step", s->step);
	json_array_append_new(list, entry);
}

static void add_consequence(json_t *cause, const char *resource, const char *text)
{
	json_t *list = json_list(cause, "consequences"), *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (str_eq(json_str(one, "resource"), resource) && str_eq(json_str(one, "text"), text))
			return;
	json_array_append_new(list, json_pack("{s:s,s:s}", "resource", resource, "text", text));
}

static bool is_affected(const json_t *cause, const char *resource)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(cause, "consequences"), i, one)
		if (str_eq(json_str(one, "resource"), resource))
			return true;
	return false;
}

/* The likeliest that the templates do not rule out; when they rule out all, it is as if they did none. */
static const char *likeliest(const struct symptom *s, const json_t *checked)
{
	for (const char *const *fault = s->faults; *fault; fault++)
		if (!causes_rule_out(checked, *fault))
			return *fault;
	return s->faults[0];
}

static size_t count_open(const struct symptom *s, const json_t *checked)
{
	size_t count = 0, all = 0;

	for (const char *const *fault = s->faults; *fault; fault++, all++)
		count += !causes_rule_out(checked, *fault);
	return count ? count : all;
}

static void put_candidates(json_t *cause, const struct symptom *s, const json_t *checked)
{
	bool none = causes_rule_out(checked, likeliest(s, checked));
	json_t *others = json_array();

	for (const char *const *fault = s->faults; *fault; fault++)
		if (!str_eq(*fault, json_str(cause, "fault")) && (none || !causes_rule_out(checked, *fault)))
			json_add_str(others, *fault);
	if (json_array_size(others))
		json_object_set(cause, "otherFaults", others);
	json_decref(others);
}

/* Without a time, so that it stands behind what has one. */
static void add_found(json_t *cause, const json_t *finding)
{
	bool live = json_bool_or(finding, "live", false);

	json_array_append_new(json_list(cause, "evidence"),
			      json_pack("{s:s,s:s}", "source", live ? "state" : "template", "text",
					live ? "it is so in AWS now; the template that was deployed does not show it"
					     : "found in the deployed template; nothing has failed of it so far"));
}

/* ---- from symptoms to causes --------------------------------------------------------------------------------- */

static void explain(json_t *causes, const struct symptom *s, const json_t *finding, const json_t *checked,
		    const char *confidence)
{
	const char *fault = finding ? json_str_or(finding, "fault", "") : likeliest(s, checked);
	json_t *cause = cause_find(causes, fault);
	bool is_new = !cause;

	if (is_new) {
		/* what says only that something failed does not say at which step */
		cause = cause_new(fault, finding,
				  finding && !s->faults[0] ? json_str_or(finding, "step", s->step) : s->step,
				  confidence);
		if (!finding && !json_str(cause, "resource"))
			json_set_str(cause, "resource", s->resource ? s->resource : s->service);
		if (!finding)
			put_candidates(cause, s, checked);
		json_array_append_new(causes, cause);
	}
	add_service(cause, s->service);
	add_evidence(cause, s);
	if (is_new && finding && json_bool_or(finding, "live", false))
		add_found(cause, finding);
}

/* Those that the template confirms. */
static bool confirm(json_t *causes, const struct symptom *s, const json_t *findings)
{
	const json_t *finding = find_candidate(s, findings);

	if (!finding)
		finding = find_resource(s, findings);
	if (finding) {
		explain(causes, s, finding, NULL, "certain");
		return true;
	}
	if (s->past)
		return false;
	if (!s->faults[0])
		finding = find_at(s, findings);
	else if (strcmp(s->step, "template"))
		finding = find_step(s, findings, causes_step_order(s->step), causes_step_order(s->step));
	if (finding)
		explain(causes, s, finding, NULL, "likely");
	return finding != NULL;
}

static bool is_about(const json_t *cause, const struct symptom *s)
{
	return s->service && json_has_text(json_list(cause, "services"), s->service);
}

/* The cause that a symptom without a finding follows from: an earlier step of the same service; for what
 * runs, an earlier step of any, as a node that does not start is missed by the others. */
static json_t *earlier_cause(const json_t *causes, const struct symptom *s)
{
	int order = causes_step_order(s->step);
	json_t *one;
	size_t i;

	json_array_foreach(causes, i, one) {
		int its = causes_step_order(json_str(one, "step"));

		if (its <= order && (is_about(one, s) || order >= LAUNCH_CHAIN))
			return one;
	}
	/* the script's last words after another of its words: one death has one cause */
	json_array_foreach(causes, i, one)
		if (is_about(one, s) && order <= LAUNCH_ENTRY)
			return one;
	return NULL;
}

/* Of a node that runs and does not get on: a FAIL on the way there. */
static const json_t *find_on_the_way(const struct symptom *s, const json_t *findings)
{
	int order = causes_step_order(s->step);

	return s->service && order >= LAUNCH_CHAIN && order < LAUNCH_STEP_COUNT
		       ? find_step(s, findings, LAUNCH_NAME, order)
		       : NULL;
}

static void suppose(json_t *causes, const struct symptom *s, const json_t *findings, const json_t *checked)
{
	json_t *earlier = earlier_cause(causes, s);
	const json_t *on_the_way = earlier ? NULL : find_on_the_way(s, findings);

	if (s->early)
		return;
	if (on_the_way)
		explain(causes, s, on_the_way, NULL, "likely");
	else if (cause_find(causes, likeliest(s, checked)))
		explain(causes, s, NULL, checked, "possible");
	else if (earlier)
		add_consequence(earlier, s->service ? s->service : s->resource ? s->resource : "", s->text);
	else
		explain(causes, s, NULL, checked, count_open(s, checked) > 1 ? "possible" : "likely");
}

/* Texts that say that something failed. Under the cause when there is one for the service, or one at all. */
static bool place_vague(json_t *causes, const struct symptom *s, const json_t *findings)
{
	const json_t *finding;
	json_t *cause;
	size_t i;

	json_array_foreach(causes, i, cause) {
		if (!is_about(cause, s))
			continue;
		if (!strcmp(s->source, "task"))
			add_evidence(cause, s);
		else if (!is_affected(cause, s->service))
			add_consequence(cause, s->service, s->text);
		return true;
	}
	/* that another resource was not made says nothing about what runs */
	finding = s->service ? find_vague(s, findings) : NULL;
	if (finding) {
		explain(causes, s, finding, NULL, "likely");
		return true;
	}
	if (!json_array_size(causes) || strcmp(s->step, "template") == 0)
		return false;
	add_consequence(json_array_get(causes, 0), s->service ? s->service : "", s->text);
	return true;
}

static void leave_unexplained(const struct symptoms *all, const struct symptom *s)
{
	json_t *entry = json_object();

	json_set_str(entry, "source", s->source);
	put_time(entry, s->at_ms);
	json_set_str(entry, "resource", s->service ? s->service : s->resource);
	json_set_str(entry, "text", s->text);
	json_array_append_new(all->unexplained, entry);
}

/* What the template has beside, and nothing has shown yet: the next to fail. */
static void add_template_only(json_t *causes, const json_t *findings)
{
	json_t *one, *cause;
	size_t i;

	json_array_foreach(findings, i, one) {
		const char *fault = json_str_or(one, "fault", "");

		cause = cause_find(causes, fault);
		if (cause) {
			add_place(cause, one);
			continue;
		}
		if (!is_fail(one) || causes_step_order(json_str(one, "step")) == LAUNCH_STEP_COUNT)
			continue;
		cause = cause_new(fault, one, json_str_or(one, "step", ""),
				  json_bool_or(one, "live", false) ? "certain" : "possible");
		add_service(cause, json_str(one, "service"));
		add_found(cause, one);
		json_array_append_new(causes, cause);
	}
}

/* ---- order ----------------------------------------------------------------------------------------------------- */

static int rank(const json_t *cause)
{
	const json_t *first = json_array_get(json_list(cause, "evidence"), 0);

	if (str_eq(json_str(first, "source"), "template"))
		return 3;
	if (str_eq(json_str(cause, "confidence"), "possible"))
		return 2;
	/* changed, and not seen to be what fails */
	return str_eq(json_str(first, "source"), "state") ||
	       (json_bool_or(cause, "live", false) && !str_eq(json_str(cause, "confidence"), "certain"));
}

static bool comes_first(const json_t *a, const json_t *b)
{
	int order_a = causes_step_order(json_str(a, "step")), order_b = causes_step_order(json_str(b, "step"));

	if (rank(a) != rank(b))
		return rank(a) < rank(b);
	if (order_a != order_b)
		return order_a < order_b;
	return strcmp(json_str_or(a, "since", "9"), json_str_or(b, "since", "9")) < 0;
}

static json_t *sorted(const json_t *list, bool (*first)(const json_t *a, const json_t *b))
{
	json_t *out = json_array(), *one;
	size_t i;

	json_array_foreach(list, i, one) {
		size_t place = json_array_size(out);

		while (place > 0 && first(one, json_array_get(out, place - 1)))
			place--;
		json_array_insert(out, place, one);
	}
	return out;
}

static bool is_earlier(const json_t *a, const json_t *b)
{
	return strcmp(json_str_or(a, "time", "9"), json_str_or(b, "time", "9")) < 0;
}

static void order_evidence(json_t *causes)
{
	json_t *one;
	size_t i;

	json_array_foreach(causes, i, one) {
		json_t *evidence = sorted(json_list(one, "evidence"), is_earlier);

		json_object_set_new(one, "evidence", evidence);
		json_set_str(one, "since", json_str(json_array_get(evidence, 0), "time"));
	}
}

/* ---- absence ----------------------------------------------------------------------------------------------------- */

static bool has_line(const json_t *evidence, const char *task_id)
{
	json_t *group, *stream;
	size_t i, k;

	json_array_foreach(json_list(evidence, "logs"), i, group)
		json_array_foreach(json_list(group, "streams"), k, stream)
			if (str_ends(json_str_or(stream, "stream", ""), task_id) &&
			    json_array_size(json_list(stream, "events")))
				return true;
	return false;
}

/* No log at all is evidence too: the container never ran, so what is wrong is outside of it. */
static void add_absence(json_t *causes, const struct symptoms *all, const json_t *evidence)
{
	for (size_t i = 0; i < all->count && json_array_size(json_list(evidence, "logs")); i++) {
		const struct symptom *s = &all->list[i];
		const char *slash = s->task ? strrchr(s->task, '/') : NULL;
		json_t *cause;
		size_t k;

		if (!s->absent || !slash || has_line(evidence, slash + 1))
			continue;
		json_array_foreach(causes, k, cause)
			if (is_about(cause, s) && str_eq(json_str(cause, "step"), s->step)) {
				struct symptom none = *s;

				none.source = "absence";
				none.text = "not one log line: the container never ran";
				if (!same_evidence(json_list(cause, "evidence"), &none))
					add_evidence(cause, &none);
			}
	}
}

json_t *causes_make(const struct symptoms *s, const json_t *findings, const json_t *checked,
		    const json_t *evidence)
{
	OWN(json) json_t *causes = json_array();
	bool *done = mem_new(s->count + 1, sizeof(*done));
	json_t *one, *follow;
	size_t i;

	for (i = 0; i < s->count; i++)
		done[i] = (s->list[i].faults[0] || s->list[i].resource) &&
			  confirm(causes, &s->list[i], findings);
	/* the earliest step first, so that later ones can follow from it */
	for (int step = -1; step <= LAUNCH_STEP_COUNT; step++)
		for (i = 0; i < s->count; i++)
			if (!done[i] && s->list[i].faults[0] && causes_step_order(s->list[i].step) == step)
				suppose(causes, &s->list[i], findings, checked);
	for (i = 0; i < s->count; i++)
		if (!done[i] && !s->list[i].past && !s->list[i].faults[0] && !place_vague(causes, &s->list[i], findings))
			leave_unexplained(s, &s->list[i]);
	free(done);
	add_absence(causes, s, evidence);
	add_template_only(causes, findings);
	order_evidence(causes);
	one = sorted(causes, comes_first);
	json_array_foreach(s->follow, i, follow)
		if (json_array_size(one))
			add_consequence(json_array_get(one, 0), json_str_or(follow, "resource", ""),
					json_str_or(follow, "text", ""));
	return one;
}
