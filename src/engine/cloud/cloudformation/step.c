/* One step: create, change or delete one resource, with its events (aws-wire.md 7.1). */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

#include <stdio.h>
#include <string.h>

#define INITIATED "Resource creation Initiated"
#define REPLACING                                                                                  \
	"Requested update requires the creation of a new physical resource; hence creating one."

typedef int (*kind_call)(struct hub *hub, struct resource *r, struct err *err);

static json_t *record_of(const struct stack_run *run, const struct stack_step *step)
{
	return stack_record(run->hub, run->stack, step->logical);
}

static bool is_new(const json_t *record)
{
	return str_starts(json_str_or(record, "ResourceStatus", ""), "CREATE_");
}

static bool in_progress(const json_t *record)
{
	return str_ends(json_str_or(record, "ResourceStatus", ""), "_IN_PROGRESS");
}

/* Did a daemon that ended begin this already? Then there is an event of it. */
static bool begun(const struct stack_run *run, const json_t *record, const char *status)
{
	return str_eq(json_str(record, "ResourceStatus"), status) &&
	       json_int_or(record, "Serial", -1) == stack_serial(run->stack);
}

static const char *physical_of(const json_t *record)
{
	return json_str_or(record, "PhysicalResourceId", "");
}

static json_t *discard_of(const json_t *record, const char *physical, size_t *ret_i)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_list(record, "Discard"), i, entry)
	{
		if (str_eq(json_str(entry, "PhysicalResourceId"), physical)) {
			*ret_i = i;
			return entry;
		}
	}
	return NULL;
}

/* ---- calling a kind
 * -------------------------------------------------------------------------------------- */

/* Where physical id and attributes of this step are kept: the record, or what is discarded. */
static json_t *place_of(const struct stack_step *step, json_t *record)
{
	size_t i;

	return step->verb == STACK_DISCARD ? discard_of(record, step->physical, &i) : record;
}

static void fill_properties(const struct stack_step *step, const json_t *record,
			    const json_t *place, struct resource *r)
{
	const json_t *current = json_map(place, "Properties");
	const json_t *good = json_map(json_map(record, "Previous"), "Properties");

	r->properties = current;
	if (step->verb == STACK_DELETE || step->verb == STACK_DISCARD) {
		r->previous = current;
	} else if (step->verb == STACK_REVERT) {
		r->properties = good;
		r->previous = current;
	} else if (!is_new(record) && !json_object_get(record, "Replacing")) {
		r->previous = good;
	}
}

static void take_back(json_t *place, struct resource *r)
{
	if (r->physical)
		stack_set_text(place, "PhysicalResourceId", r->physical);
	json_object_set(place, "Attributes", r->attributes);
	free(r->physical);
	json_decref(r->attributes);
}

/* A service's sentence as CloudFormation words it; nobody reads a secret in it. */
static char *handler_text(struct stack_run *run, const struct resource *r, const struct err *err)
{
	OWN(str) char *token = hub_uuid(run->hub);
	OWN(str) char *once = stack_mask_text(json_map(run->stack, "Settings"), err->text);
	OWN(str) char *masked = stack_mask_text(json_map(run->stack, "Target"), once);

	/* no handler of the registry: its own words */
	if (r->plain_error || str_eq(r->type, STACK_TYPE))
		return GIVE(masked);
	return str_printf("Resource handler returned message: \"%s\" (RequestToken: %s, "
			  "HandlerErrorCode: %s)",
			  masked, token, *r->error_code ? r->error_code : "InvalidRequest");
}

static const json_t *tags_of(const struct stack_run *run, const struct stack_step *step)
{
	const json_t *settings = step->verb == STACK_REVERT ? json_map(run->stack, "Settings")
							    : stack_settings(run->stack);

	return json_list(settings, "Tags");
}

/* fn NULL: nothing to do. fresh: there is no physical resource yet. -1: *ret_reason is the
 * caller's. */
static int call_kind(struct stack_run *run, const struct stack_step *step, json_t *record,
		     kind_call fn, bool fresh, char **ret_reason)
{
	json_t *place = place_of(step, record), *attributes = json_map(place, "Attributes");
	const char *physical = fresh ? "" : physical_of(place);
	struct resource r = { .stack_name = stack_name(run->stack),
			      .stack_id = stack_id(run->stack),
			      .logical = step->logical,
			      .type = json_str(record, "ResourceType"),
			      .stack_tags = tags_of(run, step),
			      .physical = *physical ? str_dup(physical) : NULL };
	struct err err = { 0 };
	int rc = RESOURCE_DONE;

	r.attributes = fresh || !attributes ? json_object() : json_incref(attributes);
	fill_properties(step, record, place, &r);
	if (fn)
		rc = fn(run->hub, &r, &err);
	if (rc != RESOURCE_WAIT && rc >= 0 && !r.physical) {
		(void)err_set(&err, ERR_BUG, "%s gave no physical id", r.type);
		(void)snprintf(r.error_code, sizeof(r.error_code), "InternalFailure");
		rc = -1;
	}
	if (rc < 0)
		*ret_reason = handler_text(run, &r, &err);
	if (fresh && !r.physical)
		json_decref(r.attributes); /* failed before there was anything */
	else
		take_back(place, &r);
	return rc;
}

