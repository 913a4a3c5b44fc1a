/* mpcup down: the network's stacks, in the reverse of the order in which up made them. */
#include <string.h>
#include <unistd.h>

#include "core/network/network.h"
#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/deploy.h"
#include "face/cli/ecs-view.h"
#include "face/cli/network-view.h"
#include "face/cli/operator.h"
#include "face/cli/target.h"

/* The base that a network's template imports from (parameter NearStack); NULL: none. Borrowed. */
static const char *base_of(const json_t *stack)
{
	return json_str(json_find(json_list(stack, "Parameters"), "ParameterKey", "NearStack"), "ParameterValue");
}

/* Another network that imports from this base; NULL: none. Borrowed. */
static const char *other_user(const json_t *stacks, const char *base, const char *network)
{
	json_t *stack;
	size_t i;

	json_array_foreach(stacks, i, stack)
		if (!json_str(stack, "ParentId") && !str_eq(json_str(stack, "StackName"), network) &&
		    str_eq(base_of(stack), base))
			return json_str(stack, "StackName");
	return NULL;
}

static bool is_of(const json_t *stacks, const json_t *stack, const char *network, const char *role)
{
	json_t *other;
	size_t i;

	if (json_str(stack, "ParentId") || !str_eq(deploy_tag(stack, "mpcup:role"), role))
		return false;
	if (str_eq(deploy_tag(stack, "mpcup:network"), network))
		return true;
	json_array_foreach(stacks, i, other)
		if (str_eq(json_str(other, "StackName"), network) && str_eq(base_of(other), json_str(stack, "StackName")))
			return !strcmp(role, "base");
	return false;
}

/* Names of the stacks of a network in the order in which they may go: chain, network, base. A base that
 * another network uses stays: said to `to` (NULL: nobody). */
static json_t *stacks_of(const json_t *stacks, const char *network, FILE *to)
{
	static const char *const order[] = { "chain", "network", "base" };
	json_t *names = json_array(), *stack;
	size_t i;

	for (size_t o = 0; o < 3; o++)
		json_array_foreach(stacks, i, stack) {
			const char *name = json_str_or(stack, "StackName", "");
			const char *user = o == 2 ? other_user(stacks, name, network) : NULL;

			if (!is_of(stacks, stack, network, order[o]))
				continue;
			if (!user)
				json_add_str(names, name);
			else if (to)
				(void)fprintf(to, "Stack %s stays: %s imports from it.\n", name, user);
		}
	/* a stack that mpcup did not tag (made by the aws CLI or the CDK) goes alone */
	if (!json_array_size(names))
		json_add_str(names, network);
	return names;
}

/* A protected stack is left alone, and so are those that would go before it. */
static int refuse_protected(const json_t *stacks, const json_t *names, const char *words, struct err *err)
{
	json_t *name, *stack;
	size_t i, k;

	json_array_foreach(names, i, name)
		json_array_foreach(stacks, k, stack)
			if (str_eq(json_str(stack, "StackName"), json_string_value(name)) &&
			    json_bool_or(stack, "EnableTerminationProtection", false))
				return err_set(err, ERR_REMOTE,
					       "stack %s has termination protection; nothing was deleted. Whoever "
					       "may lifts it: aws cloudformation update-termination-protection "
					       "--no-enable-termination-protection --stack-name %s; then mpcup "
					       "down%s",
					       json_string_value(name), json_string_value(name), words);
	return 0;
}

/* ---- what stays ------------------------------------------------------------------------------------ */

/* Resources that CloudFormation kept. ret: array of {"ResourceType","PhysicalResourceId","Until"?}. */
static int note_retained(struct target *t, const char *stack, json_t *retained, struct err *err)
{
	OWN(json) json_t *events = NULL;
	json_t *event;
	size_t i;

	if (deploy_events(t, stack, &events, err) < 0)
		return -1;
	json_array_foreach(events, i, event)
		if (str_eq(json_str(event, "ResourceStatus"), "DELETE_SKIPPED"))
			json_array_append_new(
				retained,
				json_pack("{s:s,s:s}", "ResourceType", json_str_or(event, "ResourceType", ""),
					  "PhysicalResourceId", json_str_or(event, "PhysicalResourceId", "")));
	return 0;
}

