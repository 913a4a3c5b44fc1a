/* A CloudFormation template as a value, and its evaluation. Pure: no I/O, no clock, no globals.
 * Sources: shared aws-wire.md 7.2, 7.5 to 7.7; errors are worded as CloudFormation words them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"

struct template; /* owns all its text */

struct template_location {
	unsigned line, column; /* from 1; 0 when unknown */
};

/* Reads `len` bytes at `text` (borrowed, any bytes): JSON when the first non-blank byte is `{`,
 * else YAML (short forms become their long form: !Sub x -> {"Fn::Sub": x}, !GetAtt a.b ->
 * {"Fn::GetAtt": ["a","b"]}, !Ref, !Condition). `name` only appears in messages.
 * 0: *ret_t is the caller's. -1: not a template; err says name:line:column and CloudFormation's
 * sentence; with name NULL the sentence alone, as the API answers it. Structural checks of aws-wire.md 7.7 ("Template checks") happen here: sections,
 * resource types, unresolved Ref/GetAtt/DependsOn/conditions, circular dependencies, limits. */
int template_parse(const char *name, const char *text, size_t len, struct template **ret_t,
		   struct err *err);
/* What the transform AWS::LanguageExtensions has to know before anything is created: Fn::ForEach goes
 * over values of parameters. All may be NULL; defaults of parameters apply. */
struct template_inputs {
	const json_t *given; /* as template_parameters() takes it; names that are not declared are passed over */
	const struct template_world *world;
	/* A loop over what is not known is no error: the template then has its head, parameters and
	 * mappings, and neither conditions nor resources nor outputs. */
	bool declarations;
};
/* As template_parse(), which knows nothing. Loops are gone from the body afterwards. */
int template_parse_with(const char *name, const char *text, size_t len,
			const struct template_inputs *inputs, struct template **ret_t,
			struct err *err);
void template_free(struct template *t); /* NULL is fine */
OWN_DEFINE(template, struct template *, template_free)

const char *template_name(const struct template *t);
/* The whole document, long forms, keys in document order, loops written out. Borrowed. */
const json_t *template_body(const struct template *t);
/* Whether it names AWS::LanguageExtensions. */
bool template_extended(const struct template *t);
/* Whether the value of this parameter made the template what it is: another value is another template. */
bool template_fixes(const struct template *t, const char *parameter);
/* What GetTemplate shows as Processed: the body without what a transform took away. The caller's. */
json_t *template_processed(const struct template *t);
/* Resources section / one resource (NULL when absent). Borrowed. */
const json_t *template_resources(const struct template *t);
const json_t *template_resource(const struct template *t, const char *logical);
/* Where a node stands: JSON pointer ("/Resources/Sg/Properties/VpcId"). Finds the nearest parent
 * that exists. Works out positions on first use. What a loop made stands in the loop's body. */
struct template_location template_locate(struct template *t, const char *pointer);

/* [{"ParameterKey", "ParameterValue"}], as the API carries them, by name. The caller's. */
json_t *template_given(const json_t *list);

/* ---- parameters ------------------------------------------------------------------------------ */

/* What an evaluation may ask of the world. Each returns 0 with *ret (caller's), TEMPLATE_UNKNOWN
 * when the value is not known (yet), or -1 with err. A NULL callback means unknown. */
enum { TEMPLATE_UNKNOWN = 1 };
struct template_world {
	const char *account, *region, *partition, *url_suffix; /* NULL: symbolic */
	const char *stack_name, *stack_id;			/* NULL: symbolic */
	const char *const *zones; /* NULL-terminated availability zones of the region; NULL: symbolic */
	int (*ref)(void *ctx, const char *logical, json_t **ret, struct err *err);
	int (*att)(void *ctx, const char *logical, const char *attribute, json_t **ret,
		   struct err *err);
	int (*import)(void *ctx, const char *export_name, json_t **ret, struct err *err);
	/* AWS::SSM::Parameter::Value<...>; type is the text between < > */
	int (*ssm)(void *ctx, const char *name, json_t **ret, struct err *err);
	/* {{resolve:service:rest}} : `service` is ssm, ssm-secure or secretsmanager */
	int (*dynamic)(void *ctx, const char *service, const char *rest, json_t **ret,
		       struct err *err);
	void *ctx;
	/* Fn::ValueOf and Fn::ValueOfAll of Rules: an attribute of what a parameter names. */
	int (*value_of)(void *ctx, const char *id, const char *attribute, json_t **ret,
			struct err *err);
	const char *const *notification_arns; /* NULL-terminated; NULL: none when stack_id is known */
};

