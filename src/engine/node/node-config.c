/* config.yaml: the script's template, its sed, and the node's strict reading. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "engine/node/node-internal.h"

#define DEPTH_MOST 8
#define VALUES_MOST 500
#define WEB_PORT 8080
#define USED_MOST 100000 /* of what is a number of pieces or seconds; a day */
#define GENERATE_MS 60000 /* without keygen.timeout_sec */

/* ---- writing ------------------------------------------------------------------------------- */

static void web(struct buf *b, enum node_profile profile, const char *name, unsigned port)
{
	if (profile == NODE_PROFILE_31)
		buf_printf(b, "%s:\n  host: 0.0.0.0\n  port: %u\n", name, port);
	else
		buf_printf(b, "%s: 0.0.0.0:%u\n", name, port);
}

char *node_config_template(enum node_profile profile, bool localnet)
{
	bool current = profile == NODE_PROFILE_CURRENT;
	struct buf b = { 0 };

	buf_str(&b, "# Configuration File\n"
		    "my_near_account_id: \n"
		    "near_responder_account_id: \n"
		    "number_of_responder_keys: 50\n");
	web(&b, profile, "web_ui", WEB_PORT);
	web(&b, profile, "migration_web_ui", 8079);
	if (current)
		buf_str(&b, "pprof_bind_address: 0.0.0.0:34001\n");
	buf_str(&b, "triple:\n  concurrency: 2\n");
	buf_printf(&b, "  desired_triples_to_buffer: %d\n  timeout_sec: %d\n",
		   current ? 16384 : 1000000, current ? 120 : 60);
	buf_str(&b, "  parallel_triple_generation_stagger_time_sec: 1\n"
		    "presignature:\n  concurrency: 16\n"
		    "  desired_presignatures_to_buffer: 8192\n  timeout_sec: 60\n"
		    "signature:\n  timeout_sec: 60\n"
		    "ckd:\n  timeout_sec: 60\n"
		    "indexer:\n  validate_genesis: false\n  sync_mode: Latest\n  concurrency: 1\n"
		    "  mpc_contract_id: \n  finality: optimistic\n");
	if (!localnet)
		buf_str(&b, "  port_override: 80\n");
	buf_str(&b, "cores: 12\n");
	return buf_take(&b);
}

/* The value that the line gets when it is one of the three, else NULL. */
static const char *replacement(const char *line, const char *account, const char *responder,
			       const char *contract, size_t *ret_keep)
{
	static const char *const keys[] = { "my_near_account_id:", "near_responder_account_id:",
					    "mpc_contract_id:" };
	const char *values[] = { account, responder, contract };

	for (size_t i = 0; i < 3; i++) {
		const char *at = strstr(line, keys[i]);

		if (!at)
			continue;
		*ret_keep = (size_t)(at - line) + strlen(keys[i]);
		return values[i] ? values[i] : "";
	}
	return NULL;
}

char *node_config_apply(const char *text, const char *account, const char *responder,
			const char *contract)
{
	OWN(str) char *copy = str_dup(text);
	char *rest = copy, *line;
	struct buf b = { 0 };

	while ((line = strsep(&rest, "\n"))) {
		size_t keep = 0;
		const char *value = replacement(line, account, responder, contract, &keep);

		if (value)
			buf_printf(&b, "%.*s %s", (int)keep, line, value);
		else
			buf_str(&b, line);
		if (rest)
			buf_char(&b, '\n');
	}
	return buf_take(&b);
}

/* ---- reading ------------------------------------------------------------------------------- */

/* A YAML document as flat "a.b" -> text pairs; NULL text: a mapping or a list stands there. */
struct flat {
	struct {
		char *path, *value;
		bool plain; /* not quoted: may be null */
	} items[VALUES_MOST];
	size_t count;
	struct err *err;
};

static int flat_add(struct flat *f, const char *path, const char *value, bool plain)
{
	if (f->count == VALUES_MOST)
		return err_set(f->err, ERR_LIMIT, "more than %d values", VALUES_MOST);
	f->items[f->count].path = str_dup(path);
	f->items[f->count].value = str_dup(value);
	f->items[f->count].plain = plain;
	f->count++;
	return 0;
}

