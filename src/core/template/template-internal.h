/* What the files of this room share. Never leaves the room. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "core/template/template.h"

/* CloudFormation's quotas. */
enum {
	LIMIT_BODY_BYTES = 1048576,
	LIMIT_RESOURCES = 500,
	LIMIT_PARAMETERS = 200,
	LIMIT_OUTPUTS = 200,
	LIMIT_MAPPINGS = 200,
	LIMIT_DESCRIPTION = 1024,
	LIMIT_NAME = 255,
	LIMIT_PARAMETER_VALUE = 4096,
	LIMIT_LOOPS = 6, /* Fn::ForEach in each other: one and five in it */
};
/* Ours: bounds recursion and what a hostile template can make out of few bytes. */
enum {
	LIMIT_DEPTH = 100,	    /* nesting of the document */
	LIMIT_EVAL_DEPTH = 400,	    /* nesting of an evaluation, over references */
	LIMIT_ALIAS_NODES = 200000, /* nodes that YAML aliases stand for */
	LIMIT_EVAL_STEPS = 4000000, /* nodes and bytes of one call of template_value() */
	LIMIT_ORIGIN_BYTES = 33554432, /* of the places of what loops made */
};

struct location_index;

struct template
{
	char *name; /* NULL: messages name no place */
	char *text;
	size_t len;
	bool yaml;
	bool extensions; /* AWS::LanguageExtensions */
	json_t *body;
	/* Sections of the body, borrowed; NULL when absent. */
	json_t *parameters, *mappings, *conditions, *rules, *resources, *outputs;
	json_t *ordinals; /* logical id -> place in the document, from 0 */
	json_t *origins; /* pointer of what a loop made -> pointer in the text; NULL: no loop made anything */
	json_t *fixed;	 /* parameters whose values are part of the body, as keys; NULL: none */
	struct location_index *index;
};

/* ---- places (template-locate.c) -------------------------------------------------------------- */

/* A path is folded into one number, step by step, so that the index needs no texts. */
uint64_t location_root(void);
uint64_t location_member(uint64_t parent, const char *key, size_t len);
uint64_t location_item(uint64_t parent, size_t index);
void location_add(struct location_index *index, uint64_t path, unsigned line, unsigned column);
void location_free(struct location_index *index);
/* Sentence with "name:line:column: " in front when the template has a name; always -1. */
int location_error(const char *name, struct template_location at, struct err *err, const char *fmt,
		   ...) ERR_FMT(4, 5);

/* ---- reading (template-yaml.c) --------------------------------------------------------------- */

/* index NULL: only the value. 0: *ret is the caller's. */
int yaml_read(const char *name, const char *text, size_t len, struct location_index *index,
	      json_t **ret, struct err *err);

/* ---- functions (template-function.c) --------------------------------------------------------- */

struct run;
enum {
	FUNCTION_VALUE = 1,	/* gives a value */
	FUNCTION_TEST = 2,	/* gives a truth value: Conditions and Rules only */
	FUNCTION_RULE = 4,	/* Rules only */
	FUNCTION_EXTENSION = 8, /* needs AWS::LanguageExtensions */
	FUNCTION_WORLD = 16,	/* depends on more than parameters: not in Conditions and Rules */
};
struct function {
	const char *name;
	unsigned flags;
	unsigned least, most; /* members of the argument list; 0: the argument is no list */
	const char *shape;    /* CloudFormation's sentence when the argument has another shape */
	int (*value)(struct run *run, json_t *argument, json_t **ret);
	int (*test)(struct run *run, json_t *argument, int *ret);
};
/* The function that an object of one member is, and its argument (borrowed); NULL for others. */
const struct function *function_of(json_t *node, json_t **ret_argument);
const struct function *function_find(const char *name);
/* "Fn::Base64, Fn::GetAtt, ..." as CloudFormation lists them. */
extern const char function_list[];

/* The argument of Fn::GetAtt: resource and attribute (borrowed; attribute may be a function that
 * gives its name). *ret_len is the length of the resource's name, which may end at a dot. 0 or -1.
 */
struct attribute_reference {
	const char *logical;
	size_t logical_len;
	const char *attribute; /* NULL when it is a function: then node */
	json_t *node;
};
int attribute_split(json_t *argument, struct attribute_reference *ret);

