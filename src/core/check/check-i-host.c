/* I01, I02, I14 for the chain's host: a name below a namespace of the templates needs somebody there. */
#include <string.h>
#include <strings.h>

#include "core/check/check-internal.h"
#include "core/check/check-topology.h"

#define NAMESPACE "AWS::ServiceDiscovery::PrivateDnsNamespace"
#define ENTRY "AWS::ServiceDiscovery::Service"

static const struct deployment_resource *next_of(const struct deployment *d, const char *type,
						 size_t *i)
{
	size_t count;
	const struct deployment_resource *all = deployment_resources(d, &count);

	while (*i < count)
		if (check_is_type(&all[(*i)++], type))
			return &all[*i - 1];
	return NULL;
}

static bool is_below(const char *host, const char *domain)
{
	size_t a = strlen(host), b = strlen(domain);

	return b && a > b + 1 && host[a - b - 1] == '.' && !strcasecmp(host + a - b, domain);
}

/* The namespace of the templates that the host's name is in, the longest. */
static const struct deployment_resource *namespace_of(const struct deployment *d, const char *host)
{
	const struct deployment_resource *r, *best = NULL;
	size_t most = 0;

	for (size_t i = 0; (r = next_of(d, NAMESPACE, &i));) {
		const char *domain = check_text(d, json_object_get(r->properties, "Name"));

		if (!is_below(host, domain) || strlen(domain) <= most)
			continue;
		most = strlen(domain);
		best = r;
	}
	return best;
}

/* ---- who has the name ------------------------------------------------------------------------ */

struct owners {
	const struct deployment_resource *entry; /* the Cloud Map service of the name */
	const struct deployment_resource *other; /* another one of the namespace */
	bool maybe;				 /* what is not known may have it */
};

/* Records and Service Connect answer for names without Cloud Map's services. */
static bool answered_otherwise(const struct deployment *d)
{
	static const char *const records[] = { "AWS::Route53::RecordSet",
					       "AWS::Route53::RecordSetGroup" };
	const struct deployment_service *const *services;
	size_t count, at;

	for (size_t i = 0; i < 2; i++) {
		at = 0;
		if (next_of(d, records[i], &at))
			return true;
	}
	services = deployment_services(d, &count);
	for (size_t i = 0; i < count; i++)
		if (services[i]->resource && json_object_get(services[i]->resource->properties,
							     "ServiceConnectConfiguration"))
			return true;
	return false;
}

/* space: NULL when the name is in none of the templates'. */
static struct owners owners_of(const struct deployment *d, const struct deployment_resource *space,
			       const char *host)
{
	struct owners ret = { .maybe = answered_otherwise(d) };
	const struct deployment_resource *r;

	for (size_t i = 0; (r = next_of(d, ENTRY, &i));) {
		OWN(str) char *name = check_cloud_map_name(d, r);

		if (!name)
			ret.maybe = true;
		else if (!strcasecmp(name, host))
			ret.entry = r;
		else if (check_namespace(d, r) == space)
			ret.other = r;
	}
	return ret;
}

/* Whether a task or an instance registers there, or may. */
static bool somebody_in(const struct deployment *d, const struct deployment_resource *entry)
{
	const struct deployment_service *const *services;
	const struct deployment_resource *r;
	size_t count;

	services = deployment_services(d, &count);
	for (size_t i = 0; i < count; i++) {
		const json_t *list = services[i]->resource
					     ? json_object_get(services[i]->resource->properties,
							       "ServiceRegistries")
					     : NULL;

		if (list && json_array_size(list) != services[i]->registry_count)
			return true; /* some of them are not known */
		for (size_t k = 0; k < services[i]->registry_count; k++)
			if (services[i]->registries[k] == entry)
				return true;
	}
	for (size_t i = 0; (r = next_of(d, "AWS::ServiceDiscovery::Instance", &i));) {
		const json_t *id = json_object_get(r->properties, "ServiceId");
		const struct deployment_resource *to = id ? deployment_target(d, id, NULL) : NULL;

		if (!to || to == entry)
			return true;
	}
	return false;
}

/* Other stacks may register in a namespace or a service that a template gives away. */
static bool is_given_away(const struct check *c, const struct deployment_resource *r)
{
	size_t count;
	const struct deployment_template *list = check_templates(c, &count);
	json_t *outputs = json_map(template_body(list[r->template].t), "Outputs"), *output;
	const char *key;

	json_object_foreach(outputs, key, output) {
		OWN(json) json_t *value = NULL;
		OWN(str) char *identity = NULL;

		if (!json_object_get(output, "Export") ||
		    template_value(list[r->template].eval, json_object_get(output, "Value"), &value,
				   NULL) < 0)
			continue;
		identity = value ? json_text(value) : NULL;
		if (identity && strstr(identity, r->logical))
			return true;
	}
	return false;
}

/* ---- whether it should be here --------------------------------------------------------------- */

static bool maps_port(const struct deployment *d, const struct deployment_service *s, long wanted)
{
	const json_t *container, *mapping;
	size_t i, k;
	long port;

	json_array_foreach(s->task->containers, i, container)
		json_array_foreach(json_object_get(container, "PortMappings"), k, mapping)
			if (check_number(d, json_object_get(mapping, "ContainerPort"), &port) &&
			    port == wanted)
				return true;
	return false;
}

/* The entry of a service that is no node and serves the port: the chain's own, whatever its name. */
static const struct deployment_resource *chain_entry(const struct deployment *d, unsigned port)
{
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(d, &count);
	for (size_t i = 0; i < count; i++)
		if (!check_node(services[i]) && services[i]->task && services[i]->registry_count &&
		    services[i]->registries[0] && maps_port(d, services[i], (long)port))
			return services[i]->registries[0];
	return NULL;
}

