/* What the files of the ECS room share. Never leaves the room.
 *
 * Objects in the hub have the shape of the API; members whose name starts with "mpcup:" are ours
 * and are not shown. A task object is changed in place and put again. */
#pragma once
#include "core/launch/launch.h"
#include "engine/cloud/ecs/ecs.h"
#include "engine/fabric/fabric.h"

#define ECS_CLUSTER "ecs:cluster"    /* id: name */
#define ECS_DEFINITION "ecs:taskdef" /* id: family:revision */
#define ECS_SERVICE "ecs:service"    /* id: cluster/name */
#define ECS_TASK "ecs:task"	     /* id: 32 hex digits */

/* ---- the world of a task: the fabric, or what a test puts in its place --------------------------
 */

struct ecs_world {
	int (*start)(struct hub *hub, const char *vpc, const char *eni, uint32_t address,
		     unsigned bits, const struct fabric_task_events *events,
		     struct fabric_task **ret, struct err *err);
	void (*request)(struct fabric_task *t, const json_t *request,
			void (*reply)(void *ctx, const json_t *body), void *ctx);
	void (*kill)(struct fabric_task *t);
	int (*forward_add)(struct hub *hub, const char *vpc, uint32_t address, uint16_t port,
			   uint16_t want, uint16_t *ret_port, struct err *err);
	void (*forward_remove)(struct hub *hub, uint16_t port);
};

struct launch;
struct schedule;
struct ecs {
	struct hub *hub;
	const struct ecs_world *world; /* NULL: there is no network to start tasks in */
	struct launch *launches;       /* one for each task that is not STOPPED */
	struct schedule *schedules;    /* in-memory part of services: timers */
	struct hub_timer *sync;	       /* packet filters of new interfaces are pending */
	json_t *lost;		       /* what tasks of an earlier life left behind */
	struct ecs *next;
};
struct ecs *ecs_of(struct hub *hub); /* NULL before start and after stop */
void ecs_set_world(struct hub *hub, const struct ecs_world *world);

/* ---- shapes ------------------------------------------------------------------------------------
 */

/* CloudFormation's properties as the API's members: first letters lowered, numbers and booleans
 * that came as text made right. The caller's. */
json_t *ecs_from_properties(const json_t *properties);
/* A copy of an API input with numbers and booleans made right. The caller's. */
json_t *ecs_normal(const json_t *in);
/* A copy without what is ours ("mpcup:..."). The caller's. */
json_t *ecs_shown(const json_t *object);
/* A copy without `tags`, which the API shows on request only. The caller's. */
json_t *ecs_shown_tags(const json_t *object, const struct call *c);
json_t *ecs_time(struct hub *hub); /* now, in seconds with milliseconds */
/* Copies the listed members (NULL-terminated) that are there and not null. */
void ecs_copy(json_t *to, const json_t *from, const char *const *names);
/* Last part of an ARN or name: "cluster/x" and "arn:...:cluster/x" give "x". Borrowed. */
const char *ecs_last(const char *name_or_arn);
/* Sets only what differs; true when it did. */
bool ecs_set(json_t *object, const char *key, json_t *value);
bool ecs_set_text(json_t *object, const char *key, const char *value);
bool ecs_set_count(json_t *object, const char *key, size_t value);
/* One page of `all` (an array; taken over) as member `name` of the answer, by maxResults/nextToken.
 */
int ecs_page(struct call *c, const char *name, json_t *all, size_t most);
void ecs_add_failure(json_t *failures, const char *arn);
/* Message of "Code: message" without the code. Borrowed from text. */
const char *ecs_message(const char *text);
/* Refuses unknown members and those of AWS that are not emulated. -1 after call_fail(). */
struct ecs_member {
	const char *name;
	const char *refused; /* NULL: fine; else why it is refused when it is set */
};
int ecs_check_members(struct call *c, const char *where, const json_t *object,
		      const struct ecs_member *members);

/* ---- clusters, task definitions, tags
 * ------------------------------------------------------------ */

/* The ACTIVE cluster that `in.cluster` (name, ARN, none: "default") names. NULL after call_fail().
 */
