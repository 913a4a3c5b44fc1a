/* What the files of core/aws share. Never leaves the room. */
#pragma once
#include "core/aws/aws.h"

/* Appends `len` bytes percent-encoded. */
void aws_uri_append(struct buf *b, const char *s, size_t len, bool keep_slash);
/* Text of a JSON scalar as forms and XML carry it ("true", "12", "1.5"); false: not a scalar. */
bool aws_scalar_text(const json_t *value, struct buf *b);
/* "<access key>/<date>/<region>/<service>/aws4_request" -> members of out; the access key may hold
 * slashes. -1: malformed. */
int aws_scope_parse(const char *credential, json_t *out);
