/* Networks as a parent with nested stacks. */
#include "core/synth/synth.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/test.h"

static struct network *network_of(const char *text)
{
	struct network *n = NULL;
	struct err err = { 0 };

	CHECK_OK(network_parse("n.yaml", text, strlen(text), &n, &err), err);
	return n;
}

static void split_into(const char *text, size_t per_stack, struct synth_parts *ret)
{
	OWN(network) struct network *n = network_of(text);
	struct err err = { 0 };

	*ret = (struct synth_parts){ 0 };
	CHECK_OK(synth_parts(n, SYNTH_JSON, per_stack, ret, &err), err);
}

static json_t *parsed(const char *text)
{
	json_t *j = NULL;
	struct err err = { 0 };

	CHECK_OK(json_parse_text("template", text, strlen(text), &j, &err), err);
	return j;
}

/* ---- the shape --------------------------------------------------------------------------------- */

static void put_names(struct buf *b, const char *what, const json_t *object)
{
	const char *name;
	json_t *value;

	buf_printf(b, "  %s:", what);
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
		buf_printf(b, " %s%s", name, json_bool_or(value, "NoEcho", false) ? "(secret)" : "");
	buf_str(b, "\n");
}

static void put_shape(struct buf *b, const char *name, const char *text)
{
	OWN(json) json_t *template = parsed(text);
	const char *logical;
	json_t *resource;

	buf_printf(b, "%s\n", name);
	put_names(b, "Parameters", json_map(template, "Parameters"));
	put_names(b, "Resources", json_map(template, "Resources"));
	put_names(b, "Outputs", json_map(template, "Outputs"));
	json_object_foreach(json_map(template, "Resources"), logical, resource) {
		OWN(str) char *nested = NULL;

		if (!str_eq(json_str(resource, "Type"), "AWS::CloudFormation::Stack"))
			continue;
		nested = json_text(resource);
		buf_printf(b, "  %s %s\n", logical, nested);
	}
}

static void check_shape(const char *golden, const char *text, size_t per_stack)
{
	OWN(str) char *path = str_printf("tests/golden/%s", golden);
	OWN(str) char *full = str_printf("%s/%s", test_source_root(), path);
	OWN(str) char *want = NULL;
	OWN(buf) struct buf shape = { 0 };
	struct synth_parts parts;
	FILE *file;

	split_into(text, per_stack, &parts);
	put_shape(&shape, "parent", parts.text);
	for (size_t i = 0; i < parts.nested_count; i++)
		put_shape(&shape, parts.nested[i].name, parts.nested[i].text);
	synth_parts_free(&parts);
	if (str_eq(getenv("MPCUP_UPDATE_GOLDEN"), "1")) {
		file = fopen(full, "we");
		CHECK(file && fputs(shape.data, file) >= 0);
		if (file)
			CHECK_INT(fclose(file), 0);
	}
	want = test_read_file(path, NULL);
	CHECK_STR(shape.data, want);
}

TEST(split, parent_and_nested_stacks_have_their_shape)
{
	check_shape("split-composed.txt", "name: n\npattern: composed\nnodes: 5\n", 2);
	check_shape("split-integrated.txt", "name: n\npattern: integrated\nnodes: 3\n", 2);
}

/* ---- what CloudFormation would refuse ---------------------------------------------------------- */

static void collect(const json_t *node, json_t *names)
{
	const json_t *member;
	const char *at = json_str(node, "Fn::Sub"), *key;
	json_t *value;
	size_t i;

	if (json_str(node, "Ref"))
		json_set_bool(names, json_str(node, "Ref"), true);
	if (json_list(node, "Fn::GetAtt"))
		json_set_bool(names,
			      json_string_value(json_array_get(json_list(node, "Fn::GetAtt"), 0)), true);
	while (at && (at = strstr(at, "${"))) {
		OWN(str) char *name = str_dup_n(at + 2, strcspn(at + 2, "}."));

		json_set_bool(names, name, true);
		at += 2;
	}
	json_array_foreach(json_list(node, "DependsOn"), i, member)
		json_set_bool(names, json_string_value(member), true);
	json_array_foreach(node, i, member)
		collect(member, names);
	json_object_foreach((json_t *)(uintptr_t)node, key, value)
		collect(value, names);
}

/* All that is named is there, every parameter is used, and the limits hold. */
static void check_template(const char *text)
{
	OWN(json) json_t *template = parsed(text);
	OWN(json) json_t *named = json_object();
	const json_t *parameters = json_map(template, "Parameters");
	const json_t *resources = json_map(template, "Resources");
	const char *name;
	json_t *unused;

	collect(resources, named);
	collect(json_map(template, "Outputs"), named);
	json_object_foreach(named, name, unused)
		CHECK(str_starts(name, "AWS::") || json_object_get(parameters, name) ||
		      json_object_get(resources, name));
	json_object_foreach((json_t *)(uintptr_t)parameters, name, unused)
		CHECK(json_object_get(named, name) != NULL);
	CHECK(json_object_size(resources) <= 500 && json_object_size(parameters) <= 200);
	CHECK(json_object_size(json_map(template, "Outputs")) <= 200 && strlen(text) <= 1000000);
}