static const struct resource_kind *kind_of(const struct stack_run *run, const json_t *record)
{
	return hub_kind(run->hub, json_str_or(record, "ResourceType", ""));
}

/* ---- the end of a step
 * ----------------------------------------------------------------------------------------- */

static void fail_record(struct stack_run *run, struct stack_step *step, json_t *record,
			const char *reason)
{
	const char *status = step->verb == STACK_DELETE ? "DELETE_FAILED"
			     : is_new(record)		? "CREATE_FAILED"
							: "UPDATE_FAILED";

	stack_set_record(run->hub, run->stack, record, status, reason);
	/* a cleanup is tried once; what it cannot delete is no longer the stack's */
	if (step->verb == STACK_DELETE && str_ends(run->phase, "_CLEANUP_IN_PROGRESS"))
		stack_remove_record(run->hub, run->stack, step->logical);
	run_step_over(run, step, true);
}

static void apply_done(struct stack_run *run, struct stack_step *step, json_t *record)
{
	stack_set_record(run->hub, run->stack, record,
			 is_new(record) ? "CREATE_COMPLETE" : "UPDATE_COMPLETE", NULL);
	run_step_over(run, step, false);
}

/* Only the stack's history speaks of it from now on; secrets among the properties go. */
static void delete_done(struct stack_run *run, struct stack_step *step, json_t *record,
			const char *status)
{
	static const char *const members[] = {
		"Properties", "Attributes", "Previous", "Discard",
		"Metadata",   "New",	    "Dropped",	"Replacing"
	};

	stack_set_record(run->hub, run->stack, record, status, NULL);
	if (str_ends(run->phase, "_CLEANUP_IN_PROGRESS")) {
		stack_remove_record(run->hub, run->stack, step->logical);
	} else {
		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
			json_object_del(record, members[i]);
	}
	run_step_over(run, step, false);
}

static void discard_done(struct stack_run *run, struct stack_step *step, json_t *record,
			 const char *status, const char *reason)
{
	size_t i;

	stack_event(run->hub, run->stack, record, step->physical, status, reason,
		    STACK_EVENT_CLEANUP);
	if (discard_of(record, step->physical, &i))
		json_array_remove(json_list(record, "Discard"), i);
	stack_save_record(run->hub, run->stack, record);
	run_step_over(run, step, reason != NULL);
}

/* The last good state is the record again; a physical resource that came since is to be discarded.
 */
static void revert_done(struct stack_run *run, struct stack_step *step, json_t *record,
			const char *reason)
{
	json_t *previous = json_incref(json_map(record, "Previous"));

	stack_shelve(record, record, previous, "Delete");
	json_object_del(record, "Metadata");
	json_object_update(record, previous);
	json_object_del(record, "Previous");
	json_object_del(record, "Replacing");
	json_object_del(record, "Reverting");
	json_decref(previous);
	stack_set_record(run->hub, run->stack, record, "UPDATE_COMPLETE", reason);
	run_step_over(run, step, false);
}

/* ---- create, update, replace
 * -------------------------------------------------------------------------------------- */

static void after_apply(struct stack_run *run, struct stack_step *step, json_t *record, int rc,
			const char *reason)
{
	if (rc < 0)
		fail_record(run, step, record, reason);
	else if (rc == RESOURCE_WAIT)
		run_step_waits(run, step);
	else
		apply_done(run, step, record);
}

/* Creates the physical resource of a record whose status says what for. */
static void create_physical(struct stack_run *run, struct stack_step *step, json_t *record)
{
	OWN(str) char *reason = NULL;
	const struct resource_kind *kind = kind_of(run, record);
	int rc = call_kind(run, step, record, kind->create, true, &reason);

	if (rc >= 0)
		stack_set_record(run->hub, run->stack, record, json_str(record, "ResourceStatus"),
				 INITIATED);
	after_apply(run, step, record, rc, reason);
}

static void copy_member(json_t *to, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value)
		json_object_set(to, key, value);
}

