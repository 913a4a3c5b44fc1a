/* A network that generates keys, signs, loses a node and signs on: processes on loopback. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "base/test.h"
#include "core/threshold/threshold.h"
#include "engine/node/node-internal.h"
#include "world.h"

#define RUNNING_MS 15000

/* ---- bringing up ------------------------------------------------------------------------------- */

struct scheme {
	int id;
	const char *protocol;
};

static json_t *domains_args(const struct scheme *schemes, size_t count, int threshold)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{s:i,s:s,s:i,s:s}", "id", schemes[i].id, "protocol",
						      schemes[i].protocol, "reconstruction_threshold", threshold,
						      "purpose", "Sign"));
	return json_pack("{s:o}", "domains", list);
}

static void vote_domains(struct world *w, const struct scheme *schemes, size_t count)
{
	for (size_t i = 0; i < (w->registered ? w->registered : w->count); i++)
		world_call_good(w, w->nodes[i].account, "vote_add_domains",
				domains_args(schemes, count, (int)w->threshold));
}

static void show_logs(struct world *w)
{
	for (size_t i = 0; i < w->count; i++) {
		process_says(&w->nodes[i].process, "\n\n", 50);
		fprintf(stderr, "---- node %zu\n%s\n", i, w->nodes[i].process.text ? w->nodes[i].process.text : "");
	}
}

