/* What the files of the EC2 room share. Objects are stored as the API shows them (lower camel);
 * members that start with `_` are ours and never shown. */
#pragma once
#include <netinet/in.h>

#include "core/topology/topology.h"
#include "engine/cloud/ec2/ec2.h"
#include "engine/fabric/fabric.h"

/* ---- things: what Describe, tags and "does not exist" need to know of an object
 * ------------------- */

struct ec2_filter {
	const char *name; /* "vpc-id" */
	const char *path; /* "vpcId", "attachmentSet.vpcId": arrays match when one element does */
};
struct ec2_thing {
	const char *kind;   /* of the hub: "ec2:vpc" */
	const char *prefix; /* of ids */
	const char *id_key; /* "vpcId" */
	const char *in_key; /* "VpcId" */
	const char *set;    /* member of the Describe reply */
	const char *tag_type;
	const char *missing_code, *missing_head, *missing_tail;
	const struct ec2_filter *filters;
	/* What Describe shows of it; NULL: the object without our members. New reference. */
	json_t *(*render)(struct hub *hub, const json_t *o);
};
extern const struct ec2_thing ec2_vpc, ec2_subnet, ec2_route_table, ec2_internet_gateway,
	ec2_nat_gateway, ec2_address, ec2_group, ec2_rule, ec2_interface, ec2_acl, ec2_endpoint,
	ec2_instance, ec2_prefix_list, ec2_flow_log;
/* The thing that an id belongs to, by its prefix; NULL: none. */
const struct ec2_thing *ec2_thing_of(const char *id);

/* The object with this id, borrowed; NULL after call_fail(). */
json_t *ec2_find(struct hub *hub, struct call *c, const struct ec2_thing *t, const char *id);
/* The object that the request names under t->in_key. */
json_t *ec2_named(struct hub *hub, struct call *c, const struct ec2_thing *t);
/* Text of a parameter; NULL after call_fail(MissingParameter). */
const char *ec2_need(struct call *c, const char *key);
int ec2_invalid(struct call *c, const char *value, const char *parameter, const char *why);
/* Stores a new object under a new id with owner and the request's tags; takes `fields`. Borrowed.
 */
json_t *ec2_new(struct hub *hub, const struct call *c, const struct ec2_thing *t, json_t *fields);
/* After a change: durable, and the rules of its VPC are due. */
void ec2_put(struct hub *hub, const struct ec2_thing *t, json_t *o);
void ec2_remove(struct hub *hub, const struct ec2_thing *t, const char *id);
const char *ec2_id(const struct ec2_thing *t, const json_t *o);
json_t *ec2_show(struct hub *hub, const struct ec2_thing *t, const json_t *o);
void ec2_reply(struct hub *hub, struct call *c, const struct ec2_thing *t, const char *key,
	       const json_t *o);
void ec2_ok(struct call *c); /* <return>true</return> */
/* Describe of a thing: ids, filters, pages. */
int ec2_describe(struct hub *hub, struct call *c, const struct ec2_thing *t);
/* Elements of a list parameter as an array of strings (a single text counts as one); caller's. */
json_t *ec2_texts(const json_t *in, const char *key);
bool ec2_has(const json_t *array, const char *text);
/* First object of a thing whose member `key` is `value`; NULL: none. Borrowed. */
json_t *ec2_first(struct hub *hub, const struct ec2_thing *t, const char *key, const char *value);
/* Array of {"Key","Value"} onto an object's tagSet. */
void ec2_set_tags(json_t *o, const json_t *tags);
void ec2_drop_tag(json_t *set, const json_t *tag); /* {"Key"}, and when given {"Value"} too */
/* Does any value of filters match? For Describes that are not of objects. */
bool ec2_matches(const struct ec2_filter *known, const json_t *o, const json_t *filters);

/* ---- state beside the objects
 * ---------------------------------------------------------------------- */

struct ec2_pool;
struct ec2_machine;
struct ec2_state {
	struct hub *hub;
	json_t *dirty; /* VPC ids whose rules are due */
	struct hub_timer *timer;
	struct ec2_pool *pools; /* addresses in use, by subnet */
	struct ec2_machine *machines;
	struct ec2_state *next;
};
struct ec2_state *ec2_state(struct hub *hub);
void ec2_state_free(struct hub *hub);
void ec2_pools_free(struct ec2_pool *pool);

