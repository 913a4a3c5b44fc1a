/* What values stand for: resources, texts, numbers, addresses. */
#include <string.h>
#include <strings.h>

#include "core/deployment/deployment-internal.h"

/* ---- resources by type, objects by resource -------------------------------------------------- */

const json_t *resources_of(const struct deployment *d, const char *type)
{
	return json_object_get(d->types, type);
}

const struct deployment_resource *resource_at(const struct deployment *d, const json_t *indexes,
					      size_t i)
{
	return &d->resources[json_integer_value(json_array_get(indexes, i))];
}

const struct deployment_resource *target_of_type(const struct deployment *d, const json_t *value,
						 const char *type)
{
	const struct deployment_resource *r = deployment_target(d, value, NULL);

	return r && !strcmp(r->type, type) ? r : NULL;
}

void *view_of(const struct deployment *d, const json_t *value, const char *type)
{
	const struct deployment_resource *r = target_of_type(d, value, type);

	return r ? d->views[r - d->resources] : NULL;
}

void view_set(struct deployment *d, const struct deployment_resource *r, void *view)
{
	d->views[r - d->resources] = view;
}

size_t outside_index(struct deployment *d, const char *kind, const json_t *value, size_t next)
{
	OWN(str) char *whole = json_is_string(value) ? NULL : json_canonical(value);
	OWN(str) char *key = str_printf("%s %s", kind, whole ? whole : json_string_value(value));
	const json_t *index = json_object_get(d->outside, key);

	if (index)
		return (size_t)json_integer_value(index);
	json_object_set_new(d->outside, key, json_integer((json_int_t)next));
	return next;
}

const json_t *identity_new(struct deployment *d, const struct deployment_resource *r)
{
	json_t *identity = r->physical_id ? json_string(r->physical_id)
					  : json_pack("{s:s}", "$symbol", r->logical);

	value_mark(d, r->template, identity);
	json_array_append_new(d->identities, identity);
	return identity;
}

/* ---- the account ----------------------------------------------------------------------------- */

const json_t *account_metadata(const struct deployment *d, size_t template, const json_t *body)
{
	const json_t *whole = json_path(template_body(d->templates[template].t), "Metadata.mpcup");

	return json_bool_or(whole, "account", false) ? json_path(body, "Metadata.mpcup") : NULL;
}

void physical_index(struct deployment *d, struct deployment_resource *r)
{
	const json_t *metadata = account_metadata(d, r->template, r->body);
	const char *id = json_str(metadata, "physicalId"), *arn = json_str(metadata, "arn");
	json_t *index;

	if (!id)
		return;
	index = json_integer(r - d->resources);
	json_object_set(d->physical, id, index);
	if (arn)
		json_object_set(d->physical, arn, index);
	json_object_set_new(d->names[r->template], id, index);
	r->logical = r->physical_id = id;
}

static const struct deployment_resource *physical_target(const struct deployment *d,
							  const json_t *value)
{
	const char *text = json_string_value(value);
	const json_t *index = text ? json_object_get(d->physical, text) : NULL;

	return index ? &d->resources[json_integer_value(index)] : NULL;
}

/* ---- ARNs of named resources ----------------------------------------------------------------- */

static const struct {
	const char *type, *property, *service, *prefix;
} named[] = {
	{ "AWS::IAM::Role", "RoleName", "iam", "role/" },
	{ "AWS::IAM::ManagedPolicy", "ManagedPolicyName", "iam", "policy/" },
	{ "AWS::SecretsManager::Secret", "Name", "secretsmanager", "secret:" },
	{ "AWS::SSM::Parameter", "Name", "ssm", "parameter/" },
	{ "AWS::Logs::LogGroup", "LogGroupName", "logs", "log-group:" },
};

void arn_index(struct deployment *d, const struct deployment_resource *r)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		const char *name = json_str(r->properties, named[i].property);
		OWN(str) char *key = NULL;

		if (!name || strcmp(r->type, named[i].type) != 0)
			continue;
		if (!strcmp(named[i].service, "ssm") && name[0] == '/')
			name++;
		key = str_printf("%s:%s%s", named[i].service, named[i].prefix, name);
		/* what a template makes comes before what stands there under the same name */
		if (!r->physical_id || !json_object_get(d->arns, key))
			json_object_set_new(d->arns, key, json_integer(r - d->resources));
	}
}

/* Whether an ARN's account can be ours: a symbol, or the account when it is known. */
static bool account_ours(const struct deployment *d, const char *account, size_t len)
{
	const char *own = deployment_account(d);

	if (memchr(account, '?', len) || !own)
		return true;
	return strlen(own) == len && !memcmp(own, account, len);
}