/* Secrets of the stack that are gone but can be brought back for a while. */
static int note_recoverable(struct target *t, const json_t *resources, json_t *retained, struct err *err)
{
	json_t *one;
	size_t i;

	json_array_foreach(resources, i, one) {
		const char *id = json_str_or(one, "PhysicalResourceId", "");
		OWN(json) json_t *in = json_pack("{s:s}", "SecretId", id), *out = NULL;
		char code[96];

		if (!str_eq(json_str(one, "ResourceType"), "AWS::SecretsManager::Secret") || !*id)
			continue;
		if (awsclient_call(t->aws, "secretsmanager", "DescribeSecret", in, &out, code, err) < 0) {
			if (strcmp(code, "ResourceNotFoundException") != 0)
				return err_in(err, "secret %s", id);
			*err = (struct err){ 0 };
		} else if (json_object_get(out, "DeletedDate")) {
			json_array_append_new(retained, json_pack("{s:s,s:s,s:O}", "ResourceType",
								  "AWS::SecretsManager::Secret",
								  "PhysicalResourceId", id, "DeletedDate",
								  json_object_get(out, "DeletedDate")));
		}
	}
	return 0;
}

/* What the stacks of this name kept when they were deleted by an earlier run: --purge may come later.
 * ret_known (may be NULL): there were some. */
static int note_earlier(struct target *t, const char *network, json_t *retained, bool *ret_known,
			struct err *err)
{
	OWN(json) json_t *token = NULL;

	do {
		OWN(json) json_t *in = json_pack("{s:[s]}", "StackStatusFilter", "DELETE_COMPLETE"), *out = NULL;
		json_t *stack;
		size_t i;

		if (token)
			json_object_set(in, "NextToken", token);
		if (awsclient_call(t->aws, "cloudformation", "ListStacks", in, &out, NULL, err) < 0)
			return -1;
		json_array_foreach(json_list(out, "StackSummaries"), i, stack) {
			if (!str_eq(json_str(stack, "StackName"), network) ||
			    !str_eq(json_str(stack, "StackStatus"), "DELETE_COMPLETE"))
				continue;
			if (ret_known)
				*ret_known = true;
			if (note_retained(t, json_str_or(stack, "StackId", ""), retained, err) < 0)
				return -1;
		}
		json_decref(token);
		token = json_incref(json_object_get(out, "NextToken"));
	} while (json_is_string(token) && *json_string_value(token));
	return 0;
}

/* ---- purge ------------------------------------------------------------------------------------------- */

/* How what may stay is looked for and deleted. list: NULL when the look fails for what is not there. */
static const struct {
	const char *type, *service, *action, *member, *look, *look_member, *list;
} purges[] = {
	{ "AWS::Logs::LogGroup", "logs", "DeleteLogGroup", "logGroupName", "DescribeLogGroups",
	  "logGroupNamePrefix", "logGroups" },
	{ "AWS::EFS::FileSystem", "efs", "DeleteFileSystem", "FileSystemId", "DescribeFileSystems",
	  "FileSystemId", "FileSystems" },
	{ "AWS::SecretsManager::Secret", "secretsmanager", "DeleteSecret", "SecretId", "DescribeSecret",
	  "SecretId", NULL },
};

static int purge_one(struct cli *cli, struct target *t, const json_t *one, struct err *err)
{
	const char *type = json_str_or(one, "ResourceType", "");
	const char *id = json_str_or(one, "PhysicalResourceId", "");

	for (size_t i = 0; i < sizeof(purges) / sizeof(purges[0]); i++) {
		OWN(json) json_t *in = json_pack("{s:s}", purges[i].member, id);
		char code[96] = "";

		if (strcmp(purges[i].type, type))
			continue;
		if (!strcmp(purges[i].service, "secretsmanager"))
			json_set_bool(in, "ForceDeleteWithoutRecovery", true);
		if (awsclient_call(t->aws, purges[i].service, purges[i].action, in, NULL, code, err) < 0) {
			if (!strstr(code, "NotFound"))
				return err_in(err, "%s %s", type, id);
			*err = (struct err){ 0 };
		}
		if (cli->progress)
			(void)printf("  deleted  %-28s %s\n", type, id);
		return 0;
	}
	if (cli->progress)
		(void)printf("  kept     %-28s %s (no purge for this type)\n", type, id);
	return 0;
}

