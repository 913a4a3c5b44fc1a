#include <arpa/inet.h>
#include <event2/event.h>
#include <string.h>
#include <sys/socket.h>

#include "base/test.h"
#include "engine/peer/peer-internal.h"

/* One side as the tests see it. */
struct side {
	struct event_base *base;
	struct peer *peer;
	int opened, closed, frames;
	bool refuse, answer;
	size_t bytes;
	uint8_t key[32];
	char last[64];
	char why[512];
};

static bool on_verify(void *ctx, struct peer *p, const uint8_t key[32])
{
	struct side *s = ctx;

	(void)p;
	memcpy(s->key, key, 32);
	return !s->refuse;
}

static void on_open(void *ctx, struct peer *p)
{
	struct side *s = ctx;

	s->opened++;
	s->peer = p;
	if (s->answer)
		peer_send(p, "hello", 5);
}

static void on_frame(void *ctx, struct peer *p, const uint8_t *data, size_t len)
{
	struct side *s = ctx;

	(void)p;
	s->frames++;
	s->bytes += len;
	snprintf(s->last, sizeof(s->last), "%.*s", (int)(len < 60 ? len : 60), (const char *)data);
}

static void on_closed(void *ctx, struct peer *p, const char *why)
{
	struct side *s = ctx;

	(void)p;
	s->closed++;
	s->peer = NULL;
	snprintf(s->why, sizeof(s->why), "%s", why);
}

static struct peer_events events_of(struct side *s)
{
	return (struct peer_events){ on_verify, on_open, on_frame, on_closed, s };
}

static struct near_key key_of(uint8_t number)
{
	uint8_t seed[32] = { number };
	struct near_key key;

	near_key_from_seed(seed, &key);
	return key;
}

struct pair {
	struct event_base *base;
	struct peer_host *server_host, *client_host;
	struct side server, client;
	struct near_key server_key, client_key;
	uint16_t port;
};

static void pair_start(struct pair *t)
{
	struct peer_events events;
	struct err err = { 0 };

	t->base = event_base_new();
	t->server_key = key_of(1);
	t->client_key = key_of(2);
	t->port = test_free_port();
	CHECK_OK(peer_host_new(t->base, &t->server_key, &t->server_host, &err), err);
	CHECK_OK(peer_host_new(t->base, &t->client_key, &t->client_host, &err), err);
	events = events_of(&t->server);
	CHECK_OK(peer_listen(t->server_host, t->port, &events, &err), err);
}

static void pair_dial(struct pair *t, const struct near_key *expected)
{
	struct peer_events events = events_of(&t->client);

	peer_dial(t->client_host, "127.0.0.1", t->port, near_key_public(expected), &events);
}

static void wake(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	*(bool *)ctx = true;
}

struct patience {
	struct event *timer;
	bool over;
};

static void patience_begin(struct pair *t, struct patience *p)
{
	const struct timeval most = { .tv_sec = 30 };

	p->over = false;
	p->timer = evtimer_new(t->base, wake, &p->over);
	evtimer_add(p->timer, &most);
}

/* Turns the loop until the condition holds; only a failure waits for long. */
#define SOON(t, cond)                                                                              \
	do {                                                                                       \
		struct patience patience_;                                                         \
		patience_begin(t, &patience_);                                                     \
		while (!(cond) && !patience_.over)                                                 \
			event_base_loop((t)->base, EVLOOP_ONCE);                                   \
		event_free(patience_.timer);                                                       \
		CHECK(cond);                                                                       \
	} while (0)

static void pair_end(struct pair *t)
{
	peer_host_free(t->client_host);
	peer_host_free(t->server_host);
	event_base_free(t->base);
}

TEST(peer, both_sides_learn_the_keys_and_frames_pass_both_ways)
{
	struct pair t = { .server.answer = true, .client.answer = true };

	pair_start(&t);
	pair_dial(&t, &t.server_key);
	SOON(&t, t.server.frames == 1 && t.client.frames == 1);
	CHECK_INT(t.server.opened, 1);
	CHECK_INT(t.client.opened, 1);
	CHECK(!memcmp(t.server.key, near_key_public(&t.client_key), 32));
	CHECK(!memcmp(t.client.key, near_key_public(&t.server_key), 32));
	CHECK_STR(t.server.last, "hello");
	CHECK_STR(t.client.last, "hello");
	pair_end(&t);
}

TEST(peer, dialler_refuses_a_key_that_is_not_the_expected_one)
{
	struct near_key other = key_of(9);
	struct pair t = { 0 };

	pair_start(&t);
	pair_dial(&t, &other);
	SOON(&t, t.client.closed && t.server.closed);
	CHECK_INT(t.client.opened, 0);
	CHECK_INT(t.server.opened, 0);
	CHECK(str_starts(t.client.why, "incorrect peer identity, expected ed25519:"));
	CHECK(strstr(t.client.why, ", authenticated ed25519:"));
	CHECK_INT(t.server.closed, 1);
	pair_end(&t);
}

