/* What several rules of network, storage and service discovery ask of a deployment, and the drawing
 * with them: both must mean the same connections. */
#pragma once
#include "base/str.h"
#include "core/check/check.h"
#include "core/reach/reach.h"

/* Logical id, or a phrase for what stands outside of the templates. Borrowed. */
const char *check_name(const struct deployment_resource *r);
bool check_is_type(const struct deployment_resource *r, const char *type);
/* The value as one text: known texts, resources as "${template/Logical.Attribute}" (file systems,
 * access points and roles as ARNs), what is not known as "${identity}". Caller frees. */
char *check_flat(const struct deployment *d, const json_t *value);
/* Whether two values name the same thing. */
enum verdict check_same(const struct deployment *d, const json_t *a, const json_t *b);
/* Whether a value's text is known or names a resource of the deployment. */
bool check_settled(const struct deployment *d, const json_t *value);
/* Number of a value that is one, also as text. */
bool check_number(const struct deployment *d, const json_t *value, long *ret);
/* Truth value; UNKNOWN for symbols, `absent` when NULL. PASS true, FAIL false. */
enum verdict check_truth(const struct deployment *d, const json_t *value, enum verdict absent);
/* Text of a value, "" when it is not known or absent. Borrowed. */
const char *check_text(const struct deployment *d, const json_t *value);
/* Are two zones, as texts or symbols of struct deployment_subnet, one? NULL is not known. */
enum verdict check_same_zone(const char *a, const char *b);
/* Same VPC? */
enum verdict check_same_vpc(const struct deployment_vpc *a, const struct deployment_vpc *b);

/* How a template writes the group: {"Fn::GetAtt":["Sg","GroupId"]}. Caller frees. */
char *check_group_text(const struct deployment *d, const struct deployment_group *g);
const char *check_group_name(const struct deployment *d, const struct deployment_group *g);
/* Some resource other than a rule names the group. */
bool check_group_attached(const struct deployment *d, const struct deployment_resource *group);
const struct deployment_group *check_find_group(const struct deployment *d, const json_t *value);
const struct deployment_subnet *check_find_subnet(const struct deployment *d, const json_t *value);

struct reach_end check_service_end(const struct deployment_service *s);
/* Equal ends: what holds for the network of one holds for that of the other. */
bool check_same_place(const struct deployment_service *a, const struct deployment_service *b);
/* The sides of a mount target and of an endpoint. */
struct reach_end check_target_end(const struct deployment_mount_target *m);
/* CIDRs of the rule's port cover it for TCP? */
bool check_rule_covers(const struct deployment_rule *r, unsigned port);
/* Separate ingress rule as template text; caller frees. */
char *check_rule_remedy(const struct deployment *d, bool ingress,
			const struct deployment_group *owner, const struct deployment_group *peer,
			unsigned port);

/* The container has variables that only an MPC node has. */
bool check_has_node_variables(const json_t *container);
/* The container of the MPC node, or NULL. Borrowed. */
const json_t *check_node(const struct deployment_service *s);
/* Some container mounts the volume for writing. */
bool check_volume_writable(const struct deployment_service *s, const struct deployment_volume *v);
const json_t *check_efs(const struct deployment_volume *v);
/* The access point a volume names: FAIL none, UNKNOWN one outside, PASS one of the deployment. */
const json_t *check_access_point(const struct deployment_volume *v);
/* Host name that a Cloud Map service gives its instances: "node-0.mpc.local"; NULL when some part
 * is not known. Caller frees. */
char *check_cloud_map_name(const struct deployment *d, const struct deployment_resource *service);
const struct deployment_resource *check_namespace(const struct deployment *d,
						  const struct deployment_resource *service);

/* ---- the connections of a task --------------------------------------------------------------- */

enum { CHECK_HOSTS_MAX = 32, CHECK_SIDES_MAX = 16, CHECK_APIS_MAX = 16 };

