/* Creating and deleting stacks: events and statuses, word for word. */
#include "engine/cloud/cloudformation/test-stack.h"

#include <string.h>

#define TWO                                                                                        \
	"{\"Resources\":{\"B\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{\"Text\":"           \
	"{\"Ref\":\"A\"}}},\"A\":{\"Type\":\"AWS::Test::Thing\"}}}"

TEST(cloudformation, create_goes_by_dependency_and_delete_in_reverse)
{
	struct world w;
	OWN(str) char *made = NULL;
	OWN(str) char *gone = NULL;
	OWN(str) char *arn = NULL;
	OWN(str) char *by_name = NULL;
	OWN(str) char *by_arn = NULL;

	world_open(&w, NULL);
	create(&w, "s", TWO);
	until(&w, "s", "CREATE_COMPLETE");
	made = history(&w, "s", 0);
	CHECK_STR(made, "s CREATE_IN_PROGRESS @ User Initiated\n"
			"A CREATE_IN_PROGRESS -\n"
			"A CREATE_IN_PROGRESS A-1 Resource creation Initiated\n"
			"A CREATE_COMPLETE A-1\n"
			"B CREATE_IN_PROGRESS -\n"
			"B CREATE_IN_PROGRESS B-1 Resource creation Initiated\n"
			"B CREATE_COMPLETE B-1\n"
			"s CREATE_COMPLETE @\n");
	CHECK_INT(things(&w), 2);
	arn = arn_of(&w, "s");
	delete (&w, "s");
	until(&w, arn, "DELETE_COMPLETE");
	gone = history(&w, arn, 8);
	CHECK_STR(gone, "s DELETE_IN_PROGRESS @ User Initiated\n"
			"B DELETE_IN_PROGRESS B-1\n"
			"B DELETE_COMPLETE B-1\n"
			"A DELETE_IN_PROGRESS A-1\n"
			"A DELETE_COMPLETE A-1\n"
			"s DELETE_COMPLETE @\n");
	CHECK_INT(things(&w), 0);
	by_name = status(&w, "s");
	CHECK_STR(by_name, "none");
	by_arn = resources(&w, arn);
	CHECK_STR(by_arn, "A=DELETE_COMPLETE B=DELETE_COMPLETE");
	world_close(&w);
}

TEST(cloudformation, what_waits_is_asked_again_when_objects_change)
{
	struct world w;
	OWN(str) char *before = NULL;
	OWN(str) char *after = NULL;

	world_open(&w, NULL);
	create(&w, "s",
	       "{\"Resources\":{\"A\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{\"Mode\":"
	       "\"wait\"}},\"B\":{\"Type\":\"AWS::Test::Thing\",\"DependsOn\":\"A\"},"
	       "\"C\":{\"Type\":\"AWS::Test::Thing\"}}}");
	turn(&w);
	before = history(&w, "s", 1);
	CHECK_STR(before, "A CREATE_IN_PROGRESS -\n"
			  "A CREATE_IN_PROGRESS A-1 Resource creation Initiated\n"
			  "C CREATE_IN_PROGRESS -\n"
			  "C CREATE_IN_PROGRESS C-1 Resource creation Initiated\n"
			  "C CREATE_COMPLETE C-1\n");
	gate(&w, "A", "open");
	until(&w, "s", "CREATE_COMPLETE");
	after = history(&w, "s", 6);
	CHECK_STR(after, "A CREATE_COMPLETE A-1\n"
			 "B CREATE_IN_PROGRESS -\n"
			 "B CREATE_IN_PROGRESS B-1 Resource creation Initiated\n"
			 "B CREATE_COMPLETE B-1\n"
			 "s CREATE_COMPLETE @\n");
	world_close(&w);
}

#define FAILING                                                                                    \
	"{\"Resources\":{\"Ok\":{\"Type\":\"AWS::Test::Thing\"},\"Slow\":{\"Type\":"               \
	"\"AWS::Test::Thing\",\"Properties\":{\"Mode\":\"wait\"}},\"Bad\":{\"Type\":"              \
	"\"AWS::Test::Thing\",\"DependsOn\":\"Ok\",\"Properties\":{\"Mode\":\"fail\"}},"           \
	"\"Never\":{\"Type\":\"AWS::Test::Thing\",\"DependsOn\":\"Bad\"}}}"

