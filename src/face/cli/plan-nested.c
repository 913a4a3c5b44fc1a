/* Nested stacks in a plan, and the keys of nodes, which look otherwise for them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/deployment/deployment.h"
#include "face/cli/operator.h"
#include "face/cli/plan-internal.h"

enum { STACKS_MOST = 64 };
enum { KEY_MOST = 104 }; /* "ed25519:", 88 characters, a comma, and what ends a text */

int plan_split_nodes(size_t *ret, struct err *err)
{
	const char *text = getenv("MPCUP_SPLIT_NODES");
	uint64_t nodes = 0;

	if (text && *text && num_parse_u64(text, 1, 20, &nodes) < 0)
		return err_set(err, ERR_INPUT,
			       "MPCUP_SPLIT_NODES is %s; a nested stack has 1 to 20 nodes", text);
	*ret = (size_t)nodes;
	return 0;
}

void plan_add_nested(struct plan *p, const char *path, const char *stack, struct synth_parts *parts)
{
	for (size_t i = 0; i < parts->nested_count; i++) {
		struct synth_nested *nested = &parts->nested[i];
		struct plan_stack *s = plan_add_stack(p, nested->name, "nested");

		s->source = str_printf("%s: stack %s/%s", path, stack, nested->name);
		s->nested = str_dup(nested->name);
		s->text = GIVE(nested->text);
		s->len = strlen(s->text);
	}
}

/* ---- templates of files ------------------------------------------------------------------------- */

static void move_to_front(struct plan *p, size_t i)
{
	struct plan_stack stack = p->stacks[i];

	memmove(&p->stacks[1], &p->stacks[0], i * sizeof(*p->stacks));
	p->stacks[0] = stack;
}

/* How many nested stacks of the plan have the template of that stack. */
static size_t uses_of(const struct plan *p, const struct plan_stack *child)
{
	const struct template *one = child->parsed;
	size_t uses = 0;

	for (size_t i = 0; i < p->count; i++) {
		json_t *resources = (json_t *)(uintptr_t)template_resources(p->stacks[i].parsed);
		const char *logical;
		json_t *body;

		if (str_eq(p->stacks[i].source, child->source))
			continue;
		json_object_foreach(resources, logical, body)
			uses += deployment_nested_template(&one, 1, 1, body, NULL) == 0;
	}
	return uses;
}

static void repeat(struct plan *p, size_t i)
{
	struct plan_stack *copy = plan_add_stack(p, p->stacks[i].name, p->stacks[i].role);
	const struct plan_stack *s = &p->stacks[i];

	copy->source = str_dup(s->source);
	copy->text = str_dup_n(s->text, s->len);
	copy->len = s->len;
	json_array_extend(copy->parameters, s->parameters);
	(void)plan_parse(copy, copy->source, NULL, &copy->parsed, NULL);
}

/* One file may be the template of several nested stacks: each of them is judged with its own
 * parameters. For check alone: what is deployed is uploaded once. */
static void repeat_nested(struct plan *p)
{
	size_t files = p->count;

	for (bool more = true; more && p->count < STACKS_MOST;) {
		more = false;
		for (size_t i = 0; i < files; i++) {
			size_t uses = uses_of(p, &p->stacks[i]), there = 0;

			for (size_t k = 0; k < p->count; k++)
				there += str_eq(p->stacks[k].source, p->stacks[i].source);
			for (; there < uses && p->count < STACKS_MOST; there++, more = true)
				repeat(p, i);
		}
	}
}

void plan_link_nested(struct plan *p)
{
	bool *nested;

	if (p->preview && !p->unread)
		repeat_nested(p);
	nested = mem_new(p->count + 1, sizeof(bool));
	for (size_t i = 0; !p->unread && i < p->count; i++)
		nested[i] = uses_of(p, &p->stacks[i]) > 0;
	for (size_t i = 0; i < p->count; i++) {
		struct plan_stack *s = &p->stacks[i];
		const char *slash = s->source ? strrchr(s->source, '/') : NULL;

		if (!nested[i])
			continue;
		s->role = "nested";
		s->nested = str_dup(slash ? slash + 1 : s->source);
		move_to_front(p, i);
	}
	free(nested);
	for (size_t i = p->count; i-- > 0;)
		if (!p->stacks[i].nested) {
			p->stacks[i].role = "network";
			break;
		}
}

/* ---- keys --------------------------------------------------------------------------------------- */

static void wipe(char *text)
{
	explicit_bzero(text, strlen(text));
	free(text);
}

/* 0: ret[0] is the account's key, ret[1] the P2P key, the caller's to wipe. 1: there is no file. */
static int read_keys(const struct network *n, const char *directory, size_t i, char *ret[2],
		     struct err *err)
{
	struct near_key account, p2p;
	int rc = operator_read_node(directory, n->nodes[i].host_name, &account, &p2p, err);

	if (rc)
		return rc;
	ret[0] = near_key_format_secret(&account);
	ret[1] = near_key_format_secret(&p2p);
	near_key_wipe(&account);
	near_key_wipe(&p2p);
	return 0;
}

/* Each key is a parameter of its own. */
static void add_apart(size_t i, char *const texts[2], json_t *parameters)
{
	OWN(str) char *account = str_printf("Node%zuAccountKey", i);
	OWN(str) char *peer = str_printf("Node%zuPeerKey", i);

	plan_add_parameter(parameters, account, texts[0]);
	plan_add_parameter(parameters, peer, texts[1]);
}

static void append_keys(char *list, char *const texts[2])
{
	size_t len = strlen(list);

	(void)snprintf(list + len, 2 * KEY_MOST, "%s%s,%s", len ? "," : "", texts[0], texts[1]);
}

/* The list is part of a nested stack's parameter; NULL: there are none. */
static int add_keys(const struct network *n, const char *directory, bool preview, size_t i,
		    char *list, json_t *parameters, struct err *err)
{
	char *texts[2];
	int rc = read_keys(n, directory, i, texts, err);

	if (rc > 0 && !preview)
		return err_set(err, ERR_INPUT,
			       "%s/%s.json is missing: mpcup keys generate makes the keys of a network",
			       directory, n->nodes[i].host_name);
	if (rc)
		return rc;
	if (list)
		append_keys(list, texts);
	else
		add_apart(i, texts, parameters);
	wipe(texts[0]);
	wipe(texts[1]);
	return 0;
}

static int add_nested_keys(const struct network *n, const char *directory, bool preview,
			   const struct synth_nested *nested, json_t *parameters, struct err *err)
{
	char *list = mem_new(nested->count + 1, 2 * KEY_MOST);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < nested->count; i++)
		rc = add_keys(n, directory, preview, nested->first + i, list, parameters, err);
	if (rc == 0)
		plan_add_parameter(parameters, nested->keys, list);
	wipe(list);
	return rc < 0 ? -1 : 0;
}

int plan_node_keys(const struct network *n, const char *directory, bool preview,
		   const struct synth_parts *parts, json_t *parameters, struct err *err)
{
	for (size_t i = 0; i < parts->nested_count; i++)
		if (add_nested_keys(n, directory, preview, &parts->nested[i], parameters, err) < 0)
			return -1;
	for (size_t i = 0; !parts->nested_count && i < n->node_count; i++)
		if (add_keys(n, directory, preview, i, NULL, parameters, err) < 0)
			return -1;
	return 0;
}
