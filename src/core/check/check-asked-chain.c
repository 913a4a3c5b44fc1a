/* What the chain's RPC tells: that it is the chain the nodes are made for, and how they find it. */
#include "core/check/check-asked.h"

#include <stdio.h>
#include <string.h>

#include "core/near/near.h"

#define VARIABLE struct variable __attribute__((cleanup(own_drop_variable)))
#define BOOT struct boot __attribute__((cleanup(own_drop_boot)))

/* The boot nodes of a chain's first node. */
struct boot {
	struct variable variable;
	struct near_boot_node *list;
	size_t count;
};
static void own_drop_boot(struct boot *b)
{
	near_boot_free(b->list, b->count);
	own_drop_variable(&b->variable);
}
static void read_boot(const struct check *c, const struct node *n, struct boot *ret)
{
	const char *text;
	struct err err = { 0 };

	node_variable(c, n, "NEAR_BOOT_NODES", &ret->variable);
	text = variable_text(&ret->variable);
	if (!text || near_boot_parse(text, &ret->list, &ret->count, &err) < 0)
		ret->count = 0;
}

static bool same_key(const struct near_boot_node *b, const char *text)
{
	uint8_t key[NEAR_PUBLIC_BYTES];

	return text && near_public_parse(text, key, NULL) == 0 &&
	       !memcmp(key, b->public_key, sizeof(key));
}

static struct check_finding about(enum check_severity severity, const struct asked_chain *ch,
				  const struct variable *v)
{
	return node_finding(severity, &ch->first, v);
}

/* ---- J01, C13
 * ------------------------------------------------------------------------------------ */

static void see_inside(struct check *c, const struct asked_chain *ch)
{
	VARIABLE v = { 0 };
	OWN(str) char *lookup = NULL;
	struct check_finding f;

	if (!ch->inside || !check_looks_up(c))
		return;
	node_variable(c, &ch->first, "NEAR_RPC_URL", &v);
	f = about(CHECK_UNKNOWN, ch, &v);
	lookup = str_printf("from a task or instance inside the VPC: curl %s/status", ch->url);
	f.lookup = lookup;
	check_add(
		c, &f,
		"the chain at %s answers inside its VPC only and was not asked: whether it is the "
		"nodes' chain, knows their accounts and has the contract can be told only there",
		ch->url);
}

void asked_j01(struct check *c)
{
	chain_each(c, true, see_inside);
}

static void see_answers(struct check *c, const struct asked_chain *ch)
{
	const json_t *status = chain_status(c, ch,
					    "whether the chain answers where the contract is "
					    "set up from");
	VARIABLE v = { 0 };
	struct check_finding f;

	node_variable(c, &ch->first, "NEAR_RPC_URL", &v);
	f = about(CHECK_WARN, ch, &v);
	if (json_is_true(json_path(status, "sync_info.syncing")))
		check_add(c, &f,
			  "the chain node at %s is itself still syncing (block %lld): accounts and "
			  "contract cannot be set up through it yet",
			  ch->url,
			  (long long)json_int_or(json_map(status, "sync_info"),
						 "latest_block_height", 0));
}

void asked_c13(struct check *c)
{
	chain_each(c, false, see_answers);
}

/* ---- H02, H01, H05, H15
 * ---------------------------------------------------------------------------- */

static const char *chain_id_of(const char *network)
{
	return !strcmp(network, "local") ? "mpc-localnet" : network;
}

static void see_id(struct check *c, const struct asked_chain *ch)
{
	const json_t *status = ch->network ? chain_status(c, ch, "the chain's id") : NULL;
	const char *id = json_str(status, "chain_id");
	VARIABLE v = { 0 };
	struct check_finding f;

	if (!id || !strcmp(id, chain_id_of(ch->network)))
		return;
	node_variable(c, &ch->first, "MPC_ENV", &v);
	f = about(CHECK_FAIL, ch, &v);
	check_add(c, &f, "the chain at %s has the id %.64s; with this MPC_ENV the node follows %s",
		  ch->url, id, chain_id_of(ch->network));
}

