#include "engine/sys/sys.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"

/* The kernel copies a whole transaction into one socket buffer, which an unprivileged process can
 * only raise to wmem_max. Attributes are at most 64 KiB, so elements are cut into messages. */
enum {
	WANTED_BUFFER = 1 << 20,
	MESSAGE_ROOM = 65536,
	ELEMENTS_BYTES = 40000,
	BUFFER_SLACK = 4096,
	MOST_TRANSACTIONS = 4096,
	ADDRESS_KEY = 7, /* nft's number for ipv4_addr; only tools look at it */
};
#define VERDICT_KEY 0xffffff00U

struct sys_nft {
	struct mnl_socket *socket;
	size_t limit; /* bytes of a transaction that the socket takes */
	char table[32];
	struct buf out;
	size_t starts[MOST_TRANSACTIONS]; /* where each transaction begins in out */
	size_t start_count;
	uint32_t seq, set_id;
	/* the message under construction: offset in out, or none */
	bool open;
	size_t at;
	struct nlattr *list; /* its list of expressions or elements */
	char set[128];	     /* elements: whose */
};

int sys_nft_open(struct sys_nft **ret, struct err *err)
{
	struct sys_nft *n = NEW(struct sys_nft);
	int wanted = WANTED_BUFFER, size = 0;
	socklen_t len = sizeof(size);

	n->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!n->socket || mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		(void)err_sys(err, "cannot open nf_tables (is the kernel module nf_tables there?)");
		sys_nft_close(n);
		return -1;
	}
	(void)setsockopt(mnl_socket_get_fd(n->socket), SOL_SOCKET, SO_SNDBUF, &wanted,
			 sizeof(wanted));
	(void)setsockopt(mnl_socket_get_fd(n->socket), SOL_SOCKET, SO_RCVBUF, &wanted,
			 sizeof(wanted));
	(void)getsockopt(mnl_socket_get_fd(n->socket), SOL_SOCKET, SO_SNDBUF, &size, &len);
	n->limit = size > 2 * BUFFER_SLACK ? (size_t)size - BUFFER_SLACK : BUFFER_SLACK;
	*ret = n;
	return 0;
}

void sys_nft_close(struct sys_nft *n)
{
	if (!n)
		return;
	if (n->socket)
		(void)mnl_socket_close(n->socket);
	buf_free(&n->out);
	free(n);
}

/* ---- messages ---------------------------------------------------------------------------------
 */

/* Grows out first, so that pointers into the message stay valid while it is built. */
static struct nlmsghdr *message(struct sys_nft *n, uint16_t type, uint16_t flags, uint8_t family,
				uint16_t resource)
{
	struct nfgenmsg *generic;
	struct nlmsghdr *h;

	if (n->out.cap - n->out.len < MESSAGE_ROOM) {
		n->out.cap = n->out.cap * 2 + MESSAGE_ROOM;
		n->out.data = mem_grow(n->out.data, n->out.cap, 1);
	}
	h = mnl_nlmsg_put_header(n->out.data + n->out.len);
	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = n->seq++;
	generic = mnl_nlmsg_put_extra_header(h, sizeof(*generic));
	generic->nfgen_family = family;
	generic->version = NFNETLINK_V0;
	generic->res_id = htons(resource);
	return h;
}

static void finish(struct sys_nft *n, const struct nlmsghdr *h)
{
	n->out.len += MNL_ALIGN(h->nlmsg_len);
}

static struct nlmsghdr *current(struct sys_nft *n)
{
	return (struct nlmsghdr *)(void *)(n->out.data + n->at);
}

