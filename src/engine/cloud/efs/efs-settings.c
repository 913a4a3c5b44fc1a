/* Settings of a file system that AWS acts on later: backups, moving to colder storage, protection from being
 * a replica. They are checked, kept and shown; nothing is backed up, moved or replicated here. */
#include "engine/cloud/efs/efs-internal.h"

#include <string.h>

static bool among(const char *value, const char *const *choices)
{
	for (; value && *choices; choices++)
		if (!strcmp(value, *choices))
			return true;
	return false;
}

static bool transition_valid(const char *name, const char *value)
{
	static const char *const days[] = { "AFTER_1_DAY",   "AFTER_7_DAYS",   "AFTER_14_DAYS",
					    "AFTER_30_DAYS", "AFTER_60_DAYS",  "AFTER_90_DAYS",
					    "AFTER_180_DAYS", "AFTER_270_DAYS", "AFTER_365_DAYS",
					    NULL };

	if (!strcmp(name, "TransitionToPrimaryStorageClass"))
		return str_eq(value, "AFTER_1_ACCESS");
	return (!strcmp(name, "TransitionToIA") || !strcmp(name, "TransitionToArchive")) &&
	       among(value, days);
}

/* Each policy has one transition, and each transition is there once. */
static int check_life_cycle(struct call *c, const json_t *policies)
{
	OWN(json) json_t *seen = json_object();
	json_t *policy, *value;
	const char *name;
	size_t i;

	if (!json_is_array(policies))
		return call_fail(c, 400, "BadRequest", "LifecyclePolicies must be a list.");
	json_array_foreach(policies, i, policy)
	{
		if (json_object_size(policy) != 1)
			return call_fail(c, 400, "BadRequest",
					 "Each life-cycle policy has exactly one transition.");
		json_object_foreach(policy, name, value)
		{
			if (!transition_valid(name, json_string_value(value)))
				return call_fail(c, 400, "BadRequest",
						 "Invalid life-cycle policy: %s %s", name,
						 json_string_value(value) ? json_string_value(value)
									  : "");
			if (json_object_get(seen, name))
				return call_fail(c, 400, "BadRequest",
						 "%s stands in two life-cycle policies.", name);
			json_object_set_new(seen, name, json_true());
		}
	}
	return 0;
}

int efs_settings_check(struct call *c, const json_t *settings)
{
	static const char *const states[] = { "ENABLED", "DISABLED", NULL };
	const json_t *backup = json_object_get(settings, "BackupPolicy");
	const json_t *protection = json_object_get(settings, "FileSystemProtection");
	const json_t *policies = json_object_get(settings, "LifecyclePolicies");

	if (backup && !among(json_str(backup, "Status"), states))
		return call_fail(c, 400, "ValidationException",
				 "BackupPolicy needs the Status ENABLED or DISABLED.");
	if (protection && !among(json_str(protection, "ReplicationOverwriteProtection"), states))
		return call_fail(c, 400, "BadRequest",
				 "ReplicationOverwriteProtection is ENABLED or DISABLED.");
	return policies ? check_life_cycle(c, policies) : 0;
}

void efs_settings_keep(json_t *system, const json_t *settings)
{
	static const char *const names[] = { "BackupPolicy", "LifecyclePolicies",
					     "FileSystemProtection" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_object_get(settings, names[i]))
			json_object_set_new(system, names[i],
					    json_deep_copy(json_object_get(settings, names[i])));
}

/* ---- the API ---------------------------------------------------------------------------------- */

/* Takes `settings` from the request; the file system, or NULL after call_fail(). */
static json_t *put(struct hub *hub, struct call *c, const json_t *settings)
{
	json_t *o = efs_system(hub, c, json_str(c->in, "FileSystemId"));

	if (!o || efs_settings_check(c, settings) < 0)
		return NULL;
	efs_settings_keep(o, settings);
	hub_put(hub, EFS_SYSTEM, json_str(o, "FileSystemId"), o);
	return o;
}

int efs_run_get_backup(struct hub *hub, struct call *c)
{
	const json_t *o = efs_system(hub, c, json_str(c->in, "FileSystemId"));
	const json_t *policy = json_map(o, "BackupPolicy");

	if (!o)
		return -1;
	json_object_set_new(c->out, "BackupPolicy",
			    json_pack("{s:s}", "Status", json_str_or(policy, "Status", "DISABLED")));
	return 0;
}

int efs_run_put_backup(struct hub *hub, struct call *c)
{
	const json_t *policy = json_map(c->in, "BackupPolicy");
	OWN(json) json_t *settings = json_pack("{s:O?}", "BackupPolicy", policy);

	if (!policy)
		return call_fail(c, 400, "ValidationException", "BackupPolicy is missing.");
	return put(hub, c, settings) ? efs_run_get_backup(hub, c) : -1;
}

int efs_run_get_life_cycle(struct hub *hub, struct call *c)
{
	const json_t *o = efs_system(hub, c, json_str(c->in, "FileSystemId"));
	const json_t *policies = json_list(o, "LifecyclePolicies");

	if (!o)
		return -1;
	json_object_set_new(c->out, "LifecyclePolicies",
			    policies ? json_deep_copy(policies) : json_array());
	return 0;
}

int efs_run_put_life_cycle(struct hub *hub, struct call *c)
{
	const json_t *policies = json_object_get(c->in, "LifecyclePolicies");
	OWN(json) json_t *settings = json_pack("{s:O?}", "LifecyclePolicies", policies);

	if (!policies)
		return call_fail(c, 400, "BadRequest", "LifecyclePolicies is missing.");
	return put(hub, c, settings) ? efs_run_get_life_cycle(hub, c) : -1;
}

int efs_run_put_protection(struct hub *hub, struct call *c)
{
	const char *state = json_str_or(c->in, "ReplicationOverwriteProtection", "");
	OWN(json)
	json_t *settings = json_pack("{s:{s:s}}", "FileSystemProtection",
				     "ReplicationOverwriteProtection", state);

	if (!put(hub, c, settings))
		return -1;
	json_set_str(c->out, "ReplicationOverwriteProtection", state);
	return 0;
}
