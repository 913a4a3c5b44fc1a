/* The transform AWS::LanguageExtensions as far as it changes the template itself: Fn::ForEach is written
 * out, functions inside of Ref and Fn::GetAtt and as attributes of resources become the texts they stand
 * for. All that must be known before anything is created, so it is worked out of constants and parameters
 * alone. The other functions of the transform are evaluated like any. */
#include <string.h>

#include "core/template/template-internal.h"

#define FAILED "Transform AWS::LanguageExtensions failed with: "

static const char loop_prefix[] = "Fn::ForEach::";

/* An identifier and what it stands for in this round; the outer loop's behind it. */
struct binding {
	const char *identifier, *value;
	const struct binding *outer;
};

struct loops {
	struct check *c; /* its pointer is the place in the text */
	struct buf made; /* the place in what comes out */
	const struct binding *bindings;
	struct template_eval *eval;
	json_t *names, *identifiers; /* of loops -> where */
	long steps;		     /* what evaluations may still cost */
	size_t bytes, origin_bytes;  /* what may still be written */
	bool declarations, undecided;
};
static inline void own_drop_loops(struct loops *x)
{
	buf_free(&x->made);
	template_eval_free(x->eval);
	json_decref(x->names);
	json_decref(x->identifiers);
}

static int spend(struct loops *x, size_t bytes)
{
	if (bytes >= x->bytes)
		return check_fail(x->c, FAILED "the template may not exceed %d bytes in size when its "
					       "loops are written out",
				  LIMIT_BODY_BYTES);
	x->bytes -= bytes;
	return 0;
}

static int note_origin(struct loops *x)
{
	json_t **origins = &x->c->t->origins;
	size_t bytes = x->made.len + x->c->pointer.len;

	if (bytes >= x->origin_bytes)
		return check_fail(x->c, FAILED "the names in the loops are too long");
	x->origin_bytes -= bytes;
	if (!*origins)
		*origins = json_object();
	json_set_str(*origins, x->made.data, x->c->pointer.data);
	return 0;
}

static bool is_loop(const char *key)
{
	return str_starts(key, loop_prefix);
}

/* ---- placeholders ---------------------------------------------------------------------------- */

static const struct binding *binding_of(const struct loops *x, const char *name, size_t len)
{
	for (const struct binding *b = x->bindings; b; b = b->outer)
		if (strlen(b->identifier) == len && !strncmp(b->identifier, name, len))
			return b;
	return NULL;
}

static void add_alphanumerics(struct buf *b, const char *text)
{
	for (; *text; text++) {
		char one[2] = { *text, '\0' };

		if (alphanumeric(one))
			buf_char(b, *text);
	}
}

/* ${X} is the value, &{X} its letters and digits. What is no identifier of a loop stays as it is. */
static char *substitute(const struct loops *x, const char *text)
{
	OWN(buf) struct buf out = { 0 };
	const char *open;

	while ((open = strpbrk(text, "$&"))) {
		const char *close = open[1] == '{' ? strchr(open, '}') : NULL;
		const struct binding *b =
			close ? binding_of(x, open + 2, (size_t)(close - open - 2)) : NULL;

		buf_add(&out, text, (size_t)(open - text));
		text = b ? close + 1 : open + 1;
		if (!b)
			buf_char(&out, *open);
		else if (*open == '&')
			add_alphanumerics(&out, b->value);
		else
			buf_str(&out, b->value);
	}
	buf_str(&out, text);
	return buf_take(&out);
}

static bool names_identifier(const char *key, const char *identifier)
{
	OWN(str) char *whole = str_printf("${%s}", identifier);
	OWN(str) char *letters = str_printf("&{%s}", identifier);

	return strstr(key, whole) || strstr(key, letters);
}

/* ---- constants ------------------------------------------------------------------------------- */

/* The first thing in a value that is not known. */
static const char *unknown_in(json_t *value)
{
	const char *key, *found = json_str(value, "$symbol");
	json_t *member;
	size_t i;

	if (found)
		return found;
	json_object_foreach(value, key, member)
		if ((found = unknown_in(member)))
			return found;
	json_array_foreach(value, i, member)
		if ((found = unknown_in(member)))
			return found;
	return NULL;
}

