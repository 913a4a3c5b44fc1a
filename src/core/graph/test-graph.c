/* Templates of tests/templates as models: which lines are green, red and grey, and what they say. */
#include <string.h>

#include "base/test.h"
#include "core/graph/graph-internal.h"

#define STANDALONE "good/standalone.json"

static json_t *load(const char *path)
{
	OWN(str) char *full = str_printf("tests/templates/%s", path);
	size_t len = 0;
	OWN(str) char *text = test_read_file(full, &len);
	struct err err = { 0 };
	json_t *t = NULL;

	if (text)
		CHECK_OK(json_parse_text(path, text, len, &t, &err), err);
	return t;
}

/* The model of a template, the caller's. */
static json_t *draw(const json_t *json)
{
	OWN(str) char *text = json_dumps(json, JSON_INDENT(1));
	OWN(template) struct template *t = NULL;
	OWN(template_eval) struct template_eval *e = NULL;
	OWN(deployment) struct deployment *d = NULL;
	OWN(json) json_t *parameters = NULL, *result = NULL;
	struct deployment_template list;
	struct err err = { 0 };
	json_t *model = NULL;

	CHECK_OK(template_parse("t.json", text, strlen(text), &t, &err), err);
	CHECK_OK(template_parameters(t, NULL, NULL, 0, NULL, &parameters, &err), err);
	CHECK_OK(template_eval_new(t, parameters, NULL, &e, &err), err);
	list = (struct deployment_template){ t, e };
	CHECK_OK(deployment_read(&list, 1, &d, &err), err);
	result = check_run(d, &list, 1, NULL);
	model = graph_build(&(struct graph_input){ .deployment = d, .templates = &list,
						   .template_count = 1, .result = result,
						   .title = "t.json" });
	return model;
}

static json_t *draw_file(const char *path)
{
	OWN(json) json_t *t = load(path);

	return draw(t);
}

/* How many flows of a kind (NULL: any) have a verdict. */
static size_t count(const json_t *model, const char *kind, const char *verdict)
{
	json_t *one;
	size_t i, n = 0;

	json_array_foreach(json_list(model, "flows"), i, one)
		n += (!kind || str_eq(json_str(one, "kind"), kind)) &&
		     str_eq(json_str(one, "verdict"), verdict);
	return n;
}

static const json_t *first(const json_t *model, const char *list, const char *kind,
			   const char *verdict)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_list(model, list), i, one)
		if (str_eq(json_str(one, "kind"), kind) &&
		    str_eq(json_str(one, "verdict"), verdict))
			return one;
	test_fail(__FILE__, __LINE__, "no %s of kind %s is %s", list, kind, verdict);
	return NULL;
}

/* Drops the separate ingress rules whose id has `part` in it. */
static void drop_rules(json_t *t, const char *part)
{
	json_t *all = json_object_get(t, "Resources"), *r;
	const char *key;
	void *next;

	json_object_foreach_safe(all, next, key, r)
		if (str_eq(json_str(r, "Type"), "AWS::EC2::SecurityGroupIngress") &&
		    strstr(key, part))
			json_object_del(all, key);
}

TEST(graph, all_that_a_good_network_needs_is_proven)
{
	OWN(json) json_t *model = draw_file("good/composed.json");

	/* three nodes: a file system, two ports of the chain, five APIs, each other; the chain: two */
	CHECK_INT(count(model, "nfs", "PASS"), 3);
	CHECK_INT(count(model, "chain", "PASS"), 6);
	CHECK_INT(count(model, "api", "PASS"), 17);
	CHECK_INT(count(model, "peer", "PASS"), 6);
	CHECK_INT(count(model, NULL, "FAIL") + count(model, NULL, "UNKNOWN"), 0);
	CHECK_INT(json_int_or(json_map(model, "counts"), "pass", 0), 32);
	CHECK_STR(json_string_value(json_array_get(json_path(model, "peers.rows"), 0)), ".PP");
}