TEST(peer, acceptor_refuses_whom_verify_refuses)
{
	struct pair t = { .server.refuse = true };

	pair_start(&t);
	pair_dial(&t, &t.server_key);
	SOON(&t, t.server.closed && t.client.closed);
	CHECK_INT(t.server.opened, 0);
	CHECK_STR(t.server.why, "refused");
	pair_end(&t);
}

TEST(peer, a_large_frame_arrives_whole_and_a_greater_one_is_not_sent)
{
	struct pair t = { .client.answer = false };
	size_t len = 5u << 20;
	OWN(str) char *data = mem_new(len, 1);

	pair_start(&t);
	pair_dial(&t, &t.server_key);
	SOON(&t, t.client.peer);
	memset(data, 'x', len);
	if (t.client.peer) {
		peer_send(t.client.peer, data, len);
		peer_send(t.client.peer, data, (size_t)PEER_FRAME_MOST + 1);
		peer_send(t.client.peer, "", 0);
	}
	SOON(&t, t.server.frames == 2);
	CHECK_INT(t.server.bytes, len);
	pair_end(&t);
}

TEST(peer, closing_tells_both_sides_and_last_frames_arrive)
{
	struct pair t = { 0 };

	pair_start(&t);
	pair_dial(&t, &t.server_key);
	SOON(&t, t.client.peer && t.server.peer);
	if (t.client.peer) {
		peer_send(t.client.peer, "bye", 3);
		peer_close(t.client.peer, "enough");
		CHECK_INT(t.client.closed, 0);
	}
	SOON(&t, t.client.closed && t.server.closed);
	CHECK_STR(t.client.why, "enough");
	CHECK_STR(t.server.last, "bye");
	pair_end(&t);
}

TEST(peer, refused_connection_and_unknown_name_are_told_as_errors)
{
	struct pair t = { 0 };
	struct peer_events events;

	pair_start(&t);
	peer_unlisten(t.server_host);
	pair_dial(&t, &t.server_key);
	SOON(&t, t.client.closed == 1);
	CHECK(strstr(t.client.why, "Connection refused (os error 111)"));
	events = events_of(&t.client);
	peer_dial(t.client_host, "not..a.name", 1, near_key_public(&t.server_key), &events);
	SOON(&t, t.client.closed == 2);
	CHECK(strstr(t.client.why, "failed to lookup address information"));
	pair_end(&t);
}

TEST(peer, silence_ends_a_connection_with_a_read_timeout)
{
	struct pair t = { 0 };

	pair_start(&t);
	pair_dial(&t, &t.server_key);
	SOON(&t, t.server.peer);
	if (t.server.peer)
		peer_read_timeout(t.server.peer, 1);
	SOON(&t, t.server.closed);
	CHECK(strstr(t.server.why, "nothing heard from 127.0.0.1:"));
	pair_end(&t);
}

