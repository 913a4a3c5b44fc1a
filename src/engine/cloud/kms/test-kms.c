#include "engine/cloud/kms/kms.h"

#include <event2/event.h>
#include <string.h>

#include "base/test.h"

static const struct service *const services[] = { &service_kms, NULL };

struct world {
	struct event_base *base;
	struct hub *hub;
};

static struct world open_world(void)
{
	struct world w = { .base = event_base_new() };
	struct hub_options o = { .services = services, .events = w.base };
	struct err err = { 0 };

	CHECK_OK(hub_new(&o, &w.hub, &err), err);
	CHECK_OK(hub_start(w.hub, &err), err);
	return w;
}

static void close_world(struct world *w)
{
	hub_free(w->hub);
	event_base_free(w->base);
}

static json_t *call(struct hub *hub, const char *action, json_t *in, struct err *err)
{
	OWN(json) json_t *owned = in;
	json_t *out = NULL;

	(void)hub_call(hub, NULL, "kms", action, owned, &out, NULL, err);
	return out;
}

TEST(kms, a_key_is_found_by_id_arn_and_alias_and_waits_before_it_goes)
{
	struct world w = open_world();
	struct err err = { 0 };
	OWN(json) json_t *properties = json_object();
	struct resource r = { .stack_name = "s",
			      .logical = "Key",
			      .properties = properties,
			      .attributes = json_object() };
	OWN(json)
	json_t *alias_properties = NULL, *found = NULL, *by_arn = NULL, *policy = NULL,
	       *aliases = NULL;
	struct resource alias = { .stack_name = "s",
				  .logical = "Alias",
				  .attributes = r.attributes };

	CHECK_OK(hub_kind(w.hub, "AWS::KMS::Key")->create(w.hub, &r, &err), err);
	CHECK_INT(strlen(r.physical), 36);
	CHECK(str_starts(json_str(r.attributes, "Arn"), "arn:aws:kms:us-east-1:000000000000:key/"));
	alias_properties =
		json_pack("{s:s,s:s}", "AliasName", "alias/mpc", "TargetKeyId", r.physical);
	alias.properties = alias_properties;
	CHECK_OK(hub_kind(w.hub, "AWS::KMS::Alias")->create(w.hub, &alias, &err), err);
	CHECK_STR(alias.physical, "alias/mpc");
	found = call(w.hub, "DescribeKey", json_pack("{s:s}", "KeyId", "alias/mpc"), &err);
	CHECK_STR(json_str(json_map(found, "KeyMetadata"), "KeyState"), "Enabled");
	by_arn = call(w.hub, "DescribeKey",
		      json_pack("{s:s}", "KeyId", json_str(r.attributes, "Arn")), &err);
	CHECK(by_arn != NULL);
	policy = call(w.hub, "GetKeyPolicy", json_pack("{s:s}", "KeyId", r.physical), &err);
	CHECK(strstr(json_str(policy, "Policy"), "arn:aws:iam::000000000000:root") != NULL);
	aliases = call(w.hub, "ListAliases", json_object(), &err);
	CHECK_INT(json_array_size(json_list(aliases, "Aliases")), 1);
	CHECK_OK(hub_kind(w.hub, "AWS::KMS::Alias")->remove(w.hub, &alias, &err), err);
	CHECK_OK(hub_kind(w.hub, "AWS::KMS::Key")->remove(w.hub, &r, &err), err);
	CHECK_STR(json_str(hub_get(w.hub, "kms:key", r.physical), "KeyState"), "PendingDeletion");
	json_decref(r.attributes);
	free(r.physical);
	free(alias.physical);
	close_world(&w);
}

TEST(kms, a_key_of_a_template_rotates_as_often_as_it_says)
{
	struct world w = open_world();
	OWN(json)
	json_t *properties = json_pack("{s:b, s:i}", "EnableKeyRotation", 1, "RotationPeriodInDays",
				       180),
	       *attributes = json_object(), *shown = NULL;
	struct resource r = { .logical = "K", .properties = properties, .attributes = attributes };
	struct err err = { 0 };

	CHECK_OK(hub_kind(w.hub, "AWS::KMS::Key")->create(w.hub, &r, &err), err);
	shown = call(w.hub, "GetKeyRotationStatus", json_pack("{s:s}", "KeyId", r.physical), &err);
	CHECK_INT(json_int_or(shown, "RotationPeriodInDays", 0), 180);
	json_set_int(properties, "RotationPeriodInDays", 89);
	CHECK_INT(hub_kind(w.hub, "AWS::KMS::Key")->update(w.hub, &r, &err), -1);
	CHECK(strstr(err.text, "#/RotationPeriodInDays: 89 is not between 90 and 2560") != NULL);
	free(r.physical);
	close_world(&w);
}

TEST(kms, what_does_not_exist_is_said_in_kmss_words)
{
	struct world w = open_world();
	struct err err = { 0 };

	CHECK(!call(w.hub, "DescribeKey", json_pack("{s:s}", "KeyId", "nope"), &err));
	CHECK_STR(err.text, "NotFoundException: Key 'nope' does not exist");
	CHECK(!call(w.hub, "DescribeKey", json_pack("{s:s}", "KeyId", "alias/nope"), &err));
	CHECK_STR(err.text, "NotFoundException: Alias alias/nope is not found.");
	CHECK(!call(w.hub, "Decrypt", json_object(), &err));
	CHECK(str_starts(err.text, "UnknownOperationException"));
	CHECK(!call(w.hub, "CreateKey", json_pack("{s:s}", "Policy", "{}"), &err));
	CHECK(str_starts(err.text, "MalformedPolicyDocumentException"));
	close_world(&w);
}
