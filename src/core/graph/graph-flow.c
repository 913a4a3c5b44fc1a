/* The connections that a deployment needs, each with its proof. */
#include <string.h>

#include "core/graph/graph-internal.h"

enum { NFS_PORT = 2049, HTTPS_PORT = 443, NEAR_PORT = 24567, SUBNETS_MAX = 16, NAMES_MAX = 64 };

static json_t *add_flow(struct graph *g, enum graph_kind kind, const json_t *from, const json_t *to,
			unsigned port)
{
	json_t *flow = json_pack("{s:s,s:s,s:s,s:i}", "kind", graph_kind(kind), "from",
				 graph_id(from), "to", graph_id(to), "port", (int)port);

	json_array_append_new(g->flows, flow);
	return flow;
}

static const char *logical(const struct deployment_resource *r)
{
	return r ? r->logical : "";
}

static const struct reach_edge *worse_edge(const struct reach_edge *a, const struct reach_edge *b)
{
	static const int rank[] = { [VERDICT_PASS] = 0, [VERDICT_UNKNOWN] = 1, [VERDICT_FAIL] = 2 };

	return rank[b->verdict] > rank[a->verdict] ? b : a;
}

/* ---- file systems ---------------------------------------------------------------------------- */

/* Many file systems stand in one box of their VPC. */
static const char *store_of(struct graph *g, const char *vpc, size_t count)
{
	OWN(str) char *id = str_printf("store:%s", vpc);

	if (count <= GRAPH_STORES_MAX)
		return vpc;
	return graph_id(graph_object(g, id, "store", vpc, "File systems (EFS)"));
}

static json_t *target_object(struct graph *g, const json_t *fs,
			     const struct deployment_mount_target *m)
{
	OWN(str) char *id = str_printf("mount-target:%zu/%s", m->resource->template,
				       m->resource->logical);
	OWN(str) char *label = m->subnet ? graph_subnet_label(g->d, m->subnet)
					 : graph_resource_label(m->resource);
	bool is_new = !json_object_get(g->index, id);
	json_t *object = graph_object(g, id, "mount-target", graph_id(fs), label);

	if (is_new)
		graph_introduce(g, object, "Mount target in", m->resource);
	return object;
}

static json_t *system_object(struct graph *g, const struct deployment_file_system *fs,
			     const struct deployment_vpc *vpc)
{
	size_t count, i = 0;
	const struct deployment_file_system *const *all = deployment_file_systems(g->d, &count);
	OWN(str) char *label = graph_identity_label(g->d, fs->resource, fs->identity);
	OWN(str) char *id = NULL;
	json_t *object;
	bool is_new;

	while (i < count && all[i] != fs)
		i++;
	id = str_printf("file-system:%zu", i);
	for (i = 0; i < fs->target_count; i++)
		if (fs->targets[i].subnet && fs->targets[i].subnet->vpc)
			vpc = fs->targets[i].subnet->vpc;
	is_new = !json_object_get(g->index, id);
	object = graph_object(g, id, "file-system", store_of(g, graph_vpc(g, vpc), count), label);
	if (is_new) {
		graph_introduce(g, object, "File system (EFS)", fs->resource);
		for (i = 0; count <= GRAPH_STORES_MAX && i < fs->target_count; i++)
			(void)target_object(g, object, &fs->targets[i]);
	}
	return object;
}

/* The worst way of a task to the mount targets of its zones. False: there is no such target. */
static bool nfs_edge(struct graph *g, const struct deployment_service *s,
		     const struct deployment_file_system *fs, struct reach_edge *ret,
		     const struct deployment_mount_target **ret_target)
{
	bool any = false;

	for (size_t i = 0; i < fs->target_count; i++) {
		const struct deployment_mount_target *m = &fs->targets[i];
		const struct deployment_subnet *subnets[SUBNETS_MAX];
		struct reach_end from = check_service_end(s), to = check_target_end(m);
		OWN(str) char *id = str_printf("mount-target:%zu/%s", m->resource->template,
					       m->resource->logical);
		struct reach_edge e;

		from.subnets = subnets;
		from.subnet_count = check_mount_subnets(s, m, subnets, SUBNETS_MAX);
		if (!from.subnet_count || !m->subnet)
			continue;
		reach_tcp(g->d, &from, &to, NFS_PORT, &e);
		if (json_object_get(g->index, id))
			graph_worsen(json_object_get(g->index, id), graph_verdict(e.verdict));
		if (!any || worse_edge(ret, &e) == &e) {
			*ret = e;
			*ret_target = m;
		}
		any = true;
	}
	return any;
}

