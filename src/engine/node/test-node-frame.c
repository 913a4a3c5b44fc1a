/* Frames between participants, and whose turn a request is. */
#include <string.h>

#include "base/test.h"
#include "engine/node/node-mpc.h"

TEST(node_frame, hello_comes_back_as_it_was_and_nothing_else_is_one)
{
	struct frame_hello hello = { { 1, 2 }, 7, 0, 4000000000u, { 9, 8 } }, back;
	OWN(buf) struct buf b = { 0 };

	frame_hello_encode(&hello, &b);
	CHECK_INT(frame_hello_decode((uint8_t *)b.data, b.len, &back), 0);
	CHECK_INT(back.epoch, 7);
	CHECK_INT(back.to, 4000000000u);
	CHECK(!memcmp(back.set, hello.set, 32) && !memcmp(back.process, hello.process, 16));
	for (size_t len = 0; len < b.len; len++)
		CHECK_INT(frame_hello_decode((uint8_t *)b.data, len, &back), -1);
	buf_char(&b, 0);
	CHECK_INT(frame_hello_decode((uint8_t *)b.data, b.len, &back), -1);
}

TEST(node_frame, message_comes_back_as_it_was)
{
	struct frame f = { { 3 }, FRAME_ABORT, UINT64_MAX, 5, 6, 7, (const uint8_t *)"words", 5 }, back;
	OWN(buf) struct buf b = { 0 };

	frame_encode(&f, &b);
	CHECK_INT(frame_decode((uint8_t *)b.data, b.len, &back), 0);
	CHECK_INT(back.kind, FRAME_ABORT);
	CHECK(back.epoch == UINT64_MAX);
	CHECK_INT(back.domain, 5);
	CHECK_INT(back.from, 6);
	CHECK_INT(back.to, 7);
	CHECK(back.len == 5 && !memcmp(back.data, "words", 5));
	for (size_t len = 0; len < b.len - 5; len++)
		CHECK_INT(frame_decode((uint8_t *)b.data, len, &back), -1);
	b.data[33] = 4; /* no such kind */
	CHECK_INT(frame_decode((uint8_t *)b.data, b.len, &back), -1);
}

TEST(node_frame, message_that_is_too_long_is_none)
{
	struct frame f = { .kind = FRAME_COMPUTATION }, back;
	OWN(buf) struct buf b = { 0 };
	uint8_t *data = mem_new(FRAME_DATA_MOST + 1, 1);

	f.data = data;
	f.len = FRAME_DATA_MOST;
	frame_encode(&f, &b);
	CHECK(b.len <= FRAME_MOST);
	CHECK_INT(frame_decode((uint8_t *)b.data, b.len, &back), 0);
	buf_char(&b, 0);
	CHECK_INT(frame_decode((uint8_t *)b.data, b.len, &back), -1);
	free(data);
}

static int decode_changed(const struct frame_start *start, size_t at, uint8_t value)
{
	struct frame_start back;
	OWN(buf) struct buf b = { 0 };

	frame_start_encode(start, &b);
	b.data[at] = (char)value;
	return frame_start_decode((uint8_t *)b.data, b.len, &back);
}

TEST(node_frame, start_is_read_strictly)
{
	struct frame_start start = { .task = TASK_SIGN, .scheme = THRESHOLD_CAIT_SITH, .counter = 77,
				     .parties = { 1, 5, 9 }, .count = 3, .request = { 4 } };
	struct frame_start back;
	OWN(buf) struct buf b = { 0 };

	frame_start_encode(&start, &b);
	CHECK_INT(frame_start_decode((uint8_t *)b.data, b.len, &back), 0);
	CHECK_INT(back.count, 3);
	CHECK_INT(back.parties[2], 9);
	CHECK(back.counter == 77);
	for (size_t len = 0; len < b.len; len++)
		CHECK_INT(frame_start_decode((uint8_t *)b.data, len, &back), -1);
	CHECK_INT(decode_changed(&start, 0, TASK_GENERATE), -1); /* the contract starts those */
	CHECK_INT(decode_changed(&start, 0, 9), -1);
	CHECK_INT(decode_changed(&start, 1, 3), -1); /* no such scheme */
	CHECK_INT(decode_changed(&start, 90, 200), -1); /* count */
	start.parties[1] = 1;
	CHECK_INT(decode_changed(&start, 0, TASK_SIGN), -1); /* twice the same */
	start.count = 1;
	CHECK_INT(decode_changed(&start, 0, TASK_SIGN), -1);
}

TEST(node_frame, session_ids_belong_to_their_leader_process_and_counter)
{
	uint8_t network[32] = { 1 }, other_network[32] = { 2 }, process[16] = { 3 }, other_process[16] = { 4 };
	uint8_t ids[5][32];

	frame_session_id(network, 0, process, 1, ids[0]);
	frame_session_id(network, 1, process, 1, ids[1]);
	frame_session_id(network, 0, other_process, 1, ids[2]);
	frame_session_id(network, 0, process, 2, ids[3]);
	frame_session_id(other_network, 0, process, 1, ids[4]);
	for (int i = 0; i < 5; i++)
		for (int k = 0; k < i; k++)
			CHECK(memcmp(ids[i], ids[k], 32) != 0);
}

/* Worked out with Python: sorted(range(5), key=lambda i: int.from_bytes(
 *   sha256(i.to_bytes(4, 'little') + bytes([N] * 32)).digest()[:8], 'little')) */
TEST(node_request, leader_is_the_lowest_hash_of_participant_and_request)
{
	static const struct {
		uint8_t byte;
		uint32_t order[5];
	} rows[] = { { 0, { 3, 2, 4, 1, 0 } }, { 1, { 2, 0, 3, 4, 1 } }, { 255, { 3, 1, 4, 0, 2 } } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t request[32];

		memset(request, rows[i].byte, sizeof(request));
		for (int k = 1; k < 5; k++)
			CHECK(request_rank(request, rows[i].order[k - 1]) < request_rank(request, rows[i].order[k]));
	}
}

TEST(node_request, response_has_the_contracts_form)
{
	uint8_t payload[32] = { 0xab };
	struct request r = { .domain = 2, .tweak = { 7 }, .payload = payload, .payload_len = 32 };
	struct threshold_signature ecdsa = { .curve = THRESHOLD_SECP256K1, .big_r = { 2, 0xcd }, .recovery_id = 1 };
	struct threshold_signature eddsa = { .curve = THRESHOLD_ED25519, .bytes = { 5 } };
	OWN(json) json_t *a = respond_arguments(&r, &ecdsa);
	OWN(json) json_t *b = respond_arguments(&r, &eddsa);

	CHECK_INT(json_integer_value(json_path(a, "request.tweak.0")), 7);
	CHECK_INT(json_integer_value(json_path(a, "request.domain_id")), 2);
	CHECK(str_starts(json_string_value(json_path(a, "request.payload.Ecdsa")), "ab00"));
	CHECK(str_starts(json_string_value(json_path(a, "response.big_r.affine_point")), "02CD00"));
	CHECK_INT(json_integer_value(json_path(a, "response.recovery_id")), 1);
	CHECK_STR(json_string_value(json_path(b, "response.scheme")), "Ed25519");
	CHECK_INT(json_array_size(json_path(b, "response.signature")), 64);
	CHECK(json_path(b, "request.payload.Eddsa"));
}
