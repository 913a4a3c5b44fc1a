#include "face/cli/network-view.h"

#include <string.h>
#include <unistd.h>

#include "core/network/network.h"
#include "face/cli/cli-internal.h"
#include "face/cli/deploy.h"
#include "face/cli/ecs-view.h"

static const char only_inside[] = "only from inside the VPC";

/* ---- what a node says of itself ------------------------------------------------------------------ */

char *network_view_fetch(struct target *t, const json_t *node, const char *path, int *ret_status)
{
	const char *at = json_str(json_map(node, "forwards"), "8080");
	OWN(str) char *url = at ? str_printf("http://%s%s", at, path) : NULL;
	char *body = NULL;
	size_t len;

	*ret_status = 0;
	if (!url || awsclient_http(t->aws, "GET", url, NULL, NULL, 0, 1500, ret_status, &body, &len,
				   NULL) < 0)
		return NULL;
	return body;
}

/* Sum of a metric over its labels (Prometheus text). -1: it does not occur. */
static json_int_t metric_sum(const char *text, const char *name)
{
	size_t len = strlen(name);
	json_int_t sum = -1;

	for (const char *line = text; line && *line;) {
		const char *end = strchr(line, '\n');
		const char *value = line + len;

		if (!strncmp(line, name, len) && (*value == ' ' || *value == '{')) {
			value = *value == '{' ? strstr(value, "} ") : value;
			if (value && (!end || value < end))
				sum = (sum < 0 ? 0 : sum) +
				      (json_int_t)strtod(value + (*value == '}'), NULL);
		}
		line = end ? end + 1 : NULL;
	}
	return sum;
}

/* Participants that this node is connected to, in both directions. */
static json_t *connected_to(const char *text)
{
	static const char name[] = "\nmpc_network_live_connections{", label[] = "peer_participant_id=\"";
	json_t *ids = json_array();

	for (const char *line = strstr(text, name); line; line = strstr(line + 1, name)) {
		const char *end = strchr(line + 1, '\n'), *at = strstr(line, label), *value = strstr(line, "} ");

		if (at && value && (!end || (at < end && value < end)) && strtod(value + 2, NULL) > 0)
			json_array_append_new(ids, json_integer(strtoll(at + sizeof(label) - 1, NULL, 10)));
	}
	return ids;
}

/* Value of a metric that has no labels, or whose line begins with these; 0: it does not occur. */
static double metric_value(const char *text, const char *name)
{
	OWN(str) char *line = str_printf("\n%s ", name);
	const char *at = strstr(text, line);

	return at ? strtod(at + strlen(line), NULL) : 0;
}

/* What it signed since it started. */
static json_t *signing_of(const char *text)
{
	return json_pack("{s:f,s:f,s:f,s:f,s:f}", "succeeded",
			 metric_value(text, "mpc_num_signature_computations_led{result=\"succeeded\"}"), "failed",
			 metric_value(text, "mpc_num_signature_computations_led{result=\"failed\"}"), "waiting",
			 metric_value(text, "mpc_pending_signatures_queue_size"), "latencySeconds",
			 metric_value(text, "mpc_signature_request_response_latency_seconds_sum"), "latencyCount",
			 metric_value(text, "mpc_signature_request_response_latency_seconds_count"));
}

static void probe_metrics(struct target *t, json_t *node)
{
	int status;
	OWN(str) char *text = network_view_fetch(t, node, "/metrics", &status);
	json_int_t peers = -1, height = -1, live = -1;

	if (text && status == 200) {
		peers = metric_sum(text, "near_peer_connections_total");
		height = metric_sum(text, "mpc_indexer_latest_block_height");
		live = metric_sum(text, "mpc_network_live_connections");
		json_object_set_new(node, "connectedTo", connected_to(text));
		json_object_set_new(node, "signing", signing_of(text));
	}
	json_object_set_new(node, "chain",
			    json_pack("{s:I,s:I}", "peers", peers > 0 ? peers : 0, "blockHeight",
				      height > 0 ? height : 0));
	json_set_bool(node, "participant", live >= 0);
	json_set_int(node, "live", live > 0 ? live : 0);
}

/* A private address that does not answer from here says nothing: what ECS tells is all there is. */
static void take_health(json_t *node)
{
	const json_t *task = json_map(node, "task");
	bool checked = json_map(json_object_get(node, "container"), "healthCheck") != NULL;

	json_set_str(node, "unreached", only_inside);
	json_set_str(node, "healthStatus", json_str_or(task, "healthStatus", "UNKNOWN"));
	if (task && !checked)
		json_set_str(node, "healthReason", "the container has no health check");
}

