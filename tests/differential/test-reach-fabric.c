/* What the solver says of random networks against what their packets do in the fabric.
 * Arguments: COUNT [SEED]; the seed of a failure is printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/reach/reach.h"
#include "engine/fabric/test-world.h"
#include "model.h"

enum { PATIENCE_MS = 80, SECOND_PATIENCE_MS = 1500, DEFAULT_COUNT = 10 };
static const unsigned ports[] = { 80, 443 };
enum { PORTS = sizeof(ports) / sizeof(ports[0]) };

static struct {
	uint64_t seed, count;
	unsigned pass, fail, connections;
} run = { 1, DEFAULT_COUNT, 0, 0, 0 };

/* The runner takes an argument as a filter of names: ours are numbers, and taken from it. */
__attribute__((constructor)) static void arguments(int argc, char **argv)
{
	if (argc < 2 || num_parse_u64(argv[1], 1, 1000000, &run.count) < 0)
		return;
	if (argc > 2 && num_parse_u64(argv[2], 0, UINT64_MAX, &run.seed) < 0)
		run.seed = 1;
	argv[1][0] = '\0';
}

/* ---- the network
 * --------------------------------------------------------------------------------- */

struct connection {
	size_t from, to;
	unsigned port;
	bool answered, reached;
	struct results *results;
};
struct results {
	struct connection list[MODEL_PLACES * MODEL_PLACES * PORTS];
	size_t count, open;
	bool done;
};

static void on_reply(void *ctx, const json_t *reply)
{
	struct connection *c = ctx;
	const char *result = json_str_or(reply, "result", "");

	c->answered = true;
	c->reached = str_eq(result, "ok") || str_eq(result, "refused");
	if (--c->results->open == 0)
		c->results->done = true;
}

static void ask(struct test_task *tasks, struct connection *c, int patience_ms)
{
	OWN(json)
	json_t *request =
		json_pack("{s:s, s:s, s:i, s:i}", "op", "connect", "address", model_address(c->to),
			  "port", (int)c->port, "timeout_ms", patience_ms);

	c->results->open++;
	c->results->done = false;
	fabric_task_request(tasks[c->from].task, request, on_reply, c);
}

/* Every place to every other at every port; refused is reached: nobody listens there. */
static void connect_all(struct test_task *tasks, struct results *r)
{
	memset(r, 0, sizeof(*r));
	for (size_t to = 0; to < MODEL_PLACES; to++)
		for (size_t from = 0; from < MODEL_PLACES; from++)
			for (size_t p = 0; p < PORTS && from != to; p++) {
				struct connection *c = &r->list[r->count++];

				*c = (struct connection){
					.from = from, .to = to, .port = ports[p], .results = r
				};
				ask(tasks, c, PATIENCE_MS);
			}
	EXPECT(wait_for(&r->done, 30000));
	run.connections += (unsigned)r->count;
}

/* On a busy machine the first patience may be too short. */
static bool reached_after_all(struct test_task *tasks, struct connection *c)
{
	if (!c->reached) {
		ask(tasks, c, SECOND_PATIENCE_MS);
		EXPECT(wait_for(&c->results->done, 5000));
	}
	return c->reached;
}

/* ---- the comparison
 * --------------------------------------------------------------------------------- */

struct end {
	const struct deployment_subnet *subnets[MODEL_PLACES];
	const struct deployment_group *groups[MODEL_GROUPS];
	struct reach_end reach;
	bool lonely; /* some subnet has one place: what is inside of it cannot be tried */
};

static void end_of(const struct model *m, const struct model_deployment *d, int service,
		   struct end *e)
{
	*e = (struct end){ .reach = { .subnets = e->subnets,
				      .groups = e->groups,
				      .public_address = VERDICT_FAIL } };
	for (size_t i = 0; i < m->subnet_count; i++)
		if (m->subnets[i].service == service) {
			e->subnets[e->reach.subnet_count++] = &d->subnets[i];
			e->lonely = e->lonely || m->subnets[i].places < 2;
		}
	for (size_t i = 0; i < MODEL_GROUPS; i++)
		if (m->member[service][i])
			e->groups[e->reach.group_count++] = &d->groups[i];
}

