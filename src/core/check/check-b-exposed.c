/* Group B: keys that somebody may read who should not. */
#include "core/check/check-b.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/near/near.h"

/* ---- B21, B22
 * ---------------------------------------------------------------------------------------------- */

/* A private key pair somewhere in the text: 85 to 88 base58 characters that are 64 bytes. */
static bool has_private_key(const char *text)
{
	static const char alphabet[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

	for (const char *at = text; (at = strstr(at, "ed25519:")); at += 8) {
		size_t run = strspn(at + 8, alphabet), len = 0;
		uint8_t bytes[72];

		if (run < 85 || run > 88)
			continue;
		if (near_base58_decode(at + 8, run, bytes, sizeof(bytes), &len) == 0 &&
		    len == NEAR_SECRET_BYTES) {
			explicit_bzero(bytes, sizeof(bytes));
			return true;
		}
	}
	return false;
}

static bool is_slot(const char *name)
{
	for (const struct secret_slot *s = secret_slots; s->variable; s++)
		if (str_eq(s->variable, name))
			return true;
	return false;
}

/* Walks a part of a template; pointer is where it stands. Environment entries of secret variables
 * are B22's. */
struct scan {
	struct check *c;
	size_t template;
	struct buf pointer;
};

static void say_literal(const struct scan *at)
{
	const char *pointer = at->pointer.data; /* a text is never the root */
	const char *rest = str_starts(pointer, "/Resources/") ? pointer + strlen("/Resources/") : "";
	OWN(str) char *logical = str_dup_n(rest, strcspn(rest, "/"));
	struct check_finding f = { .severity = CHECK_WARN,
				   .pointer = pointer,
				   .template = at->template };

	f.resource = deployment_find(check_deployment(at->c), at->template, logical);
	if (f.resource && str_starts(rest + strlen(logical), "/Properties/"))
		f.property = rest + strlen(logical) + strlen("/Properties/");
	check_add(at->c, &f,
		  "a private key stands here in clear; whoever reads the template has it");
}

static void scan(struct scan *at, const json_t *node, unsigned depth)
{
	size_t mark = at->pointer.len, i;
	const char *key;
	json_t *one;

	if (depth > 64 || is_slot(json_str(node, "Name")))
		return;
	if (at->pointer.len && json_is_string(node) && has_private_key(json_string_value(node)))
		say_literal(at);
	json_array_foreach(node, i, one) {
		buf_printf(&at->pointer, "/%zu", i);
		scan(at, one, depth + 1);
		at->pointer.data[at->pointer.len = mark] = '\0';
	}
	json_object_foreach((json_t *)(uintptr_t)node, key, one) {
		buf_char(&at->pointer, '/');
		buf_str(&at->pointer, key);
		scan(at, one, depth + 1);
		at->pointer.data[at->pointer.len = mark] = '\0';
	}
}

static void scan_template(struct check *c, size_t index, const struct template *t)
{
	struct scan at = { .c = c, .template = index };

	scan(&at, template_body(t), 0);
	buf_free(&at.pointer);
}

/* A usable value that the template has in clear. Private keys in their long form are told by
 * check_b_literal(). */
static void see_clear(struct check *c, const struct secret_slot *s, const struct secret_view *v)
{
	const json_t *written = json_object_get(json_map(v->from.secret->body, "Properties"),
						v->property ? v->property : "");
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = v->from.secret,
				   .property = v->property };
	char why[256];

	if (v->state != SECRET_VALUE || s->kind == SECRET_KEY || !json_is_string(written) ||
	    secret_judge(v, s, why, sizeof(why)))
		return;
	check_add(c, &f, "%s stands here in clear; whoever reads the template has it", s->variable);
}

static void see_clear_values(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);)
		for (const struct secret_slot *s = secret_slots; s->variable; s++) {
			struct secret_view v __attribute__((cleanup(own_drop_secret_view))) = { 0 };

			secret_view(c, &n, s, &v);
			if (v.from.secret)
				see_clear(c, s, &v);
		}
}

void check_b_literal(struct check *c)
{
	size_t count;
	const struct deployment_template *all = check_templates(c, &count);

	for (size_t i = 0; i < count; i++)
		scan_template(c, i, all[i].t);
	see_clear_values(c);
}

/* Whether a part of a template, as it is written, has the parameter's value in it. Environment
 * entries of secret variables do not count: they are told by name. */
