/* What is in the account around the stack: things that others put next to its own. */
#include "core/check/check-asked.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Calls for each resource of the type that the deployed stack has, with its physical id. */
static void each_deployed(struct check *c, const char *type, const char *what,
			  void (*see)(struct check *c, const struct deployment_resource *r,
				      const char *id, const struct asked *own))
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		struct check_finding f = { .severity = CHECK_WARN, .resource = &r[i] };
		ASKED own = { 0 };
		const char *id;

		if (strcmp(r[i].type, type) || !deployed_listing(c, r[i].template, &own) ||
		    !asked_or_unknown(c, &f, &own, what))
			continue;
		id = deployed_physical(c, r[i].template, r[i].logical);
		if (id && *id)
			see(c, &r[i], id, &own);
	}
}

/* One of the stack's resources has this physical id. */
static bool is_own(const struct asked *own, const char *id)
{
	json_t *one;
	size_t i;

	json_array_foreach(asked_list(own, "StackResourceSummaries", NULL), i, one)
		if (str_eq(json_str(one, "PhysicalResourceId"), id))
			return true;
	return asked_cut(own);
}

/* ---- G17
 * --------------------------------------------------------------------------------------------- */

static void see_cluster(struct check *c, const struct deployment_resource *r, const char *id,
			const struct asked *own)
{
	struct check_finding f = { .severity = CHECK_WARN, .resource = r };
	ASKED a = ask(c, "ecs", "ListServices", json_pack("{s:s}", "cluster", id));
	json_t *one;
	size_t i;

	if (!asked_or_unknown(c, &f, &a, "which services are in the cluster"))
		return;
	json_array_foreach(asked_list(&a, "serviceArns", NULL), i, one)
		if (json_is_string(one) && !is_own(own, json_string_value(one))) {
			check_add(c, &f,
				  "service %s is in the stack's cluster and not of the stack",
				  json_string_value(one));
			return;
		}
}

void asked_g17(struct check *c)
{
	each_deployed(c, "AWS::ECS::Cluster", "which services are in the cluster", see_cluster);
}

/* ---- I05, I06, I07
 * ----------------------------------------------------------------------------------------- */

bool asked_namespace(struct check *c, const struct deployment_resource *r, const char *name)
{
	struct deployed d = deployed_of(c, r->template);
	struct check_finding f = { .severity = CHECK_WARN, .resource = r, .property = "Name" };
	ASKED a = { 0 };
	json_t *one;
	size_t i;

	if (deployed_has(&d, r) && !deployed_changed(&d, r, "Name"))
		return true;
	if (!name || !*name)
		return false;
	a = ask(c, "servicediscovery", "ListNamespaces",
		json_pack("{s:[{s:s,s:[s]}]}", "Filters", "Name", "TYPE", "Values", "DNS_PRIVATE"));
	if (!asked_or_unknown(c, &f, &a, "whether the VPC has a namespace of that name"))
		return a.state == CHECK_REFUSED;
	json_array_foreach(asked_list(&a, "Namespaces", NULL), i, one)
		if (!strcasecmp(json_str_or(one, "Name", ""), name)) {
			check_add(c, &f,
				  "namespace %s exists already (%s); in one VPC there can be only "
				  "one",
				  name, json_str_or(one, "Id", "?"));
			return true;
		}
	return !asked_cut(&a);
}

static void see_namespace(struct check *c, const struct deployment_resource *r, const char *id,
			  const struct asked *own)
{
	struct check_finding f = { .severity = CHECK_WARN, .resource = r };
	ASKED a = ask(
		c, "servicediscovery", "ListServices",
		json_pack("{s:[{s:s,s:[s]}]}", "Filters", "Name", "NAMESPACE_ID", "Values", id));
	json_t *one;
	size_t i;

	if (!asked_or_unknown(c, &f, &a, "which services the namespace has"))
		return;
	json_array_foreach(asked_list(&a, "Services", NULL), i, one)
		if (json_str(one, "Id") && !is_own(own, json_str(one, "Id"))) {
			check_add(
				c, &f,
				"service %s (%s) is in the stack's namespace and not of the stack",
				json_str_or(one, "Name", "?"), json_str(one, "Id"));
			return;
		}
}