void asked_h02(struct check *c)
{
	chain_each(c, false, see_id);
}

/* The genesis in the image, as far as all versions of it agree. */
enum { GENESIS_EPOCH_LENGTH = 500, GENESIS_KEPT_EPOCHS = 5 };

static void see_foreign_genesis(struct check *c, const struct asked_chain *ch,
				const struct check_finding *where)
{
	ASKED a = ask(c, "near", "EXPERIMENTAL_genesis_config", json_pack("{s:s}", "url", ch->url));
	json_int_t epoch;

	if (!asked_or_unknown(c, where, &a,
			      "whether the chain began from the genesis in the image"))
		return;
	epoch = json_int_or(a.answer, "epoch_length", 0);
	if (epoch && epoch != GENESIS_EPOCH_LENGTH)
		check_add(c, where,
			  "the chain's genesis has epochs of %lld blocks, the one in the node's "
			  "image "
			  "of %d: two chains, whatever they are called",
			  (long long)epoch, GENESIS_EPOCH_LENGTH);
}

/* Public chains are told by their id; of a local one there are as many as there are geneses. */
static void see_genesis(struct check *c, const struct asked_chain *ch)
{
	bool local = ch->network && !strcmp(ch->network, "local");
	const json_t *status =
		local ? chain_status(c, ch, "whether the chain began from the genesis in the image")
		      : NULL;
	const char *hash = json_str(status, "genesis_hash");
	OWN(str) char *text = near_genesis_text("mpc-localnet");
	OWN(str) char *own = near_genesis_hash(text);
	VARIABLE v = { 0 };
	struct check_finding f;

	if (!hash || !strcmp(hash, own) ||
	    !str_eq(json_str(status, "chain_id"), chain_id_of(ch->network)))
		return;
	node_variable(c, &ch->first, "MPC_ENV", &v);
	f = about(CHECK_FAIL, ch, &v);
	if (strstr(json_str_or(json_map(status, "version"), "build", ""), "built-in"))
		check_add(c, &f, "the chain's genesis %.64s is not the node's, %s", hash, own);
	else
		see_foreign_genesis(c, ch, &f);
}

void asked_h01(struct check *c)
{
	chain_each(c, false, see_genesis);
}

/* Releases of the node whose embedded NEAR client speaks up to the same protocol. Of later ones
 * only the least is known. */
static long most_protocol(const char *image)
{
	const char *tag = image ? strrchr(image, ':') : NULL;
	unsigned major, minor;

	if (!tag || sscanf(tag, ":%u.%u.", &major, &minor) != 2 || major != 3)
		return 0;
	return minor >= 1 && minor <= 5 ? 82 : 0;
}

static void see_protocol(struct check *c, const struct asked_chain *ch)
{
	const char *image =
		deployment_text(check_deployment(c), json_object_get(ch->first.container, "Image"));
	long most = most_protocol(image);
	const json_t *status = most ? chain_status(c, ch, "the chain's protocol version") : NULL;
	json_int_t version = json_int_or(status, "protocol_version", 0);
	OWN(str) char *where = str_printf("ContainerDefinitions/%zu/Image", ch->first.index);
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = ch->first.task,
				   .property = where,
				   .service = ch->first.service };

	if (version > most)
		check_add(
			c, &f,
			"the chain speaks protocol %lld; %s has a NEAR client that knows up to %ld",
			(long long)version, image, most);
}

void asked_h05(struct check *c)
{
	chain_each(c, false, see_protocol);
}

