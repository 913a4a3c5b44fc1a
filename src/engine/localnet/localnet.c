#include "engine/localnet/localnet.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "core/threshold/threshold.h"
#include "engine/http/http.h"
#include "engine/localnet/localnet-p2p.h"
#include "engine/localnet/rpc.h"
#include "engine/sys/sys.h"

#define DEFAULT_DATA "/var/lib/near"

struct options {
	const char *data;
	bool data_given;
	uint16_t rpc_port, p2p_port;
	unsigned block_ms;
};

/* An answer that goes out with the next commit. */
struct answer {
	struct http_exchange *exchange;
	int status;
	char *text;
};

struct localnet {
	struct event_base *base;
	struct ledger *ledger;
	struct p2p *p2p;
	struct rpc rpc;
	struct http_server *http;
	struct event *flush;
	struct answer *answers;
	size_t answer_count;
	bool failed; /* to write: the chain stops, nothing is answered any more */
};

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* ---- the node key -------------------------------------------------------------------------- */

static int make_directory(const char *path, struct err *err)
{
	if (sys_mkdir_all(path, 0755, err) < 0)
		return -1;
	return access(path, W_OK) < 0 ? err_sys(err, "cannot write to %s", path) : 0;
}

/* A line of at most 200 bytes, or NULL. */
static char *read_line(const char *path)
{
	OWN(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[200];
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *line;

	if (len <= 0)
		return NULL;
	text[len] = 0;
	text[strcspn(text, "\r\n")] = 0;
	line = str_dup(text);
	sodium_memzero(text, sizeof(text));
	return line;
}

static int write_line(const char *path, const char *line, struct err *err)
{
	OWN(fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || dprintf(fd, "%s\n", line) < 0 || fsync(fd) < 0)
		return err_sys(err, "cannot write %s", path);
	return 0;
}

static void generate_key(struct near_key *ret)
{
	uint8_t seed[NEAR_SEED_BYTES];

	randombytes_buf(seed, sizeof(seed));
	near_key_from_seed(seed, ret);
	sodium_memzero(seed, sizeof(seed));
}

static void wipe_text(char *text)
{
	if (!text)
		return;
	sodium_memzero(text, strlen(text));
	free(text);
}

/* From the environment, else from the data directory, else new and kept there. */
static int node_key(const char *directory, struct near_key *ret, struct err *err)
{
	OWN(str) char *path = directory ? str_printf("%s/node_key", directory) : NULL;
	char *given = getenv("NEAR_NODE_KEY"), *text;
	int result;

	if (given && *given) {
		result = near_key_parse(given, ret, err);
		sodium_memzero(given, strlen(given));
		unsetenv("NEAR_NODE_KEY");
		return result < 0 ? err_in(err, "NEAR_NODE_KEY") : 0;
	}
	text = path ? read_line(path) : NULL;
	if (text) {
		result = near_key_parse(text, ret, err);
		wipe_text(text);
		return result < 0 ? err_in(err, "%s", path) : 0;
	}
	generate_key(ret);
	if (!path)
		return 0;
	text = near_key_format_secret(ret);
	result = write_line(path, text, err);
	wipe_text(text);
	return result;
}

/* ---- serving ------------------------------------------------------------------------------- */

#define BODY_MOST ((size_t)10 << 20) /* as nearcore; a transaction is at most 1.5 MiB */

/* Any page may read what it gets, as with nearcore: wallets in browsers come from anywhere. Nothing
 * here is secret, nothing is changed but by signed transactions, and no credentials are taken. */
static json_t *headers_new(const char *type)
{
	return json_pack("{s:s,s:s}", "Content-Type", type, "Access-Control-Allow-Origin", "*");
}

static void reply(struct http_exchange *x, int status, const char *type, const char *body)
{
	OWN(json) json_t *headers = headers_new(type);

	http_reply(x, status, headers, body, strlen(body));
}

/* What a browser asks before it lets a page post JSON. */
static void reply_preflight(struct http_exchange *x)
{
	OWN(json) json_t *headers = headers_new("text/plain");

	json_set_str(headers, "Access-Control-Allow-Methods", "GET, POST");
	json_set_str(headers, "Access-Control-Allow-Headers", "Accept, Authorization, Content-Type");
	json_set_str(headers, "Access-Control-Max-Age", "3600");
	http_reply(x, 200, headers, "", 0);
}

static void reply_not_allowed(struct http_exchange *x)
{
	OWN(json) json_t *headers = headers_new("text/plain");
	static const char text[] = "Method Not Allowed\n";

	json_set_str(headers, "Allow", "GET, HEAD, OPTIONS, POST");
	http_reply(x, 405, headers, text, strlen(text));
}

/* What came in within one turn of the loop is one commit. */
static void want_flush(void *ctx)
{
	struct localnet *n = ctx;
	const struct timeval now = { 0, 0 };

	if (!evtimer_pending(n->flush, NULL))
		event_add(n->flush, &now);
}

static void on_answer(void *ctx, void *token, int http_status, char *text)
{
	struct localnet *n = ctx;

	n->answers = mem_grow(n->answers, n->answer_count + 1, sizeof(*n->answers));
	n->answers[n->answer_count++] = (struct answer){ token, http_status, text };
	want_flush(n);
}

static void send_answers(struct localnet *n)
{
	for (size_t i = 0; i < n->answer_count; i++) {
		if (!n->failed)
			reply(n->answers[i].exchange, n->answers[i].status, "application/json",
			      n->answers[i].text);
		free(n->answers[i].text);
	}
	n->answer_count = 0;
}

/* Commits and then says what happened. A chain that cannot write must stop: going on would promise
 * what a restart forgets. */
static void flush(struct localnet *n)
{
	struct err err = { 0 };

	if (n->failed)
		return;
	if (ledger_commit(n->ledger, &err) < 0) {
		fprintf(stderr, "mpcup localnet: %s; the chain stops at its last written block\n",
			err.text);
		n->failed = true;
		event_base_loopbreak(n->base);
		return;
	}
	rpc_settle(&n->rpc);
	send_answers(n);
	p2p_flush(n->p2p);
	ledger_news_clear(n->ledger);
}

static void on_flush(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	flush(ctx);
}

static void on_block(evutil_socket_t fd, short what, void *ctx)
{
	struct localnet *n = ctx;
	uint8_t random[32];

	(void)fd;
	(void)what;
	randombytes_buf(random, sizeof(random));
	ledger_advance(n->ledger, now_ns(), random);
	rpc_expire(&n->rpc, now_ns());
	flush(n);
	if (!n->failed)
		p2p_push_block(n->p2p);
}

static json_t *active_peers(void *ctx)
{
	const struct localnet *n = ctx;

	return p2p_active_peers(n->p2p);
}

static void reply_metrics(struct localnet *n, struct http_exchange *x)
{
	OWN(buf) struct buf b = { 0 };

	buf_printf(&b,
		   "# TYPE near_block_height_head gauge\nnear_block_height_head %" PRIu64 "\n"
		   "# TYPE near_sync_status gauge\nnear_sync_status 0\n"
		   "# TYPE near_peer_connections_total gauge\nnear_peer_connections_total %zu\n"
		   "# TYPE near_transaction_processed_total counter\n"
		   "near_transaction_processed_total %" PRIu64 "\n"
		   "# TYPE near_promise_yield_pending gauge\nnear_promise_yield_pending %zu\n",
		   n->ledger->head.height, p2p_count(n->p2p), n->ledger->transactions,
		   json_object_size(n->ledger->requests));
	reply(x, 200, "text/plain; version=0.0.4", b.data);
}

static void reply_json(struct http_exchange *x, json_t *body)
{
	OWN(json) json_t *own = body;
	OWN(str) char *text = json_text(own);

	reply(x, 200, "application/json", text);
}

static void on_get(struct localnet *n, struct http_exchange *x, const char *path)
{
	json_t *info = NULL;

	if (!strcmp(path, "/status")) {
		reply_json(x, rpc_status(&n->rpc, now_ns()));
	} else if (!strcmp(path, "/network_info")) {
		(void)rpc_network_info(&n->rpc, NULL, NULL, &info);
		reply_json(x, info);
	} else if (!strcmp(path, "/health")) {
		reply(x, 200, "application/json", "");
	} else if (!strcmp(path, "/metrics")) {
		reply_metrics(n, x);
	} else {
		reply(x, 404, "text/plain", "Not Found\n");
	}
}

static void on_request(void *ctx, struct http_exchange *x, const struct http_request *r)
{
	struct localnet *n = ctx;

	if (!strcmp(r->method, "POST") && !strcmp(r->path, "/")) {
		rpc_request(&n->rpc, r->body, r->body_len, now_ns(), x);
		want_flush(n); /* a call that yields has no answer yet, but those who follow wait for it */
	} else if (!strcmp(r->method, "OPTIONS")) {
		reply_preflight(x);
	} else if (!strcmp(r->method, "GET") || !strcmp(r->method, "HEAD")) {
		on_get(n, x, r->path);
	} else if (!strcmp(r->method, "POST")) {
		reply(x, 404, "text/plain", "Not Found\n");
	} else {
		reply_not_allowed(x);
	}
}

static void on_signal(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(ctx);
}

/* Held back until there is a loop: pid 1 without a handler would not notice them. */
static void signals(int how)
{
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGTERM);
	sigaddset(&both, SIGINT);
	sigprocmask(how, &both, NULL);
}