void asked_i06(struct check *c)
{
	each_deployed(c, "AWS::ServiceDiscovery::PrivateDnsNamespace",
		      "which services the namespace has", see_namespace);
}

/* ECS takes its tasks out of the services that it registers them in. */
static bool is_registry(struct check *c, const struct deployment_resource *r)
{
	size_t count;
	const struct deployment_service *const *services =
		deployment_services(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < services[i]->registry_count; k++)
			if (services[i]->registries[k] == r)
				return true;
	return false;
}

static void see_instances(struct check *c, const struct deployment_resource *r, const char *id,
			  const struct asked *own)
{
	struct check_finding f = { .severity = CHECK_WARN, .resource = r };
	ASKED a = { 0 };
	size_t count;

	(void)own;
	if (is_registry(c, r))
		return;
	a = ask(c, "servicediscovery", "ListInstances", json_pack("{s:s}", "ServiceId", id));
	if (!asked_or_unknown(c, &f, &a, "whether somebody registered instances"))
		return;
	count = json_array_size(asked_list(&a, "Instances", NULL));
	if (count)
		check_add(
			c, &f,
			"%zu instances are registered in it, and no service of the templates takes "
			"them out again",
			count);
}

void asked_i07(struct check *c)
{
	each_deployed(c, "AWS::ServiceDiscovery::Service", "whether somebody registered instances",
		      see_instances);
}

/* ---- D27
 * -------------------------------------------------------------------------------------------------------
 */

/* A principal that was deleted stands in a policy as the unique id it had. */
static bool has_gone_principal(const char *policy)
{
	static const char *const prefixes[] = { "\"AROA", "\"AIDA" };

	for (size_t i = 0; i < 2; i++)
		for (const char *at = policy; (at = strstr(at, prefixes[i])); at++)
			if (strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") >= 16)
				return true;
	return false;
}

static void see_policy(struct check *c, const struct deployment_resource *r, const char *id,
		       const struct asked *own)
{
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = r,
				   .property = "FileSystemPolicy" };
	ASKED a = { 0 };

	(void)own;
	if (!json_object_get(r->properties, "FileSystemPolicy"))
		return;
	a = ask(c, "efs", "DescribeFileSystemPolicy", json_pack("{s:s}", "FileSystemId", id));
	if (asked_absent(&a) ||
	    !asked_or_unknown(c, &f, &a, "whom the file system's policy lets in"))
		return;
	if (has_gone_principal(json_str_or(a.answer, "Policy", "")))
		check_add(c, &f,
			  "the policy of %s names a principal that was deleted: a new role of the "
			  "same "
			  "name is not let in",
			  id);
}

void asked_d27(struct check *c)
{
	each_deployed(c, "AWS::EFS::FileSystem", "whom the file system's policy lets in",
		      see_policy);
}

/* ---- J12
 * -----------------------------------------------------------------------------------------------------------
 */

static bool is_of_stack(const json_t *file_system, const char *stack)
{
	json_t *tag;
	size_t i;

	json_array_foreach(json_list(file_system, "Tags"), i, tag)
		if (str_eq(json_str(tag, "Key"), "aws:cloudformation:stack-name") &&
		    str_eq(json_str(tag, "Value"), stack))
			return true;
	return false;
}

static void see_leftovers(struct check *c, const struct deployment_resource *r)
{
	const char *stack = check_stack_name(c, r->template);
	struct check_finding f = { .severity = CHECK_WARN, .resource = r };
	ASKED a = ask(c, "efs", "DescribeFileSystems", json_object());
	json_t *one;
	size_t i;

	if (!asked_or_unknown(c, &f, &a, "whether an earlier stack left a file system"))
		return;
	json_array_foreach(asked_list(&a, "FileSystems", NULL), i, one)
		if (is_of_stack(one, stack))
			check_add(c, &f,
				  "there is no stack %s, but its file system %s is still there and "
				  "costs",
				  stack, json_str_or(one, "FileSystemId", "?"));
}

