#include "base/test.h"

#include <event2/event.h>
#include <string.h>

#include "engine/cloud/ecr/ecr.h"

static const struct service *const services[] = { &service_ecr, NULL };

struct bench {
	struct event_base *base;
	struct hub *hub;
	char code[96];
};

static void bench_open(struct bench *b)
{
	struct hub_options o = { .services = services };
	struct err err = { 0 };

	*b = (struct bench){ .base = event_base_new() };
	o.events = b->base;
	CHECK_OK(hub_new(&o, &b->hub, &err), err);
	CHECK_OK(hub_start(b->hub, &err), err);
}

static void bench_close(struct bench *b)
{
	hub_free(b->hub);
	event_base_free(b->base);
}

/* The answer (caller's), or NULL with the code in b. `name` may be NULL. */
static json_t *ask(struct bench *b, const char *action, const char *name)
{
	OWN(json) json_t *in = json_object();
	json_t *out = NULL;
	struct err err = { 0 };

	json_set_str(in, "repositoryName", name);
	b->code[0] = '\0';
	return hub_call(b->hub, NULL, "ecr", action, in, &out, b->code, &err) < 0 ? NULL : out;
}

TEST(ecr, repositories_come_and_go)
{
	struct bench b;
	OWN(json) json_t *made = NULL, *again = NULL, *all = NULL, *gone = NULL, *left = NULL;

	bench_open(&b);
	made = ask(&b, "CreateRepository", "team/node");
	CHECK_STR(json_str(json_map(made, "repository"), "repositoryUri"),
		  "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/node");
	again = ask(&b, "CreateRepository", "team/node");
	CHECK(!again);
	CHECK_STR(b.code, "RepositoryAlreadyExistsException");
	CHECK(!ask(&b, "CreateRepository", "Upper"));
	CHECK_STR(b.code, "InvalidParameterException");
	all = ask(&b, "DescribeRepositories", NULL);
	CHECK_INT(json_array_size(json_list(all, "repositories")), 1);
	gone = ask(&b, "DeleteRepository", "team/node");
	CHECK(gone);
	left = ask(&b, "ListImages", "team/node");
	CHECK(!left);
	CHECK_STR(b.code, "RepositoryNotFoundException");
	bench_close(&b);
}

TEST(ecr, the_resource_is_the_repository)
{
	struct bench b;
	const struct resource_kind *kind;
	OWN(json) json_t *properties = json_pack("{s:s,s:{s:s}}", "RepositoryName", "assets",
						 "RepositoryPolicyText", "Version", "2012-10-17");
	struct resource r = { .stack_name = "s", .logical = "R", .type = "AWS::ECR::Repository" };
	struct err err = { 0 };
	OWN(json) json_t *policy = NULL;

	bench_open(&b);
	kind = hub_kind(b.hub, r.type);
	r.properties = properties;
	r.attributes = json_object();
	CHECK_INT(kind->create(b.hub, &r, &err), RESOURCE_DONE);
	CHECK_STR(r.physical, "assets");
	CHECK_STR(json_str(r.attributes, "Arn"),
		  "arn:aws:ecr:us-east-1:000000000000:repository/assets");
	policy = ask(&b, "GetRepositoryPolicy", "assets");
	CHECK_STR(json_str(policy, "policyText"), "{\"Version\":\"2012-10-17\"}");
	CHECK_INT(kind->remove(b.hub, &r, &err), RESOURCE_DONE);
	CHECK(!ask(&b, "GetRepositoryPolicy", "assets"));
	free(r.physical);
	json_decref(r.attributes);
	bench_close(&b);
}