TEST(cloudformation, a_failure_cancels_what_is_in_flight_and_rolls_back)
{
	struct world w;
	OWN(str) char *seen = NULL;
	OWN(str) char *left = NULL;

	world_open(&w, NULL);
	create(&w, "s", FAILING);
	until(&w, "s", "ROLLBACK_COMPLETE");
	seen = plain_history(&w, "s", 0);
	CHECK_STR(
		seen,
		"s CREATE_IN_PROGRESS @ User Initiated\n"
		"Ok CREATE_IN_PROGRESS -\n"
		"Ok CREATE_IN_PROGRESS Ok-1 Resource creation Initiated\n"
		"Ok CREATE_COMPLETE Ok-1\n"
		"Slow CREATE_IN_PROGRESS -\n"
		"Slow CREATE_IN_PROGRESS Slow-1 Resource creation Initiated\n"
		"Bad CREATE_IN_PROGRESS -\n"
		"Bad CREATE_FAILED - Resource handler returned message: \"no Bad today, sorry\" "
		"(HandlerErrorCode: InvalidRequest)\n"
		"Slow CREATE_FAILED Slow-1 Resource creation cancelled\n"
		"s ROLLBACK_IN_PROGRESS @ The following resource(s) failed to create: [Bad, Slow]. "
		"Rollback requested by user.\n"
		"Bad DELETE_COMPLETE -\n"
		"Slow DELETE_IN_PROGRESS Slow-1\n"
		"Slow DELETE_COMPLETE Slow-1\n"
		"Ok DELETE_IN_PROGRESS Ok-1\n"
		"Ok DELETE_COMPLETE Ok-1\n"
		"s ROLLBACK_COMPLETE @\n");
	CHECK_INT(things(&w), 0);
	left = resources(&w, "s");
	CHECK_STR(left, "Ok=DELETE_COMPLETE Slow=DELETE_COMPLETE Bad=DELETE_COMPLETE");
	world_close(&w);
}

TEST(cloudformation, a_rolled_back_stack_can_only_be_deleted)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(str) char *again = NULL;
	OWN(str) char *want = NULL;
	OWN(str) char *arn = NULL;
	OWN(str) char *gone = NULL;

	world_open(&w, NULL);
	create(&w, "s", FAILING);
	until(&w, "s", "ROLLBACK_COMPLETE");
	arn = arn_of(&w, "s");
	error = call(&w, "UpdateStack",
		     json_pack("{s:s,s:s}", "StackName", "s", "TemplateBody", TWO), NULL);
	want = str_printf("ValidationError: Stack:%s is in ROLLBACK_COMPLETE state and can not be "
			  "updated.",
			  arn);
	CHECK_STR(error, want);
	again = call(&w, "CreateStack",
		     json_pack("{s:s,s:s}", "StackName", "s", "TemplateBody", TWO), NULL);
	CHECK_STR(again, "AlreadyExistsException: Stack [s] already exists");
	delete (&w, "s");
	until(&w, arn, "DELETE_COMPLETE");
	gone = history(&w, arn, 16);
	CHECK_STR(gone, "s DELETE_IN_PROGRESS @ User Initiated\ns DELETE_COMPLETE @\n");
	create(&w, "s", TWO);
	until(&w, "s", "CREATE_COMPLETE");
	world_close(&w);
}

static void create_with(struct world *w, const char *key, json_t *value, const char *template)
{
	json_t *in =
		json_pack("{s:s,s:s,s:o}", "StackName", "s", "TemplateBody", template, key, value);
	OWN(str) char *error = call(w, "CreateStack", in, NULL);

	CHECK_STR(error, NULL);
}