TEST(graph, what_is_proven_names_the_rule_that_lets_through)
{
	OWN(json) json_t *model = draw_file("good/composed.json");
	const json_t *flow = first(model, "flows", "nfs", "PASS");
	const char *message = json_str_or(flow, "message", "");

	CHECK(strstr(message, "let in by rule") != NULL);
	CHECK_INT(json_array_size(json_list(flow, "let")), 2);
	CHECK_STR(json_string_value(json_path(flow, "let.0.direction")), "ingress");
	CHECK(json_string_value(json_path(flow, "let.0.resource")) != NULL);
	CHECK_STR(json_string_value(json_path(flow, "let.1.direction")), "egress");
	CHECK(strstr(message, ":2049") != NULL);
	CHECK(strstr(message, "(t.json:") != NULL);
	CHECK(json_int_or(json_map(flow, "location"), "line", 0) > 1);
	CHECK(json_str(flow, "fault") == NULL);
}

TEST(graph, a_missing_nfs_rule_is_a_red_line_with_fault_place_and_remedy)
{
	OWN(json) json_t *t = load(STANDALONE), *model = NULL;
	const json_t *flow, *line;

	drop_rules(t, "2049");
	model = draw(t);
	CHECK_INT(count(model, "nfs", "FAIL"), 3);
	CHECK_INT(count(model, "peer", "PASS"), 6);
	flow = first(model, "flows", "nfs", "FAIL");
	CHECK_STR(json_str(flow, "fault"), "C01");
	CHECK_STR(json_str(json_map(flow, "location"), "file"), "t.json");
	CHECK(json_int_or(json_map(flow, "location"), "line", 0) > 1);
	CHECK(strstr(json_str_or(flow, "remedy", ""), "AWS::EC2::SecurityGroupIngress") != NULL);
	CHECK_STR(json_string_value(json_path(flow, "missing.direction")), "ingress");
	CHECK(json_string_value(json_path(flow, "missing.group")) != NULL);
	line = first(model, "lines", "nfs", "FAIL");
	CHECK_INT(json_integer_value(json_array_get(json_list(line, "flows"), 0)), json_int_or(flow, "id", -1));
	CHECK(strstr(json_str_or(line, "text", ""), "C01 efs-2049-ingress-missing") != NULL);
	CHECK(strstr(json_str_or(line, "text", ""), "t.json:") != NULL);
	CHECK_STR(json_str(first(model, "objects", "file-system", "FAIL"), "label"), "FileSystem");
	CHECK(first(model, "objects", "task", "FAIL") != NULL);
}

TEST(graph, what_is_imported_is_grey_and_names_the_look_up)
{
	OWN(json) json_t *model = draw_file("good/import.json");

	CHECK_INT(count(model, NULL, "FAIL"), 0);
	CHECK_INT(count(model, "peer", "UNKNOWN"), 6);
	CHECK_INT(count(model, "chain", "UNKNOWN"), 3);
	CHECK(json_str(first(model, "flows", "peer", "UNKNOWN"), "lookup") != NULL);
	CHECK_STR(json_str(first(model, "lines", "peer", "UNKNOWN"), "verdict"), "UNKNOWN");
}

TEST(graph, closed_peers_are_red_in_the_matrix)
{
	OWN(json) json_t *t = load(STANDALONE), *model = NULL;
	const json_t *flow;

	drop_rules(t, "1141FF0E80422072B5");
	model = draw(t);
	CHECK_INT(count(model, "peer", "FAIL"), 6);
	CHECK_STR(json_string_value(json_array_get(json_path(model, "peers.rows"), 1)), "F.F");
	flow = first(model, "flows", "peer", "FAIL");
	CHECK(str_eq(json_str(flow, "fault"), "A09") || str_eq(json_str(flow, "fault"), "C18"));
}

TEST(graph, a_right_that_is_missing_is_a_mark_of_the_task_and_no_line)
{
	OWN(json) json_t *model = draw_file("faulty/exec-role-no-secrets.json");
	const json_t *task = first(model, "objects", "task", "FAIL");
	const json_t *mark = json_array_get(json_list(task, "marks"), 0);

	CHECK_INT(count(model, NULL, "FAIL"), 0);
	CHECK_STR(json_str(mark, "label"), "start");
	CHECK_STR(json_str(mark, "verdict"), "FAIL");
	CHECK(strstr(json_str_or(mark, "text", ""), "FAIL E02") != NULL);
}

TEST(graph, a_closed_endpoint_is_red_where_it_stands)
{
	OWN(json) json_t *model = draw_file("faulty/endpoint-sg-closed.json");
	const json_t *flow = first(model, "flows", "api", "FAIL");

	CHECK_STR(json_str(flow, "fault"), "C08");
	CHECK(json_str(flow, "via") != NULL);
	CHECK_STR(json_str(graph_find(model, json_str(flow, "via")), "verdict"), "FAIL");
	/* the layers come by the gateway endpoint, which has no group */
	CHECK_INT(count(model, "api", "PASS"), 3);
}

