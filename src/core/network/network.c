/* Reads a network.yaml. */
#include "core/network/network-internal.h"

#include <string.h>

#include "base/str.h"

static int read_chain(struct reader *r, yaml_node_t *value, struct network *n)
{
	const struct network_key *key = &network_keys[KEY_CHAIN];
	int i;

	if (reader_choice(r, value, key, &i) < 0)
		return -1;
	n->chain = str_dup(key->words[i]);
	n->chain_given = true;
	return 0;
}

static int read_pattern(struct reader *r, yaml_node_t *value, struct network *n)
{
	int i;

	if (reader_choice(r, value, &network_keys[KEY_PATTERN], &i) < 0)
		return -1;
	n->pattern = (enum network_pattern)i;
	return 0;
}

/* A text, or a list of them that is joined with commas. */
static int read_boot_nodes(struct reader *r, yaml_node_t *value, struct network *n)
{
	OWN(buf) struct buf joined = { 0 };

	if (value->type != YAML_SEQUENCE_NODE) {
		if (reader_text(r, value, "boot_nodes", &n->boot_nodes) < 0)
			return -1;
		return network_check_boot_nodes(r, value, n->boot_nodes);
	}
	for (yaml_node_item_t *item = value->data.sequence.items.start;
	     item < value->data.sequence.items.top; item++) {
		yaml_node_t *node = yaml_document_get_node(&r->document, *item);
		OWN(str) char *text = NULL;

		if (reader_text(r, node, "a boot node", &text) < 0 ||
		    network_check_boot_nodes(r, node, text) < 0)
			return -1;
		buf_printf(&joined, "%s%s", joined.len ? "," : "", text);
	}
	if (!joined.len)
		return reader_fail(r, value,
				   "boot_nodes is empty: the nodes would follow no chain");
	n->boot_nodes = buf_take(&joined);
	return network_check_boot_nodes(r, value, n->boot_nodes);
}

/* ---- vpc
 * ------------------------------------------------------------------------------------------ */

static bool is_id(const char *text, const char *prefix)
{
	size_t len = strlen(prefix), rest;

	if (!str_starts(text, prefix))
		return false;
	rest = strlen(text + len);
	return (rest == 8 || rest == 17) && strspn(text + len, "0123456789abcdef") == rest;
}

static int read_subnets(struct reader *r, yaml_node_t *value, struct network *n)
{
	size_t count;

	if (value->type != YAML_SEQUENCE_NODE)
		return reader_fail(r, value, "private_subnets must be a list of subnet ids");
	if (reader_count(r, value, &network_keys[KEY_VPC].below[VPC_PRIVATE_SUBNETS],
			 "private_subnets needs", "subnets, each in a zone of its own", &count) < 0)
		return -1;
	for (yaml_node_item_t *item = value->data.sequence.items.start;
	     item < value->data.sequence.items.top; item++) {
		yaml_node_t *node = yaml_document_get_node(&r->document, *item);
		char *id = NULL;

		if (reader_text(r, node, "a subnet", &id) < 0)
			return -1;
		n->private_subnets = mem_grow(n->private_subnets, n->private_subnet_count + 1,
					      sizeof(*n->private_subnets));
		n->private_subnets[n->private_subnet_count++] = id;
		if (!is_id(id, "subnet-"))
			return reader_fail(
				r, node,
				"%.64s is not a subnet id (subnet- and 8 or 17 hex digits)", id);
		for (size_t i = 0; i + 1 < n->private_subnet_count; i++)
			if (!strcmp(n->private_subnets[i], id))
				return reader_fail(r, node, "%s is there twice", id);
	}
	return 0;
}

static int read_vpc_key(struct reader *r, size_t index, yaml_node_t *value, void *ctx)
{
	struct network *n = ctx;
	uint32_t base;
	unsigned bits;

	if (index == VPC_PRIVATE_SUBNETS)
		return read_subnets(r, value, n);
	if (index == VPC_ID) {
		if (reader_text(r, value, "vpc.id", &n->vpc_id) < 0)
			return -1;
		return is_id(n->vpc_id, "vpc-")
			       ? 0
			       : reader_fail(r, value,
					     "%.64s is not a VPC id (vpc- and 8 or 17 hex digits)",
					     n->vpc_id);
	}
	if (reader_text(r, value, "vpc.cidr", &n->vpc_cidr) < 0)
		return -1;
	if (ip_parse_cidr(n->vpc_cidr, &base, &bits) < 0 || bits < 16 || bits > 26)
		return reader_fail(
			r, value,
			"vpc.cidr %.64s is not an address range from /16 to /26, such as "
			"10.0.0.0/16",
			n->vpc_cidr);
	return 0;
}

