/* Suppressions in a network.yaml, and where its values stand. */
#include "core/network/network-internal.h"

#include <string.h>

#include "base/str.h"

/* ---- suppress -------------------------------------------------------------------------------------- */

static int read_key(struct reader *r, size_t index, yaml_node_t *value, void *ctx)
{
	struct network_suppression *one = ctx;

	return index ? reader_text(r, value, "reason", &one->reason)
		     : reader_text(r, value, "fault", &one->fault);
}

static int read_one(struct reader *r, yaml_node_t *node, struct network_suppression *one)
{
	if (reader_mapping(r, node, network_keys[KEY_SUPPRESS].below, "a suppression", read_key, one) < 0)
		return -1;
	if (!one->fault)
		return reader_fail(r, node, "a suppression names the fault that may stay");
	if (!one->reason || !one->reason[strspn(one->reason, " ")])
		return reader_fail(r, node, "a suppression needs a reason: why %.32s may stay",
				   one->fault);
	return 0;
}

int network_read_suppress(struct reader *r, yaml_node_t *value, struct network_suppressions *ret)
{
	if (value->type != YAML_SEQUENCE_NODE)
		return reader_fail(r, value, "suppress must be a list of {fault, reason}");
	for (yaml_node_item_t *item = value->data.sequence.items.start;
	     item < value->data.sequence.items.top; item++) {
		ret->list = mem_grow(ret->list, ret->count + 1, sizeof(*ret->list));
		ret->list[ret->count] = (struct network_suppression){ 0 };
		if (read_one(r, yaml_document_get_node(&r->document, *item),
			     &ret->list[ret->count++]) < 0)
			return -1;
	}
	return 0;
}

void network_suppressions_free(struct network_suppressions *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->list[i].fault);
		free(s->list[i].reason);
	}
	free(s->list);
}

/* ---- places ---------------------------------------------------------------------------------------- */

/* Aliases may lead in circles, or multiply: what is that deep or that much is no network.yaml. */
enum { DEPTH_MOST = 8, PLACES_MOST = 10000 };

static void add_places(struct reader *r, const yaml_node_t *node, const char *pointer, json_t *places,
		       unsigned depth)
{
	if (!node || depth > DEPTH_MOST || json_object_size(places) >= PLACES_MOST)
		return;
	json_object_set_new(places, pointer,
			    json_pack("[i,i]", (int)node->start_mark.line + 1,
				      (int)node->start_mark.column + 1));
	if (node->type == YAML_SEQUENCE_NODE)
		for (yaml_node_item_t *item = node->data.sequence.items.start;
		     item < node->data.sequence.items.top; item++) {
			OWN(str)
			char *below = str_printf("%s/%zu", pointer,
						 (size_t)(item - node->data.sequence.items.start));

			add_places(r, yaml_document_get_node(&r->document, *item), below, places,
				   depth + 1);
		}
	if (node->type != YAML_MAPPING_NODE)
		return;
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
		OWN(str) char *below = str_printf("%s/%s", pointer, key->data.scalar.value);

		/* all keys are known ones, texts without a slash: the reader saw to it */
		add_places(r, yaml_document_get_node(&r->document, pair->value), below, places,
			   depth + 1);
	}
}

json_t *reader_places(struct reader *r)
{
	json_t *places = json_object();

	add_places(r, reader_root(r), "", places, 0);
	return places;
}

void network_locate(const struct network *n, const char *pointer, unsigned *ret_line,
		    unsigned *ret_column)
{
	OWN(str) char *at = str_dup(pointer);
	const json_t *place;

	while (!(place = json_object_get(n->places, at)) && strrchr(at, '/'))
		*strrchr(at, '/') = '\0';
	*ret_line = place ? (unsigned)json_integer_value(json_array_get(place, 0)) : 1;
	*ret_column = place ? (unsigned)json_integer_value(json_array_get(place, 1)) : 1;
}