/* Someone without TLS, and someone who says nothing sensible. */
TEST(peer, garbage_instead_of_tls_ends_the_connection)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	OWN(fd) int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct pair t = { 0 };

	pair_start(&t);
	at.sin_port = htons(t.port);
	CHECK_INT(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	CHECK_INT(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
	SOON(&t, t.server.closed == 1);
	CHECK(strstr(t.server.why, "TLS with 127.0.0.1:"));
	pair_end(&t);
}

TEST(peer, port_in_use_is_an_error_with_the_port)
{
	struct pair t = { 0 };
	struct peer_events events = { 0 };
	struct err err = { 0 };

	pair_start(&t);
	CHECK_INT(peer_listen(t.client_host, t.port, &events, &err), -1);
	CHECK(strstr(err.text, "Address already in use (os error 98)"));
	pair_end(&t);
}

TEST(peer_dns, configuration_gives_servers_and_candidates_in_order)
{
	struct dns_config c;
	char name[300];

	dns_config_parse(
		"# made by the task runner\nnameserver 10.0.0.2\nsearch mpc.local ec2.internal\n"
		"options ndots:2 timeout:1\n",
		&c);
	CHECK_INT(c.server_count, 1);
	CHECK_INT(c.servers[0], 0x0a000002);
	CHECK_INT(dns_candidate(&c, "node-0", 0, name, sizeof(name)), 0);
	CHECK_STR(name, "node-0.mpc.local");
	CHECK_INT(dns_candidate(&c, "node-0", 2, name, sizeof(name)), 0);
	CHECK_STR(name, "node-0");
	CHECK_INT(dns_candidate(&c, "node-0", 3, name, sizeof(name)), -1);
	CHECK_INT(dns_candidate(&c, "node-0.mpc.local", 0, name, sizeof(name)), 0);
	CHECK_STR(name, "node-0.mpc.local");
	CHECK_INT(dns_candidate(&c, "a.b.c.", 1, name, sizeof(name)), -1);
}

TEST(peer_dns, hosts_file_names_are_found)
{
	uint32_t address = 0;

	CHECK_INT(dns_hosts_find("127.0.0.1\tlocalhost loop # x\n10.0.0.5 db\n", "loop", &address),
		  0);
	CHECK_INT(address, 0x7f000001);
	CHECK_INT(dns_hosts_find("127.0.0.1 localhost\n", "x", &address), -1);
	CHECK_INT(dns_hosts_find(NULL, "x", &address), -1);
}

/* An alias, then an address, both with compressed names. */
TEST(peer_dns, answer_behind_an_alias_is_found_and_cut_ones_are_not)
{
	static const uint8_t records[] = { 0xc0, 12, 0,	   5,  0,    1,	 0,  0, 0, 60,
					   0,	 2,  0xc0, 12, 0xc0, 12, 0,  1, 0, 1,
					   0,	 0,  0,	   60, 0,    4,	 10, 0, 1, 9 };
	uint8_t question[512], message[600];
	uint32_t address = 0;
	int len = dns_question(77, "node-1.mpc.local", question);

	CHECK_INT(len, 12 + 18 + 4);
	memcpy(message, question, (size_t)len);
	message[2] |= 0x80;
	message[7] = 2;
	memcpy(message + len, records, sizeof(records));
	CHECK_INT(peer_dns_answer(message, (size_t)len + sizeof(records), question, (size_t)len,
				  &address),
		  DNS_FOUND);
	CHECK_INT(address, 0x0a000109);
	for (size_t cut = 0; cut < sizeof(records); cut++)
		CHECK(peer_dns_answer(message, (size_t)len + cut, question, (size_t)len,
				      &address) != DNS_FOUND);
	message[3] = 3;
	CHECK_INT(peer_dns_answer(message, (size_t)len, question, (size_t)len, &address),
		  DNS_NO_NAME);
	message[1] ^= 1;
	CHECK_INT(peer_dns_answer(message, (size_t)len, question, (size_t)len, &address),
		  DNS_NOT_OURS);
}

/* A name server on loopback that answers as told and counts. */
struct name_server {
	struct event_base *base;
	struct event *event;
	int fd, asked, code;
	bool silent_first;
	uint16_t port;
	uint32_t address;
	char error[128];
	bool done;
};

static void answer_query(evutil_socket_t fd, short what, void *ctx)
{
	static const uint8_t record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 9, 8, 7 };
	struct name_server *n = ctx;
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	uint8_t data[600];
	ssize_t len = recvfrom(fd, data, 512, 0, (struct sockaddr *)&from, &from_len);

	(void)what;
	n->asked++;
	if (len < 12 || (n->silent_first && n->asked == 1))
		return;
	data[2] |= 0x80;
	data[3] = (uint8_t)n->code;
	if (n->code == 0) {
		data[7] = 1;
		memcpy(data + len, record, sizeof(record));
		len += (ssize_t)sizeof(record);
	}
	sendto(fd, data, (size_t)len, 0, (struct sockaddr *)&from, from_len);
}

static void name_server_start(struct name_server *n)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	socklen_t len = sizeof(at);

	n->base = event_base_new();
	n->fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK_INT(bind(n->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	getsockname(n->fd, (struct sockaddr *)&at, &len);
	n->port = ntohs(at.sin_port);
	n->event = event_new(n->base, n->fd, EV_READ | EV_PERSIST, answer_query, n);
	event_add(n->event, NULL);
}

static void resolved(void *ctx, uint32_t address, const char *error)
{
	struct name_server *n = ctx;

	n->done = true;
	n->address = address;
	snprintf(n->error, sizeof(n->error), "%s", error ? error : "");
	event_base_loopbreak(n->base);
}

static void resolve(struct name_server *n, const char *name)
{
	struct dns_config config = { .servers = { 0x7f000001 },
				     .server_count = 1,
				     .search = { "mpc.local" },
				     .search_count = 1,
				     .dots_least = 1 };
	struct timeval most = { .tv_sec = 30 };
	struct peer_resolve *r;

	name_server_start(n);
	r = peer_resolve_with(n->base, name, &config, n->port, resolved, n);
	CHECK(!n->done);
	event_base_loopexit(n->base, &most);
	event_base_dispatch(n->base);
	CHECK(n->done);
	peer_resolve_free(r);
	event_free(n->event);
	close(n->fd);
	event_base_free(n->base);
}

TEST(peer_resolve, name_server_is_asked_and_its_address_taken)
{
	struct name_server n = { 0 };

	resolve(&n, "node-0.mpc.local");
	CHECK_STR(n.error, "");
	CHECK_INT(n.address, 0x0a090807);
	CHECK_INT(n.asked, 1);
}

TEST(peer_resolve, lost_answer_is_asked_for_again)
{
	struct name_server n = { .silent_first = true };

	resolve(&n, "node-0.mpc.local");
	CHECK_INT(n.address, 0x0a090807);
	CHECK_INT(n.asked, 2);
}

TEST(peer_resolve, unknown_name_fails_after_the_search_list_at_once)
{
	struct name_server n = { .code = 3 };

	resolve(&n, "node-9.mpc.local");
	CHECK(strstr(n.error, "Name or service not known"));
	CHECK_INT(n.asked, 2);
}

TEST(peer_resolve, refusing_server_is_a_temporary_failure)
{
	struct name_server n = { .code = 5 };

	resolve(&n, "example.com");
	CHECK(strstr(n.error, "Temporary failure in name resolution"));
}
