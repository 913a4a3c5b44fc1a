/* The process: what it serves, and that it loses nothing. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "engine/localnet/localnet.h"
#include "engine/localnet/test-world.h"

static char *fetch(uint16_t port, const char *request)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	struct timeval patience = { .tv_sec = 30 };
	OWN(fd) int fd = socket(AF_INET, SOCK_STREAM, 0);
	OWN(buf) struct buf b = { 0 };
	char chunk[4096];
	ssize_t got;

	at.sin_port = htons(port);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return NULL;
	if (write(fd, request, strlen(request)) < 0)
		return NULL;
	while ((got = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(&b, chunk, (size_t)got);
	return buf_take(&b);
}

static void pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static pid_t run_localnet(const char *directory, uint16_t rpc, uint16_t p2p)
{
	OWN(str) char *rpc_text = str_printf("%u", rpc);
	OWN(str) char *p2p_text = str_printf("%u", p2p);
	OWN(str) char *path = str_dup(directory);
	char data[] = "--data", port[] = "--rpc-port", peers[] = "--p2p-port",
	     interval[] = "--block-ms", fast[] = "50";
	char *argv[] = { data, path, port, rpc_text, peers, p2p_text, interval, fast, NULL };
	pid_t pid = fork();

	if (pid == 0) {
		fclose(stdout);
		_exit(localnet_main(8, argv));
	}
	return pid;
}

TEST(localnet, process_serves_status_advances_and_stops_on_sigterm)
{
	OWN(str) char *directory = make_directory();
	uint16_t rpc = test_free_port(), p2p = test_free_port();
	pid_t pid = run_localnet(directory, rpc, p2p);
	OWN(str) char *status = NULL;
	OWN(str) char *metrics = NULL;
	int code = 0;

	for (int i = 0; i < 1500 && !status; i++) {
		pause_ms(20);
		status = fetch(rpc, "GET /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	}
	CHECK(status && strstr(status, "200 OK") &&
	      strstr(status, "\"node_public_key\":\"ed25519:"));
	for (int i = 0; i < 1500 && (!metrics || strstr(metrics, "near_block_height_head 1\n"));
	     i++) {
		pause_ms(20);
		free(metrics);
		metrics =
			fetch(rpc, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	}
	CHECK(metrics && strstr(metrics, "near_sync_status 0"));
	CHECK(metrics && !strstr(metrics, "near_block_height_head 1\n"));
	kill(pid, SIGTERM);
	CHECK_INT(waitpid(pid, &code, 0), pid);
	CHECK(WIFEXITED(code) && WEXITSTATUS(code) == 0);
	remove_directory(directory);
}

/* ---- what browsers and scripts ask ----------------------------------------------------------- */

/* The answer to a request line and headers, once the process is up. */
static char *fetch_when_up(uint16_t port, const char *head)
{
	OWN(str) char *request = str_printf("%s\r\nHost: x\r\nConnection: close\r\n\r\n", head);
	char *answer = NULL;

	for (int i = 0; i < 1500 && !answer; i++) {
		answer = fetch(port, request);
		if (!answer)
			pause_ms(20);
	}
	return answer;
}

static void check_answer(uint16_t port, const char *head, const char *status, const char *text)
{
	OWN(str) char *answer = fetch_when_up(port, head);

	CHECK(answer && str_starts(answer, status) && strstr(answer, text));
	CHECK(answer && strstr(answer, "Access-Control-Allow-Origin: *\r\n"));
}

