/* The templates of tests/templates as deployments. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "base/test.h"
#include "core/deployment/deployment.h"

/* ---- reading --------------------------------------------------------------------------------- */

struct fixture {
	char *text[2];
	json_t *parameters[2];
	struct deployment_template list[2];
	struct template_eval *eval[2];
	size_t count;
	struct deployment *d;
	struct err err;
};
static void own_drop_fixture(struct fixture *f)
{
	deployment_free(f->d);
	for (size_t i = 0; i < f->count; i++) {
		template_eval_free(f->eval[i]);
		json_decref(f->parameters[i]);
		template_free(f->list[i].t);
		free(f->text[i]);
	}
}

static json_t *given_parameters(const struct template *t, const char *file)
{
	OWN(str) char *path = str_printf("tests/templates/params/%s", file);
	OWN(str) char *text = test_read_file(path, NULL);
	OWN(json) json_t *list = json_loads(text, 0, NULL);
	const json_t *declared = json_object_get(template_body(t), "Parameters");
	json_t *given = json_object();

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		const char *key = json_str(entry, "ParameterKey");

		if (json_object_get(declared, key))
			json_set_str(given, key, json_str(entry, "ParameterValue"));
	}
	return given;
}

/* Takes the text. */
static int add_text(struct fixture *f, const char *name, char *text, const char *parameters)
{
	size_t i = f->count++;
	OWN(json) json_t *given = NULL;

	f->text[i] = text;
	if (!text || template_parse(name, text, strlen(text), &f->list[i].t, &f->err) < 0)
		return -1;
	given = given_parameters(f->list[i].t, parameters);
	if (template_parameters(f->list[i].t, given, NULL, 0, NULL, &f->parameters[i], &f->err) <
		    0 ||
	    template_eval_new(f->list[i].t, f->parameters[i], NULL, &f->eval[i], &f->err) < 0)
		return -1;
	f->list[i].eval = f->eval[i];
	return 0;
}

static int add_file(struct fixture *f, const char *path)
{
	OWN(str) char *whole = str_printf("tests/templates/%s", path);

	return add_text(f, path, test_read_file(whole, NULL),
			str_ends(path, ".yaml") ? "yaml-3.json" : "cdk-100.json");
}

static int start(struct fixture *f, const char *first, const char *second)
{
	if (add_file(f, first) < 0 || (second && add_file(f, second) < 0))
		return -1;
	return deployment_read(f->list, f->count, &f->d, &f->err);
}

static int start_text(struct fixture *f, const char *first, const char *second)
{
	if (add_text(f, "first", str_dup(first), "cdk-1.json") < 0 ||
	    (second && add_text(f, "second", str_dup(second), "cdk-1.json") < 0))
		return -1;
	return deployment_read(f->list, f->count, &f->d, &f->err);
}

static const struct deployment_group *group_called(const struct deployment *d, const char *part)
{
	size_t count;
	const struct deployment_group *const *groups = deployment_groups(d, &count);

	for (size_t i = 0; i < count; i++)
		if (groups[i]->resource && strstr(groups[i]->resource->logical, part))
			return groups[i];
	return NULL;
}

static const struct deployment_role *role_called(const struct deployment *d, const char *part)
{
	size_t count;
	const struct deployment_role *const *roles = deployment_roles(d, &count);

	for (size_t i = 0; i < count; i++)
		if (roles[i]->resource && strstr(roles[i]->resource->logical, part))
			return roles[i];
	return NULL;
}

/* ---- the whole corpus ------------------------------------------------------------------------ */

static size_t count_of(const struct deployment_resource *all, size_t count, const char *type)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += !strcmp(all[i].type, type);
	return n;
}

static void check_links(const struct deployment *d, const char *path)
{
	size_t count, systems;
	const struct deployment_service *const *services = deployment_services(d, &count);

	for (size_t i = 0; i < count; i++) {
		const struct deployment_service *s = services[i];

		if (!s->task || !s->subnet_count || !s->task->containers)
			test_fail(__FILE__, __LINE__, "%s: %s is not linked", path,
				  s->resource->logical);
		for (size_t k = 0; k < s->subnet_count; k++)
			if (!s->subnets[k]->identity)
				test_fail(__FILE__, __LINE__, "%s: subnet without name", path);
		for (size_t k = 0; s->task && k < s->task->volume_count; k++)
			if (!s->task->volumes[k].system)
				test_fail(__FILE__, __LINE__, "%s: volume of %s", path,
					  s->resource->logical);
	}
	(void)deployment_file_systems(d, &systems);
	CHECK(systems >= 1);
}

