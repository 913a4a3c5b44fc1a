/* I14, I15: the network in which names are asked for. */
#include <string.h>

#include "core/check/check-topology.h"

/* ---- I14, I15 -------------------------------------------------------------------------------- */

static void vpc_i14(struct check *c, const struct deployment_service *s,
		    const struct deployment_resource *space)
{
	const struct deployment *d = check_deployment(c);
	const json_t *value = json_object_get(space->properties, "Vpc");
	const struct deployment_vpc *vpc = s->subnet_count ? s->subnets[0]->vpc : NULL;
	const struct deployment_resource *other = value ? deployment_target(d, value, NULL) : NULL;
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = space,
				   .property = "Vpc",
				   .second = s->resource,
				   .service = s };
	const json_t *own = s->subnet_count && s->subnets[0]->resource
				    ? json_object_get(s->subnets[0]->resource->properties, "VpcId")
				    : NULL;

	if (!value || (vpc && vpc->resource && other == vpc->resource) ||
	    (own && check_same(d, own, value) == VERDICT_PASS))
		return;
	/* what comes from outside cannot be the VPC that this template makes; which one a namespace of the
	 * account is in, nobody has said */
	if (vpc && vpc->resource &&
	    (other || (vpc->resource->template == space->template && !space->physical_id))) {
		check_add(c, &f, "names of %s resolve in VPC %s, but tasks of %s run in VPC %s",
			  check_name(space), check_name(other), check_name(s->resource),
			  check_name(vpc->resource));
		return;
	}
	f.severity = CHECK_UNKNOWN;
	f.lookup = "aws ec2 describe-subnets: the VpcId of the service's subnets";
	check_add(c, &f,
		  "whether namespace %s and the tasks of %s are in one VPC is not in the templates",
		  check_name(space), check_name(s->resource));
}

void check_i14(struct check *c)
{
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < services[i]->registry_count; k++) {
			const struct deployment_resource *r = services[i]->registries[k];
			const struct deployment_resource *space =
				r ? check_namespace(check_deployment(c), r) : NULL;
			if (check_is_type(space, "AWS::ServiceDiscovery::PrivateDnsNamespace"))
				vpc_i14(c, services[i], space);
		}
	check_host_i14(c);
}

/* Whether tasks may run in the VPC: only when all run elsewhere is it certain that none do. */
static bool has_tasks(const struct deployment *d, const json_t *vpc)
{
	const struct deployment_resource *wanted = vpc ? deployment_target(d, vpc, NULL) : NULL;
	const struct deployment_service *const *services;
	size_t count;

	services = deployment_services(d, &count);
	for (size_t i = 0; wanted && i < count; i++)
		for (size_t k = 0; k < services[i]->subnet_count; k++) {
			const struct deployment_vpc *own = services[i]->subnets[k]->vpc;

			if (!own || !own->resource || own->resource == wanted)
				return true;
		}
	return !wanted || !count;
}

static void association_i15(struct check *c, const struct deployment_resource *r)
{
	const struct deployment *d = check_deployment(c);
	const json_t *id = json_object_get(r->properties, "DhcpOptionsId");
	const struct deployment_resource *options = id ? deployment_target(d, id, NULL) : NULL;
	const json_t *servers, *one;
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = r,
				   .second = options,
				   .second_property = "DomainNameServers",
				   .remedy = "\"DomainNameServers\": [\"AmazonProvidedDNS\"]" };
	size_t i;

	if (!has_tasks(d, json_object_get(r->properties, "VpcId")))
		return;
	servers = options ? json_object_get(options->properties, "DomainNameServers") : NULL;
	if (!options && !str_eq(json_string_value(id), "default")) {
		f.severity = CHECK_UNKNOWN;
		f.second_property = NULL;
		f.lookup = "aws ec2 describe-dhcp-options: domain-name-servers";
		check_add(c, &f, "which name servers %s gives to the VPC is not in the templates",
			  check_name(r));
	}
	json_array_foreach(servers, i, one)
		if (strcmp(check_text(d, one), "AmazonProvidedDNS") != 0) {
			check_add(c, &f,
				  "the VPC asks %s for names: those of EFS and Cloud Map resolve "
				  "only if "
				  "it forwards them",
				  *check_text(d, one) ? check_text(d, one)
						      : "a name server of its own");
			return;
		}
}

void check_i15(struct check *c)
{
	size_t count;
	const struct deployment_resource *all = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++)
		if (check_is_type(&all[i], "AWS::EC2::VPCDHCPOptionsAssociation"))
			association_i15(c, &all[i]);
}