TEST(localnet, pages_of_any_site_may_ask_and_only_what_is_served_is)
{
	OWN(str) char *directory = make_directory();
	uint16_t rpc = test_free_port(), p2p = test_free_port();
	pid_t pid = run_localnet(directory, rpc, p2p);
	OWN(str) char *large = NULL;
	int code = 0;

	check_answer(rpc,
		     "OPTIONS / HTTP/1.1\r\nOrigin: https://wallet.example\r\n"
		     "Access-Control-Request-Method: POST\r\n"
		     "Access-Control-Request-Headers: content-type",
		     "HTTP/1.1 200", "Access-Control-Allow-Headers: Accept, Authorization, Content-Type");
	check_answer(rpc, "GET /status HTTP/1.1\r\nOrigin: https://wallet.example", "HTTP/1.1 200",
		     "chain_id");
	check_answer(rpc, "GET /network_info HTTP/1.1", "HTTP/1.1 200", "active_peers");
	check_answer(rpc, "HEAD /health HTTP/1.1", "HTTP/1.1 200", "\r\n\r\n");
	check_answer(rpc, "GET / HTTP/1.1", "HTTP/1.1 404", "Not Found");
	check_answer(rpc, "POST /x HTTP/1.1\r\nContent-Length: 0", "HTTP/1.1 404", "Not Found");
	check_answer(rpc, "DELETE / HTTP/1.1", "HTTP/1.1 405", "Allow: GET, HEAD, OPTIONS, POST");
	large = fetch_when_up(rpc, "POST / HTTP/1.1\r\nContent-Length: 10485761");
	CHECK(large && str_starts(large, "HTTP/1.1 413"));
	kill(pid, SIGTERM);
	CHECK_INT(waitpid(pid, &code, 0), pid);
	CHECK(WIFEXITED(code) && WEXITSTATUS(code) == 0);
	remove_directory(directory);
}

/* ---- crashes ------------------------------------------------------------------------------- */

static json_t *post(uint16_t port, const char *method, json_t *params)
{
	OWN(json)
	json_t *request = json_pack("{s:s,s:i,s:s,s:o}", "jsonrpc", "2.0", "id", 1, "method",
				    method, "params", params);
	OWN(str) char *body = json_text(request);
	OWN(str)
	char *text = str_printf("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
				"Content-Length: %zu\r\n\r\n%s",
				strlen(body), body);
	OWN(str) char *answer = fetch(port, text);
	char *start = answer ? strstr(answer, "\r\n\r\n") : NULL;

	return start ? json_loads(start + 4, 0, NULL) : NULL;
}

static json_t *wait_for_chain(uint16_t port)
{
	for (int i = 0; i < 200; i++) {
		json_t *status = post(port, "status", json_array());

		if (status)
			return status;
		pause_ms(10);
	}
	test_fail(__FILE__, __LINE__, "no chain on port %u", port);
	return NULL;
}

/* A signed transfer of 1 to `near`, as base64. */
static char *transfer(const struct near_key *key, uint64_t nonce, const char *block_hash)
{
	struct near_transaction t = { .nonce = nonce };
	struct near_action a = { .kind = NEAR_TRANSFER, .amount = 1 };
	OWN(buf) struct buf b = { 0 };
	size_t len;

	t.signer_id = str_dup("test.near");
	t.receiver_id = str_dup("near");
	t.actions = &a;
	t.action_count = 1;
	near_base58_decode(block_hash, strlen(block_hash), t.block_hash, 32, &len);
	near_transaction_sign(&t, key, &b);
	free(t.signer_id);
	free(t.receiver_id);
	free(t.public_key);
	return base64_encode(b.data, b.len);
}

static near_u128 amount_at(uint16_t port)
{
	OWN(json)
	json_t *answer = post(port, "query",
			      json_pack("{s:s,s:s,s:s}", "request_type", "view_account",
					"account_id", "near", "finality", "optimistic"));

	return ledger_amount(json_object_get(answer, "result"), "amount");
}

static void send_and_leave(uint16_t port, const char *base64)
{
	OWN(json)
	json_t *request = json_pack("{s:i,s:s,s:[s]}", "id", 1, "method", "broadcast_tx_commit",
				    "params", base64);
	OWN(str) char *body = json_text(request);
	OWN(str)
	char *text = str_printf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
				strlen(body), body);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001) };
	OWN(fd) int fd = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_port = htons(port);
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		CHECK(write(fd, text, strlen(text)) > 0);
}

/* What one life of the chain saw. */
struct life {
	uint64_t height, nonce;
	char *hash;
	json_t *acknowledged; /* ids */
};