static void check_children(const struct synth_parts *parts, size_t nodes)
{
	OWN(json) json_t *parent = parsed(parts->text);
	size_t seen = 0;

	for (size_t i = 0; i < parts->nested_count; i++) {
		OWN(json) json_t *child = parsed(parts->nested[i].text);
		OWN(str) char *stack = str_printf("Nodes%zu", i);
		const json_t *passed = json_path(json_map(json_map(parent, "Resources"), stack),
						 "Properties.Parameters");
		const json_t *secrets = json_path(child, "Resources.ExecutionRole.Properties.Policies.0."
							 "PolicyDocument.Statement.0.Resource");
		const char *name;
		json_t *unused;

		CHECK_INT(parts->nested[i].first, seen);
		seen += parts->nested[i].count;
		check_template(parts->nested[i].text);
		CHECK_INT(json_array_size(secrets), parts->nested[i].count * 3);
		CHECK_INT(json_object_size(passed), json_object_size(json_map(child, "Parameters")));
		json_object_foreach(json_map(child, "Parameters"), name, unused)
			CHECK(json_object_get(passed, name) != NULL);
		CHECK(json_object_get(json_map(parent, "Parameters"), parts->nested[i].keys) != NULL);
	}
	CHECK_INT(seen, nodes);
}

#define BOOT "ed25519:GzEU8jWjVmNpijNwwAsSXAwsRJwTCezJi6pxvEKzYagF@10.0.2.100:24567"
#define STANDALONE "standalone\nboot_nodes: " BOOT

TEST(split, every_size_keeps_the_limits)
{
	static const size_t sizes[] = { 33, 40, 57, 58, 64, 100, 123, 180 };
	static const char *const patterns[] = { "integrated", "composed", STANDALONE };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t k = 0; k < 3; k++) {
			OWN(str)
			char *text = str_printf(
				"name: n\npattern: %s\nnodes: %zu\n%s", patterns[k], sizes[i],
				sizes[i] > 123 ? "vpc: {id: vpc-0123456789abcdef0, "
						 "private_subnets: [subnet-01234567, "
						 "subnet-89abcdef]}\n"
					       : "");
			struct synth_parts parts;

			if (sizes[i] > 123 && !strcmp(patterns[k], "composed"))
				continue;
			split_into(text, 0, &parts);
			CHECK_INT(parts.nested_count, (sizes[i] + 19) / 20);
			check_template(parts.text);
			check_children(&parts, sizes[i]);
			synth_parts_free(&parts);
		}
}

TEST(split, what_fits_is_not_split)
{
	OWN(network) struct network *n = network_of("name: n\nnodes: 32\n");
	OWN(str) char *whole = NULL;
	struct synth_parts parts;
	struct err err = { 0 };

	CHECK_OK(synth_network(n, SYNTH_JSON, &whole, &err), err);
	split_into("name: n\nnodes: 32\n", 0, &parts);
	CHECK_INT(parts.nested_count, 0);
	CHECK_STR(parts.text, whole);
	synth_parts_free(&parts);
	CHECK_INT(synth_parts(n, SYNTH_JSON, 21, &parts, &err), -1);
	CHECK(strstr(err.text, "21 nodes in a nested stack") != NULL);
}

/* A node that is added stays clear of the others' stacks. */
TEST(split, a_node_more_changes_only_the_last_stack)
{
	struct synth_parts before, after;

	split_into("name: n\nnodes: 64\n", 0, &before);
	split_into("name: n\nnodes: 65\n", 0, &after);
	CHECK_INT(before.nested_count, after.nested_count);
	for (size_t i = 0; i + 1 < before.nested_count; i++)
		CHECK_STR(before.nested[i].text, after.nested[i].text);
	CHECK(!str_eq(before.nested[3].text, after.nested[3].text));
	synth_parts_free(&before);
	synth_parts_free(&after);
}

TEST(split, a_public_chain_has_its_backup_keys_and_keeps_them)
{
	struct synth_parts parts;
	OWN(json) json_t *child = NULL;

	split_into("name: n\nchain: testnet\npattern: standalone\ncontract: signer.mpc.testnet\n"
		   "nodes: [{account: a.testnet, host_name: alpha}, {account: b.testnet, host_name: beta}]\n"
		   "suppress: [{fault: D25, reason: known}]\n",
		   1, &parts);
	CHECK_INT(parts.nested_count, 2);
	child = parsed(parts.nested[1].text);
	CHECK_STR(json_str(json_path(child, "Resources.Node1BackupSecret"), "DeletionPolicy"), "Retain");
	CHECK(json_path(child, "Metadata.mpcup.suppress.0") != NULL);
	CHECK(json_path(child, "Parameters.NearBootNodes") != NULL);
	CHECK(!json_path(child, "Resources.Node0"));
	check_template(parts.text);
	check_template(parts.nested[0].text);
	check_template(parts.nested[1].text);
	synth_parts_free(&parts);
}