static void check_file(const char *folder, const char *name, size_t *read)
{
	OWN(fixture) struct fixture f = { 0 };
	OWN(str) char *path = str_printf("%s/%s", folder, name);
	OWN(str) char *runner = NULL;
	const struct deployment_resource *all;
	size_t count, typed;

	if (str_starts(name, "import") && !str_ends(name, ".yaml"))
		runner = str_printf("%s/%.*s.near-runner.json", folder,
				    (int)(strlen(name) - strlen(".json")), name);
	if (start(&f, path, runner) < 0) {
		/* These are refused before anything is a resource: two faults, one too large. */
		if (strcmp(name, "dangling-ref.json") != 0 &&
		    strcmp(name, "too-many-resources.json") != 0 &&
		    strcmp(name, "standalone-100.json") != 0)
			test_fail(__FILE__, __LINE__, "%s: %s", path, f.err.text);
		return;
	}
	++*read;
	all = deployment_resources(f.d, &count);
	(void)deployment_services(f.d, &typed);
	CHECK_INT(typed, count_of(all, count, "AWS::ECS::Service"));
	(void)deployment_endpoints(f.d, &typed);
	CHECK_INT(typed, count_of(all, count, "AWS::EC2::VPCEndpoint"));
	check_links(f.d, path);
}

static size_t check_folder(const char *folder)
{
	OWN(str) char *path = str_printf("%s/tests/templates/%s", test_source_root(), folder);
	DIR *dir = opendir(path);
	struct dirent *entry;
	size_t read = 0;

	if (!dir) {
		test_fail(__FILE__, __LINE__, "%s", path);
		return 0;
	}
	while ((entry = readdir(dir)))
		if ((str_ends(entry->d_name, ".json") || str_ends(entry->d_name, ".yaml")) &&
		    !strstr(entry->d_name, "near-runner"))
			check_file(folder, entry->d_name, &read);
	(void)closedir(dir);
	return read;
}

TEST(deployment, every_template_of_the_corpus_is_read_and_linked)
{
	CHECK_INT(check_folder("good"), 8);
	CHECK_INT(check_folder("benign"), 12);
	CHECK(check_folder("faulty") >= 56);
	CHECK_INT(check_folder("scale"), 4);
}

