#include "core/aws/aws.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

#include "core/aws/aws-internal.h"

static const char algorithm[] = "AWS4-HMAC-SHA256";

char *aws_sha256_hex(const void *data, size_t len)
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, len ? data : (const void *)"", len);
	return hex_encode(hash, sizeof(hash));
}

static void hmac(uint8_t out[crypto_auth_hmacsha256_BYTES], const void *key, size_t key_len,
		 const char *text)
{
	crypto_auth_hmacsha256_state state;

	(void)crypto_auth_hmacsha256_init(&state, key, key_len);
	(void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)text, strlen(text));
	(void)crypto_auth_hmacsha256_final(&state, out);
	sodium_memzero(&state, sizeof(state));
}

/* ---- path -------------------------------------------------------------------------------------
 */

/* Drops the last segment of "/a/b" (RFC 3986 5.2.4 for ".."). */
static void path_up(struct buf *b)
{
	while (b->len && b->data[b->len - 1] != '/')
		b->len--;
	if (b->len)
		b->len--;
	if (b->data)
		b->data[b->len] = '\0';
}

/* `//`, `.` and `..` away; a trailing slash stays. */
static char *path_normal(const char *path)
{
	struct buf b = { 0 };
	bool slash = false;

	while (*path) {
		size_t len = strcspn(path, "/");

		slash = true; /* unless this segment is a real one and the last */
		if (len == 2 && !strncmp(path, "..", 2)) {
			path_up(&b);
		} else if (len && !(len == 1 && *path == '.')) {
			buf_char(&b, '/');
			buf_add(&b, path, len);
			slash = false;
		}
		path += len;
		if (*path == '/') {
			path++;
			slash = slash || !*path;
		}
	}
	if (slash || !b.len)
		buf_char(&b, '/');
	return buf_take(&b);
}

static void canonical_path(struct buf *b, const struct aws_request *r, const char *service)
{
	OWN(str) char *normal = NULL;

	if (!strcmp(service, "s3")) {
		buf_str(b, *r->path ? r->path : "/");
		return;
	}
	normal = r->path_as_is && *r->path ? str_dup(r->path) : path_normal(r->path);
	aws_uri_append(b, normal, strlen(normal), true);
}

/* ---- query ------------------------------------------------------------------------------------
 */

struct parameter {
	char *name, *value; /* encoded */
};

static int parameter_compare(const void *a, const void *b)
{
	const struct parameter *x = a, *y = b;
	int by_name = strcmp(x->name, y->name);

	return by_name ? by_name : strcmp(x->value, y->value);
}

/* Decoded and encoded again, so that any spelling gives the same text. What does not decode is
 * encoded as it is. */
static char *recode(const char *s, size_t len)
{
	OWN(str) char *plain = NULL;
	struct buf b = { 0 };
	size_t plain_len;

	if (aws_uri_decode(s, len, &plain, &plain_len) < 0) {
		plain = str_dup_n(s, len);
		plain_len = len;
	}
	aws_uri_append(&b, plain, plain_len, false);
	return buf_take(&b);
}

/* What a presigned query says last is not part of what was signed. */
static bool is_signature(const char *name, size_t len)
{
	return len == strlen("X-Amz-Signature") && !strncmp(name, "X-Amz-Signature", len);
}

static void canonical_query(struct buf *b, const char *query)
{
	struct parameter *list = NULL;
	size_t count = 0;

	while (*query) {
		size_t len = strcspn(query, "&");
		const char *equals = memchr(query, '=', len);
		size_t name = equals ? (size_t)(equals - query) : len;

		if (len && !is_signature(query, name)) {
			list = mem_grow(list, count + 1, sizeof(*list));
			list[count].name = recode(query, name);
			list[count++].value =
				equals ? recode(equals + 1, len - name - 1) : str_dup("");
		}
		query += len + (query[len] == '&');
	}
	if (count)
		qsort(list, count, sizeof(*list), parameter_compare);
	for (size_t i = 0; i < count; i++) {
		buf_printf(b, "%s%s=%s", i ? "&" : "", list[i].name, list[i].value);
		free(list[i].name);
		free(list[i].value);
	}
	free(list);
}

/* ---- headers ----------------------------------------------------------------------------------
 */

/* Trimmed, inner runs of blanks as one. */
static void header_value(struct buf *b, const char *value)
{
	bool blank = false, any = false;

	for (; *value; value++) {
		if (*value == ' ' || *value == '\t') {
			blank = any;
			continue;
		}
		if (blank)
			buf_char(b, ' ');
		blank = false;
		any = true;
		buf_char(b, *value);
	}
}

static void header_line(struct buf *b, const struct aws_request *r, const char *name, size_t len)
{
	bool any = false;

	buf_add(b, name, len);
	buf_char(b, ':');
	for (size_t i = 0; i < r->header_count; i++) {
		const struct aws_header *h = &r->headers[i];

		if (strlen(h->name) != len || strncasecmp(h->name, name, len))
			continue;
		if (any)
			buf_char(b, ',');
		any = true;
		header_value(b, h->value);
	}
	buf_char(b, '\n');
}

static void canonical_headers(struct buf *b, const struct aws_request *r,
			      const char *signed_headers)
{
	while (*signed_headers) {
		size_t len = strcspn(signed_headers, ";");

		header_line(b, r, signed_headers, len);
		signed_headers += len + (signed_headers[len] == ';');
	}
}

static const char *request_header(const struct aws_request *r, const char *name)
{
	for (size_t i = 0; i < r->header_count; i++)
		if (!strcasecmp(r->headers[i].name, name))
			return r->headers[i].value;
	return NULL;
}

