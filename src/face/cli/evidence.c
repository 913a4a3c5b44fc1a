/* Stacks: the one that was asked for, those of its network, those it imports from and those that import
 * from it. */
#include "face/cli/evidence.h"

#include <string.h>
#include <time.h>

#include "core/aws/aws.h"
#include "core/diagnose/diagnose.h"
#include "face/cli/deploy.h"
#include "face/cli/ecs-view.h"
#include "face/cli/evidence-internal.h"

static void unread(struct gather *g, const char *what, const char *why)
{
	json_t *list = json_list(g->evidence, "unread"), *one;
	size_t i;

	json_array_foreach(list, i, one)
		if (str_eq(json_str(one, "what"), what) && str_eq(json_str(one, "why"), why))
			return;
	json_array_append_new(list, json_pack("{s:s,s:s}", "what", what, "why", why));
}

json_t *gather_ask(struct gather *g, const char *service, const char *action, json_t *in, char *ret_code)
{
	OWN(json) json_t *request = in;
	OWN(str) char *what = str_printf("%s %s", service, action);
	struct err why = { 0 };
	char code[96] = "";
	json_t *out = NULL;

	if (awsclient_call(g->target->aws, service, action, request, &out, code, &why) == 0) {
		if (ret_code)
			*ret_code = '\0';
		return out ? out : json_object();
	}
	if (ret_code)
		strcpy(ret_code, code);
	else
		unread(g, what, why.text);
	return NULL;
}

/* ---- one stack --------------------------------------------------------------------------------------- */

static void put_template(struct gather *g, const char *stack, json_t *entry)
{
	OWN(json) json_t *out = gather_ask(g, "cloudformation", "GetTemplate",
					   json_pack("{s:s,s:s}", "StackName", stack, "TemplateStage",
						     "Processed"),
					   NULL);
	json_t *body = json_object_get(out, "TemplateBody");

	if (json_is_string(body)) {
		json_object_set(entry, "template", body);
	} else if (json_is_object(body)) {
		OWN(str) char *text = json_text(body);

		json_set_str(entry, "template", text);
	}
}

static bool is_there(const struct gather *g, const char *id)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(g->evidence, "stacks"), i, one)
		if (str_eq(json_str(json_map(one, "stack"), "StackId"), id))
			return true;
	return false;
}

static int add_stack(struct gather *g, const json_t *described, struct err *err)
{
	const char *id = json_str_or(described, "StackId", "");
	OWN(json) json_t *entry = json_object(), *events = NULL, *resources = NULL;

	if (is_there(g, id))
		return 0;
	json_object_set(entry, "stack", (json_t *)(uintptr_t)described);
	if (json_list(described, "Parameters"))
		json_object_set(entry, "parameters", json_list(described, "Parameters"));
	put_template(g, id, entry);
	if (deploy_events(g->target, id, &events, err) < 0 ||
	    ecs_view_resources(g->target, id, &resources, err) < 0)
		return -1;
	json_object_set(entry, "events", events);
	json_object_set(entry, "resources", resources);
	json_array_append(json_list(g->evidence, "stacks"), entry);
	gather_services(g, json_str_or(described, "StackName", ""), resources);
	return 0;
}

static int add_named(struct gather *g, const char *name, struct err *err)
{
	OWN(json) json_t *described = NULL;
	int rc = deploy_describe(g->target, name, &described, err);

	return rc ? rc : add_stack(g, described, err);
}

/* ---- others ------------------------------------------------------------------------------------------- */

static bool imports(struct gather *g, const char *export, const char *stack)
{
	char code[96];
	OWN(json) json_t *out = gather_ask(g, "cloudformation", "ListImports",
					   json_pack("{s:s}", "ExportName", export), code);
	json_t *one;
	size_t i;

	json_array_foreach(json_list(out, "Imports"), i, one)
		if (!stack || str_eq(json_string_value(one), stack))
			return true;
	return false;
}