static int refuse_parameter(struct loops *x, const char *what, const char *name)
{
	const char *type = json_str_or(json_object_get(x->c->t->parameters, name), "Type", "");

	if (str_starts(type, "AWS::SSM::Parameter::Value<"))
		return check_fail(x->c,
				  FAILED "%s must be known first, and the parameter %s is read from the "
					 "parameter store; make it a CommaDelimitedList",
				  what, name);
	if (!x->c->t->name)
		return check_fail(x->c, "Parameters: [%s] must have values", name);
	return check_fail(x->c,
			  FAILED "%s must be known first, and the parameter %s has no value; give it with "
				 "--param %s=VALUE",
			  what, name, name);
}

/* Always -1. */
static int refuse_unknown(struct loops *x, const char *what, json_t *value)
{
	const char *unknown = unknown_in(value);
	const char *parameter = strstr(unknown, "param:");
	OWN(str) char *name = NULL;

	if (x->declarations) {
		x->undecided = true;
		return -1;
	}
	if (!parameter)
		return check_fail(x->c,
				  FAILED "%s must be known before anything is created, and %s is not", what,
				  unknown);
	parameter += strlen("param:");
	name = str_dup_n(parameter, strspn(parameter, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
						      "0123456789"));
	return refuse_parameter(x, what, name);
}

static int visit_fixed(void *ctx, const struct reference *reference, struct err *err)
{
	struct template *t = ((struct loops *)ctx)->c->t;

	(void)err;
	if (reference->kind != REFERENCE_REF || !json_object_get(t->parameters, reference->name))
		return 0;
	if (!t->fixed)
		t->fixed = json_object();
	json_set_bool(t->fixed, reference->name, true);
	return 0;
}

/* What the conditions hang on that were asked for. */
static void fix_conditions(struct loops *x)
{
	const char *name;
	json_t *unused;

	json_object_foreach(x->eval->conditions, name, unused)
		(void)reference_walk(NULL, json_object_get(x->c->t->conditions, name), visit_fixed, x, NULL);
}

/* Values that must not be shown cannot become names. */
static int visit_hidden(void *ctx, const struct reference *reference, struct err *err)
{
	const struct loops *x = ctx;
	const json_t *parameter = reference->kind == REFERENCE_REF
					  ? json_object_get(x->c->t->parameters, reference->name)
					  : NULL;

	if (!json_bool_or(parameter, "NoEcho", false))
		return 0;
	return err_set(err, ERR_INPUT, FAILED "the parameter %s is NoEcho; its value cannot become part of the template",
		       reference->name);
}

/* 0: *ret is the caller's, NULL for AWS::NoValue. */
static int constant(struct loops *x, const char *what, json_t *node, json_t **ret)
{
	struct err why = { 0 };
	struct run run = { .e = x->eval, .block = BLOCK_RESOURCES, .steps = x->steps, .err = &why };
	OWN(json) json_t *value = NULL;
	int result = reference_walk(NULL, node, visit_hidden, x, &why);

	if (result == 0)
		result = run_value(&run, node, &value);
	x->steps = run.steps;
	if (result < 0)
		return check_fail(x->c, "%s", why.text);
	if (value && !value_known(value))
		return refuse_unknown(x, what, value);
	(void)reference_walk(NULL, node, visit_fixed, x, NULL);
	*ret = GIVE(value);
	return 0;
}

static int constant_text(struct loops *x, const char *what, json_t *node, json_t **ret)
{
	OWN(json) json_t *value = NULL;

	if (constant(x, what, node, &value) < 0)
		return -1;
	if (!json_is_string(value) || !json_string_length(value))
		return check_fail(x->c, FAILED "%s must be a function that gives a text", what);
	*ret = GIVE(value);
	return 0;
}

