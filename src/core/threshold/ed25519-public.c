#include "core/threshold/ed25519-internal.h"

#include <string.h>

/* ---- the field: modulo 2^255 - 19, five limbs of 51 bits --------------------------------------------- */

__extension__ typedef unsigned __int128 wide;

#define MASK ((1ull << 51) - 1)

/* multiply() and square() take limbs below 2^53.5 and give such of little more than 51 bits, as load() does.
 * A sum or difference of two of those may be multiplied, or added once more. */
struct field {
	uint64_t limb[5];
};

static const struct field edwards_2d = {
	{ 1859910466990425, 932731440258426, 1072319116312658, 1815898335770999, 633789495995903 }
};
static const struct field edwards_d = {
	{ 929955233495203, 466365720129213, 1662059464998953, 2033849074728123, 1442794654840575 }
};
static const struct field root_of_minus_1 = {
	{ 1718705420411056, 234908883556509, 2233514472574048, 2117202627021982, 765476049583133 }
};
static const struct field one = { { 1 } };

static inline struct field add(const struct field *a, const struct field *b)
{
	return (struct field){ { a->limb[0] + b->limb[0], a->limb[1] + b->limb[1], a->limb[2] + b->limb[2],
				 a->limb[3] + b->limb[3], a->limb[4] + b->limb[4] } };
}

/* Twice the modulus is added before: b is a product (see above), a may be a sum. */
static inline struct field subtract(const struct field *a, const struct field *b)
{
	return (struct field){ { a->limb[0] + 2 * (MASK - 18) - b->limb[0], a->limb[1] + 2 * MASK - b->limb[1],
				 a->limb[2] + 2 * MASK - b->limb[2], a->limb[3] + 2 * MASK - b->limb[3],
				 a->limb[4] + 2 * MASK - b->limb[4] } };
}

/* What is carried is below 2^63, and at the end below 2^58 before it is multiplied by 19. */
static inline struct field carry(wide r0, wide r1, wide r2, wide r3, wide r4)
{
	struct field r;
	uint64_t last;

	r1 += (uint64_t)(r0 >> 51);
	r2 += (uint64_t)(r1 >> 51);
	r3 += (uint64_t)(r2 >> 51);
	r4 += (uint64_t)(r3 >> 51);
	last = ((uint64_t)r0 & MASK) + 19 * (uint64_t)(r4 >> 51);
	r.limb[0] = last & MASK;
	r.limb[1] = ((uint64_t)r1 & MASK) + (last >> 51);
	r.limb[2] = (uint64_t)r2 & MASK;
	r.limb[3] = (uint64_t)r3 & MASK;
	r.limb[4] = (uint64_t)r4 & MASK;
	return r;
}

static inline struct field multiply(const struct field *a, const struct field *b)
{
	uint64_t x0 = a->limb[0], x1 = a->limb[1], x2 = a->limb[2], x3 = a->limb[3], x4 = a->limb[4];
	uint64_t y0 = b->limb[0], y1 = b->limb[1], y2 = b->limb[2], y3 = b->limb[3], y4 = b->limb[4];
	uint64_t z1 = 19 * y1, z2 = 19 * y2, z3 = 19 * y3, z4 = 19 * y4;

	return carry((wide)x0 * y0 + (wide)x1 * z4 + (wide)x2 * z3 + (wide)x3 * z2 + (wide)x4 * z1,
		     (wide)x0 * y1 + (wide)x1 * y0 + (wide)x2 * z4 + (wide)x3 * z3 + (wide)x4 * z2,
		     (wide)x0 * y2 + (wide)x1 * y1 + (wide)x2 * y0 + (wide)x3 * z4 + (wide)x4 * z3,
		     (wide)x0 * y3 + (wide)x1 * y2 + (wide)x2 * y1 + (wide)x3 * y0 + (wide)x4 * z4,
		     (wide)x0 * y4 + (wide)x1 * y3 + (wide)x2 * y2 + (wide)x3 * y1 + (wide)x4 * y0);
}

static inline struct field square(const struct field *a)
{
	uint64_t x0 = a->limb[0], x1 = a->limb[1], x2 = a->limb[2], x3 = a->limb[3], x4 = a->limb[4];
	uint64_t d0 = 2 * x0, d1 = 2 * x1, d2 = 2 * x2, d3 = 2 * x3, z3 = 19 * x3, z4 = 19 * x4;

	return carry((wide)x0 * x0 + (wide)d1 * z4 + (wide)d2 * z3, (wide)d0 * x1 + (wide)d2 * z4 + (wide)x3 * z3,
		     (wide)d0 * x2 + (wide)x1 * x1 + (wide)d3 * z4, (wide)d0 * x3 + (wide)d1 * x2 + (wide)x4 * z4,
		     (wide)d0 * x4 + (wide)d1 * x3 + (wide)x2 * x2);
}

