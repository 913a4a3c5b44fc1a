#include "base/test.h"

#include <event2/event.h>
#include <string.h>

#include "engine/cloud/ssm/ssm.h"

static const struct service *const services[] = { &service_ssm, NULL };

struct bench {
	struct event_base *base;
	struct hub *hub;
	char code[96];
	struct err err;
};

static void bench_open(struct bench *b)
{
	struct hub_options o = { .services = services };

	*b = (struct bench){ .base = event_base_new() };
	o.events = b->base;
	CHECK_OK(hub_new(&o, &b->hub, &b->err), b->err);
	CHECK_OK(hub_start(b->hub, &b->err), b->err);
}

static void bench_close(struct bench *b)
{
	hub_free(b->hub);
	event_base_free(b->base);
}

/* in: JSON text. NULL: refused, the code is in b->code. */
static json_t *call(struct bench *b, const char *action, const char *in)
{
	OWN(json) json_t *j = json_loads(in, 0, NULL);
	json_t *out = NULL;

	CHECK(j != NULL);
	b->code[0] = '\0';
	if (hub_call(b->hub, NULL, "ssm", action, j, &out, b->code, &b->err) < 0)
		return NULL;
	return out;
}

static void does(struct bench *b, const char *action, const char *in)
{
	OWN(json) json_t *out = call(b, action, in);

	if (!out)
		test_fail(__FILE__, __LINE__, "%s %s: %s", action, in, b->err.text);
}

static void refuses(struct bench *b, const char *action, const char *in, const char *code)
{
	OWN(json) json_t *out = call(b, action, in);

	CHECK(!out);
	CHECK_STR(b->code, code);
}

static void value_is(struct bench *b, const char *in, const char *want)
{
	OWN(json) json_t *out = call(b, "GetParameter", in);

	CHECK_STR(json_string_value(json_path(out, "Parameter.Value")), want);
}

TEST(ssm, the_cdk_finds_its_bootstrap_version)
{
	struct bench b;

	bench_open(&b);
	value_is(&b, "{\"Name\":\"/cdk-bootstrap/hnb659fds/version\",\"WithDecryption\":true}",
		 "30");
	bench_close(&b);
}

TEST(ssm, versions_are_kept_and_found)
{
	struct bench b;
	OWN(json) json_t *second = NULL;
	OWN(json) json_t *got = NULL;

	bench_open(&b);
	does(&b, "PutParameter", "{\"Name\":\"/a/b\",\"Value\":\"1\",\"Type\":\"String\"}");
	refuses(&b, "PutParameter", "{\"Name\":\"/a/b\",\"Value\":\"2\",\"Type\":\"String\"}",
		"ParameterAlreadyExists");
	second = call(&b, "PutParameter", "{\"Name\":\"/a/b\",\"Value\":\"2\",\"Overwrite\":true}");
	CHECK_INT(json_int_or(second, "Version", 0), 2);
	CHECK_STR(json_str(second, "Tier"), "Standard");
	value_is(&b, "{\"Name\":\"/a/b\"}", "2");
	value_is(&b, "{\"Name\":\"/a/b:1\"}", "1");
	value_is(&b, "{\"Name\":\"arn:aws:ssm:us-east-1:000000000000:parameter/a/b\"}", "2");
	value_is(&b, "{\"Name\":\"arn:aws:ssm:us-east-1:000000000000:parameter/a/b:1\"}", "1");
	refuses(&b, "GetParameter", "{\"Name\":\"/a/b:3\"}", "ParameterVersionNotFound");
	refuses(&b, "GetParameter", "{\"Name\":\"/a\"}", "ParameterNotFound");
	got = call(&b, "GetParameter", "{\"Name\":\"/a/b:1\"}");
	CHECK_STR(json_string_value(json_path(got, "Parameter.Selector")), ":1");
	CHECK_STR(json_string_value(json_path(got, "Parameter.ARN")),
		  "arn:aws:ssm:us-east-1:000000000000:parameter/a/b");
	CHECK(json_number_value(json_path(got, "Parameter.LastModifiedDate")) > 1e9);
	does(&b, "DeleteParameter", "{\"Name\":\"/a/b\"}");
	refuses(&b, "DeleteParameter", "{\"Name\":\"/a/b\"}", "ParameterNotFound");
	bench_close(&b);
}

TEST(ssm, a_plain_name_is_found_by_its_arn)
{
	struct bench b;

	bench_open(&b);
	does(&b, "PutParameter", "{\"Name\":\"plain\",\"Value\":\"v\",\"Type\":\"String\"}");
	value_is(&b, "{\"Name\":\"arn:aws:ssm:us-east-1:000000000000:parameter/plain\"}", "v");
	bench_close(&b);
}

