/* B11: a ValueFrom that names its secret in another way than by the whole ARN. */
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "core/check/check-b.h"
#include "core/check/check-e.h"

/* The secret of the templates that has this name, or NULL. */
static const struct deployment_resource *secret_named(const struct deployment *d, const char *name)
{
	size_t count;
	const struct deployment_resource *all = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++) {
		const char *own = deployment_text(d, json_object_get(all[i].properties, "Name"));

		if (!strcmp(all[i].type, "AWS::SecretsManager::Secret") && own &&
		    !strcmp(own, name))
			return &all[i];
	}
	return NULL;
}

/* "-" and six letters or digits, as AWS appends them. */
static bool has_suffix(const char *name, size_t len)
{
	if (len < 8 || name[len - 7] != '-')
		return false;
	for (size_t i = len - 6; i < len; i++)
		if (!isalnum((unsigned char)name[i]))
			return false;
	return true;
}

/* The region of an ARN, or "" when it is none or not known. */
static void region_of(const char *arn, char ret[64])
{
	const char *at = arn;

	*ret = '\0';
	for (int i = 0; i < 3; i++) {
		at = at ? strchr(at, ':') : NULL;
		at = at ? at + 1 : NULL;
	}
	if (!at || strcspn(at, ":") >= 64 || !strchr(at, ':'))
		return;
	memcpy(ret, at, strcspn(at, ":"));
	ret[strcspn(at, ":")] = '\0';
	if (node_has_unknown(ret))
		*ret = '\0';
}

/* A service and its log group are of one region; a secret elsewhere is most often a slip. */
static void see_region(struct check *c, const struct deployment_service *s,
		       struct check_finding *f, const char *name, const char *arn)
{
	json_t *container;
	size_t i;
	char region[64];

	region_of(arn, region);
	if (*region)
		json_array_foreach(s->task->containers, i, container) {
			const char *own = json_string_value(json_path(
				container, "LogConfiguration.Options.awslogs-region"));

			if (!own || node_has_unknown(own) || !strcmp(own, region))
				continue;
			f->severity = CHECK_WARN;
			check_add(c, f, "ValueFrom of %s is in %s, the task's log in %s", name,
				  region, own);
			return;
		}
}

static bool may_read(const struct check *c, const struct check_need *like, const char *arn,
		     const struct deployment_resource *thing)
{
	OWN(str) char *resource = str_dup(arn);
	struct check_need need = *like;
	struct iam_answer a;

	need.action = "secretsmanager:GetSecretValue";
	need.resource = resource;
	need.thing = thing;
	check_need_ask(check_deployment(c), check_rights_of(c), &need, false, &a);
	return a.decision == IAM_ALLOWED;
}

static bool is_read(const struct check_needs *needs, const struct deployment_resource *secret)
{
	for (size_t i = 0; i < needs->count; i++)
		if (needs->list[i].thing == secret)
			return true;
	return false;
}

/* The role has a right that nothing uses: on a secret of the templates that no container reads. */
static bool has_idle_right(const struct check *c, const struct check_need *like)
{
	size_t count;
	const struct deployment_resource *all = deployment_resources(check_deployment(c), &count);

	for (size_t i = 0; i < count; i++) {
		OWN(str) char *arn = NULL;

		if (strcmp(all[i].type, "AWS::SecretsManager::Secret") != 0 ||
		    is_read(check_needs_of(c), &all[i]))
			continue;
		arn = check_rights_arn(check_deployment(c), &all[i]);
		if (may_read(c, like, arn, &all[i]))
			return true;
	}
	return false;
}

/* A role that may not read what ValueFrom says and may read what it was to say. */
static bool is_refused(const struct check *c, const struct check_finding *at, const char *name)
{
	const struct check_needs *needs = check_needs_of(c);
	OWN(str)
	char *arn = str_printf("arn:aws:secretsmanager:\x03"
			       "AAWS..Region\x03:\x03"
			       "AAWS..AccountId\x03:secret:%s-??????",
			       name);

	for (size_t i = 0; i < needs->count; i++) {
		const struct check_need *n = &needs->list[i];
		struct iam_answer a;

		if (n->service != at->service || !n->role || !str_eq(n->property, at->property))
			continue;
		check_need_ask(check_deployment(c), check_rights_of(c), n, false, &a);
		return a.decision == IAM_IMPLICIT_DENY &&
		       (may_read(c, n, arn, NULL) || has_idle_right(c, n));
	}
	return false;
}

/* "-secret", "-worker": six small letters are more often a word than what AWS appends. */
static bool ends_in_word(const char *name)
{
	const char *dash = strrchr(name, '-');

	return dash && strspn(dash + 1, "abcdefghijklmnopqrstuvwxyz") == strlen(dash + 1);
}

/* text: the secret's name in an ARN, and what follows. */
static void see_whole(struct check *c, struct check_finding *f, const char *name, const char *text)
{
	OWN(str) char *own = str_dup_n(text, strcspn(text, ":"));
	bool ends_like_one = has_suffix(own, strlen(own));

	f->second = secret_named(check_deployment(c), own);
	f->second_property = "Name";
	f->severity = CHECK_WARN;
	if (f->second && ends_like_one) {
		f->severity = CHECK_FAIL;
		check_add(c, f,
			  "ValueFrom of %s is an ARN without the six characters that AWS appends, and the "
			  "name's own end is taken for them: no such secret is found",
			  name);
	} else if (!ends_like_one || ends_in_word(own)) {
		if (is_refused(c, f, own))
			f->severity = CHECK_FAIL;
		else if (ends_like_one)
			return;
		check_add(c, f,
			  f->severity == CHECK_FAIL
				  ? "ValueFrom of %s is an ARN without the six characters that AWS appends; "
				    "the execution role may read other secrets, but none of this name"
				  : "ValueFrom of %s is an ARN without the six characters that AWS appends; "
				    "rights and look-ups by it match only when no other secret starts like it",
			  name);
	}
}

static void see_name(struct check *c, const struct deployment_service *s, const char *property,
		     const char *name, const json_t *value)
{
	OWN(str) char *flat = node_flatten(check_deployment(c), value);
	struct check_finding f = { .severity = CHECK_FAIL,
				   .resource = s->task->resource,
				   .property = property,
				   .service = s };
	const char *secret = strstr(flat, ":secret:");

	if (!*flat || str_starts(flat, NODE_UNKNOWN))
		return;
	if (!str_starts(flat, "arn:")) {
		OWN(str) char *own = str_dup_n(flat, strcspn(flat, ":"));

		f.second = secret_named(check_deployment(c), own);
		f.second_property = "Name";
		if (f.second || is_refused(c, &f, own))
			check_add(c, &f,
				  "ValueFrom of %s is a secret's name; anything but an ARN is taken "
				  "for a name in the Parameter Store",
				  name);
		return;
	}
	see_region(c, s, &f, name, flat);
	if (!secret || node_has_unknown(secret) || !strstr(flat, ":secretsmanager:"))
		return;
	see_whole(c, &f, name, secret + strlen(":secret:"));
}

void check_b_names(struct check *c)
{
	check_b_references(c, see_name);
}
