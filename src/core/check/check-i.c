/* Rules of group I: service discovery and names. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "core/check/check-asked.h"
#include "core/check/check-topology.h"

typedef void resource_visit(struct check *c, const struct deployment_resource *r);

static void each_resource(struct check *c, const char *type, resource_visit *visit)
{
	const struct deployment_resource *all;
	size_t count;

	all = deployment_resources(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(all[i].type, type))
			visit(c, &all[i]);
}

/* ---- the name a node gives as its own -------------------------------------------------------- */

struct advertised {
	char *name; /* flat, host only; NULL: none */
	char place[96];
};

static struct advertised advertised_by(const struct deployment *d,
				       const struct deployment_service *s)
{
	struct advertised a = { .name = NULL };
	size_t index = 0;
	const json_t *node = check_node(s);
	const json_t *value =
		node ? deployment_environment(node, "MPC_LOCAL_ADDRESS", &index) : NULL;
	OWN(str) char *text = value ? check_flat(d, value) : NULL;
	char *host = text ? strstr(text, "://") : NULL;
	uint32_t ip;

	host = host ? host + 3 : text;
	if (!host || !*host)
		return a;
	for (char *at = host; *at; at++) { /* a port or path behind it, outside of ${...} */
		if (at[0] == '$' && at[1] == '{' && strchr(at, '}'))
			at = strchr(at, '}');
		else if (*at == ':' || *at == '/')
			*at-- = '\0';
	}
	(void)snprintf(a.place, sizeof(a.place), "ContainerDefinitions/%d/Environment/%zu",
		       s->mpc_container, index);
	if (ip_parse(host, &ip) < 0)
		a.name = str_dup(host);
	return a;
}

static char *flat_name(const struct deployment *d, const struct deployment_resource *service)
{
	const struct deployment_resource *space = check_namespace(d, service);
	const json_t *own = json_object_get(service->properties, "Name");
	const json_t *domain = space ? json_object_get(space->properties, "Name") : NULL;
	OWN(str) char *left = own ? check_flat(d, own) : NULL;
	OWN(str) char *right = domain ? check_flat(d, domain) : NULL;

	return str_printf("%s.%s", left ? left : "${name}", right ? right : "${namespace}");
}

static bool is_below(const char *host, const char *domain)
{
	size_t a = strlen(host), b = strlen(domain);

	return b && a > b + 1 && host[a - b - 1] == '.' && !strcasecmp(host + a - b, domain);
}

/* A name that only Cloud Map could answer for: below a private namespace, no public suffix, or no
 * domain at all. */
static bool is_private_name(const struct deployment *d, const char *host)
{
	const struct deployment_resource *all;
	size_t count;

	if (str_ends(host, ".local") || str_ends(host, ".internal") || str_ends(host, ".private"))
		return true;
	if (!strpbrk(host, ".$:") && strcasecmp(host, "localhost") != 0)
		return true;
	all = deployment_resources(d, &count);
	for (size_t i = 0; i < count; i++)
		if (check_is_type(&all[i], "AWS::ServiceDiscovery::PrivateDnsNamespace") &&
		    is_below(host, check_text(d, json_object_get(all[i].properties, "Name"))))
			return true;
	return false;
}

/* Service Connect has names of its own. */
static bool connects(const struct deployment_service *s)
{
	return s->resource &&
	       json_object_get(s->resource->properties, "ServiceConnectConfiguration");
}

/* ---- I01 ------------------------------------------------------------------------------------- */

/* Whether the two flat names may be one: what surrounds their unknown parts ${...} is alike. */
static bool may_be_one(const char *a, const char *b)
{
	size_t i = 0, m = strlen(a), n = strlen(b);

	while (a[i] && a[i] != '$' && tolower((unsigned char)a[i]) == tolower((unsigned char)b[i]))
		i++;
	if (a[i] != '$' && b[i] != '$')
		return !a[i] && !b[i];
	while (m > i && n > i && a[m - 1] != '}' &&
	       tolower((unsigned char)a[m - 1]) == tolower((unsigned char)b[n - 1]))
		m--, n--;
	return m == i || n == i || a[m - 1] == '}' || b[n - 1] == '}';
}

