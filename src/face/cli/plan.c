#include "face/cli/plan.h"

#include <string.h>
#include <unistd.h>

#include "core/synth/synth.h"
#include "core/template/template.h"
#include "face/cli/operator.h"
#include "face/cli/plan-internal.h"

static void stack_free(struct plan_stack *s)
{
	json_t *one;
	size_t i;

	/* parameters may be private keys */
	json_array_foreach(s->parameters, i, one) {
		json_t *value = json_object_get(one, "ParameterValue");

		if (json_is_string(value))
			explicit_bzero((char *)(uintptr_t)json_string_value(value),
				       json_string_length(value));
	}
	json_decref(s->parameters);
	free(s->name);
	free(s->source);
	free(s->nested);
	free(s->text);
	template_free(s->parsed);
}

void plan_free(struct plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		stack_free(&p->stacks[i]);
	free(p->stacks);
	free(p->network);
	free(p->key_directory);
	free(p->made_from_path);
	network_free(p->made_from);
	json_decref(p->images);
	near_key_wipe(&p->chain_key);
	*p = (struct plan){ 0 };
}

struct plan_stack *plan_add_stack(struct plan *p, const char *name, const char *role)
{
	p->stacks = mem_grow(p->stacks, p->count + 1, sizeof(*p->stacks));
	p->stacks[p->count] = (struct plan_stack){ .name = str_dup(name), .role = role,
						   .parameters = json_array() };
	return &p->stacks[p->count++];
}

void plan_add_parameter(json_t *parameters, const char *key, const char *value)
{
	json_array_append_new(parameters,
			      json_pack("{s:s,s:s}", "ParameterKey", key, "ParameterValue", value));
}

/* ---- --params, --param, --image ------------------------------------------------------------------ */

/* The aws CLI's form (array of {"ParameterKey","ParameterValue"}) or an object key -> value. */
static int take_params_file(const char *path, json_t *given, struct err *err)
{
	OWN(str) char *text = NULL;
	OWN(json) json_t *j = NULL;
	json_t *one, *value;
	const char *key;
	size_t len, i;

	if (cli_read(path, &text, &len, err) < 0 || json_parse_text(path, text, len, &j, err) < 0)
		return -1;
	explicit_bzero(text, len);
	json_array_foreach(j, i, one) {
		key = json_str(one, "ParameterKey");
		if (!key || !json_str(one, "ParameterValue"))
			return err_set(err, ERR_INPUT,
				       "%s: entry %zu: expected {\"ParameterKey\": ..., \"ParameterValue\": "
				       "...} with text values, as the aws CLI has them",
				       path, i + 1);
		json_set_str(given, key, json_str(one, "ParameterValue"));
	}
	json_object_foreach(j, key, value) {
		if (!json_is_string(value))
			return err_set(err, ERR_INPUT, "%s: %s: the value is no text", path, key);
		json_object_set(given, key, value);
	}
	if (!json_is_array(j) && !json_is_object(j))
		return err_set(err, ERR_INPUT, "%s: neither a list of parameters nor an object", path);
	return 0;
}

static int take_pairs(const json_t *list, const char *option, json_t *ret, struct err *err)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		const char *text = json_string_value(one), *equals = strchr(text, '=');
		OWN(str) char *key = equals ? str_dup_n(text, (size_t)(equals - text)) : NULL;

		if (!equals || equals == text)
			return err_set(err, ERR_INPUT, "--%s %s: write it as NAME=VALUE", option,
				       equals ? "=..." : text);
		json_set_str(ret, key, equals + 1);
	}
	return 0;
}

/* single: the names given one by one, which must exist; a file may serve several templates. */
static int take_given(struct cli *cli, json_t **ret, json_t **ret_single, struct err *err)
{
	OWN(json) json_t *given = json_object(), *single = json_object();
	json_t *one;
	size_t i;

	json_array_foreach(cli_options(cli, "params"), i, one)
		if (take_params_file(json_string_value(one), given, err) < 0)
			return -1;
	if (take_pairs(cli_options(cli, "param"), "param", single, err) < 0)
		return -1;
	json_object_update(given, single);
	*ret = GIVE(given);
	*ret_single = GIVE(single);
	return 0;
}

