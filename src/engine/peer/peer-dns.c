#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "engine/peer/peer-internal.h"

#define DNS_HEADER 12
#define DNS_TYPE_A 1
#define DNS_CLASS_IN 1

static void config_line(char *line, struct dns_config *c)
{
	char *rest = line;
	const char *word = strsep(&rest, " \t");
	char *value;

	while (rest && (value = strsep(&rest, " \t"))) {
		if (!strcmp(word, "nameserver") && c->server_count < 3) {
			if (ip_parse(value, &c->servers[c->server_count]) == 0)
				c->server_count++;
		} else if ((!strcmp(word, "search") || !strcmp(word, "domain")) && *value &&
			   c->search_count < 6 && strlen(value) < sizeof(c->search[0])) {
			strcpy(c->search[c->search_count++], value);
		} else if (!strcmp(word, "options") && str_starts(value, "ndots:")) {
			uint64_t dots;

			if (num_parse_u64(value + 6, 0, 15, &dots) == 0)
				c->dots_least = (unsigned)dots;
		}
	}
}

void dns_config_parse(const char *resolv_conf, struct dns_config *ret)
{
	OWN(str) char *copy = str_dup(resolv_conf ? resolv_conf : "");
	char *rest = copy, *line;

	memset(ret, 0, sizeof(*ret));
	ret->dots_least = 1;
	while ((line = strsep(&rest, "\n"))) {
		line[strcspn(line, "#;\r")] = 0;
		config_line(line, ret);
	}
	if (!ret->server_count)
		ret->servers[ret->server_count++] = 0x7f000001;
}

int dns_hosts_find(const char *hosts, const char *name, uint32_t *ret)
{
	OWN(str) char *copy = str_dup(hosts ? hosts : "");
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		char *words = line, *word;
		uint32_t address;

		line[strcspn(line, "#\r")] = 0;
		word = strsep(&words, " \t");
		if (ip_parse(word, &address) < 0)
			continue;
		while ((word = strsep(&words, " \t")))
			if (*word && !strcasecmp(word, name)) {
				*ret = address;
				return 0;
			}
	}
	return -1;
}

static unsigned count_dots(const char *name)
{
	unsigned dots = 0;

	for (; *name; name++)
		dots += *name == '.';
	return dots;
}

int dns_candidate(const struct dns_config *c, const char *name, size_t number, char *ret,
		  size_t room)
{
	size_t plain_at = count_dots(name) >= c->dots_least ? 0 : c->search_count;
	int len;

	if (str_ends(name, ".")) {
		if (number > 0)
			return -1;
		plain_at = 0;
	}
	if (number > c->search_count)
		return -1;
	if (number == plain_at)
		len = snprintf(ret, room, "%s", name);
	else
		len = snprintf(ret, room, "%s.%s", name,
			       c->search[plain_at == 0 ? number - 1 : number]);
	return len > 0 && (size_t)len < room ? 0 : -1;
}

int dns_question(uint16_t id, const char *name, uint8_t *ret)
{
	static const uint8_t rest[] = { 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 }; /* recursion, 1 question */
	static const uint8_t tail[] = { 0, 0, DNS_TYPE_A, 0, DNS_CLASS_IN };
	size_t at = DNS_HEADER;

	if (strlen(name) > 254 || !*name)
		return -1;
	ret[0] = (uint8_t)(id >> 8);
	ret[1] = (uint8_t)id;
	memcpy(ret + 2, rest, sizeof(rest));
	while (*name) {
		size_t len = strcspn(name, ".");

		if (len == 0 || len > 63)
			return -1;
		ret[at++] = (uint8_t)len;
		memcpy(ret + at, name, len);
		at += len;
		name += len;
		if (*name == '.')
			name++;
	}
	memcpy(ret + at, tail, sizeof(tail));
	return (int)(at + sizeof(tail));
}

/* Skips a name; at a compression pointer it ends. NULL: runs over the end. */
static const uint8_t *skip_name(const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		if (*at == 0)
			return at + 1;
		if (*at >= 0xc0)
			return end - at >= 2 ? at + 2 : NULL;
		at += *at + 1;
	}
	return NULL;
}

static unsigned u16_at(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* First address among the answers; aliases before it are stepped over. */
static enum dns_answer first_address(const uint8_t *at, const uint8_t *end, unsigned answers,
				     uint32_t *ret)
{
	while (answers-- > 0) {
		unsigned len;

		at = skip_name(at, end);
		if (!at || end - at < 10)
			return DNS_SERVER_FAILED;
		len = u16_at(at + 8);
		if ((size_t)(end - at - 10) < len)
			return DNS_SERVER_FAILED;
		if (u16_at(at) == DNS_TYPE_A && u16_at(at + 2) == DNS_CLASS_IN && len == 4) {
			*ret = (uint32_t)u16_at(at + 10) << 16 | u16_at(at + 12);
			return DNS_FOUND;
		}
		at += 10 + len;
	}
	return DNS_NO_NAME;
}

enum dns_answer peer_dns_answer(const uint8_t *data, size_t len, const uint8_t *question,
			   size_t question_len, uint32_t *ret)
{
	const unsigned no_name = 3;
	unsigned code;

	if (len < question_len || memcmp(data, question, 2) != 0 || !(data[2] & 0x80) ||
	    u16_at(data + 4) != 1)
		return DNS_NOT_OURS;
	for (size_t i = DNS_HEADER; i < question_len; i++)
		if ((data[i] | 0x20) != (question[i] | 0x20))
			return DNS_NOT_OURS;
	code = data[3] & 15u;
	if (code == no_name)
		return DNS_NO_NAME;
	if (code != 0)
		return DNS_SERVER_FAILED;
	return first_address(data + question_len, data + len, u16_at(data + 6), ret);
}
