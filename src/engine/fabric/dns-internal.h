/* DNS messages as bytes: parsing of queries, building of answers, and the client's half. Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DNS_TYPE_A = 1,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_ANY = 255,
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
	DNS_UDP_PLAIN = 512,
	DNS_UDP_MOST = 1232, /* never fragmented */
	DNS_TCP_MOST = 65535,
	DNS_ADDRESSES = 64,
};

struct dns_query {
	uint16_t id, flags, type, class;
	char name[256];	     /* lower case, no final dot; "" is the root */
	bool usable_name;    /* a host name could be it */
	size_t question_len; /* bytes behind the header */
	bool edns;
	uint8_t edns_version;
	uint16_t udp_size;
};

/* -1: not to be answered at all (no query). Else the code to answer with at once, DNS_NOERROR: go
 * on. */
int fabric_dns_parse(const uint8_t *data, size_t len, struct dns_query *ret);

struct dns_answer {
	unsigned rcode, ttl;
	const uint32_t *addresses;
	size_t count;
};
/* Answer to the query in `data` (as parsed). What does not fit in `limit` sets TC. Length, at most
 * limit; out has room for it (limit >= 512). */
size_t fabric_dns_answer(const uint8_t *data, const struct dns_query *q, const struct dns_answer *a,
			 size_t limit, uint8_t *out);

/* Query for A; length, 0: not a name that DNS can carry. out: room for 300. */
size_t fabric_dns_ask(uint16_t id, const char *name, uint8_t *out);
/* Reads an answer to fabric_dns_ask(). -1: not it. Else its code; *ret_truncated: ask again over
 * TCP. */
int fabric_dns_heard(const uint8_t *data, size_t len, uint16_t id,
		     uint32_t addresses[DNS_ADDRESSES], size_t *ret_count, bool *ret_truncated);
