/* Shares at rest: what is kept, what is refused, and kills between any two steps. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/secret.h"
#include "base/str.h"
#include "base/test.h"
#include "engine/node/node-keystore.h"
#include "engine/node/node-sealed.h"
#include "engine/sys/sys.h"

static const uint8_t store_key[KEYSTORE_KEY_BYTES] = { 1, 2, 3 };

struct place {
	char *home;
	struct keystore_setting setting;
	unsigned steps_left; /* then it is killed; 0: never */
	bool killed;
};

static bool interrupt(void *ctx, const char *step)
{
	struct place *p = ctx;

	(void)step;
	if (p->steps_left && --p->steps_left == 0)
		p->killed = true;
	return p->killed;
}

static void place_new(struct place *p)
{
	p->home = str_dup("/tmp/mpcup-test-keystore-XXXXXX");
	CHECK(mkdtemp(p->home) != NULL);
	p->setting = (struct keystore_setting){ .home = p->home, .account = "a.near", .contract = "c.near",
						.network = "mpc-localnet hash", .key = store_key,
						.interrupt = interrupt, .ctx = p };
}

static char *path_of(const struct place *p, const char *name)
{
	return str_printf("%s/%s", p->home, name);
}

static void shell(const struct place *p, const char *command)
{
	OWN(str) char *text = str_printf("cd %s && %s", p->home, command);

	CHECK_INT(system(text), 0);
}

static void place_free(struct place *p)
{
	shell(p, "rm -rf permanent_keys* key_generation* keep");
	rmdir(p->home);
	free(p->home);
}

/* A key of one's own: both parties' sessions in this process. */
static void make_keys(struct threshold_key *ret[2], uint8_t number)
{
	static const uint32_t parties[] = { 0, 1 };
	struct threshold_session *s[2];
	uint8_t seed[32] = { 9 };
	struct err err = { 0 };
	bool moved = true;

	CHECK_OK(threshold_init(seed, &err), err);
	for (uint32_t i = 0; i < 2; i++) {
		struct threshold_setting setting = { .self = i, .parties = parties, .count = 2,
						     .context = { number }, .seed = { number, (uint8_t)(i + 1) } };

		s[i] = threshold_generate(THRESHOLD_ED25519, 2, &setting);
	}
	while (moved) {
		struct threshold_message message;

		moved = false;
		for (uint32_t i = 0; i < 2; i++)
			while (threshold_next(s[i], &message)) {
				threshold_receive(s[1 - i], i, (uint8_t *)message.data.data, message.data.len);
				buf_free(&message.data);
				moved = true;
			}
	}
	for (int i = 0; i < 2; i++) {
		ret[i] = threshold_take_key(s[i]);
		CHECK(ret[i] != NULL);
		threshold_session_free(s[i]);
	}
}

static void free_keys(struct threshold_key *keys[2])
{
	threshold_key_free(keys[0]);
	threshold_key_free(keys[1]);
}

static struct keystore *open_good(struct place *p)
{
	struct keystore *k = NULL;
	struct err err = { 0 };

	CHECK_OK(keystore_open(&p->setting, &k, &err), err);
	return k;
}

static void refused(struct place *p, const char *words)
{
	struct keystore *k = NULL;
	struct err err = { 0 };

	CHECK_INT(keystore_open(&p->setting, &k, &err), -1);
	if (!strstr(err.text, words))
		test_fail(__FILE__, __LINE__, "no '%s' in: %s", words, err.text);
	keystore_free(k);
}

static bool holds(struct keystore *k, const struct keystore_id *id, const struct threshold_key *key)
{
	OWN(threshold_key) struct threshold_key *got = NULL;
	struct err err = { 0 };

	return keystore_get(k, id, &got, &err) == 0 && !memcmp(got->secret, key->secret, 32) &&
	       !memcmp(got->public_key, key->public_key, 32) && got->self == key->self;
}

static size_t share_files(const struct place *p)
{
	OWN(str) char *path = path_of(p, "permanent_keys");
	DIR *d = opendir(path);
	struct dirent *file;
	size_t count = 0;

	while (d && (file = readdir(d)))
		count += str_starts(file->d_name, "epoch_");
	if (d)
		closedir(d);
	return count;
}