/* No public name server knows these, and none but Cloud Map and private zones does. */
static bool is_private(const struct deployment *d, const char *host)
{
	size_t at = 0;

	return (str_ends(host, ".local") || str_ends(host, ".internal") ||
		str_ends(host, ".private")) &&
	       !str_ends(host, ".compute.internal") && !str_ends(host, ".ec2.internal") &&
	       !next_of(d, "AWS::Route53::HostedZone", &at);
}

/* ---- what is wrong --------------------------------------------------------------------------- */

enum wrong { WRONG_NOTHING, WRONG_NO_ENTRY, WRONG_NOBODY, WRONG_VPC };

struct host_view {
	const struct deployment_resource *space, *entry, *vpc;
};

/* Whether the names of the namespace are for another VPC than the one the service is in. */
static bool is_elsewhere(const struct deployment *d, const struct deployment_service *s,
			 struct host_view *v)
{
	const struct deployment_vpc *own = s->subnet_count ? s->subnets[0]->vpc : NULL;
	const json_t *vpc = json_object_get(v->space->properties, "Vpc");

	v->vpc = vpc ? deployment_target(d, vpc, NULL) : NULL;
	return own && own->resource && v->vpc && own->resource != v->vpc;
}

static enum wrong wrong_with(const struct check *c, const struct check_host *h, struct host_view *v)
{
	const struct deployment *d = check_deployment(c);
	struct owners o;

	v->space = namespace_of(d, h->name);
	v->entry = chain_entry(d, h->port);
	if (!v->space && (!v->entry || !is_private(d, h->name)))
		return WRONG_NOTHING;
	o = owners_of(d, v->space, h->name);
	if (!o.entry && v->entry)
		return o.maybe ? WRONG_NOTHING : WRONG_NO_ENTRY;
	v->entry = o.entry;
	if (o.entry && !somebody_in(d, o.entry) && !is_given_away(c, o.entry))
		return WRONG_NOBODY;
	if (o.entry)
		return is_elsewhere(d, h->from, v) ? WRONG_VPC : WRONG_NOTHING;
	v->entry = o.other;
	return o.maybe || is_given_away(c, v->space) ? WRONG_NOTHING : WRONG_NO_ENTRY;
}

static void say(struct check *c, const struct check_host *h, enum wrong wrong,
		const struct host_view *v, struct check_finding *f)
{
	OWN(str) char *right = v->entry ? check_cloud_map_name(check_deployment(c), v->entry) : NULL;
	OWN(str) char *remedy = right ? str_printf("%s:%u in %s", right, h->port, h->variable) : NULL;

	if (wrong == WRONG_NO_ENTRY) {
		f->second = v->entry ? v->entry : v->space;
		f->second_property = "Name";
		f->remedy = remedy;
		check_add(c, f, "%s is told to use %s (%s), but no Cloud Map service has that name",
			  check_name(h->from->resource), h->name, h->variable);
	} else if (wrong == WRONG_NOBODY) {
		f->second = v->entry;
		f->remedy = "\"ServiceRegistries\": [{\"RegistryArn\": {\"Fn::GetAtt\": "
			    "[\"<AWS::ServiceDiscovery::Service>\",\"Arn\"]}}] at the chain's service";
		check_add(c, f, "%s is told to use %s (%s), but nothing registers in %s",
			  check_name(h->from->resource), h->name, h->variable, check_name(v->entry));
	} else {
		f->second = v->space;
		f->second_property = "Vpc";
		f->remedy = NULL;
		check_add(c, f,
			  "%s is told to use %s (%s), but names of %s resolve in VPC %s alone",
			  check_name(h->from->resource), h->name, h->variable, check_name(v->space),
			  check_name(v->vpc));
	}
}

/* The nodes of the built-in profile ask the RPC server as well; others get along without. */
static void look_at(struct check *c, const struct deployment_service *s, const char *variable,
		    enum wrong wanted)
{
	bool needed = strcmp(variable, "NEAR_RPC_URL") || !strcmp(check_profile(c), "built-in");
	struct check_host hosts[CHECK_HOSTS_MAX];
	size_t count = check_hosts(check_deployment(c), s, variable, hosts, CHECK_HOSTS_MAX);

	for (size_t i = 0; i < count; i++) {
		struct host_view v = { .space = NULL };
		OWN(str) char *place = str_printf("ContainerDefinitions/%d/Environment/%zu",
						  s->mpc_container, hosts[i].index);
		struct check_finding f = { .severity = needed ? CHECK_FAIL : CHECK_WARN,
					   .resource = s->task->resource,
					   .property = place,
					   .service = s };

		if (wrong_with(c, &hosts[i], &v) == wanted)
			say(c, &hosts[i], wanted, &v, &f);
	}
}

static void look_at_all(struct check *c, enum wrong wanted)
{
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++) {
		if (!check_node(services[i]))
			continue;
		look_at(c, services[i], "NEAR_BOOT_NODES", wanted);
		look_at(c, services[i], "NEAR_RPC_URL", wanted);
	}
}

void check_host_i01(struct check *c)
{
	look_at_all(c, WRONG_NO_ENTRY);
}

void check_host_i02(struct check *c)
{
	look_at_all(c, WRONG_NOBODY);
}

void check_host_i14(struct check *c)
{
	look_at_all(c, WRONG_VPC);
}