TEST(ssm, secure_strings_are_opaque_without_decryption)
{
	struct bench b;
	OWN(json) json_t *closed = NULL;

	bench_open(&b);
	does(&b, "PutParameter", "{\"Name\":\"s\",\"Value\":\"secret\",\"Type\":\"SecureString\"}");
	value_is(&b, "{\"Name\":\"s\",\"WithDecryption\":true}", "secret");
	closed = call(&b, "GetParameter", "{\"Name\":\"s\"}");
	CHECK(!strstr(json_string_value(json_path(closed, "Parameter.Value")), "secret"));
	bench_close(&b);
}

TEST(ssm, bad_parameters_are_refused)
{
	static const struct {
		const char *in, *code;
	} cases[] = {
		{ "{\"Value\":\"1\",\"Type\":\"String\"}", "ValidationException" },
		{ "{\"Name\":\"a b\",\"Value\":\"1\",\"Type\":\"String\"}", "ValidationException" },
		{ "{\"Name\":\"a/b\",\"Value\":\"1\",\"Type\":\"String\"}", "ValidationException" },
		{ "{\"Name\":\"/a//b\",\"Value\":\"1\",\"Type\":\"String\"}",
		  "ValidationException" },
		{ "{\"Name\":\"/a/\",\"Value\":\"1\",\"Type\":\"String\"}", "ValidationException" },
		{ "{\"Name\":\"ssmx\",\"Value\":\"1\",\"Type\":\"String\"}",
		  "ValidationException" },
		{ "{\"Name\":\"/aws/x\",\"Value\":\"1\",\"Type\":\"String\"}",
		  "AccessDeniedException" },
		{ "{\"Name\":\"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16\",\"Value\":\"1\",\"Type\":"
		  "\"String\"}",
		  "HierarchyLevelLimitExceededException" },
		{ "{\"Name\":\"a\",\"Value\":\"1\"}", "ValidationException" },
		{ "{\"Name\":\"a\",\"Value\":\"\",\"Type\":\"String\"}", "ValidationException" },
		{ "{\"Name\":\"a\",\"Value\":\"1\",\"Type\":\"Number\"}",
		  "UnsupportedParameterType" },
		{ "{\"Name\":\"a\",\"Value\":\"1,,2\",\"Type\":\"StringList\"}",
		  "ValidationException" },
		{ "{\"Name\":\"a\",\"Value\":\"x\",\"Type\":\"String\",\"AllowedPattern\":\"^[0-9]+"
		  "$\"}",
		  "ParameterPatternMismatchException" },
		{ "{\"Name\":\"a\",\"Value\":\"1\",\"Type\":\"String\",\"AllowedPattern\":\"[\"}",
		  "InvalidAllowedPatternException" },
		{ "{\"Name\":\"a\",\"Value\":\"1\",\"Type\":\"String\",\"AllowedPattern\":"
		  "\"\\\\d\"}",
		  "InvalidAllowedPatternException" },
	};
	OWN(str) char *large = NULL;
	OWN(str) char *text = mem_new(4098, 1);
	struct bench b;

	bench_open(&b);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refuses(&b, "PutParameter", cases[i].in, cases[i].code);
	memset(text, 'x', 4097);
	large = str_printf("{\"Name\":\"a\",\"Value\":\"%s\",\"Type\":\"String\"}", text);
	refuses(&b, "PutParameter", large, "ValidationException");
	bench_close(&b);
}

TEST(ssm, several_are_read_at_once_and_the_missing_named)
{
	struct bench b;
	OWN(json) json_t *out = NULL;

	bench_open(&b);
	does(&b, "PutParameter", "{\"Name\":\"a\",\"Value\":\"1\",\"Type\":\"String\"}");
	out = call(&b, "GetParameters", "{\"Names\":[\"x\",\"a\",\"a:9\"]}");
	CHECK_INT(json_array_size(json_list(out, "Parameters")), 1);
	CHECK_STR(json_string_value(json_path(out, "InvalidParameters.0")), "x");
	CHECK_STR(json_string_value(json_path(out, "InvalidParameters.1")), "a:9");
	refuses(&b, "GetParameters", "{\"Names\":[]}", "ValidationException");
	bench_close(&b);
}

static void lists(struct bench *b, const char *action, const char *in, const char *want)
{
	OWN(json) json_t *out = call(b, action, in);
	OWN(buf) struct buf got = { 0 };
	json_t *parameter;
	size_t i;

	json_array_foreach(json_list(out, "Parameters"), i, parameter)
		buf_printf(&got, "%s ", json_str(parameter, "Name"));
	buf_str(&got, json_str_or(out, "NextToken", "."));
	CHECK_STR(got.data, want);
}

