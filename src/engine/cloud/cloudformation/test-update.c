/* Updating stacks: in place, by replacement, back again. */
#include "engine/cloud/cloudformation/test-stack.h"

#include <string.h>

#define THING(name, properties)                                                                    \
	"\"" name "\":{\"Type\":\"AWS::Test::Thing\",\"Properties\":{" properties "}}"
#define TEMPLATE(resources) "{\"Resources\":{" resources "}}"

static char *refuse(struct world *w, const char *template)
{
	return call(w, "UpdateStack",
		    json_pack("{s:s,s:s}", "StackName", "s", "TemplateBody", template), NULL);
}

static void made(struct world *w, const char *template)
{
	create(w, "s", template);
	until(w, "s", "CREATE_COMPLETE");
}

TEST(update, in_place_touches_only_what_differs)
{
	struct world w;
	OWN(str) char *seen = NULL;
	OWN(str) char *none = NULL;
	size_t before;

	world_open(&w, NULL);
	made(&w, TEMPLATE(THING("A", "\"Size\":\"1\"") "," THING("B", "\"Size\":\"1\"")));
	before = event_count(&w, "s");
	update(&w, "s", TEMPLATE(THING("A", "\"Size\":\"2\"") "," THING("B", "\"Size\":\"1\"")));
	until(&w, "s", "UPDATE_COMPLETE");
	seen = history(&w, "s", before);
	CHECK_STR(seen, "s UPDATE_IN_PROGRESS @ User Initiated\n"
			"A UPDATE_IN_PROGRESS A-1\n"
			"A UPDATE_COMPLETE A-1\n"
			"s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS @\n"
			"s UPDATE_COMPLETE @\n");
	CHECK_STR(json_str(hub_get(w.hub, "fake:thing", "A-1"), "Size"), "2");
	none = refuse(&w, TEMPLATE(THING("A", "\"Size\":\"2\"") "," THING("B", "\"Size\":\"1\"")));
	CHECK_STR(none, "ValidationError: No updates are to be performed.");
	world_close(&w);
}

TEST(update, a_changed_dependency_alone_is_no_change)
{
	struct world w;
	OWN(str) char *none = NULL;
	OWN(str) char *seen = NULL;
	size_t before;

	world_open(&w, NULL);
	made(&w, TEMPLATE(THING("A", "") ",\"B\":{\"Type\":\"AWS::Test::Thing\"}"));
	none = refuse(&w, TEMPLATE(THING("A", "") ",\"B\":{\"Type\":\"AWS::Test::Thing\","
						  "\"DependsOn\":\"A\"}"));
	CHECK_STR(none, "ValidationError: No updates are to be performed.");
	before = event_count(&w, "s");
	update(&w, "s",
	       TEMPLATE(THING("A", "") ",\"B\":{\"Type\":\"AWS::Test::Thing\","
				       "\"DeletionPolicy\":\"Retain\"}"));
	until(&w, "s", "UPDATE_COMPLETE");
	seen = history(&w, "s", before + 1);
	CHECK(str_starts(seen, "B UPDATE_IN_PROGRESS B-1\nB UPDATE_COMPLETE B-1\n"));
	world_close(&w);
}

static void check_cleanup_ids(struct world *w)
{
	OWN(json) json_t *out = NULL;
	OWN(str)
	char *error = call(w, "DescribeStackEvents", json_pack("{s:s}", "StackName", "s"), &out);
	const json_t *event;
	size_t i;

	CHECK_STR(error, NULL);
	json_array_foreach(json_object_get(out, "StackEvents"), i, event)
	{
		const char *status = json_str(event, "ResourceStatus");
		const char *logical = json_str(event, "LogicalResourceId");
		const char *id = json_str(event, "EventId");
		OWN(str) char *long_form = str_printf("%s-%s-20", logical, status);

		CHECK_STR(json_str(event, "StackName"), "s");
		if (!strcmp(logical, "s"))
			CHECK_INT(strlen(id), 36);
		else if (str_starts(status, "DELETE_"))
			CHECK_INT(strlen(id), strlen(logical) + 1 + 36);
		else
			CHECK(str_starts(id, long_form));
	}
}