/* {"Ref": {"Fn::Sub": ...}}, {"Fn::GetAtt": [{...}, ...]}: the names are told now. */
static int fold_names(struct loops *x, json_t *object)
{
	json_t *ref = json_object_get(object, "Ref"), *att = json_object_get(object, "Fn::GetAtt");
	json_t *name = NULL;

	if (json_object_size(object) != 1)
		return 0;
	if (json_is_object(ref)) {
		if (constant_text(x, "the argument of Ref", ref, &name) < 0)
			return -1;
		json_object_set_new(object, "Ref", name);
	} else if (json_is_object(json_array_get(att, 0))) {
		if (constant_text(x, "the resource of Fn::GetAtt", json_array_get(att, 0), &name) < 0)
			return -1;
		json_array_set_new(att, 0, name);
	}
	return 0;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static json_t *expand_node(struct loops *x, json_t *node);
static int expand_loop(struct loops *x, const char *key, json_t *argument, json_t *result);

/* made: the key is what a loop puts into the object around it. */
static int expand_member(struct loops *x, const char *key, json_t *member, json_t *result, bool made)
{
	OWN(str) char *name = substitute(x, key);
	size_t mark = check_enter(x->c, key), made_mark = pointer_enter(&x->made, name);
	json_t *value;

	if ((made || strcmp(key, name) != 0) && note_origin(x) < 0)
		return -1;
	if (json_object_get(result, name))
		return check_fail(x->c, FAILED "%s is there twice when the loops are written out", name);
	if (spend(x, strlen(name) + 4) < 0)
		return -1;
	value = expand_node(x, member);
	if (!value)
		return -1;
	json_object_set_new(result, name, value);
	check_leave(x->c, mark);
	x->made.len = made_mark;
	x->made.data[made_mark] = '\0';
	return 0;
}

static json_t *expand_object(struct loops *x, json_t *node)
{
	OWN(json) json_t *result = json_object();
	const char *ref = json_object_size(node) == 1 ? json_str(node, "Ref") : NULL;
	const struct binding *b = ref ? binding_of(x, ref, strlen(ref)) : NULL;
	const char *key;
	json_t *member;

	if (spend(x, b ? strlen(b->value) + 3 : 3) < 0)
		return NULL;
	if (b)
		return json_string(b->value);
	json_object_foreach(node, key, member) {
		int done = is_loop(key) ? expand_loop(x, key, member, result)
					: expand_member(x, key, member, result, false);

		if (done < 0)
			return NULL;
	}
	return fold_names(x, result) < 0 ? NULL : GIVE(result);
}

static json_t *expand_array(struct loops *x, json_t *node)
{
	OWN(json) json_t *result = json_array();
	json_t *member;
	size_t i;

	if (spend(x, 3) < 0)
		return NULL;
	json_array_foreach(node, i, member) {
		size_t mark = check_enter_index(x->c, i), made_mark = x->made.len;
		json_t *value;

		buf_printf(&x->made, "/%zu", i);
		value = expand_node(x, member);
		if (!value)
			return NULL;
		json_array_append_new(result, value);
		check_leave(x->c, mark);
		x->made.len = made_mark;
		x->made.data[made_mark] = '\0';
	}
	return GIVE(result);
}

/* NULL when it is refused. */
static json_t *expand_node(struct loops *x, json_t *node)
{
	OWN(str) char *text = NULL;

	if (json_is_object(node))
		return expand_object(x, node);
	if (json_is_array(node))
		return expand_array(x, node);
	if (json_is_string(node) && x->bindings)
		text = substitute(x, json_string_value(node));
	if (spend(x, json_is_string(node) ? 3 + (text ? strlen(text) : json_string_length(node)) : 3) < 0)
		return NULL;
	return text ? json_string(text) : json_incref(node);
}

/* ---- loops ----------------------------------------------------------------------------------- */

struct loop {
	const char *key, *identifier;
	json_t *collection, *body;
};

static int check_identifier(struct loops *x, const struct loop *loop)
{
	unsigned depth = 1;

	if (!loop->identifier || !alphanumeric(loop->identifier))
		return check_fail(x->c, FAILED "the identifier of %s must be a text of letters and digits",
				  loop->key);
	if (binding_of(x, loop->identifier, strlen(loop->identifier)))
		return check_fail(x->c, FAILED "the identifier %s is that of the loop around %s already",
				  loop->identifier, loop->key);
	for (const struct binding *b = x->bindings; b; b = b->outer)
		depth++;
	if (depth > LIMIT_LOOPS)
		return check_fail(x->c, FAILED "more than %d loops inside of each other", LIMIT_LOOPS);
	json_set_str(x->identifiers, loop->identifier, x->c->pointer.data);
	return 0;
}

static int check_loop_name(struct loops *x, const char *name)
{
	const char *earlier = json_str(x->names, name);

	if (!alphanumeric(name))
		return check_fail(x->c, FAILED "the name of a loop must be letters and digits: Fn::ForEach::%s",
				  name);
	if (earlier && strcmp(earlier, x->c->pointer.data) != 0)
		return check_fail(x->c, FAILED "the name of a loop must be unique: Fn::ForEach::%s", name);
	json_set_str(x->names, name, x->c->pointer.data);
	return 0;
}

static int read_loop(struct loops *x, const char *key, json_t *argument, struct loop *ret)
{
	*ret = (struct loop){ key, json_string_value(json_array_get(argument, 0)),
			      json_array_get(argument, 1), json_array_get(argument, 2) };
	if (check_loop_name(x, key + strlen(loop_prefix)) < 0)
		return -1;
	if (json_array_size(argument) != 3 || !json_is_object(ret->body) || !json_object_size(ret->body))
		return check_fail(x->c, FAILED "%s must be a list of an identifier, a list of values and an "
					       "object",
				  key);
	return check_identifier(x, ret);
}

static int value_list(struct loops *x, const struct loop *loop, json_t *value, json_t **ret)
{
	OWN(json) json_t *texts = json_array();
	json_t *member;
	size_t i;

	if (!json_is_array(value))
		return check_fail(x->c, FAILED "what %s goes over must be a list, or a function that gives one",
				  loop->key);
	json_array_foreach(value, i, member) {
		OWN(str) char *text = scalar_text(member);

		if (!text)
			return check_fail(x->c, FAILED "what %s goes over must be a list of texts", loop->key);
		json_add_str(texts, text);
	}
	*ret = GIVE(texts);
	return 0;
}

static int collect(struct loops *x, const struct loop *loop, json_t **ret)
{
	OWN(json) json_t *node = NULL, *value = NULL;
	OWN(str) char *what = str_printf("the list of %s", loop->key);
	size_t mark = check_enter_index(x->c, 1);

	node = expand_node(x, loop->collection);
	if (!node || constant(x, what, node, &value) < 0)
		return -1;
	if (value_list(x, loop, value, ret) < 0)
		return -1;
	check_leave(x->c, mark);
	return 0;
}

static int expand_round(struct loops *x, const struct loop *loop, json_t *result)
{
	const char *key;
	json_t *member;

	if (spend(x, 3) < 0)
		return -1;
	json_object_foreach(loop->body, key, member) {
		if (is_loop(key)) {
			if (expand_loop(x, key, member, result) < 0)
				return -1;
			continue;
		}
		if (!names_identifier(key, loop->identifier)) {
			check_enter(x->c, key);
			return check_fail(x->c, FAILED "the key %s in %s must have ${%s} or &{%s} in it", key,
					  loop->key, loop->identifier, loop->identifier);
		}
		if (expand_member(x, key, member, result, true) < 0)
			return -1;
	}
	return 0;
}

static int expand_loop(struct loops *x, const char *key, json_t *argument, json_t *result)
{
	OWN(json) json_t *values = NULL;
	const struct binding *outer = x->bindings;
	struct loop loop;
	size_t i, mark = check_enter(x->c, key), body;
	json_t *value;

	if (read_loop(x, key, argument, &loop) < 0 || collect(x, &loop, &values) < 0)
		return -1;
	body = check_enter_index(x->c, 2);
	json_array_foreach(values, i, value) {
		const struct binding b = { loop.identifier, json_string_value(value), outer };
		int done;

		x->bindings = &b;
		done = expand_round(x, &loop, result);
		x->bindings = outer;
		if (done < 0)
			return -1;
	}
	check_leave(x->c, body);
	check_leave(x->c, mark);
	return 0;
}

/* ---- sections -------------------------------------------------------------------------------- */

/* Outside of this transform they must be texts. A function that gives AWS::NoValue takes them away. */
static int fold_attributes(struct loops *x, const char *section, json_t *members)
{
	static const char *const names[] = { "Condition", "DeletionPolicy", "UpdateReplacePolicy" };
	size_t mark = check_enter(x->c, section);
	const char *logical;
	json_t *member;

	json_object_foreach(members, logical, member) {
		size_t inner = check_enter(x->c, logical);

		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			json_t *node = json_object_get(member, names[i]), *value = NULL;
			size_t attribute = check_enter(x->c, names[i]);

			if (json_is_object(node) && constant(x, names[i], node, &value) < 0)
				return -1;
			if (value)
				json_object_set_new(member, names[i], value);
			else if (json_is_object(node))
				json_object_del(member, names[i]);
			check_leave(x->c, attribute);
		}
		check_leave(x->c, inner);
	}
	check_leave(x->c, mark);
	fix_conditions(x);
	return 0;
}