static void transaction_begin(struct sys_nft *n)
{
	if (n->start_count < MOST_TRANSACTIONS)
		n->starts[n->start_count] = n->out.len;
	n->start_count++;
	finish(n, message(n, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
}

static void transaction_end(struct sys_nft *n)
{
	finish(n, message(n, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES));
}

/* Ends the rule or the list of elements that is open. */
static void close_open(struct sys_nft *n)
{
	bool elements = n->open && n->set[0];

	if (!n->open)
		return;
	mnl_attr_nest_end(current(n), n->list);
	finish(n, current(n));
	n->open = false;
	n->set[0] = '\0';
	if (elements && n->start_count <= MOST_TRANSACTIONS &&
	    n->out.len - n->starts[n->start_count - 1] + ELEMENTS_BYTES + 1024 > n->limit) {
		transaction_end(n);
		transaction_begin(n);
	}
}

static struct nlmsghdr *nft_message(struct sys_nft *n, unsigned type, uint16_t flags)
{
	close_open(n);
	return message(n, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, NFPROTO_IPV4, 0);
}

static void put32(struct nlmsghdr *h, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(h, type, htonl(value));
}

static void table_message(struct sys_nft *n, unsigned type, uint16_t flags)
{
	struct nlmsghdr *h = nft_message(n, type, flags);

	mnl_attr_put_strz(h, NFTA_TABLE_NAME, n->table);
	finish(n, h);
}

void sys_nft_begin(struct sys_nft *n, const char *table)
{
	(void)snprintf(n->table, sizeof(n->table), "%s", table);
	n->out.len = 0;
	n->start_count = 0;
	n->open = false;
	n->set[0] = '\0';
	n->set_id = 1;
	transaction_begin(n);
	/* Made first so that there is one to delete; the filter never sees the gap. */
	table_message(n, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	table_message(n, NFT_MSG_DELTABLE, 0);
	table_message(n, NFT_MSG_NEWTABLE, NLM_F_CREATE);
}

static struct nlmsghdr *chain_message(struct sys_nft *n, const char *name)
{
	struct nlmsghdr *h = nft_message(n, NFT_MSG_NEWCHAIN, NLM_F_CREATE);

	mnl_attr_put_strz(h, NFTA_CHAIN_TABLE, n->table);
	mnl_attr_put_strz(h, NFTA_CHAIN_NAME, name);
	return h;
}

void sys_nft_chain(struct sys_nft *n, const char *name)
{
	finish(n, chain_message(n, name));
}

void sys_nft_base_chain(struct sys_nft *n, const char *name, enum sys_nft_hook hook)
{
	struct nlmsghdr *h = chain_message(n, name);
	struct nlattr *nest = mnl_attr_nest_start(h, NFTA_CHAIN_HOOK);

	put32(h, NFTA_HOOK_HOOKNUM, hook == SYS_NFT_INPUT ? NF_INET_LOCAL_IN : NF_INET_FORWARD);
	put32(h, NFTA_HOOK_PRIORITY, NF_IP_PRI_FILTER);
	mnl_attr_nest_end(h, nest);
	put32(h, NFTA_CHAIN_POLICY, NF_DROP);
	mnl_attr_put_strz(h, NFTA_CHAIN_TYPE, "filter");
	finish(n, h);
}

void sys_nft_counter(struct sys_nft *n, const char *name)
{
	struct nlmsghdr *h = nft_message(n, NFT_MSG_NEWOBJ, NLM_F_CREATE);
	struct nlattr *nest;

	mnl_attr_put_strz(h, NFTA_OBJ_TABLE, n->table);
	mnl_attr_put_strz(h, NFTA_OBJ_NAME, name);
	put32(h, NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
	nest = mnl_attr_nest_start(h, NFTA_OBJ_DATA);
	mnl_attr_nest_end(h, nest);
	finish(n, h);
}

static struct nlmsghdr *set_message(struct sys_nft *n, const char *name)
{
	struct nlmsghdr *h = nft_message(n, NFT_MSG_NEWSET, NLM_F_CREATE);

	mnl_attr_put_strz(h, NFTA_SET_TABLE, n->table);
	mnl_attr_put_strz(h, NFTA_SET_NAME, name);
	put32(h, NFTA_SET_KEY_TYPE, ADDRESS_KEY);
	put32(h, NFTA_SET_KEY_LEN, sizeof(uint32_t));
	put32(h, NFTA_SET_ID, n->set_id++);
	return h;
}

void sys_nft_set(struct sys_nft *n, const char *name)
{
	finish(n, set_message(n, name));
}

void sys_nft_map(struct sys_nft *n, const char *name)
{
	struct nlmsghdr *h = set_message(n, name);

	put32(h, NFTA_SET_FLAGS, NFT_SET_MAP);
	put32(h, NFTA_SET_DATA_TYPE, VERDICT_KEY);
	finish(n, h);
}

/* ---- elements ---------------------------------------------------------------------------------
 */

static struct nlmsghdr *elements(struct sys_nft *n, const char *set)
{
	struct nlmsghdr *h;

	if (n->open && !strcmp(n->set, set) && current(n)->nlmsg_len < ELEMENTS_BYTES)
		return current(n);
	h = nft_message(n, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	n->at = n->out.len;
	n->open = true;
	(void)snprintf(n->set, sizeof(n->set), "%s", set);
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_TABLE, n->table);
	mnl_attr_put_strz(h, NFTA_SET_ELEM_LIST_SET, set);
	n->list = mnl_attr_nest_start(h, NFTA_SET_ELEM_LIST_ELEMENTS);
	return h;
}

static void put_data(struct nlmsghdr *h, uint16_t type, const void *data, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(h, type);

	mnl_attr_put(h, NFTA_DATA_VALUE, len, data);
	mnl_attr_nest_end(h, nest);
}

static void put_verdict(struct nlmsghdr *h, uint16_t type, enum sys_nft_verdict verdict,
			const char *chain)
{
	static const int codes[] = { [SYS_NFT_ACCEPT] = NF_ACCEPT,
				     [SYS_NFT_DROP] = NF_DROP,
				     [SYS_NFT_RETURN] = NFT_RETURN,
				     [SYS_NFT_JUMP] = NFT_JUMP,
				     [SYS_NFT_GOTO] = NFT_GOTO };
	struct nlattr *data = mnl_attr_nest_start(h, type);
	struct nlattr *nest = mnl_attr_nest_start(h, NFTA_DATA_VERDICT);

	put32(h, NFTA_VERDICT_CODE, (uint32_t)codes[verdict]);
	if (chain)
		mnl_attr_put_strz(h, NFTA_VERDICT_CHAIN, chain);
	mnl_attr_nest_end(h, nest);
	mnl_attr_nest_end(h, data);
}

static void put_element(struct sys_nft *n, const char *set, uint32_t address, const char *chain)
{
	struct nlmsghdr *h = elements(n, set);
	struct nlattr *nest = mnl_attr_nest_start(h, NFTA_LIST_ELEM);
	uint32_t key = htonl(address);

	put_data(h, NFTA_SET_ELEM_KEY, &key, sizeof(key));
	if (chain)
		put_verdict(h, NFTA_SET_ELEM_DATA, SYS_NFT_GOTO, chain);
	mnl_attr_nest_end(h, nest);
}

void sys_nft_element(struct sys_nft *n, const char *set, uint32_t address)
{
	put_element(n, set, address, NULL);
}

void sys_nft_element_goto(struct sys_nft *n, const char *map, uint32_t address, const char *chain)
{
	put_element(n, map, address, chain);
}

/* ---- rules ------------------------------------------------------------------------------------
 */

void sys_nft_rule(struct sys_nft *n, const char *chain)
{
	struct nlmsghdr *h = nft_message(n, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	n->at = n->out.len;
	n->open = true;
	mnl_attr_put_strz(h, NFTA_RULE_TABLE, n->table);
	mnl_attr_put_strz(h, NFTA_RULE_CHAIN, chain);
	n->list = mnl_attr_nest_start(h, NFTA_RULE_EXPRESSIONS);
}

struct expression {
	struct nlmsghdr *h;
	struct nlattr *element, *data;
};

static struct expression expression_begin(struct sys_nft *n, const char *name)
{
	struct expression e = { .h = current(n) };

	e.element = mnl_attr_nest_start(e.h, NFTA_LIST_ELEM);
	mnl_attr_put_strz(e.h, NFTA_EXPR_NAME, name);
	e.data = mnl_attr_nest_start(e.h, NFTA_EXPR_DATA);
	return e;
}

static void expression_end(const struct expression *e)
{
	mnl_attr_nest_end(e->h, e->data);
	mnl_attr_nest_end(e->h, e->element);
}

static void load_payload(struct sys_nft *n, uint32_t base, uint32_t offset, uint32_t len)
{
	struct expression e = expression_begin(n, "payload");

	put32(e.h, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put32(e.h, NFTA_PAYLOAD_BASE, base);
	put32(e.h, NFTA_PAYLOAD_OFFSET, offset);
	put32(e.h, NFTA_PAYLOAD_LEN, len);
	expression_end(&e);
}

static void load_address(struct sys_nft *n, bool source)
{
	load_payload(n, NFT_PAYLOAD_NETWORK_HEADER, source ? 12 : 16, sizeof(uint32_t));
}

/* register = register & mask, both as they lie in the packet (or in host order for a ct state) */
static void mask_register(struct sys_nft *n, uint32_t mask)
{
	struct expression e = expression_begin(n, "bitwise");
	uint32_t zero = 0;

	put32(e.h, NFTA_BITWISE_SREG, NFT_REG_1);
	put32(e.h, NFTA_BITWISE_DREG, NFT_REG_1);
	put32(e.h, NFTA_BITWISE_LEN, sizeof(mask));
	put_data(e.h, NFTA_BITWISE_MASK, &mask, sizeof(mask));
	put_data(e.h, NFTA_BITWISE_XOR, &zero, sizeof(zero));
	expression_end(&e);
}

static void compare(struct sys_nft *n, uint32_t op, const void *data, size_t len)
{
	struct expression e = expression_begin(n, "cmp");

	put32(e.h, NFTA_CMP_SREG, NFT_REG_1);
	put32(e.h, NFTA_CMP_OP, op);
	put_data(e.h, NFTA_CMP_DATA, data, len);
	expression_end(&e);
}

void sys_nft_match_address(struct sys_nft *n, bool source, uint32_t base, unsigned bits, bool is)
{
	uint32_t mask = bits ? htonl(~0U << (32 - bits)) : 0, want = htonl(base) & mask;

	load_address(n, source);
	if (bits < 32)
		mask_register(n, mask);
	compare(n, is ? NFT_CMP_EQ : NFT_CMP_NEQ, &want, sizeof(want));
}

static void lookup(struct sys_nft *n, bool source, const char *set, bool map)
{
	struct expression e;

	load_address(n, source);
	e = expression_begin(n, "lookup");
	put32(e.h, NFTA_LOOKUP_SREG, NFT_REG_1);
	if (map)
		put32(e.h, NFTA_LOOKUP_DREG, NFT_REG_VERDICT);
	mnl_attr_put_strz(e.h, NFTA_LOOKUP_SET, set);
	expression_end(&e);
}

void sys_nft_match_set(struct sys_nft *n, bool source, const char *set)
{
	lookup(n, source, set, false);
}

void sys_nft_do_map(struct sys_nft *n, bool source, const char *map)
{
	lookup(n, source, map, true);
}

void sys_nft_match_protocol(struct sys_nft *n, uint8_t protocol)
{
	struct expression e = expression_begin(n, "meta");

	put32(e.h, NFTA_META_DREG, NFT_REG_1);
	put32(e.h, NFTA_META_KEY, NFT_META_L4PROTO);
	expression_end(&e);
	compare(n, NFT_CMP_EQ, &protocol, sizeof(protocol));
}

void sys_nft_match_ports(struct sys_nft *n, uint16_t from, uint16_t to)
{
	uint16_t first = htons(from), last = htons(to);

	if (from == 0 && to == 65535)
		return;
	load_payload(n, NFT_PAYLOAD_TRANSPORT_HEADER, 2, sizeof(uint16_t));
	if (from == to) {
		compare(n, NFT_CMP_EQ, &first, sizeof(first));
		return;
	}
	compare(n, NFT_CMP_GTE, &first, sizeof(first));
	compare(n, NFT_CMP_LTE, &last, sizeof(last));
}

void sys_nft_match_established(struct sys_nft *n)
{
	enum { ESTABLISHED = 1 << 1, RELATED = 1 << 2 };
	struct expression e = expression_begin(n, "ct");
	uint32_t zero = 0;

	put32(e.h, NFTA_CT_DREG, NFT_REG_1);
	put32(e.h, NFTA_CT_KEY, NFT_CT_STATE);
	expression_end(&e);
	mask_register(n, ESTABLISHED | RELATED);
	compare(n, NFT_CMP_NEQ, &zero, sizeof(zero));
}

void sys_nft_count(struct sys_nft *n, const char *counter)
{
	struct expression e = expression_begin(n, "objref");

	put32(e.h, NFTA_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER);
	mnl_attr_put_strz(e.h, NFTA_OBJREF_IMM_NAME, counter);
	expression_end(&e);
}

void sys_nft_do(struct sys_nft *n, enum sys_nft_verdict verdict, const char *chain)
{
	struct expression e = expression_begin(n, "immediate");

	put32(e.h, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	put_verdict(e.h, NFTA_IMMEDIATE_DATA, verdict, chain);
	expression_end(&e);
}

/* ---- talking to the kernel ----------------------------------------------------------------------
 */

/* The kernel has worked through a transaction when the send returns: its complaints are there. */
static int take_errors(struct sys_nft *n)
{
	char answers[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	int first = 0;

	for (;;) {
		ssize_t got =
			recv(mnl_socket_get_fd(n->socket), answers, sizeof(answers), MSG_DONTWAIT);
		int len = (int)got;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == ENOBUFS)
			first = first ? first : ENOBUFS;
		if (got <= 0)
			return first;
		for (const struct nlmsghdr *h = (const void *)answers; mnl_nlmsg_ok(h, len);
		     h = mnl_nlmsg_next(h, &len)) {
			const struct nlmsgerr *answer = mnl_nlmsg_get_payload(h);

			if (h->nlmsg_type == NLMSG_ERROR && answer->error && !first)
				first = -answer->error;
		}
	}
}

int sys_nft_commit(struct sys_nft *n, struct err *err)
{
	close_open(n);
	transaction_end(n);
	if (n->start_count > MOST_TRANSACTIONS)
		return err_set(err, ERR_LIMIT, "too many addresses for the packet filter");
	for (size_t i = 0; i < n->start_count; i++) {
		size_t end = i + 1 < n->start_count ? n->starts[i + 1] : n->out.len;

		errno = 0;
		if (mnl_socket_sendto(n->socket, n->out.data + n->starts[i], end - n->starts[i]) <
		    0)
			return err_sys(err, "cannot load the packet filter");
		errno = take_errors(n);
		if (errno)
			return err_sys(err, "the kernel refused the packet filter");
	}
	return 0;
}

struct dump {
	void (*fn)(void *ctx, const char *name, uint64_t packets);
	void *ctx;
	const char *name;
	uint64_t packets;
};

static int counter_value(const struct nlattr *attr, void *data)
{
	struct dump *d = data;

	if (mnl_attr_get_type(attr) == NFTA_COUNTER_PACKETS)
		d->packets = be64toh(mnl_attr_get_u64(attr));
	return MNL_CB_OK;
}

static int counter_attribute(const struct nlattr *attr, void *data)
{
	struct dump *d = data;

	if (mnl_attr_get_type(attr) == NFTA_OBJ_NAME)
		d->name = mnl_attr_get_str(attr);
	else if (mnl_attr_get_type(attr) == NFTA_OBJ_DATA)
		(void)mnl_attr_parse_nested(attr, counter_value, d);
	return MNL_CB_OK;
}

static int counter_object(const struct nlmsghdr *h, void *data)
{
	struct dump *d = data;

	d->name = NULL;
	d->packets = 0;
	(void)mnl_attr_parse(h, sizeof(struct nfgenmsg), counter_attribute, d);
	if (d->name)
		d->fn(d->ctx, d->name, d->packets);
	return MNL_CB_OK;
}

int sys_nft_counters(struct sys_nft *n, const char *table,
		     void (*fn)(void *ctx, const char *name, uint64_t packets), void *ctx,
		     struct err *err)
{
	char data[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct dump d = { .fn = fn, .ctx = ctx };
	struct nlmsghdr *h;
	int more = 1;

	n->out.len = 0;
	n->open = false;
	h = nft_message(n, NFT_MSG_GETOBJ, NLM_F_DUMP);
	mnl_attr_put_strz(h, NFTA_OBJ_TABLE, table);
	put32(h, NFTA_OBJ_TYPE, NFT_OBJECT_COUNTER);
	if (mnl_socket_sendto(n->socket, h, h->nlmsg_len) < 0)
		return err_sys(err, "cannot ask for counters");
	while (more > 0) {
		ssize_t got = mnl_socket_recvfrom(n->socket, data, sizeof(data));

		if (got < 0)
			return err_sys(err, "cannot read counters");
		more = mnl_cb_run(data, (size_t)got, 0, 0, counter_object, &d);
	}
	if (more < 0)
		return err_sys(err, "cannot read counters");
	return 0;
}