static int take_images(struct cli *cli, struct plan *p, struct err *err)
{
	const char *pattern;
	json_t *kind;

	p->images = json_object();
	if (take_pairs(cli_options(cli, "image"), "image", p->images, err) < 0)
		return -1;
	json_object_foreach(p->images, pattern, kind)
		if (strcmp(json_string_value(kind), "node") && strcmp(json_string_value(kind), "localnet"))
			return err_set(err, ERR_INPUT,
				       "--image %s=%s: what runs here is 'node' or 'localnet'", pattern,
				       json_string_value(kind));
	return 0;
}

static int take_chain_key(struct cli *cli, struct plan *p, struct err *err)
{
	const char *path = cli_option(cli, "chain-key");
	int rc;

	if (!path)
		return 0;
	rc = operator_read_chain(path, &p->chain_key, err);
	if (rc > 0)
		return err_set(err, ERR_INPUT, "--chain-key %s: there is no such file", path);
	p->has_chain_key = rc == 0;
	return rc;
}

int plan_parse(const struct plan_stack *s, const char *name, const json_t *given, struct template **ret,
	       struct err *err)
{
	static const struct template_world world = { .partition = "aws", .url_suffix = "amazonaws.com" };
	OWN(json) json_t *own = template_given(s->parameters);
	struct template_inputs inputs = { .given = given ? given : own, .world = &world };
	int rc = template_parse_with(name, s->text, s->len, &inputs, ret, err);

	json_wipe(own);
	return rc;
}

/* ---- templates ---------------------------------------------------------------------------------------- */

/* A stack name out of a file name: letters, digits and hyphens, first a letter. The CDK calls the template
 * of stack X X.template.json. */
static char *name_of_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
	const char *cdk = strstr(base, ".template.");
	OWN(buf) struct buf name = { 0 };

	if (cdk && cdk > base && dot == cdk + strlen(".template"))
		dot = cdk;

	for (const char *c = base; *c && c != dot; c++)
		buf_char(&name, strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", *c)
					? *c
					: '-');
	if (!name.len || !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", name.data[0]))
		return str_printf("stack-%s", name.data ? name.data : "");
	return buf_take(&name);
}

/* Values for the parameters that this template declares; used: which of `given` any template took. */
static void parameters_of(const struct template *t, const json_t *given, json_t *parameters,
			  json_t *used)
{
	const json_t *declared = json_map(template_body(t), "Parameters");
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)given, key, value) {
		if (!json_object_get(declared, key))
			continue;
		plan_add_parameter(parameters, key, json_string_value(value));
		json_set_bool(used, key, true);
	}
}

/* Names of exports and imports as far as they can be told without deploying: literal texts and those
 * that only need parameters. */
static void names_of(const struct template *t, const json_t *parameters, json_t *ret_exports,
		     json_t *ret_imports)
{
	OWN(json) json_t *given = template_given(parameters), *values = NULL, *outputs = NULL, *imports = NULL;
	OWN(template_eval) struct template_eval *e = NULL;
	struct template_world world = { .account = "000000000000", .region = "us-east-1",
					.partition = "aws", .url_suffix = "amazonaws.com" };
	json_t *one;
	size_t i;

	if (template_parameters(t, given, NULL, 0, &world, &values, NULL) < 0 ||
	    template_eval_new(t, values, &world, &e, NULL) < 0)
		return;
	if (template_outputs(e, &outputs, NULL) == 0)
		json_array_foreach(outputs, i, one)
			if (json_str(one, "ExportName"))
				json_set_bool(ret_exports, json_str(one, "ExportName"), true);
	if (template_imports(e, &imports, NULL) == 0)
		json_array_foreach(imports, i, one)
			if (json_is_string(one))
				json_set_bool(ret_imports, json_string_value(one), true);
}

static bool needs(const json_t *imports, const json_t *exports)
{
	const char *name;
	json_t *unused;

	json_object_foreach((json_t *)(uintptr_t)imports, name, unused)
		if (json_object_get(exports, name))
			return true;
	return false;
}

