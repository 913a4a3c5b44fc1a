/* Network description -> template: the parts in their order, and what all parts share. */
#include "core/synth/synth-internal.h"

#include <string.h>

#include "base/str.h"

#define RESOURCES_MOST 500
#define PARAMETERS_MOST 200
#define OUTPUTS_MOST 200

void synth_open(struct synth *s, const struct network *n, struct err *err)
{
	*s = (struct synth){ .n = n, .err = err };
	s->parameters = json_object();
	s->resources = json_object();
	s->outputs = json_object();
	s->subnets = json_array();
	s->routes = json_array();
	s->mounts = json_array();
}

void synth_close(struct synth *s)
{
	json_decref(s->parameters);
	json_decref(s->resources);
	json_decref(s->outputs);
	json_decref(s->metadata);
	json_decref(s->vpc);
	json_decref(s->subnets);
	json_decref(s->routes);
	json_decref(s->mounts);
}

static json_t *parse(struct synth *s, const char *what, const char *fmt, va_list args)
	ERR_FMT(3, 0);

static json_t *parse(struct synth *s, const char *what, const char *fmt, va_list args)
{
	OWN(buf) struct buf text = { 0 };
	struct err err = { 0 };
	json_t *value = NULL;

	buf_vprintf(&text, fmt, args);
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] == '\'')
			text.data[i] = '"';
	if (json_parse_text(what, text.data, text.len, &value, &err) == 0)
		return value;
	if (!s->failed)
		(void)err_set(s->err, ERR_BUG, "%s", err.text);
	s->failed = true;
	return json_object();
}

json_t *synth_value(struct synth *s, const char *fmt, ...)
{
	json_t *value;
	va_list args;

	va_start(args, fmt);
	value = parse(s, "value", fmt, args);
	va_end(args);
	return value;
}

void synth_parameter(struct synth *s, const char *name, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	json_object_set_new(s->parameters, name, parse(s, name, fmt, args));
	va_end(args);
}

void synth_resource(struct synth *s, const char *logical, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	json_object_set_new(s->resources, logical, parse(s, logical, fmt, args));
	va_end(args);
}

void synth_set(struct synth *s, const char *logical, const char *property, json_t *value)
{
	json_t *resource = json_map(s->resources, logical),
	       *properties = json_map(resource, "Properties");

	if (!properties) {
		properties = json_object();
		json_object_set_new(resource, "Properties", properties);
	}
	json_object_set_new(properties, property, value);
}

void synth_depend(struct synth *s, const char *logical, const json_t *names)
{
	json_t *resource = json_map(s->resources, logical),
	       *list = json_list(resource, "DependsOn");

	if (!json_array_size(names))
		return;
	if (!list) {
		list = json_array();
		json_object_set_new(resource, "DependsOn", list);
	}
	json_array_extend(list, (json_t *)(uintptr_t)names);
}

void synth_export(struct synth *s, const char *name, json_t *value)
{
	json_t *output = json_object();

	json_object_set_new(output, "Value", value);
	json_object_set_new(output, "Export",
			    synth_value(s, "{'Name':{'Fn::Sub':'${AWS::StackName}-%s'}}", name));
	json_object_set_new(s->outputs, name, output);
}

json_t *synth_import(struct synth *s, const char *name)
{
	if (!json_object_get(s->parameters, "NearStack"))
		synth_parameter(
			s, "NearStack",
			"{'Type':'String','Description':'Stack of the NEAR base whose exports are "
			"imported'}");
	if (s->n->base_stack)
		json_set_str(json_map(s->parameters, "NearStack"), "Default", s->n->base_stack);
	return synth_value(s, "{'Fn::ImportValue':{'Fn::Sub':'${NearStack}-%s'}}", name);
}

json_t *synth_image(struct synth *s, const char *image)
{
	return synth_value(s, strstr(image, "${") ? "{'Fn::Sub':'%s'}" : "'%s'", image);
}

/* ---- the chain's values
 * --------------------------------------------------------------------------- */

#define BOOT_ENTRY "ed25519:[1-9A-HJ-NP-Za-km-z]{43,44}@[A-Za-z0-9.-]+:[0-9]{1,5}"

