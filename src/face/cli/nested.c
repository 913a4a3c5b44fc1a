#include "face/cli/nested.h"

#include <string.h>

#include "core/aws/aws.h"
#include "face/cli/deploy.h"
#include "face/cli/ecs-view.h"

#define FOLDER_PARAMETER "NestedTemplates"

/* The same templates are in the same folder: what a rollback may still read is never overwritten. */
static char *folder_of(const struct plan *p)
{
	OWN(buf) struct buf all = { 0 };

	for (size_t i = 0; i < p->count; i++)
		if (p->stacks[i].nested) {
			OWN(str) char *hex = aws_sha256_hex(p->stacks[i].text, p->stacks[i].len);

			buf_printf(&all, "%s %s\n", p->stacks[i].nested, hex);
		}
	return all.len ? aws_sha256_hex(all.data, all.len) : NULL;
}

static int upload(struct target *t, const char *bucket, const char *folder,
		  const struct plan_stack *s, char **url, struct err *err)
{
	OWN(str) char *key = str_printf("nested/%s/%s", folder, s->nested);
	char *slash;

	free(*url);
	*url = NULL;
	if (awsclient_s3_put(t->aws, bucket, key, s->text, s->len, url, err) < 0)
		return err_in(err, "upload of %s", s->nested);
	slash = strrchr(*url, '/');
	if (slash)
		*slash = '\0';
	return 0;
}

int nested_upload(struct target *t, const struct plan *p, char **ret_url, struct err *err)
{
	OWN(str) char *folder = folder_of(p);
	OWN(str) char *bucket = NULL;
	OWN(str) char *url = NULL;
	size_t total = 0;

	*ret_url = NULL;
	if (!folder)
		return 0;
	for (size_t i = 0; i < p->count; i++)
		total += p->stacks[i].nested ? p->stacks[i].len : 0;
	bucket = deploy_bucket(t, total, err);
	if (!bucket)
		return -1;
	for (size_t i = 0; i < p->count; i++)
		if (p->stacks[i].nested &&
		    upload(t, bucket, folder, &p->stacks[i], &url, err) < 0)
			return -1;
	*ret_url = GIVE(url);
	return 0;
}

void nested_parameter(const struct plan_stack *s, const char *url)
{
	const json_t *declared = json_map(template_body(s->parsed), "Parameters");
	json_t *one;
	size_t i;

	json_array_foreach(s->parameters, i, one)
		if (str_eq(json_str(one, "ParameterKey"), FOLDER_PARAMETER))
			return;
	if (url && json_object_get(declared, FOLDER_PARAMETER))
		json_array_append_new(s->parameters,
				      json_pack("{s:s,s:s}", "ParameterKey", FOLDER_PARAMETER,
						"ParameterValue", url));
}

/* Is there a live resource of this logical id? */
static bool has_resource(const json_t *resources, const char *logical)
{
	json_t *one;
	size_t i;

	json_array_foreach(resources, i, one)
		if (str_eq(json_str(one, "LogicalResourceId"), logical) &&
		    !str_starts(json_str_or(one, "ResourceStatus", ""), "DELETE_"))
			return true;
	return false;
}

int nested_check_kept(struct target *t, const struct plan *p, const struct plan_stack *s,
		      struct err *err)
{
	OWN(json) json_t *stack = NULL, *resources = NULL;
	bool split;

	if (!p->made_from || strcmp(s->role, "network") ||
	    deploy_describe(t, s->name, &stack, NULL) != 0 ||
	    ecs_view_own_resources(t, s->name, &resources, NULL) < 0)
		return 0;
	split = template_resource(s->parsed, "Nodes0") != NULL;
	if (!has_resource(resources, split ? "Node0" : "Nodes0"))
		return 0;
	return err_set(err, ERR_INPUT,
		       split ? "stack %s was deployed as one template, which %zu nodes no longer fit: in nested "
			       "stacks its nodes would be made anew, with other storage keys. Take fewer nodes, "
			       "or end it first: mpcup down --stack %s"
			     : "stack %s was deployed with nested stacks; as one template its %zu nodes would be "
			       "made anew, with other storage keys. Keep the number of nodes, or end it first: "
			       "mpcup down --stack %s",
		       s->name, p->made_from->node_count, s->name);
}