/* ---- rules of VPCs
 * ----------------------------------------------------------------------------------- */

/* Marks a VPC (NULL: none); its rules are pushed when the turn ends. */
void ec2_touch(struct hub *hub, const char *vpc);
int ec2_sync(struct hub *hub, const char *vpc, struct err *err); /* now, if marked */
/* The VPC as plain objects; caller's. NULL: no such VPC. */
struct topology_vpc *ec2_topology(struct hub *hub, const char *vpc);
int ec2_fabric_restore(struct hub *hub, struct err *err); /* after a start of the daemon */
/* The route table that holds for a subnet: its own association, else the main one. Borrowed. */
json_t *ec2_table_of_subnet(struct hub *hub, const json_t *subnet);

/* ---- pieces that actions, kinds and the daemon's start share
 * --------------------------------------------- */

/* `want`: dotted, or NULL for the lowest free one. 0: *ret; -1 after call_fail(). */
int ec2_address_take(struct hub *hub, struct call *c, const json_t *subnet, const char *want,
		     uint32_t *ret);
void ec2_address_release(struct hub *hub, const char *subnet, uint32_t address);
unsigned ec2_address_free_count(struct hub *hub, const json_t *subnet);
char *ec2_public_address(struct hub *hub); /* caller frees */

/* -1..255, or -2: not a protocol */
int ec2_protocol(const char *text);
/* Prefix list of what a gateway endpoint leads to ("s3"); NULL: no such service. */
const char *ec2_service_prefix_list(const char *service);
bool ec2_prefix_list_known(struct hub *hub, const char *id);
/* [{"Cidr"}] of a customer's list; NULL: one of AWS's. Borrowed. */
const json_t *ec2_prefix_list_entries(struct hub *hub, const char *id);
json_t *ec2_default_group(struct hub *hub, const char *vpc);
int ec2_groups_check(struct hub *hub, struct call *c, const json_t *ids, const char *vpc);
json_t *ec2_group_set(struct hub *hub, const json_t *ids);

/* Interfaces that the daemon serves: puts them into the fabric. */
int ec2_interface_attach(struct hub *hub, const json_t *interface, struct err *err);
int ec2_endpoint_serve(struct hub *hub, const json_t *endpoint, struct err *err);
/* Name resolution: DNS off, private DNS of endpoints, AWS APIs and registries outside. */
int ec2_resolve(struct hub *hub, const char *vpc, uint32_t asker, const char *name, json_t **ret,
		unsigned *ret_ttl);

/* Instances. start: processes of stored instances after a start of the daemon. */
void ec2_machines_start(struct hub *hub);
void ec2_machines_stop(struct hub *hub);

/* ---- actions, by file
 * ---------------------------------------------------------------------------------- */
typedef int ec2_run(struct hub *hub, struct call *c);
ec2_run ec2_create_vpc, ec2_delete_vpc, ec2_describe_vpcs, ec2_describe_vpc_attribute,
	ec2_modify_vpc_attribute, ec2_create_subnet, ec2_delete_subnet, ec2_describe_subnets,
	ec2_modify_subnet_attribute;
ec2_run ec2_create_route_table, ec2_delete_route_table, ec2_describe_route_tables,
	ec2_associate_route_table, ec2_disassociate_route_table,
	ec2_replace_route_table_association, ec2_create_route, ec2_replace_route, ec2_delete_route;
ec2_run ec2_create_internet_gateway, ec2_delete_internet_gateway, ec2_describe_internet_gateways,
	ec2_attach_internet_gateway, ec2_detach_internet_gateway, ec2_create_nat_gateway,
	ec2_delete_nat_gateway, ec2_describe_nat_gateways, ec2_allocate_address,
	ec2_release_address, ec2_describe_addresses, ec2_associate_address,
	ec2_disassociate_address;
