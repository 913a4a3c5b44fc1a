/* Inside of the peer room. */
#pragma once
#include <openssl/ssl.h>

#include "engine/peer/peer.h"

#define PEER_CONNECT_TIMEOUT_S 10

/* A context that presents `key` and asks the other side for its certificate; checking the key is
 * left to peer_tls_verify through SSL_set_app_data. NULL: err is set. */
SSL_CTX *peer_tls_context(const struct near_key *key,
			  int (*verify)(X509_STORE_CTX *store, void *unused), struct err *err);
/* The ed25519 key of the one certificate that was presented: 0 or -1. */
int peer_tls_key(X509_STORE_CTX *store, uint8_t ret[NEAR_PUBLIC_BYTES]);

/* DNS messages, apart from sockets so that they can be tested. */
struct dns_config {
	uint32_t servers[3];
	size_t server_count;
	char search[6][256];
	size_t search_count;
	unsigned dots_least; /* names with fewer dots try the search list first */
};
void dns_config_parse(const char *resolv_conf, struct dns_config *ret);
/* 0 and the address when /etc/hosts text names it. */
int dns_hosts_find(const char *hosts, const char *name, uint32_t *ret);
/* The number-th name to ask for, or -1 when there are no more. */
int dns_candidate(const struct dns_config *c, const char *name, size_t number, char *ret,
		  size_t room);
/* Length of the question in ret (room for 512), or -1: not a host name. */
int dns_question(uint16_t id, const char *name, uint8_t *ret);
enum dns_answer { DNS_FOUND, DNS_NO_NAME, DNS_SERVER_FAILED, DNS_NOT_OURS };
enum dns_answer peer_dns_answer(const uint8_t *data, size_t len, const uint8_t *question,
			   size_t question_len, uint32_t *ret);

/* peer_resolve_start() behind the reading of files: servers on another port, for tests. */
struct peer_resolve *peer_resolve_with(struct event_base *base, const char *name,
				       const struct dns_config *config, uint16_t port,
				       peer_resolve_fn fn, void *ctx);