/* Whether a registry of the service, all of them in the templates, may have the name. */
static bool may_be_registered(const struct deployment *d, const struct deployment_service *s,
			      const char *name)
{
	for (size_t k = 0; k < s->registry_count; k++) {
		OWN(str) char *own = s->registries[k] ? flat_name(d, s->registries[k]) : NULL;

		if (!own || may_be_one(own, name))
			return true;
	}
	return false;
}

static void say_i01(struct check *c, const struct deployment_service *s, const struct advertised *a)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_resource *first = s->registries[0];
	const struct deployment_resource *space = first ? check_namespace(d, first) : NULL;
	OWN(str) char *registered = first ? flat_name(d, first) : NULL;
	OWN(str) char *remedy = NULL;
	const char *dot = strchr(a->name, '.');
	const char *domain = space ? check_text(d, json_object_get(space->properties, "Name")) : "";
	bool other_domain = dot && *domain && strcasecmp(dot + 1, domain) != 0;
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = s->task->resource,
				   .property = a->place,
				   .second = other_domain ? space : first,
				   .second_property = "Name",
				   .service = s };

	if (may_be_registered(d, s, a->name)) {
		f.severity = CHECK_UNKNOWN;
		f.second_property = NULL;
		f.lookup =
			"aws servicediscovery get-service and get-namespace: the registered name";
		check_add(c, &f,
			  "whether %s is the name under which %s is registered is not in the "
			  "templates",
			  a->name, check_name(s->resource));
		return;
	}
	remedy = str_printf("\"MPC_LOCAL_ADDRESS\": \"%s\"", registered);
	f.remedy = remedy;
	check_add(c, &f, "service %s says it is reached at %s, but it is registered as %s%s",
		  check_name(s->resource), a->name, registered,
		  other_domain ? ": another namespace" : "");
}

static void run_i01(struct check *c)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(d, &count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_service *s = services[i];
		struct advertised a = advertised_by(d, s);
		OWN(str) char *held = a.name;
		bool found = false;

		if (!held || !s->registry_count || !is_private_name(d, held) ||
		    (!strchr(held, '.') && connects(s)))
			continue;
		for (size_t k = 0; k < s->registry_count; k++) {
			OWN(str)
			char *name = s->registries[k] ? flat_name(d, s->registries[k]) : NULL;
			found |= name && !strcasecmp(name, held);
		}
		if (!found)
			say_i01(c, s, &a);
	}
	check_host_i01(c);
}

/* ---- I02, I03 -------------------------------------------------------------------------------- */

static const json_t *registries_of(const struct deployment_service *s)
{
	return s->resource ? json_object_get(s->resource->properties, "ServiceRegistries") : NULL;
}

static const struct deployment_resource *any_namespace(const struct deployment *d)
{
	const struct deployment_resource *all;
	size_t count;

	all = deployment_resources(d, &count);
	for (size_t i = 0; i < count; i++)
		if (check_is_type(&all[i], "AWS::ServiceDiscovery::PrivateDnsNamespace"))
			return &all[i];
	return NULL;
}

/* A Cloud Map service that nobody registers in. */
static const struct deployment_resource *unused_entry(const struct deployment *d)
{
	const struct deployment_resource *all, *wanted;
	const struct deployment_service *const *services;
	size_t count, used;

	all = deployment_resources(d, &count);
	services = deployment_services(d, &used);
	for (size_t i = 0; i < count; i++) {
		bool found = !check_is_type(&all[i], "AWS::ServiceDiscovery::Service");

		wanted = &all[i];
		for (size_t s = 0; s < used && !found; s++)
			for (size_t k = 0; k < services[s]->registry_count; k++)
				found = found || !services[s]->registries[k] ||
					services[s]->registries[k] == wanted;
		for (size_t n = 0; n < count && !found; n++)
			found = check_is_type(&all[n], "AWS::ServiceDiscovery::Instance");
		if (!found)
			return wanted;
	}
	return NULL;
}

