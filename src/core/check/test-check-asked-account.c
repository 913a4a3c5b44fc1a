/* The rules about account, registry and what stands around the stack. */
#include "core/check/test-check-asked.h"

#include <string.h>

#include "base/test.h"

#define DENIED "{\"error\":\"AccessDenied\",\"message\":\"not authorized\"}"
#define TIMEOUT "{\"error\":\"Timeout\",\"message\":\"no answer\"}"

/* The verdict on a fault in the document when one question is answered so. */
static const char *with(json_t *document, json_t *deployed, const char *service, const char *action,
			const char *answer, const char *fault)
{
	const struct canned rows[] = { { service, action, NULL, answer }, { 0 } };

	return asked_of(document, deployed, rows, fault);
}

static const char *when(const char *service, const char *action, const char *answer,
			const char *fault)
{
	OWN(json) json_t *document = asked_document();

	return with(document, NULL, service, action, answer, fault);
}

/* ---- E13, E14, D28
 * ------------------------------------------------------------------------------------- */

#define PASS(decision, role)                                                                       \
	"{\"answer\":{\"EvaluationResults\":[{\"EvalDecision\":\"" decision                        \
	"\",\"EvalResourceName\":\"" role "\"}]}}"

TEST(check_asked_account, a_deployer_that_may_not_pass_the_roles_is_e13)
{
	OWN(json) json_t *document = asked_document();
	static const char *const no = PASS("implicitDeny", "arn:aws:iam::1:role/r");

	CHECK_STR(with(document, NULL, "iam", "SimulatePrincipalPolicy", no, "E13"), "WARN");
	json_object_del(json_map(document, "Parameters"), "BootstrapVersion"); /* not by the CDK */
	json_object_del(document, "Rules");
	CHECK_STR(with(document, NULL, "iam", "SimulatePrincipalPolicy", no, "E13"), "FAIL");
	CHECK_STR(when("iam", "SimulatePrincipalPolicy", PASS("allowed", "arn:aws:iam::1:role/r"),
		       "E13"),
		  "");
	CHECK_STR(when("iam", "SimulatePrincipalPolicy", DENIED, "E13"), "UNKNOWN");
	CHECK_STR(when("sts", "GetCallerIdentity", TIMEOUT, "E13"), "UNKNOWN");
}

TEST(check_asked_account, the_roles_are_asked_for_as_their_arns_will_be)
{
	OWN(json) json_t *document = asked_document();
	struct canned rows[] = {
		{ "iam", "SimulatePrincipalPolicy",
		  "--policy-source-arn arn:aws:iam::123456789012:role/deployer", DENIED },
		{ 0 },
	};

	json_set_str(asked_properties(document, "AWS::IAM::Role", 0), "RoleName", "exec");
	CHECK_STR(asked_of(document, NULL, rows, "E13"), "UNKNOWN");
	rows[0].input = "arn:aws:iam::123456789012:role/exec";
	CHECK_STR(asked_of(document, NULL, rows, "E13"), "UNKNOWN");
	rows[0].input = "arn:aws:iam::123456789012:role/mpc-MpcTaskRole";
	CHECK_STR(asked_of(document, NULL, rows, "E13"), "UNKNOWN");
}

TEST(check_asked_account, an_account_that_never_used_ecs_is_e14)
{
	CHECK_STR(when("iam", "GetRole", "{\"error\":\"NoSuchEntity\",\"message\":\"-\"}", "E14"),
		  "WARN");
	CHECK_STR(when("iam", "GetRole", "{\"answer\":{\"Role\":{}}}", "E14"), "");
	CHECK_STR(when("iam", "GetRole", DENIED, "E14"), "UNKNOWN");
}