static bool mentions(const json_t *written, const char *parameter, unsigned depth)
{
	const json_t *sub = json_object_get(written, "Fn::Sub");
	const char *text = json_string_value(json_is_array(sub) ? json_array_get(sub, 0) : sub);
	OWN(str) char *hole = str_printf("${%s}", parameter);
	const char *key;
	json_t *one;
	size_t i;

	if (depth > 64 || is_slot(json_str(written, "Name")))
		return false;
	if (str_eq(json_str(written, "Ref"), parameter) || (text && strstr(text, hole)))
		return true;
	json_array_foreach(written, i, one)
		if (mentions(one, parameter, depth + 1))
			return true;
	json_object_foreach((json_t *)(uintptr_t)written, key, one)
		if (mentions(one, parameter, depth + 1))
			return true;
	return false;
}

/* The one parameter that a secret's value is made of, or NULL. What stands in a dynamic reference
 * is a name and no value. */
static const char *parameter_of(const json_t *template, const struct deployment_resource *secret)
{
	const json_t *string = json_object_get(json_map(secret->body, "Properties"), "SecretString");
	OWN(str) char *text = string ? json_text(string) : NULL;
	const char *name, *found = NULL;
	json_t *one;

	if (!text || strstr(text, "{{resolve:"))
		return NULL;
	json_object_foreach(json_map(template, "Parameters"), name, one) {
		if (!mentions(string, name, 0))
			continue;
		if (found)
			return NULL; /* which of them is the key cannot be told */
		found = name;
	}
	return found;
}

static void see_outputs(struct check *c, size_t index, const json_t *template,
			const char *parameter)
{
	const char *name;
	json_t *one;

	json_object_foreach(json_map(template, "Outputs"), name, one) {
		OWN(str) char *pointer = str_printf("/Outputs/%s", name);
		struct check_finding f = { .severity = CHECK_WARN,
					   .pointer = pointer,
					   .template = index };

		if (mentions(one, parameter, 0))
			check_add(c, &f,
				  "the output shows parameter %s, a node's key, to everybody who "
				  "may describe the stack",
				  parameter);
	}
}

static void see_tasks(struct check *c, size_t index, const char *parameter)
{
	size_t count;
	const struct deployment_resource *all = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		struct check_finding f = { .severity = CHECK_WARN, .resource = &all[i] };

		if (all[i].template == index && !strcmp(all[i].type, "AWS::ECS::TaskDefinition") &&
		    mentions(json_map(all[i].body, "Properties"), parameter, 0))
			check_add(c, &f,
				  "the task definition has parameter %s, a node's key, in clear",
				  parameter);
	}
}

/* A parameter that is a node's key: hidden by NoEcho, and nowhere else than in the secret. */
static void see_parameter(struct check *c, size_t index, const json_t *template, const char *name)
{
	const json_t *parameter = json_map(json_map(template, "Parameters"), name);
	OWN(str) char *pointer = str_printf("/Parameters/%s", name);
	struct check_finding f = { .severity = CHECK_WARN, .pointer = pointer, .template = index };

	if (str_starts(json_str_or(parameter, "Default", ""), "{{resolve:"))
		return;
	f.remedy = "\"NoEcho\": true";
	if (!json_bool_or(parameter, "NoEcho", false))
		check_add(c, &f,
			  "parameter %s is a node's key and has no NoEcho: whoever may describe the "
			  "stack reads it",
			  name);
	see_outputs(c, index, template, name);
	see_tasks(c, index, name);
}

static void see_source(struct check *c, const struct node *n, const struct secret_slot *s)
{
	struct secret_view v __attribute__((cleanup(own_drop_secret_view))) = { 0 };
	size_t count;
	const struct deployment_template *all = check_templates(c, &count);
	const char *parameter;

	secret_view(c, n, s, &v);
	if (!v.from.secret || v.from.secret->template >= count)
		return;
	parameter = parameter_of(template_body(all[v.from.secret->template].t), v.from.secret);
	if (parameter)
		see_parameter(c, v.from.secret->template,
			      template_body(all[v.from.secret->template].t), parameter);
}

void check_b_plain(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);)
		for (const struct secret_slot *s = secret_slots; s->variable; s++) {
			struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };
			struct check_finding f;

			see_source(c, &n, s);
			node_variable(c, &n, s->variable, &v);
			if (v.place != VARIABLE_ENVIRONMENT)
				continue;
			f = node_finding(CHECK_WARN, &n, &v);
			check_add(c, &f,
				  "%s is a plain environment variable: everybody who may describe "
				  "the task "
				  "definition reads it",
				  s->variable);
		}
}

