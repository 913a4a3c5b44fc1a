#include "base/test.h"

#include <event2/event.h>
#include <string.h>

#include "engine/cloud/sts/sts.h"

static const struct service *const services[] = { &service_sts, NULL };

struct bench {
	struct event_base *base;
	struct hub *hub;
};

static void bench_open(struct bench *b)
{
	struct hub_options o = { .services = services };
	struct err err = { 0 };

	b->base = event_base_new();
	o.events = b->base;
	CHECK_OK(hub_new(&o, &b->hub, &err), err);
	CHECK_OK(hub_start(b->hub, &err), err);
}

static void bench_close(struct bench *b)
{
	hub_free(b->hub);
	event_base_free(b->base);
}

/* As the endpoint calls it, with the headers of a signed request. */
static json_t *identity_of(struct bench *b, const char *access_key)
{
	OWN(str)
	char *authorization =
		str_printf("AWS4-HMAC-SHA256 Credential=%s/20261124/us-east-1/sts/aws4_request, "
			   "SignedHeaders=host, Signature=00",
			   access_key);
	OWN(json) json_t *headers = json_pack("{s:s}", "authorization", authorization);
	OWN(json) json_t *in = json_object();
	json_t *out = json_object();
	struct call c = { .service = "sts",
			  .action = "GetCallerIdentity",
			  .principal = "arn:aws:iam::000000000000:root",
			  .in = in,
			  .out = out,
			  .headers = headers };

	CHECK_INT(hub_action(&service_sts, c.action)->run(b->hub, &c), 0);
	return out;
}

TEST(sts, any_key_is_the_root_of_the_account)
{
	struct bench b;
	OWN(json) json_t *out = NULL;

	bench_open(&b);
	out = identity_of(&b, "AKIAANY");
	CHECK_STR(json_str(out, "Account"), "000000000000");
	CHECK_STR(json_str(out, "UserId"), "000000000000");
	CHECK_STR(json_str(out, "Arn"), "arn:aws:iam::000000000000:root");
	bench_close(&b);
}

TEST(sts, an_assumed_role_has_keys_and_knows_who_it_is)
{
	struct bench b;
	OWN(json)
	json_t *in = json_pack("{s:s,s:s}", "RoleArn", "arn:aws:iam::123456789012:role/path/deploy",
			       "RoleSessionName", "aws-cdk-me");
	OWN(json) json_t *out = NULL;
	OWN(json) json_t *who = NULL;
	struct err err = { 0 };
	const char *key;

	bench_open(&b);
	CHECK_OK(hub_call(b.hub, NULL, "sts", "AssumeRole", in, &out, NULL, &err), err);
	key = json_string_value(json_path(out, "Credentials.AccessKeyId"));
	CHECK(str_starts(key, "ASIA") && strlen(key) == 20);
	CHECK_INT(json_string_length(json_path(out, "Credentials.SecretAccessKey")), 40);
	CHECK(json_string_length(json_path(out, "Credentials.SessionToken")) > 100);
	CHECK(aws_time_parse(json_string_value(json_path(out, "Credentials.Expiration"))) >
	      hub_now_ms(b.hub) + 3500000);
	CHECK_STR(json_string_value(json_path(out, "AssumedRoleUser.Arn")),
		  "arn:aws:sts::123456789012:assumed-role/deploy/aws-cdk-me");
	who = identity_of(&b, key);
	CHECK_STR(json_str(who, "Arn"), "arn:aws:sts::123456789012:assumed-role/deploy/aws-cdk-me");
	CHECK_STR(json_str(who, "Account"), "123456789012");
	CHECK_STR(json_str(who, "UserId"),
		  json_string_value(json_path(out, "AssumedRoleUser.AssumedRoleId")));
	bench_close(&b);
}

static void refused(struct bench *b, const char *arn, const char *session, const char *duration)
{
	OWN(json) json_t *in = json_object();
	struct err err = { 0 };
	char code[96] = "";

	json_set_str(in, "RoleArn", arn);
	json_set_str(in, "RoleSessionName", session);
	json_set_str(in, "DurationSeconds", duration);
	CHECK_INT(hub_call(b->hub, NULL, "sts", "AssumeRole", in, NULL, code, &err), -1);
	CHECK_STR(code, "ValidationError");
}

TEST(sts, malformed_roles_names_and_durations_are_refused)
{
	static const char good[] = "arn:aws:iam::123456789012:role/r";
	struct bench b;

	bench_open(&b);
	refused(&b, NULL, "session", NULL);
	refused(&b, "role", "session", NULL);
	refused(&b, "arn:aws:iam::12345678901:role/r", "session", NULL);
	refused(&b, "arn:aws:iam::12345678901x:role/r", "session", NULL);
	refused(&b, "arn:aws:iam::123456789012:user/r", "session", NULL);
	refused(&b, "arn:aws:iam::123456789012:role/", "session", NULL);
	refused(&b, good, NULL, NULL);
	refused(&b, good, "x", NULL);
	refused(&b, good, "a b", NULL);
	refused(&b, good, "session", "899");
	refused(&b, good, "session", "43201");
	bench_close(&b);
}