json_t *ecs_cluster(struct hub *hub, struct call *c);
/* By family (newest ACTIVE), family:revision or ARN; NULL: none. Borrowed. */
json_t *ecs_definition(struct hub *hub, const char *name);
/* Whole validation of RegisterTaskDefinition for Fargate. `d` is in normal form. */
int ecs_definition_check(struct hub *hub, struct call *c, json_t *d);
bool ecs_is_ecr(const char *image); /* <account>.dkr.ecr.<region>.amazonaws.com/... */

/* ---- services and their scheduler
 * ------------------------------------------------------------------ */

char *ecs_service_key(const char *cluster, const char *name); /* caller's */
/* By in.cluster and a name or ARN. NULL: none. Borrowed. */
json_t *ecs_service_find(struct hub *hub, const char *cluster, const char *name);
void ecs_service_put(struct hub *hub, json_t *service);
void ecs_service_event(struct hub *hub, json_t *service, const char *fmt, ...) ERR_FMT(3, 4);
json_t *ecs_primary(const json_t *service); /* its PRIMARY deployment; borrowed */
/* A new PRIMARY deployment of the service's present task definition; the old ones become ACTIVE. */
json_t *ecs_deployment_new(struct hub *hub, json_t *service);
/* Checks members of networkConfiguration; -1 after call_fail(). */
int ecs_network_check(struct hub *hub, struct call *c, const json_t *configuration);
/* Looks at the service at the end of this turn. */
void ecs_schedule(struct ecs *ecs, const char *key);
/* A task of a service reached STOPPED: counts, backs off, trips the breaker. */
void ecs_schedule_stopped(struct ecs *ecs, const json_t *task);
/* A task of a service is past its health checks. */
void ecs_schedule_established(struct ecs *ecs, const json_t *task);
void ecs_schedules_free(struct ecs *ecs);

/* ---- tasks
 * -----------------------------------------------------------------------------------------------
 */

struct ecs_wish {
	const char *cluster;	  /* name */
	const json_t *definition; /* the stored task definition */
	const char *group, *started_by;
	const json_t *network;	  /* networkConfiguration */
	const json_t *service;	  /* the service's object, or NULL */
	const json_t *deployment; /* of the service, or NULL */
	const json_t *overrides;  /* of RunTask, or NULL */
	const json_t *tags;	  /* or NULL */
	size_t place;		  /* picks the subnet: place modulo number of subnets */
	bool execute_command;
};
/* Makes the task's object and starts to launch it at the end of this turn. Borrowed. */
json_t *ecs_task_start(struct ecs *ecs, const struct ecs_wish *wish);
/* Stops a task for a reason; a task that is stopping already keeps its first reason. */
void ecs_task_stop(struct ecs *ecs, json_t *task, const char *stop_code, const char *reason);
const char *ecs_task_id(const json_t *task); /* borrowed */
bool ecs_task_stopped(const json_t *task);   /* lastStatus is STOPPED */
/* Forgets STOPPED tasks of the group above 100 or older than an hour. */
void ecs_tasks_prune(struct hub *hub, const char *group);
/* Tasks that were alive when the daemon ended are STOPPED now. */
void ecs_tasks_lost(struct ecs *ecs);

/* ---- the launch of one task
 * --------------------------------------------------------------------------------- */

enum ecs_step { STEP_NEXT, STEP_WAIT, STEP_FAILED };
enum ecs_phase {
	PHASE_STARTING, /* walks the steps */
	PHASE_RUNNING,
	PHASE_STOPPING, /* SIGTERM is sent, containers are ending */
	PHASE_ENDING,	/* everything is killed, waiting for the agent to be gone */
	PHASE_ENDED
};
enum ecs_image { IMAGE_NONE, IMAGE_NODE, IMAGE_LOCALNET, IMAGE_NATIVE, IMAGE_IMPORTED };

struct container {
	struct launch *launch;
	const json_t *definition; /* borrowed from launch.definition */
	json_t *shown;		  /* borrowed: its element of task.containers */
	const char *name;
	enum ecs_image image;
	json_t *record; /* of an imported image (engine/image), else NULL */
	int hold;	/* keeps it from being removed */
	bool asked, started, exited;
	int code;
	/* health */
	struct hub_timer *health;
	int64_t started_ms;
	unsigned failures;
	bool healthy, unhealthy;
	/* log */
	char *group, *stream; /* NULL: no awslogs driver */
	json_t *lines;	      /* {"timestamp","message"} to be sent */
	size_t line_bytes;
	struct hub_timer *flush;
	bool may_log; /* the execution role was asked once */
};