TEST(update, replacement_makes_the_new_before_it_deletes_the_old)
{
	struct world w;
	OWN(str) char *seen = NULL;
	size_t before;

	world_open(&w, NULL);
	made(&w,
	     TEMPLATE(THING("A", "\"Fixed\":\"1\"") "," THING("B", "\"Text\":{\"Ref\":\"A\"}")));
	before = event_count(&w, "s");
	update(&w, "s",
	       TEMPLATE(THING("A", "\"Fixed\":\"2\"") "," THING("B", "\"Text\":{\"Ref\":\"A\"}")));
	until(&w, "s", "UPDATE_COMPLETE");
	seen = history(&w, "s", before);
	CHECK_STR(seen, "s UPDATE_IN_PROGRESS @ User Initiated\n"
			"A UPDATE_IN_PROGRESS A-1 Requested update requires the creation of a new "
			"physical resource; hence creating one.\n"
			"A UPDATE_IN_PROGRESS A-2 Resource creation Initiated\n"
			"A UPDATE_COMPLETE A-2\n"
			"B UPDATE_IN_PROGRESS B-1\n"
			"B UPDATE_COMPLETE B-1\n"
			"s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS @\n"
			"A DELETE_IN_PROGRESS A-1\n"
			"A DELETE_COMPLETE A-1\n"
			"s UPDATE_COMPLETE @\n");
	CHECK(!hub_get(w.hub, "fake:thing", "A-1"));
	CHECK(hub_get(w.hub, "fake:thing", "A-2") != NULL);
	check_cleanup_ids(&w);
	world_close(&w);
}

