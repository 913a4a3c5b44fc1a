/* Resource types that are only records: nothing stands behind them on AWS either. */
#include "engine/cloud/cloudformation/cloudformation-internal.h"

static int create_metadata(struct hub *hub, struct resource *r, struct err *err)
{
	(void)err;
	r->physical = hub_uuid(hub);
	return RESOURCE_DONE;
}

static int remove_nothing(struct hub *hub, struct resource *r, struct err *err)
{
	(void)hub;
	(void)r;
	(void)err;
	return RESOURCE_DONE;
}

/* What the CDK says about itself. */
const struct resource_kind kind_cdk_metadata = {
	.type = "AWS::CDK::Metadata",
	.create = create_metadata,
	.remove = remove_nothing,
};

static const char *const no_properties[] = { NULL };

/* Used as a name that changes with the template; signals to it are not part of the local cloud (no
 * AWS::CloudFormation::WaitCondition). */
static int create_handle(struct hub *hub, struct resource *r, struct err *err)
{
	OWN(str) char *suffix = hub_random(hub, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 12);

	(void)err;
	r->physical =
		str_printf("https://cloudformation-waitcondition-%s.s3.%s.amazonaws.com/%s/%s/%s",
			   hub_region(hub), hub_region(hub), r->stack_id, r->logical, suffix);
	json_set_str(r->attributes, "Id", r->physical);
	return RESOURCE_DONE;
}

const struct resource_kind kind_wait_handle = {
	.type = "AWS::CloudFormation::WaitConditionHandle",
	.create = create_handle,
	.remove = remove_nothing,
	.allowed = no_properties,
};