TEST(check_asked_account, a_key_that_is_not_enabled_is_d28)
{
	OWN(json) json_t *document = asked_document();
	json_t *p = asked_properties(document, "AWS::EFS::FileSystem", 0);

	json_set_str(p, "KmsKeyId", "arn:aws:kms:us-east-1:1:key/k");
	CHECK_STR(with(document, NULL, "kms", "DescribeKey",
		       "{\"answer\":{\"KeyMetadata\":{\"KeyState\":\"PendingDeletion\"}}}", "D28"),
		  "FAIL");
	CHECK_STR(with(document, NULL, "kms", "DescribeKey",
		       "{\"error\":\"NotFoundException\",\"message\":\"-\"}", "D28"),
		  "FAIL");
	CHECK_STR(with(document, NULL, "kms", "DescribeKey",
		       "{\"answer\":{\"KeyMetadata\":{\"KeyState\":\"Enabled\"}}}", "D28"),
		  "");
	CHECK_STR(with(document, NULL, "kms", "DescribeKey", DENIED, "D28"), "UNKNOWN");
}

/* ---- what is gone ----------------------------------------------------------------------------- */

#define GONE "{\"error\":\"NotFound\",\"message\":\"-\"}"

TEST(check_asked_account, an_access_point_that_is_not_there_is_d12)
{
	OWN(json) json_t *document = asked_document();
	json_t *p = asked_properties(document, "AWS::ECS::TaskDefinition", 0);

	json_object_set_new(p, "Volumes",
			    json_loads("[{\"Name\":\"data\",\"EFSVolumeConfiguration\":{\"FilesystemId\":\"fs-1\","
				       "\"AuthorizationConfig\":{\"AccessPointId\":\"fsap-1\"}}}]", 0, NULL));
	CHECK_STR(with(document, NULL, "efs", "DescribeAccessPoints", GONE, "D12"), "FAIL");
	CHECK_STR(with(document, NULL, "efs", "DescribeAccessPoints", DENIED, "D12"), "UNKNOWN");
}

TEST(check_asked_account, a_role_that_is_not_there_is_e06)
{
	OWN(json) json_t *document = asked_document();
	json_t *p = asked_properties(document, "AWS::ECS::TaskDefinition", 0);

	json_set_str(p, "TaskRoleArn", "arn:aws:iam::1:role/path/node");
	CHECK_STR(with(document, NULL, "iam", "GetRole", GONE, "E06"), "FAIL");
	CHECK_STR(with(document, NULL, "iam", "GetRole", DENIED, "E06"), "");
}

TEST(check_asked_account, a_secret_that_is_not_there_is_b11_and_one_that_goes_g11)
{
	OWN(json) json_t *document = asked_document();
	json_t *p = asked_properties(document, "AWS::ECS::TaskDefinition", 0);
	static const char deleted[] = "{\"answer\":{\"DeletedDate\":1767225600}}";

	json_object_set_new(json_array_get(json_list(p, "ContainerDefinitions"), 0), "Secrets",
			    json_loads("[{\"Name\":\"KEY\",\"ValueFrom\":"
				       "\"arn:aws:secretsmanager:us-east-1:1:secret:a-Ab3dEf:k::\"}]", 0, NULL));
	CHECK_STR(with(document, NULL, "secretsmanager", "DescribeSecret", GONE, "B11"), "FAIL");
	CHECK_STR(with(document, NULL, "secretsmanager", "DescribeSecret", GONE, "G11"), "");
	CHECK_STR(with(document, NULL, "secretsmanager", "DescribeSecret", deleted, "G11"), "FAIL");
	CHECK_STR(with(document, NULL, "secretsmanager", "DescribeSecret", deleted, "B11"), "");
}

/* ---- zones and quotas
 * -------------------------------------------------------------------------------------- */

#define ZONES(id, state)                                                                           \
	"{\"answer\":{\"AvailabilityZones\":[{\"ZoneName\":\"us-east-1a\",\"ZoneId\":\"" id        \
	"\",\"State\":\"" state "\"}]}}"

