/* The keys that the nodes generate together. */
#include "core/network/network-internal.h"

#include <string.h>

#include "base/str.h"

static int read_protocol(const struct reader *r, const yaml_node_t *value,
			 struct network_domain *ret)
{
	OWN(str) char *text = NULL;

	if (reader_text(r, value, "protocol", &text) < 0)
		return -1;
	if (threshold_scheme_parse(text, &ret->scheme) < 0)
		return reader_fail(r, value,
				   "protocol %.64s is not one of CaitSith, DamgardEtAl (ECDSA) or Frost (Ed25519)",
				   text);
	return 0;
}

struct domain_reading {
	struct network_domain *domain;
	bool named;
};

static int read_domain_key(struct reader *r, size_t index, yaml_node_t *value, void *ctx)
{
	struct domain_reading *reading = ctx;

	if (index == DOMAIN_THRESHOLD)
		return reader_number(r, value, &network_keys[KEY_DOMAINS].below[DOMAIN_THRESHOLD],
				     &reading->domain->threshold);
	reading->named = true;
	return read_protocol(r, value, reading->domain);
}

static int read_domain(struct reader *r, yaml_node_t *node, struct network_domain *ret)
{
	struct domain_reading reading = { .domain = ret };

	if (node->type == YAML_SCALAR_NODE)
		return read_protocol(r, node, ret);
	if (reader_mapping(r, node, network_keys[KEY_DOMAINS].below, "a domain", read_domain_key, &reading) < 0)
		return -1;
	return reading.named ? 0 : reader_fail(r, node, "a domain needs a protocol");
}

int network_read_domains(struct reader *r, yaml_node_t *value, struct network *n)
{
	size_t count;

	if (value->type != YAML_SEQUENCE_NODE)
		return reader_fail(r, value, "domains must be a list of protocols or {protocol, threshold}");
	if (reader_count(r, value, &network_keys[KEY_DOMAINS], "a network has", "domains", &count) < 0)
		return -1;
	n->domains = mem_new(count, sizeof(*n->domains));
	n->domain_count = count;
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *node =
			yaml_document_get_node(&r->document, value->data.sequence.items.start[i]);

		r->domain_at[i] = node;
		if (read_domain(r, node, &n->domains[i]) < 0)
			return -1;
	}
	return 0;
}

int network_check_domains(const struct reader *r, const struct network *n)
{
	for (size_t i = 0; i < n->domain_count; i++) {
		const struct network_domain *d = &n->domains[i];
		struct err why = { 0 };

		if (threshold_scheme_check(d->scheme, n->node_count,
					   d->threshold ? d->threshold : n->threshold, &why) < 0)
			return reader_fail(r, r->domain_at[i] ? r->domain_at[i] : r->at[KEY_THRESHOLD],
					   "domain %zu: %s", i, why.text);
	}
	return 0;
}

char *network_domains_text(const struct network_domain *domains, size_t count)
{
	OWN(buf) struct buf text = { 0 };

	for (size_t i = 0; i < count; i++) {
		buf_printf(&text, "%s%s", i ? "," : "", threshold_scheme_name(domains[i].scheme));
		if (domains[i].threshold)
			buf_printf(&text, ":%u", domains[i].threshold);
	}
	return buf_take(&text);
}

/* "Frost" or "Frost:3" */
static int parse_one(const char *text, struct network_domain *ret)
{
	const char *colon = strchr(text, ':');
	OWN(str) char *name = str_dup_n(text, strcspn(text, ":"));
	uint64_t threshold = 0;

	if (threshold_scheme_parse(name, &ret->scheme) < 0 ||
	    (colon && num_parse_u64(colon + 1, 2, THRESHOLD_PARTIES_MOST, &threshold) < 0))
		return -1;
	ret->threshold = (unsigned)threshold;
	return 0;
}

int network_domains_parse(const char *text, struct network_domain **ret, size_t *ret_count)
{
	OWN(str) char *rest = str_dup(text);
	struct network_domain list[NETWORK_DOMAINS_MOST] = { 0 };
	size_t count = 0;
	char *at = rest, *one;

	while ((one = strsep(&at, ",")) != NULL)
		if (count == NETWORK_DOMAINS_MOST || parse_one(one, &list[count++]) < 0)
			return -1;
	*ret = mem_new(count, sizeof(**ret));
	memcpy(*ret, list, count * sizeof(**ret));
	*ret_count = count;
	return 0;
}

bool network_built_in_keys(const char *account)
{
	return !strcmp(account, "v1.signer") || !strcmp(account, "v1.signer-prod.testnet");
}