static const struct deployment_resource *arn_find(const struct deployment *d, const char *key,
						  size_t len)
{
	OWN(str) char *copy = str_dup_n(key, len);
	const json_t *index = json_object_get(d->arns, copy);

	return index ? &d->resources[json_integer_value(index)] : NULL;
}

/* arn:partition:service:region:account:rest, symbols in it as "?". */
static const struct deployment_resource *arn_target(const struct deployment *d, const char *arn)
{
	const char *field[6];
	const struct deployment_resource *r;
	OWN(str) char *key = NULL;
	size_t len;

	field[0] = arn;
	for (size_t i = 1; i < 6; i++) {
		field[i] = strchr(field[i - 1], ':');
		if (!field[i])
			return NULL;
		field[i]++;
	}
	if (!account_ours(d, field[4], (size_t)(field[5] - field[4] - 1)))
		return NULL;
	key = str_printf("%.*s%s", (int)(field[3] - field[2]), field[2], field[5]);
	len = strlen(key);
	if (len > 2 && !strcmp(key + len - 2, ":*"))
		len -= 2;
	r = arn_find(d, key, len);
	/* Secrets Manager adds a dash and six characters to the name. */
	if (!r && str_starts(key, "secretsmanager:") && len > 7 && key[len - 7] == '-')
		r = arn_find(d, key, len - 7);
	return r;
}

/* ---- targets --------------------------------------------------------------------------------- */

/* Attributes that give another thing than the resource itself, or a mere fact about it. */
static bool attribute_identifies(const char *type, const char *attribute)
{
	const char *ref = template_ref_attribute(type);

	if (ref && !strcmp(ref, attribute))
		return true;
	if (!strcmp(attribute, "VpcId") || !strcmp(attribute, "HostedZoneId"))
		return false;
	return !strcmp(attribute, "Name") || str_ends(attribute, "Id") ||
	       str_ends(attribute, "Arn");
}

/* The resource at the front of "Logical" or "Logical.Attribute". */
static const struct deployment_resource *front_of(const struct deployment *d, size_t template,
						  const char *identity, const char **ret_attribute)
{
	const char *dot = strchr(identity, '.');
	OWN(str) char *logical = NULL;

	*ret_attribute = dot ? dot + 1 : "";
	if (!dot)
		return deployment_find(d, template, identity);
	logical = str_dup_n(identity, (size_t)(dot - identity));
	return deployment_find(d, template, logical);
}

static const struct deployment_resource *in_template(const struct deployment *d, size_t template,
						     const char *identity,
						     const char **ret_attribute)
{
	const struct deployment_resource *r = front_of(d, template, identity, ret_attribute);

	return r && (!**ret_attribute || attribute_identifies(r->type, *ret_attribute)) ? r : NULL;
}

typedef const struct deployment_resource *find_in(const struct deployment *d, size_t template,
						  const char *identity, const char **ret_attribute);

/* A symbol that is not marked is of the only template that has such a resource. */
static const struct deployment_resource *in_any(const struct deployment *d, find_in *find,
						const char *identity, const char **ret_attribute)
{
	const struct deployment_resource *found = NULL;

	for (size_t i = 0; i < d->template_count; i++) {
		const struct deployment_resource *r = find(d, i, identity, ret_attribute);

		if (r && found)
			return NULL;
		found = r ? r : found;
	}
	return found;
}

static const json_t *import_followed(const struct deployment *d, const json_t *value)
{
	const char *identity = json_str(value, "$symbol");
	const json_t *exported = identity && str_starts(identity, "import:")
					 ? json_object_get(d->exports, identity + strlen("import:"))
					 : NULL;

	return exported ? exported : value;
}

/* "...:role/${Role}": the name at the end of an ARN is the Ref of a resource. */
static const struct deployment_resource *tail_target(const struct deployment *d,
						     const json_t *parts)
{
	size_t count = json_array_size(parts);
	const json_t *last = count > 1 ? json_array_get(parts, count - 1) : NULL;
	const char *before = last ? json_string_value(json_array_get(parts, count - 2)) : NULL;
	const char *attribute = "";
	const struct deployment_resource *r =
		before && template_is_symbol(last) ? deployment_target(d, last, &attribute) : NULL;

	for (size_t i = 0; r && i < sizeof(named) / sizeof(named[0]); i++)
		if (!*attribute && !strcmp(named[i].type, r->type) &&
		    str_ends(before, named[i].prefix))
			return r;
	return NULL;
}

/* An ARN, known or put together. */
static const struct deployment_resource *text_target(const struct deployment *d,
						     const json_t *value)
{
	OWN(str) char *flat = text_flatten(d, value, '?');
	const struct deployment_resource *r;

	if (!flat || !str_starts(flat, "arn:"))
		return NULL;
	r = arn_target(d, flat);
	return r ? r : tail_target(d, json_object_get(value, "$parts"));
}