static int flatten(struct flat *f, yaml_document_t *doc, yaml_node_t *node, const char *path,
		   int depth)
{
	if (depth > DEPTH_MOST)
		return err_set(f->err, ERR_LIMIT, "%s: nested too deeply", path);
	if (node->type == YAML_SCALAR_NODE)
		return flat_add(f, path, (const char *)node->data.scalar.value,
				node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
	if (flat_add(f, path, NULL, false) < 0)
		return -1;
	if (node->type != YAML_MAPPING_NODE)
		return 0;
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
	     p++) {
		yaml_node_t *key = yaml_document_get_node(doc, p->key);
		yaml_node_t *value = yaml_document_get_node(doc, p->value);
		OWN(str) char *below = NULL;

		if (!key || !value || key->type != YAML_SCALAR_NODE)
			return err_set(f->err, ERR_INPUT, "%s: a key is not text", path);
		below = str_printf("%s%s%s", path, *path ? "." : "",
				   (const char *)key->data.scalar.value);
		if (flatten(f, doc, value, below, depth + 1) < 0)
			return -1;
	}
	return 0;
}

static void flat_clear(struct flat *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->items[i].path);
		free(f->items[i].value);
	}
	f->count = 0;
}

static int flat_parse(const char *text, struct flat *ret, struct err *err)
{
	yaml_document_t doc;
	yaml_parser_t parser;
	yaml_node_t *root;
	int result;

	ret->err = err;
	yaml_parser_initialize(&parser);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, strlen(text));
	if (!yaml_parser_load(&parser, &doc)) {
		result = err_set(err, ERR_INPUT, "%s at line %zu column %zu",
				 parser.problem ? parser.problem : "not YAML",
				 parser.problem_mark.line + 1, parser.problem_mark.column + 1);
		yaml_parser_delete(&parser);
		return result;
	}
	root = yaml_document_get_root_node(&doc);
	result = root ? flatten(ret, &doc, root, "", 0)
		      : err_set(err, ERR_INPUT, "EOF while parsing a value");
	yaml_document_delete(&doc);
	yaml_parser_delete(&parser);
	return result;
}

/* 0 and *ret_value NULL: null or a mapping. 1: no such field. */
static int flat_find(const struct flat *f, const char *path, const char **ret_value)
{
	for (size_t i = 0; i < f->count; i++) {
		const char *value = f->items[i].value;

		if (strcmp(f->items[i].path, path) != 0)
			continue;
		if (value && f->items[i].plain &&
		    (!*value || !strcmp(value, "~") || !strcmp(value, "null")))
			value = NULL;
		*ret_value = value;
		return 0;
	}
	return 1;
}

static int missing(struct err *err, const char *path)
{
	const char *dot = strrchr(path, '.');

	if (!dot)
		return err_set(err, ERR_INPUT, "missing field `%s`", path);
	return err_set(err, ERR_INPUT, "%.*s: missing field `%s`", (int)(dot - path), path,
		       dot + 1);
}

static int need_account(const struct flat *f, const char *path, char **ret, struct err *err)
{
	const char *value;

	if (flat_find(f, path, &value) != 0)
		return missing(err, path);
	if (!value)
		return err_set(err, ERR_INPUT, "%s: invalid type: unit value, expected a string",
			       path);
	if (!near_account_valid(value))
		return err_set(
			err, ERR_INPUT,
			"%s: the Account ID '%s' is not valid (2 to 64 characters of a-z 0-9 "
			"- _ .)",
			path, value);
	*ret = str_dup(value);
	return 0;
}

static int need_number(const struct flat *f, const char *path, uint64_t least, uint64_t most,
		       uint64_t *ret, struct err *err)
{
	const char *value;

	if (flat_find(f, path, &value) != 0)
		return missing(err, path);
	if (!value || num_parse_u64(value, least, most, ret) < 0)
		return err_set(err, ERR_INPUT, "%s: invalid value: '%s', expected a number", path,
			       value ? value : "null");
	return 0;
}

/* {host, port}, from 3.5 on also "ip:port". */
static int need_web(const struct flat *f, const char *name, enum node_profile profile,
		    uint64_t *ret_port, struct err *err)
{
	OWN(str) char *port_path = str_printf("%s.port", name);
	OWN(str) char *host_path = str_printf("%s.host", name);
	const char *value, *colon;

	if (flat_find(f, name, &value) != 0)
		return missing(err, name);
	if (value && profile == NODE_PROFILE_31)
		return err_set(err, ERR_INPUT,
			       "%s: invalid type: string \"%s\", expected struct WebUIConfig", name,
			       value);
	if (!value) {
		if (flat_find(f, host_path, &value) != 0)
			return missing(err, host_path);
		return need_number(f, port_path, 1, 65535, ret_port, err);
	}
	colon = strrchr(value, ':');
	if (!colon || num_parse_u64(colon + 1, 1, 65535, ret_port) < 0)
		return err_set(err, ERR_INPUT, "%s: invalid socket address syntax '%s'", name,
			       value);
	return 0;
}

