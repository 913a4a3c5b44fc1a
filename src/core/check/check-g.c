/* Rules of group G: CloudFormation and the life of a stack. */
#include <string.h>

#include "base/str.h"
#include "core/check/check-asked.h"
#include "core/check/check-g.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { USER_DATA_MAX = 16384, QUOTA_ADDRESSES = 5, QUOTA_VPCS = 5 };

/* Found when the template is read (check_template_error): there is no deployment to look at. */
static void run_nothing(struct check *c)
{
	(void)c;
}

/* ---- deployments of services: G02, G20 ------------------------------------------------------- */

/* Member as object when it is one; *ret_unknown when it stands there and cannot be read. */
static const json_t *known_map(const json_t *parent, const char *key, bool *ret_unknown)
{
	const json_t *member = json_object_get(parent, key);

	*ret_unknown = *ret_unknown || (member && template_is_symbol(member));
	return json_is_object(member) && !template_is_symbol(member) ? member : NULL;
}

/* The circuit breaker and the percentages belong to the rolling deployments of ECS's own
 * controller. */
static bool rolling(const json_t *properties)
{
	bool unknown = false;
	const json_t *controller = known_map(properties, "DeploymentController", &unknown);
	const json_t *configuration = known_map(properties, "DeploymentConfiguration", &unknown);
	const char *type = json_str_or(controller, "Type", "ECS");
	const char *strategy = json_str_or(configuration, "Strategy", "ROLLING");

	return !unknown && !strcmp(type, "ECS") && !strcmp(strategy, "ROLLING") &&
	       !template_is_symbol(json_object_get(controller, "Type")) &&
	       !template_is_symbol(json_object_get(configuration, "Strategy"));
}

static void look_breaker(struct check *c, const struct deployment_service *s)
{
	bool unknown = false;
	const json_t *configuration =
		known_map(s->resource->properties, "DeploymentConfiguration", &unknown);
	const json_t *breaker = known_map(configuration, "DeploymentCircuitBreaker", &unknown);
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = s->resource,
				   .property = configuration ? "DeploymentConfiguration" : NULL,
				   .service = s };

	if (unknown || template_is_symbol(json_object_get(breaker, "Enable")))
		return;
	if (!json_bool_or(breaker, "Enable", false)) {
		check_add(c, &f,
			  "%s has no deployment circuit breaker: tasks that cannot start are tried "
			  "again for up to 3 hours before the stack fails.",
			  s->resource->logical);
		return;
	}
	if (!json_bool_or(breaker, "Rollback", false))
		return;
	f.property = "DeploymentConfiguration/DeploymentCircuitBreaker/Rollback";
	f.remedy = "\"Rollback\": false";
	check_add(c, &f,
		  "%s rolls back when its breaker trips, which needs an earlier completed "
		  "deployment: there is none when the service is created.",
		  s->resource->logical);
}

static void run_breaker(struct check *c)
{
	size_t count;
	const struct deployment_service *const *all =
		deployment_services(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++)
		if (all[i]->resource && rolling(all[i]->resource->properties) &&
		    json_int_or(all[i]->resource->properties, "DesiredCount", 1) != 0)
			look_breaker(c, all[i]);
}

/* A percentage; -1 when it is there and not known. */
static json_int_t percent(const json_t *configuration, const char *key, json_int_t otherwise)
{
	return json_object_get(configuration, key) ? json_int_or(configuration, key, -1)
						   : otherwise;
}

/* Sets of tasks that a deployment may go through: more than desired, or fewer. With `desired`
 * unknown (-1) only what holds for every number of tasks is said. */
static bool stuck(json_int_t desired, json_int_t least, json_int_t most)
{
	if (least < 0 || most < 0 || least > 10000 || most > 10000 || desired > 1000000)
		return false;
	if (desired < 0)
		return most <= 100 && least >= 100;
	return desired && desired * most / 100 <= desired &&
	       (desired * least + 99) / 100 >= desired;
}