static void unregistered(struct check *c, const struct deployment_service *s)
{
	const struct deployment *d = check_deployment(c);
	struct advertised a = advertised_by(d, s);
	OWN(str) char *held = a.name;
	struct check_finding f = {
		.severity = CHECK_FAIL,
		.resource = s->resource,
		.second = any_namespace(d),
		.service = s,
		.remedy = "\"ServiceRegistries\": [{\"RegistryArn\": {\"Fn::GetAtt\":"
			  "[\"<AWS::ServiceDiscovery::Service>\",\"Arn\"]}}]"
	};

	if (connects(s))
		return;
	if (!held && (f.second = unused_entry(d)))
		check_add(c, &f,
			  "service %s is registered in no Cloud Map service, and nothing uses %s",
			  check_name(s->resource), check_name(f.second));
	if (!held || !is_private_name(d, held))
		return;
	check_add(
		c, &f,
		"service %s says it is reached at %s, but it is registered in no Cloud Map service",
		check_name(s->resource), held);
}

static void run_i02(struct check *c)
{
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_service *s = services[i];
		const json_t *list = registries_of(s);
		struct check_finding f = { .severity = CHECK_FAIL,
					   .resource = s->resource,
					   .property = "ServiceRegistries",
					   .service = s };

		if (check_node(s) && s->resource &&
		    (!list || (json_is_array(list) && !json_array_size(list))))
			unregistered(c, s);
		for (size_t k = 0; check_node(s) && k < i; k++) {
			if (!check_node(services[k]) || !s->registry_count ||
			    !services[k]->registry_count || !s->registries[0] ||
			    s->registries[0] != services[k]->registries[0])
				continue;
			f.second = services[k]->resource;
			f.second_property = "ServiceRegistries";
			check_add(c, &f,
				  "nodes %s and %s are registered under one name (%s): it leads to "
				  "either "
				  "of them",
				  check_name(services[k]->resource), check_name(s->resource),
				  check_name(s->registries[0]));
		}
	}
	check_host_i02(c);
}

static void each_registry(struct check *c,
			  void (*visit)(struct check *c, const struct deployment_service *s,
					const json_t *entry, size_t index))
{
	const struct deployment_service *const *services;
	const json_t *entry;
	size_t count, k;

	services = deployment_services(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++)
		json_array_foreach(registries_of(services[i]), k, entry)
			visit(c, services[i], entry, k);
}

static const struct deployment_resource *registry_of(struct check *c, const json_t *entry)
{
	const json_t *arn = json_object_get(entry, "RegistryArn");

	return arn ? deployment_target(check_deployment(c), arn, NULL) : NULL;
}

static void registry_i03(struct check *c, const struct deployment_service *s, const json_t *entry,
			 size_t index)
{
	const char *attribute = NULL;
	const json_t *arn = json_object_get(entry, "RegistryArn");
	const struct deployment_resource *r =
		arn ? deployment_target(check_deployment(c), arn, &attribute) : NULL;
	OWN(str) char *place = str_printf("ServiceRegistries/%zu/RegistryArn", index);
	OWN(str) char *flat = arn && !r ? check_flat(check_deployment(c), arn) : NULL;
	struct check_finding f = {
		.severity = CHECK_FAIL,
		.resource = s->resource,
		.property = place,
		.second = r,
		.service = s,
		.remedy = "\"RegistryArn\": {\"Fn::GetAtt\":[\"<AWS::ServiceDiscovery::"
			  "Service>\",\"Arn\"]}"
	};

	if (r && !check_is_type(r, "AWS::ServiceDiscovery::Service"))
		check_add(c, &f,
			  "RegistryArn of %s is that of %s, an %s; it has to be a Cloud Map "
			  "service's",
			  check_name(s->resource), check_name(r), r->type);
	else if (!r && flat && strstr(flat, ":servicediscovery:") && !strstr(flat, ":service/"))
		check_add(c, &f,
			  "RegistryArn of %s is no ARN of a Cloud Map service: that has service/ "
			  "before its id",
			  check_name(s->resource));
	else if (r && attribute && (!*attribute || !strcmp(attribute, "Id")))
		check_add(c, &f,
			  "RegistryArn of %s is the id of %s; the ARN is its attribute Arn",
			  check_name(s->resource), check_name(r));
}