TEST(update, part_of_a_property_can_need_replacement)
{
	struct world w;

	world_open(&w, NULL);
	made(&w, TEMPLATE(THING("A", "\"Part\":{\"Inner\":\"1\",\"Outer\":\"1\"}")));
	update(&w, "s", TEMPLATE(THING("A", "\"Part\":{\"Inner\":\"1\",\"Outer\":\"2\"}")));
	until(&w, "s", "UPDATE_COMPLETE");
	CHECK(hub_get(w.hub, "fake:thing", "A-1") != NULL);
	update(&w, "s", TEMPLATE(THING("A", "\"Part\":{\"Inner\":\"2\",\"Outer\":\"2\"}")));
	until(&w, "s", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
	until(&w, "s", "UPDATE_COMPLETE");
	CHECK(!hub_get(w.hub, "fake:thing", "A-1"));
	CHECK(hub_get(w.hub, "fake:thing", "A-2") != NULL);
	world_close(&w);
}

TEST(update, what_the_template_drops_is_deleted_and_what_it_adds_created)
{
	struct world w;
	OWN(str) char *seen = NULL;
	OWN(str) char *left = NULL;
	size_t before;

	world_open(&w, NULL);
	made(&w, TEMPLATE(THING("A", "") "," THING(
			 "B", "\"Text\":{\"Ref\":\"A\"}") ",\"K\":{\"Type\":"
							  "\"AWS::Test::Thing\",\"DeletionPolicy\":"
							  "\"Retain\"}"));
	before = event_count(&w, "s");
	update(&w, "s", TEMPLATE(THING("C", "")));
	until(&w, "s", "UPDATE_COMPLETE");
	seen = history(&w, "s", before);
	CHECK_STR(seen, "s UPDATE_IN_PROGRESS @ User Initiated\n"
			"C CREATE_IN_PROGRESS -\n"
			"C CREATE_IN_PROGRESS C-1 Resource creation Initiated\n"
			"C CREATE_COMPLETE C-1\n"
			"s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS @\n"
			"B DELETE_IN_PROGRESS B-1\n"
			"B DELETE_COMPLETE B-1\n"
			"K DELETE_SKIPPED K-1\n"
			"A DELETE_IN_PROGRESS A-1\n"
			"A DELETE_COMPLETE A-1\n"
			"s UPDATE_COMPLETE @\n");
	left = resources(&w, "s");
	CHECK_STR(left, "C=CREATE_COMPLETE");
	CHECK_INT(things(&w), 2);
	world_close(&w);
}

TEST(update, update_replace_policy_keeps_the_old_resource)
{
	struct world w;
	OWN(str) char *seen = NULL;
	size_t before;

	world_open(&w, NULL);
	made(&w, TEMPLATE("\"A\":{\"Type\":\"AWS::Test::Thing\",\"UpdateReplacePolicy\":\"Retain\","
			  "\"Properties\":{\"Fixed\":\"1\"}}"));
	before = event_count(&w, "s");
	update(&w, "s",
	       TEMPLATE("\"A\":{\"Type\":\"AWS::Test::Thing\",\"UpdateReplacePolicy\":\"Retain\","
			"\"Properties\":{\"Fixed\":\"2\"}}"));
	until(&w, "s", "UPDATE_COMPLETE");
	seen = history(&w, "s", before + 4);
	CHECK_STR(seen, "s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS @\n"
			"A DELETE_SKIPPED A-1\n"
			"s UPDATE_COMPLETE @\n");
	CHECK_INT(things(&w), 2);
	world_close(&w);
}

#define OLD                                                                                        \
	TEMPLATE(THING("A", "\"Size\":\"1\"") "," THING("R", "\"Fixed\":\"1\"") "," THING("Z", ""))
#define BAD                                                                                        \
	TEMPLATE(THING("A", "\"Size\":\"2\"") "," THING("R", "\"Fixed\":\"2\"") "," THING(         \
		"N", "") ",\"Z\":{\"Type\":\"AWS::Test::Thing\",\"DependsOn\":[\"A\",\"R\","       \
			 "\"N\"],\"Properties\":{\"Mode\":\"fail-update\"}}")

TEST(update, a_failed_update_brings_the_old_state_back)
{
	struct world w;
	OWN(str) char *seen = NULL;
	OWN(str) char *left = NULL;
	OWN(str) char *again = NULL;
	size_t before;

	world_open(&w, NULL);
	made(&w, OLD);
	before = event_count(&w, "s");
	update(&w, "s", BAD);
	until(&w, "s", "UPDATE_ROLLBACK_COMPLETE");
	seen = plain_history(&w, "s", before);
	CHECK_STR(
		seen,
		"s UPDATE_IN_PROGRESS @ User Initiated\n"
		"A UPDATE_IN_PROGRESS A-1\n"
		"A UPDATE_COMPLETE A-1\n"
		"R UPDATE_IN_PROGRESS R-1 Requested update requires the creation of a new physical "
		"resource; hence creating one.\n"
		"R UPDATE_IN_PROGRESS R-2 Resource creation Initiated\n"
		"R UPDATE_COMPLETE R-2\n"
		"N CREATE_IN_PROGRESS -\n"
		"N CREATE_IN_PROGRESS N-1 Resource creation Initiated\n"
		"N CREATE_COMPLETE N-1\n"
		"Z UPDATE_IN_PROGRESS Z-1\n"
		"Z UPDATE_FAILED Z-1 Resource handler returned message: \"cannot change\" "
		"(HandlerErrorCode: NotUpdatable)\n"
		"s UPDATE_ROLLBACK_IN_PROGRESS @ The following resource(s) failed to update: [Z]. "
		"\n"
		"A UPDATE_IN_PROGRESS A-1\n"
		"A UPDATE_COMPLETE A-1\n"
		"R UPDATE_IN_PROGRESS R-2\n"
		"R UPDATE_COMPLETE R-1\n"
		"Z UPDATE_IN_PROGRESS Z-1\n"
		"Z UPDATE_COMPLETE Z-1\n"
		"s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS @\n"
		"N DELETE_IN_PROGRESS N-1\n"
		"N DELETE_COMPLETE N-1\n"
		"R DELETE_IN_PROGRESS R-2\n"
		"R DELETE_COMPLETE R-2\n"
		"s UPDATE_ROLLBACK_COMPLETE @\n");
	CHECK_STR(json_str(hub_get(w.hub, "fake:thing", "A-1"), "Size"), "1");
	CHECK(hub_get(w.hub, "fake:thing", "R-1") != NULL);
	CHECK_INT(things(&w), 3);
	left = resources(&w, "s");
	CHECK_STR(left, "A=UPDATE_COMPLETE R=UPDATE_COMPLETE Z=UPDATE_COMPLETE");
	again = refuse(&w, OLD);
	CHECK_STR(again, "ValidationError: No updates are to be performed.");
	world_close(&w);
}

TEST(update, the_reason_names_updates_and_creations_that_failed)
{
	struct world w;
	OWN(str) char *seen = NULL;
	size_t before;

	world_open(&w, NULL);
	made(&w, TEMPLATE(THING("A", "")));
	before = event_count(&w, "s");
	update(&w, "s",
	       TEMPLATE(THING("A", "\"Mode\":\"stuck-update\"") "," THING(
		       "S", "\"Mode\":\"wait\"") "," THING("Bad", "\"Mode\":\"half\"")));
	until(&w, "s", "UPDATE_ROLLBACK_COMPLETE");
	seen = plain_history(&w, "s", before);
	CHECK_STR(
		seen,
		"s UPDATE_IN_PROGRESS @ User Initiated\n"
		"A UPDATE_IN_PROGRESS A-1\n"
		"S CREATE_IN_PROGRESS -\n"
		"S CREATE_IN_PROGRESS S-1 Resource creation Initiated\n"
		"Bad CREATE_IN_PROGRESS -\n"
		"Bad CREATE_FAILED Bad-1 Resource handler returned message: \"half-way\" "
		"(HandlerErrorCode: InvalidRequest)\n"
		"A UPDATE_FAILED A-1 Resource update cancelled\n"
		"S CREATE_FAILED S-1 Resource creation cancelled\n"
		"s UPDATE_ROLLBACK_IN_PROGRESS @ The following resource(s) failed to update: [A]. "
		"The following resource(s) failed to create: [Bad, S]. \n"
		"A UPDATE_IN_PROGRESS A-1\n"
		"A UPDATE_COMPLETE A-1\n"
		"s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS @\n"
		"Bad DELETE_IN_PROGRESS Bad-1\n"
		"Bad DELETE_COMPLETE Bad-1\n"
		"S DELETE_IN_PROGRESS S-1\n"
		"S DELETE_COMPLETE S-1\n"
		"s UPDATE_ROLLBACK_COMPLETE @\n");
	CHECK_INT(things(&w), 1);
	world_close(&w);
}

TEST(update, cancelling_works_while_it_runs_and_only_then)
{
	struct world w;
	OWN(str) char *early = NULL;
	OWN(str) char *good = NULL;
	OWN(str) char *seen = NULL;
	OWN(str) char *busy = NULL;
	size_t before;

	world_open(&w, NULL);
	made(&w, TEMPLATE(THING("A", "")));
	early = call(&w, "CancelUpdateStack", json_pack("{s:s}", "StackName", "s"), NULL);
	CHECK_STR(early, "ValidationError: CancelUpdateStack cannot be called from current stack "
			 "status");
	before = event_count(&w, "s");
	update(&w, "s", TEMPLATE(THING("A", "\"Mode\":\"stuck-update\"")));
	turn(&w);
	busy = refuse(&w, OLD);
	CHECK(busy && strstr(busy, " is in UPDATE_IN_PROGRESS state and can not be updated."));
	free(busy);
	busy = call(&w, "DeleteStack", json_pack("{s:s}", "StackName", "s"), NULL);
	CHECK(busy && strstr(busy, " cannot be deleted while in status UPDATE_IN_PROGRESS"));
	good = call(&w, "CancelUpdateStack", json_pack("{s:s}", "StackName", "s"), NULL);
	CHECK_STR(good, NULL);
	until(&w, "s", "UPDATE_ROLLBACK_COMPLETE");
	seen = history(&w, "s", before);
	CHECK_STR(seen,
		  "s UPDATE_IN_PROGRESS @ User Initiated\n"
		  "A UPDATE_IN_PROGRESS A-1\n"
		  "A UPDATE_FAILED A-1 Resource update cancelled\n"
		  "s UPDATE_ROLLBACK_IN_PROGRESS @ The following resource(s) failed to update: "
		  "[A]. \n"
		  "A UPDATE_IN_PROGRESS A-1\n"
		  "A UPDATE_COMPLETE A-1\n"
		  "s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS @\n"
		  "s UPDATE_ROLLBACK_COMPLETE @\n");
	world_close(&w);
}

/* A is changed by hand so that going back fails: its old state cannot be reached. */
TEST(update, a_rollback_that_fails_can_be_continued_without_the_resource)
{
	struct world w;
	OWN(str) char *seen = NULL;
	OWN(str) char *error = NULL;
	OWN(str) char *wrong = NULL;
	size_t before;

	world_open(&w, NULL);
	made(&w, TEMPLATE(THING("A", "\"Mode\":\"fail-update\"") "," THING("B", "")));
	before = event_count(&w, "s");
	update(&w, "s",
	       TEMPLATE(THING("A", "") ",\"B\":{\"Type\":\"AWS::Test::Thing\",\"DependsOn\":\"A\","
				       "\"Properties\":{\"Mode\":\"fail-update\"}}"));
	until(&w, "s", "UPDATE_ROLLBACK_FAILED");
	seen = plain_history(&w, "s", before + 5);
	CHECK_STR(seen,
		  "s UPDATE_ROLLBACK_IN_PROGRESS @ The following resource(s) failed to update: "
		  "[B]. \n"
		  "A UPDATE_IN_PROGRESS A-1\n"
		  "A UPDATE_FAILED A-1 Resource handler returned message: \"cannot change\" "
		  "(HandlerErrorCode: NotUpdatable)\n"
		  "B UPDATE_IN_PROGRESS B-1\n"
		  "B UPDATE_COMPLETE B-1\n"
		  "s UPDATE_ROLLBACK_FAILED @ The following resource(s) failed to update: [A]. \n");
	wrong = call(&w, "ContinueUpdateRollback",
		     json_pack("{s:s,s:[s]}", "StackName", "s", "ResourcesToSkip", "B"), NULL);
	CHECK(wrong != NULL);
	error = call(&w, "ContinueUpdateRollback",
		     json_pack("{s:s,s:[s]}", "StackName", "s", "ResourcesToSkip", "A"), NULL);
	CHECK_STR(error, NULL);
	until(&w, "s", "UPDATE_ROLLBACK_COMPLETE");
	free(seen);
	seen = history(&w, "s", before + 11);
	CHECK_STR(seen, "s UPDATE_ROLLBACK_IN_PROGRESS @ User Initiated\n"
			"A UPDATE_COMPLETE A-1 Resource skipped during UpdateRollback\n"
			"s UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS @\n"
			"s UPDATE_ROLLBACK_COMPLETE @\n");
	world_close(&w);
}

TEST(update, without_rollback_the_failed_update_stays_until_it_is_rolled_back)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(str) char *back = NULL;
	size_t before;
	OWN(str) char *seen = NULL;

	world_open(&w, NULL);
	made(&w, OLD);
	before = event_count(&w, "s");
	error = call(&w, "UpdateStack",
		     json_pack("{s:s,s:s,s:s}", "StackName", "s", "TemplateBody", BAD,
			       "DisableRollback", "true"),
		     NULL);
	CHECK_STR(error, NULL);
	until(&w, "s", "UPDATE_FAILED");
	CHECK_INT(things(&w), 5);
	back = call(&w, "RollbackStack", json_pack("{s:s}", "StackName", "s"), NULL);
	CHECK_STR(back, NULL);
	until(&w, "s", "UPDATE_ROLLBACK_COMPLETE");
	CHECK_INT(things(&w), 3);
	seen = history(&w, "s", before + 11);
	CHECK(str_starts(seen,
			 "s UPDATE_FAILED @ The following resource(s) failed to update: [Z]. \n"
			 "s UPDATE_ROLLBACK_IN_PROGRESS @ User Initiated\n"
			 "A UPDATE_IN_PROGRESS A-1\n"));
	world_close(&w);
}