static void run_stuck(struct check *c)
{
	size_t count;
	const struct deployment_service *const *all =
		deployment_services(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		const struct deployment_resource *r = all[i]->resource;
		const json_t *configuration =
			r ? json_map(r->properties, "DeploymentConfiguration") : NULL;
		json_int_t least = percent(configuration, "MinimumHealthyPercent", 100);
		json_int_t most = percent(configuration, "MaximumPercent", 200);

		if (!r || !rolling(r->properties) ||
		    !strcmp(json_str_or(r->properties, "SchedulingStrategy", ""), "DAEMON") ||
		    !stuck(percent(r->properties, "DesiredCount", 1), least, most))
			continue;
		check_add(c,
			  &(struct check_finding){ .severity = CHECK_FAIL,
						   .resource = r,
						   .property = "DeploymentConfiguration",
						   .service = all[i] },
			  "MinimumHealthyPercent %d and MaximumPercent %d let %s neither stop nor "
			  "start a task: no deployment after the first can move.",
			  (int)least, (int)most, r->logical);
	}
}

/* ---- order: G21 ------------------------------------------------------------------------------ */

static void drop_needs(void *needs)
{
	json_decref(needs);
}

/* What a resource waits for directly, worked out once per run. NULL: it is not there. */
static const json_t *needs_of(const struct check *c, size_t template, const char *logical)
{
	static const char owner;
	const struct deployment_resource *r =
		deployment_find(check_deployment(c), template, logical);
	size_t count;
	const struct deployment_template *list = check_templates(c, &count);
	void **slot = r && template < count ? check_memo(c, &owner, r, drop_needs) : NULL;
	json_t *needs = NULL;

	if (!slot)
		return NULL;
	if (!*slot)
		*slot = template_dependencies(list[template].eval, logical, &needs, NULL) == 0
				? needs
				: json_array();
	return *slot;
}

/* All that a resource waits for, directly or not, as keys. Bounded by the number of resources. */
static json_t *closure_of(const struct check *c, const struct deployment_resource *r)
{
	json_t *seen = json_object();
	OWN(json) json_t *queue = json_array();

	json_add_str(queue, r->logical);
	for (size_t i = 0; i < json_array_size(queue); i++) {
		const json_t *needs =
			needs_of(c, r->template, json_string_value(json_array_get(queue, i)));

		for (size_t n = 0; n < json_array_size(needs); n++) {
			const char *need = json_string_value(json_array_get(needs, n));

			if (json_object_get(seen, need))
				continue;
			json_set_bool(seen, need, true);
			json_add_str(queue, need);
		}
	}
	return seen;
}

static bool is_default(const struct deployment_route *route)
{
	return str_eq(route->destination, "0.0.0.0/0") && route->resource &&
	       route->resource->present == 1;
}

/* The default route that the tasks need and the service does not wait for. */
static void look_service_routes(struct check *c, const struct deployment_service *s)
{
	OWN(json) json_t *waits = NULL;

	for (size_t i = 0; i < s->subnet_count; i++) {
		const struct deployment_route_table *table = s->subnets[i]->routes;

		for (size_t n = 0; table && n < table->count; n++) {
			const struct deployment_route *route = &table->routes[n];
			OWN(str) char *remedy = NULL;

			if (!is_default(route) ||
			    route->resource->template != s->resource->template)
				continue;
			if (!waits)
				waits = closure_of(c, s->resource);
			if (json_object_get(waits, route->resource->logical))
				continue;
			remedy = str_printf("DependsOn: [%s]", route->resource->logical);
			check_add(c,
				  &(struct check_finding){ .severity = CHECK_WARN,
							   .resource = s->resource,
							   .second = route->resource,
							   .service = s,
							   .remedy = remedy },
				  "%s does not wait for %s, the default route of its subnet: its "
				  "first tasks may start without a way out.",
				  s->resource->logical, route->resource->logical);
			return;
		}
	}
}

