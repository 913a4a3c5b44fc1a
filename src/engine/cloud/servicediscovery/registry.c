/* Namespaces, services and instances as objects, with the rules of the API. */
#include "engine/cloud/servicediscovery/servicediscovery-internal.h"

#include <string.h>
#include <strings.h>

#define LOWER_ALNUM "abcdefghijklmnopqrstuvwxyz0123456789"

/* "arn:...:namespace/ns-x" or "ns-x" -> "ns-x" */
static const char *bare_id(const char *id)
{
	const char *slash = id && str_starts(id, "arn:") ? strrchr(id, '/') : NULL;

	return slash ? slash + 1 : id;
}

json_t *sd_namespace(struct hub *hub, struct call *c, const char *id)
{
	json_t *found = hub_get(hub, SD_NAMESPACE, bare_id(id));

	if (!found)
		(void)call_fail(c, 400, "NamespaceNotFound", "Can't find namespace with ID: %s.",
				id ? id : "");
	return found;
}

json_t *sd_service(struct hub *hub, struct call *c, const char *id)
{
	json_t *found = hub_get(hub, SD_SERVICE, bare_id(id));

	if (!found)
		(void)call_fail(c, 400, "ServiceNotFound", "Can't find service with ID: %s.",
				id ? id : "");
	return found;
}

json_t *sd_instances(struct hub *hub, const char *service_id)
{
	json_t *list = json_array(), *one;
	const char *key;

	json_object_foreach(hub_all(hub, SD_INSTANCE), key,
			    one) if (str_eq(json_str(one, "ServiceId"), service_id))
		json_array_append(list, one);
	return list;
}

static bool label_valid(const char *s, size_t len)
{
	if (len < 1 || len > 63 || s[0] == '-' || s[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_",
			    s[i]))
			return false;
	return true;
}

static bool domain_valid(const char *name)
{
	if (!name || !*name || strlen(name) > 253)
		return false;
	for (const char *at = name;;) {
		size_t len = strcspn(at, ".");

		if (!label_valid(at, len))
			return false;
		if (!at[len])
			return true;
		at += len + 1;
	}
}

static bool vpc_exists(struct hub *hub, const char *vpc)
{
	OWN(json) json_t *in = json_pack("{s:[s]}", "VpcId", vpc);

	return hub_call(hub, NULL, "ec2", "DescribeVpcs", in, NULL, NULL, NULL) == 0;
}

static int check_namespace(struct hub *hub, struct call *c, const char *name, const char *vpc)
{
	const char *id;
	json_t *other;

	if (!domain_valid(name))
		return call_fail(c, 400, "InvalidInput", "Invalid namespace name: %s",
				 name ? name : "");
	if (!vpc || !vpc_exists(hub, vpc))
		return call_fail(c, 400, "InvalidInput", "The VPC %s does not exist in region %s.",
				 vpc ? vpc : "", hub_region(hub));
	json_object_foreach(
		hub_all(hub, SD_NAMESPACE), id,
		other) if (!strcasecmp(json_str_or(other, "Name", ""), name) &&
			   str_eq(json_str(other, "Vpc"),
				  vpc)) return call_fail(c, 400, "ConflictingDomainExists",
							 "The VPC %s has already been associated "
							 "with the hosted zone %s with the "
							 "same domain name.",
							 vpc,
							 json_str_or(other, "HostedZoneId", ""));
	return 0;
}

static json_t *new_object(struct hub *hub, const char *prefix, const char *arn_part,
			  const json_t *in, const char *const *members)
{
	OWN(str) char *random = hub_random(hub, LOWER_ALNUM, 16);
	OWN(str) char *id = str_printf("%s%s", prefix, random);
	OWN(str) char *resource = str_printf("%s/%s", arn_part, id);
	OWN(str) char *arn = hub_arn(hub, "servicediscovery", resource);
	json_t *o = json_pack("{s:s,s:s,s:f}", "Id", id, "Arn", arn, "CreateDate",
			      (double)hub_now_ms(hub) / 1000);

	for (size_t i = 0; members[i]; i++)
		if (json_object_get(in, members[i]))
			json_object_set(o, members[i], json_object_get(in, members[i]));
	return o;
}