TEST(check_asked_account, zones_tell_f18_and_f20)
{
	CHECK_STR(when("ec2", "DescribeAvailabilityZones", ZONES("use1-az1", "impaired"), "F18"),
		  "WARN");
	CHECK_STR(when("ec2", "DescribeAvailabilityZones", ZONES("usw1-az2", "available"), "F20"),
		  "WARN");
	CHECK_STR(when("ec2", "DescribeAvailabilityZones", ZONES("usw1-az3", "available"), "F20"),
		  "");
	CHECK_STR(when("ec2", "DescribeAvailabilityZones", ZONES("use1-az1", "available"), "F18"),
		  "");
	CHECK_STR(when("ec2", "DescribeAvailabilityZones", DENIED, "F18"), "UNKNOWN");
	CHECK_STR(when("ec2", "DescribeAvailabilityZones", DENIED, "F20"), "UNKNOWN");
}

TEST(check_asked_account, the_quota_of_vcpus_settles_f19)
{
	CHECK_STR(when("service-quotas", "GetServiceQuota",
		       "{\"answer\":{\"Quota\":{\"Value\":2.0}}}", "F19"),
		  "FAIL");
	CHECK_STR(when("service-quotas", "GetServiceQuota",
		       "{\"answer\":{\"Quota\":{\"Value\":6.0}}}", "F19"),
		  "");
	CHECK_STR(when("service-quotas", "GetServiceQuota", DENIED, "F19"), "UNKNOWN");
}

TEST(check_asked_account, addresses_in_use_settle_g28)
{
	OWN(json) json_t *document = asked_document();
	static const char five[] = "{\"answer\":{\"addressesSet\":[{},{},{},{},{}]}}";
	struct canned rows[] = { { "ec2", "DescribeAddresses", NULL, five },
				 { "service-quotas", "GetServiceQuota", "0263", DENIED },
				 { 0 } };

	CHECK_STR(when("ec2", "DescribeAddresses", five, "G28"), "FAIL");
	CHECK_STR(when("ec2", "DescribeAddresses", "{\"answer\":{\"addressesSet\":[{},{},{},{}]}}",
		       "G28"),
		  "");
	CHECK_STR(when("ec2", "DescribeAddresses", DENIED, "G28"), "UNKNOWN");
	CHECK_STR(asked_of(document, NULL, rows, "G28"), "WARN");
	CHECK_STR(with(document, document, "ec2", "DescribeAddresses", five, "G28"), "");
}

/* ---- images
 * ---------------------------------------------------------------------------------------------------
 */

TEST(check_asked_account, an_image_that_is_not_there_is_f01_and_a_denied_one_f02)
{
	OWN(json) json_t *document = asked_document();
	static const char absent[] = "{\"error\":\"NotFound\",\"message\":\"manifest unknown\"}";
	static const char denied[] = "{\"error\":\"Unauthorized\",\"message\":\"-\"}";

	CHECK_STR(when("registry", "Manifest", absent, "F01"), "FAIL");
	CHECK_STR(when("registry", "Manifest", absent, "F02"), "");
	CHECK_STR(when("registry", "Manifest", denied, "F02"), "FAIL");
	CHECK_STR(when("registry", "Manifest", denied, "F01"), "");
	CHECK_STR(when("registry", "Manifest", TIMEOUT, "F01"), "UNKNOWN");
	CHECK_STR(when("registry", "Manifest", TIMEOUT, "F02"), "");
	for (size_t n = 0; n < 3; n++)
		json_object_set_new(
			json_path(asked_properties(document, "AWS::ECS::TaskDefinition", n),
				  "ContainerDefinitions.0"),
			"RepositoryCredentials",
			json_pack("{s:s}", "CredentialsParameter", "arn:aws:x"));
	CHECK_STR(with(document, NULL, "registry", "Manifest", denied, "F02"), "");
	CHECK_STR(with(document, NULL, "registry", "Manifest", denied, "F01"), "UNKNOWN");
}

#define INDEX(architecture)                                                                        \
	"{\"answer\":{\"manifests\":[{\"digest\":\"sha256:aa\",\"platform\":{\"architecture\":"    \
	"\"" architecture "\",\"os\":\"linux\"}}]}}"