/* What is refused while its VPC has no gateway attached: that gateway, NULL when any will do. */
static void look_attachment(struct check *c, const struct deployment_resource *one,
			    const struct deployment_resource *vpc,
			    const struct deployment_resource *gateway)
{
	const struct deployment *d = check_deployment(c);
	size_t count;
	const struct deployment_resource *r = deployment_resources(d, &count);
	OWN(json) json_t *waits = NULL;

	for (size_t i = 0; i < count; i++) {
		const json_t *attached = json_object_get(r[i].properties, "InternetGatewayId");
		OWN(str) char *remedy = NULL;

		if (strcmp(r[i].type, "AWS::EC2::VPCGatewayAttachment") != 0 || r[i].present != 1 ||
		    r[i].template != one->template ||
		    deployment_target(d, json_object_get(r[i].properties, "VpcId"), NULL) != vpc ||
		    (gateway && deployment_target(d, attached, NULL) != gateway))
			continue;
		waits = closure_of(c, one);
		if (json_object_get(waits, r[i].logical))
			return;
		remedy = str_printf("DependsOn: [%s]", r[i].logical);
		check_add(c,
			  &(struct check_finding){ .severity = CHECK_WARN,
						   .resource = one,
						   .second = &r[i],
						   .remedy = remedy },
			  "%s does not wait for %s: it is refused when it comes before the "
			  "gateway is attached.",
			  one->logical, r[i].logical);
		return;
	}
}

static const struct deployment_resource *
target_of(const struct check *c, const struct deployment_resource *r, const char *property)
{
	return r ? deployment_target(check_deployment(c), json_object_get(r->properties, property),
				     NULL)
		 : NULL;
}

static void look_nat(struct check *c, const struct deployment_resource *nat)
{
	const struct deployment_resource *vpc = target_of(c, target_of(c, nat, "SubnetId"), "VpcId");

	if (vpc && strcmp(json_str_or(nat->properties, "ConnectivityType", ""), "private") != 0)
		look_attachment(c, nat, vpc, NULL);
}

static void look_route(struct check *c, const struct deployment_resource *route)
{
	const struct deployment_resource *gateway = target_of(c, route, "GatewayId");
	const struct deployment_resource *vpc =
		target_of(c, target_of(c, route, "RouteTableId"), "VpcId");

	if (vpc && gateway && !strcmp(gateway->type, "AWS::EC2::InternetGateway"))
		look_attachment(c, route, vpc, gateway);
}

static void run_route_order(struct check *c)
{
	size_t count;
	const struct deployment_service *const *all =
		deployment_services(check_deployment(c), &count);
	const struct deployment_resource *r;

	for (size_t i = 0; i < count; i++)
		if (all[i]->resource)
			look_service_routes(c, all[i]);
	r = deployment_resources(check_deployment(c), &count);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(r[i].type, "AWS::EC2::NatGateway"))
			look_nat(c, &r[i]);
		else if (!strcmp(r[i].type, "AWS::EC2::Route"))
			look_route(c, &r[i]);
}

/* ---- what nothing uses: G22 ------------------------------------------------------------------ */

/* Every text of the node, and every ${name} in it, as keys: what may be a name that is used. */
static void collect_texts(const json_t *node, json_t *texts, unsigned depth)
{
	json_t *whole = (json_t *)(uintptr_t)node, *member;
	const char *text = json_string_value(node), *key;
	size_t i;

	if (text)
		json_set_bool(texts, text, true);
	while (text && (text = strstr(text, "${"))) {
		size_t len = strcspn(text += 2, "}");
		OWN(str) char *name = str_dup_n(text, len);

		json_set_bool(texts, name, true);
	}
	if (depth > 128)
		return;
	json_object_foreach(whole, key, member)
		collect_texts(member, texts, depth + 1);
	json_array_foreach(whole, i, member)
		collect_texts(member, texts, depth + 1);
}

/* Metadata lists parameters for the console: that is no use. */
static json_t *used_texts(const json_t *body)
{
	json_t *texts = json_object(), *section;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)body, name, section)
		if (strcmp(name, "Metadata") != 0 && strcmp(name, "Parameters") != 0)
			collect_texts(section, texts, 0);
	return texts;
}

/* A mapping that is chosen while the stack is made: it may be any. */
static bool chooses_mapping(const json_t *node, unsigned depth)
{
	json_t *whole = (json_t *)(uintptr_t)node, *member;
	const char *key;
	size_t i;

	if (depth > 128)
		return false;
	json_object_foreach(whole, key, member)
		if ((!strcmp(key, "Fn::FindInMap") && json_is_object(json_array_get(member, 0))) ||
		    chooses_mapping(member, depth + 1))
			return true;
	json_array_foreach(whole, i, member)
		if (chooses_mapping(member, depth + 1))
			return true;
	return false;
}