/* What a chain node still has of the past, a node that begins from genesis needs from it. */
static void see_horizon(struct check *c, const struct asked_chain *ch)
{
	bool local = ch->network && !strcmp(ch->network, "local");
	const json_t *status =
		local ? chain_status(c, ch, "whether the chain still has its first blocks") : NULL;
	const json_t *sync = json_map(status, "sync_info");
	json_int_t latest = json_int_or(sync, "latest_block_height", 0);
	json_int_t earliest = json_int_or(sync, "earliest_block_height", -1);
	VARIABLE v = { 0 };
	struct check_finding f;

	node_variable(c, &ch->first, "NEAR_BOOT_NODES", &v);
	f = about(CHECK_WARN, ch, &v);
	if (earliest > 1)
		check_add(c, &f,
			  "the chain is at block %lld and has nothing before %lld: a node that "
			  "starts "
			  "from genesis cannot catch up",
			  (long long)latest, (long long)earliest);
	else if (earliest < 0 && latest > GENESIS_KEPT_EPOCHS * GENESIS_EPOCH_LENGTH)
		check_add(
			c, &f,
			"the chain is at block %lld; a NEAR node keeps %d epochs of %d blocks, and "
			"a node that starts from genesis may not catch up",
			(long long)latest, GENESIS_KEPT_EPOCHS, GENESIS_EPOCH_LENGTH);
}

void asked_h15(struct check *c)
{
	chain_each(c, false, see_horizon);
}

/* ---- H03, H04, C14: the boot nodes
 * ------------------------------------------------------------------- */

/* Address of the peer with the key, out of network_info; NULL: none. */
static const char *peer_address(const struct asked *info, const struct near_boot_node *b)
{
	json_t *one;
	size_t i;

	json_array_foreach(asked_list(info, "active_peers", NULL), i, one)
		if (same_key(b, json_str(one, "id")))
			return json_str(one, "addr");
	return NULL;
}

/* Id of the peer that is known at the host, or NULL. */
static const char *peer_at(const struct asked *info, const char *host)
{
	json_t *one;
	size_t i;

	json_array_foreach(asked_list(info, "active_peers", NULL), i, one) {
		OWN(str) char *at = chain_host(json_str_or(one, "addr", ""));

		if (str_eq(at, host))
			return json_str(one, "id");
	}
	return NULL;
}

/* The key of the chain node that answers; its deprecated name means another key where the two
 * differ. */
static const char *own_key(const json_t *status)
{
	const char *key = json_str(status, "node_public_key");

	return key ? key : json_str(status, "node_key");
}

static void see_boot_key(struct check *c, const struct check_finding *f, const struct asked *info,
			 const json_t *status, const char *rpc_host, const struct near_boot_node *b)
{
	const char *expected = own_key(status);

	if (same_key(b, own_key(status)) || peer_address(info, b))
		return;
	if (!str_eq(b->host, rpc_host))
		expected = peer_at(info, b->host);
	if (!expected)
		return;
	if (same_key(b, json_str(status, "validator_public_key")))
		check_add(c, f,
			  "the key in front of %s is the chain's validator key; its node key is "
			  "%.80s",
			  b->host, expected);
	else
		check_add(c, f, "the node at %s has the key %.80s, not the one in NEAR_BOOT_NODES",
			  b->host, expected);
}

static struct asked ask_peers(struct check *c, const struct asked_chain *ch)
{
	return ask(c, "near", "network_info", json_pack("{s:s}", "url", ch->url));
}

/* Calls for each boot node when status and peers are known. */
static void each_boot(struct check *c, const struct asked_chain *ch, enum check_severity severity,
		      const char *what,
		      void (*see)(struct check *c, const struct check_finding *f,
				  const struct asked *info, const json_t *status,
				  const char *rpc_host, const struct near_boot_node *b))
{
	BOOT boot = { 0 };
	OWN(str) char *rpc_host = chain_host(ch->url);
	const json_t *status;
	struct check_finding f;
	ASKED info = { 0 };

	read_boot(c, &ch->first, &boot);
	status = boot.count ? chain_status(c, ch, what) : NULL;
	if (!status)
		return;
	info = ask_peers(c, ch);
	f = about(severity, ch, &boot.variable);
	if (!asked_or_unknown(c, &f, &info, what))
		return;
	for (size_t i = 0; i < boot.count; i++)
		if (*boot.list[i].host)
			see(c, &f, &info, status, rpc_host, &boot.list[i]);
}

static void see_keys(struct check *c, const struct asked_chain *ch)
{
	each_boot(c, ch, CHECK_FAIL, "whether the boot nodes have these keys", see_boot_key);
}