static void run_i03(struct check *c)
{
	each_registry(c, registry_i03);
}

/* ---- I04, I10, I11: records ------------------------------------------------------------------ */

static bool has_record(const struct deployment *d, const struct deployment_resource *r,
		       const char *type)
{
	const json_t *records = json_path(r->properties, "DnsConfig.DnsRecords"), *one;
	size_t i;

	json_array_foreach(records, i, one)
		if (!strcasecmp(check_text(d, json_object_get(one, "Type")), type))
			return true;
	return false;
}

/* Whether peers that look for an IPv4 address may find one. AAAA is another rule's. */
static bool has_address(const struct deployment *d, const struct deployment_resource *r)
{
	const json_t *config = json_object_get(r->properties, "DnsConfig");
	const json_t *records = json_object_get(config, "DnsRecords"), *one;
	size_t i;

	if ((config && template_is_symbol(config)) || (records && template_is_symbol(records)))
		return true;
	json_array_foreach(records, i, one)
		if (!*check_text(d, json_object_get(one, "Type")))
			return true;
	return has_record(d, r, "A") || has_record(d, r, "AAAA");
}

/* Whether a container of that name maps that port, or may. */
static bool has_port(struct check *c, const struct deployment_service *s, const json_t *entry)
{
	const struct deployment *d = check_deployment(c);
	const json_t *name = json_object_get(entry, "ContainerName"), *mappings, *one;
	long wanted, port;
	size_t i;

	if (!deployment_text(d, name) ||
	    !check_number(d, json_object_get(entry, "ContainerPort"), &wanted))
		return true;
	for (size_t k = 0; k < json_array_size(s->task->containers); k++) {
		const json_t *container = json_array_get(s->task->containers, k);
		const char *own = deployment_text(d, json_object_get(container, "Name"));

		mappings = json_object_get(container, "PortMappings");
		if (!own || template_is_symbol(container) || (mappings && template_is_symbol(mappings)))
			return true;
		if (strcmp(own, deployment_text(d, name)) != 0)
			continue;
		json_array_foreach(mappings, i, one)
			if (!check_number(d, json_object_get(one, "ContainerPort"), &port) ||
			    port == wanted)
				return true;
	}
	return false;
}

static void registry_i04(struct check *c, const struct deployment_service *s, const json_t *entry,
			 size_t index)
{
	const struct deployment *d = check_deployment(c);
	const struct deployment_resource *r = registry_of(c, entry);
	bool alone = json_object_get(entry, "Port") != NULL;
	bool container = json_object_get(entry, "ContainerName") &&
			 json_object_get(entry, "ContainerPort");
	OWN(str) char *place = str_printf("ServiceRegistries/%zu", index);
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = s->resource,
				   .property = place,
				   .second = r,
				   .second_property = "DnsConfig",
				   .service = s,
				   .remedy = "\"Type\": \"A\" in DnsRecords" };

	if (s->task && container && !has_port(c, s, entry))
		check_add(c, &f,
			  "the registry entry of %s names a container and port that its task "
			  "definition does not have",
			  check_name(s->resource));
	if (alone && json_object_get(entry, "ContainerName"))
		check_add(c, &f,
			  "the registry entry of %s gives a port and a container; one is allowed",
			  check_name(s->resource));
	if (!check_is_type(r, "AWS::ServiceDiscovery::Service"))
		return;
	if (has_record(d, r, "SRV") && !alone && !container)
		check_add(c, &f,
			  "%s makes SRV records, which need a port, and the registry entry of %s "
			  "gives "
			  "none",
			  check_name(r), check_name(s->resource));
	if (has_record(d, r, "CNAME"))
		check_add(c, &f,
			  "%s makes CNAME records; tasks with addresses of their own take A and "
			  "SRV only",
			  check_name(r));
	else if (check_node(s) && !has_address(d, r))
		check_add(c, &f, "%s makes no A record, so no peer finds the node of %s",
			  check_name(r), check_name(s->resource));
}