TEST(cloudformation, without_rollback_the_failed_stack_stays_and_can_be_rolled_back_later)
{
	struct world w;
	OWN(str) char *seen = NULL;
	OWN(str) char *later = NULL;
	OWN(str) char *error = NULL;

	world_open(&w, NULL);
	create_with(&w, "DisableRollback", json_string("true"), FAILING);
	until(&w, "s", "CREATE_FAILED");
	seen = history(&w, "s", 9);
	CHECK_STR(seen,
		  "s CREATE_FAILED @ The following resource(s) failed to create: [Bad, Slow]. \n");
	CHECK_INT(things(&w), 2);
	error = call(&w, "RollbackStack", json_pack("{s:s}", "StackName", "s"), NULL);
	CHECK_STR(error, NULL);
	until(&w, "s", "ROLLBACK_COMPLETE");
	later = history(&w, "s", 10);
	CHECK_STR(later, "s ROLLBACK_IN_PROGRESS @ User Initiated\n"
			 "Bad DELETE_COMPLETE -\n"
			 "Slow DELETE_IN_PROGRESS Slow-1\n"
			 "Slow DELETE_COMPLETE Slow-1\n"
			 "Ok DELETE_IN_PROGRESS Ok-1\n"
			 "Ok DELETE_COMPLETE Ok-1\n"
			 "s ROLLBACK_COMPLETE @\n");
	world_close(&w);
}

TEST(cloudformation, on_failure_delete_leaves_nothing_and_do_nothing_all)
{
	struct world w;
	OWN(str) char *arn = NULL;
	OWN(str) char *seen = NULL;
	OWN(str) char *error = NULL;

	world_open(&w, NULL);
	create_with(&w, "OnFailure", json_string("DELETE"), FAILING);
	arn = arn_of(&w, "s");
	until(&w, arn, "DELETE_COMPLETE");
	CHECK_INT(things(&w), 0);
	seen = history(&w, arn, 9);
	CHECK(str_starts(seen, "s DELETE_IN_PROGRESS @ The following resource(s) failed to create: "
			       "[Bad, Slow]. Delete requested by user.\n"));
	create_with(&w, "OnFailure", json_string("DO_NOTHING"), FAILING);
	until(&w, "s", "CREATE_FAILED");
	error = call(&w, "UpdateStack",
		     json_pack("{s:s,s:s}", "StackName", "s", "TemplateBody", TWO), NULL);
	CHECK(error &&
	      strstr(error, "This stack cannot be updated from [CREATE_FAILED] state because "
			    "it contains [on-failure: DO_NOTHING]."));
	world_close(&w);
}

TEST(cloudformation, a_failed_stack_is_repaired_by_an_update)
{
	struct world w;
	OWN(str) char *seen = NULL;

	world_open(&w, NULL);
	create_with(&w, "DisableRollback", json_string("true"), FAILING);
	until(&w, "s", "CREATE_FAILED");
	gate(&w, "Slow", "open");
	update(&w, "s",
	       "{\"Resources\":{\"Ok\":{\"Type\":\"AWS::Test::Thing\"},\"Slow\":{\"Type\":"
	       "\"AWS::Test::Thing\",\"Properties\":{\"Mode\":\"wait\"}},\"Bad\":{\"Type\":"
	       "\"AWS::Test::Thing\",\"DependsOn\":\"Ok\"}}}");
	until(&w, "s", "UPDATE_COMPLETE");
	seen = history(&w, "s", 10);
	CHECK_STR(seen, "s UPDATE_IN_PROGRESS @ User Initiated\n"
			"Slow CREATE_IN_PROGRESS -\n"
			"Slow CREATE_IN_PROGRESS Slow-2 Resource creation Initiated\n"
			"Slow CREATE_COMPLETE Slow-2\n"
			"Bad CREATE_IN_PROGRESS -\n"
			"Bad CREATE_IN_PROGRESS Bad-1 Resource creation Initiated\n"
			"Bad CREATE_COMPLETE Bad-1\n"
			"s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS @\n"
			"Slow DELETE_IN_PROGRESS Slow-1\n"
			"Slow DELETE_COMPLETE Slow-1\n"
			"s UPDATE_COMPLETE @\n");
	CHECK_INT(things(&w), 3);
	world_close(&w);
}

#define UNDELETABLE                                                                                \
	"{\"Resources\":{\"A\":{\"Type\":\"AWS::Test::Thing\"},\"B\":{\"Type\":"                   \
	"\"AWS::Test::Thing\",\"DependsOn\":\"A\",\"Properties\":{\"Mode\":\"fail-delete\"}},"     \
	"\"C\":{\"Type\":\"AWS::Test::Thing\"}}}"

