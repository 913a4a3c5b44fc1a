#include "engine/cloud/secretsmanager/secretsmanager.h"

#include <event2/event.h>
#include <stdio.h>
#include <string.h>

#include "base/test.h"

/* Stands in for the iam service, which this room may not include: one role that may everything with
 * Secrets Manager, and KMS where the key's policy names it. */
#define ROLE "arn:aws:iam::000000000000:role/node"

struct world {
	struct event_base *base;
	struct hub *hub;
};

static const char *key_state = "Enabled";

static int run_describe_key(struct hub *hub, struct call *c)
{
	(void)hub;
	if (!str_eq(json_str(c->in, "KeyId"), "key-1"))
		return call_fail(c, 400, "NotFoundException", "no such key");
	json_object_set_new(
		c->out, "KeyMetadata",
		json_pack("{s:s,s:s}", "Arn", "arn:aws:kms:key-1", "KeyState", key_state));
	return 0;
}

static int run_key_policy(struct hub *hub, struct call *c)
{
	(void)hub;
	json_set_str(c->out, "Policy", "{\"Statement\":[]}");
	return 0;
}

static const struct action key_actions[] = {
	{ .name = "DescribeKey", .run = run_describe_key },
	{ .name = "GetKeyPolicy", .run = run_key_policy },
	{ 0 },
};
static const struct service keys = { .name = "kms", .actions = key_actions };
static const struct service *const services[] = { &service_secretsmanager, &keys, NULL };
static char asked[512];

static bool authorize(struct hub *hub, const struct hub_question *q, struct err *why)
{
	(void)hub;
	(void)why;
	(void)snprintf(asked, sizeof(asked), "%s %s %s", q->action, q->resource,
		       json_str_or(q->context, "kms:viaservice", ""));
	return !strcmp(q->principal, "arn:aws:iam::000000000000:root") ||
	       str_starts(q->action, "secretsmanager:");
}

static struct world open_world(void)
{
	struct world w = { .base = event_base_new() };
	struct hub_options o = { .services = services, .events = w.base };
	struct err err = { 0 };

	key_state = "Enabled";
	CHECK_OK(hub_new(&o, &w.hub, &err), err);
	CHECK_OK(hub_start(w.hub, &err), err);
	hub_set_authorizer(w.hub, authorize);
	return w;
}

static void close_world(struct world *w)
{
	hub_free(w->hub);
	event_base_free(w->base);
}

static json_t *parse(const char *text)
{
	OWN(str) char *copy = str_dup(text);
	struct err err = { 0 };
	json_t *j = NULL;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	CHECK_OK(json_parse_text("test", copy, strlen(copy), &j, &err), err);
	return j;
}

static json_t *call_as(struct hub *hub, const char *principal, const char *action, const char *in,
		       struct err *err)
{
	OWN(json) json_t *input = parse(in);
	json_t *out = NULL;

	(void)hub_call(hub, principal, "secretsmanager", action, input, &out, NULL, err);
	return out;
}

static json_t *call(struct hub *hub, const char *action, const char *in, struct err *err)
{
	return call_as(hub, NULL, action, in, err);
}

static void refused(struct hub *hub, const char *action, const char *in, const char *text)
{
	struct err err = { 0 };
	OWN(json) json_t *out = call(hub, action, in, &err);

	CHECK(!out);
	CHECK_STR(err.text, text);
}

static void accepted(struct hub *hub, const char *action, const char *in)
{
	struct err err = { 0 };
	OWN(json) json_t *out = call(hub, action, in, &err);

	if (!out)
		test_fail(__FILE__, __LINE__, "%s: %s", action, err.text);
}

static void has_value(struct hub *hub, const char *in, const char *value)
{
	struct err err = { 0 };
	OWN(json) json_t *out = call(hub, "GetSecretValue", in, &err);

	CHECK_STR(json_str_or(out, "SecretString", err.text), value);
}

