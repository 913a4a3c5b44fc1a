/* What computes with secrets must not branch on them or index with them: MemorySanitizer is told that the
 * secrets are uninitialized, and reports just that. Built and run by tools/check-constant-time; with an argument
 * it does what is not constant-time, which must be reported. */
#include <sanitizer/msan_interface.h>
#include <stdio.h>
#include <string.h>

#include "core/threshold/group-secp256k1.h"
#include "core/threshold/ot-internal.h"

#define G (&group_secp256k1)

static void secret(void *data, size_t len)
{
	memset(data, 0x5a, len);
	__msan_poison(data, len);
}

/* 0: the result depends on the secrets, as it must: otherwise nothing was looked at. */
static int depends(const char *what, const void *result, size_t len)
{
	if (__msan_test_shadow(result, len) >= 0)
		return 0;
	printf("%s: the result does not depend on the secret\n", what);
	return 1;
}

static int scalars(void)
{
	uint8_t a[32], b[32], wide[64], ret[32];
	int bad = 0;

	secret(a, sizeof(a));
	secret(b, sizeof(b));
	secret(wide, sizeof(wide));
	G->scalar_add(a, b, ret);
	bad += depends("add", ret, sizeof(ret));
	G->scalar_subtract(a, b, ret);
	bad += depends("subtract", ret, sizeof(ret));
	G->scalar_multiply(a, b, ret);
	bad += depends("multiply", ret, sizeof(ret));
	G->scalar_wide(wide, ret);
	bad += depends("wide", ret, sizeof(ret));
	G->scalar_invert(a, ret);
	return bad + depends("invert", ret, sizeof(ret));
}

static int protocols(void)
{
	const uint8_t public[32] = { 1, 2, 3 };
	struct threshold_presignature p = { .scheme = THRESHOLD_DAMGARD_ET_AL };
	uint8_t coefficients[3][32], ret[64];
	int bad = 0;

	secret(coefficients, sizeof(coefficients));
	group_polynomial(G, (const void *)coefficients, 3, public, ret);
	bad += depends("polynomial", ret, 32);
	secret(&p.damgard, sizeof(p.damgard));
	damgard_share(&p, public, public, public, public, ret);
	bad += depends("DamgardEtAl's share", ret, 32);
	secret(&p.cait_sith, sizeof(p.cait_sith));
	cait_sith_share(&p, public, public, public, public, ret);
	return bad + depends("CaitSith's share", ret, 64);
}

/* Two ends of a pairing whose seeds fit; what libsodium makes of seeds counts as public here. */
static void pair(struct threshold_pairing *a, struct threshold_pairing *b)
{
	*a = (struct threshold_pairing){ .self = 1, .peer = 2, .gadget = mem_new(OT_COUNT, 32) };
	*b = (struct threshold_pairing){ .self = 2, .peer = 1, .gadget = a->gadget };
	rvole_gadget(a->gadget);
	memset(b->choices, 0x35, sizeof(b->choices));
	for (size_t i = 0; i < OT_BASE; i++) {
		memset(a->both[i][0], (int)i, 32);
		memset(a->both[i][1], (int)~i, 32);
		memcpy(b->chosen[i], a->both[i][ot_bit(b->choices, i)], 32);
	}
	__msan_poison(b->choices, sizeof(b->choices));
}

/* The other direction's transfers, then a multiplication in which everybody's bits and numbers are secret, but for what
 * is sent. */
static int transfers(void)
{
	static uint8_t ask[RVOLE_ASK_BYTES], answer[RVOLE_ANSWER_BYTES], key[32];
	static uint8_t turned[OT_EXTEND_BYTES];
	static struct threshold_pairing a, b;
	static struct ot_base base;
	static struct rvole r;
	struct threshold_session s = { .parties = { 1, 2 }, .count = 2, .random = key };
	uint8_t inputs[RVOLE_INPUTS][32], mine[RVOLE_INPUTS][32], theirs[RVOLE_INPUTS][32];
	const char *why;
	int bad = 0;

	pair(&a, &b);
	secret(inputs, sizeof(inputs));
	ot_turn_ask(&s, &a, &base, turned);
	why = ot_turn_answer(&s, &b, &base, turned);
	rvole_ask(&s, &a, &r, ask);
	if (!why)
		why = rvole_answer(&s, &b, ask, (const void *)inputs, mine, answer);
	bad += depends("an answer", answer + 32, RVOLE_ADJUST_BYTES);
	__msan_unpoison(answer, sizeof(answer));
	__msan_poison(r.choices, sizeof(r.choices));
	__msan_poison(r.rows, sizeof(r.rows));
	if (!why)
		why = rvole_finish(&s, &a, &r, answer, theirs);
	if (why)
		printf("multiplication: %s\n", why);
	free(a.gadget);
	return bad + !!why + depends("the product", theirs, sizeof(theirs));
}

int main(int argc, char **argv)
{
	uint8_t a[32];

	(void)argv;
	secret(a, sizeof(a));
	if (argc > 1)
		return group_secp256k1_invert_public(a, a);
	return scalars() + protocols() + transfers() ? 1 : 0;
}
