/* The service as the hub sees it. */
#include "engine/cloud/cloudformation/cloudformation.h"

#include "engine/cloud/cloudformation/cloudformation-internal.h"

/* ARN of the stack that a request names, for IAM. */
static char *stack_resource(struct hub *hub, const struct call *c)
{
	const char *name = json_str(c->in, "StackName");
	OWN(str) char *resource = NULL;
	json_t *stack = stack_find(hub, name);

	if (stack)
		return str_dup(stack_id(stack));
	if (!name || !*name)
		return str_dup("*");
	if (str_starts(name, "arn:"))
		return str_dup(name);
	resource = str_printf("stack/%s/*", name);
	return hub_arn(hub, "cloudformation", resource);
}

/* clang-format off */
static const struct action actions[] = {
	{ .name = "CreateStack",		 .run = action_create_stack,	       .resource = stack_resource },
	{ .name = "UpdateStack",		 .run = action_update_stack,	       .resource = stack_resource },
	{ .name = "DeleteStack",		 .run = action_delete_stack,	       .resource = stack_resource },
	{ .name = "CancelUpdateStack",		 .run = action_cancel_update,	       .resource = stack_resource },
	{ .name = "ContinueUpdateRollback",	 .run = action_continue_rollback,      .resource = stack_resource },
	{ .name = "RollbackStack",		 .run = action_rollback_stack,	       .resource = stack_resource },
	{ .name = "UpdateTerminationProtection", .run = action_termination_protection, .resource = stack_resource },
	{ .name = "DescribeStacks",		 .run = action_describe_stacks,	       .resource = stack_resource },
	{ .name = "ListStacks",			 .run = action_list_stacks },
	{ .name = "DescribeStackEvents",	 .run = action_describe_events,	       .resource = stack_resource },
	{ .name = "DescribeStackResource",	 .run = action_describe_resource,      .resource = stack_resource },
	{ .name = "DescribeStackResources",	 .run = action_describe_resources,     .resource = stack_resource },
	{ .name = "ListStackResources",		 .run = action_list_resources,	       .resource = stack_resource },
	{ .name = "GetTemplate",		 .run = action_get_template,	       .resource = stack_resource },
	{ .name = "GetTemplateSummary",		 .run = action_template_summary,       .resource = stack_resource },
	{ .name = "ValidateTemplate",		 .run = action_validate_template },
	{ .name = "CreateChangeSet",		 .run = action_create_change_set,      .resource = stack_resource },
	{ .name = "DescribeChangeSet",		 .run = action_describe_change_set,    .resource = stack_resource },
	{ .name = "ExecuteChangeSet",		 .run = action_execute_change_set,     .resource = stack_resource },
	{ .name = "DeleteChangeSet",		 .run = action_delete_change_set,      .resource = stack_resource },
	{ .name = "ListChangeSets",		 .run = action_list_change_sets,       .resource = stack_resource },
	{ .name = "ListExports",		 .run = action_list_exports },
	{ .name = "ListImports",		 .run = action_list_imports },
	{ .name = "mpcup:Signal",		 .run = action_signal },
	{ .name = NULL },
};
/* clang-format on */

static const struct resource_kind *const kinds[] = { &kind_cdk_metadata, &kind_wait_handle,
						     &kind_wait_condition, &kind_nested_stack,
						     NULL };

const struct service service_cloudformation = {
	.name = "cloudformation",
	.actions = actions,
	.kinds = kinds,
	.start = engine_start,
	.stop = engine_stop,
	.covers = "Stacks, nested stacks and change sets with events, rollback, exports and "
		  "imports; no change sets of nested stacks, macros but AWS::LanguageExtensions, drift detection, stack policies, stack sets or imports of "
		  "resources.",
};
