/* What templates deploy, read out of their evaluation as typed objects with symbolic identities: the one
 * topology that the solver, the rules and the drawing use. Several templates that import from each
 * other are one deployment. Pure; borrows templates and evaluations for its life.
 * Source: shared faults.md 0.3 and 0.4.
 *
 * How what is not known looks, beside the NULLs that are told below:
 *  - imports that another template exports are replaced by their value in `properties`, symbols of a
 *    deployment of several templates carry "$template" (which one they are of);
 *  - a list that is one unknown value is one object of it, with resource NULL and that identity;
 *  - an ACL or route table outside of the templates, or behind an association that may not exist,
 *    has resource NULL and unknown entries (known false) or one route with destination NULL;
 *  - a route that may not exist has destination NULL, such an ACL entry known false, such a rule of a
 *    group PEER_UNKNOWN with its protocol and ports;
 *  - separate egress rules that all may not exist stand beside one of everything to PEER_UNKNOWN;
 *  - a rule of IPv6 alone is PEER_CIDR of 255.255.255.255/32: it reaches no IPv4 address. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "core/template/template.h"

/* Three-valued throughout. UNKNOWN is never folded into PASS. */
enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_UNKNOWN };

struct deployment;
struct deployment_template {
	struct template *t;
	const struct template_eval *eval;
};
/* One of them may be a picture of the account (its own Metadata has {"mpcup": {"account": true}}): what
 * it declares is there already, under the ids in Metadata.mpcup ("physicalId", "arn") of each resource.
 * A text that is such an id or ARN stands for the resource; what has but a name has its ARN as id. Its Metadata.mpcup.exports (name -> value)
 * satisfy imports that no template does. A VPC's Metadata.mpcup may name "mainRouteTable" and
 * "defaultAcl": what its subnets have that are associated with no other. */
int deployment_read(const struct deployment_template *list, size_t count, struct deployment **ret,
		    struct err *err);
void deployment_free(struct deployment *d);
OWN_DEFINE(deployment, struct deployment *, deployment_free)

/* One resource that exists (present 1) or may exist (2: its condition is unknown). */
struct deployment_resource {
	size_t template; /* index into the list */
	const char *logical, *type;
	const char *label; /* logical, or "Stack/logical" where one file is several nested stacks */
	const json_t *properties; /* evaluated, symbols inside; borrowed from the deployment */
	const json_t *body;	  /* the resource as it stands in the template */
	int present;
	const char *physical_id; /* of a resource of the account, then `logical` is it too; else NULL */
};
const struct deployment_resource *deployment_resources(const struct deployment *d, size_t *ret_count);
const struct deployment_resource *deployment_find(const struct deployment *d, size_t template,
						  const char *logical);
/* Properties that a resource would have which its condition leaves out; NULL: it is there, or they cannot be
 * told. Borrowed. */
const json_t *deployment_absent(const struct deployment *d, size_t template, const char *logical);
/* The resource a value stands for: a symbol of Ref or GetAtt (any attribute that identifies it: Id,
 * Arn, GroupId, ...), followed through Fn::ImportValue into the exporting template's output; also an
 * ARN text of a named resource. *ret_attribute (may be NULL): the attribute, "" for Ref. NULL: none. */
const struct deployment_resource *deployment_target(const struct deployment *d, const json_t *value,
						    const char **ret_attribute);
/* Does the account have such an export? FAIL: its exports are known and this is none of them. */
enum verdict deployment_account_exports(const struct deployment *d, const char *name);
/* The resource a value is an attribute of, whichever (PrivateIp, DnsName, ...). As above. */
const struct deployment_resource *deployment_owner(const struct deployment *d, const json_t *value,
						   const char **ret_attribute);
/* Number of the account and region that are deployed to, NULL: not known. Borrowed. */
const char *deployment_account(const struct deployment *d);
const char *deployment_region(const struct deployment *d);
/* The value as text when it is known (imports followed), else NULL. Borrowed. */
const char *deployment_text(const struct deployment *d, const json_t *value);
/* "/Resources/<logical>/Properties/<rest>" for messages and template_locate(); caller frees. */
char *deployment_pointer(const struct deployment_resource *r, const char *rest);

