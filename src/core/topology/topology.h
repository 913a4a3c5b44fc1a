/* A VPC as concrete objects: what the packet filter, the solver and the drawing share.
 * Plain data, filled by the EC2 service (and later by the reader of templates). Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* protocol: -1 all, else IP protocol number (6 tcp, 17 udp, 1 icmp). from/to: ports, both 0..65535;
 * for all ports from=0, to=65535. Exactly one peer kind. Addresses in host byte order. */
enum topology_peer { TOPOLOGY_PEER_CIDR, TOPOLOGY_PEER_GROUP, TOPOLOGY_PEER_S3 };
struct topology_rule {
	int protocol;
	uint16_t from, to;
	enum topology_peer peer;
	uint32_t base; /* PEER_CIDR */
	unsigned bits;
	char *group; /* PEER_GROUP: sg-... */
	char *id;    /* sgr-...: what it lets through is counted under that name; NULL: nobody counts */
};

struct topology_group {
	char *id;
	struct topology_rule *ingress, *egress;
	size_t ingress_count, egress_count;
};

/* Network ACL entries in rule order; the implicit last one denies. */
struct topology_acl_entry {
	int protocol;
	uint16_t from, to;
	uint32_t base;
	unsigned bits;
	bool egress, allow;
};
struct topology_acl {
	char *id;
	struct topology_acl_entry *entries; /* ascending rule number */
	size_t count;
};

/* How 0.0.0.0/0 of the subnet's route table leaves the VPC, worked out by who fills this. */
enum topology_way { TOPOLOGY_WAY_NONE, TOPOLOGY_WAY_INTERNET_GATEWAY, TOPOLOGY_WAY_NAT };
struct topology_subnet {
	char *id, *zone;
	uint32_t base;
	unsigned bits;
	char *acl; /* id; NULL: everything passes */
	enum topology_way way;
	bool s3_gateway; /* an S3 gateway endpoint is in the route table */
};

enum topology_interface_kind {
	TOPOLOGY_INTERFACE_TASK,	 /* lives in the namespace of a task */
	TOPOLOGY_INTERFACE_MOUNT_TARGET, /* answers on TCP 2049 */
	TOPOLOGY_INTERFACE_ENDPOINT,	 /* VPC endpoint: answers on TCP 443 */
	TOPOLOGY_INTERFACE_INSTANCE,	 /* an EC2 instance */
};
struct topology_interface {
	char *id; /* eni-... */
	char *subnet;
	uint32_t address;
	bool public_address; /* has one: may use an internet gateway */
	enum topology_interface_kind kind;
	char **groups; /* ids */
	size_t group_count;
};

struct topology_vpc {
	char *id;
	uint32_t base;
	unsigned bits;
	bool dns_support, dns_hostnames;
	struct topology_subnet *subnets;
	struct topology_group *groups;
	struct topology_acl *acls;
	struct topology_interface *interfaces;
	size_t subnet_count, group_count, acl_count, interface_count;
};

void topology_vpc_free(struct topology_vpc *vpc); /* frees all members and vpc; NULL is fine */
const struct topology_subnet *topology_subnet(const struct topology_vpc *vpc, const char *id);
const struct topology_group *topology_group(const struct topology_vpc *vpc, const char *id);
const struct topology_interface *topology_interface(const struct topology_vpc *vpc,
						    const char *id);
/* True when packets from this interface can reach the outside (internet): its subnet has NAT, or
 * an internet gateway and the interface a public address. (faults.md 0.4 INTERNET) */
bool topology_outside(const struct topology_vpc *vpc, const struct topology_interface *i);
