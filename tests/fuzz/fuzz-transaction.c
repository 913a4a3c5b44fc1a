/* Borsh transactions, keys and boot nodes: outside bytes of the chain's RPC and of environments. */
#include <stdint.h>
#include <string.h>

#include "core/near/near-transaction.h"
#include "core/near/near.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void texts(const char *text)
{
	struct near_boot_node *nodes = NULL;
	uint8_t public_key[NEAR_PUBLIC_BYTES];
	struct near_secp256k1_key secp256k1;
	struct near_public_key either;
	struct near_key key;
	struct err err = { 0 };
	size_t count = 0;

	if (near_boot_parse(text, &nodes, &count, &err) == 0)
		near_boot_free(nodes, count);
	if (near_key_parse(text, &key, &err) == 0)
		near_key_wipe(&key);
	(void)near_public_parse(text, public_key, &err);
	if (near_secp256k1_parse(text, &secp256k1, &err) == 0)
		near_secp256k1_wipe(&secp256k1);
	if (near_public_key_parse(text, &either, &err) == 0) {
		OWN(str) char *again = near_public_key_format(&either);

		if (strcmp(again, text) != 0)
			__builtin_trap(); /* one key has one text */
	}
	(void)near_account_valid(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	OWN(near_transaction) struct near_transaction *t = NULL;
	OWN(str) char *text = str_dup_n((const char *)data, len);
	struct err err = { 0 };

	texts(text);
	if (near_transaction_decode(data, len, &t, &err) == 0) {
		OWN(json) json_t *shown = near_transaction_json(t);
		OWN(buf) struct buf again = { 0 };

		(void)shown;
		near_transaction_encode(t, &again);
		if (again.len > len || memcmp(again.data, data, again.len) != 0)
			__builtin_trap(); /* what was read is not what is written */
		(void)near_transaction_verify(t);
		for (size_t i = 0; i < t->action_count; i++)
			if (t->actions[i].kind == NEAR_DELEGATE)
				(void)near_delegate_verify(t->actions[i].delegate);
	}
	return 0;
}
