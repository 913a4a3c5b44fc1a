/* Any bytes as a form: decoded, encoded again in both styles, decoded again to the same value. And
 * as an Authorization header and a time, which are as short-tempered. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/aws/aws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Empty structures, and texts that look like numbered names, have no form of their own. */
static bool faithful(const json_t *value)
{
	const char *key;
	json_t *child;
	size_t i;

	if (json_is_array(value))
		json_array_foreach(value, i, child) if (!faithful(child)) return false;
	json_object_foreach((json_t *)(uintptr_t)value, key,
			    child) if (!faithful(child) || !strcmp(key, "member")) return false;
	return true;
}

static void round_trip(const json_t *value)
{
	OWN(str) char *form = aws_form_encode(AWS_QUERY, value);
	OWN(str) char *ec2 = aws_form_encode(AWS_EC2, value);

		(void)ec2;
	OWN(json) json_t *again = NULL;
	struct err err = { 0 };

	if (aws_form_decode(form, strlen(form), &again, &err) < 0)
		return; /* longer than what is read: `member` makes names deeper */
	if (faithful(value) && !json_equal(value, again))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWN(str) char *text = str_dup_n((const char *)data, size);
	OWN(json) json_t *form = NULL;
	OWN(json) json_t *authorization = NULL;
	struct err err = { 0 };

	if (aws_form_decode((const char *)data, size, &form, &err) == 0)
		round_trip(form);
	(void)aws_sigv4_parse(text, &authorization, &err);
	(void)aws_time_parse(text);
	return 0;
}
