/* What the files of the room share. Never leaves it.
 * Objects: namespace {"Id","Arn","Name","Type","Vpc","Description","HostedZoneId","CreateDate",
 * "CreatorRequestId","Tags"}; service {"Id","Arn","Name","NamespaceId","Description","DnsConfig",
 * "HealthCheckCustomConfig","CreateDate","Tags"}; instance, id "<service id>/<instance id>",
 * {"Id","ServiceId","Attributes","HealthStatus"}; operation {"Id","Type","Status","Targets",..}. */
#pragma once
#include "engine/cloud/servicediscovery/servicediscovery.h"

#define SD_NAMESPACE "servicediscovery:namespace"
#define SD_SERVICE "servicediscovery:service"
#define SD_INSTANCE "servicediscovery:instance"
#define SD_OPERATION "servicediscovery:operation"

/* The doing of the actions, for API and kinds. Each 0 with *ret_id (caller's), or -1 after
 * call_fail(). */
int sd_namespace_create(struct hub *hub, struct call *c, const json_t *in, char **ret_id);
int sd_namespace_delete(struct hub *hub, struct call *c, const char *id);
int sd_service_create(struct hub *hub, struct call *c, const json_t *in, char **ret_id);
int sd_service_update(struct hub *hub, struct call *c, const char *id, const json_t *in);
int sd_service_delete(struct hub *hub, struct call *c, const char *id);
int sd_instance_register(struct hub *hub, struct call *c, const json_t *in);
int sd_instance_deregister(struct hub *hub, struct call *c, const char *service_id,
			   const char *instance_id);

/* Instances of a service: array, borrowed values, the caller's. */
json_t *sd_instances(struct hub *hub, const char *service_id);
/* A namespace / service by id or ARN; NULL with the call failed. Borrowed. */
json_t *sd_namespace(struct hub *hub, struct call *c, const char *id);
json_t *sd_service(struct hub *hub, struct call *c, const char *id);

int sd_resolve(struct hub *hub, const char *vpc, uint32_t asker, const char *name, json_t **ret,
	       unsigned *ret_ttl);

extern const struct resource_kind sd_namespace_kind, sd_service_kind, sd_instance_kind;