/* ---- stacks side by side ------------------------------------------------------------------------
 * Where exports hang on AWS::StackName and the name is not known: the one that the imports of the other
 * templates ask for. NULL: none, or they do not agree. Caller frees. */
char *deployment_stack_name(const struct deployment_template *list, size_t count, size_t index);

/* ---- nested stacks -------------------------------------------------------------------------------
 * A template given beside its parent is that of the nested stack whose TemplateURL, or asset of the CDK,
 * ends in its file name: parameters and outputs are linked then. The literal texts among the parameters
 * are for whoever evaluates the child to give it. */

/* That file name; NULL: it cannot be told, or the resource is no nested stack. Caller frees. */
char *deployment_nested_file(const json_t *body);
/* Index of that template in the list, never the parent's own nor one that is taken (NULL: none is) by
 * another nested stack; count: it is not there. One file that several stacks are made of is in the list
 * once for each: they take them in the order of the parents from the last to the first. */
size_t deployment_nested_template(const struct template *const *list, size_t count, size_t parent,
				  const json_t *body, const bool *taken);
/* The template of this nested stack; NULL: it is no part of the deployment. Borrowed. */
const struct template *deployment_nested_of(const struct deployment *d,
					    const struct deployment_resource *r);
bool deployment_nested_given(const struct deployment *d, const struct deployment_resource *r);

/* ---- network ------------------------------------------------------------------------------------- */
struct deployment_vpc {
	const struct deployment_resource *resource; /* NULL: outside of the templates */
	bool known_cidr;
	uint32_t base;
	unsigned bits;
	enum verdict dns_support, dns_hostnames; /* PASS on, FAIL off */
};
struct deployment_acl_entry {
	const struct deployment_resource *resource;
	bool egress, allow, known; /* known false: some value is symbolic */
	int protocol;		   /* -1 all */
	unsigned number, from, to;
	uint32_t base;
	unsigned bits;
};
struct deployment_acl {
	const struct deployment_resource *resource;
	struct deployment_acl_entry *entries; /* ascending number per direction */
	size_t count;
};
struct deployment_route {
	const struct deployment_resource *resource;
	const char *destination;		   /* CIDR text; NULL unknown */
	enum { DEPLOYMENT_TO_INTERNET_GATEWAY, DEPLOYMENT_TO_NAT, DEPLOYMENT_TO_OTHER } kind;
	const struct deployment_resource *target; /* gateway; NULL outside */
};
struct deployment_route_table {
	const struct deployment_resource *resource;
	struct deployment_route *routes;
	size_t count;
};
struct deployment_subnet {
	const struct deployment_resource *resource; /* NULL: given by id, all else unknown */
	const json_t *identity;			    /* the value that names it */
	const struct deployment_vpc *vpc;	    /* NULL unknown */
	bool known_cidr;
	uint32_t base;
	unsigned bits;
	const char *zone; /* text or canonical text of its symbol; equal zones have equal texts; NULL unknown */
	const struct deployment_route_table *routes; /* NULL: the main table */
	const struct deployment_resource *route_association;
	const struct deployment_acl *acl; /* NULL: the default one, everything passes */
	enum verdict public_on_launch;
};
struct deployment_rule {
	const struct deployment_resource *resource; /* that declares it */
	char *pointer;				    /* JSON pointer of the rule in its template */
	int protocol;				    /* -1 all; numbers and words understood; -2 unknown */
	unsigned from, to;
	bool known_ports;
	enum { DEPLOYMENT_PEER_NONE, DEPLOYMENT_PEER_GROUP, DEPLOYMENT_PEER_CIDR,
	       DEPLOYMENT_PEER_PREFIX_LIST, DEPLOYMENT_PEER_UNKNOWN } peer;
	const struct deployment_group *group; /* PEER_GROUP */
	uint32_t base;
	unsigned bits;
};
struct deployment_group {
	const struct deployment_resource *resource; /* NULL: outside; its own rules are unknown */
	const json_t *identity;
	const struct deployment_vpc *vpc;
	struct deployment_rule *ingress, *egress; /* inline and separate resources together */
	size_t ingress_count, egress_count;
	bool egress_declared; /* else the default allow-all applies */
};
struct deployment_endpoint {
	const struct deployment_resource *resource;
	const struct deployment_vpc *vpc;
	const char *service; /* "secretsmanager", "ecr.api", "ecr.dkr", "logs", "s3", ...; NULL unknown */
	bool gateway;
	enum verdict private_dns;
	const struct deployment_subnet **subnets;
	const struct deployment_group **groups;
	const struct deployment_route_table **tables; /* gateway */
	size_t subnet_count, group_count, table_count;
};

