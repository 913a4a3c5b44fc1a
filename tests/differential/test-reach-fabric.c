/* What the solver says of random networks against what their packets do in the fabric.
 * Arguments: COUNT [SEED]; the seed of a failure is printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/reach/reach.h"
#include "engine/fabric/test-world.h"
#include "model.h"

enum { PATIENCE_MS = 80, SECOND_PATIENCE_MS = 5000, DEFAULT_COUNT = 10 };
static const unsigned ports[] = { 80, 443 };
enum { PORTS = sizeof(ports) / sizeof(ports[0]) };

static struct {
	uint64_t seed, count;
	unsigned pass, fail, unknown, connections;
} run = { 1, DEFAULT_COUNT, 0, 0, 0, 0 };

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

enum { OUTSIDE_API = MODEL_PLACES, OUTSIDE_S3 };
struct connection {
	size_t from, to; /* places, or one of the above */
	unsigned port;
	bool answered, reached;
	struct results *results;
};
struct results {
	struct connection list[MODEL_PLACES * (MODEL_PLACES + 2) * PORTS];
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

static char *address_of(size_t to)
{
	if (to == OUTSIDE_API)
		return ip_format(fabric_outside_api());
	return to == OUTSIDE_S3 ? ip_format(fabric_outside_s3()) : str_dup(model_address(to));
}

static void ask(struct test_task *tasks, struct connection *c, int patience_ms)
{
	OWN(str) char *address = address_of(c->to);
	OWN(json)
	json_t *request = json_pack("{s:s, s:s, s:i, s:i}", "op", "connect", "address", address,
				    "port", (int)c->port, "timeout_ms", patience_ms);

	c->results->open++;
	c->results->done = false;
	fabric_task_request(tasks[c->from].task, request, on_reply, c);
}

/* Every place to every other at every port; refused is reached: nobody listens there. */
static void connect_all(struct test_task *tasks, struct results *r)
{
	memset(r, 0, sizeof(*r));
	for (size_t to = 0; to <= OUTSIDE_S3; to++)
		for (size_t from = 0; from < MODEL_PLACES; from++)
			for (size_t p = to < MODEL_PLACES ? 0 : 1; p < PORTS && from != to; p++) {
				struct connection *c = &r->list[r->count++];

				*c = (struct connection){
					.from = from, .to = to, .port = ports[p], .results = r
				};
				ask(tasks, c, PATIENCE_MS);
			}
	EXPECT(wait_for(&r->done, 120000));
	run.connections += (unsigned)r->count;
}

/* On a busy machine the first patience may be too short. */
static bool reached_after_all(struct test_task *tasks, struct connection *c)
{
	if (!c->reached) {
		ask(tasks, c, SECOND_PATIENCE_MS);
		EXPECT(wait_for(&c->results->done, 30000));
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

/* The outside is a "service" of its own number. */
static int service_of(const struct model *m, size_t place)
{
	if (place >= MODEL_PLACES)
		return (int)place;
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
			printf("# no connection from %s to place %zu:%u\n", model_address(c->from),
			       c->to, port);
		all = all && reached;
	}
	return all;
}

struct trial {
	struct model m;
	struct model_deployment by_hand;
	struct results results;
	struct test_task *tasks;
	json_t *parameters;
	struct template *t;
	struct template_eval *eval;
	struct deployment *read; /* the same, out of a template */
};

static void judge(struct trial *t, const struct reach_edge *edge, int from, int to, unsigned port)
{
	bool all;

	if (edge->verdict == VERDICT_UNKNOWN) { /* a part of the internet */
		run.unknown++;
		EXPECT(to >= MODEL_PLACES);
		return;
	}
	all = all_reached(&t->m, t->tasks, &t->results, from, to, port,
			  edge->verdict == VERDICT_PASS);
	run.pass += edge->verdict == VERDICT_PASS;
	run.fail += edge->verdict == VERDICT_FAIL;
	if (edge->verdict == (all ? VERDICT_PASS : VERDICT_FAIL))
		return;
	world.failed = 1;
	test_fail(__FILE__, __LINE__,
		  "seed %llu: service %d to %d at %u: the solver says %d (out %d, in %d, ACL %d "
		  "and %d), the network %s",
		  (unsigned long long)t->m.seed, from, to, port, edge->verdict, edge->out.verdict,
		  edge->in.verdict, edge->acl_there.verdict, edge->acl_back.verdict,
		  all ? "lets all through" : "does not let all through");
}

/* The end as the reader of templates sees it. */
static void read_end(const struct trial *t, int service, struct end *e)
{
	const struct deployment_subnet *const *subnets;
	const struct deployment_group *const *groups;
	size_t subnet_count = 0, group_count = 0;

	*e = (struct end){ 0 };
	subnets = deployment_subnets(t->read, &subnet_count);
	groups = deployment_groups(t->read, &group_count);
	for (size_t i = 0; i < subnet_count; i++) {
		const char *name = subnets[i]->resource->logical;

		if (str_starts(name, "Subnet") && t->m.subnets[name[6] - '0'].service == service)
			e->subnets[e->reach.subnet_count++] = subnets[i];
	}
	for (size_t i = 0; i < group_count; i++)
		if (t->m.member[service][groups[i]->resource->logical[5] - '0'])
			e->groups[e->reach.group_count++] = groups[i];
	e->reach.subnets = e->subnets;
	e->reach.groups = e->groups;
	e->reach.public_address = t->m.public_address[service] ? VERDICT_PASS : VERDICT_FAIL;
}

static void compare_edge(struct trial *t, int from, int to, unsigned port)
{
	struct reach_edge edge, again;
	struct end a, b;

	end_of(&t->m, &t->by_hand, from, &a);
	end_of(&t->m, &t->by_hand, to, &b);
	if (!a.reach.subnet_count || !b.reach.subnet_count || (from == to && a.lonely))
		return;
	reach_tcp(NULL, &a.reach, &b.reach, port, &edge);
	judge(t, &edge, from, to, port);
	read_end(t, from, &a);
	read_end(t, to, &b);
	reach_tcp(t->read, &a.reach, &b.reach, port, &again);
	if (again.verdict == edge.verdict)
		return;
	world.failed = 1;
	test_fail(__FILE__, __LINE__,
		  "seed %llu: service %d to %d at %u: %d by hand, %d out of the template",
		  (unsigned long long)t->m.seed, from, to, port, edge.verdict, again.verdict);
}

static void compare_ways_out(struct trial *t, int from)
{
	struct reach_edge edge;
	struct end a;

	read_end(t, from, &a);
	if (!a.reach.subnet_count)
		return;
	reach_internet(t->read, &a.reach, 443, &edge);
	judge(t, &edge, from, OUTSIDE_API, 443);
	reach_api(t->read, &a.reach, "logs", &edge, NULL);
	judge(t, &edge, from, OUTSIDE_API, 443);
	reach_api(t->read, &a.reach, "s3", &edge, NULL);
	judge(t, &edge, from, OUTSIDE_S3, 443);
}

static bool read_template(struct trial *t)
{
	static const struct template_world world_of = { 0 };
	OWN(json) json_t *body = model_template(&t->m);
	OWN(str) char *text = json_text(body);
	struct deployment_template list;
	struct err err = { 0 };

	EXPECT_OK(template_parse("model.json", text, strlen(text), &t->t, &err), err);
	if (!t->t)
		return false;
	EXPECT_OK(template_parameters(t->t, NULL, NULL, 0, &world_of, &t->parameters, &err), err);
	EXPECT_OK(template_eval_new(t->t, t->parameters, &world_of, &t->eval, &err), err);
	list = (struct deployment_template){ t->t, t->eval };
	EXPECT_OK(deployment_read(&list, 1, &t->read, &err), err);
	return t->read != NULL;
}

static void compare_all(struct trial *t)
{
	for (int from = 0; from < MODEL_SERVICES; from++) {
		for (int to = 0; to < MODEL_SERVICES; to++)
			for (size_t p = 0; p < PORTS; p++)
				compare_edge(t, from, to, ports[p]);
		compare_ways_out(t, from);
	}
}

static void compare(struct test_task *tasks, uint64_t seed)
{
	struct trial *t = NEW(struct trial);
	struct topology_vpc *v;

	t->tasks = tasks;
	model_make(&t->m, seed);
	model_deployment(&t->m, &t->by_hand);
	v = model_topology(&t->m);
	load(v);
	connect_all(tasks, &t->results);
	if (read_template(t))
		compare_all(t);
	topology_vpc_free(v);
	deployment_free(t->read);
	template_eval_free(t->eval);
	template_free(t->t);
	json_decref(t->parameters);
	free(t);
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
	printf("# %u edges pass, %u fail, %u are unknown; %u connections\n", run.pass, run.fail,
	       run.unknown, run.connections);
	EXPECT(run.count < DEFAULT_COUNT || (run.pass > 0 && run.fail > 0));
	for (size_t i = 0; i < MODEL_PLACES; i++)
		task_end(&tasks[i]);
}

TEST(reach, says_of_random_networks_what_their_packets_do)
{
	in_fabric(random_networks);
}
