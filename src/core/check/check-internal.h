/* What the files of the run share. Never leaves the room. */
#pragma once
#include "core/check/check.h"

/* FAIL, WARN, UNKNOWN, each in the order of the launch sequence; stable. Replaces *findings. */
void check_sort(json_t **findings);
/* The rule that runs: for a function that several rows share. */
const struct check_rule *check_running(const struct check *c);
/* The findings that concern a task: its own, and those of no task. Caller's. */
json_t *check_findings_of(const json_t *findings, const char *service);
/* {"step","verdict","faults","suppressed"?} of the task whose findings these are. with_asked: rules that need look-ups count as
 * looking at their step. Caller's. */
json_t *check_judge(const json_t *findings, const char *step, bool with_asked);
/* Steps of all tasks anew, after findings were suppressed. */
void check_rejudge(json_t *result);
/* Whether there is no more than white space. */
bool check_blank(const char *text);
/* Unless it is suppressed already. */
void check_put_suppressed(json_t *finding, const char *kind, const char *reason);
/* Template text of the smallest change, or NULL. */
const char *check_example(const char *id);
size_t check_example_count(void);
/* A finding outside of a run: with all members that the rule `fault` gives. Caller's. */
json_t *check_outside(const char *fault, const char *verdict, const char *resource,
		      const char *path, const char *file, struct template_location at,
		      const char *message);
/* A second part of a rule of another group; check-asked.c. Ends with a row whose id is NULL. */
struct check_more {
	const char *id;
	void (*run)(struct check *c);
};
extern const struct check_more check_more_asked[];
/* Whether this run has look-ups at all. */
bool check_looks_up(const struct check *c);

/* What several rules need is worked out by the first one and kept to the end of the run. Slot of
 * (owner, key), NULL when it is new; owner: an address that tells the users apart, drop: for a
 * value that was put there. The slot stays where it is. */
void **check_memo(const struct check *c, const void *owner, const void *key,
		  void (*drop)(void *value));
struct check_memos;
struct check_memos *check_memos(const struct check *c);
struct check_memos *check_memos_new(void);
void check_memos_free(struct check_memos *m);

/* ---- the nodes among the services
 * -------------------------------------------------------------------- */

struct node {
	const struct deployment_service *service;
	const struct deployment_resource *task; /* task definition */
	const json_t *container;
	size_t index; /* of the container */
};
/* Walks all nodes: *i starts at 0. False: no more. */
bool node_next(const struct check *c, size_t *i, struct node *ret);
/* Of DesiredCount: 1 when absent, -1 when unknown. */
long node_desired(const struct node *n);

/* Whether the container may have variables that the templates do not show: environment files,
 * entries that hang on a condition nobody knows. */
bool node_has_open_entries(const struct node *n);

/* Text with each unknown part replaced by NODE_UNKNOWN; {{resolve:...}} is unknown. Caller frees.
 */
#define NODE_UNKNOWN "\xEE\x80\x80" /* U+E000: no template has it, and JSON texts may */
char *node_flatten(const struct deployment *d, const json_t *value);
bool node_has_unknown(const char *flat);

/* Where a variable of the node comes from. */
struct variable {
	enum { VARIABLE_ABSENT, VARIABLE_ENVIRONMENT, VARIABLE_SECRET } place;
	const json_t *value; /* environment value, or ValueFrom */
	char *flat;	     /* environment: its text, flattened; else NULL */
	char property[128];  /* path below Properties of the task definition */
};
void node_variable(const struct check *c, const struct node *n, const char *name,
		   struct variable *ret);
static inline void own_drop_variable(struct variable *v)
{
	free(v->flat);
}
/* The known text of an environment variable, or NULL. */
const char *variable_text(const struct variable *v);

/* The text for a message, unless somebody put a key where it does not belong. */
const char *node_shown(const char *text);

/* "testnet", "mainnet", "local" or NULL, out of MPC_ENV. */
const char *node_chain(const char *mpc_env);

/* A finding about one variable of a node. */
struct check_finding node_finding(enum check_severity severity, const struct node *n,
				  const struct variable *v);

/* ---- secrets
 * ------------------------------------------------------------------------------------------ */

enum secret_kind { SECRET_KEY, SECRET_HEX_32, SECRET_HEX_64 };
struct secret_slot {
	const char *variable;
	enum secret_kind kind;
};
extern const struct secret_slot secret_slots[]; /* ends with variable NULL */

enum secret_state {
	SECRET_ABSENT,	  /* the variable is not there */
	SECRET_VALUE,	  /* text, perhaps with unknown parts */
	SECRET_GENERATED, /* by GenerateSecretString */
	SECRET_NO_VALUE,  /* neither SecretString nor GenerateSecretString */
	SECRET_OUTSIDE,	  /* not in these templates, or not known */
	SECRET_SELECTOR,  /* ValueFrom is malformed */
	SECRET_WHOLE,	  /* a JSON object without a key */
	SECRET_NO_JSON,	  /* a key, but no JSON object */
	SECRET_NO_KEY,	  /* a key that is not in the object */
};
struct secret_view {
	struct variable variable;
	struct deployment_value_from from;
	enum secret_state state;
	char *text;		/* SECRET_VALUE */
	const json_t *generate; /* SECRET_GENERATED */
	const char *property;	/* of the secret: "SecretString", ... */
	struct secret_verdict *verdict; /* of this slot of this container, kept for the run;
					 * NULL: of a value from elsewhere */
};
void secret_view(const struct check *c, const struct node *n, const struct secret_slot *slot,
		 struct secret_view *ret);
void secret_view_free(struct secret_view *v); /* wipes */
static inline void own_drop_secret_view(struct secret_view *v)
{
	secret_view_free(v);
}
/* The fault ("B03") of the value for its slot, NULL: none; "" when it cannot be told. why: a clause
 * about it that never has the value in it. */
const char *secret_judge(const struct secret_view *v, const struct secret_slot *slot, char *why,
			 size_t why_size);

/* check-nested.c: a rule of group T that looks at the deployment. */
void check_t04(struct check *c);
void check_t05(struct check *c);
