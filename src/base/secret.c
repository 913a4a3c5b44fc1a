#include "base/secret.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/str.h"

#define ARENA_BYTES ((size_t)1 << 20)
#define CELL 64u /* what blocks are multiples of */
#define CELLS (ARENA_BYTES / CELL)

/* A block is known by its number of cells at its first one. */
static struct {
	uint8_t *memory;
	uint16_t used[CELLS]; /* 0: free */
	size_t next;
	bool asked, unlocked;
} arena;

static void arena_open(void)
{
	void *p = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	arena.asked = true;
	if (p == MAP_FAILED || mlock(p, ARENA_BYTES) < 0)
		arena.unlocked = true;
	if (p == MAP_FAILED)
		return;
	madvise(p, ARENA_BYTES, MADV_DONTDUMP);
	madvise(p, ARENA_BYTES, MADV_WIPEONFORK);
	arena.memory = p;
}

static size_t free_run(size_t from, size_t cells)
{
	size_t run = 0;

	for (size_t i = from; i < CELLS;) {
		run = arena.used[i] ? 0 : run + 1;
		i += arena.used[i] ? arena.used[i] : 1;
		if (run == cells)
			return i - cells;
	}
	return CELLS;
}

static void *take(size_t cells)
{
	size_t at = free_run(arena.next, cells);

	if (at == CELLS && arena.next)
		at = free_run(0, cells);
	if (at == CELLS)
		return NULL;
	arena.used[at] = (uint16_t)cells;
	arena.next = at + cells;
	return arena.memory + at * CELL;
}

/* Outside of the arena the size stands in front. */
struct outside {
	_Alignas(16) size_t size;
};

void *secret_new(size_t size)
{
	size_t cells = size / CELL + 1;
	struct outside *o;
	void *p = NULL;

	if (!arena.asked)
		arena_open();
	if (arena.memory && cells < UINT16_MAX)
		p = take(cells);
	if (p)
		return p;
	arena.unlocked = true;
	o = mem_new(1, sizeof(*o) + size);
	o->size = size;
	return o + 1;
}

void secret_free(void *p)
{
	uint8_t *at = p;
	size_t cell;

	if (!p)
		return;
	if (!arena.memory || at < arena.memory || at >= arena.memory + ARENA_BYTES) {
		struct outside *o = (struct outside *)p - 1;

		explicit_bzero(p, o->size);
		free(o);
		return;
	}
	cell = (size_t)(at - arena.memory) / CELL;
	explicit_bzero(p, arena.used[cell] * CELL);
	arena.used[cell] = 0;
	if (cell < arena.next)
		arena.next = cell;
}

bool secret_locked(void)
{
	return !arena.unlocked;
}