static int serve(struct localnet *n, const struct options *o, struct err *err)
{
	struct timeval interval = { .tv_sec = o->block_ms / 1000,
				    .tv_usec = o->block_ms % 1000 * 1000 };
	struct event *term = evsignal_new(n->base, SIGTERM, on_signal, n->base);
	struct event *interrupt = evsignal_new(n->base, SIGINT, on_signal, n->base);
	struct event *block = event_new(n->base, -1, EV_PERSIST, on_block, n);

	event_add(term, NULL);
	event_add(interrupt, NULL);
	event_add(block, &interval);
	signals(SIG_UNBLOCK);
	event_base_dispatch(n->base);
	event_free(term);
	event_free(interrupt);
	event_free(block);
	flush(n);
	return n->failed ? err_set(err, ERR_SYS, "the state could not be written") : 0;
}

static int start(struct localnet *n, const struct options *o, struct err *err)
{
	struct ledger_start begin = { .directory = o->data,
				      .chain_id = getenv("MPC_CHAIN_ID"),
				      .contract_id = getenv("MPC_CONTRACT_ID"),
				      .now_ns = now_ns() };
	OWN(str) char *public_key = NULL;
	struct near_key key;
	const struct http_limits limits = { .body_most = BODY_MOST };
	int result;

	if (!begin.chain_id || !*begin.chain_id)
		begin.chain_id = "mpc-localnet";
	if (!begin.contract_id || !*begin.contract_id)
		begin.contract_id = "mpc-contract.test.near";
	if (!near_account_valid(begin.chain_id))
		return err_set(err, ERR_INPUT, "MPC_CHAIN_ID is no chain id");
	if (!near_account_valid(begin.contract_id))
		return err_set(err, ERR_INPUT, "MPC_CONTRACT_ID is no account id");
	if (node_key(o->data, &key, err) < 0)
		return -1;
	randombytes_buf(begin.random, sizeof(begin.random));
	begin.root_key = public_key = near_key_format_public(&key);
	n->rpc = (struct rpc){ .node_key = public_key,
			       .port = o->rpc_port,
			       .started_ns = begin.now_ns,
			       .active_peers = active_peers,
			       .reply = on_answer,
			       .ctx = n };
	result = ledger_open(&begin, &n->ledger, err);
	if (result == 0)
		result =
			p2p_new(n->base, &key, n->ledger, o->p2p_port, want_flush, n, &n->p2p, err);
	near_key_wipe(&key);
	if (result < 0 || http_server_new(n->base, &limits, on_request, n, &n->http, err) < 0 ||
	    http_server_bind(n->http, "0.0.0.0", o->rpc_port, err) < 0)
		return -1;
	n->rpc.ledger = n->ledger;
	printf("mpcup " MPCUP_VERSION
	       " built-in chain (not nearcore): %s, genesis %s, block %" PRIu64
	       ", boot node %s@<address>:%u, JSON-RPC on %u\n",
	       begin.chain_id, n->ledger->genesis_hash, n->ledger->head.height, public_key,
	       o->p2p_port, o->rpc_port);
	return serve(n, o, err);
}