TEST(cloudformation, what_a_failed_deletion_needs_stays_and_the_rest_goes)
{
	struct world w;
	OWN(str) char *seen = NULL;
	OWN(str) char *left = NULL;
	OWN(str) char *arn = NULL;
	OWN(str) char *retained = NULL;
	OWN(str) char *error = NULL;

	world_open(&w, NULL);
	create(&w, "s", UNDELETABLE);
	until(&w, "s", "CREATE_COMPLETE");
	arn = arn_of(&w, "s");
	delete (&w, "s");
	until(&w, "s", "DELETE_FAILED");
	seen = plain_history(&w, "s", 11);
	CHECK_STR(seen, "s DELETE_IN_PROGRESS @ User Initiated\n"
			"B DELETE_IN_PROGRESS B-1\n"
			"B DELETE_FAILED B-1 Resource handler returned message: \"still in use\" "
			"(HandlerErrorCode: InvalidRequest)\n"
			"C DELETE_IN_PROGRESS C-1\n"
			"C DELETE_COMPLETE C-1\n"
			"s DELETE_FAILED @ The following resource(s) failed to delete: [B]. \n");
	left = resources(&w, "s");
	CHECK_STR(left, "A=CREATE_COMPLETE C=DELETE_COMPLETE B=DELETE_FAILED");
	error = call(&w, "DeleteStack",
		     json_pack("{s:s,s:[s]}", "StackName", "s", "RetainResources", "B"), NULL);
	CHECK_STR(error, NULL);
	until(&w, arn, "DELETE_COMPLETE");
	retained = history(&w, arn, 17);
	CHECK_STR(retained, "s DELETE_IN_PROGRESS @ User Initiated\n"
			    "B DELETE_SKIPPED B-1\n"
			    "A DELETE_IN_PROGRESS A-1\n"
			    "A DELETE_COMPLETE A-1\n"
			    "s DELETE_COMPLETE @\n");
	CHECK_INT(things(&w), 1);
	world_close(&w);
}

TEST(cloudformation, deleting_a_stack_that_is_being_created_cancels_it)
{
	struct world w;
	OWN(str) char *arn = NULL;
	OWN(str) char *seen = NULL;

	world_open(&w, NULL);
	create(&w, "s",
	       "{\"Resources\":{\"A\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{\"Mode\":"
	       "\"wait\"}},\"B\":{\"Type\":\"AWS::Test::Thing\",\"DependsOn\":\"A\"}}}");
	turn(&w);
	arn = arn_of(&w, "s");
	delete (&w, "s");
	until(&w, arn, "DELETE_COMPLETE");
	seen = history(&w, arn, 3);
	CHECK_STR(seen, "s DELETE_IN_PROGRESS @ User Initiated\n"
			"A CREATE_FAILED A-1 Resource creation cancelled\n"
			"A DELETE_IN_PROGRESS A-1\n"
			"A DELETE_COMPLETE A-1\n"
			"s DELETE_COMPLETE @\n");
	CHECK_INT(things(&w), 0);
	world_close(&w);
}

TEST(cloudformation, deletion_policies_decide_what_stays)
{
	struct world w;
	OWN(str) char *arn = NULL;
	OWN(str) char *seen = NULL;
	OWN(str) char *rolled = NULL;

	world_open(&w, NULL);
	create(&w, "s",
	       "{\"Resources\":{\"Keep\":{\"Type\":\"AWS::Test::Thing\",\"DeletionPolicy\":"
	       "\"Retain\"},"
	       "\"Most\":{\"Type\":\"AWS::Test::Thing\",\"DeletionPolicy\":"
	       "\"RetainExceptOnCreate\"}}}");
	until(&w, "s", "CREATE_COMPLETE");
	arn = arn_of(&w, "s");
	delete (&w, "s");
	until(&w, arn, "DELETE_COMPLETE");
	seen = history(&w, arn, 8);
	CHECK_STR(seen, "s DELETE_IN_PROGRESS @ User Initiated\n"
			"Most DELETE_SKIPPED Most-1\n"
			"Keep DELETE_SKIPPED Keep-1\n"
			"s DELETE_COMPLETE @\n");
	create(&w, "t",
	       "{\"Resources\":{\"Keep\":{\"Type\":\"AWS::Test::Thing\",\"DeletionPolicy\":"
	       "\"Retain\"},"
	       "\"Most\":{\"Type\":\"AWS::Test::Thing\",\"DeletionPolicy\":"
	       "\"RetainExceptOnCreate\"},"
	       "\"Bad\":{\"Type\":\"AWS::Test::Thing\",\"DependsOn\":[\"Keep\",\"Most\"],"
	       "\"Properties\":{\"Mode\":\"fail\"}}}}");
	until(&w, "t", "ROLLBACK_COMPLETE");
	rolled = history(&w, "t", 10);
	CHECK_STR(rolled, "Bad DELETE_COMPLETE -\n"
			  "Keep DELETE_SKIPPED Keep-2\n"
			  "Most DELETE_IN_PROGRESS Most-2\n"
			  "Most DELETE_COMPLETE Most-2\n"
			  "t ROLLBACK_COMPLETE @\n");
	world_close(&w);
}

