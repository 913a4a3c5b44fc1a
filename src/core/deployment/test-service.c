/* Which container of a task is the node. */
#include <string.h>

#include "base/str.h"
#include "base/test.h"
#include "core/deployment/deployment.h"

#define VARIABLE(name) "{\"Name\":\"" name "\",\"Value\":\"x\"}"
#define CONTAINER(name, variables) "{\"Name\":\"" name "\",\"Image\":\"" name "\",\"Environment\":[" variables "]}"
#define NODE CONTAINER("signer", VARIABLE("MPC_HOME_DIR") "," VARIABLE("MPC_ACCOUNT_ID"))
#define MONITOR CONTAINER("monitor", VARIABLE("MPC_ACCOUNT_ID") "," VARIABLE("MPC_ENV"))
#define PROXY CONTAINER("proxy", VARIABLE("MPC_ENV"))
#define BY_IMAGE CONTAINER("registry/mpc-node:3", VARIABLE("OTHER"))

/* mpc_container of a service whose task has these containers. */
static int node_among(const char *containers)
{
	OWN(str) char *text = str_printf(
		"{\"Resources\":{\"T\":{\"Type\":\"AWS::ECS::TaskDefinition\",\"Properties\":{\"ContainerDefinitions\":[%s]}},"
		"\"S\":{\"Type\":\"AWS::ECS::Service\",\"Properties\":{\"TaskDefinition\":{\"Ref\":\"T\"}}}}}",
		containers);
	OWN(template) struct template *t = NULL;
	OWN(template_eval) struct template_eval *eval = NULL;
	OWN(deployment) struct deployment *d = NULL;
	OWN(json) json_t *parameters = NULL;
	struct template_world world = { 0 };
	struct deployment_template one;
	struct err err = { 0 };
	size_t count;

	CHECK_OK(template_parse("t.json", text, strlen(text), &t, &err), err);
	CHECK_OK(template_parameters(t, NULL, NULL, 0, &world, &parameters, &err), err);
	CHECK_OK(template_eval_new(t, parameters, &world, &eval, &err), err);
	one = (struct deployment_template){ .t = t, .eval = eval };
	CHECK_OK(deployment_read(&one, 1, &d, &err), err);
	return deployment_services(d, &count)[0]->mpc_container;
}

TEST(service, of_containers_with_as_many_variables_of_a_node_the_one_with_a_home_directory_is_it)
{
	CHECK_INT(node_among(MONITOR "," NODE), 1);
	CHECK_INT(node_among(NODE "," MONITOR), 0);
	CHECK_INT(node_among(PROXY "," MONITOR "," NODE), 2);
}

TEST(service, one_variable_makes_no_node_and_an_image_may)
{
	CHECK_INT(node_among(PROXY), -1);
	CHECK_INT(node_among(PROXY "," BY_IMAGE), 1);
	CHECK_INT(node_among(MONITOR "," BY_IMAGE), 0);
}
