/* Signatures in URLs, and the check of signatures wherever they stand. */
#include "core/aws/aws.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "core/aws/aws-internal.h"

static void add_member(struct buf *b, const char *name, const char *value)
{
	if (b->len)
		buf_char(b, '&');
	buf_printf(b, "%s=", name);
	aws_uri_append(b, value, strlen(value), false);
}

char *aws_sigv4_presign(const struct aws_request *r, const struct aws_credentials *c,
			const char *date, unsigned expires_s, const char *region,
			const char *service, const char *signed_headers)
{
	OWN(str)
	char *credential = str_printf("%s/%.8s/%s/%s/aws4_request", c->access_key, date, region, service);
	OWN(str) char *expires = expires_s ? str_printf("%u", expires_s) : NULL;
	OWN(str) char *canonical = NULL;
	OWN(str) char *to_sign = NULL;
	OWN(str) char *hex = NULL;
	struct aws_request with = *r;
	struct buf b = { 0 };

	buf_str(&b, r->query ? r->query : "");
	add_member(&b, "X-Amz-Algorithm", "AWS4-HMAC-SHA256");
	add_member(&b, "X-Amz-Credential", credential);
	add_member(&b, "X-Amz-Date", date);
	add_member(&b, "X-Amz-SignedHeaders", signed_headers);
	if (expires)
		add_member(&b, "X-Amz-Expires", expires);
	if (c->session_token)
		add_member(&b, "X-Amz-Security-Token", c->session_token);
	with.query = b.data;
	canonical = aws_sigv4_canonical(&with, service, signed_headers);
	to_sign = aws_sigv4_to_sign(canonical, date, region, service);
	hex = aws_sigv4_signature(c->secret_key, to_sign, date, region, service);
	add_member(&b, "X-Amz-Signature", hex);
	return buf_take(&b);
}

/* ---- reading ----------------------------------------------------------------------------------
 */

static const struct {
	const char *query, *parsed;
} members[] = {
	{ "X-Amz-Algorithm", "Algorithm" },	    { "X-Amz-Credential", "Credential" },
	{ "X-Amz-Date", "Time" },		    { "X-Amz-SignedHeaders", "SignedHeaders" },
	{ "X-Amz-Expires", "Expires" },		    { "X-Amz-Security-Token", "Token" },
	{ "X-Amz-Signature", "Signature" },
};

static const char *member_of(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (strlen(members[i].query) == len && !strncmp(members[i].query, name, len))
			return members[i].parsed;
	return NULL;
}

bool aws_sigv4_presigned(const char *query)
{
	while (*query) {
		size_t len = strcspn(query, "&"), name = strcspn(query, "=&");
		const char *member = member_of(query, name);

		if (member && (!strcmp(member, "Algorithm") || !strcmp(member, "Signature")))
			return true;
		query += len + (query[len] == '&');
	}
	return false;
}

/* Adds a member's decoded value. -1: it does not decode, or came before with another value. */
static int take_member(json_t *out, const char *member, const char *value, size_t len)
{
	OWN(str) char *plain = NULL;
	const char *before = json_str(out, member);
	size_t plain_len;
	json_t *text;

	if (aws_uri_decode(value, len, &plain, &plain_len) < 0 || strlen(plain) != plain_len)
		return -1;
	if (before)
		return strcmp(before, plain) ? -1 : 0;
	text = json_string(plain);
	if (!text)
		return -1;
	json_object_set_new(out, member, text);
	return 0;
}

static int take_members(json_t *out, const char *query)
{
	while (*query) {
		size_t len = strcspn(query, "&"), name = strcspn(query, "=&");
		const char *member = member_of(query, name);

		if (member && (name == len || take_member(out, member, query + name + 1, len - name - 1) < 0))
			return -1;
		query += len + (query[len] == '&');
	}
	return 0;
}

int aws_sigv4_parse_query(const char *query, json_t **ret, struct err *err)
{
	OWN(json) json_t *out = json_object();

	if (take_members(out, query) < 0)
		return err_set(err, ERR_INPUT, "an X-Amz member of the query is malformed or came twice");
	if (!str_eq(json_str(out, "Algorithm"), "AWS4-HMAC-SHA256"))
		return err_set(err, ERR_INPUT, "X-Amz-Algorithm is not AWS4-HMAC-SHA256");
	if (!json_str(out, "Credential") || !json_str(out, "SignedHeaders") ||
	    !json_str(out, "Signature") || !json_str(out, "Time"))
		return err_set(err, ERR_INPUT,
			       "the query needs X-Amz-Credential, X-Amz-Date, X-Amz-SignedHeaders and "
			       "X-Amz-Signature");
	if (aws_scope_parse(json_str(out, "Credential"), out) < 0)
		return err_set(err, ERR_INPUT, "X-Amz-Credential is malformed");
	*ret = GIVE(out);
	return 0;
}

/* ---- checking ---------------------------------------------------------------------------------
 */

int64_t aws_sigv4_time(const char *date)
{
	char iso[32];

	if (!date || strlen(date) != 16)
		return -1;
	(void)snprintf(iso, sizeof(iso), "%.4s-%.2s-%.5s:%.2s:%.3s", date, date + 4, date + 6, date + 11,
		       date + 13);
	return aws_time_parse(iso);
}

bool aws_same_secret(const char *a, const char *b)
{
	size_t len = strlen(a);

	return len == strlen(b) && sodium_memcmp(a, b, len) == 0;
}

bool aws_sigv4_verify(const struct aws_request *r, const json_t *parsed, const char *date,
		      const char *secret_key)
{
	const char *region = json_str(parsed, "Region"), *service = json_str(parsed, "Service");
	const char *given = json_str(parsed, "Signature");
	OWN(str) char *canonical = aws_sigv4_canonical(r, service, json_str(parsed, "SignedHeaders"));
	OWN(str) char *to_sign = aws_sigv4_to_sign(canonical, date, region, service);
	OWN(str) char *want = aws_sigv4_signature(secret_key, to_sign, date, region, service);
	bool same = aws_same_secret(given, want);

	sodium_memzero(want, strlen(want));
	return same;
}