TEST(check_asked_account, an_index_without_the_platform_is_f04)
{
	OWN(json) json_t *document = asked_document();
	struct canned rows[] = { { "registry", "Manifest", "@sha256:aa",
				   "{\"answer\":{\"layers\":[]}}" },
				 { "registry", "Manifest", NULL, INDEX("arm64") },
				 { 0 } };

	CHECK_STR(asked_of(document, NULL, rows, "F04"), "FAIL");
	rows[1].answer = INDEX("amd64");
	CHECK_STR(asked_of(document, NULL, rows, "F04"), "");
	CHECK_STR(asked_of(document, NULL, rows, "F05"), "");
}

TEST(check_asked_account, a_single_image_for_the_other_platform_is_f05)
{
	CHECK_STR(when("registry", "Manifest",
		       "{\"answer\":{\"config\":{\"architecture\":\"arm64\"},\"layers\":[]}}",
		       "F05"),
		  "FAIL");
	CHECK_STR(when("registry", "Manifest",
		       "{\"answer\":{\"config\":{\"architecture\":\"amd64\"},\"layers\":[]}}",
		       "F05"),
		  "");
	CHECK_STR(when("registry", "Manifest",
		       "{\"answer\":{\"config\":{\"digest\":\"sha256:1\"},\"layers\":[]}}", "F05"),
		  "UNKNOWN");
}

#define GZIP "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"size\":1500000000}"
#define ZSTD "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+zstd\",\"size\":100}"

static const char *with_layers(json_t *document, const char *layers, const char *fault)
{
	OWN(str) char *answer = str_printf("{\"answer\":{\"layers\":[%s]}}", layers);
	const struct canned rows[] = {
		{ "registry", "Manifest", "mpc-node@sha256:aa", answer },
		{ "registry", "Manifest", NULL, INDEX("amd64") },
		{ 0 },
	};

	return asked_of(document, NULL, rows, fault);
}

TEST(check_asked_account, the_layers_of_the_platform_tell_f21_and_f22)
{
	OWN(json) json_t *document = asked_document();
	const struct canned denied[] = { { "registry", "Manifest", "@sha256:aa", DENIED },
					 { "registry", "Manifest", NULL, INDEX("amd64") },
					 { 0 } };

	CHECK_STR(with_layers(document, GZIP "," ZSTD, "F21"), "FAIL");
	CHECK_STR(with_layers(document, ZSTD "," ZSTD, "F21"), "");
	CHECK_STR(with_layers(document, GZIP "," GZIP, "F21"), "");
	CHECK_STR(with_layers(document, GZIP "," GZIP, "F22"), "WARN");
	CHECK_STR(with_layers(document, GZIP "," ZSTD, "F22"), "");
	CHECK_STR(asked_of(document, NULL, denied, "F21"), "UNKNOWN");
	CHECK_STR(asked_of(document, NULL, denied, "F22"), "UNKNOWN");
	json_set_str(asked_properties(document, "AWS::ECS::Service", 0), "PlatformVersion",
		     "1.3.0");
	CHECK_STR(with_layers(document, ZSTD "," ZSTD, "F21"), "FAIL");
}

/* ---- names in use
 * ------------------------------------------------------------------------------------------------
 */

TEST(check_asked_account, a_name_in_use_is_g10_unless_it_is_the_stacks_own)
{
	OWN(json) json_t *document = asked_document();
	static const char taken[] = "{\"answer\":{\"clusters\":[{\"clusterName\":\"mpc-nodes\","
				    "\"status\":\"ACTIVE\"}]}}";
	static const char gone[] = "{\"answer\":{\"clusters\":[{\"clusterName\":\"mpc-nodes\","
				   "\"status\":\"INACTIVE\"}]}}";

	json_set_str(asked_properties(document, "AWS::ECS::Cluster", 0), "ClusterName",
		     "mpc-nodes");
	CHECK_STR(with(document, NULL, "ecs", "DescribeClusters", taken, "G10"), "FAIL");
	CHECK_STR(with(document, NULL, "ecs", "DescribeClusters", gone, "G10"), "");
	CHECK_STR(with(document, NULL, "ecs", "DescribeClusters", "{\"answer\":{\"clusters\":[]}}",
		       "G10"),
		  "");
	CHECK_STR(with(document, NULL, "ecs", "DescribeClusters", DENIED, "G10"), "UNKNOWN");
	CHECK_STR(asked_of(document, document, NULL, "G10"), "");
}

