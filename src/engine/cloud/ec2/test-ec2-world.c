#include "engine/cloud/ec2/test-ec2-world.h"

#include <event2/event.h>
#include <string.h>

static const struct service *const services[] = { &service_ec2, NULL };

struct world world_new(const char *state_dir)
{
	struct world w = { .base = event_base_new() };
	struct hub_options o = { .services = services, .events = w.base, .state_dir = state_dir };
	struct err err = { 0 };

	CHECK_OK(hub_new(&o, &w.hub, &err), err);
	CHECK_OK(hub_start(w.hub, &err), err);
	return w;
}

void world_free(struct world *w)
{
	hub_free(w->hub);
	event_base_free(w->base);
}

json_t *world_do(struct world *w, const char *action, json_t *in)
{
	struct err err = { 0 };
	json_t *out = NULL;

	CHECK(in != NULL);
	CHECK_OK(hub_call(w->hub, NULL, "ec2", action, in, &out, NULL, &err), err);
	json_decref(in);
	return out;
}

void world_refuses(struct world *w, const char *action, json_t *in, const char *code)
{
	char got[96] = "nothing";

	CHECK(in != NULL);
	CHECK_INT(hub_call(w->hub, NULL, "ec2", action, in, NULL, got, NULL), -1);
	CHECK_STR(got, code);
	json_decref(in);
}

char *world_vpc(struct world *w, const char *block)
{
	OWN(json) json_t *out = world_do(w, "CreateVpc", json_pack("{s:s}", "CidrBlock", block));

	return str_dup(json_str(json_map(out, "vpc"), "vpcId"));
}

char *world_subnet(struct world *w, const char *vpc, const char *block, const char *zone)
{
	OWN(json)
	json_t *out = world_do(w, "CreateSubnet",
			       json_pack("{s:s, s:s, s:s}", "VpcId", vpc, "CidrBlock", block,
					 "AvailabilityZone", zone));

	return str_dup(json_str(json_map(out, "subnet"), "subnetId"));
}

char *world_group(struct world *w, const char *vpc, const char *name)
{
	OWN(json)
	json_t *out = world_do(w, "CreateSecurityGroup",
			       json_pack("{s:s, s:s, s:s}", "VpcId", vpc, "GroupName", name,
					 "GroupDescription", "of a test"));

	return str_dup(json_str(out, "groupId"));
}