TEST(secretsmanager, a_secret_is_found_by_name_arn_and_partial_arn)
{
	struct world w = open_world();
	struct err err = { 0 };
	OWN(json)
	json_t *made = call(w.hub, "CreateSecret",
			    "{'Name':'a/b','SecretString':'v','ClientRequestToken':"
			    "'0123456789abcdef0123456789abcdef'}",
			    &err);
	const char *arn = json_str(made, "ARN");
	OWN(str) char *full = str_printf("{'SecretId':'%s'}", arn);
	OWN(str) char *partial = str_printf("{'SecretId':'%.*s'}", (int)strlen(arn) - 7, arn);

	CHECK(str_starts(arn, "arn:aws:secretsmanager:us-east-1:000000000000:secret:a/b-"));
	CHECK_INT(strlen(arn),
		  strlen("arn:aws:secretsmanager:us-east-1:000000000000:secret:a/b-") + 6);
	CHECK_STR(json_str(made, "VersionId"), "0123456789abcdef0123456789abcdef");
	has_value(w.hub, "{'SecretId':'a/b'}", "v");
	has_value(w.hub, full, "v");
	has_value(w.hub, partial, "v");
	refused(w.hub, "GetSecretValue", "{'SecretId':'a'}",
		"ResourceNotFoundException: Secrets Manager can't find the specified secret.");
	refused(w.hub, "CreateSecret", "{'Name':'a/b','SecretString':'w'}",
		"ResourceExistsException: The operation failed because the secret a/b already "
		"exists.");
	close_world(&w);
}

TEST(secretsmanager, new_values_move_the_labels)
{
	struct world w = open_world();
	struct err err = { 0 };
	OWN(json) json_t *described = NULL, *versions = NULL;

	accepted(w.hub, "CreateSecret", "{'Name':'s','SecretString':'1'}");
	accepted(w.hub, "PutSecretValue", "{'SecretId':'s','SecretString':'2'}");
	accepted(w.hub, "PutSecretValue", "{'SecretId':'s','SecretString':'3'}");
	has_value(w.hub, "{'SecretId':'s'}", "3");
	has_value(w.hub, "{'SecretId':'s','VersionStage':'AWSPREVIOUS'}", "2");
	described = call(w.hub, "DescribeSecret", "{'SecretId':'s'}", &err);
	CHECK_INT(json_object_size(json_map(described, "VersionIdsToStages")), 2);
	accepted(w.hub, "PutSecretValue",
		 "{'SecretId':'s','SecretString':'4','VersionStages':['PENDING']}");
	has_value(w.hub, "{'SecretId':'s'}", "3");
	has_value(w.hub, "{'SecretId':'s','VersionStage':'PENDING'}", "4");
	versions = call(w.hub, "ListSecretVersionIds", "{'SecretId':'s'}", &err);
	CHECK_INT(json_array_size(json_list(versions, "Versions")), 3);
	close_world(&w);
}

TEST(secretsmanager, a_token_names_a_version_once)
{
	struct world w = open_world();
	const char *put = "{'SecretId':'s','SecretString':'2','ClientRequestToken':"
			  "'00000000-0000-0000-0000-000000000001'}";
	struct err err = { 0 };
	OWN(json) json_t *out = NULL;

	accepted(w.hub, "CreateSecret", "{'Name':'s','SecretString':'1'}");
	accepted(w.hub, "PutSecretValue", put);
	accepted(w.hub, "PutSecretValue", put);
	has_value(w.hub, "{'SecretId':'s','VersionStage':'AWSPREVIOUS'}", "1");
	out = call(w.hub, "PutSecretValue",
		   "{'SecretId':'s','SecretString':'topsecret','ClientRequestToken':"
		   "'00000000-0000-0000-0000-000000000001'}",
		   &err);
	CHECK(!out && str_starts(err.text, "ResourceExistsException: You can't use "
					   "ClientRequestToken"));
	CHECK(!strstr(err.text, "topsecret"));
	close_world(&w);
}

