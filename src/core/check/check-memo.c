/* What rules share within a run, so that it is worked out once. */
#include "core/check/check-internal.h"

#include "base/str.h"

struct entry {
	struct entry *next;
	const void *owner, *key;
	void *value;
	void (*drop)(void *value);
};
enum { FIRST_CAPACITY = 256 };
struct check_memos {
	struct entry **buckets;
	size_t capacity, count; /* capacity is a power of two */
};

struct check_memos *check_memos_new(void)
{
	struct check_memos *m = NEW(struct check_memos);

	m->capacity = FIRST_CAPACITY;
	m->buckets = mem_new(m->capacity, sizeof(struct entry *));
	return m;
}

void check_memos_free(struct check_memos *m)
{
	for (size_t i = 0; i < m->capacity; i++)
		for (struct entry *e = m->buckets[i], *next; e; e = next) {
			next = e->next;
			if (e->value)
				e->drop(e->value);
			free(e);
		}
	free(m->buckets);
	free(m);
}

static struct entry **bucket_of(const struct check_memos *m, const void *owner, const void *key)
{
	uint64_t h = (uint64_t)(uintptr_t)owner * 31 + (uint64_t)(uintptr_t)key;

	h *= 0x9e3779b97f4a7c15ULL;
	return &m->buckets[(size_t)(h >> 32) & (m->capacity - 1)];
}

static void grow(struct check_memos *m)
{
	struct check_memos bigger = { .capacity = m->capacity * 2, .count = m->count };

	bigger.buckets = mem_new(bigger.capacity, sizeof(struct entry *));
	for (size_t i = 0; i < m->capacity; i++)
		for (struct entry *e = m->buckets[i], *next; e; e = next) {
			struct entry **to = bucket_of(&bigger, e->owner, e->key);

			next = e->next;
			e->next = *to;
			*to = e;
		}
	free(m->buckets);
	*m = bigger;
}

void **check_memo(const struct check *c, const void *owner, const void *key,
		  void (*drop)(void *value))
{
	struct check_memos *m = check_memos(c);
	struct entry **at = bucket_of(m, owner, key), *e;

	for (e = *at; e; e = e->next)
		if (e->owner == owner && e->key == key)
			return &e->value;
	if (m->count++ >= m->capacity) {
		grow(m);
		at = bucket_of(m, owner, key);
	}
	e = NEW(struct entry);
	*e = (struct entry){ .next = *at, .owner = owner, .key = key, .drop = drop };
	*at = e;
	return &e->value;
}