int sd_namespace_create(struct hub *hub, struct call *c, const json_t *in, char **ret_id)
{
	static const char *const members[] = { "Name", "Vpc", "Description", "CreatorRequestId",
					       "Tags", NULL };
	OWN(json) json_t *o = NULL;
	OWN(str) char *zone = hub_random(hub, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 20);

	if (check_namespace(hub, c, json_str(in, "Name"), json_str(in, "Vpc")) < 0)
		return -1;
	o = new_object(hub, "ns-", "namespace", in, members);
	zone[0] = 'Z';
	json_set_str(o, "HostedZoneId", zone);
	json_set_str(o, "Type", "DNS_PRIVATE");
	hub_put(hub, SD_NAMESPACE, json_str(o, "Id"), o);
	*ret_id = str_dup(json_str(o, "Id"));
	return 0;
}

int sd_namespace_delete(struct hub *hub, struct call *c, const char *id)
{
	json_t *found = sd_namespace(hub, c, id), *service;
	const char *key;

	if (!found)
		return -1;
	json_object_foreach(hub_all(hub, SD_SERVICE), key, service) if (
		str_eq(json_str(service, "NamespaceId"),
		       json_str(found, "Id"))) return call_fail(c, 400, "ResourceInUse",
								"The namespace %s can't be deleted "
								"because it contains one or more "
								"services.",
								json_str(found, "Id"));
	hub_remove(hub, SD_NAMESPACE, json_str(found, "Id"));
	return 0;
}

static int check_records(struct call *c, const json_t *in)
{
	const json_t *dns = json_map(in, "DnsConfig");
	const char *policy = json_str_or(dns, "RoutingPolicy", "MULTIVALUE");
	json_t *record;
	size_t i;

	if (json_map(in, "HealthCheckConfig"))
		return call_fail(
			c, 400, "InvalidInput",
			"HealthCheckConfig can't be used with a private DNS namespace; use "
			"HealthCheckCustomConfig.");
	if (strcmp(policy, "MULTIVALUE") && strcmp(policy, "WEIGHTED"))
		return call_fail(c, 400, "InvalidInput", "Invalid RoutingPolicy: %s", policy);
	json_array_foreach(json_list(dns, "DnsRecords"), i, record)
	{
		const char *type = json_str_or(record, "Type", "");
		json_int_t ttl = json_int_or(record, "TTL", -1);

		if (strcmp(type, "A") && strcmp(type, "SRV"))
			return call_fail(c, 400, "InvalidInput",
					 "DNS records of type %s are not part of the local cloud; "
					 "A and SRV are.",
					 type);
		if (ttl < 0 || ttl > 2147483647)
			return call_fail(c, 400, "InvalidInput", "Invalid TTL of record %s", type);
	}
	return 0;
}

int sd_service_create(struct hub *hub, struct call *c, const json_t *in, char **ret_id)
{
	static const char *const members[] = {
		"Name", "Description", "DnsConfig", "HealthCheckCustomConfig", "CreatorRequestId",
		"Tags", NULL
	};
	const char *name = json_str(in, "Name"), *wanted = json_str(in, "NamespaceId"), *id;
	const json_t *space;
	json_t *other;
	OWN(json) json_t *o = NULL;

	if (!wanted)
		wanted = json_str(json_map(in, "DnsConfig"), "NamespaceId");
	space = sd_namespace(hub, c, wanted);
	if (!space)
		return -1;
	if (!name || !domain_valid(name))
		return call_fail(c, 400, "InvalidInput", "Invalid service name: %s",
				 name ? name : "");
	if (check_records(c, in) < 0)
		return -1;
	json_object_foreach(
		hub_all(hub, SD_SERVICE), id,
		other) if (str_eq(json_str(other, "NamespaceId"), json_str(space, "Id")) &&
			   !strcasecmp(json_str_or(other, "Name", ""),
				       name)) return call_fail(c, 400, "ServiceAlreadyExists",
							       "A service with the same name "
							       "already exists. ServiceId: %s.",
							       id);
	o = new_object(hub, "srv-", "service", in, members);
	json_object_set(o, "NamespaceId", json_object_get(space, "Id"));
	hub_put(hub, SD_SERVICE, json_str(o, "Id"), o);
	*ret_id = str_dup(json_str(o, "Id"));
	return 0;
}