/* Walks the text of Fn::Sub. 1: *ret is the next part, 0: at its end, -1: a malformed variable. */
struct sub_part {
	const char *text;
	size_t len;
	bool variable;
};
int sub_next(const char **cursor, struct sub_part *ret);
/* Text and variables of the argument of Fn::Sub, both borrowed, *ret_map NULL when not given. */
int sub_split(json_t *argument, const char **ret_text, json_t **ret_map);

bool pseudo_parameter(const char *name);

/* ---- references (template-reference.c) ------------------------------------------------------- */

enum reference_kind { REFERENCE_REF, REFERENCE_ATT, REFERENCE_IMPORT };
struct reference {
	enum reference_kind kind;
	const char *name; /* REF, ATT: what is referred to */
	json_t *argument; /* IMPORT: the name's node */
};
typedef int reference_visit(void *ctx, const struct reference *reference, struct err *err);
/* Visits what `node` refers to. With e, only the branches of Fn::If that may be taken. Stops with
 * -1 when a visit does. */
int reference_walk(const struct template_eval *e, json_t *node, reference_visit *visit, void *ctx,
		   struct err *err);
/* Same for a whole resource without DependsOn. */
int reference_walk_resource(const struct template_eval *e, json_t *resource, reference_visit *visit,
			    void *ctx, struct err *err);

/* ---- graphs (template-graph.c) --------------------------------------------------------------- */

struct graph;
struct graph *graph_new(size_t nodes);
void graph_free(struct graph *g);
OWN_DEFINE(graph, struct graph *, graph_free)
/* `from` needs `to` first. */
void graph_need(struct graph *g, size_t from, size_t to);
/* Marks the nodes of cycles (and between cycles); their number. */
size_t graph_cycles(const struct graph *g, bool *ret_marks);
/* Every node after what it needs, lowest number first where free. 0, or -1 when there is a cycle.
 */
int graph_order(const struct graph *g, size_t *ret_order);

/* ---- checks (template-check.c, template-check-value.c) --------------------------------------- */

int template_check(struct template *t, const struct template_inputs *inputs, struct err *err);

enum block { BLOCK_RESOURCES, BLOCK_OUTPUTS, BLOCK_CONDITIONS, BLOCK_RULES };
struct check {
	struct template *t;
	struct buf pointer; /* of the node that is looked at */
	enum block block;
	json_t *unresolved; /* names that nothing has, as keys */
	char *unresolved_pointer;
	struct err *err;
};
static inline void own_drop_check(struct check *c)
{
	buf_free(&c->pointer);
	json_decref(c->unresolved);
	free(c->unresolved_pointer);
}
/* Both give the sentence its place: pointer of the check, or the given one. Always -1. */
int check_fail(struct check *c, const char *fmt, ...) ERR_FMT(2, 3);
size_t pointer_enter(struct buf *pointer, const char *key); /* returns what buf.len was */
size_t check_enter(struct check *c, const char *key); /* returns what check_leave() wants */
size_t check_enter_index(struct check *c, size_t index);
void check_leave(struct check *c, size_t mark);
/* Functions and references below `node`, which stands at c->pointer. */
int check_value(struct check *c, json_t *node);
/* A truth value of Conditions or Rules. */
int check_test(struct check *c, json_t *node);
void check_note_unresolved(struct check *c, const char *name);
/* Refuses a function that is not known, or not supported here. Always -1. */
int check_unsupported(struct check *c, const char *name);
/* -1 when names were collected that nothing has; clears them. */
int check_unresolved(struct check *c);
int check_cycles(struct check *c);
bool alphanumeric(const char *name);

/* ---- AWS::LanguageExtensions (template-loop.c) ----------------------------------------------- */

/* Writes Fn::ForEach out in Conditions, Resources and Outputs, and what else the transform resolves.
 * 1: a loop goes over what is not known, and inputs say that this is no error. */
int loops_expand(struct check *c, const struct template_inputs *inputs);

/* ---- patterns (template-pattern.c) ----------------------------------------------------------- */

/* 1 when all of `text` matches the Java regular expression, 0 when not, -1 with err when the
 * expression is malformed, uses what is not supported, or costs too much. */