static void live(struct life *l, uint16_t port, const struct near_key *key, int transfers)
{
	OWN(json) json_t *block = NULL;
	OWN(str) char *last = NULL;

	for (int i = 0; i < transfers; i++) {
		OWN(str) char *base64 = transfer(key, ++l->nonce, l->hash);
		OWN(json)
		json_t *answer = post(port, "broadcast_tx_commit", json_pack("[s]", base64));

		CHECK(json_path(answer, "result.status.SuccessValue"));
		json_array_append(l->acknowledged, json_path(answer, "result.transaction.hash"));
	}
	block = post(port, "block", json_pack("{s:s}", "finality", "final"));
	free(l->hash);
	l->hash = str_dup(json_string_value(json_path(block, "result.header.hash")));
	l->height = (uint64_t)json_integer_value(json_path(block, "result.header.height"));
	last = transfer(key, ++l->nonce, l->hash);
	send_and_leave(port, last); /* it may be in or not */
}

/* After a crash: the block that was seen is the same one, and what was acknowledged is there. */
static void check_life(const struct life *l, uint16_t port, near_u128 begun)
{
	OWN(json)
	json_t *block = post(port, "block", json_pack("{s:I}", "block_id", (json_int_t)l->height));
	near_u128 moved = amount_at(port) - begun;
	json_t *id;
	size_t i;

	CHECK_STR(json_string_value(json_path(block, "result.header.hash")), l->hash);
	json_array_foreach(l->acknowledged, i, id) {
		OWN(json)
		json_t *answer = post(port, "tx", json_pack("[O,s]", id, "test.near"));

		CHECK(json_path(answer, "result.status.SuccessValue"));
	}
	CHECK(moved >= json_array_size(l->acknowledged) && moved <= l->nonce);
}

TEST(localnet, killed_at_any_time_it_loses_nothing_that_it_answered)
{
	OWN(str) char *directory = make_directory();
	uint16_t rpc = test_free_port(), p2p = test_free_port();
	uint8_t seed[32] = { 3 };
	struct near_key key;
	struct life life = { .acknowledged = json_array() };
	OWN(str) char *secret = NULL;
	near_u128 begun = 0;

	near_key_from_seed(seed, &key);
	secret = near_key_format_secret(&key);
	for (int i = 0; i < 12; i++) {
		OWN(json) json_t *status = NULL;
		pid_t pid;

		setenv("NEAR_NODE_KEY", secret, 1);
		pid = run_localnet(directory, rpc, p2p);
		unsetenv("NEAR_NODE_KEY");
		status = wait_for_chain(rpc);
		if (i == 0) {
			life.hash = str_dup(json_string_value(
				json_path(status, "result.sync_info.latest_block_hash")));
			begun = amount_at(rpc);
		} else {
			check_life(&life, rpc, begun);
		}
		live(&life, rpc, &key, i * 7 % 10);
		kill(pid, SIGKILL);
		CHECK_INT(waitpid(pid, NULL, 0), pid);
	}
	CHECK(json_array_size(life.acknowledged) > 30);
	json_decref(life.acknowledged);
	free(life.hash);
	remove_directory(directory);
}

TEST(localnet, state_of_an_older_chain_is_refused_by_name)
{
	OWN(str) char *directory = make_directory();
	OWN(str) char *path = str_printf("%s/chain.json", directory);
	FILE *f = fopen(path, "w");
	struct ledger_start start = {
		directory, "mpc-localnet",
		CONTRACT,  "ed25519:4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi",
		NOW,	   { 0 }
	};
	struct ledger *l = NULL;
	struct err err = { 0 };

	fputs("{}", f);
	fclose(f);
	CHECK_INT(ledger_open(&start, &l, &err), -1);
	CHECK(strstr(err.text, "chain.json") && strstr(err.text, "remove it"));
	unlink(path);
	CHECK_OK(ledger_open(&start, &l, &err), err);
	ledger_free(l);
	start.chain_id = "other-chain";
	CHECK_INT(ledger_open(&start, &l, &err), -1);
	CHECK(strstr(err.text, "of another chain (mpc-localnet)"));
	remove_directory(directory);
}
