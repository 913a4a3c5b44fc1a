/* What an update would change, and what the deployed state does not let it. */
#include "core/check/check-asked.h"

#include <stdio.h>
#include <string.h>

#define VARIABLE struct variable __attribute__((cleanup(own_drop_variable)))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void each_template(struct check *c, void (*see)(struct check *c, size_t template))
{
	size_t count;

	check_templates(c, &count);
	for (size_t t = 0; t < count; t++)
		if (check_stack_name(c, t))
			see(c, t);
}

/* ---- G03 ----------------------------------------------------------------------------------------
 */

struct state_row {
	const char *status;
	enum check_severity severity;
	const char *remedy;
};

static const struct state_row *state_row(const char *status)
{
	static const char remove_first[] =
		"aws cloudformation delete-stack --stack-name <name>, wait "
		"until it is gone, then create it again";
	static const struct state_row rows[] = {
		{ "ROLLBACK_COMPLETE", CHECK_FAIL, remove_first },
		{ "ROLLBACK_FAILED", CHECK_FAIL, remove_first },
		{ "CREATE_FAILED", CHECK_FAIL, remove_first },
		{ "DELETE_FAILED", CHECK_FAIL,
		  "remove what blocks the deletion (see the stack's events), delete again" },
		{ "UPDATE_ROLLBACK_FAILED", CHECK_FAIL,
		  "mend what the events name, then aws cloudformation continue-update-rollback" },
		{ "UPDATE_FAILED", CHECK_FAIL,
		  "aws cloudformation rollback-stack, then update again" },
		{ "REVIEW_IN_PROGRESS", CHECK_WARN,
		  "execute or delete its change set; create-stack is refused while it is there" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (!strcmp(rows[i].status, status))
			return &rows[i];
	return NULL;
}

static void see_status(struct check *c, size_t template)
{
	struct check_finding f = { .pointer = "/Resources", .template = template };
	ASKED a = ask(c, "cloudformation", "DescribeStacks",
		      json_pack("{s:s}", "StackName", check_stack_name(c, template)));
	const json_t *stack = json_array_get(asked_list(&a, "Stacks", NULL), 0);
	const char *status = json_str_or(stack, "StackStatus", "");
	const struct state_row *row = state_row(status);

	if (asked_absent(&a) || !asked_or_unknown(c, &f, &a, "the state of the stack"))
		return;
	f.severity = row ? row->severity : CHECK_WARN;
	f.remedy = row ? row->remedy : "wait until the operation has ended";
	if (row || str_ends(status, "_IN_PROGRESS"))
		check_add(c, &f, "stack %s is in %.40s", check_stack_name(c, template), status);
}

void asked_g03(struct check *c)
{
	each_template(c, see_status);
}

/* ---- G29
 * ------------------------------------------------------------------------------------------ */

static void see_drift(struct check *c, size_t template)
{
	struct deployed d;
	struct check_finding f = { .severity = CHECK_WARN,
				   .pointer = "/Resources",
				   .template = template };

	(void)deployed_or_unknown(c, template, "whether the stack is as its template says", &d);
	if (str_eq(json_str(json_map(d.stack, "DriftInformation"), "StackDriftStatus"), "DRIFTED"))
		check_add(c, &f,
			  "resources of stack %s were changed by hand since it was deployed; an "
			  "update "
			  "undoes or keeps that at random",
			  check_stack_name(c, template));
}

void asked_g29(struct check *c)
{
	each_template(c, see_drift);
}

/* ---- a node before and after
 * ------------------------------------------------------------------------- */

struct side {
	const json_t *task, *container;
};
struct node_change {
	struct side before, after;
	struct deployed deployed;
};

static const json_t *container_named(const json_t *task, const json_t *name, size_t index)
{
	const json_t *list = json_list(task, "ContainerDefinitions");
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (name && json_equal(json_object_get(one, "Name"), name))
			return one;
	return json_array_get(list, index);
}

static struct side side_of(const struct deployed *d, const char *name, const struct node *n)
{
	struct side s = { .task = deployed_properties(d, name, n->task) };

	s.container = container_named(s.task, json_object_get(n->container, "Name"), n->index);
	return s;
}

/* Calls for each node that the deployed stack has too. */
static void each_change(struct check *c, const char *what,
			void (*see)(struct check *c, const struct node *n,
				    const struct node_change *change))
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);) {
		struct node_change change = { 0 };

		if (!check_stack_name(c, n.task->template) ||
		    !deployed_or_unknown(c, n.task->template, what, &change.deployed))
			continue;
		change.before = side_of(&change.deployed, "before", &n);
		change.after = side_of(&change.deployed, "after", &n);
		if (change.before.container && change.after.container)
			see(c, &n, &change);
	}
}