static int service_of(const struct model *m, size_t place)
{
	return m->subnets[m->subnet_of[place]].service;
}

/* Whether all connections of the edge were made; those that PASS promises get a second chance. */
static bool all_reached(const struct model *m, struct test_task *tasks, struct results *r, int from,
			int to, unsigned port, bool promised)
{
	bool all = true;

	for (size_t i = 0; i < r->count; i++) {
		struct connection *c = &r->list[i];
		bool reached;

		if (service_of(m, c->from) != from || service_of(m, c->to) != to || c->port != port)
			continue;
		reached = promised ? reached_after_all(tasks, c) : c->reached;
		if (promised && !reached)
			printf("# no connection from %s to %s:%u\n", model_address(c->from),
			       model_address(c->to), port);
		all = all && reached;
	}
	return all;
}

static void compare_edge(const struct model *m, const struct model_deployment *d,
			 struct test_task *tasks, struct results *r, int from, int to,
			 unsigned port)
{
	struct reach_edge edge;
	struct end a, b;
	bool all;

	end_of(m, d, from, &a);
	end_of(m, d, to, &b);
	if (!a.reach.subnet_count || !b.reach.subnet_count || (from == to && a.lonely))
		return;
	reach_tcp(NULL, &a.reach, &b.reach, port, &edge);
	all = all_reached(m, tasks, r, from, to, port, edge.verdict == VERDICT_PASS);
	run.pass += edge.verdict == VERDICT_PASS;
	run.fail += edge.verdict == VERDICT_FAIL;
	if (edge.verdict == (all ? VERDICT_PASS : VERDICT_FAIL))
		return;
	world.failed = 1;
	test_fail(__FILE__, __LINE__,
		  "seed %llu: service %d to %d at %u: the solver says %d (out %d, in %d, ACL %d "
		  "and %d), the network %s",
		  (unsigned long long)m->seed, from, to, port, edge.verdict, edge.out.verdict,
		  edge.in.verdict, edge.acl_there.verdict, edge.acl_back.verdict,
		  all ? "lets all through" : "does not let all through");
}

static void compare(struct test_task *tasks, uint64_t seed)
{
	struct model *m = NEW(struct model);
	struct model_deployment *d = NEW(struct model_deployment);
	struct results *r = NEW(struct results);
	struct topology_vpc *v;

	model_make(m, seed);
	model_deployment(m, d);
	v = model_topology(m);
	load(v);
	connect_all(tasks, r);
	for (int from = 0; from < MODEL_SERVICES; from++)
		for (int to = 0; to < MODEL_SERVICES; to++)
			for (size_t p = 0; p < PORTS; p++)
				compare_edge(m, d, tasks, r, from, to, ports[p]);
	topology_vpc_free(v);
	free(m);
	free(d);
	free(r);
}

static void random_networks(void)
{
	struct test_task tasks[MODEL_PLACES];
	struct err err = { 0 };

	EXPECT_OK(fabric_vpc_add(world.fabric, "vpc-a", ip("10.0.0.0"), 16, &err), err);
	for (size_t i = 0; i < MODEL_PLACES; i++) {
		char eni[32];

		(void)snprintf(eni, sizeof(eni), "eni-%zu", i);
		task_start(&tasks[i], "vpc-a", eni, model_address(i));
	}
	for (size_t i = 0; i < MODEL_PLACES; i++)
		EXPECT(tasks[i].ready || wait_for(&tasks[i].ready, 5000));
	for (uint64_t i = 0; i < run.count && !world.failed; i++)
		compare(tasks, run.seed + i);
	printf("# %u edges pass, %u fail, %u connections\n", run.pass, run.fail, run.connections);
	EXPECT(run.count < DEFAULT_COUNT || (run.pass > 0 && run.fail > 0));
	for (size_t i = 0; i < MODEL_PLACES; i++)
		task_end(&tasks[i]);
}

TEST(reach, says_of_random_networks_what_their_packets_do)
{
	in_fabric(random_networks);
}