TEST(update, a_failed_update_is_deleted_with_all_it_made)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(str) char *arn = NULL;

	world_open(&w, NULL);
	made(&w, OLD);
	error = call(&w, "UpdateStack",
		     json_pack("{s:s,s:s,s:b}", "StackName", "s", "TemplateBody", BAD,
			       "DisableRollback", 1),
		     NULL);
	CHECK_STR(error, NULL);
	until(&w, "s", "UPDATE_FAILED");
	arn = arn_of(&w, "s");
	delete (&w, "s");
	until(&w, arn, "DELETE_COMPLETE");
	CHECK_INT(things(&w), 0);
	world_close(&w);
}

TEST(update, a_custom_name_cannot_be_replaced)
{
	struct world w;
	OWN(str) char *seen = NULL;
	size_t before;

	world_open(&w, NULL);
	made(&w, TEMPLATE("\"A\":{\"Type\":\"AWS::Test::Named\",\"Properties\":{\"Name\":\"mine\","
			  "\"Kind\":\"1\"}}"));
	before = event_count(&w, "s");
	update(&w, "s",
	       TEMPLATE("\"A\":{\"Type\":\"AWS::Test::Named\",\"Properties\":{\"Name\":\"mine\","
			"\"Kind\":\"2\"}}"));
	until(&w, "s", "UPDATE_ROLLBACK_COMPLETE");
	seen = history(&w, "s", before + 2);
	CHECK(str_starts(seen,
			 "A UPDATE_FAILED mine CloudFormation cannot update a stack when a "
			 "custom-named resource requires replacing. Rename mine and update the "
			 "stack again.\n"));
	CHECK_INT(things(&w), 1);
	world_close(&w);
}