static int read_vpc(struct reader *r, yaml_node_t *value, struct network *n)
{
	if (reader_mapping(r, value, network_keys[KEY_VPC].below, "vpc", read_vpc_key, n) < 0)
		return -1;
	if (n->vpc_id && n->vpc_cidr)
		return reader_fail(r, value,
				   "vpc has either cidr (a new VPC) or id (one that exists)");
	if (n->vpc_id && !n->private_subnet_count)
		return reader_fail(r, value,
				   "vpc.id needs vpc.private_subnets, where the nodes run");
	if (!n->vpc_id && n->private_subnet_count)
		return reader_fail(r, value, "vpc.private_subnets needs vpc.id");
	return 0;
}

/* ---- nodes
 * ---------------------------------------------------------------------------------------- */

static int read_node_key(struct reader *r, size_t index, yaml_node_t *value, void *ctx)
{
	struct network_node *node = ctx;

	if (index == NODE_SUPPRESS)
		return network_read_suppress(r, value, &node->suppress);
	if (index == NODE_ACCOUNT) {
		if (reader_text(r, value, "account", &node->account) < 0)
			return -1;
		return network_account_valid(node->account)
			       ? 0
			       : reader_fail(r, value,
					     "%.80s is not a NEAR account id (2 to 64 of a-z 0-9 - "
					     "_ .)",
					     node->account);
	}
	if (reader_text(r, value, "host_name", &node->host_name) < 0)
		return -1;
	return network_label_valid(node->host_name)
		       ? 0
		       : reader_fail(
				 r, value,
				 "%.80s is not a host name: one label of a-z 0-9 and -, at most 63",
				 node->host_name);
}

static void add_nodes(struct network *n, size_t count)
{
	n->nodes = mem_new(count, sizeof(*n->nodes));
	n->node_count = count;
}

static int read_nodes(struct reader *r, yaml_node_t *value, struct network *n)
{
	const struct network_key *key = &network_keys[KEY_NODES];
	size_t count;
	unsigned number;

	if (value->type == YAML_SCALAR_NODE) {
		if (reader_number(r, value, key, &number) < 0)
			return -1;
		add_nodes(n, number);
		return 0;
	}
	if (value->type != YAML_SEQUENCE_NODE)
		return reader_fail(r, value,
				   "nodes must be a number or a list of {account, host_name}");
	if (reader_count(r, value, key, "a network has", "nodes", &count) < 0)
		return -1;
	add_nodes(n, count);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *node =
			yaml_document_get_node(&r->document, value->data.sequence.items.start[i]);

		if (reader_mapping(r, node, key->below, "a node", read_node_key, &n->nodes[i]) < 0)
			return -1;
	}
	return 0;
}

/* ---- all keys
 * ------------------------------------------------------------------------------------- */

static int read_port(struct reader *r, yaml_node_t *value, struct network *n)
{
	unsigned port;

	if (reader_number(r, value, &network_keys[KEY_PEER_PORT], &port) < 0)
		return -1;
	n->peer_port = (uint16_t)port;
	return 0;
}

static int read_contract(struct reader *r, yaml_node_t *value, struct network *n)
{
	if (reader_text(r, value, "contract", &n->contract) < 0)
		return -1;
	n->contract_given = true;
	return network_account_valid(n->contract)
		       ? 0
		       : reader_fail(r, value,
				     "%.80s is not a NEAR account id (2 to 64 of a-z 0-9 - _ .)",
				     n->contract);
}

static int read_value(struct reader *r, size_t index, yaml_node_t *value, void *ctx)
{
	struct network *n = ctx;
	char **const texts[KEY_COUNT] = {
		[KEY_NAME] = &n->name,
		[KEY_BASE_STACK] = &n->base_stack,
		[KEY_RPC_URL] = &n->rpc_url,
		[KEY_IMAGE] = &n->image,
		[KEY_NAMESPACE] = &n->namespace_name,
		[KEY_CPU] = &n->cpu,
		[KEY_MEMORY] = &n->memory,
		[KEY_KEYS] = &n->key_directory,
	};

	r->at[index] = value;
	if (texts[index] && network_keys[index].forms & NETWORK_NUMBER)
		return reader_scalar(r, value, network_keys[index].name, texts[index]);
	if (texts[index])
		return reader_text(r, value, network_keys[index].name, texts[index]);
	if (index == KEY_CHAIN)
		return read_chain(r, value, n);
	if (index == KEY_PATTERN)
		return read_pattern(r, value, n);
	if (index == KEY_CONTRACT)
		return read_contract(r, value, n);
	if (index == KEY_BOOT_NODES)
		return read_boot_nodes(r, value, n);
	if (index == KEY_VPC)
		return read_vpc(r, value, n);
	if (index == KEY_SUPPRESS)
		return network_read_suppress(r, value, &n->suppress);
	if (index == KEY_THRESHOLD)
		return reader_number(r, value, &network_keys[index], &n->threshold);
	if (index == KEY_DOMAINS)
		return network_read_domains(r, value, n);
	if (index == KEY_PEER_PORT)
		return read_port(r, value, n);
	if (index == KEY_LOG_RETENTION)
		return reader_number(r, value, &network_keys[index], &n->log_retention_days);
	return read_nodes(r, value, n);
}