static struct field square_times(const struct field *a, int times)
{
	struct field r = *a;

	while (times-- > 0)
		r = square(&r);
	return r;
}

/* a^(2^count - 1) from x = a^(2^half - 1), count = half + more where more <= half: y = a^(2^more - 1). */
static struct field join(const struct field *x, int more, const struct field *y)
{
	struct field r = square_times(x, more);

	return multiply(&r, y);
}

/* a^(2^250 - 1) and a^11, of which all powers wanted here are made. */
static struct field power_250(const struct field *a, struct field *ret_11)
{
	struct field a2 = square(a), a8 = square_times(&a2, 2), a9 = multiply(&a8, a), a22, p5, p10, p20, p40, p50, p100,
		     p200;

	*ret_11 = multiply(&a9, &a2);
	a22 = square(ret_11);
	p5 = multiply(&a22, &a9);
	p10 = join(&p5, 5, &p5);
	p20 = join(&p10, 10, &p10);
	p40 = join(&p20, 20, &p20);
	p50 = join(&p40, 10, &p10);
	p100 = join(&p50, 50, &p50);
	p200 = join(&p100, 100, &p100);
	return join(&p200, 50, &p50);
}

/* a^(p - 2) */
static struct field invert(const struct field *a)
{
	struct field a11, p250 = power_250(a, &a11);

	return join(&p250, 5, &a11);
}

/* a^((p - 5) / 8) */
static struct field power_for_root(const struct field *a)
{
	struct field a11, p250 = power_250(a, &a11);

	return join(&p250, 2, a);
}

static struct field load(const uint8_t in[32])
{
	uint64_t word[4];
	struct field r;

	for (int i = 0; i < 4; i++) {
		word[i] = 0;
		for (int k = 7; k >= 0; k--)
			word[i] = word[i] << 8 | in[8 * i + k];
	}
	r.limb[0] = word[0] & MASK;
	r.limb[1] = (word[0] >> 51 | word[1] << 13) & MASK;
	r.limb[2] = (word[1] >> 38 | word[2] << 26) & MASK;
	r.limb[3] = (word[2] >> 25 | word[3] << 39) & MASK;
	r.limb[4] = word[3] >> 12 & MASK;
	return r;
}

static void store(const struct field *a, uint8_t ret[32])
{
	struct field r = multiply(a, &one);
	uint64_t word[4], above = 19;

	/* Whether it is the modulus or more: then adding 19 carries out of bit 255. */
	for (int i = 0; i < 5; i++)
		above = (r.limb[i] + above) >> 51;
	r.limb[0] += 19 * above;
	for (int i = 0; i < 4; i++) {
		r.limb[i + 1] += r.limb[i] >> 51;
		r.limb[i] &= MASK;
	}
	r.limb[4] &= MASK;
	word[0] = r.limb[0] | r.limb[1] << 51;
	word[1] = r.limb[1] >> 13 | r.limb[2] << 38;
	word[2] = r.limb[2] >> 26 | r.limb[3] << 25;
	word[3] = r.limb[3] >> 39 | r.limb[4] << 12;
	for (int i = 0; i < 32; i++)
		ret[i] = (uint8_t)(word[i / 8] >> (8 * (i % 8)));
}

static bool same(const struct field *a, const struct field *b)
{
	uint8_t x[32], y[32];

	store(a, x);
	store(b, y);
	return !memcmp(x, y, 32);
}

/* ---- points: -x^2 + y^2 = 1 + d x^2 y^2, extended coordinates (Hisil and others, 2008) ------------------- */

struct point {
	struct field x, y, z, t; /* t = xy/z */
};

/* What an addition needs of its second point. */
struct addend {
	struct field y_plus_x, y_minus_x, z2, t2d;
};

static struct addend addend_of(const struct point *p)
{
	return (struct addend){ add(&p->y, &p->x), subtract(&p->y, &p->x), add(&p->z, &p->z),
				multiply(&p->t, &edwards_2d) };
}

static struct point make(const struct field *e, const struct field *f, const struct field *g, const struct field *h)
{
	return (struct point){ multiply(e, f), multiply(g, h), multiply(f, g), multiply(e, h) };
}

static struct point add_points(const struct point *p, const struct addend *q, bool negative)
{
	struct field y_minus_x = subtract(&p->y, &p->x), y_plus_x = add(&p->y, &p->x);
	struct field a = multiply(&y_minus_x, negative ? &q->y_plus_x : &q->y_minus_x);
	struct field b = multiply(&y_plus_x, negative ? &q->y_minus_x : &q->y_plus_x);
	struct field c = multiply(&p->t, &q->t2d), d = multiply(&p->z, &q->z2);
	struct field e = subtract(&b, &a), h = add(&b, &a);
	struct field minus = subtract(&d, &c), plus = add(&d, &c);