TEST(check_asked_account, one_listing_answers_for_all_log_groups)
{
	OWN(json) json_t *document = asked_document(), *findings = NULL;
	struct asked_world w = { .document = document };
	const struct canned rows[] = {
		{ "logs", "DescribeLogGroups", "--log-group-name-prefix /mpc/node-",
		  "{\"answer\":{\"logGroups\":[{\"logGroupName\":\"/mpc/node-2\"}]}}" },
		{ 0 }
	};
	size_t i, open = 0;
	json_t *one;

	for (size_t n = 0; n < 3; n++) {
		OWN(str) char *name = str_printf("/mpc/node-%zu", n);

		json_set_str(asked_properties(document, "AWS::Logs::LogGroup", n), "LogGroupName",
			     name);
	}
	findings = asked_run(&w);
	json_array_foreach(w.questions, i, one)
		open += str_eq(json_str(one, "service"), "logs");
	CHECK_INT(open, 1);
	json_decref(w.questions);
	CHECK_STR(asked_of(document, NULL, rows, "G12"), "FAIL"); /* they are retained */
}

TEST(check_asked_account, a_secret_that_waits_for_its_deletion_is_g11)
{
	OWN(json) json_t *document = asked_document();
	static const char deleted[] =
		"{\"answer\":{\"SecretList\":[{\"Name\":\"mpc-node-0-key\",\"DeletedDate\":1.0}]}}";
	static const char other[] =
		"{\"answer\":{\"SecretList\":[{\"Name\":\"mpc-node-0-key-2\"}]}}";
	static const char cut[] = "{\"answer\":{\"SecretList\":[],\"NextToken\":\"x\"}}";

	json_set_str(asked_properties(document, "AWS::SecretsManager::Secret", 0), "Name",
		     "mpc-node-0-key");
	CHECK_STR(with(document, NULL, "secretsmanager", "ListSecrets", deleted, "G11"), "FAIL");
	CHECK_STR(with(document, NULL, "secretsmanager", "ListSecrets", other, "G11"), "");
	CHECK_STR(with(document, NULL, "secretsmanager", "ListSecrets", DENIED, "G11"), "UNKNOWN");
	CHECK_STR(with(document, NULL, "secretsmanager", "ListSecrets", cut, "G11"), "UNKNOWN");
}

TEST(check_asked_account, a_service_of_that_name_in_an_existing_cluster_is_g27)
{
	OWN(json) json_t *document = asked_document();
	json_t *p = asked_properties(document, "AWS::ECS::Service", 0);
	static const char taken[] = "{\"answer\":{\"services\":[{\"serviceName\":\"node-0\","
				    "\"status\":\"ACTIVE\"}]}}";

	json_set_str(p, "ServiceName", "node-0");
	CHECK_STR(with(document, NULL, "ecs", "DescribeServices", taken, "G27"),
		  ""); /* own cluster */
	json_set_str(p, "Cluster", "shared");
	CHECK_STR(with(document, NULL, "ecs", "DescribeServices", taken, "G27"), "FAIL");
	CHECK_STR(with(document, NULL, "ecs", "DescribeServices", "{\"answer\":{\"services\":[]}}",
		       "G27"),
		  "");
	CHECK_STR(with(document, NULL, "ecs", "DescribeServices", DENIED, "G27"), "UNKNOWN");
}

/* ---- beside the stack
 * ---------------------------------------------------------------------------------------------- */

static char *listing(json_t *document, const char *type, const char *physical)
{
	return str_printf("{\"answer\":{\"StackResourceSummaries\":[{\"LogicalResourceId\":\"%s\","
			  "\"PhysicalResourceId\":\"%s\"}]}}",
			  asked_logical(document, type, 0), physical);
}

/* The verdict when the deployed stack has this resource and the question about it is answered so.
 */