static void nfs_flow(struct graph *g, const struct graph_task *task,
		     const struct deployment_file_system *fs)
{
	json_t *object = system_object(g, fs, graph_service_vpc(task->service));
	json_t *flow = add_flow(g, GRAPH_NFS, task->object, object, NFS_PORT);
	const struct deployment_mount_target *target = NULL;
	const char *from = logical(task->service->resource), *names[3 + NAMES_MAX];
	struct graph_question q = { .kind = GRAPH_NFS, .from = &from, .from_count = 1,
				    .mention = names, .port = NFS_PORT };
	struct reach_edge e = { 0 };

	if (nfs_edge(g, task->service, fs, &e, &target)) {
		names[q.mention_count++] = logical(target->resource);
		for (size_t i = 0; i < target->group_count && i < NAMES_MAX; i++)
			names[q.mention_count++] = logical(target->groups[i]->resource);
		graph_prove(g, flow, &q, &e);
		return;
	}
	names[q.mention_count++] = logical(fs->resource);
	graph_prove_by_findings(g, flow, &q, fs->resource ? VERDICT_FAIL : VERDICT_UNKNOWN,
				fs->resource ? "the file system has no mount target that the task could use"
					     : "the mount targets are outside of the templates");
}

static void nfs_flows(struct graph *g, const struct graph_task *task)
{
	const struct deployment_task *t = task->service->task;

	for (size_t i = 0; t && i < t->volume_count; i++) {
		bool seen = !t->volumes[i].system;

		for (size_t k = 0; k < i; k++)
			seen |= t->volumes[k].system == t->volumes[i].system;
		if (!seen)
			nfs_flow(g, task, t->volumes[i].system);
	}
}

/* ---- the chain ------------------------------------------------------------------------------- */

static json_t *chain_object(struct graph *g, const struct check_host *h,
			    const struct check_side *side)
{
	const struct deployment_resource *r = side ? side->resource : h->resource;
	OWN(str) char *id = r ? str_printf("chain:%zu/%s", r->template, r->logical)
			      : str_printf("chain:%s", h->name);
	OWN(str) char *label = r ? graph_resource_label(r) : str_dup(h->name);
	json_t *object = json_object_get(g->index, id);

	if (object)
		return object;
	object = graph_object(g, id, "chain",
			      side && side->end.subnet_count
				      ? graph_vpc(g, side->end.subnets[0]->vpc)
				      : NULL,
			      label);
	graph_introduce(g, object, "Chain at", r);
	return object;
}

static void chain_flow(struct graph *g, const struct graph_task *task, const struct check_host *h)
{
	const char *from = logical(task->service->resource), *names[1 + CHECK_SIDES_MAX];
	struct graph_question q = { .kind = GRAPH_CHAIN, .from = &from, .from_count = 1,
				    .mention = names, .port = h->port };
	struct reach_end own = check_service_end(task->service);
	struct check_side side;
	struct reach_edge e;
	bool inside = check_host_side(g->d, h, &side);
	json_t *object = chain_object(g, h, inside ? &side : NULL), *flow;

	if (object == task->object)
		return;
	flow = add_flow(g, GRAPH_CHAIN, task->object, object, h->port);
	names[q.mention_count++] = h->resource ? h->resource->logical : h->name;
	for (size_t i = 0; inside && i < side.end.group_count; i++)
		names[q.mention_count++] = logical(side.end.groups[i]->resource);
	if (inside) {
		reach_tcp(g->d, &own, &side.end, h->port, &e);
		graph_prove(g, flow, &q, &e);
	} else {
		graph_prove_by_findings(g, flow, &q, VERDICT_UNKNOWN,
					"the host is not in the templates");
	}
}

/* The boot nodes are given, but no address can be read out of them. */
static void unknown_chain_flow(struct graph *g, const struct graph_task *task)
{
	const char *from = logical(task->service->resource);
	struct graph_question q = { .kind = GRAPH_CHAIN, .from = &from, .from_count = 1,
				    .port = NEAR_PORT };
	const json_t *node = check_node(task->service);
	json_t *object;

	if (!node || (!deployment_environment(node, "NEAR_BOOT_NODES", NULL) &&
		      !deployment_secret(node, "NEAR_BOOT_NODES", NULL)))
		return;
	object = graph_object(g, "chain:", "chain", NULL, "address not known");
	if (!*json_str_or(object, "text", ""))
		graph_say(object, "Chain at an address that the templates alone do not tell");
	graph_prove_by_findings(g, add_flow(g, GRAPH_CHAIN, task->object, object, NEAR_PORT), &q,
				VERDICT_UNKNOWN,
				"no address can be read out of NEAR_BOOT_NODES before the stack is deployed");
}