int sd_service_update(struct hub *hub, struct call *c, const char *id, const json_t *in)
{
	static const char *const members[] = { "Description", "DnsConfig" };
	json_t *o = sd_service(hub, c, id);

	if (!o || check_records(c, in) < 0)
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (json_object_get(in, members[i]))
			json_object_set(o, members[i], json_object_get(in, members[i]));
	hub_put(hub, SD_SERVICE, json_str(o, "Id"), o);
	return 0;
}

int sd_service_delete(struct hub *hub, struct call *c, const char *id)
{
	json_t *o = sd_service(hub, c, id);
	OWN(json) json_t *instances = o ? sd_instances(hub, json_str(o, "Id")) : NULL;

	if (!o)
		return -1;
	if (json_array_size(instances))
		return call_fail(c, 400, "ResourceInUse",
				 "Service contains registered instances; delete the instances "
				 "before deleting the "
				 "service");
	hub_remove(hub, SD_SERVICE, json_str(o, "Id"));
	return 0;
}

static bool has_record(const json_t *service, const char *type)
{
	json_t *record;
	size_t i;

	json_array_foreach(json_path(service, "DnsConfig.DnsRecords"), i,
			   record) if (str_eq(json_str(record, "Type"), type)) return true;
	return false;
}

int sd_instance_register(struct hub *hub, struct call *c, const json_t *in)
{
	json_t *service = sd_service(hub, c, json_str(in, "ServiceId"));
	const char *id = json_str(in, "InstanceId");
	json_t *attributes = json_map(in, "Attributes");
	OWN(str) char *key = NULL;
	OWN(json) json_t *o = NULL;
	uint32_t ip;

	if (!service)
		return -1;
	if (!id || !*id || strlen(id) > 64)
		return call_fail(c, 400, "InvalidInput", "Invalid instance ID: %s", id ? id : "");
	if (has_record(service, "A") &&
	    ip_parse(json_str(attributes, "AWS_INSTANCE_IPV4"), &ip) < 0)
		return call_fail(c, 400, "InvalidInput",
				 "The attribute AWS_INSTANCE_IPV4 is required for a service with A "
				 "records.");
	key = str_printf("%s/%s", json_str(service, "Id"), id);
	o = json_pack("{s:s,s:O,s:O,s:s}", "Id", id, "ServiceId", json_object_get(service, "Id"),
		      "Attributes", attributes, "HealthStatus",
		      json_str_or(attributes, "AWS_INIT_HEALTH_STATUS", "HEALTHY"));
	hub_put(hub, SD_INSTANCE, key, o);
	return 0;
}

int sd_instance_deregister(struct hub *hub, struct call *c, const char *service_id,
			   const char *instance_id)
{
	json_t *service = sd_service(hub, c, service_id);
	OWN(str) char *key = NULL;

	if (!service)
		return -1;
	key = str_printf("%s/%s", json_str(service, "Id"), instance_id ? instance_id : "");
	if (!hub_get(hub, SD_INSTANCE, key))
		return call_fail(c, 400, "InstanceNotFound", "Can't find instance with ID: %s.",
				 instance_id ? instance_id : "");
	hub_remove(hub, SD_INSTANCE, key);
	return 0;
}