/* One address a node dials. */
struct check_host {
	const struct deployment_service *from;
	const char *variable; /* that names it */
	size_t index;	      /* its place in Environment */
	char name[256];	      /* text, "" when it is a resource's attribute */
	const struct deployment_resource *resource;
	unsigned port;
};
/* The addresses in a variable (NEAR_BOOT_NODES, NEAR_RPC_URL) of the node; how many. */
size_t check_hosts(const struct deployment *d, const struct deployment_service *s,
		   const char *variable, struct check_host *ret, size_t most);
/* The side of a host that is part of the deployment: a service, an instance or an interface. `end`
 * borrows from *ret. False: it is elsewhere. */
struct check_side {
	const struct deployment_subnet *subnets[CHECK_SIDES_MAX];
	const struct deployment_group *groups[CHECK_SIDES_MAX];
	struct reach_end end;
	const struct deployment_resource *resource;
};
bool check_host_side(const struct deployment *d, const struct check_host *h,
		     struct check_side *ret);

/* The AWS APIs that the start of a task needs, and whether its image is in a registry elsewhere. */
struct check_apis {
	const char *apis[CHECK_APIS_MAX];
	size_t count;
	bool other_registry;
};
void check_service_needs(const struct deployment *d, const struct deployment_service *s,
			 struct check_apis *n);

/* Subnets of the service in the zone of the mount target; all whose zone is not known count as well. */
size_t check_mount_subnets(const struct deployment_service *s,
			   const struct deployment_mount_target *m,
			   const struct deployment_subnet **ret, size_t most);

/* From node to node: the best connection at the ports the receiver may use. The port. */
unsigned check_peer_edge(const struct deployment *d, const struct deployment_service *from,
			 const struct deployment_service *to, struct reach_edge *ret);

/* ---- rules that have a file of their own ---------------------------------------------------- */
/* check-c-api.c */
void check_c03(struct check *c);
void check_c04(struct check *c);
void check_c05(struct check *c);
void check_c06(struct check *c);
void check_c07(struct check *c);
void check_c08(struct check *c);
void check_c09(struct check *c);
void check_c10(struct check *c);
void check_c11_api(struct check *c);
void check_c24(struct check *c);
void check_c25(struct check *c);
/* check-c-nodes.c */
void check_c18(struct check *c);
void check_c19_peers(struct check *c);
/* check-c-peer.c */
void check_c11_chain(struct check *c);
void check_c12(struct check *c);
void check_c13(struct check *c);
void check_c14(struct check *c);
void check_c20(struct check *c);
void check_c26(struct check *c);
/* check-c-shape.c */
void check_c15(struct check *c);
void check_c16(struct check *c);
void check_c17(struct check *c);
void check_c21(struct check *c);
void check_c22(struct check *c);
void check_c23(struct check *c);
void check_c27(struct check *c);
void check_c28(struct check *c);
/* check-d-disk.c */
void check_d18(struct check *c);
void check_d24(struct check *c);
void check_d26(struct check *c);
void check_d28(struct check *c);
/* check-d-mount.c */
void check_d06(struct check *c);
void check_d07(struct check *c);
void check_d08(struct check *c);
void check_d21(struct check *c);
void check_d22(struct check *c);
/* check-d-authorize.c */
void check_d09(struct check *c);
void check_d10(struct check *c);
/* check-d-shape.c */
void check_d04(struct check *c);
void check_volume_d05(struct check *c, const struct deployment_service *s,
		      const struct deployment_volume *v);
/* check-i-host.c */
void check_host_i01(struct check *c);
void check_host_i02(struct check *c);
void check_host_i14(struct check *c);
/* check-i-script.c */
void check_register_scripts(struct check *c); /* I12 */
/* check-i-vpc.c */
void check_i14(struct check *c);
void check_i15(struct check *c);
/* check-j.c */
void check_task_addresses(struct check *c); /* H11 */
