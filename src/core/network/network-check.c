/* Defaults, and what the values of a network.yaml must be together. */
#include "core/network/network-internal.h"

#include <string.h>

#include "base/str.h"

/* ---- grammars
 * ------------------------------------------------------------------------------------- */

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool network_account_valid(const char *id)
{
	size_t len = strlen(id);
	bool separated = true; /* a separator needs a word character on both sides */

	if (len < 2 || len > 64)
		return false;
	for (; *id; id++) {
		bool separator = *id == '-' || *id == '_' || *id == '.';

		if (!separator && !is_word_char(*id))
			return false;
		if (separator && separated)
			return false;
		separated = separator;
	}
	return !separated;
}

const char *network_account_chain(const char *id)
{
	static const struct {
		const char *ending, *chain;
	} table[] = {
		{ ".test.near", "localnet" }, { ".node0", "localnet" },
		{ ".localnet", "localnet" },  { ".mpc-localnet", "localnet" },
		{ ".testnet", "testnet" },    { ".near", "mainnet" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (str_ends(id, table[i].ending))
			return table[i].chain;
	return NULL;
}

static bool label_n(const char *label, size_t len)
{
	if (!len || len > 63 || label[0] == '-' || label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_word_char(label[i]) && label[i] != '-')
			return false;
	return true;
}

bool network_label_valid(const char *label)
{
	return label_n(label, strlen(label));
}

bool network_domain_valid(const char *name)
{
	if (strlen(name) > 253)
		return false;
	for (;;) {
		size_t len = strcspn(name, ".");

		if (!label_n(name, len))
			return false;
		if (!name[len])
			return true;
		name += len + 1;
	}
}

static bool host_valid(const char *host)
{
	return *host && strlen(host) <= 253 &&
	       !host[strspn(host,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")];
}

static bool is_stack_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return strlen(name) <= 128 && *name && strchr(letters, *name) &&
	       !name[strspn(name,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")];
}

/* ---- boot nodes
 * ----------------------------------------------------------------------------------- */

/* "ed25519:<43 or 44 of base58>@host:port"; the reason why it is not, or NULL. */
static const char *boot_problem(const char *entry, char **ret_host, unsigned *ret_port)
{
	static const char base58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	const char *key, *at = strchr(entry, '@'), *colon = strrchr(entry, ':');
	uint64_t port;
	size_t len;

	if (!str_starts(entry, "ed25519:"))
		return "the key must start with ed25519:";
	key = entry + strlen("ed25519:");
	len = strspn(key, base58);
	if (key[len] && key[len] != '@')
		return "the key is not base58";
	if (len > 44)
		return "this is a secret key's length; a boot node has the public key";
	if (len < 43)
		return "the public key is too short";
	if (!at || !colon || colon < at)
		return "@host:port is missing behind the key";
	if (num_parse_u64(colon + 1, 1, 65535, &port) < 0)
		return "the port is not a number between 1 and 65535";
	*ret_host = str_dup_n(at + 1, (size_t)(colon - at - 1));
	*ret_port = (unsigned)port;
	if (!host_valid(*ret_host))
		return "the host is not a name or an address";
	if (port == 3030 || port == 80 || port == 8080)
		return "that port does not speak NEAR's P2P protocol (24567 does)";
	return NULL;
}

int network_check_boot_nodes(const struct reader *r, const yaml_node_t *node, const char *text)
{
	OWN(str) char *rest = str_dup(text);
	OWN(json) json_t *seen = json_object();
	char *save = NULL;
	unsigned at = 0;

	if (text[strlen(text) - 1] == ',' || strstr(text, ",,") || *text == ',')
		return reader_fail(r, node, "boot_nodes has an empty entry");
	for (char *entry = strtok_r(rest, ",", &save); entry; entry = strtok_r(NULL, ",", &save)) {
		OWN(str) char *host = NULL;
		OWN(str) char *key = NULL;
		unsigned port = 0;
		const char *problem = boot_problem(entry, &host, &port);

		at++;
		/* what stands in front of the @ may be a secret key by mistake: it is never shown
		 */
		if (problem)
			return reader_fail(r, node, "boot node %u (%.80s): %s", at,
					   strchr(entry, '@') ? strchr(entry, '@') : "no @host",
					   problem);
		key = str_dup_n(entry, strcspn(entry, "@"));
		if (json_object_get(seen, key) || json_object_get(seen, strchr(entry, '@')))
			return reader_fail(
				r, node, "boot node %u (%.80s): its key or address is there twice",
				at, strchr(entry, '@'));
		json_set_bool(seen, key, true);
		json_set_bool(seen, strchr(entry, '@'), true);
	}
	return 0;
}

/* Host of the first boot node; caller frees. */
static char *first_boot_host(const struct network *n)
{
	const char *at = strchr(n->boot_nodes, '@');

	return at ? str_dup_n(at + 1, strcspn(at + 1, ":")) : NULL;
}

/* ---- defaults
 * ------------------------------------------------------------------------------------- */

static void set_default(char **text, const char *value)
{
	if (!*text)
		*text = str_dup(value);
}

static bool local(const struct network *n)
{
	return !strcmp(n->chain, "localnet");
}

static void default_nodes(struct network *n)
{
	if (!n->node_count) {
		n->nodes = mem_new(3, sizeof(*n->nodes));
		n->node_count = 3;
	}
	for (size_t i = 0; i < n->node_count; i++) {
		if (!n->nodes[i].account && local(n))
			n->nodes[i].account = str_printf("mpc-node-%zu.test.near", i);
		if (!n->nodes[i].host_name)
			n->nodes[i].host_name = str_printf("node-%zu", i);
	}
}

void network_defaults(struct network *n)
{
	set_default(&n->chain, "localnet");
	free(n->mpc_env);
	n->mpc_env = str_dup(local(n) ? "mpc-localnet" : n->chain);
	if (local(n))
		set_default(&n->contract, "mpc-contract.test.near");
	if (n->pattern == NETWORK_INTEGRATED)
		set_default(&n->base_stack, "near-base");
	set_default(&n->image, "nearone/mpc-node:3.2.0");
	if (!n->vpc_id)
		set_default(&n->vpc_cidr, "10.0.0.0/16");
	set_default(&n->namespace_name, "mpc.local");
	/* a public chain's embedded node needs far more than the local one */
	set_default(&n->cpu, local(n) ? "1024" : "8192");
	set_default(&n->memory, local(n) ? "4096" : "32768");
	set_default(&n->key_directory, "keys");
	if (!n->peer_port)
		n->peer_port = 80;
	if (!n->log_retention_days)
		n->log_retention_days = 7;
	default_nodes(n);
	if (!n->threshold) {
		n->threshold = (unsigned)((n->node_count * 6 + 9) / 10);
		if (n->threshold < 2)
			n->threshold = 2;
	}
	/* more nodes than the built-in protocols take: whoever runs others says which */
	if (!n->domain_count && n->node_count <= THRESHOLD_PARTIES_MOST)
		(void)network_domains_parse("CaitSith,Frost", &n->domains, &n->domain_count);
}

/* ---- checks
 * --------------------------------------------------------------------------------------- */

/* Fargate's sizes: memory from..to in steps, per cpu. */
static const struct size {
	unsigned cpu, from, to, step;
} sizes[] = {
	{ 256, 512, 2048, 0 }, /* 512, 1024, 2048 */
	{ 512, 1024, 4096, 1024 },   { 1024, 2048, 8192, 1024 },   { 2048, 4096, 16384, 1024 },
	{ 4096, 8192, 30720, 1024 }, { 8192, 16384, 61440, 4096 }, { 16384, 32768, 122880, 8192 },
};

static bool fits(const struct size *s, uint64_t memory)
{
	if (memory < s->from || memory > s->to)
		return false;
	if (!s->step)
		return memory == 512 || memory == 1024 || memory == 2048;
	return (memory - s->from) % s->step == 0;
}

static int check_size(const struct reader *r, const struct network *n)
{
	const yaml_node_t *at = r->at[KEY_MEMORY] ? r->at[KEY_MEMORY] : r->at[KEY_CPU];
	uint64_t cpu, memory;

	if (num_parse_u64(n->cpu, 1, 1000000, &cpu) < 0)
		return reader_fail(r, r->at[KEY_CPU],
				   "cpu %.32s is not a number of CPU units (1024 is one vCPU)",
				   n->cpu);
	if (num_parse_u64(n->memory, 1, 1000000, &memory) < 0)
		return reader_fail(r, r->at[KEY_MEMORY], "memory %.32s is not a number of MiB",
				   n->memory);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct size *s = &sizes[i];

		if (s->cpu != cpu)
			continue;
		if (fits(s, memory))
			break;
		return reader_fail(r, at,
				   "Fargate has no task of cpu %s and memory %s: with that cpu, "
				   "memory is %u "
				   "to %u in steps of %u",
				   n->cpu, n->memory, s->from, s->to, s->step ? s->step : 512);
	}
	if (cpu != 256 && cpu != 512 && cpu != 1024 && cpu != 2048 && cpu != 4096 && cpu != 8192 &&
	    cpu != 16384)
		return reader_fail(
			r, r->at[KEY_CPU],
			"Fargate has no task of cpu %s: 256, 512, 1024, 2048, 4096, 8192 or 16384",
			n->cpu);
	if (cpu < 1024 || memory < (local(n) ? 2048 : 32768))
		return reader_fail(
			r, at,
			"a node on %s needs at least cpu 1024 and memory %u: it embeds a NEAR "
			"node",
			n->chain, local(n) ? 2048 : 32768);
	return 0;
}

static int check_threshold(const struct reader *r, const struct network *n)
{
	unsigned least = (unsigned)((n->node_count * 6 + 9) / 10);

	if (least < 2)
		least = 2;
	if (n->threshold < least || n->threshold > n->node_count)
		return reader_fail(
			r, r->at[KEY_THRESHOLD],
			"threshold %u: the contract wants %u to %zu of %zu nodes (at least 60 "
			"percent and 2)",
			n->threshold, least, n->node_count, n->node_count);
	return 0;
}

static int check_port(const struct reader *r, const struct network *n)
{
	static const struct {
		unsigned port;
		const char *owner;
	} taken[] = { { 8080, "the web server" }, { 8079, "the migration service" },
		      { 3030, "NEAR's RPC" },	  { 24567, "NEAR's P2P" },
		      { 24566, "NEAR's P2P" },	  { 34001, "the profiler" } };

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (taken[i].port == n->peer_port)
			return reader_fail(r, r->at[KEY_PEER_PORT], "peer_port %u belongs to %s",
					   taken[i].port, taken[i].owner);
	if (!local(n) && n->peer_port != 80)
		return reader_fail(r, r->at[KEY_PEER_PORT],
				   "peer_port must be 80 on %s: the node's start script sets it",
				   n->chain);
	return 0;
}

static int check_account(const struct reader *r, const struct network *n, const char *account,
			 const yaml_node_t *at)
{
	const char *chain = network_account_chain(account);

	if (local(n) && network_built_in_keys(account))
		return reader_fail(r, at,
				   "account %s: client libraries have the public keys of the real one built in and "
				   "would use them on a local chain; take another name, such as v1.signer.localnet",
				   account);

	if (chain && strcmp(chain, n->chain) != 0)
		return reader_fail(r, at, "account %s is on %s, the chain of this network is %s",
				   account, chain, n->chain);
	return 0;
}

static int check_nodes(const struct reader *r, const struct network *n)
{
	const yaml_node_t *at = r->at[KEY_NODES];

	for (size_t i = 0; i < n->node_count; i++) {
		const struct network_node *node = &n->nodes[i];

		if (!node->account)
			return reader_fail(
				r, at,
				"node %zu has no account: on %s list every node with its account",
				i, n->chain);
		if (check_account(r, n, node->account, at) < 0)
			return -1;
		if (n->contract && !strcmp(node->account, n->contract))
			return reader_fail(r, at, "node %zu has the contract's account %s", i,
					   node->account);
		if (strlen(node->host_name) + 1 + strlen(n->namespace_name) > 253)
			return reader_fail(r, at, "the name %s.%s is too long", node->host_name,
					   n->namespace_name);
		for (size_t k = 0; k < i; k++) {
			if (!strcmp(n->nodes[k].account, node->account))
				return reader_fail(r, at, "two nodes have the account %s",
						   node->account);
			if (!strcmp(n->nodes[k].host_name, node->host_name))
				return reader_fail(r, at, "two nodes have the host name %s",
						   node->host_name);
		}
	}
	return 0;
}

/* The root account above it; NULL: it is one itself. */
static const char *root_of(const char *account)
{
	const char *dot = strrchr(account, '.');

	return dot ? dot + 1 : NULL;
}

/* A local chain has the roots that its genesis has: with the contract and a node below one, another node below
 * another root is a slip, and so is the name of the network for a root. */
static int check_roots(const struct reader *r, const struct network *n)
{
	const char *due = local(n) && n->contract ? root_of(n->contract) : NULL;
	const struct network_node *other = NULL;
	bool slip = false;

	for (size_t i = 0; due && i < n->node_count; i++) {
		const char *root = root_of(n->nodes[i].account);

		slip |= root && (!strcmp(root, due) || !strcmp(root, "localnet") || !strcmp(root, "mpc-localnet"));
		if (root && strcmp(root, due) != 0)
			other = &n->nodes[i];
	}
	if (!slip || !other)
		return 0;
	return reader_fail(r, r->at[KEY_NODES],
			   "account %s is below another root than the contract %s: give it a name that ends in .%s",
			   other->account, n->contract, due);
}

static int check_image(const struct reader *r, const struct network *n)
{
	const yaml_node_t *at = r->at[KEY_IMAGE];
	const char *last = strrchr(n->image, '/');

	if (n->image[strspn(n->image,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    ":/.-_@${}")])
		return reader_fail(r, at, "image %.200s is not an image reference", n->image);
	if (!strchr(last ? last : n->image, ':') && !strchr(n->image, '@'))
		return reader_fail(
			r, at,
			"image %.200s has neither tag nor digest: name the version that fits the "
			"chain",
			n->image);
	if (strstr(n->image, "-gcp"))
		return reader_fail(r, at, "image %.200s is the variant for Google Cloud", n->image);
	return 0;
}

static bool loopback(const char *host)
{
	return str_starts(host, "127.") || str_starts(host, "localhost") ||
	       str_starts(host, "0.0.0.0") || str_starts(host, "[::1]");
}

static int check_rpc_url(const struct reader *r, const struct network *n)
{
	const yaml_node_t *at = r->at[KEY_RPC_URL];
	const char *host = n->rpc_url ? strstr(n->rpc_url, "://") : NULL;

	if (!n->rpc_url)
		return 0;
	if ((!str_starts(n->rpc_url, "http://") && !str_starts(n->rpc_url, "https://")) ||
	    !host[3] || strpbrk(n->rpc_url, " \"\\"))
		return reader_fail(r, at, "rpc_url %.200s is not an http:// or https:// address",
				   n->rpc_url);
	if (loopback(host + 3))
		return reader_fail(r, at,
				   "rpc_url %.200s is the node's own loopback, not the chain",
				   n->rpc_url);
	return 0;
}

/* A private address that is in no range of the VPC cannot be reached from it. */
static int check_boot_host(const struct reader *r, const struct network *n)
{
	OWN(str) char *host = n->boot_nodes ? first_boot_host(n) : NULL;
	uint32_t ip, base;
	unsigned bits;
	bool is_private;

	if (!host)
		return 0;
	if (loopback(host))
		return reader_fail(r, r->at[KEY_BOOT_NODES],
				   "boot node %s is the node's own loopback, not the chain", host);
	if (ip_parse(host, &ip) < 0 || n->pattern != NETWORK_STANDALONE || !n->vpc_cidr ||
	    ip_parse_cidr(n->vpc_cidr, &base, &bits) < 0)
		return 0;
	is_private = ip_in_cidr(ip, 0x0a000000, 8) || ip_in_cidr(ip, 0xac100000, 12) ||
		     ip_in_cidr(ip, 0xc0a80000, 16);
	if (is_private && !ip_in_cidr(ip, base, bits))
		return reader_fail(r, r->at[KEY_BOOT_NODES],
				   "boot node %s is a private address outside the network's VPC %s",
				   host, n->vpc_cidr);
	return 0;
}

/* Subnets of a new VPC are /24, or a quarter of it; during a rollout tasks may be there twice. */
static int check_addresses(const struct reader *r, const struct network *n)
{
	uint32_t base;
	unsigned bits, subnet;

	if (!n->vpc_cidr || ip_parse_cidr(n->vpc_cidr, &base, &bits) < 0)
		return 0;
	subnet = bits + 2 > 24 ? bits + 2 : 24;
	if ((1u << (32 - subnet)) - 5 < 2 * n->node_count + 4)
		return reader_fail(
			r, r->at[KEY_VPC],
			"vpc.cidr %s has too few addresses for %zu nodes: its subnets are /%u",
			n->vpc_cidr, n->node_count, subnet);
	return 0;
}

static int check_names(const struct reader *r, const struct network *n)
{
	if (!is_stack_name(n->name))
		return reader_fail(
			r, r->at[KEY_NAME],
			"name %.140s is not a stack name: a letter, then letters, digits and -, "
			"at most 128",
			n->name);
	if (!network_domain_valid(n->namespace_name) || !strchr(n->namespace_name, '.'))
		return reader_fail(r, r->at[KEY_NAMESPACE],
				   "namespace %.100s is not a domain such as mpc.local",
				   n->namespace_name);
	if (!strcmp(n->namespace_name, "near.local"))
		return reader_fail(r, r->at[KEY_NAMESPACE],
				   "namespace near.local belongs to the NEAR base in the same VPC");
	return 0;
}

static int check_pattern(const struct reader *r, const struct network *n)
{
	if (n->base_stack && n->pattern != NETWORK_INTEGRATED)
		return reader_fail(r, r->at[KEY_BASE_STACK],
				   "base_stack is for the integrated pattern only");
	if (n->base_stack && !is_stack_name(n->base_stack))
		return reader_fail(r, r->at[KEY_BASE_STACK],
				   "base_stack %.140s is not a stack name", n->base_stack);
	if (n->base_stack && !strcmp(n->base_stack, n->name))
		return reader_fail(r, r->at[KEY_BASE_STACK],
				   "base_stack is the network's own name; it is another stack");
	if (n->pattern == NETWORK_COMPOSED && !local(n))
		return reader_fail(
			r, r->at[KEY_PATTERN],
			"the composed pattern has a local chain in it: chain must be localnet");
	if (n->pattern == NETWORK_COMPOSED && (n->boot_nodes || n->rpc_url))
		return reader_fail(
			r, n->boot_nodes ? r->at[KEY_BOOT_NODES] : r->at[KEY_RPC_URL],
			"the composed pattern has its own chain: no boot_nodes and no rpc_url");
	if (!n->contract)
		return reader_fail(
			r, NULL,
			"contract is missing: on %s name the account of the signer contract",
			n->chain);
	return 0;
}

static int check_retention(const struct reader *r, const struct network *n)
{
	for (const unsigned *days = network_keys[KEY_LOG_RETENTION].numbers; *days; days++)
		if (*days == n->log_retention_days)
			return 0;
	return reader_fail(
		r, r->at[KEY_LOG_RETENTION],
		"log_retention_days %u: CloudWatch has 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, "
		"180, 365, 400, 545, 731 and some years more",
		n->log_retention_days);
}

int network_check(const struct reader *r, const struct network *n)
{
	if (check_names(r, n) < 0 || check_pattern(r, n) < 0 ||
	    check_account(r, n, n->contract, r->at[KEY_CONTRACT]) < 0 || check_nodes(r, n) < 0 ||
	    check_roots(r, n) < 0 ||
	    check_threshold(r, n) < 0 || network_check_domains(r, n) < 0 ||
	    check_size(r, n) < 0 || check_port(r, n) < 0)
		return -1;
	if (check_image(r, n) < 0 || check_rpc_url(r, n) < 0 || check_boot_host(r, n) < 0 ||
	    check_addresses(r, n) < 0)
		return -1;
	return check_retention(r, n);
}
