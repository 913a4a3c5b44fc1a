/* AWS wire shapes in values: query forms, XML, JSON, SigV4, ARNs. Shared by client and endpoint.
 * Pure. Source: shared aws-wire.md sections 1, 2, 6. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

enum aws_protocol { AWS_QUERY, AWS_EC2, AWS_JSON10, AWS_JSON11, AWS_REST_JSON, AWS_REST_XML };

/* What is known of a service's wire form (one table for client and endpoint). */
struct aws_service {
	const char *name;	  /* "cloudformation", "ecs", "efs", ... (CLI name) */
	const char *signing_name; /* credential scope; "elasticfilesystem" for efs */
	enum aws_protocol protocol;
	const char *version;	   /* query API version, or NULL */
	const char *target_prefix; /* X-Amz-Target prefix with the dot, or NULL */
	const char *xml_namespace; /* or NULL */
};
const struct aws_service *aws_service_by_name(const char *name);
const struct aws_service *aws_service_by_signing_name(const char *signing_name);
const struct aws_service *aws_service_by_target(const char *x_amz_target);
/* Query services are told apart by Version (and Action where versions collide). */
const struct aws_service *aws_service_by_version(const char *version);
const struct aws_service *const *aws_services(size_t *ret_count);

/* application/x-www-form-urlencoded -> JSON. "A.member.1.B" and "A.1.B" become arrays; indexes may
 * have gaps (the order counts); "A=" with empty value stays "" except that "A=" alone for a list
 * (JS SDK's empty list) is left as "". Values are strings. -1: malformed escapes or conflicting
 * paths (A both value and structure), more than 10,000 pairs or depth above 32. */
int aws_form_decode(const char *body, size_t len, json_t **ret, struct err *err);
/* JSON -> form. style AWS_QUERY writes lists as Name.member.N, AWS_EC2 as Name.N. Booleans
 * true/false, numbers decimal; nulls are left out. */
char *aws_form_encode(enum aws_protocol style, const json_t *in);

/* Reply of a query or ec2 action. AWS_QUERY: <ActionResponse xmlns><ActionResult>..</ActionResult>
 * <ResponseMetadata><RequestId>; lists as <member>. AWS_EC2: lower-camel names, <item> lists. `out`
 * has AWS member names (EC2: as on the wire, lower camel). Objects inside lists become elements of
 * the member. An empty array becomes an empty element. */
char *aws_xml_reply(const struct aws_service *s, const char *action, const json_t *out,
		    const char *request_id);
char *aws_xml_error(const struct aws_service *s, const char *code, const char *message,
		    const char *request_id);
/* Appends text with XML's escapes; what XML cannot carry becomes U+FFFD. */
void aws_xml_escape(struct buf *b, const char *text);
/* XML -> JSON: an element with only <member>/<item> children is an array (an empty element is ""),
 * others objects or strings; a name that repeats (S3's lists) is an array. The Result wrapper and
 * ResponseMetadata are removed. Document types and depth above 64 are refused. */
int aws_xml_decode(const char *xml, size_t len, json_t **ret, struct err *err);
/* Error out of any protocol's reply body. 0: *ret_code, *ret_message are the caller's. */
int aws_error_decode(const struct aws_service *s, const char *body, size_t len,
		     const char *error_type_header, char **ret_code, char **ret_message);

char *aws_uri_encode(const char *s, int keep_slash); /* RFC 3986, upper-case hex */
int aws_uri_decode(const char *s, size_t len, char **ret, size_t *ret_len); /* %xx; + stays */

/* ---- SigV4 ------------------------------------------------------------------------------------
 */
struct aws_credentials {
	const char *access_key, *secret_key, *session_token; /* token may be NULL */
};
struct aws_header {
	const char *name, *value;
};
struct aws_request {
	const char *method, *path /* as sent, percent-encoded */, *query /* raw, "" when none */;
	const struct aws_header *headers; /* all that exist, any order */
	size_t header_count;
	const void *body;
	size_t body_len;
	bool path_as_is; /* `//`, `.` and `..` stay (S3's always do) */
};
char *aws_sha256_hex(const void *data, size_t len);
/* date: "20261124T174533Z". signed_headers: lower case, `;` between, sorted. S3: path as sent, one
 * encoding, no normalisation. A presigned request's own signature is left out. */
char *aws_sigv4_canonical(const struct aws_request *r, const char *service,
			  const char *signed_headers);
char *aws_sigv4_to_sign(const char *canonical, const char *date, const char *region,
			const char *service);
char *aws_sigv4_signature(const char *secret_key, const char *to_sign, const char *date,
			  const char *region, const char *service); /* hex */
char *aws_sigv4_authorization(const struct aws_request *r, const struct aws_credentials *c,
			      const char *date, const char *region, const char *service,
			      const char *signed_headers);
/* Parses an Authorization header: credential scope parts and signed headers; all caller's in a JSON
 * object {"AccessKey","Date","Region","Service","SignedHeaders","Signature"}; -1 when malformed. */
int aws_sigv4_parse(const char *authorization, json_t **ret, struct err *err);
/* Presigned: the query with the X-Amz members and the signature at its end. expires_s 0: no
 * X-Amz-Expires. S3's payload is not signed unless x-amz-content-sha256 is among signed_headers. */
char *aws_sigv4_presign(const struct aws_request *r, const struct aws_credentials *c,
			const char *date, unsigned expires_s, const char *region,
			const char *service, const char *signed_headers);
bool aws_sigv4_presigned(const char *query); /* Is there a member of a presigned query? */
/* As aws_sigv4_parse(), from a query; and "Time", "Expires", "Token" when they are there. */
int aws_sigv4_parse_query(const char *query, json_t **ret, struct err *err);
/* Is the signature (of either parse) the one that the secret gives? In constant time. */
bool aws_sigv4_verify(const struct aws_request *r, const json_t *parsed, const char *date,
		      const char *secret_key);
bool aws_same_secret(const char *a, const char *b); /* in constant time for equal lengths */
bool aws_sigv4_signs(const char *signed_headers, const char *name); /* Is the header listed? */
int64_t aws_sigv4_time(const char *date); /* "20261124T174533Z" -> ms; -1 when it is none */

/* ---- ARNs and text ----------------------------------------------------------------------------
 */
char *aws_arn(const char *partition, const char *service, const char *region, const char *account,
	      const char *resource);
/* Times: milliseconds since the epoch -> "2026-11-23T21:14:39.574Z" */
char *aws_time_iso(int64_t ms);
int64_t aws_time_parse(const char *iso); /* -1 when it is none */
