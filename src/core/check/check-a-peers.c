/* Group A: the nodes among each other: peer ports and identities. */
#include "core/check/check-a.h"
#include "core/check/check-topology.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/reach/reach.h"

enum { DEFAULT_PORT = 80, PORTS_MAX = 32 };

/* Ports that the node has another use for. */
static bool is_taken(unsigned port)
{
	static const unsigned taken[] = { 3030, 8079, 8080, 24566, 24567, 34001 };

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		if (taken[i] == port)
			return true;
	return false;
}

/* The port in the node's own address; 0: it has none, or is not known. */
static unsigned own_port(const struct deployment *d, const json_t *node)
{
	const json_t *value = deployment_environment(node, "MPC_LOCAL_ADDRESS", NULL);
	OWN(str) char *flat = value ? node_flatten(d, value) : NULL;
	const char *colon = flat ? strrchr(flat, ':') : NULL;
	uint64_t port = 0;

	if (!colon || num_parse_u64(colon + 1, 1, 65535, &port) < 0)
		return 0;
	return (unsigned)port;
}

/* Ports the node's peers may use, the likeliest first. With a public chain the start script fixes
 * 80; on a local one the contract says, so any declared port that has no other use will do. */
static size_t peer_ports(const struct deployment *d, const json_t *node, unsigned ports[PORTS_MAX])
{
	const json_t *env = deployment_environment(node, "MPC_ENV", NULL);
	const char *chain = node_chain(env ? deployment_text(d, env) : NULL);
	unsigned own = own_port(d, node);
	size_t count = 0, i;
	json_t *one;

	if (own && !is_taken(own)) {
		ports[count++] = own;
		return count;
	}
	ports[count++] = DEFAULT_PORT;
	if (chain && strcmp(chain, "local") != 0)
		return count;
	json_array_foreach(json_list(node, "PortMappings"), i, one) {
		json_int_t port = json_int_or(one, "ContainerPort", 0);

		if (port > 0 && port < 65536 && !is_taken((unsigned)port) && port != DEFAULT_PORT &&
		    count < PORTS_MAX)
			ports[count++] = (unsigned)port;
	}
	return count;
}

/* Services in the same subnets and groups are one as far as packets go. */
static bool is_alike(const struct deployment_service *a, const struct deployment_service *b)
{
	return a->subnet_count == b->subnet_count && a->group_count == b->group_count &&
	       !memcmp(a->subnets, b->subnets, a->subnet_count * sizeof(a->subnets[0])) &&
	       !memcmp(a->groups, b->groups, a->group_count * sizeof(a->groups[0]));
}

static const char *unknown_of(const struct reach_edge *e)
{
	const struct reach_evidence *all[] = { &e->out, &e->in, &e->acl_there, &e->acl_back };

	for (size_t i = 0; i < 4; i++)
		if (all[i]->verdict == VERDICT_UNKNOWN && all[i]->unknown[0])
			return all[i]->unknown;
	return "the security groups and subnets that are outside of the templates";
}

static void add_closed(struct check *c, const struct node *from, const struct node *to,
		       unsigned port, const struct reach_edge *e)
{
	const struct reach_evidence *all[] = { &e->out, &e->in, &e->acl_there, &e->acl_back };
	static const char *const halves[] = { "nothing lets it out of the sender's groups",
					      "nothing lets it into the receiver's groups",
					      "a network ACL stops it",
					      "a network ACL stops the answers" };
	struct check_finding f = {
		.severity = e->verdict == VERDICT_FAIL ? CHECK_FAIL : CHECK_UNKNOWN,
		.resource = from->service->resource,
		.service = from->service,
		.property = "NetworkConfiguration/AwsvpcConfiguration/SecurityGroups"
	};

	if (f.severity == CHECK_UNKNOWN) {
		f.second = to->service->resource;
		f.lookup = unknown_of(e);
		check_add(c, &f, "whether the node reaches its peer %s at TCP %u is not known",
			  check_name(to->service->resource), port);
		return;
	}
	for (size_t i = 0; i < 4; i++) {
		if (all[i]->verdict != VERDICT_FAIL)
			continue;
		f.second = all[i]->resource ? all[i]->resource
			   : all[i]->group  ? all[i]->group->resource
					    : to->service->resource;
		check_add(c, &f, "the node cannot reach its peer %s at TCP %u: %s",
			  check_name(to->service->resource), port, halves[i]);
		return;
	}
}