TEST(cloudformation, a_deletion_that_takes_time_is_waited_for)
{
	struct world w;
	OWN(str) char *arn = NULL;
	OWN(str) char *now = NULL;
	OWN(str) char *error = NULL;

	world_open(&w, NULL);
	create(&w, "s",
	       "{\"Resources\":{\"A\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{\"Mode\":"
	       "\"wait-delete\"}}}}");
	until(&w, "s", "CREATE_COMPLETE");
	arn = arn_of(&w, "s");
	delete (&w, "s");
	turn(&w);
	now = status(&w, "s");
	CHECK_STR(now, "DELETE_IN_PROGRESS");
	error = call(&w, "UpdateStack",
		     json_pack("{s:s,s:s}", "StackName", "s", "TemplateBody", TWO), NULL);
	CHECK(error && strstr(error, " is in DELETE_IN_PROGRESS state and can not be updated."));
	gate(&w, "A", "open");
	until(&w, arn, "DELETE_COMPLETE");
	CHECK_INT(things(&w), 0);
	world_close(&w);
}

TEST(cloudformation, a_creation_that_takes_too_long_is_rolled_back)
{
	struct world w;
	OWN(str) char *arn = NULL;
	OWN(str) char *seen = NULL;
	json_t *stack;

	world_open(&w, NULL);
	create_with(&w, "TimeoutInMinutes", json_string("1"),
		    "{\"Resources\":{\"A\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{\"Mode\":"
		    "\"wait\"}}}}");
	turn(&w);
	arn = arn_of(&w, "s");
	stack = hub_get(w.hub, "cloudformation:stack", arn);
	CHECK(json_int_or(stack, "TimeoutAt", 0) > hub_now_ms(w.hub) + 50000);
	json_set_int(stack, "TimeoutAt", 1);
	until(&w, "s", "ROLLBACK_COMPLETE");
	seen = history(&w, "s", 3);
	CHECK(str_starts(seen,
			 "A CREATE_FAILED A-1 Resource creation cancelled\n"
			 "s ROLLBACK_IN_PROGRESS @ The following resource(s) failed to create: "
			 "[A]. Rollback requested by user.\n"));
	world_close(&w);
}

TEST(cloudformation, two_stacks_do_not_disturb_each_other)
{
	struct world w;
	OWN(str) char *first = NULL;
	OWN(str) char *second = NULL;
	OWN(str) char *third = NULL;
	static const char one[] =
		"{\"Resources\":{\"A\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{\"Mode\":"
		"\"wait\"}}}}";
	static const char two[] =
		"{\"Resources\":{\"B\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{\"Mode\":"
		"\"wait\"}}}}";

	world_open(&w, NULL);
	create(&w, "one", one);
	create(&w, "two", two);
	create(&w, "three", TWO);
	until(&w, "three", "CREATE_COMPLETE");
	gate(&w, "B", "fail");
	until(&w, "two", "ROLLBACK_COMPLETE");
	first = status(&w, "one");
	CHECK_STR(first, "CREATE_IN_PROGRESS");
	gate(&w, "A", "open");
	until(&w, "one", "CREATE_COMPLETE");
	second = status(&w, "two");
	third = status(&w, "three");
	CHECK_STR(second, "ROLLBACK_COMPLETE");
	CHECK_STR(third, "CREATE_COMPLETE");
	world_close(&w);
}