static const char *beside(json_t *document, const char *type, const char *service,
			  const char *action, const char *answer, const char *fault)
{
	OWN(str) char *own = listing(document, type, "own-1");
	const struct canned rows[] = {
		{ "cloudformation", "ListStackResources", NULL, own },
		{ service, action, "own-1", answer },
		{ 0 },
	};

	return asked_of(document, document, rows, fault);
}

TEST(check_asked_account, a_foreign_service_in_the_cluster_is_g17)
{
	OWN(json) json_t *document = asked_document();
	static const char type[] = "AWS::ECS::Cluster";

	CHECK_STR(beside(document, type, "ecs", "ListServices",
			 "{\"answer\":{\"serviceArns\":[\"arn:aws:ecs:::service/other\"]}}", "G17"),
		  "WARN");
	CHECK_STR(beside(document, type, "ecs", "ListServices",
			 "{\"answer\":{\"serviceArns\":[\"own-1\"]}}", "G17"),
		  "");
	CHECK_STR(beside(document, type, "ecs", "ListServices", DENIED, "G17"), "UNKNOWN");
	CHECK_STR(with(document, document, "cloudformation", "ListStackResources", DENIED, "G17"),
		  "UNKNOWN");
}

TEST(check_asked_account, a_foreign_service_in_the_namespace_is_i06)
{
	OWN(json) json_t *document = asked_document();
	static const char type[] = "AWS::ServiceDiscovery::PrivateDnsNamespace";

	CHECK_STR(beside(document, type, "servicediscovery", "ListServices",
			 "{\"answer\":{\"Services\":[{\"Id\":\"srv-9\",\"Name\":\"x\"}]}}", "I06"),
		  "WARN");
	CHECK_STR(beside(document, type, "servicediscovery", "ListServices",
			 "{\"answer\":{\"Services\":[{\"Id\":\"own-1\"}]}}", "I06"),
		  "");
	CHECK_STR(beside(document, type, "servicediscovery", "ListServices", DENIED, "I06"),
		  "UNKNOWN");
}

TEST(check_asked_account, instances_registered_by_hand_are_i07)
{
	OWN(json) json_t *document = asked_document();
	static const char type[] = "AWS::ServiceDiscovery::Service";
	static const char some[] = "{\"answer\":{\"Instances\":[{\"Id\":\"i\"}]}}";

	CHECK_STR(beside(document, type, "servicediscovery", "ListInstances", some, "I07"), "");
	json_object_del(asked_properties(document, "AWS::ECS::Service", 0), "ServiceRegistries");
	CHECK_STR(beside(document, type, "servicediscovery", "ListInstances", some, "I07"), "WARN");
	CHECK_STR(beside(document, type, "servicediscovery", "ListInstances",
			 "{\"answer\":{\"Instances\":[]}}", "I07"),
		  "");
	CHECK_STR(beside(document, type, "servicediscovery", "ListInstances", DENIED, "I07"),
		  "UNKNOWN");
}

TEST(check_asked_account, a_policy_with_a_deleted_principal_is_d27)
{
	OWN(json) json_t *document = asked_document();
	static const char type[] = "AWS::EFS::FileSystem";
	static const char gone[] =
		"{\"answer\":{\"Policy\":\"{\\\"Statement\\\":[{\\\"Principal\\\":{"
		"\\\"AWS\\\":\\\"AROAJ7EXAMPLE23456789\\\"}}]}\"}}";
	static const char good[] =
		"{\"answer\":{\"Policy\":\"{\\\"Statement\\\":[{\\\"Principal\\\":{"
		"\\\"AWS\\\":\\\"arn:aws:iam::1:role/AROA\\\"}}]}\"}}";

	CHECK_STR(beside(document, type, "efs", "DescribeFileSystemPolicy", gone, "D27"), "FAIL");
	CHECK_STR(beside(document, type, "efs", "DescribeFileSystemPolicy", good, "D27"), "");
	CHECK_STR(beside(document, type, "efs", "DescribeFileSystemPolicy", DENIED, "D27"),
		  "UNKNOWN");
}