static void probe_node(struct target *t, json_t *node)
{
	const json_t *task = json_map(node, "task");
	const char *ecs = json_str_or(task, "healthStatus", "UNKNOWN");
	int status = 0;

	if (!t->local) {
		take_health(node);
		return;
	}
	if (!strcmp(json_str_or(task, "lastStatus", ""), "RUNNING")) {
		OWN(str) char *health = network_view_fetch(t, node, "/health", &status);

		if (!strcmp(ecs, "UNKNOWN") && status == 200 && health && str_starts(health, "OK"))
			ecs = "HEALTHY";
		if (!strcmp(json_str_or(node, "kind", ""), "node"))
			probe_metrics(t, node);
		else if (!strcmp(ecs, "UNKNOWN"))
			ecs = "HEALTHY"; /* ECS: RUNNING without a check counts as healthy */
	}
	json_set_str(node, "healthStatus", ecs);
}

void network_view_probe(struct target *t, json_t *nodes)
{
	json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node)
		probe_node(t, node);
}

/* ---- the view --------------------------------------------------------------------------------------- */

static json_t *node_entry(struct target *t, const json_t *node, size_t node_count)
{
	const json_t *service = json_map(node, "service"), *task = json_map(node, "task");
	const json_t *environment = json_map(node, "environment");
	bool mpc = !strcmp(json_str_or(node, "kind", ""), "node");
	json_t *entry = json_object();

	json_set_str(entry, "name", json_str(node, "name"));
	json_set_str(entry, "accountId", json_str(environment, "MPC_ACCOUNT_ID"));
	json_set_str(entry, "logicalResourceId", json_str(node, "logicalResourceId"));
	json_set_str(entry, "serviceArn", json_str(node, "serviceArn"));
	json_set_str(entry, "serviceStatus", json_str(service, "status"));
	json_set_int(entry, "desiredCount", json_int_or(service, "desiredCount", 0));
	json_set_int(entry, "runningCount", json_int_or(service, "runningCount", 0));
	json_set_str(entry, "taskArn", json_str(task, "taskArn"));
	json_set_str(entry, "lastStatus",
		     task || json_str(node, "taskUnknown") ? json_str_or(task, "lastStatus", "UNKNOWN")
							   : "STOPPED");
	json_set_str(entry, "statusReason", json_str(node, "taskUnknown"));
	json_set_str(entry, "healthStatus", json_str_or(node, "healthStatus", "UNKNOWN"));
	json_set_str(entry, "healthReason", json_str(node, "healthReason"));
	json_set_str(entry, "privateIpv4Address", json_str(node, "address"));
	json_set_str(entry, "dnsName", json_str(environment, "MPC_LOCAL_ADDRESS"));
	if (json_map(node, "forwards"))
		json_object_set(entry, "endpoints", json_map(node, "forwards"));
	if (!task && !json_str(node, "taskUnknown")) {
		OWN(json) json_t *stopped =
			ecs_view_stopped(t, json_str_or(node, "serviceArn", ""), NULL);

		json_set_str(entry, "stoppedReason",
			     json_str(json_array_get(stopped, 0), "stoppedReason"));
	}
	if (json_str(node, "unreached")) {
		json_object_set_new(entry, "probe",
				    json_pack("{s:s,s:s}", "verdict", "UNKNOWN", "reason",
					      json_str(node, "unreached")));
		if (json_map(node, "inside"))
			json_object_set(entry, "insideEndpoints", json_map(node, "inside"));
	} else if (mpc) {
		if (json_map(node, "chain"))
			json_object_set(entry, "chain", json_map(node, "chain"));
		json_set_bool(entry, "participant", json_bool_or(node, "participant", false));
		json_object_set_new(entry, "peers",
				    json_pack("{s:I,s:I}", "connected", json_int_or(node, "live", 0),
					      "expected", (json_int_t)node_count - 1));
		if (json_list(node, "connectedTo"))
			json_object_set(json_map(entry, "peers"), "participantIds", json_list(node, "connectedTo"));
		if (json_map(node, "signing"))
			json_object_set(entry, "signing", json_map(node, "signing"));
	}
	return entry;
}