unsigned check_peer_edge(const struct deployment *d, const struct deployment_service *from,
			 const struct deployment_service *to, struct reach_edge *ret)
{
	struct reach_end a = check_service_end(from), b = check_service_end(to);
	unsigned ports[PORTS_MAX];
	size_t count = peer_ports(d, check_node(to), ports);
	unsigned at = ports[0];

	for (size_t i = 0; i < count; i++) {
		struct reach_edge e = { 0 };

		reach_tcp(d, &a, &b, ports[i], &e);
		if (i == 0 || e.verdict == VERDICT_PASS ||
		    (e.verdict == VERDICT_UNKNOWN && ret->verdict == VERDICT_FAIL)) {
			*ret = e;
			at = ports[i];
		}
		if (e.verdict == VERDICT_PASS)
			break;
	}
	return at;
}

static void see_pair(struct check *c, const struct node *from, const struct node *to)
{
	struct reach_edge e = { 0 };
	unsigned port = check_peer_edge(check_deployment(c), from->service, to->service, &e);

	if (e.verdict != VERDICT_PASS)
		add_closed(c, from, to, port, &e);
}

struct peer {
	struct node node;
	unsigned port;
};

static struct peer *all_peers(const struct check *c, size_t *ret_count)
{
	struct peer *list = NULL;
	struct node n;

	*ret_count = 0;
	for (size_t i = 0; node_next(c, &i, &n);) {
		list = mem_grow(list, *ret_count + 1, sizeof(*list));
		list[(*ret_count)++] = (struct peer){ .node = n, .port = own_port(check_deployment(c), n.container) };
	}
	return list;
}

/* One sender of each kind of place stands for all of them. */
static void see_senders(struct check *c, const struct peer *list, size_t count, size_t to)
{
	for (size_t from = 0; from < count; from++) {
		bool covered = from == to;

		for (size_t k = 0; k < from && !covered; k++)
			covered =
				k != to && is_alike(list[k].node.service, list[from].node.service);
		if (!covered)
			see_pair(c, &list[from].node, &list[to].node);
	}
}

/* So does one receiver of each kind of place and port. */
void check_a_peers(struct check *c)
{
	size_t count;
	struct peer *list = all_peers(c, &count);

	for (size_t to = 0; to < count; to++) {
		bool covered = false;

		for (size_t k = 0; k < to && !covered; k++)
			covered = list[k].port == list[to].port &&
				  is_alike(list[k].node.service, list[to].node.service);
		if (!covered)
			see_senders(c, list, count, to);
	}
	free(list);
}

void check_a_port(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };
		struct check_finding f;
		unsigned port = own_port(check_deployment(c), n.container);

		if (!port || !is_taken(port))
			continue;
		node_variable(c, &n, "MPC_LOCAL_ADDRESS", &v);
		f = node_finding(CHECK_FAIL, &n, &v);
		check_add(c, &f, "the peer address has port %u, which the node uses itself", port);
	}
}

/* ---- A12
 * ---------------------------------------------------------------------------------------------- */

static void see_count(struct check *c, const struct node *n)
{
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = n->service->resource,
				   .property = "DesiredCount",
				   .service = n->service };

	if (node_desired(n) > 1)
		check_add(c, &f, "%ld tasks with one identity: a node's service has one task",
			  node_desired(n));
}