/* ---- what is kept ------------------------------------------------------------------------------------- */

TEST(keystore, share_is_there_after_a_restart_before_and_after_it_is_accepted)
{
	struct threshold_key *keys[2];
	struct keystore_id id = { 0, 1, 3 }, other = { 0, 1, 2 };
	struct place p = { 0 };
	struct err err = { 0 };
	struct keystore *k;
	struct threshold_key *none = NULL;

	place_new(&p);
	make_keys(keys, 1);
	k = open_good(&p);
	CHECK_INT(keystore_count(k), 0);
	CHECK_INT(keystore_get(k, &id, &none, &err), KEYSTORE_NONE);
	CHECK_OK(keystore_put(k, &other, keys[1], &err), err);
	CHECK_OK(keystore_put(k, &id, keys[0], &err), err);
	keystore_free(k);
	k = open_good(&p);
	CHECK(holds(k, &id, keys[0]));
	CHECK(!keystore_has(k, 0, 1));
	CHECK_OK(keystore_promote(k, &id, 1, &err), err);
	CHECK(keystore_has(k, 0, 1));
	CHECK_INT(share_files(&p), 1); /* the other attempt is history */
	keystore_free(k);
	k = open_good(&p);
	CHECK(holds(k, &id, keys[0]));
	CHECK(keystore_has(k, 0, 1));
	CHECK_INT(keystore_get(k, &other, &none, &err), KEYSTORE_NONE);
	keystore_free(k);
	free_keys(keys);
	place_free(&p);
}

TEST(keystore, shares_of_other_epochs_are_deleted)
{
	struct threshold_key *keys[2];
	struct keystore_id old = { 4, 0, 0 }, now = { 5, 0, 0 };
	struct place p = { 0 };
	struct err err = { 0 };
	struct keystore *k;
	uint64_t newest = 0;

	place_new(&p);
	make_keys(keys, 2);
	k = open_good(&p);
	CHECK(!keystore_newest(k, &newest));
	CHECK_OK(keystore_put(k, &old, keys[0], &err), err);
	CHECK_OK(keystore_put(k, &now, keys[1], &err), err);
	CHECK(keystore_newest(k, &newest) && newest == 5);
	CHECK_OK(keystore_keep_epoch(k, 5, &err), err);
	CHECK_INT(keystore_count(k), 1);
	CHECK_INT(share_files(&p), 1);
	CHECK(holds(k, &now, keys[1]));
	CHECK_OK(keystore_keep_epoch(k, KEYSTORE_NO_EPOCH, &err), err);
	CHECK_INT(share_files(&p), 0);
	keystore_free(k);
	free_keys(keys);
	place_free(&p);
}

TEST(keystore, attempt_is_begun_once_even_over_restarts)
{
	struct keystore_id id = { 0, 0, 7 }, next = { 0, 0, 8 };
	struct place p = { 0 };
	struct err err = { 0 };
	struct keystore *k;

	place_new(&p);
	k = open_good(&p);
	CHECK_INT(keystore_begin(k, &id, &err), 0);
	CHECK_INT(keystore_begin(k, &id, &err), KEYSTORE_BEGUN);
	keystore_free(k);
	k = open_good(&p);
	CHECK_INT(keystore_begin(k, &id, &err), KEYSTORE_BEGUN);
	CHECK_INT(keystore_begin(k, &next, &err), 0);
	keystore_free(k);
	place_free(&p);
}

TEST(keystore, files_are_for_their_owner_only_and_hold_no_secret_in_clear)
{
	struct threshold_key *keys[2];
	struct keystore_id id = { 0, 0, 0 };
	struct place p = { 0 };
	struct err err = { 0 };
	struct keystore *k;
	OWN(str) char *path = NULL;
	OWN(str) char *data = NULL;
	struct stat st;
	size_t len = 0;

	place_new(&p);
	make_keys(keys, 3);
	k = open_good(&p);
	CHECK_OK(keystore_put(k, &id, keys[0], &err), err);
	path = path_of(&p, "permanent_keys/epoch_0_domain_0_attempt_0");
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	CHECK_OK(sys_read_file(path, 100000, &data, &len, &err), err);
	CHECK(!memmem(data, len, keys[0]->secret, 32));
	CHECK(!memmem(data, len, keys[0]->secret, 8));
	keystore_free(k);
	free_keys(keys);
	place_free(&p);
}