/* What the template says beside the properties. */
static void set_wishes(struct stack_run *run, json_t *record, const char *logical)
{
	const struct template *t = run->plan.template;
	const json_t *metadata = json_object_get(template_resource(t, logical), "Metadata");
	json_t *needs = NULL;

	json_set_str(record, "DeletionPolicy", template_deletion_policy(t, logical));
	json_set_str(record, "UpdateReplacePolicy", template_replace_policy(t, logical));
	json_object_del(record, "Metadata");
	if (metadata)
		json_object_set(record, "Metadata", (json_t *)(uintptr_t)metadata);
	if (template_dependencies(run->plan.eval, logical, &needs, NULL) == 0)
		json_object_set_new(record, "Dependencies", needs);
}

static json_t *new_record(struct stack_run *run, const char *logical, const json_t *old)
{
	json_t *record = json_object();

	json_set_str(record, "LogicalResourceId", logical);
	json_set_str(record, "ResourceType",
		     json_str(template_resource(run->plan.template, logical), "Type"));
	json_set_str(record, "PhysicalResourceId", "");
	json_object_set_new(record, "Properties", json_object());
	json_object_set_new(record, "Attributes", json_object());
	json_set_bool(record, "New", true);
	if (old && !stack_record_gone(old)) {
		copy_member(record, old, "Discard");
		stack_shelve(record, old, record, "Delete");
	}
	set_wishes(run, record, logical);
	return record;
}

/* What evaluation gave can lack what the template seemed to have (AWS::NoValue). */
static char *missing_property(const struct resource_kind *kind, const json_t *properties)
{
	for (const char *const *name = kind->required; name && *name; name++)
		if (!json_object_get(properties, *name))
			return str_printf("Property validation failure: [The property {/%s} is "
					  "required]",
					  *name);
	return NULL;
}

/* properties NULL: they could not be evaluated, `reason` says why. */
static void begin_create(struct stack_run *run, struct stack_step *step, const json_t *properties,
			 const char *reason)
{
	OWN(json) json_t *record = new_record(run, step->logical, record_of(run, step));
	const struct resource_kind *kind = kind_of(run, record);
	OWN(str) char *missing = properties && kind ? missing_property(kind, properties) : NULL;

	if (properties)
		json_object_set(record, "Properties", (json_t *)(uintptr_t)properties);
	stack_set_record(run->hub, run->stack, record, "CREATE_IN_PROGRESS", NULL);
	if (!properties || missing)
		fail_record(run, step, record, missing ? missing : reason);
	else if (!kind)
		fail_record(run, step, record, "Unrecognized resource type");
	else
		create_physical(run, step, record);
}

/* Keeps the last good state, once. */
static void remember(json_t *record)
{
	static const char *const members[] = {
		"PhysicalResourceId", "Properties",	     "Attributes", "Dependencies",
		"DeletionPolicy",     "UpdateReplacePolicy", "Metadata"
	};
	json_t *previous;

	if (json_map(record, "Previous"))
		return;
	previous = json_object();
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		copy_member(previous, record, members[i]);
	json_object_set_new(record, "Previous", previous);
}

/* A custom name would be taken by the old resource while the new one is made. */
static char *custom_name(const struct resource_kind *kind, const json_t *record,
			 const json_t *properties)
{
	const char *physical = physical_of(record);

	for (const char *const *name = kind->replace_on; name && *name; name++)
		if (str_eq(json_str(properties, *name), physical))
			return str_printf("CloudFormation cannot update a stack when a "
					  "custom-named resource requires replacing. Rename %s and "
					  "update the stack again.",
					  physical);
	return NULL;
}

static void begin_replace(struct stack_run *run, struct stack_step *step, json_t *record,
			  const json_t *properties)
{
	const struct resource_kind *kind = kind_of(run, record);
	OWN(str) char *named = custom_name(kind, record, properties);
	OWN(str) char *missing = missing_property(kind, properties);

	json_object_set(record, "Properties", (json_t *)(uintptr_t)properties);
	json_set_bool(record, "Replacing", true);
	set_wishes(run, record, step->logical);
	stack_set_record(run->hub, run->stack, record, "UPDATE_IN_PROGRESS", REPLACING);
	if (named || missing)
		fail_record(run, step, record, named ? named : missing);
	else
		create_physical(run, step, record);
}