TEST(check_asked_account, a_file_system_of_a_stack_that_is_gone_is_j12)
{
	OWN(json) json_t *document = asked_document();
	static const char left[] =
		"{\"answer\":{\"FileSystems\":[{\"FileSystemId\":\"fs-1\",\"Tags\":[{\"Key\":"
		"\"aws:cloudformation:stack-name\",\"Value\":\"mpc\"}]}]}}";
	static const char other[] =
		"{\"answer\":{\"FileSystems\":[{\"FileSystemId\":\"fs-1\",\"Tags\":[{\"Key\":"
		"\"aws:cloudformation:stack-name\",\"Value\":\"mpc-2\"}]}]}}";

	CHECK_STR(when("efs", "DescribeFileSystems", left, "J12"), "WARN");
	CHECK_STR(when("efs", "DescribeFileSystems", other, "J12"), "");
	CHECK_STR(when("efs", "DescribeFileSystems", DENIED, "J12"), "UNKNOWN");
	CHECK_STR(with(document, document, "efs", "DescribeFileSystems", left, "J12"), "");
}

TEST(check_asked_account, a_namespace_of_that_name_in_an_existing_vpc_is_i05)
{
	OWN(json) json_t *document = asked_document();
	static const char there[] = "{\"answer\":{\"Namespaces\":[{\"Id\":\"ns-1\",\"Name\":"
				    "\"MPC.local\"}]}}";

	json_set_str(asked_properties(document, "AWS::ServiceDiscovery::PrivateDnsNamespace", 0),
		     "Vpc", "vpc-0123456789abcdef0");
	CHECK_STR(with(document, NULL, "servicediscovery", "ListNamespaces", there, "I05"), "WARN");
	CHECK_STR(with(document, NULL, "servicediscovery", "ListNamespaces",
		       "{\"answer\":{\"Namespaces\":[]}}", "I05"),
		  "");
	CHECK_STR(with(document, NULL, "servicediscovery", "ListNamespaces", DENIED, "I05"),
		  "UNKNOWN");
	CHECK_STR(with(document, document, "servicediscovery", "ListNamespaces", there, "I05"), "");
}

/* ---- B13
 * ----------------------------------------------------------------------------------------------------------------
 */

static const char *stored(const char *value, const char *fault, char **ret_text)
{
	OWN(json) json_t *document = asked_document(), *findings = NULL;
	json_t *secret = asked_properties(document, "AWS::SecretsManager::Secret", 0);
	OWN(str) char *own = listing(document, "AWS::SecretsManager::Secret", "arn:aws:secret-0");
	OWN(str)
	char *answer =
		value ? str_printf("{\"answer\":{\"SecretString\":\"{\\\"key\\\":\\\"%s\\\"}\"}}",
				   value)
		      : str_dup(DENIED);
	const struct canned rows[] = {
		{ "cloudformation", "ListStackResources", NULL, own },
		{ "secretsmanager", "GetSecretValue", "arn:aws:secret-0", answer },
		{ 0 },
	};
	struct asked_world w = { .document = document, .deployed = document, .rows = rows };

	json_set_str(secret, "SecretString", "{\"key\":\"REPLACE_ME\"}");
	findings = asked_run(&w);
	json_decref(w.questions);
	*ret_text = json_text(findings);
	return asked_verdict(findings, fault);
}

TEST(check_asked_account, a_stored_value_with_words_in_it_is_b13)
{
	char *text = NULL;
	OWN(str) char *pair = NULL;

	CHECK_STR(stored("Generating hunter2 ... ed25519:abc", "B13", &text), "FAIL");
	CHECK(strstr(text, "output of a program") && !strstr(text, "hunter2"));
	free(text);
	CHECK_STR(stored("ed25519:abc", "B13", &text), "FAIL");
	CHECK(!strstr(text, "output of a program"));
	free(text);
	CHECK_STR(stored(NULL, "B13", &text), "UNKNOWN");
	free(text);
	pair = asked_secret();
	CHECK_STR(stored(pair, "B13", &text), "");
	free(text);
}