static void chain_flows(struct graph *g, const struct graph_task *task)
{
	static const char *const variables[] = { "NEAR_BOOT_NODES", "NEAR_RPC_URL" };

	for (size_t v = 0; v < 2; v++) {
		struct check_host hosts[CHECK_HOSTS_MAX];
		size_t n = check_hosts(g->d, task->service, variables[v], hosts, CHECK_HOSTS_MAX);

		for (size_t i = 0; i < n; i++)
			chain_flow(g, task, &hosts[i]);
		if (!n && v == 0)
			unknown_chain_flow(g, task);
	}
}

/* ---- AWS APIs and registries ----------------------------------------------------------------- */

/* The kind of default route that the service's subnets have; mixed: the first. */
static json_t *route_object(struct graph *g, const struct deployment_service *s, const char *vpc)
{
	const struct deployment_route *route = NULL;
	OWN(str) char *id = NULL;
	json_t *object;

	for (size_t i = 0; i < s->subnet_count && !route; i++)
		for (size_t k = 0; s->subnets[i]->routes && k < s->subnets[i]->routes->count; k++)
			if (str_eq(s->subnets[i]->routes->routes[k].destination, "0.0.0.0/0"))
				route = &s->subnets[i]->routes->routes[k];
	if (!route)
		return NULL;
	id = str_printf("way:%s:%d", vpc, (int)route->kind);
	object = json_object_get(g->index, id);
	if (object)
		return object;
	object = graph_object(g, id, "way", vpc,
			      route->kind == DEPLOYMENT_TO_NAT		      ? "NAT gateway"
			      : route->kind == DEPLOYMENT_TO_INTERNET_GATEWAY ? "Internet gateway"
									      : "Default route");
	graph_introduce(g, object, "Way out:", route->target);
	return object;
}

static json_t *way_object(struct graph *g, const struct deployment_service *s, const char *vpc,
			  const struct deployment_endpoint *endpoint)
{
	OWN(str) char *id = NULL;
	json_t *object;

	if (!endpoint || !endpoint->resource)
		return route_object(g, s, vpc);
	id = str_printf("way:%zu/%s", endpoint->resource->template, endpoint->resource->logical);
	object = json_object_get(g->index, id);
	if (object)
		return object;
	object = graph_object(g, id, "way", vpc,
			      endpoint->gateway ? "Gateway endpoint" : "VPC endpoint");
	graph_introduce(g, object, "Way out:", endpoint->resource);
	return object;
}

static json_t *api_object(struct graph *g, const char *vpc, const char *api)
{
	OWN(str) char *id = str_printf("api:%s:%s", vpc, api ? api : "registry");
	bool is_new = !json_object_get(g->index, id);
	json_t *object = graph_object(g, id, "api", NULL, api ? api : "image registry");

	json_set_str(object, "vpc", vpc);
	if (is_new)
		graph_say(object,
			  api ? "AWS API %s, needed before a task starts"
			      : "%s outside of AWS, the image is pulled from it",
			  api ? api : "Registry");
	return object;
}

static void api_flow(struct graph *g, const struct graph_task *task, const char *api)
{
	const char *from = logical(task->service->resource);
	const char *mention = !api ? "registry" : api;
	const char *vpc = graph_vpc(g, graph_service_vpc(task->service));
	struct graph_question q = { .kind = GRAPH_API, .from = &from, .from_count = 1,
				    .mention = &mention, .mention_count = 1, .port = HTTPS_PORT };
	struct reach_end end = check_service_end(task->service);
	const struct deployment_endpoint *endpoint = NULL;
	struct reach_edge worst = { 0 };
	json_t *flow = add_flow(g, GRAPH_API, task->object, api_object(g, vpc, api), HTTPS_PORT);
	json_t *way;

	for (size_t i = 0; i < task->service->subnet_count; i++) {
		const struct deployment_endpoint *this = NULL;
		struct reach_edge e;

		end.subnets = &task->service->subnets[i];
		end.subnet_count = 1;
		if (api)
			reach_api(g->d, &end, api, &e, &this);
		else
			reach_internet(g->d, &end, HTTPS_PORT, &e);
		if (i == 0 || worse_edge(&worst, &e) == &e) {
			worst = e;
			endpoint = this;
		}
	}
	if (!task->service->subnet_count)
		graph_prove_by_findings(g, flow, &q, VERDICT_UNKNOWN, "the subnets are not known");
	else
		graph_prove(g, flow, &q, &worst);
	way = way_object(g, task->service, vpc, endpoint);
	if (way) {
		json_set_str(flow, "via", graph_id(way));
		graph_worsen(way, json_str(flow, "verdict"));
	}
}

