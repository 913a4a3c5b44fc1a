#include "engine/sys/sys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <time.h>

#include "base/str.h"

enum { BATCH_BYTES = 32768, MESSAGE_BYTES = 1024 };

struct sys_netlink {
	struct mnl_socket *socket;
	uint32_t seq, pending;
	bool overflow; /* more queued than a batch holds: commit refuses */
	size_t len;
	char batch[BATCH_BYTES];
};

int sys_netlink_open(struct sys_netlink **ret, struct err *err)
{
	struct sys_netlink *n = NEW(struct sys_netlink);

	n->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!n->socket || mnl_socket_bind(n->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		(void)err_sys(err, "cannot open rtnetlink");
		sys_netlink_close(n);
		return -1;
	}
	n->seq = 1;
	*ret = n;
	return 0;
}

void sys_netlink_close(struct sys_netlink *n)
{
	if (!n)
		return;
	if (n->socket)
		(void)mnl_socket_close(n->socket);
	free(n);
}

static struct nlmsghdr *message(struct sys_netlink *n, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h;

	if (n->len + MESSAGE_BYTES > BATCH_BYTES) {
		n->overflow = true;
		n->len = 0; /* commit refuses; the content does not matter any more */
	}
	h = mnl_nlmsg_put_header(n->batch + n->len);
	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	h->nlmsg_seq = n->seq++;
	n->pending++;
	return h;
}

static void done(struct sys_netlink *n, const struct nlmsghdr *h)
{
	n->len += MNL_ALIGN(h->nlmsg_len);
}

static void put_address(struct nlmsghdr *h, uint16_t type, uint32_t address)
{
	mnl_attr_put_u32(h, type, htonl(address));
}

/* The kernel wants a fixed header in front of the peer's attributes. */
static void put_peer(struct nlmsghdr *h, const struct sys_veth *v)
{
	struct nlattr *peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));

	info->ifi_index = (int)v->peer_index;
	mnl_attr_put_strz(h, IFLA_IFNAME, v->peer_name);
	mnl_attr_put(h, IFLA_ADDRESS, 6, v->peer_mac);
	mnl_attr_put_u32(h, IFLA_NUM_TX_QUEUES, 1);
	mnl_attr_put_u32(h, IFLA_NUM_RX_QUEUES, 1);
	if (v->peer_net_fd >= 0)
		mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)v->peer_net_fd);
	else
		mnl_attr_put_u32(h, IFLA_NET_NS_PID, (uint32_t)v->peer_pid);
	mnl_attr_nest_end(h, peer);
}

void sys_netlink_veth(struct sys_netlink *n, const struct sys_veth *v)
{
	struct nlmsghdr *h = message(n, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));
	struct nlattr *link, *data;

	info->ifi_index = (int)v->index;
	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
	mnl_attr_put_strz(h, IFLA_IFNAME, v->name);
	mnl_attr_put(h, IFLA_ADDRESS, 6, v->mac);
	mnl_attr_put_u32(h, IFLA_NUM_TX_QUEUES, 1);
	mnl_attr_put_u32(h, IFLA_NUM_RX_QUEUES, 1);
	link = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_str(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	put_peer(h, v);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, link);
	done(n, h);
}

void sys_netlink_up(struct sys_netlink *n, uint32_t index)
{
	struct nlmsghdr *h = message(n, RTM_NEWLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));

	info->ifi_index = (int)index;
	info->ifi_flags = IFF_UP;
	info->ifi_change = IFF_UP;
	done(n, h);
}

void sys_netlink_address(struct sys_netlink *n, uint32_t index, uint32_t address, unsigned bits)
{
	struct nlmsghdr *h = message(n, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
	struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));

	info->ifa_family = AF_INET;
	info->ifa_prefixlen = (uint8_t)bits;
	info->ifa_index = index;
	put_address(h, IFA_LOCAL, address);
	put_address(h, IFA_ADDRESS, address);
	mnl_attr_put_u32(h, IFA_FLAGS, IFA_F_NOPREFIXROUTE);
	done(n, h);
}

static struct nlmsghdr *route(struct sys_netlink *n, uint16_t message_type, uint16_t flags,
			      uint32_t base, unsigned bits, uint8_t type, uint8_t scope)
{
	struct nlmsghdr *h = message(n, message_type, flags);
	struct rtmsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));

	info->rtm_family = AF_INET;
	info->rtm_dst_len = (uint8_t)bits;
	info->rtm_table = RT_TABLE_MAIN;
	info->rtm_protocol = RTPROT_STATIC;
	info->rtm_scope = scope;
	info->rtm_type = type;
	if (bits)
		put_address(h, RTA_DST, base);
	return h;
}