TEST(deployment, fifty_seven_nodes_are_read_in_milliseconds)
{
	OWN(fixture) struct fixture f = { 0 };
	struct timespec a, b;
	double best = 1e9;
	size_t count;

	CHECK_OK(add_file(&f, "scale/standalone-57.json"), f.err);
	for (int i = 0; i < 5; i++) {
		double ms;

		deployment_free(f.d);
		f.d = NULL;
		clock_gettime(CLOCK_MONOTONIC, &a);
		CHECK_OK(deployment_read(f.list, 1, &f.d, &f.err), f.err);
		clock_gettime(CLOCK_MONOTONIC, &b);
		ms = (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
		best = ms < best ? ms : best;
	}
	printf("# standalone-57: %.2f ms\n", best);
	(void)deployment_services(f.d, &count);
	CHECK_INT(count, 57);
	CHECK(best < 500); /* a bell for quadratic time, also under sanitizers */
}

/* ---- the standalone pattern ------------------------------------------------------------------ */

TEST(deployment, standalone_has_its_network)
{
	OWN(fixture) struct fixture f = { 0 };
	size_t count;
	const struct deployment_vpc *const *vpcs;
	const struct deployment_subnet *const *subnets;

	CHECK_OK(start(&f, "good/standalone.json", NULL), f.err);
	vpcs = deployment_vpcs(f.d, &count);
	CHECK_INT(count, 1);
	CHECK(vpcs[0]->known_cidr && vpcs[0]->base == 0x0a000000 && vpcs[0]->bits == 16);
	CHECK_INT(vpcs[0]->dns_support, VERDICT_PASS);
	CHECK_INT(vpcs[0]->dns_hostnames, VERDICT_PASS);
	subnets = deployment_subnets(f.d, &count);
	CHECK_INT(count, 4);
	for (size_t i = 0; i < count; i++) {
		CHECK(subnets[i]->known_cidr && subnets[i]->bits == 24 && subnets[i]->zone);
		CHECK(subnets[i]->vpc == vpcs[0] && !subnets[i]->acl);
		CHECK(subnets[i]->routes && subnets[i]->routes->count == 1);
		CHECK_STR(subnets[i]->routes->routes[0].destination, "0.0.0.0/0");
		CHECK(subnets[i]->routes->routes[0].target != NULL);
		CHECK_INT(subnets[i]->routes->routes[0].kind,
			  subnets[i]->public_on_launch == VERDICT_PASS
				  ? DEPLOYMENT_TO_INTERNET_GATEWAY
				  : DEPLOYMENT_TO_NAT);
	}
	CHECK(strcmp(subnets[0]->zone, subnets[1]->zone) != 0);
	CHECK_STR(subnets[0]->zone, subnets[2]->zone);
}

TEST(deployment, standalone_has_its_groups_with_separate_rules)
{
	OWN(fixture) struct fixture f = { 0 };
	const struct deployment_group *node, *storage;
	bool nfs = false;

	CHECK_OK(start(&f, "good/standalone.json", NULL), f.err);
	node = group_called(f.d, "NodeSg");
	storage = group_called(f.d, "EfsSg");
	CHECK(node && storage);
	CHECK_INT(node->ingress_count + storage->ingress_count, 5);
	CHECK(node->egress_declared && node->egress_count == 1);
	CHECK_INT(node->egress[0].protocol, -1);
	CHECK_INT(node->egress[0].peer, DEPLOYMENT_PEER_CIDR);
	CHECK_INT(node->egress[0].bits, 0);
	CHECK(strstr(node->egress[0].pointer, "/Properties/SecurityGroupEgress/0") != NULL);
	/* CDK's marker of "nothing goes out" is a rule as any other. */
	CHECK_INT(storage->egress[0].protocol, 1);
	CHECK_INT(storage->egress[0].bits, 32);
	for (size_t i = 0; i < storage->ingress_count; i++)
		nfs = nfs ||
		      (storage->ingress[i].from == 2049 && storage->ingress[i].to == 2049 &&
		       storage->ingress[i].protocol == 6 && storage->ingress[i].group == node);
	CHECK(nfs);
}

TEST(deployment, standalone_has_its_services_storage_and_roles)
{
	OWN(fixture) struct fixture f = { 0 };
	size_t count, systems, index;
	const struct deployment_service *const *services;
	const struct deployment_file_system *const *all;
	const json_t *container;

	CHECK_OK(start(&f, "good/standalone.json", NULL), f.err);
	services = deployment_services(f.d, &count);
	all = deployment_file_systems(f.d, &systems);
	CHECK_INT(count, 3);
	CHECK_INT(systems, 1);
	CHECK_INT(all[0]->target_count, 2);
	CHECK(all[0]->policy && all[0]->targets[0].group_count == 1);
	for (size_t i = 0; i < count; i++) {
		CHECK(services[i]->fargate && services[i]->mpc_container == 0);
		CHECK_INT(services[i]->subnet_count, 2);
		CHECK_INT(services[i]->group_count, 1);
		CHECK_INT(services[i]->registry_count, 1);
		CHECK_INT(services[i]->public_address, VERDICT_FAIL);
		CHECK(services[i]->task->volumes[0].system == all[0]);
		CHECK(services[i]->task->volumes[0].access_point != NULL);
		CHECK(services[i]->task->execution_role == role_called(f.d, "ExecutionRole"));
		CHECK(services[i]->task->task_role == role_called(f.d, "TaskRole"));
	}
	CHECK(services[0]->subnets[0] == all[0]->targets[0].subnet);
	CHECK_INT(role_called(f.d, "ExecutionRole")->policy_count, 2);
	CHECK_STR(role_called(f.d, "ExecutionRole")->policies[0].name,
		  "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy");
	CHECK(!role_called(f.d, "ExecutionRole")->policies[0].document);
	CHECK(role_called(f.d, "ExecutionRole")->policies[1].document != NULL);
	CHECK(role_called(f.d, "ExecutionRole")->trust != NULL);
	container = json_array_get(services[0]->task->containers, 0);
	CHECK_STR(deployment_text(f.d, deployment_environment(container, "MPC_ENV", &index)),
		  "mpc-localnet");
	CHECK_INT(index, 4);
	CHECK(!deployment_environment(container, "MPC_NONE", NULL));
}

TEST(deployment, yaml_standalone_is_the_same_shape)
{
	OWN(fixture) struct fixture f = { 0 };
	size_t count;

	CHECK_OK(start(&f, "good/standalone.yaml", NULL), f.err);
	(void)deployment_services(f.d, &count);
	CHECK_INT(count, 3);
}

/* ---- faults and variants --------------------------------------------------------------------- */

TEST(deployment, without_the_nfs_rule_the_storage_group_has_no_ingress)
{
	OWN(fixture) struct fixture f = { 0 };

	CHECK_OK(start(&f, "faulty/efs-no-nfs-rule.json", NULL), f.err);
	CHECK_INT(group_called(f.d, "EfsSg")->ingress_count, 0);
}

TEST(deployment, a_subnet_without_association_has_no_table)
{
	OWN(fixture) struct fixture f = { 0 };
	size_t count, without = 0;
	const struct deployment_subnet *const *subnets;

	CHECK_OK(start(&f, "faulty/route-table-not-associated.json", NULL), f.err);
	subnets = deployment_subnets(f.d, &count);
	for (size_t i = 0; i < count; i++)
		without += !subnets[i]->routes;
	CHECK(without >= 1);
}

TEST(deployment, acl_entries_stand_in_their_order)
{
	OWN(fixture) struct fixture f = { 0 };
	size_t count, with = 0;
	const struct deployment_subnet *const *subnets;

	CHECK_OK(start(&f, "faulty/nacl-blocks-nfs.json", NULL), f.err);
	subnets = deployment_subnets(f.d, &count);
	for (size_t i = 0; i < count; i++) {
		const struct deployment_acl *acl = subnets[i]->acl;

		if (!acl)
			continue;
		with++;
		CHECK(acl->resource && acl->count == 2);
		CHECK(!acl->entries[0].egress && acl->entries[0].known && acl->entries[0].allow);
		CHECK_INT(acl->entries[0].from, 443);
		CHECK_INT(acl->entries[0].protocol, 6);
		CHECK(acl->entries[1].egress && acl->entries[1].from == 1024);
	}
	CHECK_INT(with, 2);
}

TEST(deployment, endpoints_tell_their_service)
{
	OWN(fixture) struct fixture f = { 0 };
	size_t count, seen = 0;
	const struct deployment_endpoint *const *endpoints;

	CHECK_OK(start(&f, "faulty/endpoint-sg-closed.json", NULL), f.err);
	endpoints = deployment_endpoints(f.d, &count);
	CHECK_INT(count, 5);
	for (size_t i = 0; i < count; i++) {
		seen += str_eq(endpoints[i]->service, "ecr.api") ||
			str_eq(endpoints[i]->service, "secretsmanager");
		CHECK(endpoints[i]->vpc != NULL);
		if (endpoints[i]->gateway) {
			CHECK_STR(endpoints[i]->service, "s3");
			CHECK_INT(endpoints[i]->table_count, 4);
		} else {
			CHECK_INT(endpoints[i]->private_dns, VERDICT_PASS);
			CHECK_INT(endpoints[i]->subnet_count, 2);
			CHECK_INT(endpoints[i]->group_count, 1);
		}
	}
	CHECK_INT(seen, 2);
}

TEST(deployment, managed_policies_of_the_template_have_their_document)
{
	OWN(fixture) struct fixture f = { 0 };
	size_t count, documents = 0;
	const struct deployment_role *const *roles;

	CHECK_OK(start_text(
			 &f,
			 "{\"Resources\":{"
			 "\"A\":{\"Type\":\"AWS::IAM::Role\",\"Properties\":{\"RoleName\":\"a\","
			 "\"AssumeRolePolicyDocument\":{},\"ManagedPolicyArns\":[{\"Ref\":\"P\"}],"
			 "\"PermissionsBoundary\":\"arn:aws:iam::1:policy/x\","
			 "\"Policies\":[{\"PolicyName\":\"own\",\"PolicyDocument\":{}}]}},"
			 "\"P\":{\"Type\":\"AWS::IAM::ManagedPolicy\",\"Properties\":{"
			 "\"PolicyDocument\":{}}},"
			 "\"Q\":{\"Type\":\"AWS::IAM::ManagedPolicy\",\"Properties\":{"
			 "\"PolicyDocument\":{},\"Roles\":[\"a\"]}},"
			 "\"R\":{\"Type\":\"AWS::IAM::RolePolicy\",\"Properties\":{\"RoleName\":"
			 "{\"Ref\":\"A\"},\"PolicyName\":\"r\",\"PolicyDocument\":{}}}}}",
			 NULL),
		 f.err);
	roles = deployment_roles(f.d, &count);
	CHECK_INT(count, 1);
	CHECK_INT(roles[0]->policy_count, 4);
	for (size_t i = 0; i < roles[0]->policy_count; i++)
		documents += roles[0]->policies[i].document != NULL;
	CHECK_INT(documents, 4);
	CHECK_STR(roles[0]->policies[0].name, "own");
	CHECK(roles[0]->boundary_unknown && !roles[0]->boundary);
}

/* ---- several templates ----------------------------------------------------------------------- */

TEST(deployment, imports_lead_into_the_exporter)
{
	OWN(fixture) struct fixture f = { 0 };
	size_t count, mpc = 0;
	const struct deployment_file_system *const *systems;
	const struct deployment_service *const *services;

	CHECK_OK(start(&f, "good/import.json", "good/import.near-runner.json"), f.err);
	systems = deployment_file_systems(f.d, &count);
	for (size_t i = 0; i < count; i++) {
		CHECK(systems[i]->resource != NULL);
		if (systems[i]->resource->template != 0)
			continue;
		CHECK_INT(systems[i]->target_count, 2);
		for (size_t k = 0; k < systems[i]->target_count; k++) {
			const struct deployment_subnet *subnet = systems[i]->targets[k].subnet;

			CHECK(subnet->resource && subnet->resource->template == 1);
			CHECK(subnet->known_cidr && subnet->routes && subnet->vpc->resource);
		}
	}
	services = deployment_services(f.d, &count);
	for (size_t i = 0; i < count; i++) {
		const json_t *container = json_array_get(services[i]->task->containers, 0);

		if (services[i]->mpc_container < 0)
			continue;
		mpc++;
		CHECK_STR(deployment_text(f.d,
					  deployment_environment(container, "NEAR_RPC_URL", NULL)),
			  "http://near.near.local:3030");
		CHECK(services[i]->subnets[0]->resource->template == 1);
		CHECK(services[i]->groups[0]->resource->template == 0);
		CHECK(services[i]->groups[0]->vpc == services[i]->subnets[0]->vpc);
	}
	CHECK_INT(mpc, 3);
}

TEST(deployment, an_import_nobody_exports_is_outside)
{
	OWN(fixture) struct fixture f = { 0 };
	size_t count;
	const struct deployment_service *const *services;

	CHECK_OK(start(&f, "good/import.json", NULL), f.err);
	services = deployment_services(f.d, &count);
	CHECK_INT(count, 3);
	CHECK_INT(services[0]->subnet_count, 2);
	CHECK(!services[0]->subnets[0]->resource && services[0]->subnets[0]->identity);
	CHECK(!services[0]->subnets[0]->vpc && !services[0]->subnets[0]->known_cidr);
	CHECK(services[0]->subnets[0] == services[1]->subnets[0]);
	CHECK(services[0]->subnets[0] != services[0]->subnets[1]);
}

TEST(deployment, lists_travel_joined_and_are_split_again)
{
	OWN(fixture) struct fixture f = { 0 };
	size_t count;
	const struct deployment_endpoint *const *endpoints;
	const struct deployment_subnet *const *subnets;

	CHECK_OK(
		start_text(
			&f,
			"{\"Resources\":{\"S\":{\"Type\":\"AWS::EC2::VPCEndpoint\","
			"\"Properties\":{\"VpcId\":{\"Fn::ImportValue\":\"v\"},"
			"\"ServiceName\":\"com.amazonaws.eu-central-1.ecr.dkr\","
			"\"SubnetIds\":{\"Fn::Split\":[\",\",{\"Fn::ImportValue\":\"l\"}]}}}}}",
			"{\"Resources\":{\"S\":{\"Type\":\"AWS::EC2::Subnet\",\"Properties\":{"
			"\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.1.0.0/24\"}},"
			"\"T\":{\"Type\":\"AWS::EC2::Subnet\",\"Properties\":{"
			"\"VpcId\":\"vpc-1\",\"CidrBlock\":\"10.1.1.0/24\"}}},"
			"\"Outputs\":{\"V\":{\"Value\":\"vpc-1\",\"Export\":{\"Name\":\"v\"}},"
			"\"L\":{\"Value\":{\"Fn::Join\":[\",\",[{\"Ref\":\"S\"},{\"Ref\":\"T\"}]]},"
			"\"Export\":{\"Name\":\"l\"}}}}"),
		f.err);
	endpoints = deployment_endpoints(f.d, &count);
	CHECK_INT(count, 1);
	CHECK_STR(endpoints[0]->service, "ecr.dkr");
	CHECK_INT(endpoints[0]->subnet_count, 2);
	subnets = deployment_subnets(f.d, &count);
	CHECK_INT(count, 2);
	/* Both templates have an "S": the mark of the symbol keeps them apart. */
	CHECK(endpoints[0]->subnets[0] == subnets[0] && endpoints[0]->subnets[1] == subnets[1]);
	CHECK(endpoints[0]->vpc == subnets[0]->vpc && !subnets[0]->vpc->resource);
}

/* ---- what is not known ----------------------------------------------------------------------- */

static const char *const lists =
	"{\"Parameters\":{\"Nets\":{\"Type\":\"List<AWS::EC2::Subnet::Id>\"},"
	"\"Groups\":{\"Type\":\"CommaDelimitedList\",\"Default\":\"sg-1, sg-2\"}},"
	"\"Resources\":{\"S\":{\"Type\":\"AWS::ECS::Service\",\"Properties\":{"
	"\"TaskDefinition\":\"arn:aws:ecs:eu-central-1:1:task-definition/x:1\","
	"\"LaunchType\":\"FARGATE\",\"NetworkConfiguration\":{\"AwsvpcConfiguration\":{"
	"\"AssignPublicIp\":\"ENABLED\",\"Subnets\":{\"Ref\":\"Nets\"},"
	"\"SecurityGroups\":{\"Ref\":\"Groups\"}}}}}}}";

TEST(deployment, lists_come_from_parameters)
{
	OWN(fixture) struct fixture f = { 0 };
	size_t count;
	const struct deployment_service *const *services;

	CHECK_OK(start_text(&f, lists, NULL), f.err);
	services = deployment_services(f.d, &count);
	CHECK_INT(count, 1);
	CHECK(!services[0]->task && services[0]->mpc_container == -1);
	CHECK_INT(services[0]->public_address, VERDICT_PASS);
	CHECK_INT(services[0]->subnet_count, 1);
	CHECK(!services[0]->subnets[0]->resource);
	CHECK(template_is_symbol(services[0]->subnets[0]->identity));
	CHECK_INT(services[0]->group_count, 2);
	CHECK(!services[0]->groups_default);
	CHECK_STR(deployment_text(f.d, services[0]->groups[1]->identity), "sg-2");
}

TEST(deployment, services_may_name_the_family_of_a_task_definition)
{
	static const char text[] =
		"{\"Resources\":{\"Run\":{\"Type\":\"AWS::ECS::TaskDefinition\",\"Properties\":{"
		"\"Family\":{\"Fn::Sub\":\"${AWS::StackName}-node\"},"
		"\"ContainerDefinitions\":[{\"Name\":\"c\",\"Image\":\"i\"}]}},"
		"\"One\":{\"Type\":\"AWS::ECS::Service\",\"Properties\":{"
		"\"TaskDefinition\":{\"Fn::Join\":[\"-\",[{\"Ref\":\"AWS::StackName\"},\"node\"]]}}},"
		"\"Two\":{\"Type\":\"AWS::ECS::Service\",\"Properties\":{"
		"\"TaskDefinition\":\"other\"}}}}";
	OWN(fixture) struct fixture f = { 0 };
	size_t count;
	const struct deployment_service *const *services;

	CHECK_OK(start_text(&f, text, NULL), f.err);
	services = deployment_services(f.d, &count);
	CHECK_INT(count, 2);
	CHECK(services[0]->task && services[0]->task->resource);
	CHECK(!services[1]->task);
}

static const char *const conditional =
	"{\"Parameters\":{\"P\":{\"Type\":\"String\"}},"
	"\"Conditions\":{\"C\":{\"Fn::Equals\":[{\"Ref\":\"P\"},\"x\"]},"
	"\"Never\":{\"Fn::Equals\":[\"a\",\"b\"]}},"
	"\"Resources\":{"
	"\"Gone\":{\"Type\":\"AWS::EC2::VPC\",\"Condition\":\"Never\",\"Properties\":{}},"
	"\"V\":{\"Type\":\"AWS::EC2::VPC\",\"Properties\":{\"CidrBlock\":\"10.0.0.0/16\","
	"\"EnableDnsSupport\":{\"Fn::If\":[\"C\",true,false]}}},"
	"\"G\":{\"Type\":\"AWS::EC2::SecurityGroup\",\"Properties\":{\"VpcId\":{\"Ref\":\"V\"},"
	"\"SecurityGroupIngress\":[{\"Fn::If\":[\"C\",{\"IpProtocol\":\"tcp\",\"FromPort\":1,"
	"\"ToPort\":2,\"CidrIp\":\"0.0.0.0/0\"},{\"Ref\":\"AWS::NoValue\"}]},"
	"{\"IpProtocol\":6,\"FromPort\":\"80\",\"ToPort\":80},"
	"{\"IpProtocol\":\"50\",\"CidrIp\":\"10.0.0.9/16\"},"
	"{\"IpProtocol\":\"udp\",\"FromPort\":53,\"ToPort\":53,\"SourcePrefixListId\":\"pl-1\"},"
	"{\"IpProtocol\":\"tcp\",\"FromPort\":{\"Ref\":\"P\"},\"ToPort\":9,"
	"\"SourceSecurityGroupId\":\"sg-9\"}]}},"
	"\"E\":{\"Type\":\"AWS::EC2::SecurityGroupEgress\",\"Condition\":\"C\",\"Properties\":{"
	"\"GroupId\":{\"Fn::GetAtt\":[\"G\",\"GroupId\"]},\"IpProtocol\":\"tcp\",\"FromPort\":443,"
	"\"ToPort\":443,\"CidrIp\":\"0.0.0.0/0\"}}}}";

TEST(deployment, what_may_exist_is_unknown_and_what_does_not_is_absent)
{
	OWN(fixture) struct fixture f = { 0 };
	const struct deployment_group *g;
	size_t count;

	CHECK_OK(start_text(&f, conditional, NULL), f.err);
	CHECK_INT(deployment_vpcs(f.d, &count)[0]->dns_support, VERDICT_UNKNOWN);
	CHECK_INT(count, 1);
	CHECK(!deployment_find(f.d, 0, "Gone"));
	CHECK(!deployment_find(f.d, 7, "V") && !deployment_find(f.d, 0, "Nothing"));
	CHECK_INT(deployment_find(f.d, 0, "E")->present, 2);
	g = group_called(f.d, "G");
	CHECK_INT(g->ingress_count, 5);
	CHECK_INT(g->ingress[0].peer, DEPLOYMENT_PEER_UNKNOWN);
	CHECK_INT(g->ingress[0].protocol, -2);
	CHECK_INT(g->ingress[1].peer, DEPLOYMENT_PEER_NONE);
	CHECK_INT(g->ingress[1].protocol, 6);
	CHECK(g->ingress[1].known_ports && g->ingress[1].from == 80 && g->ingress[1].to == 80);
	CHECK_INT(g->ingress[2].protocol, 50);
	CHECK(g->ingress[2].base == 0x0a000000 && g->ingress[2].to == 65535);
	CHECK_INT(g->ingress[3].peer, DEPLOYMENT_PEER_PREFIX_LIST);
	CHECK_INT(g->ingress[4].peer, DEPLOYMENT_PEER_GROUP);
	CHECK(!g->ingress[4].known_ports && !g->ingress[4].group->resource);
	/* Either only this rule, or the default that lets out all. */
	CHECK(g->egress_declared && g->egress_count == 2);
	CHECK_INT(g->egress[0].peer, DEPLOYMENT_PEER_UNKNOWN);
	CHECK_INT(g->egress[1].protocol, -1);
	CHECK_INT(g->egress[1].peer, DEPLOYMENT_PEER_UNKNOWN);
}

static const char *const unknown_network =
	"{\"Parameters\":{\"P\":{\"Type\":\"String\"}},"
	"\"Conditions\":{\"C\":{\"Fn::Equals\":[{\"Ref\":\"P\"},\"x\"]},"
	"\"No\":{\"Fn::Equals\":[\"a\",\"b\"]}},"
	"\"Resources\":{\"S\":{\"Type\":\"AWS::ECS::Service\",\"Properties\":{"
	"\"NetworkConfiguration\":{\"Fn::If\":[\"C\",{\"AwsvpcConfiguration\":{\"Subnets\":[]}},"
	"{\"Ref\":\"AWS::NoValue\"}]}}},"
	"\"V\":{\"Type\":\"AWS::EC2::VPC\",\"Properties\":{\"CidrBlock\":\"10.4.0.0/16\"}},"
	"\"N\":{\"Type\":\"AWS::EC2::Subnet\",\"Properties\":{\"VpcId\":{\"Ref\":\"V\"},"
	"\"CidrBlock\":{\"Fn::Select\":[1,{\"Fn::Cidr\":[{\"Fn::GetAtt\":[\"V\",\"CidrBlock\"]},4,"
	"8]}]}}},"
	"\"A\":{\"Type\":\"AWS::EC2::SubnetRouteTableAssociation\",\"Properties\":{"
	"\"SubnetId\":{\"Ref\":\"N\"},\"RouteTableId\":\"rtb-1\"}},"
	"\"B\":{\"Type\":\"AWS::EC2::SubnetNetworkAclAssociation\",\"Properties\":{"
	"\"SubnetId\":{\"Ref\":\"N\"},\"NetworkAclId\":{\"Ref\":\"P\"}}},"
	"\"G\":{\"Type\":\"AWS::EC2::SecurityGroup\",\"Properties\":{\"SecurityGroupIngress\":["
	"{\"Fn::If\":[\"No\",{},{\"Ref\":\"AWS::NoValue\"}]},"
	"{\"IpProtocol\":\"-1\",\"CidrIpv6\":\"::/0\"}]}}}}";

TEST(deployment, networks_outside_of_the_template_are_unknown_not_absent)
{
	OWN(fixture) struct fixture f = { 0 };
	const struct deployment_service *s;
	const struct deployment_subnet *const *subnets;
	const struct deployment_group *g;
	size_t count;

	CHECK_OK(start_text(&f, unknown_network, NULL), f.err);
	s = deployment_services(f.d, &count)[0];
	CHECK_INT(s->public_address, VERDICT_UNKNOWN);
	CHECK(s->subnet_count == 1 && !s->subnets[0]->resource && !s->groups_default);
	subnets = deployment_subnets(f.d, &count);
	CHECK_INT(count, 2);
	CHECK(subnets[0]->known_cidr && subnets[0]->base == 0x0a040100 && subnets[0]->bits == 24);
	CHECK(subnets[0]->routes && !subnets[0]->routes->resource && subnets[0]->route_association);
	CHECK(!subnets[0]->routes->routes[0].destination);
	CHECK(subnets[0]->acl && !subnets[0]->acl->entries[0].known);
	g = group_called(f.d, "G");
	CHECK_INT(g->ingress_count, 1);
	CHECK_STR(g->ingress[0].pointer, "/Resources/G/Properties/SecurityGroupIngress/1");
	/* IPv6 alone reaches no IPv4 address. */
	CHECK(g->ingress[0].peer == DEPLOYMENT_PEER_CIDR && g->ingress[0].bits == 32);
}

TEST(deployment, equal_parameters_of_two_templates_are_two_things)
{
	static const char *const one =
		"{\"Parameters\":{\"N\":{\"Type\":\"String\"}},\"Resources\":{\"M\":{\"Type\":"
		"\"AWS::EFS::MountTarget\",\"Properties\":{\"FileSystemId\":\"fs-1\","
		"\"SubnetId\":{\"Ref\":\"N\"}}}}}";
	OWN(fixture) struct fixture f = { 0 };
	const struct deployment_file_system *const *systems;
	size_t count;

	CHECK_OK(start_text(&f, one, one), f.err);
	systems = deployment_file_systems(f.d, &count);
	CHECK_INT(count, 1);
	CHECK(!systems[0]->resource && systems[0]->target_count == 2);
	CHECK(systems[0]->targets[0].subnet != systems[0]->targets[1].subnet);
}

/* ---- targets and secrets --------------------------------------------------------------------- */

static const char *const secrets =
	"{\"Resources\":{\"K\":{\"Type\":\"AWS::SecretsManager::Secret\",\"Properties\":{"
	"\"Name\":\"near/key\",\"SecretString\":\"x\"}},"
	"\"R\":{\"Type\":\"AWS::IAM::Role\",\"Properties\":{\"RoleName\":\"runner\"}},"
	"\"V\":{\"Type\":\"AWS::EC2::VPC\",\"Properties\":{\"CidrBlock\":\"10.0.0.0/16\"}}}}";

static json_t *value_of(const struct fixture *f, const char *node_text)
{
	OWN(json) json_t *node = json_loads(node_text, JSON_DECODE_ANY, NULL);
	struct err err = { 0 };
	json_t *value = NULL;

	CHECK_OK(template_value(f->eval[0], node, &value, &err), err);
	return value;
}

static struct deployment_value_from from(const struct fixture *f, const char *node_text)
{
	OWN(json) json_t *value = value_of(f, node_text);
	struct deployment_value_from ret;

	deployment_value_from(f->d, value, &ret);
	return ret;
}

TEST(deployment, a_value_from_is_taken_apart)
{
	OWN(fixture) struct fixture f = { 0 };
	struct deployment_value_from v;

	CHECK_OK(start_text(&f, secrets, NULL), f.err);
	v = from(&f, "{\"Ref\":\"K\"}");
	CHECK(v.secret && !v.malformed && !v.unknown && !v.json_key[0] && !v.parameter_store);
	v = from(&f, "{\"Fn::Join\":[\"\",[{\"Ref\":\"K\"},\":key::\"]]}");
	CHECK(v.secret && !v.malformed && !v.unknown);
	CHECK_STR(v.json_key, "key");
	v = from(&f, "{\"Fn::Sub\":\"${K}:key:AWSCURRENT:\"}");
	CHECK_STR(v.stage, "AWSCURRENT");
	CHECK(from(&f, "{\"Fn::Sub\":\"${K}:key\"}").malformed);
	CHECK(from(&f, "{\"Fn::Sub\":\"${K}-key::\"}").malformed);
	CHECK(from(&f, "{\"Fn::Sub\":\"${K}:a:b:c\"}").malformed);
	CHECK(from(&f, "{\"Fn::Sub\":\"${K}:${AWS::Region}::\"}").unknown);
	v = from(&f, "{\"Fn::Sub\":\"arn:${AWS::Partition}:secretsmanager:${AWS::Region}:"
		     "${AWS::AccountId}:secret:near/key-a1B2c3::AWSPREVIOUS:\"}");
	CHECK(v.secret && !v.malformed && !v.json_key[0]);
	CHECK_STR(v.stage, "AWSPREVIOUS");
	v = from(&f, "\"arn:aws:secretsmanager:eu-central-1:1:secret:other-a1B2c3:k::\"");
	CHECK(!v.secret && !v.malformed && !v.unknown && !v.parameter_store);
	CHECK_STR(v.json_key, "k");
	CHECK(from(&f, "\"arn:aws:secretsmanager:eu-central-1:1:secret\"").malformed);
	CHECK(from(&f, "\"/near/key\"").parameter_store);
	CHECK(from(&f, "\"arn:aws:ssm:eu-central-1:1:parameter/x\"").parameter_store);
	CHECK(from(&f, "{\"Ref\":\"AWS::StackName\"}").unknown);
	CHECK(from(&f, "[]").unknown);
}

TEST(deployment, targets_are_found_by_reference_and_by_arn)
{
	OWN(fixture) struct fixture f = { 0 };
	const struct deployment_resource *r;
	const char *attribute = NULL;

	CHECK_OK(start_text(&f, secrets, NULL), f.err);
	OWN(json) json_t *ref = value_of(&f, "{\"Ref\":\"R\"}");
	OWN(json) json_t *att = value_of(&f, "{\"Fn::GetAtt\":[\"R\",\"Arn\"]}");
	OWN(json) json_t *arn = value_of(&f, "\"arn:aws:iam::123456789012:role/runner\"");
	OWN(json)
	json_t *sub = value_of(&f, "{\"Fn::Sub\":\"arn:aws:iam::${AWS::AccountId}:role/${R}\"}");
	OWN(json) json_t *other = value_of(&f, "{\"Fn::GetAtt\":[\"V\",\"DefaultSecurityGroup\"]}");
	OWN(json) json_t *text = value_of(&f, "\"runner\"");
	OWN(str) char *pointer = NULL;

	r = deployment_target(f.d, ref, &attribute);
	CHECK(r && !strcmp(r->logical, "R"));
	CHECK_STR(attribute, "");
	CHECK(deployment_target(f.d, att, &attribute) == r);
	CHECK_STR(attribute, "Arn");
	CHECK(deployment_target(f.d, arn, NULL) == r);
	CHECK(deployment_target(f.d, sub, NULL) == r);
	CHECK(!deployment_target(f.d, other, NULL));
	CHECK(!deployment_target(f.d, text, NULL));
	CHECK(!deployment_target(f.d, NULL, NULL));
	pointer = deployment_pointer(r, "Policies/0");
	CHECK_STR(pointer, "/Resources/R/Properties/Policies/0");
}

TEST(deployment, nothing_is_a_deployment_of_nothing)
{
	OWN(deployment) struct deployment *d = NULL;
	struct err err = { 0 };
	size_t count = 1;

	CHECK_OK(deployment_read(NULL, 0, &d, &err), err);
	(void)deployment_resources(d, &count);
	CHECK_INT(count, 0);
}
