/* Where a stack is, as far as its templates bind it: the zones of its subnets, or else the one
 * region or account that they spell out everywhere and never ask AWS for. */
#include <string.h>

#include "base/str.h"
#include "core/check/check-internal.h"
#include "core/check/check-rights.h"

enum { DEPTH_MAX = 64, ACCOUNT_DIGITS = 12 };

struct place {
	const char *pseudo; /* the parameter that stands for it */
	bool (*is_one)(const char *s, size_t len);
	int arn_field;
	int host_label; /* of a registry's host */
	char *found;
	bool open; /* left to the deployment, or more than one is named */
};

static bool is_account(const char *s, size_t len)
{
	return len == ACCOUNT_DIGITS && strspn(s, "0123456789") >= len;
}

static void take(struct place *p, const char *s, size_t len)
{
	if (!p->is_one(s, len))
		return;
	if (!p->found)
		p->found = str_dup_n(s, len);
	else
		p->open |= strlen(p->found) != len || strncmp(p->found, s, len) != 0;
}

/* The nth part of a text; *ret_len 0: it has fewer. */
static const char *part(const char *s, int n, char separator, size_t *ret_len)
{
	const char stop[] = { separator, '\0' };

	while (n-- > 0 && (s = strchr(s, separator)))
		s++;
	*ret_len = s ? strcspn(s, stop) : 0;
	return s ? s : "";
}

static void look_text(struct place *p, const char *text, const char *key)
{
	size_t len = 0;
	const char *at = text;

	if (str_starts(text, "arn:"))
		at = part(text, p->arn_field, ':', &len);
	else if (strstr(text, ".dkr.ecr."))
		at = part(text, p->host_label, '.', &len);
	else if (str_eq(key, "awslogs-region"))
		len = strlen(text);
	take(p, at, len);
}

/* key: of the value, or NULL. evidence: not in policies, whose ARNs are what is being judged. */
static void look(struct place *p, const char *key, const json_t *value, bool evidence,
		 unsigned depth)
{
	const char *symbol = json_str_or(value, "$symbol", "");
	json_t *member;
	size_t i;

	if (depth > DEPTH_MAX)
		return;
	p->open |= strstr(symbol, p->pseudo) && !strstr(symbol, "Fn::GetAZs");
	if (evidence && json_is_string(value))
		look_text(p, json_string_value(value), key);
	json_array_foreach(value, i, member)
		look(p, key, member, evidence, depth + 1);
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
		if (strcmp(key, "$symbol") != 0)
			look(p, key, member, evidence && !json_object_get(value, "Statement"),
			     depth + 1);
}

/* Caller frees; NULL: it is left to the deployment. */
static char *spelt_everywhere(const struct deployment *d, size_t template, struct place *p)
{
	size_t count;
	const struct deployment_resource *list = deployment_resources(d, &count);

	for (size_t i = 0; i < count && !p->open; i++)
		if (list[i].template == template)
			look(p, NULL, list[i].properties, true, 0);
	if (!p->open)
		return p->found;
	free(p->found);
	return NULL;
}

static char *account_of(const struct deployment *d, size_t template)
{
	return spelt_everywhere(d, template,
				&(struct place){ .pseudo = "AWS::AccountId",
						 .is_one = is_account,
						 .arn_field = 4,
						 .host_label = 0 });
}

static char *region_of(const struct deployment *d, size_t template)
{
	size_t count;
	const struct deployment_resource *list = deployment_resources(d, &count);

	for (size_t i = 0; i < count; i++) {
		const char *zone =
			deployment_text(d, json_object_get(list[i].properties, "AvailabilityZone"));

		if (str_eq(list[i].type, "AWS::EC2::Subnet") && zone && strlen(zone) > 7 &&
		    check_rights_is_region(zone, strlen(zone) - 1))
			return str_dup_n(zone, strlen(zone) - 1);
	}
	return spelt_everywhere(d, template,
				&(struct place){ .pseudo = "AWS::Region",
						 .is_one = check_rights_is_region,
						 .arn_field = 3,
						 .host_label = 3 });
}

/* Found once per template; "" stands for NULL. */
static const char *kept(const struct check *c, const void *owner, size_t template,
			char *(*find)(const struct deployment *d, size_t template))
{
	size_t count;
	const struct deployment_template *all = check_templates(c, &count);
	void **slot = check_memo(c, owner, all[template].t, free);

	if (!*slot) {
		char *found = find(check_deployment(c), template);

		*slot = found ? found : str_dup("");
	}
	return *(const char *)*slot ? *slot : NULL;
}

const char *check_place_account(const struct check *c, size_t template)
{
	static const char owner;

	return kept(c, &owner, template, account_of);
}

const char *check_place_region(const struct check *c, size_t template)
{
	static const char owner;

	return kept(c, &owner, template, region_of);
}
