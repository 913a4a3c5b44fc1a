/* mpcup down: the network's stacks, in the reverse of the order in which up made them. */
#include <string.h>

#include "face/cli/cli-internal.h"
#include "face/cli/commands.h"
#include "face/cli/deploy.h"
#include "face/cli/ecs-view.h"
#include "face/cli/network-view.h"
#include "face/cli/operator.h"
#include "face/cli/target.h"

/* Names of the stacks of a network in the order in which they may go: chain, network, base. */
static int stacks_of(struct target *t, const char *network, json_t **ret, struct err *err)
{
	static const char *const order[] = { "chain", "network", "base" };
	OWN(json) json_t *out = NULL, *names = json_array();
	json_t *stack;
	size_t i;

	if (awsclient_call(t->aws, "cloudformation", "DescribeStacks", NULL, &out, NULL, err) < 0)
		return -1;
	for (size_t o = 0; o < 3; o++)
		json_array_foreach(json_list(out, "Stacks"), i, stack)
			if (str_eq(deploy_tag(stack, "mpcup:network"), network) &&
			    str_eq(deploy_tag(stack, "mpcup:role"), order[o]))
				json_add_str(names, json_str_or(stack, "StackName", ""));
	*ret = GIVE(names);
	return 0;
}

/* Resources that CloudFormation kept: array of {"ResourceType","PhysicalResourceId"}. */
static void note_retained(struct target *t, const char *stack, json_t *retained)
{
	OWN(json) json_t *events = NULL;
	json_t *event;
	size_t i;

	if (deploy_events(t, stack, &events, NULL) < 0)
		return;
	json_array_foreach(events, i, event)
		if (str_eq(json_str(event, "ResourceStatus"), "DELETE_SKIPPED"))
			json_array_append_new(
				retained,
				json_pack("{s:s,s:s}", "ResourceType", json_str_or(event, "ResourceType", ""),
					  "PhysicalResourceId", json_str_or(event, "PhysicalResourceId", "")));
}

static const struct {
	const char *type, *service, *action, *member;
} purges[] = {
	{ "AWS::Logs::LogGroup", "logs", "DeleteLogGroup", "logGroupName" },
	{ "AWS::EFS::FileSystem", "efs", "DeleteFileSystem", "FileSystemId" },
	{ "AWS::SecretsManager::Secret", "secretsmanager", "DeleteSecret", "SecretId" },
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

static int report_retained(struct cli *cli, struct target *t, const json_t *retained,
			   struct err *err)
{
	bool purge = cli_flag(cli, "purge");
	json_t *one;
	size_t i;

	if (json_array_size(retained) && cli->progress)
		(void)printf(purge ? "Deleting what the stacks kept:\n"
				   : "Kept by the stacks' DeletionPolicy (mpcup down --purge deletes them):\n");
	json_array_foreach(retained, i, one) {
		if (purge) {
			if (purge_one(cli, t, one, err) < 0)
				return -1;
		} else if (cli->progress) {
			(void)printf("  %-30s %s\n", json_str_or(one, "ResourceType", ""),
				     json_str_or(one, "PhysicalResourceId", ""));
		}
	}
	return 0;
}

/* A deleted stack is only known by its ARN: remember it before. */
static char *stack_id(struct target *t, const char *name)
{
	OWN(json) json_t *stack = NULL;

	return deploy_describe(t, name, &stack, NULL) == 0 ? str_dup(json_str(stack, "StackId")) : NULL;
}

static int delete_stacks(struct cli *cli, struct target *t, const json_t *names, json_t *deleted,
			 json_t *retained, struct err *err)
{
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name) {
		const char *text = json_string_value(name);
		OWN(str) char *id = stack_id(t, text);
		int rc = deploy_delete(cli, t, text, err);

		if (rc)
			return rc;
		if (id)
			note_retained(t, id, retained);
		operator_forget(t, text);
		json_add_str(deleted, text);
		if (cli->progress)
			(void)printf("%sDELETE_COMPLETE%s %s\n", cli_paint(cli, "green"),
				     cli_paint(cli, "off"), text);
	}
	return 0;
}

static int run_down(struct cli *cli, struct err *err)
{
	struct target t __attribute__((cleanup(own_drop_target))) = { 0 };
	OWN(str) char *network = NULL;
	OWN(json) json_t *names = NULL, *deleted = json_array(), *retained = json_array();
	int64_t began = deploy_now_ms();
	int rc;

	if (target_open(cli, false, &t, err) < 0 || network_view_stack(cli, &t, &network, err) < 0 ||
	    stacks_of(&t, network, &names, err) < 0)
		return -1;
	/* a stack that mpcup did not tag (made by the aws CLI or the CDK) goes alone */
	if (!json_array_size(names))
		json_add_str(names, network);
	rc = delete_stacks(cli, &t, names, deleted, retained, err);
	if (rc)
		return rc < 0 ? -1 : CLI_FAILED;
	if (report_retained(cli, &t, retained, err) < 0)
		return -1;
	if (cli->json) {
		OWN(json) json_t *result = json_pack("{s:O,s:O,s:b}", "deleted", deleted, "retained",
						     retained, "purged", cli_flag(cli, "purge"));

		cli_print_json(result);
	} else if (cli->progress) {
		(void)printf("Down in %.2f s.\n", (double)(deploy_now_ms() - began) / 1000);
	}
	return CLI_OK;
}

static const struct cli_option down_options[] = {
	{ .name = "stack", .value = "NAME", .help = "the stack (default: network.yaml's, or the only one)" },
	{ .name = "purge", .help = "also delete what the stacks retain: log groups, file systems, secrets" },
	TARGET_OPTIONS,
	{ 0 },
};
const struct command command_down = {
	.name = "down",
	.help = "delete the network's stacks: attached chain, network, base",
	.details = "What a DeletionPolicy retains is listed, and deleted only with --purge.",
	.examples = "  mpcup down\n  mpcup down --stack mpc --purge",
	.options = down_options,
	.run = run_down,
};