/* Values of the parameters. `given`: object name -> text (as the API carries them; lists are comma
 * separated), borrowed, may be NULL. `previous`: values of the deployed stack for parameters that
 * are not given, or NULL. Defaults apply; types, AllowedValues, AllowedPattern, Min/Max are checked
 * with AWS's sentences. strict: a parameter without a value is an error ("Parameters: [A, B] must
 * have values"); not strict: it stays symbolic. SSM types are looked up through world->ssm.
 * 0: *ret is the caller's object name -> {"Value": string|array, "NoEcho": bool, "ResolvedValue"?: string}. */
int template_parameters(const struct template *t, const json_t *given, const json_t *previous,
			int strict, const struct template_world *world, json_t **ret,
			struct err *err);

/* ---- evaluation ------------------------------------------------------------------------------ */

/* A symbolic value is an object {"$symbol": "<identity>"} alone in its object. Identities:
 * "Logical" (Ref), "Logical.Attribute" (GetAtt), "param:Name", "import:Name", "AWS::Region", ...
 * Ref and GetAtt of the same thing give the same identity (table of types whose Ref is an
 * attribute, e.g. SecurityGroup Ref = GroupId, both give "Sg"). A function over symbols gives
 * {"$symbol": "<canonical text of the call>", "$parts": [...]} where $parts are the literal strings
 * and symbols in order when the function is Join or Sub, else absent. A text of one symbol alone is
 * that symbol. Fn::If over an unknown condition adds "$if": [condition, then, else], null for a
 * branch that is AWS::NoValue; branches that are equal are the value. An attribute that repeats a
 * property (Vpc.CidrBlock, Subnet.VpcId, ...) has the property's value when the world does not know
 * it. A parameter without a value stands in template_parameters() with its symbol as "Value". */
int template_is_symbol(const json_t *value); /* 1 or 0 */

struct template_eval;
/* Borrows all three for its life. Evaluates Conditions and Rules first.
 * -1: a rule's assertion failed or a condition cannot be evaluated. */
int template_eval_new(const struct template *t, const json_t *parameters,
		      const struct template_world *world, struct template_eval **ret,
		      struct err *err);
void template_eval_free(struct template_eval *e);
OWN_DEFINE(template_eval, struct template_eval *, template_eval_free)

/* 1 true, 0 false, TEMPLATE_COND_UNKNOWN when it depends on a symbol or is not declared. */
enum { TEMPLATE_COND_UNKNOWN = 2 };
int template_condition(const struct template_eval *e, const char *name);
/* 1 when the resource exists under the conditions, 0 not, TEMPLATE_COND_UNKNOWN. */
int template_present(const struct template_eval *e, const char *logical);

/* Evaluates any node of the body. 0: *ret is the caller's (NULL when it is AWS::NoValue).
 * -1: err has CloudFormation's sentence. Asks world->ref/att when they are needed, so call it for
 * a resource after what it depends on exists. */
int template_value(const struct template_eval *e, const json_t *node, json_t **ret,
		   struct err *err);
/* Evaluated "Properties" of a resource (an empty object when it has none). */
int template_properties(const struct template_eval *e, const char *logical, json_t **ret,
			struct err *err);
/* All outputs present: array of {"OutputKey","OutputValue","Description"?,"ExportName"?}. Two equal
 * export names are an error. One under an unknown condition is there, with that name as
 * "Condition". Values and export names may be symbols. */
int template_outputs(const struct template_eval *e, json_t **ret, struct err *err);

/* Logical ids the resource needs first: Ref, GetAtt, Sub, DependsOn; only resources that are
 * present. 0: array of strings, caller's. */
int template_dependencies(const struct template_eval *e, const char *logical, json_t **ret,
			  struct err *err);
/* All present resources so that each comes after what it needs. Stable: document order where free. */
int template_order(const struct template_eval *e, json_t **ret, struct err *err);
/* Names of Fn::ImportValue that occur (evaluated when possible). Array of strings, caller's. */
int template_imports(const struct template_eval *e, json_t **ret, struct err *err);
/* "Delete", "Retain", "RetainExceptOnCreate", "Snapshot"; the default when not given. */
const char *template_deletion_policy(const struct template *t, const char *logical);
const char *template_replace_policy(const struct template *t, const char *logical);
/* Capabilities the template needs: subset of CAPABILITY_IAM, CAPABILITY_NAMED_IAM,
 * CAPABILITY_AUTO_EXPAND, as an array of strings; caller's. */
json_t *template_capabilities(const struct template *t);
/* Parameter declarations for GetTemplateSummary / ValidateTemplate: array of {"ParameterKey",
 * "ParameterType","DefaultValue"?,"NoEcho","Description"?,"ParameterConstraints"}; caller's. */
json_t *template_parameter_summary(const struct template *t);
/* How Ref of this type relates to an attribute: the attribute whose value Ref gives, or NULL. */
const char *template_ref_attribute(const char *type);