/* ---- command line -------------------------------------------------------------------------- */

/* "--name value" pairs; argv[0] is the first of them. */
static int parse(int argc, char **argv, struct options *o)
{
	uint64_t value = 0;

	*o = (struct options){ DEFAULT_DATA, false, 3030, 24567, 600 };
	for (int i = 0; i < argc; i += 2) {
		if (i + 1 == argc)
			return -1;
		if (!strcmp(argv[i], "--data")) {
			o->data = argv[i + 1];
			o->data_given = true;
		} else if (!strcmp(argv[i], "--block-ms")) {
			if (num_parse_u64(argv[i + 1], 10, 60000, &value) < 0)
				return -1;
			o->block_ms = (unsigned)value;
		} else if (num_parse_u64(argv[i + 1], 1, 65535, &value) < 0) {
			return -1;
		} else if (!strcmp(argv[i], "--rpc-port")) {
			o->rpc_port = (uint16_t)value;
		} else if (!strcmp(argv[i], "--p2p-port")) {
			o->p2p_port = (uint16_t)value;
		} else {
			return -1;
		}
	}
	return 0;
}

json_t *localnet_methods(void)
{
	return rpc_methods();
}

int localnet_main(int argc, char **argv)
{
	const struct rlimit none = { 0, 0 };
	struct localnet n = { 0 };
	struct options o;
	struct err err = { 0 };
	uint8_t seed[32];
	int result;

	if (parse(argc, argv, &o) < 0) {
		fprintf(stderr, "usage: mpcup localnet [--data DIR] [--rpc-port N] [--p2p-port N] "
				"[--block-ms N]\n");
		return 2;
	}
	setlinebuf(stdout);
	setrlimit(RLIMIT_CORE, &none); /* the node key is in memory */
	signals(SIG_BLOCK);
	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() < 0)
		return 1;
	randombytes_buf(seed, sizeof(seed));
	if (threshold_init(seed, &err) < 0) {
		fprintf(stderr, "mpcup localnet: %s\n", err.text);
		return 1;
	}
	if (make_directory(o.data, &err) < 0) {
		if (o.data_given) {
			fprintf(stderr, "mpcup localnet: %s\n", err.text);
			return 1;
		}
		printf("WARN state is not kept: %s\n", err.text);
		o.data = NULL;
	}
	n.base = event_base_new();
	n.flush = evtimer_new(n.base, on_flush, &n);
	result = start(&n, &o, &err);
	if (result < 0)
		fprintf(stderr, "mpcup localnet: %s\n", err.text);
	http_server_free(n.http);
	n.failed = true; /* who still waits is not answered */
	send_answers(&n);
	free(n.answers);
	rpc_clear(&n.rpc);
	event_free(n.flush);
	p2p_free(n.p2p);
	ledger_free(n.ledger);
	event_base_free(n.base);
	return result < 0 ? 1 : 0;
}
