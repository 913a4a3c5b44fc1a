/* A network that generates keys, signs, loses a node and signs on: processes on loopback. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "signing.h"

/* ---- tests ---------------------------------------------------------------------------------------- */

TEST(sign, three_nodes_generate_keys_of_all_schemes_and_sign_with_them)
{
	struct world w = { 0 };
	int64_t begun;

	signing_bring_up(&w, all_three, 3);
	begun = signing_now_ms();
	CHECK(signing_signs(&w, 1, false, "ethereum,1"));
	CHECK(signing_signs(&w, 2, true, "ethereum,1"));
	CHECK(signing_signs(&w, 0, true, "ethereum,1"));
	printf("# first signatures of three schemes: %lld ms\n", (long long)(signing_now_ms() - begun));
	begun = signing_now_ms();
	for (int i = 0; i < 30; i++) {
		OWN(str) char *path = str_printf("path,%d", i);

		CHECK(signing_signs(&w, i % 3, i % 3 != 1, path));
	}
	printf("# 30 more: %lld ms\n", (long long)(signing_now_ms() - begun));
	if (getenv("SHOW"))
		signing_show_logs(&w);
	world_free(&w);
}

#define MISSING_2 "domain 2 (DamgardEtAl) needs 3 of 3 signers; not connected: 2 mpc-node-2.test.near"

TEST(sign, network_that_loses_a_node_signs_on_and_names_what_it_cannot)
{
	struct world w = { 0 };
	OWN(str) char *signatures = NULL;
	OWN(str) char *metrics = NULL;

	signing_bring_up(&w, all_three, 3);
	CHECK(signing_signs(&w, 2, true, "before"));
	CHECK_INT(process_stop(&w.nodes[2].process, SIGKILL), 128 + SIGKILL);
	CHECK(signing_wait(&w, 0, 2, false, PATIENCE_MS));
	CHECK(signing_wait(&w, 1, 2, false, PATIENCE_MS));
	node_says(&w.nodes[0], "cannot sign: " MISSING_2);
	signatures = test_get(w.nodes[0].web, "/debug/signatures", NULL);
	CHECK(signatures && strstr(signatures, "Cannot sign: " MISSING_2));
	metrics = test_get(w.nodes[1].web, "/metrics", NULL);
	CHECK(metrics && strstr(metrics, "mpcup_domain_missing_signers{domain=\"2\",protocol=\"DamgardEtAl\"} 1\n"));
	CHECK(metrics && strstr(metrics, "mpcup_domain_missing_signers{domain=\"0\",protocol=\"CaitSith\"} 0\n"));
	for (int i = 0; i < 6; i++) {
		OWN(str) char *path = str_printf("without 2, %d", i);

		CHECK(signing_signs(&w, i % 2, i % 2 == 0, path));
	}
	process_free(&w.nodes[2].process);
	world_node_start(&w, 2);
	CHECK(signing_wait(&w, 0, 2, true, PATIENCE_MS));
	CHECK(signing_wait(&w, 1, 2, true, PATIENCE_MS));
	CHECK(signing_wait(&w, 2, 2, true, PATIENCE_MS));
	for (int i = 0; i < 6; i++) {
		OWN(str) char *path = str_printf("again, %d", i);

		CHECK(signing_signs(&w, i % 3, i % 3 != 1, path));
	}
	for (size_t i = 0; i < w.count; i++)
		CHECK_INT(process_stop(&w.nodes[i].process, SIGTERM), 0);
	if (getenv("SHOW"))
		signing_show_logs(&w);
	world_free(&w);
}

static char *public_key(struct world *w, int domain)
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
	for (int waited = 0; waited < PATIENCE_MS; waited += 10) {
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

	signing_bring_up(&w, all_three, 3);
	CHECK(signing_signs(&w, 0, true, "before"));
	before = public_key(&w, 0);
	CHECK(wait_share_files(&w.nodes[0], 3));
	world_reshare(&w, 0xe, 2, 1);
	if (!world_wait_state(&w, "Running", PATIENCE_MS)) {
		test_fail(__FILE__, __LINE__, "the contract did not come back to Running");
		signing_show_logs(&w);
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

		CHECK(signing_signs(&w, i % 3, i % 3 != 1, path));
	}
	if (getenv("SHOW"))
		signing_show_logs(&w);
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
	CHECK_INT(process_wait(&n->process, PATIENCE_MS), 1);
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

	signing_bring_up(&w, frost_only, 1);
	CHECK(signing_signs(&w, 0, false, "a"));
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
	CHECK(signing_signs(&w, 0, false, "b"));
	/* After a resharing the old directory, and then the old number too, are put back. */
	world_reshare(&w, 0x7, 3, 1);
	CHECK(world_wait_state(&w, "Running", PATIENCE_MS));
	CHECK(signing_wait(&w, 0, 0, true, PATIENCE_MS));
	CHECK(signing_signs(&w, 0, false, "c"));
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

	signing_bring_up(&w, frost_only, 1);
	CHECK(signing_signs(&w, 0, false, "a"));
	CHECK_INT(process_stop(&w.nodes[1].process, SIGKILL), 128 + SIGKILL);
	process_free(&w.nodes[1].process);
	shell("rm -r 1/permanent_keys 1/key_generation", w.nodes[1].home, "");
	world_node_start(&w, 1);
	node_says(&w.nodes[1], "Failed to load keyshares: no share of domain 0 in epoch 0");
	for (int i = 0; i < 4; i++) {
		OWN(str) char *path = str_printf("%d", i);

		CHECK(signing_signs(&w, 0, false, path));
	}
	world_free(&w);
}