TEST(secretsmanager, a_secret_without_value_says_so_as_ecs_will_repeat_it)
{
	struct world w = open_world();

	accepted(w.hub, "CreateSecret", "{'Name':'s'}");
	refused(w.hub, "GetSecretValue", "{'SecretId':'s'}",
		"ResourceNotFoundException: Secrets Manager can't find the specified secret value "
		"for "
		"staging label: AWSCURRENT");
	refused(w.hub, "GetSecretValue", "{'SecretId':'s','VersionId':'short'}",
		"InvalidParameterException: VersionId must be 32-64 characters long.");
	close_world(&w);
}

TEST(secretsmanager, deletion_waits_and_blocks_the_name)
{
	struct world w = open_world();

	accepted(w.hub, "CreateSecret", "{'Name':'s','SecretString':'1'}");
	refused(w.hub, "DeleteSecret", "{'SecretId':'s','RecoveryWindowInDays':3}",
		"InvalidParameterException: The RecoveryWindowInDays value must be between 7 and "
		"30 "
		"days (inclusive).");
	accepted(w.hub, "DeleteSecret", "{'SecretId':'s','RecoveryWindowInDays':7}");
	refused(w.hub, "GetSecretValue", "{'SecretId':'s'}",
		"InvalidRequestException: You can't perform this operation on the secret because "
		"it "
		"was marked for deletion.");
	refused(w.hub, "CreateSecret", "{'Name':'s','SecretString':'2'}",
		"InvalidRequestException: You can't create this secret because a secret with this "
		"name "
		"is already scheduled for deletion.");
	accepted(w.hub, "RestoreSecret", "{'SecretId':'s'}");
	has_value(w.hub, "{'SecretId':'s'}", "1");
	accepted(w.hub, "DeleteSecret", "{'SecretId':'s','ForceDeleteWithoutRecovery':true}");
	accepted(w.hub, "CreateSecret", "{'Name':'s','SecretString':'2'}");
	close_world(&w);
}

TEST(secretsmanager, lists_are_filtered_by_the_beginning_of_names)
{
	struct world w = open_world();
	struct err err = { 0 };
	OWN(json) json_t *list = NULL, *rest = NULL;

	accepted(w.hub, "CreateSecret", "{'Name':'net/a','SecretString':'1'}");
	accepted(w.hub, "CreateSecret", "{'Name':'net/b','SecretString':'2'}");
	accepted(w.hub, "CreateSecret", "{'Name':'other','SecretString':'3'}");
	list = call(w.hub, "ListSecrets",
		    "{'Filters':[{'Key':'name','Values':['net/']}],'MaxResults':1}", &err);
	CHECK_STR(json_str(json_path(list, "SecretList.0"), "Name"), "net/b");
	CHECK(!json_path(list, "SecretList.0.Versions"));
	CHECK_STR(json_str(list, "NextToken"), "1");
	rest = call(w.hub, "BatchGetSecretValue", "{'SecretIdList':['net/a','nope']}", &err);
	CHECK_STR(json_str(json_path(rest, "SecretValues.0"), "SecretString"), "1");
	CHECK_STR(json_str(json_path(rest, "Errors.0"), "ErrorCode"), "ResourceNotFoundException");
	close_world(&w);
}

TEST(secretsmanager, a_customers_key_needs_rights_of_its_own)
{
	struct world w = open_world();
	struct err err = { 0 };
	OWN(json) json_t *out = NULL;

	accepted(w.hub, "CreateSecret", "{'Name':'s','SecretString':'1','KmsKeyId':'key-1'}");
	out = call_as(w.hub, ROLE, "GetSecretValue", "{'SecretId':'s'}", &err);
	CHECK(!out);
	CHECK_STR(err.text, "AccessDeniedException: Access to KMS is not allowed");
	CHECK_STR(asked, "kms:Decrypt arn:aws:kms:key-1 secretsmanager.us-east-1.amazonaws.com");
	has_value(w.hub, "{'SecretId':'s'}", "1");
	key_state = "PendingDeletion";
	out = call(w.hub, "GetSecretValue", "{'SecretId':'s'}", &err);
	CHECK(!out && str_starts(err.text, "DecryptionFailure"));
	out = call(w.hub, "CreateSecret", "{'Name':'t','SecretString':'1','KmsKeyId':'key-2'}",
		   &err);
	CHECK(!out && str_starts(err.text, "EncryptionFailure"));
	close_world(&w);
}