void sys_netlink_route(struct sys_netlink *n, uint32_t base, unsigned bits, uint32_t index,
		       uint32_t gateway, uint32_t source)
{
	struct nlmsghdr *h = route(n, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, base, bits,
				   RTN_UNICAST, gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);

	mnl_attr_put_u32(h, RTA_OIF, index);
	if (gateway)
		put_address(h, RTA_GATEWAY, gateway);
	if (source)
		put_address(h, RTA_PREFSRC, source);
	done(n, h);
}

void sys_netlink_route_remove(struct sys_netlink *n, uint32_t base, unsigned bits, uint32_t index)
{
	struct nlmsghdr *h = route(n, RTM_DELROUTE, 0, base, bits, RTN_UNICAST, RT_SCOPE_NOWHERE);

	mnl_attr_put_u32(h, RTA_OIF, index);
	done(n, h);
}

void sys_netlink_blackhole(struct sys_netlink *n, uint32_t base, unsigned bits)
{
	done(n, route(n, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, base, bits, RTN_BLACKHOLE,
		      RT_SCOPE_UNIVERSE));
}

void sys_netlink_neighbour(struct sys_netlink *n, uint32_t index, uint32_t address,
			   const uint8_t mac[6])
{
	struct nlmsghdr *h = message(n, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg *info = mnl_nlmsg_put_extra_header(h, sizeof(*info));

	info->ndm_family = AF_INET;
	info->ndm_ifindex = (int)index;
	info->ndm_state = NUD_PERMANENT;
	put_address(h, NDA_DST, address);
	mnl_attr_put(h, NDA_LLADDR, 6, mac);
	done(n, h);
}

/* First error among the answers in `data`; counts them. */
static int take_answers(struct sys_netlink *n, const char *data, int len)
{
	int first = 0;

	for (const struct nlmsghdr *h = (const void *)data; mnl_nlmsg_ok(h, len);
	     h = mnl_nlmsg_next(h, &len)) {
		const struct nlmsgerr *answer = mnl_nlmsg_get_payload(h);

		if (h->nlmsg_type != NLMSG_ERROR || !n->pending)
			continue;
		n->pending--;
		if (answer->error && !first)
			first = -answer->error;
	}
	return first;
}

int sys_netlink_commit(struct sys_netlink *n, struct err *err)
{
	char answers[16384] __attribute__((aligned(NLMSG_ALIGNTO)));
	int first = 0;

	if (n->overflow)
		return err_set(err, ERR_BUG, "too many link changes in one step");
	if (mnl_socket_sendto(n->socket, n->batch, n->len) < 0) {
		n->len = n->pending = 0;
		return err_sys(err, "cannot send to rtnetlink");
	}
	n->len = 0;
	while (n->pending) {
		ssize_t got = mnl_socket_recvfrom(n->socket, answers, sizeof(answers));
		int problem;

		if (got <= 0) {
			n->pending = 0;
			return err_sys(err, "no answer from rtnetlink");
		}
		problem = take_answers(n, answers, (int)got);
		if (problem && !first)
			first = problem;
	}
	if (!first)
		return 0;
	errno = first;
	return err_sys(err, "the kernel refused a link, address or route");
}

static int operstate(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == IFLA_OPERSTATE)
		*(uint8_t *)data = mnl_attr_get_u8(attr);
	return MNL_CB_OK;
}

int sys_netlink_operational(struct sys_netlink *n, uint32_t index)
{
	enum { OPERATIONAL = 6 }; /* IF_OPER_UP; <linux/if.h> and <net/if.h> exclude each other */
	char data[16384] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *h = mnl_nlmsg_put_header(data);
	struct ifinfomsg *info;
	uint8_t state = 0;
	ssize_t got;

	h->nlmsg_type = RTM_GETLINK;
	h->nlmsg_flags = NLM_F_REQUEST;
	h->nlmsg_seq = n->seq++;
	info = mnl_nlmsg_put_extra_header(h, sizeof(*info));
	info->ifi_index = (int)index;
	if (mnl_socket_sendto(n->socket, h, h->nlmsg_len) < 0)
		return 0;
	got = mnl_socket_recvfrom(n->socket, data, sizeof(data));
	if (got < (ssize_t)sizeof(*h) || h->nlmsg_type != RTM_NEWLINK)
		return 0;
	(void)mnl_attr_parse(h, sizeof(*info), operstate, &state);
	return state == OPERATIONAL;
}
