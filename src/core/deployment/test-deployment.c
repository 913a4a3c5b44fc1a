/* The templates of tests/templates as deployments. */
#include "base/test.h"
#include "core/deployment/deployment.h"

TEST(deployment, nothing_is_a_deployment_of_nothing)
{
	OWN(deployment) struct deployment *d = NULL;
	struct err err = { 0 };
	size_t count = 1;

	CHECK_OK(deployment_read(NULL, 0, &d, &err), err);
	(void)deployment_resources(d, &count);
	CHECK_INT(count, 0);
}