static json_t *summary(const struct target *t, const json_t *nodes)
{
	json_int_t count = (json_int_t)json_array_size(nodes), running = 0, healthy = 0, live = 0,
		   following = 0, unchecked = 0;
	json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node) {
		running += !strcmp(json_str_or(node, "lastStatus", ""), "RUNNING");
		healthy += !strcmp(json_str_or(node, "healthStatus", ""), "HEALTHY");
		unchecked += json_str(node, "healthReason") != NULL;
		following += json_int_or(json_map(node, "chain"), "peers", 0) > 0 &&
			     json_int_or(json_map(node, "chain"), "blockHeight", 0) > 0;
		live += json_int_or(json_map(node, "peers"), "connected", 0);
	}
	if (!t->local)
		return json_pack("{s:I,s:I,s:I,s:I,s:n,s:n,s:I,s:s}", "nodes", count, "running", running,
				 "healthy", healthy, "healthUnknown", unchecked, "following",
				 "peerConnections", "peerConnectionsExpected", count * (count - 1), "reason",
				 only_inside);
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "nodes", count, "running", running, "healthy",
			 healthy, "following", following, "peerConnections", live,
			 "peerConnectionsExpected", count * (count - 1));
}

static size_t count_nodes(const json_t *services)
{
	size_t count = 0, i;
	json_t *one;

	json_array_foreach(services, i, one)
		count += !strcmp(json_str_or(one, "kind", ""), "node");
	return count;
}

int network_view(struct target *t, const char *stack, json_t **ret, struct err *err)
{
	OWN(json) json_t *described = NULL, *services = NULL, *view = json_object();
	json_t *lists[3] = { json_array(), json_array(), json_array() }, *one;
	size_t i, count;
	int rc = deploy_describe(t, stack, &described, err);

	json_object_set_new(view, "nodes", lists[0]);
	json_object_set_new(view, "chains", lists[1]);
	json_object_set_new(view, "services", lists[2]);
	if (rc)
		return rc;
	if (ecs_view_services(t, stack, &services, err) < 0)
		return -1;
	network_view_probe(t, services);
	count = count_nodes(services);
	json_array_foreach(services, i, one) {
		const char *kind = json_str_or(one, "kind", "other");
		int list = !strcmp(kind, "node") ? 0 : !strcmp(kind, "chain") ? 1 : 2;

		json_array_append_new(lists[list], node_entry(t, one, count));
	}
	json_set_str(view, "stackName", json_str(described, "StackName"));
	json_set_str(view, "stackId", json_str(described, "StackId"));
	json_set_str(view, "stackStatus", json_str(described, "StackStatus"));
	json_set_str(view, "stackStatusReason", json_str(described, "StackStatusReason"));
	json_object_set_new(view, "summary", summary(t, lists[0]));
	*ret = GIVE(view);
	return 0;
}

bool network_view_is_stopped(const json_t *entry)
{
	return json_int_or(entry, "desiredCount", 1) == 0 && !json_str(entry, "taskArn");
}

bool network_view_formed(const json_t *view)
{
	const json_t *s = json_map(view, "summary");
	json_int_t nodes = json_int_or(s, "nodes", 0);

	if (json_is_null(json_object_get(s, "following")))
		return json_int_or(s, "running", -1) == nodes &&
		       json_int_or(s, "healthy", -1) + json_int_or(s, "healthUnknown", 0) == nodes;
	return json_int_or(s, "running", -1) == nodes && json_int_or(s, "healthy", -1) == nodes &&
	       json_int_or(s, "following", -1) == nodes &&
	       json_int_or(s, "peerConnections", -1) == json_int_or(s, "peerConnectionsExpected", 0);
}

/* ---- print ----------------------------------------------------------------------------------------------- */

static void print_row(struct cli *cli, const json_t *e, bool mpc)
{
	const char *status = json_str_or(e, "lastStatus", "");
	const char *health = json_str_or(e, "healthStatus", "");
	bool good = !strcmp(status, "RUNNING") &&
		    (!strcmp(health, "HEALTHY") || json_str(e, "healthReason"));
	const char *hidden = json_str(json_map(e, "probe"), "reason");
	const char *at = json_str(json_map(e, "endpoints"), mpc ? "8080" : "3030");
	OWN(str) char *unknown = hidden ? str_printf("UNKNOWN (%s)", hidden) : NULL;
	OWN(str) char *peers =
		hidden ? str_dup("-") :
		mpc ? str_printf("%lld/%lld", (long long)json_int_or(json_map(e, "peers"), "connected", 0),
				 (long long)json_int_or(json_map(e, "peers"), "expected", 0))
		    : str_dup("");
	OWN(str) char *height =
		hidden ? str_dup("-") :
		mpc ? str_printf("%lld", (long long)json_int_or(json_map(e, "chain"), "blockHeight", 0))
		    : str_dup("");

	(void)printf("%-14s %s%-9s %-9s%s %-15s %-24s %7s %6s  %s%s\n", json_str_or(e, "name", ""),
		     cli_paint(cli, good ? "green" : "red"), status, health, cli_paint(cli, "off"),
		     json_str_or(e, "privateIpv4Address", "-"), json_str_or(e, "dnsName", "-"), height,
		     peers, at ? "http://" : unknown ? unknown : "-", at ? at : "");
	if (json_str(e, "statusReason"))
		(void)printf("  UNKNOWN: %s\n", json_str(e, "statusReason"));
	if (network_view_is_stopped(e))
		(void)printf("  stopped: the desired count is 0; mpcup restart %s brings it back\n",
			     json_str_or(e, "name", ""));
	else if (json_str(e, "stoppedReason"))
		(void)printf("  %s%s%s\n", cli_paint(cli, "red"), json_str(e, "stoppedReason"),
			     cli_paint(cli, "off"));
}