static bool same_member(const struct side *a, const struct side *b, const char *name)
{
	const json_t *left = json_object_get(a->task, name),
		     *right = json_object_get(b->task, name);

	return left == right || (left && right && json_equal(left, right));
}

/* The node keeps an EFS volume: the same one, at the same access point, with the same root. */
static bool keeps_volume(const struct node *n, const struct node_change *change)
{
	const struct deployment_task *task = n->service->task;
	bool any = false;

	if (!same_member(&change->before, &change->after, "Volumes"))
		return false;
	for (size_t i = 0; i < task->volume_count; i++) {
		const struct deployment_volume *v = &task->volumes[i];

		if (v->access_point && deployed_changed(&change->deployed, v->access_point, NULL))
			return false;
		any = any || v->system;
	}
	return any;
}

static const json_t *environment_value(const struct side *s, const char *name)
{
	return deployment_environment(s->container, name, NULL);
}

/* The variable is a plain one on both sides and differs. */
static bool variable_changed(const struct node_change *change, const char *name)
{
	const json_t *before = environment_value(&change->before, name);
	const json_t *after = environment_value(&change->after, name);

	return before && after && !json_equal(before, after);
}

/* The secret behind a variable gets another value by this update. */
static bool secret_changed(const struct check *c, const struct node *n,
			   const struct node_change *change, const struct secret_slot *slot)
{
	struct secret_view view __attribute__((cleanup(own_drop_secret_view))) = { 0 };

	secret_view(c, n, slot, &view);
	return view.from.secret &&
	       (deployed_changed(&change->deployed, view.from.secret, "SecretString") ||
		deployed_changed(&change->deployed, view.from.secret, "GenerateSecretString"));
}

/* ---- A20, D16, B16, G30
 * --------------------------------------------------------------------------------- */

static void see_image(struct check *c, const struct node *n, const struct node_change *change)
{
	const json_t *before = json_object_get(change->before.container, "Image");
	const json_t *after = json_object_get(change->after.container, "Image");
	OWN(str) char *where = str_printf("ContainerDefinitions/%zu/Image", n->index);
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = n->task,
				   .property = where,
				   .service = n->service };

	if (before && after && !json_equal(before, after) && keeps_volume(n, change))
		check_add(c, &f,
			  "the image changes from %.200s; the volume stays, with the configuration "
			  "that the old image wrote",
			  json_is_string(before) ? json_string_value(before) : "the deployed one");
}

void asked_a20(struct check *c)
{
	each_change(c, "whether the image changes", see_image);
}

/* What the start script writes to the volume once and never again. */
static const char *const written_once[] = { "MPC_ENV",		 "NEAR_BOOT_NODES",
					    "MPC_ACCOUNT_ID",	 "MPC_CONTRACT_ID",
					    "MPC_LOCAL_ADDRESS", "MPC_RESPONDER_ID" };

static void see_once(struct check *c, const struct node *n, const struct node_change *change)
{
	for (size_t i = 0; i < COUNT(written_once); i++) {
		VARIABLE v = { 0 };
		struct check_finding f;

		if (!variable_changed(change, written_once[i]) || !keeps_volume(n, change))
			continue;
		node_variable(c, n, written_once[i], &v);
		f = node_finding(CHECK_WARN, n, &v);
		check_add(
			c, &f,
			"%s changes, but the files made from its old value stay on the volume and "
			"are not written again",
			written_once[i]);
	}
}

void asked_d16(struct check *c)
{
	each_change(c, "whether a variable of the first start changes", see_once);
}