ec2_run ec2_create_security_group, ec2_delete_security_group, ec2_describe_security_groups,
	ec2_describe_security_group_rules, ec2_authorize_ingress, ec2_authorize_egress,
	ec2_revoke_ingress, ec2_revoke_egress;
ec2_run ec2_create_network_interface, ec2_delete_network_interface, ec2_describe_network_interfaces,
	ec2_modify_network_interface_attribute;
ec2_run ec2_create_network_acl, ec2_delete_network_acl, ec2_describe_network_acls,
	ec2_create_network_acl_entry, ec2_replace_network_acl_entry, ec2_delete_network_acl_entry,
	ec2_replace_network_acl_association;
ec2_run ec2_create_vpc_endpoint, ec2_delete_vpc_endpoints, ec2_describe_vpc_endpoints,
	ec2_modify_vpc_endpoint, ec2_describe_vpc_endpoint_services;
ec2_run ec2_describe_prefix_lists, ec2_describe_managed_prefix_lists,
	ec2_get_managed_prefix_list_entries, ec2_create_managed_prefix_list,
	ec2_modify_managed_prefix_list, ec2_delete_managed_prefix_list;
ec2_run ec2_create_flow_logs, ec2_describe_flow_logs, ec2_delete_flow_logs;
ec2_run ec2_run_instances, ec2_terminate_instances, ec2_describe_instances;
ec2_run ec2_create_tags, ec2_delete_tags, ec2_describe_tags, ec2_describe_availability_zones,
	ec2_describe_regions, ec2_sync_rules;

/* Pieces of creation: used by CreateVpc and DeleteVpc of what every VPC has. */
void ec2_main_table_new(struct hub *hub, const json_t *vpc);
void ec2_default_group_new(struct hub *hub, const json_t *vpc);
void ec2_default_acl_new(struct hub *hub, const json_t *vpc);
void ec2_acl_adopt_subnet(struct hub *hub, const json_t *subnet);
void ec2_acl_forget_subnet(struct hub *hub, const char *subnet);
void ec2_group_drop(struct hub *hub, const char *group); /* with its rules */
/* Takes the gateway endpoint's routes out of all tables and puts them into `tables`. */
void ec2_gateway_routes(struct hub *hub, const json_t *endpoint);

/* ---- kinds
 * --------------------------------------------------------------------------------------------- */

/* Calls the API for a resource: CloudFormation's handlers do the same. ret_out may be NULL. */
int ec2_api(struct hub *hub, struct resource *r, const char *action, const json_t *in,
	    json_t **ret_out, struct err *err);
/* Tags of the resource, the stack and CloudFormation itself onto the object. */
void ec2_tag(struct hub *hub, const struct resource *r, const char *id);
/* Deletes through the API. Gone already: DONE. DependencyViolation: WAIT for a while, as the real
 * handlers do, since interfaces of stopping tasks go a little later; asked again it goes on. */
int ec2_drop(struct hub *hub, struct resource *r, const struct ec2_thing *t, const char *action,
	     struct err *err);
/* A property as the API takes it (numbers and truth values as text) under `as`. */
void ec2_take(const struct resource *r, json_t *in, const char *property, const char *as);
json_t *ec2_as_text(const json_t *value); /* new reference; NULL gives NULL */
/* Keys inside a property that are not understood are refused by name. */
int ec2_only(const json_t *map, const char *const *known, struct err *err);
void ec2_attribute(struct resource *r, const char *name, const char *value);
/* Did a property change between r->previous and r->properties? */
bool ec2_changed(const struct resource *r, const char *property);

extern const struct resource_kind ec2_kind_vpc, ec2_kind_subnet, ec2_kind_route_table,
	ec2_kind_route, ec2_kind_route_table_association, ec2_kind_internet_gateway,
	ec2_kind_gateway_attachment, ec2_kind_nat_gateway, ec2_kind_eip, ec2_kind_security_group,
	ec2_kind_ingress, ec2_kind_egress, ec2_kind_acl, ec2_kind_acl_entry,
	ec2_kind_acl_association, ec2_kind_endpoint, ec2_kind_instance, ec2_kind_prefix_list,
	ec2_kind_flow_log, ec2_kind_restrict_default_group, ec2_kind_restricting_function;
