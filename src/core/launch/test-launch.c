#include "core/launch/launch.h"

#include <string.h>

#include "base/str.h"
#include "base/test.h"

TEST(launch, every_step_has_its_row_in_order)
{
	for (unsigned i = 0; i < LAUNCH_STEP_COUNT; i++) {
		const struct launch_row *row = launch_row((enum launch_step)i);

		CHECK(row == &launch_rows()[i]);
		CHECK_INT(row->step, i);
		CHECK(row->name && *row->name && row->title && row->needs && row->state);
		CHECK(row->faults && row->faults[0]);
		for (unsigned j = 0; j < i; j++)
			CHECK(strcmp(row->name, launch_rows()[j].name) != 0);
	}
	CHECK(!launch_row(LAUNCH_STEP_COUNT));
}

TEST(launch, identities_are_those_that_aws_uses)
{
	CHECK_INT(launch_row(LAUNCH_SECRETS)->by, LAUNCH_BY_EXECUTION_ROLE);
	CHECK_INT(launch_row(LAUNCH_EFS_AUTHORIZE)->by, LAUNCH_BY_TASK_ROLE);
	CHECK_STR(launch_row(LAUNCH_EFS_CONNECT)->state, "PENDING");
	CHECK_STR(launch_row(LAUNCH_ENTRY)->stop_code, "EssentialContainerExited");
}

TEST(launch, every_failure_has_its_row_and_only_text_arguments)
{
	for (unsigned i = 0; i < LAUNCH_FAILURE_COUNT; i++) {
		const struct launch_failure_row *row = launch_failure_row((enum launch_failure)i);

		CHECK_INT(row->failure, i);
		for (const char *p = strchr(row->format, '%'); p; p = strchr(p + 2, '%'))
			CHECK(p[1] == 's');
	}
	CHECK(!launch_failure_row(LAUNCH_FAILURE_COUNT));
}

TEST(launch, texts_are_those_of_aws)
{
	const char *secret[] = { "arn:aws:secretsmanager:us-east-1:1:secret:a-AbCdEf",
				 "AWSCURRENT" };
	const char *tls[] = { "accesspoint" };
	OWN(str) char *missing = launch_failure_text(LAUNCH_FAIL_SECRET_MISSING, secret, 2);
	OWN(str) char *timeout = launch_failure_text(LAUNCH_FAIL_EFS_TIMEOUT, NULL, 0);
	OWN(str) char *tunnel = launch_failure_text(LAUNCH_FAIL_EFS_TLS, tls, 1);

	CHECK_STR(
		missing,
		"ResourceInitializationError: unable to pull secrets or registry auth: execution "
		"resource retrieval failed: unable to retrieve secret from asm: service call has "
		"been retried 1 time(s): failed to fetch secret "
		"arn:aws:secretsmanager:us-east-1:1:secret:a-AbCdEf from secrets manager: "
		"ResourceNotFoundException: Secrets Manager can't find the specified secret value "
		"for staging label: AWSCURRENT");
	CHECK_STR(timeout,
		  "ResourceInitializationError: failed to invoke EFS utils commands to set up "
		  "EFS volumes: stderr: b'mount.nfs4: Connection timed out' : unsuccessful EFS "
		  "utils command execution; code: 32");
	CHECK(strstr(tunnel, "The \"tls\" option is required when mounting via \"accesspoint\""));
}

TEST(launch, missing_arguments_are_empty_and_extra_ones_ignored)
{
	const char *args[] = { "image", "unused", "unused" };
	OWN(str) char *none = launch_failure_text(LAUNCH_FAIL_CONTAINER_START, NULL, 0);
	OWN(str) char *extra = launch_failure_text(LAUNCH_FAIL_IMAGE_NOT_FOUND, args, 3);

	CHECK_STR(none, "CannotStartContainerError: ");
	CHECK_STR(extra,
		  "CannotPullContainerError: pull image manifest has been retried 1 time(s): "
		  "failed to resolve ref image: not found");
}
