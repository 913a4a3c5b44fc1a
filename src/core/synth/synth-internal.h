/* Shared by the files of this room only. Parts of a template are written as JSON text in which
 * single quotes stand for double ones; values that go in have a checked alphabet (core/network), so
 * that neither quote can be among them. */
#pragma once
#include "core/synth/synth.h"

struct synth {
	const struct network *n;
	json_t *parameters, *resources, *outputs;
	json_t *metadata; /* of the template, or NULL */
	json_t *vpc;	 /* value of the VPC's id */
	json_t *subnets; /* array of values: where tasks run */
	json_t *routes;	 /* array of logical ids that make the subnets reach the outside */
	json_t *mounts;	 /* array of logical ids: mount targets */
	struct err *err; /* of the caller */
	bool failed;	 /* a part was not JSON; err says which */
};
void synth_open(struct synth *s, const struct network *n, struct err *err);
void synth_close(struct synth *s);
/* Checks the limits and writes the text. */
int synth_finish(struct synth *s, const char *description, enum synth_format format,
		 char **ret_text);

json_t *synth_value(struct synth *s, const char *fmt, ...) ERR_FMT(2, 3); /* caller's */
void synth_parameter(struct synth *s, const char *name, const char *fmt, ...) ERR_FMT(3, 4);
void synth_resource(struct synth *s, const char *logical, const char *fmt, ...) ERR_FMT(3, 4);
/* Output with the export <stack>-<name>. The value is given away. */
void synth_export(struct synth *s, const char *name, json_t *value);
/* Property of a resource that is there. The value is given away. */
void synth_set(struct synth *s, const char *logical, const char *property, json_t *value);
/* DependsOn: `names` (borrowed) are added. */
void synth_depend(struct synth *s, const char *logical, const json_t *names);
/* {"Fn::ImportValue": <base stack>-<name>}; declares the parameter NearStack. Caller's. */
json_t *synth_import(struct synth *s, const char *name);
/* The image, a Fn::Sub where it has pseudo parameters in it. Caller's. */
json_t *synth_image(struct synth *s, const char *image);

/* The VPC with public and private subnets in two zones and one NAT gateway. */
void synth_add_vpc(struct synth *s);
/* A VPC that exists. */
void synth_use_vpc(struct synth *s);
/* The base stack's. */
void synth_import_vpc(struct synth *s);
void synth_add_storage(struct synth *s);
void synth_add_roles(struct synth *s);
void synth_add_node(struct synth *s, size_t i);
/* Group, names, key, task and service of the local chain. with_nodes: the network is in the same
 * template; its group may come in, otherwise the addresses of the VPC may. */
void synth_add_chain(struct synth *s, bool with_nodes, const char *cluster);
/* The five exports that a network imports, and the subnets. */
void synth_export_chain(struct synth *s);

/* Values of the chain as the nodes of this pattern get them; caller's. */
json_t *synth_boot_nodes(struct synth *s);
json_t *synth_rpc_url(struct synth *s);
json_t *synth_network_id(struct synth *s);
json_t *synth_contract(struct synth *s);

/* What network.yaml suppresses, into the Metadata of the template and its resources. */
void synth_add_suppressions(struct synth *s);
/* The node that the resource belongs to, "Node12Task": 12. False: it is none's. ret_part: "Task". */
bool synth_node_of(const char *logical, size_t *ret_index, const char **ret_part);

/* The whole network as one template or, where it does not fit, split. per_child 0: as many nodes as
 * fit. */
int synth_split(struct synth *whole, const char *description, enum synth_format format,
		size_t per_child, struct synth_parts *ret);

char *synth_yaml(const json_t *template);

#define SYNTH_KEY_PATTERN "^ed25519:[1-9A-HJ-NP-Za-km-z]{85,88}$"
#define SYNTH_PUBLIC_PATTERN "^ed25519:[1-9A-HJ-NP-Za-km-z]{43,44}$"
#define SYNTH_TRUST                                                                                \
	"{'Version':'2012-10-17','Statement':[{'Effect':'Allow','Principal':{'Service':"           \
	"'ecs-tasks.amazonaws.com'},'Action':'sts:AssumeRole'}]}"
#define SYNTH_EXECUTION_POLICY                                                                     \
	"{'Fn::Sub':'arn:${AWS::Partition}:iam::aws:policy/service-role/"                          \
	"AmazonECSTaskExecutionRolePolicy'}"
/* One task at a time: two would share the node's identity and its volume. */
#define SYNTH_DEPLOYMENT                                                                           \
	"'DeploymentConfiguration':{'MinimumHealthyPercent':0,'MaximumPercent':100,"               \
	"'DeploymentCircuitBreaker':{'Enable':true,'Rollback':false}},"                            \
	"'AvailabilityZoneRebalancing':'DISABLED'"