/* Stacks that this one imports from. */
static void add_exporters(struct gather *g, const char *stack)
{
	OWN(json) json_t *out = gather_ask(g, "cloudformation", "ListExports", json_object(), NULL);
	json_t *one;
	size_t i;

	json_array_foreach(json_list(out, "Exports"), i, one) {
		const char *id = json_str_or(one, "ExportingStackId", "");

		if (!is_there(g, id) && imports(g, json_str_or(one, "Name", ""), stack))
			(void)add_named(g, id, NULL);
	}
}

/* Stacks that one `mpcup up` deployed together. The attached chain is ours and has nothing to find. */
static void add_network(struct gather *g, const json_t *described)
{
	const char *network = deploy_tag(described, "mpcup:network");
	OWN(json) json_t *out = network ? gather_ask(g, "cloudformation", "DescribeStacks", json_object(), NULL)
					: NULL;
	json_t *one;
	size_t i;

	json_array_foreach(json_list(out, "Stacks"), i, one)
		if (str_eq(deploy_tag(one, "mpcup:network"), network) &&
		    !str_eq(deploy_tag(one, "mpcup:role"), "chain"))
			(void)add_stack(g, one, NULL);
}

int evidence_gather(struct target *t, const char *stack, bool secret_values, json_t **ret,
		    struct err *err)
{
	OWN(str) char *now = aws_time_iso((int64_t)time(NULL) * 1000);
	OWN(json) json_t *described = NULL;
	OWN(json) json_t *evidence = json_pack("{s:i,s:s,s:s,s:s,s:[],s:[],s:[],s:[],s:[],s:[]}", "version", 1,
					       "takenAt", now, "region", awsclient_region(t->aws),
					       "endpoint", t->endpoint, "stacks", "services",
					       "taskDefinitions", "logs", "secrets", "unread");
	OWN(json) json_t *groups = json_object(), *definitions = json_object(), *secrets = json_object();
	struct gather g = { .target = t, .secret_values = secret_values, .evidence = evidence,
			    .groups = groups, .definitions = definitions, .secrets = secrets };
	int rc = deploy_describe(t, stack, &described, err);

	if (rc)
		return rc;
	if (add_stack(&g, described, err) < 0)
		return -1;
	add_exporters(&g, json_str_or(described, "StackName", stack));
	add_network(&g, described);
	*ret = GIVE(evidence);
	return 0;
}

/* ---- kept --------------------------------------------------------------------------------------------- */

void evidence_complete(json_t *evidence, const json_t *earlier)
{
	static const char *const lists[] = { "services", "taskDefinitions", "logs", "secrets" };
	json_t *one;
	size_t i, tasks = 0;

	json_array_foreach(json_list(evidence, "services"), i, one)
		tasks += json_array_size(json_list(one, "tasks"));
	for (i = 0; tasks == 0 && i < sizeof(lists) / sizeof(lists[0]); i++)
		if (json_list(earlier, lists[i]))
			json_object_set(evidence, lists[i], json_list(earlier, lists[i]));
}

int evidence_save(const char *path, const json_t *evidence, struct err *err)
{
	OWN(json) json_t *masked = evidence_masked(evidence);
	OWN(str) char *text = json_dumps(masked, JSON_INDENT(1));

	if (!text)
		return err_set(err, ERR_BUG, "%s: the evidence cannot be written as JSON", path);
	return cli_write(path, text, strlen(text), 0600, err);
}

int evidence_load(const char *path, json_t **ret, struct err *err)
{
	OWN(json) json_t *evidence = NULL;
	OWN(str) char *text = NULL;
	size_t len;

	if (cli_read(path, &text, &len, err) < 0 || json_parse_text(path, text, len, &evidence, err) < 0)
		return -1;
	if (diagnose_validate(evidence, err) < 0)
		return err_in(err, "%s", path);
	*ret = GIVE(evidence);
	return 0;
}
