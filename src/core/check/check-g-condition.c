/* G31: a condition removes what others need. The missing thing itself shows in groups C and D; this
 * rule names the condition that took it away. */
#include <string.h>

#include "base/str.h"
#include "core/check/check-g.h"

enum { NFS_PORT = 2049, TCP = 6 };

/* A resource that the conditions leave out, with the properties it would have. */
struct removed {
	size_t template;
	const char *logical, *type, *condition;
	const json_t *properties;
};

static void report(struct check *c, const struct removed *r,
		   const struct deployment_resource *needed_by,
		   const struct deployment_service *service, const char *what)
{
	OWN(str) char *pointer = str_printf("/Resources/%s/Condition", r->logical);
	OWN(str)
	char *remedy = str_printf("Remove Condition from %s, or put the same condition "
				  "on what needs it.",
				  r->logical);

	check_add(c,
		  &(struct check_finding){ .severity = CHECK_FAIL,
					   .pointer = pointer,
					   .template = r->template,
					   .second = needed_by,
					   .service = service,
					   .remedy = remedy },
		  "Condition %s is false, so %s does not exist: %s", r->condition, r->logical,
		  what);
}

/* ---- mount targets --------------------------------------------------------------------------- */

static bool mounts(const struct deployment_service *s, const struct deployment_resource *system)
{
	for (size_t i = 0; s->task && i < s->task->volume_count; i++)
		if (s->task->volumes[i].system && s->task->volumes[i].system->resource == system)
			return true;
	return false;
}

static const struct deployment_file_system *file_system(const struct deployment *d,
							const struct deployment_resource *r)
{
	size_t count;
	const struct deployment_file_system *const *all = deployment_file_systems(d, &count);

	for (size_t i = 0; r && i < count; i++)
		if (all[i]->resource == r)
			return all[i];
	return NULL;
}

/* Whether another mount target stands in the zone, or may: an unknown zone is no proof. */
static bool zone_served(const struct deployment_file_system *system,
			const struct deployment_subnet *subnet)
{
	for (size_t i = 0; i < system->target_count; i++) {
		const struct deployment_subnet *other = system->targets[i].subnet;

		if (!other || other == subnet)
			return true;
		if (!subnet->zone || !other->zone || !strcmp(subnet->zone, other->zone))
			return true;
	}
	return false;
}

static void look_mount_target(struct check *c, const struct removed *r)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_file_system *system = file_system(
		d, deployment_target(d, json_object_get(r->properties, "FileSystemId"), NULL));
	const struct deployment_resource *subnet =
		deployment_target(d, json_object_get(r->properties, "SubnetId"), NULL);
	size_t count;
	const struct deployment_service *const *services = deployment_services(d, &count);

	for (size_t i = 0; system && subnet && i < count; i++)
		for (size_t s = 0; s < services[i]->subnet_count; s++)
			if (services[i]->subnets[s]->resource == subnet &&
			    mounts(services[i], system->resource) &&
			    !zone_served(system, services[i]->subnets[s])) {
				report(c, r, services[i]->resource, services[i],
				       "tasks in its subnet have no mount target of the file "
				       "system in their zone.");
				return;
			}
}

/* ---- the rule for NFS ------------------------------------------------------------------------ */

static bool covers_nfs(const struct deployment_rule *rule)
{
	if (rule->protocol == -2 || !rule->known_ports)
		return true; /* may cover it */
	return rule->protocol == -1 ||
	       (rule->protocol == TCP && rule->from <= NFS_PORT && NFS_PORT <= rule->to);
}

static bool admits_nfs(const struct deployment_group *g)
{
	for (size_t i = 0; i < g->ingress_count; i++)
		if (covers_nfs(&g->ingress[i]))
			return true;
	return false;
}

/* Whether any group of the mount target lets somebody in; groups from outside may. */
static bool target_admits(const struct deployment_mount_target *t)
{
	for (size_t i = 0; i < t->group_count; i++)
		if (!t->groups[i]->resource || admits_nfs(t->groups[i]))
			return true;
	return false;
}

static bool has_group(const struct deployment_mount_target *t,
		      const struct deployment_resource *group)
{
	for (size_t i = 0; i < t->group_count; i++)
		if (t->groups[i]->resource == group)
			return true;
	return false;
}

static const struct deployment_service *mounted_by(const struct deployment *d,
						   const struct deployment_file_system *system)
{
	size_t count;
	const struct deployment_service *const *services = deployment_services(d, &count);

	for (size_t i = 0; i < count; i++)
		if (mounts(services[i], system->resource))
			return services[i];
	return NULL;
}

/* The group of a node that nobody is let into any more. */
static void look_closed(struct check *c, const struct removed *r,
			const struct deployment_resource *group)
{
	size_t count;
	const struct deployment_service *const *services =
		deployment_services(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++)
		if (services[i]->mpc_container >= 0 && services[i]->group_count == 1 &&
		    services[i]->groups[0]->resource == group &&
		    !services[i]->groups[0]->ingress_count) {
			report(c, r, group, services[i],
			       "nothing else is let into the nodes of that group.");
			return;
		}
}

