#include <string.h>

#include "core/near/near.h"

#define BOOT_MOST 256

static int host_valid(const char *host)
{
	size_t len = strlen(host);

	if (len == 0 || len > 253)
		return 0;
	for (const char *at = host; *at; at++)
		if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
		      (*at >= '0' && *at <= '9') || strchr("-_.", *at)))
			return 0;
	return 1;
}

/* "host:port", or an account id: nearcore then knows a peer without an address. */
static int parse_address(char *text, struct near_boot_node *node, struct err *err)
{
	char *colon = strrchr(text, ':');
	uint64_t port;

	if (!colon) {
		if (!near_account_valid(text))
			return err_set(err, ERR_INPUT, "'%s' is neither host:port nor an account",
				       text);
		node->host = str_dup("");
		return 0;
	}
	*colon = 0;
	if (num_parse_u64(colon + 1, 1, 65535, &port) < 0)
		return err_set(err, ERR_INPUT, "invalid port '%s'", colon + 1);
	if (!host_valid(text))
		return err_set(err, ERR_INPUT, "invalid host '%s'", text);
	node->host = str_dup(text);
	node->port = (uint16_t)port;
	return 0;
}

/* `entry` is cut up. The node's host is the list's from now on, also on failure. */
static int parse_entry(char *entry, struct near_boot_node *node, struct err *err)
{
	char *at = strchr(entry, '@');

	if (at)
		*at = 0;
	if (near_public_parse(entry, node->public_key, err) < 0)
		return -1;
	if (!at) {
		node->host = str_dup("");
		return 0;
	}
	return parse_address(at + 1, node, err);
}

/* Two entries with one key or one address make the real node panic at start. */
static int check_duplicate(const struct near_boot_node *nodes, size_t count, struct err *err)
{
	const struct near_boot_node *last = &nodes[count];

	for (size_t i = 0; i < count; i++) {
		if (!memcmp(nodes[i].public_key, last->public_key, NEAR_PUBLIC_BYTES))
			return err_set(err, ERR_INPUT, "duplicate peer id (first in entry %zu)",
				       i + 1);
		if (last->port && nodes[i].port == last->port && !strcmp(nodes[i].host, last->host))
			return err_set(err, ERR_INPUT,
				       "duplicate address %s:%u (first in entry %zu)", last->host,
				       last->port, i + 1);
	}
	return 0;
}

int near_boot_parse(const char *text, struct near_boot_node **ret_nodes, size_t *ret_count,
		    struct err *err)
{
	OWN(str) char *copy = str_dup(text ? text : "");
	struct near_boot_node *nodes = NULL;
	size_t count = 0;
	char *rest = copy, *entry;

	if (!*copy)
		rest = NULL;
	while ((entry = strsep(&rest, ","))) {
		OWN(str) char *shown = str_dup_n(entry, strnlen(entry, 120));

		nodes = mem_grow(nodes, count + 1, sizeof(*nodes));
		memset(&nodes[count], 0, sizeof(nodes[count]));
		if (count == BOOT_MOST) {
			near_boot_free(nodes, count);
			return err_set(err, ERR_LIMIT, "more than %d boot nodes", BOOT_MOST);
		}
		if (parse_entry(entry, &nodes[count], err) < 0 ||
		    check_duplicate(nodes, count, err) < 0) {
			near_boot_free(nodes, count + 1);
			return err_in(err, "boot node %zu ('%s')", count + 1, shown);
		}
		count++;
	}
	*ret_nodes = nodes;
	*ret_count = count;
	return 0;
}

void near_boot_free(struct near_boot_node *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(nodes[i].host);
	free(nodes);
}