static void api_flows(struct graph *g, const struct graph_task *task)
{
	struct check_apis needs;

	if (!task->service->task)
		return;
	check_service_needs(g->d, task->service, &needs);
	for (size_t i = 0; i < needs.count; i++)
		api_flow(g, task, needs.apis[i]);
	if (needs.other_registry)
		api_flow(g, task, NULL);
}

/* ---- peers ----------------------------------------------------------------------------------- */

static bool is_alike(const struct deployment_service *a, const struct deployment_service *b)
{
	return a->subnet_count == b->subnet_count && a->group_count == b->group_count &&
	       a->groups_default == b->groups_default &&
	       !memcmp(a->subnets, b->subnets, a->subnet_count * sizeof(a->subnets[0])) &&
	       !memcmp(a->groups, b->groups, a->group_count * sizeof(a->groups[0]));
}

/* Names of the nodes that are placed and guarded like this one: findings tell of one for all. */
static size_t names_of_kind(const struct graph *g, const struct deployment_service *s,
			    const char **ret)
{
	size_t count = 0;

	ret[count++] = logical(s->resource);
	for (size_t i = 0; i < g->task_count && count < NAMES_MAX; i++)
		if (g->tasks[i].service != s && check_node(g->tasks[i].service) &&
		    is_alike(g->tasks[i].service, s))
			ret[count++] = logical(g->tasks[i].service->resource);
	return count;
}

/* `proof`: a flow from a sender that is alike, or NULL. */
static json_t *peer_flow(struct graph *g, const struct graph_task *from, const struct graph_task *to,
			 const json_t *proof)
{
	const char *senders[NAMES_MAX], *receivers[NAMES_MAX];
	struct graph_question q = { .kind = GRAPH_PEER, .from = senders, .mention = receivers };
	struct reach_edge e = { 0 };
	json_t *flow;

	if (proof) {
		flow = json_copy((json_t *)(uintptr_t)proof);
		json_set_str(flow, "from", graph_id(from->object));
		json_array_append_new(g->flows, flow);
		return flow;
	}
	q.port = check_peer_edge(g->d, from->service, to->service, &e);
	flow = add_flow(g, GRAPH_PEER, from->object, to->object, q.port);
	q.from_count = names_of_kind(g, from->service, senders);
	q.mention_count = names_of_kind(g, to->service, receivers);
	graph_prove(g, flow, &q, &e);
	return flow;
}

static void peer_flows(struct graph *g, const struct graph_task *to)
{
	const json_t **proofs = mem_new(g->task_count + 1, sizeof(*proofs));

	for (size_t i = 0; i < g->task_count; i++) {
		const struct graph_task *from = &g->tasks[i];
		const json_t *proof = NULL;

		if (from == to || from->chain || !check_node(from->service))
			continue;
		for (size_t k = 0; k < i && !proof; k++)
			if (proofs[k] && is_alike(g->tasks[k].service, from->service))
				proof = proofs[k];
		proofs[i] = peer_flow(g, from, to, proof);
	}
	free(proofs);
}

void graph_flows(struct graph *g)
{
	size_t count;
	const struct deployment_file_system *const *systems = deployment_file_systems(g->d, &count);

	for (size_t i = 0; i < count; i++)
		if (systems[i]->resource && systems[i]->target_count)
			(void)system_object(g, systems[i], NULL);
	for (size_t i = 0; i < g->task_count; i++) {
		api_flows(g, &g->tasks[i]);
		nfs_flows(g, &g->tasks[i]);
		chain_flows(g, &g->tasks[i]);
	}
	for (size_t i = 0; i < g->task_count; i++)
		if (check_node(g->tasks[i].service) && !g->tasks[i].chain)
			peer_flows(g, &g->tasks[i]);
}