int pattern_match(const char *pattern, const char *text, struct err *err);

/* ---- evaluation (template-eval.c, template-condition.c) -------------------------------------- */

struct template_eval {
	const struct template *t;
	const struct template_world *world;
	json_t *values;	    /* parameter -> text, list or symbol */
	json_t *conditions; /* condition -> 0, 1, TEMPLATE_COND_UNKNOWN */
};

/* Without Conditions and Rules; a condition is worked out when it is asked for. */
struct template_eval *eval_start(const struct template *t, const json_t *parameters,
				 const struct template_world *world);

struct run {
	const struct template_eval *e;
	enum block block;
	unsigned depth, mirrors;
	long steps;
	struct err *err;
};
/* 0: *ret is the caller's, NULL for AWS::NoValue. */
int run_value(struct run *run, json_t *node, json_t **ret);
int run_test(struct run *run, json_t *node, int *ret);
int run_condition(struct run *run, const char *name, int *ret);
int run_ref(struct run *run, const char *name, json_t **ret);
int run_att(struct run *run, const char *logical, const char *attribute, json_t **ret);
/* Takes `bytes` of work out of what the call may use. */
int run_spend(struct run *run, size_t bytes);
int run_rules(struct template_eval *e, struct err *err);
int run_conditions(struct template_eval *e, struct err *err);
const char *block_name(enum block block);
bool export_name_wellformed(const char *name);
int condition_lookup(const struct template_eval *e, const char *name);

/* Resolves {{resolve:...}} in all texts of *value, which may be replaced. */
int dynamic_resolve(struct run *run, json_t **value);

/* Text of a parameter's declaration and of values. NULL for lists, objects and symbols. */
char *scalar_text(const json_t *value);
bool parameter_is_list(const char *type);
/* "a, b" -> ["a","b"] */
json_t *comma_split(const char *text);

/* Tests of Conditions and Rules (template-condition.c), for the table of functions. */
int test_and(struct run *run, json_t *argument, int *ret);
int test_or(struct run *run, json_t *argument, int *ret);
int test_not(struct run *run, json_t *argument, int *ret);
int test_equals(struct run *run, json_t *argument, int *ret);
int test_named(struct run *run, json_t *argument, int *ret);
int test_contains(struct run *run, json_t *argument, int *ret);
int test_each_equals(struct run *run, json_t *argument, int *ret);
int test_each_in(struct run *run, json_t *argument, int *ret);
int value_ref_all(struct run *run, json_t *argument, json_t **ret);
int value_of(struct run *run, json_t *argument, json_t **ret);
int value_of_all(struct run *run, json_t *argument, json_t **ret);
int value_cidr(struct run *run, json_t *argument, json_t **ret); /* template-cidr.c */

/* ---- symbols (template-symbol.c) ------------------------------------------------------------- */

json_t *symbol_new(const char *identity);
/* "name(a,b)"; arguments are borrowed. */
json_t *symbol_call(const char *name, json_t *const *arguments, size_t count);
/* Whether no symbol occurs in it. */
bool value_known(json_t *value);
/* Equal values have equal texts; symbols stand as their identity. */
void value_canonical(struct buf *b, json_t *value);

/* Puts a text together from literals and symbols. */
struct concat {
	struct buf literal;
	json_t *parts; /* NULL while there is only the literal */
};
void concat_text(struct concat *c, const char *text, size_t len);
/* Text, number, truth value or symbol; -1 for others. */
int concat_value(struct concat *c, json_t *value);
json_t *concat_take(struct concat *c);
/* As concat_take() would name it: "a-${param:B}". */
char *concat_identity(json_t *value);
static inline void own_drop_concat(struct concat *c)
{
	buf_free(&c->literal);
	json_decref(c->parts);
}

/* ---- types (template-type.c) ----------------------------------------------------------------- */

/* Whether Fn::GetAtt of it gives what Ref gives. */
bool type_attribute_is_ref(const char *type, const char *attribute);
/* The property whose value the attribute repeats, or NULL. */
const char *type_attribute_property(const char *type, const char *attribute);
bool type_is_iam(const char *type);
const char *type_iam_name_property(const char *type);
bool type_has_snapshot(const char *type);