TEST(update, the_type_of_a_resource_cannot_change)
{
	struct world w;
	OWN(str) char *error = NULL;

	world_open(&w, NULL);
	made(&w, TEMPLATE(THING("A", "")));
	error = refuse(&w, TEMPLATE("\"A\":{\"Type\":\"AWS::Test::Named\",\"Properties\":{\"Kind\":"
				    "\"1\"}}"));
	CHECK_STR(error,
		  "ValidationError: Update of resource type is not permitted. The new template "
		  "modifies resource type of the following resources: [A]");
	world_close(&w);
}

TEST(update, stack_tags_reach_what_takes_tags)
{
	struct world w;
	OWN(str) char *error = NULL;
	OWN(str) char *seen = NULL;
	size_t before;

	world_open(&w, NULL);
	made(&w, TEMPLATE(THING("A", "") ",\"N\":{\"Type\":\"AWS::Test::Named\",\"Properties\":{"
					 "\"Kind\":\"1\"}}"));
	before = event_count(&w, "s");
	error = call(&w, "UpdateStack",
		     json_pack("{s:s,s:b,s:[{s:s,s:s}]}", "StackName", "s", "UsePreviousTemplate",
			       1, "Tags", "Key", "team", "Value", "blue"),
		     NULL);
	CHECK_STR(error, NULL);
	until(&w, "s", "UPDATE_COMPLETE");
	seen = history(&w, "s", before);
	CHECK_STR(seen, "s UPDATE_IN_PROGRESS @ User Initiated\n"
			"A UPDATE_IN_PROGRESS A-1\n"
			"A UPDATE_COMPLETE A-1\n"
			"s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS @\n"
			"s UPDATE_COMPLETE @\n");
	CHECK_STR(json_str(json_path(hub_get(w.hub, "fake:thing", "A-1"), "Tags.0"), "Value"),
		  "blue");
	world_close(&w);
}

