/* An action and its input as an HTTP request, in the protocol of its service. */
#include "engine/awsclient/awsclient-internal.h"

#include <string.h>

/* rest services name their operations by method and path. {X}: member X, percent-encoded, out of
 * the input; {X+}: the same with slashes kept. What remains goes into the query (GET, HEAD, DELETE)
 * or into the body as JSON. */
struct operation {
	const char *service, *action, *method, *path;
	const char *query; /* fixed part, or NULL */
	bool body_member;  /* the body is the text of member Body (S3) */
};
/* clang-format off */
#define EFS "/2015-02-01"
static const struct operation operations[] = {
	{ "efs", "CreateFileSystem", "POST", EFS "/file-systems", NULL, false },
	{ "efs", "DescribeFileSystems", "GET", EFS "/file-systems", NULL, false },
	{ "efs", "DeleteFileSystem", "DELETE", EFS "/file-systems/{FileSystemId}", NULL, false },
	{ "efs", "DescribeFileSystemPolicy", "GET", EFS "/file-systems/{FileSystemId}/policy", NULL, false },
	{ "efs", "DescribeBackupPolicy", "GET", EFS "/file-systems/{FileSystemId}/backup-policy", NULL, false },
	{ "efs", "DescribeLifecycleConfiguration", "GET",
	  EFS "/file-systems/{FileSystemId}/lifecycle-configuration", NULL, false },
	{ "efs", "CreateMountTarget", "POST", EFS "/mount-targets", NULL, false },
	{ "efs", "DescribeMountTargets", "GET", EFS "/mount-targets", NULL, false },
	{ "efs", "DeleteMountTarget", "DELETE", EFS "/mount-targets/{MountTargetId}", NULL, false },
	{ "efs", "DescribeMountTargetSecurityGroups", "GET",
	  EFS "/mount-targets/{MountTargetId}/security-groups", NULL, false },
	{ "efs", "ModifyMountTargetSecurityGroups", "PUT",
	  EFS "/mount-targets/{MountTargetId}/security-groups", NULL, false },
	{ "efs", "CreateAccessPoint", "POST", EFS "/access-points", NULL, false },
	{ "efs", "DescribeAccessPoints", "GET", EFS "/access-points", NULL, false },
	{ "efs", "DeleteAccessPoint", "DELETE", EFS "/access-points/{AccessPointId}", NULL, false },
	{ "efs", "ListTagsForResource", "GET", EFS "/resource-tags/{ResourceId}", NULL, false },
	{ "s3", "ListBuckets", "GET", "/", NULL, false },
	{ "s3", "CreateBucket", "PUT", "/{Bucket}", NULL, true },
	{ "s3", "HeadBucket", "HEAD", "/{Bucket}", NULL, false },
	{ "s3", "DeleteBucket", "DELETE", "/{Bucket}", NULL, false },
	{ "s3", "GetBucketLocation", "GET", "/{Bucket}", "location=", false },
	{ "s3", "ListObjectsV2", "GET", "/{Bucket}", "list-type=2", false },
	{ "s3", "PutObject", "PUT", "/{Bucket}/{Key+}", NULL, true },
	{ "s3", "GetObject", "GET", "/{Bucket}/{Key+}", NULL, false },
	{ "s3", "HeadObject", "HEAD", "/{Bucket}/{Key+}", NULL, false },
	{ "s3", "DeleteObject", "DELETE", "/{Bucket}/{Key+}", NULL, false },
};
/* S3's query names differ from its member names. */
static const char *const s3_query[][2] = {
	{ "Prefix", "prefix" }, { "MaxKeys", "max-keys" }, { "Delimiter", "delimiter" },
	{ "StartAfter", "start-after" }, { "ContinuationToken", "continuation-token" },
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void outgoing_free(struct outgoing *o)
{
	free(o->path);
	free(o->query);
	free(o->target);
	free(o->body);
	*o = (struct outgoing){ 0 };
}

static bool reads_only(const char *action)
{
	static const char *const verbs[] = { "Describe", "List",     "Get",    "Head",
					     "Validate", "Discover", "Filter", "Simulate" };

	for (size_t i = 0; i < COUNT(verbs); i++)
		if (str_starts(action, verbs[i]))
			return true;
	return false;
}

static void build_form(const struct aws_service *s, const char *action, const json_t *in,
		       struct outgoing *o)
{
	OWN(str) char *name = aws_uri_encode(action, 0);
	OWN(str) char *members = aws_form_encode(s->protocol, in);

	o->method = "POST";
	o->path = str_dup("/");
	o->query = str_dup("");
	o->content_type = "application/x-www-form-urlencoded; charset=utf-8";
	o->body = str_printf("Action=%s&Version=%s%s%s", name, s->version, *members ? "&" : "",
			     members);
}

static void build_json(const struct aws_service *s, const char *action, const json_t *in,
		       struct outgoing *o)
{
	o->method = "POST";
	o->path = str_dup("/");
	o->query = str_dup("");
	o->target = str_printf("%s%s", s->target_prefix, action);
	o->content_type = s->protocol == AWS_JSON10 ? "application/x-amz-json-1.0"
						    : "application/x-amz-json-1.1";
	o->body = json_text(in);
}

static const struct operation *operation_find(const char *service, const char *action)
{
	for (size_t i = 0; i < COUNT(operations); i++)
		if (!strcmp(operations[i].service, service) &&
		    !strcmp(operations[i].action, action))
			return &operations[i];
	return NULL;
}

/* Fills the pattern; the members used are taken out of `rest`. */
static int rest_path(const struct operation *op, json_t *rest, struct buf *path, struct err *err)
{
	const char *at = op->path;

	while (*at) {
		size_t plain = strcspn(at, "{"), len;
		OWN(str) char *name = NULL;
		OWN(str) char *value = NULL;
		bool slashes;

		buf_add(path, at, plain);
		at += plain;
		if (!*at)
			break;
		len = strcspn(at, "}") - 1;
		slashes = at[len] == '+';
		name = str_dup_n(at + 1, len - slashes);
		if (!json_str(rest, name) || !*json_str(rest, name))
			return err_set(err, ERR_INPUT, "%s needs %s", op->action, name);
		value = aws_uri_encode(json_str(rest, name), slashes);
		buf_str(path, value);
		json_object_del(rest, name);
		at += len + 2;
	}
	return 0;
}

static const char *query_name(const struct operation *op, const char *member)
{
	for (size_t i = 0; !strcmp(op->service, "s3") && i < COUNT(s3_query); i++)
		if (!strcmp(s3_query[i][0], member))
			return s3_query[i][1];
	return member;
}

static char *rest_query(const struct operation *op, const json_t *rest)
{
	struct buf query = { 0 };
	const char *key;
	json_t *value;

	buf_str(&query, op->query ? op->query : "");
	json_object_foreach((json_t *)(uintptr_t)rest, key, value)
	{
		OWN(json) json_t *one = json_object();
		OWN(str) char *pair = NULL;

		json_object_set(one, query_name(op, key), value);
		pair = aws_form_encode(AWS_EC2, one);
		if (*pair)
			buf_printf(&query, "%s%s", query.len ? "&" : "", pair);
	}
	return buf_take(&query);
}

static int build_rest(const struct aws_service *s, const char *action, const json_t *in,
		      struct outgoing *o, struct err *err)
{
	const struct operation *op = operation_find(s->name, action);
	OWN(json) json_t *rest = json_copy((json_t *)(uintptr_t)in);
	OWN(buf) struct buf path = { 0 };
	bool upload;

	if (!op)
		return err_set(err, ERR_INPUT, "%s %s is not known to this client", s->name,
			       action);
	if (rest_path(op, rest, &path, err) < 0)
		return -1;
	upload = !strcmp(op->method, "POST") || !strcmp(op->method, "PUT");
	o->method = op->method;
	o->path = buf_take(&path);
	if (op->body_member) {
		o->body = str_dup(json_str_or(rest, "Body", ""));
		o->body_len = json_string_length(json_object_get(rest, "Body"));
		json_object_del(rest, "Body");
	} else if (upload) {
		o->body = json_text(rest);
		o->content_type = "application/json";
	}
	o->query = upload && !op->body_member ? str_dup("") : rest_query(op, rest);
	return 0;
}

int outgoing_build(const struct aws_service *s, const char *action, const json_t *in,
		   struct outgoing *ret, struct err *err)
{
	OWN(json) json_t *empty = json_object();
	OWN(outgoing) struct outgoing o = { 0 };

	if (!in)
		in = empty;
	switch (s->protocol) {
	case AWS_QUERY:
	case AWS_EC2:
		build_form(s, action, in, &o);
		break;
	case AWS_JSON10:
	case AWS_JSON11:
		build_json(s, action, in, &o);
		break;
	case AWS_REST_JSON:
	case AWS_REST_XML:
		if (build_rest(s, action, in, &o, err) < 0)
			return -1;
		break;
	}
	if (!o.body_len && o.body)
		o.body_len = strlen(o.body);
	o.repeatable = reads_only(action) || (o.method && !strcmp(o.method, "PUT"));
	*ret = o;
	o = (struct outgoing){ 0 };
	return 0;
}
