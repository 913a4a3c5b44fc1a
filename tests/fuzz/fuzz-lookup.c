/* Any bytes as answers of look-ups: the picture of the account is a template that can be read beside a
 * deployment that leans on it, whatever the answers say; then the next questions and the rules. Built by
 * `make fuzz` with clang's libFuzzer. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check/check.h"
#include "core/lookup/lookup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char leaning[] =
	"{\"Resources\":{\"Task\":{\"Type\":\"AWS::ECS::TaskDefinition\",\"Properties\":{"
	"\"ExecutionRoleArn\":\"arn:aws:iam::123456789012:role/node-execution\",\"Volumes\":[{\"Name\":"
	"\"data\",\"EFSVolumeConfiguration\":{\"FilesystemId\":\"fs-0001\"}}],\"ContainerDefinitions\":[{"
	"\"Name\":\"node\",\"Image\":\"mpc-node\",\"Secrets\":[{\"Name\":\"MPC_ACCOUNT_SK\",\"ValueFrom\":"
	"\"arn:aws:secretsmanager:us-east-1:123456789012:secret:node-key-AbCdEf:a::\"},{\"Name\":"
	"\"MPC_SECRET_STORE_KEY\",\"ValueFrom\":\"parameter\"}],\"LogConfiguration\":{\"LogDriver\":"
	"\"awslogs\",\"Options\":{\"awslogs-group\":\"/node\"}}}]}},\"Service\":{\"Type\":"
	"\"AWS::ECS::Service\",\"Properties\":{\"TaskDefinition\":{\"Ref\":\"Task\"},\"LaunchType\":"
	"\"FARGATE\",\"ServiceRegistries\":[{\"RegistryArn\":\"arn:aws:servicediscovery:us-east-1:"
	"123456789012:service/srv-1\"}],\"NetworkConfiguration\":{\"AwsvpcConfiguration\":{\"Subnets\":["
	"\"subnet-0001\",{\"Fn::ImportValue\":\"Subnet\"}],\"SecurityGroups\":[\"sg-0001\"]}}}}}}";

struct side {
	struct template *t;
	json_t *parameters;
	struct template_eval *eval;
};

/* What cannot be read, although it is ours, is a fault; that it is too large is none. */
static bool read_side(struct side *s, const char *name, const char *text)
{
	static const struct template_world nothing = { 0 };
	struct err err = { 0 };

	if (template_parse(name, text, strlen(text), &s->t, &err) == 0 &&
	    template_parameters(s->t, NULL, NULL, 0, &nothing, &s->parameters, &err) == 0 &&
	    template_eval_new(s->t, s->parameters, &nothing, &s->eval, &err) == 0)
		return true;
	if (strlen(text) > 1000000)
		return false;
	(void)fprintf(stderr, "%s\n%s\n", err.text, text);
	abort();
}

static void drop_side(struct side *s)
{
	template_eval_free(s->eval);
	json_decref(s->parameters);
	template_free(s->t);
}

static void judge(const struct side *sides, const json_t *facts)
{
	struct deployment_template list[2] = { { sides[0].t, sides[0].eval },
					       { sides[1].t, sides[1].eval } };
	struct check_options options = { .facts = facts, .region = "us-east-1" };
	OWN(deployment) struct deployment *d = NULL;
	OWN(json) json_t *wanted = NULL, *result = NULL;
	struct err err = { 0 };

	if (deployment_read(list, 2, &d, &err) < 0)
		return;
	wanted = lookup_wanted(d, list, 1, facts);
	result = check_run(d, list, 2, &options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWN(json) json_t *facts = json_loadb((const char *)data, size, 0, NULL);
	struct side sides[2] = { 0 };
	char *picture;

	if (!json_is_object(facts))
		return 0;
	picture = lookup_picture(facts);
	if (picture && read_side(&sides[0], "own", leaning) && read_side(&sides[1], "account", picture))
		judge(sides, facts);
	drop_side(&sides[0]);
	drop_side(&sides[1]);
	free(picture);
	return 0;
}