const struct deployment_resource *deployment_target(const struct deployment *d, const json_t *value,
						    const char **ret_attribute)
{
	const json_t *followed = import_followed(d, value);
	const json_t *tag = json_object_get(followed, TEMPLATE_TAG);
	const json_t *parts = json_object_get(followed, "$parts");
	const char *identity = json_str(followed, "$symbol"), *attribute = "Arn";
	const struct deployment_resource *r = physical_target(d, followed);

	if (json_object_get(followed, "$if"))
		return NULL;
	if (r)
		attribute = str_starts(json_string_value(followed), "arn:") ? "Arn" : "";
	else if (!identity || parts)
		r = text_target(d, followed);
	else if (tag)
		r = in_template(d, (size_t)json_integer_value(tag), identity, &attribute);
	else
		r = in_any(d, in_template, identity, &attribute);
	if (r && ret_attribute)
		*ret_attribute = attribute;
	return r;
}

const struct deployment_resource *deployment_owner(const struct deployment *d, const json_t *value,
						   const char **ret_attribute)
{
	const json_t *followed = import_followed(d, value);
	const json_t *tag = json_object_get(followed, TEMPLATE_TAG);
	const char *identity = json_str(followed, "$symbol"), *attribute = "";
	const struct deployment_resource *r;

	if (!identity || json_object_get(followed, "$if") || json_object_get(followed, "$parts"))
		return NULL;
	r = tag ? front_of(d, (size_t)json_integer_value(tag), identity, &attribute)
		: in_any(d, front_of, identity, &attribute);
	if (r && ret_attribute)
		*ret_attribute = attribute;
	return r;
}

/* ---- texts and numbers ----------------------------------------------------------------------- */

const char *deployment_text(const struct deployment *d, const json_t *value)
{
	const json_t *followed = import_followed(d, value);
	OWN(str) char *text = NULL;

	if (json_is_string(followed))
		return json_string_value(followed);
	if (!json_is_number(followed) && !json_is_boolean(followed))
		return NULL;
	text = json_text(followed);
	return json_string_value(json_object_get(d->scalars, text));
}

const char *text_keep(struct deployment *d, char *text)
{
	LIST_ADD(d->texts, d->text_count, text);
	return text;
}

char *text_flatten(const struct deployment *d, const json_t *value, char placeholder)
{
	const json_t *followed = import_followed(d, value);
	const json_t *parts = json_object_get(followed, "$parts");
	const char *text = deployment_text(d, followed);
	OWN(buf) struct buf b = { 0 };

	if (text)
		return str_dup(text);
	if (!template_is_symbol(followed))
		return NULL;
	if (!parts)
		buf_char(&b, placeholder);
	for (size_t i = 0; i < json_array_size(parts); i++) {
		const char *literal = deployment_text(d, json_array_get(parts, i));

		if (literal)
			buf_str(&b, literal);
		else
			buf_char(&b, placeholder);
	}
	return buf_take(&b);
}

enum verdict verdict_of(const json_t *value, enum verdict otherwise)
{
	const char *text = json_string_value(value);

	if (!value)
		return otherwise;
	if (json_is_boolean(value))
		return json_is_true(value) ? VERDICT_PASS : VERDICT_FAIL;
	if (text && !strcasecmp(text, "true"))
		return VERDICT_PASS;
	return text && !strcasecmp(text, "false") ? VERDICT_FAIL : VERDICT_UNKNOWN;
}

int number_of(const json_t *value, long *ret)
{
	int64_t number;

	if (json_is_integer(value))
		number = json_integer_value(value);
	else if (num_parse_i64(json_is_string(value) ? json_string_value(value) : "", INT32_MIN,
			       INT32_MAX, &number) < 0)
		return -1;
	if (number < INT32_MIN || number > INT32_MAX)
		return -1;
	*ret = (long)number;
	return 0;
}

bool cidr_of(const struct deployment *d, const json_t *value, uint32_t *ret_base,
	     unsigned *ret_bits)
{
	const char *text = deployment_text(d, value);
	const char *slash = text ? strchr(text, '/') : NULL;
	OWN(str) char *address = slash ? str_dup_n(text, (size_t)(slash - text)) : NULL;
	uint64_t bits;
	uint32_t ip;

	if (!slash || ip_parse(address, &ip) < 0 || num_parse_u64(slash + 1, 0, 32, &bits) < 0)
		return false;
	*ret_base = bits ? ip & (UINT32_MAX << (32 - bits)) : 0;
	*ret_bits = (unsigned)bits;
	return true;
}

size_t member_count(const json_t *list)
{
	return json_is_array(list) ? json_array_size(list) : list && !json_is_null(list);
}

const json_t *member_at(const json_t *list, size_t i)
{
	return json_is_array(list) ? json_array_get(list, i) : list;
}