void asked_h03(struct check *c)
{
	chain_each(c, false, see_keys);
}

static bool is_loopback(const char *host)
{
	uint32_t ip;

	return !strcmp(host, "localhost") || (ip_parse(host, &ip) == 0 && ip >> 24 == 127);
}

/* Addresses of a VPC and public ones of the same node differ rightly: only like is compared. */
static void see_boot_host(struct check *c, const struct check_finding *f, const struct asked *info,
			  const json_t *status, const char *rpc_host,
			  const struct near_boot_node *b)
{
	const char *address = peer_address(info, b);
	OWN(str) char *at = address ? chain_host(address) : NULL;
	uint32_t configured, known;

	(void)status;
	(void)rpc_host;
	if (!at || ip_parse(b->host, &configured) < 0 || ip_parse(at, &known) < 0 ||
	    configured == known || is_loopback(at) ||
	    chain_is_inside(c, at) != chain_is_inside(c, b->host))
		return;
	check_add(c, f, "the chain knows this boot node at %s; NEAR_BOOT_NODES has its key at %s",
		  at, b->host);
}

static void see_hosts(struct check *c, const struct asked_chain *ch)
{
	each_boot(c, ch, CHECK_WARN, "whether the boot nodes are still at these addresses",
		  see_boot_host);
}

void asked_h04(struct check *c)
{
	chain_each(c, false, see_hosts);
}

static void see_boot_loopback(struct check *c, const struct check_finding *f,
			      const struct asked *info, const json_t *status, const char *rpc_host,
			      const struct near_boot_node *b)
{
	const char *address = peer_address(info, b);
	OWN(str) char *at = address ? chain_host(address) : NULL;

	(void)status;
	(void)rpc_host;
	if (at && is_loopback(at) && !is_loopback(b->host))
		check_add(
			c, f,
			"the boot node with this key is known to its peers as %.64s: it listens on "
			"its own host only, and nothing at %s accepts the connection",
			address, b->host);
}

static void see_loopback(struct check *c, const struct asked_chain *ch)
{
	each_boot(c, ch, CHECK_WARN, "where the boot nodes listen", see_boot_loopback);
}

void asked_c14(struct check *c)
{
	chain_each(c, false, see_loopback);
}

/* ---- D17
 * -----------------------------------------------------------------------------------------------
 */

/* When the chain began: only while its first block is still there. */
static const char *began(const json_t *status)
{
	const json_t *sync = json_map(status, "sync_info");

	return json_int_or(sync, "earliest_block_height", -1) >= 0 &&
			       json_int_or(sync, "earliest_block_height", -1) <= 1
		       ? json_str(sync, "earliest_block_time")
		       : NULL;
}

static bool has_volume(const struct node *n)
{
	for (size_t i = 0; i < n->service->task->volume_count; i++)
		if (n->service->task->volumes[i].system)
			return true;
	return false;
}

/* Both times are UTC and written from the year down. */
static bool is_before(const char *a, const char *b)
{
	return strlen(a) >= 19 && strlen(b) >= 19 && strncmp(a, b, 19) < 0;
}

static void see_age(struct check *c, const struct asked_chain *ch)
{
	bool local = ch->network && !strcmp(ch->network, "local");
	struct deployed d;
	const json_t *status;
	const char *born, *chain;
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = ch->first.task,
				   .property = "Volumes",
				   .service = ch->first.service };

	if (!local || !has_volume(&ch->first) ||
	    !deployed_or_unknown(c, ch->first.task->template,
				 "whether the volume is older than the chain", &d) ||
	    !deployed_has(&d, ch->first.task))
		return;
	status = chain_status(c, ch, "whether the volume is older than the chain");
	chain = began(status);
	born = json_str(d.stack, "CreationTime");
	if (chain && born && is_before(born, chain))
		check_add(
			c, &f,
			"the stack and its volumes are from %.19s, the chain at %s began on %.19s: "
			"the nodes hold the blocks of a chain before it",
			born, ch->url, chain);
}

void asked_d17(struct check *c)
{
	chain_each(c, false, see_age);
}