TEST(graph, the_chain_of_the_same_template_stands_apart_and_is_red_when_closed)
{
	OWN(json) json_t *model = draw_file("faulty/composed-near-sg-closed.json");
	const json_t *flow = first(model, "flows", "chain", "FAIL");

	CHECK_STR(json_str(first(model, "objects", "chain", "FAIL"), "label"), "near");
	CHECK_STR(json_str(flow, "fault"), "C12");
	CHECK_INT(json_int_or(flow, "port", 0), 24567);
	CHECK(strstr(json_str_or(flow, "message", ""), "24567") != NULL);
	CHECK_INT(count(model, "chain", "FAIL"), 6);
}

/* What a template says is text, never markup. */
TEST(graph, names_with_markup_stay_text)
{
	OWN(json) json_t *t = load(STANDALONE), *model = NULL;
	OWN(str) char *svg = NULL, *html = NULL;
	const char *key, *data;
	json_t *r;

	json_object_foreach(json_object_get(t, "Resources"), key, r) {
		if (str_eq(json_str(r, "Type"), "AWS::ECS::TaskDefinition"))
			json_set_str(json_map(r, "Properties"), "Family", "</script><b>\"&\x01");
		if (str_eq(json_str(r, "Type"), "AWS::ServiceDiscovery::Service"))
			json_set_str(json_map(r, "Properties"), "Name", "</script><b>\"&\x01");
	}
	drop_rules(t, "2049");
	model = draw(t);
	svg = graph_svg(model);
	CHECK(strstr(svg, "<b>") == NULL);
	CHECK(strstr(svg, "&lt;/script&gt;&lt;b&gt;&quot;&amp;") != NULL);
	CHECK(strchr(svg, '\x01') == NULL);
	html = graph_html(model);
	CHECK(strstr(html, "<b>") == NULL);
	data = strstr(html, "id=\"model\">");
	CHECK(data != NULL);
	CHECK(data && strncmp(strchr(data + 11, '<'), "</script>\n<script>", 18) == 0);
}

TEST(graph, the_same_template_gives_the_same_bytes)
{
	OWN(json) json_t *one = draw_file(STANDALONE), *two = draw_file(STANDALONE);
	OWN(str) char *a = graph_html(one), *b = graph_html(two);

	CHECK(!strcmp(a, b));
}

TEST(graph, long_names_lose_their_middle)
{
	OWN(str) char *same = graph_shorten("short", 5);
	OWN(str) char *less = graph_shorten("MpcNodeServiceWithALongName", 9);
	OWN(str) char *wide = graph_shorten("\xC3\xA4\xC3\xB6\xC3\xBC\xC3\xA4\xC3\xB6\xC3\xBC", 4);

	CHECK_STR(same, "short");
	CHECK_STR(less, "MpcN\xE2\x80\xA6Name");
	CHECK_INT(graph_length(less), 9);
	CHECK_STR(wide, "\xC3\xA4\xE2\x80\xA6\xC3\xB6\xC3\xBC");
}

static void check_label(const char *logical, const char *path, const char *want)
{
	OWN(json) json_t *body = json_pack("{s:{s:s?}}", "Metadata", "aws:cdk:path", path);
	struct deployment_resource r = { .logical = logical, .type = "T", .body = body };
	OWN(str) char *label = graph_resource_label(&r);

	CHECK_STR(label, want);
}

TEST(graph, labels_are_what_people_call_a_resource)
{
	check_label("MpcFileSystem69FC1F4C", "Stack/Mpc/FileSystem/Resource", "FileSystem");
	check_label("VpcprivateSubnet1SubnetCEAD3716", "Stack/Vpc/privateSubnet1/Subnet", "privateSubnet1");
	check_label("MpcNode0Service7281AAF3", NULL, "MpcNode0Service");
	check_label("NodeService", NULL, "NodeService");
	check_label("DEADFACE", NULL, "DEADFACE");
	check_label("Vpc", "Stack", "Vpc");
	check_label("ABCDEFABCDEF", NULL, "ABCDEFABCDEF");
}
