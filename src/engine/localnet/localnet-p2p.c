#include "engine/localnet/localnet-p2p.h"

#include <stdio.h>
#include <string.h>

#include "engine/peer/peer.h"

#define PEERS_MOST 4096
#define REQUEST_MOST 4096

struct p2p {
	struct peer_host *host;
	struct ledger *ledger;
	struct peer *peers[PEERS_MOST];
	size_t count;
};

static void send_json(struct peer *peer, json_t *j)
{
	OWN(str) char *text = json_text(j);

	peer_send(peer, text, strlen(text));
	json_decref(j);
}

static json_t *block_frame(const struct ledger *l)
{
	OWN(str) char *time = rpc_time_text(l->head.time_ns);

	return json_pack("{s:s,s:s,s:I,s:s,s:s}", "chain_id", l->chain_id, "genesis_hash",
			 l->genesis_hash, "height", (json_int_t)l->head.height, "hash",
			 l->head.hash, "time", time);
}

static bool verify(void *ctx, struct peer *peer, const uint8_t key[NEAR_PUBLIC_BYTES])
{
	const struct p2p *p = ctx;

	(void)peer;
	(void)key;
	return p->count < PEERS_MOST; /* as a real chain: any key may follow it */
}

static void opened(void *ctx, struct peer *peer)
{
	OWN(str) char *key = near_public_format(peer_key(peer));
	struct p2p *p = ctx;

	p->peers[p->count++] = peer;
	printf("peer %s connected from %s\n", key, peer_address(peer));
	send_json(peer, block_frame(p->ledger));
}

static void frame(void *ctx, struct peer *peer, const uint8_t *data, size_t len)
{
	const struct p2p *p = ctx;
	OWN(json) json_t *request = NULL;
	OWN(str) char *error = NULL;
	const char *account, *method;
	json_t *value = NULL, *answer;

	if (len > REQUEST_MOST ||
	    json_parse_text("frame", (const char *)data, len, &request, NULL) < 0) {
		peer_close(peer, "sent something that is not a request");
		return;
	}
	account = json_str_or(request, "account_id", "");
	method = json_str_or(request, "view", "");
	answer = json_pack("{s:I,s:I}", "id", json_int_or(request, "id", 0), "height",
			   (json_int_t)p->ledger->head.height);
	if (!ledger_account(p->ledger, account)) {
		error = str_printf("Account %s does not exist while viewing", account);
		json_set_str(answer, "error", error);
	} else if (rpc_view(p->ledger, account, method, &value, &error) < 0) {
		json_set_str(answer, "error", error);
	} else {
		json_object_set_new(answer, "result", value);
	}
	send_json(peer, answer);
}

static void closed(void *ctx, struct peer *peer, const char *why)
{
	struct p2p *p = ctx;

	for (size_t i = 0; i < p->count; i++)
		if (p->peers[i] == peer)
			p->peers[i--] = p->peers[--p->count];
	printf("peer %s left: %s\n", peer_address(peer), why);
}

int p2p_new(struct event_base *base, const struct near_key *key, struct ledger *ledger,
	    uint16_t port, struct p2p **ret, struct err *err)
{
	OWN(p2p) struct p2p *p = NEW(struct p2p);
	struct peer_events events = { verify, opened, frame, closed, p };

	p->ledger = ledger;
	if (peer_host_new(base, key, &p->host, err) < 0 ||
	    peer_listen(p->host, port, &events, err) < 0)
		return -1;
	*ret = GIVE(p);
	return 0;
}

void p2p_free(struct p2p *p)
{
	if (!p)
		return;
	peer_host_free(p->host);
	free(p);
}

void p2p_push_block(struct p2p *p)
{
	for (size_t i = 0; i < p->count; i++)
		send_json(p->peers[i], block_frame(p->ledger));
}

json_t *p2p_active_peers(const struct p2p *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->count; i++) {
		OWN(str) char *key = near_public_format(peer_key(p->peers[i]));

		json_array_append_new(list, json_pack("{s:s,s:s,s:n}", "id", key, "addr",
						      peer_address(p->peers[i]), "account_id"));
	}
	return list;
}

size_t p2p_count(const struct p2p *p)
{
	return p->count;
}