	return negative ? make(&e, &plus, &minus, &h) : make(&e, &minus, &plus, &h);
}

/* The t of the result is only made when it is needed: doubling does not ask for it. */
static struct point twice(const struct point *p, bool with_t)
{
	struct field a = square(&p->x), b = square(&p->y), zz = square(&p->z), c = add(&zz, &zz);
	struct field h = add(&a, &b), sum = add(&p->x, &p->y), ss = square(&sum);
	struct field e = subtract(&h, &ss), g = subtract(&a, &b), f = add(&c, &g);

	if (with_t)
		return make(&e, &f, &g, &h);
	return (struct point){ multiply(&e, &f), multiply(&g, &h), multiply(&f, &g), { { 0 } } };
}

/* A root of u/v; -1: there is none. */
static int root_of_quotient(const struct field *u, const struct field *v, struct field *ret)
{
	static const struct field zero = { { 0 } };
	struct field v2 = square(v), v3 = multiply(&v2, v), v6 = square(&v3), v7 = multiply(&v6, v);
	struct field uv7 = multiply(u, &v7), uv3 = multiply(u, &v3), power = power_for_root(&uv7);
	struct field x = multiply(&power, &uv3), xx = square(&x), check = multiply(&xx, v), minus = subtract(&zero, u);

	if (!same(&check, u)) {
		if (!same(&check, &minus))
			return -1;
		x = multiply(&x, &root_of_minus_1);
	}
	*ret = x;
	return 0;
}

static int decode(const uint8_t in[32], struct point *ret)
{
	static const struct field zero = { { 0 } };
	struct field y = load(in), yy = square(&y), u = subtract(&yy, &one), dyy = multiply(&yy, &edwards_d);
	struct field v = add(&dyy, &one), x;
	uint8_t bytes[32];

	u = multiply(&u, &one); /* small limbs again */
	store(&y, bytes);
	bytes[31] |= in[31] & 0x80;
	if (memcmp(bytes, in, 32) != 0 || root_of_quotient(&u, &v, &x) < 0)
		return -1;
	store(&x, bytes);
	if ((bytes[0] & 1) != in[31] >> 7) {
		if (same(&x, &zero))
			return -1;
		x = subtract(&zero, &x);
		x = multiply(&x, &one);
	}
	*ret = (struct point){ x, y, one, multiply(&x, &y) };
	return 0;
}

static int encode(const struct point *p, uint8_t ret[32])
{
	static const uint8_t identity[32] = { 1 };
	struct field inverse = invert(&p->z), x = multiply(&p->x, &inverse), y = multiply(&p->y, &inverse);
	uint8_t bytes[32], sign[32];

	store(&y, bytes);
	store(&x, sign);
	bytes[31] |= (uint8_t)(sign[0] << 7);
	if (!memcmp(bytes, identity, 32))
		return -1;
	memcpy(ret, bytes, 32);
	return 0;
}

/* ---- sums of multiples (Straus): all share the doublings ------------------------------------------------- */

#define WINDOW 5 /* digits are odd, below 2^(WINDOW-1), and that many zeros follow each */
#define ODD_MULTIPLES (1 << (WINDOW - 2))
#define DIGITS 256

/* Digits of a scalar, and odd multiples (1, 3, 5, ... times) of a point as far as a digit asks for them. */
struct term {
	const int8_t *digits;
	const struct addend *odd;
};

static int bit(const uint8_t *scalar, int at)
{
	return at < 256 ? scalar[at / 8] >> (at % 8) & 1 : 0;
}

/* Returns the greatest digit (absolute); 0 for a scalar that is 0. */
static int make_digits(const uint8_t scalar[32], int8_t digits[DIGITS])
{
	int most = 0, carried = 0;

	memset(digits, 0, DIGITS);
	for (int at = 0; at < DIGITS; at++) {
		int value = carried;

		if ((bit(scalar, at) ^ carried) == 0)
			continue; /* an even rest; what is carried stays */
		for (int i = 0; i < WINDOW; i++)
			value += bit(scalar, at + i) << i;
		carried = value >> (WINDOW - 1);
		value -= carried << WINDOW;
		digits[at] = (int8_t)value;
		most = abs(value) > most ? abs(value) : most;
		at += WINDOW - 1;
	}
	return most;
}