/* Whether a retained resource is still there: an earlier run's may be long gone. In doubt it is. */
static bool still_there(struct target *t, const json_t *one)
{
	const char *type = json_str_or(one, "ResourceType", "");

	for (size_t i = 0; i < sizeof(purges) / sizeof(purges[0]); i++) {
		OWN(json) json_t *in = json_pack("{s:s}", purges[i].look_member,
						 json_str_or(one, "PhysicalResourceId", ""));
		OWN(json) json_t *out = NULL;
		char code[96];

		if (strcmp(purges[i].type, type))
			continue;
		if (awsclient_call(t->aws, purges[i].service, purges[i].look, in, &out, code, NULL) < 0)
			return !strstr(code, "NotFound");
		return !purges[i].list || json_array_size(json_list(out, purges[i].list)) > 0;
	}
	return true;
}

static json_t *only_there(struct target *t, const json_t *retained)
{
	json_t *there = json_array(), *one;
	size_t i;

	json_array_foreach(retained, i, one)
		if (still_there(t, one))
			json_array_append(there, one);
	return there;
}

static void print_retained(const struct cli *cli, const json_t *retained)
{
	FILE *to = cli->progress ? stdout : stderr;
	json_t *one;
	size_t i;

	json_array_foreach(retained, i, one)
		(void)fprintf(to, "  %-30s %s%s\n", json_str_or(one, "ResourceType", ""),
			      json_str_or(one, "PhysicalResourceId", ""),
			      json_object_get(one, "DeletedDate") ? " (in its recovery window)" : "");
}

/* 0; 1: it was not to be (said). */
static int purge(struct cli *cli, struct target *t, const json_t *retained, struct err *err)
{
	json_t *one;
	size_t i;

	if (!t->local || cli->progress) {
		(void)fprintf(cli->progress ? stdout : stderr, "What the stacks kept:\n");
		print_retained(cli, retained);
	}
	/* the local cloud is for throwing away */
	if (!t->local && !cli_confirm(cli, "Delete these for good? Keys and key shares in them are lost."))
		return 1;
	json_array_foreach(retained, i, one)
		if (purge_one(cli, t, one, err) < 0)
			return -1;
	return 0;
}

static int report_retained(struct cli *cli, struct target *t, const json_t *retained, struct err *err)
{
	if (!json_array_size(retained))
		return 0;
	if (cli_flag(cli, "purge"))
		return purge(cli, t, retained, err);
	if (cli->progress) {
		(void)puts("What stays (the same mpcup down with --purge deletes it):");
		print_retained(cli, retained);
	}
	return 0;
}

/* One stack and what it keeps. 0, 1 failed (said), -1. */
static int delete_one(struct cli *cli, struct target *t, const char *name, json_t *retained, struct err *err)
{
	OWN(json) json_t *stack = NULL, *resources = NULL, *nested = NULL;
	json_t *one;
	size_t i;
	int rc = deploy_describe(t, name, &stack, err);
	const char *id = json_str_or(stack, "StackId", name); /* a deleted stack is only known by it */

	if (rc)
		return rc < 0 ? -1 : note_earlier(t, name, retained, NULL, err);
	if (ecs_view_resources(t, name, &resources, err) < 0)
		return -1;
	nested = ecs_view_nested(resources); /* they too are known by their ids alone, later */
	rc = deploy_delete(cli, t, name, err);
	if (rc)
		return rc;
	json_array_foreach(nested, i, one)
		if (note_retained(t, json_string_value(one), retained, err) < 0)
			return -1;
	if (note_retained(t, id, retained, err) < 0)
		return -1;
	return note_recoverable(t, resources, retained, err);
}

/* A name that nothing has or had was mistyped. */
static int refuse_unknown(struct target *t, const json_t *stacks, const char *name, struct err *err)
{
	OWN(json) json_t *unused = json_array();
	OWN(buf) struct buf names = { 0 };
	bool known = false;
	json_t *stack;
	size_t i;

	json_array_foreach(stacks, i, stack)
		if (str_eq(json_str(stack, "StackName"), name) || str_eq(json_str(stack, "StackId"), name))
			return 0;
	if (note_earlier(t, name, unused, &known, err) < 0)
		return -1;
	if (known)
		return 0;
	json_array_foreach(stacks, i, stack)
		if (!json_str(stack, "ParentId"))
			buf_printf(&names, "%s%s", names.len ? ", " : "", json_str_or(stack, "StackName", ""));
	return err_set(err, ERR_SYS, "there is no stack %s; %s%s", name, names.len ? "there are " : "none is deployed",
		       names.len ? names.data : "");
}