/* ---- what is refused ------------------------------------------------------------------------------------ */

static void put_one(struct place *p, struct threshold_key *keys[2])
{
	struct keystore_id id = { 0, 0, 0 };
	struct err err = { 0 };
	struct keystore *k;

	place_new(p);
	make_keys(keys, 4);
	k = open_good(p);
	CHECK_OK(keystore_put(k, &id, keys[0], &err), err);
	CHECK_OK(keystore_promote(k, &id, 1, &err), err);
	keystore_free(k);
}

TEST(keystore, wrong_key_account_contract_and_network_are_told)
{
	static const uint8_t other_key[KEYSTORE_KEY_BYTES] = { 1, 2, 4 };
	struct threshold_key *keys[2];
	struct place p = { 0 };

	put_one(&p, keys);
	p.setting.key = other_key;
	refused(&p, "MPC_SECRET_STORE_KEY is not the key that it was written with");
	p.setting.key = store_key;
	p.setting.account = "b.near";
	refused(&p, "belongs to account 'a.near', this node has 'b.near'");
	p.setting.account = "a.near";
	p.setting.contract = "d.near";
	refused(&p, "belongs to contract 'c.near'");
	p.setting.contract = "c.near";
	p.setting.network = "testnet hash";
	refused(&p, "belongs to network 'mpc-localnet hash'");
	p.setting.network = "mpc-localnet hash";
	keystore_free(open_good(&p));
	free_keys(keys);
	place_free(&p);
}

/* Any bit of any file. */
TEST(keystore, every_changed_byte_is_noticed)
{
	static const char *const names[] = { "permanent_keys/epoch_0_domain_0_attempt_0", "permanent_keys/index",
					     "key_generation" };
	struct threshold_key *keys[2];
	struct place p = { 0 };

	put_one(&p, keys);
	for (size_t i = 0; i < 3; i++) {
		OWN(str) char *path = path_of(&p, names[i]);
		OWN(str) char *data = NULL;
		struct err err = { 0 };
		size_t len = 0;

		CHECK_OK(sys_read_file(path, 100000, &data, &len, &err), err);
		for (size_t at = 0; at < len; at += at < 40 || at + 40 > len ? 1 : 7) {
			struct keystore *k = NULL;

			data[at] ^= 0x10;
			CHECK_OK(sys_write_atomic(path, data, len, 0600, &err), err);
			if (keystore_open(&p.setting, &k, &err) == 0)
				test_fail(__FILE__, __LINE__, "byte %zu of %s", at, names[i]);
			keystore_free(k);
			data[at] ^= 0x10;
		}
		CHECK_OK(sys_write_atomic(path, data, len, 0600, &err), err);
		CHECK_OK(sys_write_atomic(path, data, len / 2, 0600, &err), err);
		refused(&p, names[i]);
		CHECK_OK(sys_write_atomic(path, data, len, 0600, &err), err);
		keystore_free(open_good(&p));
	}
	free_keys(keys);
	place_free(&p);
}

TEST(keystore, older_directory_file_and_missing_parts_are_rollbacks)
{
	struct keystore_id next = { 1, 0, 0 };
	struct threshold_key *keys[2];
	struct place p = { 0 };
	struct err err = { 0 };
	struct keystore *k;

	put_one(&p, keys);
	shell(&p, "cp -a permanent_keys keep");
	k = open_good(&p);
	CHECK_OK(keystore_put(k, &next, keys[1], &err), err);
	keystore_free(k);
	shell(&p, "mv permanent_keys permanent_keys-now && cp -a keep permanent_keys");
	refused(&p, "rolled back");
	shell(&p, "rm -r permanent_keys && mkdir permanent_keys");
	refused(&p, "rolled back");
	shell(&p, "rm -r permanent_keys && mv permanent_keys-now permanent_keys");
	keystore_free(open_good(&p));
	shell(&p, "mv key_generation key_generation-now");
	refused(&p, "rolled back");
	shell(&p, "cp permanent_keys/index key_generation");
	refused(&p, "another file was put in its place");
	shell(&p, "mv key_generation-now key_generation");
	shell(&p, "mv permanent_keys/epoch_1_domain_0_attempt_0 keep/");
	refused(&p, "is missing, although the index names it");
	/* One share under the name of the other. */
	shell(&p, "cp permanent_keys/epoch_0_domain_0_attempt_0 permanent_keys/epoch_1_domain_0_attempt_0");
	refused(&p, "an older or another file was put in its place");
	free_keys(keys);
	place_free(&p);
}