static int expand_section(struct loops *x, const char *section, json_t **members)
{
	size_t mark, made_mark;
	json_t *result;

	if (!*members)
		return 0;
	mark = check_enter(x->c, section);
	made_mark = pointer_enter(&x->made, section);
	result = expand_node(x, *members);
	if (!result)
		return -1;
	json_object_set_new(x->c->t->body, section, result);
	*members = result;
	check_leave(x->c, mark);
	x->made.len = made_mark;
	x->made.data[made_mark] = '\0';
	return strcmp(section, "Conditions") != 0 ? fold_attributes(x, section, result) : 0;
}

/* Names of loops and identifiers are none of a parameter or a resource. */
static int check_taken(struct loops *x, json_t *names, const char *what)
{
	const struct template *t = x->c->t;
	const char *name;
	json_t *at;

	json_object_foreach(names, name, at) {
		bool parameter = json_object_get(t->parameters, name) != NULL;

		if (!parameter && !json_object_get(t->resources, name))
			continue;
		x->c->pointer.len = 0;
		buf_str(&x->c->pointer, json_string_value(at));
		return check_fail(x->c, FAILED "%s, %s, is the name of a %s as well", name, what,
				  parameter ? "parameter" : "resource");
	}
	return 0;
}

/* Those given that this template declares. */
static json_t *declared_of(const struct template *t, const json_t *given)
{
	json_t *declared = json_object(), *unused;
	const char *name;

	json_object_foreach(t->parameters, name, unused)
		if (json_object_get(given, name))
			json_object_set(declared, name, json_object_get(given, name));
	return declared;
}