/* Puts exporters first. The number of templates is small: plain selection. */
static int order_stacks(struct plan *p, json_t **exports, json_t **imports, struct err *err)
{
	for (size_t done = 0; done < p->count; done++) {
		size_t pick = p->count;

		for (size_t i = done; i < p->count && pick == p->count; i++) {
			bool free_now = true;

			for (size_t k = done; k < p->count; k++)
				free_now = free_now && (k == i || !needs(imports[i], exports[k]));
			if (free_now)
				pick = i;
		}
		if (pick == p->count)
			return err_set(err, ERR_INPUT, "the templates import from each other in a circle");
		struct plan_stack stack = p->stacks[pick];
		json_t *e = exports[pick], *m = imports[pick];

		for (size_t i = pick; i > done; i--) {
			p->stacks[i] = p->stacks[i - 1];
			exports[i] = exports[i - 1];
			imports[i] = imports[i - 1];
		}
		p->stacks[done] = stack;
		exports[done] = e;
		imports[done] = m;
	}
	return 0;
}

static int add_template(struct cli *cli, struct plan *p, const char *path, const json_t *given,
			json_t *used, json_t **exports, json_t **imports, struct err *err)
{
	OWN(str) char *name = name_of_file(path);
	struct plan_stack *s = plan_add_stack(p, name, "network");

	s->source = str_dup(path);
	*exports = json_object();
	*imports = json_object();
	if (cli_read(path, &s->text, &s->len, err) < 0)
		return -1;
	if (plan_parse(s, path, given, &s->parsed, err) < 0) {
		p->unread = p->preview;
		return p->preview ? 0 : -1;
	}
	parameters_of(s->parsed, given, s->parameters, used);
	if (cli->arg_count > 1) /* only for their order */
		names_of(s->parsed, s->parameters, *exports, *imports);
	return 0;
}

/* Names that no template took: an error when given by --param, a remark when a file has them. */
static int check_used(struct cli *cli, const json_t *given, const json_t *single, const json_t *used,
		      struct err *err)
{
	OWN(buf) struct buf unknown = { 0 }, ignored = { 0 };
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)given, key, value) {
		struct buf *list = json_object_get(single, key) ? &unknown : &ignored;

		if (!json_object_get(used, key))
			buf_printf(list, "%s%s", list->len ? ", " : "", key);
	}
	if (unknown.len)
		return err_set(err, ERR_INPUT, "Parameters: [%s] do not exist in the template", unknown.data);
	if (ignored.len && cli->progress)
		(void)fprintf(stderr, "mpcup: the template has no parameters [%s]; what --params says of them is "
				      "not used\n",
			      ignored.data);
	return 0;
}

static int plan_templates(struct cli *cli, struct plan *p, const json_t *given,
			  const json_t *single, struct err *err)
{
	OWN(json) json_t *used = json_object();
	json_t *exports[64] = { 0 }, *imports[64] = { 0 };
	int rc = 0;

	if (cli->arg_count > 64)
		return err_set(err, ERR_LIMIT, "more than 64 templates in one call");
	for (size_t i = 0; rc == 0 && i < cli->arg_count; i++)
		rc = add_template(cli, p, cli->args[i], given, used, &exports[i], &imports[i], err);
	if (rc == 0)
		rc = order_stacks(p, exports, imports, err);
	for (size_t i = 0; i < 64; i++) {
		json_decref(exports[i]);
		json_decref(imports[i]);
	}
	if (rc < 0 || (!p->unread && check_used(cli, given, single, used, err) < 0))
		return -1;
	for (size_t i = 0; i + 1 < p->count; i++)
		p->stacks[i].role = "base";
	plan_link_nested(p);
	if (cli_option(cli, "stack")) {
		free(p->stacks[p->count - 1].name);
		p->stacks[p->count - 1].name = str_dup(cli_option(cli, "stack"));
		p->stack_given = true;
	}
	p->network = str_dup(p->stacks[p->count - 1].name);
	return 0;
}

/* ---- network.yaml ----------------------------------------------------------------------------------------- */

static void chain_parameters(const struct plan *p, json_t *parameters)
{
	OWN(str) char *public = near_key_format_public(&p->chain_key);
	char *secret = near_key_format_secret(&p->chain_key);

	plan_add_parameter(parameters, "NodeKey", secret);
	plan_add_parameter(parameters, "NodePublicKey", public);
	explicit_bzero(secret, strlen(secret));
	free(secret);
}

static int local_keys(struct cli *cli, struct plan *p, const struct network *n, struct err *err)
{
	OWN(str) char *chain = str_printf("%s/chain.json", p->key_directory);
	unsigned made = 0;
	int rc;

	if (strcmp(n->chain, "localnet"))
		return 0;
	if (!p->preview && operator_make_keys(p->key_directory, n, &made, err) < 0)
		return -1;
	if (made && cli->progress)
		(void)printf("Made %u key files in %s (mode 0600; they are the identity of the nodes).\n",
			     made, p->key_directory);
	if (p->has_chain_key)
		return 0;
	rc = operator_read_chain(chain, &p->chain_key, err);
	p->has_chain_key = rc == 0;
	return rc > 0 ? 0 : rc;
}

