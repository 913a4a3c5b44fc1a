/* Fn::Cidr: [block, count, bits] gives `count` blocks with `bits` host bits, in order, from the
 * start of `block`. IPv4 and IPv6. */
#include <arpa/inet.h>
#include <string.h>

#include "core/template/template-internal.h"

static const char shape[] =
	"Template error: every Fn::Cidr object requires three parameters, (1) an IP "
	"address block, (2) the number of CIDRs, 1 to 256, and (3) the number of "
	"subnet bits for each CIDR";

struct block_range {
	unsigned __int128 base;
	unsigned prefix, width; /* width: 32 or 128 */
};

static int block_parse(const char *text, struct block_range *ret)
{
	const char *slash = strchr(text, '/');
	uint8_t bytes[16] = { 0 };
	OWN(str) char *address = NULL;
	uint64_t prefix;

	if (!slash)
		return -1;
	address = str_dup_n(text, (size_t)(slash - text));
	ret->width = strchr(address, ':') ? 128 : 32;
	if (inet_pton(ret->width == 128 ? AF_INET6 : AF_INET, address, bytes) != 1 ||
	    num_parse_u64(slash + 1, 0, ret->width, &prefix) < 0)
		return -1;
	ret->base = 0;
	for (unsigned i = 0; i < ret->width / 8; i++)
		ret->base = ret->base << 8 | bytes[i];
	ret->prefix = (unsigned)prefix;
	return 0;
}

static json_t *block_text(const struct block_range *block, unsigned __int128 base, unsigned prefix)
{
	uint8_t bytes[16];
	char text[INET6_ADDRSTRLEN];
	OWN(str) char *whole = NULL;

	for (unsigned i = 0; i < block->width / 8; i++)
		bytes[i] = (uint8_t)(base >> (block->width - 8 * (i + 1)));
	if (!inet_ntop(block->width == 128 ? AF_INET6 : AF_INET, bytes, text, sizeof(text)))
		return NULL;
	whole = str_printf("%s/%u", text, prefix);
	return json_string(whole);
}

static int blocks(struct run *run, const struct block_range *block, unsigned count, unsigned bits,
		  json_t **ret)
{
	unsigned room, prefix = block->width - bits;
	unsigned __int128 base = block->base;
	json_t *list;

	if (prefix < block->prefix)
		return err_set(run->err, ERR_INPUT,
			       "Template error: Fn::Cidr cannot cut blocks of %u bits out of a /%u",
			       bits, block->prefix);
	room = prefix - block->prefix;
	if (room < 9 && count > 1U << room)
		return err_set(
			run->err, ERR_INPUT,
			"Template error: Fn::Cidr cannot cut %u blocks of %u bits out of a /%u; "
			"there is room for %u",
			count, bits, block->prefix, 1U << room);
	if (block->prefix < block->width && block->prefix)
		base = base >> (block->width - block->prefix) << (block->width - block->prefix);
	else if (!block->prefix)
		base = 0;
	list = json_array();
	for (unsigned i = 0; i < count; i++) {
		json_t *text =
			block_text(block, base + ((unsigned __int128)i << (bits & 127)), prefix);

		if (json_array_append_new(list, text) < 0)
			abort();
	}
	*ret = list;
	return 0;
}

static int number(json_t *value, uint64_t least, uint64_t most, unsigned *ret)
{
	OWN(str) char *text = scalar_text(value);
	uint64_t parsed;

	if (num_parse_u64(text, least, most, &parsed) < 0)
		return -1;
	*ret = (unsigned)parsed;
	return 0;
}

static int cut(struct run *run, json_t *const *values, json_t **ret)
{
	const char *text = json_string_value(values[0]);
	struct block_range block;
	unsigned count, bits;

	if (!text || block_parse(text, &block) < 0)
		return err_set(run->err, ERR_INPUT, "%s", shape);
	if (number(values[1], 1, 256, &count) < 0)
		return err_set(run->err, ERR_INPUT, "%s", shape);
	if (number(values[2], 1, block.width, &bits) < 0)
		return err_set(run->err, ERR_INPUT, "%s", shape);
	return blocks(run, &block, count, bits, ret);
}

int value_cidr(struct run *run, json_t *argument, json_t **ret)
{
	json_t *values[3] = { NULL, NULL, NULL };
	size_t given = json_array_size(argument);
	bool known = true;
	int result = 0;

	for (size_t i = 0; i < given && i < 3 && result == 0; i++) {
		result = run_value(run, json_array_get(argument, i), &values[i]);
		known = known && (!values[i] || value_known(values[i]));
	}
	if (result == 0 && known)
		result = cut(run, values, ret);
	else if (result == 0)
		*ret = symbol_call("Fn::Cidr", values, given);
	for (size_t i = 0; i < 3; i++)
		json_decref(values[i]);
	return result;
}