struct ask;
struct launch {
	struct ecs *ecs;
	struct launch *next, **link;
	char *id;
	json_t *task;	    /* shared with the hub */
	json_t *definition; /* as it was at the start */
	const char *execution_role, *task_role;
	enum ecs_phase phase;
	enum launch_step step;
	bool advancing;
	/* network */
	char *vpc, *eni;
	uint32_t address;
	unsigned bits;
	bool waits_for_rules, has_rules;
	struct fabric_task *handle;
	bool ready;
	/* what was asked from the agent and its answers, by key */
	struct ask *asks;
	json_t *answers;
	/* what steps leave for later steps */
	json_t *secrets; /* container -> variable -> value; wiped by json_decref of the launch */
	bool has_secrets, has_streams, has_name;
	json_t *volumes;  /* name -> {"Source","ReadOnly"} */
	json_t *forwards; /* host ports that were opened */
	char *scratch;	  /* directory of volumes that live as long as the task, or NULL */
	struct container *containers;
	size_t container_count;
	struct hub_timer *timer; /* advance, stop time-out, health grace, end: one at a time */
};
struct launch *ecs_launch(struct ecs *ecs, const char *id); /* NULL: the task is STOPPED */
void ecs_launch_new(struct ecs *ecs, json_t *task, const json_t *definition);
void ecs_launch_advance(struct launch *l);
/* At the daemon's end: kills without waiting. */
void ecs_launches_free(struct ecs *ecs);
/* Sets lastStatus of the task (and of its containers that have not exited) and saves it. */
void ecs_launch_status(struct launch *l, const char *status);
void ecs_launch_save(struct launch *l);
/* Begins to stop; the reason is in the task already. */
void ecs_launch_stop(struct launch *l);
/* Stops with the table's sentence. Always STEP_FAILED. container: whose reason it is, or NULL. */
enum ecs_step ecs_launch_fail(struct launch *l, const struct container *container,
			      enum launch_failure failure, const char *const *args, size_t count);
#define FAIL(l, container, failure, ...)                                                           \
	ecs_launch_fail((l), (container), (failure), (const char *const[]){ __VA_ARGS__ },         \
			sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))
/* The answer to a request to the agent: asked when `key` is new. NULL: not answered yet (the step
 * returns STEP_WAIT and is called again). request: taken over. Borrowed. */
const json_t *ecs_launch_ask(struct launch *l, const char *key, json_t *request);
/* Can the task open TCP 443 to the host? NULL: not known yet. Else {"address","result"}: "ok",
 * "unresolved" or as the agent's connect. Borrowed. */
const json_t *ecs_launch_reach(struct launch *l, const char *host);
/* Starts the agent in its namespaces. */
int ecs_launch_enter(struct launch *l, struct err *err);
/* Private DNS name of the task's interface; its containers' host name. The caller's. */
char *ecs_host_name(const struct launch *l);
/* Overwrites what was read from secrets. */
void ecs_secrets_wipe(struct launch *l);
/* The role's session in a refusal of IAM ("User: X is not ..."), else the role. The caller's. */
char *ecs_denied_user(const char *text, const char *role);
/* Override of RunTask for a container, or NULL. Borrowed. */
const json_t *ecs_override(const struct launch *l, const char *container);

/* The steps, in their files. */
enum ecs_step ecs_step_placement(struct launch *l);
enum ecs_step ecs_step_interface(struct launch *l);
enum ecs_step ecs_step_roles(struct launch *l);
enum ecs_step ecs_step_registry(struct launch *l);
enum ecs_step ecs_step_secrets(struct launch *l);
enum ecs_step ecs_step_log_stream(struct launch *l);
enum ecs_step ecs_step_efs_resolve(struct launch *l);
enum ecs_step ecs_step_efs_connect(struct launch *l);
enum ecs_step ecs_step_efs_tls(struct launch *l);
enum ecs_step ecs_step_efs_mount(struct launch *l);
enum ecs_step ecs_step_image(struct launch *l);
enum ecs_step ecs_step_container(struct launch *l);
enum ecs_step ecs_step_name(struct launch *l);
/* Undoes what the steps did. */
void ecs_interface_drop(struct launch *l);
void ecs_name_drop(struct launch *l);
void ecs_forwards_drop(struct launch *l);
void ecs_scratch_drop(struct launch *l);
int ecs_directory_make(const char *path, struct err *err); /* with parents */
void ecs_directory_drop(const char *path);		   /* with all that is in it */
/* Data of the chain that a service runs; goes with the service. The caller's. */
char *ecs_chain_directory(struct hub *hub, const char *stack, const char *service);