static void run_i04(struct check *c)
{
	each_registry(c, registry_i04);
}

static void service_i10(struct check *c, const struct deployment_resource *r)
{
	const json_t *records = json_path(r->properties, "DnsConfig.DnsRecords"), *one;
	size_t i;

	json_array_foreach(records, i, one) {
		OWN(str) char *place = str_printf("DnsConfig/DnsRecords/%zu/TTL", i);
		struct check_finding f = { .severity = CHECK_WARN,
					   .resource = r,
					   .property = place,
					   .remedy = "\"TTL\": 60" };
		long ttl;
		if (check_number(check_deployment(c), json_object_get(one, "TTL"), &ttl) &&
		    ttl > 60)
			check_add(c, &f,
				  "after a task of %s is replaced, its peers use the old address "
				  "for up "
				  "to %ld seconds",
				  check_name(r), ttl);
	}
}

static void run_i10(struct check *c)
{
	each_resource(c, "AWS::ServiceDiscovery::Service", service_i10);
}

static void service_i11(struct check *c, const struct deployment_resource *r)
{
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = r,
				   .property = "DnsConfig",
				   .remedy = "\"DnsRecords\": [{\"Type\": \"A\", \"TTL\": 60}]" };

	if (!has_record(check_deployment(c), r, "AAAA"))
		return;
	if (!has_record(check_deployment(c), r, "A") && !has_record(check_deployment(c), r, "SRV"))
		f.severity = CHECK_FAIL;
	check_add(c, &f, "%s makes AAAA records, and the node listens on IPv4 only", check_name(r));
}

static void run_i11(struct check *c)
{
	each_resource(c, "AWS::ServiceDiscovery::Service", service_i11);
}

/* ---- I05, I08 -------------------------------------------------------------------------------- */

static void namespace_i05(struct check *c, const struct deployment_resource *r)
{
	const struct deployment *d = check_deployment(c);
	const json_t *vpc = json_object_get(r->properties, "Vpc");
	const char *name = check_text(d, json_object_get(r->properties, "Name"));
	const struct deployment_resource *all, *known;
	OWN(str) char *lookup = NULL;
	struct check_finding f = { .severity = CHECK_FAIL, .resource = r, .property = "Name" };
	size_t count;

	all = deployment_resources(d, &count);
	for (size_t i = 0; *name && i < count && &all[i] != r; i++) {
		if (!check_is_type(&all[i], r->type) ||
		    strcasecmp(check_text(d, json_object_get(all[i].properties, "Name")), name) !=
			    0 ||
		    check_same(d, json_object_get(all[i].properties, "Vpc"), vpc) != VERDICT_PASS)
			continue;
		f.second = &all[i];
		f.second_property = "Name";
		check_add(c, &f, "two namespaces of one VPC are called %s", name);
	}
	known = vpc ? deployment_target(d, vpc, NULL) : NULL;
	if (!vpc || (known && !known->physical_id))
		return; /* a VPC of the deployment is new: no other zone can be there */
	if (asked_namespace(c, r, name))
		return;
	f.severity = CHECK_UNKNOWN;
	f.second = NULL;
	lookup = str_printf("aws route53 list-hosted-zones-by-vpc: no zone called %s",
			    *name ? name : "so");
	f.lookup = lookup;
	check_add(c, &f,
		  "the VPC of namespace %s exists before the stack; whether it has a zone of that "
		  "name "
		  "is not in the templates",
		  check_name(r));
}

static void run_i05(struct check *c)
{
	each_resource(c, "AWS::ServiceDiscovery::PrivateDnsNamespace", namespace_i05);
}

/* A DNS name that Cloud Map takes; the reason why not, or NULL. */
static const char *name_fault(const char *name)
{
	size_t label = 0;

	if (strlen(name) > 253)
		return "is longer than 253 characters";
	for (const char *p = name; *p; p++) {
		label = *p == '.' ? 0 : label + 1;
		if (label > 63)
			return "has a label of more than 63 characters";
		if (*p == '.' && (p == name || p[-1] == '.'))
			return "has an empty label";
		if (*p == '.' && p[-1] == '-')
			return "has a label that ends with a hyphen";
		if (*p == '-' && label == 1)
			return "has a label that begins with a hyphen";
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_' && *p != '.')
			return "has characters that no name may have";
	}
	return str_ends(name, "-") ? "ends with a hyphen" : NULL;
}