/* An old share under its own name: the index knows the generation. */
TEST(keystore, older_share_under_its_own_name_is_noticed)
{
	struct keystore_id id = { 0, 0, 0 };
	struct threshold_key *keys[2];
	struct place p = { 0 };
	struct err err = { 0 };
	struct keystore *k;

	put_one(&p, keys);
	shell(&p, "cp permanent_keys/epoch_0_domain_0_attempt_0 key_generation-old");
	k = open_good(&p);
	CHECK_OK(keystore_put(k, &id, keys[0], &err), err);
	keystore_free(k);
	shell(&p, "cp key_generation-old permanent_keys/epoch_0_domain_0_attempt_0");
	refused(&p, "an older or another file was put in its place");
	free_keys(keys);
	place_free(&p);
}

/* ---- kills ------------------------------------------------------------------------------------------------ */

enum change { PUT, PROMOTE, FORGET };

static int change(struct keystore *k, enum change what, struct threshold_key *keys[2])
{
	struct keystore_id next = { 1, 0, 0 };
	struct err err = { 0 };

	if (what == PUT)
		return keystore_put(k, &next, keys[1], &err);
	if (what == PROMOTE)
		return keystore_promote(k, &next, 1, &err);
	return keystore_keep_epoch(k, 1, &err);
}

/* After a kill at any step the store opens, holds what it held before, and the change can be made again. */
TEST(keystore, kill_between_any_two_steps_loses_nothing)
{
	struct keystore_id old = { 0, 0, 0 }, next = { 1, 0, 0 };

	for (int what = PUT; what <= FORGET; what++)
		for (unsigned steps = 1; steps < 8; steps++) {
			struct threshold_key *keys[2];
			struct place p = { 0 };
			struct keystore *k;
			bool killed;
			int result;

			put_one(&p, keys);
			k = open_good(&p);
			for (int before = PUT; before < what; before++)
				CHECK_INT(change(k, (enum change)before, keys), 0);
			p.steps_left = steps;
			result = change(k, (enum change)what, keys);
			killed = p.killed;
			CHECK_INT(result, killed ? -1 : 0);
			keystore_free(k);
			p.steps_left = 0;
			p.killed = false;
			k = open_good(&p);
			if (what != FORGET)
				CHECK(holds(k, &old, keys[0]));
			if (what != PUT)
				CHECK(holds(k, &next, keys[1]));
			CHECK_INT(change(k, (enum change)what, keys), 0);
			CHECK(holds(k, &next, keys[1]));
			CHECK_INT(share_files(&p), what == FORGET ? 1 : 2);
			keystore_free(k);
			free_keys(keys);
			place_free(&p);
			if (!killed)
				break;
		}
}

/* ---- sealed files ------------------------------------------------------------------------------------------ */

TEST(keystore, sealed_bytes_that_are_anything_are_refused)
{
	static const char *const texts[] = { "", "MPCUPKS1", "MPCUPKS1\xff\xff\xff\xff", "not a key store at all, no",
					     "MPCUPKS1\x02\0\0\0{}0123456789ab0123456789abcde" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *header = NULL;
		uint8_t *content = NULL;
		struct err err = { 0 };
		size_t len = 0;

		CHECK_INT(sealed_read(store_key, texts[i], i == 4 ? 41 : strlen(texts[i]), &header, &content, &len,
				      &err),
			  -1);
	}
}