static void see_rotated(struct check *c, const struct node *n, const struct node_change *change)
{
	for (const struct secret_slot *s = secret_slots; s->variable; s++) {
		VARIABLE v = { 0 };
		struct check_finding f;

		if (s->kind != SECRET_KEY || !secret_changed(c, n, change, s) ||
		    !keeps_volume(n, change))
			continue;
		node_variable(c, n, s->variable, &v);
		f = node_finding(CHECK_WARN, n, &v);
		check_add(c, &f,
			  "the secret of %s gets another value, but the node keeps the key in "
			  "secrets.json on the volume and goes on using the old one",
			  s->variable);
	}
}

void asked_b16(struct check *c)
{
	each_change(c, "whether a key changes", see_rotated);
}

static void see_unchanged(struct check *c, const struct node *n, const struct node_change *change)
{
	const struct deployed *d = &change->deployed;

	if (deployed_changed(d, n->task, NULL) || deployed_changed(d, n->service->resource, NULL))
		return;
	for (const struct secret_slot *s = secret_slots; s->variable; s++) {
		VARIABLE v = { 0 };
		struct check_finding f;

		if (!secret_changed(c, n, change, s))
			continue;
		node_variable(c, n, s->variable, &v);
		f = node_finding(CHECK_WARN, n, &v);
		check_add(c, &f,
			  "the secret of %s gets another value, and nothing of the task definition "
			  "changes: the running task keeps the old one",
			  s->variable);
	}
}

void asked_g30(struct check *c)
{
	each_change(c, "whether a secret changes without its tasks", see_unchanged);
}

/* ---- B20
 * -------------------------------------------------------------------------------------------------
 */

/* Whether some node cannot use the value that the template would write. */
static bool is_unusable(const struct check *c, const struct deployment_resource *secret)
{
	struct node n;

	for (size_t i = 0; node_next(c, &i, &n);)
		for (const struct secret_slot *s = secret_slots; s->variable; s++) {
			struct secret_view view
				__attribute__((cleanup(own_drop_secret_view))) = { 0 };
			char why[256];
			const char *fault;

			secret_view(c, &n, s, &view);
			fault = view.from.secret == secret
					? secret_judge(&view, s, why, sizeof(why))
					: NULL;
			if (fault && *fault)
				return true;
		}
	return false;
}

static void see_secret(struct check *c, const struct deployment_resource *r)
{
	struct deployed d;
	bool generated;
	struct check_finding f = { .severity = CHECK_FAIL, .resource = r };

	if (strcmp(r->type, "AWS::SecretsManager::Secret") || !check_stack_name(c, r->template) ||
	    !deployed_or_unknown(c, r->template, "whether the update writes secrets over", &d))
		return;
	generated = deployed_changed(&d, r, "GenerateSecretString");
	if (!generated && !deployed_changed(&d, r, "SecretString"))
		return;
	f.property = generated ? "GenerateSecretString" : "SecretString";
	if (!generated && !is_unusable(c, r))
		f.severity = CHECK_WARN; /* it may be meant */
	check_add(c, &f,
		  "%s differs from the deployed template: the update puts %s over the value that "
		  "the secret has now, whoever wrote it",
		  f.property, generated ? "a random text" : "the template's text");
}

void asked_b20(struct check *c)
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++)
		see_secret(c, &r[i]);
}

/* ---- I16, G13, G25
 * ------------------------------------------------------------------------------------------- */

static void see_registry(struct check *c, const struct deployment_resource *r)
{
	struct deployed d;
	const json_t *before;
	struct check_finding f = { .severity = CHECK_WARN,
				   .resource = r,
				   .property = "ServiceRegistries" };

	if (strcmp(r->type, "AWS::ECS::Service") || !check_stack_name(c, r->template) ||
	    !deployed_or_unknown(c, r->template, "whether a service changes its registry", &d) ||
	    !deployed_changed(&d, r, "ServiceRegistries"))
		return;
	before = json_list(deployed_properties(&d, "before", r), "ServiceRegistries");
	check_add(c, &f,
		  "the deployed service has %s: its tasks are replaced, and a service made with "
		  "older "
		  "settings refuses the change",
		  json_array_size(before) ? "another registry" : "no registry");
}

void asked_i16(struct check *c)
{
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++)
		see_registry(c, &r[i]);
}