json_t *synth_boot_nodes(struct synth *s)
{
	const struct network *n = s->n;

	if (n->boot_nodes)
		return json_string(n->boot_nodes);
	if (n->pattern == NETWORK_COMPOSED)
		return synth_value(s, "{'Fn::Sub':'${NodePublicKey}@near.near.local:24567'}");
	if (n->pattern == NETWORK_INTEGRATED)
		return synth_import(s, "NearBootNodes");
	synth_parameter(
		s, "NearBootNodes",
		"{'Type':'String','AllowedPattern':'^" BOOT_ENTRY "(," BOOT_ENTRY ")*$',"
		"'Description':'Boot nodes of the chain: ed25519:KEY@HOST:24567, separated by "
		"commas'}");
	return synth_value(s, "{'Ref':'NearBootNodes'}");
}

json_t *synth_rpc_url(struct synth *s)
{
	const struct network *n = s->n;
	const char *at;

	if (n->rpc_url)
		return json_string(n->rpc_url);
	if (n->pattern == NETWORK_COMPOSED)
		return json_string("http://near.near.local:3030");
	if (n->pattern == NETWORK_INTEGRATED)
		return synth_import(s, "NearRpcUrl");
	at = n->boot_nodes ? strchr(n->boot_nodes, '@') : NULL;
	if (at)
		return synth_value(s, "'http://%.*s:3030'", (int)strcspn(at + 1, ":"), at + 1);
	synth_parameter(
		s, "NearRpcUrl",
		"{'Type':'String','AllowedPattern':'^https?://.+$','Description':'JSON-RPC of the "
		"chain: http://HOST:3030'}");
	return synth_value(s, "{'Ref':'NearRpcUrl'}");
}

json_t *synth_network_id(struct synth *s)
{
	return s->n->pattern == NETWORK_INTEGRATED && !s->n->chain_given
		       ? synth_import(s, "NearNetworkId")
		       : json_string(s->n->mpc_env);
}

json_t *synth_contract(struct synth *s)
{
	return s->n->pattern == NETWORK_INTEGRATED && !s->n->contract_given
		       ? synth_import(s, "MpcContractId")
		       : json_string(s->n->contract);
}

/* ---- whole templates
 * ------------------------------------------------------------------------------- */

static int check_limits(const struct synth *s)
{
	size_t resources = json_object_size(s->resources), nodes = s->n ? s->n->node_count : 0;

	if (s->failed)
		return -1;
	if (resources > RESOURCES_MOST)
		return err_set(
			s->err, ERR_LIMIT,
			"%zu nodes need %zu resources, a CloudFormation template has at most %d: "
			"take fewer nodes per network",
			nodes, resources, RESOURCES_MOST);
	if (json_object_size(s->parameters) > PARAMETERS_MOST)
		return err_set(
			s->err, ERR_LIMIT,
			"%zu nodes need %zu parameters, a CloudFormation template has at most %d",
			nodes, json_object_size(s->parameters), PARAMETERS_MOST);
	if (json_object_size(s->outputs) > OUTPUTS_MOST)
		return err_set(s->err, ERR_LIMIT,
			       "%zu nodes need %zu outputs, a CloudFormation template has at most %d: "
			       "take fewer nodes per network",
			       nodes, json_object_size(s->outputs), OUTPUTS_MOST);
	return 0;
}

int synth_finish(struct synth *s, const char *description, enum synth_format format,
		 char **ret_text)
{
	OWN(json) json_t *template = json_object();
	OWN(str) char *text = NULL;

	if (check_limits(s) < 0)
		return -1;
	json_set_str(template, "AWSTemplateFormatVersion", "2010-09-09");
	json_set_str(template, "Description", description);
	if (s->metadata)
		json_object_set(template, "Metadata", s->metadata);
	if (json_object_size(s->parameters))
		json_object_set(template, "Parameters", s->parameters);
	json_object_set(template, "Resources", s->resources);
	json_object_set(template, "Outputs", s->outputs);
	if (format == SYNTH_YAML) {
		*ret_text = synth_yaml(template);
		return 0;
	}
	text = json_dumps(template, JSON_INDENT(1));
	if (!text)
		abort();
	*ret_text = str_printf("%s\n", text);
	return 0;
}

