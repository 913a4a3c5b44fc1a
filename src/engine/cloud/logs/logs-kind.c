/* AWS::Logs::LogGroup and AWS::Logs::LogStream. */
#include "engine/cloud/logs/logs-internal.h"

#include <stdio.h>
#include <string.h>

static int handler_fail(struct resource *r, const struct call *c, struct err *err)
{
	const char *code = "InvalidRequest";

	if (!strcmp(c->code, "ResourceAlreadyExistsException"))
		code = "AlreadyExists";
	else if (!strcmp(c->code, "ResourceNotFoundException"))
		code = "NotFound";
	(void)snprintf(r->error_code, sizeof(r->error_code), "%s", code);
	return err_set(err, ERR_REMOTE, "%s (Service: CloudWatchLogs, Status Code: 400)",
		       c->message);
}

/* The name is taken, perhaps by a group that an earlier stack left behind. */
static int group_fail(struct resource *r, const struct call *c, const char *name, struct err *err)
{
	if (strcmp(c->code, "ResourceAlreadyExistsException") != 0)
		return handler_fail(r, c, err);
	(void)snprintf(r->error_code, sizeof(r->error_code), "AlreadyExists");
	return err_set(err, ERR_REMOTE,
		       "Resource of type '%s' with identifier '{\"/properties/LogGroupName\":\"%s\"}' already exists.",
		       r->type, name);
}

/* CloudFormation's list of {Key, Value} as the service's object. */
static json_t *tags_of(const struct resource *r)
{
	const json_t *list = json_list(r->properties, "Tags");
	json_t *tags = json_object();

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *key = json_str(json_array_get(list, i), "Key");

		if (key)
			json_set_str(tags, key, json_str(json_array_get(list, i), "Value"));
	}
	return tags;
}

static int set_retention(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *days = json_object_get(r->properties, "RetentionInDays");
	OWN(json) json_t *in = json_object();
	struct call c = { .service = "logs", .in = in };
	int rc;

	json_set_str(in, "logGroupName", r->physical);
	if (days)
		json_object_set(in, "retentionInDays", (json_t *)(uintptr_t)days);
	rc = days ? logs_run_put_retention(hub, &c) : logs_run_delete_retention(hub, &c);
	return rc < 0 ? handler_fail(r, &c, err) : RESOURCE_DONE;
}

static int check_class(struct resource *r, struct err *err)
{
	if (!strcmp(json_str_or(r->properties, "LogGroupClass", "STANDARD"), "STANDARD"))
		return 0;
	(void)snprintf(r->error_code, sizeof(r->error_code), "InvalidRequest");
	return err_set(err, ERR_INPUT, "The local cloud has log groups of class STANDARD only");
}

static void set_arn(struct hub *hub, struct resource *r)
{
	OWN(str) char *arn = logs_group_arn(hub, r->physical);
	OWN(str) char *starred = str_printf("%s:*", arn);

	json_set_str(r->attributes, "Arn", starred);
}

static int create_group(struct hub *hub, struct resource *r, struct err *err)
{
	const char *given = json_str(r->properties, "LogGroupName");
	OWN(str) char *name = given ? str_dup(given) : hub_physical_name(hub, r, 512, false);
	OWN(json) json_t *in = json_object();
	struct call c = { .service = "logs", .in = in };

	if (check_class(r, err) < 0)
		return -1;
	json_set_str(in, "logGroupName", name);
	json_set_str(in, "kmsKeyId", json_str(r->properties, "KmsKeyId"));
	json_object_set_new(in, "tags", tags_of(r));
	if (logs_run_create_group(hub, &c) < 0)
		return group_fail(r, &c, name, err);
	r->physical = GIVE(name);
	set_arn(hub, r);
	return json_object_get(r->properties, "RetentionInDays") ? set_retention(hub, r, err)
								 : RESOURCE_DONE;
}

static int update_group(struct hub *hub, struct resource *r, struct err *err)
{
	json_t *group;

	if (check_class(r, err) < 0 || set_retention(hub, r, err) < 0)
		return -1;
	group = hub_get(hub, GROUP, r->physical);
	json_object_del(group, "kmsKeyId");
	json_set_str(group, "kmsKeyId", json_str(r->properties, "KmsKeyId"));
	json_object_set_new(group, "tags", tags_of(r));
	hub_put(hub, GROUP, r->physical, group);
	set_arn(hub, r);
	return RESOURCE_DONE;
}

static int remove_group(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(json) json_t *in = json_object();
	struct call c = { .service = "logs", .in = in };

	if (!hub_get(hub, GROUP, r->physical))
		return RESOURCE_DONE;
	json_set_str(in, "logGroupName", r->physical);
	return logs_run_delete_group(hub, &c) < 0 ? handler_fail(r, &c, err) : RESOURCE_DONE;
}

/* The CDK writes the standard, false. */
static int check_protection(const json_t *properties, struct err *err)
{
	const json_t *on = json_object_get(properties, "DeletionProtectionEnabled");

	if (!on || json_is_false(on) || str_eq(json_string_value(on), "false"))
		return 0;
	return err_set(err, ERR_INPUT,
		       "The local cloud does not protect log groups from deletion: "
		       "DeletionProtectionEnabled must be false here.");
}

const struct resource_kind logs_kind_group = {
	.type = "AWS::Logs::LogGroup",
	.check = check_protection,
	.replace_on = (const char *const[]){ "LogGroupName", NULL },
	.create = create_group,
	.update = update_group,
	.remove = remove_group,
	.allowed = (const char *const[]){ "DeletionProtectionEnabled", "KmsKeyId",
					  "LogGroupClass", "LogGroupName",
					  "RetentionInDays", "Tags", NULL },
};

static json_t *stream_members(const json_t *properties, const char *name)
{
	json_t *in = json_object();

	json_set_str(in, "logGroupName", json_str(properties, "LogGroupName"));
	json_set_str(in, "logStreamName", name);
	return in;
}

static int create_stream(struct hub *hub, struct resource *r, struct err *err)
{
	const char *given = json_str(r->properties, "LogStreamName");
	OWN(str) char *name = given ? str_dup(given) : hub_physical_name(hub, r, 512, false);
	OWN(json) json_t *in = stream_members(r->properties, name);
	struct call c = { .service = "logs", .in = in };

	if (logs_run_create_stream(hub, &c) < 0)
		return handler_fail(r, &c, err);
	r->physical = GIVE(name);
	return RESOURCE_DONE;
}

static int remove_stream(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *p = r->previous ? r->previous : r->properties;
	OWN(json) json_t *in = stream_members(p, r->physical);
	struct call c = { .service = "logs", .in = in };

	if (logs_run_delete_stream(hub, &c) < 0 && strcmp(c.code, "ResourceNotFoundException") != 0)
		return handler_fail(r, &c, err);
	return RESOURCE_DONE;
}

const struct resource_kind logs_kind_stream = {
	.type = "AWS::Logs::LogStream",
	.replace_on = (const char *const[]){ "LogGroupName", "LogStreamName", NULL },
	.create = create_stream,
	.remove = remove_stream,
	.allowed = (const char *const[]){ "LogGroupName", "LogStreamName", NULL },
	.required = (const char *const[]){ "LogGroupName", NULL },
};