void network_view_print(struct cli *cli, const json_t *view)
{
	static const char *const lists[] = { "nodes", "chains", "services" };
	const json_t *s = json_map(view, "summary");
	json_t *entry;
	size_t i;

	(void)printf("Stack %s%s%s  %s\n\n", cli_paint(cli, "bold"), json_str_or(view, "stackName", ""),
		     cli_paint(cli, "off"), json_str_or(view, "stackStatus", ""));
	(void)printf("%-14s %-9s %-9s %-15s %-24s %7s %6s  %s\n", "NAME", "STATUS", "HEALTH", "ADDRESS",
		     "PRIVATE NAME", "BLOCK", "PEERS", "ENDPOINT");
	for (size_t l = 0; l < 3; l++)
		json_array_foreach(json_list(view, lists[l]), i, entry)
			print_row(cli, entry, l == 0);
	if (json_is_null(json_object_get(s, "following")))
		(void)printf("\n%lld of %lld RUNNING, %lld healthy, %lld without a health check; chain and peers "
			     "UNKNOWN: nodes answer %s\n",
			     (long long)json_int_or(s, "running", 0), (long long)json_int_or(s, "nodes", 0),
			     (long long)json_int_or(s, "healthy", 0),
			     (long long)json_int_or(s, "healthUnknown", 0), only_inside);
	else if (json_array_size(json_list(view, "nodes")))
		(void)printf("\n%lld of %lld RUNNING, %lld healthy, %lld follow the chain, %lld of %lld peer "
			     "connections\n",
			     (long long)json_int_or(s, "running", 0), (long long)json_int_or(s, "nodes", 0),
			     (long long)json_int_or(s, "healthy", 0),
			     (long long)json_int_or(s, "following", 0),
			     (long long)json_int_or(s, "peerConnections", 0),
			     (long long)json_int_or(s, "peerConnectionsExpected", 0));
}

/* ---- which stack ------------------------------------------------------------------------------------------- */

static int only_network(struct target *t, char **ret, struct err *err)
{
	OWN(json) json_t *stacks = NULL;
	OWN(buf) struct buf names = { 0 };
	json_t *stack;
	size_t i, count = 0;

	if (deploy_list(t, &stacks, err) < 0)
		return -1;
	json_array_foreach(stacks, i, stack) {
		/* nested stacks have their parent's tags */
		if (!str_eq(deploy_tag(stack, "mpcup:role"), "network") || json_str(stack, "ParentId"))
			continue;
		buf_printf(&names, "%s%s", count++ ? ", " : "", json_str_or(stack, "StackName", ""));
	}
	if (count == 0)
		return err_set(err, ERR_SYS, "no network is deployed; mpcup up deploys one");
	if (count > 1)
		return err_set(err, ERR_INPUT, "several networks are deployed: %s; name one with --stack NAME",
			       names.data);
	*ret = buf_take(&names);
	return 0;
}

int network_view_stack(struct cli *cli, struct target *t, char **ret, struct err *err)
{
	const char *named = cli_option(cli, "stack");
	OWN(network) struct network *n = NULL;
	OWN(json) json_t *there = NULL;
	OWN(str) char *text = NULL;
	size_t len;

	if (named) {
		*ret = str_dup(named);
		return 0;
	}
	if (access("network.yaml", R_OK) == 0 && cli_read("network.yaml", &text, &len, err) == 0 &&
	    network_parse("network.yaml", text, len, &n, NULL) == 0 &&
	    deploy_describe(t, n->name, &there, NULL) == 0) {
		*ret = str_dup(n->name);
		return 0;
	}
	return only_network(t, ret, err);
}
