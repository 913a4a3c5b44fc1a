/* The contract's `state` value (node-contract.md 5.4) as what the node needs of it. */
#include <inttypes.h>
#include <string.h>

#include "engine/node/node-internal.h"

#define PARTICIPANTS_MOST 4096

/* http(s)://host[:port][/...]. */
static int parse_url(const char *url, char **ret_host, uint16_t *ret_port)
{
	bool secure = str_starts(url, "https://");
	const char *host = url + (secure ? 8 : 7);
	size_t host_len = strcspn(host, ":/?#@");
	uint64_t port = secure ? 443 : 80;

	if ((!secure && !str_starts(url, "http://")) || host_len == 0 || host_len > 253 ||
	    host[host_len] == '@')
		return -1;
	if (host[host_len] == ':') {
		const char *digits = host + host_len + 1;
		OWN(str) char *text = str_dup_n(digits, strcspn(digits, "/?#"));

		if (num_parse_u64(text, 1, 65535, &port) < 0)
			return -1;
	}
	*ret_host = str_dup_n(host, host_len);
	*ret_port = (uint16_t)port;
	return 0;
}

static int parse_participant(const json_t *j, enum node_profile profile, uint16_t port_override,
			     struct contract_participant *p, struct err *err)
{
	const json_t *info = json_array_get(j, 2);
	const char *account = json_string_value(json_array_get(j, 0));
	const char *url = json_str(info, "url"), *key = json_str(info, "sign_pk");

	if (!key)
		key = json_str(info, "tls_public_key");
	if (!account || !url || !key || !json_is_integer(json_array_get(j, 1)))
		return err_set(err, ERR_REMOTE, "participant without account, id, url or key");
	p->account = str_dup(account);
	p->url = str_dup(url);
	p->id = (uint32_t)json_integer_value(json_array_get(j, 1));
	if (near_public_parse(key, p->key, err) < 0)
		return err_in(err, "participant %s", account);
	if (parse_url(url, &p->host, &p->port) < 0) {
		/* One bad URL stalls every node of 3.1; later ones give up that peer alone. */
		if (profile == NODE_PROFILE_31)
			return err_set(err, ERR_REMOTE, "no host and port in participant url: %s",
				       url);
		p->host = str_dup("192.0.2.1");
		p->port = 80;
	}
	if (port_override)
		p->port = port_override;
	return 0;
}

static const json_t *find_kind(const json_t *j, enum contract_kind *ret_kind)
{
	static const struct {
		const char *name;
		enum contract_kind kind;
	} kinds[] = { { "Initializing", CONTRACT_INITIALIZING },
		      { "Running", CONTRACT_RUNNING },
		      { "Resharing", CONTRACT_RESHARING } };

	*ret_kind = str_eq(json_string_value(j), "NotInitialized") ? CONTRACT_NOT_INITIALIZED
								   : CONTRACT_UNKNOWN;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const json_t *inner = json_map(j, kinds[i].name);

		if (!inner)
			continue;
		*ret_kind = kinds[i].kind;
		return inner;
	}
	return NULL;
}

/* Of those that hold shares, or generate them now. */
static const json_t *find_parameters(const json_t *inner, enum contract_kind kind)
{
	if (kind == CONTRACT_INITIALIZING)
		return json_path(inner, "generating_key.parameters");
	if (kind == CONTRACT_RESHARING)
		return json_path(inner, "previous_running_state.parameters");
	return json_map(inner, "parameters");
}

static void participant_clear(struct contract_participant *p)
{
	free(p->account);
	free(p->url);
	free(p->host);
	*p = (struct contract_participant){ 0 };
}

/* In the order of their ids; who is there already gets the new one's url and key. */
static void merge(struct contract_state *s, struct contract_participant *p)
{
	size_t at = 0;

	while (at < s->participant_count && s->participants[at].id < p->id)
		at++;
	if (at < s->participant_count && s->participants[at].id == p->id) {
		p->holds |= s->participants[at].holds;
		participant_clear(&s->participants[at]);
	} else {
		s->participants = mem_grow(s->participants, s->participant_count + 1, sizeof(*p));
		memmove(s->participants + at + 1, s->participants + at,
			(s->participant_count++ - at) * sizeof(*p));
	}
	s->participants[at] = *p;
}

