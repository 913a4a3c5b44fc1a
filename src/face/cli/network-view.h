/* The network as a whole: nodes with their health, chain, peers; one object for status, up, endpoints. */
#pragma once
#include "face/cli/cli.h"
#include "face/cli/target.h"

/* {"stackName","stackId","stackStatus","stackStatusReason"?,
 *  "nodes":[{"name","accountId","logicalResourceId","serviceArn","serviceStatus","desiredCount",
 *            "runningCount","taskArn"?,"lastStatus","healthStatus","privateIpv4Address"?,"dnsName"?,
 *            "endpoints":{"8080":"127.0.0.1:port",..},"stoppedReason"?,"participant":bool,
 *            "chain":{"peers":n,"blockHeight":n},
 *            "peers":{"connected":n,"expected":n,"participantIds":[n,..]},
 *            "signing":{"succeeded","failed","waiting","latencySeconds","latencyCount"} (since it started)}],
 *  "chains":[..same members..], "services":[..others..],
 *  "summary":{"nodes","running","healthy","following","peerConnections","peerConnectionsExpected"}}
 * lastStatus and healthStatus are ECS's; a task without a container health check that answers /health
 * with OK counts as HEALTHY here (ECS itself says UNKNOWN).
 * On AWS nothing is asked of the nodes: chain, participant and peers are missing, "probe" is
 * {"verdict":"UNKNOWN","reason"}, "insideEndpoints" the private addresses, summary's following and
 * peerConnections are null, and healthStatus is ECS's alone ("healthReason": why it cannot be told).
 * 0: *ret is the caller's; 1: there is no such stack; -1 err. */
int network_view(struct target *t, const char *stack, json_t **ret, struct err *err);
/* GET of a path of a node's web port (from ecs_view_services): the body, the caller's; NULL: no answer. */
char *network_view_fetch(struct target *t, const json_t *node, const char *path, int *ret_status);
/* Puts health, chain and peers into nodes that come from ecs_view_services(). */
void network_view_probe(struct target *t, json_t *nodes);
/* True when all nodes are running, healthy, follow a chain, and all peer connections are up; on AWS, when
 * as much of that as can be seen is so. */
bool network_view_formed(const json_t *view);
/* True for an entry of it that somebody wants stopped: a desired count of 0, and no task. */
bool network_view_is_stopped(const json_t *entry);
void network_view_print(struct cli *cli, const json_t *view);

/* The stack a command is about: positional, --stack, the network.yaml here, else the one network that
 * is deployed. 0: *ret is the caller's. -1: err says what to type. */
int network_view_stack(struct cli *cli, struct target *t, char **ret, struct err *err);
