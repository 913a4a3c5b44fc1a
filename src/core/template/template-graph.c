/* Who needs whom, by number: cycles, and an order that keeps the document's where it is free. */
#include <string.h>

#include "core/template/template-internal.h"

struct edge {
	size_t from, to; /* from needs to */
};
struct graph {
	size_t nodes, edges, capacity;
	struct edge *edge;
};

struct graph *graph_new(size_t nodes)
{
	struct graph *g = NEW(struct graph);

	g->nodes = nodes;
	return g;
}

void graph_free(struct graph *g)
{
	if (g)
		free(g->edge);
	free(g);
}

void graph_need(struct graph *g, size_t from, size_t to)
{
	if (g->edges == g->capacity) {
		g->capacity = g->capacity ? g->capacity * 2 : 64;
		g->edge = mem_grow(g->edge, g->capacity, sizeof(*g->edge));
	}
	g->edge[g->edges++] = (struct edge){ from, to };
}

/* Edges grouped by one end: those of node n are list[start[n]] to list[start[n + 1]]. */
struct adjacency {
	size_t *start, *list;
};

static struct adjacency adjacency_new(const struct graph *g, bool by_to)
{
	struct adjacency a = { mem_new(g->nodes + 2, sizeof(size_t)),
			       mem_new(g->edges + 1, sizeof(size_t)) };

	for (size_t i = 0; i < g->edges; i++)
		a.start[(by_to ? g->edge[i].to : g->edge[i].from) + 2]++;
	for (size_t n = 2; n < g->nodes + 2; n++)
		a.start[n] += a.start[n - 1];
	for (size_t i = 0; i < g->edges; i++) {
		const struct edge *e = &g->edge[i];

		a.list[a.start[(by_to ? e->to : e->from) + 1]++] = by_to ? e->from : e->to;
	}
	return a;
}

static void adjacency_free(struct adjacency a)
{
	free(a.start);
	free(a.list);
}

/* Takes nodes away that nothing left needs (by_to false) or that need nothing left (by_to true),
 * until only those remain that a cycle holds. */
static size_t trim(const struct graph *g, bool by_to, bool *left)
{
	struct adjacency next = adjacency_new(g, by_to);
	size_t *degree = mem_new(g->nodes + 1, sizeof(*degree));
	size_t *queue = mem_new(g->nodes + 1, sizeof(*queue));
	size_t head = 0, tail = 0, remaining = 0;

	for (size_t i = 0; i < g->edges; i++)
		if (left[g->edge[i].from] && left[g->edge[i].to])
			degree[by_to ? g->edge[i].from : g->edge[i].to]++;
	for (size_t n = 0; n < g->nodes; n++)
		if (left[n] && !degree[n])
			queue[tail++] = n;
	while (head < tail) {
		size_t n = queue[head++];

		left[n] = false;
		for (size_t i = next.start[n]; i < next.start[n + 1]; i++)
			if (left[next.list[i]] && !--degree[next.list[i]])
				queue[tail++] = next.list[i];
	}
	for (size_t n = 0; n < g->nodes; n++)
		remaining += left[n];
	adjacency_free(next);
	free(degree);
	free(queue);
	return remaining;
}

size_t graph_cycles(const struct graph *g, bool *ret_marks)
{
	memset(ret_marks, true, g->nodes * sizeof(*ret_marks));
	return trim(g, true, ret_marks) ? trim(g, false, ret_marks) : 0;
}

/* ---- order: a binary heap of the numbers that are ready -------------------------------------- */

static void heap_push(size_t *heap, size_t *count, size_t value)
{
	size_t at = (*count)++;

	for (; at && heap[(at - 1) / 2] > value; at = (at - 1) / 2)
		heap[at] = heap[(at - 1) / 2];
	heap[at] = value;
}

static size_t heap_pop(size_t *heap, size_t *count)
{
	size_t least = heap[0], value = heap[--*count], at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child + 1 < *count && heap[child + 1] < heap[child])
			child++;
		if (child >= *count || heap[child] >= value)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = value;
	return least;
}

int graph_order(const struct graph *g, size_t *ret_order)
{
	struct adjacency waiting = adjacency_new(g, true);
	size_t *needs = mem_new(g->nodes + 1, sizeof(*needs));
	size_t *heap = mem_new(g->nodes + 1, sizeof(*heap));
	size_t ready = 0, done = 0;

	for (size_t i = 0; i < g->edges; i++)
		needs[g->edge[i].from]++;
	for (size_t n = 0; n < g->nodes; n++)
		if (!needs[n])
			heap_push(heap, &ready, n);
	while (ready) {
		size_t n = heap_pop(heap, &ready);

		ret_order[done++] = n;
		for (size_t i = waiting.start[n]; i < waiting.start[n + 1]; i++)
			if (!--needs[waiting.list[i]])
				heap_push(heap, &ready, waiting.list[i]);
	}
	adjacency_free(waiting);
	free(needs);
	free(heap);
	return done == g->nodes ? 0 : -1;
}