/* ---- storage --------------------------------------------------------------------------------------- */
struct deployment_mount_target {
	const struct deployment_resource *resource;
	const struct deployment_subnet *subnet;
	const struct deployment_group **groups;
	size_t group_count;
};
struct deployment_file_system {
	const struct deployment_resource *resource; /* NULL outside */
	const json_t *identity;
	const json_t *policy; /* evaluated document or NULL */
	struct deployment_mount_target *targets;
	size_t target_count;
};

/* ---- roles -------------------------------------------------------------------------------------------- */
struct deployment_policy {
	const struct deployment_resource *resource; /* that declares it */
	const char *name;			    /* policy name or ARN of a managed policy */
	const json_t *document;			    /* evaluated, symbols inside; NULL: a managed policy we do not know */
};
struct deployment_role {
	const struct deployment_resource *resource; /* NULL: outside, unknown */
	struct deployment_policy *policies;
	size_t policy_count;
	const json_t *trust, *boundary; /* NULL: none */
	bool boundary_unknown;
};

/* ---- services ------------------------------------------------------------------------------------------- */
struct deployment_volume {
	const char *name;
	const json_t *definition;		     /* Volumes[] entry */
	const struct deployment_file_system *system; /* NULL: not EFS */
	const struct deployment_resource *access_point; /* NULL none or outside */
	size_t index;
};
struct deployment_task {
	const struct deployment_resource *resource;	       /* task definition */
	const struct deployment_role *execution_role, *task_role; /* NULL: none given */
	const json_t *containers;			       /* evaluated ContainerDefinitions */
	struct deployment_volume *volumes;
	size_t volume_count;
};
struct deployment_service {
	const struct deployment_resource *resource;
	const struct deployment_task *task; /* NULL: outside */
	const struct deployment_subnet **subnets;
	const struct deployment_group **groups; /* empty with groups_default: the VPC's default group */
	size_t subnet_count, group_count;
	bool groups_default;
	enum verdict public_address; /* PASS: AssignPublicIp ENABLED */
	bool fargate;
	const struct deployment_resource **registries; /* Cloud Map services */
	size_t registry_count;
	int mpc_container; /* index of the container of an MPC node, -1: this is none */
};

/* All of a kind. Arrays of pointers, borrowed; the count in *ret_count. */
const struct deployment_vpc *const *deployment_vpcs(const struct deployment *d, size_t *ret_count);
const struct deployment_subnet *const *deployment_subnets(const struct deployment *d, size_t *ret_count);
const struct deployment_group *const *deployment_groups(const struct deployment *d, size_t *ret_count);
const struct deployment_endpoint *const *deployment_endpoints(const struct deployment *d,
							      size_t *ret_count);
const struct deployment_file_system *const *deployment_file_systems(const struct deployment *d,
								    size_t *ret_count);
const struct deployment_role *const *deployment_roles(const struct deployment *d, size_t *ret_count);
const struct deployment_service *const *deployment_services(const struct deployment *d,
							    size_t *ret_count);

/* A container's environment value by name: evaluated JSON (text or symbol), NULL when absent.
 * *ret_index (may be NULL): its place in Environment. */
const json_t *deployment_environment(const json_t *container, const char *name, size_t *ret_index);
/* Same for Secrets: the ValueFrom. */
const json_t *deployment_secret(const json_t *container, const char *name, size_t *ret_index);
/* A ValueFrom in its parts. secret: the resource (NULL outside or unknown), id: the value in front of
 * the selectors, json_key/stage/version: text or NULL; malformed: the selector has a wrong form. */
struct deployment_value_from {
	const struct deployment_resource *secret;
	bool parameter_store, malformed, unknown;
	char json_key[256], stage[256], version[256];
};
void deployment_value_from(const struct deployment *d, const json_t *value,
			   struct deployment_value_from *ret);