TEST(update, a_restart_in_the_middle_ends_the_update)
{
	char dir[] = "/tmp/mpcup-stack-XXXXXX";
	struct world w;
	OWN(str) char *seen = NULL;
	size_t before;

	CHECK(mkdtemp(dir) != NULL);
	world_open(&w, dir);
	made(&w, TEMPLATE(THING("A", "") "," THING("R", "\"Fixed\":\"1\"") "," THING("B", "")));
	before = event_count(&w, "s");
	update(&w, "s",
	       TEMPLATE(THING("A", "\"Mode\":\"stuck-update\"") "," THING(
		       "R", "\"Fixed\":\"2\",\"Mode\":\"wait\"")));
	turn(&w);
	world_restart(&w);
	turn(&w);
	gate(&w, "A", "open");
	gate(&w, "R", "open");
	until(&w, "s", "UPDATE_COMPLETE");
	seen = history(&w, "s", before);
	CHECK_STR(seen, "s UPDATE_IN_PROGRESS @ User Initiated\n"
			"A UPDATE_IN_PROGRESS A-1\n"
			"R UPDATE_IN_PROGRESS R-1 Requested update requires the creation of a new "
			"physical resource; hence creating one.\n"
			"R UPDATE_IN_PROGRESS R-2 Resource creation Initiated\n"
			"A UPDATE_COMPLETE A-1\n"
			"R UPDATE_COMPLETE R-2\n"
			"s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS @\n"
			"B DELETE_IN_PROGRESS B-1\n"
			"B DELETE_COMPLETE B-1\n"
			"R DELETE_IN_PROGRESS R-1\n"
			"R DELETE_COMPLETE R-1\n"
			"s UPDATE_COMPLETE @\n");
	CHECK_INT(things(&w), 2);
	world_close(&w);
}