static void bring_up(struct world *w, const struct scheme *schemes, size_t count)
{
	world_new(w);
	world_chain_start(w);
	world_accounts(w);
	world_register(w);
	for (size_t i = 0; i < w->count; i++)
		world_node_start(w, i);
	vote_domains(w, schemes, count);
	if (!world_wait_state(w, "Running", RUNNING_MS)) {
		test_fail(__FILE__, __LINE__, "the contract did not come to Running");
		show_logs(w);
	}
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- signatures ---------------------------------------------------------------------------------- */

static const uint8_t message[32] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static json_t *sign_args(int domain, bool ecdsa, const char *path)
{
	OWN(str) char *hex = hex_encode(message, sizeof(message));

	return json_pack("{s:{s:s,s:i,s:{s:s}}}", "request", "path", path, "domain_id", domain, "payload_v2",
			 ecdsa ? "Ecdsa" : "Eddsa", hex);
}

/* The value that a transaction ended with; new. */
static json_t *value_of(const json_t *answer)
{
	const char *base64 = json_string_value(json_path(answer, "result.status.SuccessValue"));
	uint8_t *data = NULL;
	size_t len;
	json_t *j = NULL;

	if (base64 && base64_decode(base64, strlen(base64), &data, &len) == 0)
		j = json_loadb((char *)data, len, JSON_DECODE_ANY, NULL);
	free(data);
	return j;
}

static bool read_signature(const json_t *j, bool ecdsa, uint8_t ret[64])
{
	const char *big_r = json_string_value(json_path(j, "big_r.affine_point"));
	const char *s = json_string_value(json_path(j, "s.scalar"));
	json_t *list = json_list(j, "signature"), *byte;
	size_t i;

	if (ecdsa)
		return big_r && s && strlen(big_r) == 66 && hex_decode(big_r + 2, 64, ret, 32) == 0 &&
		       hex_decode(s, strlen(s), ret + 32, 32) == 0;
	if (json_array_size(list) != 64)
		return false;
	json_array_foreach(list, i, byte) ret[i] = (uint8_t)json_integer_value(byte);
	return true;
}

/* Asks the contract for the signature and checks it with the key that the contract derives. */
static bool signs(struct world *w, int domain, bool ecdsa, const char *path)
{
	OWN(json) json_t *answer = world_call(w, "alice.test.near", "sign", sign_args(domain, ecdsa, path), "1");
	OWN(json) json_t *value = value_of(answer);
	OWN(json)
	json_t *key = world_view(w, "derived_public_key", json_pack("{s:s,s:s,s:i}", "path", path, "predecessor",
								    "alice.test.near", "domain_id", domain));
	OWN(str) char *text = json_text(answer);
	uint8_t signature[64], public_key[THRESHOLD_POINT_MOST];
	enum threshold_curve curve;
	struct err err = { 0 };

	if (read_signature(value, ecdsa, signature) && json_string_value(key) &&
	    contract_key_parse(json_string_value(key), &curve, public_key, &err) == 0 &&
	    threshold_verify(curve, public_key, message, sizeof(message), signature) == 0)
		return true;
	printf("# no good signature in %.150s\n", text ? text : "(no answer)");
	return false;
}

static bool can_sign(const struct world *w, size_t node, size_t domain)
{
	OWN(json) json_t *j = node_domains(&w->nodes[node]);

	return json_bool_or(json_array_get(json_list(j, "domains"), domain), "can_sign", false);
}

static bool wait_can_sign(const struct world *w, size_t node, size_t domain, bool wanted, int timeout_ms)
{
	for (int waited = 0; waited < timeout_ms; waited += 10) {
		if (can_sign(w, node, domain) == wanted)
			return true;
		test_pause(10);
	}
	return false;
}

/* ---- tests ---------------------------------------------------------------------------------------- */

static const struct scheme all_three[] = { { 0, "CaitSith" }, { 1, "Frost" }, { 2, "DamgardEtAl" } };

TEST(sign, three_nodes_generate_keys_of_all_schemes_and_sign_with_them)
{
	struct world w = { 0 };
	uint8_t seed[32] = { 1 };
	struct err err = { 0 };
	int64_t begun;

	CHECK_OK(threshold_init(seed, &err), err);
	bring_up(&w, all_three, 3);
	begun = now_ms();
	CHECK(signs(&w, 1, false, "ethereum,1"));
	CHECK(signs(&w, 2, true, "ethereum,1"));
	CHECK(signs(&w, 0, true, "ethereum,1"));
	printf("# first signatures of three schemes: %lld ms\n", (long long)(now_ms() - begun));
	begun = now_ms();
	for (int i = 0; i < 30; i++) {
		OWN(str) char *path = str_printf("path,%d", i);

		CHECK(signs(&w, i % 3, i % 3 != 1, path));
	}
	printf("# 30 more: %lld ms\n", (long long)(now_ms() - begun));
	if (getenv("SHOW"))
		show_logs(&w);
	world_free(&w);
}

#define MISSING_2 "domain 2 (DamgardEtAl) needs 3 of 3 signers; not connected: 2 mpc-node-2.test.near"

TEST(sign, network_that_loses_a_node_signs_on_and_names_what_it_cannot)
{
	struct world w = { 0 };
	OWN(str) char *signatures = NULL;
	OWN(str) char *metrics = NULL;

	bring_up(&w, all_three, 3);
	CHECK(signs(&w, 2, true, "before"));
	CHECK_INT(process_stop(&w.nodes[2].process, SIGKILL), 128 + SIGKILL);
	CHECK(wait_can_sign(&w, 0, 2, false, 3000));
	CHECK(wait_can_sign(&w, 1, 2, false, 3000));
	node_says(&w.nodes[0], "cannot sign: " MISSING_2);
	signatures = test_get(w.nodes[0].web, "/debug/signatures", NULL);
	CHECK(signatures && strstr(signatures, "Cannot sign: " MISSING_2));
	metrics = test_get(w.nodes[1].web, "/metrics", NULL);
	CHECK(metrics && strstr(metrics, "mpcup_domain_missing_signers{domain=\"2\",protocol=\"DamgardEtAl\"} 1\n"));
	CHECK(metrics && strstr(metrics, "mpcup_domain_missing_signers{domain=\"0\",protocol=\"CaitSith\"} 0\n"));
	for (int i = 0; i < 6; i++) {
		OWN(str) char *path = str_printf("without 2, %d", i);

		CHECK(signs(&w, i % 2, i % 2 == 0, path));
	}
	process_free(&w.nodes[2].process);
	world_node_start(&w, 2);
	CHECK(wait_can_sign(&w, 0, 2, true, 5000));
	CHECK(wait_can_sign(&w, 1, 2, true, 5000));
	CHECK(wait_can_sign(&w, 2, 2, true, 5000));
	for (int i = 0; i < 6; i++) {
		OWN(str) char *path = str_printf("again, %d", i);

		CHECK(signs(&w, i % 3, i % 3 != 1, path));
	}
	for (size_t i = 0; i < w.count; i++)
		CHECK_INT(process_stop(&w.nodes[i].process, SIGTERM), 0);
	if (getenv("SHOW"))
		show_logs(&w);
	world_free(&w);
}

static char *public_key(const struct world *w, int domain)
{
	OWN(json) json_t *key = world_view(w, "public_key", json_pack("{s:i}", "domain_id", domain));

	return str_dup(json_string_value(key));
}

static size_t share_files(const struct world_node *n)
{
	OWN(str) char *path = str_printf("%s/permanent_keys", n->home);
	DIR *d = opendir(path);
	struct dirent *file;
	size_t count = 0;

	while (d && (file = readdir(d)))
		count += str_starts(file->d_name, "epoch_");
	if (d)
		closedir(d);
	return count;
}

static bool wait_share_files(const struct world_node *n, size_t count)
{
	for (int waited = 0; waited < 3000; waited += 10) {
		if (share_files(n) == count)
			return true;
		test_pause(10);
	}
	return false;
}

/* Node 0 leaves, node 3 comes: the keys stay, the old shares are gone. */
TEST(sign, resharing_moves_the_keys_to_other_nodes)
{
	struct world w = { .count = 4, .registered = 3 };
	OWN(str) char *before = NULL;
	OWN(str) char *after = NULL;

	bring_up(&w, all_three, 3);
	CHECK(signs(&w, 0, true, "before"));
	before = public_key(&w, 0);
	CHECK(wait_share_files(&w.nodes[0], 3));
	world_reshare(&w, 0xe, 2, 1);
	if (!world_wait_state(&w, "Running", RUNNING_MS)) {
		test_fail(__FILE__, __LINE__, "the contract did not come back to Running");
		show_logs(&w);
	}
	after = public_key(&w, 0);
	CHECK(before && after);
	CHECK_STR(after, before);
	CHECK(wait_share_files(&w.nodes[0], 0));
	CHECK(wait_share_files(&w.nodes[3], 3));
	CHECK(wait_share_files(&w.nodes[1], 3));
	node_says(&w.nodes[0], "this node has left the network: its key shares are deleted");
	CHECK_INT(process_stop(&w.nodes[0].process, SIGTERM), 0);
	for (int i = 0; i < 6; i++) {
		OWN(str) char *path = str_printf("reshared, %d", i);

		CHECK(signs(&w, i % 3, i % 3 != 1, path));
	}
	if (getenv("SHOW"))
		show_logs(&w);
	world_free(&w);
}

/* ---- the store -------------------------------------------------------------------------------------- */

static void stop_all(struct world *w)
{
	for (size_t i = 0; i < w->count; i++) {
		CHECK_INT(process_stop(&w->nodes[i].process, SIGTERM), 0);
		process_free(&w->nodes[i].process);
	}
}

static void ends_saying(struct world_node *n, const char *words)
{
	CHECK_INT(process_wait(&n->process, 8000), 1);
	if (!n->process.text || !strstr(n->process.text, words))
		test_fail(__FILE__, __LINE__, "no '%s' in:\n%s", words, n->process.text ? n->process.text : "");
	process_free(&n->process);
}

static void shell(const char *fmt, const char *a, const char *b)
{
	OWN(str) char *command = NULL;
	struct buf text = { 0 };

	for (const char *c = fmt; *c; c++)
		if (*c == '1')
			buf_str(&text, a);
		else if (*c == '2')
			buf_str(&text, b);
		else
			buf_char(&text, *c);
	command = buf_take(&text);
	CHECK_INT(system(command), 0);
}

static const struct scheme frost_only[] = { { 0, "Frost" } };

TEST(sign, store_that_is_not_the_one_it_was_ends_the_node_with_the_reason)
{
	struct world w = { 0 };
	OWN(str) char *old = test_directory();

	bring_up(&w, frost_only, 1);
	CHECK(signs(&w, 0, false, "a"));
	stop_all(&w);
	w.nodes[0].store_key = "ffffffffffffffffffffffffffffffff";
	world_node_start(&w, 0);
	ends_saying(&w.nodes[0], "MPC_SECRET_STORE_KEY is not the key that it was written with");
	w.nodes[0].store_key = NULL;
	/* Another node's volume. */
	shell("cp -a 1/permanent_keys 1/key_generation 2/", w.nodes[1].home, old);
	shell("cp -a 1/permanent_keys 2/keep && cp -a 1/key_generation 2/keep-generation", w.nodes[0].home, old);
	shell("rm -r 2/permanent_keys && cp -a 1/permanent_keys 1/key_generation 2/", old, w.nodes[0].home);
	world_node_start(&w, 0);
	ends_saying(&w.nodes[0], "belongs to account 'mpc-node-1.test.near'");
	shell("rm -r 2/permanent_keys && cp -a 1/keep 2/permanent_keys && cp 1/keep-generation 2/key_generation", old,
	      w.nodes[0].home);
	/* Good again: all sign. */
	for (size_t i = 0; i < w.count; i++)
		world_node_start(&w, i);
	CHECK(signs(&w, 0, false, "b"));
	/* After a resharing the old directory, and then the old number too, are put back. */
	world_reshare(&w, 0x7, 3, 1);
	CHECK(world_wait_state(&w, "Running", RUNNING_MS));
	CHECK(wait_can_sign(&w, 0, 0, true, 3000));
	CHECK(signs(&w, 0, false, "c"));
	stop_all(&w);
	shell("rm -r 2/permanent_keys && cp -a 1/keep 2/permanent_keys", old, w.nodes[0].home);
	world_node_start(&w, 0);
	ends_saying(&w.nodes[0], "is rolled back or incomplete");
	shell("cp 1/keep-generation 2/key_generation", old, w.nodes[0].home);
	world_node_start(&w, 0);
	ends_saying(&w.nodes[0], "does not fit the contract");
	test_remove_directory(old);
	world_free(&w);
}

TEST(sign, node_with_an_empty_volume_says_so_and_the_others_sign)
{
	struct world w = { 0 };

	bring_up(&w, frost_only, 1);
	CHECK(signs(&w, 0, false, "a"));
	CHECK_INT(process_stop(&w.nodes[1].process, SIGKILL), 128 + SIGKILL);
	process_free(&w.nodes[1].process);
	shell("rm -r 1/permanent_keys 1/key_generation", w.nodes[1].home, "");
	world_node_start(&w, 1);
	node_says(&w.nodes[1], "Failed to load keyshares: no share of domain 0 in epoch 0");
	for (int i = 0; i < 4; i++) {
		OWN(str) char *path = str_printf("%d", i);

		CHECK(signs(&w, 0, false, path));
	}
	world_free(&w);
}
