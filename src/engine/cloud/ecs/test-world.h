/* A world for the tests of this room: the other services as small tables, and a fake agent. */
#pragma once
#include <event2/event.h>

#include "base/test.h"
#include "engine/cloud/ecs/ecs-internal.h"

#define EXECUTION_ROLE "arn:aws:iam::000000000000:role/execution"
#define TASK_ROLE "arn:aws:iam::000000000000:role/task"
#define SECRET "arn:aws:secretsmanager:us-east-1:000000000000:secret:key-AbCdEf"
#define ECR "000000000000.dkr.ecr.us-east-1.amazonaws.com"

/* What the fake world does; zero-initialised it lets everything succeed. */
struct fake {
	struct event_base *events;
	struct hub *hub;
	json_t *absent;	  /* names that do not resolve */
	json_t *connects; /* address -> result of connect */
	const char *nfs;  /* result of nfs; NULL: ok */
	const char *start_error;
	int exit_at_start; /* containers end at once with this code when > 0 */
	const char *exits; /* only this container; NULL: all */
	int exec_exit;	   /* of health checks */
	bool deaf;	   /* SIGTERM is ignored */
	bool never_answers;
	bool untrusted;
	json_t *denied;	    /* actions that IAM refuses */
	const char *secret; /* SecretString */
	json_t *codes;	    /* "service Action" -> error "Code: message" */
	json_t *calls;	    /* "service Action principal" as they came */
	json_t *starts;	    /* container objects of start requests */
	json_t *logged;	    /* messages of PutLogEvents */
	json_t *instances;  /* of Cloud Map: instance -> attributes */
	json_t *interfaces; /* eni -> true */
	json_t *parameters; /* of SSM */
	unsigned next_address, next_port, live, most_live;
	json_t *forwards; /* open host ports */
};
extern struct fake fake;

void fake_begin(const char *state_dir);	  /* NULL: in memory */
void fake_restart(const char *state_dir); /* a new hub on the same state */
void fake_end(void);
/* Runs the loop until cond() or 10 s have passed; false then. */
bool fake_until(bool (*cond)(void));
void fake_run_ms(unsigned ms);
/* Calls the ECS API; fails the test when it is refused. The caller's. */
json_t *fake_call(const char *action, json_t *in);
/* Calls it and expects a refusal: its message, the caller's; code (may be NULL) 96 bytes. */
char *fake_refused(const char *action, json_t *in, char *code);

json_t *fake_definition(void); /* input of RegisterTaskDefinition of a node; the caller's */
json_t *fake_service(void);    /* input of CreateService for it; the caller's */
/* Cluster "c", the definition, service "s". */
void fake_deploy(json_t *definition, json_t *service);
const json_t *fake_the_service(void); /* "s" of cluster "c"; borrowed */
json_t *fake_last_task(void);	      /* newest task; borrowed */
bool fake_is_steady(void);
bool fake_has_stopped(void);	       /* some task is STOPPED */
bool fake_has_failed(void);	       /* the breaker tripped */
const char *fake_stopped_reason(void); /* of the first STOPPED task */
bool fake_has_event(const char *part);
bool fake_called(const char *what);