TEST(ssm, paths_and_filters_choose_and_pages_continue)
{
	struct bench b;

	bench_open(&b);
	does(&b, "DeleteParameter", "{\"Name\":\"/cdk-bootstrap/hnb659fds/version\"}");
	does(&b, "PutParameter", "{\"Name\":\"/p/b/c\",\"Value\":\"1\",\"Type\":\"String\"}");
	does(&b, "PutParameter", "{\"Name\":\"/p/a\",\"Value\":\"1\",\"Type\":\"StringList\"}");
	does(&b, "PutParameter", "{\"Name\":\"/p/b\",\"Value\":\"1\",\"Type\":\"String\"}");
	does(&b, "PutParameter", "{\"Name\":\"/pq\",\"Value\":\"1\",\"Type\":\"String\"}");
	lists(&b, "GetParametersByPath", "{\"Path\":\"/p\"}", "/p/a /p/b .");
	lists(&b, "GetParametersByPath", "{\"Path\":\"/p/\",\"Recursive\":true}",
	      "/p/a /p/b /p/b/c .");
	lists(&b, "GetParametersByPath", "{\"Path\":\"/\"}", "/pq .");
	lists(&b, "GetParametersByPath", "{\"Path\":\"/p\",\"Recursive\":true,\"MaxResults\":2}",
	      "/p/a /p/b /p/b");
	lists(&b, "GetParametersByPath",
	      "{\"Path\":\"/p\",\"Recursive\":true,\"MaxResults\":2,\"NextToken\":\"/p/b\"}",
	      "/p/b/c .");
	lists(&b, "DescribeParameters", "{}", "/p/a /p/b /p/b/c /pq .");
	lists(&b, "DescribeParameters",
	      "{\"ParameterFilters\":[{\"Key\":\"Name\",\"Option\":\"Contains\",\"Values\":[\"b\"]}"
	      ","
	      "{\"Key\":\"Type\",\"Values\":[\"String\"]}]}",
	      "/p/b /p/b/c .");
	refuses(&b, "DescribeParameters",
		"{\"ParameterFilters\":[{\"Key\":\"tag:x\",\"Values\":[\"1\"]}]}",
		"InvalidFilterKey");
	refuses(&b, "GetParametersByPath", "{\"Path\":\"p\"}", "ValidationException");
	refuses(&b, "GetParametersByPath", "{\"Path\":\"/p\",\"MaxResults\":11}",
		"ValidationException");
	bench_close(&b);
}

static struct resource resource_of(json_t *properties)
{
	return (struct resource){ .stack_name = "stack",
				  .stack_id = "id",
				  .logical = "Parameter",
				  .type = "AWS::SSM::Parameter",
				  .properties = properties,
				  .attributes = json_object() };
}

static void resource_end(struct resource *r)
{
	free(r->physical);
	json_decref(r->attributes);
}

TEST(ssm, the_resource_is_created_updated_and_removed)
{
	struct bench b;
	OWN(json)
	json_t *first =
		json_pack("{s:s,s:s,s:{s:s}}", "Type", "String", "Value", "1", "Tags", "k", "v");
	OWN(json) json_t *second = json_pack("{s:s,s:s}", "Type", "String", "Value", "2");
	const struct resource_kind *kind;
	struct resource r = resource_of(first);
	OWN(str) char *in = NULL;

	bench_open(&b);
	kind = hub_kind(b.hub, "AWS::SSM::Parameter");
	CHECK_INT(kind->create(b.hub, &r, &b.err), RESOURCE_DONE);
	CHECK(str_starts(r.physical, "stack-Parameter-"));
	CHECK_STR(json_str(r.attributes, "Value"), "1");
	in = str_printf("{\"Name\":\"%s\"}", r.physical);
	value_is(&b, in, "1");
	r.properties = second;
	CHECK_INT(kind->update(b.hub, &r, &b.err), RESOURCE_DONE);
	value_is(&b, in, "2");
	CHECK_INT(kind->remove(b.hub, &r, &b.err), RESOURCE_DONE);
	CHECK_INT(kind->remove(b.hub, &r, &b.err), RESOURCE_DONE);
	refuses(&b, "GetParameter", in, "ParameterNotFound");
	resource_end(&r);
	bench_close(&b);
}

TEST(ssm, the_resource_takes_over_only_what_the_cloud_made)
{
	struct bench b;
	OWN(json)
	json_t *cdk = json_pack("{s:s,s:s,s:s}", "Name", "/cdk-bootstrap/hnb659fds/version", "Type",
				"String", "Value", "33");
	OWN(json) json_t *secret = json_pack("{s:s,s:s}", "Type", "SecureString", "Value", "x");
	struct resource r = resource_of(cdk), again = resource_of(cdk),
			secure = resource_of(secret);
	const struct resource_kind *kind;

	bench_open(&b);
	kind = hub_kind(b.hub, "AWS::SSM::Parameter");
	CHECK_OK(kind->create(b.hub, &r, &b.err), b.err);
	CHECK_INT(kind->create(b.hub, &again, &b.err), -1);
	CHECK_STR(again.error_code, "AlreadyExists");
	CHECK(!again.physical);
	CHECK_INT(kind->create(b.hub, &secure, &b.err), -1);
	resource_end(&r);
	resource_end(&again);
	resource_end(&secure);
	bench_close(&b);
}
