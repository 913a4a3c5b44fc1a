/* What the command line sees of ECS: services of a stack, their tasks, the MPC nodes among them. */
#pragma once
#include "face/cli/cli.h"
#include "face/cli/target.h"

/* "arn:aws:ecs:R:A:service/CLUSTER/NAME": both parts, the caller's; false when it is none. */
bool ecs_view_split_service(const char *arn, char **ret_cluster, char **ret_name);

/* DescribeServices' object of a service ARN, the caller's; NULL: err. */
json_t *ecs_view_service(struct target *t, const char *service_arn, struct err *err);
/* Its tasks that are meant to run: array of DescribeTasks' objects, the caller's; NULL: err. */
json_t *ecs_view_tasks(struct target *t, const char *service_arn, struct err *err);
/* The last part of the task's ARN. Borrowed. */
const char *ecs_view_task_id(const json_t *task);

/* Stopped tasks of a service ARN that are not in `known` (task ARN -> any): DescribeTasks objects with
 * "log": last lines of their log streams. Array, the caller's. */
json_t *ecs_view_stopped(struct target *t, const char *service_arn, const json_t *known);
void ecs_view_print_stopped(struct cli *cli, const char *service, const json_t *task);

/* The resources of one stack: array of ListStackResources' summaries. */
int ecs_view_own_resources(struct target *t, const char *stack, json_t **ret, struct err *err);
/* Those of the stack and of all stacks nested in it. */
int ecs_view_resources(struct target *t, const char *stack, json_t **ret, struct err *err);
/* ARNs of the nested stacks among resources; the caller's. */
json_t *ecs_view_nested(const json_t *resources);

/* The nodes of a stack: array of objects
 *   name (logical id's service name), logicalResourceId, serviceArn, service (DescribeServices),
 *   taskDefinition (DescribeTaskDefinition), task (newest running or pending DescribeTasks object, or
 *   absent), container (its definition), environment (object), kind "node" | "chain" | "other",
 *   address, forwards (object container port -> "127.0.0.1:port"; AWS: empty), inside (AWS: the same with
 *   the private address), taskUnknown (why nobody tells which tasks run), logGroup, logStream.
 * 0: *ret is the caller's. */
int ecs_view_services(struct target *t, const char *stack, json_t **ret, struct err *err);

/* Those of kind "node" alone. 0: *ret is the caller's. */
int ecs_view_nodes(struct target *t, const char *stack, json_t **ret, struct err *err);

/* The running task or instance of a VPC that has this private address: its loopback forward of `port`
 * as "127.0.0.1:port"; NULL when there is none; caller frees. Two VPCs may use the same addresses; instance:
 * id of the Cloud Map instance that has the address, or NULL. When ECS registered it, only its task counts. */
char *ecs_view_forward(struct target *t, const char *vpc, const char *address, unsigned port,
		       const char *instance);

/* VPC of the subnets that these nodes' services name; NULL: none does. The caller's. */
char *ecs_view_vpc(struct target *t, const json_t *nodes);
