/* Suppressions of network.yaml on their way into the template. An entry is at many resources, because
 * network.yaml does not know them; its "origin" says that all of these are the one entry. */
#include "core/synth/synth-internal.h"

#include <string.h>

#include "base/str.h"

bool synth_node_of(const char *logical, size_t *ret_index, const char **ret_part)
{
	const char *number = logical + strlen("Node");
	size_t digits;
	uint64_t index;

	if (!str_starts(logical, "Node"))
		return false;
	digits = strspn(number, "0123456789");
	OWN(str) char *text = str_dup_n(number, digits);

	if (num_parse_u64(text, 0, 1000, &index) < 0)
		return false;
	*ret_index = (size_t)index;
	*ret_part = number + digits;
	return true;
}

static void add(json_t *list, const struct network_suppressions *from, const char *pointer)
{
	for (size_t i = 0; i < from->count; i++) {
		OWN(str) char *origin = str_printf("%s/suppress/%zu", pointer, i);
		json_t *entry = json_object();

		json_set_str(entry, "fault", from->list[i].fault);
		json_set_str(entry, "reason", from->list[i].reason);
		json_set_str(entry, "origin", origin);
		json_array_append_new(list, entry);
	}
}

static json_t *metadata(json_t *list)
{
	return json_pack("{s:{s:o}}", "mpcup", "suppress", list);
}

void synth_add_suppressions(struct synth *s)
{
	const char *logical, *part;
	json_t *resource;
	size_t i;

	if (s->n->suppress.count) {
		s->metadata = metadata(json_array());
		add(json_path(s->metadata, "mpcup.suppress"), &s->n->suppress, "");
	}
	json_object_foreach(s->resources, logical, resource)
	{
		json_t *list = json_array();

		add(list, &s->n->suppress, "");
		if (synth_node_of(logical, &i, &part) && i < s->n->node_count) {
			OWN(str) char *pointer = str_printf("/nodes/%zu", i);

			add(list, &s->n->nodes[i].suppress, pointer);
		}
		if (json_array_size(list))
			json_object_set_new(resource, "Metadata", metadata(list));
		else
			json_decref(list);
	}
}
