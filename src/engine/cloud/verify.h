/* Is a request signed, by whom, and is the signature right? As AWS decides it, with its codes and
 * its words. Not part of the room's face. */
#pragma once
#include "core/aws/aws.h"
#include "engine/cloud/hub/hub.h"
#include "engine/http/http.h"

struct refusal {
	int status;
	const char *code;
	char text[512];
};
/* 0: *ret_principal is the ARN of who asks (caller's): the account's root, or a session of a role.
 * -1: *why. aws: the service that the request goes to. */
int verify_request(struct hub *hub, const struct http_request *r, const struct aws_service *aws,
		   char **ret_principal, struct refusal *why);

/* Why the request is not for us at all (another host's name, a page of another site); NULL: it is. */
const char *foreign_caller(const struct http_request *r);