/* Numbers that must be there. `at`, in struct node_config: what of them the built-in node uses, and in which unit. */
#define USED(field) offsetof(struct node_config, field)
static const struct {
	const char *path;
	size_t at;
	unsigned least, factor;
} numbers[] = {
	{ "triple.concurrency", USED(pairings_at_once), 1, 1 },
	{ "triple.desired_triples_to_buffer", 0, 0, 1 },
	{ "triple.timeout_sec", USED(pair_timeout_ms), 1, 1000 },
	{ "triple.parallel_triple_generation_stagger_time_sec", 0, 0, 1 },
	{ "presignature.concurrency", USED(presignatures_at_once), 1, 1 },
	{ "presignature.desired_presignatures_to_buffer", USED(presignatures_ahead), 0, 1 },
	{ "presignature.timeout_sec", USED(presign_timeout_ms), 1, 1000 },
	{ "signature.timeout_sec", USED(sign_timeout_ms), 1, 1000 },
	{ "ckd.timeout_sec", 0, 0, 1 },
	{ "indexer.concurrency", 0, 0, 1 },
	{ "keygen.timeout_sec", USED(generate_timeout_ms), 1, 1000 },
};

static bool may_be_missing(const char *path)
{
	return !strcmp(path, "keygen.timeout_sec");
}

static int need_numbers(const struct flat *f, struct node_config *ret, struct err *err)
{
	const char *value;

	ret->generate_timeout_ms = GENERATE_MS;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t number;
		unsigned used;

		if (may_be_missing(numbers[i].path) && flat_find(f, numbers[i].path, &value) != 0)
			continue;
		if (need_number(f, numbers[i].path, 0, INT64_MAX, &number, err) < 0)
			return -1;
		used = number < numbers[i].least ? numbers[i].least : number > USED_MOST ? USED_MOST : (unsigned)number;
		used *= numbers[i].factor;
		if (numbers[i].at)
			memcpy((char *)ret + numbers[i].at, &used, sizeof(used));
	}
	return 0;
}

static int need_rest(const struct flat *f, struct node_config *ret, struct err *err)
{
	static const char *const texts[] = { "indexer.validate_genesis", "indexer.sync_mode",
					     "indexer.finality" };
	const char *value;

	if (need_numbers(f, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (flat_find(f, texts[i], &value) != 0)
			return missing(err, texts[i]);
	return 0;
}

static int read_fields(const struct flat *f, enum node_profile profile, struct node_config *ret,
		       struct err *err)
{
	uint64_t web_port = 0, other_port, responder_keys = 0, port_override = 0;
	OWN(str) char *responder = NULL;
	const char *value;

	if (need_account(f, "my_near_account_id", &ret->account, err) < 0 ||
	    need_account(f, "near_responder_account_id", &responder, err) < 0 ||
	    need_number(f, "number_of_responder_keys", 0, 10000, &responder_keys, err) < 0 ||
	    need_web(f, "web_ui", profile, &web_port, err) < 0 ||
	    need_web(f, "migration_web_ui", profile, &other_port, err) < 0 ||
	    need_account(f, "indexer.mpc_contract_id", &ret->contract, err) < 0 ||
	    need_rest(f, ret, err) < 0)
		return -1;
	if (flat_find(f, "indexer.port_override", &value) == 0 && value &&
	    need_number(f, "indexer.port_override", 1, 65535, &port_override, err) < 0)
		return -1;
	if (responder_keys == 0)
		return err_set(err, ERR_INPUT, "At least one access key must be provided");
	ret->web_port = (uint16_t)web_port;
	ret->responder_keys = (unsigned)responder_keys;
	ret->port_override = (uint16_t)port_override;
	return 0;
}

int node_config_parse(const char *text, enum node_profile profile, struct node_config *ret,
		      struct err *err)
{
	struct flat *flat = NEW(struct flat);
	struct node_config config = { 0 };
	int result = flat_parse(text, flat, err);

	if (result == 0)
		result = read_fields(flat, profile, &config, err);
	flat_clear(flat);
	free(flat);
	if (result < 0)
		node_config_clear(&config);
	else
		*ret = config;
	return result;
}

void node_config_clear(struct node_config *c)
{
	free(c->account);
	free(c->contract);
	c->account = c->contract = NULL;
}