static void named_i08(struct check *c, const struct deployment_resource *r)
{
	const char *name = check_text(check_deployment(c), json_object_get(r->properties, "Name"));
	const char *fault = *name ? name_fault(name) : NULL;
	struct check_finding f = { .severity = CHECK_FAIL, .resource = r, .property = "Name" };

	if (fault)
		check_add(c, &f, "the name of %s %s", check_name(r), fault);
}

static void service_i08(struct check *c, const struct deployment_resource *r)
{
	const struct deployment *d = check_deployment(c);
	OWN(str) char *own = check_cloud_map_name(d, r);
	struct check_finding f = {
		.severity = CHECK_FAIL, .resource = r, .property = "Name", .second_property = "Name"
	};
	const struct deployment_resource *all;
	size_t count;

	named_i08(c, r);
	all = deployment_resources(d, &count);
	for (size_t i = 0; own && i < count && &all[i] != r; i++) {
		OWN(str) char *other = NULL;
		if (!check_is_type(&all[i], r->type) ||
		    check_namespace(d, &all[i]) != check_namespace(d, r))
			continue;
		other = check_cloud_map_name(d, &all[i]);
		f.second = &all[i];
		if (other && !strcasecmp(own, other))
			check_add(c, &f, "two services of one namespace are called %s%s", own,
				  strcmp(own, other) ? "; case makes no difference" : "");
	}
}

static void run_i08(struct check *c)
{
	each_resource(c, "AWS::ServiceDiscovery::Service", service_i08);
	each_resource(c, "AWS::ServiceDiscovery::PrivateDnsNamespace", named_i08);
}

/* ---- I12, I13 -------------------------------------------------------------------------------- */

static void instance_i12(struct check *c, const struct deployment_resource *r)
{
	const json_t *attributes = json_object_get(r->properties, "InstanceAttributes");
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = r,
				   .property = "InstanceAttributes",
				   .remedy = "\"AWS_INSTANCE_IPV4\": \"<address>\"" };

	if (json_is_object(attributes) && !template_is_symbol(attributes) &&
	    !json_object_get(attributes, "AWS_INSTANCE_IPV4") &&
	    !json_object_get(attributes, "AWS_INSTANCE_IPV6") &&
	    !json_object_get(attributes, "AWS_INSTANCE_CNAME") &&
	    !json_object_get(attributes, "AWS_EC2_INSTANCE_ID") &&
	    !json_object_get(attributes, "AWS_ALIAS_DNS_NAME"))
		check_add(c, &f, "instance %s has no AWS_INSTANCE_IPV4, so it gets no record",
			  check_name(r));
}

static void run_i12(struct check *c)
{
	each_resource(c, "AWS::ServiceDiscovery::Instance", instance_i12);
	check_register_scripts(c);
}

static void service_i13(struct check *c, const struct deployment_resource *r)
{
	const struct deployment_resource *space = check_namespace(check_deployment(c), r);
	bool route53 = json_object_get(r->properties, "HealthCheckConfig") != NULL;
	bool custom = json_object_get(r->properties, "HealthCheckCustomConfig") != NULL;
	struct check_finding f = {
		.severity = CHECK_FAIL,
		.resource = r,
		.property = "HealthCheckConfig",
		.second = space,
		.remedy = "\"HealthCheckCustomConfig\": {\"FailureThreshold\": 1} alone"
	};

	if (route53 && custom)
		check_add(c, &f, "%s has both kinds of health check; one is allowed",
			  check_name(r));
	else if (route53 && check_is_type(space, "AWS::ServiceDiscovery::PrivateDnsNamespace"))
		check_add(c, &f,
			  "%s has a Route 53 health check in a private namespace, whose addresses "
			  "the "
			  "checkers cannot reach",
			  check_name(r));
}