static void add_outputs(struct synth *s)
{
	json_t *threshold = json_object();
	OWN(str) char *number = str_printf("%u", s->n->threshold);
	OWN(str) char *list = network_domains_text(s->n->domains, s->n->domain_count);

	synth_export(s, "ClusterName", synth_value(s, "{'Ref':'Cluster'}"));
	synth_export(s, "FileSystemId", synth_value(s, "{'Ref':'Storage'}"));
	synth_export(s, "NamespaceId", synth_value(s, "{'Fn::GetAtt':['Names','Id']}"));
	synth_export(s, "NodeSecurityGroupId",
		     synth_value(s, "{'Fn::GetAtt':['NodeGroup','GroupId']}"));
	for (size_t i = 0; i < s->n->node_count; i++) {
		OWN(str) char *name = str_printf("Node%zuServiceName", i);

		synth_export(s, name, synth_value(s, "{'Fn::GetAtt':['Node%zu','Name']}", i));
	}
	json_set_str(threshold, "Value", number);
	json_set_str(threshold, "Description", "Nodes that sign together");
	json_object_set_new(s->outputs, "Threshold", threshold);
	if (s->n->domain_count) {
		json_t *domains = json_pack("{s:s,s:s}", "Value", list, "Description",
					    "Keys that the nodes generate, by protocol");

		json_object_set_new(s->outputs, "Domains", domains);
	}
	if (s->n->pattern == NETWORK_COMPOSED) {
		synth_export_chain(s);
		return;
	}
	synth_export(s, "VpcId", json_incref(s->vpc));
	synth_export(s, "NearRpcUrl", synth_rpc_url(s));
	synth_export(s, "NearNetworkId", synth_network_id(s));
	synth_export(s, "MpcContractId", synth_contract(s));
}

static void choose_vpc(struct synth *s)
{
	if (s->n->vpc_id)
		synth_use_vpc(s);
	else if (s->n->pattern == NETWORK_INTEGRATED)
		synth_import_vpc(s);
	else
		synth_add_vpc(s);
}

static void add_names_and_cluster(struct synth *s)
{
	synth_resource(
		s, "Names",
		"{'Type':'AWS::ServiceDiscovery::PrivateDnsNamespace','Properties':{'Name':'%s',"
		"'Description':'MPC nodes'}}",
		s->n->namespace_name);
	synth_set(s, "Names", "Vpc", json_incref(s->vpc));
	synth_resource(s, "Cluster", "{'Type':'AWS::ECS::Cluster'}");
}

/* All of a network, as if one template could be of any size. */
static int open_network(struct synth *s, const struct network *n, struct err *err)
{
	if (n->pattern == NETWORK_COMPOSED && strcmp(n->chain, "localnet") != 0)
		return err_set(err, ERR_INPUT,
			       "the composed pattern has a local chain in it: chain must be "
			       "localnet");
	synth_open(s, n, err);
	choose_vpc(s);
	add_names_and_cluster(s);
	synth_add_storage(s);
	synth_add_roles(s);
	if (n->pattern == NETWORK_COMPOSED)
		synth_add_chain(s, true, "Cluster");
	for (size_t i = 0; i < n->node_count; i++)
		synth_add_node(s, i);
	add_outputs(s);
	synth_add_suppressions(s);
	return 0;
}

static char *describe_network(const struct network *n)
{
	return str_printf("%zu NEAR MPC nodes on ECS Fargate, written by mpcup", n->node_count);
}

int synth_network(const struct network *n, enum synth_format format, char **ret_text,
		  struct err *err)
{
	OWN(str) char *description = describe_network(n);
	struct synth s;
	int rc;

	if (open_network(&s, n, err) < 0)
		return -1;
	rc = synth_finish(&s, description, format, ret_text);
	synth_close(&s);
	return rc;
}

int synth_parts(const struct network *n, enum synth_format format, size_t nodes_per_stack,
		struct synth_parts *ret, struct err *err)
{
	OWN(str) char *description = describe_network(n);
	struct synth_parts parts __attribute__((cleanup(own_drop_synth_parts))) = { 0 };
	struct synth s;
	int rc;

	if (open_network(&s, n, err) < 0)
		return -1;
	rc = synth_split(&s, description, format, nodes_per_stack, &parts);
	synth_close(&s);
	if (rc < 0)
		return -1;
	*ret = parts;
	parts = (struct synth_parts){ 0 };
	return 0;
}

int synth_base(const struct network *n, enum synth_format format, char **ret_text, struct err *err)
{
	struct synth s;
	int rc;

	if (strcmp(n->chain, "localnet") != 0)
		return err_set(err, ERR_INPUT,
			       "a NEAR base is for a local chain; this network is on %s", n->chain);
	synth_open(&s, n, err);
	if (n->vpc_id)
		synth_use_vpc(&s);
	else
		synth_add_vpc(&s);
	synth_resource(&s, "NearCluster", "{'Type':'AWS::ECS::Cluster'}");
	synth_add_chain(&s, false, "NearCluster");
	synth_export_chain(&s);
	synth_add_suppressions(&s);
	rc = synth_finish(&s, "A local NEAR chain for an MPC network, written by mpcup", format,
			  ret_text);
	synth_close(&s);
	return rc;
}