static int read_network(struct reader *r, struct network *n)
{
	if (reader_mapping(r, reader_root(r), network_keys, "the network", read_value, n) < 0)
		return -1;
	if (!n->name)
		return reader_fail(r, reader_root(r),
				   "name is missing: it becomes the stack's name");
	/* a base stack is there on a local chain only; public chains are joined by their boot nodes
	 */
	if (!r->at[KEY_PATTERN])
		n->pattern = n->base_stack || !n->chain || !strcmp(n->chain, "localnet")
				     ? NETWORK_INTEGRATED
				     : NETWORK_STANDALONE;
	network_defaults(n);
	return network_check(r, n);
}

int network_parse(const char *name, const char *text, size_t len, struct network **ret,
		  struct err *err)
{
	OWN(network) struct network *n = NEW(struct network);
	struct reader r;
	int rc;

	if (reader_open(&r, name, text, len, err) < 0)
		return -1;
	rc = read_network(&r, n);
	if (rc == 0)
		n->places = reader_places(&r);
	reader_close(&r);
	if (rc < 0)
		return -1;
	*ret = GIVE(n);
	return 0;
}

void network_free(struct network *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->node_count; i++) {
		free(n->nodes[i].account);
		free(n->nodes[i].host_name);
		network_suppressions_free(&n->nodes[i].suppress);
	}
	network_suppressions_free(&n->suppress);
	json_decref(n->places);
	for (size_t i = 0; i < n->private_subnet_count; i++)
		free(n->private_subnets[i]);
	free(n->domains);
	free(n->nodes);
	free(n->private_subnets);
	free(n->name);
	free(n->chain);
	free(n->mpc_env);
	free(n->contract);
	free(n->rpc_url);
	free(n->boot_nodes);
	free(n->base_stack);
	free(n->image);
	free(n->vpc_cidr);
	free(n->vpc_id);
	free(n->namespace_name);
	free(n->cpu);
	free(n->memory);
	free(n->key_directory);
	free(n);
}

/* ---- what kind of file it is ------------------------------------------------------------------ */

/* A template of a megabyte is told after its first lines, and depth costs libyaml its square. */
enum { RECOGNISE_DEPTH_MOST = 32 };
struct recogniser {
	size_t depth, children; /* children: of the root, keys and values */
	bool nodes, other;
};

/* False: the answer stands. */
static bool recognise_event(struct recogniser *r, const yaml_event_t *event)
{
	bool opens = event->type == YAML_MAPPING_START_EVENT ||
		     event->type == YAML_SEQUENCE_START_EVENT;
	bool closes =
		event->type == YAML_MAPPING_END_EVENT || event->type == YAML_SEQUENCE_END_EVENT;

	if (r->depth == 1 && !closes && r->children++ % 2 == 0 &&
	    event->type == YAML_SCALAR_EVENT) {
		const char *key = (const char *)event->data.scalar.value;

		r->nodes = r->nodes || !strcmp(key, "nodes");
		r->other = r->other || !strcmp(key, "Resources");
	}
	r->other = r->other || (r->depth == 0 && event->type == YAML_SEQUENCE_START_EVENT);
	r->depth = opens ? r->depth + 1 : closes ? r->depth - 1 : r->depth;
	return !r->other && r->depth <= RECOGNISE_DEPTH_MOST &&
	       event->type != YAML_DOCUMENT_END_EVENT &&
	       event->type != YAML_STREAM_END_EVENT;
}

bool network_recognise(const char *text, size_t len)
{
	struct recogniser r = { 0 };
	yaml_parser_t parser;
	yaml_event_t event;
	bool more = true;

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (more) {
		if (!yaml_parser_parse(&parser, &event)) {
			r.other = true;
			break;
		}
		more = recognise_event(&r, &event);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return r.nodes && !r.other;
}