static int parse_participants(const json_t *parameters, enum node_profile profile,
			      uint16_t port_override, bool next, struct contract_state *s,
			      struct err *err)
{
	const json_t *list = json_path(parameters, "participants.participants");
	json_t *item;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > PARTICIPANTS_MOST)
		return err_set(err, ERR_REMOTE, "contract state without participants");
	json_array_foreach(list, i, item)
	{
		struct contract_participant p = { .holds = !next, .next = next };

		if (parse_participant(item, profile, port_override, &p, err) < 0) {
			participant_clear(&p);
			return -1;
		}
		merge(s, &p);
	}
	return 0;
}

static uint64_t epoch_of(const json_t *inner, enum contract_kind kind)
{
	const char *path = kind == CONTRACT_RUNNING	? "keyset.epoch_id"
			   : kind == CONTRACT_RESHARING ? "resharing_key.epoch_id"
							: "epoch_id";

	return (uint64_t)json_integer_value(json_path(inner, path));
}

static int parse_state(const json_t *inner, enum node_profile profile, uint16_t port_override,
		       struct contract_state *s, struct err *err)
{
	const json_t *parameters = find_parameters(inner, s->kind);
	const json_t *next = json_path(inner, "resharing_key.parameters");

	s->threshold = (uint64_t)json_int_or(parameters, "threshold", 0);
	s->epoch = s->keyset_epoch = epoch_of(inner, s->kind);
	if (parse_participants(parameters, profile, port_override, false, s, err) < 0)
		return -1;
	if (s->kind == CONTRACT_RESHARING) {
		s->next_threshold = (uint64_t)json_int_or(next, "threshold", 0);
		if (next && parse_participants(next, profile, port_override, true, s, err) < 0)
			return -1;
	}
	return contract_keys_parse(inner, s, err);
}

int contract_state_parse(const json_t *j, enum node_profile profile, uint16_t port_override,
			 struct contract_state **ret, struct err *err)
{
	OWN(contract_state) struct contract_state *s = NEW(struct contract_state);
	const json_t *inner = find_kind(j, &s->kind);

	if (inner && parse_state(inner, profile, port_override, s, err) < 0)
		return -1;
	*ret = GIVE(s);
	return 0;
}

void contract_state_free(struct contract_state *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->participant_count; i++)
		participant_clear(&s->participants[i]);
	free(s->participants);
	free(s->domains);
	free(s->keys);
	free(s->event.completed);
	free(s);
}

const char *contract_kind_name(enum contract_kind kind)
{
	switch (kind) {
	case CONTRACT_INITIALIZING:
		return "Initializing";
	case CONTRACT_RUNNING:
		return "Running";
	case CONTRACT_RESHARING:
		return "Resharing";
	case CONTRACT_UNKNOWN:
	case CONTRACT_NOT_INITIALIZED:
		break;
	}
	return "Invalid";
}

char *contract_state_text(const struct contract_state *s)
{
	struct buf b = { 0 };

	if (!s || s->kind == CONTRACT_UNKNOWN || s->kind == CONTRACT_NOT_INITIALIZED)
		return str_dup("Contract is not initialized\n");
	buf_printf(&b, "Contract is in %s state%s\n", contract_kind_name(s->kind),
		   s->kind == CONTRACT_INITIALIZING ? " (key generation)" : "");
	buf_printf(&b, "  Epoch: %" PRIu64 "\n  Domains: %zu\n", s->epoch, s->domain_count);
	buf_printf(&b, "  Parameters:\n    Threshold: %" PRIu64 "\n    Participants:\n",
		   s->threshold);
	for (size_t i = 0; i < s->participant_count; i++) {
		const struct contract_participant *p = &s->participants[i];

		buf_printf(&b, "      ID %u: %s (%s)\n", p->id, p->account, p->url);
	}
	return buf_take(&b);
}

const struct contract_participant *contract_find(const struct contract_state *s,
						 const char *account,
						 const uint8_t key[NEAR_PUBLIC_BYTES])
{
	for (size_t i = 0; s && i < s->participant_count; i++)
		if (!strcmp(s->participants[i].account, account) &&
		    !memcmp(s->participants[i].key, key, NEAR_PUBLIC_BYTES))
			return &s->participants[i];
	return NULL;
}

const struct contract_participant *contract_member(const struct contract_state *s, uint32_t id)
{
	for (size_t i = 0; s && i < s->participant_count; i++)
		if (s->participants[i].id == id)
			return &s->participants[i];
	return NULL;
}

size_t contract_parties(const struct contract_state *s, bool next, uint32_t *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < s->participant_count && count < THRESHOLD_PARTIES_MOST; i++)
		if (next ? s->participants[i].next : s->participants[i].holds)
			ret[count++] = s->participants[i].id;
	return count;
}