/* ---- passwords
 * ------------------------------------------------------------------------------------ */

TEST(secretsmanager, passwords_have_each_included_type_and_nothing_excluded)
{
	struct world w = open_world();
	struct err err = { 0 };

	for (int i = 0; i < 200; i++) {
		OWN(json)
		json_t *out = call(w.hub, "GetRandomPassword",
				   "{'PasswordLength':4,'ExcludeCharacters':'abc'}", &err);
		const char *p = json_str(out, "RandomPassword");

		CHECK_INT(strlen(p), 4);
		CHECK(strpbrk(p, "defghijklmnopqrstuvwxyz") != NULL);
		CHECK(strpbrk(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL);
		CHECK(strpbrk(p, "0123456789") != NULL);
		CHECK(strpbrk(p, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") != NULL);
		CHECK(!strpbrk(p, "abc"));
	}
	refused(w.hub, "GetRandomPassword", "{'PasswordLength':3}",
		"InvalidParameterException: The password length 3 is too short based on the "
		"required "
		"types.");
	refused(w.hub, "GetRandomPassword", "{'PasswordLength':5000}",
		"InvalidParameterException: PasswordLength must be a number between 1 and 4096.");
	close_world(&w);
}

struct kept {
	struct resource r;
	json_t *properties, *previous;
};

static struct kept make(struct hub *hub, const char *type, const char *properties, struct err *err,
			int *ret)
{
	struct kept k = { .properties = parse(properties) };

	k.r = (struct resource){ .stack_name = "net",
				 .logical = "Key",
				 .type = type,
				 .properties = k.properties,
				 .attributes = json_object() };
	*ret = hub_kind(hub, type)->create(hub, &k.r, err);
	return k;
}

static int change(struct hub *hub, struct kept *k, const char *properties, struct err *err)
{
	json_decref(k->previous);
	k->previous = k->properties;
	k->properties = parse(properties);
	k->r.previous = k->previous;
	k->r.properties = k->properties;
	return hub_kind(hub, k->r.type)->update(hub, &k->r, err);
}

static int drop(struct hub *hub, struct kept *k, struct err *err)
{
	int rc = hub_kind(hub, k->r.type)->remove(hub, &k->r, err);

	json_decref(k->properties);
	json_decref(k->previous);
	json_decref(k->r.attributes);
	free(k->r.physical);
	return rc;
}

static char *value_of(struct hub *hub, const char *arn)
{
	OWN(str) char *in = str_printf("{'SecretId':'%s'}", arn);
	OWN(json) json_t *out = call(hub, "GetSecretValue", in, NULL);

	return str_dup(json_str(out, "SecretString"));
}

#define STORE_KEY                                                                                  \
	"'GenerateSecretString':{'SecretStringTemplate':'{}','GenerateStringKey':'key',"           \
	"'PasswordLength':'32','ExcludeCharacters':'ghijklmnopqrstuvwxyz',"                        \
	"'ExcludeUppercase':'true','ExcludePunctuation':true}"

TEST(secretsmanager, a_stack_generates_the_store_key_and_keeps_it)
{
	struct world w = open_world();
	struct err err = { 0 };
	int rc;
	struct kept k = make(w.hub, "AWS::SecretsManager::Secret", "{" STORE_KEY "}", &err, &rc);
	OWN(str) char *first = value_of(w.hub, k.r.physical);
	OWN(str) char *second = NULL;
	OWN(json) json_t *object = parse(first ? first : "{}");
	const char *key = json_str_or(object, "key", "");

	CHECK_INT(rc, RESOURCE_DONE);
	CHECK(strstr(k.r.physical, ":secret:Key-") != NULL);
	CHECK_STR(json_str(k.r.attributes, "Id"), k.r.physical);
	CHECK_INT(strlen(key), 32);
	CHECK_INT(strspn(key, "0123456789abcdef"), 32);
	CHECK(strpbrk(key, "abcdef") && strpbrk(key, "0123456789"));
	CHECK_INT(change(w.hub, &k, "{'Description':'d'," STORE_KEY "}", &err), 0);
	second = value_of(w.hub, k.r.physical);
	CHECK_STR(second, first);
	CHECK_INT(drop(w.hub, &k, &err), 0);
	CHECK_INT(json_object_size(hub_all(w.hub, "secretsmanager:secret")), 0);
	close_world(&w);
}

TEST(secretsmanager, a_changed_value_in_a_template_writes_over_the_filled_one)
{
	struct world w = open_world();
	struct err err = { 0 };
	int rc;
	struct kept k = make(w.hub, "AWS::SecretsManager::Secret",
			     "{'Name':'n','SecretString':'a'}", &err, &rc);
	OWN(str) char *kept = NULL, *now = NULL;

	accepted(w.hub, "PutSecretValue", "{'SecretId':'n','SecretString':'filled'}");
	CHECK_INT(change(w.hub, &k, "{'Name':'n','SecretString':'a','Tags':[]}", &err), 0);
	kept = value_of(w.hub, "n");
	CHECK_STR(kept, "filled");
	CHECK_INT(change(w.hub, &k, "{'Name':'n','SecretString':'b'}", &err), 0);
	now = value_of(w.hub, "n");
	CHECK_STR(now, "b");
	CHECK_INT(drop(w.hub, &k, &err), 0);
	close_world(&w);
}

TEST(secretsmanager, a_stacks_mistakes_are_said_without_the_value)
{
	struct world w = open_world();
	struct err err = { 0 };
	int rc;
	struct kept k = make(w.hub, "AWS::SecretsManager::Secret",
			     "{'SecretString':'topsecret','GenerateSecretString':{}}", &err, &rc);

	CHECK_INT(rc, -1);
	CHECK(!strstr(err.text, "topsecret"));
	CHECK_INT(drop(w.hub, &k, &err), 0);
	k = make(w.hub, "AWS::SecretsManager::Secret",
		 "{'GenerateSecretString':{'GenerateStringKey':'k'}}", &err, &rc);
	CHECK_INT(rc, -1);
	CHECK_STR(k.r.error_code, "InvalidRequest");
	CHECK_INT(drop(w.hub, &k, &err), 0);
	k = make(w.hub, "AWS::SecretsManager::Secret",
		 "{'GenerateSecretString':{'PaswordLength':1}}", &err, &rc);
	CHECK_INT(rc, -1);
	CHECK(strstr(err.text, "extraneous key [PaswordLength] is not permitted") != NULL);
	CHECK_INT(drop(w.hub, &k, &err), 0);
	k = make(w.hub, "AWS::SecretsManager::Secret", "{}", &err, &rc);
	CHECK_INT(rc, RESOURCE_DONE);
	CHECK_INT(drop(w.hub, &k, &err), 0);
	close_world(&w);
}

TEST(secretsmanager, a_resource_policy_of_a_stack_reaches_the_secret)
{
	struct world w = open_world();
	struct err err = { 0 };
	int rc;
	struct kept k;
	OWN(json) json_t *policy = NULL;

	accepted(w.hub, "CreateSecret", "{'Name':'n','SecretString':'a'}");
	k = make(w.hub, "AWS::SecretsManager::ResourcePolicy",
		 "{'SecretId':'n','ResourcePolicy':{'Version':'2012-10-17','Statement':[{'Effect':"
		 "'Deny','Principal':'*','Action':'secretsmanager:GetSecretValue','Resource':'*'}]}"
		 "}",
		 &err, &rc);
	CHECK_INT(rc, RESOURCE_DONE);
	policy = call(w.hub, "GetResourcePolicy", "{'SecretId':'n'}", &err);
	CHECK(strstr(json_str_or(policy, "ResourcePolicy", ""), "Deny") != NULL);
	CHECK_INT(drop(w.hub, &k, &err), 0);
	CHECK(!json_path(hub_all(w.hub, "secretsmanager:secret"), "Policy"));
	close_world(&w);
}
