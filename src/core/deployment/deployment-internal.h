/* What the files of this room share: the tables of a deployment and how values are looked at. */
#pragma once
#include "base/str.h"
#include "core/deployment/deployment.h"

/* A template that is a nested stack of another one's. */
struct nested_link {
	size_t parent;
	const char *logical; /* of the parent's resource */
	json_t *values;	     /* parameter -> value, as the parent passes it; NULL: it is no child */
	json_t *outputs;     /* output -> value */
};

struct deployment {
	struct deployment_template *templates;
	size_t template_count;
	struct deployment_resource *resources;
	json_t **properties; /* owners of what the resources borrow */
	void **views;	     /* the typed object of a resource, or NULL; same index */
	size_t resource_count;
	json_t **names;	 /* per template: logical id -> index of the resource */
	json_t *types;	 /* type -> indexes of its resources */
	json_t *account, *region; /* texts or symbols; NULL: there is no template */
	json_t *absent;	 /* "template index/logical id" -> properties of what is left out */
	json_t *arns;	 /* "role/Name" -> index: resources that their own name gives an ARN */
	json_t *physical; /* id or ARN in the account -> index */
	const json_t *account_exports; /* name -> value, borrowed; NULL: not known */
	json_t *exports; /* export name -> value */
	struct nested_link *nested; /* per template */
	json_t *scalars; /* numbers and truth values that occur -> themselves, as texts to borrow */
	json_t *outside; /* "kind identity" -> index: objects that no template declares */
	json_t *identities; /* values that name resources, to borrow */
	char **texts;	    /* texts put together, to borrow */
	size_t text_count;

	struct deployment_vpc **vpcs;
	struct deployment_acl **acls;
	struct deployment_route_table **tables;
	struct deployment_subnet **subnets;
	struct deployment_group **groups;
	struct deployment_endpoint **endpoints;
	struct deployment_file_system **systems;
	struct deployment_role **roles;
	struct deployment_task **tasks;
	struct deployment_service **services;
	size_t vpc_count, acl_count, table_count, subnet_count, group_count, endpoint_count,
		system_count, role_count, task_count, service_count;
};

/* Room for one more: p of `count` elements is grown by doubling, the new element is zero. */
void *list_grow(void *p, size_t count, size_t size);
#define LIST_NEW(list, count)                                                                      \
	(*((list) = list_grow((list), (count), sizeof(*(list))), &(list)[(count)++]))
#define LIST_ADD(list, count, item) (LIST_NEW(list, count) = (item))

/* ---- values (deployment-target.c) ------------------------------------------------------------ */

#define TEMPLATE_TAG "$template" /* which template a symbol is of; only when there are several */

/* Indexes of a type's resources (for json_array_size() and resource_at()); NULL: there are none. */
const json_t *resources_of(const struct deployment *d, const char *type);
const struct deployment_resource *resource_at(const struct deployment *d, const json_t *indexes,
					      size_t i);
static inline json_t *property(const struct deployment_resource *r, const char *key)
{
	return json_object_get(r->properties, key);
}
/* The resource when it is of the type, else NULL. */
const struct deployment_resource *target_of_type(const struct deployment *d, const json_t *value,
						 const char *type);
/* The typed object of a resource of this type that the value names, or NULL. */
void *view_of(const struct deployment *d, const json_t *value, const char *type);
void view_set(struct deployment *d, const struct deployment_resource *r, void *view);
/* The index of what no template declares, by its identity; `next` when it is not there yet: it is
 * then noted under this index. */
size_t outside_index(struct deployment *d, const char *kind, const json_t *value, size_t next);
/* What Ref of the resource gives, borrowed. */
const json_t *identity_new(struct deployment *d, const struct deployment_resource *r);
/* Takes the text; it is freed with the deployment. */
const char *text_keep(struct deployment *d, char *text);
/* Literals as they are, every symbol as the character given. The caller's; NULL: no text at all. */
char *text_flatten(const struct deployment *d, const json_t *value, char placeholder);

enum verdict verdict_of(const json_t *value, enum verdict otherwise);
/* A number or the text of one. 0, or -1 when it is none or not known. */
int number_of(const json_t *value, long *ret);
/* An IPv4 CIDR; host bits are cleared, as EC2 does. False: not known, or none. */
bool cidr_of(const struct deployment *d, const json_t *value, uint32_t *ret_base,
	     unsigned *ret_bits);
/* Members of a list, or the value itself when it is none: walks 0 .. count. */
size_t member_count(const json_t *list);
const json_t *member_at(const json_t *list, size_t i);
void arn_index(struct deployment *d, const struct deployment_resource *r);
/* Of a resource of the account: its Metadata.mpcup; else NULL. */
const json_t *account_metadata(const struct deployment *d, size_t template, const json_t *body);
void physical_index(struct deployment *d, struct deployment_resource *r);

/* ---- imports (deployment-import.c) ----------------------------------------------------------- */

void exports_read(struct deployment *d);
/* The source with every import that is known replaced by its value; new reference. */
json_t *imports_replace(const struct deployment *d, size_t template, const json_t *source);
/* Marks symbols of resources with their template, notes scalars. */
void value_mark(struct deployment *d, size_t template, json_t *value);

/* A joined text as the list it was; NULL: it cannot be told. New reference. */
json_t *text_split(const char *delimiter, const json_t *text);

/* ---- nested stacks (deployment-nested.c) ----------------------------------------------------- */

void nested_link(struct deployment *d);
void nested_read(struct deployment *d);
void nested_free(struct deployment *d);
/* Is the template a child, or has it one? */
bool nested_any(const struct deployment *d, size_t template);
/* What a Ref, Fn::GetAtt or Fn::Sub is when values of parent or child are put in; NULL: the same.
 * New reference. */
json_t *nested_value(const struct deployment *d, size_t template, const json_t *node);

/* ---- typed objects ----------------------------------------------------------------------------
 */

void deployment_network_read(struct deployment *d); /* VPCs, ACLs, route tables, subnets */
void groups_read(struct deployment *d);
void endpoints_read(struct deployment *d);
void storage_read(struct deployment *d);
void roles_read(struct deployment *d);
void services_read(struct deployment *d);
void deployment_network_free(struct deployment *d);
void groups_free(struct deployment *d);
void storage_free(struct deployment *d);
void roles_free(struct deployment *d);
void services_free(struct deployment *d);

/* Those that a value names; made when no template declares them. NULL value: NULL. */
const struct deployment_vpc *vpc_of(struct deployment *d, const json_t *value);
struct deployment_subnet *subnet_of(struct deployment *d, const json_t *value);
struct deployment_group *deployment_group_of(struct deployment *d, const json_t *value);
struct deployment_file_system *file_system_of(struct deployment *d, const json_t *value);
struct deployment_role *role_of(struct deployment *d, const json_t *value);
/* Lists of them; *ret is the caller's, NULL when empty. */
size_t subnets_of(struct deployment *d, const json_t *list, const struct deployment_subnet ***ret);
size_t groups_of(struct deployment *d, const json_t *list, const struct deployment_group ***ret);