/* What stays as it is between one reading of a template and the next: nothing that must be asked for. */
static struct template_world constants_of(const struct template_world *world)
{
	struct template_world w = world ? *world : (struct template_world){ 0 };

	w.ref = NULL;
	w.att = NULL;
	w.import = NULL;
	w.ssm = NULL;
	w.dynamic = NULL;
	w.value_of = NULL;
	return w;
}

int loops_expand(struct check *c, const struct template_inputs *inputs)
{
	static const struct template_inputs nothing = { 0 };
	const struct template_inputs *in = inputs ? inputs : &nothing;
	struct template_world world = constants_of(in->world);
	struct template *t = c->t;
	OWN(json) json_t *given = declared_of(t, in->given), *parameters = NULL;
	OWN(loops) struct loops x = { .c = c,
				      .names = json_object(),
				      .identifiers = json_object(),
				      .steps = LIMIT_EVAL_STEPS,
				      .bytes = LIMIT_BODY_BYTES,
				      .origin_bytes = LIMIT_ORIGIN_BYTES,
				      .declarations = in->declarations };

	if (template_parameters(t, given, NULL, 0, &world, &parameters, c->err) < 0)
		return -1;
	x.eval = eval_start(t, parameters, &world);
	if (expand_section(&x, "Conditions", &t->conditions) == 0 &&
	    expand_section(&x, "Resources", &t->resources) == 0 &&
	    expand_section(&x, "Outputs", &t->outputs) == 0)
		return check_taken(&x, x.names, "the name of a loop") < 0
			       ? -1
			       : check_taken(&x, x.identifiers, "the identifier of a loop");
	if (!x.undecided)
		return -1;
	t->conditions = t->rules = t->resources = t->outputs = NULL;
	return 1;
}