static void look_ingress(struct check *c, const struct removed *r)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_resource *group =
		deployment_target(d, json_object_get(r->properties, "GroupId"), NULL);
	json_int_t from = json_int_or(r->properties, "FromPort", -1);
	json_int_t to = json_int_or(r->properties, "ToPort", -1);
	size_t count;
	const struct deployment_file_system *const *systems = deployment_file_systems(d, &count);

	if (!group)
		return;
	look_closed(c, r, group);
	if (from > NFS_PORT || to < NFS_PORT)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct deployment_service *service = mounted_by(d, systems[i]);

		for (size_t t = 0; service && t < systems[i]->target_count; t++)
			if (has_group(&systems[i]->targets[t], group) &&
			    !target_admits(&systems[i]->targets[t])) {
				report(c, r, group, service,
				       "nothing else admits NFS (2049) to the mount targets of "
				       "that group.");
				return;
			}
	}
}

/* ---- the way out ----------------------------------------------------------------------------- */

/* Whether the subnet's table has a default route, or may have one. */
static bool leads_out(const struct deployment_subnet *subnet)
{
	const struct deployment_route_table *table = subnet->routes;

	for (size_t i = 0; table && i < table->count; i++)
		if (!table->routes[i].destination ||
		    !strcmp(table->routes[i].destination, "0.0.0.0/0"))
			return true;
	return false;
}

/* With endpoints in the VPC tasks may need no way out. */
static bool has_endpoints(const struct deployment *d, const struct deployment_vpc *vpc)
{
	size_t count;
	const struct deployment_endpoint *const *all = deployment_endpoints(d, &count);

	for (size_t i = 0; i < count; i++)
		if (!vpc || !all[i]->vpc || all[i]->vpc == vpc)
			return true;
	return false;
}

/* A default route, or the association of a subnet with the table that has one. member: what of the
 * resource tells the subnets. */
static void look_way_out(struct check *c, const struct removed *r, const char *member)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_resource *of =
		deployment_target(d, json_object_get(r->properties, member), NULL);
	const char *destination = json_str(r->properties, "DestinationCidrBlock");
	size_t count;
	const struct deployment_service *const *services = deployment_services(d, &count);

	if (!of || (destination && strcmp(destination, "0.0.0.0/0") != 0))
		return;
	for (size_t i = 0; i < count; i++)
		for (size_t s = 0; s < services[i]->subnet_count; s++) {
			const struct deployment_subnet *subnet = services[i]->subnets[s];
			bool its = subnet->resource == of ||
				   (subnet->routes && subnet->routes->resource == of);

			if (its && !leads_out(subnet) && !has_endpoints(d, subnet->vpc)) {
				report(c, r, services[i]->resource, services[i],
				       "its tasks have no way out of their subnet.");
				return;
			}
		}
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void look_removed(struct check *c, const struct removed *r)
{
	if (!strcmp(r->type, "AWS::EFS::MountTarget"))
		look_mount_target(c, r);
	else if (!strcmp(r->type, "AWS::EC2::SecurityGroupIngress"))
		look_ingress(c, r);
	else if (!strcmp(r->type, "AWS::EC2::Route"))
		look_way_out(c, r, "RouteTableId");
	else if (!strcmp(r->type, "AWS::EC2::SubnetRouteTableAssociation"))
		look_way_out(c, r, "SubnetId");
}

static void look_template(struct check *c, size_t index, const struct deployment_template *from)
{
	json_t *resources = (json_t *)(uintptr_t)template_resources(from->t), *body;
	const char *logical;

	json_object_foreach(resources, logical, body) {
		const struct removed r = { index, logical, json_str_or(body, "Type", ""),
					   json_str(body, "Condition"),
					   deployment_absent(check_deployment(c), index, logical) };

		if (r.condition && r.properties)
			look_removed(c, &r);
	}
}

/* An output of the template that refers to what a condition removes. */
static void look_outputs(struct check *c, size_t index, const struct deployment_template *from)
{
	json_t *outputs = json_map(template_body(from->t), "Outputs"), *output;
	const char *key;

	json_object_foreach(outputs, key, output) {
		const char *condition = json_str(output, "Condition");
		OWN(json) json_t *value = NULL;
		OWN(str) char *pointer = NULL;
		struct err err = { 0 };

		if ((condition && template_condition(from->eval, condition) == 0) ||
		    template_value(from->eval, json_object_get(output, "Value"), &value, &err) == 0 ||
		    !strstr(err.text, "Unresolved resource dependencies"))
			continue;
		pointer = str_printf("/Outputs/%s/Value", key);
		check_add(c,
			  &(struct check_finding){ .severity = CHECK_FAIL,
						   .pointer = pointer,
						   .template = index },
			  "Output %s refers to what a condition removes: %s", key, err.text);
	}
}

void check_condition_removes(struct check *c)
{
	size_t count;
	const struct deployment_template *list = check_templates(c, &count);

	for (size_t i = 0; i < count; i++) {
		look_template(c, i, &list[i]);
		look_outputs(c, i, &list[i]);
	}
}