/* The chain is part of what we deploy: as a base stack, or composed into the network's template. */
static int plan_network(struct cli *cli, struct plan *p, const char *path, const char *text,
			size_t len, const json_t *given, struct err *err)
{
	OWN(network) struct network *n = NULL;
	const char *slash = strrchr(path, '/');
	OWN(str) char *directory = slash ? str_dup_n(path, (size_t)(slash - path) + 1) : str_dup("");
	struct synth_parts parts __attribute__((cleanup(own_drop_synth_parts))) = { 0 };
	size_t most;
	bool local;
	struct plan_stack *s;
	const char *key;
	json_t *value;

	if (network_parse(path, text, len, &n, err) < 0)
		return -1;
	p->key_directory = n->key_directory[0] == '/' ? str_dup(n->key_directory)
						      : str_printf("%s%s", directory, n->key_directory);
	if (local_keys(cli, p, n, err) < 0)
		return -1;
	local = !strcmp(n->chain, "localnet");
	if (n->pattern == NETWORK_INTEGRATED && local && (p->has_chain_key || p->preview)) {
		s = plan_add_stack(p, n->base_stack, "base");
		s->source = str_printf("%s: stack %s", path, s->name);
		if (synth_base(n, SYNTH_JSON, &s->text, err) < 0)
			return -1;
		s->len = strlen(s->text);
		if (p->has_chain_key)
			chain_parameters(p, s->parameters);
	}
	if (plan_split_nodes(&most, err) < 0 || synth_parts(n, SYNTH_JSON, most, &parts, err) < 0)
		return -1;
	plan_add_nested(p, path, n->name, &parts);
	s = plan_add_stack(p, cli_option(cli, "stack") ? cli_option(cli, "stack") : n->name, "network");
	s->source = str_printf("%s: stack %s", path, s->name);
	s->text = GIVE(parts.text);
	s->len = strlen(s->text);
	if (plan_node_keys(n, p->key_directory, p->preview, &parts, s->parameters, err) < 0)
		return -1;
	if (n->pattern == NETWORK_COMPOSED && p->has_chain_key)
		chain_parameters(p, s->parameters);
	json_object_foreach((json_t *)(uintptr_t)given, key, value)
		plan_add_parameter(s->parameters, key, json_string_value(value));
	p->network = str_dup(s->name);
	p->made_from_path = str_dup(path);
	p->made_from = GIVE(n);
	return 0;
}

static int plan_from(struct cli *cli, struct plan *p, const json_t *given, const json_t *single,
		     struct err *err)
{
	const char *path = cli->arg_count ? cli->args[0] : "network.yaml";
	OWN(str) char *text = NULL;
	size_t len;

	if (!cli->arg_count && access(path, F_OK) < 0)
		return err_set(err, ERR_INPUT,
			       "there is no network.yaml here; mpcup init writes one, or name a template: "
			       "mpcup %s TEMPLATE",
			       cli->command->name);
	if (cli->arg_count > 1)
		return plan_templates(cli, p, given, single, err);
	if (cli_read(path, &text, &len, err) < 0)
		return -1;
	if (!cli->arg_count || network_recognise(text, len))
		return plan_network(cli, p, path, text, len, given, err);
	return plan_templates(cli, p, given, single, err);
}

static int make(struct cli *cli, bool preview, struct plan *ret, struct err *err)
{
	struct plan p __attribute__((cleanup(own_drop_plan))) = { .preview = preview };
	OWN(json) json_t *given = NULL, *single = NULL;

	if (take_given(cli, &given, &single, err) < 0 || take_images(cli, &p, err) < 0 ||
	    take_chain_key(cli, &p, err) < 0 || plan_from(cli, &p, given, single, err) < 0)
		return -1;
	*ret = p;
	p = (struct plan){ 0 };
	return 0;
}

int plan_make(struct cli *cli, struct plan *ret, struct err *err)
{
	return make(cli, false, ret, err);
}

int plan_preview(struct cli *cli, struct plan *ret, struct err *err)
{
	return make(cli, true, ret, err);
}