static void run_i13(struct check *c)
{
	each_resource(c, "AWS::ServiceDiscovery::Service", service_i13);
}

/* clang-format off */
const struct check_rule check_rules_i[] = {
	{ "I01", "advertised-name-not-in-namespace", "name",
	  "Peers cannot resolve the node's name: Name or service not known.",
	  "The name in MPC_LOCAL_ADDRESS is not the one under which the service is registered.",
	  "Make MPC_LOCAL_ADDRESS out of the names of the Cloud Map service and its namespace.",
	  "seen only when the nodes look for each other, 30 to 80 minutes in", run_i01 },
	{ "I02", "service-not-registered", "name",
	  "Peers cannot resolve the node's name: Name or service not known.",
	  "The service has no ServiceRegistries, or shares one with another node.",
	  "One AWS::ServiceDiscovery::Service and one ServiceRegistries entry for each node.",
	  "seen only when the nodes look for each other, 30 to 80 minutes in", run_i02 },
	{ "I03", "registry-arn-is-namespace", "template",
	  "Creation of the service is refused with InvalidParameterException.",
	  "RegistryArn is the ARN of something else than a Cloud Map service.",
	  "Use Fn::GetAtt of the AWS::ServiceDiscovery::Service, Arn.",
	  "the stack rolls back some minutes in", run_i03 },
	{ "I04", "srv-a-mismatch", "template",
	  "Creation of the service is refused, or there is no A record.",
	  "The type of the record needs fields that the registry entry lacks.",
	  "Use A records.",
	  "the stack rolls back some minutes in", run_i04 },
	{ "I05", "namespace-conflict", "template",
	  "Creation of the namespace is refused: ConflictingDomainExists.",
	  "The VPC has a private zone of that name already.",
	  "Make the namespace's name out of the stack's.",
	  "the stack rolls back within minutes", run_i05 },
	{ "I08", "name-rules-violated", "template",
	  "Creation of the namespace or service is refused with InvalidInput.",
	  "The name is too long, has characters that names may not have, or differs only by case.",
	  "Use lower-case letters, digits and hyphens, at most 63 in a label.",
	  "the stack rolls back within minutes", run_i08 },
	{ "I10", "ttl-too-long", "latent",
	  "After a replacement, peers use the old address.",
	  "The record's TTL is longer than a task takes to be replaced.",
	  "Use a TTL of 10 to 60 seconds.",
	  "at the next replacement of the task", run_i10 },
	{ "I11", "ipv6-record-for-ipv4-listener", "quorum",
	  "Peers that prefer IPv6 get Connection refused, now and then.",
	  "There is an AAAA record, and the node listens on IPv4 only.",
	  "Use A records only.",
	  "intermittent, when the nodes look for each other", run_i11 },
	{ "I12", "manual-registration-attributes", "name",
	  "The instance is registered but has no record.",
	  "AWS_INSTANCE_IPV4 is what makes the record, and it is not there.",
	  "Give AWS_INSTANCE_IPV4.",
	  "seen only when somebody looks the name up", run_i12 },
	{ "I13", "health-check-config-in-private-namespace", "template",
	  "Creation of the Cloud Map service is refused.",
	  "Route 53's health checkers cannot reach private addresses.",
	  "Use HealthCheckCustomConfig with FailureThreshold 1.",
	  "the stack rolls back within minutes", run_i13 },
	{ "I14", "namespace-in-other-vpc", "name",
	  "Names do not resolve although their records are there.",
	  "The namespace belongs to another VPC than the tasks.",
	  "Use one VPC for namespace and services.",
	  "seen only when the nodes look for each other, 30 to 80 minutes in", check_i14 },
	{ "I15", "custom-resolver", "efs-resolve",
	  "Names of EFS and Cloud Map do not resolve, all others do.",
	  "DHCP options lead the VPC's tasks to name servers that know nothing of them.",
	  "Use AmazonProvidedDNS, or forward to it.",
	  "the task stops with ResourceInitializationError about a minute after each start", check_i15 },
	{ .id = NULL },
};
/* clang-format on */