/* Scaling of a node's service beyond one task. */
static void see_scaling(struct check *c, const struct node *n)
{
	const struct deployment *d = check_deployment(c);
	OWN(str)
	char *name = str_printf("/${%zu/%s.Name}", n->service->resource->template,
				n->service->resource->logical);
	const char *given = check_text(d, json_object_get(n->service->resource->properties,
							  "ServiceName"));
	OWN(str) char *tail = str_printf("/%s", given);
	size_t count;
	const struct deployment_resource *all = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++) {
		OWN(str) char *id = NULL;
		struct check_finding f = { .resource = &all[i],
					   .property = "MaxCapacity",
					   .service = n->service };
		json_int_t least = json_int_or(all[i].properties, "MinCapacity", 0);

		if (strcmp(all[i].type, "AWS::ApplicationAutoScaling::ScalableTarget") != 0 ||
		    json_int_or(all[i].properties, "MaxCapacity", 1) < 2)
			continue;
		id = check_flat(d, json_object_get(all[i].properties, "ResourceId"));
		if (!str_ends(id, name) && (!*given || !str_ends(id, tail)))
			continue;
		f.severity = least > 1 ? CHECK_FAIL : CHECK_WARN;
		check_add(c, &f, "scaling may run %lld tasks with one identity",
			  (long long)json_int_or(all[i].properties, "MaxCapacity", 1));
	}
}

void check_a_identity(struct check *c)
{
	OWN(json) json_t *first = json_object();
	struct node n, other;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };
		struct check_finding f;
		OWN(str) char *identity = NULL;
		size_t before;

		see_count(c, &n);
		see_scaling(c, &n);
		node_variable(c, &n, "MPC_ACCOUNT_ID", &v);
		if (v.place != VARIABLE_ENVIRONMENT || node_desired(&n) == 0)
			continue;
		identity = json_canonical(v.value);
		if (!json_object_get(first, identity)) {
			json_object_set_new(first, identity, json_integer((json_int_t)i - 1));
			continue;
		}
		before = (size_t)json_integer_value(json_object_get(first, identity));
		if (!node_next(c, &before, &other))
			continue;
		f = node_finding(CHECK_FAIL, &n, &v);
		f.second = other.service->resource;
		check_add(c, &f, "the node has the same account as that of %s",
			  check_name(other.service->resource));
	}
}

/* ---- A11
 * ---------------------------------------------------------------------------------------------- */

/* "node0" of "v1.signer.node0"; NULL of an account that has no parent, as implicit ones. */
static const char *root_of(const char *account)
{
	const char *dot = account ? strrchr(account, '.') : NULL;

	return dot && dot[1] ? dot + 1 : NULL;
}

/* A name of the network, which people append by mistake. */
static bool is_network_name(const char *root)
{
	return str_eq(root, "localnet") || str_eq(root, "mpc-localnet");
}

/* A local chain has the top-level accounts of its genesis: one root for contract and nodes. */
static bool is_local(const struct check *c, const struct node *n)
{
	struct variable env __attribute__((cleanup(own_drop_variable))) = { 0 };
	const char *chain;

	node_variable(c, n, "MPC_ENV", &env);
	chain = node_chain(variable_text(&env));
	return chain && !strcmp(chain, "local");
}

/* Whether some node's account is below the root. */
static bool has_node_below(const struct check *c, const char *root)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct variable v __attribute__((cleanup(own_drop_variable))) = { 0 };

		node_variable(c, &n, "MPC_ACCOUNT_ID", &v);
		if (str_eq(root_of(variable_text(&v)), root))
			return true;
	}
	return false;
}

void check_a_suffix(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct variable account __attribute__((cleanup(own_drop_variable))) = { 0 };
		struct variable contract __attribute__((cleanup(own_drop_variable))) = { 0 };
		struct check_finding f;
		const char *own, *due;

		node_variable(c, &n, "MPC_ACCOUNT_ID", &account);
		node_variable(c, &n, "MPC_CONTRACT_ID", &contract);
		own = root_of(variable_text(&account));
		due = root_of(variable_text(&contract));
		if (!is_local(c, &n) || !own || !due || str_eq(own, due) ||
		    !(is_network_name(own) || has_node_below(c, due)))
			continue;
		f = node_finding(CHECK_FAIL, &n, &account);
		f.second = n.task;
		f.second_property = contract.property;
		check_add(c, &f,
			  "MPC_ACCOUNT_ID '%.64s' is below '%.64s', but this chain's accounts are "
			  "below '%.64s', going by the contract",
			  variable_text(&account), own, due);
	}
}