/* CDK writes these into every template. */
static bool of_cdk(const char *name)
{
	return !strcmp(name, "BootstrapVersion") || !strcmp(name, "CDKMetadataAvailable");
}

static void look_unused(struct check *c, size_t template, const json_t *body, const char *section,
			const char *one, const json_t *used)
{
	const char *name;
	json_t *unused;

	json_object_foreach(json_map(body, section), name, unused) {
		OWN(str) char *pointer = str_printf("/%s/%s", section, name);

		if (of_cdk(name) || json_object_get(used, name))
			continue;
		check_add(c,
			  &(struct check_finding){ .severity = CHECK_WARN,
						   .pointer = pointer,
						   .template = template },
			  "%s %s is declared and nothing uses it: what is given there has no "
			  "effect.",
			  one, name);
	}
}

/* With a transform, macros may use what the template itself does not. */
static void run_unused(struct check *c)
{
	size_t count;
	const struct deployment_template *list = check_templates(c, &count);

	for (size_t i = 0; i < count; i++) {
		const json_t *body = template_body(list[i].t);
		OWN(json) json_t *used = NULL;

		if (json_object_get(body, "Transform"))
			continue;
		used = used_texts(body);
		look_unused(c, i, body, "Parameters", "Parameter", used);
		if (!chooses_mapping(body, 0))
			look_unused(c, i, body, "Mappings", "Mapping", used);
		look_unused(c, i, body, "Conditions", "Condition", used);
	}
}

/* ---- user data: G26 -------------------------------------------------------------------------- */

/* Bytes that a text has at least: its literal parts. */
static size_t known_bytes(const json_t *value)
{
	const json_t *parts = json_object_get(value, "$parts");
	size_t sum = 0;

	if (json_is_string(value))
		return json_string_length(value);
	for (size_t i = 0; i < json_array_size(parts); i++)
		if (json_is_string(json_array_get(parts, i)))
			sum += json_string_length(json_array_get(parts, i));
	return sum;
}

static void look_user_data(struct check *c, const struct deployment_resource *r, const char *path)
{
	size_t count;
	const struct deployment_template *list = check_templates(c, &count);
	OWN(str) char *whole = str_printf("Properties.%s", path);
	const json_t *node = json_path(r->body, whole);
	const json_t *plain = json_object_get(node, "Fn::Base64");
	OWN(json) json_t *value = NULL;
	OWN(str) char *property = str_dup(path);
	size_t bytes;

	if (!node || r->template >= count ||
	    template_value(list[r->template].eval, plain ? plain : node, &value, NULL) < 0)
		return;
	bytes = plain ? known_bytes(value) : json_string_length(value) / 4 * 3;
	if (bytes <= USER_DATA_MAX + (plain ? 0 : 2))
		return;
	for (char *p = property; *p; p++)
		*p = *p == '.' ? '/' : *p;
	check_add(c,
		  &(struct check_finding){
			  .severity = CHECK_FAIL, .resource = r, .property = property },
		  "User data of %s has %zu bytes or more; EC2 takes %d.", r->logical, bytes,
		  USER_DATA_MAX);
}

static void run_user_data(struct check *c)
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(r[i].type, "AWS::EC2::Instance"))
			look_user_data(c, &r[i], "UserData");
		else if (!strcmp(r[i].type, "AWS::EC2::LaunchTemplate"))
			look_user_data(c, &r[i], "LaunchTemplateData.UserData");
	}
}

/* ---- quotas: G28 ----------------------------------------------------------------------------- */

static void look_quota(struct check *c, const char *type, size_t quota, const char *what)
{
	size_t count, found = 0;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	if (asked_addresses(c, type, (long)quota))
		return;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(r[i].type, type) != 0 || ++found != quota + 1)
			continue;
		check_add(c, &(struct check_finding){ .severity = CHECK_WARN, .resource = &r[i] },
			  "More than %zu %s are made; an account has %zu per region unless its "
			  "quota was raised.",
			  quota, what, quota);
	}
}

static void run_quota(struct check *c)
{
	look_quota(c, "AWS::EC2::EIP", QUOTA_ADDRESSES, "elastic addresses");
	look_quota(c, "AWS::EC2::VPC", QUOTA_VPCS, "VPCs");
}

/* ---- the table ------------------------------------------------------------------------------- */

