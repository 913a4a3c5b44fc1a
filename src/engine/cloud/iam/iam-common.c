/* Faults, documents, ids and names. */
#include "engine/cloud/iam/iam-internal.h"

#include <stdio.h>
#include <string.h>

int iam_fail(struct iam_fault *f, int status, const char *code, const char *fmt, ...)
{
	va_list args;

	f->status = status;
	f->code = code;
	va_start(args, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt, args);
	va_end(args);
	return -1;
}

int iam_fail_call(struct call *c, const struct iam_fault *f)
{
	return call_fail(c, f->status, f->code, "%s", f->text);
}

static const char *handler_code(const char *code)
{
	if (!strcmp(code, "EntityAlreadyExists"))
		return "AlreadyExists";
	if (!strcmp(code, "NoSuchEntity"))
		return "NotFound";
	if (!strcmp(code, "LimitExceeded"))
		return "ServiceLimitExceeded";
	return "InvalidRequest";
}

int iam_fail_resource(struct resource *r, const struct iam_fault *f, struct err *err)
{
	(void)snprintf(r->error_code, sizeof(r->error_code), "%s", handler_code(f->code));
	return err_set(err, ERR_REMOTE, "%s (Service: Iam, Status Code: %d)", f->text, f->status);
}

static bool has_resource(const json_t *statement)
{
	return json_object_get(statement, "Resource") || json_object_get(statement, "NotResource");
}

static int check_trust(const json_t *document, struct iam_fault *f)
{
	const json_t *statements = json_object_get(document, "Statement");
	bool found = has_resource(statements);

	for (size_t i = 0; i < json_array_size(statements); i++)
		found |= has_resource(json_array_get(statements, i));
	return found ? iam_fail(f, 400, "MalformedPolicyDocument", "Has prohibited field Resource")
		     : 0;
}

int iam_document(const json_t *given, bool trust, json_t **ret, struct iam_fault *f)
{
	OWN(json) json_t *document = NULL;
	const char *text = json_string_value(given);
	struct err err = { 0 };

	if (json_is_object(given))
		document = json_deep_copy(given);
	else if (!text || json_parse_text("policy", text, strlen(text), &document, NULL) < 0)
		return iam_fail(f, 400, "MalformedPolicyDocument",
				"This policy contains invalid Json");
	if (iam_policy_check(document, trust, &err) < 0)
		return iam_fail(f, 400, "MalformedPolicyDocument", "%s", err.text);
	if (trust && check_trust(document, f) < 0)
		return -1;
	*ret = GIVE(document);
	return 0;
}

char *iam_document_encode(const json_t *document)
{
	OWN(str) char *text = json_text(document);

	return aws_uri_encode(text, 0);
}

char *iam_new_id(struct hub *hub, const char *prefix)
{
	OWN(str) char *tail = hub_random(hub, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17);

	return str_printf("%s%s", prefix, tail);
}

char *iam_now(struct hub *hub)
{
	return aws_time_iso(hub_now_ms(hub) / 1000 * 1000);
}

int iam_check_name(const char *name, const char *member, size_t most, struct iam_fault *f)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-";

	if (!name || !*name)
		return iam_fail(f, 400, "ValidationError",
				"1 validation error detected: Value null at '%s' failed to satisfy "
				"constraint: Member must not be null",
				member);
	if (strlen(name) > most)
		return iam_fail(f, 400, "ValidationError",
				"1 validation error detected: Value at '%s' failed to satisfy "
				"constraint: Member must have length less than or equal to %zu",
				member, most);
	if (name[strspn(name, allowed)])
		return iam_fail(f, 400, "ValidationError",
				"The specified value for %s is invalid. It must contain only "
				"alphanumeric characters and/or the following: +=,.@_-",
				member);
	return 0;
}

int iam_check_path(const char *path, struct iam_fault *f)
{
	size_t len = strlen(path);

	if (path[0] != '/' || path[len - 1] != '/' || len > 512 || strpbrk(path, " *?\\\""))
		return iam_fail(
			f, 400, "ValidationError",
			"The specified value for path is invalid. It must begin and end with / "
			"and contain only alphanumeric characters and/or / characters.");
	return 0;
}

int iam_page(struct call *c, const char *member)
{
	const char *marker = json_str(c->in, "Marker"), *size = json_str(c->in, "MaxItems");
	json_t *all = json_list(c->out, member), *page = json_array();
	uint64_t from = 0, most = 100;
	bool more;

	if ((marker && num_parse_u64(marker, 0, json_array_size(all), &from) < 0) ||
	    (size && num_parse_u64(size, 1, 1000, &most) < 0)) {
		json_decref(page);
		return call_fail(c, 400, "ValidationError", "Invalid Marker or MaxItems.");
	}
	for (size_t i = from; i < json_array_size(all) && i < from + most; i++)
		json_array_append(page, json_array_get(all, i));
	more = from + most < json_array_size(all);
	json_set_bool(c->out, "IsTruncated", more);
	if (more) {
		OWN(str) char *next = str_printf("%llu", (unsigned long long)(from + most));

		json_set_str(c->out, "Marker", next);
	}
	json_object_set_new(c->out, member, page);
	return 0;
}
