#include "engine/fabric/dns-internal.h"

#include <string.h>

#include "base/test.h"

/* id 0x1234, RD, one question */
static size_t query(uint8_t *out, const char *name, uint8_t type, bool edns, uint16_t size)
{
	size_t len = fabric_dns_ask(0x1234, name, out);

	out[len - 11 - 3] = type;
	if (!edns) {
		out[11] = 0;
		return len - 11;
	}
	out[len - 8] = (uint8_t)(size >> 8);
	out[len - 7] = (uint8_t)size;
	return len;
}

TEST(dns, reads_a_query_and_folds_its_name)
{
	uint8_t data[512];
	struct dns_query q;
	size_t len = query(data, "Node.MPC.local", 1, true, 4096);

	CHECK_INT(fabric_dns_parse(data, len, &q), DNS_NOERROR);
	CHECK_STR(q.name, "node.mpc.local");
	CHECK_INT(q.id, 0x1234);
	CHECK_INT(q.type, 1);
	CHECK(q.edns && q.usable_name);
	CHECK_INT(q.udp_size, 4096);
}

TEST(dns, an_answer_echoes_the_question_and_is_read_back)
{
	uint8_t data[512], out[512];
	uint32_t addresses[3] = { 0x0a000105, 0x0a000106, 0x0a000107 }, got[DNS_ADDRESSES];
	struct dns_answer a = { .ttl = 10, .addresses = addresses, .count = 3 };
	struct dns_query q;
	bool truncated = true;
	size_t len = query(data, "NoDe.local", 1, true, 512), count = 0;

	CHECK_INT(fabric_dns_parse(data, len, &q), DNS_NOERROR);
	len = fabric_dns_answer(data, &q, &a, 512, out);
	CHECK(!memcmp(out + 12, data + 12, q.question_len));
	CHECK_INT(fabric_dns_heard(out, len, 0x1234, got, &count, &truncated), DNS_NOERROR);
	CHECK_INT(count, 3);
	CHECK_INT(got[2], 0x0a000107);
	CHECK(!truncated);
	CHECK_INT(fabric_dns_heard(out, len, 0x1235, got, &count, &truncated), -1);
}

TEST(dns, what_does_not_fit_is_marked_truncated)
{
	uint8_t data[512], out[1232];
	uint32_t addresses[64] = { 0 }, got[DNS_ADDRESSES];
	struct dns_answer a = { .addresses = addresses, .count = 64 };
	struct dns_query q;
	bool truncated = false;
	size_t len = query(data, "many.test", 1, false, 0), count = 0;

	CHECK_INT(fabric_dns_parse(data, len, &q), DNS_NOERROR);
	len = fabric_dns_answer(data, &q, &a, 512, out);
	CHECK(len <= 512);
	CHECK_INT(fabric_dns_heard(out, len, 0x1234, got, &count, &truncated), DNS_NOERROR);
	CHECK(truncated);
	CHECK_INT(count, (512 - 12 - 15) / 16);
}

TEST(dns, negative_answers_carry_a_soa)
{
	uint8_t data[512], out[512];
	struct dns_answer no_name = { .rcode = DNS_NXDOMAIN }, no_data = { 0 };
	struct dns_query q;
	size_t len = query(data, "x.test", 28, false, 0);

	CHECK_INT(fabric_dns_parse(data, len, &q), DNS_NOERROR);
	CHECK_INT(fabric_dns_answer(data, &q, &no_name, 512, out), 12 + q.question_len + 36);
	CHECK_INT(out[3] & 15, DNS_NXDOMAIN);
	CHECK_INT(out[9], 1);
	CHECK_INT(fabric_dns_answer(data, &q, &no_data, 512, out), 12 + q.question_len + 36);
	CHECK_INT(out[3] & 15, DNS_NOERROR);
}

TEST(dns, broken_queries_are_refused_or_ignored)
{
	uint8_t data[512];
	struct dns_query q;
	size_t len = query(data, "a.test", 1, true, 512);

	for (size_t i = 0; i < 12; i++)
		CHECK_INT(fabric_dns_parse(data, i, &q), -1);
	for (size_t i = 12; i < len; i++)
		CHECK_INT(fabric_dns_parse(data, i, &q), DNS_FORMERR);
	data[12] = 0xc0; /* a pointer in a question */
	CHECK_INT(fabric_dns_parse(data, len, &q), DNS_FORMERR);
	len = query(data, "a.test", 1, true, 512);
	data[2] |= 0x80; /* an answer */
	CHECK_INT(fabric_dns_parse(data, len, &q), -1);
	data[2] = 0x10; /* status */
	CHECK_INT(fabric_dns_parse(data, len, &q), DNS_NOTIMP);
	data[2] = 1;
	data[len - 11 - 1] = 3; /* class chaos */
	CHECK_INT(fabric_dns_parse(data, len, &q), DNS_REFUSED);
}

TEST(dns, names_that_do_not_fit_are_not_asked)
{
	uint8_t data[512];
	char name[300];

	memset(name, 'a', sizeof(name));
	name[64] = '\0';
	CHECK_INT(fabric_dns_ask(1, name, data), 0);
	for (size_t i = 3; i < 299; i += 4)
		name[i] = '.';
	name[299] = '\0';
	name[64] = 'a';
	CHECK_INT(fabric_dns_ask(1, name, data), 0);
	CHECK_INT(fabric_dns_ask(1, "a..b", data), 0);
}

TEST(dns, survives_any_bytes)
{
	uint8_t data[300], out[512];
	uint32_t seed = 1, addresses[DNS_ADDRESSES];
	struct dns_answer a = { .rcode = DNS_NXDOMAIN };
	struct dns_query q;
	size_t count;
	bool truncated;

	for (int i = 0; i < 200000; i++) {
		size_t len = query(data, "some.name.test", 1, true, 1232);

		for (int k = 0; k < 4; k++) {
			seed = seed * 1664525 + 1013904223;
			data[(seed >> 8) % len] = (uint8_t)(seed >> 24);
		}
		len = (seed >> 4) % (len + 1);
		if (fabric_dns_parse(data, len, &q) >= 0)
			CHECK(fabric_dns_answer(data, &q, &a, 512, out) <= 512);
		(void)fabric_dns_heard(data, len, 0x1234, addresses, &count, &truncated);
	}
}