static void run_references(struct check *c)
{
	check_schema_attribute(c);
	check_nested_outputs(c);
}

static const char at_once[] = "when the template is validated: seconds, nothing is created";
static const char while_created[] =
	"when the resource is created: minutes, then 10 to 15 minutes of rollback";

const struct check_rule check_rules_g[] = {
	{ "T00", "template-format", "template",
	  "CloudFormation answers with a Template format error and creates nothing.",
	  "The text is no well-formed JSON or YAML, or a section, resource or function has a form "
	  "that CloudFormation does not take.",
	  "Mend the place that the sentence names.", at_once, run_nothing },
	{ "G14", "circular-dependency", "template",
	  "Circular dependency between resources: [...], at validation.",
	  "Resources wait for each other, through Ref, Fn::GetAtt, Fn::Sub or DependsOn; often two "
	  "security groups whose inline rules name each other.",
	  "Take one of the references out of the circle: rules of groups as separate "
	  "AWS::EC2::SecurityGroupIngress and SecurityGroupEgress resources.",
	  at_once, run_nothing },
	{ "G15", "unresolved-reference", "template",
	  "Unresolved resource dependencies [X], or an attribute that the type does not have.",
	  "A reference names a resource, parameter, condition, mapping or attribute that is not "
	  "there: misspelt, removed, or in another stack.",
	  "Correct the name, or bring what it names into the template.", at_once,
	  run_references },
	{ "G23", "config-key-mismatch-across-layers", "template",
	  "The nested stack is refused: Parameters: [X] must have values, or do not exist in the "
	  "template.",
	  "A parameter has another name, or is missing, on one of the two sides.",
	  "Pass each parameter that the nested template declares without a default, and no other.",
	  while_created, check_nested_parameters },
	{ "G16", "limits-exceeded", "template",
	  "Number of resources is greater than maximum allowed, or the body is too large.",
	  "The template grew with the number of nodes above 500 resources, 200 parameters, 200 "
	  "outputs or 1 MB.",
	  "Split the network over several stacks.", at_once, run_nothing },
	{ "D23", "property-spelling", "template",
	  "Encountered unsupported property, or extraneous key is not permitted.",
	  "A property has another spelling than the type's schema; the ECS API's own names are in "
	  "lower camel case, CloudFormation's are not.",
	  "Write the property as the schema spells it.", while_created, check_schema_spelling },
	{ "S01", "property-required", "template",
	  "Property X cannot be empty, or required key [X] not found.",
	  "A property that the type cannot be created without is not given, or is removed by "
	  "AWS::NoValue.",
	  "Add the property.", while_created, check_schema_required },
	{ "S02", "property-type", "template",
	  "Value of property X must be an object, a list or a text.",
	  "A value has another shape than the type's schema gives it.",
	  "Give the property a value of the shape of its schema.", while_created,
	  check_schema_type },
	{ "S03", "property-value", "template", "X is not a valid enum value.",
	  "A property that takes one of a few words has another one; case counts.",
	  "Use one of the words of the schema.", while_created, check_schema_value },
	{ "S04", "resource-type-unknown", "template",
	  "Template format error: Unrecognized resource types: [...].",
	  "AWS has no resource type of that name.", "Write the type as AWS spells it.", at_once,
	  check_schema_resource },
	{ "G08", "import-missing", "template", "No export named X found.",
	  "The exporting stack is not there, is in another region, or exports under another name; "
	  "case counts.",
	  "Import the name that the exporting stack uses, and deploy that stack first.",
	  "when the change set is made or the first importing resource is reached",
	  check_import_missing },
	{ "G09", "export-name-collision", "template",
	  "Export with name X is already exported by stack Y, or duplicate Export names.",
	  "Export names are shared by all stacks of an account and region, and two outputs have "
	  "the same one.",
	  "Begin export names with the stack's name: Fn::Sub \"${AWS::StackName}-...\".",
	  while_created, check_export_taken },
	{ "G10", "physical-name-collision", "template",
	  "A resource of that name already exists; newer change sets say it before they start.",
	  "A resource has a fixed name that is in use, in the account or in this template.",
	  "Leave the name out, or make the stack's name a part of it.", while_created,
	  check_name_taken },
	{ "G11", "secret-scheduled-for-deletion", "template",
	  "You can't create this secret because a secret with this name is already scheduled for "
	  "deletion.",
	  "A secret with a fixed name was deleted with an earlier stack and waits out its recovery "
	  "window.",
	  "Leave the name out; or restore the secret, or delete it without recovery.",
	  "at once when the stack is created again, for 7 to 30 days", check_secret_deleted },
	{ "G26", "user-data-too-large", "template", "User data is limited to 16384 bytes.",
	  "A file, often a genesis, is carried in the user data of an instance.",
	  "Put the file into S3 and fetch it in the script.", while_created, run_user_data },
	{ "G27", "service-creation-not-idempotent", "template",
	  "Creation of service was not idempotent.",
	  "A service of that name exists in the cluster with other settings.",
	  "Leave ServiceName out.", while_created, check_service_exists },
	{ "G28", "address-quota", "template",
	  "The maximum number of addresses (or VPCs) has been reached.",
	  "Elastic addresses and VPCs are limited to 5 each per region unless raised.",
	  "One NAT gateway for all zones, or public subnets; or have the quota raised.",
	  while_created, run_quota },
	{ "G31", "condition-removes-needed-resource", "template",
	  "With some parameters a rule, route or mount target is silently not there.",
	  "The condition of a resource is false while what needs the resource is there.",
	  "Put the same condition on both, or on neither.",
	  "when tasks start: 1 to 5 minutes each, the stack 21 minutes to 3 hours",
	  check_condition_removes },
	{ "G20", "deployment-percent-deadlock", "latent",
	  "The service was unable to stop or start tasks because of its deployment configuration.",
	  "The percentages allow neither a task more nor a task fewer than desired.",
	  "MinimumHealthyPercent: 0 and MaximumPercent: 100 for a single node with a store of its "
	  "own.",
	  "at the first update of the service", run_stuck },
	{ "G02", "circuit-breaker-trip", "latent",
	  "Without a breaker: CREATE_IN_PROGRESS for hours. With one: ECS Deployment Circuit "
	  "Breaker was triggered.",
	  "Tasks cannot start; the breaker only decides how soon that is said.",
	  "DeploymentConfiguration: {DeploymentCircuitBreaker: {Enable: true, Rollback: false}}",
	  "5 to 15 minutes with a breaker, up to 3 hours without", run_breaker },
	{ "G07", "export-in-use", "latent",
	  "Export X cannot be deleted (or updated) as it is in use by Y.",
	  "Another stack imports a value that this stack changes or removes.",
	  "Hand values over as parameters or SSM parameters, or change the importing stack first.",
	  "at an update or deletion of the exporting stack", check_export_in_use },
	{ "G12", "retained-leftovers", "latent",
	  "A resource of that name already exists, when the stack is created again.",
	  "DeletionPolicy Retain keeps a resource that has a fixed name.", "Leave the name out.",
	  "at the next creation of the stack", check_name_retained },
	{ "G13", "custom-named-service-replacement", "latent",
	  "CloudFormation cannot update a stack when a custom-named resource requires replacing.",
	  "A service with a fixed ServiceName gets a property that only a new service can have.",
	  "Leave ServiceName out.", "at an update", check_service_replaced },
	{ "G21", "missing-dependson-on-default-route", "latent",
	  "First tasks cannot reach anything and heal later; or the VPC is not attached to any "
	  "internet gateway.",
	  "The order of creation does not follow from references: a service does not wait for the "
	  "route its tasks need, a route or NAT gateway not for the attachment.",
	  "DependsOn the route or the attachment.",
	  "1 to 5 minutes for each task that starts too early", run_route_order },
	{ "G22", "parameter-defaults-shadow-imports", "latent",
	  "The stack uses another VPC, address or value than was given, and says nothing.",
	  "A parameter, mapping or condition is declared and not used.",
	  "Use it where it was meant to be used, or remove it.", "hours to weeks", run_unused },
	{ "G25", "namespace-or-vpc-replacement", "latent",
	  "An update wants to replace the namespace, the VPC or the file system.",
	  "A property was edited that cannot be changed in place.",
	  "Deploy a new stack, move over, delete the old one.", "at an update", check_replacement },
	{ .id = NULL },
};