void asked_j12(struct check *c)
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(r[i].type, "AWS::EFS::FileSystem") &&
		    deployed_of(c, r[i].template).state == DEPLOYED_NONE)
			see_leftovers(c, &r[i]);
}

/* ---- B13: what stands in the stack's own secrets
 * ------------------------------------------------------------------------ */

/* Words between blanks, or letters beyond ASCII: somebody's progress report. */
static bool is_output(const char *text)
{
	const char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	for (; text < end; text++)
		if (isspace((unsigned char)*text) || (unsigned char)*text >= 0x80)
			return true;
	return false;
}

/* The part of a stored value that ValueFrom selects. Caller wipes and frees; NULL: none. */
static char *selected(const char *stored, const char *key)
{
	OWN(json) json_t *object = *key ? json_loads(stored, 0, NULL) : NULL;
	json_t *member;
	const char *name;
	char *text;

	if (!*key)
		return str_dup(stored);
	text = str_dup(json_str(object, key));
	json_object_foreach(object, name, member)
		if (json_is_string(member))
			explicit_bzero((char *)(uintptr_t)json_string_value(member),
				       json_string_length(member));
	return text;
}

static void see_stored(struct check *c, const struct node *n, const struct secret_slot *slot,
		       const struct secret_view *view, const char *stored)
{
	struct secret_view of = { .state = SECRET_VALUE };
	struct check_finding f = node_finding(CHECK_FAIL, n, &view->variable);
	char why[256] = "";
	const char *fault;
	bool output;

	of.text = selected(stored, view->from.json_key);
	f.second = view->from.secret;
	fault = of.text ? secret_judge(&of, slot, why, sizeof(why)) : NULL;
	output = of.text && is_output(of.text);
	secret_view_free(&of);
	if (fault && *fault)
		check_add(c, &f, "the stored value of %s %s%s", slot->variable, why,
			  output ? "; it reads like the output of a program, caught whole" : "");
}

/* Only where the template's own text is none a node could use: somebody filled the secret later. */
static bool is_filled_later(const struct secret_view *view, const struct secret_slot *slot)
{
	char why[256];
	const char *fault = secret_judge(view, slot, why, sizeof(why));

	return view->from.secret && !view->from.stage[0] && !view->from.version[0] &&
	       (view->state == SECRET_NO_VALUE || (view->state == SECRET_VALUE && fault && *fault));
}

static void see_filled(struct check *c, const struct node *n, const struct secret_slot *slot)
{
	struct secret_view view __attribute__((cleanup(own_drop_secret_view))) = { 0 };
	struct deployed d;
	struct check_finding f;
	const char *id;
	ASKED a = { 0 };

	secret_view(c, n, slot, &view);
	if (!is_filled_later(&view, slot))
		return;
	d = deployed_of(c, view.from.secret->template);
	id = deployed_has(&d, view.from.secret)
		     ? deployed_physical(c, view.from.secret->template, view.from.secret->logical)
		     : NULL;
	if (!id)
		return;
	f = node_finding(CHECK_FAIL, n, &view.variable);
	a = ask(c, "secretsmanager", "GetSecretValue", json_pack("{s:s}", "SecretId", id));
	if (!asked_absent(&a) &&
	    asked_or_unknown(c, &f, &a, "whether the stored secret is a key") &&
	    json_str(a.answer, "SecretString"))
		see_stored(c, n, slot, &view, json_str(a.answer, "SecretString"));
}

void asked_b13(struct check *c)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);)
		for (const struct secret_slot *s = secret_slots; s->variable; s++)
			see_filled(c, &n, s);
}
