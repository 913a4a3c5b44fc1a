/* AWS::ServiceDiscovery::PrivateDnsNamespace, Service, Instance */
#include "engine/cloud/servicediscovery/servicediscovery-internal.h"

#include <stdio.h>
#include <string.h>

static int failed(struct resource *r, const struct call *c, struct err *err)
{
	const char *code = "InvalidRequest";

	if (strstr(c->code, "Exists"))
		code = "AlreadyExists";
	else if (strstr(c->code, "NotFound"))
		code = "NotFound";
	else if (!strcmp(c->code, "ResourceInUse"))
		code = "ResourceConflict";
	(void)snprintf(r->error_code, sizeof(r->error_code), "%s", code);
	return err_set(err, ERR_REMOTE,
		       "%s (Service: AWSServiceDiscovery; Status Code: %d; Error Code: %s)",
		       c->message, c->status, c->code);
}

static int gone(struct resource *r, const struct call *c, struct err *err)
{
	return strstr(c->code, "NotFound") ? RESOURCE_DONE : failed(r, c, err);
}

static void set_attributes(struct resource *r, const json_t *o, const char *const *names)
{
	for (size_t i = 0; names[i]; i++)
		json_set_str(r->attributes, names[i], json_str(o, names[i]));
}

static int namespace_create(struct hub *hub, struct resource *r, struct err *err)
{
	static const char *const names[] = { "Id", "Arn", "HostedZoneId", NULL };
	struct call c = { 0 };

	if (sd_namespace_create(hub, &c, r->properties, &r->physical) < 0)
		return failed(r, &c, err);
	set_attributes(r, hub_get(hub, SD_NAMESPACE, r->physical), names);
	return RESOURCE_DONE;
}

static int namespace_remove(struct hub *hub, struct resource *r, struct err *err)
{
	struct call c = { 0 };

	return sd_namespace_delete(hub, &c, r->physical) < 0 ? gone(r, &c, err) : RESOURCE_DONE;
}

static int service_create(struct hub *hub, struct resource *r, struct err *err)
{
	static const char *const names[] = { "Id", "Arn", "Name", NULL };
	struct call c = { 0 };

	if (sd_service_create(hub, &c, r->properties, &r->physical) < 0)
		return failed(r, &c, err);
	set_attributes(r, hub_get(hub, SD_SERVICE, r->physical), names);
	return RESOURCE_DONE;
}

static int service_change(struct hub *hub, struct resource *r, struct err *err)
{
	struct call c = { 0 };

	return sd_service_update(hub, &c, r->physical, r->properties) < 0 ? failed(r, &c, err)
									  : RESOURCE_DONE;
}

static int service_remove(struct hub *hub, struct resource *r, struct err *err)
{
	struct call c = { 0 };

	return sd_service_delete(hub, &c, r->physical) < 0 ? gone(r, &c, err) : RESOURCE_DONE;
}

static int instance_put(struct hub *hub, struct resource *r, const char *id, struct err *err)
{
	OWN(json)
	json_t *in = json_pack("{s:O*,s:s,s:O*}", "ServiceId",
			       json_object_get(r->properties, "ServiceId"), "InstanceId", id,
			       "Attributes", json_object_get(r->properties, "InstanceAttributes"));
	struct call c = { 0 };

	return sd_instance_register(hub, &c, in) < 0 ? failed(r, &c, err) : RESOURCE_DONE;
}

static int instance_create(struct hub *hub, struct resource *r, struct err *err)
{
	const char *given = json_str(r->properties, "InstanceId");
	OWN(str) char *id = given ? str_dup(given) : hub_physical_name(hub, r, 64, false);

	if (instance_put(hub, r, id, err) < 0)
		return -1;
	r->physical = GIVE(id);
	return RESOURCE_DONE;
}

static int instance_change(struct hub *hub, struct resource *r, struct err *err)
{
	return instance_put(hub, r, r->physical, err);
}

static int instance_remove(struct hub *hub, struct resource *r, struct err *err)
{
	const json_t *from = r->previous ? r->previous : r->properties;
	struct call c = { 0 };

	return sd_instance_deregister(hub, &c, json_str(from, "ServiceId"), r->physical) < 0
		       ? gone(r, &c, err)
		       : RESOURCE_DONE;
}

static const char *const namespace_replace[] = { "Name", "Vpc", NULL };
static const char *const namespace_allowed[] = { "Name", "Vpc",	       "Description",
						 "Tags", "Properties", NULL };
static const char *const namespace_required[] = { "Name", "Vpc", NULL };
const struct resource_kind sd_namespace_kind = {
	.type = "AWS::ServiceDiscovery::PrivateDnsNamespace",
	.replace_on = namespace_replace,
	.create = namespace_create,
	.remove = namespace_remove,
	.allowed = namespace_allowed,
	.required = namespace_required,
};

static const char *const service_replace[] = { "HealthCheckCustomConfig", "Name", "NamespaceId",
					       "Type", NULL };
static const char *const service_allowed[] = { "Name",
					       "NamespaceId",
					       "Description",
					       "DnsConfig",
					       "HealthCheckCustomConfig",
					       "HealthCheckConfig",
					       "Tags",
					       NULL };
const struct resource_kind sd_service_kind = {
	.type = "AWS::ServiceDiscovery::Service",
	.replace_on = service_replace,
	.create = service_create,
	.update = service_change,
	.remove = service_remove,
	.allowed = service_allowed,
};

static const char *const instance_replace[] = { "InstanceId", "ServiceId", NULL };
static const char *const instance_allowed[] = { "InstanceAttributes", "InstanceId", "ServiceId",
						NULL };
static const char *const instance_required[] = { "InstanceAttributes", "ServiceId", NULL };
const struct resource_kind sd_instance_kind = {
	.type = "AWS::ServiceDiscovery::Instance",
	.replace_on = instance_replace,
	.create = instance_create,
	.update = instance_change,
	.remove = instance_remove,
	.allowed = instance_allowed,
	.required = instance_required,
};