static int delete_stacks(struct cli *cli, struct target *t, const json_t *names, json_t *deleted,
			 json_t *retained, struct err *err)
{
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name) {
		const char *text = json_string_value(name);
		int rc = delete_one(cli, t, text, retained, err);

		if (rc)
			return rc;
		if (t->local)
			operator_forget(t, text);
		json_add_str(deleted, text);
		if (cli->progress)
			(void)printf("%sDELETE_COMPLETE%s %s\n", cli_paint(cli, "green"),
				     cli_paint(cli, "off"), text);
	}
	return 0;
}

/* The stacks of the network.yaml here, when they are gone and something that they kept is still there. Caller's. */
static json_t *gone_stacks(struct target *t, struct err *err)
{
	OWN(network) struct network *n = NULL;
	OWN(json) json_t *there = NULL, *noted = json_array(), *left = NULL;
	OWN(str) char *text = NULL;
	json_t *names = json_array();
	size_t len;

	if (access("network.yaml", R_OK) < 0 || cli_read("network.yaml", &text, &len, NULL) < 0 ||
	    network_parse("network.yaml", text, len, &n, NULL) < 0 || deploy_describe(t, n->name, &there, NULL) != 1)
		return names;
	if (note_earlier(t, n->name, noted, NULL, err) == 0)
		json_add_str(names, n->name);
	if (n->base_stack && deploy_describe(t, n->base_stack, &there, NULL) == 1 &&
	    note_earlier(t, n->base_stack, noted, NULL, err) == 0)
		json_add_str(names, n->base_stack);
	left = only_there(t, noted);
	if (!json_array_size(left))
		json_array_clear(names);
	return names;
}

static int choose_stacks(struct cli *cli, struct target *t, json_t **ret_names, struct err *err)
{
	OWN(str) char *network = NULL, *words = target_words(cli);
	OWN(json) json_t *stacks = NULL, *names = NULL;

	if (cli_flag(cli, "purge") && !cli_option(cli, "stack")) {
		names = gone_stacks(t, err);
		if (json_array_size(names)) {
			*ret_names = GIVE(names);
			return 0;
		}
	}
	if (network_view_stack(cli, t, &network, err) < 0 || deploy_list(t, &stacks, err) < 0 ||
	    refuse_unknown(t, stacks, network, err) < 0)
		return -1;
	json_decref(names);
	names = stacks_of(stacks, network, cli->progress ? stdout : NULL);
	if (refuse_protected(stacks, names, words, err) < 0)
		return -1;
	*ret_names = GIVE(names);
	return 0;
}

static int run_down(struct cli *cli, struct err *err)
{
	struct target t __attribute__((cleanup(own_drop_target))) = { 0 };
	OWN(json) json_t *names = NULL, *deleted = json_array(), *kept = json_array(), *retained = NULL;
	int64_t began = deploy_now_ms();
	int rc;

	if (target_open(cli, false, &t, err) < 0 || choose_stacks(cli, &t, &names, err) < 0)
		return -1;
	target_say(cli, &t);
	rc = delete_stacks(cli, &t, names, deleted, kept, err);
	if (rc)
		return rc < 0 ? -1 : CLI_FAILED;
	retained = only_there(&t, kept);
	rc = report_retained(cli, &t, retained, err);
	if (rc < 0)
		return -1;
	if (cli->json) {
		OWN(json) json_t *result = json_pack("{s:O,s:O,s:b}", "deleted", deleted, "retained", retained,
						     "purged", cli_flag(cli, "purge") && rc == 0);

		cli_print_json(result);
	} else if (cli->progress) {
		(void)printf("Down in %.2f s.\n", (double)(deploy_now_ms() - began) / 1000);
	}
	return rc ? CLI_FAILED : CLI_OK;
}

static const struct cli_option down_options[] = {
	{ .name = "stack", .value = "NAME", .help = "the stack (default: network.yaml's, or the only one)" },
	{ .name = "purge", .help = "also delete what the stacks retain: log groups, file systems, secrets" },
	{ .name = "yes", .help = "aws: purge without asking" },
	TARGET_OPTIONS,
	{ 0 },
};
const struct command command_down = {
	.name = "down",
	.help = "delete the network's stacks: attached chain, network, base",
	.details = "What a DeletionPolicy retains, and secrets in their recovery window, are listed, and deleted\n"
		   "only with --purge, which may come later; on AWS it names them and asks first. A stack with\n"
		   "termination protection is left alone.",
	.examples = "  mpcup down\n  mpcup down --stack mpc --purge",
	.options = down_options,
	.run = run_down,
};
