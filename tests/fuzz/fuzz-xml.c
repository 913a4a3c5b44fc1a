/* Any bytes as XML, and as an error document of every protocol. What is read is written as a reply
 * and read again. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/aws/aws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void error_of(const char *service, const char *text, size_t len, const char *header)
{
	OWN(str) char *code = NULL;
	OWN(str) char *message = NULL;

	if (aws_error_decode(aws_service_by_name(service), text, len, header, &code, &message) ==
		    0 &&
	    (!code || !message))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	OWN(str) char *text = str_dup_n((const char *)data, size);
	OWN(json) json_t *value = NULL;
	OWN(json) json_t *again = NULL;
	OWN(json) json_t *out = json_object();
	OWN(str) char *xml = NULL;
	struct err err = { 0 };

	error_of("sts", text, size, NULL);
	error_of("ecs", text, size, NULL);
	error_of("efs", text, size, text);
	if (aws_xml_decode(text, size, &value, &err) < 0)
		return 0;
	json_object_set(out, "Value", value);
	xml = aws_xml_reply(aws_service_by_name("iam"), "Fuzz", out, "id");
	/* two levels more than what was read: may be too deep, must not be malformed */
	if (aws_xml_decode(xml, strlen(xml), &again, &err) < 0 && !strstr(err.text, "too deep"))
		abort();
	return 0;
}