/* Network events of containers. */
void ecs_container_exited(struct launch *l, const char *name, int code, bool oom);
void ecs_container_line(struct launch *l, const char *name, const char *text, size_t len);
void ecs_log_flush(struct container *c);
void ecs_health_start(struct container *c); /* when the container has started */
void ecs_health_stop(struct launch *l);
/* True when all essential containers are past their health checks (or none has any). */
bool ecs_healthy(const struct launch *l);
bool ecs_has_checks(const struct launch *l);
struct container *ecs_container(struct launch *l, const char *name);

/* Imported images: true and c->record set when the reference names one; pull sets c->image too. */
bool ecs_imported_find(struct launch *l, struct container *c, const char *image);
enum ecs_step ecs_imported_pull(struct launch *l, struct container *c, const char *image);
void ecs_imported_environment(const struct container *c, json_t *environment);
json_t *ecs_imported_arguments(const struct launch *l, const struct container *c); /* caller's */
/* What a container's image and definition say together. */
char *ecs_container_root(const struct launch *l, const struct container *c); /* caller's */
const char *ecs_container_directory(const struct container *c);
int ecs_container_user(const struct launch *l, const struct container *c, json_t *request,
		       json_t *environment, struct err *err);
int ecs_container_stop_signal(const struct container *c);
/* Host of the registry that an image is pulled from. The caller's. */
char *ecs_image_registry(const char *image);
/* Region of an ECR image, and its repository's ARN. The caller's. */
char *ecs_image_region(const char *image);
char *ecs_image_repository(const char *image);

/* ---- capacity providers ---------------------------------------------------------------------------- */

/* Both from `in`, checked: providers and default strategy of a cluster. -1 after call_fail(). */
int ecs_capacity_set(struct call *c, json_t *cluster, const json_t *in);
/* May a service or task with this input (normal form) run on the cluster? -1 after call_fail(). */
int ecs_capacity_check(struct call *c, const json_t *cluster, const json_t *in);
/* Its strategy: its own or the cluster's; NULL: by launch type. Borrowed. */
const json_t *ecs_capacity_strategy(const json_t *cluster, const json_t *in);

/* ---- tables
 * -----------------------------------------------------------------------------------------------------
 */
#define ECS_ACTION(fn) int fn(struct hub *hub, struct call *c)
ECS_ACTION(ecs_create_cluster);
ECS_ACTION(ecs_delete_cluster);
ECS_ACTION(ecs_describe_clusters);
ECS_ACTION(ecs_list_clusters);
ECS_ACTION(ecs_describe_capacity_providers);
ECS_ACTION(ecs_put_capacity_providers);
ECS_ACTION(ecs_update_cluster);
ECS_ACTION(ecs_list_account_settings);
ECS_ACTION(ecs_tag_resource);
ECS_ACTION(ecs_untag_resource);
ECS_ACTION(ecs_list_tags);
ECS_ACTION(ecs_register_definition);
ECS_ACTION(ecs_deregister_definition);
ECS_ACTION(ecs_describe_definition);
ECS_ACTION(ecs_list_definitions);
ECS_ACTION(ecs_list_families);
ECS_ACTION(ecs_create_service);
ECS_ACTION(ecs_update_service);
ECS_ACTION(ecs_delete_service);
ECS_ACTION(ecs_describe_services);
ECS_ACTION(ecs_list_services);
ECS_ACTION(ecs_run_task);
ECS_ACTION(ecs_stop_task);
ECS_ACTION(ecs_execute_command);
ECS_ACTION(ecs_describe_tasks);
ECS_ACTION(ecs_list_tasks);
extern const struct resource_kind ecs_cluster_kind, ecs_capacity_kind, ecs_definition_kind,
	ecs_service_kind;