static void begin_modify(struct stack_run *run, struct stack_step *step, json_t *record,
			 const json_t *properties, enum stack_verdict verdict)
{
	const struct resource_kind *kind = kind_of(run, record);
	OWN(str) char *reason = missing_property(kind, properties);
	int rc = 0;

	json_object_set(record, "Properties", (json_t *)(uintptr_t)properties);
	set_wishes(run, record, step->logical);
	stack_set_record(run->hub, run->stack, record, "UPDATE_IN_PROGRESS", NULL);
	if (reason)
		rc = -1;
	else if (verdict == STACK_MODIFY)
		rc = call_kind(run, step, record, kind->update, false, &reason);
	after_apply(run, step, record, rc, reason);
}

/* DependsOn may have changed all the same. */
static void leave_same(struct stack_run *run, struct stack_step *step, json_t *record)
{
	OWN(json) json_t *before = json_incref(json_object_get(record, "Dependencies"));

	set_wishes(run, record, step->logical);
	if (!before || !json_equal(before, json_object_get(record, "Dependencies")))
		stack_save_record(run->hub, run->stack, record);
	run_step_over(run, step, false);
}

/* Goes on with what a daemon that ended had begun. */
static bool resume_apply(struct stack_run *run, struct stack_step *step, json_t *record)
{
	const char *previous = physical_of(json_map(record, "Previous"));
	bool fresh = is_new(record) ? !*physical_of(record)
				    : json_object_get(record, "Replacing") &&
					      !strcmp(physical_of(record), previous);
	const struct resource_kind *kind = kind_of(run, record);
	OWN(str) char *reason = NULL;
	int rc;

	if (!record || !in_progress(record) || !kind ||
	    json_int_or(record, "Serial", -1) != stack_serial(run->stack))
		return false;
	if (fresh) {
		create_physical(run, step, record);
		return true;
	}
	if (is_new(record) || json_object_get(record, "Replacing"))
		rc = call_kind(run, step, record, kind->settle, false, &reason);
	else
		rc = call_kind(run, step, record, kind->update, false, &reason);
	after_apply(run, step, record, rc, reason);
	return true;
}

static void apply(struct stack_run *run, struct stack_step *step)
{
	json_t *record = record_of(run, step);
	OWN(json) json_t *properties = NULL;
	enum stack_verdict verdict = STACK_MODIFY;
	struct err err = { 0 };
	bool live = record && !stack_record_gone(record) &&
		    !str_eq(json_str(record, "ResourceStatus"), "CREATE_FAILED");

	if (resume_apply(run, step, record))
		return;
	if (template_properties(run->plan.eval, step->logical, &properties, &err) < 0 && !live) {
		begin_create(run, step, NULL, err.text);
		return;
	}
	if (!live) {
		begin_create(run, step, properties, NULL);
		return;
	}
	if (properties) {
		verdict = stack_compare(kind_of(run, record), record, properties,
					run->plan.template, run->tags_changed);
		if (verdict == STACK_SAME) {
			leave_same(run, step, record);
			return;
		}
	}
	remember(record);
	json_object_del(record, "Replacing");
	if (!properties) {
		stack_set_record(run->hub, run->stack, record, "UPDATE_IN_PROGRESS", NULL);
		fail_record(run, step, record, err.text);
	} else if (verdict == STACK_REPLACE) {
		begin_replace(run, step, record, properties);
	} else {
		begin_modify(run, step, record, properties, verdict);
	}
}

/* ---- back
 * ------------------------------------------------------------------------------------------------------------
 */

static void after_revert(struct stack_run *run, struct stack_step *step, json_t *record, int rc,
			 const char *reason)
{
	if (rc < 0)
		fail_record(run, step, record, reason);
	else if (rc == RESOURCE_WAIT)
		run_step_waits(run, step);
	else
		revert_done(run, step, record, NULL);
}

static void revert(struct stack_run *run, struct stack_step *step)
{
	json_t *record = record_of(run, step), *previous = json_map(record, "Previous");
	const struct resource_kind *kind = kind_of(run, record);
	OWN(str) char *reason = NULL;
	bool same = json_equal(json_map(record, "Properties"), json_map(previous, "Properties")) &&
		    !stack_tags_differ(json_list(json_map(run->stack, "Target"), "Tags"),
				       json_list(json_map(run->stack, "Settings"), "Tags"));
	int rc = 0;

	if (json_has_text(json_list(run->stack, "ResourcesToSkip"), step->logical)) {
		revert_done(run, step, record, "Resource skipped during UpdateRollback");
		return;
	}
	/* the resource that was replaced is still there, unchanged */
	if (json_object_get(record, "Replacing"))
		same = true;
	if (!json_object_get(record, "Reverting") || !begun(run, record, "UPDATE_IN_PROGRESS")) {
		json_set_bool(record, "Reverting", true);
		stack_set_record(run->hub, run->stack, record, "UPDATE_IN_PROGRESS", NULL);
	}
	/* its properties do not tell whether a nested stack was changed */
	if (str_eq(json_str(record, "ResourceType"), STACK_TYPE))
		same = false;
	if (!same && kind)
		rc = call_kind(run, step, record, kind->update, false, &reason);
	after_revert(run, step, record, rc, reason);
}

