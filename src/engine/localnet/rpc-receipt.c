/* EXPERIMENTAL_receipt. */
#include "engine/localnet/rpc.h"

/* {receipt_id} or [receipt_id] */
RPC_METHOD(rpc_receipt)
{
	const char *id = json_string_value(rpc_parameter(params, "receipt_id", 0));
	OWN(str) char *text = NULL;

	(void)q;
	if (!id) {
		*ret = rpc_error_missing("receipt_id");
		return RPC_ERROR;
	}
	*ret = ledger_find_receipt(r->ledger, id);
	if (*ret)
		return RPC_RESULT;
	text = str_printf("Receipt with id %s has never been observed on this node", id);
	*ret = rpc_error_handler("UNKNOWN_RECEIPT", json_pack("{s:s}", "receipt_id", id),
				 json_string(text));
	return RPC_ERROR;
}
