#include "engine/fabric/dns-internal.h"

#include <string.h>

enum {
	HEADER = 12,
	FLAG_RESPONSE = 0x8000,
	FLAG_AUTHORITATIVE = 0x0400,
	FLAG_TRUNCATED = 0x0200,
	FLAG_RECURSION_WANTED = 0x0100,
	FLAG_RECURSION = 0x0080,
	OPCODE = 0x7800,
	CLASS_IN = 1,
	CLASS_ANY = 255,
	TYPE_SOA = 6,
	TYPE_OPT = 41,
	BADVERS = 16,
	NEGATIVE_TTL = 1, /* a name that appears must be seen soon */
	MOST_RECORDS = 512,
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint8_t *put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v & 0xffff);
}

static char lower(uint8_t c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool host_byte(uint8_t c)
{
	c = (uint8_t)lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Name at data[at]: position behind it, or 0. Questions have no compression. */
static size_t parse_name(const uint8_t *data, size_t len, size_t at, struct dns_query *q)
{
	size_t out = 0;

	q->usable_name = true;
	for (;;) {
		size_t label;

		if (at >= len)
			return 0;
		label = data[at++];
		if (label == 0)
			break;
		if (label > 63 || at + label > len || out + label + 1 >= sizeof(q->name))
			return 0;
		if (out)
			q->name[out++] = '.';
		for (size_t i = 0; i < label; i++) {
			q->usable_name = q->usable_name && host_byte(data[at + i]);
			q->name[out++] = lower(data[at + i]);
		}
		at += label;
	}
	q->name[out] = '\0';
	return at;
}

/* Name of any record, compressed or not: position behind it, or 0. */
static size_t skip_name(const uint8_t *data, size_t len, size_t at)
{
	while (at < len) {
		uint8_t c = data[at];

		if (c == 0)
			return at + 1;
		if ((c & 0xc0) == 0xc0)
			return at + 2 <= len ? at + 2 : 0;
		if (c & 0xc0)
			return 0;
		at += 1U + c;
	}
	return 0;
}

/* The OPT record says how much the asker takes. */
static bool parse_additional(const uint8_t *data, size_t len, size_t at, unsigned count,
			     struct dns_query *q)
{
	for (unsigned i = 0; i < count; i++) {
		at = skip_name(data, len, at);
		if (!at || at + 10 > len || at + 10U + get16(data + at + 8) > len)
			return false;
		if (get16(data + at) == TYPE_OPT) {
			q->edns = true;
			q->udp_size = get16(data + at + 2);
			q->edns_version = data[at + 5];
		}
		at += 10U + get16(data + at + 8);
	}
	return true;
}

int fabric_dns_parse(const uint8_t *data, size_t len, struct dns_query *q)
{
	size_t at;

	memset(q, 0, sizeof(*q));
	if (len < HEADER)
		return -1;
	q->id = get16(data);
	q->flags = get16(data + 2);
	if (q->flags & FLAG_RESPONSE)
		return -1;
	if (q->flags & OPCODE)
		return DNS_NOTIMP;
	if (get16(data + 4) != 1 || get16(data + 6) != 0)
		return DNS_FORMERR;
	at = parse_name(data, len, HEADER, q);
	if (!at || at + 4 > len)
		return DNS_FORMERR;
	q->type = get16(data + at);
	q->class = get16(data + at + 2);
	at += 4;
	if (get16(data + 8) != 0 || !parse_additional(data, len, at, get16(data + 10), q))
		return DNS_FORMERR;
	q->question_len = at - HEADER;
	if (q->class != CLASS_IN && q->class != CLASS_ANY)
		return DNS_REFUSED;
	return DNS_NOERROR;
}

static uint8_t *put_address(uint8_t *p, uint32_t address, unsigned ttl)
{
	p = put16(p, 0xc000 | HEADER); /* the question's name */
	p = put16(p, DNS_TYPE_A);
	p = put16(p, CLASS_IN);
	p = put32(p, ttl);
	p = put16(p, 4);
	return put32(p, address);
}

/* Negative answers carry it: the zone is the name asked for, which is as good as any here. */
static uint8_t *put_soa(uint8_t *p)
{
	p = put16(p, 0xc000 | HEADER);
	p = put16(p, TYPE_SOA);
	p = put16(p, CLASS_IN);
	p = put32(p, NEGATIVE_TTL);
	p = put16(p, 2 + 2 + 20);
	p = put16(p, 0xc000 | HEADER);
	p = put16(p, 0xc000 | HEADER);
	p = put32(p, 1);    /* serial */
	p = put32(p, 7200); /* refresh */
	p = put32(p, 900);  /* retry */
	p = put32(p, 86400);
	return put32(p, NEGATIVE_TTL);
}

static uint8_t *put_opt(uint8_t *p, unsigned rcode)
{
	*p++ = 0;
	p = put16(p, TYPE_OPT);
	p = put16(p, DNS_UDP_MOST);
	p = put16(p, rcode >> 4 << 8); /* upper bits of the code, version 0 */
	p = put16(p, 0);
	return put16(p, 0);
}

size_t fabric_dns_answer(const uint8_t *data, const struct dns_query *q, const struct dns_answer *a,
			 size_t limit, uint8_t *out)
{
	enum { RECORD = 16, SOA = 36, OPT = 11 };
	unsigned rcode = q->edns && q->edns_version ? BADVERS : a->rcode;
	size_t count = rcode == DNS_NOERROR ? a->count : 0;
	size_t room = limit - HEADER - q->question_len - (q->edns ? OPT : 0);
	bool negative =
		q->question_len && !count && (rcode == DNS_NOERROR || rcode == DNS_NXDOMAIN);
	unsigned flags =
		FLAG_RESPONSE | FLAG_RECURSION | (q->flags & (OPCODE | FLAG_RECURSION_WANTED));
	uint8_t *p = out;

	if (count * RECORD > room) {
		count = room / RECORD;
		flags |= FLAG_TRUNCATED;
	}
	negative = negative && room >= SOA;
	p = put16(p, q->id);
	p = put16(p, flags | (rcode & 15));
	p = put16(p, q->question_len ? 1 : 0);
	p = put16(p, (unsigned)count);
	p = put16(p, negative);
	p = put16(p, q->edns);
	memcpy(p, data + HEADER, q->question_len); /* echoed as asked, letter case too */
	p += q->question_len;
	for (size_t i = 0; i < count; i++)
		p = put_address(p, a->addresses[i], a->ttl);
	if (negative)
		p = put_soa(p);
	if (q->edns)
		p = put_opt(p, rcode);
	return (size_t)(p - out);
}

/* ---- client ------------------------------------------------------------------------------------
 */

size_t fabric_dns_ask(uint16_t id, const char *name, uint8_t *out)
{
	uint8_t *p = put16(put16(out, id), FLAG_RECURSION_WANTED);
	size_t total = 0;

	p = put16(put16(p, 1), 0);
	p = put16(put16(p, 0), 1);
	while (*name) {
		size_t label = strcspn(name, ".");

		total += label + 1;
		if (label == 0 || label > 63 || total > 253)
			return 0;
		*p++ = (uint8_t)label;
		memcpy(p, name, label);
		p += label;
		name += label + (name[label] == '.');
	}
	*p++ = 0;
	p = put16(put16(p, DNS_TYPE_A), CLASS_IN);
	return (size_t)(put_opt(p, 0) - out);
}

int fabric_dns_heard(const uint8_t *data, size_t len, uint16_t id,
		     uint32_t addresses[DNS_ADDRESSES], size_t *ret_count, bool *ret_truncated)
{
	unsigned questions, answers;
	size_t at = HEADER, count = 0;

	if (len < HEADER || get16(data) != id || !(get16(data + 2) & FLAG_RESPONSE))
		return -1;
	questions = get16(data + 4);
	answers = get16(data + 6);
	if (questions > MOST_RECORDS || answers > MOST_RECORDS)
		return -1;
	for (unsigned i = 0; i < questions; i++) {
		at = skip_name(data, len, at);
		if (!at || at + 4 > len)
			return -1;
		at += 4;
	}
	for (unsigned i = 0; i < answers; i++) {
		at = skip_name(data, len, at);
		if (!at || at + 10 > len || at + 10U + get16(data + at + 8) > len)
			return -1;
		if (get16(data + at) == DNS_TYPE_A && get16(data + at + 8) == 4 &&
		    count < DNS_ADDRESSES)
			addresses[count++] =
				(uint32_t)get16(data + at + 10) << 16 | get16(data + at + 12);
		at += 10U + get16(data + at + 8);
	}
	*ret_count = count;
	*ret_truncated = get16(data + 2) & FLAG_TRUNCATED;
	return get16(data + 2) & 15;
}