static void make_multiples(const struct point *p, int most, struct addend *ret)
{
	struct point sum = *p, doubled;
	struct addend step;

	ret[0] = addend_of(p);
	if (most < 3)
		return;
	doubled = twice(p, true);
	step = addend_of(&doubled);
	for (int i = 1; 2 * i + 1 <= most; i++) {
		sum = add_points(&sum, &step, false);
		ret[i] = addend_of(&sum);
	}
}

static bool any_digit(const struct term *terms, size_t count, int at)
{
	for (size_t i = 0; i < count; i++)
		if (terms[i].digits[at])
			return true;
	return false;
}

static struct point sum_terms(const struct term *terms, size_t count, int digits)
{
	struct point sum = { { { 0 } }, one, one, { { 0 } } };
	int at = digits - 1;

	while (at >= 0 && !any_digit(terms, count, at))
		at--;
	for (; at >= 0; at--) {
		bool adds = any_digit(terms, count, at);

		sum = twice(&sum, adds || at == 0);
		for (size_t i = 0; adds && i < count; i++) {
			int digit = terms[i].digits[at];

			if (digit)
				sum = add_points(&sum, &terms[i].odd[abs(digit) / 2], digit < 0);
		}
	}
	return sum;
}

/* ---- any points ------------------------------------------------------------------------------------------ */

struct room {
	int8_t digits[DIGITS];
	struct addend odd[ODD_MULTIPLES];
};
OWN_DEFINE(room, struct room *, free)
OWN_DEFINE(terms, struct term *, free)

int ed25519_public_multiply_sum(const uint8_t (*scalars)[32], const uint8_t (*points)[THRESHOLD_POINT_MOST],
				size_t count, uint8_t ret[32])
{
	OWN(room) struct room *rooms = mem_new(count + 1, sizeof(*rooms));
	OWN(terms) struct term *terms = mem_new(count + 1, sizeof(*terms));
	struct point sum;

	for (size_t i = 0; i < count; i++) {
		if (decode(points[i], &sum) < 0)
			return -1;
		make_multiples(&sum, make_digits(scalars[i], rooms[i].digits), rooms[i].odd);
		terms[i] = (struct term){ rooms[i].digits, rooms[i].odd };
	}
	sum = sum_terms(terms, count, DIGITS);
	return encode(&sum, ret);
}

int ed25519_public_sum(const uint8_t (*points)[THRESHOLD_POINT_MOST], size_t count, uint8_t ret[32])
{
	struct point sum = { { { 0 } }, one, one, { { 0 } } }, p;
	struct addend q;

	for (size_t i = 0; i < count; i++) {
		if (decode(points[i], &p) < 0)
			return -1;
		q = addend_of(&p);
		sum = add_points(&sum, &q, false);
	}
	return encode(&sum, ret);
}

/* ---- points that are known before their scalars ------------------------------------------------------------ */

#define PIECES 4 /* a scalar's digits are cut into so many pieces, which share their doublings */
#define PIECE_DIGITS (DIGITS / PIECES)

struct ed25519_table {
	struct addend odd[PIECES][ODD_MULTIPLES]; /* of the point times 2^(64 * piece) */
};

struct ed25519_table *ed25519_public_tables(size_t count)
{
	return mem_new(count, sizeof(struct ed25519_table));
}

int ed25519_public_table(const uint8_t point[32], struct ed25519_table *tables, size_t at)
{
	struct point p;

	if (decode(point, &p) < 0)
		return -1;
	for (int piece = 0; piece < PIECES; piece++) {
		make_multiples(&p, 2 * ODD_MULTIPLES - 1, tables[at].odd[piece]);
		for (int i = 0; piece < PIECES - 1 && i < PIECE_DIGITS; i++)
			p = twice(&p, i == PIECE_DIGITS - 1);
	}
	return 0;
}

int ed25519_public_table_sum(const uint8_t (*scalars)[32], const struct ed25519_table *tables, size_t count,
			     const uint8_t point[32], uint8_t ret[32])
{
	OWN(room) struct room *rooms = mem_new(count + 1, sizeof(*rooms));
	OWN(terms) struct term *terms = mem_new(count + 1, PIECES * sizeof(*terms));
	struct point sum, last;
	struct addend addend;

	for (size_t i = 0; i < count; i++) {
		make_digits(scalars[i], rooms[i].digits);
		for (size_t piece = 0; piece < PIECES; piece++)
			terms[PIECES * i + piece] =
				(struct term){ rooms[i].digits + PIECE_DIGITS * piece, tables[i].odd[piece] };
	}
	if (decode(point, &last) < 0)
		return -1;
	sum = sum_terms(terms, PIECES * count, PIECE_DIGITS);
	addend = addend_of(&last);
	sum = add_points(&sum, &addend, false);
	return encode(&sum, ret);
}