/* What can be said about an update is said: the stack is compared, or there is none yet. */
static bool is_settled(const struct deployed *d)
{
	return d->compare || d->state == DEPLOYED_NONE;
}

static const char *first_changed(const struct deployed *d, const struct deployment_resource *r,
				 const char *const *names)
{
	for (; *names; names++)
		if (deployed_changed(d, r, *names))
			return *names;
	return NULL;
}

bool asked_replaced_service(struct check *c, const struct deployment_resource *r)
{
	static const char *const names[] = {
		"Cluster", "LaunchType", "SchedulingStrategy", "DeploymentController", "Role", NULL
	};
	struct deployed d = deployed_of(c, r->template);
	const char *changed = is_settled(&d) ? first_changed(&d, r, names) : NULL;
	struct check_finding f = { .severity = CHECK_FAIL, .resource = r, .property = changed };

	if (changed && !deployed_changed(&d, r, "ServiceName"))
		check_add(c, &f,
			  "%s differs from the deployed service, which would have to be replaced; "
			  "with "
			  "a fixed ServiceName the update is refused",
			  changed);
	return is_settled(&d);
}

static const struct {
	const char *type;
	const char *const names[7];
} replacing[] = {
	{ "AWS::ServiceDiscovery::PrivateDnsNamespace", { "Name", "Vpc", NULL } },
	{ "AWS::EC2::VPC", { "CidrBlock", "InstanceTenancy", NULL } },
	{ "AWS::EC2::Subnet", { "CidrBlock", "AvailabilityZone", "VpcId", NULL } },
	{ "AWS::EFS::FileSystem",
	  { "Encrypted", "KmsKeyId", "PerformanceMode", "AvailabilityZoneName", NULL } },
	{ "AWS::EFS::AccessPoint",
	  { "FileSystemId", "PosixUser", "RootDirectory", "ClientToken", NULL } },
};

static void see_replacement(struct check *c, const struct deployed *d,
			    const struct deployment_resource *r)
{
	const char *changed = NULL;
	struct check_finding f = { .severity = CHECK_FAIL, .resource = r };

	for (size_t i = 0; i < COUNT(replacing) && !changed; i++)
		if (!strcmp(replacing[i].type, r->type))
			changed = first_changed(d, r, replacing[i].names);
	f.property = changed;
	if (changed)
		check_add(
			c, &f,
			"%s differs from the deployed template: %s and what depends on it would be "
			"made anew, without what is in it",
			changed, r->logical);
}

bool asked_replacement(struct check *c, size_t template)
{
	struct deployed d = deployed_of(c, template);
	size_t count;
	const struct deployment_resource *r = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; d.compare && i < count; i++)
		if (r[i].template == template)
			see_replacement(c, &d, &r[i]);
	return is_settled(&d);
}

/* ---- G07
 * -------------------------------------------------------------------------------------------------------
 */

static void see_export(struct check *c, const struct check_finding *where, const char *name,
		       bool removed)
{
	ASKED a = ask(c, "cloudformation", "ListImports", json_pack("{s:s}", "ExportName", name));
	const json_t *importers = asked_list(&a, "Imports", NULL);
	struct check_finding f = *where;

	/* no importer is an error of this action */
	if (a.state == CHECK_REFUSED &&
	    strstr(json_str_or(a.answer, "message", ""), "is not imported"))
		return;
	if (asked_absent(&a) || !asked_or_unknown(c, where, &a, "who imports a changed export"))
		return;
	f.severity = CHECK_FAIL;
	if (json_array_size(importers))
		check_add(c, &f, "the update %s export %.128s, which stack %.128s imports",
			  removed ? "removes" : "changes", name,
			  json_string_value(json_array_get(importers, 0)));
}

/* A value that depends on what the update makes is left out: it changes with its resource only. */
bool asked_exports(struct check *c, size_t template, const struct check_finding *where)
{
	struct deployed d = deployed_of(c, template);
	const json_t *after = json_map(d.compare, "exports_after");
	const char *name;
	json_t *value;

	json_object_foreach(json_map(d.compare, "exports_before"), name, value) {
		const json_t *now = json_object_get(after, name);

		if (!now || !json_equal(now, value))
			see_export(c, where, name, !now);
	}
	return is_settled(&d);
}
