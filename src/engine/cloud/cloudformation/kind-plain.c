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