/* ---- delete
 * -----------------------------------------------------------------------------------------------------------
 */

static bool retained(const struct stack_run *run, const json_t *record)
{
	const char *policy = json_str_or(record, "DeletionPolicy", "Delete");
	bool undoes_create = !strcmp(run->phase, "ROLLBACK_IN_PROGRESS") ||
			     (!strcmp(run->phase, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS") &&
			      json_object_get(record, "New"));

	if (json_has_text(json_list(run->stack, "RetainResources"), json_str(record, "LogicalResourceId")))
		return true;
	if (!strcmp(policy, "RetainExceptOnCreate"))
		return !undoes_create;
	return !strcmp(policy, "Retain");
}

static void after_delete(struct stack_run *run, struct stack_step *step, json_t *record, int rc,
			 const char *reason)
{
	if (rc < 0 && step->verb == STACK_DISCARD)
		discard_done(run, step, record, "DELETE_FAILED", reason);
	else if (rc < 0)
		fail_record(run, step, record, reason);
	else if (rc == RESOURCE_WAIT)
		run_step_waits(run, step);
	else if (step->verb == STACK_DISCARD)
		discard_done(run, step, record, "DELETE_COMPLETE", NULL);
	else
		delete_done(run, step, record, "DELETE_COMPLETE");
}

static void delete_record(struct stack_run *run, struct stack_step *step)
{
	json_t *record = record_of(run, step);
	const struct resource_kind *kind = kind_of(run, record);
	OWN(str) char *reason = NULL;
	int rc;

	if (!*physical_of(record)) {
		delete_done(run, step, record, "DELETE_COMPLETE");
		return;
	}
	if (retained(run, record)) {
		delete_done(run, step, record, "DELETE_SKIPPED");
		return;
	}
	if (!begun(run, record, "DELETE_IN_PROGRESS"))
		stack_set_record(run->hub, run->stack, record, "DELETE_IN_PROGRESS", NULL);
	rc = call_kind(run, step, record, kind ? kind->remove : NULL, false, &reason);
	after_delete(run, step, record, rc, reason);
}

static void discard(struct stack_run *run, struct stack_step *step)
{
	json_t *record = record_of(run, step), *entry;
	const struct resource_kind *kind = kind_of(run, record);
	OWN(str) char *reason = NULL;
	size_t i;
	int rc;

	entry = discard_of(record, step->physical, &i);
	if (str_starts(json_str_or(entry, "Policy", "Delete"), "Retain")) {
		discard_done(run, step, record, "DELETE_SKIPPED", NULL);
		return;
	}
	stack_event(run->hub, run->stack, record, step->physical, "DELETE_IN_PROGRESS", NULL,
		    STACK_EVENT_CLEANUP);
	rc = call_kind(run, step, record, kind ? kind->remove : NULL, false, &reason);
	after_delete(run, step, record, rc, reason);
}

/* ---- doors
 * --------------------------------------------------------------------------------------------------------------
 */

void step_start(struct stack_run *run, struct stack_step *step)
{
	switch (step->verb) {
	case STACK_APPLY:
		apply(run, step);
		break;
	case STACK_REVERT:
		revert(run, step);
		break;
	case STACK_DELETE:
		delete_record(run, step);
		break;
	case STACK_DISCARD:
		discard(run, step);
		break;
	}
}

void step_settle(struct stack_run *run, struct stack_step *step)
{
	json_t *record = record_of(run, step);
	const struct resource_kind *kind = kind_of(run, record);
	OWN(str) char *reason = NULL;
	int rc = call_kind(run, step, record, kind ? kind->settle : NULL, false, &reason);

	if (rc == RESOURCE_WAIT)
		return;
	if (step->verb == STACK_APPLY)
		after_apply(run, step, record, rc, reason);
	else if (step->verb == STACK_REVERT)
		after_revert(run, step, record, rc, reason);
	else
		after_delete(run, step, record, rc, reason);
}

void step_cancel(struct stack_run *run, struct stack_step *step)
{
	json_t *record = record_of(run, step);

	if (step->verb != STACK_APPLY || !record || !in_progress(record))
		return;
	stack_set_record(
		run->hub, run->stack, record, is_new(record) ? "CREATE_FAILED" : "UPDATE_FAILED",
		is_new(record) ? "Resource creation cancelled" : "Resource update cancelled");
}