bool aws_sigv4_signs(const char *signed_headers, const char *name)
{
	size_t want = strlen(name);

	while (*signed_headers) {
		size_t len = strcspn(signed_headers, ";");

		if (len == want && !strncmp(signed_headers, name, len))
			return true;
		signed_headers += len + (signed_headers[len] == ';');
	}
	return false;
}

/* Who makes a URL for S3 does not know what will be uploaded with it. */
static char *payload_hash(const struct aws_request *r, const char *service,
			  const char *signed_headers)
{
	const char *given = request_header(r, "x-amz-content-sha256");
	bool url = !strcmp(service, "s3") && r->query && aws_sigv4_presigned(r->query);

	if (url && !(given && aws_sigv4_signs(signed_headers, "x-amz-content-sha256")))
		return str_dup("UNSIGNED-PAYLOAD");
	return given ? str_dup(given) : aws_sha256_hex(r->body, r->body_len);
}

char *aws_sigv4_canonical(const struct aws_request *r, const char *service,
			  const char *signed_headers)
{
	OWN(str) char *hash = payload_hash(r, service, signed_headers);
	struct buf b = { 0 };

	buf_printf(&b, "%s\n", r->method);
	canonical_path(&b, r, service);
	buf_char(&b, '\n');
	canonical_query(&b, r->query ? r->query : "");
	buf_char(&b, '\n');
	canonical_headers(&b, r, signed_headers);
	buf_printf(&b, "\n%s\n%s", signed_headers, hash);
	return buf_take(&b);
}

/* ---- signature --------------------------------------------------------------------------------
 */

char *aws_sigv4_to_sign(const char *canonical, const char *date, const char *region,
			const char *service)
{
	OWN(str) char *hash = aws_sha256_hex(canonical, strlen(canonical));

	return str_printf("%s\n%s\n%.8s/%s/%s/aws4_request\n%s", algorithm, date, date, region,
			  service, hash);
}

char *aws_sigv4_signature(const char *secret_key, const char *to_sign, const char *date,
			  const char *region, const char *service)
{
	OWN(str) char *seed = str_printf("AWS4%s", secret_key);
	OWN(str) char *day = str_dup_n(date, strnlen(date, 8));
	uint8_t key[crypto_auth_hmacsha256_BYTES], next[crypto_auth_hmacsha256_BYTES];
	char *hex;

	hmac(key, seed, strlen(seed), day);
	hmac(next, key, sizeof(key), region);
	hmac(key, next, sizeof(next), service);
	hmac(next, key, sizeof(key), "aws4_request");
	hmac(key, next, sizeof(next), to_sign);
	hex = hex_encode(key, sizeof(key));
	sodium_memzero(next, sizeof(next));
	sodium_memzero(seed, strlen(seed));
	return hex;
}

char *aws_sigv4_authorization(const struct aws_request *r, const struct aws_credentials *c,
			      const char *date, const char *region, const char *service,
			      const char *signed_headers)
{
	OWN(str) char *canonical = aws_sigv4_canonical(r, service, signed_headers);
	OWN(str) char *to_sign = aws_sigv4_to_sign(canonical, date, region, service);
	OWN(str) char *hex = aws_sigv4_signature(c->secret_key, to_sign, date, region, service);

	return str_printf("%s Credential=%s/%.8s/%s/%s/aws4_request, SignedHeaders=%s, Signature=%s",
			  algorithm, c->access_key, date, region, service, signed_headers, hex);
}

int aws_scope_parse(const char *credential, json_t *out)
{
	static const char *const names[] = { NULL, "Service", "Region", "Date" };
	OWN(str) char *text = str_dup(credential);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *slash = strrchr(text, '/');

		if (!slash || !slash[1])
			return -1;
		if (names[i])
			json_set_str(out, names[i], slash + 1);
		else if (strcmp(slash + 1, "aws4_request") != 0)
			return -1;
		*slash = '\0';
	}
	if (!*text)
		return -1;
	json_set_str(out, "AccessKey", text);
	return 0;
}

int aws_sigv4_parse(const char *authorization, json_t **ret, struct err *err)
{
	OWN(json) json_t *out = json_object();
	OWN(json) json_t *utf8 = authorization ? json_string(authorization) : NULL;
	OWN(str) char *text = NULL;
	char *rest, *part;

	if (!utf8)
		return err_set(err, ERR_INPUT, "Authorization is not UTF-8 text");
	if (!str_starts(authorization, "AWS4-HMAC-SHA256 "))
		return err_set(err, ERR_INPUT, "Authorization is not AWS4-HMAC-SHA256");
	text = str_dup(authorization + strlen("AWS4-HMAC-SHA256 "));
	rest = text;
	while ((part = strsep(&rest, ","))) {
		part += strspn(part, " ");
		if (str_starts(part, "Credential=") &&
		    aws_scope_parse(part + strlen("Credential="), out) < 0)
			return err_set(err, ERR_INPUT, "Authorization: Credential is malformed");
		if (str_starts(part, "SignedHeaders="))
			json_set_str(out, "SignedHeaders", part + strlen("SignedHeaders="));
		if (str_starts(part, "Signature="))
			json_set_str(out, "Signature", part + strlen("Signature="));
	}
	if (!json_str(out, "AccessKey") || !json_str(out, "SignedHeaders") ||
	    !json_str(out, "Signature"))
		return err_set(err, ERR_INPUT,
			       "Authorization needs Credential, SignedHeaders and Signature");
	*ret = GIVE(out);
	return 0;
}