TEST(cloudformation, a_restarted_daemon_goes_on_where_it_was)
{
	char dir[] = "/tmp/mpcup-stack-XXXXXX";
	struct world w;
	OWN(str) char *seen = NULL;

	CHECK(mkdtemp(dir) != NULL);
	world_open(&w, dir);
	create(&w, "s",
	       "{\"Resources\":{\"A\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{\"Mode\":"
	       "\"wait\"}},\"B\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{\"Text\":"
	       "{\"Fn::GetAtt\":[\"A\",\"Arn\"]}}},\"C\":{\"Type\":\"AWS::Test::Thing\"}}}");
	turn(&w);
	world_restart(&w);
	turn(&w);
	gate(&w, "A", "open");
	until(&w, "s", "CREATE_COMPLETE");
	seen = history(&w, "s", 0);
	CHECK_STR(seen, "s CREATE_IN_PROGRESS @ User Initiated\n"
			"A CREATE_IN_PROGRESS -\n"
			"A CREATE_IN_PROGRESS A-1 Resource creation Initiated\n"
			"C CREATE_IN_PROGRESS -\n"
			"C CREATE_IN_PROGRESS C-1 Resource creation Initiated\n"
			"C CREATE_COMPLETE C-1\n"
			"A CREATE_COMPLETE A-1\n"
			"B CREATE_IN_PROGRESS -\n"
			"B CREATE_IN_PROGRESS B-1 Resource creation Initiated\n"
			"B CREATE_COMPLETE B-1\n"
			"s CREATE_COMPLETE @\n");
	CHECK_INT(things(&w), 3);
	world_close(&w);
}

TEST(cloudformation, a_restart_in_the_middle_of_a_deletion_ends_it)
{
	char dir[] = "/tmp/mpcup-stack-XXXXXX";
	struct world w;
	OWN(str) char *arn = NULL;
	OWN(str) char *seen = NULL;

	CHECK(mkdtemp(dir) != NULL);
	world_open(&w, dir);
	create(&w, "s",
	       "{\"Resources\":{\"A\":{\"Type\":\"AWS::Test::Thing\"},\"B\":{\"Type\":"
	       "\"AWS::Test::Thing\",\"DependsOn\":\"A\",\"Properties\":{\"Mode\":\"wait-delete\"}}"
	       "}}");
	until(&w, "s", "CREATE_COMPLETE");
	arn = arn_of(&w, "s");
	delete (&w, "s");
	turn(&w);
	world_restart(&w);
	turn(&w);
	gate(&w, "B", "open");
	until(&w, arn, "DELETE_COMPLETE");
	seen = history(&w, arn, 8);
	CHECK_STR(seen, "s DELETE_IN_PROGRESS @ User Initiated\n"
			"B DELETE_IN_PROGRESS B-1\n"
			"B DELETE_COMPLETE B-1\n"
			"A DELETE_IN_PROGRESS A-1\n"
			"A DELETE_COMPLETE A-1\n"
			"s DELETE_COMPLETE @\n");
	CHECK_INT(things(&w), 0);
	world_close(&w);
}

TEST(cloudformation, five_hundred_resources_in_a_chain_come_and_go)
{
	struct world w;
	OWN(buf) struct buf t = { 0 };
	OWN(str) char *arn = NULL;
	int64_t start;

	buf_str(&t, "{\"Resources\":{");
	for (int i = 0; i < 500; i++)
		buf_printf(&t,
			   "%s\"R%d\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{\"Text\":%s%d%"
			   "s}}",
			   i ? "," : "", i, i > 9 ? "{\"Ref\":\"R" : "\"", i > 9 ? i - 10 : i,
			   i > 9 ? "\"}" : "\"");
	buf_str(&t, "}}");
	world_open(&w, NULL);
	start = hub_now_ms(w.hub);
	create(&w, "s", t.data);
	until(&w, "s", "CREATE_COMPLETE");
	CHECK_INT(event_count(&w, "s"), 2 + 3 * 500);
	arn = arn_of(&w, "s");
	delete (&w, "s");
	until(&w, arn, "DELETE_COMPLETE");
	printf("# 500 resources: %lld ms\n", (long long)(hub_now_ms(w.hub) - start));
	world_close(&w);
}
